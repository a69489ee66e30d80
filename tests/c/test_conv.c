/* Convolutions: MLX's answers, a plain float64 loop over random geometries on every path, the same
 * bits for any number of threads, gradients, and the errors. */
#include "fixture.h"
#include "ops/rules.h"

#define PART(i, from, n) ((mx_ints){c->list[i] + (from), n})

static mx_array *general(fx_case *c) {
  int n = c->l[1].n;
  return mx_conv_general(IN(0), IN(1), PART(0, 0, n), L(1), L(2), PART(0, n, n), PART(0, 2 * n, n),
                         N(3, 0), N(3, 1), S);
}

FX(conv_general, general(c))
FX(conv_transpose1d,
   mx_conv_transpose1d(IN(0), IN(1), N(0, 0), N(0, 1), N(0, 2), N(0, 3), N(0, 4), S))
FX(conv_transpose2d, mx_conv_transpose2d(IN(0), IN(1), N(0, 0), N(0, 1), N(0, 2), N(0, 3), N(0, 4),
                                         N(0, 5), N(0, 6), N(0, 7), N(0, 8), S))
FX(conv_transpose3d,
   mx_conv_transpose3d(IN(0), IN(1), N(0, 0), N(0, 1), N(0, 2), N(0, 3), N(0, 4), N(0, 5), N(0, 6),
                       N(0, 7), N(0, 8), N(0, 9), N(0, 10), N(0, 11), N(0, 12), S))
FX(convolve, mx_convolve(IN(0), IN(1), c->text, S))

static const fx_row rows[] = {FX_ROW(conv_general),     FX_ROW(conv_transpose1d),
                              FX_ROW(conv_transpose2d), FX_ROW(conv_transpose3d),
                              FX_ROW(convolve),         {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("conv.bin", rows), 0);
}

/* ---- against a plain loop ---- */

typedef struct shape2 {
  int64_t n, h, w, c, o, kh, kw;
  int stride, pad, dilation, input_dilation, groups;
  bool flip;
} shape2;

static int64_t out_length(int64_t in, int64_t k, const shape2 *g) {
  return ((in - 1) * g->input_dilation + 2 * g->pad - (k - 1) * g->dilation) / g->stride + 1;
}

/* One output, and the sum of magnitudes that its rounding error grows with. */
static double reference(const shape2 *g, const double *x, const double *w, int64_t b, int64_t i,
                        int64_t j, int64_t o, double *scale) {
  double sum = 0;
  int64_t per = g->c / g->groups, first = o / (g->o / g->groups) * per;
  *scale = 0;
  for (int64_t p = 0; p < g->kh; p++)
    for (int64_t q = 0; q < g->kw; q++) {
      int64_t y = i * g->stride - g->pad + (g->flip ? g->kh - 1 - p : p) * g->dilation;
      int64_t z = j * g->stride - g->pad + (g->flip ? g->kw - 1 - q : q) * g->dilation;
      if (y < 0 || z < 0 || y % g->input_dilation || z % g->input_dilation)
        continue;
      y /= g->input_dilation;
      z /= g->input_dilation;
      for (int64_t k = 0; k < per && y < g->h && z < g->w; k++) {
        double v = x[((b * g->h + y) * g->w + z) * g->c + first + k] *
                   w[((o * g->kh + p) * g->kw + q) * per + k];
        sum += v;
        *scale += fabs(v);
      }
    }
  return sum;
}

static mx_array *run(const shape2 *g, mlx_dtype t, mx_array **x, mx_array **w) {
  *x = noisy(MX_INTS(g->n, g->h, g->w, g->c), 1, t, 1);
  *w = noisy(MX_INTS(g->o, g->kh, g->kw, g->c / g->groups), 1, t, 2);
  return mx_conv_general(*x, *w, MX_INTS(g->stride), MX_INTS(g->pad), MX_INTS(g->pad),
                         MX_INTS(g->dilation), MX_INTS(g->input_dilation), g->groups, g->flip, S);
}

