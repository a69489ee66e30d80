"""The Python array API standard, 2025.12: names, keywords, results with names, special cases. NumPy is the oracle.

Where the standard contradicts MLX, MLX wins: dtypes of sums and indices, defaults, what is an error."""

import inspect
import itertools
import math
import pickle

import mlx.core as mx
import numpy as np
import pytest

RNG = np.random.default_rng(3)

CORE = """
    e inf nan newaxis pi bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert bitwise_or
    bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide
    greater greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp
    logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive
    pow real reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc arange asarray
    empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu zeros zeros_like
    astype can_cast finfo iinfo isdtype result_type take take_along_axis __array_namespace_info__ matmul
    matrix_transpose tensordot vecdot broadcast_arrays broadcast_shapes broadcast_to concat expand_dims flip
    moveaxis permute_dims repeat reshape roll squeeze stack tile unstack argmax argmin count_nonzero nonzero
    searchsorted where isin unique_all unique_counts unique_inverse unique_values argsort sort cumulative_prod
    cumulative_sum max mean min prod std sum var all any diff __array_api_version__"""
LINALG = """
    cholesky cross det diagonal eig eigh eigvals eigvalsh inv matmul matrix_norm matrix_power matrix_rank
    matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm"""
FFT = "fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift"

# Keywords of the standard that MLX lacks.
KEYWORDS = {
    "device": "arange asarray empty empty_like eye from_dlpack full full_like linspace ones ones_like zeros zeros_like "
              "astype fft.fftfreq fft.rfftfreq",
    "dtype": "sum prod cumulative_sum cumulative_prod linalg.trace fft.fftfreq fft.rfftfreq",
    "copy": "asarray astype from_dlpack reshape",
    "correction": "std var",
    "descending stable": "sort argsort",
    "include_initial": "cumulative_sum cumulative_prod",
    "prepend append": "diff",
    "min max": "clip",
    "fill_value": "full full_like",
    "sorter": "searchsorted",
    "invert": "isin",
    "full_matrices": "linalg.svd",
    "mode": "linalg.qr",
    "rtol": "linalg.pinv linalg.matrix_rank",
    "ord keepdims": "linalg.vector_norm linalg.matrix_norm",
    "offset": "linalg.diagonal linalg.trace",
    "shift axis": "roll",
}


def get(name):
    at = mx
    for part in name.split("."):
        at = getattr(at, part)
    return at


def same(ours, theirs, tol=0.0, dtype=True):
    """Shape and values, and the kind of dtype; `tol` relative to the largest value."""
    got, want = np.array(ours), np.asarray(theirs)
    assert got.shape == want.shape, (got.shape, want.shape)
    if dtype:
        assert got.dtype.kind == want.dtype.kind or {got.dtype.kind, want.dtype.kind} == set("iu")
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=1.0) if tol else 0
    assert np.allclose(got, want, rtol=tol, atol=tol * scale, equal_nan=True), (got, want)


def complex64(*shape):
    return (RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)).astype(np.complex64)


