/* Owns the running of plans: steps in order, views, memory handed on, waiting, worker threads. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/prim.h"
#include "core/session.h"
#include "graph/plan.h"

/* ---- waiting for arrays of other plans ---- */

static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_cond = PTHREAD_COND_INITIALIZER;
static atomic_int waiters;

int mx_wait_ready(const mx_array *a) {
  if (mx_ready(a))
    return 0;
  atomic_fetch_add(&waiters, 1);
  pthread_mutex_lock(&ready_lock);
  while (atomic_load(&a->state) == MX_QUEUED)
    pthread_cond_wait(&ready_cond, &ready_lock);
  pthread_mutex_unlock(&ready_lock);
  atomic_fetch_sub(&waiters, 1);
  return !mx_ready(a);
}

static void wake_waiters(void) {
  if (atomic_load(&waiters) == 0)
    return;
  pthread_mutex_lock(&ready_lock);
  pthread_cond_broadcast(&ready_cond);
  pthread_mutex_unlock(&ready_lock);
}

/* ---- counters ---- */

static struct {
  atomic_ullong plans, steps, fused_ops, views, donated;
} stats;

mx_graph_stats mx_graph_stats_now(void) {
  return (mx_graph_stats){atomic_load(&stats.plans), atomic_load(&stats.steps),
                          atomic_load(&stats.fused_ops), atomic_load(&stats.views),
                          atomic_load(&stats.donated)};
}

