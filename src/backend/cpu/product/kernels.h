/* The kernels of matrix products: what each instruction-set tier fills in.
 * Invariant: in a tier, each entry computes an output element in one order of operations, whatever
 * the number of rows or columns that share a call; so drivers may cut the output anywhere. */
#ifndef MX_CPU_PRODUCT_KERNELS_H
#define MX_CPU_PRODUCT_KERNELS_H

#include "backend/cpu/product/product.h"

enum {
  MX_TILE_MAX = 16 * 48,   /* elements of the largest tile */
  MX_DOT_W = 3,            /* rows of W that a dot kernel takes at most */
  MX_DOT_X = 4,            /* rows of x */
  MX_DOT_STEP = 512,       /* elements of K between two visits to a dot kernel */
  MX_VECTOR_MAX = 16,      /* float lanes of the widest tier */
  MX_QDOT_ROWS = 4         /* rows of codes that a qdot kernel takes at most */
};

/* One operand for a packer: `lanes` rows run across a panel, K runs along it. */
typedef struct mx_lanes {
  const char *data;
  mlx_dtype dtype;
  int64_t lane_stride, k_stride; /* elements */
} mx_lanes;

/* Rows of codes, at matrix b of the batch. Row r starts at words + r * word_stride. */
typedef struct mx_codes {
  mx_quant_mode mode;
  int bits, group;
  const uint32_t *words;
  const char *scales, *biases;
  mlx_dtype dtype;
  float factor;
  int64_t row_codes, word_stride, group_stride;
} mx_codes;

/* Asks for codes start .. start + n of row r, which need not exist: runs of a row are too short for
 * the hardware to see the next one coming. */
static inline void mx_prefetch_codes(const mx_codes *q, int64_t r, int64_t start, int64_t n) {
  uintptr_t at = (uintptr_t)q->words + (uintptr_t)(r * q->word_stride * 4 + start * q->bits / 8);
  for (uintptr_t end = at + (uintptr_t)(n * q->bits / 8); at < end; at += 64) {
    __builtin_prefetch((const void *)at);
  }
}

/* x of one row, made ready for qdot. */
typedef struct mx_qdot_x {
  const float *x;    /* in the order of the kernel, zero-padded */
  const float *sums; /* of x over each group, zero-padded to a multiple of MX_VECTOR_MAX */
  const float *last_sums; /* of the groups past the last whole vector, at its end */
} mx_qdot_x;

typedef struct mx_epilogue {
  float alpha, beta;
  const char *c; /* row of Cin; NULL: none */
  mlx_dtype c_dtype;
  int64_t c_stride;
  const char *bias;
  mlx_dtype bias_dtype;
  int64_t bias_stride;
} mx_epilogue;

typedef struct mx_product_kernels {
  int vl;     /* float lanes of a vector */
  int mr, nr; /* the tile */

  /* c[i][j] (+)= sum over k of a[i * a_row + k * a_k] * b[k * b_k + j], i < rows <= mr, j < nr.
   * packed: a_row 1, a_k mr, b_k nr. */
  void (*tile)(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int rows,
               bool add);
  void (*tile_strided)(int64_t k, const float *a, int64_t a_row, int64_t a_k, const float *b,
                       int64_t b_k, float *c, int64_t ldc, int rows, bool add);
  /* The same over panels of bfloat16 pairs, k counting pairs; NULL where there is none. */
  void (*tile_pairs)(int64_t k, const float *a, const float *b, float *c, int64_t ldc, int rows,
                     bool add);

  /* Panels [k][mr] or [k][nr] of lanes lane0 .. lane0 + lanes, one after the other; the lanes that
   * the last panel lacks are zero. */
  void (*pack_a)(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k, float *dst);
  void (*pack_b)(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k, float *dst);
  void (*pack_b_codes)(const mx_codes *q, bool transposed, int64_t lane0, int64_t lanes, int64_t k0,
                       int64_t k, float *dst);
  void (*pack_a_pairs)(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                       float *dst);
  void (*pack_b_pairs)(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                       float *dst);

  /* n numbers of a row to float32. */
  void (*load)(const char *src, mlx_dtype dtype, int64_t stride, int64_t n, float *dst);
  /* Finishes one row: dst = alpha * acc + beta * c + bias. */
  void (*finish)(const mx_epilogue *e, const float *acc, int64_t n, char *dst, mlx_dtype dtype,
                 int64_t dst_stride);

  /* acc[(i * MX_DOT_W + j) * vl ..] += x[i] * w[j] lane by lane, i < rows <= MX_DOT_X and
   * j < w_rows <= MX_DOT_W, over k dense elements; w in its dtype. */
  void (*dot)(const float *x, int64_t ldx, int rows, const char *w, mlx_dtype dtype, int64_t ldw,
              int w_rows, int64_t k, float *acc);
  /* out[i * ldo + j] = sum of acc of (i, j) over the lanes. */
  void (*dot_sum)(const float *acc, int rows, int w_rows, float *out, int64_t ldo);
  /* acc[i][j] += sum over k of x[i * ldx + k] * b[k * ldb + j], j < n, i < rows. */
  void (*axpy)(const float *x, int64_t ldx, int rows, const char *b, mlx_dtype dtype, int64_t ldb,
               int64_t k, int64_t n, float *acc, int64_t lda);

  /* dst[0 .. n) = numbers start .. start + n of row r; start and n are multiples of 8. */
  void (*decode)(const mx_codes *q, int64_t r, int64_t start, int64_t n, float *dst);
  /* Row r of affine codes as k numbers of the scales' dtype. */
  void (*dequantize)(const mx_codes *q, int64_t r, int64_t k, char *dst);
  /* Floats that qdot_prepare writes for a row of k. */
  int64_t (*qdot_floats)(int64_t k, int bits);
  /* Writes that many to dst; to sums those of the groups, padded, and MX_VECTOR_MAX more. */
  void (*qdot_prepare)(const float *x, int64_t k, int bits, int group, float *dst, float *sums);
  /* out[j] = row r + j of affine codes times x, j < rows <= MX_QDOT_ROWS. */
  void (*qdot)(const mx_codes *q, int64_t r, int rows, int64_t k, const mx_qdot_x *x, float *out);

  /* float64: c[4][8] (+)= panels a[k][4], b[k][8]. */
  void (*tile_f64)(int64_t k, const double *a, const double *b, double *c, int64_t ldc, bool add);
} mx_product_kernels;

/* The table of this machine, or of MLX_CPU_ISA. */
const mx_product_kernels *mx_product_table(void);

#endif
