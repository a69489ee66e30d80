/* Gradients, tangents, maps and custom functions: right by finite differences in float64, to any
 * order; graphs of a million nodes; evaluation on the way; nothing kept afterwards; many threads at
 * once; memory that runs out. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "allocations.h"
#include "gradcheck.h"

#include "core/buffer.h"
#include "core/prim.h"
#include "graph/plan.h"
#include "mlx/c/error.h"
#include "mlx/c/ops.h"
#include "mlx/c/transforms.h"
#include "mlx/c/transforms_impl.h"

#define D64(...) mx_cast(FLOATS(__VA_ARGS__), MLX_FLOAT64, S)
#define VEC(...)                                                                                   \
  ((mx_vec){(mx_array *[]){__VA_ARGS__}, sizeof((mx_array *[]){__VA_ARGS__}) / sizeof(mx_array *)})

/* The gradient of a function's sum over its first input. */
static mx_array *grad_of(mx_fun f, mx_vec in) {
  mx_vec out, grads;
  int zero = 0;
  if (mx_value_and_grad(&out, &grads, f, in, &zero, 1)) return NULL;
  mx_array *g = grads.p[0];
  free(out.p);
  free(grads.p);
  return g;
}

/* ---- elementwise gradients ---- */

typedef struct range {
  enum mx_prim prim;
  double low, high;
} range;

static const range ranges[] = {
    {MX_PRIM_ADD, -2, 2},          {MX_PRIM_SUBTRACT, -2, 2},   {MX_PRIM_MULTIPLY, -2, 2},
    {MX_PRIM_DIVIDE, 0.5, 2},      {MX_PRIM_POWER, 0.3, 2},     {MX_PRIM_MAXIMUM, -2, 2},
    {MX_PRIM_MINIMUM, -2, 2},      {MX_PRIM_LOGADDEXP, -2, 2},  {MX_PRIM_ARCTAN2, 0.2, 2},
    {MX_PRIM_REMAINDER, 1.1, 1.4}, {MX_PRIM_COPYSIGN, 0.2, 2},  {MX_PRIM_HYPOT, 0.2, 2},
    {MX_PRIM_ABS, -2, 2},          {MX_PRIM_NEGATIVE, -2, 2},   {MX_PRIM_SIGN, 0.5, 2},
    {MX_PRIM_SQUARE, -2, 2},       {MX_PRIM_SQRT, 0.2, 3},      {MX_PRIM_RSQRT, 0.2, 3},
    {MX_PRIM_RECIPROCAL, 0.3, 3},  {MX_PRIM_EXP, -2, 2},        {MX_PRIM_EXPM1, -2, 2},
    {MX_PRIM_LOG, 0.2, 3},         {MX_PRIM_LOG2, 0.2, 3},      {MX_PRIM_LOG10, 0.2, 3},
    {MX_PRIM_LOG1P, -0.7, 3},      {MX_PRIM_SIN, -3, 3},        {MX_PRIM_COS, -3, 3},
    {MX_PRIM_TAN, -1, 1},          {MX_PRIM_ARCSIN, -0.8, 0.8}, {MX_PRIM_ARCCOS, -0.8, 0.8},
    {MX_PRIM_ARCTAN, -3, 3},       {MX_PRIM_SINH, -2, 2},       {MX_PRIM_COSH, -2, 2},
    {MX_PRIM_TANH, -2, 2},         {MX_PRIM_ARCSINH, -2, 2},    {MX_PRIM_ARCCOSH, 1.2, 3},
    {MX_PRIM_ARCTANH, -0.8, 0.8},  {MX_PRIM_SIGMOID, -3, 3},    {MX_PRIM_ERF, -2, 2},
    {MX_PRIM_ERFINV, -0.8, 0.8},   {MX_PRIM_FLOOR, 0.2, 0.8},   {MX_PRIM_REAL, -2, 2},
    {MX_PRIM_CONJUGATE, -2, 2},
};

static enum mx_prim current;

static size_t apply_prim(mx_array *const *in, mx_array **out) {
  bool two = current < MX_PRIM_WHERE;
  out[0] = two ? mx_binary(current, in[0], in[1], S) : mx_unary(current, in[0], S);
  return 1;
}

/* x -> the gradient of sum(f(x) * w), for second derivatives. */
static size_t weighted_prim(mx_array *const *in, mx_array **out) {
  mx_array *y;
  apply_prim(in, &y);
  out[0] = y ? mx_sum(mx_multiply(y, noisy((mx_ints){y->shape, y->ndim}, 1, MLX_FLOAT64, 3), S),
                      false, S)
             : NULL;
  return 1;
}

static size_t gradient_of_prim(mx_array *const *in, mx_array **out) {
  fun_body body = weighted_prim;
  mx_vec v = {(mx_array **)in, current < MX_PRIM_WHERE ? 2 : 1};
  out[0] = grad_of(fun_of(&body), v);
  return 1;
}

static mx_array *between(mx_ints shape, double low, double high, int64_t seed) {
  mx_array *u = noisy(shape, 0.5f, MLX_FLOAT64, seed);
  u = mx_add(u, mx_number(0.5, u), S);
  return mx_add(mx_multiply(u, mx_number(high - low, u), S), mx_number(low, u), S);
}

/* Promise: the gradient, tangent, second derivative and map of every elementwise operation. */
static void elementwise(void **state) {
  (void)state;
  fun_body body = apply_prim, second = gradient_of_prim;
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    mx_scope scope = mx_scope_open();
    current = ranges[i].prim;
    size_t n = current < MX_PRIM_WHERE ? 2 : 1;
    mx_array *a = between(MX_INTS(3, 4), ranges[i].low, ranges[i].high, 1);
    mx_array *b = between(MX_INTS(4), ranges[i].low, ranges[i].high, 2);
    mx_array *c = between(MX_INTS(3, 1), ranges[i].low, ranges[i].high, 5);
    const char *name = mx_prim_name(current);
    check_gradient(fun_of(&body), (mx_vec){(mx_array *[]){a, b}, n}, 1e-6, 1e-7, name);
    check_gradient(fun_of(&body), (mx_vec){(mx_array *[]){c, b}, n}, 1e-6, 1e-7, name);
    check_gradient(fun_of(&second), (mx_vec){(mx_array *[]){a, b}, n}, 1e-6, 1e-6, name);
    check_vmap(fun_of(&body), (mx_vec){(mx_array *[]){a, b}, n}, (int[]){0, -1}, 0, name);
    check_vmap(fun_of(&body), (mx_vec){(mx_array *[]){a, b}, n}, (int[]){1, 0}, 0, name);
    if (n == 2) check_vmap(fun_of(&body), VEC(a, b), (int[]){-1, 0}, 0, name);
    check_vmap(fun_of(&second), (mx_vec){(mx_array *[]){a, b}, n}, (int[]){0, -1}, 1e-12, name);
    mx_scope_close(scope, NULL);
  }
}

