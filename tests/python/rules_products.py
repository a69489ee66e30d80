"""The table of products, convolutions, fused operations, quantization, transforms and linear algebra, for
rules_table.py."""

import mlx.core as mx
import numpy as np

from rules_table import Row, bools, exactly, ints, reals

REFUSED = "real MLX has no such gradient"
TRANSPOSE = "real MLX takes the Hadamard matrices of 20 and 28 for symmetric, which they are not"
LOWER = "real MLX clamps nothing: rows that see no key differ"

S = dict(f64=False, tol=3e-2)  # operations that compute in float32


def spd(*shape):
    """Symmetric positive definite."""
    def make(rng):
        a = rng.uniform(-1, 1, shape)
        return a @ np.swapaxes(a, -1, -2) + 2 * np.eye(shape[-1])
    return make


def regular(*shape):
    """Full rank, with singular values and eigenvalues apart."""
    def make(rng):
        a = rng.uniform(-0.4, 0.4, shape)
        k = min(shape[-2:])
        a[..., range(k), range(k)] += np.arange(1, k + 1)
        return a
    return make


def apart(*shape):
    """Eigenvalues so far apart that steps of float32 do not exchange them."""
    return lambda rng: regular(*shape)(rng) + 3 * np.diag(np.arange(shape[-1]))


def symmetric(a):
    return (a + mx.swapaxes(a, -1, -2)) / 2


def cplx(re, im):
    return re + im * mx.array(1j)


def parts(*ys):
    return [p for y in ys for p in ((mx.real(y), mx.imag(y)) if y.dtype == mx.complex64 else (y,))]


IDX = mx.array([0, 2, 1, 2])
IDX2 = mx.array([[1, -1], [0, 1]])

