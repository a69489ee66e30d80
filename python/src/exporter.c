/* Owns functions in files: export_function, exporter, import_function. A function in a file takes
 * positional and keyword arrays and gives a tuple of arrays. */
#include <stdlib.h>

#include "exporter.h"
#include "mlx/c/export.h"

/* ---- arguments ---- */

void mxp_arrays_free(mxp_arrays *a) {
  mxp_leaves_free(&a->args);
  Py_CLEAR(a->kw);
}

static bool all_arrays(PyObject *o) {
  if (PyDict_Check(o)) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(o, &at, &key, &value))
      if (!PyUnicode_Check(key) || !mxp_is_array(value)) return false;
    return true;
  }
  if (!PyList_Check(o) && !PyTuple_Check(o)) return false;
  bool list = PyList_Check(o);
  for (Py_ssize_t i = 0; i < (list ? PyList_Size(o) : PyTuple_Size(o)); i++)
    if (!mxp_is_array(list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i))) return false;
  return true;
}

int mxp_arrays_of(mxp_arrays *a, PyObject *args, PyObject *kw, const char *fn) {
  *a = (mxp_arrays){{NULL, 0, 0}, NULL};
  Py_ssize_t n = PyTuple_Size(args), n_kw = kw ? PyDict_Size(kw) : 0;
  PyObject *first = n ? PyTuple_GetItem(args, 0) : NULL, *list = args, *named = kw;
  if (!all_arrays(args) && !n_kw && n <= 2) {
    bool dict = PyDict_Check(first);
    list = dict ? NULL : first;
    named = dict ? (n == 1 ? first : NULL) : n == 2 ? PyTuple_GetItem(args, 1) : NULL;
    if ((list && !all_arrays(list)) || (n == 2 && !(named && PyDict_Check(named)))) goto wrong;
  }
  if ((list && !all_arrays(list)) || (named && !all_arrays(named))) goto wrong;
  a->kw = named ? PyDict_Copy(named) : PyDict_New();
  if (!a->kw || (list && mxp_collect(&a->args, list, MXP_REFUSE_OTHERS))) {
    mxp_arrays_free(a);
    return -1;
  }
  return 0;
wrong:
  PyErr_Format(PyExc_ValueError,
               "[%s] Inputs can either be a variable number of positional and keyword arrays or a "
               "single tuple and/or dictionary of arrays.",
               fn);
  return -1;
}

/* Handles of the arguments; both to be freed, also on failure. */
static int handles(const mxp_arrays *a, mlx_vector_array *args, mlx_map_string_to_array *kw) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  args->ctx = NULL;
  *kw = mlx_map_string_to_array_new();
  if (!kw->ctx) return mxp_raise(), -1;
  while (PyDict_Next(a->kw, &at, &key, &value)) {
    const char *name = PyUnicode_AsUTF8AndSize(key, NULL);
    if (!name) return -1;
    if (mlx_map_string_to_array_insert(*kw, name, (mlx_array){mxp_node(value)}))
      return mxp_raise(), -1;
  }
  return mxp_leaves_vector(&a->args, args);
}

/* ---- the traced call ---- */

static PyObject *keywords(mlx_map_string_to_array map) {
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(map);
  PyObject *out = it.ctx ? PyDict_New() : mxp_raise();
  const char *key;
  mlx_array a = {NULL};
  while (out && !mlx_map_string_to_array_iterator_next(&key, &a, it)) {
    PyObject *o = mxp_share(a.ctx);
    if (!o || PyDict_SetItemString(out, key, o)) Py_CLEAR(out);
    Py_XDECREF(o);
  }
  mlx_array_free(a);
  mlx_map_string_to_array_iterator_free(it);
  return out;
}

