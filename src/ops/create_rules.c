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

/* ---- random_erf ---- */

int mx_remake_random_erf(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_array *x = in[0];
  out[0] = mx_node(MX_PRIM_RANDOM_ERF, (mx_spec){MLX_FLOAT32, x->ndim, x->shape, NULL}, 1,
                   (mx_array *[]){mx_row_major(in[0], op->stream)}, (int)op->n_params, op->params,
                   op->stream);
  return !out[0];
}

int mx_vmap_random_erf(const mx_vmap_call *c) {
  c->out_axis[0] = c->axis[0];
  return mx_remake_random_erf(c->op, c->in, c->out);
}

/* erf' = 2/sqrt(pi) exp(-x^2); of the inverse, one over that at the output. */
int mx_vjp_random_erf(const mx_vjp_call *c) {
  bool inverse = ((const mx_random_erf_params *)c->op->params)->inverse;
  if (!c->want[0] || !c->g[0]) return 0;
  mx_array *e = mx_square(inverse ? c->out[0] : c->in[0], c->s);
  if (e && !inverse) e = mx_negative(e, c->s);
  e = e ? mx_exp(e, c->s) : NULL;
  mx_array *k = e ? mx_number(inverse ? 0.8862269254527580 : 1.1283791670955126, e) : NULL;
  e = k ? mx_multiply(e, k, c->s) : NULL;
  c->grad[0] = e ? mx_multiply(c->g[0], e, c->s) : NULL;
  return !c->grad[0];
}
