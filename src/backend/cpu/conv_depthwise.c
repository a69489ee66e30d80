/* Convolutions whose groups have one input channel: no matrix, a sum over taps for each channel,
 * the channels side by side. */
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
          int64_t tap = (a[0].place[s] * a[1].kernel + a[1].place[t]) * a[2].kernel + a[2].place[u];
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
