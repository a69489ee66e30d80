/* The reduction kernels of reduce.h for one tier.
 * Invariant: chains are counted in numbers, not in vectors, so that tiers give the same bits. */
#include "backend/cpu/simd/rows_vec.h"

#include <math.h>

#include "backend/cpu/simd/rows_simd.h"

enum { BYTES = VL * 4, SHORT = 16 };

/* V: a native vector of T; M: its mask. */
#define VECTORS(T, V, MT, M)                                                                       \
  typedef T V __attribute__((vector_size(VL * 4)));                                                \
  typedef MT M __attribute__((vector_size(VL * 4)));
VECTORS(float, v_f32, int32_t, m_f32)
VECTORS(double, v_f64, int64_t, m_f64)
VECTORS(int32_t, v_i32, int32_t, m_i32)
VECTORS(uint32_t, v_u32, int32_t, m_u32)
VECTORS(int64_t, v_i64, int64_t, m_i64)
VECTORS(uint64_t, v_u64, int64_t, m_u64)

/* The folds of numbers and of vectors; NaN wins in min and max. */
#define ARITHMETIC(N, T)                                                                           \
  INLINE v_##N wide_sum_##N(v_##N a, v_##N b) { return a + b; }                                    \
  INLINE v_##N wide_prod_##N(v_##N a, v_##N b) { return a * b; }                                   \
  INLINE T sum_##N(T a, T b) { return a + b; }                                                     \
  INLINE T prod_##N(T a, T b) { return a * b; }
#define ORDER(N, T, NANS)                                                                          \
  INLINE v_##N wide_min_##N(v_##N a, v_##N b) {                                                    \
    m_##N take = (m_##N)(b < a) | (NANS ? (m_##N)(b != b) : (m_##N)(b < b));                       \
    return (v_##N)((take & (m_##N)b) | (~take & (m_##N)a));                                        \
  }                                                                                                \
  INLINE v_##N wide_max_##N(v_##N a, v_##N b) {                                                    \
    m_##N take = (m_##N)(b > a) | (NANS ? (m_##N)(b != b) : (m_##N)(b < b));                       \
    return (v_##N)((take & (m_##N)b) | (~take & (m_##N)a));                                        \
  }                                                                                                \
  INLINE T min_##N(T a, T b) { return b < a || (NANS && b != b) ? b : a; }                         \
  INLINE T max_##N(T a, T b) { return b > a || (NANS && b != b) ? b : a; }

ARITHMETIC(f32, float)
ARITHMETIC(f64, double)
ARITHMETIC(u32, uint32_t)
ARITHMETIC(u64, uint64_t)
ORDER(f32, float, 1)
ORDER(f64, double, 1)
ORDER(i32, int32_t, 0)
ORDER(u32, uint32_t, 0)
ORDER(i64, int64_t, 0)
ORDER(u64, uint64_t, 0)

