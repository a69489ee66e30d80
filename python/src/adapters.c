/* Functions whose Python parameters are not those of one builder: making arrays, shapes, random
 * numbers. Each closes its call. The names and parameters are those of the op table's `py` lines.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "gen/adapters.h"
#include "gen/ops.h"

static mlx_dtype dtype_or(const mxp_value *v, mlx_dtype otherwise) {
  return v->given ? (mlx_dtype)v->i : otherwise;
}

static PyObject *end_error(mxp_call *c) {
  return mxp_end_object(c, mxp_raise());
}

static mx_ints shape_of(const mx_array *a) {
  return (mx_ints){a->shape, a->ndim};
}

/* ---- making ---- */

/* A bound of a range: 0 a float, 1 an integer of 32 bits, 2 a longer one; -1 with an exception set. */
static int range_number(PyObject *o, double *n) {
  if (PyFloat_Check(o)) return *n = PyFloat_AsDouble(o), 0;
  if (PyBool_Check(o)) {
    PyErr_SetString(PyExc_ValueError, "bool not supported for arange.");
    return -1;
  }
  int64_t v;
  if (!PyIndex_Check(o) || mxp_is_array(o) || mxp_int64(o, &v)) {
    PyErr_Clear();
    PyErr_SetString(PyExc_TypeError,
                    "arange(): start, stop and step must be float or int of 64 bits");
    return -1;
  }
  *n = (double)v;
  return v < INT32_MIN || v > INT32_MAX ? 2 : 1;
}

/* arange(stop), arange(stop, step=), arange(start, stop, step). Integers give int32, or int64
 * where one of them is longer. */
PyObject *mxp_do_arange(mxp_call *c) {
  double n[3] = {0, 0, 1};
  bool whole = true, wide = false;
  for (int i = 0; i < 3; i++) {
    int kind = c->v[i].o ? range_number(c->v[i].o, &n[i]) : 1;
    if (kind < 0) return mxp_end_object(c, NULL);
    whole = whole && kind;
    wide = wide || kind == 2;
  }
  if (!c->v[0].o && !c->v[1].o) {
    PyErr_SetString(PyExc_TypeError, "arange(): missing argument 'stop'");
    return mxp_end_object(c, NULL);
  }
  if (!c->v[1].o) {
    n[1] = n[0];
    n[0] = 0;
  }
  mlx_dtype t = dtype_or(&c->v[3], !whole ? MLX_FLOAT32 : wide ? MLX_INT64 : MLX_INT32);
  return mxp_end(c, mx_arange(n[0], n[1], n[2], t, c->s));
}

/* Value and fill_value are two names of one argument. NULL: neither or both. */
static const mxp_value *fill_of(const mxp_call *c) {
  const mxp_value *a = &c->v[1], *b = &c->v[3];
  if (a->given != b->given) return a->given ? a : b;
  PyErr_Format(PyExc_TypeError, "%s(): %s", c->spec->name,
               a->given ? "vals and fill_value are one" : "missing argument 'vals'");
  return NULL;
}

/* A scalar has the dtype asked for; an array keeps its own. */
PyObject *mxp_do_full(mxp_call *c) {
  const mxp_value *fill = fill_of(c);
  if (!fill) return mxp_end_object(c, NULL);
  mlx_dtype own = (mlx_dtype)fill->a->dtype;
  mlx_dtype t = mxp_is_array(fill->o) ? own : dtype_or(&c->v[2], own);
  return mxp_end(c, mx_full(c->v[0].ints, fill->a, t, c->s));
}

PyObject *mxp_do_full_like(mxp_call *c) {
  mx_array *a = c->v[0].a;
  const mxp_value *fill = fill_of(c);
  if (!fill) return mxp_end_object(c, NULL);
  return mxp_end(c, mx_full_like(a, fill->a, dtype_or(&c->v[2], (mlx_dtype)a->dtype), c->s));
}

static PyObject *constant_like(mxp_call *c, double value) {
  mx_array *a = c->v[0].a;
  mlx_dtype t = dtype_or(&c->v[1], (mlx_dtype)a->dtype);
  return mxp_end(c, mx_full_like(a, mx_scalar(value, t), t, c->s));
}

