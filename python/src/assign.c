/* Owns writing by index: array[index] = value and array.at[index].add(value). */
#include <string.h>

#include "gen/ops.h"
#include "index.h"
#include "methods.h"

static mx_stream *stream(void) {
  return mx_default_stream(mx_default_device());
}

/* ---- the value ---- */

/* Leading axes of length 1 do not count. */
static mx_array *strip(mx_array *v) {
  int n = 0;
  while (n < v->ndim && v->shape[n] == 1) n++;
  return n ? mx_reshape(v, (mx_ints){v->shape + n, v->ndim - n}, stream()) : v;
}

static mx_array *no_fit(const mx_array *v, const int64_t *shape, int ndim) {
  char p[200], q[200];
  mx_fail(MX_VALUE, "[index] a value of shape %s cannot be broadcast to %s",
          mx_shape_text(p, sizeof p, v->shape, v->ndim), mx_shape_text(q, sizeof q, shape, ndim));
  return NULL;
}

/* ---- slices and integers ---- */

/* v, which fits the indexed result, with the axes of the array: new axes gone, integers as
 * length 1. */
static mx_array *to_array_axes(mx_array *v, const mxp_index *ix, int ndim) {
  int64_t shape[MX_MAX_NDIM], result[MXP_MAX_ITEMS];
  int n = 0, at = v->ndim, axis = ndim;
  for (int i = 0; i < ix->n; i++)
    if (ix->items[i].kind != MXP_INTEGER)
      result[n++] = ix->items[i].kind == MXP_NEW ? 1 : ix->items[i].length;
  if (v->ndim > n) return no_fit(v, result, n);
  for (int i = 0; i < v->ndim; i++)
    if (v->shape[i] != 1 && v->shape[i] != result[n - v->ndim + i]) return no_fit(v, result, n);
  if (!ix->integers && !ix->news) return v;
  for (int i = ix->n - 1; i >= 0; i--) {
    int64_t have = 1;
    if (ix->items[i].kind != MXP_INTEGER && at > 0) have = v->shape[--at];
    if (ix->items[i].kind != MXP_NEW) shape[--axis] = have;
  }
  return mx_reshape(v, (mx_ints){shape, ndim}, stream());
}

static mx_array *write_slice(mx_array *x, const mxp_index *ix, mx_array *v, enum mxp_update how) {
  typedef mx_array *update_fn(mx_array *, mx_array *, mx_ints, mx_ints, mx_ints, mx_stream *);
  static update_fn *const fns[] = {mx_slice_update, mx_slice_update_add, mx_slice_update_prod,
                                   mx_slice_update_max, mx_slice_update_min};
  int64_t start[MX_MAX_NDIM], stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  bool empty = false;
  for (int i = 0; i < ix->n; i++) {
    const mxp_index_item *it = &ix->items[i];
    if (it->kind == MXP_NEW) continue;
    bool one = it->kind == MXP_INTEGER;
    start[it->axis] = it->start;
    stop[it->axis] = one ? it->start + 1 : it->stop;
    step[it->axis] = one ? 1 : it->step;
    empty = empty || it->length == 0;
  }
  v = to_array_axes(v, ix, x->ndim);
  if (!v || empty) return v ? x : NULL;
  int n = x->ndim;
  return fns[how](x, v, (mx_ints){start, n}, (mx_ints){stop, n}, (mx_ints){step, n}, stream());
}

/* ---- index arrays ---- */

typedef struct places {
  mx_array *index[MX_MAX_NDIM]; /* by number */
  int64_t axes[MX_MAX_NDIM];
  int n;
  int64_t space[2 * MX_MAX_NDIM]; /* broadcast dimensions, then one for each partial slice */
  int b, spaces;
  int place; /* kept axes of the result before the broadcast dimensions */
  bool indexed[MX_MAX_NDIM];
} places;

static mx_array *reshaped_index(mx_array *a, int before, int after) {
  int64_t shape[3 * MX_MAX_NDIM];
  int n = 0;
  for (int i = 0; i < before; i++) shape[n++] = 1;
  for (int i = 0; i < a->ndim; i++) shape[n++] = a->shape[i];
  for (int i = 0; i < after; i++) shape[n++] = 1;
  if (n > MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[index] more than %d dimensions", MX_MAX_NDIM);
    return NULL;
  }
  return before || after ? mx_reshape(a, (mx_ints){shape, n}, stream()) : a;
}

