/* Owns what all rules of transformation share: making an operation again, mapping one that has no
 * rule over an axis, and the arithmetic of gradients and tangents. Invariant: nothing here
 * evaluates. */
#include "ops/rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "core/prim.h"
#include "core/session.h"
#include "gen/ops.h"

static mx_ints shape_of(const mx_array *a) {
  return (mx_ints){a->shape, a->ndim};
}

static bool same_shape(const mx_array *a, const mx_array *b) {
  return a->ndim == b->ndim &&
         (a->ndim == 0 || !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape));
}

/* ---- the same operation again ---- */

static mx_array *remake_elementwise(const mx_op *op, mx_array *const *in) {
  enum mx_prim prim = (enum mx_prim)op->prim;
  if (prim == MX_PRIM_ASTYPE) return mx_cast(in[0], (mlx_dtype)op->out[0]->dtype, op->stream);
  switch (op->n_in) {
  case 1:
    return mx_unary(prim, in[0], op->stream);
  case 2:
    return mx_binary(prim, in[0], in[1], op->stream);
  default:
    return mx_ternary(prim, in[0], in[1], in[2], op->stream);
  }
}

static bool same_layout(const mx_array *a, const mx_array *b) {
  for (int i = 0; i < a->ndim; i++)
    if (a->shape[i] > 1 && a->strides[i] != b->strides[i]) return false;
  return true;
}

/* An input in the layout that it had, or in rows, which every kernel takes. */
static int remake_node(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_array **own = malloc(((size_t)op->n_in + 1) * sizeof *own);
  mx_spec *specs = malloc(op->n_out * sizeof *specs);
  int bad = own && specs ? 0 : mx_nomem("graph");
  for (int i = 0; i < op->n_in && !bad; i++) {
    own[i] = in[i];
    if (in[i] && !same_layout(in[i], op->in[i])) bad = !(own[i] = mx_row_major(in[i], op->stream));
  }
  for (int i = 0; i < op->n_out && !bad; i++) {
    const mx_array *o = op->out[i];
    specs[i] = (mx_spec){(mlx_dtype)o->dtype, o->ndim, o->shape, o->strides};
  }
  bad = bad || mx_node_multi((enum mx_prim)op->prim, op->n_out, specs, out, op->n_in, own,
                             (int)op->n_params, op->params, op->stream);
  free(own);
  free(specs);
  return bad;
}

int mx_remake_same(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (mx_prim_elementwise(op->prim)) return (out[0] = remake_elementwise(op, in)) ? 0 : 1;
  /* The strides of a view follow its input's. */
  return mx_prim_view(op->prim) ? mx_prim_rules[op->prim].remake(op, in, out)
                                : remake_node(op, in, out);
}

int mx_remake(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (mx_prim_rules[op->prim].remake) return mx_prim_rules[op->prim].remake(op, in, out);
  if (mx_prim_elementwise(op->prim)) return (out[0] = remake_elementwise(op, in)) ? 0 : 1;
  for (int i = 0; i < op->n_in; i++)
    if (in[i] && !same_shape(in[i], op->in[i])) {
      char was[200], is[200];
      return mx_fail(MX_VALUE,
                     "[%s] input %d of shape %s cannot take shape %s in a shapeless graph",
                     mx_prim_name(op->prim), i,
                     mx_shape_text(was, sizeof was, op->in[i]->shape, op->in[i]->ndim),
                     mx_shape_text(is, sizeof is, in[i]->shape, in[i]->ndim));
    }
  return mx_remake_same(op, in, out);
}

/* ---- over a further axis ---- */

mx_array *mx_vmap_front(const mx_vmap_call *c, int i, bool expand) {
  mx_array *a = c->in[i];
  if (!a) return NULL;
  if (c->axis[i] >= 0) return mx_moveaxis(a, c->axis[i], 0, c->s);
  a = mx_expand_dims(a, 0, c->s);
  if (!a || !expand) return a;
  int64_t shape[MX_MAX_NDIM + 1];
  memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
  shape[0] = c->size;
  return mx_broadcast_to(a, (mx_ints){shape, a->ndim}, c->s);
}

