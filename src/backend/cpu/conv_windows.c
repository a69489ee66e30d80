/* The geometry of a convolution, and its windows: what each output of a group meets of the input, as
 * a matrix with one row an output.
 * Invariant: which way round a matrix lies follows from shapes alone. */
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/conv.h"
#include "base/error.h"

enum { FEW_CHANNELS = 4 }; /* of a group: runs too short to copy for each output */

/* ---- geometry ---- */

static int64_t gcd(int64_t a, int64_t b) {
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

int mx_conv_begin(mx_conv *c, const mx_conv_params *p, const mx_array *x, const mx_array *w,
                  const mx_array *out) {
  int n = (int)p->n, lead = MX_CONV_AXES - n;
  *c = (mx_conv){.dtype = (mlx_dtype)x->dtype, .item = (int64_t)mx_itemsize(x)};
  c->batch = x->shape[0];
  c->channels = x->shape[x->ndim - 1];
  c->filters = w->shape[0];
  c->groups = p->groups;
  c->in_group = c->channels / c->groups;
  c->out_group = c->filters / c->groups;
  c->flip = p->flip;
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

void mx_conv_end(mx_conv *c) {
  for (int i = 0; i < MX_CONV_AXES; i++)
    free(c->axis[i].base);
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
  c->turned = c->in_group <= FEW_CHANNELS && last->count > 1;
}

static int classes_from(mx_conv *c, int i, mx_conv_fn *run, void *ctx) {
  if (i == MX_CONV_AXES) {
    set_sizes(c);
    return c->rows ? run(c, ctx) : 0;
  }
  mx_conv_axis *a = &c->axis[i];
  for (int64_t first = 0; first < a->period && first < a->out; first++) {
    set_class(a, first, c->flip);
    if (classes_from(c, i + 1, run, ctx))
      return 1;
  }
  return 0;
}

int mx_conv_classes(mx_conv *c, mx_conv_fn *run, void *ctx) {
  return classes_from(c, 0, run, ctx);
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

int64_t mx_conv_tap(const mx_conv *c, int64_t s, int64_t t, int64_t u) {
  const mx_conv_axis *a = c->axis;
  return (a[0].place[s] * a[1].kernel + a[1].place[t]) * a[2].kernel + a[2].place[u];
}

/* ---- windows, one after the other ---- */

/* The taps of the last axis, from the row of the input at `line`. */
static char *window_line(const mx_conv *c, const char *line, int64_t q, char *dst) {
  const mx_conv_axis *a = &c->axis[MX_CONV_AXES - 1];
  int64_t bytes = c->in_group * c->item, from = q * a->step;
  if (c->runs && a->taps) {
    int64_t first = a->base[0] + from;
    int64_t begin = mx_min64(a->taps, mx_max64(0, -first));
    int64_t end = mx_max64(begin, mx_min64(a->taps, a->in - first));
    if (begin)
      memset(dst, 0, (size_t)(begin * bytes));
    if (begin < end)
      memcpy(dst + begin * bytes, line + (first + begin) * bytes, (size_t)((end - begin) * bytes));
    if (end < a->taps)
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

/* Row (i, j) of the input, which an output meets with taps s and t of the outer axes; NULL outside. */
static const char *input_line(const mx_conv *c, const char *x, const mx_conv_place *at, int64_t s,
                              int64_t t) {
  const mx_conv_axis *a = c->axis;
  int64_t i = a[0].base[s] + at->q[0] * a[0].step, j = a[1].base[t] + at->q[1] * a[1].step;
  if (i < 0 || i >= a[0].in || j < 0 || j >= a[1].in)
    return NULL;
  return x + ((at->b * a[0].in + i) * a[1].in + j) * a[2].in * c->channels * c->item;
}

/* The k numbers that one output sums, of the group whose channels begin at x. */
static char *window(const mx_conv *c, const char *x, const mx_conv_place *at, char *dst) {
  const mx_conv_axis *a = c->axis;
  int64_t gap = a[2].taps * c->in_group * c->item;
  for (int64_t s = 0; s < a[0].taps; s++)
    for (int64_t t = 0; t < a[1].taps; t++) {
      const char *line = input_line(c, x, at, s, t);
      if (line) {
        dst = window_line(c, line, at->q[2], dst);
      } else {
        memset(dst, 0, (size_t)gap);
        dst += gap;
      }
    }
  return dst;
}

/* ---- windows side by side ---- */

/* n numbers, `stride` bytes apart, one after the other. */
static void gather(char *dst, const char *src, int64_t stride, int64_t n, int64_t item) {
  if (stride == item) {
    memcpy(dst, src, (size_t)(n * item));
  } else if (item == 4) {
    for (int64_t i = 0; i < n; i++)
      memcpy(dst + i * 4, src + i * stride, 4);
  } else if (item == 2) {
    for (int64_t i = 0; i < n; i++)
      memcpy(dst + i * 2, src + i * stride, 2);
  } else {
    for (int64_t i = 0; i < n; i++)
      memcpy(dst + i * 8, src + i * stride, 8);
  }
}

/* What `run` outputs side by side meet with tap u of the last axis, in one channel of the row of the
 * input at `line` (NULL: none there). */
static void tap_line(const mx_conv *c, const char *line, int64_t q, int64_t u, int64_t run,
                     char *dst) {
  const mx_conv_axis *a = &c->axis[MX_CONV_AXES - 1];
  int64_t first = a->base[u] + q * a->step, begin = 0, end = 0, item = c->item;
  if (line && first < a->in) {
    begin = first < 0 ? mx_min64(run, mx_ceil_div(-first, a->step)) : 0;
    end = mx_max64(begin, mx_min64(run, (a->in - 1 - first) / a->step + 1));
  }
  if (begin)
    memset(dst, 0, (size_t)(begin * item));
  if (begin < end)
    gather(dst + begin * item, line + (first + begin * a->step) * c->channels * item,
           a->step * c->channels * item, end - begin, item);
  if (end < run)
    memset(dst + end * item, 0, (size_t)((run - end) * item));
}

static void turned_windows(const mx_conv *c, const char *x, int64_t row, int64_t n, char *dst,
                           int64_t ld) {
  const mx_conv_axis *a = c->axis;
  mx_conv_place at = mx_conv_place_of(c, row);
  for (int64_t done = 0, run; done < n; done += run) {
    run = mx_min64(n - done, a[2].count - at.q[2]);
    char *to = dst + done * c->item;
    for (int64_t s = 0; s < a[0].taps; s++)
      for (int64_t t = 0; t < a[1].taps; t++) {
        const char *line = input_line(c, x, &at, s, t);
        for (int64_t u = 0; u < a[2].taps; u++)
          for (int64_t i = 0; i < c->in_group; i++, to += ld * c->item)
            tap_line(c, line ? line + i * c->item : NULL, at.q[2], u, run, to);
      }
    at.q[2] += run - 1;
    mx_conv_next(c, &at);
  }
}

void mx_conv_windows(const mx_conv *c, int64_t group, int64_t row, int64_t n, char *dst,
                     int64_t ld) {
  const char *x = c->x + group * c->in_group * c->item;
  if (c->turned) {
    turned_windows(c, x, row, n, dst, ld);
    return;
  }
  mx_conv_place at = mx_conv_place_of(c, row);
  for (int64_t i = 0; i < n; i++, mx_conv_next(c, &at))
    dst = window(c, x, &at, dst);
}

char *mx_conv_window_at(const mx_conv *c, char *windows, int64_t row) {
  return windows + row * (c->turned ? 1 : c->k) * c->item;
}

mx_matrix mx_conv_matrix(const mx_conv *c, const char *windows, int64_t ld) {
  mx_matrix m = {.data = windows, .dtype = c->dtype, .row_stride = c->k, .col_stride = 1};
  if (c->turned) {
    m.row_stride = 1;
    m.col_stride = ld;
  }
  return m;
}
