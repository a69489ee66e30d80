/* Owns what builders share: axes, broadcasting, the elementwise builders, casts, views. */
#include "ops/build.h"

#include <string.h>

#include "core/prim.h"
#include "gen/ops.h"

int mx_axis(const char *op, int64_t axis, int ndim, int *out) {
  if (axis < -(int64_t)ndim || axis >= ndim)
    return mx_fail(MX_INDEX, "[%s] axis %lld is out of range for an array of %d dimensions", op,
                   (long long)axis, ndim);
  *out = (int)(axis < 0 ? axis + ndim : axis);
  return 0;
}

int mx_axes_mask(const char *op, mx_ints axes, bool all, int ndim, bool *mask) {
  for (int i = 0; i < ndim; i++)
    mask[i] = all && axes.n == 0;
  for (int i = 0; i < axes.n; i++) {
    int at = 0;
    if (mx_axis(op, axes.p[i], ndim, &at))
      return 1;
    if (mask[at])
      return mx_fail(MX_VALUE, "[%s] axis %d is named twice", op, at);
    mask[at] = true;
  }
  return 0;
}

int mx_broadcast_shape(const char *op, int64_t *a, int *a_ndim, const int64_t *b, int b_ndim) {
  int n = *a_ndim > b_ndim ? *a_ndim : b_ndim;
  int64_t out[MX_MAX_NDIM];
  for (int i = 1; i <= n; i++) {
    int64_t x = i <= *a_ndim ? a[*a_ndim - i] : 1, y = i <= b_ndim ? b[b_ndim - i] : 1;
    if (x != y && x != 1 && y != 1) {
      char p[200], q[200];
      return mx_fail(MX_VALUE, "[%s] shapes %s and %s cannot be broadcast", op,
                     mx_shape_text(p, sizeof p, a, *a_ndim), mx_shape_text(q, sizeof q, b, b_ndim));
    }
    out[n - i] = x == 1 ? y : x;
  }
  memcpy(a, out, (size_t)n * sizeof *a);
  *a_ndim = n;
  return 0;
}

/* ---- elementwise ---- */

static mx_array *elementwise(enum mx_prim prim, int n, mx_array **in, mx_stream *s) {
  mlx_dtype types[3], want[3], result;
  for (int i = 0; i < n; i++) {
    if (!in[i])
      return NULL;
    types[i] = (mlx_dtype)in[i]->dtype;
  }
  if (mx_prim_types(prim, n, types, want, &result))
    return NULL;
  int64_t shape[MX_MAX_NDIM];
  int ndim = in[0]->ndim;
  if (ndim)
    memcpy(shape, in[0]->shape, (size_t)ndim * sizeof *shape);
  for (int i = 1; i < n; i++)
    if (mx_broadcast_shape(mx_prim_name(prim), shape, &ndim, in[i]->shape, in[i]->ndim))
      return NULL;
  for (int i = 0; i < n; i++)
    if (types[i] != want[i] && !(in[i] = mx_cast(in[i], want[i], s)))
      return NULL;
  return mx_node(prim, (mx_spec){result, ndim, shape, NULL}, n, in, 0, NULL, s);
}

mx_array *mx_unary(enum mx_prim prim, mx_array *a, mx_stream *s) {
  return elementwise(prim, 1, &a, s);
}

mx_array *mx_binary(enum mx_prim prim, mx_array *a, mx_array *b, mx_stream *s) {
  mx_array *in[] = {a, b};
  return elementwise(prim, 2, in, s);
}

mx_array *mx_ternary(enum mx_prim prim, mx_array *a, mx_array *b, mx_array *c, mx_stream *s) {
  mx_array *in[] = {a, b, c};
  return elementwise(prim, 3, in, s);
}

mx_array *mx_cast(mx_array *a, mlx_dtype t, mx_stream *s) {
  if (!a || a->dtype == t)
    return a;
  if (!mx_dtype_valid(t)) {
    mx_fail(MX_VALUE, "[astype] invalid dtype %d", (int)t);
    return NULL;
  }
  return mx_node(MX_PRIM_ASTYPE, (mx_spec){t, a->ndim, a->shape, NULL}, 1, &a, 0, NULL, s);
}

mx_array *mx_astype(mx_array *a, mlx_dtype dtype, mx_stream *s) {
  return mx_cast(a, dtype, s);
}

/* ---- layout ---- */

mx_array *mx_row_major(mx_array *a, mx_stream *s) {
  if (!a || a->row_contiguous)
    return a;
  return mx_node(MX_PRIM_CONTIGUOUS, (mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, NULL}, 1, &a,
                 0, NULL, s);
}

mx_array *mx_view_node(enum mx_prim prim, mx_array *a, int ndim, const int64_t *shape,
                  const int64_t *strides, int64_t offset, int n_params, const int64_t *params,
                  mx_stream *s) {
  int64_t words[2 * MX_MAX_NDIM + 8];
  if (!a)
    return NULL;
  if ((size_t)n_params + 1 > sizeof words / sizeof *words) {
    mx_fail(MX_VALUE, "[%s] too many parameters", mx_prim_name(prim));
    return NULL;
  }
  words[0] = offset;
  if (n_params)
    memcpy(words + 1, params, (size_t)n_params * sizeof *words);
  return mx_node(prim, (mx_spec){(mlx_dtype)a->dtype, ndim, shape, strides}, 1, &a, n_params + 1,
                 words, s);
}
