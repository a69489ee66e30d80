/* Owns, for each primitive, how many inputs and parameters it has and which builder makes it. What
 * a builder decides by itself (dtypes, shapes, row-major copies) must come out as the record says.
 */
#include "transforms/rebuild.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "core/prim.h"
#include "gen/ops.h"
#include "ops/rules_help.h"

typedef const mx_op_record rec;
#define IN(i) (r->in[i])
#define P(type) ((const type *)r->params)
#define S r->s

static mx_array *wrong(rec *r) {
  mx_fail(MX_VALUE, "[%s] the recorded operation is not valid", mx_prim_name(r->prim));
  return NULL;
}

/* What an int argument can say; builders refuse the rest. */
static int narrow(int64_t v) {
  return v < INT_MIN ? INT_MIN : v > INT_MAX ? INT_MAX : (int)v;
}

static mx_ints shape_of(rec *r) {
  return (mx_ints){r->specs[0].shape, r->specs[0].ndim};
}

/* The first of a builder's results. */
static mx_array *first_of(mx_vec v, int bad) {
  mx_array *a = bad || !v.n ? NULL : v.p[0];
  free(v.p);
  return a;
}

/* ---- elementwise, reductions, scans ---- */

static mx_array *elementwise(rec *r) {
  if (r->prim == MX_PRIM_ASTYPE)
    return mx_cast(IN(0), r->specs[0].dtype, S);
  return r->n_in == 1   ? mx_unary((enum mx_prim)r->prim, IN(0), S)
         : r->n_in == 2 ? mx_binary((enum mx_prim)r->prim, IN(0), IN(1), S)
                        : mx_ternary((enum mx_prim)r->prim, IN(0), IN(1), IN(2), S);
}

static mx_array *reduction(rec *r) {
  int64_t axes[MX_MAX_NDIM];
  uint64_t mask = (uint64_t)P(mx_reduce_params)->axes;
  mx_ints v = {axes, 0};
  for (int i = 0; i < MX_MAX_NDIM; i++)
    if (mask >> i & 1)
      axes[v.n++] = i;
  bool keep = r->specs[0].ndim == IN(0)->ndim;
  switch (r->prim) {
  case MX_PRIM_SUM: return mx_sum_axes(IN(0), v, keep, S);
  case MX_PRIM_PROD: return mx_prod_axes(IN(0), v, keep, S);
  case MX_PRIM_MIN: return mx_min_axes(IN(0), v, keep, S);
  case MX_PRIM_MAX: return mx_max_axes(IN(0), v, keep, S);
  case MX_PRIM_ALL: return mx_all_axes(IN(0), v, keep, S);
  default: return mx_any_axes(IN(0), v, keep, S);
  }
}

static mx_array *shared_extreme(rec *r) {
  const mx_array *x = IN(0);
  int64_t axes = P(mx_reduce_params)->axes;
  for (int k = 1; k < 3; k++) {
    if (IN(k)->ndim != x->ndim)
      return wrong(r);
    for (int i = 0; i < x->ndim; i++)
      if (IN(k)->shape[i] != ((uint64_t)axes >> i & 1 ? 1 : x->shape[i]))
        return wrong(r);
  }
  return mx_share_extreme(IN(0), IN(1), IN(2), axes, S);
}

static mx_array *arg_reduction(rec *r) {
  int axis = narrow(P(mx_axis_params)->axis);
  bool keep = r->specs[0].ndim == IN(0)->ndim;
  return r->prim == MX_PRIM_ARGMIN ? mx_argmin_axis(IN(0), axis, keep, S)
                                   : mx_argmax_axis(IN(0), axis, keep, S);
}

static mx_array *logsumexp(rec *r) { return mx_logsumexp_axis(IN(0), -1, false, S); }
static mx_array *softmax(rec *r) { return mx_softmax_axis(IN(0), -1, false, S); }

static mx_array *scan(rec *r) {
  const mx_scan_params *p = P(mx_scan_params);
  int axis = narrow(p->axis);
  switch (r->prim) {
  case MX_PRIM_CUMSUM: return mx_cumsum(IN(0), axis, p->reverse, p->inclusive, S);
  case MX_PRIM_CUMPROD: return mx_cumprod(IN(0), axis, p->reverse, p->inclusive, S);
  case MX_PRIM_CUMMAX: return mx_cummax(IN(0), axis, p->reverse, p->inclusive, S);
  case MX_PRIM_CUMMIN: return mx_cummin(IN(0), axis, p->reverse, p->inclusive, S);
  default: return mx_logcumsumexp(IN(0), axis, p->reverse, p->inclusive, S);
  }
}

/* ---- views ---- */

