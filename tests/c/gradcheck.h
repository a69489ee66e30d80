/* What tests of transformations share: functions of arrays, and the proof of a gradient: for random
 * directions v and cotangents c the sums <vjp(c), v> and <c, jvp(v)> equal the central difference
 * of <f, c> along v, in float64. A test opens a scope first and closes it last. */
#ifndef MX_TESTS_GRADCHECK_H
#define MX_TESTS_GRADCHECK_H

#include "values.h"

#include "transforms/trace.h"

/* The body of a function: fills out[0 .. n) and returns n; 0 when it failed. */
typedef size_t (*fun_body)(mx_array *const *in, mx_array **out);

#define MAX_OUT 8

/* As a caller of the C API would: only the outputs are held when it returns. */
static inline int call_fun_body(void *ctx, mx_vec in, mx_vec *out) {
  mx_array *r[MAX_OUT];
  mx_scope scope = mx_scope_open();
  size_t n = (*(fun_body *)ctx)(in.p, r);
  bool bad = n == 0;
  for (size_t i = 0; i < n; i++) bad = bad || !r[i];
  for (size_t i = 0; i < n && !bad; i++) mx_retain(r[i]);
  mx_scope_close(scope, NULL);
  for (size_t i = 0; i < n && !bad; i++) r[i] = mx_scope_own(r[i]);
  if (bad || mx_vec_alloc(out, n, "test")) return 1;
  memcpy(out->p, r, n * sizeof *r);
  return 0;
}
/* The variable that holds the body must outlive the function. */
static inline mx_fun fun_of(fun_body *body) {
  return (mx_fun){call_fun_body, body};
}

static inline void must(int bad) {
  if (bad) fail_msg("%s", mx_error_text());
}

/* Of float64 arrays, or of complex ones as pairs of real numbers. */
static inline double dot(mx_array *a, mx_array *b) {
  double sum = 0;
  assert_int_equal(a->size, b->size);
  for (int part = 0; part < 2; part++) {
    mx_array *x = a, *y = b;
    if (a->dtype == MLX_COMPLEX64) {
      x = part ? mx_imag(a, S) : mx_real(a, S);
      y = part ? mx_imag(b, S) : mx_real(b, S);
    } else if (part) {
      break;
    }
    double *p = values(mx_cast(x, MLX_FLOAT64, S)), *q = values(mx_cast(y, MLX_FLOAT64, S));
    for (int64_t i = 0; i < a->size; i++) sum += p[i] * q[i];
    free(p);
    free(q);
  }
  return sum;
}

/* A random array with a's shape and dtype. */
static inline mx_array *direction(const mx_array *a, int64_t seed) {
  mx_ints shape = {a->shape, a->ndim};
  if (a->dtype != MLX_COMPLEX64) return noisy(shape, 1, (mlx_dtype)a->dtype, seed);
  mx_array *im = mx_multiply(noisy(shape, 1, MLX_COMPLEX64, seed + 1), mx_imaginary_unit(), S);
  return mx_add(noisy(shape, 1, MLX_COMPLEX64, seed), im, S);
}

/* <f(in + h v), c> */
static inline double along(mx_fun f, mx_vec in, mx_array *const *v, mx_array *const *c, double h) {
  mx_vec at, out = {NULL, 0};
  double sum = 0;
  must(mx_vec_alloc(&at, in.n, "test"));
  for (size_t i = 0; i < in.n; i++)
    at.p[i] = v[i] ? mx_add(in.p[i], mx_multiply(v[i], mx_number(h, in.p[i]), S), S) : in.p[i];
  must(f.call(f.ctx, at, &out));
  for (size_t i = 0; i < out.n; i++)
    if (c[i]) sum += dot(out.p[i], c[i]);
  free(at.p);
  free(out.p);
  return sum;
}

