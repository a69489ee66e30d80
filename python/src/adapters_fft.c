/* Fourier transforms, whose lengths may be absent: all are calls of the builders over several axes,
 * which take the lengths of the array where none are given. Each closes its call.
 *
 * Invariant: a builder's empty list means absent, so an empty list that was given ends here. */
#include "call.h"
#include "gen/adapters.h"
#include "gen/ops.h"

typedef mx_array *transform_fn(mx_array *, mx_ints, mx_ints, mlx_fft_norm, mx_stream *);

static const mx_ints absent = {NULL, 0};

/* (a, n, axis, norm) */
static PyObject *along(mxp_call *c, transform_fn *fn) {
  mxp_value *v = c->v;
  mx_ints n = v[1].given ? MX_INTS(v[1].i) : absent, axis = MX_INTS(v[2].i);
  return mxp_end(c, fn(v[0].a, n, axis, (mlx_fft_norm)v[3].i, c->s));
}

/* (a, s, axes, norm). No axes at all leave the array as it is. */
static PyObject *over(mxp_call *c, transform_fn *fn) {
  mxp_value *v = c->v;
  mx_array *a = v[0].a;
  mx_ints lengths = v[1].given ? v[1].ints : absent, axes = v[2].given ? v[2].ints : absent;
  const char *name = c->spec->name;
  int bad = 0;
  if (v[1].given && !v[2].given)
    bad = mx_fail(MX_VALUE, "[%s] lengths are given, but no axes", name);
  else if (v[1].given && lengths.n != axes.n)
    bad = mx_fail(MX_VALUE, "[%s] %d lengths for %d axes", name, lengths.n, axes.n);
  else if (a->ndim == 0 && axes.n == 0)
    bad = mx_fail(MX_VALUE, "[%s] an array without axes", name);
  if (bad) return mxp_end(c, NULL);
  if (v[2].given && axes.n == 0) return mxp_end(c, a);
  return mxp_end(c, fn(a, lengths, axes, (mlx_fft_norm)v[3].i, c->s));
}

PyObject *mxp_do_fft_fft(mxp_call *c) {
  return along(c, mx_fft_fftn);
}
PyObject *mxp_do_fft_ifft(mxp_call *c) {
  return along(c, mx_fft_ifftn);
}
PyObject *mxp_do_fft_rfft(mxp_call *c) {
  return along(c, mx_fft_rfftn);
}
PyObject *mxp_do_fft_irfft(mxp_call *c) {
  return along(c, mx_fft_irfftn);
}

PyObject *mxp_do_fft_fft2(mxp_call *c) {
  return over(c, mx_fft_fft2);
}
PyObject *mxp_do_fft_ifft2(mxp_call *c) {
  return over(c, mx_fft_ifft2);
}
PyObject *mxp_do_fft_rfft2(mxp_call *c) {
  return over(c, mx_fft_rfft2);
}
PyObject *mxp_do_fft_irfft2(mxp_call *c) {
  return over(c, mx_fft_irfft2);
}

PyObject *mxp_do_fft_fftn(mxp_call *c) {
  return over(c, mx_fft_fftn);
}
PyObject *mxp_do_fft_ifftn(mxp_call *c) {
  return over(c, mx_fft_ifftn);
}
PyObject *mxp_do_fft_rfftn(mxp_call *c) {
  return over(c, mx_fft_rfftn);
}
PyObject *mxp_do_fft_irfftn(mxp_call *c) {
  return over(c, mx_fft_irfftn);
}

/* (n, d, stream, dtype): whole numbers, exact in float32, over n d in the dtype. */
static PyObject *frequencies(mxp_call *c, mx_array *(*fn)(int, double, mx_stream *)) {
  mxp_value *v = c->v;
  int n = (int)v[0].i;
  if (!v[3].given || n < 1) return mxp_end(c, fn(n, v[1].d, c->s));
  mx_array *whole = mx_round(fn(n, 1.0 / n, c->s), 0, c->s);
  mx_array *unit = mx_scalar(1 / (n * v[1].d), (mlx_dtype)v[3].i);
  whole = whole ? mx_cast(whole, (mlx_dtype)v[3].i, c->s) : NULL;
  return mxp_end(c, whole && unit ? mx_multiply(whole, unit, c->s) : NULL);
}

PyObject *mxp_do_fft_fftfreq(mxp_call *c) {
  return frequencies(c, mx_fft_fftfreq);
}
PyObject *mxp_do_fft_rfftfreq(mxp_call *c) {
  return frequencies(c, mx_fft_rfftfreq);
}

/* True and False as the builders take them; absent where not given. */
static mlx_optional_int optional_bool(const mxp_value *v) {
  return (mlx_optional_int){v->given && v->b, v->given};
}

/* (x, n_fft, hop_length, win_length, window, center, pad_mode, norm, onesided) */
PyObject *mxp_do_fft_stft(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *window = v[4].given ? v[4].a : NULL;
  return mxp_end(c, mx_fft_stft(v[0].a, (int)v[1].i, mxp_oint(&v[2]), mxp_oint(&v[3]), window,
                                v[5].b, v[6].s, (mlx_fft_norm)v[7].i, optional_bool(&v[8]), c->s));
}

/* (stft_matrix, n_fft, hop_length, win_length, window, center, norm, onesided, length) */
PyObject *mxp_do_fft_istft(mxp_call *c) {
  mxp_value *v = c->v;
  mx_array *window = v[4].given ? v[4].a : NULL;
  return mxp_end(c, mx_fft_istft(v[0].a, mxp_oint(&v[1]), mxp_oint(&v[2]), mxp_oint(&v[3]), window,
                                 v[5].b, (mlx_fft_norm)v[6].i, optional_bool(&v[7]),
                                 mxp_oint(&v[8]), c->s));
}
