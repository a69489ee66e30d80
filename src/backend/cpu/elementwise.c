// Plans a tape once a run (axes merged, registers placed, loops looked up), then runs tiles.
// Invariant: the plan is read-only while chunks run; a chunk owns its scratch. A register lives in
// an input's memory, in an output's memory, or in a slot of the scratch.
#include "backend/cpu/elementwise.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/pool.h"

enum {
  MAX_REGS = MX_TAPE_MAX_INPUTS + MX_TAPE_MAX_INSTRS,
  MAX_AXES = 64,         // merged axes are at least 2 long, and there are fewer than 2^63 elements
  TILE_MIN = 128,
  TILE_MAX = 1024,
  SLOTS_BYTES = 16384,   // what a tile's slots should stay within: part of the first-level cache
  SCRATCH_BYTES = MAX_REGS * TILE_MIN * 8,
  ROW_MIN = 256,         // a shorter last axis is gathered across rows
  GRAIN = 32768,         // elements of the lightest work worth a thread
};

enum place {
  AT_INPUT,   // the input's memory: row-major over the shape
  AT_ROW,     // the input's memory: row-major within a row
  AT_OUTPUT,  // the output's memory
  IN_SLOT,    // written by an instruction
  CONSTANT,   // a slot filled once a chunk
  GATHERED,   // a slot filled each tile
  WIDENED,    // a slot filled each tile from a row-major half input
};

typedef struct reg {
  uint8_t dtype, store, size, place;
  uint8_t root;  // the register whose memory this one shares; itself if none
  uint8_t slot;
  int16_t last;  // the last step that reads it; n_steps for an output
  char *data;
} reg;

typedef struct step {
  mx_ew_fn fn, round;
  uint8_t dst, src[3];
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
  int n_in, n_regs, n_steps, n_stores, n_slots;
  int slot_bytes;
  const mx_ew_kernels *kernels;
  int64_t shape[MAX_AXES];
  int64_t strides[MX_TAPE_MAX_INPUTS][MAX_AXES];
  reg regs[MAX_REGS];
  step steps[MX_TAPE_MAX_INSTRS];
  store stores[MX_TAPE_MAX_OUTPUTS];
} plan;

// --- what is known of dtypes and primitives -------------------------------------------------

static const struct {
  uint8_t store, size;  // size in memory
} dtypes[] = {
    [MLX_BOOL] = {MX_EW_BOOL, 1},   [MLX_UINT8] = {MX_EW_U8, 1},    [MLX_UINT16] = {MX_EW_U16, 2},
    [MLX_UINT32] = {MX_EW_U32, 4},  [MLX_UINT64] = {MX_EW_U64, 8},  [MLX_INT8] = {MX_EW_I8, 1},
    [MLX_INT16] = {MX_EW_I16, 2},   [MLX_INT32] = {MX_EW_I32, 4},   [MLX_INT64] = {MX_EW_I64, 8},
    [MLX_FLOAT16] = {MX_EW_F32, 2}, [MLX_FLOAT32] = {MX_EW_F32, 4}, [MLX_FLOAT64] = {MX_EW_F64, 8},
    [MLX_BFLOAT16] = {MX_EW_F32, 2}, [MLX_COMPLEX64] = {MX_EW_C64, 8},
};

static const uint8_t store_sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 8};

static const struct {
  const char *name;
  uint8_t n_in, types;
  uint16_t flags;
} prims[] = {
#define MX_PRIM_ROW(ID, NAME, CLASS, N_IN, TYPES, FLAGS) {NAME, (uint8_t)(N_IN), MX_TYPES_##TYPES, FLAGS},
#include "gen/prims_info.inc"
#undef MX_PRIM_ROW
};

static mx_ew_kernels table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_table(void) { MX_FILL_TIERS(fill_elementwise, &table); }

const mx_ew_kernels *mx_elementwise_kernels(void) {
  pthread_once(&once, fill_table);
  return &table;
}

static bool is_half(int dtype) { return dtype == MLX_FLOAT16 || dtype == MLX_BFLOAT16; }
static int half_of(int dtype) { return dtype == MLX_FLOAT16 ? MX_EW_F16 : MX_EW_BF16; }

// --- planning: axes -------------------------------------------------------------------------

