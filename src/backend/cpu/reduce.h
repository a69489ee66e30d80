/* Kernels of reductions. Numbers are first brought to one of a few wide types (halves to float32,
 * small integers to 32 bits), so that each loop exists once a type.
 * Invariant: the tree of a sum is the same in every tier: 64 chains of float32 (16 of float64, 8 of
 * complex64), folded by halves, and one chain up to 16 numbers; integers wrap, so their order does
 * not show. */
#ifndef MX_CPU_REDUCE_H
#define MX_CPU_REDUCE_H

#include <stdbool.h>
#include <stdint.h>

#include "mlx/c/array.h"

typedef enum mx_wide {
  MX_WF32,
  MX_WF64,
  MX_WI32,
  MX_WU32,
  MX_WI64,
  MX_WU64,
  MX_WC64,
  MX_WIDES
} mx_wide;
typedef enum mx_fold { MX_FOLD_SUM, MX_FOLD_PROD, MX_FOLD_MIN, MX_FOLD_MAX, MX_FOLDS } mx_fold;

typedef struct mx_c64 {
  float re, im;
} mx_c64;

typedef struct mx_reduce_kernels {
  /* *out = the fold of n > 0 numbers in a row. */
  void (*row[MX_FOLDS][MX_WIDES])(const void *x, int64_t n, void *out);
  /* out[i] = the fold of x[at[0] + i] .. x[at[r - 1] + i], in order, i < n, r > 0. NULL: there is
   * none. */
  void (*chain[MX_FOLDS][MX_WIDES])(const void *x, const int64_t *at, int64_t r, int64_t n,
                                    void *out);
  /* Where x[x_at[k] + i] equals extreme[i], d[d_at[k] + i] takes its share of g[i], which is g[i]
   * over their number; elsewhere 0 (NaN where no k < r has it). */
  void (*share)(const float *x, const int64_t *x_at, const float *extreme, const float *g,
                int64_t r, int64_t n, float *d, const int64_t *d_at);
  /* acc[i] = fold(acc[i], x[i]). */
  void (*fold[MX_FOLDS][MX_WIDES])(void *acc, const void *x, int64_t n);
  /* dst[i] = the wide form of src[i * stride], of dtype t. */
  void (*widen)(const void *src, mlx_dtype t, int64_t stride, int64_t n, void *dst);
} mx_reduce_kernels;

static inline mx_wide mx_wide_of(mlx_dtype t) {
  switch (t) {
  case MLX_FLOAT16: case MLX_BFLOAT16: case MLX_FLOAT32: return MX_WF32;
  case MLX_FLOAT64: return MX_WF64;
  case MLX_INT8: case MLX_INT16: case MLX_INT32: return MX_WI32;
  case MLX_INT64: return MX_WI64;
  case MLX_UINT64: return MX_WU64;
  case MLX_COMPLEX64: return MX_WC64;
  default: return MX_WU32;
  }
}

/* The table of this machine, or of MLX_CPU_ISA. */
const mx_reduce_kernels *mx_reduce_table(void);

typedef struct mx_strided {
  const void *data; /* element 0 */
  mlx_dtype dtype;
  int ndim;
  const int64_t *shape, *strides; /* strides in elements */
} mx_strided;

/* dst, row major over the axes that are not in `mask`, takes the fold of a over those that are.
 * dst's dtype is that of the fold: 32 or 64 bits for sums and products of integers, else a's. */
int mx_reduce_strided(const mx_reduce_kernels *k, mx_fold fold, mx_strided a, const bool *mask,
                      mlx_dtype dtype, void *dst);
/* dst (uint32, row major over the other axes) takes the first place of the minimum or maximum. */
int mx_arg_reduce_strided(const mx_reduce_kernels *k, mx_fold fold, mx_strided a, int axis,
                          uint32_t *dst);

#endif
