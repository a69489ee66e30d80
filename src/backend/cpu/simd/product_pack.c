/* Packers: one operand, in the format it has, to the panels that tiles read; and the passes over
 * a finished row.
 * Invariant: a panel holds exactly the float32 value of each number, zero past the last lane. */
#include "backend/cpu/simd/product_vec.h"
#include "backend/cpu/simd/product_simd.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* --- rows of numbers -------------------------------------------------------------------------- */

INLINE int64_t mx_size(mlx_dtype t) { return t == MLX_FLOAT32 ? 4 : 2; }

INLINE void load_dense(const char *src, const mlx_dtype dtype, int64_t n, float *dst) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  int64_t i = 0;
  for (; i + VL <= n; i += VL) vf_store(dst + i, vf_any(src + i * size, dtype));
  for (; i < n; i++) dst[i] = vf_one(src, dtype, i);
}

static void load(const char *src, mlx_dtype dtype, int64_t stride, int64_t n, float *dst) {
  int64_t step = stride * (dtype == MLX_FLOAT32 ? 4 : 2);
  if (stride != 1) {
    for (int64_t i = 0; i < n; i++) dst[i] = vf_one(src + i * step, dtype, 0);
  } else if (dtype == MLX_FLOAT32) {
    memcpy(dst, src, (size_t)n * sizeof *dst);
  } else if (dtype == MLX_FLOAT16) {
    load_dense(src, MLX_FLOAT16, n, dst);
  } else {
    load_dense(src, MLX_BFLOAT16, n, dst);
  }
}

static void store(const float *src, int64_t n, char *dst, mlx_dtype dtype, int64_t stride) {
  int64_t i = 0, size = dtype == MLX_FLOAT32 ? 4 : 2;
  if (stride == 1 && dtype == MLX_FLOAT32) {
    memcpy(dst, src, (size_t)n * sizeof *src);
    return;
  }
  if (stride == 1 && dtype == MLX_FLOAT16) {
    for (; i + VL <= n; i += VL) vf_store_f16(dst + i * size, vf_load(src + i));
  } else if (stride == 1) {
    for (; i + VL <= n; i += VL) vf_store_bf16(dst + i * size, vf_load(src + i));
  }
  for (; i < n; i++) {
    uint16_t h = dtype == MLX_FLOAT16 ? mx_f32_to_f16(src[i]) : mx_f32_to_bf16(src[i]);
    if (dtype == MLX_FLOAT32) {
      memcpy(dst + i * stride * size, src + i, sizeof *src);
    } else {
      memcpy(dst + i * stride * size, &h, sizeof h);
    }
  }
}

/* dst = alpha * acc + beta * c + bias, in float32, then rounded. Blocks keep the row in L1. */
static void finish(const mx_epilogue *e, const float *acc, int64_t n, char *dst, mlx_dtype dtype,
                   int64_t dst_stride) {
  enum { BLOCK = 256 };
  float row[BLOCK], other[BLOCK];
  int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  for (int64_t j = 0; j < n; j += BLOCK) {
    int64_t m = MIN(n - j, BLOCK);
    memcpy(row, acc + j, (size_t)m * sizeof *row);
    if (e->alpha != 1) {
      for (int64_t i = 0; i < m; i++) row[i] *= e->alpha;
    }
    if (e->c) {
      int64_t at = j * e->c_stride * (e->c_dtype == MLX_FLOAT32 ? 4 : 2);
      load(e->c + at, e->c_dtype, e->c_stride, m, other);
      for (int64_t i = 0; i < m; i++) row[i] += e->beta * other[i];
    }
    if (e->bias) {
      int64_t at = j * e->bias_stride * (e->bias_dtype == MLX_FLOAT32 ? 4 : 2);
      load(e->bias + at, e->bias_dtype, e->bias_stride, m, other);
      for (int64_t i = 0; i < m; i++) row[i] += other[i];
    }
    store(row, m, dst + j * dst_stride * size, dtype, dst_stride);
  }
}

/* --- panels whose K is dense: small transposes ------------------------------------------------- */

