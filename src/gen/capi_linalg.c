/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "mlx/c/linalg.h"

#include <stdlib.h>

#include "capi/capi.h"
#include "gen/ops.h"

int mlx_linalg_cholesky(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_cholesky(mx_in(a, "linalg_cholesky"), upper, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_cholesky_inv(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_cholesky_inv(mx_in(a, "linalg_cholesky_inv"), upper, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_inv(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_inv(mx_in(a, "linalg_inv"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_tri_inv(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_tri_inv(mx_in(a, "linalg_tri_inv"), upper, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_lu_factor(mlx_array* res_0, mlx_array* res_1, const mlx_array a,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_lu_factor(&r[0], &r[1], mx_in(a, "linalg_lu_factor"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_lu(mlx_vector_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_linalg_lu(&r, mx_in(a, "linalg_lu"), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_linalg_solve(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_solve(mx_in(a, "linalg_solve"), mx_in(b, "linalg_solve"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_solve_triangular(mlx_array* res, const mlx_array a, const mlx_array b, bool upper,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_solve_triangular(mx_in(a, "linalg_solve_triangular"), mx_in(b, "linalg_solve_triangular"), upper, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_qr(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_qr(&r[0], &r[1], mx_in(a, "linalg_qr"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_qr_complete(mlx_array* res_0, mlx_array* res_1, const mlx_array a,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_qr_complete(&r[0], &r[1], mx_in(a, "linalg_qr_complete"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_svd(mlx_vector_array* res, const mlx_array a, bool compute_uv, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_linalg_svd(&r, mx_in(a, "linalg_svd"), compute_uv, mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_linalg_eigh(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const char* UPLO,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_eigh(&r[0], &r[1], mx_in(a, "linalg_eigh"), mx_in_text(UPLO), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_eigvalsh(mlx_array* res, const mlx_array a, const char* UPLO, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_eigvalsh(mx_in(a, "linalg_eigvalsh"), mx_in_text(UPLO), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_eig(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_eig(&r[0], &r[1], mx_in(a, "linalg_eig"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_eigvals(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_eigvals(mx_in(a, "linalg_eigvals"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_pinv(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_pinv(mx_in(a, "linalg_pinv"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_pinv_rtol(mlx_array* res, const mlx_array a, const mlx_array rtol,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_pinv_rtol(mx_in(a, "linalg_pinv_rtol"), mx_in(rtol, "linalg_pinv_rtol"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_det(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_det(mx_in(a, "linalg_det"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_slogdet(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_linalg_slogdet(&r[0], &r[1], mx_in(a, "linalg_slogdet"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_linalg_matrix_power(mlx_array* res, const mlx_array a, int n, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_matrix_power(mx_in(a, "linalg_matrix_power"), n, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_matrix_rank(mlx_array* res, const mlx_array a, const mlx_array rtol,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_matrix_rank(mx_in(a, "linalg_matrix_rank"), mx_in_optional(rtol), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_svdvals(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_svdvals(mx_in(a, "linalg_svdvals"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linalg_vector_norm(mlx_array* res, const mlx_array a, double ord,
    const int* axis, size_t axis_num, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axis_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axis_l, axis, axis_num, "linalg_vector_norm")))
    r = mx_linalg_vector_norm(mx_in(a, "linalg_vector_norm"), ord, axis_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axis_l);
  return mx_return(res, r, scope);
}

int mlx_linalg_norm(mlx_array* res, const mlx_array a, double ord, const int* axis, size_t axis_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axis_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axis_l, axis, axis_num, "linalg_norm")))
    r = mx_linalg_norm(mx_in(a, "linalg_norm"), ord, axis_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axis_l);
  return mx_return(res, r, scope);
}

int mlx_linalg_norm_matrix(mlx_array* res, const mlx_array a, const char* ord,
    const int* axis, size_t axis_num, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axis_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axis_l, axis, axis_num, "linalg_norm_matrix")))
    r = mx_linalg_norm_matrix(mx_in(a, "linalg_norm_matrix"), mx_in_text(ord), axis_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axis_l);
  return mx_return(res, r, scope);
}

int mlx_linalg_norm_l2(mlx_array* res, const mlx_array a, const int* axis, size_t axis_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axis_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axis_l, axis, axis_num, "linalg_norm_l2")))
    r = mx_linalg_norm_l2(mx_in(a, "linalg_norm_l2"), axis_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axis_l);
  return mx_return(res, r, scope);
}

int mlx_linalg_cross(mlx_array* res, const mlx_array a, const mlx_array b, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linalg_cross(mx_in(a, "linalg_cross"), mx_in(b, "linalg_cross"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}
