/* Rotary position embedding. The cosines and sines of all positions are computed once and used by
 * every head.
 * Invariant: an angle is float32(position * scale) * float32(frequency), rounded to float32 as in a
 * graph of separate operations; its cosine and sine are rounded to the dtype. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/rows.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

enum { WORK = 1 << 14 };

typedef struct job {
  const mx_rows_kernels *k;
  const mx_array *x;
  char *out;
  mlx_dtype t;
  int64_t size, batch, heads, steps, d, half;
  const mx_rope_params *p;
  const int32_t *offsets; /* NULL: p->offset */
  int64_t offset_stride;  /* 0: the same for every row of the batch */
  const float *freqs;
  float *inverse;          /* half frequencies */
  float *cosines, *sines;  /* tables x steps x half */
} job;

static int64_t position_of(const job *j, int64_t row) {
  int64_t b = row / j->steps, t = row % j->steps;
  return t + (j->offsets ? j->offsets[b * j->offset_stride] : j->p->offset);
}

static void angle_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    float at = (float)position_of(j, r) * (float)j->p->scale;
    j->k->angles(at, j->inverse, j->half, j->sines + r * j->half, j->cosines + r * j->half);
    j->k->round(j->sines + r * j->half, j->t, j->half);
    j->k->round(j->cosines + r * j->half, j->t, j->half);
  }
}

static void rotate_f64(const job *j, const double *x, double *y, int64_t row) {
  const int64_t h = j->half;
  const bool pairs = j->p->traditional;
  for (int64_t i = 0; i < h; i++) {
    double freq = j->freqs ? 1 / (double)j->freqs[i] : pow(j->p->base, -(double)i / (double)h);
    double angle = (double)position_of(j, row) * j->p->scale * freq, c = cos(angle), s = sin(angle);
    int64_t a = pairs ? 2 * i : i, b = pairs ? 2 * i + 1 : i + h;
    double xa = x[a], xb = x[b];
    y[a] = xa * c - xb * s;
    y[b] = xa * s + xb * c;
  }
}

/* Index: (batch * heads + head) * steps + step. */
static void rotate_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int last = j->x->ndim - 1;
  for (int64_t r = begin; r < end; r++) {
    int64_t at = 0, rest = r, b = r / j->steps / j->heads;
    for (int i = last - 1; i >= 0; i--) {
      at += rest % j->x->shape[i] * j->x->strides[i];
      rest /= j->x->shape[i];
    }
    const char *x = (const char *)mx_data(j->x) + at * j->size;
    char *y = j->out + r * j->d * j->size;
    int64_t row = (j->offset_stride ? b * j->steps : 0) + r % j->steps;
    if (j->t == MLX_FLOAT64) {
      rotate_f64(j, (const void *)x, (void *)y, row);
    } else {
      j->k->rope(x, y, j->t, 2 * j->half, j->p->traditional, j->cosines + row * j->half,
                 j->sines + row * j->half);
    }
    int64_t done = 2 * j->half * j->size;
    if (y != x) memcpy(y + done, x + done, (size_t)(j->d * j->size - done));
  }
}

static void set_frequencies(job *j) {
  for (int64_t i = 0; i < j->half; i++) {
    j->inverse[i] = j->freqs ? 1 / j->freqs[i]
                             : (float)pow(j->p->base, -(double)i / (double)j->half);
  }
}

int mx_cpu_rope(const mx_step *step) {
  const mx_array *x = step->in[0], *offset = step->in[1], *freqs = step->in[2];
  mx_array *out = step->out[0];
  if (mx_out_donate(step, 0, out)) return 1;
  if (!x->size) return 0;
  job j = {.k = mx_rows_table(), .x = x, .out = mx_data(out), .t = (mlx_dtype)x->dtype};
  j.p = (const mx_rope_params *)step->op->params;
  j.size = (int64_t)mx_itemsize(x);
  j.batch = x->shape[0];
  j.steps = x->shape[x->ndim - 2];
  j.d = x->shape[x->ndim - 1];
  j.heads = x->size / (j.batch * j.steps * j.d);
  j.half = j.p->dims / 2;
  if (offset) {
    j.offsets = mx_data(offset);
    j.offset_stride = offset->ndim && offset->shape[0] > 1 ? offset->strides[0] : 0;
  }
  j.freqs = freqs ? mx_data(freqs) : NULL;
  int64_t rows = j.steps * (j.offset_stride ? j.batch : 1);
  j.inverse = malloc((size_t)(j.half + 2 * rows * j.half) * sizeof *j.inverse);
  if (!j.inverse) return mx_nomem("rope");
  j.cosines = j.inverse + j.half;
  j.sines = j.cosines + rows * j.half;
  set_frequencies(&j);
  if (j.t != MLX_FLOAT64) mx_parallel_for(rows, 1 + 1024 / j.half, angle_rows, &j);
  mx_parallel_for(x->size / j.d, 1 + WORK / j.d, rotate_rows, &j);
  free(j.inverse);
  return 0;
}
