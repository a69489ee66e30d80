/* Running folds along one axis of row-major arrays.
 * Invariant: a run is one chain in order, each step rounded to the dtype; runs are taken side by
 * side or several at a time, so that chains overlap without changing a bit. */
#include <math.h>
#include <string.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/reduce.h"
#include "base/error.h"
#include "base/half.h"
#include "base/pool.h"
#include "core/params.h"

enum { LANES = 4, COLUMNS = 1024, WORK = 1 << 14 };

/* One block of runs: element i of run c is at i * step + c * apart. Where apart is 1, n is at most
 * COLUMNS. */
typedef struct runs {
  const char *src;
  char *dst;
  int64_t len, step, n, apart;
  bool reverse, inclusive;
} runs;

typedef void (*scan_fn)(const runs *r);

static float load_f16(uint16_t x) { return mx_f16_to_f32(x); }
static float load_bf16(uint16_t x) { return mx_bf16_to_f32(x); }
static uint16_t store_f16(float x) { return mx_f32_to_f16(x); }
static uint16_t store_bf16(float x) { return mx_f32_to_bf16(x); }

static float logadd(float a, float b) {
  if (isnan(a) || isnan(b)) return NAN;
  float top = a > b ? a : b, low = a > b ? b : a;
  return isinf(top) || low == -INFINITY ? top : top + log1pf(expf(low - top));
}

static double logadd64(double a, double b) {
  if (isnan(a) || isnan(b)) return NAN;
  double top = a > b ? a : b, low = a > b ? b : a;
  return isinf(top) || low == -INFINITY ? top : top + log1p(exp(low - top));
}

#ifdef __clang__
#define NO_OVERLAP /* clang checks at run time */
#else
#define NO_OVERLAP _Pragma("GCC ivdep")
#endif

/* ADVANCE gives acc from acc and x, both of type A. Source and result may be one array, place by
 * place. Runs side by side go element by element, others LANES at a time: so chains overlap. */
