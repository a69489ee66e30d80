/* Owns what is known of dtypes and of the library: finfo, iinfo, promotion, constants, printing. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "core.h"
#include "core/print.h"

/* ---- categories ---- */

enum category { COMPLEX, FLOATING, INEXACT, SIGNED, UNSIGNED, INTEGER, NUMBER, GENERIC };

static int category_of(PyObject *o) {
  if (!PyObject_IsInstance(o, mxp_category_enum)) return -1;
  PyObject *v = PyObject_GetAttrString(o, "value");
  int k = v ? (int)PyLong_AsLong(v) : -1;
  Py_XDECREF(v);
  return k;
}

static enum category dtype_category(mlx_dtype t) {
  static const enum category of_kind[] = {GENERIC, UNSIGNED, SIGNED, FLOATING, COMPLEX};
  return of_kind[mx_dtype_kind(t)];
}

static bool below(int k, int of) {
  static const int parent[] = {INEXACT, INEXACT, NUMBER, INTEGER, INTEGER, NUMBER, GENERIC, -1};
  while (k >= 0 && k != of) k = parent[k];
  return k >= 0;
}

static PyObject *issubdtype(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  (void)self;
  int a = n == 2 ? category_of(args[0]) : -1, b = n == 2 ? category_of(args[1]) : -1;
  bool dtype_a = n == 2 && mxp_is_dtype(args[0]), dtype_b = n == 2 && mxp_is_dtype(args[1]);
  if (n != 2 || (a < 0 && !dtype_a) || (b < 0 && !dtype_b)) {
    PyErr_SetString(n == 2 ? PyExc_ValueError : PyExc_TypeError,
                    "issubdtype(): expected two Dtypes or DtypeCategories");
    return NULL;
  }
  if (dtype_b) return PyBool_FromLong(dtype_a && mxp_dtype_of(args[0]) == mxp_dtype_of(args[1]));
  return PyBool_FromLong(below(dtype_a ? (int)dtype_category(mxp_dtype_of(args[0])) : a, b));
}

/* 1 or 0; -1 with an exception set. */
static int is_of_one_kind(mlx_dtype t, PyObject *kind) {
  static const struct {
    const char *name;
    unsigned kinds;
  } names[] = {{"bool", 1 << MX_KIND_BOOL},
               {"signed integer", 1 << MX_KIND_INT},
               {"unsigned integer", 1 << MX_KIND_UINT},
               {"integral", 1 << MX_KIND_INT | 1 << MX_KIND_UINT},
               {"real floating", 1 << MX_KIND_FLOAT},
               {"complex floating", 1 << MX_KIND_COMPLEX},
               {"numeric",
                1 << MX_KIND_INT | 1 << MX_KIND_UINT | 1 << MX_KIND_FLOAT | 1 << MX_KIND_COMPLEX}};
  if (mxp_is_dtype(kind)) return mxp_dtype_of(kind) == t;
  for (size_t i = 0; PyUnicode_Check(kind) && i < sizeof names / sizeof *names; i++)
    if (PyUnicode_CompareWithASCIIString(kind, names[i].name) == 0)
      return names[i].kinds >> mx_dtype_kind(t) & 1;
  if (PyUnicode_Check(kind))
    PyErr_Format(PyExc_ValueError, "[isdtype] unknown kind of dtype '%U'", kind);
  else
    PyErr_SetString(PyExc_TypeError, "isdtype(): a kind is a Dtype, a str or a tuple of them");
  return -1;
}

int mxp_is_of_kind(mlx_dtype t, PyObject *kind) {
  if (!PyTuple_Check(kind)) return is_of_one_kind(t, kind);
  int yes = 0;
  for (Py_ssize_t i = 0; i < PyTuple_Size(kind) && yes == 0; i++)
    yes = is_of_one_kind(t, PyTuple_GetItem(kind, i));
  return yes;
}

static PyObject *isdtype(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"dtype", "kind", NULL};
  PyObject *dtype, *kind;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O!O:isdtype", names, mxp_dtype_type, &dtype, &kind))
    return NULL;
  int yes = mxp_is_of_kind(mxp_dtype_of(dtype), kind);
  return yes < 0 ? NULL : PyBool_FromLong(yes);
}

/* ---- promotion ---- */

static int dtype_argument(PyObject *o, mlx_dtype *t) {
  if (mxp_is_array(o))
    *t = (mlx_dtype)mxp_node(o)->dtype;
  else if (mxp_is_dtype(o))
    *t = mxp_dtype_of(o);
  else
    return -1;
  return 0;
}

