/* Functions in files: what comes back computes the same bits, calls that fit no trace are refused
 * with the traces named, and no damaged file does more than fail. */
#include <stdio.h>
#include <unistd.h>

#include "values.h"

#include "core/buffer.h"
#include "mlx/c/error.h"
#include "mlx/c/export.h"
#include "mlx/c/ops.h"
#include "transforms/export.h"

static char path[64];

static int call_body(void *ctx, mx_vec in, mx_vec *out) {
  mx_array *(*f)(mx_vec) = *(mx_array * (**)(mx_vec)) ctx;
  mx_array *a = f(in);
  if (!a || mx_vec_alloc(out, 1, "test"))
    return 1;
  out->p[0] = a;
  return 0;
}

static mx_array *num(double v) { return mx_scalar(v, MLX_FLOAT32); }
static mx_ints none(void) { return (mx_ints){NULL, 0}; }
#define X (in.p[0])
#define W (in.p[1])

/* ---- every kind of operation: x (4, 6), w (6, 4), float32 ---- */

#define BODY(name, expr)                  \
  static mx_array *name(mx_vec in) {      \
    (void)in;                             \
    return expr;                          \
  }
BODY(b_chain,
     mx_where(mx_greater(X, num(0), S), mx_exp(mx_multiply(X, num(2), S), S), mx_square(X, S), S))
BODY(b_cast, mx_cast(mx_cast(X, MLX_BFLOAT16, S), MLX_INT32, S))
BODY(b_matmul, mx_matmul(X, W, S))
BODY(b_matmul_t, mx_matmul(mx_transpose(W, S), mx_transpose(X, S), S))
BODY(b_addmm, mx_addmm(num(3), X, W, 0.5f, 2, S))
BODY(b_sums, mx_add(mx_sum_axes(X, MX_INTS(0), true, S), mx_max_axes(X, MX_INTS(1), true, S), S))
BODY(b_prod, mx_prod_axes(X, MX_INTS(0, 1), false, S))
BODY(b_any, mx_any_axes(mx_greater(X, num(0), S), MX_INTS(1), false, S))
BODY(b_argmax, mx_argmax_axis(X, 1, true, S))
BODY(b_softmax, mx_softmax_axis(X, 0, false, S))
BODY(b_lse, mx_logsumexp_axes(X, MX_INTS(0), true, S))
BODY(b_cumsum, mx_cumsum(X, 1, true, false, S))
BODY(b_views,
     mx_squeeze_axis(mx_expand_dims(mx_reshape(mx_transpose(X, S), MX_INTS(-1, 3), S), 1, S), 1, S))
BODY(b_slice, mx_slice(X, MX_INTS(3, 1), MX_INTS(-5, 6), MX_INTS(-1, 2), S))
BODY(b_flatten, mx_flatten(mx_slice(X, MX_INTS(0, 1), MX_INTS(4, 5), MX_INTS(2, 1), S), 0, -1, S))
BODY(b_strided, mx_as_strided(X, MX_INTS(3, 3), MX_INTS(5, 2), 1, S))
BODY(b_diagonal, mx_diagonal(X, 1, 0, 1, S))
BODY(b_view, mx_view(X, MLX_UINT16, S))
BODY(b_broadcast, mx_add(mx_broadcast_to(X, MX_INTS(2, 4, 6), S), num(1), S))
BODY(b_concat, mx_concatenate_axis((mx_vec){(mx_array *[]){X, mx_transpose(W, S)}, 2}, 1, S))
BODY(b_take, mx_take_axis(X, mx_arange(0, 3, 1, MLX_INT32, S), 1, S))
BODY(b_take_along, mx_take_along_axis(X, mx_argsort_axis(X, 1, S), 1, S))
BODY(b_put_along, mx_put_along_axis(X, mx_argmax_axis(X, 1, true, S), num(9), 1, S))
BODY(b_gather, mx_gather_single(X, mx_arange(0, 2, 1, MLX_INT32, S), 0, MX_INTS(1, 6), S))
BODY(b_scatter,
     mx_scatter_add_single(X, mx_arange(0, 2, 1, MLX_INT32, S),
                           mx_reshape(mx_slice(X, MX_INTS(0, 0), MX_INTS(2, 6), MX_INTS(1, 1), S),
                                      MX_INTS(2, 1, 6), S),
                           0, S))
