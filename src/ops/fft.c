/* Builders of Fourier transforms: one primitive along one axis, the others in terms of it. */
#include <math.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

/* Length of an axis, by slicing or by zeros at its end. */
static mx_array *fit(mx_array *a, int axis, int64_t n, mx_stream *s) {
  int64_t from[MX_MAX_NDIM] = {0}, to[MX_MAX_NDIM], step[MX_MAX_NDIM];
  if (!a || a->shape[axis] == n)
    return a;
  if (a->shape[axis] < n) {
    mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
    int64_t high = n - a->shape[axis];
    return zero ? mx_pad(a, MX_INTS(axis), MX_INTS(0), MX_INTS(high), zero, "constant", s) : NULL;
  }
  for (int i = 0; i < a->ndim; i++) {
    to[i] = i == axis ? n : a->shape[i];
    step[i] = 1;
  }
  return mx_slice(a, (mx_ints){from, a->ndim}, (mx_ints){to, a->ndim}, (mx_ints){step, a->ndim}, s);
}

static double scale_of(mlx_fft_norm norm, bool inverse, int64_t n) {
  if (norm == MLX_FFT_NORM_ORTHO)
    return 1 / sqrt((double)n);
  return (norm == MLX_FFT_NORM_FORWARD) == inverse ? 1 : 1 / (double)n;
}

/* Along one axis, already in range. */
static mx_array *along(mx_array *a, enum mx_fft_kind kind, bool inverse, int axis, int64_t n,
                       mlx_fft_norm norm, mx_stream *s) {
  if (!a)
    return NULL;
  if (n < 1) {
    mx_fail(MX_VALUE, "[fft] invalid length %lld of a transform", (long long)n);
    return NULL;
  }
  if ((int)norm < 0 || norm > MLX_FFT_NORM_FORWARD) {
    mx_fail(MX_VALUE, "[fft] invalid norm %d", (int)norm);
    return NULL;
  }
  a = mx_cast(a, kind == MX_FFT_FROM_REAL ? MLX_FLOAT32 : MLX_COMPLEX64, s);
  a = fit(a, axis, kind == MX_FFT_TO_REAL ? n / 2 + 1 : n, s);
  if (!a)
    return NULL;
  int64_t shape[MX_MAX_NDIM];
  memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
  shape[axis] = kind == MX_FFT_FROM_REAL ? n / 2 + 1 : n;
  mx_fft_params p = {kind, inverse, axis, n, scale_of(norm, inverse, n)};
  mlx_dtype t = kind == MX_FFT_TO_REAL ? MLX_FLOAT32 : MLX_COMPLEX64;
  return mx_node(MX_PRIM_FFT, (mx_spec){t, a->ndim, shape, NULL}, 1, &a, MX_WORDS(p), s);
}

static mx_array *one_axis(const char *op, mx_array *a, enum mx_fft_kind kind, bool inverse,
                          int64_t n, int axis, mlx_fft_norm norm, mx_stream *s) {
  int at;
  if (!a || mx_axis(op, axis, a->ndim, &at))
    return NULL;
  return along(a, kind, inverse, at, n, norm, s);
}

mx_array *mx_fft_fft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  return one_axis("fft", a, MX_FFT_COMPLEX, false, n, axis, norm, s);
}

mx_array *mx_fft_ifft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  return one_axis("ifft", a, MX_FFT_COMPLEX, true, n, axis, norm, s);
}

mx_array *mx_fft_rfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  return one_axis("rfft", a, MX_FFT_FROM_REAL, false, n, axis, norm, s);
}

mx_array *mx_fft_irfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  return one_axis("irfft", a, MX_FFT_TO_REAL, true, n, axis, norm, s);
}

/* ---- several axes ---- */

/* Checked axes and a length for each; count in *k. */
static int lengths(const char *op, const mx_array *a, mx_ints n, mx_ints axes, bool to_real,
                   int *at, int64_t *length, int *k) {
  bool named[MX_MAX_NDIM];
  if (n.n && !axes.n)
    return mx_fail(MX_VALUE, "[%s] lengths are given, but no axes", op);
  *k = axes.n ? axes.n : a->ndim;
  if (n.n && n.n != *k)
    return mx_fail(MX_VALUE, "[%s] %d lengths for %d axes", op, n.n, *k);
  if (mx_axes_mask(op, axes, true, a->ndim, named))
    return 1;
  for (int i = 0; i < *k; i++) {
    if (mx_axis(op, axes.n ? axes.p[i] : i, a->ndim, &at[i]))
      return 1;
    length[i] = n.n ? n.p[i] : a->shape[at[i]];
  }
  if (to_real && !n.n && *k)
    length[*k - 1] = 2 * (length[*k - 1] - 1);
  return 0;
}

