/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "mlx/c/random.h"

#include <stdlib.h>

#include "capi/capi.h"
#include "gen/ops.h"

int mlx_random_bits(mlx_array* res, const int* shape, size_t shape_num, int width,
    const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_bits")))
    r = mx_random_bits(shape_l.v, width, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_key(mlx_array* res, uint64_t seed) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_key(seed);
  return mx_return(res, r, scope);
}

int mlx_random_seed(uint64_t seed) {
  mx_scope scope = mx_scope_open();
  int bad = mx_random_seed(seed);
  mx_scope_close(scope, NULL);
  return bad ? mx_report() : 0;
}

int mlx_random_split_num(mlx_array* res, const mlx_array key, int num, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_split_num(mx_in(key, "random_split_num"), num, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_random_split(mlx_array* res_0, mlx_array* res_1, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_random_split(&r[0], &r[1], mx_in(key, "random_split"), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}

int mlx_random_uniform(mlx_array* res, const mlx_array low, const mlx_array high,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_uniform")))
    r = mx_random_uniform(mx_in(low, "random_uniform"), mx_in(high, "random_uniform"), shape_l.v, dtype, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_normal_broadcast(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_array loc, const mlx_array scale, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_normal_broadcast")))
    r = mx_random_normal_broadcast(shape_l.v, dtype, mx_in_optional(loc), mx_in_optional(scale), mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_normal(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    float loc, float scale, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_normal")))
    r = mx_random_normal(shape_l.v, dtype, loc, scale, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_bernoulli(mlx_array* res, const mlx_array p, const int* shape, size_t shape_num,
    const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_bernoulli")))
    r = mx_random_bernoulli(mx_in(p, "random_bernoulli"), shape_l.v, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_randint(mlx_array* res, const mlx_array low, const mlx_array high,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_randint")))
    r = mx_random_randint(mx_in(low, "random_randint"), mx_in(high, "random_randint"), shape_l.v, dtype, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_truncated_normal(mlx_array* res, const mlx_array lower, const mlx_array upper,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_truncated_normal")))
    r = mx_random_truncated_normal(mx_in(lower, "random_truncated_normal"), mx_in(upper, "random_truncated_normal"), shape_l.v, dtype, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_gumbel(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_gumbel")))
    r = mx_random_gumbel(shape_l.v, dtype, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_laplace(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    float loc, float scale, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_laplace")))
    r = mx_random_laplace(shape_l.v, dtype, loc, scale, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_categorical_shape(mlx_array* res, const mlx_array logits, int axis,
    const int* shape, size_t shape_num, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_categorical_shape")))
    r = mx_random_categorical_shape(mx_in(logits, "random_categorical_shape"), axis, shape_l.v, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}

int mlx_random_categorical_num_samples(mlx_array* res, const mlx_array logits_, int axis,
    int num_samples, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_categorical_num_samples(mx_in(logits_, "random_categorical_num_samples"), axis, num_samples, mx_in_optional(key), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_random_categorical(mlx_array* res, const mlx_array logits, int axis, const mlx_array key,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_categorical(mx_in(logits, "random_categorical"), axis, mx_in_optional(key), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_random_permutation(mlx_array* res, const mlx_array x, int axis, const mlx_array key,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_permutation(mx_in(x, "random_permutation"), axis, mx_in_optional(key), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_random_permutation_arange(mlx_array* res, int x, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_random_permutation_arange(x, mx_in_optional(key), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_random_multivariate_normal(mlx_array* res, const mlx_array mean, const mlx_array cov,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list shape_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&shape_l, shape, shape_num, "random_multivariate_normal")))
    r = mx_random_multivariate_normal(mx_in(mean, "random_multivariate_normal"), mx_in(cov, "random_multivariate_normal"), shape_l.v, dtype, mx_in_optional(key), mx_in_stream(s));
  mx_int_list_free(&shape_l);
  return mx_return(res, r, scope);
}
