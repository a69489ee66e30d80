"""Linear, bilinear and identity layers."""

import math
from typing import Any, Optional

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.quantized import QQLinear, QuantizedLinear


class Identity(Module):
    """Gives its input; takes any arguments and ignores them.

    Args:
        args: not used.
        kwargs: not used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def __call__(self, x: mx.array) -> mx.array:
        return x


class Linear(Module):
    r"""Affine map of the last axis, :math:`y = x W^\top + b`.

    Shapes: (..., input_dims) to (..., output_dims).

    Parameters: `weight` (output_dims, input_dims) and `bias` (output_dims,), uniform within
    :math:`\pm 1/\sqrt{\text{input\_dims}}`.

    Args:
        input_dims: number of features of the input.
        output_dims: number of features of the output.
        bias: whether there is a bias.
    """

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True) -> None:
        super().__init__()
        scale = math.sqrt(1.0 / input_dims)
        self.weight = mx.random.uniform(low=-scale, high=scale, shape=(output_dims, input_dims))
        if bias:
            self.bias = mx.random.uniform(low=-scale, high=scale, shape=(output_dims,))

    def _extra_repr(self) -> str:
        output_dims, input_dims = self.weight.shape
        return f"input_dims={input_dims}, output_dims={output_dims}, bias={'bias' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if "bias" in self:
            return mx.addmm(self["bias"], x, self["weight"].T)
        return x @ self["weight"].T

    def to_quantized(
        self,
        group_size: Optional[int] = None,
        bits: Optional[int] = None,
        mode: str = "affine",
        quantize_input: bool = False,
    ):
        """The layer with quantized weights (see :func:`mlx.core.quantize`).

        Args:
            group_size: number of weights that share a scale; the mode's own by default.
            bits: number of bits of a weight; the mode's own by default.
            mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
            quantize_input: quantize the input too: a :class:`QQLinear`, for the modes
                ``"mxfp8"`` and ``"nvfp4"``.

        Returns:
            A :class:`QuantizedLinear` or :class:`QQLinear`.
        """
        if not quantize_input:
            return QuantizedLinear.from_linear(self, group_size, bits, mode)
        if mode not in ("nvfp4", "mxfp8"):
            raise ValueError(
                f"Quantized activations are only supported for 'nvfp4' and 'mxfp8' modes, "
                f"got {mode}."
            )
        return QQLinear.from_linear(self, group_size, bits, mode)


class Bilinear(Module):
    r"""Bilinear map of the last axes of two inputs, :math:`y_i = x_1^\top W_i x_2 + b_i`.

    Shapes: (..., input1_dims) and (..., input2_dims) to (..., output_dims).

    Parameters: `weight` (output_dims, input2_dims, input1_dims) and `bias` (output_dims,),
    uniform within :math:`\pm 1/\sqrt{\text{input1\_dims}}`.

    Args:
        input1_dims: number of features of the first input.
        input2_dims: number of features of the second input.
        output_dims: number of features of the output.
        bias: whether there is a bias.
    """

    def __init__(
        self, input1_dims: int, input2_dims: int, output_dims: int, bias: bool = True
    ) -> None:
        super().__init__()
        scale = math.sqrt(1.0 / input1_dims)
        self.weight = mx.random.uniform(
            low=-scale, high=scale, shape=(output_dims, input2_dims, input1_dims)
        )
        if bias:
            self.bias = mx.random.uniform(low=-scale, high=scale, shape=(output_dims,))

    def _extra_repr(self) -> str:
        output_dims, input2_dims, input1_dims = self.weight.shape
        return (
            f"input1_dims={input1_dims}, input2_dims={input2_dims}, output_dims={output_dims}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x1: mx.array, x2: mx.array) -> mx.array:
        output_dims, input2_dims, input1_dims = self.weight.shape
        batch = x1.shape[:-1]
        x1 = x1.reshape(-1, input1_dims)
        x2 = x2.reshape(-1, 1, input2_dims)

        # (input1, output * input2) gives (batch, input2, output): then one product a row.
        weight = self.weight.reshape(output_dims * input2_dims, input1_dims)
        y = (x1 @ weight.T).reshape(-1, output_dims, input2_dims).swapaxes(-2, -1)
        y = (x2 @ y).squeeze(1).reshape(*batch, output_dims)
        return y + self.bias if "bias" in self else y
