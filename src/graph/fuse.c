/* Owns the grouping of a plan's operations into steps.
 *
 * An elementwise operation joins the group of that consumer which runs first, when that is a group
 * of the same shape and stream: then it runs there, in registers, and its value touches memory only
 * if somebody else reads or holds it. Operations are looked at from the last to the first, so all
 * consumers are placed before their inputs; a group runs at its root's place, which is after every
 * member's and before everybody's who reads a member. Grouping never changes a value: each
 * operation keeps its own rounding. */
#include <stdlib.h>
#include <string.h>

#include "core/prim.h"
#include "core/session.h"
#include "graph/plan.h"

static atomic_int fusion = -1;

bool mx_graph_fusion(void) {
  int on = atomic_load_explicit(&fusion, memory_order_relaxed);
  if (on < 0) {
    const char *e = getenv("MLX_FUSE");
    on = !(e && e[0] == '0' && e[1] == '\0');
    atomic_store(&fusion, on);
  }
  return on;
}

bool mx_graph_set_fusion(bool on) {
  bool old = mx_graph_fusion();
  atomic_store(&fusion, on);
  return old;
}

enum { NONE = -1 };

typedef struct group {
  int32_t root;   /* place of the root in the order */
  int32_t n_ops;
  int32_t n_in;   /* upper bound of the inputs that the tape will have */
  int32_t n_out;
} group;

typedef struct slot { /* per operation, by its place */
  int32_t group;    /* its own group, NONE for a step of its own kind */
  int32_t runs;     /* where the first of its consumers so far runs; INT32_MAX: there is none */
  int32_t consumer; /* that consumer's group, NONE where it is in none */
  bool shared;      /* there are others */
} slot;

typedef struct grouping {
  mx_plan *plan;
  slot *slots;
  group *groups;
  int32_t n_groups;
} grouping;

/* The place of an input's operation in this plan, or -1. */
static int32_t place(const mx_plan *p, const mx_array *a) {
  const mx_array *first = a->owner;
  int32_t at = first->plan;
  return first->op && at >= 0 && (size_t)at < p->n_ops && p->order[at] == first->op ? at : -1;
}

static bool same_shape(const mx_array *a, const mx_array *b) {
  return a->ndim == b->ndim &&
         memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof(int64_t)) == 0;
}

/* Somebody beside the plan's own consumers holds it, or a transformation will. */
static bool held(const mx_plan *p, const mx_array *a) {
  const mx_array *first = a->owner;
  return p->kept ? p->kept[first->plan]
                 : (uint32_t)atomic_load_explicit(&first->refs, memory_order_relaxed) > first->uses ||
                       mx_session_traces(first);
}

/* The value at `at` is read outside the group that it may join, or held: it needs memory. */
static bool leaves(const grouping *g, int32_t at) {
  return g->slots[at].shared || held(g->plan, g->plan->order[at]->out[0]);
}

static bool can_join(const grouping *g, int32_t at, const mx_op *op) {
  int32_t to = g->slots[at].consumer;
  if (to < 0)
    return false;
  const group *gr = &g->groups[to];
  const mx_op *root = g->plan->order[gr->root];
  return root->stream == op->stream && same_shape(root->out[0], op->out[0]) &&
         gr->n_ops < MX_TAPE_MAX_INSTRS && gr->n_in - 1 + op->n_in <= MX_TAPE_MAX_INPUTS &&
         (!leaves(g, at) || gr->n_out < MX_TAPE_MAX_OUTPUTS);
}

/* A consumer of the operation at `from` runs at `runs`, in group `group` or in none. */
static void note_consumer(grouping *g, int32_t from, int32_t runs, int32_t group) {
  slot *in = &g->slots[from];
  in->shared = in->shared || (in->runs != INT32_MAX && in->runs != runs);
  if (runs < in->runs) {
    in->runs = runs;
    in->consumer = group;
  }
}

static void assign(grouping *g) {
  const mx_plan *p = g->plan;
  bool on = mx_graph_fusion();
  for (int32_t i = (int32_t)p->n_ops - 1; i >= 0; i--) {
    mx_op *op = p->order[i];
    slot *s = &g->slots[i];
    s->group = NONE;
    if (mx_prim_elementwise(op->prim)) {
      if (on && can_join(g, i, op)) {
        group *gr = &g->groups[s->consumer];
        s->group = s->consumer;
        gr->n_ops++;
        gr->n_in += op->n_in - 1;
        gr->n_out += leaves(g, i);
      } else {
        s->group = g->n_groups++;
        g->groups[s->group] = (group){i, 1, op->n_in, 1};
      }
    }
    for (int k = 0; k < op->n_in; k++) {
      int32_t from = op->in[k] ? place(p, op->in[k]) : -1;
      if (from >= 0)
        note_consumer(g, from, s->group == NONE ? i : g->groups[s->group].root, s->group);
    }
  }
}

/* ---- steps ---- */

/* A group that was made before, by compile: see mx_pack_group. */
static int unpack_group(mx_plan *p, mx_step *w, const mx_op *op) {
  int n = (int)op->params[0];
  mx_instr *code = mx_plan_alloc(p, (size_t)n * sizeof *code);
  uint8_t *regs = mx_plan_alloc(p, op->n_out);
  if (!code || !regs)
    return 1;
  memcpy(code, op->params + 1, (size_t)n * sizeof *code);
  for (int i = 0; i < op->n_out; i++)
    regs[i] = (uint8_t)op->params[1 + n + i];
  w->op = NULL;
  w->n_instrs = n;
  w->instrs = code;
  w->out_regs = regs;
  return 0;
}

