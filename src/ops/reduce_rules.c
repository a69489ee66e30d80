/* How reductions are transformed. A reduction over given axes keeps a further axis where it stands;
 * softmax and logsumexp work along the last axis of rows. */
#include "ops/leading.h"
#include "ops/rules_help.h"

/* ---- the axes of a reduction ---- */

typedef struct axes_of {
  int64_t p[MX_MAX_NDIM];
  int n;
  bool kept; /* with length 1 in the result */
} axes_of;

#define AXES(x) ((mx_ints){(x).p, (x).n})

static axes_of reduced(const mx_op *op, int ndim) {
  axes_of r = {.kept = op->out[0]->ndim == ndim};
  uint64_t bits = (uint64_t)((const mx_reduce_params *)op->params)->axes;
  for (int i = 0; i < ndim; i++)
    if (bits >> i & 1) r.p[r.n++] = i;
  return r;
}

/* A result, or its cotangent, with the reduced axes of length 1. */
static mx_array *keep(mx_array *x, axes_of axes, mx_stream *s) {
  return axes.kept ? x : mx_expand_dims_axes(x, AXES(axes), s);
}

static mx_array *reduce(const mx_op *op, mx_array *a, axes_of axes) {
  mx_ints to = AXES(axes);
  switch (op->prim) {
  case MX_PRIM_SUM:
    return mx_sum_axes(a, to, axes.kept, op->stream);
  case MX_PRIM_PROD:
    return mx_prod_axes(a, to, axes.kept, op->stream);
  case MX_PRIM_MIN:
    return mx_min_axes(a, to, axes.kept, op->stream);
  case MX_PRIM_MAX:
    return mx_max_axes(a, to, axes.kept, op->stream);
  case MX_PRIM_ALL:
    return mx_all_axes(a, to, axes.kept, op->stream);
  default:
    return mx_any_axes(a, to, axes.kept, op->stream);
  }
}

static int remake(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, reduce(op, in[0], reduced(op, op->in[0]->ndim)));
}

static int vmap(const mx_vmap_call *c) {
  axes_of axes = reduced(c->op, c->in[0]->ndim - 1);
  int at = c->axis[0], before = 0;
  for (int i = 0; i < axes.n; i++) {
    before += axes.p[i] < at;
    axes.p[i] = mx_past((int)axes.p[i], at);
  }
  return mx_vmap_done(c, reduce(c->op, c->in[0], axes), axes.kept ? at : at - before);
}

#define REDUCTION(name)                                                                            \
  int mx_remake_##name(const mx_op *op, mx_array *const *in, mx_array **out) {                     \
    return remake(op, in, out);                                                                    \
  }                                                                                                \
  int mx_vmap_##name(const mx_vmap_call *c) {                                                      \
    return vmap(c);                                                                                \
  }
REDUCTION(sum)
REDUCTION(prod)
REDUCTION(min)
REDUCTION(max)
REDUCTION(all)
REDUCTION(any)

/* ---- gradients ---- */

int mx_vjp_sum(const mx_vjp_call *c) {
  mx_array *g = keep(c->g[0], reduced(c->op, c->in[0]->ndim), c->s);
  return MX_GRAD(c, 0, mx_broadcast_to(g, mx_shape_of(c->in[0]), c->s));
}

/* The product of all other elements of each row: of those before it times those after it, which
 * holds where elements are zero and can be differentiated again. */
static mx_array *others(mx_array *x, int axis, mx_stream *s) {
  mx_array *before = mx_cumprod(x, axis, false, false, s);
  mx_array *after = mx_cumprod(x, axis, true, false, s);
  return before && after ? mx_multiply(before, after, s) : NULL;
}

