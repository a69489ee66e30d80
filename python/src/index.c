/* Owns the reading of indices, and array[index]. */
#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "gen/ops.h"

static mx_stream *stream(void) {
  return mx_default_stream(mx_default_device());
}

/* ---- items ---- */

static int cannot(PyObject *o) {
  PyObject *name = PyType_GetName(Py_TYPE(o));
  PyErr_Format(PyExc_ValueError, "Cannot index mlx array using the given type: %U.", name);
  Py_XDECREF(name);
  return -1;
}

static int too_many(int ndim) {
  mx_fail(MX_INDEX, "[index] too many indices for an array of %d dimensions", ndim);
  mxp_raise();
  return -1;
}

static int integer(mxp_index_item *it, mx_array *x, int axis, int64_t i) {
  int64_t n = x->shape[axis];
  if (i < -n || i >= n) {
    mx_fail(MX_INDEX, "[index] index %lld is out of bounds for axis %d with size %lld",
            (long long)i, axis, (long long)n);
    mxp_raise();
    return -1;
  }
  *it = (mxp_index_item){.kind = MXP_INTEGER,
                         .axis = axis,
                         .start = i < 0 ? i + n : i,
                         .length = 1,
                         .first = i,
                         .last = i == -1 ? INT64_MAX : i + 1,
                         .by = 1};
  return 0;
}

static void whole(mxp_index_item *it, mx_array *x, int axis) {
  int64_t n = x->shape[axis];
  *it = (mxp_index_item){
      .kind = MXP_SLICE, .axis = axis, .stop = n, .step = 1, .length = n, .full = true};
}

static int slice(mxp_index_item *it, mx_array *x, int axis, PyObject *o) {
  Py_ssize_t start, stop, step, n = (Py_ssize_t)x->shape[axis];
  if (PySlice_Unpack(o, &start, &stop, &step)) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Clear();
      PyErr_SetString(PyExc_ValueError, "Slice indices must be integers or None.");
    }
    return -1;
  }
  /* Of another length, bounds that are written may not be all. */
  bool all = (start == 0 && stop == PY_SSIZE_T_MAX) || !mx_session_shapeless();
  int64_t first = start, last = stop;
  Py_ssize_t length = PySlice_AdjustIndices(n, &start, &stop, step);
  *it = (mxp_index_item){
      .kind = MXP_SLICE, .axis = axis, .length = length, .full = step == 1 && length == n && all,
      .first = first, .last = last, .by = step};
  if (length) {
    it->start = start;
    it->step = step;
    it->stop = step < 0 && stop < 0 ? -(int64_t)n - 1 : stop;
  } else
    it->step = 1;
  return 0;
}

static int array_item(mxp_index_item *it, mx_array *x, int axis, mx_array *a) {
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)a->dtype);
  if (kind >= MX_KIND_FLOAT) {
    PyErr_Format(PyExc_ValueError, "[index] an index array is integer or bool, not %s",
                 mx_dtype_name((mlx_dtype)a->dtype));
    return -1;
  }
  *it = (mxp_index_item){.kind = kind == MX_KIND_BOOL ? MXP_MASK : MXP_ARRAY, .axis = axis, .a = a};
  if (kind != MX_KIND_BOOL) return 0;
  char p[200], q[200];
  bool fits = a->ndim > 0 && axis + a->ndim <= x->ndim;
  for (int i = 0; fits && i < a->ndim; i++) fits = a->shape[i] == x->shape[axis + i];
  if (!fits)
    PyErr_Format(PyExc_ValueError, "[index] a mask of shape %s does not fit an array of shape %s",
                 mx_shape_text(p, sizeof p, a->shape, a->ndim),
                 mx_shape_text(q, sizeof q, x->shape, x->ndim));
  return fits ? 0 : -1;
}

