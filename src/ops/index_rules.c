/* How reading by index is transformed: gradients are added up where elements were read. An index
 * that differs along the further axis gets a companion that counts through it. */
#include <stdlib.h>

#include "core/prim.h"
#include "ops/rules_index.h"

mx_array *mx_counting(int64_t n, int ndim, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  for (int i = 0; i < ndim; i++) shape[i] = i ? 1 : n;
  mx_array *i = mx_arange(0, (double)n, 1, MLX_INT64, s);
  return i ? mx_reshape(i, (mx_ints){shape, ndim}, s) : NULL;
}

int mx_batched_index(const mx_vmap_call *c, int first, bool count, mx_array **index, int *n) {
  int k = 0;
  for (int i = first; i < c->op->n_in; i++) {
    mx_array *a = mx_vmap_front(c, i, false);
    if (!a) return 1;
    if (count && k == 0 && !(index[k++] = mx_counting(c->size, a->ndim, c->s))) return 1;
    index[k++] = a;
  }
  *n = k;
  return 0;
}

bool mx_any_batched(const mx_vmap_call *c, int first) {
  for (int i = first; i < c->op->n_in; i++)
    if (c->axis[i] >= 0) return true;
  return false;
}

/* Axes of an array that has one more in front; the front one first where it is counted. */
static int front_axes(const int64_t *axes, int n, bool count, int64_t *to) {
  int k = 0;
  if (count) to[k++] = 0;
  for (int i = 0; i < n; i++) to[k++] = axes[i] + 1;
  return k;
}

/* ---- gather ---- */

typedef struct gather_of {
  mx_ints axes, sizes;
  mx_vec index;
} gather_of;

static gather_of gather_parts(const mx_op *op, mx_array *const *in, int ndim) {
  const mx_gather_params *p = (const mx_gather_params *)op->params;
  int n = (int)p->n_axes;
  return (gather_of){{p->lists, n}, {p->lists + n, ndim}, {(mx_array **)(in + 1), (size_t)n}};
}

int mx_vjp_gather(const mx_vjp_call *c) {
  gather_of p = gather_parts(c->op, c->in, c->in[0]->ndim);
  mx_array *zeros = mx_zeros_of(c->in[0], c->s);
  return MX_GRAD(c, 0, mx_scatter_add(zeros, p.index, c->g[0], p.axes, c->s));
}

/* Axes that are not indexed stay whole. */
int mx_remake_gather(const mx_op *op, mx_array *const *in, mx_array **out) {
  int64_t sizes[MX_MAX_NDIM];
  const mx_array *was = op->in[0], *a = in[0];
  gather_of p = gather_parts(op, in, a->ndim);
  for (int i = 0; i < a->ndim; i++)
    sizes[i] = p.sizes.p[i] == was->shape[i] ? a->shape[i] : p.sizes.p[i];
  for (int i = 0; i < p.axes.n; i++) sizes[p.axes.p[i]] = p.sizes.p[p.axes.p[i]];
  return mx_remade(out, mx_gather(in[0], p.index, p.axes, (mx_ints){sizes, a->ndim}, op->stream));
}

int mx_vmap_gather(const mx_vmap_call *c) {
  mx_array *index[MX_MAX_NDIM + 1];
  int64_t axes[MX_MAX_NDIM + 1], sizes[MX_MAX_NDIM + 1];
  bool matrix = c->axis[0] >= 0, picks = mx_any_batched(c, 1), count = matrix && picks;
  int ndim = c->in[0]->ndim - matrix, n = c->op->n_in - 1;
  gather_of p = gather_parts(c->op, c->in, ndim);
  int lead = c->op->out[0]->ndim - ndim; /* axes of the index */
  mx_array *a = matrix ? mx_vmap_front(c, 0, true) : c->in[0];
  if (!matrix) {
    if (mx_batched_index(c, 1, false, index, &n)) return 1;
    return mx_vmap_done(c, mx_gather(a, (mx_vec){index, (size_t)n}, p.axes, p.sizes, c->s), 0);
  }
  sizes[0] = count ? 1 : c->size;
  if (ndim) memcpy(sizes + 1, p.sizes.p, (size_t)ndim * sizeof *sizes);
  mx_ints to = {axes, front_axes(p.axes.p, p.axes.n, count, axes)}, size = {sizes, ndim + 1};
  if (!count) return mx_vmap_done(c, mx_gather(a, p.index, to, size, c->s), lead);
  if (mx_batched_index(c, 1, true, index, &n)) return 1;
  a = mx_gather(a, (mx_vec){index, (size_t)n}, to, size, c->s);
  return mx_vmap_done(c, mx_squeeze_axis(a, 1 + lead, c->s), 0);
}

