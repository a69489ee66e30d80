/* Sorting, selecting, searching. Every dtype is mapped to an unsigned key with the same order: NaN
 * the largest, -0 equal to 0, complex numbers by real, then imaginary part. Plain values are sorted
 * as keys and mapped back; where that loses something (NaN, -0), and for indices, key and place go
 * together. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/engines.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

typedef struct pair64 {
  uint64_t key;
  uint32_t place;
} pair64;

#define ELEM uint32_t
#define KEY(e) (e)
#define KEY_BITS 32
#define LESS(a, b) ((a) < (b))
#define NAME(f) k32_##f
#include "backend/cpu/sort_keys.h"

#define ELEM uint64_t
#define KEY(e) (e)
#define KEY_BITS 64
#define LESS(a, b) ((a) < (b))
#define NAME(f) k64_##f
#include "backend/cpu/sort_keys.h"

/* A 32-bit key above its place: comparing the whole breaks ties by place. */
#define ELEM uint64_t
#define KEY(e) ((uint32_t)((e) >> 32))
#define KEY_BITS 32
#define LESS(a, b) ((a) < (b))
#define NAME(f) p32_##f
#include "backend/cpu/sort_keys.h"

#define ELEM pair64
#define KEY(e) ((e).key)
#define KEY_BITS 64
#define LESS(a, b) ((a).key < (b).key)
#define NAME(f) p64_##f
#include "backend/cpu/sort_keys.h"

/* ---- keys ---- */

/* Float bits to a key of the same order; *odd is set for what the way back would lose. */
static inline uint32_t float_key(uint32_t b, uint32_t sign, uint32_t inf, uint32_t *odd) {
  uint32_t nan = (b & (sign - 1)) > inf, zero = b == sign;
  *odd |= nan | zero;
  b = zero ? 0 : b;
  uint32_t k = b & sign ? ~b & (sign | (sign - 1)) : b | sign;
  return nan ? sign | (sign - 1) : k;
}

static inline uint64_t double_key(uint64_t b, uint32_t *odd) {
  const uint64_t sign = 1ull << 63;
  bool nan = (b & (sign - 1)) > 0x7ff0000000000000, zero = b == sign;
  *odd |= nan | zero;
  b = zero ? 0 : b;
  return nan ? UINT64_MAX : b & sign ? ~b : b | sign;
}

static inline uint64_t complex_key(uint64_t b, uint32_t *odd) {
  const uint32_t sign = 1u << 31, inf = 0x7f800000;
  uint32_t re = (uint32_t)b, im = (uint32_t)(b >> 32);
  if ((re & (sign - 1)) > inf || (im & (sign - 1)) > inf) {
    *odd = 1;
    return UINT64_MAX;
  }
  return (uint64_t)float_key(re, sign, inf, odd) << 32 | float_key(im, sign, inf, odd);
}

#define KEYS(T, expr)                                                                              \
  {                                                                                                \
    const T *x = src;                                                                              \
    for (int64_t i = 0; i < n; i++) keys[i] = (expr);                                              \
    break;                                                                                         \
  }

/* Returns whether mapping the keys back would lose something. */
static bool keys32(const void *src, mlx_dtype t, int64_t n, uint32_t *restrict keys) {
  uint32_t odd = 0;
  const uint32_t flip = 1u << 31;
  switch (t) {
  case MLX_BOOL:
  case MLX_UINT8:
    KEYS(uint8_t, x[i])
  case MLX_UINT16:
    KEYS(uint16_t, x[i])
  case MLX_UINT32:
    KEYS(uint32_t, x[i])
  case MLX_INT8:
    KEYS(int8_t, (uint32_t)x[i] ^ flip)
  case MLX_INT16:
    KEYS(int16_t, (uint32_t)x[i] ^ flip)
  case MLX_INT32:
    KEYS(int32_t, (uint32_t)x[i] ^ flip)
  case MLX_FLOAT16:
    KEYS(uint16_t, float_key(x[i], 0x8000, 0x7c00, &odd))
  case MLX_BFLOAT16:
    KEYS(uint16_t, float_key(x[i], 0x8000, 0x7f80, &odd))
  default:
    KEYS(uint32_t, float_key(x[i], flip, 0x7f800000, &odd))
  }
  return odd;
}

static bool keys64(const void *src, mlx_dtype t, int64_t n, uint64_t *restrict keys) {
  uint32_t odd = 0;
  switch (t) {
  case MLX_UINT64:
    KEYS(uint64_t, x[i])
  case MLX_INT64:
    KEYS(uint64_t, x[i] ^ 1ull << 63)
  case MLX_FLOAT64:
    KEYS(uint64_t, double_key(x[i], &odd))
  default:
    KEYS(uint64_t, complex_key(x[i], &odd))
  }
  return odd;
}

static inline uint32_t float_bits(uint32_t k, uint32_t sign) {
  return k & sign ? k ^ sign : ~k;
}

#define VALUES(T, expr)                                                                            \
  {                                                                                                \
    T *x = dst;                                                                                    \
    for (int64_t i = 0; i < n; i++) x[i] = (T)(expr);                                              \
    break;                                                                                         \
  }

