/* Linear algebra: MLX's conventions, factors multiplied together again, singular matrices, and what
 * happens where there is no LAPACK. */
#include <sys/wait.h>
#include <unistd.h>

#include "backend/cpu/lapack.h"
#include "fixture.h"

static int many2(mx_vec *out, int bad, mx_array *a, mx_array *b) {
  if (bad || mx_vec_alloc(out, 2, "fixture"))
    return 1;
  out->p[0] = a;
  out->p[1] = b;
  return 0;
}

static mx_array *lu_rows(mx_array *a) {
  mx_vec f = {NULL, 0};
  assert_int_equal(mx_linalg_lu(&f, a, S), 0);
  mx_array *r = f.p[0];
  free(f.p);
  return r;
}

static mx_array *pivots(mx_array *a) {
  mx_array *f, *p;
  return mx_linalg_lu_factor(&f, &p, a, S) ? NULL : p;
}

/* The shapes and dtypes alone: vectors have either sign, and rounding. */
static int shapes_of(fx_case *c, mx_vec *out, mx_array **got, size_t n) {
  if (mx_vec_alloc(out, n, "fixture"))
    return 1;
  for (size_t i = 0; i < n; i++) {
    mx_array *w = c->want[i];
    assert_int_equal(got[i]->ndim, w->ndim);
    assert_int_equal(got[i]->dtype, w->dtype);
    assert_memory_equal(got[i]->shape, w->shape, (size_t)w->ndim * sizeof *w->shape);
    out->p[i] = w;
  }
  return 0;
}

static int lu_shapes(fx_case *c, mx_vec *out) {
  mx_vec f = {NULL, 0};
  int bad = mx_linalg_lu(&f, IN(0), S) || shapes_of(c, out, f.p + 1, 2);
  free(f.p);
  return bad;
}

static int qr_shapes(fx_case *c, mx_vec *out) {
  mx_array *f[2];
  return mx_linalg_qr(&f[0], &f[1], IN(0), S) || shapes_of(c, out, f, 2);
}

static int svd_shapes(fx_case *c, mx_vec *out) {
  mx_vec f = {NULL, 0};
  int bad = mx_linalg_svd(&f, IN(0), true, S) || shapes_of(c, out, f.p, 3);
  free(f.p);
  return bad;
}

static int slogdet(fx_case *c, mx_vec *out) {
  mx_array *a, *b;
  int bad = mx_linalg_slogdet(&a, &b, IN(0), S);
  return many2(out, bad, a, b);
}

FX(lu_rows, lu_rows(IN(0)))
FX(pivots, pivots(IN(0)))
FX_MANY(lu_shapes, lu_shapes(c, out))
FX_MANY(qr_shapes, qr_shapes(c, out))
FX_MANY(svd_shapes, svd_shapes(c, out))
FX(cholesky, mx_linalg_cholesky(IN(0), N(0, 0), S))
FX(tri_inv, mx_linalg_tri_inv(IN(0), N(0, 0), S))
FX(eigvalsh, mx_linalg_eigvalsh(IN(0), N(0, 0) ? "U" : "L", S))
FX(solve_triangular, mx_linalg_solve_triangular(IN(0), IN(1), N(0, 0), S))
FX(norm_l2, mx_linalg_norm_l2(IN(0), L(0), N(1, 0), S))
FX(norm, mx_linalg_norm(IN(0), c->doubles[0], L(0), N(1, 0), S))
FX(norm_matrix, mx_linalg_norm_matrix(IN(0), c->text, L(0), N(1, 0), S))
FX(cross, mx_linalg_cross(IN(0), IN(1), N(0, 0), S))
FX(det, mx_linalg_det(IN(0), S))
FX_MANY(slogdet, slogdet(c, out))

static const fx_row rows[] = {
    FX_ROW(lu_rows),    FX_ROW(pivots),   FX_ROW(lu_shapes),        FX_ROW(qr_shapes),
    FX_ROW(svd_shapes), FX_ROW(cholesky), FX_ROW(tri_inv),          FX_ROW(eigvalsh),
    FX_ROW(norm_l2),    FX_ROW(norm),     FX_ROW(solve_triangular), FX_ROW(norm_matrix),
    FX_ROW(cross),      FX_ROW(det),      FX_ROW(slogdet),          {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("linalg.bin", rows), 0);
}

/* ---- factors give the matrix back ---- */

static mx_array *transposed(mx_array *a) { return mx_swapaxes(a, -1, -2, S); }

