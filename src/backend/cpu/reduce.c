/* The strided reduction. Two forms: rows (the fastest axis is reduced: blocks of numbers fold to
 * one) and columns (the fastest axis is kept: whole rows fold into an accumulator, or, where they are
 * few, all at once: the windows of a pooling). And the gradient of minima and maxima over windows.
 * Invariant: which form, and where blocks, groups and chunks begin, follows from dtype, shape and
 * strides alone; the pool only hands out whole tasks. */
#include "backend/cpu/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"
#include "core/params.h"

enum {
  BLOCK = 4096,       /* numbers that a row kernel folds at once */
  GROUP = 64,         /* blocks that one task folds */
  COLUMNS = 2048,     /* accumulators of a column task */
  ROWS = 64,          /* rows between two visits to the outer accumulator */
  CHUNK = 256,        /* rows of a column task, where there are few columns */
  FEW_TASKS = 64,
  NARROW = 16,        /* fewer columns than this are gathered */
  SHORT = 16,         /* rows up to this are one chain: taken as columns */
  GRAIN = 1 << 15,    /* numbers that are worth a thread */
  WIDE_MAX = 8
};

typedef struct loop {
  int n;
  int64_t len[MX_MAX_NDIM], stride[MX_MAX_NDIM], out[MX_MAX_NDIM];
  int64_t size;
} loop;

typedef struct job {
  const mx_reduce_kernels *k;
  mx_fold fold;
  mlx_dtype in, out;
  mx_wide wide;
  size_t in_size, wide_size, out_size;
  bool native; /* numbers are stored in their wide form */
  const char *src;
  char *dst;
  loop red, keep; /* of red the last axis is the fastest */
  /* rows */
  int64_t groups;
  char *partial; /* groups results for each output; NULL: one each */
  /* columns */
  int64_t width, width_stride, width_out; /* the kept axis that runs fastest; not in keep */
  int64_t chunks, tiles;
} job;

static size_t wide_bytes(mx_wide w) { return w <= MX_WU32 && w != MX_WF64 ? 4 : 8; }

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

static void add_axis(loop *l, int64_t len, int64_t stride, int64_t out) {
  l->len[l->n] = len;
  l->stride[l->n] = stride;
  l->out[l->n++] = out;
}

/* Slowest first; then neighbours that run on as one become one. */
static void sort_and_merge(loop *l) {
  for (int i = 1; i < l->n; i++) {
    int64_t len = l->len[i], stride = l->stride[i];
    int j = i;
    for (; j > 0 && magnitude(l->stride[j - 1]) < magnitude(stride); j--) {
      l->len[j] = l->len[j - 1];
      l->stride[j] = l->stride[j - 1];
    }
    l->len[j] = len;
    l->stride[j] = stride;
  }
  int n = 0;
  for (int i = 0; i < l->n; i++) {
    if (n && l->stride[n - 1] == l->stride[i] * l->len[i]) {
      l->len[n - 1] *= l->len[i];
      l->stride[n - 1] = l->stride[i];
    } else {
      l->len[n] = l->len[i];
      l->stride[n++] = l->stride[i];
    }
  }
  l->n = n;
}

static void split_axes(job *j, mx_strided a, const bool *mask) {
  int64_t out = 1;
  int64_t out_stride[MX_MAX_NDIM];
  for (int i = a.ndim - 1; i >= 0; i--) {
    out_stride[i] = out;
    if (!mask[i]) out *= a.shape[i];
  }
  j->red = (loop){.size = 1};
  j->keep = (loop){.size = out};
  for (int i = 0; i < a.ndim; i++) {
    if (mask[i]) j->red.size *= a.shape[i];
    if (a.shape[i] != 1)
      add_axis(mask[i] ? &j->red : &j->keep, a.shape[i], a.strides[i], out_stride[i]);
  }
  sort_and_merge(&j->red);
}