static mx_array *reshape(rec *r) {
  mx_ints words = {r->params + 1, r->n_params - 1};
  if (words.n != r->specs[0].ndim)
    return wrong(r);
  for (int i = 0; i < words.n; i++)
    if (words.p[i] < MX_LENGTH(MX_MAX_NDIM - 1, MX_MAX_NDIM - 1))
      return wrong(r);
  return mx_reshape_words(IN(0), words, S);
}

static mx_array *masked_axes(rec *r) {
  int64_t axes[MX_MAX_NDIM];
  mx_ints v = {axes, 0};
  for (int i = 0; i < MX_MAX_NDIM; i++)
    if ((uint64_t)r->params[1] >> i & 1)
      axes[v.n++] = i;
  return r->prim == MX_PRIM_SQUEEZE ? mx_squeeze_axes(IN(0), v, S)
                                    : mx_expand_dims_axes(IN(0), v, S);
}

static mx_array *transpose(rec *r) {
  return mx_transpose_axes(IN(0), (mx_ints){r->params + 1, r->n_params - 1}, S);
}

static mx_array *broadcast(rec *r) { return mx_broadcast_to(IN(0), shape_of(r), S); }

/* Bounds that select `length` elements from `from` on, `by` apart; false where there are none. */
static bool bounds(const mx_array *a, const int64_t *from, const int64_t *by, const int64_t *length,
                   int64_t *start, int64_t *stop, int64_t *step) {
  for (int i = 0; i < a->ndim; i++) {
    int64_t n = a->shape[i], last;
    start[i] = stop[i] = 0;
    step[i] = 1;
    if (length[i] == 0)
      continue;
    if (from[i] < 0 || from[i] >= n || __builtin_mul_overflow(length[i] - 1, by[i], &last) ||
        __builtin_add_overflow(last, from[i], &last) || last < 0 || last >= n)
      return false;
    start[i] = from[i];
    step[i] = length[i] == 1 ? 1 : by[i];
    stop[i] = step[i] > 0 ? last + 1 : last ? last - 1 : -1 - n;
  }
  return true;
}

static mx_array *slice(rec *r) {
  int64_t start[MX_MAX_NDIM], stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  const mx_array *a = IN(0);
  int n = a->ndim;
  if (n && r->n_params == 1 + 4 * n) {
    mx_ints by = {r->params + 1 + n, n}, from = {by.p + n, n}, to = {from.p + n, n};
    return mx_slice_as_written(IN(0), from, to, by, S);
  }
  if (r->n_params != 1 + 2 * n || r->specs[0].ndim != n ||
      !bounds(a, r->params + 1, r->params + 1 + n, r->specs[0].shape, start, stop, step))
    return wrong(r);
  return mx_slice(IN(0), (mx_ints){start, n}, (mx_ints){stop, n}, (mx_ints){step, n}, S);
}

/* The strides are not among the words of a record, so this one carries them: offset, then strides.
 */
static mx_array *as_strided(rec *r) {
  int n = r->specs[0].ndim;
  if (r->n_params != 1 + n || r->params[0] < 0)
    return wrong(r);
  return mx_as_strided(IN(0), shape_of(r), (mx_ints){r->params + 1, n}, (size_t)r->params[0], S);
}

static mx_array *spread_strided(rec *r) {
  int n = IN(0)->ndim;
  if (r->n_params != 1 + n || r->params[0] < 0)
    return wrong(r);
  return mx_spread_strided(IN(0), shape_of(r), (mx_ints){r->params + 1, n}, r->params[0], S);
}

static mx_array *diagonal(rec *r) {
  const int64_t *p = r->params + 1;
  return mx_diagonal(IN(0), narrow(p[0]), narrow(p[1]), narrow(p[2]), S);
}

static mx_array *view(rec *r) { return mx_view(IN(0), r->specs[0].dtype, S); }
static mx_array *copy(rec *r) { return mx_copy(IN(0), S); }
static mx_array *stop_gradient(rec *r) { return mx_stop_gradient(IN(0), S); }

static mx_array *depends(rec *r) {
  mx_vec v = {NULL, 0};
  if (r->n_out > r->n_in)
    return wrong(r);
  for (int i = 0; i < r->n_in; i++)
    if (!IN(i))
      return wrong(r);
  size_t n = (size_t)r->n_out;
  int bad = mx_depends(&v, (mx_vec){r->in, n}, (mx_vec){r->in + n, (size_t)r->n_in - n});
  return first_of(v, bad);
}

/* ---- reading and writing by index ---- */

/* The list of axes that starts at word `at`, and how many words follow it. */
static bool axes_at(rec *r, int at, mx_ints *axes, int *rest) {
  int64_t n = r->params[at];
  if (n < 0 || n > MX_MAX_NDIM || n > r->n_params - at - 1)
    return false;
  *axes = (mx_ints){r->params + at + 1, (int)n};
  *rest = r->n_params - at - 1 - (int)n;
  return true;
}