PyObject *mxp_do_zeros_like(mxp_call *c) {
  return constant_like(c, 0);
}

PyObject *mxp_do_ones_like(mxp_call *c) {
  return constant_like(c, 1);
}

PyObject *mxp_do_empty_like(mxp_call *c) {
  return constant_like(c, 0);
}

PyObject *mxp_do_eye(mxp_call *c) {
  int n = (int)c->v[0].i, m = c->v[1].given ? (int)c->v[1].i : n;
  return mxp_end(c, mx_eye(n, m, (int)c->v[2].i, (mlx_dtype)c->v[3].i, c->s));
}

PyObject *mxp_do_tri(mxp_call *c) {
  int n = (int)c->v[0].i, m = c->v[1].given ? (int)c->v[1].i : n;
  return mxp_end(c, mx_tri(n < 0 ? 0 : n, m < 0 ? 0 : m, (int)c->v[2].i, dtype_or(&c->v[3], MLX_FLOAT32), c->s));
}

/* Without the endpoint: the first num of num + 1 points. */
PyObject *mxp_do_linspace(mxp_call *c) {
  int num = (int)c->v[2].i;
  bool endpoint = c->v[3].b;
  mlx_dtype t = (mlx_dtype)c->v[4].i;
  double start = c->v[0].d, stop = c->v[1].d;
  if (!endpoint && num > 0) stop = start + (stop - start) * (num - 1) / num;
  return mxp_end(c, mx_linspace(start, stop, num, t, c->s));
}

/* ---- fast ---- */

PyObject *mxp_do_fast_rope(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *freqs = v[6].given ? v[6].a : NULL;
  int dims = (int)v[1].i;
  float scale = (float)v[4].d;
  if (mxp_is_array(v[5].o))
    return mxp_end(c, mx_fast_rope_dynamic(v[0].a, dims, v[2].b, mxp_ofloat(&v[3]), scale,
                                           mxp_node(v[5].o), freqs, c->s));
  int64_t offset;
  if (PyBool_Check(v[5].o) || mxp_int64(v[5].o, &offset) || offset < INT_MIN || offset > INT_MAX) {
    PyErr_SetString(v[5].o == Py_None ? PyExc_TypeError : PyExc_ValueError,
                    "rope(): argument 'offset' must be an int or an array");
    return mxp_end_object(c, NULL);
  }
  return mxp_end(
      c, mx_fast_rope(v[0].a, dims, v[2].b, mxp_ofloat(&v[3]), scale, (int)offset, freqs, c->s));
}

PyObject *mxp_do_fast_scaled_dot_product_attention(mxp_call *c) {
  mxp_value *v = c->v;
  const char *mode = "";
  mx_array *mask = NULL;
  if (v[4].o && mxp_is_array(v[4].o)) {
    mode = "array";
    mask = mxp_node(v[4].o);
  } else if (v[4].o && v[4].o != Py_None) {
    mode = PyUnicode_Check(v[4].o) ? PyUnicode_AsUTF8AndSize(v[4].o, NULL) : NULL;
    if (!mode) {
      PyErr_SetString(PyExc_TypeError, "scaled_dot_product_attention(): mask is a str or an array");
      return mxp_end_object(c, NULL);
    }
  }
  return mxp_end(c,
                 mx_fast_scaled_dot_product_attention(v[0].a, v[1].a, v[2].a, (float)v[3].d, mode,
                                                      mask, v[5].given ? v[5].a : NULL, c->s));
}

/* ---- indexing ---- */

static mx_array *flat(mx_array *a, mx_stream *s) {
  return a->ndim == 1 ? a : mx_flatten(a, 0, -1, s);
}

PyObject *mxp_do_take(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *i;
  if (mxp_is_array(v[1].o))
    i = mxp_node(v[1].o);
  else if (PyLong_Check(v[1].o))
    i = mxp_from_scalar_as(v[1].o, MXP_INT, MLX_INT64);
  else {
    PyErr_SetString(PyExc_TypeError, "take(): argument 'indices' must be an int or an array");
    i = NULL;
  }
  if (!i) return mxp_end_object(c, NULL);
  return mxp_end(c, v[2].given ? mx_take_axis(v[0].a, i, (int)v[2].i, c->s)
                               : mx_take(v[0].a, i, c->s));
}

