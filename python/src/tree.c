/* Owns eval and async_eval: arrays are found in nested lists, tuples and dicts. */
#include <stdlib.h>

#include "core.h"

typedef struct leaves {
  mx_array **p; /* retained */
  size_t n, capacity;
} leaves;

static int add(leaves *l, mx_array *a) {
  if (l->n == l->capacity) {
    size_t capacity = l->capacity ? 2 * l->capacity : 16;
    mx_array **p = realloc(l->p, capacity * sizeof *p);
    if (!p) {
      PyErr_NoMemory();
      return -1;
    }
    l->p = p;
    l->capacity = capacity;
  }
  l->p[l->n++] = mx_retain(a);
  return 0;
}

static int collect(leaves *l, PyObject *o) {
  if (mxp_is_array(o)) return add(l, mxp_node(o));
  bool dict = PyDict_Check(o), list = PyList_Check(o);
  if (!dict && !list && !PyTuple_Check(o)) return 0;
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return -1;
  int bad = 0;
  if (dict) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (!bad && PyDict_Next(o, &at, &key, &value)) bad = collect(l, value);
  } else {
    Py_ssize_t n = list ? PyList_Size(o) : PyTuple_Size(o);
    for (Py_ssize_t i = 0; i < n && !bad; i++)
      bad = collect(l, list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i));
  }
  Py_LeaveRecursiveCall();
  return bad;
}

static PyObject *evaluate(PyObject *const *args, Py_ssize_t n, bool wait) {
  leaves l = {NULL, 0, 0};
  int bad = 0;
  for (Py_ssize_t i = 0; i < n && !bad; i++) bad = collect(&l, args[i]);
  bad = bad || mxp_eval(l.p, l.n, wait);
  for (size_t i = 0; i < l.n; i++) mx_release(l.p[i]);
  free(l.p);
  return bad ? NULL : Py_NewRef(Py_None);
}

static PyObject *eval(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  (void)self;
  return evaluate(args, n, true);
}

static PyObject *async_eval(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  (void)self;
  return evaluate(args, n, false);
}

static PyMethodDef functions[] = {
    {"eval", MXP_FN(eval), METH_FASTCALL,
     "eval($module, /, *args)\n--\n\nComputes arrays, also those in lists, tuples and dicts."},
    {"async_eval", MXP_FN(async_eval), METH_FASTCALL,
     "async_eval($module, /, *args)\n--\n\nStarts computing arrays and does not wait."},
    {NULL, NULL, 0, NULL},
};

int mxp_tree_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
