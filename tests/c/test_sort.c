/* Order: MLX's answers for every dtype, and properties on long rows. */
#include "fixture.h"

FX(sort_axis, mx_sort_axis(IN(0), N(0, 0), S))
FX(sort, mx_sort(IN(0), S))
FX(argsort_axis, mx_argsort_axis(IN(0), N(0, 0), S))
FX(topk_axis, mx_topk_axis(IN(0), N(0, 0), N(0, 1), S))

static const fx_row rows[] = {FX_ROW(sort_axis), FX_ROW(sort), FX_ROW(argsort_axis),
                              FX_ROW(topk_axis), {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("sort.bin", rows), 0);
}

/* Long rows take the radix path in several chunks: sorted, stable, a permutation. */
static void test_long_rows(void **state) {
  (void)state;
  open_stream();
  for (int threads = 1; threads <= 3; threads += 2) {
    mx_set_thread_count(threads);
    mx_scope scope = mx_scope_open();
    int64_t n = 300000;
    mx_array *a = mx_cast(noisy(MX_INTS(n), 50000, MLX_FLOAT32, 0), MLX_INT32, S);
    mx_array *order = mx_argsort(a, S), *sorted = mx_sort(a, S);
    assert_int_equal(mx_eval1(order), 0);
    assert_int_equal(mx_eval1(sorted), 0);
    const int32_t *v = mx_data(a), *w = mx_data(sorted);
    const uint32_t *o = mx_data(order);
    for (int64_t i = 0; i < n; i++) {
      assert_true(v[o[i]] == w[i]);
      if (i)
        assert_true(w[i - 1] < w[i] || (w[i - 1] == w[i] && o[i - 1] < o[i]));
    }
    mx_scope_close(scope, NULL);
  }
  mx_set_thread_count(2);
}

/* The kth element is in its sorted place, none larger before it and none smaller after it; the
 * indices are a permutation that gives the values. */
static void test_partition(void **state) {
  (void)state;
  open_stream();
  for (int64_t n = 1; n < 100000; n = n * 5 + 1) {
    for (int k = 0; k < 4; k++) {
      mx_scope scope = mx_scope_open();
      int kth = (int)(n - 1) * k / 3;
      mx_array *a = noisy(MX_INTS(n), k == 2 ? 3 : 1000, k == 2 ? MLX_INT64 : MLX_FLOAT32, n);
      mx_array *sorted = mx_cast(mx_sort(a, S), MLX_FLOAT32, S);
      mx_array *split = mx_cast(mx_partition(a, kth, S), MLX_FLOAT32, S);
      mx_array *picked = mx_take(a, mx_argpartition(a, kth, S), S);
      mx_array *both = mx_array_equal(mx_sort(picked, S), mx_sort(a, S), false, S);
      mx_array *all[] = {sorted, split, both, mx_cast(picked, MLX_FLOAT32, S)};
      assert_int_equal(mx_eval(all, 4), 0);
      const float *s = mx_data(sorted);
      assert_true(*(bool *)mx_data(both));
      for (int v = 1; v < 4; v += 2) {
        const float *p = mx_data(all[v]);
        assert_true(p[kth] == s[kth]);
        for (int64_t i = 0; i < n; i++) assert_true(i <= kth ? p[i] <= p[kth] : p[i] >= p[kth]);
      }
      mx_scope_close(scope, NULL);
    }
  }
}

#define refused(expr, kind)                                                                        \
  do {                                                                                             \
    mx_error_clear();                                                                              \
    assert_null(expr);                                                                             \
    assert_int_equal(mx_error_kind(), kind);                                                       \
  } while (0)

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(3), 1, MLX_FLOAT32, 0), *zero = mx_scalar(1, MLX_INT32);
  refused(mx_topk(a, 4, S), MX_VALUE);
  refused(mx_topk(a, -1, S), MX_VALUE);
  refused(mx_partition(a, 3, S), MX_VALUE);
  refused(mx_sort_axis(a, 1, S), MX_INDEX);
  refused(mx_sort_axis(zero, -1, S), MX_INDEX);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx), cmocka_unit_test(test_long_rows),
      cmocka_unit_test(test_partition), cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
