"""Nothing is computed before it is asked for, and the article's first programs print what MLX prints."""

import gc
import os
import pathlib
import subprocess
import sys

import pytest

mx = pytest.importorskip("mlx.core")
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "python"
MB = 1 << 20


def test_a_product_that_nobody_asks_for_costs_nothing():
    a, b = mx.random.normal((1000, 1000)), mx.random.normal((1000, 1000))
    mx.eval(a, b)
    gc.collect()
    mx.reset_peak_memory()
    held = mx.get_active_memory()
    c = a @ b
    total = mx.sum(c + 1)
    del total
    assert mx.get_peak_memory() < held + 64  # a place for the number 1 at most
    mx.eval(c)
    assert mx.get_active_memory() >= held + 4 * MB


def output(name):
    done = subprocess.run([sys.executable, EXAMPLES / f"{name}.py"], env=dict(os.environ),
                          capture_output=True, text=True, check=True)
    return done.stdout


def test_basics_prints_what_mlx_prints():
    assert output("basics") == "array([5, 7, 9], dtype=float32)\n(3, 5)\n"


def test_lazy_prints_one_sum():
    text = output("lazy")
    assert text.startswith("array(") and text.endswith(", dtype=float32)\n")
    # A million ones, and a million products' sums with a standard deviation of 1000 * sqrt(1000).
    assert abs(float(text[6:-17]) - 1e6) < 6 * 31623
