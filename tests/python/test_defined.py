"""Defined where MLX is not: every index out of range, step of zero, integer division by zero, shape
beyond 2^31 elements and array of another thread gives a result or an exception.

Each row is an expression with its value as a list, its shape, or its exception."""

import threading

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")

INT32, INT64 = -2**31, -2**63


def names():
    return {"mx": mx, "np": np, "x": mx.arange(6).reshape(2, 3), "I": lambda *v: mx.array(list(v)),
            "m": mx.array([[True, False, True], [False, True, False]]),
            "wide": mx.broadcast_to(mx.arange(3)[:, None], (3, 1 << 33)),
            "B": lambda *v: mx.array(list(v), mx.bool_)}


OUT_OF_RANGE = """x[5]; x[-3]; x[0, 7]; x[I(5)]; x[I(-3)]; x[:, I(3)]; x[I(0, 9), I(0, 0)]; mx.take(x, 17); mx.take(x, -7)
    mx.take(x, I(6)); mx.take(x, I(2), axis=0); mx.take(x, I(-3), axis=0); mx.take_along_axis(x, I(3)[None], axis=1)
    mx.put_along_axis(x, I(3)[None], I(1)[None], axis=1); x.at[I(9)].add(1); x.at[I(-3)].multiply(1)
    mx.slice(x, I(1, 2), (0, 1), (2, 3)); mx.slice(x, I(-5, 0), (0, 1), (1, 1)); x[m, 0]; wide[0, 1 << 34]
    mx.slice_update(x, mx.zeros((2, 2)), I(1, 2), (0, 1)); wide[I(0), I(1 << 34)]
    mx.gather_mm(mx.ones((2, 2, 2)), mx.ones((2, 2, 2)), rhs_indices=mx.array([7], mx.uint32))"""

REFUSED = """x[::0]; x[:, ::0]; x[B(True, False, True)]; x[True]; mx.nonzero(mx.array(3)); mx.repeat(x, -1); mx.tile(x, (-1,))
    mx.pad(x, -1); mx.as_strided(x, (3,), (100,)); mx.as_strided(x, (2,), (-1,)); mx.eye(-5); mx.unflatten(x, 0, (0, -1))
    mx.split(x, 0); mx.topk(x, -1); mx.partition(x, 10); mx.arange(0, 10, 0); mx.random.categorical(mx.zeros((0,)))
    mx.conv1d(mx.ones((1, 5, 2)), mx.ones((2, 2, 2)), stride=0); mx.conv1d(mx.ones((1, 5, 2)), mx.ones((2, 2, 2)), dilation=0)
    mx.conv1d(mx.ones((1, 5, 2)), mx.ones((2, 2, 2)), groups=0); mx.conv1d(mx.ones((1, 5, 2)), mx.ones((2, 2, 2)), padding=-9)
    mx.view(mx.zeros((3,), mx.uint8), mx.int32); mx.zeros((1 << 62,)); mx.zeros((1 << 33, 1 << 33)); mx.zeros((2, -1))
    mx.broadcast_to(mx.array(1), (1 << 40, 1 << 40)); mx.concatenate([wide] * 3, axis=1).reshape(-1, 1 << 62)"""

