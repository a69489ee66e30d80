/* The kernel table of random bits. */
#ifndef MX_CPU_RANDOM_H
#define MX_CPU_RANDOM_H

#include <stdint.h>

typedef struct mx_random_kernels {
  /* (lo[i], hi[i]) = threefry(key, (first + i, second + i)) for i in [0, n) */
  void (*threefry)(uint32_t *lo, uint32_t *hi, const uint32_t *key, uint32_t first, uint32_t second,
                   int64_t n);
} mx_random_kernels;

#endif
