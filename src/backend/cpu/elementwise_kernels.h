// The loops of the elementwise engine, as one table filled per instruction set.
// Invariant: a loop reads its inputs and writes its output front to back, one element from one
// element; so an output may be the same memory as an input of the same element size. It gives the
// same bits for an element whatever n and the element's place are.
#ifndef MX_CPU_ELEMENTWISE_KERNELS_H
#define MX_CPU_ELEMENTWISE_KERNELS_H

#include <stdint.h>

#include "backend/cpu/tiers.h"
#include "gen/prims.h"

typedef struct mx_c64 {
  float re, im;
} mx_c64;

// How a value is held inside a tile. Half floats are held as float32.
enum mx_ew_store {
  MX_EW_BOOL,
  MX_EW_U8,
  MX_EW_U16,
  MX_EW_U32,
  MX_EW_U64,
  MX_EW_I8,
  MX_EW_I16,
  MX_EW_I32,
  MX_EW_I64,
  MX_EW_F32,
  MX_EW_F64,
  MX_EW_C64,
  MX_EW_STORES
};

enum mx_ew_half { MX_EW_F16, MX_EW_BF16, MX_EW_HALVES };

enum { MX_EW_CHAIN_MAX = 12 };  // operations that are joined in pairs

typedef void (*mx_ew_fn)(void *out, const void *x, const void *y, const void *z, int64_t n);

// Several operations in one loop: up to 5 inputs.
typedef void (*mx_ew_join)(void *out, const void *const *src, int64_t n);
enum mx_ew_arith { MX_EW_ADD, MX_EW_SUB, MX_EW_MUL, MX_EW_BUS, MX_EW_NONE, MX_EW_ARITH };  // BUS: y - x
enum mx_ew_function { MX_EW_EXP, MX_EW_TANH, MX_EW_SIGMOID, MX_EW_FUNCTIONS };

typedef struct mx_ew_kernels {
  // By primitive and by the store of its inputs (of where: of its second). NULL: not defined.
  mx_ew_fn op[MX_PRIM_ELEMENTWISE_COUNT][MX_EW_STORES];
  // Of 16-bit floats held as float32, where MLX rounds between the parts of an operation. NULL: op.
  mx_ew_fn half_op[MX_PRIM_ELEMENTWISE_COUNT][MX_EW_HALVES];
  // Two float32 operations in one loop: by first, second and which input of the second the first
  // gives. x and y are the first's inputs, z the second's other one. NULL: not joined.
  mx_ew_fn pair[MX_EW_CHAIN_MAX][MX_EW_CHAIN_MAX][2];
  uint8_t chain[MX_PRIM_ELEMENTWISE_COUNT];  // 1 + index in pair; 0: never joined
  // float32, see simd/elementwise_joined.c. NULL: not joined.
  mx_ew_join line[MX_EW_ARITH][MX_EW_ARITH][MX_EW_ARITH];
  mx_ew_join tree[MX_EW_ARITH][MX_EW_ARITH][MX_EW_ARITH];
  mx_ew_join affine[MX_EW_ARITH][MX_EW_ARITH];
  mx_ew_join around[MX_EW_FUNCTIONS][2][MX_EW_ARITH][MX_EW_ARITH];
  // From, to. NULL: the bits stay.
  mx_ew_fn cast[MX_EW_STORES][MX_EW_STORES];
  mx_ew_fn load_half[MX_EW_HALVES];   // 16-bit floats to float32
  mx_ew_fn store_half[MX_EW_HALVES];  // and back, rounding
  mx_ew_fn round_half[MX_EW_HALVES];  // float32 to the nearest 16-bit float, as float32
} mx_ew_kernels;

MX_DECLARE_TIERS(fill_elementwise, mx_ew_kernels);

#endif
