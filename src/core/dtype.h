/* Dtypes: sizes, kinds, names, promotion. Owns the facts of promotion; nothing else repeats them. */
#ifndef MX_CORE_DTYPE_H
#define MX_CORE_DTYPE_H

#include "mlx/c/array.h"

#define MX_DTYPE_COUNT 14

typedef enum mx_kind_of { MX_KIND_BOOL, MX_KIND_UINT, MX_KIND_INT, MX_KIND_FLOAT, MX_KIND_COMPLEX } mx_kind_of;

int mx_dtype_valid(mlx_dtype t);
int mx_dtype_bytes(mlx_dtype t);
mx_kind_of mx_dtype_kind(mlx_dtype t);
const char *mx_dtype_name(mlx_dtype t);
mlx_dtype mx_promote(mlx_dtype a, mlx_dtype b);

static inline int mx_is_float(mlx_dtype t) {
  return mx_dtype_kind(t) == MX_KIND_FLOAT;
}
static inline int mx_is_inexact(mlx_dtype t) {
  return mx_dtype_kind(t) >= MX_KIND_FLOAT;
}
/* The dtype that float functions give for an input of dtype t: integers go to float32. */
static inline mlx_dtype mx_at_least_float(mlx_dtype t) {
  return mx_is_inexact(t) ? t : MLX_FLOAT32;
}

#endif
