/* Evaluation. Same names, types and prototypes as mlx-c. */
#ifndef MLX_TRANSFORMS_H
#define MLX_TRANSFORMS_H

#include <stdbool.h>
#include <stdint.h>
#include "mlx/c/array.h"
#include "mlx/c/io_types.h"
#include "mlx/c/map.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

int mlx_async_eval(const mlx_vector_array outputs);
int mlx_eval(const mlx_vector_array outputs);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
