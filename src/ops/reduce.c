/* Builders of reductions. A reduction over no axes is its input; `keepdims` only changes the shape
 * that the node is given. softmax and logsumexp have a kernel along the last axis: others are moved
 * there. */
#include <math.h>
#include <string.h>

#include "core/params.h"
#include "core/session.h"
#include "gen/ops.h"

#define ALL ((mx_ints){NULL, 0})
#define ONE(axis) ((mx_ints){(const int64_t[]){axis}, 1})

/* Which axes a call names: all of them where `all`. Returns how many, or -1. */
static int name_axes(const char *op, mx_array *a, mx_ints axes, bool all, bool *mask) {
  if (!a || mx_axes_mask(op, axes, all, a->ndim, mask)) return -1;
  int n = 0;
  for (int i = 0; i < a->ndim; i++) n += mask[i];
  return n;
}

static int reduced_shape(const mx_array *a, const bool *mask, bool keepdims, int64_t *shape) {
  int n = 0;
  for (int i = 0; i < a->ndim; i++) {
    if (!mask[i] || keepdims) shape[n++] = mask[i] ? 1 : a->shape[i];
  }
  return n;
}

static mlx_dtype sum_dtype(mlx_dtype t) {
  switch (t) {
  case MLX_BOOL: case MLX_INT8: case MLX_INT16: return MLX_INT32;
  case MLX_UINT8: case MLX_UINT16: return MLX_UINT32;
  default: return t;
  }
}

/* An extreme of nothing is undefined, unless there is no result either. */
static int refuse_empty(const char *op, const mx_array *a, const bool *mask) {
  for (int i = 0; i < a->ndim; i++) {
    if (mask[i] && a->shape[i] == 0)
      return mx_fail(MX_VALUE, "[%s] cannot reduce over axis %d, which has size 0", op, i);
  }
  return 0;
}

static int64_t axes_bits(const mx_array *a, const bool *mask) {
  uint64_t bits = 0;
  for (int i = 0; i < a->ndim; i++) bits |= (uint64_t)mask[i] << i;
  return (int64_t)bits;
}

static mx_array *reduce(enum mx_prim prim, const char *op, mx_array *a, mx_ints axes, bool all,
                        bool keepdims, mx_stream *s) {
  bool mask[MX_MAX_NDIM], logical = prim == MX_PRIM_ALL || prim == MX_PRIM_ANY;
  int n = name_axes(op, a, axes, all, mask);
  if (n < 0) return NULL;
  if (logical && !(a = mx_cast(a, MLX_BOOL, s))) return NULL;
  if (n == 0) return a;
  mlx_dtype t = (mlx_dtype)a->dtype;
  if (prim == MX_PRIM_SUM || prim == MX_PRIM_PROD) t = sum_dtype(t);
  if ((prim == MX_PRIM_MIN || prim == MX_PRIM_MAX) && refuse_empty(op, a, mask)) return NULL;
  mx_reduce_params p = {axes_bits(a, mask)};
  int64_t shape[MX_MAX_NDIM];
  int ndim = reduced_shape(a, mask, keepdims, shape);
  return mx_node(prim, (mx_spec){t, ndim, shape, NULL}, 1, &a, MX_WORDS(p), s);
}

#define REDUCTION(name, PRIM)                                                                      \
  mx_array *mx_##name(mx_array *a, bool keepdims, mx_stream *s) {                                  \
    return reduce(PRIM, #name, a, ALL, true, keepdims, s);                                         \
  }                                                                                                \
  mx_array *mx_##name##_axis(mx_array *a, int axis, bool keepdims, mx_stream *s) {                 \
    return reduce(PRIM, #name, a, ONE(axis), false, keepdims, s);                                  \
  }                                                                                                \
  mx_array *mx_##name##_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s) {             \
    return reduce(PRIM, #name, a, axes, false, keepdims, s);                                       \
  }
REDUCTION(sum, MX_PRIM_SUM)
REDUCTION(prod, MX_PRIM_PROD)
REDUCTION(min, MX_PRIM_MIN)
REDUCTION(max, MX_PRIM_MAX)
REDUCTION(all, MX_PRIM_ALL)
REDUCTION(any, MX_PRIM_ANY)

