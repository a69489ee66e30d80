"""mlx.core.fft: the parameters of Python, their defaults and errors, and the values behind them.

Promises guarded: values are those of numpy.fft for every function, norm, length and set of axes;
results are complex64 or float32 whatever came in; what cannot be transformed is the exception that
MLX raises."""

import pytest

mx = pytest.importorskip("mlx.core")
np = pytest.importorskip("numpy")

RNG = np.random.default_rng(7)
REAL = RNG.standard_normal((3, 4, 6)).astype(np.float32)
COMPLEX = (REAL + 1j * RNG.standard_normal(REAL.shape)).astype(np.complex64)
NORMS = ("backward", "ortho", "forward")
ONE = ("fft", "ifft", "rfft", "irfft")
TWO = ("fft2", "ifft2", "rfft2", "irfft2")
ANY = ("fftn", "ifftn", "rfftn", "irfftn")


def given(name):
    """rfft takes real numbers, the others complex ones."""
    return REAL if name.startswith("r") else COMPLEX


def agree(name, x, *args, **kwargs):
    """This library's answer is NumPy's, in its own dtype."""
    got = getattr(mx.fft, name)(mx.array(x), *args, **kwargs)
    want = getattr(np.fft, name)(x.astype(np.promote_types(x.dtype, np.float64)), *args, **kwargs)
    assert got.dtype == (mx.float32 if name.startswith("ir") else mx.complex64)
    assert tuple(got.shape) == want.shape
    scale = max(1.0, float(np.abs(want).max(initial=0)))
    np.testing.assert_allclose(np.array(got), want, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("name", ONE)
def test_one_axis_has_the_lengths_axes_and_norms_of_numpy(name):
    x = given(name)
    agree(name, x)
    agree(name, x, None, 1)
    for norm in NORMS:
        agree(name, x, 5, -2, norm)
    for n in (1, 2, 3, 6, 7, 12, 31):
        agree(name, x, n=n)
        agree(name, x, n=n, axis=0)


@pytest.mark.parametrize("name", TWO + ANY)
def test_several_axes_have_the_lengths_axes_and_norms_of_numpy(name):
    x = given(name)
    agree(name, x)
    for norm in NORMS:
        agree(name, x, norm=norm)
        agree(name, x, s=(5, 2), axes=(0, -1), norm=norm)
    for axes in ([0], [1, 0], [-1, 0], [2, 0, 1]):
        agree(name, x, axes=axes)
        agree(name, x, s=[3, 4, 7][:len(axes)], axes=axes)
    agree(name, x, [5, 3], [1, 2], "ortho")


@pytest.mark.parametrize("name", TWO)
def test_two_axes_are_the_last_unless_none_is_all(name):
    x = given(name)
    agree(name, x, s=[3, 5])
    got = getattr(mx.fft, name)(mx.array(x), axes=None)
    want = getattr(np.fft, name[:-1] + "n")(x)
    np.testing.assert_allclose(np.array(got), want, rtol=0, atol=1e-4)


@pytest.mark.parametrize("dtype", ["bool_", "int8", "uint32", "int64", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("name", ("fft", "rfft", "irfft"))
def test_any_dtype_becomes_floats_first(name, dtype):
    x = [1, 0, 1, 1, 0]
    stream = mx.cpu
    got = getattr(mx.fft, name)(mx.array(x).astype(getattr(mx, dtype), stream), stream=stream)
    want = getattr(np.fft, name)(np.array(x, dtype=np.float64))
    assert got.dtype == (mx.float32 if name == "irfft" else mx.complex64)
    np.testing.assert_allclose(np.array(got), want, atol=1e-6)


def test_the_real_part_of_complex_numbers_is_transformed_by_rfft():
    got = mx.fft.rfft(mx.array(COMPLEX))
    np.testing.assert_allclose(np.array(got), np.fft.rfft(COMPLEX.real), atol=1e-5)


@pytest.mark.parametrize("one, back", [("fft", "ifft"), ("fft2", "ifft2"), ("fftn", "ifftn"),
                                       ("rfft", "irfft"), ("rfft2", "irfft2"), ("rfftn", "irfftn")])
@pytest.mark.parametrize("norm", NORMS)
def test_inverses_undo(one, back, norm):
    x = mx.array(given(one))
    y = getattr(mx.fft, back)(getattr(mx.fft, one)(x, norm=norm), norm=norm)
    np.testing.assert_allclose(np.array(y), np.array(x), atol=1e-5)


def test_an_empty_list_of_axes_leaves_the_array_and_no_rows_none():
    a = mx.array([[1, 2], [3, 4]])
    for name in TWO + ANY:
        for same in (getattr(mx.fft, name)(a, axes=[]), getattr(mx.fft, name)(a, s=[], axes=[])):
            assert same.dtype == mx.int32 and same.tolist() == a.tolist()
    assert mx.fft.fft(mx.zeros((0, 3))).shape == (0, 3)
    assert mx.fft.fft(mx.zeros((2, 0)), n=3).tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("name", ONE + TWO + ANY)
def test_unknown_norms_are_refused(name):
    x = mx.array(given(name))
    for norm in ("Ortho", ""):
        with pytest.raises(ValueError):
            getattr(mx.fft, name)(x, norm=norm)
    with pytest.raises(TypeError):
        getattr(mx.fft, name)(x, norm=None)


@pytest.mark.parametrize("name", ONE)
def test_one_axis_refuses_what_has_no_transform(name):
    f, x = getattr(mx.fft, name), mx.ones((3, 4))
    for n in (0, -1):
        with pytest.raises(ValueError):
            f(x, n)
    for axis in (2, -3):
        with pytest.raises(IndexError):
            f(x, axis=axis)
    with pytest.raises(IndexError):
        f(mx.array(1.0))
    with pytest.raises(ValueError):
        f(mx.zeros((2, 0)))
    for bad in (dict(n=2.0), dict(axis=None), dict(n=2**40), dict(s=[1])):
        with pytest.raises(TypeError):
            f(x, **bad)
    with pytest.raises(TypeError):
        f([1.0, 2.0])


@pytest.mark.parametrize("name", TWO + ANY)
def test_several_axes_refuse_what_has_no_transform(name):
    f, x = getattr(mx.fft, name), mx.ones((3, 4, 5))
    for bad in (dict(s=[2, 2], axes=None), dict(s=[], axes=None), dict(s=[2], axes=[0, 1]),
                dict(s=[], axes=[0]), dict(s=[2], axes=[]), dict(s=[0, 2], axes=[0, 1]),
                dict(s=[2, -1], axes=[0, 1]), dict(axes=[0, 0]), dict(axes=[0, -3])):
        with pytest.raises(ValueError):
            f(x, **bad)
    with pytest.raises(IndexError):
        f(x, axes=[0, 3])
    for bad in (dict(s=3, axes=[0]), dict(axes=1)):
        with pytest.raises(TypeError):
            f(x, **bad)
    with pytest.raises(ValueError):
        f(mx.array(1.0), axes=[])


def test_a_vector_has_no_two_axes_and_a_number_none():
    for name in TWO:
        with pytest.raises(IndexError):
            getattr(mx.fft, name)(mx.ones((4,)))
    for name in ANY:
        with pytest.raises(ValueError):
            getattr(mx.fft, name)(mx.array(1.0))


@pytest.mark.parametrize("name", ("irfft", "irfftn"))
def test_one_number_needs_a_length_to_become_real(name):
    with pytest.raises(ValueError):
        getattr(mx.fft, name)(mx.array([1.0]))
    assert mx.fft.irfft(mx.array([1.0]), n=1).tolist() == [1.0]