#define KERNEL(OP, N, T, LANES, INIT)                                                              \
  static void row_##OP##_##N(const void *px, int64_t n, void *out) {                               \
    enum { W = BYTES / sizeof(T), CHAINS = LANES / W };                                            \
    const T *x = px;                                                                               \
    if (n <= SHORT) {                                                                              \
      T a = x[0];                                                                                  \
      for (int64_t i = 1; i < n; i++) a = OP##_##N(a, x[i]);                                       \
      memcpy(out, &a, sizeof a);                                                                   \
      return;                                                                                      \
    }                                                                                              \
    T lane[LANES];                                                                                 \
    v_##N acc[CHAINS];                                                                             \
    for (int i = 0; i < LANES; i++) lane[i] = INIT;                                                \
    memcpy(acc, lane, sizeof lane);                                                                \
    int64_t i = 0;                                                                                 \
    for (; i + LANES <= n; i += LANES) {                                                           \
      UNROLL for (int c = 0; c < CHAINS; c++) {                                                    \
        v_##N v;                                                                                   \
        memcpy(&v, x + i + c * W, sizeof v);                                                       \
        acc[c] = wide_##OP##_##N(acc[c], v);                                                       \
      }                                                                                            \
    }                                                                                              \
    memcpy(lane, acc, sizeof lane);                                                                \
    for (int c = 0; i < n; i++, c++) lane[c] = OP##_##N(lane[c], x[i]);                            \
    for (int w = LANES / 2; w; w /= 2) {                                                           \
      for (int c = 0; c < w; c++) lane[c] = OP##_##N(lane[c], lane[c + w]);                        \
    }                                                                                              \
    memcpy(out, lane, sizeof *lane);                                                               \
  }                                                                                                \
  static void fold_##OP##_##N(void *pacc, const void *px, int64_t n) {                             \
    enum { W = BYTES / sizeof(T) };                                                                \
    T *restrict acc = pacc;                                                                        \
    const T *restrict x = px;                                                                      \
    int64_t i = 0;                                                                                 \
    for (; i + W <= n; i += W) {                                                                   \
      v_##N a, b;                                                                                  \
      memcpy(&a, acc + i, sizeof a);                                                               \
      memcpy(&b, x + i, sizeof b);                                                                 \
      a = wide_##OP##_##N(a, b);                                                                   \
      memcpy(acc + i, &a, sizeof a);                                                               \
    }                                                                                              \
    for (; i < n; i++) acc[i] = OP##_##N(acc[i], x[i]);                                            \
  }                                                                                                \
  static void chain_##OP##_##N(const void *px, const int64_t *at, int64_t r, int64_t n,            \
                               void *pout) {                                                       \
    enum { W = BYTES / sizeof(T) };                                                                \
    const T *x = px;                                                                               \
    T *out = pout;                                                                                 \
    int64_t i = 0;                                                                                 \
    for (; i + W <= n; i += W) {                                                                   \
      v_##N a, b;                                                                                  \
      memcpy(&a, x + at[0] + i, sizeof a);                                                         \
      for (int64_t k = 1; k < r; k++) {                                                            \
        memcpy(&b, x + at[k] + i, sizeof b);                                                       \
        a = wide_##OP##_##N(a, b);                                                                 \
      }                                                                                            \
      memcpy(out + i, &a, sizeof a);                                                               \
    }                                                                                              \
    for (; i < n; i++) {                                                                           \
      T a = x[at[0] + i];                                                                          \
      for (int64_t k = 1; k < r; k++) a = OP##_##N(a, x[at[k] + i]);                               \
      out[i] = a;                                                                                  \
    }                                                                                              \
  }

KERNEL(sum, f32, float, 64, 0)
KERNEL(prod, f32, float, 64, 1)
KERNEL(min, f32, float, 64, INFINITY)
KERNEL(max, f32, float, 64, -INFINITY)
KERNEL(sum, f64, double, 16, 0)
KERNEL(prod, f64, double, 16, 1)
KERNEL(min, f64, double, 16, (double)INFINITY)
KERNEL(max, f64, double, 16, (double)-INFINITY)
KERNEL(sum, u32, uint32_t, 64, 0)
KERNEL(prod, u32, uint32_t, 64, 1)
KERNEL(min, i32, int32_t, 64, INT32_MAX)
KERNEL(max, i32, int32_t, 64, INT32_MIN)
KERNEL(min, u32, uint32_t, 64, UINT32_MAX)
KERNEL(max, u32, uint32_t, 64, 0)
KERNEL(sum, u64, uint64_t, 16, 0)
KERNEL(prod, u64, uint64_t, 16, 1)
KERNEL(min, i64, int64_t, 16, INT64_MAX)
KERNEL(max, i64, int64_t, 16, INT64_MIN)
KERNEL(min, u64, uint64_t, 16, UINT64_MAX)
KERNEL(max, u64, uint64_t, 16, 0)

