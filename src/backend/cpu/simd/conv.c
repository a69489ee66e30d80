/* Convolution of each channel with itself alone: sums over taps, many channels side by side.
 * Invariant: a sum is one chain over ascending taps. */
#include "backend/cpu/conv.h"
#include "backend/cpu/simd/product_vec.h"

INLINE void sum_taps(const char *const *x, const float *const *w, int64_t taps, int64_t n,
                     const mlx_dtype dtype, float *out) {
  enum { WIDE = 4 };
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  int64_t i = 0;
  for (; i + WIDE * VL <= n; i += WIDE * VL) {
    vf acc[WIDE];
    UNROLL for (int v = 0; v < WIDE; v++) acc[v] = vf_zero();
    for (int64_t t = 0; t < taps; t++) {
      UNROLL for (int v = 0; v < WIDE; v++) {
        int64_t at = i + v * VL;
        acc[v] = vf_fma(vf_any(x[t] + at * size, dtype), vf_load(w[t] + at), acc[v]);
      }
    }
    UNROLL for (int v = 0; v < WIDE; v++) vf_store(out + i + v * VL, acc[v]);
  }
  for (; i + VL <= n; i += VL) {
    vf acc = vf_zero();
    for (int64_t t = 0; t < taps; t++)
      acc = vf_fma(vf_any(x[t] + i * size, dtype), vf_load(w[t] + i), acc);
    vf_store(out + i, acc);
  }
  for (; i < n; i++) {
    float acc = 0;
    for (int64_t t = 0; t < taps; t++) acc += vf_one(x[t], dtype, i) * w[t][i];
    out[i] = acc;
  }
}

static void depthwise(const char *const *x, const float *const *w, int64_t taps, int64_t n,
                      mlx_dtype dtype, float *out) {
  if (dtype == MLX_FLOAT32)
    sum_taps(x, w, taps, n, MLX_FLOAT32, out);
  else if (dtype == MLX_FLOAT16)
    sum_taps(x, w, taps, n, MLX_FLOAT16, out);
  else
    sum_taps(x, w, taps, n, MLX_BFLOAT16, out);
}

INLINE void add_taps(const char *const *x, const float *g, int64_t taps, int64_t n,
                     const mlx_dtype dtype, float *const *sum) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  for (int64_t t = 0; t < taps; t++) {
    float *to = sum[t];
    int64_t i = 0;
    for (; i + VL <= n; i += VL)
      vf_store(to + i, vf_fma(vf_any(x[t] + i * size, dtype), vf_load(g + i), vf_load(to + i)));
    for (; i < n; i++)
      to[i] += vf_one(x[t], dtype, i) * g[i];
  }
}

static void depthwise_weight(const char *const *x, const float *g, int64_t taps, int64_t n,
                             mlx_dtype dtype, float *const *sum) {
  if (dtype == MLX_FLOAT32)
    add_taps(x, g, taps, n, MLX_FLOAT32, sum);
  else if (dtype == MLX_FLOAT16)
    add_taps(x, g, taps, n, MLX_FLOAT16, sum);
  else
    add_taps(x, g, taps, n, MLX_BFLOAT16, sum);
}

void MX_SIMD(fill_conv)(mx_conv_kernels *k);
void MX_SIMD(fill_conv)(mx_conv_kernels *k) {
  k->depthwise = depthwise;
  k->depthwise_weight = depthwise_weight;
}
