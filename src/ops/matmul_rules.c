/* Transformation rules of matrix products. Gradients are plain products of transposed views, which
 * the product engine reads where they lie. */
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"

/* ---- matmul ---- */

static bool has_batch(const mx_array *a) {
  for (int i = 0; i < a->ndim - 2; i++)
    if (a->shape[i] != 1)
      return true;
  return false;
}

/* (..., m, n) as (rows, n). */
static mx_array *as_rows(mx_array *a, mx_stream *s) {
  if (!a || a->ndim == 2)
    return a;
  int64_t n = a->shape[a->ndim - 1], rows = a->shape[a->ndim - 2];
  for (int i = 0; i < a->ndim - 2; i++)
    rows *= a->shape[i];
  return mx_reshape(a, MX_INTS(rows, n), s);
}

/* The gradient of a @ b to a: g @ b^H, summed where a was shared. */
static mx_array *to_left(mx_array *g, const mx_array *a, mx_array *b, mx_stream *s) {
  mx_array *r = mx_matmul(g, mx_rule_conjugate(mx_turn(b, s), s), s);
  return r ? mx_unbroadcast(r, a, s) : NULL;
}

/* Its columns run on in memory: the turned view of a row-major matrix. */
static bool is_turned(const mx_array *b) {
  int n = b->ndim;
  return b->shape[n - 1] > 1 && b->strides[n - 2] == 1 && b->strides[n - 1] == b->shape[n - 2];
}

/* The gradient of a @ b to b: a^H @ g; one product over all rows of the batch where b is one
 * matrix. It lies in memory as b does, for what is turned once more on the way to a weight meets
 * that weight elementwise in an optimizer. */
static mx_array *to_right(mx_array *g, mx_array *a, const mx_array *b, mx_stream *s) {
  if (has_batch(b)) {
    mx_array *r = mx_matmul(mx_rule_conjugate(mx_turn(a, s), s), g, s);
    return r ? mx_unbroadcast(r, b, s) : NULL;
  }
  mx_array *x = mx_rule_conjugate(as_rows(a, s), s), *y = as_rows(g, s);
  if (!x || !y)
    return NULL;
  mx_array *r = is_turned(b) ? mx_turn(mx_matmul(mx_turn(y, s), x, s), s)
                             : mx_matmul(mx_turn(x, s), y, s);
  return r ? mx_reshape(r, (mx_ints){b->shape, b->ndim}, s) : NULL;
}

/* Gradients of a @ b for inputs 0 and 1. */
static int product_gradients(const mx_vjp_call *c, mx_array *g) {
  if (c->want[0] && !(c->grad[0] = to_left(g, c->in[0], c->in[1], c->s)))
    return 1;
  return c->want[1] && !(c->grad[1] = to_right(g, c->in[0], c->in[1], c->s));
}

int mx_vjp_matmul(const mx_vjp_call *c) {
  return product_gradients(c, c->g[0]);
}

/* The sum of what two inputs give; NULL where neither moves. */
static int add_tangent(mx_array **sum, mx_array *part, mx_stream *s) {
  if (!part)
    return 1;
  *sum = *sum ? mx_add(*sum, part, s) : part;
  return !*sum;
}

int mx_jvp_matmul(const mx_jvp_call *c) {
  if (c->t[0] && add_tangent(c->out_t, mx_matmul(c->t[0], c->in[1], c->s), c->s))
    return 1;
  return c->t[1] && add_tangent(c->out_t, mx_matmul(c->in[0], c->t[1], c->s), c->s);
}

int mx_remake_matmul(const mx_op *op, mx_array *const *in, mx_array **out) {
  *out = mx_matmul(in[0], in[1], op->stream);
  return !*out;
}

/* One matrix a for many b (k, n): the further axis is more columns. */
static int more_columns(const mx_vmap_call *c) {
  mx_array *a = c->in[0], *b = mx_moveaxis(c->in[1], c->axis[1], 1, c->s);
  if (!b)
    return 1;
  int64_t k = b->shape[0], n = b->shape[2];
  mx_array *r = mx_matmul(a, mx_reshape(b, MX_INTS(k, c->size * n), c->s), c->s);
  *c->out = r ? mx_reshape(r, MX_INTS(a->shape[0], c->size, n), c->s) : NULL;
  *c->out_axis = 1;
  return !*c->out;
}

/* Input i with the further axis in front, when it has one, and as many axes as its partners. */
static mx_array *lead(const mx_vmap_call *c, int i, int ndim) {
  return c->axis[i] < 0 ? c->in[i] : mx_lead_align(mx_vmap_front(c, i, true), ndim, c->s);
}

