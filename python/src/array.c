/* Owns the array type: its life, operators, conversions. Methods of operations are generated. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

#include <structmember.h>

#include "core/print.h"
#include "core/session.h"
#include "gen/ops.h"
#include "methods.h"

PyTypeObject *mxp_array_type;
static PyTypeObject *iterator_type;
static allocfunc array_alloc;
static freefunc array_free;

/* ---- life ---- */

PyObject *mxp_wrap(mx_array *a) {
  if (!a) return mxp_raise();
  mxp_array *o = (mxp_array *)array_alloc(mxp_array_type, 0);
  if (!o) {
    mx_release(a);
    return NULL;
  }
  o->a = a;
  return (PyObject *)o;
}

void mxp_rebind(PyObject *self, mx_array *a) {
  mx_array *old = mxp_node(self);
  ((mxp_array *)self)->a = a;
  mx_release(old);
}

static void array_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  mxp_array *o = (mxp_array *)self;
  if (o->weak) PyObject_ClearWeakRefs(self);
  mx_release(o->a);
  if (type == mxp_array_type)
    array_free(self);
  else
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

int mxp_eval(mx_array *const *arrays, size_t n, bool wait) {
  size_t ready = 0;
  while (ready < n && mx_ready(arrays[ready])) ready++;
  if (ready == n) return 0;
  int bad;
  Py_BEGIN_ALLOW_THREADS bad = mx_eval_hook(arrays, n, wait);
  Py_END_ALLOW_THREADS if (bad) mxp_raise();
  return bad ? -1 : 0;
}

int mxp_eval1(mx_array *a) {
  return mxp_eval(&a, 1, true);
}

static PyObject *array_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  static char *names[] = {"val", "dtype", NULL};
  PyObject *val = NULL, *dtype = Py_None;
  mlx_dtype t;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|O:array", names, &val, &dtype)) return NULL;
  if (val == Py_None || (dtype != Py_None && !mxp_is_dtype(dtype))) {
    PyErr_Format(PyExc_TypeError, "array(): %s",
                 val == Py_None ? "None is not a value" : "dtype must be a Dtype");
    return NULL;
  }
  if (dtype != Py_None) t = mxp_dtype_of(dtype);
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_scope_close(scope, mxp_from_object(val, dtype != Py_None ? &t : NULL));
  if (!a) return NULL;
  mxp_array *o = (mxp_array *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (!o)
    mx_release(a);
  else
    o->a = a;
  return (PyObject *)o;
}

/* ---- operators ---- */

typedef mx_array *binary_fn(mx_array *, mx_array *, mx_stream *);

static PyObject *not_operand(PyObject *o, const char *what) {
  PyObject *name = PyType_GetName(Py_TYPE(o));
  if (o == Py_None)
    PyErr_Format(PyExc_TypeError, "unsupported operand: None in %s of an array", what);
  else
    PyErr_Format(PyExc_ValueError, "Cannot perform %s on an mlx.core.array and %U", what, name);
  Py_XDECREF(name);
  return NULL;
}

static bool can_be_operand(PyObject *o) {
  return mxp_scalar_kind(o) != MXP_NOT_SCALAR || mxp_is_array(o) ||
         PyNumber_Check(o) ||
         (!PyBytes_Check(o) &&
          (PyObject_CheckBuffer(o) || PyObject_HasAttrString(o, "__mlx_array__") ||
           PyObject_HasAttrString(o, "__dlpack__")));
}

