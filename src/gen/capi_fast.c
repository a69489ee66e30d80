/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "mlx/c/fast.h"

#include <stdlib.h>

#include "capi/capi.h"
#include "gen/ops.h"

int mlx_fast_rms_norm(mlx_array* res, const mlx_array x, const mlx_array weight, float eps,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_rms_norm(mx_in(x, "fast_rms_norm"), mx_in_optional(weight), eps, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_layer_norm(mlx_array* res, const mlx_array x, const mlx_array weight,
    const mlx_array bias, float eps, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_layer_norm(mx_in(x, "fast_layer_norm"), mx_in_optional(weight), mx_in_optional(bias), eps, mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_rope(mlx_array* res, const mlx_array x, int dims, bool traditional,
    mlx_optional_float base, float scale, int offset, const mlx_array freqs, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_rope(mx_in(x, "fast_rope"), dims, traditional, base, scale, offset, mx_in_optional(freqs), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_rope_dynamic(mlx_array* res, const mlx_array x, int dims, bool traditional,
    mlx_optional_float base, float scale, const mlx_array offset, const mlx_array freqs,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_rope_dynamic(mx_in(x, "fast_rope_dynamic"), dims, traditional, base, scale, mx_in(offset, "fast_rope_dynamic"), mx_in_optional(freqs), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_scaled_dot_product_attention(mlx_array* res, const mlx_array queries,
    const mlx_array keys, const mlx_array values, float scale, const char* mask_mode,
    const mlx_array mask_arr, const mlx_array sinks, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_scaled_dot_product_attention(mx_in(queries, "fast_scaled_dot_product_attention"), mx_in(keys, "fast_scaled_dot_product_attention"), mx_in(values, "fast_scaled_dot_product_attention"), scale, mx_in_text(mask_mode), mx_in_optional(mask_arr), mx_in_optional(sinks), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_cross_entropy(mlx_array* res, const mlx_array logits, const mlx_array targets,
    const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r = mx_fast_cross_entropy(mx_in(logits, "fast_cross_entropy"), mx_in(targets, "fast_cross_entropy"), mx_in_stream(s));
  return mx_return(res, r, scope);
}

int mlx_fast_gated_delta_update(mlx_array* res_0, mlx_array* res_1, const mlx_array q,
    const mlx_array k, const mlx_array v, const mlx_array gamma, const mlx_array beta,
    const mlx_array initial_state, const mlx_array mask, const mlx_stream s) {
  mx_scope scope = mx_scope_open();
  mx_array *r[2] = {NULL};
  int bad = mx_fast_gated_delta_update(&r[0], &r[1], mx_in(q, "fast_gated_delta_update"), mx_in(k, "fast_gated_delta_update"), mx_in(v, "fast_gated_delta_update"), mx_in(gamma, "fast_gated_delta_update"), mx_in(beta, "fast_gated_delta_update"), mx_in_optional(initial_state), mx_in_optional(mask), mx_in_stream(s));
  return mx_return_many((mlx_array *[]){res_0, res_1}, r, 2, bad, scope);
}
