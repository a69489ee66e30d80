/* Owns custom_function: a function whose gradients, tangents and maps somebody wrote in Python. The
 * rules get and give trees of the shape that the arguments and results have. */
#include <stdlib.h>

#include "call.h"
#include "function.h"
#include "mlx/c/ops.h"
#include "mlx/c/transforms.h"

typedef struct custom {
  PyObject_HEAD PyObject *fun, *vjp, *jvp, *vmap;
} custom;

static PyTypeObject *custom_type;

/* ---- the rules: trees in and out ---- */

/* One argument stands for itself, several are a tuple. */
static PyObject *arguments(PyObject *tree) {
  bool one = tree && PyTuple_Size(tree) == 1;
  PyObject *out = one ? Py_NewRef(PyTuple_GetItem(tree, 0)) : tree;
  if (one) Py_DECREF(tree);
  return out;
}

static PyObject *primals(const mxp_payload *p, mlx_vector_array values, size_t *at) {
  return arguments(mxp_build(p->o[MXP_ARGS], values, at));
}

/* All leaves of a tree, in a list. */
static PyObject *add_leaf(void *list, PyObject *leaf) {
  return PyList_Append(list, leaf) ? NULL : Py_NewRef(Py_None);
}
static int leaves_of(PyObject *list, PyObject *tree) {
  PyObject *done = mxp_tree_map(tree, add_leaf, list);
  Py_XDECREF(done);
  return done ? 0 : -1;
}

static bool is_value(PyObject *o) {
  return o == mxp_hole || mxp_is_array(o);
}

static Py_ssize_t count_arrays(PyObject *leaves) {
  Py_ssize_t n = 0;
  for (Py_ssize_t i = 0; i < PyList_Size(leaves); i++) n += is_value(PyList_GetItem(leaves, i));
  return n;
}

/* Zeros where a rule said None. */
static int add_missing(mxp_leaves *l, const mlx_vector_array *like, size_t i, const char *rule) {
  mlx_array a = {NULL}, zeros = {NULL};
  if (!like) {
    PyErr_Format(PyExc_ValueError, "[custom %s] The function should return an array an output.",
                 rule);
    return -1;
  }
  int bad = mlx_vector_array_get(&a, *like, i) || mlx_zeros_like(&zeros, a, (mlx_stream){NULL});
  if (bad) mxp_raise();
  bad = bad || mxp_leaves_add(l, zeros.ctx);
  mlx_array_free(zeros);
  mlx_array_free(a);
  return bad ? -1 : 0;
}

/* One array for each array of `want`, the leaves of arguments or results: the leaf of `have` at its
 * place or, where `have` has none for what are no arrays, its next array. Keyword arguments come
 * after `places` leaves and may be left out. */
static int align(mxp_leaves *l, PyObject *want, PyObject *have, Py_ssize_t places,
                 const mlx_vector_array *like, const char *rule) {
  Py_ssize_t n = PyList_Size(have), arrays = count_arrays(have), at = 0;
  bool by_place = n == PyList_Size(want) || n == places;
  if (!by_place && arrays < count_arrays(want)) {
    PyErr_Format(PyExc_ValueError, "[custom %s] The function returned %zd arrays instead of %zd.",
                 rule, arrays, count_arrays(want));
    return -1;
  }
  for (Py_ssize_t i = 0; i < PyList_Size(want); i++) {
    if (!is_value(PyList_GetItem(want, i))) continue;
    if (by_place) at = i;
    while (!by_place && !mxp_is_array(PyList_GetItem(have, at))) at++;
    PyObject *o = at < n ? PyList_GetItem(have, at) : NULL;
    at++;
    if (o && mxp_is_array(o) ? mxp_leaves_add(l, mxp_node(o)) : add_missing(l, like, l->n, rule))
      return -1;
  }
  return 0;
}

/* What a rule returned, as arrays for those of a tree (and of the keyword arguments). */
static int give_aligned(mlx_vector_array *res, PyObject *tree, PyObject *kw, PyObject *returned,
                        const mlx_vector_array *like, const char *rule) {
  mxp_leaves l = {NULL, 0, 0};
  PyObject *want = PyList_New(0), *have = PyList_New(0);
  int bad = !want || !have || leaves_of(want, tree);
  Py_ssize_t places = bad ? 0 : PyList_Size(want);
  bad = bad || (kw && leaves_of(want, kw)) || leaves_of(have, returned) ||
        align(&l, want, have, places, like, rule) || mxp_give(res, &l);
  mxp_leaves_free(&l);
  Py_XDECREF(want);
  Py_XDECREF(have);
  return bad ? -1 : 0;
}

