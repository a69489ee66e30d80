/* Owns grad, value_and_grad, vjp, jvp and checkpoint. The function is traced while the call runs,
 * on the caller's thread, under the interpreter's lock; an exception in it comes through unchanged.
 */
#include <stdlib.h>

#include "function.h"
#include "mlx/c/transforms.h"

/* ---- grad and value_and_grad: which arguments ---- */

/* keep[0]: sorted argnums, a tuple of int; keep[1]: sorted argnames, a tuple of str. */
typedef struct grad_data {
  const char *name;
  bool value; /* value_and_grad */
} grad_data;

/* A sorted tuple of a sequence's elements. */
static PyObject *sorted(PyObject *sequence) {
  PyObject *list = PySequence_List(sequence);
  PyObject *out = list && !PyList_Sort(list) ? PyList_AsTuple(list) : NULL;
  Py_XDECREF(list);
  return out;
}

static PyObject *wrong(const char *fn, const char *arg, const char *want) {
  PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s", fn, arg, want);
  return NULL;
}

static PyObject *parse_names(const char *fn, PyObject *o) {
  const char *want = "a str or a sequence of str";
  if (!o) return PyTuple_New(0);
  if (PyUnicode_Check(o)) return PyTuple_Pack(1, o);
  if (!PyList_Check(o) && !PyTuple_Check(o)) return wrong(fn, "argnames", want);
  for (Py_ssize_t i = 0; i < PySequence_Size(o); i++) {
    PyObject *item = PySequence_GetItem(o, i);
    bool is = item && PyUnicode_Check(item);
    Py_XDECREF(item);
    if (!is) return wrong(fn, "argnames", want);
  }
  PyObject *set = PySet_New(o), *out = set ? sorted(set) : NULL;
  Py_XDECREF(set);
  return out;
}

/* One argument number; nonzero with an exception set. */
static int check_number(const char *fn, PyObject *o) {
  long v = PyLong_Check(o) ? PyLong_AsLong(o) : -1;
  if (PyLong_Check(o) && v >= 0) return 0;
  if (!PyLong_Check(o))
    wrong(fn, "argnums", "an int or a sequence of int");
  else if (!PyErr_Occurred())
    PyErr_Format(PyExc_ValueError, "[%s] Can't compute the gradient of negative argument index %ld",
                 fn, v);
  return -1;
}

static PyObject *parse_numbers(const char *fn, PyObject *o, bool names) {
  if (!o || o == Py_None) return names ? PyTuple_New(0) : Py_BuildValue("(i)", 0);
  if (PyLong_Check(o)) return check_number(fn, o) ? NULL : PyTuple_Pack(1, o);
  if (!PyList_Check(o) && !PyTuple_Check(o))
    return wrong(fn, "argnums", "an int or a sequence of int");
  for (Py_ssize_t i = 0; i < PySequence_Size(o); i++) {
    PyObject *item = PySequence_GetItem(o, i);
    int bad = !item || check_number(fn, item);
    Py_XDECREF(item);
    if (bad) return NULL;
  }
  PyObject *out = sorted(o);
  for (Py_ssize_t i = 1; out && i < PyTuple_Size(out); i++) {
    PyObject *item = PyTuple_GetItem(out, i);
    int same = PyObject_RichCompareBool(PyTuple_GetItem(out, i - 1), item, Py_EQ);
    if (same > 0)
      PyErr_Format(PyExc_ValueError, "[%s] Duplicate argument index %S is not allowed.", fn, item);
    if (same) Py_CLEAR(out);
  }
  return out;
}

static int no_argument(const char *fn, PyObject *kw, PyObject *name) {
  PyObject *keys = kw ? PyDict_Keys(kw) : PyList_New(0);
  PyObject *comma = PyUnicode_FromString(", ");
  PyObject *text = keys && comma ? PyUnicode_Join(comma, keys) : NULL;
  if (text)
    PyErr_Format(PyExc_ValueError,
                 "[%s] Can't compute the gradient of keyword argument '%U' because the function is "
                 "called with the following keyword arguments {%U}",
                 fn, name, text);
  Py_XDECREF(text);
  Py_XDECREF(comma);
  Py_XDECREF(keys);
  return -1;
}

