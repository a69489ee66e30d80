"""A small reader of gguf files (v2, v3) for the test tools: metadata, and tensors as numpy arrays.

Written from the published format. Quantized tensors are given as affine codes with their scales and
biases, the form in which MLX keeps them: value = scale * code + bias, one pair for each 32 values.
"""

import mmap
import struct

import numpy as np

SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
           10: "<Q", 11: "<q", 12: "<d"}
# type: (name, values in a block, bytes of a block)
TYPES = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
         8: ("Q8_0", 32, 34), 30: ("BF16", 1, 2)}


class Tensor:
    """One tensor: name, shape in row-major order, type name, raw bytes."""

    def __init__(self, name, shape, kind, raw):
        self.name, self.shape, self.kind, self.raw = name, shape, kind, raw

    def affine(self):
        """(codes uint8 of the full shape, scales f32, biases f32, bits); scales per 32 values."""
        rows, cols = int(np.prod(self.shape[:-1])), self.shape[-1]
        size = {"Q4_0": 18, "Q4_1": 20, "Q8_0": 34}[self.kind]
        blocks = np.frombuffer(self.raw, np.uint8).reshape(rows, cols // 32, size)
        scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)[..., 0]
        if self.kind == "Q8_0":
            codes = (blocks[..., 2:].view(np.int8).astype(np.int16) + 128).astype(np.uint8)
            bias, bits = scale * np.float32(-128), 8
        else:
            head = 4 if self.kind == "Q4_1" else 2
            nibbles = blocks[..., head:]
            codes, bits = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1), 4
            bias = (blocks[..., 2:4].copy().view(np.float16).astype(np.float32)[..., 0]
                    if head == 4 else scale * np.float32(-8))
        return codes.reshape(rows, cols), scale, bias, bits

    def float32(self):
        if self.kind == "F32":
            return np.frombuffer(self.raw, np.float32).reshape(self.shape)
        if self.kind == "F16":
            return np.frombuffer(self.raw, np.float16).astype(np.float32).reshape(self.shape)
        if self.kind == "BF16":
            wide = np.frombuffer(self.raw, np.uint16).astype(np.uint32) << 16
            return wide.view(np.float32).reshape(self.shape)
        codes, scale, bias, _ = self.affine()
        groups = codes.reshape(codes.shape[0], -1, 32).astype(np.float32)
        return (groups * scale[..., None] + bias[..., None]).reshape(self.shape)


class Gguf:
    """meta: key -> value; tensors: name -> Tensor."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        self.at = 0
        if self.data[:4] != b"GGUF":
            raise ValueError(f"{path}: not a gguf file")
        self.at = 4
        version = self._number("<I")
        if version not in (2, 3):
            raise ValueError(f"{path}: gguf version {version}")
        tensors, pairs = self._number("<Q"), self._number("<Q")
        self.meta = {}
        for _ in range(pairs):
            key = self._string()
            self.meta[key] = self._value(self._number("<I"))
        infos = []
        for _ in range(tensors):
            name = self._string()
            dims = [self._number("<Q") for _ in range(self._number("<I"))]
            infos.append((name, tuple(reversed(dims)), self._number("<I"), self._number("<Q")))
        align = self.meta.get("general.alignment", 32)
        base = (self.at + align - 1) // align * align
        self.tensors = {}
        for name, shape, kind, offset in infos:
            label, values, size = TYPES[kind]
            count = int(np.prod(shape)) // values * size
            raw = self.data[base + offset: base + offset + count]
            self.tensors[name] = Tensor(name, shape, label, raw)

    def _number(self, form):
        value, = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def _string(self):
        size = self._number("<Q")
        self.at += size
        return self.data[self.at - size: self.at].decode("utf-8", "surrogateescape")

    def _value(self, kind):
        if kind == 8:
            return self._string()
        if kind == 9:
            inner, count = self._number("<I"), self._number("<Q")
            return [self._value(inner) for _ in range(count)]
        return self._number(SCALARS[kind])