PRODUCTS = [
    Row("matmul", lambda a, b: a @ b, [reals(3, 4), reals(4, 2)], other=[reals(5, 2), reals(2, 6)]),
    Row("matmul-vector", lambda a, b: a @ b, [reals(4), reals(4, 2)]),
    Row("matmul-by-vector", lambda a, b: a @ b, [reals(2, 3, 4), reals(4)]),
    Row("matmul-dot", lambda a, b: a @ b, [reals(4), reals(4)]),
    Row("matmul-batch", lambda a, b: a @ b, [reals(2, 3, 4), reals(2, 4, 2)]),
    Row("matmul-one-right", lambda a, b: a @ b, [reals(2, 3, 4), reals(4, 2)]),
    Row("matmul-one-left", lambda a, b: a @ b, [reals(3, 4), reals(2, 4, 2)]),
    Row("matmul-broadcast", lambda a, b: a @ b, [reals(2, 1, 3, 4), reals(3, 4, 2)]),
    Row("matmul-unit-batch", lambda a, b: a @ b, [reals(2, 3, 4), reals(1, 4, 2)]),
    Row("matmul-turned", lambda a, b: a.T @ b.T, [reals(4, 3), reals(2, 4)]),
    Row("matmul-complex", lambda a, b, c, d: parts(cplx(a, b) @ cplx(c, d)),
        [reals(2, 3), reals(2, 3), reals(3, 2), reals(3, 2)], **S),
    Row("addmm", lambda c, a, b: mx.addmm(c, a, b, 2.0, 0.5), [reals(3, 2), reals(3, 4), reals(4, 2)]),
    Row("addmm-row", lambda c, a, b: mx.addmm(c, a, b), [reals(2), reals(3, 4), reals(4, 2)],
        other=[reals(3), reals(2, 5), reals(5, 3)]),
    Row("addmm-batch", lambda c, a, b: mx.addmm(c, a, b, 0.7, -1.5),
        [reals(3, 1), reals(2, 3, 4), reals(4, 2)]),
    Row("addmm-vector", lambda c, a, b: mx.addmm(c, a, b, 2.0), [reals(2), reals(4), reals(4, 2)]),
    Row("inner", lambda a, b: mx.inner(a, b), [reals(2, 3), reals(4, 3)]),
    Row("outer", lambda a, b: mx.outer(a, b), [reals(2), reals(3)]),
    Row("tensordot", lambda a, b: mx.tensordot(a, b, axes=[[0, 2], [1, 0]]), [reals(2, 3, 4), reals(4, 2, 3)]),
    Row("einsum", lambda a, b: mx.einsum("bij,kj->bik", a, b), [reals(2, 3, 4), reals(2, 4)]),
    Row("einsum-diagonal", lambda a, b: mx.einsum("ii,ij->j", a, b), [reals(3, 3), reals(3, 2)], second=False),
    Row("einsum-three", lambda a, b, c: mx.einsum("ij,jk,kl->il", a, b, c),
        [reals(2, 3), reals(3, 2), reals(2, 4)]),
    Row("block_masked_mm", lambda a, b, m: mx.block_masked_mm(a, b, 32, m, None, None),
        [reals(2, 3), reals(3, 2), reals(1, 1)], oracle="real MLX takes whole blocks alone"),
    Row("gather_mm", lambda a, b: mx.gather_mm(a, b, mx.array([0, 1, 1, 0]), IDX),
        [reals(2, 3, 2), reals(3, 2, 4)]),
    Row("gather_mm-right", lambda a, b: mx.gather_mm(a, b, rhs_indices=IDX2), [reals(2, 1, 1, 3), reals(3, 3, 2)],
        oracle="real MLX reads outside for indices from the end"),
    Row("gather_mm-left", lambda a, b: mx.gather_mm(a, b, lhs_indices=mx.array([1, 0, 1])),
        [reals(2, 2, 3), reals(3, 3, 2)]),
    Row("gather_mm-complex", lambda a, b, c: parts(mx.gather_mm(cplx(a, b), c, rhs_indices=mx.array([1, 0, 1]))),
        [reals(3, 1, 2), reals(3, 1, 2), reals(2, 2, 2)], oracle="real MLX has no complex ones", **S),
    Row("gather_mm-mapped-indices", lambda a, b, i, j: mx.gather_mm(a, b, i, j),
        [reals(2, 2, 3), reals(3, 3, 2), ints(4, high=2), ints(4)]),
    Row("segmented_mm", lambda a, b: mx.segmented_mm(a, b, mx.array([[0, 2], [1, 5], [3, 3]])),
        [reals(3, 5), reals(5, 2)], oracle=REFUSED),
    Row("segmented_mm-mapped", lambda a, b, s: mx.segmented_mm(a, b, s),
        [reals(3, 5), reals(5, 2), ints(2, 2, high=6)], oracle=REFUSED),
    Row("hadamard", lambda a: mx.hadamard_transform(a), [reals(2, 8)], other=[reals(3, 8)], **S),
    Row("hadamard-12", lambda a: mx.hadamard_transform(a, scale=0.5), [reals(24)], **S),
    Row("hadamard-20", lambda a: mx.hadamard_transform(a), [reals(20)], oracle=TRANSPOSE, **S),
    Row("hadamard-40", lambda a: mx.hadamard_transform(a), [reals(40)], oracle=TRANSPOSE, **S),
    Row("hadamard-28", lambda a: mx.hadamard_transform(a), [reals(28)], oracle=TRANSPOSE, **S),
]


def conv(**kw):
    return lambda x, w: mx.conv_general(x, w, **kw)


