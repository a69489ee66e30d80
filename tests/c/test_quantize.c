/* Promises: quantizing and dequantizing give MLX's bits, for every mode, width, group and dtype, and
 * for zeros, constants, ties, tiny and huge numbers; e4m3 converts as MLX does; bad arguments are
 * errors. Data: tests/data/quant, written by tests/tools/make_quant_data.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backend/cpu/product/product.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"

static const mlx_dtype dtypes[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_BFLOAT16};

static int64_t size_of(mlx_dtype t) { return t == MLX_FLOAT32 ? 4 : 2; }

typedef struct file {
  unsigned char *bytes;
  size_t size, at;
} file;

static file read_file(const char *name) {
  char path[4096];
  const char *folder = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/quant/%s", folder ? folder : "tests/data", name);
  FILE *in = fopen(path, "rb");
  if (!in) fail_msg("cannot open %s", path);
  file f = {0};
  fseek(in, 0, SEEK_END);
  f.size = (size_t)ftell(in);
  rewind(in);
  f.bytes = malloc(f.size);
  assert_non_null(f.bytes);
  assert_int_equal(f.size, fread(f.bytes, 1, f.size, in));
  fclose(in);
  return f;
}

static const unsigned char *take(file *f, int64_t bytes) {
  assert_true(bytes >= 0 && f->at + (size_t)bytes <= f->size);
  f->at += (size_t)bytes;
  return f->bytes + f->at - (size_t)bytes;
}

static float number(const unsigned char *p, mlx_dtype t, int64_t i) {
  uint16_t h;
  float x;
  if (t == MLX_FLOAT32) {
    memcpy(&x, p + 4 * i, 4);
    return x;
  }
  memcpy(&h, p + 2 * i, 2);
  return t == MLX_FLOAT16 ? mx_f16_to_f32(h) : mx_bf16_to_f32(h);
}

/* Equal bits; any NaN is as good as another. */
static void same(const char *what, const int32_t *head, const unsigned char *got,
                 const unsigned char *want, mlx_dtype t, int64_t n) {
  int64_t size = size_of(t);
  for (int64_t i = 0; i < n; i++) {
    if (!memcmp(got + i * size, want + i * size, (size_t)size)) continue;
    float g = number(got, t, i), w = number(want, t, i);
    if (isnan(g) && isnan(w)) continue;
    fail_msg("mode %d dtype %d->%d %dx%d group %d bits %d: %s %d is %.9g instead of %.9g", head[0],
             head[1], head[2], head[3], head[4], head[5], head[6], what, (int)i, (double)g,
             (double)w);
  }
}

static void same_codes(const int32_t *head, const unsigned char *got, const unsigned char *want,
                       int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    if (got[i] != want[i]) {
      fail_msg("mode %d dtype %d %dx%d group %d bits %d: byte %d of codes or scales is %02x instead "
               "of %02x",
               head[0], head[1], head[3], head[4], head[5], head[6], (int)i, got[i], want[i]);
    }
  }
}

static void check_case(file *f) {
  int32_t head[7];
  float global_scale;
  memcpy(head, take(f, sizeof head), sizeof head);
  memcpy(&global_scale, take(f, 4), 4);
  mlx_dtype t = dtypes[head[1]], back_t = dtypes[head[2]];
  int64_t rows = head[3], k = head[4], group = head[5], bits = head[6], groups = rows * k / group;
  bool affine = head[0] == 0;
  int64_t code_bytes = rows * k * bits / 8, scale_bytes = affine ? groups * size_of(t) : groups;
  const unsigned char *x = take(f, rows * k * size_of(t)), *codes = take(f, code_bytes);
  const unsigned char *scales = take(f, scale_bytes), *biases = take(f, affine ? scale_bytes : 0);
  const unsigned char *back = take(f, rows * k * size_of(back_t));
  uint32_t *my_codes = malloc((size_t)code_bytes);
  unsigned char *my_scales = malloc((size_t)scale_bytes), *my_biases = malloc((size_t)scale_bytes);
  unsigned char *my_back = malloc((size_t)(rows * k * size_of(back_t)));
  if (affine) {
    assert_int_equal(0, mx_quantize_affine(x, t, rows, k, (int)group, (int)bits, my_codes, my_scales,
                                           my_biases));
    same("scale", head, my_scales, scales, t, groups);
    same("bias", head, my_biases, biases, t, groups);
    same_codes(head, (unsigned char *)my_codes, codes, code_bytes);
    assert_int_equal(0, mx_dequantize_affine(my_codes, my_scales, my_biases, t, rows, k, (int)group,
                                             (int)bits, my_back));
  } else {
    mx_quant_mode mode = (mx_quant_mode)(MX_QUANT_MXFP4 + head[0] - 1);
    assert_int_equal(group, mx_quant_group(mode));
    assert_int_equal(bits, mx_quant_bits(mode));
    assert_int_equal(0, mx_quantize_fp(mode, x, t, rows, k, global_scale, my_codes, my_scales));
    same_codes(head, my_scales, scales, groups);
    same_codes(head, (unsigned char *)my_codes, codes, code_bytes);
    assert_int_equal(
        0, mx_dequantize_fp(mode, my_codes, my_scales, global_scale, back_t, rows, k, my_back));
  }
  same("number", head, my_back, back, back_t, rows * k);
  free(my_codes);
  free(my_scales);
  free(my_biases);
  free(my_back);
}

