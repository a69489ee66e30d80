"""One contender of bench/train.py in one process: a training step of the MLP and of SimpleCNN, as
JSON.

    PYTHON train_worker.py {mlx,torch} SECONDS        (threads: MLX_NUM_THREADS, OMP_NUM_THREADS)

Both contenders run the same model, batch (64) and Adam on the same random numbers; a sample is one
image through forward, backward and update, evaluated every step. The rate is the best of several
stretches."""

import json
import os
import sys
import time

BATCH = 64


def mlx_steps():
    import runpy

    import mlx.core as mx
    import mlx.nn as nn

    here = os.path.dirname(os.path.abspath(__file__))
    examples = os.path.join(os.path.dirname(here), "examples", "python")

    def step_of(name, shape):
        mx.random.seed(0)
        found = runpy.run_path(os.path.join(examples, name + ".py"),
                               init_globals={"data_loader": []})
        model, optimizer = found["model"], found["optimizer"]
        x = mx.random.normal((BATCH, *shape))
        y = mx.random.randint(0, 10, (BATCH,))
        grad = nn.value_and_grad(
            model, lambda m, x, y: mx.mean(nn.losses.cross_entropy(m(x), y)))

        def step():
            loss, grads = grad(model, x, y)
            optimizer.update(model, grads)
            mx.eval(loss, model.parameters(), optimizer.state)

        return step

    return {"mlp": step_of("mlp", (784,)), "cnn": step_of("cnn", (28, 28, 1))}


def torch_steps():
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)

    class CNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
            self.fc1, self.fc2 = nn.Linear(64 * 7 * 7, 128), nn.Linear(128, 10)

        def forward(self, x):
            x = nn.functional.max_pool2d(nn.functional.relu(self.conv1(x)), 2)
            x = nn.functional.max_pool2d(nn.functional.relu(self.conv2(x)), 2)
            return self.fc2(nn.functional.relu(self.fc1(x.flatten(1))))

    def step_of(model, shape):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        x, y = torch.randn(BATCH, *shape), torch.randint(0, 10, (BATCH,))

        def step():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    mlp = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    return {"mlp": step_of(mlp, (784,)), "cnn": step_of(CNN(), (1, 28, 28))}


def rate(step, seconds):
    """Thousands of samples a second: the best of stretches of at least 3 steps."""
    step()
    step()
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start, steps = time.perf_counter(), 0
        while steps < 3 or time.perf_counter() - start < seconds / 10:
            step()
            steps += 1
        best = max(best, steps * BATCH / (time.perf_counter() - start) / 1000)
    return best


def main():
    steps = mlx_steps() if sys.argv[1] == "mlx" else torch_steps()
    print(json.dumps({name: rate(step, float(sys.argv[2])) for name, step in steps.items()}))


if __name__ == "__main__":
    main()
