/* Convolutions whose groups have one input channel, and the gradient to their weight: no matrix, a
 * sum over taps for each channel, the channels side by side. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/conv.h"
#include "base/error.h"
#include "base/pool.h"

enum { CHUNK_WORK = 1 << 15 };

typedef struct depthwise {
  const mx_conv *c;
  float *w; /* [filter of a group][tap][channel] */
  int64_t taps;
  atomic_bool failed;
} depthwise;

/* Weights in float32, channels side by side. */
static int turn_weights(depthwise *d) {
  const mx_conv *c = d->c;
  const mx_conv_axis *a = c->axis;
  const mx_product_kernels *k = mx_product_table();
  int64_t volume = a[0].kernel * a[1].kernel * a[2].kernel;
  d->w = malloc((size_t)(c->filters * d->taps) * sizeof *d->w + 1);
  if (!d->w)
    return mx_nomem("conv");
  float *to = d->w;
  for (int64_t m = 0; m < c->out_group; m++)
    for (int64_t s = 0; s < a[0].taps; s++)
      for (int64_t t = 0; t < a[1].taps; t++)
        for (int64_t u = 0; u < a[2].taps; u++, to += c->groups) {
          int64_t tap = mx_conv_tap(c, s, t, u);
          k->load(c->w + (m * volume + tap) * c->item, c->dtype, c->out_group * volume, c->groups,
                  to);
        }
  return 0;
}

/* Taps that lie in the input: where their channels begin, and their number in the weight. */
static int64_t meet(const mx_conv *c, const mx_conv_place *at, const char **x, int64_t *tap) {
  const mx_conv_axis *a = c->axis;
  int64_t n = 0, number = 0;
  for (int64_t s = 0; s < a[0].taps; s++) {
    int64_t i = a[0].base[s] + at->q[0] * a[0].step;
    for (int64_t t = 0; t < a[1].taps; t++) {
      int64_t j = a[1].base[t] + at->q[1] * a[1].step;
      bool in = i >= 0 && i < a[0].in && j >= 0 && j < a[1].in;
      for (int64_t u = 0; u < a[2].taps; u++, number++) {
        int64_t l = a[2].base[u] + at->q[2] * a[2].step;
        if (!in || l < 0 || l >= a[2].in)
          continue;
        int64_t place = ((at->b * a[0].in + i) * a[1].in + j) * a[2].in + l;
        x[n] = c->x + place * c->channels * c->item;
        tap[n++] = number;
      }
    }
  }
  return n;
}

static void outputs(void *ctx, int64_t begin, int64_t end) {
  depthwise *d = ctx;
  const mx_conv *c = d->c;
  const mx_conv_kernels *k = mx_conv_table();
  const mx_product_kernels *store = mx_product_table();
  size_t each = sizeof(char *) + sizeof(int64_t) + sizeof(float *);
  char *room = mx_product_scratch(
      MX_SLOT_WINDOWS, (size_t)d->taps * each + (size_t)c->channels * sizeof(float));
  if (!room) {
    atomic_store(&d->failed, true);
    return;
  }
  const char **x = (const char **)(void *)room;
  int64_t *tap = (int64_t *)(void *)(x + d->taps);
  const float **w = (const float **)(void *)(tap + d->taps);
  float *sums = (float *)(void *)(w + d->taps);
  mx_epilogue e = {.alpha = 1};
  mx_conv_place at = mx_conv_place_of(c, begin);
  for (int64_t i = begin; i < end; i++, mx_conv_next(c, &at)) {
    int64_t n = meet(c, &at, x, tap);
    char *out = c->out + mx_conv_output(c, &at) * c->filters * c->item;
    for (int64_t m = 0; m < c->out_group; m++) {
      for (int64_t t = 0; t < n; t++)
        w[t] = d->w + (m * d->taps + tap[t]) * c->groups;
      bool direct = c->out_group == 1 && c->dtype == MLX_FLOAT32;
      float *to = direct ? (float *)(void *)out : sums;
      k->depthwise(x, w, n, c->channels, c->dtype, to);
      if (!direct)
        store->finish(&e, sums, c->channels, out + m * c->item, c->dtype, c->out_group);
    }
  }
}

