/* Owns the making of plans: which pending operations are needed, and in which order. */
#include "graph/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/session.h"

pthread_mutex_t mx_graph_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- arena ---- */

typedef struct mx_chunk {
  struct mx_chunk *next;
  size_t used, size;
} mx_chunk;

void *mx_plan_alloc(mx_plan *p, size_t bytes) {
  bytes = (bytes + 15) & ~(size_t)15;
  mx_chunk *c = p->arena;
  if (!c || c->size - c->used < bytes) {
    size_t size = c ? c->size * 2 : 4096;
    if (size > (1u << 20))
      size = 1u << 20;
    if (size < bytes)
      size = bytes;
    c = malloc(sizeof *c + size);
    if (!c) {
      mx_nomem("eval");
      return NULL;
    }
    *c = (mx_chunk){p->arena, 0, size};
    p->arena = c;
  }
  char *at = (char *)(c + 1) + c->used;
  c->used += bytes;
  memset(at, 0, bytes);
  return at;
}

void mx_plan_free_arena(mx_plan *p) {
  for (mx_chunk *c = p->arena, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  p->arena = NULL;
}

/* ---- order ---- */

typedef struct frame {
  mx_array *a;
  int next;
} frame;

typedef struct walk {
  mx_plan *plan;
  frame *stack;
  size_t n, cap;
} walk;

static void set_state(mx_op *op, enum mx_state state) {
  for (int i = 0; i < op->n_out; i++)
    atomic_store_explicit(&op->out[i]->state, state, memory_order_release);
}

/* It stands for an argument of a function that is, or was, transformed. */
static int no_value(const mx_array *a) {
  if (mx_session_traces(a))
    return mx_fail(MX_VALUE, "[eval] Attempting to eval an array during function transformations "
                             "like compile or vmap is not allowed.");
  return mx_fail(MX_RUNTIME,
                 "[eval] Attempting to eval an array without a primitive: it was made inside a "
                 "function given to compile or vmap, which did not return it.");
}

static int push(walk *w, mx_array *a) {
  if (!a->op) return no_value(a);
  if (w->n == w->cap) {
    size_t cap = w->cap ? w->cap * 2 : 128;
    frame *p = realloc(w->stack, cap * sizeof *p);
    if (!p)
      return mx_nomem("eval");
    w->stack = p;
    w->cap = cap;
  }
  w->stack[w->n++] = (frame){a, 0};
  set_state(a->op, MX_QUEUED);
  a->owner->uses = 0;
  return 0;
}

static int append(mx_plan *p, mx_op *op) {
  if (p->n_ops == p->cap_ops) {
    size_t cap = p->cap_ops ? p->cap_ops * 2 : 128;
    mx_op **q = realloc(p->order, cap * sizeof *q);
    if (!q)
      return mx_nomem("eval");
    p->order = q;
    p->cap_ops = cap;
  }
  op->out[0]->plan = (int32_t)p->n_ops;
  p->order[p->n_ops++] = op;
  return 0;
}

static bool pending(const mx_array *a) {
  return atomic_load_explicit(&a->state, memory_order_relaxed) == MX_PENDING;
}

/* Depth first from one array; appends each operation after its inputs. */
static int visit(walk *w, mx_array *root) {
  if (!pending(root))
    return 0;
  if (push(w, root))
    return 1;
  while (w->n) {
    frame *f = &w->stack[w->n - 1];
    mx_op *op = f->a->op;
    if (f->next == op->n_in) {
      if (append(w->plan, op))
        return 1;
      w->n--;
      continue;
    }
    mx_array *in = op->in[f->next++];
    if (in && pending(in) && push(w, in))
      return 1;
  }
  return 0;
}

static void give_up(walk *w) {
  for (size_t i = 0; i < w->n; i++)
    set_state(w->stack[i].a->op, MX_PENDING);
  for (size_t i = 0; i < w->plan->n_ops; i++)
    set_state(w->plan->order[i], MX_PENDING);
}

static int make_order(mx_plan *p, mx_array *const *arrays, size_t n) {
  walk w = {.plan = p};
  int bad = 0;
  for (size_t i = 0; i < n && !bad; i++)
    bad = arrays[i] ? visit(&w, arrays[i]) : 0;
  if (!bad)
    for (size_t i = 0; i < p->n_ops; i++)
      for (int k = 0; k < p->order[i]->n_in; k++)
        if (p->order[i]->in[k])
          p->order[i]->in[k]->owner->uses++;
  if (bad)
    give_up(&w);
  free(w.stack);
  return bad;
}

/* ---- plans ---- */

static int make_parts(mx_plan *p) {
  int n = 0;
  mx_stream *last = NULL;
  for (size_t i = 0; i < p->n_steps; i++) {
    mx_stream *s = p->steps[i].stream;
    bool seen = s == last;
    for (int k = 0; k < n && !seen; k++)
      seen = p->parts[k].stream == s;
    last = s;
    if (seen)
      continue;
    if (!(n & (n - 1))) { /* grows at powers of two */
      mx_plan_part *q = realloc(p->parts, (n ? 2 * (size_t)n : 1) * sizeof *q);
      if (!q)
        return mx_nomem("eval");
      p->parts = q;
    }
    p->parts[n++] = (mx_plan_part){.plan = p, .stream = s};
    p->n_parts = n;
  }
  for (int k = 0; k < n; k++)
    p->parts[k].ticket = mx_stream_ticket(p->parts[k].stream);
  return 0;
}

static mx_plan *new_plan(mx_array *const *arrays, size_t n) {
  mx_plan *p = calloc(1, sizeof *p);
  if (p && !(p->roots = malloc((n ? n : 1) * sizeof *p->roots))) {
    free(p);
    p = NULL;
  }
  if (!p) {
    mx_nomem("eval");
    return NULL;
  }
  atomic_init(&p->refs, 1);
  for (size_t i = 0; i < n; i++)
    if (arrays[i])
      p->roots[p->n_roots++] = mx_retain(arrays[i]);
  return p;
}

/* Still under the lock, so that a worker's queue has the order of the tickets: it takes one part after
 * another, and a part waits for those with earlier tickets. */
static void post_parts(mx_plan *p) {
  for (int k = 0; k < p->n_parts; k++) {
    atomic_fetch_add(&p->refs, 1);
    if (mx_plan_post_part(&p->parts[k])) { /* no thread to be had */
      mx_error_clear();
      p->parts[k].here = true;
      atomic_fetch_sub(&p->refs, 1);
    }
  }
}

mx_plan *mx_plan_make(mx_array *const *arrays, size_t n, bool wait, bool *empty) {
  *empty = false;
  mx_plan *p = new_plan(arrays, n);
  if (!p)
    return NULL;
  pthread_mutex_lock(&mx_graph_lock);
  int bad = make_order(p, arrays, n);
  if (!bad && p->n_ops && (bad = mx_plan_group(p) || make_parts(p)))
    for (size_t i = 0; i < p->n_ops; i++)
      set_state(p->order[i], MX_PENDING);
  if (!bad && wait && p->n_parts == 1)
    p->parts[0].here = true;
  else if (!bad)
    post_parts(p);
  pthread_mutex_unlock(&mx_graph_lock);
  if (!bad && p->n_ops)
    return p;
  *empty = !bad;
  mx_plan_release(p);
  return NULL;
}

void mx_plan_release(mx_plan *p) {
  if (atomic_fetch_sub(&p->refs, 1) != 1)
    return;
  for (size_t i = 0; i < p->n_roots; i++)
    mx_release(p->roots[i]);
  mx_plan_free_arena(p);
  free(p->roots);
  free(p->order);
  free(p->parts);
  free(p->text);
  free(p);
}
