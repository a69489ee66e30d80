/* einsum and the products beside matmul: MLX's answers, the order of contraction, the errors. */
#include "fixture.h"
#include "ops/einsum.h"

#define OR_NULL(i) (c->n_in > (i) ? c->in[i] : NULL)

static mx_array *qqmm(fx_case *c) {
  mlx_optional_int none = {0, false};
  return mx_qqmm(IN(0), mx_row_major(IN(1), S), IN(2), none, none, c->text, NULL, NULL, S);
}

static mx_array *hadamard(fx_case *c, bool given) {
  mlx_optional_float scale = {given ? (float)c->doubles[0] : 0, given};
  return mx_hadamard_transform(IN(0), scale, S);
}

FX(einsum, mx_einsum(c->text, ALL, S))
FX(hadamard, hadamard(c, true))
FX(hadamard_default, hadamard(c, false))
FX(block_masked_mm,
   mx_block_masked_mm(IN(0), IN(1), N(0, 0), OR_NULL(2), OR_NULL(3), OR_NULL(4), S))
FX(segmented_mm, mx_segmented_mm(IN(0), IN(1), IN(2), S))
FX(vecdot, mx_vecdot(IN(0), IN(1), N(0, 0), S))
FX(qqmm, qqmm(c))
FX(multivariate_normal,
   mx_random_multivariate_normal(IN(0), IN(1), L(0), MLX_FLOAT32, mx_row_major(IN(2), S), S))

static const fx_row rows[] = {FX_ROW(einsum),          FX_ROW(hadamard),
                              FX_ROW(block_masked_mm), FX_ROW(hadamard_default),
                              FX_ROW(segmented_mm),    FX_ROW(vecdot),
                              FX_ROW(qqmm),            FX_ROW(multivariate_normal),
                              {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("einsum.bin", rows), 0);
}

/* The pairs and costs that MLX prints. */
static void test_path(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a[] = {mx_ones(MX_INTS(20, 3), MLX_FLOAT32, S), mx_ones(MX_INTS(3, 40), MLX_FLOAT32, S),
                   mx_ones(MX_INTS(40, 5), MLX_FLOAT32, S), mx_ones(MX_INTS(5, 6), MLX_FLOAT32, S)};
  mx_einsum_path_info p;
  assert_int_equal(mx_einsum_path(&p, "ij,jk,kl,lm->im", (mx_vec){a, 4}), 0);
  const int want[3][2] = {{1, 2}, {1, 2}, {0, 1}};
  assert_int_equal(p.n, 3);
  assert_memory_equal(p.pairs, want, sizeof want);
  assert_true(p.naive == 288000 && p.optimized == 2100);
  assert_true(p.indices == 5 && p.most_indices == 3);
  free(p.pairs);
  assert_int_equal(mx_einsum_path(&p, "ij->ji", (mx_vec){a, 1}), 0);
  assert_true(p.n == 1 && p.pairs[0][0] == 0 && p.pairs[0][1] == -1 && p.naive == 60);
  free(p.pairs);
  mx_scope_close(scope, NULL);
}

static void test_errors(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_ones(MX_INTS(2, 3), MLX_FLOAT32, S), *b = mx_ones(MX_INTS(3, 4), MLX_FLOAT32, S);
  mx_array *two[] = {a, b}, *whole[] = {mx_cast(a, MLX_INT32, S), mx_cast(b, MLX_INT32, S)};
  mlx_optional_float none = {0, false};
  CHECK_FAILS(mx_einsum("ij,jk->iik", (mx_vec){two, 2}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ij,jk->z", (mx_vec){two, 2}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ij,jk", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ij", (mx_vec){two, 0}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ijk", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("i", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("i1", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("i.j", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ij->ij->ij", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ii", (mx_vec){two, 1}, S), MX_VALUE);
  CHECK_FAILS(mx_einsum("ij,ik->jk", (mx_vec){two, 2}, S), MX_VALUE);
  assert_non_null(mx_einsum("ij,jk", (mx_vec){whole, 2}, S)); /* integer products, unlike MLX */
  CHECK_FAILS(mx_hadamard_transform(a, none, S), MX_VALUE);
  CHECK_FAILS(mx_hadamard_transform(mx_ones(MX_INTS(6), MLX_FLOAT32, S), none, S), MX_VALUE);
  CHECK_FAILS(mx_hadamard_transform(mx_ones(MX_INTS(4), MLX_FLOAT64, S), none, S), MX_VALUE);
  CHECK_FAILS(mx_vecdot(a, b, -1, S), MX_VALUE);
  CHECK_FAILS(mx_vecdot(a, b, 2, S), MX_INDEX);
  assert_non_null(mx_block_masked_mm(a, b, 16, NULL, NULL, NULL, S)); /* a plain product, as in MLX */
  CHECK_FAILS(mx_block_masked_mm(a, b, 16, b, NULL, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_block_masked_mm(a, b, 32, b, NULL, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_block_masked_mm(whole[0], whole[1], 32, NULL, NULL, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_segmented_mm(a, b, a, S), MX_VALUE);
  mx_array *beyond =
      mx_from_host((const int32_t[]){-5, 90, 2, 1}, (const int64_t[]){2, 2}, 2, MLX_INT32);
  CHECK(mx_segmented_mm(a, b, beyond, S), 0, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx),
      cmocka_unit_test(test_path),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