// Drops axes of length 1 and merges an axis into the one before where every input allows it.
static void merge_axes(plan *p, const mx_tape *t) {
  int k = 0;
  p->n = 1;
  for (int d = 0; d < t->ndim; d++) {
    int64_t len = t->shape[d];
    p->n *= len;
    if (len == 1) continue;
    bool merge = k > 0;
    for (int i = 0; merge && i < t->n_in; i++)
      merge = p->strides[i][k - 1] == t->in[i].strides[d] * len;
    k -= merge;
    p->shape[k] = merge ? p->shape[k] * len : len;
    for (int i = 0; i < t->n_in; i++) p->strides[i][k] = t->in[i].strides[d];
    k++;
    if (p->n == 0 || k == MAX_AXES) break;
  }
  if (k == 0) {
    p->shape[0] = 1;
    for (int i = 0; i < t->n_in; i++) p->strides[i][0] = 1;
    k = 1;
  }
  p->axes = k;
}

// --- planning: registers --------------------------------------------------------------------

static bool all_zero(const int64_t *strides, int n) {
  for (int d = 0; d < n; d++)
    if (strides[d]) return false;
  return true;
}

static bool row_major(const plan *p, const int64_t *strides) {
  int64_t want = 1;
  for (int d = p->axes - 1; d >= 0; d--) {
    if (strides[d] != want) return false;
    want *= p->shape[d];
  }
  return true;
}

static void place_input(plan *p, const mx_tape_in *in, int i) {
  reg *r = &p->regs[i];
  const int64_t *strides = p->strides[i];
  *r = (reg){.dtype = (uint8_t)in->dtype, .store = dtypes[in->dtype].store, .root = (uint8_t)i,
             .size = dtypes[in->dtype].size, .last = -1, .data = (char *)(uintptr_t)in->data};
  bool half = is_half(in->dtype);
  if (all_zero(strides, p->axes))
    r->place = CONSTANT;
  else if (row_major(p, strides))
    r->place = half ? WIDENED : AT_INPUT;
  else if (p->by_row && strides[p->axes - 1] == 1 && !half)
    r->place = AT_ROW;
  else
    r->place = GATHERED;
  p->indexed |= r->place == AT_ROW || r->place == GATHERED;
}

static int bad_dtype(const char *name, int dtype) {
  return mx_fail(MX_VALUE, "[%s] is not defined for dtype %d", name, dtype);
}

// The loop that converts, or none where the bits stay as they are in a tile.
static step convert(const plan *p, const reg *from, int dtype) {
  step s = {0};
  int to = dtypes[dtype].store;
  if (is_half(dtype)) s.round = from->dtype == dtype ? NULL : p->kernels->round_half[half_of(dtype)];
  if (from->store != to) s.fn = p->kernels->cast[from->store][to];
  if (!s.fn) {
    s.fn = s.round;
    s.round = NULL;
  }
  return s;
}

static int plan_instr(plan *p, const mx_instr *c) {
  int self = p->n_regs;
  bool select = c->prim < MX_PRIM_ELEMENTWISE_COUNT && prims[c->prim].types == MX_TYPES_SELECT;
  if (c->prim >= MX_PRIM_ELEMENTWISE_COUNT || c->dtype > MLX_COMPLEX64 ||
      c->n_src != prims[c->prim].n_in)
    return mx_fail(MX_RUNTIME, "[elementwise] bad instruction: primitive %d", c->prim);
  for (int i = 0; i < c->n_src; i++)
    if (c->src[i] >= self)
      return mx_fail(MX_RUNTIME, "[elementwise] register %d is not written yet", c->src[i]);
  const reg *from = &p->regs[c->src[select]];
  reg *r = &p->regs[self];
  *r = (reg){.dtype = c->dtype, .store = dtypes[c->dtype].store, .root = (uint8_t)self,
             .size = dtypes[c->dtype].size, .last = -1, .place = IN_SLOT};
  p->n_regs++;

  step s = {0};
  int gives = r->store;
  if (prims[c->prim].types == MX_TYPES_CAST) {
    s = convert(p, from, c->dtype);
    if (!s.fn) {
      r->root = from->root;
      return 0;
    }
  } else {
    s.fn = p->kernels->op[c->prim][from->store];
    gives = prims[c->prim].flags & MX_FLAG_BOOL_RESULT                                ? MX_EW_BOOL
            : prims[c->prim].flags & MX_FLAG_REAL_RESULT && from->store == MX_EW_C64 ? MX_EW_F32
                                                                                      : from->store;
    if (is_half(c->dtype) && !(prims[c->prim].flags & MX_FLAG_EXACT))
      s.round = p->kernels->round_half[half_of(c->dtype)];
  }
  bool same = gives == r->store;
  for (int i = select; i < c->n_src; i++) same &= p->regs[c->src[i]].store == from->store;
  if (select) same &= p->regs[c->src[0]].store == MX_EW_BOOL;
  if (!s.fn || !same) return bad_dtype(prims[c->prim].name, from->dtype);

  s.dst = (uint8_t)self;
  for (int i = 0; i < 3; i++) {
    s.src[i] = i < c->n_src ? p->regs[c->src[i]].root : 0;
    if (i < c->n_src) p->regs[s.src[i]].last = (int16_t)p->n_steps;
  }
  p->steps[p->n_steps++] = s;
  return 0;
}

