/* See gguf_types.h. Arithmetic is float32, in the order that the format's reference gives, so that
 * values agree with it in every bit. */
#include "io/gguf_types.h"

#include <stddef.h>
#include <string.h>

#include "base/half.h"

static uint16_t half_at(const uint8_t *p) {
  uint16_t h;
  memcpy(&h, p, sizeof h);
  return h;
}

static float float_at(const uint8_t *p) {
  return mx_f16_to_f32(half_at(p));
}

/* ---- kept quantized ---- */

/* 16 bytes, of which the low nibbles are elements 0..15 and the high ones 16..31, to elements in
 * order. Pairs of bytes at a time, which vectorises. */
static inline void nibbles_in_order(const uint8_t *src, uint8_t *dst) {
  uint16_t pair[8];
  memcpy(pair, src, sizeof pair);
  for (int i = 0; i < 8; i++)
    dst[i] = (uint8_t)((pair[i] & 0x0f) | (pair[i] >> 4 & 0xf0));
  for (int i = 0; i < 8; i++)
    dst[8 + i] = (uint8_t)((pair[i] >> 4 & 0x0f) | (pair[i] >> 8 & 0xf0));
}

/* f16 d, 16 bytes of nibbles: d * (code - 8). */
static void repack_q4_0(const uint8_t *src, int64_t blocks, uint8_t *codes, uint16_t *scales,
                        uint16_t *biases) {
  for (int64_t i = 0; i < blocks; i++, src += 18) {
    scales[i] = half_at(src);
    biases[i] = mx_f32_to_f16(-8.0f * float_at(src));
    nibbles_in_order(src + 2, codes + 16 * i);
  }
}

/* f16 d, f16 m, 16 bytes of nibbles: d * code + m. */
static void repack_q4_1(const uint8_t *src, int64_t blocks, uint8_t *codes, uint16_t *scales,
                        uint16_t *biases) {
  for (int64_t i = 0; i < blocks; i++, src += 20) {
    scales[i] = half_at(src);
    biases[i] = half_at(src + 2);
    nibbles_in_order(src + 4, codes + 16 * i);
  }
}

/* f16 d, 32 signed bytes: d * q = d * ((q + 128) - 128). */
static void repack_q8_0(const uint8_t *src, int64_t blocks, uint8_t *codes, uint16_t *scales,
                        uint16_t *biases) {
  for (int64_t i = 0; i < blocks; i++, src += 34) {
    scales[i] = half_at(src);
    biases[i] = mx_f32_to_f16(-128.0f * float_at(src));
    for (int k = 0; k < 32; k++)
      codes[32 * i + k] = src[2 + k] ^ 0x80;
  }
}

/* ---- expanded ---- */

static void decode_bf16(const uint8_t *src, int64_t blocks, float *dst) {
  for (int64_t i = 0; i < blocks; i++)
    dst[i] = mx_bf16_to_f32(half_at(src + 2 * i));
}

static uint32_t word_at(const uint8_t *p) {
  uint32_t w;
  memcpy(&w, p, sizeof w);
  return w;
}

/* f16 d, u32 of fifth bits, 16 bytes of nibbles: d * (code - 16). */
static void decode_q5_0(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 22, dst += 32) {
    float d = float_at(src);
    uint32_t high = word_at(src + 2);
    for (int i = 0; i < 16; i++) {
      int lo = (src[6 + i] & 15) | (int)((high >> i & 1) << 4);
      int hi = src[6 + i] >> 4 | (int)((high >> (i + 16) & 1) << 4);
      dst[i] = (float)(lo - 16) * d;
      dst[16 + i] = (float)(hi - 16) * d;
    }
  }
}

