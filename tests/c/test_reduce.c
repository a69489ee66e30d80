/* Reductions: values over every set of axes and layout, dtypes, empties, NaN, ties, errors, and
 * that neither threads nor tiers change a bit. Expected dtypes and corner cases are MLX's. */
#include "values.h"

#include "backend/cpu/reduce.h"
#include "backend/cpu/tiers.h"

static const mlx_dtype dtypes[] = {MLX_BOOL, MLX_UINT8, MLX_UINT16, MLX_UINT32, MLX_UINT64,
                                   MLX_INT8, MLX_INT16, MLX_INT32, MLX_INT64, MLX_FLOAT16,
                                   MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16};

/* Folds the row-major values of a by hand over the axes of mask. */
static void check_fold(mx_array *a, unsigned mask, mx_fold fold, mx_array *r, double tol) {
  double *x = values(a), *want = malloc((size_t)(a->size + 1) * sizeof *want);
  assert_non_null(want);
  assert_non_null(r);
  for (int64_t i = 0; i < r->size; i++) {
    want[i] = fold == MX_FOLD_SUM ? 0 : fold == MX_FOLD_PROD ? 1 : NAN;
  }
  for (int64_t e = 0; e < a->size; e++) {
    int64_t rest = e, at = 0, step = 1;
    for (int i = a->ndim - 1; i >= 0; rest /= a->shape[i], i--) {
      if (mask >> i & 1) continue;
      at += rest % a->shape[i] * step;
      step *= a->shape[i];
    }
    double *w = want + at;
    if (fold == MX_FOLD_SUM) *w += x[e];
    if (fold == MX_FOLD_PROD) *w *= x[e];
    if (fold == MX_FOLD_MIN && !(*w <= x[e])) *w = x[e];
    if (fold == MX_FOLD_MAX && !(*w >= x[e])) *w = x[e];
  }
  check_values(r, want, r->size, tol, "fold");
  free(x);
  free(want);
}

static void check_all_axes(mx_array *a, double tol) {
  for (unsigned mask = 1; mask < 1u << a->ndim; mask++) {
    int64_t axes[4];
    int n = 0;
    for (int i = 0; i < a->ndim; i++) {
      if (mask >> i & 1) axes[n++] = i - (i % 2 ? a->ndim : 0);
    }
    mx_ints list = {axes, n};
    check_fold(a, mask, MX_FOLD_SUM, mx_sum_axes(a, list, mask & 1, S), tol);
    check_fold(a, mask, MX_FOLD_MIN, mx_min_axes(a, list, false, S), 0);
    check_fold(a, mask, MX_FOLD_MAX, mx_max_axes(a, list, true, S), 0);
  }
}

/* Promise: any axes of any layout reduce to what a plain loop gives. */
static void every_layout(void **state) {
  (void)state;
  const mx_ints shapes[] = {MX_INTS(7), MX_INTS(3, 50), MX_INTS(130, 40), MX_INTS(5, 6, 70),
                            MX_INTS(2, 33, 4, 5), MX_INTS(9000), MX_INTS(3, 5000)};
  for (size_t t = 0; t < sizeof dtypes / sizeof *dtypes; t++) {
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
      mx_scope scope = mx_scope_open();
      double tol = dtypes[t] == MLX_BFLOAT16 ? 2e-2 : dtypes[t] == MLX_FLOAT16 ? 4e-3 : 1e-5;
      mx_array *a = mx_abs(noisy(shapes[k], 4, MLX_FLOAT32, 1), S);
      if (dtypes[t] != MLX_UINT64) a = mx_multiply(a, mx_scalar(k % 2 ? 1 : -1, MLX_FLOAT32), S);
      if (mx_dtype_kind(dtypes[t]) == MX_KIND_UINT) a = mx_abs(a, S);
      a = mx_row_major(mx_cast(a, dtypes[t], S), S);
      check_all_axes(a, tol);
      if (a->ndim > 1) {
        const int64_t order[] = {3, 2, 1, 0};
        int64_t turned[4];
        int n = 0;
        for (int i = 0; i < 4; i++) {
          if (order[i] < a->ndim) turned[n++] = order[i];
        }
        check_all_axes(mx_transpose_axes(a, (mx_ints){turned, n}, S), tol);
        int64_t zero[4] = {0}, stop[4], step[4] = {1, 1, 1, 1};
        for (int i = 0; i < n; i++) stop[i] = a->shape[i];
        step[n - 1] = 2;
        check_all_axes(mx_slice(a, (mx_ints){zero, n}, (mx_ints){stop, n}, (mx_ints){step, n}, S),
                       tol);
      }
      mx_scope_close(scope, NULL);
    }
  }
}

