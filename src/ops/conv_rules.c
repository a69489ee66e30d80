/* Transformation rules of convolutions. The gradient to the input is a convolution itself, of the
 * cotangent with the turned weight, strides and dilations changing places. That to the weight is a
 * primitive, linear in the input and the cotangent like the convolution in input and weight: the
 * three give each other's gradients.
 * Invariant: paddings reach the builder cut to what it means by them, for a negative padding
 * counts positions of the dilated array. */
#include <limits.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

enum { SPATIAL = MX_CONV_SPATIAL };

typedef struct padding {
  int64_t lo[SPATIAL], hi[SPATIAL];
} padding;

static const mx_conv_params *params_of(const mx_op *op) {
  return (const mx_conv_params *)op->params;
}

static mx_ints axes_of(const mx_conv_params *p, const int64_t *v) {
  return (mx_ints){v, (int)p->n};
}

static int64_t span(int64_t n, int64_t step) {
  return (n - 1) * step + 1;
}

/* A negative padding of an array dilated by `step` drops whole elements, and the zeros in front of
 * the next one are a padding that stays. */
static int64_t dropped(int64_t *pad, int64_t step) {
  if (*pad >= 0)
    return 0;
  int64_t n = (step - 1 - *pad) / step;
  *pad += n * step;
  return n;
}

/* a without what negative paddings drop; NULL in *out where nothing is left. */
static int cut(mx_array *a, int n, const int64_t *step, padding *pad, mx_array **out,
               mx_stream *s) {
  int64_t from[SPATIAL + 2] = {0}, to[SPATIAL + 2], one[SPATIAL + 2];
  bool any = false;
  for (int i = 0; i < n + 2; i++) {
    to[i] = a->shape[i];
    one[i] = 1;
  }
  *out = NULL;
  for (int i = 0; i < n; i++) {
    from[i + 1] = dropped(&pad->lo[i], step[i]);
    to[i + 1] -= dropped(&pad->hi[i], step[i]);
    any = any || from[i + 1] || to[i + 1] != a->shape[i + 1];
    if (from[i + 1] >= to[i + 1])
      return 0;
  }
  mx_ints start = {from, n + 2}, stop = {to, n + 2};
  *out = any ? mx_slice(a, start, stop, (mx_ints){one, n + 2}, s) : a;
  return !*out;
}

/* The first axis as (parts, rest): the parts go in front of what is inside the last axis. */
static mx_array *regroup(mx_array *a, int64_t parts, mx_stream *s) {
  int64_t shape[SPATIAL + 2];
  if (parts == 1 || !a)
    return a;
  int last = a->ndim - 1;
  memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
  shape[0] /= parts;
  shape[last] *= parts;
  a = mx_moveaxis(mx_unflatten(a, 0, MX_INTS(parts, shape[0]), s), 0, last, s);
  return a ? mx_reshape(a, (mx_ints){shape, last + 1}, s) : NULL;
}

/* First and last axis exchanged. */
static mx_array *exchange(mx_array *a, mx_stream *s) {
  return a ? mx_swapaxes(a, 0, -1, s) : NULL;
}

/* x[i] takes g[o] w[t] wherever o * stride + t * kernel_dilation - lo = i * input_dilation: g
 * dilated by the stride meets the taps in reverse, in steps of the input's dilation. */
static mx_array *to_input(const mx_conv_params *p, const mx_array *x, mx_array *w, mx_array *g,
                          mx_stream *s) {
  padding pad;
  if (x->size == 0 || w->size == 0 || g->size == 0)
    return mx_zeros_of(x, s);
  for (int i = 0; i < p->n; i++) {
    int64_t taps = span(w->shape[i + 1], p->kernel_dilation[i]);
    int64_t length = span(g->shape[i + 1], p->stride[i]);
    pad.lo[i] = taps - 1 - p->lo[i];
    pad.hi[i] = span(x->shape[i + 1], p->input_dilation[i]) - 1 + taps - pad.lo[i] - length;
  }
  if (cut(g, (int)p->n, p->stride, &pad, &g, s))
    return NULL;
  if (!g)
    return mx_zeros_of(x, s);
  return mx_conv_general(g, exchange(regroup(w, p->groups, s), s), axes_of(p, p->input_dilation),
                         axes_of(p, pad.lo), axes_of(p, pad.hi), axes_of(p, p->kernel_dilation),
                         axes_of(p, p->stride), (int)p->groups, !p->flip, s);
}

