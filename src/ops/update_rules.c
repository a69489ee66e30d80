/* How writing by index is transformed. What is overwritten gets no gradient: of the array where it
 * was replaced, of updates that a later one replaced. Of a largest or smallest value all equals get
 * the whole gradient, as in MLX. */
#include "core/prim.h"
#include "ops/rules_index.h"

static const mx_along_axis_params *along_of(const mx_op *op) {
  return (const mx_along_axis_params *)op->params;
}

/* g where the condition holds, zero elsewhere; NULL passes through. */
static mx_array *only(mx_array *condition, mx_array *g, mx_stream *s) {
  mx_array *zero = g ? mx_number(0, g) : NULL;
  return condition && zero ? mx_where(condition, g, zero, s) : NULL;
}

/* 0, 1, ... in rows of a shape. */
static mx_array *numbers(mx_ints shape, int64_t n, mx_stream *s) {
  mx_array *i = mx_arange(0, (double)n, 1, MLX_INT64, s);
  return i ? mx_reshape(i, shape, s) : NULL;
}

static mx_array *int64_zeros(const mx_array *like, mx_stream *s) {
  return mx_broadcast_to(mx_scalar(0, MLX_INT64), mx_shape_of(like), s);
}

/* ---- along an axis ---- */

/* Which values stayed: each writes its place along the axis, and looks whether it finds it. */
static mx_array *along_winners(const mx_vjp_call *c, int axis) {
  int64_t line[MX_MAX_NDIM];
  const mx_array *values = c->in[2];
  for (int i = 0; i < values->ndim; i++) line[i] = i == axis ? values->shape[i] : 1;
  mx_array *place = numbers((mx_ints){line, values->ndim}, values->shape[axis], c->s);
  mx_array *zeros = int64_zeros(c->in[0], c->s);
  mx_array *who = zeros ? mx_put_along_axis(zeros, c->in[1], place, axis, c->s) : NULL;
  who = who ? mx_take_along_axis(who, c->in[1], axis, c->s) : NULL;
  return who && place ? mx_equal(who, place, c->s) : NULL;
}

int mx_vjp_put_along_axis(const mx_vjp_call *c) {
  int axis = (int)along_of(c->op)->axis;
  mx_array *g = c->g[0];
  if (MX_GRAD(c, 0, mx_put_along_axis(g, c->in[1], mx_number(0, g), axis, c->s))) return 1;
  if (!c->want[2]) return 0;
  c->grad[2] = only(along_winners(c, axis), mx_take_along_axis(g, c->in[1], axis, c->s), c->s);
  return !c->grad[2];
}

int mx_vjp_scatter_add_axis(const mx_vjp_call *c) {
  if (c->want[0]) c->grad[0] = c->g[0];
  int axis = (int)along_of(c->op)->axis;
  return MX_GRAD(c, 2, mx_take_along_axis(c->g[0], c->in[1], axis, c->s));
}

static mx_array *write_along(const mx_op *op, mx_array *const *in, int axis) {
  if (!in[0] || !in[1] || !in[2]) return NULL;
  return op->prim == MX_PRIM_PUT_ALONG_AXIS
             ? mx_put_along_axis(in[0], in[1], in[2], axis, op->stream)
             : mx_scatter_add_axis(in[0], in[1], in[2], axis, op->stream);
}

static int vmap_along(const mx_vmap_call *c) {
  mx_array *in[3];
  for (int i = 0; i < 3; i++) in[i] = mx_vmap_front(c, i, i == 0);
  return mx_vmap_done(c, write_along(c->op, in, (int)along_of(c->op)->axis + 1), 0);
}

int mx_vmap_put_along_axis(const mx_vmap_call *c) {
  return vmap_along(c);
}
int mx_vmap_scatter_add_axis(const mx_vmap_call *c) {
  return vmap_along(c);
}
int mx_remake_put_along_axis(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, write_along(op, in, (int)along_of(op)->axis));
}
int mx_remake_scatter_add_axis(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, write_along(op, in, (int)along_of(op)->axis));
}

/* ---- scatter ---- */

typedef struct scatter_of {
  enum mx_combine mode;
  mx_ints axes;
  mx_vec index;
  mx_ints slice; /* lengths of what an index stands for */
} scatter_of;

