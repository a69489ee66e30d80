/* Transformation rules of block quantization. Codes are integers and have no gradient; numbers are
 * linear in scales and biases, and products linear in the numbers. */
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

enum { AFFINE, MXFP4, NVFP4, MXFP8 };

static const char *const mode_names[] = {"affine", "mxfp4", "nvfp4", "mxfp8"};

static const mx_quant_params *params_of(const mx_op *op) {
  return (const mx_quant_params *)op->params;
}

static mlx_optional_int some(int64_t n) {
  return (mlx_optional_int){(int)n, true};
}

/* (..., K) as (..., K / group, group). */
static mx_array *grouped(mx_array *a, int64_t group, mx_stream *s) {
  return a ? mx_unflatten(a, -1, MX_INTS(a->shape[a->ndim - 1] / group, group), s) : NULL;
}

static mx_array *group_sum(mx_array *a, int64_t group, mx_stream *s) {
  a = grouped(a, group, s);
  return a ? mx_sum_axis(a, -1, false, s) : NULL;
}

/* The codes of affine weights as numbers. */
static mx_array *codes_of(const mx_quant_params *p, mx_array *w, mx_array *scales, mx_stream *s) {
  mx_array *one = mx_number(1, scales), *zero = mx_number(0, scales);
  one = one ? mx_broadcast_to(one, mx_shape_of(scales), s) : NULL;
  zero = zero ? mx_broadcast_to(zero, mx_shape_of(scales), s) : NULL;
  mlx_optional_dtype none = {MLX_FLOAT32, false};
  if (!one || !zero)
    return NULL;
  return mx_dequantize(w, one, zero, some(p->group), some(p->bits), mode_names[p->mode], NULL, none,
                       s);
}

/* Gradients to inputs 1, scales, and 2, biases, of affine weights from that of their numbers,
 * counted from input `first`. */
static int to_scales_and_biases(const mx_vjp_call *c, int first, mx_array *g) {
  const mx_quant_params *p = params_of(c->op);
  mx_stream *s = c->s;
  mx_array *scales = c->in[first + 1];
  if (!g)
    return 1;
  if (c->want[first + 1]) {
    mx_array *codes = codes_of(p, c->in[first], scales, s);
    mx_array *r = group_sum(mx_multiply(mx_wide(g, s), codes, s), p->group, s);
    if (!(c->grad[first + 1] = r))
      return 1;
  }
  return MX_GRAD(c, first + 2, group_sum(mx_wide(g, s), p->group, s));
}

/* Codes, and the scales of block formats, are no numbers. */
static int refuse(const mx_vjp_call *c, const char *op, int first) {
  const mx_quant_params *p = params_of(c->op);
  if (c->want[first])
    return mx_fail(MX_RUNTIME, "[%s] no gradient with respect to the quantized weights", op);
  if (p->mode != AFFINE && c->want[first + 1])
    return mx_fail(MX_VALUE, "[%s] no gradient with respect to scales in %s quantization", op,
                   mode_names[p->mode]);
  return 0;
}

/* ---- quantize ---- */

/* A group's bias is its element e farthest from zero, its scale e over a whole number; where the
 * bias is 0 both are constants. Codes of one bit span the group: bias the least element, scale the
 * difference to the largest. */
