// Promise: no file makes the npy loader crash, leak, or give an array that is not there.
#include "fuzz/fuzz_io.h"

#include "core/scope.h"
#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mx_source src = fuzz_source(data, size);
  mx_table arrays = {0};
  mx_scope scope = mx_scope_open();
  mx_array *a = mx_load_npy(&src);
  if (a && mx_table_add(&arrays, "fuzz", "x", 1, a, NULL) == 0)
    fuzz_touch(&arrays);
  mx_table_free(&arrays);
  mx_scope_close(scope, NULL);
  mx_source_close(&src);
  return 0;
}
