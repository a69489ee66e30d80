/* Owns closure handles. All types share one struct; the type of a handle says how its function is
 * called. Invariant: a payload's dtor runs once, when the last reference goes. */
#include "capi/closure.h"

#include <stdlib.h>

mx_closure *mx_closure_retain(mx_closure *c) {
  atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
  return c;
}

void mx_closure_release(mx_closure *c) {
  if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) return;
  if (c->dtor) c->dtor(c->payload);
  free(c);
}

mx_closure *mx_in_closure(void *ctx, const char *op) {
  if (!ctx) mx_fail(MX_VALUE, "[%s] the function's handle is empty", op);
  return ctx;
}

static void *make(void (*fn)(void), bool plain, void *payload, void (*dtor)(void *)) {
  mx_closure *c = fn ? malloc(sizeof *c) : NULL;
  if (c) {
    *c = (mx_closure){.fn = fn, .plain = plain, .payload = payload, .dtor = dtor};
    atomic_init(&c->refs, 1);
    return c;
  }
  if (dtor) dtor(payload);
  if (fn)
    mx_nomem("closure");
  else
    mx_fail(MX_VALUE, "[closure] no function");
  mx_report();
  return NULL;
}

static int set(void **to, void *from) {
  if (from) mx_closure_retain(from);
  mx_closure_release(*to);
  *to = from;
  return 0;
}

static int failed(void) {
  if (mx_error_kind() == MX_OK)
    mx_fail(MX_RUNTIME, "[closure] the function returned a nonzero value");
  return 1;
}

/* What every type has. T: the handle type, ARGS: the parameters of its function. */
#define CLOSURE(T, ...)                                                                            \
  T T##_new(void) {                                                                                \
    return (T){NULL};                                                                              \
  }                                                                                                \
  int T##_free(T cls) {                                                                            \
    mx_closure_release(cls.ctx);                                                                   \
    return 0;                                                                                      \
  }                                                                                                \
  int T##_set(T *cls, const T src) {                                                               \
    return mx_no_place(cls, #T "_set") ? 1 : set(&cls->ctx, src.ctx);                              \
  }                                                                                                \
  T T##_new_func(int (*fun)(__VA_ARGS__)) {                                                        \
    return (T){make((void (*)(void))fun, true, NULL, NULL)};                                       \
  }                                                                                                \
  T T##_new_func_payload(int (*fun)(__VA_ARGS__, void *), void *payload, void (*dtor)(void *)) {   \
    return (T){make((void (*)(void))fun, false, payload, dtor)};                                   \
  }

CLOSURE(mlx_closure, mlx_vector_array *, const mlx_vector_array)
CLOSURE(mlx_closure_kwargs, mlx_vector_array *, const mlx_vector_array,
        const mlx_map_string_to_array)
CLOSURE(mlx_closure_value_and_grad, mlx_vector_array *, mlx_vector_array *, const mlx_vector_array)
CLOSURE(mlx_closure_custom, mlx_vector_array *, const mlx_vector_array, const mlx_vector_array,
        const mlx_vector_array)
CLOSURE(mlx_closure_custom_jvp, mlx_vector_array *, const mlx_vector_array, const mlx_vector_array,
        const int *, size_t)
CLOSURE(mlx_closure_custom_vmap, mlx_vector_array *, mlx_vector_int *, const mlx_vector_array,
        const int *, size_t)

/* ---- calls: into empty results, without reporting ---- */

static int call(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in) {
  mx_error_clear();
  int bad = c->plain ? ((int (*)(mlx_vector_array *, const mlx_vector_array))c->fn)(res, in)
                     : ((int (*)(mlx_vector_array *, const mlx_vector_array, void *))c->fn)(
                           res, in, c->payload);
  return bad ? failed() : 0;
}

int mx_call_kwargs(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in,
                   const mlx_map_string_to_array kwargs) {
  typedef int fn(mlx_vector_array *, const mlx_vector_array, const mlx_map_string_to_array);
  typedef int fn_p(mlx_vector_array *, const mlx_vector_array, const mlx_map_string_to_array,
                   void *);
  mx_error_clear();
  int bad =
      c->plain ? ((fn *)c->fn)(res, in, kwargs) : ((fn_p *)c->fn)(res, in, kwargs, c->payload);
  return bad ? failed() : 0;
}

static int call_value_and_grad(mx_closure *c, mlx_vector_array *res_0, mlx_vector_array *res_1,
                               const mlx_vector_array in) {
  typedef int fn(mlx_vector_array *, mlx_vector_array *, const mlx_vector_array);
  typedef int fn_p(mlx_vector_array *, mlx_vector_array *, const mlx_vector_array, void *);
  mx_error_clear();
  int bad =
      c->plain ? ((fn *)c->fn)(res_0, res_1, in) : ((fn_p *)c->fn)(res_0, res_1, in, c->payload);
  return bad ? failed() : 0;
}

int mx_call_custom(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in_0,
                   const mlx_vector_array in_1, const mlx_vector_array in_2) {
  typedef int fn(mlx_vector_array *, const mlx_vector_array, const mlx_vector_array,
                 const mlx_vector_array);
  typedef int fn_p(mlx_vector_array *, const mlx_vector_array, const mlx_vector_array,
                   const mlx_vector_array, void *);
  mx_error_clear();
  int bad = c->plain ? ((fn *)c->fn)(res, in_0, in_1, in_2)
                     : ((fn_p *)c->fn)(res, in_0, in_1, in_2, c->payload);
  return bad ? failed() : 0;
}