/* The arrays of the arguments that the gradient is of. */
static int collect_wanted(mxp_function *f, PyObject *args, PyObject *kw, mxp_leaves *l) {
  const grad_data *d = f->data;
  for (Py_ssize_t i = 0; i < PyTuple_Size(f->keep[0]); i++) {
    long at = PyLong_AsLong(PyTuple_GetItem(f->keep[0], i));
    if (at >= PyTuple_Size(args)) {
      PyErr_Format(PyExc_ValueError,
                   "[%s] Can't compute the gradient of argument index %ld because the function is "
                   "called with only %zd positional arguments.",
                   d->name, at, PyTuple_Size(args));
      return -1;
    }
    if (mxp_collect(l, PyTuple_GetItem(args, at), MXP_REFUSE_OTHERS)) return -1;
  }
  for (Py_ssize_t i = 0; i < PyTuple_Size(f->keep[1]); i++) {
    PyObject *name = PyTuple_GetItem(f->keep[1], i);
    PyObject *o = kw ? PyDict_GetItemWithError(kw, name) : NULL;
    if (!o) return PyErr_Occurred() ? -1 : no_argument(d->name, kw, name);
    if (mxp_collect(l, o, MXP_REFUSE_OTHERS)) return -1;
  }
  if (l->n) return 0;
  PyErr_Format(PyExc_ValueError, "[%s] Must specify at least one argument.", d->name);
  return -1;
}

/* ---- grad and value_and_grad: the call ---- */

typedef struct grad_call {
  mxp_function *f;
  PyObject *args, *kw, *out;
  const mxp_leaves *primals;
} grad_call;

/* The arguments with traced arrays in those that the gradient is of. */
static int bind_wanted(grad_call *c, mxp_bound *b, PyObject **new_args, PyObject **new_kw) {
  PyObject *numbers = c->f->keep[0], *names = c->f->keep[1];
  PyObject *list = PySequence_List(c->args);
  for (Py_ssize_t i = 0; list && i < PyTuple_Size(numbers); i++) {
    long at = PyLong_AsLong(PyTuple_GetItem(numbers, i));
    PyObject *made = mxp_bind(b, PyTuple_GetItem(c->args, at));
    if (!made || PyList_SetItem(list, at, made)) Py_CLEAR(list);
  }
  *new_args = list ? PyList_AsTuple(list) : NULL;
  Py_XDECREF(list);
  *new_kw = *new_args && c->kw ? PyDict_Copy(c->kw) : NULL;
  if (!*new_args || (c->kw && !*new_kw)) return -1;
  for (Py_ssize_t i = 0; i < PyTuple_Size(names); i++) {
    PyObject *name = PyTuple_GetItem(names, i);
    PyObject *made = mxp_bind(b, PyDict_GetItemWithError(c->kw, name));
    int bad = !made || PyDict_SetItem(*new_kw, name, made);
    Py_XDECREF(made);
    if (bad) return -1;
  }
  return mxp_bind_complete(b);
}

/* Whether the function returned what a gradient can be of. */
static bool can_differentiate(const grad_data *d, PyObject *out) {
  const char *fn = d->name;
  if (mxp_is_array(out)) return true;
  bool tuple = d->value && PyTuple_Check(out);
  if (tuple && PyTuple_Size(out) && mxp_is_array(PyTuple_GetItem(out, 0))) return true;
  if (tuple && !PyTuple_Size(out)) {
    PyErr_Format(
        PyExc_ValueError,
        "[%s] The return value of the function whose gradient we want to compute should "
        "be either a scalar array or a non-empty tuple. The first value should be a scalar "
        "array and the rest can be anything. Instead, we got an empty tuple.",
        fn);
    return false;
  }
  PyObject *type = PyType_GetName(Py_TYPE(tuple ? PyTuple_GetItem(out, 0) : out));
  if (!d->value)
    PyErr_Format(PyExc_ValueError,
                 "[%s] The return value of the function whose gradient we want to compute should "
                 "be a scalar array; but %U was returned.",
                 fn, type);
  else
    PyErr_Format(PyExc_ValueError,
                 "[%s] The return value of the function whose gradient we want to compute should "
                 "be either a scalar array or a tuple with the first value being a scalar array "
                 "(Union[array, tuple[array, Any, ...]]); but %s%U%s.",
                 fn, tuple ? "it was a tuple with the first value being of type " : "", type,
                 tuple ? "" : " was returned");
  Py_XDECREF(type);
  return false;
}

static int trace_grad(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  grad_call *c = payload;
  mxp_bound b = mxp_bind_begin(in);
  PyObject *args = NULL, *kw = NULL, *out = NULL;
  if (!bind_wanted(c, &b, &args, &kw)) out = PyObject_Call(c->f->fun, args, kw);
  int bad =
      !out || !can_differentiate(c->f->data, out) ||
      mxp_give_tree(res, mxp_is_array(out) ? out : PyTuple_GetItem(out, 0), MXP_REFUSE_OTHERS);
  Py_XDECREF(args);
  Py_XDECREF(kw);
  mxp_bind_end(&b, false);
  mxp_set(&c->out, out);
  return bad ? mxp_raised() : 0;
}

