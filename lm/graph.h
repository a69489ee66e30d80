/* A graph under construction: the intermediate handles of one forward pass, freed together, and the
 * first error. After a failure every call gives an empty handle; check once at the end. */
#ifndef LM_GRAPH_H
#define LM_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "lm/error.h"
#include "mlx/c/array.h"
#include "mlx/c/stream.h"

typedef struct lm_graph {
  mlx_stream stream;
  mlx_array *temps;
  size_t n, cap;
  bool failed;
  lm_kind kind; /* of the first failure */
  char text[512];
} lm_graph;

void lm_graph_open(lm_graph *g, mlx_stream stream);
/* Frees the intermediates; nonzero with the error recorded when anything failed. */
int lm_graph_close(lm_graph *g);
/* Notes a call's outcome. */
void lm_graph_check(lm_graph *g, int bad);
/* The graph owns a from now on; gives it back, or an empty handle after a failure. */
mlx_array lm_graph_keep(lm_graph *g, mlx_array a);

/* LM_OP(g, mlx_add, a, b) calls mlx_add(&result, a, b, stream) and gives the result. */
#define LM_OP(g, fn, ...)                                       \
  __extension__({                                               \
    mlx_array r_ = {NULL};                                      \
    if (!(g)->failed)                                           \
      lm_graph_check(g, fn(&r_, __VA_ARGS__, (g)->stream));     \
    lm_graph_keep(g, r_);                                       \
  })

/* Whether the library's last error is that memory ran out. */
bool lm_mlx_no_memory(void);
/* Turns the library's last error into lm's; returns 1. */
int lm_fail_mlx(const char *what);
/* The same for a call that read a file: it is not there, or damaged. */
int lm_fail_file(const char *path);
/* Errors of the library are values here: makes its handler silent, once. */
void lm_quiet_errors(void);

#endif
