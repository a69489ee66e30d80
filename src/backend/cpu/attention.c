/* Scaled dot-product attention with an online softmax: a block of keys at a time, in float32.
 * Many query rows: keys are packed once a head, then blocks of rows go through the product tiles.
 * Few (decoding): keys and values stream through once a key head, in chunks joined at the end.
 * 16-bit floats are rounded where MLX rounds them: scaled queries, scores, scores with a mask, and
 * probabilities. The latter need a row's maximum and sum first, so there scores are kept by rows.
 * Invariant: a row's result depends on shapes alone; a block of keys that is masked for every row
 * of a task is skipped, which changes no bit, for it would add exact zeros. */
#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/product/kernels.h"
#include "backend/cpu/rows.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"
#include "core/params.h"

enum {
  FEW = 16,       /* query rows a key head up to which keys are streamed */
  ROWS = 48,      /* query rows of a task: a multiple of every tile's height */
  LONG = 1 << 15, /* keys above which a task whose scores are kept takes the rows of one tile */
  KEYS = 64,      /* keys of a block */
  CHUNK = 512,    /* keys of a streaming task */
  WAVE = 1 << 24  /* packed floats held at once */
};

typedef struct job {
  const mx_product_kernels *pk;
  const mx_rows_kernels *rk;
  mlx_dtype t;
  int64_t size; /* bytes of a number */
  int64_t batch, heads, kv_heads, group, lq, lk, d, dv;
  const char *q, *k, *v;
  const int64_t *qs, *ks, *vs; /* strides, in numbers */
  const char *mask;
  mlx_dtype mask_type;
  int64_t mask_strides[4]; /* 0 where it broadcasts */
  const char *sinks;
  int64_t sink_stride;
  bool causal, half;
  double scale;
  char *out;
  atomic_int failed;
  /* blocks */
  int64_t keys; /* of a block: a multiple of the tile's width */
  int64_t rows; /* of a task */
  int64_t ld;   /* from one row of scores to the next; both ways */
  int64_t panel_floats, value_floats, dvp, v_step;
  float *packed;
  int64_t first_pair;
  /* chunks */
  int64_t chunks;
  float *parts;  /* per chunk and row: dv sums, maximum, sum; of 16-bit floats dv sums */
  float *scores; /* of 16-bit floats: per pair and row */
} job;

static float number(const char *p, mlx_dtype t, int64_t i) {
  uint16_t h;
  float f;
  if (t == MLX_FLOAT32) {
    memcpy(&f, p + i * 4, sizeof f);
    return f;
  }
  memcpy(&h, p + i * 2, sizeof h);
  return t == MLX_FLOAT16 ? mx_f16_to_f32(h) : mx_bf16_to_f32(h);
}

/* Keys that query row i sees. */
static int64_t visible(const job *j, int64_t i) {
  int64_t n = i + j->lk - j->lq + 1;
  return !j->causal || n > j->lk ? j->lk : n;
}

/* What is masked takes the lowest number, not -inf: a row with nothing left averages all values. */
static void mask_scores(const job *j, int64_t b, int64_t h, int64_t i, int64_t first, int64_t n,
                        float *s) {
  int64_t seen = visible(j, i) - first;
  for (int64_t c = seen < 0 ? 0 : seen; c < n; c++) s[c] = -FLT_MAX;
  if (!j->mask) return;
  const int64_t *ms = j->mask_strides, step = ms[3];
  int64_t at = b * ms[0] + h * ms[1] + i * ms[2] + first * step;
  if (j->mask_type == MLX_BOOL) {
    const char *m = j->mask + at;
    for (int64_t c = 0; c < n; c++) s[c] = m[c * step] ? s[c] : -FLT_MAX;
  } else {
    for (int64_t c = 0; c < n; c++) s[c] += number(j->mask, j->mask_type, at + c * step);
  }
}

