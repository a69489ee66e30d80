/* Owns the memory of arrays.
 *
 * A small buffer is one malloc with its payload behind the header (libc's own caches serve it). A
 * large one is a block of a size class; freed blocks wait in the cache of their class, the whole
 * cache under a byte limit, oldest class emptied first. Invariant: active counts every live payload
 * byte that this allocator handed out, cached every byte waiting. */
#include "core/buffer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "core/array.h"

#define ALIGN 64
#define SMALL 1024          /* payloads up to here share the header's block */
#define HUGE_FROM (1u << 22) /* from here on ask for huge pages */
#define CLASSES 256

typedef struct block {
  struct block *next;
} block;

static struct {
  pthread_mutex_t lock;
  block *free[CLASSES];
  size_t cached, cache_limit;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_size_t active, peak, limit, wired;
static pthread_once_t limits_once = PTHREAD_ONCE_INIT;

static void default_limits(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  size_t ram = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)8 << 30;
  atomic_store(&limit, ram / 20 * 19);
  pool.cache_limit = ram / 4;
}

/* Size classes: four steps per power of two, so that at most a fifth of a block is wasted. */
static size_t class_size(size_t n, int *cls) {
  size_t top = SMALL;
  int c = 0;
  while (top < n) {
    if (top > SIZE_MAX / 4)
      return 0;
    top *= 2;
    c += 4;
  }
  size_t step = top / 8;
  for (int k = 3; k > 0; k--)
    if (n <= top - (size_t)k * step && top > SMALL) {
      top -= (size_t)k * step;
      c -= k;
      break;
    }
  *cls = c;
  return top;
}

static void count_active(size_t n) {
  size_t now = atomic_fetch_add_explicit(&active, n, memory_order_relaxed) + n;
  size_t p = atomic_load_explicit(&peak, memory_order_relaxed);
  while (now > p && !atomic_compare_exchange_weak_explicit(&peak, &p, now, memory_order_relaxed,
                                                           memory_order_relaxed))
    continue;
}

/* Frees cached blocks, large classes first, until at most `keep` bytes wait. Lock held. */
static void shrink(size_t keep) {
  for (int c = CLASSES - 1; c >= 0 && pool.cached > keep; c--) {
    while (pool.free[c] && pool.cached > keep) {
      block *b = pool.free[c];
      size_t size = *(size_t *)(b + 1);
      pool.free[c] = b->next;
      pool.cached -= size;
      free(b);
    }
  }
}

static void *block_take(size_t size, int cls) {
  void *p = NULL;
  pthread_mutex_lock(&pool.lock);
  if (pool.free[cls]) {
    p = pool.free[cls];
    pool.free[cls] = pool.free[cls]->next;
    pool.cached -= size;
  }
  pthread_mutex_unlock(&pool.lock);
  if (p)
    return p;
  if (posix_memalign(&p, size >= HUGE_FROM ? 1u << 21 : ALIGN, size) != 0) {
    mx_memory_clear_cache();
    if (posix_memalign(&p, ALIGN, size) != 0)
      return NULL;
  }
#ifdef MADV_HUGEPAGE
  if (size >= HUGE_FROM)
    madvise(p, size, MADV_HUGEPAGE);
#endif
  return p;
}

static void block_give(void *p, size_t size, int cls) {
  pthread_mutex_lock(&pool.lock);
  if (pool.cached + size <= pool.cache_limit) {
    block *b = p;
    b->next = pool.free[cls];
    *(size_t *)(b + 1) = size;
    pool.free[cls] = b;
    pool.cached += size;
    p = NULL;
  }
  pthread_mutex_unlock(&pool.lock);
  free(p);
}

static void give_back(mx_buffer *b) {
  int cls = 0;
  size_t size = class_size(b->size, &cls);
  atomic_fetch_sub_explicit(&active, size, memory_order_relaxed);
  block_give(b->host, size, cls);
}

static void small_gone(mx_buffer *b) {
  atomic_fetch_sub_explicit(&active, b->size, memory_order_relaxed);
}

static mx_buffer *small_new(size_t size) {
  size_t head = (sizeof(mx_buffer) + ALIGN - 1) / ALIGN * ALIGN;
  mx_buffer *b = malloc(head + size + ALIGN);
  if (!b)
    return NULL;
  char *p = (char *)b + sizeof(mx_buffer);
  b->host = p + (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;
  b->dtor = small_gone;
  b->size = size;
  count_active(size);
  return b;
}

static mx_buffer *large_new(size_t size) {
  int cls = 0;
  size_t full = class_size(size, &cls);
  if (full == 0 || cls >= CLASSES)
    return NULL;
  if (atomic_load_explicit(&active, memory_order_relaxed) + full > atomic_load(&limit))
    return NULL;
  mx_buffer *b = malloc(sizeof *b);
  if (!b)
    return NULL;
  b->host = block_take(full, cls);
  if (!b->host) {
    free(b);
    return NULL;
  }
  b->size = full;
  b->dtor = give_back;
  count_active(full);
  return b;
}

mx_buffer *mx_buffer_new(size_t size) {
  pthread_once(&limits_once, default_limits);
  mx_buffer *b = size <= SMALL ? small_new(size) : large_new(size);
  if (!b) {
    mx_fail(MX_MEMORY, "[malloc] unable to allocate %zu bytes", size);
    return NULL;
  }
  atomic_init(&b->refs, 1);
  b->writable = true;
  b->payload = NULL;
  return b;
}

mx_buffer *mx_buffer_wrap(void *host, size_t size, bool writable, void (*dtor)(mx_buffer *),
                          void *payload) {
  mx_buffer *b = malloc(sizeof *b);
  if (!b) {
    mx_nomem("array");
    return NULL;
  }
  atomic_init(&b->refs, 1);
  b->writable = writable;
  b->host = host;
  b->size = size;
  b->dtor = dtor;
  b->payload = payload;
  return b;
}

mx_buffer *mx_buffer_retain(mx_buffer *b) {
  atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
  return b;
}

void mx_buffer_release(mx_buffer *b) {
  if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
    return;
  if (b->dtor)
    b->dtor(b);
  free(b);
}

size_t mx_memory_active(void) {
  return atomic_load(&active);
}

size_t mx_memory_peak(void) {
  return atomic_load(&peak);
}

size_t mx_memory_cached(void) {
  pthread_mutex_lock(&pool.lock);
  size_t n = pool.cached;
  pthread_mutex_unlock(&pool.lock);
  return n;
}

void mx_memory_reset_peak(void) {
  atomic_store(&peak, 0);
}

void mx_memory_clear_cache(void) {
  pthread_mutex_lock(&pool.lock);
  shrink(0);
  pthread_mutex_unlock(&pool.lock);
}

size_t mx_memory_set_limit(size_t bytes) {
  pthread_once(&limits_once, default_limits);
  return atomic_exchange(&limit, bytes);
}

size_t mx_memory_limit(void) {
  pthread_once(&limits_once, default_limits);
  return atomic_load(&limit);
}

size_t mx_memory_set_cache_limit(size_t bytes) {
  pthread_once(&limits_once, default_limits);
  pthread_mutex_lock(&pool.lock);
  size_t old = pool.cache_limit;
  pool.cache_limit = bytes;
  shrink(bytes);
  pthread_mutex_unlock(&pool.lock);
  return old;
}

size_t mx_memory_set_wired_limit(size_t bytes) {
  return atomic_exchange(&wired, bytes);
}
