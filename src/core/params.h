/* The parameter words of primitives, by family: what a builder writes and a backend reads.
 * Invariant: every field is an int64_t or a double, so that operations compare, hash and go to a
 * file as plain words. Booleans are 0 and 1. */
#ifndef MX_CORE_PARAMS_H
#define MX_CORE_PARAMS_H

#include <stdint.h>

/* --- views: the offset in elements of the input, then --- */

/* reshape, broadcast_to: a word for each length of the result, so that it can follow another input:
 * the length itself, -1 for the one that is inferred (reshape alone), or the product of the lengths of
 * the input's axes from..to. squeeze, expand_dims: a mask of axes. transpose: the order. slice: first
 * element, then step, of every axis. diagonal: offset and both axes. */
#define MX_LENGTH(from, to) (-2 - ((int64_t)(from) * 64 + (to)))
#define MX_LENGTH_OF_INPUT(w) ((w) < -1)
#define MX_LENGTH_FROM(w) ((-2 - (w)) / 64)
#define MX_LENGTH_TO(w) ((-2 - (w)) % 64)

/* --- reduce, scan, fast --- */

typedef struct mx_reduce_params {
  int64_t axes; /* bit i: axis i is reduced */
} mx_reduce_params;

/* The most numbers of a window that share_extreme takes. */
#define MX_SHARE_MAX 64

/* How many elements the axes hold, less `less`; inverted: one over that. */
typedef struct mx_count_params {
  int64_t axes; /* as above */
  int64_t inverted;
  double less;
} mx_count_params;

typedef struct mx_axis_params { /* argmin, argmax */
  int64_t axis;
} mx_axis_params;

typedef struct mx_scan_params {
  int64_t axis, reverse, inclusive;
} mx_scan_params;

typedef struct mx_norm_params {
  double eps;
} mx_norm_params;

/* Inputs: x, offset (int32, 0-d or one a batch row; absent: `offset`), freqs (float32; absent:
 * base). */
typedef struct mx_rope_params {
  int64_t dims, traditional;
  double base, scale;
  int64_t offset;
} mx_rope_params;

/* Inputs: q, k, v, mask (bool, or of the result's dtype; may be absent), sinks (may be absent). */
typedef struct mx_attention_params {
  double scale;
  int64_t causal;
} mx_attention_params;

/* --- matmul, quant --- */

typedef struct mx_addmm_params {
  double alpha, beta;
} mx_addmm_params;

typedef struct mx_quant_params {
  int64_t mode; /* 0 affine, 1 mxfp4, 2 nvfp4, 3 mxfp8 */
  int64_t group, bits;
  int64_t transpose; /* products: rows of codes run along K */
} mx_quant_params;

typedef struct mx_hadamard_params {
  int64_t m; /* 1, 12, 20 or 28; the length is m times a power of two */
  double scale;
} mx_hadamard_params;

/* --- conv --- */

#define MX_CONV_SPATIAL 3

/* One number a spatial axis, n axes; unused ones are 0. Paddings are not negative. */
typedef struct mx_conv_params {
  int64_t n, groups, flip;
  int64_t stride[MX_CONV_SPATIAL], lo[MX_CONV_SPATIAL], hi[MX_CONV_SPATIAL];
  int64_t kernel_dilation[MX_CONV_SPATIAL], input_dilation[MX_CONV_SPATIAL];
} mx_conv_params;

/* --- linalg --- */

typedef struct mx_triangle_params { /* cholesky, inverse, solve */
  int64_t upper, triangular;
} mx_triangle_params;

typedef struct mx_qr_params {
  int64_t complete;
} mx_qr_params;

typedef struct mx_vectors_params { /* svd, eig, eigh */
  int64_t vectors, upper;
} mx_vectors_params;

/* --- fft --- */

enum mx_fft_kind { MX_FFT_COMPLEX, MX_FFT_FROM_REAL, MX_FFT_TO_REAL };

typedef struct mx_fft_params {
  int64_t kind, inverse, axis;
  int64_t n;    /* the length of the transform: that of the real side where there is one */
  double scale; /* of the result */
} mx_fft_params;

/* --- create, index, join, sort, random --- */

typedef struct mx_arange_params {
  double start, step; /* integer dtypes: whole numbers */
} mx_arange_params;

/* How a value meets the one that is there. */
enum mx_combine { MX_COMBINE_SET, MX_COMBINE_ADD, MX_COMBINE_PROD, MX_COMBINE_MIN, MX_COMBINE_MAX };

/* gather: n index axes follow, then the lengths of the slice. scatter: mode instead of nothing. */
typedef struct mx_gather_params {
  int64_t n_axes;
  int64_t lists[]; /* axes, slice lengths */
} mx_gather_params;

typedef struct mx_scatter_params {
  int64_t mode, n_axes;
  int64_t axes[];
} mx_scatter_params;

typedef struct mx_along_axis_params { /* take, take_along_axis; mode for the writing ones */
  int64_t axis, mode;
} mx_along_axis_params;

typedef struct mx_slice_update_params {
  int64_t mode;
  int64_t lists[]; /* first element, then step, of every axis */
} mx_slice_update_params;

typedef struct mx_slice_dynamic_params {
  int64_t n_axes;
  int64_t axes[];
} mx_slice_dynamic_params;

typedef struct mx_searchsorted_params {
  int64_t right;
} mx_searchsorted_params;

typedef struct mx_sort_params {
  int64_t axis, kth; /* kth: partitions alone */
} mx_sort_params;

/* float32: [0, 1); erfinv of a uniform in (-1, 1); -log(-log(u)); sign(u) log1p(-|u|), u in (-1, 1). */
enum mx_draw { MX_DRAW_BITS, MX_DRAW_UNIT, MX_DRAW_NORMAL, MX_DRAW_GUMBEL, MX_DRAW_LAPLACE };

typedef struct mx_bits_params {
  int64_t width; /* bytes an element */
  int64_t draw;
} mx_bits_params;

typedef struct mx_random_erf_params {
  int64_t inverse;
} mx_random_erf_params;

#endif
