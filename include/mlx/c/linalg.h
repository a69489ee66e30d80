/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MLX_LINALG_H
#define MLX_LINALG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "mlx/c/array.h"
#include "mlx/c/map.h"
#include "mlx/c/optional.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The lower L with a = L L^T of a symmetric positive definite matrix, or the upper U with a = U^T
 * U; only that triangle of a is read. float32, float64. */
int mlx_linalg_cholesky(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s);
/* The inverse of the matrix that a, L or U, is the Cholesky factor of. */
int mlx_linalg_cholesky_inv(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s);
/* The inverse. A singular matrix is a RuntimeError at evaluation. float32, float64. */
int mlx_linalg_inv(mlx_array* res, const mlx_array a, const mlx_stream s);
/* The inverse of a triangular matrix; only that triangle is read. */
int mlx_linalg_tri_inv(mlx_array* res, const mlx_array a, bool upper, const mlx_stream s);
/* L below and U on and above the diagonal of one matrix, and the rows that were exchanged, in
 * order (uint32, from 0). float32, float64. */
int mlx_linalg_lu_factor(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
/* P (uint32), L and U with a = L[P, :] U. */
int mlx_linalg_lu(mlx_vector_array* res, const mlx_array a, const mlx_stream s);
/* x with a x = b; b is a vector or a matrix. A singular a is a RuntimeError at evaluation.
 * float32, float64. */
int mlx_linalg_solve(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* x with a x = b for a triangular a; only that triangle is read. */
int mlx_linalg_solve_triangular(mlx_array* res, const mlx_array a, const mlx_array b, bool upper,
    const mlx_stream s);
/* Q with orthonormal columns and R upper triangular: of an m by n matrix m by k and k by n, k the
 * lesser, or (complete) m by m and m by n. float32, float64, complex64. */
int mlx_linalg_qr(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
int mlx_linalg_qr_complete(mlx_array* res_0, mlx_array* res_1, const mlx_array a,
    const mlx_stream s);
/* U, S and Vt with a = U diag(S) Vt, S descending, U and Vt square; S alone without compute_uv.
 * float32, float64, complex64. */
int mlx_linalg_svd(mlx_vector_array* res, const mlx_array a, bool compute_uv, const mlx_stream s);
/* Eigenvalues, ascending, and eigenvectors (columns) of a symmetric or Hermitian matrix of which
 * one triangle, UPLO, is read. float32, float64, complex64. */
int mlx_linalg_eigh(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const char* UPLO,
    const mlx_stream s);
int mlx_linalg_eigvalsh(mlx_array* res, const mlx_array a, const char* UPLO, const mlx_stream s);
/* Eigenvalues and eigenvectors (columns) of a square matrix, in complex64. float32, float64,
 * complex64. */
int mlx_linalg_eig(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
int mlx_linalg_eigvals(mlx_array* res, const mlx_array a, const mlx_stream s);
/* The Moore-Penrose inverse, singular values below 10 max(m, n) eps of the largest taken for
 * zero. float32, float64. */
int mlx_linalg_pinv(mlx_array* res, const mlx_array a, const mlx_stream s);
int mlx_linalg_pinv_rtol(mlx_array* res, const mlx_array a, const mlx_array rtol,
    const mlx_stream s);
/* The determinant. Real dtypes; integers give float32. */
int mlx_linalg_det(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Sign, and logarithm of the absolute value, of the determinant. */
int mlx_linalg_slogdet(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
/* A square matrix multiplied n times with itself; of a negative n the inverse is. */
int mlx_linalg_matrix_power(mlx_array* res, const mlx_array a, int n, const mlx_stream s);
/* How many singular values are above rtol times the largest of their matrix; rtol max(m, n) eps
 * where there is none. int32. */
int mlx_linalg_matrix_rank(mlx_array* res, const mlx_array a, const mlx_array rtol,
    const mlx_stream s);
/* Singular values, descending. float32, float64, complex64. */
int mlx_linalg_svdvals(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Norms of the vectors that some axes, or all, hold together. */
int mlx_linalg_vector_norm(mlx_array* res, const mlx_array a, double ord,
    const int* axis, size_t axis_num, bool keepdims, const mlx_stream s);
/* Norms of vectors (one axis) or matrices (two axes). No axis means all. Orders of vectors: any
 * number; of matrices: 1, -1, 2, -2, inf, -inf, "fro", "nuc". */
int mlx_linalg_norm(mlx_array* res, const mlx_array a, double ord, const int* axis, size_t axis_num,
    bool keepdims, const mlx_stream s);
int mlx_linalg_norm_matrix(mlx_array* res, const mlx_array a, const char* ord,
    const int* axis, size_t axis_num, bool keepdims, const mlx_stream s);
int mlx_linalg_norm_l2(mlx_array* res, const mlx_array a, const int* axis, size_t axis_num,
    bool keepdims, const mlx_stream s);
/* Cross product of vectors of 2 or 3 numbers along an axis. */
int mlx_linalg_cross(mlx_array* res, const mlx_array a, const mlx_array b, int axis,
    const mlx_stream s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
