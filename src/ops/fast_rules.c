/* Transformation rules of the fused operations: norms, rotary embedding, attention, cross entropy.
 * Gradients of half floats are computed in float32 where a sum is behind them. */
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

/* ---- norms ---- */

static float eps_of(const mx_op *op) {
  return (float)((const mx_norm_params *)op->params)->eps;
}

/* Mean along the last axis, kept. */
static mx_array *row_mean(mx_array *a, mx_stream *s) {
  return a ? mx_mean_axis(a, -1, true, s) : NULL;
}

/* The gradient of h = x / root(mean(x^2) + eps), x centred or not, from that of h. */
static mx_array *norm_gradient(mx_array *g, mx_array *h, mx_array *scale, bool centred,
                               mx_stream *s) {
  mx_array *along = row_mean(mx_multiply(g, h, s), s);
  mx_array *r = mx_subtract(g, mx_multiply(h, along, s), s);
  if (centred)
    r = mx_subtract(r, row_mean(g, s), s);
  return mx_multiply(r, scale, s);
}

static int norm_vjp(const mx_vjp_call *c, bool centred) {
  mx_stream *s = c->s;
  mx_array *x = mx_wide(c->in[0], s), *g = mx_wide(c->g[0], s);
  mx_array *w = c->in[1] ? mx_wide(c->in[1], s) : NULL;
  if (!x || !g || (c->in[1] && !w))
    return 1;
  if (centred)
    x = mx_subtract(x, row_mean(x, s), s);
  mx_array *mean = row_mean(mx_square(x, s), s);
  mx_array *scale = mean ? mx_rsqrt(mx_add(mean, mx_number((double)eps_of(c->op), mean), s), s)
                         : NULL;
  mx_array *h = mx_multiply(x, scale, s);
  if (!h)
    return 1;
  if (MX_GRAD(c, 0, norm_gradient(w ? mx_multiply(g, w, s) : g, h, scale, centred, s)))
    return 1;
  if (c->in[1] && MX_GRAD(c, 1, mx_unbroadcast(mx_multiply(g, h, s), c->in[1], s)))
    return 1;
  return centred && c->in[2] && MX_GRAD(c, 2, mx_unbroadcast(g, c->in[2], s));
}

int mx_vjp_rms_norm(const mx_vjp_call *c) {
  return norm_vjp(c, false);
}

int mx_vjp_layer_norm(const mx_vjp_call *c) {
  return norm_vjp(c, true);
}

int mx_remake_rms_norm(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_fast_rms_norm(in[0], in[1], eps_of(op), op->stream));
}

int mx_remake_layer_norm(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_fast_layer_norm(in[0], in[1], in[2], eps_of(op), op->stream));
}

/* Vectors of their own for each place of the further axis are multiplied and added afterwards,
 * which rounds as the kernel does. */
static int norm_vmap(const mx_vmap_call *c, bool centred) {
  mx_stream *s = c->s;
  mx_array *x = mx_vmap_front(c, 0, true), *w = c->in[1], *b = centred ? c->in[2] : NULL;
  if (!x)
    return 1;
  bool own_w = w && c->axis[1] >= 0, own_b = b && c->axis[2] >= 0;
  mx_array *with_w = own_w ? NULL : w, *with_b = own_w || own_b ? NULL : b;
  mx_array *r = centred ? mx_fast_layer_norm(x, with_w, with_b, eps_of(c->op), s)
                        : mx_fast_rms_norm(x, with_w, eps_of(c->op), s);
  if (own_w)
    r = mx_multiply(r, mx_lead_align(mx_vmap_front(c, 1, true), x->ndim, s), s);
  if (b && !with_b)
    r = mx_add(r, own_b ? mx_lead_align(mx_vmap_front(c, 2, true), x->ndim, s) : b, s);
  return mx_vmap_done(c, r, 0);
}

int mx_vmap_rms_norm(const mx_vmap_call *c) {
  return norm_vmap(c, false);
}

int mx_vmap_layer_norm(const mx_vmap_call *c) {
  return norm_vmap(c, true);
}

/* ---- rope ---- */

static mx_array *rope(mx_rope_params p, mx_array *const *in, mx_stream *s) {
  mlx_optional_float base = {(float)p.base, in[2] == NULL};
  if (in[1])
    return mx_fast_rope_dynamic(in[0], (int)p.dims, p.traditional, base, (float)p.scale, in[1],
                                in[2], s);
  return mx_fast_rope(in[0], (int)p.dims, p.traditional, base, (float)p.scale, (int)p.offset, in[2],
                      s);
}

static mx_rope_params rope_params(const mx_op *op) {
  return *(const mx_rope_params *)op->params;
}

/* The first (0) or second (1) numbers of the pairs that turn. */
static mx_array *half_of(mx_array *a, const mx_rope_params *p, int second, mx_stream *s) {
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  int n = a->ndim;
  for (int i = 0; i < n; i++) {
    to[i] = a->shape[i];
    step[i] = 1;
  }
  step[n - 1] = p->traditional ? 2 : 1;
  from[n - 1] = !second ? 0 : p->traditional ? 1 : p->dims / 2;
  to[n - 1] = p->traditional || second ? p->dims : p->dims / 2;
  return mx_slice(a, (mx_ints){from, n}, (mx_ints){to, n}, (mx_ints){step, n}, s);
}

