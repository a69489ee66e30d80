/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MLX_RANDOM_H
#define MLX_RANDOM_H

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

/* Random bits as unsigned integers of 1, 2 or 4 bytes. */
int mlx_random_bits(mlx_array* res, const int* shape, size_t shape_num, int width,
    const mlx_array key, const mlx_stream s);
/* The key of a seed: uint32, its high and its low word. */
int mlx_random_key(mlx_array* res, uint64_t seed);
/* Sets the state of this thread to the key of a seed. */
int mlx_random_seed(uint64_t seed);
/* New keys from a key. */
int mlx_random_split_num(mlx_array* res, const mlx_array key, int num, const mlx_stream s);
int mlx_random_split(mlx_array* res_0, mlx_array* res_1, const mlx_array key, const mlx_stream s);
/* Uniform in [low, high). float32, float16, bfloat16. */
int mlx_random_uniform(mlx_array* res, const mlx_array low, const mlx_array high,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s);
/* Normal of mean loc and standard deviation scale. */
int mlx_random_normal_broadcast(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_array loc, const mlx_array scale, const mlx_array key, const mlx_stream s);
int mlx_random_normal(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    float loc, float scale, const mlx_array key, const mlx_stream s);
/* True with probability p. */
int mlx_random_bernoulli(mlx_array* res, const mlx_array p, const int* shape, size_t shape_num,
    const mlx_array key, const mlx_stream s);
/* Integers in [low, high). */
int mlx_random_randint(mlx_array* res, const mlx_array low, const mlx_array high,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s);
/* Standard normal restricted to [lower, upper]. */
int mlx_random_truncated_normal(mlx_array* res, const mlx_array lower, const mlx_array upper,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s);
/* Standard Gumbel, -log(-log(u)). */
int mlx_random_gumbel(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    const mlx_array key, const mlx_stream s);
/* Laplace of mean loc and the given scale. */
int mlx_random_laplace(mlx_array* res, const int* shape, size_t shape_num, mlx_dtype dtype,
    float loc, float scale, const mlx_array key, const mlx_stream s);
/* Indices drawn with the probabilities softmax(logits) along an axis. uint32. */
int mlx_random_categorical_shape(mlx_array* res, const mlx_array logits, int axis,
    const int* shape, size_t shape_num, const mlx_array key, const mlx_stream s);
int mlx_random_categorical_num_samples(mlx_array* res, const mlx_array logits_, int axis,
    int num_samples, const mlx_array key, const mlx_stream s);
int mlx_random_categorical(mlx_array* res, const mlx_array logits, int axis, const mlx_array key,
    const mlx_stream s);
/* A random order of 0 to x - 1, or of the slices of an array along an axis. */
int mlx_random_permutation(mlx_array* res, const mlx_array x, int axis, const mlx_array key,
    const mlx_stream s);
int mlx_random_permutation_arange(mlx_array* res, int x, const mlx_array key, const mlx_stream s);
/* Normal vectors of the given mean and covariance, whose batches broadcast; shape is that of the
 * result without its last axis. float32. */
int mlx_random_multivariate_normal(mlx_array* res, const mlx_array mean, const mlx_array cov,
    const int* shape, size_t shape_num, mlx_dtype dtype, const mlx_array key, const mlx_stream s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
