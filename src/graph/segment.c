/* Owns segments: runs of steps that go over the same rows, done block of rows by block of rows, so
 * that what one step hands to the next stays in the cache, and what nobody else wants never gets
 * memory of its own. A softmax, a norm or a loss written by hand is one pass over memory.
 *
 * A segment is made of elementwise steps and of reductions over trailing axes; its arrays are
 * either cut along their first axes, all in the same way, or seen whole by every block. A row's
 * values do not depend on how many rows there are, so a segment changes no bit. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/pool.h"
#include "core/prim.h"
#include "graph/plan.h"

enum {
  MAX_STEPS = 16,
  MAX_ARRAYS = 64,
  BLOCK = 1 << 15, /* elements of a block's largest array */
  WORTH = 8        /* blocks: fewer stay in the cache by themselves */
};

enum role { WHOLE, CUT, SCRATCH }; /* SCRATCH: cut, and only the segment's own steps read it */

typedef struct part { /* an array of the segment */
  mx_array *a;
  uint8_t role;
  int lead;       /* the axis of the frame that its first one lies on */
  int64_t stride; /* of a row, in elements */
  bool made;      /* by one of the steps */
} part;

struct mx_segment {
  mx_plan_step *steps;
  int n_steps, n_parts;
  int cut;       /* axes of the frame that are cut */
  int rank;      /* of the frame */
  int64_t frame[MX_MAX_NDIM];
  int64_t rows, block; /* rows, and rows of a block */
  part parts[MAX_ARRAYS];
};

typedef struct mx_segment segment;

/* ---- which steps ---- */

static bool is_reduction(const mx_op *op) {
  return op && (op->prim == MX_PRIM_SUM || op->prim == MX_PRIM_PROD || op->prim == MX_PRIM_MIN ||
                op->prim == MX_PRIM_MAX || op->prim == MX_PRIM_ALL || op->prim == MX_PRIM_ANY);
}

/* How many trailing axes it reduces; 0 where the axes lie elsewhere too. */
static int trailing_axes(const mx_op *op) {
  uint64_t axes = (uint64_t)op->params[0];
  int n = op->in[0]->ndim, t = 0;
  while (t < n && axes >> (n - 1 - t) & 1)
    t++;
  return t < n && (t == 0 || axes >> (n - t) << (n - t) == axes) ? t : 0;
}

static bool may_join(const mx_plan_step *st) {
  const mx_op *op = st->work.op;
  if (st->view || st->segment || st->stream->device.type != MLX_CPU)
    return false;
  if (!op)
    return true;
  return is_reduction(op) && op->in[0]->row_contiguous && trailing_axes(op) > 0;
}

static part *find_part(segment *g, const mx_array *a) {
  for (int i = 0; i < g->n_parts; i++)
    if (g->parts[i].a == a)
      return &g->parts[i];
  return NULL;
}

/* The stride of the first `cut` axes as one; false where they do not run on. */
static bool row_stride(const mx_array *a, int cut, int64_t *stride) {
  int64_t next = 0;
  bool any = false;
  *stride = 0;
  for (int i = cut - 1; i >= 0; i--) {
    if (a->shape[i] == 1)
      continue;
    if (!any)
      *stride = a->strides[i];
    else if (a->strides[i] != next)
      return false;
    next = a->strides[i] * a->shape[i];
    any = true;
  }
  return true;
}

/* How many of the frame's first axes an array is cut along, or is the same for: at most `cut`. */
static int uniform(const segment *g, const mx_array *a, int lead, int cut, bool *whole) {
  int n = 0;
  bool some = false;
  *whole = false;
  for (; n < cut; n++) {
    int64_t want = g->frame[n], have = n < lead ? 1 : a->shape[n - lead];
    bool same = have == 1 && want != 1;
    if (want == 1)
      continue; /* either */
    if (some && same != *whole)
      break;
    some = true;
    *whole = same;
  }
  return n;
}

