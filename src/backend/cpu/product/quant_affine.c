/* Affine quantization of arrays: groups of a row become codes, a scale and a bias.
 * Invariant: codes follow from the float32 scale and bias, before these are rounded for storing;
 * element i of a row is bits [i * bits, (i + 1) * bits) of a little-endian stream. */
#include <math.h>
#include <string.h>
#include "backend/cpu/product/driver.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"

enum { GROUP_MAX = 128, CHUNK = 1 << 15 };

typedef struct job {
  const char *w;
  mlx_dtype dtype;
  int64_t k;
  int group, bits;
  uint32_t *codes;
  char *scales, *biases;
  const mx_product_kernels *kernels;
  mx_codes coded;
  char *out;
} job;

static float load1(const char *p, mlx_dtype t, int64_t i) {
  uint16_t h;
  float f;
  if (t == MLX_FLOAT32) {
    memcpy(&f, p + i * 4, sizeof f);
    return f;
  }
  memcpy(&h, p + i * 2, sizeof h);
  return t == MLX_FLOAT16 ? mx_f16_to_f32(h) : mx_bf16_to_f32(h);
}

static void store1(char *p, mlx_dtype t, int64_t i, float f) {
  uint16_t h = t == MLX_FLOAT16 ? mx_f32_to_f16(f) : mx_f32_to_bf16(f);
  if (t == MLX_FLOAT32) {
    memcpy(p + i * 4, &f, sizeof f);
  } else {
    memcpy(p + i * 2, &h, sizeof h);
  }
}

/* To nearest, ties to even, without a call. */
static inline float round_even(float x) {
  float a = fabsf(x);
  return a < 0x1p23f ? copysignf((a + 0x1p23f) - 0x1p23f, x) : x;
}

/* Scale and bias of a group, in float32. NaNs do not count for the range. */
static void fit(const float *w, int group, int bits, float *scale, float *bias) {
  float low = INFINITY, high = -INFINITY;
  for (int i = 0; i < group; i++) {
    low = w[i] < low ? w[i] : low;
    high = w[i] > high ? w[i] : high;
  }
  float range = high - low, n = (float)((1 << bits) - 1);
  if (bits == 1) {
    *scale = range < 1e-7f ? 1e-7f : range;
    *bias = low;
    return;
  }
  bool from_low = fabsf(low) > fabsf(high);
  float s = range / n;
  s = s < 1e-7f ? 1e-7f : s;
  s = from_low ? s : -s;
  float edge = from_low ? low : high, q0 = round_even(edge / s);
  /* The edge that is farther from zero becomes exact. */
  *scale = q0 != 0 ? edge / q0 : s;
  *bias = q0 != 0 ? edge : 0;
}

static void quantize_group(const float *w, int group, int bits, float scale, float bias,
                           unsigned char *out) {
  float n = (float)((1 << bits) - 1);
  for (int i = 0; i < group; i += 8, out += bits) {
    uint64_t packed = 0;
    for (int j = 0; j < 8; j++) {
      float v = round_even((w[i + j] - bias) / scale);
      v = v > 0 ? v : 0; /* NaN too */
      v = v < n ? v : n;
      packed |= (uint64_t)v << (j * bits);
    }
    memcpy(out, &packed, (size_t)bits);
  }
}

/* Groups are independent: a chunk is any run of them. */
static void quantize_chunk(void *ctx, int64_t begin, int64_t end) {
  const job *q = ctx;
  float w[GROUP_MAX], scale, bias;
  int64_t size = mx_dtype_bytes(q->dtype), bytes = (int64_t)q->group * q->bits / 8;
  for (int64_t g = begin; g < end; g++) {
    const char *from = q->w + g * q->group * size;
    for (int i = 0; i < q->group; i++) w[i] = load1(from, q->dtype, i);
    fit(w, q->group, q->bits, &scale, &bias);
    quantize_group(w, q->group, q->bits, scale, bias, (unsigned char *)q->codes + g * bytes);
    store1(q->scales, q->dtype, g, scale);
    store1(q->biases, q->dtype, g, bias);
  }
}

static void dequantize_chunk(void *ctx, int64_t begin, int64_t end) {
  const job *q = ctx;
  int64_t row = q->k * mx_dtype_bytes(q->dtype);
  for (int64_t r = begin; r < end; r++) {
    q->kernels->dequantize(&q->coded, r, q->k, q->out + r * row);
  }
}

static int check(const char *op, mlx_dtype t, int64_t k, int group, int bits) {
  if (t != MLX_FLOAT32 && t != MLX_FLOAT16 && t != MLX_BFLOAT16) {
    return mx_fail(MX_RUNTIME, "[%s] dtype %d has no affine quantization", op, (int)t);
  }
  if (group != 32 && group != 64 && group != 128) {
    return mx_fail(MX_VALUE, "[%s] group size %d is none of 32, 64, 128", op, group);
  }
  if (bits < 1 || bits == 7 || bits > 8) {
    return mx_fail(MX_VALUE, "[%s] %d bits are none of 1, 2, 3, 4, 5, 6, 8", op, bits);
  }
  if (k % group) {
    return mx_fail(MX_VALUE, "[%s] rows of %lld are no multiple of the group size %d", op,
                   (long long)k, group);
  }
  return 0;
}

int mx_quantize_affine(const void *w, mlx_dtype dtype, int64_t rows, int64_t k, int group,
                       int bits, uint32_t *codes, void *scales, void *biases) {
  if (check("quantize", dtype, k, group, bits)) return 1;
  job q = {.w = w, .dtype = dtype, .k = k, .group = group, .bits = bits, .codes = codes};
  q.scales = scales;
  q.biases = biases;
  mx_parallel_for(rows * (k / group), CHUNK / group, quantize_chunk, &q);
  return 0;
}

int mx_dequantize_affine(const uint32_t *codes, const void *scales, const void *biases,
                         mlx_dtype dtype, int64_t rows, int64_t k, int group, int bits, void *out) {
  if (check("dequantize", dtype, k, group, bits)) return 1;
  if (k == 0) return 0;
  job q = {.dtype = dtype, .k = k, .kernels = mx_product_table(), .out = out};
  q.coded = (mx_codes){.mode = MX_QUANT_AFFINE, .bits = bits, .group = group, .words = codes};
  q.coded.scales = scales;
  q.coded.biases = biases;
  q.coded.dtype = dtype;
  q.coded.row_codes = k;
  q.coded.word_stride = k * bits / 32;
  q.coded.group_stride = k / group;
  mx_parallel_for(rows, mx_max64(1, CHUNK / k), dequantize_chunk, &q);
  return 0;
}
