/* Owns the making of programs: reads a pending graph, merges what is equal, drops what is unused,
 * and groups elementwise operations.
 *
 * A node that does not depend on the inputs is a constant when somebody outside the graph holds it
 * (it was captured) or when it is small; then it is computed once. Others are made again each time,
 * so that no large array lives in a program that nobody asked to keep. */
#include <stdlib.h>
#include <string.h>

#include "graph/plan.h"
#include "transforms/program.h"

enum { SMALL = 16384 }; /* bytes of a constant that is kept unasked */

/* ---- numbers by address ---- */

typedef struct rec {
  const mx_array *a;
  int32_t value; /* -1: none yet */
  int32_t uses;  /* references that the graph's own operations and outputs hold; of owners */
} rec;

typedef struct map {
  rec *recs;
  size_t n;
  int32_t *slots; /* places in recs plus one; a power of two, at most half full */
  size_t n_slots, cap;
} map;

static size_t slot_of(const map *m, const mx_array *a) {
  size_t i = (((uintptr_t)a >> 4) * 0x9e3779b97f4a7c15u >> 20) & (m->n_slots - 1);
  while (m->slots[i] && m->recs[m->slots[i] - 1].a != a)
    i = (i + 1) & (m->n_slots - 1);
  return i;
}

static int map_grow(map *m) {
  size_t n = m->n_slots ? m->n_slots * 2 : 64;
  rec *recs = realloc(m->recs, n / 2 * sizeof *recs);
  if (recs)
    m->recs = recs;
  int32_t *slots = recs ? calloc(n, sizeof *slots) : NULL;
  if (!slots)
    return mx_nomem("compile");
  free(m->slots);
  m->slots = slots;
  m->n_slots = n;
  m->cap = n / 2;
  for (size_t i = 0; i < m->n; i++)
    m->slots[slot_of(m, m->recs[i].a)] = (int32_t)i + 1;
  return 0;
}

static rec *map_find(const map *m, const mx_array *a) {
  size_t i = m->n_slots ? slot_of(m, a) : 0;
  return m->n_slots && m->slots[i] ? &m->recs[m->slots[i] - 1] : NULL;
}

/* The record of a, made where there is none; NULL with an error. */
static rec *map_add(map *m, const mx_array *a, bool *fresh) {
  if (m->n == m->cap && map_grow(m))
    return NULL;
  size_t i = slot_of(m, a);
  *fresh = !m->slots[i];
  if (*fresh) {
    m->recs[m->n++] = (rec){a, -1, 0};
    m->slots[i] = (int32_t)m->n;
  }
  return &m->recs[m->slots[i] - 1];
}

static void map_free(map *m) {
  free(m->recs);
  free(m->slots);
}

/* ---- what is being made ---- */

typedef struct value {
  mx_array *a;    /* an input, a constant, or an output of a private operation */
  int32_t op;     /* of those made, or -1 */
  int32_t number; /* in the finished program, or -1 */
  bool varies, constant;
} value;

typedef struct made {
  mx_op *op;
  size_t src;    /* place in srcs */
  int32_t first; /* value of its first output */
  bool live;
} made;

typedef struct frame {
  mx_array *a;
  int next;
} frame;

typedef struct build {
  mx_vec in, out;
  int flags;
  map seen;         /* the traced graph */
  const mx_op **order;
  frame *stack;
  value *values;
  made *ops;
  int32_t *srcs;
  int32_t *equal;   /* operations by hash, plus one; then constants as -1 - value */
  mx_array **scratch;
  size_t n_order, n_stack, n_values, n_ops, n_srcs, n_equal;
  size_t cap_order, cap_stack, cap_values, cap_ops, cap_srcs;
} build;