BODY(b_update, mx_slice_update(X, num(7), MX_INTS(3, 0), MX_INTS(0, 6), MX_INTS(-2, 3), S))
BODY(b_dynamic, mx_slice_dynamic(X, mx_reshape(mx_arange(1, 2, 1, MLX_INT32, S), MX_INTS(1), S),
                                 MX_INTS(0), MX_INTS(2, 6), S))
BODY(b_masked, mx_masked_scatter(X, mx_greater(X, num(0), S), W, S))
BODY(b_search, mx_searchsorted(mx_sort(X, S), W, "right", S))
BODY(b_sort, mx_sort_axis(X, 0, S))
BODY(b_partition, mx_sort_axis(mx_partition_axis(X, 2, 1, S), 1, S))
BODY(b_conv, mx_conv_general(mx_reshape(X, MX_INTS(1, 4, 6), S),
                             mx_reshape(mx_slice(W, MX_INTS(0, 0), MX_INTS(6, 2), MX_INTS(1, 1), S),
                                        MX_INTS(1, 2, 6), S),
                             MX_INTS(1), MX_INTS(1), MX_INTS(0), none(), none(), 1, false, S))
BODY(b_rms, mx_fast_rms_norm(X, mx_sum_axis(X, 0, false, S), 1e-5f, S))
BODY(b_layer, mx_fast_layer_norm(X, NULL, NULL, 1e-5f, S))
BODY(b_rope, mx_fast_rope(mx_reshape(X, MX_INTS(1, 4, 6), S), 6, false,
                          (mlx_optional_float){10000, true}, 1, 3, NULL, S))
BODY(b_attention, mx_fast_scaled_dot_product_attention(mx_reshape(X, MX_INTS(1, 1, 4, 6), S),
                                                       mx_reshape(X, MX_INTS(1, 1, 4, 6), S),
                                                       mx_reshape(W, MX_INTS(1, 1, 4, 6), S), 0.3f,
                                                       "causal", NULL, NULL, S))
BODY(b_cross, mx_fast_cross_entropy(X, mx_argmax_axis(X, 1, false, S), S))
BODY(b_fft, mx_abs(mx_fft_rfft(X, 6, 1, MLX_FFT_NORM_BACKWARD, S), S))
BODY(b_random, mx_random_bits(MX_INTS(3, 4), 2, mx_random_key(5), S))
BODY(b_normal, mx_random_normal(MX_INTS(3, 4), MLX_FLOAT32, 0, 1, mx_random_key(5), S))
BODY(b_chol, mx_linalg_cholesky(mx_add(mx_matmul(X, W, S),
                                       mx_multiply(mx_eye(4, 4, 0, MLX_FLOAT32, S), num(50), S), S),
                                false, S))
BODY(b_stop, mx_stop_gradient(mx_add(X, X, S), S))
BODY(b_big, mx_add(mx_zeros(MX_INTS(200, 4, 6), MLX_FLOAT32, S), X,
                   S)) /* larger than what is kept as a constant */

static mx_array *b_quantized(mx_vec in) {
  mx_vec q = {NULL, 0};
  mlx_optional_int group = {32, true}, bits = {4, true};
  mx_array *w = mx_reshape(mx_concatenate_axis((mx_vec){(mx_array *[]){W, W, W, W}, 4}, 0, S),
                           MX_INTS(3, 32), S);
  mx_array *r = mx_quantize(&q, w, group, bits, "affine", NULL, S)
                    ? NULL
                    : mx_quantized_matmul(mx_ones(MX_INTS(2, 32), MLX_FLOAT32, S), q.p[0], q.p[1],
                                          q.p[2], true, group, bits, "affine", S);
  free(q.p);
  return r;
}