def float32(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


# ---- names and keywords ----


@pytest.mark.parametrize("module, names", [(mx, CORE), (mx.linalg, LINALG), (mx.fft, FFT)])
def test_every_name_is_there(module, names):
    assert not [n for n in names.split() if not hasattr(module, n)]


@pytest.mark.parametrize("keywords, functions", KEYWORDS.items())
def test_keywords(keywords, functions):
    for f in functions.split():
        assert set(keywords.split()) <= set(inspect.signature(get(f)).parameters), f


def test_the_namespace():
    x = mx.array([1.0])
    assert mx.__array_api_version__ == "2025.12"
    assert x.__array_namespace__() is mx and x.__array_namespace__(api_version="2025.12") is mx
    with pytest.raises(ValueError):
        x.__array_namespace__(api_version="1999.01")
    info = mx.__array_namespace_info__()
    assert info.capabilities()["boolean indexing"] and info.capabilities()["data-dependent shapes"]
    assert info.default_dtypes()["real floating"] == mx.float32
    assert set(info.dtypes(kind="bool")) == {"bool"} and info.dtypes()["int8"] == mx.int8
    assert x.device == info.default_device() and x.device in info.devices()
    assert mx.array_equal(x.to_device(x.device), x)
    assert mx.zeros(2, device=x.device).device == x.device


@pytest.mark.parametrize("t", [mx.float32, mx.float64, mx.complex64])
def test_finfo(t):
    want = np.finfo({mx.float32: np.float32, mx.float64: np.float64, mx.complex64: np.complex64}[t])
    got = mx.finfo(t)
    for name in "bits eps max min smallest_normal".split():
        assert getattr(got, name) == getattr(want, name), name
    assert got.dtype == (mx.float64 if t == mx.float64 else mx.float32)


def test_result_type_beside_scalars():
    """Python scalars count by their kind alone."""
    assert mx.result_type(mx.int8, 1) == mx.int8
    assert mx.result_type(mx.array([1], mx.int16), 1.0) == mx.float32
    assert mx.result_type(mx.float16, 2.0) == mx.float16
    assert mx.result_type(mx.float32, 1j) == mx.complex64
    assert mx.result_type(mx.bool, True, 3) == mx.int32
    for bad in [(), (1.0, 2)]:
        with pytest.raises(ValueError):
            mx.result_type(*bad)


# ---- results whose shape depends on values ----

VECTORS = [
    RNG.integers(0, 5, 20).astype(np.int32), RNG.integers(0, 5, (3, 4)).astype(np.float32),
    np.array([1, np.nan, 2, np.nan, -0.0, 0.0], np.float32), np.array([], np.float32), np.array([7], np.uint8),
    np.array([True, False, True]), complex64(5)[[0, 1, 1, 2, 0]], np.float32(3),
    RNG.integers(-3, 3, (4, 6)).astype(np.int8)[::2, ::-1], np.zeros((2, 0, 3), np.int64),
]


@pytest.mark.parametrize("x", VECTORS, ids=str)
def test_unique(x):
    want, got = np.unique_all(x), mx.unique_all(mx.array(x))
    for name in "values indices inverse_indices counts".split():
        same(getattr(got, name), getattr(want, name))
    assert [list(a.shape) for a in mx.unique_counts(mx.array(x))] == [list(a.shape) for a in np.unique_counts(x)]
    same(mx.unique_inverse(mx.array(x)).inverse_indices, want.inverse_indices)
    same(mx.unique_values(mx.array(x)), want.values)


@pytest.mark.parametrize("x", [v for v in VECTORS if np.ndim(v)], ids=str)
def test_nonzero(x):
    got = mx.nonzero(mx.array(x))
    assert isinstance(got, tuple) and len(got) == x.ndim
    for a, b in zip(got, np.nonzero(x)):
        same(a, b)
    with pytest.raises(ValueError):
        mx.nonzero(mx.array(1))


@pytest.mark.parametrize("x", VECTORS, ids=str)
@pytest.mark.parametrize("invert", [False, True])
def test_isin(x, invert):
    some = np.ravel(x)[:3]
    same(mx.isin(mx.array(x), mx.array(some), invert=invert), np.isin(x, some, invert=invert))
    same(mx.isin(mx.array([1, 2, 3]), 2, invert=invert), np.isin([1, 2, 3], 2, invert=invert))


def test_repeat_by_counts():
    x = RNG.integers(0, 9, (3, 5)).astype(np.int32)
    for counts, axis in [([1, 0, 2], 0), ([2], 1), (list(range(15)), None), ([0, 0, 0], 0)]:
        same(mx.repeat(mx.array(x), mx.array(counts), axis=axis), np.repeat(x, counts, axis=axis))
    for counts in [mx.array([1, 2]), mx.array([1, -1, 1]), mx.array([1.0, 2.0, 3.0]), mx.array([2**62] * 3)]:
        with pytest.raises((ValueError, MemoryError, RuntimeError)):
            mx.eval(mx.repeat(mx.array(x), counts, axis=0))


# ---- order, folds, shapes ----


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_descending(axis):
    x = RNG.integers(0, 4, (5, 6)).astype(np.int32)
    same(mx.sort(mx.array(x), axis=axis, descending=True), -np.sort(-x, axis=axis))
    same(mx.argsort(mx.array(x), axis=axis, descending=True), np.argsort(-x, axis=axis, kind="stable"))
    same(mx.argsort(mx.array(x), axis=axis, stable=True), np.argsort(x, axis=axis, kind="stable"))
    assert mx.argsort(mx.zeros((0,)), descending=True).shape == (0,)


@pytest.mark.parametrize("axis", [0, 1])
def test_include_initial(axis):
    x = RNG.integers(1, 4, (3, 5)).astype(np.int32)
    same(mx.cumulative_sum(mx.array(x), axis=axis, include_initial=True),
         np.cumulative_sum(x, axis=axis, include_initial=True))
    same(mx.cumulative_prod(mx.array(x), axis=axis, include_initial=True),
         np.cumulative_prod(x, axis=axis, include_initial=True))
    whole = mx.cumsum(mx.array(x), axis=axis, include_initial=True, reverse=True)
    same(whole, np.flip(np.cumulative_sum(np.flip(x, axis), axis=axis, include_initial=True), axis))


def test_folds_of_another_dtype():
    x = mx.array([100, 100, 100], dtype=mx.uint8)
    assert mx.sum(x).dtype == mx.uint32 and mx.sum(x).item() == 300
    assert mx.sum(x, dtype=mx.uint8).dtype == mx.uint8 and mx.sum(x, dtype=mx.uint8).item() == 44
    assert mx.prod(x, dtype=mx.int64).item() == 1000000 and mx.sum(x, dtype=mx.float32).item() == 300.0


@pytest.mark.parametrize("correction", [0, 1, 0.5, 2.5, 1.0])
def test_correction(correction):
    x = float32(4, 5)
    same(mx.var(mx.array(x), axis=1, correction=correction), np.var(x, axis=1, correction=correction), 1e-5)
    same(mx.std(mx.array(x), correction=correction), np.std(x, correction=correction), 1e-5)


def test_shapes():
    x = RNG.integers(0, 9, (2, 3, 4)).astype(np.int32)
    a = mx.array(x)
    same(mx.moveaxis(a, (0, 1), (-1, 0)), np.moveaxis(x, (0, 1), (-1, 0)))
    same(mx.roll(a, shift=(1, 2), axis=(0, -1)), np.roll(x, (1, 2), (0, -1)))
    same(mx.diff(a, axis=1, prepend=a[:, :1], append=a), np.diff(x, axis=1, prepend=x[:, :1], append=x))
    same(mx.reshape(a, (4, 6), copy=True), x.reshape(4, 6))
    same(mx.clip(a, min=2), np.clip(x, 2, None))
    same(mx.clip(a, max=5), np.clip(x, None, 5))
    same(mx.clip(a), x)
    same(mx.full((2, 2), fill_value=3), np.full((2, 2), 3))
    order = np.argsort(x.ravel())
    same(mx.searchsorted(mx.flatten(a), mx.array([3, 9]), sorter=mx.array(order)),
         np.searchsorted(x.ravel(), [3, 9], sorter=order))
    for bad in [lambda: mx.moveaxis(a, (0, 1), (0,)), lambda: mx.moveaxis(a, (0, 0), (0, 1)),
                lambda: mx.clip(a, 1, min=2), lambda: mx.clip(a, None, None)]:
        with pytest.raises(ValueError):
            bad()
    for bad in [lambda: mx.full((2,)), lambda: mx.full((2,), 1, fill_value=1)]:
        with pytest.raises(TypeError):
            bad()


def test_creation_on_a_device():
    for a in [mx.zeros(2, device=mx.cpu), mx.arange(3, device=mx.cpu), mx.eye(2, device=mx.cpu),
              mx.linspace(0, 1, 3, device=mx.cpu), mx.asarray([1], device=mx.cpu, copy=True),
              mx.astype(mx.ones(2), mx.int32, copy=False, device=mx.cpu)]:
        assert a.size
    same(mx.fft.fftfreq(5, d=0.5, dtype=mx.float64), np.fft.fftfreq(5, d=0.5), 1e-15)
    same(mx.fft.rfftfreq(6, dtype=mx.float32), np.fft.rfftfreq(6), 1e-7)


# ---- products of integers, linear algebra, transforms ----


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_products_of_integers(dtype):
    for a, b in [((3, 4), (4, 5)), ((4,), (4,)), ((2, 3, 4), (4,)), ((2, 1, 3, 4), (5, 4, 2)), ((0, 4), (4, 3)),
                 ((2, 0), (0, 3)), ((70, 90), (90, 80))]:
        x, y = (RNG.integers(0, 120, s).astype(dtype) for s in (a, b))
        got = mx.array(x) @ mx.array(y)
        same(got, x @ y)
        assert np.array(got).dtype == (x @ y).dtype
    same(mx.tensordot(mx.array(x), mx.array(y), axes=1), np.tensordot(x, y, axes=1))
    same(mx.array(x[:, ::2].T) @ mx.array(x[:, 1::2]), x[:, ::2].T @ x[:, 1::2])
    with pytest.raises(ValueError):
        mx.ones((2, 2), mx.bool_) @ mx.ones((2, 2), mx.bool_)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 5, 3)], ids=str)