/* Room for `more` further elements. */
static int reserve(void *list, size_t n, size_t more, size_t *cap, size_t size) {
  if (n + more <= *cap)
    return 0;
  size_t want = *cap ? *cap * 2 : 32;
  while (want < n + more)
    want *= 2;
  void *p = realloc(*(void **)list, want * size);
  if (!p)
    return mx_nomem("compile");
  *(void **)list = p;
  *cap = want;
  return 0;
}
#define RESERVE(b, list, more) \
  reserve(&(b)->list, (b)->n_##list, more, &(b)->cap_##list, sizeof *(b)->list)

/* An argument of this trace or of another has no operation. */
static bool pending(const mx_array *a) {
  return a->op && atomic_load_explicit(&a->state, memory_order_relaxed) == MX_PENDING;
}

/* ---- reading the graph, under the graph lock ---- */

/* Counts a use; pushes an operation that was not seen. */
static int reach(build *b, mx_array *a) {
  bool fresh;
  rec *r = map_add(&b->seen, a->owner, &fresh);
  if (!r)
    return 1;
  r->uses++;
  if (!fresh || !pending(a))
    return 0;
  if (RESERVE(b, stack, 1))
    return 1;
  b->stack[b->n_stack++] = (frame){a->owner, 0};
  return 0;
}

static int read_graph(build *b, mx_array *root) {
  if (reach(b, root))
    return 1;
  while (b->n_stack) {
    frame *f = &b->stack[b->n_stack - 1];
    const mx_op *op = f->a->op;
    if (f->next < op->n_in) {
      mx_array *in = op->in[f->next++];
      if (in && reach(b, in))
        return 1;
      continue;
    }
    b->n_stack--;
    if (RESERVE(b, order, 1))
      return 1;
    b->order[b->n_order++] = op;
  }
  return 0;
}

static bool held(const build *b, const mx_array *a) {
  const rec *r = map_find(&b->seen, a->owner);
  int32_t refs = atomic_load_explicit(&a->owner->refs, memory_order_relaxed);
  return refs > (r ? r->uses : 0);
}

/* ---- values ---- */

static int32_t new_value(build *b, mx_array *a, int32_t op, bool varies, bool constant) {
  if (RESERVE(b, values, 1))
    return -1;
  b->values[b->n_values] = (value){a, op, -1, varies, constant};
  return (int32_t)b->n_values++;
}

static uint64_t mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9e3779b97f4a7c15u;
  return h ^ h >> 32;
}

static uint64_t hash_spec(uint64_t h, const mx_array *a) {
  h = mix(h, (uint64_t)a->dtype << 8 | a->ndim);
  for (int i = 0; i < a->ndim; i++)
    h = mix(h, (uint64_t)a->shape[i]);
  return h;
}

static bool same_spec(const mx_array *a, const mx_array *b) {
  size_t bytes = (size_t)a->ndim * sizeof(int64_t);
  return a->dtype == b->dtype && a->ndim == b->ndim &&
         (!bytes || (!memcmp(a->shape, b->shape, bytes) && !memcmp(a->strides, b->strides, bytes)));
}

static size_t equal_slot(const build *b, uint64_t h) {
  return h & (b->n_equal - 1);
}

/* The value of an array that no private operation makes. Equal numbers are one constant. */
static int32_t constant_value(build *b, mx_array *a) {
  if (!(b->flags & MX_PROGRAM_SIMPLIFY) || !mx_ready(a) || a->size != 1)
    return new_value(b, a, -1, false, true);
  size_t bytes = mx_itemsize(a);
  uint64_t bits = 0;
  memcpy(&bits, mx_data(a), bytes);
  size_t at = equal_slot(b, mix(hash_spec(1, a), bits));
  for (; b->equal[at]; at = (at + 1) & (b->n_equal - 1)) {
    int32_t v = -1 - b->equal[at];
    if (v >= 0 && same_spec(b->values[v].a, a) &&
        !memcmp(mx_data(b->values[v].a), mx_data(a), bytes))
      return v;
  }
  int32_t v = new_value(b, a, -1, false, true);
  if (v >= 0)
    b->equal[at] = -1 - v;
  return v;
}

