/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MX_GEN_OPS_H
#define MX_GEN_OPS_H

#include "ops/build.h"

mx_array *mx_add(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_subtract(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_multiply(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_divide(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_floor_divide(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_remainder(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_power(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_maximum(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_minimum(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_logaddexp(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_arctan2(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_equal(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_not_equal(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_greater(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_greater_equal(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_less(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_less_equal(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_logical_and(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_logical_or(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_bitwise_and(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_bitwise_or(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_bitwise_xor(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_left_shift(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_right_shift(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_fast_rms_norm(mx_array *x, mx_array *weight, float eps, mx_stream *s);
mx_array *mx_fast_layer_norm(mx_array *x, mx_array *weight, mx_array *bias, float eps,
    mx_stream *s);
mx_array *mx_fast_rope(mx_array *x, int dims, bool traditional, mlx_optional_float base,
    float scale, int offset, mx_array *freqs, mx_stream *s);
mx_array *mx_fast_rope_dynamic(mx_array *x, int dims, bool traditional, mlx_optional_float base,
    float scale, mx_array *offset, mx_array *freqs, mx_stream *s);
mx_array *mx_fast_scaled_dot_product_attention(mx_array *queries, mx_array *keys, mx_array *values,
    float scale, const char *mask_mode, mx_array *mask_arr, mx_array *sinks, mx_stream *s);
mx_array *mx_fast_cross_entropy(mx_array *logits, mx_array *targets, mx_stream *s);
int mx_fast_gated_delta_update(mx_array **res_0, mx_array **res_1, mx_array *q, mx_array *k,
    mx_array *v, mx_array *gamma, mx_array *beta, mx_array *initial_state, mx_array *mask,
    mx_stream *s);
mx_array *mx_matmul(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_addmm(mx_array *c, mx_array *a, mx_array *b, float alpha, float beta, mx_stream *s);
mx_array *mx_gather_mm(mx_array *a, mx_array *b, mx_array *lhs_indices, mx_array *rhs_indices,
    bool sorted_indices, mx_stream *s);
mx_array *mx_inner(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_outer(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_tensordot(mx_array *a, mx_array *b, mx_ints axes_a, mx_ints axes_b, mx_stream *s);
mx_array *mx_tensordot_axis(mx_array *a, mx_array *b, int axis, mx_stream *s);
int mx_quantize(mx_vec *res, mx_array *w, mlx_optional_int group_size, mlx_optional_int bits,
    const char *mode, mx_array *global_scale, mx_stream *s);
mx_array *mx_dequantize(mx_array *w, mx_array *scales, mx_array *biases,
    mlx_optional_int group_size, mlx_optional_int bits, const char *mode, mx_array *global_scale,
    mlx_optional_dtype dtype, mx_stream *s);
mx_array *mx_quantized_matmul(mx_array *x, mx_array *w, mx_array *scales, mx_array *biases,
    bool transpose, mlx_optional_int group_size, mlx_optional_int bits, const char *mode,
    mx_stream *s);
mx_array *mx_gather_qmm(mx_array *x, mx_array *w, mx_array *scales, mx_array *biases,
    mx_array *lhs_indices, mx_array *rhs_indices, bool transpose, mlx_optional_int group_size,
    mlx_optional_int bits, const char *mode, bool sorted_indices, mx_stream *s);
mx_array *mx_to_fp8(mx_array *x, mx_stream *s);
mx_array *mx_from_fp8(mx_array *x, mlx_dtype dtype, mx_stream *s);
mx_array *mx_sum(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_sum_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_sum_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_prod(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_prod_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_prod_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_min(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_min_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_min_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_max(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_max_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_max_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_all(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_all_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_all_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_any(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_any_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_any_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_mean(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_mean_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_mean_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_var(mx_array *a, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_var_axis(mx_array *a, int axis, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_var_axes(mx_array *a, mx_ints axes, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_std(mx_array *a, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_std_axis(mx_array *a, int axis, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_std_axes(mx_array *a, mx_ints axes, bool keepdims, int ddof, mx_stream *s);
mx_array *mx_argmin(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_argmin_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_argmax(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_argmax_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_logsumexp(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_logsumexp_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_logsumexp_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_softmax(mx_array *a, bool precise, mx_stream *s);
mx_array *mx_softmax_axis(mx_array *a, int axis, bool precise, mx_stream *s);
mx_array *mx_softmax_axes(mx_array *a, mx_ints axes, bool precise, mx_stream *s);
mx_array *mx_count_nonzero(mx_array *a, bool keepdims, mx_stream *s);
mx_array *mx_count_nonzero_axis(mx_array *a, int axis, bool keepdims, mx_stream *s);
mx_array *mx_count_nonzero_axes(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
int mx_minmax(mx_array **res_0, mx_array **res_1, mx_array *a, bool keepdims, mx_stream *s);
int mx_minmax_axis(mx_array **res_0, mx_array **res_1, mx_array *a, int axis, bool keepdims,
    mx_stream *s);
int mx_minmax_axes(mx_array **res_0, mx_array **res_1, mx_array *a, mx_ints axes, bool keepdims,
    mx_stream *s);
mx_array *mx_median(mx_array *a, mx_ints axes, bool keepdims, mx_stream *s);
mx_array *mx_number_of_elements(mx_array *a, mx_ints axes, bool inverted, mlx_dtype dtype,
    mx_stream *s);
mx_array *mx_cumsum(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s);
mx_array *mx_cumprod(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s);
mx_array *mx_cummax(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s);
mx_array *mx_cummin(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s);
mx_array *mx_logcumsumexp(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s);
mx_array *mx_where(mx_array *condition, mx_array *x, mx_array *y, mx_stream *s);
mx_array *mx_abs(mx_array *a, mx_stream *s);
mx_array *mx_negative(mx_array *a, mx_stream *s);
mx_array *mx_sign(mx_array *a, mx_stream *s);
mx_array *mx_square(mx_array *a, mx_stream *s);
mx_array *mx_sqrt(mx_array *a, mx_stream *s);
mx_array *mx_rsqrt(mx_array *a, mx_stream *s);
mx_array *mx_reciprocal(mx_array *a, mx_stream *s);
mx_array *mx_exp(mx_array *a, mx_stream *s);
mx_array *mx_expm1(mx_array *a, mx_stream *s);
mx_array *mx_log(mx_array *a, mx_stream *s);
mx_array *mx_log2(mx_array *a, mx_stream *s);
mx_array *mx_log10(mx_array *a, mx_stream *s);
mx_array *mx_log1p(mx_array *a, mx_stream *s);
mx_array *mx_sin(mx_array *a, mx_stream *s);
mx_array *mx_cos(mx_array *a, mx_stream *s);
mx_array *mx_tan(mx_array *a, mx_stream *s);
mx_array *mx_arcsin(mx_array *a, mx_stream *s);
mx_array *mx_arccos(mx_array *a, mx_stream *s);
mx_array *mx_arctan(mx_array *a, mx_stream *s);
mx_array *mx_sinh(mx_array *a, mx_stream *s);
mx_array *mx_cosh(mx_array *a, mx_stream *s);
mx_array *mx_tanh(mx_array *a, mx_stream *s);
mx_array *mx_arcsinh(mx_array *a, mx_stream *s);
mx_array *mx_arccosh(mx_array *a, mx_stream *s);
mx_array *mx_arctanh(mx_array *a, mx_stream *s);
mx_array *mx_sigmoid(mx_array *a, mx_stream *s);
mx_array *mx_erf(mx_array *a, mx_stream *s);
mx_array *mx_erfinv(mx_array *a, mx_stream *s);
mx_array *mx_floor(mx_array *a, mx_stream *s);
mx_array *mx_ceil(mx_array *a, mx_stream *s);
mx_array *mx_round(mx_array *a, int decimals, mx_stream *s);
mx_array *mx_isnan(mx_array *a, mx_stream *s);
mx_array *mx_isinf(mx_array *a, mx_stream *s);
mx_array *mx_isfinite(mx_array *a, mx_stream *s);
mx_array *mx_isposinf(mx_array *a, mx_stream *s);
mx_array *mx_isneginf(mx_array *a, mx_stream *s);
mx_array *mx_logical_not(mx_array *a, mx_stream *s);
mx_array *mx_bitwise_invert(mx_array *a, mx_stream *s);
mx_array *mx_real(mx_array *a, mx_stream *s);
mx_array *mx_imag(mx_array *a, mx_stream *s);
mx_array *mx_conjugate(mx_array *a, mx_stream *s);
mx_array *mx_astype(mx_array *a, mlx_dtype dtype, mx_stream *s);
mx_array *mx_degrees(mx_array *a, mx_stream *s);
mx_array *mx_radians(mx_array *a, mx_stream *s);

#endif
