// float64 loops, from the `f` expressions. Functions are the C library's and not vectorised.
#define _GNU_SOURCE
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)
#include <math.h>
#include <string.h>

static inline double vd_sign(double x) {
  double s = (x > 0 ? 1.0 : 0.0) - (x < 0 ? 1.0 : 0.0);
  return x != x ? x : s;
}

static inline int vd_signbit(double x) {
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return (int)(u >> 63);
}

static inline double vd_max(double x, double y) {
  double m = x > y ? x : y;
  return x != x ? x : m;
}

static inline double vd_min(double x, double y) {
  double m = x < y ? x : y;
  return x != x ? x : m;
}

static inline double vd_sigmoid(double x) {
  double e = exp(-fabs(x));
  return x != x ? x : (x < 0 ? e : 1.0) / (1.0 + e);
}

static inline double vd_remainder(double x, double y) {
  double r = fmod(x, y);
  if (r == 0) return copysign(r, y);
  return (r < 0) != (y < 0) ? r + y : r;
}

static inline double vd_logaddexp(double x, double y) {
  double hi = vd_max(x, y), lo = vd_min(x, y);
  if (hi != hi || lo == -INFINITY || hi == INFINITY) return hi;
  return hi + log1p(exp(lo - hi));
}

// A guess good to a few digits (Giles, single precision form), then Newton's method on erf, or on
// erfc where erf is near one.
static double vd_erfinv(double y) {
  double a = fabs(y);
  if (!(a < 1)) return a == 1 ? copysign(INFINITY, y) : NAN;
  if (a < 1e-8) return y * 0.88622692545275801365;
  double w = -log((1 - a) * (1 + a)), x;
  if (w < 5) {
    w -= 2.5;
    x = 2.81022636e-08;
    x = 3.43273939e-07 + x * w;
    x = -3.5233877e-06 + x * w;
    x = -4.39150654e-06 + x * w;
    x = 0.00021858087 + x * w;
    x = -0.00125372503 + x * w;
    x = -0.00417768164 + x * w;
    x = 0.246640727 + x * w;
    x = 1.50140941 + x * w;
  } else {
    w = sqrt(w) - 3;
    x = -0.000200214257;
    x = 0.000100950558 + x * w;
    x = 0.00134934322 + x * w;
    x = -0.00367342844 + x * w;
    x = 0.00573950773 + x * w;
    x = -0.0076224613 + x * w;
    x = 0.00943887047 + x * w;
    x = 1.00167406 + x * w;
    x = 2.83297682 + x * w;
  }
  x *= a;
  for (int i = 0; i < 2; i++) {
    double f = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
    double step = f / (1.1283791670955126 * exp(-x * x));
    x -= step / (1 + x * step);
  }
  return copysign(x, y);
}

#define INF INFINITY
#define ABS fabs
#define SIGN vd_sign
#define SIGNBIT vd_signbit
#define SQRT sqrt
#define EXP exp
#define EXPM1 expm1
#define LOG log
#define LOG2 log2
#define LOG10 log10
#define LOG1P log1p
#define SIN sin
#define COS cos
#define TAN tan
#define ASIN asin
#define ACOS acos
#define ATAN atan
#define SINH sinh
#define COSH cosh
#define TANH tanh
#define ASINH asinh
#define ACOSH acosh
#define ATANH atanh
#define SIGMOID vd_sigmoid
#define ERF erf
#define ERFINV vd_erfinv
#define FLOOR floor
#define CEIL ceil
#define TRUNC trunc
#define RINT rint
#define REMAINDER vd_remainder
#define POW pow
#define MAX vd_max
#define MIN vd_min
#define LOGADDEXP vd_logaddexp
#define ATAN2 atan2
#define COPYSIGN copysign
#define HYPOT hypot
#define NEXTAFTER nextafter

#define EW_OUT__ double
#define EW_OUT_b uint8_t
#define EW_FN(P) ew_f64_##P

#define MX_EW1(P, R, E) EW_LOOP1(EW_FN(P), EW_OUT_##R, double, double, (EW_OUT_##R), E)
#define MX_EW2(P, R, E) EW_LOOP2(EW_FN(P), EW_OUT_##R, double, double, (EW_OUT_##R), E)
#include "gen/elementwise_f.inc"
#undef MX_EW1
#undef MX_EW2

void MX_SIMD(fill_elementwise_double)(mx_ew_kernels *k) {
#define MX_EW1(P, R, E) k->op[MX_PRIM_##P][MX_EW_F64] = EW_FN(P);
#define MX_EW2(P, R, E) k->op[MX_PRIM_##P][MX_EW_F64] = EW_FN(P);
#include "gen/elementwise_f.inc"
}
#endif
