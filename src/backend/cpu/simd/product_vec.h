/* The vectors that the product kernels are written in: VL floats, one type a tier.
 * Invariant: vf_fma is a fused multiply-add on every tier but ref; every other operation gives the
 * same bits on all tiers. Loads and stores need no alignment. */
#ifndef MX_CPU_PRODUCT_VEC_H
#define MX_CPU_PRODUCT_VEC_H

#include <stdint.h>
#include <string.h>
#include "base/half.h"
#include "mlx/c/array.h"
#include "backend/cpu/simd/tier.h"

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#if MX_TIER_AVX512
#include <immintrin.h>
#define VL 16
typedef __m512 vf;
typedef __m512i vi;
INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vf_load_f16(const void *p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
INLINE vf vf_load_bf16(const void *p) {
  __m512i h = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(h, 16));
}
INLINE void vf_store_f16(void *p, vf v) {
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
INLINE void vf_store_bf16(void *p, vf v) {
  __m512i u = _mm512_castps_si512(v), high = _mm512_srli_epi32(u, 16);
  __m512i odd = _mm512_and_si512(high, _mm512_set1_epi32(1));
  __m512i up = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd);
  __m512i nan = _mm512_or_si512(high, _mm512_set1_epi32(0x40));
  __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  __m512i h = _mm512_mask_mov_epi32(_mm512_srli_epi32(up, 16), is_nan, nan);
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(h));
}
INLINE vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
/* The first n < VL words, the rest zero; no more than those are read. */
INLINE vi vi_load_part(const uint32_t *p, int n) {
  return _mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1), p);
}
INLINE vi vi_set1(uint32_t x) { return _mm512_set1_epi32((int)x); }
INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
INLINE vi vi_shift(vi a, int right) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(right)); }
INLINE vf vf_from_vi(vi a) { return _mm512_cvtepi32_ps(a); }
/* {p[lane[0]], p[lane[1]], ...}, lane[i] < VL. p has VL floats. */
INLINE vf vf_pick(const float *p, vi lane) {
  return _mm512_permutexvar_ps(lane, _mm512_loadu_ps(p));
}
INLINE __m256 vf_fold(vf v) {
  __m256 high = _mm512_extractf32x8_ps(v, 1);
  return _mm256_add_ps(_mm512_castps512_ps256(v), high);
}

#elif MX_TIER_AVX2
#include <immintrin.h>
#define VL 8
typedef __m256 vf;
typedef __m256i vi;
INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vf_load_f16(const void *p) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
INLINE vf vf_load_bf16(const void *p) {
  __m256i h = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(h, 16));
}
INLINE void vf_store_f16(void *p, vf v) {
  _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
INLINE void vf_store_bf16(void *p, vf v) {
  __m256i u = _mm256_castps_si256(v), high = _mm256_srli_epi32(u, 16);
  __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  __m256i up = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd);
  __m256i nan = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
  __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  __m256i h = _mm256_blendv_epi8(_mm256_srli_epi32(up, 16), nan, is_nan);
  __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
  _mm_storeu_si128((__m128i *)p, packed);
}
INLINE vi vi_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE vi vi_load_part(const uint32_t *p, int n) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_maskload_epi32((const int *)(const void *)p,
                               _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lanes));
}
INLINE vi vi_set1(uint32_t x) { return _mm256_set1_epi32((int)x); }
INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
INLINE vi vi_shift(vi a, int right) { return _mm256_srli_epi32(a, right); }
INLINE vf vf_from_vi(vi a) { return _mm256_cvtepi32_ps(a); }
INLINE vf vf_pick(const float *p, vi lane) {
  return _mm256_permutevar8x32_ps(_mm256_loadu_ps(p), lane);
}
INLINE __m256 vf_fold(vf v) { return v; }

