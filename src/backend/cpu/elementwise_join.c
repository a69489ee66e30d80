// Joins the float32 steps of a plan: a pass over a tile costs about as much as the arithmetic.
// Invariant: a step that is joined into its only reader computes what it did, with its own
// rounding, only later; nobody has overwritten its inputs, because registers are written once and
// slots are given out afterwards.
#include "backend/cpu/elementwise_plan.h"

#include <string.h>

// The one step that reads each register; NOBODY, or SEVERAL, an output among them.
enum { NOBODY = -1, SEVERAL = -2 };

typedef struct joiner {
  plan *p;
  int8_t reader[MAX_REGS], maker[MAX_REGS];
  bool gone[MX_TAPE_MAX_INSTRS];
} joiner;

static void find_readers(joiner *j, const mx_tape *t) {
  const plan *p = j->p;
  memset(j->reader, NOBODY, sizeof j->reader);
  memset(j->maker, NOBODY, sizeof j->maker);
  memset(j->gone, 0, sizeof j->gone);
  for (int s = 0; s < p->n_steps; s++) {
    j->maker[p->steps[s].dst] = (int8_t)s;
    for (int i = 0; i < p->steps[s].n_src; i++) {
      int8_t *r = &j->reader[p->steps[s].src[i]];
      *r = *r == NOBODY ? (int8_t)s : SEVERAL;
    }
  }
  for (int i = 0; i < t->n_out; i++) j->reader[p->regs[t->out[i].reg].root] = SEVERAL;
}

// The step that makes an input of `of`, where nobody else reads it and it is still by itself.
static const step *maker(const joiner *j, const step *of, int input) {
  int reg = of->src[input], s = j->maker[reg];
  if (s < 0 || j->gone[s] || j->p->steps[s].join) return NULL;
  return j->reader[reg] == of - j->p->steps ? &j->p->steps[s] : NULL;
}

// MX_EW_NONE where it is no sum, difference or product. A square is a product where its factor can
// be read twice: as the first of joined steps.
static int arith(const step *s) {
  switch (s ? s->prim : MX_PRIM_COUNT) {
    case MX_PRIM_ADD: return MX_EW_ADD;
    case MX_PRIM_SUBTRACT: return MX_EW_SUB;
    case MX_PRIM_MULTIPLY:
    case MX_PRIM_SQUARE: return MX_EW_MUL;
    default: return MX_EW_NONE;
  }
}

// The same for a step after others, which reads one more register: a square does not.
static int arith_after(const step *s) {
  return s && s->n_src == 2 ? arith(s) : MX_EW_NONE;
}

static int function(const step *s) {
  switch (s ? s->prim : MX_PRIM_COUNT) {
    case MX_PRIM_EXP: return MX_EW_EXP;
    case MX_PRIM_TANH: return MX_EW_TANH;
    case MX_PRIM_SIGMOID: return MX_EW_SIGMOID;
    default: return MX_EW_FUNCTIONS;
  }
}

// The operation as it looks from input `side`.
static int seen_from(int op, int side) { return side && op == MX_EW_SUB ? MX_EW_BUS : op; }

static uint8_t left(const step *s) { return s->src[0]; }
static uint8_t right(const step *s) { return s->n_src > 1 ? s->src[1] : s->src[0]; }

static void drop(joiner *j, const step *s) { j->gone[s - j->p->steps] = true; }

static bool put(step *s, mx_ew_join fn, int n, const uint8_t *src) {
  s->join = fn;
  s->n_src = (uint8_t)n;
  memcpy(s->src, src, (size_t)n);
  return true;
}

// (a b +- c d) o e
static bool join_affine(joiner *j, step *s) {
  for (int side = 0; arith_after(s) != MX_EW_NONE && side < s->n_src; side++) {
    const step *sum = maker(j, s, side);
    if (arith(sum) > MX_EW_SUB) continue;
    const step *x = maker(j, sum, 0), *y = maker(j, sum, 1);
    if (arith(x) != MX_EW_MUL || arith(y) != MX_EW_MUL) continue;
    mx_ew_join fn = j->p->kernels->affine[arith(sum)][seen_from(arith(s), side)];
    uint8_t src[] = {left(x), right(x), left(y), right(y), s->src[!side]};
    drop(j, sum), drop(j, x), drop(j, y);
    return put(s, fn, 5, src);
  }
  return false;
}

