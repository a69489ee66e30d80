/* What the array API standard asks of functions beyond MLX: further parameters, and functions of
 * their own. Each adapter closes its call. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "gen/adapters.h"
#include "gen/ops.h"
#include "named.h"

static PyObject *end_error(mxp_call *c) {
  return mxp_end_object(c, mxp_raise());
}

static PyObject *end_failed(mxp_call *c, mx_kind kind, const char *text) {
  mx_fail(kind, "%s", text);
  return end_error(c);
}

static mx_array *flat(mx_array *a, mx_stream *s) {
  return a && a->ndim != 1 ? mx_flatten(a, 0, -1, s) : a;
}

/* ---- reductions and running folds of another dtype ---- */

typedef mx_array *fold_fn(mx_array *, bool, mx_stream *);
typedef mx_array *fold_axes_fn(mx_array *, mx_ints, bool, mx_stream *);

/* (a, axis, keepdims, dtype) */
static PyObject *fold(mxp_call *c, fold_fn *all, fold_axes_fn *some) {
  mxp_value *v = c->v;
  mx_array *a = v[3].given ? mx_cast(v[0].a, (mlx_dtype)v[3].i, c->s) : v[0].a;
  if (a) a = v[1].given ? some(a, v[1].ints, v[2].b, c->s) : all(a, v[2].b, c->s);
  return mxp_end(c, a && v[3].given ? mx_cast(a, (mlx_dtype)v[3].i, c->s) : a);
}

PyObject *mxp_do_sum(mxp_call *c) {
  return fold(c, mx_sum, mx_sum_axes);
}
PyObject *mxp_do_prod(mxp_call *c) {
  return fold(c, mx_prod, mx_prod_axes);
}

/* `value` before (or, after a reversed fold, behind) what runs along an axis. */
static mx_array *with_initial(mx_array *r, int axis, double value, bool reverse, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  int at;
  if (mx_axis("cumulative", axis, r->ndim, &at)) return NULL;
  memcpy(shape, r->shape, (size_t)r->ndim * sizeof *shape);
  shape[at] = 1;
  mx_array *first = mx_scalar(value, (mlx_dtype)r->dtype);
  first = first ? mx_broadcast_to(first, (mx_ints){shape, r->ndim}, s) : NULL;
  if (!first) return NULL;
  mx_array *both[] = {reverse ? r : first, reverse ? first : r};
  return mx_concatenate_axis((mx_vec){both, 2}, at, s);
}

typedef mx_array *scan_fn(mx_array *, int, bool, bool, mx_stream *);

/* (a, axis, reverse, inclusive, dtype, include_initial) */
static PyObject *running(mxp_call *c, scan_fn *fn, double initial) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  int axis = v[1].given ? (int)v[1].i : 0;
  if (v[5].b && !v[3].b)
    return end_failed(c, MX_VALUE, "[cumulative] include_initial is for inclusive folds");
  if (v[4].given) a = mx_cast(a, (mlx_dtype)v[4].i, c->s);
  if (a && !v[1].given) a = flat(a, c->s);
  if (a) a = fn(a, axis, v[2].b, v[3].b, c->s);
  return mxp_end(c, a && v[5].b ? with_initial(a, axis, initial, v[2].b, c->s) : a);
}

PyObject *mxp_do_cumsum(mxp_call *c) {
  return running(c, mx_cumsum, 0);
}
PyObject *mxp_do_cumprod(mxp_call *c) {
  return running(c, mx_cumprod, 1);
}

/* (a, axis, keepdims, ddof, correction). A correction that is not whole scales what 0 gives. */
static mx_array *plain_variance(mxp_call *c, int ddof) {
  mxp_value *v = c->v;
  return v[1].given ? mx_var_axes(v[0].a, v[1].ints, v[2].b, ddof, c->s)
                    : mx_var(v[0].a, v[2].b, ddof, c->s);
}

static mx_array *corrected(mxp_call *c, double correction) {
  mx_array *r = plain_variance(c, 0);
  if (!r) return NULL;
  double n = r->size ? (double)c->v[0].a->size / (double)r->size : 0;
  mx_array *scale = mx_scalar(n / (n > correction ? n - correction : 0), (mlx_dtype)r->dtype);
  return scale ? mx_multiply(r, scale, c->s) : NULL;
}

