/* Owns the way from arrays to Python values: scalars, lists, buffers, DLPack; and DLPack back. */
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "core.h"

/* ---- scalars and lists ---- */

PyObject *mxp_item(const void *p, mlx_dtype t) {
  switch (t) {
  case MLX_BOOL:
    return PyBool_FromLong(*(const uint8_t *)p);
  case MLX_UINT8:
    return PyLong_FromLong(*(const uint8_t *)p);
  case MLX_UINT16:
    return PyLong_FromLong(*(const uint16_t *)p);
  case MLX_UINT32:
    return PyLong_FromUnsignedLong(*(const uint32_t *)p);
  case MLX_UINT64:
    return PyLong_FromUnsignedLongLong(*(const uint64_t *)p);
  case MLX_INT8:
    return PyLong_FromLong(*(const int8_t *)p);
  case MLX_INT16:
    return PyLong_FromLong(*(const int16_t *)p);
  case MLX_INT32:
    return PyLong_FromLong(*(const int32_t *)p);
  case MLX_INT64:
    return PyLong_FromLongLong(*(const int64_t *)p);
  case MLX_FLOAT16:
    return PyFloat_FromDouble(mx_f16_to_f32(*(const uint16_t *)p));
  case MLX_BFLOAT16:
    return PyFloat_FromDouble(mx_bf16_to_f32(*(const uint16_t *)p));
  case MLX_FLOAT32:
    return PyFloat_FromDouble(*(const float *)p);
  case MLX_FLOAT64:
    return PyFloat_FromDouble(*(const double *)p);
  default:
    return PyComplex_FromDoubles(((const float *)p)[0], ((const float *)p)[1]);
  }
}

/* Evaluated and retained, so that it outlives whatever another thread does to the object. */
static mx_array *hold(PyObject *self) {
  mx_array *a = mx_retain(mxp_node(self));
  if (mxp_eval1(a)) {
    mx_release(a);
    return NULL;
  }
  return a;
}

static PyObject *axis_list(const mx_array *a, const char *p, int axis) {
  mlx_dtype t = (mlx_dtype)a->dtype;
  if (axis == a->ndim) return mxp_item(p, t);
  int64_t n = a->shape[axis], step = a->strides[axis] * mx_dtype_bytes(t);
  PyObject *out = PyList_New((Py_ssize_t)n);
  for (int64_t i = 0; out && i < n; i++) {
    PyObject *item = axis_list(a, p + i * step, axis + 1);
    if (!item || PyList_SetItem(out, (Py_ssize_t)i, item)) {
      Py_DECREF(out);
      return NULL;
    }
  }
  return out;
}

PyObject *mxp_tolist(PyObject *self, PyObject *unused) {
  (void)unused;
  mx_array *a = hold(self);
  if (!a) return NULL;
  PyObject *out = axis_list(a, a->size ? mx_data(a) : NULL, 0);
  mx_release(a);
  return out;
}

PyObject *mxp_item_method(PyObject *self, PyObject *unused) {
  (void)unused;
  if (mxp_node(self)->size != 1) {
    PyErr_SetString(PyExc_ValueError,
                    "[convert] Only length-1 arrays can be converted to Python scalars.");
    return NULL;
  }
  mx_array *a = hold(self);
  if (!a) return NULL;
  PyObject *out = mxp_item(mx_data(a), (mlx_dtype)a->dtype);
  mx_release(a);
  return out;
}

/* ---- the buffer protocol ---- */

typedef struct lent_view {
  mx_array *a;
  Py_ssize_t dims[]; /* shape, then strides in bytes */
} lent_view;

static const char *const formats[MX_DTYPE_COUNT] = {[MLX_BOOL] = "?",
                                                    [MLX_UINT8] = "B",
                                                    [MLX_UINT16] = "H",
                                                    [MLX_UINT32] = "I",
                                                    [MLX_UINT64] = "Q",
                                                    [MLX_INT8] = "b",
                                                    [MLX_INT16] = "h",
                                                    [MLX_INT32] = "i",
                                                    [MLX_INT64] = "q",
                                                    [MLX_FLOAT16] = "e",
                                                    [MLX_FLOAT32] = "f",
                                                    [MLX_FLOAT64] = "d",
                                                    [MLX_BFLOAT16] = "bfloat16",
                                                    [MLX_COMPLEX64] = "Zf"};

