#!/usr/bin/env python3
"""Writes tests/data/halves.npz: what MLX answers in float16 and bfloat16 where it rounds between the
parts of an operation, for tests/python/test_halves.py.

    make_halves_data.py [OUT.npz]     run by an interpreter that has MLX (mlx-cpu 0.32.4)

answers() is the one description of the cases; the test runs it against this library."""

import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np

HALVES = {"float16": mx.float16, "bfloat16": mx.bfloat16}


def attention(dtype, length, keys, width, **options):
    def draw(*shape):
        return mx.random.normal(shape).astype(dtype)

    q, k, v = draw(1, 6, length, width), draw(1, 2, keys, width), draw(1, 2, keys, 12)
    mask = options.get("mask")
    if mask == "bool":
        options["mask"] = mx.random.uniform(shape=(length, keys)) > 0.3
    elif mask == "added":
        options["mask"] = draw(6, length, keys)
    if options.get("sinks"):
        options["sinks"] = 3 * draw(6)
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=width**-0.5, **options)


def functions(dtype):
    x = mx.arange(0, 65536, 40, dtype=mx.uint16).view(dtype)
    size = mx.abs(x.astype(mx.float32))
    x = mx.where((size > 1e-4) & (size < 80), x, mx.zeros_like(x))
    yield "sigmoid", mx.sigmoid(x)
    yield "silu", nn.silu(x)
    yield "softplus", nn.softplus(x)
    yield "logaddexp", mx.logaddexp(x, x[::-1])
    yield "rsqrt", mx.rsqrt(mx.abs(x) + mx.array(0.001, dtype))


def answers():
    out = {}
    for name, dtype in HALVES.items():
        for what, a in functions(dtype):
            out[f"{what} {name}"] = a
        mx.random.seed(5)
        for pairs in (False, True):
            x = mx.random.normal((2, 3, 5, 20)).astype(dtype)
            out[f"rope {pairs} {name}"] = mx.fast.rope(
                x, 18, traditional=pairs, base=10000.0, scale=0.7, offset=11)
        # Few rows and blocks of them, several chunks of keys.
        for length, keys in ((1, 33), (3, 600), (20, 33), (20, 150)):
            for mask in (None, "causal", "bool", "added"):
                at = f"attention {length} {keys} {mask} {name}"
                out[at] = attention(dtype, length, keys, 40, mask=mask)
                out[at + " sinks"] = attention(dtype, length, keys, 32, mask=mask, sinks=True)
    return {k: np.array(a.view(mx.uint16)) for k, a in out.items()}


if __name__ == "__main__":
    default = Path(__file__).resolve().parent.parent / "data" / "halves.npz"
    np.savez_compressed(sys.argv[1] if len(sys.argv) > 1 else default, **answers())
