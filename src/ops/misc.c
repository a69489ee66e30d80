/* Builders of operations that leave values as they are, and of pairs. */
#include <stdlib.h>

#include "core/stream.h"
#include "gen/ops.h"

int mx_divmod(mx_vec *res, mx_array *a, mx_array *b, mx_stream *s) {
  mx_array *quotient = mx_floor_divide(a, b, s), *rest = mx_remainder(a, b, s);
  if (!quotient || !rest || mx_vec_alloc(res, 2, "divmod"))
    return 1;
  res->p[0] = quotient;
  res->p[1] = rest;
  return 0;
}

mx_array *mx_stop_gradient(mx_array *a, mx_stream *s) {
  return a ? mx_view_node(MX_PRIM_STOP_GRADIENT, a, a->ndim, a->shape, a->strides, 0, 0, NULL, s) : NULL;
}

/* One operation whose first inputs are its outputs and whose others it only waits for. */
int mx_depends(mx_vec *res, mx_vec inputs, mx_vec dependencies) {
  size_t n = inputs.n + dependencies.n;
  mx_array **in = malloc((n + 1) * sizeof *in);
  mx_spec *out = malloc((inputs.n + 1) * sizeof *out);
  int bad = !in || !out ? mx_nomem("depends") : 0;
  if (!bad && n > UINT16_MAX)
    bad = mx_fail(MX_VALUE, "[depends] %zu arrays are too many", n);
  for (size_t i = 0; i < n && !bad; i++)
    in[i] = i < inputs.n ? inputs.p[i] : dependencies.p[i - inputs.n];
  for (size_t i = 0; i < inputs.n && !bad; i++)
    out[i] = (mx_spec){(mlx_dtype)in[i]->dtype, in[i]->ndim, in[i]->shape, in[i]->strides};
  int64_t offset = 0;
  mx_stream *s = mx_default_stream(mx_default_device());
  bad = bad || mx_vec_alloc(res, inputs.n, "depends");
  if (!bad && inputs.n)
    bad = mx_node_multi(MX_PRIM_DEPENDS, (int)inputs.n, out, res->p, (int)n, in, 1, &offset, s);
  free(in);
  free(out);
  return bad;
}
