/* Replays what MLX answered: reads the cases of tests/tools/make_array_data.py, calls the builder of
 * each case's name from the test's table, and compares shape, dtype and values.
 * Every case runs twice, the second time with inputs whose memory is not in row order. */
#ifndef MX_TESTS_FIXTURE_H
#define MX_TESTS_FIXTURE_H

#include <stdio.h>

#include "values.h"

#define FX_LISTS 4
#define FX_ARRAYS 16

typedef struct fx_case {
  char name[64], text[64];
  uint32_t tol;
  double doubles[8];
  int64_t list[FX_LISTS][MX_MAX_NDIM];
  mx_ints l[FX_LISTS];
  mx_array *in[FX_ARRAYS], *want[FX_ARRAYS];
  uint32_t n_in, n_want;
} fx_case;

/* Fills out, returns nonzero on failure. */
typedef int (*fx_fn)(fx_case *c, mx_vec *out);
typedef struct fx_row {
  const char *name;
  fx_fn fn;
} fx_row;

static inline void fx_read(FILE *f, void *p, size_t n) { assert_int_equal(fread(p, 1, n, f), n); }

static inline uint32_t fx_u32(FILE *f) {
  uint32_t n;
  fx_read(f, &n, sizeof n);
  return n;
}

static inline void fx_text(FILE *f, char *to) {
  uint32_t n = fx_u32(f);
  assert_true(n < 64);
  fx_read(f, to, n);
  to[n] = 0;
}

static inline mx_array *fx_array(FILE *f) {
  mlx_dtype t = (mlx_dtype)fx_u32(f);
  uint32_t ndim = fx_u32(f);
  int64_t shape[MX_MAX_NDIM];
  fx_read(f, shape, ndim * sizeof *shape);
  int64_t n = mx_shape_size("fixture", shape, (int)ndim, t) * mx_dtype_bytes(t);
  char *data = malloc((size_t)n + 1);
  assert_non_null(data);
  fx_read(f, data, (size_t)n);
  mx_array *a = mx_from_host(data, shape, (int)ndim, t);
  free(data);
  assert_non_null(a);
  return a;
}

static inline int fx_next(FILE *f, fx_case *c) {
  uint32_t n, k;
  memset(c, 0, sizeof *c);
  if (fread(&n, 1, sizeof n, f) != sizeof n)
    return 0;
  fx_read(f, c->name, n);
  c->tol = fx_u32(f);
  fx_text(f, c->text);
  n = fx_u32(f);
  fx_read(f, c->doubles, n * sizeof *c->doubles);
  n = fx_u32(f);
  for (uint32_t i = 0; i < n; i++) {
    k = fx_u32(f);
    fx_read(f, c->list[i], k * sizeof **c->list);
    c->l[i] = (mx_ints){c->list[i], (int)k};
  }
  c->n_in = fx_u32(f);
  c->n_want = fx_u32(f);
  for (uint32_t i = 0; i < c->n_in; i++) c->in[i] = fx_array(f);
  for (uint32_t i = 0; i < c->n_want; i++) c->want[i] = fx_array(f);
  return 1;
}

/* The same values, in memory of the opposite order of axes. */
static inline mx_array *fx_strided(mx_array *a) {
  mx_array *t = mx_copy(mx_transpose(a, S), S);
  return mx_transpose(t, S);
}

static inline int64_t fx_ordered(const char *p, mlx_dtype t) {
  uint32_t w = 0;
  size_t n = t == MLX_FLOAT32 || t == MLX_COMPLEX64 ? 4 : 2;
  memcpy(&w, p, n);
  int64_t sign = (int64_t)1 << (8 * n - 1), m = w & (sign - 1);
  return w & sign ? -m : m;
}

/* Distance in units of the last place, for float dtypes, or in 2^-24 where that is less; else 0 or 1. */
static inline int64_t fx_distance(const char *x, const char *y, size_t bytes, mlx_dtype t) {
  if (!memcmp(x, y, bytes))
    return 0;
  int64_t d = 1;
  if (mx_is_float(t) && t != MLX_FLOAT64)
    d = llabs(fx_ordered(x, t) - fx_ordered(y, t));
  if (t == MLX_COMPLEX64)
    d = llabs(fx_ordered(x, t) - fx_ordered(y, t)) + llabs(fx_ordered(x + 4, t) - fx_ordered(y + 4, t));
  if (t == MLX_FLOAT32) {
    float a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, y, sizeof b);
    double apart = ceil(fabs((double)a - (double)b) * 0x1p24);
    d = apart < (double)d ? (int64_t)apart : d;
  }
  return d ? d : 1;
}

