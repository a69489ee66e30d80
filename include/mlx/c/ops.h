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
/* Bits shifted left. The count is taken modulo 32, of 64-bit types modulo 64. */
int mlx_left_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
/* Bits shifted right, signed types with their sign. The count is taken modulo 32, of 64-bit types
 * modulo 64. */
int mlx_right_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s);
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
/* Sum over axes; 0 of nothing. Halves add up in float32 and are rounded once, integers wrap. */
int mlx_sum(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s);
int mlx_sum_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s);
int mlx_sum_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s);
/* Product over axes; 1 of nothing. */
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
/* Second input where the condition holds, third where not. */
int mlx_where(mlx_array* res, const mlx_array condition, const mlx_array x, const mlx_array y,
    const mlx_stream s);
/* Absolute value. Of a complex number, its magnitude. */
int mlx_abs(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Negative of the input. Booleans are refused. */
int mlx_negative(mlx_array* res, const mlx_array a, const mlx_stream s);
/* Sign of the input: -1, 0 or 1, and 0 for NaN. Of a complex number, the number over its
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