int mx_vjp_prod(const mx_vjp_call *c) {
  int64_t order[MX_MAX_NDIM], back[MX_MAX_NDIM];
  mx_array *x = mx_cast(c->in[0], (mlx_dtype)c->out[0]->dtype, c->s), *rest;
  axes_of axes = reduced(c->op, c->in[0]->ndim);
  int n = c->in[0]->ndim, lead = n - axes.n, k = 0, m = 0;
  if (axes.n == 1) {
    rest = x ? others(x, (int)axes.p[0], c->s) : NULL;
  } else {
    for (int i = 0; i < n; i++) {
      bool last = m < axes.n && axes.p[m] == i;
      back[i] = last ? lead + m++ : k++;
      order[back[i]] = i;
    }
    mx_array *rows = mx_transpose_axes(x, (mx_ints){order, n}, c->s);
    mx_array *flat = rows ? mx_flatten(rows, lead, -1, c->s) : NULL;
    rest = flat ? others(flat, lead, c->s) : NULL;
    rest = rest ? mx_reshape(rest, mx_shape_of(rows), c->s) : NULL;
    rest = mx_transpose_axes(rest, (mx_ints){back, n}, c->s);
  }
  return MX_GRAD(c, 0, mx_times_conj(keep(c->g[0], axes, c->s), rest, c->s));
}

static axes_of masked(int64_t mask, int ndim) {
  axes_of r = {.kept = true};
  for (int i = 0; i < ndim; i++)
    if ((uint64_t)mask >> i & 1) r.p[r.n++] = i;
  return r;
}

/* Where x has the extreme, and how often; nonzero where they could not be made. */
static int find_extreme(mx_array *x, mx_array *out, axes_of axes, mlx_dtype t, mx_array **found,
                        mx_array **count, mx_stream *s) {
  *found = mx_equal(x, out, s);
  mx_array *ones = *found ? mx_cast(*found, t, s) : NULL;
  *count = ones ? mx_sum_axes(ones, AXES(axes), true, s) : NULL;
  return !*count;
}

/* Rows of small windows, of which a kernel sees all numbers at once. */
static bool is_windows(const mx_array *x, mx_array *const *in, axes_of axes) {
  int64_t window = 1;
  for (int i = 0; i < axes.n; i++) window *= x->shape[axes.p[i]];
  int last = x->ndim - 1;
  return axes.n && axes.p[axes.n - 1] < last && window >= 1 && window <= MX_SHARE_MAX &&
         x->shape[last] >= 8 && x->strides[last] == 1 && in[0]->dtype == MLX_FLOAT32 &&
         in[1]->dtype == MLX_FLOAT32 && in[2]->dtype == MLX_FLOAT32;
}

/* Equal extremes share equally; where NaN is the extreme no element equals it, and all get NaN. */
mx_array *mx_share_extreme(mx_array *x, mx_array *out, mx_array *g, int64_t mask, mx_stream *s) {
  mx_array *in[] = {x, mx_row_major(out, s), mx_row_major(g, s)}, *found, *count;
  if (!x || !in[1] || !in[2]) return NULL;
  axes_of axes = masked(mask, x->ndim);
  if (is_windows(x, in, axes) && mx_same_shape(out, g)) {
    mx_spec spec = {MLX_FLOAT32, x->ndim, x->shape, NULL};
    return mx_node(MX_PRIM_SHARE_EXTREME, spec, 3, in, MX_WORDS((mx_reduce_params){mask}), s);
  }
  if (find_extreme(x, out, axes, (mlx_dtype)g->dtype, &found, &count, s)) return NULL;
  g = mx_divide(g, count, s);
  mx_array *zero = g ? mx_multiply(g, mx_number(0, g), s) : NULL;
  return zero ? mx_where(found, g, zero, s) : NULL;
}

static int vjp_extreme(const mx_vjp_call *c) {
  axes_of axes = reduced(c->op, c->in[0]->ndim);
  mx_array *g = keep(c->g[0], axes, c->s), *out = keep(c->out[0], axes, c->s);
  return MX_GRAD(c, 0, mx_share_extreme(c->in[0], out, g, c->op->params[0], c->s));
}

/* Linear in the cotangent; of the places of extremes nothing flows. */
int mx_vjp_share_extreme(const mx_vjp_call *c) {
  mx_array *x = c->in[0], *found, *count;
  axes_of axes = masked(c->op->params[0], x->ndim);
  if (find_extreme(x, c->in[1], axes, (mlx_dtype)x->dtype, &found, &count, c->s)) return 1;
  mx_array *zero = mx_zeros_of(c->g[0], c->s);
  mx_array *part = zero ? mx_where(found, c->g[0], zero, c->s) : NULL;
  mx_array *sum = part ? mx_sum_axes(part, AXES(axes), true, c->s) : NULL;
  return MX_GRAD(c, 2, sum ? mx_divide(sum, count, c->s) : NULL);
}