/* Axes of input i without the further one. */
static int own_ndim(const mx_vmap_call *c, int i) {
  return c->in[i]->ndim - (c->axis[i] >= 0);
}

int mx_vmap_matmul(const mx_vmap_call *c) {
  int na = own_ndim(c, 0), nb = own_ndim(c, 1);
  if (c->axis[0] < 0 && na == 2 && nb == 2)
    return more_columns(c);
  int ndim = 1 + (na > nb ? na : nb);
  *c->out = mx_matmul(lead(c, 0, ndim), lead(c, 1, ndim), c->s);
  *c->out_axis = 0;
  return !*c->out;
}

/* Of integers mx_matmul makes another node, with matrices of one batch. */
int mx_vjp_integer_matmul(const mx_vjp_call *c) {
  return mx_vjp_matmul(c);
}

int mx_jvp_integer_matmul(const mx_jvp_call *c) {
  return mx_jvp_matmul(c);
}

int mx_remake_integer_matmul(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remake_matmul(op, in, out);
}

int mx_vmap_integer_matmul(const mx_vmap_call *c) {
  return mx_vmap_matmul(c);
}

/* ---- addmm ---- */

static const mx_addmm_params *addmm_params(const mx_op *op) {
  return (const mx_addmm_params *)op->params;
}

int mx_vjp_addmm(const mx_vjp_call *c) {
  const mx_addmm_params *p = addmm_params(c->op);
  if (c->want[2]) {
    mx_array *g = mx_times(c->g[0], p->beta, c->s);
    c->grad[2] = g ? mx_unbroadcast(g, c->in[2], c->s) : NULL;
    if (!c->grad[2])
      return 1;
  }
  if (!c->want[0] && !c->want[1])
    return 0;
  mx_array *g = mx_times(c->g[0], p->alpha, c->s);
  return !g || product_gradients(c, g);
}

int mx_jvp_addmm(const mx_jvp_call *c) {
  const mx_addmm_params *p = addmm_params(c->op);
  mx_array *product = NULL;
  if (c->t[0] && add_tangent(&product, mx_matmul(c->t[0], c->in[1], c->s), c->s))
    return 1;
  if (c->t[1] && add_tangent(&product, mx_matmul(c->in[0], c->t[1], c->s), c->s))
    return 1;
  if (product && add_tangent(c->out_t, mx_times(product, p->alpha, c->s), c->s))
    return 1;
  return c->t[2] && add_tangent(c->out_t, mx_times(c->t[2], p->beta, c->s), c->s);
}

int mx_remake_addmm(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_addmm_params *p = addmm_params(op);
  *out = mx_addmm(in[2], in[0], in[1], (float)p->alpha, (float)p->beta, op->stream);
  return !*out;
}

int mx_vmap_addmm(const mx_vmap_call *c) {
  int ndim = 0;
  for (int i = 0; i < 3; i++)
    ndim = ndim > own_ndim(c, i) + 1 ? ndim : own_ndim(c, i) + 1;
  mx_array *in[3];
  for (int i = 0; i < 3; i++)
    in[i] = lead(c, i, ndim);
  if (c->axis[0] < 0 && c->axis[1] < 0 && in[0]) { /* c alone: the product needs the axis too */
    int64_t shape[MX_MAX_NDIM];
    shape[0] = c->size;
    memcpy(shape + 1, in[0]->shape, (size_t)in[0]->ndim * sizeof *shape);
    in[0] = mx_broadcast_to(in[0], (mx_ints){shape, in[0]->ndim + 1}, c->s);
    in[0] = mx_lead_align(in[0], ndim, c->s);
  }
  *c->out_axis = 0;
  return mx_remake_addmm(c->op, in, c->out);
}

/* ---- gather_mm ---- */

static int64_t batch_of(const mx_array *a) {
  int64_t n = 1;
  for (int i = 0; i < a->ndim - 2; i++)
    n *= a->shape[i];
  return n;
}

/* (..., m, n) as (batch, m, n). */
static mx_array *one_batch(mx_array *a, mx_stream *s) {
  if (!a)
    return NULL;
  return mx_reshape(a, MX_INTS(batch_of(a), a->shape[a->ndim - 2], a->shape[a->ndim - 1]), s);
}

mx_array *mx_flat_index(mx_array *index, int64_t n, mx_stream *s) {
  mx_array *zero = mx_scalar(0, MLX_INT64), *length = mx_scalar((double)n, MLX_INT64);
  mx_array *list = index ? mx_reshape(index, MX_INTS(index->size), s) : NULL;
  if (!zero || !length || !list)
    return NULL;
  return mx_where(mx_less(list, zero, s), mx_add(list, length, s), list, s);
}

