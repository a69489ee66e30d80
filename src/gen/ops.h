/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MX_GEN_OPS_H
#define MX_GEN_OPS_H

#include "mlx/c/fft.h"
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
mx_array *mx_conv_general(mx_array *input, mx_array *weight, mx_ints stride, mx_ints padding_lo,
    mx_ints padding_hi, mx_ints kernel_dilation, mx_ints input_dilation, int groups, bool flip,
    mx_stream *s);
mx_array *mx_conv1d(mx_array *input, mx_array *weight, int stride, int padding, int dilation,
    int groups, mx_stream *s);
mx_array *mx_conv2d(mx_array *input, mx_array *weight, int stride_0, int stride_1, int padding_0,
    int padding_1, int dilation_0, int dilation_1, int groups, mx_stream *s);
mx_array *mx_conv3d(mx_array *input, mx_array *weight, int stride_0, int stride_1, int stride_2,
    int padding_0, int padding_1, int padding_2, int dilation_0, int dilation_1, int dilation_2,
    int groups, mx_stream *s);
mx_array *mx_conv_transpose1d(mx_array *input, mx_array *weight, int stride, int padding,
    int dilation, int output_padding, int groups, mx_stream *s);
mx_array *mx_conv_transpose2d(mx_array *input, mx_array *weight, int stride_0, int stride_1,
    int padding_0, int padding_1, int dilation_0, int dilation_1, int output_padding_0,
    int output_padding_1, int groups, mx_stream *s);
mx_array *mx_conv_transpose3d(mx_array *input, mx_array *weight, int stride_0, int stride_1,
    int stride_2, int padding_0, int padding_1, int padding_2, int dilation_0, int dilation_1,
    int dilation_2, int output_padding_0, int output_padding_1, int output_padding_2, int groups,
    mx_stream *s);
