/* Transformation rules of attention.
 * Scores are (B, Hkv, G Lq, Lk) for products, where the G query heads of a key head are more rows,
 * and (B, Hq, Lq, Lk) otherwise: the same memory. */
#include <float.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

static const mx_attention_params *attention_params(const mx_op *op) {
  return (const mx_attention_params *)op->params;
}

/* (B, Hq, L, n) as (B, Hkv, G L, n). */
static mx_array *by_key_head(mx_array *a, const mx_array *k, mx_stream *s) {
  if (!a || a->shape[1] == k->shape[1])
    return a;
  int64_t rows = a->shape[1] / k->shape[1] * a->shape[2];
  return mx_reshape(a, MX_INTS(a->shape[0], k->shape[1], rows, a->shape[3]), s);
}

static mx_array *by_head(mx_array *a, const mx_array *q, mx_stream *s) {
  if (!a || a->shape[1] == q->shape[1])
    return a;
  return mx_reshape(a, MX_INTS(a->shape[0], q->shape[1], q->shape[2], a->shape[3]), s);
}

/* What each query sees, as bools; NULL in *seen where it sees everything. */
static int visible(const mx_vjp_call *c, mx_array **seen) {
  mx_stream *s = c->s;
  int64_t lq = c->in[0]->shape[2], lk = c->in[1]->shape[2];
  *seen = c->in[3] && c->in[3]->dtype == MLX_BOOL ? c->in[3] : NULL;
  if (!attention_params(c->op)->causal)
    return 0;
  mx_array *row = mx_arange((double)(lk - lq), (double)lk, 1, MLX_INT64, s);
  mx_array *column = mx_arange(0, (double)lk, 1, MLX_INT64, s);
  if (!row || !column)
    return 1;
  *seen = mx_greater_equal(mx_expand_dims(row, 1, s), column, s);
  return !*seen;
}

/* The parts of a row that the keys take, and (sink not NULL) the sink takes. */
static mx_array *parts(const mx_vjp_call *c, mx_array *scores, mx_array *seen, mx_array **sink) {
  mx_stream *s = c->s;
  if (seen && scores) {
    mlx_dtype t = (mlx_dtype)scores->dtype;
    double low = t == MLX_FLOAT16    ? -65504.0
                 : t == MLX_BFLOAT16 ? -0x1.fep127
                 : t == MLX_FLOAT64  ? -DBL_MAX
                                     : (double)-FLT_MAX;
    scores = mx_where(seen, scores, mx_number(low, scores), s);
  } else if (c->in[3]) {
    scores = mx_add(scores, c->in[3], s);
  }
  if (!c->in[4])
    return scores ? mx_softmax_axis(scores, -1, true, s) : NULL;
  mx_array *own = mx_reshape(mx_wide(c->in[4], s), MX_INTS(c->in[4]->size, 1, 1), s);
  scores = mx_wide(scores, s);
  mx_array *sum = scores ? mx_logsumexp_axis(scores, -1, true, s) : NULL;
  sum = mx_logaddexp(sum, own, s);
  *sink = mx_exp(mx_subtract(own, sum, s), s);
  return mx_exp(mx_subtract(scores, sum, s), s);
}

/* What reaches the mask and the sinks from the scores' gradient and what each row gives. */
static int to_mask_and_sinks(const mx_vjp_call *c, mx_array *d, mx_array *row, mx_array *sink) {
  mx_stream *s = c->s;
  if (c->in[3] && c->in[3]->dtype != MLX_BOOL && MX_GRAD(c, 3, mx_unbroadcast(d, c->in[3], s)))
    return 1;
  if (!c->in[4] || !c->want[4])
    return 0;
  mx_array *part = mx_negative(mx_multiply(sink, row, s), s);
  part = part ? mx_sum_axes(part, MX_INTS(0, 2, 3), false, s) : NULL;
  c->grad[4] = part;
  return !part;
}

