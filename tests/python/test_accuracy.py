"""Floats are close to exact where MLX's own error says nothing about ours.

Promises guarded: float64 functions within a few units of their own last place (MLX computes most of
them in float32), and long float32 and half sums as exact as pairwise summation makes them."""

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")
values = pytest.importorskip("cases_values")

FUNCTIONS = {"exp": (-700, 700), "expm1": (-30, 700), "log": (1e-300, 1e300), "log2": (0.1, 9),
             "log10": (0.1, 9), "log1p": (-0.9, 9), "sin": (-9, 9), "cos": (-9, 9), "tan": (-1.5, 1.5),
             "arcsin": (-1, 1), "arccos": (-1, 1), "arctan": (-50, 50), "sinh": (-700, 700),
             "cosh": (-700, 700), "tanh": (-20, 20), "arcsinh": (-50, 50), "arccosh": (1, 50),
             "arctanh": (-1, 1), "sqrt": (0, 1e300), "reciprocal": (0.1, 9)}
R = values.namespace(mx)["R"]


def spread(lo, hi, n=4000):
    return lo + (hi - lo) * ((values.mixed(n, 5).astype(np.float64) + 0.5) / 2**32)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64_against_numpy(name):
    x = spread(*FUNCTIONS[name])
    have = np.array(getattr(mx, name)(float64(x)))
    want = getattr(np, name)(x)
    assert have.dtype == np.float64
    np.testing.assert_allclose(have, want, rtol=8 * 2.0**-52, atol=1e-300)


def float64(x):
    """x unrounded: mx.array would make it float32."""
    return mx.view(mx.array(x.view(np.int64)), mx.float64)


@pytest.mark.parametrize("dtype,limit", [("float32", 2e-7), ("float16", 1e-3), ("bfloat16", 8e-3)])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_long_sums(dtype, limit, axis):
    x = R(dtype, (300, 257))
    exact = np.array(x.astype(mx.float32)).astype(np.float64)
    total = np.abs(exact).sum(axis)
    # Squares of more numbers than a half can count add up to infinity, as in MLX.
    for name in ("sum", "mean") + (("var", "std") if dtype == "float32" or axis is not None else ()):
        have = np.array(getattr(mx, name)(x, axis=axis).astype(mx.float32)).astype(np.float64)
        want = getattr(np, name)(exact, axis)
        count = exact.size if axis is None else exact.shape[axis]
        scale = total if name == "sum" else total / count
        assert np.all(np.abs(have - want) <= 4 * limit * scale), name
