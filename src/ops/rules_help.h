/* What the hand-written rules share. */
#ifndef MX_OPS_RULES_HELP_H
#define MX_OPS_RULES_HELP_H

#include <string.h>

#include "core/dtype.h"
#include "core/params.h"
#include "gen/ops.h"
#include "gen/rules.h"

/* One result of a vmap rule, its further axis at `axis`. */
static inline int mx_vmap_done(const mx_vmap_call *c, mx_array *out, int axis) {
  c->out[0] = out;
  c->out_axis[0] = axis;
  return !out;
}

/* One result of a remake rule. */
static inline int mx_remade(mx_array **out, mx_array *r) {
  out[0] = r;
  return !r;
}

/* One gradient, where it is wanted. */
#define MX_GRAD(c, i, value) ((c)->want[i] && !((c)->grad[i] = (value)))

static inline mx_ints mx_shape_of(const mx_array *a) {
  return (mx_ints){a->shape, a->ndim};
}

/* a times b, conjugated first where complex: what a product sends back. */
static inline mx_array *mx_times_conj(mx_array *a, mx_array *b, mx_stream *s) {
  b = b ? mx_rule_conjugate(b, s) : NULL;
  return a && b ? mx_multiply(a, b, s) : NULL;
}

/* An axis of an input as an axis of the input that has one more at `at` (-1: nowhere). */
static inline int mx_past(int axis, int at) {
  return at >= 0 && axis >= at ? axis + 1 : axis;
}

/* The elements [from, to) of one axis. */
static inline mx_array *mx_part(mx_array *a, int axis, int64_t from, int64_t to, mx_stream *s) {
  int64_t start[MX_MAX_NDIM] = {0}, one[MX_MAX_NDIM], stop[MX_MAX_NDIM];
  if (!a) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    one[i] = 1;
    stop[i] = i == axis ? to : a->shape[i];
  }
  start[axis] = from;
  return mx_slice(a, (mx_ints){start, a->ndim}, (mx_ints){stop, a->ndim}, (mx_ints){one, a->ndim},
                  s);
}

/* A slice as its builders want it. */
typedef struct mx_bounds {
  int64_t start[MX_MAX_NDIM], stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  int n;
} mx_bounds;

#define MX_START(b) ((mx_ints){(b).start, (b).n})
#define MX_STOP(b) ((mx_ints){(b).stop, (b).n})
#define MX_STEP(b) ((mx_ints){(b).step, (b).n})

/* One axis: `count` elements from `from` on, of an input of length n. */
static inline void mx_bounds_set(mx_bounds *b, int i, int64_t from, int64_t step, int64_t count,
                                 int64_t n) {
  int64_t past = step > 0 ? 1 : -1, stop = from + past;
  if (count > 1) stop = from + (count - 1) * step + past;
  b->start[i] = from < 0 ? 0 : from;
  b->stop[i] = count == 0 ? b->start[i] : stop < 0 ? -n - 1 : stop; /* before the first */
  b->step[i] = step;
}

/* All of an axis of length n. */
static inline void mx_bounds_whole(mx_bounds *b, int i, int64_t n) {
  mx_bounds_set(b, i, 0, 1, n, n);
}

/* The slice of `from` and `step`, `count` elements an axis, of an array of this shape. */
static inline void mx_bounds_of(mx_bounds *b, const mx_array *a, const int64_t *from,
                                const int64_t *step, const int64_t *count) {
  b->n = a->ndim;
  for (int i = 0; i < a->ndim; i++) mx_bounds_set(b, i, from[i], step[i], count[i], a->shape[i]);
}

static inline bool mx_same_shape(const mx_array *a, const mx_array *b) {
  return a->ndim == b->ndim &&
         (a->ndim == 0 || !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape));
}

/* What the weight of a convolution, of the shape of `like`, gets from its input and the cotangent g. */
mx_array *mx_conv_to_weight(const mx_conv_params *p, mx_array *x, mx_array *g, const mx_array *like,
                            int64_t groups, mx_stream *s);

/* The cotangent g of the minimum or maximum `out` of x over the axes of the mask, shared among the
 * elements of x that equal it; out and g have length 1 there. */
mx_array *mx_share_extreme(mx_array *x, mx_array *out, mx_array *g, int64_t axes, mx_stream *s);

/* Zeros of the given shape, in rows, to which the elements of g are added by strides and an offset:
 * the gradient of as_strided, with its errors. */
mx_array *mx_spread_strided(mx_array *g, mx_ints shape, mx_ints strides, int64_t offset,
                            mx_stream *s);

/* An operation made again that cannot tell what another shape means. */
mx_array *mx_cannot_follow(const mx_op *op, const mx_array *now);

#endif
