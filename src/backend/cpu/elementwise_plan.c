// Plans a tape: see elementwise_plan.h. Nothing here runs more than once a tape.
#include "backend/cpu/elementwise_plan.h"

#include <string.h>

#include "base/error.h"

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

// Columns in memory: the elements of a row are far apart, those of the axis before it dense.
static bool worth_a_panel(const plan *p, const int64_t *strides) {
  int last = p->axes - 1;
  return last > 0 && p->n_panels < MAX_PANELS && strides[last - 1] == 1 && strides[last] != 0 &&
         p->shape[last - 1] >= PANEL_ROWS / 2;
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
  else if (p->by_row && worth_a_panel(p, strides)) {
    r->place = PANELED;
    r->panel = (uint8_t)p->n_panels++;
  } else
    r->place = GATHERED;
  p->indexed |= r->place == AT_ROW || r->place == GATHERED || r->place == PANELED;
}

static int bad_dtype(const char *name, int dtype) {
  return mx_fail(MX_VALUE, "[%s] is not defined for dtype %d", name, dtype);
}

// The loop that converts, or none where the bits stay as they are in a tile.
static step convert(const plan *p, const reg *from, int dtype) {
  step s = {.prim = MX_PRIM_COUNT};
  int to = dtypes[dtype].store;
  if (is_half(dtype)) s.round = from->dtype == dtype ? NULL : p->kernels->round_half[half_of(dtype)];
  if (from->store != to) s.fn = p->kernels->cast[from->store][to];
  if (!s.fn) {
    s.fn = s.round;
    s.round = NULL;
  }
  return s;
}

// A shorter instruction of the same bits: x to the power of a scalar 1 or 2, in float32.
static mx_instr shorter(const plan *p, mx_instr c) {
  float exponent;
  if (c.prim != MX_PRIM_POWER || c.dtype != MLX_FLOAT32) return c;
  const reg *y = &p->regs[c.src[1]];
  if (y->place != CONSTANT || y->dtype != MLX_FLOAT32) return c;
  memcpy(&exponent, y->data, sizeof exponent);
  if (exponent == 1 || exponent == 2) {
    c.prim = exponent == 2 ? MX_PRIM_SQUARE : MX_PRIM_ASTYPE;
    c.n_src = 1;
  }
  return c;
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
  const mx_instr code = shorter(p, *c);
  c = &code;
  const reg *from = &p->regs[c->src[select]];
  reg *r = &p->regs[self];
  *r = (reg){.dtype = c->dtype, .store = dtypes[c->dtype].store, .root = (uint8_t)self,
             .size = dtypes[c->dtype].size, .last = -1, .place = IN_SLOT};
  p->n_regs++;

  step s = {.prim = MX_PRIM_COUNT};
  int gives = r->store;
  if (prims[c->prim].types == MX_TYPES_CAST) {
    s = convert(p, from, c->dtype);
    if (!s.fn) {
      r->root = from->root;
      return 0;
    }
  } else {
    s.fn = p->kernels->op[c->prim][from->store];
    if (is_half(from->dtype) && p->kernels->half_op[c->prim][half_of(from->dtype)])
      s.fn = p->kernels->half_op[c->prim][half_of(from->dtype)];
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
  s.n_src = c->n_src;
  if (c->dtype == MLX_FLOAT32 && from->store == MX_EW_F32) {
    s.chain = p->kernels->chain[c->prim];
    s.prim = c->prim;
  }
  for (int i = 0; i < c->n_src; i++) s.src[i] = p->regs[c->src[i]].root;
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
    r->size = named->size;  // a half that leaves as float32 is that in memory
    r->data = out->data;
    return;
  }
  // The last rounding is done by the conversion, if nobody else sees the value.
  if (half && r->dtype == named->dtype && r->place == IN_SLOT && r->last < 0 && alone)
    p->steps[made].round = NULL;
  p->stores[p->n_stores++] = (store){half ? p->kernels->store_half[half_of(named->dtype)] : NULL,
                                     named->root, named->size, out->data};
}

// --- planning: slots -------------------------------------------------------------------------