int mxp_trace_exported(mlx_vector_array *res, const mlx_vector_array in,
                       const mlx_map_string_to_array kw, void *payload) {
  size_t n = mlx_vector_array_size(in), at = 0;
  PyObject *args = PyTuple_New((Py_ssize_t)n), *named = args ? keywords(kw) : NULL;
  while (named && at < n) {
    Py_ssize_t place = (Py_ssize_t)at;
    PyObject *o = mxp_build(mxp_hole, in, &at);
    if (!o || PyTuple_SetItem(args, place, o)) Py_CLEAR(named);
  }
  PyObject *out = named ? PyObject_Call(payload, args, named) : NULL;
  int bad = !out;
  if (out && !mxp_is_array(out) && (PyDict_Check(out) || !all_arrays(out))) {
    PyErr_SetString(
        PyExc_ValueError,
        "[export_function] Outputs can be either a single array, a tuple, or a list of arrays.");
    bad = 1;
  }
  bad = bad || mxp_give_tree(res, out, MXP_REFUSE_OTHERS);
  Py_XDECREF(out);
  Py_XDECREF(named);
  Py_XDECREF(args);
  return bad ? mxp_raised() : 0;
}

/* ---- the exporter ---- */

typedef struct exporter {
  PyObject_HEAD PyObject *fun;
  mlx_function_exporter x;
  bool closed;
} exporter;

static PyTypeObject *exporter_type;

static exporter *open_file(const char *path, PyObject *fun, bool shapeless, const char *metadata) {
  exporter *e = (exporter *)PyType_GenericAlloc(exporter_type, 0);
  if (!e) return NULL;
  e->fun = Py_NewRef(fun);
  mlx_closure_kwargs f = mlx_closure_kwargs_new_func_payload(mxp_trace_exported, fun, NULL);
  if (f.ctx) e->x = mlx_function_exporter_new_kwargs(path, f, shapeless);
  mlx_closure_kwargs_free(f);
  if (!e->x.ctx || (metadata && mlx_function_exporter_set_metadata(e->x, metadata))) {
    mxp_raise();
    Py_CLEAR(e);
  }
  return e;
}

static int add_trace(exporter *e, PyObject *args, PyObject *kw) {
  mxp_arrays a;
  mlx_vector_array in = {NULL};
  mlx_map_string_to_array named = {NULL};
  if (e->closed) {
    PyErr_SetString(PyExc_RuntimeError,
                    "[export_function] Attempting to write after exporting is closed.");
    return -1;
  }
  if (mxp_arrays_of(&a, args, kw, "export_function")) return -1;
  int bad = handles(&a, &in, &named);
  if (!bad && mlx_function_exporter_apply_kwargs(e->x, in, named)) {
    mxp_raise();
    bad = -1;
  }
  mlx_map_string_to_array_free(named);
  mlx_vector_array_free(in);
  mxp_arrays_free(&a);
  return bad;
}

static int close_file(exporter *e) {
  if (e->closed) return 0;
  e->closed = true;
  if (!mlx_function_exporter_close(e->x)) return 0;
  mxp_raise();
  return -1;
}

static PyObject *exporter_call(PyObject *self, PyObject *args, PyObject *kw) {
  return add_trace((exporter *)self, args, kw) ? NULL : Py_NewRef(Py_None);
}

static PyObject *exporter_close(PyObject *self, PyObject *unused) {
  (void)unused;
  return close_file((exporter *)self) ? NULL : Py_NewRef(Py_None);
}

static PyObject *exporter_enter(PyObject *self, PyObject *unused) {
  (void)unused;
  return Py_NewRef(self);
}

static PyObject *exporter_exit(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"exc_type", "exc_value", "traceback", NULL};
  PyObject *type, *value, *traceback;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|OOO:__exit__", names, &type, &value, &traceback))
    return NULL;
  return exporter_close(self, NULL);
}

static int exporter_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((exporter *)self)->fun);
  return 0;
}