static scatter_of scatter_parts(const mx_op *op, mx_array *const *in) {
  const mx_scatter_params *p = (const mx_scatter_params *)op->params;
  int n = (int)p->n_axes, ndim = op->out[0]->ndim, lead = op->in[1]->ndim - ndim;
  return (scatter_of){(enum mx_combine)p->mode,
                      {p->axes, n},
                      {(mx_array **)(in + 2), (size_t)n},
                      {in[1] ? in[1]->shape + lead : NULL, ndim}};
}

static mx_array *scatter(enum mx_combine mode, mx_array *a, mx_vec index, mx_array *updates,
                         mx_ints axes, mx_stream *s) {
  switch (mode) {
  case MX_COMBINE_SET:
    return mx_scatter(a, index, updates, axes, s);
  case MX_COMBINE_ADD:
    return mx_scatter_add(a, index, updates, axes, s);
  case MX_COMBINE_PROD:
    return mx_scatter_prod(a, index, updates, axes, s);
  case MX_COMBINE_MIN:
    return mx_scatter_min(a, index, updates, axes, s);
  default:
    return mx_scatter_max(a, index, updates, axes, s);
  }
}

/* What stands where updates were written. */
static mx_array *read_back(const scatter_of *p, mx_array *a, mx_stream *s) {
  return mx_gather(a, p->index, p->axes, p->slice, s);
}

static mx_array *write(const scatter_of *p, enum mx_combine mode, mx_array *a, mx_array *updates,
                       mx_stream *s) {
  return a && updates ? scatter(mode, a, p->index, updates, p->axes, s) : NULL;
}

/* Which elements of updates stayed: each writes its number, and looks whether it finds it. */
static mx_array *winners(const mx_vjp_call *c, const scatter_of *p) {
  mx_array *number = numbers(mx_shape_of(c->in[1]), c->in[1]->size, c->s);
  mx_array *who = write(p, MX_COMBINE_SET, int64_zeros(c->in[0], c->s), number, c->s);
  who = who ? read_back(p, who, c->s) : NULL;
  return who ? mx_equal(who, number, c->s) : NULL;
}

/* An update sends the product of all others that met in its place: their product over it, and where
 * it is zero, the product of those that are not, if it is the only zero. */
static mx_array *prod_update(const mx_vjp_call *c, const scatter_of *p, mx_array *g) {
  mx_stream *s = c->s;
  mx_array *u = c->in[1], *zero = mx_number(0, u), *one = mx_number(1, u);
  mx_array *naught = zero && one ? mx_equal(u, zero, s) : NULL;
  mx_array *factor = naught ? mx_where(naught, one, u, s) : NULL;
  mx_array *zeros =
      write(p, MX_COMBINE_ADD, int64_zeros(c->in[0], s), mx_cast(naught, MLX_INT64, s), s);
  mx_array *product = write(p, MX_COMBINE_PROD, c->in[0], factor, s);
  zeros = zeros ? read_back(p, zeros, s) : NULL;
  product = product ? read_back(p, product, s) : NULL;
  product = product && factor ? mx_divide(product, factor, s) : NULL;
  mx_array *alone = zeros ? mx_equal(zeros, mx_cast(naught, MLX_INT64, s), s) : NULL;
  return only(alone, mx_times_conj(read_back(p, g, s), product, s), s);
}

static mx_array *scatter_grad_update(const mx_vjp_call *c, const scatter_of *p, mx_array *g) {
  mx_array *back = p->mode == MX_COMBINE_PROD ? NULL : read_back(p, g, c->s), *out;
  switch (p->mode) {
  case MX_COMBINE_SET:
    return only(winners(c, p), back, c->s);
  case MX_COMBINE_ADD:
    return back;
  case MX_COMBINE_PROD:
    return prod_update(c, p, g);
  default:
    out = read_back(p, c->out[0], c->s);
    return only(out ? mx_equal(c->in[1], out, c->s) : NULL, back, c->s);
  }
}

static mx_array *ones_of(const mx_array *a, mx_stream *s) {
  return mx_broadcast_to(mx_number(1, a), mx_shape_of(a), s);
}

static mx_array *scatter_grad_array(const mx_vjp_call *c, const scatter_of *p, mx_array *g) {
  mx_array *u = c->in[1];
  switch (p->mode) {
  case MX_COMBINE_SET:
    return write(p, MX_COMBINE_SET, g, mx_zeros_of(u, c->s), c->s);
  case MX_COMBINE_ADD:
    return g;
  case MX_COMBINE_PROD:
    return mx_times_conj(g, write(p, MX_COMBINE_PROD, ones_of(c->in[0], c->s), u, c->s), c->s);
  default:
    return only(mx_equal(c->in[0], c->out[0], c->s), g, c->s);
  }
}

