/* QR, singular values, eigenvalues. Workspace is laid out by the functions that measure it:
 * LAPACK's own first, then integers, then what is kept between its call and the result. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/linalg.h"
#include "base/error.h"
#include "core/params.h"

static int at_least_1(int64_t n) { return n < 1 ? 1 : (int)n; }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int too_large(const char *op) {
  return mx_fail(MX_RUNTIME, "[linalg::%s] the matrix is too large for LAPACK", op);
}

/* Of a matrix without elements the vectors are the unit vectors. */
static void unit_vectors(mx_array *out) {
  int64_t n = out->ndim ? out->shape[out->ndim - 1] : 0;
  size_t item = mx_itemsize(out);
  memset(mx_data(out), 0, mx_nbytes(out));
  for (int64_t i = 0; n && i < out->size; i += i % (n * n) == n * n - 1 ? 1 : n + 1) {
    char *at = (char *)mx_data(out) + (size_t)i * item;
    if (out->dtype == MLX_FLOAT64)
      *(double *)(void *)at = 1;
    else
      *(float *)(void *)at = 1;
  }
}

/* ---- QR ---- */

typedef void geqrf_fn(const int *, const int *, void *, const int *, void *, void *, const int *,
                      int *);
typedef void orgqr_fn(const int *, const int *, const int *, void *, const int *, const void *,
                      void *, const int *, int *);

static int qr(const mx_linalg *l, int64_t b, char *work) {
  int64_t k = least(l->m, l->n), size = l->m * l->n;
  int64_t columns = l->flag ? l->m : k, most = columns > l->n ? columns : l->n;
  int m = (int)l->m, n = (int)l->n, rank = (int)k, ld = at_least_1(m), info = 0;
  int wide = (int)columns;
  char *a = work + (size_t)l->lwork * l->item, *tau = a + (size_t)(l->m * most) * l->item;
  char *q = mx_linalg_at(l->step->out[0], b, l->item, l->m * columns);
  char *r = mx_linalg_at(l->step->out[1], b, l->item, columns * l->n);
  mx_linalg_transpose(mx_linalg_at(l->step->in[0], b, l->item, size), a, l->m, l->n, l->item);
  ((geqrf_fn *)l->fn)(&m, &n, a, &ld, tau, work, &l->lwork, &info);
  if (info)
    return info;
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = i; j < l->n; j++)
      memcpy(r + (size_t)(i * l->n + j) * l->item, a + (size_t)(j * l->m + i) * l->item, l->item);
  mx_linalg_clear(r, columns, l->n, l->item, true);
  ((orgqr_fn *)l->second)(&m, &wide, &rank, a, &ld, tau, work, &l->lwork, &info);
  mx_linalg_transpose(a, q, columns, l->m, l->item);
  return info;
}

int mx_cpu_qr(const mx_step *step) {
  mx_linalg l = {.one = qr, .failure = "no convergence"};
  double asked[2] = {0};
  l.flag = ((const mx_qr_params *)step->op->params)->complete;
  if (mx_linalg_begin(&l, "qr", step) || !(l.fn = mx_lapack(MX_GEQRF, l.dtype)) ||
      !(l.second = mx_lapack(MX_ORGQR, l.dtype)))
    return 1;
  int64_t k = least(l.m, l.n), columns = l.flag ? l.m : k, most = columns > l.n ? columns : l.n;
  if (k == 0) {
    if (l.flag)
      unit_vectors(step->out[0]);
    return 0; /* nothing else to store */
  }
  int m = (int)l.m, n = (int)l.n, rank = (int)k, wide = (int)columns, query = -1, info = 0;
  ((geqrf_fn *)l.fn)(&m, &n, asked, &m, asked, asked, &query, &info);
  int first = mx_linalg_asked(asked, l.dtype);
  ((orgqr_fn *)l.second)(&m, &wide, &rank, asked, &m, asked, asked, &query, &info);
  int second = mx_linalg_asked(asked, l.dtype);
  l.lwork = first > second ? first : second;
  if (!first || !second)
    return too_large("qr");
  l.work_bytes = ((size_t)l.lwork + (size_t)(l.m * most + k)) * l.item;
  return mx_linalg_run(&l);
}

/* ---- singular values ---- */