static mx_array *b_svd(mx_vec in) {
  mx_vec f = {NULL, 0};
  mx_array *r = mx_linalg_svd(&f, X, true, S) ? NULL : mx_abs(f.p[1], S);
  free(f.p);
  return r;
}

static mx_array *b_qr(mx_vec in) {
  mx_array *q, *r;
  return mx_linalg_qr(&q, &r, X, S) ? NULL : mx_matmul(q, r, S);
}

static mx_array *b_depends(mx_vec in) {
  mx_vec d = {NULL, 0};
  mx_array *r = mx_depends(&d, (mx_vec){in.p, 1}, (mx_vec){in.p + 1, 1}) ? NULL : d.p[0];
  free(d.p);
  return r;
}

typedef mx_array *(*body)(mx_vec);
static const body bodies[] = {
    b_chain,    b_cast,    b_matmul,    b_matmul_t,  b_addmm,  b_sums,       b_prod,      b_any,
    b_argmax,   b_softmax, b_lse,       b_cumsum,    b_views,  b_slice,      b_flatten,   b_strided,
    b_diagonal, b_view,    b_broadcast, b_concat,    b_take,   b_take_along, b_put_along, b_gather,
    b_scatter,  b_update,  b_dynamic,   b_masked,    b_search, b_sort,       b_partition, b_conv,
    b_rms,      b_layer,   b_rope,      b_attention, b_cross,  b_fft,        b_random,    b_chol,
    b_stop,     b_big,     b_quantized, b_svd,       b_qr,     b_depends,    b_normal,
};
enum { N_BODIES = sizeof bodies / sizeof *bodies };

static void export_bodies(const body *list, int n, mx_array **args, int n_args, bool shapeless) {
  mx_exporter *x = mx_exporter_open(path, shapeless);
  assert_non_null(x);
  for (int i = 0; i < n; i++) {
    body f = list[i];
    mx_call_args a = {{args, (size_t)n_args}, 0, NULL};
    if (mx_exporter_add(x, (mx_fun){call_body, &f}, &a))
      fail_msg("body %d: %s", i, mx_error_text());
  }
  assert_int_equal(mx_exporter_close(x), 0);
  mx_exporter_free(x);
}

static void check_call(mx_imported *g, body f, mx_array **args, int n_args, int which) {
  mx_vec in = {args, (size_t)n_args}, got = {NULL, 0};
  mx_call_args a = {in, 0, NULL};
  if (mx_imported_call(g, &a, &got))
    fail_msg("body %d: %s", which, mx_error_text());
  assert_int_equal(got.n, 1);
  mx_array *want = f(in);
  assert_non_null(want);
  if (mx_eval1(got.p[0]))
    fail_msg("body %d: %s", which, mx_error_text());
  check_same_bits(mx_row_major(got.p[0], S), mx_row_major(want, S));
  free(got.p);
}

static void every_operation_comes_back(void **state) {
  (void)state;
  for (int i = 0; i < N_BODIES; i++) {
    mx_scope s = mx_scope_open();
    mx_array *args[] = {noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 1),
                        noisy(MX_INTS(6, 4), 1, MLX_FLOAT32, 2)};
    export_bodies(&bodies[i], 1, args, 2, false);
    mx_imported *g = mx_import_file(path);
    if (!g)
      fail_msg("body %d: %s", i, mx_error_text());
    args[0] = noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 3);
    check_call(g, bodies[i], args, 2, i);
    mx_imported_free(g);
    mx_scope_close(s, NULL);
  }
}

/* ---- shapes ---- */

static mx_array *two_layers(mx_vec in) {
  mx_array *w =
      mx_cast(mx_reshape(mx_arange(0, 12, 1, MLX_FLOAT32, S), MX_INTS(6, 2), S), MLX_FLOAT32, S);
  mx_array *h = mx_softmax_axis(mx_matmul(mx_exp(X, S), w, S), -1, false, S);
  return mx_multiply(h, mx_mean(X, false, S), S);
}

