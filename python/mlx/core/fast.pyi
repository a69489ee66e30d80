# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mlx.core import Device, DeviceType, Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

def metal_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '',
                 ensure_row_contiguous: bool = True, atomic_outputs: bool = False,
                 compile_options: Any = None) -> Any: ...
def cuda_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '',
                ensure_row_contiguous: bool = True, shared_memory: int = 0) -> Any: ...
def precompiled_cuda_kernel(*, name: str, compiled_source: bytes, inputs: Sequence[scalar | array],
                            output_shapes: Sequence[tuple[int, ...]], output_dtypes: Sequence[Dtype],
                            scalars: Sequence[Any], grid: tuple[int, int, int], threadgroup: tuple[int, int, int],
                            shared_memory: int = 0, init_value: float | None = None,
                            ensure_row_contiguous: bool = False,
                            stream: StreamOrDevice = None) -> list[array]: ...

def rms_norm(x: array, weight: array | None, eps: float, *, stream: StreamOrDevice | None = None) -> array:
    """x over the root of its mean square (plus eps) along the last axis, times weight. Computed in float32, rounded, then multiplied."""
    ...

def layer_norm(x: array, weight: array | None, bias: array | None, eps: float, *, stream: StreamOrDevice | None = None) -> array:
    """x less its mean over its standard deviation (variance plus eps) along the last axis, times weight, plus bias."""
    ...

def rope(a: array, dims: int, *, traditional: bool, base: float | None, scale: float, offset: int | array, freqs: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Rotary position embedding of x (B, ..., T, D): pairs of the first dims numbers turn by (offset + position) * scale over base^(2i / dims), or over freqs. The offset is a number, or an array of one, or one a batch row. Pairs are (i, i + dims / 2), or (2i, 2i + 1) when traditional."""
    ...

def scaled_dot_product_attention(q: array, k: array, v: array, *, scale: float, mask: None | str | array = None, sinks: array | None = None, force_fused: bool = False, stream: StreamOrDevice | None = None) -> array:
    """softmax(scale * q k^T + mask) v for q (B, Hq, Lq, D), k (B, Hkv, Lk, D), v (B, Hkv, Lk, Dv); Hq is a multiple of Hkv. mask_mode is "", "causal" (query i sees keys up to i + Lk - Lq) or "array"; a bool mask keeps what is True, another is added. sinks (Hq) are logits that take part in the softmax alone. Memory is linear in Lk."""
    ...

def cross_entropy(logits: array, targets: array, *, stream: StreamOrDevice | None = None) -> array:
    """Loss of each row in float32: logsumexp(logits) less the logit of the target, over the last axis. Negative targets count from the end; a target outside the row gives NaN."""
    ...

def gated_delta_update(q: array, k: array, v: array, gamma: array, beta: array, initial_state: array | None = None, mask: array | None = None, stream: StreamOrDevice | None = None) -> list[array]:
    """The gated delta rule along T, one state (B, Hv, Dv, Dk) carried in float32: S = gamma S; S += beta (v - S k) k^T; out = S q. q, k (B, T, Hk, Dk), v (B, T, Hv, Dv), gamma (B, T, Hv) or (B, T, Hv, Dk), beta (B, T, Hv); Hv is a multiple of Hk. Where mask (B, T) is false the state stays and the output is 0."""
    ...
