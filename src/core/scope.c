/* Owns each thread's stack of nodes that belong to open scopes. */
#include "core/scope.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"

static _Thread_local struct {
  mx_array **p;
  size_t n, cap;
} nodes;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void thread_gone(void *p) {
  free(p);
  nodes.p = NULL;
  nodes.n = nodes.cap = 0;
}

static void make_key(void) {
  pthread_key_create(&key, thread_gone);
}

static int grow(void) {
  size_t cap = nodes.cap ? nodes.cap * 2 : 64;
  mx_array **p = realloc(nodes.p, cap * sizeof *p);
  if (!p)
    return mx_nomem("scope");
  nodes.p = p;
  nodes.cap = cap;
  pthread_once(&once, make_key);
  pthread_setspecific(key, p);
  return 0;
}

mx_scope mx_scope_open(void) {
  return (mx_scope){nodes.n};
}

mx_array *mx_scope_close(mx_scope s, mx_array *keep) {
  if (keep)
    mx_retain(keep);
  while (nodes.n > s.mark)
    mx_release(nodes.p[--nodes.n]);
  return keep;
}

mx_array *mx_scope_own(mx_array *a) {
  if (!a)
    return NULL;
  if (nodes.n == nodes.cap && grow()) {
    mx_release(a);
    return NULL;
  }
  nodes.p[nodes.n++] = a;
  return a;
}