#elif MX_TIER_NEON
#include <arm_neon.h>
#define VL 4
typedef float32x4_t vf;
typedef uint32x4_t vi;
INLINE vf vf_zero(void) { return vdupq_n_f32(0); }
INLINE vf vf_set1(float x) { return vdupq_n_f32(x); }
INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }
INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
INLINE vf vf_load_f16(const void *p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)p)));
}
INLINE vf vf_load_bf16(const void *p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16((const uint16_t *)p), 16));
}
INLINE void vf_store_f16(void *p, vf v) {
  vst1_u16((uint16_t *)p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}
INLINE void vf_store_bf16(void *p, vf v) {
  vi u = vreinterpretq_u32_f32(v), high = vshrq_n_u32(u, 16);
  vi up = vaddq_u32(vaddq_u32(u, vdupq_n_u32(0x7fff)), vandq_u32(high, vdupq_n_u32(1)));
  vi nan = vorrq_u32(high, vdupq_n_u32(0x40));
  vi h = vbslq_u32(vceqq_f32(v, v), vshrq_n_u32(up, 16), nan);
  vst1_u16((uint16_t *)p, vmovn_u32(h));
}
INLINE vi vi_load(const void *p) { return vld1q_u32((const uint32_t *)p); }
INLINE vi vi_load_part(const uint32_t *p, int n) {
  uint32_t part[VL] = {0};
  memcpy(part, p, (size_t)n * sizeof *part);
  return vld1q_u32(part);
}
INLINE vi vi_set1(uint32_t x) { return vdupq_n_u32(x); }
INLINE vi vi_and(vi a, vi b) { return vandq_u32(a, b); }
INLINE vi vi_shift(vi a, int right) { return vshlq_u32(a, vdupq_n_s32(-right)); }
INLINE vf vf_from_vi(vi a) { return vcvtq_f32_u32(a); }
INLINE vf vf_pick(const float *p, vi lane) {
  vi bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), lane, 0x04040404);
  uint8x16_t table = vreinterpretq_u8_f32(vld1q_f32(p));
  return vreinterpretq_f32_u8(vqtbl1q_u8(table, vreinterpretq_u8_u32(bytes)));
}

#else
#define VL 4
/* What gcc and clang make of these is as good as SSE2. */
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint32_t vu __attribute__((vector_size(16)));
INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
INLINE vf vf_zero(void) { return vf_set1(0); }
INLINE vf vf_load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void vf_store(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf vf_add(vf a, vf b) { return a + b; }
INLINE vf vf_mul(vf a, vf b) { return a * b; }
INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vf_load_f16(const void *p) {
  uint16_t h[VL];
  memcpy(h, p, sizeof h);
  return (vf){mx_f16_to_f32(h[0]), mx_f16_to_f32(h[1]), mx_f16_to_f32(h[2]), mx_f16_to_f32(h[3])};
}
INLINE vf vf_load_bf16(const void *p) {
  uint16_t h[VL];
  memcpy(h, p, sizeof h);
  return (vf){mx_bf16_to_f32(h[0]), mx_bf16_to_f32(h[1]), mx_bf16_to_f32(h[2]),
              mx_bf16_to_f32(h[3])};
}
INLINE void vf_store_f16(void *p, vf v) {
  uint16_t h[VL];
  for (int i = 0; i < VL; i++) h[i] = mx_f32_to_f16(v[i]);
  memcpy(p, h, sizeof h);
}
INLINE void vf_store_bf16(void *p, vf v) {
  uint16_t h[VL];
  for (int i = 0; i < VL; i++) h[i] = mx_f32_to_bf16(v[i]);
  memcpy(p, h, sizeof h);
}
INLINE vi vi_load(const void *p) {
  vi v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE vi vi_load_part(const uint32_t *p, int n) {
  vi v = {0};
  memcpy(&v, p, (size_t)n * sizeof *p);
  return v;
}
INLINE vi vi_set1(uint32_t x) { return (vi)(vu){x, x, x, x}; }
INLINE vi vi_and(vi a, vi b) { return a & b; }
INLINE vi vi_shift(vi a, int right) { return (vi)((vu)a >> (uint32_t)right); }
INLINE vf vf_from_vi(vi a) { return __builtin_convertvector(a, vf); }
INLINE vf vf_pick(const float *p, vi lane) {
  return (vf){p[lane[0]], p[lane[1]], p[lane[2]], p[lane[3]]};
}
#endif

/* Number i of p, whatever its dtype. */
INLINE float vf_one(const char *p, mlx_dtype dtype, int64_t i) {
  uint16_t h;
  float f;
  if (dtype == MLX_FLOAT32) {
    memcpy(&f, p + i * 4, sizeof f);
    return f;
  }
  memcpy(&h, p + i * 2, sizeof h);
  if (dtype == MLX_BFLOAT16) return mx_bf16_to_f32(h);
#if MX_TIER_AVX2
  return _cvtsh_ss(h);
#elif MX_TIER_NEON
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(h))), 0);
#else
  return mx_f16_to_f32(h);
