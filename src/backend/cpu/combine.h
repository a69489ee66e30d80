/* How a scattered value meets the one that is there: set, add, prod, min, max, for every dtype. */
#ifndef MX_CPU_COMBINE_H
#define MX_CPU_COMBINE_H

#include "core/dtype.h"
#include "core/params.h"

/* dst[i * ds] op= src[i * ss] for i in [0, n), in order; strides in elements. */
typedef void (*mx_combine_fn)(void *dst, int64_t ds, const void *src, int64_t ss, int64_t n);

mx_combine_fn mx_cpu_combine(enum mx_combine mode, mlx_dtype dtype);

#endif
