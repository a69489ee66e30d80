/* The place of the minimum or maximum along an axis.
 * Invariant: the first of equals wins, and the first NaN wins over everything. Where the axis runs
 * fastest, the value of a block is found by the fold kernels and its place looked up only when it
 * is a better one; else rows are compared column by column. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/engines.h"
#include "backend/cpu/reduce.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/array.h"
#include "core/params.h"
#include "core/scope.h"

enum { BLOCK = 4096, GROUP = 64, COLUMNS = 256, NARROW = 16, WIDE_MAX = 8, GRAIN = 1 << 15 };

typedef struct best {
  uint64_t value; /* the bits of a wide number */
  int64_t at;
} best;

typedef struct job {
  const mx_reduce_kernels *k;
  mx_fold fold;
  mx_strided a;
  int axis;
  int64_t len, stride; /* of the axis */
  int64_t outputs, groups;
  mx_wide wide;
  int64_t in_size, wide_size;
  best *part;
  uint32_t *dst;
  int run; /* columns: the axis that they run along */
  int64_t tiles;
} job;

/* One form for numbers, compared as T; complex ones have their own order. */
#define FIND(NAME, T)                                                                              \
  static int64_t find_##NAME(const void *px, int64_t n, const void *pv) {                          \
    const T *x = px;                                                                               \
    T v;                                                                                           \
    memcpy(&v, pv, sizeof v);                                                                      \
    int64_t i = 0;                                                                                 \
    if (v == v) {                                                                                  \
      while (i < n - 1 && x[i] != v) i++;                                                          \
    } else {                                                                                       \
      while (i < n - 1 && x[i] == x[i]) i++;                                                       \
    }                                                                                              \
    return i;                                                                                      \
  }                                                                                                \
  static bool better_##NAME(bool max, const void *pv, const void *pold) {                          \
    T v, old;                                                                                      \
    memcpy(&v, pv, sizeof v);                                                                      \
    memcpy(&old, pold, sizeof old);                                                                \
    return (max ? v > old : v < old) || (v != v && old == old);                                    \
  }                                                                                                \
  static void columns_##NAME(bool max, const void *px, int64_t n, uint32_t r, void *pb,            \
                             uint32_t *restrict at) {                                              \
    const T *restrict x = px;                                                                      \
    T *restrict b = pb;                                                                            \
    for (int64_t c = 0; c < n; c++) {                                                              \
      bool take = (max ? x[c] > b[c] : x[c] < b[c]) | ((x[c] != x[c]) & (b[c] == b[c]));           \
      b[c] = take ? x[c] : b[c];                                                                   \
      at[c] = take ? r : at[c];                                                                    \
    }                                                                                              \
  }
FIND(f32, float)
FIND(f64, double)
FIND(i32, int32_t)
FIND(u32, uint32_t)
FIND(i64, int64_t)
FIND(u64, uint64_t)

static bool c64_nan(mx_c64 a) { return isnan(a.re) || isnan(a.im); }

static int64_t find_c64(const void *px, int64_t n, const void *pv) {
  const mx_c64 *x = px;
  mx_c64 v;
  memcpy(&v, pv, sizeof v);
  int64_t i = 0;
  while (i < n - 1 && !(c64_nan(v) ? c64_nan(x[i]) : x[i].re == v.re && x[i].im == v.im)) i++;
  return i;
}
static bool better_c64(bool max, const void *pv, const void *pold) {
  mx_c64 v, old;
  memcpy(&v, pv, sizeof v);
  memcpy(&old, pold, sizeof old);
  if (c64_nan(v) || c64_nan(old)) return !c64_nan(old);
  if (max) return v.re > old.re || (v.re == old.re && v.im > old.im);
  return v.re < old.re || (v.re == old.re && v.im < old.im);
}
static void columns_c64(bool max, const void *px, int64_t n, uint32_t r, void *pb, uint32_t *at) {
  const mx_c64 *x = px;
  mx_c64 *b = pb;
  for (int64_t c = 0; c < n; c++) {
    if (!better_c64(max, x + c, b + c)) continue;
    b[c] = x[c];
    at[c] = r;
  }
}

