/* What the array type takes from other files. */
#ifndef MXP_METHODS_H
#define MXP_METHODS_H

#include "core.h"

/* Methods of operations, generated and hand-written; ends with an empty row. */
extern PyMethodDef *mxp_array_methods;
PyObject *mxp_get_at(PyObject *self, void *unused);

#endif
