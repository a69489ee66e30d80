/* Owns save, savez, save_safetensors and save_gguf. */
#include <string.h>

#include "files.h"
#include "io/gguf.h"
#include "io/npy.h"
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

/* ---- npz: a zip file of npy files ---- */

/* zipfile.ZipInfo(name + ".npy"), whose time is always the same; then the member as a file. */
static PyObject *open_member(PyObject *module, PyObject *zip, PyObject *name, PyObject *method) {
  PyObject *full = PyUnicode_FromFormat("%U.npy", name);
  PyObject *info = full ? PyObject_CallMethod(module, "ZipInfo", "O", full) : NULL;
  PyObject *out = NULL;
  if (info && !PyObject_SetAttrString(info, "compress_type", method)) {
    PyObject *open = PyObject_GetAttrString(zip, "open");
    PyObject *args = Py_BuildValue("(Os)", info, "w"),
             *kw = Py_BuildValue("{si}", "force_zip64", 1);
    if (open && args && kw) out = PyObject_Call(open, args, kw);
    Py_XDECREF(kw);
    Py_XDECREF(args);
    Py_XDECREF(open);
  }
  Py_XDECREF(info);
  Py_XDECREF(full);
  return out;
}

static int add_member(PyObject *module, PyObject *zip, PyObject *name, PyObject *value,
                      PyObject *method) {
  if (!PyUnicode_Check(name) || !mxp_is_array(value)) {
    PyErr_SetString(PyExc_RuntimeError, "[savez] only arrays can be saved");
    return -1;
  }
  PyObject *member = open_member(module, zip, name, method);
  if (!member) return -1;
  mx_array *a = mx_retain(mxp_node(value));
  int bad = write_npy(member, a, "savez");
  mx_release(a);
  PyObject *type, *error, *trace; /* closing must not hide what went wrong */
  PyErr_Fetch(&type, &error, &trace);
  PyObject *closed = PyObject_CallMethod(member, "close", NULL);
  bad = bad || !closed;
  if (type) PyErr_Restore(type, error, trace);
  Py_XDECREF(closed);
  Py_DECREF(member);
  return bad ? -1 : 0;
}

/* Positional arrays are arr_0, arr_1, ... */
static int add_members(PyObject *module, PyObject *zip, PyObject *args, PyObject *kw,
                       PyObject *method) {
  for (Py_ssize_t i = 1; i < PyTuple_Size(args); i++) {
    PyObject *name = PyUnicode_FromFormat("arr_%zd", i - 1);
    int taken = !name ? -1 : kw ? PyDict_Contains(kw, name) : 0;
    if (taken > 0)
      PyErr_Format(PyExc_ValueError, "[savez] Cannot use un-named variables and keyword %U", name);
    int bad = taken || add_member(module, zip, name, PyTuple_GetItem(args, i), method);
    Py_XDECREF(name);
    if (bad) return -1;
  }
  PyObject *key, *value;
  Py_ssize_t at = 0;
  bool named = PyTuple_Size(args) == 0; /* the file is among kw */
  while (kw && PyDict_Next(kw, &at, &key, &value))
    if (!(named && PyUnicode_CompareWithASCIIString(key, "file") == 0) &&
        add_member(module, zip, key, value, method))
      return -1;
  return 0;
}

/* The file to write: an object as it is, a path with the extension. */
static PyObject *npz_target(PyObject *file) {
  mxp_file f;
  if (mxp_file_open(&f, file, "savez")) return NULL;
  if (f.object) return Py_NewRef(file);
  size_t n = strlen(f.name);
  bool has = n >= 4 && strcmp(f.name + n - 4, ".npz") == 0;
  PyObject *name = PyUnicode_DecodeFSDefault(f.name);
  PyObject *out = name ? PyUnicode_FromFormat("%U%s", name, has ? "" : ".npz") : NULL;
  Py_XDECREF(name);
  mxp_file_close(&f);
  return out;
}

static PyObject *save_zip(PyObject *args, PyObject *kw, const char *method_name) {
  PyObject *file = PyTuple_Size(args) ? PyTuple_GetItem(args, 0)
                   : kw               ? PyDict_GetItemString(kw, "file")
                                      : NULL;
  if (!file) {
    PyErr_SetString(PyExc_TypeError, "savez(): missing argument 'file'");
    return NULL;
  }
  PyObject *target = npz_target(file);
  PyObject *module = target ? PyImport_ImportModule("zipfile") : NULL;
  PyObject *method = module ? PyObject_GetAttrString(module, method_name) : NULL;
  PyObject *zip = method ? PyObject_CallMethod(module, "ZipFile", "Os", target, "w") : NULL;
  int bad = !zip;
  if (!zip && PyErr_ExceptionMatches(PyExc_OSError)) {
    PyErr_Clear();
    PyErr_Format(PyExc_RuntimeError, "[savez] Failed to open %S", target);
  }
  if (zip) {
    bad = add_members(module, zip, args, kw, method);
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyObject *closed = PyObject_CallMethod(zip, "close", NULL);
    bad = bad || !closed;
    if (type) PyErr_Restore(type, error, trace);
    Py_XDECREF(closed);
  }
  Py_XDECREF(zip);
  Py_XDECREF(method);
  Py_XDECREF(module);
  Py_XDECREF(target);
  return bad ? NULL : Py_NewRef(Py_None);
}

static PyObject *savez(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return save_zip(args, kw, "ZIP_STORED");
}

static PyObject *savez_compressed(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return save_zip(args, kw, "ZIP_DEFLATED");
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
  if (!fine && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "metadata lists hold strings");
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
        PyErr_Format(PyExc_ValueError, "[%s] Metadata must be a dictionary with string keys and %s",
                     op, rich ? "array, string or list of string values" : "values");
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