int mx_conv_depthwise(const mx_conv *c) {
  depthwise d = {.c = c, .taps = c->axis[0].taps * c->axis[1].taps * c->axis[2].taps};
  if (turn_weights(&d))
    return 1;
  int64_t work = (d.taps + 1) * c->filters;
  mx_parallel_for(c->rows, mx_max64(1, CHUNK_WORK / work), outputs, &d);
  free(d.w);
  return atomic_load(&d.failed) ? mx_nomem("conv") : 0;
}

/* ---- the gradient to the weight ---- */

enum { SEGMENTS = 16 }; /* of the outputs, each with sums of its own, joined in order */

typedef struct weighing {
  const mx_conv *c;
  const char *g;
  float *sums; /* [segment][filter of a group][tap][channel] */
  int64_t taps, rows; /* of a segment */
  atomic_bool failed;
} weighing;

static void weigh_rows(const weighing *d, int64_t segment, char *room) {
  const mx_conv *c = d->c;
  const mx_conv_kernels *k = mx_conv_table();
  const mx_product_kernels *load = mx_product_table();
  const char **x = (const char **)(void *)room;
  int64_t *tap = (int64_t *)(void *)(x + d->taps);
  float **to = (float **)(void *)(tap + d->taps);
  float *own = (float *)(void *)(to + d->taps);
  float *sums = d->sums + segment * d->taps * c->filters;
  int64_t end = mx_min64(c->rows, (segment + 1) * d->rows);
  mx_conv_place at = mx_conv_place_of(c, segment * d->rows);
  memset(sums, 0, (size_t)(d->taps * c->filters) * sizeof *sums);
  for (int64_t i = segment * d->rows; i < end; i++, mx_conv_next(c, &at)) {
    int64_t n = meet(c, &at, x, tap);
    const char *g = d->g + mx_conv_output(c, &at) * c->filters * c->item;
    for (int64_t m = 0; m < c->out_group; m++) {
      for (int64_t t = 0; t < n; t++)
        to[t] = sums + (m * d->taps + tap[t]) * c->groups;
      load->load(g + m * c->item, c->dtype, c->out_group, c->groups, own);
      k->depthwise_weight(x, own, n, c->groups, c->dtype, to);
    }
  }
}

static void weigh_segments(void *ctx, int64_t begin, int64_t end) {
  weighing *d = ctx;
  size_t each = sizeof(char *) + sizeof(int64_t) + sizeof(float *);
  char *room = mx_product_scratch(
      MX_SLOT_WINDOWS, (size_t)d->taps * each + (size_t)d->c->channels * sizeof(float));
  if (!room) {
    atomic_store(&d->failed, true);
    return;
  }
  for (int64_t i = begin; i < end; i++)
    weigh_rows(d, i, room);
}

/* All segments' sums of one filter, to where its taps lie in the weight. */
static void join_segments(const weighing *d, int64_t filter, int64_t segments, float *sum) {
  const mx_conv *c = d->c;
  const mx_conv_axis *a = c->axis;
  int64_t volume = a[0].kernel * a[1].kernel * a[2].kernel;
  int64_t m = filter % c->out_group, channel = filter / c->out_group;
  const float *from = d->sums + m * d->taps * c->groups + channel;
  for (int64_t s = 0; s < a[0].taps; s++)
    for (int64_t t = 0; t < a[1].taps; t++)
      for (int64_t u = 0; u < a[2].taps; u++, from += c->groups) {
        float total = 0;
        for (int64_t i = 0; i < segments; i++)
          total += from[i * d->taps * c->filters];
        sum[filter * volume + mx_conv_tap(c, s, t, u)] += total;
      }
}

int mx_conv_depthwise_weight(const mx_conv *c, const char *g, float *sum) {
  weighing d = {.c = c, .g = g, .taps = c->axis[0].taps * c->axis[1].taps * c->axis[2].taps};
  int64_t work = (d.taps + 1) * c->filters, least = mx_max64(1, CHUNK_WORK / work);
  d.rows = mx_max64(least, mx_ceil_div(c->rows, SEGMENTS));
  int64_t segments = mx_ceil_div(c->rows, d.rows);
  d.sums = malloc((size_t)(segments * d.taps * c->filters) * sizeof *d.sums + 1);
  if (!d.sums)
    return mx_nomem("conv");
  mx_parallel_for(segments, 1, weigh_segments, &d);
  for (int64_t f = 0; f < c->filters && !atomic_load(&d.failed); f++)
    join_segments(&d, f, segments, sum);
  free(d.sums);
  return atomic_load(&d.failed) ? mx_nomem("conv") : 0;
}
