/* Promises: mx_product_run gives alpha * A B + beta * C + bias for every shape, stride, dtype and
 * quantized format, within the error of a float32 dot; the same bits for any number of threads and
 * for any set of rows that shares a path; and an error, not a crash, when memory runs out. Runs
 * itself once for every instruction set. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "backend/cpu/product/product.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"

static uint64_t state = 88172645463325252ull;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static int64_t below(int64_t n) { return (int64_t)(next() % (uint32_t)n); }
static double uniform(void) { return (double)next() / 2147483648.0 - 1; }

/* --- numbers in any dtype ---------------------------------------------------------------------- */

static size_t size_of(mlx_dtype t) {
  return t == MLX_FLOAT32 ? 4 : t == MLX_FLOAT64 || t == MLX_COMPLEX64 ? 8 : 2;
}

static void put(void *p, mlx_dtype t, int64_t i, double x) {
  if (t == MLX_FLOAT32) ((float *)p)[i] = (float)x;
  if (t == MLX_FLOAT64) ((double *)p)[i] = x;
  if (t == MLX_FLOAT16) ((uint16_t *)p)[i] = mx_f32_to_f16((float)x);
  if (t == MLX_BFLOAT16) ((uint16_t *)p)[i] = mx_f32_to_bf16((float)x);
  if (t == MLX_COMPLEX64) {
    ((float *)p)[2 * i] = (float)x;
    ((float *)p)[2 * i + 1] = (float)uniform();
  }
}

static double get(const void *p, mlx_dtype t, int64_t i) {
  if (t == MLX_FLOAT32) return ((const float *)p)[i];
  if (t == MLX_FLOAT64) return ((const double *)p)[i];
  if (t == MLX_FLOAT16) return mx_f16_to_f32(((const uint16_t *)p)[i]);
  if (t == MLX_BFLOAT16) return mx_bf16_to_f32(((const uint16_t *)p)[i]);
  return ((const float *)p)[2 * i];
}

static double imag(const void *p, mlx_dtype t, int64_t i) {
  return t == MLX_COMPLEX64 ? ((const float *)p)[2 * i + 1] : 0;
}

static double unit(mlx_dtype t) {
  return t == MLX_FLOAT16 ? 0x1p-11 : t == MLX_BFLOAT16 ? 0x1p-8 : t == MLX_FLOAT64 ? 0x1p-53 : 0x1p-24;
}

/* --- matrices with any strides --------------------------------------------------------------------- */

enum { DENSE, TURNED, GAPS, BACKWARD, LAYOUTS };

typedef struct box {
  mx_matrix m;
  void *memory;
  size_t bytes;
} box;

/* `batch` matrices of rows x cols, filled at random. */
static box make(int64_t batch, int64_t rows, int64_t cols, mlx_dtype t, int layout) {
  box b = {0};
  int64_t step = layout == GAPS ? 3 : 1, pad = layout == GAPS ? 5 : 0;
  int64_t across = layout == TURNED ? rows : cols, along = layout == TURNED ? cols : rows;
  int64_t line = across * step + pad, count = batch * along * line + 1;
  b.bytes = (size_t)count * size_of(t);
  b.memory = malloc(b.bytes);
  for (int64_t i = 0; i < count; i++) put(b.memory, t, i, uniform());
  b.m = (mx_matrix){b.memory, t, line, step, along * line, NULL};
  if (layout == TURNED) {
    b.m.row_stride = step;
    b.m.col_stride = line;
  }
  if (layout == BACKWARD && rows > 0 && cols > 0) {
    b.m.data = (char *)b.memory + (size_t)((rows - 1) * line + cols - 1) * size_of(t);
    b.m.row_stride = -line;
    b.m.col_stride = -1;
  }
  return b;
}

static int64_t element(const mx_matrix *m, int64_t batch, int64_t i, int64_t j) {
  int64_t at = m->index ? m->index[batch] : batch;
  return at * m->batch_stride + i * m->row_stride + j * m->col_stride;
}

/* --- quantized B: codes and the numbers they mean ------------------------------------------------------ */

typedef struct coded {
  uint32_t *words;
  void *scales, *biases;
  float *numbers; /* [batch][rows][cols] */
} coded;

