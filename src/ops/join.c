/* Concatenation and stacking. */
#include <stdlib.h>
#include <string.h>

#include "core/dtype.h"
#include "core/params.h"
#include "gen/ops.h"
#include "ops/build.h"

static mx_array *no_arrays(const char *op) {
  mx_fail(MX_VALUE, "[%s] No arrays provided", op);
  return NULL;
}

/* Dtype and shape of the result; inputs must agree in all lengths but the axis's. */
static int joined(mx_vec v, int axis, mlx_dtype *dtype, int64_t *shape) {
  const mx_array *first = v.p[0];
  *dtype = (mlx_dtype)first->dtype;
  memcpy(shape, first->shape, (size_t)first->ndim * sizeof *shape);
  for (size_t i = 1; i < v.n; i++) {
    const mx_array *a = v.p[i];
    bool fits = a->ndim == first->ndim;
    for (int k = 0; fits && k < a->ndim; k++) fits = k == axis || a->shape[k] == first->shape[k];
    if (!fits) {
      char x[200], y[200];
      return mx_fail(MX_VALUE, "[concatenate] shapes %s and %s do not match but along axis %d",
                     mx_shape_text(x, sizeof x, first->shape, first->ndim),
                     mx_shape_text(y, sizeof y, a->shape, a->ndim), axis);
    }
    *dtype = mx_promote(*dtype, (mlx_dtype)a->dtype);
    if (__builtin_add_overflow(shape[axis], a->shape[axis], &shape[axis]))
      return mx_fail(MX_VALUE, "[concatenate] the result is too large");
  }
  return 0;
}

mx_array *mx_concatenate_axis(mx_vec arrays, int axis, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  mlx_dtype dtype;
  mx_vec in = {NULL, 0};
  mx_array *r = NULL;
  if (arrays.n == 0) return no_arrays("concatenate");
  for (size_t i = 0; i < arrays.n; i++)
    if (!arrays.p[i]) return NULL;
  if (arrays.n == 1) return arrays.p[0];
  int at;
  if (mx_axis("concatenate", axis, arrays.p[0]->ndim, &at)) return NULL;
  if (joined(arrays, at, &dtype, shape)) return NULL;
  if (arrays.n > UINT16_MAX) {
    /* An operation counts its inputs in 16 bits: join halves. */
    size_t half = arrays.n / 2;
    mx_array *pair[] = {mx_concatenate_axis((mx_vec){arrays.p, half}, at, s),
                        mx_concatenate_axis((mx_vec){arrays.p + half, arrays.n - half}, at, s)};
    return pair[0] && pair[1] ? mx_concatenate_axis((mx_vec){pair, 2}, at, s) : NULL;
  }
  if (mx_vec_alloc(&in, arrays.n, "concatenate")) return NULL;
  for (size_t i = 0; i < in.n; i++)
    if (!(in.p[i] = mx_cast(arrays.p[i], dtype, s))) goto done;
  mx_axis_params p = {at};
  r = mx_node(MX_PRIM_CONCATENATE, (mx_spec){dtype, arrays.p[0]->ndim, shape, NULL}, (int)in.n,
              in.p, MX_WORDS(p), s);
done:
  free(in.p);
  return r;
}

mx_array *mx_concatenate(mx_vec arrays, mx_stream *s) {
  mx_vec flat = {NULL, 0};
  mx_array *r = NULL;
  if (arrays.n == 0) return no_arrays("concatenate");
  if (mx_vec_alloc(&flat, arrays.n, "concatenate")) return NULL;
  for (size_t i = 0; i < arrays.n; i++)
    if (!(flat.p[i] = mx_flatten(arrays.p[i], 0, -1, s))) goto done;
  r = mx_concatenate_axis(flat, 0, s);
done:
  free(flat.p);
  return r;
}

mx_array *mx_stack_axis(mx_vec arrays, int axis, mx_stream *s) {
  mx_vec wide = {NULL, 0};
  mx_array *r = NULL;
  int at;
  if (arrays.n == 0) return no_arrays("stack");
  if (!arrays.p[0] || mx_axis("stack", axis, arrays.p[0]->ndim + 1, &at)) return NULL;
  if (mx_vec_alloc(&wide, arrays.n, "stack")) return NULL;
  for (size_t i = 0; i < arrays.n; i++) {
    const mx_array *a = arrays.p[i], *first = arrays.p[0];
    if (!a) goto done;
    if (a->ndim != first->ndim ||
        (a->ndim && memcmp(a->shape, first->shape, (size_t)a->ndim * sizeof *a->shape))) {
      mx_fail(MX_VALUE, "[stack] All arrays must have the same shape");
      goto done;
    }
    if (!(wide.p[i] = mx_expand_dims(arrays.p[i], at, s))) goto done;
  }
  r = mx_concatenate_axis(wide, at, s);
done:
  free(wide.p);
  return r;
}

mx_array *mx_stack(mx_vec arrays, mx_stream *s) {
  return mx_stack_axis(arrays, 0, s);
}
