/* Results with names: tuples whose items are attributes too. */
#ifndef MXP_NAMED_H
#define MXP_NAMED_H

#include "call.h"

enum mxp_named {
#define MXP_NAMED_TYPE(id, module, name, n, ...) id,
#include "gen/named.inc"
#undef MXP_NAMED_TYPE
  MXP_NAMED_TYPES
};

/* The items of r as such a tuple; closes the call. */
PyObject *mxp_end_named(mxp_call *c, int bad, mx_array **r, enum mxp_named which);
/* Adds the types to mlx.core and to the modules below it, which are there. */
int mxp_named_init(void);

#endif