typedef struct ordered {
  int64_t (*find)(const void *x, int64_t n, const void *v);
  bool (*better)(bool max, const void *v, const void *old);
  void (*columns)(bool max, const void *x, int64_t n, uint32_t r, void *b, uint32_t *at);
} ordered;

static const ordered orders[MX_WIDES] = {
    [MX_WF32] = {find_f32, better_f32, columns_f32},
    [MX_WF64] = {find_f64, better_f64, columns_f64},
    [MX_WI32] = {find_i32, better_i32, columns_i32},
    [MX_WU32] = {find_u32, better_u32, columns_u32},
    [MX_WI64] = {find_i64, better_i64, columns_i64},
    [MX_WU64] = {find_u64, better_u64, columns_u64},
    [MX_WC64] = {find_c64, better_c64, columns_c64},
};

/* Elements from the start to output `o`, counted over all axes but the reduced one and `skip`.
 * *to is its place in the output. */
static int64_t place(const job *j, int64_t o, int skip, int64_t *to) {
  int64_t at = 0, out = 1, where = 0;
  for (int i = j->a.ndim - 1; i >= 0; i--) {
    if (i == j->axis) continue;
    if (i != skip) {
      int64_t k = o % j->a.shape[i];
      o /= j->a.shape[i];
      at += k * j->a.strides[i];
      where += k * out;
    }
    out *= j->a.shape[i];
  }
  *to = where;
  return at;
}

static const void *wide_row(const job *j, int64_t at, int64_t stride, int64_t n, char *buf) {
  const char *src = (const char *)j->a.data + at * j->in_size;
  if (j->in_size >= 4 && stride == 1) return src;
  j->k->widen(src, j->a.dtype, stride, n, buf);
  return buf;
}

/* --- the axis runs fastest --- */

static best search_group(const job *j, int64_t at, int64_t first) {
  char buf[BLOCK * WIDE_MAX];
  const ordered *o = &orders[j->wide];
  best b = {0, -1};
  int64_t end = j->len - first < GROUP * BLOCK ? j->len : first + GROUP * BLOCK;
  for (; first < end; first += BLOCK) {
    int64_t n = end - first < BLOCK ? end - first : BLOCK;
    const void *x = wide_row(j, at + first * j->stride, j->stride, n, buf);
    uint64_t value = 0;
    j->k->row[j->fold][j->wide](x, n, &value);
    if (b.at >= 0 && !o->better(j->fold == MX_FOLD_MAX, &value, &b.value)) continue;
    b = (best){value, first + o->find(x, n, &value)};
  }
  return b;
}

static void search_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  for (int64_t t = begin; t < end; t++) {
    int64_t to, at = place(j, t / j->groups, -1, &to);
    best b = search_group(j, at, t % j->groups * GROUP * BLOCK);
    if (j->part) {
      j->part[t] = b;
    } else {
      j->dst[to] = (uint32_t)b.at;
    }
  }
}

static void join_parts(const job *j) {
  for (int64_t o = 0; o < j->outputs; o++) {
    best b = j->part[o * j->groups];
    for (int64_t g = 1; g < j->groups; g++) {
      const best *next = &j->part[o * j->groups + g];
      if (orders[j->wide].better(j->fold == MX_FOLD_MAX, &next->value, &b.value)) b = *next;
    }
    int64_t to;
    place(j, o, -1, &to);
    j->dst[to] = (uint32_t)b.at;
  }
}

static int64_t grain(int64_t work) { return work >= GRAIN ? 1 : GRAIN / (work + 1); }

