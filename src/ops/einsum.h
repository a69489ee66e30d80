/* The order in which einsum takes its operands. */
#ifndef MX_OPS_EINSUM_H
#define MX_OPS_EINSUM_H

#include "ops/build.h"

typedef struct mx_einsum_path_info {
  int n;             /* contractions */
  int (*pairs)[2];   /* places in the list at hand; the result goes to its end. -1: one operand */
  int indices;       /* of the whole expression, and of the largest contraction */
  int most_indices;
  double naive, optimized; /* multiplications and additions */
} mx_einsum_path_info;

/* Free pairs with free. Returns nonzero after mx_fail. */
int mx_einsum_path(mx_einsum_path_info *path, const char *subscripts, mx_vec operands);

#endif