static mx_array *to_weights(const mx_vjp_call *c, mx_array *gs, mx_array *gb) {
  const mx_quant_params *p = params_of(c->op);
  mx_stream *s = c->s;
  mx_array *w = grouped(mx_wide(c->in[0], s), p->group, s);
  mx_array *scales = mx_expand_dims(mx_wide(c->out[1], s), -1, s);
  mx_array *biases = mx_expand_dims(mx_wide(c->out[2], s), -1, s);
  gs = gs ? mx_expand_dims(mx_wide(gs, s), -1, s) : scales ? mx_zeros_of(scales, s) : NULL;
  gb = gb ? mx_expand_dims(mx_wide(gb, s), -1, s) : biases ? mx_zeros_of(biases, s) : NULL;
  if (!w || !scales || !biases || !gs || !gb)
    return NULL;
  mx_array *zero = mx_number(0, biases), *one = mx_number(1, biases), *far = NULL, *d;
  if (p->bits == 1) {
    mx_array *most = mx_max_axis(w, -1, true, s);
    far = mx_cast(mx_equal(w, most, s), (mlx_dtype)w->dtype, s);
    far = far ? mx_divide(far, mx_sum_axis(far, -1, true, s), s) : NULL;
    far = mx_multiply(far, gs, s);
    d = mx_subtract(gb, gs, s);
  } else {
    mx_array *some_bias = mx_not_equal(biases, zero, s);
    mx_array *by = mx_divide(scales, mx_where(some_bias, biases, one, s), s);
    d = mx_where(some_bias, mx_add(gb, mx_multiply(gs, by, s), s), zero, s);
  }
  mx_array *is = mx_cast(mx_equal(w, biases, s), (mlx_dtype)w->dtype, s);
  mx_array *times = is ? mx_maximum(mx_sum_axis(is, -1, true, s), one, s) : NULL;
  mx_array *r = mx_multiply(is, mx_divide(d, times, s), s);
  if (far)
    r = mx_add(r, far, s);
  return r ? mx_flatten(r, -2, -1, s) : NULL;
}

int mx_vjp_quantize(const mx_vjp_call *c) {
  if (params_of(c->op)->mode != AFFINE || (!c->g[1] && !c->g[2]))
    return 0;
  return MX_GRAD(c, 0, to_weights(c, c->g[1], c->g[2]));
}

int mx_remake_quantize(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_quant_params *p = params_of(op);
  mx_vec all = {NULL, 0};
  int bad = mx_quantize(&all, in[0], some(p->group), some(p->bits), mode_names[p->mode], in[1],
                        op->stream);
  if (!bad)
    memcpy(out, all.p, all.n * sizeof *out);
  free(all.p);
  return bad;
}

int mx_vmap_quantize(const mx_vmap_call *c) {
  if (c->in[1] && c->axis[1] >= 0)
    return mx_vmap_loop(c);
  mx_array *in[] = {mx_vmap_front(c, 0, true), c->in[1]};
  for (int i = 0; i < c->op->n_out; i++)
    c->out_axis[i] = 0;
  return mx_remake_quantize(c->op, in, c->out);
}

/* ---- dequantize ---- */

int mx_vjp_dequantize(const mx_vjp_call *c) {
  const mx_quant_params *p = params_of(c->op);
  mx_stream *s = c->s;
  if (c->in[3] && c->want[3]) { /* the result is proportional to the global scale */
    mx_array *r = mx_multiply(mx_wide(c->g[0], s), mx_wide(c->out[0], s), s);
    r = r ? mx_reshape(mx_sum(r, false, s), mx_shape_of(c->in[3]), s) : NULL;
    if (!(c->grad[3] = mx_divide(r, c->in[3], s)))
      return 1;
  }
  if (p->mode == AFFINE)
    return to_scales_and_biases(c, 0, c->g[0]);
  return c->want[1] && mx_fail(MX_VALUE, "[dequantize] no gradient with respect to scales in %s "
                               "quantization", mode_names[p->mode]);
}

int mx_remake_dequantize(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_quant_params *p = params_of(op);
  mlx_optional_dtype t = {(mlx_dtype)op->out[0]->dtype, p->mode != AFFINE};
  return mx_remade(out, mx_dequantize(in[0], in[1], in[2], some(p->group), some(p->bits),
                                      mode_names[p->mode], in[3], t, op->stream));
}

int mx_vmap_dequantize(const mx_vmap_call *c) {
  if (c->in[3] && c->axis[3] >= 0)
    return mx_vmap_loop(c);
  mx_array *in[] = {mx_vmap_front(c, 0, true), mx_vmap_front(c, 1, true),
                    c->in[2] ? mx_vmap_front(c, 2, true) : NULL, c->in[3]};
  c->out_axis[0] = 0;
  return (c->in[2] && !in[2]) || mx_remake_dequantize(c->op, in, c->out);
}