/* The result's node, retained; NULL with an exception set. */
static mx_array *compute(binary_fn *fn, PyObject *x, PyObject *y, const char *what) {
  bool left = mxp_is_array(x), right = mxp_is_array(y);
  PyObject *other = left ? y : x;
  if (!(left && right) && !can_be_operand(other)) {
    not_operand(other, what);
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  bool calls = !(left && right) && mxp_scalar_kind(other) == MXP_NOT_SCALAR; /* runs Python code */
  mx_array *own = calls ? mxp_hold(left ? x : y) : mxp_node(left ? x : y);
  mx_array *beside = !own ? NULL : left && right ? mxp_node(y) : mxp_operand(other, own);
  mx_array *a = left ? own : beside, *b = left ? beside : own;
  mx_array *r = a && b ? fn(a, b, mx_default_stream(mx_default_device())) : NULL;
  if (!r) mxp_raise();
  return mx_scope_close(scope, r);
}

static PyObject *binary(binary_fn *fn, PyObject *x, PyObject *y, const char *what) {
  mx_array *r = compute(fn, x, y, what);
  return r ? mxp_wrap(r) : NULL;
}

static PyObject *in_place(binary_fn *fn, PyObject *self, PyObject *y, const char *what) {
  mx_array *r = compute(fn, self, y, what);
  if (!r) return NULL;
  mxp_rebind(self, r);
  return Py_NewRef(self);
}

#define OPERATOR(name, fn, what)                                                                   \
  static PyObject *op_##name(PyObject *x, PyObject *y) {                                           \
    return binary(fn, x, y, what);                                                                 \
  }                                                                                                \
  static PyObject *op_i##name(PyObject *x, PyObject *y) {                                          \
    return in_place(fn, x, y, what);                                                               \
  }
OPERATOR(add, mx_add, "addition")
OPERATOR(sub, mx_subtract, "subtraction")
OPERATOR(mul, mx_multiply, "multiplication")

/* In place, the quotient of integers has no place: it would be a float. */
static PyObject *op_truediv(PyObject *x, PyObject *y) {
  return binary(mx_divide, x, y, "division");
}
static PyObject *op_itruediv(PyObject *x, PyObject *y) {
  if (mx_is_inexact((mlx_dtype)mxp_node(x)->dtype)) return in_place(mx_divide, x, y, "division");
  PyErr_SetString(PyExc_ValueError, "In place division cannot be performed on an integer array.");
  return NULL;
}

OPERATOR(floordiv, mx_floor_divide, "floor division")
OPERATOR(mod, mx_remainder, "modulus")

