// Promises of the elementwise engine: MLX's answers at special values in every dtype; the same
// bits alone, fused, strided, broadcast, in place, on any number of threads and in a vector's body
// or tail; errors for what is not defined. Runs every instruction set that the machine has.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/elementwise.h"
#include "base/half.h"
#include "base/pool.h"

static const char *const names[] = {"bool",  "uint8",   "uint16",  "uint32",  "uint64",
                                    "int8",  "int16",   "int32",   "int64",   "float16",
                                    "float32", "float64", "bfloat16", "complex64"};
static const int sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 2, 8};
enum { DTYPES = 14 };

static const struct {
  const char *name;
  int n_in, types, flags;
} prims[] = {
#define MX_PRIM_ROW(ID, NAME, CLASS, N_IN, TYPES, FLAGS) {NAME, N_IN, MX_TYPES_##TYPES, FLAGS},
#include "gen/prims_info.inc"
};

// --- the instruction sets ---------------------------------------------------------------------

enum { TIERS = 4 };
static mx_ew_kernels tiers[TIERS];
static int n_tiers;

static void fill_tiers(void) {
  int have = mx_cpu_tier();
  for (n_tiers = 0; n_tiers <= have; n_tiers++) {
    if (n_tiers > 0) tiers[n_tiers] = tiers[n_tiers - 1];
#if defined(__x86_64__)
    if (n_tiers == 0) mx_ref_fill_elementwise(&tiers[n_tiers]);
    if (n_tiers == 1) mx_avx2_fill_elementwise(&tiers[n_tiers]);
    if (n_tiers == 2) mx_avx512_fill_elementwise(&tiers[n_tiers]);
    if (n_tiers == 3) mx_avx512bf16_fill_elementwise(&tiers[n_tiers]);
#elif defined(__aarch64__)
    if (n_tiers == 0) mx_ref_fill_elementwise(&tiers[n_tiers]);
    if (n_tiers == 1) mx_neon_fill_elementwise(&tiers[n_tiers]);
#else
    mx_ref_fill_elementwise(&tiers[n_tiers]);
#endif
  }
}

// --- values -----------------------------------------------------------------------------------

static bool is_int(int t) { return t <= MLX_INT64; }

static double number(int t, const void *at) {
  uint16_t h;
  float f;
  double d;
  memcpy(&h, at, 2);
  if (t == MLX_FLOAT16) return mx_f16_to_f32(h);
  if (t == MLX_BFLOAT16) return mx_bf16_to_f32(h);
  if (t == MLX_FLOAT64) return memcpy(&d, at, 8), d;
  return memcpy(&f, at, 4), f;
}

static double tolerance(int t) {
  return t == MLX_FLOAT16 ? 1.0 / 1000 : t == MLX_BFLOAT16 ? 1.0 / 120 : t == MLX_FLOAT64 ? 4e-6 : 2e-6;
}

static bool near(int t, double got, double want, double slack) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
  if (isinf(want) || isinf(got)) return want == got;
  if (want == 0 && got == 0) return !signbit(want) == !signbit(got);
  return fabs(got - want) <= tolerance(t) * (fabs(want) + slack);
}

// Complex parts are compared against the magnitude.
static bool same(int t, const char *got, const char *want) {
  if (is_int(t)) return memcmp(got, want, (size_t)sizes[t]) == 0;
  if (t != MLX_COMPLEX64) return near(t, number(t, got), number(t, want), 1e-37);
  double re = number(t, want), im = number(t, want + 4), size = hypot(re, im);
  double gre = number(t, got), gim = number(t, got + 4);
  if (!isfinite(size)) size = 0;
  if (re == 0 && fabs(gre) <= 4e-7 * size) gre = re;  // what cancels leaves its error
  if (im == 0 && fabs(gim) <= 4e-7 * size) gim = im;
  if (re == 0 && gre == 0) gre = re;
  if (im == 0 && gim == 0) gim = im;
  return near(t, gre, re, size) && near(t, gim, im, size);
}

// --- running one operation --------------------------------------------------------------------

static int compute_dtype(int prim, int t) {
  if (prims[prim].types == MX_TYPES_FLOAT && is_int(t)) return MLX_FLOAT32;
  if (prims[prim].types == MX_TYPES_SHIFT && t == MLX_BOOL) return MLX_UINT8;
  return t;
}

