/* Reading and writing by index: MLX's answers, indices out of range, writing in place. */
#include "fixture.h"

FX(take_axis, mx_take_axis(IN(0), IN(1), N(0, 0), S))
FX(take, mx_take(IN(0), IN(1), S))
FX(take_along_axis, mx_take_along_axis(IN(0), IN(1), N(0, 0), S))
FX(put_along_axis, mx_put_along_axis(IN(0), IN(1), IN(2), N(0, 0), S))
FX(slice_update, mx_slice_update(IN(0), IN(1), L(0), L(1), L(2), S))
FX(slice_update_add, mx_slice_update_add(IN(0), IN(1), L(0), L(1), L(2), S))
FX(slice_update_prod, mx_slice_update_prod(IN(0), IN(1), L(0), L(1), L(2), S))
FX(slice_update_min, mx_slice_update_min(IN(0), IN(1), L(0), L(1), L(2), S))
FX(slice_update_max, mx_slice_update_max(IN(0), IN(1), L(0), L(1), L(2), S))
FX(scatter_add_single, mx_scatter_add_single(IN(0), IN(1), IN(2), N(0, 0), S))
FX(scatter_prod_single, mx_scatter_prod_single(IN(0), IN(1), IN(2), N(0, 0), S))
FX(scatter_min_single, mx_scatter_min_single(IN(0), IN(1), IN(2), N(0, 0), S))
FX(scatter_max_single, mx_scatter_max_single(IN(0), IN(1), IN(2), N(0, 0), S))
FX(scatter, mx_scatter(IN(0), ((mx_vec){c->in + 2, c->n_in - 2}), IN(1), L(0), S))
FX(gather, mx_gather(IN(0), ((mx_vec){c->in + 1, c->n_in - 1}), L(0), L(1), S))
FX(masked_scatter, mx_masked_scatter(IN(0), IN(1), IN(2), S))
FX(slice_dynamic, mx_slice_dynamic(IN(0), IN(1), L(0), L(1), S))
FX(slice_update_dynamic, mx_slice_update_dynamic(IN(0), IN(1), IN(2), L(0), S))
FX(searchsorted, mx_searchsorted(IN(0), IN(1), c->text, S))
FX_MANY(unique, mx_unique(out, IN(0), N(0, 0), true, true, true, c->n_in > 1 ? IN(1) : NULL, S))

static const fx_row rows[] = {FX_ROW(take_axis),
                              FX_ROW(take),
                              FX_ROW(take_along_axis),
                              FX_ROW(put_along_axis),
                              FX_ROW(slice_update),
                              FX_ROW(slice_update_add),
                              FX_ROW(slice_update_prod),
                              FX_ROW(slice_update_min),
                              FX_ROW(slice_update_max),
                              FX_ROW(scatter_add_single),
                              FX_ROW(scatter_prod_single),
                              FX_ROW(scatter_min_single),
                              FX_ROW(scatter_max_single),
                              FX_ROW(scatter),
                              FX_ROW(gather),
                              FX_ROW(masked_scatter),
                              FX_ROW(slice_dynamic),
                              FX_ROW(slice_update_dynamic),
                              FX_ROW(searchsorted),
                              FX_ROW(unique),
                              {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("index.bin", rows), 0);
}

static int evaluated(mx_array *a) { return a && mx_eval1(a) == 0; }
#define refused(expr, kind)                                                                        \
  do {                                                                                             \
    mx_error_clear();                                                                              \
    assert_false(evaluated(expr));                                                                 \
    assert_int_equal(mx_error_kind(), kind);                                                       \
  } while (0)

