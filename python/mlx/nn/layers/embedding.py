"""Embedding: a table of vectors."""

import math
from typing import Optional

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.quantized import QuantizedEmbedding


class Embedding(Module):
    r"""Rows of a learnt table.

    Shapes: integers (...) to (..., dims).

    Parameters: `weight` (num_embeddings, dims), normal with standard deviation
    :math:`1/\sqrt{\text{dims}}`.

    Args:
        num_embeddings: number of rows, such as the size of a vocabulary.
        dims: length of a row.
    """

    def __init__(self, num_embeddings: int, dims: int):
        super().__init__()
        self.weight = mx.random.normal(shape=(num_embeddings, dims), scale=math.sqrt(1 / dims))

    def _extra_repr(self):
        num_embeddings, dims = self.weight.shape
        return f"{num_embeddings}, {dims}"

    def __call__(self, x):
        return self["weight"][x]

    def as_linear(self, x):
        """The table as a linear layer without bias: (..., dims) to (..., num_embeddings).

        It gives the logits of a model whose input and output share one table.
        """
        return x @ self["weight"].T

    def to_quantized(
        self,
        group_size: Optional[int] = None,
        bits: Optional[int] = None,
        mode: str = "affine",
        quantize_input: bool = False,
    ):
        """The layer with a quantized table (see :func:`mlx.core.quantize`).

        Args:
            group_size: number of weights that share a scale; the mode's own by default.
            bits: number of bits of a weight; the mode's own by default.
            mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
            quantize_input: must be False, since the input is integers.

        Returns:
            A :class:`QuantizedEmbedding`.
        """
        if quantize_input:
            raise ValueError("Quantized input is not supported.")
        return QuantizedEmbedding.from_embedding(self, group_size, bits, mode)