static void check(const shape2 *g, mlx_dtype t, double unit) {
  mx_scope scope = mx_scope_open();
  mx_array *x, *w, *r = run(g, t, &x, &w);
  assert_non_null(r);
  int64_t h = out_length(g->h, g->kh, g), l = out_length(g->w, g->kw, g);
  assert_int_equal(r->shape[1], h);
  assert_int_equal(r->shape[2], l);
  double *a = values(x), *b = values(w), *got = values(r);
  int64_t step = r->size > 4000 ? r->size / 2000 | 1 : 1;
  for (int64_t at = 0; at < r->size; at += step) {
    int64_t o = at % g->o, j = at / g->o % l, i = at / g->o / l % h;
    double scale, want = reference(g, a, b, at / (g->o * l * h), i, j, o, &scale);
    double slack = unit * fabs(want) + (t == MLX_FLOAT64 ? 0x1p-50 : 0x1p-21) * scale + 1e-7;
    if (fabs(got[at] - want) > slack)
      fail_msg("%lldx%lldx%lldx%lld, weight %lldx%lldx%lld, groups %d, dtype %d: output %lld is "
               "%.9g, not %.9g",
               (long long)g->n, (long long)g->h, (long long)g->w, (long long)g->c, (long long)g->o,
               (long long)g->kh, (long long)g->kw, g->groups, (int)t, (long long)at, got[at], want);
  }
  free(a);
  free(b);
  free(got);
  mx_scope_close(scope, NULL);
}

static const shape2 shapes[] = {
    {2, 13, 11, 5, 7, 3, 3, 1, 1, 1, 1, 1, false},
    {3, 28, 28, 32, 64, 3, 3, 1, 1, 1, 1, 1, false},   /* turned weights, many blocks */
    {1, 9, 9, 160, 520, 3, 3, 1, 1, 1, 1, 1, true},    /* a large weight */
    {1, 40, 40, 200, 24, 5, 5, 2, 2, 1, 1, 1, false},  /* large windows, several blocks */
    {2, 12, 10, 48, 40, 1, 1, 1, 0, 1, 1, 1, false},   /* pointwise */
    {2, 12, 10, 48, 40, 1, 1, 1, 0, 1, 1, 4, false},   /* pointwise, in groups */
    {1, 12, 10, 48, 40, 1, 1, 2, 1, 1, 1, 1, false},
    {2, 15, 17, 37, 37, 3, 3, 1, 1, 1, 1, 37, false},  /* depthwise */
    {2, 15, 17, 40, 80, 5, 3, 2, 2, 2, 1, 40, true},   /* two filters a channel */
    {1, 15, 9, 12, 12, 3, 4, 1, 2, 1, 2, 12, true},    /* transposed depthwise */
    {2, 14, 9, 12, 18, 3, 3, 1, 1, 2, 1, 3, false},    /* groups, dilation */
    {2, 10, 9, 8, 6, 4, 3, 1, 2, 1, 2, 2, true},       /* transposed */
    {1, 7, 8, 6, 5, 5, 4, 2, 3, 1, 3, 1, false},       /* both strides */
    {1, 7, 8, 6, 5, 1, 2, 3, 3, 1, 5, 1, true},        /* outputs that no tap meets */
    {1, 1, 200, 1, 1, 1, 50, 1, 0, 1, 1, 1, false},
    {1, 6, 6, 0, 3, 3, 3, 1, 1, 1, 1, 1, false},       /* no channel: zeros */
    {0, 6, 6, 2, 3, 3, 3, 1, 1, 1, 1, 1, false},
};

static void test_against_loops(void **state) {
  (void)state;
  open_stream();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    check(&shapes[i], MLX_FLOAT32, 0x1p-22);
    check(&shapes[i], MLX_FLOAT16, 0x1p-10);
    check(&shapes[i], MLX_BFLOAT16, 0x1p-7);
    check(&shapes[i], MLX_FLOAT64, 0x1p-50);
  }
}

static void test_same_bits_for_any_threads(void **state) {
  (void)state;
  open_stream();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    mx_scope scope = mx_scope_open();
    mx_array *x, *w, *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
      mx_set_thread_count(threads);
      mx_array *r = run(&shapes[i], MLX_FLOAT32, &x, &w);
      assert_int_equal(mx_eval1(r), 0);
      if (first)
        check_same_bits(first, r);
      first = first ? first : r;
    }
    mx_scope_close(scope, NULL);
  }
  mx_set_thread_count(2);
}

/* ---- gradients ---- */

/* Gradients to x and w from the cotangent g of r. */
static void gradients(mx_array *r, mx_array *g, mx_array **grad) {
  bool want[] = {true, true};
  grad[0] = grad[1] = NULL;
  mx_vjp_call c = {.op = r->op, .in = r->op->in, .out = &r, .g = &g, .want = want, .grad = grad};
  c.s = r->op->stream;
  assert_int_equal(mx_prim_rules[r->op->prim].vjp(&c), 0);
  assert_true(grad[0] && grad[1]);
}

static double dot(mx_array *a, mx_array *b, double *scale) {
  double *x = values(a), *y = values(b), sum = 0;
  for (int64_t i = 0; i < a->size; i++) {
    sum += x[i] * y[i];
    *scale += fabs(x[i] * y[i]);
  }
  free(x);
  free(y);
  return sum;
}

