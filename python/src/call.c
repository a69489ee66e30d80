/* Owns the parsing of arguments by table, and the closing of a call. */
#include "call.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

int mxp_int64(PyObject *o, int64_t *out) {
  if (PyLong_Check(o)) {
    int over;
    long long v = PyLong_AsLongLongAndOverflow(o, &over);
    if (over) {
      PyErr_SetString(PyExc_TypeError, "integer does not fit 64 bits");
      return -1;
    }
    *out = v;
    return v == -1 && PyErr_Occurred() ? -1 : 0;
  }
  PyObject *i = PyNumber_Index(o);
  if (!i) return -1;
  int bad = mxp_int64(i, out);
  Py_DECREF(i);
  return bad;
}

static int wrong(const mxp_spec *spec, const mxp_param *p, const char *want, PyObject *o) {
  PyObject *type = PyType_GetName(Py_TYPE(o));
  PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s, not %U", spec->name, p->name, want,
               type);
  Py_XDECREF(type);
  return -1;
}

/* ---- lists ---- */

static int64_t *room(mxp_value *v, Py_ssize_t n) {
  if (n <= MXP_FEW) return v->few;
  if (n > INT_MAX || !(v->heap = malloc((size_t)n * sizeof(int64_t)))) {
    PyErr_NoMemory();
    return NULL;
  }
  return v->heap;
}

bool mxp_is_integer(PyObject *o) {
  if (PyLong_Check(o)) return true;
  if (PyList_Check(o) || PyTuple_Check(o) || !PyIndex_Check(o)) return false;
  if (PySequence_Check(o) && PySequence_Size(o) >= 0) return false; /* an array with axes */
  PyErr_Clear();
  return true;
}

int mxp_ints(mxp_value *v, PyObject *o, const char *fn, const char *param, bool one) {
  if (one && mxp_is_integer(o)) {
    v->single = true;
    if (mxp_int64(o, &v->few[0])) return -1;
    v->ints = (mx_ints){v->few, 1};
    return 0;
  }
  Py_ssize_t n = PySequence_Check(o) && !PyUnicode_Check(o) ? PySequence_Size(o) : -1;
  if (n < 0) {
    PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be %s", fn, param,
                 one ? "an integer or a sequence of integers" : "a sequence of integers");
    return -1;
  }
  int64_t *p = room(v, n);
  if (!p) return -1;
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *item = PySequence_GetItem(o, i);
    int bad = !item || mxp_int64(item, &p[i]);
    Py_XDECREF(item);
    if (bad) return -1;
  }
  v->ints = (mx_ints){p, (int)n};
  return 0;
}

int mxp_spread(mxp_call *c, int i, int n) {
  mxp_value *v = &c->v[i];
  const char *name = c->spec->params[i].name;
  if (v->ints.n != n && !v->single) {
    PyErr_Format(PyExc_TypeError, "%s(): argument '%s' must be an integer or %d of them, not %d",
                 c->spec->name, name, n, v->ints.n);
    return -1;
  }
  for (int k = 0; k < n; k++) {
    v->few[k] = v->ints.p[v->single ? 0 : k];
    if (v->few[k] < INT_MIN || v->few[k] > INT_MAX) {
      PyErr_Format(PyExc_ValueError, "[%s] %s is out of range", c->spec->name, name);
      return -1;
    }
  }
  v->ints = (mx_ints){v->few, n};
  v->single = false;
  return 0;
}

/* n objects as nodes that the scope keeps. */
static int arrays(mxp_value *v, const mxp_spec *spec, const mxp_param *param,
                  PyObject *const *items, PyObject *sequence, Py_ssize_t n) {
  mx_array **p = malloc((n ? (size_t)n : 1) * sizeof *p);
  if (!p) {
    PyErr_NoMemory();
    return -1;
  }
  v->heap = p;
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *o = items ? items[i] : PySequence_GetItem(sequence, i);
    if (!o) return -1;
    int bad =
        mxp_is_array(o) ? !(p[i] = mxp_hold(o)) : wrong(spec, param, "a sequence of arrays", o);
    if (!items) Py_DECREF(o);
    if (bad) return -1;
  }
  v->vec = (mx_vec){p, (size_t)n};
  return 0;
}

