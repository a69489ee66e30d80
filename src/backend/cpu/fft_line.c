/* Transforms of lines: passes over lines side by side, and one line as a matrix of n1 rows, columns
 * first, then rows.
 * Invariant: long lines go in blocks of columns whose size is fixed, so that threads change
 * nothing. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "backend/cpu/fft.h"
#include "backend/cpu/product/driver.h"
#include "backend/cpu/tiers.h"
#include "base/pool.h"

enum { BLOCK = MX_FFT_LANES };

MX_DECLARE_TIERS(fill_fft, mx_fft_kernels);

static mx_fft_kernels table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) { MX_FILL_TIERS(fill_fft, &table); }

const mx_fft_kernels *mx_fft_table(void) {
  pthread_once(&once, fill);
  return &table;
}

void mx_fft_lines(const mx_fft_batch *b, int64_t lanes, mx_planes *x, mx_planes *y) {
  const mx_fft_kernels *k = mx_fft_table();
  const float *roots = b->roots;
  int64_t m = b->n, s = lanes;
  for (int i = 0; i < b->n_factors; i++) {
    int r = b->radix[i];
    m /= r;
    k->pass(r, m, s, roots, *x, *y);
    roots += 2 * (m * (r - 1) + (r > 5 ? r : 0));
    s *= r;
    mx_planes swap = *x;
    *x = *y;
    *y = swap;
  }
}

int64_t mx_fft_line_room(const mx_fft_plan *p) {
  return p->inner ? 2 * mx_fft_plane(p->inner->n) + mx_fft_line_room(p->inner)
                  : 2 * mx_fft_plane(p->n);
}

/* ---- long lines ---- */

typedef struct long_line {
  const mx_fft_plan *p;
  mx_planes x, y;
  atomic_bool failed;
} long_line;

static mx_planes planes_at(float *room, int64_t n) {
  return (mx_planes){room, room + mx_fft_plane(n)};
}

static void gather(mx_planes from, int64_t rows, int64_t ld, int64_t column, int64_t n,
                   mx_planes to) {
  for (int64_t i = 0; i < rows; i++) {
    memcpy(to.re + i * n, from.re + i * ld + column, (size_t)n * sizeof(float));
    memcpy(to.im + i * n, from.im + i * ld + column, (size_t)n * sizeof(float));
  }
}

/* w^(k (column + l)) at [k * n + l] */
static void block_roots(const mx_fft_plan *p, int64_t column, int64_t n, mx_planes w) {
  int64_t mask = ((int64_t)1 << p->shift) - 1;
  for (int64_t k = 0; k < p->cols.n; k++)
    for (int64_t l = 0; l < n; l++) {
      int64_t e = k * (column + l);
      const double *a = p->coarse + 2 * (e >> p->shift), *b = p->fine + 2 * (e & mask);
      w.re[k * n + l] = (float)(a[0] * b[0] - a[1] * b[1]);
      w.im[k * n + l] = (float)(a[0] * b[1] + a[1] * b[0]);
    }
}

static float *block_room(long_line *l) {
  int64_t longest = mx_max64(l->p->cols.n, l->p->rows.n) * BLOCK;
  float *room =
      mx_product_scratch(MX_SLOT_CHUNK, (size_t)(6 * mx_fft_plane(longest)) * sizeof *room);
  if (!room)
    atomic_store(&l->failed, true);
  return room;
}

static void columns(void *ctx, int64_t begin, int64_t end) {
  long_line *line = ctx;
  const mx_fft_plan *p = line->p;
  int64_t n1 = p->cols.n, n2 = p->rows.n, size = mx_max64(n1, n2) * BLOCK;
  float *room = block_room(line);
  for (int64_t b = begin; room && b < end; b++) {
    int64_t column = b * BLOCK, n = mx_min64(BLOCK, n2 - column);
    mx_planes a = planes_at(room, size), c = planes_at(room + 2 * mx_fft_plane(size), size);
    mx_planes w = planes_at(room + 4 * mx_fft_plane(size), size);
    gather(line->x, n1, n2, column, n, a);
    mx_fft_lines(&p->cols, n, &a, &c);
    block_roots(p, column, n, w);
    mx_planes to = {line->y.re + column * n1, line->y.im + column * n1};
    mx_fft_table()->twist(n1, n, a, n, w, n, to);
  }
}