/* ---- quantized_matmul ---- */

static mx_array *product(const mx_op *op, mx_array *x, mx_array *const *in, bool transpose) {
  const mx_quant_params *p = params_of(op);
  return mx_quantized_matmul(x, in[1], in[2], in[3], transpose, some(p->group), some(p->bits),
                             mode_names[p->mode], op->stream);
}

static bool one_matrix(const mx_array *w) {
  return w->ndim == 2;
}

/* (..., m, n) as (rows, n). */
static mx_array *as_rows(mx_array *a, mx_stream *s) {
  return a && a->ndim > 2 ? mx_flatten(a, 0, -2, s) : a;
}

/* What the numbers of w get, in their shape: g^T x or x^T g, summed over what shares w. */
static mx_array *to_numbers(const mx_vjp_call *c) {
  const mx_quant_params *p = params_of(c->op);
  mx_stream *s = c->s;
  const mx_array *w = c->in[1];
  mx_array *g = c->g[0], *x = mx_cast(c->in[0], (mlx_dtype)g->dtype, s);
  if (one_matrix(w)) {
    g = as_rows(g, s);
    x = as_rows(x, s);
  }
  mx_array *r = p->transpose ? mx_matmul(mx_turn(g, s), x, s) : mx_matmul(mx_turn(x, s), g, s);
  if (!r || r->ndim == 2)
    return r;
  int64_t shape[MX_MAX_NDIM];
  memcpy(shape, w->shape, (size_t)w->ndim * sizeof *shape);
  shape[w->ndim - 1] = r->shape[r->ndim - 1];
  mx_array like = {.ndim = w->ndim, .shape = shape};
  return mx_unbroadcast(r, &like, s);
}

int mx_vjp_quantized_matmul(const mx_vjp_call *c) {
  if (refuse(c, "quantized_matmul", 1))
    return 1;
  if (c->want[0]) {
    mx_array *r = product(c->op, c->g[0], c->in, !params_of(c->op)->transpose);
    if (!(c->grad[0] = r ? mx_unbroadcast(r, c->in[0], c->s) : NULL))
      return 1;
  }
  if (c->want[2] || (c->in[3] && c->want[3]))
    return to_scales_and_biases(c, 1, to_numbers(c));
  return 0;
}

int mx_remake_quantized_matmul(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, product(op, in[0], in, params_of(op)->transpose));
}

/* Input i with the further axis, in front of as many others as its partners have. */
static mx_array *lead(const mx_vmap_call *c, int i, int ndim) {
  return c->in[i] ? mx_lead_align(mx_vmap_front(c, i, true), ndim, c->s) : NULL;
}

int mx_vmap_quantized_matmul(const mx_vmap_call *c) {
  bool own = c->axis[1] >= 0 || c->axis[2] >= 0 || (c->in[3] && c->axis[3] >= 0);
  int nx = c->in[0]->ndim - (c->axis[0] >= 0), nw = c->in[1]->ndim - (c->axis[1] >= 0);
  int ndim = 1 + (nx > nw ? nx : nw);
  mx_array *in[4] = {lead(c, 0, ndim), c->in[1], c->in[2], c->in[3]};
  for (int i = 1; i < 4 && own; i++)
    if (c->in[i] && !(in[i] = lead(c, i, ndim)))
      return 1;
  c->out_axis[0] = 0;
  return !in[0] || mx_remake_quantized_matmul(c->op, in, c->out);
}

/* ---- gather_qmm ---- */

static mx_array *gathered(const mx_op *op, mx_array *x, mx_array *const *in, mx_array *lhs,
                          mx_array *rhs, bool transpose) {
  const mx_quant_params *p = params_of(op);
  return mx_gather_qmm(x, in[1], in[2], in[3], lhs, rhs, transpose, some(p->group), some(p->bits),
                       mode_names[p->mode], false, op->stream);
}

