/* Owns what MLX has on hardware that is not here: mlx.core.metal and cuda, and custom kernels. */
#include <stdio.h>

#include "core.h"

/* ---- mlx.core.metal: moved to mlx.core, says so and forwards ---- */

static PyObject *forward(const char *name, PyObject *arg) {
  fprintf(stderr,
          "mx.metal.%s is deprecated and will be removed in a future version. Use mx.%s instead.\n",
          name, name);
  return arg ? PyObject_CallMethod(mxp_module, name, "O", arg)
             : PyObject_CallMethod(mxp_module, name, NULL);
}

#define FORWARD(name)                                                                              \
  static PyObject *name(PyObject *self, PyObject *unused) {                                        \
    (void)self, (void)unused;                                                                      \
    return forward(#name, NULL);                                                                   \
  }
#define FORWARD_LIMIT(name)                                                                        \
  static PyObject *name(PyObject *self, PyObject *limit) {                                         \
    (void)self;                                                                                    \
    return forward(#name, limit);                                                                  \
  }
FORWARD(clear_cache)
FORWARD(get_active_memory)
FORWARD(get_cache_memory)
FORWARD(get_peak_memory)
FORWARD(reset_peak_memory)
FORWARD_LIMIT(set_cache_limit)
FORWARD_LIMIT(set_memory_limit)
FORWARD_LIMIT(set_wired_limit)

static PyObject *never(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  Py_RETURN_FALSE;
}

static PyObject *metal_device_info(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  fputs("mx.metal.device_info is deprecated and will be removed in a future version. Use "
        "mx.device_info instead.\n",
        stderr);
  return PyDict_New();
}

static PyObject *start_capture(PyObject *self, PyObject *path) {
  (void)self;
  if (!PyUnicode_Check(path)) {
    PyErr_SetString(PyExc_TypeError, "start_capture(): argument 'path' must be a str");
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *stop_capture(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  Py_RETURN_NONE;
}

MXP_NAMED(set_cache_limit, "limit")
MXP_NAMED(set_memory_limit, "limit")
MXP_NAMED(set_wired_limit, "limit")
MXP_NAMED(start_capture, "path")

#define ROW(name)                                                                                  \
  { #name, name, METH_NOARGS, #name "($module, /)\n--\n\nDeprecated: mlx.core." #name "." }
#define ROW_LIMIT(name)                                                                            \
  { #name, MXP_BY_NAME(name), #name "($module, /, limit)\n--\n\nDeprecated: mlx.core." #name "." }
static PyMethodDef metal[] = {
    {"is_available", never, METH_NOARGS,
     "is_available($module, /)\n--\n\nWhether there is Metal: no."},
    {"device_info", metal_device_info, METH_NOARGS,
     "device_info($module, /)\n--\n\nDeprecated: mlx.core.device_info."},
    {"start_capture", MXP_BY_NAME(start_capture),
     "start_capture($module, /, path)\n--\n\nStarts a capture of Metal; without it does nothing."},
    {"stop_capture", stop_capture, METH_NOARGS,
     "stop_capture($module, /)\n--\n\nStops a capture of Metal; without it does nothing."},
    ROW(clear_cache),
    ROW(get_active_memory),
    ROW(get_cache_memory),
    ROW(get_peak_memory),
    ROW(reset_peak_memory),
    ROW_LIMIT(set_cache_limit),
    ROW_LIMIT(set_memory_limit),
    ROW_LIMIT(set_wired_limit),
    {NULL, NULL, 0, NULL},
};

static PyMethodDef cuda[] = {
    {"is_available", never, METH_NOARGS, "is_available($module, /)\n--\n\nWhether there is CUDA."},
    {NULL, NULL, 0, NULL},
};

/* ---- custom kernels ---- */

static PyObject *run_metal_kernel(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self, (void)args, (void)kw;
  PyErr_SetString(PyExc_RuntimeError, "[metal_kernel] No Metal back-end.");
  return NULL;
}

static PyMethodDef metal_kernel_object = {"metal_kernel", MXP_FN(run_metal_kernel),
                                          METH_VARARGS | METH_KEYWORDS, "A Metal kernel."};

static PyObject *metal_kernel(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"name",           "input_names",     "output_names",
                          "source",         "header",          "ensure_row_contiguous",
                          "atomic_outputs", "compile_options", NULL};
  PyObject *inputs, *outputs, *options = Py_None;
  const char *name, *source, *header = "";
  int contiguous = 1, atomic = 0;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "sOOs|sppO:metal_kernel", names, &name, &inputs,
                                   &outputs, &source, &header, &contiguous, &atomic, &options))
    return NULL;
  Py_ssize_t n = PySequence_Size(outputs);
  if (n < 0) return NULL;
  if (n == 0) {
    PyErr_SetString(PyExc_ValueError, "[metal_kernel] Must specify at least one output.");
    return NULL;
  }
  return PyCFunction_NewEx(&metal_kernel_object, NULL, NULL);
}

static PyObject *cuda_kernel(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self, (void)args, (void)kw;
  PyErr_SetString(PyExc_RuntimeError, "[cuda_kernel] No CUDA back-end.");
  return NULL;
}

static PyMethodDef kernels[] = {
    {"metal_kernel", MXP_FN(metal_kernel), METH_VARARGS | METH_KEYWORDS,
     "metal_kernel($module, /, name, input_names, output_names, source, header='', "
     "ensure_row_contiguous=True, atomic_outputs=False, compile_options=None)\n--\n\nA custom "
     "Metal "
     "kernel; calling it without Metal is an error."},
    {"cuda_kernel", MXP_FN(cuda_kernel), METH_VARARGS | METH_KEYWORDS,
     "cuda_kernel($module, /, name, input_names, output_names, source, header='', "
     "ensure_row_contiguous=True, shared_memory=0)\n--\n\nA custom CUDA kernel; an error without "
     "CUDA."},
    {"precompiled_cuda_kernel", MXP_FN(cuda_kernel), METH_VARARGS | METH_KEYWORDS,
     "precompiled_cuda_kernel($module, /, *, name, compiled_source, inputs, output_shapes, "
     "output_dtypes, scalars, grid, threadgroup, shared_memory=0, init_value=None, "
     "ensure_row_contiguous=False, stream=None)\n--\n\nRuns a compiled CUDA kernel; an error "
     "without "
     "CUDA."},
    {NULL, NULL, 0, NULL},
};

int mxp_absent_init(PyObject *module) {
  PyObject *m = mxp_submodule(module, "metal"), *c = mxp_submodule(module, "cuda"),
           *fast = mxp_submodule(module, "fast");
  return !m || !c || !fast || mxp_add_functions(m, metal) || mxp_add_functions(c, cuda) ||
                 mxp_add_functions(fast, kernels)
             ? -1
             : 0;
}