static size_t where_body(mx_array *const *in, mx_array **out) {
  out[0] = mx_where(in[0], mx_sin(in[1], S), mx_square(in[2], S), S);
  return 1;
}

static void selection(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = where_body;
  mx_array *x = noisy(MX_INTS(3, 4), 1, MLX_FLOAT64, 1), *y = noisy(MX_INTS(4), 1, MLX_FLOAT64, 2);
  mx_array *c = mx_greater(noisy(MX_INTS(3, 1), 1, MLX_FLOAT64, 9), mx_number(0, x), S);
  check_gradient(fun_of(&body), VEC(c, x, y), 1e-6, 1e-7, "where");
  check_vmap(fun_of(&body), VEC(c, x, y), (int[]){0, 0, -1}, 0, "where");
  check_vmap(fun_of(&body), VEC(mx_reshape(c, MX_INTS(3), S), x, y), (int[]){-1, 1, 0}, 0, "where");
  mx_scope_close(scope, NULL);
}

/* Promise: complex gradients are MLX's: those of the real and imaginary parts, as re + i im. */
static void complex_gradients(void **state) {
  (void)state;
  static const enum mx_prim prims[] = {
      MX_PRIM_MULTIPLY, MX_PRIM_DIVIDE, MX_PRIM_POWER, MX_PRIM_SUBTRACT,
      MX_PRIM_ABS,      MX_PRIM_SQUARE, MX_PRIM_SQRT,  MX_PRIM_RECIPROCAL,
      MX_PRIM_EXP,      MX_PRIM_LOG,    MX_PRIM_SIN,   MX_PRIM_COS,
      MX_PRIM_TANH,     MX_PRIM_REAL,   MX_PRIM_IMAG,  MX_PRIM_CONJUGATE};
  fun_body body = apply_prim;
  for (size_t i = 0; i < sizeof prims / sizeof *prims; i++) {
    mx_scope scope = mx_scope_open();
    current = prims[i];
    size_t n = current < MX_PRIM_WHERE ? 2 : 1;
    mx_array *like = noisy(MX_INTS(5), 1, MLX_COMPLEX64, 1);
    mx_array *a = mx_add(direction(like, 3), mx_number(2, like), S);
    mx_array *b = mx_add(direction(like, 5), mx_number(2, like), S);
    check_gradient(fun_of(&body), (mx_vec){(mx_array *[]){a, b}, n}, 3e-3, 2e-2,
                   mx_prim_name(current));
    mx_scope_close(scope, NULL);
  }
}

static size_t square_sum(mx_array *const *in, mx_array **out) {
  out[0] = mx_sum(mx_square(in[0], S), false, S);
  return 1;
}

/* Values that MLX gives at corners, and for dtypes that have no gradient. */
static void corners(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = apply_prim, squares = square_sum;
  mx_vec out, grads;
  mx_array *zero = FLOATS(0), *one = FLOATS(1);
  static const struct {
    enum mx_prim prim;
    double at, want;
  } rows[] = {{MX_PRIM_ABS, 0, 0}, {MX_PRIM_SQRT, 0, INFINITY}, {MX_PRIM_SIGN, 0, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    current = rows[i].prim;
    must(mx_vjp(&out, &grads, fun_of(&body), VEC(FLOATS((float)rows[i].at)), VEC(one)));
    CHECK(grads.p[0], 0, rows[i].want);
    free(out.p);
    free(grads.p);
  }
  current = MX_PRIM_MAXIMUM; /* a tie goes to the second */
  must(mx_vjp(&out, &grads, fun_of(&body), VEC(zero, zero), VEC(one)));
  CHECK(grads.p[0], 0, 0);
  CHECK(grads.p[1], 0, 1);
  free(out.p);
  free(grads.p);
  current = MX_PRIM_POWER;
  must(mx_vjp(&out, &grads, fun_of(&body), VEC(zero, zero), VEC(one)));
  CHECK(grads.p[0], 0, NAN);
  free(out.p);
  free(grads.p);
  mx_array *g = grad_of(fun_of(&squares), VEC(mx_cast(FLOATS(1, 2, 3), MLX_INT32, S)));
  assert_int_equal(g->dtype, MLX_INT32);
  CHECK(g, 0, 2, 4, 6);
  g = grad_of(fun_of(&squares), VEC(mx_cast(FLOATS(1, 2, 3), MLX_BFLOAT16, S)));
  assert_int_equal(g->dtype, MLX_BFLOAT16);
  CHECK(g, 0, 2, 4, 6);
  mx_scope_close(scope, NULL);
}

/* ---- graphs ---- */

/* x sin(y) + exp(x y) and its cube, of which one input is used four times. */
static size_t mixed(mx_array *const *in, mx_array **out) {
  mx_array *xy = mx_multiply(in[0], in[1], S);
  out[0] = mx_add(mx_multiply(in[0], mx_sin(in[1], S), S), mx_exp(xy, S), S);
  out[1] = mx_multiply(out[0], mx_multiply(out[0], xy, S), S);
  return 2;
}

static size_t mixed_gradient(mx_array *const *in, mx_array **out) {
  fun_body body = mixed;
  mx_vec o, g;
  mx_array *r[2];
  if (mixed(in, r) == 0 || mx_vjp(&o, &g, fun_of(&body), (mx_vec){(mx_array **)in, 2},
                                  VEC(mx_ones_like(r[0], S), mx_ones_like(r[1], S))))
    return 0;
  out[0] = g.p[0];
  out[1] = g.p[1];
  free(o.p);
  free(g.p);
  return 2;
}

static size_t mixed_tangent(mx_array *const *in, mx_array **out) {
  fun_body body = mixed;
  mx_vec o, t;
  if (mx_jvp(&o, &t, fun_of(&body), (mx_vec){(mx_array **)in, 2}, VEC(mx_sin(in[0], S), in[1])))
    return 0;
  out[0] = t.p[0];
  out[1] = t.p[1];
  free(o.p);
  free(t.p);
  return 2;
}

static size_t third(mx_array *const *in, mx_array **out) {
  fun_body body = mixed_gradient;
  mx_vec o, t;
  if (mx_jvp(&o, &t, fun_of(&body), (mx_vec){(mx_array **)in, 2},
             VEC(mx_cos(in[0], S), mx_sin(in[1], S))))
    return 0;
  out[0] = t.p[0];
  out[1] = t.p[1];
  free(o.p);
  free(t.p);
  return 2;
}

/* vmap of a gradient, inside a function that is itself differentiated. */
static size_t mapped_gradient(mx_array *const *in, mx_array **out) {
  fun_body body = mixed_gradient;
  mx_vec o;
  if (mx_vmap(&o, fun_of(&body), (mx_vec){(mx_array **)in, 2}, (int[]){0, -1}, 2, (int[]){0, 1}, 2))
    return 0;
  out[0] = o.p[0];
  out[1] = o.p[1];
  free(o.p);
  return 2;
}

/* Promise: transformations nest in any order. */
static void nested(void **state) {
  (void)state;
  fun_body bodies[] = {mixed, mixed_gradient, mixed_tangent, third, mapped_gradient};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    mx_scope scope = mx_scope_open();
    mx_array *x = noisy(MX_INTS(3, 2), 1, MLX_FLOAT64, 1),
             *y = noisy(MX_INTS(2), 1, MLX_FLOAT64, 2);
    char name[32];
    snprintf(name, sizeof name, "body %zu", i);
    check_gradient(fun_of(&bodies[i]), VEC(x, y), 1e-6, 1e-7, name);
    if (i < 4) check_vmap(fun_of(&bodies[i]), VEC(x, y), (int[]){0, -1}, 1e-12, name);
    if (i < 4) check_vmap(fun_of(&bodies[i]), VEC(x, y), (int[]){1, 0}, 1e-12, name);
    mx_scope_close(scope, NULL);
  }
}