ZEROS = "of inputs that no output reads real MLX's gradient has another shape or value"
CONVS = [
    Row("conv", conv(), [reals(2, 5, 3), reals(2, 2, 3)], other=[reals(1, 7, 3), reals(2, 3, 3)]),
    Row("conv-padding", conv(padding=2), [reals(1, 4, 2), reals(3, 3, 2)]),
    Row("conv-uneven-padding", conv(padding=([2], [1])), [reals(1, 4, 2), reals(2, 3, 2)]),
    Row("conv-wide-padding", conv(padding=3), [reals(1, 3, 1), reals(2, 2, 1)]),
    Row("conv-one-padding", conv(padding=1, stride=2), [reals(1, 5, 2), reals(2, 1, 2)]),
    Row("conv-stride", conv(stride=2), [reals(1, 6, 2), reals(2, 3, 2)]),
    Row("conv-stride-rest", conv(stride=3, padding=1), [reals(2, 9, 1), reals(2, 2, 1)]),
    Row("conv-kernel-dilation", conv(kernel_dilation=2, padding=1), [reals(1, 7, 2), reals(2, 3, 2)]),
    Row("conv-input-dilation", conv(input_dilation=2, padding=1), [reals(1, 4, 2), reals(2, 3, 2)]),
    Row("conv-all", conv(stride=2, padding=3, kernel_dilation=2, input_dilation=3),
        [reals(1, 4, 2), reals(2, 3, 2)]),
    Row("conv-all-uneven", conv(stride=3, padding=([0], [4]), kernel_dilation=3, input_dilation=2),
        [reals(1, 6, 1), reals(2, 3, 1)]),
    Row("conv-flip", conv(flip=True, padding=1), [reals(1, 5, 2), reals(2, 3, 2)]),
    Row("conv-flip-all", conv(stride=2, padding=2, kernel_dilation=2, input_dilation=3, flip=True),
        [reals(1, 4, 2), reals(2, 3, 2)]),
    Row("conv-negative-padding", conv(padding=([-1], [-2])), [reals(1, 8, 2), reals(2, 3, 2)],
        oracle="real MLX refuses its gradient"),
    Row("conv-groups", conv(groups=2, padding=1), [reals(2, 4, 4), reals(6, 3, 2)]),
    Row("conv-depthwise", conv(groups=4, padding=1, stride=2), [reals(1, 6, 4), reals(4, 3, 1)]),
    Row("conv-groups-all", conv(stride=2, padding=2, kernel_dilation=2, input_dilation=3, groups=2, flip=True),
        [reals(1, 4, 2), reals(4, 3, 1)]),
    Row("conv2d", conv(padding=(1, 0), stride=(2, 1)), [reals(1, 4, 5, 2), reals(2, 3, 2, 2)]),
    Row("conv2d-groups", conv(padding=1, groups=2, kernel_dilation=(1, 2)), [reals(1, 3, 5, 2), reals(4, 2, 2, 1)]),
    Row("conv3d", conv(padding=1, stride=2), [reals(1, 3, 2, 3, 1), reals(2, 2, 3, 2, 1)]),
    Row("conv_transpose1d", lambda x, w: mx.conv_transpose1d(x, w, stride=2, padding=1, output_padding=1),
        [reals(1, 4, 2), reals(3, 3, 2)]),
    Row("conv_transpose2d", lambda x, w: mx.conv_transpose2d(x, w, stride=2, padding=1, dilation=2),
        [reals(1, 3, 3, 1), reals(2, 2, 2, 1)]),
    Row("convolve", lambda a, v: mx.convolve(a, v, mode="same"), [reals(6), reals(3)]),
]


def attend(mask=None, **kw):
    return lambda q, k, v: mx.fast.scaled_dot_product_attention(q, k, v, scale=0.6, mask=mask)


QKV = [reals(2, 2, 3, 4), reals(2, 2, 5, 4), reals(2, 2, 5, 3)]
GQA = [reals(1, 4, 3, 2), reals(1, 2, 4, 2), reals(1, 2, 4, 3)]
ROPE = dict(traditional=False, base=100.0, scale=0.5)
DELTA = [reals(2, 3, 1, 2), reals(2, 3, 1, 2), reals(2, 3, 2, 2)]
MASK = mx.array([[True, True, False], [False, True, True]])


def sdpa(q, k, v, **kw):
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=0.6, **kw)


def delta(*args, **kw):
    return mx.fast.gated_delta_update(*args, **kw)


