"""Random programs of 1 to 20 operations give the same bits with and without fusion, on one thread and
on several.

MLX_TEST_PROGRAMS sets how many are tried (300)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numpy")
pytest.importorskip("mlx.core")
hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

SETTINGS = [{"MLX_FUSE": fuse, "MLX_NUM_THREADS": threads} for fuse in "01" for threads in "13"]
WORKER = Path(__file__).with_name("program_worker.py")
STEP = st.tuples(st.integers(0, 21), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60))


@pytest.fixture(scope="module")
def workers():
    found = [subprocess.Popen([sys.executable, str(WORKER)], stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE, env={**os.environ, **s}) for s in SETTINGS]
    yield found
    for w in found:
        w.stdin.close()
        assert w.wait(60) == 0


def test_same_bits(workers):
    @hypothesis.settings(max_examples=int(os.environ.get("MLX_TEST_PROGRAMS", 300)), deadline=None,
                         database=None, derandomize=True,
                         suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(st.lists(STEP, min_size=1, max_size=20))
    def check(program):
        for w in workers:
            w.stdin.write(json.dumps(program) + "\n")
            w.stdin.flush()
        answers = [w.stdout.readline() for w in workers]
        assert answers[0]
        for s, a in zip(SETTINGS, answers):
            assert a == answers[0], f"{s} differs from {SETTINGS[0]}"

    check()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["negative", "exp", "square"])
def test_half_that_leaves_as_float32(dtype, name):
    """Found by the programs: beyond the first tile the result went to half its place."""
    mx = pytest.importorskip("mlx.core")
    x = (mx.arange(5000) % 97).astype(getattr(mx, dtype)) / 32
    mx.eval(x)
    half = getattr(mx, name)(x)
    mx.eval(half)
    assert mx.array_equal(getattr(mx, name)(x).astype(mx.float32), half.astype(mx.float32))