/* An elementwise operation broadcasts from the last axis: when all further axes are equally far
 * from the end they stay where they are, else they go to the front of the full rank. */
static int vmap_elementwise(const mx_vmap_call *c) {
  const mx_op *op = c->op;
  int rank = op->out[0]->ndim, from_end = 0;
  bool stay = true;
  mx_array *in[3];
  for (int i = 0; i < op->n_in; i++) {
    if (c->axis[i] < 0) continue;
    int d = c->in[i]->ndim - c->axis[i];
    stay = stay && (from_end == 0 || from_end == d);
    from_end = d;
  }
  for (int i = 0; i < op->n_in; i++) {
    mx_array *a = in[i] = c->in[i];
    bool batched = c->axis[i] >= 0;
    if (stay && !batched && a->ndim >= from_end) in[i] = mx_expand_dims(a, -from_end, c->s);
    if (!stay && batched) {
      int64_t shape[MX_MAX_NDIM + 1] = {c->size};
      int own = a->ndim - 1;
      if (!(a = mx_moveaxis(a, c->axis[i], 0, c->s))) return 1;
      for (int k = 0; k < rank; k++)
        shape[1 + k] = k < rank - own ? 1 : a->shape[1 + k - (rank - own)];
      in[i] = mx_reshape(a, (mx_ints){shape, rank + 1}, c->s);
    }
    if (!in[i]) return 1;
  }
  c->out_axis[0] = stay ? rank + 1 - from_end : 0;
  return (c->out[0] = remake_elementwise(op, in)) ? 0 : 1;
}

/* Element `at` of the further axis. */
static mx_array *slice_of(mx_array *a, int axis, int64_t at, mx_stream *s) {
  int64_t start[MX_MAX_NDIM] = {0}, stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  for (int i = 0; i < a->ndim; i++) {
    stop[i] = a->shape[i];
    step[i] = 1;
  }
  start[axis] = at;
  stop[axis] = at + 1;
  a = mx_slice(a, (mx_ints){start, a->ndim}, (mx_ints){stop, a->ndim}, (mx_ints){step, a->ndim}, s);
  return mx_squeeze_axis(a, axis, s);
}

/* Fills parts[output][slice]. */
static int run_slices(const mx_vmap_call *c, mx_array **in, mx_array **out, mx_array **parts) {
  const mx_op *op = c->op;
  for (int64_t b = 0; b < c->size; b++) {
    for (int i = 0; i < op->n_in; i++) {
      in[i] = c->in[i];
      if (in[i] && c->axis[i] >= 0 && !(in[i] = slice_of(in[i], c->axis[i], b, c->s))) return 1;
    }
    if (mx_remake_same(op, in, out)) return 1;
    for (int k = 0; k < op->n_out; k++) parts[k * c->size + b] = out[k];
  }
  return 0;
}

static mx_array *no_slices(const mx_array *out, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM + 1] = {0};
  if (out->ndim) memcpy(shape + 1, out->shape, (size_t)out->ndim * sizeof *shape);
  return mx_zeros((mx_ints){shape, out->ndim + 1}, (mlx_dtype)out->dtype, s);
}

int mx_vmap_loop(const mx_vmap_call *c) {
  const mx_op *op = c->op;
  size_t n;
  if (__builtin_mul_overflow((size_t)c->size, (size_t)op->n_out, &n) || n > SIZE_MAX / 16)
    return mx_nomem("vmap");
  mx_array **parts = malloc((n + 1) * sizeof *parts);
  mx_array **in = malloc(((size_t)op->n_in + op->n_out) * sizeof *in);
  int bad = parts && in ? run_slices(c, in, in + op->n_in, parts) : mx_nomem("vmap");
  for (int k = 0; k < op->n_out && !bad; k++) {
    c->out[k] = c->size ? mx_stack_axis((mx_vec){parts + k * c->size, (size_t)c->size}, 0, c->s)
                        : no_slices(op->out[k], c->s);
    c->out_axis[k] = 0;
    bad = !c->out[k];
  }
  free(parts);
  free(in);
  return bad;
}

