"""Dropout of elements and of whole channels (Hinton et al. 2012, Srivastava et al. 2014)."""

import mlx.core as mx
from mlx.nn.layers.base import Module


class _Dropout(Module):
    """Zeros what a mask drops and scales the rest, while in training mode."""

    def __init__(self, p: float):
        super().__init__()
        if p < 0 or p >= 1:
            raise ValueError(f"The dropout probability {p} is not in [0, 1)")
        self._p_1 = 1 - p

    def _extra_repr(self):
        return f"p={1 - self._p_1}"

    def _drop(self, x: mx.array, mask_shape) -> mx.array:
        mask = mx.random.bernoulli(self._p_1, mask_shape)
        return (mask * x) * (1 / self._p_1)

    def _is_identity(self) -> bool:
        return self._p_1 == 1 or not self.training


class Dropout(_Dropout):
    """Zeros each element with probability `p` and divides the rest by 1 - p.

    In evaluation mode it gives its input.

    Args:
        p: the probability, at least 0 and below 1.
    """

    def __init__(self, p: float = 0.5):
        super().__init__(p)

    def __call__(self, x: mx.array) -> mx.array:
        if self._is_identity():
            return x
        return self._drop(x, x.shape)


class Dropout2d(_Dropout):
    """Zeros each channel of an image with probability `p` and divides the rest by 1 - p.

    Neighbouring pixels are much alike, so that dropping single ones hides little
    (Tompson et al. 2015, Efficient object localization using convolutional networks).

    Shapes: (H, W, C) or (N, H, W, C).

    Args:
        p: the probability, at least 0 and below 1.
    """

    def __init__(self, p: float = 0.5):
        super().__init__(p)

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim not in (3, 4):
            raise ValueError(
                f"Received input with {x.ndim} dimensions. Expected 3 or 4 dimensions."
            )
        if self._is_identity():
            return x
        return self._drop(x, (*x.shape[:-3], 1, 1, x.shape[-1]))


class Dropout3d(_Dropout):
    """Zeros each channel of a volume with probability `p` and divides the rest by 1 - p.

    Shapes: (D, H, W, C) or (N, D, H, W, C). See :class:`Dropout2d`.

    Args:
        p: the probability, at least 0 and below 1.
    """

    def __init__(self, p: float = 0.5):
        super().__init__(p)

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim not in (4, 5):
            raise ValueError(
                f"Received input with {x.ndim} dimensions. Expected 4 or 5 dimensions."
            )
        if self._is_identity():
            return x
        return self._drop(x, (*x.shape[:-4], 1, 1, 1, x.shape[-1]))