typedef void gesdd_fn(const char *, const int *, const int *, void *, const int *, void *, void *,
                      const int *, void *, const int *, void *, const int *, int *, int *, size_t);
typedef void cgesdd_fn(const char *, const int *, const int *, void *, const int *, void *, void *,
                       const int *, void *, const int *, void *, const int *, void *, int *, int *,
                       size_t);

/* LAPACK sees the transpose, n by m, whose left vectors are our Vt and whose right ones are our U.
 */
static void call_gesdd(const mx_linalg *l, void *a, void *s, void *u, void *vt, void *work,
                       const int *lwork, void *rwork, int *iwork, int *info) {
  int m = (int)l->m, n = (int)l->n, ldm = at_least_1(m), ldn = at_least_1(n);
  const char *job = l->flag ? "A" : "N";
  if (l->dtype == MLX_COMPLEX64)
    ((cgesdd_fn *)l->fn)(job, &n, &m, a, &ldn, s, vt, &ldn, u, &ldm, work, lwork, rwork, iwork,
                         info, 1);
  else
    ((gesdd_fn *)l->fn)(job, &n, &m, a, &ldn, s, vt, &ldn, u, &ldm, work, lwork, iwork, info, 1);
}

static int svd(const mx_linalg *l, int64_t b, char *work) {
  const mx_step *step = l->step;
  int64_t k = least(l->m, l->n), size = l->m * l->n;
  char *rwork = work + (size_t)l->lwork * l->item,
       *iwork = rwork + (size_t)l->lrwork * l->real_item;
  char *a = iwork + (size_t)l->liwork * sizeof(int), *u = a, *vt = a;
  int info = 0;
  memcpy(a, mx_linalg_at(step->in[0], b, l->item, size), (size_t)size * l->item);
  if (!mx_linalg_finite(a, l->dtype, size))
    return MX_LINALG_NOT_FINITE;
  char *s = mx_linalg_at(step->out[l->flag], b, l->real_item, k);
  if (l->flag) {
    u = mx_linalg_at(step->out[0], b, l->item, l->m * l->m);
    vt = mx_linalg_at(step->out[2], b, l->item, l->n * l->n);
  }
  call_gesdd(l, a, s, u, vt, work, &l->lwork, rwork, (int *)(void *)iwork, &info);
  return info;
}

int mx_cpu_svd(const mx_step *step) {
  mx_linalg l = {.one = svd, .failure = "no convergence"};
  double asked[2] = {0};
  l.flag = ((const mx_vectors_params *)step->op->params)->vectors;
  if (mx_linalg_begin(&l, "svd", step) || !(l.fn = mx_lapack(MX_GESDD, l.dtype)))
    return 1;
  int64_t k = least(l.m, l.n), most = l.m > l.n ? l.m : l.n;
  if (k == 0) {
    for (int i = 0; l.flag && i < 3; i += 2)
      unit_vectors(step->out[i]);
    return 0;
  }
  int query = -1, info = 0;
  double rwork = 2 * (double)k * ((double)(k > most ? k : most) + 2 * (double)k + 6);
  if (rwork > INT32_MAX)
    return too_large("svd");
  call_gesdd(&l, asked, asked, asked, asked, asked, &query, asked, &info, &info);
  l.lwork = mx_linalg_asked(asked, l.dtype);
  if (!l.lwork)
    return too_large("svd");
  l.lrwork = l.dtype == MLX_COMPLEX64 ? (int)rwork : 0;
  l.lrwork += l.lrwork & 1;
  l.liwork = (int)(8 * k);
  l.work_bytes = (size_t)l.lwork * l.item + (size_t)l.lrwork * 4 + (size_t)l.liwork * sizeof(int) +
                 (size_t)(l.m * l.n) * l.item;
  return mx_linalg_run(&l);
}

/* ---- eigenvalues of symmetric and Hermitian matrices ---- */

typedef void syevd_fn(const char *, const char *, const int *, void *, const int *, void *, void *,
                      const int *, int *, const int *, int *, size_t, size_t);
typedef void heevd_fn(const char *, const char *, const int *, void *, const int *, void *, void *,
                      const int *, void *, const int *, int *, const int *, int *, size_t, size_t);

