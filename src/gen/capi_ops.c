/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "mlx/c/ops.h"

#include <stdlib.h>

#include "capi/capi.h"
#include "gen/ops.h"

int mlx_add(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_add(mx_in(a, "add"), mx_in(b, "add"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_subtract(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_subtract(mx_in(a, "subtract"), mx_in(b, "subtract"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_multiply(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_multiply(mx_in(a, "multiply"), mx_in(b, "multiply"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_divide(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_divide(mx_in(a, "divide"), mx_in(b, "divide"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_floor_divide(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_floor_divide(mx_in(a, "floor_divide"), mx_in(b, "floor_divide"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_remainder(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_remainder(mx_in(a, "remainder"), mx_in(b, "remainder"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_power(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_power(mx_in(a, "power"), mx_in(b, "power"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_maximum(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_maximum(mx_in(a, "maximum"), mx_in(b, "maximum"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_minimum(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_minimum(mx_in(a, "minimum"), mx_in(b, "minimum"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logaddexp(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logaddexp(mx_in(a, "logaddexp"), mx_in(b, "logaddexp"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arctan2(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arctan2(mx_in(a, "arctan2"), mx_in(b, "arctan2"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_equal(mx_in(a, "equal"), mx_in(b, "equal"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_not_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_not_equal(mx_in(a, "not_equal"), mx_in(b, "not_equal"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_greater(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_greater(mx_in(a, "greater"), mx_in(b, "greater"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_greater_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_greater_equal(mx_in(a, "greater_equal"), mx_in(b, "greater_equal"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_less(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_less(mx_in(a, "less"), mx_in(b, "less"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_less_equal(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_less_equal(mx_in(a, "less_equal"), mx_in(b, "less_equal"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logical_and(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logical_and(mx_in(a, "logical_and"), mx_in(b, "logical_and"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logical_or(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logical_or(mx_in(a, "logical_or"), mx_in(b, "logical_or"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_bitwise_and(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_bitwise_and(mx_in(a, "bitwise_and"), mx_in(b, "bitwise_and"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_bitwise_or(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_bitwise_or(mx_in(a, "bitwise_or"), mx_in(b, "bitwise_or"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_bitwise_xor(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_bitwise_xor(mx_in(a, "bitwise_xor"), mx_in(b, "bitwise_xor"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_left_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_left_shift(mx_in(a, "left_shift"), mx_in(b, "left_shift"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_right_shift(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_right_shift(mx_in(a, "right_shift"), mx_in(b, "right_shift"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv_general(mlx_array* res, const mlx_array input, const mlx_array weight,
    const int* stride, size_t stride_num, const int* padding_lo, size_t padding_lo_num,
    const int* padding_hi, size_t padding_hi_num,
    const int* kernel_dilation, size_t kernel_dilation_num,
    const int* input_dilation, size_t input_dilation_num, int groups, bool flip,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list stride_l = {.many = NULL};
  mx_int_list padding_lo_l = {.many = NULL};
  mx_int_list padding_hi_l = {.many = NULL};
  mx_int_list kernel_dilation_l = {.many = NULL};
  mx_int_list input_dilation_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&stride_l, stride, stride_num, "conv_general") ||
      mx_in_ints(&padding_lo_l, padding_lo, padding_lo_num, "conv_general") ||
      mx_in_ints(&padding_hi_l, padding_hi, padding_hi_num, "conv_general") ||
      mx_in_ints(&kernel_dilation_l, kernel_dilation, kernel_dilation_num, "conv_general") ||
      mx_in_ints(&input_dilation_l, input_dilation, input_dilation_num, "conv_general")))
    r = mx_conv_general(mx_in(input, "conv_general"), mx_in(weight, "conv_general"), stride_l.v, padding_lo_l.v, padding_hi_l.v, kernel_dilation_l.v, input_dilation_l.v, groups, flip, mx_in_stream(s));
  mx_int_list_free(&stride_l);
  mx_int_list_free(&padding_lo_l);
  mx_int_list_free(&padding_hi_l);
  mx_int_list_free(&kernel_dilation_l);
  mx_int_list_free(&input_dilation_l);
  return mx_return(res, r, scope);
}

int mlx_conv1d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride,
    int padding, int dilation, int groups, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv1d(mx_in(input, "conv1d"), mx_in(weight, "conv1d"), stride, padding, dilation, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv2d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride_0,
    int stride_1, int padding_0, int padding_1, int dilation_0, int dilation_1, int groups,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv2d(mx_in(input, "conv2d"), mx_in(weight, "conv2d"), stride_0, stride_1, padding_0, padding_1, dilation_0, dilation_1, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv3d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride_0,
    int stride_1, int stride_2, int padding_0, int padding_1, int padding_2, int dilation_0,
    int dilation_1, int dilation_2, int groups, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv3d(mx_in(input, "conv3d"), mx_in(weight, "conv3d"), stride_0, stride_1, stride_2, padding_0, padding_1, padding_2, dilation_0, dilation_1, dilation_2, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv_transpose1d(mlx_array* res, const mlx_array input, const mlx_array weight, int stride,
    int padding, int dilation, int output_padding, int groups, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv_transpose1d(mx_in(input, "conv_transpose1d"), mx_in(weight, "conv_transpose1d"), stride, padding, dilation, output_padding, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv_transpose2d(mlx_array* res, const mlx_array input, const mlx_array weight,
    int stride_0, int stride_1, int padding_0, int padding_1, int dilation_0, int dilation_1,
    int output_padding_0, int output_padding_1, int groups, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv_transpose2d(mx_in(input, "conv_transpose2d"), mx_in(weight, "conv_transpose2d"), stride_0, stride_1, padding_0, padding_1, dilation_0, dilation_1, output_padding_0, output_padding_1, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conv_transpose3d(mlx_array* res, const mlx_array input, const mlx_array weight,
    int stride_0, int stride_1, int stride_2, int padding_0, int padding_1, int padding_2,
    int dilation_0, int dilation_1, int dilation_2, int output_padding_0, int output_padding_1,
    int output_padding_2, int groups, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conv_transpose3d(mx_in(input, "conv_transpose3d"), mx_in(weight, "conv_transpose3d"), stride_0, stride_1, stride_2, padding_0, padding_1, padding_2, dilation_0, dilation_1, dilation_2, output_padding_0, output_padding_1, output_padding_2, groups, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_convolve(mlx_array* res, const mlx_array a, const mlx_array v, const char* mode,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_convolve(mx_in(a, "convolve"), mx_in(v, "convolve"), mx_in_text(mode), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arange(mlx_array* res, double start, double stop, double step, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arange(start, stop, step, dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_full(mlx_array* res, const int* shape, size_t shape_num, const mlx_array vals,
    mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "full")))
    r = mx_full(shape_l.v, mx_in(vals, "full"), dtype, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_full_like(mlx_array* res, const mlx_array a, const mlx_array vals, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_full_like(mx_in(a, "full_like"), mx_in(vals, "full_like"), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_zeros(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "zeros")))
    r = mx_zeros(shape_l.v, dtype, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_zeros_like(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_zeros_like(mx_in(a, "zeros_like"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_ones(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "ones")))
    r = mx_ones(shape_l.v, dtype, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_ones_like(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_ones_like(mx_in(a, "ones_like"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_empty(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "empty")))
    r = mx_empty(shape_l.v, dtype, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_empty_like(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_empty_like(mx_in(a, "empty_like"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_eye(mlx_array* res, int n, int m, int k, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_eye(n, m, k, dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_identity(mlx_array* res, int n, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_identity(n, dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_tri(mlx_array* res, int n, int m, int k, mlx_dtype type, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_tri(n, m, k, type, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_linspace(mlx_array* res, double start, double stop, int num, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_linspace(start, stop, num, dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_hamming(mlx_array* res, int M, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_hamming(M, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_hanning(mlx_array* res, int M, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_hanning(M, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_bartlett(mlx_array* res, int M, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_bartlett(M, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_blackman(mlx_array* res, int M, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_blackman(M, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_gather(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const int* axes, size_t axes_num, const int* slice_sizes, size_t slice_sizes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_int_list slice_sizes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "gather") ||
      mx_in_ints(&slice_sizes_l, slice_sizes, slice_sizes_num, "gather") ||
      mx_in_vector(&indices_v, indices, "gather")))
    r = mx_gather(mx_in(a, "gather"), indices_v, axes_l.v, slice_sizes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  mx_int_list_free(&slice_sizes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_gather_single(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const int* slice_sizes, size_t slice_sizes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list slice_sizes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&slice_sizes_l, slice_sizes, slice_sizes_num, "gather_single")))
    r = mx_gather_single(mx_in(a, "gather_single"), mx_in(indices, "gather_single"), axis, slice_sizes_l.v, mx_in_stream(s));
  mx_int_list_free(&slice_sizes_l);
  return mx_return(res, r, scope);
}

int mlx_take_axis(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_take_axis(mx_in(a, "take_axis"), mx_in(indices, "take_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_take(mlx_array* res, const mlx_array a, const mlx_array indices, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_take(mx_in(a, "take"), mx_in(indices, "take"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_take_along_axis(mlx_array* res, const mlx_array a, const mlx_array indices, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_take_along_axis(mx_in(a, "take_along_axis"), mx_in(indices, "take_along_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_put_along_axis(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array values, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_put_along_axis(mx_in(a, "put_along_axis"), mx_in(indices, "put_along_axis"), mx_in(values, "put_along_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter_add_axis(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array values, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_add_axis(mx_in(a, "scatter_add_axis"), mx_in(indices, "scatter_add_axis"), mx_in(values, "scatter_add_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "scatter") ||
      mx_in_vector(&indices_v, indices, "scatter")))
    r = mx_scatter(mx_in(a, "scatter"), indices_v, mx_in(updates, "scatter"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_scatter_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_single(mx_in(a, "scatter_single"), mx_in(indices, "scatter_single"), mx_in(updates, "scatter_single"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter_add(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "scatter_add") ||
      mx_in_vector(&indices_v, indices, "scatter_add")))
    r = mx_scatter_add(mx_in(a, "scatter_add"), indices_v, mx_in(updates, "scatter_add"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_scatter_add_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_add_single(mx_in(a, "scatter_add_single"), mx_in(indices, "scatter_add_single"), mx_in(updates, "scatter_add_single"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter_max(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "scatter_max") ||
      mx_in_vector(&indices_v, indices, "scatter_max")))
    r = mx_scatter_max(mx_in(a, "scatter_max"), indices_v, mx_in(updates, "scatter_max"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_scatter_max_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_max_single(mx_in(a, "scatter_max_single"), mx_in(indices, "scatter_max_single"), mx_in(updates, "scatter_max_single"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter_min(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "scatter_min") ||
      mx_in_vector(&indices_v, indices, "scatter_min")))
    r = mx_scatter_min(mx_in(a, "scatter_min"), indices_v, mx_in(updates, "scatter_min"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_scatter_min_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_min_single(mx_in(a, "scatter_min_single"), mx_in(indices, "scatter_min_single"), mx_in(updates, "scatter_min_single"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_scatter_prod(mlx_array* res, const mlx_array a, const mlx_vector_array indices,
    const mlx_array updates, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_vec indices_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "scatter_prod") ||
      mx_in_vector(&indices_v, indices, "scatter_prod")))
    r = mx_scatter_prod(mx_in(a, "scatter_prod"), indices_v, mx_in(updates, "scatter_prod"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  free(indices_v.p);
  return mx_return(res, r, scope);
}

int mlx_scatter_prod_single(mlx_array* res, const mlx_array a, const mlx_array indices,
    const mlx_array updates, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_scatter_prod_single(mx_in(a, "scatter_prod_single"), mx_in(indices, "scatter_prod_single"), mx_in(updates, "scatter_prod_single"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_slice_update(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice_update") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice_update") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice_update")))
    r = mx_slice_update(mx_in(src, "slice_update"), mx_in(update, "slice_update"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_slice_update_add(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice_update_add") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice_update_add") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice_update_add")))
    r = mx_slice_update_add(mx_in(src, "slice_update_add"), mx_in(update, "slice_update_add"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_slice_update_max(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice_update_max") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice_update_max") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice_update_max")))
    r = mx_slice_update_max(mx_in(src, "slice_update_max"), mx_in(update, "slice_update_max"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_slice_update_min(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice_update_min") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice_update_min") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice_update_min")))
    r = mx_slice_update_min(mx_in(src, "slice_update_min"), mx_in(update, "slice_update_min"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_slice_update_prod(mlx_array* res, const mlx_array src, const mlx_array update,
    const int* start, size_t start_num, const int* stop, size_t stop_num,
    const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice_update_prod") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice_update_prod") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice_update_prod")))
    r = mx_slice_update_prod(mx_in(src, "slice_update_prod"), mx_in(update, "slice_update_prod"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_slice_dynamic(mlx_array* res, const mlx_array a, const mlx_array start,
    const int* axes, size_t axes_num, const int* slice_size, size_t slice_size_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_int_list slice_size_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "slice_dynamic") ||
      mx_in_ints(&slice_size_l, slice_size, slice_size_num, "slice_dynamic")))
    r = mx_slice_dynamic(mx_in(a, "slice_dynamic"), mx_in(start, "slice_dynamic"), axes_l.v, slice_size_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  mx_int_list_free(&slice_size_l);
  return mx_return(res, r, scope);
}

int mlx_slice_update_dynamic(mlx_array* res, const mlx_array src, const mlx_array update,
    const mlx_array start, const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "slice_update_dynamic")))
    r = mx_slice_update_dynamic(mx_in(src, "slice_update_dynamic"), mx_in(update, "slice_update_dynamic"), mx_in(start, "slice_update_dynamic"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_masked_scatter(mlx_array* res, const mlx_array a, const mlx_array mask, const mlx_array src,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_masked_scatter(mx_in(a, "masked_scatter"), mx_in(mask, "masked_scatter"), mx_in(src, "masked_scatter"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_searchsorted(mlx_array* res, const mlx_array sorted_sequence, const mlx_array values,
    const char* side, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_searchsorted(mx_in(sorted_sequence, "searchsorted"), mx_in(values, "searchsorted"), mx_in_text(side), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_unique(mlx_vector_array* res, const mlx_array a, int size, bool return_index,
    bool return_inverse, bool return_counts, const mlx_array fill_value, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_unique(&r, mx_in(a, "unique"), size, return_index, return_inverse, return_counts, mx_in_optional(fill_value), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_concatenate_axis(mlx_array* res, const mlx_vector_array arrays, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec arrays_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_vector(&arrays_v, arrays, "concatenate_axis")))
    r = mx_concatenate_axis(arrays_v, axis, mx_in_stream(s));
  free(arrays_v.p);
  return mx_return(res, r, scope);
}

int mlx_concatenate(mlx_array* res, const mlx_vector_array arrays, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec arrays_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_vector(&arrays_v, arrays, "concatenate")))
    r = mx_concatenate(arrays_v, mx_in_stream(s));
  free(arrays_v.p);
  return mx_return(res, r, scope);
}

int mlx_stack_axis(mlx_array* res, const mlx_vector_array arrays, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec arrays_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_vector(&arrays_v, arrays, "stack_axis")))
    r = mx_stack_axis(arrays_v, axis, mx_in_stream(s));
  free(arrays_v.p);
  return mx_return(res, r, scope);
}

int mlx_stack(mlx_array* res, const mlx_vector_array arrays, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec arrays_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_vector(&arrays_v, arrays, "stack")))
    r = mx_stack(arrays_v, mx_in_stream(s));
  free(arrays_v.p);
  return mx_return(res, r, scope);
}

int mlx_clip(mlx_array* res, const mlx_array a, const mlx_array a_min, const mlx_array a_max,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_clip(mx_in(a, "clip"), mx_in_optional(a_min), mx_in_optional(a_max), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_nan_to_num(mlx_array* res, const mlx_array a, float nan, mlx_optional_float posinf,
    mlx_optional_float neginf, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_nan_to_num(mx_in(a, "nan_to_num"), nan, posinf, neginf, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isclose(mlx_array* res, const mlx_array a, const mlx_array b, double rtol, double atol,
    bool equal_nan, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isclose(mx_in(a, "isclose"), mx_in(b, "isclose"), rtol, atol, equal_nan, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_allclose(mlx_array* res, const mlx_array a, const mlx_array b, double rtol, double atol,
    bool equal_nan, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_allclose(mx_in(a, "allclose"), mx_in(b, "allclose"), rtol, atol, equal_nan, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_array_equal(mlx_array* res, const mlx_array a, const mlx_array b, bool equal_nan,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_array_equal(mx_in(a, "array_equal"), mx_in(b, "array_equal"), equal_nan, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_matmul(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_matmul(mx_in(a, "matmul"), mx_in(b, "matmul"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_addmm(mlx_array* res, const mlx_array c, const mlx_array a, const mlx_array b, float alpha,
    float beta, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_addmm(mx_in(c, "addmm"), mx_in(a, "addmm"), mx_in(b, "addmm"), alpha, beta, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_gather_mm(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_array lhs_indices,
    const mlx_array rhs_indices, bool sorted_indices, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_gather_mm(mx_in(a, "gather_mm"), mx_in(b, "gather_mm"), mx_in_optional(lhs_indices), mx_in_optional(rhs_indices), sorted_indices, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_inner(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_inner(mx_in(a, "inner"), mx_in(b, "inner"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_outer(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_outer(mx_in(a, "outer"), mx_in(b, "outer"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_tensordot(mlx_array* res, const mlx_array a, const mlx_array b,
    const int* axes_a, size_t axes_a_num, const int* axes_b, size_t axes_b_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_a_l = {.many = NULL};
  mx_int_list axes_b_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_a_l, axes_a, axes_a_num, "tensordot") ||
      mx_in_ints(&axes_b_l, axes_b, axes_b_num, "tensordot")))
    r = mx_tensordot(mx_in(a, "tensordot"), mx_in(b, "tensordot"), axes_a_l.v, axes_b_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_a_l);
  mx_int_list_free(&axes_b_l);
  return mx_return(res, r, scope);
}

int mlx_tensordot_axis(mlx_array* res, const mlx_array a, const mlx_array b, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_tensordot_axis(mx_in(a, "tensordot_axis"), mx_in(b, "tensordot_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_vecdot(mlx_array* res, const mlx_array a, const mlx_array b, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_vecdot(mx_in(a, "vecdot"), mx_in(b, "vecdot"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_block_masked_mm(mlx_array* res, const mlx_array a, const mlx_array b, int block_size,
    const mlx_array mask_out, const mlx_array mask_lhs, const mlx_array mask_rhs,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_block_masked_mm(mx_in(a, "block_masked_mm"), mx_in(b, "block_masked_mm"), block_size, mx_in_optional(mask_out), mx_in_optional(mask_lhs), mx_in_optional(mask_rhs), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_segmented_mm(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_array segments,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_segmented_mm(mx_in(a, "segmented_mm"), mx_in(b, "segmented_mm"), mx_in(segments, "segmented_mm"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_hadamard_transform(mlx_array* res, const mlx_array a, mlx_optional_float scale,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_hadamard_transform(mx_in(a, "hadamard_transform"), scale, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_einsum(mlx_array* res, const char* subscripts, const mlx_vector_array operands,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec operands_v = {NULL, 0};
  mx_array *r = NULL;
  if (!(mx_in_vector(&operands_v, operands, "einsum")))
    r = mx_einsum(mx_in_text(subscripts), operands_v, mx_in_stream(s));
  free(operands_v.p);
  return mx_return(res, r, scope);
}

int mlx_divmod(mlx_vector_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_divmod(&r, mx_in(a, "divmod"), mx_in(b, "divmod"), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_stop_gradient(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_stop_gradient(mx_in(a, "stop_gradient"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_depends(mlx_vector_array* res, const mlx_vector_array inputs,
    const mlx_vector_array dependencies) {
  mx_scope scope = mx_scope_open();
  mx_vec inputs_v = {NULL, 0};
  mx_vec dependencies_v = {NULL, 0};
  mx_vec r = {NULL, 0};
  int bad = mx_in_vector(&inputs_v, inputs, "depends") ||
      mx_in_vector(&dependencies_v, dependencies, "depends") || mx_depends(&r, inputs_v, dependencies_v);
  free(inputs_v.p);
  free(dependencies_v.p);
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_quantize(mlx_vector_array* res, const mlx_array w, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_array global_scale, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_quantize(&r, mx_in(w, "quantize"), group_size, bits, mx_in_text(mode), mx_in_optional(global_scale), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_dequantize(mlx_array* res, const mlx_array w, const mlx_array scales,
    const mlx_array biases, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    const mlx_array global_scale, mlx_optional_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_dequantize(mx_in(w, "dequantize"), mx_in(scales, "dequantize"), mx_in_optional(biases), group_size, bits, mx_in_text(mode), mx_in_optional(global_scale), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_quantized_matmul(mlx_array* res, const mlx_array x, const mlx_array w,
    const mlx_array scales, const mlx_array biases, bool transpose, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_quantized_matmul(mx_in(x, "quantized_matmul"), mx_in(w, "quantized_matmul"), mx_in(scales, "quantized_matmul"), mx_in_optional(biases), transpose, group_size, bits, mx_in_text(mode), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_gather_qmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array scales,
    const mlx_array biases, const mlx_array lhs_indices, const mlx_array rhs_indices,
    bool transpose, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    bool sorted_indices, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_gather_qmm(mx_in(x, "gather_qmm"), mx_in(w, "gather_qmm"), mx_in(scales, "gather_qmm"), mx_in_optional(biases), mx_in_optional(lhs_indices), mx_in_optional(rhs_indices), transpose, group_size, bits, mx_in_text(mode), sorted_indices, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_to_fp8(mlx_array* res, const mlx_array x, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_to_fp8(mx_in(x, "to_fp8"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_from_fp8(mlx_array* res, const mlx_array x, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_from_fp8(mx_in(x, "from_fp8"), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_qqmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array w_scales,
    mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    const mlx_array global_scale_x, const mlx_array global_scale_w, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_qqmm(mx_in(x, "qqmm"), mx_in(w, "qqmm"), mx_in_optional(w_scales), group_size, bits, mx_in_text(mode), mx_in_optional(global_scale_x), mx_in_optional(global_scale_w), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_gather_qqmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array scales,
    const mlx_array lhs_indices, const mlx_array rhs_indices, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_array global_scale_x,
    const mlx_array global_scale_w, bool sorted_indices, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_gather_qqmm(mx_in(x, "gather_qqmm"), mx_in(w, "gather_qqmm"), mx_in_optional(scales), mx_in_optional(lhs_indices), mx_in_optional(rhs_indices), group_size, bits, mx_in_text(mode), mx_in_optional(global_scale_x), mx_in_optional(global_scale_w), sorted_indices, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sum(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sum(mx_in(a, "sum"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sum_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sum_axis(mx_in(a, "sum_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sum_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "sum_axes")))
    r = mx_sum_axes(mx_in(a, "sum_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_prod(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_prod(mx_in(a, "prod"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_prod_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_prod_axis(mx_in(a, "prod_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_prod_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "prod_axes")))
    r = mx_prod_axes(mx_in(a, "prod_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_min(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_min(mx_in(a, "min"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_min_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_min_axis(mx_in(a, "min_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_min_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "min_axes")))
    r = mx_min_axes(mx_in(a, "min_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_max(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_max(mx_in(a, "max"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_max_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_max_axis(mx_in(a, "max_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_max_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "max_axes")))
    r = mx_max_axes(mx_in(a, "max_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_all(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_all(mx_in(a, "all"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_all_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_all_axis(mx_in(a, "all_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_all_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "all_axes")))
    r = mx_all_axes(mx_in(a, "all_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_any(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_any(mx_in(a, "any"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_any_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_any_axis(mx_in(a, "any_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_any_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "any_axes")))
    r = mx_any_axes(mx_in(a, "any_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_mean(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_mean(mx_in(a, "mean"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_mean_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_mean_axis(mx_in(a, "mean_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_mean_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "mean_axes")))
    r = mx_mean_axes(mx_in(a, "mean_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_var(mlx_array* res, const mlx_array a, bool keepdims, int ddof, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_var(mx_in(a, "var"), keepdims, ddof, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_var_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, int ddof,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_var_axis(mx_in(a, "var_axis"), axis, keepdims, ddof, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_var_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    int ddof, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "var_axes")))
    r = mx_var_axes(mx_in(a, "var_axes"), axes_l.v, keepdims, ddof, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_std(mlx_array* res, const mlx_array a, bool keepdims, int ddof, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_std(mx_in(a, "std"), keepdims, ddof, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_std_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims, int ddof,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_std_axis(mx_in(a, "std_axis"), axis, keepdims, ddof, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_std_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    int ddof, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "std_axes")))
    r = mx_std_axes(mx_in(a, "std_axes"), axes_l.v, keepdims, ddof, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_argmin(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argmin(mx_in(a, "argmin"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argmin_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argmin_axis(mx_in(a, "argmin_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argmax(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argmax(mx_in(a, "argmax"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argmax_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argmax_axis(mx_in(a, "argmax_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logsumexp(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logsumexp(mx_in(a, "logsumexp"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logsumexp_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logsumexp_axis(mx_in(a, "logsumexp_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logsumexp_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "logsumexp_axes")))
    r = mx_logsumexp_axes(mx_in(a, "logsumexp_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_softmax(mlx_array* res, const mlx_array a, bool precise, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_softmax(mx_in(a, "softmax"), precise, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_softmax_axis(mlx_array* res, const mlx_array a, int axis, bool precise,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_softmax_axis(mx_in(a, "softmax_axis"), axis, precise, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_softmax_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool precise, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "softmax_axes")))
    r = mx_softmax_axes(mx_in(a, "softmax_axes"), axes_l.v, precise, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_count_nonzero(mlx_array* res, const mlx_array a, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_count_nonzero(mx_in(a, "count_nonzero"), keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_count_nonzero_axis(mlx_array* res, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_count_nonzero_axis(mx_in(a, "count_nonzero_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_count_nonzero_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "count_nonzero_axes")))
    r = mx_count_nonzero_axes(mx_in(a, "count_nonzero_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_minmax(mlx_array* res_0, mlx_array* res_1, const mlx_array a, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_minmax(&r[0], &r[1], mx_in(a, "minmax"), keepdims, mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_minmax_axis(mlx_array* res_0, mlx_array* res_1, const mlx_array a, int axis, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_minmax_axis(&r[0], &r[1], mx_in(a, "minmax_axis"), axis, keepdims, mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_minmax_axes(mlx_array* res_0, mlx_array* res_1, const mlx_array a,
    const int* axes, size_t axes_num, bool keepdims, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r[2] = {NULL};
  int bad = mx_in_ints(&axes_l, axes, axes_num, "minmax_axes") || mx_minmax_axes(&r[0], &r[1], mx_in(a, "minmax_axes"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_median(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num, bool keepdims,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "median")))
    r = mx_median(mx_in(a, "median"), axes_l.v, keepdims, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_number_of_elements(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    bool inverted, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "number_of_elements")))
    r = mx_number_of_elements(mx_in(a, "number_of_elements"), axes_l.v, inverted, dtype, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_cumsum(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cumsum(mx_in(a, "cumsum"), axis, reverse, inclusive, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_cumprod(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cumprod(mx_in(a, "cumprod"), axis, reverse, inclusive, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_cummax(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cummax(mx_in(a, "cummax"), axis, reverse, inclusive, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_cummin(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cummin(mx_in(a, "cummin"), axis, reverse, inclusive, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logcumsumexp(mlx_array* res, const mlx_array a, int axis, bool reverse, bool inclusive,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logcumsumexp(mx_in(a, "logcumsumexp"), axis, reverse, inclusive, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_reshape(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "reshape")))
    r = mx_reshape(mx_in(a, "reshape"), shape_l.v, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_flatten(mlx_array* res, const mlx_array a, int start_axis, int end_axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_flatten(mx_in(a, "flatten"), start_axis, end_axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_unflatten(mlx_array* res, const mlx_array a, int axis, const int* shape, size_t shape_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "unflatten")))
    r = mx_unflatten(mx_in(a, "unflatten"), axis, shape_l.v, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_squeeze(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_squeeze(mx_in(a, "squeeze"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_squeeze_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_squeeze_axis(mx_in(a, "squeeze_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_squeeze_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "squeeze_axes")))
    r = mx_squeeze_axes(mx_in(a, "squeeze_axes"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_expand_dims(mlx_array* res, const mlx_array a, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_expand_dims(mx_in(a, "expand_dims"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_expand_dims_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "expand_dims_axes")))
    r = mx_expand_dims_axes(mx_in(a, "expand_dims_axes"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_transpose(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_transpose(mx_in(a, "transpose"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_transpose_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "transpose_axes")))
    r = mx_transpose_axes(mx_in(a, "transpose_axes"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_swapaxes(mlx_array* res, const mlx_array a, int axis1, int axis2, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_swapaxes(mx_in(a, "swapaxes"), axis1, axis2, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_moveaxis(mlx_array* res, const mlx_array a, int source, int destination,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_moveaxis(mx_in(a, "moveaxis"), source, destination, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_matrix_transpose(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_matrix_transpose(mx_in(a, "matrix_transpose"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_broadcast_to(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "broadcast_to")))
    r = mx_broadcast_to(mx_in(a, "broadcast_to"), shape_l.v, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_broadcast_arrays(mlx_vector_array* res, const mlx_vector_array inputs, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec inputs_v = {NULL, 0};
  mx_vec r = {NULL, 0};
  int bad = mx_in_vector(&inputs_v, inputs, "broadcast_arrays") || mx_broadcast_arrays(&r, inputs_v, mx_in_stream(s));
  free(inputs_v.p);
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_slice(mlx_array* res, const mlx_array a, const int* start, size_t start_num,
    const int* stop, size_t stop_num, const int* strides, size_t strides_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list start_l = {.many = NULL};
  mx_int_list stop_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&start_l, start, start_num, "slice") ||
      mx_in_ints(&stop_l, stop, stop_num, "slice") ||
      mx_in_ints(&strides_l, strides, strides_num, "slice")))
    r = mx_slice(mx_in(a, "slice"), start_l.v, stop_l.v, strides_l.v, mx_in_stream(s));
  mx_int_list_free(&start_l);
  mx_int_list_free(&stop_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_as_strided(mlx_array* res, const mlx_array a, const int* shape, size_t shape_num,
    const int64_t* strides, size_t strides_num, size_t offset, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_int_list strides_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "as_strided") ||
      mx_in_i64s(&strides_l, strides, strides_num, "as_strided")))
    r = mx_as_strided(mx_in(a, "as_strided"), shape_l.v, strides_l.v, offset, mx_in_stream(s));
  mx_int_list_free(&shape_l);
  mx_int_list_free(&strides_l);
  return mx_return(res, r, scope);
}

int mlx_diagonal(mlx_array* res, const mlx_array a, int offset, int axis1, int axis2,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_diagonal(mx_in(a, "diagonal"), offset, axis1, axis2, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_view(mlx_array* res, const mlx_array a, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_view(mx_in(a, "view"), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_contiguous(mlx_array* res, const mlx_array a, bool allow_col_major, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_contiguous(mx_in(a, "contiguous"), allow_col_major, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_copy(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_copy(mx_in(a, "copy"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_atleast_1d(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_atleast_1d(mx_in(a, "atleast_1d"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_atleast_2d(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_atleast_2d(mx_in(a, "atleast_2d"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_atleast_3d(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_atleast_3d(mx_in(a, "atleast_3d"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_flip(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_flip(mx_in(a, "flip"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_flip_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_flip_axis(mx_in(a, "flip_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_flip_axes(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "flip_axes")))
    r = mx_flip_axes(mx_in(a, "flip_axes"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_roll(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shift_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shift_l, shift, shift_num, "roll")))
    r = mx_roll(mx_in(a, "roll"), shift_l.v, mx_in_stream(s));
  mx_int_list_free(&shift_l);
  return mx_return(res, r, scope);
}

int mlx_roll_axis(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shift_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shift_l, shift, shift_num, "roll_axis")))
    r = mx_roll_axis(mx_in(a, "roll_axis"), shift_l.v, axis, mx_in_stream(s));
  mx_int_list_free(&shift_l);
  return mx_return(res, r, scope);
}

int mlx_roll_axes(mlx_array* res, const mlx_array a, const int* shift, size_t shift_num,
    const int* axes, size_t axes_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shift_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shift_l, shift, shift_num, "roll_axes") ||
      mx_in_ints(&axes_l, axes, axes_num, "roll_axes")))
    r = mx_roll_axes(mx_in(a, "roll_axes"), shift_l.v, axes_l.v, mx_in_stream(s));
  mx_int_list_free(&shift_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_split(mlx_vector_array* res, const mlx_array a, int num_splits, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_split(&r, mx_in(a, "split"), num_splits, axis, mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_split_sections(mlx_vector_array* res, const mlx_array a,
    const int* indices, size_t indices_num, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list indices_l = {.many = NULL};
  mx_vec r = {NULL, 0};
  int bad = mx_in_ints(&indices_l, indices, indices_num, "split_sections") || mx_split_sections(&r, mx_in(a, "split_sections"), indices_l.v, axis, mx_in_stream(s));
  mx_int_list_free(&indices_l);
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_unstack(mlx_vector_array* res, const mlx_array x, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_unstack(&r, mx_in(x, "unstack"), axis, mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_meshgrid(mlx_vector_array* res, const mlx_vector_array arrays, bool sparse,
    const char* indexing, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec arrays_v = {NULL, 0};
  mx_vec r = {NULL, 0};
  int bad = mx_in_vector(&arrays_v, arrays, "meshgrid") || mx_meshgrid(&r, arrays_v, sparse, mx_in_text(indexing), mx_in_stream(s));
  free(arrays_v.p);
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_tile(mlx_array* res, const mlx_array arr, const int* reps, size_t reps_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list reps_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&reps_l, reps, reps_num, "tile")))
    r = mx_tile(mx_in(arr, "tile"), reps_l.v, mx_in_stream(s));
  mx_int_list_free(&reps_l);
  return mx_return(res, r, scope);
}

int mlx_repeat_axis(mlx_array* res, const mlx_array arr, int repeats, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_repeat_axis(mx_in(arr, "repeat_axis"), repeats, axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_repeat(mlx_array* res, const mlx_array arr, int repeats, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_repeat(mx_in(arr, "repeat"), repeats, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_pad(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const int* low_pad_size, size_t low_pad_size_num,
    const int* high_pad_size, size_t high_pad_size_num, const mlx_array pad_value, const char* mode,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_int_list low_pad_size_l = {.many = NULL};
  mx_int_list high_pad_size_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "pad") ||
      mx_in_ints(&low_pad_size_l, low_pad_size, low_pad_size_num, "pad") ||
      mx_in_ints(&high_pad_size_l, high_pad_size, high_pad_size_num, "pad")))
    r = mx_pad(mx_in(a, "pad"), axes_l.v, low_pad_size_l.v, high_pad_size_l.v, mx_in(pad_value, "pad"), mx_in_text(mode), mx_in_stream(s));
  mx_int_list_free(&axes_l);
  mx_int_list_free(&low_pad_size_l);
  mx_int_list_free(&high_pad_size_l);
  return mx_return(res, r, scope);
}

int mlx_pad_symmetric(mlx_array* res, const mlx_array a, int pad_width, const mlx_array pad_value,
    const char* mode, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_pad_symmetric(mx_in(a, "pad_symmetric"), pad_width, mx_in(pad_value, "pad_symmetric"), mx_in_text(mode), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_kron(mlx_array* res, const mlx_array a, const mlx_array b, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_kron(mx_in(a, "kron"), mx_in(b, "kron"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_diag(mlx_array* res, const mlx_array a, int k, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_diag(mx_in(a, "diag"), k, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_tril(mlx_array* res, const mlx_array x, int k, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_tril(mx_in(x, "tril"), k, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_triu(mlx_array* res, const mlx_array x, int k, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_triu(mx_in(x, "triu"), k, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_diff(mlx_array* res, const mlx_array a, int n, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_diff(mx_in(a, "diff"), n, axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_trace(mlx_array* res, const mlx_array a, int offset, int axis1, int axis2, mlx_dtype dtype,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_trace(mx_in(a, "trace"), offset, axis1, axis2, dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sort_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sort_axis(mx_in(a, "sort_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sort(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sort(mx_in(a, "sort"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argsort_axis(mlx_array* res, const mlx_array a, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argsort_axis(mx_in(a, "argsort_axis"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argsort(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argsort(mx_in(a, "argsort"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_partition_axis(mlx_array* res, const mlx_array a, int kth, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_partition_axis(mx_in(a, "partition_axis"), kth, axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_partition(mlx_array* res, const mlx_array a, int kth, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_partition(mx_in(a, "partition"), kth, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argpartition_axis(mlx_array* res, const mlx_array a, int kth, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argpartition_axis(mx_in(a, "argpartition_axis"), kth, axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_argpartition(mlx_array* res, const mlx_array a, int kth, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_argpartition(mx_in(a, "argpartition"), kth, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_topk_axis(mlx_array* res, const mlx_array a, int k, int axis, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_topk_axis(mx_in(a, "topk_axis"), k, axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_topk(mlx_array* res, const mlx_array a, int k, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_topk(mx_in(a, "topk"), k, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isin(mlx_array* res, const mlx_array a, const mlx_array b, bool invert,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isin(mx_in(a, "isin"), mx_in(b, "isin"), invert, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_nonzero(mlx_vector_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_nonzero(&r, mx_in(a, "nonzero"), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_unique_all(mlx_array* res_0, mlx_array* res_1, mlx_array* res_2, mlx_array* res_3,
    const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[4] = {NULL};
  int bad = mx_unique_all(&r[0], &r[1], &r[2], &r[3], mx_in(a, "unique_all"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1, res_2, res_3}, r, 4, bad, scope);
}

int mlx_unique_counts(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_unique_counts(&r[0], &r[1], mx_in(a, "unique_counts"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_unique_inverse(mlx_array* res_0, mlx_array* res_1, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_unique_inverse(&r[0], &r[1], mx_in(a, "unique_inverse"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_unique_values(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_unique_values(mx_in(a, "unique_values"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_repeat_counts(mlx_array* res, const mlx_array arr, const mlx_array counts, int axis,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_repeat_counts(mx_in(arr, "repeat_counts"), mx_in(counts, "repeat_counts"), axis, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_moveaxis_axes(mlx_array* res, const mlx_array a, const int* source, size_t source_num,
    const int* destination, size_t destination_num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list source_l = {.many = NULL};
  mx_int_list destination_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&source_l, source, source_num, "moveaxis_axes") ||
      mx_in_ints(&destination_l, destination, destination_num, "moveaxis_axes")))
    r = mx_moveaxis_axes(mx_in(a, "moveaxis_axes"), source_l.v, destination_l.v, mx_in_stream(s));
  mx_int_list_free(&source_l);
  mx_int_list_free(&destination_l);
  return mx_return(res, r, scope);
}

int mlx_where(mlx_array* res, const mlx_array condition, const mlx_array x, const mlx_array y,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_where(mx_in(condition, "where"), mx_in(x, "where"), mx_in(y, "where"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_abs(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_abs(mx_in(a, "abs"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_negative(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_negative(mx_in(a, "negative"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sign(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sign(mx_in(a, "sign"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_square(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_square(mx_in(a, "square"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sqrt(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sqrt(mx_in(a, "sqrt"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_rsqrt(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_rsqrt(mx_in(a, "rsqrt"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_reciprocal(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_reciprocal(mx_in(a, "reciprocal"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_exp(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_exp(mx_in(a, "exp"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_expm1(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_expm1(mx_in(a, "expm1"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_log(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_log(mx_in(a, "log"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_log2(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_log2(mx_in(a, "log2"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_log10(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_log10(mx_in(a, "log10"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_log1p(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_log1p(mx_in(a, "log1p"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sin(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sin(mx_in(a, "sin"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_cos(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cos(mx_in(a, "cos"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_tan(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_tan(mx_in(a, "tan"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arcsin(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arcsin(mx_in(a, "arcsin"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arccos(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arccos(mx_in(a, "arccos"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arctan(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arctan(mx_in(a, "arctan"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sinh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sinh(mx_in(a, "sinh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_cosh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_cosh(mx_in(a, "cosh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_tanh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_tanh(mx_in(a, "tanh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arcsinh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arcsinh(mx_in(a, "arcsinh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arccosh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arccosh(mx_in(a, "arccosh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_arctanh(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_arctanh(mx_in(a, "arctanh"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_sigmoid(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_sigmoid(mx_in(a, "sigmoid"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_erf(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_erf(mx_in(a, "erf"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_erfinv(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_erfinv(mx_in(a, "erfinv"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_floor(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_floor(mx_in(a, "floor"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_ceil(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_ceil(mx_in(a, "ceil"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_round(mlx_array* res, const mlx_array a, int decimals, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_round(mx_in(a, "round"), decimals, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isnan(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isnan(mx_in(a, "isnan"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isinf(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isinf(mx_in(a, "isinf"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isfinite(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isfinite(mx_in(a, "isfinite"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isposinf(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isposinf(mx_in(a, "isposinf"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_isneginf(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_isneginf(mx_in(a, "isneginf"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_logical_not(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_logical_not(mx_in(a, "logical_not"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_bitwise_invert(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_bitwise_invert(mx_in(a, "bitwise_invert"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_real(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_real(mx_in(a, "real"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_imag(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_imag(mx_in(a, "imag"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_conjugate(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_conjugate(mx_in(a, "conjugate"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_astype(mlx_array* res, const mlx_array a, mlx_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_astype(mx_in(a, "astype"), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_degrees(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_degrees(mx_in(a, "degrees"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_radians(mlx_array* res, const mlx_array a, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_radians(mx_in(a, "radians"), mx_in_stream(s));
  return mx_return(res, r, scope);
}
