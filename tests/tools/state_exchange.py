#!/usr/bin/env python3
"""Weights of every layer of mlx.nn and states of every optimizer, through files, between MLX and
this library.

    PYTHON tests/tools/state_exchange.py save FOLDER     run by one of them
    PYTHON tests/tools/state_exchange.py check FOLDER    run by the other
    PYTHON_WITH_MLX tests/tools/state_exchange.py names tests/data/nn/states.json.xz

`save` writes each layer's weights and its answer, and each optimizer's parameters and state after
three steps with the parameters after a fourth, as .npz and as .safetensors. `check` loads them into
new layers and optimizers: the names, shapes and dtypes must be its own, and the answers and the
fourth step the same. `names` records these names, shapes and dtypes for tests/python/test_states.py."""

import importlib.util
import json
import lzma
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import cases_nn as cases  # noqa: E402
import mlx.core as mx  # noqa: E402
from mlx.utils import tree_flatten, tree_unflatten  # noqa: E402

spec = importlib.util.spec_from_file_location(
    "optimizer_cases", TESTS / "tools" / "make_optimizer_data.py")
optimizers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(optimizers)

SUFFIXES = (".npz", ".safetensors")
TOLERANCE = {"float32": 2e-5, "float16": 4e-3, "bfloat16": 3e-2}


def write(path, arrays):
    arrays = dict(arrays)
    for suffix in SUFFIXES:
        if suffix == ".npz":
            mx.savez(f"{path}.npz", **arrays)
        else:
            mx.save_safetensors(f"{path}.safetensors", arrays)


def kinds(arrays):
    return sorted((k, str(a.dtype), tuple(a.shape)) for k, a in dict(arrays).items())


def differ(have, want, what):
    """Complaints where two dictionaries of arrays are not the same."""
    if kinds(have) != kinds(want):
        mine, theirs = set(kinds(have)), set(kinds(want))
        return [f"{what}: only here {sorted(mine - theirs)}, only there {sorted(theirs - mine)}"]
    wrong = []
    for name, a in have.items():
        tolerance = TOLERANCE.get(str(a.dtype).rpartition(".")[2])
        x, y = (v.astype(mx.float32) for v in (a, want[name]))
        top = max(mx.max(mx.abs(y)).item() if y.size else 0.0, 1e-3)
        error = mx.max(mx.abs(x - y)).item() if y.size else 0.0
        if error > (tolerance or 0) * top:
            wrong.append(f"{what}: {name} is {error / top:.1e} of the largest off")
    return wrong


def layer_of(line, dtype, seed):
    constructor, *fields = [f.strip() for f in line.split("|")]
    mx.random.seed(seed)
    layer = eval("nn." + constructor, vars(cases))
    cases.shaken(layer)
    if dtype != mx.float32:
        layer.set_dtype(dtype)
    return layer, cases.arguments(fields, dtype)


def answer(layer, inputs, how):
    mx.random.seed(8)
    layer.train()
    out = cases.call_layer(layer, how, inputs)
    out = out if isinstance(out, (tuple, list)) else [out]
    return {str(i): a for i, a in enumerate(out)}


def quantized():
    affine = [(f"group_size={g}, bits={b}", 2 * g) for g in (32, 64, 128) for b in (2, 3, 4, 5, 6, 8)]
    for options, width in affine + [(f'mode="{m}"', 64) for m in ("mxfp4", "nvfp4", "mxfp8")]:
        yield f"Linear({width}, 32).to_quantized({options}) | 2,{width}"
        yield f"Embedding(32, {width}).to_quantized({options}) | {{indices(3, below=32)}}"


def layers():
    cases_of_all = [*cases.layer_cases(), *((line, mx.float32) for line in quantized())]
    for i, (line, dtype) in enumerate(cases_of_all):
        yield f"layer{i:03}", line, dtype


