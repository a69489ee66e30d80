/* Owns the way from Python values to arrays: scalars, nested lists, buffers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "core.h"
#include "gen/ops.h"

/* ---- elements ---- */

static void put_int(void *p, mlx_dtype t, int64_t v) {
  switch (t) {
  case MLX_BOOL:
    *(uint8_t *)p = v != 0;
    break;
  case MLX_UINT8:
  case MLX_INT8:
    *(uint8_t *)p = (uint8_t)v;
    break;
  case MLX_UINT16:
  case MLX_INT16:
    *(uint16_t *)p = (uint16_t)v;
    break;
  case MLX_UINT32:
  case MLX_INT32:
    *(uint32_t *)p = (uint32_t)v;
    break;
  case MLX_UINT64:
  case MLX_INT64:
    *(int64_t *)p = v;
    break;
  case MLX_FLOAT16:
    *(uint16_t *)p = mx_f32_to_f16((float)v);
    break;
  case MLX_BFLOAT16:
    *(uint16_t *)p = mx_f32_to_bf16((float)v);
    break;
  case MLX_FLOAT32:
    *(float *)p = (float)v;
    break;
  case MLX_FLOAT64:
    *(double *)p = (double)v;
    break;
  case MLX_COMPLEX64:
    ((float *)p)[0] = (float)v;
    ((float *)p)[1] = 0;
    break;
  }
}

static int64_t to_int64(double v) {
  return v >= -9223372036854775808.0 && v < 9223372036854775808.0 ? (int64_t)v : INT64_MIN;
}

/* Floats beyond an integer's range become what conversions of arrays make of them: below 32 bits
 * by way of int32, whose lowest value stands for all that it cannot hold. */
static int64_t to_int(double v, mlx_dtype t) {
  if (t == MLX_UINT32 || t == MLX_INT64) return to_int64(v);
  if (t == MLX_UINT64)
    return v >= 9223372036854775808.0 ? to_int64(v - 9223372036854775808.0) ^ INT64_MIN
                                      : to_int64(v);
  return v > -2147483649.0 && v < 2147483648.0 ? (int64_t)v : INT32_MIN;
}

static void put_double(void *p, mlx_dtype t, double v) {
  switch (t) {
  case MLX_BOOL:
    *(uint8_t *)p = v != 0;
    break;
  case MLX_FLOAT16:
    *(uint16_t *)p = mx_f32_to_f16((float)v);
    break;
  case MLX_BFLOAT16:
    *(uint16_t *)p = mx_f32_to_bf16((float)v);
    break;
  case MLX_FLOAT32:
    *(float *)p = (float)v;
    break;
  case MLX_FLOAT64:
    *(double *)p = v;
    break;
  case MLX_COMPLEX64:
    ((float *)p)[0] = (float)v;
    ((float *)p)[1] = 0;
    break;
  default:
    put_int(p, t, to_int(v, t));
  }
}

enum mxp_scalar mxp_scalar_kind(PyObject *o) {
  if (PyFloat_Check(o)) return MXP_FLOAT;
  if (PyLong_Check(o)) return PyBool_Check(o) ? MXP_BOOL : MXP_INT;
  return PyComplex_Check(o) ? MXP_COMPLEX : MXP_NOT_SCALAR;
}

/* Writes a Python scalar as an element; integers wrap. Nonzero with an exception set. */
static int put_scalar(void *p, mlx_dtype t, PyObject *o, enum mxp_scalar kind) {
  if (kind == MXP_FLOAT) {
    put_double(p, t, PyFloat_AsDouble(o));
    return 0;
  }
  if (kind == MXP_COMPLEX) {
    put_double(p, t, PyComplex_RealAsDouble(o));
    if (t == MLX_COMPLEX64) ((float *)p)[1] = (float)PyComplex_ImagAsDouble(o);
    return 0;
  }
  int over;
  int64_t v = PyLong_AsLongLongAndOverflow(o, &over);
  if (over && mx_is_inexact(t)) {
    double d = PyLong_AsDouble(o);
    if (d == -1 && PyErr_Occurred()) return -1;
    put_double(p, t, d);
    return 0;
  }
  if (over) {
    v = (int64_t)PyLong_AsUnsignedLongLong(o);
    if (PyErr_Occurred() || t != MLX_UINT64) {
      PyErr_Clear();
      PyErr_Format(PyExc_RuntimeError, "[array] %S does not fit %s", o, mx_dtype_name(t));
      return -1;
    }
  }
  put_int(p, t, v);
  return 0;
}

/* ---- scalars ---- */

mx_array *mxp_from_scalar_as(PyObject *o, enum mxp_scalar kind, mlx_dtype t) {
  int64_t room[1] = {0};
  if (put_scalar(room, t, o, kind)) return NULL;
  mx_array *a = mx_from_host(room, NULL, 0, t);
  return a ? a : (mxp_raise(), NULL);
}

