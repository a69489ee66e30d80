# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from mlx.core import Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

def fftshift(a: array, axes: int | Sequence[int] | None = None, stream: StreamOrDevice | None = None) -> array:
    """Rolls axes by half, so that frequency 0 is in the middle; no axes means all."""
    ...

def ifftshift(a: array, axes: int | Sequence[int] | None = None, stream: StreamOrDevice | None = None) -> array:
    """The inverse of fftshift."""
    ...

def fftfreq(n: int, d: float = 1.0, stream: StreamOrDevice | None = None) -> array:
    """The frequencies of the numbers of a transform of length n with samples d apart."""
    ...

def rfftfreq(n: int, d: float = 1.0, stream: StreamOrDevice | None = None) -> array:
    """The frequencies of the numbers of rfft."""
    ...
