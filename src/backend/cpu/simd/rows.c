/* The row kernels of rows.h for one tier.
 * Invariant: sums run over four interleaved chains of vectors, folded in a fixed order. */
#include "backend/cpu/simd/rows_vec.h"

#include <math.h>

#include "backend/cpu/rows.h"
#include "backend/cpu/simd/rows_simd.h"

#define CHAINS 4

INLINE vf load_upto(const void *p, mlx_dtype t, int64_t i, int64_t n) {
  return i + VL <= n ? vf_load_as(p, t, i) : vf_load_part(p, t, i, n);
}

INLINE void store_upto(void *p, mlx_dtype t, int64_t i, int64_t n, vf v) {
  if (i + VL <= n) {
    vf_store_as(p, t, i, v);
  } else {
    vf_store_part(p, t, i, n, v);
  }
}

INLINE vf fold4(const vf *v) { return vf_add(vf_add(v[0], v[1]), vf_add(v[2], v[3])); }

/* NaN does not count: it shows up in the sum of exponentials. */
INLINE float row_max(const void *x, mlx_dtype t, int64_t n) {
  vf m[CHAINS];
  for (int c = 0; c < CHAINS; c++) m[c] = vf_set1(-INFINITY);
  int64_t i = 0;
  for (; i + CHAINS * VL <= n; i += CHAINS * VL) {
    UNROLL for (int c = 0; c < CHAINS; c++) m[c] = vf_max(vf_load_as(x, t, i + c * VL), m[c]);
  }
  for (; i < n; i += VL) {
    vf v = load_upto(x, t, i, n);
    m[0] = vf_max(i + VL <= n ? v : vf_fill_from(v, n - i, -INFINITY), m[0]);
  }
  return vf_max_lane(vf_max(vf_max(m[0], m[1]), vf_max(m[2], m[3])));
}

/* The exponential of a tail: lanes past n give 0. */
INLINE vf exp_upto(const void *x, mlx_dtype t, int64_t i, int64_t n, vf m) {
  vf v = vf_exp0(load_upto(x, t, i, n) - m);
  return i + VL <= n ? v : vf_fill_from(v, n - i, 0);
}

/* Float32 rows keep the exponentials in dst; halves compute them twice, to round once. */
INLINE void softmax_as(const void *x, void *y, const mlx_dtype t, int64_t n) {
  const vf m = vf_set1(row_max(x, t, n));
  vf sum[CHAINS];
  for (int c = 0; c < CHAINS; c++) sum[c] = vf_zero();
  int64_t i = 0;
  for (; i + CHAINS * VL <= n; i += CHAINS * VL) {
    UNROLL for (int c = 0; c < CHAINS; c++) {
      vf e = vf_exp0(vf_load_as(x, t, i + c * VL) - m);
      if (t == MLX_FLOAT32) vf_store_as(y, t, i + c * VL, e);
      sum[c] = vf_add(sum[c], e);
    }
  }
  for (; i < n; i += VL) {
    vf e = exp_upto(x, t, i, n, m);
    if (t == MLX_FLOAT32) store_upto(y, t, i, n, e);
    sum[0] = vf_add(sum[0], e);
  }
  const vf scale = vf_set1(1 / vf_sum(fold4(sum)));
  for (i = 0; i < n; i += VL) {
    vf e = t == MLX_FLOAT32 ? load_upto(y, t, i, n) : vf_exp0(load_upto(x, t, i, n) - m);
    store_upto(y, t, i, n, vf_mul(e, scale));
  }
}

/* An infinite maximum is the answer, unless there is a NaN that the maximum passed over. */
INLINE float infinite_or_nan(const void *x, mlx_dtype t, int64_t n, float top) {
  for (int64_t i = 0; i < n; i++) {
    float lane[VL];
    vf_store(lane, vf_load_part(x, t, i, i + 1));
    if (isnan(lane[0])) return lane[0];
  }
  return top;
}