PyObject *mxp_do_take_along_axis(mxp_call *c) {
  mxp_value *v = c->v;
  if (v[2].given) return mxp_end(c, mx_take_along_axis(v[0].a, v[1].a, (int)v[2].i, c->s));
  mx_array *a = flat(v[0].a, c->s), *i = flat(v[1].a, c->s);
  return mxp_end(c, a && i ? mx_take_along_axis(a, i, 0, c->s) : NULL);
}

PyObject *mxp_do_put_along_axis(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *x = v[0].a;
  if (v[3].given) return mxp_end(c, mx_put_along_axis(x, v[1].a, v[2].a, (int)v[3].i, c->s));
  mx_array *a = flat(x, c->s), *i = flat(v[1].a, c->s);
  mx_array *r = a && i ? mx_put_along_axis(a, i, flat(v[2].a, c->s), 0, c->s) : NULL;
  return mxp_end(c, r ? mx_reshape(r, shape_of(x), c->s) : NULL);
}

/* One array as itself, several as a tuple. */
static PyObject *end_one_or_tuple(mxp_call *c, int bad, mx_vec *r) {
  if (bad || r->n != 1) return mxp_end_vec(c, bad, r, true);
  mx_array *only = r->p[0];
  free(r->p);
  return mxp_end(c, only);
}

PyObject *mxp_do_unique(mxp_call *c) {
  mxp_value *v = c->v;
  mx_vec r = {NULL, 0};
  mx_array *fill = v[5].given ? v[5].a : NULL;
  int bad = mx_unique(&r, v[0].a, (int)v[1].i, v[2].b, v[3].b, v[4].b, fill, c->s);
  return end_one_or_tuple(c, bad, &r);
}

/* ---- products ---- */

PyObject *mxp_do_tensordot(mxp_call *c) {
  PyObject *axes = c->v[2].o;
  if (!axes) return mxp_end(c, mx_tensordot_axis(c->v[0].a, c->v[1].a, 2, c->s));
  if (PyLong_Check(axes)) {
    int64_t n;
    if (mxp_int64(axes, &n) || n < 0 || n > INT_MAX) {
      PyErr_SetString(PyExc_ValueError, "[tensordot] the number of axes is negative or too large");
      return mxp_end_object(c, NULL);
    }
    return mxp_end(c, mx_tensordot_axis(c->v[0].a, c->v[1].a, (int)n, c->s));
  }
  mxp_value side[2] = {{.heap = NULL}, {.heap = NULL}};
  mx_array *r = NULL;
  int bad = !PySequence_Check(axes) || PySequence_Size(axes) != 2;
  for (int i = 0; i < 2 && !bad; i++) {
    PyObject *o = PySequence_GetItem(axes, i);
    bad = !o || mxp_ints(&side[i], o, "tensordot", "axes", true);
    Py_XDECREF(o);
  }
  if (!bad)
    r = mx_tensordot(c->v[0].a, c->v[1].a, side[0].ints, side[1].ints, c->s);
  else if (!PyErr_Occurred())
    PyErr_SetString(PyExc_ValueError, "[tensordot] axes is an int or a list of two lists");
  free(side[0].heap);
  free(side[1].heap);
  return mxp_end(c, r);
}

PyObject *mxp_do_gather_qmm(mxp_call *c) {
  mxp_value *v = c->v;
  if (v[10].given) {
    mx_fail(MX_VALUE, "[gather_qmm] global_scale is for a GPU");
    return end_error(c);
  }
  return mxp_end(c, mx_gather_qmm(v[0].a, v[1].a, v[2].a, v[3].a, v[4].a, v[5].a, v[6].b,
                                  mxp_oint(&v[7]), mxp_oint(&v[8]), v[9].s, v[11].b, c->s));
}