// Whether writing `data` when step `at` runs would spoil an input that is read later.
static bool spoils(const plan *p, const char *data, int at) {
  for (int i = 0; i < p->n_in; i++)
    if (p->regs[i].place == AT_INPUT && p->regs[i].data == data && p->regs[i].last > at) return true;
  return false;
}

// An output is written by the step that computes it where that leaves nothing else to do.
static void plan_output(plan *p, const mx_tape_out *out, bool alone) {
  const reg *named = &p->regs[out->reg];
  reg *r = &p->regs[named->root];
  bool half = is_half(named->dtype);
  int made = 0;
  while (made < p->n_steps && p->steps[made].dst != named->root) made++;
  if (!half && r->place == IN_SLOT && made < p->n_steps && !spoils(p, out->data, made)) {
    r->place = AT_OUTPUT;
    r->data = out->data;
    return;
  }
  // The last rounding is done by the conversion, if nobody else sees the value.
  if (half && r->dtype == named->dtype && r->place == IN_SLOT && r->last < 0 && alone)
    p->steps[made].round = NULL;
  p->stores[p->n_stores++] = (store){half ? p->kernels->store_half[half_of(named->dtype)] : NULL,
                                     named->root, named->size, out->data};
}

static int plan_outputs(plan *p, const mx_tape *t) {
  for (int i = 0; i < t->n_out; i++) {
    if (t->out[i].reg < 0 || t->out[i].reg >= p->n_regs)
      return mx_fail(MX_RUNTIME, "[elementwise] no register %d", t->out[i].reg);
    reg *r = &p->regs[p->regs[t->out[i].reg].root];
    if (r->place != IN_SLOT) r->last = (int16_t)p->n_steps;  // an input, copied at the end
  }
  for (int i = 0; i < t->n_out; i++) {
    bool alone = true;
    for (int j = 0; j < t->n_out; j++)
      alone &= j == i || p->regs[t->out[j].reg].root != p->regs[t->out[i].reg].root;
    plan_output(p, &t->out[i], alone);
  }
  return 0;
}

// Gives slots to registers: those of inputs for good, those of results until their last use.
static void place_slots(plan *p) {
  uint8_t free_slots[MAX_REGS];
  int n_free = 0, widest = 1;
  for (int i = 0; i < p->n_in; i++) {
    reg *r = &p->regs[i];
    if (r->place != AT_INPUT && r->place != AT_ROW) {
      r->slot = (uint8_t)p->n_slots++;
      if (store_sizes[r->store] > widest) widest = store_sizes[r->store];
    }
  }
  for (int s = 0; s < p->n_steps; s++) {
    const step *st = &p->steps[s];
    reg *r = &p->regs[st->dst];
    if (r->place == IN_SLOT) {
      r->slot = n_free ? free_slots[--n_free] : (uint8_t)p->n_slots++;
      if (store_sizes[r->store] > widest) widest = store_sizes[r->store];
      if (r->last < 0) free_slots[n_free++] = r->slot;
    }
    for (int i = 0; i < 3; i++) {
      reg *from = &p->regs[st->src[i]];
      if (from->place == IN_SLOT && from->last == s) {
        free_slots[n_free++] = from->slot;
        from->last = (int16_t)(p->n_steps + 1);  // given back once
      }
    }
  }
  p->tile = p->n_slots ? SLOTS_BYTES / (p->n_slots * widest) / 64 * 64 : TILE_MAX;
  p->tile = p->tile < TILE_MIN ? TILE_MIN : p->tile > TILE_MAX ? TILE_MAX : p->tile;
  if (!p->n_slots && p->n_steps == 1 && !p->n_stores) p->tile = INT64_MAX;
  p->slot_bytes = p->n_slots ? (int)p->tile * widest : 0;
}