static int result_dtype(int prim, int t) {
  if (prims[prim].flags & MX_FLAG_BOOL_RESULT) return MLX_BOOL;
  if (prims[prim].flags & MX_FLAG_REAL_RESULT && t == MLX_COMPLEX64) return MLX_FLOAT32;
  return t;
}

static int run_op(const mx_ew_kernels *k, int prim, int t, int to, void *out, const void *x,
                  const void *y, int64_t n) {
  int64_t one = 1;
  int c = compute_dtype(prim, t), n_in = prims[prim].n_in, n_code = 0;
  mx_tape_in in[2] = {{x, &one, (mlx_dtype)t}, {y, &one, (mlx_dtype)t}};
  mx_instr code[3];
  uint8_t src[2] = {0, 1};
  for (int i = 0; c != t && i < n_in; i++) {
    code[n_code] = (mx_instr){MX_PRIM_ASTYPE, (uint8_t)c, 1, {(uint8_t)i}};
    src[i] = (uint8_t)(n_in + n_code++);
  }
  code[n_code++] = (mx_instr){(uint16_t)prim, (uint8_t)to, (uint8_t)n_in, {src[0], src[1]}};
  mx_tape_out o = {out, n_in + n_code - 1};
  mx_tape tape = {1, &n, n_in, n_code, 1, in, code, &o};
  return mx_tape_run_with(k, &tape);
}

// --- MLX's answers ----------------------------------------------------------------------------

static int dtype_named(const char *name) {
  for (int t = 0; t < DTYPES; t++)
    if (strcmp(names[t], name) == 0) return t;
  return -1;
}

static int prim_named(const char *name) {
  for (int p = 0; p < MX_PRIM_ELEMENTWISE_COUNT; p++)
    if (strcmp(prims[p].name, name) == 0) return p;
  return -1;
}

static int64_t read_hex(char *words, int size, char *out) {
  int64_t n = 0;
  for (char *w = strtok(words, " \n"); w; w = strtok(NULL, " \n"), n++) {
    uint64_t v = strtoull(w, NULL, 16);
    memcpy(out + n * size, &v, (size_t)size);
  }
  return n;
}

enum { MOST = 4096, LINE = 1 << 17 };
static char line[LINE], values[MOST * 8], first[MOST * 8], second[MOST * 8], want[MOST * 8],
    got[MOST * 8 + 8];

static void print_bits(int t, const char *label, const char *at) {
  uint64_t v = 0;
  memcpy(&v, at, (size_t)sizes[t]);
  printf(" %s %0*llx", label, 2 * sizes[t], (unsigned long long)v);
  if (t == MLX_COMPLEX64) printf("(%g, %g)", number(t, at), number(t, at + 4));
  else if (!is_int(t)) printf("(%g)", number(t, at));
}

// A count of bits to shift by; what is negative is large.
static uint64_t count(int t, const char *at) {
  uint64_t v = 0;
  memcpy(&v, at, (size_t)sizes[t]);
  return v;
}

// Where MLX's answer is not the one we promise: sin that loses the sign of zero, erf and sigmoid
// that lose small values, float64 functions computed in float32, and what is out of uint32's
// range, which its vector and scalar code convert differently. Of the array API standard: the sign of
// NaN, the sign of a remainder that is zero, shifts by the width and more.
static bool excused(int prim, int t, int to, const char *x, const char *y, const char *g,
                    const char *w) {
  bool mixed = t == MLX_FLOAT16 || t == MLX_BFLOAT16 || t == MLX_COMPLEX64;
  if (prim == MX_PRIM_ASTYPE && mixed && to == MLX_UINT32) return !(fabs(number(t, x)) < 2147483648.0);
  if (prim == MX_PRIM_LEFT_SHIFT || prim == MX_PRIM_RIGHT_SHIFT) return count(t, y) >= 8u * (unsigned)sizes[t];
  if (is_int(to)) return false;
  if (prim == MX_PRIM_SIGN) return isnan(number(t, x)) && isnan(number(to, g));
  if (prim == MX_PRIM_REMAINDER) return number(to, w) == 0 && number(to, g) == 0;
  if (prim == MX_PRIM_SIN && number(to, w) == 0) return number(to, g) == 0;
  if (prim == MX_PRIM_SIGMOID || prim == MX_PRIM_ERF) return fabs(number(to, g) - number(to, w)) < 1e-7;
  return to == MLX_FLOAT64 &&
         (prim == MX_PRIM_EXP || prim == MX_PRIM_SIN || prim == MX_PRIM_COS);
}

