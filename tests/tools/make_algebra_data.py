"""Writes tests/data/arrays/{conv,fft,linalg,einsum}.bin: what MLX answers to convolutions, Fourier
transforms, linear algebra and products, for tests/c/test_{conv,fft,linalg,einsum}.c. The inputs are
small integers where that makes the answer exact. The format is that of make_array_data.py.

Run with a Python that has MLX (CPU)."""

import sys
from pathlib import Path

import mlx.core as mx
import numpy as np
from make_array_data import case, out

rng = np.random.default_rng(11)


def ints(shape, dtype=mx.float32, top=5):
    return mx.array(rng.integers(-top, top + 1, shape).astype(np.float32)).astype(dtype)


def one_conv(n, dtype=mx.float32):
    groups = int(rng.choice([1, 1, 2, 3]))
    cin, cout = groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
    def pick(a, b):
        return [int(v) for v in rng.integers(a, b, n)]
    kernel, stride, kdil, idil = pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 4)
    lo, hi = pick(-1, 4), pick(0, 4)
    size = [int(v) + 3 for v in rng.integers(3, 8, n)]
    x, w = ints((2, *size, cin), dtype), ints((cout, *kernel, cin // groups), dtype)
    flip = bool(rng.integers(0, 2))
    try:
        r = mx.conv_general(x, w, stride, (lo, hi), kdil, idil, groups, flip)
        mx.eval(r)
    except ValueError:
        return
    case("conv_general", [x, w], r, [stride + kdil + idil, lo, hi, (groups, flip)])


def conv():
    for n in (1, 2, 3):
        for _ in range(12):
            one_conv(n)
    for dtype in (mx.float16, mx.bfloat16, mx.float64):
        for _ in range(4):
            one_conv(2, dtype)
    for groups in (1, 2):
        for s, p, d, o in [(1, 0, 1, 0), (2, 1, 1, 1), (3, 0, 2, 2), (2, 3, 1, 0), (1, 0, 1, 3)]:
            x, w = ints((2, 6, 4)), ints((6, 3, 4 // groups))
            case("conv_transpose1d", [x, w], mx.conv_transpose1d(x, w, s, p, d, o, groups),
                 [(s, p, d, o, groups)])
            x, w = ints((2, 5, 6, 4)), ints((6, 3, 2, 4 // groups))
            r = mx.conv_transpose2d(x, w, (s, 2), (p, 0), (d, 1), (o, 1), groups)
            case("conv_transpose2d", [x, w], r, [(s, 2, p, 0, d, 1, o, 1, groups)])
            if groups > 1:
                continue
            x, w = ints((1, 3, 4, 3, 2)), ints((4, 2, 3, 2, 2))
            r = mx.conv_transpose3d(x, w, (s, 1, 2), (min(p, 1), 0, 1), (d, 1, 1), (o, 0, 0), groups)
            case("conv_transpose3d", [x, w], r, [(s, 1, 2, min(p, 1), 0, 1, d, 1, 1, o, 0, 0, groups)])
    for n, k in [(5, 3), (5, 4), (3, 6), (1, 1), (4, 4)]:
        for mode in ("full", "same", "valid"):
            a, v = ints((n,)), ints((k,))
            case("convolve", [a, v], mx.convolve(a, v, mode), text=mode)


def linalg():
    L = mx.linalg
    for shape in [(3, 2), (2, 3), (4, 4), (1, 1), (2, 3, 3)]:
        a = ints(shape, top=9)
        case("lu_rows", [a], L.lu(a)[0])
        case("pivots", [a], L.lu_factor(a)[1])
        case("lu_shapes", [a], L.lu(a)[1:])
        case("qr_shapes", [a], L.qr(a))
        case("svd_shapes", [a], L.svd(a))
    p2 = mx.array([[4.0, 2.0], [2.0, 17.0]])  # factors are whole: L = [[2, 0], [1, 4]]
    odd = mx.array([[4.0, 2.0], [6.0, 25.0]])  # only one triangle is read
    for a in (p2, odd, p2.astype(mx.float64), mx.stack([p2, odd])):
        for upper in (False, True):
            case("cholesky", [a], L.cholesky(a, upper=upper), [(upper,)])
            case("tri_inv", [a], L.tri_inv(a, upper=upper), [(upper,)], tol=1)
            case("eigvalsh", [a], L.eigvalsh(a, "U" if upper else "L"), [(upper,)], tol=8)
            b = mx.ones(a.shape[:-1] + (3,), dtype=a.dtype)
            case("solve_triangular", [a, b], L.solve_triangular(a, b, upper=upper), [(upper,)], tol=4)
    v = mx.array([[3.0, -4.0, 0.0], [0.0, 5.0, 12.0]])
    inf = float("inf")
    for dtype in (mx.float32, mx.float16, mx.int32, mx.complex64):
        a = v.astype(dtype)
        for keep in (False, True):
            for axis in ((1,), (-2,), ()):
                case("norm_l2", [a], L.norm(a, axis=list(axis) or None, keepdims=keep),
                     [axis, (keep,)], tol=2)
            for ord in (0, 1, 3, -1, 0.5, inf, -inf):
                if dtype == mx.complex64 and ord in (inf, -inf):
                    continue
                case("norm", [a], L.norm(a, ord, axis=1, keepdims=keep), [(1,), (keep,)], [ord], tol=16)
            if dtype == mx.complex64:
                continue
            for ord in (1, -1, inf, -inf):
                case("norm", [a], L.norm(a, ord, axis=[1, 0], keepdims=keep), [(1, 0), (keep,)], [ord],
                     tol=2)
            case("norm_matrix", [a], L.norm(a, "fro", keepdims=keep), [(), (keep,)], text="fro", tol=2)
    for ord in (2, -2):
        a = ints((2, 3, 4))
        case("norm", [a], L.norm(a, ord, axis=[0, 2], keepdims=True), [(0, 2), (1,)], [ord], tol=64)
        case("norm", [a], L.norm(a, ord, axis=[-1, 0]), [(-1, 0), (0,)], [ord], tol=64)
    a = ints((3, 4))
    case("norm_matrix", [a], L.norm(a, "nuc"), [(), (0,)], text="nuc", tol=16)
    for n, m in [(2, 2), (2, 3), (3, 2), (3, 3)]:
        a, b = ints((4, n)), ints((m,), mx.int32)
        case("cross", [a, b], L.cross(a, b), [(-1,)], tol=1)  # the sign of zero
    a, b = ints((3, 2), mx.int32), ints((3, 2), mx.int32)
    case("cross", [a, b], L.cross(a, b, axis=0), [(0,)])
    for dtype in (mx.float32, mx.float64, mx.int32, mx.float16):
        a = mx.array([[0, 2, 1], [3, 0, 0], [0, 0, 4]]).astype(dtype)
        case("det", [a], L.det(a), tol=1)
        case("slogdet", [a], L.slogdet(a), tol=1)
        z = mx.zeros((2, 3, 3)).astype(dtype)
        case("det", [z], L.det(z))
        case("slogdet", [z], L.slogdet(z))


def fft():
    """Lengths 1, 2 and 4 of small integers: exact."""
    F = mx.fft
    norms = ["backward", "ortho", "forward"]
    z = ints((2, 4)) + 1j * ints((2, 4))
    for i, norm in enumerate(norms):
        for a in (ints((2, 4)), z):
            for n in (1, 2, 4):
                if norm == "ortho" and n == 2:
                    continue
                for axis in (-1, 0):
                    args = [(n, axis, i)]
                    case("fft", [a], F.fft(a, n, axis, norm), args)
                    case("ifft", [a], F.ifft(a, n, axis, norm), args)
                    case("rfft", [a], F.rfft(a, n, axis, norm), args)
                    case("irfft", [a], F.irfft(a, n, axis, norm), args)
    a = ints((4, 2, 4))
    for x in (a, a + 1j * ints((4, 2, 4))):
        for n, axes in [((), ()), ((), (0, 2)), ((), (2, 0)), ((2, 4), (0, 1)), ((1, 2), (-1, 0)), ((), (1,))]:
            for name in ("fft", "ifft", "rfft", "irfft"):
                if name == "irfft" and not n and (not axes or axes[-1] != 1):
                    n2 = [4] * len(axes) or [4, 2, 4]
                    ax = axes or (0, 1, 2)
                else:
                    n2, ax = n, axes
                f = getattr(F, name + "n")
                r = f(x, list(n2) or None, list(ax) or None)
                case(name + "n", [x], r, [n2, ax])
    a, w = ints((2, 13)), mx.array([1.0, 2.0, 1.0])
    for x in (a, a + 1j * ints((2, 13))):
        for mode in ("reflect", "edge", "constant"):
            case("stft", [x], F.stft(x, 4, pad_mode=mode), [(4, -1, -1, 1, -1)], text=mode)
        case("stft", [x], F.stft(x, 4, 3, center=False, onesided=False), [(4, 3, -1, 0, 0)], text="edge")
        case("stft", [x, w], F.stft(x, 4, 2, 3, w, onesided=True), [(4, 2, 3, 1, 1)], text="reflect")
        z = F.stft(x, 4, onesided=True)
        case("istft", [z], F.istft(z), [(-1, -1, -1, 1, -1, -1)], tol=2)
        case("istft", [z, w], F.istft(z, 4, 2, 3, w, length=20), [(4, 2, 3, 1, 1, 20)], tol=2)
        z = F.stft(x, 4, 4, center=False, onesided=False)
        case("istft", [z], F.istft(z, hop_length=4, center=False, onesided=False, length=9),
             [(-1, 4, -1, 0, 0, 9)], tol=2)
    for n in (1, 4, 5):
        a = ints((n, 3), mx.int32)
        for axes in ((), (0,), (-1,), (1, 1)):
            case("fftshift", [a], F.fftshift(a, list(axes) or None), [axes])
            case("ifftshift", [a], F.ifftshift(a, list(axes) or None), [axes])
        for d in (1.0, 0.5, 3.0):
            case("fftfreq", [], F.fftfreq(n, d), [(n,)], [d], tol=1)
            case("rfftfreq", [], F.rfftfreq(n, d), [(n,)], [d], tol=1)


def einsum():
    """Small integers: sums and products are exact."""
    for text, shapes in [
            ("ij,jk", [(2, 3), (3, 4)]), ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("iij->j", [(2, 2, 3)]),
            ("iijj->ij", [(2, 2, 3, 3)]), ("...ij,...jk->...ik", [(2, 3, 4), (4, 5)]),
            ("...i->...", [(2, 3)]), ("...->", [(2, 3)]), ("ij->", [(2, 3)]), ("ij,ij->", [(2, 3)] * 2),
            (" i j , j k -> i k", [(2, 3), (3, 4)]), ("ij,jk->ik", [(2, 1), (4, 5)]), (",->", [(), ()]),
            ("->", [()]), ("IJ,Jk->Ik", [(2, 3), (3, 4)]), ("ba", [(2, 3)]), ("ij,jk,kl", [(2, 3), (3, 4), (4, 5)]),
            ("...,...->...", [(2, 3), (3,)]), ("a...b->b...a", [(2, 3, 4, 5)]),
            ("ij...,j...->i...", [(2, 3, 4, 5), (3, 4, 5)]), ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
            ("a,b,c->abc", [(2,), (3,), (4,)]), ("ab,bc,cd,da->", [(3, 3)] * 4), ("ij,k->ik", [(2, 3), (4,)]),
            ("abc,cb->a", [(2, 3, 4), (4, 3)]), ("ij,ji->ij", [(3, 3), (3, 3)])]:
        a = [ints(s, top=3) for s in shapes]
        case("einsum", a, mx.einsum(text, *a), text=text)
    a, b = ints((2, 3), mx.int32), ints((2, 3), mx.int32)
    case("einsum", [a, b], mx.einsum("ij,ij->ij", a, b), text="ij,ij->ij")
    for n in (1, 2, 4, 12, 20, 28, 40, 64, 24, 112):
        for dtype in (mx.float32, mx.float16, mx.int32):
            a = ints((3, n), dtype, top=3)
            case("hadamard", [a], mx.hadamard_transform(a, scale=0.5), [], [0.5])
    a = ints((5, 16))
    case("hadamard_default", [a], mx.hadamard_transform(a))
    for m, k, n, block in [(34, 40, 33, 32), (66, 30, 65, 64)]:
        def mask(rows, cols, kind):
            m = mx.array(rng.integers(0, 2, (-(-rows // block), -(-cols // block))))
            return m.astype(kind)
        a, b = ints((m, k), top=2), ints((k, n), top=2)
        for kind in (mx.bool_, mx.float32):
            masks = [mask(m, n, kind), mask(m, k, kind), mask(k, n, kind)]
            r = mx.block_masked_mm(a, b, block, *masks)
            case("block_masked_mm", [a, b, *masks], r, [(block,)])
            case("block_masked_mm", [a, b, masks[0]], mx.block_masked_mm(a, b, block, masks[0]), [(block,)])
    a, b = ints((3, 9)), ints((9, 4))
    seg = mx.array([[[0, 2], [2, 5]], [[5, 5], [0, 9]]], dtype=mx.uint32)
    case("segmented_mm", [a, b, seg], mx.segmented_mm(a, b, seg))
    z = ints((2, 3)) + 1j * ints((2, 3))
    case("vecdot", [z, z + 1], mx.vecdot(z, z + 1), [(-1,)])
    case("vecdot", [z, z + 1], mx.vecdot(z, z + 1, axis=0), [(0,)])
    w, x = mx.array(rng.normal(size=(32, 64)).astype(np.float32)), mx.array(rng.normal(size=(1, 64)).astype(np.float32))
    for mode in ("mxfp4", "mxfp8", "nvfp4"):
        q, scales = mx.quantize(w, mode=mode)
        case("qqmm", [x, q, scales], mx.qqmm(x, q, scales, mode=mode), text=mode, tol=400)
    k = mx.random.key(3)
    mean, cov = mx.array([1.0, 2.0]), mx.array([[2.0, 1.0], [1.0, 3.0]])
    for shape in ((), (2,), (4, 3)):
        r = mx.random.multivariate_normal(mean, cov, shape, key=k)
        case("multivariate_normal", [mean, cov, k], r, [shape], tol=200)


def main(folder):
    for maker in (conv, linalg, fft, einsum):
        out.clear()
        maker()
        Path(folder, maker.__name__ + ".bin").write_bytes(bytes(out))


if __name__ == "__main__":
    mx.set_default_device(mx.cpu)
    main(sys.argv[1] if len(sys.argv) > 1 else "tests/data/arrays")
