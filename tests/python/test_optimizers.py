"""Optimizers and schedules follow real MLX: twenty steps of each on one tree of parameters, states
included, in what tests/tools/make_optimizer_data.py recorded.

Promises guarded: parameters within 2e-5 of the largest (bfloat16: two roundings), the same state
keys, shapes and dtypes, the same rates, the same refusals; a state goes to a file and back;
gradients that do not fit raise MLX's exception and say where."""

import importlib.util
import json
import math
from pathlib import Path

import pytest

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_unflatten

ROOT = Path(__file__).resolve().parent.parent
RECORDED = json.loads((ROOT / "data" / "optimizers" / "steps.json").read_text())


@pytest.fixture(scope="module")
def ours():
    path = ROOT / "tools" / "make_optimizer_data.py"
    spec = importlib.util.spec_from_file_location("cases", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.run()


def close(got, want, where):
    assert sorted(got) == sorted(want), where
    for path, (dtype, shape, numbers) in want.items():
        assert got[path][:2] == [dtype, shape], (where, path)
        tolerance = 2.0**-7 if dtype == "bfloat16" else 2e-5
        top = max([abs(x) for x in numbers] + [1e-6])
        for a, b in zip(got[path][2], numbers):
            assert math.isclose(a, b, rel_tol=0, abs_tol=tolerance * top), (where, path, a, b)


STEPPED = [name for name, value in RECORDED.items() if "rates" in value]


@pytest.mark.parametrize("name", STEPPED)
def test_twenty_steps(ours, name):
    close(ours[name]["parameters"], RECORDED[name]["parameters"], name)
    close(ours[name]["state"], RECORDED[name]["state"], name)
    assert ours[name]["rates"] == pytest.approx(RECORDED[name]["rates"], rel=1e-6)


def test_schedules(ours):
    for name, want in RECORDED["schedules"].items():
        assert ours["schedules"][name] == pytest.approx(want, rel=1e-6, abs=1e-9), name


def test_refusals(ours):
    assert ours["refused"] == RECORDED["refused"]


def test_clipped_gradients(ours):
    close(ours["clipped"]["tree"], RECORDED["clipped"]["tree"], "clipped")
    assert ours["clipped"]["norm"] == pytest.approx(RECORDED["clipped"]["norm"], rel=1e-6)


def test_gradients_that_do_not_fit_are_named():
    ones = mx.ones((2, 3))
    tree = {"a": {"w": ones}, "b": [ones]}
    other = optim.SGD(0.1, momentum=0.9)
    other.init({"c": ones})
    for optimizer, gradients, parameters, error, words in (
        (optim.Adam(0.1), {"z": ones}, tree, KeyError, "gradient for 'z', but no such parameter"),
        (optim.Adam(0.1), {"b": [ones, ones]}, tree, IndexError, "'b.1'"),
        (optim.Adam(0.1), {"a": {"w": mx.ones((4,))}}, tree, ValueError, r"'a.w' has shape \(4,\)"),
        (optim.SGD(0.1), {"a": {"w": 2.0}}, tree, TypeError, "'a.w' is float, not an array"),
        (other, {"a": {"w": ones}}, tree, KeyError, "state is of other parameters: no 'a.w'"),
        (optim.MultiOptimizer([optim.SGD(0.1)]), {"z": ones}, tree, KeyError, "gradient for 'z'"),
    ):
        with pytest.raises(error, match=words):
            optimizer.apply_gradients(gradients, parameters)


def test_state_goes_to_a_file_and_back(tmp_path):
    def step(model, optimizer):
        x = mx.arange(6, dtype=mx.float32).reshape(2, 3)
        _, grads = nn.value_and_grad(model, lambda m, x: m(x).square().sum())(model, x)
        optimizer.update(model, grads)

    models, path = [nn.Linear(3, 2), nn.Linear(3, 2)], str(tmp_path / "state.safetensors")
    models[1].update(models[0].parameters())
    first, second = optim.Adam(0.1), optim.Adam(0.1)
    step(models[0], first)
    models[1].update(models[0].parameters())
    mx.save_safetensors(path, dict(tree_flatten(first.state)))
    second.state = tree_unflatten(list(mx.load(path).items()))
    step(models[0], first)
    step(models[1], second)
    assert mx.array_equal(models[0].weight, models[1].weight).item()
    assert second.step.item() == 2 and second.step.dtype == mx.uint64


def test_compiled_step_is_the_same():
    def train(compiled):
        mx.random.seed(3)
        model, optimizer = nn.Linear(4, 3), optim.AdamW(optim.exponential_decay(0.1, 0.9))
        mx.eval(model.parameters())
        state = [model.state, optimizer.state]

        def step(x):
            loss, grads = nn.value_and_grad(model, lambda m, x: m(x).square().mean())(model, x)
            optimizer.update(model, grads)
            return loss

        if compiled:
            optimizer.init(model.trainable_parameters())
            step = mx.compile(step, inputs=state, outputs=state)
        losses = [step(mx.ones((2, 4))).item() for _ in range(5)]
        return losses, model.weight

    plain, compiled = train(False), train(True)
    assert plain[0] == compiled[0] and mx.array_equal(plain[1], compiled[1]).item()


def test_clipping_keeps_dtypes_and_halves_do_not_overflow():
    # as MLX answers: squares of float16 in float32, bfloat16 in itself
    for dtype, of_norm in ((mx.float32, mx.float32), (mx.float16, mx.float32), (mx.bfloat16, mx.bfloat16)):
        clipped, norm = optim.clip_grad_norm({"a": [mx.array([300.0, 400.0], dtype=dtype)]}, 1.0)
        assert (norm.item(), norm.dtype, clipped["a"][0].dtype) == (500, of_norm, dtype)
        assert mx.allclose(clipped["a"][0], mx.array([0.6, 0.8]), rtol=4e-3).item()
    both, norm = optim.clip_grad_norm({"h": mx.ones(2, dtype=mx.bfloat16), "f": mx.ones(2)}, 1.0)
    assert (both["h"].dtype, both["f"].dtype, norm.dtype) == (mx.bfloat16, mx.float32, mx.float32)


def test_adafactor_keeps_its_averages_in_the_parameters_dtype():
    for parameter, gradient in ((mx.float32, mx.float16), (mx.float16, mx.float16), (mx.float32, mx.bfloat16)):
        optimizer = optim.Adafactor()
        optimizer.apply_gradients({"w": mx.ones((2, 3), dtype=gradient), "b": mx.ones(3, dtype=gradient)},
                                  {"w": mx.ones((2, 3), dtype=parameter), "b": mx.ones(3, dtype=parameter)})
        dtypes = {v.dtype for k, v in tree_flatten(optimizer.state) if "exp_avg" in k}
        assert dtypes == {parameter}
