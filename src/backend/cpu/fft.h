/* Fourier transforms: plans, and the per-tier kernels they are made of. Numbers lie in two planes,
 * real and imaginary parts apart, `lanes` lines side by side: element j of line l at [j * lanes +
 * l]. Invariant: a line's result depends on its length and on the plan alone, not on its
 * neighbours. */
#ifndef MX_CPU_FFT_H
#define MX_CPU_FFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MX_FFT_FACTORS = 64, MX_FFT_RADIX = 31, MX_FFT_LANES = 16 };

typedef struct mx_planes {
  float *re, *im;
} mx_planes;

/* Floats from one plane to the next: never a multiple of a page, where loads and stores of the same
 * element would meet in one set of the cache. */
static inline int64_t mx_fft_plane(int64_t n) { return ((n + 15) & ~(int64_t)15) + 80; }

/* A length whose prime factors are at most MX_FFT_RADIX: one pass for each factor. */
typedef struct mx_fft_batch {
  int64_t n;
  int n_factors;
  int radix[MX_FFT_FACTORS];
  float *roots; /* of each pass: for p < m the radix - 1 complex numbers w^(p k), w of length radix
                   m */
} mx_fft_batch;

typedef struct mx_fft_plan mx_fft_plan;
struct mx_fft_plan {
  int64_t n;
  bool together; /* for lines side by side: rows is the whole length */
  int refs;
  uint64_t used; /* when, for the cache */
  size_t bytes;
  mx_fft_batch rows;     /* the whole length, where it is short; else n2 */
  mx_fft_batch cols;     /* n1; n = n1 n2 */
  mx_planes twist;       /* w^(k1 j2) at [k1 * n2 + j2], where n is moderate; else */
  double *coarse, *fine; /* w^(i << shift) and w^i as complex numbers */
  int shift;
  mx_planes real; /* w^k of length 2 n, k <= n; made when first asked for */
  mx_fft_plan *inner; /* lengths with large prime factors: of the convolution */
  mx_planes chirp, filter;
};

/* NULL after mx_nomem. Release what was gotten. */
mx_fft_plan *mx_fft_plan_get(int64_t n, bool together);
/* Makes p->real. */
int mx_fft_plan_real(mx_fft_plan *p);
void mx_fft_plan_release(mx_fft_plan *p);
/* 0 for lengths that a batch cannot have. */
int mx_fft_batch_init(mx_fft_batch *b, int64_t n);
void mx_fft_batch_free(mx_fft_batch *b);
bool mx_fft_smooth(int64_t n);
/* exp(-2 pi i e / n) */
void mx_fft_root(int64_t e, int64_t n, double *re, double *im);

/* Floats of room that a line takes besides its own two planes. */
int64_t mx_fft_line_room(const mx_fft_plan *p);
/* One line; the result is in x or in the room, and x says where. Returns nonzero where memory ran
 * out, having recorded nothing. */
int mx_fft_line(const mx_fft_plan *p, mx_planes *x, float *room);
/* `lanes` lines at once; the result is in x or in y, and x says where. */
void mx_fft_lines(const mx_fft_batch *b, int64_t lanes, mx_planes *x, mx_planes *y);

typedef struct mx_fft_kernels {
  /* One pass: radix r of length r * m, s numbers side by side. */
  void (*pass)(int r, int64_t m, int64_t s, const float *roots, mx_planes x, mx_planes y);
  /* y[j * rows + i] = x[i * ldx + j] * w[i * ldw + j], i < rows, j < cols */
  void (*twist)(int64_t rows, int64_t cols, mx_planes x, int64_t ldx, mx_planes w, int64_t ldw,
                mx_planes y);
  void (*split)(const float *src, int64_t n, mx_planes x);
  /* dst = scale * x */
  void (*merge)(mx_planes x, int64_t n, float scale, float *dst);
  /* x[i] *= w[i]; the conjugate of the product where asked */
  void (*multiply)(mx_planes x, mx_planes w, int64_t n, bool conjugate);
  /* From the transform z of pairs to the h + 1 numbers of that of the reals, and back to z: lanes
   * side by side, root[k] = w^k of length 2 h. */
  void (*real_out)(int64_t h, int64_t lanes, mx_planes root, mx_planes z, mx_planes x);
  void (*real_in)(int64_t h, int64_t lanes, mx_planes root, mx_planes x, mx_planes z);
} mx_fft_kernels;

const mx_fft_kernels *mx_fft_table(void);

#endif