/* The form, and for columns the axis that they run along. */
static bool choose_columns(job *j) {
  int best = -1;
  for (int i = 0; i < j->keep.n; i++) {
    if (best < 0 || magnitude(j->keep.stride[i]) <= magnitude(j->keep.stride[best])) best = i;
  }
  if (best < 0 || j->red.n == 0 || j->keep.len[best] < NARROW) return false;
  bool slower = magnitude(j->keep.stride[best]) >= magnitude(j->red.stride[j->red.n - 1]);
  if (slower && j->red.size > SHORT) return false;
  j->width = j->keep.len[best];
  j->width_stride = j->keep.stride[best];
  j->width_out = j->keep.out[best];
  j->keep.size /= j->width;
  j->keep.n--;
  for (int i = best; i < j->keep.n; i++) {
    j->keep.len[i] = j->keep.len[i + 1];
    j->keep.stride[i] = j->keep.stride[i + 1];
    j->keep.out[i] = j->keep.out[i + 1];
  }
  return true;
}

/* Where number `index` of a loop lies: elements of the source, and of the output if asked for. */
static int64_t place(const loop *l, int64_t index, int64_t *out) {
  int64_t at = 0, to = 0;
  for (int i = l->n - 1; i >= 0; i--) {
    int64_t k = i ? index % l->len[i] : index;
    if (i) index /= l->len[i];
    at += k * l->stride[i];
    to += k * l->out[i];
  }
  if (out) *out = to;
  return at;
}

static void store(const job *j, int64_t at, const void *value) {
  char *to = j->dst + at * (int64_t)j->out_size;
  uint32_t u;
  float f;
  memcpy(&u, value, sizeof u);
  memcpy(&f, value, sizeof f);
  if (j->out == MLX_FLOAT16 || j->out == MLX_BFLOAT16) {
    uint16_t h = j->out == MLX_FLOAT16 ? mx_f32_to_f16(f) : mx_f32_to_bf16(f);
    memcpy(to, &h, sizeof h);
  } else if (j->out_size == 1) {
    uint8_t b = (uint8_t)u;
    memcpy(to, &b, sizeof b);
  } else if (j->out_size == 2) {
    uint16_t h = (uint16_t)u;
    memcpy(to, &h, sizeof h);
  } else {
    memcpy(to, value, j->out_size);
  }
}

/* --- rows --- */

/* Numbers first .. first + n of the reduced space, n <= BLOCK, in their wide form. */
static const void *fetch(const job *j, const char *src, int64_t first, int64_t n, char *buf) {
  const loop *l = &j->red;
  if (l->n == 0) {
    if (j->native) return src;
    j->k->widen(src, j->in, 1, 1, buf);
    return buf;
  }
  const int in = l->n - 1;
  const int64_t len = l->len[in], stride = l->stride[in], size = (int64_t)j->in_size;
  int64_t at = place(l, first, NULL), left = len - (l->n == 1 ? first : first % len);
  if (n <= left && j->native && stride == 1) return src + at * size;
  for (int64_t done = 0; done < n;) {
    int64_t run = n - done < left ? n - done : left;
    j->k->widen(src + at * size, j->in, stride, run, buf + done * (int64_t)j->wide_size);
    done += run;
    if (done < n) at = place(l, first + done, NULL);
    left = len;
  }
  return buf;
}

/* Folds group g of one output's numbers into *value. */
static void fold_group(const job *j, const char *src, int64_t g, void *value) {
  char buf[BLOCK * WIDE_MAX], part[GROUP * WIDE_MAX];
  int64_t first = g * GROUP * BLOCK, n = 0;
  for (; n < GROUP && first < j->red.size; n++, first += BLOCK) {
    int64_t len = j->red.size - first < BLOCK ? j->red.size - first : BLOCK;
    const void *x = fetch(j, src, first, len, buf);
    j->k->row[j->fold][j->wide](x, len, part + n * (int64_t)j->wide_size);
  }
  if (n == 1) {
    memcpy(value, part, j->wide_size);
  } else {
    j->k->row[j->fold][j->wide](part, n, value);
  }
}

static void row_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t t = begin; t < end; t++) {
    int64_t to, o = j->groups == 1 ? t : t / j->groups, g = j->groups == 1 ? 0 : t % j->groups;
    const char *src = j->src + place(&j->keep, o, &to) * (int64_t)j->in_size;
    uint64_t value;
    fold_group(j, src, g, &value);
    if (j->partial) {
      memcpy(j->partial + t * (int64_t)j->wide_size, &value, j->wide_size);
    } else {
      store(j, to, &value);
    }
  }
}

static void join_groups(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t o = begin; o < end; o++) {
    uint64_t value;
    int64_t to;
    place(&j->keep, o, &to);
    j->k->row[j->fold][j->wide](j->partial + o * j->groups * (int64_t)j->wide_size, j->groups,
                                &value);
    store(j, to, &value);
  }
}

