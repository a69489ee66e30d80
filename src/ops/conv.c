/* Builders of convolutions: window arithmetic, defaults, what the transposed forms mean. The one
 * primitive takes non-negative paddings only: what a negative one cuts off is cut off here. */
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

enum { SPATIAL = MX_CONV_SPATIAL };

/* One number an axis from an argument that is empty, one number, or a list. */
static int per_axis(const char *what, mx_ints given, int64_t none, int n, int64_t *out) {
  char text[512];
  if (given.n > 1 && given.n != n)
    return mx_fail(MX_VALUE, "[conv] %s %s do not fit %d spatial dimensions", what,
                   mx_shape_text(text, sizeof text, given.p, given.n), n);
  for (int i = 0; i < n; i++)
    out[i] = given.n == 0 ? none : given.p[given.n == 1 ? 0 : i];
  return 0;
}

static int all_positive(const char *what, const int64_t *v, int n) {
  for (int i = 0; i < n; i++)
    if (v[i] < 1)
      return mx_fail(MX_VALUE, "[conv] %s must be positive, got %lld", what, (long long)v[i]);
  return 0;
}

static int check_arrays(const mx_array *x, const mx_array *w, int groups) {
  char a[200], b[200];
  mx_shape_text(a, sizeof a, x->shape, x->ndim);
  mx_shape_text(b, sizeof b, w->shape, w->ndim);
  if (!mx_is_float((mlx_dtype)x->dtype) || !mx_is_float((mlx_dtype)w->dtype))
    return mx_fail(MX_VALUE, "[conv] only float dtypes, got %s and %s",
                   mx_dtype_name((mlx_dtype)x->dtype), mx_dtype_name((mlx_dtype)w->dtype));
  if (x->ndim < 3 || x->ndim > SPATIAL + 2)
    return mx_fail(MX_VALUE,
                   "[conv] inputs have a batch axis, 1 to 3 spatial axes and a channel axis, got "
                   "shape %s",
                   a);
  if (w->ndim != x->ndim)
    return mx_fail(MX_VALUE, "[conv] an input of shape %s takes a weight of %d dimensions, got %s",
                   a, x->ndim, b);
  if (groups < 1)
    return mx_fail(MX_VALUE, "[conv] groups must be positive, got %d", groups);
  int64_t channels = x->shape[x->ndim - 1], per_group = w->shape[w->ndim - 1];
  if (channels % groups || channels / groups != per_group)
    return mx_fail(MX_VALUE,
                   "[conv] the input's channels must be those of the weight times the groups: "
                   "shapes %s and %s with %d groups",
                   a, b, groups);
  if (w->shape[0] % groups)
    return mx_fail(MX_VALUE, "[conv] %lld output channels are not divisible into %d groups",
                   (long long)w->shape[0], groups);
  return 0;
}

/* 1 + step * (n - 1), the span of n points; nonzero with an error when it overflows. */
static int span_of(int64_t n, int64_t step, int64_t *out) {
  if (n == 0) {
    *out = 0;
    return 0;
  }
  if (__builtin_mul_overflow(n - 1, step, out) || __builtin_add_overflow(*out, 1, out))
    return mx_fail(MX_VALUE, "[conv] a dilation of %lld is too large", (long long)step);
  return 0;
}

/* Negative paddings cut the input; they are zero afterwards. */
static mx_array *crop(mx_array *x, int64_t *lo, int64_t *hi, mx_stream *s) {
  int64_t from[SPATIAL + 2] = {0}, to[SPATIAL + 2], step[SPATIAL + 2];
  bool any = false;
  for (int i = 0; i < x->ndim; i++) {
    to[i] = x->shape[i];
    step[i] = 1;
  }
  for (int i = 0; i < x->ndim - 2; i++) {
    int64_t n = x->shape[i + 1], *low = &lo[i], *high = &hi[i];
    any = any || *low < 0 || *high < 0;
    if (*low < 0)
      from[i + 1] = *low < -n ? n : -*low;
    if (*high < 0)
      to[i + 1] = *high < -n ? 0 : n + *high;
    if (to[i + 1] < from[i + 1])
      to[i + 1] = from[i + 1];
    *low = *low < 0 ? 0 : *low;
    *high = *high < 0 ? 0 : *high;
  }
  if (!any)
    return x;
  return mx_slice(x, (mx_ints){from, x->ndim}, (mx_ints){to, x->ndim}, (mx_ints){step, x->ndim}, s);
}

