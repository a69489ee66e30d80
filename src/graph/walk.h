/* Reading a graph that is not evaluated: what a node needs, in order. */
#ifndef MX_GRAPH_WALK_H
#define MX_GRAPH_WALK_H

#include "core/array.h"

/* Calls op(ctx, operation) for each pending operation below the arrays, inputs first, and leaf(ctx, a)
 * for each array that is not pending or stands for an argument, once each. Under the graph lock: neither may evaluate.
 * Nonzero on running out of memory, or what a callback gave. */
typedef struct mx_walker {
  int (*op)(void *ctx, const mx_op *op);
  int (*leaf)(void *ctx, const mx_array *a);
  void *ctx;
} mx_walker;
int mx_graph_walk(mx_array *const *arrays, size_t n, const mx_walker *w);

#endif
