/* Owns the C API of transformations: functions in, functions or arrays out. */
#include "mlx/c/transforms.h"

#include <stdlib.h>
#include <string.h>

#include "capi/closure.h"
#include "mlx/c/transforms_impl.h"

/* Two lists of results into two handles: the tail of a call. Frees the lists and closes the scope.
 */
static int give_two(mlx_vector_array *res_0, mlx_vector_array *res_1, mx_vec *v, int bad,
                    mx_scope s) {
  mlx_vector_array r[2] = {{NULL}, {NULL}};
  bad = bad || mx_out_vector(&r[0], v[0]) || mx_out_vector(&r[1], v[1]);
  free(v[0].p);
  free(v[1].p);
  mx_scope_close(s, NULL);
  mlx_vector_array *to[2] = {res_0, res_1};
  for (int i = 0; i < 2; i++) { /* a list that nobody takes is dropped */
    bool dropped = bad || !to[i];
    mlx_vector_array_free(dropped ? r[i] : *to[i]);
    if (!dropped) *to[i] = r[i];
  }
  return bad;
}

static int give(mlx_vector_array *res, mx_vec *v, int bad, mx_scope s) {
  bad = bad || mx_out_vector(res, *v);
  free(v->p);
  mx_scope_close(s, NULL);
  return bad;
}

/* ---- vjp, jvp ---- */

typedef int transform(mx_vec *, mx_vec *, mx_fun, mx_vec, mx_vec);

static int apply(transform *t, const char *op, mlx_vector_array *res_0, mlx_vector_array *res_1,
                 const mlx_closure fun, const mlx_vector_array primals,
                 const mlx_vector_array more) {
  mx_scope scope = mx_scope_open();
  mx_vec p = {NULL, 0}, m = p, out[2] = {p, p};
  mx_closure *c = mx_in_closure(fun.ctx, op);
  int bad = !c || mx_in_vector(&p, primals, op) || mx_in_vector(&m, more, op) ||
            t(&out[0], &out[1], mx_closure_fun(c), p, m);
  free(p.p);
  free(m.p);
  return give_two(res_0, res_1, out, bad, scope) ? mx_report() : 0;
}

int mlx_vjp(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
            const mlx_vector_array primals, const mlx_vector_array cotangents) {
  return apply(mx_vjp, "vjp", res_0, res_1, fun, primals, cotangents);
}

int mlx_jvp(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
            const mlx_vector_array primals, const mlx_vector_array tangents) {
  return apply(mx_jvp, "jvp", res_0, res_1, fun, primals, tangents);
}

/* ---- functions made of a function and numbers ---- */

typedef struct derived {
  mx_closure *fun;
  size_t n, m;
  int numbers[]; /* n, then m */
} derived;

static void drop_derived(void *payload) {
  derived *d = payload;
  mx_closure_release(d->fun);
  free(d);
}

static derived *derive(const mlx_closure fun, const int *a, size_t n, const int *b, size_t m,
                       const char *op) {
  mx_closure *c = mx_in_closure(fun.ctx, op);
  if (!c) return NULL;
  if ((n && !a) || (m && !b) || n > INT32_MAX / 2 || m > INT32_MAX / 2) {
    mx_fail(MX_VALUE, "[%s] no list of numbers", op);
    return NULL;
  }
  derived *d = malloc(sizeof *d + (n + m) * sizeof *d->numbers);
  if (!d) {
    mx_nomem(op);
    return NULL;
  }
  *d = (derived){.fun = mx_closure_retain(c), .n = n, .m = m};
  if (n) memcpy(d->numbers, a, n * sizeof *a);
  if (m) memcpy(d->numbers + n, b, m * sizeof *b);
  return d;
}

static int call_value_and_grad(mlx_vector_array *res_0, mlx_vector_array *res_1,
                               const mlx_vector_array in, void *payload) {
  derived *d = payload;
  mx_scope scope = mx_scope_open();
  mx_vec v = {NULL, 0}, out[2] = {v, v};
  int bad = mx_in_vector(&v, in, "value_and_grad") ||
            mx_value_and_grad(&out[0], &out[1], mx_closure_fun(d->fun), v, d->numbers, d->n);
  free(v.p);
  return give_two(res_0, res_1, out, bad, scope);
}

int mlx_value_and_grad(mlx_closure_value_and_grad *res, const mlx_closure fun, const int *argnums,
                       size_t argnums_num) {
  if (mx_no_place(res, "value_and_grad")) return 1;
  for (size_t i = 0; argnums && i < argnums_num; i++)
    if (argnums[i] < 0) {
      mx_fail(MX_VALUE, "[grad] Can't compute the gradient of negative argument index %d",
              argnums[i]);
      return mx_report();
    }
  derived *d = derive(fun, argnums, argnums_num, NULL, 0, "value_and_grad");
  if (!d) return mx_report();
  mlx_closure_value_and_grad r =
      mlx_closure_value_and_grad_new_func_payload(call_value_and_grad, d, drop_derived);
  if (!r.ctx) return 1;
  mlx_closure_value_and_grad_free(*res);
  *res = r;
  return 0;
}