/* The same for 16-bit floats: rounded before and after a mask is added. */
static void round_scores(const job *j, int64_t b, int64_t h, int64_t i, int64_t first, int64_t n,
                         float *s) {
  j->rk->round(s, j->t, n);
  if (!j->mask && visible(j, i) >= first + n) return;
  mask_scores(j, b, h, i, first, n, s);
  if (j->mask && j->mask_type != MLX_BOOL) j->rk->round(s, j->t, n);
}

/* A row of n scores, with room for the sink, becomes probabilities. */
static void probabilities(const job *j, int64_t h, float *s, int64_t n) {
  if (j->sinks) s[n] = number(j->sinks, j->t, h * j->sink_stride);
  j->rk->softmax(s, s, MLX_FLOAT32, j->sinks ? n + 1 : n);
  j->rk->round(s, j->t, n);
}

/* Query row i of head h, scaled. */
static void load_query(const job *j, int64_t b, int64_t h, int64_t i, float *dst) {
  int64_t at = b * j->qs[0] + h * j->qs[1] + i * j->qs[2];
  float scale = (float)j->scale;
  if (j->half) j->rk->round(&scale, j->t, 1);
  j->pk->load(j->q + at * j->size, j->t, 1, j->d, dst);
  for (int64_t c = 0; c < j->d; c++) dst[c] *= scale;
  if (j->half) j->rk->round(dst, j->t, j->d);
}

static void store_row(const job *j, int64_t b, int64_t h, int64_t i, const float *acc, float l) {
  mx_epilogue e = {.alpha = 1 / l};
  int64_t at = ((b * j->heads + h) * j->lq + i) * j->dv;
  j->pk->finish(&e, acc, j->dv, j->out + at * j->size, j->t, 1);
}

static void start_row(const job *j, int64_t h, float *m, float *l) {
  *m = j->sinks ? number(j->sinks, j->t, h * j->sink_stride) : -INFINITY;
  *l = j->sinks ? 1 : 0;
}

/* --- blocks of query rows --- */

static const char *head_of(const char *p, const int64_t *strides, int64_t b, int64_t h,
                           int64_t size) {
  return p + (b * strides[0] + h * strides[1]) * size;
}

/* Values as rows of floats whose length is a multiple of the tile's width: in place or packed. */
static bool values_in_place(const job *j) { return j->value_floats == 0; }

/* Index: pair of this wave * blocks of keys + block. */
static void pack_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t nr = j->pk->nr, blocks = (j->lk + j->keys - 1) / j->keys;
  for (int64_t t = begin; t < end; t++) {
    int64_t pair = t / blocks, first = t % blocks * j->keys;
    int64_t b = (j->first_pair + pair) / j->kv_heads, h = (j->first_pair + pair) % j->kv_heads;
    float *dst = j->packed + pair * (j->panel_floats + j->value_floats);
    mx_lanes keys = {head_of(j->k, j->ks, b, h, j->size), j->t, j->ks[2], 1};
    int64_t end_key = j->lk - first < j->keys ? j->lk : first + j->keys;
    for (int64_t p = first; p < end_key; p += nr) {
      int lanes = (int)(end_key - p < nr ? end_key - p : nr);
      j->pk->pack_b(&keys, p, lanes, 0, j->d, dst + p * j->d);
    }
    if (values_in_place(j)) continue;
    const char *v = head_of(j->v, j->vs, b, h, j->size);
    for (int64_t p = first; p < end_key; p++) {
      float *row = dst + j->panel_floats + p * j->dvp;
      j->pk->load(v + p * j->vs[2] * j->size, j->t, 1, j->dv, row);
      memset(row + j->dv, 0, (size_t)(j->dvp - j->dv) * sizeof *row);
    }
  }
}

typedef struct tile_state {
  float *q, *s, *acc; /* j->rows rows of d, ld, dvp */
  float m[ROWS], l[ROWS];
} tile_state;

typedef struct tile_task {
  int64_t b, h, i0, rows;
  const float *panels, *values;
} tile_task;

