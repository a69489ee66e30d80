/* Products of few rows: bound by reading B once, so nothing of B is packed.
 * Invariant: x is made ready once, as float32; then each chunk of columns is one pass over its part
 * of B. Chunks are multiples of what a kernel takes, so a column's sum does not depend on them. */
#include <stdatomic.h>
#include <string.h>
#include "backend/cpu/product/driver.h"
#include "base/pool.h"

enum {
  ROWS_DOT = 16,       /* most rows where K of B is dense */
  ROWS_CODES = 24,     /* where B is codes along K */
  ROWS_AXPY = 8,       /* where rows of B are dense */
  ROWS_QDOT = 4,       /* where codes are used as they lie */
  COLUMNS_DOT = 48,    /* columns at a time */
  COLUMNS_AXPY = 1024, /* at most: long runs of a row of B */
  CHUNK_BYTES = 1 << 17, /* of B: worth a hand-over to another thread */
  X_FLOATS = 1 << 20   /* of x made ready at a time */
};

typedef enum path { PATH_NONE, PATH_DOT, PATH_AXPY, PATH_QDOT } path;

typedef struct work {
  const mx_product *p;
  const mx_product_kernels *kernels;
  path path;
  int64_t first;         /* of the batch, in this round */
  int64_t columns, blocks; /* a block of columns; blocks in a product */
  float *x;              /* NULL: x is read where it lies */
  int64_t x_row, sums_row; /* floats of a row of x and of its group sums */
  int64_t ldx;           /* those and, for qdot, the row as it was before */
} work;

static path choose(const mx_product *p) {
  const mx_quant *q = &p->quant;
  if (q->mode != MX_QUANT_NONE) {
    bool whole = q->mode == MX_QUANT_AFFINE && (q->bits == 2 || q->bits == 4 || q->bits == 8);
    if (!q->transposed) return p->m <= ROWS_AXPY ? PATH_AXPY : PATH_NONE;
    if (whole && p->m <= ROWS_QDOT) return PATH_QDOT;
    return p->m <= ROWS_CODES ? PATH_DOT : PATH_NONE;
  }
  if (p->b.row_stride == 1 && p->m <= ROWS_DOT) return PATH_DOT;
  return p->b.col_stride == 1 && p->m <= ROWS_AXPY ? PATH_AXPY : PATH_NONE;
}

bool mx_product_is_rows(const mx_product *p) { return choose(p) != PATH_NONE; }

/* --- x ------------------------------------------------------------------------------------------ */

static void prepare_row(const work *w, int64_t at) {
  const mx_product *p = w->p;
  const mx_product_kernels *t = w->kernels;
  mx_one one;
  mx_product_at(p, t, w->first + at / p->m, &one);
  const char *src = one.a.data + at % p->m * one.a.lane_stride * mx_dtype_bytes(one.a.dtype);
  float *dst = w->x + at * w->ldx;
  if (w->path != PATH_QDOT) {
    t->load(src, one.a.dtype, one.a.k_stride, p->k, dst);
    return;
  }
  float *sums = dst + w->x_row, *plain = sums + w->sums_row;
  t->load(src, one.a.dtype, one.a.k_stride, p->k, plain);
  t->qdot_prepare(plain, p->k, p->quant.bits, p->quant.group, dst, sums);
}

/* --- blocks of columns ------------------------------------------------------------------------------ */

typedef struct block {
  const work *w;
  mx_one one;
  const float *x;
  int64_t ldx, j0, n;
  float *out; /* [m][columns] */
} block;

static void qdot_block(const block *b) {
  const work *w = b->w;
  int64_t k = w->p->k;
  for (int64_t j = 0; j < b->n; j += MX_QDOT_ROWS) {
    int rows = (int)mx_min64(MX_QDOT_ROWS, b->n - j);
    for (int64_t i = 0; i < w->p->m; i++) {
      const float *row = b->x + i * b->ldx, *sums = row + w->x_row;
      mx_qdot_x x = {row, sums, sums + w->sums_row - MX_VECTOR_MAX};
      w->kernels->qdot(&b->one.q, b->j0 + j, rows, k, &x, b->out + i * w->columns + j);
    }
  }
}

static void dot_block(const block *b) {
  const work *w = b->w;
  const mx_product_kernels *t = w->kernels;
  const mx_lanes *lanes = &b->one.b;
  _Alignas(64) float acc[ROWS_CODES * MX_DOT_W * MX_VECTOR_MAX];
  _Alignas(64) float decoded[MX_DOT_W * MX_DOT_STEP];
  int64_t m = w->p->m, k = w->p->k, quad = MX_DOT_X * MX_DOT_W * (int64_t)t->vl;
  int64_t size = mx_dtype_bytes(lanes->dtype), step = lanes->data && m <= MX_DOT_X ? k : MX_DOT_STEP;
  for (int64_t j = 0; j < b->n; j += MX_DOT_W) {
    int wide = (int)mx_min64(MX_DOT_W, b->n - j);
    memset(acc, 0, sizeof acc);
    for (int64_t k0 = 0; k0 < k; k0 += step) {
      int64_t n = mx_min64(step, k - k0), ldw = MX_DOT_STEP;
      const char *from = (const char *)decoded;
      mlx_dtype dtype = MLX_FLOAT32;
      if (lanes->data) {
        from = lanes->data + ((b->j0 + j) * lanes->lane_stride + k0) * size;
        dtype = lanes->dtype;
        ldw = lanes->lane_stride;
      } else {
        for (int y = 0; y < wide; y++) {
          mx_prefetch_codes(&b->one.q, b->j0 + j + MX_DOT_W + y, k0, n);
          t->decode(&b->one.q, b->j0 + j + y, k0, n, decoded + y * MX_DOT_STEP);
        }
      }
      for (int64_t i = 0; i < m; i += MX_DOT_X) {
        int rows = (int)mx_min64(MX_DOT_X, m - i);
        t->dot(b->x + i * b->ldx + k0, b->ldx, rows, from, dtype, ldw, wide, n,
               acc + i / MX_DOT_X * quad);
      }
    }
    for (int64_t i = 0; i < m; i += MX_DOT_X) {
      int rows = (int)mx_min64(MX_DOT_X, m - i);
      t->dot_sum(acc + i / MX_DOT_X * quad, rows, wide, b->out + i * w->columns + j, w->columns);
    }
  }
}

