/* The caching allocator: counters and limits. Memory that arrays let go of is kept by size for the
 * next one of that size, under a byte limit. */
#ifndef MX_CORE_BUFFER_H
#define MX_CORE_BUFFER_H

#include <stddef.h>

size_t mx_memory_active(void);
size_t mx_memory_peak(void);
size_t mx_memory_cached(void);
void mx_memory_reset_peak(void);
void mx_memory_clear_cache(void);
/* Each returns the previous limit. Allocations beyond the memory limit fail with an error. */
size_t mx_memory_set_limit(size_t bytes);
size_t mx_memory_limit(void);
size_t mx_memory_set_cache_limit(size_t bytes);
size_t mx_memory_set_wired_limit(size_t bytes);

#endif