static mx_array *slice_indices(const mxp_index_item *it) {
  mx_buffer *b = mx_buffer_new((size_t)it->length * sizeof(int64_t));
  if (!b) return NULL;
  for (int64_t i = 0; i < it->length; i++) ((int64_t *)b->host)[i] = it->start + i * it->step;
  return mx_leaf((mx_spec){MLX_INT64, 1, &it->length, NULL}, b, 0);
}

/* Arrays, integers and partial slices as index arrays over one common space. */
static int find_places(places *p, mxp_index *ix) {
  int slice = 0;
  *p = (places){.n = 0};
  for (int i = 0; i < ix->n; i++) {
    mxp_index_item *it = &ix->items[i];
    if (it->kind == MXP_INTEGER) {
      int64_t v = it->first;
      if (!(it->a = mx_from_host(&v, NULL, 0, MLX_INT64))) return 1;
      it->kind = MXP_ARRAY;
      ix->arrays++;
    }
    if (it->kind == MXP_ARRAY &&
        mx_broadcast_shape("index", p->space, &p->b, it->a->shape, it->a->ndim))
      return 1;
  }
  p->spaces = p->b;
  for (int i = 0; i < ix->n; i++) {
    const mxp_index_item *it = &ix->items[i];
    mx_array *a = it->a;
    int before = 0, after = ix->partial;
    if (it->kind == MXP_SLICE && !it->full) {
      if (p->spaces == MX_MAX_NDIM)
        return mx_fail(MX_VALUE, "[index] more than %d dimensions", MX_MAX_NDIM);
      a = slice_indices(it);
      before = p->b + slice;
      after = ix->partial - ++slice;
      p->space[p->spaces++] = it->length;
    } else if (it->kind != MXP_ARRAY)
      continue;
    if (!a || !(p->index[p->n] = reshaped_index(a, before, after))) return 1;
    p->indexed[it->axis] = true;
    p->axes[p->n++] = it->axis;
  }
  return 0;
}

/* The shape that array[index] has, and where its new axes are. */
static int result_shape(const mxp_index *ix, places *p, int64_t *shape, int64_t *news,
                        int *n_news) {
  int first = -1, last = -1, n = 0;
  for (int i = 0; i < ix->n; i++)
    if (ix->items[i].kind == MXP_ARRAY) {
      first = first < 0 ? i : first;
      last = i;
    }
  if (last - first + 1 != ix->arrays)
    first = -1; /* not side by side: their dimensions come first */
  p->place = 0;
  *n_news = 0;
  for (int i = first < 0 ? -1 : 0; i < ix->n; i++) {
    if (i == first) {
      memcpy(shape + n, p->space, (size_t)p->b * sizeof *shape);
      n += p->b;
    } else if (i >= 0 && ix->items[i].kind == MXP_NEW) {
      news[(*n_news)++] = n;
      shape[n++] = 1;
    } else if (i >= 0 && ix->items[i].kind == MXP_SLICE) {
      p->place += i < first;
      shape[n++] = ix->items[i].length;
    }
  }
  return n;
}

/* v, broadcast to the result, as scatter wants it: the index space, then the array's axes. */
static mx_array *to_updates(mx_array *v, mx_array *x, const mxp_index *ix, places *p) {
  int64_t shape[4 * MX_MAX_NDIM], news[MXP_MAX_ITEMS], order[MX_MAX_NDIM], full[2 * MX_MAX_NDIM];
  int n_news, n = result_shape(ix, p, shape, news, &n_news), k = 0, m = 0;
  for (int i = 0; i < p->spaces; i++) full[m++] = p->space[i];
  for (int i = 0; i < x->ndim; i++) full[m++] = p->indexed[i] ? 1 : x->shape[i];
  if (m > MX_MAX_NDIM || n > MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[index] more than %d dimensions", MX_MAX_NDIM);
    return NULL;
  }
  if (v->ndim == 0) return mx_broadcast_to(v, (mx_ints){full, m}, stream());
  if (!(v = mx_broadcast_to(v, (mx_ints){shape, n}, stream()))) return NULL;
  if (n_news && !(v = mx_squeeze_axes(v, (mx_ints){news, n_news}, stream()))) return NULL;
  for (int i = 0; i < p->b; i++) order[k++] = p->place + i;
  for (int pass = 0; pass < 2; pass++) { /* partial slices, then full ones */
    int at = 0;
    for (int i = 0; i < ix->n; i++)
      if (ix->items[i].kind == MXP_SLICE) {
        if (ix->items[i].full == (pass == 1)) order[k++] = at < p->place ? at : at + p->b;
        at++;
      }
  }
  v = mx_transpose_axes(v, (mx_ints){order, k}, stream());
  return v ? mx_reshape(v, (mx_ints){full, m}, stream()) : NULL;
}