def save(folder):
    for name, line, dtype in layers():
        layer, (inputs, how) = layer_of(line, dtype, 7)
        if tree_flatten(layer.parameters()):
            for suffix in SUFFIXES:
                layer.save_weights(str(folder / (name + suffix)))
            mx.save_safetensors(str(folder / f"{name}.out.safetensors"), answer(layer, inputs, how))
    for i, (name, make) in enumerate(optimizers.OPTIMIZERS.items()):
        optimizer, tree = make(), optimizers.parameters(mx.float32)
        for step in range(3):
            tree = optimizer.apply_gradients(optimizers.gradients(tree, step), tree)
        write(folder / f"optimizer{i:02}.tree", tree_flatten(tree))
        write(folder / f"optimizer{i:02}.state", tree_flatten(optimizer.state))
        tree = optimizer.apply_gradients(optimizers.gradients(tree, 3), tree)
        write(folder / f"optimizer{i:02}.next", tree_flatten(tree))


def check_layer(folder, name, line, dtype, suffix):
    layer, (inputs, how) = layer_of(line, dtype, 99)
    what, path = f"{line} {str(dtype).rpartition('.')[2]} {suffix}", str(folder / (name + suffix))
    own, there = kinds(tree_flatten(layer.parameters())), kinds(mx.load(path))
    if own != there:
        return [f"{what}: {own} is not {there}"]
    layer.load_weights(path)
    out = answer(layer, inputs, how)
    mx.eval(out)
    return differ(out, mx.load(str(folder / f"{name}.out.safetensors")), what)


def check_optimizer(folder, i, name, make, suffix):
    at = folder / f"optimizer{i:02}"
    tree, state, after = (mx.load(f"{at}.{part}{suffix}") for part in ("tree", "state", "next"))
    optimizer, own = make(), optimizers.parameters(mx.float32)
    optimizer.apply_gradients(optimizers.gradients(own, 0), own)
    what = f"optimizer {name} {suffix}"
    if kinds(tree_flatten(optimizer.state)) != kinds(state):
        return [f"{what}: {kinds(tree_flatten(optimizer.state))} is not {kinds(state)}"]
    optimizer.state = tree_unflatten(list(state.items()))
    tree = tree_unflatten(list(tree.items()))
    moved = optimizer.apply_gradients(optimizers.gradients(tree, 3), tree)
    return differ(dict(tree_flatten(moved)), after, what)


def check(folder):
    """Complaints, and how many files were looked at."""
    wrong, count = [], 0
    for suffix in SUFFIXES:
        for name, line, dtype in layers():
            if (folder / (name + suffix)).exists():
                wrong += check_layer(folder, name, line, dtype, suffix)
                count += 1
        for i, (name, make) in enumerate(optimizers.OPTIMIZERS.items()):
            wrong += check_optimizer(folder, i, name, make, suffix)
            count += 1
    return wrong, count


def names():
    """{layer or optimizer: [[name, dtype, shape]...]}."""
    found = {}
    for _, line, dtype in layers():
        layer, _ = layer_of(line, dtype, 7)
        found[f"{line} {str(dtype).rpartition('.')[2]}"] = kinds(tree_flatten(layer.parameters()))
    for name, make in optimizers.OPTIMIZERS.items():
        optimizer, tree = make(), optimizers.parameters(mx.float32)
        for step in range(3):
            tree = optimizer.apply_gradients(optimizers.gradients(tree, step), tree)
        found[f"optimizer {name}"] = kinds(tree_flatten(optimizer.state))
    return {k: [[n, d.rpartition(".")[2], list(s)] for n, d, s in v] for k, v in found.items()}


def main():
    verb, folder = sys.argv[1], Path(sys.argv[2])
    if verb == "names":
        folder.write_bytes(lzma.compress(json.dumps(names()).encode(), preset=9))
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    if verb == "save":
        save(folder)
        return 0
    wrong, count = check(folder)
    print("\n".join(wrong))
    print(f"{count} files, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
