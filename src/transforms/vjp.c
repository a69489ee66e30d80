/* Owns reverse mode: from outputs back to arguments, each operation once, cotangents summed. */
#include <stdlib.h>
#include <string.h>

#include "core/prim.h"
#include "core/stream.h"
#include "gen/ops.h"
#include "transforms/trace.h"

/* ---- the way back ---- */

typedef struct pull {
  mx_deps deps;
  mx_array **g; /* by number of value */
  mx_array **grad;
  bool *want;
} pull;

static bool same_shape(const mx_array *a, const mx_array *b) {
  return a->ndim == b->ndim &&
         (a->ndim == 0 || !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape));
}

/* Adds what one use of an array gives. */
static int give(pull *p, const mx_array *a, mx_array *g, mx_stream *s) {
  ptrdiff_t at = mx_deps_value(&p->deps, a);
  if (at < 0) return 0;
  g = mx_rule_cast(g, (mlx_dtype)a->dtype, s);
  if (p->g[at]) g = mx_add(p->g[at], g, s);
  p->g[at] = g;
  return g ? 0 : 1;
}

static int lacks(const mx_op *op) {
  return mx_fail(MX_VALUE, "[Primitive::vjp] Not implemented for %s.", mx_prim_name(op->prim));
}

static int wrong_shape(const mx_op *op, int i, const mx_array *g) {
  char want[200], have[200];
  return mx_fail(MX_VALUE, "[vjp] %s gave a gradient of shape %s for its input %d of shape %s",
                 mx_prim_name(op->prim), mx_shape_text(have, sizeof have, g->shape, g->ndim), i,
                 mx_shape_text(want, sizeof want, op->in[i]->shape, op->in[i]->ndim));
}

static int step_back(pull *p, const mx_dep *d) {
  const mx_op *op = d->first->op;
  mx_array **g = p->g + d->value;
  bool any = false;
  for (int i = 0; i < op->n_out; i++) any = any || g[i];
  if (!any) return 0;
  const mx_rules *rules = &mx_prim_rules[op->prim];
  if (rules->vjp_state != MX_VJP_RULE) return lacks(op);
  for (int i = 0; i < op->n_in; i++) {
    p->want[i] = op->in[i] && mx_deps_value(&p->deps, op->in[i]) >= 0;
    p->grad[i] = NULL;
  }
  mx_vjp_call c = {op, op->in, op->out, g, p->want, p->grad, op->stream};
  if (rules->vjp(&c)) return 1;
  for (int i = 0; i < op->n_in; i++) {
    if (!p->want[i] || !p->grad[i]) continue;
    if (!same_shape(p->grad[i], op->in[i])) return wrong_shape(op, i, p->grad[i]);
    if (give(p, op->in[i], p->grad[i], op->stream)) return 1;
  }
  return 0;
}

static int go_back(pull *p, mx_vec from, mx_vec to, mx_array *const *cotangents, mx_array **grads) {
  const mx_deps *d = &p->deps;
  for (size_t i = 0; i < to.n; i++) {
    const mx_op *op = to.p[i]->op;
    mx_stream *s = op ? op->stream : mx_default_stream(mx_default_device());
    if (cotangents[i] && give(p, to.p[i], cotangents[i], s)) return 1;
  }
  for (size_t k = d->n_order; k-- > 0;)
    if (step_back(p, &d->seen[d->order[k]])) return 1;
  for (size_t i = 0; i < from.n; i++) grads[i] = p->g[mx_deps_value(d, from.p[i])];
  return 0;
}

int mx_pull(mx_vec from, mx_vec to, mx_array *const *cotangents, mx_array **grads) {
  pull p = {0};
  if (mx_deps_find(&p.deps, from, to, false)) return 1;
  p.g = calloc(p.deps.n_values + 1, sizeof *p.g);
  p.grad = malloc((p.deps.max_in + 1) * sizeof *p.grad);
  p.want = malloc((p.deps.max_in + 1) * sizeof *p.want);
  int bad = p.g && p.grad && p.want ? go_back(&p, from, to, cotangents, grads) : mx_nomem("vjp");
  free(p.g);
  free(p.grad);
  free(p.want);
  mx_deps_free(&p.deps);
  return bad;
}

/* ---- arguments ---- */

/* An array with a's value that the thread's session knows. What is evaluated, and no part of the
 * session, is the same memory under another node; the rest a view. */
static mx_array *argument(mx_array *a) {
  mx_stream *s = a->op ? a->op->stream : mx_default_stream(mx_default_device());
  mx_spec spec = {(mlx_dtype)a->dtype, a->ndim, a->shape, a->strides};
  int64_t offset = 0;
  mx_array *t = mx_ready(a) && !mx_session_has(mx_session_mine(), a)
                    ? mx_leaf(spec, mx_buffer_retain(a->buf), a->offset)
                    : mx_node(MX_PRIM_DEPENDS, spec, 1, &a, 1, &offset, s);
  if (t) mx_session_enter(t);
  return t;
}

int mx_arguments(mx_vec *to, mx_vec from) {
  if (mx_vec_alloc(to, from.n, "transform")) return 1;
  for (size_t i = 0; i < from.n; i++)
    if (!(to->p[i] = argument(from.p[i]))) return 1;
  return 0;
}