/* The operators refuse floats as they refuse any wrong value; the functions say RuntimeError. */
#define BITS(name, fn, what)                                                                       \
  static mx_array *bits_##name(mx_array *a, mx_array *b, mx_stream *s) {                           \
    if (mx_is_inexact((mlx_dtype)a->dtype) || mx_is_inexact((mlx_dtype)b->dtype)) {                \
      mx_fail(MX_VALUE, "Floating point types not allowed with %s.", what);                        \
      return NULL;                                                                                 \
    }                                                                                              \
    return fn(a, b, s);                                                                            \
  }                                                                                                \
  OPERATOR(name, bits_##name, what)
BITS(and, mx_bitwise_and, "bitwise and")
BITS(or, mx_bitwise_or, "bitwise or")
BITS(xor, mx_bitwise_xor, "bitwise xor")
BITS(lshift, mx_left_shift, "left shift")
BITS(rshift, mx_right_shift, "right shift")

static bool two_arrays(PyObject *x, PyObject *y) {
  if (mxp_is_array(x) && mxp_is_array(y)) return true;
  PyErr_SetString(PyExc_TypeError, "@ takes two arrays");
  return false;
}

static PyObject *op_matmul(PyObject *x, PyObject *y) {
  return two_arrays(x, y) ? binary(mx_matmul, x, y, "matmul") : NULL;
}

static PyObject *op_imatmul(PyObject *x, PyObject *y) {
  return two_arrays(x, y) ? in_place(mx_matmul, x, y, "matmul") : NULL;
}

static bool no_modulus(PyObject *m) {
  if (m == Py_None) return true;
  PyErr_SetString(PyExc_TypeError, "pow() of an array takes no modulus");
  return false;
}

static PyObject *op_pow(PyObject *x, PyObject *y, PyObject *m) {
  return no_modulus(m) ? binary(mx_power, x, y, "power") : NULL;
}

static PyObject *op_ipow(PyObject *x, PyObject *y, PyObject *m) {
  return no_modulus(m) ? in_place(mx_power, x, y, "power") : NULL;
}

static PyObject *unary(mx_array *(*fn)(mx_array *, mx_stream *), PyObject *self) {
  mx_scope scope = mx_scope_open();
  return mxp_wrap(
      mx_scope_close(scope, fn(mxp_node(self), mx_default_stream(mx_default_device()))));
}

static PyObject *op_neg(PyObject *self) {
  return unary(mx_negative, self);
}
static PyObject *op_abs(PyObject *self) {
  return unary(mx_abs, self);
}
static PyObject *op_invert(PyObject *self) {
  return unary(mx_bitwise_invert, self);
}
static PyObject *op_pos(PyObject *self) {
  return mxp_share(mxp_node(self));
}

static PyObject *array_compare(PyObject *x, PyObject *y, int op) {
  static binary_fn *const fns[] = {
      [Py_LT] = mx_less,      [Py_LE] = mx_less_equal, [Py_EQ] = mx_equal,
      [Py_NE] = mx_not_equal, [Py_GT] = mx_greater,    [Py_GE] = mx_greater_equal};
  static const char *const names[] = {
      [Py_LT] = "less than", [Py_LE] = "less than or equal", [Py_EQ] = "equal",
      [Py_NE] = "not equal", [Py_GT] = "greater than",       [Py_GE] = "greater than or equal"};
  if ((op == Py_EQ || op == Py_NE) && y != Py_None && !mxp_is_array(y) && !can_be_operand(y))
    return PyBool_FromLong(op == Py_NE);
  return binary(fns[op], x, y, names[op]);
}

static Py_hash_t array_hash(PyObject *self) {
  uintptr_t v = (uintptr_t)self >> 4;
  return (Py_hash_t)v;
}

/* ---- conversions ---- */

static PyObject *array_repr(PyObject *self) {
  mx_array *a = mx_retain(mxp_node(self));
  char *text = mxp_eval1(a) ? NULL : mx_array_text(a);
  mx_release(a);
  if (!text) return mxp_raise();
  PyObject *out = PyUnicode_FromString(text);
  free(text);
  return out;
}

static PyObject *array_int(PyObject *self) {
  PyObject *v = mxp_item_method(self, NULL);
  PyObject *out = v ? PyNumber_Long(v) : NULL;
  Py_XDECREF(v);
  return out;
}

static PyObject *array_float(PyObject *self) {
  PyObject *v = mxp_item_method(self, NULL);
  PyObject *out = v ? PyNumber_Float(v) : NULL;
  Py_XDECREF(v);
  return out;
}

static PyObject *array_complex(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *v = mxp_item_method(self, NULL);
  PyObject *out = v ? PyObject_CallFunctionObjArgs((PyObject *)&PyComplex_Type, v, NULL) : NULL;
  Py_XDECREF(v);
  return out;
}

static int array_bool(PyObject *self) {
  PyObject *v = mxp_item_method(self, NULL);
  int out = v ? PyObject_IsTrue(v) : -1;
  Py_XDECREF(v);
  return out;
}

static PyObject *array_index(PyObject *self) {
  mx_array *a = mxp_node(self);
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)a->dtype);
  if (a->ndim || (kind != MX_KIND_INT && kind != MX_KIND_UINT)) {
    PyErr_SetString(PyExc_TypeError,
                    "Only 0-dimensional integer arrays can be converted to an index.");
    return NULL;
  }
  return mxp_item_method(self, NULL);
}

/* Python takes lengths for constants: what is traced with them serves no others. */
static mx_array *lengths_read(PyObject *self) {
  mx_array *a = mxp_node(self);
  if (mx_session_shapeless() && mx_session_has(mx_session_mine(), a)) mx_session_pin_shapes();
  return a;
}

static Py_ssize_t array_len(PyObject *self) {
  mx_array *a = lengths_read(self);
  if (!a->ndim) {
    PyErr_SetString(PyExc_TypeError, "len() 0-dimensional array.");
    return -1;
  }
  return (Py_ssize_t)a->shape[0];
}

static PyObject *array_item_at(PyObject *self, Py_ssize_t i) {
  PyObject *at = PyLong_FromSsize_t(i);
  PyObject *out = at ? mxp_getitem(self, at) : NULL;
  Py_XDECREF(at);
  return out;
}

static PyObject *array_format(PyObject *self, PyObject *spec) {
  if (!PyUnicode_Check(spec)) {
    PyErr_SetString(PyExc_TypeError, "__format__() takes a str");
    return NULL;
  }
  if (mxp_node(self)->ndim == 0) {
    PyObject *v = mxp_item_method(self, NULL);
    PyObject *out = v ? PyObject_Format(v, spec) : NULL;
    Py_XDECREF(v);
    return out;
  }
  if (PyUnicode_GetLength(spec) == 0) return array_repr(self);
  PyErr_SetString(PyExc_TypeError, "unsupported format string passed to mlx.core.array.__format__");
  return NULL;
}