mx_array *mx_conv_to_weight(const mx_conv_params *p, mx_array *x, mx_array *g, const mx_array *like,
                            int64_t groups, mx_stream *s) {
  mx_array *in[] = {mx_row_major(x, s), mx_row_major(g, s)};
  int64_t shape[SPATIAL + 2];
  if (!in[0] || !in[1])
    return NULL;
  mx_conv_params words = *p;
  words.groups = groups;
  memcpy(shape, like->shape, (size_t)like->ndim * sizeof *shape);
  shape[0] = g->shape[g->ndim - 1];
  shape[like->ndim - 1] = x->shape[x->ndim - 1] / groups;
  mx_spec out = {(mlx_dtype)x->dtype, like->ndim, shape, NULL};
  return mx_node(MX_PRIM_CONV_WEIGHT, out, 2, in, MX_WORDS(words), s);
}

int mx_vjp_conv_general(const mx_vjp_call *c) {
  const mx_conv_params *p = params_of(c->op);
  if (MX_GRAD(c, 0, to_input(p, c->in[0], c->in[1], c->g[0], c->s)))
    return 1;
  return MX_GRAD(c, 1, mx_conv_to_weight(p, c->in[0], c->g[0], c->in[1], p->groups, c->s));
}

static mx_array *same_conv(const mx_op *op, mx_array *x, mx_array *w, int64_t groups) {
  const mx_conv_params *p = params_of(op);
  if (groups > INT_MAX) {
    mx_fail(MX_VALUE, "[conv] %lld groups are too many", (long long)groups);
    return NULL;
  }
  return mx_conv_general(x, w, axes_of(p, p->stride), axes_of(p, p->lo), axes_of(p, p->hi),
                         axes_of(p, p->kernel_dilation), axes_of(p, p->input_dilation),
                         (int)groups, p->flip, op->stream);
}

/* What an operation that is linear in each of two inputs gives for both tangents. */
static int both_tangents(const mx_jvp_call *c, mx_array *first, mx_array *second) {
  if ((c->t[0] && !first) || (c->t[1] && !second))
    return 1;
  c->out_t[0] = first && second ? mx_add(first, second, c->s) : first ? first : second;
  return first && second && !c->out_t[0];
}

int mx_jvp_conv_general(const mx_jvp_call *c) {
  int64_t groups = params_of(c->op)->groups;
  return both_tangents(c, c->t[0] ? same_conv(c->op, c->t[0], c->in[1], groups) : NULL,
                       c->t[1] ? same_conv(c->op, c->in[0], c->t[1], groups) : NULL);
}

int mx_remake_conv_general(const mx_op *op, mx_array *const *in, mx_array **out) {
  *out = same_conv(op, in[0], in[1], params_of(op)->groups);
  return !*out;
}

/* One weight: more of the batch. */
static int more_inputs(const mx_vmap_call *c) {
  mx_array *x = mx_vmap_front(c, 0, true);
  if (!x)
    return 1;
  int64_t batch = x->shape[1];
  x = mx_flatten(x, 0, 1, c->s);
  mx_array *r = x ? same_conv(c->op, x, c->in[1], params_of(c->op)->groups) : NULL;
  *c->out = r ? mx_unflatten(r, 0, MX_INTS(c->size, batch), c->s) : NULL;
  *c->out_axis = 0;
  return !*c->out;
}

