/* The blocked driver: panels of A and B, tiles over them, one run of K after the other.
 * Invariant: an output is the sum over runs of K, in order, of one chain per run; the length of a
 * run follows from K alone. */
#include <stdatomic.h>
#include <string.h>
#include "backend/cpu/product/driver.h"
#include "base/pool.h"

enum {
  RUN = 256,          /* most of K at a time: a panel of B is half of the L1 cache */
  SUPER_M = 1152,     /* rows and columns between two packings: panels stay in the L3 cache */
  SUPER_N = 1536,
  BLOCK_M = 96,       /* rows of a chunk of work: its panels of A stay in the L2 cache */
  BLOCK_PANELS = 16,  /* panels of B of a chunk */
  PACK_WORK = 1 << 15, /* numbers to pack, or */
  CHUNK_WORK = 1 << 18, /* multiply-adds worth a hand-over to another thread */
  DIRECT_BYTES = 1 << 18 /* an operand up to this size is read where it lies */
};

typedef struct run {
  mx_one one;
  bool pairs, a_direct, b_direct;
  bool in_place, adds; /* sums are stored in, or added to, the output */
  bool own_panels; /* one row of blocks: each packs the B that no other reads */
  int64_t i0, j0, k0, m, n, k; /* the part of the product at hand */
  int64_t panels_m, panels_n, blocks_n;
  float *a, *b, *acc;
  int64_t ld, b_first; /* b begins at this column */
  bool last;
  atomic_bool *failed;
} run;

static int64_t run_length(int64_t k) {
  int64_t runs = mx_ceil_div(k, RUN), length = mx_ceil_div(k, runs);
  return (length + 7) & ~(int64_t)7;
}

static bool pays_direct(const mx_lanes *s, int64_t lanes, int64_t k) {
  return s->data && s->dtype == MLX_FLOAT32 && lanes * k * 4 <= DIRECT_BYTES;
}

/* --- packing ------------------------------------------------------------------------------------ */

static void pack_a(const run *r, int64_t panel, int64_t panels) {
  const mx_product_kernels *t = r->one.kernels;
  int64_t at = panel * t->mr, lanes = mx_min64(panels * t->mr, r->m - at);
  float *dst = r->a + at * r->k;
  (r->pairs ? t->pack_a_pairs : t->pack_a)(&r->one.a, r->i0 + at, lanes, r->k0, r->k, dst);
}

static void pack_b(const run *r, int64_t panel, int64_t panels) {
  const mx_product_kernels *t = r->one.kernels;
  int64_t at = panel * t->nr, lanes = mx_min64(panels * t->nr, r->n - at);
  float *dst = r->b + (at - r->b_first) * r->k;
  if (!r->one.b.data) {
    bool transposed = r->one.p->quant.transposed;
    t->pack_b_codes(&r->one.q, transposed, r->j0 + at, lanes, r->k0, r->k, dst);
  } else {
    (r->pairs ? t->pack_b_pairs : t->pack_b)(&r->one.b, r->j0 + at, lanes, r->k0, r->k, dst);
  }
}

static void pack_chunk(void *ctx, int64_t begin, int64_t end) {
  const run *r = ctx;
  int64_t of_a = r->a_direct ? 0 : r->panels_m, split = mx_max64(begin, mx_min64(end, of_a));
  if (begin < split) pack_a(r, begin, split - begin);
  if (split < end) pack_b(r, split - of_a, end - split);
}

static void pack(const run *r) {
  const mx_product_kernels *t = r->one.kernels;
  int64_t items = (r->a_direct ? 0 : r->panels_m) + (r->b_direct || r->own_panels ? 0 : r->panels_n);
  mx_parallel_for(items, mx_max64(BLOCK_PANELS, PACK_WORK / (r->k * t->nr)), pack_chunk,
                  (void *)r);
  /* Columns short of a panel would be read past their end. */
  if (r->b_direct && r->n % t->nr) pack_b(r, r->panels_n - 1, 1);
}

/* --- tiles -------------------------------------------------------------------------------------- */