static PyObject *array_bytes(PyObject *self, PyObject *unused) {
  (void)unused;
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_row_major(mxp_hold(self), mx_default_stream(mx_default_device()));
  PyObject *out = NULL;
  if (!a)
    mxp_raise();
  else if (!mxp_eval1(a))
    out = PyBytes_FromStringAndSize(mx_data(a), (Py_ssize_t)mx_nbytes(a));
  mx_scope_close(scope, NULL);
  return out;
}

static PyObject *array_copy(PyObject *self, PyObject *unused) {
  (void)unused;
  return mxp_share(mxp_node(self));
}

/* ---- pickling: the bytes in row-major order ---- */

static PyObject *rebuild(PyObject *module, PyObject *args) {
  Py_buffer bytes;
  PyObject *shape, *dtype, *out = NULL;
  mxp_value v = {.heap = NULL};
  (void)module;
  if (!PyArg_ParseTuple(args, "y*O!O!:_rebuild", &bytes, &PyTuple_Type, &shape, mxp_dtype_type,
                        &dtype))
    return NULL;
  mlx_dtype t = mxp_dtype_of(dtype);
  mx_scope scope = mx_scope_open();
  if (!mxp_ints(&v, shape, "_rebuild", "shape", false)) {
    int64_t size = mx_shape_size("array", v.ints.p, v.ints.n, t);
    mx_array *a = NULL;
    if (size >= 0 && size * mx_dtype_bytes(t) != bytes.len)
      mx_fail(MX_VALUE, "[array] %lld bytes do not fill the shape", (long long)bytes.len);
    else if (size >= 0)
      a = mx_from_host(bytes.buf, v.ints.p, v.ints.n, t);
    out = mxp_share(a);
  }
  mx_scope_close(scope, NULL);
  free(v.heap);
  PyBuffer_Release(&bytes);
  return out;
}

static PyObject *shape_tuple(PyObject *self, void *unused) {
  mx_array *a = lengths_read(self);
  (void)unused;
  PyObject *out = PyTuple_New(a->ndim);
  for (int i = 0; out && i < a->ndim; i++) {
    PyObject *n = PyLong_FromLongLong(a->shape[i]);
    if (!n || PyTuple_SetItem(out, i, n)) {
      Py_DECREF(out);
      return NULL;
    }
  }
  return out;
}

static PyObject *array_reduce(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *fn = PyObject_GetAttrString(mxp_module, "_rebuild");
  PyObject *bytes = array_bytes(self, NULL), *shape = shape_tuple(self, NULL);
  PyObject *out = NULL;
  if (fn && bytes && shape)
    out = Py_BuildValue("O(OON)", fn, bytes, shape, mxp_dtype((mlx_dtype)mxp_node(self)->dtype));
  Py_XDECREF(shape);
  Py_XDECREF(bytes);
  Py_XDECREF(fn);
  return out;
}

static PyObject *array_getstate(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *bytes = array_bytes(self, NULL), *shape = shape_tuple(self, NULL);
  PyObject *out = bytes && shape ? Py_BuildValue("(OON)", bytes, shape,
                                                 mxp_dtype((mlx_dtype)mxp_node(self)->dtype))
                                 : NULL;
  Py_XDECREF(shape);
  Py_XDECREF(bytes);
  return out;
}

static PyObject *array_setstate(PyObject *self, PyObject *state) {
  if (!PyTuple_Check(state)) {
    PyErr_SetString(PyExc_TypeError, "__setstate__() takes a tuple");
    return NULL;
  }
  PyObject *made = rebuild(NULL, state);
  if (!made) return NULL;
  mxp_rebind(self, mx_retain(mxp_node(made)));
  Py_DECREF(made);
  Py_RETURN_NONE;
}

/* ---- properties ---- */