static void axpy_block(const block *b) {
  const work *w = b->w;
  const mx_product_kernels *t = w->kernels;
  const mx_lanes *lanes = &b->one.b;
  int64_t m = w->p->m, k = w->p->k;
  for (int64_t i = 0; i < m; i++) {
    memset(b->out + i * w->columns, 0, (size_t)b->n * sizeof *b->out);
  }
  if (lanes->data) {
    const char *from = lanes->data + b->j0 * mx_dtype_bytes(lanes->dtype);
    t->axpy(b->x, b->ldx, (int)m, from, lanes->dtype, lanes->k_stride, k, b->n, b->out, w->columns);
    return;
  }
  _Alignas(64) float decoded[4 * COLUMNS_AXPY];
  for (int64_t k0 = 0; k0 < k; k0 += 4) {
    int64_t n = mx_min64(4, k - k0);
    for (int64_t y = 0; y < n; y++) {
      t->decode(&b->one.q, k0 + y, b->j0, b->n, decoded + y * COLUMNS_AXPY);
    }
    t->axpy(b->x + k0, b->ldx, (int)m, (const char *)decoded, MLX_FLOAT32, COLUMNS_AXPY, n, b->n,
            b->out, w->columns);
  }
}

static void run_block(const work *w, int64_t at) {
  const mx_product *p = w->p;
  _Alignas(64) float out[ROWS_AXPY * COLUMNS_AXPY];
  _Static_assert(ROWS_CODES * COLUMNS_DOT <= ROWS_AXPY * COLUMNS_AXPY, "the block of outputs");
  int64_t local = at / w->blocks;
  block b = {.w = w, .j0 = at % w->blocks * w->columns, .out = out};
  mx_product_at(p, w->kernels, w->first + local, &b.one);
  b.n = mx_min64(w->columns, p->n - b.j0);
  if (w->x) {
    b.ldx = w->ldx;
    b.x = w->x + local * p->m * b.ldx;
  } else {
    b.ldx = b.one.a.lane_stride;
    b.x = (const float *)(const void *)b.one.a.data;
  }
  if (w->path == PATH_QDOT) {
    qdot_block(&b);
  } else if (w->path == PATH_DOT) {
    dot_block(&b);
  } else {
    axpy_block(&b);
  }
  for (int64_t i = 0; i < p->m; i++) {
    mx_product_finish(&b.one, i, b.j0, b.n, out + i * w->columns);
  }
}

static void blocks_chunk(void *ctx, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) run_block(ctx, i);
}

static void prepare_chunk(void *ctx, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) prepare_row(ctx, i);
}

/* Bytes of B behind a block of columns. */
static int64_t block_bytes(const mx_product *p, int64_t columns) {
  int64_t bits = p->quant.mode == MX_QUANT_NONE ? 8 * mx_dtype_bytes(p->b.dtype) : p->quant.bits;
  return mx_max64(1, mx_min64(columns, p->n) * p->k * bits / 8);
}

int mx_product_rows(const mx_product *p, const mx_product_kernels *k) {
  work w = {.p = p, .kernels = k, .path = choose(p), .x_row = p->k};
  w.columns = COLUMNS_DOT;
  if (w.path == PATH_AXPY) {
    int64_t share = p->n / mx_thread_count() / 64 * 64;
    w.columns = mx_min64(COLUMNS_AXPY, mx_max64(128, share));
  }
  w.blocks = mx_ceil_div(p->n, w.columns);
  bool as_is = w.path != PATH_QDOT && p->a.dtype == MLX_FLOAT32 && p->a.col_stride == 1;
  if (w.path == PATH_QDOT) {
    w.x_row = k->qdot_floats(p->k, p->quant.bits);
    w.sums_row = (mx_ceil_div(p->k / p->quant.group, MX_VECTOR_MAX) + 1) * MX_VECTOR_MAX;
  }
  w.ldx = w.x_row + (w.path == PATH_QDOT ? w.sums_row + p->k : 0);
  int64_t round = p->batch;
  if (!as_is) {
    round = mx_min64(p->batch, mx_max64(1, X_FLOATS / (w.ldx * p->m)));
    w.x = mx_product_scratch(MX_SLOT_SHARED, (size_t)(round * p->m * w.ldx) * sizeof *w.x);
    if (!w.x) return 1;
  }
  int64_t grain = mx_max64(1, CHUNK_BYTES / block_bytes(p, w.columns));
  for (; w.first < p->batch; w.first += round) {
    int64_t count = mx_min64(round, p->batch - w.first);
    if (w.x) mx_parallel_for(count * p->m, mx_max64(1, 32768 / w.ldx), prepare_chunk, &w);
    mx_parallel_for(count * w.blocks, grain, blocks_chunk, &w);
  }
  return 0;
}