int mxp_getbuffer(PyObject *self, Py_buffer *view, int flags) {
  view->obj = NULL;
  mx_array *a = hold(self);
  if (!a) return -1;
  if (!(flags & PyBUF_STRIDES & ~PyBUF_ND) && !a->row_contiguous) {
    PyErr_SetString(PyExc_BufferError, "the array is not contiguous");
    mx_release(a);
    return -1;
  }
  if (flags & PyBUF_WRITABLE && !a->buf->writable) {
    PyErr_SetString(PyExc_BufferError, "the array's memory is read-only");
    mx_release(a);
    return -1;
  }
  lent_view *l = malloc(sizeof *l + 2 * (size_t)a->ndim * sizeof(Py_ssize_t));
  if (!l) {
    PyErr_NoMemory();
    mx_release(a);
    return -1;
  }
  l->a = a;
  Py_ssize_t item = (Py_ssize_t)mx_itemsize(a);
  for (int i = 0; i < a->ndim; i++) {
    l->dims[i] = a->shape[i];
    l->dims[a->ndim + i] = a->strides[i] * item;
  }
  view->obj = Py_NewRef(self);
  view->buf = mx_data(a);
  view->len = a->size * item;
  view->itemsize = item;
  view->readonly = !a->buf->writable;
  view->ndim = a->ndim;
  view->format = flags & PyBUF_FORMAT ? (char *)formats[a->dtype] : NULL;
  view->shape = flags & PyBUF_ND ? l->dims : NULL;
  view->strides = flags & PyBUF_STRIDES & ~PyBUF_ND ? l->dims + a->ndim : NULL;
  view->suboffsets = NULL;
  view->internal = l;
  return 0;
}

void mxp_releasebuffer(PyObject *self, Py_buffer *view) {
  lent_view *l = view->internal;
  (void)self;
  mx_release(l->a);
  free(l);
}

PyObject *mxp_array_interface(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"dtype", "copy", NULL};
  PyObject *dtype = Py_None, *copy = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|OO:__array__", names, &dtype, &copy)) return NULL;
  if (mxp_node(self)->dtype == MLX_BFLOAT16) {
    PyErr_SetString(PyExc_TypeError, "bfloat16 arrays cannot be converted to NumPy.");
    return NULL;
  }
  PyObject *view = PyMemoryView_FromObject(self);
  PyObject *numpy = view ? PyImport_ImportModule("numpy") : NULL;
  PyObject *out =
      numpy ? PyObject_CallMethod(numpy, copy == Py_True ? "array" : "asarray", "OO", view, dtype)
            : NULL;
  Py_XDECREF(numpy);
  Py_XDECREF(view);
  return out;
}

/* ---- DLPack ---- */

