/* Owns the C API of functions in files. */
#include "mlx/c/export.h"

#include <stdlib.h>
#include <string.h>

#include "capi/closure.h"
#include "transforms/export.h"

/* ---- arguments: a list, and a map in the order of its keys ---- */

typedef struct pair {
  const char *key;
  mx_array *a;
} pair;

typedef struct call_args {
  mx_call_args a;
  const char **names;
} call_args;

static int by_key(const void *x, const void *y) {
  return strcmp(((const pair *)x)->key, ((const pair *)y)->key);
}

static void args_free(call_args *c) {
  free(c->a.v.p);
  free(c->names);
}

/* The pairs of a map, which stays their owner. */
static int pairs_of(const mlx_map_string_to_array map, pair **pairs, size_t *n) {
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(map);
  const char *key;
  mlx_array value = {NULL};
  size_t cap = 0;
  int bad = !it.ctx;
  while (!bad && !mlx_map_string_to_array_iterator_next(&key, &value, it)) {
    if (*n == cap) {
      cap = cap ? cap * 2 : 8;
      pair *p = realloc(*pairs, cap * sizeof *p);
      if (!p) {
        bad = mx_nomem("export");
        break;
      }
      *pairs = p;
    }
    (*pairs)[(*n)++] = (pair){key, value.ctx};
  }
  mlx_array_free(value);
  mlx_map_string_to_array_iterator_free(it);
  if (!bad && *n)
    qsort(*pairs, *n, sizeof **pairs, by_key);
  return bad;
}

static int args_of(call_args *c, const mlx_vector_array args, const mlx_map_string_to_array *map) {
  pair *pairs = NULL;
  size_t n = 0;
  mx_vec v = {NULL, 0};
  *c = (call_args){0};
  int bad = mx_in_vector(&v, args, "export") || (map && map->ctx && pairs_of(*map, &pairs, &n));
  mx_array **all = bad ? NULL : realloc(v.p, (v.n + n + 1) * sizeof *all);
  if (all)
    v.p = all;
  if (!bad && (!all || !(c->names = malloc((n + 1) * sizeof *c->names))))
    bad = mx_nomem("export");
  for (size_t i = 0; i < n && !bad; i++) {
    v.p[v.n + i] = pairs[i].a;
    c->names[i] = pairs[i].key;
  }
  v.n += bad ? 0 : n;
  c->a = (mx_call_args){v, n, c->names};
  free(pairs);
  if (bad)
    args_free(c);
  return bad;
}

/* ---- exporting ---- */

typedef struct exporter {
  mx_exporter *x;
  mx_closure *fun;
  bool kwargs; /* the function takes keywords */
} exporter;

/* A function with keywords as one of a list, whose last arrays are theirs. */
typedef struct keyed {
  mx_closure *fun;
  const mx_call_args *like;
} keyed;

static int call_keyed(void *ctx, mx_vec in, mx_vec *out) {
  const keyed *k = ctx;
  mlx_vector_array args = {NULL}, res = {NULL};
  mlx_map_string_to_array map = mlx_map_string_to_array_new();
  size_t n = in.n - k->like->n_names;
  *out = (mx_vec){NULL, 0};
  int bad = !map.ctx || mx_out_vector(&args, (mx_vec){in.p, n});
  for (size_t i = 0; i < k->like->n_names && !bad; i++)
    bad = mlx_map_string_to_array_insert(map, k->like->names[i], (mlx_array){in.p[n + i]});
  bad =
      bad || mx_call_kwargs(k->fun, &res, args, map) || mx_own_vector(out, res, "export_function");
  mlx_map_string_to_array_free(map);
  mlx_vector_array_free(args);
  mlx_vector_array_free(res);
  return bad;
}

static int add(exporter *e, const mlx_vector_array args, const mlx_map_string_to_array *map) {
  call_args c;
  if (args_of(&c, args, map))
    return 1;
  mx_scope scope = mx_scope_open();
  keyed k = {e->fun, &c.a};
  int bad;
  if (!e->kwargs && c.a.n_names)
    bad = mx_fail(MX_VALUE, "[export_function] the function takes no keyword arguments");
  else
    bad =
        mx_exporter_add(e->x, e->kwargs ? (mx_fun){call_keyed, &k} : mx_closure_fun(e->fun), &c.a);
  mx_scope_close(scope, NULL);
  args_free(&c);
  return bad;
}

static exporter *exporter_new(const char *file, void *fun, bool kwargs, bool shapeless) {
  mx_closure *c = mx_in_closure(fun, "export_function");
  exporter *e = c ? calloc(1, sizeof *e) : NULL;
  if (!e) {
    if (c)
      mx_nomem("export_function");
    return NULL;
  }
  if (!(e->x = mx_exporter_open(file, shapeless))) {
    free(e);
    return NULL;
  }
  e->fun = mx_closure_retain(c);
  e->kwargs = kwargs;
  return e;
}