static mx_array *captured;

static size_t uses_captured(mx_array *const *in, mx_array **out) {
  out[0] =
      mx_sum(mx_multiply(mx_stop_gradient(in[0], S), mx_multiply(in[0], captured, S), S), false, S);
  out[1] = captured;
  return 2;
}

/* Promise: gradients flow to the chosen arguments alone, and not past stop_gradient. */
static void arguments(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = uses_captured;
  mx_array *x = FLOATS(1, 2), *unused = mx_cast(FLOATS(5, 6, 7), MLX_INT32, S);
  captured = FLOATS(10, 20);
  mx_vec out, grads;
  must(mx_value_and_grad(&out, &grads, fun_of(&body), VEC(x, unused), (int[]){1, 0}, 2));
  CHECK(out.p[0], 0, 90);
  assert_ptr_equal(out.p[1], captured);
  CHECK(grads.p[0], 0, 0, 0, 0);
  assert_int_equal(grads.p[0]->dtype, MLX_INT32);
  CHECK(grads.p[1], 0, 10, 40);
  free(out.p);
  free(grads.p);
  static const struct { int n, argnums[2]; } wrong[] = {{0, {0}}, {1, {-1}}, {1, {2}}, {2, {1, 1}}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    mx_error_clear();
    assert_int_not_equal(mx_value_and_grad(&out, &grads, fun_of(&body), VEC(x, unused),
                                           wrong[i].argnums, (size_t)wrong[i].n),
                         0);
    assert_int_equal(mx_error_kind(), MX_VALUE);
    assert_null(out.p);
  }
  current = MX_PRIM_EXP;
  body = apply_prim;
  CHECK_FAILS(grad_of(fun_of(&body), VEC(x)), MX_VALUE); /* not a scalar */
  assert_non_null(strstr(mx_error_text(), "must return a scalar"));
  assert_int_not_equal(mx_vjp(&out, &grads, fun_of(&body), VEC(x), (mx_vec){NULL, 0}), 0);
  assert_int_not_equal(mx_vjp(&out, &grads, fun_of(&body), VEC(x), VEC(FLOATS(1, 2, 3))), 0);
  assert_int_not_equal(mx_jvp(&out, &grads, fun_of(&body), VEC(x), VEC(FLOATS(1, 2, 3))), 0);
  assert_int_not_equal(mx_jvp(&out, &grads, fun_of(&body), VEC(x), VEC(x, x)), 0);
  mx_scope_close(scope, NULL);
}

/* Of this thread's own work: what other processes take does not count. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What works in linear time shows it in one of a few tries: memory that is touched for the first
 * time can cost far more than the work. */
static void assert_grows_less(double (*work)(int64_t), int64_t few, int64_t many, double factor) {
  double ratio = 0;
  for (int i = 0; i < 4; i++) {
    double base = work(few), took = work(many);
    printf("%lld: %.4f s, %lld: %.4f s\n", (long long)few, base, (long long)many, took);
    ratio = took / (base + 1e-3);
    if (ratio < factor)
      return;
  }
  fail_msg("%lld take %.0f times what %lld take", (long long)many, ratio, (long long)few);
}

static int64_t chain_length;

static size_t chain(mx_array *const *in, mx_array **out) {
  mx_array *x = in[0], *k = mx_scalar(0.999999, MLX_FLOAT64);
  for (int64_t i = 0; i < chain_length && x; i++) x = mx_multiply(x, k, S);
  out[0] = x;
  return 1;
}

static double gradient_of_chain(int64_t length) {
  fun_body body = chain;
  mx_scope scope = mx_scope_open();
  chain_length = length;
  double start = seconds();
  mx_array *g = grad_of(fun_of(&body), VEC(mx_scalar(2, MLX_FLOAT64)));
  double took = seconds() - start;
  CHECK(g, 1e-6, pow(0.999999, (double)length));
  mx_scope_close(scope, NULL);
  return took;
}

