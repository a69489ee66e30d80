"""Upsampling of signals, images and volumes by nearest, linear and cubic interpolation."""

from typing import Callable, Literal, Tuple, Union

import mlx.core as mx
from mlx.nn.layers.base import Module


def _along(values: mx.array, axis: int, ndim: int) -> mx.array:
    """A vector along one of `ndim` axes."""
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])


def _positions(size: int, scale: float, align_corners: bool) -> mx.array:
    """Where the samples of the result lie on an axis of the input, (count,)."""
    count = int(scale * size)
    if align_corners:
        step = (size - 1) / (count - 1) if count > 1 else 0
        start = 0.0
    else:
        step = 1 / scale
        start = ((count - 1) * step - size + 1) / 2
    return mx.arange(count, dtype=mx.float32) * step - start


def _nearest_index(size: int, scale: float) -> mx.array:
    """The nearest input sample of each sample of the result, (count,)."""
    count = int(scale * size)
    step = size / count
    at = mx.arange(count, dtype=mx.float32)
    if count > size:
        at = mx.clip(mx.round((at + 0.5) * step - 0.5), 0, size - 1)
    else:
        at = at * step
    return at.astype(mx.uint32)


def _linear_taps(size: int, scale: float, align_corners: bool) -> list:
    """Pairs of index and weight: the input samples before and after each position."""
    at = mx.clip(_positions(size, scale, align_corners), 0, size - 1)
    low = mx.floor(at)
    high = mx.ceil(at)
    return [(low.astype(mx.uint32), 1 - (at - low)), (high.astype(mx.uint32), at - low)]


def _triangle(distance: mx.array) -> mx.array:
    """The kernel of linear interpolation."""
    return mx.maximum(1 - mx.abs(distance), 0)


def _cubic(distance: mx.array, a: float) -> mx.array:
    """The kernel of cubic convolution (Keys 1981, Cubic convolution interpolation)."""
    x = mx.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return mx.where(x <= 1, near, mx.where(x < 2, far, 0))


def _cubic_taps(size: int, scale: float, align_corners: bool) -> list:
    """Pairs of index and weight: two input samples before and two after each position."""
    at = _positions(size, scale, align_corners)
    low = mx.floor(at)
    taps = []
    for offset in (-1, 0, 1, 2):
        sample = low + offset
        index = mx.clip(sample, 0, size - 1).astype(mx.uint32)
        taps.append((index, _cubic(at - sample, -0.75)))
    return taps


def _interpolate(x, scale_factor, align_corners: bool, taps_of_axis: Callable) -> mx.array:
    """The weighted sum of input samples, one axis after the other."""
    for axis, scale in enumerate(scale_factor, start=1):
        taps = taps_of_axis(x.shape[axis], scale, align_corners)
        samples = [
            mx.take(x, index, axis=axis) * _along(weight, axis, x.ndim) for index, weight in taps
        ]
        x = sum(samples[1:], start=samples[0])
    return x


def _antialias_matrix(size: int, scale: float, kernel: Callable, support: float) -> mx.array:
    """The weights (count, size) of all input samples in each sample of the result.

    When the result is smaller the kernel is stretched, so that every input sample counts.
    """
    at = _positions(size, scale, align_corners=False)
    distance = (at[:, None] - mx.arange(size, dtype=mx.float32)) / max(1 / scale, 1.0)
    weights = mx.where(mx.abs(distance) < support, kernel(distance), 0)
    return weights / mx.sum(weights, axis=1, keepdims=True)


def _interpolate_antialiased(x, scale_factor, kernel: Callable, support: float) -> mx.array:
    """Interpolation by a stretched kernel, one axis after the other."""
    for axis, scale in enumerate(scale_factor, start=1):
        weights = _antialias_matrix(x.shape[axis], scale, kernel, support)
        x = mx.moveaxis(weights @ mx.moveaxis(x, axis, -2), -2, axis)
    return x


def _check_scales(x: mx.array, scale_factor: Tuple):
    if x.ndim - 2 != len(scale_factor):
        raise ValueError("A scale needs to be provided for each spatial dimension")


def _check_antialias(antialias: bool, align_corners: bool):
    if antialias and align_corners:
        raise ValueError(
            "[Upsample] antialias=True with align_corners=True is not supported. "
            "Use align_corners=False for antialiased interpolation."
        )


