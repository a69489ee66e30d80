/* Quantized rows: decoding to float32, and dots that never write the decoded numbers.
 * Invariant: decode gives code * scale + bias in float32; qdot gives, group by group,
 * scale * (codes . x) + bias * sum(x), in an order that K, bits and group give. */
#include "backend/cpu/simd/product_vec.h"
#include "backend/cpu/simd/product_simd.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

INLINE float load1(const char *p, mlx_dtype dtype, int64_t i) {
  uint16_t h;
  float f;
  if (dtype == MLX_FLOAT32) {
    memcpy(&f, p + i * 4, sizeof f);
    return f;
  }
  memcpy(&h, p + i * 2, sizeof h);
  return dtype == MLX_FLOAT16 ? mx_f16_to_f32(h) : mx_bf16_to_f32(h);
}

/* --- decoding --------------------------------------------------------------------------------------- */

/* Eight codes are `bits` bytes. */
INLINE uint64_t bits8(const unsigned char *p, const int bits) {
  uint64_t u = 0;
  memcpy(&u, p, (size_t)bits);
  return u;
}

/* dst[0 .. n) = code * scale + bias for n codes that start at a byte; room: bytes that may be
 * read from p. */
#if MX_TIER_AVX2
INLINE void decode_run(const unsigned char *p, int64_t room, const int bits, int64_t n, float scale,
                       float bias, float *dst) {
  char pick[32];
  int32_t shift[8];
  UNROLL for (int j = 0; j < 8; j++) {
    int at = j * bits;
    shift[j] = at % 8;
    for (int i = 0; i < 4; i++) pick[j * 4 + i] = (char)(i < 2 ? at / 8 + i : -1);
  }
  __m256i picks = _mm256_loadu_si256((const __m256i *)(const void *)pick);
  __m256i shifts = _mm256_loadu_si256((const __m256i *)(const void *)shift);
  __m256i mask = _mm256_set1_epi32((1 << bits) - 1);
  __m256 s = _mm256_set1_ps(scale), b = _mm256_set1_ps(bias);
  for (int64_t i = 0; i < n; i += 8, p += bits, room -= bits) {
    uint64_t u;
    if (room >= 8) {
      memcpy(&u, p, sizeof u);
    } else {
      u = bits8(p, bits);
    }
    __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi64x((int64_t)u), picks);
    v = _mm256_and_si256(_mm256_srlv_epi32(v, shifts), mask);
    _mm256_storeu_ps(dst + i, _mm256_fmadd_ps(_mm256_cvtepi32_ps(v), s, b));
  }
}
#else
INLINE void decode_run(const unsigned char *p, int64_t room, const int bits, int64_t n, float scale,
                       float bias, float *dst) {
  (void)room;
  const uint32_t mask = (1u << bits) - 1;
  for (int64_t i = 0; i < n; i += 8, p += bits) {
    uint64_t u = bits8(p, bits);
    uint32_t code[8];
    UNROLL for (int j = 0; j < 8; j++) code[j] = (uint32_t)(u >> (j * bits)) & mask;
    UNROLL for (int j = 0; j < 8; j += VL) {
      vf c = vf_from_vi(vi_load(code + j));
      vf_store(dst + i + j, vf_fma(c, vf_set1(scale), vf_set1(bias)));
    }
  }
}
#endif

INLINE void decode_affine(const mx_codes *q, int64_t r, int64_t start, int64_t n, const int bits,
                          float *dst) {
  const unsigned char *p = (const unsigned char *)(q->words + r * q->word_stride);
  int64_t g0 = r * q->group_stride, left = n * bits / 8;
  p += start * bits / 8;
  while (n > 0) {
    int64_t g = g0 + start / q->group, run = MIN(n, q->group - start % q->group);
    float scale = load1(q->scales, q->dtype, g), bias = load1(q->biases, q->dtype, g);
    decode_run(p, left, bits, run, scale, bias, dst);
    p += run * bits / 8;
    left -= run * bits / 8;
    dst += run;
    start += run;
    n -= run;
  }
}