/* ---- take ---- */

static int axis_of(const mx_op *op) {
  return (int)((const mx_along_axis_params *)op->params)->axis;
}

/* The axes of the index in front, an axis of length 1 in place of the one taken from: the updates
 * of a scatter. */
int mx_vjp_take(const mx_vjp_call *c) {
  int64_t order[MX_MAX_NDIM];
  int at = axis_of(c->op), k = c->in[1]->ndim, n = c->out[0]->ndim;
  for (int i = 0; i < n; i++) order[i] = i < k ? at + i : i < k + at ? i - k : i;
  mx_array *g = mx_transpose_axes(c->g[0], (mx_ints){order, n}, c->s);
  g = mx_expand_dims(g, k + at, c->s);
  mx_array *zeros = mx_zeros_of(c->in[0], c->s);
  return MX_GRAD(c, 0, g ? mx_scatter_add_single(zeros, c->in[1], g, at, c->s) : NULL);
}

int mx_remake_take(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_take_axis(in[0], in[1], axis_of(op), op->stream));
}

/* Both have the further axis: a gather at (place in the further axis, index), whose result has the
 * axes of the index in front of all others. */
static mx_array *take_both(const mx_vmap_call *c, int at) {
  int64_t sizes[MX_MAX_NDIM], order[MX_MAX_NDIM];
  mx_array *a = mx_vmap_front(c, 0, true), *index[2];
  int n, k = c->in[1]->ndim - 1;
  if (!a || mx_batched_index(c, 1, true, index, &n)) return NULL;
  for (int i = 0; i < a->ndim; i++) sizes[i] = i == 0 || i == 1 + at ? 1 : a->shape[i];
  mx_array *r =
      mx_gather(a, (mx_vec){index, 2}, MX_INTS(0, 1 + at), (mx_ints){sizes, a->ndim}, c->s);
  r = r ? mx_squeeze_axes(r, MX_INTS(1 + k, 2 + k + at), c->s) : NULL;
  if (!r) return NULL;
  order[0] = 0;
  for (int i = 1; i < r->ndim; i++) order[i] = i <= at ? i + k : i <= at + k ? i - at : i;
  return mx_transpose_axes(r, (mx_ints){order, r->ndim}, c->s);
}

int mx_vmap_take(const mx_vmap_call *c) {
  int at = axis_of(c->op);
  if (c->axis[1] < 0) {
    int from = c->axis[0];
    mx_array *r = mx_take_axis(c->in[0], c->in[1], mx_past(at, from), c->s);
    return mx_vmap_done(c, r, from <= at ? from : from + c->in[1]->ndim - 1);
  }
  if (c->axis[0] >= 0) return mx_vmap_done(c, take_both(c, at), 0);
  return mx_vmap_done(c, mx_take_axis(c->in[0], c->in[1], at, c->s), at + c->axis[1]);
}

int mx_vjp_take_along_axis(const mx_vjp_call *c) {
  mx_array *zeros = mx_zeros_of(c->in[0], c->s);
  return MX_GRAD(
      c, 0, zeros ? mx_scatter_add_axis(zeros, c->in[1], c->g[0], axis_of(c->op), c->s) : NULL);
}

int mx_remake_take_along_axis(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_take_along_axis(in[0], in[1], axis_of(op), op->stream));
}

