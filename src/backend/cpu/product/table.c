/* The kernel table of the instruction-set tier in use.
 * Invariant: it is filled once, from the portable tier upwards, before anyone sees it. */
#include <pthread.h>
#include "backend/cpu/product/kernels.h"
#include "backend/cpu/tiers.h"

MX_DECLARE_TIERS(fill_product, mx_product_kernels);

static mx_product_kernels table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) { MX_FILL_TIERS(fill_product, &table); }

const mx_product_kernels *mx_product_table(void) {
  pthread_once(&once, fill);
  return &table;
}