VALUES = [
    ("I(1, 2, 3) // 0", [0, 0, 0]), ("I(1, -2, 3) % 0", [1, -2, 3]),
    ("mx.array([INT32], mx.int32) // -1", [INT32]), ("mx.array([INT32], mx.int32) % -1", [0]),
    ("mx.array([INT64], mx.int64) // mx.array([-1], mx.int64)", [INT64]),
    ("mx.array([7], mx.uint8) // mx.array([0], mx.uint8)", [0]),
    ("mx.array([INT64], mx.int64) % mx.array([0, -1], mx.int64)", [INT64, 0]),
    ("mx.divmod(I(5, -5), 0)[0]", [0, 0]), ("mx.divmod(I(5, -5), 0)[1]", [5, -5]),
    ("x[5:9]", []), ("x[-9:1]", [[0, 1, 2]]), ("x[1:0]", []), ("mx.roll(I(1, 2, 3), 2**40)", [3, 1, 2]),
    # masks read as in NumPy
    ("x[m]", [0, 2, 4]), ("x[~m]", [1, 3, 5]), ("x[x > 3]", [4, 5]), ("x[m[:, 0]]", [[0, 1, 2]]),
    ("x[:, B(True, False, True)]", [[0, 2], [3, 5]]), ("x[mx.zeros((2, 3), mx.bool_)]", []),
    ("x[np.array([True, False])]", [[0, 1, 2]]), ("x[[False, True]]", [[3, 4, 5]]),
    ("x[B(True, False), 1]", [1]), ("x[B(True, True), I(0, 2)]", [0, 5]),
    ("mx.zeros((0, 3))[mx.zeros((0,), mx.bool_)]", []), ("mx.nonzero(m)[0]", [0, 0, 1]),
    ("mx.nonzero(m)[1]", [0, 2, 1]), ("mx.nonzero(mx.zeros((2, 2)))[0]", []),
    # more than 2^31 elements, without their memory
    ("wide[2, 5]", 2), ("wide[1, (1 << 32):(1 << 32) + 2]", [1, 1]), ("wide[:, 1 << 32]", [0, 1, 2]),
    ("wide[I(1, 2), mx.array([(1 << 32) + 5, 7], mx.int64)]", [1, 2]), ("wide.T[(1 << 33) - 1]", [0, 1, 2]),
    ("wide[:, ::(1 << 32)]", [[0, 0], [1, 1], [2, 2]]),
]

SHAPES = [("wide", (3, 1 << 33)), ("mx.flatten(wide[:1])", (1 << 33,)), ("wide.T", (1 << 33, 3)),
          ("mx.expand_dims(wide, 0)", (1, 3, 1 << 33)), ("mx.arange(1 << 40)", (1 << 40,)),
          ("wide[..., None]", (3, 1 << 33, 1)), ("mx.broadcast_to(mx.array(1), (1 << 31, 3)).reshape(3, -1)", (3,
              1 << 31)),
          ("mx.linalg.inv(mx.zeros((0, 0)))", (0, 0)),
          ("mx.quantized_matmul(mx.ones((0, 64)), *mx.quantize(mx.ones((64, 64))))", (0, 64))]


def listed(text):
    return [e.strip() for line in text.splitlines() for e in line.split("; ")]


@pytest.mark.parametrize("expression", listed(OUT_OF_RANGE))
def test_out_of_range(expression):
    with pytest.raises(IndexError):
        mx.eval(eval(expression, names()))


@pytest.mark.parametrize("expression", listed(REFUSED))
def test_refused(expression):
    with pytest.raises(ValueError):
        mx.eval(eval(expression, names()))


@pytest.mark.parametrize("expression,value", VALUES)
def test_values(expression, value):
    assert eval(expression, {**names(), "INT32": INT32, "INT64": INT64}).tolist() == value


@pytest.mark.parametrize("expression,shape", SHAPES)
def test_shapes(expression, shape):
    assert eval(expression, names()).shape == shape


def test_writes_out_of_range_change_nothing():
    x = mx.arange(6).reshape(2, 3)
    for index in (mx.array([5]), (0, 9), -4):
        with pytest.raises(IndexError):
            x[index] = 1
            mx.eval(x)
        x = mx.arange(6).reshape(2, 3)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_memory_that_is_not_there():
    with pytest.raises(MemoryError):
        mx.eval(mx.broadcast_to(mx.array(1.0), (1 << 30, 1 << 14)) + 1)
    assert (mx.arange(3) + 1).tolist() == [1, 2, 3]


def test_arrays_of_other_threads():
    """Pending arrays, shared by threads that evaluate them at once, and streams of other threads."""
    shared = mx.cumsum(mx.ones((1000,)) * 2)
    stream = mx.new_stream(mx.cpu)
    found, errors = [], []

    def work(i):
        try:
            mine = mx.add(shared, i, stream=stream)
            found.append((i, mine[-1].item(), shared.sum().item()))
        except Exception as e:  # noqa: BLE001
            errors.append(e)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert sorted(found) == [(i, 2000.0 + i, 1001000.0) for i in range(8)]