static int32_t value_of(build *b, mx_array *a) {
  bool fresh;
  rec *r = map_add(&b->seen, a, &fresh);
  if (r && r->value < 0)
    r->value = constant_value(b, a);
  return r ? r->value : -1;
}

static int set_value(build *b, const mx_array *a, int32_t v) {
  bool fresh;
  rec *r = v < 0 ? NULL : map_add(&b->seen, a, &fresh);
  if (!r)
    return 1;
  r->value = v;
  return 0;
}

/* ---- operations ---- */

/* Whether what does not vary is to be kept rather than made again each time. */
static bool keep(const build *b, const mx_op *op) {
  size_t bytes = 0;
  for (int i = 0; i < op->n_out; i++)
    bytes += mx_nbytes(op->out[i]);
  return bytes <= SMALL || held(b, op->out[0]);
}

static bool same_op(const build *b, const made *m, const mx_op *op, const int32_t *src) {
  const mx_op *o = m->op;
  if (o->prim != op->prim || o->stream != op->stream || o->n_in != op->n_in ||
      o->n_out != op->n_out || o->n_params != op->n_params ||
      (op->n_params && memcmp(o->params, op->params, op->n_params * sizeof *op->params)) ||
      (op->n_in && memcmp(b->srcs + m->src, src, op->n_in * sizeof *src)))
    return false;
  for (int i = 0; i < op->n_out; i++)
    if (!same_spec(o->out[i], op->out[i]))
      return false;
  return true;
}

/* The place in b->equal of an operation like op, or a free one. */
static size_t find_equal(const build *b, const mx_op *op, const int32_t *src) {
  uint64_t h = mix(op->prim, (uintptr_t)op->stream);
  for (uint32_t i = 0; i < op->n_params; i++)
    h = mix(h, (uint64_t)op->params[i]);
  for (int i = 0; i < op->n_in; i++)
    h = mix(h, (uint32_t)src[i]);
  for (int i = 0; i < op->n_out; i++)
    h = hash_spec(h, op->out[i]);
  size_t at = equal_slot(b, h);
  while (b->equal[at] && !(b->equal[at] > 0 && same_op(b, &b->ops[b->equal[at] - 1], op, src)))
    at = (at + 1) & (b->n_equal - 1);
  return at;
}

/* A private copy of op over the values in src. */
static int32_t add_op(build *b, const mx_op *op, size_t src, bool varies) {
  mx_array **list = realloc(b->scratch, ((size_t)op->n_in + op->n_out) * sizeof *list);
  if (!list)
    return -mx_nomem("compile");
  b->scratch = list;
  if (RESERVE(b, ops, 1) || RESERVE(b, values, op->n_out))
    return -1;
  for (int i = 0; i < op->n_in; i++)
    list[i] = b->srcs[src + (size_t)i] < 0 ? NULL : b->values[b->srcs[src + (size_t)i]].a;
  mx_array **out = list + op->n_in;
  if (mx_node_clone(op, list, out))
    return -1;
  int32_t first = (int32_t)b->n_values, at = (int32_t)b->n_ops++;
  b->ops[at] = (made){out[0]->op, src, first, false};
  for (int i = 0; i < op->n_out; i++)
    new_value(b, out[i], at, varies, false);
  return first;
}

static int place(build *b, const mx_op *op) {
  bool varies = false;
  size_t src = b->n_srcs;
  if (RESERVE(b, srcs, op->n_in))
    return 1;
  for (int i = 0; i < op->n_in; i++) {
    int32_t v = op->in[i] ? value_of(b, op->in[i]) : -1;
    if (op->in[i] && v < 0)
      return 1;
    varies = varies || (v >= 0 && b->values[v].varies);
    b->srcs[src + (size_t)i] = v;
  }
  if (!varies && keep(b, op))
    return 0; /* its outputs become constants where they are read */
  bool simplify = b->flags & MX_PROGRAM_SIMPLIFY;
  size_t at = simplify ? find_equal(b, op, b->srcs + src) : 0;
  int32_t first = simplify && b->equal[at] ? b->ops[b->equal[at] - 1].first : -1;
  if (first < 0) {
    b->n_srcs += op->n_in;
    if ((first = add_op(b, op, src, varies)) < 0)
      return 1;
    if (simplify)
      b->equal[at] = (int32_t)b->n_ops;
  }
  for (int i = 0; i < op->n_out; i++)
    if (set_value(b, op->out[i], first + i))
      return 1;
  return 0;
}