/* Adds an array that lies at `lead`; lowers *cut to what it allows. */
static bool add_part(segment *g, mx_array *a, int lead, bool made, int *cut) {
  part *have = find_part(g, a);
  bool whole;
  if (lead < 0 || (have && (have->lead != lead || made)) || (!have && g->n_parts == MAX_ARRAYS))
    return false;
  int n = uniform(g, a, lead, *cut, &whole);
  if (whole ? made : lead > 0)
    return false; /* an array of lower rank that is cut has other axes there */
  *cut = n;
  if (!have)
    g->parts[g->n_parts++] = (part){.a = a, .lead = lead, .made = made};
  return *cut > 0;
}

/* Roles and strides now that the cut is known; lowers the cut until every array's rows run on. */
static int settle(segment *g, int cut) {
  for (bool again = true; again && cut > 0;) {
    again = false;
    for (int i = 0; i < g->n_parts && !again; i++) {
      part *p = &g->parts[i];
      bool whole;
      uniform(g, p->a, p->lead, cut, &whole);
      p->role = whole || p->lead > 0 ? WHOLE : CUT;
      if (p->role == CUT && !row_stride(p->a, cut, &p->stride)) {
        cut--;
        again = true;
      }
    }
  }
  return cut;
}

static int64_t product(const int64_t *shape, int n) {
  int64_t r = 1;
  for (int i = 0; i < n; i++)
    r *= shape[i];
  return r;
}

/* Tries to take one more step in; leaves the segment as it was where it does not fit. */
static bool take_step(segment *g, const mx_plan_step *st) {
  const mx_step *w = &st->work;
  const mx_array *frame = w->op ? w->in[0] : w->out[0];
  int n_parts = g->n_parts, cut = g->n_steps ? g->cut : frame->ndim - 1;
  if (frame->ndim < 2 || (g->n_steps && frame->ndim != g->rank))
    return false;
  if (!g->n_steps) {
    g->rank = frame->ndim;
    memcpy(g->frame, frame->shape, (size_t)frame->ndim * sizeof *g->frame);
  }
  if (w->op && cut > frame->ndim - trailing_axes(w->op))
    cut = frame->ndim - trailing_axes(w->op);
  int same = 0;
  while (same < cut && frame->shape[same] == g->frame[same])
    same++;
  cut = same;
  bool fits = cut > 0;
  for (int i = 0; i < w->n_in && fits; i++)
    fits = w->in[i] && add_part(g, w->in[i], g->rank - w->in[i]->ndim, false, &cut);
  for (int i = 0; i < w->n_out && fits; i++)
    fits = add_part(g, w->out[i], 0, true, &cut);
  cut = fits ? settle(g, cut) : 0;
  int64_t rows = product(g->frame, cut), row = product(g->frame + cut, g->rank - cut);
  if (cut == 0 || row == 0 || row > BLOCK || rows * row < (int64_t)WORTH * BLOCK) {
    g->n_parts = n_parts;
    settle(g, g->cut);
    return false;
  }
  g->cut = cut;
  g->rows = rows;
  g->block = BLOCK / row;
  g->n_steps++;
  return true;
}

/* ---- what leaves a segment ---- */

static int references(const segment *g, const mx_array *owner) {
  int n = 0;
  for (int s = 0; s < g->n_steps; s++)
    for (int m = 0; m < g->steps[s].n_ops; m++)
      for (int k = 0; k < g->steps[s].ops[m]->n_in; k++)
        n += g->steps[s].ops[m]->in[k] && g->steps[s].ops[m]->in[k]->owner == owner;
  return n;
}

/* Arrays that only the segment's own steps read need no memory. Gives how many there are. */
static int mark_scratch(segment *g, bool (*held)(const mx_plan *, const mx_array *),
                        const mx_plan *p) {
  int n = 0;
  for (int i = 0; i < g->n_parts; i++) {
    part *q = &g->parts[i];
    if (q->made && !held(p, q->a) && references(g, q->a->owner) == (int)q->a->owner->uses) {
      q->role = SCRATCH;
      n++;
    }
  }
  return n;
}

