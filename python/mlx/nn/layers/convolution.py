"""Convolutions over one, two and three axes."""

import math
from typing import Union

import mlx.core as mx
from mlx.nn.layers.base import Module


def _tuple(value, n: int) -> tuple:
    """A number as n equal ones; n numbers as they are."""
    if isinstance(value, int):
        return (value,) * n
    if len(value) != n:
        raise ValueError(f"Expected an integer or {n} integers but got {value!r}.")
    return value


def _uniform_weight(shape) -> mx.array:
    """A weight O...I, uniform within the inverse root of the number of inputs of an output."""
    scale = math.sqrt(1 / math.prod(shape[1:]))
    return mx.random.uniform(low=-scale, high=scale, shape=shape)


def _check_groups(in_channels: int, groups: int):
    if in_channels % groups != 0:
        raise ValueError(
            f"The number of input channels ({in_channels}) must be "
            f"divisible by the number of groups ({groups})"
        )


class Conv1d(Module):
    r"""Convolution over one axis, channels last.

    Shapes: (N, L, in_channels) to (N, L', out_channels) with
    :math:`L' = \lfloor (L + 2p - d (k - 1) - 1) / s \rfloor + 1`.

    Parameters: `weight` (out_channels, kernel_size, in_channels / groups), uniform within
    :math:`\pm 1/\sqrt{k \cdot \text{in\_channels} / \text{groups}}`, and `bias`
    (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: length of the kernel, :math:`k`.
        stride: step of the kernel, :math:`s`.
        padding: zeros added at both ends, :math:`p`.
        dilation: distance of the kernel's elements, :math:`d`.
        groups: number of groups of channels that are not connected with each other.
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
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        _check_groups(in_channels, groups)
        self.weight = _uniform_weight((out_channels, kernel_size, in_channels // groups))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.groups = groups

    def _extra_repr(self):
        out_channels, kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels * self.groups}, {out_channels}, kernel_size={kernel_size}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"groups={self.groups}, bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv1d(x, self.weight, self.stride, self.padding, self.dilation, self.groups)
        return y + self.bias if "bias" in self else y


class Conv2d(Module):
    r"""Convolution over two axes, channels last.

    Shapes: (N, H, W, in_channels) to (N, H', W', out_channels), both sizes as in
    :class:`Conv1d`.

    Parameters: `weight` ``(out_channels, *kernel_size, in_channels / groups)``, uniform within
    :math:`\pm 1/\sqrt{k_h k_w \cdot \text{in\_channels} / \text{groups}}`, and `bias`
    (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: height and width of the kernel.
        stride: steps of the kernel.
        padding: zeros added at both ends of each axis.
        dilation: distances of the kernel's elements.
        groups: number of groups of channels that are not connected with each other.
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
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        _check_groups(in_channels, groups)
        kernel = _tuple(kernel_size, 2)
        self.weight = _uniform_weight((out_channels, *kernel, in_channels // groups))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _tuple(padding, 2)
        self.stride = _tuple(stride, 2)
        self.dilation = dilation
        self.groups = groups

    def _extra_repr(self):
        out_channels, *kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels * self.groups}, {out_channels}, kernel_size={tuple(kernel_size)}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"groups={self.groups}, bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv2d(x, self.weight, self.stride, self.padding, self.dilation, self.groups)
        return y + self.bias if "bias" in self else y


class Conv3d(Module):
    r"""Convolution over three axes, channels last.

    Shapes: (N, D, H, W, in_channels) to (N, D', H', W', out_channels), all sizes as in
    :class:`Conv1d`.

    Parameters: `weight` ``(out_channels, *kernel_size, in_channels)``, uniform within
    :math:`\pm 1/\sqrt{k_d k_h k_w \cdot \text{in\_channels}}`, and `bias` (out_channels,), zero.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of channels of the output.
        kernel_size: depth, height and width of the kernel.
        stride: steps of the kernel.
        padding: zeros added at both ends of each axis.
        dilation: distances of the kernel's elements.
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

    def _extra_repr(self):
        out_channels, *kernel_size, in_channels = self.weight.shape
        return (
            f"{in_channels}, {out_channels}, kernel_size={tuple(kernel_size)}, "
            f"stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x):
        y = mx.conv3d(x, self.weight, self.stride, self.padding, self.dilation)
        return y + self.bias if "bias" in self else y
