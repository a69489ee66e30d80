// complex64 loops, from the `z` expressions. Products and quotients keep C's rules for infinities
// (Annex G); functions are the C library's and not vectorised.
#define _GNU_SOURCE
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)
#include <complex.h>
#include <math.h>
#include <string.h>

typedef float _Complex cfloat;

#define INF INFINITY
#define ABS fabsf
#define BOTH(a, b) ((a) & (b))
#define EITHER(a, b) ((a) | (b))

static inline cfloat in(mx_c64 x) {
  cfloat z;
  memcpy(&z, &x, sizeof z);
  return z;
}

static inline mx_c64 out(cfloat x) { return (mx_c64){crealf(x), cimagf(x)}; }

#define FORWARD(NAME, fn) \
  static inline mx_c64 NAME(mx_c64 x) { return out(fn(in(x))); }
FORWARD(CSQRT, csqrtf)
FORWARD(CEXP, cexpf)
FORWARD(CLOG, clogf)
FORWARD(CSIN, csinf)
FORWARD(CCOS, ccosf)
FORWARD(CTAN, ctanf)
FORWARD(CASIN, casinf)
FORWARD(CACOS, cacosf)
FORWARD(CATAN, catanf)
FORWARD(CSINH, csinhf)
FORWARD(CCOSH, ccoshf)
FORWARD(CTANH, ctanhf)
FORWARD(CASINH, casinhf)
FORWARD(CACOSH, cacoshf)
FORWARD(CATANH, catanhf)

static inline mx_c64 CADD(mx_c64 x, mx_c64 y) { return (mx_c64){x.re + y.re, x.im + y.im}; }
static inline mx_c64 CSUB(mx_c64 x, mx_c64 y) { return (mx_c64){x.re - y.re, x.im - y.im}; }
static inline mx_c64 CNEG(mx_c64 x) { return (mx_c64){-x.re, -x.im}; }
static inline mx_c64 CCONJ(mx_c64 x) { return (mx_c64){x.re, -x.im}; }
static inline mx_c64 CMUL(mx_c64 x, mx_c64 y) { return out(in(x) * in(y)); }
static inline mx_c64 CDIV(mx_c64 x, mx_c64 y) { return out(in(x) / in(y)); }
static inline mx_c64 CRECIP(mx_c64 x) { return out(in((mx_c64){1, 0}) / in(x)); }
static inline float CABS(mx_c64 x) { return hypotf(x.re, x.im); }
static inline mx_c64 CRINT(mx_c64 x) { return (mx_c64){rintf(x.re), rintf(x.im)}; }
static inline int CNONZERO(mx_c64 x) { return EITHER(x.re != 0, x.im != 0); }
static inline int CEQ(mx_c64 x, mx_c64 y) { return BOTH(x.re == y.re, x.im == y.im); }

// By real part, then by imaginary part.
static inline int CLESS(mx_c64 x, mx_c64 y) {
  return EITHER(x.re < y.re, BOTH(x.re == y.re, x.im < y.im));
}

static inline int CLESS_EQUAL(mx_c64 x, mx_c64 y) { return EITHER(CLESS(x, y), CEQ(x, y)); }
static inline int has_nan(mx_c64 x) { return EITHER(x.re != x.re, x.im != x.im); }
static inline mx_c64 CMAX(mx_c64 x, mx_c64 y) { return has_nan(x) || CLESS(y, x) ? x : y; }
static inline mx_c64 CMIN(mx_c64 x, mx_c64 y) { return has_nan(x) || CLESS(x, y) ? x : y; }

static inline mx_c64 CSIGN(mx_c64 x) {
  if (!CNONZERO(x)) return x;
  return out(in(x) / in((mx_c64){CABS(x), 0}));
}

static inline mx_c64 scale(mx_c64 x, float k) { return (mx_c64){x.re * k, x.im * k}; }
static inline mx_c64 CLOG2(mx_c64 x) { return scale(CLOG(x), 1.44269504f); }
static inline mx_c64 CLOG10(mx_c64 x) { return scale(CLOG(x), 0.434294482f); }

// In double the squares are exact and the sum near one loses nothing that a float shows.
static inline mx_c64 CLOG1P(mx_c64 x) {
  double re = x.re, im = x.im;
  if (!(fabs(re) < 1e18 && fabs(im) < 1e18))
    return CLOG((mx_c64){x.re + 1, x.im});
  return (mx_c64){(float)(0.5 * log1p(re * (2 + re) + im * im)), (float)atan2(im, 1 + re)};
}

// As CLOG1P: in double, with cos(y) - 1 as a square.
static inline mx_c64 CEXPM1(mx_c64 x) {
  double re = x.re, im = x.im;
  if (!(fabs(re) < 80 && fabs(im) < 1e18)) return CSUB(CEXP(x), (mx_c64){1, 0});
  double half = sin(im / 2), e = expm1(re);
  return (mx_c64){(float)(e * cos(im) - 2 * half * half), (float)((e + 1) * sin(im))};
}

static inline mx_c64 CPOW(mx_c64 x, mx_c64 y) { return CEXP(CMUL(y, CLOG(x))); }

static inline mx_c64 CLOGADDEXP(mx_c64 x, mx_c64 y) {
  mx_c64 hi = CMAX(x, y), lo = CMIN(x, y);
  if (CEQ(lo, (mx_c64){-INFINITY, 0}) || CEQ(hi, (mx_c64){INFINITY, 0})) return hi;
  return CADD(hi, CLOG1P(CEXP(CSUB(lo, hi))));
}

#define EW_OUT__ mx_c64
#define EW_OUT_b uint8_t
#define EW_OUT_f float
#define EW_STORE__
#define EW_STORE_b (uint8_t)
#define EW_STORE_f (float)
#define EW_FN(P) ew_c64_##P

#define MX_EW1(P, R, E) EW_LOOP1(EW_FN(P), EW_OUT_##R, mx_c64, mx_c64, EW_STORE_##R, E)
#define MX_EW2(P, R, E) EW_LOOP2(EW_FN(P), EW_OUT_##R, mx_c64, mx_c64, EW_STORE_##R, E)
#include "gen/elementwise_z.inc"
#undef MX_EW1
#undef MX_EW2

void MX_SIMD(fill_elementwise_complex)(mx_ew_kernels *k) {
#define MX_EW1(P, R, E) k->op[MX_PRIM_##P][MX_EW_C64] = EW_FN(P);
#define MX_EW2(P, R, E) k->op[MX_PRIM_##P][MX_EW_C64] = EW_FN(P);
#include "gen/elementwise_z.inc"
}
#endif
