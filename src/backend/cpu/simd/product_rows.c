/* Products of few rows of x with a big W: W streams through once and is never packed.
 * Invariant: a dot is VL chains over ascending k and one fold; an axpy is one chain over ascending
 * k. Neither depends on which rows or columns share a call. */
#include "backend/cpu/simd/product_vec.h"
#include "backend/cpu/simd/product_simd.h"

INLINE void dot_tile(const float *x, int64_t ldx, const int rows, const char *w,
                     const mlx_dtype dtype, int64_t w_step, const int w_rows, int64_t k,
                     float *sums) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  vf acc[MX_DOT_X][MX_DOT_W], wv[MX_DOT_W];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int j = 0; j < w_rows; j++) acc[i][j] = vf_load(sums + (i * MX_DOT_W + j) * VL);
  }
  int64_t t = 0;
  for (; t + VL <= k; t += VL) {
    UNROLL for (int j = 0; j < w_rows; j++) wv[j] = vf_any(w + j * w_step + t * size, dtype);
    UNROLL for (int i = 0; i < rows; i++) {
      vf xv = vf_load(x + i * ldx + t);
      UNROLL for (int j = 0; j < w_rows; j++) acc[i][j] = vf_fma(xv, wv[j], acc[i][j]);
    }
  }
  if (t < k) {
    UNROLL for (int j = 0; j < w_rows; j++) {
      wv[j] = vf_part(w + j * w_step + t * size, dtype, k - t);
    }
    UNROLL for (int i = 0; i < rows; i++) {
      vf xv = vf_part((const char *)(x + i * ldx + t), MLX_FLOAT32, k - t);
      UNROLL for (int j = 0; j < w_rows; j++) acc[i][j] = vf_fma(xv, wv[j], acc[i][j]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int j = 0; j < w_rows; j++) vf_store(sums + (i * MX_DOT_W + j) * VL, acc[i][j]);
  }
}

#define DOT_CASE(r, j)                                                                             \
  case r * 8 + j:                                                                                  \
    dot_tile(x, ldx, r, w, dtype, w_step, j, k, acc);                                              \
    break;

INLINE void dot_shapes(const float *x, int64_t ldx, int rows, const char *w, const mlx_dtype dtype,
                       int64_t w_step, int w_rows, int64_t k, float *acc) {
  switch (rows * 8 + w_rows) {
    DOT_CASE(1, 1) DOT_CASE(1, 2) DOT_CASE(1, 3)
    DOT_CASE(2, 1) DOT_CASE(2, 2) DOT_CASE(2, 3)
    DOT_CASE(3, 1) DOT_CASE(3, 2) DOT_CASE(3, 3)
    DOT_CASE(4, 1) DOT_CASE(4, 2) DOT_CASE(4, 3)
  }
}

static void dot(const float *x, int64_t ldx, int rows, const char *w, mlx_dtype dtype, int64_t ldw,
                int w_rows, int64_t k, float *acc) {
  if (dtype == MLX_FLOAT32) {
    dot_shapes(x, ldx, rows, w, MLX_FLOAT32, ldw * 4, w_rows, k, acc);
  } else if (dtype == MLX_FLOAT16) {
    dot_shapes(x, ldx, rows, w, MLX_FLOAT16, ldw * 2, w_rows, k, acc);
  } else {
    dot_shapes(x, ldx, rows, w, MLX_BFLOAT16, ldw * 2, w_rows, k, acc);
  }
}

static void dot_sum(const float *acc, int rows, int w_rows, float *out, int64_t ldo) {
  for (int i = 0; i < rows; i++, acc += MX_DOT_W * VL) {
    vf v[4];
    float sums[4];
    for (int j = 0; j < 4; j++) v[j] = j < w_rows ? vf_load(acc + j * VL) : vf_zero();
    vf_sum4(v[0], v[1], v[2], v[3], sums);
    memcpy(out + i * ldo, sums, (size_t)w_rows * sizeof *out);
  }
}

/* Up to four rows of b at once halve what the sums cost to load and store. */
INLINE void axpy_tile(const float *x, int64_t ldx, const int rows, const char *b,
                      const mlx_dtype dtype, int64_t b_step, const int ks, int64_t n, float *acc,
                      int64_t lda) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  vf xv[2][4], bv[4];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int t = 0; t < ks; t++) xv[i][t] = vf_set1(x[i * ldx + t]);
  }
  int64_t j = 0;
  for (; j + VL <= n; j += VL) {
    UNROLL for (int t = 0; t < ks; t++) bv[t] = vf_any(b + t * b_step + j * size, dtype);
    UNROLL for (int i = 0; i < rows; i++) {
      vf sum = vf_load(acc + i * lda + j);
      UNROLL for (int t = 0; t < ks; t++) sum = vf_fma(xv[i][t], bv[t], sum);
      vf_store(acc + i * lda + j, sum);
    }
  }
  if (j == n) return;
  UNROLL for (int t = 0; t < ks; t++) {
    bv[t] = vf_part(b + t * b_step + j * size, dtype, n - j);
  }
  UNROLL for (int i = 0; i < rows; i++) {
    float part[VL];
    vf sum = vf_part((const char *)(acc + i * lda + j), MLX_FLOAT32, n - j);
    UNROLL for (int t = 0; t < ks; t++) sum = vf_fma(xv[i][t], bv[t], sum);
    vf_store(part, sum);
    memcpy(acc + i * lda + j, part, (size_t)(n - j) * sizeof *part);
  }
}

INLINE void axpy_all(const float *x, int64_t ldx, int rows, const char *b, const mlx_dtype dtype,
                     int64_t b_step, int64_t k, int64_t n, float *acc, int64_t lda) {
  for (int64_t t = 0; t < k;) {
    bool four = k - t >= 4;
    int i = 0;
    for (; i + 2 <= rows; i += 2) {
      const float *at = x + i * ldx + t;
      if (four) {
        axpy_tile(at, ldx, 2, b, dtype, b_step, 4, n, acc + i * lda, lda);
      } else {
        axpy_tile(at, ldx, 2, b, dtype, b_step, 1, n, acc + i * lda, lda);
      }
    }
    if (i < rows) {
      const float *at = x + i * ldx + t;
      if (four) {
        axpy_tile(at, ldx, 1, b, dtype, b_step, 4, n, acc + i * lda, lda);
      } else {
        axpy_tile(at, ldx, 1, b, dtype, b_step, 1, n, acc + i * lda, lda);
      }
    }
    t += four ? 4 : 1;
    b += (four ? 4 : 1) * b_step;
  }
}

static void axpy(const float *x, int64_t ldx, int rows, const char *b, mlx_dtype dtype, int64_t ldb,
                 int64_t k, int64_t n, float *acc, int64_t lda) {
  if (dtype == MLX_FLOAT32) {
    axpy_all(x, ldx, rows, b, MLX_FLOAT32, ldb * 4, k, n, acc, lda);
  } else if (dtype == MLX_FLOAT16) {
    axpy_all(x, ldx, rows, b, MLX_FLOAT16, ldb * 2, k, n, acc, lda);
  } else {
    axpy_all(x, ldx, rows, b, MLX_BFLOAT16, ldb * 2, k, n, acc, lda);
  }
}

void MX_SIMD(fill_product_rows)(mx_product_kernels *k) {
  k->dot = dot;
  k->dot_sum = dot_sum;
  k->axpy = axpy;
}
