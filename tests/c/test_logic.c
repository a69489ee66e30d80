/* Composites of comparisons: MLX's answers. */
#include "fixture.h"

static mlx_optional_float optional(const fx_case *c, int i) {
  return (mlx_optional_float){(float)c->doubles[i], c->doubles[i] != 0};
}

FX(clip, mx_clip(IN(0), IN(1), IN(2), S))
FX(clip_min, mx_clip(IN(0), IN(1), NULL, S))
FX(nan_to_num, mx_nan_to_num(IN(0), (float)c->doubles[0], optional(c, 1), optional(c, 2), S))
FX(isclose, mx_isclose(IN(0), IN(1), c->doubles[0], c->doubles[1], N(0, 0), S))
FX(allclose, mx_allclose(IN(0), IN(1), c->doubles[0], c->doubles[1], N(0, 0), S))
FX(array_equal, mx_array_equal(IN(0), IN(1), N(0, 0), S))

static const fx_row rows[] = {FX_ROW(clip),    FX_ROW(clip_min), FX_ROW(nan_to_num),
                              FX_ROW(isclose), FX_ROW(allclose), FX_ROW(array_equal),
                              {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("logic.bin", rows), 0);
}

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  assert_null(mx_clip(mx_scalar(1, MLX_FLOAT32), NULL, NULL, S));
  assert_int_equal(mx_error_kind(), MX_VALUE);
  mlx_optional_float none = {0, false};
  assert_null(mx_nan_to_num(mx_zeros(MX_INTS(2), MLX_COMPLEX64, S), 0, none, none, S));
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_mlx),
                                     cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
