/* float64 products: each chunk of work packs its own block.
 * Invariant: an output is the sum over runs of K, in order, of one chain per run. */
#include <stdatomic.h>
#include <string.h>
#include "backend/cpu/product/driver.h"
#include "base/pool.h"

enum { RUN = 256, BLOCK_M = 128, BLOCK_N = 256, TILE_M = 4, TILE_N = 8 };

typedef struct work {
  const mx_product *p;
  const mx_product_kernels *kernels;
  int64_t blocks_m, blocks_n;
  atomic_bool failed;
} work;

/* Panels [k][width] of lanes, zero past the last. */
static void pack(const char *src, int64_t lane_stride, int64_t k_stride, int64_t lanes, int64_t k,
                 int width, double *dst) {
  for (int64_t l0 = 0; l0 < lanes; l0 += width) {
    for (int64_t t = 0; t < k; t++, dst += width) {
      for (int l = 0; l < width; l++) {
        dst[l] = 0;
        if (l0 + l >= lanes) continue;
        memcpy(dst + l, src + ((l0 + l) * lane_stride + t * k_stride) * 8, sizeof *dst);
      }
    }
  }
}

static void finish(const mx_one *one, int64_t i, int64_t j0, int64_t n, const double *acc) {
  const mx_product *p = one->p;
  for (int64_t x = 0; x < n; x++) {
    int64_t j = j0 + x;
    double sum = p->alpha == 1 ? acc[x] : (double)p->alpha * acc[x], other;
    if (one->c) {
      memcpy(&other, one->c + (i * p->c.row_stride + j * p->c.col_stride) * 8, sizeof other);
      sum += (double)p->beta * other;
    }
    if (p->bias) {
      memcpy(&other, (const char *)p->bias + j * p->bias_stride * 8, sizeof other);
      sum += other;
    }
    memcpy(one->out + (i * p->out.row_stride + j * p->out.col_stride) * 8, &sum, sizeof sum);
  }
}

static void block(const work *w, const mx_one *one, int64_t i0, int64_t j0, double *a) {
  const mx_product *p = w->p;
  double *b = a + BLOCK_M * RUN, *acc = b + BLOCK_N * RUN;
  int64_t m = mx_min64(BLOCK_M, p->m - i0), n = mx_min64(BLOCK_N, p->n - j0);
  if (p->k == 0) memset(acc, 0, sizeof(double) * BLOCK_M * BLOCK_N);
  for (int64_t k0 = 0; k0 < p->k; k0 += RUN) {
    int64_t k = mx_min64(RUN, p->k - k0);
    const mx_lanes *x = &one->a, *y = &one->b;
    pack(x->data + (i0 * x->lane_stride + k0 * x->k_stride) * 8, x->lane_stride, x->k_stride, m, k,
         TILE_M, a);
    pack(y->data + (j0 * y->lane_stride + k0 * y->k_stride) * 8, y->lane_stride, y->k_stride, n, k,
         TILE_N, b);
    for (int64_t j = 0; j < n; j += TILE_N) {
      for (int64_t i = 0; i < m; i += TILE_M) {
        w->kernels->tile_f64(k, a + i * k, b + j * k, acc + i * BLOCK_N + j, BLOCK_N, k0 > 0);
      }
    }
  }
  for (int64_t i = 0; i < m; i++) finish(one, i0 + i, j0, n, acc + i * BLOCK_N);
}

static void chunk(void *ctx, int64_t begin, int64_t end) {
  work *w = ctx;
  size_t doubles = BLOCK_M * RUN + BLOCK_N * RUN + BLOCK_M * BLOCK_N;
  double *room = mx_product_scratch(MX_SLOT_CHUNK, doubles * sizeof *room);
  if (!room) {
    atomic_store(&w->failed, true);
    return;
  }
  for (int64_t at = begin; at < end; at++) {
    mx_one one;
    int64_t per = w->blocks_m * w->blocks_n, in = at % per;
    mx_product_at(w->p, w->kernels, at / per, &one);
    block(w, &one, in / w->blocks_n * BLOCK_M, in % w->blocks_n * BLOCK_N, room);
  }
}

int mx_product_f64(const mx_product *p, const mx_product_kernels *k) {
  work w = {.p = p, .kernels = k};
  w.blocks_m = mx_ceil_div(p->m, BLOCK_M);
  w.blocks_n = mx_ceil_div(p->n, BLOCK_N);
  double each = (double)mx_min64(p->m, BLOCK_M) * (double)mx_min64(p->n, BLOCK_N) * (double)p->k;
  int64_t grain = each > 1 << 17 ? 1 : (int64_t)((1 << 17) / (each + 1)) + 1;
  mx_parallel_for(p->batch * w.blocks_m * w.blocks_n, grain, chunk, &w);
  return atomic_load(&w.failed);
}