/* One input: more filters in each group. */
static int more_filters(const mx_vmap_call *c) {
  int64_t groups = params_of(c->op)->groups;
  mx_array *w = mx_vmap_front(c, 1, true);
  w = w ? mx_unflatten(w, 1, MX_INTS(groups, w->shape[1] / groups), c->s) : NULL;
  w = mx_moveaxis(w, 0, 1, c->s); /* groups, V, filters of a group, ... */
  if (!w)
    return 1;
  int64_t each = w->shape[2];
  w = mx_flatten(w, 0, 2, c->s);
  mx_array *r = w ? same_conv(c->op, c->in[0], w, groups) : NULL;
  r = r ? mx_unflatten(r, -1, MX_INTS(groups, c->size, each), c->s) : NULL;
  r = r ? mx_moveaxis(r, -2, 0, c->s) : NULL;
  *c->out = r ? mx_flatten(r, -2, -1, c->s) : NULL;
  *c->out_axis = 0;
  return !*c->out;
}

/* Input i with the further axis as more channels. */
static mx_array *more_channels(const mx_vmap_call *c, int i) {
  mx_array *a = mx_moveaxis(mx_vmap_front(c, i, true), 0, -2, c->s);
  return a ? mx_flatten(a, -2, -1, c->s) : NULL;
}

/* Both: more groups. */
static int more_groups(const mx_vmap_call *c) {
  mx_array *x = more_channels(c, 0), *w = mx_vmap_front(c, 1, true);
  if (!x || !w)
    return 1;
  int64_t filters = w->shape[1], groups = params_of(c->op)->groups;
  w = mx_flatten(w, 0, 1, c->s);
  mx_array *r = w ? same_conv(c->op, x, w, groups * c->size) : NULL;
  *c->out = r ? mx_unflatten(r, -1, MX_INTS(c->size, filters), c->s) : NULL;
  *c->out_axis = r ? r->ndim - 1 : 0;
  return !*c->out;
}

int mx_vmap_conv_general(const mx_vmap_call *c) {
  if (c->axis[1] < 0)
    return more_inputs(c);
  return c->axis[0] < 0 ? more_filters(c) : more_groups(c);
}

/* ---- the gradient to the weight ---- */

int mx_vjp_conv_weight(const mx_vjp_call *c) {
  const mx_conv_params *p = params_of(c->op);
  if (MX_GRAD(c, 0, to_input(p, c->in[0], c->g[0], c->in[1], c->s)))
    return 1;
  return MX_GRAD(c, 1, same_conv(c->op, c->in[0], c->g[0], p->groups));
}

int mx_jvp_conv_weight(const mx_jvp_call *c) {
  const mx_conv_params *p = params_of(c->op);
  const mx_array *like = c->out[0];
  mx_array *x = c->t[0] ? mx_conv_to_weight(p, c->t[0], c->in[1], like, p->groups, c->s) : NULL;
  mx_array *g = c->t[1] ? mx_conv_to_weight(p, c->in[0], c->t[1], like, p->groups, c->s) : NULL;
  return both_tangents(c, x, g);
}

int mx_remake_conv_weight(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_conv_params *p = params_of(op);
  return mx_remade(out, mx_conv_to_weight(p, in[0], in[1], op->out[0], p->groups, op->stream));
}

int mx_vmap_conv_weight(const mx_vmap_call *c) {
  const mx_conv_params *p = params_of(c->op);
  mx_array *x = more_channels(c, 0), *g = more_channels(c, 1);
  if (!x || !g)
    return 1;
  int64_t filters = c->op->out[0]->shape[0];
  mx_array *r = mx_conv_to_weight(p, x, g, c->op->out[0], p->groups * c->size, c->s);
  return mx_vmap_done(c, r ? mx_unflatten(r, 0, MX_INTS(c->size, filters), c->s) : NULL, 0);
}