static int replace_closure(mlx_closure *res, mlx_closure made) {
  if (!made.ctx) return 1;
  mlx_closure_free(*res);
  *res = made;
  return 0;
}

/* ---- custom functions ---- */

/* The rules of one custom function; each may be absent. `again`: the function, where it runs again.
 */
typedef struct rules {
  mx_custom head;
  mx_closure *vjp, *jvp, *vmap, *again;
} rules;

typedef struct custom {
  mx_closure *fun;
  rules *rules;
} custom;

static void free_rules(mx_payload *p) {
  rules *r = (rules *)p;
  mx_closure_release(r->vjp);
  mx_closure_release(r->jvp);
  mx_closure_release(r->vmap);
  mx_closure_release(r->again);
  free(r);
}

static int rule_vjp(mx_custom *c, mx_vec primals, mx_vec cotangents, mx_vec outputs,
                    mx_vec *grads) {
  mlx_vector_array in[3] = {{NULL}, {NULL}, {NULL}}, res = {NULL};
  int bad = mx_out_vector(&in[0], primals) || mx_out_vector(&in[1], cotangents) ||
            mx_out_vector(&in[2], outputs) ||
            mx_call_custom(((rules *)c)->vjp, &res, in[0], in[1], in[2]) ||
            mx_own_vector(grads, res, "custom_function");
  for (int i = 0; i < 3; i++) mlx_vector_array_free(in[i]);
  mlx_vector_array_free(res);
  return bad;
}

static int rule_jvp(mx_custom *c, mx_vec primals, mx_vec tangents, const int *argnums, size_t n,
                    mx_vec *out) {
  mlx_vector_array in[2] = {{NULL}, {NULL}}, res = {NULL};
  int bad = mx_out_vector(&in[0], primals) || mx_out_vector(&in[1], tangents) ||
            mx_call_custom_jvp(((rules *)c)->jvp, &res, in[0], in[1], argnums, n) ||
            mx_own_vector(out, res, "custom_function");
  mlx_vector_array_free(in[0]);
  mlx_vector_array_free(in[1]);
  mlx_vector_array_free(res);
  return bad;
}

static int copy_axes(const mlx_vector_int from, int *axes, size_t n) {
  if (mlx_vector_int_size(from) != n)
    return mx_fail(MX_VALUE, "[custom_function] vmap returned %zu axes for %zu outputs",
                   mlx_vector_int_size(from), n);
  for (size_t i = 0; i < n; i++)
    if (mlx_vector_int_get(&axes[i], from, i)) return 1;
  return 0;
}

static int rule_vmap(mx_custom *c, mx_vec in, const int *axes, mx_vec *out, int *out_axes,
                     size_t n_out) {
  mlx_vector_array args = {NULL}, res = {NULL};
  mlx_vector_int res_axes = {NULL};
  int bad = mx_out_vector(&args, in) ||
            mx_call_custom_vmap(((rules *)c)->vmap, &res, &res_axes, args, axes, in.n) ||
            copy_axes(res_axes, out_axes, n_out) || mx_own_vector(out, res, "custom_function");
  mlx_vector_array_free(args);
  mlx_vector_array_free(res);
  mlx_vector_int_free(res_axes);
  return bad;
}

static int rule_again(mx_custom *c, mx_vec primals, mx_vec cotangents, mx_vec outputs,
                      mx_vec *grads) {
  (void)outputs;
  return mx_checkpoint_vjp(mx_closure_fun(((rules *)c)->again), primals, cotangents, grads);
}

static mx_closure *shared(void *ctx) {
  return ctx ? mx_closure_retain(ctx) : NULL;
}

static rules *make_rules(void *vjp, void *jvp, void *vmap, void *again) {
  rules *r = malloc(sizeof *r);
  if (!r) {
    mx_nomem("custom_function");
    return NULL;
  }
  *r =
      (rules){.vjp = shared(vjp), .jvp = shared(jvp), .vmap = shared(vmap), .again = shared(again)};
  atomic_init(&r->head.head.refs, 1);
  r->head.head.dtor = free_rules;
  r->head.vjp = vjp ? rule_vjp : again ? rule_again : NULL;
  r->head.jvp = jvp ? rule_jvp : NULL;
  r->head.vmap = vmap ? rule_vmap : NULL;
  return r;
}

static int call_custom(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  custom *c = payload;
  mx_scope scope = mx_scope_open();
  mx_vec v = {NULL, 0}, out = v;
  int bad = mx_in_vector(&v, in, "custom_function") ||
            mx_custom_apply(&out, mx_closure_fun(c->fun), &c->rules->head, v);
  free(v.p);
  return give(res, &out, bad, scope);
}

static void drop_custom(void *payload) {
  custom *c = payload;
  mx_closure_release(c->fun);
  mx_payload_release(&c->rules->head.head);
  free(c);
}

