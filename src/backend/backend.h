/* What a backend is: a vtable. The graph gives it steps whose inputs are evaluated; it computes the
 * outputs. A backend sees base, core, this header and gen, nothing else.
 *
 * Contract of run: every input that is not NULL is ready; every output has dtype, shape and row-major
 * strides but no buffer: the backend gives it one (mx_out_alloc, or mx_out_donate to reuse an input's
 * memory). On failure it returns nonzero with an error recorded; half-made outputs are dropped by
 * the caller. Views never reach a backend. Any thread may call run. */
#ifndef MX_BACKEND_H
#define MX_BACKEND_H

#include "core/array.h"
#include "mlx/c/device.h"

/* A fused group of elementwise operations: straight-line code over registers. Registers
 * 0..n_in-1 are the step's inputs; instruction k writes register n_in + k. */
#define MX_TAPE_MAX_INPUTS 16
#define MX_TAPE_MAX_INSTRS 32
#define MX_TAPE_MAX_OUTPUTS 8

typedef struct mx_instr {
  uint16_t prim;
  uint8_t dtype; /* of the result */
  uint8_t n_src;
  uint8_t src[3];
} mx_instr;

typedef struct mx_step {
  mx_op *op; /* NULL for a fused group */
  int n_in, n_out;
  mx_array **in;  /* NULL entries are absent optional inputs */
  mx_array **out; /* for a fused group all have the same shape */
  bool *last_use; /* per input: nobody reads it after this step, and nobody outside holds it */
  /* fused groups only */
  int n_instrs;
  const mx_instr *instrs;
  const uint8_t *out_regs; /* register that each output takes */
} mx_step;

typedef struct mx_backend {
  const char *name;
  int (*run)(const mx_step *step);
} mx_backend;

/* Gives `out` a fresh row-major buffer. */
int mx_out_alloc(mx_array *out);
/* Gives `out` the buffer of input i where this is its last use, it is row contiguous, its memory is
 * writable, owned by nobody else and of at least the size; else a fresh one. */
int mx_out_donate(const mx_step *step, int i, mx_array *out);

const mx_backend *mx_backend_for(mlx_device_type type); /* NULL when absent */
/* Tests: routes the CPU device to another backend ("cpu", "null"). */
int mx_backend_select(const char *name);

extern const mx_backend mx_cpu_backend;
extern const mx_backend mx_null_backend;

#endif