@pytest.mark.parametrize("make", [float32, complex64])
def test_factors(shape, make):
    x = make(*shape)
    a = mx.array(x)
    for mode in ["reduced", "complete"]:
        q, r = mx.linalg.qr(a, mode=mode)
        want = np.linalg.qr(x, mode=mode)
        assert q.shape == want.Q.shape and r.shape == want.R.shape
        same(q @ r, x, 1e-5)
        same(mx.conj(q.mT) @ q, np.broadcast_to(np.eye(q.shape[-1]), q.shape[:-2] + (q.shape[-1],) * 2), 1e-5, False)
    u, s, vh = mx.linalg.svd(a, full_matrices=False)
    assert [u.shape, s.shape, vh.shape] == [i.shape for i in np.linalg.svd(x, full_matrices=False)]
    same((u * s[..., None, :]) @ vh, x, 1e-5)
    same(mx.linalg.svdvals(a), np.linalg.svd(x, compute_uv=False), 1e-5)
    for rtol in [None, 0.5]:
        same(mx.linalg.pinv(a, rtol=rtol), np.linalg.pinv(x, rtol=rtol), 1e-4)
        same(mx.linalg.matrix_rank(a, rtol=rtol), np.linalg.matrix_rank(x, rtol=rtol))
    for o in [1, 2, 0, 3.5, math.inf, -math.inf]:
        for axis in [None, -1, (0, -1)]:
            for keep in [False, True]:
                same(mx.linalg.vector_norm(a, axis=axis, keepdims=keep, ord=o),
                     np.linalg.vector_norm(x, axis=axis, keepdims=keep, ord=o), 1e-5)
    for o in ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]:
        same(mx.linalg.matrix_norm(a, ord=o), np.linalg.matrix_norm(x, ord=o), 1e-5)
    same(mx.linalg.diagonal(a, offset=1), np.linalg.diagonal(x, offset=1))
    same(mx.linalg.trace(a, offset=-1), np.linalg.trace(x, offset=-1), 1e-6)