static coded make_codes(mx_product *p, mx_quant_mode mode, bool transposed, int bits, int group,
                        mlx_dtype t) {
  coded c;
  int64_t rows = transposed ? p->n : p->k, cols = transposed ? p->k : p->n;
  int64_t all = p->batch * rows, words = cols * bits / 32, groups = cols / group;
  float *w = malloc((size_t)(all * cols) * sizeof *w + 1);
  for (int64_t i = 0; i < all * cols; i++) w[i] = (float)uniform();
  c.words = malloc((size_t)(all * words) * 4 + 1);
  c.scales = malloc((size_t)(all * groups) * 4 + 1);
  c.biases = malloc((size_t)(all * groups) * 4 + 1);
  c.numbers = malloc((size_t)(all * cols) * sizeof(float) + 1);
  if (mode == MX_QUANT_AFFINE) {
    float *s = malloc((size_t)(all * groups) * 4 + 1), *b = malloc((size_t)(all * groups) * 4 + 1);
    assert_int_equal(
        0, mx_quantize_affine(w, MLX_FLOAT32, all, cols, group, bits, c.words, s, b));
    for (int64_t i = 0; i < all * groups; i++) {
      put(c.scales, t, i, s[i]);
      put(c.biases, t, i, b[i]);
      s[i] = (float)get(c.scales, t, i);
      b[i] = (float)get(c.biases, t, i);
    }
    assert_int_equal(0, mx_dequantize_affine(c.words, s, b, MLX_FLOAT32, all, cols, group, bits,
                                             c.numbers));
    free(s);
    free(b);
  } else {
    assert_int_equal(0, mx_quantize_fp(mode, w, MLX_FLOAT32, all, cols, 0, c.words, c.scales));
    assert_int_equal(
        0, mx_dequantize_fp(mode, c.words, c.scales, 0, MLX_FLOAT32, all, cols, c.numbers));
  }
  free(w);
  p->b = (mx_matrix){c.words, MLX_UINT32, words, 0, rows * words, NULL};
  p->quant = (mx_quant){mode,     transposed, bits, group, c.scales,
                        c.biases, t,          1,    groups, rows * groups};
  return c;
}

static void free_codes(coded *c) {
  free(c->words);
  free(c->scales);
  free(c->biases);
  free(c->numbers);
}

/* --- the reference ---------------------------------------------------------------------------------------- */

static void b_at(const mx_product *p, const float *numbers, int64_t batch, int64_t k, int64_t j,
                 double *re, double *im) {
  *im = 0;
  if (numbers) {
    int64_t at = p->b.index ? p->b.index[batch] : p->b.batch_stride ? batch : 0;
    int64_t row = p->quant.transposed ? j : k, col = p->quant.transposed ? k : j;
    int64_t rows = p->quant.transposed ? p->n : p->k, cols = p->quant.transposed ? p->k : p->n;
    *re = numbers[(at * rows + row) * cols + col];
    return;
  }
  int64_t at = element(&p->b, batch, k, j);
  *re = get(p->b.data, p->b.dtype, at);
  *im = imag(p->b.data, p->b.dtype, at);
}

/* |got - want| <= rounding of the output + the error of a dot. */
static bool close_to(double got, double want, double sum, const mx_product *p) {
  double accumulate = p->out.dtype == MLX_FLOAT64 ? 0x1p-53 : 0x1p-24;
  double slack = accumulate * (4 + sqrt((double)p->k)) * 2 * sum;
  double subnormal = p->out.dtype == MLX_FLOAT16 ? 0x1p-25 : 0;
  return fabs(got - want) <= unit(p->out.dtype) * fabs(want) * 1.01 + slack + subnormal;
}