INLINE float logsumexp_as(const void *x, const mlx_dtype t, int64_t n) {
  const float top = row_max(x, t, n);
  if (isinf(top)) return infinite_or_nan(x, t, n, top);
  const vf m = vf_set1(top);
  vf sum[CHAINS];
  for (int c = 0; c < CHAINS; c++) sum[c] = vf_zero();
  int64_t i = 0;
  for (; i + CHAINS * VL <= n; i += CHAINS * VL) {
    UNROLL for (int c = 0; c < CHAINS; c++) {
      sum[c] = vf_add(sum[c], vf_exp0(vf_load_as(x, t, i + c * VL) - m));
    }
  }
  for (; i < n; i += VL) sum[0] = vf_add(sum[0], exp_upto(x, t, i, n, m));
  return top + logf(vf_sum(fold4(sum)));
}

/* Sum of (x - shift)^2. */
INLINE float sum_squares(const void *x, mlx_dtype t, int64_t n, float shift) {
  const vf off = vf_set1(shift);
  vf sum[CHAINS];
  for (int c = 0; c < CHAINS; c++) sum[c] = vf_zero();
  int64_t i = 0;
  for (; i + CHAINS * VL <= n; i += CHAINS * VL) {
    UNROLL for (int c = 0; c < CHAINS; c++) {
      vf v = vf_load_as(x, t, i + c * VL) - off;
      sum[c] = vf_fma(v, v, sum[c]);
    }
  }
  for (; i < n; i += VL) {
    vf v = load_upto(x, t, i, n) - off;
    if (i + VL > n) v = vf_fill_from(v, n - i, 0);
    sum[0] = vf_fma(v, v, sum[0]);
  }
  return vf_sum(fold4(sum));
}

INLINE float row_sum(const void *x, mlx_dtype t, int64_t n) {
  vf sum[CHAINS];
  for (int c = 0; c < CHAINS; c++) sum[c] = vf_zero();
  int64_t i = 0;
  for (; i + CHAINS * VL <= n; i += CHAINS * VL) {
    UNROLL for (int c = 0; c < CHAINS; c++) {
      sum[c] = vf_add(sum[c], vf_load_as(x, t, i + c * VL));
    }
  }
  for (; i < n; i += VL) sum[0] = vf_add(sum[0], load_upto(x, t, i, n));
  return vf_sum(fold4(sum));
}

/* y = round((x - shift) * scale) * w + b, each step rounded to t as separate operations are. */
INLINE void scale_row(const void *x, const void *w, const void *b, void *y, const mlx_dtype t,
                      int64_t n, float shift, float scale) {
  const vf off = vf_set1(shift), by = vf_set1(scale);
  for (int64_t i = 0; i < n; i += VL) {
    vf v = vf_mul(load_upto(x, t, i, n) - off, by);
    if (w) v = vf_mul(vf_round_as(t, v), load_upto(w, t, i, n));
    if (b) v = vf_add(vf_round_as(t, v), load_upto(b, t, i, n));
    store_upto(y, t, i, n, v);
  }
}

INLINE void rms_norm_as(const void *x, const void *w, void *y, const mlx_dtype t, int64_t n,
                        float eps) {
  float scale = 1 / sqrtf(sum_squares(x, t, n, 0) / (float)n + eps);
  scale_row(x, w, NULL, y, t, n, 0, scale);
}

INLINE void layer_norm_as(const void *x, const void *w, const void *b, void *y, const mlx_dtype t,
                          int64_t n, float eps) {
  float mean = row_sum(x, t, n) / (float)n;
  float scale = 1 / sqrtf(sum_squares(x, t, n, mean) / (float)n + eps);
  scale_row(x, w, b, y, t, n, mean, scale);
}

