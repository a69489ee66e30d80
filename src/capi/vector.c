/* Owns vector handles: growing lists of references, ints, strings. One generic list underneath; an
 * element kind says how to copy and drop a value. */
#include "mlx/c/vector.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "capi/closure.h"

typedef union value {
  void *p;
  int i;
} value;

typedef struct list {
  size_t n, cap;
  value *v;
} list;

typedef struct kind {
  int (*copy)(value *to, value from);
  void (*drop)(value v);
} kind;

static void list_free(list *l, const kind *k) {
  if (!l)
    return;
  for (size_t i = 0; i < l->n; i++)
    k->drop(l->v[i]);
  free(l->v);
  free(l);
}

static int append(list *l, value from, const kind *k) {
  if (l->n == l->cap) {
    size_t cap = l->cap ? l->cap * 2 : 4;
    value *v = realloc(l->v, cap * sizeof *v);
    if (!v)
      return mx_nomem("vector");
    l->v = v;
    l->cap = cap;
  }
  if (k->copy(&l->v[l->n], from))
    return 1;
  l->n++;
  return 0;
}

static list *list_new(void) {
  list *l = calloc(1, sizeof *l);
  if (!l)
    mx_nomem("vector");
  return l;
}

static value element(const void *data, size_t i, size_t stride) {
  value v = {.p = NULL};
  memcpy(&v, (const char *)data + i * stride, stride);
  return v;
}

/* NULL with the error recorded. */
static list *list_of(const void *data, size_t n, size_t stride, const kind *k) {
  list *l = n && !data ? (mx_fail(MX_VALUE, "[vector] no data"), NULL) : list_new();
  for (size_t i = 0; l && i < n; i++)
    if (append(l, element(data, i, stride), k)) {
      list_free(l, k);
      l = NULL;
    }
  return l;
}

static int set_data(void **ctx, const void *data, size_t n, size_t stride, const kind *k) {
  if (mx_no_place(ctx, "vector_set"))
    return 1;
  list *l = list_of(data, n, stride, k);
  if (!l)
    return mx_report();
  list_free(*ctx, k);
  *ctx = l;
  return 0;
}

static int append_data(void *ctx, const void *data, size_t n, size_t stride, const kind *k) {
  list *l = ctx;
  if (!l || (n && !data))
    return mx_fail(MX_VALUE, "[vector_append] an empty handle"), mx_report();
  for (size_t i = 0; i < n; i++)
    if (append(l, element(data, i, stride), k))
      return mx_report();
  return 0;
}

static const value *at(const void *ctx, size_t idx) {
  const list *l = ctx;
  if (l && idx < l->n)
    return &l->v[idx];
  mx_fail(MX_INDEX, "[vector_get] index %zu is out of range for %zu elements", idx, l ? l->n : 0);
  mx_report();
  return NULL;
}

static int copy_array(value *to, value from) {
  to->p = from.p ? mx_retain(from.p) : NULL;
  return 0;
}
static void drop_array(value v) {
  mx_release(v.p);
}
static const kind arrays = {copy_array, drop_array};

static int copy_vector(value *to, value from) {
  const list *l = from.p;
  to->p = list_of(l ? l->v : NULL, l ? l->n : 0, sizeof(value), &arrays);
  return !to->p;
}
static void drop_vector(value v) {
  list_free(v.p, &arrays);
}
static const kind vectors = {copy_vector, drop_vector};

static int copy_int(value *to, value from) {
  *to = from;
  return 0;
}
static void drop_int(value v) {
  (void)v;
}
static const kind ints = {copy_int, drop_int};

static int copy_string(value *to, value from) {
  to->p = strdup(from.p ? from.p : "");
  return to->p ? 0 : mx_nomem("vector_string");
}
static void drop_string(value v) {
  free(v.p);
}
static const kind strings = {copy_string, drop_string};

/* The functions that every vector type has. T: handle type's suffix, E: element parameter type,
 * D: data parameter type, K: kind. */