static mx_array *many_axes(const char *op, mx_array *a, enum mx_fft_kind kind, bool inverse,
                           mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s) {
  int at[MX_MAX_NDIM], k;
  int64_t length[MX_MAX_NDIM];
  if (!a || lengths(op, a, n, axes, kind == MX_FFT_TO_REAL, at, length, &k))
    return NULL;
  if (k && kind == MX_FFT_FROM_REAL)
    a = along(a, kind, inverse, at[k - 1], length[k - 1], norm, s);
  /* The last axis comes last where it becomes real, first where it was. */
  int others = kind == MX_FFT_COMPLEX ? k : k - 1;
  for (int i = others - 1; i >= 0; i--)
    a = along(a, MX_FFT_COMPLEX, inverse, at[i], length[i], norm, s);
  if (k && kind == MX_FFT_TO_REAL)
    a = along(a, kind, inverse, at[k - 1], length[k - 1], norm, s);
  return a;
}

#define SEVERAL(name, kind, inverse)                                                               \
  mx_array *mx_fft_##name(mx_array *a, mx_ints n, mx_ints axes, mlx_fft_norm norm, mx_stream *s) { \
    return many_axes(#name, a, kind, inverse, n, axes, norm, s);                                   \
  }
SEVERAL(fft2, MX_FFT_COMPLEX, false)
SEVERAL(fftn, MX_FFT_COMPLEX, false)
SEVERAL(ifft2, MX_FFT_COMPLEX, true)
SEVERAL(ifftn, MX_FFT_COMPLEX, true)
SEVERAL(rfft2, MX_FFT_FROM_REAL, false)
SEVERAL(rfftn, MX_FFT_FROM_REAL, false)
SEVERAL(irfft2, MX_FFT_TO_REAL, true)
SEVERAL(irfftn, MX_FFT_TO_REAL, true)

/* ---- order and frequencies ---- */

/* An axis that is named twice is rolled twice. */
static mx_array *rolled(const char *op, mx_array *a, mx_ints axes, bool back, mx_stream *s) {
  if (!a)
    return NULL;
  int n = axes.n ? axes.n : a->ndim;
  for (int i = 0; i < n; i++) {
    int at;
    if (mx_axis(op, axes.n ? axes.p[i] : i, a->ndim, &at))
      return NULL;
    int64_t half = a->shape[at] / 2;
    a = mx_roll_axis(a, MX_INTS(back ? -half : half), at, s);
    if (!a)
      return NULL;
  }
  return a;
}

mx_array *mx_fft_fftshift(mx_array *a, mx_ints axes, mx_stream *s) {
  return rolled("fftshift", a, axes, false, s);
}

mx_array *mx_fft_ifftshift(mx_array *a, mx_ints axes, mx_stream *s) {
  return rolled("ifftshift", a, axes, true, s);
}

/* The whole numbers first .. first + n over length * d. */
static mx_array *frequencies(const char *op, int64_t first, int64_t n, int64_t length, double d,
                             mx_stream *s) {
  if (length < 1 || d == 0) {
    mx_fail(MX_VALUE, "[%s] the length must be positive and the distance not zero, got %lld and %g",
            op, (long long)length, d);
    return NULL;
  }
  mx_array *whole = mx_arange((double)first, (double)(first + n), 1, MLX_FLOAT32, s);
  mx_array *unit = mx_scalar((double)length * d, MLX_FLOAT32);
  return whole && unit ? mx_divide(whole, unit, s) : NULL;
}

mx_array *mx_fft_fftfreq(int n, double d, mx_stream *s) {
  mx_array *r = frequencies("fftfreq", -(n / 2), n, n, d, s);
  return r ? mx_fft_ifftshift(r, (mx_ints){NULL, 0}, s) : NULL;
}

mx_array *mx_fft_rfftfreq(int n, double d, mx_stream *s) {
  return frequencies("rfftfreq", 0, n / 2 + 1, n, d, s);
}

/* ---- conjugate-symmetric numbers ---- */

static mlx_fft_norm other_way(mlx_fft_norm norm) {
  if (norm == MLX_FFT_NORM_BACKWARD)
    return MLX_FFT_NORM_FORWARD;
  return norm == MLX_FFT_NORM_FORWARD ? MLX_FFT_NORM_BACKWARD : norm;
}

mx_array *mx_fft_hfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  if (a && a->dtype == MLX_COMPLEX64)
    a = mx_conjugate(a, s);
  return a ? mx_fft_irfft(a, n, axis, other_way(norm), s) : NULL;
}

mx_array *mx_fft_ihfft(mx_array *a, int n, int axis, mlx_fft_norm norm, mx_stream *s) {
  mx_array *r = a ? mx_fft_rfft(a, n, axis, other_way(norm), s) : NULL;
  return r ? mx_conjugate(r, s) : NULL;
}