static int64_t tasks_per_thread(int64_t work) {
  return work >= GRAIN ? 1 : GRAIN / (work > 0 ? work : 1);
}

static int run_rows(job *j) {
  j->groups = (j->red.size + GROUP * BLOCK - 1) / (GROUP * BLOCK);
  int64_t tasks = j->keep.size * j->groups;
  if (j->groups > 1) {
    j->partial = malloc((size_t)tasks * j->wide_size);
    if (!j->partial) return mx_nomem("reduce");
  }
  int64_t work = j->red.size < GROUP * BLOCK ? j->red.size : GROUP * BLOCK;
  mx_parallel_for(tasks, tasks_per_thread(work + 16), row_tasks, j);
  if (j->partial) mx_parallel_for(j->keep.size, tasks_per_thread(j->groups), join_groups, j);
  free(j->partial);
  return 0;
}

/* --- a place that moves on --- */

typedef struct cursor {
  int64_t index[MX_MAX_NDIM], at, to;
} cursor;

static void cursor_set(cursor *c, const loop *l, int64_t index) {
  c->at = place(l, index, &c->to);
  for (int i = l->n - 1; i >= 0; i--) {
    c->index[i] = i ? index % l->len[i] : index;
    index /= l->len[i];
  }
}

static void cursor_next(cursor *c, const loop *l) {
  for (int i = l->n - 1; i >= 0; i--) {
    c->at += l->stride[i];
    c->to += l->out[i];
    if (++c->index[i] < l->len[i]) return;
    c->at -= l->len[i] * l->stride[i];
    c->to -= l->len[i] * l->out[i];
    c->index[i] = 0;
  }
}

/* Where each number of a window lies; at most ROWS of them. */
static void offsets(const loop *l, int64_t *at) {
  for (int64_t r = 0; r < l->size; r++) at[r] = place(l, r, NULL);
}

/* --- columns --- */

static void fold_row(const job *j, const char *x, int64_t n, bool first, char *acc, char *buf) {
  if (first) {
    j->k->widen(x, j->in, j->width_stride, n, acc);
  } else if (j->native && j->width_stride == 1) {
    j->k->fold[j->fold][j->wide](acc, x, n);
  } else {
    j->k->widen(x, j->in, j->width_stride, n, buf);
    j->k->fold[j->fold][j->wide](acc, buf, n);
  }
}

/* Rows first .. end of the reduced space, n columns from src on, into sum. */
static void fold_rows(const job *j, const char *src, int64_t first, int64_t end, int64_t n,
                      char *sum) {
  char acc[COLUMNS * WIDE_MAX], buf[COLUMNS * WIDE_MAX];
  const loop *l = &j->red;
  const int64_t len = l->len[l->n - 1], step = l->stride[l->n - 1] * (int64_t)j->in_size;
  for (int64_t r = first; r < end;) {
    char *to = r == first ? sum : acc;
    int64_t stop = end - r < ROWS ? end : r + ROWS;
    for (bool begin = true; r < stop;) {
      const char *x = src + place(l, r, NULL) * (int64_t)j->in_size;
      int64_t left = l->n == 1 ? stop - r : len - r % len;
      int64_t run = stop - r < left ? stop - r : left;
      for (int64_t i = 0; i < run; i++, x += step, begin = false)
        fold_row(j, x, n, begin, to, buf);
      r += run;
    }
    if (to == acc) j->k->fold[j->fold][j->wide](sum, acc, n);
  }
}

static void store_columns(const job *j, int64_t to, int64_t n, const char *sum) {
  if (j->out_size >= 4 && j->out_size == j->wide_size && j->width_out == 1) {
    memcpy(j->dst + to * (int64_t)j->out_size, sum, (size_t)n * j->out_size);
    return;
  }
  for (int64_t c = 0; c < n; c++)
    store(j, to + c * j->width_out, sum + c * (int64_t)j->wide_size);
}