/* Padding is one integer, a list, or a pair of lists: before and after. */
PyObject *mxp_do_conv_general(mxp_call *c) {
  mxp_value *v = c->v, side[2] = {{.heap = NULL}, {.heap = NULL}};
  PyObject *padding = v[3].o;
  int bad = 0;
  Py_ssize_t n = padding && PySequence_Check(padding) ? PySequence_Size(padding) : -1;
  PyObject *first = n == 2 ? PySequence_GetItem(padding, 0) : NULL;
  bool pair = first && PySequence_Check(first);
  Py_XDECREF(first);
  for (int i = 0; i < 2 && padding && !bad; i++) {
    PyObject *o = pair ? PySequence_GetItem(padding, i) : Py_NewRef(padding);
    bad = !o || mxp_ints(&side[i], o, "conv_general", "padding", true);
    Py_XDECREF(o);
  }
  PyObject *out =
      bad ? NULL
          : mxp_share(mx_conv_general(v[0].a, v[1].a, v[2].ints, side[0].ints, side[1].ints,
                                      v[4].ints, v[5].ints, (int)v[6].i, v[7].b, c->s));
  free(side[0].heap);
  free(side[1].heap);
  return mxp_end_object(c, out);
}

/* ---- shapes ---- */

static int64_t product(const mx_array *a) {
  return a->size;
}

PyObject *mxp_do_as_strided(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  mx_ints shape = v[1].given ? v[1].ints : shape_of(a);
  int64_t rows[MX_MAX_NDIM];
  mx_ints strides = {rows, shape.n};
  if (v[2].given)
    strides = v[2].ints;
  else if (shape.n <= MX_MAX_NDIM)
    mx_row_strides(rows, shape.p, shape.n);
  if (v[3].i < 0 || shape.n > MX_MAX_NDIM || v[3].i > product(a)) {
    mx_fail(MX_VALUE, "[as_strided] the offset or the number of dimensions is out of range");
    return end_error(c);
  }
  return mxp_end(c, mx_as_strided(a, shape, strides, (size_t)v[3].i, c->s));
}

PyObject *mxp_do_split(mxp_call *c) {
  mxp_value *v = c->v;
  mx_vec r = {NULL, 0};
  int axis = (int)v[2].i, bad;
  if (v[1].single && (v[1].ints.p[0] < INT_MIN || v[1].ints.p[0] > INT_MAX))
    bad = mx_fail(MX_VALUE, "[split] the number of sections is out of range");
  else
    bad = v[1].single ? mx_split(&r, v[0].a, (int)v[1].ints.p[0], axis, c->s)
                      : mx_split_sections(&r, v[0].a, v[1].ints, axis, c->s);
  return mxp_end_vec(c, bad, &r, false);
}

/* One shift counts for every axis that is named; one axis moves by all the shifts. */
PyObject *mxp_do_roll(mxp_call *c) {
  mxp_value *v = c->v;
  mx_ints shift = v[1].ints, axes = v[2].ints;
  int64_t each[MX_MAX_NDIM];
  if (!v[2].given) return mxp_end(c, mx_roll(v[0].a, shift, c->s));
  if (v[2].single) {
    int64_t axis = axes.p[0] < INT_MIN || axes.p[0] > INT_MAX ? INT_MAX : axes.p[0];
    return mxp_end(c, mx_roll_axis(v[0].a, shift, (int)axis, c->s));
  }
  if (v[1].single && axes.n <= MX_MAX_NDIM) {
    for (int i = 0; i < axes.n; i++) each[i] = shift.p[0];
    shift = (mx_ints){each, axes.n};
  }
  return mxp_end(c, mx_roll_axes(v[0].a, shift, axes, c->s));
}

static PyObject *atleast(mxp_call *c, mx_array *(*fn)(mx_array *, mx_stream *)) {
  mx_vec in = c->v[0].vec, out = {NULL, 0};
  if (in.n == 1) return mxp_end(c, fn(in.p[0], c->s));
  int bad = mx_vec_alloc(&out, in.n, "atleast");
  for (size_t i = 0; i < in.n && !bad; i++) bad = !(out.p[i] = fn(in.p[i], c->s));
  return mxp_end_vec(c, bad, &out, false);
}

PyObject *mxp_do_atleast_1d(mxp_call *c) {
  return atleast(c, mx_atleast_1d);
}
PyObject *mxp_do_atleast_2d(mxp_call *c) {
  return atleast(c, mx_atleast_2d);
}
PyObject *mxp_do_atleast_3d(mxp_call *c) {
  return atleast(c, mx_atleast_3d);
}