/* Scores of n keys from `first` on. */
static void score_block(const job *j, const tile_state *st, const tile_task *t, int64_t first,
                        int64_t n, float *s) {
  const int mr = j->pk->mr, nr = j->pk->nr;
  for (int64_t p = 0; p < n; p += nr) {
    const float *panel = t->panels + (first + p) * j->d;
    for (int64_t r = 0; r < t->rows; r += mr) {
      int some = (int)(t->rows - r < mr ? t->rows - r : mr);
      j->pk->tile_strided(j->d, st->q + r * j->d, j->d, 1, panel, nr, s + r * j->ld + p, j->ld,
                          some, false);
    }
  }
}

/* acc += weights times values of n keys from `first` on. */
static void value_block(const job *j, const tile_state *st, const tile_task *t, int64_t first,
                        int64_t n, const float *s) {
  const int mr = j->pk->mr, nr = j->pk->nr;
  for (int64_t c = 0; c < j->dvp; c += nr) {
    for (int64_t r = 0; r < t->rows; r += mr) {
      int some = (int)(t->rows - r < mr ? t->rows - r : mr);
      j->pk->tile_strided(n, s + r * j->ld, j->ld, 1, t->values + first * j->v_step + c, j->v_step,
                          st->acc + r * j->dvp + c, j->dvp, some, true);
    }
  }
}

static int64_t block_length(const job *j, int64_t first) {
  return j->lk - first < j->keys ? j->lk - first : j->keys;
}

static void online_rows(const job *j, tile_state *st, const tile_task *t, int64_t end) {
  for (int64_t first = 0; first < end; first += j->keys) {
    int64_t n = block_length(j, first);
    score_block(j, st, t, first, n, st->s);
    for (int64_t r = 0; r < t->rows; r++) {
      float *s = st->s + r * j->ld;
      if (j->mask || visible(j, t->i0 + r) < first + n)
        mask_scores(j, t->b, t->h, t->i0 + r, first, n, s);
      j->rk->attend(s, n, &st->m[r], &st->l[r], st->acc + r * j->dvp, j->dvp);
    }
    value_block(j, st, t, first, n, st->s);
  }
}

static void kept_rows(const job *j, tile_state *st, const tile_task *t, int64_t end) {
  int64_t all = 0;
  for (int64_t n; all < end; all += n) {
    n = block_length(j, all);
    score_block(j, st, t, all, n, st->s + all);
    for (int64_t r = 0; r < t->rows; r++)
      round_scores(j, t->b, t->h, t->i0 + r, all, n, st->s + r * j->ld + all);
  }
  for (int64_t r = 0; r < t->rows; r++) {
    probabilities(j, t->h, st->s + r * j->ld, all);
    st->l[r] = 1;
  }
  for (int64_t first = 0; first < all; first += j->keys)
    value_block(j, st, t, first, block_length(j, first), st->s + first);
}

static void block_task(const job *j, tile_state *st, int64_t index) {
  const int64_t row_blocks = (j->lq + j->rows - 1) / j->rows;
  /* The longest first: later rows see more. */
  int64_t i0 = (row_blocks - 1 - index % row_blocks) * j->rows, rest = index / row_blocks;
  int64_t pair = rest / j->group, kv = (j->first_pair + pair) % j->kv_heads;
  tile_task t = {.b = (j->first_pair + pair) / j->kv_heads, .i0 = i0};
  t.h = kv * j->group + rest % j->group;
  t.rows = j->lq - i0 < j->rows ? j->lq - i0 : j->rows;
  t.panels = j->packed + pair * (j->panel_floats + j->value_floats);
  t.values = values_in_place(j)
                 ? (const float *)(const void *)head_of(j->v, j->vs, t.b, kv, j->size)
                 : t.panels + j->panel_floats;
  for (int64_t r = 0; r < t.rows; r++) {
    load_query(j, t.b, t.h, i0 + r, st->q + r * j->d);
    start_row(j, t.h, &st->m[r], &st->l[r]);
  }
  memset(st->acc, 0, (size_t)(t.rows * j->dvp) * sizeof *st->acc);
  /* A row that sees nothing averages everything. */
  int64_t end = visible(j, i0) <= 0 ? j->lk : visible(j, i0 + t.rows - 1);
  (j->half ? kept_rows : online_rows)(j, st, &t, end);
  for (int64_t r = 0; r < t.rows; r++)
    store_row(j, t.b, t.h, i0 + r, st->acc + r * j->dvp, st->l[r]);
}