/* Task (outer, tile, chunk): chunk fastest, so that the parts of a tile lie side by side. */
static void column_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t t = begin; t < end; t++) {
    char sum[COLUMNS * WIDE_MAX];
    int64_t chunk = t % j->chunks, rest = t / j->chunks, c0 = rest % j->tiles * COLUMNS, to;
    int64_t n = j->width - c0 < COLUMNS ? j->width - c0 : COLUMNS;
    int64_t at = place(&j->keep, rest / j->tiles, &to) + c0 * j->width_stride;
    int64_t rows = j->chunks == 1 ? j->red.size : CHUNK, first = chunk * rows;
    int64_t stop = j->red.size - first < rows ? j->red.size : first + rows;
    fold_rows(j, j->src + at * (int64_t)j->in_size, first, stop, n, sum);
    if (j->partial) {
      memcpy(j->partial + t * COLUMNS * (int64_t)j->wide_size, sum, (size_t)n * j->wide_size);
    } else {
      store_columns(j, to + c0 * j->width_out, n, sum);
    }
  }
}

static void join_chunks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t size = COLUMNS * (int64_t)j->wide_size;
  for (int64_t t = begin; t < end; t++) {
    int64_t c0 = t % j->tiles * COLUMNS, to;
    int64_t n = j->width - c0 < COLUMNS ? j->width - c0 : COLUMNS;
    char *sum = j->partial + t * j->chunks * size;
    for (int64_t c = 1; c < j->chunks; c++)
      j->k->fold[j->fold][j->wide](sum, sum + c * size, n);
    place(&j->keep, t / j->tiles, &to);
    store_columns(j, to + c0 * j->width_out, n, sum);
  }
}

/* A whole chain of every column at once, where the accumulators are the output. */
static bool chains_at_once(const job *j) {
  return j->k->chain[j->fold][j->wide] && j->red.size <= ROWS && j->width <= COLUMNS &&
         j->native && j->width_stride == 1 && j->width_out == 1 && j->out_size == j->wide_size;
}

static void chain_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  int64_t at[ROWS];
  cursor c;
  offsets(&j->red, at);
  cursor_set(&c, &j->keep, begin);
  for (; begin < end; begin++, cursor_next(&c, &j->keep))
    j->k->chain[j->fold][j->wide](j->src + c.at * (int64_t)j->in_size, at, j->red.size, j->width,
                                  j->dst + c.to * (int64_t)j->out_size);
}

static int run_columns(job *j) {
  if (chains_at_once(j)) {
    mx_parallel_for(j->keep.size, tasks_per_thread(j->red.size * j->width), chain_tasks, j);
    return 0;
  }
  j->tiles = (j->width + COLUMNS - 1) / COLUMNS;
  int64_t tasks = j->keep.size * j->tiles;
  j->chunks = tasks < FEW_TASKS ? (j->red.size + CHUNK - 1) / CHUNK : 1;
  if (j->chunks > 1) {
    j->partial = malloc((size_t)(tasks * j->chunks) * COLUMNS * j->wide_size);
    if (!j->partial) return mx_nomem("reduce");
  }
  int64_t rows = j->chunks == 1 ? j->red.size : CHUNK;
  int64_t work = rows * (j->width < COLUMNS ? j->width : COLUMNS);
  mx_parallel_for(tasks * j->chunks, tasks_per_thread(work), column_tasks, j);
  if (j->partial) mx_parallel_for(tasks, 1, join_chunks, j);
  free(j->partial);
  return 0;
}

/* --- */

static void fill_identity(const job *j) {
  const bool f = j->wide == MX_WF32, d = j->wide == MX_WF64;
  const uint64_t one = 1;
  const float one_f[2] = {1, 0};
  const double one_d = 1;
  char value[WIDE_MAX] = {0};
  /* An empty minimum exists for booleans alone (all of nothing is true). */
  if (j->fold == MX_FOLD_PROD || j->fold == MX_FOLD_MIN) {
    const void *v = f || j->wide == MX_WC64 ? (const void *)one_f : d ? (const void *)&one_d : &one;
    memcpy(value, v, WIDE_MAX);
  }
  for (int64_t o = 0; o < j->keep.size; o++) store(j, o, value);
}

