// Speed of the elementwise engine: memory rate of x*2 and of the chain exp(-(x.x))*0.5+1.25x-3 on
// 8 M floats, functions on a cached array, casts, strided inputs, and the latency of 16 elements.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/cpu/elementwise.h"
#include "base/error.h"
#include "base/pool.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Best of several runs, in seconds.
static double best(const mx_tape *t, int inner) {
  double least = 1e9;
  for (int i = 0; i < 15; i++) {
    double start = now();
    for (int k = 0; k < inner; k++)
      if (mx_tape_run(t)) {
        printf("%s\n", mx_error_text());
        exit(1);
      }
    double s = (now() - start) / inner;
    if (s < least) least = s;
  }
  return least;
}

enum { BIG = 8 << 20, SMALL = 4096 };

static void big(const void *x, float *y, int dtype) {
  static const uint16_t half_two[] = {0x4000, 0x4000}, half_one[] = {0x3c00, 0x3f80};
  float k[] = {2, 0.5f, 1.25f, 3};
  int bf = dtype == MLX_BFLOAT16, size = dtype == MLX_FLOAT32 ? 4 : 2;
  int64_t n = BIG, one = 1, zero = 0;
  const void *two = size == 4 ? (const void *)k : half_two, *c1 = size == 4 ? (void *)(k + 1) : (const void *)(half_one + bf);
  mlx_dtype d = (mlx_dtype)dtype;
  uint8_t t = (uint8_t)dtype;
  mx_tape_in in[] = {{x, &one, d}, {two, &zero, d}, {c1, &zero, d}, {c1, &zero, d}, {c1, &zero, d}};
  if (size == 4) in[3].data = k + 2, in[4].data = k + 3;
  mx_instr twice = {MX_PRIM_MULTIPLY, t, 2, {0, 1}};
  mx_tape_out out = {y, 2};
  mx_tape tape = {1, &n, 2, 1, 1, in, &twice, &out};
  double s = best(&tape, 1);
  printf("  x*2        %6.1f GB/s\n", 2.0 * size * BIG / s / 1e9);
  mx_instr chain[] = {{MX_PRIM_MULTIPLY, t, 2, {0, 0}}, {MX_PRIM_NEGATIVE, t, 1, {5}},
                      {MX_PRIM_EXP, t, 1, {6}},         {MX_PRIM_MULTIPLY, t, 2, {7, 2}},
                      {MX_PRIM_MULTIPLY, t, 2, {0, 3}}, {MX_PRIM_ADD, t, 2, {8, 9}},
                      {MX_PRIM_SUBTRACT, t, 2, {10, 4}}};
  mx_tape_out last = {y, 11};
  mx_tape whole = {1, &n, 5, 7, 1, in, chain, &last};
  s = best(&whole, 1);
  printf("  chain      %6.1f GB/s\n", 2.0 * size * BIG / s / 1e9);
}

static void functions(float *x, float *y) {
  static const struct {
    const char *name;
    int prim, n_in;
  } f[] = {{"add", MX_PRIM_ADD, 2},     {"divide", MX_PRIM_DIVIDE, 2}, {"sqrt", MX_PRIM_SQRT, 1},
           {"exp", MX_PRIM_EXP, 1},     {"expm1", MX_PRIM_EXPM1, 1},   {"log", MX_PRIM_LOG, 1},
           {"log1p", MX_PRIM_LOG1P, 1}, {"sin", MX_PRIM_SIN, 1},       {"tan", MX_PRIM_TAN, 1},
           {"tanh", MX_PRIM_TANH, 1},   {"sigmoid", MX_PRIM_SIGMOID, 1}, {"erf", MX_PRIM_ERF, 1},
           {"erfinv", MX_PRIM_ERFINV, 1}, {"arcsin", MX_PRIM_ARCSIN, 1}, {"arctan", MX_PRIM_ARCTAN, 1},
           {"power", MX_PRIM_POWER, 2}, {"remainder", MX_PRIM_REMAINDER, 2},
           {"maximum", MX_PRIM_MAXIMUM, 2}, {"floor", MX_PRIM_FLOOR, 1}, {"less", MX_PRIM_LESS, 2}};
  int64_t n = SMALL, one = 1;
  for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
    mx_tape_in in[] = {{x, &one, MLX_FLOAT32}, {x + SMALL, &one, MLX_FLOAT32}};
    mx_instr code = {(uint16_t)f[i].prim, f[i].prim == MX_PRIM_LESS ? MLX_BOOL : MLX_FLOAT32,
                     (uint8_t)f[i].n_in, {0, 1}};
    mx_tape_out out = {y, f[i].n_in};
    mx_tape tape = {1, &n, f[i].n_in, 1, 1, in, &code, &out};
    printf("  %-10s %6.3f ns an element\n", f[i].name, best(&tape, 100) / SMALL * 1e9);
  }
}

