"""Activations, as functions and as modules.

The functions take an array of any shape and give one of the same shape, unless they say otherwise.
They are compiled without shapes, so that each is one pass over memory. Sources are given as author,
year and title."""

import math
from functools import partial
from typing import Any

import mlx.core as mx
from mlx.nn.layers.base import Module


@partial(mx.compile, shapeless=True)
def sigmoid(x):
    r"""Logistic function, :math:`\sigma(x) = 1 / (1 + e^{-x})`."""
    return mx.sigmoid(x)


@partial(mx.compile, shapeless=True)
def relu(x):
    r"""Rectified linear unit, :math:`\max(x, 0)`."""
    return mx.maximum(x, 0)


@partial(mx.compile, shapeless=True)
def relu2(x):
    r"""Squared rectified linear unit, :math:`\max(x, 0)^2` (So et al. 2021, Primer)."""
    return mx.square(mx.maximum(x, 0))


@partial(mx.compile, shapeless=True)
def relu6(x):
    r"""Rectified linear unit up to six, :math:`\min(\max(x, 0), 6)`
    (Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10)."""
    return mx.minimum(mx.maximum(x, 0), 6.0)


@partial(mx.compile, shapeless=True)
def leaky_relu(x, negative_slope=0.01):
    r"""Leaky rectified linear unit, :math:`\max(ax, x)` with :math:`a` = `negative_slope`
    (Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models)."""
    return mx.maximum(negative_slope * x, x)


@partial(mx.compile, shapeless=True)
def log_softmax(x, axis=-1):
    r"""Logarithm of the softmax along `axis`, :math:`x - \log\sum_i e^{x_i}`."""
    x = x - mx.max(x, axis=axis, keepdims=True)
    return x - mx.logsumexp(x, axis=axis, keepdims=True)


@partial(mx.compile, shapeless=True)
def elu(x, alpha=1.0):
    r"""Exponential linear unit, :math:`x` where positive, else :math:`\alpha (e^x - 1)`
    (Clevert et al. 2016, Fast and accurate deep network learning by exponential linear units)."""
    return mx.where(x > 0, x, alpha * (mx.exp(x) - 1))


@partial(mx.compile, shapeless=True)
def celu(x, alpha=1.0):
    r"""Continuously differentiable exponential linear unit,
    :math:`\max(x, 0) + \alpha (e^{\min(x, 0) / \alpha} - 1)` (Barron 2017)."""
    return mx.maximum(x, 0.0) + alpha * (mx.exp(mx.minimum(x, 0.0) / alpha) - 1)


@partial(mx.compile, shapeless=True)
def selu(x):
    r"""Scaled exponential linear unit, 1.0507 times :func:`elu` with :math:`\alpha = 1.67326`
    (Klambauer et al. 2017, Self-normalizing neural networks)."""
    return elu(x, 1.67326) * 1.0507


@partial(mx.compile, shapeless=True)
def prelu(x: mx.array, alpha: mx.array) -> mx.array:
    r"""Rectified linear unit with a learnt slope, :math:`\max(0, x) + a \min(0, x)`
    (He et al. 2015, Delving deep into rectifiers).

    Args:
        x: the input.
        alpha: slopes for negative input, which are broadcast with `x`.
    """
    return mx.maximum(0, x) + alpha * mx.minimum(0, x)


@partial(mx.compile, shapeless=True)
def softmax(x, axis=-1):
    r"""Softmax along `axis`, :math:`e^x / \sum_i e^{x_i}`."""
    return mx.softmax(x, axis=axis)


@partial(mx.compile, shapeless=True)
def softmin(x, axis=-1):
    r"""Softmax of the negative input along `axis`."""
    return mx.softmax(-x, axis=axis)


@partial(mx.compile, shapeless=True)
def softplus(x):
    r"""Smooth rectified linear unit, :math:`\log(1 + e^x)`
    (Dugas et al. 2001, Incorporating second-order functional knowledge)."""
    return mx.logaddexp(x, 0)


@partial(mx.compile, shapeless=True)
def softsign(x):
    r"""Softsign, :math:`x / (1 + |x|)`."""
    return mx.divide(x, 1 + mx.abs(x))


