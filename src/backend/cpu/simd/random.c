/* Threefry-2x32 with 20 rounds over a run of counters, and what makes floats of the words: plain
 * loops that the compiler turns into vectors of each tier. All tiers give the same bits. */
#include "backend/cpu/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "backend/cpu/simd/tier.h"

#if MX_TIER_AVX512
enum { LANES = 32 };
#elif MX_TIER_AVX2
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

static inline void round4(uint32_t *restrict a, uint32_t *restrict b, int r0, int r1, int r2,
                          int r3) {
  for (int i = 0; i < LANES; i++) {
    uint32_t x = a[i], y = b[i];
    x += y;
    y = (y << r0 | y >> (32 - r0)) ^ x;
    x += y;
    y = (y << r1 | y >> (32 - r1)) ^ x;
    x += y;
    y = (y << r2 | y >> (32 - r2)) ^ x;
    x += y;
    y = (y << r3 | y >> (32 - r3)) ^ x;
    a[i] = x;
    b[i] = y;
  }
}

static inline void inject(uint32_t *restrict a, uint32_t *restrict b, uint32_t x, uint32_t y) {
  for (int i = 0; i < LANES; i++) {
    a[i] += x;
    b[i] += y;
  }
}

static inline void block(uint32_t *restrict a, uint32_t *restrict b, const uint32_t *key,
                         uint32_t first, uint32_t second) {
  uint32_t k0 = key[0], k1 = key[1], k2 = k0 ^ k1 ^ 0x1bd11bda;
  for (int i = 0; i < LANES; i++) {
    a[i] = first + (uint32_t)i + k0;
    b[i] = second + (uint32_t)i + k1;
  }
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k1, k2 + 1);
  round4(a, b, 17, 29, 16, 24);
  inject(a, b, k2, k0 + 2);
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k0, k1 + 3);
  round4(a, b, 17, 29, 16, 24);
  inject(a, b, k1, k2 + 4);
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k2, k0 + 5);
}

static void threefry(uint32_t *lo, uint32_t *hi, const uint32_t *key, uint32_t first,
                     uint32_t second, int64_t n) {
  uint32_t a[LANES], b[LANES];
  for (int64_t i = 0; i < n; i += LANES) {
    block(a, b, key, first + (uint32_t)i, second + (uint32_t)i);
    int64_t m = n - i < LANES ? n - i : LANES;
    if (m == LANES) {
      __builtin_memcpy(lo + i, a, sizeof a);
      __builtin_memcpy(hi + i, b, sizeof b);
      continue;
    }
    for (int64_t k = 0; k < m; k++) {
      lo[i + k] = a[k];
      hi[i + k] = b[k];
    }
  }
}

/* ---- floats ---- */

enum { RUN = 64 };

/* The natural logarithm with the bits of the C library's logf, which MLX's draws show: 2^k z with z
 * near 1, log z from sixteen reciprocals and a cubic, in double. Constants: Arm's optimized
 * routines. For positive normal x; 0 gives -inf. */
static const double inverse[16] = {0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0,
                                   0x1.49539f0f010bp+0,  0x1.3c995b0b80385p+0,
                                   0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,
                                   0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
                                   0x1.0953f419900a7p+0, 0x1p+0,
                                   0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
                                   0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1,
                                   0x1.886e6037841edp-1, 0x1.767dcf5534862p-1};
static const double log_inverse[16] = {-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2,
                                       -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
                                       -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
                                       -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
                                       -0x1.252f438e10c1ep-5, 0x0p+0,
                                       0x1.aa5aa5df25984p-5,  0x1.c5e53aa362eb4p-4,
                                       0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,
                                       0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};