/* --- counts and means --- */

/* A number, but in a trace that will serve other shapes. */
static mx_array *count(mx_array *a, const bool *mask, double less, bool inverted, mlx_dtype t,
                       mx_stream *s) {
  double n = 1;
  if (mx_session_shapeless() && mx_session_traces(a)) {
    mx_count_params p = {axes_bits(a, mask), inverted, less};
    return mx_node(MX_PRIM_NUMBER_OF_ELEMENTS, (mx_spec){t, 0, NULL, NULL}, 1, &a, MX_WORDS(p), s);
  }
  for (int i = 0; i < a->ndim; i++) n *= mask[i] ? (double)a->shape[i] : 1;
  n = n > less ? n - less : 0;
  return mx_scalar(inverted ? 1 / n : n, t);
}

mx_array *mx_count_again(const mx_op *op, mx_array *a, int skip) {
  const mx_count_params *p = (const mx_count_params *)op->params;
  bool mask[MX_MAX_NDIM];
  for (int i = 0, k = 0; i < a->ndim; i++) mask[i] = i != skip && (uint64_t)p->axes >> k++ & 1;
  return count(a, mask, p->less, p->inverted, (mlx_dtype)op->out[0]->dtype, op->stream);
}

mx_array *mx_number_of_elements(mx_array *a, mx_ints axes, bool inverted, mlx_dtype dtype,
                                mx_stream *s) {
  bool mask[MX_MAX_NDIM];
  if (name_axes("number_of_elements", a, axes, false, mask) < 0) return NULL;
  return count(a, mask, 0, inverted, dtype, s);
}

static mx_array *mean(const char *op, mx_array *a, mx_ints axes, bool all, bool keepdims,
                      mx_stream *s) {
  bool mask[MX_MAX_NDIM];
  if (name_axes(op, a, axes, all, mask) < 0) return NULL;
  mx_array *x = mx_cast(a, mx_at_least_float((mlx_dtype)a->dtype), s);
  if (!x) return NULL;
  mx_array *sum = reduce(MX_PRIM_SUM, op, x, axes, all, keepdims, s);
  return sum ? mx_multiply(sum, count(a, mask, 0, true, (mlx_dtype)x->dtype, s), s) : NULL;
}

static mx_array *variance(const char *op, mx_array *a, mx_ints axes, bool all, bool keepdims,
                          int ddof, mx_stream *s) {
  bool mask[MX_MAX_NDIM];
  if (name_axes(op, a, axes, all, mask) < 0) return NULL;
  mx_array *x = mx_cast(a, mx_at_least_float((mlx_dtype)a->dtype), s);
  mx_array *d = x ? mx_subtract(x, mean(op, x, axes, all, true, s), s) : NULL;
  if (d && d->dtype == MLX_COMPLEX64) d = mx_abs(d, s);
  mx_array *sum = d ? reduce(MX_PRIM_SUM, op, mx_square(d, s), axes, all, keepdims, s) : NULL;
  return sum ? mx_multiply(sum, count(a, mask, ddof, true, (mlx_dtype)sum->dtype, s), s) : NULL;
}

#define MEAN(name, CALL, ...)                                                                      \
  mx_array *mx_##name(mx_array *a, bool keepdims __VA_ARGS__, mx_stream *s) {                      \
    return CALL(ALL, true);                                                                        \
  }                                                                                                \
  mx_array *mx_##name##_axis(mx_array *a, int axis, bool keepdims __VA_ARGS__, mx_stream *s) {     \
    return CALL(ONE(axis), false);                                                                 \
  }                                                                                                \
  mx_array *mx_##name##_axes(mx_array *a, mx_ints axes, bool keepdims __VA_ARGS__, mx_stream *s) { \
    return CALL(axes, false);                                                                      \
  }
#define COMMA ,
#define CALL_MEAN(axes, all) mean("mean", a, axes, all, keepdims, s)
#define CALL_VAR(axes, all) variance("var", a, axes, all, keepdims, ddof, s)
#define CALL_STD(axes, all) mx_sqrt(variance("std", a, axes, all, keepdims, ddof, s), s)
MEAN(mean, CALL_MEAN, )
MEAN(var, CALL_VAR, COMMA int ddof)
MEAN(std, CALL_STD, COMMA int ddof)