static int read_all(build *b) {
  for (size_t i = 0; i < b->in.n; i++)
    if (set_value(b, b->in.p[i], new_value(b, b->in.p[i], -1, true, false)))
      return 1;
  for (size_t i = 0; i < b->out.n; i++)
    if (read_graph(b, b->out.p[i]))
      return 1;
  size_t n = 64;
  while (n < 4 * (b->n_order + b->seen.n))
    n *= 2;
  b->n_equal = n;
  if (!(b->equal = calloc(n, sizeof *b->equal)))
    return mx_nomem("compile");
  for (size_t i = 0; i < b->n_order; i++)
    if (place(b, b->order[i]))
      return 1;
  for (size_t i = 0; i < b->out.n; i++)
    if (value_of(b, b->out.p[i]) < 0)
      return 1;
  return 0;
}

static void mark_live(build *b) {
  for (size_t i = 0; i < b->out.n; i++) {
    const value *v = &b->values[map_find(&b->seen, b->out.p[i])->value];
    if (v->op >= 0)
      b->ops[v->op].live = true;
  }
  for (size_t i = b->n_ops; i-- > 0;) {
    const made *m = &b->ops[i];
    for (int k = 0; m->live && k < m->op->n_in; k++) {
      int32_t v = b->srcs[m->src + (size_t)k];
      if (v >= 0 && b->values[v].op >= 0)
        b->ops[b->values[v].op].live = true;
    }
  }
}

/* ---- the finished program ---- */

static int code_alloc(mx_code *c, size_t n_ops, size_t n_src, int n_out) {
  c->ops = malloc((n_ops + 1) * sizeof *c->ops);
  c->src = malloc((n_src + 1) * sizeof *c->src);
  c->out = malloc(((size_t)n_out + 1) * sizeof *c->out);
  return c->ops && c->src && c->out ? 0 : mx_nomem("compile");
}

static void code_add(mx_code *c, mx_op *op) {
  c->ops[c->n_ops++] = op;
  c->n_values += op->n_out;
  c->max_in = op->n_in > c->max_in ? op->n_in : c->max_in;
}

/* What a node costs, about. */
static size_t node_bytes(const mx_op *op) {
  size_t bytes = sizeof *op + 8 * ((size_t)op->n_in + op->n_out + op->n_params) + 64;
  for (int i = 0; i < op->n_out; i++)
    bytes += sizeof(mx_array) + 16 * (size_t)op->out[i]->ndim;
  return bytes;
}

static int32_t number_of(build *b, mx_program *p, int32_t v) {
  value *x = &b->values[v];
  if (x->number < 0 && x->constant) {
    p->consts[p->n_const] = mx_retain(x->a);
    x->number = p->n_in + (int32_t)p->n_const++;
    if (!held(b, x->a) || !mx_ready(x->a))
      p->bytes += mx_nbytes(x->a) + 256;
  }
  return x->number;
}

static int take_inputs(build *b, mx_program *p) {
  size_t n_const = 0;
  for (size_t i = 0; i < b->n_values; i++)
    n_const += b->values[i].constant;
  p->in = malloc((b->in.n + 1) * sizeof *p->in);
  p->consts = malloc((n_const + 1) * sizeof *p->consts);
  p->nodes = malloc((2 * b->n_ops + 1) * sizeof *p->nodes);
  if (!p->in || !p->consts || !p->nodes)
    return mx_nomem("compile");
  for (; p->n_in < (int)b->in.n; p->n_in++) {
    p->in[p->n_in] = mx_retain(b->in.p[p->n_in]);
    b->values[p->n_in].number = p->n_in;
  }
  return 0;
}

