"""Every operation that multiplies, convolves, attends, quantizes, transforms or factors: its gradients,
tangents, and vmap."""

import mlx.core as mx
import numpy as np
import pytest
from rules_products import ROWS
from rules_table import cases

CASES = dict(cases(ROWS, "products"))


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    CASES[name]()


X = mx.array(np.random.default_rng(0).uniform(-1, 1, (3, 64)), dtype=mx.float32)
W = mx.array(np.random.default_rng(1).uniform(-1, 1, (8, 64)), dtype=mx.float32)
UP = mx.arange(8).astype(mx.float32)


@pytest.mark.parametrize("mode", ["mxfp4", "mxfp8", "nvfp4"])
def test_gradients_pass_rounding_of_both_operands(mode):
    """qqmm's gradients are those of a product of the numbers that its operands are rounded to."""
    number = lambda a: mx.dequantize(*mx.quantize(a, mode=mode), mode=mode, dtype=mx.float32)
    got = mx.grad(lambda x, w: (mx.qqmm(x, w, mode=mode) * UP).sum(), argnums=[0, 1])(X, W)
    want = mx.grad(lambda x, w: ((x @ w.T) * UP).sum(), argnums=[0, 1])(number(X), number(W))
    for a, b in zip(got, want):
        np.testing.assert_allclose(np.array(a), np.array(b), rtol=1e-5, atol=1e-5)
    q, s = mx.quantize(W, mode=mode)
    one = mx.grad(lambda x: (mx.qqmm(x, q, s, mode=mode) * UP).sum())(X)
    np.testing.assert_allclose(np.array(one), np.array(want[0]), rtol=1e-5, atol=1e-5)


def test_quantize_sends_gradients_to_extremes():
    """A scale and a bias follow the element farthest from zero: bias = e, scale = e over a whole number."""
    w = mx.array([[0.5, -2.0, 1.0, 0.25] * 8], dtype=mx.float32) * mx.linspace(0.5, 1, 32)
    _, scales, biases = mx.quantize(w, group_size=32, bits=4)
    at = int(mx.argmax(mx.abs(w)).item())
    to_scale = np.array(mx.grad(lambda w: mx.quantize(w, group_size=32, bits=4)[1].sum())(w))[0]
    to_bias = np.array(mx.grad(lambda w: mx.quantize(w, group_size=32, bits=4)[2].sum())(w))[0]
    assert np.flatnonzero(to_scale).tolist() == [at] == np.flatnonzero(to_bias).tolist()
    assert to_bias[at] == 1 and to_scale[at] == pytest.approx((scales / biases).item())


def test_what_has_no_gradient_says_so():
    q, s, b = mx.quantize(W, group_size=32)
    with pytest.raises(RuntimeError, match="quantized_matmul.*no gradient"):
        mx.grad(lambda q: mx.quantized_matmul(X, q, s, b, group_size=32).sum())(q)
    with pytest.raises(ValueError, match="dequantize.*mxfp4"):
        mx.grad(lambda w: mx.dequantize(*mx.quantize(w, mode="mxfp4"), mode="mxfp4").sum())(W)
    with pytest.raises(ValueError, match="from_fp8"):
        mx.grad(lambda x: mx.from_fp8(mx.to_fp8(x), dtype=mx.float32).sum())(X)
    codes = mx.grad(lambda q: mx.dequantize(q, s, b, group_size=32).sum())(q)
    assert codes.dtype == mx.uint32 and not codes.any().item()


@pytest.mark.parametrize("groups", [1, 4, 64])
def test_large_convolutions_have_the_gradient_of_a_product(groups):
    """Sizes at which the kernels cut, against one product over windows in float64."""
    rng = np.random.default_rng(groups)
    x = rng.normal(size=(3, 17, 19, 64)).astype(np.float32)
    g = rng.normal(size=(3, 9, 10, 64)).astype(np.float32)
    w = mx.zeros((64, 3, 3, 64 // groups))
    conv = lambda w: mx.conv_general(mx.array(x), w, stride=2, padding=1, groups=groups)
    got = np.array(mx.vjp(conv, [w], [mx.array(g)])[1][0])
    padded = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    each = 64 // groups
    for i in range(3):
        for j in range(3):
            part = padded[:, i:i + 17:2, j:j + 19:2]
            for k in range(groups):
                at = slice(k * each, (k + 1) * each)
                want = np.einsum("nhwf,nhwc->fc", g[..., at].astype(np.float64), part[..., at])
                np.testing.assert_allclose(got[at, i, j], want, rtol=1e-4, atol=1e-3)


A, B = mx.arange(6).reshape(2, 3), mx.arange(12).reshape(3, 4)


@pytest.mark.parametrize("a, b", [(A, B), (B[0, :3], B), (A, B[:, 0]), (mx.stack([A, A + 1]), B),
                                  (A, mx.stack([B, B + 1])), (mx.stack([A, A + 1]), mx.stack([B, B + 1]))])
def test_products_of_integers_have_the_rules_of_floats(a, b):
    both = [a, b], [a.astype(mx.float32), b.astype(mx.float32)]
    for rule in (mx.grad(lambda a, b: (a @ b * 3).sum(), argnums=(0, 1)),
                 lambda a, b: mx.jvp(mx.matmul, [a, b], [a, b])[1],
                 lambda a, b: [mx.vmap(mx.matmul, in_axes=(0, None))(mx.stack([a, a * 2]), b)],
                 lambda a, b: [mx.vmap(mx.matmul, in_axes=(None, -1))(a, mx.stack([b, b * 2], axis=-1))]):
        got, want = (rule(*inputs) for inputs in both)
        for g, w in zip(got, want):
            assert g.dtype == mx.int32 and mx.array_equal(g, w)


def test_products_of_integers_follow_shapes():
    f = mx.compile(mx.matmul, shapeless=True)
    assert mx.array_equal(f(A, B), A @ B) and mx.array_equal(f(A.T, A), A.T @ A)
