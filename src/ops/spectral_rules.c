/* Transformation rules of QR, singular values and eigenvalues, over batches of matrices. They hold
 * where the factors are differentiable: full rank, values that differ; for signs and phases that a
 * factorization chooses freely the result must not depend on them. */
#include <stdlib.h>
#include <string.h>

#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

static mx_array *columns(mx_array *a, int64_t from, int64_t to, mx_stream *s) {
  return a ? mx_part(a, a->ndim - 1, from, to, s) : NULL;
}

static mx_array *rows(mx_array *a, int64_t from, int64_t to, mx_stream *s) {
  return a ? mx_part(a, a->ndim - 2, from, to, s) : NULL;
}

/* A vector as a column (-1) or a row (-2) of a matrix. */
static mx_array *along(mx_array *v, int axis, mx_stream *s) {
  return v ? mx_expand_dims(v, axis, s) : NULL;
}

static mx_array *diagonal(mx_array *a, mx_stream *s) {
  return a ? mx_diagonal(a, 0, -2, -1, s) : NULL;
}

/* An m by n matrix with the vector v on its diagonal. */
static mx_array *on_diagonal(mx_array *v, int64_t m, int64_t n, mx_stream *s) {
  mx_array *eye = v ? mx_eye((int)m, (int)n, 0, (mlx_dtype)v->dtype, s) : NULL;
  if (!eye)
    return NULL;
  /* as long as the side that it runs along */
  mx_array *part = m <= n ? along(v, -1, s) : along(v, -2, s);
  return mx_multiply(eye, part, s);
}

/* Zeros after the rows (-2) or columns (-1) of a up to n. */
static mx_array *extended(mx_array *a, int axis, int64_t n, mx_stream *s) {
  if (!a)
    return NULL;
  int at = a->ndim + axis;
  int64_t more = n - a->shape[at];
  mx_array *zero = mx_number(0, a);
  if (more == 0 || !zero)
    return more ? NULL : a;
  return mx_pad(a, MX_INTS(at), MX_INTS(0), MX_INTS(more), zero, "constant", s);
}

/* 1 / (v[j] - v[i]), and 0 where they are equal. */
static mx_array *inverse_gaps(mx_array *v, mx_stream *s) {
  mx_array *gap = mx_subtract(along(v, -2, s), along(v, -1, s), s);
  if (!gap)
    return NULL;
  mx_array *zero = mx_number(0, gap), *one = mx_number(1, gap);
  mx_array *same = mx_equal(gap, zero, s);
  mx_array *r = mx_reciprocal(mx_where(same, one, gap, s), s);
  return mx_where(same, zero, r, s);
}

/* ---- qr ---- */

/* The gradient of a = Q R for a at least as tall as wide, R's diagonal being real:
 * (gq + Q copy(R gr^H - gq^H Q)) R^-H, where copy mirrors the lower triangle to the upper. */
static mx_array *tall_qr(mx_array *q, mx_array *r, mx_array *gq, mx_array *gr, mx_stream *s) {
  mx_array *m = NULL;
  if (gr && !(m = mx_matmul(r, mx_adjoint(gr, s), s)))
    return NULL;
  if (gq) {
    mx_array *part = mx_matmul(mx_adjoint(gq, s), q, s);
    m = m ? mx_subtract(m, part, s) : mx_negative(part, s);
  }
  mx_array *low = mx_tril(m, -1, s), *middle = diagonal(m, s);
  if (middle && middle->dtype == MLX_COMPLEX64)
    middle = mx_real(middle, s);
  int64_t n = r->shape[r->ndim - 1];
  mx_array *sum = mx_add(mx_add(low, mx_adjoint(low, s), s), on_diagonal(middle, n, n, s), s);
  sum = mx_matmul(q, sum, s);
  if (gq)
    sum = mx_add(sum, gq, s);
  sum = sum ? mx_linalg_solve_triangular(r, mx_adjoint(sum, s), true, s) : NULL;
  return mx_adjoint(sum, s);
}

/* a = (X, Y) with X = Q U and Y = Q V: what Y gives reaches X through Q. */
static mx_array *wide_qr(mx_array *q, mx_array *r, mx_array *y, mx_array *gq, mx_array *gr,
                         mx_stream *s) {
  int64_t k = r->shape[r->ndim - 2], n = r->shape[r->ndim - 1];
  mx_array *gu = gr ? columns(gr, 0, k, s) : NULL, *gv = gr ? columns(gr, k, n, s) : NULL;
  if (gr && (!gu || !gv))
    return NULL;
  if (gv) {
    mx_array *part = mx_matmul(y, mx_adjoint(gv, s), s);
    if (!(gq = gq ? mx_add(gq, part, s) : part))
      return NULL;
  }
  mx_array *gx = tall_qr(q, columns(r, 0, k, s), gq, gu, s);
  mx_array *gy = gv ? mx_matmul(q, gv, s) : y ? mx_zeros_of(y, s) : NULL;
  mx_array *both[] = {gx, gy};
  return gx && gy ? mx_concatenate_axis((mx_vec){both, 2}, -1, s) : NULL;
}