int mx_vjp_scaled_dot_product_attention(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *k = c->in[1], *v = c->in[2], *g = c->g[0], *seen, *sink = NULL;
  if (g->size == 0 || k->size == 0 || v->size == 0)
    return 0;
  double scale = attention_params(c->op)->scale;
  mx_array *q = by_key_head(mx_times(c->in[0], scale, s), k, s), *rows = by_key_head(g, k, s);
  if (visible(c, &seen))
    return 1;
  mx_array *scores = by_head(mx_matmul(q, mx_turn(k, s), s), c->in[0], s);
  mx_array *p = mx_cast(parts(c, scores, seen, &sink), (mlx_dtype)g->dtype, s);
  if (!p || !rows)
    return 1;
  if (MX_GRAD(c, 2, mx_matmul(mx_turn(by_key_head(p, k, s), s), rows, s)))
    return 1;
  /* dS = P (dP - row), where row is sum(P dP), that is, sum(g out) */
  mx_array *row = mx_sum_axis(mx_multiply(g, c->out[0], s), -1, true, s);
  mx_array *dp = by_head(mx_matmul(rows, mx_turn(v, s), s), c->in[0], s);
  mx_array *d = mx_multiply(p, mx_subtract(dp, row, s), s);
  if (d && seen)
    d = mx_where(seen, d, mx_number(0, d), s);
  if (!d || to_mask_and_sinks(c, d, row, sink))
    return 1;
  mx_array *ds = by_key_head(d, k, s);
  if (c->want[0]) {
    mx_array *r = by_head(mx_matmul(ds, k, s), c->in[0], s);
    if (!(c->grad[0] = mx_times(r, scale, s)))
      return 1;
  }
  return MX_GRAD(c, 1, mx_matmul(mx_turn(ds, s), q, s));
}

static mx_array *attention(const mx_op *op, mx_array *const *in) {
  const mx_attention_params *p = attention_params(op);
  const char *mode = p->causal ? "causal" : in[3] ? "array" : "";
  return mx_fast_scaled_dot_product_attention(in[0], in[1], in[2], (float)p->scale, mode, in[3],
                                              in[4], op->stream);
}

int mx_remake_scaled_dot_product_attention(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, attention(op, in));
}

/* a (V, d0, d1, ...) with V joined to the axis `at` that then follows it. */
static mx_array *joined(mx_array *a, int at, mx_stream *s) {
  return a ? mx_flatten(mx_moveaxis(a, 0, at, s), at, at + 1, s) : NULL;
}

/* The mask, whose axis `at` may be of length 1, for `n` places of that axis in each copy. */
static mx_array *joined_mask(const mx_vmap_call *c, int at, int64_t n) {
  mx_array *m = mx_vmap_front(c, 3, true);
  int64_t shape[5];
  if (!(m = mx_lead_align(m, 5, c->s)))
    return NULL;
  for (int i = 0; i < 5; i++)
    shape[i] = m->shape[i];
  shape[at + 1] = n;
  return joined(mx_broadcast_to(m, (mx_ints){shape, 5}, c->s), at, c->s);
}

/* The further axis is more of the batch or, where sinks differ, more heads. */
int mx_vmap_scaled_dot_product_attention(const mx_vmap_call *c) {
  mx_stream *s = c->s;
  mx_array *in[5] = {NULL};
  int at = c->in[4] && c->axis[4] >= 0 ? 1 : 0;
  int64_t n = 0;
  for (int i = 0; i < 3; i++) {
    mx_array *a = mx_vmap_front(c, i, true);
    if (!a)
      return 1;
    n = i == 0 ? a->shape[at + 1] : n;
    if (!(in[i] = joined(a, at, s)))
      return 1;
  }
  if (c->in[3]) {
    int has = c->in[3]->ndim;
    bool same = c->axis[3] < 0 && (has < 4 - at || c->in[3]->shape[has - 4 + at] == 1);
    if (!(in[3] = same ? c->in[3] : joined_mask(c, at, n)))
      return 1;
  }
  in[4] = c->in[4];
  if (at && !(in[4] = mx_flatten(mx_vmap_front(c, 4, true), 0, 1, s)))
    return 1;
  mx_array *r = attention(c->op, in);
  return mx_vmap_done(c, r ? mx_unflatten(r, at, MX_INTS(c->size, n), s) : NULL, at);
}