static int check_line(int t, int64_t n_pair, int64_t n_values, char *text) {
  char op[64], result[64];
  int n_in, used;
  if (sscanf(text, "%63s %d %63s %n", op, &n_in, result, &used) != 3) return 1;
  int prim = prim_named(op), to = dtype_named(result), bad = 0;
  assert_true(prim >= 0 && to >= 0);
  int64_t n = read_hex(text + used, sizes[to], want);
  assert_int_equal(n, n_in == 2 ? n_pair * n_pair : n_values);
  const char *x = values, *y = values;
  if (n_in == 2) {
    for (int64_t i = 0; i < n; i++) {
      memcpy(first + i * sizes[t], values + i / n_pair * sizes[t], (size_t)sizes[t]);
      memcpy(second + i * sizes[t], values + i % n_pair * sizes[t], (size_t)sizes[t]);
    }
    x = first;
    y = second;
  }
  for (int k = 0; k < n_tiers; k++) {
    if (run_op(&tiers[k], prim, t, to, got, x, y, n)) {
      printf("%s %s: refused\n", op, names[t]);
      return 1;
    }
    for (int64_t i = 0; i < n; i++) {
      const char *g = got + i * sizes[to], *w = want + i * sizes[to];
      const char *xi = x + i * sizes[t], *yi = y + i * sizes[t];
      if (same(to, g, w) || excused(prim, t, to, xi, yi, g, w)) continue;
      if (bad++ > 8) continue;
      printf("%s tier %d:", op, k);
      print_bits(t, names[t], xi);
      if (n_in == 2) print_bits(t, "", yi);
      print_bits(to, "gives", g);
      print_bits(to, "not", w);
      printf("\n");
    }
  }
  return bad;
}

static void answers_of_mlx(void **state) {
  (void)state;
  const char *root = getenv("MLX_TEST_DATA");
  int bad = 0;
  for (int t = 0; t < DTYPES; t++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/elementwise/%s.txt", root ? root : "tests/data", names[t]);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    int64_t n_pair = 0, n_values = 0;
    while (fgets(line, LINE, f)) {
      int used;
      long long pairs;
      if (sscanf(line, "values %lld %*s %n", &pairs, &used) == 1) {
        n_pair = pairs;
        n_values = read_hex(line + used, sizes[t], values);
      } else {
        bad += check_line(t, n_pair, n_values, line);
      }
    }
    fclose(f);
  }
  assert_int_equal(bad, 0);
}

// --- the same bits everywhere -----------------------------------------------------------------

static uint64_t seed = 88172645463325252ull;
static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static void random_values(int t, char *out, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double v = (double)(int64_t)(next_random() % 2001) / 100 - 10;
    if (next_random() % 37 == 0) v *= 1e9;
    if (next_random() % 41 == 0) v = 0;
    float f = (float)v;
    uint64_t raw = t == MLX_BOOL ? next_random() % 2 : next_random() >> 20;
    uint16_t h = t == MLX_FLOAT16 ? mx_f32_to_f16(f) : mx_f32_to_bf16(f);
    mx_c64 z = {f, (float)((int64_t)(next_random() % 2001) - 1000) / 64};
    const void *from = is_int(t)                                ? (void *)&raw
                       : t == MLX_FLOAT32                       ? (void *)&f
                       : t == MLX_FLOAT64                       ? (void *)&v
                       : t == MLX_COMPLEX64                     ? (void *)&z
                                                                : (void *)&h;
    memcpy(out + i * sizes[t], from, (size_t)sizes[t]);
  }
}

static bool defined(int prim, int t) {
  int f = prims[prim].flags;
  if (prims[prim].n_in > 2 || prim == MX_PRIM_ASTYPE) return false;
  if (t == MLX_COMPLEX64) return !(f & MX_REFUSE_COMPLEX);
  if (!is_int(t)) return !(f & MX_REFUSE_FLOAT);
  return !(f & (t == MLX_BOOL ? MX_REFUSE_BOOL : MX_REFUSE_INT));
}

