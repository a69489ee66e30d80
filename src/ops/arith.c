/* Builders of elementwise operations that are more than their primitive. */
#include <math.h>
#include <stdlib.h>

#include "gen/ops.h"

static mx_array *scaled(mx_array *a, double factor, mx_stream *s) {
  if (!a)
    return NULL;
  mlx_dtype t = mx_at_least_float((mlx_dtype)a->dtype);
  mx_array *k = mx_scalar(factor, t);
  return k ? mx_multiply(mx_cast(a, t, s), k, s) : NULL;
}

mx_array *mx_degrees(mx_array *a, mx_stream *s) {
  return scaled(a, 180.0 / 3.14159265358979323846, s);
}

mx_array *mx_radians(mx_array *a, mx_stream *s) {
  return scaled(a, 3.14159265358979323846 / 180.0, s);
}

/* Scaled by a power of ten, rounded to nearest even, scaled back; integers are computed in float32. */
mx_array *mx_round(mx_array *a, int decimals, mx_stream *s) {
  if (!a)
    return NULL;
  mlx_dtype t = (mlx_dtype)a->dtype;
  if (decimals == 0)
    return mx_unary(MX_PRIM_ROUND, a, s);
  mlx_dtype wide = mx_at_least_float(t);
  mx_array *k = mx_scalar(pow(10, abs(decimals)), wide);
  mx_array *x = mx_cast(a, wide, s);
  if (!k || !x)
    return NULL;
  x = decimals > 0 ? mx_multiply(x, k, s) : mx_divide(x, k, s);
  x = x ? mx_unary(MX_PRIM_ROUND, x, s) : NULL;
  if (!x)
    return NULL;
  x = decimals > 0 ? mx_divide(x, k, s) : mx_multiply(x, k, s);
  return mx_cast(x, t, s);
}
