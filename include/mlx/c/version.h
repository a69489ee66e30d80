/* Version. Same names, types and prototypes as mlx-c. */
#ifndef MLX_VERSION_H
#define MLX_VERSION_H

#include "mlx/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

int mlx_version(mlx_string* str_);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
