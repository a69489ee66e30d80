// Promise: whichever allocation fails while the gradient or the map of a product, a convolution, a
// fused operation, a transform or a factorization is made and evaluated, the result is an error, never
// a crash; nothing leaks; the same call works afterwards.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "mlx/c/mlx.h"

#ifdef COUNTS_ALLOCATIONS
static void quiet(const char *msg, void *data) { (void)msg, (void)data; }

static const mlx_stream s = {NULL};
static const mlx_array none = {NULL};
static mlx_array square, image, weights, row, index_list, half;

// ---- functions of one array: their result in *r, what is on the way in t[] ----

typedef int step_fn(mlx_array *t, mlx_array x, mlx_array *r);

static int products(mlx_array *t, mlx_array x, mlx_array *r) {
  return mlx_matmul(&t[0], x, square, s) || mlx_addmm(&t[1], row, t[0], x, 0.5f, 2, s) ||
         mlx_reshape(&t[2], t[1], (const int[]){2, 4, 8}, 3, s) ||
         mlx_reshape(&t[3], x, (const int[]){2, 8, 4}, 3, s) ||
         mlx_gather_mm(&t[4], t[2], t[3], index_list, none, false, s) ||
         mlx_hadamard_transform(r, t[4], (mlx_optional_float){0}, s);
}

static int convolution(mlx_array *t, mlx_array x, mlx_array *r) {
  return mlx_reshape(&t[0], x, (const int[]){2, 8, 4}, 3, s) ||
         mlx_conv1d(&t[1], t[0], weights, 2, 1, 1, 1, s) ||
         mlx_conv1d(r, image, t[0], 1, 8, 2, 1, s);
}

static int fused(mlx_array *t, mlx_array x, mlx_array *r) {
  const mlx_optional_float base = {10, true};
  return mlx_fast_rms_norm(&t[0], x, row, 1e-5f, s) ||
         mlx_fast_layer_norm(&t[1], t[0], row, row, 1e-5f, s) ||
         mlx_reshape(&t[2], t[1], (const int[]){1, 2, 4, 8}, 4, s) ||
         mlx_fast_rope(&t[3], t[2], 4, false, base, 1, 2, none, s) ||
         mlx_fast_scaled_dot_product_attention(&t[4], t[3], t[3], t[2], 0.5f, "causal", none, none,
                                               s) ||
         mlx_reshape(&t[5], t[4], (const int[]){2, 32}, 2, s) ||
         mlx_fast_cross_entropy(r, t[5], index_list, s);
}

static int delta(mlx_array *t, mlx_array x, mlx_array *r) {
  return mlx_reshape(&t[0], x, (const int[]){2, 2, 2, 8}, 4, s) ||
         mlx_mean_axis(&t[1], t[0], 3, false, s) ||
         mlx_fast_gated_delta_update(r, &t[2], t[0], t[0], t[0], t[1], t[1], none, none, s);
}

static int spectrum(mlx_array *t, mlx_array x, mlx_array *r) {
  return mlx_fft_rfft(&t[0], x, 8, 1, MLX_FFT_NORM_BACKWARD, s) ||
         mlx_fft_irfft(r, t[0], 7, 1, MLX_FFT_NORM_ORTHO, s);
}

static int factors(mlx_array *t, mlx_array x, mlx_array *r) {
  return mlx_eye(&t[0], 8, 8, 0, MLX_FLOAT32, s) || mlx_matmul(&t[1], x, square, s) ||
         mlx_add(&t[2], t[0], t[1], s) || mlx_linalg_solve(&t[3], t[2], x, s) ||
         mlx_linalg_qr(&t[4], &t[5], t[2], s) || mlx_linalg_inv(&t[6], t[2], s) ||
         mlx_linalg_det(&t[7], t[2], s) || mlx_linalg_eigvalsh(&t[8], t[2], "L", s) ||
         mlx_add(&t[9], t[3], t[5], s) || mlx_add(&t[10], t[9], t[6], s) ||
         mlx_add(&t[11], t[10], t[7], s) || mlx_add(r, t[11], t[8], s);
}

// ---- running ----

enum { ON_THE_WAY = 12 };
static step_fn *current;

/* The sum of the function's result: a gradient needs one number. */
static int loss(mlx_vector_array *res, const mlx_vector_array in) {
  mlx_array t[ON_THE_WAY], x = mlx_array_new(), r = mlx_array_new(), sum = mlx_array_new();
  for (int i = 0; i < ON_THE_WAY; i++) t[i] = mlx_array_new();
  int bad = mlx_vector_array_get(&x, in, 0) || current(t, x, &r) || mlx_sum(&sum, r, false, s) ||
            mlx_vector_array_set_value(res, sum);
  for (int i = 0; i < ON_THE_WAY; i++) mlx_array_free(t[i]);
  mlx_array_free(x);
  mlx_array_free(r);
  mlx_array_free(sum);
  return bad;
}

