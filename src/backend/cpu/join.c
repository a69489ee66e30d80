/* Concatenation: every input is a strided copy into its part of the output. */
#include "backend/backend.h"
#include "backend/cpu/copy.h"
#include "backend/cpu/engines.h"
#include "core/params.h"

int mx_cpu_concatenate(const mx_step *step) {
  const mx_axis_params *p = (const mx_axis_params *)step->op->params;
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  char *dst = mx_data(out);
  size_t item = mx_itemsize(out);
  for (int i = 0; i < step->n_in; i++) {
    const mx_array *a = step->in[i];
    mx_cpu_copy_strided(dst, out->strides, mx_data(a), a->strides, a->shape, a->ndim, item);
    dst += a->shape[p->axis] * out->strides[p->axis] * (int64_t)item;
  }
  return 0;
}
