/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MLX_FFT_H
#define MLX_FFT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "mlx/c/array.h"
#include "mlx/c/map.h"
#include "mlx/c/optional.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef enum mlx_fft_norm_ {
  MLX_FFT_NORM_BACKWARD,
  MLX_FFT_NORM_ORTHO,
  MLX_FFT_NORM_FORWARD
} mlx_fft_norm;

/* Discrete Fourier transform along one axis, cut or padded with zeros to length n. Norms:
 * backward divides the inverse by n, forward the transform, ortho both by its root. */
int mlx_fft_fft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* The inverse of fft. */
int mlx_fft_ifft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* The first n / 2 + 1 numbers of the transform of real numbers. */
int mlx_fft_rfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* The inverse of rfft: n real numbers, without n an even number of them. */
int mlx_fft_irfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* Transforms over several axes; no list of lengths means those of a, no axes all of them. */
int mlx_fft_fft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* The inverse of fft2. */
int mlx_fft_ifft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* Transforms over several axes. */
int mlx_fft_fftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* The inverse of fftn. */
int mlx_fft_ifftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* Transforms of real numbers: rfft over the last of the axes, fft over the others. */
int mlx_fft_rfft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* The inverse of rfft2. */
int mlx_fft_irfft2(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* Transforms of real numbers over several axes. */
int mlx_fft_rfftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* The inverse of rfftn. */
int mlx_fft_irfftn(mlx_array* res, const mlx_array a, const int* n, size_t n_num,
    const int* axes, size_t axes_num, mlx_fft_norm norm, const mlx_stream s);
/* Rolls axes by half, so that frequency 0 is in the middle; no axes means all. */
int mlx_fft_fftshift(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* The inverse of fftshift. */
int mlx_fft_ifftshift(mlx_array* res, const mlx_array a, const int* axes, size_t axes_num,
    const mlx_stream s);
/* The frequencies of the numbers of a transform of length n with samples d apart. */
int mlx_fft_fftfreq(mlx_array* res, int n, double d, const mlx_stream s);
/* The frequencies of the numbers of rfft. */
int mlx_fft_rfftfreq(mlx_array* res, int n, double d, const mlx_stream s);
/* Transform to the n real numbers (2 (m - 1) of m where none are named) that a
 * conjugate-symmetric input stands for. */
int mlx_fft_hfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* The inverse of hfft: half of the conjugate-symmetric numbers of a real input. */
int mlx_fft_ihfft(mlx_array* res, const mlx_array a, int n, int axis, mlx_fft_norm norm,
    const mlx_stream s);
/* Transforms of frames of n_fft samples, hop_length (n_fft / 4) apart, along the last axis, times
 * a window of win_length (n_fft) in their middle: (..., frequencies, frames). center pads both
 * ends by half a frame. Frequencies of real samples are onesided unless told otherwise. */
int mlx_fft_stft(mlx_array* res, const mlx_array x, int n_fft, mlx_optional_int hop_length,
    mlx_optional_int win_length, const mlx_array window, bool center, const char* pad_mode,
    mlx_fft_norm norm, mlx_optional_int onesided, const mlx_stream s);
/* Samples from the frames that stft gives: their sums over the sums of the squared windows. */
int mlx_fft_istft(mlx_array* res, const mlx_array stft_matrix, mlx_optional_int n_fft,
    mlx_optional_int hop_length, mlx_optional_int win_length, const mlx_array window, bool center,
    mlx_fft_norm norm, mlx_optional_int onesided, mlx_optional_int length, const mlx_stream s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