static void values32(void *dst, mlx_dtype t, int64_t n, const uint32_t *restrict k) {
  const uint32_t flip = 1u << 31;
  switch (t) {
  case MLX_BOOL:
  case MLX_UINT8:
    VALUES(uint8_t, k[i])
  case MLX_UINT16:
    VALUES(uint16_t, k[i])
  case MLX_UINT32:
    VALUES(uint32_t, k[i])
  case MLX_INT8:
    VALUES(uint8_t, k[i])
  case MLX_INT16:
    VALUES(uint16_t, k[i])
  case MLX_INT32:
    VALUES(uint32_t, k[i] ^ flip)
  case MLX_FLOAT16:
  case MLX_BFLOAT16:
    VALUES(uint16_t, float_bits(k[i], 0x8000))
  default:
    VALUES(uint32_t, float_bits(k[i], flip))
  }
}

static void values64(void *dst, mlx_dtype t, int64_t n, const uint64_t *restrict k) {
  const uint64_t sign = 1ull << 63;
  switch (t) {
  case MLX_UINT64:
    VALUES(uint64_t, k[i])
  case MLX_INT64:
    VALUES(uint64_t, k[i] ^ sign)
  case MLX_FLOAT64:
    VALUES(uint64_t, k[i] & sign ? k[i] ^ sign : ~k[i])
  default:
    VALUES(uint64_t, float_bits((uint32_t)(k[i] >> 32), 1u << 31) |
                         (uint64_t)float_bits((uint32_t)k[i], 1u << 31) << 32)
  }
}

/* ---- one row ---- */

typedef struct row_job {
  const char *src;
  char *dst;
  mlx_dtype dtype;
  int64_t n, kth; /* kth < 0: a whole sort */
  bool args;
  size_t item;
  atomic_bool failed;
} row_job;

/* Scratch of a row: keys, then pairs and their copy. */
static size_t scratch_size(const row_job *j) {
  size_t n = (size_t)j->n;
  return j->item <= 4 ? n * (sizeof(uint32_t) + 2 * sizeof(uint64_t))
                      : n * (sizeof(uint64_t) + 2 * sizeof(pair64));
}

static void take_places(const row_job *j, const char *src, char *dst, int64_t i, uint32_t place) {
  if (j->args)
    memcpy(dst + 4 * i, &place, 4);
  else
    memcpy(dst + i * (int64_t)j->item, src + place * j->item, j->item);
}

static void row32(const row_job *j, const char *src, char *dst, void *scratch) {
  uint64_t *pairs = scratch, *tmp = pairs + j->n;
  uint32_t *keys = (uint32_t *)(tmp + j->n);
  bool odd = keys32(src, j->dtype, j->n, keys);
  if (!odd && !j->args) {
    if (j->kth < 0)
      k32_sort(keys, scratch, j->n);
    else
      k32_select(keys, scratch, j->n, j->kth);
    values32(dst, j->dtype, j->n, keys);
    return;
  }
  for (int64_t i = 0; i < j->n; i++) pairs[i] = (uint64_t)keys[i] << 32 | (uint32_t)i;
  if (j->kth < 0)
    p32_sort(pairs, tmp, j->n);
  else
    p32_select(pairs, tmp, j->n, j->kth);
  for (int64_t i = 0; i < j->n; i++) take_places(j, src, dst, i, (uint32_t)pairs[i]);
}

static void row64(const row_job *j, const char *src, char *dst, void *scratch) {
  pair64 *pairs = scratch, *tmp = pairs + j->n;
  uint64_t *keys = (uint64_t *)(tmp + j->n);
  bool odd = keys64(src, j->dtype, j->n, keys);
  if (!odd && !j->args) {
    if (j->kth < 0)
      k64_sort(keys, scratch, j->n);
    else
      k64_select(keys, scratch, j->n, j->kth);
    values64(dst, j->dtype, j->n, keys);
    return;
  }
  for (int64_t i = 0; i < j->n; i++) pairs[i] = (pair64){keys[i], (uint32_t)i};
  if (j->kth < 0)
    p64_sort(pairs, tmp, j->n);
  else
    p64_select(pairs, tmp, j->n, j->kth);
  for (int64_t i = 0; i < j->n; i++) take_places(j, src, dst, i, pairs[i].place);
}

static void sort_rows(void *ctx, int64_t begin, int64_t end) {
  row_job *j = ctx;
  void *scratch = malloc(scratch_size(j));
  if (!scratch) {
    atomic_store(&j->failed, true);
    return;
  }
  int64_t in = j->n * (int64_t)j->item, out = j->n * (j->args ? 4 : (int64_t)j->item);
  for (int64_t r = begin; r < end; r++)
    (j->item <= 4 ? row32 : row64)(j, j->src + r * in, j->dst + r * out, scratch);
  free(scratch);
}

static int run_rows(row_job *j, int64_t rows) {
  if (j->n == 0 || rows == 0) return 0;
  if (j->n > UINT32_MAX) return mx_fail(MX_VALUE, "[sort] an axis of more than 2^32 elements");
  int64_t grain = j->n >= 4096 ? 1 : 4096 / j->n;
  mx_parallel_for(rows, grain, sort_rows, j);
  return atomic_load(&j->failed) ? mx_nomem("sort") : 0;
}

