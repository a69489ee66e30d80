/* Builders of norms and cross products. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/ops.h"

/* Norms of integers are float32. */
static mlx_dtype norm_dtype(const mx_array *a) {
  return mx_at_least_float((mlx_dtype)a->dtype);
}

/* ---- vectors ---- */

mx_array *mx_linalg_norm_l2(mx_array *a, mx_ints axis, bool keepdims, mx_stream *s) {
  if (!a)
    return NULL;
  if (axis.n > 2) {
    mx_fail(MX_VALUE, "[linalg::norm] %d axes: a norm takes one or two", axis.n);
    return NULL;
  }
  mx_array *x = mx_is_inexact((mlx_dtype)a->dtype) ? a : mx_cast(a, MLX_FLOAT32, s);
  if (x && x->dtype == MLX_COMPLEX64)
    x = mx_abs(x, s);
  x = x ? mx_square(x, s) : NULL;
  if (x)
    x = axis.n ? mx_sum_axes(x, axis, keepdims, s) : mx_sum(x, keepdims, s);
  return x ? mx_sqrt(x, s) : NULL;
}

/* (sum of |a|^ord)^(1/ord) */
static mx_array *power_norm(mx_array *size, double ord, mx_ints axis, bool keepdims, mx_stream *s) {
  mx_array *p = mx_scalar(ord, (mlx_dtype)size->dtype);
  mx_array *q = mx_scalar(1 / ord, (mlx_dtype)size->dtype);
  mx_array *sum = p ? mx_power(size, p, s) : NULL;
  sum = sum ? mx_sum_axes(sum, axis, keepdims, s) : NULL;
  return sum && q ? mx_power(sum, q, s) : NULL;
}

static mx_array *vector_norm(mx_array *a, double ord, mx_ints axis, bool keepdims, mx_stream *s) {
  if (ord == 2)
    return mx_linalg_norm_l2(a, axis, keepdims, s);
  mlx_dtype t = norm_dtype(a);
  if (ord == 0) {
    mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
    mx_array *used = zero ? mx_not_equal(a, zero, s) : NULL;
    return used ? mx_cast(mx_sum_axes(used, axis, keepdims, s), t, s) : NULL;
  }
  mx_array *size = mx_abs(a, s), *r = NULL;
  if (size && !mx_is_inexact((mlx_dtype)size->dtype))
    size = mx_cast(size, MLX_FLOAT32, s);
  if (!size)
    return NULL;
  if (ord == 1)
    r = mx_sum_axes(size, axis, keepdims, s);
  else if (isinf(ord))
    r = ord > 0 ? mx_max_axes(size, axis, keepdims, s) : mx_min_axes(size, axis, keepdims, s);
  else
    r = power_norm(size, ord, axis, keepdims, s);
  return mx_cast(r, t, s);
}

/* ---- matrices ---- */

/* The largest or least of the sums along one of the two axes. */
static mx_array *sums_norm(mx_array *a, int along, int across, bool largest, bool keepdims,
                           mx_stream *s) {
  mlx_dtype t = norm_dtype(a);
  mx_array *size = mx_abs(a, s);
  size = size ? mx_sum_axis(mx_cast(size, mx_at_least_float((mlx_dtype)size->dtype), s), along,
                            true, s)
              : NULL;
  if (size)
    size = largest ? mx_max_axis(size, across, true, s) : mx_min_axis(size, across, true, s);
  if (size && !keepdims)
    size = mx_squeeze_axes(size, MX_INTS(along, across), s);
  return mx_cast(size, t, s);
}

enum spectral { LARGEST, LEAST, SUM };

/* From the singular values over axes i and j. */
static mx_array *spectral_norm(mx_array *a, int i, int j, enum spectral what, bool keepdims,
                               mx_stream *s) {
  mx_vec f = {NULL, 0};
  int64_t order[MX_MAX_NDIM];
  int n = 0;
  for (int k = 0; k < a->ndim; k++)
    if (k != i && k != j)
      order[n++] = k;
  order[n++] = i;
  order[n++] = j;
  mx_array *m = mx_transpose_axes(a, (mx_ints){order, n}, s), *r = NULL;
  if (!m || mx_linalg_svd(&f, m, false, s)) {
    free(f.p);
    return NULL;
  }
  r = what == SUM       ? mx_sum_axis(f.p[0], -1, false, s)
      : what == LARGEST ? mx_max_axis(f.p[0], -1, false, s)
                        : mx_min_axis(f.p[0], -1, false, s);
  free(f.p);
  if (r && keepdims)
    r = mx_expand_dims_axes(r, i < j ? MX_INTS(i, j) : MX_INTS(j, i), s);
  return r;
}