static mx_array *count(int64_t n, mx_stream *s) {
  return mx_arange(0, (double)n, 1, MLX_INT64, s);
}

mx_array *mx_scatter_products(mx_array *products, mx_array *index, const mx_array *a,
                              mx_stream *s) {
  if (!products || !index)
    return NULL;
  int64_t n = batch_of(a), m = a->shape[a->ndim - 2], k = a->shape[a->ndim - 1];
  mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
  zero = zero ? mx_broadcast_to(zero, MX_INTS(n, m, k), s) : NULL;
  mx_array *rows = mx_reshape(products, MX_INTS(index->size, 1, m, k), s);
  mx_array *sum = zero ? mx_scatter_add_single(zero, index, rows, 0, s) : NULL;
  return sum ? mx_reshape(sum, (mx_ints){a->shape, a->ndim}, s) : NULL;
}

static mx_array *gather_to_left(const mx_vjp_call *c, mx_array *g) {
  mx_stream *s = c->s;
  mx_array *b = mx_rule_conjugate(mx_turn(one_batch(c->in[1], s), s), s);
  mx_array *lhs = mx_flat_index(c->in[2], batch_of(c->in[0]), s);
  mx_array *rhs = mx_flat_index(c->in[3], batch_of(c->in[1]), s), *all = count(batch_of(g), s);
  if (!b || !rhs || !all)
    return NULL;
  mx_array *products = mx_gather_mm(one_batch(g, s), b, all, rhs, false, s);
  return mx_scatter_products(products, lhs, c->in[0], s);
}

/* The first (0) or second (1) column of the segments of equal numbers 0 .. n in a sorted list, in
 * rows of m each. */
static mx_array *segments_of(mx_array *sorted, int64_t n, int64_t m, mx_stream *s) {
  mx_array *numbers = count(n, s), *bounds[2] = {NULL, NULL};
  mx_array *times = mx_scalar((double)m, MLX_INT64);
  if (!numbers || !times)
    return NULL;
  for (int right = 0; right < 2; right++) {
    mx_array *at = mx_searchsorted(sorted, numbers, right ? "right" : "left", s);
    bounds[right] = mx_multiply(mx_cast(at, MLX_INT64, s), times, s);
    if (!bounds[right])
      return NULL;
  }
  return mx_stack_axis((mx_vec){bounds, 2}, 1, s);
}

/* Every product's own sum, added up: for dtypes that have no segmented product. */
static mx_array *sum_of_each(mx_array *a, mx_array *lhs, mx_array *g, mx_array *rhs, int64_t batch,
                             mx_stream *s) {
  mx_array *all = count(batch_of(g), s);
  mx_array *products = all ? mx_gather_mm(mx_turn(a, s), g, lhs, all, false, s) : NULL;
  mx_array *zero = products ? mx_number(0, products) : NULL;
  if (!zero)
    return NULL;
  int64_t k = a->shape[2], n = g->shape[2];
  zero = mx_broadcast_to(zero, MX_INTS(batch, k, n), s);
  return mx_scatter_products(products, rhs, zero, s);
}

mx_array *mx_gathered_sum(mx_array *a, mx_array *lhs, mx_array *g, mx_array *rhs, int64_t batch,
                          mx_stream *s) {
  a = one_batch(a, s);
  g = one_batch(g, s);
  if (!a || !g || !lhs || !rhs)
    return NULL;
  if (g->dtype == MLX_COMPLEX64)
    return sum_of_each(a, lhs, g, rhs, batch, s);
  mx_array *order = mx_argsort_axis(rhs, 0, s);
  mx_array *met = mx_take_axis(lhs, order, 0, s), *sorted = mx_take_axis(rhs, order, 0, s);
  mx_array *left = met ? mx_take_axis(a, met, 0, s) : NULL;
  mx_array *right = order ? mx_take_axis(g, order, 0, s) : NULL;
  mx_array *at = sorted ? segments_of(sorted, batch, a->shape[1], s) : NULL;
  if (!left || !right || !at)
    return NULL;
  return mx_segmented_mm(mx_turn(as_rows(left, s), s), as_rows(right, s), at, s);
}

static mx_array *gather_to_right(const mx_vjp_call *c, mx_array *g) {
  mx_stream *s = c->s;
  mx_array *a = mx_rule_conjugate(c->in[0], s), *b = c->in[1];
  mx_array *lhs = mx_flat_index(c->in[2], batch_of(c->in[0]), s);
  mx_array *rhs = mx_flat_index(c->in[3], batch_of(b), s);
  mx_array *sum = mx_gathered_sum(a, lhs, g, rhs, batch_of(b), s);
  return sum ? mx_reshape(sum, (mx_ints){b->shape, b->ndim}, s) : NULL;
}

