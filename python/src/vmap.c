/* Owns vmap: axes are trees that are prefixes of the trees of arguments and results. */
#include <stdlib.h>

#include "call.h"
#include "function.h"
#include "mlx/c/transforms_impl.h"

/* ---- axes ---- */

enum { NONE = -1 }; /* the C functions' word for no axis */

typedef struct axis_list {
  int *p;
  size_t n;
  const mxp_leaves *arrays; /* that the axes are of */
  int further;              /* dimensions that the arrays do not have yet */
} axis_list;

/* The axis of the next array. */
static int add_axis(axis_list *l, PyObject *axis) {
  if (axis != Py_None && !PyLong_Check(axis)) {
    PyErr_SetString(PyExc_ValueError, "[vmap] axis must be int or None.");
    return -1;
  }
  const mx_array *a = l->arrays->p[l->n];
  int64_t at = NONE;
  if (axis != Py_None) {
    char text[200];
    int ndim = a->ndim + l->further;
    if (mxp_int64(axis, &at)) return -1;
    int64_t from_front = at < 0 ? at + ndim : at;
    if (from_front < 0 || from_front >= ndim) {
      mx_fail(MX_INDEX, "[vmap] Invalid %svectorization axis %lld for array with shape %s",
              l->further ? "output " : "", (long long)at,
              mx_shape_text(text, sizeof text, a->shape, a->ndim));
      mxp_raise();
      return -1;
    }
    at = from_front;
  }
  l->p[l->n++] = (int)at;
  return 0;
}

static int no_prefix(void) {
  PyErr_SetString(PyExc_ValueError,
                  "[tree_map] Additional input tree is not a valid prefix of the first tree.");
  return -1;
}

static int add_axes(axis_list *l, PyObject *tree, PyObject *axes);

static int add_dict(axis_list *l, PyObject *tree, PyObject *axes, bool prefix) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  if (prefix && (!PyDict_Check(axes) || PyDict_Size(axes) != PyDict_Size(tree))) return no_prefix();
  while (PyDict_Next(tree, &at, &key, &value)) {
    PyObject *below = prefix ? PyDict_GetItemWithError(axes, key) : axes;
    if (!below) return PyErr_Occurred() ? -1 : no_prefix();
    if (add_axes(l, value, below)) return -1;
  }
  return 0;
}

static int add_sequence(axis_list *l, PyObject *tree, PyObject *axes, bool prefix) {
  bool list = PyList_Check(tree);
  Py_ssize_t n = list ? PyList_Size(tree) : PyTuple_Size(tree);
  if (prefix && (list ? !PyList_Check(axes) || PyList_Size(axes) != n
                      : !PyTuple_Check(axes) || PyTuple_Size(axes) != n))
    return no_prefix();
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *below = !prefix ? axes : list ? PyList_GetItem(axes, i) : PyTuple_GetItem(axes, i);
    if (add_axes(l, list ? PyList_GetItem(tree, i) : PyTuple_GetItem(tree, i), below)) return -1;
  }
  return 0;
}

static int add_axes(axis_list *l, PyObject *tree, PyObject *axes) {
  if (!mxp_is_tree(tree)) return add_axis(l, axes);
  if (Py_EnterRecursiveCall(" in a tree of arrays")) return -1;
  bool prefix = mxp_is_tree(axes);
  int bad =
      PyDict_Check(tree) ? add_dict(l, tree, axes, prefix) : add_sequence(l, tree, axes, prefix);
  Py_LeaveRecursiveCall();
  return bad;
}

/* The axes of all arrays of a tree; l->p is to be freed. */
static int axes_of(axis_list *l, PyObject *tree, PyObject *axes, const mxp_leaves *arrays,
                   int further) {
  *l = (axis_list){malloc((arrays->n + 1) * sizeof(int)), 0, arrays, further};
  if (!l->p) {
    PyErr_NoMemory();
    return -1;
  }
  return add_axes(l, tree, axes);
}

static bool is_one(PyObject *tree) {
  return PyTuple_Check(tree) && PyTuple_Size(tree) == 1;
}

/* One argument is its own tree, and may have its axes in a tuple of one. */
static int argument_axes(axis_list *l, PyObject *args, PyObject *axes, const mxp_leaves *arrays) {
  if (!is_one(args)) return axes_of(l, args, axes, arrays, 0);
  PyObject *only = PyTuple_GetItem(args, 0);
  bool wrapped = is_one(axes) && !is_one(only);
  return axes_of(l, only, wrapped ? PyTuple_GetItem(axes, 0) : axes, arrays, 0);
}

