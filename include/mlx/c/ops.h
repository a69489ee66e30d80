/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MLX_OPS_H
#define MLX_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "mlx/c/array.h"
#include "mlx/c/map.h"
#include "mlx/c/optional.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Sum. Of booleans, or. */
int mlx_add(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Difference. Of booleans, exclusive or. */
int mlx_subtract(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Product. Of booleans, and. */
int mlx_multiply(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Quotient, of integers as float32. */
int mlx_divide(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Quotient rounded down; an integer over zero gives zero. */
int mlx_floor_divide(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Remainder with the sign of the divisor; an integer over zero is left as it is. */
int mlx_remainder(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* First input to the power of the second; an integer to a negative power gives zero. */
int mlx_power(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Larger of two; NaN if either is. */
int mlx_maximum(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Smaller of two; NaN if either is. */
int mlx_minimum(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Logarithm of the sum of exponentials, without overflow. */
int mlx_logaddexp(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Angle of the point (b, a). */
int mlx_arctan2(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the inputs are equal. */
int mlx_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the inputs differ. */
int mlx_not_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the first input is greater. Complex numbers compare by real, then by imaginary part. */
int mlx_greater(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the first input is greater or equal. */
int mlx_greater_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the first input is less. Complex numbers compare by real, then by imaginary part. */
int mlx_less(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether the first input is less or equal. */
int mlx_less_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether both inputs are nonzero. */
int mlx_logical_and(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Whether either input is nonzero. */
int mlx_logical_or(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bitwise and. */
int mlx_bitwise_and(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bitwise or. */
int mlx_bitwise_or(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bitwise exclusive or. */
int mlx_bitwise_xor(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bits shifted left; 0 where the count is the width or more. */
int mlx_left_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bits shifted right, signed types with their sign; only the sign is left where the count is the
 * width or more. */
int mlx_right_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Cross-correlation over 1 to 3 spatial axes, of an input dilated by input_dilation and padded,
 * with a weight dilated by kernel_dilation; flip turns the weight around (a convolution). Empty
 * lists mean 1, or no padding; lists of one number hold for all axes. Float dtypes. */
int mlx_conv_general(mlx_array* res, const mlx_array input, const mlx_array weight,
    const int* stride, size_t stride_num, const int* padding_lo, size_t padding_lo_num,
    const int* padding_hi, size_t padding_hi_num,
    const int* kernel_dilation, size_t kernel_dilation_num,
    const int* input_dilation, size_t input_dilation_num, int groups, bool flip,
    const mlx_stream s);
/* Cross-correlation over one spatial axis. */
int mlx_conv1d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride,
    int padding, int dilation, int groups, const mlx_stream s);
/* Cross-correlation over two spatial axes. */
int mlx_conv2d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride_0,
    int stride_1, int padding_0, int padding_1, int dilation_0, int dilation_1, int groups,
    const mlx_stream s);
/* Cross-correlation over three spatial axes. */
int mlx_conv3d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride_0,
    int stride_1, int stride_2, int padding_0, int padding_1, int padding_2, int dilation_0,
    int dilation_1, int dilation_2, int groups, const mlx_stream s);
/* The transpose of a convolution over one spatial axis; output_padding adds to the far end of the
 * result. */
int mlx_conv_transpose1d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride,
    int padding, int dilation, int output_padding, int groups, const mlx_stream s);
/* The transpose of a convolution over two spatial axes. */
int mlx_conv_transpose2d(mlx_array* res, const mlx_array input, const mlx_array weight,
    int stride_0, int stride_1, int padding_0, int padding_1, int dilation_0, int dilation_1,
    int output_padding_0, int output_padding_1, int groups, const mlx_stream s);
/* The transpose of a convolution over three spatial axes. */
int mlx_conv_transpose3d(mlx_array* res, const mlx_array input, const mlx_array weight,
    int stride_0, int stride_1, int stride_2, int padding_0, int padding_1, int padding_2,
    int dilation_0, int dilation_1, int dilation_2, int output_padding_0, int output_padding_1,
    int output_padding_2, int groups, const mlx_stream s);
/* Convolution of two vectors; mode "full", "same" (as long as the longer input) or "valid". */
int mlx_convolve(mlx_array* res, const mlx_array a, const mlx_array v, const char* mode,
    const mlx_stream s);
/* start, start + step, ... before stop. Every element is the one before plus the step, in the
 * result's dtype. */
int mlx_arange(mlx_array* res, double start, double stop, double step, mlx_dtype dtype,
    const mlx_stream s);
/* Values broadcast to a shape, in the given dtype, in memory of its own. fill_value is the array
 * API standard's name of vals. */
int mlx_full(mlx_array* res, const int* shape, size_t shape_num, const mlx_array vals,
    mlx_dtype dtype, const mlx_stream s);
/* Values broadcast to the shape of the input. */
int mlx_full_like(mlx_array* res, const mlx_array a, const mlx_array vals, mlx_dtype dtype,
    const mlx_stream s);
/* Zeros. */
int mlx_zeros(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s);
/* Zeros of the input's shape and dtype. */
int mlx_zeros_like(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Ones. */
int mlx_ones(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s);
/* Ones of the input's shape and dtype. */
int mlx_ones_like(mlx_array* res, const mlx_array a, const mlx_stream s);
/* An array whose values nobody promises; here they are zeros. */
int mlx_empty(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s);
/* As empty, of the input's shape and dtype. */
int mlx_empty_like(mlx_array* res, const mlx_array a, const mlx_stream s);
/* An n by m matrix with ones on the k-th diagonal. */
int mlx_eye(mlx_array* res, int n, int m, int k, mlx_dtype dtype, const mlx_stream s);
/* The identity matrix. */
int mlx_identity(mlx_array* res, int n, mlx_dtype dtype, const mlx_stream s);
/* An n by m matrix with ones at and below the k-th diagonal. */
int mlx_tri(mlx_array* res, int n, int m, int k, mlx_dtype type, const mlx_stream s);
/* num values from start to stop, both included, evenly spaced. */
int mlx_linspace(mlx_array* res, double start, double stop, int num, mlx_dtype dtype,
    const mlx_stream s);
/* Hamming window of M points, 0.54 - 0.46 cos(2 pi n / (M - 1)). */
int mlx_hamming(mlx_array* res, int M, const mlx_stream s);
/* Hann window of M points, sin(pi n / (M - 1)) squared. */
int mlx_hanning(mlx_array* res, int M, const mlx_stream s);
/* Triangular window of M points, 0 at both ends. */
int mlx_bartlett(mlx_array* res, int M, const mlx_stream s);
/* Blackman window of M points, 0.42 - 0.5 cos(2 pi n / (M - 1)) + 0.08 cos(4 pi n / (M - 1)). */
int mlx_blackman(mlx_array* res, int M, const mlx_stream s);
/* Slices of slice_sizes at the positions that the index arrays give for `axes`. The result's
 * shape is that of the broadcast indices, then slice_sizes. */
int mlx_gather(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const int* axes, size_t axes_num, const int* slice_sizes, size_t slice_sizes_num,
    const mlx_stream s);
int mlx_gather_single(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const int* slice_sizes, size_t slice_sizes_num, const mlx_stream s);
/* Elements by index along an axis, or of the flattened array; the axis becomes the shape of the
 * indices. */
int mlx_take_axis(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const mlx_stream s);
int mlx_take(mlx_array* res, const mlx_array a, const mlx_array indices, const mlx_stream s);
/* Elements by index along an axis, one index for each element of the result; the other axes
 * broadcast. */
int mlx_take_along_axis(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const mlx_stream s);
/* The array with values written at indices along an axis; of equal indices the last wins. */
int mlx_put_along_axis(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array values, int axis, const mlx_stream s);
/* The array with values added at indices along an axis; equal indices add up. */
int mlx_scatter_add_axis(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array values, int axis, const mlx_stream s);
/* The array with slices of updates written (or added, multiplied, and so on) at the positions
 * that the index arrays give for `axes`. The shape of updates is that of the broadcast indices,
 * then the slice's, which has the array's number of dimensions. */
int mlx_scatter(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s);
int mlx_scatter_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s);
int mlx_scatter_add(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s);
int mlx_scatter_add_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s);
int mlx_scatter_max(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s);
int mlx_scatter_max_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s);
int mlx_scatter_min(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s);
int mlx_scatter_min_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s);
int mlx_scatter_prod(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s);
int mlx_scatter_prod_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s);
/* The array with a slice replaced by (or combined with) an update that broadcasts to it. Written
 * in place where nobody else needs the array. */
int mlx_slice_update(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s);
int mlx_slice_update_add(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s);
int mlx_slice_update_max(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s);
int mlx_slice_update_min(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s);
int mlx_slice_update_prod(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s);
/* The slice of slice_size whose start along `axes` is an array. */
int mlx_slice_dynamic(mlx_array* res, const mlx_array a, const mlx_array start,
    const int* axes, size_t axes_num, const int* slice_size, size_t slice_size_num,
    const mlx_stream s);
/* The array with an update written at a start that is an array. */
int mlx_slice_update_dynamic(mlx_array* res, const mlx_array src, const mlx_array update,
    const mlx_array start, const int* axes, size_t axes_num, const mlx_stream s);
/* The array with the places where the mask holds filled, in order, by the elements of src. */
int mlx_masked_scatter(mlx_array* res, const mlx_array a, const mlx_array mask, const mlx_array src,
    const mlx_stream s);
/* Where values would have to be inserted into a sorted vector to keep it sorted: before equal
 * ones (side left) or after them (right). uint32. */
int mlx_searchsorted(mlx_array* res, const mlx_array sorted_sequence, const mlx_array values,
    const char* side, const mlx_stream s);
/* The first `size` sorted distinct elements, the tail filled with fill_value or the first of
 * them; on request the index of the first of each, the place of every element among them, and
 * their counts. */
int mlx_unique(mlx_vector_array* res, const mlx_array a, int size, bool return_index,
    bool return_inverse, bool return_counts, const mlx_array fill_value, const mlx_stream s);
/* Arrays one after another along an axis, or all of them flattened. Dtypes promote. */
int mlx_concatenate_axis(mlx_array* res, const mlx_vector_array arrays, int axis,
    const mlx_stream s);
int mlx_concatenate(mlx_array* res, const mlx_vector_array arrays, const mlx_stream s);
/* Arrays of one shape along a new axis, by default the first. */
int mlx_stack_axis(mlx_array* res, const mlx_vector_array arrays, int axis, const mlx_stream s);
int mlx_stack(mlx_array* res, const mlx_vector_array arrays, const mlx_stream s);
/* Limits values to [a_min, a_max]; either bound may be absent. min and max are the array API
 * standard's names of them. */
int mlx_clip(mlx_array* res, const mlx_array a, const mlx_array a_min, const mlx_array a_max,
    const mlx_stream s);
/* Replaces NaN, and the infinities by the largest finite values or by those given. */
int mlx_nan_to_num(mlx_array* res, const mlx_array a, float nan, mlx_optional_float posinf,
    mlx_optional_float neginf, const mlx_stream s);
/* Whether |a - b| <= atol + rtol |b|; equal infinities are close, NaN only to NaN and with
 * equal_nan. */
int mlx_isclose(mlx_array* res, const mlx_array a, const mlx_array b, double rtol, double atol,
    bool equal_nan, const mlx_stream s);
/* Whether all elements are close, see isclose. */
int mlx_allclose(mlx_array* res, const mlx_array a, const mlx_array b, double rtol, double atol,
    bool equal_nan, const mlx_stream s);
/* Whether shapes and all elements are the same. */
int mlx_array_equal(mlx_array* res, const mlx_array a, const mlx_array b, bool equal_nan,
    const mlx_stream s);
/* Matrix product over the last two axes; the others broadcast. A vector is a row on the left and
 * a column on the right. Float and complex dtypes. */
int mlx_matmul(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* beta * c + alpha * (a @ b), with c broadcast to the shape of the product. */
int mlx_addmm(mlx_array* res, const mlx_array c, const mlx_array a, const mlx_array b, float alpha,
    float beta, const mlx_stream s);
/* Matrix products of matrices picked by index: out[i] = a[lhs_indices[i]] @ b[rhs_indices[i]],
 * where the indices count over the flattened batch axes. A missing index list counts the batch
 * itself. */
int mlx_gather_mm(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_array lhs_indices,
    const mlx_array rhs_indices, bool sorted_indices, const mlx_stream s);
/* Inner product over the last axes. */
int mlx_inner(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Outer product of the flattened inputs. */
int mlx_outer(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Sum of products over the named axes of both inputs. */
int mlx_tensordot(mlx_array* res, const mlx_array a, const mlx_array b,
    const int* axes_a, size_t axes_a_num, const int* axes_b, size_t axes_b_num, const mlx_stream s);
int mlx_tensordot_axis(mlx_array* res, const mlx_array a, const mlx_array b, int axis,
    const mlx_stream s);
/* Sum along an axis of the products of conj(a) and b. */
int mlx_vecdot(mlx_array* res, const mlx_array a, const mlx_array b, int axis, const mlx_stream s);
/* Matrix product of which blocks of block_size by block_size (32 or 64) are left out where a mask
 * over the blocks, of the result, of a or of b, is false, or are multiplied by the mask's number.
 * */
int mlx_block_masked_mm(mlx_array* res, const mlx_array a, const mlx_array b, int block_size,
    const mlx_array mask_out, const mlx_array mask_lhs, const mlx_array mask_rhs,
    const mlx_stream s);
/* Products over parts of the inner axis: out[i] = a[:, p:q] @ b[p:q, :] for each pair (p, q) of
 * segments, an array of integers of shape (..., 2). Parts beyond the axis are cut. */
int mlx_segmented_mm(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_array segments,
    const mlx_stream s);
/* Product of the last axis with the Hadamard matrix of its length n = m 2^k, m being 1, 12, 20 or
 * 28, times scale (1 / sqrt(n) where there is none). Sums in float32. */
int mlx_hadamard_transform(mlx_array* res, const mlx_array a, mlx_optional_float scale,
    const mlx_stream s);
/* Sums of products by subscripts, in Einstein's notation; "..." stands for axes without a letter.
 * Operands are taken two by two in the order that einsum_path gives. */
int mlx_einsum(mlx_array* res, const char* subscripts, const mlx_vector_array operands,
    const mlx_stream s);
/* Floor quotient and remainder: two arrays. */
int mlx_divmod(mlx_vector_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* The input, through which no gradient flows. */
int mlx_stop_gradient(mlx_array* res, const mlx_array a, const mlx_stream s);
/* The inputs, each computed only after all of the dependencies. */
int mlx_depends(mlx_vector_array* res, const mlx_vector_array inputs,
    const mlx_vector_array dependencies);
/* Quantizes along the last axis in groups. Mode affine: codes, scales and biases with w = scale *
 * code + bias; modes mxfp4, mxfp8 and nvfp4: codes and byte scales of the OCP block formats.
 * Codes are packed little-endian into uint32 words. */
int mlx_quantize(mlx_vector_array* res, const mlx_array w, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_array global_scale, const mlx_stream s);
/* The numbers that quantize packed. Dtype: that of the scales for mode affine, bfloat16 for the
 * others, unless given. */
int mlx_dequantize(mlx_array* res, const mlx_array w, const mlx_array scales,
    const mlx_array biases, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    const mlx_array global_scale, mlx_optional_dtype dtype, const mlx_stream s);
/* Product of x with a quantized matrix: x @ w.T with w of shape (N, K) when transpose, else x @ w
 * with w of shape (K, N). Accumulates in float32. */
int mlx_quantized_matmul(mlx_array* res, const mlx_array x, const mlx_array w,
    const mlx_array scales, const mlx_array biases, bool transpose, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_stream s);
/* quantized_matmul of matrices picked by index over the batch axes, as gather_mm does. */
int mlx_gather_qmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array scales,
    const mlx_array biases, const mlx_array lhs_indices, const mlx_array rhs_indices,
    bool transpose, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    bool sorted_indices, const mlx_stream s);
/* Float8 e4m3 codes (uint8), rounded to nearest even, saturating at 448. */
int mlx_to_fp8(mlx_array* res, const mlx_array x, const mlx_stream s);
/* The numbers of float8 e4m3 codes. */
int mlx_from_fp8(mlx_array* res, const mlx_array x, mlx_dtype dtype, const mlx_stream s);
/* x @ w.T with both quantized: x in the call, w there or before it, in a block format (mxfp4,
 * mxfp8, nvfp4). Dtype of x. Global scales come together and with nvfp4 alone. */
int mlx_qqmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array w_scales,
    mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    const mlx_array global_scale_x, const mlx_array global_scale_w, const mlx_stream s);
/* qqmm of matrices picked by index over the batch axes, as gather_mm does. */
int mlx_gather_qqmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array scales,
    const mlx_array lhs_indices, const mlx_array rhs_indices, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_array global_scale_x,
    const mlx_array global_scale_w, bool sorted_indices, const mlx_stream s);
/* Sum over axes; 0 of nothing. dtype is the dtype of the elements and of the sum. Halves add up
 * in float32 and are rounded once, integers wrap. */
int mlx_sum(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_sum_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_sum_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Product over axes; 1 of nothing. dtype is the dtype of the elements and of the product. */
int mlx_prod(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_prod_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_prod_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s);
/* Smallest over axes; NaN where there is one. Complex numbers order by real, then imaginary part.
 * */
int mlx_min(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_min_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_min_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Largest over axes; NaN where there is one. Complex numbers order by real, then imaginary part.
 * */
int mlx_max(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_max_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_max_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Whether all over axes are nonzero. */
int mlx_all(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_all_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_all_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Whether any over axes is nonzero. */
int mlx_any(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_any_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_any_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Mean over axes: the sum divided by the count, in the result's dtype. */
int mlx_mean(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_mean_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_mean_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s);
/* Variance over axes; the sum of squares is divided by the count less ddof. Of complex numbers it
 * is real. */
int mlx_var(mlx_array* res, const mlx_array a, bool keepdims, int ddof, const mlx_stream s);
int mlx_var_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, int ddof,
    const mlx_stream s);
int mlx_var_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    int ddof, const mlx_stream s);
/* Standard deviation over axes: the square root of var. */
int mlx_std(mlx_array* res, const mlx_array a, bool keepdims, int ddof, const mlx_stream s);
int mlx_std_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, int ddof,
    const mlx_stream s);
int mlx_std_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    int ddof, const mlx_stream s);
/* Place of the smallest along an axis (without one, of the flattened array): the first of equals,
 * and the first NaN before all. */
int mlx_argmin(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_argmin_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
/* Place of the largest along an axis (without one, of the flattened array): the first of equals,
 * and the first NaN before all. */
int mlx_argmax(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_argmax_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
/* log(sum(exp(a))) over axes, without overflow. */
int mlx_logsumexp(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_logsumexp_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s);
int mlx_logsumexp_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s);
/* exp(a) over its sum along axes (without any, over the whole array), without overflow. Halves
 * are computed in float32 and rounded once, so that `precise` changes nothing. */
int mlx_softmax(mlx_array* res, const mlx_array a, bool precise, const mlx_stream s);
int mlx_softmax_axis(mlx_array* res, const mlx_array a, int axis, bool precise, const mlx_stream s);
int mlx_softmax_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool precise, const mlx_stream s);
/* How many over axes are nonzero; int32. */
int mlx_count_nonzero(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_count_nonzero_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s);
int mlx_count_nonzero_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s);
/* Smallest and largest over axes. */
int mlx_minmax(mlx_array* res_0, mlx_array* res_1, const mlx_array a, bool keepdims,
    const mlx_stream s);
int mlx_minmax_axis(mlx_array* res_0, mlx_array* res_1, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s);
int mlx_minmax_axes(mlx_array* res_0, mlx_array* res_1, const mlx_array a,
    const int* axes, size_t axes_num, bool keepdims, const mlx_stream s);
/* Median over axes (all when none are given): the mean of the two in the middle of an even count,
 * NaN where there is one. */
int mlx_median(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* How many elements the axes hold (or one over that), as a scalar of the given dtype. */
int mlx_number_of_elements(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool inverted, mlx_dtype dtype, const mlx_stream s);
/* Running sum along an axis (Python: of the flattened array without one), each step rounded to
 * the dtype. Without `inclusive` an element does not count itself. */
int mlx_cumsum(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s);
/* Running product along an axis (Python: of the flattened array without one), each step rounded
 * to the dtype. Without `inclusive` an element does not count itself. */
int mlx_cumprod(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s);
/* Running maximum; NaN stays along an axis (Python: of the flattened array without one), each
 * step rounded to the dtype. Without `inclusive` an element does not count itself. */
int mlx_cummax(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s);
/* Running minimum; NaN stays along an axis (Python: of the flattened array without one), each
 * step rounded to the dtype. Without `inclusive` an element does not count itself. */
int mlx_cummin(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s);
/* Logarithm of the running sum of exponentials along an axis (Python: of the flattened array
 * without one), each step rounded to the dtype. Without `inclusive` an element does not count
 * itself. */
int mlx_logcumsumexp(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s);
/* The same elements in row-major order under another shape; one length may be -1 and is inferred.
 * */
int mlx_reshape(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const mlx_stream s);
/* Merges the axes start_axis to end_axis into one. */
int mlx_flatten(mlx_array* res, const mlx_array a, int start_axis, int end_axis,
    const mlx_stream s);
/* Splits one axis into several; one length may be -1 and is inferred. */
int mlx_unflatten(mlx_array* res, const mlx_array a, int axis, const int* shape, size_t shape_num,
    const mlx_stream s);
/* Drops axes of length 1: all of them, or the named ones. */
int mlx_squeeze(mlx_array* res, const mlx_array a, const mlx_stream s);
int mlx_squeeze_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s);
int mlx_squeeze_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* Inserts axes of length 1 at the named places of the result. */
int mlx_expand_dims(mlx_array* res, const mlx_array a, int axis, const mlx_stream s);
int mlx_expand_dims_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* Permutes the axes; reverses them where none are given. */
int mlx_transpose(mlx_array* res, const mlx_array a, const mlx_stream s);
int mlx_transpose_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* Exchanges two axes. */
int mlx_swapaxes(mlx_array* res, const mlx_array a, int axis1, int axis2, const mlx_stream s);
/* Moves one axis to another place; the others keep their order. */
int mlx_moveaxis(mlx_array* res, const mlx_array a, int source, int destination,
    const mlx_stream s);
/* Exchanges the last two axes. */
int mlx_matrix_transpose(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Repeats axes of length 1, and new leading axes, to the given shape, without copying. */
int mlx_broadcast_to(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const mlx_stream s);
/* Every input broadcast to their common shape. */
int mlx_broadcast_arrays(mlx_vector_array* res, const mlx_vector_array inputs, const mlx_stream s);
/* Elements start, start + stride, ... before stop of every axis. Negative bounds count from the
 * end, bounds are clipped, strides may be negative but not 0. */
int mlx_slice(mlx_array* res, const mlx_array a, const int* start, size_t start_num,
    const int* stop, size_t stop_num, const int* strides, size_t strides_num, const mlx_stream s);
/* Any shape and element strides over the row-major elements of the input, from element offset on.
 * ValueError where that leaves the input. */
int mlx_as_strided(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const int64_t* strides, size_t strides_num, size_t offset, const mlx_stream s);
/* Diagonals of the planes of two axes, as the last axis of the result. */
int mlx_diagonal(mlx_array* res, const mlx_array a, int offset, int axis1, int axis2,
    const mlx_stream s);
/* The same bytes under another dtype; the last axis grows or shrinks with the item size. */
int mlx_view(mlx_array* res, const mlx_array a, mlx_dtype dtype, const mlx_stream s);
/* The same elements in row-major memory; the input itself where it is so. With allow_col_major,
 * column-major memory stays too. */
int mlx_contiguous(mlx_array* res, const mlx_array a, bool allow_col_major, const mlx_stream s);
/* A copy with memory of its own. */
int mlx_copy(mlx_array* res, const mlx_array a, const mlx_stream s);
/* At least one axis. */
int mlx_atleast_1d(mlx_array* res, const mlx_array a, const mlx_stream s);
/* At least two axes; a vector becomes a row. */
int mlx_atleast_2d(mlx_array* res, const mlx_array a, const mlx_stream s);
/* At least three axes; a vector of n becomes (1, n, 1), a matrix gains a last axis. */
int mlx_atleast_3d(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Reverses the order along the named axes, or along all. */
int mlx_flip(mlx_array* res, const mlx_array a, const mlx_stream s);
int mlx_flip_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s);
int mlx_flip_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* Shifts elements along axes; what leaves at one end enters at the other. Without axes, over the
 * flattened array. */
int mlx_roll(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num,
    const mlx_stream s);
int mlx_roll_axis(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num, int axis,
    const mlx_stream s);
int mlx_roll_axes(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num,
    const int* axes, size_t axes_num, const mlx_stream s);
/* Cuts an axis into equal parts, or at the given indices. */
int mlx_split(mlx_vector_array* res, const mlx_array a, int num_splits, int axis,
    const mlx_stream s);
int mlx_split_sections(mlx_vector_array* res, const mlx_array a,
    const int* indices, size_t indices_num, int axis, const mlx_stream s);
/* The slices along an axis, which they lose. */
int mlx_unstack(mlx_vector_array* res, const mlx_array x, int axis, const mlx_stream s);
/* Coordinate arrays of a grid of vectors; indexing is `xy` or `ij`. */
int mlx_meshgrid(mlx_vector_array* res, const mlx_vector_array arrays, bool sparse,
    const char* indexing, const mlx_stream s);
/* The array repeated as a whole, reps times along every axis. */
int mlx_tile(mlx_array* res, const mlx_array arr, const int* reps, size_t reps_num,
    const mlx_stream s);
/* Every element repeated in place along an axis, or of the flattened array. */
int mlx_repeat_axis(mlx_array* res, const mlx_array arr, int repeats, int axis, const mlx_stream s);
int mlx_repeat(mlx_array* res, const mlx_array arr, int repeats, const mlx_stream s);
/* Widens axes on both sides. Modes: constant, edge, reflect (without the border element),
 * symmetric (with it). */
int mlx_pad(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const int* low_pad_size, size_t low_pad_size_num,
    const int* high_pad_size, size_t high_pad_size_num, const mlx_array pad_value, const char* mode,
    const mlx_stream s);
int mlx_pad_symmetric(mlx_array* res, const mlx_array a, int pad_width, const mlx_array pad_value,
    const char* mode, const mlx_stream s);
/* Kronecker product. */
int mlx_kron(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* A matrix with the vector on its k-th diagonal, or the k-th diagonal of a matrix. */
int mlx_diag(mlx_array* res, const mlx_array a, int k, const mlx_stream s);
/* Zeros above the k-th diagonal of the last two axes. */
int mlx_tril(mlx_array* res, const mlx_array x, int k, const mlx_stream s);
/* Zeros below the k-th diagonal of the last two axes. */
int mlx_triu(mlx_array* res, const mlx_array x, int k, const mlx_stream s);
/* The n-th difference of neighbours along an axis. */
int mlx_diff(mlx_array* res, const mlx_array a, int n, int axis, const mlx_stream s);
/* Sum along the diagonals of the planes of two axes, in the given dtype. */
int mlx_trace(mlx_array* res, const mlx_array a, int offset, int axis1, int axis2, mlx_dtype dtype,
    const mlx_stream s);
/* Sorted along an axis, or flattened. */
int mlx_sort_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s);
int mlx_sort(mlx_array* res, const mlx_array a, const mlx_stream s);
/* The indices that sort along an axis, or the flattened array. uint32. */
int mlx_argsort_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s);
int mlx_argsort(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Reordered so that the element at kth is the one of the sorted array, with none larger before it
 * and none smaller after it. */
int mlx_partition_axis(mlx_array* res, const mlx_array a, int kth, int axis, const mlx_stream s);
int mlx_partition(mlx_array* res, const mlx_array a, int kth, const mlx_stream s);
/* The indices that partition, see partition. uint32. */
int mlx_argpartition_axis(mlx_array* res, const mlx_array a, int kth, int axis, const mlx_stream s);
int mlx_argpartition(mlx_array* res, const mlx_array a, int kth, const mlx_stream s);
/* The k largest elements along an axis, or of the flattened array, in ascending order. */
int mlx_topk_axis(mlx_array* res, const mlx_array a, int k, int axis, const mlx_stream s);
int mlx_topk(mlx_array* res, const mlx_array a, int k, const mlx_stream s);
/* Whether each element of a is among those of b; with invert, whether it is not. NaN is among
 * nothing. */
int mlx_isin(mlx_array* res, const mlx_array a, const mlx_array b, bool invert, const mlx_stream s);
/* The places of the elements that are not zero, in row-major order: their indices along each axis
 * (int32; int64 in arrays of 2^31 elements and more). Evaluates a. */
int mlx_nonzero(mlx_vector_array* res, const mlx_array a, const mlx_stream s);
/* The distinct elements in order, where each stands first (int32), which of them every element is
 * (int32, a's shape), and how often each is there (int32). Every NaN is distinct. Evaluates a. */
int mlx_unique_all(mlx_array* res_0, mlx_array* res_1, mlx_array* res_2, mlx_array* res_3,
    const mlx_array a, const mlx_stream s);
int mlx_unique_counts(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
int mlx_unique_inverse(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s);
int mlx_unique_values(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Each part along an axis as often as counts, a vector of integers, says. Evaluates counts. */
int mlx_repeat_counts(mlx_array* res, const mlx_array arr, const mlx_array counts, int axis,
    const mlx_stream s);
/* Moves several axes to new places; the others keep their order. */
int mlx_moveaxis_axes(mlx_array* res, const mlx_array a, const int* source, size_t source_num,
    const int* destination, size_t destination_num, const mlx_stream s);
/* Second input where the condition holds, third where not. */
int mlx_where(mlx_array* res, const mlx_array condition, const mlx_array x, const mlx_array y,
    const mlx_stream s);
/* Absolute value. Of a complex number, its magnitude. */
int mlx_abs(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Negative of the input. Booleans are refused. */
int mlx_negative(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Sign of the input: -1, 0 or 1, and NaN for NaN. Of a complex number, the number over its
 * magnitude. */
int mlx_sign(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Square of the input. */
int mlx_square(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Square root. */
int mlx_sqrt(mlx_array* res, const mlx_array a, const mlx_stream s);
/* One over the square root. */
int mlx_rsqrt(mlx_array* res, const mlx_array a, const mlx_stream s);
/* One over the input. */
int mlx_reciprocal(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Exponential. */
int mlx_exp(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Exponential minus one, accurate near zero. */
int mlx_expm1(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Natural logarithm. */
int mlx_log(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Logarithm to base two. */
int mlx_log2(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Logarithm to base ten. */
int mlx_log10(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Natural logarithm of one plus the input, accurate near zero. */
int mlx_log1p(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Sine of an angle in radians. */
int mlx_sin(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Cosine of an angle in radians. */
int mlx_cos(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Tangent of an angle in radians. */
int mlx_tan(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse sine. */
int mlx_arcsin(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse cosine. */
int mlx_arccos(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse tangent. */
int mlx_arctan(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Hyperbolic sine. */
int mlx_sinh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Hyperbolic cosine. */
int mlx_cosh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Hyperbolic tangent. */
int mlx_tanh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse hyperbolic sine. */
int mlx_arcsinh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse hyperbolic cosine. */
int mlx_arccosh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse hyperbolic tangent. */
int mlx_arctanh(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Logistic function, 1 / (1 + exp(-a)). */
int mlx_sigmoid(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Error function. */
int mlx_erf(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Inverse of the error function. */
int mlx_erfinv(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Largest whole number not above the input. */
int mlx_floor(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Smallest whole number not below the input. */
int mlx_ceil(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Rounds half to even. With decimals, to that many digits after the point. */
int mlx_round(mlx_array* res, const mlx_array a, int decimals, const mlx_stream s);
/* Whether the input is NaN. A complex number is when either part is. */
int mlx_isnan(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Whether the input is infinite. A complex number is when either part is. */
int mlx_isinf(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Whether the input is neither infinite nor NaN. */
int mlx_isfinite(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Whether the input is positive infinity. */
int mlx_isposinf(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Whether the input is negative infinity. */
int mlx_isneginf(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Whether the input is zero. */
int mlx_logical_not(mlx_array* res, const mlx_array a, const mlx_stream s);
/* All bits flipped; of booleans, not. */
int mlx_bitwise_invert(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Real part. */
int mlx_real(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Imaginary part; zero for what is not complex. */
int mlx_imag(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Complex conjugate. */
int mlx_conjugate(mlx_array* res, const mlx_array a, const mlx_stream s);
/* The input converted to another dtype. */
int mlx_astype(mlx_array* res, const mlx_array a, mlx_dtype dtype, const mlx_stream s);
/* Angle in degrees of an angle in radians. */
int mlx_degrees(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Angle in radians of an angle in degrees. */
int mlx_radians(mlx_array* res, const mlx_array a, const mlx_stream s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
