/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MLX_FAST_H
#define MLX_FAST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "mlx/c/array.h"
#include "mlx/c/map.h"
#include "mlx/c/optional.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"
#include "mlx/c/fast_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* x over the root of its mean square (plus eps) along the last axis, times weight. Computed in
 * float32, rounded, then multiplied. */
int mlx_fast_rms_norm(mlx_array* res, const mlx_array x, const mlx_array weight, float eps,
    const mlx_stream s);
/* x less its mean over its standard deviation (variance plus eps) along the last axis, times
 * weight, plus bias. */
int mlx_fast_layer_norm(mlx_array* res, const mlx_array x, const mlx_array weight,
    const mlx_array bias, float eps, const mlx_stream s);
/* Rotary position embedding of x (B, ..., T, D): pairs of the first dims numbers turn by (offset
 * + position) * scale over base^(2i / dims), or over freqs. The offset is a number, or an array
 * of one, or one a batch row. Pairs are (i, i + dims / 2), or (2i, 2i + 1) when traditional. */
int mlx_fast_rope(mlx_array* res, const mlx_array x, int dims, bool traditional,
    mlx_optional_float base, float scale, int offset, const mlx_array freqs, const mlx_stream s);
int mlx_fast_rope_dynamic(mlx_array* res, const mlx_array x, int dims, bool traditional,
    mlx_optional_float base, float scale, const mlx_array offset, const mlx_array freqs,
    const mlx_stream s);
/* softmax(scale * q k^T + mask) v for q (B, Hq, Lq, D), k (B, Hkv, Lk, D), v (B, Hkv, Lk, Dv); Hq
 * is a multiple of Hkv. mask_mode is "", "causal" (query i sees keys up to i + Lk - Lq) or
 * "array"; a bool mask keeps what is True, another is added. sinks (Hq) are logits that take part
 * in the softmax alone. Memory is linear in Lk. */
int mlx_fast_scaled_dot_product_attention(mlx_array* res, const mlx_array queries,
    const mlx_array keys, const mlx_array values, float scale, const char* mask_mode,
    const mlx_array mask_arr, const mlx_array sinks, const mlx_stream s);
/* Loss of each row in float32: logsumexp(logits) less the logit of the target, over the last
 * axis. Negative targets count from the end; a target outside the row gives NaN. */
int mlx_fast_cross_entropy(mlx_array* res, const mlx_array logits, const mlx_array targets,
    const mlx_stream s);
/* The gated delta rule along T, one state (B, Hv, Dv, Dk) carried in float32: S = gamma S; S +=
 * beta (v - S k) k^T; out = S q. q, k (B, T, Hk, Dk), v (B, T, Hv, Dv), gamma (B, T, Hv) or (B,
 * T, Hv, Dk), beta (B, T, Hv); Hv is a multiple of Hk. Where mask (B, T) is false the state stays
 * and the output is 0. */
int mlx_fast_gated_delta_update(mlx_array* res_0, mlx_array* res_1, const mlx_array q,
    const mlx_array k, const mlx_array v, const mlx_array gamma, const mlx_array beta,
    const mlx_array initial_state, const mlx_array mask, const mlx_stream s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