static int make_plain(build *b, mx_program *p) {
  mx_code *c = &p->plain;
  if (take_inputs(b, p) || code_alloc(c, b->n_ops, b->n_srcs, (int)b->out.n))
    return 1;
  size_t n_src = 0;
  for (size_t i = 0; i < b->n_ops; i++) { /* constants first: they are numbered before operations */
    const made *m = &b->ops[i];
    for (int k = 0; m->live && k < m->op->n_in; k++)
      if (b->srcs[m->src + (size_t)k] >= 0)
        number_of(b, p, b->srcs[m->src + (size_t)k]);
  }
  for (size_t i = 0; i < b->out.n; i++)
    number_of(b, p, map_find(&b->seen, b->out.p[i])->value);
  c->n_values = (size_t)p->n_in + p->n_const;
  for (size_t i = 0; i < b->n_ops; i++) {
    const made *m = &b->ops[i];
    if (!m->live)
      continue;
    for (int k = 0; k < m->op->n_out; k++)
      b->values[m->first + k].number = (int32_t)c->n_values + k;
    for (int k = 0; k < m->op->n_in; k++) {
      int32_t v = b->srcs[m->src + (size_t)k];
      c->src[n_src++] = v < 0 ? -1 : b->values[v].number;
    }
    code_add(c, m->op);
    p->bytes += node_bytes(m->op);
  }
  for (; p->n_out < (int)b->out.n; p->n_out++)
    c->out[p->n_out] = b->values[map_find(&b->seen, b->out.p[p->n_out])->value].number;
  return 0;
}

/* Hands the copies that are used to the program and drops the others, last ones first. */
static void take_nodes(build *b, mx_program *p) {
  for (size_t i = b->n_ops; i-- > 0;) {
    mx_array *first = b->ops[i].op->out[0];
    if (p && b->ops[i].live)
      p->nodes[p->n_nodes++] = first;
    else
      mx_release(first);
  }
  b->n_ops = 0;
}

/* ---- groups ---- */

/* What the grouped steps read and write, numbered. */
typedef struct regroup {
  mx_program *p;
  map at;
  size_t n_src;
} regroup;

static int number(regroup *g, const mx_array *a, size_t n) {
  bool fresh;
  rec *r = map_add(&g->at, a, &fresh);
  if (!r)
    return 1;
  r->value = (int32_t)n;
  return 0;
}

static mx_op *group_node(mx_program *p, const mx_plan_step *st) {
  const mx_step *w = &st->work;
  mx_spec specs[MX_TAPE_MAX_OUTPUTS];
  mx_array *out[MX_TAPE_MAX_OUTPUTS];
  int64_t words[MX_GROUP_WORDS];
  for (int i = 0; i < w->n_out; i++)
    specs[i] = (mx_spec){(mlx_dtype)w->out[i]->dtype, w->out[i]->ndim, w->out[i]->shape, NULL};
  int n = mx_pack_group(w, words);
  if (mx_node_multi(MX_PRIM_FUSED, w->n_out, specs, out, w->n_in, w->in, n, words, st->stream))
    return NULL;
  p->nodes[p->n_nodes++] = mx_retain(out[0]);
  p->bytes += node_bytes(out[0]->op);
  return out[0]->op;
}

static int add_step(regroup *g, const mx_plan_step *st) {
  mx_code *c = &g->p->fused;
  const mx_step *w = &st->work;
  bool group = st->n_ops > 1; /* a tape names an input once */
  mx_op *op = group ? group_node(g->p, st) : st->ops[0];
  if (!op)
    return 1;
  mx_array **in = group ? w->in : op->in, **out = group ? w->out : op->out;
  for (int k = 0; k < op->n_in; k++)
    c->src[g->n_src++] = in[k] ? map_find(&g->at, in[k])->value : -1;
  for (int k = 0; k < op->n_out; k++)
    if (number(g, out[k], c->n_values + (size_t)k))
      return 1;
  code_add(c, op);
  return 0;
}