typedef struct dl_tensor {
  void *data;
  struct {
    int32_t type, id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} dl_tensor;

typedef struct dl_managed {
  dl_tensor t;
  void *context;
  void (*deleter)(struct dl_managed *);
} dl_managed;

typedef struct dl_versioned {
  struct {
    uint32_t major, minor;
  } version;
  void *context;
  void (*deleter)(struct dl_versioned *);
  uint64_t flags;
  dl_tensor t;
} dl_versioned;

enum {
  DL_CPU = 1,
  DL_INT = 0,
  DL_UINT = 1,
  DL_FLOAT = 2,
  DL_BFLOAT = 4,
  DL_COMPLEX = 5,
  DL_BOOL = 6
};

static uint8_t dl_code(mlx_dtype t) {
  static const uint8_t of_kind[] = {DL_BOOL, DL_UINT, DL_INT, DL_FLOAT, DL_COMPLEX};
  return t == MLX_BFLOAT16 ? DL_BFLOAT : of_kind[mx_dtype_kind(t)];
}

static void delete_managed(dl_managed *m) {
  mx_release(m->context);
  free(m);
}

static void delete_versioned(dl_versioned *m) {
  mx_release(m->context);
  free(m);
}

static void capsule_gone(PyObject *capsule) {
  dl_managed *m =
      PyCapsule_IsValid(capsule, "dltensor") ? PyCapsule_GetPointer(capsule, "dltensor") : NULL;
  if (m && m->deleter) m->deleter(m);
}

static void versioned_gone(PyObject *capsule) {
  const char *name = "dltensor_versioned";
  dl_versioned *m = PyCapsule_IsValid(capsule, name) ? PyCapsule_GetPointer(capsule, name) : NULL;
  if (m && m->deleter) m->deleter(m);
}

static void describe(dl_tensor *t, mx_array *a, int64_t *dims) {
  t->data = mx_data(a);
  t->device.type = DL_CPU;
  t->device.id = 0;
  t->ndim = a->ndim;
  t->dtype.code = dl_code((mlx_dtype)a->dtype);
  t->dtype.bits = (uint8_t)(8 * mx_itemsize(a));
  t->dtype.lanes = 1;
  t->shape = dims;
  t->strides = dims + a->ndim;
  t->byte_offset = 0;
  for (int i = 0; i < a->ndim; i++) {
    dims[i] = a->shape[i];
    dims[a->ndim + i] = a->strides[i];
  }
}

static PyObject *export_capsule(mx_array *a, bool versioned) {
  size_t dims = 2 * (size_t)a->ndim * sizeof(int64_t);
  size_t head = versioned ? sizeof(dl_versioned) : sizeof(dl_managed);
  void *m = calloc(1, head + dims);
  if (!m) {
    mx_release(a);
    return PyErr_NoMemory();
  }
  int64_t *at = (int64_t *)((char *)m + head);
  PyObject *out;
  if (versioned) {
    dl_versioned *v = m;
    v->version.major = 1;
    v->context = a;
    v->deleter = delete_versioned;
    v->flags = !a->buf->writable; /* bit 0: read-only */
    describe(&v->t, a, at);
    out = PyCapsule_New(m, "dltensor_versioned", versioned_gone);
  } else {
    dl_managed *v = m;
    v->context = a;
    v->deleter = delete_managed;
    describe(&v->t, a, at);
    out = PyCapsule_New(m, "dltensor", capsule_gone);
  }
  if (!out) {
    mx_release(a);
    free(m);
  }
  return out;
}

PyObject *mxp_dlpack(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"stream", "max_version", "dl_device", "copy", NULL};
  PyObject *stream = Py_None, *version = Py_None, *device = Py_None, *copy = Py_None;
  int major = 0, minor = 0, type = DL_CPU, id = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|$OOOO:__dlpack__", names, &stream, &version, &device,
                                   &copy))
    return NULL;
  if ((version != Py_None && !PyTuple_Check(version)) ||
      (device != Py_None && !PyTuple_Check(device))) {
    PyErr_SetString(PyExc_TypeError, "__dlpack__(): max_version and dl_device are pairs");
    return NULL;
  }
  if ((version != Py_None && !PyArg_ParseTuple(version, "ii", &major, &minor)) ||
      (device != Py_None && !PyArg_ParseTuple(device, "ii", &type, &id)))
    return NULL;
  if (type != DL_CPU || id != 0) {
    PyErr_SetString(PyExc_BufferError, "__dlpack__: arrays are on device (1, 0)");
    return NULL;
  }
  mx_array *a = hold(self);
  if (!a) return NULL;
  if (copy == Py_True) {
    mx_buffer *b = mx_buffer_new(mx_nbytes(a));
    mx_scope s = mx_scope_open();
    mx_array *c = NULL;
    if (b && a->row_contiguous) {
      memcpy(b->host, mx_data(a), mx_nbytes(a));
      c = mx_leaf((mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, NULL}, b, 0);
    } else if (b) {
      mx_buffer_release(b);
      c = mx_row_major(a, mx_default_stream(mx_default_device()));
    }
    c = mx_scope_close(s, c);
    mx_release(a);
    if (!c || mxp_eval1(c)) {
      mx_release(c);
      return mxp_raise();
    }
    a = c;
  }
  return export_capsule(a, major >= 1);
}