static mx_array *gather(rec *r) {
  mx_ints axes;
  int rest;
  if (!axes_at(r, 0, &axes, &rest) || r->n_in != axes.n + 1 || rest != IN(0)->ndim)
    return wrong(r);
  mx_vec indices = {r->in + 1, (size_t)axes.n};
  return mx_gather(IN(0), indices, axes, (mx_ints){axes.p + axes.n, rest}, S);
}

static mx_array *scatter(rec *r) {
  mx_ints axes;
  int rest;
  if (!axes_at(r, 1, &axes, &rest) || r->n_in != axes.n + 2 || rest)
    return wrong(r);
  mx_vec indices = {r->in + 2, (size_t)axes.n};
  switch (r->params[0]) {
  case MX_COMBINE_SET: return mx_scatter(IN(0), indices, IN(1), axes, S);
  case MX_COMBINE_ADD: return mx_scatter_add(IN(0), indices, IN(1), axes, S);
  case MX_COMBINE_PROD: return mx_scatter_prod(IN(0), indices, IN(1), axes, S);
  case MX_COMBINE_MIN: return mx_scatter_min(IN(0), indices, IN(1), axes, S);
  case MX_COMBINE_MAX: return mx_scatter_max(IN(0), indices, IN(1), axes, S);
  default: return wrong(r);
  }
}

static mx_array *along_axis(rec *r) {
  int axis = narrow(P(mx_along_axis_params)->axis);
  switch (r->prim) {
  case MX_PRIM_TAKE: return mx_take_axis(IN(0), IN(1), axis, S);
  case MX_PRIM_TAKE_ALONG_AXIS: return mx_take_along_axis(IN(0), IN(1), axis, S);
  case MX_PRIM_PUT_ALONG_AXIS: return mx_put_along_axis(IN(0), IN(1), IN(2), axis, S);
  default: return mx_scatter_add_axis(IN(0), IN(1), IN(2), axis, S);
  }
}

static mx_array *slice_update(rec *r) {
  int64_t from[MX_MAX_NDIM], to[MX_MAX_NDIM], by[MX_MAX_NDIM];
  const mx_array *a = IN(0);
  int n = a->ndim;
  if (r->n_params != 1 + 2 * n || IN(1)->ndim != n ||
      !bounds(a, r->params + 1, r->params + 1 + n, IN(1)->shape, from, to, by))
    return wrong(r);
  mx_ints start = {from, n}, stop = {to, n}, step = {by, n};
  switch (r->params[0]) {
  case MX_COMBINE_SET: return mx_slice_update(IN(0), IN(1), start, stop, step, S);
  case MX_COMBINE_ADD: return mx_slice_update_add(IN(0), IN(1), start, stop, step, S);
  case MX_COMBINE_PROD: return mx_slice_update_prod(IN(0), IN(1), start, stop, step, S);
  case MX_COMBINE_MIN: return mx_slice_update_min(IN(0), IN(1), start, stop, step, S);
  case MX_COMBINE_MAX: return mx_slice_update_max(IN(0), IN(1), start, stop, step, S);
  default: return wrong(r);
  }
}

static mx_array *slice_dynamic(rec *r) {
  mx_ints axes;
  int rest;
  if (!axes_at(r, 0, &axes, &rest) || rest)
    return wrong(r);
  return r->prim == MX_PRIM_SLICE_DYNAMIC
             ? mx_slice_dynamic(IN(0), IN(1), axes, shape_of(r), S)
             : mx_slice_update_dynamic(IN(0), IN(1), IN(2), axes, S);
}

static mx_array *masked_scatter(rec *r) { return mx_masked_scatter(IN(0), IN(1), IN(2), S); }

static mx_array *searchsorted(rec *r) {
  return mx_searchsorted(IN(0), IN(1), P(mx_searchsorted_params)->right ? "right" : "left", S);
}

static mx_array *unique(rec *r) {
  mx_vec v = {NULL, 0};
  if (r->specs[0].ndim != 1)
    return wrong(r);
  int bad = mx_unique(&v, IN(0), narrow(r->specs[0].shape[0]), true, true, true, IN(1), S);
  return first_of(v, bad);
}

static mx_array *concatenate(rec *r) {
  int axis = narrow(P(mx_axis_params)->axis);
  for (int i = 0; i < r->n_in; i++)
    if (!IN(i))
      return wrong(r);
  return mx_concatenate_axis((mx_vec){r->in, (size_t)r->n_in}, axis, S);
}

