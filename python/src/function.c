/* Owns function objects, calls of Python functions on traced arrays, and payloads of closures. */
#include "function.h"

#include <stdlib.h>

/* ---- function objects ---- */

static PyTypeObject *function_type;

mxp_function *mxp_function_new(PyObject *fun,
                               PyObject *(*call)(mxp_function *, PyObject *, PyObject *),
                               void *data, void (*drop)(void *)) {
  mxp_function *f = (mxp_function *)PyType_GenericAlloc(function_type, 0);
  if (!f) {
    if (drop) drop(data);
    return NULL;
  }
  f->fun = fun ? Py_NewRef(fun) : NULL;
  f->call = call;
  f->data = data;
  f->drop = drop;
  return f;
}

static int function_traverse(PyObject *self, visitproc visit, void *arg) {
  mxp_function *f = (mxp_function *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(f->fun);
  for (int i = 0; i < 3; i++) Py_VISIT(f->keep[i]);
  return 0;
}

static int function_clear(PyObject *self) {
  mxp_function *f = (mxp_function *)self;
  Py_CLEAR(f->fun);
  for (int i = 0; i < 3; i++) Py_CLEAR(f->keep[i]);
  return 0;
}

static void function_dealloc(PyObject *self) {
  mxp_function *f = (mxp_function *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  function_clear(self);
  if (f->drop) f->drop(f->data);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyObject *function_call(PyObject *self, PyObject *args, PyObject *kw) {
  mxp_function *f = (mxp_function *)self;
  mxp_sweep();
  return f->call(f, args, kw);
}

/* The function's signature as inspect gives it. */
static PyObject *signature(mxp_function *f) {
  PyObject *inspect = PyImport_ImportModule("inspect");
  PyObject *out = inspect ? PyObject_CallMethod(inspect, "signature", "O", f->fun) : NULL;
  Py_XDECREF(inspect);
  return out;
}

static PyObject *function_getattro(PyObject *self, PyObject *name) {
  mxp_function *f = (mxp_function *)self;
  if (f->fun) {
    if (PyUnicode_CompareWithASCIIString(name, "__signature__") == 0) return signature(f);
    if (PyUnicode_CompareWithASCIIString(name, "__doc__") == 0 ||
        PyUnicode_CompareWithASCIIString(name, "__module__") == 0)
      return PyObject_GetAttr(f->fun, name);
  }
  PyObject *out = PyObject_GenericGetAttr(self, name);
  if (out || !f->fun || !PyErr_ExceptionMatches(PyExc_AttributeError)) return out;
  PyErr_Clear();
  return PyObject_GetAttr(f->fun, name);
}

static PyType_Slot function_slots[] = {
    {Py_tp_traverse, function_traverse},
    {Py_tp_clear, function_clear},
    {Py_tp_dealloc, function_dealloc},
    {Py_tp_call, function_call},
    {Py_tp_getattro, function_getattro},
    {Py_tp_doc, "A transformed function."},
    {0, NULL},
};
static PyType_Spec function_spec = {
    "mlx.core._gc_func", sizeof(mxp_function), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, function_slots};

bool mxp_callable(PyObject *fun, const char *fn) {
  if (PyCallable_Check(fun)) return true;
  PyObject *type = PyType_GetName(Py_TYPE(fun));
  PyErr_Format(PyExc_TypeError, "%s(): argument 'fun' must be callable, not %U", fn, type);
  Py_XDECREF(type);
  return false;
}

/* ---- binding ---- */

/* A place that was written into. */
typedef struct mxp_slot {
  PyObject *container; /* a dict or list; NULL: an array object or the random state got a value */
  PyObject *key;       /* in a dict */
  Py_ssize_t index;    /* in a list */
  PyObject *was, *now;
  mx_array *node; /* the value that an array object or the random state had */
} slot;

mxp_bound mxp_bind_begin(mlx_vector_array in) {
  return (mxp_bound){.in = in};
}

static slot *add_slot(mxp_bound *b) {
  if (b->n == b->capacity) {
    size_t capacity = b->capacity ? 2 * b->capacity : 8;
    slot *s = realloc(b->slots, capacity * sizeof *s);
    if (!s) {
      PyErr_NoMemory();
      return NULL;
    }
    b->slots = s;
    b->capacity = capacity;
  }
  b->slots[b->n] = (slot){0};
  return &b->slots[b->n++];
}

/* The next array, retained. */
static mx_array *take(mxp_bound *b) {
  mlx_array a = {NULL};
  if (mlx_vector_array_get(&a, b->in, b->at)) {
    PyErr_SetString(PyExc_ValueError, "the arguments changed between calls of a function");
    return NULL;
  }
  b->at++;
  return a.ctx;
}

static PyObject *bind_leaf(mxp_bound *b, PyObject *leaf) {
  if (leaf != mxp_hole && !mxp_is_array(leaf)) {
    if (!b->in_place || !mxp_is_random_state(leaf)) return Py_NewRef(leaf);
    slot *s = add_slot(b);
    mx_array *key = s && (s->node = mxp_random_key()) ? take(b) : NULL;
    int bad = !key || mxp_set_random_key(key);
    mx_release(key);
    return bad ? NULL : Py_NewRef(leaf);
  }
  mx_array *a = take(b);
  return a ? mxp_wrap(a) : NULL;
}

/* Writes a changed element; takes over `made`. */
static int write_slot(mxp_bound *b, PyObject *container, PyObject *key, Py_ssize_t index,
                      PyObject *was, PyObject *made) {
  if (made == was) {
    Py_DECREF(made);
    return 0;
  }
  slot *s = add_slot(b);
  if (s) {
    s->container = Py_NewRef(container);
    s->key = key ? Py_NewRef(key) : NULL;
    s->index = index;
    s->was = Py_NewRef(was);
    s->now = Py_NewRef(made);
  }
  int bad = !s    ? -1
            : key ? PyDict_SetItem(container, key, made)
                  : PyList_SetItem(container, index, Py_NewRef(made));
  Py_DECREF(made);
  return bad;
}

static int write_dict(mxp_bound *b, PyObject *dict) {
  PyObject *keys = PyDict_Keys(dict);
  int bad = !keys;
  for (Py_ssize_t i = 0; !bad && i < PyList_Size(keys); i++) {
    PyObject *key = PyList_GetItem(keys, i), *was = PyDict_GetItemWithError(dict, key);
    if (!was) {
      bad = PyErr_Occurred() != NULL;
      continue;
    }
    Py_INCREF(was);
    PyObject *made = mxp_bind(b, was);
    bad = !made || write_slot(b, dict, key, 0, was, made);
    Py_DECREF(was);
  }
  Py_XDECREF(keys);
  return bad;
}

static int write_list(mxp_bound *b, PyObject *list) {
  for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
    PyObject *was = Py_NewRef(PyList_GetItem(list, i)), *made = mxp_bind(b, was);
    int bad = !made || write_slot(b, list, NULL, i, was, made);
    Py_DECREF(was);
    if (bad) return -1;
  }
  return 0;
}

/* A tuple cannot be written into, but its arrays can get other values. */
static int write_tuple(mxp_bound *b, PyObject *tuple) {
  for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); i++) {
    PyObject *here = PyTuple_GetItem(tuple, i);
    if (!mxp_is_array(here)) {
      PyObject *made = mxp_bind(b, here);
      Py_XDECREF(made);
      if (!made) return -1;
      continue;
    }
    slot *s = add_slot(b);
    mx_array *a = s ? take(b) : NULL;
    if (!a) return -1;
    s->was = Py_NewRef(here);
    s->node = mx_retain(mxp_node(here));
    mxp_rebind(here, a);
  }
  return 0;
}

