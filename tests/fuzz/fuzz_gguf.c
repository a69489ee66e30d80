// Promise: no file makes the gguf loader crash, leak, or give an array or string that is not there.
#include "fuzz/fuzz_io.h"

#include "io/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mx_source src = fuzz_source(data, size);
  mx_gguf g = {0};
  if (mx_load_gguf(&g, &src) == 0) {
    fuzz_touch(&g.arrays);
    fuzz_touch(&g.metadata);
  }
  mx_gguf_free(&g);
  mx_source_close(&src);
  return 0;
}
