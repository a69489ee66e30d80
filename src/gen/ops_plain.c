/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "gen/ops.h"

mx_array *mx_add(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_ADD, a, b, s);
}

mx_array *mx_subtract(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_SUBTRACT, a, b, s);
}

mx_array *mx_multiply(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_MULTIPLY, a, b, s);
}

mx_array *mx_divide(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_DIVIDE, a, b, s);
}

mx_array *mx_floor_divide(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_FLOOR_DIVIDE, a, b, s);
}

mx_array *mx_remainder(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_REMAINDER, a, b, s);
}

mx_array *mx_power(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_POWER, a, b, s);
}

mx_array *mx_maximum(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_MAXIMUM, a, b, s);
}

mx_array *mx_minimum(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_MINIMUM, a, b, s);
}

mx_array *mx_logaddexp(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LOGADDEXP, a, b, s);
}

mx_array *mx_arctan2(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_ARCTAN2, a, b, s);
}

mx_array *mx_equal(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_EQUAL, a, b, s);
}

mx_array *mx_not_equal(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_NOT_EQUAL, a, b, s);
}

mx_array *mx_greater(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_GREATER, a, b, s);
}

mx_array *mx_greater_equal(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_GREATER_EQUAL, a, b, s);
}

mx_array *mx_less(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LESS, a, b, s);
}

mx_array *mx_less_equal(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LESS_EQUAL, a, b, s);
}

mx_array *mx_logical_and(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LOGICAL_AND, a, b, s);
}

mx_array *mx_logical_or(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LOGICAL_OR, a, b, s);
}

mx_array *mx_bitwise_and(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_BITWISE_AND, a, b, s);
}

mx_array *mx_bitwise_or(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_BITWISE_OR, a, b, s);
}

mx_array *mx_bitwise_xor(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_BITWISE_XOR, a, b, s);
}

mx_array *mx_left_shift(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_LEFT_SHIFT, a, b, s);
}

mx_array *mx_right_shift(mx_array *a, mx_array *b, mx_stream *s) {
  return mx_binary(MX_PRIM_RIGHT_SHIFT, a, b, s);
}

mx_array *mx_where(mx_array *condition, mx_array *x, mx_array *y, mx_stream *s) {
  return mx_ternary(MX_PRIM_WHERE, condition, x, y, s);
}

mx_array *mx_abs(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ABS, a, s);
}

mx_array *mx_negative(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_NEGATIVE, a, s);
}

mx_array *mx_sign(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SIGN, a, s);
}

mx_array *mx_square(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SQUARE, a, s);
}

mx_array *mx_sqrt(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SQRT, a, s);
}

mx_array *mx_rsqrt(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_RSQRT, a, s);
}

mx_array *mx_reciprocal(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_RECIPROCAL, a, s);
}

mx_array *mx_exp(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_EXP, a, s);
}

mx_array *mx_expm1(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_EXPM1, a, s);
}

mx_array *mx_log(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_LOG, a, s);
}

mx_array *mx_log2(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_LOG2, a, s);
}

mx_array *mx_log10(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_LOG10, a, s);
}

mx_array *mx_log1p(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_LOG1P, a, s);
}

mx_array *mx_sin(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SIN, a, s);
}

mx_array *mx_cos(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_COS, a, s);
}

mx_array *mx_tan(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_TAN, a, s);
}

mx_array *mx_arcsin(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCSIN, a, s);
}

mx_array *mx_arccos(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCCOS, a, s);
}

mx_array *mx_arctan(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCTAN, a, s);
}

mx_array *mx_sinh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SINH, a, s);
}

mx_array *mx_cosh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_COSH, a, s);
}

mx_array *mx_tanh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_TANH, a, s);
}

mx_array *mx_arcsinh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCSINH, a, s);
}

mx_array *mx_arccosh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCCOSH, a, s);
}

mx_array *mx_arctanh(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ARCTANH, a, s);
}

mx_array *mx_sigmoid(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_SIGMOID, a, s);
}

mx_array *mx_erf(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ERF, a, s);
}

mx_array *mx_erfinv(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ERFINV, a, s);
}

mx_array *mx_floor(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_FLOOR, a, s);
}

mx_array *mx_ceil(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_CEIL, a, s);
}

mx_array *mx_isnan(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ISNAN, a, s);
}

mx_array *mx_isinf(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ISINF, a, s);
}

mx_array *mx_isfinite(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ISFINITE, a, s);
}

mx_array *mx_isposinf(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ISPOSINF, a, s);
}

mx_array *mx_isneginf(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_ISNEGINF, a, s);
}

mx_array *mx_logical_not(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_LOGICAL_NOT, a, s);
}

mx_array *mx_bitwise_invert(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_BITWISE_INVERT, a, s);
}

mx_array *mx_real(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_REAL, a, s);
}

mx_array *mx_imag(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_IMAG, a, s);
}

mx_array *mx_conjugate(mx_array *a, mx_stream *s) {
  return mx_unary(MX_PRIM_CONJUGATE, a, s);
}