mx_array *mx_convolve(mx_array *a, mx_array *v, const char *mode, mx_stream *s);
mx_array *mx_arange(double start, double stop, double step, mlx_dtype dtype, mx_stream *s);
mx_array *mx_full(mx_ints shape, mx_array *vals, mlx_dtype dtype, mx_stream *s);
mx_array *mx_full_like(mx_array *a, mx_array *vals, mlx_dtype dtype, mx_stream *s);
mx_array *mx_zeros(mx_ints shape, mlx_dtype dtype, mx_stream *s);
mx_array *mx_zeros_like(mx_array *a, mx_stream *s);
mx_array *mx_ones(mx_ints shape, mlx_dtype dtype, mx_stream *s);
mx_array *mx_ones_like(mx_array *a, mx_stream *s);
mx_array *mx_empty(mx_ints shape, mlx_dtype dtype, mx_stream *s);
mx_array *mx_empty_like(mx_array *a, mx_stream *s);
mx_array *mx_eye(int n, int m, int k, mlx_dtype dtype, mx_stream *s);
mx_array *mx_identity(int n, mlx_dtype dtype, mx_stream *s);
mx_array *mx_tri(int n, int m, int k, mlx_dtype type, mx_stream *s);
mx_array *mx_linspace(double start, double stop, int num, mlx_dtype dtype, mx_stream *s);
mx_array *mx_hamming(int M, mx_stream *s);
mx_array *mx_hanning(int M, mx_stream *s);
mx_array *mx_bartlett(int M, mx_stream *s);
mx_array *mx_blackman(int M, mx_stream *s);
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
mx_array *mx_fft_fft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_ifft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_rfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_irfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_fft2(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_ifft2(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_fftn(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_ifftn(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_rfft2(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_irfft2(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_rfftn(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_irfftn(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_fftshift(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_fft_ifftshift(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_fft_fftfreq(int n, double d, mx_stream *s);
mx_array *mx_fft_rfftfreq(int n, double d, mx_stream *s);
mx_array *mx_fft_hfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_ihfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s);
mx_array *mx_fft_stft(mx_array *x, int n_fft, mlx_optional_int hop_length,
    mlx_optional_int win_length, mx_array *window, bool center, const char *pad_mode,
    mlx_fft_norm norm, mlx_optional_int onesided, mx_stream *s);
mx_array *mx_fft_istft(mx_array *stft_matrix, mlx_optional_int n_fft, mlx_optional_int hop_length,
    mlx_optional_int win_length, mx_array *window, bool center, mlx_fft_norm norm,
    mlx_optional_int onesided, mlx_optional_int length, mx_stream *s);
mx_array *mx_gather(mx_array *a, mx_vec indices, mx_ints axes, mx_ints slice_sizes, mx_stream *s);
mx_array *mx_gather_single(mx_array *a, mx_array *indices, int axis, mx_ints slice_sizes,
    mx_stream *s);
mx_array *mx_take_axis(mx_array *a, mx_array *indices, int axis, mx_stream *s);
mx_array *mx_take(mx_array *a, mx_array *indices, mx_stream *s);
mx_array *mx_take_along_axis(mx_array *a, mx_array *indices, int axis, mx_stream *s);
mx_array *mx_put_along_axis(mx_array *a, mx_array *indices, mx_array *values, int axis,
    mx_stream *s);
mx_array *mx_scatter_add_axis(mx_array *a, mx_array *indices, mx_array *values, int axis,
    mx_stream *s);
mx_array *mx_scatter(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes, mx_stream *s);
mx_array *mx_scatter_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
    mx_stream *s);
mx_array *mx_scatter_add(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
    mx_stream *s);
mx_array *mx_scatter_add_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
    mx_stream *s);
mx_array *mx_scatter_max(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
    mx_stream *s);
mx_array *mx_scatter_max_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
    mx_stream *s);
mx_array *mx_scatter_min(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
    mx_stream *s);
mx_array *mx_scatter_min_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
    mx_stream *s);
mx_array *mx_scatter_prod(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
    mx_stream *s);
mx_array *mx_scatter_prod_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
    mx_stream *s);
mx_array *mx_slice_update(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
    mx_ints strides, mx_stream *s);
mx_array *mx_slice_update_add(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
    mx_ints strides, mx_stream *s);
mx_array *mx_slice_update_max(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
    mx_ints strides, mx_stream *s);
mx_array *mx_slice_update_min(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
    mx_ints strides, mx_stream *s);
mx_array *mx_slice_update_prod(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
    mx_ints strides, mx_stream *s);
mx_array *mx_slice_dynamic(mx_array *a, mx_array *start, mx_ints axes, mx_ints slice_size,
    mx_stream *s);
mx_array *mx_slice_update_dynamic(mx_array *src, mx_array *update, mx_array *start, mx_ints axes,
    mx_stream *s);
mx_array *mx_masked_scatter(mx_array *a, mx_array *mask, mx_array *src, mx_stream *s);
mx_array *mx_searchsorted(mx_array *sorted_sequence, mx_array *values, const char *side,
    mx_stream *s);
int mx_unique(mx_vec *res, mx_array *a, int size, bool return_index, bool return_inverse,
    bool return_counts, mx_array *fill_value, mx_stream *s);
mx_array *mx_concatenate_axis(mx_vec arrays, int axis, mx_stream *s);
mx_array *mx_concatenate(mx_vec arrays, mx_stream *s);
mx_array *mx_stack_axis(mx_vec arrays, int axis, mx_stream *s);
mx_array *mx_stack(mx_vec arrays, mx_stream *s);
mx_array *mx_linalg_cholesky(mx_array *a, bool upper, mx_stream *s);
mx_array *mx_linalg_cholesky_inv(mx_array *a, bool upper, mx_stream *s);
mx_array *mx_linalg_inv(mx_array *a, mx_stream *s);
mx_array *mx_linalg_tri_inv(mx_array *a, bool upper, mx_stream *s);
int mx_linalg_lu_factor(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
int mx_linalg_lu(mx_vec *res, mx_array *a, mx_stream *s);
mx_array *mx_linalg_solve(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_linalg_solve_triangular(mx_array *a, mx_array *b, bool upper, mx_stream *s);
int mx_linalg_qr(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
int mx_linalg_qr_complete(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
int mx_linalg_svd(mx_vec *res, mx_array *a, bool compute_uv, mx_stream *s);
int mx_linalg_eigh(mx_array **res_0, mx_array **res_1, mx_array *a, const char *UPLO, mx_stream *s);
mx_array *mx_linalg_eigvalsh(mx_array *a, const char *UPLO, mx_stream *s);
int mx_linalg_eig(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
mx_array *mx_linalg_eigvals(mx_array *a, mx_stream *s);
mx_array *mx_linalg_pinv(mx_array *a, mx_stream *s);
mx_array *mx_linalg_pinv_rtol(mx_array *a, mx_array *rtol, mx_stream *s);
mx_array *mx_linalg_det(mx_array *a, mx_stream *s);
int mx_linalg_slogdet(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
mx_array *mx_linalg_matrix_power(mx_array *a, int n, mx_stream *s);
mx_array *mx_linalg_matrix_rank(mx_array *a, mx_array *rtol, mx_stream *s);
mx_array *mx_linalg_svdvals(mx_array *a, mx_stream *s);
mx_array *mx_linalg_vector_norm(mx_array *a, double ord, mx_ints axis, bool keepdims, mx_stream *s);
mx_array *mx_linalg_norm(mx_array *a, double ord, mx_ints axis, bool keepdims, mx_stream *s);
mx_array *mx_linalg_norm_matrix(mx_array *a, const char *ord, mx_ints axis, bool keepdims,
    mx_stream *s);
mx_array *mx_linalg_norm_l2(mx_array *a, mx_ints axis, bool keepdims, mx_stream *s);
mx_array *mx_linalg_cross(mx_array *a, mx_array *b, int axis, mx_stream *s);
mx_array *mx_clip(mx_array *a, mx_array *a_min, mx_array *a_max, mx_stream *s);
mx_array *mx_nan_to_num(mx_array *a, float nan, mlx_optional_float posinf,
    mlx_optional_float neginf, mx_stream *s);
mx_array *mx_isclose(mx_array *a, mx_array *b, double rtol, double atol, bool equal_nan,
    mx_stream *s);
mx_array *mx_allclose(mx_array *a, mx_array *b, double rtol, double atol, bool equal_nan,
    mx_stream *s);
mx_array *mx_array_equal(mx_array *a, mx_array *b, bool equal_nan, mx_stream *s);
mx_array *mx_matmul(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_addmm(mx_array *c, mx_array *a, mx_array *b, float alpha, float beta, mx_stream *s);
mx_array *mx_gather_mm(mx_array *a, mx_array *b, mx_array *lhs_indices, mx_array *rhs_indices,
    bool sorted_indices, mx_stream *s);
mx_array *mx_inner(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_outer(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_tensordot(mx_array *a, mx_array *b, mx_ints axes_a, mx_ints axes_b, mx_stream *s);
mx_array *mx_tensordot_axis(mx_array *a, mx_array *b, int axis, mx_stream *s);
mx_array *mx_vecdot(mx_array *a, mx_array *b, int axis, mx_stream *s);
mx_array *mx_block_masked_mm(mx_array *a, mx_array *b, int block_size, mx_array *mask_out,
    mx_array *mask_lhs, mx_array *mask_rhs, mx_stream *s);
mx_array *mx_segmented_mm(mx_array *a, mx_array *b, mx_array *segments, mx_stream *s);
mx_array *mx_hadamard_transform(mx_array *a, mlx_optional_float scale, mx_stream *s);
mx_array *mx_einsum(const char *subscripts, mx_vec operands, mx_stream *s);
int mx_divmod(mx_vec *res, mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_stop_gradient(mx_array *a, mx_stream *s);
int mx_depends(mx_vec *res, mx_vec inputs, mx_vec dependencies);
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
mx_array *mx_qqmm(mx_array *x, mx_array *w, mx_array *w_scales, mlx_optional_int group_size,
    mlx_optional_int bits, const char *mode, mx_array *global_scale_x, mx_array *global_scale_w,
    mx_stream *s);
mx_array *mx_gather_qqmm(mx_array *x, mx_array *w, mx_array *scales, mx_array *lhs_indices,
    mx_array *rhs_indices, mlx_optional_int group_size, mlx_optional_int bits, const char *mode,
    mx_array *global_scale_x, mx_array *global_scale_w, bool sorted_indices, mx_stream *s);
mx_array *mx_random_bits(mx_ints shape, int width, mx_array *key, mx_stream *s);
mx_array *mx_random_key(uint64_t seed);
int mx_random_seed(uint64_t seed);
mx_array *mx_random_split_num(mx_array *key, int num, mx_stream *s);
int mx_random_split(mx_array **res_0, mx_array **res_1, mx_array *key, mx_stream *s);
mx_array *mx_random_uniform(mx_array *low, mx_array *high, mx_ints shape, mlx_dtype dtype,
    mx_array *key, mx_stream *s);
mx_array *mx_random_normal_broadcast(mx_ints shape, mlx_dtype dtype, mx_array *loc, mx_array *scale,
    mx_array *key, mx_stream *s);
mx_array *mx_random_normal(mx_ints shape, mlx_dtype dtype, float loc, float scale, mx_array *key,
    mx_stream *s);
mx_array *mx_random_bernoulli(mx_array *p, mx_ints shape, mx_array *key, mx_stream *s);
mx_array *mx_random_randint(mx_array *low, mx_array *high, mx_ints shape, mlx_dtype dtype,
    mx_array *key, mx_stream *s);
mx_array *mx_random_truncated_normal(mx_array *lower, mx_array *upper, mx_ints shape,
    mlx_dtype dtype, mx_array *key, mx_stream *s);
mx_array *mx_random_gumbel(mx_ints shape, mlx_dtype dtype, mx_array *key, mx_stream *s);
mx_array *mx_random_laplace(mx_ints shape, mlx_dtype dtype, float loc, float scale, mx_array *key,
    mx_stream *s);
mx_array *mx_random_categorical_shape(mx_array *logits, int axis, mx_ints shape, mx_array *key,
    mx_stream *s);
mx_array *mx_random_categorical_num_samples(mx_array *logits_, int axis, int num_samples,
    mx_array *key, mx_stream *s);
mx_array *mx_random_categorical(mx_array *logits, int axis, mx_array *key, mx_stream *s);
mx_array *mx_random_permutation(mx_array *x, int axis, mx_array *key, mx_stream *s);
mx_array *mx_random_permutation_arange(int x, mx_array *key, mx_stream *s);
mx_array *mx_random_multivariate_normal(mx_array *mean, mx_array *cov, mx_ints shape,
    mlx_dtype dtype, mx_array *key, mx_stream *s);
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
mx_array *mx_reshape(mx_array *a, mx_ints shape, mx_stream *s);
mx_array *mx_flatten(mx_array *a, int start_axis, int end_axis, mx_stream *s);
mx_array *mx_unflatten(mx_array *a, int axis, mx_ints shape, mx_stream *s);
mx_array *mx_squeeze(mx_array *a, mx_stream *s);
mx_array *mx_squeeze_axis(mx_array *a, int axis, mx_stream *s);
mx_array *mx_squeeze_axes(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_expand_dims(mx_array *a, int axis, mx_stream *s);
mx_array *mx_expand_dims_axes(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_transpose(mx_array *a, mx_stream *s);
mx_array *mx_transpose_axes(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_swapaxes(mx_array *a, int axis1, int axis2, mx_stream *s);
mx_array *mx_moveaxis(mx_array *a, int source, int destination, mx_stream *s);
mx_array *mx_matrix_transpose(mx_array *a, mx_stream *s);
mx_array *mx_broadcast_to(mx_array *a, mx_ints shape, mx_stream *s);
int mx_broadcast_arrays(mx_vec *res, mx_vec inputs, mx_stream *s);
mx_array *mx_slice(mx_array *a, mx_ints start, mx_ints stop, mx_ints strides, mx_stream *s);
mx_array *mx_as_strided(mx_array *a, mx_ints shape, mx_ints strides, size_t offset, mx_stream *s);
mx_array *mx_diagonal(mx_array *a, int offset, int axis1, int axis2, mx_stream *s);
mx_array *mx_view(mx_array *a, mlx_dtype dtype, mx_stream *s);
mx_array *mx_contiguous(mx_array *a, bool allow_col_major, mx_stream *s);
mx_array *mx_copy(mx_array *a, mx_stream *s);
mx_array *mx_atleast_1d(mx_array *a, mx_stream *s);
mx_array *mx_atleast_2d(mx_array *a, mx_stream *s);
mx_array *mx_atleast_3d(mx_array *a, mx_stream *s);
mx_array *mx_flip(mx_array *a, mx_stream *s);
mx_array *mx_flip_axis(mx_array *a, int axis, mx_stream *s);
mx_array *mx_flip_axes(mx_array *a, mx_ints axes, mx_stream *s);
mx_array *mx_roll(mx_array *a, mx_ints shift, mx_stream *s);
mx_array *mx_roll_axis(mx_array *a, mx_ints shift, int axis, mx_stream *s);
mx_array *mx_roll_axes(mx_array *a, mx_ints shift, mx_ints axes, mx_stream *s);
int mx_split(mx_vec *res, mx_array *a, int num_splits, int axis, mx_stream *s);
int mx_split_sections(mx_vec *res, mx_array *a, mx_ints indices, int axis, mx_stream *s);
int mx_unstack(mx_vec *res, mx_array *x, int axis, mx_stream *s);
int mx_meshgrid(mx_vec *res, mx_vec arrays, bool sparse, const char *indexing, mx_stream *s);
mx_array *mx_tile(mx_array *arr, mx_ints reps, mx_stream *s);
mx_array *mx_repeat_axis(mx_array *arr, int repeats, int axis, mx_stream *s);
mx_array *mx_repeat(mx_array *arr, int repeats, mx_stream *s);
mx_array *mx_pad(mx_array *a, mx_ints axes, mx_ints low_pad_size, mx_ints high_pad_size,
    mx_array *pad_value, const char *mode, mx_stream *s);
mx_array *mx_pad_symmetric(mx_array *a, int pad_width, mx_array *pad_value, const char *mode,
    mx_stream *s);
mx_array *mx_kron(mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_diag(mx_array *a, int k, mx_stream *s);
mx_array *mx_tril(mx_array *x, int k, mx_stream *s);
mx_array *mx_triu(mx_array *x, int k, mx_stream *s);
mx_array *mx_diff(mx_array *a, int n, int axis, mx_stream *s);
mx_array *mx_trace(mx_array *a, int offset, int axis1, int axis2, mlx_dtype dtype, mx_stream *s);
mx_array *mx_sort_axis(mx_array *a, int axis, mx_stream *s);
mx_array *mx_sort(mx_array *a, mx_stream *s);
mx_array *mx_argsort_axis(mx_array *a, int axis, mx_stream *s);
mx_array *mx_argsort(mx_array *a, mx_stream *s);
mx_array *mx_partition_axis(mx_array *a, int kth, int axis, mx_stream *s);
mx_array *mx_partition(mx_array *a, int kth, mx_stream *s);
mx_array *mx_argpartition_axis(mx_array *a, int kth, int axis, mx_stream *s);
mx_array *mx_argpartition(mx_array *a, int kth, mx_stream *s);
mx_array *mx_topk_axis(mx_array *a, int k, int axis, mx_stream *s);
mx_array *mx_topk(mx_array *a, int k, mx_stream *s);
mx_array *mx_isin(mx_array *a, mx_array *b, bool invert, mx_stream *s);
int mx_nonzero(mx_vec *res, mx_array *a, mx_stream *s);
int mx_unique_all(mx_array **res_0, mx_array **res_1, mx_array **res_2, mx_array **res_3,
    mx_array *a, mx_stream *s);
int mx_unique_counts(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
int mx_unique_inverse(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s);
mx_array *mx_unique_values(mx_array *a, mx_stream *s);
mx_array *mx_repeat_counts(mx_array *arr, mx_array *counts, int axis, mx_stream *s);
mx_array *mx_moveaxis_axes(mx_array *a, mx_ints source, mx_ints destination, mx_stream *s);
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