static PyObject *variance(mxp_call *c, bool root) {
  mxp_value *v = c->v;
  double d = v[4].given ? v[4].d : (double)v[3].i;
  mx_array *r = d == (int)d ? plain_variance(c, (int)d) : corrected(c, d);
  return mxp_end(c, r && root ? mx_sqrt(r, c->s) : r);
}

PyObject *mxp_do_var(mxp_call *c) {
  return variance(c, false);
}

PyObject *mxp_do_std(mxp_call *c) {
  mxp_value *v = c->v;
  if (v[4].given && v[4].d != (int)v[4].d) return variance(c, true);
  int ddof = (int)(v[4].given ? (int64_t)v[4].d : v[3].i);
  return mxp_end(c, v[1].given ? mx_std_axes(v[0].a, v[1].ints, v[2].b, ddof, c->s)
                               : mx_std(v[0].a, v[2].b, ddof, c->s));
}

/* ---- limits, shapes ---- */

/* (a, a_min, a_max, min, max) */
PyObject *mxp_do_clip(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *limit[2];
  bool named = false;
  for (int i = 0; i < 2; i++) {
    if (v[1 + i].given && v[3 + i].given)
      return end_failed(c, MX_VALUE, "[clip] a limit is given twice");
    limit[i] = v[1 + i].given ? v[1 + i].a : v[3 + i].given ? v[3 + i].a : NULL;
    named = named || v[1 + i].seen || v[3 + i].seen;
  }
  if (!named) return mxp_end(c, v[0].a);
  return mxp_end(c, mx_clip(v[0].a, limit[0], limit[1], c->s));
}

/* copy changes nothing: arrays are values, and no two are seen to share memory. */
PyObject *mxp_do_reshape(mxp_call *c) {
  return mxp_end(c, mx_reshape(c->v[0].a, c->v[1].ints, c->s));
}

PyObject *mxp_do_moveaxis(mxp_call *c) {
  mxp_value *v = c->v;
  if (v[1].single && v[2].single) {
    if (mxp_spread(c, 1, 1) || mxp_spread(c, 2, 1)) return mxp_end_object(c, NULL);
    return mxp_end(c, mx_moveaxis(v[0].a, (int)v[1].ints.p[0], (int)v[2].ints.p[0], c->s));
  }
  return mxp_end(c, mx_moveaxis_axes(v[0].a, v[1].ints, v[2].ints, c->s));
}

static mx_array *joined(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  if (!a || !b) return NULL;
  mx_array *both[] = {a, b};
  return mx_concatenate_axis((mx_vec){both, 2}, axis, s);
}

/* (a, n, axis, prepend, append) */
PyObject *mxp_do_diff(mxp_call *c) {
  mxp_value *v = c->v;
  int axis = (int)v[2].i;
  mx_array *a = v[0].a;
  if (v[3].given) a = joined(v[3].a, a, axis, c->s);
  if (v[4].given) a = joined(a, v[4].a, axis, c->s);
  return mxp_end(c, a ? mx_diff(a, (int)v[1].i, axis, c->s) : NULL);
}

/* repeats is a number, or an array of one for each part. */
PyObject *mxp_do_repeat(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  int64_t n;
  int axis = v[2].given ? (int)v[2].i : 0;
  if (mxp_is_array(v[1].o) && mxp_node(v[1].o)->ndim) {
    mx_array *counts = mxp_hold(v[1].o);
    if (!v[2].given) a = flat(a, c->s);
    return mxp_end(c, a && counts ? mx_repeat_counts(a, counts, axis, c->s) : NULL);
  }
  if (!PyIndex_Check(v[1].o)) {
    PyErr_SetString(PyExc_TypeError, "repeat(): argument 'repeats' must be an int or an array");
    return mxp_end_object(c, NULL);
  }
  if (mxp_int64(v[1].o, &n)) return mxp_end_object(c, NULL);
  if (n < INT_MIN || n > INT_MAX)
    return end_failed(c, MX_VALUE, "[repeat] the number of repetitions is out of range");
  return mxp_end(c, v[2].given ? mx_repeat_axis(a, (int)n, axis, c->s)
                               : mx_repeat(a, (int)n, c->s));
}

/* ---- order ---- */

