/* Builders of the fused operations: what they accept, the dtype of the result, and inputs in the
 * form that the kernels take (one dtype, the last axis dense). */
#include <math.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

static mx_array *dense_last(mx_array *a, mx_stream *s) {
  return a && a->ndim && (a->strides[a->ndim - 1] == 1 || a->shape[a->ndim - 1] == 1)
             ? a
             : mx_row_major(a, s);
}

/* --- norms --- */

static int check_norm_vector(const char *op, const char *what, const mx_array *x,
                             const mx_array *w) {
  if (!w) return 0;
  if (w->ndim != 1)
    return mx_fail(MX_VALUE, "[%s] %s must have 1 dimension but has %d", op, what, w->ndim);
  if (w->size != x->shape[x->ndim - 1])
    return mx_fail(MX_VALUE, "[%s] %s has %lld elements but the last axis of the input has %lld",
                   op, what, (long long)w->size, (long long)x->shape[x->ndim - 1]);
  return 0;
}

static mx_array *norm(enum mx_prim prim, const char *op, mx_array *x, mx_array *w, mx_array *b,
                      float eps, mx_stream *s) {
  if (!x) return NULL;
  if (x->ndim == 0) {
    mx_fail(MX_VALUE, "[%s] the input needs at least 1 dimension", op);
    return NULL;
  }
  if (check_norm_vector(op, "the weight", x, w) || check_norm_vector(op, "the bias", x, b))
    return NULL;
  /* A bias without a weight does not take part in the dtype. */
  mlx_dtype t = (mlx_dtype)x->dtype;
  if (w) t = mx_promote(t, (mlx_dtype)w->dtype);
  if (w && b) t = mx_promote(t, (mlx_dtype)b->dtype);
  if (!mx_is_float(t)) {
    mx_fail(MX_VALUE, "[%s] unsupported dtype %s", op, mx_dtype_name(t));
    return NULL;
  }
  mx_array *in[3] = {dense_last(mx_cast(x, t, s), s)};
  if (w && !(in[1] = mx_row_major(mx_cast(w, t, s), s))) return NULL;
  if (b && !(in[2] = mx_row_major(mx_cast(b, t, s), s))) return NULL;
  if (!in[0]) return NULL;
  mx_norm_params p = {(double)eps};
  int n_in = prim == MX_PRIM_RMS_NORM ? 2 : 3;
  return mx_node(prim, (mx_spec){t, x->ndim, x->shape, NULL}, n_in, in, MX_WORDS(p), s);
}

mx_array *mx_fast_rms_norm(mx_array *x, mx_array *weight, float eps, mx_stream *s) {
  return norm(MX_PRIM_RMS_NORM, "rms_norm", x, weight, NULL, eps, s);
}

mx_array *mx_fast_layer_norm(mx_array *x, mx_array *weight, mx_array *bias, float eps,
                             mx_stream *s) {
  return norm(MX_PRIM_LAYER_NORM, "layer_norm", x, weight, bias, eps, s);
}

/* --- rotary embedding --- */

static int check_rope(const mx_array *x, int dims, mlx_optional_float base, const mx_array *freqs) {
  if (x->ndim < 3)
    return mx_fail(MX_VALUE, "[rope] the input needs at least 3 dimensions but has %d", x->ndim);
  if (!mx_is_float((mlx_dtype)x->dtype))
    return mx_fail(MX_VALUE, "[rope] the input must be of a floating type, not %s",
                   mx_dtype_name((mlx_dtype)x->dtype));
  if (dims <= 0 || dims % 2 || dims > x->shape[x->ndim - 1])
    return mx_fail(MX_VALUE, "[rope] dims must be even, positive and at most %lld, not %d",
                   (long long)x->shape[x->ndim - 1], dims);
  if (base.has_value == (freqs != NULL))
    return mx_fail(MX_VALUE, "[rope] either base or freqs is needed, not both");
  if (freqs && (freqs->ndim != 1 || freqs->size != dims / 2))
    return mx_fail(MX_VALUE, "[rope] freqs must have one dimension of size %d", dims / 2);
  return 0;
}

static int check_offset(const mx_array *x, const mx_array *offset) {
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)offset->dtype);
  if (kind != MX_KIND_INT && kind != MX_KIND_UINT)
    return mx_fail(MX_VALUE, "[rope] offset must be an integer, not %s",
                   mx_dtype_name((mlx_dtype)offset->dtype));
  if (offset->ndim > 1)
    return mx_fail(MX_VALUE, "[rope] offset must have at most one dimension but has %d",
                   offset->ndim);
  if (offset->ndim && offset->size != 1 && offset->size != x->shape[0])
    return mx_fail(MX_VALUE, "[rope] offset must be a scalar or have %lld elements, not %lld",
                   (long long)x->shape[0], (long long)offset->size);
  return 0;
}

