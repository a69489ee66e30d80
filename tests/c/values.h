/* What tests of array values share: arrays from formulas, values as doubles, expected errors.
 * A test opens a scope first and closes it last. */
#ifndef MX_TESTS_VALUES_H
#define MX_TESTS_VALUES_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"
#include "core/stream.h"
#include "gen/ops.h"

static mx_stream *S;

static inline void open_stream(void) { S = mx_default_stream(mx_default_device()); }

/* Numbers that look random, in [-1, 1), the same on every machine. */
static inline float noise(int64_t i) {
  uint32_t x = (uint32_t)i * 2654435761u + 12345u;
  x ^= x >> 16;
  x *= 2246822519u;
  x ^= x >> 13;
  return (float)(x >> 8) * 0x1p-23f - 1;
}

/* scale * noise, cast to t. */
static inline mx_array *noisy(mx_ints shape, float scale, mlx_dtype t, int64_t seed) {
  int64_t n = 1;
  for (int i = 0; i < shape.n; i++) n *= shape.p[i];
  float *v = malloc((size_t)(n + 1) * sizeof *v);
  assert_non_null(v);
  for (int64_t i = 0; i < n; i++) v[i] = scale * noise(i + seed * 7919);
  mx_array *a = mx_from_host(v, shape.p, shape.n, MLX_FLOAT32);
  free(v);
  a = mx_cast(a, t, S);
  assert_non_null(a);
  return a;
}

static inline mx_array *floats(const float *v, int64_t n) {
  mx_array *a = mx_from_host(v, &n, 1, MLX_FLOAT32);
  assert_non_null(a);
  return a;
}
#define FLOATS(...)                                                                                \
  floats((const float[]){__VA_ARGS__}, (int64_t)(sizeof((float[]){__VA_ARGS__}) / sizeof(float)))

/* Evaluated, row major, as doubles (of complex numbers the real parts); free it. */
static inline double *values(mx_array *a) {
  a = mx_row_major(a, S);
  assert_non_null(a);
  if (mx_eval1(a)) fail_msg("%s", mx_error_text());
  double *d = malloc((size_t)(a->size + 1) * sizeof *d);
  assert_non_null(d);
  const void *p = mx_data(a);
  for (int64_t i = 0; i < a->size; i++) {
    switch ((mlx_dtype)a->dtype) {
    case MLX_BOOL: case MLX_UINT8: d[i] = ((const uint8_t *)p)[i]; break;
    case MLX_UINT16: d[i] = ((const uint16_t *)p)[i]; break;
    case MLX_UINT32: d[i] = ((const uint32_t *)p)[i]; break;
    case MLX_UINT64: d[i] = (double)((const uint64_t *)p)[i]; break;
    case MLX_INT8: d[i] = ((const int8_t *)p)[i]; break;
    case MLX_INT16: d[i] = ((const int16_t *)p)[i]; break;
    case MLX_INT32: d[i] = ((const int32_t *)p)[i]; break;
    case MLX_INT64: d[i] = (double)((const int64_t *)p)[i]; break;
    case MLX_FLOAT16: d[i] = mx_f16_to_f32(((const uint16_t *)p)[i]); break;
    case MLX_BFLOAT16: d[i] = mx_bf16_to_f32(((const uint16_t *)p)[i]); break;
    case MLX_FLOAT32: d[i] = ((const float *)p)[i]; break;
    case MLX_FLOAT64: d[i] = ((const double *)p)[i]; break;
    case MLX_COMPLEX64: d[i] = ((const float *)p)[2 * i]; break;
    }
  }
  return d;
}

static inline bool near(double a, double b, double tol) {
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  return a == b || fabs(a - b) <= tol * (1 + fabs(b));
}

/* a holds the n values of want. */
static inline void check_values(mx_array *a, const double *want, int64_t n, double tol,
                                const char *what) {
  assert_non_null(a);
  assert_int_equal(a->size, n);
  double *got = values(a);
  for (int64_t i = 0; i < n; i++) {
    if (!near(got[i], want[i], tol))
      fail_msg("%s: number %lld is %.9g, not %.9g", what, (long long)i, got[i], want[i]);
  }
  free(got);
}
#define CHECK(a, tol, ...)                                                                         \
  check_values(a, (const double[]){__VA_ARGS__},                                                   \
               (int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), tol, #a)

/* The call fails with this kind of error. */
#define CHECK_FAILS(call, kind)                                                                    \
  do {                                                                                             \
    mx_error_clear();                                                                              \
    assert_null(call);                                                                             \
    assert_int_equal(mx_error_kind(), kind);                                                       \
  } while (0)

/* Same dtype, shape and bits. */
static inline void check_same_bits(mx_array *a, mx_array *b) {
  assert_non_null(a);
  assert_non_null(b);
  assert_int_equal(mx_eval1(a), 0);
  assert_int_equal(mx_eval1(b), 0);
  assert_int_equal(a->dtype, b->dtype);
  assert_int_equal(a->size, b->size);
  assert_memory_equal(mx_data(a), mx_data(b), mx_nbytes(a));
}

#endif
