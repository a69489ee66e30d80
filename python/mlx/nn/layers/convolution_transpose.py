"""Transposed convolutions over one, two and three axes."""

from typing import Union

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.convolution import _tuple, _uniform_weight


class ConvTranspose1d(Module):
    r"""Transposed convolution over one axis, channels last.

    Shapes: (N, L, in_channels) to (N, L', out_channels) with
    :math:`L' = (L - 1) s - 2p + d (k - 1) + o + 1`.

    Parameters: `weight` (out_channels, kernel_size, in_channels), uniform within
    :math:`\pm 1/\sqrt{k \cdot \text{in\_channels}}`, and `bias` (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: length of the kernel, :math:`k`.
        stride: step of the kernel, :math:`s`.
        padding: what is cut off at both ends, :math:`p`.
        dilation: distance of the kernel's elements, :math:`d`.
        output_padding: what is added at the end, :math:`o`.
        bias: whether there is a bias.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        output_padding: int = 0,
        bias: bool = True,
    ):
        super().__init__()
        self.weight = _uniform_weight((out_channels, kernel_size, in_channels))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.output_padding = output_padding

    def _extra_repr(self):
        out_channels, kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels}, {out_channels}, kernel_size={kernel_size}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv_transpose1d(
            x, self.weight, self.stride, self.padding, self.dilation, self.output_padding
        )
        return y + self.bias if "bias" in self else y


class ConvTranspose2d(Module):
    r"""Transposed convolution over two axes, channels last.

    Shapes: (N, H, W, in_channels) to (N, H', W', out_channels), both sizes as in
    :class:`ConvTranspose1d`.

    Parameters: `weight` ``(out_channels, *kernel_size, in_channels)``, uniform within
    :math:`\pm 1/\sqrt{k_h k_w \cdot \text{in\_channels}}`, and `bias` (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: height and width of the kernel.
        stride: steps of the kernel.
        padding: what is cut off at both ends of each axis.
        dilation: distances of the kernel's elements.
        output_padding: what is added at the end of each axis.
        bias: whether there is a bias.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        output_padding: Union[int, tuple] = 0,
        bias: bool = True,
    ):
        super().__init__()
        kernel = _tuple(kernel_size, 2)
        self.weight = _uniform_weight((out_channels, *kernel, in_channels))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _tuple(padding, 2)
        self.stride = _tuple(stride, 2)
        self.dilation = dilation
        self.output_padding = _tuple(output_padding, 2)

    def _extra_repr(self):
        out_channels, *kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels}, {out_channels}, kernel_size={tuple(kernel_size)}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv_transpose2d(
            x, self.weight, self.stride, self.padding, self.dilation, self.output_padding
        )
        return y + self.bias if "bias" in self else y


class ConvTranspose3d(Module):
    r"""Transposed convolution over three axes, channels last.

    Shapes: (N, D, H, W, in_channels) to (N, D', H', W', out_channels), all sizes as in
    :class:`ConvTranspose1d`.

    Parameters: `weight` ``(out_channels, *kernel_size, in_channels)``, uniform within
    :math:`\pm 1/\sqrt{k_d k_h k_w \cdot \text{in\_channels}}`, and `bias` (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: depth, height and width of the kernel.
        stride: steps of the kernel.
        padding: what is cut off at both ends of each axis.
        dilation: distances of the kernel's elements.
        output_padding: what is added at the end of each axis.
        bias: whether there is a bias.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Union[int, tuple],
        stride: Union[int, tuple] = 1,
        padding: Union[int, tuple] = 0,
        dilation: Union[int, tuple] = 1,
        output_padding: Union[int, tuple] = 0,
        bias: bool = True,
    ):
        super().__init__()
        kernel = _tuple(kernel_size, 3)
        self.weight = _uniform_weight((out_channels, *kernel, in_channels))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _tuple(padding, 3)
        self.stride = _tuple(stride, 3)
        self.dilation = dilation
        self.output_padding = _tuple(output_padding, 3)

    def _extra_repr(self):
        out_channels, *kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels}, {out_channels}, kernel_size={tuple(kernel_size)}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv_transpose3d(
            x, self.weight, self.stride, self.padding, self.dilation, self.output_padding
        )
        return y + self.bias if "bias" in self else y
