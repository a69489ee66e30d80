/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "mlx/c/fft.h"

#include <stdlib.h>

#include "capi/capi.h"
#include "gen/ops.h"

int mlx_fft_fft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_fft(mx_in(a, "fft_fft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_ifft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_ifft(mx_in(a, "fft_ifft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_rfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_rfft(mx_in(a, "fft_rfft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_irfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_irfft(mx_in(a, "fft_irfft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_fft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_fft2") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_fft2")))
    r = mx_fft_fft2(mx_in(a, "fft_fft2"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_ifft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_ifft2") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_ifft2")))
    r = mx_fft_ifft2(mx_in(a, "fft_ifft2"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_fftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_fftn") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_fftn")))
    r = mx_fft_fftn(mx_in(a, "fft_fftn"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_ifftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_ifftn") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_ifftn")))
    r = mx_fft_ifftn(mx_in(a, "fft_ifftn"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_rfft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_rfft2") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_rfft2")))
    r = mx_fft_rfft2(mx_in(a, "fft_rfft2"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_irfft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_irfft2") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_irfft2")))
    r = mx_fft_irfft2(mx_in(a, "fft_irfft2"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_rfftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_rfftn") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_rfftn")))
    r = mx_fft_rfftn(mx_in(a, "fft_rfftn"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_irfftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list n_l = {.many = NULL};
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&n_l, n, n_num, "fft_irfftn") ||
      mx_in_ints(&axes_l, axes, axes_num, "fft_irfftn")))
    r = mx_fft_irfftn(mx_in(a, "fft_irfftn"), n_l.v, axes_l.v, norm, mx_in_stream(s));
  mx_int_list_free(&n_l);
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_fftshift(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "fft_fftshift")))
    r = mx_fft_fftshift(mx_in(a, "fft_fftshift"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_ifftshift(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_int_list axes_l = {.many = NULL};
  mx_array *r = NULL;
  if (!(mx_in_ints(&axes_l, axes, axes_num, "fft_ifftshift")))
    r = mx_fft_ifftshift(mx_in(a, "fft_ifftshift"), axes_l.v, mx_in_stream(s));
  mx_int_list_free(&axes_l);
  return mx_return(res, r, scope);
}

int mlx_fft_fftfreq(mlx_array* res, int n, double d, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_fftfreq(n, d, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_rfftfreq(mlx_array* res, int n, double d, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_rfftfreq(n, d, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_hfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_hfft(mx_in(a, "fft_hfft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_ihfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_ihfft(mx_in(a, "fft_ihfft"), n, axis, norm, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_stft(mlx_array* res, const mlx_array x, int n_fft, mlx_optional_int hop_length,
    mlx_optional_int win_length, const mlx_array window, bool center, const char* pad_mode,
    mlx_fft_norm norm, mlx_optional_int onesided, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_stft(mx_in(x, "fft_stft"), n_fft, hop_length, win_length, mx_in_optional(window), center, mx_in_text(pad_mode), norm, onesided, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fft_istft(mlx_array* res, const mlx_array stft_matrix, mlx_optional_int n_fft,
    mlx_optional_int hop_length, mlx_optional_int win_length, const mlx_array window, bool center,
    mlx_fft_norm norm, mlx_optional_int onesided, mlx_optional_int length, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fft_istft(mx_in(stft_matrix, "fft_istft"), n_fft, hop_length, win_length, mx_in_optional(window), center, norm, onesided, length, mx_in_stream(s));
  return mx_return(res, r, scope);
}
