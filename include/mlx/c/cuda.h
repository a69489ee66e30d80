/* CUDA availability. Same names, types and prototypes as mlx-c. */
#ifndef MLX_CUDA_H
#define MLX_CUDA_H

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

int mlx_cuda_is_available(bool* res);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