/* A convolution is linear in either input: <g, conv(x, w)> is <grad x, x> and <grad w, w>. */
static void check_gradients(const shape2 *shape, mlx_dtype t, double unit) {
  mx_scope scope = mx_scope_open();
  mx_array *x, *w, *r = run(shape, t, &x, &w), *grad[2];
  mx_array *g = noisy((mx_ints){r->shape, r->ndim}, 1, t, 3);
  gradients(r, g, grad);
  double size = 0, want = dot(g, r, &size);
  double by_x = dot(grad[0], x, &size), by_w = dot(grad[1], w, &size);
  if (fabs(by_x - want) > unit * size || fabs(by_w - want) > unit * size)
    fail_msg("%lldx%lldx%lldx%lld, groups %d, dtype %d: %.9g by x and %.9g by w, not %.9g",
             (long long)shape->n, (long long)shape->h, (long long)shape->w, (long long)shape->c,
             shape->groups, (int)t, by_x, by_w, want);
  mx_scope_close(scope, NULL);
}

static void test_gradients_are_transposes(void **state) {
  (void)state;
  open_stream();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    check_gradients(&shapes[i], MLX_FLOAT32, 1e-6);
    check_gradients(&shapes[i], MLX_FLOAT16, 1e-3);
    check_gradients(&shapes[i], MLX_BFLOAT16, 1e-2);
    check_gradients(&shapes[i], MLX_FLOAT64, 1e-14);
  }
}

static void test_same_gradients_for_any_threads(void **state) {
  (void)state;
  open_stream();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    mx_scope scope = mx_scope_open();
    mx_array *x, *w, *grad[2], *first[2] = {NULL, NULL};
    for (int threads = 1; threads <= 4; threads++) {
      mx_set_thread_count(threads);
      mx_array *r = run(&shapes[i], MLX_FLOAT32, &x, &w);
      gradients(r, noisy((mx_ints){r->shape, r->ndim}, 1, MLX_FLOAT32, 3), grad);
      assert_int_equal(mx_eval(grad, 2), 0);
      for (int k = 0; k < 2; k++) {
        if (first[k])
          check_same_bits(first[k], grad[k]);
        first[k] = first[k] ? first[k] : grad[k];
      }
    }
    mx_scope_close(scope, NULL);
  }
  mx_set_thread_count(2);
}

static void test_errors(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *x = noisy(MX_INTS(1, 5, 4), 1, MLX_FLOAT32, 0),
           *w = noisy(MX_INTS(6, 3, 4), 1, MLX_FLOAT32, 0);
  mx_array *half = noisy(MX_INTS(6, 3, 2), 1, MLX_FLOAT32, 0);
  mx_array *odd = noisy(MX_INTS(3, 3, 2), 1, MLX_FLOAT32, 0);
  mx_ints none = {NULL, 0};
  CHECK_FAILS(mx_conv1d(mx_cast(x, MLX_INT32, S), w, 1, 0, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, mx_cast(w, MLX_COMPLEX64, S), 1, 0, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, w, 0, 0, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, w, 1, 0, 0, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, w, 1, 0, 1, 0, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, w, 1, 0, 3, 1, S), MX_VALUE); /* the weight spans 7 */
  CHECK_FAILS(mx_conv1d(x, w, 1, -2, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, w, 1, 0, 1, 2, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, half, 1, 0, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv1d(x, odd, 1, 0, 1, 2, S), MX_VALUE);
  CHECK_FAILS(mx_conv2d(x, w, 1, 1, 0, 0, 1, 1, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv_transpose1d(x, w, 0, 0, 1, 0, 1, S), MX_VALUE);
  CHECK_FAILS(mx_conv_general(x, w, MX_INTS(1, 2), none, none, none, none, 1, false, S), MX_VALUE);
  CHECK_FAILS(mx_conv_general(x, w, none, MX_INTS(INT64_MAX), MX_INTS(1), none, none, 1, false, S),
              MX_VALUE);
  CHECK_FAILS(mx_conv_general(x, w, none, none, none, MX_INTS(INT64_MAX), none, 1, false, S),
              MX_VALUE);
  CHECK_FAILS(mx_convolve(x, w, "full", S), MX_VALUE);
  CHECK_FAILS(mx_convolve(FLOATS(1, 2), FLOATS(1), "most", S), MX_VALUE);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx),
      cmocka_unit_test(test_against_loops),
      cmocka_unit_test(test_same_bits_for_any_threads),
      cmocka_unit_test(test_gradients_are_transposes),
      cmocka_unit_test(test_same_gradients_for_any_threads),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
