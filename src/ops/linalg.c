/* Builders of linear algebra: which dtypes and shapes a factorization takes, and what is made from
 * factors. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"

/* At least two dimensions, and a dtype that LAPACK has; complex64 only where or_complex. */
static int check(const char *op, const mx_array *a, bool square, bool or_complex) {
  char text[200];
  mlx_dtype t = (mlx_dtype)a->dtype;
  mx_shape_text(text, sizeof text, a->shape, a->ndim);
  if (t != MLX_FLOAT32 && t != MLX_FLOAT64 && !(or_complex && t == MLX_COMPLEX64))
    return mx_fail(MX_VALUE, "[linalg::%s] arrays must have type float32%s, got %s", op,
                   or_complex ? ", float64 or complex64" : " or float64", mx_dtype_name(t));
  if (a->ndim < 2)
    return mx_fail(MX_VALUE, "[linalg::%s] at least two dimensions are needed, got shape %s", op,
                   text);
  if (square && a->shape[a->ndim - 1] != a->shape[a->ndim - 2])
    return mx_fail(MX_VALUE, "[linalg::%s] only square matrices, got shape %s", op, text);
  if (a->shape[a->ndim - 1] > INT32_MAX || a->shape[a->ndim - 2] > INT32_MAX)
    return mx_fail(MX_VALUE, "[linalg::%s] a matrix of shape %s is too large", op, text);
  return 0;
}

/* a's shape with other last axes: (.., m, n) for both, (.., m) where n is negative. */
static mx_spec matrix_like(const mx_array *a, mlx_dtype t, int64_t *shape, int64_t m, int64_t n) {
  int ndim = a->ndim;
  memcpy(shape, a->shape, (size_t)ndim * sizeof *shape);
  shape[ndim - 2] = m;
  shape[ndim - 1] = n;
  return (mx_spec){t, n < 0 ? ndim - 1 : ndim, shape, NULL};
}

static mx_array *swap_last(mx_array *a, mx_stream *s) {
  return a ? mx_swapaxes(a, -1, -2, s) : NULL;
}

/* Transposed, and conjugated where complex. */
static mx_array *adjoint(mx_array *a, mx_stream *s) {
  a = swap_last(a, s);
  return a && a->dtype == MLX_COMPLEX64 ? mx_conjugate(a, s) : a;
}

/* ---- factors with one result ---- */

mx_array *mx_linalg_cholesky(mx_array *a, bool upper, mx_stream *s) {
  if (!a || check("cholesky", a, true, true) || !(a = mx_row_major(a, s)))
    return NULL;
  mx_triangle_params p = {upper, 0};
  mx_spec out = {(mlx_dtype)a->dtype, a->ndim, a->shape, NULL};
  return mx_node(MX_PRIM_CHOLESKY, out, 1, &a, MX_WORDS(p), s);
}

static mx_array *inverse(const char *op, mx_array *a, mx_triangle_params p, mx_stream *s) {
  if (!a || check(op, a, true, true) || !(a = mx_row_major(a, s)))
    return NULL;
  mx_spec out = {(mlx_dtype)a->dtype, a->ndim, a->shape, NULL};
  return mx_node(MX_PRIM_INVERSE, out, 1, &a, MX_WORDS(p), s);
}

mx_array *mx_linalg_inv(mx_array *a, mx_stream *s) {
  return inverse("inv", a, (mx_triangle_params){0, 0}, s);
}

mx_array *mx_linalg_tri_inv(mx_array *a, bool upper, mx_stream *s) {
  return inverse("tri_inv", a, (mx_triangle_params){upper, 1}, s);
}

mx_array *mx_linalg_cholesky_inv(mx_array *a, bool upper, mx_stream *s) {
  mx_array *r = inverse("cholesky_inv", a, (mx_triangle_params){upper, 1}, s);
  mx_array *t = adjoint(r, s);
  if (!t)
    return NULL;
  return upper ? mx_matmul(r, t, s) : mx_matmul(t, r, s);
}

/* ---- LU ---- */

int mx_lu_nodes(const char *op, mx_array *a, mx_array **out, mx_stream *s) {
  if (!a || check(op, a, false, true) || !(a = mx_row_major(a, s)))
    return 1;
  int64_t pivots[MX_MAX_NDIM], rows[MX_MAX_NDIM];
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  mx_spec specs[] = {{(mlx_dtype)a->dtype, a->ndim, a->shape, NULL},
                     matrix_like(a, MLX_UINT32, pivots, m < n ? m : n, -1),
                     matrix_like(a, MLX_UINT32, rows, m, -1)};
  return mx_node_multi(MX_PRIM_LU_FACTOR, 3, specs, out, 1, &a, 0, NULL, s);
}