/* c0: C as it was. All outputs of small products; a sample of big ones. */
static void check(const mx_product *p, const float *numbers, const void *c0) {
  int64_t total = p->batch * p->m * p->n, stride = total > 20000 ? total / 5000 | 1 : 1;
  for (int64_t at = 0; at < total; at += stride) {
    int64_t b = at / (p->m * p->n), i = at / p->n % p->m, j = at % p->n;
    double re = 0, im = 0, sum = 0;
    for (int64_t k = 0; k < p->k; k++) {
      int64_t x = element(&p->a, b, i, k);
      double ar = get(p->a.data, p->a.dtype, x), ai = imag(p->a.data, p->a.dtype, x), br, bi;
      b_at(p, numbers, b, k, j, &br, &bi);
      re += ar * br - ai * bi;
      im += ar * bi + ai * br;
      sum += (fabs(ar) + fabs(ai)) * (fabs(br) + fabs(bi));
      /* Codes and bias are summed apart. */
      if (numbers) sum += fabs(ar) * 2;
    }
    re *= (double)p->alpha;
    im *= (double)p->alpha;
    sum = sum * fabs((double)p->alpha) + fabs(re) + fabs(im);
    if (p->beta != 0 && c0) {
      int64_t x = element(&p->c, b, i, j);
      re += (double)p->beta * get(c0, p->c.dtype, x);
      im += (double)p->beta * imag(c0, p->c.dtype, x);
      sum += fabs((double)p->beta) * 2;
    }
    if (p->bias) {
      re += get(p->bias, p->bias_dtype, j * p->bias_stride);
      im += imag(p->bias, p->bias_dtype, j * p->bias_stride);
      sum += 2;
    }
    int64_t o = element(&p->out, b, i, j);
    double got = get(p->out.data, p->out.dtype, o), got_im = imag(p->out.data, p->out.dtype, o);
    if (!close_to(got, re, sum, p) || !close_to(got_im, im, sum, p)) {
      fail_msg("batch %d of %dx%dx%d dtypes %d %d -> %d mode %d bits %d transposed %d strides %d,%d "
               "%d,%d at %d,%d,%d: %.9g%+.9gi instead of %.9g%+.9gi",
               (int)p->batch, (int)p->m, (int)p->n, (int)p->k, p->a.dtype, p->b.dtype, p->out.dtype,
               p->quant.mode, p->quant.bits, p->quant.transposed, (int)p->a.row_stride,
               (int)p->a.col_stride, (int)p->b.row_stride, (int)p->b.col_stride, (int)b, (int)i,
               (int)j, got, got_im, re, im);
    }
  }
}

/* Runs on one thread and on three; the bits must agree. Nothing outside the output changes. */
static void run_and_check(mx_product *p, const box *out, const float *numbers) {
  char *first = malloc(out->bytes), *before = malloc(out->bytes);
  memcpy(before, out->memory, out->bytes);
  mx_set_thread_count(1);
  assert_int_equal(0, mx_product_run(p));
  check(p, numbers, p->c.data == p->out.data ? before : p->c.data);
  memcpy(first, out->memory, out->bytes);
  memcpy(out->memory, before, out->bytes);
  mx_set_thread_count(3);
  assert_int_equal(0, mx_product_run(p));
  assert_memory_equal(first, out->memory, out->bytes);
  free(first);
  free(before);
}

static const int64_t sizes[] = {1, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 48, 64, 97, 129};

static int64_t some_size(void) { return sizes[below(sizeof sizes / sizeof *sizes)]; }

static const mlx_dtype floats[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_BFLOAT16};

/* Everything at random: what test_plain and test_quantized do to the rest of a product. */
static void random_epilogue(mx_product *p, box *c, box *bias, mlx_dtype t) {
  p->alpha = below(2) ? 1 : 0.75f;
  if (below(3) == 0) {
    *c = make(p->batch, p->m, p->n, t, (int)below(LAYOUTS - 1));
    p->c = c->m;
    p->beta = -0.5f;
    if (below(2)) p->c.row_stride = 0;
    if (below(4) == 0) p->c.batch_stride = 0;
  }
  if (below(3) == 0) {
    *bias = make(1, 1, p->n, t, (int)below(2) * GAPS);
    p->bias = bias->m.data;
    p->bias_dtype = t;
    p->bias_stride = bias->m.col_stride;
  }
}

static void random_product(bool big) {
  mx_product p = {.m = some_size(), .n = some_size(), .k = some_size(), .batch = 1 + below(3)};
  if (big) {
    p.batch = 1;
    p.m += below(300);
    p.n += below(600);
    p.k += below(700);
  }
  int kind = (int)below(8);
  mlx_dtype t = kind == 0 ? MLX_FLOAT64 : kind == 1 ? MLX_COMPLEX64 : floats[below(3)];
  mlx_dtype tb = kind < 2 ? t : below(2) ? t : floats[below(3)];
  box a = make(p.batch, p.m, p.k, t, (int)below(LAYOUTS)), c = {0}, bias = {0};
  box b = make(p.batch, p.k, p.n, tb, (int)below(LAYOUTS));
  box out = make(p.batch, p.m, p.n, kind < 2 ? t : floats[below(3)], (int)below(LAYOUTS));
  int64_t index[2][8];
  p.a = a.m;
  p.b = b.m;
  p.out = out.m;
  for (int i = 0; i < 8; i++) {
    index[0][i] = below(p.batch);
    index[1][i] = below(p.batch);
  }
  if (below(4) == 0) p.a.batch_stride = 0;
  if (below(3) == 0) p.b.batch_stride = 0;
  if (below(5) == 0) p.a.index = index[0];
  if (below(5) == 0) p.b.index = index[1];
  random_epilogue(&p, &c, &bias, kind < 2 ? t : floats[below(3)]);
  run_and_check(&p, &out, NULL);
  free(a.memory);
  free(b.memory);
  free(out.memory);
  free(c.memory);
  free(bias.memory);
}