def test_linear_algebra_of_complex_matrices():
    x = complex64(3, 4, 4)
    h = x @ x.conj().swapaxes(-1, -2) + np.eye(4, dtype=np.complex64)
    a, b = mx.array(x), complex64(3, 4, 2)
    same(mx.linalg.cholesky(mx.array(h)), np.linalg.cholesky(h), 1e-5)
    upper = mx.linalg.cholesky(mx.array(h), upper=True)
    same(mx.conj(upper.mT) @ upper, h, 1e-5)
    same(mx.linalg.cholesky_inv(upper, upper=True), np.linalg.inv(h), 1e-4)
    same(mx.linalg.inv(a), np.linalg.inv(x), 1e-4)
    same(mx.linalg.solve(a, mx.array(b)), np.linalg.solve(x, b), 1e-4)
    same(mx.linalg.det(a), np.linalg.det(x), 1e-5)
    for got, want in zip(mx.linalg.slogdet(a), np.linalg.slogdet(x)):
        same(got, want, 1e-5)
    for n in [-3, -1, 0, 1, 2, 5]:
        same(mx.linalg.matrix_power(a / 3, n), np.linalg.matrix_power(x / 3, n), 1e-3)


def test_hermitian_transforms():
    x = complex64(3, 6)
    for norm, n in itertools.product(["backward", "ortho", "forward"], [None, 7, 4]):
        same(mx.fft.hfft(mx.array(x), n=n, norm=norm), np.fft.hfft(x, n=n, norm=norm), 1e-5)
        same(mx.fft.ihfft(mx.array(x.real), n=n, norm=norm), np.fft.ihfft(x.real, n=n, norm=norm), 1e-5)
    same(mx.fft.hfft(mx.array(x), axis=0), np.fft.hfft(x, axis=0), 1e-5)


