/* Owns evaluation as callers see it: eval, which waits, and async eval, which does not. */
#include "base/error.h"
#include "graph/plan.h"

/* An array that another plan works on may come back pending when that plan fails: then the caller's
 * own try gives the error. */
static int settle(mx_array *const *arrays, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (arrays[i] && !mx_ready(arrays[i]))
      mx_wait_ready(arrays[i]);
  for (size_t i = 0; i < n; i++)
    if (arrays[i] && !mx_ready(arrays[i]))
      return 1;
  return 0;
}

static void raise(const mx_plan *p) {
  pthread_mutex_lock(&mx_graph_lock);
  mx_error_set((mx_kind)p->kind, p->text ? p->text : "[eval] out of memory");
  pthread_mutex_unlock(&mx_graph_lock);
}

/* Runs the parts: on this thread where there is one part to wait for, else on the streams' threads. */
static int dispatch(mx_plan *p, bool wait) {
  if (wait && p->n_parts == 1) {
    mx_plan_run_part(&p->parts[0]);
    return 0;
  }
  for (int k = 0; k < p->n_parts; k++) {
    atomic_fetch_add(&p->refs, 1);
    if (mx_plan_post_part(&p->parts[k])) { /* no thread to be had: do it here */
      mx_error_clear();
      mx_plan_run_part(&p->parts[k]);
      mx_plan_release(p);
    }
  }
  return 0;
}

static int evaluate(mx_array *const *arrays, size_t n, bool wait) {
  size_t ready = 0;
  while (ready < n && (!arrays[ready] || mx_ready(arrays[ready])))
    ready++;
  if (ready == n)
    return 0;
  for (;;) {
    bool empty;
    mx_plan *p = mx_plan_make(arrays, n, &empty);
    if (!p && !empty)
      return 1;
    int bad = p ? dispatch(p, wait) : 0;
    if (wait) {
      bool unsettled = settle(arrays, n);
      if (p && atomic_load(&p->failed)) {
        raise(p);
        bad = 1;
      } else if (unsettled) {
        if (p)
          mx_plan_release(p);
        continue;
      }
    }
    if (p)
      mx_plan_release(p);
    return bad;
  }
}

/* Defined here and only declared in core, so that whoever links an array links its evaluator. */
int (*mx_eval_hook)(mx_array *const *arrays, size_t n, bool wait) = evaluate;
