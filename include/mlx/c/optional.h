/* Optional scalars. Same names, types and prototypes as mlx-c. */
#ifndef MLX_OPTIONAL_H
#define MLX_OPTIONAL_H

#include <stdbool.h>
#include "mlx/c/array.h"
#include "mlx/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct mlx_optional_int_ { int value; bool has_value; } mlx_optional_int;

typedef struct mlx_optional_float_ { float value; bool has_value; } mlx_optional_float;

typedef struct mlx_optional_dtype_ { mlx_dtype value; bool has_value; } mlx_optional_dtype;


#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
