/* Builders of transforms of frames: short-time Fourier transforms and their inverse. */
#include <string.h>

#include "gen/ops.h"

typedef struct frames {
  int64_t n, hop, window;
} frames;

static int set_frames(const char *op, int64_t n, mlx_optional_int hop, mlx_optional_int window,
                      const mx_array *given, frames *f) {
  f->n = n;
  f->hop = hop.has_value ? hop.value : n / 4 > 0 ? n / 4 : 1;
  f->window = window.has_value ? window.value : given && given->ndim == 1 ? given->shape[0] : n;
  if (n < 1 || f->hop < 1 || f->window < 1)
    return mx_fail(MX_VALUE, "[%s] frames of %lld, %lld apart, with windows of %lld", op,
                   (long long)n, (long long)f->hop, (long long)f->window);
  if (f->window > n)
    return mx_fail(MX_VALUE, "[%s] a window of %lld is longer than a frame of %lld", op,
                   (long long)f->window, (long long)n);
  if (given && (given->ndim != 1 || given->shape[0] != f->window))
    return mx_fail(MX_VALUE, "[%s] the window must be a vector of %lld numbers", op,
                   (long long)f->window);
  return 0;
}

/* The window in the middle of a frame of zeros. */
static mx_array *whole_window(mx_array *window, const frames *f, mx_stream *s) {
  mx_array *zero = mx_scalar(0, MLX_FLOAT32);
  window = window ? mx_cast(window, MLX_FLOAT32, s) : mx_ones(MX_INTS(f->window), MLX_FLOAT32, s);
  int64_t left = (f->n - f->window) / 2, right = f->n - f->window - left;
  if (!window || !zero || f->window == f->n)
    return zero ? window : NULL;
  return mx_pad(window, MX_INTS(0), MX_INTS(left), MX_INTS(right), zero, "constant", s);
}

/* Frames of the last axis: views of the same memory. */
static mx_array *framed(mx_array *x, const frames *f, int64_t count, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM + 1], strides[MX_MAX_NDIM + 1];
  int n = x->ndim;
  if (n >= MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[stft] more than %d dimensions", MX_MAX_NDIM);
    return NULL;
  }
  x = mx_row_major(x, s);
  if (!x)
    return NULL;
  mx_row_strides(strides, x->shape, n);
  memcpy(shape, x->shape, (size_t)n * sizeof *shape);
  shape[n - 1] = count;
  strides[n - 1] = f->hop;
  shape[n] = f->n;
  strides[n] = 1;
  return mx_as_strided(x, (mx_ints){shape, n + 1}, (mx_ints){strides, n + 1}, 0, s);
}

mx_array *mx_fft_stft(mx_array *x, int n_fft, mlx_optional_int hop_length,
                      mlx_optional_int win_length, mx_array *window, bool center,
                      const char *pad_mode, mlx_fft_norm norm, mlx_optional_int onesided,
                      mx_stream *s) {
  frames f;
  if (!x || set_frames("stft", n_fft, hop_length, win_length, window, &f))
    return NULL;
  if (!x->ndim) {
    mx_fail(MX_VALUE, "[stft] the input must have at least one dimension");
    return NULL;
  }
  bool complex_input = x->dtype == MLX_COMPLEX64;
  bool half = onesided.has_value ? onesided.value != 0 : !complex_input;
  x = complex_input ? x : mx_cast(x, MLX_FLOAT32, s);
  mx_array *zero = x ? mx_scalar(0, (mlx_dtype)x->dtype) : NULL;
  if (x && zero && center) {
    int64_t side = f.n / 2;
    x = mx_pad(x, MX_INTS(-1), MX_INTS(side), MX_INTS(side), zero, pad_mode, s);
  }
  window = whole_window(window, &f, s);
  if (!x || !zero || !window)
    return NULL;
  int64_t length = x->shape[x->ndim - 1];
  if (length < f.n) {
    mx_fail(MX_VALUE, "[stft] %lld samples are too few for frames of %lld", (long long)length,
            (long long)f.n);
    return NULL;
  }
  x = framed(x, &f, 1 + (length - f.n) / f.hop, s);
  x = x ? mx_multiply(x, window, s) : NULL;
  x = half ? mx_fft_rfft(x, n_fft, -1, norm, s) : mx_fft_fft(x, n_fft, -1, norm, s);
  return x ? mx_swapaxes(x, -1, -2, s) : NULL;
}

