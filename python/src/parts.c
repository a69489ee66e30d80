/* Owns what shows graphs to people and tools: the parts of a traced function for a callback, and
 * Graphviz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/prim.h"
#include "exporter.h"
#include "mlx/c/graph_utils.h"
#include "transforms/program.h"
#include "transforms/trace.h"

/* ---- parts for a callback ---- */

/* A program and the names of its values, given in the order in which parts speak of them. */
typedef struct parts {
  PyObject *callback;
  const mx_program *p;
  PyObject *names; /* a list: str, or None where there is none yet */
  size_t n_names;
} parts;

/* The name of a value: A to Z, AA, AB, ...; a new reference. */
static PyObject *name_of(parts *s, int32_t value) {
  PyObject *have = PyList_GetItem(s->names, value);
  if (!have || have != Py_None) return have ? Py_NewRef(have) : NULL;
  char text[24];
  size_t at = sizeof text - 1, n = ++s->n_names;
  text[at] = '\0';
  for (; n; n /= 26) text[--at] = (char)('A' + --n % 26);
  PyObject *made = PyUnicode_FromString(text + at);
  if (made && PyList_SetItem(s->names, value, Py_NewRef(made))) Py_CLEAR(made);
  return made;
}

static PyObject *shape_of(const mx_array *a) {
  PyObject *shape = PyTuple_New(a->ndim);
  for (int i = 0; shape && i < a->ndim; i++) {
    PyObject *n = PyLong_FromLongLong(a->shape[i]);
    if (!n || PyTuple_SetItem(shape, i, n)) Py_CLEAR(shape);
  }
  return shape;
}

/* (name, shape, dtype) onto a list. */
static int add_value(parts *s, PyObject *list, int32_t value, const mx_array *a) {
  PyObject *name = name_of(s, value), *shape = name ? shape_of(a) : NULL;
  PyObject *dtype = shape ? mxp_dtype((mlx_dtype)a->dtype) : NULL;
  PyObject *row = dtype ? PyTuple_Pack(3, name, shape, dtype) : NULL;
  int bad = !row || PyList_Append(list, row);
  Py_XDECREF(row);
  Py_XDECREF(dtype);
  Py_XDECREF(shape);
  Py_XDECREF(name);
  return bad ? -1 : 0;
}

/* Gives one part; takes over the dict. */
static int give(const parts *s, PyObject *part) {
  PyObject *done = part ? PyObject_CallFunctionObjArgs(s->callback, part, NULL) : NULL;
  Py_XDECREF(part);
  Py_XDECREF(done);
  return done ? 0 : -1;
}

static int give_list(const parts *s, const char *type, const char *key, PyObject *list) {
  return list ? give(s, Py_BuildValue("{sssN}", "type", type, key, list)) : -1;
}

static int give_inputs(parts *s, PyObject *kw) {
  const mx_program *p = s->p;
  PyObject *list = PyList_New(0), *named = PyList_New(0), *key, *value;
  Py_ssize_t at = 0, first = p->n_in - PyDict_Size(kw);
  for (int i = 0; list && i < p->n_in; i++)
    if (add_value(s, list, i, p->in[i])) Py_CLEAR(list);
  for (Py_ssize_t i = 0; named && PyDict_Next(kw, &at, &key, &value); i++) {
    PyObject *name = name_of(s, (int32_t)(first + i));
    PyObject *pair = name ? PyTuple_Pack(2, key, name) : NULL;
    if (!pair || PyList_Append(named, pair)) Py_CLEAR(named);
    Py_XDECREF(pair);
    Py_XDECREF(name);
  }
  if (!list || !named) {
    Py_XDECREF(list);
    Py_XDECREF(named);
    return -1;
  }
  int bad = give_list(s, "inputs", "inputs", list);
  if (!bad) return give_list(s, "keyword_inputs", "keywords", named);
  Py_DECREF(named);
  return bad;
}

/* The array that a value is. */
static const mx_array *array_of(const mx_program *p, int32_t value) {
  if (value < p->n_in) return p->in[value];
  size_t at = (size_t)value - (size_t)p->n_in;
  if (at < p->n_const) return p->consts[at];
  at -= p->n_const;
  for (size_t i = 0; i < p->plain.n_ops; i++) {
    if (at < p->plain.ops[i]->n_out) return p->plain.ops[i]->out[at];
    at -= p->plain.ops[i]->n_out;
  }
  return NULL;
}

static int give_outputs(parts *s) {
  PyObject *list = PyList_New(0);
  for (int i = 0; list && i < s->p->n_out; i++) {
    int32_t value = s->p->plain.out[i];
    if (add_value(s, list, value, array_of(s->p, value))) Py_CLEAR(list);
  }
  return give_list(s, "outputs", "outputs", list);
}