/* So may one array that the function returns. */
static int result_axes(axis_list *l, PyObject *out, PyObject *axes, const mxp_leaves *arrays) {
  bool wrapped = is_one(axes) && !mxp_is_tree(out);
  return axes_of(l, out, wrapped ? PyTuple_GetItem(axes, 0) : axes, arrays, 1);
}

/* ---- the call ---- */

typedef struct vmap_call {
  mxp_function *f;
  PyObject *args, *out;
} vmap_call;

static int trace(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  vmap_call *c = payload;
  mxp_bound b = mxp_bind_begin(in);
  PyObject *args = NULL, *kw, *out = NULL;
  if (!mxp_bind_call(&b, c->args, NULL, &args, &kw) && !mxp_bind_complete(&b))
    out = PyObject_Call(c->f->fun, args, NULL);
  int bad = !out || mxp_give_tree(res, out, MXP_REFUSE_OTHERS);
  Py_XDECREF(args);
  mxp_bind_end(&b, false);
  mxp_set(&c->out, out);
  return bad ? mxp_raised() : 0;
}

/* The traced outputs over all slices, in the function's tree. */
static PyObject *replace(const vmap_call *c, mlx_vector_array in, mlx_vector_array s_in,
                         mlx_vector_array s_out, const axis_list *axes) {
  mxp_leaves outs = {NULL, 0, 0};
  axis_list out_axes = {0};
  mlx_vector_array res = mlx_vector_array_new();
  PyObject *out = NULL;
  if (!mxp_collect(&outs, c->out, MXP_REFUSE_OTHERS) &&
      !result_axes(&out_axes, c->out, c->f->keep[1], &outs)) {
    size_t at = 0;
    if (mlx_detail_vmap_replace(&res, in, s_in, s_out, axes->p, axes->n, out_axes.p, out_axes.n))
      mxp_raise();
    else
      out = mxp_build(c->out, res, &at);
  }
  mlx_vector_array_free(res);
  free(out_axes.p);
  mxp_leaves_free(&outs);
  return out;
}

static PyObject *call(mxp_function *f, PyObject *args, PyObject *kw) {
  if (kw && PyDict_Size(kw)) {
    PyErr_SetString(PyExc_TypeError, "[vmap] Keyword arguments are not supported.");
    return NULL;
  }
  mxp_leaves l = {NULL, 0, 0};
  axis_list axes = {0};
  vmap_call c = {f, args, NULL};
  mlx_vector_array in = {NULL}, s_in = mlx_vector_array_new(), s_out = mlx_vector_array_new();
  mlx_closure fun = {NULL};
  PyObject *out = NULL;
  if (!mxp_collect(&l, args, MXP_REFUSE_OTHERS) && !mxp_leaves_vector(&l, &in) &&
      !argument_axes(&axes, args, f->keep[0], &l)) {
    fun = mlx_closure_new_func_payload(trace, &c, NULL);
    if (!fun.ctx || mlx_detail_vmap_trace(&s_in, &s_out, fun, in, axes.p, axes.n))
      mxp_raise();
    else
      out = replace(&c, in, s_in, s_out, &axes);
  }
  Py_XDECREF(c.out);
  mlx_closure_free(fun);
  mlx_vector_array_free(s_out);
  mlx_vector_array_free(s_in);
  mlx_vector_array_free(in);
  free(axes.p);
  mxp_leaves_free(&l);
  return out;
}

static PyObject *vmap(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"fun", "in_axes", "out_axes", NULL};
  PyObject *fun, *in_axes = NULL, *out_axes = NULL;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|OO:vmap", names, &fun, &in_axes, &out_axes) ||
      !mxp_callable(fun, "vmap"))
    return NULL;
  if (in_axes == Py_None || out_axes == Py_None) {
    PyErr_Format(PyExc_TypeError, "vmap(): argument '%s' must be an int or a tree of int and None",
                 in_axes == Py_None ? "in_axes" : "out_axes");
    return NULL;
  }
  mxp_function *f = mxp_function_new(fun, call, NULL, NULL);
  if (!f) return NULL;
  f->keep[0] = in_axes ? Py_NewRef(in_axes) : PyLong_FromLong(0);
  f->keep[1] = out_axes ? Py_NewRef(out_axes) : PyLong_FromLong(0);
  return (PyObject *)f;
}

static PyMethodDef functions[] = {
    {"vmap", MXP_FN(vmap), METH_VARARGS | METH_KEYWORDS,
     "vmap($module, /, fun, in_axes=0, out_axes=0)\n--\n\nA function that maps fun over an axis of "
     "its "
     "arguments.\n\nin_axes: that axis, an int or a tree of int and None (the argument goes whole "
     "into "
     "every run) which is a prefix of the arguments' tree; out_axes: where the axis stands in the "
     "results, likewise."},
    {NULL, NULL, 0, NULL},
};

int mxp_vmap_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
