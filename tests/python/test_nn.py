"""mlx.nn and mlx.utils answer as real MLX does (recorded in tests/data/nn, cases in cases_nn.py).

Promises guarded: initial weights bit for bit, parameter names, shapes and dtypes, printing, outputs
and gradients of every layer, activation and loss, initializers, everything that a Module does with
its items, and weight files that real MLX saved."""

import json
import lzma
import os
import re
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
mx = pytest.importorskip("mlx.core")
cases = pytest.importorskip("cases_nn")

DATA = Path(os.environ.get("MLX_TEST_DATA", Path(__file__).resolve().parent.parent / "data")) / "nn"

# Of the largest number of an array.
TOLERANCE = {"float32": 4e-6, "float16": 4e-3, "bfloat16": 3e-2}



def recorded(family):
    return json.loads(lzma.decompress((DATA / f"{family}.json.xz").read_bytes()))


def assert_numbers(have, want, what, factor=1.0, least=1e-3):
    assert have[:2] == want[:2], what
    x, y = np.array(have[2], np.float64), np.array(want[2], np.float64)
    if want[0] not in TOLERANCE:
        assert np.array_equal(x, y), what
        return
    finite = np.isfinite(y)
    assert np.array_equal(np.isnan(x), np.isnan(y)), what
    assert np.array_equal(x[~finite & ~np.isnan(y)], y[~finite & ~np.isnan(y)]), what
    top = np.abs(y[finite]).max(initial=least)
    error = np.abs(x[finite] - y[finite]).max(initial=0)
    assert error <= factor * TOLERANCE[want[0]] * top, (what, error / top)


@pytest.fixture(scope="module")
def layers():
    return recorded("layers")


@pytest.mark.parametrize("case", list(cases.layer_cases()), ids=lambda c: cases.key(*c))
def test_layer(case, layers):
    want, have = layers[cases.key(*case)], cases.layer_answer(*case)
    for what in ("repr", "items", "parameters", "trainable"):
        assert have[what] == want[what], what
    for what in ("out", "state", "grads"):
        assert len(have.get(what, [])) == len(want.get(what, [])), what
    for x, y in zip(have["out"], want["out"]):
        assert_numbers(x, y, "out")
    for x, y in zip(have["state"], want["state"]):
        assert x[0] == y[0]
        assert_numbers(x[1], y[1], x[0])
    # A gradient that is zero but for rounding is as far off as the others are.
    top = max((np.abs(g[2]).max(initial=0) for _, g in want.get("grads", [])), default=0)
    for x, y in zip(have.get("grads", []), want.get("grads", [])):
        assert x[0] == y[0]
        assert_numbers(x[1], y[1], f"gradient by {x[0]}", factor=5, least=max(top / 20, 1e-3))


@pytest.mark.parametrize("family", ["activations", "losses", "init"])
def test_functions(family):
    want = recorded(family)
    have = cases.FAMILIES[family]()
    assert have.keys() == want.keys()
    wrong = []
    for e in want:
        try:
            if isinstance(want[e], dict) or isinstance(have[e], dict):
                assert have[e] == want[e]
            elif family == "init" and "orthogonal" not in e:
                assert have[e] == want[e], "bits"
            elif family == "activations" and want[e][0] == "float32":
                assert have[e][:2] == want[e][:2]
                np.testing.assert_allclose(have[e][2], want[e][2], rtol=2e-6, atol=5e-7)
            else:
                assert_numbers(have[e], want[e], e)
        except AssertionError as error:
            wrong.append((e, str(error).splitlines()[0], str(have[e])[:200], str(want[e])[:200]))
    assert not wrong


@pytest.mark.parametrize("family", ["modules", "trees", "loss_errors"])
def test_texts(family):
    want = recorded(family)
    have = cases.FAMILIES[family]()
    assert have.keys() == want.keys()
    wrong = [(e, have[e], want[e]) for e in want if told(have[e]) != told(want[e])]
    assert not wrong


def told(answer):
    """An answer, or of an error of the core, which has its own words, the kind."""
    return re.sub(r"^(\w+): \[[a-z_]+\].*", r"\1", answer, flags=re.S)