/* The array to sort and its axis: flattened without one. */
static mx_array *line(mxp_call *c, int *axis) {
  *axis = c->v[1].given ? (int)c->v[1].i : 0;
  return c->v[1].given ? c->v[0].a : flat(c->v[0].a, c->s);
}

/* (a, axis, descending, stable) */
PyObject *mxp_do_sort(mxp_call *c) {
  int axis;
  mx_array *a = line(c, &axis);
  mx_array *r = a ? mx_sort_axis(a, axis, c->s) : NULL;
  return mxp_end(c, r && c->v[2].b ? mx_flip_axis(r, axis, c->s) : r);
}

/* Equal elements keep their order: the array is turned round, sorted, and the result turned back.
 */
PyObject *mxp_do_argsort(mxp_call *c) {
  int axis, at;
  mx_array *a = line(c, &axis);
  if (!a || !c->v[2].b || mx_axis("argsort", axis, a->ndim, &at))
    return mxp_end(c, a && !c->v[2].b ? mx_argsort_axis(a, axis, c->s) : NULL);
  mx_array *turned = mx_flip_axis(a, at, c->s);
  mx_array *order = turned ? mx_argsort_axis(turned, at, c->s) : NULL;
  order = order ? mx_flip_axis(order, at, c->s) : NULL;
  mx_array *last = mx_scalar((double)(a->shape[at] - 1), MLX_UINT32);
  return mxp_end(c, order && last ? mx_subtract(last, order, c->s) : NULL);
}

/* (sorted_sequence, values, side, sorter) */
PyObject *mxp_do_searchsorted(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  if (v[3].given) a = a->ndim == 1 ? mx_take_axis(a, v[3].a, 0, c->s) : a;
  return mxp_end(c, a ? mx_searchsorted(a, v[1].a, v[2].s, c->s) : NULL);
}

/* ---- Fourier transforms of conjugate-symmetric numbers ---- */

static int64_t last_of(const mx_array *a, int64_t axis) {
  int at;
  return mx_axis("hfft", axis, a->ndim, &at) ? -1 : a->shape[at];
}

PyObject *mxp_do_fft_hfft(mxp_call *c) {
  mxp_value *v = c->v;
  int64_t m = last_of(v[0].a, v[2].i), n = v[1].given ? v[1].i : 2 * (m - 1);
  if (m < 0) return end_error(c);
  if (n > INT_MAX) return end_failed(c, MX_VALUE, "[hfft] the axis is too long");
  return mxp_end(c, mx_fft_hfft(v[0].a, (int)n, (int)v[2].i, (mlx_fft_norm)v[3].i, c->s));
}

PyObject *mxp_do_fft_ihfft(mxp_call *c) {
  mxp_value *v = c->v;
  int64_t m = last_of(v[0].a, v[2].i), n = v[1].given ? v[1].i : m;
  if (m < 0) return end_error(c);
  if (n > INT_MAX) return end_failed(c, MX_VALUE, "[ihfft] the axis is too long");
  return mxp_end(c, mx_fft_ihfft(v[0].a, (int)n, (int)v[2].i, (mlx_fft_norm)v[3].i, c->s));
}

/* ---- linalg ---- */

/* A limit relative to the largest singular value: a number or an array. NULL with an exception
 * set. */
static mx_array *tolerance(PyObject *o, const mx_array *a) {
  enum mxp_scalar kind = mxp_scalar_kind(o);
  if (mxp_is_array(o)) return mxp_hold(o);
  if (kind == MXP_BOOL || kind == MXP_INT || kind == MXP_FLOAT)
    return mxp_from_scalar_as(o, MXP_FLOAT, a->dtype == MLX_FLOAT64 ? MLX_FLOAT64 : MLX_FLOAT32);
  PyErr_SetString(PyExc_TypeError, "rtol is a number or an array");
  return NULL;
}

PyObject *mxp_do_linalg_matrix_rank(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *rtol = v[1].o ? tolerance(v[1].o, v[0].a) : NULL;
  if (v[1].o && !rtol) return mxp_end_object(c, NULL);
  return mxp_end(c, mx_linalg_matrix_rank(v[0].a, rtol, c->s));
}

PyObject *mxp_do_linalg_pinv(mxp_call *c) {
  mxp_value *v = c->v;
  if (!v[1].o) return mxp_end(c, mx_linalg_pinv(v[0].a, c->s));
  mx_array *rtol = tolerance(v[1].o, v[0].a);
  return mxp_end(c, rtol ? mx_linalg_pinv_rtol(v[0].a, rtol, c->s) : NULL);
}

