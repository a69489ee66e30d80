/* Operations made from records that nobody vouches for: each goes through the builder that checks
 * such an operation's arguments, so that no record, whatever it says, makes a kernel leave its
 * inputs. */
#ifndef MX_TRANSFORMS_REBUILD_H
#define MX_TRANSFORMS_REBUILD_H

#include "ops/build.h"

typedef struct mx_op_record {
  int prim;
  int n_in, n_params, n_out;
  mx_array **in; /* NULL entries are absent optional inputs */
  const int64_t *params;
  const mx_spec *specs; /* what the outputs must be; strides do not count */
  mx_stream *s;
} mx_op_record;

/* Fills out[0 .. n_out). Fails where the record does not describe such an operation. */
int mx_rebuild(const mx_op_record *r, mx_array **out);

/* The primitive of this name, or -1. */
int mx_prim_named(const char *name);

#endif
