/* What the files of the extension share: the array object, conversion both ways, the call path.
 *
 * A Python array owns one reference to a node and nothing else. Every call opens a scope, makes its
 * nodes in it and keeps the result, so that no path frees a node by hand. The interpreter's lock is
 * let go while arrays are evaluated; whoever does so holds references of its own. */
#ifndef MXP_CORE_H
#define MXP_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "base/error.h"
#include "core/array.h"
#include "core/dtype.h"
#include "core/scope.h"
#include "core/stream.h"
#include "ops/build.h"

/* ---- types ---- */

typedef struct mxp_array {
  PyObject_HEAD mx_array *a;
  PyObject *weak;
} mxp_array;

extern PyTypeObject *mxp_array_type, *mxp_dtype_type, *mxp_device_type, *mxp_stream_type;
extern PyObject *mxp_device_enum, *mxp_category_enum;
extern PyObject *mxp_module; /* mlx.core, borrowed */

static inline bool mxp_is_array(PyObject *o) {
  return Py_TYPE(o) == mxp_array_type || PyType_IsSubtype(Py_TYPE(o), mxp_array_type);
}
static inline mx_array *mxp_node(PyObject *o) {
  return ((mxp_array *)o)->a;
}

/* Replaces a reference; takes over `o`. */
static inline void mxp_set(PyObject **place, PyObject *o) {
  PyObject *old = *place;
  *place = o;
  Py_XDECREF(old);
}

/* ---- errors ---- */

/* Raises the thread's recorded error; returns NULL. */
PyObject *mxp_raise(void);
int mxp_errors_init(PyObject *module);

/* ---- arrays as objects ---- */

/* A new object that takes over one reference; NULL raises the recorded error. */
PyObject *mxp_wrap(mx_array *a);
/* A new object for a node of an open scope. */
static inline PyObject *mxp_share(mx_array *a) {
  return mxp_wrap(a ? mx_retain(a) : NULL);
}
/* Evaluates without the interpreter's lock; nonzero with an exception set. */
int mxp_eval(mx_array *const *arrays, size_t n, bool wait);
int mxp_eval1(mx_array *a);
/* The node of an array object, kept by the open scope: it stays whatever Python code that runs in
 * between, here or in another thread, does to the object. NULL with an exception set. */
static inline mx_array *mxp_hold(PyObject *o) {
  mx_array *a = mx_scope_own(mx_retain(mxp_node(o)));
  if (!a) mxp_raise();
  return a;
}
/* Replaces the value of an array object; takes over one reference. */
void mxp_rebind(PyObject *self, mx_array *a);

/* ---- Python to arrays: nodes of the open scope, NULL with an exception set ---- */

enum mxp_scalar { MXP_NOT_SCALAR, MXP_BOOL, MXP_INT, MXP_FLOAT, MXP_COMPLEX };
enum mxp_scalar mxp_scalar_kind(PyObject *o);
/* A 0-d array of a Python scalar; the dtype that it has alone. */
mx_array *mxp_from_scalar(PyObject *o, enum mxp_scalar kind);
/* The same in a given dtype, integers wrap. */
mx_array *mxp_from_scalar_as(PyObject *o, enum mxp_scalar kind, mlx_dtype t);
/* A scalar beside an array of dtype t: weak. */
mx_array *mxp_from_weak(PyObject *o, enum mxp_scalar kind, mlx_dtype t);
/* Anything that mx.array takes; dtype NULL lets the value decide. */
mx_array *mxp_from_object(PyObject *o, const mlx_dtype *dtype);
/* A buffer, an object with __dlpack__ or __mlx_array__; NULL without an exception for anything
 * else. */
mx_array *mxp_from_foreign(PyObject *o, const mlx_dtype *dtype);
mx_array *mxp_from_dlpack(PyObject *o);
/* Complex numbers of doubles to floats; may be the same memory. */
void mxp_narrow_complex(float *to, const double *from, int64_t n);
/* An operand: an array, a scalar weak beside `beside` (NULL: strong), or a foreign array, which is
 * cast to beside's dtype. */
