/* Graphs as text, with names for nodes. Same names, types and prototypes as mlx-c. */
#ifndef MLX_GRAPH_UTILS_H
#define MLX_GRAPH_UTILS_H

#include <stdbool.h>
#include <stdio.h>
#include "mlx/c/array.h"
#include "mlx/c/distributed_group.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct mlx_node_namer_ { void* ctx; } mlx_node_namer;

/* As mlx-c declares it: without a prototype in C before C23. */
#pragma GCC diagnostic push
#ifndef __cplusplus
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
mlx_node_namer mlx_node_namer_new();
#pragma GCC diagnostic pop

int mlx_node_namer_free(mlx_node_namer namer);
int mlx_node_namer_set_name(mlx_node_namer namer, const mlx_array arr, const char* name);
int mlx_node_namer_get_name(const char** name, mlx_node_namer namer, const mlx_array arr);
int mlx_export_to_dot(FILE* os, const mlx_node_namer namer, const mlx_vector_array outputs);
int mlx_print_graph(FILE* os, const mlx_node_namer namer, const mlx_vector_array outputs);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
