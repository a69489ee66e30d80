/* Shapes: what MLX answers, layouts that stay views, and refusals. */
#include "fixture.h"

FX(reshape, mx_reshape(IN(0), L(0), S))
FX(flatten, mx_flatten(IN(0), N(0, 0), N(0, 1), S))
FX(unflatten, mx_unflatten(IN(0), N(0, 0), L(1), S))
FX(squeeze, mx_squeeze(IN(0), S))
FX(squeeze_axes, mx_squeeze_axes(IN(0), L(0), S))
FX(expand_dims_axes, mx_expand_dims_axes(IN(0), L(0), S))
FX(transpose_axes, mx_transpose_axes(IN(0), L(0), S))
FX(swapaxes, mx_swapaxes(IN(0), N(0, 0), N(0, 1), S))
FX(moveaxis, mx_moveaxis(IN(0), N(0, 0), N(0, 1), S))
FX(broadcast_to, mx_broadcast_to(IN(0), L(0), S))
FX_MANY(broadcast_arrays, mx_broadcast_arrays(out, ALL, S))
FX(slice, mx_slice(IN(0), L(0), L(1), L(2), S))
FX(as_strided, mx_as_strided(IN(0), L(0), L(1), (size_t)c->list[2][0], S))
FX(diagonal, mx_diagonal(IN(0), N(0, 0), N(0, 1), N(0, 2), S))
FX(tril, mx_tril(IN(0), N(0, 0), S))
FX(triu, mx_triu(IN(0), N(0, 0), S))
FX(diag, mx_diag(IN(0), N(0, 0), S))
FX(trace, mx_trace(IN(0), N(0, 0), N(0, 1), N(0, 2), (mlx_dtype)N(0, 3), S))
FX(view, mx_view(IN(0), (mlx_dtype)N(0, 0), S))
FX(flip_axes, mx_flip_axes(IN(0), L(0), S))
FX(roll, mx_roll(IN(0), L(0), S))
FX(roll_axes, mx_roll_axes(IN(0), L(0), L(1), S))
FX_MANY(split, mx_split(out, IN(0), N(0, 0), N(0, 1), S))
FX_MANY(split_sections, mx_split_sections(out, IN(0), L(0), N(1, 0), S))
FX_MANY(unstack, mx_unstack(out, IN(0), N(0, 0), S))
FX_MANY(meshgrid, mx_meshgrid(out, ALL, N(0, 0), c->text, S))
FX(tile, mx_tile(IN(0), L(0), S))
FX(repeat_axis, mx_repeat_axis(IN(0), N(0, 0), N(0, 1), S))
FX(repeat, mx_repeat(IN(0), N(0, 0), S))
FX(pad, mx_pad(IN(0), L(0), L(1), L(2), IN(1), c->text, S))
FX(kron, mx_kron(IN(0), IN(1), S))
FX(diff, mx_diff(IN(0), N(0, 0), N(0, 1), S))
FX(atleast_1d, mx_atleast_1d(IN(0), S))
FX(atleast_2d, mx_atleast_2d(IN(0), S))
FX(atleast_3d, mx_atleast_3d(IN(0), S))
FX(concatenate_axis, mx_concatenate_axis(ALL, N(0, 0), S))
FX(concatenate, mx_concatenate(ALL, S))
FX(stack_axis, mx_stack_axis(ALL, N(0, 0), S))

static const fx_row rows[] = {
    FX_ROW(reshape),       FX_ROW(flatten),     FX_ROW(unflatten),        FX_ROW(squeeze),
    FX_ROW(squeeze_axes),  FX_ROW(swapaxes),    FX_ROW(expand_dims_axes), FX_ROW(transpose_axes),
    FX_ROW(moveaxis),      FX_ROW(slice),       FX_ROW(broadcast_to),     FX_ROW(broadcast_arrays),
    FX_ROW(as_strided),    FX_ROW(diagonal),    FX_ROW(tril),             FX_ROW(triu),
    FX_ROW(diag),          FX_ROW(trace),       FX_ROW(view),             FX_ROW(flip_axes),
    FX_ROW(roll),          FX_ROW(roll_axes),   FX_ROW(split),            FX_ROW(split_sections),
    FX_ROW(unstack),       FX_ROW(meshgrid),    FX_ROW(tile),             FX_ROW(repeat_axis),
    FX_ROW(repeat),        FX_ROW(pad),         FX_ROW(kron),             FX_ROW(diff),
    FX_ROW(atleast_1d),    FX_ROW(atleast_2d),  FX_ROW(atleast_3d),       FX_ROW(concatenate),
    FX_ROW(concatenate_axis), FX_ROW(stack_axis), {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("shape.bin", rows), 0);
}