static void block_tasks(void *ctx, int64_t begin, int64_t end) {
  job *j = ctx;
  tile_state st;
  size_t floats = (size_t)(j->rows * (j->d + j->ld + j->dvp));
  st.q = malloc(floats * sizeof *st.q + 64);
  if (!st.q) {
    atomic_store(&j->failed, 1);
    return;
  }
  st.s = st.q + j->rows * j->d;
  st.acc = st.s + j->rows * j->ld;
  for (int64_t t = begin; t < end; t++) block_task(j, &st, t);
  free(st.q);
}

static int run_blocks(job *j) {
  const int64_t nr = j->pk->nr, pairs = j->batch * j->kv_heads;
  j->keys = KEYS / nr * nr;
  j->rows = j->half && j->lk > LONG ? j->pk->mr : ROWS;
  j->ld = j->half ? (j->lk / j->keys + 1) * j->keys : j->keys; /* whole blocks, and a sink */
  j->dvp = (j->dv + nr - 1) / nr * nr;
  j->panel_floats = (j->lk + nr - 1) / nr * nr * j->d;
  bool in_place = j->t == MLX_FLOAT32 && j->dvp == j->dv;
  j->value_floats = in_place ? 0 : j->lk * j->dvp;
  j->v_step = in_place ? j->vs[2] : j->dvp;
  int64_t each = j->panel_floats + j->value_floats, wave = each ? WAVE / each : pairs;
  if (wave < 1) wave = 1;
  if (wave > pairs) wave = pairs;
  j->packed = malloc((size_t)(wave * each) * sizeof *j->packed + 64);
  if (!j->packed) return mx_nomem("scaled_dot_product_attention");
  int64_t blocks = (j->lk + j->keys - 1) / j->keys, row_blocks = (j->lq + j->rows - 1) / j->rows;
  for (j->first_pair = 0; j->first_pair < pairs; j->first_pair += wave) {
    int64_t now = pairs - j->first_pair < wave ? pairs - j->first_pair : wave;
    mx_parallel_for(now * blocks, 4, pack_tasks, j);
    mx_parallel_for(now * j->group * row_blocks, 1, block_tasks, j);
  }
  free(j->packed);
  return atomic_load(&j->failed) ? mx_nomem("scaled_dot_product_attention") : 0;
}

/* --- chunks of keys --- */

typedef struct stream_state {
  float *q, *s;
  float lanes[MX_DOT_X * MX_DOT_W * MX_VECTOR_MAX];
} stream_state;

/* s[r * ld + c] = q row r times key c. */
static void stream_scores(const job *j, stream_state *st, int64_t rows, const char *k, int64_t n,
                          float *s, int64_t ld) {
  for (int64_t c = 0; c < n; c += MX_DOT_W) {
    int w = (int)(n - c < MX_DOT_W ? n - c : MX_DOT_W);
    for (int64_t r = 0; r < rows; r += MX_DOT_X) {
      int x = (int)(rows - r < MX_DOT_X ? rows - r : MX_DOT_X);
      memset(st->lanes, 0, (size_t)(x * MX_DOT_W * j->pk->vl) * sizeof *st->lanes);
      j->pk->dot(st->q + r * j->d, j->d, x, k + c * j->ks[2] * j->size, j->t, j->ks[2], w, j->d,
                 st->lanes);
      j->pk->dot_sum(st->lanes, x, w, s + r * ld + c, ld);
    }
  }
}

