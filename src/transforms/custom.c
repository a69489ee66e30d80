/* Owns functions whose transformations somebody wrote. Such a call is a node over the outputs that
 * the function gave and the arguments that it was given: a view of the former, which carries the
 * rules. Where a rule is missing, transformations go on through the function's own operations. */
#include <stdlib.h>

#include "core/stream.h"
#include "gen/ops.h"
#include "gen/rules.h"
#include "transforms/trace.h"

static mx_custom *rules_of(const mx_op *op) {
  return (mx_custom *)(intptr_t)op->params[1];
}

/* Whether a transformation looks at the graph below some arrays. */
static bool traced(mx_vec v) {
  for (size_t i = 0; i < v.n; i++)
    if (mx_session_traces(v.p[i])) return true;
  return false;
}

static int wrap(mx_vec *out, mx_custom *c, mx_vec results, mx_vec args) {
  size_t n = results.n + args.n;
  if (n > UINT16_MAX) return mx_fail(MX_VALUE, "[custom_function] %zu arrays are too many", n);
  mx_array **in = malloc((n + 1) * sizeof *in);
  mx_spec *specs = malloc((results.n + 1) * sizeof *specs);
  int bad =
      in && specs ? mx_vec_alloc(out, results.n, "custom_function") : mx_nomem("custom_function");
  for (size_t i = 0; i < n && !bad; i++)
    in[i] = i < results.n ? results.p[i] : args.p[i - results.n];
  for (size_t i = 0; i < results.n && !bad; i++)
    specs[i] = (mx_spec){(mlx_dtype)in[i]->dtype, in[i]->ndim, in[i]->shape, in[i]->strides};
  int64_t words[] = {0, (int64_t)(intptr_t)c};
  mx_stream *s = mx_default_stream(mx_default_device());
  bad = bad || mx_node_multi(MX_PRIM_CUSTOM_FUNCTION, (int)results.n, specs, out->p, (int)n, in, 2,
                             words, s);
  free(in);
  free(specs);
  return bad;
}

int mx_custom_apply(mx_vec *out, mx_fun f, mx_custom *c, mx_vec in) {
  mx_vec results = {NULL, 0};
  *out = results;
  if (f.call(f.ctx, in, &results)) return 1;
  /* Results may be traced through what f captures, which its rules know nothing of. */
  if (results.n == 0 || !(traced(in) || traced(results))) {
    *out = results;
    return 0;
  }
  int bad = wrap(out, c, results, in);
  free(results.p);
  if (bad) {
    free(out->p);
    *out = (mx_vec){NULL, 0};
  }
  return bad;
}

static mx_vec arguments_of(const mx_op *op, mx_array *const *in) {
  return (mx_vec){(mx_array **)in + op->n_out, (size_t)(op->n_in - op->n_out)};
}

static int check_count(const char *what, size_t have, size_t want) {
  if (have == want) return 0;
  return mx_fail(MX_VALUE, "[custom_function] %s returned %zu arrays instead of %zu", what, have,
                 want);
}

int mx_vjp_custom_function(const mx_vjp_call *c) {
  const mx_op *op = c->op;
  mx_custom *rules = rules_of(op);
  mx_vec args = arguments_of(op, c->in), g = {NULL, 0}, grads = {NULL, 0};
  if (!rules->vjp) {
    for (int i = 0; i < op->n_out; i++) c->grad[i] = c->g[i];
    return 0;
  }
  int bad = mx_vec_alloc(&g, op->n_out, "custom_function");
  for (int i = 0; i < op->n_out && !bad; i++)
    bad = !(g.p[i] = c->g[i] ? c->g[i] : mx_zeros_of(c->out[i], c->s));
  bad = bad || rules->vjp(rules, args, g, (mx_vec){(mx_array **)c->out, op->n_out}, &grads) ||
        check_count("vjp", grads.n, args.n);
  for (size_t i = 0; i < args.n && !bad; i++) c->grad[(size_t)op->n_out + i] = grads.p[i];
  free(g.p);
  free(grads.p);
  return bad;
}

int mx_jvp_custom_function(const mx_jvp_call *c) {
  const mx_op *op = c->op;
  mx_custom *rules = rules_of(op);
  mx_vec args = arguments_of(op, c->in), t = {NULL, 0}, out = {NULL, 0};
  if (!rules->jvp) {
    for (int i = 0; i < op->n_out; i++) c->out_t[i] = c->t[i];
    return 0;
  }
  int *argnums = malloc((args.n + 1) * sizeof *argnums);
  int bad = argnums ? mx_vec_alloc(&t, args.n, "custom_function") : mx_nomem("custom_function");
  t.n = 0;
  for (size_t i = 0; i < args.n && !bad; i++) {
    if (!c->t[(size_t)op->n_out + i]) continue;
    argnums[t.n] = (int)i;
    t.p[t.n++] = c->t[(size_t)op->n_out + i];
  }
  bad =
      bad || rules->jvp(rules, args, t, argnums, t.n, &out) || check_count("jvp", out.n, op->n_out);
  for (int i = 0; i < op->n_out && !bad; i++) c->out_t[i] = out.p[i];
  free(argnums);
  free(t.p);
  free(out.p);
  return bad;
}

/* Without a rule the function is mapped, and its other rules, which are for one slice, are left
 * behind. */
int mx_vmap_custom_function(const mx_vmap_call *c) {
  const mx_op *op = c->op;
  mx_custom *rules = rules_of(op);
  if (!rules->vmap) {
    for (int i = 0; i < op->n_out; i++) {
      c->out[i] = c->in[i];
      c->out_axis[i] = c->axis[i];
    }
    return 0;
  }
  mx_vec out = {NULL, 0};
  int bad = rules->vmap(rules, arguments_of(op, c->in), c->axis + op->n_out, &out, c->out_axis,
                        op->n_out) ||
            check_count("vmap", out.n, op->n_out);
  for (int i = 0; i < op->n_out && !bad; i++) c->out[i] = out.p[i];
  free(out.p);
  return bad;
}

int mx_remake_custom_function(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remake_through(op, in, out);
}

int mx_checkpoint_vjp(mx_fun f, mx_vec primals, mx_vec cotangents, mx_vec *grads) {
  mx_vec again = {NULL, 0}, out = {NULL, 0};
  *grads = again;
  int bad = mx_depends(&again, primals, cotangents) || mx_vjp(&out, grads, f, again, cotangents);
  free(again.p);
  free(out.p);
  return bad;
}
