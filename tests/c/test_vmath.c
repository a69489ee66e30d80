// Promise: the float functions of vmath.h stay within their error over the whole range, and give
// the C library's answers at infinities, NaNs, zeros and denormals. Prints the table.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/cpu/simd/vmath.h"

// Errors count in units of the result's last place; denormal results in units of the smallest.
static double ulp_error(float got, long double want) {
  if (isnan(got) || isnan(want)) return isnan(got) && isnan(want) ? 0 : INFINITY;
  float rounded = (float)want;
  if (got == rounded) return signbit(got) == signbit(rounded) || want != 0 ? 0 : INFINITY;
  if (isinf(got) || isinf(rounded)) {
    float a = fabsf(isinf(got) ? rounded : got);
    return !isinf(a) && a > 0x1.fffff0p127f && !signbit(got) == !signbit(rounded) ? 1 : INFINITY;
  }
  int e;
  frexpl(want, &e);
  double ulp = ldexp(1.0, (e < -125 ? -125 : e) - 24);
  return (double)fabsl(((long double)got - want) / ulp);
}

typedef struct fun1 {
  const char *name;
  float (*fast)(float);
  long double (*exact)(long double);
  double limit;
} fun1;

static float full_sin(float x) { return vm_abs(x) > VM_TRIG_FAST ? vm_sin_slow(x) : vm_sin(x); }
static float full_cos(float x) { return vm_abs(x) > VM_TRIG_FAST ? vm_cos_slow(x) : vm_cos(x); }
static float full_tan(float x) { return vm_abs(x) > VM_TRIG_FAST ? vm_tan_slow(x) : vm_tan(x); }
static float slow_sin(float x) { return vm_abs(x) >= 1 ? vm_sin_slow(x) : vm_sin(x); }
static float slow_cos(float x) { return vm_abs(x) >= 1 ? vm_cos_slow(x) : vm_cos(x); }
static long double exact_sigmoid(long double x) { return 1 / (1 + expl(-x)); }

// Newton's method on erf, from a guess good to two digits
static long double exact_erfinv(long double y) {
  if (isnan(y) || fabsl(y) > 1) return NAN;
  if (fabsl(y) == 1 || y == 0) return y == 0 ? y : y * INFINITY;
  long double w = -logl((1 - y) * (1 + y)), x = y * sqrtl(w < 1 ? 0.7854L : w) * 0.9L;
  for (int i = 0; i < 60; i++) {
    long double f = y > 0 ? (1 - y) - erfcl(x) : erfcl(-x) - (1 + y);
    if (fabsl(y) < 0.5L) f = erfl(x) - y;
    long double d = f / (1.1283791670955125739L * expl(-x * x));
    x -= d > 0.5L ? 0.5L : d < -0.5L ? -0.5L : d;
  }
  return x;
}

#define FUN(name, limit) {#name, vm_##name, name##l, limit}
static const fun1 functions[] = {
    FUN(exp, 2),   FUN(expm1, 2), FUN(log, 2),   FUN(log2, 2),  FUN(log10, 2), FUN(log1p, 2),
    FUN(tanh, 4),  FUN(sinh, 4),  FUN(cosh, 4),  FUN(asin, 4),  FUN(acos, 4),  FUN(atan, 4),
    FUN(asinh, 4), FUN(acosh, 4), FUN(atanh, 4), FUN(erf, 4),   FUN(sqrt, 0.501), FUN(floor, 0),
    FUN(ceil, 0),  FUN(trunc, 0), FUN(rint, 0),  {"sin", full_sin, sinl, 4},
    {"cos", full_cos, cosl, 4},   {"tan", full_tan, tanl, 4},   {"sin_slow", slow_sin, sinl, 4},
    {"cos_slow", slow_cos, cosl, 4}, {"sigmoid", vm_sigmoid, exact_sigmoid, 4},
    {"erfinv", vm_erfinv, exact_erfinv, 4},
};

static void one_argument(void **state) {
  (void)state;
  int bad = 0;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const fun1 *f = &functions[i];
    double worst = 0;
    float at = 0;
    // A stride that is no power of two visits every exponent and both signs.
    for (uint64_t u = 0; u < 1ull << 32; u += f->exact == exact_erfinv ? 1999993 : 19997) {
      float x = vm_float((uint32_t)u);
      double e = ulp_error(f->fast(x), f->exact(x));
      if (e > worst) worst = e, at = x;
    }
    for (int k = -2000; k <= 2000; k++) {
      float x = (float)k / 256;
      double e = ulp_error(f->fast(x), f->exact(x));
      if (e > worst) worst = e, at = x;
    }
    const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 0x1p-149f, -0x1p-149f,
                             0x1.fffffep127f, -0x1.fffffep127f, 0x1p-126f, 88.72284f, 0.5f, -0.5f,
                             88.72283f, -103.97f, -104.1f, 89.4f, 1e6f, 1048577.0f, 16777216.0f};
    for (size_t k = 0; k < sizeof special / sizeof *special; k++) {
      double e = ulp_error(f->fast(special[k]), f->exact(special[k]));
      if (e > worst) worst = e, at = special[k];
    }
    printf("  %-10s %8.3f ULP at %a = %g\n", f->name, worst, at, at);
    bad += !(worst <= f->limit);
  }
  assert_int_equal(bad, 0);
}

