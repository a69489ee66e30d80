/* Owns the memory functions. */
#include "core.h"
#include "core/buffer.h"

static PyObject *get(size_t (*fn)(void)) {
  return PyLong_FromSize_t(fn());
}

static PyObject *set(size_t (*fn)(size_t), PyObject *o) {
  size_t n = PyLong_Check(o) ? PyLong_AsSize_t(o) : (size_t)-1;
  if (n == (size_t)-1) {
    PyErr_Clear();
    PyErr_SetString(PyExc_TypeError, "a limit is a number of bytes");
    return NULL;
  }
  return PyLong_FromSize_t(fn(n));
}

#define GET(name, fn)                                                                              \
  static PyObject *name(PyObject *self, PyObject *none) {                                          \
    (void)self, (void)none;                                                                        \
    return get(fn);                                                                                \
  }
#define SET(name, fn)                                                                              \
  static PyObject *name(PyObject *self, PyObject *o) {                                             \
    (void)self;                                                                                    \
    return set(fn, o);                                                                             \
  }
#define DO(name, fn)                                                                               \
  static PyObject *name(PyObject *self, PyObject *none) {                                          \
    (void)self, (void)none;                                                                        \
    fn();                                                                                          \
    Py_RETURN_NONE;                                                                                \
  }
GET(get_active_memory, mx_memory_active)
GET(get_peak_memory, mx_memory_peak)
GET(get_cache_memory, mx_memory_cached)
GET(get_memory_limit, mx_memory_limit)
SET(set_memory_limit, mx_memory_set_limit)
SET(set_cache_limit, mx_memory_set_cache_limit)
SET(set_wired_limit, mx_memory_set_wired_limit)
MXP_NAMED(set_memory_limit, "limit")
MXP_NAMED(set_cache_limit, "limit")
MXP_NAMED(set_wired_limit, "limit")
DO(reset_peak_memory, mx_memory_reset_peak)
DO(clear_cache, mx_memory_clear_cache)

static PyObject *get_array_buffer_size(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  size_t bytes = 0;
  (void)self;
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!mxp_is_array(args[i])) {
      PyErr_SetString(PyExc_TypeError, "get_array_buffer_size(): expected arrays");
      return NULL;
    }
    bytes += mx_nbytes(mxp_node(args[i]));
  }
  return PyLong_FromSize_t(bytes);
}

#define NOARGS(name, doc)                                                                          \
  { #name, name, METH_NOARGS, #name "($module, /)\n--\n\n" doc }
#define LIMIT(name, doc)                                                                           \
  { #name, MXP_BY_NAME(name), #name "($module, /, limit)\n--\n\n" doc }
static PyMethodDef functions[] = {
    NOARGS(get_active_memory, "Bytes of memory in use."),
    NOARGS(get_peak_memory, "The most bytes of memory that were in use."),
    NOARGS(get_cache_memory, "Bytes of memory kept for later use."),
    NOARGS(get_memory_limit, "The limit of memory in bytes."),
    NOARGS(reset_peak_memory, "Sets the peak to the memory in use."),
    NOARGS(clear_cache, "Gives memory kept for later use back to the system."),
    LIMIT(set_memory_limit, "Sets the limit of memory; returns the previous one."),
    LIMIT(set_cache_limit,
          "Sets the limit of memory kept for later use; returns the previous one."),
    LIMIT(set_wired_limit, "Sets the limit of wired memory; returns the previous one."),
    {"get_array_buffer_size", MXP_FN(get_array_buffer_size), METH_FASTCALL,
     "get_array_buffer_size($module, /, *args)\n--\n\nBytes of the elements of arrays."},
    {NULL, NULL, 0, NULL},
};

int mxp_memory_init(PyObject *module) {
  return mxp_add_functions(module, functions);
}