static int evaluate(mlx_vector_array v) { return mlx_eval(v); }

static int gradient(void) {
  mlx_closure f = mlx_closure_new_func(loss);
  mlx_vector_array x = mlx_vector_array_new_value(half), one = {NULL}, y = {NULL}, g = {NULL};
  mlx_array unit = mlx_array_new_float(1);
  if (unit.ctx) one = mlx_vector_array_new_value(unit);
  int bad = !f.ctx || !x.ctx || !one.ctx || mlx_vjp(&y, &g, f, x, one) || evaluate(g);
  mlx_array_free(unit);
  mlx_vector_array_free(x);
  mlx_vector_array_free(one);
  mlx_vector_array_free(y);
  mlx_vector_array_free(g);
  mlx_closure_free(f);
  return bad;
}

static int map(void) {
  mlx_closure f = mlx_closure_new_func(loss), mapped = {NULL};
  mlx_array many = mlx_array_new();
  mlx_vector_array x = {NULL}, y = {NULL};
  int bad = !f.ctx || mlx_broadcast_to(&many, half, (const int[]){3, 8, 8}, 3, s) ||
            mlx_vmap(&mapped, f, (const int[]){0}, 1, (const int[]){0}, 1);
  if (!bad) x = mlx_vector_array_new_value(many);
  bad = bad || !x.ctx || mlx_closure_apply(&y, mapped, x) || evaluate(y);
  mlx_array_free(many);
  mlx_vector_array_free(x);
  mlx_vector_array_free(y);
  mlx_closure_free(mapped);
  mlx_closure_free(f);
  return bad;
}

static void check(int (*run)(void), step_fn *fn, bool stay_out) {
  current = fn;
  for (int i = 0; i < 2; i++) assert_int_equal(run(), 0); // what a process keeps is there now
  mlx_clear_cache();
  long before = blocks_alive, at = 0;
  allocations_stay_out = stay_out;
  for (bool reached = true; reached; at++) {
    allocations_left = at;
    int bad = run();
    long left = allocations_left;
    allocations_left = -1;
    reached = stay_out ? left == 0 : left < 0;
    if (!reached) assert_int_equal(bad, 0); // where one failed, a way around may have been found
    mlx_clear_cache();
    if (blocks_alive != before) print_message("allocation %ld leaks\n", at);
    assert_int_equal(blocks_alive, before);
  }
  assert_true(at > 10);
  assert_int_equal(run(), 0);
}

#define FAMILY(name)                                                                           \
  static void test_##name(void **state) {                                                      \
    (void)state;                                                                               \
    check(gradient, name, false);                                                              \
    check(gradient, name, true);                                                               \
    check(map, name, false);                                                                   \
  }
FAMILY(products)
FAMILY(convolution)
FAMILY(fused)
FAMILY(delta)
FAMILY(spectrum)
FAMILY(factors)

static int set_up(void **state) {
  static float numbers[64];
  (void)state;
  for (int i = 0; i < 64; i++) numbers[i] = (float)(i * 37 % 64) / 64 + 0.25f;
  square = mlx_array_new_data(numbers, (const int[]){8, 8}, 2, MLX_FLOAT32);
  half = mlx_array_new_data(numbers, (const int[]){8, 8}, 2, MLX_FLOAT32);
  image = mlx_array_new_data(numbers, (const int[]){2, 8, 4}, 3, MLX_FLOAT32);
  weights = mlx_array_new_data(numbers, (const int[]){4, 3, 4}, 3, MLX_FLOAT32);
  row = mlx_array_new_data(numbers, (const int[]){8}, 1, MLX_FLOAT32);
  index_list = mlx_array_new_data((const int[]){1, 0}, (const int[]){2}, 1, MLX_INT32);
  return 0;
}

static int tear_down(void **state) {
  mlx_array all[] = {square, image, weights, row, index_list, half};
  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) mlx_array_free(all[i]);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products), cmocka_unit_test(test_convolution),
      cmocka_unit_test(test_fused),    cmocka_unit_test(test_delta),
      cmocka_unit_test(test_spectrum), cmocka_unit_test(test_factors),
  };
  mlx_set_error_handler(quiet, NULL, NULL);
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
#else
int main(void) { return 0; } // the sanitizers have allocators of their own
#endif
