/* Products with Hadamard matrices, row by row in float32: sums and differences for the power of
 * two, a table of signs for what is left of the length. */
#include <stdatomic.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/product/driver.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

enum { CHUNK_WORK = 1 << 14 };

/* Bit j of number i: the sign of input j in output i is plus. */
static const uint32_t signs_12[12] = {
    0x0000ffd, 0x0000554, 0x0000c37, 0x0000691, 0x00000df, 0x0000a45,
    0x0000373, 0x0000919, 0x0000dc3, 0x0000469, 0x000070f, 0x00001a5,
};
static const uint32_t signs_20[20] = {
    0x006cc21, 0x00d1c42, 0x00ab884, 0x005f108, 0x00b6610, 0x009c83e, 0x003945d,
    0x007289b, 0x00e5117, 0x00ca60f, 0x00f05ac, 0x00e8b58, 0x00d92b1, 0x00ba163,
    0x007c2c6, 0x0008592, 0x0010b05, 0x002122a, 0x0042074, 0x00840c9,
};
static const uint32_t signs_28[28] = {
    0x3296181, 0x6528382, 0xc854704, 0x92a8e08, 0x2751c10, 0x4ca7820, 0x994b0c0,
    0x4b980bc, 0x9534178, 0x2a6c271, 0x54d8463, 0xa9b0847, 0x536500f, 0xa4ce01e,
    0x7804cda, 0xf009935, 0xe21326a, 0xc6224d5, 0x8e409ab, 0x1e81356, 0x3d0262d,
    0x030ed66, 0x041dacd, 0x083b51b, 0x1072ab6, 0x20e15ec, 0x41c2b59, 0x81856b3,
};

typedef struct job {
  const char *src;
  char *dst;
  mlx_dtype dtype;
  int64_t n, m, item;
  float scale;
  atomic_bool failed;
} job;

static void butterflies(float *x, int64_t n, int64_t block) {
  for (int64_t h = 1; h < block; h *= 2)
    for (int64_t i = 0; i < n; i += 2 * h) {
      float *restrict low = x + i, *restrict high = x + i + h;
      for (int64_t k = 0; k < h; k++) {
        float a = low[k], b = high[k];
        low[k] = a + b;
        high[k] = a - b;
      }
    }
}

/* y[i] = sum over j of +-x[j], of blocks of numbers. */
static void mix(const float *restrict x, float *restrict y, int64_t m, int64_t block) {
  const uint32_t *signs = m == 12 ? signs_12 : m == 20 ? signs_20 : signs_28;
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < m; j++) {
      float sign = signs[i] >> j & 1 ? 1.0f : -1.0f;
      for (int64_t k = 0; k < block; k++)
        y[i * block + k] = (j ? y[i * block + k] : 0) + sign * x[j * block + k];
    }
}

static void rows(void *ctx, int64_t begin, int64_t end) {
  job *j = ctx;
  const mx_product_kernels *k = mx_product_table();
  float *x = mx_product_scratch(MX_SLOT_WINDOWS, (size_t)(2 * j->n) * sizeof *x);
  mx_epilogue e = {.alpha = j->scale};
  if (!x)
    atomic_store(&j->failed, true);
  for (int64_t r = begin; x && r < end; r++) {
    float *y = x;
    k->load(j->src + r * j->n * j->item, j->dtype, 1, j->n, x);
    butterflies(x, j->n, j->n / j->m);
    if (j->m > 1)
      mix(x, y = x + j->n, j->m, j->n / j->m);
    k->finish(&e, y, j->n, j->dst + r * j->n * j->item, j->dtype, 1);
  }
}

int mx_cpu_hadamard_transform(const mx_step *step) {
  const mx_hadamard_params *p = (const mx_hadamard_params *)step->op->params;
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  if (mx_out_donate(step, 0, out))
    return 1;
  job j = {.src = mx_data(a), .dst = mx_data(out), .dtype = (mlx_dtype)a->dtype};
  j.n = a->ndim ? a->shape[a->ndim - 1] : 1;
  j.m = p->m;
  j.item = (int64_t)mx_itemsize(a);
  j.scale = (float)p->scale;
  mx_parallel_for(a->size / j.n, mx_max64(1, CHUNK_WORK / j.n), rows, &j);
  return atomic_load(&j.failed) ? mx_nomem("hadamard_transform") : 0;
}

/* ---- products over parts of the inner axis ---- */

int mx_cpu_segmented_mm(const mx_step *step) {
  const mx_array *a = step->in[0], *b = step->in[1], *segments = step->in[2];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out))
    return 1;
  const int64_t *part = mx_data(segments);
  int64_t inner = a->shape[1], m = a->shape[0], n = b->shape[1];
  for (int64_t i = 0; i < segments->size / 2; i++, part += 2) {
    int64_t from = mx_min64(inner, mx_max64(0, part[0])), to = mx_min64(inner, part[1]);
    mx_product p = {.m = m, .n = n, .k = mx_max64(0, to - from), .batch = 1, .alpha = 1};
    mlx_dtype t = (mlx_dtype)out->dtype;
    size_t item = mx_itemsize(out);
    p.a = (mx_matrix){.data = (const char *)mx_data(a) + from * a->strides[1] * (int64_t)item,
                      .dtype = t, .row_stride = a->strides[0], .col_stride = a->strides[1]};
    p.b = (mx_matrix){.data = (const char *)mx_data(b) + from * b->strides[0] * (int64_t)item,
                      .dtype = t, .row_stride = b->strides[0], .col_stride = b->strides[1]};
    p.out = (mx_matrix){.data = (char *)mx_data(out) + (size_t)(i * m * n) * item, .dtype = t,
                        .row_stride = n, .col_stride = 1};
    if (mx_product_run(&p))
      return 1;
  }
  return 0;
}
