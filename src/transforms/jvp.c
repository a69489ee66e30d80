/* Owns forward mode: tangents from arguments to outputs. An operation that has no rule for it has
 * its reverse rule transposed: that is linear in the cotangent, so the gradient of it is the
 * tangent. */
#include <stdlib.h>
#include <string.h>

#include "core/prim.h"
#include "core/stream.h"
#include "gen/ops.h"
#include "transforms/trace.h"

typedef struct push {
  mx_deps deps;
  mx_array **t;                 /* by number of value */
  mx_array **in, **out, **work; /* of one operation: tangents, and room for the derived rule */
  bool *want;
} push;

/* out[k] = d/du of sum over i of (gradient of input i for cotangent u) * in[i], at any u. */
static int transposed(push *p, const mx_op *op) {
  size_t n = op->n_in, m = op->n_out, n_w = 0;
  mx_array **u = p->work, **grad = u + m, **w = grad + n, **t = w + n;
  for (size_t k = 0; k < m; k++) {
    if (!(u[k] = mx_zeros_of(op->out[k], op->stream))) return 1;
    mx_session_enter(u[k]);
  }
  for (size_t i = 0; i < n; i++) {
    p->want[i] = p->in[i];
    grad[i] = NULL;
  }
  mx_vjp_call c = {op, op->in, op->out, u, p->want, grad, op->stream};
  if (mx_prim_rules[op->prim].vjp(&c)) return 1;
  for (size_t i = 0; i < n; i++) {
    if (!p->want[i] || !grad[i]) continue;
    w[n_w] = grad[i];
    if (!(t[n_w++] = mx_cast(p->in[i], (mlx_dtype)grad[i]->dtype, op->stream))) return 1;
  }
  return mx_pull((mx_vec){u, m}, (mx_vec){w, n_w}, t, p->out);
}

static int step(push *p, const mx_dep *d) {
  const mx_op *op = d->first->op;
  const mx_rules *rules = &mx_prim_rules[op->prim];
  bool any = false;
  for (int i = 0; i < op->n_in; i++) {
    ptrdiff_t at = op->in[i] ? mx_deps_value(&p->deps, op->in[i]) : -1;
    p->in[i] = at < 0 ? NULL : p->t[at];
    any = any || p->in[i];
  }
  if (!any) return 0;
  for (int k = 0; k < op->n_out; k++) p->out[k] = NULL;
  if (!rules->jvp && rules->vjp_state != MX_VJP_RULE)
    return mx_fail(MX_VALUE, "[Primitive::jvp] Not implemented for %s.", mx_prim_name(op->prim));
  mx_jvp_call c = {op, op->in, op->out, p->in, p->out, op->stream};
  if (rules->jvp ? rules->jvp(&c) : transposed(p, op)) return 1;
  for (int k = 0; k < op->n_out; k++)
    if (p->out[k] && !(p->t[d->value + (size_t)k] =
                           mx_rule_cast(p->out[k], (mlx_dtype)op->out[k]->dtype, op->stream)))
      return 1;
  return 0;
}

static int go(push *p, mx_vec from, mx_vec tangents, mx_vec to, mx_vec *result) {
  const mx_deps *d = &p->deps;
  mx_stream *s = mx_default_stream(mx_default_device());
  for (size_t i = 0; i < from.n; i++) {
    mx_array *t = mx_cast(tangents.p[i], (mlx_dtype)from.p[i]->dtype, s);
    if (!t) return 1;
    p->t[mx_deps_value(d, from.p[i])] = t;
  }
  for (size_t k = 0; k < d->n_order; k++)
    if (step(p, &d->seen[d->order[k]])) return 1;
  if (mx_vec_alloc(result, to.n, "jvp")) return 1;
  for (size_t i = 0; i < to.n; i++) {
    ptrdiff_t at = mx_deps_value(d, to.p[i]);
    result->p[i] = at >= 0 && p->t[at] ? p->t[at] : mx_zeros_of(to.p[i], s);
    if (!result->p[i]) return 1;
  }
  return 0;
}

static int push_forward(mx_vec from, mx_vec tangents, mx_vec to, mx_vec *result) {
  push p = {0};
  if (mx_deps_find(&p.deps, from, to, false)) return 1;
  size_t n = p.deps.max_in + 1, m = p.deps.max_out + 1;
  p.t = calloc(p.deps.n_values + 1, sizeof *p.t);
  p.in = malloc(n * sizeof *p.in);
  p.out = malloc(m * sizeof *p.out);
  p.work = malloc((3 * n + m) * sizeof *p.work);
  p.want = malloc(n * sizeof *p.want);
  int bad = p.t && p.in && p.out && p.work && p.want ? go(&p, from, tangents, to, result)
                                                     : mx_nomem("jvp");
  free(p.t);
  free(p.in);
  free(p.out);
  free(p.work);
  free(p.want);
  mx_deps_free(&p.deps);
  return bad;
}

static int check(mx_vec primals, mx_vec tangents) {
  if (primals.n != tangents.n)
    return mx_fail(MX_VALUE, "[jvp] Number of inputs does not match number of tangents.");
  for (size_t i = 0; i < primals.n; i++) {
    const mx_array *a = primals.p[i], *t = tangents.p[i];
    if (a->ndim != t->ndim ||
        (a->ndim && memcmp(a->shape, t->shape, (size_t)a->ndim * sizeof *a->shape)))
      return mx_fail(MX_VALUE, "[jvp] Input shape does not match shape of tangent.");
  }
  return 0;
}

int mx_jvp(mx_vec *out, mx_vec *tangents_out, mx_fun f, mx_vec primals, mx_vec tangents) {
  mx_vec in = {NULL, 0};
  *out = *tangents_out = in;
  if (check(primals, tangents)) return 1;
  mx_session_open();
  int bad = mx_arguments(&in, primals) || f.call(f.ctx, in, out) ||
            push_forward(in, tangents, *out, tangents_out);
  mx_session_close();
  free(in.p);
  if (bad) {
    free(out->p);
    free(tangents_out->p);
    *out = *tangents_out = (mx_vec){NULL, 0};
  }
  return bad;
}