static PyObject *bind_dict(mxp_bound *b, PyObject *dict) {
  if (b->in_place || Py_TYPE(dict) != &PyDict_Type)
    return write_dict(b, dict) ? NULL : Py_NewRef(dict);
  PyObject *out = PyDict_New(), *key, *value;
  Py_ssize_t at = 0;
  while (out && PyDict_Next(dict, &at, &key, &value)) {
    PyObject *made = mxp_bind(b, value);
    if (!made || PyDict_SetItem(out, key, made)) Py_CLEAR(out);
    Py_XDECREF(made);
  }
  return out;
}

static PyObject *bind_sequence(mxp_bound *b, PyObject *o) {
  bool list = PyList_Check(o);
  if (list && (b->in_place || Py_TYPE(o) != &PyList_Type))
    return write_list(b, o) ? NULL : Py_NewRef(o);
  if (b->in_place) return write_tuple(b, o) ? NULL : Py_NewRef(o);
  PyObject *out = PyList_New(0);
  for (Py_ssize_t i = 0; out && i < (list ? PyList_Size(o) : PyTuple_Size(o)); i++) {
    PyObject *made = mxp_bind(b, list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i));
    if (!made || PyList_Append(out, made)) Py_CLEAR(out);
    Py_XDECREF(made);
  }
  return list ? out : mxp_tuple_like(o, out);
}