/* What one element of an index is; consumes it->kind's number of axes from *axis. */
static int read_item(mxp_index *ix, mx_array *x, PyObject *o, int *axis, bool nested) {
  mxp_index_item *it = &ix->items[ix->n];
  if (o == Py_None) {
    *it = (mxp_index_item){.kind = MXP_NEW};
    ix->n++;
    return 0;
  }
  if (PyBool_Check(o) || (nested && PyTuple_Check(o))) return cannot(o);
  if (*axis >= x->ndim) return too_many(x->ndim);
  int bad = -1;
  mx_array *a = NULL;
  if (mxp_is_array(o)) {
    if (!(a = mxp_hold(o))) return -1;
  } else if (PySlice_Check(o))
    bad = slice(it, x, *axis, o);
  else if (PyList_Check(o)) {
    if (!(a = mxp_from_object(o, NULL))) return -1;
  } else if (PyIndex_Check(o)) {
    PyObject *i = PyNumber_Index(o);
    if (i) {
      int over;
      int64_t v = PyLong_AsLongLongAndOverflow(i, &over);
      Py_DECREF(i);
      bad = integer(it, x, *axis, over ? INT64_MIN : v);
    } else
      PyErr_Clear();
    if (!i && !(a = mxp_from_foreign(o, NULL))) return PyErr_Occurred() ? -1 : cannot(o);
  } else
    return cannot(o);
  if (a) bad = array_item(it, x, *axis, a);
  if (bad) return -1;
  *axis += it->kind == MXP_MASK ? it->a->ndim : 1;
  ix->n++;
  return 0;
}

/* How many axes an element of an index takes. */
static int takes(PyObject *o) {
  if (o == Py_None || o == Py_Ellipsis) return 0;
  return mxp_is_array(o) && mxp_node(o)->dtype == MLX_BOOL && mxp_node(o)->ndim ? mxp_node(o)->ndim
                                                                                : 1;
}

static int read_tuple(mxp_index *ix, mx_array *x, PyObject *o) {
  Py_ssize_t n = PyTuple_Size(o);
  int axis = 0, taken = 0, dots = 0;
  if (n > 2 * MX_MAX_NDIM) return too_many(x->ndim);
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *e = PyTuple_GetItem(o, i);
    taken += takes(e);
    dots += e == Py_Ellipsis;
  }
  if (dots > 1) {
    PyErr_SetString(PyExc_ValueError, "An index can only have a single ellipsis (...)");
    return -1;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *e = PyTuple_GetItem(o, i);
    if (e == Py_Ellipsis)
      for (int skip = x->ndim - taken; skip > 0; skip--, axis++)
        whole(&ix->items[ix->n++], x, axis);
    else if (read_item(ix, x, e, &axis, true))
      return -1;
  }
  while (axis < x->ndim) whole(&ix->items[ix->n++], x, axis++);
  return 0;
}

/* ---- masks: the places where they hold ---- */

static void places(const mx_array *m, const uint8_t *p, int axis, int64_t *at, int64_t **out) {
  if (axis == m->ndim) {
    if (*p)
      for (int i = 0; i < m->ndim; i++) *out[i]++ = at[i];
    return;
  }
  for (at[axis] = 0; at[axis] < m->shape[axis]; at[axis]++)
    places(m, p + at[axis] * m->strides[axis], axis + 1, at, out);
}

static int64_t count(const mx_array *m, const uint8_t *p, int axis) {
  if (axis == m->ndim) return *p != 0;
  int64_t n = 0;
  for (int64_t i = 0; i < m->shape[axis]; i++) n += count(m, p + i * m->strides[axis], axis + 1);
  return n;
}

/* Replaces the mask at position i by index arrays, one for each of its axes. */
static int expand_mask(mxp_index *ix, int i) {
  mx_array *m = ix->items[i].a;
  int axis = ix->items[i].axis, k = m->ndim;
  if (ix->n + k - 1 > MXP_MAX_ITEMS) return too_many(MX_MAX_NDIM);
  if (mxp_eval1(m)) return -1;
  int64_t n = m->size ? count(m, mx_data(m), 0) : 0, at[MX_MAX_NDIM], *out[MX_MAX_NDIM];
  memmove(&ix->items[i + k], &ix->items[i + 1], (size_t)(ix->n - i - 1) * sizeof ix->items[0]);
  ix->n += k - 1;
  for (int j = 0; j < k; j++) {
    mx_buffer *b = mx_buffer_new((size_t)n * sizeof(int64_t));
    mx_array *a = b ? mx_leaf((mx_spec){MLX_INT64, 1, &n, NULL}, b, 0) : NULL;
    if (!a) return mxp_raise(), -1;
    out[j] = mx_data(a);
    ix->items[i + j] = (mxp_index_item){.kind = MXP_ARRAY, .axis = axis + j, .a = a};
  }
  if (n) places(m, mx_data(m), 0, at, out);
  return 0;
}