/* Beside a dtype a Python scalar counts by its kind alone. */
static mlx_dtype beside_scalar(mlx_dtype t, enum mxp_scalar kind) {
  if (kind == MXP_COMPLEX) return MLX_COMPLEX64;
  if (kind == MXP_FLOAT) return mx_is_inexact(t) ? t : MLX_FLOAT32;
  return kind == MXP_INT && t == MLX_BOOL ? MLX_INT32 : t;
}

static PyObject *result_type(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  mlx_dtype r = MLX_BOOL, t;
  enum mxp_scalar most = MXP_NOT_SCALAR, kind;
  bool any = false;
  (void)self;
  for (Py_ssize_t i = 0; i < n; i++) {
    if (dtype_argument(args[i], &t) == 0) {
      r = any ? mx_promote(r, t) : t;
      any = true;
    } else if ((kind = mxp_scalar_kind(args[i])) != MXP_NOT_SCALAR) {
      most = kind > most ? kind : most;
    } else {
      PyErr_SetString(PyExc_ValueError, "[result_type] Inputs must be arrays, dtypes or scalars.");
      return NULL;
    }
  }
  if (any) return mxp_dtype(beside_scalar(r, most));
  PyErr_SetString(PyExc_ValueError, "[result_type] At least one array or dtype is required.");
  return NULL;
}

static PyObject *can_cast(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"from_", "to", NULL};
  PyObject *from, *to;
  mlx_dtype t;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OO!:can_cast", names, &from, mxp_dtype_type, &to))
    return NULL;
  if (dtype_argument(from, &t)) {
    PyErr_SetString(PyExc_TypeError, "can_cast(): expected an array or a Dtype");
    return NULL;
  }
  return PyBool_FromLong(mx_promote(t, mxp_dtype_of(to)) == mxp_dtype_of(to));
}

static PyObject *broadcast_shapes(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  int64_t shape[MX_MAX_NDIM], one[MX_MAX_NDIM];
  int ndim = 0;
  (void)self;
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *t = PySequence_Tuple(args[i]);
    Py_ssize_t k = t ? PyTuple_Size(t) : 0;
    int bad = !t || k > MX_MAX_NDIM;
    for (Py_ssize_t j = 0; j < k && !bad; j++) {
      one[j] = PyLong_AsLongLong(PyTuple_GetItem(t, j));
      bad = one[j] == -1 && PyErr_Occurred();
    }
    Py_XDECREF(t);
    if (!bad) bad = mx_broadcast_shape("broadcast_shapes", shape, &ndim, one, (int)k);
    if (bad) {
      if (k > MX_MAX_NDIM)
        PyErr_SetString(PyExc_ValueError, "[broadcast_shapes] too many dimensions");
      return mxp_raise();
    }
  }
  PyObject *out = PyTuple_New(ndim);
  for (int i = 0; out && i < ndim; i++) PyTuple_SetItem(out, i, PyLong_FromLongLong(shape[i]));
  return out;
}

/* ---- finfo, iinfo ---- */

typedef struct info_object {
  PyObject_HEAD mlx_dtype t;
} info_object;

static PyTypeObject *finfo_type, *iinfo_type;

static PyObject *info_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  PyObject *o;
  mlx_dtype t;
  if (kw && PyDict_Size(kw)) {
    PyErr_SetString(PyExc_TypeError, "finfo() and iinfo() take no keyword arguments");
    return NULL;
  }
  if (!PyArg_ParseTuple(args, "O", &o)) return NULL;
  if (dtype_argument(o, &t)) {
    PyErr_SetString(PyExc_TypeError, "expected a Dtype");
    return NULL;
  }
  mx_kind_of k = mx_dtype_kind(t);
  if (type == finfo_type ? k < MX_KIND_FLOAT : k != MX_KIND_INT && k != MX_KIND_UINT) {
    PyErr_Format(PyExc_ValueError,
                 type == finfo_type ? "[finfo] dtype %s is not inexact."
                                    : "[iinfo] Only integer types supported but %s was provided",
                 mx_dtype_name(t));
    return NULL;
  }
  info_object *i = (info_object *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (i) i->t = t == MLX_COMPLEX64 ? MLX_FLOAT32 : t;
  return (PyObject *)i;
}

static void info_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static mlx_dtype info_t(PyObject *self) {
  return ((info_object *)self)->t;
}

/* Mantissa bits, counting the hidden one, and the least exponent of a normal number. */
static void format_of(mlx_dtype t, int *digits, int *least, int *most) {
  *digits = t == MLX_FLOAT64   ? DBL_MANT_DIG
            : t == MLX_FLOAT32 ? FLT_MANT_DIG
            : t == MLX_FLOAT16 ? 11
                               : 8;
  *most = t == MLX_FLOAT64 ? DBL_MAX_EXP : t == MLX_FLOAT16 ? 16 : FLT_MAX_EXP;
  *least = 2 - *most;
}