/* Gradients of arguments, zero where nothing flows. */
static int gradients(mx_vec *grads, mx_vec from, mx_vec to, mx_array *const *cotangents) {
  if (mx_vec_alloc(grads, from.n, "vjp") || mx_pull(from, to, cotangents, grads->p)) return 1;
  for (size_t i = 0; i < from.n; i++)
    if (!grads->p[i] &&
        !(grads->p[i] = mx_zeros_of(from.p[i], mx_default_stream(mx_default_device()))))
      return 1;
  return 0;
}

static void drop(mx_vec *v) {
  free(v->p);
  *v = (mx_vec){NULL, 0};
}

/* ---- vjp ---- */

/* Cotangents in the outputs' dtypes. Surplus ones are ignored, as MLX does. */
static int check_cotangents(mx_vec *own, mx_vec out, mx_vec given) {
  if (out.n > given.n)
    return mx_fail(MX_VALUE,
                   "[vjp] Number of outputs to compute gradients for (%zu) does not match "
                   "number of cotangents (%zu).",
                   out.n, given.n);
  if (mx_vec_alloc(own, out.n, "vjp")) return 1;
  for (size_t i = 0; i < out.n; i++) {
    const mx_array *o = out.p[i], *g = given.p[i];
    char x[200], y[200];
    if (!same_shape(o, g))
      return mx_fail(MX_VALUE, "[vjp] Output shape %s does not match cotangent shape %s.",
                     mx_shape_text(x, sizeof x, o->shape, o->ndim),
                     mx_shape_text(y, sizeof y, g->shape, g->ndim));
    own->p[i] = given.p[i];
  }
  return 0;
}

int mx_vjp(mx_vec *out, mx_vec *grads, mx_fun f, mx_vec primals, mx_vec cotangents) {
  mx_vec in = {NULL, 0}, own = {NULL, 0};
  *out = *grads = in;
  mx_session_open();
  int bad = mx_arguments(&in, primals) || f.call(f.ctx, in, out) ||
            check_cotangents(&own, *out, cotangents) || gradients(grads, in, *out, own.p);
  mx_session_close();
  free(in.p);
  free(own.p);
  if (bad) {
    drop(out);
    drop(grads);
  }
  return bad;
}

/* ---- value and gradient ---- */

static int check_argnums(const int *argnums, size_t n, size_t n_in) {
  if (n == 0) return mx_fail(MX_VALUE, "[grad] Gradient wrt no argument requested");
  int top = -1;
  for (size_t i = 0; i < n; i++) {
    if (argnums[i] < 0)
      return mx_fail(MX_VALUE, "[grad] Can't compute the gradient of negative argument index %d",
                     argnums[i]);
    if ((size_t)argnums[i] >= n_in)
      return mx_fail(MX_VALUE,
                     "[grad] Can't compute the gradient of argument index %d because the "
                     "function is called with only %zu positional arguments.",
                     argnums[i], n_in);
    for (size_t k = 0; k < i && argnums[i] <= top; k++)
      if (argnums[k] == argnums[i])
        return mx_fail(MX_VALUE, "[grad] Duplicate argument index %d is not allowed.", argnums[i]);
    top = argnums[i] > top ? argnums[i] : top;
  }
  return 0;
}

/* One for the first output, nothing for the others. */
static int scalar_cotangent(mx_vec *own, mx_vec out) {
  char x[200];
  if (out.n == 0)
    return mx_fail(MX_VALUE, "[grad] The function returned no array to compute the gradient of");
  const mx_array *o = out.p[0];
  if (o->ndim)
    return mx_fail(MX_VALUE,
                   "[vjp] Output shape %s does not match cotangent shape (). If you are "
                   "using grad your function must return a scalar.",
                   mx_shape_text(x, sizeof x, o->shape, o->ndim));
  return mx_vec_alloc(own, out.n, "grad") || !(own->p[0] = mx_number(1, o));
}

/* `in` with arguments in place of the numbered ones. */
static int select_arguments(mx_vec *all, mx_vec *chosen, mx_vec in, const int *argnums, size_t n) {
  if (mx_vec_alloc(all, in.n, "grad") || mx_vec_alloc(chosen, n, "grad")) return 1;
  for (size_t i = 0; i < in.n; i++) all->p[i] = in.p[i];
  for (size_t i = 0; i < n; i++)
    if (!(chosen->p[i] = all->p[argnums[i]] = argument(in.p[argnums[i]]))) return 1;
  return 0;
}

int mx_value_and_grad(mx_vec *out, mx_vec *grads, mx_fun f, mx_vec in, const int *argnums,
                      size_t n_argnums) {
  mx_vec all = {NULL, 0}, chosen = all, own = all;
  *out = *grads = all;
  if (check_argnums(argnums, n_argnums, in.n)) return 1;
  mx_session_open();
  int bad = select_arguments(&all, &chosen, in, argnums, n_argnums) || f.call(f.ctx, all, out) ||
            scalar_cotangent(&own, *out) || gradients(grads, chosen, *out, own.p);
  mx_session_close();
  free(all.p);
  free(chosen.p);
  free(own.p);
  if (bad) {
    drop(out);
    drop(grads);
  }
  return bad;
}
