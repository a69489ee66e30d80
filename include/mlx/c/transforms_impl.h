/* The halves of a map: tracing, and whole axes. Same names, types and prototypes as mlx-c. */
#ifndef MLX_TRANSFORMS_IMPL_H
#define MLX_TRANSFORMS_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include "mlx/c/array.h"
#include "mlx/c/closure.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

int mlx_detail_vmap_replace(mlx_vector_array* res, const mlx_vector_array inputs,
    const mlx_vector_array s_inputs, const mlx_vector_array s_outputs, const int* in_axes,
    size_t in_axes_num, const int* out_axes, size_t out_axes_num);
int mlx_detail_vmap_trace(mlx_vector_array* res_0, mlx_vector_array* res_1, const mlx_closure fun,
    const mlx_vector_array inputs, const int* in_axes, size_t in_axes_num);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