int mx_vmap_take_along_axis(const mx_vmap_call *c) {
  mx_array *a = mx_vmap_front(c, 0, false), *index = mx_vmap_front(c, 1, false);
  if (!a || !index) return 1;
  return mx_vmap_done(c, mx_take_along_axis(a, index, axis_of(c->op) + 1, c->s), 0);
}

/* ---- slices whose start is an array ---- */

static mx_ints dynamic_axes(const mx_op *op) {
  const mx_slice_dynamic_params *p = (const mx_slice_dynamic_params *)op->params;
  return (mx_ints){p->axes, (int)p->n_axes};
}

int mx_vjp_slice_dynamic(const mx_vjp_call *c) {
  mx_array *zeros = mx_zeros_of(c->in[0], c->s);
  return MX_GRAD(c, 0,
                 mx_slice_update_dynamic(zeros, c->g[0], c->in[1], dynamic_axes(c->op), c->s));
}

int mx_remake_slice_dynamic(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_array *was = op->in[0], *a = in[0], *r = op->out[0];
  for (int i = 0; i < r->ndim; i++) /* the size may have been meant as the length */
    if (a->shape[i] != was->shape[i] && r->shape[i] == was->shape[i])
      return mx_remade(out, mx_cannot_follow(op, a));
  return mx_remade(out,
                   mx_slice_dynamic(in[0], in[1], dynamic_axes(op), mx_shape_of(r), op->stream));
}

int mx_start_columns(const mx_vmap_call *c, int i, bool count, mx_array **index) {
  mx_array *start = mx_vmap_front(c, i, true);
  int n = dynamic_axes(c->op).n, k = 0;
  start = start ? mx_reshape(start, MX_INTS(c->size, n), c->s) : NULL;
  if (count && !(index[k++] = mx_counting(c->size, 1, c->s))) return 1;
  for (int j = 0; j < n; j++, k++)
    if (!(index[k] = mx_squeeze_axis(mx_part(start, 1, j, j + 1, c->s), 1, c->s))) return 1;
  return 0;
}

int mx_vmap_slice_dynamic(const mx_vmap_call *c) {
  mx_array *index[MX_MAX_NDIM + 1];
  int64_t axes[MX_MAX_NDIM + 1], sizes[MX_MAX_NDIM + 1];
  mx_ints own = dynamic_axes(c->op), size = mx_shape_of(c->op->out[0]);
  bool matrix = c->axis[0] >= 0, start = c->axis[1] >= 0 && own.n > 0;
  mx_ints to = {axes, front_axes(own.p, own.n, start, axes)};
  mx_array *a = c->in[0], *r;
  sizes[0] = start ? 1 : c->size;
  if (size.n) memcpy(sizes + 1, size.p, (size_t)size.n * sizeof *sizes);
  if (matrix) {
    a = mx_vmap_front(c, 0, true);
    size = (mx_ints){sizes, size.n + 1};
  } else {
    to = own;
  }
  if (!start) {
    mx_array *none = own.n ? c->in[1] : mx_reshape(c->in[1], MX_INTS(0), c->s);
    return mx_vmap_done(c, mx_slice_dynamic(a, none, to, size, c->s), matrix ? 0 : -1);
  }
  if (mx_start_columns(c, 1, matrix, index)) return 1;
  r = mx_gather(a, (mx_vec){index, (size_t)to.n}, to, size, c->s);
  return mx_vmap_done(c, matrix ? mx_squeeze_axis(r, 1, c->s) : r, 0);
}

/* ---- sorted vectors ---- */

int mx_remake_searchsorted(const mx_op *op, mx_array *const *in, mx_array **out) {
  bool right = ((const mx_searchsorted_params *)op->params)->right;
  return mx_remade(out, mx_searchsorted(in[0], in[1], right ? "right" : "left", op->stream));
}

/* a before b where NaN comes last. */
static mx_array *before(mx_array *a, mx_array *b, mx_stream *s) {
  mx_array *less = mx_less(a, b, s), *number = mx_equal(a, a, s), *nan = mx_not_equal(b, b, s);
  mx_array *last = number && nan ? mx_logical_and(number, nan, s) : NULL;
  return less && last ? mx_logical_or(less, last, s) : NULL;
}

