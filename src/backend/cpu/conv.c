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
  MOST_BLOCKS = 32,       /* shared out among threads; more rows a block instead */
  WINDOW_BYTES = 1 << 17, /* windows of such a block, of few numbers each */
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
          const char *src = c->w + f * filter + mx_conv_tap(c, s, t, u) * bytes;
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

/* Outputs row .. row + n of a group from the block of their windows. Those of a class among others
 * are computed in `room` and spread out. */
static int multiply(const blocks *b, int64_t group, int64_t row, int64_t n, const char *from,
                    char *room) {
  const mx_conv *c = b->c;
  const weights *w = b->w;
  mx_product p = {.m = n, .n = c->out_group, .k = c->k, .batch = 1, .alpha = 1};
  p.a = mx_conv_matrix(c, from, b->rows);
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
    mx_conv_windows(c, group, row, n, room, b->rows);
    if (multiply(b, group, row, n, room, room + b->rows * c->k * c->item))
      atomic_store(&b->failed, 2);
  }
}

static void fill_windows(void *ctx, int64_t begin, int64_t end) {
  const blocks *b = ctx;
  char *dst = mx_conv_window_at(b->c, b->windows, begin);
  mx_conv_windows(b->c, b->group, b->at + begin, end - begin, dst, b->rows);
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

/* Small windows make long blocks, so that a product has something to do. */
static int64_t small_rows(const mx_conv *c) {
  int64_t fit = WINDOW_BYTES / (c->k * c->item + 1), share = c->rows * c->groups / MOST_BLOCKS;
  int64_t rows = mx_min64(LARGE_ROWS, mx_min64(fit, share)) / BLOCK_ROWS * BLOCK_ROWS;
  return mx_max64(BLOCK_ROWS, rows);
}

static int run_products(const mx_conv *c) {
  weights w;
  if (gather_weights(c, &w))
    return 1;
  blocks b = {.c = c, .w = &w, .rows = BLOCK_ROWS};
  int bad;
  if (BLOCK_ROWS * c->k * c->item <= SMALL_BYTES && c->k * c->out_group * c->item <= SMALL_BYTES) {
    b.rows = small_rows(c);
    int64_t items = mx_ceil_div(c->rows, b.rows) * c->groups;
    int64_t work = b.rows * (c->k + 1) * c->out_group;
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

static int run_class(mx_conv *c, void *unused) {
  (void)unused;
  if (mx_conv_is_depthwise(c))
    return mx_conv_depthwise(c);
  return is_pointwise(c) ? run_pointwise(c) : run_products(c);
}

int mx_cpu_conv_general(const mx_step *step) {
  const mx_conv_params *p = (const mx_conv_params *)step->op->params;
  const mx_array *x = step->in[0], *w = step->in[1];
  mx_array *out = step->out[0];
  mx_conv c;
  if (mx_out_alloc(out))
    return 1;
  int bad = mx_conv_begin(&c, p, x, w, out);
  c.x = mx_data(x);
  c.w = mx_data(w);
  c.out = mx_data(out);
  bad = bad || (out->size && mx_conv_classes(&c, run_class, NULL));
  mx_conv_end(&c);
  return bad;
}
