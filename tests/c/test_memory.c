// Promise: whichever allocation fails while a program of any family of operations is built and
// evaluated, the result is an error, never a crash; nothing leaks; the same program works afterwards.
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

// ---- a program: results to v[0], v[1], ...; the first failing call ends it ----

enum { RESULTS = 24 };
typedef struct program {
  mlx_array v[RESULTS];
  mlx_vector_array list;
  int n;
} program;

static const mlx_stream s = {NULL};
static const mlx_array none = {NULL};
static mlx_array x, y, square, ints, mask, key, image, weights, wide, half;

#define NEXT (&p->v[p->n])
#define DO(call)                                                                               \
  do {                                                                                         \
    if (call) return 1;                                                                        \
    p->n++;                                                                                    \
  } while (0)
#define N(...) (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int)
#define LAST p->v[p->n - 1]

static int items(program *p) {
  for (size_t i = 0; i < mlx_vector_array_size(p->list); i++)
    DO(mlx_vector_array_get(NEXT, p->list, i));
  return 0;
}

static int elementwise(program *p) {
  DO(mlx_add(NEXT, x, y, s));
  DO(mlx_exp(NEXT, LAST, s));
  DO(mlx_multiply(NEXT, LAST, half, s));
  DO(mlx_astype(NEXT, LAST, MLX_BFLOAT16, s));
  DO(mlx_where(NEXT, mask, LAST, x, s));
  DO(mlx_clip(NEXT, LAST, y, none, s));
  DO(mlx_isclose(NEXT, LAST, x, 1e-3, 1e-3, true, s));
  return mlx_divmod(&p->list, x, y, s) || items(p);
}

static int reductions(program *p) {
  DO(mlx_sum_axes(NEXT, x, N(0, 1), true, s));
  DO(mlx_var_axis(NEXT, x, 0, false, 1, s));
  DO(mlx_logsumexp_axis(NEXT, x, 1, false, s));
  DO(mlx_softmax_axis(NEXT, half, 1, true, s));
  DO(mlx_argmax_axis(NEXT, wide, 1, false, s));
  DO(mlx_median(NEXT, wide, N(0), false, s));
  DO(mlx_cumsum(NEXT, wide, 1, true, false, s));
  return mlx_logcumsumexp(NEXT, x, 0, false, true, s);
}

static int sorts(program *p) {
  DO(mlx_sort_axis(NEXT, wide, 1, s));
  DO(mlx_argsort_axis(NEXT, wide, 0, s));
  DO(mlx_partition_axis(NEXT, wide, 3, 1, s));
  DO(mlx_topk_axis(NEXT, wide, 3, 1, s));
  DO(mlx_searchsorted(NEXT, ints, ints, "left", s));
  return mlx_unique(&p->list, wide, 20, true, true, true, none, s) || items(p);
}

static int shapes(program *p) {
  DO(mlx_transpose(NEXT, x, s));
  DO(mlx_reshape(NEXT, LAST, N(-1), s));
  DO(mlx_pad_symmetric(NEXT, x, 1, none, "reflect", s));
  DO(mlx_tile(NEXT, x, N(2, 2), s));
  DO(mlx_repeat_axis(NEXT, x, 2, 1, s));
  DO(mlx_roll_axis(NEXT, x, N(1), 0, s));
  DO(mlx_slice(NEXT, x, N(0, 3), N(4, 0), N(2, -1), s));
  DO(mlx_slice_update(NEXT, x, y, N(0, 0), N(4, 8), N(1, 1), s));
  DO(mlx_as_strided(NEXT, x, N(2, 3), (const int64_t[]){3, 1}, 2, 1, s));
  DO(mlx_kron(NEXT, x, y, s));
  if (mlx_split(&p->list, x, 2, 1, s)) return 1;
  DO(mlx_concatenate_axis(NEXT, p->list, 0, s));
  return mlx_stack(NEXT, p->list, s);
}

static int indices(program *p) {
  DO(mlx_take_axis(NEXT, x, ints, 0, s));
  DO(mlx_take_along_axis(NEXT, x, wide, 1, s));
  DO(mlx_put_along_axis(NEXT, x, wide, y, 0, s));
  DO(mlx_gather_single(NEXT, x, ints, 0, N(1, 8), s));
  DO(mlx_scatter_add_single(NEXT, x, ints, LAST, 0, s));
  return mlx_scatter_max_single(NEXT, x, ints, p->v[p->n - 2], 0, s);
}