/* *item: bytes of an element, more than those of the dtype for double complex numbers. */
static int dl_dtype(const dl_tensor *t, mlx_dtype *out, int64_t *item) {
  *item = t->dtype.bits / 8;
  if (t->dtype.lanes == 1 && t->dtype.code == dl_code(MLX_COMPLEX64) && t->dtype.bits == 128) {
    *out = MLX_COMPLEX64;
    return 0;
  }
  for (int k = 0; k < MX_DTYPE_COUNT; k++)
    if (t->dtype.lanes == 1 && t->dtype.code == dl_code((mlx_dtype)k) &&
        t->dtype.bits == 8 * mx_dtype_bytes((mlx_dtype)k)) {
      *out = (mlx_dtype)k;
      return 0;
    }
  PyErr_Format(PyExc_ValueError, "[dlpack] an element type of code %d and %d bits", t->dtype.code,
               t->dtype.bits);
  return -1;
}

static char *copy_strided(char *to, const char *from, const dl_tensor *t, int axis, int64_t item) {
  if (axis == t->ndim) {
    memcpy(to, from, (size_t)item);
    return to + item;
  }
  for (int64_t i = 0; i < t->shape[axis]; i++)
    to = copy_strided(to, from + i * t->strides[axis] * item, t, axis + 1, item);
  return to;
}

/* Copies: a lender may change its memory afterwards, an array never does. */
static mx_array *import_tensor(const dl_tensor *t) {
  mlx_dtype dtype;
  int64_t item;
  if (t->device.type != DL_CPU) {
    PyErr_SetString(PyExc_ValueError, "[dlpack] the memory is not the CPU's");
    return NULL;
  }
  if (dl_dtype(t, &dtype, &item)) return NULL;
  int64_t size = mx_shape_size("dlpack", t->shape, t->ndim, dtype);
  if (size > INT64_MAX / 16) size = -mx_nomem("dlpack");
  mx_buffer *b = size < 0 ? NULL : mx_buffer_new((size_t)(size * item));
  if (!b) return mxp_raise(), NULL;
  const char *from = (const char *)t->data + t->byte_offset;
  if (size && t->strides)
    copy_strided(b->host, from, t, 0, item);
  else if (size)
    memcpy(b->host, from, (size_t)(size * item));
  if (item > mx_dtype_bytes(dtype)) mxp_narrow_complex(b->host, b->host, size);
  mx_array *a = mx_leaf((mx_spec){dtype, t->ndim, t->shape, NULL}, b, 0);
  return a ? a : (mxp_raise(), NULL);
}

/* The object's capsule; where it lends none because it takes part in gradients, that of its values
 * alone. */
static PyObject *capsule_of(PyObject *o) {
  PyObject *capsule = PyObject_CallMethod(o, "__dlpack__", NULL), *type, *value, *trace;
  if (capsule || !PyErr_ExceptionMatches(PyExc_BufferError)) return capsule;
  PyErr_Fetch(&type, &value, &trace);
  PyObject *values =
      PyObject_HasAttrString(o, "detach") ? PyObject_CallMethod(o, "detach", NULL) : NULL;
  capsule = values ? PyObject_CallMethod(values, "__dlpack__", NULL) : NULL;
  Py_XDECREF(values);
  if (!capsule) {
    PyErr_Clear();
    PyErr_Restore(type, value, trace);
    return NULL;
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
  return capsule;
}

mx_array *mxp_from_dlpack(PyObject *o) {
  PyObject *capsule = capsule_of(o);
  if (!capsule) return NULL;
  mx_array *a = NULL;
  if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
    dl_versioned *m = PyCapsule_GetPointer(capsule, "dltensor_versioned");
    a = import_tensor(&m->t);
  } else if (PyCapsule_IsValid(capsule, "dltensor")) {
    dl_managed *m = PyCapsule_GetPointer(capsule, "dltensor");
    a = import_tensor(&m->t);
  } else
    PyErr_SetString(PyExc_TypeError, "__dlpack__ must return a capsule named dltensor");
  Py_DECREF(capsule); /* not taken over: its destructor gives the memory back */
  return a;
}
