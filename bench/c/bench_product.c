// Matrix products: GFLOP/s or GB/s a shape, as a share of what this machine can do, and beside a
// BLAS where there is one (libopenblas, or the library that MLX_BENCH_BLAS names).
// Usage: bench_product [threads [m n k bits group]]; with bits 0 B is float32, (K, N) or
// for group 1 (N, K); a negative group is a (K, N) operand.
// Every number is the best of several runs; on one thread it is processor time, so that other work
// on the machine does not count.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/cpu/product/product.h"
#include "base/pool.h"

static clockid_t time_source = CLOCK_MONOTONIC;

static double now(void) {
  struct timespec t;
  clock_gettime(time_source, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *fill(size_t bytes, int kind) {
  char *p = malloc(bytes + 64);
  if (!p) exit(1);
  uint32_t x = 12345;
  for (size_t i = 0; i < bytes / 4; i++) {
    x = x * 1664525 + 1013904223;
    float f = (float)(x >> 8) * 0x1p-24f - 0.5f;
    uint32_t u;
    memcpy(&u, &f, 4);
    if (kind == 1) u = 0x3c003c00; /* float16 ones */
    if (kind == 2) u = (u >> 16) | (u & 0xffff0000u); /* bfloat16 */
    if (kind == 3) u = x; /* codes */
    memcpy(p + i * 4, &u, 4);
  }
  return p;
}

static double best(const mx_product *p, double limit) {
  double fastest = 1e9, start = now();
  mx_product_run(p);
  double once = now() - start;
  int inner = once < 20e-6 ? 50 : 1;
  for (int i = 0; i < 5 || (now() - start < limit && i < 4000); i++) {
    double t = now();
    for (int j = 0; j < inner; j++) {
      if (mx_product_run(p)) exit(1);
    }
    t = (now() - t) / inner;
    if (t < fastest) fastest = t;
  }
  return fastest;
}

// --- the machine ----------------------------------------------------------------------------------

typedef struct region {
  const uint64_t *words;
  uint64_t sum[64];
} region;

static void read_words(void *ctx, int64_t begin, int64_t end) {
  region *r = ctx;
  uint64_t s[8] = {0};
  for (int64_t i = begin * 8192; i < end * 8192; i += 8) {
    for (int k = 0; k < 8; k++) s[k] += r->words[i + k];
  }
  for (int k = 0; k < 8; k++) r->sum[k] += s[k];
}

static double read_bandwidth(void) {
  size_t bytes = (size_t)256 << 20;
  region r = {.words = fill(bytes, 3)};
  double fastest = 1e9;
  for (int i = 0; i < 5; i++) {
    double t = now();
    mx_parallel_for((int64_t)(bytes / 65536), 16, read_words, &r);
    t = now() - t;
    if (t < fastest) fastest = t;
  }
  free((void *)r.words);
  return (double)bytes / fastest;
}

// --- BLAS -------------------------------------------------------------------------------------------

typedef void (*sgemm32)(int, int, int, int, int, int, float, const float *, int, const float *, int,
                        float, float *, int);
typedef void (*sgemm64)(int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t,
                        const float *, int64_t, float, float *, int64_t);
static sgemm32 blas32;
static sgemm64 blas64;

static void find_blas(int threads) {
  const char *name = getenv("MLX_BENCH_BLAS");
  void *lib = dlopen(name ? name : "libopenblas.so.0", RTLD_NOW);
  if (!lib) return;
  void *f = dlsym(lib, "cblas_sgemm"), *g = dlsym(lib, "scipy_cblas_sgemm64_");
  void *set = dlsym(lib, "openblas_set_num_threads");
  if (!set) set = dlsym(lib, "scipy_openblas_set_num_threads64_");
  void (*set_threads)(int);
  memcpy(&blas32, &f, sizeof f);
  memcpy(&blas64, &g, sizeof g);
  memcpy(&set_threads, &set, sizeof set);
  if (set) set_threads(threads);
}

static double blas_time(const mx_product *p, double limit) {
  if (!blas32 && !blas64) return 0;
  int turned = p->b.col_stride != 1, m = (int)p->m, n = (int)p->n, k = (int)p->k;
  int ldb = (int)(turned ? p->b.col_stride : p->b.row_stride);
  double fastest = 1e9, start = now();
  for (int i = 0; i < 5 || now() - start < limit; i++) {
    double t = now();
    int inner = (double)m * n * k < 1e6 ? 50 : 1;
    for (int j = 0; j < inner; j++) {
      if (blas32) {
        blas32(101, 111, turned ? 112 : 111, m, n, k, 1, p->a.data, k, p->b.data, ldb, 0,
               (float *)p->out.data, n);
      } else {
        blas64(101, 111, turned ? 112 : 111, m, n, k, 1, p->a.data, k, p->b.data, ldb, 0,
               (float *)p->out.data, n);
      }
    }
    t = (now() - t) / inner;
    if (t < fastest) fastest = t;
  }
  return fastest;
}

// --- shapes ---------------------------------------------------------------------------------------------

static void dense(int64_t m, int64_t n, int64_t k, mlx_dtype t, int turned) {
  size_t size = t == MLX_FLOAT32 ? 4 : t == MLX_FLOAT64 ? 8 : 2;
  int kind = t == MLX_FLOAT32 ? 0 : t == MLX_FLOAT16 ? 1 : 2;
  mx_product p = {.m = m, .n = n, .k = k, .batch = 1, .alpha = 1};
  p.a = (mx_matrix){fill((size_t)(m * k) * size, kind), t, k, 1, 0, NULL};
  p.b = (mx_matrix){fill((size_t)(k * n) * size, kind), t, turned ? 1 : n, turned ? k : 1, 0, NULL};
  p.out = (mx_matrix){fill((size_t)(m * n) * size, kind), t, n, 1, 0, NULL};
  double time = best(&p, 0.3), blas = t == MLX_FLOAT32 ? blas_time(&p, 0.3) : 0;
  double flop = 2.0 * (double)m * (double)n * (double)k;
  double bytes = (double)(k * n) * (double)size;
  printf("%-9s %s %5d x %5d x %5d  %9.1f us %7.1f GFLOP/s %6.1f GB/s",
         t == MLX_FLOAT32 ? "f32" : t == MLX_FLOAT16 ? "f16" : t == MLX_FLOAT64 ? "f64" : "bf16",
         turned ? "x W^T" : "x W  ", (int)m, (int)n, (int)k, time * 1e6, flop / time * 1e-9,
         bytes / time * 1e-9);
  if (blas > 0) printf("   BLAS %7.1f GFLOP/s", flop / blas * 1e-9);
  printf("\n");
  free((void *)p.a.data);
  free((void *)p.b.data);
  free((void *)p.out.data);
}

static void quantized(int64_t m, int64_t n, int64_t k, int bits, int group, bool transposed) {
  mx_product p = {.m = m, .n = n, .k = k, .batch = 1, .alpha = 1};
  int64_t rows = transposed ? n : k, cols = transposed ? k : n, groups = cols / group;
  p.a = (mx_matrix){fill((size_t)(m * k) * 4, 0), MLX_FLOAT32, k, 1, 0, NULL};
  p.b = (mx_matrix){fill((size_t)(rows * cols * bits / 8), 3), MLX_UINT32, cols * bits / 32, 0, 0,
                    NULL};
  p.out = (mx_matrix){fill((size_t)(m * n) * 4, 0), MLX_FLOAT32, n, 1, 0, NULL};
  void *s = fill((size_t)(rows * groups) * 2, 1), *b = fill((size_t)(rows * groups) * 2, 1);
  p.quant = (mx_quant){MX_QUANT_AFFINE, transposed, bits, group, s, b, MLX_FLOAT16, 1, groups, 0};
  double time = best(&p, 0.3), flop = 2.0 * (double)m * (double)n * (double)k;
  double bytes = (double)(rows * cols) * bits / 8 + (double)(rows * groups) * 4;
  printf("q%d g%-4d  %s %5d x %5d x %5d  %9.1f us %7.1f GFLOP/s %6.1f GB/s\n", bits, group,
         transposed ? "x W^T" : "x W  ", (int)m, (int)n, (int)k, time * 1e6, flop / time * 1e-9,
         bytes / time * 1e-9);
  free((void *)p.a.data);
  free((void *)p.b.data);
  free((void *)p.out.data);
  free(s);
  free(b);
}

// --- one token of a language model ----------------------------------------------------------------------

// All products of SmolLM2-135M with 4-bit weights, group 32, each with weights of its own.
static void model(int64_t m) {
  static const int shapes[5][3] = {{576, 576, 2}, {192, 576, 2}, {1536, 576, 2}, {576, 1536, 1}, {0}};
  enum { LAYERS = 30, MOST = LAYERS * 7 + 1 };
  static mx_product p[MOST];
  float *x = fill((size_t)(m * 1536) * 4, 0), *y = fill((size_t)(m * 49152) * 4, 0);
  int count = 0;
  double weights = 0;
  for (int layer = 0; layer <= LAYERS; layer++) {
    for (int s = 0; s < 5; s++) {
      int n = layer < LAYERS ? shapes[s][0] : 49152, k = layer < LAYERS ? shapes[s][1] : 576;
      int times = layer < LAYERS ? shapes[s][2] : s == 0;
      for (int i = 0; i < times; i++) {
        void *w = fill((size_t)n * (size_t)k / 2, 3), *sc = fill((size_t)n * (size_t)k / 16, 1);
        void *bias = fill((size_t)n * (size_t)k / 16, 1);
        // Of a prompt only the last row meets the head.
        mx_product *q = &p[count++];
        *q = (mx_product){.m = layer < LAYERS ? m : 1, .n = n, .k = k, .batch = 1, .alpha = 1};
        q->a = (mx_matrix){x, MLX_FLOAT32, k, 1, 0, NULL};
        q->b = (mx_matrix){w, MLX_UINT32, k / 8, 0, 0, NULL};
        q->out = (mx_matrix){y, MLX_FLOAT32, n, 1, 0, NULL};
        q->quant =
            (mx_quant){MX_QUANT_AFFINE, true, 4, 32, sc, bias, MLX_FLOAT16, 1, k / 32, 0};
        weights += (double)n * k * (layer < LAYERS ? (double)m : 1);
      }
    }
  }
  double fastest = 1e9;
  for (int run = 0; run < (m == 1 ? 30 : 5); run++) {
    double t = now();
    for (int i = 0; i < count; i++) mx_product_run(&p[i]);
    t = now() - t;
    if (t < fastest) fastest = t;
  }
  printf("products of a 135M model, %d tokens at once: %.1f tokens/s, %.1f GFLOP/s\n", (int)m,
         (double)m / fastest, 2 * weights / fastest * 1e-9);
  for (int i = 0; i < count; i++) {
    free((void *)p[i].b.data);
    free((void *)p[i].quant.scales);
    free((void *)p[i].quant.biases);
  }
  free(x);
  free(y);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  mx_set_thread_count(threads);
  if (threads == 1) time_source = CLOCK_THREAD_CPUTIME_ID;
  find_blas(threads);
  printf("threads %d, reads %.1f GB/s\n", threads, read_bandwidth() * 1e-9);
  if (argc > 6) {
    int v[5];
    for (int i = 0; i < 5; i++) v[i] = atoi(argv[2 + i]);
    if (v[3] == 0) {
      dense(v[0], v[1], v[2], MLX_FLOAT32, v[4]);
    } else {
      quantized(v[0], v[1], v[2], v[3], abs(v[4]), v[4] > 0);
    }
    return 0;
  }
  model(1);
  model(512);
  if (argc > 2) return 0;
  static const int cubes[] = {64, 128, 256, 512, 1024, 2048};
  for (int i = 0; i < 6; i++) dense(cubes[i], cubes[i], cubes[i], MLX_FLOAT32, 0);
  for (int i = 0; i < 5; i++) dense(cubes[i], cubes[i], cubes[i], MLX_FLOAT32, 1);
  dense(512, 512, 512, MLX_FLOAT16, 1);
  dense(512, 512, 512, MLX_BFLOAT16, 1);
  dense(512, 512, 512, MLX_FLOAT64, 0);
  static const int rows[] = {1, 2, 4, 8, 12, 16, 24, 32, 64};
  for (int i = 0; i < 9; i++) dense(rows[i], 4096, 4096, MLX_FLOAT32, 1);
  for (int i = 0; i < 9; i++) dense(rows[i], 4096, 4096, MLX_FLOAT32, 0);
  for (int i = 0; i < 4; i++) dense(rows[i], 4096, 4096, MLX_FLOAT16, 1);
  for (int i = 0; i < 4; i++) dense(rows[i], 4096, 4096, MLX_BFLOAT16, 1);
  dense(4096, 1, 4096, MLX_FLOAT32, 0);
  for (int i = 0; i < 9; i++) quantized(rows[i], 4096, 4096, 4, 64, true);
  for (int i = 0; i < 9; i++) quantized(rows[i], 1536, 576, 4, 32, true);
  for (int i = 0; i < 3; i++) quantized(rows[i], 4096, 4096, 4, 64, false);
  static const int bits[] = {2, 3, 5, 6, 8};
  for (int i = 0; i < 5; i++) quantized(1, 4096, 4096, bits[i], 64, true);
  quantized(1, 576, 1536, 4, 32, true);
  quantized(1, 49152, 576, 8, 32, true);
  quantized(1, 49152, 576, 4, 32, true);
  quantized(512, 1536, 576, 4, 32, true);
  quantized(512, 576, 1536, 4, 32, true);
  mx_product_release_scratch();
  return 0;
}
