/* The register tiles of blocked products: MR x NR outputs over one run of K.
 * Invariant: each output is one chain of multiply-adds over ascending k, so packed, strided and
 * short tiles agree bit for bit. */
#include "backend/cpu/simd/product_vec.h"
#include "backend/cpu/simd/product_simd.h"

#define NV (NR / VL)

INLINE void tile(const int rows, int64_t k, const float *a, int64_t a_row, int64_t a_k,
                 const float *b, int64_t b_k, float *c, int64_t ldc, bool add) {
  vf acc[MR][NV];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < NV; v++) acc[i][v] = vf_zero();
  }
  /* Two bases keep the strided form within the integer registers. */
  const int half = (rows + 1) / 2;
  const float *a_low = a, *a_high = a + half * a_row;
  for (int64_t t = 0; t < k; t++, a_low += a_k, a_high += a_k, b += b_k) {
    vf bv[NV];
    UNROLL for (int v = 0; v < NV; v++) bv[v] = vf_load(b + v * VL);
    UNROLL for (int i = 0; i < rows; i++) {
      vf x = vf_set1(i < half ? a_low[i * a_row] : a_high[(i - half) * a_row]);
      UNROLL for (int v = 0; v < NV; v++) acc[i][v] = vf_fma(x, bv[v], acc[i][v]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < NV; v++) {
      float *at = c + i * ldc + v * VL;
      vf_store(at, add ? vf_add(vf_load(at), acc[i][v]) : acc[i][v]);
    }
  }
}

#define CASE(n, ...)                                                                               \
  case n:                                                                                          \
    tile(n, __VA_ARGS__);                                                                          \
    break;
#if MX_TIER_AVX512
#define CASES(...)                                                                                 \
  CASE(1, __VA_ARGS__) CASE(2, __VA_ARGS__) CASE(3, __VA_ARGS__) CASE(4, __VA_ARGS__)              \
  CASE(5, __VA_ARGS__) CASE(6, __VA_ARGS__) CASE(7, __VA_ARGS__) CASE(8, __VA_ARGS__)              \
  CASE(9, __VA_ARGS__) CASE(10, __VA_ARGS__) CASE(11, __VA_ARGS__) CASE(12, __VA_ARGS__)
#elif MX_TIER_AVX2
#define CASES(...)                                                                                 \
  CASE(1, __VA_ARGS__) CASE(2, __VA_ARGS__) CASE(3, __VA_ARGS__) CASE(4, __VA_ARGS__)              \
  CASE(5, __VA_ARGS__) CASE(6, __VA_ARGS__)
#elif MX_TIER_NEON
#define CASES(...)                                                                                 \
  CASE(1, __VA_ARGS__) CASE(2, __VA_ARGS__) CASE(3, __VA_ARGS__) CASE(4, __VA_ARGS__)              \
  CASE(5, __VA_ARGS__) CASE(6, __VA_ARGS__) CASE(7, __VA_ARGS__) CASE(8, __VA_ARGS__)
#else
#define CASES(...)                                                                                 \
  CASE(1, __VA_ARGS__) CASE(2, __VA_ARGS__) CASE(3, __VA_ARGS__) CASE(4, __VA_ARGS__)
#endif

static void tile_packed(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int rows,
                        bool add) {
  switch (rows) { CASES(k, a, 1, MR, b, NR, c, ldc, add) }
}

static void tile_strided(int64_t k, const float *a, int64_t a_row, int64_t a_k, const float *b,
                         int64_t b_k, float *c, int64_t ldc, int rows, bool add) {
  switch (rows) { CASES(k, a, a_row, a_k, b, b_k, c, ldc, add) }
}

#if MX_TIER_AVX512BF16
/* Panels of bfloat16 pairs: vdpbf16ps rounds as two fused multiply-adds, and takes numbers below
 * 2^-126 for zero. */
static void tile_pairs(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int rows,
                       bool add) {
  __m512 acc[MR][NV];
  UNROLL for (int i = 0; i < MR; i++) {
    UNROLL for (int v = 0; v < NV; v++) acc[i][v] = _mm512_setzero_ps();
  }
  for (int64_t t = 0; t < k; t++, a += MR, b += NR) {
    __m512bh bv[NV];
    UNROLL for (int v = 0; v < NV; v++) bv[v] = (__m512bh)_mm512_loadu_si512(b + v * VL);
    UNROLL for (int i = 0; i < MR; i++) {
      uint32_t pair;
      memcpy(&pair, a + i, sizeof pair);
      __m512bh x = (__m512bh)_mm512_set1_epi32((int)pair);
      UNROLL for (int v = 0; v < NV; v++) acc[i][v] = _mm512_dpbf16_ps(acc[i][v], x, bv[v]);
    }
  }
  UNROLL for (int i = 0; i < MR; i++) {
    if (i >= rows) break;
    UNROLL for (int v = 0; v < NV; v++) {
      float *at = c + i * ldc + v * VL;
      _mm512_storeu_ps(at, add ? _mm512_add_ps(_mm512_loadu_ps(at), acc[i][v]) : acc[i][v]);
    }
  }
}
#endif

/* Four rows by eight columns of float64. */
static void tile_f64(int64_t k, const double *a, const double *b, double *c, int64_t ldc,
                     bool add) {
  vd acc[4][8 / VLD];
  UNROLL for (int i = 0; i < 4; i++) {
    UNROLL for (int v = 0; v < 8 / VLD; v++) acc[i][v] = vd_set1(0);
  }
  for (int64_t t = 0; t < k; t++, a += 4, b += 8) {
    UNROLL for (int i = 0; i < 4; i++) {
      vd x = vd_set1(a[i]);
      UNROLL for (int v = 0; v < 8 / VLD; v++) {
        acc[i][v] = vd_fma(x, vd_load(b + v * VLD), acc[i][v]);
      }
    }
  }
  UNROLL for (int i = 0; i < 4; i++) {
    UNROLL for (int v = 0; v < 8 / VLD; v++) {
      double *at = c + i * ldc + v * VLD;
      vd_store(at, add ? vd_add(vd_load(at), acc[i][v]) : acc[i][v]);
    }
  }
}

void MX_SIMD(fill_product)(mx_product_kernels *k) {
  k->vl = VL;
  k->mr = MR;
  k->nr = NR;
  k->tile = tile_packed;
  k->tile_strided = tile_strided;
#if MX_TIER_AVX512BF16
  k->tile_pairs = tile_pairs;
#endif
  k->tile_f64 = tile_f64;
  MX_SIMD(fill_product_pack)(k);
  MX_SIMD(fill_product_rows)(k);
  MX_SIMD(fill_product_quant)(k);
}
