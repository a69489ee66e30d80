/* Plans of Fourier transforms: factors, roots of unity, and a cache of recent plans.
 * Invariant: roots are correctly rounded to a last place or so, for any length; plans in use are
 * never freed, and the cache holds at most CACHE_BYTES. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/fft.h"
#include "base/error.h"

enum {
  CACHED = 32,
  CACHE_BYTES = 64 << 20,
  DIRECT = 32,        /* shorter lines are one batch of one lane */
  TWIST_MAX = 1 << 16 /* longer ones compute their roots when they need them */
};

static mx_fft_plan *cache[CACHED];
static uint64_t clock_now;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- roots ---- */

/* The angle is reduced to an eighth of the circle in integers. */
void mx_fft_root(int64_t e, int64_t n, double *re, double *im) {
  e %= n;
  int eighth = (int)(8 * e / n);
  int64_t r = eighth & 1 ? (eighth + 1) * n - 8 * e : 8 * e - eighth * n;
  double a = (double)r / (double)n * 0.78539816339744830962, c = cos(a), s = sin(a);
  const double cosine[] = {c, s, -s, -c, -c, -s, s, c}, sine[] = {s, c, c, s, -s, -c, -c, -s};
  *re = cosine[eighth];
  *im = -sine[eighth];
}

static void put_root(float *to, int64_t e, int64_t n) {
  double re, im;
  mx_fft_root(e, n, &re, &im);
  to[0] = (float)re;
  to[1] = (float)im;
}

static int new_planes(mx_planes *p, int64_t n) {
  p->re = malloc((size_t)(2 * mx_fft_plane(n)) * sizeof *p->re);
  p->im = p->re ? p->re + mx_fft_plane(n) : NULL;
  return p->re == NULL;
}

/* ---- batches ---- */

/* Factors 4, then 2 and the odd primes; false when a prime is too large. */
static bool factorize(int64_t n, int *radix, int *count) {
  *count = 0;
  for (; n % 4 == 0; n /= 4)
    radix[(*count)++] = 4;
  for (int r = 2; r <= MX_FFT_RADIX; r++)
    for (; n % r == 0; n /= r)
      radix[(*count)++] = r;
  return n == 1;
}

bool mx_fft_smooth(int64_t n) {
  int radix[MX_FFT_FACTORS], count;
  return factorize(n, radix, &count);
}

int mx_fft_batch_init(mx_fft_batch *b, int64_t n) {
  *b = (mx_fft_batch){.n = n};
  if (!factorize(n, b->radix, &b->n_factors))
    return 0;
  int64_t total = 1;
  for (int64_t i = 0, length = n; i < b->n_factors; length /= b->radix[i++])
    total += 2 * (length / b->radix[i] * (b->radix[i] - 1) + b->radix[i]);
  float *to = b->roots = malloc((size_t)total * sizeof *to);
  if (!to)
    return mx_nomem("fft");
  for (int64_t i = 0, length = n; i < b->n_factors; length /= b->radix[i++]) {
    int r = b->radix[i];
    for (int k = 0; r > 5 && k < r; k++, to += 2)
      put_root(to, k, r);
    for (int64_t p = 0; p < length / r; p++)
      for (int k = 1; k < r; k++, to += 2)
        put_root(to, p * k, length);
  }
  return 0;
}

void mx_fft_batch_free(mx_fft_batch *b) { free(b->roots); }

/* ---- plans ---- */

static void free_plan(mx_fft_plan *p) {
  if (!p)
    return;
  mx_fft_batch_free(&p->rows);
  mx_fft_batch_free(&p->cols);
  free(p->twist.re);
  free(p->coarse);
  free(p->fine);
  free(p->chirp.re);
  free(p->filter.re);
  free(p->real.re);
  mx_fft_plan_release(p->inner);
  free(p);
}

/* The divisor of n next to its root from below. */
static int64_t split_of(int64_t n) {
  int64_t d = (int64_t)sqrt((double)n);
  while (d > 1 && n % d)
    d--;
  return d;
}

static int fill_twist(mx_fft_plan *p) {
  int64_t n1 = p->cols.n, n2 = p->rows.n;
  float w[2];
  if (new_planes(&p->twist, p->n))
    return mx_nomem("fft");
  for (int64_t k = 0; k < n1; k++)
    for (int64_t j = 0; j < n2; j++) {
      put_root(w, k * j, p->n);
      p->twist.re[k * n2 + j] = w[0];
      p->twist.im[k * n2 + j] = w[1];
    }
  p->bytes += (size_t)p->n * 8;
  return 0;
}

/* w^e = coarse[e >> shift] * fine[e & mask] */
static int fill_tables(mx_fft_plan *p) {
  while (((int64_t)1 << (2 * p->shift)) < p->n)
    p->shift++;
  int64_t fine = (int64_t)1 << p->shift, coarse = (p->n >> p->shift) + 1;
  p->fine = malloc((size_t)fine * 2 * sizeof(double));
  p->coarse = malloc((size_t)coarse * 2 * sizeof(double));
  if (!p->fine || !p->coarse)
    return mx_nomem("fft");
  for (int64_t i = 0; i < fine; i++)
    mx_fft_root(i, p->n, &p->fine[2 * i], &p->fine[2 * i + 1]);
  for (int64_t i = 0; i < coarse; i++)
    mx_fft_root(i << p->shift, p->n, &p->coarse[2 * i], &p->coarse[2 * i + 1]);
  p->bytes += (size_t)(fine + coarse) * 16;
  return 0;
}

