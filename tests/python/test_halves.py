"""float16 and bfloat16 round where MLX rounds, so that models in them give MLX's text.

Promise guarded: sigmoid, silu, softplus, logaddexp, rsqrt, rope and attention (scaled queries,
scores, masked scores, probabilities; few rows and many, with masks and sinks) have the bits of MLX
(recorded by tests/tools/make_halves_data.py), but where the order of a sum shows."""

import importlib.util
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("mlx.core")

ROOT = Path(__file__).resolve().parent.parent
RECORDED = np.load(ROOT / "data" / "halves.npz")


@pytest.fixture(scope="module")
def ours():
    path = ROOT / "tools" / "make_halves_data.py"
    spec = importlib.util.spec_from_file_location("halves", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.answers()


def order(bits):
    """Floats as integers in the same order, so that neighbours are 1 apart."""
    n = bits.astype(np.int64)
    return np.where(n >= 32768, 32768 - n, n)


def test_every_case_is_there(ours):
    assert sorted(ours) == sorted(RECORDED.files)


@pytest.mark.parametrize("case", RECORDED.files)
def test_bits(case, ours):
    have, want = ours[case], RECORDED[case]
    assert have.shape == want.shape
    wrong = have != want
    # Sums come in an order that is not MLX's: one other score changes a row of results. Without the
    # roundings it is half of all.
    share = 0.08 if case.startswith("attention") else 0.002
    assert wrong.mean() <= share, wrong.mean()
    if wrong.any() and not case.startswith("attention"):
        assert np.abs(order(have) - order(want))[wrong].max() <= 1
