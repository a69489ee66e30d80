/* Builders of linear algebra that the array API standard has beyond MLX. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

static mx_array *unit_like(mx_array *a, mx_stream *s) {
  int64_t n = a->shape[a->ndim - 1];
  mx_array *one = mx_eye((int)n, (int)n, 0, (mlx_dtype)a->dtype, s);
  return one ? mx_broadcast_to(one, (mx_ints){a->shape, a->ndim}, s) : NULL;
}

mx_array *mx_linalg_matrix_power(mx_array *a, int n, mx_stream *s) {
  char text[200];
  if (!a) return NULL;
  if (a->ndim < 2 || a->shape[a->ndim - 1] != a->shape[a->ndim - 2] ||
      a->shape[a->ndim - 1] > INT32_MAX) {
    mx_fail(MX_VALUE, "[linalg::matrix_power] only square matrices, got shape %s",
            mx_shape_text(text, sizeof text, a->shape, a->ndim));
    return NULL;
  }
  if (n == 0) return unit_like(a, s);
  if (n < 0 && !(a = mx_linalg_inv(a, s))) return NULL;
  unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n;
  mx_array *r = NULL;
  for (; left; left >>= 1) {
    if (left & 1) r = r ? mx_matmul(r, a, s) : a;
    if (left > 1) a = mx_matmul(a, a, s);
    if (!r && left & 1) return NULL;
    if (!a) return NULL;
  }
  return r;
}

mx_array *mx_linalg_svdvals(mx_array *a, mx_stream *s) {
  mx_vec r = {NULL, 0};
  mx_array *w = mx_linalg_svd(&r, a, false, s) ? NULL : r.p[0];
  free(r.p);
  return w;
}

mx_array *mx_linalg_matrix_rank(mx_array *a, mx_array *rtol, mx_stream *s) {
  mx_array *w = mx_linalg_svdvals(a, s);
  if (!w) return NULL;
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  double eps = w->dtype == MLX_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON;
  if (!rtol) rtol = mx_scalar(eps * (double)(m > n ? m : n), (mlx_dtype)w->dtype);
  if (m == 0 || n == 0) return mx_zeros((mx_ints){w->shape, w->ndim - 1}, MLX_INT32, s);
  mx_array *limit = mx_max_axis(w, -1, true, s);
  rtol = rtol ? mx_expand_dims(rtol, -1, s) : NULL;
  limit = limit && rtol ? mx_multiply(limit, rtol, s) : NULL;
  mx_array *above = limit ? mx_greater(w, limit, s) : NULL;
  return above ? mx_sum_axis(above, -1, false, s) : NULL;
}

/* The norm's axes become one, the last. */
mx_array *mx_linalg_vector_norm(mx_array *a, double ord, mx_ints axis, bool keepdims,
                                mx_stream *s) {
  bool mask[MX_MAX_NDIM];
  int64_t order[MX_MAX_NDIM], shape[MX_MAX_NDIM + 1], kept[MX_MAX_NDIM], length = 1;
  int n = 0, last;
  if (!a || mx_axes_mask("linalg::vector_norm", axis, true, a->ndim, mask)) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    kept[i] = mask[i] ? 1 : a->shape[i];
    if (mask[i]) continue;
    shape[n] = a->shape[i];
    order[n++] = i;
  }
  last = n;
  for (int i = 0; i < a->ndim; i++)
    if (mask[i]) {
      order[last++] = i;
      length *= a->shape[i];
    }
  shape[n] = length;
  mx_array *r = mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
  if (n == MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[linalg::vector_norm] too many dimensions");
    return NULL;
  }
  r = r ? mx_reshape(r, (mx_ints){shape, n + 1}, s) : NULL;
  r = r ? mx_linalg_norm(r, ord, MX_INTS(-1), false, s) : NULL;
  if (r && r->dtype == MLX_COMPLEX64) r = mx_real(r, s); /* as MLX's norms of complex numbers are */
  return r && keepdims ? mx_reshape(r, (mx_ints){kept, a->ndim}, s) : r;
}
