/* A plan: the pending operations that some arrays need, in order, grouped into steps.
 *
 * Planning happens under the graph lock: it moves the nodes it takes from pending to queued, so two
 * threads that evaluate graphs with common nodes never compute one twice; the second waits for the
 * first. Running happens outside the lock. A node that could not be computed goes back to pending. */
#ifndef MX_GRAPH_PLAN_H
#define MX_GRAPH_PLAN_H

#include <pthread.h>

#include "backend/backend.h"
#include "core/array.h"
#include "core/stream.h"

typedef struct mx_plan_step {
  mx_stream *stream;
  mx_op **ops; /* members in order; the last is the root. One, unless fused */
  int n_ops;
  mx_step work; /* work.op NULL: fused */
  bool view;    /* nothing to compute: shares its input's memory */
  struct mx_segment *segment; /* several steps, block by block; then work is empty */
} mx_plan_step;

typedef struct mx_plan_part { /* the share of one stream */
  struct mx_plan *plan;
  mx_stream *stream;
  uint64_t ticket;
  bool here;                 /* for the thread that made the plan; others are the workers' */
  struct mx_plan_part *next; /* in the worker's queue */
} mx_plan_part;

typedef struct mx_plan {
  atomic_int refs;      /* the caller and each part */
  mx_array **roots;     /* retained */
  size_t n_roots;
  mx_op **order;        /* every operation of the plan, inputs first */
  size_t n_ops, cap_ops;
  mx_plan_step *steps;
  size_t n_steps;
  mx_plan_part *parts;
  int n_parts;
  struct mx_chunk *arena;
  const bool *kept;     /* by place: values that are wanted outside; NULL: those that somebody holds */
  atomic_bool failed;
  int kind;             /* of the first error, under the graph lock */
  char *text;
} mx_plan;

/* Counters, for tests and benchmarks. */
typedef struct mx_graph_stats {
  uint64_t plans, steps, fused_ops, views, donated;
} mx_graph_stats;
mx_graph_stats mx_graph_stats_now(void);

/* Elementwise fusion on or off (also MLX_FUSE=0 in the environment); returns the previous setting. */
bool mx_graph_set_fusion(bool on);
bool mx_graph_fusion(void);

extern pthread_mutex_t mx_graph_lock;

/* Takes the pending nodes below `arrays`, and hands the parts to their streams' workers, except a
 * single one that the caller waits for. NULL with an error, or with *empty when there is nothing to do. */
mx_plan *mx_plan_make(mx_array *const *arrays, size_t n, bool wait, bool *empty);
void mx_plan_release(mx_plan *p);
void *mx_plan_alloc(mx_plan *p, size_t bytes); /* from the plan's arena, zeroed */

/* Groups p->order into steps (fuse.c). out[0]->plan of each operation is its place in the order. */
int mx_plan_group(mx_plan *p);
/* A fused step as the parameters of MX_PRIM_FUSED; returns how many words, at most MX_GROUP_WORDS. */
#define MX_GROUP_WORDS (1 + MX_TAPE_MAX_INSTRS + MX_TAPE_MAX_OUTPUTS)
int mx_pack_group(const mx_step *w, int64_t *words);
void mx_plan_free_arena(mx_plan *p);

/* Joins steps that go over the same rows into segments (segment.c). */
typedef struct mx_segment mx_segment;
int mx_plan_segments(mx_plan *p, bool (*held)(const mx_plan *, const mx_array *));
int mx_segment_await(const mx_segment *g);
int mx_segment_run(const mx_segment *g, const mx_backend *b);
/* Its results are ready, or given up. */
void mx_segment_finish(const mx_segment *g, bool bad);

/* Runs all steps of the part's stream in the part's turn (exec.c). */
void mx_plan_run_part(mx_plan_part *part);
/* Hands a part to its stream's worker thread; under the graph lock. */
int mx_plan_post_part(mx_plan_part *part);
/* Waits until a queued array is ready (0) or given up (nonzero, no error recorded). */
int mx_wait_ready(const mx_array *a);

#endif
