/* Owns the C API of compiled functions. A compiled closure owns what it was made of; the traces of
 * one that was given no id go with it. */
#include "mlx/c/compile.h"

#include <stdlib.h>
#include <string.h>

#include "capi/closure.h"
#include "transforms/compile.h"

typedef struct compiled {
  mx_closure *fun;
  mx_compiled c;
  uint64_t constants[];
} compiled;

enum { GIVEN_ID, OWN_ID }; /* mx_compiled.space */

static void drop(void *payload) {
  compiled *k = payload;
  if (k->c.space == OWN_ID)
    mx_compile_erase(k->c.space, k->c.id);
  mx_closure_release(k->fun);
  free(k);
}

static int call(mlx_vector_array *res, const mlx_vector_array in, void *payload) {
  const compiled *k = payload;
  mx_scope scope = mx_scope_open();
  mx_vec args = {NULL, 0}, out = {NULL, 0};
  int bad = mx_in_vector(&args, in, "compile") || mx_compiled_call(&k->c, args, &out) ||
            mx_out_vector(res, out);
  free(args.p);
  free(out.p);
  mx_scope_close(scope, NULL);
  return bad;
}

static int compile(mlx_closure *res, const mlx_closure fun, uint64_t space, uint64_t id,
                   bool shapeless, const uint64_t *constants, size_t n) {
  if (mx_no_place(res, "compile"))
    return 1;
  mx_closure *c = mx_in_closure(fun.ctx, "compile");
  if (c && n && (!constants || n > SIZE_MAX / 16)) {
    mx_fail(MX_VALUE, "[compile] no list of constants");
    c = NULL;
  }
  compiled *k = c ? malloc(sizeof *k + n * sizeof *constants) : NULL;
  if (!k) {
    if (c)
      mx_nomem("compile");
    return mx_report();
  }
  if (n)
    memcpy(k->constants, constants, n * sizeof *constants);
  k->fun = mx_closure_retain(c);
  k->c = (mx_compiled){mx_closure_fun(c), space, id, shapeless, k->constants, n};
  mlx_closure r = mlx_closure_new_func_payload(call, k, drop);
  if (!r.ctx)
    return 1;
  mlx_closure_free(*res);
  *res = r;
  return 0;
}

int mlx_compile(mlx_closure *res, const mlx_closure fun, bool shapeless) {
  return compile(res, fun, OWN_ID, mx_compile_id(), shapeless, NULL, 0);
}

int mlx_detail_compile(mlx_closure *res, const mlx_closure fun, uintptr_t fun_id, bool shapeless,
                       const uint64_t *constants, size_t constants_num) {
  return compile(res, fun, GIVEN_ID, fun_id, shapeless, constants, constants_num);
}

int mlx_detail_compile_clear_cache(void) {
  mx_compile_clear();
  return 0;
}

int mlx_detail_compile_erase(uintptr_t fun_id) {
  mx_compile_erase(GIVEN_ID, fun_id);
  return 0;
}

int mlx_disable_compile(void) {
  mx_compile_set_mode(MLX_COMPILE_MODE_DISABLED);
  return 0;
}

int mlx_enable_compile(void) {
  mx_compile_set_mode(MLX_COMPILE_MODE_ENABLED);
  return 0;
}

int mlx_set_compile_mode(mlx_compile_mode mode) {
  return mx_compile_set_mode(mode) ? mx_report() : 0;
}