int mx_pack_group(const mx_step *w, int64_t *words) {
  _Static_assert(sizeof(mx_instr) == sizeof(int64_t), "an instruction is a word");
  words[0] = w->n_instrs;
  memcpy(words + 1, w->instrs, (size_t)w->n_instrs * sizeof *w->instrs);
  for (int i = 0; i < w->n_out; i++)
    words[1 + w->n_instrs + i] = w->out_regs[i];
  return 1 + w->n_instrs + w->n_out;
}

static int step_of_op(mx_plan *p, mx_plan_step *st, mx_op *op) {
  mx_step *w = &st->work;
  st->view = mx_prim_view(op->prim);
  st->ops = mx_plan_alloc(p, sizeof *st->ops);
  w->last_use = mx_plan_alloc(p, op->n_in ? op->n_in : 1);
  if (!st->ops || !w->last_use)
    return 1;
  st->ops[0] = op;
  st->n_ops = 1;
  w->op = op;
  w->n_in = op->n_in;
  w->n_out = op->n_out;
  w->in = op->in;
  w->out = op->out;
  return op->prim == MX_PRIM_FUSED ? unpack_group(p, w, op) : 0;
}

/* The register of an operand: an earlier member's result, or a (new) input. */
static int operand(mx_plan_step *st, mx_array *a, int n_members) {
  mx_step *w = &st->work;
  for (int k = n_members - 1; k >= 0; k--)
    if (st->ops[k]->out[0] == a)
      return MX_TAPE_MAX_INPUTS + k; /* moved down once the inputs are counted */
  for (int k = 0; k < w->n_in; k++)
    if (w->in[k] == a)
      return k;
  w->in[w->n_in++] = a;
  return w->n_in - 1;
}

static int step_of_group(grouping *g, mx_plan_step *st, int32_t gi) {
  mx_plan *p = g->plan;
  const group *gr = &g->groups[gi];
  mx_step *w = &st->work;
  mx_instr *code = mx_plan_alloc(p, (size_t)gr->n_ops * sizeof *code);
  uint8_t *regs = mx_plan_alloc(p, MX_TAPE_MAX_OUTPUTS);
  w->in = mx_plan_alloc(p, MX_TAPE_MAX_INPUTS * sizeof *w->in);
  w->out = mx_plan_alloc(p, MX_TAPE_MAX_OUTPUTS * sizeof *w->out);
  w->last_use = mx_plan_alloc(p, MX_TAPE_MAX_INPUTS);
  if (!code || !regs || !w->in || !w->out || !w->last_use)
    return 1;
  for (int m = 0; m < st->n_ops; m++) {
    mx_op *op = st->ops[m];
    code[m] = (mx_instr){.prim = op->prim, .dtype = op->out[0]->dtype, .n_src = (uint8_t)op->n_in};
    for (int k = 0; k < op->n_in; k++)
      code[m].src[k] = (uint8_t)operand(st, op->in[k], m);
  }
  for (int m = 0; m < st->n_ops; m++) {
    for (int k = 0; k < code[m].n_src; k++)
      if (code[m].src[k] >= MX_TAPE_MAX_INPUTS)
        code[m].src[k] = (uint8_t)(code[m].src[k] - MX_TAPE_MAX_INPUTS + w->n_in);
    mx_array *out = st->ops[m]->out[0];
    if (m == st->n_ops - 1 || leaves(g, place(p, out))) {
      regs[w->n_out] = (uint8_t)(w->n_in + m);
      w->out[w->n_out++] = out;
    }
  }
  w->n_instrs = st->n_ops;
  w->instrs = code;
  w->out_regs = regs;
  return 0;
}

/* Members of a group in order: collected as the order is walked. */
static int collect(grouping *g, mx_plan_step **step_of, int32_t i) {
  mx_plan *p = g->plan;
  int32_t gi = g->slots[i].group;
  const group *gr = &g->groups[gi];
  mx_plan_step *st = step_of[gi];
  if (!st) {
    st = step_of[gi] = mx_plan_alloc(p, sizeof *st);
    if (!st || !(st->ops = mx_plan_alloc(p, (size_t)gr->n_ops * sizeof *st->ops)))
      return 1;
  }
  st->ops[st->n_ops++] = p->order[i];
  if (i != gr->root)
    return 0;
  mx_plan_step *place_in = &p->steps[p->n_steps++];
  *place_in = *st;
  place_in->stream = p->order[i]->stream;
  return step_of_group(g, place_in, gi);
}

static int make_steps(grouping *g) {
  mx_plan *p = g->plan;
  mx_plan_step **step_of =
      mx_plan_alloc(p, ((size_t)g->n_groups + 1) * sizeof *step_of);
  p->steps = mx_plan_alloc(p, p->n_ops * sizeof *p->steps);
  if (!step_of || !p->steps)
    return 1;
  for (size_t i = 0; i < p->n_ops; i++) {
    if (g->slots[i].group >= 0) {
      if (collect(g, step_of, (int32_t)i))
        return 1;
      continue;
    }
    mx_plan_step *st = &p->steps[p->n_steps++];
    st->stream = p->order[i]->stream;
    if (step_of_op(p, st, p->order[i]))
      return 1;
  }
  return 0;
}

int mx_plan_group(mx_plan *p) {
  grouping g = {.plan = p};
  g.slots = mx_plan_alloc(p, p->n_ops * sizeof *g.slots);
  g.groups = mx_plan_alloc(p, p->n_ops * sizeof *g.groups);
  if (!g.slots || !g.groups)
    return 1;
  for (size_t i = 0; i < p->n_ops; i++)
    g.slots[i] = (slot){NONE, INT32_MAX, NONE, false};
  assign(&g);
  return make_steps(&g) || (!p->kept && mx_graph_fusion() && mx_plan_segments(p, held));
}
