/* Owns what the array API standard asks of a namespace: __array_namespace_info__. */
#include "core.h"

static PyTypeObject *info_type;

static void info_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyObject *capabilities(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return Py_BuildValue("{sOsOsi}", "boolean indexing", Py_True, "data-dependent shapes", Py_True,
                       "max dimensions", MX_MAX_NDIM);
}

static PyObject *default_device(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return PyObject_CallMethod(mxp_module, "default_device", NULL);
}

static PyObject *devices(PyObject *self, PyObject *unused) {
  PyObject *d = default_device(self, unused);
  return d ? Py_BuildValue("(N)", d) : NULL;
}

static bool known_device(PyObject *o) {
  mx_device d;
  if (o == Py_None || !mxp_device(o, &d)) return true;
  PyErr_SetString(PyExc_TypeError, "Expected a mlx Device");
  return false;
}

static PyObject *default_dtypes(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"device", NULL};
  PyObject *device = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|$O:default_dtypes", names, &device) ||
      !known_device(device))
    return NULL;
  return Py_BuildValue("{sNsNsNsN}", "real floating", mxp_dtype(MLX_FLOAT32), "complex floating",
                       mxp_dtype(MLX_COMPLEX64), "integral", mxp_dtype(MLX_INT32), "indexing",
                       mxp_dtype(MLX_INT32));
}

/* The standard's dtypes; float16 and bfloat16 are beyond it. */
static PyObject *dtypes(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"device", "kind", NULL};
  static const unsigned char order[] = {MLX_BOOL,   MLX_INT8,    MLX_INT16,     MLX_INT32,
                                        MLX_INT64,  MLX_UINT8,   MLX_UINT16,    MLX_UINT32,
                                        MLX_UINT64, MLX_FLOAT32, MLX_COMPLEX64, MLX_FLOAT64};
  PyObject *device = Py_None, *kind = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|$OO:dtypes", names, &device, &kind) ||
      !known_device(device))
    return NULL;
  PyObject *out = PyDict_New();
  for (size_t i = 0; out && i < sizeof order; i++) {
    mlx_dtype t = (mlx_dtype)order[i];
    int in = kind == Py_None ? 1 : mxp_is_of_kind(t, kind);
    PyObject *v = in > 0 ? mxp_dtype(t) : NULL;
    if (in < 0 || (v && PyDict_SetItemString(out, mx_dtype_name(t), v))) Py_CLEAR(out);
    Py_XDECREF(v);
  }
  return out;
}

static PyMethodDef methods[] = {
    {"capabilities", capabilities, METH_NOARGS, "capabilities($self, /)\n--\n\nWhat is supported."},
    {"default_device", default_device, METH_NOARGS,
     "default_device($self, /)\n--\n\nThe device that computes where none is named."},
    {"devices", devices, METH_NOARGS, "devices($self, /)\n--\n\nAll devices."},
    {"default_dtypes", MXP_FN(default_dtypes), METH_VARARGS | METH_KEYWORDS,
     "default_dtypes($self, /, *, device=None)\n--\n\nThe dtypes that new arrays get."},
    {"dtypes", MXP_FN(dtypes), METH_VARARGS | METH_KEYWORDS,
     "dtypes($self, /, *, device=None, kind=None)\n--\n\nThe dtypes of the standard, by name."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_methods, methods},
    {Py_tp_dealloc, info_dealloc},
    {Py_tp_doc, "ArrayNamespaceInfo()\n--\n\nWhat this namespace supports of the array API standard."},
    {0, NULL}};
static PyType_Spec spec = {"mlx.core.ArrayNamespaceInfo", sizeof(PyObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

static PyObject *namespace_info(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return (PyObject *)PyObject_New(PyObject, info_type);
}

/* The dtype bool is there for who asks, but not for `from mlx.core import *`: Python's bool stays. */
static PyObject *module_getattr(PyObject *self, PyObject *name) {
  (void)self;
  if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "bool") == 0)
    return mxp_dtype(MLX_BOOL);
  return PyErr_Format(PyExc_AttributeError, "module 'mlx.core' has no attribute %R", name);
}

static PyMethodDef functions[] = {
    {"__getattr__", module_getattr, METH_O,
     "__getattr__($module, name, /)\n--\n\nNames that a star import leaves out."},
    {"__array_namespace_info__", namespace_info, METH_NOARGS,
     "__array_namespace_info__($module, /)\n--\n\nWhat this namespace supports of the array API "
     "standard."},
    {NULL, NULL, 0, NULL},
};

/* Functions that the standard has in linalg too. */
static int add_names(PyObject *module) {
  static const char *const both[] = {"matmul", "matrix_transpose", "outer", "tensordot", "vecdot"};
  PyObject *linalg = mxp_submodule(module, "linalg");
  int bad = !linalg;
  for (size_t i = 0; i < sizeof both / sizeof *both && !bad; i++) {
    PyObject *fn = PyObject_GetAttrString(module, both[i]);
    bad = !fn || PyModule_AddObjectRef(linalg, both[i], fn);
    Py_XDECREF(fn);
  }
  return bad;
}

int mxp_namespace_init(PyObject *module) {
  info_type = (PyTypeObject *)PyType_FromSpec(&spec);
  return !info_type || mxp_add_functions(module, functions) || add_names(module) ? -1 : 0;
}