/* Of each row of `sorted` (V, n), how many elements come before each of `values` (V, m): a binary
 * search, a bit of the answer at a time. */
static mx_array *search_rows(mx_array *sorted, mx_array *values, bool right, mx_stream *s) {
  int64_t n = sorted->shape[1], bit = 1;
  mx_array *count = mx_broadcast_to(mx_scalar(0, MLX_INT64), mx_shape_of(values), s);
  mx_array *most = mx_scalar((double)n, MLX_INT64), *one = mx_scalar(1, MLX_INT64);
  while (bit <= n / 2) bit *= 2;
  for (; n > 0 && bit > 0; bit /= 2) {
    mx_array *step = mx_scalar((double)bit, MLX_INT64);
    if (!count || !most || !one || !step) return NULL;
    mx_array *more = mx_add(count, step, s);
    mx_array *at = more ? mx_minimum(more, most, s) : NULL;
    at = at ? mx_subtract(at, one, s) : NULL;
    at = at ? mx_take_along_axis(sorted, at, 1, s) : NULL;
    mx_array *take = !at ? NULL : right ? before(values, at, s) : before(at, values, s);
    if (right) take = take ? mx_logical_not(take, s) : NULL;
    mx_array *room = more ? mx_less_equal(more, most, s) : NULL;
    take = take && room ? mx_logical_and(take, room, s) : NULL;
    count = take ? mx_where(take, more, count, s) : NULL;
  }
  return count;
}

int mx_vmap_searchsorted(const mx_vmap_call *c) {
  bool right = ((const mx_searchsorted_params *)c->op->params)->right;
  if (c->axis[0] < 0) {
    mx_array *r = mx_searchsorted(c->in[0], c->in[1], right ? "right" : "left", c->s);
    return mx_vmap_done(c, r, c->axis[1]);
  }
  mx_array *sorted = mx_vmap_front(c, 0, true), *values = mx_vmap_front(c, 1, true);
  mx_array *rows = values && c->size ? mx_reshape(values, MX_INTS(c->size, -1), c->s) : values;
  if (!sorted || !rows) return 1;
  if (values->size > 0) rows = search_rows(sorted, rows, right, c->s);
  rows = rows ? mx_reshape(rows, mx_shape_of(values), c->s) : NULL;
  return mx_vmap_done(c, mx_cast(rows, MLX_UINT32, c->s), 0);
}

/* ---- unique ---- */

/* An element sends to the first of its equals; the tail to the fill value, or to the first of all.
 */
int mx_vjp_unique(const mx_vjp_call *c) {
  const mx_array *a = c->in[0];
  mx_array *g = c->g[0];
  if (!g || a->size == 0) return 0;
  if (c->in[1]) {
    mx_array *none = mx_number(0, g), *zero = mx_scalar(0, MLX_INT32);
    mx_array *tail = zero ? mx_equal(c->out[3], zero, c->s) : NULL;
    mx_array *filled = tail && none ? mx_where(tail, g, none, c->s) : NULL;
    if (MX_GRAD(c, 1, filled ? mx_sum(filled, false, c->s) : NULL)) return 1;
    g = tail && none ? mx_where(tail, none, g, c->s) : NULL;
  }
  mx_array *flat = mx_reshape(mx_zeros_of(a, c->s), MX_INTS(a->size), c->s);
  flat = flat && g ? mx_scatter_add_axis(flat, c->out[1], g, 0, c->s) : NULL;
  return MX_GRAD(c, 0, flat ? mx_reshape(flat, mx_shape_of(a), c->s) : NULL);
}

int mx_remake_unique(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_vec r = {NULL, 0};
  int bad = mx_unique(&r, in[0], (int)op->out[0]->size, true, true, true, in[1], op->stream);
  if (!bad) memcpy(out, r.p, r.n * sizeof *out);
  free(r.p);
  return bad;
}
