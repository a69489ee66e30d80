/* What row kernels add to the vectors of product_vec.h: comparisons as bit masks, exp, sums of
 * lanes, loads and stores by dtype with a short last vector.
 * Invariant: vf_exp0 (arguments up to 0) is within 1 ulp where the result is a normal number, gives
 * 0 below that and for -inf, and NaN for NaN. Short vectors are filled, never read past the end. */
#ifndef MX_CPU_ROWS_VEC_H
#define MX_CPU_ROWS_VEC_H

#include "backend/cpu/simd/product_vec.h"
#include "mlx/c/array.h"

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wpsabi" /* nothing here is passed by value out of line */
#endif

typedef uint32_t vs __attribute__((vector_size(VL * 4))); /* lanes of masks and exponents */

INLINE vf vf_select(vs mask, vf yes, vf no) {
  return (vf)((mask & (vs)yes) | (~mask & (vs)no));
}
/* a > b ? a : b, so a NaN in a is dropped and one in b stays. */
INLINE vf vf_max(vf a, vf b) {
#if MX_TIER_AVX512
  return _mm512_max_ps(a, b);
#elif MX_TIER_AVX2
  return _mm256_max_ps(a, b);
#else
  return vf_select((vs)(a > b), a, b);
#endif
}

INLINE vf vf_exp0(vf x) {
  const vf magic = vf_set1(0x1.8p23f);
  vf t = vf_fma(x, vf_set1(0x1.715476p+0f), magic), n = t - magic;
  vf r = vf_fma(n, vf_set1(-0x1.62e4p-1f), x);
  r = vf_fma(n, vf_set1(-0x1.7f7d1cp-20f), r);
  vf p = vf_set1(0x1.a0d2cep-13f);
  p = vf_fma(p, r, vf_set1(0x1.6e879cp-10f));
  p = vf_fma(p, r, vf_set1(0x1.11121p-7f));
  p = vf_fma(p, r, vf_set1(0x1.555382p-5f));
  p = vf_fma(p, r, vf_set1(0x1.555554p-3f));
  p = vf_fma(p, r, vf_set1(0.5f));
  p = vf_add(vf_fma(p, vf_mul(r, r), r), vf_set1(1));
  /* The low bits of t hold n; shifted to the exponent they scale by 2^n. */
  vf scale = (vf)(((vs)t << 23) + (vs)vf_set1(1));
  vf y = vf_mul(p, scale);
  return (vf)(~(vs)(x < vf_set1(-87.33654f)) & (vs)y);
}

INLINE float vf_sum(vf v) {
  float out[4];
  vf_sum4(v, vf_zero(), vf_zero(), vf_zero(), out);
  return out[0];
}

INLINE float vf_max_lane(vf v) {
  float lane[VL];
  vf_store(lane, v);
  for (int w = VL / 2; w; w /= 2) {
    for (int i = 0; i < w; i++) lane[i] = lane[i] > lane[i + w] ? lane[i] : lane[i + w];
  }
  return lane[0];
}

INLINE const char *vf_at(const void *p, mlx_dtype t, int64_t i) {
  return (const char *)p + i * (t == MLX_FLOAT32 ? 4 : 2);
}

INLINE vf vf_load_as(const void *p, mlx_dtype t, int64_t i) {
  const char *at = vf_at(p, t, i);
  if (t == MLX_FLOAT32) return vf_load((const float *)(const void *)at);
  return t == MLX_FLOAT16 ? vf_load_f16(at) : vf_load_bf16(at);
}

/* Elements i .. n, fewer than VL; the other lanes are 0. */
INLINE vf vf_load_part(const void *p, mlx_dtype t, int64_t i, int64_t n) {
  char part[VL * 4] = {0};
  memcpy(part, vf_at(p, t, i), (size_t)(n - i) * (t == MLX_FLOAT32 ? 4 : 2));
  return vf_load_as(part, t, 0);
}

INLINE void vf_store_as(void *p, mlx_dtype t, int64_t i, vf v) {
  char *at = (char *)p + i * (t == MLX_FLOAT32 ? 4 : 2);
  if (t == MLX_FLOAT32) {
    vf_store((float *)(void *)at, v);
  } else if (t == MLX_FLOAT16) {
    vf_store_f16(at, v);
  } else {
    vf_store_bf16(at, v);
  }
}

INLINE void vf_store_part(void *p, mlx_dtype t, int64_t i, int64_t n, vf v) {
  char part[VL * 4];
  vf_store_as(part, t, 0, v);
  size_t size = t == MLX_FLOAT32 ? 4 : 2;
  memcpy((char *)p + (size_t)i * size, part, (size_t)(n - i) * size);
}

/* v rounded to dtype t and back. */
INLINE vf vf_round_as(mlx_dtype t, vf v) {
  if (t == MLX_FLOAT32) return v;
  char half[VL * 4];
  vf_store_as(half, t, 0, v);
  return vf_load_as(half, t, 0);
}

/* Lanes from n on take `fill`. */
INLINE vf vf_fill_from(vf v, int64_t n, float fill) {
  float lane[VL];
  vf_store(lane, v);
  for (int64_t i = n; i < VL; i++) lane[i] = fill;
  return vf_load(lane);
}

#endif