/* Lengths of the output's spatial axes. */
static int window_shape(const mx_array *x, const mx_array *w, const mx_conv_params *p,
                        int64_t *out) {
  char a[200], b[200];
  for (int i = 0; i < p->n; i++) {
    int64_t length, kernel, padded;
    if (span_of(x->shape[i + 1], p->input_dilation[i], &length) ||
        span_of(w->shape[i + 1], p->kernel_dilation[i], &kernel))
      return 1;
    if (__builtin_add_overflow(p->lo[i], p->hi[i], &padded) ||
        __builtin_add_overflow(padded, length, &padded))
      return mx_fail(MX_VALUE, "[conv] the padding is too large");
    if (padded < kernel || kernel == 0)
      return mx_fail(MX_VALUE,
                     "[conv] axis %d of the padded input is shorter than the weight: shapes %s and "
                     "%s",
                     i + 1, mx_shape_text(a, sizeof a, x->shape, x->ndim),
                     mx_shape_text(b, sizeof b, w->shape, w->ndim));
    out[i] = (padded - kernel) / p->stride[i] + 1;
  }
  return 0;
}

mx_array *mx_conv_general(mx_array *input, mx_array *weight, mx_ints stride, mx_ints padding_lo,
                          mx_ints padding_hi, mx_ints kernel_dilation, mx_ints input_dilation,
                          int groups, bool flip, mx_stream *s) {
  if (!input || !weight || check_arrays(input, weight, groups))
    return NULL;
  mlx_dtype t = mx_promote((mlx_dtype)input->dtype, (mlx_dtype)weight->dtype);
  int n = input->ndim - 2;
  mx_conv_params p = {.n = n, .groups = groups, .flip = flip};
  if (per_axis("strides", stride, 1, n, p.stride) || per_axis("paddings", padding_lo, 0, n, p.lo) ||
      per_axis("paddings", padding_hi, 0, n, p.hi) ||
      per_axis("kernel dilations", kernel_dilation, 1, n, p.kernel_dilation) ||
      per_axis("input dilations", input_dilation, 1, n, p.input_dilation) ||
      all_positive("strides", p.stride, n) ||
      all_positive("kernel dilations", p.kernel_dilation, n) ||
      all_positive("input dilations", p.input_dilation, n))
    return NULL;
  input = crop(input, p.lo, p.hi, s);
  int64_t shape[SPATIAL + 2];
  if (!input || window_shape(input, weight, &p, shape + 1))
    return NULL;
  shape[0] = input->shape[0];
  shape[n + 1] = weight->shape[0];
  mx_array *in[] = {mx_row_major(mx_cast(input, t, s), s), mx_row_major(mx_cast(weight, t, s), s)};
  if (!in[0] || !in[1])
    return NULL;
  return mx_node(MX_PRIM_CONV_GENERAL, (mx_spec){t, n + 2, shape, NULL}, 2, in, MX_WORDS(p), s);
}

/* ---- with one number an axis ---- */

static int check_rank(const char *op, const mx_array *x, int n) {
  char text[200];
  if (x->ndim == n + 2)
    return 0;
  return mx_fail(MX_VALUE, "[%s] the input must have %d dimensions, got shape %s", op, n + 2,
                 mx_shape_text(text, sizeof text, x->shape, x->ndim));
}

static mx_array *conv(const char *op, mx_array *x, mx_array *w, mx_ints stride, mx_ints padding,
                      mx_ints dilation, int groups, mx_stream *s) {
  if (!x || !w || (stride.n > 1 && check_rank(op, x, stride.n)))
    return NULL;
  return mx_conv_general(x, w, stride, padding, padding, dilation, (mx_ints){NULL, 0}, groups,
                         false, s);
}

mx_array *mx_conv1d(mx_array *input, mx_array *weight, int stride, int padding, int dilation,
                    int groups, mx_stream *s) {
  return conv("conv1d", input, weight, MX_INTS(stride), MX_INTS(padding), MX_INTS(dilation), groups,
              s);
}

mx_array *mx_conv2d(mx_array *input, mx_array *weight, int stride_0, int stride_1, int padding_0,
                    int padding_1, int dilation_0, int dilation_1, int groups, mx_stream *s) {
  return conv("conv2d", input, weight, MX_INTS(stride_0, stride_1), MX_INTS(padding_0, padding_1),
              MX_INTS(dilation_0, dilation_1), groups, s);
}

mx_array *mx_conv3d(mx_array *input, mx_array *weight, int stride_0, int stride_1, int stride_2,
                    int padding_0, int padding_1, int padding_2, int dilation_0, int dilation_1,
                    int dilation_2, int groups, mx_stream *s) {
  return conv("conv3d", input, weight, MX_INTS(stride_0, stride_1, stride_2),
              MX_INTS(padding_0, padding_1, padding_2), MX_INTS(dilation_0, dilation_1, dilation_2),
              groups, s);
}