static int exporter_close(exporter *e) {
  int bad = mx_exporter_close(e->x);
  mx_exporter_free(e->x);
  mx_closure_release(e->fun);
  free(e);
  return bad;
}

static int export(const char *file, void *fun, bool kwargs, const mlx_vector_array args,
                  const mlx_map_string_to_array *map, bool shapeless) {
  exporter *e = exporter_new(file, fun, kwargs, shapeless);
  int bad = !e || add(e, args, map);
  return (e && exporter_close(e)) || bad ? mx_report() : 0;
}

int mlx_export_function(const char *file, const mlx_closure fun, const mlx_vector_array args,
                        bool shapeless) {
  return export(file, fun.ctx, false, args, NULL, shapeless);
}

int mlx_export_function_kwargs(const char *file, const mlx_closure_kwargs fun,
                               const mlx_vector_array args, const mlx_map_string_to_array kwargs,
                               bool shapeless) {
  return export(file, fun.ctx, true, args, &kwargs, shapeless);
}

mlx_function_exporter mlx_function_exporter_new(const char *file, const mlx_closure fun,
                                                bool shapeless) {
  exporter *e = exporter_new(file, fun.ctx, false, shapeless);
  if (!e)
    mx_report();
  return (mlx_function_exporter){e};
}

mlx_function_exporter
mlx_function_exporter_new_kwargs(const char *file, const mlx_closure_kwargs fun, bool shapeless) {
  exporter *e = exporter_new(file, fun.ctx, true, shapeless);
  if (!e)
    mx_report();
  return (mlx_function_exporter){e};
}

int mlx_function_exporter_free(mlx_function_exporter xfunc) {
  return xfunc.ctx && exporter_close(xfunc.ctx) ? mx_report() : 0;
}

int mlx_function_exporter_set_metadata(mlx_function_exporter xfunc, const char *text) {
  const exporter *e = xfunc.ctx;
  int bad = e ? mx_exporter_set_metadata(e->x, text)
              : mx_fail(MX_VALUE, "[export_function] an empty exporter");
  return bad ? mx_report() : 0;
}

int mlx_function_exporter_close(mlx_function_exporter xfunc) {
  const exporter *e = xfunc.ctx;
  return e && mx_exporter_close(e->x) ? mx_report() : 0;
}

static int exporter_apply(const mlx_function_exporter xfunc, const mlx_vector_array args,
                          const mlx_map_string_to_array *map) {
  exporter *e = xfunc.ctx;
  int bad = e ? add(e, args, map) : mx_fail(MX_VALUE, "[export_function] an empty exporter");
  return bad ? mx_report() : 0;
}

int mlx_function_exporter_apply(const mlx_function_exporter xfunc, const mlx_vector_array args) {
  return exporter_apply(xfunc, args, NULL);
}

int mlx_function_exporter_apply_kwargs(const mlx_function_exporter xfunc,
                                       const mlx_vector_array args,
                                       const mlx_map_string_to_array kwargs) {
  return exporter_apply(xfunc, args, &kwargs);
}

/* ---- importing ---- */

mlx_imported_function mlx_imported_function_new(const char *file) {
  mx_imported *f = mx_import_file(file);
  if (!f)
    mx_report();
  return (mlx_imported_function){f};
}

int mlx_imported_function_free(mlx_imported_function xfunc) {
  mx_imported_free(xfunc.ctx);
  return 0;
}

int mlx_imported_function_metadata(mlx_string *res, const mlx_imported_function xfunc) {
  if (!xfunc.ctx)
    mx_fail(MX_VALUE, "[import_function] an empty function");
  return !xfunc.ctx || mx_string_set(res, mx_imported_metadata(xfunc.ctx)) ? mx_report() : 0;
}

static int imported_apply(mlx_vector_array *res, const mlx_imported_function xfunc,
                          const mlx_vector_array args, const mlx_map_string_to_array *map) {
  call_args c;
  mx_vec out = {NULL, 0};
  if (!xfunc.ctx)
    mx_fail(MX_VALUE, "[import_function::call] an empty function");
  if (!xfunc.ctx || args_of(&c, args, map))
    return mx_report();
  mx_scope scope = mx_scope_open();
  int bad = mx_imported_call(xfunc.ctx, &c.a, &out) || mx_out_vector(res, out);
  free(out.p);
  args_free(&c);
  mx_scope_close(scope, NULL);
  return bad ? mx_report() : 0;
}

int mlx_imported_function_apply(mlx_vector_array *res, const mlx_imported_function xfunc,
                                const mlx_vector_array args) {
  return imported_apply(res, xfunc, args, NULL);
}

int mlx_imported_function_apply_kwargs(mlx_vector_array *res, const mlx_imported_function xfunc,
                                       const mlx_vector_array args,
                                       const mlx_map_string_to_array kwargs) {
  return imported_apply(res, xfunc, args, &kwargs);
}