static mx_array *rope(mx_array *x, mx_rope_params p, mlx_optional_float base, mx_array *offset,
                      mx_array *freqs, mx_stream *s) {
  if (check_rope(x, (int)p.dims, base, freqs) || (offset && check_offset(x, offset))) return NULL;
  if (base.has_value) p.base = (double)base.value;
  mx_array *in[3] = {dense_last(x, s)};
  if (!in[0]) return NULL;
  if (offset && !(in[1] = mx_cast(offset, MLX_INT32, s))) return NULL;
  if (freqs && !(in[2] = mx_row_major(mx_cast(freqs, MLX_FLOAT32, s), s))) return NULL;
  return mx_node(MX_PRIM_ROPE, (mx_spec){(mlx_dtype)x->dtype, x->ndim, x->shape, NULL}, 3, in,
                 MX_WORDS(p), s);
}

mx_array *mx_fast_rope(mx_array *x, int dims, bool traditional, mlx_optional_float base,
                       float scale, int offset, mx_array *freqs, mx_stream *s) {
  if (!x) return NULL;
  return rope(x, (mx_rope_params){dims, traditional, 0, (double)scale, offset}, base, NULL, freqs,
              s);
}

mx_array *mx_fast_rope_dynamic(mx_array *x, int dims, bool traditional, mlx_optional_float base,
                               float scale, mx_array *offset, mx_array *freqs, mx_stream *s) {
  if (!x || !offset) return NULL;
  return rope(x, (mx_rope_params){dims, traditional, 0, (double)scale, 0}, base, offset, freqs, s);
}

/* --- attention --- */

static const char sdpa[] = "scaled_dot_product_attention";

static int check_heads(const mx_array *q, const mx_array *k, const mx_array *v) {
  const mx_array *all[] = {q, k, v};
  char x[200], y[200];
  for (int i = 0; i < 3; i++) {
    const mx_array *a = all[i];
    mx_shape_text(x, sizeof x, a->shape, a->ndim);
    if (a->ndim != 4) return mx_fail(MX_VALUE, "[%s] input of shape %s is not of rank 4", sdpa, x);
    if (a->shape[0] != q->shape[0])
      return mx_fail(MX_VALUE, "[%s] the batch of the input of shape %s does not match", sdpa, x);
  }
  mx_shape_text(x, sizeof x, k->shape, 4);
  mx_shape_text(y, sizeof y, v->shape, 4);
  if (k->shape[1] != v->shape[1] || k->shape[2] != v->shape[2])
    return mx_fail(MX_VALUE, "[%s] keys %s and values %s do not match", sdpa, x, y);
  if (q->shape[3] != k->shape[3])
    return mx_fail(MX_VALUE, "[%s] queries have %lld numbers but keys have shape %s", sdpa,
                   (long long)q->shape[3], x);
  if (k->shape[1] == 0 ? q->shape[1] != 0 : q->shape[1] % k->shape[1] != 0)
    return mx_fail(MX_VALUE, "[%s] %lld heads are no multiple of %lld key heads", sdpa,
                   (long long)q->shape[1], (long long)k->shape[1]);
  return 0;
}

/* The mask in the form of the kernel: bool, or of the result's dtype. */
static mx_array *ready_mask(mx_array *m, const mx_array *q, const mx_array *k, mlx_dtype t,
                            mx_stream *s) {
  if (m->ndim > 4) {
    mx_fail(MX_VALUE, "[%s] the mask must have at most rank 4, not %d", sdpa, m->ndim);
    return NULL;
  }
  const int64_t want[4] = {q->shape[0], q->shape[1], q->shape[2], k->shape[2]};
  for (int i = 0; i < m->ndim; i++) {
    int64_t n = m->shape[i];
    if (n == 1 || n == want[4 - m->ndim + i]) continue;
    char x[200], y[200];
    mx_fail(MX_VALUE, "[%s] a mask of shape %s does not broadcast to %s", sdpa,
            mx_shape_text(x, sizeof x, m->shape, m->ndim), mx_shape_text(y, sizeof y, want, 4));
    return NULL;
  }
  if (m->dtype == MLX_BOOL) return m;
  if (mx_promote((mlx_dtype)m->dtype, t) != t) {
    mx_fail(MX_VALUE, "[%s] the mask's dtype %s must promote to %s", sdpa,
            mx_dtype_name((mlx_dtype)m->dtype), mx_dtype_name(t));
    return NULL;
  }
  return mx_cast(m, t, s);
}