int mx_linalg_lu_factor(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  mx_array *out[3];
  if (mx_lu_nodes("lu_factor", a, out, s))
    return 1;
  *res_0 = out[0];
  *res_1 = out[1];
  return 0;
}

/* The first `n` of an axis. */
static mx_array *first_of(mx_array *a, int axis, int64_t n, mx_stream *s) {
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  if (!a)
    return NULL;
  for (int i = 0; i < a->ndim; i++) {
    to[i] = a->shape[i];
    step[i] = 1;
  }
  to[a->ndim + axis] = n;
  mx_ints start = {from, a->ndim}, stop = {to, a->ndim};
  return mx_slice(a, start, stop, (mx_ints){step, a->ndim}, s);
}

int mx_linalg_lu(mx_vec *res, mx_array *a, mx_stream *s) {
  mx_array *out[3];
  if (mx_lu_nodes("lu", a, out, s))
    return 1;
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1], k = m < n ? m : n;
  mx_array *l = mx_tril(first_of(out[0], -1, k, s), -1, s);
  mx_array *one = mx_eye((int)m, (int)k, 0, (mlx_dtype)a->dtype, s);
  l = l && one ? mx_add(l, one, s) : NULL;
  mx_array *u = mx_triu(first_of(out[0], -2, k, s), 0, s);
  if (!l || !u || mx_vec_alloc(res, 3, "lu"))
    return 1;
  res->p[0] = out[2];
  res->p[1] = l;
  res->p[2] = u;
  return 0;
}

/* ---- solving ---- */

/* Both of one dtype, over one batch; a vector becomes a column. */
static int system_of(const char *op, mx_array **a, mx_array **b, bool *column, mx_stream *s) {
  char x[200], y[200];
  if (!*a || !*b)
    return 1;
  mlx_dtype t = mx_promote((mlx_dtype)(*a)->dtype, (mlx_dtype)(*b)->dtype);
  if (t != MLX_FLOAT32 && t != MLX_FLOAT64 && t != MLX_COMPLEX64)
    return mx_fail(MX_VALUE,
                   "[linalg::%s] inputs must promote to float32, float64 or complex64, got %s and %s", op,
                   mx_dtype_name((mlx_dtype)(*a)->dtype), mx_dtype_name((mlx_dtype)(*b)->dtype));
  *a = mx_cast(*a, t, s);
  *b = mx_cast(*b, t, s);
  if (!*a || !*b || check(op, *a, true, true))
    return 1;
  *column = (*b)->ndim == 1;
  if (*column && !(*b = mx_expand_dims(*b, 1, s)))
    return 1;
  int64_t n = (*a)->shape[(*a)->ndim - 1], shape[MX_MAX_NDIM];
  if ((*b)->ndim < 2 || (*b)->shape[(*b)->ndim - 2] != n || (*b)->shape[(*b)->ndim - 1] > INT32_MAX)
    return mx_fail(MX_VALUE, "[linalg::%s] a matrix of shape %s and a right side of shape %s", op,
                   mx_shape_text(x, sizeof x, (*a)->shape, (*a)->ndim),
                   mx_shape_text(y, sizeof y, (*b)->shape, (*b)->ndim));
  int ndim = (*a)->ndim - 2;
  memcpy(shape, (*a)->shape, (size_t)ndim * sizeof *shape);
  if (mx_broadcast_shape(op, shape, &ndim, (*b)->shape, (*b)->ndim - 2))
    return 1;
  shape[ndim] = shape[ndim + 1] = n;
  *a = mx_row_major(mx_broadcast_to(*a, (mx_ints){shape, ndim + 2}, s), s);
  shape[ndim + 1] = (*b)->shape[(*b)->ndim - 1];
  *b = mx_row_major(mx_broadcast_to(*b, (mx_ints){shape, ndim + 2}, s), s);
  return !*a || !*b;
}

static mx_array *solved(const char *op, enum mx_prim prim, mx_array *a, mx_array *b,
                        mx_triangle_params p, mx_stream *s) {
  bool column;
  if (system_of(op, &a, &b, &column, s))
    return NULL;
  mx_array *in[] = {a, b};
  mx_spec out = {(mlx_dtype)b->dtype, b->ndim, b->shape, NULL};
  mx_array *r = mx_node(prim, out, 2, in, MX_WORDS(p), s);
  return r && column ? mx_squeeze_axis(r, -1, s) : r;
}

mx_array *mx_linalg_solve(mx_array *a, mx_array *b, mx_stream *s) {
  return solved("solve", MX_PRIM_SOLVE, a, b, (mx_triangle_params){0, 0}, s);
}

mx_array *mx_linalg_solve_triangular(mx_array *a, mx_array *b, bool upper, mx_stream *s) {
  mx_triangle_params p = {upper, 1};
  return solved("solve_triangular", MX_PRIM_SOLVE_TRIANGULAR, a, b, p, s);
}