static double float_max(mlx_dtype t) {
  int digits, least, most;
  format_of(t, &digits, &least, &most);
  return ldexp(2 - ldexp(1, 1 - digits), most - 1);
}

static PyObject *finfo_max(PyObject *self, void *unused) {
  (void)unused;
  return PyFloat_FromDouble(float_max(info_t(self)));
}
static PyObject *finfo_min(PyObject *self, void *unused) {
  (void)unused;
  return PyFloat_FromDouble(-float_max(info_t(self)));
}
static PyObject *finfo_eps(PyObject *self, void *unused) {
  int digits, least, most;
  (void)unused;
  format_of(info_t(self), &digits, &least, &most);
  return PyFloat_FromDouble(ldexp(1, 1 - digits));
}
static PyObject *finfo_smallest(PyObject *self, void *unused) {
  int digits, least, most;
  (void)unused;
  format_of(info_t(self), &digits, &least, &most);
  return PyFloat_FromDouble(ldexp(1, least));
}
static PyObject *info_bits(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromLong(8 * mx_dtype_bytes(info_t(self)));
}
static PyObject *info_dtype(PyObject *self, void *unused) {
  (void)unused;
  return mxp_dtype(info_t(self));
}
static PyObject *finfo_repr(PyObject *self) {
  char text[128];
  snprintf(text, sizeof text, "finfo(min=%g, max=%g, dtype=%s)", -float_max(info_t(self)),
           float_max(info_t(self)), mx_dtype_name(info_t(self)));
  return PyUnicode_FromString(text);
}

static PyObject *iinfo_max(PyObject *self, void *unused) {
  mlx_dtype t = info_t(self);
  int bits = 8 * mx_dtype_bytes(t) - (mx_dtype_kind(t) == MX_KIND_INT);
  (void)unused;
  return PyLong_FromUnsignedLongLong(UINT64_MAX >> (64 - bits));
}
static PyObject *iinfo_min(PyObject *self, void *unused) {
  mlx_dtype t = info_t(self);
  (void)unused;
  if (mx_dtype_kind(t) == MX_KIND_UINT) return PyLong_FromLong(0);
  return PyLong_FromLongLong((int64_t)(UINT64_MAX << (8 * mx_dtype_bytes(t) - 1)));
}
static PyObject *iinfo_repr(PyObject *self) {
  PyObject *lo = iinfo_min(self, NULL), *hi = iinfo_max(self, NULL);
  PyObject *out = lo && hi ? PyUnicode_FromFormat("iinfo(min=%S, max=%S, dtype=%s)", lo, hi,
                                                  mx_dtype_name(info_t(self)))
                           : NULL;
  Py_XDECREF(lo);
  Py_XDECREF(hi);
  return out;
}

static PyGetSetDef finfo_getset[] = {
    {"min", finfo_min, NULL, "The lowest finite number.", NULL},
    {"max", finfo_max, NULL, "The largest finite number.", NULL},
    {"eps", finfo_eps, NULL, "The distance from 1 to the next number.", NULL},
    {"smallest_normal", finfo_smallest, NULL, "The smallest normal number.", NULL},
    {"bits", info_bits, NULL, "Bits of a number.", NULL},
    {"dtype", info_dtype, NULL, "The dtype.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef iinfo_getset[] = {
    {"min", iinfo_min, NULL, "The lowest integer.", NULL},
    {"max", iinfo_max, NULL, "The largest integer.", NULL},
    {"bits", info_bits, NULL, "Bits of an integer.", NULL},
    {"dtype", info_dtype, NULL, "The dtype.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot finfo_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_new, info_new},
    {Py_tp_dealloc, info_dealloc},
    {Py_tp_repr, finfo_repr},
    {Py_tp_getset, finfo_getset},
    {Py_tp_doc, "finfo(dtype, /)\n--\n\nLimits of a floating dtype."},
    {0, NULL}};
static PyType_Slot iinfo_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_new, info_new},
    {Py_tp_dealloc, info_dealloc},
    {Py_tp_repr, iinfo_repr},
    {Py_tp_getset, iinfo_getset},
    {Py_tp_doc, "iinfo(dtype, /)\n--\n\nLimits of an integer dtype."},
    {0, NULL}};
static PyType_Spec finfo_spec = {"mlx.core.finfo", sizeof(info_object), 0, Py_TPFLAGS_DEFAULT,
                                 finfo_slots};
