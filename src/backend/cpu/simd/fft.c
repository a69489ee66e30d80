/* The passes of Fourier transforms: plain loops over numbers that lie side by side, which the
 * compiler turns into vectors of each tier. */
#include "backend/cpu/fft.h"
#include "backend/cpu/simd/tier.h"

#define INLINE static inline __attribute__((always_inline))
#if MX_TIER_AVX2 || MX_TIER_NEON
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

/* y[i] = (re, im) * w; turn: is there a w? */
INLINE void put(float *restrict yr, float *restrict yi, int64_t i, float re, float im,
                const float *w, const bool turn) {
  yr[i] = turn ? FMA(re, w[0], -(im * w[1])) : re;
  yi[i] = turn ? FMA(re, w[1], im * w[0]) : im;
}

INLINE void pass2(int64_t step, int64_t s, const float *w, const float *restrict xr,
                  const float *restrict xi, float *restrict yr, float *restrict yi,
                  const bool turn) {
  for (int64_t q = 0; q < s; q++) {
    float ar = xr[q], ai = xi[q], br = xr[q + step], bi = xi[q + step];
    yr[q] = ar + br;
    yi[q] = ai + bi;
    put(yr, yi, q + s, ar - br, ai - bi, w, turn);
  }
}

INLINE void pass3(int64_t step, int64_t s, const float *w, const float *restrict xr,
                  const float *restrict xi, float *restrict yr, float *restrict yi,
                  const bool turn) {
  const float sine = 0.866025403784438647f;
  for (int64_t q = 0; q < s; q++) {
    float ar = xr[q], ai = xi[q], br = xr[q + step], bi = xi[q + step];
    float cr = xr[q + 2 * step], ci = xi[q + 2 * step];
    float tr = br + cr, ti = bi + ci, dr = sine * (br - cr), di = sine * (bi - ci);
    float mr = FMA(-0.5f, tr, ar), mi = FMA(-0.5f, ti, ai);
    yr[q] = ar + tr;
    yi[q] = ai + ti;
    put(yr, yi, q + s, mr + di, mi - dr, w, turn);
    put(yr, yi, q + 2 * s, mr - di, mi + dr, w + 2, turn);
  }
}

INLINE void pass4(int64_t step, int64_t s, const float *w, const float *restrict xr,
                  const float *restrict xi, float *restrict yr, float *restrict yi,
                  const bool turn) {
  for (int64_t q = 0; q < s; q++) {
    float ar = xr[q], ai = xi[q], br = xr[q + step], bi = xi[q + step];
    float cr = xr[q + 2 * step], ci = xi[q + 2 * step], dr = xr[q + 3 * step],
          di = xi[q + 3 * step];
    float pr = ar + cr, pi = ai + ci, mr = ar - cr, mi = ai - ci;
    float tr = br + dr, ti = bi + di, ur = br - dr, ui = bi - di;
    yr[q] = pr + tr;
    yi[q] = pi + ti;
    put(yr, yi, q + s, mr + ui, mi - ur, w, turn);
    put(yr, yi, q + 2 * s, pr - tr, pi - ti, w + 2, turn);
    put(yr, yi, q + 3 * s, mr - ui, mi + ur, w + 4, turn);
  }
}

INLINE void pass5(int64_t step, int64_t s, const float *w, const float *restrict xr,
                  const float *restrict xi, float *restrict yr, float *restrict yi,
                  const bool turn) {
  const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;
  const float s1 = 0.951056516295153572f, s2 = 0.587785252292473129f;
  for (int64_t q = 0; q < s; q++) {
    float ar = xr[q], ai = xi[q];
    float br = xr[q + step], bi = xi[q + step], er = xr[q + 4 * step], ei = xi[q + 4 * step];
    float cr = xr[q + 2 * step], ci = xi[q + 2 * step], dr = xr[q + 3 * step],
          di = xi[q + 3 * step];
    float tr = br + er, ti = bi + ei, vr = br - er, vi = bi - ei;
    float ur = cr + dr, ui = ci + di, zr = cr - dr, zi = ci - di;
    float mr = FMA(c1, tr, FMA(c2, ur, ar)), mi = FMA(c1, ti, FMA(c2, ui, ai));
    float nr = FMA(c2, tr, FMA(c1, ur, ar)), ni = FMA(c2, ti, FMA(c1, ui, ai));
    float fr = FMA(s1, vr, s2 * zr), fi = FMA(s1, vi, s2 * zi);
    float gr = FMA(s2, vr, -(s1 * zr)), gi = FMA(s2, vi, -(s1 * zi));
    yr[q] = ar + tr + ur;
    yi[q] = ai + ti + ui;
    put(yr, yi, q + s, mr + fi, mi - fr, w, turn);
    put(yr, yi, q + 2 * s, nr + gi, ni - gr, w + 2, turn);
    put(yr, yi, q + 3 * s, nr - gi, ni + gr, w + 4, turn);
    put(yr, yi, q + 4 * s, mr - fi, mi + fr, w + 6, turn);
  }
}