/* ---- factors with several results ---- */

static int qr(mx_array **res_0, mx_array **res_1, mx_array *a, bool complete, mx_stream *s) {
  if (!a || check("qr", a, false, true) || !(a = mx_row_major(a, s)))
    return 1;
  int64_t q[MX_MAX_NDIM], r[MX_MAX_NDIM];
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1], k = complete || m < n ? m : n;
  mx_qr_params p = {complete};
  mlx_dtype t = (mlx_dtype)a->dtype;
  mx_spec specs[] = {matrix_like(a, t, q, m, k), matrix_like(a, t, r, k, n)};
  mx_array *out[2];
  if (mx_node_multi(MX_PRIM_QR, 2, specs, out, 1, &a, MX_WORDS(p), s))
    return 1;
  *res_0 = out[0];
  *res_1 = out[1];
  return 0;
}

int mx_linalg_qr(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  return qr(res_0, res_1, a, false, s);
}

int mx_linalg_qr_complete(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  return qr(res_0, res_1, a, true, s);
}

int mx_linalg_svd(mx_vec *res, mx_array *a, bool compute_uv, mx_stream *s) {
  if (!a || check("svd", a, false, true) || !(a = mx_row_major(a, s)))
    return 1;
  int64_t u[MX_MAX_NDIM], v[MX_MAX_NDIM], w[MX_MAX_NDIM];
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  mlx_dtype t = (mlx_dtype)a->dtype, real = t == MLX_COMPLEX64 ? MLX_FLOAT32 : t;
  mx_spec values = matrix_like(a, real, v, m < n ? m : n, -1);
  mx_spec all[] = {matrix_like(a, t, u, m, m), values, matrix_like(a, t, w, n, n)};
  mx_vectors_params p = {compute_uv, 0};
  if (mx_vec_alloc(res, compute_uv ? 3 : 1, "svd"))
    return 1;
  return mx_node_multi(MX_PRIM_SVD, (int)res->n, compute_uv ? all : &values, res->p, 1, &a,
                       MX_WORDS(p), s);
}

/* Eigenvalues and, where res_1 is given, eigenvectors. */
static int eigen(const char *op, enum mx_prim prim, mx_array **res_0, mx_array **res_1, mx_array *a,
                 bool upper, mx_stream *s) {
  if (!a || check(op, a, true, true) || !(a = mx_row_major(a, s)))
    return 1;
  mlx_dtype t = (mlx_dtype)a->dtype, real = t == MLX_COMPLEX64 ? MLX_FLOAT32 : t;
  bool general = prim == MX_PRIM_EIG;
  int64_t v[MX_MAX_NDIM];
  mx_spec specs[] = {
      matrix_like(a, general ? MLX_COMPLEX64 : real, v, a->shape[a->ndim - 1], -1),
      {general ? MLX_COMPLEX64 : t, a->ndim, a->shape, NULL}};
  mx_vectors_params p = {res_1 != NULL, upper};
  mx_array *out[2];
  if (mx_node_multi(prim, res_1 ? 2 : 1, specs, out, 1, &a, MX_WORDS(p), s))
    return 1;
  *res_0 = out[0];
  if (res_1)
    *res_1 = out[1];
  return 0;
}

static int parse_uplo(const char *op, const char *uplo, bool *upper) {
  *upper = uplo && (uplo[0] == 'U' || uplo[0] == 'u');
  if (uplo && (*upper || uplo[0] == 'L' || uplo[0] == 'l') && !uplo[1])
    return 0;
  return mx_fail(MX_VALUE, "[linalg::%s] UPLO must be L or U, got '%s'", op, uplo ? uplo : "");
}

int mx_linalg_eigh(mx_array **res_0, mx_array **res_1, mx_array *a, const char *UPLO,
                   mx_stream *s) {
  bool upper;
  return parse_uplo("eigh", UPLO, &upper) ||
         eigen("eigh", MX_PRIM_EIGH, res_0, res_1, a, upper, s);
}

mx_array *mx_linalg_eigvalsh(mx_array *a, const char *UPLO, mx_stream *s) {
  bool upper;
  mx_array *r;
  if (parse_uplo("eigvalsh", UPLO, &upper) ||
      eigen("eigvalsh", MX_PRIM_EIGH, &r, NULL, a, upper, s))
    return NULL;
  return r;
}

int mx_linalg_eig(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  return eigen("eig", MX_PRIM_EIG, res_0, res_1, a, false, s);
}

mx_array *mx_linalg_eigvals(mx_array *a, mx_stream *s) {
  mx_array *r;
  return eigen("eigvals", MX_PRIM_EIG, &r, NULL, a, false, s) ? NULL : r;
}