int mx_reduce_strided(const mx_reduce_kernels *k, mx_fold fold, mx_strided a, const bool *mask,
                      mlx_dtype dtype, void *dst) {
  job j = {.k = k, .fold = fold, .in = a.dtype, .out = dtype, .wide = mx_wide_of(a.dtype)};
  j.src = a.data;
  j.dst = dst;
  j.in_size = (size_t)mx_dtype_bytes(a.dtype);
  j.out_size = (size_t)mx_dtype_bytes(dtype);
  j.wide_size = wide_bytes(j.wide);
  j.native = j.in_size >= 4;
  split_axes(&j, a, mask);
  if (j.keep.size == 0) return 0;
  if (j.red.size == 0) {
    fill_identity(&j);
    return 0;
  }
  return choose_columns(&j) ? run_columns(&j) : run_rows(&j);
}

static int fold_of(const mx_op *op, mx_fold *fold) {
  switch (op->prim) {
  case MX_PRIM_SUM: *fold = MX_FOLD_SUM; return 0;
  case MX_PRIM_PROD: *fold = MX_FOLD_PROD; return 0;
  case MX_PRIM_MIN: case MX_PRIM_ALL: case MX_PRIM_ARGMIN: *fold = MX_FOLD_MIN; return 0;
  case MX_PRIM_MAX: case MX_PRIM_ANY: case MX_PRIM_ARGMAX: *fold = MX_FOLD_MAX; return 0;
  default: return mx_fail(MX_RUNTIME, "[reduce] unknown reduction %d", (int)op->prim);
  }
}

static mx_strided strided(const mx_array *a) {
  return (mx_strided){mx_data(a), (mlx_dtype)a->dtype, a->ndim, a->shape, a->strides};
}

int mx_cpu_reduce(const mx_step *step) {
  const mx_reduce_params *p = (const mx_reduce_params *)step->op->params;
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  mx_fold fold = MX_FOLD_SUM;
  if (fold_of(step->op, &fold) || mx_out_alloc(out)) return 1;
  bool mask[MX_MAX_NDIM];
  for (int i = 0; i < a->ndim; i++) mask[i] = (uint64_t)p->axes >> i & 1;
  return mx_reduce_strided(mx_reduce_table(), fold, strided(a), mask, (mlx_dtype)out->dtype,
                           mx_data(out));
}

int mx_cpu_arg_reduce(const mx_step *step) {
  const mx_axis_params *p = (const mx_axis_params *)step->op->params;
  mx_fold fold = MX_FOLD_SUM;
  if (fold_of(step->op, &fold) || mx_out_alloc(step->out[0])) return 1;
  return mx_arg_reduce_strided(mx_reduce_table(), fold, strided(step->in[0]), (int)p->axis,
                               mx_data(step->out[0]));
}

/* --- the gradient of minima and maxima over windows --- */

typedef struct sharing {
  const float *x, *extreme, *g;
  float *d;
  int64_t width;
  loop keep; /* `out`: in d, which is row major */
  int64_t r, x_at[MX_SHARE_MAX], d_at[MX_SHARE_MAX];
} sharing;

static void share_tasks(void *ctx, int64_t begin, int64_t end) {
  const sharing *s = ctx;
  cursor c;
  cursor_set(&c, &s->keep, begin);
  for (; begin < end; begin++, cursor_next(&c, &s->keep))
    mx_reduce_table()->share(s->x + c.at, s->x_at, s->extreme + begin * s->width,
                             s->g + begin * s->width, s->r, s->width, s->d + c.to, s->d_at);
}

/* The last axis is kept, and dense in x; the other inputs are row major, with length 1 where x is
 * reduced. */
int mx_cpu_share_extreme(const mx_step *step) {
  const mx_reduce_params *p = (const mx_reduce_params *)step->op->params;
  const mx_array *x = step->in[0];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  int last = x->ndim - 1;
  sharing s = {.x = mx_data(x), .extreme = mx_data(step->in[1]), .g = mx_data(step->in[2]),
               .d = mx_data(out), .width = x->shape[last], .keep = {.size = 1}};
  loop red = {.size = 1};
  for (int i = 0; i < last; i++) {
    loop *l = (uint64_t)p->axes >> i & 1 ? &red : &s.keep;
    l->size *= x->shape[i];
    add_axis(l, x->shape[i], x->strides[i], out->strides[i]);
  }
  s.r = red.size;
  for (int64_t k = 0; k < s.r; k++) s.x_at[k] = place(&red, k, &s.d_at[k]);
  if (out->size)
    mx_parallel_for(s.keep.size, tasks_per_thread(s.r * s.width * 2), share_tasks, &s);
  return 0;
}
