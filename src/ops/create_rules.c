/* How ranges and random bits, whose shapes are parameters, are transformed. */
#include "ops/rules_help.h"

int mx_remake_arange(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remake_same(op, in, out);
}

int mx_remake_random_bits(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remake_same(op, in, out);
}

/* The kernel draws an equal share of the result from each key of (..., 2). */
int mx_vmap_random_bits(const mx_vmap_call *c) {
  int64_t shape[MX_MAX_NDIM + 1] = {c->size};
  const mx_array *out = c->op->out[0];
  mx_array *keys = mx_row_major(mx_vmap_front(c, 0, true), c->s);
  if (!keys) return 1;
  if (out->ndim) memcpy(shape + 1, out->shape, (size_t)out->ndim * sizeof *shape);
  mx_spec spec = {(mlx_dtype)out->dtype, out->ndim + 1, shape, NULL};
  mx_array *r = mx_node(MX_PRIM_RANDOM_BITS, spec, 1, &keys, (int)c->op->n_params, c->op->params,
                        c->s);
  return mx_vmap_done(c, r, 0);
}