static void test_plain(void **unused) {
  (void)unused;
  for (int i = 0; i < 1500; i++) random_product(false);
  for (int i = 0; i < 40; i++) random_product(true);
}

static void random_quantized(mx_quant_mode mode, int bits, int group, bool transposed) {
  mx_product p = {.m = some_size(), .n = some_size(), .k = some_size(), .batch = 1 + below(2)};
  if (transposed) {
    p.k = group * (1 + below(9));
  } else {
    p.n = group * (1 + below(9));
  }
  box c = {0}, bias = {0};
  coded codes = make_codes(&p, mode, transposed, bits, group, floats[below(3)]);
  box a = make(p.batch, p.m, p.k, floats[below(3)], (int)below(LAYOUTS));
  box out = make(p.batch, p.m, p.n, floats[below(3)], (int)below(LAYOUTS));
  int64_t index[2] = {p.batch - 1, 0};
  p.a = a.m;
  p.out = out.m;
  if (below(3) == 0) p.b.index = index;
  if (below(3) == 0) p.b.batch_stride = p.quant.batch_stride = 0;
  if (p.b.index && p.b.batch_stride == 0) p.b.index = NULL;
  random_epilogue(&p, &c, &bias, floats[below(3)]);
  run_and_check(&p, &out, codes.numbers);
  free_codes(&codes);
  free(a.memory);
  free(out.memory);
  free(c.memory);
  free(bias.memory);
}

static void test_quantized(void **unused) {
  (void)unused;
  static const int bits[] = {1, 2, 3, 4, 5, 6, 8}, groups[] = {32, 64, 128};
  for (int i = 0; i < 7 * 3 * 2 * 12; i++) {
    random_quantized(MX_QUANT_AFFINE, bits[i % 7], groups[i / 7 % 3], i / 21 % 2);
  }
  for (int i = 0; i < 3 * 2 * 12; i++) {
    mx_quant_mode mode = (mx_quant_mode)(MX_QUANT_MXFP4 + i % 3);
    random_quantized(mode, mx_quant_bits(mode), mx_quant_group(mode), i / 3 % 2);
  }
}

/* One long row: more scales than a chunk of the kernel holds. */
static void test_long_rows(void **unused) {
  (void)unused;
  static const int bits[] = {2, 4, 8, 3};
  for (int i = 0; i < 4; i++) {
    mx_product p = {.m = 1 + i % 3, .n = 7, .k = 4096 * 2 + 32 * 5, .batch = 1, .alpha = 1};
    coded codes = make_codes(&p, MX_QUANT_AFFINE, true, bits[i], 32, MLX_FLOAT16);
    box a = make(1, p.m, p.k, MLX_FLOAT32, DENSE), out = make(1, p.m, p.n, MLX_FLOAT32, DENSE);
    p.a = a.m;
    p.out = out.m;
    run_and_check(&p, &out, codes.numbers);
    free_codes(&codes);
    free(a.memory);
    free(out.memory);
  }
}

static void test_nothing(void **unused) {
  (void)unused;
  float out[6] = {9, 9, 9, 9, 9, 9}, c[6] = {1, 2, 3, 4, 5, 6};
  mx_product p = {.m = 2, .n = 3, .k = 0, .batch = 1, .alpha = 1};
  p.a = p.b = (mx_matrix){NULL, MLX_FLOAT32, 0, 1, 0, NULL};
  p.out = (mx_matrix){out, MLX_FLOAT32, 3, 1, 6, NULL};
  assert_int_equal(0, mx_product_run(&p));
  for (int i = 0; i < 6; i++) assert_true(out[i] == 0);
  p.c = (mx_matrix){c, MLX_FLOAT32, 3, 1, 6, NULL};
  p.beta = 2;
  assert_int_equal(0, mx_product_run(&p));
  for (int i = 0; i < 6; i++) assert_true(out[i] == 2 * c[i]);
  p.m = 0;
  out[0] = 7;
  assert_int_equal(0, mx_product_run(&p));
  assert_true(out[0] == 7);
  p.m = 2;
  p.a.dtype = MLX_INT32;
  assert_int_not_equal(0, mx_product_run(&p));
  assert_int_equal(MX_TYPE, mx_error_kind());
  mx_error_clear();
}