static mx_array *ready_sinks(mx_array *sinks, const mx_array *q, mlx_dtype t, mx_stream *s) {
  if (sinks->ndim != 1 || sinks->size != q->shape[1]) {
    char x[200];
    mx_fail(MX_VALUE, "[%s] sinks must have one number a head, not shape %s", sdpa,
            mx_shape_text(x, sizeof x, sinks->shape, sinks->ndim));
    return NULL;
  }
  if (mx_promote((mlx_dtype)sinks->dtype, t) != t) {
    mx_fail(MX_VALUE, "[%s] the sinks' dtype %s must promote to %s", sdpa,
            mx_dtype_name((mlx_dtype)sinks->dtype), mx_dtype_name(t));
    return NULL;
  }
  return mx_cast(sinks, t, s);
}

/* "" and "array" take mask_arr where there is one. */
static int check_mode(const char *mode, const mx_array *mask, bool *causal) {
  mode = mode ? mode : "";
  *causal = !strcmp(mode, "causal");
  if (*causal && mask) return mx_fail(MX_VALUE, "[%s] causal takes no mask array", sdpa);
  if (!strcmp(mode, "array") && !mask)
    return mx_fail(MX_VALUE, "[%s] mask mode 'array' needs a mask", sdpa);
  if (*causal || !*mode || !strcmp(mode, "array")) return 0;
  return mx_fail(MX_VALUE, "[%s] invalid mask mode '%s', not 'causal', 'array' or ''", sdpa, mode);
}

mx_array *mx_fast_scaled_dot_product_attention(mx_array *queries, mx_array *keys,
                                               mx_array *values, float scale,
                                               const char *mask_mode, mx_array *mask_arr,
                                               mx_array *sinks, mx_stream *s) {
  mx_array *q = queries, *k = keys, *v = values;
  bool causal;
  if (!q || !k || !v || check_mode(mask_mode, mask_arr, &causal) || check_heads(q, k, v))
    return NULL;
  mlx_dtype t = mx_promote(mx_promote((mlx_dtype)q->dtype, (mlx_dtype)k->dtype),
                           (mlx_dtype)v->dtype);
  if (!mx_is_float(t)) {
    mx_fail(MX_VALUE, "[%s] unsupported dtype %s", sdpa, mx_dtype_name(t));
    return NULL;
  }
  mx_array *in[5] = {dense_last(mx_cast(q, t, s), s), dense_last(mx_cast(k, t, s), s),
                     dense_last(mx_cast(v, t, s), s)};
  if (!in[0] || !in[1] || !in[2]) return NULL;
  if (mask_arr && !(in[3] = ready_mask(mask_arr, q, k, t, s))) return NULL;
  if (sinks && !(in[4] = ready_sinks(sinks, q, t, s))) return NULL;
  mx_attention_params p = {(double)scale, causal};
  const int64_t shape[4] = {q->shape[0], q->shape[1], q->shape[2], v->shape[3]};
  return mx_node(MX_PRIM_SCALED_DOT_PRODUCT_ATTENTION, (mx_spec){t, 4, shape, NULL}, 5, in,
                 MX_WORDS(p), s);
}

/* --- cross entropy --- */

mx_array *mx_fast_cross_entropy(mx_array *logits, mx_array *targets, mx_stream *s) {
  const char *op = "cross_entropy";
  if (!logits || !targets) return NULL;
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)targets->dtype);
  if (logits->ndim == 0 || !mx_is_float((mlx_dtype)logits->dtype)) {
    mx_fail(MX_VALUE, "[%s] logits need at least 1 dimension and a floating dtype, not %s", op,
            mx_dtype_name((mlx_dtype)logits->dtype));
    return NULL;
  }
  if (kind != MX_KIND_INT && kind != MX_KIND_UINT) {
    mx_fail(MX_VALUE, "[%s] targets must be integers, not %s", op,
            mx_dtype_name((mlx_dtype)targets->dtype));
    return NULL;
  }
  const int n = logits->ndim - 1;
  if (targets->ndim != n ||
      (n && memcmp(targets->shape, logits->shape, (size_t)n * sizeof *targets->shape))) {
    char x[200], y[200];
    mx_fail(MX_VALUE, "[%s] targets of shape %s do not match logits of shape %s", op,
            mx_shape_text(x, sizeof x, targets->shape, targets->ndim),
            mx_shape_text(y, sizeof y, logits->shape, logits->ndim));
    return NULL;
  }
  if (logits->size == 0) {
    mx_fail(MX_VALUE, "[%s] the logits are empty", op);
    return NULL;
  }
  if (logits->dtype == MLX_FLOAT64) logits = mx_cast(logits, MLX_FLOAT32, s);
  mx_array *in[2] = {dense_last(logits, s), mx_row_major(mx_cast(targets, MLX_INT64, s), s)};
  if (!in[0] || !in[1]) return NULL;
  return mx_node(MX_PRIM_CROSS_ENTROPY, (mx_spec){MLX_FLOAT32, n, targets->shape, NULL}, 2, in, 0,
                 NULL, s);
}