/* The gradients in the shape that the arguments have. */
static PyObject *grad_result(grad_call *c, mlx_vector_array grads) {
  PyObject *numbers = c->f->keep[0], *names = c->f->keep[1];
  Py_ssize_t n = PyTuple_Size(numbers), n_names = PyTuple_Size(names);
  size_t at = 0;
  PyObject *places = PyTuple_New(n), *by_name = NULL, *out;
  for (Py_ssize_t i = 0; places && i < n; i++) {
    long k = PyLong_AsLong(PyTuple_GetItem(numbers, i));
    PyObject *tree = mxp_build(PyTuple_GetItem(c->args, k), grads, &at);
    if (!tree || PyTuple_SetItem(places, i, tree)) Py_CLEAR(places);
  }
  if (!places) return NULL;
  out = n == 0 ? Py_NewRef(Py_None) : Py_NewRef(n == 1 ? PyTuple_GetItem(places, 0) : places);
  Py_DECREF(places);
  if (!n_names) return out;
  by_name = PyDict_New();
  for (Py_ssize_t i = 0; by_name && i < n_names; i++) {
    PyObject *name = PyTuple_GetItem(names, i);
    PyObject *tree = mxp_build(PyDict_GetItemWithError(c->kw, name), grads, &at);
    if (!tree || PyDict_SetItem(by_name, name, tree)) Py_CLEAR(by_name);
    Py_XDECREF(tree);
  }
  return by_name ? Py_BuildValue("(NN)", out, by_name) : (Py_DECREF(out), NULL);
}

/* Nonzero with an exception set. The traced call left what the function returned in c. */
static int differentiate(grad_call *c, mlx_vector_array *grads) {
  size_t n = c->primals->n;
  int *numbers = malloc(n * sizeof *numbers);
  mlx_vector_array in = {NULL}, value = mlx_vector_array_new();
  mlx_closure_value_and_grad both = {NULL};
  int bad = !numbers;
  if (bad) PyErr_NoMemory();
  for (size_t i = 0; !bad && i < n; i++) numbers[i] = (int)i;
  bad = bad || mxp_leaves_vector(c->primals, &in);
  mlx_closure fun = bad ? (mlx_closure){NULL} : mlx_closure_new_func_payload(trace_grad, c, NULL);
  bad = bad || !fun.ctx || mlx_value_and_grad(&both, fun, numbers, n) ||
        mlx_closure_value_and_grad_apply(&value, grads, both, in);
  if (bad) mxp_raise();
  mlx_closure_value_and_grad_free(both);
  mlx_closure_free(fun);
  mlx_vector_array_free(value);
  mlx_vector_array_free(in);
  free(numbers);
  return bad ? -1 : 0;
}

static PyObject *call_grad(mxp_function *f, PyObject *args, PyObject *kw) {
  const grad_data *d = f->data;
  mxp_leaves primals = {NULL, 0, 0};
  grad_call c = {f, args, kw, NULL, &primals};
  mlx_vector_array grads = mlx_vector_array_new();
  PyObject *out = NULL;
  if (!collect_wanted(f, args, kw, &primals) && !differentiate(&c, &grads)) {
    PyObject *gradient = grad_result(&c, grads);
    out = gradient && d->value ? Py_BuildValue("(ON)", c.out, gradient) : gradient;
  }
  mlx_vector_array_free(grads);
  Py_XDECREF(c.out);
  mxp_leaves_free(&primals);
  return out;
}

static PyObject *new_grad(PyObject *args, PyObject *kw, bool value) {
  static char *const params[] = {"fun", "argnums", "argnames", NULL};
  const char *name = value ? "value_and_grad" : "grad";
  PyObject *fun, *numbers = NULL, *names = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, kw, value ? "O|OO:value_and_grad" : "O|OO:grad",
                                   (char **)params, &fun, &numbers, &names) ||
      !mxp_callable(fun, name))
    return NULL;
  PyObject *by_name = parse_names(name, names);
  PyObject *by_place = by_name ? parse_numbers(name, numbers, PyTuple_Size(by_name) > 0) : NULL;
  if (by_place && !PyTuple_Size(by_place) && !PyTuple_Size(by_name)) {
    PyErr_Format(PyExc_ValueError, "[%s] Gradient wrt no argument requested", name);
    Py_CLEAR(by_place);
  }
  grad_data *d = by_place ? malloc(sizeof *d) : NULL;
  if (by_place && !d) PyErr_NoMemory();
  if (d) *d = (grad_data){name, value};
  mxp_function *f = d ? mxp_function_new(fun, call_grad, d, free) : NULL;
  if (!f) {
    Py_XDECREF(by_name);
    Py_XDECREF(by_place);
    return NULL;
  }
  f->keep[0] = by_place;
  f->keep[1] = by_name;
  return (PyObject *)f;
}