static int make_plan(plan *p, const mx_ew_kernels *kernels, const mx_tape *t) {
  if (t->n_in > MX_TAPE_MAX_INPUTS || t->n_instrs > MX_TAPE_MAX_INSTRS ||
      t->n_out > MX_TAPE_MAX_OUTPUTS)
    return mx_fail(MX_RUNTIME, "[elementwise] a tape of %d inputs, %d instructions, %d outputs",
                   t->n_in, t->n_instrs, t->n_out);
  p->kernels = kernels;
  p->n_in = p->n_regs = t->n_in;
  p->n_steps = p->n_stores = p->n_slots = 0;
  p->indexed = false;
  merge_axes(p, t);
  p->by_row = p->shape[p->axes - 1] >= ROW_MIN;
  for (int i = 0; i < t->n_in; i++) place_input(p, &t->in[i], i);
  for (int k = 0; k < t->n_instrs; k++)
    if (plan_instr(p, &t->instrs[k])) return 1;
  if (plan_outputs(p, t)) return 1;
  // Kept until the tile is stored; only now, because plan_output asks who else reads.
  for (int i = 0; i < p->n_stores; i++) p->regs[p->stores[i].src].last = (int16_t)p->n_steps;
  place_slots(p);
  p->by_row &= p->indexed;
  return 0;
}

// --- running --------------------------------------------------------------------------------

#define STRIDED_COPY(T)                                              \
  {                                                                  \
    T *out = dst;                                                    \
    const T *in = src;                                               \
    if (stride == 1) {                                               \
      memcpy(dst, src, (size_t)n * sizeof(T));                       \
    } else if (stride == 0) {                                        \
      T value = *in;                                                 \
      for (int64_t i = 0; i < n; i++) out[i] = value;                \
    } else {                                                         \
      for (int64_t i = 0; i < n; i++) out[i] = in[i * stride];       \
    }                                                                \
  }

typedef uint16_t __attribute__((may_alias)) bits16;
typedef uint32_t __attribute__((may_alias)) bits32;
typedef uint64_t __attribute__((may_alias)) bits64;

static void copy_run(void *dst, const void *src, int64_t stride, int64_t n, int size) {
  switch (size) {
    case 1: STRIDED_COPY(uint8_t) break;
    case 2: STRIDED_COPY(bits16) break;
    case 4: STRIDED_COPY(bits32) break;
    default: STRIDED_COPY(bits64) break;
  }
}

static int64_t element_of(const plan *p, int input, const int64_t *at) {
  int64_t e = 0;
  for (int d = 0; d < p->axes; d++) e += at[d] * p->strides[input][d];
  return e;
}

static void advance(const plan *p, int64_t *at, int64_t by) {
  int d = p->axes - 1;
  at[d] += by;
  for (; d > 0 && at[d] >= p->shape[d]; d--) {
    int64_t carry = at[d] / p->shape[d];
    at[d] -= carry * p->shape[d];
    at[d - 1] += carry;
  }
}

// n elements of an input from coordinates `from` on, into consecutive memory.
static void gather(const plan *p, int input, const int64_t *from, char *dst, int64_t n) {
  const reg *r = &p->regs[input];
  int last = p->axes - 1;
  int64_t at[MAX_AXES];
  memcpy(at, from, (size_t)p->axes * sizeof *at);
  while (n > 0) {
    int64_t run = p->shape[last] - at[last];
    if (run > n) run = n;
    copy_run(dst, r->data + element_of(p, input, at) * r->size, p->strides[input][last], run,
             r->size);
    dst += run * r->size;
    n -= run;
    advance(p, at, run);
  }
}

