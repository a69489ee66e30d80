/* The geometry of a convolution and its per-tier kernels.
 * Invariant: outputs of an axis fall into `period` classes; those of one class meet the same taps
 * of the weight, at input positions that differ by a fixed step, so that a class is a convolution
 * of an undilated input and no multiplication by an inserted zero is left. */
#ifndef MX_CPU_CONV_H
#define MX_CPU_CONV_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "backend/cpu/product/driver.h"
#include "core/params.h"

enum { MX_CONV_AXES = MX_CONV_SPATIAL };

/* One axis: its lengths, and the class of outputs at hand. Output first + q * period, q < count,
 * meets tap t, t < taps, of the weight at place[t], at input position base[t] + q * step. */
typedef struct mx_conv_axis {
  int64_t in, out, kernel, stride, lo, kernel_dilation, input_dilation;
  int64_t period, step;
  int64_t first, count, taps;
  int64_t *base, *place;
} mx_conv_axis;

typedef struct mx_conv {
  mx_conv_axis axis[MX_CONV_AXES];
  mlx_dtype dtype;
  int64_t item; /* bytes of a number */
  int64_t batch, channels, filters, groups;
  int64_t in_group, out_group; /* channels of a group */
  bool flip;
  const char *x, *w;
  char *out;
  /* of the class at hand */
  int64_t rows, k; /* outputs; numbers that each of them sums in a group */
  bool runs;       /* the taps of a row of the weight lie together in the input */
  bool whole;      /* one class holds every output */
  bool all_taps;   /* outputs of the class meet every tap */
  bool turned;     /* windows lie side by side, the numbers of each tap and channel together */
} mx_conv;

/* Shapes and parameters; data pointers are the caller's. mx_conv_end also after a failure. */
int mx_conv_begin(mx_conv *c, const mx_conv_params *p, const mx_array *x, const mx_array *w,
                  const mx_array *out);
void mx_conv_end(mx_conv *c);
/* Runs `run` for every class that has outputs, with c set to it. */
typedef int mx_conv_fn(mx_conv *c, void *ctx);
int mx_conv_classes(mx_conv *c, mx_conv_fn *run, void *ctx);

/* Where output `row` of the class lies: batch, and q along each axis. */
typedef struct mx_conv_place {
  int64_t b, q[MX_CONV_AXES];
} mx_conv_place;

mx_conv_place mx_conv_place_of(const mx_conv *c, int64_t row);
void mx_conv_next(const mx_conv *c, mx_conv_place *at);
/* The number of its output in front of all others, in outputs. */
int64_t mx_conv_output(const mx_conv *c, const mx_conv_place *at);

/* The number in the weight of a tap of the class. */
int64_t mx_conv_tap(const mx_conv *c, int64_t s, int64_t t, int64_t u);

/* The windows of outputs row .. row + n of a group: a matrix of n by k in a block that has room for
 * `ld` rows. dst is where row `row` lies, which mx_conv_window_at says. */
void mx_conv_windows(const mx_conv *c, int64_t group, int64_t row, int64_t n, char *dst,
                     int64_t ld);
char *mx_conv_window_at(const mx_conv *c, char *windows, int64_t row);
mx_matrix mx_conv_matrix(const mx_conv *c, const char *windows, int64_t ld);

/* One input channel a group: channels go side by side. */
static inline bool mx_conv_is_depthwise(const mx_conv *c) {
  return c->in_group == 1 && c->groups >= 4 && c->out_group <= 4 && c->dtype != MLX_FLOAT64;
}

/* The whole class; each returns nonzero after mx_fail. */
int mx_conv_depthwise(const mx_conv *c);
/* The part of the weight's gradient that the class gives, added to sum, [filter][tap] in float32. */
int mx_conv_depthwise_weight(const mx_conv *c, const char *g, float *sum);

typedef struct mx_conv_kernels {
  /* out[i] = sum over t < taps of x[t][i] * w[t][i], i < n; x in dtype, float16, bfloat16 or
   * float32. */
  void (*depthwise)(const char *const *x, const float *const *w, int64_t taps, int64_t n,
                    mlx_dtype dtype, float *out);
  /* sum[t][i] += x[t][i] * g[i], t < taps, i < n. */
  void (*depthwise_weight)(const char *const *x, const float *g, int64_t taps, int64_t n,
                           mlx_dtype dtype, float *const *sum);
} mx_conv_kernels;

const mx_conv_kernels *mx_conv_table(void);

#endif