/* A view shares memory: reshape of a transpose where strides allow it, slices, broadcasts. */
static void test_views_share_memory(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(4, 6, 8), 1, MLX_FLOAT32, 0);
  assert_int_equal(mx_eval1(a), 0);
  mx_array *t = mx_transpose_axes(a, MX_INTS(2, 0, 1), S);
  mx_array *views[] = {t,
                       mx_reshape(t, MX_INTS(2, 4, 24), S),
                       mx_slice(a, MX_INTS(3, 0, 7), MX_INTS(-5, 6, -9), MX_INTS(-1, 2, -3), S),
                       mx_broadcast_to(a, MX_INTS(5, 4, 6, 8), S),
                       mx_diagonal(a, 1, 0, 2, S),
                       mx_view(a, MLX_INT32, S)};
  for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
    assert_non_null(views[i]);
    assert_int_equal(mx_eval1(views[i]), 0);
    assert_ptr_equal(views[i]->buf, a->buf);
  }
  mx_array *copied = mx_reshape(t, MX_INTS(32, 6), S);
  assert_int_equal(mx_eval1(copied), 0);
  assert_ptr_not_equal(copied->buf, a->buf);
  mx_scope_close(scope, NULL);
}

#define FAILS(kind, expr)                                                                          \
  do {                                                                                             \
    mx_error_clear();                                                                              \
    assert_null(expr);                                                                             \
    assert_int_equal(mx_error_kind(), kind);                                                       \
  } while (0)

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(2, 3), 1, MLX_FLOAT32, 0), *zero = mx_zeros(MX_INTS(0), MLX_INT32, S);
  FAILS(MX_VALUE, mx_reshape(a, MX_INTS(4, 2), S));
  FAILS(MX_VALUE, mx_reshape(a, MX_INTS(-1, -1), S));
  FAILS(MX_VALUE, mx_reshape(zero, MX_INTS(0, -1), S));
  FAILS(MX_VALUE, mx_reshape(a, MX_INTS((int64_t)1 << 62, 8), S));
  FAILS(MX_VALUE, mx_flatten(a, 1, 0, S));
  FAILS(MX_VALUE, mx_squeeze_axis(a, 0, S));
  FAILS(MX_INDEX, mx_squeeze_axis(a, 2, S));
  FAILS(MX_INDEX, mx_expand_dims(a, 3, S));
  FAILS(MX_VALUE, mx_transpose_axes(a, MX_INTS(0, 0), S));
  FAILS(MX_INDEX, mx_moveaxis(a, 2, 0, S));
  FAILS(MX_VALUE, mx_broadcast_to(a, MX_INTS(3, 3), S));
  FAILS(MX_VALUE, mx_broadcast_to(a, MX_INTS((int64_t)1 << 40, (int64_t)1 << 40, 2, 3), S));
  FAILS(MX_VALUE, mx_slice(a, MX_INTS(0, 0), MX_INTS(1, 1), MX_INTS(0, 1), S));
  FAILS(MX_VALUE, mx_as_strided(a, MX_INTS(2, 3), MX_INTS(3, 1), 1, S));
  FAILS(MX_VALUE, mx_as_strided(a, MX_INTS(2), MX_INTS(-1), 0, S));
  FAILS(MX_VALUE, mx_as_strided(a, MX_INTS(3), MX_INTS(INT64_MAX), 0, S));
  FAILS(MX_VALUE, mx_as_strided(a, MX_INTS(1), MX_INTS(1), SIZE_MAX, S));
  FAILS(MX_VALUE, mx_view(mx_slice(a, MX_INTS(0, 0), MX_INTS(2, 3), MX_INTS(1, 1), S), MLX_INT64, S));
  FAILS(MX_VALUE, mx_repeat_axis(a, -1, 0, S));
  FAILS(MX_VALUE, mx_pad(a, MX_INTS(0), MX_INTS(-1), MX_INTS(0), a, "constant", S));
  FAILS(MX_VALUE, mx_pad(a, MX_INTS(0), MX_INTS(1), MX_INTS(0), a, "wrap", S));
  FAILS(MX_VALUE, mx_concatenate_axis((mx_vec){(mx_array *[]){a, zero}, 2}, 0, S));
  FAILS(MX_VALUE, mx_stack((mx_vec){NULL, 0}, S));
  mx_vec out = {NULL, 0};
  assert_int_not_equal(mx_split(&out, a, 2, 1, S), 0);
  assert_int_equal(mx_error_kind(), MX_VALUE);
  free(out.p);
  mx_scope_close(scope, NULL);
}

