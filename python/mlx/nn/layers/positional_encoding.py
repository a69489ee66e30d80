"""Encodings of positions: rotary, sinusoidal and linear biases."""

import math
from typing import Optional

import mlx.core as mx
from mlx.nn.layers.base import Module


class RoPE(Module):
    """Rotary position embedding (Su et al. 2021, RoFormer): pairs of features are turned by an
    angle that grows with the position.

    Shapes: (..., T, D) to the same; see :func:`mlx.core.fast.rope`.

    Args:
        dims: number of features that are turned; the others stay as they are.
        traditional: pairs are neighbours; otherwise the first half is paired with the second.
        base: the angles of neighbouring pairs differ by ``base ** (2 / dims)``.
        scale: factor of the positions.
    """

    def __init__(
        self, dims: int, traditional: bool = False, base: float = 10000, scale: float = 1.0
    ):
        super().__init__()
        self.dims = dims
        self.traditional = traditional
        self.base = base
        self.scale = scale

    def _extra_repr(self):
        return f"{self.dims}, traditional={self.traditional}"

    def __call__(self, x, offset: int = 0):
        return mx.fast.rope(
            x,
            self.dims,
            traditional=self.traditional,
            base=self.base,
            scale=self.scale,
            offset=offset,
        )


class SinusoidalPositionalEncoding(Module):
    r"""Sines and cosines of the position (Vaswani et al. 2017, Attention is all you need).

    Shapes: positions (...) to (..., dims): first the sines of all frequencies, then the cosines.

    Args:
        dims: number of features of the encoding.
        min_freq: the lowest frequency.
        max_freq: the highest frequency.
        scale: factor of the encoding, :math:`\sqrt{2 / \text{dims}}` by default.
        cos_first: cosines before the sines.
        full_turns: frequencies are in turns, not in radians.
    """

    def __init__(
        self,
        dims: int,
        min_freq: float = 0.0001,
        max_freq: float = 1,
        scale: Optional[float] = None,
        cos_first: bool = False,
        full_turns: bool = False,
    ):
        super().__init__()
        if dims <= 0 or dims % 2 != 0:
            raise ValueError(
                f"[SinusoidalPositionalEncoding] dims must be positive and even but got {dims}."
            )
        ones_to_zeros = 1 - mx.arange(0, dims // 2) / max(dims // 2 - 1, 1)
        low, high = math.log(min_freq), math.log(max_freq)
        # The underscore keeps it out of the parameters.
        self._sigmas = mx.exp(ones_to_zeros * (high - low) + low)
        if full_turns:
            self._sigmas = self._sigmas * (2 * math.pi)
        self.scale = (2 / dims) ** 0.5 if scale is None else scale
        self.cos_first = cos_first

    def __call__(self, x):
        angles = x[..., None] * self._sigmas
        sines, cosines = mx.sin(angles), mx.cos(angles)
        pair = [cosines, sines] if self.cos_first else [sines, cosines]
        y = mx.concatenate(pair, axis=-1)
        return y * self.scale if self.scale != 1 else y


class ALiBi(Module):
    """Attention with linear biases (Press et al. 2021): scores fall with the distance of query and
    key, faster in some heads than in others.

    Shapes: attention scores (N, heads, queries, keys) to the same.
    """

    @staticmethod
    def create_alibi_slope(num_heads: int, dtype: mx.Dtype = mx.float32) -> mx.array:
        """The slopes of the heads, (num_heads, 1, 1).

        They fall geometrically to 1/256. When the number of heads is no power of two, every other
        slope of twice the next lower power of two follows the slopes of that power.
        """

        def geometric(n):
            return [2.0 ** (-8.0 * i / n) for i in range(1, n + 1)]

        power = 1 << (num_heads.bit_length() - 1)
        slopes = geometric(power) + geometric(2 * power)[::2][: num_heads - power]
        return mx.array(slopes, dtype=dtype).reshape(num_heads, 1, 1)

    @staticmethod
    def create_alibi_matrix(
        q_sequence_length: int,
        k_sequence_length: int,
        num_heads: int,
        offset: int = 0,
        dtype: mx.Dtype = mx.float32,
    ) -> mx.array:
        """The biases, (1, num_heads, q_sequence_length, k_sequence_length).

        Args:
            q_sequence_length: number of positions up to the last query.
            k_sequence_length: number of keys.
            num_heads: number of heads.
            offset: position of the first query.
            dtype: dtype of the biases.
        """
        queries = mx.arange(offset, q_sequence_length)
        keys = mx.arange(0, k_sequence_length)
        distance = mx.abs(mx.expand_dims(queries[:, None] - keys[None, :], axis=(0, 1)))
        slopes = ALiBi.create_alibi_slope(num_heads, dtype)
        return (-distance).astype(dtype) * slopes

    def __call__(
        self,
        attention_scores: mx.array,
        offset: int = 0,
        mask: Optional[mx.array] = None,
    ) -> mx.array:
        biases = ALiBi.create_alibi_matrix(
            q_sequence_length=attention_scores.shape[-2] + offset,
            k_sequence_length=attention_scores.shape[-1],
            num_heads=attention_scores.shape[1],
            offset=offset,
            dtype=attention_scores.dtype,
        )
        return attention_scores + (biases if mask is None else biases + mask)
