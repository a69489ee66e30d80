/* Owns compile: which calls share a trace, what a trace returned besides arrays, captured state.
 *
 * The library caches traces by function, constants and the arrays' dtypes and shapes. A trace's
 * last output is the number of the tree that the function returned then; an object keeps the few
 * different trees of its function. */
#include "mlx/c/compile.h"

#include <stdlib.h>
#include <string.h>

#include "function.h"

/* keep[] of a compiled function */
enum { INPUTS, OUTPUTS, SHAPES }; /* SHAPES: a list of (skeleton of results, of captured outputs) */

typedef struct compiled {
  uintptr_t id;
  bool shapeless;
} compiled;

/* ---- the key: constants and the shape of the trees ---- */

typedef struct words {
  uint64_t *p, few[64];
  size_t n, capacity;
} words;

enum tag { ARRAY = 1, NONE, FALSE_, TRUE_, INT, LONG, FLOAT, STR, LIST, TUPLE, NAMED, DICT };

static void words_free(words *w) {
  if (w->p != w->few) free(w->p);
}

static int push(words *w, uint64_t word) {
  if (w->n == w->capacity) {
    size_t capacity = 2 * w->capacity;
    uint64_t *p = malloc(capacity * sizeof *p);
    if (!p) {
      PyErr_NoMemory();
      return -1;
    }
    memcpy(p, w->p, w->n * sizeof *p);
    words_free(w);
    w->p = p;
    w->capacity = capacity;
  }
  w->p[w->n++] = word;
  return 0;
}

static int push_text(words *w, PyObject *s) {
  Py_ssize_t n;
  const char *p = PyUnicode_AsUTF8AndSize(s, &n);
  int bad = !p || push(w, (uint64_t)n << 8 | STR);
  for (Py_ssize_t i = 0; i < n && !bad; i += 8) {
    uint64_t word = 0;
    memcpy(&word, p + i, (size_t)(n - i < 8 ? n - i : 8));
    bad = push(w, word);
  }
  return bad ? -1 : 0;
}

static int push_int(words *w, PyObject *o) {
  int over;
  long long v = PyLong_AsLongLongAndOverflow(o, &over);
  if (!over) return v == -1 && PyErr_Occurred() ? -1 : push(w, INT) || push(w, (uint64_t)v);
  PyObject *digits = PyNumber_ToBase(o, 16);
  int bad = !digits || push(w, LONG) || push_text(w, digits);
  Py_XDECREF(digits);
  return bad ? -1 : 0;
}

static int push_float(words *w, PyObject *o) {
  double v = PyFloat_AsDouble(o);
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return push(w, FLOAT) || push(w, bits) ? -1 : 0;
}

static int push_tree(words *w, PyObject *o);

static int push_dict(words *w, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  int bad = push(w, (uint64_t)PyDict_Size(dict) << 8 | DICT);
  while (!bad && PyDict_Next(dict, &at, &key, &value))
    bad = push_tree(w, key) || push_tree(w, value);
  return bad ? -1 : 0;
}

static int push_sequence(words *w, PyObject *o) {
  bool list = PyList_Check(o), plain = list || Py_TYPE(o) == &PyTuple_Type;
  Py_ssize_t n = list ? PyList_Size(o) : PyTuple_Size(o);
  int bad = push(w, (uint64_t)n << 8 | (list    ? LIST
                                        : plain ? TUPLE
                                                : NAMED)) ||
            (!plain && push(w, (uintptr_t)Py_TYPE(o)));
  for (Py_ssize_t i = 0; i < n && !bad; i++)
    bad = push_tree(w, list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i));
  return bad ? -1 : 0;
}

static int push_leaf(words *w, PyObject *o) {
  if (mxp_is_array(o)) return push(w, ARRAY);
  if (o == Py_None) return push(w, NONE);
  if (PyBool_Check(o)) return push(w, o == Py_True ? TRUE_ : FALSE_);
  if (PyLong_Check(o)) return push_int(w, o);
  if (PyFloat_Check(o) && Py_TYPE(o) == &PyFloat_Type) return push_float(w, o);
  if (PyUnicode_Check(o)) return push_text(w, o);
  PyObject *type = PyType_GetName(Py_TYPE(o));
  PyErr_Format(PyExc_ValueError,
               "[compile] Function arguments must be trees of arrays or constants (floats, ints, "
               "strings, or None), but received type %U.",
               type);
  Py_XDECREF(type);
  return -1;
}

static int push_tree(words *w, PyObject *o) {
  if (!mxp_is_tree(o)) return push_leaf(w, o);
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return -1;
  int bad = PyDict_Check(o) ? push_dict(w, o) : push_sequence(w, o);
  Py_LeaveRecursiveCall();
  return bad;
}

/* ---- what traces return besides arrays ---- */

/* Whether two skeletons are the same tree: plain leaves by value, others by identity. 1, 0, or -1.
 */
