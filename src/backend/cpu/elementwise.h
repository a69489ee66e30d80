// The elementwise engine: runs a tape, straight-line code over registers, tile by tile, so that
// what lies between the inputs and the outputs never leaves the cache.
// Invariant: a value has the same bits whether its operation runs alone or in a longer tape,
// whatever the tile, the thread count, the strides and the place. 16-bit floats are computed in
// float32 and rounded after every operation.
#ifndef MX_CPU_ELEMENTWISE_H
#define MX_CPU_ELEMENTWISE_H

#include "backend/backend.h"
#include "backend/cpu/elementwise_kernels.h"

typedef struct mx_tape_in {
  const void *data;        // element 0
  const int64_t *strides;  // one an axis of the tape, in elements; 0 repeats, negative is allowed
  mlx_dtype dtype;
} mx_tape_in;

// Row-major over the tape's shape, in its register's dtype. It may be the memory of an input that
// is row-major over the shape and has the same element size; else it overlaps no input.
typedef struct mx_tape_out {
  void *data;
  int reg;
} mx_tape_out;

// Registers 0..n_in-1 are the inputs, register n_in + k the result of instruction k. An operation
// computes in the dtype of its first source (where: of its second); astype converts its source.
// Both sources of a binary operation have one dtype.
typedef struct mx_tape {
  int ndim;
  const int64_t *shape;
  int n_in, n_instrs, n_out;
  const mx_tape_in *in;
  const mx_instr *instrs;
  const mx_tape_out *out;
} mx_tape;

// Nonzero with an error recorded when an operation is not defined for its dtype, or the tape is
// larger than MX_TAPE_MAX_*.
int mx_tape_run(const mx_tape *tape);
int mx_tape_run_with(const mx_ew_kernels *kernels, const mx_tape *tape);

// The loops of this machine's instruction set.
const mx_ew_kernels *mx_elementwise_kernels(void);

#endif
