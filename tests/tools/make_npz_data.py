#!/usr/bin/env python3
"""Writes tests/data/io/*.npz and the seeds of the npz fuzz target: what MLX and NumPy save.

Run by an interpreter that has MLX (mlx-cpu 0.32.4) and NumPy."""

import io
import zipfile
from pathlib import Path

import mlx.core as mx
import numpy as np

TESTS = Path(__file__).resolve().parent.parent
DATA, SEEDS = TESTS / "data" / "io", TESTS / "fuzz" / "corpus" / "npz"
SEEDS.mkdir(parents=True, exist_ok=True)

arrays = {"a": np.arange(12, dtype=np.float32).reshape(3, 4), "b": np.arange(400, dtype=np.int16) % 7,
          "empty": np.zeros((0, 3), np.int8), "scalar": np.array(3, np.uint8)}
mine = {k: mx.array(v) for k, v in arrays.items()}
mx.savez(str(DATA / "mlx.npz"), mine["a"], **mine)
mx.savez_compressed(str(DATA / "mlx_compressed.npz"), mine["a"], **mine)
np.savez(DATA / "numpy.npz", arrays["a"], **arrays)
np.savez_compressed(DATA / "numpy_compressed.npz", arrays["a"], **arrays)


def seed(name, compression, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        for key in ("a", "scalar"):
            npy = io.BytesIO()
            np.save(npy, arrays[key])
            with z.open(zipfile.ZipInfo(key + ".npy"), "w", **options) as f:
                f.write(npy.getvalue())
        z.comment = b"seed"
    (SEEDS / name).write_bytes(out.getvalue())


seed("stored", zipfile.ZIP_STORED)
seed("stored64", zipfile.ZIP_STORED, force_zip64=True)
for name in ("mlx_compressed", "mlx"):
    (SEEDS / name).write_bytes((DATA / f"{name}.npz").read_bytes())
(SEEDS / "empty").write_bytes(b"PK\5\6" + bytes(18))
