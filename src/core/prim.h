/* What is known of each primitive; filled from the op table. */
#ifndef MX_CORE_PRIM_H
#define MX_CORE_PRIM_H

#include <stdbool.h>

#include "core/dtype.h"
#include "gen/prims.h"

const char *mx_prim_name(int prim);
/* The name in graphs that people look at, written as MLX does: ArcCos, LogicalNot, SVD. */
typedef struct mx_title {
  char text[40];
} mx_title;
mx_title mx_prim_title(int prim);
int mx_prim_inputs(int prim); /* -1: it varies */
bool mx_prim_elementwise(int prim);
bool mx_prim_view(int prim);
bool mx_prim_payload(int prim); /* its operations carry an mx_payload */

/* The dtypes that an elementwise primitive computes in, and its result's; an error names a refused one. */
int mx_prim_types(int prim, int n, const mlx_dtype *in, mlx_dtype *want, mlx_dtype *result);

#endif