static int run_search(job *j) {
  j->groups = (j->len + GROUP * BLOCK - 1) / (GROUP * BLOCK);
  int64_t tasks = j->outputs * j->groups;
  if (j->groups > 1) {
    j->part = malloc((size_t)tasks * sizeof *j->part);
    if (!j->part) return mx_nomem("argmax");
  }
  int64_t work = (j->len < GROUP * BLOCK ? j->len : GROUP * BLOCK) + 16;
  mx_parallel_for(tasks, grain(work), search_tasks, j);
  if (j->part) join_parts(j);
  free(j->part);
  return 0;
}

/* --- another axis runs fastest --- */

static void column_tasks(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  const int64_t width = j->a.shape[j->run], step = j->a.strides[j->run];
  int64_t out = 1;
  for (int i = j->a.ndim - 1; i > j->run; i--) out *= i == j->axis ? 1 : j->a.shape[i];
  for (int64_t t = begin; t < end; t++) {
    char buf[COLUMNS * WIDE_MAX], b[COLUMNS * WIDE_MAX];
    uint32_t found[COLUMNS] = {0};
    int64_t c0 = t % j->tiles * COLUMNS, n = width - c0 < COLUMNS ? width - c0 : COLUMNS, to;
    int64_t at = place(j, t / j->tiles, j->run, &to) + c0 * step;
    memcpy(b, wide_row(j, at, step, n, buf), (size_t)(n * j->wide_size));
    for (int64_t r = 1; r < j->len; r++) {
      const void *x = wide_row(j, at + r * j->stride, step, n, buf);
      orders[j->wide].columns(j->fold == MX_FOLD_MAX, x, n, (uint32_t)r, b, found);
    }
    for (int64_t c = 0; c < n; c++) j->dst[to + (c0 + c) * out] = found[c];
  }
}

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

static bool choose_columns(job *j) {
  j->run = -1;
  for (int i = 0; i < j->a.ndim; i++) {
    if (i == j->axis || j->a.shape[i] < NARROW) continue;
    if (magnitude(j->a.strides[i]) >= magnitude(j->stride)) continue;
    if (j->run < 0 || magnitude(j->a.strides[i]) < magnitude(j->a.strides[j->run])) j->run = i;
  }
  return j->run >= 0;
}

int mx_arg_reduce_strided(const mx_reduce_kernels *k, mx_fold fold, mx_strided a, int axis,
                          uint32_t *dst) {
  job j = {.k = k, .fold = fold, .a = a, .axis = axis, .dst = dst, .outputs = 1};
  j.wide = mx_wide_of(a.dtype);
  j.in_size = mx_dtype_bytes(a.dtype);
  j.wide_size = j.in_size < 4 ? 4 : j.in_size;
  j.len = a.ndim ? a.shape[axis] : 1;
  j.stride = a.ndim ? a.strides[axis] : 1;
  for (int i = 0; i < a.ndim; i++) j.outputs *= i == axis ? 1 : a.shape[i];
  if (!j.outputs || !j.len) return 0;
  if (!choose_columns(&j)) return run_search(&j);
  j.outputs /= a.shape[j.run];
  j.tiles = (a.shape[j.run] + COLUMNS - 1) / COLUMNS;
  int64_t width = a.shape[j.run] < COLUMNS ? a.shape[j.run] : COLUMNS;
  mx_parallel_for(j.outputs * j.tiles, grain(j.len * width), column_tasks, &j);
  return 0;
}

/* --- counts --- */

/* Of the input only the shape matters. */
int mx_cpu_number_of_elements(const mx_step *step) {
  const mx_count_params *p = (const mx_count_params *)step->op->params;
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  double n = 1;
  for (int i = 0; i < a->ndim; i++)
    if ((uint64_t)p->axes >> i & 1) n *= (double)a->shape[i];
  n = n > p->less ? n - p->less : 0;
  if (mx_out_alloc(out)) return 1;
  mx_scope scope = mx_scope_open();
  mx_array *v = mx_scalar(p->inverted ? 1 / n : n, (mlx_dtype)out->dtype);
  if (v) memcpy(mx_data(out), mx_data(v), mx_itemsize(v));
  mx_scope_close(scope, NULL);
  return !v;
}