/* Complex numbers order by real part, then imaginary part; any NaN gives (NaN, 0). */
static bool c64_nan(mx_c64 a) { return isnan(a.re) || isnan(a.im); }
static bool c64_less(mx_c64 a, mx_c64 b) { return a.re < b.re || (a.re == b.re && a.im < b.im); }
static mx_c64 sum_c64(mx_c64 a, mx_c64 b) { return (mx_c64){a.re + b.re, a.im + b.im}; }
static mx_c64 prod_c64(mx_c64 a, mx_c64 b) {
  return (mx_c64){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static mx_c64 min_c64(mx_c64 a, mx_c64 b) {
  if (c64_nan(a) || c64_nan(b)) return (mx_c64){NAN, 0};
  return c64_less(b, a) ? b : a;
}
static mx_c64 max_c64(mx_c64 a, mx_c64 b) {
  if (c64_nan(a) || c64_nan(b)) return (mx_c64){NAN, 0};
  return c64_less(a, b) ? b : a;
}

#define COMPLEX(OP, RE, IM)                                                                        \
  static void row_##OP##_c64(const void *px, int64_t n, void *out) {                               \
    const mx_c64 *x = px;                                                                          \
    mx_c64 lane[8];                                                                                \
    for (int i = 0; i < 8; i++) lane[i] = (mx_c64){RE, IM};                                        \
    for (int64_t i = 0; i < n; i++) lane[i & 7] = OP##_c64(lane[i & 7], x[i]);                     \
    for (int w = 4; w; w /= 2) {                                                                   \
      for (int c = 0; c < w; c++) lane[c] = OP##_c64(lane[c], lane[c + w]);                        \
    }                                                                                              \
    memcpy(out, lane, sizeof *lane);                                                               \
  }                                                                                                \
  static void fold_##OP##_c64(void *pacc, const void *px, int64_t n) {                             \
    mx_c64 *acc = pacc;                                                                            \
    const mx_c64 *x = px;                                                                          \
    for (int64_t i = 0; i < n; i++) acc[i] = OP##_c64(acc[i], x[i]);                               \
  }
COMPLEX(sum, 0, 0)
COMPLEX(prod, 1, 0)
COMPLEX(min, INFINITY, INFINITY)
COMPLEX(max, -INFINITY, -INFINITY)

/* --- gradients of extremes --- */

static void share(const float *x, const int64_t *x_at, const float *extreme, const float *g,
                  int64_t r, int64_t n, float *d, const int64_t *d_at) {
  int64_t i = 0;
  for (; i + VL <= n; i += VL) {
    v_f32 m, take, v, found;
    memcpy(&m, extreme + i, sizeof m);
    memcpy(&take, g + i, sizeof take);
    v_f32 count = {0}, one = count + 1;
    for (int64_t k = 0; k < r; k++) {
      memcpy(&v, x + x_at[k] + i, sizeof v);
      count += (v_f32)((m_f32)(v == m) & (m_f32)one);
    }
    take = take / count;
    v_f32 none = take * 0;
    for (int64_t k = 0; k < r; k++) {
      memcpy(&v, x + x_at[k] + i, sizeof v);
      m_f32 same = (m_f32)(v == m);
      found = (v_f32)((same & (m_f32)take) | (~same & (m_f32)none));
      memcpy(d + d_at[k] + i, &found, sizeof found);
    }
  }
  for (; i < n; i++) {
    float count = 0;
    for (int64_t k = 0; k < r; k++) count += x[x_at[k] + i] == extreme[i];
    float take = g[i] / count, none = take * 0;
    for (int64_t k = 0; k < r; k++) d[d_at[k] + i] = x[x_at[k] + i] == extreme[i] ? take : none;
  }
}

/* --- widening --- */