static mx_array *nonzero(mx_array *a, mx_stream *s) {
  a = mx_cast(a, MLX_BOOL, s);
  return mx_cast(a, MLX_INT32, s);
}

mx_array *mx_count_nonzero(mx_array *a, bool keepdims, mx_stream *s) {
  return mx_sum(nonzero(a, s), keepdims, s);
}
mx_array *mx_count_nonzero_axis(mx_array *a, int axis, bool keepdims, mx_stream *s) {
  return mx_sum_axis(nonzero(a, s), axis, keepdims, s);
}
mx_array *mx_count_nonzero_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s) {
  return mx_sum_axes(nonzero(a, s), axes, keepdims, s);
}

static int both(mx_array **res_0, mx_array **res_1, mx_array *low, mx_array *high) {
  *res_0 = low;
  *res_1 = high;
  return !low || !high;
}

int mx_minmax(mx_array **res_0, mx_array **res_1, mx_array *a, bool keepdims, mx_stream *s) {
  return both(res_0, res_1, mx_min(a, keepdims, s), mx_max(a, keepdims, s));
}
int mx_minmax_axis(mx_array **res_0, mx_array **res_1, mx_array *a, int axis, bool keepdims,
                   mx_stream *s) {
  return both(res_0, res_1, mx_min_axis(a, axis, keepdims, s), mx_max_axis(a, axis, keepdims, s));
}
int mx_minmax_axes(mx_array **res_0, mx_array **res_1, mx_array *a, mx_ints axes, bool keepdims,
                   mx_stream *s) {
  return both(res_0, res_1, mx_min_axes(a, axes, keepdims, s), mx_max_axes(a, axes, keepdims, s));
}

/* --- places --- */

static mx_array *arg_reduce(enum mx_prim prim, const char *op, mx_array *a, int axis,
                            bool keepdims, mx_stream *s) {
  bool mask[MX_MAX_NDIM];
  if (name_axes(op, a, ONE(axis), false, mask) < 0) return NULL;
  if (a->size == 0) {
    mx_fail(MX_VALUE, "[%s] cannot reduce an array of size 0", op);
    return NULL;
  }
  mx_axis_params p = {axis < 0 ? axis + a->ndim : axis};
  int64_t shape[MX_MAX_NDIM];
  int ndim = reduced_shape(a, mask, keepdims, shape);
  return mx_node(prim, (mx_spec){MLX_UINT32, ndim, shape, NULL}, 1, &a, MX_WORDS(p), s);
}

static mx_array *arg_reduce_all(enum mx_prim prim, const char *op, mx_array *a, bool keepdims,
                                mx_stream *s) {
  if (!a) return NULL;
  const int ndim = a->ndim;
  mx_array *r = mx_reshape(a, MX_INTS(-1), s);
  if (a->size == 0) r = a;
  r = arg_reduce(prim, op, r, 0, false, s);
  if (!keepdims) return r;
  int64_t ones[MX_MAX_NDIM];
  for (int i = 0; i < ndim; i++) ones[i] = 1;
  return mx_reshape(r, (mx_ints){ones, ndim}, s);
}

mx_array *mx_argmin(mx_array *a, bool keepdims, mx_stream *s) {
  return arg_reduce_all(MX_PRIM_ARGMIN, "argmin", a, keepdims, s);
}
mx_array *mx_argmin_axis(mx_array *a, int axis, bool keepdims, mx_stream *s) {
  return arg_reduce(MX_PRIM_ARGMIN, "argmin", a, axis, keepdims, s);
}
mx_array *mx_argmax(mx_array *a, bool keepdims, mx_stream *s) {
  return arg_reduce_all(MX_PRIM_ARGMAX, "argmax", a, keepdims, s);
}
mx_array *mx_argmax_axis(mx_array *a, int axis, bool keepdims, mx_stream *s) {
  return arg_reduce(MX_PRIM_ARGMAX, "argmax", a, axis, keepdims, s);
}

/* --- along the last axis --- */