/* Columns of Q beyond those that span a turn against them: what they get goes to those. */
static mx_array *spanning(mx_array *q, mx_array *gq, int64_t n, mx_stream *s) {
  int64_t m = q->shape[q->ndim - 1];
  mx_array *q1 = columns(q, 0, n, s), *q2 = columns(q, n, m, s), *g2 = columns(gq, n, m, s);
  mx_array *part = mx_matmul(q2, mx_matmul(mx_adjoint(g2, s), q1, s), s);
  return mx_subtract(columns(gq, 0, n, s), part, s);
}

int mx_vjp_qr(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *a = c->in[0], *q = c->out[0], *r = c->out[1], *gq = c->g[0], *gr = c->g[1];
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  if (!c->want[0] || a->size == 0 || (!gq && !gr))
    return 0;
  if (gr && !(gr = mx_triu(gr, 0, s)))
    return 1;
  if (m <= n) {
    c->grad[0] = m < n ? wide_qr(q, r, columns(a, m, n, s), gq, gr, s) : tall_qr(q, r, gq, gr, s);
    return !c->grad[0];
  }
  if (q->shape[q->ndim - 1] == m) { /* complete */
    if (gq && !(gq = spanning(q, gq, n, s)))
      return 1;
    if (gr && !(gr = rows(gr, 0, n, s)))
      return 1;
    q = columns(q, 0, n, s);
    r = rows(r, 0, n, s);
  }
  c->grad[0] = q && r ? tall_qr(q, r, gq, gr, s) : NULL;
  return !c->grad[0];
}

int mx_remake_qr(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_array *a = mx_row_major(in[0], op->stream);
  int64_t q[MX_MAX_NDIM], r[MX_MAX_NDIM];
  if (!a)
    return 1;
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  bool complete = op->n_params > 0 && op->params[0];
  memcpy(q, a->shape, (size_t)a->ndim * sizeof *q);
  memcpy(r, a->shape, (size_t)a->ndim * sizeof *r);
  q[a->ndim - 1] = r[a->ndim - 2] = complete || m < n ? m : n;
  mlx_dtype t = (mlx_dtype)a->dtype;
  mx_spec specs[] = {{t, a->ndim, q, NULL}, {t, a->ndim, r, NULL}};
  return mx_node_multi(MX_PRIM_QR, 2, specs, out, 1, &a, (int)op->n_params, op->params,
                       op->stream);
}

int mx_vmap_qr(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_qr);
}

/* ---- svd ---- */

static const mx_vectors_params *vectors_of(const mx_op *op) {
  return (const mx_vectors_params *)op->params;
}

static int svd_nodes(mx_array *a, bool vectors, mx_array **out, mx_stream *s) {
  mx_vec all = {NULL, 0};
  int bad = mx_linalg_svd(&all, a, vectors, s);
  if (!bad)
    memcpy(out, all.p, all.n * sizeof *out);
  free(all.p);
  return bad;
}

/* With W = U^H dA V, a turn of U is (W_ij s_j + conj(W_ji) s_i) / (s_j^2 - s_i^2), one of V that
 * with s_i and s_j exchanged. Values past the last are 0, so that the formula holds for vectors
 * that belong to none, too. What each turn is worth: E o (M - M^H), for M = U^H gu or V^H gv. */
static mx_array *turns(mx_array *m, mx_array *values, mx_stream *s) {
  mx_array *skew = mx_subtract(m, mx_adjoint(m, s), s);
  mx_array *gaps = inverse_gaps(mx_square(values, s), s);
  return mx_multiply(skew, gaps, s);
}

/* The vector `values` with zeros up to n. */
static mx_array *filled(mx_array *values, int64_t n, mx_stream *s) {
  return extended(values, -1, n, s);
}

/* The gradient of W: m by n. */
static mx_array *svd_inner(const mx_vjp_call *c, mx_array *const *f, int64_t m, int64_t n) {
  mx_stream *s = c->s;
  mx_array *u = f[0], *v = f[1], *vt = f[2];
  int64_t k = m < n ? m : n;
  bool vectors = c->op->n_out == 3;
  mx_array *gs = c->g[vectors], *sum = NULL;
  if (gs && !(sum = on_diagonal(gs, m, n, s)))
    return NULL;
  if (vectors && c->g[0]) {
    mx_array *inner = mx_matmul(mx_adjoint(u, s), c->g[0], s);
    mx_array *part = columns(turns(inner, filled(v, m, s), s), 0, k, s);
    part = extended(mx_multiply(part, along(v, -2, s), s), -1, n, s);
    if (part && part->dtype == MLX_COMPLEX64) { /* the phase of each vector */
      mx_array *phase = mx_imag(columns(diagonal(inner, s), 0, k, s), s);
      phase = on_diagonal(mx_divide(phase, v, s), m, n, s);
      part = mx_add(part, phase ? mx_multiply(phase, mx_imaginary_unit(), s) : NULL, s);
    }
    sum = sum ? mx_add(sum, part, s) : part;
    if (!sum)
      return NULL;
  }
  if (vectors && c->g[2]) {
    mx_array *inner = mx_matmul(vt, mx_adjoint(c->g[2], s), s);
    mx_array *part = rows(turns(inner, filled(v, n, s), s), 0, k, s);
    part = extended(mx_multiply(part, along(v, -1, s), s), -2, m, s);
    sum = sum ? mx_add(sum, part, s) : part;
  }
  return sum;
}