/* The copy engine against an element by element walk, on random layouts of every item size. */
static uint32_t seed = 1;
static uint32_t roll(uint32_t n) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % n;
}

static mx_array *random_layout(mx_array *flat, int64_t *shape, int64_t *strides, int64_t *offset) {
  int ndim = 1 + (int)roll(5);
  int64_t step = 1;
  *offset = 0;
  for (int i = ndim - 1; i >= 0; i--) {
    int64_t longest = flat->size / step / 2;
    shape[i] = 1 + roll(roll(5) ? 7 : 120);
    shape[i] = shape[i] > longest ? 1 : shape[i];
    uint32_t kind = roll(8);
    strides[i] = kind == 0 ? 0 : kind == 1 ? 2 * step : step;
    if (kind != 0)
      step = strides[i] * shape[i];
    if (kind == 2) {
      *offset += (shape[i] - 1) * strides[i];
      strides[i] = -strides[i];
    }
  }
  for (int i = ndim - 1; i > 0; i--) {
    int j = (int)roll((uint32_t)i + 1);
    int64_t t = shape[i], u = strides[i];
    shape[i] = shape[j], shape[j] = t;
    strides[i] = strides[j], strides[j] = u;
  }
  return mx_as_strided(flat, (mx_ints){shape, ndim}, (mx_ints){strides, ndim}, (size_t)*offset, S);
}

static void test_copies_any_layout(void **state) {
  (void)state;
  open_stream();
  static const mlx_dtype types[] = {MLX_UINT8, MLX_INT16, MLX_FLOAT32, MLX_INT64};
  for (int round = 0; round < 2000; round++) {
    mx_scope scope = mx_scope_open();
    int64_t shape[8], strides[8], offset;
    mx_array *flat = mx_view(mx_arange(0, 3000, 1, MLX_INT64, S), types[roll(4)], S);
    mx_array *a = random_layout(flat, shape, strides, &offset), *r = mx_copy(a, S);
    assert_non_null(r);
    assert_int_equal(mx_eval1(r), 0);
    size_t item = mx_itemsize(r);
    for (int64_t i = 0; i < r->size; i++) {
      int64_t left = i, at = offset;
      for (int k = r->ndim - 1; k >= 0; k--) {
        at += left % shape[k] * strides[k];
        left /= shape[k];
      }
      assert_memory_equal((char *)mx_data(r) + i * (int64_t)item,
                          (char *)mx_data(flat) + at * (int64_t)item, item);
    }
    mx_scope_close(scope, NULL);
  }
}

/* Large transposes of every item size go through the blocked kernels and the pool, and past the
 * caches. */
static void test_large_transposes(void **state) {
  (void)state;
  open_stream();
  static const mlx_dtype types[] = {MLX_UINT8, MLX_INT16, MLX_FLOAT32, MLX_COMPLEX64};
  for (int t = 0; t < 4; t++) {
    mx_scope scope = mx_scope_open();
    int64_t n = 1024, m = 1301;
    mx_array *a = mx_view(mx_arange(0, (double)(n * m), 1, MLX_INT64, S), types[t], S);
    a = mx_reshape(mx_slice(a, MX_INTS(0), MX_INTS(n * m), MX_INTS(1), S), MX_INTS(n, m), S);
    mx_array *r = mx_copy(mx_transpose(a, S), S);
    assert_int_equal(mx_eval1(r), 0);
    size_t item = mx_itemsize(r);
    int64_t wrong = 0;
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++)
        wrong += memcmp((char *)mx_data(r) + (i * n + j) * (int64_t)item,
                        (char *)mx_data(a) + (j * m + i) * (int64_t)item, item) != 0;
    assert_int_equal(wrong, 0);
    mx_scope_close(scope, NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx), cmocka_unit_test(test_views_share_memory),
      cmocka_unit_test(test_refusals), cmocka_unit_test(test_copies_any_layout),
      cmocka_unit_test(test_large_transposes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