static mx_array *sort(rec *r) {
  const mx_sort_params *p = P(mx_sort_params);
  int axis = narrow(p->axis), kth = narrow(p->kth);
  switch (r->prim) {
  case MX_PRIM_SORT: return mx_sort_axis(IN(0), axis, S);
  case MX_PRIM_ARGSORT: return mx_argsort_axis(IN(0), axis, S);
  case MX_PRIM_PARTITION: return mx_partition_axis(IN(0), kth, axis, S);
  default: return mx_argpartition_axis(IN(0), kth, axis, S);
  }
}

/* ---- products ---- */

static mx_array *product(rec *r) {
  switch (r->prim) {
  case MX_PRIM_ADDMM: {
    const mx_addmm_params *p = P(mx_addmm_params);
    return mx_addmm(IN(2), IN(0), IN(1), (float)p->alpha, (float)p->beta, S);
  }
  case MX_PRIM_GATHER_MM: return mx_gather_mm(IN(0), IN(1), IN(2), IN(3), false, S);
  case MX_PRIM_SEGMENTED_MM: return mx_segmented_mm(IN(0), IN(1), IN(2), S);
  default: return mx_matmul(IN(0), IN(1), S);
  }
}

/* The builder checks the shape; the scale may be any number. */
static mx_array *hadamard(rec *r) {
  mx_array *a = mx_hadamard_transform(IN(0), (mlx_optional_float){0, false}, S);
  if (!a || ((const mx_hadamard_params *)a->op->params)->m != P(mx_hadamard_params)->m)
    return a ? wrong(r) : NULL;
  mx_spec spec = {(mlx_dtype)a->dtype, a->ndim, a->shape, NULL};
  return mx_node(MX_PRIM_HADAMARD_TRANSFORM, spec, 1, a->op->in, r->n_params, r->params, S);
}

static mx_array *conv(rec *r) {
  const mx_conv_params *p = P(mx_conv_params);
  if (p->n < 1 || p->n > MX_CONV_SPATIAL || IN(0)->ndim != p->n + 2)
    return wrong(r);
  int n = (int)p->n;
  return mx_conv_general(IN(0), IN(1), (mx_ints){p->stride, n}, (mx_ints){p->lo, n},
                         (mx_ints){p->hi, n}, (mx_ints){p->kernel_dilation, n},
                         (mx_ints){p->input_dilation, n}, narrow(p->groups), p->flip, S);
}

/* The convolution that it belongs to, of a weight as the record has it, must give what g has. */
static mx_array *conv_weight(rec *r) {
  mx_array *w = mx_zeros(shape_of(r), (mlx_dtype)IN(0)->dtype, S);
  if (!w)
    return NULL;
  mx_op_record of = *r;
  mx_array *in[] = {IN(0), w};
  of.in = in;
  mx_array *y = conv(&of);
  if (!y)
    return NULL;
  if (y->dtype != IN(1)->dtype || y->dtype != IN(0)->dtype || !mx_same_shape(y, IN(1)))
    return wrong(r);
  return mx_conv_to_weight(P(mx_conv_params), IN(0), IN(1), w, P(mx_conv_params)->groups, S);
}

static mx_array *quantized(rec *r) {
  static const char *const modes[] = {"affine", "mxfp4", "nvfp4", "mxfp8"};
  const mx_quant_params *p = P(mx_quant_params);
  if (p->mode < 0 || p->mode > 3)
    return wrong(r);
  const char *mode = modes[p->mode];
  mlx_optional_int group = {narrow(p->group), true}, bits = {narrow(p->bits), true};
  mx_vec v = {NULL, 0};
  switch (r->prim) {
  case MX_PRIM_QUANTIZE: {
    int bad = mx_quantize(&v, IN(0), group, bits, mode, IN(1), S);
    return first_of(v, bad);
  }
  case MX_PRIM_DEQUANTIZE:
    return mx_dequantize(IN(0), IN(1), IN(2), group, bits, mode, IN(3),
                         (mlx_optional_dtype){r->specs[0].dtype, true}, S);
  case MX_PRIM_QUANTIZED_MATMUL:
    return mx_quantized_matmul(IN(0), IN(1), IN(2), IN(3), p->transpose, group, bits, mode, S);
  default:
    return mx_gather_qmm(IN(0), IN(1), IN(2), IN(3), IN(4), IN(5), p->transpose, group, bits, mode,
                         false, S);
  }
}

static mx_array *fp8(rec *r) {
  return r->prim == MX_PRIM_TO_FP8 ? mx_to_fp8(IN(0), S) : mx_from_fp8(IN(0), r->specs[0].dtype, S);
}

/* ---- fast ---- */

static mx_array *norm(rec *r) {
  float eps = (float)P(mx_norm_params)->eps;
  return r->prim == MX_PRIM_RMS_NORM ? mx_fast_rms_norm(IN(0), IN(1), eps, S)
                                     : mx_fast_layer_norm(IN(0), IN(1), IN(2), eps, S);
}

