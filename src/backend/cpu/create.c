/* Ranges. A float range adds the step again and again in its own dtype, as MLX's CPU build does, so
 * its rounding errors are MLX's. */
#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/engines.h"
#include "base/half.h"
#include "core/params.h"

#define RANGE(T, W)                                                                                \
  {                                                                                                \
    T *d = mx_data(out);                                                                           \
    W v = (W)(T)(int64_t)p->start, by = (W)(T)(int64_t)p->step;                                    \
    for (int64_t i = 0; i < out->size; i++, v += by) d[i] = (T)v;                                  \
    break;                                                                                         \
  }

static float round_half(float x, bool brain) {
  return brain ? mx_bf16_to_f32(mx_f32_to_bf16(x)) : mx_f16_to_f32(mx_f32_to_f16(x));
}

static void half_range(mx_array *out, double start, double step, bool brain) {
  uint16_t *d = mx_data(out);
  float v = round_half((float)start, brain);
  float by = round_half(round_half((float)(start + step), brain) - v, brain);
  for (int64_t i = 0; i < out->size; i++) {
    d[i] = brain ? mx_f32_to_bf16(v) : mx_f32_to_f16(v);
    v = round_half(v + by, brain);
  }
}

static void float_range(float *d, int64_t n, int64_t stride, double start, double step) {
  float v = (float)start, by = (float)(start + step) - v;
  for (int64_t i = 0; i < n; i++, v += by) d[i * stride] = v;
}

static void double_range(double *d, int64_t n, double start, double step) {
  double v = start, by = (start + step) - start;
  for (int64_t i = 0; i < n; i++, v += by) d[i] = v;
}

int mx_cpu_arange(const mx_step *step) {
  const mx_arange_params *p = (const mx_arange_params *)step->op->params;
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  switch ((mlx_dtype)out->dtype) {
  case MLX_BOOL:
  case MLX_UINT8:
    RANGE(uint8_t, uint8_t)
  case MLX_UINT16:
    RANGE(uint16_t, uint16_t)
  case MLX_UINT32:
    RANGE(uint32_t, uint32_t)
  case MLX_UINT64:
    RANGE(uint64_t, uint64_t)
  case MLX_INT8:
    RANGE(int8_t, uint8_t)
  case MLX_INT16:
    RANGE(int16_t, uint16_t)
  case MLX_INT32:
    RANGE(int32_t, uint32_t)
  case MLX_INT64:
    RANGE(int64_t, uint64_t)
  case MLX_FLOAT16:
    half_range(out, p->start, p->step, false);
    break;
  case MLX_BFLOAT16:
    half_range(out, p->start, p->step, true);
    break;
  case MLX_FLOAT32:
    float_range(mx_data(out), out->size, 1, p->start, p->step);
    break;
  case MLX_FLOAT64:
    double_range(mx_data(out), out->size, p->start, p->step);
    break;
  case MLX_COMPLEX64:
    memset(mx_data(out), 0, mx_nbytes(out));
    float_range(mx_data(out), out->size, 2, p->start, p->step);
    break;
  }
  return 0;
}
