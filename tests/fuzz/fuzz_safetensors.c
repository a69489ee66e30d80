// Promise: no file makes the safetensors loader crash, leak, or give an array that is not there.
#include "fuzz/fuzz_io.h"

#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mx_source src = fuzz_source(data, size);
  mx_table arrays = {0}, metadata = {0};
  if (mx_load_safetensors(&arrays, &metadata, &src) == 0)
    fuzz_touch(&arrays);
  mx_table_free(&arrays);
  mx_table_free(&metadata);
  mx_source_close(&src);
  return 0;
}