PyObject *mxp_do_linalg_qr(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *r[2] = {NULL};
  bool complete = strcmp(v[1].s, "complete") == 0;
  if (!complete && strcmp(v[1].s, "reduced"))
    return end_failed(c, MX_VALUE, "[linalg::qr] mode is reduced or complete");
  int bad = complete ? mx_linalg_qr_complete(&r[0], &r[1], v[0].a, c->s)
                     : mx_linalg_qr(&r[0], &r[1], v[0].a, c->s);
  return mxp_end_named(c, bad, r, MXP_LINALG_QR);
}

/* The first n rows (axis -2) or columns (axis -1) of matrices. */
static mx_array *first_of(mx_array *a, int axis, int64_t n, mx_stream *s) {
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  for (int i = 0; i < a->ndim; i++) {
    to[i] = a->shape[i];
    step[i] = 1;
  }
  to[a->ndim + axis] = n;
  mx_ints start = {from, a->ndim}, stop = {to, a->ndim};
  return mx_slice(a, start, stop, (mx_ints){step, a->ndim}, s);
}

/* (a, compute_uv, full_matrices) */
PyObject *mxp_do_linalg_svd(mxp_call *c) {
  mxp_value *v = c->v;
  mx_vec r = {NULL, 0};
  mx_array *part[3] = {NULL};
  int bad = mx_linalg_svd(&r, v[0].a, v[1].b, c->s);
  for (size_t i = 0; !bad && i < r.n; i++) part[i] = r.p[i];
  free(r.p);
  if (bad || !v[1].b) return mxp_end(c, bad ? NULL : part[0]);
  if (!v[2].b) {
    int64_t k = part[1]->shape[part[1]->ndim - 1];
    part[0] = first_of(part[0], -1, k, c->s);
    part[2] = first_of(part[2], -2, k, c->s);
    bad = !part[0] || !part[2];
  }
  return mxp_end_named(c, bad, part, MXP_LINALG_SVD);
}

PyObject *mxp_do_linalg_diagonal(mxp_call *c) {
  return mxp_end(c, mx_diagonal(c->v[0].a, (int)c->v[1].i, -2, -1, c->s));
}

/* (a, offset, dtype) */
PyObject *mxp_do_linalg_trace(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *d = mx_diagonal(v[0].a, (int)v[1].i, -2, -1, c->s);
  if (d && v[2].given) d = mx_cast(d, (mlx_dtype)v[2].i, c->s);
  d = d ? mx_sum_axis(d, -1, false, c->s) : NULL;
  return mxp_end(c, d && v[2].given ? mx_cast(d, (mlx_dtype)v[2].i, c->s) : d);
}

/* A norm by number or name over axes (none: all). NULL with an exception, or an error recorded. */
static mx_array *any_norm(mxp_call *c, PyObject *ord, mx_ints axes, bool keepdims) {
  mx_array *a = c->v[0].a;
  if (!ord) return mx_linalg_norm_l2(a, axes, keepdims, c->s);
  if (PyUnicode_Check(ord)) {
    const char *name = PyUnicode_AsUTF8AndSize(ord, NULL);
    return name ? mx_linalg_norm_matrix(a, name, axes, keepdims, c->s) : NULL;
  }
  double p = PyFloat_AsDouble(ord);
  return p == -1 && PyErr_Occurred() ? NULL : mx_linalg_norm(a, p, axes, keepdims, c->s);
}

/* (a, ord, axis, keepdims) */
PyObject *mxp_do_linalg_norm(mxp_call *c) {
  return mxp_end(c, any_norm(c, c->v[1].o, c->v[2].ints, c->v[3].b));
}
PyObject *mxp_do_matrix_norm(mxp_call *c) {
  return mxp_do_linalg_norm(c);
}

/* (a, keepdims, ord). Unlike linalg.norm, real of complex matrices. */
PyObject *mxp_do_linalg_matrix_norm(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *r = any_norm(c, v[2].o, MX_INTS(-2, -1), v[1].b);
  return mxp_end(c, r && r->dtype == MLX_COMPLEX64 ? mx_real(r, c->s) : r);
}