static int64_t batch_of(const mx_array *a) {
  int64_t n = 1;
  for (int i = 0; i < a->ndim - 2; i++)
    n *= a->shape[i];
  return n;
}

static mx_array *one_batch(mx_array *a, mx_stream *s) {
  return mx_reshape(a, MX_INTS(batch_of(a), a->shape[a->ndim - 2], a->shape[a->ndim - 1]), s);
}

int mx_vjp_gather_qmm(const mx_vjp_call *c) {
  const mx_quant_params *p = params_of(c->op);
  mx_stream *s = c->s;
  const mx_array *w = c->in[1];
  if (refuse(c, "gather_qmm", 1))
    return 1;
  mx_array *g = one_batch(c->g[0], s), *lhs = mx_flat_index(c->in[4], batch_of(c->in[0]), s);
  mx_array *rhs = mx_flat_index(c->in[5], batch_of(w), s);
  if (!g || !lhs || !rhs)
    return 1;
  if (c->want[0]) {
    mx_array *all = mx_arange(0, (double)g->shape[0], 1, MLX_INT64, s);
    mx_array *each = all ? gathered(c->op, g, c->in, all, rhs, !p->transpose) : NULL;
    if (!(c->grad[0] = mx_scatter_products(mx_cast(each, (mlx_dtype)c->in[0]->dtype, s), lhs,
                                           c->in[0], s)))
      return 1;
  }
  if (!c->want[2] && !(c->in[3] && c->want[3]))
    return 0;
  mx_array *x = mx_cast(c->in[0], (mlx_dtype)g->dtype, s);
  mx_array *sum = mx_gathered_sum(x, lhs, g, rhs, batch_of(w), s);
  if (p->transpose)
    sum = mx_turn(sum, s);
  int64_t shape[MX_MAX_NDIM];
  memcpy(shape, w->shape, (size_t)w->ndim * sizeof *shape);
  shape[w->ndim - 1] = sum ? sum->shape[2] : 0;
  return to_scales_and_biases(c, 1, sum ? mx_reshape(sum, (mx_ints){shape, w->ndim}, s) : NULL);
}

int mx_remake_gather_qmm(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, gathered(op, in[0], in, in[4], in[5], params_of(op)->transpose));
}

int mx_vmap_gather_qmm(const mx_vmap_call *c) {
  bool own = c->axis[1] >= 0 || c->axis[2] >= 0 || (c->in[3] && c->axis[3] >= 0);
  if (own && c->axis[1] < 0) /* codes that differ in scales alone: indices count through codes */
    return mx_vmap_loop(c);
  mx_array *in[6] = {c->axis[0] < 0 ? c->in[0] : mx_vmap_front(c, 0, true)};
  for (int i = 1; i < 4; i++)
    in[i] = !own ? c->in[i] : c->in[i] ? mx_vmap_front(c, i, true) : NULL;
  in[4] = mx_vmap_picks(c, 0, 4);
  in[5] = mx_vmap_picks(c, 1, 5);
  c->out_axis[0] = 0;
  if (!in[0] || !in[1] || !in[2] || (c->in[3] && !in[3]) || !in[4] || !in[5])
    return 1;
  return mx_remake_gather_qmm(c->op, in, c->out);
}

/* ---- float8 ---- */

int mx_remake_to_fp8(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_to_fp8(in[0], op->stream));
}

int mx_remake_from_fp8(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_from_fp8(in[0], (mlx_dtype)op->out[0]->dtype, op->stream));
}

int mx_vmap_to_fp8(const mx_vmap_call *c) {
  return mx_vmap_done(c, mx_to_fp8(c->in[0], c->s), c->axis[0]);
}

int mx_vmap_from_fp8(const mx_vmap_call *c) {
  mlx_dtype t = (mlx_dtype)c->op->out[0]->dtype;
  return mx_vmap_done(c, mx_from_fp8(c->in[0], t, c->s), c->axis[0]);
}
