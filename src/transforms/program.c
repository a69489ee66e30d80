/* Owns the replay of programs. */
#include "transforms/program.h"

#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "core/stream.h"
#include "ops/rules.h"

mx_program *mx_program_retain(mx_program *p) {
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  return p;
}

static void free_code(mx_code *c) {
  free(c->ops);
  free(c->src);
  free(c->out);
}

void mx_program_release(mx_program *p) {
  if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
    return;
  for (size_t i = 0; i < p->n_nodes; i++)
    mx_release(p->nodes[i]);
  for (size_t i = 0; i < p->n_const; i++)
    mx_release(p->consts[i]);
  for (int i = 0; i < p->n_in; i++)
    mx_release(p->in[i]);
  free_code(&p->plain);
  free_code(&p->fused);
  free(p->nodes);
  free(p->consts);
  free(p->in);
  free(p);
}

/* ---- replay ---- */

enum { FEW = 128 };

/* The values of one replay: inputs and constants borrowed, results under one reference an
 * operation. */
typedef struct run {
  const mx_code *code;
  mx_array **values, **in;
  size_t n_values;
  mx_array *few[FEW], *few_in[FEW];
} run;

static int run_open(run *r, const mx_program *p, const mx_code *code, mx_array *const *in) {
  r->code = code;
  r->values = r->few;
  r->in = r->few_in;
  r->n_values = (size_t)p->n_in + p->n_const;
  if (code->n_values > FEW)
    r->values = malloc(code->n_values * sizeof *r->values);
  if (code->max_in > FEW)
    r->in = malloc((size_t)code->max_in * sizeof *r->in);
  if (!r->values || !r->in)
    return mx_nomem("compile");
  memcpy(r->values, in, (size_t)p->n_in * sizeof *in);
  if (p->n_const)
    memcpy(r->values + p->n_in, p->consts, p->n_const * sizeof *in);
  return 0;
}

static const int32_t *gather(run *r, const mx_op *op, const int32_t *src) {
  for (int k = 0; k < op->n_in; k++)
    r->in[k] = src[k] < 0 ? NULL : r->values[src[k]];
  return src + op->n_in;
}

static void run_close(run *r) {
  if (r->values != r->few)
    free(r->values);
  if (r->in != r->few_in)
    free(r->in);
}

/* The outputs as nodes of the scope. */
static int take_outputs(const run *r, int n, mx_array **out) {
  for (int i = 0; i < n; i++) {
    out[i] = r->values[r->code->out[i]];
    if (!mx_scope_own(mx_retain(out[i])))
      return 1;
  }
  return 0;
}

int mx_program_replay(const mx_program *p, const mx_code *code, mx_array *const *in,
                      mx_array **out) {
  run r;
  size_t made = 0;
  int bad = run_open(&r, p, code, in);
  const int32_t *src = code->src;
  mx_array **first = r.values ? r.values + r.n_values : NULL, **to = first;
  for (; made < code->n_ops && !bad; made++) {
    const mx_op *op = code->ops[made];
    src = gather(&r, op, src);
    if ((bad = mx_node_clone(op, r.in, to)))
      break;
    to += op->n_out;
  }
  bad = bad || take_outputs(&r, p->n_out, out);
  for (size_t i = 0; i < made; first += code->ops[i++]->n_out)
    mx_release(*first);
  run_close(&r);
  return bad;
}

int mx_program_call(const mx_program *p, mx_array *const *in, mx_array **out) {
  mx_array *few[FEW], **rows = p->n_in <= FEW ? few : malloc((size_t)p->n_in * sizeof *rows);
  int bad = rows ? 0 : mx_nomem("compile");
  bool plain = false;
  for (int i = 0; i < p->n_in && !bad; i++) {
    plain = plain || mx_session_traces(in[i]);
    rows[i] = in[i];
    if (p->in[i]->row_contiguous && !in[i]->row_contiguous)
      bad = !(rows[i] = mx_row_major(in[i], mx_default_stream(mx_default_device())));
  }
  for (size_t i = 0; i < p->n_const && !plain; i++)
    plain = mx_session_traces(p->consts[i]);
  const mx_code *code = plain || !p->fused.ops ? &p->plain : &p->fused;
  bad = bad || mx_program_replay(p, code, rows, out);
  for (int i = 0; i < p->n_out && !bad; i++) /* an argument is given back as it came */
    if (code->out[i] < p->n_in)
      out[i] = in[code->out[i]];
  if (rows != few)
    free(rows);
  return bad;
}

int mx_program_remake(const mx_program *p, mx_array *const *in, mx_array **out) {
  run r;
  const mx_code *code = &p->plain;
  int bad = run_open(&r, p, code, in);
  const int32_t *src = code->src;
  for (size_t i = 0; i < code->n_ops && !bad; i++) {
    const mx_op *op = code->ops[i];
    src = gather(&r, op, src);
    bad = mx_remake(op, r.in, r.values + r.n_values);
    r.n_values += op->n_out;
  }
  bad = bad || take_outputs(&r, p->n_out, out);
  run_close(&r);
  return bad;
}
