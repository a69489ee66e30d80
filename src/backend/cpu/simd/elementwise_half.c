// 16-bit floats to float32 and back, and operations on them that round between their parts. Bits
// agree with base/half.h on every instruction set.
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)
#include "backend/cpu/simd/vmath.h"
#include "base/half.h"

#define LOAD(fn, CONVERT) EW_LOOP1(fn, float, uint16_t, uint16_t, , CONVERT(x))
#if !defined(MX_TIER_AVX2)
#define STORE(fn, CONVERT) EW_LOOP1(fn, uint16_t, float, float, , CONVERT(x))
#define ROUND(fn, TO, FROM) EW_LOOP1(fn, float, float, float, , FROM(TO(x)))
#endif

static inline float bf16_round(float x) {
  uint32_t u = mx_f32_bits(x);
  uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) & 0xffff0000;
  uint32_t nan = (u | 0x400000) & 0xffff0000;
  return mx_bits_f32((u & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

LOAD(load_bf16, mx_bf16_to_f32)
EW_LOOP1(round_bf16, float, float, float, , bf16_round(x))

#if defined(MX_TIER_AVX2)
#include <immintrin.h>

static void load_f16(EW_ARGS) {
  const uint16_t *x = x_;
  float *out = out_;
  (void)y_, (void)z_;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
  for (; i < n; i++) out[i] = mx_f16_to_f32(x[i]);
}

// Eight numbers rounded, each in the low half of its 32 bits.
static inline __m256i round8_bf16(const float *x) {
  __m256 f = _mm256_loadu_ps(x);
  __m256i u = _mm256_castps_si256(f), top = _mm256_srli_epi32(u, 16);
  __m256i odd = _mm256_and_si256(top, _mm256_set1_epi32(1));
  __m256i up = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd);
  __m256i nan = _mm256_or_si256(top, _mm256_set1_epi32(0x40));
  __m256 is_nan = _mm256_cmp_ps(f, f, _CMP_UNORD_Q);
  return _mm256_blendv_epi8(_mm256_srli_epi32(up, 16), nan, _mm256_castps_si256(is_nan));
}

static void store_bf16(EW_ARGS) {
  const float *x = x_;
  uint16_t *out = out_;
  (void)y_, (void)z_;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m256i both = _mm256_packus_epi32(round8_bf16(x + i), round8_bf16(x + i + 8));
    _mm256_storeu_si256((__m256i *)(out + i), _mm256_permute4x64_epi64(both, 0xd8));
  }
  for (; i < n; i++) out[i] = mx_f32_to_bf16(x[i]);
}

static void store_f16(EW_ARGS) {
  const float *x = x_;
  uint16_t *out = out_;
  (void)y_, (void)z_;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128((__m128i *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0));
  for (; i < n; i++) out[i] = mx_f32_to_f16(x[i]);
}

static void round_f16(EW_ARGS) {
  const float *x = x_;
  float *out = out_;
  (void)y_, (void)z_;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0)));
  for (; i < n; i++) out[i] = mx_f16_to_f32(mx_f32_to_f16(x[i]));
}
#else
LOAD(load_f16, mx_f16_to_f32)
STORE(store_f16, mx_f32_to_f16)
ROUND(round_f16, mx_f32_to_f16, mx_f16_to_f32)
STORE(store_bf16, mx_f32_to_bf16)
#endif

// --- in parts ---------------------------------------------------------------------------------
// MLX computes these in 16 bits from other functions, each rounded.

enum { BLOCK = 256 };

static inline void sigmoid_parts(float *out, const float *x, int m, mx_ew_fn round) {
  float e[BLOCK];
  memcpy(e, x, (size_t)m * sizeof *e);
  EW_VECTOR
  for (int i = 0; i < m; i++) e[i] = vm_exp(vm_abs(e[i]));
  round(e, e, NULL, NULL, m);
  EW_VECTOR
  for (int i = 0; i < m; i++) {
    float y = 1.0f / (1.0f + e[i]);
    out[i] = x[i] < 0 ? y : 1.0f - y;
  }
}

static inline void rsqrt_parts(float *out, const float *x, int m, mx_ew_fn round) {
  EW_VECTOR
  for (int i = 0; i < m; i++) out[i] = vm_sqrt(x[i]);
  round(out, out, NULL, NULL, m);
  EW_VECTOR
  for (int i = 0; i < m; i++) out[i] = 1.0f / out[i];
}

static inline void logaddexp_parts(float *out, const float *x, const float *y, int m,
                                   mx_ew_fn round) {
  float t[BLOCK];
  memcpy(t, x, (size_t)m * sizeof *t);
  EW_VECTOR
  for (int i = 0; i < m; i++) t[i] = vm_min(t[i], y[i]) - vm_max(t[i], y[i]);
  round(t, t, NULL, NULL, m);
  EW_VECTOR
  for (int i = 0; i < m; i++) t[i] = vm_exp(t[i]);
  round(t, t, NULL, NULL, m);
  EW_VECTOR
  for (int i = 0; i < m; i++) t[i] = vm_log1p(t[i]);
  round(t, t, NULL, NULL, m);
  EW_VECTOR
  for (int i = 0; i < m; i++) {
    float hi = vm_max(x[i], y[i]), r = hi + t[i];
    r = vm_either(vm_min(x[i], y[i]) == -VM_INF, hi == VM_INF) ? hi : r;
    out[i] = hi != hi ? hi : r;
  }
}

#define PARTS1(op, half)                                                  \
  static void op##_##half(EW_ARGS) {                                      \
    (void)y_, (void)z_;                                                   \
    for (int64_t at = 0; at < n; at += BLOCK)                             \
      op##_parts((float *)out_ + at, (const float *)x_ + at,              \
                 n - at < BLOCK ? (int)(n - at) : BLOCK, round_##half);   \
  }
#define PARTS2(op, half)                                                          \
  static void op##_##half(EW_ARGS) {                                              \
    (void)z_;                                                                     \
    for (int64_t at = 0; at < n; at += BLOCK)                                     \
      op##_parts((float *)out_ + at, (const float *)x_ + at, (const float *)y_ + at, \
                 n - at < BLOCK ? (int)(n - at) : BLOCK, round_##half);           \
  }
PARTS1(sigmoid, f16)
PARTS1(sigmoid, bf16)
PARTS1(rsqrt, f16)
PARTS1(rsqrt, bf16)
PARTS2(logaddexp, f16)
PARTS2(logaddexp, bf16)

void MX_SIMD(fill_elementwise_half)(mx_ew_kernels *k) {
  k->half_op[MX_PRIM_SIGMOID][MX_EW_F16] = sigmoid_f16;
  k->half_op[MX_PRIM_SIGMOID][MX_EW_BF16] = sigmoid_bf16;
  k->half_op[MX_PRIM_RSQRT][MX_EW_F16] = rsqrt_f16;
  k->half_op[MX_PRIM_RSQRT][MX_EW_BF16] = rsqrt_bf16;
  k->half_op[MX_PRIM_LOGADDEXP][MX_EW_F16] = logaddexp_f16;
  k->half_op[MX_PRIM_LOGADDEXP][MX_EW_BF16] = logaddexp_bf16;
  k->load_half[MX_EW_F16] = load_f16;
  k->store_half[MX_EW_F16] = store_f16;
  k->round_half[MX_EW_F16] = round_f16;
  k->load_half[MX_EW_BF16] = load_bf16;
  k->store_half[MX_EW_BF16] = store_bf16;
  k->round_half[MX_EW_BF16] = round_bf16;
}
#endif