static int sequence_of_arrays(mxp_value *v, const mxp_spec *spec, const mxp_param *p, PyObject *o) {
  if (!PySequence_Check(o) || PyUnicode_Check(o)) return wrong(spec, p, "a sequence of arrays", o);
  Py_ssize_t n = PySequence_Size(o);
  return n < 0 ? -1 : arrays(v, spec, p, NULL, o, n);
}

/* ---- one value ---- */

static int norm(mxp_value *v, const mxp_spec *spec, const char *s) {
  static const char *const names[] = {"backward", "ortho", "forward"};
  for (int i = 0; i < 3; i++)
    if (strcmp(s, names[i]) == 0) {
      v->i = i;
      return 0;
    }
  PyErr_Format(PyExc_ValueError, "[%s] unknown norm '%s'", spec->name, s);
  return -1;
}

static int text(mxp_value *v, const mxp_spec *spec, const mxp_param *p, PyObject *o) {
  if (!PyUnicode_Check(o)) return wrong(spec, p, "a str", o);
  const char *s = PyUnicode_AsUTF8AndSize(o, NULL);
  if (!s) return -1;
  if (p->kind == MXP_P_NORM) return norm(v, spec, s);
  v->s = s;
  return 0;
}

static int integer(mxp_value *v, const mxp_spec *spec, const mxp_param *p, PyObject *o) {
  if (!PyLong_Check(o) && !PyIndex_Check(o)) return wrong(spec, p, "an int", o);
  if (p->kind == MXP_P_U64) {
    PyObject *i = PyNumber_Index(o);
    uint64_t u = i ? PyLong_AsUnsignedLongLong(i) : 0;
    Py_XDECREF(i);
    if (PyErr_Occurred()) {
      PyErr_Clear();
      return wrong(spec, p, "an int of 0 to 2**64-1", o);
    }
    v->i = (int64_t)u;
    return 0;
  }
  if (mxp_int64(o, &v->i)) return -1;
  if (v->i < INT_MIN || v->i > INT_MAX) return wrong(spec, p, "an int of 32 bits", o);
  return 0;
}

static int number(mxp_value *v, const mxp_spec *spec, const mxp_param *p, PyObject *o) {
  if (PyUnicode_Check(o)) return wrong(spec, p, "a float", o);
  v->d = PyFloat_AsDouble(o);
  if (v->d == -1 && PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
    PyErr_Clear();
    return wrong(spec, p, "a float", o);
  }
  return 0;
}

static int parse(mxp_call *c, int at, PyObject *o) {
  const mxp_spec *spec = c->spec;
  const mxp_param *p = &spec->params[at];
  mxp_value *v = &c->v[at];
  if (o == Py_None && p->none) return 0;
  v->o = o;
  v->given = true;
  switch ((mxp_kind)p->kind) {
  case MXP_P_ARRAY:
    if (!mxp_is_array(o)) return wrong(spec, p, "an array", o);
    v->a = mxp_hold(o);
    return v->a ? 0 : -1;
  case MXP_P_SOME:
    v->single = mxp_is_array(o);
    return v->single ? arrays(v, spec, p, &o, NULL, 1) : sequence_of_arrays(v, spec, p, o);
  case MXP_P_ARRAYS:
    return sequence_of_arrays(v, spec, p, o);
  case MXP_P_INT:
  case MXP_P_U64:
    return integer(v, spec, p, o);
  case MXP_P_FLOAT:
    return number(v, spec, p, o);
  case MXP_P_BOOL:
    if (!PyBool_Check(o)) return wrong(spec, p, "a bool", o);
    v->b = o == Py_True;
    return 0;
  case MXP_P_STR:
  case MXP_P_NORM:
    return text(v, spec, p, o);
  case MXP_P_DTYPE:
    if (!mxp_is_dtype(o)) return wrong(spec, p, "a Dtype", o);
    v->i = mxp_dtype_of(o);
    return 0;
  case MXP_P_INTS:
    return mxp_ints(v, o, spec->name, p->name, false);
  case MXP_P_AXES:
    return mxp_ints(v, o, spec->name, p->name, true);
  case MXP_P_STREAM:
    c->s = mxp_stream(o, spec->name);
    return c->s ? 0 : -1;
  case MXP_P_OPERAND:
    if (o == Py_None) return wrong(spec, p, "an array or a scalar", o);
    v->a = mxp_is_array(o) ? mxp_hold(o) : NULL;
    return v->a || !mxp_is_array(o) ? 0 : -1;
  default:
    return 0;
  }
}

