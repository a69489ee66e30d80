/* Transformation rules of Fourier transforms. The gradient of a transform is one the other way: of
 * complex numbers the same sums with conjugated weights; between real and complex ones too, where
 * a number that stands for itself and its conjugate counts twice. */
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"
#include "ops/leading.h"
#include "ops/rules_help.h"

static const mx_fft_params *params_of(const mx_op *op) {
  return (const mx_fft_params *)op->params;
}

/* The length of an axis of n real numbers on the side of kind. */
static int64_t complex_length(int64_t n) {
  return n / 2 + 1;
}

static mx_array *transform(mx_array *a, mx_fft_params p, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  if (!a)
    return NULL;
  memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
  shape[p.axis] = p.kind == MX_FFT_FROM_REAL ? complex_length(p.n) : p.n;
  mlx_dtype t = p.kind == MX_FFT_TO_REAL ? MLX_FLOAT32 : MLX_COMPLEX64;
  return mx_node(MX_PRIM_FFT, (mx_spec){t, a->ndim, shape, NULL}, 1, &a, MX_WORDS(p), s);
}

/* a times `inner` along the axis where the numbers of a half spectrum stand for two. */
static mx_array *weigh(mx_array *a, const mx_fft_params *p, double inner, mx_stream *s) {
  if (!a)
    return NULL;
  int64_t n = complex_length(p->n), shape[MX_MAX_NDIM];
  for (int i = 0; i < a->ndim; i++)
    shape[i] = i == p->axis ? n : 1;
  mx_array *at = mx_arange(0, (double)n, 1, MLX_INT32, s), *zero = mx_scalar(0, MLX_INT32);
  mx_array *last = mx_scalar(p->n % 2 ? -1 : (double)(n - 1), MLX_INT32);
  mx_array *one = mx_scalar(1, MLX_FLOAT32), *twice = mx_scalar(inner, MLX_FLOAT32);
  if (!at || !zero || !last || !one || !twice)
    return NULL;
  mx_array *edge = mx_logical_or(mx_equal(at, zero, s), mx_equal(at, last, s), s);
  mx_array *by = mx_where(edge, one, twice, s);
  return mx_multiply(a, by ? mx_reshape(by, (mx_ints){shape, a->ndim}, s) : NULL, s);
}

int mx_vjp_fft(const mx_vjp_call *c) {
  mx_fft_params p = *params_of(c->op);
  mx_stream *s = c->s;
  p.inverse = !p.inverse;
  if (!c->want[0])
    return 0;
  switch (p.kind) {
  case MX_FFT_FROM_REAL:
    p.kind = MX_FFT_TO_REAL;
    c->grad[0] = transform(weigh(c->g[0], &p, 0.5, s), p, s);
    break;
  case MX_FFT_TO_REAL:
    p.kind = MX_FFT_FROM_REAL;
    c->grad[0] = weigh(transform(c->g[0], p, s), &p, 2, s);
    break;
  default:
    c->grad[0] = transform(c->g[0], p, s);
  }
  return !c->grad[0];
}

/* Linear over real numbers: tangents go the same way. */
int mx_jvp_fft(const mx_jvp_call *c) {
  c->out_t[0] = c->t[0] ? transform(c->t[0], *params_of(c->op), c->s) : NULL;
  return c->t[0] && !c->out_t[0];
}

int mx_remake_fft(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_fft_params *p = params_of(op);
  int64_t want = p->kind == MX_FFT_TO_REAL ? complex_length(p->n) : p->n;
  if (in[0]->shape[p->axis] != want)
    return mx_fail(MX_VALUE, "[fft] a transform of length %lld cannot take length %lld in a "
                   "shapeless graph", (long long)want, (long long)in[0]->shape[p->axis]);
  return mx_remade(out, transform(in[0], *p, op->stream));
}

int mx_vmap_fft(const mx_vmap_call *c) {
  mx_fft_params p = *params_of(c->op);
  p.axis = mx_past((int)p.axis, c->axis[0]);
  return mx_vmap_done(c, transform(c->in[0], p, c->s), c->axis[0]);
}
