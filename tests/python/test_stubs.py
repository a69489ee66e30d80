"""The type stubs of mlx.core are sound and say what programs need. Skipped where mypy is not installed."""

import os
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api")

PROGRAM = """
import mlx.core as mx

a = mx.array([1.0, 2.0])
b: mx.array = mx.sum(a, axis=0, dtype=mx.float32)
w: mx.array = mx.linalg.eigh(mx.eye(2)).eigenvalues
values, counts = mx.unique_counts(a)
q: bool = bool(a[0] > 1)
z = mx.zeros((2, 3), device=mx.cpu)
s = mx.asarray([1, 2], dtype=mx.bool)
y = mx.clip(a, min=0, max=1) + 1
y += mx.linalg.vector_norm(a)
mx.linalg.matmul(z, z.T)
with mx.stream(mx.cpu):
    mx.eval(y)
for row in z:
    print(row.shape[0], row.item())
g: mx.array = mx.grad(lambda p: (p * p).sum())(a)
print(mx.random.normal((2,), loc=0.5), mx.fast.rms_norm(z, None, 1e-5), mx.fft.hfft(a), mx.finfo(mx.float32).max)
"""
WRONG = """
import mlx.core as mx

n: int = mx.sum(mx.array(1))
mx.zeros((2,), colour="red")
"""


def check(monkeypatch, folder, *args):
    package = Path(__file__).parent.parent.parent / "python"
    monkeypatch.setenv("MYPYPATH", str(package))
    monkeypatch.chdir(folder)
    out, _, status = api.run(["--strict", "--cache-dir", os.devnull, *args])
    return out, status


def test_the_stubs_are_sound(monkeypatch, tmp_path):
    out, status = check(monkeypatch, tmp_path, "-p", "mlx.core")
    assert status == 0, out


def test_programs(monkeypatch, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    out, status = check(monkeypatch, tmp_path, "program.py")
    assert status == 0, out


def test_mistakes_are_found(monkeypatch, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    out, status = check(monkeypatch, tmp_path, "wrong.py")
    assert status == 1 and "wrong.py:4" in out and "wrong.py:5" in out
