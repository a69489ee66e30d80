/* Owns load: the format by the file's extension, or as it is named. */
#include <string.h>

#include "files.h"
#include "io/gguf.h"
#include "io/npy.h"
#include "io/npz.h"
#include "io/safetensors.h"
#include "save.h"

static PyObject *load_npy(mxp_file *f) {
  mx_source src = {0};
  mx_scope scope = mx_scope_open();
  mx_array *a = mxp_file_source(f, &src, "load") ? NULL : mx_load_npy(&src);
  mx_source_close(&src);
  a = mx_scope_close(scope, a);
  return a ? mxp_wrap(a) : mxp_raise();
}

/* ---- tables ---- */

static PyObject *strings_object(const mx_strings *s) {
  if (s->single) return PyUnicode_DecodeUTF8(s->data[0], (Py_ssize_t)s->lens[0], "surrogateescape");
  PyObject *out = PyList_New((Py_ssize_t)s->n);
  for (size_t i = 0; out && i < s->n; i++) {
    PyObject *v = PyUnicode_DecodeUTF8(s->data[i], (Py_ssize_t)s->lens[i], "surrogateescape");
    if (!v) {
      Py_DECREF(out);
      return NULL;
    }
    PyList_SetItem(out, (Py_ssize_t)i, v);
  }
  return out;
}

static PyObject *table_dict(const mx_table *t) {
  PyObject *out = PyDict_New();
  for (size_t i = 0; out && i < t->n; i++) {
    const mx_entry *e = &t->entries[i];
    PyObject *key = PyUnicode_DecodeUTF8(e->name, (Py_ssize_t)strlen(e->name), "surrogateescape");
    PyObject *value = e->array ? mxp_share(e->array) : strings_object(e->strings);
    int bad = !key || !value || PyDict_SetItem(out, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    if (bad) Py_CLEAR(out);
  }
  return out;
}

static PyObject *result(const mx_table *arrays, const mx_table *metadata, bool both) {
  PyObject *a = table_dict(arrays), *m = a && both ? table_dict(metadata) : NULL;
  if (!both || !m) {
    if (both) Py_CLEAR(a);
    return a;
  }
  return Py_BuildValue("(NN)", a, m);
}

static PyObject *load_npz(mxp_file *f) {
  mx_source src = {0};
  mx_table a = {0};
  mx_scope scope = mx_scope_open();
  int bad = mxp_file_source(f, &src, "load") || mx_load_npz(&a, &src);
  mx_source_close(&src);
  PyObject *out = bad ? mxp_raise() : table_dict(&a);
  mx_scope_close(scope, NULL);
  mx_table_free(&a);
  return out;
}

static PyObject *load_safetensors(mxp_file *f, bool both) {
  mx_source src = {0};
  mx_table a = {0}, m = {0};
  mx_scope scope = mx_scope_open();
  int bad = mxp_file_source(f, &src, "load_safetensors") || mx_load_safetensors(&a, &m, &src);
  mx_source_close(&src);
  PyObject *out = bad ? mxp_raise() : result(&a, &m, both);
  mx_scope_close(scope, NULL);
  mx_table_free(&a);
  mx_table_free(&m);
  return out;
}

static PyObject *load_gguf(mxp_file *f, bool both) {
  mx_source src = {0};
  mx_gguf g = {0};
  if (f->object) {
    PyErr_SetString(PyExc_ValueError, "[load_gguf] Input must be a string");
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  int bad = mxp_file_source(f, &src, "load_gguf") || mx_load_gguf(&g, &src);
  mx_source_close(&src);
  PyObject *out = bad ? mxp_raise() : result(&g.arrays, &g.metadata, both);
  mx_scope_close(scope, NULL);
  mx_gguf_free(&g);
  return out;
}

/* ---- load ---- */

/* The extension of a path, or of a file object's name; NULL with an exception set. */
static PyObject *extension(const mxp_file *f) {
  PyObject *name =
      f->object ? PyObject_GetAttrString(f->object, "name") : PyUnicode_DecodeFSDefault(f->name);
  if (!name) return NULL;
  PyObject *parts =
      PyUnicode_Check(name) ? PyObject_CallMethod(name, "rpartition", "s", ".") : NULL;
  PyObject *out = NULL;
  if (parts && PyUnicode_GetLength(PyTuple_GetItem(parts, 1)))
    out = Py_NewRef(PyTuple_GetItem(parts, 2));
  else if (!PyErr_Occurred())
    PyErr_SetString(PyExc_ValueError, "[load] Could not infer file format from extension");
  Py_XDECREF(parts);
  Py_DECREF(name);
  return out;
}

static PyObject *load_as(mxp_file *f, PyObject *format, bool both) {
  bool npy = PyUnicode_CompareWithASCIIString(format, "npy") == 0;
  bool npz = PyUnicode_CompareWithASCIIString(format, "npz") == 0;
  if ((npy || npz) && both)
    return PyErr_Format(PyExc_ValueError, "[load] metadata not supported for format %U", format);
  if (npy) return load_npy(f);
  if (npz) return load_npz(f);
  if (PyUnicode_CompareWithASCIIString(format, "safetensors") == 0)
    return load_safetensors(f, both);
  if (PyUnicode_CompareWithASCIIString(format, "gguf") == 0) return load_gguf(f, both);
  return PyErr_Format(PyExc_ValueError, "[load] Unknown file format %U", format);
}

static PyObject *load(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"", "format", "return_metadata", "stream", NULL};
  PyObject *file, *format = Py_None, *stream = Py_None;
  int both = 0;
  mxp_file f;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|Op$O:load", names, &file, &format, &both,
                                   &stream) ||
      !mxp_stream(stream, "load"))
    return NULL;
  if (format != Py_None && !PyUnicode_Check(format)) {
    PyErr_SetString(PyExc_TypeError, "load(): format is a str or None");
    return NULL;
  }
  if (mxp_file_open(&f, file, "load")) return NULL;
  format = format == Py_None ? extension(&f) : Py_NewRef(format);
  PyObject *out = format ? load_as(&f, format, both) : NULL;
  Py_XDECREF(format);
  mxp_file_close(&f);
  return out;
}

static PyMethodDef functions[] = {
    {"load", MXP_FN(load), METH_VARARGS | METH_KEYWORDS,
     "load($module, file, /, format=None, return_metadata=False, *, stream=None)\n--\n\nLoads npy "
     "(an "
     "array), npz, safetensors or gguf (a dict of arrays, and on request one of metadata)."},
    {NULL, NULL, 0, NULL},
};

int mxp_io_init(PyObject *module) {
  return mxp_add_functions(module, functions) || mxp_add_functions(module, mxp_save_functions) ? -1
                                                                                               : 0;
}