/* The value of an argument that was left out, or was None: then it is absent, but a dtype is the
 * default all the same. */
static int set_default(mxp_call *c, int at) {
  const mxp_param *p = &c->spec->params[at];
  mxp_value *v = &c->v[at];
  if (p->required && !v->seen) {
    PyErr_Format(PyExc_TypeError, "%s(): missing argument '%s'", c->spec->name, p->name);
    return -1;
  }
  v->given = p->has && (!v->seen || p->kind == MXP_P_DTYPE);
  switch ((mxp_kind)p->kind) {
  case MXP_P_FLOAT:
    v->d = p->number;
    break;
  case MXP_P_BOOL:
    v->b = p->number != 0;
    break;
  case MXP_P_STR:
    v->s = p->text;
    break;
  case MXP_P_INT:
  case MXP_P_U64:
  case MXP_P_DTYPE:
  case MXP_P_NORM:
    v->i = (int64_t)p->number;
    break;
  case MXP_P_INTS:
  case MXP_P_AXES:
    v->few[0] = (int64_t)p->number;
    v->single = v->given && !p->list;
    v->ints = p->list ? (mx_ints){p->list + 1, (int)p->list[0]} : (mx_ints){v->few, v->given};
    break;
  case MXP_P_VAR:
    v->vec = (mx_vec){NULL, 0};
    break;
  case MXP_P_OPERAND:
    if (v->given) {
      double whole = p->number;
      v->a = mx_scalar(whole, whole == (int64_t)whole ? MLX_INT32 : MLX_FLOAT32);
      if (!v->a) return mxp_raise(), -1;
    }
    break;
  default:
    break;
  }
  return 0;
}

/* ---- the call ---- */

static int resolve_operands(mxp_call *c) {
  const mxp_spec *spec = c->spec;
  const mx_array *beside = NULL;
  for (int i = 0; i < spec->n && !beside; i++)
    if (spec->weak >> i & 1 && c->v[i].given) beside = c->v[i].a;
  for (int i = 0; i < spec->n; i++) {
    mxp_value *v = &c->v[i];
    if (spec->params[i].kind != MXP_P_OPERAND || !v->given || v->a) continue;
    v->a = mxp_operand(v->o, spec->weak >> i & 1 ? beside : NULL);
    if (!v->a) return -1;
  }
  return 0;
}

static void drop(mxp_call *c) {
  for (int i = 0; i < c->spec->n; i++) {
    free(c->v[i].heap);
    Py_XDECREF(c->v[i].owned);
  }
}

static bool is_var(const mxp_param *p) {
  return p->kind == MXP_P_VAR || p->kind == MXP_P_REST;
}

static int find(const mxp_spec *spec, PyObject *name) {
  for (int i = spec->positional_only; i < spec->n; i++)
    if (!is_var(&spec->params[i]) &&
        PyUnicode_CompareWithASCIIString(name, spec->params[i].name) == 0)
      return i;
  PyErr_Format(PyExc_TypeError, "%s(): unexpected keyword argument '%U'", spec->name, name);
  return -1;
}

/* The remaining arguments as a tuple, for an adapter. */
static int rest(mxp_value *v, PyObject *const *args, Py_ssize_t n) {
  v->o = v->owned = PyTuple_New(n);
  for (Py_ssize_t i = 0; v->o && i < n; i++) PyTuple_SetItem(v->o, i, Py_NewRef(args[i]));
  return v->o ? 0 : -1;
}

