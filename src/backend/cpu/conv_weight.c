/* The gradient of a convolution to its weight: windows, as the convolution makes them, times the
 * cotangents of their outputs.
 * Invariant: outputs are cut into segments by shape alone, each with sums of its own, which are
 * joined in order; so the sums do not depend on threads. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/conv.h"
#include "backend/cpu/engines.h"
#include "base/error.h"
#include "base/pool.h"

enum {
  SMALL_SUMS = 1 << 20,    /* bytes of a group's sums that stay in the L2 cache */
  WINDOW_BYTES = 1 << 18,  /* windows of a block that the product reads where they lie */
  LARGE_BYTES = 8 << 20,   /* windows of a block otherwise */
  LEAST_ROWS = 32,
  SMALL_ROWS = 256,        /* outputs of a block: one run of the product */
  LARGE_ROWS = 1024,
  SEGMENT_WORK = 1 << 21,  /* multiply-adds of a segment, at least */
  SEGMENTS = 16,           /* at most, and as many as fit in */
  SEGMENTS_BYTES = 1 << 26,
  CHUNK_COPY = 1 << 15     /* numbers to copy worth a hand-over */
};

typedef struct weighing {
  const mx_conv *c;
  const char *g; /* cotangents, as the convolution's outputs lie */
  char *sum;     /* [filter][tap][channel]: the whole weight, over all classes */
  mlx_dtype dtype;
  int64_t item;       /* of sums: float32, float64 for float64 */
  char *parts;        /* [segment][filter][k] */
  int64_t block;      /* outputs of a block */
  int64_t rows, segments;
  char *windows;      /* one block that the threads fill together */
  int64_t at, group;  /* its first row, and its group */
  atomic_int failed;  /* 1 out of memory, 2 another error */
} weighing;

static int64_t volume_of(const mx_conv *c) {
  return c->axis[0].kernel * c->axis[1].kernel * c->axis[2].kernel;
}

/* Adds the product of n windows from `row` on with their cotangents to sums: [filter][k]. */
static int add_block(const weighing *d, int64_t group, int64_t row, int64_t n, const char *windows,
                     char *room, char *sums, bool first) {
  const mx_conv *c = d->c;
  mx_product p = {.m = c->out_group, .n = c->k, .k = n, .batch = 1, .alpha = 1, .beta = !first};
  const char *g = d->g + group * c->out_group * c->item;
  int64_t bytes = c->out_group * c->item, step = c->filters;
  if (c->whole) {
    g += row * c->filters * c->item;
  } else { /* outputs of a class stand among others */
    mx_conv_place at = mx_conv_place_of(c, row);
    for (int64_t i = 0; i < n; i++, mx_conv_next(c, &at))
      memcpy(room + i * bytes, g + mx_conv_output(c, &at) * c->filters * c->item, (size_t)bytes);
    g = room;
    step = c->out_group;
  }
  p.a = (mx_matrix){.data = g, .dtype = c->dtype, .row_stride = 1, .col_stride = step};
  p.b = mx_conv_matrix(c, windows, d->block);
  p.out = (mx_matrix){.data = sums, .dtype = d->dtype, .row_stride = c->k, .col_stride = 1};
  p.c = p.out;
  return mx_product_run(&p);
}

/* Bytes of scratch that a block takes. */
static size_t block_bytes(const weighing *d) {
  const mx_conv *c = d->c;
  return (size_t)(d->block * (c->k + (c->whole ? 0 : c->out_group)) * c->item) + 1;
}

static char *room_of(const weighing *d, char *windows) {
  return windows + d->block * d->c->k * d->c->item;
}

/* Where the sums of a segment and group lie. */
static char *sums_of(const weighing *d, int64_t segment, int64_t group) {
  const mx_conv *c = d->c;
  return d->parts + (segment * c->filters + group * c->out_group) * c->k * d->item;
}

/* Index: segment * groups + group. */
static void small_segments(void *ctx, int64_t begin, int64_t end) {
  weighing *d = ctx;
  const mx_conv *c = d->c;
  char *windows = mx_product_scratch(MX_SLOT_WINDOWS, block_bytes(d));
  if (!windows) {
    atomic_store(&d->failed, 1);
    return;
  }
  for (int64_t i = begin; i < end; i++) {
    int64_t group = i % c->groups, segment = i / c->groups, from = segment * d->rows;
    int64_t to = mx_min64(c->rows, from + d->rows);
    for (int64_t row = from; row < to; row += d->block) {
      int64_t n = mx_min64(d->block, to - row);
      mx_conv_windows(c, group, row, n, windows, d->block);
      if (add_block(d, group, row, n, windows, room_of(d, windows), sums_of(d, segment, group),
                    row == from))
        atomic_store(&d->failed, 2);
    }
  }
}

static void fill_windows(void *ctx, int64_t begin, int64_t end) {
  const weighing *d = ctx;
  char *dst = mx_conv_window_at(d->c, d->windows, begin);
  mx_conv_windows(d->c, d->group, d->at + begin, end - begin, dst, d->block);
}

