/* The gradient of as_strided: elements go back to where the strides took them from, and those that
 * came from one place add up, in their own order.
 * Invariant: how the work is split follows from shape and strides, and no place is written by two
 * threads. */
#include <string.h>

#include "backend/cpu/combine.h"
#include "backend/cpu/engines.h"
#include "backend/cpu/reduce.h"
#include "base/pool.h"

enum { GRAIN = 1 << 14 }; /* elements worth a hand-over */

typedef struct spread {
  const char *src;
  char *dst;
  mlx_dtype dtype;
  int64_t item;
  int n; /* axes that are longer than 1; the last is a line */
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
} spread;

/* Neighbours that run on as one become one. */
static void merge(spread *s, const mx_array *g, const int64_t *strides) {
  for (int i = 0; i < g->ndim; i++) {
    if (g->shape[i] == 1)
      continue;
    int k = s->n - 1;
    if (k >= 0 && s->strides[k] == strides[i] * g->shape[i]) {
      s->shape[k] *= g->shape[i];
      s->strides[k] = strides[i];
    } else {
      s->shape[s->n] = g->shape[i];
      s->strides[s->n++] = strides[i];
    }
  }
  if (s->n == 0) {
    s->shape[0] = s->strides[0] = 1;
    s->n = 1;
  }
}

static void add_line(const spread *s, char *to, const char *from) {
  int64_t n = s->shape[s->n - 1], stride = s->strides[s->n - 1];
  if (s->dtype == MLX_FLOAT32 && stride == 1)
    mx_reduce_table()->fold[MX_FOLD_SUM][MX_WF32](to, from, n);
  else
    mx_cpu_combine(MX_COMBINE_ADD, s->dtype)(to, stride, from, 1, n);
}

/* All lines of elements begin .. end of the first axis; of a lone axis, the line. */
static void add_lines(void *ctx, int64_t begin, int64_t end) {
  const spread *s = ctx;
  int64_t index[MX_MAX_NDIM] = {begin}, lines = end - begin, each = s->shape[s->n - 1];
  int last = s->n - 1;
  if (last == 0) {
    add_line(s, s->dst, s->src);
    return;
  }
  for (int i = 1; i < last; i++)
    lines *= s->shape[i];
  int64_t from = begin * (s->n > 1 ? each : 1), at = begin * s->strides[0];
  for (int i = 1; i < last; i++)
    from *= s->shape[i];
  for (; lines > 0; lines--, from += each) {
    add_line(s, s->dst + at * s->item, s->src + from * s->item);
    for (int i = last - 1; i >= 0; i--) {
      at += s->strides[i];
      if (++index[i] < s->shape[i] || i == 0)
        break;
      at -= s->shape[i] * s->strides[i];
      index[i] = 0;
    }
  }
}

/* What one element of the first axis reaches, the next one does not. */
static bool apart(const spread *s) {
  int64_t reach = 0;
  for (int i = 1; i < s->n; i++)
    reach += (s->shape[i] - 1) * (s->strides[i] < 0 ? -s->strides[i] : s->strides[i]);
  return s->n > 1 && (s->strides[0] > reach || -s->strides[0] > reach);
}

/* Parameters: where element 0 goes, then the stride of each axis. The builder has checked that
 * they stay inside. */
int mx_cpu_spread_strided(const mx_step *step) {
  const mx_array *g = step->in[0];
  mx_array *out = step->out[0];
  const int64_t *p = step->op->params;
  if (mx_out_alloc(out))
    return 1;
  memset(mx_data(out), 0, mx_nbytes(out));
  if (!g->size)
    return 0;
  int64_t item = (int64_t)mx_itemsize(g);
  spread s = {.src = mx_data(g), .dst = (char *)mx_data(out) + p[0] * item,
              .dtype = (mlx_dtype)g->dtype, .item = item};
  merge(&s, g, p + 1);
  int64_t first = s.n > 1 ? s.shape[0] : 1, each = g->size / first;
  mx_parallel_for(first, apart(&s) ? 1 + GRAIN / each : first, add_lines, &s);
  return 0;
}