static inline float as_float(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static inline uint32_t as_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline void exact_log(float *restrict x) {
  double z[RUN], k[RUN], c[RUN], y0[RUN];
  int32_t place[RUN];
  for (int i = 0; i < RUN; i++) {
    uint32_t u = as_bits(x[i]), t = u - 0x3f330000;
    place[i] = (int32_t)((t >> 19) & 15);
    z[i] = (double)as_float(u - (t & 0xff800000));
    k[i] = (double)((int32_t)t >> 23);
  }
  for (int i = 0; i < RUN; i++) {
    c[i] = inverse[place[i]];
    y0[i] = log_inverse[place[i]];
  }
  for (int i = 0; i < RUN; i++) {
    double r = z[i] * c[i] - 1.0, r2 = r * r, start = y0[i] + k[i] * 0x1.62e42fefa39efp-1;
    double y = 0x1.5575b0be00b6ap-2 * r + -0x1.ffffef20a4123p-2;
    y = -0x1.00ea348b88334p-2 * r2 + y;
    float v = (float)(y * r2 + (start + r));
    x[i] = x[i] == 0 ? -INFINITY : v;
  }
}

static inline float unit(uint32_t word) {
  /* Both halves are exact, their sum rounds once: the conversion of an unsigned word. */
  float u = ((float)(int32_t)(word >> 16) * 65536.0f + (float)(int32_t)(word & 0xffff)) * 0x1p-32f;
  return u < 0x1.fffffep-1f ? u : 0x1.fffffep-1f;
}

static inline float fma_f32(float x, float y, float z) {
#if MX_TIER_REF
  /* The product is exact in double; rounding the sum to odd makes the second rounding harmless. */
  double p = (double)x * (double)y, c = z, s = p + c;
  double b = s - p, err = (p - (s - b)) + (c - b);
  uint64_t bits;
  memcpy(&bits, &s, sizeof bits);
  bits += err != 0 && !(bits & 1) ? ((err > 0) == (s > 0) ? 1 : -(uint64_t)1) : 0;
  memcpy(&s, &bits, sizeof s);
  return (float)s;
#else
  return __builtin_fmaf(x, y, z);
#endif
}

/* Inverse error function on (-1, 1), where t is log(1 - x^2). */
static inline float erfinv_tail(float t) {
  float p = 3.03697567e-10f;
  p = fma_f32(p, t, 2.93243101e-8f);
  p = fma_f32(p, t, 1.22150334e-6f);
  p = fma_f32(p, t, 2.84108955e-5f);
  p = fma_f32(p, t, 3.93552968e-4f);
  p = fma_f32(p, t, 3.02698812e-3f);
  p = fma_f32(p, t, 4.83185798e-3f);
  p = fma_f32(p, t, -2.64646143e-1f);
  return fma_f32(p, t, 8.40016484e-1f);
}

static inline float erfinv_middle(float t) {
  float q = 5.43877832e-9f;
  q = fma_f32(q, t, 1.43285448e-7f);
  q = fma_f32(q, t, 1.22774793e-6f);
  q = fma_f32(q, t, 1.12963626e-7f);
  q = fma_f32(q, t, -5.61530760e-5f);
  q = fma_f32(q, t, -1.47697632e-4f);
  q = fma_f32(q, t, 2.31468678e-3f);
  q = fma_f32(q, t, 1.15392581e-2f);
  q = fma_f32(q, t, -2.32015476e-1f);
  return fma_f32(q, t, 8.86226892e-1f);
}

/* The range's length, 2 - 2^-24, is 2 in float32; its lower end is the float after -1. */
static inline void normal_lanes(float *restrict u) {
  float t[RUN], p[RUN], q[RUN];
  for (int i = 0; i < RUN; i++) {
    u[i] = u[i] * 2.0f + -0x1.fffffep-1f;
    t[i] = fma_f32(u[i], -u[i], 1.0f);
  }
  exact_log(t);
  for (int i = 0; i < RUN; i++) p[i] = erfinv_tail(t[i]);
  for (int i = 0; i < RUN; i++) q[i] = erfinv_middle(t[i]);
  for (int i = 0; i < RUN; i++) u[i] *= t[i] < -6.125f ? p[i] : q[i];
}

static inline void gumbel_lanes(float *restrict u) {
  exact_log(u);
  for (int i = 0; i < RUN; i++) u[i] = -u[i];
  exact_log(u);
  for (int i = 0; i < RUN; i++) u[i] = -u[i];
}

/* log(1 + x) for -1 < x <= 0 with the bits of the C library's log1pf before version 2.41, which MLX's
 * draws show: 1 + x = 2^k (1 + f), sqrt(1/2) < 1 + f < sqrt(2). Method and constants: FreeBSD's msun. */
static inline float exact_log1p(float x) {
  const float ln2_hi = 6.9313812256e-01f, ln2_lo = 9.0580006145e-06f;
  float f = x, c = 0;
  int32_t k = 0;
  if (x > -0x1p-29f) return x > -0x1p-54f ? x : x - x * x * 0.5f;
  if (x < -0.2928932309f) {
    float u = 1.0f + x;
    uint32_t bits = as_bits(u), mantissa = bits & 0x007fffff;
    bool high = mantissa >= 0x3504f7;
    k = (int32_t)(bits >> 23) - 127;
    c = (k > 0 ? 1.0f - (u - x) : x - (u - 1.0f)) / u;
    k += high;
    f = as_float(mantissa | (high ? 0x3f000000 : 0x3f800000)) - 1.0f;
    if (f == 0) return (float)k * ln2_hi + (c + (float)k * ln2_lo);
  }
  float hfsq = 0.5f * f * f, s = f / (2.0f + f), z = s * s, r = 1.4798198640e-01f;
  r = 1.5313838422e-01f + z * r;
  r = 1.8183572590e-01f + z * r;
  r = 2.2222198546e-01f + z * r;
  r = 2.8571429849e-01f + z * r;
  r = 4.0000000596e-01f + z * r;
  r = z * (6.6666668653e-01f + z * r);
  if (k == 0) return f - (hfsq - s * (hfsq + r));
  return (float)k * ln2_hi - ((hfsq - (s * (hfsq + r) + ((float)k * ln2_lo + c))) - f);
}

static void laplace_lanes(float *restrict u) {
  for (int i = 0; i < RUN; i++) {
    float x = u[i] * 2.0f + -0x1.fffffep-1f, size = exact_log1p(-fabsf(x));
    u[i] = x > 0 ? size : x < 0 ? -size : 0 * size;
  }
}

/* exp for x <= 0 and erf as MLX computes them in float32: a polynomial of the fraction of
 * x log2(e), and formula 7.1.26 of Abramowitz and Stegun. */
static inline float short_exp(float x) {
  float z = x * 1.442695f, whole = floorf(z + 0.5f), t = z - whole, p = 1.535336188319500e-4f;
  if (whole < -126.0f) return 0;
  p = fma_f32(p, t, 1.339887440266574e-3f);
  p = fma_f32(p, t, 9.618437357674640e-3f);
  p = fma_f32(p, t, 5.550332471162809e-2f);
  p = fma_f32(p, t, 2.402264791363012e-1f);
  p = fma_f32(p, t, 6.931472028550421e-1f);
  p = fma_f32(p, t, 1.0f);
  return p * as_float((uint32_t)((int32_t)whole + 127) << 23);
}

static void erf_all(const float *src, float *dst, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    float x = src[i], t = 1.0f / fma_f32(fabsf(x), 0.3275911f, 1.0f), p = 1.061405429f;
    p = fma_f32(p, t, -1.453152027f);
    p = fma_f32(p, t, 1.421413741f);
    p = fma_f32(p, t, -0.284496736f);
    p = fma_f32(p, t, 0.254829592f);
    float y = fma_f32(-short_exp(-x * x) * t, p, 1.0f);
    dst[i] = x < 0 ? -y : y;
  }
}