static void gather_tile(const plan *p, int input, const int64_t *at, char *slot, int64_t n) {
  const reg *r = &p->regs[input];
  if (!is_half(r->dtype)) {
    gather(p, input, at, slot, n);
    return;
  }
  uint16_t halves[TILE_MAX];
  gather(p, input, at, (char *)halves, n);
  p->kernels->load_half[half_of(r->dtype)](slot, halves, NULL, NULL, n);
}

static void fill_constant(const plan *p, const reg *r, char *slot) {
  if (is_half(r->dtype)) {
    float value;
    p->kernels->load_half[half_of(r->dtype)](&value, r->data, NULL, NULL, 1);
    copy_run(slot, &value, 0, p->tile, sizeof value);
  } else {
    copy_run(slot, r->data, 0, p->tile, r->size);
  }
}

static void begin_chunk(const plan *p, char *scratch, char **at, int64_t *index, int64_t begin) {
  for (int i = 0; i < p->n_regs; i++) {
    const reg *r = &p->regs[i];
    at[i] = scratch + (size_t)r->slot * (size_t)p->slot_bytes;
    if (r->place == CONSTANT) fill_constant(p, r, at[i]);
  }
  if (!p->indexed) return;
  for (int d = p->axes - 1; d >= 0; d--) {
    index[d] = begin % p->shape[d];
    begin /= p->shape[d];
  }
}

static void load_tile(const plan *p, char **at, const int64_t *index, int64_t begin, int64_t n) {
  for (int i = 0; i < p->n_regs; i++) {
    const reg *r = &p->regs[i];
    switch (r->place) {
      case AT_INPUT:
      case AT_OUTPUT: at[i] = r->data + begin * r->size; break;
      case AT_ROW: at[i] = r->data + element_of(p, i, index) * r->size; break;
      case GATHERED: gather_tile(p, i, index, at[i], n); break;
      case WIDENED:
        p->kernels->load_half[half_of(r->dtype)](at[i], r->data + begin * 2, NULL, NULL, n);
        break;
      default: break;
    }
  }
}

static void run_chunk(void *ctx, int64_t begin, int64_t end) {
  const plan *p = ctx;
  _Alignas(64) char scratch[SCRATCH_BYTES];
  char *at[MAX_REGS];
  int64_t index[MAX_AXES];
  begin_chunk(p, scratch, at, index, begin);
  for (int64_t n; begin < end; begin += n) {
    n = end - begin < p->tile ? end - begin : p->tile;
    if (p->by_row) {
      int64_t row = p->shape[p->axes - 1] - index[p->axes - 1];
      if (n > row) n = row;
    }
    load_tile(p, at, index, begin, n);
    for (int s = 0; s < p->n_steps; s++) {
      const step *st = &p->steps[s];
      st->fn(at[st->dst], at[st->src[0]], at[st->src[1]], at[st->src[2]], n);
      if (st->round) st->round(at[st->dst], at[st->dst], NULL, NULL, n);
    }
    for (int s = 0; s < p->n_stores; s++) {
      const store *o = &p->stores[s];
      char *dst = o->data + begin * o->size;
      if (o->fn)
        o->fn(dst, at[o->src], NULL, NULL, n);
      else if (dst != at[o->src])
        memcpy(dst, at[o->src], (size_t)n * o->size);
    }
    if (p->indexed) advance(p, index, n);
  }
}

// Elements that make a chunk: fewer the more an element costs.
static int64_t grain(const plan *p, const mx_tape *t) {
  int quarters = 4;
  for (int k = 0; k < t->n_instrs; k++) {
    int prim = t->instrs[k].prim, store = p->regs[t->instrs[k].src[0]].store;
    bool function = prims[prim].types == MX_TYPES_FLOAT && prims[prim].n_in == 1;
    quarters += !function ? 1 : store == MX_EW_F32 ? 6 : 60;
  }
  int64_t g = (int64_t)GRAIN * 4 / quarters;
  return (g < TILE_MAX ? TILE_MAX : g) / 256 * 256;
}

int mx_tape_run_with(const mx_ew_kernels *kernels, const mx_tape *tape) {
  plan p;
  if (make_plan(&p, kernels, tape)) return 1;
  mx_parallel_for(p.n, grain(&p, tape), run_chunk, &p);
  return 0;
}

int mx_tape_run(const mx_tape *tape) { return mx_tape_run_with(mx_elementwise_kernels(), tape); }