static inline int fx_compare(const fx_case *c, int round, mx_array *got, mx_array *want) {
  char x[200], y[200];
  if (got->dtype != want->dtype || got->ndim != want->ndim ||
      (got->ndim && memcmp(got->shape, want->shape, (size_t)got->ndim * sizeof *got->shape))) {
    printf("%s: %s %s, MLX %s %s\n", c->name, mx_dtype_name((mlx_dtype)got->dtype),
           mx_shape_text(x, sizeof x, got->shape, got->ndim), mx_dtype_name((mlx_dtype)want->dtype),
           mx_shape_text(y, sizeof y, want->shape, want->ndim));
    return 1;
  }
  got = mx_row_major(got, S);
  if (!got || mx_eval1(got)) {
    printf("%s: %s\n", c->name, mx_error_text());
    return 1;
  }
  size_t item = mx_itemsize(got);
  int64_t worst = 0, at = 0, count = 0;
  for (int64_t i = 0; i < got->size; i++) {
    int64_t d = fx_distance((char *)mx_data(got) + i * (int64_t)item,
                            (char *)mx_data(want) + i * (int64_t)item, item, (mlx_dtype)got->dtype);
    count += d != 0;
    at = d > worst ? i : at;
    worst = d > worst ? d : worst;
  }
  if (worst <= c->tol)
    return 0;
  printf("%s %s round %d: %lld of %lld elements of %s differ, by up to %lld ulp, at %lld\n", c->name,
         c->text, round, (long long)count, (long long)got->size,
         mx_dtype_name((mlx_dtype)got->dtype), (long long)worst, (long long)at);
  return 1;
}

static inline int fx_run(fx_case *c, const fx_row *rows, int round) {
  mx_vec out = {NULL, 0};
  int bad = 0;
  while (rows->name && strcmp(rows->name, c->name)) rows++;
  if (!rows->name) {
    printf("%s: not in the table\n", c->name);
    return 1;
  }
  if (rows->fn(c, &out)) {
    printf("%s: %s\n", c->name, mx_error_text());
    free(out.p);
    return 1;
  }
  bad = out.n != c->n_want;
  if (bad)
    printf("%s: %zu results, MLX %u\n", c->name, out.n, c->n_want);
  for (size_t i = 0; !bad && i < out.n; i++) bad = fx_compare(c, round, out.p[i], c->want[i]);
  free(out.p);
  return bad;
}

/* Runs tests/data/arrays/FILE; returns the number of failures. */
static inline int fx_file(const char *file, const fx_row *rows) {
  char path[1024];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/arrays/%s", root ? root : "tests/data", file);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  int failures = 0, cases = 0;
  for (;; cases++) {
    fx_case c;
    mx_scope scope = mx_scope_open();
    int more = fx_next(f, &c);
    for (int round = 0; more && round < 2; round++) {
      failures += fx_run(&c, rows, round);
      for (uint32_t i = 0; i < c.n_in; i++) c.in[i] = fx_strided(c.in[i]);
    }
    mx_scope_close(scope, NULL);
    if (!more)
      break;
  }
  fclose(f);
  assert_true(cases > 0);
  return failures;
}

static inline int fx_one(mx_vec *out, mx_array *a) {
  if (!a || mx_vec_alloc(out, 1, "fixture"))
    return 1;
  out->p[0] = a;
  return 0;
}

/* FX(name, expression of c): one result. FX_MANY: the expression fills `out` itself. */
#define FX(name, expr)                                                                             \
  static int fx_##name(fx_case *c, mx_vec *out) { return fx_one(out, expr); }
#define FX_MANY(name, expr)                                                                        \
  static int fx_##name(fx_case *c, mx_vec *out) { return expr; }
#define FX_ROW(name) {#name, fx_##name}
#define IN(i) (c->in[i])
#define L(i) (c->l[i])
#define N(i, k) ((int)c->list[i][k])
#define ALL ((mx_vec){c->in, c->n_in})

#endif