/* Promise: a million operations in a row differentiate, in time linear in their number. */
static void long_chain(void **state) {
  (void)state;
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
  const int64_t whole = 100000;
#else
  const int64_t whole = 1000000;
#endif
  assert_grows_less(gradient_of_chain, whole / 10, whole, 40);
}

static int n_loops;
static mx_array *outside;

static size_t times_outside(mx_array *const *in, mx_array **out) {
  out[0] = mx_sum(mx_multiply(in[0], outside, S), false, S);
  return 1;
}

/* Each gradient captures what the ones before made, and is it. */
static size_t nested_loops(mx_array *const *in, mx_array **out) {
  fun_body body = times_outside;
  mx_array *at = FLOATS(5, 6);
  outside = in[0];
  for (int i = 0; i < n_loops && outside; i++) outside = grad_of(fun_of(&body), VEC(at));
  out[0] = outside ? mx_sum(outside, false, S) : NULL;
  return 1;
}

static double gradients_in_one(int64_t n) {
  fun_body body = nested_loops;
  mx_scope scope = mx_scope_open();
  n_loops = (int)n;
  double start = seconds();
  mx_array *g = grad_of(fun_of(&body), VEC(FLOATS(1, 2)));
  double took = seconds() - start;
  CHECK(g, 1e-4, 1, 1);
  mx_scope_close(scope, NULL);
  return took;
}

/* Promise: a gradient taken inside another looks only at what it depends on itself: time is linear.
 */
static void gradients_in_a_loop(void **state) {
  (void)state;
  assert_grows_less(gradients_in_one, 1000, 8000, 25);
}

/* ---- evaluation on the way ---- */

static int evaluations;

/* Evaluates in the middle, twice, on a fused chain with a view, and decides by a value. */
static size_t evaluates(mx_array *const *in, mx_array **out) {
  mx_array *x = mx_multiply(mx_exp(in[0], S), in[0], S);
  mx_array *y = mx_transpose(mx_add(x, mx_sin(x, S), S), S);
  mx_array *s = mx_sum(y, false, S);
  if (!s || mx_eval1(s)) return 0;
  evaluations++;
  mx_array *z = *(double *)mx_data(s) > 1e9 ? y : mx_multiply(mx_square(y, S), s, S);
  if (!z || mx_eval1(z)) return 0;
  out[0] = mx_sum(mx_sqrt(mx_add(mx_square(z, S), mx_number(1, z), S), S), false, S);
  return 1;
}

/* What lies between is held by the graph alone when it is evaluated. */
static size_t evaluates_unheld(mx_array *const *in, mx_array **out) {
  mx_scope scope = mx_scope_open();
  mx_array *x = mx_exp(mx_sin(in[0], S), S);
  mx_array *k = noisy(MX_INTS(3, 3), 1, MLX_FLOAT64, 4);
  mx_array *m = mx_multiply(mx_matmul(x, mx_transpose(x, S), S), mx_matmul(k, k, S), S);
  mx_array *s = mx_sum(mx_square(mx_exp(mx_sin(m, S), S), S), false, S);
  s = mx_scope_own(mx_scope_close(scope, s));
  if (!s || mx_eval1(s)) return 0;
  out[0] = s;
  return 1;
}

static size_t evaluates_gradient(mx_array *const *in, mx_array **out) {
  fun_body body = evaluates;
  out[0] = grad_of(fun_of(&body), (mx_vec){(mx_array **)in, 1});
  if (!out[0] || mx_eval1(out[0])) return 0;
  return 1;
}

static void evaluation_inside(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = evaluates, second = evaluates_gradient;
  mx_array *x = noisy(MX_INTS(3, 5), 1, MLX_FLOAT64, 1);
  evaluations = 0;
  fun_body unheld = evaluates_unheld;
  check_gradient(fun_of(&body), VEC(x), 1e-6, 1e-6, "evaluates");
  check_gradient(fun_of(&unheld), VEC(x), 1e-6, 1e-6, "evaluates what nobody holds");
  check_gradient(fun_of(&second), VEC(x), 1e-6, 1e-5, "evaluates, then gradient");
  assert_true(evaluations > 4);
  mx_scope_close(scope, NULL);
}

static size_t evaluates_argument(mx_array *const *in, mx_array **out) {
  out[0] = mx_exp(in[0], S);
  return out[0] && !mx_eval1(out[0]);
}

/* Promise: inside a map nothing can be evaluated, and the error says so; the graph goes on working.
 */
static void no_evaluation_in_maps(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = evaluates_argument;
  mx_array *x = FLOATS(1, 2);
  mx_vec out;
  mx_error_clear();
  assert_int_not_equal(mx_vmap(&out, fun_of(&body), VEC(x), (int[]){0}, 1, (int[]){0}, 1), 0);
  assert_int_equal(mx_error_kind(), MX_VALUE);
  assert_string_equal(mx_error_text(), "[eval] Attempting to eval an array during function "
                                       "transformations like compile or vmap is not allowed.");
  CHECK(mx_exp(mx_number(0, x), S), 0, 1);
  mx_scope_close(scope, NULL);
}

static mx_array *kept_outside;

static size_t keeps(mx_array *const *in, mx_array **out) {
  mx_array *x = mx_exp(mx_broadcast_to(in[0], MX_INTS(1000, 1000), S), S);
  mx_array *s = mx_sum(x, false, S);
  if (!s || mx_eval1(s)) return 0;
  kept_outside = mx_retain(s);
  out[0] = s;
  return 1;
}

/* Promise: what evaluation inside a gradient kept is let go when it is over, also what the caller
 * took out, and memory is back where it was. */
static void nothing_stays(void **state) {
  (void)state;
  fun_body body = keeps, second = evaluates_gradient;
  size_t before = 0;
  for (int round = 0; round < 3; round++) {
    mx_scope scope = mx_scope_open();
    mx_array *x = mx_scalar(0.5, MLX_FLOAT32);
    CHECK(grad_of(fun_of(&body), VEC(x)), 1e-5, 1e6 * exp(0.5));
    mx_array *s = kept_outside;
    mx_array *y = noisy(MX_INTS(3, 5), 1, MLX_FLOAT64, 1);
    mx_array *g = grad_of(fun_of(&(fun_body){evaluates}), VEC(y));
    assert_int_equal(mx_eval1(g), 0);
    mx_array *r[1];
    assert_int_equal(second((mx_array *[]){y}, r), 1);
    mx_scope_close(scope, NULL);
    assert_int_equal(s->op->n_in, 0);
    mx_release(s);
    size_t now = mx_memory_active();
    if (round) assert_int_equal(now, before);
    before = now;
  }
}