static mx_array *rope(rec *r) {
  const mx_rope_params *p = P(mx_rope_params);
  int dims = narrow(p->dims);
  mlx_optional_float base = {(float)p->base, !IN(2)};
  if (p->dims != dims || p->offset != narrow(p->offset))
    return wrong(r);
  return IN(1) ? mx_fast_rope_dynamic(IN(0), dims, p->traditional, base, (float)p->scale, IN(1),
                                      IN(2), S)
               : mx_fast_rope(IN(0), dims, p->traditional, base, (float)p->scale, (int)p->offset,
                              IN(2), S);
}

static mx_array *attention(rec *r) {
  const mx_attention_params *p = P(mx_attention_params);
  return mx_fast_scaled_dot_product_attention(IN(0), IN(1), IN(2), (float)p->scale,
                                              p->causal ? "causal" : "", IN(3), IN(4), S);
}

static mx_array *cross_entropy(rec *r) { return mx_fast_cross_entropy(IN(0), IN(1), S); }

static mx_array *gated_delta(rec *r) {
  mx_array *a, *b;
  return mx_fast_gated_delta_update(&a, &b, IN(0), IN(1), IN(2), IN(3), IN(4), IN(5), IN(6), S)
             ? NULL
             : a;
}

/* ---- linear algebra ---- */

static mx_array *factor(rec *r) {
  const mx_triangle_params *p = P(mx_triangle_params);
  mx_array *a, *b;
  switch (r->prim) {
  case MX_PRIM_CHOLESKY: return mx_linalg_cholesky(IN(0), p->upper, S);
  case MX_PRIM_INVERSE:
    return p->triangular ? mx_linalg_tri_inv(IN(0), p->upper, S) : mx_linalg_inv(IN(0), S);
  case MX_PRIM_SOLVE: return mx_linalg_solve(IN(0), IN(1), S);
  case MX_PRIM_SOLVE_TRIANGULAR: return mx_linalg_solve_triangular(IN(0), IN(1), p->upper, S);
  default: return mx_linalg_lu_factor(&a, &b, IN(0), S) ? NULL : a;
  }
}

static mx_array *qr(rec *r) {
  mx_array *a, *b;
  bool bad = P(mx_qr_params)->complete ? mx_linalg_qr_complete(&a, &b, IN(0), S)
                                       : mx_linalg_qr(&a, &b, IN(0), S);
  return bad ? NULL : a;
}

static mx_array *spectral(rec *r) {
  const mx_vectors_params *p = P(mx_vectors_params);
  mx_array *a, *b;
  mx_vec v = {NULL, 0};
  if (r->prim == MX_PRIM_SVD) {
    int bad = mx_linalg_svd(&v, IN(0), p->vectors, S);
    return first_of(v, bad);
  }
  if (r->prim == MX_PRIM_EIG) {
    if (!p->vectors)
      return mx_linalg_eigvals(IN(0), S);
    return mx_linalg_eig(&a, &b, IN(0), S) ? NULL : a;
  }
  const char *part = p->upper ? "U" : "L";
  if (!p->vectors)
    return mx_linalg_eigvalsh(IN(0), part, S);
  return mx_linalg_eigh(&a, &b, IN(0), part, S) ? NULL : a;
}

/* ---- what has no builder with these arguments: checked here ---- */

static mx_array *arange(rec *r) {
  const mx_arange_params *p = P(mx_arange_params);
  mlx_dtype t = r->specs[0].dtype;
  double most = mx_is_inexact(t) ? HUGE_VAL : 0x1p63;
  if (r->specs[0].ndim != 1 || t == MLX_BOOL || !(fabs(p->start) < most) || !(fabs(p->step) < most))
    return wrong(r);
  return mx_node(MX_PRIM_ARANGE, r->specs[0], 0, NULL, r->n_params, r->params, S);
}

/* One key, or one for each of the result's leading places. */
static bool keys_fit(const mx_array *key, const mx_spec *out) {
  int lead = key->ndim - 1;
  return key->dtype == MLX_UINT32 && lead >= 0 && key->shape[lead] == 2 && lead <= out->ndim &&
         (lead == 0 || !memcmp(key->shape, out->shape, (size_t)lead * sizeof *key->shape));
}

static mx_array *random_bits(rec *r) {
  const mx_bits_params *p = P(mx_bits_params);
  mlx_dtype t = p->draw != MX_DRAW_BITS ? MLX_FLOAT32
                : p->width == 1         ? MLX_UINT8
                : p->width == 2         ? MLX_UINT16
                                        : MLX_UINT32;
  bool width = p->width == 4 || (p->draw == MX_DRAW_BITS && (p->width == 1 || p->width == 2));
  if (!width || p->draw < MX_DRAW_BITS || p->draw > MX_DRAW_LAPLACE || r->specs[0].dtype != t ||
      !keys_fit(IN(0), &r->specs[0]))
    return wrong(r);
  mx_array *in = mx_row_major(IN(0), S);
  return in ? mx_node(MX_PRIM_RANDOM_BITS, r->specs[0], 1, &in, r->n_params, r->params, S) : NULL;
}