static PyObject *grad(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return new_grad(args, kw, false);
}

static PyObject *value_and_grad(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self;
  return new_grad(args, kw, true);
}

/* ---- vjp and jvp ---- */

/* The arrays that a function of arrays returned: one, or a list or tuple of them. */
static int give_arrays(mlx_vector_array *res, PyObject *out, const char *fn) {
  bool good = mxp_is_array(out) || PyList_Check(out) || PyTuple_Check(out);
  for (Py_ssize_t i = 0; good && !mxp_is_array(out) && i < PySequence_Size(out); i++) {
    PyObject *item = PySequence_GetItem(out, i);
    good = item && mxp_is_array(item);
    Py_XDECREF(item);
  }
  if (good) return mxp_give_tree(res, out, MXP_REFUSE_OTHERS);
  if (!PyErr_Occurred())
    PyErr_Format(PyExc_ValueError,
                 "[%s] The function should return an array, or a list or tuple of arrays.", fn);
  return -1;
}

static int trace_plain(mlx_vector_array *res, const mlx_vector_array in, PyObject *fun,
                       const char *fn) {
  mxp_bound b = mxp_bind_begin(in);
  size_t n = mlx_vector_array_size(in);
  PyObject *args = PyTuple_New((Py_ssize_t)n);
  for (size_t i = 0; args && i < n; i++) {
    PyObject *o = mxp_bind(&b, mxp_hole);
    if (!o || PyTuple_SetItem(args, (Py_ssize_t)i, o)) Py_CLEAR(args);
  }
  PyObject *out = args ? PyObject_Call(fun, args, NULL) : NULL;
  int bad = !out || give_arrays(res, out, fn);
  Py_XDECREF(out);
  Py_XDECREF(args);
  mxp_bind_end(&b, false);
  return bad ? mxp_raised() : 0;
}

static int trace_vjp(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  return trace_plain(res, in, payload, "vjp");
}

static int trace_jvp(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  return trace_plain(res, in, payload, "jvp");
}

/* A sequence of arrays. */
static int collect_sequence(mxp_leaves *l, PyObject *o, const char *fn, const char *param) {
  Py_ssize_t n = PySequence_Check(o) && !PyUnicode_Check(o) ? PySequence_Size(o) : -1;
  bool bad = n < 0;
  for (Py_ssize_t i = 0; !bad && i < n; i++) {
    PyObject *item = PySequence_GetItem(o, i);
    bad = !item || !mxp_is_array(item) || mxp_leaves_add(l, mxp_node(item));
    Py_XDECREF(item);
  }
  if (bad && !PyErr_Occurred()) wrong(fn, param, "a sequence of arrays");
  return bad ? -1 : 0;
}

typedef int both_fn(mlx_vector_array *, mlx_vector_array *, const mlx_closure,
                    const mlx_vector_array, const mlx_vector_array);
typedef int trace_fn(mlx_vector_array *, const mlx_vector_array, void *);

/* Two lists: what the function gives, and what belongs to it. */
static PyObject *along(PyObject *fun, const mxp_leaves *primals, const mxp_leaves *beside,
                       both_fn *transform, trace_fn *trace) {
  mlx_vector_array in = {NULL}, with = {NULL};
  mlx_vector_array res[2] = {mlx_vector_array_new(), mlx_vector_array_new()};
  PyObject *out = NULL, *lists[2] = {NULL, NULL};
  int bad = mxp_leaves_vector(primals, &in) || mxp_leaves_vector(beside, &with);
  mlx_closure f = bad ? (mlx_closure){NULL} : mlx_closure_new_func_payload(trace, fun, NULL);
  if (!bad && (!f.ctx || transform(&res[0], &res[1], f, in, with))) {
    bad = 1;
    mxp_raise();
  }
  for (int i = 0; !bad && i < 2; i++) {
    size_t n = mlx_vector_array_size(res[i]), at = 0;
    lists[i] = PyList_New(0);
    while (lists[i] && at < n) {
      PyObject *o = mxp_build(mxp_hole, res[i], &at);
      if (!o || PyList_Append(lists[i], o)) Py_CLEAR(lists[i]);
      Py_XDECREF(o);
    }
    bad = !lists[i];
  }
  if (!bad) out = PyTuple_Pack(2, lists[0], lists[1]);
  for (int i = 0; i < 2; i++) {
    Py_XDECREF(lists[i]);
    mlx_vector_array_free(res[i]);
  }
  mlx_closure_free(f);
  mlx_vector_array_free(with);
  mlx_vector_array_free(in);
  return out;
}

