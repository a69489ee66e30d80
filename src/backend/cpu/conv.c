/* Convolutions as matrix products: the windows of a block of outputs become rows of a matrix, times
 * the weight of a group.
 * Invariant: blocks, and what is read where it lies, follow from shape and dtype alone. */
#include "backend/cpu/conv.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/tiers.h"
#include "base/error.h"
#include "base/pool.h"

enum {
  BLOCK_ROWS = 96,        /* what the product engine takes as one block of rows, or */
  LARGE_ROWS = 1152,      /* as one super-block */
  SMALL_BYTES = 1 << 20,  /* windows of a block, and a group's weight, that stay in the L2 cache */
  LARGE_BYTES = 32 << 20, /* windows of a block otherwise */
  DENSE_BYTES = 1 << 18,  /* weights up to this size are turned so that the engine reads them */
  CHUNK_WORK = 1 << 18,   /* multiply-adds, or */
  CHUNK_COPY = 1 << 15    /* numbers to copy, worth a hand-over */
};

MX_DECLARE_TIERS(fill_conv, mx_conv_kernels);

static mx_conv_kernels table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) { MX_FILL_TIERS(fill_conv, &table); }

const mx_conv_kernels *mx_conv_table(void) {
  pthread_once(&once, fill);
  return &table;
}

/* ---- geometry ---- */