/* Sums too large for a cache: one segment, whose products are shared out. */
static int large_blocks(weighing *d) {
  const mx_conv *c = d->c;
  d->windows = malloc(block_bytes(d));
  if (!d->windows)
    return mx_nomem("conv");
  int bad = 0;
  for (d->group = 0; d->group < c->groups && !bad; d->group++)
    for (d->at = 0; d->at < c->rows && !bad; d->at += d->block) {
      int64_t n = mx_min64(d->block, c->rows - d->at);
      mx_parallel_for(n, mx_max64(1, CHUNK_COPY / (c->k + 1)), fill_windows, d);
      bad = add_block(d, d->group, d->at, n, d->windows, room_of(d, d->windows),
                      sums_of(d, 0, d->group), d->at == 0);
    }
  free(d->windows);
  return bad;
}

/* The parts of filters begin .. end, to where their taps lie in the weight. */
static void join_filters(void *ctx, int64_t begin, int64_t end) {
  const weighing *d = ctx;
  const mx_conv *c = d->c;
  const mx_conv_axis *a = c->axis;
  for (int64_t f = begin; f < end; f++) {
    int64_t at = f * c->k;
    for (int64_t s = 0; s < a[0].taps; s++)
      for (int64_t t = 0; t < a[1].taps; t++)
        for (int64_t u = 0; u < a[2].taps; u++, at += c->in_group) {
          int64_t to = (f * volume_of(c) + mx_conv_tap(c, s, t, u)) * c->in_group;
          for (int64_t part = 0; part < d->segments; part++) {
            int64_t from = part * c->filters * c->k + at;
            for (int64_t i = 0; i < c->in_group; i++) {
              if (d->dtype == MLX_FLOAT64)
                ((double *)(void *)d->sum)[to + i] += ((double *)(void *)d->parts)[from + i];
              else
                ((float *)(void *)d->sum)[to + i] += ((float *)(void *)d->parts)[from + i];
            }
          }
        }
  }
}

static void set_blocks(weighing *d) {
  const mx_conv *c = d->c;
  int64_t window = c->k * c->item, sums = c->out_group * c->k * d->item;
  bool small = sums <= SMALL_SUMS;
  int64_t fit = (small ? WINDOW_BYTES : LARGE_BYTES) / window / 8 * 8;
  d->block = mx_max64(LEAST_ROWS, mx_min64(small ? SMALL_ROWS : LARGE_ROWS, fit));
  double work = (double)c->rows * (double)c->k * (double)c->out_group;
  double most = small ? mx_min64(SEGMENTS, SEGMENTS_BYTES / (sums * c->groups)) : 1;
  double asked = work / SEGMENT_WORK < most ? work / SEGMENT_WORK : most;
  int64_t segments = asked < 1 ? 1 : (int64_t)asked;
  d->rows = mx_ceil_div(mx_ceil_div(c->rows, segments), d->block) * d->block;
  d->segments = mx_ceil_div(c->rows, d->rows);
}

static int weigh_class(mx_conv *c, void *ctx) {
  weighing *d = ctx;
  d->c = c;
  if (c->k == 0)
    return 0;
  if (mx_conv_is_depthwise(c))
    return mx_conv_depthwise_weight(c, d->g, (float *)(void *)d->sum);
  set_blocks(d);
  d->parts = malloc((size_t)(d->segments * c->filters * c->k * d->item) + 1);
  if (!d->parts)
    return mx_nomem("conv");
  int bad;
  if (c->out_group * c->k * d->item <= SMALL_SUMS) {
    mx_parallel_for(d->segments * c->groups, 1, small_segments, d);
    bad = atomic_load(&d->failed);
    if (bad == 1)
      mx_nomem("conv");
    else if (bad)
      mx_fail(MX_MEMORY, "[conv] out of memory in a product");
  } else {
    bad = large_blocks(d);
  }
  if (!bad)
    mx_parallel_for(c->filters, mx_max64(1, CHUNK_COPY / (c->k * d->segments)), join_filters, d);
  free(d->parts);
  return bad;
}

/* Sums in float32 to a weight of halves. */
static void store(const weighing *d, mx_array *out) {
  mx_epilogue e = {.alpha = 1};
  mx_product_table()->finish(&e, (const float *)(void *)d->sum, out->size, mx_data(out),
                             (mlx_dtype)out->dtype, 1);
}

int mx_cpu_conv_weight(const mx_step *step) {
  const mx_conv_params *p = (const mx_conv_params *)step->op->params;
  const mx_array *x = step->in[0], *g = step->in[1];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out))
    return 1;
  bool half = out->dtype != MLX_FLOAT32 && out->dtype != MLX_FLOAT64;
  weighing d = {.g = mx_data(g), .dtype = half ? MLX_FLOAT32 : (mlx_dtype)out->dtype};
  d.item = mx_dtype_bytes(d.dtype);
  size_t bytes = (size_t)(out->size * d.item);
  d.sum = half ? malloc(bytes + 1) : mx_data(out);
  if (!d.sum)
    return mx_nomem("conv");
  memset(d.sum, 0, bytes);
  mx_conv c;
  int bad = mx_conv_begin(&c, p, x, out, g);
  c.x = mx_data(x);
  bad = bad || (g->size && mx_conv_classes(&c, weigh_class, &d));
  if (half && !bad)
    store(&d, out);
  mx_conv_end(&c);
  if (half)
    free(d.sum);
  return bad;
}