static PyObject *rule_of(const mxp_payload *p, int i) {
  return PyTuple_GetItem(p->o[MXP_RULES], i);
}

static int no_keywords(const mxp_payload *p, const char *rule) {
  if (!p->o[MXP_KW] || !PyDict_Size(p->o[MXP_KW])) return 0;
  PyErr_Format(PyExc_ValueError, "[custom %s] Function should only accept positional arguments",
               rule);
  return -1;
}

static int run_vjp(mlx_vector_array *res, const mlx_vector_array in, const mlx_vector_array g,
                   const mlx_vector_array out, void *payload) {
  const mxp_payload *p = payload;
  size_t at = 0, at_g = 0, at_out = 0;
  PyGILState_STATE lock = PyGILState_Ensure();
  PyObject *args = primals(p, in, &at);
  PyObject *kw = args && p->o[MXP_KW] ? mxp_build(p->o[MXP_KW], in, &at) : NULL;
  PyObject *cotangents = args ? mxp_build(p->o[MXP_OUT], g, &at_g) : NULL;
  PyObject *outputs = cotangents ? mxp_build(p->o[MXP_OUT], out, &at_out) : NULL;
  PyObject *place =
      outputs && (kw || !p->o[MXP_KW]) ? PyTuple_Pack(3, args, cotangents, outputs) : NULL;
  PyObject *returned = place ? PyObject_Call(rule_of(p, 0), place, kw) : NULL;
  int bad = !returned || give_aligned(res, p->o[MXP_ARGS], p->o[MXP_KW], returned, &in, "vjp");
  Py_XDECREF(returned);
  Py_XDECREF(place);
  Py_XDECREF(outputs);
  Py_XDECREF(cotangents);
  Py_XDECREF(kw);
  Py_XDECREF(args);
  if (bad) mxp_raised();
  PyGILState_Release(lock);
  return bad ? 1 : 0;
}

/* The tree of the arguments with something for some of its arrays and None for all else. */
typedef struct sparse {
  mlx_vector_array values; /* of the arrays with these numbers, ascending */
  const int *numbers;      /* without values: the axis of each array */
  size_t n, array, at;
} sparse;

static PyObject *sparse_tangent(void *ctx, PyObject *leaf) {
  sparse *s = ctx;
  if (!is_value(leaf)) return Py_NewRef(Py_None);
  size_t array = s->array++;
  if (s->at >= s->n || (size_t)s->numbers[s->at] != array) return Py_NewRef(Py_None);
  return mxp_build(mxp_hole, s->values, &s->at);
}

static PyObject *axis_leaf(void *ctx, PyObject *leaf) {
  sparse *s = ctx;
  if (!is_value(leaf) || s->array >= s->n) return Py_NewRef(Py_None);
  int axis = s->numbers[s->array++];
  return axis < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(axis);
}

static int run_jvp(mlx_vector_array *res, const mlx_vector_array in, const mlx_vector_array t,
                   const int *argnums, size_t n, void *payload) {
  const mxp_payload *p = payload;
  sparse s = {t, argnums, n, 0, 0};
  size_t at = 0;
  PyGILState_STATE lock = PyGILState_Ensure();
  PyObject *args = no_keywords(p, "jvp") ? NULL : primals(p, in, &at);
  PyObject *tangents = args ? arguments(mxp_tree_map(p->o[MXP_ARGS], sparse_tangent, &s)) : NULL;
  PyObject *returned =
      tangents ? PyObject_CallFunctionObjArgs(rule_of(p, 1), args, tangents, NULL) : NULL;
  int bad = !returned || give_aligned(res, p->o[MXP_OUT], NULL, returned, NULL, "jvp");
  Py_XDECREF(returned);
  Py_XDECREF(tangents);
  Py_XDECREF(args);
  if (bad) mxp_raised();
  PyGILState_Release(lock);
  return bad ? 1 : 0;
}