static void check_close(mx_array *got, mx_array *want, double tol, const char *what) {
  assert_non_null(got);
  assert_int_equal(got->ndim, want->ndim);
  mx_array *d = mx_abs(mx_subtract(got, want, S), S);
  mx_array *worst = mx_max(d, false, S);
  if (!d->size)
    return;
  double *v = values(worst);
  if (!(v[0] <= tol))
    fail_msg("%s: off by %g", what, v[0]);
  free(v);
}

static mx_array *matrices(mx_ints shape, mlx_dtype t, int64_t seed) {
  mx_array *a = noisy(shape, 1, t == MLX_COMPLEX64 ? MLX_FLOAT32 : t, seed);
  if (t != MLX_COMPLEX64)
    return a;
  mx_array *i = noisy(shape, 1, MLX_FLOAT32, seed + 1);
  float unit[2] = {0, 1};
  mx_array *j = mx_from_host(unit, NULL, 0, MLX_COMPLEX64);
  return mx_add(a, mx_multiply(i, j, S), S);
}

static mx_array *adjoint(mx_array *a) { return mx_conjugate(transposed(a), S); }

static mx_array *unit_like(mx_array *a) {
  return mx_eye((int)a->shape[a->ndim - 1], (int)a->shape[a->ndim - 1], 0, (mlx_dtype)a->dtype, S);
}

static void check_inverses(int64_t n, mlx_dtype t, double tol) {
  mx_array *a = matrices(MX_INTS(3, n, n), t, n), *one = unit_like(a);
  a = mx_add(a, mx_multiply(one, mx_scalar((double)n, t), S), S); /* far from singular */
  mx_array *b = matrices(MX_INTS(3, n, 2), t, 5), *all = mx_broadcast_to(one, MX_INTS(3, n, n), S);
  check_close(mx_matmul(a, mx_linalg_inv(a, S), S), all, tol, "inv");
  check_close(mx_matmul(a, mx_linalg_pinv(a, S), S), all, 10 * tol, "pinv");
  check_close(mx_matmul(a, mx_linalg_solve(a, b, S), S), b, tol, "solve");
  mx_array *v = matrices(MX_INTS(n), t, 6), *x = mx_linalg_solve(a, v, S);
  check_close(mx_matmul(a, x = mx_expand_dims(x, -1, S), S),
              mx_broadcast_to(mx_expand_dims(v, -1, S), MX_INTS(3, n, 1), S), tol,
              "solve a vector");
  for (int upper = 0; upper < 2; upper++) {
    mx_array *half = upper ? mx_triu(a, 0, S) : mx_tril(a, 0, S);
    check_close(mx_matmul(half, mx_linalg_tri_inv(a, upper, S), S), all, tol, "tri_inv");
    check_close(mx_matmul(half, mx_linalg_solve_triangular(a, b, upper, S), S), b, tol,
                "solve_triangular");
    mx_array *p = mx_add(mx_matmul(a, transposed(a), S), one, S);
    mx_array *f = mx_linalg_cholesky(p, upper, S);
    mx_array *square = upper ? mx_matmul(transposed(f), f, S) : mx_matmul(f, transposed(f), S);
    check_close(square, p, tol * (double)(n * n) * 2, "cholesky");
    check_close(mx_matmul(p, mx_linalg_cholesky_inv(f, upper, S), S), all, 20 * tol,
                "cholesky_inv");
  }
}

static void check_factors(int64_t m, int64_t n, mlx_dtype t, double tol) {
  mx_vec f = {NULL, 0};
  mx_array *a = matrices(MX_INTS(2, m, n), t, m + n), *q, *r;
  int64_t k = m < n ? m : n;
  if (t != MLX_COMPLEX64) {
    assert_int_equal(mx_linalg_qr(&q, &r, a, S), 0);
    check_close(mx_matmul(q, r, S), a, tol, "qr");
    mx_array *one = mx_broadcast_to(mx_eye((int)k, (int)k, 0, t, S), MX_INTS(2, k, k), S);
    check_close(mx_matmul(transposed(q), q, S), one, tol, "q is orthonormal");
    check_close(mx_tril(r, -1, S), mx_zeros_like(r, S), 0, "r is upper triangular");
    assert_int_equal(mx_linalg_lu(&f, a, S), 0);
    mx_array *places = mx_expand_dims(f.p[0], -1, S), *whole = mx_matmul(f.p[1], f.p[2], S);
    places = mx_broadcast_to(places, MX_INTS(2, m, n), S);
    check_close(mx_take_along_axis(whole, places, -2, S), a, tol, "lu");
    free(f.p);
  }
  assert_int_equal(mx_linalg_svd(&f, a, true, S), 0);
  mx_array *u = f.p[0], *w = f.p[1], *v = f.p[2];
  free(f.p);
  mx_array *left = mx_slice(u, MX_INTS(0, 0, 0), MX_INTS(2, m, k), MX_INTS(1, 1, 1), S);
  mx_array *right = mx_slice(v, MX_INTS(0, 0, 0), MX_INTS(2, k, n), MX_INTS(1, 1, 1), S);
  left = mx_multiply(left, mx_expand_dims(w, -2, S), S);
  check_close(mx_matmul(left, right, S), a, tol, "svd");
  check_close(mx_matmul(adjoint(u), u, S), mx_broadcast_to(unit_like(u), MX_INTS(2, m, m), S), tol,
              "u is unitary");
  check_close(mx_matmul(v, adjoint(v), S), mx_broadcast_to(unit_like(v), MX_INTS(2, n, n), S), tol,
              "vt is unitary");
  assert_int_equal(mx_linalg_svd(&f, a, false, S), 0);
  check_close(f.p[0], w, tol, "svd without vectors");
  free(f.p);
}

