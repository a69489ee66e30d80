/* The engine of Fourier transforms along one axis: lines of any stride to planes and back, real
 * lines as half as long complex ones. Invariant: whether lines go one by one or side by side
 * follows from the shape. */
#include "backend/cpu/fft.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/product/driver.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

enum {
  ALONE = 64,            /* shorter lines always go side by side, */
  TOGETHER = 1 << 14,    /* longer ones never */
  CHUNK_WORK = 1 << 14,  /* numbers worth a hand-over to another thread */
  SCRATCH = 4 << 20      /* most that a thread keeps */
};

typedef struct job {
  const mx_array *in, *out;
  const float *src;
  float *dst;
  enum mx_fft_kind kind;
  bool inverse, halved; /* halved: pairs of real numbers are complex ones */
  float scale;
  int axis;
  int64_t n, length;          /* of the transform; of the planes that are transformed */
  int64_t in_length, in_stride, inner, lines;
  int lanes;
  mx_fft_plan *plan;
  atomic_bool failed;
} job;

/* ---- lines ---- */

/* Element 0 of a line in the input, in elements. */
static int64_t line_start(const job *j, int64_t line) {
  int64_t at = 0;
  for (int i = j->in->ndim - 1; i >= 0; i--) {
    if (i == j->axis)
      continue;
    at += line % j->in->shape[i] * j->in->strides[i];
    line /= j->in->shape[i];
  }
  return at;
}

static bool side_by_side(const int64_t *start, int lanes) {
  for (int l = 1; l < lanes; l++)
    if (start[l] != start[l - 1] + 1)
      return false;
  return true;
}

static void load_complex(const job *j, const int64_t *start, int lanes, mx_planes x) {
  const mx_fft_kernels *k = mx_fft_table();
  bool dense = side_by_side(start, lanes);
  if (lanes == 1 && j->in_stride == 1) {
    k->split(j->src + 2 * start[0], j->in_length, x);
    return;
  }
  for (int64_t i = 0; i < j->in_length; i++) {
    mx_planes to = {x.re + i * lanes, x.im + i * lanes};
    if (dense && lanes > 1) {
      k->split(j->src + 2 * (start[0] + i * j->in_stride), lanes, to);
      continue;
    }
    for (int l = 0; l < lanes; l++) {
      const float *from = j->src + 2 * (start[l] + i * j->in_stride);
      to.re[l] = from[0];
      to.im[l] = from[1];
    }
  }
}

/* Real numbers, two to a complex one where the length is halved. */
static void load_real(const job *j, const int64_t *start, int lanes, mx_planes x) {
  if (j->halved && lanes == 1 && j->in_stride == 1) {
    mx_fft_table()->split(j->src + start[0], j->length, x);
    return;
  }
  bool dense = side_by_side(start, lanes);
  int64_t step = j->halved ? 2 : 1;
  for (int64_t i = 0; i < j->length; i++)
    for (int part = 0; part < 2; part++) {
      float *to = (part ? x.im : x.re) + i * lanes;
      int64_t at = (step * i + part) * j->in_stride;
      if (part && !j->halved)
        memset(to, 0, (size_t)lanes * sizeof *to);
      else if (dense)
        memcpy(to, j->src + start[0] + at, (size_t)lanes * sizeof *to);
      else
        for (int l = 0; l < lanes; l++)
          to[l] = j->src[start[l] + at];
    }
}

/* Number i of lane l in the output, which is row major. */
static int64_t place(const job *j, int64_t line, int64_t length, int64_t i) {
  return (line / j->inner * length + i) * j->inner + line % j->inner;
}

static void store_complex(const job *j, int64_t line, int lanes, mx_planes x) {
  const mx_fft_kernels *k = mx_fft_table();
  int64_t length = j->out->shape[j->axis];
  bool dense = lanes > 1 && line / j->inner == (line + lanes - 1) / j->inner;
  if (lanes == 1 && j->inner == 1) {
    k->merge(x, length, j->scale, j->dst + 2 * line * length);
    return;
  }
  for (int64_t i = 0; i < length; i++) {
    mx_planes from = {x.re + i * lanes, x.im + i * lanes};
    if (dense) {
      k->merge(from, lanes, j->scale, j->dst + 2 * place(j, line, length, i));
      continue;
    }
    for (int l = 0; l < lanes; l++) {
      float *to = j->dst + 2 * place(j, line + l, length, i);
      to[0] = j->scale * from.re[l];
      to[1] = j->scale * from.im[l];
    }
  }
}

static void store_real(const job *j, int64_t line, int lanes, mx_planes x) {
  if (j->halved && lanes == 1 && j->inner == 1) {
    mx_fft_table()->merge(x, j->length, j->scale, j->dst + line * j->n);
    return;
  }
  bool dense = line / j->inner == (line + lanes - 1) / j->inner;
  int64_t step = j->halved ? 2 : 1;
  for (int64_t i = 0; i < j->length; i++)
    for (int part = 0; part < step; part++) {
      const float *from = (part ? x.im : x.re) + i * lanes;
      float *first = j->dst + place(j, line, j->n, step * i + part);
      for (int l = 0; l < lanes; l++)
        *(dense ? first + l : j->dst + place(j, line + l, j->n, step * i + part)) =
            j->scale * from[l];
    }
}