static int by_place(mxp_call *c, PyObject *self, PyObject *const *args, Py_ssize_t n) {
  const mxp_spec *spec = c->spec;
  int at = 0;
  if (self) {
    c->v[0].seen = true;
    if (parse(c, at++, self)) return -1;
  }
  for (Py_ssize_t i = 0; i < n; i++, at++) {
    if (at < spec->n && is_var(&spec->params[at])) {
      c->v[at].seen = c->v[at].given = true;
      return spec->params[at].kind == MXP_P_REST
                 ? rest(&c->v[at], args + i, n - i)
                 : arrays(&c->v[at], spec, &spec->params[at], args + i, NULL, n - i);
    }
    if (at >= spec->positional) {
      PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional arguments (%zd given)",
                   spec->name, spec->positional - (self != NULL), n);
      return -1;
    }
    c->v[at].seen = true;
    if (parse(c, at, args[i])) return -1;
  }
  return 0;
}

static int by_name(mxp_call *c, PyObject *const *args, PyObject *names) {
  Py_ssize_t n = names ? PyTuple_Size(names) : 0;
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *name = PyTuple_GetItem(names, i);
    int at = find(c->spec, name);
    if (at < 0) return -1;
    if (c->v[at].seen) {
      PyErr_Format(PyExc_TypeError, "%s(): argument '%U' is given twice", c->spec->name, name);
      return -1;
    }
    c->v[at].seen = true;
    if (parse(c, at, args[i])) return -1;
  }
  return 0;
}

int mxp_begin(mxp_call *c, const mxp_spec *spec, PyObject *self, PyObject *const *args,
              Py_ssize_t n, PyObject *names) {
  c->spec = spec;
  c->s = NULL;
  c->scope = mx_scope_open();
  for (int i = 0; i < spec->n; i++) {
    c->v[i].o = NULL;
    c->v[i].heap = NULL;
    c->v[i].owned = NULL;
    c->v[i].seen = c->v[i].given = c->v[i].single = false;
    c->v[i].a = NULL;
  }
  if (by_place(c, self, args, n) || by_name(c, args + n, names)) goto fail;
  for (int i = 0; i < spec->n; i++)
    if (!c->v[i].given &&
        (spec->params[i].kind == MXP_P_REST ? rest(&c->v[i], NULL, 0) : set_default(c, i)))
      goto fail;
  if (!c->s && !(c->s = mx_default_stream(mx_default_device()))) {
    mxp_raise();
    goto fail;
  }
  if (resolve_operands(c)) goto fail;
  return 0;
fail:
  drop(c);
  mx_scope_close(c->scope, NULL);
  return -1;
}

PyObject *mxp_end(mxp_call *c, mx_array *r) {
  drop(c);
  r = mx_scope_close(c->scope, r);
  if (!r && PyErr_Occurred()) return NULL;
  return mxp_wrap(r);
}

PyObject *mxp_sequence(const mx_vec *v, bool tuple) {
  PyObject *out = tuple ? PyTuple_New((Py_ssize_t)v->n) : PyList_New((Py_ssize_t)v->n);
  for (size_t i = 0; out && i < v->n; i++) {
    PyObject *o = mxp_share(v->p[i]);
    if (!o) {
      Py_DECREF(out);
      return NULL;
    }
    if (tuple)
      PyTuple_SetItem(out, (Py_ssize_t)i, o);
    else
      PyList_SetItem(out, (Py_ssize_t)i, o);
  }
  return out;
}

PyObject *mxp_end_many(mxp_call *c, int bad, mx_array **r, int n, bool tuple) {
  PyObject *out = bad ? mxp_raise() : mxp_sequence(&(mx_vec){r, (size_t)n}, tuple);
  return mxp_end_object(c, out);
}

PyObject *mxp_end_vec(mxp_call *c, int bad, mx_vec *v, bool tuple) {
  PyObject *out = bad ? mxp_raise() : mxp_sequence(v, tuple);
  free(v->p);
  return mxp_end_object(c, out);
}

PyObject *mxp_end_none(mxp_call *c, int bad) {
  return mxp_end_object(c, bad ? mxp_raise() : Py_NewRef(Py_None));
}

PyObject *mxp_end_object(mxp_call *c, PyObject *o) {
  drop(c);
  mx_scope_close(c->scope, NULL);
  return o;
}
