/* Operations over rows of the last axis: softmax, logsumexp, norms, cross entropy, the gated delta
 * rule. Halves and float32 go through the tier's row kernels, float64 through plain
 * loops here.
 * Invariant: rows (heads for the delta rule) are independent; the pool cuts between them only. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/rows.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"
#include "core/params.h"

enum { WORK = 1 << 14 }; /* numbers that are worth a thread */

typedef struct job {
  const mx_rows_kernels *k;
  const mx_array *in[3];
  const char *x, *w, *b;
  char *out;
  mlx_dtype t;
  int64_t size, n, rows;
  float eps;
} job;

static int64_t rows_of(const mx_array *a) {
  int64_t rows = 1;
  for (int i = 0; i + 1 < a->ndim; i++) rows *= a->shape[i];
  return rows;
}

static int64_t row_place(const mx_array *a, int64_t r) {
  if (a->row_contiguous) return r * a->shape[a->ndim - 1];
  int64_t at = 0;
  for (int i = a->ndim - 2; i >= 0; i--) {
    at += r % a->shape[i] * a->strides[i];
    r /= a->shape[i];
  }
  return at;
}

static const char *row_in(const job *j, int64_t r) {
  return j->x + row_place(j->in[0], r) * j->size;
}
static char *row_out(const job *j, int64_t r) { return j->out + r * j->n * j->size; }

static int start(job *j, const mx_step *step, int64_t n) {
  *j = (job){.k = mx_rows_table(), .t = (mlx_dtype)step->in[0]->dtype, .n = n};
  for (int i = 0; i < step->n_in && i < 3; i++) j->in[i] = step->in[i];
  j->size = (int64_t)mx_itemsize(j->in[0]);
  j->rows = rows_of(j->in[0]);
  j->x = mx_data(j->in[0]);
  j->w = j->in[1] ? mx_data(j->in[1]) : NULL;
  j->b = j->in[2] ? mx_data(j->in[2]) : NULL;
  j->out = mx_data(step->out[0]);
  return 0;
}

static void by_rows(job *j, mx_chunk_fn fn) {
  mx_parallel_for(j->rows, j->n >= WORK ? 1 : WORK / (j->n + 1) + 1, fn, j);
}

static const double *f64_in(const job *j, int64_t r) { return (const void *)row_in(j, r); }
static double *f64_out(const job *j, int64_t r) { return (void *)row_out(j, r); }

/* --- softmax, logsumexp, cross entropy --- */

static double max_f64(const double *x, int64_t n) {
  double m = -INFINITY;
  for (int64_t i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
  return m;
}

static void softmax_f64(const double *x, double *y, int64_t n) {
  double m = max_f64(x, n), sum = 0;
  for (int64_t i = 0; i < n; i++) sum += y[i] = exp(x[i] - m);
  for (int64_t i = 0; i < n; i++) y[i] /= sum;
}

static double logsumexp_f64(const double *x, int64_t n) {
  double m = max_f64(x, n), sum = 0, base = isinf(m) ? 0 : m;
  for (int64_t i = 0; i < n; i++) sum += isinf(m) ? x[i] * 0 : exp(x[i] - base);
  for (int64_t i = 0; i < n && isinf(m); i++) {
    if (isnan(x[i])) return x[i];
  }
  return isinf(m) ? m : m + log(sum);
}

static void softmax_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    if (j->t == MLX_FLOAT64) {
      softmax_f64(f64_in(j, r), f64_out(j, r), j->n);
    } else {
      j->k->softmax(row_in(j, r), row_out(j, r), j->t, j->n);
    }
  }
}

int mx_cpu_softmax(const mx_step *step) {
  const mx_array *x = step->in[0];
  job j;
  if (mx_out_donate(step, 0, step->out[0]) || start(&j, step, x->shape[x->ndim - 1])) return 1;
  if (x->size) by_rows(&j, softmax_rows);
  return 0;
}

static void store_float(char *p, mlx_dtype t, int64_t i, float v) {
  uint16_t h = t == MLX_FLOAT16 ? mx_f32_to_f16(v) : mx_f32_to_bf16(v);
  if (t == MLX_FLOAT32) {
    memcpy(p + i * 4, &v, sizeof v);
  } else {
    memcpy(p + i * 2, &h, sizeof h);
  }
}

static void logsumexp_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    if (j->t == MLX_FLOAT64) {
      double v = logsumexp_f64(f64_in(j, r), j->n);
      memcpy(j->out + r * 8, &v, sizeof v);
    } else {
      store_float(j->out, j->t, r, j->k->logsumexp(row_in(j, r), j->t, j->n));
    }
  }
}

int mx_cpu_logsumexp(const mx_step *step) {
  const mx_array *x = step->in[0];
  job j;
  if (mx_out_alloc(step->out[0]) || start(&j, step, x->shape[x->ndim - 1])) return 1;
  by_rows(&j, logsumexp_rows);
  return 0;
}

static float load_float(const char *p, mlx_dtype t, int64_t i) {
  uint16_t h;
  float f;
  if (t == MLX_FLOAT32) {
    memcpy(&f, p + i * 4, sizeof f);
    return f;
  }
  memcpy(&h, p + i * 2, sizeof h);
  return t == MLX_FLOAT16 ? mx_f16_to_f32(h) : mx_bf16_to_f32(h);
}

static void cross_entropy_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    const char *row = row_in(j, r);
    int64_t target;
    memcpy(&target, j->w + r * 8, sizeof target);
    if (target < 0) target += j->n;
    bool inside = target >= 0 && target < j->n;
    float loss = inside ? j->k->logsumexp(row, j->t, j->n) - load_float(row, j->t, target) : NAN;
    memcpy(j->out + r * 4, &loss, sizeof loss);
  }
}

