// How the rows of gen/elementwise_*.inc become loops. A file defines what a row's letters mean
// (EW_FN, EW_IN, EW_VAR, EW_OUT_*), then EW_LOOP1 and EW_LOOP2 write the functions.
#ifndef MX_CPU_SIMD_ELEMENTWISE_SIMD_H
#define MX_CPU_SIMD_ELEMENTWISE_SIMD_H

#include "backend/cpu/elementwise_kernels.h"
#include "backend/cpu/simd/tier.h"

// Element i of the output may lie on element i of an input, and on no other.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // calls of the C library stay scalar
#define EW_VECTOR _Pragma("clang loop vectorize(assume_safety)")
#else
#define EW_VECTOR _Pragma("GCC ivdep")
#endif

#define EW_ARGS void *out_, const void *x_, const void *y_, const void *z_, int64_t n

#define EW_LOOP1(fn, OUT, IN, VAR, STORE, EXPR) \
  static void fn(EW_ARGS) {                     \
    OUT *out = out_;                            \
    const IN *xs = x_;                          \
    (void)y_, (void)z_;                         \
    EW_VECTOR                                   \
    for (int64_t i = 0; i < n; i++) {           \
      const VAR x = xs[i];                      \
      (void)x;                                  \
      out[i] = STORE(EXPR);                     \
    }                                           \
  }

#define EW_LOOP2(fn, OUT, IN, VAR, STORE, EXPR) \
  static void fn(EW_ARGS) {                     \
    OUT *out = out_;                            \
    const IN *xs = x_, *ys = y_;                \
    (void)z_;                                   \
    EW_VECTOR                                   \
    for (int64_t i = 0; i < n; i++) {           \
      const VAR x = xs[i], y = ys[i];           \
      out[i] = STORE(EXPR);                     \
    }                                           \
  }

// The condition is a bool.
#define EW_LOOP3(fn, OUT, IN, VAR, STORE, EXPR) \
  static void fn(EW_ARGS) {                     \
    OUT *out = out_;                            \
    const uint8_t *xs = x_;                     \
    const IN *ys = y_, *zs = z_;                \
    EW_VECTOR                                   \
    for (int64_t i = 0; i < n; i++) {           \
      const uint8_t x = xs[i];                  \
      const VAR y = ys[i], z = zs[i];           \
      out[i] = STORE(EXPR);                     \
    }                                           \
  }

#define EW_PASTE3_(a, b, c) a##b##_##c
#define EW_PASTE3(a, b, c) EW_PASTE3_(a, b, c)

void MX_SIMD(fill_elementwise_float)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_double)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_complex)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_int)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_cast)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_half)(mx_ew_kernels *k);
void MX_SIMD(fill_elementwise_joined)(mx_ew_kernels *k);

#endif