/* ---- maps ---- */

static size_t matrix(mx_array *const *in, mx_array **out) {
  out[0] = mx_add(mx_matmul(in[0], in[1], S), mx_sum_axis(in[2], 0, true, S), S);
  out[1] = mx_concatenate_axis(VEC(in[2], mx_multiply(in[2], mx_number(2, in[2]), S)), 0, S);
  out[2] = mx_number(3, in[0]);
  return 3;
}

static void maps(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = matrix;
  mx_array *a = noisy(MX_INTS(3, 4, 5), 1, MLX_FLOAT64, 1),
           *b = noisy(MX_INTS(5, 6), 1, MLX_FLOAT64, 2);
  mx_array *c = noisy(MX_INTS(2, 6, 3), 1, MLX_FLOAT64, 3);
  check_vmap(fun_of(&body), VEC(a, b, c), (int[]){0, -1, 2}, 1e-12, "matrix");
  mx_vec out;
  must(mx_vmap(&out, fun_of(&body), VEC(a, b, c), (int[]){0, -1, 2}, 3, (int[]){1, 2, -1}, 3));
  assert_int_equal(out.p[0]->shape[1], 3);
  assert_int_equal(out.p[1]->shape[2], 3);
  CHECK(out.p[2], 0, 3, 3, 3); /* as MLX does */
  free(out.p);
  /* No slices at all. */
  mx_array *none = mx_zeros(MX_INTS(0, 4, 5), MLX_FLOAT64, S),
           *c0 = mx_zeros(MX_INTS(2, 6, 0), MLX_FLOAT64, S);
  must(mx_vmap(&out, fun_of(&body), VEC(none, b, c0), (int[]){0, -1, 2}, 3, (int[]){0, 0, 0}, 3));
  assert_int_equal(out.p[0]->shape[0], 0);
  assert_int_equal(out.p[0]->shape[1], 4);
  assert_int_equal(mx_eval(out.p, 3), 0);
  free(out.p);
  static const struct {
    int axes[3], out_axes[3];
    mx_kind kind;
  } wrong[] = {{{3, -1, 2}, {0, 0, 0}, MX_INDEX},  {{0, 1, 2}, {0, 0, 0}, MX_VALUE},
               {{0, -1, 2}, {3, 0, 0}, MX_INDEX},  {{-1, -1, -1}, {0, 0, 0}, MX_VALUE},
               {{0, -1, 2}, {-1, 0, 0}, MX_VALUE}, {{0, -1, 2}, {0, 0, 1}, MX_INDEX}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    mx_error_clear();
    assert_int_not_equal(
        mx_vmap(&out, fun_of(&body), VEC(a, b, c), wrong[i].axes, 3, wrong[i].out_axes, 3), 0);
    assert_int_equal(mx_error_kind(), wrong[i].kind);
  }
  mx_scope_close(scope, NULL);
}

/* ---- the C API ---- */

static char last_error[300];
static void note_error(const char *msg, void *data) {
  (void)data;
  snprintf(last_error, sizeof last_error, "%s", msg);
}

static const mlx_stream no_stream = {NULL};
static atomic_int payloads;

static void drop_payload(void *p) {
  (void)p;
  payloads--;
}

/* sum(x0 * x0 * x1) */
static int api_loss(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  mlx_array x = mlx_array_new(), y = mlx_array_new(), r = mlx_array_new();
  (void)payload;
  int bad = mlx_vector_array_get(&x, in, 0) || mlx_vector_array_get(&y, in, 1) ||
            mlx_square(&x, x, no_stream) || mlx_multiply(&r, x, y, no_stream) ||
            mlx_sum(&r, r, false, no_stream) || mlx_vector_array_set_value(res, r);
  mlx_array_free(x);
  mlx_array_free(y);
  mlx_array_free(r);
  return bad;
}

static int api_fails(mlx_vector_array *res, const mlx_vector_array in) {
  (void)res;
  (void)in;
  return 1;
}

static int api_cube(mlx_array *res, const mlx_array x) {
  mlx_array t = mlx_array_new();
  int bad = mlx_square(&t, x, no_stream) || mlx_multiply(res, t, x, no_stream);
  mlx_array_free(t);
  return bad;
}

static mlx_vector_array vector_of(mx_vec v) {
  mlx_array h[8];
  for (size_t i = 0; i < v.n; i++) h[i].ctx = v.p[i];
  return mlx_vector_array_new_data(h, v.n);
}

static mx_array *at(const mlx_vector_array v, size_t i) {
  mlx_array h = mlx_array_new();
  assert_int_equal(mlx_vector_array_get(&h, v, i), 0);
  return mx_scope_own(h.ctx);
}