#if MX_TIER_AVX2
#define TL 8
typedef __m256 vt;
INLINE vt vt_zero(void) { return _mm256_setzero_ps(); }
INLINE vt vt_load(const char *p, mlx_dtype dtype) {
  if (dtype == MLX_FLOAT32) return _mm256_loadu_ps((const float *)(const void *)p);
  __m128i h = _mm_loadu_si128((const __m128i *)(const void *)p);
  if (dtype == MLX_FLOAT16) return _mm256_cvtph_ps(h);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}
INLINE void vt_store(float *p, vt v, int lanes) {
  __m128 low = _mm256_castps256_ps128(v);
  if (lanes >= TL) {
    _mm256_storeu_ps(p, v);
    return;
  }
  _mm_storeu_ps(p, low);
  if (lanes == 6) _mm_storel_pi((__m64 *)(void *)(p + 4), _mm256_extractf128_ps(v, 1));
}
INLINE void vt_transpose(vt r[TL]) {
  vt a[TL], b[TL];
  UNROLL for (int i = 0; i < TL; i += 2) {
    a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  UNROLL for (int i = 0; i < TL; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
  UNROLL for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
  }
}
#else
#define TL 4
typedef vf vt;
INLINE vt vt_zero(void) { return vf_zero(); }
INLINE vt vt_load(const char *p, mlx_dtype dtype) { return vf_any(p, dtype); }
INLINE void vt_store(float *p, vt v, int lanes) {
  (void)lanes;
  vf_store(p, v);
}
INLINE void vt_transpose(vt r[TL]) {
#if MX_TIER_NEON
  float32x4x2_t a = vtrnq_f32(r[0], r[1]), b = vtrnq_f32(r[2], r[3]);
  r[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
  r[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
  r[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
  r[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
#else
  vt t[TL];
  for (int i = 0; i < TL; i++) t[i] = (vt){r[0][i], r[1][i], r[2][i], r[3][i]};
  for (int i = 0; i < TL; i++) r[i] = t[i];
#endif
}
#endif

/* dst[k][width]; lane l starts at src + l * lane_step bytes and its K is dense. */
INLINE void pack_dense_k(const char *src, const mlx_dtype dtype, int64_t lane_step, int lanes,
                         int64_t k, const int width, float *dst) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2;
  int64_t t = 0;
  for (; t + TL <= k; t += TL) {
    UNROLL for (int l = 0; l < width; l += TL) {
      vt r[TL];
      UNROLL for (int i = 0; i < TL; i++) {
        r[i] = l + i < lanes ? vt_load(src + (l + i) * lane_step + t * size, dtype) : vt_zero();
      }
      vt_transpose(r);
      UNROLL for (int i = 0; i < TL; i++) vt_store(dst + (t + i) * width + l, r[i], width - l);
    }
  }
  for (; t < k; t++) {
    for (int l = 0; l < width; l++) {
      dst[t * width + l] = l < lanes ? vf_one(src + l * lane_step + t * size, dtype, 0) : 0;
    }
  }
}

/* Lanes are dense: a row of k goes to all panels at once, so that memory is read in long runs. */
INLINE void pack_dense_lanes(const char *src, const mlx_dtype dtype, int64_t k_step, int64_t lanes,
                             int64_t k, const int width, float *dst) {
  const int64_t size = dtype == MLX_FLOAT32 ? 4 : 2, panel = k * width;
  const int64_t whole = lanes / width, rest = lanes % width;
  for (int64_t t = 0; t < k; t++, src += k_step, dst += width) {
    const char *from = src;
    float *to = dst;
    for (int64_t p = 0; p < whole; p++, from += width * size, to += panel) {
      /* Two rows on: a jump that the hardware does not foresee. */
      __builtin_prefetch((const void *)((uintptr_t)from + (uintptr_t)(2 * k_step)));
      int l = 0;
      UNROLL for (; l + VL <= width; l += VL) vf_store(to + l, vf_any(from + l * size, dtype));
      UNROLL for (; l < width; l++) to[l] = vf_one(from + l * size, dtype, 0);
    }
    if (rest == 0) continue;
    for (int l = 0; l < width; l++) to[l] = l < rest ? vf_one(from + l * size, dtype, 0) : 0;
  }
}

static void pack_any(const char *src, mlx_dtype dtype, int64_t lane_step, int64_t k_step,
                     int lanes, int64_t k, int width, float *dst) {
  for (int64_t t = 0; t < k; t++, src += k_step, dst += width) {
    for (int l = 0; l < width; l++) dst[l] = l < lanes ? vf_one(src + l * lane_step, dtype, 0) : 0;
  }
}

INLINE void pack_panel(const char *src, mlx_dtype dtype, int64_t lane_step, int64_t k_step,
                       int lanes, int64_t k, const int width, float *dst) {
  if (k_step != mx_size(dtype)) {
    pack_any(src, dtype, lane_step, k_step, lanes, k, width, dst);
  } else if (dtype == MLX_FLOAT32) {
    pack_dense_k(src, MLX_FLOAT32, lane_step, lanes, k, width, dst);
  } else if (dtype == MLX_FLOAT16) {
    pack_dense_k(src, MLX_FLOAT16, lane_step, lanes, k, width, dst);
  } else {
    pack_dense_k(src, MLX_BFLOAT16, lane_step, lanes, k, width, dst);
  }
}

INLINE void pack(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                 const int width, float *dst) {
  int64_t size = mx_size(s->dtype), lane_step = s->lane_stride * size, k_step = s->k_stride * size;
  const char *src = s->data + lane0 * lane_step + k0 * k_step;
  if (s->lane_stride != 1) {
    for (int64_t l = 0; l < lanes; l += width, dst += k * width) {
      int n = (int)MIN(lanes - l, width);
      pack_panel(src + l * lane_step, s->dtype, lane_step, k_step, n, k, width, dst);
    }
  } else if (s->dtype == MLX_FLOAT32) {
    pack_dense_lanes(src, MLX_FLOAT32, k_step, lanes, k, width, dst);
  } else if (s->dtype == MLX_FLOAT16) {
    pack_dense_lanes(src, MLX_FLOAT16, k_step, lanes, k, width, dst);
  } else {
    pack_dense_lanes(src, MLX_BFLOAT16, k_step, lanes, k, width, dst);
  }
}

static void pack_a(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                   float *dst) {
  pack(s, lane0, lanes, k0, k, MR, dst);
}

static void pack_b(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                   float *dst) {
  pack(s, lane0, lanes, k0, k, NR, dst);
}

/* --- pairs of bfloat16 -------------------------------------------------------------------------- */

#if MX_TIER_AVX512BF16
INLINE uint32_t pair_at(const char *p, int64_t k_step, bool second) {
  uint16_t h[2] = {0, 0};
  memcpy(h, p, sizeof *h);
  if (second) memcpy(h + 1, p + k_step, sizeof *h);
  return h[0] | (uint32_t)h[1] << 16;
}

/* Lanes dense and whole vectors of them: two rows of k become one of pairs. */
INLINE void pack_pair_rows(const char *src, int64_t k_step, int64_t k, const int width,
                           float *dst) {
  for (int64_t t = 0; t < k; t += 2, src += 2 * k_step, dst += width) {
    UNROLL for (int l = 0; l < width; l += VL) {
      __m256i even = _mm256_loadu_si256((const __m256i *)(const void *)(src + l * 2));
      __m256i odd = _mm256_setzero_si256();
      if (t + 1 < k) odd = _mm256_loadu_si256((const __m256i *)(const void *)(src + k_step + l * 2));
      __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16);
      _mm512_storeu_si512(dst + l, _mm512_or_si512(_mm512_cvtepu16_epi32(even), high));
    }
  }
}

INLINE void pack_pair_panel(const mx_lanes *s, int64_t lane0, int lanes, int64_t k0, int64_t k,
                            const int width, float *dst) {
  int64_t lane_step = s->lane_stride * 2, k_step = s->k_stride * 2, t = 0;
  const char *src = s->data + lane0 * lane_step + k0 * k_step;
  if (s->lane_stride == 1 && lanes == width && width % VL == 0) {
    pack_pair_rows(src, k_step, k, width, dst);
    return;
  }
  if (s->k_stride == 1) {
    /* Two neighbours are one 32-bit number to move. */
    pack_dense_k(src, MLX_FLOAT32, lane_step, lanes, k / 2, width, dst);
    t = k / 2 * 2;
  }
  for (; t < k; t += 2) {
    for (int l = 0; l < width; l++) {
      uint32_t pair = l < lanes ? pair_at(src + l * lane_step + t * k_step, k_step, t + 1 < k) : 0;
      memcpy(dst + t / 2 * width + l, &pair, sizeof pair);
    }
  }
}

/* A panel of pairs has the room of one of numbers, so that all panels lie alike. */
INLINE void pack_pairs(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                       const int width, float *dst) {
  for (int64_t l = 0; l < lanes; l += width, dst += k * width) {
    pack_pair_panel(s, lane0 + l, (int)MIN(lanes - l, width), k0, k, width, dst);
  }
}

static void pack_a_pairs(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                         float *dst) {
  pack_pairs(s, lane0, lanes, k0, k, MR, dst);
}

static void pack_b_pairs(const mx_lanes *s, int64_t lane0, int64_t lanes, int64_t k0, int64_t k,
                         float *dst) {
  pack_pairs(s, lane0, lanes, k0, k, NR, dst);
}
#endif

/* --- codes ----------------------------------------------------------------------------------------- */

enum { RUN = 64, ROOM = RUN + 16 };

/* Rows of codes run along K. */
static void pack_codes_k(const mx_codes *q, int64_t lane0, int lanes, int64_t k0, int64_t k,
                         float *dst) {
  _Alignas(64) float rows[NR * ROOM];
  for (int64_t t = 0; t < k; t += RUN) {
    int64_t n = MIN(k - t, RUN);
    for (int l = 0; l < lanes; l++) {
      mx_prefetch_codes(q, lane0 + l + NR, k0 + t, n);
      MX_SIMD(product_decode)(q, lane0 + l, k0 + t, n, rows + l * ROOM);
    }
    pack_dense_k((const char *)rows, MLX_FLOAT32, ROOM * sizeof *rows, lanes, n, NR, dst + t * NR);
  }
}

/* Rows of codes run across panels; a panel need not start where decode can. */
static void pack_codes_lanes(const mx_codes *q, int64_t lane0, int lanes, int64_t k0, int64_t k,
                             float *dst) {
  _Alignas(64) float row[NR + 16];
  int64_t start = lane0 & ~(int64_t)7, n = (lane0 + lanes + 7 - start) & ~(int64_t)7;
  for (int64_t t = 0; t < k; t++, dst += NR) {
    MX_SIMD(product_decode)(q, k0 + t, start, n, row);
    memcpy(dst, row + (lane0 - start), (size_t)lanes * sizeof *dst);
    memset(dst + lanes, 0, (size_t)(NR - lanes) * sizeof *dst);
  }
}

static void pack_b_codes(const mx_codes *q, bool transposed, int64_t lane0, int64_t lanes,
                         int64_t k0, int64_t k, float *dst) {
  for (int64_t l = 0; l < lanes; l += NR, dst += k * NR) {
    int n = (int)MIN(lanes - l, NR);
    (transposed ? pack_codes_k : pack_codes_lanes)(q, lane0 + l, n, k0, k, dst);
  }
}

void MX_SIMD(fill_product_pack)(mx_product_kernels *k) {
  k->pack_a = pack_a;
  k->pack_b = pack_b;
  k->pack_b_codes = pack_b_codes;
#if MX_TIER_AVX512BF16
  k->pack_a_pairs = pack_a_pairs;
  k->pack_b_pairs = pack_b_pairs;
#endif
  k->load = load;
  k->finish = finish;
}