static mx_array *random_erf(rec *r) {
  mx_array *in = IN(0)->dtype == MLX_FLOAT32 ? mx_row_major(IN(0), S) : wrong(r);
  mx_spec like = in ? (mx_spec){MLX_FLOAT32, in->ndim, in->shape, NULL} : (mx_spec){0};
  return in ? mx_node(MX_PRIM_RANDOM_ERF, like, 1, &in, r->n_params, r->params, S) : NULL;
}

/* A number that follows the shape: in traces that serve several. */
static mx_array *count(rec *r) {
  const mx_count_params *p = P(mx_count_params);
  int n = IN(0)->ndim;
  bool beyond = n < MX_MAX_NDIM && (uint64_t)p->axes >> n;
  if (beyond || r->specs[0].ndim || !(p->less >= 0) || p->inverted < 0 || p->inverted > 1 ||
      (p->inverted && !mx_is_inexact(r->specs[0].dtype)))
    return wrong(r);
  return mx_node(MX_PRIM_NUMBER_OF_ELEMENTS, r->specs[0], 1, r->in, r->n_params, r->params, S);
}

static mx_array *fft(rec *r) {
  const mx_fft_params *p = P(mx_fft_params);
  const mx_array *a = IN(0);
  const mx_spec *o = &r->specs[0];
  if (p->kind < MX_FFT_COMPLEX || p->kind > MX_FFT_TO_REAL || p->axis < 0 || p->axis >= a->ndim ||
      p->n < 1 || o->ndim != a->ndim || p->inverse < 0 || p->inverse > 1 ||
      a->dtype != (p->kind == MX_FFT_FROM_REAL ? MLX_FLOAT32 : MLX_COMPLEX64) ||
      o->dtype != (p->kind == MX_FFT_TO_REAL ? MLX_FLOAT32 : MLX_COMPLEX64))
    return wrong(r);
  for (int i = 0; i < a->ndim; i++) {
    int64_t in = a->shape[i], out = o->shape[i], half = p->n / 2 + 1;
    bool fits = i != p->axis ? in == out
                             : in == (p->kind == MX_FFT_TO_REAL ? half : p->n) &&
                                   out == (p->kind == MX_FFT_FROM_REAL ? half : p->n);
    if (!fits)
      return wrong(r);
  }
  return mx_node(MX_PRIM_FFT, (mx_spec){o->dtype, o->ndim, o->shape, NULL}, 1, r->in, r->n_params,
                 r->params, S);
}

/* ---- the table ---- */

#define ANY (-1)
#define WORDS(type) (int)(sizeof(type) / sizeof(int64_t))

typedef struct row {
  mx_array *(*make)(rec *r);
  int n_in, n_params; /* ANY: the function looks */
  unsigned optional;  /* bit i: input i may be absent */
  int n_out;          /* 0: one */
} row;

#define REDUCTION {reduction, 1, WORDS(mx_reduce_params), 0, 0}
#define ARG {arg_reduction, 1, WORDS(mx_axis_params), 0, 0}
#define SCAN {scan, 1, WORDS(mx_scan_params), 0, 0}
#define SORT {sort, 1, WORDS(mx_sort_params), 0, 0}
#define ALONG(n) {along_axis, n, WORDS(mx_along_axis_params), 0, 0}
#define FACTOR(n) {factor, n, WORDS(mx_triangle_params), 0, 0}
#define SPECTRAL {spectral, 1, WORDS(mx_vectors_params), 0, ANY}
#define QUANTIZED(n, optional, n_out) {quantized, n, WORDS(mx_quant_params), optional, n_out}

