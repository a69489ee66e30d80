/* Products of integer matrices, modulo 2^bits: rows of the result are sums of rows of b, so that
 * the inner loop runs along memory. Work is split by rows. */
#include <string.h>

#include "backend/cpu/engines.h"
#include "base/pool.h"

enum { CHUNK_WORK = 1 << 16 };

typedef struct job {
  const char *a, *b;
  char *out;
  int64_t m, k, n;
  int bytes;
} job;

/* Sums are taken in W, where no product of two T overflows into undefined bits. */
#define ROW(T, W)                                                            \
  static void row_##T(const job *j, const void *a, const void *b, void *o) { \
    const T *x = a, *y = b;                                                  \
    T *restrict r = o;                                                       \
    memset(r, 0, (size_t)j->n * sizeof(T));                                  \
    for (int64_t p = 0; p < j->k; p++)                                       \
      for (int64_t i = 0; i < j->n; i++)                                     \
        r[i] = (T)((W)r[i] + (W)x[p] * (W)y[p * j->n + i]);                  \
  }
ROW(uint8_t, uint32_t)
ROW(uint16_t, uint32_t)
ROW(uint32_t, uint32_t)
ROW(uint64_t, uint64_t)

static void rows(void *ctx, int64_t begin, int64_t end) {
  const job *j = ctx;
  int64_t item = j->bytes;
  for (int64_t i = begin; i < end; i++) {
    const char *a = j->a + i * j->k * item, *b = j->b + i / j->m * (j->k * j->n * item);
    char *out = j->out + i * j->n * item;
    if (item == 1)
      row_uint8_t(j, a, b, out);
    else if (item == 2)
      row_uint16_t(j, a, b, out);
    else if (item == 4)
      row_uint32_t(j, a, b, out);
    else
      row_uint64_t(j, a, b, out);
  }
}

/* Both inputs in rows, of one dtype and batch. */
int mx_cpu_integer_matmul(const mx_step *step) {
  const mx_array *a = step->in[0], *b = step->in[1];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  if (!out->size) return 0;
  job j = {mx_data(a), mx_data(b), mx_data(out), out->shape[out->ndim - 2],
           a->shape[a->ndim - 1], out->shape[out->ndim - 1], (int)mx_itemsize(out)};
  int64_t work = j.k * j.n + 1;
  mx_parallel_for(out->size / j.n, 1 + CHUNK_WORK / work, rows, &j);
  return 0;
}