int mx_vjp_scatter(const mx_vjp_call *c) {
  scatter_of p = scatter_parts(c->op, c->in);
  return MX_GRAD(c, 0, scatter_grad_array(c, &p, c->g[0])) ||
         MX_GRAD(c, 1, scatter_grad_update(c, &p, c->g[0]));
}

/* An update of whole axes stays one. */
static bool still_whole(const mx_op *op, mx_array *const *in, mx_ints axes) {
  const mx_array *a = op->in[0], *u = op->in[1];
  for (int i = 0; i < a->ndim; i++) {
    bool indexed = false;
    for (int k = 0; k < axes.n; k++) indexed = indexed || axes.p[k] == i;
    if (!indexed && u->shape[u->ndim - a->ndim + i] == a->shape[i] &&
        in[1]->shape[in[1]->ndim - a->ndim + i] != in[0]->shape[i])
      return false;
  }
  return true;
}

int mx_remake_scatter(const mx_op *op, mx_array *const *in, mx_array **out) {
  scatter_of p = scatter_parts(op, in);
  if (in[0]->ndim != op->in[0]->ndim || in[1]->ndim < in[0]->ndim || !still_whole(op, in, p.axes))
    return mx_remade(out, mx_cannot_follow(op, in[0]));
  return mx_remade(out, scatter(p.mode, in[0], p.index, in[1], p.axes, op->stream));
}

/* Equal indices: the further axis is one more axis of the slice. Else it is indexed too. */
int mx_vmap_scatter(const mx_vmap_call *c) {
  mx_array *index[MX_MAX_NDIM + 1], *own[MX_MAX_NDIM + 2] = {NULL};
  int64_t axes[MX_MAX_NDIM + 1];
  scatter_of p = scatter_parts(c->op, own);
  int lead = c->op->in[1]->ndim - c->op->out[0]->ndim, n = p.axes.n;
  bool picks = mx_any_batched(c, 2);
  mx_array *a = mx_vmap_front(c, 0, true), *updates = mx_vmap_front(c, 1, true);
  if (!a || !updates) return 1;
  axes[0] = 0;
  for (int i = 0; i < n; i++) axes[picks + i] = p.axes.p[i] + 1;
  if (picks) {
    if (mx_batched_index(c, 2, true, index, &n)) return 1;
    updates = mx_expand_dims(updates, 1 + lead, c->s);
  } else {
    for (int i = 0; i < n; i++) index[i] = c->in[2 + i];
    updates = mx_moveaxis(updates, 0, lead, c->s);
  }
  a = scatter(p.mode, a, (mx_vec){index, (size_t)n}, updates, (mx_ints){axes, n}, c->s);
  return mx_vmap_done(c, a, 0);
}

/* ---- slices ---- */

static mx_array *put_slice(enum mx_combine mode, mx_array *a, mx_array *u, const mx_bounds *b,
                           mx_stream *s) {
  mx_ints start = MX_START(*b), stop = MX_STOP(*b), step = MX_STEP(*b);
  switch (mode) {
  case MX_COMBINE_SET:
    return mx_slice_update(a, u, start, stop, step, s);
  case MX_COMBINE_ADD:
    return mx_slice_update_add(a, u, start, stop, step, s);
  case MX_COMBINE_PROD:
    return mx_slice_update_prod(a, u, start, stop, step, s);
  case MX_COMBINE_MIN:
    return mx_slice_update_min(a, u, start, stop, step, s);
  default:
    return mx_slice_update_max(a, u, start, stop, step, s);
  }
}

static mx_array *get_slice(mx_array *a, const mx_bounds *b, mx_stream *s) {
  return mx_slice(a, MX_START(*b), MX_STOP(*b), MX_STEP(*b), s);
}

static const mx_slice_update_params *slice_update_of(const mx_op *op) {
  return (const mx_slice_update_params *)op->params;
}

static mx_bounds update_bounds(const mx_op *op, mx_array *const *in) {
  const mx_slice_update_params *p = slice_update_of(op);
  mx_bounds b;
  mx_bounds_of(&b, in[0], p->lists, p->lists + in[0]->ndim, in[1]->shape);
  return b;
}

