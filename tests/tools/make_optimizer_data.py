"""Records what real MLX's optimizers and schedules do, for tests/python/test_optimizers.py.

    PYTHON_WITH_MLX tests/tools/make_optimizer_data.py tests/data/optimizers/steps.json

The same functions run in the test against this build: run() is the one description of the cases."""

import json
import sys

import mlx.core as mx
import mlx.optimizers as optim
from mlx.utils import tree_flatten

STEPS = 20
OPTIMIZERS = {
    "sgd": lambda: optim.SGD(0.1),
    "sgd momentum": lambda: optim.SGD(0.1, momentum=0.9, weight_decay=0.01),
    "sgd dampening": lambda: optim.SGD(0.1, momentum=0.9, dampening=0.5),
    "sgd nesterov": lambda: optim.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optim.RMSprop(0.01),
    "adagrad": lambda: optim.Adagrad(0.1),
    "adadelta": lambda: optim.AdaDelta(1.0),
    "adam": lambda: optim.Adam(0.01),
    "adam corrected": lambda: optim.Adam(0.01, betas=[0.8, 0.99], bias_correction=True),
    "adamw": lambda: optim.AdamW(0.01, weight_decay=0.1),
    "adamw corrected": lambda: optim.AdamW(0.01, bias_correction=True),
    "adamax": lambda: optim.Adamax(0.01),
    "lion": lambda: optim.Lion(0.001, weight_decay=0.1),
    "adafactor": lambda: optim.Adafactor(),
    "adafactor warmup": lambda: optim.Adafactor(warmup_init=True, beta_1=0.9, weight_decay=0.1),
    "adafactor rate": lambda: optim.Adafactor(
        0.01, relative_step=False, scale_parameter=False, clip_threshold=0.5),
    "muon": lambda: optim.Muon(0.02),
    "muon plain": lambda: optim.Muon(0.02, nesterov=False, weight_decay=0.0, ns_steps=3),
    "scheduled": lambda: optim.SGD(optim.cosine_decay(0.1, 10, 0.01)),
    "several": lambda: optim.MultiOptimizer(
        [optim.Muon(0.02), optim.AdamW(0.01)], [lambda path, g: g.ndim > 1 and "conv" not in path]),
}
SCHEDULES = {
    "exponential": lambda: optim.exponential_decay(0.1, 0.9),
    "step": lambda: optim.step_decay(0.1, 0.5, 3),
    "cosine": lambda: optim.cosine_decay(0.1, 10),
    "cosine end": lambda: optim.cosine_decay(0.1, 7, 0.02),
    "linear": lambda: optim.linear_schedule(0.0, 0.1, 8),
    "joined": lambda: optim.join_schedules(
        [optim.linear_schedule(0.0, 0.1, 4), optim.cosine_decay(0.1, 10)], [5]),
}
REFUSED = {
    "nesterov": lambda: optim.SGD(0.1, nesterov=True),
    "rmsprop eps": lambda: optim.RMSprop(0.1, eps=-1.0),
    "rmsprop alpha": lambda: optim.RMSprop(0.1, alpha=-1.0),
    "adagrad": lambda: optim.Adagrad(0.1, eps=-1.0),
    "adadelta rho": lambda: optim.AdaDelta(0.1, rho=-1.0),
    "adamax": lambda: optim.Adamax(0.1, eps=-1.0),
    "filters": lambda: optim.MultiOptimizer([optim.SGD(0.1), optim.SGD(0.1)], []),
    "linear": lambda: optim.linear_schedule(0.0, 1.0, 0),
    "joined none": lambda: optim.join_schedules([], []),
    "joined lengths": lambda: optim.join_schedules([optim.exponential_decay(1.0, 0.5)], [3]),
}


def parameters(dtype):
    def numbers(shape, scale):
        n = 1
        for length in shape:
            n *= length
        return (mx.sin(mx.arange(n, dtype=mx.float32) * 0.7) * scale).reshape(shape).astype(dtype)

    return {"fc": {"w": numbers((3, 4), 1.0), "b": numbers((4,), 0.5)},
            "tall": [numbers((6, 2), 2.0)], "conv": {"w": numbers((2, 3, 3, 2), 0.3)},
            "scale": numbers((), 1.0) + 1.5}


def gradients(tree, step):
    """Of a smooth function that moves a little every step."""
    if isinstance(tree, dict):
        return {k: gradients(v, step) for k, v in tree.items()}
    if isinstance(tree, list):
        return [gradients(v, step) for v in tree]
    return (mx.sin(2 * tree + 0.1 * step) + 0.3 * tree).astype(tree.dtype)


def flat(tree):
    out = {}
    for path, a in tree_flatten(tree):
        a = mx.array(a)
        kind = str(a.dtype).rpartition(".")[2]
        out[path] = [kind, list(a.shape), a.astype(mx.float32).reshape(-1).tolist()]
    return out


def steps(make, dtype):
    optimizer, tree, rates = make(), parameters(dtype), []
    for i in range(STEPS):
        tree = optimizer.apply_gradients(gradients(tree, i), tree)
        if "learning_rate" in optimizer.state:
            rates.append(optimizer.learning_rate.item())
    return {"parameters": flat(tree), "state": flat(optimizer.state), "rates": rates}


def refused(make):
    try:
        make()
    except Exception as e:
        return type(e).__name__
    return "nothing"


def run():
    out = {}
    for name, make in OPTIMIZERS.items():
        out[name] = steps(make, mx.float32)
    for name in ("adam", "sgd momentum", "lion"):
        out[name + " bfloat16"] = steps(OPTIMIZERS[name], mx.bfloat16)
    out["schedules"] = {name: [make()(mx.array(i)).item() for i in range(20)]
                        for name, make in SCHEDULES.items()}
    out["refused"] = {name: refused(make) for name, make in REFUSED.items()}
    clipped, norm = optim.clip_grad_norm(parameters(mx.float32), 1.5)
    out["clipped"] = {"tree": flat(clipped), "norm": norm.item()}
    return out


if __name__ == "__main__":
    with open(sys.argv[1], "w") as f:
        json.dump(run(), f, separators=(",", ":"))
        f.write("\n")
