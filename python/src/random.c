/* Owns mlx.core.random.state: the thread's key as a sequence of one array. */
#include "ops/random.h"
#include "tree.h"

static PyTypeObject *state_type;

bool mxp_is_random_state(PyObject *o) {
  return Py_TYPE(o) == state_type;
}

mx_array *mxp_random_key(void) {
  mx_scope scope = mx_scope_open();
  mx_array *key = mx_scope_close(scope, mx_random_state());
  if (!key) mxp_raise();
  return key;
}

int mxp_set_random_key(mx_array *key) {
  if (!mx_random_set_state(key)) return 0;
  mxp_raise();
  return -1;
}

static Py_ssize_t state_len(PyObject *self) {
  (void)self;
  return 1;
}

static PyObject *state_item(PyObject *self, Py_ssize_t i) {
  (void)self;
  if (i != 0) {
    PyErr_SetString(PyExc_IndexError, "random state index out of range");
    return NULL;
  }
  mx_scope scope = mx_scope_open();
  PyObject *out = mxp_share(mx_random_state());
  mx_scope_close(scope, NULL);
  return out;
}

static void state_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyObject *state_iter(PyObject *self) {
  return PySeqIter_New(self);
}

static PyType_Slot slots[] = {
    {Py_sq_length, state_len},
    {Py_sq_item, state_item},
    {Py_tp_iter, state_iter},
    {Py_tp_dealloc, state_dealloc},
    {Py_tp_doc, "The random state of the calling thread, a sequence of one key."},
    {0, NULL},
};
static PyType_Spec spec = {"mlx.core.random._RandomState", sizeof(PyObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int mxp_random_init(PyObject *random) {
  state_type = mxp_add_type(random, &spec, "_RandomState");
  PyObject *state = state_type ? PyObject_New(PyObject, state_type) : NULL;
  int bad = !state || PyModule_AddObjectRef(random, "state", state);
  Py_XDECREF(state);
  return bad ? -1 : 0;
}