/* An index out of range is an error at evaluation, and touches no memory. */
static void test_out_of_range(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(4, 3), 1, MLX_FLOAT32, 0);
  static const int32_t wrong[] = {4, -5, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    mx_array *at = mx_from_host(&wrong[i], MX_INTS(1).p, 1, MLX_INT32);
    mx_array *along = mx_from_host(&wrong[i], MX_INTS(1, 1).p, 2, MLX_INT32);
    mx_array *row = noisy(MX_INTS(1, 1, 3), 1, MLX_FLOAT32, 1), *one = mx_scalar(1, MLX_FLOAT32);
    refused(mx_take_axis(a, at, 0, S), MX_INDEX);
    refused(mx_take_along_axis(a, along, 0, S), MX_INDEX);
    refused(mx_put_along_axis(a, along, one, 0, S), MX_INDEX);
    refused(mx_scatter_add_axis(a, along, one, 0, S), MX_INDEX);
    refused(mx_scatter_single(a, at, row, 0, S), MX_INDEX);
    refused(mx_gather_single(a, at, 0, MX_INTS(1, 3), S), MX_INDEX);
    refused(mx_slice_dynamic(a, at, MX_INTS(0), MX_INTS(1, 3), S), MX_INDEX);
    refused(mx_slice_update_dynamic(a, mx_squeeze_axis(row, 0, S), at, MX_INTS(0), S), MX_INDEX);
  }
  uint64_t huge = UINT64_MAX - 1;
  refused(mx_take_axis(a, mx_from_host(&huge, NULL, 0, MLX_UINT64), 0, S), MX_INDEX);
  mx_scope_close(scope, NULL);
}

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(4, 3), 1, MLX_FLOAT32, 0), *i = mx_scalar(1, MLX_INT32);
  refused(mx_take_axis(a, a, 0, S), MX_VALUE);
  refused(mx_take_axis(a, mx_scalar(1, MLX_BOOL), 0, S), MX_VALUE);
  refused(mx_take_axis(a, i, 2, S), MX_INDEX);
  refused(mx_take_axis(mx_zeros(MX_INTS(0, 3), MLX_FLOAT32, S), i, 0, S), MX_VALUE);
  refused(mx_take_along_axis(a, i, 0, S), MX_VALUE);
  refused(mx_gather_single(a, i, 0, MX_INTS(5, 3), S), MX_VALUE);
  refused(mx_scatter_single(a, i, a, 0, S), MX_INDEX);
  refused(mx_scatter_single(a, i, i, 0, S), MX_VALUE);
  refused(mx_slice_update(a, a, MX_INTS(0, 0), MX_INTS(2, 3), MX_INTS(1, 1), S), MX_VALUE);
  refused(mx_masked_scatter(a, mx_ones(MX_INTS(4, 3), MLX_BOOL, S), i, S), MX_RUNTIME);
  refused(mx_masked_scatter(a, a, a, S), MX_VALUE);
  refused(mx_searchsorted(a, a, "left", S), MX_VALUE);
  refused(mx_searchsorted(mx_flatten(a, 0, -1, S), a, "up", S), MX_VALUE);
  mx_scope_close(scope, NULL);
}

/* A cache that nobody else holds is updated in its own memory; one that is held is copied. */
static void test_slice_update_in_place(void **state) {
  (void)state;
  open_stream();
  for (int held = 0; held < 2; held++) {
    mx_scope outer = mx_scope_open();
    mx_array *cache = mx_zeros(MX_INTS(2, 64, 8), MLX_FLOAT32, S);
    mx_retain(cache);
    mx_scope_close(outer, NULL);
    assert_int_equal(mx_eval1(cache), 0);
    void *before = mx_data(cache);
    for (int step = 0; step < 4; step++) {
      mx_scope scope = mx_scope_open();
      mx_array *row = noisy(MX_INTS(2, 1, 8), 1, MLX_FLOAT32, step);
      mx_array *next = mx_slice_update(cache, row, MX_INTS(0, step, 0), MX_INTS(2, step + 1, 8),
                                       MX_INTS(1, 1, 1), S);
      assert_non_null(next);
      mx_retain(next);
      mx_scope_close(scope, NULL);
      mx_array *old = cache;
      if (!held)
        mx_release(old);
      assert_int_equal(mx_eval1(next), 0);
      if (held) {
        assert_ptr_not_equal(mx_data(next), mx_data(old));
        assert_true(((float *)mx_data(old))[step * 8] == 0);
        mx_release(old);
      } else {
        assert_ptr_equal(mx_data(next), before);
      }
      assert_true(((float *)mx_data(next))[step * 8] == noise(step * 7919));
      cache = next;
    }
    mx_release(cache);
  }
}

/* Long rows and many of them: the parallel paths agree with a plain walk. */
static void test_large_take_and_scatter(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  int64_t vocab = 5000, dim = 96, n = 3000;
  mx_array *table = noisy(MX_INTS(vocab, dim), 1, MLX_FLOAT32, 0);
  mx_array *ids = mx_cast(noisy(MX_INTS(n), (float)vocab - 1, MLX_FLOAT32, 3), MLX_INT32, S);
  mx_array *rows_taken = mx_take_axis(table, ids, 0, S);
  mx_array *sums = mx_scatter_add_single(mx_zeros(MX_INTS(vocab, dim), MLX_FLOAT32, S), ids,
                                         mx_expand_dims(rows_taken, 1, S), 0, S);
  assert_int_equal(mx_eval1(rows_taken), 0);
  assert_int_equal(mx_eval1(sums), 0);
  float *want = calloc((size_t)(vocab * dim), sizeof *want);
  const int32_t *id = mx_data(ids);
  for (int64_t i = 0; i < n; i++) {
    int64_t at = id[i] < 0 ? id[i] + vocab : id[i];
    assert_memory_equal((float *)mx_data(rows_taken) + i * dim, (float *)mx_data(table) + at * dim,
                        (size_t)dim * 4);
    for (int64_t k = 0; k < dim; k++) want[at * dim + k] += ((float *)mx_data(table))[at * dim + k];
  }
  assert_memory_equal(mx_data(sums), want, (size_t)(vocab * dim) * 4);
  free(want);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx), cmocka_unit_test(test_out_of_range),
      cmocka_unit_test(test_refusals), cmocka_unit_test(test_slice_update_in_place),
      cmocka_unit_test(test_large_take_and_scatter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