static PyType_Spec iinfo_spec = {"mlx.core.iinfo", sizeof(info_object), 0, Py_TPFLAGS_DEFAULT,
                                 iinfo_slots};

/* ---- printing options ---- */

typedef struct options_object {
  PyObject_HEAD int precision, old; /* old: of a context */
} options_object;

static PyTypeObject *options_type, *context_type;

static PyObject *options_make(PyTypeObject *type, int precision) {
  options_object *o = (options_object *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (o) o->precision = o->old = precision;
  return (PyObject *)o;
}

static PyObject *options_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  static char *names[] = {"precision", NULL};
  int precision = -1;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|i:PrintOptions", names, &precision)) return NULL;
  return options_make(type, precision);
}

static PyObject *options_get(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromLong(((options_object *)self)->precision);
}

static int options_set(PyObject *self, PyObject *v, void *unused) {
  (void)unused;
  if (!v || !PyLong_Check(v)) {
    PyErr_SetString(PyExc_TypeError, "precision is an int");
    return -1;
  }
  ((options_object *)self)->precision = (int)PyLong_AsLong(v);
  return PyErr_Occurred() ? -1 : 0;
}

static PyGetSetDef options_getset[] = {
    {"precision", options_get, options_set,
     "Digits after the point; -1 for six significant digits.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot options_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_new, options_new},
    {Py_tp_dealloc, info_dealloc},
    {Py_tp_getset, options_getset},
    {Py_tp_doc, "PrintOptions(precision=-1)\n--\n\nHow arrays are printed."},
    {0, NULL}};
static PyType_Spec options_spec = {"mlx.core.PrintOptions", sizeof(options_object), 0,
                                   Py_TPFLAGS_DEFAULT, options_slots};

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  PyObject *o;
  if ((kw && PyDict_Size(kw)) || !PyArg_ParseTuple(args, "O!", options_type, &o))
    return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "expected PrintOptions");
  return options_make(type, ((options_object *)o)->precision);
}

static PyObject *context_enter(PyObject *self, PyObject *unused) {
  options_object *o = (options_object *)self;
  (void)unused;
  o->old = mx_print_precision();
  mx_print_set_precision(o->precision);
  return Py_NewRef(self);
}

static PyObject *context_exit(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  (void)args, (void)n;
  mx_print_set_precision(((options_object *)self)->old);
  Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"__enter__", context_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nSets the options."},
    {"__exit__", MXP_FN(context_exit), METH_FASTCALL,
     "__exit__($self, /, *args)\n--\n\nSets the options of before."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot context_slots[] = {{Py_tp_init, mxp_made_by_new},
                                      {Py_tp_new, context_new},
                                      {Py_tp_dealloc, info_dealloc},
                                      {Py_tp_methods, context_methods},
                                      {Py_tp_doc, "_PrintOptionsContext(arg, /)\n--\n\nPrinting options within a with block."},
                                      {0, NULL}};
static PyType_Spec context_spec = {"mlx.core._PrintOptionsContext", sizeof(options_object), 0,
                                   Py_TPFLAGS_DEFAULT, context_slots};

static PyObject *get_printoptions(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return options_make(options_type, mx_print_precision());
}

static PyObject *set_printoptions(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"precision", NULL};
  int precision = -1;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|i:set_printoptions", names, &precision)) return NULL;
  mx_print_set_precision(precision);
  Py_RETURN_NONE;
}

static PyObject *printoptions(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"precision", NULL};
  int precision = -1;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|i:printoptions", names, &precision)) return NULL;
  return options_make(context_type, precision);
}

/* ---- making arrays of anything ---- */

static PyObject *asarray(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"a", "dtype", "copy", "device", NULL};
  PyObject *o, *dtype = Py_None, *copy = Py_None, *device = Py_None;
  mlx_dtype t;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|O$OO:asarray", names, &o, &dtype, &copy,
                                   &device) ||
      !mxp_stream(device, "asarray"))
    return NULL;
  if (o == Py_None || (dtype != Py_None && !mxp_is_dtype(dtype))) {
    PyErr_SetString(PyExc_TypeError, "asarray(): expected a value, and a Dtype or None");
    return NULL;
  }
  if (dtype != Py_None) t = mxp_dtype_of(dtype);
  if (copy == Py_False &&
      !(mxp_is_array(o) && (dtype == Py_None || t == (mlx_dtype)mxp_node(o)->dtype))) {
    PyErr_SetString(PyExc_ValueError, "[asarray] this needs a copy");
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_scope_close(scope, mxp_from_object(o, dtype != Py_None ? &t : NULL));
  return a ? mxp_wrap(a) : NULL;
}