static void erfinv_all(const float *src, float *dst, int64_t n) {
  for (int64_t i = 0; i < n; i += RUN) {
    float x[RUN] = {0}, t[RUN];
    size_t bytes = (size_t)(n - i < RUN ? n - i : RUN) * sizeof *x;
    memcpy(x, src + i, bytes);
    for (int k = 0; k < RUN; k++) t[k] = fma_f32(x[k], -x[k], 1.0f);
    exact_log(t);
    for (int k = 0; k < RUN; k++)
      x[k] *= t[k] < -6.125f ? erfinv_tail(t[k]) : erfinv_middle(t[k]);
    memcpy(dst + i, x, bytes);
  }
}

static void unit_all(uint32_t *words, int64_t n) {
  for (int64_t i = 0; i < n; i++) words[i] = as_bits(unit(words[i]));
}

/* Words to floats in place, by whole runs; the last one is filled up with zeros. */
static inline void in_place(uint32_t *words, int64_t n, void (*lanes)(float *)) {
  for (int64_t i = 0; i < n; i += RUN) {
    uint32_t w[RUN] = {0};
    float u[RUN];
    size_t bytes = (size_t)(n - i < RUN ? n - i : RUN) * sizeof *w;
    memcpy(w, words + i, bytes);
    for (int k = 0; k < RUN; k++) u[k] = unit(w[k]);
    lanes(u);
    memcpy(words + i, u, bytes);
  }
}

static void normal_all(uint32_t *words, int64_t n) {
  in_place(words, n, normal_lanes);
}

static void gumbel_all(uint32_t *words, int64_t n) {
  in_place(words, n, gumbel_lanes);
}

static void laplace_all(uint32_t *words, int64_t n) {
  in_place(words, n, laplace_lanes);
}

void MX_SIMD(fill_random)(mx_random_kernels *k);
void MX_SIMD(fill_random)(mx_random_kernels *k) {
  k->threefry = threefry;
  k->unit = unit_all;
  k->normal = normal_all;
  k->gumbel = gumbel_all;
  k->laplace = laplace_all;
  k->erf = erf_all;
  k->erfinv = erfinv_all;
}