int mx_vjp_gather_mm(const mx_vjp_call *c) {
  if (c->want[0] && !(c->grad[0] = gather_to_left(c, c->g[0])))
    return 1;
  return c->want[1] && !(c->grad[1] = gather_to_right(c, c->g[0]));
}

int mx_remake_gather_mm(const mx_op *op, mx_array *const *in, mx_array **out) {
  *out = mx_gather_mm(in[0], in[1], in[2], in[3], false, op->stream);
  return !*out;
}

mx_array *mx_vmap_picks(const mx_vmap_call *c, int matrices, int indices) {
  mx_stream *s = c->s;
  mx_array *index = mx_vmap_front(c, indices, true);
  if (!index || c->axis[matrices] < 0)
    return index;
  mx_array *a = mx_vmap_front(c, matrices, true);
  if (!a)
    return NULL;
  int64_t n = 1, shape[MX_MAX_NDIM]; /* matrices of one place of the further axis */
  for (int i = 1; i < a->ndim - 2; i++)
    n *= a->shape[i];
  for (int i = 0; i < index->ndim; i++)
    shape[i] = i ? 1 : c->size;
  mx_array *list = mx_flat_index(index, n, s), *all = count(c->size, s);
  mx_array *times = mx_scalar((double)n, MLX_INT64);
  if (!list || !all || !times)
    return NULL;
  mx_array *first = mx_reshape(mx_multiply(all, times, s), (mx_ints){shape, index->ndim}, s);
  list = mx_reshape(list, (mx_ints){index->shape, index->ndim}, s);
  return first && list ? mx_add(list, first, s) : NULL;
}

/* Without the further axis where an input has none: indices tell the copies apart. */
static mx_array *front_or_same(const mx_vmap_call *c, int i) {
  return c->axis[i] < 0 ? c->in[i] : mx_vmap_front(c, i, true);
}

int mx_vmap_gather_mm(const mx_vmap_call *c) {
  mx_array *in[] = {front_or_same(c, 0), front_or_same(c, 1), mx_vmap_picks(c, 0, 2),
                    mx_vmap_picks(c, 1, 3)};
  *c->out_axis = 0;
  if (!in[0] || !in[1] || !in[2] || !in[3])
    return 1;
  return mx_remake_gather_mm(c->op, in, c->out);
}

/* ---- segmented_mm ---- */

/* (..., 1, K): which of K lie in each of segments (..., 2), as numbers of g's dtype. */
static mx_array *inside(mx_array *segments, int64_t k, const mx_array *g, mx_stream *s) {
  mx_array *edge[2] = {NULL, NULL}, *all = count(k, s), *which = NULL;
  int n = segments->ndim;
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < n; i++) {
      from[i] = i == n - 1 ? side : 0;
      to[i] = i == n - 1 ? side + 1 : segments->shape[i];
      step[i] = 1;
    }
    edge[side] = mx_slice(segments, (mx_ints){from, n}, (mx_ints){to, n}, (mx_ints){step, n}, s);
  }
  if (all && edge[0] && edge[1])
    which = mx_logical_and(mx_greater_equal(all, edge[0], s), mx_less(all, edge[1], s), s);
  return which ? mx_cast(mx_expand_dims(which, -2, s), (mlx_dtype)g->dtype, s) : NULL;
}

int mx_vjp_segmented_mm(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *g = c->g[0], *a = c->in[0], *b = c->in[1];
  mx_array *kept = inside(c->in[2], a->shape[1], g, s);
  if (!kept)
    return 1;
  if (c->want[0]) { /* sum over segments of what b's rows inside give */
    mx_array *part = mx_matmul(g, mx_turn(b, s), s);
    part = part ? mx_multiply(part, kept, s) : NULL;
    c->grad[0] = part ? mx_unbroadcast(part, a, s) : NULL;
  }
  if (c->want[1]) {
    mx_array *part = mx_matmul(mx_turn(a, s), g, s);
    part = part ? mx_multiply(part, mx_turn(kept, s), s) : NULL;
    c->grad[1] = part ? mx_unbroadcast(part, b, s) : NULL;
  }
  return (c->want[0] && !c->grad[0]) || (c->want[1] && !c->grad[1]);
}

int mx_remake_segmented_mm(const mx_op *op, mx_array *const *in, mx_array **out) {
  *out = mx_segmented_mm(in[0], in[1], in[2], op->stream);
  return !*out;
}