static int add_steps(regroup *g, const mx_plan *plan) {
  mx_program *p = g->p;
  mx_code *c = &p->fused;
  size_t n_src = 0;
  for (size_t i = 0; i < plan->n_steps; i++)
    n_src +=
        plan->steps[i].n_ops > 1 ? (size_t)plan->steps[i].work.n_in : plan->steps[i].ops[0]->n_in;
  if (code_alloc(c, plan->n_steps, n_src, p->n_out))
    return 1;
  c->n_values = (size_t)p->n_in + p->n_const;
  for (size_t i = 0; i < c->n_values; i++)
    if (number(g, i < (size_t)p->n_in ? p->in[i] : p->consts[i - (size_t)p->n_in], i))
      return 1;
  for (size_t i = 0; i < plan->n_steps; i++)
    if (add_step(g, &plan->steps[i]))
      return 1;
  return 0;
}

/* The arrays behind the values of the plain code. */
static void list_arrays(const mx_program *p, mx_array **a) {
  memcpy(a, p->in, (size_t)p->n_in * sizeof *a);
  memcpy(a + p->n_in, p->consts, p->n_const * sizeof *a);
  a += (size_t)p->n_in + p->n_const;
  for (size_t i = 0; i < p->plain.n_ops; i++)
    for (int k = 0; k < p->plain.ops[i]->n_out; k++)
      *a++ = p->plain.ops[i]->out[k];
}

static int make_fused(mx_program *p) {
  const mx_code *c = &p->plain;
  mx_plan plan = {.order = c->ops, .n_ops = c->n_ops};
  bool *kept = calloc(c->n_ops + 1, sizeof *kept);
  mx_array **arrays = malloc((c->n_values + 1) * sizeof *arrays);
  regroup g = {.p = p};
  int bad = kept && arrays ? 0 : mx_nomem("compile");
  if (!bad) {
    list_arrays(p, arrays);
    for (size_t i = 0; i < c->n_ops; i++)
      c->ops[i]->out[0]->plan = (int32_t)i;
    for (int i = 0; i < p->n_out; i++)
      if ((size_t)c->out[i] >= (size_t)p->n_in + p->n_const)
        kept[arrays[c->out[i]]->owner->plan] = true;
    plan.kept = kept;
    pthread_mutex_lock(&mx_graph_lock); /* constants may stand in other plans */
    bad = mx_plan_group(&plan);
    pthread_mutex_unlock(&mx_graph_lock);
  }
  bad = bad || add_steps(&g, &plan);
  for (int i = 0; i < p->n_out && !bad; i++)
    p->fused.out[i] = map_find(&g.at, arrays[c->out[i]])->value;
  mx_plan_free_arena(&plan);
  map_free(&g.at);
  free(kept);
  free(arrays);
  return bad;
}

static void build_free(build *b) {
  take_nodes(b, NULL);
  map_free(&b->seen);
  free(b->order);
  free(b->stack);
  free(b->values);
  free(b->ops);
  free(b->srcs);
  free(b->equal);
  free(b->scratch);
}

mx_program *mx_program_make(mx_vec in, mx_vec out, int flags) {
  build b = {.in = in, .out = out, .flags = flags};
  mx_program *p = calloc(1, sizeof *p);
  if (!p) {
    mx_nomem("compile");
    return NULL;
  }
  atomic_init(&p->refs, 1);
  p->bytes = sizeof *p;
  pthread_mutex_lock(&mx_graph_lock);
  int bad = read_all(&b);
  pthread_mutex_unlock(&mx_graph_lock);
  if (!bad) {
    mark_live(&b);
    if (!(bad = make_plain(&b, p)))
      take_nodes(&b, p);
  }
  mx_scope scope = mx_scope_open();
  bad = bad || ((flags & MX_PROGRAM_FUSE) && make_fused(p));
  mx_scope_close(scope, NULL);
  build_free(&b);
  if (bad) {
    mx_program_release(p);
    return NULL;
  }
  return p;
}