int mx_vmap_op(const mx_vmap_call *c) {
  if (mx_prim_rules[c->op->prim].vmap) return mx_prim_rules[c->op->prim].vmap(c);
  return mx_prim_elementwise(c->op->prim) ? vmap_elementwise(c) : mx_vmap_loop(c);
}

/* ---- arithmetic of gradients ---- */

mx_array *mx_number(double value, const mx_array *a) {
  return mx_scalar(value, (mlx_dtype)a->dtype);
}

mx_array *mx_imaginary_unit(void) {
  return mx_from_host((float[]){0, 1}, NULL, 0, MLX_COMPLEX64);
}

mx_array *mx_zeros_of(const mx_array *a, mx_stream *s) {
  return mx_broadcast_to(mx_number(0, a), shape_of(a), s);
}

mx_array *mx_unbroadcast(mx_array *g, const mx_array *like, mx_stream *s) {
  int64_t axes[MX_MAX_NDIM];
  int n = 0, lead = g ? g->ndim - like->ndim : 0;
  for (int i = 0; g && i < like->ndim; i++)
    if (like->shape[i] == 1 && g->shape[i + lead] == 1) mx_session_pin_shapes();
  if (!g || same_shape(g, like)) return g;
  for (int i = 0; i < g->ndim; i++)
    if (i < lead || (like->shape[i - lead] == 1 && g->shape[i] != 1)) axes[n++] = i;
  mlx_dtype t = (mlx_dtype)g->dtype;
  g = n ? mx_cast(mx_sum_axes(g, (mx_ints){axes, n}, true, s), t, s) : g;
  return mx_reshape(g, shape_of(like), s);
}

mx_array *mx_rule_conjugate(mx_array *a, mx_stream *s) {
  return a && a->dtype == MLX_COMPLEX64 ? mx_conjugate(a, s) : a;
}

mx_array *mx_rule_negative(mx_array *a, mx_stream *s) {
  return a && a->dtype == MLX_BOOL ? a : mx_negative(a, s);
}

mx_array *mx_rule_cast(mx_array *a, mlx_dtype t, mx_stream *s) {
  return mx_cast(t == MLX_BOOL && a && a->dtype == MLX_COMPLEX64 ? mx_real(a, s) : a, t, s);
}

int mx_rule_grad(const mx_vjp_call *c, int i, mx_array *d, bool conjugate) {
  if (conjugate) d = mx_rule_conjugate(d, c->s);
  c->grad[i] = mx_unbroadcast(d, c->in[i], c->s);
  return c->grad[i] ? 0 : 1;
}

static bool projects(const mx_jvp_call *c, int i) {
  return c->in[i]->dtype == MLX_COMPLEX64 && c->out[0]->dtype != MLX_COMPLEX64;
}

mx_array *mx_rule_unit(const mx_jvp_call *c, int i) {
  return projects(c, i) ? mx_number(1, c->out[0]) : c->t[i];
}

int mx_rule_tangent(const mx_jvp_call *c, int i, mx_array **sum, mx_array *d) {
  if (d && projects(c, i) && c->op->prim != MX_PRIM_ASTYPE)
    d = mx_real(mx_multiply(mx_rule_conjugate(d, c->s), c->t[i], c->s), c->s);
  if (d && *sum) d = mx_add(*sum, d, c->s);
  *sum = d;
  return d ? 0 : 1;
}

int mx_rule_tangent_done(const mx_jvp_call *c, mx_array *sum) {
  if (!sum) return 0;
  c->out_t[0] = mx_broadcast_to(sum, shape_of(c->out[0]), c->s);
  return c->out_t[0] ? 0 : 1;
}