/* Index: pair * chunks + chunk. Row r is head r / lq of the group, query r % lq. */
static void stream_task(const job *j, stream_state *st, int64_t t) {
  const int64_t rows = j->group * j->lq, pair = t / j->chunks, part = j->dv + 2;
  const int64_t b = pair / j->kv_heads, kv = pair % j->kv_heads;
  float *out = j->parts + t * rows * part;
  for (int64_t r = 0; r < rows; r++) {
    load_query(j, b, kv * j->group + r / j->lq, r % j->lq, st->q + r * j->d);
    memset(out + r * part, 0, (size_t)part * sizeof *out);
    out[r * part + j->dv] = -INFINITY;
  }
  int64_t first = t % j->chunks * CHUNK, end = j->lk - first < CHUNK ? j->lk : first + CHUNK;
  for (; first < end; first += KEYS) {
    int64_t n = end - first < KEYS ? end - first : KEYS;
    const char *k = head_of(j->k, j->ks, b, kv, j->size) + first * j->ks[2] * j->size;
    const char *v = head_of(j->v, j->vs, b, kv, j->size) + first * j->vs[2] * j->size;
    stream_scores(j, st, rows, k, n, st->s, KEYS);
    for (int64_t r = 0; r < rows; r++) {
      int64_t h = kv * j->group + r / j->lq, i = r % j->lq;
      float *o = out + r * part, *s = st->s + r * KEYS;
      if (j->mask || visible(j, i) < first + n) mask_scores(j, b, h, i, first, n, s);
      j->rk->attend(s, n, o + j->dv, o + j->dv + 1, o, j->dv);
    }
    j->pk->axpy(st->s, KEYS, (int)rows, v, j->t, j->vs[2], n, j->dv, out, part);
  }
}

/* Rounded scores of a chunk of keys. */
static void score_task(const job *j, stream_state *st, int64_t t) {
  const int64_t rows = j->group * j->lq, pair = t / j->chunks, first = t % j->chunks * CHUNK;
  const int64_t b = pair / j->kv_heads, kv = pair % j->kv_heads;
  const int64_t n = j->lk - first < CHUNK ? j->lk - first : CHUNK;
  const char *k = head_of(j->k, j->ks, b, kv, j->size) + first * j->ks[2] * j->size;
  float *s = j->scores + pair * rows * j->ld + first;
  for (int64_t r = 0; r < rows; r++)
    load_query(j, b, kv * j->group + r / j->lq, r % j->lq, st->q + r * j->d);
  stream_scores(j, st, rows, k, n, s, j->ld);
  for (int64_t r = 0; r < rows; r++)
    round_scores(j, b, kv * j->group + r / j->lq, r % j->lq, first, n, s + r * j->ld);
}

static void stream_tasks(void *ctx, int64_t begin, int64_t end) {
  job *j = ctx;
  const int64_t rows = j->group * j->lq;
  stream_state st;
  st.q = malloc((size_t)(rows * (j->d + KEYS)) * sizeof *st.q + 64);
  if (!st.q) {
    atomic_store(&j->failed, 1);
    return;
  }
  st.s = st.q + rows * j->d;
  for (int64_t t = begin; t < end; t++) (j->half ? score_task : stream_task)(j, &st, t);
  free(st.q);
}

/* Index: pair * rows + row. */
static void probability_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t rows = j->group * j->lq;
  for (int64_t t = begin; t < end; t++) {
    int64_t h = t / rows % j->kv_heads * j->group + t % rows / j->lq;
    probabilities(j, h, j->scores + t * j->ld, j->lk);
  }
}

/* Index: pair * chunks + chunk. */
static void value_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t rows = j->group * j->lq;
  for (int64_t t = begin; t < end; t++) {
    int64_t pair = t / j->chunks, first = t % j->chunks * CHUNK;
    const int64_t n = j->lk - first < CHUNK ? j->lk - first : CHUNK;
    const char *v = head_of(j->v, j->vs, pair / j->kv_heads, pair % j->kv_heads, j->size);
    float *out = j->parts + t * rows * j->dv;
    memset(out, 0, (size_t)(rows * j->dv) * sizeof *out);
    j->pk->axpy(j->scores + pair * rows * j->ld + first, j->ld, (int)rows,
                v + first * j->vs[2] * j->size, j->t, j->vs[2], n, j->dv, out, j->dv);
  }
}