def test_results_have_names():
    """Attributes as NumPy's, and tuples all the same: unpacked, printed, pickled."""
    x = mx.array(np.eye(3, dtype=np.float32))
    for got, names in [(mx.linalg.eigh(x), "eigenvalues eigenvectors"), (mx.linalg.eig(x), "eigenvalues eigenvectors"),
                       (mx.linalg.qr(x), "Q R"), (mx.linalg.slogdet(x), "sign logabsdet"),
                       (mx.linalg.svd(x), "U S Vh"), (mx.unique_counts(x), "values counts")]:
        assert isinstance(got, tuple) and len(got) == len(names.split())
        assert all(getattr(got, n) is item for n, item in zip(names.split(), got))
        assert repr(got) == repr(tuple(got)) and len(pickle.loads(pickle.dumps(got))) == len(got)
    assert mx.linalg.svd(x, compute_uv=False).shape == (3,)


# ---- special cases ----

SPECIAL = np.array([0.0, -0.0, 1, -1, 0.5, -2.5, 3, -3, 1e30, -1e-30, np.inf, -np.inf, np.nan])
UNARY = """abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log1p log2 log10
    negative positive reciprocal round sign signbit sin sinh sqrt square tan tanh trunc""".split()
BINARY = "add atan2 copysign divide equal greater hypot less maximum minimum multiply nextafter not_equal subtract".split()


def signs(x):
    return np.where(np.isnan(x) | (x != 0), 0, np.signbit(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_special_cases(name, dtype):
    x = SPECIAL.astype(dtype)
    with np.errstate(all="ignore"):
        want = getattr(np, name)(x)
    got = np.array(getattr(mx, name)(mx.array(x, getattr(mx, dtype)) if dtype == "float64" else mx.array(x)))
    assert np.allclose(got, want, rtol=1e-5, atol=0, equal_nan=True), (x, got, want)
    if want.dtype.kind == "f" and name != "reciprocal":
        assert np.array_equal(signs(got), signs(want)), (x, got, want)


@pytest.mark.parametrize("name", BINARY)
def test_special_pairs(name):
    x, y = (a.ravel() for a in np.meshgrid(SPECIAL.astype(np.float32), SPECIAL.astype(np.float32)))
    with np.errstate(all="ignore"):
        want = getattr(np, name)(x, y)
    got = np.array(getattr(mx, name)(mx.array(x), mx.array(y)))
    assert np.allclose(got, want, rtol=1e-5, atol=0, equal_nan=True)
    if want.dtype.kind == "f" and name not in ("maximum", "minimum"):
        assert np.array_equal(signs(got), signs(want))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_remainder_has_the_sign_of_the_divisor(dtype):
    x, y = (a.ravel() for a in np.meshgrid(*[np.array([0.0, -0.0, 3, -3, 4.5, 1e20, -1e20], dtype)] * 2))
    keep = y != 0
    x, y = x[keep], y[keep]
    t = getattr(mx, dtype)
    got, want = np.array(mx.remainder(mx.array(x, t), mx.array(y, t))), np.remainder(x, y)
    assert np.array_equal(got, want) and np.array_equal(np.signbit(got), np.signbit(want))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_shifts_past_the_width(dtype):
    values = np.array([1, 0, 5, 100], dtype)
    values = np.concatenate([values, -values]) if dtype.startswith("i") else values
    x, y = (a.ravel() for a in np.meshgrid(values, np.array([0, 1, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 100], dtype)))
    same(mx.left_shift(mx.array(x), mx.array(y)), np.left_shift(x, y))
    same(mx.right_shift(mx.array(x), mx.array(y)), np.right_shift(x, y))


def test_expm1_of_complex_numbers():
    x = np.array([1 + 1j, 1e-5 + 1e-5j, 1e-20 + 2e-20j, -3 + 40j, 0, 30j, 80 + 1j, -200 + 1j], np.complex64)
    wide = x.astype(np.complex128)
    exact = np.expm1(wide)
    same(mx.expm1(mx.array(x)).real, exact.real.astype(np.float32), 1e-6)
    small = np.abs(x) < 1
    same(mx.expm1(mx.array(x[small])).imag, exact.imag[small].astype(np.float32), 1e-6)
