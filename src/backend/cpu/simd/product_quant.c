/* Quantized rows: decoding to float32, and dots that never write the decoded numbers.
 * Invariant: decode gives code * scale + bias in float32; qdot gives, group by group,
 * scale * (codes . x) + bias * sum(x), in an order that K, bits and group give. */
#include "backend/cpu/simd/product_vec.h"
#include "backend/cpu/simd/product_simd.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* --- decoding --------------------------------------------------------------------------------------- */

/* Eight codes are `bits` bytes. */
INLINE uint64_t bits8(const unsigned char *p, const int bits) {
  uint64_t u = 0;
  memcpy(&u, p, (size_t)bits);
  return u;
}

/* dst[0 .. n) = code * scale + bias for n codes that start at a byte; room: bytes of the row from
 * p on. */
#if MX_TIER_AVX2
/* The two bytes that code j may lie in, to lane j; then its place in them. */
#define PICK(bits, j) (j) * (bits) / 8, (j) * (bits) / 8 + 1, -1, -1
#define PICKS(b)                                                                                   \
  { PICK(b, 0), PICK(b, 1), PICK(b, 2), PICK(b, 3), PICK(b, 4), PICK(b, 5), PICK(b, 6), PICK(b, 7) }
#define SHIFTS(b) { 0, b % 8, 2 * b % 8, 3 * b % 8, 4 * b % 8, 5 * b % 8, 6 * b % 8, 7 * b % 8 }
static const int8_t picks_of[9][32] = {PICKS(0), PICKS(1), PICKS(2), PICKS(3), PICKS(4),
                                       PICKS(5), PICKS(6), PICKS(7), PICKS(8)};
static const int32_t shifts_of[9][8] = {SHIFTS(0), SHIFTS(1), SHIFTS(2), SHIFTS(3), SHIFTS(4),
                                        SHIFTS(5), SHIFTS(6), SHIFTS(7), SHIFTS(8)};

