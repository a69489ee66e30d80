/* How operations that leave values as they are are transformed. */
#include <stdlib.h>

#include "gen/ops.h"
#include "gen/rules.h"

int mx_remake_through(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_spec *specs = malloc(op->n_out * sizeof *specs);
  int bad = specs ? 0 : mx_nomem("graph");
  for (int i = 0; i < op->n_out && !bad; i++)
    specs[i] = (mx_spec){(mlx_dtype)in[i]->dtype, in[i]->ndim, in[i]->shape, in[i]->strides};
  bad = bad || mx_node_multi((enum mx_prim)op->prim, op->n_out, specs, out, op->n_in, in,
                             (int)op->n_params, op->params, op->stream);
  free(specs);
  return bad;
}

int mx_remake_stop_gradient(const mx_op *op, mx_array *const *in, mx_array **out) {
  out[0] = mx_stop_gradient(in[0], op->stream);
  return !out[0];
}

int mx_remake_depends(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remake_through(op, in, out);
}

int mx_vjp_depends(const mx_vjp_call *c) {
  for (int i = 0; i < c->op->n_out; i++) c->grad[i] = c->g[i];
  return 0;
}

int mx_jvp_depends(const mx_jvp_call *c) {
  for (int i = 0; i < c->op->n_out; i++) c->out_t[i] = c->t[i];
  return 0;
}

int mx_vmap_depends(const mx_vmap_call *c) {
  for (int i = 0; i < c->op->n_out; i++) c->out_axis[i] = c->axis[i];
  return mx_remake_through(c->op, c->in, c->out);
}

int mx_vmap_stop_gradient(const mx_vmap_call *c) {
  c->out_axis[0] = c->axis[0];
  c->out[0] = mx_stop_gradient(c->in[0], c->s);
  return c->out[0] ? 0 : 1;
}
