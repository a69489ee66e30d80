/* What the factorizations share: batches, layout, errors; and those with one result. LAPACK's
 * matrices are column-major, so that it sees the transpose of each of ours. */
#include "backend/cpu/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

enum { SMALL = 96 * 96, CHUNK_WORK = 1 << 16 };

char *mx_linalg_at(const mx_array *a, int64_t b, size_t item, int64_t size) {
  return (char *)mx_data(a) + (size_t)(b * size) * item;
}

void mx_linalg_transpose(const void *src, void *dst, int64_t rows, int64_t cols, size_t item) {
  for (int64_t j = 0; j < cols; j++)
    for (int64_t i = 0; i < rows; i++)
      if (item == 4)
        ((uint32_t *)dst)[j * rows + i] = ((const uint32_t *)src)[i * cols + j];
      else
        ((uint64_t *)dst)[j * rows + i] = ((const uint64_t *)src)[i * cols + j];
}

void mx_linalg_clear(void *a, int64_t rows, int64_t cols, size_t item, bool below) {
  for (int64_t i = 0; i < rows; i++) {
    int64_t from = below ? 0 : i + 1, to = below ? (i < cols ? i : cols) : cols;
    if (from < to)
      memset((char *)a + (size_t)(i * cols + from) * item, 0, (size_t)(to - from) * item);
  }
}

bool mx_linalg_finite(const void *a, mlx_dtype t, int64_t n) {
  if (t == MLX_COMPLEX64)
    n *= 2;
  for (int64_t i = 0; i < n; i++)
    if (!isfinite(t == MLX_FLOAT64 ? ((const double *)a)[i] : (double)((const float *)a)[i]))
      return false;
  return true;
}

int mx_linalg_asked(const void *work, mlx_dtype t) {
  /* A float32 may have rounded the size down. */
  double n = t == MLX_FLOAT64 ? *(const double *)work : (double)*(const float *)work * 1.000001;
  return n < 0 || n > INT32_MAX - 64 ? 0 : (int)n + 1;
}

int mx_linalg_begin(mx_linalg *l, const char *op, const mx_step *step) {
  const mx_array *a = step->in[0];
  l->step = step;
  l->op = op;
  l->dtype = (mlx_dtype)a->dtype;
  l->m = a->shape[a->ndim - 2];
  l->n = a->shape[a->ndim - 1];
  l->item = mx_itemsize(a);
  l->real_item = l->dtype == MLX_FLOAT64 ? 8 : 4;
  l->batch = 1;
  for (int i = 0; i < a->ndim - 2; i++)
    l->batch *= a->shape[i];
  for (int i = 0; i < step->n_out; i++)
    if (mx_out_alloc(step->out[i]))
      return 1;
  return 0;
}

static void chunk(void *ctx, int64_t begin, int64_t end) {
  mx_linalg *l = ctx;
  char *work = malloc(l->work_bytes + 1);
  int info = work ? 0 : MX_LINALG_NO_MEMORY, none = 0;
  for (int64_t b = begin; b < end && !info; b++)
    info = l->one(l, b, work);
  free(work);
  if (info)
    atomic_compare_exchange_strong(&l->info, &none, info);
}

int mx_linalg_run(mx_linalg *l) {
  int64_t size = l->m * l->n;
  if (l->batch > 1 && size <= SMALL)
    mx_parallel_for(l->batch, 1 + CHUNK_WORK / ((l->m + l->n) * (size + 16)), chunk, l);
  else if (l->batch)
    chunk(l, 0, l->batch);
  int info = atomic_load(&l->info);
  if (info == MX_LINALG_NO_MEMORY)
    return mx_nomem(l->op);
  if (info == MX_LINALG_NOT_FINITE)
    return mx_fail(MX_RUNTIME, "[linalg::%s] the matrix holds NaN or infinity", l->op);
  if (info > 0)
    return mx_fail(MX_RUNTIME, "[linalg::%s] %s (LAPACK's info %d)", l->op, l->failure, info);
  return info ? mx_fail(MX_RUNTIME, "[linalg::%s] LAPACK refused argument %d", l->op, -info) : 0;
}

static int at_least_1(int64_t n) { return n < 1 ? 1 : (int)n; }