/* The masked axes last, the others in order; `order` says where each came from. */
static mx_array *masked_last(mx_array *a, const bool *mask, int64_t *order, mx_stream *s) {
  int n = 0;
  bool moved = false;
  for (int last = 0; last < 2; last++) {
    for (int i = 0; i < a->ndim; i++) {
      if (mask[i] == last) order[n++] = i;
    }
  }
  for (int i = 0; i < n; i++) moved |= order[i] != i;
  return moved ? mx_transpose_axes(a, (mx_ints){order, n}, s) : a;
}

/* The last n axes as one. */
static mx_array *join_last(mx_array *a, int n, mx_stream *s) {
  return !a || n == 1 ? a : mx_flatten(a, a->ndim - n, -1, s);
}

/* Rows for a kernel: numbers of a row lie side by side. */
static mx_array *dense_rows(mx_array *a, mx_stream *s) {
  return a && a->ndim && a->strides[a->ndim - 1] == 1 ? a : mx_row_major(a, s);
}

static mx_array *logsumexp(mx_array *a, mx_ints axes, bool all, bool keepdims, mx_stream *s) {
  const char *op = "logsumexp";
  bool mask[MX_MAX_NDIM];
  if (!a) return NULL;
  if (a->size == 0) {
    mx_fail(MX_VALUE, "[%s] the array is empty", op);
    return NULL;
  }
  if (a->ndim == 0 && axes.n) {
    mx_fail(MX_VALUE, "[%s] an array of 0 dimensions has no axes", op);
    return NULL;
  }
  int n = name_axes(op, a, axes, all, mask);
  if (n < 0) return NULL;
  mx_array *x = mx_cast(a, mx_at_least_float((mlx_dtype)a->dtype), s);
  if (!x || n == 0) return x;
  if (x->dtype == MLX_COMPLEX64) {
    mx_array *top = reduce(MX_PRIM_MAX, op, x, axes, all, true, s);
    mx_array *low = mx_exp(mx_subtract(x, top, s), s);
    low = mx_log(reduce(MX_PRIM_SUM, op, low, axes, all, true, s), s);
    mx_array *r = mx_add(low, top, s);
    int64_t gone[MX_MAX_NDIM];
    for (int i = 0, k = 0; i < a->ndim; i++)
      if (mask[i]) gone[k++] = i;
    return keepdims ? r : mx_squeeze_axes(r, (mx_ints){gone, n}, s);
  }
  int64_t order[MX_MAX_NDIM];
  mx_array *rows = dense_rows(join_last(masked_last(x, mask, order, s), n, s), s);
  if (!rows) return NULL;
  mx_spec out = {(mlx_dtype)x->dtype, rows->ndim - 1, rows->shape, NULL};
  mx_array *r = mx_node(MX_PRIM_LOGSUMEXP, out, 1, &rows, 0, NULL, s);
  return keepdims ? mx_expand_dims_axes(r, (mx_ints){order + a->ndim - n, n}, s) : r;
}

mx_array *mx_logsumexp(mx_array *a, bool keepdims, mx_stream *s) {
  return logsumexp(a, ALL, true, keepdims, s);
}
mx_array *mx_logsumexp_axis(mx_array *a, int axis, bool keepdims, mx_stream *s) {
  return logsumexp(a, ONE(axis), false, keepdims, s);
}
mx_array *mx_logsumexp_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s) {
  return logsumexp(a, axes, false, keepdims, s);
}

static mx_array *softmax_rows(mx_array *x, const bool *mask, int n, mx_stream *s) {
  int64_t order[MX_MAX_NDIM], back[MX_MAX_NDIM];
  mx_array *moved = masked_last(x, mask, order, s);
  mx_array *rows = dense_rows(join_last(moved, n, s), s);
  if (!rows) return NULL;
  mx_spec spec = {(mlx_dtype)x->dtype, rows->ndim, rows->shape, NULL};
  mx_array *r = mx_node(MX_PRIM_SOFTMAX, spec, 1, &rows, 0, NULL, s);
  int lead = x->ndim - n;
  if (r && n > 1) r = mx_unflatten(r, -1, (mx_ints){moved->shape + lead, n}, s);
  if (moved == x) return r;
  for (int i = 0; i < x->ndim; i++) back[order[i]] = i;
  return mx_transpose_axes(r, (mx_ints){back, x->ndim}, s);
}