static void exporter_dealloc(PyObject *self) {
  exporter *e = (exporter *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  mlx_function_exporter_free(e->x);
  Py_XDECREF(e->fun);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

/* MLX has __init__, which refuses, too. */
static int exporter_init(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self, (void)args, (void)kw;
  PyErr_SetString(PyExc_TypeError, "FunctionExporter: made by mlx.core.exporter");
  return -1;
}

static PyMethodDef exporter_methods[] = {
    {"close", exporter_close, METH_NOARGS,
     "close($self, /)\n--\n\nEnds the file; nothing can be added after."},
    {"__enter__", exporter_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe exporter itself."},
    {"__exit__", MXP_FN(exporter_exit), METH_VARARGS | METH_KEYWORDS,
     "__exit__($self, /, exc_type=None, exc_value=None, traceback=None)\n--\n\nEnds the file."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot exporter_slots[] = {
    {Py_tp_init, exporter_init},
    {Py_tp_call, exporter_call},
    {Py_tp_traverse, exporter_traverse},
    {Py_tp_dealloc, exporter_dealloc},
    {Py_tp_methods, exporter_methods},
    {Py_tp_doc, "FunctionExporter()\n--\n\nWrites traces of a function to a file, one a call; a "
                "context manager. "
                "Made by exporter."},
    {0, NULL},
};
static PyType_Spec exporter_spec = {
    "mlx.core.FunctionExporter", sizeof(exporter), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, exporter_slots};

static PyObject *make_exporter(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"file", "fun", "shapeless", "metadata", NULL};
  PyObject *path = NULL, *fun;
  const char *metadata = NULL;
  int shapeless = 0;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O&O|$pz:exporter", names, PyUnicode_FSConverter,
                                   &path, &fun, &shapeless, &metadata))
    return NULL;
  exporter *e = mxp_callable(fun, "exporter")
                    ? open_file(PyBytes_AsString(path), fun, shapeless, metadata)
                    : NULL;
  Py_DECREF(path);
  return (PyObject *)e;
}

/* ---- export_function ---- */

static PyObject *to_file(PyObject *file, PyObject *fun, PyObject *args, PyObject *kw,
                         bool shapeless, const char *metadata) {
  PyObject *path = NULL;
  if (!PyUnicode_FSConverter(file, &path)) return NULL;
  exporter *e = open_file(PyBytes_AsString(path), fun, shapeless, metadata);
  Py_DECREF(path);
  int bad = !e || add_trace(e, args, kw) || close_file(e);
  Py_XDECREF((PyObject *)e);
  return bad ? NULL : Py_NewRef(Py_None);
}

/* Takes an item out of a dict; NULL without an exception where it is not there. */
static PyObject *take(PyObject *dict, const char *name) {
  PyObject *o = PyDict_GetItemString(dict, name);
  Py_XINCREF(o);
  if (o && PyDict_DelItemString(dict, name)) Py_CLEAR(o);
  return o;
}

static PyObject *export_with(PyObject *target, PyObject *fun, PyObject *args, PyObject *kw) {
  PyObject *shapeless = take(kw, "shapeless"), *text = take(kw, "metadata"), *out = NULL;
  const char *metadata = NULL;
  int flag = shapeless ? PyObject_IsTrue(shapeless) : 0;
  if (flag < 0 || !mxp_callable(fun, "export_function")) goto end;
  if (text && text != Py_None) {
    if (!PyUnicode_Check(text)) {
      PyErr_SetString(PyExc_TypeError, "export_function(): argument 'metadata' must be a str");
      goto end;
    }
    if (!(metadata = PyUnicode_AsUTF8AndSize(text, NULL))) goto end;
  }
  if (!PyCallable_Check(target)) {
    out = to_file(target, fun, args, kw, flag, metadata);
  } else if (metadata) {
    PyErr_SetString(PyExc_ValueError,
                    "[export_function] The metadata argument is only supported when exporting to a "
                    "file, not when using a callback.");
  } else {
    out = mxp_export_parts(target, fun, args, kw, flag);
  }
end:
  Py_XDECREF(text);
  Py_XDECREF(shapeless);
  return out;
}

/* The first two arguments may be given by name; all others belong to the function. */
static PyObject *export_function(PyObject *self, PyObject *args, PyObject *kw) {
  static const char *const names[] = {"file_or_callback", "fun"};
  PyObject *own = kw ? PyDict_Copy(kw) : PyDict_New(), *first[2] = {NULL, NULL}, *out = NULL;
  Py_ssize_t n = PyTuple_Size(args);
  (void)self;
  for (Py_ssize_t i = 0; own && i < 2; i++)
    first[i] = i < n ? Py_NewRef(PyTuple_GetItem(args, i)) : take(own, names[i]);
  if (own && first[0] && first[1]) {
    PyObject *rest = PyTuple_GetSlice(args, 2, PY_SSIZE_T_MAX);
    out = rest ? export_with(first[0], first[1], rest, own) : NULL;
    Py_XDECREF(rest);
  } else if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_TypeError, "export_function(): missing argument '%s'",
                 names[first[0] != NULL]);
  }
  Py_XDECREF(first[0]);
  Py_XDECREF(first[1]);
  Py_XDECREF(own);
  return out;
}

