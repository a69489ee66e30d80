"""Writes tests/data/quant/*.bin: what MLX makes of arrays when it quantizes them.

A file is a list of cases, little endian. A case: int32 mode (0 affine, 1 mxfp4, 2 nvfp4, 3 mxfp8),
dtype (0 float32, 1 float16, 2 bfloat16), that of the dequantized array, rows, k, group, bits, float32
global scale (0: none), then the input, the codes, the scales, the biases (affine only) and the dequantized array, each as its
bytes. The numbers are random and then edges: zeros, constants, tiny, huge, ties, powers of two.
"""

import pathlib
import struct

import mlx.core as mx
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "data" / "quant"
DTYPES = [mx.float32, mx.float16, mx.bfloat16]
MODES = ["affine", "mxfp4", "nvfp4", "mxfp8"]


def raw(a):
    return np.array(a.view(mx.uint8)).tobytes()


def edges(group, rng, top):
    """Rows of one group each."""
    rows = [np.zeros(group), np.full(group, 1e-8), np.full(group, 3.0), np.full(group, -0.7)]
    rows += [rng.standard_normal(group) * s for s in (1e-6, 1e-3, 1.0, 100.0)]
    rows += [np.abs(rng.standard_normal(group)), -np.abs(rng.standard_normal(group))]
    ties = np.array([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 6, -0.25, -0.75, -5, -6, 0.1, -0.1, 448, 0])
    rows.append(np.resize(ties, group))
    rows.append(np.resize(ties[:15] % 7, group))
    for power in (-12, -3, 0, 3, 10):
        for f in (6, 448, 6 * (1 + 2**-22), 6 * (1 - 2**-23), 1):
            row = rng.uniform(-1, 1, group)
            row[1] = f
            rows.append(row * 2.0**power)
    one = np.zeros(group)
    one[3] = top
    rows += [one, -one, np.linspace(-1, 1, group), np.linspace(0, 1, group)]
    return np.stack(rows)


def case(f, mode, dtype, x, group, bits, global_scale=0.0):
    if dtype == 1:
        x = np.clip(x, -65504, 65504)  # what MLX makes of infinities depends on the dtype
    a = mx.array(x.astype(np.float32)).astype(DTYPES[dtype])
    options = {"mode": MODES[mode], "group_size": group, "bits": bits}
    if global_scale:
        options["global_scale"] = mx.array(np.float32(global_scale))
    w, s, *b = mx.quantize(a, **options)
    back = mx.dequantize(w, s, *b, **options, dtype=DTYPES[dtype])
    # With a global scale MLX gives float32 whatever it is asked for.
    back_dtype = DTYPES.index(back.dtype)
    f.write(struct.pack("<7if", mode, dtype, back_dtype, *a.shape, group, bits, global_scale))
    for part in (a, w, s, *b, back):
        f.write(raw(part))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    with open(OUT / "affine.bin", "wb") as f:
        for bits in (1, 2, 3, 4, 5, 6, 8):
            for group in (32, 64, 128):
                case(f, 0, 0, rng.standard_normal((2, 2 * group)), group, bits)
            for dtype in range(3 if bits in (1, 4) else 1):
                top = 6e4 if dtype == 1 else 1e30
                case(f, 0, dtype, edges(32, rng, top), 32, bits)
    with open(OUT / "fp.bin", "wb") as f:
        for mode, group, bits in ((1, 32, 4), (2, 16, 4), (3, 32, 8)):
            for dtype in range(3):
                top = 6e4 if dtype == 1 else 1e30
                x = edges(group, rng, top)
                x = x[: len(x) // 2 * 2]
                case(f, mode, dtype, x, group, bits)
                case(f, mode, dtype, rng.standard_normal((3, 4 * group)) * 3, group, bits)
        for scale in (1.0, 0.37, 2688.0, 1e-3):
            case(f, 2, 0, rng.standard_normal((4, 64)) * 3, 16, 4, scale)
            case(f, 2, 2, rng.standard_normal((4, 64)) * 3, 16, 4, scale)
        # Extremes, whose scales wrap or saturate.
        tiny = np.stack([np.full(32, v) for v in (1e-45, 1e-40, 1.2e-38, 1e-37, 3e38, np.inf, np.nan)])
        for mode, bits in ((1, 4), (3, 8)):
            case(f, mode, 0, tiny * np.resize([1, -1, 0.5, 0], 32), 32, bits)
        case(f, 2, 0, np.resize(tiny, (14, 16)) * np.resize([1, -1, 0.5, 0], 16), 16, 4)
    with open(OUT / "e4m3.bin", "wb") as f:
        every = mx.array(np.arange(256, dtype=np.uint8))
        for t in DTYPES:
            f.write(raw(mx.from_fp8(every, t)))
        x = np.concatenate([rng.standard_normal(2000) * 2.0 ** rng.integers(-12, 12, 2000),
                            [0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 448, 464, 465, 1e30],
                            np.arange(-64, 64) * 2.0**-11, np.arange(-64, 64) * 2.0**-10])
        x = x.astype(np.float32)
        f.write(struct.pack("<i", len(x)) + x.tobytes() + raw(mx.to_fp8(mx.array(x))))


if __name__ == "__main__":
    main()