static const row rows[MX_PRIM_COUNT] = {
    [MX_PRIM_SUM] = REDUCTION,
    [MX_PRIM_PROD] = REDUCTION,
    [MX_PRIM_MIN] = REDUCTION,
    [MX_PRIM_MAX] = REDUCTION,
    [MX_PRIM_SHARE_EXTREME] = {shared_extreme, 3, WORDS(mx_reduce_params), 0, 0},
    [MX_PRIM_ALL] = REDUCTION,
    [MX_PRIM_ANY] = REDUCTION,
    [MX_PRIM_ARGMIN] = ARG,
    [MX_PRIM_ARGMAX] = ARG,
    [MX_PRIM_LOGSUMEXP] = {logsumexp, 1, 0, 0, 0},
    [MX_PRIM_SOFTMAX] = {softmax, 1, 0, 0, 0},
    [MX_PRIM_CUMSUM] = SCAN,
    [MX_PRIM_CUMPROD] = SCAN,
    [MX_PRIM_CUMMAX] = SCAN,
    [MX_PRIM_CUMMIN] = SCAN,
    [MX_PRIM_LOGCUMSUMEXP] = SCAN,
    [MX_PRIM_RESHAPE] = {reshape, 1, ANY, 0, 0},
    [MX_PRIM_SQUEEZE] = {masked_axes, 1, 2, 0, 0},
    [MX_PRIM_EXPAND_DIMS] = {masked_axes, 1, 2, 0, 0},
    [MX_PRIM_TRANSPOSE] = {transpose, 1, ANY, 0, 0},
    [MX_PRIM_BROADCAST_TO] = {broadcast, 1, ANY, 0, 0},
    [MX_PRIM_SLICE] = {slice, 1, ANY, 0, 0},
    [MX_PRIM_AS_STRIDED] = {as_strided, 1, ANY, 0, 0},
    [MX_PRIM_SPREAD_STRIDED] = {spread_strided, 1, ANY, 0, 0},
    [MX_PRIM_DIAGONAL] = {diagonal, 1, 4, 0, 0},
    [MX_PRIM_VIEW] = {view, 1, 1, 0, 0},
    [MX_PRIM_CONTIGUOUS] = {copy, 1, 0, 0, 0},
    [MX_PRIM_STOP_GRADIENT] = {stop_gradient, 1, 1, 0, 0},
    [MX_PRIM_DEPENDS] = {depends, ANY, 1, 0, ANY},
    [MX_PRIM_GATHER] = {gather, ANY, ANY, 0, 0},
    [MX_PRIM_SCATTER] = {scatter, ANY, ANY, 0, 0},
    [MX_PRIM_TAKE] = ALONG(2),
    [MX_PRIM_TAKE_ALONG_AXIS] = ALONG(2),
    [MX_PRIM_PUT_ALONG_AXIS] = ALONG(3),
    [MX_PRIM_SCATTER_ADD_AXIS] = ALONG(3),
    [MX_PRIM_SLICE_UPDATE] = {slice_update, 2, ANY, 0, 0},
    [MX_PRIM_SLICE_DYNAMIC] = {slice_dynamic, 2, ANY, 0, 0},
    [MX_PRIM_SLICE_UPDATE_DYNAMIC] = {slice_dynamic, 3, ANY, 0, 0},
    [MX_PRIM_MASKED_SCATTER] = {masked_scatter, 3, 0, 0, 0},
    [MX_PRIM_SEARCHSORTED] = {searchsorted, 2, WORDS(mx_searchsorted_params), 0, 0},
    [MX_PRIM_UNIQUE] = {unique, 2, 0, 2, 4},
    [MX_PRIM_CONCATENATE] = {concatenate, ANY, WORDS(mx_axis_params), 0, 0},
    [MX_PRIM_SORT] = SORT,
    [MX_PRIM_ARGSORT] = SORT,
    [MX_PRIM_PARTITION] = SORT,
    [MX_PRIM_ARGPARTITION] = SORT,
    [MX_PRIM_MATMUL] = {product, 2, 0, 0, 0},
    [MX_PRIM_INTEGER_MATMUL] = {product, 2, 0, 0, 0},
    [MX_PRIM_ADDMM] = {product, 3, WORDS(mx_addmm_params), 0, 0},
    [MX_PRIM_GATHER_MM] = {product, 4, 0, 0, 0},
    [MX_PRIM_SEGMENTED_MM] = {product, 3, 0, 0, 0},
    [MX_PRIM_HADAMARD_TRANSFORM] = {hadamard, 1, WORDS(mx_hadamard_params), 0, 0},
    [MX_PRIM_CONV_GENERAL] = {conv, 2, WORDS(mx_conv_params), 0, 0},
    [MX_PRIM_CONV_WEIGHT] = {conv_weight, 2, WORDS(mx_conv_params), 0, 0},
    [MX_PRIM_QUANTIZE] = QUANTIZED(2, 2, ANY),
    [MX_PRIM_DEQUANTIZE] = QUANTIZED(4, 12, 0),
    [MX_PRIM_QUANTIZED_MATMUL] = QUANTIZED(4, 8, 0),
    [MX_PRIM_GATHER_QMM] = QUANTIZED(6, 8, 0),
    [MX_PRIM_TO_FP8] = {fp8, 1, 0, 0, 0},
    [MX_PRIM_FROM_FP8] = {fp8, 1, 0, 0, 0},
    [MX_PRIM_RMS_NORM] = {norm, 2, WORDS(mx_norm_params), 2, 0},
    [MX_PRIM_LAYER_NORM] = {norm, 3, WORDS(mx_norm_params), 6, 0},
    [MX_PRIM_ROPE] = {rope, 3, WORDS(mx_rope_params), 6, 0},
    [MX_PRIM_SCALED_DOT_PRODUCT_ATTENTION] = {attention, 5, WORDS(mx_attention_params), 24, 0},
    [MX_PRIM_CROSS_ENTROPY] = {cross_entropy, 2, 0, 0, 0},
    [MX_PRIM_GATED_DELTA_UPDATE] = {gated_delta, 7, 0, 96, 2},
    [MX_PRIM_CHOLESKY] = FACTOR(1),
    [MX_PRIM_INVERSE] = FACTOR(1),
    [MX_PRIM_SOLVE] = FACTOR(2),
    [MX_PRIM_SOLVE_TRIANGULAR] = FACTOR(2),
    [MX_PRIM_LU_FACTOR] = {factor, 1, 0, 0, 3},
    [MX_PRIM_SVD] = SPECTRAL,
    [MX_PRIM_EIGH] = SPECTRAL,
    [MX_PRIM_EIG] = SPECTRAL,
    [MX_PRIM_ARANGE] = {arange, 0, WORDS(mx_arange_params), 0, 0},
    [MX_PRIM_RANDOM_BITS] = {random_bits, 1, WORDS(mx_bits_params), 0, 0},
    [MX_PRIM_RANDOM_ERF] = {random_erf, 1, WORDS(mx_random_erf_params), 0, 0},
    [MX_PRIM_NUMBER_OF_ELEMENTS] = {count, 1, WORDS(mx_count_params), 0, 0},
    [MX_PRIM_QR] = {qr, 1, WORDS(mx_qr_params), 0, 2},
    [MX_PRIM_FFT] = {fft, 1, WORDS(mx_fft_params), 0, 0},
};

