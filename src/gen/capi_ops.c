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

int mlx_quantize(mlx_vector_array* res, const mlx_array w, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_array global_scale, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_vec r = {NULL, 0};
  int bad = mx_quantize(&r, mx_in(w, "quantize"), group_size, bits, mode, mx_in_optional(global_scale), mx_in_stream(s));
  return mx_return_vector(res, &r, bad, scope);
}

int mlx_dequantize(mlx_array* res, const mlx_array w, const mlx_array scales,
    const mlx_array biases, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    const mlx_array global_scale, mlx_optional_dtype dtype, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_dequantize(mx_in(w, "dequantize"), mx_in(scales, "dequantize"), mx_in_optional(biases), group_size, bits, mode, mx_in_optional(global_scale), dtype, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_quantized_matmul(mlx_array* res, const mlx_array x, const mlx_array w,
    const mlx_array scales, const mlx_array biases, bool transpose, mlx_optional_int group_size,
    mlx_optional_int bits, const char* mode, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_quantized_matmul(mx_in(x, "quantized_matmul"), mx_in(w, "quantized_matmul"), mx_in(scales, "quantized_matmul"), mx_in_optional(biases), transpose, group_size, bits, mode, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_gather_qmm(mlx_array* res, const mlx_array x, const mlx_array w, const mlx_array scales,
    const mlx_array biases, const mlx_array lhs_indices, const mlx_array rhs_indices,
    bool transpose, mlx_optional_int group_size, mlx_optional_int bits, const char* mode,
    bool sorted_indices, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_gather_qmm(mx_in(x, "gather_qmm"), mx_in(w, "gather_qmm"), mx_in(scales, "gather_qmm"), mx_in_optional(biases), mx_in_optional(lhs_indices), mx_in_optional(rhs_indices), transpose, group_size, bits, mode, sorted_indices, mx_in_stream(s));
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