INLINE void decode_run(const unsigned char *p, int64_t room, const int bits, int64_t n, float scale,
                       float bias, float *dst) {
  const __m256i picks = _mm256_loadu_si256((const __m256i *)(const void *)picks_of[bits]);
  const __m256i shifts = _mm256_loadu_si256((const __m256i *)(const void *)shifts_of[bits]);
  const __m256i mask = _mm256_set1_epi32((1 << bits) - 1);
  const __m256 s = _mm256_set1_ps(scale), b = _mm256_set1_ps(bias);
#define DECODE8(codes, to)                                                                         \
  do {                                                                                             \
    __m256i v = _mm256_srlv_epi32(_mm256_shuffle_epi8(codes, picks), shifts);                      \
    __m256 number = _mm256_cvtepi32_ps(_mm256_and_si256(v, mask));                                 \
    _mm256_storeu_ps(to, _mm256_fmadd_ps(number, s, b));                                           \
  } while (0)
  /* Eight bytes are read for eight codes, but at the end of the row. */
  int64_t fast = room < 8 ? 0 : MIN(n, ((room - 8) / bits + 1) * 8), i = 0;
#pragma GCC unroll 4
  for (; i < fast; i += 8, p += bits) {
    DECODE8(_mm256_castpd_si256(_mm256_broadcast_sd((const double *)(const void *)p)), dst + i);
  }
  for (; i < n; i += 8, p += bits) DECODE8(_mm256_set1_epi64x((int64_t)bits8(p, bits)), dst + i);
#undef DECODE8
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
  const int log_group = __builtin_ctz((unsigned)q->group);
  int64_t g = r * q->group_stride + (start >> log_group);
  int64_t left = (q->row_codes - start) * bits / 8;
  int64_t run = MIN(n, q->group - (start & (q->group - 1)));
  p += start * bits / 8;
  for (; n > 0; g++) {
    float scale = vf_one(q->scales, q->dtype, g), bias = vf_one(q->biases, q->dtype, g);
    decode_run(p, left, bits, run, scale, bias, dst);
    p += run * bits / 8;
    left -= run * bits / 8;
    dst += run;
    n -= run;
    run = MIN(n, q->group);
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
  plain.row_codes = q->group;
  plain.words += r * q->word_stride;
  for (int64_t g = 0; g < k / q->group; g++, dst += q->group * size) {
    float scale = vf_one(q->scales, q->dtype, r * q->group_stride + g);
    float bias = vf_one(q->biases, q->dtype, r * q->group_stride + g);
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
  float *last = sums + (groups + MX_VECTOR_MAX - 1) / MX_VECTOR_MAX * MX_VECTOR_MAX;
  for (int i = 0; i < VL; i++) last[i] = 0;
  for (int64_t g = groups / VL * VL; g < groups; g++) last[VL - (groups - g)] = sums[g];
}

/* Scales of `groups` groups as float32, zero-padded by a vector; adds bias * sum(x) to acc. The last
 * vector overlaps the one before it, with sums that leave out what that one had. */
INLINE vf expand_scales(const mx_codes *q, const mlx_dtype dtype, int64_t first, int64_t groups,
                        const float *sums, const float *last_sums, vf acc, float *out) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  const char *scales = q->scales + first * size, *biases = q->biases + first * size;
  int64_t g = 0, rest;
  for (; g + VL <= groups; g += VL) {
    vf_store(out + g, vf_any(scales + g * size, dtype));
    acc = vf_fma(vf_any(biases + g * size, dtype), vf_load(sums + g), acc);
  }
  vf_store(out + groups, vf_zero());
  rest = groups - g;
  if (rest > 0 && g > 0) {
    g = groups - VL;
    vf_store(out + g, vf_any(scales + g * size, dtype));
    acc = vf_fma(vf_any(biases + g * size, dtype), vf_load(last_sums), acc);
  } else if (rest > 0) {
    vf_store(out, vf_part(scales, dtype, rest));
    acc = vf_fma(vf_part(biases, dtype, rest), vf_load(sums), acc);
  }
  return acc;
}

static vf expand_any(const mx_codes *q, int64_t first, int64_t groups, const float *sums,
                     const float *last_sums, vf acc, float *out) {
  if (q->dtype == MLX_FLOAT16) {
    return expand_scales(q, MLX_FLOAT16, first, groups, sums, last_sums, acc, out);
  }
  if (q->dtype == MLX_FLOAT32) {
    return expand_scales(q, MLX_FLOAT32, first, groups, sums, last_sums, acc, out);
  }
  return expand_scales(q, MLX_BFLOAT16, first, groups, sums, last_sums, acc, out);
}

/* acc[r] += scale * (codes . x), lane by lane, over n words of each row. The sums pass through memory
 * once a block and leave the registers to the codes: hence functions of their own. */
typedef struct blocks {
  const uint32_t *words;
  int64_t word_stride, n;
  const float *x, *scales;
  int64_t scale_stride; /* floats between two rows' scales */
  int log_group;        /* of codes */
  uintptr_t ahead;      /* words that a later call will want */
  _Alignas(64) float acc[MX_QDOT_ROWS * VL];
} blocks;

/* VL words of each row, or the `part` that is left. */
INLINE void qdot_block(blocks *b, int64_t t, int part, vi lane_group, const int rows,
                       const int bits) {
  const int half = 16 / bits, per = 32 / bits;
  const float *x = b->x + t * per;
  vi w[MX_QDOT_ROWS];
  vf p[MX_QDOT_ROWS];
  UNROLL for (int r = 0; r < rows; r++) {
    const uint32_t *words = b->words + r * b->word_stride + t;
    w[r] = part ? vi_load_part(words, part) : vi_load(words);
  }
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
  const float *scales = b->scales + ((t * per) >> b->log_group);
  UNROLL for (int r = 0; r < rows; r++) {
    vf scale = vf_pick(scales + r * b->scale_stride, lane_group);
    vf_store(b->acc + r * VL, vf_fma(p[r], scale, vf_load(b->acc + r * VL)));
  }
}

INLINE void qdot_blocks(blocks *b, const int rows, const int bits) {
  uint32_t first_code[VL];
  UNROLL for (int i = 0; i < VL; i++) first_code[i] = (uint32_t)(i * 32 / bits);
  const vi lane_group = vi_shift(vi_load(first_code), b->log_group);
  uintptr_t ahead = b->ahead;
  int64_t t = 0;
  for (; t + VL <= b->n; t += VL) {
    for (int line = 0; line < rows * VL; line += 16, ahead += 64) {
      __builtin_prefetch((const void *)ahead);
    }
    qdot_block(b, t, 0, lane_group, rows, bits);
  }
  if (t < b->n) qdot_block(b, t, (int)(b->n - t), lane_group, rows, bits);
}

#define QDOT_BLOCKS(name, rows, bits)                                                              \
  static __attribute__((noinline)) void name(blocks *b) { qdot_blocks(b, rows, bits); }
QDOT_BLOCKS(qdot_4x2, MX_QDOT_ROWS, 2)
QDOT_BLOCKS(qdot_4x4, MX_QDOT_ROWS, 4)
QDOT_BLOCKS(qdot_4x8, MX_QDOT_ROWS, 8)
QDOT_BLOCKS(qdot_1x2, 1, 2)
QDOT_BLOCKS(qdot_1x4, 1, 4)
QDOT_BLOCKS(qdot_1x8, 1, 8)

INLINE void qdot_run(blocks *b, const int rows, const int bits) {
  if (rows == 1) {
    (bits == 2 ? qdot_1x2 : bits == 4 ? qdot_1x4 : qdot_1x8)(b);
  } else {
    (bits == 2 ? qdot_4x2 : bits == 4 ? qdot_4x4 : qdot_4x8)(b);
  }
}

INLINE void qdot_rows(const mx_codes *q, int64_t row, const int rows, const int bits, int64_t k,
                      const mx_qdot_x *x, float *out) {
  enum { CHUNK = 4096, STRIDE = CHUNK / 32 + 2 * VL };
  float scales[MX_QDOT_ROWS * STRIDE], sums[4];
  vf acc[4];
  blocks b;
  b.word_stride = q->word_stride;
  b.scales = scales;
  b.scale_stride = STRIDE;
  b.log_group = __builtin_ctz((unsigned)q->group);
  UNROLL for (int r = 0; r < 4; r++) acc[r] = vf_zero();
  UNROLL for (int r = 0; r < rows; r++) vf_store(b.acc + r * VL, vf_zero());
  for (int64_t k0 = 0; k0 < k; k0 += CHUNK) {
    int64_t n = MIN(k - k0, CHUNK), g0 = k0 >> b.log_group;
    for (int r = 0; r < rows; r++) {
      acc[r] = expand_any(q, (row + r) * q->group_stride + g0, n >> b.log_group, x->sums + g0,
                          x->last_sums, acc[r], scales + r * STRIDE);
    }
    b.words = q->words + row * q->word_stride + k0 * bits / 32;
    b.x = x->x + k0;
    b.n = n * bits / 32;
    /* Short rows are too short a run each for the hardware to foresee the next: two calls on. */
    b.ahead = (uintptr_t)b.words + (uintptr_t)(8 * rows * q->word_stride);
    qdot_run(&b, rows, bits);
  }
  UNROLL for (int r = 0; r < rows; r++) acc[r] = vf_add(acc[r], vf_load(b.acc + r * VL));
  vf_sum4(acc[0], acc[1], acc[2], acc[3], sums);
  memcpy(out, sums, (size_t)rows * sizeof *out);
}

INLINE void qdot_width(const mx_codes *q, int64_t r, int rows, const int bits, int64_t k,
                       const mx_qdot_x *x, float *out) {
  if (rows == MX_QDOT_ROWS) {
    qdot_rows(q, r, MX_QDOT_ROWS, bits, k, x, out);
    return;
  }
  for (int i = 0; i < rows; i++) qdot_rows(q, r + i, 1, bits, k, x, out + i);
}

static void qdot(const mx_codes *q, int64_t r, int rows, int64_t k, const mx_qdot_x *x,
                 float *out) {
  if (q->bits == 2) {
    qdot_width(q, r, rows, 2, k, x, out);
  } else if (q->bits == 4) {
    qdot_width(q, r, rows, 4, k, x, out);
  } else {
    qdot_width(q, r, rows, 8, k, x, out);
  }
}

void MX_SIMD(fill_product_quant)(mx_product_kernels *k) {
  k->decode = MX_SIMD(product_decode);
  k->dequantize = dequantize;
  k->qdot_floats = qdot_floats;
  k->qdot_prepare = qdot_prepare;
  k->qdot = qdot;
}