static void prod_and_wrap(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  CHECK(mx_prod(FLOATS(1.5f, -2, 4), false, S), 0, -12);
  const int8_t hundreds[] = {100, 100, 100, 100, 100};
  mx_array *a = mx_from_host(hundreds, (const int64_t[]){5}, 1, MLX_INT8);
  CHECK(mx_prod(a, false, S), 0, 1410065408);
  const uint64_t big[] = {1ull << 63, 1ull << 63, 5};
  CHECK(mx_sum(mx_from_host(big, (const int64_t[]){3}, 1, MLX_UINT64), false, S), 0, 5);
  mx_scope_close(scope, NULL);
}

/* Promise: a half sum is wide and rounded once. */
static void halves_round_once(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *ones = mx_cast(mx_abs(mx_sign(noisy(MX_INTS(70000), 1, MLX_FLOAT32, 3), S), S),
                           MLX_FLOAT16, S);
  CHECK(mx_sum(ones, false, S), 0, INFINITY);
  CHECK(mx_mean(ones, false, S), 0, INFINITY);
  mx_array *b = mx_cast(ones, MLX_BFLOAT16, S);
  CHECK(mx_sum(b, false, S), 0, 70144);
  mx_scope_close(scope, NULL);
}

static void result_dtypes(void **state) {
  (void)state;
  static const mlx_dtype sums[] = {MLX_INT32, MLX_UINT32, MLX_UINT32, MLX_UINT32, MLX_UINT64,
                                   MLX_INT32, MLX_INT32, MLX_INT32, MLX_INT64, MLX_FLOAT16,
                                   MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16};
  mx_scope scope = mx_scope_open();
  for (size_t t = 0; t < sizeof dtypes / sizeof *dtypes; t++) {
    mx_array *a = noisy(MX_INTS(2, 3), 1, dtypes[t], 5);
    mlx_dtype f = mx_at_least_float(dtypes[t]);
    assert_int_equal(mx_sum(a, false, S)->dtype, sums[t]);
    assert_int_equal(mx_prod_axis(a, 1, false, S)->dtype, sums[t]);
    assert_int_equal(mx_max(a, false, S)->dtype, dtypes[t]);
    assert_int_equal(mx_all(a, false, S)->dtype, MLX_BOOL);
    assert_int_equal(mx_mean(a, false, S)->dtype, f);
    assert_int_equal(mx_var(a, false, 0, S)->dtype, f);
    assert_int_equal(mx_median(a, (mx_ints){NULL, 0}, false, S)->dtype, f);
    assert_int_equal(mx_logsumexp(a, false, S)->dtype, f);
    assert_int_equal(mx_softmax(a, false, S)->dtype, dtypes[t]);
    assert_int_equal(mx_softmax_axis(a, -1, false, S)->dtype, f);
    assert_int_equal(mx_argmax(a, false, S)->dtype, MLX_UINT32);
    assert_int_equal(mx_count_nonzero(a, false, S)->dtype, MLX_INT32);
    /* No axes: the array as it is. */
    assert_int_equal(mx_sum_axes(a, (mx_ints){NULL, 0}, false, S)->dtype, dtypes[t]);
  }
  mx_array *c = noisy(MX_INTS(4), 1, MLX_COMPLEX64, 6);
  assert_int_equal(mx_var(c, false, 0, S)->dtype, MLX_FLOAT32);
  assert_int_equal(mx_sum(c, false, S)->dtype, MLX_COMPLEX64);
  mx_scope_close(scope, NULL);
}

static void empties_and_errors(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *e = noisy(MX_INTS(0, 3), 1, MLX_FLOAT32, 1);
  mx_array *a = noisy(MX_INTS(2, 3), 1, MLX_FLOAT32, 1);
  CHECK(mx_sum_axis(e, 0, false, S), 0, 0, 0, 0);
  CHECK(mx_prod(e, false, S), 0, 1);
  CHECK(mx_mean(e, false, S), 0, NAN);
  CHECK(mx_all(e, false, S), 0, 1);
  CHECK(mx_any(e, false, S), 0, 0);
  assert_int_equal(mx_max_axis(e, 1, false, S)->size, 0);
  CHECK_FAILS(mx_max_axis(e, 0, false, S), MX_VALUE);
  CHECK_FAILS(mx_min(e, false, S), MX_VALUE);
  CHECK_FAILS(mx_argmax_axis(e, 1, false, S), MX_VALUE);
  CHECK_FAILS(mx_argmin(e, false, S), MX_VALUE);
  CHECK_FAILS(mx_logsumexp_axis(e, 1, false, S), MX_VALUE);
  CHECK_FAILS(mx_median(e, MX_INTS(0), false, S), MX_VALUE);
  CHECK_FAILS(mx_sum_axis(a, 2, false, S), MX_INDEX);
  CHECK_FAILS(mx_softmax_axis(a, -3, false, S), MX_INDEX);
  CHECK_FAILS(mx_argmax_axis(a, 2, false, S), MX_INDEX);
  CHECK_FAILS(mx_mean_axes(a, MX_INTS(0, 0), false, S), MX_VALUE);
  CHECK_FAILS(mx_softmax_axis(mx_scalar(1, MLX_FLOAT32), 0, false, S), MX_VALUE);
  assert_int_equal(mx_softmax_axis(e, -1, false, S)->size, 0);
  mx_scope_close(scope, NULL);
}