static void count(atomic_ullong *c, unsigned long long n) {
  atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

/* ---- memory of outputs ---- */

/* A block of a segment comes with its memory. */
int mx_out_alloc(mx_array *out) {
  if (out->buf)
    return 0;
  out->buf = mx_buffer_new(mx_nbytes(out));
  out->offset = 0;
  return out->buf ? 0 : 1;
}

int mx_out_donate(const mx_step *step, int i, mx_array *out) {
  mx_array *in = step->in[i];
  if (!in || !step->last_use[i] || !in->row_contiguous || !in->buf->writable || atomic_load(&in->buf->refs) != 1 || in->offset != 0 ||
      mx_nbytes(in) != mx_nbytes(out) || in->buf->size > 2 * mx_nbytes(out) + 4096)
    return mx_out_alloc(out);
  out->buf = mx_buffer_retain(in->buf);
  out->offset = 0;
  count(&stats.donated, 1);
  return 0;
}

/* How many references the step's own operations hold on input a and its siblings. */
static int own_references(const mx_plan_step *st, const mx_array *a) {
  int n = 0;
  for (int m = 0; m < st->n_ops; m++)
    for (int k = 0; k < st->ops[m]->n_in; k++)
      n += st->ops[m]->in[k] && st->ops[m]->in[k]->owner == a->owner;
  return n;
}

/* ---- running ---- */

static int await_inputs(mx_plan_step *st) {
  mx_step *w = &st->work;
  bool kept = false; /* a transformation reads the inputs later */
  for (int m = 0; m < st->n_ops; m++)
    kept = kept || mx_session_traces(st->ops[m]->out[0]);
  for (int k = 0; k < w->n_in; k++) {
    mx_array *in = w->in[k];
    if (!in)
      continue;
    if (!mx_ready(in) && mx_wait_ready(in))
      return mx_fail(MX_RUNTIME, "[eval] an input's evaluation failed in another plan");
    w->last_use[k] =
        !kept && atomic_load_explicit(&in->owner->refs, memory_order_acquire) == own_references(st, in);
  }
  return 0;
}

/* Each output shares its input's memory; params[0] is the offset in elements of the input. */
static void run_view(mx_op *op) {
  for (int i = 0; i < op->n_out; i++) {
    mx_array *in = op->in[i], *out = op->out[i];
    out->buf = mx_buffer_retain(in->buf);
    out->offset = in->offset + op->params[0] * (int64_t)mx_itemsize(in);
  }
  count(&stats.views, 1);
}

static void finish(mx_plan_step *st) {
  const mx_step *w = &st->work;
  for (int k = 0; k < w->n_out; k++)
    atomic_store_explicit(&w->out[k]->state, MX_READY, memory_order_release);
  atomic_thread_fence(memory_order_seq_cst); /* a waiter counts itself, then looks at the state */
  wake_waiters();
  /* Producers first: a node inside the group dies, its operation with it, when its last reader is done. */
  for (int m = 0; m < st->n_ops; m++)
    mx_op_done(st->ops[m]);
}

static const mx_backend *backend_of(const mx_plan_step *st) {
  const mx_backend *b = mx_backend_for(st->stream->device.type);
  if (!b)
    mx_fail(MX_RUNTIME, "[eval] no backend for the stream's device");
  return b;
}

static int run_segment(mx_plan_step *st) {
  const mx_backend *b = backend_of(st);
  if (!b || mx_segment_await(st->segment))
    return 1;
  int bad = mx_segment_run(st->segment, b);
  mx_segment_finish(st->segment, bad);
  if (bad)
    return 1;
  count(&stats.steps, 1);
  count(&stats.fused_ops, (unsigned long long)st->n_ops);
  finish(st);
  return 0;
}

static int run_step(mx_plan_step *st) {
  if (st->segment)
    return run_segment(st);
  if (await_inputs(st))
    return 1;
  if (st->view) {
    run_view(st->ops[0]);
  } else {
    const mx_backend *b = backend_of(st);
    if (!b)
      return 1;
    if (b->run(&st->work)) {
      for (int k = 0; k < st->work.n_out; k++) {
        mx_buffer_release(st->work.out[k]->buf);
        st->work.out[k]->buf = NULL;
      }
      return 1;
    }
    count(&stats.steps, 1);
    if (st->work.n_instrs > 1)
      count(&stats.fused_ops, (unsigned long long)st->work.n_instrs);
  }
  finish(st);
  return 0;
}

/* Gives the step's nodes back, for a later eval to try again. */
static void revert(mx_plan_step *st) {
  for (int m = 0; m < st->n_ops; m++)
    for (int k = 0; k < st->ops[m]->n_out; k++)
      atomic_store(&st->ops[m]->out[k]->state, MX_PENDING);
}

static void record_failure(mx_plan *p) {
  pthread_mutex_lock(&mx_graph_lock);
  if (!p->kind) {
    p->kind = mx_error_kind() ? (int)mx_error_kind() : MX_RUNTIME;
    p->text = strdup(mx_error_text());
  }
  pthread_mutex_unlock(&mx_graph_lock);
  atomic_store(&p->failed, true);
}

/* Where a reader runs in another thread, it lets go of what it read as soon as that is ready: maybe
 * before the step is done with it. */
static void hold(const mx_plan_step *st) {
  for (int m = 0; m < st->n_ops; m++)
    mx_retain(st->ops[m]->out[0]);
}

static void let_go(const mx_plan_step *st) {
  for (int m = 0; m < st->n_ops; m++)
    mx_release(st->ops[m]->out[0]);
}

void mx_plan_run_part(mx_plan_part *part) {
  mx_plan *p = part->plan;
  mx_stream_enter(part->stream, part->ticket);
  count(&stats.plans, 1);
  for (size_t i = 0; i < p->n_steps; i++) {
    mx_plan_step *st = &p->steps[i];
    if (st->stream != part->stream)
      continue;
    if (p->n_parts > 1)
      hold(st);
    if (atomic_load_explicit(&p->failed, memory_order_relaxed)) {
      revert(st);
    } else if (run_step(st)) {
      record_failure(p);
      revert(st);
    }
    if (p->n_parts > 1)
      let_go(st);
  }
  if (atomic_load(&p->failed)) {
    atomic_thread_fence(memory_order_seq_cst);
    wake_waiters();
  }
  mx_stream_leave(part->stream);
}

/* ---- worker threads, one a stream, for what nobody waits for ---- */

typedef struct worker {
  pthread_mutex_t lock;
  pthread_cond_t more;
  mx_plan_part *head, *tail;
} worker;

static void *work(void *arg) {
  worker *w = arg;
  for (;;) {
    pthread_mutex_lock(&w->lock);
    while (!w->head)
      pthread_cond_wait(&w->more, &w->lock);
    mx_plan_part *part = w->head;
    w->head = part->next;
    pthread_mutex_unlock(&w->lock);
    mx_plan *p = part->plan;
    mx_plan_run_part(part);
    mx_plan_release(p);
  }
  return NULL;
}

static worker *worker_of(mx_stream *s) {
  static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&making);
  worker *w = s->worker;
  if (!w && (w = calloc(1, sizeof *w))) {
    pthread_t t;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    if (pthread_create(&t, NULL, work, w)) {
      free(w);
      w = NULL;
    } else {
      pthread_detach(t);
      s->worker = w;
    }
  }
  pthread_mutex_unlock(&making);
  if (!w)
    mx_fail(MX_RUNTIME, "[eval] unable to start a stream's thread");
  return w;
}

int mx_plan_post_part(mx_plan_part *part) {
  worker *w = worker_of(part->stream);
  if (!w)
    return 1;
  part->next = NULL;
  pthread_mutex_lock(&w->lock);
  if (w->head)
    w->tail->next = part;
  else
    w->head = part;
  w->tail = part;
  pthread_cond_signal(&w->more);
  pthread_mutex_unlock(&w->lock);
  return 0;
}