mx_array *mxp_operand(PyObject *o, const mx_array *beside);

/* ---- arrays to Python ---- */

PyObject *mxp_item(const void *p, mlx_dtype t);
PyObject *mxp_tolist(PyObject *self, PyObject *unused);
PyObject *mxp_item_method(PyObject *self, PyObject *unused);
int mxp_getbuffer(PyObject *self, Py_buffer *view, int flags);
void mxp_releasebuffer(PyObject *self, Py_buffer *view);
PyObject *mxp_dlpack(PyObject *self, PyObject *args, PyObject *kw);
PyObject *mxp_array_interface(PyObject *self, PyObject *args, PyObject *kw);

/* ---- dtypes, devices, streams ---- */

PyObject *mxp_dtype(mlx_dtype t);
static inline bool mxp_is_dtype(PyObject *o) {
  return Py_TYPE(o) == mxp_dtype_type;
}
mlx_dtype mxp_dtype_of(PyObject *o);
PyObject *mxp_stream_object(mx_stream *s);
/* Stream, ThreadLocalStream, Device, DeviceType or None; NULL with an exception set. */
mx_stream *mxp_stream(PyObject *o, const char *fn);
int mxp_device(PyObject *o, mx_device *out); /* 1: not one */
/* Whether a dtype is of a kind of the array API standard: a dtype, a name, a tuple of them. 1 or 0;
 * -1 with an exception set. */
int mxp_is_of_kind(mlx_dtype t, PyObject *kind);
int mxp_dtypes_init(PyObject *module);
int mxp_devices_init(PyObject *module);

/* ---- indexing ---- */

PyObject *mxp_getitem(PyObject *self, PyObject *index);
int mxp_setitem(PyObject *self, PyObject *index, PyObject *value);
int mxp_index_init(PyObject *module);

/* ---- module ---- */

/* Adds functions to a module; `flags` of the definitions decide. */
int mxp_add_functions(PyObject *module, PyMethodDef *defs);
/* __init__ of types whose __new__ has done everything; subclasses may call it. */
int mxp_made_by_new(PyObject *self, PyObject *args, PyObject *kw);
PyTypeObject *mxp_add_type(PyObject *module, PyType_Spec *spec, const char *name);
int mxp_array_init(PyObject *module);
int mxp_ops_init(PyObject *module);
int mxp_tree_init(PyObject *module);
int mxp_info_init(PyObject *module);
int mxp_memory_init(PyObject *module);
int mxp_namespace_init(PyObject *module);
int mxp_io_init(PyObject *module);
int mxp_function_init(PyObject *module);
int mxp_transforms_init(PyObject *module);
int mxp_vmap_init(PyObject *module);
int mxp_custom_init(PyObject *module);
int mxp_compile_init(PyObject *module);
int mxp_exporter_init(PyObject *module);
int mxp_random_init(PyObject *random);
int mxp_distributed_init(PyObject *distributed);
int mxp_absent_init(PyObject *module);
PyObject *mxp_make_enum(PyObject *module, const char *name, const char *const *members, int n,
                        const char *what);
PyObject *mxp_submodule(PyObject *parent, const char *name);

#define MXP_FN(f) ((PyCFunction)(void (*)(void))(f))

/* The one argument of a function, by place or by name; NULL with an exception set. */
PyObject *mxp_only(const char *fn, const char *param, PyObject *const *args, Py_ssize_t n,
                   PyObject *names);
/* Makes fn_named of a function of one argument: its argument may be given by name. */
#define MXP_NAMED(fn, param)                                                                       \
  static PyObject *fn##_named(PyObject *self, PyObject *const *args, Py_ssize_t n,                 \
                              PyObject *names) {                                                   \
    PyObject *o = mxp_only(#fn, param, args, n, names);                                            \
    return o ? fn(self, o) : NULL;                                                                 \
  }
#define MXP_BY_NAME(fn) MXP_FN(fn##_named), METH_FASTCALL | METH_KEYWORDS

#endif
