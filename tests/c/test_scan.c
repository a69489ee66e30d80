/* Running folds: values by hand for every direction, layout and dtype; that each step rounds; that
 * threads do not show. Corner cases were taken from MLX. */
#include "values.h"

static void directions(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *a = FLOATS(3, 1, 2, 4, 1), *n = FLOATS(3, 1, NAN, 4, 1);
  CHECK(mx_cumsum(a, 0, false, true, S), 0, 3, 4, 6, 10, 11);
  CHECK(mx_cumsum(a, 0, true, true, S), 0, 11, 8, 7, 5, 1);
  CHECK(mx_cumsum(a, 0, false, false, S), 0, 0, 3, 4, 6, 10);
  CHECK(mx_cumsum(a, -1, true, false, S), 0, 8, 7, 5, 1, 0);
  CHECK(mx_cumprod(a, 0, true, false, S), 0, 8, 8, 4, 1, 1);
  CHECK(mx_cummax(a, 0, false, false, S), 0, -INFINITY, 3, 3, 3, 4);
  CHECK(mx_cummax(n, 0, false, true, S), 0, 3, 3, NAN, NAN, NAN);
  CHECK(mx_cummin(n, 0, true, true, S), 0, NAN, NAN, NAN, 1, 1);
  CHECK(mx_cummin(mx_cast(a, MLX_INT32, S), 0, true, false, S), 0, 1, 1, 1, 1, 2147483647);
  CHECK(mx_logcumsumexp(a, 0, false, true, S), 1e-6, 3, 3.12692809, 3.40760606, 4.44018970,
        4.47174552);
  CHECK(mx_logcumsumexp(FLOATS(-INFINITY, -INFINITY, 1), 0, false, false, S), 0, -INFINITY,
        -INFINITY, -INFINITY);
  CHECK(mx_logcumsumexp(FLOATS(1, INFINITY, INFINITY, 1), 0, false, true, S), 0, 1, INFINITY,
        INFINITY, INFINITY);
  CHECK_FAILS(mx_cumsum(a, 1, false, true, S), MX_INDEX);
  CHECK_FAILS(mx_cumsum(mx_scalar(1, MLX_FLOAT32), 0, false, true, S), MX_INDEX);
  mx_scope_close(scope, NULL);
}

static void dtypes_and_wrap(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  const uint8_t u[] = {200, 100};
  mx_array *a = mx_from_host(u, (const int64_t[]){2}, 1, MLX_UINT8);
  CHECK(mx_cumsum(a, 0, false, true, S), 0, 200, 44);
  CHECK(mx_cumprod(a, 0, false, true, S), 0, 200, 32);
  CHECK(mx_cummin(a, 0, false, false, S), 0, 255, 200);
  mx_array *b = mx_cast(FLOATS(1, 0, 1), MLX_BOOL, S);
  assert_int_equal(mx_cumsum(b, 0, false, true, S)->dtype, MLX_INT32);
  CHECK(mx_cumsum(b, 0, false, true, S), 0, 1, 1, 2);
  assert_int_equal(mx_cumprod(b, 0, false, true, S)->dtype, MLX_BOOL);
  CHECK(mx_cummin(b, 0, true, false, S), 0, 0, 1, 1);
  CHECK(mx_cummax(b, 0, false, false, S), 0, 0, 1, 1);
  assert_int_equal(mx_logcumsumexp(b, 0, false, true, S)->dtype, MLX_FLOAT32);
  mx_scope_close(scope, NULL);
}

/* Promise: halves round at each step, as in MLX. */
static void each_step_rounds(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *ones = mx_abs(mx_sign(noisy(MX_INTS(4096), 1, MLX_FLOAT32, 3), S), S);
  double *b = values(mx_cumsum(mx_cast(ones, MLX_BFLOAT16, S), 0, false, true, S));
  double *f = values(mx_cumsum(mx_cast(ones, MLX_FLOAT16, S), 0, false, true, S));
  assert_true(b[4095] == 256);
  assert_true(f[4095] == 2048);
  free(b);
  free(f);
  mx_scope_close(scope, NULL);
}

/* Promise: rows, columns and views give the chain that one row alone gives. */
static void layouts_and_threads(void **state) {
  (void)state;
  const mx_ints shapes[] = {MX_INTS(37, 1100), MX_INTS(3, 50, 7), MX_INTS(1, 3000)};
  int before = mx_thread_count();
  for (int k = 0; k < 3; k++) {
    for (int way = 0; way < 4; way++) {
      mx_scope scope = mx_scope_open();
      mx_array *a = noisy(shapes[k], 2, MLX_FLOAT32, k);
      double *x = values(a);
      for (int axis = 0; axis < a->ndim; axis++) {
        mx_set_thread_count(way % 2 ? 1 : 3);
        double *got = values(mx_cumsum(a, axis, way & 1, way & 2, S));
        int64_t inner = 1, len = a->shape[axis];
        for (int i = axis + 1; i < a->ndim; i++) inner *= a->shape[i];
        for (int64_t o = 0; o < a->size / len; o++) {
          int64_t at = o / inner * inner * len + o % inner;
          float run = 0;
          for (int64_t i = 0; i < len; i++) {
            int64_t e = at + (way & 1 ? len - 1 - i : i) * inner;
            float next = run + (float)x[e];
            assert_true(got[e] == (double)(way & 2 ? next : run));
            run = next;
          }
        }
        free(got);
      }
      free(x);
      mx_scope_close(scope, NULL);
    }
  }
  mx_set_thread_count(before);
}

int main(void) {
  open_stream();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(directions),
      cmocka_unit_test(dtypes_and_wrap),
      cmocka_unit_test(each_step_rounds),
      cmocka_unit_test(layouts_and_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
