"""Inputs of the recorded expressions: fixed values in every dtype and every memory layout."""

import numpy as np

DTYPES = ["bool_", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float16", "float32", "float64", "bfloat16", "complex64"]
FLOATS = ["float16", "float32", "bfloat16"]
REALS = ["float16", "float32", "float64", "bfloat16"]
INTS = [d for d in DTYPES if "int" in d]
# Row-major, transposed, every other element, broadcast along the first axis, reversed, with an offset.
LAYOUTS = ["", "T", "s", "b", "r", "o"]


def small(dtype, n, low=0):
    if dtype == "bool_":
        return [bool(i % 3) for i in range(n)]
    if dtype == "complex64":
        return [complex((i * 7 % 11) - 4 + low, (i * 5 % 7) - 3) / 2 for i in range(n)]
    if dtype.startswith("uint"):
        return [(i * 7 + 3) % 11 + low for i in range(n)]
    if dtype.startswith("int"):
        return [(i * 7 + 3) % 11 - 4 + low for i in range(n)]
    return [((i * 7 + 3) % 11 - 4) / 4 + low for i in range(n)]


def mixed(n, seed):
    """n numbers of 32 well-mixed bits."""
    x = np.arange(n, dtype=np.uint64) + np.uint64(seed * 1000003 + 12345)
    for _ in range(2):
        x = (x ^ (x >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
        x = x ^ (x >> np.uint64(29))
    return (x >> np.uint64(20)) & np.uint64(0xFFFFFFFF)


def spread(dtype, n, seed, lo, hi):
    """n values spread over [lo, hi], for a bool both values."""
    u = mixed(n, seed)
    unit = u.astype(np.float64) / 2**32
    if dtype == "bool_":
        return (u & np.uint64(1)).astype(np.bool_)
    if dtype == "complex64":
        v = mixed(n, seed + 77).astype(np.float64) / 2**32
        return ((lo + (hi - lo) * unit) + 1j * (lo + (hi - lo) * v)).astype(np.complex64)
    if "int" in dtype:
        lo = max(lo, 0) if dtype.startswith("u") else lo
        return np.floor(lo + (hi - lo + 1) * unit).astype(dtype)
    return (lo + (hi - lo) * unit).astype(np.float32)


def edges(dtype):
    """Values where functions turn: zeros of both signs, limits, NaN, halves."""
    if dtype == "bool_":
        return [True, False]
    if dtype in INTS:
        i = np.iinfo(dtype)
        return sorted({i.min, i.min + 1, i.max, i.max - 1, 0, 1, 2, 7, 100} |
                      ({-1, -2, -7, -100} if i.min else set()))
    if dtype == "complex64":
        real = [0.0, -0.0, 1.0, -2.5, 1e-3, 30.0]
        return [complex(a, b) for a in real for b in real]
    top = {"float16": 65504.0, "bfloat16": 3.3895314e38}.get(dtype, 3.4028234e38)
    tiny = {"float16": 6.1e-5}.get(dtype, 1.1754944e-38)
    return [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -2.5, 3.14159274, -1.57079637, 1e-3, -0.0078125,
            0.99, 10.5, 88.0, -87.0, 100.25, -1000.0, tiny, -tiny, top, -top, float("inf"),
            float("-inf"), float("nan")]


def size_of(shape):
    n = 1
    for s in shape:
        n *= s
    return n


def laid_out(mx, make, shape, layout):
    """An array of `shape` in a memory layout; make(n) gives n values as a 1-d array."""
    shape = tuple(shape)
    if layout in ("", None) or not shape:
        return make(size_of(shape)).reshape(shape)
    if layout == "T":
        return make(size_of(shape)).reshape(shape[::-1]).transpose()
    if layout == "s":
        return make(2 * size_of(shape)).reshape((*shape[:-1], 2 * shape[-1]))[..., ::2]
    if layout == "b":
        return mx.broadcast_to(make(size_of(shape[1:])).reshape(shape[1:]), shape)
    if layout == "r":
        return make(size_of(shape)).reshape(shape)[::-1]
    return make(size_of(shape) + 3)[3:].reshape(shape)


def namespace(mx):
    def dtype_of(name):
        return getattr(mx, name)

    def A(dtype, shape=(2, 3), low=0, layout=""):
        """A small array of a few fixed values."""
        return laid_out(mx, lambda n: mx.array(small(dtype, n, low), dtype_of(dtype)) if n
                        else mx.zeros((0,), dtype_of(dtype)), shape, layout)

    def R(dtype, shape=(5, 7), layout="", seed=0, lo=-2, hi=2):
        """Well-mixed values of [lo, hi], the same on every machine."""
        def make(n):
            v = spread(dtype, n, seed, lo, hi)
            return mx.array(v).astype(dtype_of(dtype))
        return laid_out(mx, make, shape, layout)

    def edge_array(values, dtype):
        kind = dtype if dtype in INTS else None  # beyond what MLX takes from Python's numbers
        return mx.array(np.array(values, kind) if kind else values, dtype_of(dtype))

    def E(dtype):
        return edge_array(edges(dtype), dtype)

    def pairs(dtype, divisor=False):
        """Two arrays with every edge against every edge; as divisors not those that trap in hardware."""
        e = edges(dtype)
        f = [v for v in e if not divisor or v not in (0, -1)]
        x, y = edge_array(e, dtype), edge_array(f, dtype)
        return mx.broadcast_to(x[:, None], (len(e), len(f))), mx.broadcast_to(y[None], (len(e), len(f)))

    def I(*values):
        return mx.array(list(values), mx.int32)

    def U(*values):
        return mx.array(list(values), mx.uint32)

    def do(code, **names):
        """Runs statements on x, which it returns."""
        scope = {"mx": mx, "A": A, "I": I, "R": R, "U": U, "E": E, **names}
        exec(code, scope)
        return scope["x"]

    return {"mx": mx, "A": A, "R": R, "E": E, "I": I, "U": U, "do": do, "pairs": pairs,
            "K": mx.random.key(42), "np": np}