/* A length for the convolution: at least n, a power of two or 3, 5 or 9 times one. */
static int64_t padded(int64_t n) {
  const int odd[] = {1, 3, 5, 9};
  int64_t best = INT64_MAX;
  for (int i = 0; i < 4; i++) {
    int64_t m = odd[i];
    while (m < n)
      m *= 2;
    best = m < best ? m : best;
  }
  return best;
}

/* Bluestein: X[k] = c[k] sum (x[j] c[j]) conj c[k - j], with c[j] = exp(-pi i j^2 / n). */
static int fill_chirp(mx_fft_plan *p) {
  int64_t n = p->n, m = padded(2 * n - 1);
  float w[2], *room = NULL;
  p->inner = mx_fft_plan_get(m, false);
  if (!p->inner)
    return 1;
  int bad = new_planes(&p->chirp, n) || new_planes(&p->filter, m);
  if (!bad)
    bad = !(room = malloc((size_t)(mx_fft_line_room(p->inner) + 1) * sizeof *room));
  if (bad) {
    free(room);
    return mx_nomem("fft");
  }
  memset(p->filter.re, 0, (size_t)(2 * mx_fft_plane(m)) * sizeof(float));
  for (int64_t j = 0, square = 0; j < n; square = (square + 2 * j + 1) % (2 * n), j++) {
    put_root(w, square, 2 * n);
    p->chirp.re[j] = w[0];
    p->chirp.im[j] = w[1];
    int64_t mirror = j ? m - j : 0;
    p->filter.re[j] = p->filter.re[mirror] = w[0];
    p->filter.im[j] = p->filter.im[mirror] = -w[1];
  }
  mx_planes result = p->filter;
  bad = mx_fft_line(p->inner, &result, room);
  for (int64_t j = 0; j < m; j++) {
    p->filter.re[j] = result.re[j] / (float)m;
    p->filter.im[j] = result.im[j] / (float)m;
  }
  free(room);
  p->bytes += (size_t)(n + m) * 8;
  return bad ? mx_nomem("fft") : 0;
}

int mx_fft_plan_real(mx_fft_plan *p) {
  float w[2];
  int bad = 0;
  pthread_mutex_lock(&lock);
  if (!p->real.re && !(bad = new_planes(&p->real, p->n + 1)))
    for (int64_t k = 0; k <= p->n; k++) {
      put_root(w, k, 2 * p->n);
      p->real.re[k] = w[0];
      p->real.im[k] = w[1];
    }
  pthread_mutex_unlock(&lock);
  return bad ? mx_nomem("fft") : 0;
}

static mx_fft_plan *new_plan(int64_t n, bool together) {
  mx_fft_plan *p = calloc(1, sizeof *p);
  if (!p) {
    mx_nomem("fft");
    return NULL;
  }
  p->n = n;
  p->refs = 1;
  p->together = together;
  int64_t n1 = n > DIRECT && !together ? split_of(n) : 1;
  int bad;
  if (!mx_fft_smooth(n)) {
    bad = fill_chirp(p);
  } else {
    bad = mx_fft_batch_init(&p->rows, n / n1) || mx_fft_batch_init(&p->cols, n1);
    p->bytes = (size_t)n * 8 + (size_t)(n1 + n / n1) * 32; /* with the roots of real lines */
    if (!bad && n1 > 1)
      bad = n <= TWIST_MAX ? fill_twist(p) : fill_tables(p);
  }
  if (!bad)
    return p;
  free_plan(p);
  return NULL;
}

/* ---- the cache ---- */

static void drop(mx_fft_plan *p) {
  pthread_mutex_lock(&lock);
  bool last = p && --p->refs == 0;
  pthread_mutex_unlock(&lock);
  if (last)
    free_plan(p);
}

void mx_fft_plan_release(mx_fft_plan *p) { drop(p); }

static mx_fft_plan *look_up(int64_t n, bool together) {
  mx_fft_plan *found = NULL;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < CACHED && !found; i++)
    if (cache[i] && cache[i]->n == n && cache[i]->together == together)
      found = cache[i];
  if (found) {
    found->refs++;
    found->used = ++clock_now;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

/* Takes out the plan used longest ago; false when there is none. Under the lock. */
static bool evict(mx_fft_plan **out) {
  int oldest = -1;
  for (int i = 0; i < CACHED; i++)
    if (cache[i] && (oldest < 0 || cache[i]->used < cache[oldest]->used))
      oldest = i;
  if (oldest < 0)
    return false;
  *out = cache[oldest];
  cache[oldest] = NULL;
  return true;
}

static void keep(mx_fft_plan *p) {
  if (p->bytes > CACHE_BYTES / 4)
    return;
  for (bool kept = false; !kept;) {
    mx_fft_plan *old = NULL;
    size_t bytes = p->bytes;
    int place = -1;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < CACHED; i++) {
      bytes += cache[i] ? cache[i]->bytes : 0;
      place = cache[i] ? place : i;
    }
    if (place >= 0 && bytes <= CACHE_BYTES) {
      cache[place] = p;
      p->refs++;
      p->used = ++clock_now;
      kept = true;
    } else {
      evict(&old);
    }
    pthread_mutex_unlock(&lock);
    drop(old);
  }
}

mx_fft_plan *mx_fft_plan_get(int64_t n, bool together) {
  mx_fft_plan *p = look_up(n, together);
  if (!p && (p = new_plan(n, together)))
    keep(p);
  return p;
}