/* One integer, (n,), (before, after) or a list of pairs: the widths of every axis. */
static int pad_widths(PyObject *o, int ndim, int64_t *low, int64_t *high) {
  bool one = mxp_is_integer(o);
  Py_ssize_t n = one ? 0 : PySequence_Check(o) ? PySequence_Size(o) : -1;
  if (n < 0)
    return PyErr_SetString(PyExc_TypeError,
                           "pad(): pad_width is an int, a pair or a list of pairs"),
           -1;
  if (n == 0 && !one)
    return ndim == 0 ? 0 : (mx_fail(MX_VALUE, "[pad] an empty list of widths"), -1);
  PyObject *first = n ? PySequence_GetItem(o, 0) : Py_NewRef(o);
  bool flat_list = first && mxp_is_integer(first);
  Py_XDECREF(first);
  if (!first) return -1;
  if (flat_list ? n > 2 : n != 1 && n != ndim)
    return mx_fail(MX_VALUE, "[pad] %zd widths for %d axes", n, ndim), -1;
  for (int i = 0; i < ndim; i++) {
    mxp_value w = {.heap = NULL};
    PyObject *pair = flat_list ? Py_NewRef(o) : PySequence_GetItem(o, n == 1 ? 0 : i);
    int bad = !pair || mxp_ints(&w, pair, "pad", "pad_width", true);
    if (!bad && (w.ints.n < 1 || w.ints.n > 2))
      bad = mx_fail(MX_VALUE, "[pad] a width is one integer or a pair");
    if (!bad) {
      low[i] = w.ints.p[0];
      high[i] = w.ints.p[w.ints.n - 1];
    }
    free(w.heap);
    Py_XDECREF(pair);
    if (bad) return -1;
  }
  return 0;
}

PyObject *mxp_do_pad(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  int64_t axes[MX_MAX_NDIM], low[MX_MAX_NDIM], high[MX_MAX_NDIM];
  if (pad_widths(v[1].o, a->ndim, low, high)) return end_error(c);
  for (int i = 0; i < a->ndim; i++) axes[i] = i;
  mx_array *fill = mx_cast(v[3].a, (mlx_dtype)a->dtype, c->s);
  return mxp_end(c, fill ? mx_pad(a, (mx_ints){axes, a->ndim}, (mx_ints){low, a->ndim},
                                  (mx_ints){high, a->ndim}, fill, v[2].s, c->s)
                         : NULL);
}

PyObject *mxp_do_trace(mxp_call *c) {
  mxp_value *v = c->v;
  mlx_dtype t = (mlx_dtype)v[0].a->dtype;
  if (v[4].given)
    t = (mlx_dtype)v[4].i;
  else if (mx_dtype_kind(t) <= MX_KIND_INT && mx_dtype_bytes(t) < 4)
    t = mx_dtype_kind(t) == MX_KIND_UINT ? MLX_UINT32 : MLX_INT32;
  return mxp_end(c, mx_trace(v[0].a, (int)v[1].i, (int)v[2].i, (int)v[3].i, t, c->s));
}

PyObject *mxp_do_positive(mxp_call *c) {
  return mxp_end(c, c->v[0].a);
}

PyObject *mxp_do_astype(mxp_call *c) {
  return mxp_end(c, mx_cast(c->v[0].a, (mlx_dtype)c->v[1].i, c->s));
}

PyObject *mxp_do__astype(mxp_call *c) {
  return mxp_do_astype(c);
}

PyObject *mxp_do_depends(mxp_call *c) {
  mx_vec r = {NULL, 0};
  if (mx_depends(&r, c->v[0].vec, c->v[1].vec)) return end_error(c);
  if (!c->v[0].single) return mxp_end_vec(c, 0, &r, false);
  mx_array *only = r.p[0];
  free(r.p);
  return mxp_end(c, only);
}

/* ---- methods that take their list as one argument or as many ---- */

static int many_or_list(mxp_value *v, PyObject *rest, const char *fn) {
  PyObject *one = PyTuple_Size(rest) == 1 ? PyTuple_GetItem(rest, 0) : NULL;
  bool list = one && PySequence_Check(one) && !mxp_is_integer(one);
  return mxp_ints(v, list ? one : rest, fn, "shape", false);
}

