/* Arrays from nothing: MLX's bits, and refusals. */
#include "fixture.h"

FX(arange, mx_arange(c->doubles[0], c->doubles[1], c->doubles[2], (mlx_dtype)N(0, 0), S))
FX(eye, mx_eye(N(0, 0), N(0, 1), N(0, 2), (mlx_dtype)N(0, 3), S))
FX(tri, mx_tri(N(0, 0), N(0, 1), N(0, 2), (mlx_dtype)N(0, 3), S))
FX(zeros, mx_zeros(L(0), (mlx_dtype)N(1, 0), S))
FX(ones, mx_ones(L(0), (mlx_dtype)N(1, 0), S))
FX(full, mx_full(L(0), IN(0), (mlx_dtype)N(1, 0), S))
FX(linspace, mx_linspace(c->doubles[0], c->doubles[1], N(0, 0), (mlx_dtype)N(0, 1), S))
FX(hamming, mx_hamming(N(0, 0), S))
FX(hanning, mx_hanning(N(0, 0), S))
FX(bartlett, mx_bartlett(N(0, 0), S))
FX(blackman, mx_blackman(N(0, 0), S))

static const fx_row rows[] = {FX_ROW(arange),   FX_ROW(eye),     FX_ROW(tri),     FX_ROW(zeros),
                              FX_ROW(ones),     FX_ROW(full),    FX_ROW(hamming), FX_ROW(linspace),
                              FX_ROW(bartlett), FX_ROW(hanning), FX_ROW(blackman), {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("create.bin", rows), 0);
}

/* Constants own row-major memory: callers read it through the data pointer. */
static void test_constants_are_rows(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_ones(MX_INTS(3, 4), MLX_FLOAT32, S);
  assert_non_null(a);
  assert_int_equal(mx_eval1(a), 0);
  assert_true(a->row_contiguous);
  for (int i = 0; i < 12; i++) assert_true(((float *)mx_data(a))[i] == 1);
  mx_scope_close(scope, NULL);
}

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  assert_null(mx_arange(0, 3, 1, MLX_BOOL, S));
  assert_null(mx_arange(0, 3, 0, MLX_INT32, S));
  assert_null(mx_arange(0, NAN, 1, MLX_INT32, S));
  assert_null(mx_arange(0, INFINITY, 1, MLX_INT32, S));
  assert_null(mx_arange(0, 1e20, 1, MLX_FLOAT32, S));
  assert_null(mx_zeros(MX_INTS(-1, 2), MLX_FLOAT32, S));
  assert_null(mx_zeros(MX_INTS((int64_t)1 << 40, (int64_t)1 << 40), MLX_FLOAT32, S));
  assert_null(mx_eye(-1, 2, 0, MLX_FLOAT32, S));
  assert_null(mx_linspace(0, 1, -1, MLX_FLOAT32, S));
  assert_int_equal(mx_error_kind(), MX_VALUE);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_mlx),
                                     cmocka_unit_test(test_constants_are_rows),
                                     cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
