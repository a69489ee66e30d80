// float32 loops, from the `f` expressions over vmath.h.
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)
#include "backend/cpu/simd/vmath.h"

#define INF VM_INF
#define ABS vm_abs
#define SIGN vm_sign
#define SIGNBIT(x) (vm_bits(x) >> 31)
#define SQRT vm_sqrt
#define EXP vm_exp
#define EXPM1 vm_expm1
#define LOG vm_log
#define LOG2 vm_log2
#define LOG10 vm_log10
#define LOG1P vm_log1p
#define SIN vm_sin
#define COS vm_cos
#define TAN vm_tan
#define TRIG_FAST VM_TRIG_FAST
#define SIN_SLOW vm_sin_slow
#define COS_SLOW vm_cos_slow
#define TAN_SLOW vm_tan_slow
#define ASIN vm_asin
#define ACOS vm_acos
#define ATAN vm_atan
#define SINH vm_sinh
#define COSH vm_cosh
#define TANH vm_tanh
#define ASINH vm_asinh
#define ACOSH vm_acosh
#define ATANH vm_atanh
#define SIGMOID vm_sigmoid
#define ERF vm_erf
#define ERFINV vm_erfinv
#define FLOOR vm_floor
#define CEIL vm_ceil
#define TRUNC vm_trunc
#define RINT vm_rint
#define REMAINDER vm_remainder
#define REMAINDER_IS_SLOW vm_remainder_is_slow
#define REMAINDER_SLOW vm_remainder_slow
#define POW vm_pow
#define MAX vm_max
#define MIN vm_min
#define LOGADDEXP vm_logaddexp
#define ATAN2 vm_atan2
#define COPYSIGN vm_copysign
#define HYPOT vm_hypot
#define NEXTAFTER vm_nextafter

#define EW_OUT__ float
#define EW_OUT_b uint8_t
#define EW_FN(P) ew_f32_##P

#define MX_EW1(P, R, E) EW_LOOP1(EW_FN(P), EW_OUT_##R, float, float, (EW_OUT_##R), E)
#define MX_EW2(P, R, E) EW_LOOP2(EW_FN(P), EW_OUT_##R, float, float, (EW_OUT_##R), E)
#include "gen/elementwise_f32.inc"
#undef MX_EW1
#undef MX_EW2

// A block without an input that needs the slow part takes the vector loop; else each element
// takes its own, which has the same bits as in the vector loop.
enum { BLOCK = 256 };

#define MX_EW_SLOW1(P, E, COND, SLOW)                                  \
  static void EW_FN(P)(EW_ARGS) {                                      \
    (void)y_, (void)z_;                                                \
    for (int64_t at = 0; at < n; at += BLOCK) {                        \
      float *out = (float *)out_ + at;                                 \
      const float *xs = (const float *)x_ + at;                        \
      int m = n - at < BLOCK ? (int)(n - at) : BLOCK, slow = 0;        \
      for (int i = 0; i < m; i++) {                                    \
        const float x = xs[i];                                         \
        slow |= (COND);                                                \
      }                                                                \
      if (!slow) {                                                     \
        EW_VECTOR                                                      \
        for (int i = 0; i < m; i++) {                                  \
          const float x = xs[i];                                       \
          out[i] = E;                                                  \
        }                                                              \
        continue;                                                      \
      }                                                                \
      for (int i = 0; i < m; i++) {                                    \
        const float x = xs[i];                                         \
        out[i] = (COND) ? SLOW : E;                                    \
      }                                                                \
    }                                                                  \
  }

#define MX_EW_SLOW2(P, E, COND, SLOW)                                  \
  static void EW_FN(P)(EW_ARGS) {                                      \
    (void)z_;                                                          \
    for (int64_t at = 0; at < n; at += BLOCK) {                        \
      float *out = (float *)out_ + at;                                 \
      const float *xs = (const float *)x_ + at, *ys = (const float *)y_ + at; \
      int m = n - at < BLOCK ? (int)(n - at) : BLOCK, slow = 0;        \
      for (int i = 0; i < m; i++) {                                    \
        const float x = xs[i], y = ys[i];                              \
        slow |= (COND);                                                \
      }                                                                \
      if (!slow) {                                                     \
        EW_VECTOR                                                      \
        for (int i = 0; i < m; i++) {                                  \
          const float x = xs[i], y = ys[i];                            \
          out[i] = E;                                                  \
        }                                                              \
        continue;                                                      \
      }                                                                \
      for (int i = 0; i < m; i++) {                                    \
        const float x = xs[i], y = ys[i];                              \
        out[i] = (COND) ? SLOW : E;                                    \
      }                                                                \
    }                                                                  \
  }