int mx_call_custom_jvp(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in_0,
                       const mlx_vector_array in_1, const int *argnums, size_t n) {
  typedef int fn(mlx_vector_array *, const mlx_vector_array, const mlx_vector_array, const int *,
                 size_t);
  typedef int fn_p(mlx_vector_array *, const mlx_vector_array, const mlx_vector_array, const int *,
                   size_t, void *);
  mx_error_clear();
  int bad = c->plain ? ((fn *)c->fn)(res, in_0, in_1, argnums, n)
                     : ((fn_p *)c->fn)(res, in_0, in_1, argnums, n, c->payload);
  return bad ? failed() : 0;
}

int mx_call_custom_vmap(mx_closure *c, mlx_vector_array *res_0, mlx_vector_int *res_1,
                        const mlx_vector_array in, const int *axes, size_t n) {
  typedef int fn(mlx_vector_array *, mlx_vector_int *, const mlx_vector_array, const int *, size_t);
  typedef int fn_p(mlx_vector_array *, mlx_vector_int *, const mlx_vector_array, const int *,
                   size_t, void *);
  mx_error_clear();
  int bad = c->plain ? ((fn *)c->fn)(res_0, res_1, in, axes, n)
                     : ((fn_p *)c->fn)(res_0, res_1, in, axes, n, c->payload);
  return bad ? failed() : 0;
}

/* ---- for the transformations ---- */

static int call_fun(void *ctx, mx_vec in, mx_vec *out) {
  mlx_vector_array args = {NULL}, res = {NULL};
  *out = (mx_vec){NULL, 0};
  int bad = mx_out_vector(&args, in) || call(ctx, &res, args) || mx_own_vector(out, res, "closure");
  mlx_vector_array_free(args);
  mlx_vector_array_free(res);
  return bad;
}

mx_fun mx_closure_fun(mx_closure *c) {
  return (mx_fun){call_fun, c};
}

/* ---- applying ---- */

/* Moves a call's results into the caller's handles, or drops them where it failed or nobody takes
 * them. */
static int finish(int bad, mlx_vector_array *to, mlx_vector_array from) {
  bool dropped = bad || !to;
  mlx_vector_array_free(dropped ? from : *to);
  if (!dropped) *to = from;
  return bad;
}

int mlx_closure_apply(mlx_vector_array *res, mlx_closure cls, const mlx_vector_array input) {
  mlx_vector_array r = {NULL};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  return finish(!c || call(c, &r, input), res, r) ? mx_report() : 0;
}

int mlx_closure_kwargs_apply(mlx_vector_array *res, mlx_closure_kwargs cls,
                             const mlx_vector_array input_0,
                             const mlx_map_string_to_array input_1) {
  mlx_vector_array r = {NULL};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  return finish(!c || mx_call_kwargs(c, &r, input_0, input_1), res, r) ? mx_report() : 0;
}

int mlx_closure_value_and_grad_apply(mlx_vector_array *res_0, mlx_vector_array *res_1,
                                     mlx_closure_value_and_grad cls, const mlx_vector_array input) {
  mlx_vector_array r[2] = {{NULL}, {NULL}};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  int bad = !c || call_value_and_grad(c, &r[0], &r[1], input);
  finish(bad, res_0, r[0]);
  return finish(bad, res_1, r[1]) ? mx_report() : 0;
}

int mlx_closure_custom_apply(mlx_vector_array *res, mlx_closure_custom cls,
                             const mlx_vector_array input_0, const mlx_vector_array input_1,
                             const mlx_vector_array input_2) {
  mlx_vector_array r = {NULL};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  return finish(!c || mx_call_custom(c, &r, input_0, input_1, input_2), res, r) ? mx_report() : 0;
}

int mlx_closure_custom_jvp_apply(mlx_vector_array *res, mlx_closure_custom_jvp cls,
                                 const mlx_vector_array input_0, const mlx_vector_array input_1,
                                 const int *input_2, size_t input_2_num) {
  mlx_vector_array r = {NULL};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  int bad = !c || mx_call_custom_jvp(c, &r, input_0, input_1, input_2, input_2_num);
  return finish(bad, res, r) ? mx_report() : 0;
}

int mlx_closure_custom_vmap_apply(mlx_vector_array *res_0, mlx_vector_int *res_1,
                                  mlx_closure_custom_vmap cls, const mlx_vector_array input_0,
                                  const int *input_1, size_t input_1_num) {
  mlx_vector_array r = {NULL};
  mlx_vector_int axes = {NULL};
  mx_closure *c = mx_in_closure(cls.ctx, "closure_apply");
  int bad = !c || mx_call_custom_vmap(c, &r, &axes, input_0, input_1, input_1_num);
  bool dropped = bad || !res_1;
  mlx_vector_int_free(dropped ? axes : *res_1);
  if (!dropped) *res_1 = axes;
  return finish(bad, res_0, r) ? mx_report() : 0;
}

/* ---- functions of one array ---- */

typedef int unary(mlx_array *, const mlx_array);

static int call_unary(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  mx_closure *c = payload;
  mx_vec v;
  mlx_array r = {NULL};
  if (mx_in_vector(&v, in, "closure_unary")) return 1;
  int bad = v.n == 1 ? ((unary *)c->fn)(&r, (mlx_array){v.p[0]})
                     : mx_fail(MX_VALUE, "[closure_unary] %zu arrays instead of one", v.n);
  mx_array *one = r.ctx;
  bad = bad || mx_out_vector(res, (mx_vec){&one, 1});
  free(v.p);
  mlx_array_free(r);
  return bad;
}

static void drop_closure(void *payload) {
  mx_closure_release(payload);
}

mlx_closure mlx_closure_new_unary(unary *fun) {
  void *inner = make((void (*)(void))fun, true, NULL, NULL);
  return (mlx_closure){inner ? make((void (*)(void))call_unary, false, inner, drop_closure) : NULL};
}
