/* Owns trees of arrays: finding their arrays, rebuilding them around others; eval and async_eval.
 */
#include "tree.h"

#include <stdlib.h>

PyObject *mxp_hole;

bool mxp_is_tree(PyObject *o) {
  return PyDict_Check(o) || PyList_Check(o) || PyTuple_Check(o);
}

/* ---- arrays out of trees ---- */

int mxp_leaves_add(mxp_leaves *l, mx_array *a) {
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

void mxp_leaves_free(mxp_leaves *l) {
  for (size_t i = 0; i < l->n; i++) mx_release(l->p[i]);
  free(l->p);
  *l = (mxp_leaves){NULL, 0, 0};
}

int mxp_leaves_vector(const mxp_leaves *l, mlx_vector_array *v) {
  *v = mlx_vector_array_new();
  for (size_t i = 0; v->ctx && i < l->n; i++)
    if (mlx_vector_array_append_value(*v, (mlx_array){l->p[i]})) {
      mlx_vector_array_free(*v);
      v->ctx = NULL;
    }
  if (!v->ctx) mxp_raise();
  return v->ctx ? 0 : -1;
}

static int other(mxp_leaves *l, PyObject *o, enum mxp_others others) {
  if (others == MXP_REFUSE_OTHERS) {
    PyErr_SetString(PyExc_ValueError, "[tree_flatten] The argument should contain only arrays");
    return -1;
  }
  if (others == MXP_IGNORE_OTHERS || !mxp_is_random_state(o)) return 0;
  mx_array *key = mxp_random_key();
  int bad = !key || mxp_leaves_add(l, key);
  mx_release(key);
  return bad ? -1 : 0;
}

int mxp_collect(mxp_leaves *l, PyObject *o, enum mxp_others others) {
  if (mxp_is_array(o)) return mxp_leaves_add(l, mxp_node(o));
  bool dict = PyDict_Check(o), list = PyList_Check(o);
  if (!dict && !list && !PyTuple_Check(o)) return other(l, o, others);
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return -1;
  int bad = 0;
  if (dict) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (!bad && PyDict_Next(o, &at, &key, &value)) bad = mxp_collect(l, value, others);
  } else {
    Py_ssize_t n = list ? PyList_Size(o) : PyTuple_Size(o);
    for (Py_ssize_t i = 0; i < n && !bad; i++)
      bad = mxp_collect(l, list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i), others);
  }
  Py_LeaveRecursiveCall();
  return bad;
}

/* ---- trees out of arrays ---- */

PyObject *mxp_tuple_like(PyObject *like, PyObject *list) {
  if (!list) return NULL;
  PyObject *type = (PyObject *)Py_TYPE(like), *out;
  if (type == (PyObject *)&PyTuple_Type)
    out = PyList_AsTuple(list);
  else if (PyObject_HasAttrString(type, "_make"))
    out = PyObject_CallMethod(type, "_make", "O", list);
  else
    out = PyObject_CallFunctionObjArgs(type, list, NULL);
  Py_DECREF(list);
  return out;
}

static PyObject *map_dict(PyObject *tree, mxp_leaf_fn *fn, void *ctx) {
  PyObject *out = PyDict_New(), *key, *value;
  Py_ssize_t at = 0;
  while (out && PyDict_Next(tree, &at, &key, &value)) {
    Py_INCREF(key);
    Py_INCREF(value);
    PyObject *made = mxp_tree_map(value, fn, ctx);
    if (!made || PyDict_SetItem(out, key, made)) Py_CLEAR(out);
    Py_XDECREF(made);
    Py_DECREF(value);
    Py_DECREF(key);
  }
  return out;
}

static PyObject *map_sequence(PyObject *tree, mxp_leaf_fn *fn, void *ctx) {
  bool list = PyList_Check(tree);
  PyObject *out = PyList_New(0);
  for (Py_ssize_t i = 0; out && i < (list ? PyList_Size(tree) : PyTuple_Size(tree)); i++) {
    PyObject *value = Py_NewRef(list ? PyList_GetItem(tree, i) : PyTuple_GetItem(tree, i));
    PyObject *made = mxp_tree_map(value, fn, ctx);
    if (!made || PyList_Append(out, made)) Py_CLEAR(out);
    Py_XDECREF(made);
    Py_DECREF(value);
  }
  return list ? out : mxp_tuple_like(tree, out);
}

PyObject *mxp_tree_map(PyObject *tree, mxp_leaf_fn *fn, void *ctx) {
  if (!mxp_is_tree(tree)) return fn(ctx, tree);
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return NULL;
  PyObject *out = PyDict_Check(tree) ? map_dict(tree, fn, ctx) : map_sequence(tree, fn, ctx);
  Py_LeaveRecursiveCall();
  return out;
}

static PyObject *to_hole(void *ctx, PyObject *leaf) {
  (void)ctx;
  return Py_NewRef(mxp_is_array(leaf) ? mxp_hole : leaf);
}

PyObject *mxp_skeleton(PyObject *tree) {
  return mxp_tree_map(tree, to_hole, NULL);
}

typedef struct supply {
  mlx_vector_array values;
  size_t *at;
} supply;

/* The next array, retained. */
static mx_array *next(mlx_vector_array values, size_t *at) {
  mlx_array a = {NULL};
  if (mlx_vector_array_get(&a, values, *at)) {
    mxp_raise();
    return NULL;
  }
  ++*at;
  return a.ctx;
}