/* Sine and cosine of x by quarter turns; the float32 argument leaves double precision to spare. */
INLINE void sincos_turn(float x, float *s, float *c) {
  const double magic = 0x1.8p52, a = x;
  double n = a * 0.63661977236758134308 + magic;
  int64_t quarter;
  memcpy(&quarter, &n, sizeof quarter);
  n -= magic;
  double r = a - n * 1.57079632673412561417e+00 - n * 6.07710050650619224932e-11, z = r * r;
  double ps = 2.75573192239858906526e-6 - z * 2.5052108385441718775e-8;
  double pc = 2.48015873015873015873e-5 - z * 2.75573192239858906526e-7;
  ps = -1.98412698412698412698e-4 + z * ps;
  pc = -1.38888888888888888889e-3 + z * pc;
  double sn = r + r * z * (-1.66666666666666666667e-1 + z * (8.33333333333333333333e-3 + z * ps));
  double cs = 1 - z * 0.5 + z * z * (4.16666666666666666667e-2 + z * pc);
  double sq = quarter & 1 ? cs : sn, cq = quarter & 1 ? sn : cs;
  *s = (float)(quarter & 2 ? -sq : sq);
  *c = (float)((quarter + 1) & 2 ? -cq : cq);
}

static void angles(float at, const float *by, int64_t n, float *sines, float *cosines) {
  for (int64_t i = 0; i < n; i++) sincos_turn(at * by[i], sines + i, cosines + i);
  /* Beyond what two parts of pi/2 reduce, and for infinities. */
  for (int64_t i = 0; i < n; i++) {
    float angle = at * by[i];
    if (fabsf(angle) < 0x1p20f) continue;
    sines[i] = (float)sin((double)angle);
    cosines[i] = (float)cos((double)angle);
  }
}

/* Halves are rounded after each product, as in a graph of separate operations. */
INLINE void rotate(const mlx_dtype t, vf *a, vf *b, vf c, vf s) {
  const vf x = *a, y = *b;
  *a = vf_round_as(t, vf_mul(x, c)) - vf_round_as(t, vf_mul(y, s));
  *b = vf_add(vf_round_as(t, vf_mul(x, s)), vf_round_as(t, vf_mul(y, c)));
}

INLINE void rope_halves(const void *x, void *y, const mlx_dtype t, int64_t half,
                        const float *cosines, const float *sines) {
  const void *xb = vf_at(x, t, half);
  void *yb = (char *)y + half * (t == MLX_FLOAT32 ? 4 : 2);
  for (int64_t i = 0; i < half; i += VL) {
    vf a = load_upto(x, t, i, half), b = load_upto(xb, t, i, half);
    vf c = load_upto(cosines, MLX_FLOAT32, i, half), s = load_upto(sines, MLX_FLOAT32, i, half);
    rotate(t, &a, &b, c, s);
    store_upto(y, t, i, half, a);
    store_upto(yb, t, i, half, b);
  }
}

/* Neighbours are split into two runs, rotated and merged again. */
INLINE void rope_pairs(const void *x, void *y, const mlx_dtype t, int64_t half,
                       const float *cosines, const float *sines) {
  for (int64_t i = 0; i < half; i += VL) {
    float both[2 * VL], even[VL], odd[VL];
    const bool second = half - i > VL / 2;
    vf_store(both, load_upto(x, t, 2 * i, 2 * half));
    vf_store(both + VL, second ? load_upto(x, t, 2 * i + VL, 2 * half) : vf_zero());
    for (int64_t j = 0; j < VL; j++) {
      even[j] = both[2 * j];
      odd[j] = both[2 * j + 1];
    }
    vf a = vf_load(even), b = vf_load(odd);
    vf c = load_upto(cosines, MLX_FLOAT32, i, half), s = load_upto(sines, MLX_FLOAT32, i, half);
    rotate(t, &a, &b, c, s);
    vf_store(even, a);
    vf_store(odd, b);
    for (int64_t j = 0; j < VL; j++) {
      both[2 * j] = even[j];
      both[2 * j + 1] = odd[j];
    }
    store_upto(y, t, 2 * i, 2 * half, vf_load(both));
    if (second) store_upto(y, t, 2 * i + VL, 2 * half, vf_load(both + VL));
  }
}