#endif
}

/* VL numbers from p. */
INLINE vf vf_any(const char *p, mlx_dtype dtype) {
  if (dtype == MLX_FLOAT32) return vf_load((const float *)(const void *)p);
  return dtype == MLX_FLOAT16 ? vf_load_f16(p) : vf_load_bf16(p);
}

/* n < VL numbers, the rest zero. */
INLINE vf vf_part(const char *p, mlx_dtype dtype, int64_t n) {
  char part[VL * 4] = {0};
  memcpy(part, p, (size_t)n * (dtype == MLX_FLOAT32 ? 4 : 2));
  return vf_any(part, dtype);
}

/* float64: eight columns of a tile are 8 / VLD vectors. */
#if MX_TIER_AVX512
#define VLD 8
typedef __m512d vd;
INLINE vd vd_load(const double *p) { return _mm512_loadu_pd(p); }
INLINE void vd_store(double *p, vd v) { _mm512_storeu_pd(p, v); }
INLINE vd vd_set1(double x) { return _mm512_set1_pd(x); }
INLINE vd vd_add(vd a, vd b) { return _mm512_add_pd(a, b); }
INLINE vd vd_fma(vd a, vd b, vd c) { return _mm512_fmadd_pd(a, b, c); }
#elif MX_TIER_AVX2
#define VLD 4
typedef __m256d vd;
INLINE vd vd_load(const double *p) { return _mm256_loadu_pd(p); }
INLINE void vd_store(double *p, vd v) { _mm256_storeu_pd(p, v); }
INLINE vd vd_set1(double x) { return _mm256_set1_pd(x); }
INLINE vd vd_add(vd a, vd b) { return _mm256_add_pd(a, b); }
INLINE vd vd_fma(vd a, vd b, vd c) { return _mm256_fmadd_pd(a, b, c); }
#elif MX_TIER_NEON
#define VLD 2
typedef float64x2_t vd;
INLINE vd vd_load(const double *p) { return vld1q_f64(p); }
INLINE void vd_store(double *p, vd v) { vst1q_f64(p, v); }
INLINE vd vd_set1(double x) { return vdupq_n_f64(x); }
INLINE vd vd_add(vd a, vd b) { return vaddq_f64(a, b); }
INLINE vd vd_fma(vd a, vd b, vd c) { return vfmaq_f64(c, a, b); }
#else
#define VLD 1
typedef double vd;
INLINE vd vd_load(const double *p) { return *p; }
INLINE void vd_store(double *p, vd v) { *p = v; }
INLINE vd vd_set1(double x) { return x; }
INLINE vd vd_add(vd a, vd b) { return a + b; }
INLINE vd vd_fma(vd a, vd b, vd c) { return a * b + c; }
#endif

/* The lane sums of four vectors. */
INLINE void vf_sum4(vf a, vf b, vf c, vf d, float *out) {
#if MX_TIER_AVX2
  __m256 ab = _mm256_hadd_ps(vf_fold(a), vf_fold(b)), cd = _mm256_hadd_ps(vf_fold(c), vf_fold(d));
  __m256 s = _mm256_hadd_ps(ab, cd);
  _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)));
#elif MX_TIER_NEON
  vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
#else
  vf v[4] = {a, b, c, d};
  for (int i = 0; i < 4; i++) out[i] = (v[i][0] + v[i][1]) + (v[i][2] + v[i][3]);
#endif
}

#endif