static int same_tree(PyObject *a, PyObject *b) {
  if (a == b) return 1;
  if (Py_TYPE(a) != Py_TYPE(b)) return 0;
  if (PyDict_Check(a)) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (PyDict_Size(a) != PyDict_Size(b)) return 0;
    while (PyDict_Next(a, &at, &key, &value)) {
      PyObject *other = PyDict_GetItemWithError(b, key);
      int same = other ? same_tree(value, other) : PyErr_Occurred() ? -1 : 0;
      if (same != 1) return same;
    }
    return 1;
  }
  if (PyList_Check(a) || PyTuple_Check(a)) {
    bool list = PyList_Check(a);
    Py_ssize_t n = list ? PyList_Size(a) : PyTuple_Size(a);
    if (n != (list ? PyList_Size(b) : PyTuple_Size(b))) return 0;
    for (Py_ssize_t i = 0; i < n; i++) {
      int same = list ? same_tree(PyList_GetItem(a, i), PyList_GetItem(b, i))
                      : same_tree(PyTuple_GetItem(a, i), PyTuple_GetItem(b, i));
      if (same != 1) return same;
    }
    return 1;
  }
  if (PyUnicode_Check(a) || PyLong_Check(a) || PyFloat_Check(a))
    return PyObject_RichCompareBool(a, b, Py_EQ);
  return 0;
}

/* The number of a pair of skeletons, added where it is new; -1 with an exception set. */
static Py_ssize_t number_of(PyObject *shapes, PyObject *pair) {
  Py_ssize_t n = PyList_Size(shapes);
  for (Py_ssize_t i = n; i-- > 0;) {
    int same = same_tree(PyList_GetItem(shapes, i), pair);
    if (same) return same < 0 ? -1 : i;
  }
  return PyList_Append(shapes, pair) ? -1 : n;
}

/* ---- tracing ---- */

typedef struct compile_call {
  mxp_function *f;
  PyObject *args, *kw;
} compile_call;

/* The arrays of the results, of the captured outputs, and the number of their trees. */
static int give_results(const mxp_function *f, mlx_vector_array *res, PyObject *out) {
  mxp_leaves l = {NULL, 0, 0};
  mlx_array number = {NULL};
  PyObject *outputs = f->keep[OUTPUTS] ? f->keep[OUTPUTS] : Py_None;
  PyObject *skeleton = mxp_skeleton(out), *captured = skeleton ? mxp_skeleton(outputs) : NULL;
  PyObject *pair = captured ? PyTuple_Pack(2, skeleton, captured) : NULL;
  Py_ssize_t at = pair ? number_of(f->keep[SHAPES], pair) : -1;
  int bad =
      at < 0 || mxp_collect(&l, out, MXP_IGNORE_OTHERS) || mxp_collect(&l, outputs, MXP_WITH_STATE);
  if (!bad) {
    number = mlx_array_new_int((int)at);
    if (!number.ctx) mxp_raise();
    bad = !number.ctx || mxp_leaves_add(&l, number.ctx) || mxp_give(res, &l);
    mlx_array_free(number);
  }
  mxp_leaves_free(&l);
  Py_XDECREF(pair);
  Py_XDECREF(captured);
  Py_XDECREF(skeleton);
  return bad ? -1 : 0;
}

/* Runs with the traced arrays in the arguments and the captured inputs; those come back afterwards,
 * whatever the function put there: where they are outputs, the caller writes them. */
static int trace(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  compile_call *c = payload;
  mxp_bound b = mxp_bind_begin(in);
  PyObject *args = NULL, *kw = NULL, *inputs = c->f->keep[INPUTS], *out = NULL;
  int bad = mxp_bind_call(&b, c->args, c->kw, &args, &kw);
  b.in_place = true;
  if (!bad && inputs) {
    PyObject *same = mxp_bind(&b, inputs);
    bad = !same;
    Py_XDECREF(same);
  }
  if (!bad && !mxp_bind_complete(&b)) out = PyObject_Call(c->f->fun, args, kw);
  bad = !out || give_results(c->f, res, out);
  mxp_bind_end(&b, true);
  Py_XDECREF(out);
  Py_XDECREF(args);
  Py_XDECREF(kw);
  return bad ? mxp_raised() : 0;
}

/* ---- the call ---- */

/* Which trees a call's arrays belong to; -1 with an exception set. */
static Py_ssize_t tree_number(const mxp_function *f, mlx_vector_array res) {
  size_t n = mlx_vector_array_size(res);
  if (PyList_Size(f->keep[SHAPES]) == 1) return 0;
  mlx_array a = {NULL};
  int32_t at = -1;
  if (!n || mlx_vector_array_get(&a, res, n - 1) || mxp_eval1(a.ctx) ||
      mlx_array_item_int32(&at, a)) {
    mxp_raise();
    at = -1;
  }
  mlx_array_free(a);
  return at;
}

