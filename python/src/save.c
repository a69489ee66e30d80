/* Owns save, savez, save_safetensors and save_gguf. */
#include <string.h>

#include "files.h"
#include "io/gguf.h"
#include "io/npy.h"
#include "io/npz.h"
#include "io/safetensors.h"
#include "save.h"

/* ---- npy ---- */

static int write_npy(PyObject *file, mx_array *a, const char *fn) {
  mxp_file f;
  mx_sink out = {0};
  if (mxp_eval1(a) || mxp_file_open(&f, file, fn)) return -1;
  mx_scope scope = mx_scope_open();
  int bad = mxp_file_sink(&f, &out, fn, ".npy") || mx_save_npy(&out, a);
  bad = mx_sink_close(&out, bad);
  mx_scope_close(scope, NULL);
  mxp_file_close(&f);
  return bad ? (mxp_raise(), -1) : 0;
}

static PyObject *save(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"file", "arr", NULL};
  PyObject *file, *arr;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OO!:save", names, &file, mxp_array_type, &arr))
    return NULL;
  mx_array *a = mx_retain(mxp_node(arr));
  int bad = write_npy(file, a, "save");
  mx_release(a);
  return bad ? NULL : Py_NewRef(Py_None);
}

/* ---- tables ---- */

static int fill_arrays(mx_table *t, PyObject *dict, const char *op) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (PyDict_Next(dict, &at, &key, &value)) {
    Py_ssize_t n;
    const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8AndSize(key, &n) : NULL;
    if (!name || !mxp_is_array(value)) {
      if (!PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "[%s] names must be strings and values arrays", op);
      return -1;
    }
    if (mx_table_add(t, op, name, (size_t)n, mxp_node(value), NULL)) return -1;
  }
  return mx_table_seal(t, op, "name") ? -1 : 0;
}

/* A string or a list of strings; NULL with an exception set or an error recorded. */
static mx_strings *strings_of(PyObject *o, const char *op) {
  if (PyUnicode_Check(o)) {
    Py_ssize_t n;
    const char *s = PyUnicode_AsUTF8AndSize(o, &n);
    size_t len = (size_t)n;
    return s ? mx_strings_copy(1, &s, &len, true, op) : NULL;
  }
  Py_ssize_t n = PyList_Size(o);
  const char **p = PyMem_Calloc((size_t)n + 1, sizeof *p);
  size_t *lens = PyMem_Calloc((size_t)n + 1, sizeof *lens);
  bool fine = p && lens;
  for (Py_ssize_t i = 0; i < n && fine; i++) {
    PyObject *item = PyList_GetItem(o, i);
    Py_ssize_t len = 0;
    p[i] = PyUnicode_Check(item) ? PyUnicode_AsUTF8AndSize(item, &len) : NULL;
    lens[i] = (size_t)len;
    fine = p[i] != NULL;
  }
  mx_strings *out = fine ? mx_strings_copy((size_t)n, p, lens, false, op) : NULL;
  if (!fine && !PyErr_Occurred()) 
    PyErr_SetString(PyExc_RuntimeError, "metadata lists hold strings");
  PyMem_Free(lens);
  PyMem_Free(p);
  return out;
}

/* Metadata: strings alone, or, where arrays are allowed, also lists of strings and arrays. */
static int fill_metadata(mx_table *t, PyObject *dict, const char *op, bool rich) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (dict && dict != Py_None && PyDict_Next(dict, &at, &key, &value)) {
    Py_ssize_t n;
    const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8AndSize(key, &n) : NULL;
    bool array = rich && mxp_is_array(value);
    if (!name || !(array || PyUnicode_Check(value) || (rich && PyList_Check(value)))) {
      if (!PyErr_Occurred())
        PyErr_Format(rich && name ? PyExc_RuntimeError : PyExc_ValueError,
                     "[%s] Metadata must be a dictionary with string keys and %s", op, rich ? "array, string or list of string values" : "values");
      return -1;
    }
    mx_strings *s = array ? NULL : strings_of(value, op);
    if ((!array && !s) || mx_table_add(t, op, name, (size_t)n, array ? mxp_node(value) : NULL, s))
      return -1;
  }
  return mx_table_seal(t, op, "metadata key") ? -1 : 0;
}

static int evaluate(const mx_table *t) {
  for (size_t i = 0; i < t->n; i++)
    if (t->entries[i].array && mxp_eval1(t->entries[i].array)) return -1;
  return 0;
}

/* Arrays by name, positional ones as arr_0, arr_1, ... */
static int fill_npz(mx_table *t, PyObject *args, PyObject *kw) {
  for (Py_ssize_t i = 1; i < PyTuple_Size(args); i++) {
    char name[32];
    PyObject *value = PyTuple_GetItem(args, i);
    PyOS_snprintf(name, sizeof name, "arr_%zd", i - 1);
    if (kw && PyDict_GetItemString(kw, name)) {
      PyErr_Format(PyExc_ValueError, "[savez] Cannot use un-named variables and keyword %s", name);
      return -1;
    }
    if (!mxp_is_array(value)) {
      PyErr_SetString(PyExc_RuntimeError, "[savez] only arrays can be saved");
      return -1;
    }
    if (mx_table_add(t, "savez", name, strlen(name), mxp_node(value), NULL)) return -1;
  }
  if (kw) return fill_arrays(t, kw, "savez");
  return mx_table_seal(t, "savez", "name") ? -1 : 0;
}

