/* Transformation rules of solvers and triangular factors, over batches of matrices: Giles (2008),
 * Walter and Lehmann (2012). Where one triangle of a symmetric matrix is read, the gradient is
 * symmetric: that of a change which keeps the matrix so. */
#include <string.h>

#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

static bool upper_of(const mx_op *op) {
  return ((const mx_triangle_params *)op->params)->upper;
}

static bool triangular(const mx_op *op) {
  return ((const mx_triangle_params *)op->params)->triangular;
}

static mx_array *triangle(mx_array *a, bool upper, mx_stream *s) {
  return upper ? mx_triu(a, 0, s) : mx_tril(a, 0, s);
}

/* ---- cholesky ---- */

/* The lower triangle with half the diagonal. */
static mx_array *half_lower(mx_array *a, mx_stream *s) {
  mx_array *sum = mx_add(mx_tril(a, 0, s), mx_tril(a, -1, s), s);
  return mx_times(sum, 0.5, s);
}

/* L^-H a L^-1 for a lower L. */
static mx_array *congruence(mx_array *l, mx_array *a, mx_stream *s) {
  mx_array *lh = mx_adjoint(l, s);
  if (!lh || !a)
    return NULL;
  a = mx_adjoint(mx_linalg_solve_triangular(lh, a, true, s), s);
  return a ? mx_adjoint(mx_linalg_solve_triangular(lh, a, true, s), s) : NULL;
}

int mx_vjp_cholesky(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  bool upper = upper_of(c->op);
  mx_array *l = upper ? mx_adjoint(c->out[0], s) : c->out[0];
  mx_array *g = upper ? mx_adjoint(c->g[0], s) : c->g[0];
  mx_array *inner = half_lower(mx_matmul(mx_adjoint(l, s), g, s), s);
  mx_array *r = congruence(l, inner, s);
  return MX_GRAD(c, 0, mx_times(mx_add(r, mx_adjoint(r, s), s), 0.5, s));
}

int mx_remake_cholesky(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_linalg_cholesky(in[0], upper_of(op), op->stream));
}

int mx_vmap_cholesky(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_cholesky);
}

/* ---- inverse ---- */

int mx_vjp_inverse(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *t = mx_adjoint(c->out[0], s);
  mx_array *r = mx_negative(mx_matmul(mx_matmul(t, c->g[0], s), t, s), s);
  if (triangular(c->op))
    r = triangle(r, upper_of(c->op), s);
  return MX_GRAD(c, 0, r);
}

int mx_remake_inverse(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (triangular(op))
    return mx_remade(out, mx_linalg_tri_inv(in[0], upper_of(op), op->stream));
  return mx_remade(out, mx_linalg_inv(in[0], op->stream));
}

int mx_vmap_inverse(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_inverse);
}

/* ---- solve ---- */

static mx_array *solve(const mx_op *op, mx_array *a, mx_array *b, bool turned) {
  mx_stream *s = op->stream;
  if (!a || !b)
    return NULL;
  if (op->prim == MX_PRIM_SOLVE)
    return mx_linalg_solve(a, b, s);
  return mx_linalg_solve_triangular(a, b, upper_of(op) != turned, s);
}

static int solve_vjp(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *b = solve(c->op, mx_adjoint(c->in[0], s), c->g[0], true);
  if (!b)
    return 1;
  if (c->want[1])
    c->grad[1] = b;
  if (!c->want[0])
    return 0;
  mx_array *a = mx_negative(mx_matmul(b, mx_adjoint(c->out[0], s), s), s);
  c->grad[0] = c->op->prim == MX_PRIM_SOLVE ? a : triangle(a, upper_of(c->op), s);
  return !c->grad[0];
}

int mx_vjp_solve(const mx_vjp_call *c) {
  return solve_vjp(c);
}

int mx_vjp_solve_triangular(const mx_vjp_call *c) {
  return solve_vjp(c);
}

int mx_remake_solve(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, solve(op, in[0], in[1], false));
}

int mx_remake_solve_triangular(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, solve(op, in[0], in[1], false));
}

/* One matrix for many right sides: more columns. */
static int solve_vmap(const mx_vmap_call *c) {
  mx_stream *s = c->s;
  mx_array *b = c->in[1];
  if (c->axis[0] >= 0)
    return mx_vmap_leading(c, mx_remake_solve);
  b = mx_moveaxis(b, c->axis[1], -2, s); /* (.., n, V, columns) */
  if (!b)
    return 1;
  int64_t columns = b->shape[b->ndim - 1];
  mx_array *r = solve(c->op, c->in[0], mx_flatten(b, -2, -1, s), false);
  r = r ? mx_unflatten(r, -1, MX_INTS(c->size, columns), s) : NULL;
  return mx_vmap_done(c, r, b->ndim - 2);
}