static void call_syevd(const mx_linalg *l, void *a, void *w, void *work, const int *lwork,
                       void *rwork, const int *lrwork, int *iwork, const int *liwork, int *info) {
  int n = (int)l->n, ld = at_least_1(n);
  const char *job = l->flag ? "V" : "N", *part = l->upper ? "L" : "U";
  if (l->dtype == MLX_COMPLEX64)
    ((heevd_fn *)l->fn)(job, part, &n, a, &ld, w, work, lwork, rwork, lrwork, iwork, liwork, info,
                        1, 1);
  else
    ((syevd_fn *)l->fn)(job, part, &n, a, &ld, w, work, lwork, iwork, liwork, info, 1, 1);
}

static void fill_nan(void *p, mlx_dtype t, int64_t n) {
  if (t == MLX_COMPLEX64)
    n *= 2;
  for (int64_t i = 0; i < n; i++)
    if (t == MLX_FLOAT64)
      ((double *)p)[i] = NAN;
    else
      ((float *)p)[i] = NAN;
}

/* LAPACK sees the transpose: of a Hermitian matrix the conjugate, with conjugate vectors. */
static int eigh(const mx_linalg *l, int64_t b, char *work) {
  int64_t n = l->n, size = n * n;
  char *rwork = work + (size_t)l->lwork * l->item,
       *iwork = rwork + (size_t)l->lrwork * l->real_item;
  char *a = iwork + (size_t)l->liwork * sizeof(int);
  char *w = mx_linalg_at(l->step->out[0], b, l->real_item, n);
  char *v = l->flag ? mx_linalg_at(l->step->out[1], b, l->item, size) : NULL;
  int info = 0;
  memcpy(a, mx_linalg_at(l->step->in[0], b, l->item, size), (size_t)size * l->item);
  if (!mx_linalg_finite(a, l->dtype, size)) {
    fill_nan(w, l->real_item == 8 ? MLX_FLOAT64 : MLX_FLOAT32, n);
    if (v)
      fill_nan(v, l->dtype, size);
    return 0;
  }
  call_syevd(l, a, w, work, &l->lwork, rwork, &l->lrwork, (int *)(void *)iwork, &l->liwork, &info);
  if (v)
    mx_linalg_transpose(a, v, n, n, l->item);
  for (int64_t i = 0; v && l->dtype == MLX_COMPLEX64 && i < size; i++)
    ((float *)(void *)v)[2 * i + 1] *= -1;
  return info;
}

int mx_cpu_eigh(const mx_step *step) {
  const mx_vectors_params *p = (const mx_vectors_params *)step->op->params;
  mx_linalg l = {.one = eigh, .failure = "no convergence"};
  double asked[2] = {0}, real[2] = {0};
  l.flag = p->vectors;
  l.upper = p->upper;
  if (mx_linalg_begin(&l, "eigh", step) || !(l.fn = mx_lapack(MX_SYEVD, l.dtype)))
    return 1;
  if (l.n == 0)
    return 0;
  int query = -1, integers = 0, info = 0;
  call_syevd(&l, asked, asked, asked, &query, real, &query, &integers, &query, &info);
  l.lwork = mx_linalg_asked(asked, l.dtype);
  l.lrwork = l.dtype == MLX_COMPLEX64 ? mx_linalg_asked(real, MLX_FLOAT32) : 0;
  if (!l.lwork || (l.dtype == MLX_COMPLEX64 && !l.lrwork) || info)
    return too_large("eigh");
  l.lrwork += l.lrwork & 1;
  l.liwork = integers + (integers & 1);
  l.work_bytes = (size_t)l.lwork * l.item + (size_t)l.lrwork * 4 + (size_t)l.liwork * sizeof(int) +
                 (size_t)(l.n * l.n) * l.item;
  return mx_linalg_run(&l);
}

/* ---- eigenvalues of any square matrix ---- */

typedef void geev_fn(const char *, const char *, const int *, void *, const int *, void *, void *,
                     void *, const int *, void *, const int *, void *, const int *, int *, size_t,
                     size_t);
typedef void cgeev_fn(const char *, const char *, const int *, void *, const int *, void *, void *,
                      const int *, void *, const int *, void *, const int *, void *, int *, size_t,
                      size_t);

