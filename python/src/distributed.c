/* Owns mlx.core.distributed in a single process: a group of one, over which collectives are the
 * identity. */
#include <string.h>

#include "call.h"

static PyTypeObject *group_type;

static PyObject *group_rank(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return PyLong_FromLong(0);
}

static PyObject *group_size(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return PyLong_FromLong(1);
}

static PyObject *group_split(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"color", "key", NULL};
  int color, key = -1;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "i|i:split", names, &color, &key)) return NULL;
  PyErr_SetString(PyExc_RuntimeError, "Cannot split the distributed group further.");
  return NULL;
}

static void group_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyMethodDef group_methods[] = {
    {"rank", group_rank, METH_NOARGS, "rank($self, /)\n--\n\nThe number of this process."},
    {"size", group_size, METH_NOARGS, "size($self, /)\n--\n\nHow many processes there are."},
    {"split", MXP_FN(group_split), METH_VARARGS | METH_KEYWORDS,
     "split($self, /, color, key=-1)\n--\n\nThe group of the processes of one color."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot slots[] = {{Py_tp_methods, group_methods},
                              {Py_tp_dealloc, group_dealloc},
                              {Py_tp_init, mxp_made_by_new},
                              {Py_tp_doc, "Group()\n--\n\nProcesses that work together."},
                              {0, NULL}};
static PyType_Spec spec = {"mlx.core.distributed.Group", sizeof(PyObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

/* ---- init ---- */

static bool is_backend(const char *s) {
  static const char *const names[] = {"any", "mpi", "ring", "nccl", "jaccl"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(s, names[i]) == 0) return true;
  return false;
}

static PyObject *is_available(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"backend", NULL};
  const char *backend = "any";
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|s:is_available", names, &backend)) return NULL;
  return PyBool_FromLong(strcmp(backend, "any") == 0);
}

static PyObject *init(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"strict", "backend", "all_gather_factory", NULL};
  int strict = 0;
  const char *backend = "any";
  PyObject *factory = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|ps$O:init", names, &strict, &backend, &factory))
    return NULL;
  if (!is_backend(backend))
    return PyErr_Format(PyExc_ValueError, "[distributed] there is no backend '%s'", backend);
  if (strict) {
    PyErr_SetString(PyExc_RuntimeError, "[distributed] Couldn't initialize any backend");
    return NULL;
  }
  return (PyObject *)PyObject_New(PyObject, group_type);
}

/* ---- collectives ---- */

static int is_group(PyObject *o) {
  if (!o || o == Py_None || Py_TYPE(o) == group_type) return 1;
  PyErr_SetString(PyExc_TypeError, "argument 'group' must be a Group or None");
  return 0;
}

static PyObject *identity(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"x", "group", "stream", NULL};
  PyObject *x, *group = Py_None, *stream = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|$OO", names, &x, &group, &stream) ||
      !is_group(group) || !mxp_stream(stream, "distributed"))
    return NULL;
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_scope_close(scope, mxp_operand(x, NULL));
  return a ? mxp_wrap(a) : NULL;
}

static PyObject *alone(const char *what) {
  return PyErr_Format(PyExc_ValueError, "Cannot %s a singleton group", what);
}

static PyObject *send(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"x", "dst", "group", "stream", NULL};
  PyObject *x, *group = Py_None, *stream = Py_None;
  int dst;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "Oi|$OO:send", names, &x, &dst, &group, &stream) ||
      !is_group(group))
    return NULL;
  return alone("send to");
}

static PyObject *recv(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"shape", "dtype", "src", "group", "stream", NULL};
  PyObject *shape, *dtype, *group = Py_None, *stream = Py_None;
  int src;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "OO!i|$OO:recv", names, &shape, mxp_dtype_type, &dtype,
                                   &src, &group, &stream) ||
      !is_group(group))
    return NULL;
  return alone("recv from");
}

static PyObject *recv_like(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"x", "src", "group", "stream", NULL};
  PyObject *x, *group = Py_None, *stream = Py_None;
  int src;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "Oi|$OO:recv_like", names, &x, &src, &group,
                                   &stream) ||
      !is_group(group))
    return NULL;
  return alone("recv from");
}

#define COLLECTIVE(name, doc)                                                                      \
  {                                                                                                \
    name, MXP_FN(identity), METH_VARARGS | METH_KEYWORDS,                                          \
        name "($module, /, x, *, group=None, stream=None)\n--\n\n" doc                             \
  }
static PyMethodDef functions[] = {
    {"init", MXP_FN(init), METH_VARARGS | METH_KEYWORDS,
     "init($module, /, strict=False, backend='any', *, all_gather_factory=None)\n--\n\nThe group "
     "of "
     "all processes."},
    {"is_available", MXP_FN(is_available), METH_VARARGS | METH_KEYWORDS,
     "is_available($module, /, backend='any')\n--\n\nWhether a backend can be used."},
    COLLECTIVE("all_sum", "The sum over all processes."),
    COLLECTIVE("all_max", "The maximum over all processes."),
    COLLECTIVE("all_min", "The minimum over all processes."),
    COLLECTIVE("all_gather", "The arrays of all processes, one after another."),
    COLLECTIVE("sum_scatter", "This process's part of the sum over all."),
    {"send", MXP_FN(send), METH_VARARGS | METH_KEYWORDS,
     "send($module, /, x, dst, *, group=None, stream=None)\n--\n\nSends an array to a process."},
    {"recv", MXP_FN(recv), METH_VARARGS | METH_KEYWORDS,
     "recv($module, /, shape, dtype, src, *, group=None, stream=None)\n--\n\nReceives an array "
     "from a "
     "process."},
    {"recv_like", MXP_FN(recv_like), METH_VARARGS | METH_KEYWORDS,
     "recv_like($module, /, x, src, *, group=None, stream=None)\n--\n\nReceives an array like x "
     "from a "
     "process."},
    {NULL, NULL, 0, NULL},
};

int mxp_distributed_init(PyObject *distributed) {
  group_type = mxp_add_type(distributed, &spec, "Group");
  return !group_type || mxp_add_functions(distributed, functions) ? -1 : 0;
}