/* Positions times scale, of a shape that broadcasts to (B, ..., T, 1). */
static mx_array *positions(const mx_vjp_call *c, const mx_rope_params *p, mlx_dtype t) {
  const mx_array *x = c->in[0];
  mx_array *at = mx_arange(0, (double)x->shape[x->ndim - 2], 1, MLX_FLOAT32, c->s);
  mx_array *offset = c->in[1] ? mx_cast(c->in[1], MLX_FLOAT32, c->s)
                              : mx_scalar((double)p->offset, MLX_FLOAT32);
  at = at ? mx_expand_dims(at, 1, c->s) : NULL;
  if (!at || !offset)
    return NULL;
  if (offset->ndim) {
    int64_t shape[MX_MAX_NDIM] = {offset->size};
    for (int i = 1; i < x->ndim; i++)
      shape[i] = 1;
    offset = mx_reshape(offset, (mx_ints){shape, x->ndim}, c->s);
  }
  return mx_times(mx_cast(mx_add(at, offset, c->s), t, c->s), p->scale, c->s);
}

/* An angle is position / freqs: its gradient, from a pair y turned by it, is g2 y1 - g1 y2. */
static mx_array *to_frequencies(const mx_vjp_call *c, const mx_rope_params *p) {
  mx_stream *s = c->s;
  mx_array *g = mx_wide(c->g[0], s), *y = mx_wide(c->out[0], s), *f = c->in[2];
  if (!g || !y)
    return NULL;
  mx_array *turn = mx_subtract(
      mx_multiply(half_of(g, p, 1, s), half_of(y, p, 0, s), s),
      mx_multiply(half_of(g, p, 0, s), half_of(y, p, 1, s), s), s);
  turn = mx_multiply(turn, positions(c, p, (mlx_dtype)g->dtype), s);
  turn = turn ? mx_unbroadcast(turn, f, s) : NULL;
  return mx_negative(mx_divide(turn, mx_square(f, s), s), s);
}

/* Back is a turn by the opposite angle. */
int mx_vjp_rope(const mx_vjp_call *c) {
  mx_rope_params p = rope_params(c->op), back = p;
  back.scale = -p.scale;
  mx_array *in[3] = {c->g[0], c->in[1], c->in[2]};
  if (MX_GRAD(c, 0, rope(back, in, c->s)))
    return 1;
  return c->in[2] && MX_GRAD(c, 2, to_frequencies(c, &p));
}

int mx_remake_rope(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, rope(rope_params(op), in, op->stream));
}

/* The further axis joins the batch, whose rows may have offsets of their own. */
int mx_vmap_rope(const mx_vmap_call *c) {
  mx_stream *s = c->s;
  if (c->in[2] && c->axis[2] >= 0)
    return mx_vmap_loop(c);
  mx_array *x = mx_vmap_front(c, 0, true);
  if (!x)
    return 1;
  int64_t batch = x->shape[1];
  mx_array *in[3] = {mx_flatten(x, 0, 1, s), c->in[1], c->in[2]};
  bool one = !c->in[1] || (c->axis[1] < 0 && c->in[1]->size == 1);
  if (!one) {
    mx_array *at = mx_vmap_front(c, 1, true);
    at = at && at->ndim == 1 ? mx_expand_dims(at, 1, s) : at;
    at = at ? mx_broadcast_to(at, MX_INTS(c->size, batch), s) : NULL;
    if (!(in[1] = at ? mx_flatten(at, 0, 1, s) : NULL))
      return 1;
  }
  mx_array *r = in[0] ? rope(rope_params(c->op), in, s) : NULL;
  return mx_vmap_done(c, r ? mx_unflatten(r, 0, MX_INTS(c->size, batch), s) : NULL, 0);
}

/* ---- cross entropy ---- */

int mx_vjp_cross_entropy(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  if (!c->want[0])
    return 0;
  mx_array *x = mx_wide(c->in[0], s), *target = mx_expand_dims(c->in[1], -1, s);
  if (!x || !target)
    return 1;
  int64_t n = x->shape[x->ndim - 1];
  mlx_dtype t = n < INT32_MAX ? MLX_INT32 : MLX_INT64; /* the wide one costs a pass as much again */
  mx_array *zero = mx_scalar(0, MLX_INT64), *length = mx_scalar((double)n, MLX_INT64);
  mx_array *all = mx_arange(0, (double)n, 1, t, s), *sum = mx_logsumexp_axis(x, -1, true, s);
  if (!zero || !length || !all || !sum)
    return 1;
  target = mx_where(mx_less(target, zero, s), mx_add(target, length, s), target, s);
  mx_array *p = mx_exp(mx_subtract(x, sum, s), s), *hit = mx_equal(all, mx_cast(target, t, s), s);
  mx_array *less = p ? mx_subtract(p, mx_number(1, p), s) : NULL;
  mx_array *d = mx_where(hit, less, p, s);
  c->grad[0] = mx_multiply(d, mx_expand_dims(c->g[0], -1, s), s);
  return !c->grad[0];
}

int mx_remake_cross_entropy(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_fast_cross_entropy(in[0], in[1], op->stream));
}

int mx_vmap_cross_entropy(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_cross_entropy);
}
