/* The strided copy engine.
 *
 * A copy is reduced to few dimensions (merged, ordered by destination), then cut into tiles of two
 * of them: `cols`, where the destination is densest, and `rows`. Each tile goes through one of four
 * kernels: runs (both sides dense), transpose (source dense along rows), spread (one source element
 * along cols), strided. Small dense runs are absorbed into a wider element, up to 16 bytes.
 * Invariant: every destination element is written exactly once, by one tile. */
#include "backend/cpu/copy.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "backend/backend.h"
#include "backend/cpu/engines.h"
#include "base/pool.h"

#define TILE_BYTES (32 << 10)
#define GRAIN_BYTES (128 << 10)
#define STREAM_BYTES (4 << 20)

typedef struct dim {
  int64_t n, d, s; /* length; strides in elements of destination and source */
} dim;

/* One tile: rows x cols elements; strides in elements. */
typedef struct tile {
  char *dst;
  const char *src;
  int64_t rows, cols, d_row, s_row, d_col, s_col;
  bool stream; /* transposes: write past the caches */
} tile;

typedef void (*tile_fn)(const tile *t);

typedef struct plan {
  dim outer[MX_MAX_NDIM];
  int n_outer;
  dim row, col;
  int64_t tile_rows, tile_cols, n_row_tiles, n_col_tiles, units;
  size_t item;
  tile_fn kernel;
  bool stream;
  char *dst;
  const char *src;
} plan;

/* ---- kernels ---- */

static void run_bytes(const tile *t, size_t item) {
  size_t n = (size_t)t->cols * item;
  for (int64_t r = 0; r < t->rows; r++)
    memcpy(t->dst + r * t->d_row * (int64_t)item, t->src + r * t->s_row * (int64_t)item, n);
}

/* Items move by memcpy of a fixed size: one load and one store, whatever the alignment. The loops
 * work on local copies, for a store through char * may alias the tile. */
#define KERNELS(T, B)                                                                              \
  static void run_##B(const tile *t) {                                                             \
    run_bytes(t, B);                                                                               \
  }                                                                                                \
  static void strided_##B(const tile *t) {                                                         \
    int64_t cols = t->cols, ds = t->d_col, ss = t->s_col;                                          \
    for (int64_t r = 0; r < t->rows; r++) {                                                        \
      char *d = t->dst + r * t->d_row * B;                                                         \
      const char *s = t->src + r * t->s_row * B;                                                   \
      for (int64_t c = 0; c < cols; c++) memcpy(d + c * ds * B, s + c * ss * B, B);                \
    }                                                                                              \
  }                                                                                                \
  static void reversed_##B(const tile *t) {                                                        \
    int64_t cols = t->cols;                                                                        \
    for (int64_t r = 0; r < t->rows; r++) {                                                        \
      T *restrict d = (T *)(t->dst + r * t->d_row * B);                                            \
      const T *restrict s = (const T *)(t->src + (r * t->s_row - cols + 1) * B);                   \
      for (int64_t c = 0; c < cols; c++) d[c] = s[cols - 1 - c];                                   \
    }                                                                                              \
  }                                                                                                \
  static void spread_##B(const tile *t) {                                                          \
    int64_t cols = t->cols;                                                                        \
    for (int64_t r = 0; r < t->rows; r++) {                                                        \
      T *d = (T *)(t->dst + r * t->d_row * B);                                                     \
      T v = *(const T *)(t->src + r * t->s_row * B);                                               \
      for (int64_t c = 0; c < cols; c++) d[c] = v;                                                 \
    }                                                                                              \
  }                                                                                                \
  static void transpose_edge_##B(const tile *t, int64_t r0, int64_t r1, int64_t c0, int64_t c1) {  \
    for (int64_t r = r0; r < r1; r++)                                                              \
      for (int64_t c = c0; c < c1; c++)                                                            \
        memcpy(t->dst + (r * t->d_row + c) * B, t->src + (r + c * t->s_col) * B, B);               \
  }