int mx_cpu_cross_entropy(const mx_step *step) {
  const mx_array *x = step->in[0];
  job j;
  if (mx_out_alloc(step->out[0]) || start(&j, step, x->shape[x->ndim - 1])) return 1;
  by_rows(&j, cross_entropy_rows);
  return 0;
}

/* --- norms --- */

static void norm_f64(const job *j, int64_t r, bool centre) {
  const double *x = f64_in(j, r), *w = (const void *)j->w, *b = (const void *)j->b;
  double *y = f64_out(j, r), mean = 0, sum = 0;
  for (int64_t i = 0; i < j->n && centre; i++) mean += x[i];
  mean /= (double)j->n;
  for (int64_t i = 0; i < j->n; i++) sum += (x[i] - mean) * (x[i] - mean);
  double scale = 1 / sqrt(sum / (double)j->n + (double)j->eps);
  for (int64_t i = 0; i < j->n; i++)
    y[i] = (x[i] - mean) * scale * (w ? w[i] : 1) + (b ? b[i] : 0);
}

static void rms_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    if (j->t == MLX_FLOAT64) {
      norm_f64(j, r, false);
    } else {
      j->k->rms_norm(row_in(j, r), j->w, row_out(j, r), j->t, j->n, j->eps);
    }
  }
}

static void layer_rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t r = begin; r < end; r++) {
    if (j->t == MLX_FLOAT64) {
      norm_f64(j, r, true);
    } else {
      j->k->layer_norm(row_in(j, r), j->w, j->b, row_out(j, r), j->t, j->n, j->eps);
    }
  }
}

static int norm(const mx_step *step, mx_chunk_fn fn) {
  const mx_array *x = step->in[0];
  job j;
  if (mx_out_donate(step, 0, step->out[0]) || start(&j, step, x->shape[x->ndim - 1])) return 1;
  j.eps = (float)((const mx_norm_params *)step->op->params)->eps;
  if (x->size) by_rows(&j, fn);
  return 0;
}

int mx_cpu_rms_norm(const mx_step *step) { return norm(step, rms_rows); }
int mx_cpu_layer_norm(const mx_step *step) { return norm(step, layer_rows); }

/* --- gated delta rule --- */

typedef struct delta {
  const float *q, *k, *v, *gamma, *beta, *state;
  const bool *mask;
  float *out, *last;
  int64_t t, hk, hv, dk, dv;
  bool wide; /* gamma has one number for each of dk */
} delta;

/* One step of one head: row e of the state is state[e * dk ..]. */
static void delta_step(const delta *j, float *state, int64_t at, int64_t head, int64_t kv) {
  const float *q = j->q + (at * j->hk + kv) * j->dk, *k = j->k + (at * j->hk + kv) * j->dk;
  const float *gamma = j->gamma + (at * j->hv + head) * (j->wide ? j->dk : 1);
  const float *v = j->v + (at * j->hv + head) * j->dv, beta = j->beta[at * j->hv + head];
  float *out = j->out + (at * j->hv + head) * j->dv;
  for (int64_t e = 0; e < j->dv; e++) {
    float *s = state + e * j->dk, seen = 0, y = 0;
    for (int64_t i = 0; i < j->dk; i++) {
      s[i] *= gamma[j->wide ? i : 0];
      seen += s[i] * k[i];
    }
    const float add = (v[e] - seen) * beta;
    for (int64_t i = 0; i < j->dk; i++) {
      s[i] += add * k[i];
      y += s[i] * q[i];
    }
    out[e] = y;
  }
}

static void delta_heads(void *ctx, int64_t begin, int64_t end) {
  const delta *j = ctx;
  for (int64_t h = begin; h < end; h++) {
    int64_t b = h / j->hv, head = h % j->hv, kv = head / (j->hv / j->hk), n = j->dv * j->dk;
    float *state = j->last + h * n;
    if (j->state) {
      memcpy(state, j->state + h * n, (size_t)n * sizeof *state);
    } else {
      memset(state, 0, (size_t)n * sizeof *state);
    }
    for (int64_t t = 0; t < j->t; t++) {
      int64_t at = b * j->t + t;
      if (!j->mask || j->mask[at]) {
        delta_step(j, state, at, head, kv);
      } else {
        memset(j->out + (at * j->hv + head) * j->dv, 0, (size_t)j->dv * sizeof(float));
      }
    }
  }
}

int mx_cpu_gated_delta_update(const mx_step *step) {
  mx_array *const *in = step->in;
  if (mx_out_alloc(step->out[0]) || mx_out_alloc(step->out[1])) return 1;
  delta j = {.q = mx_data(in[0]), .k = mx_data(in[1]), .v = mx_data(in[2])};
  j.gamma = mx_data(in[3]);
  j.beta = mx_data(in[4]);
  j.state = in[5] ? mx_data(in[5]) : NULL;
  j.mask = in[6] ? mx_data(in[6]) : NULL;
  j.out = mx_data(step->out[0]);
  j.last = mx_data(step->out[1]);
  j.t = in[0]->shape[1];
  j.hk = in[0]->shape[2];
  j.dk = in[0]->shape[3];
  j.hv = in[2]->shape[2];
  j.dv = in[2]->shape[3];
  j.wide = in[3]->ndim == 4;
  mx_parallel_for(in[0]->shape[0] * j.hv, 1, delta_heads, &j);
  return 0;
}