FUSED = [
    Row("rms_norm", lambda x, w: mx.fast.rms_norm(x, w, 1e-5), [reals(3, 5), reals(5)],
        other=[reals(2, 3, 4), reals(4)]),
    Row("rms_norm-bare", lambda x: mx.fast.rms_norm(x, None, 1e-5), [reals(2, 3, 4)]),
    Row("layer_norm", lambda x, w, b: mx.fast.layer_norm(x, w, b, 1e-5), [reals(3, 5), reals(5), reals(5)]),
    Row("layer_norm-bare", lambda x: mx.fast.layer_norm(x, None, None, 1e-5), [reals(2, 5)]),
    Row("layer_norm-bias", lambda x, b: mx.fast.layer_norm(x, None, b, 1e-5), [reals(2, 5), reals(5)]),
    Row("rope", lambda x: mx.fast.rope(x, 4, offset=3, **ROPE), [reals(2, 2, 3, 6)], other=[reals(1, 5, 4)]),
    Row("rope-traditional", lambda x: mx.fast.rope(x, 4, traditional=True, base=10.0, scale=1.0, offset=0),
        [reals(2, 3, 4)]),
    Row("rope-offsets", lambda x, o: mx.fast.rope(x, 4, offset=o, **ROPE), [reals(2, 3, 4), ints(2, high=9)]),
    Row("rope-one-offset", lambda x, o: mx.fast.rope(x, 4, offset=o, **ROPE), [reals(2, 3, 4), ints(high=9)]),
    Row("rope-freqs", lambda x, f: mx.fast.rope(x, 4, traditional=False, base=None, scale=0.7, offset=2, freqs=f),
        [reals(2, 3, 5), reals(2, lo=1, hi=3)], **S),
    Row("rope-freqs-pairs",
        lambda x, f, o: mx.fast.rope(x, 4, traditional=True, base=None, scale=0.7, offset=o, freqs=f),
        [reals(2, 3, 5), reals(2, lo=1, hi=3), ints(2, high=3)], **S),
    Row("sdpa", lambda q, k, v: sdpa(q, k, v), QKV),
    Row("sdpa-causal", lambda q, k, v: sdpa(q, k, v, mask="causal"), QKV),
    Row("sdpa-blind-rows", lambda q, k, v: sdpa(q, k, v, mask="causal"),
        [reals(1, 1, 4, 2), reals(1, 1, 2, 2), reals(1, 1, 2, 2)], oracle=LOWER),
    Row("sdpa-groups", lambda q, k, v: sdpa(q, k, v), GQA),
    Row("sdpa-groups-causal", lambda q, k, v: sdpa(q, k, v, mask="causal"), GQA),
    Row("sdpa-turned", lambda q, k, v: sdpa(*(mx.swapaxes(a, 1, 2) for a in (q, k, v)), mask="causal"),
        [reals(1, 3, 4, 2), reals(1, 4, 2, 2), reals(1, 4, 2, 3)]),
    Row("sdpa-mask", lambda q, k, v, m: sdpa(q, k, v, mask=m), QKV + [reals(3, 5)]),
    Row("sdpa-head-mask", lambda q, k, v, m: sdpa(q, k, v, mask=m), GQA + [reals(4, 1, 4)]),
    Row("sdpa-bool-mask", lambda q, k, v, m: sdpa(q, k, v, mask=m), QKV + [bools(2, 1, 3, 5)], oracle=LOWER),
    Row("sdpa-sinks", lambda q, k, v, s: sdpa(q, k, v, sinks=s), GQA + [reals(4)]),
    Row("sdpa-sinks-mask", lambda q, k, v, m, s: sdpa(q, k, v, mask=m, sinks=s), GQA + [reals(1, 4, 3, 4), reals(4)],
        vmap=False),
    Row("cross_entropy", lambda x, t: mx.fast.cross_entropy(x, t), [reals(3, 5), ints(3, low=-2, high=5)],
        other=[reals(2, 2, 7), ints(2, 2)], **S),
    Row("gated_delta", lambda q, k, v, g, b, s: delta(q, k, v, g, b, s),
        DELTA + [reals(2, 3, 2, lo=0.5, hi=1), reals(2, 3, 2, lo=0, hi=1), reals(2, 2, 2, 2)], second=False, **S),
    Row("gated_delta-wide", lambda q, k, v, g, b: delta(q, k, v, g, b),
        DELTA + [reals(2, 3, 2, 2, lo=0.5, hi=1), reals(2, 3, 2, lo=0, hi=1)], second=False, vmap=False, **S),
    Row("gated_delta-mask", lambda q, k, v, g, b, s: delta(q, k, v, g, b, s, mask=MASK),
        DELTA + [reals(2, 3, 2, lo=0.5, hi=1), reals(2, 3, 2, lo=0, hi=1), reals(2, 2, 2, 2)], vmap=False, **S),
]