/* Makes one step of those that g took. */
static int close_segment(mx_plan *p, const segment *g, mx_plan_step *to) {
  segment *own = mx_plan_alloc(p, sizeof *own);
  if (!own)
    return 1;
  *own = *g;
  own->steps = mx_plan_alloc(p, (size_t)g->n_steps * sizeof *own->steps);
  int n = 0;
  for (int s = 0; s < g->n_steps; s++)
    n += g->steps[s].n_ops;
  mx_op **ops = mx_plan_alloc(p, (size_t)n * sizeof *ops);
  if (!own->steps || !ops)
    return 1;
  memcpy(own->steps, g->steps, (size_t)g->n_steps * sizeof *own->steps);
  n = 0;
  for (int s = 0; s < own->n_steps; s++)
    for (int m = 0; m < own->steps[s].n_ops; m++)
      ops[n++] = own->steps[s].ops[m];
  *to = (mx_plan_step){.stream = own->steps[0].stream, .ops = ops, .n_ops = n, .segment = own};
  return 0;
}

int mx_plan_segments(mx_plan *p, bool (*held)(const mx_plan *, const mx_array *)) {
  size_t n = 0;
  segment *g = mx_plan_alloc(p, sizeof *g);
  if (!g)
    return 1;
  for (size_t i = 0; i < p->n_steps;) {
    g->n_steps = g->n_parts = g->cut = 0;
    g->steps = &p->steps[i];
    while (i + (size_t)g->n_steps < p->n_steps && g->n_steps < MAX_STEPS &&
           g->steps[g->n_steps].stream == g->steps[0].stream && may_join(&g->steps[g->n_steps]))
      if (!take_step(g, &g->steps[g->n_steps]))
        break;
    size_t taken = g->n_steps ? (size_t)g->n_steps : 1;
    if (g->n_steps > 1 && mark_scratch(g, held, p)) {
      if (close_segment(p, g, &p->steps[n++]))
        return 1;
    } else {
      memmove(&p->steps[n], &p->steps[i], taken * sizeof *p->steps);
      n += taken;
    }
    i += taken;
  }
  p->n_steps = n;
  return 0;
}

/* ---- running ---- */

/* An array of the segment as one block sees it. */
typedef struct face {
  mx_array a;
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
} face;

typedef struct run {
  const segment *g;
  const mx_backend *b;
  atomic_int failed;
  int kind;
  char text[512];
} run;

static void make_face(const segment *g, const part *q, face *f) {
  const mx_array *a = q->a;
  int rank = g->rank - g->cut + 1, drop = g->cut - 1; /* the cut axes become one */
  f->a = (mx_array){.dtype = a->dtype, .buf = a->buf, .offset = a->offset, .shape = f->shape,
                    .strides = f->strides, .row_contiguous = a->row_contiguous};
  if (q->role == WHOLE) {
    drop = a->ndim > rank ? a->ndim - rank : 0; /* axes of length 1 */
    f->a.ndim = (uint8_t)(a->ndim - drop);
    f->a.size = a->size;
    memcpy(f->shape, a->shape + drop, f->a.ndim * sizeof *f->shape);
    memcpy(f->strides, a->strides + drop, f->a.ndim * sizeof *f->strides);
    return;
  }
  f->a.ndim = (uint8_t)(a->ndim - drop);
  memcpy(f->shape, a->shape + drop, f->a.ndim * sizeof *f->shape);
  memcpy(f->strides, a->strides + drop, f->a.ndim * sizeof *f->strides);
  f->shape[0] = g->block;
  f->strides[0] = q->stride;
  f->a.size = product(f->shape, f->a.ndim);
}

/* Turns a face to the block of rows that begins at `first`. */
static void turn(const part *q, face *f, int64_t first, int64_t rows) {
  if (q->role == WHOLE)
    return;
  f->a.size = f->a.size / f->shape[0] * rows;
  f->shape[0] = rows;
  if (q->role == CUT)
    f->a.offset = q->a->offset + first * q->stride * (int64_t)mx_itemsize(&f->a);
}