#define SCAN(NAME, T, A, LOAD, STORE, INIT, ADVANCE)                                               \
  static void NAME##_side(const runs *r, const T *src, T *dst, int64_t step) {                     \
    A run[COLUMNS];                                                                                \
    for (int64_t c = 0; c < r->n; c++) run[c] = INIT;                                              \
    for (int64_t i = 0; i < r->len; i++, src += step, dst += step) {                               \
      if (r->inclusive) {                                                                          \
        NO_OVERLAP for (int64_t c = 0; c < r->n; c++) {                                            \
          A x = LOAD(src[c]), acc = run[c];                                                        \
          T next = STORE(ADVANCE);                                                                 \
          dst[c] = next;                                                                           \
          run[c] = LOAD(next);                                                                     \
        }                                                                                          \
      } else {                                                                                     \
        for (int64_t c = 0; c < r->n; c++) {                                                       \
          A x = LOAD(src[c]), acc = run[c];                                                        \
          dst[c] = STORE(acc);                                                                     \
          T next = STORE(ADVANCE);                                                                 \
          run[c] = LOAD(next);                                                                     \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void NAME(const runs *r) {                                                                \
    int64_t first = r->reverse ? (r->len - 1) * r->step : 0, c = 0;                                \
    int64_t step = r->reverse ? -r->step : r->step, apart = r->apart;                              \
    const T *src = (const T *)(const void *)r->src + first;                                        \
    T *dst = (T *)(void *)r->dst + first;                                                          \
    if (apart == 1 && r->n > 1) {                                                                  \
      NAME##_side(r, src, dst, step);                                                              \
      return;                                                                                      \
    }                                                                                              \
    for (; c + LANES <= r->n && r->inclusive; c += LANES) {                                        \
      const T *s = src + c * apart;                                                                \
      T *d = dst + c * apart, next[LANES];                                                         \
      A run[LANES] = {INIT, INIT, INIT, INIT};                                                     \
      for (int64_t i = 0; i < r->len; i++, s += step, d += step) {                                 \
        for (int k = 0; k < LANES; k++) {                                                          \
          A x = LOAD(s[k * apart]), acc = run[k];                                                  \
          next[k] = STORE(ADVANCE);                                                                \
          d[k * apart] = next[k];                                                                  \
          run[k] = LOAD(next[k]);                                                                  \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
    for (; c < r->n; c++) {                                                                        \
      const T *s = src + c * apart;                                                                \
      T *d = dst + c * apart;                                                                      \
      A run = INIT;                                                                                \
      for (int64_t i = 0; i < r->len; i++, s += step, d += step) {                                 \
        A x = LOAD(*s), acc = run;                                                                 \
        T next = STORE(ADVANCE);                                                                   \
        *d = r->inclusive ? next : STORE(acc);                                                     \
        run = LOAD(next);                                                                          \
      }                                                                                            \
    }                                                                                              \
  }

#define SAME(x) (x)
#define LESS(acc, x) (x < acc || x != x ? x : acc)
#define MORE(acc, x) (x > acc || x != x ? x : acc)

#define FLOATS(N, T, A, LOAD, STORE, LOGADD)                                                       \
  SCAN(sum_##N, T, A, LOAD, STORE, 0, acc + x)                                                     \
  SCAN(prod_##N, T, A, LOAD, STORE, 1, acc * x)                                                    \
  SCAN(max_##N, T, A, LOAD, STORE, (A)-INFINITY, acc != acc ? acc : MORE(acc, x))                  \
  SCAN(min_##N, T, A, LOAD, STORE, (A)INFINITY, acc != acc ? acc : LESS(acc, x))                   \
  SCAN(log_##N, T, A, LOAD, STORE, (A)-INFINITY, LOGADD(acc, x))
FLOATS(f32, float, float, SAME, SAME, logadd)
FLOATS(f64, double, double, SAME, SAME, logadd64)
FLOATS(f16, uint16_t, float, load_f16, store_f16, logadd)
FLOATS(bf16, uint16_t, float, load_bf16, store_bf16, logadd)

/* U is the unsigned type in which sums wrap. */
#define INTEGERS(N, T, U, LOW, HIGH)                                                               \
  SCAN(sum_##N, T, T, SAME, (T), 0, (T)((U)acc + (U)x))                                            \
  SCAN(prod_##N, T, T, SAME, (T), 1, (T)((U)acc * (U)x))                                           \
  SCAN(max_##N, T, T, SAME, (T), LOW, x > acc ? x : acc)                                           \
  SCAN(min_##N, T, T, SAME, (T), HIGH, x < acc ? x : acc)
INTEGERS(u8, uint8_t, uint32_t, 0, UINT8_MAX)
INTEGERS(u16, uint16_t, uint32_t, 0, UINT16_MAX)
INTEGERS(u32, uint32_t, uint32_t, 0, UINT32_MAX)
INTEGERS(u64, uint64_t, uint64_t, 0, UINT64_MAX)
INTEGERS(i8, int8_t, uint32_t, INT8_MIN, INT8_MAX)
INTEGERS(i16, int16_t, uint32_t, INT16_MIN, INT16_MAX)
INTEGERS(i32, int32_t, uint32_t, INT32_MIN, INT32_MAX)
INTEGERS(i64, int64_t, uint64_t, INT64_MIN, INT64_MAX)
SCAN(prod_bool, uint8_t, uint8_t, SAME, (uint8_t), 1, acc & x)
SCAN(max_bool, uint8_t, uint8_t, SAME, (uint8_t), 0, acc | x)

static mx_c64 c64(float re, float im) { return (mx_c64){re, im}; }
static bool c64_nan(mx_c64 a) { return isnan(a.re) || isnan(a.im); }
static mx_c64 c64_add(mx_c64 a, mx_c64 b) { return c64(a.re + b.re, a.im + b.im); }
static mx_c64 c64_mul(mx_c64 a, mx_c64 b) {
  return c64(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}
static bool c64_less(mx_c64 a, mx_c64 b) { return a.re < b.re || (a.re == b.re && a.im < b.im); }
static mx_c64 c64_pick(mx_c64 acc, mx_c64 x, bool take) {
  return c64_nan(acc) || c64_nan(x) ? c64(NAN, 0) : take ? x : acc;
}
/* log(exp(a) + exp(b)), the greater one taken out; the angle of the sum is the imaginary part. */
static mx_c64 c64_logadd(mx_c64 a, mx_c64 b) {
  if (c64_nan(a) || c64_nan(b)) return c64(NAN, NAN);
  mx_c64 top = c64_less(a, b) ? b : a, low = c64_less(a, b) ? a : b;
  if (isinf(top.re) || low.re == -INFINITY) return top;
  double e = exp((double)low.re - top.re), turn = (double)low.im - top.im;
  double re = 1 + e * cos(turn), im = e * sin(turn);
  return c64((float)(top.re + log(hypot(re, im))), (float)(top.im + atan2(im, re)));
}
SCAN(sum_c64, mx_c64, mx_c64, SAME, SAME, c64(0, 0), c64_add(acc, x))
SCAN(prod_c64, mx_c64, mx_c64, SAME, SAME, c64(1, 0), c64_mul(acc, x))
SCAN(max_c64, mx_c64, mx_c64, SAME, SAME, c64(-INFINITY, -INFINITY),
     c64_pick(acc, x, c64_less(acc, x)))
SCAN(min_c64, mx_c64, mx_c64, SAME, SAME, c64(INFINITY, INFINITY),
     c64_pick(acc, x, c64_less(x, acc)))
SCAN(log_c64, mx_c64, mx_c64, SAME, SAME, c64(-INFINITY, 0), c64_logadd(acc, x))

/* By dtype; logcumsumexp of integers and sums of booleans are cast before they get here. */
#define ROW(OP, BOOL)                                                                              \
  {BOOL,    OP##_u8,  OP##_u16, OP##_u32, OP##_u64,  OP##_i8,  OP##_i16,                           \
   OP##_i32, OP##_i64, OP##_f16, OP##_f32, OP##_f64, OP##_bf16, OP##_c64}
static const scan_fn sums[MX_DTYPE_COUNT] = ROW(sum, NULL);
static const scan_fn prods[MX_DTYPE_COUNT] = ROW(prod, prod_bool);
static const scan_fn maxes[MX_DTYPE_COUNT] = ROW(max, max_bool);
static const scan_fn mins[MX_DTYPE_COUNT] = ROW(min, prod_bool);
static const scan_fn logs[MX_DTYPE_COUNT] = {[MLX_FLOAT16] = log_f16, [MLX_FLOAT32] = log_f32,
                                             [MLX_FLOAT64] = log_f64, [MLX_BFLOAT16] = log_bf16,
                                             [MLX_COMPLEX64] = log_c64};

static scan_fn find(const mx_op *op, mlx_dtype t) {
  switch (op->prim) {
  case MX_PRIM_CUMSUM: return sums[t];
  case MX_PRIM_CUMPROD: return prods[t];
  case MX_PRIM_CUMMAX: return maxes[t];
  case MX_PRIM_CUMMIN: return mins[t];
  case MX_PRIM_LOGCUMSUMEXP: return logs[t];
  default: return NULL;
  }
}

typedef struct job {
  scan_fn fn;
  const char *src;
  char *dst;
  int64_t size, len, outer, inner, tiles;
  bool reverse, inclusive;
} job;

/* inner == 1: rows begin .. end. */
static void row_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  int64_t at = begin * j->len * j->size;
  runs r = {j->src + at, j->dst + at, j->len, 1, end - begin, j->len, j->reverse, j->inclusive};
  j->fn(&r);
}

/* Runs that lie side by side: COLUMNS of them a task. */
static void column_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t t = begin; t < end; t++) {
    int64_t o = t / j->tiles, c0 = t % j->tiles * COLUMNS;
    int64_t n = j->inner - c0 < COLUMNS ? j->inner - c0 : COLUMNS;
    int64_t at = (o * j->len * j->inner + c0) * j->size;
    runs r = {j->src + at, j->dst + at, j->len, j->inner, n, 1, j->reverse, j->inclusive};
    j->fn(&r);
  }
}

int mx_cpu_scan(const mx_step *step) {
  const mx_scan_params *p = (const mx_scan_params *)step->op->params;
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  job j = {.fn = find(step->op, (mlx_dtype)a->dtype), .size = (int64_t)mx_itemsize(a)};
  if (!j.fn)
    return mx_fail(MX_RUNTIME, "[scan] no kernel for %s", mx_dtype_name((mlx_dtype)a->dtype));
  if (mx_out_donate(step, 0, out)) return 1;
  if (a->size == 0) return 0;
  j.src = mx_data(a);
  j.dst = mx_data(out);
  j.len = a->shape[p->axis];
  j.reverse = p->reverse;
  j.inclusive = p->inclusive;
  j.outer = j.inner = 1;
  for (int i = 0; i < p->axis; i++) j.outer *= a->shape[i];
  for (int i = (int)p->axis + 1; i < a->ndim; i++) j.inner *= a->shape[i];
  j.tiles = (j.inner + COLUMNS - 1) / COLUMNS;
  if (j.inner == 1) {
    int64_t grain = (1 + WORK / j.len + LANES - 1) / LANES * LANES;
    mx_parallel_for(j.outer, grain, row_tasks, &j);
  } else {
    int64_t work = j.len * (j.inner < COLUMNS ? j.inner : COLUMNS);
    mx_parallel_for(j.outer * j.tiles, 1 + WORK / work, column_tasks, &j);
  }
  return 0;
}