def upsample_nearest(x: mx.array, scale_factor: Tuple):
    """Upsampling by the nearest sample.

    Args:
        x: (N, ..., C).
        scale_factor: a factor for each spatial axis.

    Returns:
        (N, ..., C), each spatial size times its factor, rounded down.
    """
    _check_scales(x, scale_factor)
    if all(int(scale) == scale for scale in scale_factor):
        # Whole factors repeat every sample: a broadcast, no gather.
        n, *spatial, channels = x.shape
        x = x.reshape(n, *(v for size in spatial for v in (size, 1)), channels)
        repeats = [v for size, k in zip(spatial, scale_factor) for v in (size, int(k))]
        x = mx.broadcast_to(x, (n, *repeats, channels))
        return x.reshape(n, *(size * int(k) for size, k in zip(spatial, scale_factor)), channels)
    for axis, scale in enumerate(scale_factor, start=1):
        x = mx.take(x, _nearest_index(x.shape[axis], scale), axis=axis)
    return x


def upsample_linear(
    x: mx.array, scale_factor: Tuple, align_corners: bool = False, antialias: bool = False
):
    """Upsampling by linear interpolation.

    Args:
        x: (N, ..., C).
        scale_factor: a factor for each spatial axis.
        align_corners: the first and last samples of input and result lie on each other.
        antialias: when a factor is below one, average over all samples between.

    Returns:
        (N, ..., C), each spatial size times its factor, rounded down.
    """
    _check_scales(x, scale_factor)
    _check_antialias(antialias, align_corners)
    if antialias:
        return _interpolate_antialiased(x, scale_factor, _triangle, 1.0)
    return _interpolate(x, scale_factor, align_corners, _linear_taps)


def upsample_cubic(
    x: mx.array, scale_factor: Tuple, align_corners: bool = False, antialias: bool = False
):
    """Upsampling by cubic convolution: with the parameter -0.75, and with -0.5 when antialiased.

    Args:
        x: (N, ..., C).
        scale_factor: a factor for each spatial axis.
        align_corners: the first and last samples of input and result lie on each other.
        antialias: when a factor is below one, average over all samples between.

    Returns:
        (N, ..., C), each spatial size times its factor, rounded down.
    """
    _check_scales(x, scale_factor)
    _check_antialias(antialias, align_corners)
    if antialias:
        return _interpolate_antialiased(x, scale_factor, lambda d: _cubic(d, -0.5), 2.0)
    return _interpolate(x, scale_factor, align_corners, _cubic_taps)


class Upsample(Module):
    r"""Upsampling of signals (N, L, C), images (N, H, W, C) and volumes (N, D, H, W, C).

    The spatial sizes of the result are those of the input times their factors, rounded down.

    Args:
        scale_factor: one factor, or one for each spatial axis.
        mode: ``"nearest"``, ``"linear"`` or ``"cubic"`` interpolation; over two axes the latter
            are known as bilinear and bicubic.
        align_corners: the first and last samples of input and result lie on each other. Without
            effect on ``"nearest"``.
        antialias: when a factor is below one, average over all samples between. Not with
            ``"nearest"`` and not with `align_corners`.
    """

    def __init__(
        self,
        scale_factor: Union[float, Tuple],
        mode: Literal["nearest", "linear", "cubic"] = "nearest",
        align_corners: bool = False,
        antialias: bool = False,
    ):
        super().__init__()
        if mode not in ("nearest", "linear", "cubic"):
            raise ValueError(f"[Upsample] Got unsupported upsampling algorithm: {mode}")
        if antialias and mode == "nearest":
            raise ValueError(
                "[Upsample] Antialiasing is not supported for nearest neighbor upsampling"
            )
        _check_antialias(antialias, align_corners)
        if isinstance(scale_factor, (list, tuple)):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.antialias = antialias

    def _extra_repr(self) -> str:
        text = (
            f"scale_factor={self.scale_factor}, mode={self.mode!r}, "
            f"align_corners={self.align_corners}"
        )
        return text + (", antialias=True" if self.antialias else "")

    def __call__(self, x: mx.array) -> mx.array:
        dims = x.ndim - 2
        if dims <= 0:
            raise ValueError(
                f"[Upsample] The input should have at least 1 spatial dimension which means it "
                f"should be at least 3D but {x.ndim}D was provided"
            )
        scale_factor = self.scale_factor
        if not isinstance(scale_factor, tuple):
            scale_factor = (scale_factor,) * dims
        elif len(scale_factor) != dims:
            raise ValueError(
                f"[Upsample] One scale per spatial dimension is required but "
                f"scale_factor={scale_factor} and the number of spatial dimensions were {dims}"
            )
        if self.mode == "nearest":
            return upsample_nearest(x, scale_factor)
        interpolate = upsample_linear if self.mode == "linear" else upsample_cubic
        return interpolate(x, scale_factor, self.align_corners, self.antialias)
