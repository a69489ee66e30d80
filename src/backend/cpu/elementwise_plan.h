// A tape made ready to run: axes merged, registers placed, loops looked up.
// Invariant: the plan is read-only while chunks run. A register lives in an input's memory, in an
// output's memory, or in a slot of the scratch that each chunk owns.
#ifndef MX_CPU_ELEMENTWISE_PLAN_H
#define MX_CPU_ELEMENTWISE_PLAN_H

#include "backend/cpu/elementwise.h"

enum {
  MAX_REGS = MX_TAPE_MAX_INPUTS + MX_TAPE_MAX_INSTRS,
  MAX_AXES = 64,         // merged axes are at least 2 long, and there are fewer than 2^63 elements
  TILE_MIN = 128,
  TILE_MAX = 1024,
  SLOTS_BYTES = 16384,   // what a tile's slots should stay within: part of the first-level cache
  SCRATCH_BYTES = MAX_REGS * TILE_MIN * 8,
  ROW_MIN = 256,         // a shorter last axis is gathered across rows
  GRAIN = 32768,         // elements of the lightest work worth a thread
  SINGLE_FILL = 256,     // elements that a repeated input of a single operation may be spread to
  MAX_PANELS = 3,
  PANEL_ROWS = 16,       // a cache line of float32
  PANEL_COLUMNS = 256,
  PANEL_PITCH = PANEL_COLUMNS + 16,  // so that rows do not share cache sets
};

// Where a register's values are while a tile runs.
enum place {
  AT_INPUT,   // the input's memory: row-major over the shape
  AT_ROW,     // the input's memory: row-major within a row
  AT_OUTPUT,  // the output's memory
  IN_SLOT,    // written by an instruction
  CONSTANT,   // a slot filled once a chunk
  GATHERED,   // a slot filled each tile
  PANELED,    // as GATHERED, from a panel: several rows copied at once along the axis they are dense in
  WIDENED,    // a slot filled each tile from a row-major half input
};

typedef struct reg {
  uint8_t dtype, store, size, place;
  uint8_t root;  // the register whose memory this one shares; itself if none
  uint8_t slot, panel;
  int16_t last;  // the last step that reads it; n_steps for an output
  char *data;
} reg;

typedef struct step {
  mx_ew_fn fn, round;
  mx_ew_join join;  // instead of fn, of up to 5 sources
  uint8_t dst, n_src, src[5];
  uint16_t prim;  // of one float32 operation; else MX_PRIM_COUNT
  uint8_t chain;  // 1 + index of a float32 operation that may be joined with another; else 0
} step;

// What is left to write when a tile's steps are done.
typedef struct store {
  mx_ew_fn fn;  // NULL: the bytes as they are
  uint8_t src, size;
  char *data;
} store;

typedef struct plan {
  int64_t n, tile;
  int axes;
  bool by_row;  // tiles do not cross the last axis
  bool indexed; // some input needs coordinates
  int n_in, n_regs, n_steps, n_stores, n_slots, n_panels;
  int slot_bytes;
  const mx_ew_kernels *kernels;
  int64_t shape[MAX_AXES];
  int64_t strides[MX_TAPE_MAX_INPUTS][MAX_AXES];
  reg regs[MAX_REGS];
  step steps[MX_TAPE_MAX_INSTRS];
  store stores[MX_TAPE_MAX_OUTPUTS];
} plan;

int mx_ew_make_plan(plan *p, const mx_ew_kernels *kernels, const mx_tape *t);
// One operation on row-major or repeated values, few enough for one thread: runs it and gives
// true, or leaves it to a plan and gives false.
bool mx_ew_run_single(plan *p, const mx_ew_kernels *kernels, const mx_tape *t);
// Elements that make a chunk.
int64_t mx_ew_grain(const plan *p, const mx_tape *t);

// elementwise_join.c: makes few steps of many.
void mx_ew_join_steps(plan *p, const mx_tape *t);

// elementwise_gather.c: n elements a stride apart; n elements of an input from coordinates `from`
// on; a panel of rows dense downwards, PANEL_PITCH apart in `out`.
void mx_ew_copy_run(void *out, const void *in, int64_t stride, int64_t n, int size);
void mx_ew_gather(const plan *p, int input, const int64_t *from, char *out, int64_t n);
void mx_ew_copy_panel(void *out, const void *in, int64_t across, int rows, int columns, int size);
// The place of coordinates in an input, in elements; coordinates moved on in row-major order.
int64_t mx_ew_element(const plan *p, int input, const int64_t *at);
void mx_ew_advance(const plan *p, int64_t *at, int64_t by);

static inline bool is_half(int dtype) { return dtype == MLX_FLOAT16 || dtype == MLX_BFLOAT16; }
static inline int half_of(int dtype) { return dtype == MLX_FLOAT16 ? MX_EW_F16 : MX_EW_BF16; }

#endif