static void rows(void *ctx, int64_t begin, int64_t end) {
  long_line *line = ctx;
  const mx_fft_plan *p = line->p;
  int64_t n1 = p->cols.n, n2 = p->rows.n, size = mx_max64(n1, n2) * BLOCK;
  float *room = block_room(line);
  for (int64_t b = begin; room && b < end; b++) {
    int64_t column = b * BLOCK, n = mx_min64(BLOCK, n1 - column);
    mx_planes a = planes_at(room, size), c = planes_at(room + 2 * mx_fft_plane(size), size);
    gather(line->y, n2, n1, column, n, a);
    mx_fft_lines(&p->rows, n, &a, &c);
    for (int64_t k = 0; k < n2; k++) {
      memcpy(line->x.re + k * n1 + column, a.re + k * n, (size_t)n * sizeof(float));
      memcpy(line->x.im + k * n1 + column, a.im + k * n, (size_t)n * sizeof(float));
    }
  }
}

static int run_long(const mx_fft_plan *p, mx_planes x, mx_planes y) {
  long_line line = {.p = p, .x = x, .y = y};
  mx_parallel_for(mx_ceil_div(p->rows.n, BLOCK), 1, columns, &line);
  if (!atomic_load(&line.failed))
    mx_parallel_for(mx_ceil_div(p->cols.n, BLOCK), 1, rows, &line);
  return atomic_load(&line.failed);
}

/* ---- any line ---- */

static int convolve(const mx_fft_plan *p, mx_planes x, float *room) {
  const mx_fft_kernels *k = mx_fft_table();
  int64_t n = p->n, m = p->inner->n;
  mx_planes a = planes_at(room, m);
  memcpy(a.re, x.re, (size_t)n * sizeof(float));
  memcpy(a.im, x.im, (size_t)n * sizeof(float));
  k->multiply(a, p->chirp, n, false);
  memset(a.re + n, 0, (size_t)(m - n) * sizeof(float));
  memset(a.im + n, 0, (size_t)(m - n) * sizeof(float));
  room += 2 * mx_fft_plane(m);
  mx_planes r = a;
  if (mx_fft_line(p->inner, &r, room))
    return 1;
  if (r.re != a.re) {
    memcpy(a.re, r.re, (size_t)m * sizeof(float));
    memcpy(a.im, r.im, (size_t)m * sizeof(float));
  }
  /* The inverse is the conjugate of the transform of the conjugate. */
  k->multiply(a, p->filter, m, true);
  r = a;
  if (mx_fft_line(p->inner, &r, room))
    return 1;
  for (int64_t i = 0; i < n; i++) {
    x.re[i] = r.re[i];
    x.im[i] = -r.im[i];
  }
  k->multiply(x, p->chirp, n, false);
  return 0;
}

int mx_fft_line(const mx_fft_plan *p, mx_planes *x, float *room) {
  if (p->inner)
    return convolve(p, *x, room);
  mx_planes y = planes_at(room, p->n);
  if (p->coarse)
    return run_long(p, *x, y);
  if (p->cols.n == 1) {
    mx_fft_lines(&p->rows, 1, x, &y);
    return 0;
  }
  int64_t n1 = p->cols.n, n2 = p->rows.n;
  mx_fft_lines(&p->cols, n2, x, &y);
  mx_fft_table()->twist(n1, n2, *x, n2, p->twist, n2, y);
  mx_fft_lines(&p->rows, n1, &y, x);
  *x = y;
  return 0;
}
