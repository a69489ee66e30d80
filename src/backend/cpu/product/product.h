/* Matrix products of the CPU backend: C = alpha * A B + beta * Cin + bias over raw pointers and
 * strides, where B may be block-quantized, for a batch of matrices.
 * Invariant: every number is accumulated in float32 (float64 for float64) in an order that the
 * shape, the formats and the orientation of the operands give, never the number of threads or
 * the place of a row among others; it is rounded once, when it is stored. */
#ifndef MX_CPU_PRODUCT_H
#define MX_CPU_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>
#include "mlx/c/array.h"

/* A batch of matrices. Element (i, j) of matrix b is at data[(index ? index[b] : b) * batch_stride
 * + i * row_stride + j * col_stride], all in elements. Any stride may be zero or negative. */
typedef struct mx_matrix {
  const void *data;
  mlx_dtype dtype;
  int64_t row_stride, col_stride, batch_stride;
  const int64_t *index;
} mx_matrix;

typedef enum mx_quant_mode {
  MX_QUANT_NONE = 0,
  MX_QUANT_AFFINE,
  MX_QUANT_MXFP4,
  MX_QUANT_NVFP4,
  MX_QUANT_MXFP8
} mx_quant_mode;

/* How the codes of a quantized B become numbers. B's data is then uint32 words, its row_stride and
 * batch_stride count words and its col_stride is not looked at: rows are dense. A row of codes runs
 * along K when transposed (N rows, y = x W^T), along N when not (K rows, y = x W). Strides here
 * count groups. Scales of the fp modes are bytes. */
typedef struct mx_quant {
  mx_quant_mode mode;
  bool transposed;
  int bits, group;
  const void *scales, *biases;
  mlx_dtype dtype;
  float global_scale; /* nvfp4: every number times this; 1 where there is none */
  int64_t row_stride, batch_stride;
} mx_quant;

typedef struct mx_product {
  int64_t m, n, k, batch;
  mx_matrix a;   /* m x k */
  mx_matrix b;   /* k x n, or packed */
  mx_quant quant; /* of b */
  float alpha, beta;
  mx_matrix c;        /* m x n, looked at when beta is not 0 */
  const void *bias;   /* n numbers added to each row, or NULL */
  mlx_dtype bias_dtype;
  int64_t bias_stride;
  mx_matrix out; /* m x n: no two elements share a place; data is written. May be c itself. */
} mx_product;

/* Dtypes: a and b of float16, bfloat16 or float32 in any mixture with any of the three as output;
 * or float64 throughout; or complex64 throughout. Returns nonzero after mx_fail. */
int mx_product_run(const mx_product *p);

/* Gives back what this thread keeps for packing. A thread that ends does it by itself. */
void mx_product_release_scratch(void);

/* Affine quantization of rows * k numbers, dense; k is a multiple of the group. bits 1..6 and 8,
 * group 32, 64 or 128; dtype float16, bfloat16 or float32 for w, scales and biases. */
int mx_quantize_affine(const void *w, mlx_dtype dtype, int64_t rows, int64_t k, int group,
                       int bits, uint32_t *codes, void *scales, void *biases);
/* The product and the sum are rounded to dtype, that of scales, biases and out, one by one. */
int mx_dequantize_affine(const uint32_t *codes, const void *scales, const void *biases,
                         mlx_dtype dtype, int64_t rows, int64_t k, int group, int bits, void *out);

/* The block formats. amax_scale is 2688 / global_scale and global_scale / 2688 its inverse where
 * there is a global scale (nvfp4 only); pass global_scale 0 for none. */
int mx_quantize_fp(mx_quant_mode mode, const void *w, mlx_dtype dtype, int64_t rows, int64_t k,
                   float global_scale, uint32_t *codes, uint8_t *scales);
int mx_dequantize_fp(mx_quant_mode mode, const uint32_t *codes, const uint8_t *scales,
                     float global_scale, mlx_dtype dtype, int64_t rows, int64_t k, void *out);
/* Group and bits of a mode; 0 for the affine mode, where they are free. */
int mx_quant_group(mx_quant_mode mode);
int mx_quant_bits(mx_quant_mode mode);

uint8_t mx_f32_to_e4m3(float x);
float mx_e4m3_to_f32(uint8_t byte);
void mx_e4m3_from_floats(const void *x, mlx_dtype dtype, int64_t n, uint8_t *out);
void mx_e4m3_to_floats(const uint8_t *x, int64_t n, mlx_dtype dtype, void *out);

#endif