/* The upper triangle of ours is LAPACK's lower one. */
static const char *triangle(bool upper) { return upper ? "L" : "U"; }

/* ---- cholesky ---- */

typedef void potrf_fn(const char *, const int *, void *, const int *, int *, size_t);

static int cholesky(const mx_linalg *l, int64_t b, char *work) {
  (void)work;
  int n = (int)l->n, ld = at_least_1(n), info = 0;
  char *out = mx_linalg_at(l->step->out[0], b, l->item, l->n * l->n);
  memcpy(out, mx_linalg_at(l->step->in[0], b, l->item, l->n * l->n),
         (size_t)(l->n * l->n) * l->item);
  ((potrf_fn *)l->fn)(triangle(l->upper), &n, out, &ld, &info, 1);
  mx_linalg_clear(out, l->n, l->n, l->item, l->upper);
  /* A matrix that is not positive definite leaves what was done so far, as in MLX. */
  return info < 0 ? info : 0;
}

int mx_cpu_cholesky(const mx_step *step) {
  mx_linalg l = {.one = cholesky, .failure = ""};
  l.upper = ((const mx_triangle_params *)step->op->params)->upper;
  if (mx_linalg_begin(&l, "cholesky", step) || !(l.fn = mx_lapack(MX_POTRF, l.dtype)))
    return 1;
  return mx_linalg_run(&l);
}

/* ---- inverse ---- */

typedef void getrf_fn(const int *, const int *, void *, const int *, int *, int *);
typedef void getri_fn(const int *, void *, const int *, const int *, void *, const int *, int *);
typedef void trtri_fn(const char *, const char *, const int *, void *, const int *, int *, size_t,
                      size_t);

/* The inverse of the transpose is the transpose of the inverse. */
static int inverse(const mx_linalg *l, int64_t b, char *work) {
  int n = (int)l->n, ld = at_least_1(n), info = 0;
  char *out = mx_linalg_at(l->step->out[0], b, l->item, l->n * l->n);
  memcpy(out, mx_linalg_at(l->step->in[0], b, l->item, l->n * l->n),
         (size_t)(l->n * l->n) * l->item);
  if (l->flag) {
    ((trtri_fn *)l->fn)(triangle(l->upper), "N", &n, out, &ld, &info, 1, 1);
    mx_linalg_clear(out, l->n, l->n, l->item, l->upper);
    return info;
  }
  int *pivots = (int *)(void *)(work + (size_t)l->lwork * l->item);
  ((getrf_fn *)l->second)(&n, &n, out, &ld, pivots, &info);
  if (!info)
    ((getri_fn *)l->fn)(&n, out, &ld, pivots, work, &l->lwork, &info);
  return info;
}

int mx_cpu_inverse(const mx_step *step) {
  const mx_triangle_params *p = (const mx_triangle_params *)step->op->params;
  mx_linalg l = {.one = inverse, .failure = "the matrix is singular"};
  l.upper = p->upper;
  l.flag = p->triangular;
  if (mx_linalg_begin(&l, l.flag ? "tri_inv" : "inv", step))
    return 1;
  if (!(l.fn = mx_lapack(l.flag ? MX_TRTRI : MX_GETRI, l.dtype)) ||
      !(l.second = mx_lapack(MX_GETRF, l.dtype)))
    return 1;
  if (l.n > INT32_MAX / 64)
    return mx_fail(MX_RUNTIME, "[linalg::inv] the matrix is too large");
  l.lwork = 64 * at_least_1(l.n);
  l.work_bytes = (size_t)l.lwork * l.item + (size_t)l.n * sizeof(int);
  return mx_linalg_run(&l);
}

/* ---- LU ---- */

