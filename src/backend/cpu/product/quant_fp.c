/* The block formats mxfp4, nvfp4 and mxfp8, and the e4m3 byte.
 * Invariant: a code is the nearest entry of its table in float32, and among equally near ones the
 * first; so numbers whose distance to every entry rounds to the same give code 0. */
#include <math.h>
#include <string.h>
#include "backend/cpu/product/driver.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"

enum { CHUNK = 1 << 14, GROUP_MAX = 32 };

static const float e2m1[16] = {0,  0.5f,  1,  1.5f,  2,  3,  4,  6,
                               -0.f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

int mx_quant_group(mx_quant_mode mode) {
  if (mode == MX_QUANT_NVFP4) return 16;
  return mode == MX_QUANT_MXFP4 || mode == MX_QUANT_MXFP8 ? 32 : 0;
}

int mx_quant_bits(mx_quant_mode mode) {
  if (mode == MX_QUANT_MXFP8) return 8;
  return mode == MX_QUANT_MXFP4 || mode == MX_QUANT_NVFP4 ? 4 : 0;
}

/* Nearest even; 448 for all that is larger and for NaN. */
uint8_t mx_f32_to_e4m3(float x) {
  uint32_t u = mx_f32_bits(x), sign = u >> 24 & 0x80, a = u & 0x7fffffff;
  if (a >= 0x43e00000) return (uint8_t)(sign | 0x7e);
  if (a < 0x3c800000) {
    /* Below 2^-6: units of 2^-9, rounded by the adder. */
    float units = mx_bits_f32(a) + 0x1p14f;
    return (uint8_t)(sign | (mx_f32_bits(units) - mx_f32_bits(0x1p14f)));
  }
  uint32_t rounded = (a + 0x7ffff + ((a >> 20) & 1)) >> 20;
  return (uint8_t)(sign | (rounded - (120u << 3)));
}

float mx_e4m3_to_f32(uint8_t byte) {
  uint32_t sign = (uint32_t)(byte & 0x80) << 24, a = byte & 0x7f;
  /* 2^120 takes the exponent's bias from 127 to 7; subnormals come out right. */
  float x = mx_bits_f32(a << 20) * 0x1p120f;
  return mx_bits_f32(sign | (a == 0x7f ? 0x7fc00000u : mx_f32_bits(x)));
}

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

/* --- groups ------------------------------------------------------------------------------------------ */

typedef struct job {
  mx_quant_mode mode;
  int group, bits;
  float global; /* 2688 / global_scale in, its inverse out; 1 for none */
  mlx_dtype dtype;
  const char *w;
  uint8_t *codes, *scales;
  char *out;
} job;

static uint8_t nearest(float x) {
  int best = 0;
  float distance = fabsf(x - e2m1[0]);
  for (int i = 1; i < 16; i++) {
    float d = fabsf(x - e2m1[i]);
    if (d < distance) {
      best = i;
      distance = d;
    }
  }
  return (uint8_t)best;
}

static float rounded(float x, mlx_dtype t) {
  char h[4];
  store1(h, t, 0, x);
  return load1(h, t, 0);
}

/* The scale's byte, and the number that the group is divided by. Quotients are numbers of the dtype,
 * as those of arrays are. */
static uint8_t fit(const job *q, float amax, float *scale) {
  if (q->mode == MX_QUANT_NVFP4) {
    uint8_t byte = mx_f32_to_e4m3(rounded(amax / 6, q->dtype) * q->global);
    *scale = mx_e4m3_to_f32(byte);
    return byte;
  }
  float ratio = rounded(amax / (q->mode == MX_QUANT_MXFP4 ? 6.0f : 448.0f), q->dtype);
  *scale = 1;
  if (ratio == 0) return 127;
  *scale = 0;
  if (!(ratio <= 3.4028235e38f)) return 128;
  int exponent; /* the ceiling of the logarithm */
  if (frexpf(ratio, &exponent) == 0.5f) exponent--;
  *scale = (float)ldexp(1, exponent);
  return (uint8_t)(127 + exponent);
}

static void quantize_group(const job *q, int64_t g) {
  float w[GROUP_MAX], amax = 0, scale;
  for (int i = 0; i < q->group; i++) {
    w[i] = load1(q->w, q->dtype, g * q->group + i);
    float a = fabsf(w[i]);
    amax = a > amax || a != a ? a : amax;
  }
  q->scales[g] = fit(q, amax, &scale);
  uint8_t *out = q->codes + g * q->group * q->bits / 8;
  for (int i = 0; i < q->group; i++) {
    float x = rounded(w[i] / scale, q->dtype) * q->global;
    if (q->bits == 8) {
      out[i] = w[i] == 0 && scale == 0 ? 0xfe : mx_f32_to_e4m3(x);
    } else if (i % 2) {
      out[i / 2] |= (uint8_t)(nearest(x) << 4);
    } else {
      out[i / 2] = nearest(x);
    }
  }
}

static void dequantize_group(const job *q, int64_t g) {
  uint32_t byte = q->scales[g];
  float scale = mx_bits_f32(byte ? byte << 23 : 0x400000u);
  if (q->mode == MX_QUANT_NVFP4) scale = mx_e4m3_to_f32((uint8_t)byte) * q->global;
  const uint8_t *codes = q->codes + g * q->group * q->bits / 8;
  for (int i = 0; i < q->group; i++) {
    float code = q->bits == 8 ? mx_e4m3_to_f32(codes[i]) : e2m1[codes[i / 2] >> (i % 2 * 4) & 15];
    store1(q->out, q->dtype, g * q->group + i, code * scale);
  }
}

static void quantize_chunk(void *ctx, int64_t begin, int64_t end) {
  for (int64_t g = begin; g < end; g++) quantize_group(ctx, g);
}

static void dequantize_chunk(void *ctx, int64_t begin, int64_t end) {
  for (int64_t g = begin; g < end; g++) dequantize_group(ctx, g);
}

static int check(const char *op, mx_quant_mode mode, mlx_dtype t, int64_t k, float global_scale) {
  int group = mx_quant_group(mode);
  if (group == 0) return mx_fail(MX_VALUE, "[%s] mode %d is no block format", op, (int)mode);
  if (t != MLX_FLOAT32 && t != MLX_FLOAT16 && t != MLX_BFLOAT16) {
    return mx_fail(MX_RUNTIME, "[%s] dtype %d has no block format", op, (int)t);
  }
  if (k % group) {
    return mx_fail(MX_VALUE, "[%s] rows of %lld are no multiple of the group size %d", op,
                   (long long)k, group);
  }
  if (global_scale != 0 && mode != MX_QUANT_NVFP4) {
    return mx_fail(MX_VALUE, "[%s] only nvfp4 has a global scale", op);
  }
  return 0;
}

int mx_quantize_fp(mx_quant_mode mode, const void *w, mlx_dtype dtype, int64_t rows, int64_t k,
                   float global_scale, uint32_t *codes, uint8_t *scales) {
  if (check("quantize", mode, dtype, k, global_scale)) return 1;
  job q = {.mode = mode, .dtype = dtype, .w = w, .codes = (uint8_t *)codes, .scales = scales};
  q.group = mx_quant_group(mode);
  q.bits = mx_quant_bits(mode);
  q.global = global_scale != 0 ? 2688 / global_scale : 1;
  mx_parallel_for(rows * (k / q.group), CHUNK / q.group, quantize_chunk, &q);
  return 0;
}

int mx_dequantize_fp(mx_quant_mode mode, const uint32_t *codes, const uint8_t *scales,
                     float global_scale, mlx_dtype dtype, int64_t rows, int64_t k, void *out) {
  if (check("dequantize", mode, dtype, k, global_scale)) return 1;
  job q = {.mode = mode, .dtype = dtype, .out = out};
  q.codes = (uint8_t *)(uintptr_t)codes;
  q.scales = (uint8_t *)(uintptr_t)scales;
  q.group = mx_quant_group(mode);
  q.bits = mx_quant_bits(mode);
  q.global = global_scale != 0 ? global_scale / 2688 : 1;
  mx_parallel_for(rows * (k / q.group), CHUNK / q.group, dequantize_chunk, &q);
  return 0;
}

/* --- arrays of e4m3 ------------------------------------------------------------------------------------ */

void mx_e4m3_from_floats(const void *x, mlx_dtype dtype, int64_t n, uint8_t *out) {
  for (int64_t i = 0; i < n; i++) out[i] = mx_f32_to_e4m3(load1(x, dtype, i));
}

void mx_e4m3_to_floats(const uint8_t *x, int64_t n, mlx_dtype dtype, void *out) {
  for (int64_t i = 0; i < n; i++) store1(out, dtype, i, mx_e4m3_to_f32(x[i]));
}