static int give_constants(parts *s) {
  PyObject *list = PyList_New(0);
  for (size_t i = 0; list && i < s->p->n_const; i++) {
    PyObject *name = name_of(s, s->p->n_in + (int32_t)i);
    PyObject *array = name ? mxp_share(s->p->consts[i]) : NULL;
    PyObject *pair = array ? PyTuple_Pack(2, name, array) : NULL;
    if (!pair || PyList_Append(list, pair)) Py_CLEAR(list);
    Py_XDECREF(pair);
    Py_XDECREF(array);
    Py_XDECREF(name);
  }
  return give_list(s, "constants", "constants", list);
}

/* One operation; `value` is its first output. */
static int give_op(parts *s, const mx_op *op, const int32_t *src, int32_t value) {
  PyObject *in = PyList_New(0), *out = PyList_New(0), *params = PyList_New(0);
  bool bad = !in || !out || !params;
  for (int i = 0; !bad && i < op->n_in; i++)
    bad = src[i] >= 0 && add_value(s, in, src[i], array_of(s->p, src[i]));
  for (int i = 0; !bad && i < op->n_out; i++) bad = add_value(s, out, value + i, op->out[i]);
  for (uint32_t i = 0; !bad && i < op->n_params; i++) {
    PyObject *word = PyLong_FromLongLong(op->params[i]);
    bad = !word || PyList_Append(params, word);
    Py_XDECREF(word);
  }
  PyObject *part =
      bad ? NULL
          : Py_BuildValue("{sssssOsOsO}", "type", "primitive", "name",
                          mx_prim_title(op->prim).text, "inputs", in, "outputs", out, "arguments",
                          params);
  Py_XDECREF(params);
  Py_XDECREF(out);
  Py_XDECREF(in);
  return give(s, part);
}

static int give_all(parts *s, PyObject *kw) {
  const mx_code *code = &s->p->plain;
  const int32_t *src = code->src;
  int32_t value = s->p->n_in + (int32_t)s->p->n_const;
  if (give_inputs(s, kw) || give_outputs(s) || give_constants(s)) return -1;
  for (size_t i = 0; i < code->n_ops; i++) {
    if (give_op(s, code->ops[i], src, value)) return -1;
    src += code->ops[i]->n_in;
    value += code->ops[i]->n_out;
  }
  return 0;
}

/* A function of a list whose last arrays are the keywords. */
typedef struct traced {
  PyObject *fun, *kw;
} traced;

static int call_traced(void *ctx, mx_vec in, mx_vec *out) {
  const traced *t = ctx;
  mlx_vector_array args = mlx_vector_array_new(), res = mlx_vector_array_new();
  mlx_map_string_to_array map = mlx_map_string_to_array_new();
  size_t n = in.n - (size_t)PyDict_Size(t->kw), m;
  PyObject *key, *value;
  Py_ssize_t at = 0;
  int bad = !args.ctx || !res.ctx || !map.ctx;
  for (size_t i = 0; i < n && !bad; i++)
    bad = mlx_vector_array_append_value(args, (mlx_array){in.p[i]});
  for (size_t i = n; !bad && PyDict_Next(t->kw, &at, &key, &value); i++)
    bad = mlx_map_string_to_array_insert(map, PyUnicode_AsUTF8AndSize(key, NULL),
                                         (mlx_array){in.p[i]});
  bad = bad || mxp_trace_exported(&res, args, map, t->fun);
  m = bad ? 0 : mlx_vector_array_size(res);
  bad = bad || mx_vec_alloc(out, m, "export_function");
  for (size_t i = 0; i < m && !bad; i++) {
    mlx_array a = {NULL};
    bad = mlx_vector_array_get(&a, res, i) || !(out->p[i] = mx_scope_own(a.ctx));
  }
  mlx_map_string_to_array_free(map);
  mlx_vector_array_free(res);
  mlx_vector_array_free(args);
  return bad;
}

static mx_program *trace(PyObject *fun, const mxp_arrays *a, bool shapeless) {
  traced t = {fun, a->kw};
  mxp_leaves like = {NULL, 0, 0};
  PyObject *key, *value;
  Py_ssize_t at = 0;
  mx_vec in = {NULL, 0}, out = {NULL, 0};
  mx_program *p = NULL;
  int bad = 0;
  for (size_t i = 0; i < a->args.n && !bad; i++) bad = mxp_leaves_add(&like, a->args.p[i]);
  while (!bad && PyDict_Next(a->kw, &at, &key, &value))
    bad = mxp_leaves_add(&like, mxp_node(value));
  if (!bad) {
    mx_scope scope = mx_scope_open();
    mx_session_open();
    bool was = mx_session_set_shapeless(shapeless);
    if (!mx_trace_fun(&in, &out, (mx_fun){call_traced, &t}, (mx_vec){like.p, like.n}))
      p = mx_program_make(in, out, MX_PROGRAM_SIMPLIFY);
    mx_session_set_shapeless(was);
    mx_session_close();
    mx_scope_close(scope, NULL);
    if (!p) mxp_raise();
  }
  free(in.p);
  free(out.p);
  mxp_leaves_free(&like);
  return p;
}

