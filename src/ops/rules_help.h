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

#endif