static void check_file(const char *name) {
  file f = read_file(name);
  for (int threads = 1; threads <= 2; threads++) {
    mx_set_thread_count(threads);
    for (f.at = 0; f.at < f.size;) check_case(&f);
  }
  free(f.bytes);
}

static void test_affine(void **unused) {
  (void)unused;
  check_file("affine.bin");
}

static void test_fp(void **unused) {
  (void)unused;
  check_file("fp.bin");
}

static void test_e4m3(void **unused) {
  (void)unused;
  file f = read_file("e4m3.bin");
  uint8_t every[256], bytes[4096];
  unsigned char numbers[1024];
  static const int32_t head[7] = {4, 0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 256; i++) every[i] = (uint8_t)i;
  for (int t = 0; t < 3; t++) {
    mx_e4m3_to_floats(every, 256, dtypes[t], numbers);
    same("e4m3", head, numbers, take(&f, 256 * size_of(dtypes[t])), dtypes[t], 256);
  }
  int32_t n;
  memcpy(&n, take(&f, 4), 4);
  assert_true(n > 0 && n <= 4096);
  const unsigned char *x = take(&f, 4 * n);
  mx_e4m3_from_floats(x, MLX_FLOAT32, n, bytes);
  const unsigned char *want = take(&f, n);
  for (int i = 0; i < n; i++) {
    if (bytes[i] != want[i]) {
      fail_msg("e4m3 of %.9g is %02x instead of %02x", (double)number(x, MLX_FLOAT32, i), bytes[i],
               want[i]);
    }
  }
  free(f.bytes);
}

static void test_errors(void **unused) {
  (void)unused;
  float w[64] = {0}, s[4], b[4];
  uint32_t codes[64];
  uint8_t bytes[4];
  assert_int_not_equal(0, mx_quantize_affine(w, MLX_FLOAT32, 1, 64, 48, 4, codes, s, b));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_not_equal(0, mx_quantize_affine(w, MLX_FLOAT32, 1, 64, 32, 7, codes, s, b));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_not_equal(0, mx_quantize_affine(w, MLX_FLOAT32, 1, 40, 32, 4, codes, s, b));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_not_equal(0, mx_quantize_affine(w, MLX_FLOAT64, 1, 64, 32, 4, codes, s, b));
  assert_int_equal(MX_RUNTIME, mx_error_kind());
  assert_int_not_equal(0, mx_dequantize_affine(codes, s, b, MLX_FLOAT32, 1, 64, 32, 9, w));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_not_equal(0, mx_quantize_fp(MX_QUANT_AFFINE, w, MLX_FLOAT32, 1, 64, 0, codes, bytes));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_not_equal(0, mx_quantize_fp(MX_QUANT_MXFP4, w, MLX_FLOAT32, 1, 64, 2, codes, bytes));
  assert_int_equal(MX_VALUE, mx_error_kind());
  assert_int_equal(0, mx_quantize_affine(w, MLX_FLOAT32, 0, 64, 32, 4, codes, s, b));
  assert_int_equal(0, mx_dequantize_affine(codes, s, b, MLX_FLOAT32, 3, 0, 32, 4, w));
  mx_error_clear();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_affine),
      cmocka_unit_test(test_fp),
      cmocka_unit_test(test_e4m3),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
