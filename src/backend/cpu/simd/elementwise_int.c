// Loops of integers and bool, and those that move bits whatever they mean. What does not care for
// the sign is computed as unsigned and shared by both types of a width.
#include "backend/cpu/simd/elementwise_simd.h"

#if !defined(MX_TIER_AVX512BF16)

// Moving bits looks at memory that holds other types.
typedef uint8_t __attribute__((may_alias)) bits8;
typedef uint16_t __attribute__((may_alias)) bits16;
typedef uint32_t __attribute__((may_alias)) bits32;
typedef uint64_t __attribute__((may_alias)) bits64;

#define SELECT(c, a, b) ((c) ? (a) : (b))

// Division rounds down; by zero it gives 0, and the remainder is the dividend. The most negative
// number over -1 wraps.
static inline int32_t floor_div32(int32_t a, int32_t b) {
  if (b == 0) return 0;
  if (b == -1) return (int32_t)(0 - (uint32_t)a);
  int32_t q = a / b;
  return q - (q * b != a && (a < 0) != (b < 0));
}

static inline int64_t floor_div64(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return (int64_t)(0 - (uint64_t)a);
  int64_t q = a / b;
  return q - (q * b != a && (a < 0) != (b < 0));
}

static inline int32_t mod32(int32_t a, int32_t b) {
  if (b == 0) return a;
  if (b == -1) return 0;
  int32_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline int64_t mod64(int64_t a, int64_t b) {
  if (b == 0) return a;
  if (b == -1) return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline uint32_t floor_divu32(uint32_t a, uint32_t b) { return b ? a / b : 0; }
static inline uint64_t floor_divu64(uint64_t a, uint64_t b) { return b ? a / b : 0; }
static inline uint32_t modu32(uint32_t a, uint32_t b) { return b ? a % b : a; }
static inline uint64_t modu64(uint64_t a, uint64_t b) { return b ? a % b : a; }

static inline uint64_t powu(uint64_t base, uint64_t exponent) {
  uint64_t r = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1) r *= base;
  return r;
}

static inline uint64_t powi(int64_t base, int64_t exponent) {
  return exponent < 0 ? 0 : powu((uint64_t)base, (uint64_t)exponent);
}

// --- computed in 32 bits
#define SHIFT_MASK 31

#define EW_TYPE bits8
#define EW_VALUE uint32_t
#define EW_NAME w8
#define EW_ROWS "gen/elementwise_w.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U8] = k->op[p][MX_EW_I8] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits8
#define EW_VALUE uint8_t
#define EW_NAME a8
#define EW_ROWS "gen/elementwise_a.inc"
#define EW_SET(p, f) k->op[p][MX_EW_BOOL] = k->op[p][MX_EW_U8] = k->op[p][MX_EW_I8] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits16
#define EW_VALUE uint32_t
#define EW_NAME w16
#define EW_ROWS "gen/elementwise_w.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U16] = k->op[p][MX_EW_I16] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits16
#define EW_VALUE uint16_t
#define EW_NAME a16
#define EW_ROWS "gen/elementwise_a.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U16] = k->op[p][MX_EW_I16] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits32
#define EW_VALUE uint32_t
#define EW_NAME w32
#define EW_ROWS "gen/elementwise_w.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U32] = k->op[p][MX_EW_I32] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits32
#define EW_VALUE uint32_t
#define EW_NAME a32
#define EW_ROWS "gen/elementwise_a.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U32] = k->op[p][MX_EW_I32] = k->op[p][MX_EW_F32] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define INT_FLOOR_DIV floor_divu32
#define INT_MOD modu32
#define INT_POW powu

#define EW_TYPE uint8_t
#define EW_VALUE uint32_t
#define EW_NAME u8
#define EW_ROWS "gen/elementwise_u.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U8] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE uint16_t
#define EW_VALUE uint32_t
#define EW_NAME u16
#define EW_ROWS "gen/elementwise_u.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U16] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE uint32_t
#define EW_VALUE uint32_t
#define EW_NAME u32
#define EW_ROWS "gen/elementwise_u.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U32] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#undef INT_FLOOR_DIV
#undef INT_MOD
#undef INT_POW
#define INT_ABS(x) (x < 0 ? 0 - (uint32_t)x : (uint32_t)x)
#define INT_FLOOR_DIV floor_div32
#define INT_MOD mod32
#define INT_POW powi

#define EW_TYPE int8_t
#define EW_VALUE int32_t
#define EW_NAME i8
#define EW_ROWS "gen/elementwise_i.inc"
#define EW_SET(p, f) k->op[p][MX_EW_I8] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE int16_t
#define EW_VALUE int32_t
#define EW_NAME i16
#define EW_ROWS "gen/elementwise_i.inc"
#define EW_SET(p, f) k->op[p][MX_EW_I16] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE int32_t
#define EW_VALUE int32_t
#define EW_NAME i32
#define EW_ROWS "gen/elementwise_i.inc"
#define EW_SET(p, f) k->op[p][MX_EW_I32] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#undef SHIFT_MASK
#undef INT_ABS
#undef INT_FLOOR_DIV
#undef INT_MOD
#undef INT_POW

// --- computed in 64 bits
#define SHIFT_MASK 63

#define EW_TYPE bits64
#define EW_VALUE uint64_t
#define EW_NAME w64
#define EW_ROWS "gen/elementwise_w.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U64] = k->op[p][MX_EW_I64] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define EW_TYPE bits64
#define EW_VALUE uint64_t
#define EW_NAME a64
#define EW_ROWS "gen/elementwise_a.inc"
#define EW_SET(p, f) \
  k->op[p][MX_EW_U64] = k->op[p][MX_EW_I64] = k->op[p][MX_EW_F64] = k->op[p][MX_EW_C64] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#define INT_FLOOR_DIV floor_divu64
#define INT_MOD modu64
#define INT_POW powu

#define EW_TYPE uint64_t
#define EW_VALUE uint64_t
#define EW_NAME u64
#define EW_ROWS "gen/elementwise_u.inc"
#define EW_SET(p, f) k->op[p][MX_EW_U64] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#undef INT_FLOOR_DIV
#undef INT_MOD
#undef INT_POW
#define INT_ABS(x) (x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
#define INT_FLOOR_DIV floor_div64
#define INT_MOD mod64
#define INT_POW powi

#define EW_TYPE int64_t
#define EW_VALUE int64_t
#define EW_NAME i64
#define EW_ROWS "gen/elementwise_i.inc"
#define EW_SET(p, f) k->op[p][MX_EW_I64] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

#undef SHIFT_MASK
#undef INT_ABS
#undef INT_FLOOR_DIV
#undef INT_MOD
#undef INT_POW

// --- bool
#define EW_TYPE uint8_t
#define EW_VALUE uint32_t
#define EW_NAME b8
#define EW_ROWS "gen/elementwise_b.inc"
#define EW_SET(p, f) k->op[p][MX_EW_BOOL] = f
#include "backend/cpu/simd/elementwise_int_loops.h"

// Later rows are the more particular ones.
void MX_SIMD(fill_elementwise_int)(mx_ew_kernels *k) {
  fill_a8_rows(k);
  fill_a16_rows(k);
  fill_a32_rows(k);
  fill_a64_rows(k);
  fill_w8_rows(k);
  fill_w16_rows(k);
  fill_w32_rows(k);
  fill_w64_rows(k);
  fill_u8_rows(k);
  fill_u16_rows(k);
  fill_u32_rows(k);
  fill_u64_rows(k);
  fill_i8_rows(k);
  fill_i16_rows(k);
  fill_i32_rows(k);
  fill_i64_rows(k);
  fill_b8_rows(k);
}
#endif
