/* Transformation rules of the gated delta rule: its gradient walks the steps back.
 * Inside, arrays have the axes (B, T, Hk, R, Dv, Dk), of length 1 where they have none: R value
 * heads share a key head. One step lacks T. */
#include <stdlib.h>

#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

enum { Q, K, V, GAMMA, BETA, STATE, MASK, N_INPUTS };

/* What a step of the forward walk leaves: the state as it was decayed, what v lacked, the state. */
typedef struct stage {
  mx_array *decayed, *lack, *state;
} stage;

typedef struct walk {
  mx_stream *s;
  int64_t b, t, hk, r, dv, dk;
  bool wide_gate;
  mx_array *in[N_INPUTS]; /* q, k, v, gamma, beta over T; the state before the first step */
  mx_array *mask;         /* over T, or NULL */
  stage *stages;
  mx_array **part[5]; /* gradients of q .. beta, one a step */
} walk;

/* Gates that keep the state where the mask says so. */
static int set_mask(walk *w, mx_array *mask) {
  mx_stream *s = w->s;
  mx_array *one = mx_scalar(1, MLX_FLOAT32), *zero = mx_scalar(0, MLX_FLOAT32);
  w->mask = mx_reshape(mask, MX_INTS(w->b, w->t, 1, 1, 1, 1), s);
  if (!one || !zero || !w->mask)
    return 1;
  w->in[GAMMA] = mx_where(w->mask, w->in[GAMMA], one, s);
  w->in[BETA] = mx_where(w->mask, w->in[BETA], zero, s);
  return !w->in[GAMMA] || !w->in[BETA];
}

static int set_inputs(walk *w, mx_array *const *in) {
  mx_stream *s = w->s;
  int64_t b = w->b, t = w->t, hk = w->hk, r = w->r, gates = w->wide_gate ? w->dk : 1;
  w->in[Q] = mx_reshape(in[Q], MX_INTS(b, t, hk, 1, 1, w->dk), s);
  w->in[K] = mx_reshape(in[K], MX_INTS(b, t, hk, 1, 1, w->dk), s);
  w->in[V] = mx_reshape(in[V], MX_INTS(b, t, hk, r, w->dv, 1), s);
  w->in[GAMMA] = mx_reshape(in[GAMMA], MX_INTS(b, t, hk, r, 1, gates), s);
  w->in[BETA] = mx_reshape(in[BETA], MX_INTS(b, t, hk, r, 1, 1), s);
  mx_array *zero = in[STATE] ? in[STATE] : mx_scalar(0, MLX_FLOAT32);
  mx_ints shape = MX_INTS(b, hk, r, w->dv, w->dk);
  if (!zero)
    return 1;
  w->in[STATE] = in[STATE] ? mx_reshape(zero, shape, s) : mx_broadcast_to(zero, shape, s);
  for (int i = 0; i <= STATE; i++)
    if (!w->in[i])
      return 1;
  return in[MASK] && set_mask(w, in[MASK]);
}

static mx_array *at(const walk *w, mx_array *a, int64_t t) {
  a = mx_part(a, 1, t, t + 1, w->s);
  return a ? mx_squeeze_axis(a, 1, w->s) : NULL;
}

/* Sum of products over the axes named, kept. */
static mx_array *dot(mx_array *a, mx_array *b, mx_ints axes, mx_stream *s) {
  a = mx_multiply(a, b, s);
  return a ? mx_sum_axes(a, axes, true, s) : NULL;
}

static int forward(walk *w) {
  mx_stream *s = w->s;
  mx_array *state = w->in[STATE];
  for (int64_t t = 0; t < w->t; t++) {
    mx_array *k = at(w, w->in[K], t);
    stage *st = &w->stages[t];
    st->decayed = mx_multiply(state, at(w, w->in[GAMMA], t), s);
    st->lack = mx_subtract(at(w, w->in[V], t), dot(st->decayed, k, MX_INTS(-1), s), s);
    mx_array *add = mx_multiply(mx_multiply(st->lack, at(w, w->in[BETA], t), s), k, s);
    state = st->state = mx_add(st->decayed, add, s);
    if (!state)
      return 1;
  }
  return 0;
}

