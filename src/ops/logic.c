/* Composites of comparisons and selections. */
#include <math.h>
#include <string.h>

#include "core/dtype.h"
#include "gen/ops.h"
#include "ops/build.h"

mx_array *mx_clip(mx_array *a, mx_array *a_min, mx_array *a_max, mx_stream *s) {
  if (a && !a_min && !a_max) {
    mx_fail(MX_VALUE, "[clip] At most one of a_min and a_max may be None");
    return NULL;
  }
  if (a && a_min) a = mx_maximum(a, a_min, s);
  return a && a_max ? mx_minimum(a, a_max, s) : a;
}

static double largest_finite(mlx_dtype t) {
  switch (t) {
  case MLX_FLOAT16:
    return 65504;
  case MLX_BFLOAT16:
    return 0x1.fep127;
  case MLX_FLOAT64:
    return 0x1.fffffffffffffp1023;
  default:
    return 0x1.fffffep127;
  }
}

/* value where the condition holds, in a's dtype */
static mx_array *replace(mx_array *a, mx_array *where, double value, mx_stream *s) {
  mx_array *v = a ? mx_scalar(value, (mlx_dtype)a->dtype) : NULL;
  return v && where ? mx_where(where, v, a, s) : NULL;
}

mx_array *mx_nan_to_num(mx_array *a, float nan, mlx_optional_float posinf,
                        mlx_optional_float neginf, mx_stream *s) {
  if (!a || !mx_is_inexact((mlx_dtype)a->dtype)) return a;
  bool pairs = a->dtype == MLX_COMPLEX64;
  if (pairs && (!posinf.has_value || !neginf.has_value)) {
    mx_fail(MX_VALUE, "[nan_to_num] complex64 needs both posinf and neginf");
    return NULL;
  }
  mx_array *r = replace(a, mx_isnan(a, s), nan, s);
  double most = pairs ? 0 : largest_finite((mlx_dtype)a->dtype);
  r = replace(r, r ? mx_isposinf(r, s) : NULL, posinf.has_value ? posinf.value : most, s);
  return replace(r, r ? mx_isneginf(r, s) : NULL, neginf.has_value ? neginf.value : -most, s);
}

mx_array *mx_isclose(mx_array *a, mx_array *b, double rtol, double atol, bool equal_nan,
                     mx_stream *s) {
  if (!a || !b) return NULL;
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if (!mx_is_inexact(t)) t = MLX_FLOAT32;
  a = mx_cast(a, t, s);
  b = mx_cast(b, t, s);
  if (!a || !b) return NULL;
  mx_array *difference = mx_subtract(a, b, s), *size = mx_abs(b, s);
  mlx_dtype real = t == MLX_COMPLEX64 ? MLX_FLOAT32 : t;
  mx_array *r = mx_scalar(rtol, real), *at = mx_scalar(atol, real);
  if (!difference || !size || !r || !at) return NULL;
  mx_array *limit = mx_multiply(r, size, s), *distance = mx_abs(difference, s);
  limit = limit ? mx_add(at, limit, s) : NULL;
  mx_array *out = limit && distance ? mx_less_equal(distance, limit, s) : NULL;
  /* An infinity is near nothing but itself. */
  mx_array *ia = mx_isinf(a, s), *ib = mx_isinf(b, s), *same = mx_equal(a, b, s);
  mx_array *any = ia && ib ? mx_logical_or(ia, ib, s) : NULL;
  out = out && any && same ? mx_where(any, same, out, s) : NULL;
  if (!equal_nan || !out) return out;
  mx_array *na = mx_isnan(a, s), *nb = mx_isnan(b, s);
  mx_array *both = na && nb ? mx_logical_and(na, nb, s) : NULL;
  return both ? mx_logical_or(out, both, s) : NULL;
}

mx_array *mx_allclose(mx_array *a, mx_array *b, double rtol, double atol, bool equal_nan,
                      mx_stream *s) {
  mx_array *close = mx_isclose(a, b, rtol, atol, equal_nan, s);
  return close ? mx_all(close, false, s) : NULL;
}

mx_array *mx_array_equal(mx_array *a, mx_array *b, bool equal_nan, mx_stream *s) {
  if (!a || !b) return NULL;
  if (a->ndim != b->ndim ||
      (a->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape)))
    return mx_scalar(0, MLX_BOOL);
  mx_array *same = mx_equal(a, b, s);
  if (equal_nan && same && mx_is_inexact((mlx_dtype)a->dtype) &&
      mx_is_inexact((mlx_dtype)b->dtype)) {
    mx_array *na = mx_isnan(a, s), *nb = mx_isnan(b, s);
    mx_array *both = na && nb ? mx_logical_and(na, nb, s) : NULL;
    same = both ? mx_logical_or(same, both, s) : NULL;
  }
  return same ? mx_all(same, false, s) : NULL;
}