/* int32 where the value fits, else int64. */
static mlx_dtype int_dtype(PyObject *o) {
  int over;
  int64_t v = PyLong_AsLongLongAndOverflow(o, &over);
  return over || v < INT32_MIN || v > INT32_MAX ? MLX_INT64 : MLX_INT32;
}

static mlx_dtype scalar_dtype(PyObject *o, enum mxp_scalar kind) {
  switch (kind) {
  case MXP_BOOL:
    return MLX_BOOL;
  case MXP_INT:
    return int_dtype(o);
  case MXP_FLOAT:
    return MLX_FLOAT32;
  default:
    return MLX_COMPLEX64;
  }
}

mx_array *mxp_from_scalar(PyObject *o, enum mxp_scalar kind) {
  return mxp_from_scalar_as(o, kind, scalar_dtype(o, kind));
}

/* Whether an integer lies in the range of an integer dtype; 64 unsigned bits take any of 64 bits.
 */
static bool fits(PyObject *o, mlx_dtype t) {
  int over, bits = 8 * mx_dtype_bytes(t);
  int64_t v = PyLong_AsLongLongAndOverflow(o, &over);
  if (over > 0 && t == MLX_UINT64) {
    PyLong_AsUnsignedLongLong(o);
    over = PyErr_Occurred() != NULL;
    PyErr_Clear();
  }
  if (over || bits == 64) return !over;
  if (mx_dtype_kind(t) == MX_KIND_UINT) return v >= 0 && v < INT64_C(1) << bits;
  return v >= -(INT64_C(1) << (bits - 1)) && v < INT64_C(1) << (bits - 1);
}

mx_array *mxp_from_weak(PyObject *o, enum mxp_scalar kind, mlx_dtype t) {
  mx_kind_of k = mx_dtype_kind(t);
  if (kind == MXP_INT) {
    if (k == MX_KIND_BOOL)
      t = MLX_INT32;
    else if (k <= MX_KIND_INT && !fits(o, t)) {
      PyErr_Format(PyExc_ValueError, "Converting %S to %s would result in overflow.", o,
                   mx_dtype_name(t));
      return NULL;
    }
  } else if (kind == MXP_FLOAT && k < MX_KIND_FLOAT)
    t = MLX_FLOAT32;
  else if (kind == MXP_COMPLEX)
    t = MLX_COMPLEX64;
  return mxp_from_scalar_as(o, kind, t);
}

/* ---- nested lists ---- */

typedef struct list_shape {
  int64_t shape[MX_MAX_NDIM];
  int ndim;
  enum mxp_scalar kind; /* the widest kind among the elements */
  bool wide;            /* an integer beyond 32 bits */
} list_shape;

static bool is_list(PyObject *o) {
  return PyList_Check(o) || PyTuple_Check(o);
}

static Py_ssize_t list_size(PyObject *o) {
  return PyList_Check(o) ? PyList_Size(o) : PyTuple_Size(o);
}

static PyObject *list_item(PyObject *o, Py_ssize_t i) {
  return PyList_Check(o) ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i);
}

static int bad_type(PyObject *o) {
  PyObject *name = PyType_GetName(Py_TYPE(o));
  PyErr_Format(PyExc_ValueError, "Invalid type %U received in array initialization.", name);
  Py_XDECREF(name);
  return -1;
}

static int ragged(void) {
  PyErr_SetString(PyExc_ValueError, "Initialization encountered non-uniform length.");
  return -1;
}

static int survey_item(list_shape *s, PyObject *o, int depth);

/* Reads the shape off the first branch and checks the others against it. Stops with 1 at an array:
 * then stacking tells whether the shapes fit. */
static int survey(list_shape *s, PyObject *o, int depth) {
  Py_ssize_t n = list_size(o);
  if (depth >= MX_MAX_NDIM) {
    PyErr_Format(PyExc_ValueError, "[array] lists are nested more than %d deep", MX_MAX_NDIM);
    return -1;
  }
  if (s->ndim == depth && s->kind == MXP_NOT_SCALAR)
    s->shape[s->ndim++] = n;
  else if (depth >= s->ndim || s->shape[depth] != n)
    return ragged();
  for (Py_ssize_t i = 0; i < n; i++) {
    int stop = survey_item(s, list_item(o, i), depth + 1);
    if (stop) return stop;
  }
  return 0;
}

static int survey_item(list_shape *s, PyObject *o, int depth) {
  enum mxp_scalar kind = mxp_scalar_kind(o);
  if (kind == MXP_NOT_SCALAR) {
    if (is_list(o)) return survey(s, o, depth);
    if (!mxp_is_array(o) && !PyObject_HasAttrString(o, "__mlx_array__")) return bad_type(o);
    return 1;
  }
  if (depth != s->ndim) return ragged();
  if (kind > s->kind) s->kind = kind;
  if (kind == MXP_INT && !s->wide) s->wide = int_dtype(o) == MLX_INT64;
  return 0;
}