/* 1 where `side` is the extreme that stands in the slice of the result. */
static mx_array *reached(mx_array *side, mx_array *out, const mx_bounds *b, mx_stream *s) {
  mx_array *r = get_slice(out, b, s);
  r = r && side ? mx_equal(side, r, s) : NULL;
  return r ? mx_cast(r, (mlx_dtype)side->dtype, s) : NULL;
}

/* What an element of the slice counts for in the result: of the array or of the update, in the
 * modes that look at both. */
static mx_array *share_of(const mx_op *op, mx_array *const *in, mx_array *out, bool update,
                          const mx_bounds *b) {
  bool product = slice_update_of(op)->mode == MX_COMBINE_PROD;
  mx_array *side = update == product ? get_slice(in[0], b, op->stream) : in[1];
  return product ? side : reached(side, out, b, op->stream);
}

static mx_array *grad_array(const mx_vjp_call *c, enum mx_combine mode, const mx_bounds *b) {
  mx_array *g = c->g[0];
  if (mode == MX_COMBINE_ADD) return g;
  if (mode == MX_COMBINE_SET) return put_slice(mode, g, mx_number(0, g), b, c->s);
  mx_array *share = share_of(c->op, c->in, c->out[0], false, b);
  share = share ? mx_rule_conjugate(share, c->s) : NULL;
  return share ? put_slice(MX_COMBINE_PROD, g, share, b, c->s) : NULL;
}

static mx_array *grad_update(const mx_vjp_call *c, enum mx_combine mode, const mx_bounds *b) {
  mx_array *g = get_slice(c->g[0], b, c->s);
  if (mode == MX_COMBINE_ADD || mode == MX_COMBINE_SET) return g;
  return mx_times_conj(g, share_of(c->op, c->in, c->out[0], true, b), c->s);
}

int mx_vjp_slice_update(const mx_vjp_call *c) {
  mx_bounds b = update_bounds(c->op, c->in);
  enum mx_combine mode = (enum mx_combine)slice_update_of(c->op)->mode;
  return MX_GRAD(c, 0, grad_array(c, mode, &b)) || MX_GRAD(c, 1, grad_update(c, mode, &b));
}

/* What transposing the gradient would give, without two arrays of zeros. */
int mx_jvp_slice_update(const mx_jvp_call *c) {
  mx_bounds b = update_bounds(c->op, c->in);
  enum mx_combine mode = (enum mx_combine)slice_update_of(c->op)->mode;
  mx_array *t = c->t[0] ? c->t[0] : mx_zeros_of(c->in[0], c->s), *u = c->t[1];
  bool both = mode != MX_COMBINE_SET && mode != MX_COMBINE_ADD;
  if (mode == MX_COMBINE_SET && t && !u) u = mx_number(0, t);
  if (both && c->t[0]) {
    mx_array *share = share_of(c->op, c->in, c->out[0], false, &b);
    t = share ? put_slice(MX_COMBINE_PROD, t, share, &b, c->s) : NULL;
  }
  if (both && u) {
    mx_array *share = share_of(c->op, c->in, c->out[0], true, &b);
    if (!share || !(u = mx_multiply(u, share, c->s))) return 1;
  }
  c->out_t[0] = u ? put_slice(both ? MX_COMBINE_ADD : mode, t, u, &b, c->s) : t;
  return !c->out_t[0];
}

int mx_remake_slice_update(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (!mx_same_shape(op->in[0], in[0])) return mx_remade(out, mx_cannot_follow(op, in[0]));
  mx_bounds b = update_bounds(op, op->in);
  enum mx_combine mode = (enum mx_combine)slice_update_of(op)->mode;
  return mx_remade(out, put_slice(mode, in[0], in[1], &b, op->stream));
}

int mx_vmap_slice_update(const mx_vmap_call *c) {
  const mx_slice_update_params *p = slice_update_of(c->op);
  mx_array *a = mx_vmap_front(c, 0, true), *update = mx_vmap_front(c, 1, false);
  if (!a || !update) return 1;
  mx_bounds b = {.n = a->ndim};
  const int64_t *from = p->lists, *step = from + b.n - 1;
  mx_bounds_whole(&b, 0, c->size);
  for (int i = 1; i < b.n; i++)
    mx_bounds_set(&b, i, from[i - 1], step[i - 1], update->shape[i], a->shape[i]);
  return mx_vmap_done(c, put_slice((enum mx_combine)p->mode, a, update, &b, c->s), 0);
}

