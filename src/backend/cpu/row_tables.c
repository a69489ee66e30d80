/* The row and reduction tables of the tier in use, filled once. */
#include <pthread.h>

#include "backend/cpu/reduce.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/tiers.h"

MX_DECLARE_TIERS(fill_rows, mx_rows_kernels);
MX_DECLARE_TIERS(fill_reduce, mx_reduce_kernels);

static mx_rows_kernels rows;
static mx_reduce_kernels reductions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) {
  MX_FILL_TIERS(fill_rows, &rows);
  MX_FILL_TIERS(fill_reduce, &reductions);
}

const mx_rows_kernels *mx_rows_table(void) {
  pthread_once(&once, fill);
  return &rows;
}

const mx_reduce_kernels *mx_reduce_table(void) {
  pthread_once(&once, fill);
  return &reductions;
}
