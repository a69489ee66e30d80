/* Owns Dtype, its constants, and the categories that issubdtype knows. */
#include "core.h"

typedef struct dtype_object {
  PyObject_HEAD mlx_dtype t;
} dtype_object;

PyTypeObject *mxp_dtype_type;
PyObject *mxp_category_enum;
static PyObject *all[MX_DTYPE_COUNT];

PyObject *mxp_dtype(mlx_dtype t) {
  return Py_NewRef(all[t]);
}

mlx_dtype mxp_dtype_of(PyObject *o) {
  return ((dtype_object *)o)->t;
}

static PyObject *dtype_repr(PyObject *self) {
  return PyUnicode_FromFormat("mlx.core.%s", mx_dtype_name(mxp_dtype_of(self)));
}

static Py_hash_t dtype_hash(PyObject *self) {
  return (Py_hash_t)mxp_dtype_of(self);
}

static PyObject *dtype_compare(PyObject *self, PyObject *other, int op) {
  if (op != Py_EQ && op != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  bool same = mxp_is_dtype(other) && mxp_dtype_of(self) == mxp_dtype_of(other);
  return PyBool_FromLong(same == (op == Py_EQ));
}

static PyObject *dtype_size(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromLong(mx_dtype_bytes(mxp_dtype_of(self)));
}

static const char *constant_name(mlx_dtype t) {
  return t == MLX_BOOL ? "bool_" : mx_dtype_name(t);
}

/* Pickles as the name of the constant. */
static PyObject *dtype_reduce(PyObject *self, PyObject *unused) {
  (void)unused;
  return PyUnicode_FromString(constant_name(mxp_dtype_of(self)));
}

static PyObject *itself(PyObject *self, PyObject *unused) {
  (void)unused;
  return Py_NewRef(self);
}

static PyMethodDef dtype_methods[] = {
    {"__reduce__", dtype_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\nFor pickle."},
    {"__copy__", itself, METH_NOARGS, "__copy__($self, /)\n--\n\nThe dtype itself."},
    {"__deepcopy__", itself, METH_O,
     "__deepcopy__($self, memo, /)\n--\n\nThe dtype itself."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef dtype_getset[] = {
    {"size", dtype_size, NULL, "Size of an element in bytes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void dtype_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot dtype_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_repr, dtype_repr},
    {Py_tp_hash, dtype_hash},
    {Py_tp_dealloc, dtype_dealloc},
    {Py_tp_richcompare, dtype_compare},
    {Py_tp_getset, dtype_getset},
    {Py_tp_methods, dtype_methods},
    {Py_tp_doc, "Dtype()\n--\n\nThe type of an array's elements. See the constants, e.g. float32."},
    {0, NULL},
};

static PyType_Spec dtype_spec = {
    "mlx.core.Dtype", sizeof(dtype_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, dtype_slots};

static int add_categories(PyObject *module) {
  static const char *const names[] = {"complexfloating", "floating", "inexact", "signedinteger",
                                      "unsignedinteger", "integer",  "number",  "generic"};
  mxp_category_enum =
      mxp_make_enum(module, "DtypeCategory", names, 8, "Kinds of dtypes, for issubdtype.");
  return mxp_category_enum ? 0 : -1;
}

int mxp_dtypes_init(PyObject *module) {
  mxp_dtype_type = mxp_add_type(module, &dtype_spec, "Dtype");
  if (!mxp_dtype_type) return -1;
  for (int t = 0; t < MX_DTYPE_COUNT; t++) {
    dtype_object *o = PyObject_New(dtype_object, mxp_dtype_type);
    if (!o) return -1;
    o->t = (mlx_dtype)t;
    all[t] = (PyObject *)o;
    if (PyModule_AddObjectRef(module, constant_name((mlx_dtype)t), all[t])) return -1;
  }
  return add_categories(module);
}
