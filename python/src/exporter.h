/* What the files of export share. */
#ifndef MXP_EXPORTER_H
#define MXP_EXPORTER_H

#include "function.h"

/* Positional and keyword arrays of a call. */
typedef struct mxp_arrays {
  mxp_leaves args;
  PyObject *kw; /* a dict of str to array */
} mxp_arrays;

/* Arrays given one by one, or as one tuple or list and one dict; else raises ValueError. */
int mxp_arrays_of(mxp_arrays *a, PyObject *args, PyObject *kw, const char *fn);
void mxp_arrays_free(mxp_arrays *a);

/* A closure with keywords over the Python function `payload`. */
int mxp_trace_exported(mlx_vector_array *res, const mlx_vector_array in,
                       const mlx_map_string_to_array kw, void *payload);
/* Gives the parts of a traced function to a callback, one dict at a time. */
PyObject *mxp_export_parts(PyObject *callback, PyObject *fun, PyObject *args, PyObject *kw,
                           bool shapeless);
int mxp_parts_init(PyObject *module);

#endif