static void find_last_uses(plan *p) {
  for (int s = 0; s < p->n_steps; s++)
    for (int i = 0; i < p->steps[s].n_src; i++)
      p->regs[p->steps[s].src[i]].last = (int16_t)s;
}

static int plan_outputs(plan *p, const mx_tape *t) {
  for (int i = 0; i < t->n_out; i++)
    if (t->out[i].reg < 0 || t->out[i].reg >= p->n_regs)
      return mx_fail(MX_RUNTIME, "[elementwise] no register %d", t->out[i].reg);
  if (t->n_instrs > 1) mx_ew_join_steps(p, t);
  find_last_uses(p);
  for (int i = 0; i < t->n_out; i++) {
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
    for (int i = 0; i < st->n_src; i++) {
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
  if (p->n_panels && p->tile > PANEL_COLUMNS) p->tile = PANEL_COLUMNS;
  p->slot_bytes = p->n_slots ? (int)p->tile * widest : 0;
}

int mx_ew_make_plan(plan *p, const mx_ew_kernels *kernels, const mx_tape *t) {
  if (t->n_in > MX_TAPE_MAX_INPUTS || t->n_instrs > MX_TAPE_MAX_INSTRS ||
      t->n_out > MX_TAPE_MAX_OUTPUTS)
    return mx_fail(MX_RUNTIME, "[elementwise] a tape of %d inputs, %d instructions, %d outputs",
                   t->n_in, t->n_instrs, t->n_out);
  p->kernels = kernels;
  p->n_in = p->n_regs = t->n_in;
  p->n_steps = p->n_stores = p->n_slots = p->n_panels = 0;
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

// --- a single operation -----------------------------------------------------------------------

static bool dense(const mx_tape *t, const int64_t *strides) {
  int64_t want = 1;
  for (int d = t->ndim - 1; d >= 0; d--) {
    if (strides[d] != want && t->shape[d] != 1) return false;
    want *= t->shape[d];
  }
  return true;
}

bool mx_ew_run_single(plan *p, const mx_ew_kernels *kernels, const mx_tape *t) {
  char spread[3][SINGLE_FILL * 8];
  const void *src[3] = {0};
  const mx_instr *c = t->instrs;
  if (t->n_instrs != 1 || t->n_out != 1 || t->n_in > 3 || t->out->reg != t->n_in ||
      is_half(c->dtype))
    return false;
  int64_t n = 1;
  for (int d = 0; d < t->ndim; d++) n *= t->shape[d];
  if (n > GRAIN) return false;
  p->kernels = kernels;
  p->n_in = p->n_regs = t->n_in;
  p->n_steps = 0;
  for (int i = 0; i < t->n_in; i++) {
    const mx_tape_in *in = &t->in[i];
    if (is_half(in->dtype)) return false;
    p->regs[i] = (reg){.dtype = (uint8_t)in->dtype, .store = dtypes[in->dtype].store,
                       .size = dtypes[in->dtype].size, .root = (uint8_t)i};
    src[i] = in->data;
    if (dense(t, in->strides)) continue;
    if (n > SINGLE_FILL || !all_zero(in->strides, t->ndim)) return false;
    mx_ew_copy_run(spread[i], in->data, 0, n, p->regs[i].size);
    src[i] = spread[i];
  }
  // What cannot be planned is left to the plan, which says why.
  if (plan_instr(p, c) || p->n_steps != 1) return false;
  const step *s = p->steps;
  s->fn(t->out->data, src[s->src[0]], src[s->src[1]], src[s->src[2]], n);
  return true;
}

// Elements that make a chunk: fewer the more an element costs.
int64_t mx_ew_grain(const plan *p, const mx_tape *t) {
  int quarters = 4;
  for (int k = 0; k < t->n_instrs; k++) {
    int prim = t->instrs[k].prim, store = p->regs[t->instrs[k].src[0]].store;
    bool function = prims[prim].types == MX_TYPES_FLOAT && prims[prim].n_in == 1;
    quarters += !function ? 1 : store == MX_EW_F32 ? 6 : 60;
  }
  int64_t g = (int64_t)GRAIN * 4 / quarters;
  return (g < TILE_MAX ? TILE_MAX : g) / 256 * 256;
}
