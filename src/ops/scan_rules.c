/* How running folds are transformed. The gradients of products and of logcumsumexp are a linear
 * recurrence that runs against the fold, solved without division or overflow: exact where elements
 * are zero, linear in the cotangent, and differentiable again. */
#include <math.h>

#include "ops/rules_help.h"

static const mx_scan_params *scan_of(const mx_op *op) {
  return (const mx_scan_params *)op->params;
}

static mx_array *scan(enum mx_prim prim, mx_array *a, int axis, bool reverse, bool inclusive,
                      mx_stream *s) {
  switch (prim) {
  case MX_PRIM_CUMSUM:
    return mx_cumsum(a, axis, reverse, inclusive, s);
  case MX_PRIM_CUMPROD:
    return mx_cumprod(a, axis, reverse, inclusive, s);
  case MX_PRIM_CUMMAX:
    return mx_cummax(a, axis, reverse, inclusive, s);
  case MX_PRIM_CUMMIN:
    return mx_cummin(a, axis, reverse, inclusive, s);
  default:
    return mx_logcumsumexp(a, axis, reverse, inclusive, s);
  }
}

static mx_array *again(const mx_op *op, mx_array *a, int axis) {
  const mx_scan_params *p = scan_of(op);
  return scan((enum mx_prim)op->prim, a, axis, p->reverse, p->inclusive, op->stream);
}

#define SCAN(name)                                                                                 \
  int mx_remake_##name(const mx_op *op, mx_array *const *in, mx_array **out) {                     \
    return mx_remade(out, again(op, in[0], (int)scan_of(op)->axis));                               \
  }                                                                                                \
  int mx_vmap_##name(const mx_vmap_call *c) {                                                      \
    int axis = mx_past((int)scan_of(c->op)->axis, c->axis[0]);                                     \
    return mx_vmap_done(c, again(c->op, c->in[0], axis), c->axis[0]);                              \
  }
SCAN(cumsum)
SCAN(cumprod)
SCAN(cummax)
SCAN(cummin)
SCAN(logcumsumexp)

int mx_vjp_cumsum(const mx_vjp_call *c) {
  const mx_scan_params *p = scan_of(c->op);
  return MX_GRAD(c, 0, mx_cumsum(c->g[0], (int)p->axis, !p->reverse, p->inclusive, c->s));
}

/* ---- shifts along an axis ---- */

/* a moved by `by` places along the axis, away from its end (reverse: its begin); `fill` enters. */
static mx_array *shift(mx_array *a, int axis, int64_t by, bool reverse, double fill, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  mx_array *v = a ? mx_number(fill, a) : NULL;
  if (!v) return NULL;
  int64_t n = a->shape[axis];
  if (by > n) by = n;
  memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
  shape[axis] = by;
  mx_array *edge = mx_broadcast_to(v, (mx_ints){shape, a->ndim}, s);
  mx_array *rest = mx_part(a, axis, reverse ? by : 0, reverse ? n : n - by, s);
  mx_array *both[] = {reverse ? rest : edge, reverse ? edge : rest};
  return edge && rest ? mx_concatenate_axis((mx_vec){both, 2}, axis, s) : NULL;
}

/* r[i] = b[i] + a[i] r[i - 1] along the axis (reverse: r[i + 1]), in log2(length) rounds: after
 * each, r[i] holds the sum over twice as many elements, and a[i] the product of their factors. */
static mx_array *recurrence(mx_array *a, mx_array *b, int axis, bool reverse, mx_stream *s) {
  for (int64_t by = 1; a && b && by < b->shape[axis]; by *= 2) {
    mx_array *earlier = shift(b, axis, by, reverse, 0, s);
    earlier = earlier ? mx_multiply(a, earlier, s) : NULL;
    b = earlier ? mx_add(b, earlier, s) : NULL;
    mx_array *factors = shift(a, axis, by, reverse, 1, s);
    a = factors ? mx_multiply(a, factors, s) : NULL;
  }
  return a ? b : NULL;
}

/* ---- products ---- */

/* Of element i: the product of those before it, times the sum over j from i on of g[j] and the
 * product of the elements between. */