static int fill(char **p, mlx_dtype t, PyObject *o) {
  size_t step = (size_t)mx_dtype_bytes(t);
  Py_ssize_t n = list_size(o);
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *item = list_item(o, i);
    enum mxp_scalar kind = mxp_scalar_kind(item);
    if (kind == MXP_NOT_SCALAR) {
      if (fill(p, t, item)) return -1;
      continue;
    }
    if (put_scalar(*p, t, item, kind)) return -1;
    *p += step;
  }
  return 0;
}

/* A list with arrays in it: its items, stacked. */
static mx_array *stack_items(PyObject *o, const mlx_dtype *dtype) {
  Py_ssize_t n = list_size(o);
  mx_array **p = malloc((size_t)n * sizeof *p), *r = NULL;
  if (!p) {
    PyErr_NoMemory();
    return NULL;
  }
  Py_ssize_t i = 0;
  while (i < n && (p[i] = mxp_from_object(list_item(o, i), dtype))) i++;
  if (i == n && !(r = mx_stack((mx_vec){p, (size_t)n}, mx_default_stream(mx_default_device()))))
    mxp_raise();
  free(p);
  return r;
}

static mx_array *from_list(PyObject *o, const mlx_dtype *dtype) {
  list_shape s = {.ndim = 0};
  int arrays = survey(&s, o, 0);
  if (arrays) return arrays > 0 ? stack_items(o, dtype) : NULL;
  static const mlx_dtype of_kind[] = {MLX_FLOAT32, MLX_BOOL, MLX_INT32, MLX_FLOAT32, MLX_COMPLEX64};
  mlx_dtype t = dtype ? *dtype : s.kind == MXP_INT && s.wide ? MLX_INT64 : of_kind[s.kind];
  int64_t size = mx_shape_size("array", s.shape, s.ndim, t);
  mx_buffer *b = size < 0 ? NULL : mx_buffer_new((size_t)size * (size_t)mx_dtype_bytes(t));
  if (!b) return mxp_raise(), NULL;
  char *p = b->host;
  if (fill(&p, t, o)) {
    mx_buffer_release(b);
    return NULL;
  }
  mx_array *a = mx_leaf((mx_spec){t, s.ndim, s.shape, NULL}, b, 0);
  return a ? a : (mxp_raise(), NULL);
}

/* ---- buffers ---- */

/* The dtype of a buffer's format; *narrow: a double or complex double, which become single. */
static int buffer_dtype(const Py_buffer *view, mlx_dtype *t, bool *narrow) {
  static const struct {
    char code;
    unsigned char t;
  } kinds[] = {{'?', MLX_BOOL}, {'f', MLX_FLOAT32}, {'d', MLX_FLOAT64}, {'e', MLX_FLOAT16}};
  const char *f = view->format ? view->format : "B";
  *narrow = false;
  if (*f == '@' || *f == '=' || *f == '<') f++;
  if (f[0] == 'Z' && (f[1] == 'f' || f[1] == 'd') && !f[2]) {
    *narrow = f[1] == 'd';
    *t = MLX_COMPLEX64;
    return 0;
  }
  if (!*f || f[1]) return -1;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (*f == kinds[i].code) {
      *t = (mlx_dtype)kinds[i].t;
      *narrow = *t == MLX_FLOAT64;
      return 0;
    }
  bool is_signed = strchr("bhilqn", *f) != NULL;
  if (!is_signed && !strchr("BHILQNc", *f)) return -1;
  for (int k = MLX_UINT8; k <= MLX_INT64; k++)
    if ((mx_dtype_kind((mlx_dtype)k) == MX_KIND_INT) == is_signed &&
        mx_dtype_bytes((mlx_dtype)k) == view->itemsize) {
      *t = (mlx_dtype)k;
      return 0;
    }
  return -1;
}

/* Copies a strided buffer into row-major order. */
static char *gather(char *to, const char *from, const Py_buffer *v, int axis) {
  if (axis == v->ndim) {
    memcpy(to, from, (size_t)v->itemsize);
    return to + v->itemsize;
  }
  for (Py_ssize_t i = 0; i < v->shape[axis]; i++, from += v->strides[axis])
    to = gather(to, from, v, axis + 1);
  return to;
}

void mxp_narrow_complex(float *to, const double *from, int64_t n) {
  for (int64_t i = 0; i < 2 * n; i++) to[i] = (float)from[i];
}

