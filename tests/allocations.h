// Allocations that fail on demand, and a count of the blocks alive. Include in one file of a test.
#ifndef MX_TESTS_ALLOCATIONS_H
#define MX_TESTS_ALLOCATIONS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&       \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNTS_ALLOCATIONS 1
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);
void *malloc(size_t n);
void *calloc(size_t n, size_t m);
void *realloc(void *p, size_t n);
int posix_memalign(void **p, size_t align, size_t n);
void *memalign(size_t align, size_t n);
void *aligned_alloc(size_t align, size_t n);
void free(void *p);

static atomic_long allocations_left = -1; // below zero: no limit
static atomic_bool allocations_stay_out;  // after the first that fails all do
static atomic_bool allocation_refused;    // until somebody clears it
static atomic_long blocks_alive;

static bool refused(void) {
  long left = atomic_load(&allocations_left);
  while (left >= 0) {
    bool refuse = left == 0;
    long next = refuse && atomic_load(&allocations_stay_out) ? 0 : left - 1;
    if (atomic_compare_exchange_weak(&allocations_left, &left, next)) {
      if (refuse) {
        atomic_store(&allocation_refused, true);
        errno = ENOMEM;
      }
      return refuse;
    }
  }
  return false;
}
static void *counted(void *p) {
  if (p) atomic_fetch_add(&blocks_alive, 1);
  return p;
}
void *malloc(size_t n) { return refused() ? NULL : counted(__libc_malloc(n)); }
void *calloc(size_t n, size_t m) { return refused() ? NULL : counted(__libc_calloc(n, m)); }
void *realloc(void *p, size_t n) {
  if (refused()) return NULL;
  return p ? __libc_realloc(p, n) : counted(__libc_malloc(n));
}
void *memalign(size_t align, size_t n) {
  return refused() ? NULL : counted(__libc_memalign(align, n));
}
void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }
int posix_memalign(void **p, size_t align, size_t n) {
  void *q = memalign(align, n);
  if (q) *p = q;
  return q ? 0 : ENOMEM;
}
void free(void *p) {
  if (p) atomic_fetch_sub(&blocks_alive, 1);
  __libc_free(p);
}
#endif

#endif