static mx_array *write_arrays(mx_array *x, mxp_index *ix, mx_array *v, enum mxp_update how) {
  typedef mx_array *scatter_fn(mx_array *, mx_vec, mx_array *, mx_ints, mx_stream *);
  static scatter_fn *const fns[] = {mx_scatter, mx_scatter_add, mx_scatter_prod, mx_scatter_max,
                                    mx_scatter_min};
  places p;
  if (find_places(&p, ix) || !(v = to_updates(v, x, ix, &p))) return NULL;
  return v->size == 0
             ? x
             : fns[how](x, (mx_vec){p.index, (size_t)p.n}, v, (mx_ints){p.axes, p.n}, stream());
}

/* ---- a mask alone ---- */

static bool mask_alone(const mxp_index *ix) {
  if (ix->masks != 1 || ix->items[0].kind != MXP_MASK || ix->news || ix->partial || ix->integers ||
      ix->arrays)
    return false;
  return true;
}

/* Without evaluating the mask: a value for every place that it names, or one that goes to all. */
static mx_array *write_mask(mx_array *x, mx_array *mask, mx_array *v) {
  int64_t shape[MX_MAX_NDIM];
  int rest = x->ndim - mask->ndim; /* axes of a place */
  if (v->ndim > rest) {
    shape[0] = v->shape[0];
    for (int i = 0; i < rest; i++) shape[1 + i] = x->shape[mask->ndim + i];
    if (v->ndim > rest + 1) return no_fit(v, shape, rest + 1);
    return mx_masked_scatter(x, mask, mx_broadcast_to(v, (mx_ints){shape, rest + 1}, stream()),
                             stream());
  }
  for (int i = 0; i < x->ndim; i++) shape[i] = i < mask->ndim ? mask->shape[i] : 1;
  mask = mx_reshape(mask, (mx_ints){shape, x->ndim}, stream());
  v = mx_broadcast_to(v, (mx_ints){x->shape, x->ndim}, stream());
  return mask && v ? mx_where(mask, v, x, stream()) : NULL;
}

/* ---- all of it ---- */

mx_array *mxp_updated_node(mx_array *x, PyObject *index, mx_array *v, enum mxp_update how) {
  mxp_index ix;
  if (index == Py_False) return x;
  if (index == Py_True) /* as a mask of no dimensions: everything */
    index = Py_Ellipsis;
  if (!(v = mx_cast(v, (mlx_dtype)x->dtype, stream())) || !(v = strip(v))) return mxp_raise(), NULL;
  if (mxp_read_index(&ix, x, index, how == MXP_SET)) return NULL;
  mx_array *r;
  if (how == MXP_SET && ix.masks && mask_alone(&ix))
    r = write_mask(x, ix.items[0].a, v);
  else {
    if (ix.masks && mxp_read_index(&ix, x, index, false)) return NULL;
    r = ix.arrays ? write_arrays(x, &ix, v, how) : write_slice(x, &ix, v, how);
  }
  return r ? r : (mxp_raise(), NULL);
}

static mx_array *value_node(PyObject *value, mx_array *x) {
  if (value == Py_None) {
    PyErr_SetString(PyExc_TypeError, "__setitem__(): a value is an array or a scalar, not None");
    return NULL;
  }
  return mxp_operand(value, x);
}

mx_array *mxp_updated(mx_array *x, PyObject *index, PyObject *value, enum mxp_update how) {
  mx_array *v = value_node(value, x);
  return v ? mxp_updated_node(x, index, v, how) : NULL;
}

