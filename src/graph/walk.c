/* Owns walks over pending graphs, with an explicit stack and a set of what was seen. */
#include "graph/walk.h"

#include <stdlib.h>

#include "base/error.h"
#include "graph/plan.h"

typedef struct frame {
  mx_array *a;
  int next;
} frame;

typedef struct walk {
  const mx_walker *w;
  frame *stack;
  size_t n, cap;
  const mx_array **seen; /* open addressing, a power of two, at most half full */
  size_t n_seen, n_slots;
} walk;

static size_t slot_of(const walk *w, const mx_array *a) {
  size_t i = ((uintptr_t)a >> 4) * 0x9e3779b97f4a7c15u & (w->n_slots - 1);
  while (w->seen[i] && w->seen[i] != a)
    i = (i + 1) & (w->n_slots - 1);
  return i;
}

static int grow(walk *w) {
  walk bigger = *w;
  bigger.n_slots = w->n_slots ? w->n_slots * 2 : 256;
  bigger.seen = calloc(bigger.n_slots, sizeof *bigger.seen);
  if (!bigger.seen)
    return mx_nomem("graph");
  for (size_t i = 0; i < w->n_slots; i++)
    if (w->seen[i])
      bigger.seen[slot_of(&bigger, w->seen[i])] = w->seen[i];
  free(w->seen);
  *w = bigger;
  return 0;
}

/* An array that stands for an argument is a leaf. */
static bool pending(const mx_array *a) {
  return a->op && atomic_load_explicit(&a->state, memory_order_relaxed) == MX_PENDING;
}

/* Visits a leaf, or pushes a pending node; nothing where it was seen. */
static int reach(walk *w, mx_array *a) {
  mx_array *key = pending(a) ? a->owner : a;
  if (w->n_seen * 2 >= w->n_slots && grow(w))
    return 1;
  size_t at = slot_of(w, key);
  if (w->seen[at])
    return 0;
  w->seen[at] = key;
  w->n_seen++;
  if (!pending(a))
    return w->w->leaf ? w->w->leaf(w->w->ctx, a) : 0;
  if (w->n == w->cap) {
    size_t cap = w->cap ? w->cap * 2 : 128;
    frame *p = realloc(w->stack, cap * sizeof *p);
    if (!p)
      return mx_nomem("graph");
    w->stack = p;
    w->cap = cap;
  }
  w->stack[w->n++] = (frame){a, 0};
  return 0;
}

static int run(walk *w, mx_array *root) {
  if (reach(w, root))
    return 1;
  while (w->n) {
    frame *f = &w->stack[w->n - 1];
    const mx_op *op = f->a->op;
    if (f->next < op->n_in) {
      mx_array *in = op->in[f->next++];
      if (in && reach(w, in))
        return 1;
      continue;
    }
    w->n--;
    if (w->w->op && w->w->op(w->w->ctx, op))
      return 1;
  }
  return 0;
}

int mx_graph_walk(mx_array *const *arrays, size_t n, const mx_walker *walker) {
  walk w = {.w = walker};
  int bad = 0;
  pthread_mutex_lock(&mx_graph_lock);
  for (size_t i = 0; i < n && !bad; i++)
    bad = run(&w, arrays[i]);
  pthread_mutex_unlock(&mx_graph_lock);
  free(w.stack);
  free(w.seen);
  return bad;
}