/* Any odd radix: sums and differences of numbers i and r - i against cosines and sines. unit holds
 * the r roots. */
static void pass_odd(int r, int64_t step, int64_t s, const float *w, const float *unit,
                     const float *restrict xr, const float *restrict xi, float *restrict yr,
                     float *restrict yi) {
  enum { HALF = MX_FFT_RADIX / 2 + 1, BLOCK = 16 };
  float tr[HALF][BLOCK], ti[HALF][BLOCK], ur[HALF][BLOCK], ui[HALF][BLOCK];
  int half = (r - 1) / 2;
  for (int64_t q0 = 0; q0 < s; q0 += BLOCK) {
    int n = s - q0 < BLOCK ? (int)(s - q0) : BLOCK;
    for (int q = 0; q < n; q++) {
      yr[q0 + q] = xr[q0 + q];
      yi[q0 + q] = xi[q0 + q];
    }
    for (int i = 1; i <= half; i++)
      for (int q = 0; q < n; q++) {
        int64_t a = q0 + q + i * step, b = q0 + q + (r - i) * step;
        tr[i][q] = xr[a] + xr[b];
        ti[i][q] = xi[a] + xi[b];
        ur[i][q] = xr[a] - xr[b];
        ui[i][q] = xi[a] - xi[b];
        yr[q0 + q] += tr[i][q];
        yi[q0 + q] += ti[i][q];
      }
    for (int k = 1; k <= half; k++) {
      float mr[BLOCK], mi[BLOCK], nr[BLOCK] = {0}, ni[BLOCK] = {0};
      for (int q = 0; q < n; q++) {
        mr[q] = xr[q0 + q];
        mi[q] = xi[q0 + q];
      }
      for (int i = 1; i <= half; i++) {
        float c = unit[2 * (i * k % r)], d = -unit[2 * (i * k % r) + 1];
        for (int q = 0; q < n; q++) {
          mr[q] = FMA(c, tr[i][q], mr[q]);
          mi[q] = FMA(c, ti[i][q], mi[q]);
          nr[q] = FMA(d, ur[i][q], nr[q]);
          ni[q] = FMA(d, ui[i][q], ni[q]);
        }
      }
      const float *low = w + 2 * (k - 1), *high = w + 2 * (r - k - 1);
      for (int q = 0; q < n; q++) {
        put(yr, yi, q0 + q + k * s, mr[q] + ni[q], mi[q] - nr[q], low, true);
        put(yr, yi, q0 + q + (r - k) * s, mr[q] - ni[q], mi[q] + nr[q], high, true);
      }
    }
  }
}

#define RADIX(n)                                                                                   \
  case n:                                                                                          \
    if (p)                                                                                         \
      pass##n(m * s, s, w, xr, xi, yr, yi, true);                                                  \
    else                                                                                           \
      pass##n(m * s, s, w, xr, xi, yr, yi, false);                                                 \
    break;

/* The r roots of an odd radix lie before those of the pass. */
static void pass(int r, int64_t m, int64_t s, const float *roots, mx_planes x, mx_planes y) {
  const float *unit = roots;
  if (r > 5)
    roots += 2 * r;
  for (int64_t p = 0; p < m; p++) {
    const float *w = roots + 2 * (r - 1) * p, *xr = x.re + s * p, *xi = x.im + s * p;
    float *yr = y.re + s * r * p, *yi = y.im + s * r * p;
    switch (r) {
      RADIX(2) RADIX(3) RADIX(4) RADIX(5)
    default:
      pass_odd(r, m * s, s, w, unit, xr, xi, yr, yi);
    }
  }
}