PyObject *mxp_bind(mxp_bound *b, PyObject *tree) {
  if (!mxp_is_tree(tree)) return bind_leaf(b, tree);
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return NULL;
  PyObject *out = PyDict_Check(tree) ? bind_dict(b, tree) : bind_sequence(b, tree);
  Py_LeaveRecursiveCall();
  return out;
}

int mxp_bind_call(mxp_bound *b, PyObject *args, PyObject *kw, PyObject **new_args,
                  PyObject **new_kw) {
  *new_kw = NULL;
  *new_args = mxp_bind(b, args);
  if (*new_args && kw && !(*new_kw = mxp_bind(b, kw))) Py_CLEAR(*new_args);
  return *new_args ? 0 : -1;
}

int mxp_bind_complete(const mxp_bound *b) {
  if (b->at == mlx_vector_array_size(b->in)) return 0;
  PyErr_SetString(PyExc_ValueError, "the arguments changed between calls of a function");
  return -1;
}

static void undo(slot *s, bool all) {
  if (!s->container) {
    if (!s->node) return;
    if (s->was)
      mxp_rebind(s->was, mx_retain(s->node));
    else
      mxp_set_random_key(s->node);
  } else if (s->key) {
    PyObject *here = PyDict_GetItemWithError(s->container, s->key);
    if (here && (all || here == s->now)) PyDict_SetItem(s->container, s->key, s->was);
  } else if (s->index < PyList_Size(s->container) &&
             (all || PyList_GetItem(s->container, s->index) == s->now)) {
    PyList_SetItem(s->container, s->index, Py_NewRef(s->was));
  }
}

void mxp_bind_end(mxp_bound *b, bool all) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  for (size_t i = b->n; i-- > 0;) {
    slot *s = &b->slots[i];
    undo(s, all);
    Py_XDECREF(s->container);
    Py_XDECREF(s->key);
    Py_XDECREF(s->was);
    Py_XDECREF(s->now);
    mx_release(s->node);
  }
  free(b->slots);
  PyErr_Restore(type, value, traceback);
}

/* ---- results of closures ---- */

int mxp_raised(void) {
  return mx_fail(MX_RUNTIME, "a Python function raised an exception");
}

int mxp_give(mlx_vector_array *res, const mxp_leaves *l) {
  mlx_vector_array v;
  if (mxp_leaves_vector(l, &v)) return -1;
  int bad = mlx_vector_array_set(res, v);
  mlx_vector_array_free(v);
  if (bad) mxp_raise();
  return bad ? -1 : 0;
}

int mxp_give_tree(mlx_vector_array *res, PyObject *tree, enum mxp_others others) {
  mxp_leaves l = {NULL, 0, 0};
  int bad = mxp_collect(&l, tree, others) || mxp_give(res, &l);
  mxp_leaves_free(&l);
  return bad ? -1 : 0;
}

/* ---- payloads ---- */