/* The axis of an output as a number from the front, -1 for none. */
static int one_axis(int *at, PyObject *axis, const mx_array *a) {
  int64_t v = -1;
  if (axis != Py_None && !PyLong_Check(axis)) {
    PyErr_SetString(PyExc_ValueError, "[custom vmap] An axis should be an int or None.");
    return -1;
  }
  if (axis != Py_None) {
    if (mxp_int64(axis, &v)) return -1;
    v = v < 0 ? v + a->ndim : v;
    if (v < 0 || v >= a->ndim) {
      PyErr_SetString(PyExc_ValueError, "[custom vmap] An axis is out of range.");
      return -1;
    }
  }
  *at = (int)v;
  return 0;
}

/* One axis for all outputs, or a tree of them. */
static int give_axes(mlx_vector_int *res, PyObject *out, PyObject *axes) {
  PyObject *outs = PyList_New(0), *list = PyList_New(0);
  int bad = !outs || !list || leaves_of(outs, out) || leaves_of(list, axes);
  Py_ssize_t n = bad ? 0 : PyList_Size(outs), given = bad ? 0 : PyList_Size(list);
  int *p = malloc(((size_t)n + 1) * sizeof *p);
  size_t k = 0;
  if (!p) bad = PyErr_NoMemory() == NULL;
  if (!bad && given != n && given != 1) {
    PyErr_SetString(PyExc_ValueError, "[custom vmap] The axes should be one, or one an output.");
    bad = 1;
  }
  for (Py_ssize_t i = 0; !bad && i < n; i++) {
    PyObject *o = PyList_GetItem(outs, i), *axis = PyList_GetItem(list, given == 1 ? 0 : i);
    if (mxp_is_array(o)) bad = one_axis(&p[k++], axis, mxp_node(o));
  }
  if (!bad && mlx_vector_int_set_data(res, p, k)) {
    mxp_raise();
    bad = 1;
  }
  free(p);
  Py_XDECREF(list);
  Py_XDECREF(outs);
  return bad ? -1 : 0;
}

static int run_vmap(mlx_vector_array *res, mlx_vector_int *out_axes, const mlx_vector_array in,
                    const int *axes, size_t n, void *payload) {
  const mxp_payload *p = payload;
  sparse s = {{NULL}, axes, n, 0, 0};
  size_t at = 0;
  PyGILState_STATE lock = PyGILState_Ensure();
  PyObject *args = no_keywords(p, "vmap") ? NULL : primals(p, in, &at);
  PyObject *in_axes = args ? arguments(mxp_tree_map(p->o[MXP_ARGS], axis_leaf, &s)) : NULL;
  PyObject *pair =
      in_axes ? PyObject_CallFunctionObjArgs(rule_of(p, 2), args, in_axes, NULL) : NULL;
  int bad = !pair;
  if (pair && !(PyTuple_Check(pair) && PyTuple_Size(pair) == 2)) {
    PyErr_SetString(PyExc_ValueError,
                    "[custom vmap] Vmap function should return a tuple with 2 items.");
    bad = 1;
  }
  bad = bad || mxp_give_tree(res, PyTuple_GetItem(pair, 0), MXP_IGNORE_OTHERS) ||
        give_axes(out_axes, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1));
  Py_XDECREF(pair);
  Py_XDECREF(in_axes);
  Py_XDECREF(args);
  if (bad) mxp_raised();
  PyGILState_Release(lock);
  return bad ? 1 : 0;
}

/* ---- the call ---- */

/* The closure of the function with its rules. */
static int with_rules(mlx_closure *res, mlx_closure fun, mxp_payload *p) {
  mlx_closure_custom vjp = {NULL};
  mlx_closure_custom_jvp jvp = {NULL};
  mlx_closure_custom_vmap vmap = {NULL};
  int bad = 0;
  if (rule_of(p, 0) != Py_None) {
    vjp = mlx_closure_custom_new_func_payload(run_vjp, mxp_payload_retain(p), mxp_payload_drop);
    bad = !vjp.ctx;
  }
  if (!bad && rule_of(p, 1) != Py_None) {
    jvp = mlx_closure_custom_jvp_new_func_payload(run_jvp, mxp_payload_retain(p), mxp_payload_drop);
    bad = !jvp.ctx;
  }
  if (!bad && rule_of(p, 2) != Py_None) {
    vmap =
        mlx_closure_custom_vmap_new_func_payload(run_vmap, mxp_payload_retain(p), mxp_payload_drop);
    bad = !vmap.ctx;
  }
  bad = bad || mlx_custom_function(res, fun, vjp, jvp, vmap);
  mlx_closure_custom_vmap_free(vmap);
  mlx_closure_custom_jvp_free(jvp);
  mlx_closure_custom_free(vjp);
  return bad;
}

