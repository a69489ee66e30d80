/* Builders of products whose operands are both quantized: x goes to its block format and back, and so
 * does w unless it comes as codes. Gradients pass the rounding as if it were not there. */
#include <stdlib.h>
#include <string.h>

#include "gen/ops.h"

typedef struct format {
  mlx_optional_int group, bits;
  const char *mode;
} format;

/* a as its block format holds it, in a's dtype; plus a zero that a's gradient comes through. */
static mx_array *rounded(mx_array *a, format f, mx_array *global, mx_stream *s) {
  mx_vec q = {NULL, 0};
  mx_array *value = mx_stop_gradient(a, s);
  if (!value || mx_quantize(&q, value, f.group, f.bits, f.mode, global, s)) {
    free(q.p);
    return NULL;
  }
  mx_array *codes = q.p[0], *scales = q.p[1];
  free(q.p);
  mlx_optional_dtype t = {(mlx_dtype)a->dtype, true};
  mx_array *r = mx_dequantize(codes, scales, NULL, f.group, f.bits, f.mode, global, t, s);
  return mx_add(r, mx_subtract(a, value, s), s);
}

static int check(const char *op, const mx_array *x, const mx_array *w, const mx_array *scales,
                 format f, const mx_array *gx, const mx_array *gw) {
  mlx_dtype t = (mlx_dtype)x->dtype;
  if (!mx_is_float(t) || t == MLX_FLOAT64)
    return mx_fail(MX_VALUE, "[%s] x must be float16, bfloat16 or float32, got %s", op,
                   mx_dtype_name(t));
  if (!f.mode || strcmp(f.mode, "affine") == 0)
    return mx_fail(MX_VALUE, "[%s] mode must be mxfp4, mxfp8 or nvfp4", op);
  if (w->dtype == MLX_UINT32 && !scales)
    return mx_fail(MX_VALUE, "[%s] a quantized w needs its scales", op);
  if (w->dtype != MLX_UINT32 && scales)
    return mx_fail(MX_VALUE, "[%s] scales are given, but w is not quantized", op);
  if (!gx != !gw)
    return mx_fail(MX_VALUE, "[%s] global scales of x and w come together", op);
  return 0;
}

/* Checks, and rounds x; w too, and turned, where it is not codes. */
static int prepare(const char *op, mx_array **x, mx_array **w, mx_array *scales, format f,
                   mx_array *gx, mx_array *gw, mx_stream *s) {
  if (!*x || !*w || check(op, *x, *w, scales, f, gx, gw) || !(*x = rounded(*x, f, gx, s)))
    return 1;
  if (scales)
    return 0;
  *w = rounded(*w, f, gw, s);
  *w = *w ? mx_swapaxes(*w, -1, -2, s) : NULL;
  return !*w;
}

/* The codes of w mean their numbers times global / 2688. */
static mx_array *scaled(mx_array *r, mx_array *global, mx_stream *s) {
  mx_array *unit = global ? mx_scalar(1.0 / 2688, MLX_FLOAT32) : NULL;
  if (!r || !global || !unit)
    return global ? NULL : r;
  mx_array *factor = mx_multiply(mx_reshape(global, (mx_ints){NULL, 0}, s), unit, s);
  mx_array *product = mx_multiply(r, factor, s);
  return mx_cast(product, (mlx_dtype)r->dtype, s);
}

mx_array *mx_qqmm(mx_array *x, mx_array *w, mx_array *w_scales, mlx_optional_int group_size,
                  mlx_optional_int bits, const char *mode, mx_array *global_scale_x,
                  mx_array *global_scale_w, mx_stream *s) {
  format f = {group_size, bits, mode};
  bool row = x && x->ndim == 1;
  if (row)
    x = mx_expand_dims(x, 0, s);
  if (prepare("qqmm", &x, &w, w_scales, f, global_scale_x, global_scale_w, s))
    return NULL;
  mx_array *r = NULL;
  if (!w_scales)
    r = mx_cast(mx_matmul(x, w, s), (mlx_dtype)x->dtype, s);
  else if ((r = mx_quantized_matmul(x, w, w_scales, NULL, true, group_size, bits, mode, s)))
    r = scaled(r, global_scale_w, s);
  return r && row ? mx_squeeze_axis(r, 0, s) : r;
}

mx_array *mx_gather_qqmm(mx_array *x, mx_array *w, mx_array *scales, mx_array *lhs_indices,
                         mx_array *rhs_indices, mlx_optional_int group_size, mlx_optional_int bits,
                         const char *mode, mx_array *global_scale_x, mx_array *global_scale_w,
                         bool sorted_indices, mx_stream *s) {
  format f = {group_size, bits, mode};
  if (prepare("gather_qqmm", &x, &w, scales, f, global_scale_x, global_scale_w, s))
    return NULL;
  if (!scales)
    return mx_cast(mx_gather_mm(x, w, lhs_indices, rhs_indices, sorted_indices, s),
                   (mlx_dtype)x->dtype, s);
  mx_array *r = mx_gather_qmm(x, w, scales, NULL, lhs_indices, rhs_indices, true, group_size, bits,
                              mode, sorted_indices, s);
  return scaled(r, global_scale_w, s);
}
