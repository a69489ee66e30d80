# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mlx.core import Device, DeviceType, Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

def fft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Discrete Fourier transform along one axis, cut or padded with zeros to length n. Norms: backward divides the inverse by n, forward the transform, ortho both by its root."""
    ...

def ifft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of fft."""
    ...

def rfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The first n / 2 + 1 numbers of the transform of real numbers."""
    ...

def irfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of rfft: n real numbers, without n an even number of them."""
    ...

def fft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Transforms over several axes; no list of lengths means those of a, no axes all of them."""
    ...

def ifft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of fft2."""
    ...

def fftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Transforms over several axes."""
    ...

def ifftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of fftn."""
    ...

def rfft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Transforms of real numbers: rfft over the last of the axes, fft over the others."""
    ...

def irfft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of rfft2."""
    ...

def rfftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Transforms of real numbers over several axes."""
    ...

def irfftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of rfftn."""
    ...

def fftshift(a: array, axes: int | Sequence[int] | None = None, stream: StreamOrDevice | None = None) -> array:
    """Rolls axes by half, so that frequency 0 is in the middle; no axes means all."""
    ...

def ifftshift(a: array, axes: int | Sequence[int] | None = None, stream: StreamOrDevice | None = None) -> array:
    """The inverse of fftshift."""
    ...

def fftfreq(n: int, d: float = 1.0, stream: StreamOrDevice | None = None, *, dtype: Dtype | None = None, device: Device | DeviceType | None = None) -> array:
    """The frequencies of the numbers of a transform of length n with samples d apart."""
    ...

def rfftfreq(n: int, d: float = 1.0, stream: StreamOrDevice | None = None, *, dtype: Dtype | None = None, device: Device | DeviceType | None = None) -> array:
    """The frequencies of the numbers of rfft."""
    ...

def hfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """Transform to the n real numbers (2 (m - 1) of m where none are named) that a conjugate-symmetric input stands for."""
    ...

def ihfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: StreamOrDevice | None = None) -> array:
    """The inverse of hfft: half of the conjugate-symmetric numbers of a real input."""
    ...

def stft(x: array, n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None, window: array | None = None, center: bool = True, pad_mode: str = 'reflect', norm: str = 'backward', onesided: bool | None = None, stream: StreamOrDevice | None = None) -> array:
    """Transforms of frames of n_fft samples, hop_length (n_fft / 4) apart, along the last axis, times a window of win_length (n_fft) in their middle: (..., frequencies, frames). center pads both ends by half a frame. Frequencies of real samples are onesided unless told otherwise."""
    ...

def istft(stft_matrix: array, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, window: array | None = None, center: bool = True, norm: str = 'backward', onesided: bool | None = None, length: int | None = None, stream: StreamOrDevice | None = None) -> array:
    """Samples from the frames that stft gives: their sums over the sums of the squared windows."""
    ...