static void tile(const run *r, int64_t i, int64_t j, float *c, int64_t ldc, int rows, bool add) {
  const mx_product_kernels *t = r->one.kernels;
  const mx_lanes *a = &r->one.a, *b = &r->one.b;
  bool whole = j + t->nr <= r->n, b_direct = r->b_direct && whole;
  const float *pa = r->a + i * r->k, *pb = r->b + (j - r->b_first) * r->k;
  if (r->pairs) {
    t->tile_pairs((r->k + 1) / 2, pa, pb, c, ldc, rows, add);
    return;
  }
  if (!r->a_direct && !b_direct) {
    t->tile(r->k, pa, pb, c, ldc, rows, add);
    return;
  }
  int64_t a_row = 1, a_k = t->mr, b_k = t->nr;
  if (r->a_direct) {
    a_row = a->lane_stride;
    a_k = a->k_stride;
    pa = (const float *)(const void *)a->data + (r->i0 + i) * a_row + r->k0 * a_k;
  }
  if (b_direct) {
    b_k = b->k_stride;
    pb = (const float *)(const void *)b->data + r->j0 + j + r->k0 * b_k;
  }
  t->tile_strided(r->k, pa, a_row, a_k, pb, b_k, c, ldc, rows, add);
}

/* A tile that crosses the last column goes through a buffer. */
static void ragged_tile(const run *r, int64_t i, int64_t j, int rows, bool add) {
  float part[MX_TILE_MAX];
  int64_t nr = r->one.kernels->nr, n = r->n - j;
  tile(r, i, j, part, nr, rows, false);
  for (int y = 0; y < rows; y++) {
    float *c = r->acc + (i + y) * r->ld + j;
    const float *from = part + y * nr;
    for (int64_t x = 0; x < n; x++) c[x] = add ? c[x] + from[x] : from[x];
  }
}

static void compute_block(const run *r, int64_t block) {
  const mx_product_kernels *t = r->one.kernels;
  int64_t width = (int64_t)BLOCK_PANELS * t->nr;
  int64_t i0 = block / r->blocks_n * BLOCK_M, i1 = mx_min64(r->m, i0 + BLOCK_M);
  int64_t j0 = block % r->blocks_n * width, j1 = mx_min64(r->n, j0 + width);
  bool add = r->adds || r->k0 > 0;
  for (int64_t j = j0; j < j1; j += t->nr) {
    for (int64_t i = i0; i < i1; i += t->mr) {
      int rows = (int)mx_min64(t->mr, i1 - i);
      if (j + t->nr <= r->n) {
        tile(r, i, j, r->acc + i * r->ld + j, r->ld, rows, add);
      } else {
        ragged_tile(r, i, j, rows, add);
      }
    }
  }
  if (!r->last || r->in_place) return;
  for (int64_t i = i0; i < i1; i++) {
    mx_product_finish(&r->one, r->i0 + i, r->j0 + j0, j1 - j0, r->acc + i * r->ld + j0);
  }
}

static void compute_chunk(void *ctx, int64_t begin, int64_t end) {
  run r = *(const run *)ctx;
  if (r.own_panels) {
    int64_t width = (int64_t)BLOCK_PANELS * r.one.kernels->nr;
    r.b = mx_product_scratch(MX_SLOT_PANELS, (size_t)(width * r.k) * sizeof *r.b);
    if (!r.b) {
      atomic_store(r.failed, true);
      return;
    }
  }
  for (int64_t i = begin; i < end; i++) {
    if (r.own_panels) {
      int64_t first = i * BLOCK_PANELS;
      r.b_first = first * r.one.kernels->nr;
      pack_b(&r, first, mx_min64(BLOCK_PANELS, r.panels_n - first));
    }
    compute_block(&r, i);
  }
}

/* --- one product ---------------------------------------------------------------------------------- */

/* Sums over all of K for the part of the output at hand. */
static void super_block(run *r) {
  const mx_product *p = r->one.p;
  const mx_product_kernels *t = r->one.kernels;
  int64_t length = run_length(p->k);
  r->panels_m = mx_ceil_div(r->m, t->mr);
  r->panels_n = mx_ceil_div(r->n, t->nr);
  r->blocks_n = mx_ceil_div(r->n, (int64_t)BLOCK_PANELS * t->nr);
  int64_t blocks = mx_ceil_div(r->m, BLOCK_M) * r->blocks_n;
  int64_t work = mx_min64(r->m, BLOCK_M) * mx_min64(r->n, (int64_t)BLOCK_PANELS * t->nr);
  for (r->k0 = 0; r->k0 < p->k; r->k0 += length) {
    r->k = mx_min64(length, p->k - r->k0);
    r->last = r->k0 + r->k == p->k;
    pack(r);
    mx_parallel_for(blocks, mx_max64(1, CHUNK_WORK / (work * r->k)), compute_chunk, r);
  }
}