/* Copies side by side along the inner axis, and the segments moved to their own. */
static int beside(const mx_vmap_call *c) {
  mx_stream *s = c->s;
  mx_array *a = mx_vmap_front(c, 0, true), *b = mx_vmap_front(c, 1, true);
  mx_array *at = mx_vmap_front(c, 2, true);
  if (!a || !b || !at)
    return 1;
  int64_t k = b->shape[1], shape[MX_MAX_NDIM];
  for (int i = 0; i < at->ndim; i++)
    shape[i] = i ? 1 : c->size;
  mx_array *length = mx_scalar((double)k, MLX_INT64), *all = count(c->size, s);
  mx_array *zero = mx_scalar(0, MLX_INT64);
  if (!length || !all || !zero || !(a = mx_moveaxis(a, 0, 1, s)))
    return 1;
  a = mx_reshape(a, MX_INTS(a->shape[0], c->size * k), s);
  b = mx_reshape(b, MX_INTS(c->size * k, b->shape[2]), s);
  mx_array *first = mx_reshape(mx_multiply(all, length, s), (mx_ints){shape, at->ndim}, s);
  at = mx_minimum(mx_maximum(at, zero, s), length, s);
  mx_array *in[] = {a, b, at && first ? mx_add(at, first, s) : NULL};
  *c->out_axis = 0;
  return mx_remake_segmented_mm(c->op, in, c->out);
}

int mx_vmap_segmented_mm(const mx_vmap_call *c) {
  mx_stream *s = c->s;
  bool a = c->axis[0] >= 0, b = c->axis[1] >= 0, at = c->axis[2] >= 0;
  if ((a && b) || (at && (a || b)))
    return beside(c);
  if (at) {
    mx_array *in[] = {c->in[0], c->in[1], mx_vmap_front(c, 2, true)};
    *c->out_axis = 0;
    return mx_remake_segmented_mm(c->op, in, c->out);
  }
  /* more rows of a, or more columns of b */
  mx_array *x = mx_moveaxis(c->in[!a], c->axis[!a], a ? 0 : 1, s);
  if (!x)
    return 1;
  int64_t m = x->shape[0], n = x->shape[1], k = x->shape[2];
  x = mx_reshape(x, a ? MX_INTS(m * n, k) : MX_INTS(m, n * k), s);
  mx_array *in[] = {a ? x : c->in[0], a ? c->in[1] : x, c->in[2]}, *r;
  if (!x || mx_remake_segmented_mm(c->op, in, &r))
    return 1;
  int axis = r->ndim - (a ? 2 : 1);
  *c->out = mx_unflatten(r, axis, MX_INTS(c->size, -1), s);
  *c->out_axis = axis;
  return !*c->out;
}

/* ---- hadamard_transform ---- */

/* The transpose of the matrix of length m 2^k: that of m, read from what the transform makes of the
 * unit vectors, times the one of 2^k, which is symmetric. */
static mx_array *hadamard_turned(mx_array *g, const mx_hadamard_params *p, mx_stream *s) {
  mlx_optional_float scale = {(float)p->scale, true}, one = {1, true};
  mx_array *eye = mx_eye((int)p->m, (int)p->m, 0, MLX_FLOAT32, s);
  mx_array *matrix = eye ? mx_hadamard_transform(eye, one, s) : NULL;
  g = mx_wide(g, s);
  if (!g || !matrix)
    return NULL;
  int64_t n = g->shape[g->ndim - 1];
  mx_array *r = mx_unflatten(g, -1, MX_INTS(p->m, n / p->m), s);
  r = r ? mx_hadamard_transform(r, scale, s) : NULL;
  r = r ? mx_matmul(matrix, r, s) : NULL;
  return r ? mx_flatten(r, -2, -1, s) : NULL;
}

/* The matrices of 1 and 12 are symmetric. */
int mx_vjp_hadamard_transform(const mx_vjp_call *c) {
  const mx_hadamard_params *p = (const mx_hadamard_params *)c->op->params;
  mlx_optional_float scale = {(float)p->scale, true};
  if (!c->want[0])
    return 0;
  c->grad[0] = p->m <= 12 ? mx_hadamard_transform(c->g[0], scale, c->s)
                          : hadamard_turned(c->g[0], p, c->s);
  return !c->grad[0];
}

int mx_remake_hadamard_transform(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_hadamard_params *p = (const mx_hadamard_params *)op->params;
  *out = mx_hadamard_transform(in[0], (mlx_optional_float){(float)p->scale, true}, op->stream);
  return !*out;
}

int mx_vmap_hadamard_transform(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_hadamard_transform);
}
