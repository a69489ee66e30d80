/* The kernel table of random numbers. */
#ifndef MX_CPU_RANDOM_H
#define MX_CPU_RANDOM_H

#include <stdint.h>

typedef struct mx_random_kernels {
  /* (lo[i], hi[i]) = threefry(key, (first + i, second + i)) for i in [0, n) */
  void (*threefry)(uint32_t *lo, uint32_t *hi, const uint32_t *key, uint32_t first, uint32_t second,
                   int64_t n);
  /* Words become floats in place: [0, 1); erfinv of (-1, 1); Gumbel; Laplace. */
  void (*unit)(uint32_t *words, int64_t n);
  void (*normal)(uint32_t *words, int64_t n);
  void (*gumbel)(uint32_t *words, int64_t n);
  void (*laplace)(uint32_t *words, int64_t n);
  void (*erf)(const float *src, float *dst, int64_t n);
  void (*erfinv)(const float *src, float *dst, int64_t n);
} mx_random_kernels;

#endif