/* One step back: d, the gradient of the state after it, becomes that of the state before. */
static int back(walk *w, int64_t t, mx_array *g, mx_array **d) {
  mx_stream *s = w->s;
  const stage *st = &w->stages[t];
  mx_array *before = t ? w->stages[t - 1].state : w->in[STATE];
  mx_array *q = at(w, w->in[Q], t), *k = at(w, w->in[K], t), *beta = at(w, w->in[BETA], t);
  mx_ints shared = MX_INTS(2, 3), keys = MX_INTS(-1), values = MX_INTS(-2);
  if (g) {
    *d = mx_add(*d, mx_multiply(g, q, s), s);
    w->part[Q][t] = dot(st->state, g, shared, s);
  } else {
    w->part[Q][t] = q ? mx_zeros_of(q, s) : NULL;
  }
  mx_array *added = dot(*d, k, keys, s), *lack = mx_multiply(added, beta, s);
  mx_array *decayed = mx_subtract(*d, mx_multiply(lack, k, s), s);
  mx_array *by_add = dot(*d, mx_multiply(st->lack, beta, s), shared, s);
  w->part[K][t] = mx_subtract(by_add, dot(st->decayed, lack, shared, s), s);
  w->part[V][t] = lack;
  w->part[GAMMA][t] = dot(decayed, before, w->wide_gate ? values : MX_INTS(-2, -1), s);
  w->part[BETA][t] = dot(st->lack, added, values, s);
  *d = mx_multiply(decayed, at(w, w->in[GAMMA], t), s);
  for (int i = Q; i <= BETA; i++)
    if (!w->part[i][t])
      return 1;
  return !*d;
}

static int all_back(walk *w, const mx_vjp_call *c, mx_array **d) {
  mx_stream *s = w->s;
  mx_array *g = c->g[0];
  *d = c->g[1] ? mx_reshape(c->g[1], mx_shape_of(w->in[STATE]), s) : mx_zeros_of(w->in[STATE], s);
  g = g ? mx_reshape(g, MX_INTS(w->b, w->t, w->hk, w->r, w->dv, 1), s) : NULL;
  if (!*d || (c->g[0] && !g))
    return 1;
  if (g && w->mask && !(g = mx_where(w->mask, g, mx_number(0, g), s)))
    return 1;
  for (int64_t t = w->t - 1; t >= 0; t--) {
    mx_array *now = g ? at(w, g, t) : NULL;
    if ((g && !now) || back(w, t, now, d))
      return 1;
  }
  return 0;
}

static int collect(walk *w, const mx_vjp_call *c, mx_array *d) {
  mx_stream *s = w->s;
  for (int i = Q; i <= BETA; i++) {
    if (!c->want[i])
      continue;
    mx_array *all = mx_stack_axis((mx_vec){w->part[i], (size_t)w->t}, 1, s);
    if (all && w->mask && (i == GAMMA || i == BETA))
      all = mx_where(w->mask, all, mx_number(0, all), s);
    if (!all || !(c->grad[i] = mx_reshape(all, mx_shape_of(c->in[i]), s)))
      return 1;
  }
  return c->in[STATE] && MX_GRAD(c, STATE, mx_reshape(d, mx_shape_of(c->in[STATE]), s));
}

int mx_vjp_gated_delta_update(const mx_vjp_call *c) {
  mx_array *const *in = c->in;
  if (!c->g[0] && !c->g[1])
    return 0;
  walk w = {.s = c->s, .b = in[Q]->shape[0], .t = in[Q]->shape[1], .hk = in[Q]->shape[2]};
  w.dk = in[Q]->shape[3];
  w.r = in[V]->shape[2] / w.hk;
  w.dv = in[V]->shape[3];
  w.wide_gate = in[GAMMA]->ndim == 4;
  if ((uint64_t)w.t > SIZE_MAX / (sizeof *w.stages + 5 * sizeof *w.part[0]))
    return mx_nomem("gated_delta_update");
  w.stages = malloc((size_t)w.t * (sizeof *w.stages + 5 * sizeof *w.part[0]));
  if (!w.stages)
    return mx_nomem("gated_delta_update");
  for (int i = 0; i < 5; i++)
    w.part[i] = (mx_array **)(w.stages + w.t) + i * w.t;
  mx_array *d;
  int bad = set_inputs(&w, in) || forward(&w) || all_back(&w, c, &d) || collect(&w, c, d);
  free(w.stages);
  return bad;
}

int mx_remake_gated_delta_update(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_fast_gated_delta_update(&out[0], &out[1], in[Q], in[K], in[V], in[GAMMA], in[BETA],
                                    in[STATE], in[MASK], op->stream);
}

/* The further axis is more of the batch. */
int mx_vmap_gated_delta_update(const mx_vmap_call *c) {
  mx_array *in[N_INPUTS] = {NULL}, *out[2];
  int64_t batch = 0;
  for (int i = 0; i < N_INPUTS; i++) {
    mx_array *a = mx_vmap_front(c, i, true);
    if (!c->in[i])
      continue;
    batch = a ? a->shape[1] : 0;
    if (!(in[i] = a ? mx_flatten(a, 0, 1, c->s) : NULL))
      return 1;
  }
  if (mx_remake_gated_delta_update(c->op, in, out))
    return 1;
  for (int i = 0; i < 2; i++) {
    c->out[i] = mx_unflatten(out[i], 0, MX_INTS(c->size, batch), c->s);
    c->out_axis[i] = 0;
  }
  return !c->out[0] || !c->out[1];
}