static PyObject *from_dlpack(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"", "copy", "device", NULL};
  PyObject *o, *copy = Py_None, *device = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|$OO:from_dlpack", names, &o, &copy, &device))
    return NULL;
  if (mxp_is_array(o) && copy != Py_True) return mxp_share(mxp_node(o));
  if (copy == Py_False) {
    PyErr_SetString(PyExc_ValueError, "[convert] Cannot import a CPU array without a copy.");
    return NULL;
  }
  if (!PyObject_HasAttrString(o, "__dlpack__")) {
    PyErr_SetString(PyExc_TypeError, "from_dlpack(): the object has no __dlpack__");
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  mx_array *a = mxp_from_dlpack(o);
  if (a && a->dtype == MLX_FLOAT64 &&
      !(a = mx_cast(a, MLX_FLOAT32, mx_default_stream(mx_default_device()))))
    mxp_raise();
  a = mx_scope_close(scope, a);
  return a ? mxp_wrap(a) : NULL;
}

static PyMethodDef functions[] = {
    {"issubdtype", MXP_FN(issubdtype), METH_FASTCALL,
     "issubdtype($module, arg1, arg2, /)\n--\n\nWhether a dtype or category lies in another."},
    {"isdtype", MXP_FN(isdtype), METH_VARARGS | METH_KEYWORDS,
     "isdtype($module, /, dtype, kind)\n--\n\nWhether a dtype is of a kind: a dtype, its name in "
     "the "
     "array API standard, or a tuple of those."},
    {"result_type", MXP_FN(result_type), METH_FASTCALL,
     "result_type($module, /, *arrays_and_dtypes)\n--\n\nThe dtype that all promote to."},
    {"can_cast", MXP_FN(can_cast), METH_VARARGS | METH_KEYWORDS,
     "can_cast($module, /, from_, to)\n--\n\nWhether promotion allows a cast."},
    {"broadcast_shapes", MXP_FN(broadcast_shapes), METH_FASTCALL,
     "broadcast_shapes($module, /, *shapes)\n--\n\nThe shape that all broadcast to."},
    {"get_printoptions", get_printoptions, METH_NOARGS,
     "get_printoptions($module, /)\n--\n\nThe options of printing."},
    {"set_printoptions", MXP_FN(set_printoptions), METH_VARARGS | METH_KEYWORDS,
     "set_printoptions($module, /, precision=-1)\n--\n\nSets the options of printing."},
    {"printoptions", MXP_FN(printoptions), METH_VARARGS | METH_KEYWORDS,
     "printoptions($module, /, precision=-1)\n--\n\nOptions of printing within a with block."},
    {"asarray", MXP_FN(asarray), METH_VARARGS | METH_KEYWORDS,
     "asarray($module, /, a, dtype=None, *, copy=None, device=None)\n--\n\nAn array of a value."},
    {"from_dlpack", MXP_FN(from_dlpack), METH_VARARGS | METH_KEYWORDS,
     "from_dlpack($module, x, /, *, copy=None, device=None)\n--\n\nAn array of an object with "
     "__dlpack__."},
    {NULL, NULL, 0, NULL},
};

static int add_constants(PyObject *module) {
  static const struct {
    const char *name;
    double value;
  } numbers[] = {{"e", 2.718281828459045},
                 {"euler_gamma", 0.5772156649015329},
                 {"pi", 3.141592653589793},
                 {"inf", INFINITY},
                 {"nan", NAN}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    PyObject *v = PyFloat_FromDouble(numbers[i].value);
    int bad = !v || PyModule_AddObjectRef(module, numbers[i].name, v);
    Py_XDECREF(v);
    if (bad) return -1;
  }
  return PyModule_AddObjectRef(module, "newaxis", Py_None) ||
         PyModule_AddStringConstant(module, "__version__", MX_MLX_VERSION) ||
         PyModule_AddStringConstant(module, "__array_api_version__", "2025.12");
}

int mxp_info_init(PyObject *module) {
  finfo_type = mxp_add_type(module, &finfo_spec, "finfo");
  iinfo_type = mxp_add_type(module, &iinfo_spec, "iinfo");
  options_type = mxp_add_type(module, &options_spec, "PrintOptions");
  context_type = mxp_add_type(module, &context_spec, "_PrintOptionsContext");
  if (!finfo_type || !iinfo_type || !options_type || !context_type) return -1;
  return add_constants(module) || mxp_add_functions(module, functions) ? -1 : 0;
}
