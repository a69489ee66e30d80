/* How concatenation is transformed. */
#include <stdlib.h>

#include "ops/rules_help.h"

static int axis_of(const mx_op *op) {
  return (int)((const mx_axis_params *)op->params)->axis;
}

int mx_vjp_concatenate(const mx_vjp_call *c) {
  int axis = axis_of(c->op);
  int64_t from = 0;
  for (int i = 0; i < c->op->n_in; i++) {
    int64_t to = from + c->in[i]->shape[axis];
    if (MX_GRAD(c, i, mx_part(c->g[0], axis, from, to, c->s))) return 1;
    from = to;
  }
  return 0;
}

/* All of `parts`, with `n` entries, joined; frees the list. */
static int join(mx_array **parts, int n, int axis, mx_array **out, mx_stream *s) {
  bool whole = true;
  for (int i = 0; i < n; i++) whole = whole && parts[i];
  out[0] = whole ? mx_concatenate_axis((mx_vec){parts, (size_t)n}, axis, s) : NULL;
  free(parts);
  return !out[0];
}

static mx_array **list(int n) {
  mx_array **p = malloc((size_t)n * sizeof *p);
  if (!p) mx_nomem("concatenate");
  return p;
}

int mx_jvp_concatenate(const mx_jvp_call *c) {
  int n = c->op->n_in;
  mx_array **t = list(n);
  if (!t) return 1;
  for (int i = 0; i < n; i++) t[i] = c->t[i] ? c->t[i] : mx_zeros_of(c->in[i], c->s);
  return join(t, n, axis_of(c->op), c->out_t, c->s);
}

int mx_vmap_concatenate(const mx_vmap_call *c) {
  int n = c->op->n_in;
  mx_array **in = list(n);
  if (!in) return 1;
  for (int i = 0; i < n; i++) in[i] = mx_vmap_front(c, i, true);
  c->out_axis[0] = 0;
  return join(in, n, axis_of(c->op) + 1, c->out, c->s);
}

int mx_remake_concatenate(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_vec v = {(mx_array **)in, op->n_in};
  return mx_remade(out, mx_concatenate_axis(v, axis_of(op), op->stream));
}
