/* Builders of running folds. */
#include "core/params.h"
#include "gen/ops.h"

static mx_array *scan(enum mx_prim prim, const char *op, mx_array *a, int axis, bool reverse,
                      bool inclusive, mx_stream *s) {
  int at;
  if (!a || mx_axis(op, axis, a->ndim, &at)) return NULL;
  mlx_dtype t = (mlx_dtype)a->dtype;
  if (prim == MX_PRIM_LOGCUMSUMEXP) {
    a = mx_cast(a, mx_at_least_float(t), s);
  } else if (prim == MX_PRIM_CUMSUM && t == MLX_BOOL) {
    a = mx_cast(a, MLX_INT32, s);
  }
  if (!(a = mx_row_major(a, s))) return NULL;
  mx_scan_params p = {at, reverse, inclusive};
  return mx_node(prim, (mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, NULL}, 1, &a, MX_WORDS(p),
                 s);
}

#define SCAN(name, PRIM)                                                                           \
  mx_array *mx_##name(mx_array *a, int axis, bool reverse, bool inclusive, mx_stream *s) {         \
    return scan(PRIM, #name, a, axis, reverse, inclusive, s);                                      \
  }
SCAN(cumsum, MX_PRIM_CUMSUM)
SCAN(cumprod, MX_PRIM_CUMPROD)
SCAN(cummax, MX_PRIM_CUMMAX)
SCAN(cummin, MX_PRIM_CUMMIN)
SCAN(logcumsumexp, MX_PRIM_LOGCUMSUMEXP)