W = mx.array(np.random.default_rng(3).uniform(-1, 1, (3, 64)), dtype=mx.float32)
WT = mx.array(np.random.default_rng(4).uniform(-1, 1, (5, 32)), dtype=mx.float32)
WE = mx.array(np.random.default_rng(5).uniform(-1, 1, (3, 2, 32)), dtype=mx.float32)
Q = mx.quantize(W, group_size=32, bits=4)
QT = mx.quantize(WT, group_size=32, bits=8)
QE = mx.quantize(WE, group_size=32, bits=4)
G4, G8 = dict(group_size=32, bits=4), dict(group_size=32, bits=8)
FP = {m: mx.quantize(W, mode=m) for m in ("mxfp4", "nvfp4", "mxfp8")}

QUANT = [
    Row("quantized_matmul", lambda x, s, b: mx.quantized_matmul(x, Q[0], s, b, **G4),
        [reals(2, 64), exactly(Q[1]), exactly(Q[2])], **S),
    Row("quantized_matmul-batch", lambda x, s, b: mx.quantized_matmul(x, Q[0], s, b, **G4),
        [reals(2, 1, 64), exactly(Q[1]), exactly(Q[2])], vmap=False, **S),
    Row("quantized_matmul-vector", lambda x: mx.quantized_matmul(x, *Q, **G4), [reals(64)], **S),
    Row("quantized_matmul-straight", lambda x, s, b: mx.quantized_matmul(x, QT[0], s, b, transpose=False, **G8),
        [reals(2, 5), exactly(QT[1]), exactly(QT[2])], **S),
    Row("quantized_matmul-batches", lambda x, s, b: mx.quantized_matmul(x, QE[0], s, b, **G4),
        [reals(3, 2, 32), exactly(QE[1]), exactly(QE[2])], second=False, vmap=False, **S),
    *(Row(f"quantized_matmul-{m}", lambda x, m=m: mx.quantized_matmul(x, *FP[m], mode=m), [reals(2, 64)],
          **{**S, "tol": 6e-2}) for m in FP),
    Row("dequantize", lambda s, b: mx.dequantize(Q[0], s, b, **G4), [exactly(Q[1]), exactly(Q[2])], **S),
    Row("gather_qmm", lambda x, s, b: mx.gather_qmm(x, QE[0], s, b, mx.array([0, 1, 1]), mx.array([2, 0, 2]), **G4),
        [reals(2, 1, 32), exactly(QE[1]), exactly(QE[2])], second=False, mapped=(0,), **S),
]


def real_fft(name, **kw):
    return lambda x: parts(getattr(mx.fft, name)(x, **kw))


def complex_fft(name, **kw):
    return lambda a, b: parts(getattr(mx.fft, name)(cplx(a, b), **kw))


XC = [reals(2, 6), reals(2, 6)]
FFTS = [
    Row("fft", complex_fft("fft"), XC, **S),
    Row("ifft", complex_fft("ifft"), XC, **S),
    Row("fft-axis", complex_fft("fft", axis=0), XC, **S),
    Row("fft-cut", complex_fft("fft", n=4), XC, **S),
    Row("fft-padded", complex_fft("ifft", n=7, norm="ortho"), XC, **S),
    Row("fft-of-real", real_fft("fft"), [reals(5)], **S),
    Row("rfft", real_fft("rfft"), [reals(2, 6)], other=[reals(5, 6)], **S),
    Row("rfft-odd", real_fft("rfft"), [reals(2, 5)], **S),
    Row("rfft-forward", real_fft("rfft", norm="forward"), [reals(4)], **S),
    Row("irfft", complex_fft("irfft"), [reals(2, 4), reals(2, 4)], **S),
    Row("irfft-odd", complex_fft("irfft", n=7), [reals(2, 4), reals(2, 4)], **S),
    Row("irfft-one", complex_fft("irfft", n=1), [reals(2, 1), reals(2, 1)], **S),
    Row("fft2", complex_fft("fft2"), [reals(2, 3, 4), reals(2, 3, 4)], **S),
    Row("rfft2", real_fft("rfft2"), [reals(3, 4)], **S),
    Row("irfftn", complex_fft("irfftn"), [reals(3, 3), reals(3, 3)], **S),
    Row("stft", lambda x: parts(mx.fft.stft(x, n_fft=4, hop_length=2)), [reals(9)], oracle="of the fork alone", **S),
]

