/* The strided copy: the one way in which elements move without arithmetic. Same item size on both
 * sides, any strides (in elements; 0 and negative allowed on the source), parallel over blocks. */
#ifndef MX_CPU_COPY_H
#define MX_CPU_COPY_H

#include <stddef.h>
#include <stdint.h>

/* dst[i0*ds0 + ...] = src[i0*ss0 + ...]. dst positions must be distinct; the two must not overlap.
 */
void mx_cpu_copy_strided(void *dst, const int64_t *dst_strides, const void *src,
                         const int64_t *src_strides, const int64_t *shape, int ndim,
                         size_t itemsize);
/* The same with dst row major. */
void mx_cpu_copy_to_rows(void *dst, const void *src, const int64_t *src_strides,
                         const int64_t *shape, int ndim, size_t itemsize);

#endif
