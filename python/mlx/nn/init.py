"""Initializers: functions that take an array and give one of its shape with new values.

Example::

    init_fn = nn.init.he_uniform()
    layer.weight = init_fn(layer.weight)
"""

import math
from typing import Callable, Literal

import mlx.core as mx


def constant(value: float, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """An initializer that fills with one value.

    Args:
        value: the value.
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.full(a.shape, value, dtype=dtype)

    return initializer


def normal(
    mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """An initializer of normally distributed values.

    Args:
        mean: mean of the distribution.
        std: standard deviation of the distribution.
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)

    return initializer


def uniform(
    low: float = 0.0, high: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """An initializer of uniformly distributed values.

    Args:
        low: lower end of the distribution.
        high: upper end of the distribution.
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.uniform(low, high, a.shape, dtype=dtype)

    return initializer


def identity(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """An initializer that gives the identity matrix, for square matrices.

    Args:
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2 or a.shape[0] != a.shape[1]:
            raise ValueError(
                f"The input array must be a square matrix but got shape {a.shape}."
            )
        return mx.eye(n=a.shape[0], dtype=dtype)

    return initializer


def _calculate_fan_in_fan_out(a: mx.array):
    """How many inputs an output has, and how many outputs an input; weights are O...I."""
    if a.ndim < 2:
        raise ValueError(
            f"Glorot / He initialization requires at least 2 dimensional input but input with "
            f"{a.ndim} dimensions."
        )
    window = math.prod(a.shape[1:-1])
    return a.shape[-1] * window, a.shape[0] * window


def _fan(a: mx.array, mode: str) -> int:
    fan_in, fan_out = _calculate_fan_in_fan_out(a)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Invalid mode: {mode}. Valid modes are: fan_in, fan_out")
    return fan_in if mode == "fan_in" else fan_out


def glorot_normal(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    r"""An initializer ``f(a, gain=1.0)`` of normally distributed values with standard deviation
    :math:`\text{gain} \sqrt{2 / (\text{fan\_in} + \text{fan\_out})}`
    (Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks).

    Args:
        dtype: dtype of the result.
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        fan_in, fan_out = _calculate_fan_in_fan_out(a)
        std = gain * math.sqrt(2.0 / (fan_in + fan_out))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def glorot_uniform(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    r"""An initializer ``f(a, gain=1.0)`` of values distributed uniformly within plus and minus
    :math:`\text{gain} \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}`
    (Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks).

    Args:
        dtype: dtype of the result.
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        fan_in, fan_out = _calculate_fan_in_fan_out(a)
        limit = gain * math.sqrt(6.0 / (fan_in + fan_out))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


def he_normal(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    r"""An initializer ``f(a, mode="fan_in", gain=1.0)`` of normally distributed values with
    standard deviation :math:`\text{gain} / \sqrt{\text{fan}}`
    (He et al. 2015, Delving deep into rectifiers).

    Args:
        dtype: dtype of the result.
    """

    def initializer(
        a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0
    ) -> mx.array:
        std = gain / math.sqrt(_fan(a, mode))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def he_uniform(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    r"""An initializer ``f(a, mode="fan_in", gain=1.0)`` of values distributed uniformly within
    plus and minus :math:`\text{gain} \sqrt{3 / \text{fan}}`
    (He et al. 2015, Delving deep into rectifiers).

    Args:
        dtype: dtype of the result.
    """

    def initializer(
        a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0
    ) -> mx.array:
        limit = gain * math.sqrt(3.0 / _fan(a, mode))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


def sparse(
    sparsity: float, mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """An initializer of sparse matrices: normally distributed values, of which some in every row
    are zero.

    Args:
        sparsity: share of zeros in every row, rounded up.
        mean: mean of the distribution.
        std: standard deviation of the distribution.
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2:
            raise ValueError("Only tensors with 2 dimensions are supported")
        rows, cols = a.shape
        zeros = math.ceil(sparsity * cols)
        order = mx.argsort(mx.random.uniform(shape=a.shape), axis=1)
        values = mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)
        values[mx.arange(rows).reshape(rows, 1), order[:, :zeros]] = 0
        return values

    return initializer


def orthogonal(
    gain: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """An initializer of matrices with orthogonal rows or columns
    (Saxe et al. 2014, Exact solutions to the nonlinear dynamics of learning).

    Args:
        gain: factor of the matrix.
        dtype: dtype of the result.
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2:
            raise ValueError(
                f"Orthogonal initialization requires a 2D array but got a {a.ndim}D array."
            )
        rows, cols = a.shape
        n = max(rows, cols)
        q, r = mx.linalg.qr(mx.random.normal(shape=(n, n)), stream=mx.cpu)
        # Signs that make the factorization unique, so that q is uniformly distributed.
        q = q * mx.sign(mx.diag(r))
        return (gain * q[:rows, :cols]).astype(dtype)

    return initializer
