"""This library answers as MLX does, over recorded expressions (tests/python/cases.py).

Promise guarded: values (bit for bit where no rounding is involved, else within LIMITS), dtypes,
shapes, printing and exception types. Every difference that is meant stands in
tests/data/differences.tsv with its reason. `pytest -s` prints the cases per family."""

import json
import lzma
import os
import re
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")
cases = pytest.importorskip("cases")

DATA = Path(os.environ.get("MLX_TEST_DATA", Path(__file__).resolve().parent.parent / "data"))

# MLX computes most of float64 with float32 steps; test_float64_against_numpy holds ours to its own.
EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-23,
       "complex64": 2.0**-23}
# How far floats may be apart: in units of the last place of each number; for families that add many
# numbers up, of the largest number of the array. Halves at most HALF_ULPS.
ULP, ULP_OF_TOP = "each", "top"
HALF_ULPS = 4
LIMITS = {
    "reductions": (ULP_OF_TOP, 8), "grid_reduce": (ULP_OF_TOP, 100), "grid_scan": (ULP_OF_TOP, 16),
    "grid_matmul": (ULP_OF_TOP, 16), "grid_conv": (ULP_OF_TOP, 16), "grid_quant": (ULP_OF_TOP, 16),
    "grid_fft": (ULP_OF_TOP, 16), "grid_rest": (ULP_OF_TOP, 8), "grid_linalg": (ULP_OF_TOP, 200),
          "grid_fast": (ULP_OF_TOP, 8),
}
DEFAULT = (ULP, 8)
NAMES = cases.namespace(mx)


def differences():
    """Rows (family, pattern, limit): what may be otherwise, or how far apart."""
    rows = []
    for line in (DATA / "differences.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            family, pattern, limit, why = line.split("\t")
            assert why
            rows.append((family, re.compile(pattern), limit))
    return rows


MEANT = differences()


def meant(family, expression, want, have):
    """Whether a row of the differences allows these answers."""
    return any(f in ("*", family) and p.search(expression) and
               (limit == "any" or same(want, have, (ULP_OF_TOP, float(limit) / 2.0**-23, "halves too")))
               for f, p, limit in MEANT)


def within(x, y, dtype, limit, top=None):
    """Whether numbers of a dtype agree; `top` is the largest of the array where that is known."""
    how, ulps = limit[:2]
    if dtype in ("float16", "bfloat16") and len(limit) == 2:
        ulps = min(ulps, HALF_ULPS)
    with np.errstate(all="ignore"):
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        wide = np.complex128 if np.iscomplexobj(x) else np.float64
        off = np.abs(x.astype(wide) - y.astype(wide))
        size = np.abs(x).astype(np.float64)
        if how == ULP_OF_TOP:
            fine = size[np.isfinite(size)]
            size = np.full_like(size, max(fine.max(initial=0), top or 0))
        least = 6.1e-5 if dtype == "float16" else 1.2e-38
        return bool(np.all(same | (off <= ulps * EPS[dtype] * np.maximum(size, least))))


def numbers(a):
    data = bytes.fromhex(a["data"])
    if a["array"] == "bfloat16":
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, np.bool_ if a["array"] == "bool" else a["array"])


def close(want, have, limit):
    dtype = want["array"]
    if any(want.get(k) != have.get(k) for k in ("array", "shape", "crc")):
        return False
    if "kept" in want:
        kind = np.complex128 if dtype == "complex64" else np.float64
        limits = [limit, (ULP_OF_TOP, max(limit[1], 1), *limit[2:])]
        return all(within(*(np.frombuffer(bytes.fromhex(a[k]), kind) for a in (want, have)), dtype,
                          l, want["top"]) for k, l in zip(("kept", "means"), limits))
    if "crc" in want or want["data"] == have["data"]:
        return True
    return dtype in EPS and limit[1] > 0 and within(numbers(want), numbers(have), dtype, limit)


def same(want, have, limit):
    if want == have:
        return True
    if "array" in want and "array" in have:
        return close(want, have, limit)
    if want.keys() != have.keys():
        return False
    kind, w = next(iter(want.items()))
    if kind in ("list", "tuple"):
        h = have[kind]
        return len(w) == len(h) and all(same(x, y, limit) for x, y in zip(w, h))
    if kind == "float":
        return abs(float(w) - float(have[kind])) <= 2e-6 * abs(float(w))
    return kind == "error" and w[0] in have[kind]


def recorded(family):
    return json.loads(lzma.decompress((DATA / "python" / f"{family}.json.xz").read_bytes()))


@pytest.mark.parametrize("family", sorted(cases.FAMILIES))
def test_family(family):
    wrong, excused, answers = [], 0, recorded(family)
    for expression, want in answers.items():
        bits = cases.exact(family, expression)
        have = cases.answer(mx, NAMES, expression, bits)
        if same(want, have, (ULP, 0) if bits else LIMITS.get(family, DEFAULT)):
            continue
        if meant(family, expression, want, have):
            excused += 1
        else:
            wrong.append(f"{expression}\n    MLX  {want}\n    here {have}")
    print(f"{family}: {len(answers)} cases, {excused} meant differences")
    assert not wrong, f"{len(wrong)} of {len(answers)}:\n" + "\n".join(wrong[:40])