#define VECTOR(T, E, D, K)                                                                 \
  mlx_vector_##T mlx_vector_##T##_new(void) {                                              \
    list *l = list_new();                                                                  \
    if (!l)                                                                                \
      mx_report();                                                                         \
    return (mlx_vector_##T){l};                                                            \
  }                                                                                        \
  int mlx_vector_##T##_free(mlx_vector_##T vec) {                                          \
    list_free(vec.ctx, &K);                                                                \
    return 0;                                                                              \
  }                                                                                        \
  int mlx_vector_##T##_set(mlx_vector_##T *vec, const mlx_vector_##T src) {                \
    const list *l = src.ctx;                                                               \
    return set_data(vec ? &vec->ctx : NULL, l ? (const void *)l->v : NULL, l ? l->n : 0,   \
                    sizeof(value), &K);                                                    \
  }                                                                                        \
  mlx_vector_##T mlx_vector_##T##_new_data(D data, size_t size) {                          \
    mlx_vector_##T vec = {NULL};                                                           \
    set_data(&vec.ctx, data, size, sizeof *data, &K);                                      \
    return vec;                                                                            \
  }                                                                                        \
  mlx_vector_##T mlx_vector_##T##_new_value(E val) {                                       \
    mlx_vector_##T vec = {NULL};                                                           \
    set_data(&vec.ctx, &val, 1, sizeof val, &K);                                           \
    return vec;                                                                            \
  }                                                                                        \
  int mlx_vector_##T##_set_data(mlx_vector_##T *vec, D data, size_t size) {                \
    return set_data(vec ? &vec->ctx : NULL, data, size, sizeof *data, &K);                 \
  }                                                                                        \
  int mlx_vector_##T##_set_value(mlx_vector_##T *vec, E val) {                             \
    return set_data(vec ? &vec->ctx : NULL, &val, 1, sizeof val, &K);                      \
  }                                                                                        \
  int mlx_vector_##T##_append_data(mlx_vector_##T vec, D data, size_t size) {              \
    return append_data(vec.ctx, data, size, sizeof *data, &K);                             \
  }                                                                                        \
  int mlx_vector_##T##_append_value(mlx_vector_##T vec, E val) {                           \
    return append_data(vec.ctx, &val, 1, sizeof val, &K);                                  \
  }                                                                                        \
  size_t mlx_vector_##T##_size(mlx_vector_##T vec) {                                       \
    return vec.ctx ? ((list *)vec.ctx)->n : 0;                                             \
  }

VECTOR(array, const mlx_array, const mlx_array *, arrays)
VECTOR(vector_array, const mlx_vector_array, const mlx_vector_array *, vectors)
VECTOR(int, int, int *, ints)
VECTOR(string, const char *, const char **, strings)

int mlx_vector_array_get(mlx_array *res, const mlx_vector_array vec, size_t idx) {
  const value *v = at(vec.ctx, idx);
  return v ? mlx_array_set(res, (mlx_array){v->p}) : 1;
}

int mlx_vector_vector_array_get(mlx_vector_array *res, const mlx_vector_vector_array vec,
                                size_t idx) {
  const value *v = at(vec.ctx, idx);
  return v ? mlx_vector_array_set(res, (mlx_vector_array){v->p}) : 1;
}

int mlx_vector_int_get(int *res, const mlx_vector_int vec, size_t idx) {
  const value *v = at(vec.ctx, idx);
  if (!v || mx_no_place(res, "vector_get"))
    return 1;
  *res = v->i;
  return 0;
}

/* The string is the vector's own: valid while the vector is. */
int mlx_vector_string_get(char **res, const mlx_vector_string vec, size_t idx) {
  const value *v = at(vec.ctx, idx);
  if (!v || mx_no_place(res, "vector_get"))
    return 1;
  *res = v->p;
  return 0;
}

/* ---- for the other capi files ---- */

int mx_vec_alloc(mx_vec *v, size_t n, const char *op) {
  v->n = n;
  v->p = calloc(n ? n : 1, sizeof *v->p);
  return v->p ? 0 : mx_nomem(op);
}

int mx_in_vector(mx_vec *v, const mlx_vector_array a, const char *op) {
  const list *l = a.ctx;
  if (mx_vec_alloc(v, l ? l->n : 0, op))
    return 1;
  for (size_t i = 0; i < v->n; i++) {
    v->p[i] = l->v[i].p;
    if (!v->p[i]) {
      free(v->p);
      v->p = NULL;
      return mx_fail(MX_VALUE, "[%s] array %zu of the list is empty", op, i);
    }
  }
  return 0;
}

int mx_out_vector(mlx_vector_array *res, mx_vec v) {
  if (!res)
    return mx_fail(MX_VALUE, "[vector] no place for the result");
  list *l = list_new();
  for (size_t i = 0; l && i < v.n; i++)
    if (append(l, (value){.p = v.p[i]}, &arrays)) {
      list_free(l, &arrays);
      l = NULL;
    }
  if (!l)
    return 1;
  list_free(res->ctx, &arrays);
  res->ctx = l;
  return 0;
}

int mx_own_vector(mx_vec *v, const mlx_vector_array a, const char *op) {
  if (mx_in_vector(v, a, op))
    return 1;
  for (size_t i = 0; i < v->n; i++)
    if (!mx_scope_own(mx_retain(v->p[i]))) {
      free(v->p);
      *v = (mx_vec){NULL, 0};
      return 1;
    }
  return 0;
}

int mx_return_vector(mlx_vector_array *res, mx_vec *v, int bad, mx_scope s) {
  bad = bad || mx_out_vector(res, *v);
  mx_scope_close(s, NULL);
  free(v->p);
  return bad ? mx_report() : 0;
}