static int64_t gcd(int64_t a, int64_t b) {
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

/* Chooses the class of outputs `first`. */
static void set_class(mx_conv_axis *a, int64_t first, bool flip) {
  a->first = first;
  a->count = mx_ceil_div(a->out - first, a->period);
  a->taps = 0;
  for (int64_t t = 0; t < a->kernel; t++) {
    int64_t tap = flip ? a->kernel - 1 - t : t;
    int64_t at = first * a->stride - a->lo + tap * a->kernel_dilation;
    if (at % a->input_dilation)
      continue;
    a->base[a->taps] = at / a->input_dilation;
    a->place[a->taps++] = t;
  }
}

static int set_axes(mx_conv *c, const mx_step *step) {
  const mx_conv_params *p = (const mx_conv_params *)step->op->params;
  const mx_array *x = step->in[0], *w = step->in[1], *out = step->out[0];
  int n = (int)p->n, lead = MX_CONV_AXES - n;
  for (int i = 0; i < MX_CONV_AXES; i++) {
    mx_conv_axis *a = &c->axis[i];
    *a = (mx_conv_axis){1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, NULL, NULL};
    if (i >= lead) {
      int k = i - lead;
      a->in = x->shape[k + 1];
      a->out = out->shape[k + 1];
      a->kernel = w->shape[k + 1];
      a->stride = p->stride[k];
      a->lo = p->lo[k];
      a->kernel_dilation = p->kernel_dilation[k];
      a->input_dilation = p->input_dilation[k];
      a->period = a->input_dilation / gcd(a->stride, a->input_dilation);
      a->step = a->stride / gcd(a->stride, a->input_dilation);
    }
    a->base = malloc(2 * (size_t)a->kernel * sizeof *a->base);
    if (!a->base)
      return mx_nomem("conv");
    a->place = a->base + a->kernel;
  }
  return 0;
}

/* What follows from the classes of the axes. */
static void set_sizes(mx_conv *c) {
  const mx_conv_axis *last = &c->axis[MX_CONV_AXES - 1];
  c->rows = c->batch;
  c->k = c->in_group;
  c->runs = c->in_group == c->channels;
  c->whole = c->all_taps = true;
  for (int i = 0; i < MX_CONV_AXES; i++) {
    c->rows *= c->axis[i].count;
    c->k *= c->axis[i].taps;
    c->whole = c->whole && c->axis[i].period == 1;
    c->all_taps = c->all_taps && c->axis[i].taps == c->axis[i].kernel;
  }
  for (int64_t t = 1; t < last->taps; t++)
    c->runs = c->runs && last->base[t] == last->base[t - 1] + 1;
}

mx_conv_place mx_conv_place_of(const mx_conv *c, int64_t row) {
  mx_conv_place at;
  for (int i = MX_CONV_AXES - 1; i >= 0; i--) {
    at.q[i] = row % c->axis[i].count;
    row /= c->axis[i].count;
  }
  at.b = row;
  return at;
}

void mx_conv_next(const mx_conv *c, mx_conv_place *at) {
  for (int i = MX_CONV_AXES - 1; i >= 0; i--) {
    if (++at->q[i] < c->axis[i].count)
      return;
    at->q[i] = 0;
  }
  at->b++;
}

int64_t mx_conv_output(const mx_conv *c, const mx_conv_place *at) {
  int64_t n = at->b;
  for (int i = 0; i < MX_CONV_AXES; i++)
    n = n * c->axis[i].out + c->axis[i].first + at->q[i] * c->axis[i].period;
  return n;
}

/* ---- windows ---- */

/* The taps of the last axis, from the row of the input at `line`. */
static char *window_line(const mx_conv *c, const char *line, int64_t q, char *dst) {
  const mx_conv_axis *a = &c->axis[MX_CONV_AXES - 1];
  int64_t bytes = c->in_group * c->item, from = q * a->step;
  if (c->runs && a->taps) {
    int64_t first = a->base[0] + from;
    int64_t begin = mx_min64(a->taps, mx_max64(0, -first));
    int64_t end = mx_max64(begin, mx_min64(a->taps, a->in - first));
    memset(dst, 0, (size_t)(begin * bytes));
    if (begin < end)
      memcpy(dst + begin * bytes, line + (first + begin) * bytes, (size_t)((end - begin) * bytes));
    memset(dst + end * bytes, 0, (size_t)((a->taps - end) * bytes));
    return dst + a->taps * bytes;
  }
  for (int64_t t = 0; t < a->taps; t++, dst += bytes) {
    int64_t i = a->base[t] + from;
    if (i >= 0 && i < a->in)
      memcpy(dst, line + i * c->channels * c->item, (size_t)bytes);
    else
      memset(dst, 0, (size_t)bytes);
  }
  return dst;
}

/* The k numbers that one output sums, of the group whose channels begin at x. */
static char *window(const mx_conv *c, const char *x, const mx_conv_place *at, char *dst) {
  const mx_conv_axis *a = c->axis, *last = &c->axis[MX_CONV_AXES - 1];
  int64_t line = last->in * c->channels * c->item, gap = last->taps * c->in_group * c->item;
  const char *image = x + at->b * a[0].in * a[1].in * line;
  for (int64_t s = 0; s < a[0].taps; s++) {
    int64_t i = a[0].base[s] + at->q[0] * a[0].step;
    for (int64_t t = 0; t < a[1].taps; t++) {
      int64_t j = a[1].base[t] + at->q[1] * a[1].step;
      if (i >= 0 && i < a[0].in && j >= 0 && j < a[1].in) {
        dst = window_line(c, image + (i * a[1].in + j) * line, at->q[2], dst);
      } else {
        memset(dst, 0, (size_t)gap);
        dst += gap;
      }
    }
  }
  return dst;
}

static void windows(const mx_conv *c, int64_t group, int64_t row, int64_t n, char *dst) {
  const char *x = c->x + group * c->in_group * c->item;
  mx_conv_place at = mx_conv_place_of(c, row);
  for (int64_t i = 0; i < n; i++, mx_conv_next(c, &at))
    dst = window(c, x, &at, dst);
}

/* ---- weights ---- */

/* The weight of every group as a matrix, k rows for out_group columns. */
typedef struct weights {
  const char *data;
  char *owned;
  int64_t row_stride, col_stride, group_stride;
} weights;

typedef struct gathering {
  const mx_conv *c;
  char *dst;
  bool turned;
} gathering;

/* Filters begin .. end: the taps of the class, in order; a turned matrix has filters side by side.
 */
static void gather_filters(void *ctx, int64_t begin, int64_t end) {
  const gathering *g = ctx;
  const mx_conv *c = g->c;
  const mx_conv_axis *a = c->axis;
  int64_t bytes = c->in_group * c->item, filter = a[0].kernel * a[1].kernel * a[2].kernel * bytes;
  for (int64_t f = begin; f < end; f++) {
    int64_t group = f / c->out_group, column = f % c->out_group, row = 0;
    char *dst =
        g->dst + (group * c->out_group * c->k + (g->turned ? column : column * c->k)) * c->item;
    for (int64_t s = 0; s < a[0].taps; s++)
      for (int64_t t = 0; t < a[1].taps; t++)
        for (int64_t u = 0; u < a[2].taps; u++) {
          int64_t tap = (a[0].place[s] * a[1].kernel + a[1].place[t]) * a[2].kernel + a[2].place[u];
          const char *src = c->w + f * filter + tap * bytes;
          if (!g->turned)
            memcpy(dst + row * c->item, src, (size_t)bytes);
          for (int64_t i = 0; g->turned && i < c->in_group; i++)
            memcpy(dst + (row + i) * c->out_group * c->item, src + i * c->item, (size_t)c->item);
          row += c->in_group;
        }
  }
}

static int gather_weights(const mx_conv *c, weights *w) {
  int64_t group = c->k * c->out_group;
  bool turned = c->item >= 4 && group * c->item <= DENSE_BYTES && c->out_group > 1;
  *w = (weights){.data = c->w, .row_stride = 1, .col_stride = c->k, .group_stride = group};
  if (turned) {
    w->row_stride = c->out_group;
    w->col_stride = 1;
  } else if (c->all_taps) {
    return 0;
  }
  w->owned = malloc((size_t)(group * c->groups * c->item) + 1);
  if (!w->owned)
    return mx_nomem("conv");
  w->data = w->owned;
  gathering g = {c, w->owned, turned};
  mx_parallel_for(c->filters, mx_max64(1, CHUNK_COPY / (c->k + 1)), gather_filters, &g);
  return 0;
}

/* ---- products ---- */

typedef struct blocks {
  const mx_conv *c;
  const weights *w;
  int64_t rows;   /* of a block */
  char *windows;  /* one block that the threads fill together; NULL: each its own */
  int64_t at;     /* first row, and group, of that block */
  int64_t group;
  atomic_int failed; /* 1 out of memory, 2 another error */
} blocks;

/* Outputs row .. row + n of a group from their windows. Those of a class among others are
 * computed in `room` and spread out. */
static int multiply(const blocks *b, int64_t group, int64_t row, int64_t n, const char *from,
                    char *room) {
  const mx_conv *c = b->c;
  const weights *w = b->w;
  mx_product p = {.m = n, .n = c->out_group, .k = c->k, .batch = 1, .alpha = 1};
  p.a = (mx_matrix){.data = from, .dtype = c->dtype, .row_stride = c->k, .col_stride = 1};
  p.b = (mx_matrix){.data = w->data + group * w->group_stride * c->item, .dtype = c->dtype,
                    .row_stride = w->row_stride, .col_stride = w->col_stride};
  char *out = c->out + group * c->out_group * c->item;
  p.out = (mx_matrix){.dtype = c->dtype, .row_stride = c->filters, .col_stride = 1};
  p.out.data = out + row * c->filters * c->item;
  if (!c->whole) {
    p.out.data = room;
    p.out.row_stride = c->out_group;
  }
  if (mx_product_run(&p))
    return 1;
  int64_t bytes = c->out_group * c->item;
  mx_conv_place at = mx_conv_place_of(c, row);
  for (int64_t i = 0; !c->whole && i < n; i++, mx_conv_next(c, &at))
    memcpy(out + mx_conv_output(c, &at) * c->filters * c->item, room + i * bytes, (size_t)bytes);
  return 0;
}

/* Numbers of scratch that a block takes. */
static int64_t block_size(const blocks *b) {
  return b->rows * (b->c->k + (b->c->whole ? 0 : b->c->out_group));
}

static void small_blocks(void *ctx, int64_t begin, int64_t end) {
  blocks *b = ctx;
  const mx_conv *c = b->c;
  char *room = mx_product_scratch(MX_SLOT_WINDOWS, (size_t)(block_size(b) * c->item));
  if (!room) {
    atomic_store(&b->failed, 1);
    return;
  }
  for (int64_t i = begin; i < end; i++) {
    int64_t group = i % c->groups, row = i / c->groups * b->rows;
    int64_t n = mx_min64(b->rows, c->rows - row);
    windows(c, group, row, n, room);
    if (multiply(b, group, row, n, room, room + b->rows * c->k * c->item))
      atomic_store(&b->failed, 2);
  }
}

static void fill_windows(void *ctx, int64_t begin, int64_t end) {
  const blocks *b = ctx;
  windows(b->c, b->group, b->at + begin, end - begin, b->windows + begin * b->c->k * b->c->item);
}

static int large_blocks(blocks *b) {
  const mx_conv *c = b->c;
  b->windows = malloc((size_t)(block_size(b) * c->item) + 1);
  if (!b->windows)
    return mx_nomem("conv");
  int bad = 0;
  for (b->group = 0; b->group < c->groups && !bad; b->group++)
    for (b->at = 0; b->at < c->rows && !bad; b->at += b->rows) {
      int64_t n = mx_min64(b->rows, c->rows - b->at);
      mx_parallel_for(n, mx_max64(1, CHUNK_COPY / (c->k + 1)), fill_windows, b);
      bad = multiply(b, b->group, b->at, n, b->windows, b->windows + b->rows * c->k * c->item);
    }
  free(b->windows);
  return bad;
}

static int run_products(const mx_conv *c) {
  weights w;
  if (gather_weights(c, &w))
    return 1;
  blocks b = {.c = c, .w = &w, .rows = BLOCK_ROWS};
  int bad;
  if (BLOCK_ROWS * c->k * c->item <= SMALL_BYTES && c->k * c->out_group * c->item <= SMALL_BYTES) {
    int64_t items = mx_ceil_div(c->rows, b.rows) * c->groups;
    int64_t work = BLOCK_ROWS * (c->k + 1) * c->out_group;
    mx_parallel_for(items, mx_max64(1, CHUNK_WORK / work), small_blocks, &b);
    bad = atomic_load(&b.failed);
    if (bad == 1)
      mx_nomem("conv");
    else if (bad)
      mx_fail(MX_MEMORY, "[conv] out of memory in a product");
  } else {
    int64_t rows = LARGE_BYTES / (c->k * c->item) / BLOCK_ROWS * BLOCK_ROWS;
    b.rows = mx_min64(LARGE_ROWS, mx_max64(BLOCK_ROWS, rows));
    b.rows = mx_min64(b.rows, c->rows);
    bad = large_blocks(&b);
  }
  free(w.owned);
  return bad;
}

/* Windows of one number: rows of the input are rows of the matrix. */
static bool is_pointwise(const mx_conv *c) {
  bool yes = c->whole;
  for (int i = 0; i < MX_CONV_AXES; i++) {
    const mx_conv_axis *a = &c->axis[i];
    yes = yes && a->kernel == 1 && a->stride == 1 && a->lo == 0 && a->in == a->out;
  }
  return yes;
}

static int run_pointwise(const mx_conv *c) {
  mx_product p = {.m = c->rows, .n = c->out_group, .k = c->k, .batch = c->groups, .alpha = 1};
  p.a = (mx_matrix){.data = c->x, .dtype = c->dtype, .row_stride = c->channels, .col_stride = 1,
                    .batch_stride = c->in_group};
  p.b = (mx_matrix){.data = c->w, .dtype = c->dtype, .row_stride = 1, .col_stride = c->k,
                    .batch_stride = c->out_group * c->k};
  p.out = (mx_matrix){.data = c->out, .dtype = c->dtype, .row_stride = c->filters, .col_stride = 1,
                      .batch_stride = c->out_group};
  return mx_product_run(&p);
}

static int run_class(mx_conv *c) {
  set_sizes(c);
  if (c->rows == 0)
    return 0;
  if (c->in_group == 1 && c->groups >= 4 && c->out_group <= 4 && c->dtype != MLX_FLOAT64)
    return mx_conv_depthwise(c);
  return is_pointwise(c) ? run_pointwise(c) : run_products(c);
}

/* Every combination of the axes' classes. */
static int run_classes(mx_conv *c, int i) {
  if (i == MX_CONV_AXES)
    return run_class(c);
  mx_conv_axis *a = &c->axis[i];
  for (int64_t first = 0; first < a->period && first < a->out; first++) {
    set_class(a, first, c->flip);
    if (run_classes(c, i + 1))
      return 1;
  }
  return 0;
}

int mx_cpu_conv_general(const mx_step *step) {
  const mx_conv_params *p = (const mx_conv_params *)step->op->params;
  const mx_array *x = step->in[0], *w = step->in[1];
  mx_array *out = step->out[0];
  mx_conv c = {.dtype = (mlx_dtype)out->dtype, .item = (int64_t)mx_itemsize(out)};
  if (mx_out_alloc(out))
    return 1;
  c.batch = x->shape[0];
  c.channels = x->shape[x->ndim - 1];
  c.filters = w->shape[0];
  c.groups = p->groups;
  c.in_group = c.channels / c.groups;
  c.out_group = c.filters / c.groups;
  c.flip = p->flip;
  c.x = mx_data(x);
  c.w = mx_data(w);
  c.out = mx_data(out);
  int bad = set_axes(&c, step) || (out->size && run_classes(&c, 0));
  for (int i = 0; i < MX_CONV_AXES; i++)
    free(c.axis[i].base);
  return bad;
}