/* sort, argsort, partition, argpartition over the last axis. */
int mx_cpu_sort(const mx_step *step) {
  const mx_sort_params *p = (const mx_sort_params *)step->op->params;
  const mx_array *a = step->in[0];
  mx_array *out = step->out[0];
  bool whole = step->op->prim == MX_PRIM_SORT || step->op->prim == MX_PRIM_ARGSORT;
  if (mx_out_alloc(out)) return 1;
  row_job j = {.src = mx_data(a),
               .dst = mx_data(out),
               .dtype = (mlx_dtype)a->dtype,
               .n = a->shape[p->axis],
               .kth = whole ? -1 : p->kth,
               .args = step->op->prim == MX_PRIM_ARGSORT || step->op->prim == MX_PRIM_ARGPARTITION,
               .item = mx_itemsize(a)};
  return run_rows(&j, j.n ? a->size / j.n : 0);
}

/* ---- searching ---- */

static uint64_t key_at(const mx_array *a, int64_t i) {
  const char *p = (const char *)mx_data(a) + i * (int64_t)mx_itemsize(a);
  uint64_t wide;
  uint32_t narrow;
  if (mx_itemsize(a) == 8) {
    keys64(p, (mlx_dtype)a->dtype, 1, &wide);
    return wide;
  }
  keys32(p, (mlx_dtype)a->dtype, 1, &narrow);
  return narrow;
}

typedef struct search_job {
  const mx_array *sorted, *values;
  uint32_t *out;
  bool right;
} search_job;

static void search(void *ctx, int64_t begin, int64_t end) {
  const search_job *j = ctx;
  for (int64_t i = begin; i < end; i++) {
    uint64_t v = key_at(j->values, i);
    int64_t low = 0, high = j->sorted->size;
    while (low < high) {
      int64_t mid = low + (high - low) / 2;
      uint64_t k = key_at(j->sorted, mid);
      if (j->right ? k <= v : k < v)
        low = mid + 1;
      else
        high = mid;
    }
    j->out[i] = (uint32_t)low;
  }
}

int mx_cpu_searchsorted(const mx_step *step) {
  const mx_searchsorted_params *p = (const mx_searchsorted_params *)step->op->params;
  if (mx_out_alloc(step->out[0])) return 1;
  search_job j = {step->in[0], step->in[1], mx_data(step->out[0]), p->right};
  mx_parallel_for(j.values->size, 1024, search, &j);
  return 0;
}

/* ---- unique ---- */

static bool is_nan_key(const mx_array *a, uint64_t key) {
  mlx_dtype t = (mlx_dtype)a->dtype;
  if (t == MLX_FLOAT16 || t == MLX_BFLOAT16) return key == UINT16_MAX;
  if (t == MLX_FLOAT32) return key == UINT32_MAX;
  return (t == MLX_FLOAT64 || t == MLX_COMPLEX64) && key == UINT64_MAX;
}

/* Ranks of the sorted elements; the tail of all four outputs. A NaN is equal to nothing. */
static void fill_unique(const mx_step *step, const uint32_t *order) {
  const mx_array *a = step->in[0];
  int64_t size = step->out[0]->size, rank = -1, item = (int64_t)mx_itemsize(a);
  char *values = mx_data(step->out[0]);
  uint32_t *first = mx_data(step->out[1]), *inverse = mx_data(step->out[2]);
  int32_t *counts = mx_data(step->out[3]);
  uint64_t last = 0;
  if (size) memset(counts, 0, (size_t)size * sizeof *counts);
  for (int64_t i = 0; i < a->size; i++) {
    uint64_t key = key_at(a, order[i]);
    if (i == 0 || key != last || is_nan_key(a, key)) {
      if (++rank < size) {
        memcpy(values + rank * item, (const char *)mx_data(a) + order[i] * item, (size_t)item);
        first[rank] = order[i];
      }
    }
    last = key;
    if (rank < size) counts[rank]++;
    inverse[order[i]] = (uint32_t)(rank < size ? rank : size ? size - 1 : 0);
  }
  for (int64_t i = rank + 1; i < size; i++) {
    memcpy(values + i * item, step->in[1] ? mx_data(step->in[1]) : values, (size_t)item);
    first[i] = a->size ? first[0] : 0;
  }
}

int mx_cpu_unique(const mx_step *step) {
  const mx_array *a = step->in[0];
  for (int i = 0; i < 4; i++)
    if (mx_out_alloc(step->out[i])) return 1;
  uint32_t *order = malloc(((size_t)a->size + 1) * sizeof *order);
  if (!order) return mx_nomem("unique");
  row_job j = {.src = mx_data(a),
               .dst = (char *)order,
               .dtype = (mlx_dtype)a->dtype,
               .n = a->size,
               .kth = -1,
               .args = true,
               .item = mx_itemsize(a)};
  int bad = run_rows(&j, 1);
  if (!bad) fill_unique(step, order);
  free(order);
  return bad;
}