/* ---- composites ---- */

/* rtol NULL: MLX's limit. */
static mx_array *pinv(mx_array *a, mx_array *rtol, mx_stream *s) {
  mx_vec f = {NULL, 0};
  if (!a || check("pinv", a, false, true) || mx_linalg_svd(&f, a, true, s)) {
    free(f.p);
    return NULL;
  }
  mx_array *u = f.p[0], *w = f.p[1], *vt = f.p[2];
  free(f.p);
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1], k = m < n ? m : n;
  if (k == 0)
    return swap_last(a, s);
  mlx_dtype t = (mlx_dtype)w->dtype;
  double eps = t == MLX_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON;
  mx_array *limit = mx_max_axis(w, -1, true, s);
  rtol = rtol ? mx_expand_dims(rtol, -1, s) : mx_scalar(10 * eps * (double)(m > n ? m : n), t);
  if (!limit || !rtol || !(limit = mx_multiply(limit, rtol, s)))
    return NULL;
  mx_array *kept = mx_greater(w, limit, s), *inverted = mx_reciprocal(w, s);
  mx_array *zero = mx_scalar(0, t);
  mx_array *factor = kept && inverted && zero ? mx_where(kept, inverted, zero, s) : NULL;
  mx_array *v = adjoint(first_of(vt, -2, k, s), s), *ut = adjoint(first_of(u, -1, k, s), s);
  if (!factor || !v || !ut || !(factor = mx_expand_dims(factor, -2, s)) ||
      !(v = mx_multiply(v, factor, s)))
    return NULL;
  return mx_matmul(v, ut, s);
}

mx_array *mx_linalg_pinv(mx_array *a, mx_stream *s) { return pinv(a, NULL, s); }

mx_array *mx_linalg_pinv_rtol(mx_array *a, mx_array *rtol, mx_stream *s) {
  return rtol ? pinv(a, rtol, s) : NULL;
}

/* The diagonal of U, and the sign of the exchanges (1 or -1, int32), for det and slogdet. */
static int diagonal_and_sign(const char *op, mx_array *a, mx_array **diagonal, mx_array **sign,
                             mx_stream *s) {
  if (!a)
    return 1;
  if (a->dtype != MLX_FLOAT64 && a->dtype != MLX_COMPLEX64)
    a = mx_cast(a, MLX_FLOAT32, s);
  mx_array *out[3];
  if (!a || check(op, a, true, true) || mx_lu_nodes(op, a, out, s))
    return 1;
  int64_t n = a->shape[a->ndim - 1];
  mx_array *place = mx_arange(0, (double)n, 1, MLX_UINT32, s);
  mx_array *moved = place ? mx_not_equal(out[1], place, s) : NULL;
  mx_array *count = moved ? mx_sum_axis(moved, -1, false, s) : NULL;
  mx_array *two = mx_scalar(2, MLX_INT32), *one = mx_scalar(1, MLX_INT32);
  mx_array *odd = count && two ? mx_remainder(count, two, s) : NULL;
  mx_array *twice = odd ? mx_multiply(odd, two, s) : NULL;
  *sign = twice && one ? mx_subtract(one, twice, s) : NULL;
  *diagonal = mx_diagonal(out[0], 0, -2, -1, s);
  return !*sign || !*diagonal;
}

static mlx_dtype determinant_dtype(const mx_array *a) {
  return mx_at_least_float((mlx_dtype)a->dtype);
}

mx_array *mx_linalg_det(mx_array *a, mx_stream *s) {
  mx_array *diagonal, *sign;
  if (diagonal_and_sign("det", a, &diagonal, &sign, s))
    return NULL;
  mx_array *size = mx_prod_axis(diagonal, -1, false, s);
  sign = mx_cast(sign, (mlx_dtype)diagonal->dtype, s);
  return size && sign ? mx_cast(mx_multiply(sign, size, s), determinant_dtype(a), s) : NULL;
}

int mx_linalg_slogdet(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  mx_array *diagonal, *sign;
  if (diagonal_and_sign("slogdet", a, &diagonal, &sign, s))
    return 1;
  mx_array *signs = mx_prod_axis(mx_sign(diagonal, s), -1, false, s);
  mx_array *size = mx_abs(diagonal, s);
  mx_array *logs = size ? mx_sum_axis(mx_log(size, s), -1, false, s) : NULL;
  sign = mx_cast(sign, (mlx_dtype)diagonal->dtype, s);
  if (!signs || !sign)
    return 1;
  *res_0 = mx_cast(mx_multiply(sign, signs, s), determinant_dtype(a), s);
  *res_1 = a->dtype == MLX_COMPLEX64 ? logs : mx_cast(logs, determinant_dtype(a), s);
  return !*res_0 || !*res_1;
}
