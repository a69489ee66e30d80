/* What rules of batched primitives share. Every function passes a NULL array on. */
#include "ops/leading.h"

#include <string.h>

#include "gen/ops.h"

enum { MAX_INPUTS = 8 };

int mx_vmap_leading(const mx_vmap_call *c,
                    int (*remake)(const mx_op *op, mx_array *const *in, mx_array **out)) {
  mx_array *in[MAX_INPUTS] = {NULL};
  int n = c->op->n_in;
  for (int i = 0; i < n; i++)
    if (c->in[i] && !(in[i] = mx_vmap_front(c, i, true)))
      return 1;
  if (remake(c->op, in, c->out))
    return 1;
  for (int i = 0; i < c->op->n_out; i++)
    c->out_axis[i] = 0;
  return 0;
}

mx_array *mx_lead_align(mx_array *a, int ndim, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  if (!a || a->ndim >= ndim)
    return a;
  int more = ndim - a->ndim;
  shape[0] = a->shape[0];
  for (int i = 1; i <= more; i++)
    shape[i] = 1;
  memcpy(shape + 1 + more, a->shape + 1, (size_t)(a->ndim - 1) * sizeof *shape);
  return mx_reshape(a, (mx_ints){shape, ndim}, s);
}

mx_array *mx_turn(mx_array *a, mx_stream *s) {
  return a ? mx_swapaxes(a, -1, -2, s) : NULL;
}

mx_array *mx_adjoint(mx_array *a, mx_stream *s) {
  return mx_rule_conjugate(mx_turn(a, s), s);
}

mx_array *mx_wide(mx_array *a, mx_stream *s) {
  bool half = a && (a->dtype == MLX_FLOAT16 || a->dtype == MLX_BFLOAT16);
  return half ? mx_cast(a, MLX_FLOAT32, s) : a;
}

mx_array *mx_times(mx_array *a, double by, mx_stream *s) {
  return !a || by == 1 ? a : mx_multiply(a, mx_number(by, a), s);
}