static int run_block(const run *r, face *faces,
                     int (*at)[MX_TAPE_MAX_INPUTS + MX_TAPE_MAX_OUTPUTS]) {
  const segment *g = r->g;
  bool last_use[MX_TAPE_MAX_INPUTS] = {false};
  for (int s = 0; s < g->n_steps; s++) {
    const mx_step *w = &g->steps[s].work;
    mx_array *in[MX_TAPE_MAX_INPUTS], *out[MX_TAPE_MAX_OUTPUTS];
    mx_step block = *w;
    mx_op op;
    int64_t axes;
    for (int i = 0; i < w->n_in; i++)
      in[i] = &faces[at[s][i]].a;
    for (int i = 0; i < w->n_out; i++)
      out[i] = &faces[at[s][w->n_in + i]].a;
    block.in = in;
    block.out = out;
    block.last_use = last_use;
    if (w->op) {
      op = *w->op;
      axes = (int64_t)((uint64_t)w->op->params[0] >> (g->cut - 1));
      op.params = &axes;
      op.in = in;
      op.out = out;
      block.op = &op;
    }
    if (r->b->run(&block))
      return 1;
  }
  return 0;
}

static void fail_run(run *r) {
  if (!atomic_exchange(&r->failed, 1)) {
    r->kind = mx_error_kind() ? (int)mx_error_kind() : MX_RUNTIME;
    strncpy(r->text, mx_error_text(), sizeof r->text - 1);
  }
}

/* Blocks begin .. end, over memory of this chunk for what lies between the steps. */
static void run_blocks(void *ctx, int64_t begin, int64_t end) {
  run *r = ctx;
  const segment *g = r->g;
  face *faces = malloc((size_t)g->n_parts * sizeof *faces);
  int at[MAX_STEPS][MX_TAPE_MAX_INPUTS + MX_TAPE_MAX_OUTPUTS];
  int bad = faces ? 0 : mx_nomem("eval");
  for (int i = 0; i < g->n_parts && !bad; i++) {
    make_face(g, &g->parts[i], &faces[i]);
    if (g->parts[i].role == SCRATCH)
      bad = !(faces[i].a.buf = mx_buffer_new(mx_nbytes(&faces[i].a)));
    if (bad)
      for (int k = i; k < g->n_parts; k++)
        faces[k].a.buf = NULL;
  }
  for (int s = 0; s < g->n_steps && !bad; s++) {
    const mx_step *w = &g->steps[s].work;
    for (int i = 0; i < w->n_in + w->n_out; i++)
      at[s][i] =
          (int)(find_part((segment *)g, i < w->n_in ? w->in[i] : w->out[i - w->n_in]) - g->parts);
  }
  for (; begin < end && !bad && !atomic_load_explicit(&r->failed, memory_order_relaxed); begin++) {
    int64_t first = begin * g->block,
            rows = g->rows - first < g->block ? g->rows - first : g->block;
    for (int i = 0; i < g->n_parts; i++)
      turn(&g->parts[i], &faces[i], first, rows);
    bad = run_block(r, faces, at);
  }
  if (bad)
    fail_run(r);
  for (int i = 0; faces && i < g->n_parts; i++)
    if (g->parts[i].role == SCRATCH)
      mx_buffer_release(faces[i].a.buf);
  free(faces);
}

int mx_segment_run(const mx_segment *g, const mx_backend *b) {
  run r = {.g = g, .b = b};
  for (int i = 0; i < g->n_parts; i++)
    if (g->parts[i].made && g->parts[i].role == CUT && mx_out_alloc(g->parts[i].a))
      return 1;
  mx_parallel_for((g->rows + g->block - 1) / g->block, 1, run_blocks, &r);
  return atomic_load(&r.failed) ? mx_fail((mx_kind)r.kind, "%s", r.text) : 0;
}

int mx_segment_await(const mx_segment *g) {
  for (int i = 0; i < g->n_parts; i++)
    if (!g->parts[i].made && !mx_ready(g->parts[i].a) && mx_wait_ready(g->parts[i].a))
      return mx_fail(MX_RUNTIME, "[eval] an input's evaluation failed in another plan");
  return 0;
}

void mx_segment_finish(const mx_segment *g, bool bad) {
  for (int i = 0; i < g->n_parts; i++) {
    mx_array *a = g->parts[i].a;
    if (!g->parts[i].made || g->parts[i].role != CUT)
      continue;
    if (bad) {
      mx_buffer_release(a->buf);
      a->buf = NULL;
    } else {
      atomic_store_explicit(&a->state, MX_READY, memory_order_release);
    }
  }
}