#define WIDEN(FROM, TO, EXPR)                                                                      \
  do {                                                                                             \
    const FROM *x = src;                                                                           \
    TO *to = dst;                                                                                  \
    if (stride == 1) {                                                                             \
      for (int64_t i = 0; i < n; i++) { FROM v = x[i]; to[i] = (EXPR); }                           \
    } else {                                                                                       \
      for (int64_t i = 0; i < n; i++) { FROM v = x[i * stride]; to[i] = (EXPR); }                  \
    }                                                                                              \
    return;                                                                                        \
  } while (0)

static void widen_half(const void *src, mlx_dtype t, int64_t n, float *dst) {
  int64_t i = 0;
  for (; i + VL <= n; i += VL) vf_store(dst + i, vf_load_as(src, t, i));
  if (i < n) vf_store_part(dst, MLX_FLOAT32, i, n, vf_load_part(src, t, i, n));
}

static void widen(const void *src, mlx_dtype t, int64_t stride, int64_t n, void *dst) {
  switch (t) {
  case MLX_BOOL:
  case MLX_UINT8: WIDEN(uint8_t, uint32_t, v);
  case MLX_UINT16: WIDEN(uint16_t, uint32_t, v);
  case MLX_INT8: WIDEN(int8_t, int32_t, v);
  case MLX_INT16: WIDEN(int16_t, int32_t, v);
  case MLX_UINT32:
  case MLX_INT32:
  case MLX_FLOAT32: WIDEN(uint32_t, uint32_t, v);
  case MLX_UINT64:
  case MLX_INT64:
  case MLX_FLOAT64:
  case MLX_COMPLEX64: WIDEN(uint64_t, uint64_t, v);
  case MLX_FLOAT16:
    if (stride == 1) {
      widen_half(src, MLX_FLOAT16, n, dst);
      return;
    }
    WIDEN(uint16_t, float, mx_f16_to_f32(v));
  case MLX_BFLOAT16:
    if (stride == 1) {
      widen_half(src, MLX_BFLOAT16, n, dst);
      return;
    }
    WIDEN(uint16_t, float, mx_bf16_to_f32(v));
  }
}

typedef void (*row_fn)(const void *, int64_t, void *);
typedef void (*fold_fn)(void *, const void *, int64_t);
typedef void (*chain_fn)(const void *, const int64_t *, int64_t, int64_t, void *);

#define ENTRIES(OP, FOLD, I32, I64)                                                                \
  do {                                                                                             \
    static const row_fn rows[MX_WIDES] = {NAMES(row, OP, I32, I64)};                               \
    static const fold_fn folds[MX_WIDES] = {NAMES(fold, OP, I32, I64)};                            \
    static const chain_fn chains[MX_WIDES] = {REAL_NAMES(chain, OP, I32, I64)};                    \
    memcpy(k->chain[FOLD], chains, sizeof chains);                                                 \
    memcpy(k->row[FOLD], rows, sizeof rows);                                                       \
    memcpy(k->fold[FOLD], folds, sizeof folds);                                                    \
  } while (0)
#define REAL_NAMES(WHAT, OP, I32, I64)                                                             \
  [MX_WF32] = WHAT##_##OP##_f32, [MX_WF64] = WHAT##_##OP##_f64, [MX_WI32] = WHAT##_##OP##_##I32,   \
  [MX_WU32] = WHAT##_##OP##_u32, [MX_WI64] = WHAT##_##OP##_##I64, [MX_WU64] = WHAT##_##OP##_u64
#define NAMES(WHAT, OP, I32, I64)                                                                  \
  REAL_NAMES(WHAT, OP, I32, I64), [MX_WC64] = WHAT##_##OP##_c64

void MX_SIMD(fill_reduce)(mx_reduce_kernels *k) {
  ENTRIES(sum, MX_FOLD_SUM, u32, u64);
  ENTRIES(prod, MX_FOLD_PROD, u32, u64);
  ENTRIES(min, MX_FOLD_MIN, i32, i64);
  ENTRIES(max, MX_FOLD_MAX, i32, i64);
  k->widen = widen;
  k->share = share;
}