static mx_array *matrix_norm(mx_array *a, double ord, mx_ints axis, bool keepdims, mx_stream *s) {
  int i, j;
  if (mx_axis("linalg::norm", axis.p[0], a->ndim, &i) ||
      mx_axis("linalg::norm", axis.p[1], a->ndim, &j))
    return NULL;
  if (i == j) {
    mx_fail(MX_VALUE, "[linalg::norm] axis %d is named twice", i);
    return NULL;
  }
  if (fabs(ord) == 1)
    return sums_norm(a, i, j, ord > 0, keepdims, s);
  if (isinf(ord))
    return sums_norm(a, j, i, ord > 0, keepdims, s);
  if (fabs(ord) == 2)
    return spectral_norm(a, i, j, ord > 0 ? LARGEST : LEAST, keepdims, s);
  mx_fail(MX_VALUE, "[linalg::norm] invalid ord %g for a matrix norm", ord);
  return NULL;
}

/* No axis means all of them. */
static mx_ints named_axes(const mx_array *a, mx_ints axis, int64_t *all) {
  if (axis.n)
    return axis;
  for (int i = 0; i < a->ndim; i++)
    all[i] = i;
  return (mx_ints){all, a->ndim};
}

mx_array *mx_linalg_norm(mx_array *a, double ord, mx_ints axis, bool keepdims, mx_stream *s) {
  int64_t all[MX_MAX_NDIM];
  if (!a)
    return NULL;
  axis = named_axes(a, axis, all);
  if (axis.n == 1)
    return vector_norm(a, ord, axis, keepdims, s);
  if (axis.n == 2)
    return matrix_norm(a, ord, axis, keepdims, s);
  mx_fail(MX_VALUE, "[linalg::norm] %d axes: a norm takes one or two", axis.n);
  return NULL;
}

mx_array *mx_linalg_norm_matrix(mx_array *a, const char *ord, mx_ints axis, bool keepdims,
                                mx_stream *s) {
  int64_t all[MX_MAX_NDIM];
  int i, j;
  if (!a)
    return NULL;
  axis = named_axes(a, axis, all);
  if (!ord || axis.n != 2) {
    mx_fail(MX_VALUE, "[linalg::norm] '%s' is a norm of matrices, but there are %d axes",
            ord ? ord : "", axis.n);
    return NULL;
  }
  if (strcmp(ord, "fro") == 0 || strcmp(ord, "f") == 0)
    return mx_linalg_norm_l2(a, axis, keepdims, s);
  if (strcmp(ord, "nuc") != 0) {
    mx_fail(MX_VALUE, "[linalg::norm] invalid ord '%s' for a matrix norm", ord);
    return NULL;
  }
  if (mx_axis("linalg::norm", axis.p[0], a->ndim, &i) ||
      mx_axis("linalg::norm", axis.p[1], a->ndim, &j))
    return NULL;
  if (i == j) {
    mx_fail(MX_VALUE, "[linalg::norm] axis %d is named twice", i);
    return NULL;
  }
  return spectral_norm(a, i, j, SUM, keepdims, s);
}

/* ---- cross products ---- */

/* Number i of the vectors along an axis (negative); zero where there are only two. */
static mx_array *component(mx_array *a, int axis, int i, mx_stream *s) {
  mx_array *at = mx_scalar(i, MLX_INT32);
  if (i < a->shape[a->ndim + axis])
    return at ? mx_take_axis(a, at, axis, s) : NULL;
  at = mx_scalar(0, MLX_INT32);
  mx_array *first = at ? mx_take_axis(a, at, axis, s) : NULL;
  return first ? mx_zeros_like(first, s) : NULL;
}

/* a[i] b[j] - a[j] b[i] */
static mx_array *minor_of(mx_array **a, mx_array **b, int i, int j, mx_stream *s) {
  mx_array *x = mx_multiply(a[i], b[j], s), *y = mx_multiply(a[j], b[i], s);
  return x && y ? mx_subtract(x, y, s) : NULL;
}

mx_array *mx_linalg_cross(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  int at;
  if (!a || !b || mx_axis("linalg::cross", axis, a->ndim, &at))
    return NULL;
  at -= a->ndim;
  if (at < -b->ndim) {
    mx_fail(MX_INDEX, "[linalg::cross] axis %d is out of range for an array of %d dimensions", axis,
            b->ndim);
    return NULL;
  }
  int64_t n = a->shape[a->ndim + at], m = b->shape[b->ndim + at];
  if ((n != 2 && n != 3) || (m != 2 && m != 3)) {
    mx_fail(MX_VALUE, "[linalg::cross] the axis must have 2 or 3 numbers, got %lld and %lld",
            (long long)n, (long long)m);
    return NULL;
  }
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  mx_array *x[3], *y[3], *r[3];
  a = mx_cast(a, t, s);
  b = mx_cast(b, t, s);
  for (int i = 0; i < 3; i++) {
    x[i] = a ? component(a, at, i, s) : NULL;
    y[i] = b ? component(b, at, i, s) : NULL;
    if (!x[i] || !y[i])
      return NULL;
  }
  r[0] = minor_of(x, y, 1, 2, s);
  r[1] = minor_of(x, y, 2, 0, s);
  r[2] = minor_of(x, y, 0, 1, s);
  return r[0] && r[1] && r[2] ? mx_stack_axis((mx_vec){r, 3}, at, s) : NULL;
}