static const float e2m1[16] = {0,  0.5f,  1,  1.5f,  2,  3,  4,  6,
                               -0.f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

/* 2^120 moves the exponent's bias from 127 to 7; subnormals come out right. */
INLINE float e4m3(uint32_t byte) {
  float x = mx_bits_f32((byte & 0x7f) << 20) * 0x1p120f;
  uint32_t u = (byte & 0x7f) == 0x7f ? 0x7fc00000u : mx_f32_bits(x);
  return mx_bits_f32(u | (byte & 0x80) << 24);
}

/* A byte b means 2^(b - 127): 2^-127 for 0, infinity for 255. */
INLINE float e8m0(uint32_t byte) { return mx_bits_f32(byte ? byte << 23 : 0x400000u); }

static void decode_fp(const mx_codes *q, int64_t r, int64_t start, int64_t n, float *dst) {
  const unsigned char *p = (const unsigned char *)(q->words + r * q->word_stride);
  const unsigned char *scales = (const unsigned char *)q->scales + r * q->group_stride;
  while (n > 0) {
    int64_t run = MIN(n, q->group - start % q->group);
    uint32_t byte = scales[start / q->group];
    float scale = q->mode == MX_QUANT_NVFP4 ? e4m3(byte) * q->factor : e8m0(byte);
    for (int64_t i = 0; i < run; i++) {
      int64_t at = start + i;
      float code = q->bits == 8 ? e4m3(p[at]) : e2m1[(p[at / 2] >> (at % 2 * 4)) & 15];
      dst[i] = code * scale;
    }
    dst += run;
    start += run;
    n -= run;
  }
}

void MX_SIMD(product_decode)(const mx_codes *q, int64_t r, int64_t start, int64_t n, float *dst) {
  if (q->mode != MX_QUANT_AFFINE) {
    decode_fp(q, r, start, n, dst);
    return;
  }
  switch (q->bits) {
    case 1: decode_affine(q, r, start, n, 1, dst); break;
    case 2: decode_affine(q, r, start, n, 2, dst); break;
    case 3: decode_affine(q, r, start, n, 3, dst); break;
    case 4: decode_affine(q, r, start, n, 4, dst); break;
    case 5: decode_affine(q, r, start, n, 5, dst); break;
    case 6: decode_affine(q, r, start, n, 6, dst); break;
    default: decode_affine(q, r, start, n, 8, dst); break;
  }
}

/* --- dequantizing into a dtype -------------------------------------------------------------------------
 * Product and sum are rounded to the dtype one by one, which is what an array op must give. */

INLINE vf round_to(vf v, const mlx_dtype dtype) {
  uint16_t h[VL];
  if (dtype == MLX_FLOAT32) return v;
  if (dtype == MLX_FLOAT16) {
    vf_store_f16(h, v);
    return vf_load_f16(h);
  }
  vf_store_bf16(h, v);
  return vf_load_bf16(h);
}

INLINE void dequantize_group(const float *codes, int n, float scale, float bias,
                             const mlx_dtype dtype, char *dst) {
  for (int i = 0; i < n; i += VL) {
    vf v = round_to(vf_mul(vf_load(codes + i), vf_set1(scale)), dtype);
    v = vf_add(v, vf_set1(bias));
    if (dtype == MLX_FLOAT32) {
      vf_store((float *)(void *)dst + i, v);
    } else if (dtype == MLX_FLOAT16) {
      vf_store_f16(dst + i * 2, v);
    } else {
      vf_store_bf16(dst + i * 2, v);
    }
  }
}

static void dequantize(const mx_codes *q, int64_t r, int64_t k, char *dst) {
  mx_codes plain = *q;
  const float one = 1, zero = 0;
  const int64_t size = q->dtype == MLX_FLOAT32 ? 4 : 2;
  float codes[128];
  plain.scales = (const char *)&one;
  plain.biases = (const char *)&zero;
  plain.dtype = MLX_FLOAT32;
  plain.words += r * q->word_stride;
  for (int64_t g = 0; g < k / q->group; g++, dst += q->group * size) {
    float scale = load1(q->scales, q->dtype, r * q->group_stride + g);
    float bias = load1(q->biases, q->dtype, r * q->group_stride + g);
    /* One group at a time is row 0, group 0 of codes that mean themselves. */
    MX_SIMD(product_decode)(&plain, 0, 0, q->group, codes);
    plain.words += q->group * q->bits / 32;
    if (q->dtype == MLX_FLOAT32) {
      dequantize_group(codes, q->group, scale, bias, MLX_FLOAT32, dst);
    } else if (q->dtype == MLX_FLOAT16) {
      dequantize_group(codes, q->group, scale, bias, MLX_FLOAT16, dst);
    } else {
      dequantize_group(codes, q->group, scale, bias, MLX_BFLOAT16, dst);
    }
  }
}

/* --- one row of x against rows of 2, 4 or 8-bit codes --------------------------------------------------
 * VL words are a block. A code is masked where it lies in the low or the high half of its word,
 * and converted there: it comes out times a power of two, whose inverse x carries. So the x of a
 * block is laid out [code in the word][word], and a vector holds one code of VL words. */

static int64_t qdot_floats(int64_t k, int bits) {
  int64_t block = VL * 32 / bits;
  return (k + block - 1) / block * block;
}

static void qdot_prepare(const float *x, int64_t k, int bits, int group, float *dst, float *sums) {
  const int per = 32 / bits;
  const int64_t total = qdot_floats(k, bits), groups = k / group;
  float inverse[16];
  for (int j = 0; j < per; j++) inverse[j] = 1.0f / (float)(1u << (j * bits % 16));
  for (int64_t b = 0; b < total; b += VL * per) {
    for (int lane = 0; lane < VL; lane++) {
      int64_t at = b + lane * per;
      for (int j = 0; j < per; j++) dst[b + j * VL + lane] = at < k ? x[at + j] * inverse[j] : 0;
    }
  }
  for (int64_t g = 0; g < groups; g++, x += group) {
    vf sum = vf_zero();
    float four[4];
    for (int i = 0; i < group; i += VL) sum = vf_add(sum, vf_load(x + i));
    vf_sum4(sum, vf_zero(), vf_zero(), vf_zero(), four);
    sums[g] = four[0];
  }
  for (int64_t g = groups; g % MX_VECTOR_MAX; g++) sums[g] = 0;
}

INLINE vf load_scales(const char *p, mlx_dtype dtype, int64_t n) {
  char part[VL * 4] = {0};
  if (n < VL) {
    memcpy(part, p, (size_t)n * (dtype == MLX_FLOAT32 ? 4 : 2));
    p = part;
  }
  if (dtype == MLX_FLOAT32) return vf_load((const float *)(const void *)p);
  return dtype == MLX_FLOAT16 ? vf_load_f16(p) : vf_load_bf16(p);
}

/* Scales of `groups` groups as float32, zero-padded by a vector; adds bias * sum(x) to acc. */
INLINE vf expand_scales(const mx_codes *q, int64_t first, int64_t groups, const float *sums, vf acc,
                        float *out) {
  int64_t size = q->dtype == MLX_FLOAT32 ? 4 : 2, g = 0;
  for (; g < groups; g += VL) {
    int64_t at = (first + g) * size;
    vf_store(out + g, load_scales(q->scales + at, q->dtype, groups - g));
    acc = vf_fma(load_scales(q->biases + at, q->dtype, groups - g), vf_load(sums + g), acc);
  }
  vf_store(out + g, vf_zero());
  return acc;
}

INLINE vi load_words(const uint32_t *p, int64_t n) {
  uint32_t part[VL] = {0};
  if (n >= VL) return vi_load(p);
  memcpy(part, p, (size_t)n * sizeof *p);
  return vi_load(part);
}

/* p[r] = codes of block . x, lane by lane. */
INLINE void qdot_block(vi *w, const int rows, const int bits, const float *x, vf *p) {
  const int half = 16 / bits;
  UNROLL for (int h = 0; h < 2; h++) {
    UNROLL for (int j = 0; j < half; j++) {
      vi mask = vi_set1(((1u << bits) - 1) << (bits * j));
      vf xv = vf_load(x + (h * half + j) * VL);
      UNROLL for (int r = 0; r < rows; r++) {
        vf code = vf_from_vi(vi_and(w[r], mask));
        p[r] = h + j ? vf_fma(code, xv, p[r]) : vf_mul(code, xv);
      }
    }
    UNROLL for (int r = 0; r < rows; r++) w[r] = vi_shift(w[r], 16);
  }
}

INLINE void qdot_rows(const mx_codes *q, int64_t row, const int rows, const int bits, int64_t k,
                      const mx_qdot_x *x, float *out) {
  enum { CHUNK = 4096, GROUPS = CHUNK / 32 };
  const int per = 32 / bits;
  const int64_t block = VL * per;
  float scales[MX_QDOT_ROWS][GROUPS + 2 * VL], sums[4];
  vf acc[MX_QDOT_ROWS], acc_bias[MX_QDOT_ROWS], p[MX_QDOT_ROWS];
  uint32_t lane_group[VL];
  for (int i = 0; i < VL; i++) lane_group[i] = (uint32_t)(i * per / q->group);
  const vi lanes = vi_load(lane_group);
  UNROLL for (int r = 0; r < rows; r++) acc[r] = acc_bias[r] = vf_zero();
  for (int64_t k0 = 0; k0 < k; k0 += CHUNK) {
    int64_t n = MIN(k - k0, CHUNK), g0 = k0 / q->group;
    UNROLL for (int r = 0; r < rows; r++) {
      acc_bias[r] = expand_scales(q, (row + r) * q->group_stride + g0, n / q->group, x->sums + g0,
                                  acc_bias[r], scales[r]);
    }
    const uint32_t *words = q->words + row * q->word_stride + k0 / per;
    const float *xs = x->x + k0;
    for (int64_t t = 0; t < n; t += block, words += VL, xs += block) {
      vi w[MX_QDOT_ROWS];
      int64_t g = t / q->group;
      UNROLL for (int r = 0; r < rows; r++) {
        w[r] = load_words(words + r * q->word_stride, (n - t) / per);
      }
      qdot_block(w, rows, bits, xs, p);
      UNROLL for (int r = 0; r < rows; r++) {
        acc[r] = vf_fma(p[r], vf_pick(scales[r] + g, lanes), acc[r]);
      }
    }
  }
  UNROLL for (int r = rows; r < MX_QDOT_ROWS; r++) acc[r] = acc_bias[r] = vf_zero();
  UNROLL for (int r = 0; r < MX_QDOT_ROWS; r++) acc[r] = vf_add(acc[r], acc_bias[r]);
  vf_sum4(acc[0], acc[1], acc[2], acc[3], sums);
  memcpy(out, sums, rows * sizeof *out);
}

static void qdot(const mx_codes *q, int64_t r, int rows, int64_t k, const mx_qdot_x *x,
                 float *out) {
  if (rows == MX_QDOT_ROWS) {
    if (q->bits == 2) {
      qdot_rows(q, r, MX_QDOT_ROWS, 2, k, x, out);
    } else if (q->bits == 4) {
      qdot_rows(q, r, MX_QDOT_ROWS, 4, k, x, out);
    } else {
      qdot_rows(q, r, MX_QDOT_ROWS, 8, k, x, out);
    }
    return;
  }
  for (int i = 0; i < rows; i++) {
    if (q->bits == 2) {
      qdot_rows(q, r + i, 1, 2, k, x, out + i);
    } else if (q->bits == 4) {
      qdot_rows(q, r + i, 1, 4, k, x, out + i);
    } else {
      qdot_rows(q, r + i, 1, 8, k, x, out + i);
    }
  }
}

void MX_SIMD(fill_product_quant)(mx_product_kernels *k) {
  k->decode = MX_SIMD(product_decode);
  k->dequantize = dequantize;
  k->qdot_floats = qdot_floats;
  k->qdot_prepare = qdot_prepare;
  k->qdot = qdot;
}
