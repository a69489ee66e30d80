"""Result dtypes are MLX's: every row of tests/data/promotion.tsv.

Promise guarded: promotion of arrays, weak Python scalars, NumPy values, unary functions and what is
created from nothing."""

import os
import re
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")

DATA = Path(os.environ.get("MLX_TEST_DATA", Path(__file__).resolve().parent.parent / "data"))
SCALARS = {"bool": True, "int": 1, "bigint": 2**40, "float": 1.5, "complex": 1j,
           "np_bool": np.bool_(True)}
for kind in ("float32", "float64", "int32", "int64"):
    SCALARS[f"np_{kind}"] = np.dtype(kind).type(1)
    SCALARS[f"np_array_{kind}"] = np.ones(1, kind)
NEW = {"bool": True, "int": 1, "bigint": 2**40, "u64": 2**63, "float": 1.5, "complex": 1j,
       "list_int": [1, 2], "list_mixed": [1, 1.5], "list_bool": [True], "list_bool_int": [True, 1],
       "list_complex": [1, 1j], "empty": [], "np_f64": np.ones(2), "np_f32": np.ones(2, np.float32),
       "np_f16": np.ones(2, np.float16), "np_i64": np.ones(2, np.int64),
       "np_i32": np.ones(2, np.int32), "np_i8": np.ones(2, np.int8), "np_u64": np.ones(2, np.uint64),
       "np_bool": np.ones(2, np.bool_), "np_c128": np.ones(2, np.complex128),
       "np_c64": np.ones(2, np.complex64), "np_scalar_f64": np.float64(1.5),
       "np_scalar_i64": np.int64(1), "list_arrays": lambda: [mx.array(1), mx.array(1.5)]}
DEFAULTS = {
    "arange_int": lambda: mx.arange(3), "arange_float": lambda: mx.arange(3.0),
    "arange_mixed": lambda: mx.arange(1, 3.5), "zeros": lambda: mx.zeros(2),
    "ones": lambda: mx.ones(2), "full_int": lambda: mx.full(2, 1),
    "full_float": lambda: mx.full(2, 1.5), "full_bool": lambda: mx.full(2, True),
    "eye": lambda: mx.eye(2), "tri": lambda: mx.tri(2), "linspace": lambda: mx.linspace(0, 1, 3),
    "identity": lambda: mx.identity(2), "randint": lambda: mx.random.randint(0, 9),
    "uniform": mx.random.uniform, "normal": mx.random.normal, "bernoulli": mx.random.bernoulli,
    "categorical": lambda: mx.random.categorical(mx.zeros(3)),
    "permutation": lambda: mx.random.permutation(3), "fftfreq": lambda: mx.fft.fftfreq(4),
    "key": lambda: mx.random.key(0), "hanning": lambda: mx.hanning(4),
    "searchsorted": lambda: mx.searchsorted(mx.array([1]), mx.array(0)),
    "empty": lambda: mx.empty(2)}
SCALAR_OPS = {"add": lambda x, v: x + v, "radd": lambda v, x: v + x, "div": lambda x, v: x / v,
              "pow": lambda x, v: x ** v, "floordiv": lambda x, v: x // v, "maximum": mx.maximum,
              "where": lambda x, v: mx.where(mx.array([True]), x, v)}
UNARY = {"softmax": lambda x: mx.softmax(x, axis=-1), "topk": lambda x: mx.topk(x, 1),
         "trace": lambda x: mx.trace(x.reshape(1, 1)), "fft": mx.fft.fft,
         "unique": lambda x: mx.unique(x, 1)}


def rows():
    for line in (DATA / "promotion.tsv").read_text().splitlines():
        if not line.startswith("#"):
            op, left, cells = line.split("\t")
            yield from ((op, left, *cell.split("=")) for cell in cells.split(" "))


def one(name):
    return mx.ones((1,), getattr(mx, name))


def operand(name):
    return SCALARS[name] if name in SCALARS else one(name)


def make(op, left, right):
    if op == "promote":
        return mx.result_type(getattr(mx, left), getattr(mx, right))
    if op == "array()":
        value = NEW[right]
        return mx.array(value() if callable(value) else value).dtype
    if op == "default":
        return DEFAULTS[right]().dtype
    if op.startswith("unary:"):
        name = op[6:]
        return UNARY.get(name, getattr(mx, name, None))(one(right)).dtype
    if op.endswith("_scalar"):
        return SCALAR_OPS[op[:-7]](operand(left), operand(right)).dtype
    if op == "matmul":
        return mx.matmul(one(left), one(right)).dtype
    return getattr(mx, op)(one(left), one(right)).dtype


def answer(op, left, right):
    try:
        return str(make(op, left, right)).removeprefix("mlx.core.")
    except (ValueError, RuntimeError, TypeError) as e:
        return "!" + type(e).__name__


def meant():
    for line in (DATA / "differences.tsv").read_text().splitlines():
        family, pattern = (line.split("\t") + [""])[:2]
        if family == "promotion":
            yield re.compile(pattern)


def test_every_row():
    found, allowed = list(rows()), list(meant())
    wrong = [(row, have) for row in found if (have := answer(*row[:3])) != row[3]]
    excused = [w for w in wrong if any(p.search(" ".join(w[0])) for p in allowed)]
    wrong = [w for w in wrong if w not in excused]
    print(f"promotion: {len(found)} rows, {len(excused)} meant differences")
    assert len(found) == 2666
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(map(str, wrong[:40]))
