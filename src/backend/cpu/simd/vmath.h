// Scalar mathematics for float loops: inline polynomials that the compiler vectorises.
// Invariant: every function is straight-line code with selects, calls no library, and is exact
// about infinities, NaNs, zeros of both signs and denormals. A loop's vector body and its scalar
// tail give the same bits because contraction is off and a fused multiply-add is written as
// vm_fma. Tiers without that instruction round the product, so tiers differ within the stated
// error: 2 ULP for the exponentials and logarithms, 4 elsewhere (tests/c/test_vmath.c measures).
// sin, cos and tan hold for |x| <= VM_TRIG_FAST; beyond it vm_*_slow, which is not vectorised.
#ifndef MX_CPU_SIMD_VMATH_H
#define MX_CPU_SIMD_VMATH_H

#include <stdint.h>
#include <string.h>

#define VM_INF __builtin_inff()
#define VM_TRIG_FAST 0x1p20f

static inline uint32_t vm_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline float vm_float(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static inline uint64_t vm_bits64(double x) {
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline double vm_double(uint64_t u) {
  double x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static inline float vm_fma(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// Conditions joined without a branch.
static inline int vm_both(int a, int b) { return a & b; }
static inline int vm_either(int a, int b) { return a | b; }

// The NaN that the machine makes of an invalid operation.
static inline float vm_invalid(void) {
#if defined(__x86_64__)
  return vm_float(0xffc00000);
#else
  return vm_float(0x7fc00000);
#endif
}

static inline float vm_abs(float x) { return vm_float(vm_bits(x) & 0x7fffffff); }

static inline float vm_copysign(float x, float sign) {
  return vm_float((vm_bits(x) & 0x7fffffff) | (vm_bits(sign) & 0x80000000));
}

static inline float vm_sign(float x) {
  float s = (x > 0 ? 1.0f : 0.0f) - (x < 0 ? 1.0f : 0.0f);
  return x != x ? x : s;
}

static inline float vm_sqrt(float x) { return __builtin_sqrtf(x); }

// maximum and minimum give NaN if either is, and the second operand at a tie.
static inline float vm_max(float x, float y) {
  float m = x > y ? x : y;
  return x != x ? x : m;
}

static inline float vm_min(float x, float y) {
  float m = x < y ? x : y;
  return x != x ? x : m;
}

#if defined(__SSE4_1__) || defined(__aarch64__)
static inline float vm_rint(float x) { return __builtin_rintf(x); }
static inline float vm_floor(float x) { return __builtin_floorf(x); }
static inline float vm_ceil(float x) { return __builtin_ceilf(x); }
static inline float vm_trunc(float x) { return __builtin_truncf(x); }
#else
static inline float vm_rint(float x) {
  float a = vm_abs(x);
  float r = (a + 0x1p23f) - 0x1p23f;
  return a < 0x1p23f ? vm_copysign(r, x) : x;
}

static inline float vm_floor(float x) {
  float r = vm_rint(x);
  return r > x ? r - 1 : r;
}

static inline float vm_ceil(float x) {
  float r = vm_rint(x);
  return vm_copysign(r < x ? r + 1 : r, x);
}

static inline float vm_trunc(float x) {
  float a = vm_abs(x), r = vm_rint(a);
  return vm_copysign(r > a ? r - 1 : r, x);
}
#endif

// --- exponentials ---------------------------------------------------------------------------

// x = n ln2 + r with |r| <= ln2/2, for |x| < 2^14: gives r, and n in the low bits of *n.
static inline float vm_exp_reduce(float x, int32_t *n) {
  const float shift = 0x1.8p23f;
  float t = x * 0x1.715476p+0f + shift;
  float k = t - shift;
  *n = (int32_t)(vm_bits(t) - vm_bits(shift));
  float r = vm_fma(k, -0.693359375f, x);
  return vm_fma(k, 2.12194440e-4f, r);
}

// e^r - 1 - r over r^2
static inline float vm_exp_poly(float r) {
  float p = 1.9875691500e-4f;
  p = vm_fma(p, r, 1.3981999507e-3f);
  p = vm_fma(p, r, 8.3334519073e-3f);
  p = vm_fma(p, r, 4.1665795894e-2f);
  p = vm_fma(p, r, 1.6666665459e-1f);
  return vm_fma(p, r, 5.0000001201e-1f);
}

// 2^n for n in [-127, 128] but the ends
static inline float vm_pow2(int32_t n) { return vm_float((uint32_t)(n + 127) << 23); }

// One condition where two would do: from min and max of constants gcc makes one path a bound and
// blends every intermediate value.
static inline float vm_limit(float x, float bound) {
  return vm_abs(x) > bound ? vm_copysign(bound, x) : x;
}

// e^x 2^k for small k: the power of two is applied in two steps, so the first is exact.
static inline float vm_exp_scaled(float x, int32_t k) {
  x = vm_limit(x, 105.0f);
  int32_t n;
  float r = vm_exp_reduce(x, &n);
  float p = vm_fma(vm_exp_poly(r), r * r, r) + 1.0f;
  n += k;
  int32_t half = n >> 1;
  return p * vm_pow2(half) * vm_pow2(n - half);
}

static inline float vm_exp(float x) { return vm_exp_scaled(x, 0); }

// The same bits where |x| < VM_EXP_NEAR: the result and its power of two are normal numbers.
#define VM_EXP_NEAR 86.0f
static inline float vm_exp_near(float x) {
  int32_t n;
  float r = vm_exp_reduce(x, &n);
  float p = vm_fma(vm_exp_poly(r), r * r, r) + 1.0f;
  return vm_float(vm_bits(p) + ((uint32_t)n << 23));
}

static inline float vm_expm1(float x) {
  int32_t n;
  float r = vm_exp_reduce(vm_limit(x, 88.8f), &n);
  float p = vm_fma(vm_exp_poly(r), r * r, r);
  // 2^n (p + 1) - 1, halved so that n = 128 does not overflow
  float s = vm_pow2(n - 1);
  float y = vm_fma(s, p, s - 0.5f) * 2.0f;
  y = x < -18.0f ? -1.0f : y;  // where 2^(n - 1) may not exist
  return vm_abs(x) < 0x1p-24f ? x : y;
}

static inline float vm_sigmoid(float x) {
  float e = vm_exp(-vm_abs(x));
  float y = (x < 0 ? e : 1.0f) / (1.0f + e);
  return x != x ? x : y;
}

static inline float vm_sigmoid_near(float x) {
  float e = vm_exp_near(-vm_abs(x));
  return (x < 0 ? e : 1.0f) / (1.0f + e);
}

// The bits of vm_expm1 from 0 to 20, without what other arguments need.
static inline float vm_expm1_near(float x) {
  int32_t n;
  float r = vm_exp_reduce(x, &n);
  float p = vm_fma(vm_exp_poly(r), r * r, r);
  float s = vm_pow2(n - 1);
  return vm_fma(s, p, s - 0.5f) * 2.0f;
}

static inline float vm_tanh(float x) {
  float a = vm_abs(x);
  float t = vm_expm1_near(2.0f * (a > 10.0f ? 10.0f : a));
  return vm_copysign(a != a ? a : t / (t + 2.0f), x);
}

static inline float vm_sinh(float x) {
  float a = vm_abs(x);
  float t = vm_expm1(a > 10.0f ? 10.0f : a);
  float small = 0.5f * (t + t / (t + 1.0f));
  float large = vm_exp_scaled(a, -1);
  float y = a < 0x1p-12f ? a : small;
  return vm_copysign(a <= 10.0f ? y : large, x);
}

static inline float vm_cosh(float x) {
  float e = vm_exp_scaled(vm_abs(x), -1);
  return e + 0.25f / e;
}

// --- logarithms -----------------------------------------------------------------------------

// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x
static inline float vm_log_split(float x, float *e) {
  int small = x < 0x1p-126f;
  uint32_t u = vm_bits(small ? x * 0x1p24f : x) + (0x3f800000 - 0x3f3504f3);
  *e = (float)((int32_t)(u >> 23) - (small ? 127 + 24 : 127));
  return vm_float((u & 0x7fffff) + 0x3f3504f3) - 1.0f;
}

// log(1 + f) - f + f^2/2
static inline float vm_log_tail(float f) {
  float s = f / (2.0f + f), z = s * s, w = z * z;
  float t1 = w * vm_fma(w, 0.24279078841f, 0.40000972152f);
  float t2 = z * vm_fma(w, 0.28498786688f, 0.66666662693f);
  return s * (0.5f * f * f + (t1 + t2));
}

// What a logarithm gives where its argument is not positive and finite.
static inline float vm_log_ends(float x, float y) {
  y = x == VM_INF ? x : y;
  y = x == 0 ? -VM_INF : y;
  y = x < 0 ? vm_invalid() : y;
  return x != x ? x : y;
}

static inline float vm_log(float x) {
  float e, f = vm_log_split(x, &e);
  float half = 0.5f * f * f;
  float y = ((vm_log_tail(f) + e * 9.0580006145e-06f) - half) + f + e * 6.9313812256e-01f;
  return vm_log_ends(x, y);
}

// log(1 + f) split in a short part and the rest, so that a product with a short constant is exact
static inline float vm_log_parts(float f, float *lo) {
  float half = 0.5f * f * f;
  float hi = vm_float(vm_bits(f - half) & 0xfffff000);
  *lo = ((f - hi) - half) + vm_log_tail(f);
  return hi;
}

static inline float vm_log2(float x) {
  float e, lo, hi = vm_log_parts(vm_log_split(x, &e), &lo);
  float y = (lo + hi) * -1.7605285393e-04f + lo * 1.4428710938e+00f + hi * 1.4428710938e+00f + e;
  return vm_log_ends(x, y);
}

static inline float vm_log10(float x) {
  float e, lo, hi = vm_log_parts(vm_log_split(x, &e), &lo);
  float y = e * 7.9034151668e-07f + (lo + hi) * -3.1689971365e-05f + lo * 4.3432617188e-01f +
            hi * 4.3432617188e-01f + e * 3.0102920532e-01f;
  return vm_log_ends(x, y);
}

static inline float vm_log1p(float x) {
  float u = 1.0f + x, e, f = vm_log_split(u, &e);
  // What the sum lost; nothing when u did not leave [sqrt(1/2), sqrt(2)): there f is x itself.
  float lost = (u > 2.0f ? 1.0f - (u - x) : x - (u - 1.0f)) / u;
  f = e == 0 ? x : f;
  lost = e == 0 ? 0.0f : lost;
  float half = 0.5f * f * f;
  float y = ((vm_log_tail(f) + (e * 9.0580006145e-06f + lost)) - half) + f + e * 6.9313812256e-01f;
  y = vm_log_ends(u, y);
  return vm_abs(x) < 0x1p-24f ? x : y;
}

static inline float vm_logaddexp(float x, float y) {
  float hi = vm_max(x, y), lo = vm_min(x, y);
  float r = hi + vm_log1p(vm_exp(lo - hi));
  r = vm_either(lo == -VM_INF, hi == VM_INF) ? hi : r;
  return hi != hi ? hi : r;
}

// --- trigonometry ---------------------------------------------------------------------------

// x = q pi/2 + r with |r| <= pi/4; the low bits of *q count the quarter turns
static inline float vm_trig_reduce(float x, uint32_t *q) {
  const double shift = 0x1.8p52;
  double t = (double)x * 0x1.45f306dc9c883p-1 + shift;
  double k = t - shift;
  *q = (uint32_t)vm_bits64(t);
  return (float)(((double)x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34);
}

static inline float vm_sin_poly(float r) {
  float z = r * r;
  float p = vm_fma(vm_fma(-1.9515295891e-4f, z, 8.3321608736e-3f), z, -1.6666654611e-1f);
  return vm_fma(p * z, r, r);
}

static inline float vm_cos_poly(float r) {
  float z = r * r;
  float p = vm_fma(vm_fma(2.443315711809948e-5f, z, -1.388731625493765e-3f), z,
                   4.166664568298827e-2f);
  return vm_fma(p * z, z, vm_fma(-0.5f, z, 1.0f));
}

// sin of r + q pi/2
static inline float vm_sin_quarter(float r, uint32_t q) {
  float s = vm_sin_poly(r), c = vm_cos_poly(r);
  float y = q & 1 ? c : s;
  return vm_float(vm_bits(y) ^ (q & 2) << 30);
}

static inline float vm_tan_quarter(float r, uint32_t q) {
  float s = vm_sin_poly(r), c = vm_cos_poly(r);
  return q & 1 ? -c / s : s / c;
}

// The sum that finds the quarter drops a zero's sign.
static inline float vm_sin(float x) {
  uint32_t q;
  float r = vm_trig_reduce(x, &q);
  float y = vm_sin_quarter(r, q);
  return x == 0 ? x : y;
}

static inline float vm_cos(float x) {
  uint32_t q;
  float r = vm_trig_reduce(x, &q);
  return vm_sin_quarter(r, q + 1);
}

static inline float vm_tan(float x) {
  uint32_t q;
  float r = vm_trig_reduce(x, &q);
  float y = vm_tan_quarter(r, q);
  return x == 0 ? x : y;
}

// The same for |x| >= 1: the product of the fraction with the bits of 2/pi that matter for its
// exponent (Payne and Hanek), in fixed point with 62 bits below the quarter turn.
static inline float vm_trig_reduce_slow(float x, uint32_t *q) {
  static const uint32_t two_over_pi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                         0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
  uint32_t u = vm_bits(x);
  int e = (int)(u >> 23 & 255) - 127;  // x = m 2^(e - 23)
  uint64_t m = (u & 0x7fffff) | 0x800000;
  // 2/pi is the sum of word i times 2^(-32 i). Of m 2^(e - 23) 2/pi 2^62 the low 64 bits count,
  // so of 2/pi the 64 bits that end at bit e + 39 after the point, and some more to round.
  int first = e + 7, word = first / 32, shift = first % 32;
  uint64_t w[3];
  for (int i = 0; i < 3; i++) {
    uint64_t pair = (uint64_t)two_over_pi[word + i] << 32 | two_over_pi[word + i + 1];
    w[i] = (uint32_t)(pair << shift >> 32);
  }
  uint64_t turn = m * (w[0] << 32 | w[1]) + (m * w[2] >> 32);
  *q = (uint32_t)((turn + (1ull << 61)) >> 62);
  int64_t rest = (int64_t)(turn - ((uint64_t)*q << 62));
  double r = (double)rest * 0x1.921fb54442d18p-62;
  if (u >> 31) {
    *q = 0 - *q;
    r = -r;
  }
  return (float)r;
}

static inline float vm_sin_slow(float x) {
  uint32_t q;
  if (vm_abs(x) == VM_INF) return vm_invalid();
  float r = vm_trig_reduce_slow(x, &q);
  return vm_sin_quarter(r, q);
}

static inline float vm_cos_slow(float x) {
  uint32_t q;
  if (vm_abs(x) == VM_INF) return vm_invalid();
  float r = vm_trig_reduce_slow(x, &q);
  return vm_sin_quarter(r, q + 1);
}

static inline float vm_tan_slow(float x) {
  uint32_t q;
  if (vm_abs(x) == VM_INF) return vm_invalid();
  float r = vm_trig_reduce_slow(x, &q);
  return vm_tan_quarter(r, q);
}

// --- inverse functions ----------------------------------------------------------------------

// asin(a) - a for a in [0, 1/2]
static inline float vm_asin_tail(float a) {
  float z = a * a, p = 0.042166318744421005f;
  p = vm_fma(p, z, 0.024179507046937943f);
  p = vm_fma(p, z, 0.045470379292964935f);
  p = vm_fma(p, z, 0.07495297491550446f);
  p = vm_fma(p, z, 0.16666752099990845f);
  return p * z * a;
}

static inline float vm_asin(float x) {
  float a = vm_abs(x);
  int high = a > 0.5f;
  float b = high ? vm_sqrt(0.5f - 0.5f * a) : a;
  float s = vm_asin_tail(b) + b;
  float y = high ? 1.57079637f - (2.0f * s + 4.37113883e-8f) : s;
  return vm_copysign(y, x);
}

static inline float vm_acos(float x) {
  float a = vm_abs(x);
  int high = a > 0.5f;
  float b = high ? vm_sqrt(0.5f - 0.5f * a) : x;
  float s = vm_asin_tail(b) + b;
  float near_one = x < 0 ? 3.14159274f - (2.0f * s + 8.74227766e-8f) : 2.0f * s;
  float y = high ? near_one : 1.57079637f - (s + 4.37113883e-8f);
  return y != y ? vm_abs(y) : y;
}

// atan(a) for a in [0, 1]
static inline float vm_atan_unit(float a) {
  float z = a * a, p = 0.002920687897130847f;
  p = vm_fma(p, z, -0.01636791042983532f);
  p = vm_fma(p, z, 0.04321182891726494f);
  p = vm_fma(p, z, -0.07552211731672287f);
  p = vm_fma(p, z, 0.10666003078222275f);
  p = vm_fma(p, z, -0.14211055636405945f);
  p = vm_fma(p, z, 0.19993773102760315f);
  p = vm_fma(p, z, -0.33333152532577515f);
  return vm_fma(p * z, a, a);
}

static inline float vm_atan(float x) {
  float a = vm_abs(x);
  int high = a > 1.0f;
  float t = vm_atan_unit(high ? 1.0f / a : a);
  return vm_copysign(high ? 1.57079637f - (t + 4.37113883e-8f) : t, x);
}

static inline float vm_atan2(float y, float x) {
  float ax = vm_abs(x), ay = vm_abs(y);
  float hi = ax > ay ? ax : ay, lo = ax > ay ? ay : ax;
  // A denormal divisor has lost bits that the quotient would show.
  float scale = hi < 0x1p-100f ? 0x1p24f : 1.0f;
  float a = (lo * scale) / (hi * scale);
  a = hi == 0 ? 0.0f : a;
  a = lo == VM_INF ? 1.0f : a;
  float t = vm_atan_unit(a);
  t = ay > ax ? 1.57079637f - (t + 4.37113883e-8f) : t;
  t = vm_bits(x) >> 31 ? 3.14159274f - (t + 8.74227766e-8f) : t;
  t = vm_copysign(t, y);
  return vm_either(x != x, y != y) ? x + y : t;
}

static inline float vm_asinh(float x) {
  float a = vm_abs(x);
  int high = a > 0x1p12f;
  float m = high ? 1.0f : a, s = m * m;
  float u = m + s / (1.0f + vm_sqrt(s + 1.0f));
  float near_zero = vm_log1p(u), far = vm_log(a) + 0.693147182f;
  return vm_copysign(high ? far : near_zero, x);
}

static inline float vm_acosh(float x) {
  int high = x > 0x1p13f;
  float t = high ? 1.0f : x - 1.0f;
  float near_one = vm_log1p(t + vm_sqrt(t * (t + 2.0f))), far = vm_log(x) + 0.693147182f;
  float y = high ? far : near_one;
  return x < 1.0f ? vm_invalid() : y;
}

static inline float vm_atanh(float x) {
  float a = vm_abs(x);
  float y = 0.5f * vm_log1p((2.0f * a) / (1.0f - a));
  y = a < 0x1p-12f ? a : y;
  y = a > 1.0f ? vm_invalid() : vm_copysign(y, x);
  return x != x ? x : y;
}

// --- error function -------------------------------------------------------------------------

static inline float vm_erf(float x) {
  float a = vm_abs(x), s = x * x;
  // beyond 0.92: 1 - exp of a polynomial
  float t = a > 4.5f ? 4.5f : a, t2 = t * t;
  float r = vm_fma(-1.72853470e-5f, t, 3.83197126e-4f);
  float u = vm_fma(-3.88396438e-3f, t, 2.42546219e-2f);
  r = vm_fma(r, t2, u);
  r = vm_fma(r, t, -1.06777877e-1f);
  r = vm_fma(r, t, -6.34846687e-1f);
  r = vm_fma(r, t, -1.28717512e-1f);
  r = vm_fma(r, t, -t);
  float far = vm_copysign(1.0f - vm_exp(r), x);
  float p = -5.96761703e-4f;
  p = vm_fma(p, s, 4.99119423e-3f);
  p = vm_fma(p, s, -2.67681349e-2f);
  p = vm_fma(p, s, 1.12819925e-1f);
  p = vm_fma(p, s, -3.76125336e-1f);
  p = vm_fma(p, s, 1.28379166e-1f);
  float near_zero = vm_fma(p, x, x);
  float y = a > 0.927734375f ? far : near_zero;
  return x != x ? x : y;
}

static inline float vm_erfinv(float x) {
  float t = vm_log(vm_fma(x, -x, 1.0f));
  float p = 3.03697567e-10f;
  p = vm_fma(p, t, 2.93243101e-8f);
  p = vm_fma(p, t, 1.22150334e-6f);
  p = vm_fma(p, t, 2.84108955e-5f);
  p = vm_fma(p, t, 3.93552968e-4f);
  p = vm_fma(p, t, 3.02698812e-3f);
  p = vm_fma(p, t, 4.83185798e-3f);
  p = vm_fma(p, t, -2.64646143e-1f);
  p = vm_fma(p, t, 8.40016484e-1f);
  float q = 5.43877832e-9f;
  q = vm_fma(q, t, 1.43285448e-7f);
  q = vm_fma(q, t, 1.22774793e-6f);
  q = vm_fma(q, t, 1.12963626e-7f);
  q = vm_fma(q, t, -5.61530760e-5f);
  q = vm_fma(q, t, -1.47697632e-4f);
  q = vm_fma(q, t, 2.31468678e-3f);
  q = vm_fma(q, t, 1.15392581e-2f);
  q = vm_fma(q, t, -2.32015476e-1f);
  q = vm_fma(q, t, 8.86226892e-1f);
  float y = x * (vm_abs(t) > 6.125f ? p : q);
  y = vm_abs(x) == 1.0f ? vm_copysign(VM_INF, x) : y;
  return x != x ? x : y;
}

// --- powers ---------------------------------------------------------------------------------

// log2 of a positive float to about 45 bits; of zero and infinity their limits
static inline double vm_log2_wide(float x) {
  float e, f = vm_log_split(x, &e);
  double d = (double)f, s = d / (2.0 + d), z = s * s;
  double p = 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1.0;
  double y = (double)e + s * p * 0x1.71547652b82fep+1;
  y = x == 0 ? -__builtin_inf() : y;
  return x == VM_INF ? __builtin_inf() : y;
}

// 2^x, rounded once; NaN for NaN
static inline float vm_exp2_wide(double x) {
  x = x < -160 ? -160 : x;
  x = x > 140 ? 140 : x;
  const double shift = 0x1.8p52;
  double t = x + shift, r = (x - (t - shift)) * 0x1.62e42fefa39efp-1;
  double p = 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  double scale = vm_double((vm_bits64(t) - vm_bits64(shift) + 1023) << 52);
  float y = (float)(p * scale);
  return x != x ? vm_invalid() : y;
}

// A square is one multiplication, so that a tape may take it for one.
static inline float vm_pow(float x, float y) {
  float ax = vm_abs(x), ay = vm_abs(y);
  float r = vm_exp2_wide((double)y * vm_log2_wide(ax));
  float half = 0.5f * y;
  int whole = vm_trunc(y) == y, odd = vm_both(whole, vm_both(vm_trunc(half) != half, ay < 0x1p24f));
  int negative = (int)(vm_bits(x) >> 31);
  float flipped = vm_float(vm_bits(r) ^ (uint32_t)(negative & odd) << 31);
  flipped = vm_both(x < 0, vm_both(!whole, ax != VM_INF)) ? vm_invalid() : flipped;
  flipped = vm_either(x != x, y != y) ? x + y : flipped;
  flipped = vm_both(ax == 1.0f, ay == VM_INF) ? 1.0f : flipped;
  flipped = y == 2.0f ? x * x : flipped;
  return vm_either(x == 1.0f, y == 0) ? 1.0f : flipped;
}

static inline float vm_hypot(float x, float y) {
  double s = (double)x * x + (double)y * y;
  float r = (float)__builtin_sqrt(s);
  return vm_either(vm_abs(x) == VM_INF, vm_abs(y) == VM_INF) ? VM_INF : r;
}

static inline float vm_nextafter(float x, float y) {
  uint32_t u = vm_bits(x);
  int up = x < y, away = up == (x > 0);  // away from zero: the bits grow
  float step = vm_float(away ? u + 1 : u - 1);
  step = x == 0 ? vm_copysign(vm_float(1), y) : step;
  float r = x == y ? y : step;
  return vm_either(x != x, y != y) ? x + y : r;
}

// --- remainder ------------------------------------------------------------------------------

// The quotient must fit a double with the product exact.
static inline int vm_remainder_is_slow(float x, float y) {
  float ax = vm_abs(x), ay = vm_abs(y);
  return vm_both(ax > 0x1p27f * ay, vm_both(ax != VM_INF, ay != 0));
}

static inline float vm_remainder_sign(float r, float y) {
  float moved = r + y;
  r = r == 0 ? vm_copysign(r, y) : r;
  return vm_both(r != 0, (r < 0) != (y < 0)) ? moved : r;
}

static inline float vm_remainder(float x, float y) {
  double dx = x, dy = y, q = dx / dy;
#if defined(__SSE4_1__) || defined(__aarch64__)
  q = __builtin_trunc(q);
#else
  double a = __builtin_fabs(q), n = (a + 0x1p52) - 0x1p52;
  q = __builtin_copysign(n > a ? n - 1 : n, q);
#endif
  float r = vm_copysign((float)(dx - q * dy), x);
  r = vm_both(vm_abs(y) == VM_INF, vm_abs(x) != VM_INF) ? x : r;
  return vm_remainder_sign(r, y);
}

static inline float vm_remainder_slow(float x, float y) {
  return vm_remainder_sign(__builtin_fmodf(x, y), y);
}

#endif
