"""Writes tests/data/io: files of the formats as their reference programs write them.

    make_io_data.py gguf DIR    with the packages gguf and numpy
    make_io_data.py mlx DIR     with MLX, after the former
"""

import os
import sys

# Type, bytes of a block, where its float16 numbers stand. The reference decoder takes any codes.
BLOCKS = [("Q4_0", 18, [0]), ("Q4_1", 20, [0, 2]), ("Q8_0", 34, [0]), ("Q5_0", 22, [0]),
          ("Q5_1", 24, [0, 2]), ("Q2_K", 84, [80, 82]), ("Q3_K", 110, [108]),
          ("Q4_K", 144, [0, 2]), ("Q5_K", 176, [0, 2]), ("Q6_K", 210, [208]), ("BF16", 2, [])]
# Not Q4_K: MLX 0.32 gives values for it that are not those of the reference decoder.
MLX_READS = {"Q4_0", "Q4_1", "Q8_0", "Q2_K", "Q6_K", "BF16"}
SHAPE = (3, 512)


def quantized(rng, name, size, halves):
    import gguf
    import numpy as np
    kind = gguf.GGMLQuantizationType[name]
    values = gguf.GGML_QUANT_SIZES[kind][0]
    blocks = rng.integers(0, 256, (SHAPE[0] * SHAPE[1] // values, size), dtype=np.uint8)
    for at in halves:
        some = (rng.standard_normal(len(blocks)) * 0.02).astype(np.float16)
        blocks[:, at:at + 2] = some.view(np.uint8).reshape(-1, 2)
    if name == "BF16":
        wide = rng.standard_normal(SHAPE).astype(np.float32)
        blocks = (wide.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    return kind, blocks.reshape(SHAPE[0], -1)


def write_gguf(folder):
    import gguf
    import numpy as np
    rng = np.random.default_rng(1)
    everything = gguf.GGUFWriter(os.path.join(folder, "quants.gguf"), "test")
    known = gguf.GGUFWriter(os.path.join(folder, "quants_mlx.gguf"), "test")
    expected = []
    for name, size, halves in BLOCKS:
        kind, raw = quantized(rng, name, size, halves)
        for writer in [everything] + ([known] if name in MLX_READS else []):
            writer.add_tensor(f"{name}.weight", raw, raw_dtype=kind)
        expected.append(gguf.quants.dequantize(raw, kind).astype(np.float16).reshape(SHAPE))
    for writer in (everything, known):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    np.save(os.path.join(folder, "quants.npy"), np.stack(expected))


def write_mlx(folder):
    import mlx.core as mx
    import numpy as np
    mx.set_default_device(mx.cpu)
    path = lambda name: os.path.join(folder, name)
    mx.save_safetensors(path("quants_mlx.safetensors"), mx.load(path("quants_mlx.gguf")))
    names = "bool_ uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 bfloat16 complex64"
    arrays = {n: mx.arange(6).reshape(2, 3).astype(getattr(mx, n)) for n in names.split()}
    arrays |= {"zero": mx.zeros((0, 3)), "scalar": mx.array(2.5), 'odd "name"\n\u00e9': mx.ones((1, 2, 1))}
    mx.save_safetensors(path("all.safetensors"), arrays, {"b": "v\u00e9\"\x01/\t", "a": ""})
    mx.save_safetensors(path("one.safetensors"), {"x": mx.arange(3)})
    mx.save_gguf(path("all.gguf"),
                 {k: arrays[k] for k in ("int8", "int16", "int32", "float16", "float32", "zero", "scalar")},
                 {"str": "text", "empty": "", "list": ["a", "", "bc"], "none": [], "i": mx.array(-3),
                  "u8": mx.array([1, 2], dtype=mx.uint8), "bool": mx.array([True, False]),
                  "u64": mx.array(5, dtype=mx.uint64), "f": mx.array([1.5])})
    for name in names.split():
        mx.save(path(f"{name}.npy"), arrays[name])
    mx.save(path("fortran.npy"), mx.arange(6).reshape(2, 3).T)
    mx.save(path("scalar.npy"), mx.array(1.5))
    mx.save(path("empty.npy"), mx.zeros((0, 3)))
    np.save(path("big_endian.npy"), np.arange(6, dtype=">i4").reshape(2, 3))
    np.save(path("big_complex.npy"), np.array([1 + 2j, 3 - 4j], dtype=">c8"))
    with open(path("version3.npy"), "wb") as f:
        np.lib.format.write_array(f, np.asfortranarray(np.arange(6.0).reshape(2, 3)), version=(3, 0))


if __name__ == "__main__":
    os.makedirs(sys.argv[2], exist_ok=True)
    (write_gguf if sys.argv[1] == "gguf" else write_mlx)(sys.argv[2])
