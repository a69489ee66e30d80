/* Owns the small corners of the C API: memory, evaluation, version. */
#include <stdlib.h>

#include "base/version.h"
#include "capi/capi.h"
#include "core/buffer.h"
#include "mlx/c/memory.h"
#include "mlx/c/transforms.h"
#include "mlx/c/version.h"

#include "graph/plan.h"

#define GET(name, expr)                     \
  int mlx_##name(size_t *res) {             \
    if (mx_no_place(res, #name))            \
      return 1;                             \
    *res = (expr);                          \
    return 0;                               \
  }
GET(get_active_memory, mx_memory_active())
GET(get_cache_memory, mx_memory_cached())
GET(get_peak_memory, mx_memory_peak())
GET(get_memory_limit, mx_memory_limit())

int mlx_clear_cache(void) {
  mx_memory_clear_cache();
  return 0;
}

int mlx_reset_peak_memory(void) {
  mx_memory_reset_peak();
  return 0;
}

int mlx_set_cache_limit(size_t *res, size_t limit) {
  if (mx_no_place(res, "set_cache_limit"))
    return 1;
  *res = mx_memory_set_cache_limit(limit);
  return 0;
}

int mlx_set_memory_limit(size_t *res, size_t limit) {
  if (mx_no_place(res, "set_memory_limit"))
    return 1;
  *res = mx_memory_set_limit(limit);
  return 0;
}

int mlx_set_wired_limit(size_t *res, size_t limit) {
  if (mx_no_place(res, "set_wired_limit"))
    return 1;
  *res = mx_memory_set_wired_limit(limit);
  return 0;
}

static int evaluate(const mlx_vector_array outputs, bool wait, const char *op) {
  mx_vec v;
  if (mx_in_vector(&v, outputs, op))
    return mx_report();
  int bad = mx_eval_hook(v.p, v.n, wait);
  free(v.p);
  return bad ? mx_report() : 0;
}

int mlx_eval(const mlx_vector_array outputs) {
  return evaluate(outputs, true, "eval");
}

int mlx_async_eval(const mlx_vector_array outputs) {
  return evaluate(outputs, false, "async_eval");
}

int mlx_version(mlx_string *str_) {
  return mx_string_set(str_, MX_MLX_VERSION) ? mx_report() : 0;
}