int mx_vjp_svd(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *a = c->in[0], *f[3];
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  bool any = false;
  for (int i = 0; i < c->op->n_out; i++)
    any = any || c->g[i];
  if (!c->want[0] || !any || a->size == 0)
    return 0;
  if (c->op->n_out == 3)
    memcpy(f, c->out, sizeof f);
  else if (svd_nodes(a, true, f, s))
    return 1;
  mx_array *w = mx_cast(svd_inner(c, f, m, n), (mlx_dtype)a->dtype, s);
  c->grad[0] = w ? mx_matmul(mx_matmul(f[0], w, s), f[2], s) : NULL;
  return !c->grad[0];
}

int mx_remake_svd(const mx_op *op, mx_array *const *in, mx_array **out) {
  return svd_nodes(in[0], op->n_out == 3, out, op->stream);
}

int mx_vmap_svd(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_svd);
}

/* ---- eigh ---- */

static const char *uplo(const mx_op *op) {
  return vectors_of(op)->upper ? "U" : "L";
}

int mx_vjp_eigh(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *a = c->in[0], *w = c->out[0], *v;
  mx_array *gv = c->op->n_out == 2 ? c->g[1] : NULL, *sum = NULL;
  int64_t n = a->shape[a->ndim - 1];
  if (!c->want[0] || (!c->g[0] && !gv) || a->size == 0)
    return 0;
  if (c->op->n_out == 2)
    v = c->out[1];
  else if (mx_linalg_eigh(&w, &v, a, uplo(c->op), s))
    return 1;
  if (c->g[0] && !(sum = on_diagonal(c->g[0], n, n, s)))
    return 1;
  if (gv) {
    mx_array *part = mx_multiply(mx_matmul(mx_adjoint(v, s), gv, s), inverse_gaps(w, s), s);
    sum = sum ? mx_add(sum, part, s) : part;
  }
  sum = mx_cast(sum, (mlx_dtype)a->dtype, s);
  mx_array *r = mx_matmul(mx_matmul(v, sum, s), mx_adjoint(v, s), s);
  c->grad[0] = mx_times(mx_add(r, mx_adjoint(r, s), s), 0.5, s);
  return !c->grad[0];
}

int mx_remake_eigh(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (op->n_out == 2)
    return mx_linalg_eigh(&out[0], &out[1], in[0], uplo(op), op->stream);
  return mx_remade(out, mx_linalg_eigvalsh(in[0], uplo(op), op->stream));
}

int mx_vmap_eigh(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_eigh);
}

/* ---- eig ---- */

/* V^-H (diag(gw) + E o (V^H gv - V^H V Re(diag(V^H gv)))) V^H, E being 1 / conj(w_j - w_i): the
 * last term because eigenvectors keep their length. */
int mx_vjp_eig(const mx_vjp_call *c) {
  mx_stream *s = c->s;
  mx_array *a = c->in[0], *w = c->out[0], *v;
  mx_array *gv = c->op->n_out == 2 ? c->g[1] : NULL, *sum = NULL;
  int64_t n = a->shape[a->ndim - 1];
  if (!c->want[0] || (!c->g[0] && !gv) || a->size == 0)
    return 0;
  if (c->op->n_out == 2)
    v = c->out[1];
  else if (mx_linalg_eig(&w, &v, a, s))
    return 1;
  mx_array *vh = mx_adjoint(v, s);
  if (c->g[0] && !(sum = on_diagonal(c->g[0], n, n, s)))
    return 1;
  if (gv) {
    mx_array *inner = mx_matmul(vh, gv, s);
    mx_array *stretch = along(mx_real(diagonal(inner, s), s), -2, s);
    mx_array *part = mx_subtract(inner, mx_matmul(vh, mx_multiply(v, stretch, s), s), s);
    part = mx_multiply(part, mx_rule_conjugate(inverse_gaps(w, s), s), s);
    sum = sum ? mx_add(sum, part, s) : part;
  }
  mx_array *r = vh && sum ? mx_linalg_solve(vh, mx_matmul(sum, vh, s), s) : NULL;
  c->grad[0] = r && a->dtype != MLX_COMPLEX64 ? mx_real(r, s) : r;
  return !c->grad[0];
}

int mx_remake_eig(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (op->n_out == 2)
    return mx_linalg_eig(&out[0], &out[1], in[0], op->stream);
  return mx_remade(out, mx_linalg_eigvals(in[0], op->stream));
}

int mx_vmap_eig(const mx_vmap_call *c) {
  return mx_vmap_leading(c, mx_remake_eig);
}