def test_signatures():
    wrong = []
    for name, want in recorded("signatures").items():
        have = cases.signature(*name.split())
        if have != want:
            wrong.append((name, have, want))
    assert not wrong


class Group:
    """One of two processes, as far as layers ask."""

    def __init__(self, rank):
        self.which = rank

    def rank(self):
        return self.which

    def size(self):
        return 2


@pytest.mark.parametrize("quantized", [False, True])
def test_shards_are_parts_of_the_whole(quantized):
    """What two processes compute, put together as the communication does, is the layer's."""
    shard = pytest.importorskip("mlx.nn.layers.distributed").shard_linear
    mx.random.seed(0)
    layer = cases.nn.Linear(64, 64)
    layer = layer.to_quantized(32, 8) if quantized else layer
    x = cases.values(3, 64)

    def product(part, x):
        if not quantized:
            return x @ part.weight.T
        return mx.quantized_matmul(x, part.weight, part.scales, part.biases, True, 32, 8)

    want = layer(x)
    for segments in (1, 2):
        parts = [shard(layer, "all-to-sharded", segments=segments, group=Group(r)) for r in (0, 1)]
        outs = [product(p, x) + p.bias for p in parts]
        if segments == 1:
            whole = mx.concatenate(outs, axis=-1)
        else:
            halves = [mx.split(o, 2, axis=-1) for o in outs]
            whole = mx.concatenate([halves[r][i] for i in (0, 1) for r in (0, 1)], axis=-1)
        assert mx.allclose(whole, want, atol=1e-5)
    parts = [shard(layer, "sharded-to-all", group=Group(r)) for r in (0, 1)]
    sums = sum(product(p, half) for p, half in zip(parts, mx.split(x, 2, axis=-1)))
    assert all(mx.array_equal(p.bias, layer.bias) for p in parts)
    assert mx.allclose(sums + layer.bias, want, atol=1e-5)


def test_averages_join_and_part_gradients(monkeypatch):
    """Gradients come back in their places and shapes, whatever the size of the messages."""
    sent = []

    def all_sum(x, **_):
        sent.append(x.size)
        return 2 * x + 2

    monkeypatch.setattr(mx.distributed, "all_sum", all_sum)
    tree = {"a": [cases.values(2, 3), cases.values(4)], "b": cases.values(5, dtype=mx.float16)}
    for size, messages in ((0, [6, 4, 5]), (1, [6, 4, 5]), (28, [10, 5]), (1 << 20, [10, 5])):
        sent.clear()
        got = cases.nn.average_gradients(tree, Group(0), all_reduce_size=size)
        assert sent == messages
        want = cases.tree_map(lambda x: x + 1, tree)
        for (p, x), (q, y) in zip(cases.tree_flatten(got), cases.tree_flatten(want)):
            assert p == q and x.dtype == y.dtype and x.shape == y.shape and mx.array_equal(x, y)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_weights_that_mlx_saved(suffix, tmp_path):
    model = cases.zoo()
    seeded = dict(cases.tree_flatten(model.parameters()))
    model.apply(lambda x: mx.zeros_like(x))
    model.load_weights(str(DATA / f"zoo{suffix}"))
    loaded = dict(cases.tree_flatten(model.parameters()))
    assert all(mx.array_equal(loaded[k], seeded[k]) for k in seeded)
    # And the other way: what is saved here is named and laid out as what MLX saved.
    model.save_weights(str(tmp_path / f"zoo{suffix}"))
    ours, theirs = mx.load(str(tmp_path / f"zoo{suffix}")), mx.load(str(DATA / f"zoo{suffix}"))
    assert ours.keys() == theirs.keys()
    assert all(mx.array_equal(ours[k], theirs[k]) for k in theirs)


@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_of_convolutions_go_through_a_file(tmp_path, groups):
    x, w = mx.random.normal((2, 7, 6, 4)), mx.random.normal((6, 3, 2, 4 // groups))

    def gradient(x, w):
        return mx.grad(lambda w: mx.conv2d(x, w, (2, 1), 1, (1, 2), groups).square().sum())(w)

    mx.export_function(str(tmp_path / "f.mlxfn"), gradient, x, w)
    (found,) = mx.import_function(str(tmp_path / "f.mlxfn"))(x, w)
    assert mx.array_equal(found, gradient(x, w))