/* f16 d, f16 m, u32 of fifth bits, 16 bytes of nibbles: d * code + m. */
static void decode_q5_1(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 24, dst += 32) {
    float d = float_at(src), m = float_at(src + 2);
    uint32_t high = word_at(src + 4);
    for (int i = 0; i < 16; i++) {
      int lo = (src[8 + i] & 15) | (int)((high >> i & 1) << 4);
      int hi = src[8 + i] >> 4 | (int)((high >> (i + 16) & 1) << 4);
      dst[i] = (float)lo * d + m;
      dst[16 + i] = (float)hi * d + m;
    }
  }
}

/* 16 bytes of 4-bit scale and min, 64 bytes of 2-bit codes, f16 d, f16 dmin; groups of 16. In each
 * half of the block byte i holds elements i, 32 + i, 64 + i, 96 + i. */
static void decode_q2_k(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 84, dst += 256) {
    float d = float_at(src + 80), dmin = float_at(src + 82);
    for (int group = 0; group < 16; group++) {
      const uint8_t *q = src + 16 + group / 8 * 32 + group % 2 * 16;
      int shift = group % 8 / 2 * 2;
      float scale = d * (float)(src[group] & 15), min = dmin * (float)(src[group] >> 4);
      for (int i = 0; i < 16; i++)
        dst[16 * group + i] = scale * (float)(q[i] >> shift & 3) - min;
    }
  }
}

/* 32 bytes of third bits, 64 bytes of 2-bit codes (places as in Q2_K), 12 bytes of 6-bit scales (16
 * low nibbles, then 16 high pairs), f16 d: d * (scale - 32) * (code - 4). */
static void decode_q3_k(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 110, dst += 256) {
    const uint8_t *raw = src + 96;
    float d = float_at(src + 108);
    for (int group = 0; group < 16; group++) {
      const uint8_t *q = src + 32 + group / 8 * 32 + group % 2 * 16, *high = src + group % 2 * 16;
      int low = group < 8 ? raw[group] & 15 : raw[group - 8] >> 4;
      int six = low | (raw[8 + group % 4] >> (group / 4 * 2) & 3) << 4;
      int shift = group % 8 / 2 * 2, bit = group / 2;
      float scale = d * (float)(six - 32);
      for (int i = 0; i < 16; i++)
        dst[16 * group + i] = scale * (float)((q[i] >> shift & 3) - (high[i] >> bit & 1 ? 0 : 4));
    }
  }
}

/* The 6-bit scale and min of group j of 8 in the 12 bytes that Q4_K and Q5_K keep them in. */
static void scale_and_min(const uint8_t *p, int j, int *scale, int *min) {
  if (j < 4) {
    *scale = p[j] & 63;
    *min = p[j + 4] & 63;
  } else {
    *scale = (p[j + 4] & 15) | p[j - 4] >> 6 << 4;
    *min = p[j + 4] >> 4 | p[j] >> 6 << 4;
  }
}

/* f16 d, f16 dmin, 12 bytes of scales and mins, 128 bytes of nibbles; groups of 32, two to a run of
 * 32 bytes. */
static void decode_q4_k(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 144, dst += 256) {
    float d = float_at(src), dmin = float_at(src + 2);
    for (int group = 0; group < 8; group++) {
      const uint8_t *q = src + 16 + group / 2 * 32;
      int s, m, shift = group % 2 * 4;
      scale_and_min(src + 4, group, &s, &m);
      float scale = d * (float)s, min = dmin * (float)m;
      for (int i = 0; i < 32; i++)
        dst[32 * group + i] = scale * (float)(q[i] >> shift & 15) - min;
    }
  }
}

/* As Q4_K with 32 bytes of fifth bits before the nibbles. */
static void decode_q5_k(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 176, dst += 256) {
    float d = float_at(src), dmin = float_at(src + 2);
    const uint8_t *high = src + 16;
    for (int group = 0; group < 8; group++) {
      const uint8_t *q = src + 48 + group / 2 * 32;
      int s, m, shift = group % 2 * 4;
      scale_and_min(src + 4, group, &s, &m);
      float scale = d * (float)s, min = dmin * (float)m;
      for (int i = 0; i < 32; i++) {
        int code = (q[i] >> shift & 15) | (high[i] >> group & 1) << 4;
        dst[32 * group + i] = scale * (float)code - min;
      }
    }
  }
}

