"""Writes tests/data/elementwise/*.txt: MLX's answers at special values, for test_elementwise.c.

Run with a Python that has MLX (CPU). One file a dtype. Lines: `values HEX...`, the inputs; then
`OP N RESULT HEX...`, the results over all values (N = 1), over all pairs, the second input
fastest (N = 2), or of a cast (`astype`, N = 1)."""

import sys
from pathlib import Path

import mlx.core as mx
import numpy as np

NAMES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
         "float16", "float32", "float64", "bfloat16", "complex64"]
UNARY = ("abs negative sign square sqrt rsqrt reciprocal exp expm1 log log2 log10 log1p sin cos tan "
         "arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh sigmoid erf erfinv floor ceil "
         "trunc round isnan isinf isfinite isposinf isneginf logical_not bitwise_invert real imag "
         "conjugate").split()
BINARY = ("add subtract multiply divide floor_divide remainder power maximum minimum logaddexp "
          "arctan2 equal not_equal greater greater_equal less less_equal logical_and logical_or "
          "logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift").split()
INF, NAN = float("inf"), float("nan")
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 7.25, 100.5, 1e-6, INF, -INF, NAN]
MORE = [1.5, 2.0, -0.75, 10.0, -20.0, 90.0, -150.0, 300.7, -1.5, 3e9, -3e9, 65536.5, 1e20, -1e20,
        2147483648.0, 4294967296.0, 9.3e18, 1.9e19]
PARTS = [0.0, -0.0, 1.0, -2.5, INF, NAN]


def dtype(name):
    return mx.bool_ if name == "bool" else getattr(mx, name)


def values(name):
    if name == "bool":
        return mx.array([False, True]), 2
    if name == "complex64":
        pairs = [complex(a, b) for a in PARTS for b in PARTS]
        return mx.array(np.array(pairs, dtype=np.complex64)), len(pairs)
    if "int" in name:
        info = np.iinfo(name)
        small = [0, 1, 2, 3, 5, 9, 31, 33, 64, info.max]
        if info.min < 0:  # the least number over -1 traps
            small += [-1, -2, -3, -7, info.min + 1]
        return mx.array(np.array(small, dtype=name)), len(small)
    both = np.array(FLOATS + (MORE if name != "float16" else MORE[:9]), dtype=np.float64)
    return mx.array(both, dtype=mx.float64).astype(dtype(name)), len(FLOATS)


def text(a):
    mx.eval(a)
    if a.dtype == mx.bfloat16:
        a = a.view(mx.uint16)
    raw = np.array(a)
    return " ".join(x.tobytes()[::-1].hex() if raw.dtype != np.complex64 else
                    x.view(np.uint64).tobytes()[::-1].hex() for x in raw.reshape(-1))


def name_of(a):
    return str(a.dtype).replace("mlx.core.", "")


def line(op, n, make):
    try:
        a = make()
        mx.eval(a)
    except (ValueError, RuntimeError):
        return []
    return [f"{op} {n} {name_of(a)} {text(a)}"]


def lines(name):
    v, n_pair = values(name)
    out = [f"values {n_pair} {name} {text(v)}"]
    for op in UNARY:
        out += line(op, 1, lambda: getattr(mx, op)(v))
    for other in NAMES:
        out += line("astype", 1, lambda: v.astype(dtype(other)))
    if name == "complex64":
        return out + [x for op in BINARY for x in line(op, 2, lambda: pairs(op, v, n_pair))]
    for op in BINARY:
        out += line(op, 2, lambda: pairs(op, v, n_pair))
    return out


def pairs(op, v, n):
    a = mx.repeat(v[:n], n)
    b = mx.concatenate([v[:n]] * n)
    return getattr(mx, op)(a, b)


def main():
    folder = Path(__file__).resolve().parent.parent / "data" / "elementwise"
    folder.mkdir(parents=True, exist_ok=True)
    mx.set_default_device(mx.cpu)
    for name in sys.argv[1:] or NAMES:
        (folder / f"{name}.txt").write_text("\n".join(lines(name)) + "\n")


if __name__ == "__main__":
    main()
