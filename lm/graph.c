/* Owns the intermediates of a graph under construction. */
#include "lm/graph.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lm/error.h"
#include "mlx/c/error.h"

void lm_graph_open(lm_graph *g, mlx_stream stream) {
  *g = (lm_graph){.stream = stream};
}

static void fail(lm_graph *g, lm_kind kind, const char *text) {
  if (!g->failed) {
    snprintf(g->text, sizeof g->text, "%s", text);
    g->kind = kind;
  }
  g->failed = true;
}

bool lm_mlx_no_memory(void) {
  return mlx_last_error_kind() == 5;
}

void lm_graph_check(lm_graph *g, int bad) {
  if (bad)
    fail(g, lm_mlx_no_memory() ? LM_MEMORY : LM_FAILED, mlx_last_error());
}

mlx_array lm_graph_keep(lm_graph *g, mlx_array a) {
  if (!g->failed && g->n == g->cap) {
    size_t cap = g->cap ? g->cap * 2 : 256;
    mlx_array *t = realloc(g->temps, cap * sizeof *t);
    if (t) {
      g->temps = t;
      g->cap = cap;
    } else {
      fail(g, LM_MEMORY, "[graph] out of memory");
    }
  }
  if (g->failed) {
    mlx_array_free(a);
    return mlx_array_new();
  }
  return g->temps[g->n++] = a;
}

int lm_graph_close(lm_graph *g) {
  for (size_t i = 0; i < g->n; i++)
    mlx_array_free(g->temps[i]);
  free(g->temps);
  g->temps = NULL;
  g->n = g->cap = 0;
  return g->failed ? lm_fail(g->kind, "%s", g->text) : 0;
}

int lm_fail_mlx(const char *what) {
  return lm_fail(lm_mlx_no_memory() ? LM_MEMORY : LM_FAILED, "%s: %s", what, mlx_last_error());
}

int lm_fail_file(const char *path) {
  lm_kind kind = lm_mlx_no_memory() ? LM_MEMORY : access(path, F_OK) ? LM_NOT_FOUND : LM_DAMAGED;
  const char *text = mlx_last_error();
  return strstr(text, path) ? lm_fail(kind, "%s", text) : lm_fail(kind, "%s: %s", path, text);
}

static void silent(const char *msg, void *data) {
  (void)msg;
  (void)data;
}

static void install(void) {
  mlx_set_error_handler(silent, NULL, NULL);
}

void lm_quiet_errors(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}