static PyObject *custom_call(PyObject *self, PyObject *args, PyObject *kw) {
  const custom *c = (custom *)self;
  if (!c->vjp && !c->jvp && !c->vmap) return PyObject_Call(c->fun, args, kw);
  mxp_payload *p = mxp_payload_new(c->fun, args, kw);
  if (!p) return NULL;
  p->o[MXP_RULES] = PyTuple_Pack(3, c->vjp ? c->vjp : Py_None, c->jvp ? c->jvp : Py_None,
                                 c->vmap ? c->vmap : Py_None);
  if (p->o[MXP_RULES]) return mxp_call_kept(p, with_rules);
  mxp_payload_drop(p);
  return NULL;
}

/* ---- the type ---- */

static PyObject *custom_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  static char *names[] = {"f", NULL};
  PyObject *fun;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O:custom_function", names, &fun) ||
      !mxp_callable(fun, "custom_function"))
    return NULL;
  custom *c = (custom *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
  if (c) c->fun = Py_NewRef(fun);
  return (PyObject *)c;
}

static PyObject *set_rule(PyObject *self, PyObject **rule, PyObject *fun, const char *name) {
  if (!mxp_callable(fun, name)) return NULL;
  mxp_set(rule, Py_NewRef(fun));
  return Py_NewRef(self);
}

static PyObject *custom_vjp(PyObject *self, PyObject *fun) {
  return set_rule(self, &((custom *)self)->vjp, fun, "vjp");
}
static PyObject *custom_jvp(PyObject *self, PyObject *fun) {
  return set_rule(self, &((custom *)self)->jvp, fun, "jvp");
}
static PyObject *custom_vmap(PyObject *self, PyObject *fun) {
  return set_rule(self, &((custom *)self)->vmap, fun, "vmap");
}

static int custom_traverse(PyObject *self, visitproc visit, void *arg) {
  custom *c = (custom *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(c->fun);
  Py_VISIT(c->vjp);
  Py_VISIT(c->jvp);
  Py_VISIT(c->vmap);
  return 0;
}

static int custom_clear(PyObject *self) {
  custom *c = (custom *)self;
  Py_CLEAR(c->fun);
  Py_CLEAR(c->vjp);
  Py_CLEAR(c->jvp);
  Py_CLEAR(c->vmap);
  return 0;
}

static void custom_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  custom_clear(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

MXP_NAMED(custom_vjp, "f")
MXP_NAMED(custom_jvp, "f")
MXP_NAMED(custom_vmap, "f")

static PyMethodDef methods[] = {
    {"vjp", MXP_BY_NAME(custom_vjp),
     "vjp($self, /, f)\n--\n\nSets f(primals, cotangents, outputs), which returns the gradients of "
     "the "
     "primals."},
    {"jvp", MXP_BY_NAME(custom_jvp),
     "jvp($self, /, f)\n--\n\nSets f(primals, tangents), which returns the tangents of the "
     "outputs. A "
     "primal without a tangent has None."},
    {"vmap", MXP_BY_NAME(custom_vmap),
     "vmap($self, /, f)\n--\n\nSets f(inputs, axes), which returns the outputs and their axes. An "
     "input that is not mapped has the axis None."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {
    {Py_tp_new, custom_new},
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_call, custom_call},
    {Py_tp_traverse, custom_traverse},
    {Py_tp_clear, custom_clear},
    {Py_tp_dealloc, custom_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_doc,
     "custom_function(f)\n--\n\nA function whose transformations are written by hand, "
     "with the decorators vjp, jvp and vmap; what is not written is that of f. Arrays that f "
     "captures are constants."},
    {0, NULL},
};
static PyType_Spec spec = {"mlx.core.custom_function", sizeof(custom), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int mxp_custom_init(PyObject *module) {
  custom_type = mxp_add_type(module, &spec, "custom_function");
  return custom_type ? 0 : -1;
}