L = mx.linalg


def of_svd(a):
    """What does not depend on the signs of singular vectors."""
    u, s, vt = L.svd(a)
    k = s.shape[-1]
    u, vt = u[..., :, :k], vt[..., :k, :]
    rest = mx.matmul(u, mx.swapaxes(u, -1, -2))
    return [s, (u * mx.cos(s)[..., None, :]) @ vt, rest, (u ** 2).sum(-2) * mx.arange(1, k + 1).astype(s.dtype),
            u ** 2, vt ** 2]


def of_eigh(a, uplo="L"):
    w, v = L.eigh(symmetric(a), uplo)
    return [w, v ** 2, (v * mx.exp(w)[..., None, :]) @ mx.swapaxes(v, -1, -2)]


def of_eig(a):
    w, v = L.eig(a)
    return parts(w * w, mx.abs(v) ** 2)


def of_complete(q, r):
    """What does not depend on the choice of the columns that span nothing."""
    n = r.shape[-1]
    rest = q[..., :, n:]
    return [q[..., :, :n], r, rest @ mx.swapaxes(rest, -1, -2)]


def hermitian(a, b):
    """Positive definite for small a and b."""
    a = cplx(symmetric(a), (b - mx.swapaxes(b, -1, -2)) / 2)
    return a + mx.eye(a.shape[-1]) * mx.arange(3, 3 + a.shape[-1]).astype(mx.float32)


CX = [reals(3, 3, lo=-0.5, hi=0.5), reals(3, 3, lo=-0.5, hi=0.5)]


def of_complex_svd(a, b):
    u, s, vt = L.svd(cplx(a, b))
    return [s, *parts((u * mx.exp(-s)[..., None, :]) @ vt), mx.abs(u) ** 2, mx.abs(vt) ** 2]


def of_complex_eigh(a, b):
    w, v = L.eigh(hermitian(a, b))
    back = mx.conj(mx.swapaxes(v, -1, -2))
    return [w, mx.abs(v) ** 2, *parts((v * mx.exp(-w)[..., None, :]) @ back)]