/* A transposed convolution is one over the input dilated by the stride, with the weight flipped;
 * its padding takes from the weight's span instead of adding to the input. */
static mx_array *transposed(const char *op, mx_array *x, mx_array *w, mx_ints stride,
                            mx_ints padding, mx_ints dilation, mx_ints extra, int groups,
                            mx_stream *s) {
  int64_t lo[SPATIAL], hi[SPATIAL];
  if (!x || !w || check_rank(op, x, stride.n))
    return NULL;
  if (w->ndim != x->ndim) {
    mx_fail(MX_VALUE, "[%s] the weight must have %d dimensions, got %d", op, x->ndim, w->ndim);
    return NULL;
  }
  if (all_positive("strides", stride.p, stride.n) ||
      all_positive("dilations", dilation.p, stride.n))
    return NULL;
  for (int i = 0; i < stride.n; i++) {
    int64_t span;
    if (span_of(w->shape[i + 1], dilation.p[i], &span))
      return NULL;
    lo[i] = span - 1 - padding.p[i];
    hi[i] = lo[i] + extra.p[i];
  }
  return mx_conv_general(x, w, (mx_ints){NULL, 0}, (mx_ints){lo, stride.n}, (mx_ints){hi, stride.n},
                         dilation, stride, groups, true, s);
}

mx_array *mx_conv_transpose1d(mx_array *input, mx_array *weight, int stride, int padding,
                              int dilation, int output_padding, int groups, mx_stream *s) {
  return transposed("conv_transpose1d", input, weight, MX_INTS(stride), MX_INTS(padding),
                    MX_INTS(dilation), MX_INTS(output_padding), groups, s);
}

mx_array *mx_conv_transpose2d(mx_array *input, mx_array *weight, int stride_0, int stride_1,
                              int padding_0, int padding_1, int dilation_0, int dilation_1,
                              int output_padding_0, int output_padding_1, int groups,
                              mx_stream *s) {
  return transposed("conv_transpose2d", input, weight, MX_INTS(stride_0, stride_1),
                    MX_INTS(padding_0, padding_1), MX_INTS(dilation_0, dilation_1),
                    MX_INTS(output_padding_0, output_padding_1), groups, s);
}

mx_array *mx_conv_transpose3d(mx_array *input, mx_array *weight, int stride_0, int stride_1,
                              int stride_2, int padding_0, int padding_1, int padding_2,
                              int dilation_0, int dilation_1, int dilation_2, int output_padding_0,
                              int output_padding_1, int output_padding_2, int groups,
                              mx_stream *s) {
  return transposed("conv_transpose3d", input, weight, MX_INTS(stride_0, stride_1, stride_2),
                    MX_INTS(padding_0, padding_1, padding_2),
                    MX_INTS(dilation_0, dilation_1, dilation_2),
                    MX_INTS(output_padding_0, output_padding_1, output_padding_2), groups, s);
}

mx_array *mx_convolve(mx_array *a, mx_array *v, const char *mode, mx_stream *s) {
  if (!a || !v)
    return NULL;
  if (a->ndim != 1 || v->ndim != 1) {
    mx_fail(MX_VALUE, "[convolve] inputs must have one dimension, got %d and %d", a->ndim, v->ndim);
    return NULL;
  }
  if (!a->size || !v->size) {
    mx_fail(MX_VALUE, "[convolve] inputs must not be empty");
    return NULL;
  }
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)v->dtype);
  if (!(a = mx_cast(a, t, s)) || !(v = mx_cast(v, t, s))) return NULL;
  mx_array *x = a->size < v->size ? v : a, *w = a->size < v->size ? a : v;
  int64_t lo = 0, hi = 0, k = w->size;
  if (mode && strcmp(mode, "full") == 0) {
    lo = hi = k - 1;
  } else if (mode && strcmp(mode, "same") == 0) {
    lo = k / 2;
    hi = k - 1 - lo;
  } else if (!mode || strcmp(mode, "valid") != 0) {
    mx_fail(MX_VALUE, "[convolve] mode must be full, same or valid, got '%s'", mode ? mode : "");
    return NULL;
  }
  x = mx_reshape(x, MX_INTS(1, x->size, 1), s);
  w = mx_reshape(w, MX_INTS(1, k, 1), s);
  mx_ints one = {NULL, 0};
  mx_array *r = x && w ? mx_conv_general(x, w, one, MX_INTS(lo), MX_INTS(hi), one, one, 1, true, s)
                       : NULL;
  return r ? mx_reshape(r, MX_INTS(r->size), s) : NULL;
}