/* Whether the n axes, as they are named, are the last ones and all but the last of length 1. */
static bool one_row(const mx_array *a, mx_ints axes, bool all, int n) {
  if (n == 0 || (!all && axes.n != n)) return false;
  for (int i = 0; i < n; i++) {
    int at = a->ndim - n + i;
    if (!all && axes.p[i] != at && axes.p[i] != at - a->ndim) return false;
    if (i < n - 1 && a->shape[at] != 1) return false;
  }
  return true;
}

static mx_array *softmax(mx_array *a, mx_ints axes, bool all, mx_stream *s) {
  const char *op = "softmax";
  bool mask[MX_MAX_NDIM];
  if (!a) return NULL;
  if (a->ndim == 0 && axes.n) {
    mx_fail(MX_VALUE, "[%s] an array of 0 dimensions has no axes", op);
    return NULL;
  }
  int n = name_axes(op, a, axes, all, mask);
  if (n < 0) return NULL;
  mlx_dtype t = (mlx_dtype)a->dtype;
  mx_array *x = mx_cast(a, mx_at_least_float(t), s), *r;
  if (!x) return NULL;
  if (n == 0 || x->size == 0) {
    r = n == 0 ? mx_exp(mx_subtract(x, x, s), s) : x;
  } else if (t == MLX_COMPLEX64) {
    r = mx_exp(mx_subtract(x, reduce(MX_PRIM_MAX, op, x, axes, all, true, s), s), s);
    r = mx_divide(r, reduce(MX_PRIM_SUM, op, r, axes, all, true, s), s);
  } else {
    r = softmax_rows(x, mask, n, s);
  }
  /* As MLX: only along the last axis do integers give floats. */
  return one_row(a, axes, all, n) ? r : mx_cast(r, t, s);
}

mx_array *mx_softmax(mx_array *a, bool precise, mx_stream *s) {
  (void)precise;
  return softmax(a, ALL, true, s);
}
mx_array *mx_softmax_axis(mx_array *a, int axis, bool precise, mx_stream *s) {
  (void)precise;
  return softmax(a, ONE(axis), false, s);
}
mx_array *mx_softmax_axes(mx_array *a, mx_ints axes, bool precise, mx_stream *s) {
  (void)precise;
  return softmax(a, axes, false, s);
}

/* --- median --- */

mx_array *mx_median(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s) {
  const char *op = "median";
  bool mask[MX_MAX_NDIM];
  int n = name_axes(op, a, axes, true, mask);
  if (n < 0 || (n == 0 && a->ndim)) return NULL;
  mx_array *x = mx_cast(a, mx_at_least_float((mlx_dtype)a->dtype), s);
  if (!x || n == 0) return x;
  for (int i = 0; i < a->ndim; i++) {
    if (mask[i] && a->shape[i] == 0) {
      mx_fail(MX_VALUE, "[%s] cannot take the median along an empty axis", op);
      return NULL;
    }
  }
  int64_t order[MX_MAX_NDIM];
  mx_array *rows = join_last(masked_last(x, mask, order, s), n, s);
  mx_array *sorted = mx_sort_axis(rows, -1, s);
  if (!sorted) return NULL;
  int last = sorted->ndim - 1;
  int64_t len = sorted->shape[last], start[MX_MAX_NDIM] = {0}, stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  for (int i = 0; i <= last; i++) {
    stop[i] = sorted->shape[i];
    step[i] = 1;
  }
  mx_ints to = {stop, last + 1}, by = {step, last + 1}, from = {start, last + 1};
  start[last] = (len - 1) / 2;
  stop[last] = len / 2 + 1;
  mx_array *middle = mean(op, mx_slice(sorted, from, to, by, s), ONE(-1), false, false, s);
  /* NaN sorts last. */
  start[last] = len - 1;
  stop[last] = len;
  mx_array *top = mx_squeeze_axis(mx_slice(sorted, from, to, by, s), -1, s);
  mx_array *r = mx_where(mx_not_equal(top, top, s), top, middle, s);
  return keepdims ? mx_expand_dims_axes(r, (mx_ints){order + a->ndim - n, n}, s) : r;
}
