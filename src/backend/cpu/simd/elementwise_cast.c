// Conversions between stores. A float out of an integer's range gives what x86 gives, on every
// machine: 8 and 16 bits wrap through int32, which takes -2^31 for what does not fit, and so on.
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)

// What fits is converted; what does not never reaches the conversion, which C leaves undefined.
#define FLOAT_TO_INT(T, name)                                                        \
  static inline int32_t name##_to_i32(T x) {                                         \
    int fits = (x > (T)-2147483649.0) & (x < (T)2147483648.0);                       \
    int32_t r = (int32_t)(fits ? x : (T)0);                                          \
    return fits ? r : INT32_MIN;                                                     \
  }                                                                                  \
  static inline uint32_t name##_to_u32(T x) {                                        \
    int high = x >= (T)2147483648.0;                                                 \
    uint32_t r = (uint32_t)name##_to_i32(high ? x - (T)2147483648.0 : x);            \
    return high ? r ^ 0x80000000u : r;                                               \
  }                                                                                  \
  static inline int64_t name##_to_i64(T x) {                                         \
    int fits = (x >= (T)-9223372036854775808.0) & (x < (T)9223372036854775808.0);    \
    int64_t r = (int64_t)(fits ? x : (T)0);                                          \
    return fits ? r : INT64_MIN;                                                     \
  }                                                                                  \
  static inline uint64_t name##_to_u64(T x) {                                        \
    int high = x >= (T)9223372036854775808.0;                                        \
    uint64_t r = (uint64_t)name##_to_i64(high ? x - (T)9223372036854775808.0 : x);   \
    return high ? r ^ 0x8000000000000000u : r;                                       \
  }
FLOAT_TO_INT(float, f32)
FLOAT_TO_INT(double, f64)

#define CAST(from, FROM, F, to, TO, T, EXPR) EW_LOOP1(cast_##from##_##to, T, F, F, , EXPR)

#define INTS(X, from, FROM, F)                \
  X(from, FROM, F, u8, U8, uint8_t, (uint8_t)x)    \
  X(from, FROM, F, u16, U16, uint16_t, (uint16_t)x) \
  X(from, FROM, F, u32, U32, uint32_t, (uint32_t)x) \
  X(from, FROM, F, u64, U64, uint64_t, (uint64_t)x) \
  X(from, FROM, F, i8, I8, int8_t, (int8_t)x)     \
  X(from, FROM, F, i16, I16, int16_t, (int16_t)x) \
  X(from, FROM, F, i32, I32, int32_t, (int32_t)x) \
  X(from, FROM, F, i64, I64, int64_t, (int64_t)x)

#define FROM_INT(X, from, FROM, F)                                \
  X(from, FROM, F, bool, BOOL, uint8_t, x != 0)                   \
  INTS(X, from, FROM, F)                                          \
  X(from, FROM, F, f32, F32, float, (float)x)                     \
  X(from, FROM, F, f64, F64, double, (double)x)                   \
  X(from, FROM, F, c64, C64, mx_c64, ((mx_c64){(float)x, 0}))

#define FROM_FLOAT(X, from, FROM, F, ZERO, v, r)                  \
  X(from, FROM, F, bool, BOOL, uint8_t, ZERO)                     \
  X(from, FROM, F, u8, U8, uint8_t, (uint8_t)r##_to_i32(v))       \
  X(from, FROM, F, u16, U16, uint16_t, (uint16_t)r##_to_i32(v))   \
  X(from, FROM, F, u32, U32, uint32_t, r##_to_u32(v))             \
  X(from, FROM, F, u64, U64, uint64_t, r##_to_u64(v))             \
  X(from, FROM, F, i8, I8, int8_t, (int8_t)r##_to_i32(v))         \
  X(from, FROM, F, i16, I16, int16_t, (int16_t)r##_to_i32(v))     \
  X(from, FROM, F, i32, I32, int32_t, r##_to_i32(v))              \
  X(from, FROM, F, i64, I64, int64_t, r##_to_i64(v))              \
  X(from, FROM, F, f64, F64, double, (double)v)

#define ALL(X)                                                    \
  INTS(X, bool, BOOL, uint8_t)                                    \
  X(bool, BOOL, uint8_t, f32, F32, float, (float)x)               \
  X(bool, BOOL, uint8_t, f64, F64, double, (double)x)             \
  X(bool, BOOL, uint8_t, c64, C64, mx_c64, ((mx_c64){(float)x, 0})) \
  FROM_INT(X, u8, U8, uint8_t)                                    \
  FROM_INT(X, u16, U16, uint16_t)                                 \
  FROM_INT(X, u32, U32, uint32_t)                                 \
  FROM_INT(X, u64, U64, uint64_t)                                 \
  FROM_INT(X, i8, I8, int8_t)                                     \
  FROM_INT(X, i16, I16, int16_t)                                  \
  FROM_INT(X, i32, I32, int32_t)                                  \
  FROM_INT(X, i64, I64, int64_t)                                  \
  FROM_FLOAT(X, f32, F32, float, x != 0, x, f32)                  \
  X(f32, F32, float, c64, C64, mx_c64, ((mx_c64){x, 0}))          \
  FROM_FLOAT(X, f64, F64, double, x != 0, x, f64)                 \
  X(f64, F64, double, f32, F32, float, (float)x)                  \
  X(f64, F64, double, c64, C64, mx_c64, ((mx_c64){(float)x, 0}))  \
  FROM_FLOAT(X, c64, C64, mx_c64, (x.re != 0) | (x.im != 0), x.re, f32) \
  X(c64, C64, mx_c64, f32, F32, float, x.re)

ALL(CAST)

void MX_SIMD(fill_elementwise_cast)(mx_ew_kernels *k) {
#define FILL(from, FROM, F, to, TO, T, EXPR) \
  k->cast[MX_EW_##FROM][MX_EW_##TO] = cast_##from##_##to;
  ALL(FILL)
  // Types of one width hold an integer in the same bits.
  static const uint8_t ints[][2] = {
      {MX_EW_U8, MX_EW_I8}, {MX_EW_U16, MX_EW_I16}, {MX_EW_U32, MX_EW_I32}, {MX_EW_U64, MX_EW_I64}};
  for (int w = 0; w < 4; w++)
    for (int i = 0; i < 2; i++)
      for (int j = 0; j < 2; j++) k->cast[ints[w][i]][ints[w][j]] = 0;
  k->cast[MX_EW_BOOL][MX_EW_U8] = k->cast[MX_EW_BOOL][MX_EW_I8] = 0;
}
#endif
