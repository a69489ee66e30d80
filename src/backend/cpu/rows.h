/* Kernels over rows of float32, float16 and bfloat16 numbers: softmax and its kin, norms, rotary
 * embedding, the softmax step of attention. Arithmetic is in float32; a result is rounded once
 * where it is stored, unless a note says more.
 * Invariant: a row's result depends on its contents and length alone. */
#ifndef MX_CPU_ROWS_H
#define MX_CPU_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "mlx/c/array.h"

typedef struct mx_rows_kernels {
  /* One row of n > 0 numbers; src and dst may be the same. */
  void (*softmax)(const void *src, void *dst, mlx_dtype t, int64_t n);
  /* log(sum(exp(row))). */
  float (*logsumexp)(const void *src, mlx_dtype t, int64_t n);
  /* x / sqrt(mean(x^2) + eps), rounded, times w (of the same dtype; NULL: absent). */
  void (*rms_norm)(const void *x, const void *w, void *y, mlx_dtype t, int64_t n, float eps);
  /* (x - mean) / sqrt(var + eps), rounded, times w, plus b. */
  void (*layer_norm)(const void *x, const void *w, const void *b, void *y, mlx_dtype t, int64_t n,
                     float eps);
  /* Sines and cosines of at * by[i], i < n, correct to float32 at any size. */
  void (*angles)(float at, const float *by, int64_t n, float *sines, float *cosines);
  /* Rotates dims numbers by the angles whose cosines and sines, of dtype t's precision, are given,
   * dims/2 each. */
  void (*rope)(const void *x, void *y, mlx_dtype t, int64_t dims, bool traditional,
               const float *cosines, const float *sines);
  /* Online softmax over one block of n scores: s becomes exp(s - max), *m and *l the running
   * maximum and sum, acc[dv] is scaled to the new maximum. s has room for a whole last vector. */
  void (*attend)(float *s, int64_t n, float *m, float *l, float *acc, int64_t dv);
  /* n numbers to the nearest of dtype t, as float32. */
  void (*round)(float *x, mlx_dtype t, int64_t n);
} mx_rows_kernels;

/* The table of this machine, or of MLX_CPU_ISA. */
const mx_rows_kernels *mx_rows_table(void);

#endif