int mx_jvp_share_extreme(const mx_jvp_call *c) {
  if (!c->t[2]) return 0;
  *c->out_t = mx_share_extreme(c->in[0], c->in[1], c->t[2], c->op->params[0], c->s);
  return !*c->out_t;
}

int mx_remake_share_extreme(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_share_extreme(in[0], in[1], in[2], op->params[0], op->stream));
}

int mx_vmap_share_extreme(const mx_vmap_call *c) {
  mx_array *in[3];
  for (int i = 0; i < 3; i++) in[i] = mx_vmap_front(c, i, true);
  int64_t axes = (int64_t)((uint64_t)c->op->params[0] << 1);
  return mx_vmap_done(c, mx_share_extreme(in[0], in[1], in[2], axes, c->s), 0);
}

int mx_vjp_min(const mx_vjp_call *c) {
  return vjp_extreme(c);
}
int mx_vjp_max(const mx_vjp_call *c) {
  return vjp_extreme(c);
}

/* ---- places ---- */

static mx_array *place(const mx_op *op, mx_array *a, int axis, bool kept) {
  return op->prim == MX_PRIM_ARGMIN ? mx_argmin_axis(a, axis, kept, op->stream)
                                    : mx_argmax_axis(a, axis, kept, op->stream);
}

static int vmap_place(const mx_vmap_call *c) {
  int own = (int)((const mx_axis_params *)c->op->params)->axis, at = c->axis[0];
  bool kept = c->op->out[0]->ndim == c->in[0]->ndim - 1;
  mx_array *r = place(c->op, c->in[0], mx_past(own, at), kept);
  return mx_vmap_done(c, r, kept || own >= at ? at : at - 1);
}

static int remake_place(const mx_op *op, mx_array *const *in, mx_array **out) {
  int own = (int)((const mx_axis_params *)op->params)->axis;
  return mx_remade(out, place(op, in[0], own, op->out[0]->ndim == op->in[0]->ndim));
}

int mx_vmap_argmin(const mx_vmap_call *c) {
  return vmap_place(c);
}
int mx_vmap_argmax(const mx_vmap_call *c) {
  return vmap_place(c);
}
int mx_remake_argmin(const mx_op *op, mx_array *const *in, mx_array **out) {
  return remake_place(op, in, out);
}
int mx_remake_argmax(const mx_op *op, mx_array *const *in, mx_array **out) {
  return remake_place(op, in, out);
}

/* ---- counts ---- */

int mx_remake_number_of_elements(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_count_again(op, in[0], -1));
}

int mx_vmap_number_of_elements(const mx_vmap_call *c) {
  return mx_vmap_done(c, mx_count_again(c->op, c->in[0], c->axis[0]), -1);
}

/* ---- along rows ---- */

int mx_vjp_logsumexp(const mx_vjp_call *c) {
  mx_array *part = mx_softmax_axis(c->in[0], -1, true, c->s);
  mx_array *g = mx_expand_dims(c->g[0], -1, c->s);
  return MX_GRAD(c, 0, part && g ? mx_multiply(part, g, c->s) : NULL);
}

int mx_remake_logsumexp(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_logsumexp_axis(in[0], -1, false, op->stream));
}

int mx_vmap_logsumexp(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_logsumexp);
}

int mx_vjp_softmax(const mx_vjp_call *c) {
  mx_array *part = mx_multiply(c->g[0], c->out[0], c->s);
  mx_array *sum = mx_sum_axis(part, -1, true, c->s);
  mx_array *mean = sum ? mx_multiply(c->out[0], sum, c->s) : NULL;
  return MX_GRAD(c, 0, mean ? mx_subtract(part, mean, c->s) : NULL);
}

int mx_remake_softmax(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_softmax_axis(in[0], -1, true, op->stream));
}

int mx_vmap_softmax(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_softmax);
}