static int products(program *p) {
  const mlx_array two[] = {square, square};
  DO(mlx_matmul(NEXT, square, square, s));
  DO(mlx_addmm(NEXT, square, square, LAST, 0.5f, 2, s));
  DO(mlx_tensordot_axis(NEXT, square, square, 1, s));
  DO(mlx_inner(NEXT, x, x, s));
  DO(mlx_outer(NEXT, x, y, s));
  DO(mlx_hadamard_transform(NEXT, x, (mlx_optional_float){0}, s));
  DO(mlx_gather_mm(NEXT, image, image, ints, ints, false, s));
  p->list = mlx_vector_array_new_data(two, 2);
  return !p->list.ctx || mlx_einsum(NEXT, "ij,jk->ki", p->list, s);
}

static int convolutions(program *p) {
  DO(mlx_conv1d(NEXT, image, weights, 1, 1, 1, 1, s));
  DO(mlx_conv1d(NEXT, image, weights, 2, 0, 2, 1, s));
  DO(mlx_conv_transpose1d(NEXT, image, weights, 2, 0, 1, 0, 1, s));
  return mlx_conv_general(NEXT, image, weights, N(1), N(1), N(2), N(1), N(2), 1, true, s);
}

static int quantization(program *p) {
  const mlx_optional_int group = {32, true}, bits = {4, true};
  DO(mlx_tile(NEXT, square, N(1, 8), s));
  if (mlx_quantize(&p->list, LAST, group, bits, "affine", none, s) || items(p)) return 1;
  const mlx_array *q = &p->v[1];
  DO(mlx_dequantize(NEXT, q[0], q[1], q[2], group, bits, "affine", none, (mlx_optional_dtype){0}, s));
  DO(mlx_quantized_matmul(NEXT, p->v[0], q[0], q[1], q[2], true, group, bits, "affine", s));
  DO(mlx_to_fp8(NEXT, x, s));
  return mlx_from_fp8(NEXT, LAST, MLX_FLOAT16, s);
}

static int draws(program *p) {
  DO(mlx_random_normal(NEXT, N(3, 5), MLX_FLOAT32, 1, 2, key, s));
  DO(mlx_random_categorical(NEXT, x, 1, key, s));
  DO(mlx_random_permutation(NEXT, x, 0, key, s));
  DO(mlx_random_laplace(NEXT, N(7), MLX_FLOAT16, 1, 2, key, s));
  DO(mlx_random_truncated_normal(NEXT, x, x, N(4, 8), MLX_FLOAT32, key, s));
  DO(mlx_random_bernoulli(NEXT, x, N(4, 8), key, s));
  return mlx_random_split_num(NEXT, key, 3, s);
}

static int transforms(program *p) {
  DO(mlx_fft_fft(NEXT, x, 8, 1, MLX_FFT_NORM_BACKWARD, s));
  DO(mlx_fft_ifft(NEXT, x, 7, 0, MLX_FFT_NORM_ORTHO, s));
  DO(mlx_fft_fft2(NEXT, x, N(5, 6), N(0, 1), MLX_FFT_NORM_FORWARD, s));
  DO(mlx_fft_rfft(NEXT, x, 134, 1, MLX_FFT_NORM_BACKWARD, s));
  return mlx_fft_irfft(NEXT, LAST, 134, 1, MLX_FFT_NORM_BACKWARD, s);
}

static int fused(program *p) {
  DO(mlx_fast_rms_norm(NEXT, x, none, 1e-5f, s));
  DO(mlx_fast_layer_norm(NEXT, x, none, none, 1e-5f, s));
  DO(mlx_fast_rope(NEXT, image, 4, false, (mlx_optional_float){1e4f, true}, 1, 2, none, s));
  DO(mlx_expand_dims(NEXT, image, 1, s));
  return mlx_fast_scaled_dot_product_attention(NEXT, LAST, LAST, LAST, 0.5f, "causal", none, none,
                                               s);
}

static int linear(program *p) {
  DO(mlx_eye(NEXT, 8, 8, 0, MLX_FLOAT32, s));
  DO(mlx_matmul(NEXT, square, LAST, s));
  if (mlx_linalg_svd(&p->list, LAST, true, s) || items(p)) return 1;
  DO(mlx_linalg_inv(NEXT, p->v[0], s));
  DO(mlx_linalg_cholesky(NEXT, p->v[0], true, s));
  DO(mlx_linalg_solve(NEXT, p->v[0], square, s));
  DO(mlx_linalg_eigvalsh(NEXT, square, "L", s));
  DO(mlx_linalg_pinv(NEXT, square, s));
  DO(mlx_linalg_det(NEXT, square, s));
  return mlx_linalg_norm_l2(NEXT, square, N(0, 1), false, s);
}

