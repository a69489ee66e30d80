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

/* Runs the parts that no worker has. */
static void run_here(mx_plan *p) {
  for (int k = 0; k < p->n_parts; k++)
    if (p->parts[k].here)
      mx_plan_run_part(&p->parts[k]);
}

static int evaluate(mx_array *const *arrays, size_t n, bool wait) {
  size_t ready = 0;
  while (ready < n && (!arrays[ready] || mx_ready(arrays[ready])))
    ready++;
  if (ready == n)
    return 0;
  for (;;) {
    bool empty;
    mx_plan *p = mx_plan_make(arrays, n, wait, &empty);
    if (!p && !empty)
      return 1;
    int bad = 0;
    if (p)
      run_here(p);
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