#define BY_DTYPE(t, call)                                                                          \
  switch (t) {                                                                                     \
  case MLX_FLOAT16: call(MLX_FLOAT16); break;                                                      \
  case MLX_BFLOAT16: call(MLX_BFLOAT16); break;                                                    \
  default: call(MLX_FLOAT32); break;                                                               \
  }

static void softmax(const void *src, void *dst, mlx_dtype t, int64_t n) {
#define CALL(T) softmax_as(src, dst, T, n)
  BY_DTYPE(t, CALL)
#undef CALL
}

static float logsumexp(const void *src, mlx_dtype t, int64_t n) {
#define CALL(T) return logsumexp_as(src, T, n)
  BY_DTYPE(t, CALL)
#undef CALL
}

static void rms_norm(const void *x, const void *w, void *y, mlx_dtype t, int64_t n, float eps) {
#define CALL(T) rms_norm_as(x, w, y, T, n, eps)
  BY_DTYPE(t, CALL)
#undef CALL
}

static void layer_norm(const void *x, const void *w, const void *b, void *y, mlx_dtype t,
                       int64_t n, float eps) {
#define CALL(T) layer_norm_as(x, w, b, y, T, n, eps)
  BY_DTYPE(t, CALL)
#undef CALL
}

static void rope(const void *x, void *y, mlx_dtype t, int64_t dims, bool traditional,
                 const float *cosines, const float *sines) {
#define PAIRS(T) rope_pairs(x, y, T, dims / 2, cosines, sines)
#define HALVES(T) rope_halves(x, y, T, dims / 2, cosines, sines)
  if (traditional) {
    BY_DTYPE(t, PAIRS)
  } else {
    BY_DTYPE(t, HALVES)
  }
#undef PAIRS
#undef HALVES
}

static void attend(float *s, int64_t n, float *m, float *l, float *acc, int64_t dv) {
  float top = row_max(s, MLX_FLOAT32, n);
  top = top > *m ? top : *m;
  /* Nothing but -inf so far: any finite maximum gives zeros. */
  const float base = top == -INFINITY ? 0 : top;
  vf sum = vf_zero(), at = vf_set1(base);
  for (int64_t i = 0; i < n; i += VL) {
    vf e = vf_exp0(vf_load(s + i) - at);
    if (i + VL > n) e = vf_fill_from(e, n - i, 0);
    vf_store(s + i, e);
    sum = vf_add(sum, e);
  }
  if (top != *m) {
    float back[VL];
    vf_store(back, vf_exp0(vf_set1(*m - base)));
    const vf by = vf_set1(back[0]);
    for (int64_t i = 0; i < dv; i += VL) {
      store_upto(acc, MLX_FLOAT32, i, dv, vf_mul(load_upto(acc, MLX_FLOAT32, i, dv), by));
    }
    *l *= back[0];
  }
  *l += vf_sum(sum);
  *m = top;
}

INLINE void round_to(float *x, const mlx_dtype t, int64_t n) {
  for (int64_t i = 0; i < n; i += VL)
    store_upto(x, MLX_FLOAT32, i, n, vf_round_as(t, load_upto(x, MLX_FLOAT32, i, n)));
}

static void round_row(float *x, mlx_dtype t, int64_t n) {
#define CALL(T) round_to(x, T, n)
  BY_DTYPE(t, CALL)
#undef CALL
}

void MX_SIMD(fill_rows)(mx_rows_kernels *k) {
  k->softmax = softmax;
  k->logsumexp = logsumexp;
  k->rms_norm = rms_norm;
  k->layer_norm = layer_norm;
  k->angles = angles;
  k->rope = rope;
  k->attend = attend;
  k->round = round_row;
}
