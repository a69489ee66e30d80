/* Segments: what goes over the same rows is done block by block, in as many bits and in less
 * memory. */
#include "values.h"

#include "backend/backend.h"
#include "core/buffer.h"
#include "graph/plan.h"

static mx_array *num(double v) { return mx_scalar(v, MLX_FLOAT32); }

/* As a caller would: what lies between goes. */

static mx_array *softmax(mx_array *x) {
  mx_scope scope = mx_scope_open();
  mx_array *e = mx_exp(mx_subtract(x, mx_max_axis(x, -1, true, S), S), S);
  mx_array *r = mx_scope_close(scope, mx_divide(e, mx_sum_axis(e, -1, true, S), S));
  return mx_scope_own(r);
}

static mx_array *layer_norm(mx_array *x) {
  mx_scope scope = mx_scope_open();
  mx_array *d = mx_subtract(x, mx_mean_axis(x, -1, true, S), S);
  mx_array *v = mx_mean_axis(mx_square(d, S), -1, true, S);
  mx_array *w = mx_arange(0, (double)x->shape[x->ndim - 1], 1, MLX_FLOAT32, S);
  mx_array *y = mx_multiply(mx_multiply(d, mx_rsqrt(mx_add(v, num(1e-5), S), S), S), w, S);
  mx_array *r = mx_scope_close(scope, y);
  return mx_scope_own(r);
}

/* A loss a row, without the reduced axis. */
static mx_array *loss(mx_array *x) {
  mx_scope scope = mx_scope_open();
  mx_array *d = mx_subtract(x, num(0.25), S);
  mx_array *r = mx_scope_close(scope, mx_sum_axis(mx_multiply(mx_abs(d, S), d, S), -1, false, S));
  return mx_scope_own(r);
}

/* Both trailing axes, with a row of the first axis broadcast over them. */
static mx_array *two_axes(mx_array *x) {
  mx_scope scope = mx_scope_open();
  mx_array *m = mx_max_axes(x, MX_INTS(-1, -2), true, S);
  mx_array *r =
      mx_scope_close(scope, mx_sum_axes(mx_exp(mx_subtract(x, m, S), S), MX_INTS(-2, -1), true, S));
  return mx_scope_own(r);
}

typedef mx_array *(*body)(mx_array *);
static const body bodies[] = {softmax, layer_norm, loss, two_axes};

static void same_bits(body f, mx_array *x) {
  for (int threads = 1; threads < 4; threads += 2) {
    int old_threads = mx_thread_count();
    mx_set_thread_count(threads);
    mx_array *got = f(x);
    assert_non_null(got);
    assert_int_equal(mx_eval1(got), 0);
    bool old = mx_graph_set_fusion(false);
    mx_array *want = f(x);
    assert_int_equal(mx_eval1(want), 0);
    mx_graph_set_fusion(old);
    check_same_bits(got, want);
    mx_set_thread_count(old_threads);
  }
}

static void changes_no_bit(void **state) {
  (void)state;
  static const int64_t shapes[][4] = {{300, 1024},      {5000, 67}, {3, 700, 200},
                                      {1, 400, 1, 999}, {40000, 9}, {20, 30, 24, 25}};
  static const int ndims[] = {2, 2, 3, 4, 2, 4};
  for (int i = 0; i < 6; i++) {
    mx_scope s = mx_scope_open();
    mx_ints shape = {shapes[i], ndims[i]};
    mx_array *x = noisy(shape, 3, MLX_FLOAT32, i), *h = mx_cast(x, MLX_BFLOAT16, S);
    mx_array *t = mx_swapaxes(noisy(shape, 3, MLX_FLOAT32, i), 0, -1, S);
    mx_array *all[] = {x, h, t, mx_swapaxes(mx_row_major(mx_swapaxes(x, 0, 1, S), S), 0, 1, S)};
    assert_int_equal(mx_eval(all, 4), 0);
    for (int k = 0; k < 4; k++)
      for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
        same_bits(bodies[b], all[k]);
    mx_scope_close(s, NULL);
  }
}

/* One step, which gives memory to its result alone. */
static void is_one_step(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = noisy(MX_INTS(1024, 1024), 1, MLX_FLOAT32, 1);
  mx_eval1(x);
  mx_backend_select("null");
  mx_array *r = softmax(x);
  mx_graph_stats before = mx_graph_stats_now();
  mx_memory_reset_peak();
  size_t memory = mx_memory_active();
  assert_int_equal(mx_eval1(r), 0);
  assert_int_equal(mx_graph_stats_now().steps - before.steps, 1);
  assert_true(mx_memory_peak() - memory < mx_nbytes(r) + ((size_t)2 << 20));
  mx_backend_select("cpu");
  mx_scope_close(s, NULL);
}

/* What somebody holds is there afterwards. */
static void held_values_are_kept(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = noisy(MX_INTS(700, 600), 2, MLX_FLOAT32, 1);
  mx_array *m = mx_max_axis(x, -1, true, S), *e = mx_exp(mx_subtract(x, m, S), S);
  mx_array *r = mx_divide(e, mx_sum_axis(e, -1, true, S), S);
  assert_int_equal(mx_eval1(r), 0);
  assert_true(mx_ready(e) && mx_ready(m));
  bool old = mx_graph_set_fusion(false);
  mx_array *e2 = mx_exp(mx_subtract(x, mx_max_axis(x, -1, true, S), S), S);
  check_same_bits(e, e2);
  check_same_bits(r, mx_divide(e2, mx_sum_axis(e2, -1, true, S), S));
  mx_graph_set_fusion(old);
  mx_scope_close(s, NULL);
}

/* Without memory it fails, and can be done again. */
static void out_of_memory_is_an_error(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = noisy(MX_INTS(1024, 512), 1, MLX_FLOAT32, 1), *r = softmax(x);
  mx_eval1(x);
  mx_memory_clear_cache();
  for (size_t more = 0; more < 3; more++) {
    size_t old = mx_memory_set_limit(mx_memory_active() + more * mx_nbytes(x) / 2);
    int bad = mx_eval1(r);
    mx_memory_set_limit(old);
    if (more < 2) {
      assert_int_not_equal(bad, 0);
      assert_int_equal(mx_error_kind(), MX_MEMORY);
    }
  }
  check_same_bits(r, softmax(x));
  mx_scope_close(s, NULL);
}

static int group_open(void **state) {
  (void)state;
  open_stream();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_no_bit),
      cmocka_unit_test(is_one_step),
      cmocka_unit_test(held_values_are_kept),
      cmocka_unit_test(out_of_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, group_open, NULL);
}