static void api_gradients(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mlx_set_error_handler(note_error, NULL, NULL);
  payloads = 1;
  mlx_closure f = mlx_closure_new_func_payload(api_loss, &payloads, drop_payload),
              shared = mlx_closure_new();
  mlx_closure_set(&shared, f);
  mlx_closure_value_and_grad g = mlx_closure_value_and_grad_new();
  mlx_vector_array in = vector_of(VEC(FLOATS(1, 2), FLOATS(3, 4))), v = {NULL}, grads = {NULL};
  assert_int_equal(mlx_value_and_grad(&g, f, (int[]){0, 1}, 2), 0);
  mlx_closure_free(f);
  assert_int_equal(mlx_closure_value_and_grad_apply(&v, &grads, g, in), 0);
  CHECK(at(v, 0), 0, 19);
  CHECK(at(grads, 0), 0, 6, 16);
  CHECK(at(grads, 1), 0, 1, 4);
  mlx_vector_array ct = vector_of(VEC(mx_scalar(2, MLX_FLOAT32)));
  assert_int_equal(mlx_vjp(&v, &grads, shared, in, ct), 0);
  CHECK(at(grads, 1), 0, 2, 8);
  assert_int_equal(mlx_jvp(&v, &grads, shared, in, in), 0);
  CHECK(at(grads, 0), 0, 3 * 19);
  assert_int_not_equal(mlx_value_and_grad(&g, shared, (int[]){-1}, 1), 0);
  assert_int_not_equal(mlx_vjp(&v, &grads, shared, in, in), 0);
  assert_non_null(strstr(last_error, "cotangent shape"));
  mlx_closure failing = mlx_closure_new_func(api_fails), cube = mlx_closure_new_unary(api_cube),
              m = mlx_closure_new();
  assert_int_not_equal(mlx_vjp(&v, &grads, failing, in, ct), 0);
  assert_non_null(strstr(last_error, "nonzero"));
  assert_int_equal(mlx_vmap(&m, shared, (int[]){0}, 1, (int[]){0}, 1), 0);
  assert_int_equal(mlx_closure_apply(&v, m, in), 0);
  CHECK(at(v, 0), 0, 3, 16);
  assert_int_not_equal(mlx_closure_apply(&v, cube, in), 0); /* two arguments */
  mlx_vector_array s_in = {NULL}, s_out = {NULL}, one = vector_of(VEC(FLOATS(1, 2, 3)));
  assert_int_equal(mlx_detail_vmap_trace(&s_in, &s_out, cube, one, (int[]){0}, 1), 0);
  assert_int_equal(mlx_detail_vmap_replace(&v, one, s_in, s_out, (int[]){0}, 1, (int[]){0}, 1), 0);
  CHECK(at(v, 0), 0, 1, 8, 27);
  mlx_vector_array_free(s_in);
  mlx_vector_array_free(s_out);
  mlx_vector_array_free(one);
  mlx_vector_array_free(in);
  mlx_vector_array_free(ct);
  mlx_vector_array_free(v);
  mlx_vector_array_free(grads);
  mlx_closure_free(failing);
  mlx_closure_free(cube);
  mlx_closure_free(m);
  mlx_closure_value_and_grad_free(g);
  assert_int_equal(payloads, 1);
  mlx_closure_free(shared);
  assert_int_equal(payloads, 0);
  mx_scope_close(scope, NULL);
}

/* Promise: empty handles are errors. */
static void api_empty(void **state) {
  (void)state;
  mlx_set_error_handler(note_error, NULL, NULL);
  mlx_closure f = mlx_closure_new();
  mlx_closure_value_and_grad g = mlx_closure_value_and_grad_new();
  mlx_closure_custom c = mlx_closure_custom_new();
  mlx_closure_custom_jvp j = mlx_closure_custom_jvp_new();
  mlx_closure_custom_vmap m = mlx_closure_custom_vmap_new();
  mlx_closure_kwargs k = mlx_closure_kwargs_new();
  mlx_vector_array v = {NULL}, w = {NULL};
  mlx_vector_int ints = {NULL};
  assert_int_not_equal(mlx_closure_apply(&v, f, v), 0);
  assert_int_not_equal(mlx_closure_kwargs_apply(&v, k, v, (mlx_map_string_to_array){NULL}), 0);
  assert_int_not_equal(mlx_closure_value_and_grad_apply(&v, &w, g, v), 0);
  assert_int_not_equal(mlx_closure_custom_apply(&v, c, v, v, v), 0);
  assert_int_not_equal(mlx_closure_custom_jvp_apply(&v, j, v, v, NULL, 0), 0);
  assert_int_not_equal(mlx_closure_custom_vmap_apply(&v, &ints, m, v, NULL, 0), 0);
  assert_int_not_equal(mlx_vjp(&v, &w, f, v, v), 0);
  assert_int_not_equal(mlx_jvp(&v, &w, f, v, v), 0);
  assert_int_not_equal(mlx_value_and_grad(&g, f, NULL, 0), 0);
  assert_int_not_equal(mlx_checkpoint(&f, f), 0);
  assert_int_not_equal(mlx_custom_vjp(&f, f, c), 0);
  assert_int_not_equal(mlx_vmap(&f, f, NULL, 0, NULL, 0), 0);
  assert_int_not_equal(mlx_detail_vmap_trace(&v, &w, f, v, NULL, 0), 0);
  assert_int_not_equal(mlx_detail_vmap_replace(&v, w, w, w, NULL, 0, NULL, 0), 0);
  assert_null(mlx_closure_new_func(NULL).ctx);
  mlx_closure_free(f);
  mlx_vector_array_free(v);
  mlx_vector_array_free(w);
}

/* ---- custom functions ---- */

static atomic_int runs;

/* exp(x0) * x1, x0 - x1 */
static int api_pair(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  (void)payload;
  runs++;
  mlx_array x = mlx_array_new(), y = mlx_array_new(), r[2] = {{NULL}, {NULL}};
  int bad = mlx_vector_array_get(&x, in, 0) || mlx_vector_array_get(&y, in, 1) ||
            mlx_exp(&r[0], x, no_stream) || mlx_multiply(&r[0], r[0], y, no_stream) ||
            mlx_subtract(&r[1], x, y, no_stream) || mlx_vector_array_set_data(res, r, 2);
  mlx_array_free(x);
  mlx_array_free(y);
  mlx_array_free(r[0]);
  mlx_array_free(r[1]);
  return bad;
}

/* Gradients that nobody would derive: 7 * cotangent 0 * x0, output 1. */
static int api_odd_vjp(mlx_vector_array *res, const mlx_vector_array primals,
                       const mlx_vector_array cotangents, const mlx_vector_array outputs, void *p) {
  (void)p;
  mlx_array x = mlx_array_new(), g = mlx_array_new(), o = mlx_array_new(),
            seven = mlx_array_new_float(7);
  mlx_array r[2] = {{NULL}, {NULL}};
  int bad = !seven.ctx || mlx_vector_array_get(&x, primals, 0) ||
            mlx_vector_array_get(&g, cotangents, 0) || mlx_vector_array_get(&o, outputs, 1) ||
            mlx_multiply(&r[0], g, x, no_stream) || mlx_multiply(&r[0], r[0], seven, no_stream) ||
            mlx_array_set(&r[1], o) || mlx_vector_array_set_data(res, r, 2);
  mlx_array_free(x);
  mlx_array_free(g);
  mlx_array_free(o);
  mlx_array_free(seven);
  mlx_array_free(r[0]);
  mlx_array_free(r[1]);
  return bad;
}

