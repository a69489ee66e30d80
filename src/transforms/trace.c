/* Owns the reading of traced graphs: which operations depend on the arguments, in order. */
#include "transforms/trace.h"

#include <stdlib.h>
#include <string.h>

#include "core/prim.h"

typedef struct mx_dep_frame {
  uint32_t at; /* in `seen` */
  int next;
} frame;

/* Room for one more of something. */
static void *grown(void *p, size_t n, size_t *cap, size_t item) {
  if (n < *cap) return p;
  size_t to = *cap ? *cap * 2 : 64;
  void *q = realloc(p, to * item);
  if (!q) {
    mx_nomem("transform");
    return NULL;
  }
  *cap = to;
  return q;
}

/* Numbers an array's operation; its place is kept at the owner. */
static int see(mx_deps *d, mx_array *a, bool depends) {
  mx_dep *p = grown(d->seen, d->n_seen, &d->cap_seen, sizeof *p);
  if (!p) return 1;
  d->seen = p;
  mx_array *first = a->owner;
  p[d->n_seen] = (mx_dep){first, depends, d->n_values};
  first->mark = (uint32_t)d->n_seen++;
  d->n_values += first->op ? first->op->n_out : 1;
  return 0;
}

static bool is_seen(const mx_deps *d, const mx_array *first) {
  return first->mark < d->n_seen && d->seen[first->mark].first == first;
}

static bool leads_on(const mx_deps *d, const mx_array *first) {
  return first->op && (d->past_zero || mx_prim_rules[first->op->prim].vjp_state != MX_VJP_ZERO);
}

/* Looks at an array; pushes its operation where that was not looked at before. */
static int reach(mx_deps *d, mx_array *a) {
  mx_array *first = a->owner;
  if (first->session != d->session || first->level < d->floor || is_seen(d, first)) return 0;
  if (see(d, a, false)) return 1;
  if (!leads_on(d, first)) return 0;
  frame *p = grown(d->stack, d->n_stack, &d->cap_stack, sizeof *p);
  if (!p) return 1;
  d->stack = p;
  p[d->n_stack++] = (frame){first->mark, 0};
  return 0;
}

/* All inputs of the operation were looked at. */
static int finish(mx_deps *d, uint32_t at) {
  const mx_op *op = d->seen[at].first->op;
  bool depends = false;
  for (int i = 0; i < op->n_in && !depends; i++)
    depends = op->in[i] && mx_deps_value(d, op->in[i]) >= 0;
  if (!depends) return 0;
  uint32_t *p = grown(d->order, d->n_order, &d->cap_order, sizeof *p);
  if (!p) return 1;
  d->order = p;
  p[d->n_order++] = at;
  d->seen[at].depends = true;
  d->max_in = op->n_in > d->max_in ? op->n_in : d->max_in;
  d->max_out = op->n_out > d->max_out ? op->n_out : d->max_out;
  return 0;
}

static int walk(mx_deps *d) {
  while (d->n_stack) {
    frame *f = &d->stack[d->n_stack - 1];
    const mx_op *op = d->seen[f->at].first->op;
    if (f->next < op->n_in) {
      mx_array *in = op->in[f->next++];
      if (in && reach(d, in)) return 1;
      continue;
    }
    uint32_t at = f->at;
    d->n_stack--;
    if (finish(d, at)) return 1;
  }
  return 0;
}

int mx_deps_find(mx_deps *d, mx_vec from, mx_vec to, bool past_zero) {
  *d = (mx_deps){.past_zero = past_zero, .floor = UINT32_MAX};
  for (size_t i = 0; i < from.n; i++) {
    const mx_array *o = from.p[i]->owner;
    d->session = o->session;
    d->floor = o->level < d->floor ? o->level : d->floor;
    if (!is_seen(d, o) && see(d, from.p[i], true)) goto fail;
  }
  for (size_t i = 0; i < to.n && from.n; i++)
    if (reach(d, to.p[i]) || walk(d)) goto fail;
  return 0;
fail:
  mx_deps_free(d);
  return 1;
}

void mx_deps_free(mx_deps *d) {
  free(d->seen);
  free(d->order);
  free(d->stack);
  *d = (mx_deps){0};
}

int mx_trace_fun(mx_vec *in, mx_vec *out, mx_fun f, mx_vec like) {
  if (mx_vec_alloc(in, like.n, "trace")) return 1;
  for (size_t i = 0; i < like.n; i++) {
    const mx_array *a = like.p[i];
    in->p[i] = mx_placeholder((mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, NULL});
    if (!in->p[i]) goto fail;
    mx_session_enter(in->p[i]);
  }
  if (f.call(f.ctx, *in, out)) goto fail;
  return 0;
fail:
  free(in->p);
  in->p = NULL;
  return 1;
}
