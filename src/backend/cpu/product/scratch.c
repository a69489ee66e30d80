/* Memory that a thread keeps between products.
 * Invariant: a slot belongs to one thread; it grows, and goes when the thread ends or asks. */
#include <pthread.h>
#include <stdlib.h>
#include "backend/cpu/product/driver.h"

typedef struct slot {
  void *block;
  void *data; /* block, aligned to a cache line */
  size_t bytes;
} slot;

static _Thread_local slot slots[MX_SLOTS];
static pthread_key_t at_exit;
static bool have_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *unused) {
  (void)unused;
  for (int i = 0; i < MX_SLOTS; i++) {
    free(slots[i].block);
    slots[i] = (slot){0};
  }
}

static void make_key(void) { have_key = pthread_key_create(&at_exit, release) == 0; }

void *mx_product_scratch(int which, size_t bytes) {
  slot *s = &slots[which];
  if (bytes <= s->bytes && s->block) return s->data;
  if (bytes > SIZE_MAX - 4096) return NULL;
  pthread_once(&once, make_key);
  /* The value only has to be set for the destructor to run. */
  if (!have_key || pthread_setspecific(at_exit, slots)) return NULL;
  free(s->block);
  *s = (slot){0};
  s->block = malloc(bytes + 64);
  if (!s->block) return NULL;
  s->data = (void *)(((uintptr_t)s->block + 63) & ~(uintptr_t)63);
  s->bytes = bytes;
  return s->data;
}

void mx_product_release_scratch(void) { release(NULL); }