static const row *row_of(int prim) {
  static const row unary = {elementwise, 1, 0, 0, 0}, binary = {elementwise, 2, 0, 0, 0},
                   ternary = {elementwise, 3, 0, 0, 0};
  if (!mx_prim_elementwise(prim))
    return &rows[prim];
  int n = mx_prim_inputs(prim);
  return n == 1 ? &unary : n == 2 ? &binary : &ternary;
}

/* ---- checking ---- */

static bool counts_fit(const row *w, rec *r) {
  if (!w->make || (w->n_in != ANY && r->n_in != w->n_in) || r->n_out < 1 ||
      (w->n_params == ANY ? r->n_params < 1 : r->n_params != w->n_params) ||
      (w->n_out != ANY && r->n_out != (w->n_out ? w->n_out : 1)))
    return false;
  if (w->n_in == ANY && r->n_in < 1)
    return false;
  for (int i = 0; i < r->n_in; i++)
    if (!IN(i) && !(i < 32 && w->optional >> i & 1))
      return false;
  return true;
}

/* The builder made another operation than was recorded: it has arguments that no caller can give.
 */
static bool same_words(rec *r, const mx_array *a) {
  const mx_op *op = a->op;
  if (!op || op->prim != r->prim || mx_prim_view(r->prim))
    return true;
  return (int)op->n_params == r->n_params &&
         (!r->n_params || !memcmp(op->params, r->params, (size_t)r->n_params * sizeof *r->params));
}

static bool is_spec(const mx_array *a, const mx_spec *s) {
  return a->dtype == s->dtype && a->ndim == s->ndim &&
         (!s->ndim || !memcmp(a->shape, s->shape, (size_t)s->ndim * sizeof *s->shape));
}

int mx_rebuild(const mx_op_record *r, mx_array **out) {
  const row *w = row_of(r->prim);
  if (!w->make)
    return mx_fail(MX_VALUE, "[%s] the operation cannot stand in a file", mx_prim_name(r->prim));
  mx_array *a = counts_fit(w, r) ? w->make(r) : wrong(r);
  if (!a)
    return 1;
  bool several = a->op && a->op->prim == r->prim && a->op->n_out == r->n_out && a->index == 0;
  if ((r->n_out > 1 && !several) || !same_words(r, a))
    return !wrong(r);
  for (int i = 0; i < r->n_out; i++) {
    out[i] = several ? a->op->out[i] : a;
    const mx_spec *s = &r->specs[i];
    if (!is_spec(out[i], s) && r->n_out == 1) /* a builder keeps other axes of length 1 */
      out[i] = mx_reshape(a, (mx_ints){s->shape, s->ndim}, r->s);
    if (!out[i] || !is_spec(out[i], s))
      return !wrong(r);
  }
  return 0;
}

int mx_prim_named(const char *name) {
  for (int i = 0; i < MX_PRIM_COUNT; i++)
    if (!strcmp(mx_prim_name(i), name))
      return i;
  return -1;
}