static uint64_t seed = 88172645463325252ull;
static uint32_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed >> 32);
}

static long double exact_logaddexp(long double x, long double y) {
  long double hi = x > y ? x : y, lo = x > y ? y : x;
  if (isnan(x) || isnan(y)) return NAN;
  return isinf(hi) || isinf(lo) ? hi : hi + log1pl(expl(lo - hi));
}
static long double exact_remainder(long double x, long double y) {
  float r = fmodf((float)x, (float)y);
  if (r == 0) return copysignf(r, (float)y);
  return (r < 0) != (y < 0) ? (float)(r + (float)y) : r;
}
static float full_remainder(float x, float y) {
  return vm_remainder_is_slow(x, y) ? vm_remainder_slow(x, y) : vm_remainder(x, y);
}
static long double exact_nextafter(long double x, long double y) {
  return nextafterf((float)x, (float)y);
}

typedef struct fun2 {
  const char *name;
  float (*fast)(float, float);
  long double (*exact)(long double, long double);
  double limit;
} fun2;

static const fun2 functions2[] = {
    {"pow", vm_pow, powl, 2},
    {"atan2", vm_atan2, atan2l, 4},
    {"hypot", vm_hypot, hypotl, 1},
    {"remainder", full_remainder, exact_remainder, 0},
    {"nextafter", vm_nextafter, exact_nextafter, 0},
    {"copysign", vm_copysign, copysignl, 0},
};

static void two_arguments(void **state) {
  (void)state;
  const float special[] = {0.0f, -0.0f, 1, -1, 2, -2, 3, 0.5f, -0.5f, -1.5f, INFINITY, -INFINITY,
                           NAN, 0x1p-149f, -0x1p-149f, 0x1.fffffep127f, 16777217.0f, 1e10f, -3, 7,
                           0x1p-126f, 128, -149, -150, 1e-30f, 0x1p30f};
  enum { N = sizeof special / sizeof *special };
  int bad = 0;
  for (size_t i = 0; i < sizeof functions2 / sizeof *functions2; i++) {
    const fun2 *f = &functions2[i];
    double worst = 0;
    float at = 0, and = 0;
    for (int k = 0; k < 400000 + N * N; k++) {
      float x = vm_float(next_random()), y = vm_float(next_random());
      if (k % 2) x = (float)(int32_t)next_random() / 0x1p28f, y = (float)(int32_t)next_random() / 0x1p25f;
      if (k < N * N) x = special[k % N], y = special[k / N];
      double e = ulp_error(f->fast(x, y), f->exact(x, y));
      if (e > worst) worst = e, at = x, and = y;
    }
    printf("  %-10s %8.3f ULP at %a, %a = %g, %g\n", f->name, worst, at, and, at, and);
    bad += !(worst <= f->limit);
  }
  assert_int_equal(bad, 0);
}

// The sum is near zero for opposite inputs, so its error is counted against the larger input.
static float whole_tanh(float x) {
  float a = vm_abs(x), t = vm_expm1(2.0f * (a > 10.0f ? 10.0f : a));
  return vm_copysign(a != a ? a : t / (t + 2.0f), x);
}

// The ways that leave out what an argument cannot need give the bits of the whole function.
static void short_ways_change_no_bit(void **state) {
  (void)state;
  for (uint32_t u = 0; u < 0xffff0000u; u += 977) {
    float x = vm_float(u);
    if (vm_abs(x) < VM_EXP_NEAR) {
      assert_int_equal(vm_bits(vm_exp_near(x)), vm_bits(vm_exp(x)));
      assert_int_equal(vm_bits(vm_sigmoid_near(x)), vm_bits(vm_sigmoid(x)));
    }
    float t = vm_tanh(x), w = whole_tanh(x);
    assert_true(vm_bits(t) == vm_bits(w) || (t != t && w != w));
  }
}

static void logaddexp_error(void **state) {
  (void)state;
  double worst = 0;
  for (int k = 0; k < 400000; k++) {
    float x = (float)(int32_t)next_random() / 0x1p26f, y = (float)(int32_t)next_random() / 0x1p26f;
    long double want = exact_logaddexp(x, y);
    float big = fmaxf(fmaxf(fabsf(x), fabsf(y)), 0.5f);
    double e = (double)fabsl(vm_logaddexp(x, y) - want) / (big * 0x1p-24);
    if (e > worst) worst = e;
  }
  printf("  logaddexp  %8.3f\n", worst);
  assert_true(worst < 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_argument),
      cmocka_unit_test(two_arguments),
      cmocka_unit_test(short_ways_change_no_bit),
      cmocka_unit_test(logaddexp_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