/* Index: pair * rows + row. */
static void sum_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t rows = j->group * j->lq, n = rows * j->dv;
  for (int64_t t = begin; t < end; t++) {
    int64_t pair = t / rows, r = t % rows;
    float *sum = j->parts + pair * j->chunks * n + r * j->dv;
    for (int64_t c = 1; c < j->chunks; c++)
      for (int64_t i = 0; i < j->dv; i++) sum[i] += sum[c * n + i];
    store_row(j, pair / j->kv_heads, pair % j->kv_heads * j->group + r / j->lq, r % j->lq, sum, 1);
  }
}

/* Index: pair * rows + row. The first chunk's part takes the others and the sink. */
static void join_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t rows = j->group * j->lq, part = j->dv + 2;
  for (int64_t t = begin; t < end; t++) {
    int64_t pair = t / rows, r = t % rows;
    int64_t b = pair / j->kv_heads, h = pair % j->kv_heads * j->group + r / j->lq;
    float *sum = j->parts + (pair * j->chunks * rows + r) * part, top, l;
    start_row(j, h, &top, &l);
    const float sink = top;
    for (int64_t c = 0; c < j->chunks; c++) top = fmaxf(top, sum[c * rows * part + j->dv]);
    const float base = top == -INFINITY ? 0 : top;
    l *= expf(sink - base);
    for (int64_t c = 0; c < j->chunks; c++) {
      const float *p = sum + c * rows * part, w = expf(p[j->dv] - base);
      l += p[j->dv + 1] * w;
      for (int64_t i = 0; i < j->dv; i++) sum[i] = c ? sum[i] + p[i] * w : p[i] * w;
    }
    store_row(j, b, h, r % j->lq, sum, l);
  }
}

static int run_chunks(job *j) {
  const int64_t rows = j->group * j->lq, pairs = j->batch * j->kv_heads;
  j->chunks = (j->lk + CHUNK - 1) / CHUNK;
  j->ld = j->lk + 1;
  int64_t each = j->chunks * (j->dv + 2) + (j->half ? j->ld : 0), floats;
  if (__builtin_mul_overflow(pairs * rows * (int64_t)sizeof *j->parts, each, &floats))
    return mx_nomem("scaled_dot_product_attention");
  j->parts = malloc((size_t)floats);
  if (!j->parts) return mx_nomem("scaled_dot_product_attention");
  j->scores = j->parts + pairs * rows * j->chunks * (j->dv + 2);
  int64_t keys = j->lk < CHUNK ? j->lk : CHUNK, work = keys * (j->d + j->dv) * (rows + 1);
  const int64_t grain = work > 1 << 17 ? 1 : (1 << 17) / work;
  mx_parallel_for(pairs * j->chunks, grain, stream_tasks, j);
  const bool failed = atomic_load(&j->failed);
  if (!failed && j->half) {
    mx_parallel_for(pairs * rows, 1 + (1 << 15) / j->lk, probability_tasks, j);
    mx_parallel_for(pairs * j->chunks, 2 * grain, value_tasks, j);
    mx_parallel_for(pairs * rows, 64, sum_tasks, j);
  } else if (!failed) {
    mx_parallel_for(pairs * rows, 64, join_tasks, j);
  }
  free(j->parts);
  return failed ? mx_nomem("scaled_dot_product_attention") : 0;
}

/* --- float64: one row at a time --- */