PyObject *mxp_do__reshape(mxp_call *c) {
  mxp_value v = {.heap = NULL};
  mx_array *r = NULL;
  if (!many_or_list(&v, c->v[1].o, "reshape")) r = mx_reshape(c->v[0].a, v.ints, c->s);
  PyObject *out = r ? mxp_share(r) : mxp_raise();
  free(v.heap);
  return mxp_end_object(c, out);
}

PyObject *mxp_do__transpose(mxp_call *c) {
  mxp_value v = {.heap = NULL};
  PyObject *rest = c->v[1].o, *out = NULL;
  bool none =
      PyTuple_Size(rest) == 0 || (PyTuple_Size(rest) == 1 && PyTuple_GetItem(rest, 0) == Py_None);
  if (none)
    out = mxp_share(mx_transpose(c->v[0].a, c->s));
  else if (!many_or_list(&v, rest, "transpose"))
    out = mxp_share(mx_transpose_axes(c->v[0].a, v.ints, c->s));
  free(v.heap);
  return mxp_end_object(c, out);
}

/* ---- running folds: without an axis over the flattened array ---- */

typedef mx_array *scan_fn(mx_array *, int, bool, bool, mx_stream *);

static PyObject *scan(mxp_call *c, scan_fn *fn) {
  mxp_value *v = c->v;
  mx_array *a = v[1].given ? v[0].a : flat(v[0].a, c->s);
  return mxp_end(c, a ? fn(a, v[1].given ? (int)v[1].i : 0, v[2].b, v[3].b, c->s) : NULL);
}

PyObject *mxp_do_cummax(mxp_call *c) {
  return scan(c, mx_cummax);
}
PyObject *mxp_do_cummin(mxp_call *c) {
  return scan(c, mx_cummin);
}
PyObject *mxp_do_logcumsumexp(mxp_call *c) {
  return scan(c, mx_logcumsumexp);
}

/* ---- random ---- */

PyObject *mxp_do_random_seed(mxp_call *c) {
  return mxp_end_none(c, mx_random_seed((uint64_t)c->v[0].i));
}

PyObject *mxp_do_random_bernoulli(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *p = v[0].a;
  return mxp_end(c, mx_random_bernoulli(p, v[1].given ? v[1].ints : shape_of(p), v[2].a, c->s));
}

PyObject *mxp_do_random_truncated_normal(mxp_call *c) {
  mxp_value *v = c->v;
  int64_t shape[MX_MAX_NDIM];
  int n = v[0].a->ndim;
  memcpy(shape, v[0].a->shape, (size_t)n * sizeof *shape);
  if (mx_broadcast_shape("truncated_normal", shape, &n, v[1].a->shape, v[1].a->ndim))
    return end_error(c);
  mx_ints dims = v[2].given ? v[2].ints : (mx_ints){shape, n};
  return mxp_end(c,
                 mx_random_truncated_normal(v[0].a, v[1].a, dims, (mlx_dtype)v[3].i, v[4].a, c->s));
}

PyObject *mxp_do_random_categorical(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *logits = v[0].a, *key = v[4].a;
  int axis = (int)v[1].i;
  if (v[2].given && v[3].given) {
    mx_fail(MX_VALUE, "[categorical] give shape or num_samples, not both");
    return end_error(c);
  }
  if (v[2].given)
    return mxp_end(c, mx_random_categorical_shape(logits, axis, v[2].ints, key, c->s));
  if (v[3].given)
    return mxp_end(c, mx_random_categorical_num_samples(logits, axis, (int)v[3].i, key, c->s));
  return mxp_end(c, mx_random_categorical(logits, axis, key, c->s));
}

PyObject *mxp_do_random_permutation(mxp_call *c) {
  mxp_value *v = c->v;
  int64_t n;
  if (mxp_is_array(v[0].o))
    return mxp_end(c, mx_random_permutation(mxp_node(v[0].o), (int)v[1].i, v[2].a, c->s));
  if (!PyIndex_Check(v[0].o) || mxp_int64(v[0].o, &n) || n < INT_MIN || n > INT_MAX) {
    PyErr_Clear();
    PyErr_SetString(PyExc_TypeError, "permutation(): argument 'x' must be an int or an array");
    return mxp_end_object(c, NULL);
  }
  return mxp_end(c, mx_random_permutation_arange((int)n, v[2].a, c->s));
}
