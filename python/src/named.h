/* Results with names: tuples whose items are attributes too. */
#ifndef MXP_NAMED_H
#define MXP_NAMED_H

#include "call.h"

enum mxp_named {
  MXP_UNIQUE_ALL,
  MXP_UNIQUE_COUNTS,
  MXP_UNIQUE_INVERSE,
  MXP_EIGH,
  MXP_EIG,
  MXP_SLOGDET,
  MXP_QR,
  MXP_SVD,
  MXP_NAMED_TYPES
};

/* The items of r as such a tuple; closes the call. */
PyObject *mxp_end_named(mxp_call *c, int bad, mx_array **r, enum mxp_named which);
int mxp_named_init(PyObject *module, PyObject *linalg);

#endif