static PyObject *vjp(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"fun", "primals", "cotangents", NULL};
  PyObject *fun, *p, *t, *out = NULL;
  mxp_leaves primals = {NULL, 0, 0}, cotangents = {NULL, 0, 0};
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OOO:vjp", names, &fun, &p, &t) ||
      !mxp_callable(fun, "vjp"))
    return NULL;
  if (!collect_sequence(&primals, p, "vjp", "primals") &&
      !collect_sequence(&cotangents, t, "vjp", "cotangents"))
    out = along(fun, &primals, &cotangents, mlx_vjp, trace_vjp);
  mxp_leaves_free(&cotangents);
  mxp_leaves_free(&primals);
  return out;
}

static PyObject *jvp(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"fun", "primals", "tangents", NULL};
  PyObject *fun, *p, *t, *out = NULL;
  mxp_leaves primals = {NULL, 0, 0}, tangents = {NULL, 0, 0};
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OOO:jvp", names, &fun, &p, &t) ||
      !mxp_callable(fun, "jvp"))
    return NULL;
  if (!collect_sequence(&primals, p, "jvp", "primals") &&
      !collect_sequence(&tangents, t, "jvp", "tangents"))
    out = along(fun, &primals, &tangents, mlx_jvp, trace_jvp);
  mxp_leaves_free(&tangents);
  mxp_leaves_free(&primals);
  return out;
}

/* ---- checkpoint ---- */

static int again(mlx_closure *res, mlx_closure fun, mxp_payload *p) {
  (void)p;
  return mlx_checkpoint(res, fun);
}

static PyObject *call_checkpoint(mxp_function *f, PyObject *args, PyObject *kw) {
  return mxp_call_kept(mxp_payload_new(f->fun, args, kw), again);
}

static PyObject *checkpoint(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"fun", NULL};
  PyObject *fun;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O:checkpoint", names, &fun) ||
      !mxp_callable(fun, "checkpoint"))
    return NULL;
  return (PyObject *)mxp_function_new(fun, call_checkpoint, NULL, NULL);
}

static PyMethodDef functions[] = {
    {"grad", MXP_FN(grad), METH_VARARGS | METH_KEYWORDS,
     "grad($module, /, fun, argnums=None, argnames=[])\n--\n\nA function that returns the gradient "
     "of fun, whose result is a scalar array.\n\nargnums: which positional arguments, an int or a "
     "sequence of them (default 0, or none where argnames are given); argnames: which keyword "
     "arguments. The arguments may be trees of arrays; the gradient has their structure. With "
     "argnames it is a pair: of the positional arguments (or None), and a dict."},
    {"value_and_grad", MXP_FN(value_and_grad), METH_VARARGS | METH_KEYWORDS,
     "value_and_grad($module, /, fun, argnums=None, argnames=[])\n--\n\nA function that returns "
     "the "
     "value of fun and its gradient, as grad does.\n\nfun returns a scalar array, or a tuple that "
     "begins with one; the rest may be anything."},
    {"vjp", MXP_FN(vjp), METH_VARARGS | METH_KEYWORDS,
     "vjp($module, /, fun, primals, cotangents)\n--\n\nThe product of cotangents with the Jacobian "
     "of "
     "fun at primals: a list of the outputs and a list of the products, one a primal."},
    {"jvp", MXP_FN(jvp), METH_VARARGS | METH_KEYWORDS,
     "jvp($module, /, fun, primals, tangents)\n--\n\nThe product of the Jacobian of fun at primals "
     "with "
     "tangents: a list of the outputs and a list of the products, one an output."},
    {"checkpoint", MXP_FN(checkpoint), METH_VARARGS | METH_KEYWORDS,
     "checkpoint($module, /, fun)\n--\n\nA function that keeps nothing between its inputs and "
     "outputs "
     "for its gradient: it is computed again instead."},
    {NULL, NULL, 0, NULL},
};

int mxp_transforms_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
