/* Arrays from nothing: ranges, constants, triangles, windows. */
#include <math.h>

#include "core/dtype.h"
#include "core/params.h"
#include "core/session.h"
#include "gen/ops.h"
#include "ops/build.h"

/* ---- ranges ---- */

/* What the double becomes in an integer dtype's range, without undefined conversions. */
static double whole(double x) {
  double t = trunc(x);
  return t < -0x1p63 ? -0x1p63 : t > 0x1.fffffffffffffp63 ? 0x1.fffffffffffffp63 : t;
}

mx_array *mx_arange(double start, double stop, double step, mlx_dtype dtype, mx_stream *s) {
  if (dtype == MLX_BOOL || !mx_dtype_valid(dtype)) {
    mx_fail(MX_VALUE, "[arange] bool not supported for arange.");
    return NULL;
  }
  if (step == 0) {
    mx_fail(MX_VALUE, "[arange] step must be nonzero.");
    return NULL;
  }
  double n = ceil((stop - start) / step);
  if (!isfinite(start) || !isfinite(stop) || isnan(step) || isnan(n)) {
    mx_fail(MX_VALUE, "[arange] Cannot compute length.");
    return NULL;
  }
  if (n > 0x1p53) {
    mx_fail(MX_VALUE, "[arange] Maximum size exceeded.");
    return NULL;
  }
  int64_t size = n > 0 ? (int64_t)n : 0;
  mx_session_pin_shapes();
  if (isinf(step)) step = 0;
  mx_arange_params p = {start, step};
  if (!mx_is_inexact(dtype))
    p = (mx_arange_params){whole(start), whole(start + step) - whole(start)};
  return mx_node(MX_PRIM_ARANGE, (mx_spec){dtype, 1, &size, NULL}, 0, NULL, MX_WORDS(p), s);
}

/* 0, 1, ... n-1 in float32, exact below 2^24. */
static mx_array *counting(int64_t n, mlx_dtype t, mx_stream *s) {
  return mx_arange(0, (double)n, 1, t, s);
}

mx_array *mx_linspace(double start, double stop, int num, mlx_dtype dtype, mx_stream *s) {
  if (num < 0) {
    mx_fail(MX_VALUE, "[linspace] number of samples, %d, must be non-negative.", num);
    return NULL;
  }
  mx_array *from = mx_scalar(start, MLX_FLOAT32);
  if (num == 1) return from ? mx_reshape(mx_cast(from, dtype, s), MX_INTS(1), s) : NULL;
  mx_array *to = mx_scalar(stop, MLX_FLOAT32), *one = mx_scalar(1, MLX_FLOAT32);
  mx_array *last = mx_scalar(num - 1, MLX_FLOAT32), *i = counting(num, MLX_FLOAT32, s);
  mx_array *t = i && last ? mx_divide(i, last, s) : NULL;
  mx_array *rest = t && one ? mx_subtract(one, t, s) : NULL;
  mx_array *left = rest && from ? mx_multiply(rest, from, s) : NULL;
  mx_array *right = t && to ? mx_multiply(t, to, s) : NULL;
  return left && right ? mx_cast(mx_add(left, right, s), dtype, s) : NULL;
}

/* ---- constants ---- */

mx_array *mx_full(mx_ints shape, mx_array *vals, mlx_dtype dtype, mx_stream *s) {
  mx_array *wide = mx_broadcast_to(mx_cast(vals, dtype, s), shape, s);
  if (!wide || wide->size == 0 || wide->row_contiguous) return wide;
  return mx_row_major(wide, s);
}

/* In a graph without shapes, one that follows a's. */
mx_array *mx_full_like(mx_array *a, mx_array *vals, mlx_dtype dtype, mx_stream *s) {
  if (!a || !vals) return NULL;
  if (vals->ndim || !mx_session_shapeless() || !mx_session_has(mx_session_mine(), a))
    return mx_full((mx_ints){a->shape, a->ndim}, vals, dtype, s);
  return mx_where(mx_scalar(0, MLX_BOOL), mx_cast(a, dtype, s), mx_cast(vals, dtype, s), s);
}

static mx_array *constant(mx_ints shape, double value, mlx_dtype dtype, mx_stream *s) {
  if (!mx_dtype_valid(dtype)) {
    mx_fail(MX_VALUE, "[full] invalid dtype %d", (int)dtype);
    return NULL;
  }
  return mx_full(shape, mx_scalar(value, dtype), dtype, s);
}

mx_array *mx_zeros(mx_ints shape, mlx_dtype dtype, mx_stream *s) {
  return constant(shape, 0, dtype, s);
}