/* Wider elements made from narrower ones are not aligned to their size. */
typedef uint8_t u1;
typedef uint16_t u2 __attribute__((aligned(1), may_alias));
typedef uint32_t u4 __attribute__((aligned(1), may_alias));
typedef uint64_t u8 __attribute__((aligned(1), may_alias));
typedef struct u16 {
  uint64_t lo, hi;
} __attribute__((packed, aligned(1), may_alias)) u16;

KERNELS(u1, 1)
KERNELS(u2, 2)
KERNELS(u4, 4)
KERNELS(u8, 8)
KERNELS(u16, 16)

/* Square blocks of 16-byte vectors: log2(n) rounds of interleaving rows i and i + n/2 transpose an
 * n x n block. */
typedef uint8_t v1 __attribute__((vector_size(16)));
typedef uint16_t v2 __attribute__((vector_size(16)));
typedef uint32_t v4 __attribute__((vector_size(16)));
typedef uint64_t v8 __attribute__((vector_size(16)));

#define LO1(a, b)                                                                                  \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HI1(a, b)                                                                                  \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LO2(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HI2(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LO4(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HI4(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LO8(a, b) __builtin_shufflevector(a, b, 0, 2)
#define HI8(a, b) __builtin_shufflevector(a, b, 1, 3)

/* A cache line to where it belongs. A large result goes past the caches: it would push out the
 * source, and lines a power of two apart would push out each other. */
static inline void put_line(char *dst, const char *line, bool stream) {
#if defined(__SSE2__)
  if (stream) {
    for (int i = 0; i < 64; i += 16)
      _mm_stream_si128((__m128i *)(dst + i), *(const __m128i *)(line + i));
    return;
  }
#else
  (void)stream;
#endif
  memcpy(dst, line, 64);
}

/* Streamed lines are seen by other threads from here on. */
static inline void finish_lines(bool stream) {
#if defined(__SSE2__)
  if (stream) _mm_sfence();
#else
  (void)stream;
#endif
}

/* N = 16 / B items a side; LINE x LINE items, a cache line of each row, go through a local copy. */
#define TRANSPOSE(B, N, ROUNDS)                                                                    \
  static void block_##B(char *dst, int64_t d_row, const char *src, int64_t s_col) {                \
    v##B x[N], y[N];                                                                               \
    for (int i = 0; i < N; i++) memcpy(&x[i], src + i * s_col * B, 16);                            \
    for (int k = 0; k < ROUNDS; k++) {                                                             \
      for (int i = 0; i < N / 2; i++) {                                                            \
        y[2 * i] = LO##B(x[i], x[i + N / 2]);                                                      \
        y[2 * i + 1] = HI##B(x[i], x[i + N / 2]);                                                  \
      }                                                                                            \
      memcpy(x, y, sizeof x);                                                                      \
    }                                                                                              \
    for (int i = 0; i < N; i++) memcpy(dst + i * d_row * B, &x[i], 16);                            \
  }                                                                                                \
  static void line_##B(char *dst, int64_t d_row, const char *src, int64_t s_col, bool stream) {    \
    enum { LINE = 4 * N };                                                                         \
    char local[LINE * 64] __attribute__((aligned(64)));                                            \
    for (int c = 0; c < LINE; c += N)                                                              \
      for (int r = 0; r < LINE; r += N)                                                            \
        block_##B(local + (r * LINE + c) * B, LINE, src + (r + c * s_col) * B, s_col);             \
    for (int r = 0; r < LINE; r++) put_line(dst + r * d_row * B, local + r * 64, stream);          \
  }                                                                                                \
  static void transpose_##B(const tile *t) {                                                       \
    enum { LINE = 4 * N };                                                                         \
    int64_t rows = t->rows - t->rows % LINE, cols = t->cols - t->cols % LINE;                      \
    for (int64_t c = 0; c < cols; c += LINE)                                                       \
      for (int64_t r = 0; r < rows; r += LINE)                                                     \
        line_##B(t->dst + (r * t->d_row + c) * B, t->d_row, t->src + (r + c * t->s_col) * B,       \
                 t->s_col, t->stream);                                                             \
    finish_lines(t->stream);                                                                       \
    transpose_edge_##B(t, 0, rows, cols, t->cols);                                                 \
    transpose_edge_##B(t, rows, t->rows, 0, t->cols);                                              \
  }