#include "gen/elementwise_slow.inc"
#undef MX_EW_SLOW1
#undef MX_EW_SLOW2

// A block whose arguments are all near 0 takes the shorter way to the same bits.
#define NEAR(P, SHORT, LONG)                                           \
  static void near_##P(EW_ARGS) {                                      \
    (void)y_, (void)z_;                                                \
    for (int64_t at = 0; at < n; at += BLOCK) {                        \
      float *out = (float *)out_ + at;                                 \
      const float *xs = (const float *)x_ + at;                        \
      int m = n - at < BLOCK ? (int)(n - at) : BLOCK, far = 0;         \
      for (int i = 0; i < m; i++) far |= !(vm_abs(xs[i]) < VM_EXP_NEAR); \
      if (far) {                                                       \
        EW_VECTOR                                                      \
        for (int i = 0; i < m; i++) out[i] = LONG(xs[i]);              \
      } else {                                                         \
        EW_VECTOR                                                      \
        for (int i = 0; i < m; i++) out[i] = SHORT(xs[i]);             \
      }                                                                \
    }                                                                  \
  }
NEAR(exp, vm_exp_near, vm_exp)
NEAR(sigmoid, vm_sigmoid_near, vm_sigmoid)
#undef NEAR

// Two operations in one loop, each with its own rounding.
#define MX_EW_CHAIN(P, I)
#define MX_EW_PAIR(P, Q, SIDE, E1, E2)                                 \
  static void ew_pair_##P##_##Q##_##SIDE(EW_ARGS) {                    \
    float *out = out_;                                                 \
    const float *as = x_, *bs = y_, *cs = z_;                          \
    EW_VECTOR                                                          \
    for (int64_t i = 0; i < n; i++) {                                  \
      const float a = as[i], b = bs[i], c = cs[i];                     \
      float t;                                                         \
      {                                                                \
        const float x = a, y = b;                                      \
        (void)y;                                                       \
        t = E1;                                                        \
      }                                                                \
      const float x = SIDE ? c : t, y = SIDE ? t : c;                  \
      (void)y;                                                         \
      out[i] = E2;                                                     \
    }                                                                  \
  }
#include "gen/elementwise_pairs.inc"
#undef MX_EW_CHAIN
#undef MX_EW_PAIR

static void fill_pairs(mx_ew_kernels *k) {
  enum {
#define MX_EW_CHAIN(P, I) AT_##P = I,
#define MX_EW_PAIR(P, Q, SIDE, E1, E2)
#include "gen/elementwise_pairs.inc"
#undef MX_EW_CHAIN
#undef MX_EW_PAIR
  };
#define MX_EW_CHAIN(P, I)                                               \
  _Static_assert(I < MX_EW_CHAIN_MAX, "room in mx_ew_kernels.pair");    \
  k->chain[MX_PRIM_##P] = I + 1;
#define MX_EW_PAIR(P, Q, SIDE, E1, E2) k->pair[AT_##P][AT_##Q][SIDE] = ew_pair_##P##_##Q##_##SIDE;
#include "gen/elementwise_pairs.inc"
}

void MX_SIMD(fill_elementwise_float)(mx_ew_kernels *k) {
#define MX_EW1(P, R, E) k->op[MX_PRIM_##P][MX_EW_F32] = EW_FN(P);
#define MX_EW2(P, R, E) k->op[MX_PRIM_##P][MX_EW_F32] = EW_FN(P);
#define MX_EW_SLOW1(P, E, COND, SLOW) k->op[MX_PRIM_##P][MX_EW_F32] = EW_FN(P);
#define MX_EW_SLOW2(P, E, COND, SLOW) k->op[MX_PRIM_##P][MX_EW_F32] = EW_FN(P);
#include "gen/elementwise_f32.inc"
#include "gen/elementwise_slow.inc"
  k->op[MX_PRIM_EXP][MX_EW_F32] = near_exp;
  k->op[MX_PRIM_SIGMOID][MX_EW_F32] = near_sigmoid;
  fill_pairs(k);
}
#endif