static void shapeless_takes_other_shapes(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = two_layers;
  mx_array *x = noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 1),
           *y = noisy(MX_INTS(9, 6), 1, MLX_FLOAT32, 1);
  export_bodies(&f, 1, &x, 1, true);
  mx_imported *g = mx_import_file(path);
  assert_non_null(g);
  check_call(g, f, &x, 1, 0);
  check_call(g, f, &y, 1, 0);
  mx_vec out = {NULL, 0};
  y = noisy(MX_INTS(6), 1, MLX_FLOAT32, 1);
  mx_call_args a = {{&y, 1}, 0, NULL};
  assert_int_not_equal(mx_imported_call(g, &a, &out), 0);
  assert_int_equal(mx_error_kind(), MX_VALUE);
  y = noisy(MX_INTS(9, 6), 1, MLX_FLOAT16, 1);
  assert_int_not_equal(mx_imported_call(g, &a, &out), 0);
  mx_imported_free(g);
  mx_scope_close(s, NULL);
}

/* ---- through the C API ---- */

static int add_keyword(mlx_vector_array *res, const mlx_vector_array in,
                       const mlx_map_string_to_array kw) {
  mlx_array x = mlx_array_new(), y = mlx_array_new(), r = mlx_array_new();
  mlx_stream s = mlx_default_cpu_stream_new();
  int bad = mlx_vector_array_get(&x, in, 0) || mlx_map_string_to_array_get(&y, kw, "y") ||
            mlx_add(&r, x, y, s);
  if (!bad)
    *res = mlx_vector_array_new_value(r);
  mlx_array_free(x);
  mlx_array_free(y);
  mlx_array_free(r);
  mlx_stream_free(s);
  return bad;
}

static char message[1024];
static void record(const char *text, void *data) {
  (void)data;
  snprintf(message, sizeof message, "%s", text);
}

static void keywords_and_several_traces(void **state) {
  (void)state;
  mlx_set_error_handler(record, NULL, NULL);
  mlx_closure_kwargs f = mlx_closure_kwargs_new_func(add_keyword);
  mlx_function_exporter x = mlx_function_exporter_new_kwargs(path, f, false);
  assert_non_null(x.ctx);
  for (int n = 2; n < 4; n++) {
    mlx_array a = mlx_array_new_data((float[]){1, 2, 3}, &n, 1, MLX_FLOAT32);
    mlx_vector_array v = mlx_vector_array_new_value(a);
    mlx_map_string_to_array kw = mlx_map_string_to_array_new();
    mlx_map_string_to_array_insert(kw, "y", a);
    assert_int_equal(mlx_function_exporter_apply_kwargs(x, v, kw), 0);
    assert_int_not_equal(mlx_function_exporter_apply_kwargs(x, v, kw), 0);
    assert_non_null(strstr(message, "twice"));
    mlx_map_string_to_array_free(kw);
    mlx_vector_array_free(v);
    mlx_array_free(a);
  }
  assert_int_equal(mlx_function_exporter_set_metadata(x, "made by a test"), 0);
  assert_int_not_equal(mlx_function_exporter_set_metadata(x, "twice"), 0);
  assert_int_equal(mlx_function_exporter_free(x), 0);
  mlx_closure_kwargs_free(f);

  mlx_imported_function g = mlx_imported_function_new(path);
  assert_non_null(g.ctx);
  mlx_string text = mlx_string_new();
  assert_int_equal(mlx_imported_function_metadata(&text, g), 0);
  assert_string_equal(mlx_string_data(text), "made by a test");
  mlx_string_free(text);
  for (int n = 2; n < 5; n++) {
    mlx_array a = mlx_array_new_data((float[]){1, 2, 3, 4}, &n, 1, MLX_FLOAT32);
    mlx_vector_array v = mlx_vector_array_new_value(a), r = mlx_vector_array_new();
    mlx_map_string_to_array kw = mlx_map_string_to_array_new();
    assert_int_not_equal(mlx_imported_function_apply(&r, g, v), 0);
    mlx_map_string_to_array_insert(kw, "y", a);
    assert_int_equal(mlx_imported_function_apply_kwargs(&r, g, v, kw), n == 4);
    if (n < 4) {
      mlx_array s = mlx_array_new();
      mlx_vector_array_get(&s, r, 0);
      mlx_array_eval(s);
      assert_true(mlx_array_data_float32(s)[1] == 4);
      mlx_array_free(s);
    } else {
      assert_non_null(strstr(message, "\"y\": (3,) float32"));
      assert_non_null(strstr(message, "Called with 1 positional inputs and 1 keyword inputs"));
    }
    mlx_map_string_to_array_free(kw);
    mlx_vector_array_free(v);
    mlx_vector_array_free(r);
    mlx_array_free(a);
  }
  mlx_imported_function_free(g);
  assert_null(mlx_imported_function_new("/nonexistent/file").ctx);
  assert_null(mlx_function_exporter_new("/nonexistent/file", (mlx_closure){NULL}, false).ctx);
  mlx_set_error_handler(NULL, NULL, NULL);
}