/* 128 bytes of low nibbles, 64 bytes of high pairs, 16 signed scales, f16 d; groups of 16. */
static void decode_q6_k(const uint8_t *src, int64_t blocks, float *dst) {
  for (; blocks > 0; blocks--, src += 210, dst += 256) {
    float d = float_at(src + 208);
    for (int group = 0; group < 16; group++) {
      int half = group / 8, part = group % 8 / 2, odd = group % 2 * 16;
      const uint8_t *low = src + half * 64 + part % 2 * 32 + odd;
      const uint8_t *high = src + 128 + half * 32 + odd;
      float scale = d * (float)(int8_t)src[192 + group];
      for (int i = 0; i < 16; i++) {
        int q = (low[i] >> part / 2 * 4 & 15) | (high[i] >> part * 2 & 3) << 4;
        dst[16 * group + i] = scale * (float)(q - 32);
      }
    }
  }
}

/* ---- the table ---- */

static const mx_gguf_type types[] = {
    {"F32", 0, 1, 4, MLX_FLOAT32, 0, NULL, NULL},
    {"F16", 1, 1, 2, MLX_FLOAT16, 0, NULL, NULL},
    {"I8", 24, 1, 1, MLX_INT8, 0, NULL, NULL},
    {"I16", 25, 1, 2, MLX_INT16, 0, NULL, NULL},
    {"I32", 26, 1, 4, MLX_INT32, 0, NULL, NULL},
    {"Q4_0", 2, 32, 18, MLX_UINT32, 4, NULL, repack_q4_0},
    {"Q4_1", 3, 32, 20, MLX_UINT32, 4, NULL, repack_q4_1},
    {"Q8_0", 8, 32, 34, MLX_UINT32, 8, NULL, repack_q8_0},
    {"Q5_0", 6, 32, 22, MLX_FLOAT16, 0, decode_q5_0, NULL},
    {"Q5_1", 7, 32, 24, MLX_FLOAT16, 0, decode_q5_1, NULL},
    {"Q2_K", 10, 256, 84, MLX_FLOAT16, 0, decode_q2_k, NULL},
    {"Q3_K", 11, 256, 110, MLX_FLOAT16, 0, decode_q3_k, NULL},
    {"Q4_K", 12, 256, 144, MLX_FLOAT16, 0, decode_q4_k, NULL},
    {"Q5_K", 13, 256, 176, MLX_FLOAT16, 0, decode_q5_k, NULL},
    {"Q6_K", 14, 256, 210, MLX_FLOAT16, 0, decode_q6_k, NULL},
    {"BF16", 30, 1, 2, MLX_FLOAT16, 0, decode_bf16, NULL},
};
#define N_TYPES (sizeof types / sizeof *types)

const mx_gguf_type *mx_gguf_type_by_id(uint32_t id) {
  for (size_t i = 0; i < N_TYPES; i++)
    if (types[i].id == id)
      return &types[i];
  return NULL;
}

const mx_gguf_type *mx_gguf_type_of(mlx_dtype dtype) {
  for (size_t i = 0; i < N_TYPES; i++)
    if (types[i].dtype == dtype && types[i].values == 1 && !types[i].decode)
      return &types[i];
  return NULL;
}

void mx_gguf_decode(const mx_gguf_type *type, const uint8_t *src, int64_t blocks, uint16_t *dst) {
  enum { STEP = 256 };
  float values[STEP];
  int64_t step = STEP / type->values;
  for (int64_t done = 0; done < blocks; done += step) {
    int64_t n = blocks - done < step ? blocks - done : step;
    type->decode(src + done * type->bytes, n, values);
    for (int64_t i = 0; i < n * type->values; i++)
      dst[i] = mx_f32_to_f16(values[i]);
    dst += n * type->values;
  }
}