@partial(mx.compile, shapeless=True)
def softshrink(x, lambd: float = 0.5):
    r"""Soft threshold: :math:`x` moved towards zero by :math:`\lambda`, and zero where it is
    within :math:`[-\lambda, \lambda]`."""
    return mx.where(mx.abs(x) > lambd, x - mx.sign(x) * lambd, 0)


@partial(mx.compile, shapeless=True)
def hard_shrink(x, lambd=0.5):
    r"""Hard threshold: zero where :math:`|x| \le \lambda`, else :math:`x`."""
    return mx.where(mx.abs(x) > lambd, x, 0)


@partial(mx.compile, shapeless=True)
def hard_tanh(x, min_val=-1.0, max_val=1.0):
    r"""The input, cut off at `min_val` and `max_val`."""
    return mx.minimum(mx.maximum(x, min_val), max_val)


@partial(mx.compile, shapeless=True)
def hardswish(x):
    r"""Piecewise approximation of :func:`silu`, :math:`x \min(\max(x + 3, 0), 6) / 6`
    (Howard et al. 2019, Searching for MobileNetV3)."""
    return x * mx.minimum(mx.maximum(x + 3, 0), 6) / 6


@partial(mx.compile, shapeless=True)
def silu(x):
    r"""Sigmoid linear unit, also known as swish, :math:`x \sigma(x)`
    (Elfwing et al. 2017, Sigmoid-weighted linear units)."""
    return x * mx.sigmoid(x)


@partial(mx.compile, shapeless=True)
def log_sigmoid(x):
    r"""Logarithm of the logistic function, :math:`-\log(1 + e^{-x})`."""
    return -softplus(-x)


@partial(mx.compile, shapeless=True)
def mish(x: mx.array) -> mx.array:
    r"""Mish, :math:`x \tanh(\mathrm{softplus}(x))`
    (Misra 2019, Mish: a self regularized non-monotonic activation function)."""
    return x * mx.tanh(softplus(x))


@partial(mx.compile, shapeless=True)
def gelu(x) -> mx.array:
    r"""Gaussian error linear unit, :math:`x \Phi(x)` with the cumulative distribution function of
    the normal distribution (Hendrycks and Gimpel 2016). See :func:`gelu_approx` and
    :func:`gelu_fast_approx` for what is faster to compute."""
    return x * (1 + mx.erf(x / math.sqrt(2))) / 2