static void tally(mxp_index *ix) {
  ix->arrays = ix->masks = ix->integers = ix->news = ix->partial = 0;
  for (int i = 0; i < ix->n; i++) {
    const mxp_index_item *it = &ix->items[i];
    ix->arrays += it->kind == MXP_ARRAY;
    ix->masks += it->kind == MXP_MASK;
    ix->integers += it->kind == MXP_INTEGER;
    ix->news += it->kind == MXP_NEW;
    ix->partial += it->kind == MXP_SLICE && !it->full;
  }
}

int mxp_read_index(mxp_index *ix, mx_array *x, PyObject *o, bool keep_masks) {
  int axis = 0;
  ix->n = 0;
  if (PyTuple_Check(o)) {
    if (read_tuple(ix, x, o)) return -1;
  } else {
    if (o != Py_Ellipsis && read_item(ix, x, o, &axis, false)) return -1;
    while (axis < x->ndim) whole(&ix->items[ix->n++], x, axis++);
  }
  for (int i = 0; i < ix->n && !keep_masks; i++)
    if (ix->items[i].kind == MXP_MASK && expand_mask(ix, i)) return -1;
  tally(ix);
  return 0;
}

/* ---- reading ---- */

/* Slices, and integers where `integers`, applied to the array; no axis is dropped yet. */
static mx_array *cut(mx_array *x, const mxp_index *ix, bool integers) {
  int64_t start[MX_MAX_NDIM], stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  bool all = true;
  for (int i = 0; i < x->ndim; i++) {
    start[i] = 0;
    stop[i] = INT64_MAX;
    step[i] = 1;
  }
  for (int i = 0; i < ix->n; i++) {
    const mxp_index_item *it = &ix->items[i];
    if ((it->kind != MXP_INTEGER || !integers) && (it->kind != MXP_SLICE || it->full)) continue;
    start[it->axis] = it->first;
    stop[it->axis] = it->last;
    step[it->axis] = it->by;
    all = false;
  }
  mx_ints from = {start, x->ndim}, to = {stop, x->ndim}, by = {step, x->ndim};
  if (all) return x;
  return mx_session_shapeless() ? mx_slice_as_written(x, from, to, by, stream())
                                : mx_slice(x, from, to, by, stream());
}

static mx_array *read_basic(mx_array *x, const mxp_index *ix) {
  int64_t drop[MX_MAX_NDIM], add[MXP_MAX_ITEMS];
  int drops = 0, adds = 0, at = 0;
  for (int i = 0; i < ix->n; i++) {
    if (ix->items[i].kind == MXP_INTEGER)
      drop[drops++] = ix->items[i].axis;
    else {
      if (ix->items[i].kind == MXP_NEW) add[adds++] = at;
      at++;
    }
  }
  x = cut(x, ix, true);
  if (x && drops) x = mx_squeeze_axes(x, (mx_ints){drop, drops}, stream());
  if (x && adds) x = mx_expand_dims_axes(x, (mx_ints){add, adds}, stream());
  return x;
}

/* Whether the arrays of an index stand side by side. */
static bool adjacent(const mxp_index *ix) {
  int first = -1, last = -1;
  for (int i = 0; i < ix->n; i++)
    if (ix->items[i].kind == MXP_ARRAY) {
      first = first < 0 ? i : first;
      last = i;
    }
  return last - first + 1 == ix->arrays;
}

