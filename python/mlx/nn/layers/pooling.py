"""Maximum and average over windows of one, two and three axes.

Windows that do not overlap are a reshape, the others a view with repeated strides; either way the
pooling is one reduction over the window's axes."""

from itertools import accumulate
from typing import Optional, Tuple, Union

import mlx.core as mx
from mlx.nn.layers.base import Module


def _integers(value, n: int, what: str) -> list:
    """A number n times, or n numbers, as a list."""
    if isinstance(value, int):
        return [value] * n
    if isinstance(value, (list, tuple)) and len(value) == n:
        return list(value)
    raise ValueError(
        f"{what} must be an integer or a tuple containing {n} integer{'s' if n > 1 else ''}"
    )


def _check_windows(x: mx.array, window: list, strides: list):
    if x.ndim < 3:
        raise ValueError(
            f"To extract sliding windows at least 1 spatial dimension (3 total) is needed but the "
            f"input only has {x.ndim} dimensions."
        )
    spatial = x.ndim - 2
    if not spatial == len(window) == len(strides):
        raise ValueError(
            f"To extract sliding windows the window shapes and strides must have the same number "
            f"of spatial dimensions as the signal but the signal has {spatial} dims and the "
            f"window shape has {len(window)} and strides have {len(strides)}."
        )