static int created(program *p) {
  DO(mlx_arange(NEXT, 0, 9, 0.5, MLX_FLOAT16, s));
  DO(mlx_linspace(NEXT, 0, 1, 9, MLX_FLOAT32, s));
  DO(mlx_full(NEXT, N(3, 8), y, MLX_INT8, s));
  DO(mlx_tri(NEXT, 4, 5, 1, MLX_INT32, s));
  DO(mlx_eye(NEXT, 4, 5, 1, MLX_FLOAT32, s));
  return mlx_hanning(NEXT, 9, s);
}

static int printed(program *p) {
  mlx_string text = mlx_string_new();
  int bad = mlx_array_tostring(&text, x);
  mlx_string_free(text);
  (void)p;
  return bad;
}

// ---- running ----

static int run(int (*fn)(program *)) {
  program p = {.n = 0};
  int bad = fn(&p);
  for (int i = 0; i < RESULTS && !bad; i++)
    if (p.v[i].ctx) bad = mlx_array_eval(p.v[i]);
  for (int i = 0; i < RESULTS; i++) mlx_array_free(p.v[i]);
  mlx_vector_array_free(p.list);
  return bad;
}

static void check(int (*fn)(program *), bool stay_out) {
  for (int i = 0; i < 2; i++) assert_int_equal(run(fn), 0); // what a process keeps is there now
  mlx_clear_cache();
  long before = blocks_alive, at = 0;
  allocations_stay_out = stay_out;
  for (bool reached = true; reached; at++) {
    allocations_left = at;
    int bad = run(fn);
    long left = allocations_left;
    allocations_left = -1;
    reached = stay_out ? left == 0 : left < 0;
    if (!reached) assert_int_equal(bad, 0); // where one failed, a way around may have been found
    mlx_clear_cache();
    if (blocks_alive != before) print_message("allocation %ld leaks\n", at);
    assert_int_equal(blocks_alive, before);
  }
  assert_true(at > 3);
  assert_int_equal(run(fn), 0);
}

#define FAMILY(name)                                                                           \
  static void test_##name(void **state) {                                                      \
    (void)state;                                                                               \
    check(name, false);                                                                        \
    check(name, true);                                                                         \
  }
FAMILY(elementwise)
FAMILY(reductions)
FAMILY(sorts)
FAMILY(shapes)
FAMILY(indices)
FAMILY(products)
FAMILY(convolutions)
FAMILY(quantization)
FAMILY(draws)
FAMILY(transforms)
FAMILY(fused)
FAMILY(linear)
FAMILY(created)
FAMILY(printed)

static int set_up(void **state) {
  static const int all[] = {1, 0, 2};
  static float numbers[64];
  static int32_t small[32];
  static uint8_t bits[32];
  (void)state;
  for (int i = 0; i < 64; i++) numbers[i] = (float)(i % 7) / 4 + 0.25f;
  for (int i = 0; i < 32; i++) small[i] = i % 4, bits[i] = i % 3 == 0;
  x = mlx_array_new_data(numbers, (const int[]){4, 8}, 2, MLX_FLOAT32);
  y = mlx_array_new_data(numbers, (const int[]){1, 8}, 2, MLX_FLOAT32);
  square = mlx_array_new_data(numbers, (const int[]){8, 8}, 2, MLX_FLOAT32);
  wide = mlx_array_new_data(small, (const int[]){4, 8}, 2, MLX_INT32);
  ints = mlx_array_new_data(all, (const int[]){3}, 1, MLX_INT32);
  mask = mlx_array_new_data(bits, (const int[]){4, 1}, 2, MLX_BOOL);
  image = mlx_array_new_data(numbers, (const int[]){3, 4, 4}, 3, MLX_FLOAT32);
  weights = mlx_array_new_data(numbers, (const int[]){2, 2, 4}, 3, MLX_FLOAT32);
  half = mlx_array_new();
  return mlx_random_key(&key, 7) || mlx_astype(&half, x, MLX_FLOAT16, s) || mlx_array_eval(half) ||
         mlx_array_eval(key);
}

static int tear_down(void **state) {
  mlx_array all[] = {x, y, square, wide, ints, mask, image, weights, half, key};
  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) mlx_array_free(all[i]);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_elementwise), cmocka_unit_test(test_reductions),
      cmocka_unit_test(test_sorts),       cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_indices),     cmocka_unit_test(test_products),
      cmocka_unit_test(test_convolutions), cmocka_unit_test(test_quantization),
      cmocka_unit_test(test_draws),       cmocka_unit_test(test_transforms),
      cmocka_unit_test(test_fused),       cmocka_unit_test(test_linear),
      cmocka_unit_test(test_created),     cmocka_unit_test(test_printed),
  };
  mlx_set_error_handler(quiet, NULL, NULL);
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
#else
int main(void) { return 0; } // the sanitizers have allocators of their own
#endif