/* w: n numbers of LAPACK's dtype; for real ones, n real parts, then n imaginary ones. */
static void call_geev(const mx_linalg *l, void *a, char *w, void *v, void *work, const int *lwork,
                      void *rwork, int *info) {
  int n = (int)l->n, ld = at_least_1(n);
  const char *job = l->flag ? "V" : "N";
  if (l->dtype == MLX_COMPLEX64)
    ((cgeev_fn *)l->fn)("N", job, &n, a, &ld, w, v, &ld, v, &ld, work, lwork, rwork, info, 1, 1);
  else
    ((geev_fn *)l->fn)("N", job, &n, a, &ld, w, w + (size_t)n * l->item, v, &ld, v, &ld, work,
                       lwork, info, 1, 1);
}

static float real_at(const mx_linalg *l, const char *p, int64_t i) {
  return l->dtype == MLX_FLOAT64 ? (float)((const double *)(const void *)p)[i]
                                 : ((const float *)(const void *)p)[i];
}

/* Real results as complex numbers: the vectors of a conjugate pair share two columns. */
static void pair_up(const mx_linalg *l, const char *w, const char *v, float *values,
                    float *vectors) {
  int64_t n = l->n;
  const char *imaginary = w + (size_t)n * l->item;
  for (int64_t j = 0; j < n; j++) {
    float im = real_at(l, imaginary, j);
    values[2 * j] = real_at(l, w, j);
    values[2 * j + 1] = im;
    int64_t re_column = im < 0 && j ? j - 1 : j;
    for (int64_t i = 0; vectors && i < n; i++) {
      float y = im == 0 || re_column + 1 >= n ? 0 : real_at(l, v, (re_column + 1) * n + i);
      vectors[2 * (i * n + j)] = real_at(l, v, re_column * n + i);
      vectors[2 * (i * n + j) + 1] = im < 0 ? -y : y;
    }
  }
}

static int eig(const mx_linalg *l, int64_t b, char *work) {
  int64_t n = l->n, size = n * n;
  char *rwork = work + (size_t)l->lwork * l->item, *a = rwork + (size_t)l->lrwork * l->real_item;
  char *v = a + (size_t)size * l->item, *w = v + (size_t)size * l->item;
  char *values = mx_linalg_at(l->step->out[0], b, 8, n);
  char *vectors = l->flag ? mx_linalg_at(l->step->out[1], b, 8, size) : NULL;
  int info = 0;
  const char *given = mx_linalg_at(l->step->in[0], b, l->item, size);
  if (!mx_linalg_finite(given, l->dtype, size))
    return MX_LINALG_NOT_FINITE;
  mx_linalg_transpose(given, a, n, n, l->item);
  call_geev(l, a, w, v, work, &l->lwork, rwork, &info);
  if (info)
    return info;
  if (l->dtype != MLX_COMPLEX64) {
    pair_up(l, w, v, (float *)(void *)values, (float *)(void *)vectors);
    return 0;
  }
  memcpy(values, w, (size_t)n * l->item);
  if (vectors)
    mx_linalg_transpose(v, vectors, n, n, l->item);
  return 0;
}

int mx_cpu_eig(const mx_step *step) {
  mx_linalg l = {.one = eig, .failure = "no convergence"};
  double asked[2] = {0};
  l.flag = ((const mx_vectors_params *)step->op->params)->vectors;
  if (mx_linalg_begin(&l, "eig", step) || !(l.fn = mx_lapack(MX_GEEV, l.dtype)))
    return 1;
  if (l.n == 0)
    return 0;
  char values[2 * sizeof(double)];
  int query = -1, info = 0;
  if (l.n > INT32_MAX / 4)
    return too_large("eig");
  call_geev(&l, asked, values, asked, asked, &query, asked, &info);
  l.lwork = mx_linalg_asked(asked, l.dtype);
  if (!l.lwork)
    return too_large("eig");
  l.lrwork = l.dtype == MLX_COMPLEX64 ? (int)(2 * l.n) : 0;
  l.work_bytes =
      ((size_t)l.lwork + (size_t)(2 * l.n * l.n + 2 * l.n)) * l.item + (size_t)l.lrwork * 4;
  return mx_linalg_run(&l);
}