PyObject *mxp_export_parts(PyObject *callback, PyObject *fun, PyObject *args, PyObject *kw,
                           bool shapeless) {
  mxp_arrays a;
  if (mxp_arrays_of(&a, args, kw, "export_function")) return NULL;
  mx_program *p = trace(fun, &a, shapeless);
  parts s = {callback, p, p ? PyList_New(0) : NULL, 0};
  for (size_t i = 0; s.names && i < p->plain.n_values; i++)
    if (PyList_Append(s.names, Py_None)) Py_CLEAR(s.names);
  int bad = !s.names || give_all(&s, a.kw);
  Py_XDECREF(s.names);
  mx_program_release(p);
  mxp_arrays_free(&a);
  return bad ? NULL : Py_NewRef(Py_None);
}

/* ---- Graphviz ---- */

/* Names from keyword arguments. */
static int name_arrays(mlx_node_namer namer, PyObject *kw) {
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (kw && PyDict_Next(kw, &at, &key, &value)) {
    const char *name = PyUnicode_AsUTF8AndSize(key, NULL);
    if (!name) return -1;
    if (!mxp_is_array(value)) {
      PyErr_Format(PyExc_TypeError, "export_to_dot(): argument '%U' must be an array", key);
      return -1;
    }
    if (mlx_node_namer_set_name(namer, (mlx_array){mxp_node(value)}, name)) {
      mxp_raise();
      return -1;
    }
  }
  return 0;
}

static int write_text(PyObject *file, const char *text, size_t n) {
  PyObject *done = PyObject_CallMethod(file, "write", "s#", text, (Py_ssize_t)n);
  Py_XDECREF(done);
  return done ? 0 : -1;
}

static int write_path(PyObject *file, const char *text, size_t n) {
  PyObject *path = NULL;
  if (!PyUnicode_FSConverter(file, &path)) {
    PyErr_Clear();
    PyErr_SetString(
        PyExc_ValueError,
        "[export_to_dot] Accepts file-like objects or strings to be used as filenames.");
    return -1;
  }
  FILE *f = fopen(PyBytes_AsString(path), "w");
  int bad = !f || fwrite(text, 1, n, f) != n;
  if ((f && fclose(f)) || bad) {
    bad = 1;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
  }
  Py_DECREF(path);
  return bad ? -1 : 0;
}

static int write_graph(PyObject *file, PyObject *trees, PyObject *kw) {
  mxp_leaves l = {NULL, 0, 0};
  mlx_vector_array outputs = {NULL};
  mlx_node_namer namer = mlx_node_namer_new();
  char *text = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  int bad = !f || !namer.ctx;
  if (bad) PyErr_NoMemory();
  bad = bad || mxp_collect(&l, trees, MXP_REFUSE_OTHERS) || mxp_leaves_vector(&l, &outputs) ||
        name_arrays(namer, kw);
  if (!bad && mlx_export_to_dot(f, namer, outputs)) {
    mxp_raise();
    bad = 1;
  }
  if (f && fclose(f) && !bad) bad = PyErr_NoMemory() == NULL;
  bad = bad || (PyObject_HasAttrString(file, "write") ? write_text(file, text, n)
                                                      : write_path(file, text, n));
  free(text);
  mlx_node_namer_free(namer);
  mlx_vector_array_free(outputs);
  mxp_leaves_free(&l);
  return bad ? -1 : 0;
}

static PyObject *export_to_dot(PyObject *self, PyObject *args, PyObject *kw) {
  PyObject *own = kw ? PyDict_Copy(kw) : PyDict_New(), *file = NULL, *rest = NULL;
  (void)self;
  if (own && PyTuple_Size(args)) {
    file = Py_NewRef(PyTuple_GetItem(args, 0));
  } else if (own && (file = PyDict_GetItemString(own, "file"))) {
    Py_INCREF(file);
    if (PyDict_DelItemString(own, "file")) Py_CLEAR(file);
  } else if (own) {
    PyErr_SetString(PyExc_TypeError, "export_to_dot(): missing argument 'file'");
  }
  rest = file ? PyTuple_GetSlice(args, 1, PY_SSIZE_T_MAX) : NULL;
  int bad = !rest || write_graph(file, rest, own);
  Py_XDECREF(rest);
  Py_XDECREF(file);
  Py_XDECREF(own);
  return bad ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"export_to_dot", MXP_FN(export_to_dot), METH_VARARGS | METH_KEYWORDS,
     "export_to_dot($module, /, file, *args, **kwargs)\n--\n\nWrites the graph of arrays as "
     "Graphviz to "
     "a path or a text file; keywords name arrays."},
    {NULL, NULL, 0, NULL},
};

int mxp_parts_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
