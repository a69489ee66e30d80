// Promise: no file makes the reader of functions crash, leak, or give a function whose call reads what
// is not there.
#include <stdint.h>
#include <stdlib.h>

#include "core/buffer.h"
#include "core/stream.h"
#include "gen/ops.h"
#include "transforms/export.h"

static mx_array *argument(int64_t rows, int64_t columns, mx_stream *s) {
  mx_array *a = mx_arange(0, (double)(rows * columns), 1, MLX_FLOAT32, s);
  return a ? mx_reshape(mx_sin(a, s), MX_INTS(rows, columns), s) : NULL;
}

// Shapes that do not matter are small.
static void run(mx_imported *f, mx_stream *s) {
  mx_array *args[] = {argument(4, 6, s), argument(6, 4, s)};
  if (!args[0] || !args[1]) return;
  for (size_t n = 0; n <= 2; n++) {
    mx_vec out = {NULL, 0};
    mx_call_args call = {{args, n}, 0, NULL};
    if (!mx_imported_call(f, &call, &out)) {
      size_t bytes = 0;
      for (size_t i = 0; i < out.n; i++) bytes += mx_nbytes(out.p[i]) < 1 << 20 ? 0 : 1;
      for (size_t i = 0; i < out.n && !bytes; i++) mx_eval1(out.p[i]);
    }
    free(out.p);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int once;
  if (!once++) mx_memory_set_limit((size_t)64 << 20);
  mx_scope scope = mx_scope_open();
  mx_stream *s = mx_default_stream(mx_default_device());
  mx_imported *f = mx_import_bytes(data, size);
  if (f) run(f, s);
  mx_imported_free(f);
  mx_scope_close(scope, NULL);
  return 0;
}
