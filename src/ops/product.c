/* Builders of products beside matmul: masked, segmented, of vectors, with Hadamard matrices. */
#include <math.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

mx_array *mx_vecdot(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  int at;
  if (!a || !b || mx_axis("vecdot", axis, a->ndim, &at))
    return NULL;
  if (at >= b->ndim || a->shape[at] != b->shape[at]) {
    mx_fail(MX_VALUE, "[vecdot] axis %d must be of one length in inputs of %d and %d dimensions",
            at, a->ndim, b->ndim);
    return NULL;
  }
  if (a->dtype == MLX_COMPLEX64)
    a = mx_conjugate(a, s);
  mx_array *r = mx_multiply(a, b, s);
  return r ? mx_sum_axis(r, at - a->ndim, false, s) : NULL;
}

/* ---- masks over blocks ---- */

/* a with its blocks multiplied by, or kept where, a mask over the last two axes says so. */
static mx_array *masked(mx_array *a, mx_array *mask, int block, mx_stream *s) {
  char x[200], y[200];
  if (!a || !mask)
    return a;
  int64_t rows = a->shape[a->ndim - 2], cols = a->shape[a->ndim - 1];
  if (mask->ndim < 2 || mask->shape[mask->ndim - 2] != (rows + block - 1) / block ||
      mask->shape[mask->ndim - 1] != (cols + block - 1) / block) {
    mx_fail(MX_VALUE,
            "[block_masked_mm] a mask of shape %s over blocks of %d of a matrix of shape %s",
            mx_shape_text(x, sizeof x, mask->shape, mask->ndim), block,
            mx_shape_text(y, sizeof y, a->shape, a->ndim));
    return NULL;
  }
  mask = mx_repeat_axis(mask, block, -1, s);
  mask = mask ? mx_repeat_axis(mask, block, -2, s) : NULL;
  if (!mask)
    return NULL;
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  for (int i = 0; i < mask->ndim; i++) {
    to[i] = i == mask->ndim - 2 ? rows : i == mask->ndim - 1 ? cols : mask->shape[i];
    step[i] = 1;
  }
  mx_ints stop = {to, mask->ndim}, strides = {step, mask->ndim};
  mask = mx_slice(mask, (mx_ints){from, mask->ndim}, stop, strides, s);
  mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
  if (!mask || !zero)
    return NULL;
  if (mask->dtype == MLX_BOOL)
    return mx_where(mask, a, zero, s);
  return mx_multiply(a, mx_cast(mask, (mlx_dtype)a->dtype, s), s);
}

mx_array *mx_block_masked_mm(mx_array *a, mx_array *b, int block_size, mx_array *mask_out,
                             mx_array *mask_lhs, mx_array *mask_rhs, mx_stream *s) {
  if (!a || !b)
    return NULL;
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if ((mask_out || mask_lhs || mask_rhs) && block_size != 32 && block_size != 64) {
    mx_fail(MX_VALUE, "[block_masked_mm] blocks of 32 or 64, got %d", block_size);
    return NULL;
  }
  if (!mx_is_float(t) || a->ndim < 2 || b->ndim < 2) {
    mx_fail(
        MX_VALUE, "[block_masked_mm] matrices of real floats, got %s of %d and %s of %d dimensions",
        mx_dtype_name((mlx_dtype)a->dtype), a->ndim, mx_dtype_name((mlx_dtype)b->dtype), b->ndim);
    return NULL;
  }
  a = masked(mx_cast(a, t, s), mask_lhs, block_size, s);
  b = masked(mx_cast(b, t, s), mask_rhs, block_size, s);
  return a && b ? masked(mx_matmul(a, b, s), mask_out, block_size, s) : NULL;
}

/* ---- segments ---- */

mx_array *mx_segmented_mm(mx_array *a, mx_array *b, mx_array *segments, mx_stream *s) {
  char x[200], y[200];
  if (!a || !b || !segments)
    return NULL;
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if (!mx_is_float(t)) {
    mx_fail(MX_VALUE, "[segmented_mm] only real float dtypes, got %s and %s",
            mx_dtype_name((mlx_dtype)a->dtype), mx_dtype_name((mlx_dtype)b->dtype));
    return NULL;
  }
  if (a->ndim != 2 || b->ndim != 2 || a->shape[1] != b->shape[0]) {
    mx_fail(MX_VALUE, "[segmented_mm] shapes %s and %s are not of two matrices that fit",
            mx_shape_text(x, sizeof x, a->shape, a->ndim),
            mx_shape_text(y, sizeof y, b->shape, b->ndim));
    return NULL;
  }
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)segments->dtype);
  if ((kind != MX_KIND_UINT && kind != MX_KIND_INT) || !segments->ndim ||
      segments->shape[segments->ndim - 1] != 2) {
    mx_fail(MX_VALUE, "[segmented_mm] segments are integers of shape (..., 2), got %s of shape %s",
            mx_dtype_name((mlx_dtype)segments->dtype),
            mx_shape_text(x, sizeof x, segments->shape, segments->ndim));
    return NULL;
  }
  int64_t shape[MX_MAX_NDIM + 1];
  int ndim = segments->ndim - 1;
  memcpy(shape, segments->shape, (size_t)ndim * sizeof *shape);
  shape[ndim++] = a->shape[0];
  shape[ndim++] = b->shape[1];
  mx_array *in[] = {mx_cast(a, t, s), mx_cast(b, t, s),
                    mx_row_major(mx_cast(segments, MLX_INT64, s), s)};
  if (!in[0] || !in[1] || !in[2])
    return NULL;
  return mx_node(MX_PRIM_SEGMENTED_MM, (mx_spec){t, ndim, shape, NULL}, 3, in, 0, NULL, s);
}

/* ---- Hadamard matrices ---- */

mx_array *mx_hadamard_transform(mx_array *a, mlx_optional_float scale, mx_stream *s) {
  if (!a)
    return NULL;
  int64_t n = a->ndim ? a->shape[a->ndim - 1] : 1, odd = n;
  while (odd > 0 && odd % 2 == 0)
    odd /= 2;
  mx_hadamard_params p = {.m = odd == 1 ? 1 : 4 * odd};
  bool known = odd == 1 || ((odd == 3 || odd == 5 || odd == 7) && n % 4 == 0);
  if (a->size == 0 || !known) {
    mx_fail(MX_VALUE,
            "[hadamard_transform] the last axis must have m * 2^k numbers, m in 1, 12, 20, 28, got "
            "%lld",
            (long long)n);
    return NULL;
  }
  if (n == 1 && !scale.has_value && mx_is_inexact((mlx_dtype)a->dtype))
    return a;
  if (a->dtype == MLX_FLOAT64) {
    mx_fail(MX_VALUE, "[hadamard_transform] float64 is not supported");
    return NULL;
  }
  mlx_dtype t = mx_is_float((mlx_dtype)a->dtype) ? (mlx_dtype)a->dtype : MLX_FLOAT32;
  p.scale = scale.has_value ? (double)scale.value : 1 / sqrt((double)n);
  a = mx_row_major(mx_cast(a, t, s), s);
  if (!a)
    return NULL;
  return mx_node(MX_PRIM_HADAMARD_TRANSFORM, (mx_spec){t, a->ndim, a->shape, NULL}, 1, &a,
                 MX_WORDS(p), s);
}