@partial(mx.compile, shapeless=True)
def gelu_approx(x):
    r"""Gaussian error linear unit through a hyperbolic tangent,
    :math:`0.5 x (1 + \tanh(\sqrt{2/\pi} (x + 0.044715 x^3)))` (Hendrycks and Gimpel 2016).
    Its absolute error is below 0.0005 between -6 and 6."""
    return 0.5 * x * (1 + mx.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@partial(mx.compile, shapeless=True)
def gelu_fast_approx(x):
    r"""Gaussian error linear unit through the logistic function, :math:`x \sigma(1.702 x)`
    (Hendrycks and Gimpel 2016). Its absolute error is below 0.015 between -6 and 6."""
    return x * mx.sigmoid(1.702 * x)


@partial(mx.compile, shapeless=True)
def step(x: mx.array, threshold: float = 0.0):
    r"""One where the input is at least `threshold`, else zero; int32."""
    return mx.where(x >= threshold, 1, 0)


def glu(x: mx.array, axis: int = -1) -> mx.array:
    r"""Gated linear unit: the first half of the input along `axis`, times the logistic function of
    the second (Dauphin et al. 2017, Language modeling with gated convolutional networks).

    Args:
        x: the input, whose size along `axis` is even.
        axis: the axis that is halved.
    """
    value, gate = mx.split(x, 2, axis=axis)
    return value * mx.sigmoid(gate)


def tanh(x):
    r"""Hyperbolic tangent."""
    return mx.tanh(x)


def _calls(fn):
    """Makes a module class of a function without further arguments."""

    def decorate(cls):
        def __call__(_, x):
            return fn(x)

        cls.__call__ = __call__
        return cls

    return decorate


@_calls(mx.sigmoid)
class Sigmoid(Module):
    r"""Applies :func:`sigmoid`."""


@_calls(relu)
class ReLU(Module):
    r"""Applies :func:`relu`."""


@_calls(relu2)
class ReLU2(Module):
    r"""Applies :func:`relu2`."""


@_calls(relu6)
class ReLU6(Module):
    r"""Applies :func:`relu6`."""


@_calls(softmax)
class Softmax(Module):
    r"""Applies :func:`softmax` along the last axis."""


@_calls(softmin)
class Softmin(Module):
    r"""Applies :func:`softmin` along the last axis."""


@_calls(softplus)
class Softplus(Module):
    r"""Applies :func:`softplus`."""


@_calls(softsign)
class Softsign(Module):
    r"""Applies :func:`softsign`."""


@_calls(silu)
class SiLU(Module):
    r"""Applies :func:`silu`."""


@_calls(selu)
class SELU(Module):
    r"""Applies :func:`selu`."""


@_calls(mish)
class Mish(Module):
    r"""Applies :func:`mish`."""


@_calls(hardswish)
class Hardswish(Module):
    r"""Applies :func:`hardswish`."""


@_calls(hard_tanh)
class HardTanh(Module):
    r"""Applies :func:`hard_tanh` between -1 and 1."""


@_calls(log_softmax)
class LogSoftmax(Module):
    r"""Applies :func:`log_softmax` along the last axis."""


@_calls(log_sigmoid)
class LogSigmoid(Module):
    r"""Applies :func:`log_sigmoid`."""


@_calls(tanh)
class Tanh(Module):
    r"""Applies :func:`tanh`."""


class LeakyReLU(Module):
    r"""Applies :func:`leaky_relu`.

    Args:
        negative_slope: the slope for negative input.
    """

    def __init__(self, negative_slope=1e-2):
        super().__init__()
        self._negative_slope = negative_slope

    def __call__(self, x):
        return leaky_relu(x, self._negative_slope)


class ELU(Module):
    r"""Applies :func:`elu`.

    Args:
        alpha: minus the limit for negative input.
    """

    def __init__(self, alpha=1.0):
        super().__init__()
        self._alpha = alpha

    def __call__(self, x):
        return elu(x, self._alpha)


class CELU(Module):
    r"""Applies :func:`celu`.

    Args:
        alpha: minus the limit for negative input.
    """

    def __init__(self, alpha=1.0):
        super().__init__()
        self._alpha = alpha

    def __call__(self, x):
        return celu(x, self._alpha)


class Softshrink(Module):
    r"""Applies :func:`softshrink`.

    Args:
        lambd: the threshold.
    """

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def __call__(self, x):
        return softshrink(x, self.lambd)


class HardShrink(Module):
    r"""Applies :func:`hard_shrink`.

    Args:
        lambd: the threshold.
    """

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def __call__(self, x):
        return hard_shrink(x, self.lambd)


class Step(Module):
    r"""Applies :func:`step`.

    Args:
        threshold: the result is one from it on.
    """

    def __init__(self, threshold: float = 0.0):
        super().__init__()
        self.threshold = threshold

    def __call__(self, x: mx.array):
        return step(x, self.threshold)


class GLU(Module):
    r"""Applies :func:`glu`.

    Args:
        axis: the axis that is halved.
    """

    def __init__(self, axis: int = -1):
        super().__init__()
        self.axis = axis

    def __call__(self, x) -> Any:
        return glu(x=x, axis=self.axis)


class PReLU(Module):
    r"""Applies :func:`prelu` with learnt slopes.

    Parameters: `weight` (num_parameters,).

    Args:
        num_parameters: one slope, or one for each feature of the last axis.
        init: the slope to begin with.
    """

    def __init__(self, num_parameters=1, init=0.25):
        super().__init__()
        self.weight = mx.full([num_parameters], init)

    def __call__(self, x: mx.array):
        return prelu(x, self.weight)


class GELU(Module):
    r"""Applies :func:`gelu` or what approximates it.

    Args:
        approx: ``"none"`` for :func:`gelu`, ``"precise"`` or ``"tanh"`` for :func:`gelu_approx`,
            ``"fast"`` for :func:`gelu_fast_approx`.
    """

    _functions = {
        "none": gelu,
        "precise": gelu_approx,
        "tanh": gelu_approx,
        "fast": gelu_fast_approx,
    }

    def __init__(self, approx="none"):
        super().__init__()
        if approx not in self._functions:
            raise ValueError(
                f"The approximation should be in {list(self._functions)} but '{approx}' was given"
            )
        self._approx = approx

    def __call__(self, x):
        return self._functions[self._approx](x)