int mxp_setitem(PyObject *self, PyObject *index, PyObject *value) {
  if (!value) {
    PyErr_SetString(PyExc_AttributeError, "elements of an array cannot be deleted");
    return -1;
  }
  mx_scope scope = mx_scope_open();
  mx_array *x = mxp_hold(self);
  mx_array *r = mx_scope_close(scope, x ? mxp_updated(x, index, value, MXP_SET) : NULL);
  if (!r) return -1;
  mxp_rebind(self, r);
  return 0;
}

/* ---- array.at[index] ---- */

typedef struct at_object {
  PyObject_HEAD PyObject *array, *index;
} at_object;

static PyTypeObject *at_type;

static PyObject *at_new(PyObject *array, PyObject *index) {
  at_object *o = PyObject_New(at_object, at_type);
  if (o) {
    o->array = Py_NewRef(array);
    o->index = Py_XNewRef(index);
  }
  return (PyObject *)o;
}

PyObject *mxp_get_at(PyObject *self, void *unused) {
  (void)unused;
  return at_new(self, NULL);
}

static PyObject *at_getitem(PyObject *self, PyObject *index) {
  return at_new(((at_object *)self)->array, index);
}

static void at_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(((at_object *)self)->array);
  Py_XDECREF(((at_object *)self)->index);
  PyObject_Free(self);
  Py_DECREF(type);
}

enum before { AS_IT_IS, NEGATED, INVERTED };

static PyObject *at_update(PyObject *self, PyObject *value, enum mxp_update how,
                           enum before before) {
  at_object *o = (at_object *)self;
  if (!o->index) {
    PyErr_SetString(PyExc_ValueError, "Must give indices to array.at (e.g. `x.at[0].add(4)`).");
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  mx_array *x = mxp_hold(o->array);
  mx_array *v = x ? value_node(value, x) : NULL;
  bool number = v && v->dtype == MLX_BOOL && !mxp_is_array(value); /* True whatever its sign */
  if (v && before == NEGATED && !number)
    v = mx_negative(v, stream());
  else if (v && before == INVERTED)
    v = mx_reciprocal(v, stream());
  mx_array *r = v ? mxp_updated_node(x, o->index, v, how) : (mxp_raise(), NULL);
  r = mx_scope_close(scope, r);
  return r ? mxp_wrap(r) : NULL;
}

#define AT(name, how, before)                                                                      \
  static PyObject *at_##name(PyObject *self, PyObject *value) {                                    \
    return at_update(self, value, how, before);                                                    \
  }
AT(add, MXP_ADD, AS_IT_IS)
AT(subtract, MXP_ADD, NEGATED)
AT(multiply, MXP_PROD, AS_IT_IS)
AT(divide, MXP_PROD, INVERTED)
AT(maximum, MXP_MAX, AS_IT_IS)
AT(minimum, MXP_MIN, AS_IT_IS)
MXP_NAMED(at_add, "value")
MXP_NAMED(at_subtract, "value")
MXP_NAMED(at_multiply, "value")
MXP_NAMED(at_divide, "value")
MXP_NAMED(at_maximum, "value")
MXP_NAMED(at_minimum, "value")

#define AT_ROW(name, doc)                                                                          \
  { #name, MXP_BY_NAME(at_##name), #name "($self, /, value)\n--\n\n" doc }
static PyMethodDef at_methods[] = {
    AT_ROW(add, "The array with value added where the index says; equal indices add up."),
    AT_ROW(subtract, "The array with value subtracted where the index says."),
    AT_ROW(multiply, "The array with value multiplied where the index says."),
    AT_ROW(divide, "The array divided by value where the index says."),
    AT_ROW(maximum, "The array with the maximum with value where the index says."),
    AT_ROW(minimum, "The array with the minimum with value where the index says."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot at_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_dealloc, at_dealloc},
    {Py_tp_methods, at_methods},
    {Py_mp_subscript, at_getitem},
    {Py_tp_doc, "ArrayAt()\n--\n\nUpdates of an array by index in which equal indices add up."},
    {0, NULL},
};
static PyType_Spec at_spec = {"mlx.core.ArrayAt", sizeof(at_object), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, at_slots};

int mxp_index_init(PyObject *module) {
  at_type = mxp_add_type(module, &at_spec, "ArrayAt");
  return at_type ? 0 : -1;
}