static void vector_body_and_tail(void **state) {
  (void)state;
  enum { N = 331 };
  int bad = 0;
  for (int k = 0; k < n_tiers; k++)
    for (int p = 0; p < MX_PRIM_ELEMENTWISE_COUNT; p++)
      for (int t = 0; t < DTYPES; t++) {
        if (!defined(p, t)) continue;
        int to = result_dtype(p, compute_dtype(p, t));
        random_values(t, first, N);
        random_values(t, second, N);
        assert_int_equal(run_op(&tiers[k], p, t, to, want, first, second, N), 0);
        for (int64_t i = 0; i < N; i++)
          run_op(&tiers[k], p, t, to, got + i * sizes[to], first + i * sizes[t],
                 second + i * sizes[t], 1);
        // NaNs differ in nothing that arithmetic promises.
        for (int64_t i = 0; i < N; i++) {
          const char *g = got + i * sizes[to], *w = want + i * sizes[to];
          if (memcmp(g, w, (size_t)sizes[to]) == 0) continue;
          if (!is_int(to) && isnan(number(to, g)) && isnan(number(to, w))) continue;
          if (bad++ < 10) printf("%s %s at %d of tier %d\n", prims[p].name, names[t], (int)i, k);
        }
      }
  assert_int_equal(bad, 0);
}

static void every_dtype_is_served_or_refused(void **state) {
  (void)state;
  for (int p = 0; p < MX_PRIM_ELEMENTWISE_COUNT; p++)
    for (int t = 0; t < DTYPES; t++) {
      if (prims[p].n_in > 2 || p == MX_PRIM_ASTYPE) continue;
      int c = compute_dtype(p, t), to = result_dtype(p, c);
      memset(first, 0, 64);
      assert_int_equal(run_op(&tiers[0], p, t, to, got, first, first, 4) == 0, defined(p, t));
    }
}

// A random tape over float32 or a half, run fused and one instruction at a time.
typedef struct sample {
  int64_t shape[4], strides[4][4];
  char *in[4], *step[16];
  mx_tape_in inputs[4];
  mx_instr code[12];
  int ndim, n_code, dtype;
  int64_t n;
} sample;

static const uint16_t some_prims[] = {MX_PRIM_ADD, MX_PRIM_MULTIPLY, MX_PRIM_SUBTRACT, MX_PRIM_EXP,
                                      MX_PRIM_SIN, MX_PRIM_MAXIMUM,  MX_PRIM_DIVIDE,   MX_PRIM_TANH,
                                      MX_PRIM_NEGATIVE, MX_PRIM_SQUARE};

static void make_sample(sample *s) {
  static const int some_dtypes[] = {MLX_FLOAT32, MLX_BFLOAT16, MLX_FLOAT16, MLX_FLOAT64};
  s->dtype = some_dtypes[next_random() % 4];
  s->ndim = 1 + (int)(next_random() % 4);
  s->n = 1;
  for (int d = 0; d < s->ndim; d++) {
    static const int lengths[] = {1, 2, 3, 7, 19, 40};
    s->shape[d] = lengths[next_random() % 6];
    if (d == s->ndim - 1 && next_random() % 2) s->shape[d] = 300 + (int64_t)(next_random() % 700);
    s->n *= s->shape[d];
  }
  for (int i = 0; i < 4; i++) {
    // Axes in a random order of memory, some repeated, some backwards.
    int64_t step = 1, at = 0;
    int order[4] = {0, 1, 2, 3};
    for (int d = s->ndim - 1; d > 0 && next_random() % 3 == 0; d--) {
      int j = (int)(next_random() % (unsigned)(d + 1)), old = order[d];
      order[d] = order[j], order[j] = old;
    }
    for (int d = s->ndim - 1; d >= 0; d--) {
      int axis = order[d];
      s->strides[i][axis] = next_random() % 5 == 0 ? 0 : step;
      step *= s->shape[axis] * (next_random() % 8 == 0 ? 2 : 1);
    }
    s->in[i] = malloc((size_t)step * 8 + 8);
    random_values(s->dtype, s->in[i], step);
    if (next_random() % 6 == 0) {
      at = s->strides[i][0] * (s->shape[0] - 1);
      s->strides[i][0] = -s->strides[i][0];
    }
    s->inputs[i] = (mx_tape_in){s->in[i] + at * sizes[s->dtype], s->strides[i], (mlx_dtype)s->dtype};
  }
  s->n_code = 1 + (int)(next_random() % 12);
  for (int c = 0; c < s->n_code; c++) {
    uint16_t p = some_prims[next_random() % 10];
    uint8_t x = (uint8_t)(next_random() % (unsigned)(4 + c)), y = (uint8_t)(next_random() % (unsigned)(4 + c));
    s->code[c] = (mx_instr){p, (uint8_t)s->dtype, (uint8_t)prims[p].n_in, {x, y}};
    s->step[4 + c] = malloc((size_t)s->n * 8 + 8);
  }
}

