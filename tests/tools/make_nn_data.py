#!/usr/bin/env python3
"""Writes tests/data/nn: what MLX answers to the cases of tests/python/cases_nn.py, and the weights
of one layer of each kind as MLX saves them.

make_nn_data.py [FAMILY...], run by an interpreter that has MLX (mlx-cpu 0.32.4)."""

import json
import lzma
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import cases_nn  # noqa: E402

folder = TESTS / "data" / "nn"
folder.mkdir(exist_ok=True)
for family in sys.argv[1:] or cases_nn.FAMILIES:
    found = cases_nn.FAMILIES[family]()
    path = folder / f"{family}.json.xz"
    path.write_bytes(lzma.compress(json.dumps(found, separators=(",", ":")).encode(), preset=9))
    print(family, len(found), path.stat().st_size)
for suffix in (".npz", ".safetensors"):
    model = cases_nn.zoo()
    model.save_weights(str(folder / f"zoo{suffix}"))
    print(f"zoo{suffix}", (folder / f"zoo{suffix}").stat().st_size)