static PyObject *get_dtype(PyObject *self, void *unused) {
  (void)unused;
  return mxp_dtype((mlx_dtype)mxp_node(self)->dtype);
}
static PyObject *get_ndim(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromLong(mxp_node(self)->ndim);
}
static PyObject *get_size(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromLongLong(lengths_read(self)->size);
}
static PyObject *get_nbytes(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromSize_t(mx_nbytes(lengths_read(self)));
}
static PyObject *get_itemsize(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromSize_t(mx_itemsize(mxp_node(self)));
}
static PyObject *get_T(PyObject *self, void *unused) {
  (void)unused;
  return unary(mx_transpose, self);
}
static PyObject *get_mT(PyObject *self, void *unused) {
  (void)unused;
  return unary(mx_matrix_transpose, self);
}
static PyObject *get_real(PyObject *self, void *unused) {
  (void)unused;
  return unary(mx_real, self);
}
static PyObject *get_imag(PyObject *self, void *unused) {
  (void)unused;
  return unary(mx_imag, self);
}
static PyObject *get_device(PyObject *self, void *unused) {
  (void)self, (void)unused;
  return PyObject_CallMethod(mxp_module, "default_device", NULL);
}

static PyObject *to_device(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"device", "stream", NULL};
  PyObject *device, *stream = Py_None;
  mx_device d;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|$O:to_device", names, &device, &stream))
    return NULL;
  if (mxp_device(device, &d)) {
    PyErr_SetString(PyExc_TypeError, "to_device(): expected a Device or a DeviceType");
    return NULL;
  }
  return mx_default_stream(d) ? array_copy(self, NULL) : mxp_raise();
}