mx_array *mx_zeros_like(mx_array *a, mx_stream *s) {
  return a ? mx_full_like(a, mx_scalar(0, (mlx_dtype)a->dtype), (mlx_dtype)a->dtype, s) : NULL;
}

mx_array *mx_ones(mx_ints shape, mlx_dtype dtype, mx_stream *s) {
  return constant(shape, 1, dtype, s);
}

mx_array *mx_ones_like(mx_array *a, mx_stream *s) {
  return a ? mx_full_like(a, mx_scalar(1, (mlx_dtype)a->dtype), (mlx_dtype)a->dtype, s) : NULL;
}

mx_array *mx_empty(mx_ints shape, mlx_dtype dtype, mx_stream *s) {
  return mx_zeros(shape, dtype, s);
}

mx_array *mx_empty_like(mx_array *a, mx_stream *s) {
  return mx_zeros_like(a, s);
}

/* ---- matrices ---- */

/* Row numbers, as a column, and column numbers less k, as a row. */
static int grid(const char *op, int n, int m, int k, mx_array **row, mx_array **col, mx_stream *s) {
  if (n < 0 || m < 0) return mx_fail(MX_VALUE, "[%s] N and M must be positive integers.", op);
  mx_array *i = counting(n, MLX_INT64, s);
  *row = i ? mx_reshape(i, MX_INTS(n, 1), s) : NULL;
  *col = mx_arange(-(double)k, (double)m - k, 1, MLX_INT64, s);
  return !*row || !*col;
}

mx_array *mx_eye(int n, int m, int k, mlx_dtype dtype, mx_stream *s) {
  mx_array *row = NULL, *col = NULL;
  if (grid("eye", n, m, k, &row, &col, s)) return NULL;
  return mx_cast(mx_equal(row, col, s), dtype, s);
}

mx_array *mx_identity(int n, mlx_dtype dtype, mx_stream *s) {
  return mx_eye(n, n, 0, dtype, s);
}

mx_array *mx_tri(int n, int m, int k, mlx_dtype type, mx_stream *s) {
  mx_array *row = NULL, *col = NULL;
  if (grid("tri", n, m, k, &row, &col, s)) return NULL;
  return mx_cast(mx_greater_equal(row, col, s), type, s);
}

/* ---- windows ---- */

/* 0, 1, ... M-1 times factor, float32; M of 1 or less is answered by `done`. */
static mx_array *window_angles(int M, double factor, bool *done, mx_stream *s) {
  *done = M <= 1;
  if (M <= 1) return mx_ones(MX_INTS(M == 1), MLX_FLOAT32, s);
  mx_array *i = counting(M, MLX_FLOAT32, s), *k = mx_scalar(factor, MLX_FLOAT32);
  return i && k ? mx_multiply(i, k, s) : NULL;
}

/* base + scale * x */
static mx_array *affine(mx_array *x, double scale, double base, mx_stream *s) {
  mx_array *k = mx_scalar(scale, MLX_FLOAT32), *b = mx_scalar(base, MLX_FLOAT32);
  mx_array *kx = x && k ? mx_multiply(x, k, s) : NULL;
  return kx && b ? mx_add(b, kx, s) : NULL;
}

mx_array *mx_hanning(int M, mx_stream *s) {
  bool done;
  mx_array *x = window_angles(M, M_PI / (M - 1.0), &done, s);
  if (done || !x) return x;
  x = mx_sin(x, s);
  return x ? mx_square(x, s) : NULL;
}

mx_array *mx_hamming(int M, mx_stream *s) {
  bool done;
  mx_array *x = window_angles(M, 2 * M_PI / (M - 1.0), &done, s);
  if (done || !x) return x;
  return affine(mx_cos(x, s), -0.46, 0.54, s);
}

mx_array *mx_bartlett(int M, mx_stream *s) {
  bool done;
  mx_array *x = window_angles(M, 2 / (M - 1.0), &done, s);
  if (done || !x) return x;
  mx_array *down = affine(x, -1, 2, s);
  return down ? mx_minimum(x, down, s) : NULL;
}

mx_array *mx_blackman(int M, mx_stream *s) {
  bool done;
  mx_array *x = window_angles(M, 2 * M_PI / (M - 1.0), &done, s);
  if (done || !x) return x;
  mx_array *twice = affine(x, 2, 0, s);
  mx_array *wide = twice ? affine(mx_cos(twice, s), 0.08, 0.42, s) : NULL;
  mx_array *narrow = affine(mx_cos(x, s), 0.5, 0, s);
  return wide && narrow ? mx_subtract(wide, narrow, s) : NULL;
}