/* A row alone, on the same path, has the bits that it has among others. */
static void test_rows_alone(void **unused) {
  (void)unused;
  for (int layout = DENSE; layout <= TURNED; layout++) {
    mx_product p = {.m = 150, .n = 70, .k = 600, .batch = 1, .alpha = 1};
    box a = make(1, p.m, p.k, MLX_FLOAT32, DENSE), b = make(1, p.k, p.n, MLX_FLOAT32, layout);
    box all = make(1, p.m, p.n, MLX_FLOAT32, DENSE), part = make(1, p.m, p.n, MLX_FLOAT32, DENSE);
    p.a = a.m;
    p.b = b.m;
    p.out = all.m;
    assert_int_equal(0, mx_product_run(&p));
    p.m = 37;
    p.a.data = (float *)a.memory + 41 * a.m.row_stride;
    p.out.data = (float *)part.memory + 41 * part.m.row_stride;
    assert_int_equal(0, mx_product_run(&p));
    assert_memory_equal((float *)part.memory + 41 * p.n, (float *)all.memory + 41 * p.n,
                        (size_t)(37 * p.n) * sizeof(float));
    free(a.memory);
    free(b.memory);
    free(all.memory);
    free(part.memory);
  }
}

/* --- running out of memory ------------------------------------------------------------------------------ */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__GLIBC__) && !defined(SANITIZED) && !defined(__SANITIZE_ADDRESS__) &&                 \
    !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t n);
static int64_t until_failure = -1;

void *malloc(size_t n) {
  if (until_failure == 0) return NULL;
  if (until_failure > 0) until_failure--;
  return __libc_malloc(n);
}

/* Each allocation in turn fails; then the same product runs. */
static void fail_each(const mx_product *p) {
  for (int64_t at = 0;; at++) {
    mx_product_release_scratch();
    until_failure = at;
    int failed = mx_product_run(p);
    until_failure = -1;
    if (!failed) {
      assert_true(at > 0);
      return;
    }
    assert_int_equal(MX_MEMORY, mx_error_kind());
    mx_error_clear();
    assert_int_equal(0, mx_product_run(p));
  }
}

static void test_no_memory(void **unused) {
  (void)unused;
  mx_set_thread_count(1);
  static const int64_t rows[] = {3, 40, 300};
  for (int kind = 0; kind < 9; kind++) {
    mlx_dtype t = kind / 3 == 0 ? MLX_BFLOAT16 : kind / 3 == 1 ? MLX_FLOAT64 : MLX_COMPLEX64;
    mx_product p = {.m = rows[kind % 3], .n = 310, .k = 290, .batch = 1, .alpha = 1};
    box a = make(1, p.m, p.k, t, DENSE), b = make(1, p.k, p.n, t, DENSE);
    box out = make(1, p.m, p.n, t, DENSE);
    p.a = a.m;
    p.b = b.m;
    p.out = out.m;
    fail_each(&p);
    free(a.memory);
    free(b.memory);
    free(out.memory);
  }
}
#else
static void test_no_memory(void **unused) { (void)unused; }
#endif

static int run_all(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),    cmocka_unit_test(test_plain),
      cmocka_unit_test(test_quantized),  cmocka_unit_test(test_long_rows),
      cmocka_unit_test(test_rows_alone), cmocka_unit_test(test_no_memory),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  mx_product_release_scratch();
  return failed;
}

int main(int argc, char **argv) {
  static const char *const tiers[] = {"ref", "avx2", "avx512", "avx512bf16", "neon"};
  (void)argc;
  (void)argv;
  if (getenv("MLX_CPU_ISA")) return run_all();
  int failed = 0;
  for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++) {
    pid_t child = fork();
    if (child == 0) {
      setenv("MLX_CPU_ISA", tiers[i], 1);
      _exit(run_all()); /* nothing has chosen kernels yet in this process */
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
      printf("tier %s failed\n", tiers[i]);
      failed = 1;
    }
  }
  return failed;
}