static PyObject *from_supply(void *ctx, PyObject *leaf) {
  supply *s = ctx;
  if (leaf != mxp_hole && !mxp_is_array(leaf)) return Py_NewRef(leaf);
  mx_array *a = next(s->values, s->at);
  return a ? mxp_wrap(a) : NULL;
}

PyObject *mxp_build(PyObject *tree, mlx_vector_array values, size_t *at) {
  return mxp_tree_map(tree, from_supply, &(supply){values, at});
}

/* ---- trees filled in place ---- */

static bool same_kind(PyObject *a, PyObject *b) {
  return a && ((PyDict_Check(a) && PyDict_Check(b)) || (PyList_Check(a) && PyList_Check(b)) ||
               (PyTuple_Check(a) && PyTuple_Check(b) && PyTuple_Size(a) == PyTuple_Size(b)));
}

/* What belongs into a place where `live` (or NULL) stands and the skeleton has `bone`: a new
 * reference; NULL without an exception where the place stays as it is. */
static PyObject *place(PyObject *live, PyObject *bone, mlx_vector_array values, size_t *at) {
  if (bone == mxp_hole) {
    mx_array *a = next(values, at);
    return a ? mxp_wrap(a) : NULL;
  }
  if (!mxp_is_tree(bone)) {
    if (mxp_is_random_state(bone)) mxp_fill(bone, bone, values, at);
    return NULL;
  }
  if (!same_kind(live, bone)) return mxp_build(bone, values, at);
  mxp_fill(live, bone, values, at);
  return NULL;
}

static int fill_dict(PyObject *live, PyObject *skeleton, mlx_vector_array values, size_t *at) {
  PyObject *key, *bone;
  Py_ssize_t i = 0;
  while (PyDict_Next(skeleton, &i, &key, &bone)) {
    PyObject *here = PyDict_GetItemWithError(live, key);
    if (!here && PyErr_Occurred()) return -1;
    Py_XINCREF(here);
    PyObject *made = place(here, bone, values, at);
    Py_XDECREF(here);
    int bad = PyErr_Occurred() || (made && PyDict_SetItem(live, key, made));
    Py_XDECREF(made);
    if (bad) return -1;
  }
  return 0;
}

static int fill_list(PyObject *live, PyObject *skeleton, mlx_vector_array values, size_t *at) {
  for (Py_ssize_t i = 0; i < PyList_Size(skeleton); i++) {
    PyObject *here = i < PyList_Size(live) ? Py_NewRef(PyList_GetItem(live, i)) : NULL;
    PyObject *made = place(here, PyList_GetItem(skeleton, i), values, at);
    Py_XDECREF(here);
    if (PyErr_Occurred()) return -1;
    if (!made) continue;
    int bad = i < PyList_Size(live) ? PyList_SetItem(live, i, Py_NewRef(made))
                                    : PyList_Append(live, made);
    Py_DECREF(made);
    if (bad) return -1;
  }
  return 0;
}

static int fill_tuple(PyObject *live, PyObject *skeleton, mlx_vector_array values, size_t *at) {
  for (Py_ssize_t i = 0; i < PyTuple_Size(skeleton); i++) {
    PyObject *here = PyTuple_GetItem(live, i);
    PyObject *made = place(here, PyTuple_GetItem(skeleton, i), values, at);
    if (PyErr_Occurred()) return -1;
    if (made && mxp_is_array(here) && mxp_is_array(made))
      mxp_rebind(here, mx_retain(mxp_node(made)));
    Py_XDECREF(made);
  }
  return 0;
}

int mxp_fill(PyObject *live, PyObject *skeleton, mlx_vector_array values, size_t *at) {
  if (mxp_is_random_state(skeleton)) {
    mx_array *key = next(values, at);
    int bad = !key || mxp_set_random_key(key);
    mx_release(key);
    return bad ? -1 : 0;
  }
  if (!same_kind(live, skeleton)) return 0;
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return -1;
  int bad = PyDict_Check(skeleton)   ? fill_dict(live, skeleton, values, at)
            : PyList_Check(skeleton) ? fill_list(live, skeleton, values, at)
                                     : fill_tuple(live, skeleton, values, at);
  Py_LeaveRecursiveCall();
  return bad;
}

/* ---- evaluation ---- */

static PyObject *evaluate(PyObject *const *args, Py_ssize_t n, bool wait) {
  mxp_leaves l = {NULL, 0, 0};
  int bad = 0;
  for (Py_ssize_t i = 0; i < n && !bad; i++) bad = mxp_collect(&l, args[i], MXP_WITH_STATE);
  bad = bad || mxp_eval(l.p, l.n, wait);
  mxp_leaves_free(&l);
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

static PyType_Slot hole_slots[] = {{Py_tp_doc, "Stands for an array in a tree."}, {0, NULL}};
static PyType_Spec hole_spec = {"mlx.core._Hole", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
                                hole_slots};

int mxp_tree_init(PyObject *module) {
  PyObject *type = PyType_FromSpec(&hole_spec);
  mxp_hole = type ? PyObject_CallNoArgs(type) : NULL;
  Py_XDECREF(type);
  return mxp_hole ? mxp_add_functions(module, functions) : -1;
}