/* --- the gated delta rule --- */

static bool same_shape(const mx_array *a, int ndim, const int64_t *shape) {
  return a->ndim == ndim && (!ndim || !memcmp(a->shape, shape, (size_t)ndim * sizeof *shape));
}

static int check_delta(const mx_array *q, const mx_array *k, const mx_array *v,
                       const mx_array *gamma, const mx_array *beta, const mx_array *state,
                       const mx_array *mask) {
  const char *op = "gated_delta_update";
  if (q->ndim != 4 || v->ndim != 4 || !same_shape(k, 4, q->shape))
    return mx_fail(MX_VALUE, "[%s] q and k must be (B, T, Hk, Dk) and v (B, T, Hv, Dv)", op);
  const int64_t b = q->shape[0], t = q->shape[1], hk = q->shape[2], dk = q->shape[3];
  const int64_t hv = v->shape[2], gates[4] = {b, t, hv, dk}, states[4] = {b, hv, v->shape[3], dk};
  if (v->shape[0] != b || v->shape[1] != t || t == 0)
    return mx_fail(MX_VALUE, "[%s] q, k and v must have one batch and at least one step", op);
  if (hk == 0 || hv % hk)
    return mx_fail(MX_VALUE, "[%s] %lld value heads are no multiple of %lld key heads", op,
                   (long long)hv, (long long)hk);
  if (!same_shape(gamma, gamma->ndim == 4 ? 4 : 3, gates) || !same_shape(beta, 3, gates))
    return mx_fail(MX_VALUE, "[%s] gamma must be (B, T, Hv[, Dk]), beta (B, T, Hv)", op);
  if (state && !same_shape(state, 4, states))
    return mx_fail(MX_VALUE, "[%s] the state must be (B, Hv, Dv, Dk)", op);
  if (mask && !same_shape(mask, 2, gates))
    return mx_fail(MX_VALUE, "[%s] the mask must be (B, T)", op);
  return 0;
}

int mx_fast_gated_delta_update(mx_array **res_0, mx_array **res_1, mx_array *q, mx_array *k,
                               mx_array *v, mx_array *gamma, mx_array *beta,
                               mx_array *initial_state, mx_array *mask, mx_stream *s) {
  if (!q || !k || !v || !gamma || !beta || check_delta(q, k, v, gamma, beta, initial_state, mask))
    return 1;
  mx_array *from[7] = {q, k, v, gamma, beta, initial_state, mask}, *in[7] = {NULL};
  for (int i = 0; i < 7; i++) {
    if (!from[i]) continue;
    if (from[i]->dtype == MLX_COMPLEX64)
      return mx_fail(MX_VALUE, "[gated_delta_update] unsupported dtype complex64");
    in[i] = mx_row_major(mx_cast(from[i], i == 6 ? MLX_BOOL : MLX_FLOAT32, s), s);
    if (!in[i]) return 1;
  }
  mlx_dtype t = mx_promote((mlx_dtype)q->dtype, (mlx_dtype)k->dtype);
  t = mx_promote(t, (mlx_dtype)v->dtype);
  const int64_t out[4] = {q->shape[0], q->shape[1], v->shape[2], v->shape[3]};
  const int64_t state[4] = {q->shape[0], v->shape[2], v->shape[3], q->shape[3]};
  const mx_spec specs[2] = {{MLX_FLOAT32, 4, out, NULL}, {MLX_FLOAT32, 4, state, NULL}};
  mx_array *r[2];
  if (mx_node_multi(MX_PRIM_GATED_DELTA_UPDATE, 2, specs, r, 7, in, 0, NULL, s)) return 1;
  /* The state stays wide; float64 inputs get their dtype back, not its precision. */
  *res_0 = mx_cast(r[0], mx_at_least_float(t), s);
  *res_1 = mx_cast(r[1], t == MLX_FLOAT64 ? t : MLX_FLOAT32, s);
  return !*res_0 || !*res_1;
}