static PyGetSetDef getset[] = {
    {"dtype", get_dtype, NULL, "The type of the elements.", NULL},
    {"shape", shape_tuple, NULL, "The lengths of the axes.", NULL},
    {"ndim", get_ndim, NULL, "The number of axes.", NULL},
    {"size", get_size, NULL, "The number of elements.", NULL},
    {"nbytes", get_nbytes, NULL, "The bytes of all elements.", NULL},
    {"itemsize", get_itemsize, NULL, "The bytes of one element.", NULL},
    {"T", get_T, NULL, "The array with its axes reversed.", NULL},
    {"mT", get_mT, NULL, "The array with its last two axes exchanged.", NULL},
    {"real", get_real, NULL, "The real part.", NULL},
    {"imag", get_imag, NULL, "The imaginary part.", NULL},
    {"at", mxp_get_at, NULL, "Updates by index that add up: x.at[index].add(value).", NULL},
    {"device", get_device, NULL, "The default device: arrays belong to none.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- iteration ---- */

typedef struct iterator {
  PyObject_HEAD PyObject *array;
  Py_ssize_t at;
} iterator;

static PyObject *array_iter(PyObject *self) {
  if (!mxp_node(self)->ndim) {
    PyErr_SetString(PyExc_TypeError, "iter() 0-dimensional array.");
    return NULL;
  }
  iterator *it = PyObject_New(iterator, iterator_type);
  if (it) {
    it->array = Py_NewRef(self);
    it->at = 0;
  }
  return (PyObject *)it;
}

static PyObject *iterator_next(PyObject *self) {
  iterator *it = (iterator *)self;
  mx_array *a = lengths_read(it->array);
  if (!a->ndim || it->at >= a->shape[0]) return NULL;
  PyObject *i = PyLong_FromSsize_t(it->at++);
  PyObject *out = i ? mxp_getitem(it->array, i) : NULL;
  Py_XDECREF(i);
  return out;
}

static void iterator_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(((iterator *)self)->array);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot iterator_slots[] = {{Py_tp_iter, PyObject_SelfIter},
                                       {Py_tp_init, mxp_made_by_new},
                                       {Py_tp_iternext, iterator_next},
                                       {Py_tp_dealloc, iterator_dealloc},
                                       {Py_tp_doc, "ArrayIterator()\n--\n\nIterates over the first axis of an array."},
                                       {0, NULL}};
static PyType_Spec iterator_spec = {"mlx.core.ArrayIterator", sizeof(iterator), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                    iterator_slots};

/* ---- ArrayLike: any value, where an array is expected ---- */

typedef struct like_object {
  PyObject_HEAD PyObject *value;
} like_object;

static PyObject *like_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  PyObject *value;
  if ((kw && PyDict_Size(kw)) || !PyArg_ParseTuple(args, "O:ArrayLike", &value))
    return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "ArrayLike() takes no keywords");
  like_object *o = (like_object *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (o) o->value = Py_NewRef(value);
  return (PyObject *)o;
}

static void like_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(((like_object *)self)->value);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static PyObject *like_array(PyObject *self, PyObject *unused) {
  (void)unused;
  return PyObject_CallFunctionObjArgs((PyObject *)mxp_array_type, ((like_object *)self)->value,
                                      NULL);
}

static PyMethodDef like_methods[] = {
    {"__mlx_array__", like_array, METH_NOARGS,
     "__mlx_array__($self, /)\n--\n\nThe value as an array."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot like_slots[] = {
    {Py_tp_new, like_new},
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_dealloc, like_dealloc},
    {Py_tp_methods, like_methods},
    {Py_tp_doc, "ArrayLike(value, /)\n--\n\nA value that can be an array."},
    {0, NULL}};
static PyType_Spec like_spec = {"mlx.core.ArrayLike", sizeof(like_object), 0, Py_TPFLAGS_DEFAULT,
                                like_slots};

/* ---- methods that are no operations ---- */

static PyObject *dlpack_device(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return Py_BuildValue("(ii)", 1, 0);
}

static PyObject *namespace(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"api_version", NULL};
  PyObject *version = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|O:__array_namespace__", names, &version))
    return NULL;
  static const char *const known[] = {"2021.12", "2022.12", "2023.12", "2024.12", "2025.12"};
  bool ours = version == Py_None;
  for (size_t i = 0; i < sizeof known / sizeof *known && PyUnicode_Check(version); i++)
    ours = ours || PyUnicode_CompareWithASCIIString(version, known[i]) == 0;
  if (!ours) return PyErr_Format(PyExc_ValueError, "[array] no array API version %R", version);
  return Py_NewRef(mxp_module);
}

static PyObject *method_div(PyObject *self, PyObject *other) {
  return op_truediv(self, other);
}
static PyObject *method_rdiv(PyObject *self, PyObject *other) {
  return op_truediv(other, self);
}

static PyMethodDef plain_methods[] = {
    {"item", mxp_item_method, METH_NOARGS,
     "item($self, /)\n--\n\nThe value of a one-element array as a Python scalar."},
    {"tolist", mxp_tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nThe values as nested lists, or a scalar."},
    {"__array__", MXP_FN(mxp_array_interface), METH_VARARGS | METH_KEYWORDS,
     "__array__($self, /, dtype=None, copy=None)\n--\n\nA NumPy array of the values."},
    {"__array_namespace__", MXP_FN(namespace), METH_VARARGS | METH_KEYWORDS,
     "__array_namespace__($self, /, api_version=None)\n--\n\nThe module mlx.core."},
    {"__dlpack__", MXP_FN(mxp_dlpack), METH_VARARGS | METH_KEYWORDS,
     "__dlpack__($self, /, *, stream=None, max_version=None, dl_device=None, copy=None)\n--\n\nA DLPack capsule of the values."},
    {"__dlpack_device__", dlpack_device, METH_NOARGS,
     "__dlpack_device__($self, /)\n--\n\nDLPack's number of the device: the CPU, 0."},
    {"__complex__", array_complex, METH_NOARGS,
     "__complex__($self, /)\n--\n\nThe value of a one-element array."},
    {"__bytes__", array_bytes, METH_NOARGS,
     "__bytes__($self, /)\n--\n\nThe elements in row-major order."},
    {"__format__", array_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\nThe value of a 0-d array, formatted."},
    {"__copy__", array_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nA copy."},
    {"__deepcopy__", array_copy, METH_O,
     "__deepcopy__($self, memo, /)\n--\n\nA copy."},
    {"__reduce__", array_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nFor pickle."},
    {"__getstate__", array_getstate, METH_NOARGS,
     "__getstate__($self, /)\n--\n\nBytes, shape and dtype."},
    {"__setstate__", array_setstate, METH_O,
     "__setstate__($self, state, /)\n--\n\nSets bytes, shape and dtype."},
    {"__div__", method_div, METH_O,
     "__div__($self, other, /)\n--\n\nThe quotient."},
    {"__rdiv__", method_rdiv, METH_O,
     "__rdiv__($self, other, /)\n--\n\nThe quotient, other by self."},
    {"to_device", MXP_FN(to_device), METH_VARARGS | METH_KEYWORDS,
     "to_device($self, device, /, *, stream=None)\n--\n\nThe array itself: arrays belong to no "
     "device."},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(mxp_array, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef functions[] = {
    {"_rebuild", rebuild, METH_VARARGS,
     "_rebuild($module, bytes, shape, dtype, /)\n--\n\nAn array of bytes, a shape and a dtype, "
     "for pickle."},
    {NULL, NULL, 0, NULL},
};

/* ---- setting up ---- */

int mxp_array_init(PyObject *module) {
  size_t own = sizeof plain_methods / sizeof *plain_methods, n = 0;
  while (mxp_array_methods[n].ml_name) n++;
  static PyMethodDef all[160];
  if (own + n >= sizeof all / sizeof *all) {
    PyErr_SetString(PyExc_SystemError, "too many methods");
    return -1;
  }
  memcpy(all, plain_methods, sizeof plain_methods);
  memcpy(all + own, mxp_array_methods, n * sizeof *all);
  PyType_Slot slots[] = {
      {Py_tp_init, mxp_made_by_new},
      {Py_tp_new, array_new},
      {Py_tp_dealloc, array_dealloc},
      {Py_tp_repr, array_repr},
      {Py_tp_hash, array_hash},
      {Py_tp_richcompare, array_compare},
      {Py_tp_iter, array_iter},
      {Py_tp_methods, all},
      {Py_tp_getset, getset},
      {Py_tp_members, members},
      {Py_tp_doc, "array(val, dtype=None)\n--\n\nAn N-dimensional array."},
      {Py_bf_getbuffer, mxp_getbuffer},
      {Py_bf_releasebuffer, mxp_releasebuffer},
      {Py_sq_length, array_len},
      {Py_sq_item, array_item_at},
      {Py_mp_length, array_len},
      {Py_mp_subscript, mxp_getitem},
      {Py_mp_ass_subscript, mxp_setitem},
      {Py_nb_add, op_add},
      {Py_nb_inplace_add, op_iadd},
      {Py_nb_subtract, op_sub},
      {Py_nb_inplace_subtract, op_isub},
      {Py_nb_multiply, op_mul},
      {Py_nb_inplace_multiply, op_imul},
      {Py_nb_true_divide, op_truediv},
      {Py_nb_inplace_true_divide, op_itruediv},
      {Py_nb_floor_divide, op_floordiv},
      {Py_nb_inplace_floor_divide, op_ifloordiv},
      {Py_nb_remainder, op_mod},
      {Py_nb_inplace_remainder, op_imod},
      {Py_nb_and, op_and},
      {Py_nb_inplace_and, op_iand},
      {Py_nb_or, op_or},
      {Py_nb_inplace_or, op_ior},
      {Py_nb_xor, op_xor},
      {Py_nb_inplace_xor, op_ixor},
      {Py_nb_lshift, op_lshift},
      {Py_nb_inplace_lshift, op_ilshift},
      {Py_nb_rshift, op_rshift},
      {Py_nb_inplace_rshift, op_irshift},
      {Py_nb_matrix_multiply, op_matmul},
      {Py_nb_inplace_matrix_multiply, op_imatmul},
      {Py_nb_power, op_pow},
      {Py_nb_inplace_power, op_ipow},
      {Py_nb_negative, op_neg},
      {Py_nb_positive, op_pos},
      {Py_nb_absolute, op_abs},
      {Py_nb_invert, op_invert},
      {Py_nb_bool, array_bool},
      {Py_nb_int, array_int},
      {Py_nb_float, array_float},
      {Py_nb_index, array_index},
      {0, NULL},
  };
  PyType_Spec spec = {"mlx.core.array", sizeof(mxp_array), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  mxp_array_type = mxp_add_type(module, &spec, "array");
  iterator_type = mxp_add_type(module, &iterator_spec, "ArrayIterator");
  if (!mxp_array_type || !iterator_type || !mxp_add_type(module, &like_spec, "ArrayLike"))
    return -1;
  array_alloc = (allocfunc)PyType_GetSlot(mxp_array_type, Py_tp_alloc);
  array_free = (freefunc)PyType_GetSlot(mxp_array_type, Py_tp_free);
  return mxp_add_functions(module, functions);
}
