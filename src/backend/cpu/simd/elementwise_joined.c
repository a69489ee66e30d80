// Loops of several float32 operations at once, each with its own rounding: sums of products, affine
// forms, and functions with arithmetic before and after. A pass over a tile costs about as much as
// an addition, so these pay for themselves whatever they hold.
#include "backend/cpu/simd/elementwise_simd.h"

#if defined(MX_TIER_AVX512BF16)
void MX_SIMD(fill_elementwise_joined)(mx_ew_kernels *k) { (void)k; }
#else
#include "backend/cpu/simd/vmath.h"

#define JOIN_ADD(x, y) ((x) + (y))
#define JOIN_SUB(x, y) ((x) - (y))
#define JOIN_MUL(x, y) ((x) * (y))
#define JOIN_BUS(x, y) ((y) - (x))
#define JOIN_NONE(x, y) (x)

#define JOIN_ARGS void *out_, const void *const *src, int64_t n
#define JOIN_IN(name, i) const float *name##s = src[i]

// ((a o1 b) o2 c) o3 d
#define LINE(O1, O2, O3)                                                \
  static void line_##O1##_##O2##_##O3(JOIN_ARGS) {                      \
    float *out = out_;                                                  \
    JOIN_IN(a, 0), *bs = src[1], *cs = src[2], *ds = src[3];            \
    EW_VECTOR                                                           \
    for (int64_t i = 0; i < n; i++) {                                   \
      const float t = JOIN_##O1(as[i], bs[i]), u = JOIN_##O2(t, cs[i]); \
      out[i] = JOIN_##O3(u, ds[i]);                                     \
    }                                                                   \
  }

// (a o1 b) o2 (c o3 d)
#define TREE(O1, O2, O3)                                                       \
  static void tree_##O1##_##O2##_##O3(JOIN_ARGS) {                             \
    float *out = out_;                                                         \
    JOIN_IN(a, 0), *bs = src[1], *cs = src[2], *ds = src[3];                   \
    EW_VECTOR                                                                  \
    for (int64_t i = 0; i < n; i++) {                                          \
      const float t = JOIN_##O1(as[i], bs[i]), u = JOIN_##O3(cs[i], ds[i]);    \
      out[i] = JOIN_##O2(t, u);                                                \
    }                                                                          \
  }

// (a b o1 c d) o2 e
#define AFFINE(O1, O2)                                                         \
  static void affine_##O1##_##O2(JOIN_ARGS) {                                  \
    float *out = out_;                                                         \
    JOIN_IN(a, 0), *bs = src[1], *cs = src[2], *ds = src[3], *es = src[4];     \
    EW_VECTOR                                                                  \
    for (int64_t i = 0; i < n; i++) {                                          \
      const float t = as[i] * bs[i], u = cs[i] * ds[i], v = JOIN_##O1(t, u);   \
      out[i] = JOIN_##O2(v, es[i]);                                            \
    }                                                                          \
  }

// F((a o1 b)) o2 c; MINUS: of -(a o1 b).
#define AROUND(F, O1, O2, MINUS)                                               \
  static void around_##F##_##O1##_##O2##_##MINUS(JOIN_ARGS) {                  \
    float *out = out_;                                                         \
    JOIN_IN(a, 0), *bs = src[1], *cs = src[2];                                 \
    (void)bs, (void)cs;                                                        \
    EW_VECTOR                                                                  \
    for (int64_t i = 0; i < n; i++) {                                          \
      const float t = JOIN_##O1(as[i], bs[i]), y = vm_##F(MINUS ? -t : t);     \
      out[i] = JOIN_##O2(y, cs[i]);                                            \
    }                                                                          \
  }

#define LINES(X) LINES_1(X, ADD) LINES_1(X, SUB) LINES_1(X, MUL)
#define LINES_1(X, O1)                                                                             \
  LINES_2(X, O1, ADD) LINES_2(X, O1, SUB) LINES_2(X, O1, MUL) LINES_2(X, O1, BUS)
#define LINES_2(X, O1, O2) X(O1, O2, ADD) X(O1, O2, SUB) X(O1, O2, MUL) X(O1, O2, BUS)
#define TREES(X) TREES_1(X, ADD) TREES_1(X, SUB) TREES_1(X, MUL)
#define TREES_1(X, O1) TREES_2(X, O1, ADD) TREES_2(X, O1, SUB) TREES_2(X, O1, MUL)
#define TREES_2(X, O1, O2) X(O1, O2, ADD) X(O1, O2, SUB) X(O1, O2, MUL)
#define AFFINES(X) AFFINES_1(X, ADD) AFFINES_1(X, SUB)
#define AFFINES_1(X, O1) X(O1, ADD) X(O1, SUB) X(O1, MUL) X(O1, BUS)
// A function with arithmetic on one side alone is a pair.
#define AROUNDS(X) AROUNDS_1(X, tanh)
#define AROUNDS_1(X, F)                                                                     \
  AROUNDS_2(X, F, ADD) AROUNDS_2(X, F, SUB) AROUNDS_2(X, F, MUL) X(F, MUL, NONE, 1)         \
  X(F, MUL, ADD, 1) X(F, MUL, MUL, 1)
#define AROUNDS_2(X, F, O1) X(F, O1, ADD, 0) X(F, O1, MUL, 0)

LINES(LINE)
TREES(TREE)
AFFINES(AFFINE)
AROUNDS(AROUND)

enum { AT_ADD = MX_EW_ADD, AT_SUB = MX_EW_SUB, AT_MUL = MX_EW_MUL, AT_BUS = MX_EW_BUS,
       AT_NONE = MX_EW_NONE, AT_tanh = MX_EW_TANH };

void MX_SIMD(fill_elementwise_joined)(mx_ew_kernels *k) {
#define FILL_LINE(O1, O2, O3) k->line[AT_##O1][AT_##O2][AT_##O3] = line_##O1##_##O2##_##O3;
#define FILL_TREE(O1, O2, O3) k->tree[AT_##O1][AT_##O2][AT_##O3] = tree_##O1##_##O2##_##O3;
#define FILL_AFFINE(O1, O2) k->affine[AT_##O1][AT_##O2] = affine_##O1##_##O2;
#define FILL_AROUND(F, O1, O2, MINUS) \
  k->around[AT_##F][MINUS][AT_##O1][AT_##O2] = around_##F##_##O1##_##O2##_##MINUS;
  LINES(FILL_LINE)
  TREES(FILL_TREE)
  AFFINES(FILL_AFFINE)
  AROUNDS(FILL_AROUND)
}
#endif