LINALG = [
    Row("cholesky", lambda a: L.cholesky(symmetric(a)), [spd(3, 3)], oracle=REFUSED, other=[spd(2, 2, 2)]),
    Row("cholesky-upper", lambda a: L.cholesky(symmetric(a), upper=True), [spd(2, 3, 3)], oracle=REFUSED),
    Row("cholesky_inv", lambda a: L.cholesky_inv(a), [regular(3, 3)], oracle=REFUSED),
    Row("inv", lambda a: L.inv(a), [regular(2, 3, 3)], oracle=REFUSED),
    Row("tri_inv", lambda a: L.tri_inv(a), [regular(3, 3)], oracle=REFUSED),
    Row("tri_inv-upper", lambda a: L.tri_inv(a, upper=True), [regular(3, 3)], oracle=REFUSED),
    Row("solve", lambda a, b: L.solve(a, b), [regular(3, 3), reals(3, 2)], oracle=REFUSED,
        other=[regular(2, 2), reals(2, 1)]),
    Row("solve-vector", lambda a, b: L.solve(a, b), [regular(3, 3), reals(3)], oracle=REFUSED, vmap=False),
    Row("solve-batch", lambda a, b: L.solve(a, b), [regular(2, 3, 3), reals(3, 2)], oracle=REFUSED),
    Row("solve_triangular", lambda a, b: L.solve_triangular(a, b), [regular(3, 3), reals(3, 2)], oracle=REFUSED),
    Row("solve_triangular-upper", lambda a, b: L.solve_triangular(a, b, upper=True),
        [regular(3, 3), reals(3, 2)], oracle=REFUSED),
    Row("lu", lambda a: L.lu(a)[1:], [regular(3, 3)], oracle=REFUSED),
    Row("lu-tall", lambda a: L.lu(a)[1:], [regular(4, 2)], oracle=REFUSED),
    Row("lu-wide", lambda a: L.lu(a)[1:], [regular(2, 4)], oracle=REFUSED),
    Row("lu_factor", lambda a: L.lu_factor(a)[0], [regular(2, 3, 3)], oracle=REFUSED),
    Row("qr", lambda a: L.qr(a), [regular(3, 3)], oracle=REFUSED),
    Row("qr-tall", lambda a: L.qr(a), [regular(2, 4, 2)], oracle=REFUSED),
    Row("qr-wide", lambda a: L.qr(a), [regular(2, 4)], oracle=REFUSED),
    Row("qr-r", lambda a: L.qr(a)[1], [regular(2, 3)], oracle=REFUSED),
    Row("svd", of_svd, [regular(3, 3)], oracle=REFUSED),
    Row("svd-tall", of_svd, [regular(4, 2)], oracle=REFUSED),
    Row("svd-wide", of_svd, [regular(2, 4)], oracle=REFUSED),
    Row("svd-rest", lambda a: (lambda u: u[:, 2:] @ u[:, 2:].T)(L.svd(a)[0]), [regular(4, 2)], oracle=REFUSED,
        vmap=False),
    Row("svd-values", lambda a: L.svd(a, compute_uv=False), [regular(2, 3, 2)], oracle=REFUSED),
    Row("eigh", of_eigh, [regular(3, 3)], oracle=REFUSED),
    Row("eigh-upper", lambda a: of_eigh(a, "U"), [regular(2, 3, 3)], oracle=REFUSED, vmap=False),
    Row("eigvalsh", lambda a: L.eigvalsh(symmetric(a)), [regular(3, 3)], oracle=REFUSED),
    Row("eig", of_eig, [apart(3, 3)], oracle=REFUSED, second=False, **S),
    Row("eigvals", lambda a: parts(L.eigvals(a)), [apart(3, 3)], oracle=REFUSED, **S),
    Row("qr-complete", lambda a: of_complete(*L.qr(a, mode="complete")), [regular(4, 2)], oracle=REFUSED),
    Row("svd-thin", lambda a: L.svd(a, full_matrices=False)[1], [regular(4, 2)], oracle=REFUSED),
    Row("cholesky-complex", lambda a, b: parts(L.cholesky(hermitian(a, b))), CX, oracle=REFUSED, **S),
    Row("inv-complex", lambda a, b: parts(L.inv(hermitian(a, b))), CX, oracle=REFUSED, **S),
    Row("solve-complex", lambda a, b, c: parts(L.solve(hermitian(a, b), cplx(c, c + 1))), CX + [reals(3, 1)],
        oracle=REFUSED, **S),
    Row("lu-complex", lambda a, b: parts(*L.lu(hermitian(a, b))[1:]), CX, oracle=REFUSED, **S),
    Row("qr-complex", lambda a, b: parts(*L.qr(cplx(a, b))), [regular(3, 2), reals(3, 2)], oracle=REFUSED, **S),
    Row("svd-complex", of_complex_svd, [apart(3, 3), reals(3, 3, lo=-0.4, hi=0.4)], oracle=REFUSED, second=False, **S),
    Row("eigh-complex", of_complex_eigh, CX, oracle=REFUSED, second=False, **S),
    Row("eig-complex", lambda a, b: parts(L.eigvals(cplx(a, b))), [apart(3, 3), reals(3, 3, lo=-0.4, hi=0.4)],
        oracle=REFUSED, second=False, **S),
    Row("pinv", lambda a: L.pinv(a), [regular(3, 2)], oracle=REFUSED),
    Row("det", lambda a: L.det(a), [regular(2, 3, 3)]),
    Row("slogdet", lambda a: L.slogdet(a), [regular(2, 3, 3)]),
    Row("norm", lambda a: L.norm(a), [reals(2, 3)]),
    Row("norm-1", lambda a: L.norm(a, 1), [reals(2, 3)], second=False),
    Row("norm-axis", lambda a: L.norm(a, 3, axis=1), [reals(2, 3)]),
    Row("norm-nuclear", lambda a: L.norm(a, "nuc"), [regular(2, 3)], oracle=REFUSED),
    Row("norm-2", lambda a: L.norm(a, 2), [regular(3, 3)], oracle=REFUSED),
    Row("cross", lambda a, b: L.cross(a, b), [reals(2, 3), reals(2, 3)]),
]

ROWS = PRODUCTS + CONVS + FUSED + QUANT + FFTS + LINALG