static PyObject *save_zip(PyObject *args, PyObject *kw, bool compressed) {
  mx_table t = {0};
  mxp_file f;
  mx_sink out = {0};
  if (PyTuple_Size(args) < 1) {
    PyErr_SetString(PyExc_TypeError, "savez(): missing argument 'file'");
    return NULL;
  }
  if (mxp_file_open(&f, PyTuple_GetItem(args, 0), "savez")) return NULL;
  int bad = fill_npz(&t, args, kw) || evaluate(&t);
  if (!bad) {
    mx_scope scope = mx_scope_open();
    bad = mxp_file_sink(&f, &out, "savez", ".npz") || mx_save_npz(&out, &t, compressed);
    bad = mx_sink_close(&out, bad);
    mx_scope_close(scope, NULL);
  }
  mx_table_free(&t);
  mxp_file_close(&f);
  return bad ? mxp_raise() : Py_NewRef(Py_None);
}

static PyObject *savez(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return save_zip(args, kw, false);
}

static PyObject *savez_compressed(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return save_zip(args, kw, true);
}

static PyObject *save_safetensors(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"file", "arrays", "metadata", NULL};
  PyObject *file, *arrays, *metadata = Py_None;
  mx_table a = {0}, m = {0};
  mxp_file f;
  mx_sink out = {0};
  const char *op = "save_safetensors";
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OO!|O:save_safetensors", names, &file, &PyDict_Type,
                                   &arrays, &metadata))
    return NULL;
  if (metadata != Py_None && !PyDict_Check(metadata)) {
    PyErr_SetString(PyExc_TypeError, "save_safetensors(): metadata is a dict or None");
    return NULL;
  }
  if (mxp_file_open(&f, file, op)) return NULL;
  int bad = fill_arrays(&a, arrays, op) || fill_metadata(&m, metadata, op, false) || evaluate(&a);
  if (!bad) {
    mx_scope scope = mx_scope_open();
    bad = mxp_file_sink(&f, &out, op, ".safetensors") || mx_save_safetensors(&out, &a, &m);
    bad = mx_sink_close(&out, bad);
    mx_scope_close(scope, NULL);
  }
  mx_table_free(&a);
  mx_table_free(&m);
  mxp_file_close(&f);
  return bad ? mxp_raise() : Py_NewRef(Py_None);
}

static PyObject *save_gguf(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"file", "arrays", "metadata", NULL};
  PyObject *file, *arrays, *metadata = Py_None;
  mx_gguf g = {0};
  mxp_file f;
  mx_sink out = {0};
  const char *op = "save_gguf";
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OO!|O:save_gguf", names, &file, &PyDict_Type, &arrays,
                                   &metadata))
    return NULL;
  if (metadata != Py_None && !PyDict_Check(metadata)) {
    PyErr_SetString(PyExc_TypeError, "save_gguf(): metadata is a dict or None");
    return NULL;
  }
  if (mxp_file_open(&f, file, op)) return NULL;
  if (f.object) {
    PyErr_SetString(PyExc_ValueError, "[save_gguf] Input must be a string");
    return NULL;
  }
  int bad = fill_arrays(&g.arrays, arrays, op) || fill_metadata(&g.metadata, metadata, op, true) ||
            evaluate(&g.arrays) || evaluate(&g.metadata);
  if (!bad) {
    mx_scope scope = mx_scope_open();
    bad = mxp_file_sink(&f, &out, op, ".gguf") || mx_save_gguf(&out, &g);
    bad = mx_sink_close(&out, bad);
    mx_scope_close(scope, NULL);
  }
  mx_gguf_free(&g);
  mxp_file_close(&f);
  return bad ? mxp_raise() : Py_NewRef(Py_None);
}

PyMethodDef mxp_save_functions[] = {
    {"save", MXP_FN(save), METH_VARARGS | METH_KEYWORDS,
     "save($module, /, file, arr)\n--\n\nSaves an array as npy."},
    {"savez", MXP_FN(savez), METH_VARARGS | METH_KEYWORDS,
     "savez($module, /, file, *args, **kwargs)\n--\n\nSaves arrays as npz, uncompressed."},
    {"savez_compressed", MXP_FN(savez_compressed), METH_VARARGS | METH_KEYWORDS,
     "savez_compressed($module, /, file, *args, **kwargs)\n--\n\nSaves arrays as npz, compressed."},
    {"save_safetensors", MXP_FN(save_safetensors), METH_VARARGS | METH_KEYWORDS,
     "save_safetensors($module, /, file, arrays, metadata=None)\n--\n\nSaves named arrays as "
     "safetensors, with strings as metadata."},
    {"save_gguf", MXP_FN(save_gguf), METH_VARARGS | METH_KEYWORDS,
     "save_gguf($module, /, file, arrays, metadata=None)\n--\n\nSaves named arrays as gguf, with "
     "arrays, strings and lists of strings as metadata."},
    {NULL, NULL, 0, NULL},
};