static void dense_strides(const sample *s, int64_t *out) {
  int64_t step = 1;
  for (int d = s->ndim - 1; d >= 0; step *= s->shape[d--]) out[d] = step;
}

static bool same_numbers(int t, const char *a, const char *b, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const char *x = a + i * sizes[t], *y = b + i * sizes[t];
    if (memcmp(x, y, (size_t)sizes[t]) && !(isnan(number(t, x)) && isnan(number(t, y)))) return false;
  }
  return true;
}

static void fused_is_unfused(void **state) {
  (void)state;
  for (int round = 0; round < 400; round++) {
    sample s;
    make_sample(&s);
    const mx_ew_kernels *k = &tiers[round % n_tiers];
    int64_t dense[4];
    dense_strides(&s, dense);
    for (int c = 0; c < s.n_code; c++) {
      const mx_instr *code = &s.code[c];
      mx_tape_in in[2];
      for (int i = 0; i < code->n_src; i++)
        in[i] = code->src[i] < 4 ? s.inputs[code->src[i]]
                                 : (mx_tape_in){s.step[code->src[i]], dense, (mlx_dtype)s.dtype};
      mx_instr one = {code->prim, code->dtype, code->n_src, {0, 1}};
      mx_tape_out o = {s.step[4 + c], code->n_src};
      mx_tape tape = {s.ndim, s.shape, code->n_src, 1, 1, in, &one, &o};
      assert_int_equal(mx_tape_run_with(k, &tape), 0);
    }
    // Fused, with the last result and one in between; then on three threads.
    int between = 4 + (int)(next_random() % (unsigned)s.n_code), last = 3 + s.n_code;
    for (int threads = 1; threads <= 3; threads += 2) {
      mx_set_thread_count(threads);
      char *a = malloc((size_t)s.n * 8), *b = malloc((size_t)s.n * 8);
      mx_tape_out outs[2] = {{a, last}, {b, between}};
      mx_tape tape = {s.ndim, s.shape, 4, s.n_code, 2, s.inputs, s.code, outs};
      assert_int_equal(mx_tape_run_with(k, &tape), 0);
      assert_true(same_numbers(s.dtype, a, s.step[last], s.n));
      assert_true(same_numbers(s.dtype, b, s.step[between], s.n));
      free(a);
      free(b);
    }
    for (int i = 0; i < 4; i++) free(s.in[i]);
    for (int c = 0; c < s.n_code; c++) free(s.step[4 + c]);
  }
}

// Inputs that lie column by column go through panels.
static void columns(void **state) {
  (void)state;
  enum { OUTER = 3, ROWS = 37, WIDTH = 700, N = OUTER * ROWS * WIDTH };
  int64_t shape[] = {OUTER, ROWS, WIDTH}, rows[] = {ROWS * WIDTH, WIDTH, 1},
          columns[] = {ROWS * WIDTH, 1, ROWS};
  for (int t = 0; t < DTYPES; t++) {
    char *x = malloc(N * 8), *y = malloc(N * 8), *z = malloc(N * 8), *a = malloc(N * 8), *b = malloc(N * 8);
    random_values(t, x, N);
    random_values(t, y, N);
    for (int o = 0; o < OUTER; o++)
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < WIDTH; c++)
          memcpy(z + ((o * ROWS + r) * WIDTH + c) * sizes[t], y + (o * ROWS * WIDTH + c * ROWS + r) * sizes[t],
                 (size_t)sizes[t]);
    mx_tape_in in[] = {{x, rows, (mlx_dtype)t}, {y, columns, (mlx_dtype)t}};
    mx_instr code = {MX_PRIM_MAXIMUM, (uint8_t)t, 2, {0, 1}};
    mx_tape_out out = {a, 2};
    mx_tape tape = {3, shape, 2, 1, 1, in, &code, &out};
    for (int threads = 1; threads <= 3; threads++) {
      mx_set_thread_count(threads);
      assert_int_equal(mx_tape_run(&tape), 0);
      assert_int_equal(run_op(mx_elementwise_kernels(), MX_PRIM_MAXIMUM, t, t, b, x, z, N), 0);
      assert_memory_equal(a, b, (size_t)(N * sizes[t]));
    }
    free(x), free(y), free(z), free(a), free(b);
  }
}