/* ---- damaged files ---- */

static char *slurp(size_t *n) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  char *p = malloc(1 << 20);
  *n = fread(p, 1, 1 << 20, f);
  fclose(f);
  return p;
}

/* Reads it; where it can be read, calls it. Nothing is asked of the result. */
static void try(const char *bytes, size_t n) {
  mx_scope s = mx_scope_open();
  mx_imported *g = mx_import_bytes(bytes, n);
  if (g) {
    mx_array *args[] = {noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 1),
                        noisy(MX_INTS(6, 4), 1, MLX_FLOAT32, 2)};
    mx_vec out = {NULL, 0};
    mx_call_args a = {{args, 2}, 0, NULL};
    if (!mx_imported_call(g, &a, &out))
      for (size_t i = 0; i < out.n; i++)
        mx_eval1(out.p[i]);
    free(out.p);
    mx_imported_free(g);
  }
  mx_scope_close(s, NULL);
}

static void damaged_files_only_fail(void **state) {
  (void)state;
  size_t limit = mx_memory_set_limit((size_t)64 << 20);
  size_t memory = mx_memory_active();
  for (int i = 0; i < N_BODIES; i += 3) {
    mx_scope s = mx_scope_open();
    mx_array *args[] = {noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 1),
                        noisy(MX_INTS(6, 4), 1, MLX_FLOAT32, 2)};
    export_bodies(&bodies[i], 1, args, 2, false);
    mx_scope_close(s, NULL);
    size_t n;
    char *p = slurp(&n);
    for (size_t k = 0; k < n; k++) {
      mx_imported *g = mx_import_bytes(p, k);
      assert_null(g);
      assert_int_equal(mx_error_kind(), MX_RUNTIME);
    }
    for (size_t k = 0; k < n; k++)
      for (int bit = 0; bit < 8; bit++) {
        p[k] ^= (char)(1 << bit);
        try(p, n);
        p[k] ^= (char)(1 << bit);
      }
    free(p);
  }
  assert_int_equal(mx_memory_active(), memory);
  mx_memory_set_limit(limit);
}

static int group_open(void **state) {
  (void)state;
  open_stream();
  snprintf(path, sizeof path, "export-%ld.mlxfn", (long)getpid());
  return 0;
}

static int group_close(void **state) {
  (void)state;
  remove(path);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operation_comes_back),
      cmocka_unit_test(shapeless_takes_other_shapes),
      cmocka_unit_test(keywords_and_several_traces),
      cmocka_unit_test(damaged_files_only_fail),
  };
  return cmocka_run_group_tests(tests, group_open, group_close);
}