static mx_array *from_view(const Py_buffer *view, const mlx_dtype *dtype) {
  mlx_dtype t;
  bool narrow;
  int64_t shape[MX_MAX_NDIM];
  if (buffer_dtype(view, &t, &narrow) || view->ndim > MX_MAX_NDIM) {
    PyErr_Format(PyExc_RuntimeError,
                 "[array] cannot take a buffer of format '%s' and %d dimensions",
                 view->format ? view->format : "B", view->ndim);
    return NULL;
  }
  for (int i = 0; i < view->ndim; i++) shape[i] = view->shape[i];
  int64_t size = mx_shape_size("array", shape, view->ndim, t);
  mx_buffer *b = size < 0 ? NULL : mx_buffer_new((size_t)view->len);
  if (!b) return mxp_raise(), NULL;
  if (PyBuffer_IsContiguous(view, 'C') && view->len)
    memcpy(b->host, view->buf, (size_t)view->len);
  else if (size)
    gather(b->host, view->buf, view, 0);
  if (narrow && t == MLX_COMPLEX64) mxp_narrow_complex(b->host, b->host, size);
  mx_array *a = mx_leaf((mx_spec){t, view->ndim, shape, NULL}, b, 0);
  mlx_dtype want = dtype ? *dtype : t == MLX_FLOAT64 ? MLX_FLOAT32 : t;
  a = mx_cast(a, want, mx_default_stream(mx_default_device()));
  return a && !mxp_eval1(a) ? a : (mxp_raise(), NULL);
}

mx_array *mxp_from_foreign(PyObject *o, const mlx_dtype *dtype) {
  Py_buffer view;
  mx_array *a = NULL;
  if (PyObject_CheckBuffer(o)) {
    if (PyObject_GetBuffer(o, &view, PyBUF_STRIDES | PyBUF_FORMAT) == 0) {
      a = from_view(&view, dtype);
      PyBuffer_Release(&view);
      return a;
    }
    PyErr_Clear(); /* a dtype that buffers cannot name may still be had through DLPack */
  }
  if (PyObject_HasAttrString(o, "__mlx_array__")) {
    PyObject *r = PyObject_CallMethod(o, "__mlx_array__", NULL);
    if (r && mxp_is_array(r) && !(a = mx_scope_own(mx_retain(mxp_node(r)))))
      mxp_raise();
    else if (r && !a)
      PyErr_SetString(PyExc_TypeError, "__mlx_array__ must return an array");
    Py_XDECREF(r);
  } else if (PyObject_HasAttrString(o, "__dlpack__")) {
    static const mlx_dtype single = MLX_FLOAT32;
    a = mxp_from_dlpack(o);
    if (a && !dtype && a->dtype == MLX_FLOAT64) dtype = &single;
  }
  if (a && dtype && !(a = mx_cast(a, *dtype, mx_default_stream(mx_default_device())))) mxp_raise();
  return a;
}

/* ---- anything ---- */

mx_array *mxp_from_object(PyObject *o, const mlx_dtype *dtype) {
  enum mxp_scalar kind = mxp_scalar_kind(o);
  if (kind != MXP_NOT_SCALAR)
    return dtype ? mxp_from_scalar_as(o, kind, *dtype) : mxp_from_scalar(o, kind);
  if (mxp_is_array(o)) {
    mx_array *a = mxp_node(o);
    if (dtype && !(a = mx_cast(a, *dtype, mx_default_stream(mx_default_device())))) mxp_raise();
    return a;
  }
  if (is_list(o)) return from_list(o, dtype);
  mx_array *a = mxp_from_foreign(o, dtype);
  if (!a && !PyErr_Occurred()) bad_type(o);
  return a;
}

/* Fractions, decimals and other numbers of Python's: complex, as MLX takes them. */
static mx_array *from_number(PyObject *o) {
  PyObject *z = PyObject_CallFunctionObjArgs((PyObject *)&PyComplex_Type, o, NULL);
  mx_array *a = z ? mxp_from_scalar(z, MXP_COMPLEX) : NULL;
  Py_XDECREF(z);
  return a;
}

mx_array *mxp_operand(PyObject *o, const mx_array *beside) {
  enum mxp_scalar kind = mxp_scalar_kind(o);
  if (kind != MXP_NOT_SCALAR)
    return beside ? mxp_from_weak(o, kind, (mlx_dtype)beside->dtype) : mxp_from_scalar(o, kind);
  if (mxp_is_array(o)) return mxp_node(o);
  mlx_dtype t = beside ? (mlx_dtype)beside->dtype : MLX_FLOAT32;
  bool own = PyObject_HasAttrString(o, "__mlx_array__"); /* keeps its dtype */
  mx_array *a = is_list(o) ? NULL : mxp_from_foreign(o, beside && !own ? &t : NULL);
  if (!a && !PyErr_Occurred() && PyNumber_Check(o)) return from_number(o);
  if (!a && !PyErr_Occurred()) bad_type(o);
  return a;
}
