"""Normalizations over features, groups, instances and batches."""

import math
from typing import Tuple

import mlx.core as mx
from mlx.nn.layers.base import Module


class InstanceNorm(Module):
    r"""Instance normalization (Ulyanov et al. 2016): every channel of every sample has mean 0 and
    variance 1,

    .. math:: y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}} \gamma + \beta

    Shapes: (N, ..., dims) to the same.

    Parameters, with `affine`: `weight` (dims,), ones, and `bias` (dims,), zeros.

    Args:
        dims: number of channels.
        eps: added to the variance.
        affine: whether there are weight and bias.
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = False):
        super().__init__()
        if affine:
            self.weight = mx.ones((dims,))
            self.bias = mx.zeros((dims,))
        self.dims = dims
        self.eps = eps

    def _extra_repr(self):
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 3:
            raise ValueError(
                f"InstanceNorm expects inputs with at least 3 dimensions (N, ..., C) but the "
                f"input has {x.ndim} dimensions."
            )
        rows = mx.flatten(x, 1, -2).swapaxes(1, 2)
        rows = mx.fast.layer_norm(rows, weight=None, bias=None, eps=self.eps)
        x = rows.swapaxes(1, 2).reshape(x.shape)
        return self.weight * x + self.bias if "weight" in self else x


class LayerNorm(Module):
    r"""Layer normalization (Ba et al. 2016): the features of every row have mean 0 and variance 1,

    .. math:: y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}} \gamma + \beta

    Shapes: (..., dims) to the same.

    Parameters, with `affine`: `weight` (dims,), ones, and with `bias` too `bias` (dims,), zeros.

    Args:
        dims: number of features.
        eps: added to the variance.
        affine: whether there is a weight.
        bias: whether there is a bias, if there is a weight.
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = True, bias: bool = True):
        super().__init__()
        if affine:
            self.weight = mx.ones((dims,))
            if bias:
                self.bias = mx.zeros((dims,))
        self.eps = eps
        self.dims = dims

    def _extra_repr(self):
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x):
        return mx.fast.layer_norm(x, self.get("weight"), self.get("bias"), self.eps)


class RMSNorm(Module):
    r"""Root mean square normalization (Zhang and Sennrich 2019),

    .. math:: y = \frac{x}{\sqrt{\mathrm{E}[x^2] + \epsilon}} \gamma

    The mean is accumulated in float32.

    Shapes: (..., dims) to the same.

    Parameters: `weight` (dims,), ones.

    Args:
        dims: number of features.
        eps: added to the mean square.
    """

    def __init__(self, dims: int, eps: float = 1e-5):
        super().__init__()
        self.weight = mx.ones((dims,))
        self.eps = eps

    def _extra_repr(self):
        return f"{self.weight.shape[0]}, eps={self.eps}"

    def __call__(self, x):
        return mx.fast.rms_norm(x, self["weight"], self.eps)


