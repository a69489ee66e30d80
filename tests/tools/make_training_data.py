#!/usr/bin/env python3
"""Records the losses of real MLX for tests/python/test_examples.py: the MLP's first 50 steps and the
CNN's first 20, and the CNN's again with its weights moved by 1e-7 in three ways.

    PYTHON_WITH_MLX tests/tools/make_training_data.py tests/data/training.json

losses() is the one description of the runs; the test calls it with this library."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "python"))
import data  # noqa: E402
import digits  # noqa: E402
import mlx.core as mx  # noqa: E402
import mlx.nn as nn  # noqa: E402
from mlx.utils import tree_map  # noqa: E402


def losses(name, steps, moved=None):
    """Of the article's program: seed 0, batches of 64 of the digits in a seeded order. `moved`: the
    seed of normal noise of 1e-7 that the weights get."""
    mx.random.seed(0)
    found = digits.program(name)
    model, optimizer = found["model"], found["optimizer"]
    if moved is not None:
        mx.random.seed(moved)
        noisy = tree_map(lambda w: w + 1e-7 * mx.random.normal(w.shape), model.parameters())
        model.update(noisy)
    images, labels, _, _ = data.split(*data.digits(), seed=0)
    if name == "mlp":
        images = images.reshape(images.shape[0], -1)
    step = nn.value_and_grad(model, digits.loss_fn)
    out = []
    while len(out) < steps:
        for x, y in data.data_loader(images, labels, 64, seed=len(out)):
            if x.shape[0] < 64 or len(out) == steps:
                break
            loss, grads = step(model, x, y)
            optimizer.update(model, grads)
            mx.eval(loss, model.parameters(), optimizer.state)
            out.append(loss.item())
    return out


def apart(a, b):
    """The largest relative difference."""
    return max(abs(x - y) / abs(y) for x, y in zip(a, b))


if __name__ == "__main__":
    record = {"mlp": losses("mlp", 50), "cnn": losses("cnn", 20),
              "moved": [losses("cnn", 20, seed) for seed in (1, 2, 3)]}
    Path(sys.argv[1]).write_text(json.dumps(record, indent=1) + "\n")
