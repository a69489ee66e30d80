/* How a factorization runs over a batch of row-major matrices.
 * Invariant: one matrix is one call of `one`, with workspace of its own thread; an error is
 * recorded once, by the caller of mx_linalg_run. */
#ifndef MX_CPU_LINALG_H
#define MX_CPU_LINALG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"
#include "backend/cpu/lapack.h"

typedef struct mx_linalg mx_linalg;
struct mx_linalg {
  const mx_step *step;
  const char *op, *failure; /* failure: what a positive info means */
  mlx_dtype dtype;
  int64_t m, n, batch;
  size_t item, real_item; /* bytes of a number, and of its real part */
  mx_lapack_fn fn, second;
  int lwork, lrwork, liwork; /* numbers of workspace that LAPACK asks for */
  bool upper, flag;
  size_t work_bytes;
  /* Matrix b of the batch; returns LAPACK's info. */
  int (*one)(const mx_linalg *l, int64_t b, char *work);
  atomic_int info;
};

enum { MX_LINALG_NO_MEMORY = -1000, MX_LINALG_NOT_FINITE };

/* Sizes, dtype and batch from the first input; allocates the outputs. */
int mx_linalg_begin(mx_linalg *l, const char *op, const mx_step *step);
int mx_linalg_run(mx_linalg *l);

/* Matrix b of an input or output. */
char *mx_linalg_at(const mx_array *a, int64_t b, size_t item, int64_t size);
/* dst[j * rows + i] = src[i * cols + j] */
void mx_linalg_transpose(const void *src, void *dst, int64_t rows, int64_t cols, size_t item);
/* Zeros one side of the diagonal of a row-major matrix. */
void mx_linalg_clear(void *a, int64_t rows, int64_t cols, size_t item, bool below);
bool mx_linalg_finite(const void *a, mlx_dtype t, int64_t n);
/* The number at the start of LAPACK's workspace, where a query leaves its size; 0 when too large.
 */
int mx_linalg_asked(const void *work, mlx_dtype t);

#endif