static void threads_give_the_same_bits(void **state) {
  (void)state;
  enum { N = 400003 };
  float *x = malloc(N * 4), *a = malloc(N * 4), *b = malloc(N * 4);
  random_values(MLX_FLOAT32, (char *)x, N);
  for (int threads = 1; threads <= 4; threads++) {
    mx_set_thread_count(threads);
    assert_int_equal(run_op(mx_elementwise_kernels(), MX_PRIM_EXP, MLX_FLOAT32, MLX_FLOAT32,
                            threads == 1 ? a : b, x, x, N), 0);
    if (threads > 1) assert_memory_equal(a, b, N * 4);
  }
  free(x);
  free(a);
  free(b);
}

// An output in an input's memory, while another instruction still wants the input.
static void in_place(void **state) {
  (void)state;
  enum { N = 5000 };
  int64_t n = N, one = 1;
  for (int t = MLX_FLOAT16; t <= MLX_BFLOAT16; t++) {
    char *x = malloc(N * 8), *keep = malloc(N * 8), *y = malloc(N * 8), *z = malloc(N * 8);
    random_values(t, x, N);
    memcpy(keep, x, (size_t)(N * sizes[t]));
    mx_tape_in in = {x, &one, (mlx_dtype)t};
    mx_instr code[] = {{MX_PRIM_ADD, (uint8_t)t, 2, {0, 0}}, {MX_PRIM_MULTIPLY, (uint8_t)t, 2, {0, 1}}};
    mx_tape_out outs[] = {{x, 1}, {y, 2}};
    mx_tape tape = {1, &n, 1, 2, 2, &in, code, outs};
    assert_int_equal(mx_tape_run(&tape), 0);
    run_op(mx_elementwise_kernels(), MX_PRIM_ADD, t, t, z, keep, keep, N);
    assert_true(same_numbers(t, x, z, N));
    char *w = malloc(N * 8);
    run_op(mx_elementwise_kernels(), MX_PRIM_MULTIPLY, t, t, w, keep, z, N);
    assert_true(same_numbers(t, y, w, N));
    free(x), free(keep), free(y), free(z), free(w);
  }
}

static void select_moves_bits(void **state) {
  (void)state;
  enum { N = 777 };
  int64_t n = N, one = 1, zero = 0;
  for (int t = 0; t < DTYPES; t++) {
    random_values(MLX_BOOL, values, N);
    random_values(t, first, N);
    random_values(t, second, N);
    mx_tape_in in[] = {{values, &one, MLX_BOOL}, {first, &one, (mlx_dtype)t}, {second, &zero, (mlx_dtype)t}};
    mx_instr code = {MX_PRIM_WHERE, (uint8_t)t, 3, {0, 1, 2}};
    mx_tape_out out = {got, 3};
    mx_tape tape = {1, &n, 3, 1, 1, in, &code, &out};
    assert_int_equal(mx_tape_run(&tape), 0);
    for (int i = 0; i < N; i++)
      assert_memory_equal(got + i * sizes[t], values[i] ? first + i * sizes[t] : second, (size_t)sizes[t]);
  }
}

