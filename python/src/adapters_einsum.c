/* einsum_path: the order of contractions as Python values. */
#include <stdlib.h>

#include "call.h"
#include "gen/adapters.h"
#include "ops/einsum.h"

static PyObject *pairs_of(const mx_einsum_path_info *path) {
  PyObject *list = PyList_New(path->n);
  for (int i = 0; list && i < path->n; i++) {
    const int *p = path->pairs[i];
    PyObject *pair = p[1] < 0 ? Py_BuildValue("(i)", p[0]) : Py_BuildValue("(ii)", p[0], p[1]);
    if (!pair || PyList_SetItem(list, i, pair)) Py_CLEAR(list);
  }
  return list;
}

static PyObject *text_of(const mx_einsum_path_info *path, const char *subscripts) {
  PyObject *naive = PyLong_FromDouble(path->naive), *best = PyLong_FromDouble(path->optimized);
  PyObject *text = NULL;
  if (naive && best)
    text = PyUnicode_FromFormat("  Complete contraction:  %s\n         Naive scaling:  %d\n"
                                "     Optimized scaling:  %d\n      Naive FLOP count:  %S\n"
                                "  Optimized FLOP count:  %S\n",
                                subscripts, path->indices, path->most_indices, naive, best);
  Py_XDECREF(naive);
  Py_XDECREF(best);
  return text;
}

PyObject *mxp_do_einsum_path(mxp_call *c) {
  mx_einsum_path_info path = {0};
  if (mx_einsum_path(&path, c->v[0].s, c->v[1].vec)) {
    free(path.pairs);
    return mxp_end_object(c, mxp_raise());
  }
  PyObject *pairs = pairs_of(&path), *text = text_of(&path, c->v[0].s);
  PyObject *out = pairs && text ? PyTuple_Pack(2, pairs, text) : NULL;
  Py_XDECREF(pairs);
  Py_XDECREF(text);
  free(path.pairs);
  return mxp_end_object(c, out);
}