// What goes into a function: (a o b), or minus a product.
static const step *argument(const joiner *j, const step *f, bool *minus) {
  const step *x = maker(j, f, 0);
  *minus = x && x->prim == MX_PRIM_NEGATIVE;
  if (*minus) x = maker(j, x, 0);
  return arith(x) == MX_EW_NONE || (*minus && arith(x) != MX_EW_MUL) ? NULL : x;
}

static bool put_around(joiner *j, step *s, const step *f, int post, uint8_t other) {
  bool minus;
  const step *x = argument(j, f, &minus);
  mx_ew_join fn = x ? j->p->kernels->around[function(f)][minus][arith(x)][post] : NULL;
  if (!fn) return false;
  uint8_t src[] = {left(x), right(x), other};
  if (minus) drop(j, maker(j, f, 0));
  drop(j, x);
  if (f != s) drop(j, f);
  return put(s, fn, post == MX_EW_NONE ? 2 : 3, src);
}

static bool join_around(joiner *j, step *s) {
  if (function(s) != MX_EW_FUNCTIONS) return put_around(j, s, s, MX_EW_NONE, s->src[0]);
  for (int side = 0; arith_after(s) != MX_EW_NONE && side < s->n_src; side++) {
    const step *f = maker(j, s, side);
    if (function(f) != MX_EW_FUNCTIONS &&
        put_around(j, s, f, seen_from(arith(s), side), s->src[!side]))
      return true;
  }
  return false;
}

// (a o1 b) o2 (c o3 d)
static bool join_tree(joiner *j, step *s) {
  if (arith_after(s) == MX_EW_NONE) return false;
  const step *x = maker(j, s, 0), *y = maker(j, s, 1);
  if (arith(x) == MX_EW_NONE || arith(y) == MX_EW_NONE) return false;
  uint8_t src[] = {left(x), right(x), left(y), right(y)};
  drop(j, x), drop(j, y);
  return put(s, j->p->kernels->tree[arith(x)][arith(s)][arith(y)], 4, src);
}

// ((a o1 b) o2 c) o3 d
static bool join_line(joiner *j, step *s) {
  for (int side = 0; arith_after(s) != MX_EW_NONE && side < s->n_src; side++) {
    const step *y = maker(j, s, side);
    for (int inner = 0; arith_after(y) != MX_EW_NONE && inner < y->n_src; inner++) {
      const step *x = maker(j, y, inner);
      if (arith(x) == MX_EW_NONE) continue;
      uint8_t src[] = {left(x), right(x), y->src[!inner], s->src[!side]};
      mx_ew_join fn =
          j->p->kernels->line[arith(x)][seen_from(arith(y), inner)][seen_from(arith(s), side)];
      drop(j, x), drop(j, y);
      return put(s, fn, 4, src);
    }
  }
  return false;
}

static bool join_pair(joiner *j, step *s) {
  for (int side = 0; s->chain && side < s->n_src; side++) {
    const step *a = maker(j, s, side);
    mx_ew_fn fn = a && a->chain ? j->p->kernels->pair[a->chain - 1][s->chain - 1][side] : NULL;
    if (!fn) continue;
    uint8_t first = left(a), second = right(a), other = s->n_src > 1 ? s->src[!side] : first;
    drop(j, a);
    s->fn = fn;
    s->chain = 0;
    s->prim = MX_PRIM_COUNT;
    s->n_src = 3;
    s->src[0] = first;
    s->src[1] = second;
    s->src[2] = other;
    return true;
  }
  return false;
}

void mx_ew_join_steps(plan *p, const mx_tape *t) {
  joiner j = {.p = p};
  find_readers(&j, t);
  for (int s = p->n_steps - 1; s >= 0; s--) {
    step *st = &p->steps[s];
    if (!j.gone[s] && !join_affine(&j, st) && !join_around(&j, st) && !join_tree(&j, st) &&
        !join_line(&j, st))
      join_pair(&j, st);
  }
  int kept = 0;
  for (int s = 0; s < p->n_steps; s++)
    if (!j.gone[s]) p->steps[kept++] = p->steps[s];
  p->n_steps = kept;
}