// A half in the middle of a tape is rounded though nobody stores it, and a copy of it as float32
// shows the rounding.
static void halves_round_at_every_step(void **state) {
  (void)state;
  int64_t n = 40, one = 1;
  uint16_t x[40], y[40];
  float wide[40];
  for (int i = 0; i < 40; i++) x[i] = mx_f32_to_bf16((float)(i + 1) / 3);
  mx_tape_in in = {x, &one, MLX_BFLOAT16};
  mx_instr code[] = {{MX_PRIM_MULTIPLY, MLX_BFLOAT16, 2, {0, 0}}, {MX_PRIM_ASTYPE, MLX_FLOAT32, 1, {1}}};
  for (int order = 0; order < 2; order++) {
    mx_tape_out outs[] = {{order ? (void *)wide : y, order ? 2 : 1}, {order ? (void *)y : wide, order ? 1 : 2}};
    mx_tape tape = {1, &n, 1, 2, 2, &in, code, outs};
    assert_int_equal(mx_tape_run(&tape), 0);
    for (int i = 0; i < 40; i++) {
      float f = mx_bf16_to_f32(x[i]), p = mx_bf16_to_f32(mx_f32_to_bf16(f * f));
      assert_true(wide[i] == p && mx_bf16_to_f32(y[i]) == p);
    }
  }
}

// A conversion between float32 operations is joined with none of them: (x op x) op (float) n, and
// the other way round.
static void conversions_stand_alone(void **state) {
  (void)state;
  static const uint16_t ops[] = {MX_PRIM_ADD, MX_PRIM_SUBTRACT, MX_PRIM_MULTIPLY};
  int64_t n = 20, one = 1;
  float x[20], y[20];
  int32_t whole[20];
  for (int i = 0; i < 20; i++) x[i] = (float)i / 3, whole[i] = 7 - i;
  mx_tape_in in[] = {{x, &one, MLX_FLOAT32}, {whole, &one, MLX_INT32}};
  for (int k = 0; k < 18 * n_tiers; k++) {
    uint16_t a = ops[k % 3], b = ops[k / 3 % 3];
    uint8_t turned = k / 9 % 2;
    mx_instr code[] = {{a, MLX_FLOAT32, 2, {0, 0}},
                       {MX_PRIM_ASTYPE, MLX_FLOAT32, 1, {1}},
                       {b, MLX_FLOAT32, 2, {2 + turned, 3 - turned}}};
    mx_tape_out out = {y, 4};
    mx_tape tape = {1, &n, 2, 3, 1, in, code, &out};
    assert_int_equal(mx_tape_run_with(&tiers[k / 18], &tape), 0);
    for (int i = 0; i < 20; i++) {
      float p = a == MX_PRIM_ADD ? x[i] + x[i] : a == MX_PRIM_SUBTRACT ? 0 : x[i] * x[i];
      float l = turned ? (float)whole[i] : p, r = turned ? p : (float)whole[i];
      assert_true(y[i] == (b == MX_PRIM_ADD ? l + r : b == MX_PRIM_SUBTRACT ? l - r : l * r));
    }
  }
}

// A square after other operations reads what they made, twice: (x x op y y)^2, ((x op y)^2 op x)^2.
static void squares_after_other_steps(void **state) {
  (void)state;
  static const uint16_t ops[] = {MX_PRIM_ADD, MX_PRIM_SUBTRACT, MX_PRIM_MULTIPLY};
  int64_t n = 20, one = 1;
  float x[20], y[20], z[20];
  for (int i = 0; i < 20; i++) x[i] = (float)i / 3, y[i] = 2 - (float)i / 7;
  mx_tape_in in[] = {{x, &one, MLX_FLOAT32}, {y, &one, MLX_FLOAT32}};
  for (int k = 0; k < 6 * n_tiers; k++) {
    uint16_t op = ops[k % 3];
    bool products = k / 3 % 2;
    mx_instr sums[] = {{MX_PRIM_MULTIPLY, MLX_FLOAT32, 2, {0, 0}},
                       {MX_PRIM_MULTIPLY, MLX_FLOAT32, 2, {1, 1}},
                       {op, MLX_FLOAT32, 2, {2, 3}},
                       {MX_PRIM_SQUARE, MLX_FLOAT32, 1, {4}}};
    mx_instr line[] = {{op, MLX_FLOAT32, 2, {0, 1}},
                       {MX_PRIM_SQUARE, MLX_FLOAT32, 1, {2}},
                       {op, MLX_FLOAT32, 2, {3, 0}},
                       {MX_PRIM_SQUARE, MLX_FLOAT32, 1, {4}}};
    mx_tape_out out = {z, 5};
    mx_tape tape = {1, &n, 2, 4, 1, in, products ? sums : line, &out};
    assert_int_equal(mx_tape_run_with(&tiers[k / 6], &tape), 0);
    for (int i = 0; i < 20; i++) {
      float a = products ? x[i] * x[i] : x[i], b = products ? y[i] * y[i] : y[i];
      for (int twice = 0; twice < 2 - products; twice++, b = x[i]) {
        a = op == MX_PRIM_ADD ? a + b : op == MX_PRIM_SUBTRACT ? a - b : a * b;
        a *= a;
      }
      assert_true(z[i] == a);
    }
  }
}

