"""This library answers as MLX does, over recorded expressions (tests/python/cases.py).

Promise guarded: values (bit for bit where no rounding is involved, else within TOLERANCE), dtypes,
shapes, printing and exception types. Every difference that is meant stands in `meant`."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")
cases = pytest.importorskip("cases")

DATA = Path(os.environ.get("MLX_TEST_DATA", Path(__file__).resolve().parent.parent / "data")) / "python"

# Relative to the larger of 1e-3 and the number: MLX's own functions differ from ours in the last digits.
TOLERANCE = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "complex64": 4e-6, "float64": 2e-6}


def numbers(a):
    data = bytes.fromhex(a["data"])
    if a["array"] == "bfloat16":
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, np.bool_ if a["array"] == "bool" else a["array"])


def close(want, have):
    if want["array"] != have["array"] or want["shape"] != have["shape"]:
        return False
    if want["data"] == have["data"]:
        return True
    tolerance = TOLERANCE.get(want["array"])
    if tolerance is None:
        return False
    with np.errstate(all="ignore"):
        x, y = numbers(want), numbers(have)
        return bool(np.all((x == y) | (np.isnan(x) & np.isnan(y))
                           | (np.abs(x - y) <= tolerance * np.maximum(np.abs(x), 1e-3))))


def same(want, have):
    if want == have:
        return True
    if want.keys() != have.keys():
        return False
    kind, w = next(iter(want.items()))
    if "array" in want:
        return close(want, have)
    if kind in ("list", "tuple"):
        h = have[kind]
        return len(w) == len(h) and all(same(x, y) for x, y in zip(w, h))
    if kind == "float":
        return abs(float(w) - float(have[kind])) <= 2e-6 * abs(float(w))
    return kind == "error" and w[0] in have[kind]


# Where this library answers otherwise on purpose: (pattern of the expression, why).
MEANT = [
    (r"nan_to_num\(A\('(complex64|float64)'\)\)", "works for every dtype"),
    (r"logsumexp\(A\('bool_'", "MLX sums the booleans themselves"),
    (r"trunc\((1|0.5)\)", "takes scalars, as the other functions do"),
    (r"zeros\(('a'|\(1.5,\))\)", "a wrong type is a TypeError, not a failed cast"),
    (r"at\[True\]", "one rule for True as an index that writes: everything"),
]


def meant(expression):
    return any(re.search(p, expression) for p, _ in MEANT)


@pytest.mark.parametrize("family", sorted(cases.FAMILIES))
def test_family(family):
    with gzip.open(DATA / f"{family}.json.gz") as f:
        recorded = json.load(f)
    wrong = []
    for expression, want in recorded.items():
        have = cases.answer(mx, expression)
        if not same(want, have) and not meant(expression):
            wrong.append(f"{expression}\n    MLX  {want}\n    here {have}")
    assert not wrong, f"{len(wrong)} of {len(recorded)}:\n" + "\n".join(wrong[:40])
