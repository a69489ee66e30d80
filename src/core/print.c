/* Owns the printing of arrays: layout, ellipsis, number formats. */
#include "core/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/half.h"
#include "base/text.h"

#define EDGE 3 /* elements shown at each end of a long axis */

static atomic_int precision = -1;

void mx_print_set_precision(int p) {
  atomic_store(&precision, p);
}

int mx_print_precision(void) {
  return atomic_load(&precision);
}

static void put_float(mx_text *t, double v) {
  int p = mx_print_precision();
  if (isnan(v))
    mx_text_puts(t, signbit(v) ? "-nan" : "nan");
  else if (p < 0 || isinf(v))
    mx_text_printf(t, "%g", v);
  else
    mx_text_printf(t, "%.*f", p, v);
}

static void put_element(mx_text *t, const void *p, mlx_dtype dtype) {
  switch (dtype) {
  case MLX_BOOL:
    mx_text_puts(t, *(const uint8_t *)p ? "True" : "False");
    break;
  case MLX_UINT8:
    mx_text_printf(t, "%u", *(const uint8_t *)p);
    break;
  case MLX_UINT16:
    mx_text_printf(t, "%u", *(const uint16_t *)p);
    break;
  case MLX_UINT32:
    mx_text_printf(t, "%u", *(const uint32_t *)p);
    break;
  case MLX_UINT64:
    mx_text_printf(t, "%llu", (unsigned long long)*(const uint64_t *)p);
    break;
  case MLX_INT8:
    mx_text_printf(t, "%d", *(const int8_t *)p);
    break;
  case MLX_INT16:
    mx_text_printf(t, "%d", *(const int16_t *)p);
    break;
  case MLX_INT32:
    mx_text_printf(t, "%d", *(const int32_t *)p);
    break;
  case MLX_INT64:
    mx_text_printf(t, "%lld", (long long)*(const int64_t *)p);
    break;
  case MLX_FLOAT16:
    put_float(t, mx_f16_to_f32(*(const uint16_t *)p));
    break;
  case MLX_FLOAT32:
    put_float(t, *(const float *)p);
    break;
  case MLX_FLOAT64:
    put_float(t, *(const double *)p);
    break;
  case MLX_BFLOAT16:
    put_float(t, mx_bf16_to_f32(*(const uint16_t *)p));
    break;
  case MLX_COMPLEX64:
    put_float(t, ((const float *)p)[0]);
    if (!(((const float *)p)[1] < 0))
      mx_text_puts(t, "+"); /* before -0 and -nan too */
    put_float(t, ((const float *)p)[1]);
    mx_text_puts(t, "j");
    break;
  }
}

static void put_axis(mx_text *t, const mx_array *a, int axis, int64_t at, int indent) {
  if (axis == a->ndim) {
    put_element(t, (const char *)mx_data(a) + at * (int64_t)mx_itemsize(a), (mlx_dtype)a->dtype);
    return;
  }
  int64_t n = a->shape[axis];
  bool last = axis == a->ndim - 1, cut = n > 2 * EDGE;
  mx_text_puts(t, "[");
  for (int64_t i = 0; i < n; i++) {
    if (i) {
      mx_text_puts(t, last ? ", " : ",\n");
      if (!last)
        mx_text_printf(t, "%*s", indent + axis + 1, "");
    }
    if (cut && i == EDGE) {
      mx_text_puts(t, "...");
      i = n - EDGE - 1;
      continue;
    }
    put_axis(t, a, axis + 1, at + i * a->strides[axis], indent);
  }
  mx_text_puts(t, "]");
}

/* With no elements the axes before the empty one still show; (0,3) shows as []. */
static void put_empty(mx_text *t, const mx_array *a, int axis, int indent) {
  if (axis == a->ndim || a->shape[axis] == 0) {
    mx_text_puts(t, "[]");
    return;
  }
  mx_text_puts(t, "[");
  int64_t n = a->shape[axis];
  for (int64_t i = 0; i < n; i++) {
    if (i) {
      mx_text_puts(t, ",\n");
      mx_text_printf(t, "%*s", indent + axis + 1, "");
    }
    if (n > 2 * EDGE && i == EDGE) {
      mx_text_puts(t, "...");
      i = n - EDGE - 1;
      continue;
    }
    put_empty(t, a, axis + 1, indent);
  }
  mx_text_puts(t, "]");
}

char *mx_array_text(mx_array *a) {
  if (mx_eval1(a))
    return NULL;
  mx_text t = {0};
  const int indent = (int)strlen("array(");
  mx_text_puts(&t, "array(");
  if (a->size == 0)
    put_empty(&t, a, 0, indent);
  else
    put_axis(&t, a, 0, 0, indent);
  mx_text_printf(&t, ", dtype=%s)", mx_dtype_name((mlx_dtype)a->dtype));
  return mx_text_take(&t, "print");
}