/* Inputs and outputs that are not inexact stay as they are. tol is relative to 1 + |derivative|. */
static inline void check_gradient(mx_fun f, mx_vec in, double h, double tol, const char *what) {
  mx_vec probe = {NULL, 0}, out = probe, grads = probe, t_out = probe, moves, weights, zeros;
  must(f.call(f.ctx, in, &probe));
  must(mx_vec_alloc(&moves, in.n, "test"));
  must(mx_vec_alloc(&zeros, in.n, "test"));
  must(mx_vec_alloc(&weights, probe.n, "test"));
  mx_array *c[MAX_OUT] = {NULL}, *v[64] = {NULL};
  for (size_t i = 0; i < probe.n; i++) {
    bool counts = mx_is_inexact((mlx_dtype)probe.p[i]->dtype);
    weights.p[i] = counts ? direction(probe.p[i], 71 + (int64_t)i) : mx_zeros_like(probe.p[i], S);
    c[i] = counts ? weights.p[i] : NULL;
  }
  for (size_t i = 0; i < in.n; i++) {
    bool counts = mx_is_inexact((mlx_dtype)in.p[i]->dtype);
    moves.p[i] = counts ? direction(in.p[i], 7 + (int64_t)i) : mx_zeros_like(in.p[i], S);
    v[i] = counts ? moves.p[i] : NULL;
  }
  double numeric = (along(f, in, v, c, h) - along(f, in, v, c, -h)) / (2 * h), back = 0,
         forward = 0;
  must(mx_vjp(&out, &grads, f, in, weights));
  for (size_t i = 0; i < in.n; i++) {
    assert_int_equal(grads.p[i]->dtype, in.p[i]->dtype);
    if (v[i]) back += dot(grads.p[i], v[i]);
  }
  free(out.p);
  must(mx_jvp(&out, &t_out, f, in, moves));
  for (size_t i = 0; i < out.n; i++) {
    assert_int_equal(t_out.p[i]->dtype, out.p[i]->dtype);
    if (c[i]) forward += dot(t_out.p[i], c[i]);
  }
  if (!near(back, numeric, tol) || !near(forward, numeric, tol))
    fail_msg("%s: vjp %.12g, jvp %.12g, difference %.12g", what, back, forward, numeric);
  free(probe.p);
  free(out.p);
  free(grads.p);
  free(t_out.p);
  free(moves.p);
  free(weights.p);
  free(zeros.p);
}

/* vmap of f along `axes` equals f slice by slice, stacked in front. */
static inline void check_vmap(mx_fun f, mx_vec in, const int *axes, double tol, const char *what) {
  mx_vec one, out = {NULL, 0}, all = out;
  mx_array *parts[MAX_OUT][16];
  int zero[MAX_OUT] = {0};
  int64_t size = 0;
  must(mx_vec_alloc(&one, in.n, "test"));
  for (size_t i = 0; i < in.n; i++)
    if (axes[i] >= 0) size = in.p[i]->shape[axes[i]];
  size_t n_out = 0;
  for (int64_t b = 0; b < size; b++) {
    for (size_t i = 0; i < in.n; i++)
      one.p[i] = axes[i] < 0 ? in.p[i]
                             : mx_take_axis(in.p[i], mx_scalar((double)b, MLX_INT32), axes[i], S);
    must(f.call(f.ctx, one, &out));
    n_out = out.n;
    for (size_t k = 0; k < n_out; k++) parts[k][b] = out.p[k];
    free(out.p);
  }
  must(mx_vmap(&all, f, in, axes, in.n, zero, n_out));
  for (size_t k = 0; k < n_out; k++) {
    mx_array *want = mx_stack_axis((mx_vec){parts[k], (size_t)size}, 0, S);
    assert_int_equal(want->dtype, all.p[k]->dtype);
    assert_int_equal(want->ndim, all.p[k]->ndim);
    double *d = values(want);
    check_values(all.p[k], d, want->size, tol, what);
    free(d);
  }
  free(all.p);
  free(one.p);
}

#endif