TRANSPOSE(1, 16, 4)
TRANSPOSE(2, 8, 3)
TRANSPOSE(4, 4, 2)
TRANSPOSE(8, 2, 1)

static void transpose_16(const tile *t) {
  transpose_edge_16(t, 0, t->rows, 0, t->cols);
}

typedef struct kernel_row {
  tile_fn run, strided, reversed, spread, transpose;
} kernel_row;

#define ROW(B)                                                                                     \
  { run_##B, strided_##B, reversed_##B, spread_##B, transpose_##B }
static const kernel_row kernels[5] = {ROW(1), ROW(2), ROW(4), ROW(8), ROW(16)};

/* ---- planning ---- */

static int64_t mag(int64_t x) {
  return x < 0 ? -x : x;
}

/* Drops axes of length 1, orders by destination stride, merges neighbours that are dense in both.
 */
static int reduce_dims(dim *d, const int64_t *ds, const int64_t *ss, const int64_t *shape,
                       int ndim) {
  int n = 0;
  for (int i = 0; i < ndim; i++) {
    if (shape[i] == 1) continue;
    dim x = {shape[i], ds[i], ss[i]};
    int j = n++;
    for (; j > 0 && mag(d[j - 1].d) < mag(x.d); j--) d[j] = d[j - 1];
    d[j] = x;
  }
  if (n == 0) {
    d[0] = (dim){1, 1, 1};
    return 1;
  }
  int k = 0;
  for (int i = 1; i < n; i++) {
    if (d[k].d == d[i].d * d[i].n && d[k].s == d[i].s * d[i].n) {
      d[k] = (dim){d[k].n * d[i].n, d[i].d, d[i].s};
    } else {
      d[++k] = d[i];
    }
  }
  return k + 1;
}

/* A dense innermost run of 2, 4, 8 or 16 bytes becomes one element. */
static int widen(dim *d, int n, size_t *item) {
  dim in = d[n - 1];
  if (n < 2 || in.d != 1 || in.s != 1 || in.n > 16) return n;
  size_t bytes = (size_t)in.n * *item;
  if (bytes > 16 || (bytes & (bytes - 1))) return n;
  for (int i = 0; i < n - 1; i++)
    if (d[i].d % in.n || d[i].s % in.n) return n;
  for (int i = 0; i < n - 1; i++) {
    d[i].d /= in.n;
    d[i].s /= in.n;
  }
  *item = bytes;
  return n - 1;
}

static const kernel_row *row_of(size_t item) {
  int k = 0;
  while ((size_t)1 << k < item) k++;
  return &kernels[k];
}

static void choose_tiles(plan *p, int64_t min_rows) {
  int64_t want = TILE_BYTES / (int64_t)p->item;
  p->tile_cols = p->col.n < want ? p->col.n : want;
  if (p->tile_cols > want / min_rows) p->tile_cols = want / min_rows;
  p->tile_rows = want / p->tile_cols;
  if (p->tile_rows > p->row.n) p->tile_rows = p->row.n;
  p->n_row_tiles = (p->row.n + p->tile_rows - 1) / p->tile_rows;
  p->n_col_tiles = (p->col.n + p->tile_cols - 1) / p->tile_cols;
  p->units = p->n_row_tiles * p->n_col_tiles;
  for (int i = 0; i < p->n_outer; i++) p->units *= p->outer[i].n;
}

static void make_plan(plan *p, const dim *d, int n) {
  const kernel_row *k = row_of(p->item);
  int row = n - 2;
  p->col = d[n - 1];
  int64_t min_rows = 1;
  if (p->col.d == 1 && p->col.s == 1) {
    p->kernel = k->run;
  } else if (p->col.d == 1 && p->col.s == 0) {
    p->kernel = k->spread;
  } else {
    p->kernel = p->col.d == 1 && p->col.s == -1 ? k->reversed : k->strided;
    for (int i = 0; i < n - 1 && p->col.d == 1; i++) {
      if (d[i].s != 1) continue;
      row = i;
      min_rows = 64;
      p->kernel = k->transpose;
    }
  }
  p->row = row >= 0 ? d[row] : (dim){1, 0, 0};
  p->n_outer = 0;
  for (int i = 0; i < n - 1; i++)
    if (i != row) p->outer[p->n_outer++] = d[i];
  choose_tiles(p, min_rows);
  int64_t bytes = (int64_t)p->item, odd = (int64_t)((uintptr_t)p->dst % 16);
  for (int i = 0; i < n; i++) {
    bytes *= d[i].n;
    odd |= d[i].d == 1 ? 0 : d[i].d * (int64_t)p->item % 16;
  }
  p->stream = bytes > STREAM_BYTES && odd == 0;
}

/* Walks the tiles [begin, end): column tiles fastest, then row tiles, then the outer dimensions. */
static void run_tiles(void *ctx, int64_t begin, int64_t end) {
  const plan *p = ctx;
  int64_t at[MX_MAX_NDIM], item = (int64_t)p->item, left = begin;
  int64_t ct = left % p->n_col_tiles;
  left /= p->n_col_tiles;
  int64_t rt = left % p->n_row_tiles, d_off = 0, s_off = 0;
  left /= p->n_row_tiles;
  for (int i = p->n_outer - 1; i >= 0; i--) {
    at[i] = left % p->outer[i].n;
    left /= p->outer[i].n;
    d_off += at[i] * p->outer[i].d;
    s_off += at[i] * p->outer[i].s;
  }
  for (int64_t u = begin; u < end; u++) {
    int64_t r = rt * p->tile_rows, c = ct * p->tile_cols;
    tile t = {.dst = p->dst + (d_off + r * p->row.d + c * p->col.d) * item,
              .src = p->src + (s_off + r * p->row.s + c * p->col.s) * item,
              .rows = p->row.n - r < p->tile_rows ? p->row.n - r : p->tile_rows,
              .cols = p->col.n - c < p->tile_cols ? p->col.n - c : p->tile_cols,
              .d_row = p->row.d,
              .s_row = p->row.s,
              .d_col = p->col.d,
              .s_col = p->col.s,
              .stream = p->stream};
    p->kernel(&t);
    if (++ct < p->n_col_tiles) continue;
    ct = 0;
    if (++rt < p->n_row_tiles) continue;
    rt = 0;
    for (int i = p->n_outer - 1; i >= 0; i--) {
      d_off += p->outer[i].d;
      s_off += p->outer[i].s;
      if (++at[i] < p->outer[i].n) break;
      d_off -= at[i] * p->outer[i].d;
      s_off -= at[i] * p->outer[i].s;
      at[i] = 0;
    }
  }
}

void mx_cpu_copy_strided(void *dst, const int64_t *dst_strides, const void *src,
                         const int64_t *src_strides, const int64_t *shape, int ndim,
                         size_t itemsize) {
  for (int i = 0; i < ndim; i++)
    if (shape[i] == 0) return;
  dim d[MX_MAX_NDIM + 1];
  plan p = {.dst = dst, .src = src, .item = itemsize};
  int n = reduce_dims(d, dst_strides, src_strides, shape, ndim);
  n = widen(d, n, &p.item);
  make_plan(&p, d, n);
  int64_t unit = p.tile_rows * p.tile_cols * (int64_t)p.item;
  int64_t grain = unit >= GRAIN_BYTES ? 1 : GRAIN_BYTES / unit;
  mx_parallel_for(p.units, grain, run_tiles, &p);
}

void mx_cpu_copy_to_rows(void *dst, const void *src, const int64_t *src_strides,
                         const int64_t *shape, int ndim, size_t itemsize) {
  int64_t rows[MX_MAX_NDIM], n = 1;
  for (int i = ndim - 1; i >= 0; i--) {
    rows[i] = n;
    n *= shape[i];
  }
  mx_cpu_copy_strided(dst, rows, src, src_strides, shape, ndim, itemsize);
}

/* ---- the primitive ---- */

/* in[0] in any layout of the output's shape to a fresh row-major output. */
int mx_cpu_copy(const mx_step *step) {
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  mx_cpu_copy_to_rows(mx_data(out), mx_data(a), a->strides, a->shape, a->ndim, mx_itemsize(a));
  return 0;
}