/* ---- a block of lines ---- */

/* The whole spectrum of an odd real line from its first half. */
static void mirror(const job *j, int lanes, mx_planes x) {
  memset(x.im, 0, (size_t)lanes * sizeof(float));
  for (int64_t i = 1; i < j->in_length; i++)
    for (int l = 0; l < lanes; l++) {
      x.re[(j->n - i) * lanes + l] = x.re[i * lanes + l];
      x.im[(j->n - i) * lanes + l] = -x.im[i * lanes + l];
    }
}

static mx_planes swapped(mx_planes x) { return (mx_planes){x.im, x.re}; }

/* Floats of a plane of a block. */
static int64_t plane_size(const job *j) {
  return mx_fft_plane((mx_max64(j->length, j->in_length) + 1) * j->lanes);
}

static int run_block(const job *j, int64_t line, int lanes, float *room) {
  const mx_fft_kernels *k = mx_fft_table();
  int64_t size = plane_size(j), start[MX_FFT_LANES];
  mx_planes x = {room, room + size}, y = {room + 2 * size, room + 3 * size};
  for (int l = 0; l < lanes; l++)
    start[l] = line_start(j, line + l);
  if (j->kind == MX_FFT_FROM_REAL)
    load_real(j, start, lanes, x);
  else
    load_complex(j, start, lanes, x);
  if (j->kind == MX_FFT_TO_REAL && j->halved) {
    k->real_in(j->length, lanes, j->plan->real, x, y);
    mx_planes z = x;
    x = y;
    y = z;
  } else if (j->kind == MX_FFT_TO_REAL) {
    mirror(j, lanes, x);
  }
  /* The inverse exchanges the planes before and after. */
  x = j->inverse ? swapped(x) : x;
  if (!j->plan->together) {
    if (mx_fft_line(j->plan, &x, room + 4 * size))
      return 1;
  } else {
    mx_fft_lines(&j->plan->rows, lanes, &x, &y);
  }
  x = j->inverse ? swapped(x) : x;
  if (j->kind == MX_FFT_TO_REAL) {
    store_real(j, line, lanes, x);
    return 0;
  }
  if (j->kind == MX_FFT_FROM_REAL && j->halved) {
    /* Into whichever planes the transform did not end in. */
    y = x.re == room ? (mx_planes){room + 2 * size, room + 3 * size}
                     : (mx_planes){room, room + size};
    k->real_out(j->length, lanes, j->plan->real, x, y);
    x = y;
  }
  store_complex(j, line, lanes, x);
  return 0;
}

static void blocks(void *ctx, int64_t begin, int64_t end) {
  job *j = ctx;
  int64_t floats = 4 * plane_size(j) + (j->plan->together ? 0 : mx_fft_line_room(j->plan));
  size_t bytes = (size_t)floats * sizeof(float);
  float *owned = bytes > SCRATCH ? malloc(bytes) : NULL;
  float *room = owned || bytes > SCRATCH ? owned : mx_product_scratch(MX_SLOT_WINDOWS, bytes);
  if (!room)
    atomic_store(&j->failed, true);
  for (int64_t b = begin; room && b < end; b++) {
    int64_t line = b * j->lanes;
    if (run_block(j, line, (int)mx_min64(j->lanes, j->lines - line), room))
      atomic_store(&j->failed, true);
  }
  free(owned);
}

/* ---- the primitive ---- */

static void set_shape(job *j, const mx_fft_params *p) {
  j->kind = (enum mx_fft_kind)p->kind;
  j->inverse = p->inverse;
  j->scale = (float)p->scale;
  j->axis = (int)p->axis;
  j->n = p->n;
  j->halved = j->kind != MX_FFT_COMPLEX && j->n % 2 == 0;
  j->length = j->halved ? j->n / 2 : j->n;
  j->in_length = j->in->shape[j->axis];
  j->in_stride = j->in->strides[j->axis];
  j->inner = 1;
  for (int i = j->axis + 1; i < j->out->ndim; i++)
    j->inner *= j->out->shape[i];
  j->lines = j->out->size / j->out->shape[j->axis];
}

int mx_cpu_fft(const mx_step *step) {
  mx_array *out = step->out[0];
  job j = {.in = step->in[0], .out = out};
  if (mx_out_alloc(out) || !out->size)
    return !out->buf;
  set_shape(&j, (const mx_fft_params *)step->op->params);
  j.src = mx_data(j.in);
  j.dst = mx_data(out);
  bool together = mx_fft_smooth(j.length) && j.lines > 1 &&
                  (j.length < ALONE || (j.inner > 1 && j.length <= TOGETHER));
  j.lanes = together ? MX_FFT_LANES : 1;
  j.plan = mx_fft_plan_get(j.length, together);
  if (!j.plan)
    return 1;
  int bad = j.halved && mx_fft_plan_real(j.plan);
  if (!bad) {
    int64_t count = mx_ceil_div(j.lines, j.lanes);
    mx_parallel_for(count, mx_max64(1, CHUNK_WORK / (j.length * j.lanes)), blocks, &j);
    bad = atomic_load(&j.failed) ? mx_nomem("fft") : 0;
  }
  mx_fft_plan_release(j.plan);
  return bad;
}