// A power by a scalar may run as a shorter instruction: the bits are those of a power by an array.
static void scalar_exponents_change_no_bit(void **state) {
  (void)state;
  enum { N = 4096 };
  static const float exponents[] = {1, 2, 3, -1, 0.5f, 0};
  static float x[N], y[N], one_by_one[N], at_once[N], sum[N];
  int64_t n = N, dense = 1, repeated = 0;
  mx_instr power = {MX_PRIM_POWER, MLX_FLOAT32, 2, {0, 1}};
  mx_instr both[] = {power, {MX_PRIM_ADD, MLX_FLOAT32, 2, {2, 0}}};
  random_values(MLX_FLOAT32, (char *)x, N);
  for (int k = 0; k < (int)(sizeof exponents / sizeof *exponents) * n_tiers; k++) {
    const mx_ew_kernels *t = &tiers[k % n_tiers];
    for (int i = 0; i < N; i++) y[i] = exponents[k / n_tiers];
    mx_tape_in in[] = {{x, &dense, MLX_FLOAT32}, {y, &dense, MLX_FLOAT32}};
    mx_tape_out out = {one_by_one, 2}, two[] = {{at_once, 2}, {sum, 3}};
    mx_tape alone = {1, &n, 2, 1, 1, in, &power, &out}, fused = {1, &n, 2, 2, 2, in, both, two};
    assert_int_equal(mx_tape_run_with(t, &alone), 0);
    in[1].strides = &repeated;
    assert_int_equal(mx_tape_run_with(t, &fused), 0);
    assert_true(same_numbers(MLX_FLOAT32, (char *)one_by_one, (char *)at_once, N));
    out.data = at_once;
    assert_int_equal(mx_tape_run_with(t, &alone), 0);
    assert_true(same_numbers(MLX_FLOAT32, (char *)one_by_one, (char *)at_once, N));
  }
}

static void least_integer_over_minus_one_wraps(void **state) {
  (void)state;
  int32_t a = INT32_MIN, b = -1, r;
  int64_t c = INT64_MIN, d = -1, q;
  run_op(&tiers[0], MX_PRIM_FLOOR_DIVIDE, MLX_INT32, MLX_INT32, &r, &a, &b, 1);
  assert_int_equal(r, INT32_MIN);
  run_op(&tiers[0], MX_PRIM_REMAINDER, MLX_INT32, MLX_INT32, &r, &a, &b, 1);
  assert_int_equal(r, 0);
  run_op(&tiers[0], MX_PRIM_FLOOR_DIVIDE, MLX_INT64, MLX_INT64, &q, &c, &d, 1);
  assert_true(q == INT64_MIN);
  run_op(&tiers[0], MX_PRIM_REMAINDER, MLX_INT64, MLX_INT64, &q, &c, &d, 1);
  assert_true(q == 0);
}

int main(void) {
  fill_tiers();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_of_mlx),
      cmocka_unit_test(vector_body_and_tail),
      cmocka_unit_test(every_dtype_is_served_or_refused),
      cmocka_unit_test(fused_is_unfused),
      cmocka_unit_test(columns),
      cmocka_unit_test(threads_give_the_same_bits),
      cmocka_unit_test(in_place),
      cmocka_unit_test(select_moves_bits),
      cmocka_unit_test(halves_round_at_every_step),
      cmocka_unit_test(conversions_stand_alone),
      cmocka_unit_test(squares_after_other_steps),
      cmocka_unit_test(scalar_exponents_change_no_bit),
      cmocka_unit_test(least_integer_over_minus_one_wraps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