static void check_eigen(int64_t n, mlx_dtype t, double tol) {
  mx_array *a = matrices(MX_INTS(2, n, n), t, n), *w, *v;
  mx_array *h = mx_add(a, adjoint(a), S);
  for (int upper = 0; upper < 2; upper++) {
    const char *uplo = upper ? "U" : "L";
    assert_int_equal(mx_linalg_eigh(&w, &v, upper ? mx_triu(h, 0, S) : mx_tril(h, 0, S), uplo, S),
                     0);
    check_close(mx_matmul(h, v, S), mx_multiply(v, mx_expand_dims(w, -2, S), S), tol, "eigh");
    check_close(mx_matmul(adjoint(v), v, S), mx_broadcast_to(unit_like(v), MX_INTS(2, n, n), S),
                tol, "eigenvectors are unitary");
    check_close(mx_linalg_eigvalsh(h, uplo, S), w, tol, "eigvalsh");
  }
  assert_int_equal(mx_linalg_eig(&w, &v, a, S), 0);
  assert_int_equal(w->dtype, MLX_COMPLEX64);
  mx_array *z = mx_cast(a, MLX_COMPLEX64, S);
  double single = tol > 1e-5 ? tol : 1e-5;
  check_close(mx_matmul(z, v, S), mx_multiply(v, mx_expand_dims(w, -2, S), S), single, "eig");
  mx_array *norms = mx_linalg_norm_l2(v, MX_INTS(-2), false, S);
  check_close(norms, mx_ones_like(norms, S), single, "eigenvectors have length 1");
}

static void test_factors(void **state) {
  (void)state;
  open_stream();
  const int64_t sizes[] = {1, 2, 3, 5, 16, 33, 100};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    mx_scope scope = mx_scope_open();
    int64_t n = sizes[i];
    double big = (double)n;
    check_inverses(n, MLX_FLOAT32, 2e-5);
    check_inverses(n, MLX_FLOAT64, 1e-13);
    for (int64_t m = n > 2 ? n - 2 : 1; m <= n + 3; m += 2) {
      check_factors(m, n, MLX_FLOAT32, 4e-6 * (1 + big / 4));
      check_factors(m, n, MLX_FLOAT64, 1e-14 * (1 + big / 4));
      check_factors(m, n, MLX_COMPLEX64, 6e-6 * (1 + big / 4));
    }
    check_eigen(n, MLX_FLOAT32, 1e-5 * (1 + big / 4));
    check_eigen(n, MLX_FLOAT64, 1e-13 * (1 + big / 4));
    check_eigen(n, MLX_COMPLEX64, 2e-5 * (1 + big / 4));
    mx_scope_close(scope, NULL);
  }
}