static _Atomic(mxp_payload *) dead;

mxp_payload *mxp_payload_new(PyObject *fun, PyObject *args, PyObject *kw) {
  mxp_payload *p = calloc(1, sizeof *p);
  if (!p) {
    PyErr_NoMemory();
    return NULL;
  }
  atomic_init(&p->refs, 1);
  p->o[MXP_FUN] = Py_NewRef(fun);
  p->o[MXP_ARGS] = Py_NewRef(args);
  p->o[MXP_KW] = kw ? Py_NewRef(kw) : NULL;
  return p;
}

mxp_payload *mxp_payload_retain(mxp_payload *p) {
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  return p;
}

void mxp_sweep(void) {
  if (!atomic_load_explicit(&dead, memory_order_relaxed)) return;
  mxp_payload *p = atomic_exchange(&dead, NULL), *next;
  for (; p; p = next) {
    next = p->next;
    for (int i = 0; i < MXP_KEPT; i++) Py_XDECREF(p->o[i]);
    free(p);
  }
}

static int sweep_pending(void *unused) {
  (void)unused;
  mxp_sweep();
  return 0;
}

void mxp_payload_drop(void *payload) {
  mxp_payload *p = payload;
  if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1) return;
  mxp_payload *head = atomic_load(&dead);
  do p->next = head;
  while (!atomic_compare_exchange_weak(&dead, &head, p));
  if (!head && Py_IsInitialized()) Py_AddPendingCall(sweep_pending, NULL);
}

/* Other transformations may run it later, from any thread. */
static int trace_kept(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  mxp_payload *p = payload;
  mxp_bound b = mxp_bind_begin(in);
  PyObject *args = NULL, *kw = NULL, *out = NULL;
  PyGILState_STATE lock = PyGILState_Ensure();
  if (!mxp_bind_call(&b, p->o[MXP_ARGS], p->o[MXP_KW], &args, &kw) && !mxp_bind_complete(&b))
    out = PyObject_Call(p->o[MXP_FUN], args, kw);
  PyObject *skeleton = out ? mxp_skeleton(out) : NULL;
  int bad = !skeleton || mxp_give_tree(res, out, MXP_IGNORE_OTHERS);
  if (skeleton) mxp_set(&p->o[MXP_OUT], skeleton);
  Py_XDECREF(out);
  Py_XDECREF(args);
  Py_XDECREF(kw);
  mxp_bind_end(&b, false);
  if (bad) mxp_raised();
  PyGILState_Release(lock);
  return bad ? 1 : 0;
}

PyObject *mxp_call_kept(mxp_payload *p,
                        int (*transform)(mlx_closure *res, mlx_closure fun, mxp_payload *p)) {
  mxp_leaves l = {NULL, 0, 0};
  mlx_vector_array in = {NULL}, res = mlx_vector_array_new();
  mlx_closure fun = {NULL}, made = {NULL};
  PyObject *out = NULL;
  if (p && !mxp_collect(&l, p->o[MXP_ARGS], MXP_IGNORE_OTHERS) &&
      !(p->o[MXP_KW] && mxp_collect(&l, p->o[MXP_KW], MXP_IGNORE_OTHERS)) &&
      !mxp_leaves_vector(&l, &in)) {
    size_t at = 0;
    fun = mlx_closure_new_func_payload(trace_kept, mxp_payload_retain(p), mxp_payload_drop);
    if (!fun.ctx || transform(&made, fun, p) || mlx_closure_apply(&res, made, in))
      mxp_raise();
    else
      out = mxp_build(p->o[MXP_OUT], res, &at);
  }
  mlx_closure_free(made);
  mlx_closure_free(fun);
  mlx_vector_array_free(res);
  mlx_vector_array_free(in);
  mxp_leaves_free(&l);
  mxp_payload_drop(p);
  mxp_sweep();
  return out;
}

int mxp_function_init(PyObject *module) {
  function_type = mxp_add_type(module, &function_spec, "_gc_func");
  return function_type ? 0 : -1;
}