/* ---- import_function ---- */

static PyObject *call_imported(mxp_function *f, PyObject *args, PyObject *kw) {
  mxp_arrays a;
  mlx_vector_array in = {NULL}, res = mlx_vector_array_new();
  mlx_map_string_to_array named = {NULL};
  mlx_imported_function fun = {f->data};
  PyObject *out = NULL;
  if (!mxp_arrays_of(&a, args, kw, "import_function::call")) {
    if (!handles(&a, &in, &named)) {
      if (mlx_imported_function_apply_kwargs(&res, fun, in, named))
        mxp_raise();
      else
        out = PyTuple_New((Py_ssize_t)mlx_vector_array_size(res));
    }
    mlx_map_string_to_array_free(named);
    mxp_arrays_free(&a);
  }
  size_t n = out ? mlx_vector_array_size(res) : 0, at = 0;
  while (out && at < n) {
    Py_ssize_t place = (Py_ssize_t)at;
    PyObject *o = mxp_build(mxp_hole, res, &at);
    if (!o || PyTuple_SetItem(out, place, o)) Py_CLEAR(out);
  }
  mlx_vector_array_free(in);
  mlx_vector_array_free(res);
  return out;
}

static void drop_imported(void *data) {
  mlx_imported_function_free((mlx_imported_function){data});
}

static PyObject *metadata_of(mlx_imported_function fun) {
  mlx_string text = mlx_string_new();
  PyObject *out = mlx_imported_function_metadata(&text, fun)
                      ? mxp_raise()
                      : PyUnicode_FromString(mlx_string_data(text));
  mlx_string_free(text);
  return out;
}

static PyObject *import_function(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"file", "return_metadata", NULL};
  PyObject *path = NULL;
  int metadata = 0;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O&|p:import_function", names, PyUnicode_FSConverter,
                                   &path, &metadata))
    return NULL;
  mlx_imported_function fun = mlx_imported_function_new(PyBytes_AsString(path));
  Py_DECREF(path);
  if (!fun.ctx) return mxp_raise();
  PyObject *f = (PyObject *)mxp_function_new(NULL, call_imported, fun.ctx, drop_imported);
  if (!f || !metadata) return f;
  PyObject *text = metadata_of(fun);
  return text ? Py_BuildValue("(NN)", f, text) : (Py_DECREF(f), NULL);
}

static PyMethodDef functions[] = {
    {"export_function", MXP_FN(export_function), METH_VARARGS | METH_KEYWORDS,
     "export_function($module, /, file_or_callback, fun, *args, shapeless=False, metadata=None, "
     "**kwargs)\n--\n\nWrites a function of arrays to a file: what it does to arguments like "
     "these.\n\nThe arguments are arrays, or one tuple or list and one dict of them. shapeless: "
     "the "
     "function serves arrays of any shape of the same rank. Instead of a file, a callback gets the "
     "parts of the graph as dicts."},
    {"exporter", MXP_FN(make_exporter), METH_VARARGS | METH_KEYWORDS,
     "exporter($module, /, file, fun, *, shapeless=False, metadata=None)\n--\n\nA context manager "
     "that "
     "writes a function with several traces to a file, one a call."},
    {"import_function", MXP_FN(import_function), METH_VARARGS | METH_KEYWORDS,
     "import_function($module, /, file, return_metadata=False)\n--\n\nThe function in a file: "
     "takes "
     "arrays (or one tuple and dict of them), returns a tuple of arrays.\n\nValueError where no "
     "trace in "
     "the file is for such arguments."},
    {NULL, NULL, 0, NULL},
};

int mxp_exporter_init(PyObject *module) {
  exporter_type = mxp_add_type(module, &exporter_spec, "FunctionExporter");
  return exporter_type && !mxp_add_functions(module, functions) ? mxp_parts_init(module) : -1;
}