static void test_empty(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *none = mx_zeros(MX_INTS(0, 3, 3), MLX_FLOAT32, S), *q, *r;
  mx_array *thin = mx_zeros(MX_INTS(3, 0), MLX_FLOAT32, S),
           *nil = mx_zeros(MX_INTS(0, 0), MLX_FLOAT32, S);
  mx_vec f = {NULL, 0};
  assert_int_equal(mx_eval1(mx_linalg_inv(none, S)), 0);
  assert_int_equal(mx_eval1(mx_linalg_inv(nil, S)), 0);
  assert_int_equal(mx_eval1(mx_linalg_cholesky(nil, false, S)), 0);
  assert_int_equal(mx_eval1(mx_linalg_pinv(thin, S)), 0);
  assert_int_equal(mx_eval1(mx_linalg_eigvals(nil, S)), 0);
  assert_int_equal(mx_eval1(mx_linalg_solve(nil, thin = mx_transpose(thin, S), S)), 0);
  assert_int_equal(mx_linalg_qr(&q, &r, thin, S) || mx_eval1(q) || mx_eval1(r), 0);
  assert_int_equal(mx_linalg_svd(&f, thin, true, S), 0);
  CHECK(f.p[2], 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
  free(f.p);
  CHECK(mx_linalg_det(nil, S), 0, 1);
  mx_scope_close(scope, NULL);
}

#define CHECK_FAILS_LATER(call, kind)                                                              \
  do {                                                                                             \
    mx_array *r_ = call;                                                                           \
    assert_non_null(r_);                                                                           \
    mx_error_clear();                                                                              \
    assert_int_not_equal(mx_eval1(r_), 0);                                                         \
    assert_int_equal(mx_error_kind(), kind);                                                       \
  } while (0)

static void test_errors(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *ones = mx_ones(MX_INTS(3, 3), MLX_FLOAT32, S),
           *flat = mx_ones(MX_INTS(3), MLX_FLOAT32, S);
  mx_array *tall = mx_ones(MX_INTS(3, 2), MLX_FLOAT32, S), *x, *y;
  mx_array *whole = mx_cast(ones, MLX_INT32, S), *half = mx_cast(ones, MLX_FLOAT16, S);
  mx_array *nan = mx_full(MX_INTS(2, 2), mx_scalar(NAN, MLX_FLOAT32), MLX_FLOAT32, S);
  CHECK_FAILS_LATER(mx_linalg_inv(ones, S), MX_RUNTIME);
  CHECK_FAILS_LATER(mx_linalg_solve(ones, flat, S), MX_RUNTIME);
  CHECK_FAILS_LATER(mx_linalg_tri_inv(mx_zeros_like(ones, S), false, S), MX_RUNTIME);
  CHECK_FAILS_LATER(mx_linalg_eigvals(nan, S), MX_RUNTIME);
  CHECK_FAILS(mx_linalg_inv(whole, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_inv(half, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_inv(flat, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_inv(tall, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_solve(ones, tall = mx_transpose(tall, S), S), MX_VALUE);
  CHECK_FAILS(mx_linalg_eigvalsh(ones, "X", S), MX_VALUE);
  CHECK_FAILS(mx_linalg_norm(ones, 3, (mx_ints){NULL, 0}, false, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_norm(ones, 1, MX_INTS(0, -2), false, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_norm_l2(ones, MX_INTS(4), false, S), MX_INDEX);
  CHECK_FAILS(mx_linalg_norm_matrix(flat, "fro", (mx_ints){NULL, 0}, false, S), MX_VALUE);
  CHECK_FAILS(mx_linalg_cross(tall, ones, 7, S), MX_INDEX);
  CHECK_FAILS(mx_linalg_cross(mx_ones(MX_INTS(4), MLX_FLOAT32, S), flat, -1, S), MX_VALUE);
  assert_int_equal(mx_linalg_qr(&x, &y, flat, S), 1);
  assert_int_equal(mx_linalg_eigh(&x, &y, nan, "L", S), 0);
  assert_int_equal(mx_eval1(x), 0);
  assert_true(isnan(((const float *)mx_data(x))[0]));
  mx_scope_close(scope, NULL);
}

/* Runs itself with a library that does not exist. */
static void test_without_lapack(void **state) {
  (void)state;
  if (!getenv("MLX_TEST_NO_LAPACK")) {
    char self[1024], command[1200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
      skip();
    self[n] = 0;
    snprintf(command, sizeof command,
             "MLX_TEST_NO_LAPACK=1 MLX_LAPACK=/no/such/library '%s' >/dev/null 2>&1", self);
    int status = system(command);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
      skip(); /* an emulator's host cannot run it */
    assert_int_equal(status, 0);
    return;
  }
  open_stream();
  mx_scope scope = mx_scope_open();
  CHECK_FAILS_LATER(mx_linalg_inv(mx_ones(MX_INTS(2, 2), MLX_FLOAT32, S), S), MX_RUNTIME);
  assert_non_null(strstr(mx_error_text(), "LAPACK"));
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_lapack), cmocka_unit_test(test_as_mlx),
      cmocka_unit_test(test_factors),        cmocka_unit_test(test_empty),
      cmocka_unit_test(test_errors),
  };
#if !defined(__x86_64__)
  /* Emulated machines have no LAPACK. */
  if (!getenv("MLX_TEST_NO_LAPACK") && !mx_lapack(MX_GETRF, MLX_FLOAT32))
    return 0;
#endif
  bool only_first = getenv("MLX_TEST_NO_LAPACK") != NULL;
  const struct CMUnitTest first[] = {cmocka_unit_test(test_without_lapack)};
  return only_first ? cmocka_run_group_tests(first, NULL, NULL)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