int mx_vmap_solve(const mx_vmap_call *c) {
  return solve_vmap(c);
}

int mx_vmap_solve_triangular(const mx_vmap_call *c) {
  return solve_vmap(c);
}

/* ---- lu_factor: a[i] = (L U)[row[i]] ---- */

static mx_array *columns(mx_array *a, int64_t from, int64_t to, mx_stream *s) {
  return a ? mx_part(a, a->ndim - 1, from, to, s) : NULL;
}

static mx_array *rows(mx_array *a, int64_t from, int64_t to, mx_stream *s) {
  return a ? mx_part(a, a->ndim - 2, from, to, s) : NULL;
}

/* Two arrays, one after the other along an axis. */
static mx_array *beside(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  mx_array *both[] = {a, b};
  return a && b ? mx_concatenate_axis((mx_vec){both, 2}, axis, s) : NULL;
}

/* L^-H (tril(L^H gl, -1) + triu(gu U^H)) U^-H for square L and U. */
static mx_array *square_lu(mx_array *l, mx_array *u, mx_array *gl, mx_array *gu, mx_stream *s) {
  mx_array *low = mx_tril(mx_matmul(mx_adjoint(l, s), gl, s), -1, s);
  mx_array *high = mx_triu(mx_matmul(gu, mx_adjoint(u, s), s), 0, s);
  mx_array *r = mx_add(low, high, s), *lh = mx_adjoint(l, s);
  r = r && lh ? mx_adjoint(mx_linalg_solve_triangular(lh, r, true, s), s) : NULL;
  return r ? mx_adjoint(mx_linalg_solve_triangular(u, r, true, s), s) : NULL; /* (U^-1 r^H)^H */
}

/* The gradient of L U. What lies beyond the square part of one factor is solved from it. */
static mx_array *lu_gradient(mx_array *lu, mx_array *g, mx_stream *s) {
  int64_t m = lu->shape[lu->ndim - 2], n = lu->shape[lu->ndim - 1], k = m < n ? m : n;
  mx_array *eye = mx_eye((int)k, (int)k, 0, (mlx_dtype)lu->dtype, s);
  mx_array *square = rows(columns(lu, 0, k, s), 0, k, s);
  mx_array *l = mx_add(mx_tril(square, -1, s), eye, s), *u = mx_triu(square, 0, s);
  mx_array *part = rows(columns(g, 0, k, s), 0, k, s);
  mx_array *gl = mx_tril(part, -1, s), *gu = mx_triu(part, 0, s);
  if (!l || !u || !gl || !gu)
    return NULL;
  if (m > n) { /* the rest of L is the rest of a times U^-1 */
    mx_array *rest = mx_adjoint(rows(g, k, m, s), s);
    rest = rest ? mx_adjoint(mx_linalg_solve_triangular(u, rest, true, s), s) : NULL;
    mx_array *from = mx_matmul(mx_adjoint(rows(lu, k, m, s), s), rest, s);
    gu = mx_triu(mx_subtract(gu, from, s), 0, s);
    return beside(square_lu(l, u, gl, gu, s), rest, -2, s);
  }
  if (m < n) { /* the rest of U is L^-1 times the rest of a */
    mx_array *rest = mx_linalg_solve_triangular(mx_adjoint(l, s), columns(g, k, n, s), true, s);
    mx_array *from = mx_matmul(rest, mx_adjoint(columns(lu, k, n, s), s), s);
    gl = mx_tril(mx_subtract(gl, from, s), -1, s);
    return beside(square_lu(l, u, gl, gu, s), rest, -1, s);
  }
  return square_lu(l, u, gl, gu, s);
}

int mx_vjp_lu_factor(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  if (!c->g[0] || !c->want[0] || c->in[0]->size == 0)
    return 0;
  mx_array *g = lu_gradient(c->out[0], c->g[0], s);
  mx_array *from = mx_expand_dims(c->out[2], -1, s);
  from = from ? mx_broadcast_to(from, mx_shape_of(c->in[0]), s) : NULL;
  c->grad[0] = g && from ? mx_take_along_axis(g, from, -2, s) : NULL;
  return !c->grad[0];
}

int mx_remake_lu_factor(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_lu_nodes("lu_factor", in[0], out, op->stream);
}

int mx_vmap_lu_factor(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_lu_factor);
}