/* Sums of frames (..., count, n) at their places: (..., n + hop (count - 1)). */
static mx_array *overlapped(mx_array *x, const frames *f, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], count = x->shape[x->ndim - 2];
  int n = x->ndim - 1;
  memcpy(shape, x->shape, (size_t)n * sizeof *shape);
  mx_array *first = mx_arange(0, (double)count, 1, MLX_INT32, s);
  mx_array *hop = mx_scalar((double)f->hop, MLX_INT32);
  mx_array *within = mx_arange(0, (double)f->n, 1, MLX_INT32, s);
  first = first && hop ? mx_expand_dims(mx_multiply(first, hop, s), -1, s) : NULL;
  mx_array *at = first && within ? mx_add(first, within, s) : NULL;
  shape[n - 1] = count * f->n;
  at = at ? mx_reshape(at, MX_INTS(count * f->n), s) : NULL;
  at = at ? mx_broadcast_to(at, (mx_ints){shape, n}, s) : NULL;
  x = mx_reshape(x, (mx_ints){shape, n}, s);
  shape[n - 1] = f->n + f->hop * (count - 1);
  mx_array *sum = mx_zeros((mx_ints){shape, n}, MLX_FLOAT32, s);
  return at && x && sum ? mx_scatter_add_axis(sum, at, x, -1, s) : NULL;
}

/* Samples from .. from + length of the last axis, zeros past its end. */
static mx_array *part_of(mx_array *x, int64_t from, int64_t length, mx_stream *s) {
  int64_t start[MX_MAX_NDIM] = {0}, stop[MX_MAX_NDIM], step[MX_MAX_NDIM];
  int n = x->ndim;
  for (int i = 0; i < n; i++) {
    stop[i] = x->shape[i];
    step[i] = 1;
  }
  int64_t end = x->shape[n - 1] < from + length ? x->shape[n - 1] : from + length;
  start[n - 1] = from < end ? from : end;
  stop[n - 1] = end;
  x = mx_slice(x, (mx_ints){start, n}, (mx_ints){stop, n}, (mx_ints){step, n}, s);
  int64_t lacks = x ? length - x->shape[n - 1] : 0;
  mx_array *zero = mx_scalar(0, MLX_FLOAT32);
  if (!x || !zero || lacks <= 0)
    return zero ? x : NULL;
  return mx_pad(x, MX_INTS(-1), MX_INTS(0), MX_INTS(lacks), zero, "constant", s);
}

mx_array *mx_fft_istft(mx_array *stft_matrix, mlx_optional_int n_fft, mlx_optional_int hop_length,
                       mlx_optional_int win_length, mx_array *window, bool center,
                       mlx_fft_norm norm, mlx_optional_int onesided, mlx_optional_int length,
                       mx_stream *s) {
  mx_array *x = stft_matrix;
  frames f;
  bool half = !onesided.has_value || onesided.value;
  if (!x)
    return NULL;
  if (x->ndim < 2 || x->shape[x->ndim - 1] < 1) {
    mx_fail(MX_VALUE, "[istft] the input must have at least two dimensions (frequencies, frames)");
    return NULL;
  }
  int64_t rows = x->shape[x->ndim - 2], n = half ? 2 * (rows - 1) : rows;
  n = n_fft.has_value ? n_fft.value : n;
  if (n > INT32_MAX || (length.has_value && length.value < 0)) {
    mx_fail(MX_VALUE, "[istft] frames of %lld, a length of %d", (long long)n, length.value);
    return NULL;
  }
  if (set_frames("istft", n, hop_length, win_length, window, &f) ||
      !(window = whole_window(window, &f, s)) || !(x = mx_swapaxes(x, -1, -2, s)))
    return NULL;
  x = half ? mx_fft_irfft(x, (int)n, -1, norm, s) : mx_real(mx_fft_ifft(x, (int)n, -1, norm, s), s);
  x = x ? mx_multiply(x, window, s) : NULL;
  if (!x)
    return NULL;
  mx_array *weight = mx_square(window, s), *tiny = mx_scalar(1e-10, MLX_FLOAT32);
  int64_t count = x->shape[x->ndim - 2];
  weight = weight ? mx_broadcast_to(weight, MX_INTS(count, f.n), s) : NULL;
  weight = weight ? overlapped(weight, &f, s) : NULL;
  x = overlapped(x, &f, s);
  if (!weight || !tiny || !x)
    return NULL;
  mx_array *used = mx_greater(weight, tiny, s), *divided = mx_divide(x, weight, s);
  x = used && divided ? mx_where(used, divided, x, s) : NULL;
  if (!x)
    return NULL;
  int64_t side = center ? f.n / 2 : 0, all = x->shape[x->ndim - 1] - 2 * side;
  return part_of(x, side, length.has_value ? length.value : all > 0 ? all : 0, s);
}