int mx_vjp_cumprod(const mx_vjp_call *c) {
  const mx_scan_params *p = scan_of(c->op);
  int axis = (int)p->axis;
  mx_array *x = c->in[0], *g = c->g[0];
  if (!p->inclusive) g = shift(g, axis, 1, !p->reverse, 0, c->s);
  mx_array *next = shift(mx_rule_conjugate(x, c->s), axis, 1, !p->reverse, 1, c->s);
  mx_array *sum = recurrence(next, g, axis, !p->reverse, c->s);
  mx_array *before = mx_cumprod(x, axis, p->reverse, false, c->s);
  return MX_GRAD(c, 0, mx_times_conj(sum, before, c->s));
}

/* ---- extremes ---- */

/* A running extreme is the last element that reached it. Exclusive: of the element before. */
static int vjp_extreme(const mx_vjp_call *c) {
  const mx_scan_params *p = scan_of(c->op);
  int axis = (int)p->axis, n = c->in[0]->ndim;
  mx_array *x = c->in[0], *out = c->out[0], *g = c->g[0];
  if (x->size == 0) return 0;
  if (!p->inclusive) {
    g = shift(g, axis, 1, !p->reverse, 0, c->s);
    out = scan((enum mx_prim)c->op->prim, x, axis, p->reverse, true, c->s);
  }
  int64_t length = x->shape[axis], line[MX_MAX_NDIM];
  for (int i = 0; i < n; i++) line[i] = i == axis ? length : 1;
  mx_array *place = mx_arange(0, (double)length, 1, MLX_INT64, c->s);
  place = place ? mx_reshape(place, (mx_ints){line, n}, c->s) : NULL;
  mx_array *none = mx_scalar(p->reverse ? (double)(length - 1) : 0, MLX_INT64);
  mx_array *record = out ? mx_equal(x, out, c->s) : NULL;
  place = record && place && none ? mx_where(record, place, none, c->s) : NULL;
  place = p->reverse ? mx_cummin(place, axis, true, true, c->s)
                     : mx_cummax(place, axis, false, true, c->s);
  mx_array *zeros = mx_zeros_of(x, c->s);
  return MX_GRAD(c, 0, place && g ? mx_scatter_add_axis(zeros, place, g, axis, c->s) : NULL);
}

int mx_vjp_cummax(const mx_vjp_call *c) {
  return vjp_extreme(c);
}
int mx_vjp_cummin(const mx_vjp_call *c) {
  return vjp_extreme(c);
}

/* ---- logcumsumexp ---- */

/* exp(a - b) where a <= b; 1 where they are equal, which infinite ones may be. */
static mx_array *ratio(mx_array *a, mx_array *b, mx_stream *s) {
  mx_array *equal = a && b ? mx_equal(a, b, s) : NULL;
  mx_array *d = equal ? mx_subtract(a, b, s) : NULL;
  mx_array *zero = d ? mx_number(0, d) : NULL;
  d = zero ? mx_where(equal, zero, d, s) : NULL;
  return d ? mx_exp(d, s) : NULL;
}

/* Of element i: sum over j from i on of g[j] exp(x[i] - out[j]), every factor of which is at most
 * 1: exp(x[i] - out[i]) r[i], r[i] = g[i] + exp(out[i] - out[i + 1]) r[i + 1]. */
int mx_vjp_logcumsumexp(const mx_vjp_call *c) {
  const mx_scan_params *p = scan_of(c->op);
  int axis = (int)p->axis;
  mx_array *x = c->in[0], *out = c->out[0], *g = c->g[0];
  if (!p->inclusive) {
    g = shift(g, axis, 1, !p->reverse, 0, c->s);
    out = mx_logcumsumexp(x, axis, p->reverse, true, c->s);
  }
  mx_array *next = shift(out, axis, 1, !p->reverse, INFINITY, c->s);
  mx_array *sum = recurrence(ratio(out, next, c->s), g, axis, !p->reverse, c->s);
  mx_array *share = ratio(x, out, c->s);
  return MX_GRAD(c, 0, share && sum ? mx_multiply(share, sum, c->s) : NULL);
}