/* Tangents: the last tangent that there is, minus itself; the outputs of a map: the arguments. */
static int api_odd_jvp(mlx_vector_array *res, const mlx_vector_array primals,
                       const mlx_vector_array tangents, const int *argnums, size_t n, void *p) {
  (void)p;
  (void)primals;
  mlx_array t = mlx_array_new(), r[2] = {{NULL}, {NULL}};
  int bad = mlx_vector_array_get(&t, tangents, n - 1) || argnums[n - 1] != (int)n - 1 ||
            mlx_array_set(&r[0], t) || mlx_negative(&r[1], t, no_stream) ||
            mlx_vector_array_set_data(res, r, 2);
  mlx_array_free(t);
  mlx_array_free(r[0]);
  mlx_array_free(r[1]);
  return bad;
}

static int api_odd_vmap(mlx_vector_array *res, mlx_vector_int *res_axes, const mlx_vector_array in,
                        const int *axes, size_t n, void *p) {
  (void)p;
  int copy[2] = {axes[0], n > 1 ? axes[1] : -1};
  return mlx_vector_array_set(res, in) || mlx_vector_int_set_data(res_axes, copy, 2);
}

static void custom_functions(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mlx_set_error_handler(note_error, NULL, NULL);
  payloads = 4;
  mlx_closure f = mlx_closure_new_func_payload(api_pair, &payloads, drop_payload),
              h = mlx_closure_new(), m = mlx_closure_new();
  mlx_closure_custom vjp =
      mlx_closure_custom_new_func_payload(api_odd_vjp, &payloads, drop_payload);
  mlx_closure_custom_jvp jvp =
      mlx_closure_custom_jvp_new_func_payload(api_odd_jvp, &payloads, drop_payload);
  mlx_closure_custom_vmap vmap =
      mlx_closure_custom_vmap_new_func_payload(api_odd_vmap, &payloads, drop_payload);
  assert_int_equal(mlx_custom_function(&h, f, vjp, jvp, vmap), 0);
  mlx_vector_array in = vector_of(VEC(FLOATS(1, 2), FLOATS(3, 4))), v = {NULL}, g = {NULL};
  mlx_vector_array ct = vector_of(VEC(FLOATS(1, 10), FLOATS(0, 0)));
  assert_int_equal(mlx_vjp(&v, &g, h, in, ct), 0);
  CHECK(at(v, 0), 1e-6, 3 * exp(1), 4 * exp(2));
  CHECK(at(g, 0), 1e-6, 7, 140);
  CHECK(at(g, 1), 1e-6, -2, -2);
  assert_int_equal(mlx_jvp(&v, &g, h, in, in), 0);
  CHECK(at(g, 0), 0, 3, 4);
  CHECK(at(g, 1), 0, -3, -4);
  assert_int_equal(mlx_vmap(&m, h, (int[]){0}, 1, (int[]){0}, 1), 0);
  assert_int_equal(mlx_closure_apply(&v, m, in), 0);
  CHECK(at(v, 0), 0, 1, 2);
  CHECK(at(v, 1), 0, 3, 4);
  /* A function with a gradient alone is mapped as it is. */
  assert_int_equal(mlx_custom_vjp(&h, f, vjp), 0);
  assert_int_equal(mlx_vmap(&m, h, (int[]){0, -1}, 2, (int[]){0}, 1), 0);
  assert_int_equal(mlx_closure_apply(&v, m, in), 0);
  CHECK(at(v, 1), 0, -2, -3, -1, -2);
  assert_int_equal(mlx_jvp(&v, &g, h, in, in), 0);
  CHECK(at(g, 1), 0, -2, -2);
  /* The graph holds what it needs. */
  assert_int_equal(mlx_vjp(&v, &g, h, in, ct), 0);
  mlx_closure_free(f);
  mlx_closure_free(h);
  mlx_closure_free(m);
  mlx_closure_custom_free(vjp);
  mlx_closure_custom_jvp_free(jvp);
  mlx_closure_custom_vmap_free(vmap);
  assert_int_equal(payloads, 1);
  CHECK(at(v, 1), 0, -2, -2);
  assert_int_equal(mlx_eval(v), 0);
  mlx_vector_array_free(in);
  mlx_vector_array_free(v);
  mlx_vector_array_free(g);
  mlx_vector_array_free(ct);
  mx_scope_close(scope, NULL);
  assert_int_equal(payloads, 0);
}

/* Promise: a checkpointed function gives the same gradients, to any order, and runs again for them.
 */
static void checkpoints(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mlx_set_error_handler(note_error, NULL, NULL);
  payloads = 1;
  mlx_closure f = mlx_closure_new_func_payload(api_pair, &payloads, drop_payload),
              h = mlx_closure_new();
  assert_int_equal(mlx_checkpoint(&h, f), 0);
  mlx_vector_array in = vector_of(VEC(FLOATS(1, 2), FLOATS(3, 4))), v = {NULL}, g = {NULL},
                   u = {NULL}, w = {NULL};
  mlx_vector_array ct = vector_of(VEC(FLOATS(1, 10), FLOATS(2, 3)));
  runs = 0;
  assert_int_equal(mlx_vjp(&v, &g, h, in, ct), 0);
  assert_int_equal(runs, 2);
  assert_int_equal(mlx_vjp(&u, &w, f, in, ct), 0);
  for (size_t i = 0; i < 2; i++) {
    check_same_bits(at(v, i), at(u, i));
    check_same_bits(at(g, i), at(w, i));
  }
  mlx_closure_value_and_grad a = mlx_closure_value_and_grad_new();
  mlx_vector_array_free(in);
  mlx_vector_array_free(v);
  mlx_vector_array_free(u);
  mlx_vector_array_free(w);
  mlx_vector_array_free(g);
  mlx_vector_array_free(ct);
  mlx_closure_value_and_grad_free(a);
  mlx_closure_free(f);
  mlx_closure_free(h);
  mx_scope_close(scope, NULL);
  assert_int_equal(payloads, 0);
}