static void nans_and_ties(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  const float inf = INFINITY;
  mx_array *n = FLOATS(1, NAN, 3, NAN);
  CHECK(mx_max(n, false, S), 0, NAN);
  CHECK(mx_min(n, false, S), 0, NAN);
  CHECK(mx_argmax(n, false, S), 0, 1);
  CHECK(mx_argmin(mx_cast(n, MLX_BFLOAT16, S), false, S), 0, 1);
  CHECK(mx_any(n, false, S), 0, 1);
  /* A NaN after the first block, and one in columns. */
  mx_array *parts[] = {noisy(MX_INTS(5000), 1, MLX_FLOAT32, 1), n};
  mx_array *far = mx_concatenate_axis((mx_vec){parts, 2}, 0, S);
  CHECK(mx_argmax(far, false, S), 0, 5001);
  mx_array *wide = mx_broadcast_to(mx_reshape(n, MX_INTS(4, 1), S), MX_INTS(4, 20), S);
  CHECK(mx_sum(mx_argmin_axis(mx_row_major(wide, S), 0, false, S), false, S), 0, 20);
  CHECK(mx_all(FLOATS(1, -0.0f), false, S), 0, 0);
  CHECK(mx_argmax(FLOATS(1, 3, 3), true, S), 0, 1);
  CHECK(mx_count_nonzero(FLOATS(NAN, -0.0f, 1), false, S), 0, 2);
  CHECK(mx_median(FLOATS(1, NAN, 2), (mx_ints){NULL, 0}, false, S), 0, NAN);
  CHECK(mx_logsumexp(FLOATS(-inf, -inf), false, S), 0, -INFINITY);
  CHECK(mx_logsumexp(FLOATS(inf, 1), false, S), 0, INFINITY);
  CHECK(mx_logsumexp(FLOATS(inf, NAN), false, S), 0, NAN);
  CHECK(mx_softmax_axis(FLOATS(-inf, -inf), 0, false, S), 0, NAN, NAN);
  CHECK(mx_softmax_axis(FLOATS(-inf, 0, 0), 0, false, S), 0, 0, 0.5, 0.5);
  const float z[] = {1, 1, 1, 2, 0, 5};
  mx_array *c = mx_from_host(z, (const int64_t[]){3}, 1, MLX_COMPLEX64);
  CHECK(mx_argmax(c, false, S), 0, 1);
  CHECK(mx_argmin(c, false, S), 0, 2);
  mx_scope_close(scope, NULL);
}

/* Places along every axis, against a plain search. */
static void places(void **state) {
  (void)state;
  const mx_ints shapes[] = {MX_INTS(40, 300), MX_INTS(3, 5, 70), MX_INTS(300000)};
  for (size_t k = 0; k < 3; k++) {
    mx_scope scope = mx_scope_open();
    mx_array *a = mx_round(noisy(shapes[k], 50, MLX_FLOAT32, 9), 0, S);
    a = mx_row_major(mx_cast(a, k == 1 ? MLX_FLOAT16 : MLX_FLOAT32, S), S);
    double *x = values(a);
    for (int axis = 0; axis < a->ndim; axis++) {
      int64_t inner = 1, len = a->shape[axis];
      for (int i = axis + 1; i < a->ndim; i++) inner *= a->shape[i];
      double *got = values(mx_argmax_axis(a, axis, false, S));
      for (int64_t o = 0; o < a->size / len; o++) {
        const double *at = x + o / inner * inner * len + o % inner;
        int64_t best = 0;
        for (int64_t i = 1; i < len; i++) {
          if (at[i * inner] > at[best * inner]) best = i;
        }
        assert_int_equal((int64_t)got[o], best);
      }
      free(got);
    }
    free(x);
    mx_scope_close(scope, NULL);
  }
}