class GroupNorm(Module):
    r"""Group normalization (Wu and He 2018): every group of features of every sample has mean 0
    and variance 1,

    .. math:: y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}} \gamma + \beta

    Shapes: (N, ..., dims) to the same.

    Parameters, with `affine`: `weight` (dims,), ones, and `bias` (dims,), zeros.

    Args:
        num_groups: number of groups.
        dims: number of features, a multiple of `num_groups`.
        eps: added to the variance.
        affine: whether there are weight and bias.
        pytorch_compatible: a group is made of neighbouring features, as in PyTorch; otherwise of
            every `num_groups`-th feature.
    """

    def __init__(
        self,
        num_groups: int,
        dims: int,
        eps: float = 1e-5,
        affine: bool = True,
        pytorch_compatible: bool = False,
    ):
        super().__init__()
        if dims % num_groups != 0:
            raise ValueError(
                f"The number of features ({dims}) must be evenly divisible by the number of "
                f"groups ({num_groups})."
            )
        if affine:
            self.bias = mx.zeros((dims,))
            self.weight = mx.ones((dims,))
        self.num_groups = num_groups
        self.dims = dims
        self.eps = eps
        self.pytorch_compatible = pytorch_compatible

    def _extra_repr(self):
        return (
            f"{self.num_groups}, {self.dims}, eps={self.eps}, "
            f"affine={'weight' in self}, pytorch_compatible={self.pytorch_compatible}"
        )

    def _neighbours(self, x):
        batch, *rest, dims = x.shape
        size = dims // self.num_groups
        x = x.reshape(batch, -1, self.num_groups, size)
        x = x.transpose(0, 2, 1, 3).reshape(batch, self.num_groups, -1)
        x = mx.fast.layer_norm(x, eps=self.eps, weight=None, bias=None)
        x = x.reshape(batch, self.num_groups, -1, size)
        return x.transpose(0, 2, 1, 3).reshape(batch, *rest, dims)

    def _interleaved(self, x):
        batch, *rest, dims = x.shape
        x = x.reshape(batch, -1, self.num_groups)
        mean = mx.mean(x, axis=1, keepdims=True)
        var = mx.var(x, axis=1, keepdims=True)
        x = (x - mean) * mx.rsqrt(var + self.eps)
        return x.reshape(batch, *rest, dims)

    def __call__(self, x):
        x = self._neighbours(x) if self.pytorch_compatible else self._interleaved(x)
        return self.weight * x + self.bias if "weight" in self else x


class BatchNorm(Module):
    r"""Batch normalization (Ioffe and Szegedy 2015): every channel has mean 0 and variance 1,

    .. math:: y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}} \gamma + \beta

    In training mode mean and variance are those of the batch, and the running ones follow them:
    new = (1 - momentum) * old + momentum * batch, with the unbiased variance. In evaluation mode
    the running ones are taken, if they are tracked.

    Shapes: (N, C), (N, L, C) or (N, H, W, C) to the same.

    Parameters: with `affine` `weight` (num_features,), ones, and `bias` (num_features,), zeros;
    with `track_running_stats` `running_mean` and `running_var` (num_features,), which stay frozen.

    Args:
        num_features: number of channels.
        eps: added to the variance.
        momentum: share of the batch in the running mean and variance.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running mean and variance.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = mx.ones((num_features,))
            self.bias = mx.zeros((num_features,))
        if self.track_running_stats:
            self.running_mean = mx.zeros((num_features,))
            self.running_var = mx.ones((num_features,))
            self._freeze_stats()

    def _freeze_stats(self):
        self.freeze(keys=["running_mean", "running_var"], recurse=False)

    def unfreeze(self, *args, **kwargs):
        """As :meth:`Module.unfreeze`; the running mean and variance stay frozen."""
        super().unfreeze(*args, **kwargs)
        self._freeze_stats()

    def _extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={'weight' in self}, track_running_stats={self.track_running_stats}"
        )

    def _calc_stats(self, x: mx.array) -> Tuple[mx.array, mx.array]:
        """Mean and biased variance of the channels, both (num_features,)."""
        axes = list(range(x.ndim - 1))
        return mx.mean(x, axis=axes), mx.var(x, axis=axes)

    def _track(self, x: mx.array, mean: mx.array, var: mx.array):
        share = self.momentum
        count = math.prod(x.shape[:-1])
        unbiased = var * count / (count - 1)
        self.running_mean = (1 - share) * self.running_mean + share * mean
        self.running_var = (1 - share) * self.running_var + share * unbiased

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 2 or x.ndim > 4:
            raise ValueError(
                f"Expected input tensor to have 2, 3 or 4 dimensions, but got {x.ndim}"
            )
        if self.training and math.prod(x.shape[:-1]) == 1:
            raise ValueError("BatchNorm training requires more than one value per channel.")
        if self.training or not self.track_running_stats:
            mean, var = self._calc_stats(x)
            if self.training and self.track_running_stats:
                self._track(x, mean, var)
        else:
            mean, var = self.running_mean, self.running_var

        x = (x - mean) * mx.rsqrt(var + self.eps)
        return self.weight * x + self.bias if "weight" in self else x