static void casts(float *x, float *y) {
  static const struct {
    const char *name;
    mlx_dtype from, to;
  } c[] = {{"f32 f16", MLX_FLOAT32, MLX_FLOAT16}, {"f16 f32", MLX_FLOAT16, MLX_FLOAT32},
           {"f32 bf16", MLX_FLOAT32, MLX_BFLOAT16}, {"bf16 f32", MLX_BFLOAT16, MLX_FLOAT32},
           {"f32 i32", MLX_FLOAT32, MLX_INT32},   {"i32 f32", MLX_INT32, MLX_FLOAT32},
           {"u8 f32", MLX_UINT8, MLX_FLOAT32},    {"f32 u8", MLX_FLOAT32, MLX_UINT8},
           {"bool f32", MLX_BOOL, MLX_FLOAT32}};
  int64_t n = SMALL, one = 1;
  for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
    mx_tape_in in = {x, &one, c[i].from};
    mx_instr code = {MX_PRIM_ASTYPE, (uint8_t)c[i].to, 1, {0}};
    mx_tape_out out = {y, 1};
    mx_tape tape = {1, &n, 1, 1, 1, &in, &code, &out};
    printf("  %-10s %6.3f ns an element\n", c[i].name, best(&tape, 100) / SMALL * 1e9);
  }
}

static void strided(float *x, float *y) {
  int64_t shape[] = {2048, 4096}, row[] = {4096, 1}, column[] = {1, 2048}, bias[] = {0, 1}, scale[] = {1, 0};
  const struct {
    const char *name;
    const int64_t *strides;
  } c[] = {{"x + bias", bias}, {"x + column", scale}, {"x + y.T", column}};
  for (int i = 0; i < 3; i++) {
    mx_tape_in in[] = {{x, row, MLX_FLOAT32}, {x, c[i].strides, MLX_FLOAT32}};
    mx_instr code = {MX_PRIM_ADD, MLX_FLOAT32, 2, {0, 1}};
    mx_tape_out out = {y, 2};
    mx_tape tape = {2, shape, 2, 1, 1, in, &code, &out};
    printf("  %-10s %6.3f ns an element\n", c[i].name, best(&tape, 1) / BIG * 1e9);
  }
  int64_t narrow[] = {BIG / 3, 3}, three[] = {3, 1}, repeat[] = {0, 1};
  mx_tape_in in[] = {{x, three, MLX_FLOAT32}, {x, repeat, MLX_FLOAT32}};
  mx_instr code = {MX_PRIM_ADD, MLX_FLOAT32, 2, {0, 1}};
  mx_tape_out out = {y, 2};
  mx_tape tape = {2, narrow, 2, 1, 1, in, &code, &out};
  printf("  (n,3)+(3)  %6.3f ns an element\n", best(&tape, 1) / BIG * 1e9);
}

// The same numbers as halves, made by the engine.
static void narrow(const float *x, void *h, int dtype) {
  int64_t n = BIG, one = 1;
  mx_tape_in in = {x, &one, MLX_FLOAT32};
  mx_instr code = {MX_PRIM_ASTYPE, (uint8_t)dtype, 1, {0}};
  mx_tape_out out = {h, 1};
  mx_tape tape = {1, &n, 1, 1, 1, &in, &code, &out};
  best(&tape, 1);
}

int main(void) {
  float *x = aligned_alloc(64, BIG * 4), *y = aligned_alloc(64, BIG * 4);
  void *bf16 = aligned_alloc(64, BIG * 2), *f16 = aligned_alloc(64, BIG * 2);
  if (!x || !y || !bf16 || !f16) return 1;
  for (int i = 0; i < BIG; i++) x[i] = (float)(i % 1000) / 700;
  memset(y, 0, BIG * 4);
  narrow(x, bf16, MLX_BFLOAT16);
  narrow(x, f16, MLX_FLOAT16);
  int threads = mx_thread_count();
  for (int t = 1; t <= threads; t *= 2) {
    mx_set_thread_count(t);
    printf("%d threads, float32\n", t);
    big(x, y, MLX_FLOAT32);
    printf("%d threads, bfloat16\n", t);
    big(bf16, y, MLX_BFLOAT16);
    printf("%d threads, float16\n", t);
    big(f16, y, MLX_FLOAT16);
    strided(x, y);
  }
  functions(x, y);
  casts(x, y);
  int64_t n = 16, one = 1;
  mx_tape_in in[] = {{x, &one, MLX_FLOAT32}, {x + 64, &one, MLX_FLOAT32}};
  mx_instr code = {MX_PRIM_ADD, MLX_FLOAT32, 2, {0, 1}};
  mx_tape_out out = {y, 2};
  mx_tape tape = {1, &n, 2, 1, 1, in, &code, &out};
  printf("  16 elements %5.1f ns\n", best(&tape, 100000) * 1e9);
  free(x);
  free(bf16);
  free(f16);
  free(y);
  return 0;
}