def _windows(x: mx.array, window: list, strides: list) -> Tuple[mx.array, list]:
    """An array (N, *spatial, C) with further axes for the windows, and which these are."""
    _check_windows(x, window, strides)
    n, *spatial, channels = x.shape
    counts = [max(0, (size - w) // s + 1) for size, w, s in zip(spatial, window, strides)]
    if window == strides and all(size % w == 0 for size, w in zip(spatial, window)):
        parts = [v for pair in zip(counts, window) for v in pair]
        return x.reshape(n, *parts, channels), list(range(2, 2 * len(window) + 1, 2))

    # Row-major strides of x, in elements.
    steps = list(accumulate(reversed([*spatial, channels]), lambda a, b: a * b, initial=1))[::-1]
    batch_step, *spatial_steps, channel_step = steps
    x = mx.as_strided(
        x,
        shape=[n, *counts, *window, channels],
        strides=[
            batch_step,
            *(step * s for step, s in zip(spatial_steps, strides)),
            *spatial_steps,
            channel_step,
        ],
    )
    return x, list(range(-1 - len(window), -1))


class _Pool(Module):
    """A reduction over windows, after padding."""

    def __init__(self, pooling_function, kernel_size, stride, padding, padding_value):
        super().__init__()
        name = type(self).__name__
        for what, values in (("kernel_size", kernel_size), ("stride", stride)):
            if any(v <= 0 for v in values):
                raise ValueError(f"[{name}] '{what}' must be positive but got {tuple(values)}.")
        self._pooling_function = pooling_function
        self._kernel_size = kernel_size
        self._stride = stride
        self._padding = [(p, p) for p in padding]
        self._padding_value = padding_value

    def _extra_repr(self):
        padding = tuple(p for p, _ in self._padding)
        return (
            f"kernel_size={tuple(self._kernel_size)}, stride={tuple(self._stride)}, "
            f"padding={padding}"
        )

    def __call__(self, x):
        if any(p > 0 for p, _ in self._padding):
            widths = [(0, 0), *self._padding, (0, 0)]
            x = mx.pad(x, widths, constant_values=self._padding_value)
        return self._pooling_function(*_windows(x, self._kernel_size, self._stride))


class _PoolNd(_Pool):
    """Takes a number or a sequence for each of the sizes."""

    _dims: int

    def __init__(self, pooling_function, padding_value, kernel_size, stride, padding):
        name = type(self).__name__
        kernel_size = _integers(kernel_size, self._dims, f"[{name}] 'kernel_size'")
        if stride is None:
            stride = kernel_size
        else:
            stride = _integers(stride, self._dims, f"[{name}] 'stride'")
        padding = _integers(padding, self._dims, f"[{name}] 'padding'")
        super().__init__(pooling_function, kernel_size, stride, padding, padding_value)


class _Pool1d(_PoolNd):
    _dims = 1


class _Pool2d(_PoolNd):
    _dims = 2


class _Pool3d(_PoolNd):
    _dims = 3


class MaxPool1d(_Pool1d):
    r"""Maximum over windows of one axis.

    Shapes: (N, L, C) to (N, L', C) with :math:`L' = \lfloor (L + 2p - k) / s \rfloor + 1`.

    Args:
        kernel_size: length of the window, :math:`k`.
        stride: step of the window, :math:`s`; `kernel_size` by default.
        padding: negative infinities added at both ends, :math:`p`.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int]],
        stride: Optional[Union[int, Tuple[int]]] = None,
        padding: Union[int, Tuple[int]] = 0,
    ):
        super().__init__(mx.max, -float("inf"), kernel_size, stride, padding)


class AvgPool1d(_Pool1d):
    r"""Average over windows of one axis.

    Shapes: (N, L, C) to (N, L', C) with :math:`L' = \lfloor (L + 2p - k) / s \rfloor + 1`.

    Args:
        kernel_size: length of the window, :math:`k`.
        stride: step of the window, :math:`s`; `kernel_size` by default.
        padding: zeros added at both ends, which count, :math:`p`.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int]],
        stride: Optional[Union[int, Tuple[int]]] = None,
        padding: Union[int, Tuple[int]] = 0,
    ):
        super().__init__(mx.mean, 0, kernel_size, stride, padding)


class MaxPool2d(_Pool2d):
    r"""Maximum over windows of two axes.

    Shapes: (N, H, W, C) to (N, H', W', C), both sizes as in :class:`MaxPool1d`.

    Args:
        kernel_size: height and width of the window.
        stride: steps of the window; `kernel_size` by default.
        padding: negative infinities added at both ends of each axis.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int]],
        stride: Optional[Union[int, Tuple[int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int]]] = 0,
    ):
        super().__init__(mx.max, -float("inf"), kernel_size, stride, padding)


class AvgPool2d(_Pool2d):
    r"""Average over windows of two axes.

    Shapes: (N, H, W, C) to (N, H', W', C), both sizes as in :class:`AvgPool1d`.

    Args:
        kernel_size: height and width of the window.
        stride: steps of the window; `kernel_size` by default.
        padding: zeros added at both ends of each axis, which count.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int]],
        stride: Optional[Union[int, Tuple[int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int]]] = 0,
    ):
        super().__init__(mx.mean, 0, kernel_size, stride, padding)


class MaxPool3d(_Pool3d):
    r"""Maximum over windows of three axes.

    Shapes: (N, D, H, W, C) to (N, D', H', W', C), all sizes as in :class:`MaxPool1d`.

    Args:
        kernel_size: depth, height and width of the window.
        stride: steps of the window; `kernel_size` by default.
        padding: negative infinities added at both ends of each axis.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int, int]],
        stride: Optional[Union[int, Tuple[int, int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int, int]]] = 0,
    ):
        super().__init__(mx.max, -float("inf"), kernel_size, stride, padding)


class AvgPool3d(_Pool3d):
    r"""Average over windows of three axes.

    Shapes: (N, D, H, W, C) to (N, D', H', W', C), all sizes as in :class:`AvgPool1d`.

    Args:
        kernel_size: depth, height and width of the window.
        stride: steps of the window; `kernel_size` by default.
        padding: zeros added at both ends of each axis, which count.
    """

    def __init__(
        self,
        kernel_size: Union[int, Tuple[int, int, int]],
        stride: Optional[Union[int, Tuple[int, int, int]]] = None,
        padding: Optional[Union[int, Tuple[int, int, int]]] = 0,
    ):
        super().__init__(mx.mean, 0, kernel_size, stride, padding)