static int lu_factor(const mx_linalg *l, int64_t b, char *work) {
  int m = (int)l->m, n = (int)l->n, ld = at_least_1(m), info = 0;
  int64_t k = l->m < l->n ? l->m : l->n;
  int *pivots = (int *)(void *)(work + (size_t)(l->m * l->n) * l->item);
  uint32_t *order = (uint32_t *)(void *)(pivots + k);
  mx_linalg_transpose(mx_linalg_at(l->step->in[0], b, l->item, l->m * l->n), work, l->m, l->n,
                      l->item);
  ((getrf_fn *)l->fn)(&m, &n, work, &ld, pivots, &info);
  mx_linalg_transpose(work, mx_linalg_at(l->step->out[0], b, l->item, l->m * l->n), l->n, l->m,
                      l->item);
  uint32_t *out = (uint32_t *)(void *)mx_linalg_at(l->step->out[1], b, 4, k);
  uint32_t *rows = (uint32_t *)(void *)mx_linalg_at(l->step->out[2], b, 4, l->m);
  for (int64_t i = 0; i < l->m; i++)
    order[i] = (uint32_t)i;
  for (int64_t i = 0; i < k; i++) {
    uint32_t p = (uint32_t)pivots[i] - 1, keep = order[i];
    out[i] = p;
    order[i] = order[p];
    order[p] = keep;
  }
  for (int64_t i = 0; i < l->m; i++)
    rows[order[i]] = (uint32_t)i;
  return info < 0 ? info : 0; /* a zero on the diagonal of U is no error */
}

int mx_cpu_lu_factor(const mx_step *step) {
  mx_linalg l = {.one = lu_factor, .failure = ""};
  if (mx_linalg_begin(&l, "lu_factor", step) || !(l.fn = mx_lapack(MX_GETRF, l.dtype)))
    return 1;
  l.work_bytes = (size_t)(l.m * l.n) * l.item + (size_t)(l.m + l.n) * 8;
  return mx_linalg_run(&l);
}

/* ---- solving ---- */

typedef void getrs_fn(const char *, const int *, const int *, const void *, const int *,
                      const int *, void *, const int *, int *, size_t);
typedef void trtrs_fn(const char *, const char *, const char *, const int *, const int *,
                      const void *, const int *, void *, const int *, int *, size_t, size_t,
                      size_t);

/* LAPACK sees the transpose of a, so it solves with the transpose of that. */
static int solve(const mx_linalg *l, int64_t b, char *work) {
  const mx_array *right = l->step->in[1];
  int64_t columns = right->shape[right->ndim - 1], size = l->n * columns;
  int n = (int)l->n, k = (int)columns, ld = at_least_1(n), info = 0;
  char *a = work + (size_t)size * l->item;
  const char *given = mx_linalg_at(l->step->in[0], b, l->item, l->n * l->n);
  mx_linalg_transpose(mx_linalg_at(right, b, l->item, size), work, l->n, columns, l->item);
  if (l->flag) {
    ((trtrs_fn *)l->fn)(triangle(l->upper), "T", "N", &n, &k, given, &ld, work, &ld, &info, 1, 1,
                        1);
  } else {
    int *pivots = (int *)(void *)(a + (size_t)(l->n * l->n) * l->item);
    memcpy(a, given, (size_t)(l->n * l->n) * l->item);
    ((getrf_fn *)l->second)(&n, &n, a, &ld, pivots, &info);
    if (!info)
      ((getrs_fn *)l->fn)("T", &n, &k, a, &ld, pivots, work, &ld, &info, 1);
  }
  mx_linalg_transpose(work, mx_linalg_at(l->step->out[0], b, l->item, size), columns, l->n,
                      l->item);
  return info;
}

static int run_solve(const char *op, enum mx_lapack_routine r, const mx_step *step) {
  const mx_triangle_params *p = (const mx_triangle_params *)step->op->params;
  mx_linalg l = {.one = solve, .failure = "the matrix is singular"};
  l.upper = p->upper;
  l.flag = p->triangular;
  if (mx_linalg_begin(&l, op, step) || !(l.fn = mx_lapack(r, l.dtype)) ||
      !(l.second = mx_lapack(MX_GETRF, l.dtype)))
    return 1;
  const mx_array *right = step->in[1];
  int64_t columns = right->shape[right->ndim - 1];
  l.work_bytes = (size_t)(l.n * (columns + l.n)) * l.item + (size_t)l.n * sizeof(int);
  return mx_linalg_run(&l);
}

int mx_cpu_solve(const mx_step *step) { return run_solve("solve", MX_GETRS, step); }

int mx_cpu_solve_triangular(const mx_step *step) {
  return run_solve("solve_triangular", MX_TRTRS, step);
}