static void twist(int64_t rows, int64_t cols, mx_planes x, int64_t ldx, mx_planes w, int64_t ldw,
                  mx_planes y) {
  enum { T = 8 };
  for (int64_t i0 = 0; i0 < rows; i0 += T)
    for (int64_t j0 = 0; j0 < cols; j0 += T) {
      float re[T][T], im[T][T];
      int64_t m = rows - i0 < T ? rows - i0 : T, n = cols - j0 < T ? cols - j0 : T;
      for (int64_t i = 0; i < m; i++) {
        const float *restrict xr = x.re + (i0 + i) * ldx + j0, *restrict xi =
                                                                   x.im + (i0 + i) * ldx + j0;
        const float *restrict wr = w.re + (i0 + i) * ldw + j0, *restrict wi =
                                                                   w.im + (i0 + i) * ldw + j0;
        for (int64_t j = 0; j < n; j++) {
          re[i][j] = FMA(xr[j], wr[j], -(xi[j] * wi[j]));
          im[i][j] = FMA(xr[j], wi[j], xi[j] * wr[j]);
        }
      }
      if (m == T && n == T) {
        for (int64_t j = 0; j < T; j++) {
          float *restrict yr = y.re + (j0 + j) * rows + i0, *restrict yi =
                                                                y.im + (j0 + j) * rows + i0;
          for (int64_t i = 0; i < T; i++) {
            yr[i] = re[i][j];
            yi[i] = im[i][j];
          }
        }
        continue;
      }
      for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < m; i++) {
          y.re[(j0 + j) * rows + i0 + i] = re[i][j];
          y.im[(j0 + j) * rows + i0 + i] = im[i][j];
        }
    }
}

static void split(const float *src, int64_t n, mx_planes x) {
  const float *restrict from = src;
  float *restrict re = x.re, *restrict im = x.im;
  for (int64_t i = 0; i < n; i++) {
    re[i] = from[2 * i];
    im[i] = from[2 * i + 1];
  }
}

static void merge(mx_planes x, int64_t n, float scale, float *dst) {
  const float *restrict re = x.re, *restrict im = x.im;
  float *restrict to = dst;
  for (int64_t i = 0; i < n; i++) {
    to[2 * i] = scale * re[i];
    to[2 * i + 1] = scale * im[i];
  }
}

static void multiply(mx_planes x, mx_planes w, int64_t n, bool conjugate) {
  const float *restrict wr = w.re, *restrict wi = w.im;
  float *restrict xr = x.re, *restrict xi = x.im, sign = conjugate ? -1.0f : 1.0f;
  for (int64_t i = 0; i < n; i++) {
    float re = xr[i], im = xi[i];
    xr[i] = FMA(re, wr[i], -(im * wi[i]));
    xi[i] = sign * FMA(re, wi[i], im * wr[i]);
  }
}

/* x[k] = (z[k] + conj z[h - k]) / 2 - i w^k (z[k] - conj z[h - k]) / 2 */
static void real_out(int64_t h, int64_t lanes, mx_planes root, mx_planes z, mx_planes x) {
  for (int64_t k = 0; k <= h; k++) {
    const float *restrict ar = z.re + k % h * lanes, *restrict ai = z.im + k % h * lanes;
    const float *restrict br = z.re + (h - k) % h * lanes, *restrict bi =
                                                               z.im + (h - k) % h * lanes;
    float *restrict xr = x.re + k * lanes, *restrict xi = x.im + k * lanes;
    float wr = 0.5f * root.re[k], wi = 0.5f * root.im[k];
    for (int64_t l = 0; l < lanes; l++) {
      float sr = ar[l] + br[l], si = ai[l] - bi[l], dr = ar[l] - br[l], di = ai[l] + bi[l];
      xr[l] = FMA(wr, di, FMA(wi, dr, 0.5f * sr));
      xi[l] = FMA(wi, di, FMA(-wr, dr, 0.5f * si));
    }
  }
}

/* z[k] = x[k] + conj x[h - k] + i w^-k (x[k] - conj x[h - k]), x[0] and x[h] being real */
static void real_in(int64_t h, int64_t lanes, mx_planes root, mx_planes x, mx_planes z) {
  for (int64_t k = 0; k < h; k++) {
    const float *restrict ar = x.re + k * lanes, *restrict ai = x.im + k * lanes;
    const float *restrict br = x.re + (h - k) * lanes, *restrict bi = x.im + (h - k) * lanes;
    float *restrict zr = z.re + k * lanes, *restrict zi = z.im + k * lanes;
    float wr = root.re[k], wi = root.im[k], used = k ? 1.0f : 0.0f;
    for (int64_t l = 0; l < lanes; l++) {
      float ai_ = used * ai[l], bi_ = used * bi[l];
      float sr = ar[l] + br[l], si = ai_ - bi_, dr = ar[l] - br[l], di = ai_ + bi_;
      /* i conj(w) d = (wi + i wr) d */
      zr[l] = sr + FMA(wi, dr, -(wr * di));
      zi[l] = si + FMA(wi, di, wr * dr);
    }
  }
}

void MX_SIMD(fill_fft)(mx_fft_kernels *k);
void MX_SIMD(fill_fft)(mx_fft_kernels *k) {
  *k = (mx_fft_kernels){pass, twist, split, merge, multiply, real_out, real_in};
}
