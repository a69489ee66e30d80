// Runs planned tapes, tile by tile, on the pool's threads.
// Invariant: a chunk owns its scratch; what it writes outside are its own elements of the outputs.
#include "backend/cpu/elementwise_plan.h"

#include <pthread.h>
#include <string.h>

#include "base/pool.h"

static mx_ew_kernels table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_table(void) { MX_FILL_TIERS(fill_elementwise, &table); }

const mx_ew_kernels *mx_elementwise_kernels(void) {
  pthread_once(&once, fill_table);
  return &table;
}

// --- running --------------------------------------------------------------------------------

static void gather_tile(const plan *p, int input, const int64_t *at, char *slot, int64_t n) {
  const reg *r = &p->regs[input];
  if (!is_half(r->dtype)) {
    mx_ew_gather(p, input, at, slot, n);
    return;
  }
  uint16_t halves[TILE_MAX];
  mx_ew_gather(p, input, at, (char *)halves, n);
  p->kernels->load_half[half_of(r->dtype)](slot, halves, NULL, NULL, n);
}

static void fill_constant(const plan *p, const reg *r, char *slot) {
  if (is_half(r->dtype)) {
    float value;
    p->kernels->load_half[half_of(r->dtype)](&value, r->data, NULL, NULL, 1);
    mx_ew_copy_run(slot, &value, 0, p->tile, sizeof value);
  } else {
    mx_ew_copy_run(slot, r->data, 0, p->tile, r->size);
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
      case AT_ROW: at[i] = r->data + mx_ew_element(p, i, index) * r->size; break;
      case GATHERED: gather_tile(p, i, index, at[i], n); break;
      case WIDENED:
        p->kernels->load_half[half_of(r->dtype)](at[i], r->data + begin * 2, NULL, NULL, n);
        break;
      default: break;
    }
  }
}

static void run_tile(const plan *p, char **at, int64_t begin, int64_t n) {
  for (int s = 0; s < p->n_steps; s++) {
    const step *st = &p->steps[s];
    if (st->join) {
      const void *src[5];
      for (int i = 0; i < st->n_src; i++) src[i] = at[st->src[i]];
      st->join(at[st->dst], src, n);
      continue;
    }
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
    run_tile(p, at, begin, n);
    if (p->indexed) mx_ew_advance(p, index, n);
  }
}

// --- panels: inputs that lie in memory column by column ---------------------------------------

typedef struct panels {
  _Alignas(64) char data[MAX_PANELS][PANEL_ROWS * PANEL_PITCH * 8];
} panels;

static void fill_panels(const plan *p, panels *in, const int64_t *index, int rows, int columns) {
  for (int i = 0; i < p->n_in; i++) {
    const reg *r = &p->regs[i];
    if (r->place == PANELED)
      mx_ew_copy_panel(in->data[r->panel], r->data + mx_ew_element(p, i, index) * r->size,
                       p->strides[i][p->axes - 1], rows, columns, r->size);
  }
}

static void take_row(const plan *p, panels *in, char **at, int row, int64_t n) {
  for (int i = 0; i < p->n_in; i++) {
    const reg *r = &p->regs[i];
    if (r->place != PANELED) continue;
    char *from = in->data[r->panel] + (size_t)row * PANEL_PITCH * r->size;
    if (is_half(r->dtype))
      p->kernels->load_half[half_of(r->dtype)](at[i], from, NULL, NULL, n);
    else
      at[i] = from;
  }
}

// Chunks are groups of rows; a group is done by blocks of columns.
static void run_groups(void *ctx, int64_t begin, int64_t end) {
  const plan *p = ctx;
  _Alignas(64) char scratch[SCRATCH_BYTES];
  panels in;
  char *at[MAX_REGS];
  int64_t index[MAX_AXES];
  int last = p->axes - 1;
  int64_t width = p->shape[last], height = p->shape[last - 1];
  int64_t groups = (height + PANEL_ROWS - 1) / PANEL_ROWS;
  begin_chunk(p, scratch, at, index, 0);
  for (; begin < end; begin++) {
    int64_t top = begin % groups * PANEL_ROWS, first = (begin / groups * height + top) * width;
    int rows = (int)(height - top < PANEL_ROWS ? height - top : PANEL_ROWS);
    for (int64_t column = 0, n; column < width; column += n) {
      n = width - column < p->tile ? width - column : p->tile;
      for (int d = 0; d < p->axes; d++) index[d] = 0;
      mx_ew_advance(p, index, first + column);
      fill_panels(p, &in, index, rows, (int)n);
      for (int r = 0; r < rows; r++, index[last - 1]++) {
        int64_t place = first + r * width + column;
        load_tile(p, at, index, place, n);
        take_row(p, &in, at, r, n);
        run_tile(p, at, place, n);
      }
    }
  }
}

static void run_panels(plan *p, int64_t grain) {
  int last = p->axes - 1;
  int64_t height = p->shape[last - 1], size = p->shape[last] * PANEL_ROWS;
  int64_t groups = p->n / (height * p->shape[last]) * ((height + PANEL_ROWS - 1) / PANEL_ROWS);
  mx_parallel_for(groups, grain / size + 1, run_groups, p);
}

int mx_tape_run_with(const mx_ew_kernels *kernels, const mx_tape *tape) {
  plan p;
  if (mx_ew_run_single(&p, kernels, tape)) return 0;
  if (mx_ew_make_plan(&p, kernels, tape)) return 1;
  int64_t grain = mx_ew_grain(&p, tape);
  if (p.n_panels)
    run_panels(&p, grain);
  else
    mx_parallel_for(p.n, grain, run_chunk, &p);
  return 0;
}

int mx_tape_run(const mx_tape *tape) { return mx_tape_run_with(mx_elementwise_kernels(), tape); }