static void row_f64(const job *j, int64_t b, int64_t h, int64_t i, double *s) {
  const double *q = (const double *)(const void *)j->q + b * j->qs[0] + h * j->qs[1] + i * j->qs[2];
  const int64_t kv = h / j->group, *ms = j->mask_strides, seen = visible(j, i);
  const double *k = (const double *)(const void *)head_of(j->k, j->ks, b, kv, 8);
  const double *v = (const double *)(const void *)head_of(j->v, j->vs, b, kv, 8);
  const double *sinks = (const double *)(const void *)j->sinks;
  const double sink = sinks ? sinks[h * j->sink_stride] : 0;
  double top = sinks ? sink : -INFINITY, sum = 0;
  for (int64_t c = 0; c < j->lk; c++) {
    double x = 0;
    for (int64_t e = 0; e < j->d; e++) x += q[e] * j->scale * k[c * j->ks[2] + e];
    int64_t at = b * ms[0] + h * ms[1] + i * ms[2] + c * ms[3];
    if (c >= seen || (j->mask && j->mask_type == MLX_BOOL && !j->mask[at])) {
      x = -DBL_MAX;
    } else if (j->mask && j->mask_type != MLX_BOOL) {
      x += ((const double *)(const void *)j->mask)[at];
    }
    s[c] = x;
    top = x > top ? x : top;
  }
  double *out = (double *)(void *)j->out + ((b * j->heads + h) * j->lq + i) * j->dv;
  memset(out, 0, (size_t)j->dv * sizeof *out);
  for (int64_t c = 0; c < j->lk; c++) {
    double w = exp(s[c] - top);
    sum += w;
    for (int64_t e = 0; e < j->dv; e++) out[e] += w * v[c * j->vs[2] + e];
  }
  if (sinks) sum += exp(sink - top);
  for (int64_t e = 0; e < j->dv; e++) out[e] /= sum;
}

static void tasks_f64(void *ctx, int64_t begin, int64_t end) {
  job *j = ctx;
  double *s = malloc((size_t)j->lk * sizeof *s);
  if (!s) {
    atomic_store(&j->failed, 1);
    return;
  }
  for (int64_t t = begin; t < end; t++) {
    row_f64(j, t / j->lq / j->heads, t / j->lq % j->heads, t % j->lq, s);
  }
  free(s);
}

/* --- */

static void set_mask(job *j, const mx_array *m) {
  j->mask = mx_data(m);
  j->mask_type = (mlx_dtype)m->dtype;
  for (int i = 0; i < m->ndim; i++)
    j->mask_strides[4 - m->ndim + i] = m->shape[i] == 1 ? 0 : m->strides[i];
}

int mx_cpu_scaled_dot_product_attention(const mx_step *step) {
  const mx_attention_params *p = (const mx_attention_params *)step->op->params;
  const mx_array *q = step->in[0], *k = step->in[1], *v = step->in[2];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  job j = {.pk = mx_product_table(), .rk = mx_rows_table(), .t = (mlx_dtype)q->dtype};
  j.half = j.t == MLX_FLOAT16 || j.t == MLX_BFLOAT16;
  j.size = (int64_t)mx_itemsize(q);
  j.batch = q->shape[0];
  j.heads = q->shape[1];
  j.kv_heads = k->shape[1];
  j.lq = q->shape[2];
  j.lk = k->shape[2];
  j.d = q->shape[3];
  j.dv = v->shape[3];
  j.q = mx_data(q);
  j.k = mx_data(k);
  j.v = mx_data(v);
  j.qs = q->strides;
  j.ks = k->strides;
  j.vs = v->strides;
  j.causal = p->causal;
  j.scale = p->scale;
  j.out = mx_data(out);
  if (step->in[3]) set_mask(&j, step->in[3]);
  if (step->in[4]) {
    j.sinks = mx_data(step->in[4]);
    j.sink_stride = step->in[4]->strides[0];
  }
  if (out->size == 0) return 0;
  if (j.lk == 0) {
    memset(j.out, 0, mx_nbytes(out));
    return 0;
  }
  j.group = j.heads / j.kv_heads;
  if (j.t == MLX_FLOAT64) {
    mx_parallel_for(j.batch * j.heads * j.lq, 1 + (1 << 15) / (j.lk * (j.d + j.dv + 1)), tasks_f64,
                    &j);
    return atomic_load(&j.failed) ? mx_nomem("scaled_dot_product_attention") : 0;
  }
  return j.group * j.lq <= FEW ? run_chunks(&j) : run_blocks(&j);
}