/* ---- threads ---- */

static mx_array *common;

/* Evaluates on the way: first without waiting, which may go on after the gradient is made. */
static size_t with_common(mx_array *const *in, mx_array **out) {
  mx_array *x = mx_multiply(in[0], common, S), *s = mx_sum(mx_tanh(x, S), false, S);
  mx_array *later = x ? mx_exp(mx_sin(x, S), S) : NULL;
  if (!later || mx_eval_hook(&later, 1, false)) return 0;
  if (!s || mx_eval1(s)) return 0;
  out[0] = mx_sum(mx_multiply(mx_square(x, S), s, S), false, S);
  return 1;
}

static void *differentiate(void *arg) {
  double *result = arg;
  for (int i = 0; i < 20; i++) {
    mx_scope scope = mx_scope_open();
    fun_body body = with_common;
    mx_array *g = grad_of(fun_of(&body), VEC(FLOATS(1, 2, 3)));
    double *v = g && !mx_eval1(g) ? values(g) : NULL;
    if (v) memcpy(result, v, 3 * sizeof *v);
    free(v);
    mx_scope_close(scope, NULL);
  }
  return NULL;
}

/* Promise: threads differentiate at once, over arrays that they share, pending ones too. */
static void many_threads(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  pthread_t t[16];
  double got[16][3] = {{0}}, want[3];
  common = mx_add(mx_exp(FLOATS(0.1f, 0.2f, 0.3f), S), FLOATS(1, 1, 1), S);
  for (int i = 0; i < 16; i++)
    assert_int_equal(pthread_create(&t[i], NULL, differentiate, got[i]), 0);
  for (int i = 0; i < 16; i++) pthread_join(t[i], NULL);
  differentiate(want);
  for (int i = 0; i < 16; i++) assert_memory_equal(got[i], want, sizeof want);
  mx_scope_close(scope, NULL);
}

typedef struct part {
  mx_array *in, *out;
} part;

static void *build_part(void *arg) {
  part *p = arg;
  mx_scope scope = mx_scope_open();
  mx_array *x = mx_exp(mx_sin(p->in, S), S);
  if (x && mx_eval1(x)) x = NULL;
  p->out = mx_scope_close(scope, x);
  return NULL;
}

static size_t with_helper(mx_array *const *in, mx_array **out) {
  part p = {mx_square(in[0], S), NULL};
  pthread_t t;
  if (!p.in || pthread_create(&t, NULL, build_part, &p)) return 0;
  pthread_join(t, NULL);
  out[0] = mx_multiply(mx_scope_own(p.out), in[0], S);
  return 1;
}

/* Promise: what another thread adds to a function under transformation is part of it. */
static void helper_thread(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  fun_body body = with_helper;
  check_gradient(fun_of(&body), VEC(D64(0.5, 1.5)), 1e-6, 1e-7, "helper");
  mx_scope_close(scope, NULL);
}

/* ---- memory ---- */

#ifdef COUNTS_ALLOCATIONS
static int use_everything(mlx_closure h, const mlx_vector_array in, const mlx_vector_array ct) {
  mlx_vector_array v = {NULL}, g = {NULL};
  mlx_closure c = mlx_closure_new(), m = mlx_closure_new();
  int bad = mlx_checkpoint(&c, h) || mlx_vjp(&v, &g, c, in, ct) || mlx_eval(g) ||
            mlx_jvp(&v, &g, h, in, in) || mlx_vmap(&m, h, (int[]){0, -1}, 2, (int[]){0}, 1) ||
            mlx_closure_apply(&v, m, in) || mlx_eval(v);
  mlx_vector_array_free(v);
  mlx_vector_array_free(g);
  mlx_closure_free(c);
  mlx_closure_free(m);
  return bad;
}

/* Promise: whichever allocation fails, the call fails with a memory error and nothing leaks. */
static void failing_allocations(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mlx_set_error_handler(note_error, NULL, NULL);
  mlx_closure f = mlx_closure_new_func_payload(api_pair, NULL, NULL);
  mlx_closure_custom vjp = mlx_closure_custom_new_func_payload(api_odd_vjp, NULL, NULL);
  mlx_closure h = mlx_closure_new();
  assert_int_equal(mlx_custom_vjp(&h, f, vjp), 0);
  mlx_vector_array in = vector_of(VEC(FLOATS(1, 2), FLOATS(3, 4)));
  mlx_vector_array ct = vector_of(VEC(FLOATS(1, 10), FLOATS(2, 3)));
  for (int i = 0; i < 2; i++) assert_int_equal(use_everything(h, in, ct), 0);
  mx_memory_clear_cache();
  long before = blocks_alive;
  int n = 0;
  for (bool done = false; !done; n++) {
    mx_error_clear();
    allocations_left = n;
    int bad = use_everything(h, in, ct);
    done = allocations_left >= 0;
    allocations_left = -1;
    assert_int_equal(bad != 0, !done);
    if (bad) assert_int_equal(mx_error_kind(), MX_MEMORY);
    mx_memory_clear_cache();
    assert_int_equal(blocks_alive, before);
  }
  printf("%d allocations failed in turn\n", n - 1);
  mlx_vector_array_free(in);
  mlx_vector_array_free(ct);
  mlx_closure_free(f);
  mlx_closure_free(h);
  mlx_closure_custom_free(vjp);
  mx_scope_close(scope, NULL);
}
#endif

int main(void) {
  open_stream();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(elementwise),
      cmocka_unit_test(selection),
      cmocka_unit_test(complex_gradients),
      cmocka_unit_test(corners),
      cmocka_unit_test(nested),
      cmocka_unit_test(arguments),
      cmocka_unit_test(long_chain),
      cmocka_unit_test(gradients_in_a_loop),
      cmocka_unit_test(evaluation_inside),
      cmocka_unit_test(no_evaluation_in_maps),
      cmocka_unit_test(nothing_stays),
      cmocka_unit_test(maps),
      cmocka_unit_test(api_gradients),
      cmocka_unit_test(api_empty),
      cmocka_unit_test(custom_functions),
      cmocka_unit_test(checkpoints),
      cmocka_unit_test(many_threads),
      cmocka_unit_test(helper_thread),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(failing_allocations),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
