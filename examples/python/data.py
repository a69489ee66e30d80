"""Images for the examples: the handwritten digits that scikit-learn ships too, MNIST's IDX files,
and a loader that shuffles and batches. Images are float32 in [0, 1], NHWC; labels int32."""

import gzip
import math
import struct
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn

DIGITS = Path(__file__).resolve().parent.parent / "data" / "digits.safetensors"


def digits(size=28):
    """1,797 handwritten digits of 8x8 pixels (Alpaydin and Kaynak, 1998), enlarged to `size`.

    Returns:
        images (1797, size, size, 1) and labels (1797,).
    """
    found = mx.load(str(DIGITS))
    images = (found["images"].astype(mx.float32) / 16)[..., None]
    if size != 8:
        images = nn.Upsample(size / 8, mode="linear")(images)
    return images, found["labels"].astype(mx.int32)


def read_idx(path):
    """An array from a file in MNIST's IDX format, plain or gzipped.

    Raises:
        ValueError: the file is not IDX of bytes, or shorter than it says.
    """
    path = Path(path)
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of bytes")
    ndim = raw[3]
    if len(raw) < 4 + 4 * ndim:
        raise ValueError(f"{path}: the header is cut off")
    shape = struct.unpack(f">{ndim}I", raw[4 : 4 + 4 * ndim])
    numbers = raw[4 + 4 * ndim :]
    if len(numbers) < math.prod(shape):
        raise ValueError(f"{path}: {len(numbers)} bytes for shape {shape}")
    return mx.array(memoryview(numbers)[: math.prod(shape)]).reshape(shape)


def mnist(folder):
    """MNIST from a folder with the four IDX files, gzipped or not.

    Returns:
        images and labels for training, images and labels for testing.
    """

    def part(name):
        for suffix in ("", ".gz"):
            path = Path(folder) / (name + suffix)
            if path.exists():
                return read_idx(path)
        raise FileNotFoundError(f"{folder} has no {name}")

    out = []
    for kind in ("train", "t10k"):
        images = part(f"{kind}-images-idx3-ubyte").astype(mx.float32) / 255
        out += [images[..., None], part(f"{kind}-labels-idx1-ubyte").astype(mx.int32)]
    return tuple(out)


def split(images, labels, part=0.2, seed=0):
    """Shuffles, and holds out a part: train images, train labels, test images, test labels."""
    order = mx.random.permutation(images.shape[0], key=mx.random.key(seed))
    images, labels = images[order], labels[order]
    n = round(images.shape[0] * (1 - part))
    return images[:n], labels[:n], images[n:], labels[n:]


class data_loader:
    """Iterates over (images, labels) in batches, in a new order every time.

    Args:
        images: (n, ...).
        labels: (n,).
        batch_size: of each batch; the last may be smaller.
        shuffle: a new order every epoch.
        seed: of the orders.
    """

    def __init__(self, images, labels, batch_size=64, shuffle=True, seed=0):
        self.images, self.labels = images, labels
        self.batch_size, self.shuffle = batch_size, shuffle
        self.key = mx.random.key(seed)

    def __len__(self):
        return -(-self.images.shape[0] // self.batch_size)

    def __iter__(self):
        n = self.images.shape[0]
        order = mx.arange(n)
        if self.shuffle:
            self.key, key = mx.random.split(self.key)
            order = mx.random.permutation(n, key=key)
        for i in range(0, n, self.batch_size):
            batch = order[i : i + self.batch_size]
            yield self.images[batch], self.labels[batch]