static void moments(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *a = FLOATS(1, 2, 4), *m = mx_reshape(FLOATS(1, 5, 2, 3, 0, 1, 2, 3), MX_INTS(2, 4), S);
  mx_array *low, *high;
  CHECK(mx_var(a, false, 0, S), 1e-6, 14.0 / 9);
  CHECK(mx_var(a, false, 1, S), 1e-6, 7.0 / 3);
  CHECK(mx_var(a, false, 5, S), 0, INFINITY);
  CHECK(mx_std(a, false, 1, S), 1e-6, sqrt(7.0 / 3));
  CHECK(mx_var(FLOATS(1e4f, 1e4f + 1, 1e4f + 2), false, 0, S), 1e-6, 2.0 / 3);
  CHECK(mx_mean_axis(m, 0, false, S), 1e-6, 0.5, 3, 2, 3);
  CHECK(mx_median(m, MX_INTS(1), true, S), 0, 2.5, 1.5);
  CHECK(mx_median(m, (mx_ints){NULL, 0}, false, S), 0, 2);
  assert_int_equal(mx_minmax_axis(&low, &high, m, 0, true, S), 0);
  CHECK(low, 0, 0, 1, 2, 3);
  CHECK(high, 0, 1, 5, 2, 3);
  CHECK(mx_number_of_elements(m, MX_INTS(-1), true, MLX_FLOAT32, S), 0, 0.25);
  mx_scope_close(scope, NULL);
}

/* Rows of softmax and logsumexp against doubles, over lengths around the vectors' and each axis. */
static void exponentials(void **state) {
  (void)state;
  const mlx_dtype types[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_BFLOAT16, MLX_FLOAT64};
  const double tols[] = {1e-6, 1e-3, 8e-3, 1e-12};
  for (int t = 0; t < 4; t++) {
    for (int64_t n = 1; n < 200; n += 1 + n / 9) {
      mx_scope scope = mx_scope_open();
      mx_array *a = noisy(MX_INTS(3, n), 20, types[t], n);
      double *x = values(a), *y = malloc((size_t)(3 * n) * sizeof *y), lse[3];
      assert_non_null(y);
      for (int r = 0; r < 3; r++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += y[r * n + i] = exp(x[r * n + i]);
        for (int64_t i = 0; i < n; i++) y[r * n + i] /= sum;
        lse[r] = log(sum);
      }
      check_values(mx_softmax_axis(a, -1, true, S), y, 3 * n, tols[t], "softmax");
      check_values(mx_logsumexp_axis(a, 1, false, S), lse, 3, tols[t], "logsumexp");
      mx_array *turned = mx_row_major(mx_transpose_axes(a, MX_INTS(1, 0), S), S);
      mx_array *r = mx_softmax_axis(turned, 0, false, S);
      check_values(mx_transpose_axes(r, MX_INTS(1, 0), S), y, 3 * n, tols[t], "softmax, axis 0");
      free(x);
      free(y);
      mx_scope_close(scope, NULL);
    }
  }
}

/* Promise: thread counts do not show. */
static void threads_do_not_show(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(700, 1100), 3, MLX_FLOAT32, 2), *r[2][4];
  int before = mx_thread_count();
  for (int k = 0; k < 2; k++) {
    mx_set_thread_count(k ? 4 : 1);
    r[k][0] = mx_sum(a, false, S);
    r[k][1] = mx_sum_axis(a, 0, false, S);
    r[k][2] = mx_sum_axis(a, 1, false, S);
    r[k][3] = mx_softmax_axis(a, 1, false, S);
    assert_int_equal(mx_eval(r[k], 4), 0);
  }
  mx_set_thread_count(before);
  for (int i = 0; i < 4; i++) check_same_bits(r[0][i], r[1][i]);
  mx_scope_close(scope, NULL);
}

MX_DECLARE_TIERS(fill_reduce, mx_reduce_kernels);

/* Promise: the tree of a float sum is that of the portable kernel. */
static void tiers_agree(void **state) {
  (void)state;
  static float x[5000];
  mx_reduce_kernels ref;
  mx_ref_fill_reduce(&ref);
  for (int i = 0; i < 5000; i++) x[i] = noise(i);
  for (int64_t n = 1; n <= 5000; n += 1 + n / 5) {
    for (int f = 0; f < MX_FOLDS; f++) {
      float a, b;
      ref.row[f][MX_WF32](x, n, &a);
      mx_reduce_table()->row[f][MX_WF32](x, n, &b);
      assert_memory_equal(&a, &b, sizeof a);
    }
  }
}

int main(void) {
  open_stream();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layout),        cmocka_unit_test(prod_and_wrap),
      cmocka_unit_test(halves_round_once),   cmocka_unit_test(result_dtypes),
      cmocka_unit_test(empties_and_errors),  cmocka_unit_test(nans_and_ties),
      cmocka_unit_test(places),              cmocka_unit_test(moments),
      cmocka_unit_test(exponentials),        cmocka_unit_test(threads_do_not_show),
      cmocka_unit_test(tiers_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
