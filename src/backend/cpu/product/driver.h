/* What the drivers of matrix products share: one product of a batch, scratch, and the paths.
 * Invariant: a path is chosen by shape, dtype and orientation, never by the number of threads. */
#ifndef MX_CPU_PRODUCT_DRIVER_H
#define MX_CPU_PRODUCT_DRIVER_H

#include <stddef.h>
#include "backend/cpu/product/kernels.h"
#include "core/dtype.h"

/* Scratch slots: what the calling thread shares with its helpers, what one chunk of work needs, and
 * the panels of B that only this chunk reads; and windows that become rows of A. */
enum { MX_SLOT_SHARED, MX_SLOT_CHUNK, MX_SLOT_PANELS, MX_SLOT_WINDOWS, MX_SLOTS };

/* At least `bytes` aligned to 64, or NULL. Good until this thread asks for the slot again. */
void *mx_product_scratch(int slot, size_t bytes);

/* One product of a batch. */
typedef struct mx_one {
  const mx_product *p;
  const mx_product_kernels *kernels;
  mx_lanes a, b; /* b.data is NULL where q holds */
  mx_codes q;
  const char *c;
  char *out;
} mx_one;

void mx_product_at(const mx_product *p, const mx_product_kernels *k, int64_t batch, mx_one *one);
/* Stores row i, columns j .. j + n, from their sums. */
void mx_product_finish(const mx_one *one, int64_t i, int64_t j, int64_t n, const float *acc);

/* The paths. Each returns nonzero where memory ran out, having recorded nothing. */
int mx_product_blocked(const mx_product *p, const mx_product_kernels *k);
int mx_product_rows(const mx_product *p, const mx_product_kernels *k);
int mx_product_f64(const mx_product *p, const mx_product_kernels *k);

/* May mx_product_rows run it? */
bool mx_product_is_rows(const mx_product *p);

static inline int64_t mx_min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mx_max64(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mx_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

#endif