static PyObject *give_call(const mxp_function *f, mlx_vector_array res) {
  Py_ssize_t number = tree_number(f, res);
  PyObject *pair = number < 0 ? NULL : PyList_GetItem(f->keep[SHAPES], number);
  size_t at = 0;
  if (!pair) return NULL;
  Py_INCREF(pair);
  PyObject *out = mxp_build(PyTuple_GetItem(pair, 0), res, &at);
  if (out && f->keep[OUTPUTS] && mxp_fill(f->keep[OUTPUTS], PyTuple_GetItem(pair, 1), res, &at))
    Py_CLEAR(out);
  Py_DECREF(pair);
  return out;
}

static PyObject *run(mxp_function *f, PyObject *args, PyObject *kw, const words *w,
                     const mxp_leaves *l) {
  const compiled *d = f->data;
  compile_call c = {f, args, kw};
  mlx_vector_array in = {NULL}, res = mlx_vector_array_new();
  mlx_closure compiled_fun = {NULL}, fun = {NULL};
  PyObject *out = NULL;
  if (!mxp_leaves_vector(l, &in)) {
    fun = mlx_closure_new_func_payload(trace, &c, NULL);
    if (!fun.ctx || mlx_detail_compile(&compiled_fun, fun, d->id, d->shapeless, w->p, w->n) ||
        mlx_closure_apply(&res, compiled_fun, in))
      mxp_raise();
    else
      out = give_call(f, res);
  }
  mlx_closure_free(compiled_fun);
  mlx_closure_free(fun);
  mlx_vector_array_free(res);
  mlx_vector_array_free(in);
  return out;
}

static PyObject *call(mxp_function *f, PyObject *args, PyObject *kw) {
  words w = {.capacity = sizeof w.few / sizeof *w.few};
  mxp_leaves l = {NULL, 0, 0};
  PyObject *out = NULL;
  w.p = w.few;
  if (!push_tree(&w, args) && !(kw && push_tree(&w, kw)) &&
      !mxp_collect(&l, args, MXP_IGNORE_OTHERS) &&
      !(kw && mxp_collect(&l, kw, MXP_IGNORE_OTHERS)) &&
      !(f->keep[INPUTS] && mxp_collect(&l, f->keep[INPUTS], MXP_WITH_STATE)))
    out = run(f, args, kw, &w, &l);
  mxp_leaves_free(&l);
  words_free(&w);
  return out;
}

static void drop(void *data) {
  compiled *d = data;
  mlx_detail_compile_erase(d->id);
  free(d);
}

static PyObject *optional(PyObject *o) {
  return o && o != Py_None ? Py_NewRef(o) : NULL;
}

static PyObject *compile(PyObject *self, PyObject *args, PyObject *kw) {
  static atomic_uintptr_t last;
  static char *names[] = {"fun", "inputs", "outputs", "shapeless", NULL};
  PyObject *fun, *inputs = NULL, *outputs = NULL;
  int shapeless = 0;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|OOp:compile", names, &fun, &inputs, &outputs,
                                   &shapeless) ||
      !mxp_callable(fun, "compile"))
    return NULL;
  compiled *d = malloc(sizeof *d);
  if (!d) return PyErr_NoMemory();
  *d = (compiled){atomic_fetch_add(&last, 1) + 1, shapeless};
  mxp_function *f = mxp_function_new(fun, call, d, drop);
  if (!f) return NULL;
  f->keep[INPUTS] = optional(inputs);
  f->keep[OUTPUTS] = optional(outputs);
  f->keep[SHAPES] = PyList_New(0);
  if (!f->keep[SHAPES]) Py_CLEAR(f);
  return (PyObject *)f;
}

static PyObject *enable(int bad) {
  return bad ? mxp_raise() : Py_NewRef(Py_None);
}
static PyObject *enable_compile(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return enable(mlx_enable_compile());
}
static PyObject *disable_compile(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return enable(mlx_disable_compile());
}

static PyMethodDef functions[] = {
    {"compile", MXP_FN(compile), METH_VARARGS | METH_KEYWORDS,
     "compile($module, /, fun, inputs=None, outputs=None, shapeless=False)\n--\n\nA function that "
     "runs "
     "fun once for each kind of arguments, and afterwards what fun did to arrays.\n\nThe kind is "
     "the "
     "arrays' shapes and dtypes, the structure of trees, and all constants. inputs, outputs: dicts "
     "or "
     "lists of arrays (or random.state) that fun reads and changes besides its arguments; they are "
     "written in place. shapeless: arrays of another shape are no other kind."},
    {"enable_compile", enable_compile, METH_NOARGS,
     "enable_compile($module, /)\n--\n\nLets compile work, whatever MLX_DISABLE_COMPILE says."},
    {"disable_compile", disable_compile, METH_NOARGS,
     "disable_compile($module, /)\n--\n\nMakes compiled functions run as they are."},
    {NULL, NULL, 0, NULL},
};

int mxp_compile_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