/* Integers beside arrays count as arrays. */
static int integers_to_arrays(mxp_index *ix) {
  for (int i = 0; i < ix->n; i++) {
    mxp_index_item *it = &ix->items[i];
    if (it->kind != MXP_INTEGER) continue;
    int64_t v = it->first;
    it->a = mx_from_host(&v, NULL, 0, MLX_INT64);
    if (!it->a) return -1;
    it->kind = MXP_ARRAY;
  }
  tally(ix);
  return 0;
}

/* New axes of the result, whose index dimensions (b of them) stand at `place` among the kept axes.
 */
static mx_array *add_axes(mx_array *r, const mxp_index *ix, int b, bool together) {
  int64_t add[MXP_MAX_ITEMS];
  int adds = 0, at = together ? 0 : b;
  bool counted = !together;
  for (int i = 0; i < ix->n; i++) {
    switch (ix->items[i].kind) {
    case MXP_ARRAY:
      at += counted ? 0 : b;
      counted = true;
      break;
    case MXP_NEW:
      add[adds++] = at++;
      break;
    default:
      at++;
    }
  }
  return adds ? mx_expand_dims_axes(r, (mx_ints){add, adds}, stream()) : r;
}

/* Several index arrays: gathered with their dimensions in front, then put in place. */
static mx_array *gather_many(mx_array *x, const mxp_index *ix, bool together) {
  mx_array *p[MX_MAX_NDIM];
  int64_t axes[MX_MAX_NDIM], sizes[MX_MAX_NDIM], drop[MX_MAX_NDIM], order[MX_MAX_NDIM];
  int n = 0, before = 0;
  memcpy(sizes, x->shape, (size_t)x->ndim * sizeof *sizes);
  for (int i = 0; i < ix->n; i++) {
    const mxp_index_item *it = &ix->items[i];
    if (it->kind == MXP_ARRAY) {
      p[n] = it->a;
      axes[n++] = it->axis;
      sizes[it->axis] = 1;
    } else if (it->kind == MXP_SLICE && !n)
      before++;
  }
  mx_array *r =
      mx_gather(x, (mx_vec){p, (size_t)n}, (mx_ints){axes, n}, (mx_ints){sizes, x->ndim}, stream());
  if (!r) return NULL;
  int b = r->ndim - x->ndim;
  for (int i = 0; i < n; i++) drop[i] = b + axes[i];
  r = mx_squeeze_axes(r, (mx_ints){drop, n}, stream());
  if (!r || !together || !before || !b) return r;
  for (int i = 0; i < r->ndim; i++) order[i] = i < before ? b + i : i < before + b ? i - before : i;
  return mx_transpose_axes(r, (mx_ints){order, r->ndim}, stream());
}

static mx_array *read_arrays(mx_array *x, mxp_index *ix) {
  bool alone = ix->arrays == 1 && ix->integers == 0;
  if (integers_to_arrays(ix)) return NULL;
  bool together = adjacent(ix);
  x = cut(x, ix, false);
  if (!x) return NULL;
  mx_array *r;
  int b = 0;
  for (int i = 0; i < ix->n; i++)
    if (ix->items[i].kind == MXP_ARRAY && ix->items[i].a->ndim > b) b = ix->items[i].a->ndim;
  if (alone) {
    const mxp_index_item *it = ix->items;
    while (it->kind != MXP_ARRAY) it++;
    r = mx_take_axis(x, it->a, it->axis, stream());
  } else
    r = gather_many(x, ix, together);
  return r ? add_axes(r, ix, b, together) : NULL;
}

PyObject *mxp_getitem(PyObject *self, PyObject *index) {
  mxp_index ix;
  mx_scope scope = mx_scope_open();
  mx_array *x = mxp_hold(self), *r = NULL;
  if (x && !mxp_read_index(&ix, x, index, false)) {
    r = ix.arrays ? read_arrays(x, &ix) : read_basic(x, &ix);
    if (!r) mxp_raise();
  }
  r = mx_scope_close(scope, r);
  return r ? mxp_wrap(r) : NULL;
}