static int customize(mlx_closure *res, const mlx_closure fun, void *vjp, void *jvp, void *vmap,
                     bool again) {
  if (mx_no_place(res, "custom_function")) return 1;
  mx_closure *f = mx_in_closure(fun.ctx, "custom_function");
  rules *r = f ? make_rules(vjp, jvp, vmap, again ? f : NULL) : NULL;
  custom *c = r ? malloc(sizeof *c) : NULL;
  if (!c) {
    if (r) mx_nomem("custom_function"), mx_payload_release(&r->head.head);
    return mx_report();
  }
  *c = (custom){mx_closure_retain(f), r};
  return replace_closure(res, mlx_closure_new_func_payload(call_custom, c, drop_custom));
}

int mlx_custom_function(mlx_closure *res, const mlx_closure fun, const mlx_closure_custom fun_vjp,
                        const mlx_closure_custom_jvp fun_jvp,
                        const mlx_closure_custom_vmap fun_vmap) {
  return customize(res, fun, fun_vjp.ctx, fun_jvp.ctx, fun_vmap.ctx, false);
}

int mlx_custom_vjp(mlx_closure *res, const mlx_closure fun, const mlx_closure_custom fun_vjp) {
  return customize(res, fun, fun_vjp.ctx, NULL, NULL, false);
}

int mlx_checkpoint(mlx_closure *res, const mlx_closure fun) {
  return customize(res, fun, NULL, NULL, NULL, true);
}

/* ---- maps ---- */

/* One number for each of n things, where the caller gave one for all. */
static int *spread(const int *given, size_t n_given, size_t *n) {
  if (n_given != 1) *n = n_given;
  int *p = malloc((*n + 1) * sizeof *p);
  for (size_t i = 0; p && i < *n; i++) p[i] = given[n_given == 1 ? 0 : i];
  if (!p) mx_nomem("vmap");
  return p;
}

static int map(mx_vec *out, const derived *d, mx_vec in) {
  mx_vec s_in = {NULL, 0}, s_out = s_in;
  size_t n = in.n, m;
  int *axes = spread(d->numbers, d->n, &n), *out_axes = NULL;
  int bad = !axes || mx_vmap_trace(&s_in, &s_out, mx_closure_fun(d->fun), in, axes, n);
  m = s_out.n;
  bad = bad || !(out_axes = spread(d->numbers + d->n, d->m, &m)) ||
        mx_vmap_replace(out, in, s_in, s_out, axes, n, out_axes, m);
  free(axes);
  free(out_axes);
  free(s_in.p);
  free(s_out.p);
  return bad;
}

static int call_vmap(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  mx_scope scope = mx_scope_open();
  mx_vec v = {NULL, 0}, out = v;
  int bad = mx_in_vector(&v, in, "vmap") || map(&out, payload, v);
  free(v.p);
  return give(res, &out, bad, scope);
}

int mlx_vmap(mlx_closure *res, const mlx_closure fun, const int *in_axes, size_t in_axes_num,
             const int *out_axes, size_t out_axes_num) {
  if (mx_no_place(res, "vmap")) return 1;
  derived *d = derive(fun, in_axes, in_axes_num, out_axes, out_axes_num, "vmap");
  if (!d) return mx_report();
  return replace_closure(res, mlx_closure_new_func_payload(call_vmap, d, drop_derived));
}

static int no_list(const int *axes, size_t n) {
  return n && !axes ? mx_fail(MX_VALUE, "[vmap] no list of axes") : 0;
}

int mlx_detail_vmap_trace(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
                          const mlx_vector_array inputs, const int *in_axes, size_t in_axes_num) {
  mx_scope scope = mx_scope_open();
  mx_vec v = {NULL, 0}, out[2] = {v, v};
  mx_closure *c = mx_in_closure(fun.ctx, "vmap");
  int bad = !c || no_list(in_axes, in_axes_num) || mx_in_vector(&v, inputs, "vmap") ||
            mx_vmap_trace(&out[0], &out[1], mx_closure_fun(c), v, in_axes, in_axes_num);
  free(v.p);
  return give_two(res_0, res_1, out, bad, scope) ? mx_report() : 0;
}

int mlx_detail_vmap_replace(mlx_vector_array *res, const mlx_vector_array inputs,
                            const mlx_vector_array s_inputs, const mlx_vector_array s_outputs,
                            const int *in_axes, size_t in_axes_num, const int *out_axes,
                            size_t out_axes_num) {
  mx_scope scope = mx_scope_open();
  mx_vec in = {NULL, 0}, s_in = in, s_out = in, out = in;
  int bad = no_list(in_axes, in_axes_num) || no_list(out_axes, out_axes_num) ||
            mx_in_vector(&in, inputs, "vmap") || mx_in_vector(&s_in, s_inputs, "vmap") ||
            mx_in_vector(&s_out, s_outputs, "vmap") ||
            mx_vmap_replace(&out, in, s_in, s_out, in_axes, in_axes_num, out_axes, out_axes_num);
  free(in.p);
  free(s_in.p);
  free(s_out.p);
  return give(res, &out, bad, scope) ? mx_report() : 0;
}
