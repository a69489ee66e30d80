"""Writes tests/data/arrays/{conv,fft,linalg,einsum}.bin: what MLX answers to convolutions, Fourier
transforms, linear algebra and products, for tests/c/test_{conv,fft,linalg,einsum}.c. The inputs are
small integers where that makes the answer exact. The format is that of make_array_data.py.

Run with a Python that has MLX (CPU)."""

import sys
from pathlib import Path

import mlx.core as mx
import numpy as np
from make_array_data import case, out

rng = np.random.default_rng(11)


def ints(shape, dtype=mx.float32, top=5):
    return mx.array(rng.integers(-top, top + 1, shape).astype(np.float32)).astype(dtype)


def one_conv(n, dtype=mx.float32):
    groups = int(rng.choice([1, 1, 2, 3]))
    cin, cout = groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
    def pick(a, b):
        return [int(v) for v in rng.integers(a, b, n)]
    kernel, stride, kdil, idil = pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 4)
    lo, hi = pick(-1, 4), pick(0, 4)
    size = [int(v) + 3 for v in rng.integers(3, 8, n)]
    x, w = ints((2, *size, cin), dtype), ints((cout, *kernel, cin // groups), dtype)
    flip = bool(rng.integers(0, 2))
    try:
        r = mx.conv_general(x, w, stride, (lo, hi), kdil, idil, groups, flip)
        mx.eval(r)
    except ValueError:
        return
    case("conv_general", [x, w], r, [stride + kdil + idil, lo, hi, (groups, flip)])


def conv():
    for n in (1, 2, 3):
        for _ in range(12):
            one_conv(n)
    for dtype in (mx.float16, mx.bfloat16, mx.float64):
        for _ in range(4):
            one_conv(2, dtype)
    for groups in (1, 2):
        for s, p, d, o in [(1, 0, 1, 0), (2, 1, 1, 1), (3, 0, 2, 2), (2, 3, 1, 0), (1, 0, 1, 3)]:
            x, w = ints((2, 6, 4)), ints((6, 3, 4 // groups))
            case("conv_transpose1d", [x, w], mx.conv_transpose1d(x, w, s, p, d, o, groups),
                 [(s, p, d, o, groups)])
            x, w = ints((2, 5, 6, 4)), ints((6, 3, 2, 4 // groups))
            r = mx.conv_transpose2d(x, w, (s, 2), (p, 0), (d, 1), (o, 1), groups)
            case("conv_transpose2d", [x, w], r, [(s, 2, p, 0, d, 1, o, 1, groups)])
            if groups > 1:
                continue
            x, w = ints((1, 3, 4, 3, 2)), ints((4, 2, 3, 2, 2))
            r = mx.conv_transpose3d(x, w, (s, 1, 2), (min(p, 1), 0, 1), (d, 1, 1), (o, 0, 0), groups)
            case("conv_transpose3d", [x, w], r, [(s, 1, 2, min(p, 1), 0, 1, d, 1, 1, o, 0, 0, groups)])
    for n, k in [(5, 3), (5, 4), (3, 6), (1, 1), (4, 4)]:
        for mode in ("full", "same", "valid"):
            a, v = ints((n,)), ints((k,))
            case("convolve", [a, v], mx.convolve(a, v, mode), text=mode)


def main(folder):
    for maker in (conv,):
        out.clear()
        maker()
        Path(folder, maker.__name__ + ".bin").write_bytes(bytes(out))


if __name__ == "__main__":
    mx.set_default_device(mx.cpu)
    main(sys.argv[1] if len(sys.argv) > 1 else "tests/data/arrays")
