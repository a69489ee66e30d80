/* The table of combining loops. Integers wrap, min and max keep NaN, halves round after every step,
 * complex numbers are ordered by real, then imaginary part. */
#include "backend/cpu/combine.h"

#include "base/half.h"

typedef struct c64 {
  float re, im;
} c64;

#define LOOP(name, T, V, load, store, expr)                                                        \
  static void name(void *dst, int64_t ds, const void *src, int64_t ss, int64_t n) {                \
    T *d = dst;                                                                                    \
    const T *s = src;                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      V x = load(d[i * ds]), y = load(s[i * ss]);                                                  \
      d[i * ds] = store((expr));                                                                   \
    }                                                                                              \
  }
#define SET_LOOP(name, T)                                                                          \
  static void name(void *dst, int64_t ds, const void *src, int64_t ss, int64_t n) {                \
    T *d = dst;                                                                                    \
    const T *s = src;                                                                              \
    for (int64_t i = 0; i < n; i++) d[i * ds] = s[i * ss];                                         \
  }

#define SAME(x) (x)
#define MIN_INT x < y ? x : y
#define MAX_INT x > y ? x : y
#define MIN_FLOAT x < y || x != x ? x : y
#define MAX_FLOAT x > y || x != x ? x : y

/* T in memory, V in arithmetic. */
#define FAMILY(tag, T, V, load, store, add, prod, min, max)                                        \
  SET_LOOP(set_##tag, T)                                                                           \
  LOOP(add_##tag, T, V, load, store, add)                                                          \
  LOOP(prod_##tag, T, V, load, store, prod)                                                        \
  LOOP(min_##tag, T, V, load, store, min)                                                          \
  LOOP(max_##tag, T, V, load, store, max)

/* Wrapping arithmetic in U, also where a product of promoted 16-bit numbers would overflow int. */
#define INTS(tag, T, U) FAMILY(tag, T, T, SAME, (T), (U)x + (U)y, (U)x * (U)y, MIN_INT, MAX_INT)
#define FLOATS(tag, T, V, load, store)                                                             \
  FAMILY(tag, T, V, load, store, x + y, x * y, MIN_FLOAT, MAX_FLOAT)

FAMILY(bool, uint8_t, uint8_t, SAME, SAME, x | y, x &y, x &y, x | y)
INTS(u8, uint8_t, uint32_t)
INTS(u16, uint16_t, uint32_t)
INTS(u32, uint32_t, uint32_t)
INTS(u64, uint64_t, uint64_t)
INTS(i8, int8_t, uint32_t)
INTS(i16, int16_t, uint32_t)
INTS(i32, int32_t, uint32_t)
INTS(i64, int64_t, uint64_t)
FLOATS(f16, uint16_t, float, mx_f16_to_f32, mx_f32_to_f16)
FLOATS(f32, float, float, SAME, SAME)
FLOATS(f64, double, double, SAME, SAME)
FLOATS(bf16, uint16_t, float, mx_bf16_to_f32, mx_f32_to_bf16)

static c64 c_add(c64 x, c64 y) {
  return (c64){x.re + y.re, x.im + y.im};
}
static c64 c_mul(c64 x, c64 y) {
  return (c64){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}
static int c_nan(c64 x) {
  return x.re != x.re || x.im != x.im;
}
static int c_less(c64 x, c64 y) {
  return x.re < y.re || (x.re == y.re && x.im < y.im);
}
#define MIN_C c_less(x, y) || c_nan(x) ? x : y
#define MAX_C c_less(y, x) || c_nan(x) ? x : y
FAMILY(c64, c64, c64, SAME, SAME, c_add(x, y), c_mul(x, y), (MIN_C), (MAX_C))

#define ROW(tag)                                                                                   \
  { set_##tag, add_##tag, prod_##tag, min_##tag, max_##tag }

mx_combine_fn mx_cpu_combine(enum mx_combine mode, mlx_dtype dtype) {
  static const mx_combine_fn table[MX_DTYPE_COUNT][5] = {
      [MLX_BOOL] = ROW(bool),     [MLX_UINT8] = ROW(u8),     [MLX_UINT16] = ROW(u16),
      [MLX_UINT32] = ROW(u32),    [MLX_UINT64] = ROW(u64),   [MLX_INT8] = ROW(i8),
      [MLX_INT16] = ROW(i16),     [MLX_INT32] = ROW(i32),    [MLX_INT64] = ROW(i64),
      [MLX_FLOAT16] = ROW(f16),   [MLX_FLOAT32] = ROW(f32),  [MLX_FLOAT64] = ROW(f64),
      [MLX_BFLOAT16] = ROW(bf16), [MLX_COMPLEX64] = ROW(c64)};
  return table[dtype][mode];
}