/* Sums go straight to a float32 output, which the rest of the epilogue may not need to see. */
static bool sums_in_place(const mx_product *p) {
  return p->out.dtype == MLX_FLOAT32 && p->out.col_stride == 1 && p->alpha == 1 && !p->bias &&
         !(p->beta != 0 && p->c.data);
}

/* So do sums that are added to what is there. */
static bool adds_in_place(const mx_product *p) {
  return p->out.dtype == MLX_FLOAT32 && p->out.col_stride == 1 && p->alpha == 1 && !p->bias &&
         p->beta == 1 && p->c.data == p->out.data && p->c.dtype == MLX_FLOAT32 &&
         p->c.row_stride == p->out.row_stride && p->c.col_stride == 1 && p->batch == 1;
}

static int one_product(const mx_one *one, int slot) {
  const mx_product *p = one->p;
  const mx_product_kernels *t = one->kernels;
  run r = {.one = *one};
  int64_t length = run_length(p->k), m = mx_min64(p->m, SUPER_M), n = mx_min64(p->n, SUPER_N);
  r.pairs = t->tile_pairs && one->b.data && one->a.dtype == MLX_BFLOAT16 &&
            one->b.dtype == MLX_BFLOAT16;
  r.adds = adds_in_place(p);
  r.in_place = r.adds || sums_in_place(p);
  r.a_direct = pays_direct(&one->a, p->m, p->k);
  r.b_direct = pays_direct(&one->b, p->n, p->k) && one->b.lane_stride == 1;
  r.own_panels = !r.b_direct && p->m <= BLOCK_M;
  atomic_bool out_of_memory = false;
  r.failed = &out_of_memory;
  int64_t rows = mx_ceil_div(m, t->mr) * t->mr, cols = mx_ceil_div(n, t->nr) * t->nr;
  int64_t floats_a = r.a_direct ? 0 : rows * length;
  int64_t floats_b = r.own_panels || (r.b_direct && n % t->nr == 0) ? 0 : cols * length;
  int64_t floats_acc = r.in_place ? 0 : rows * cols;
  size_t bytes = (size_t)(floats_a + floats_b + floats_acc) * sizeof(float);
  r.a = mx_product_scratch(slot, bytes);
  if (!r.a) return 1;
  r.b = r.a + floats_a;
  float *acc = r.b + floats_b;
  for (r.i0 = 0; r.i0 < p->m; r.i0 += SUPER_M) {
    for (r.j0 = 0; r.j0 < p->n; r.j0 += SUPER_N) {
      r.m = mx_min64(SUPER_M, p->m - r.i0);
      r.n = mx_min64(SUPER_N, p->n - r.j0);
      r.acc = acc;
      r.ld = cols;
      if (r.in_place) {
        r.acc = (float *)(void *)one->out + r.i0 * p->out.row_stride + r.j0;
        r.ld = p->out.row_stride;
      }
      super_block(&r);
    }
  }
  return atomic_load(&out_of_memory);
}

/* --- the batch -------------------------------------------------------------------------------------- */

typedef struct many {
  const mx_product *p;
  const mx_product_kernels *kernels;
  atomic_bool failed;
} many;

static void batch_chunk(void *ctx, int64_t begin, int64_t end) {
  many *all = ctx;
  for (int64_t i = begin; i < end; i++) {
    mx_one one;
    mx_product_at(all->p, all->kernels, i, &one);
    if (one_product(&one, MX_SLOT_CHUNK)) atomic_store(&all->failed, true);
  }
}

int mx_product_blocked(const mx_product *p, const mx_product_kernels *k) {
  /* Batches of many small products are shared out whole. */
  double each = (double)p->m * (double)p->n * (double)p->k;
  bool share = p->batch > 1 && (each < 1 << 22 || p->batch >= 4 * (int64_t)mx_thread_count());
  if (share) {
    many all = {.p = p, .kernels = k};
    int64_t grain = each > CHUNK_WORK ? 1 : (int64_t)(CHUNK_WORK / each);
    mx_parallel_for(p->batch, mx_max64(1, grain), batch_chunk, &all);
    return atomic_load(&all.failed);
  }
  for (int64_t i = 0; i < p->batch; i++) {
    mx_one one;
    mx_product_at(p, k, i, &one);
    if (one_product(&one, MX_SLOT_SHARED)) return 1;
  }
  return 0;
}