/* ---- slices whose start is an array ---- */

static mx_ints dynamic_axes(const mx_op *op) {
  const mx_slice_dynamic_params *p = (const mx_slice_dynamic_params *)op->params;
  return (mx_ints){p->axes, (int)p->n_axes};
}

int mx_vjp_slice_update_dynamic(const mx_vjp_call *c) {
  mx_ints axes = dynamic_axes(c->op);
  mx_array *update = c->in[1];
  return MX_GRAD(
             c, 0,
             mx_slice_update_dynamic(c->g[0], mx_zeros_of(update, c->s), c->in[2], axes, c->s)) ||
         MX_GRAD(c, 1, mx_slice_dynamic(c->g[0], c->in[2], axes, mx_shape_of(update), c->s));
}

int mx_remake_slice_update_dynamic(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_slice_update_dynamic(in[0], in[1], in[2], dynamic_axes(op), op->stream));
}

int mx_vmap_slice_update_dynamic(const mx_vmap_call *c) {
  mx_array *index[MX_MAX_NDIM + 1];
  int64_t axes[MX_MAX_NDIM + 1] = {0};
  mx_ints own = dynamic_axes(c->op);
  bool start = c->axis[2] >= 0 && own.n > 0;
  mx_array *a = mx_vmap_front(c, 0, true), *update = mx_vmap_front(c, 1, true);
  for (int i = 0; i < own.n; i++) axes[start + i] = own.p[i] + 1;
  mx_ints to = {axes, own.n + start};
  if (!start) {
    mx_array *at = own.n ? c->in[2] : mx_reshape(c->in[2], MX_INTS(0), c->s);
    return mx_vmap_done(c, mx_slice_update_dynamic(a, update, at, to, c->s), 0);
  }
  update = update ? mx_expand_dims(update, 1, c->s) : NULL;
  if (!update || mx_start_columns(c, 2, true, index)) return 1;
  return mx_vmap_done(c, mx_scatter(a, (mx_vec){index, (size_t)to.n}, update, to, c->s), 0);
}

/* ---- masks ---- */

/* How many places of the mask stand before each, along the last axis of rows (..., n). */
static mx_array *places_before(mx_array *mask, mx_stream *s) {
  return mx_cumsum(mx_cast(mask, MLX_INT64, s), -1, false, false, s);
}

int mx_vjp_masked_scatter(const mx_vjp_call *c) {
  mx_array *mask = c->in[1], *g = c->g[0];
  if (MX_GRAD(c, 0, mx_where(mask, mx_number(0, g), g, c->s))) return 1;
  if (!c->want[2] || c->in[2]->size == 0) return 0;
  mx_array *flat = mx_reshape(mask, MX_INTS(mask->size), c->s);
  mx_array *from = only(flat, places_before(flat, c->s), c->s);
  g = only(flat, mx_reshape(g, MX_INTS(g->size), c->s), c->s);
  mx_array *zeros = mx_zeros_of(c->in[2], c->s);
  c->grad[2] = from && g ? mx_scatter_add_axis(zeros, from, g, 0, c->s) : NULL;
  return !c->grad[2];
}

int mx_remake_masked_scatter(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_masked_scatter(in[0], in[1], in[2], op->stream));
}

/* Each row of the mask takes from its own source. */
int mx_vmap_masked_scatter(const mx_vmap_call *c) {
  mx_array *a = mx_vmap_front(c, 0, true), *mask = mx_vmap_front(c, 1, true);
  mx_array *src = mx_vmap_front(c, 2, false);
  if (!a || !mask || !src) return 1;
  if (src->size == 0 || a->size == 0) return mx_vmap_loop(c);
  mx_array *rows = mx_reshape(mask, MX_INTS(c->size, -1), c->s);
  mx_array *from = only(rows, places_before(rows, c->s), c->s);
  mx_array *values = from ? mx_take_along_axis(src, from, 1, c->s) : NULL;
  values = values ? mx_reshape(values, mx_shape_of(a), c->s) : NULL;
  return mx_vmap_done(c, values ? mx_where(mask, values, a, c->s) : NULL, 0);
}
