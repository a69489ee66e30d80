# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mlx.core import Device, DeviceType, Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

class _RandomState:
    def __getitem__(self, index: int) -> array: ...
    def __iter__(self) -> Iterator[array]: ...
    def __len__(self) -> int: ...

state: _RandomState

def key(seed: int) -> array:
    """The key of a seed: uint32, its high and its low word."""
    ...

def seed(seed: int) -> None:
    """Sets the state of this thread to the key of a seed."""
    ...

def split(key: array, num: int = 2, stream: StreamOrDevice | None = None) -> list[array]:
    """New keys from a key."""
    ...

def uniform(low: scalar | array = 0, high: scalar | array = 1, shape: Sequence[int] = [], dtype: Dtype | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Uniform in [low, high). float32, float16, bfloat16."""
    ...

def normal(shape: Sequence[int] = [], dtype: Dtype | None = None, loc: scalar | array | None = None, scale: scalar | array | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Normal of mean loc and standard deviation scale."""
    ...

def bernoulli(p: scalar | array = 0.5, shape: Sequence[int] | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """True with probability p."""
    ...

def randint(low: scalar | array, high: scalar | array, shape: Sequence[int] = [], dtype: Dtype | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Integers in [low, high)."""
    ...

def truncated_normal(lower: scalar | array, upper: scalar | array, shape: Sequence[int] | None = None, dtype: Dtype | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Standard normal restricted to [lower, upper]."""
    ...

def gumbel(shape: Sequence[int] = [], dtype: Dtype | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Standard Gumbel, -log(-log(u))."""
    ...

def laplace(shape: Sequence[int] = [], dtype: Dtype | None = None, loc: float = 0.0, scale: float = 1.0, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Laplace of mean loc and the given scale."""
    ...

def categorical(logits: array, axis: int = -1, shape: Sequence[int] | None = None, num_samples: int | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Indices drawn with the probabilities softmax(logits) along an axis. uint32."""
    ...

def permutation(x: int | array, axis: int = 0, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """A random order of 0 to x - 1, or of the slices of an array along an axis."""
    ...

def multivariate_normal(mean: array, cov: array, shape: Sequence[int] = [], dtype: Dtype | None = None, key: array | None = None, stream: StreamOrDevice | None = None) -> array:
    """Normal vectors of the given mean and covariance, whose batches broadcast; shape is that of the result without its last axis. float32."""
    ...
