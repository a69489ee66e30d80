"""Learns to draw digits: a small denoising diffusion model (Ho, Jain and Abbeel, 2020) on 8x8
images, which then makes new ones out of noise.

    ./dev example denoise --steps 4000

Saves a picture: how noise becomes digits, one row a digit, and a loss curve."""

import argparse
import math
import time
from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim

import data
import show

LEVELS = 100  # of noise


class Denoiser(nn.Module):
    """The noise in (batch, 64) images, given its level (batch,) and the digit (batch,)."""

    def __init__(self, hidden=384, layers=3):
        super().__init__()
        self.level = nn.Sequential(nn.SinusoidalPositionalEncoding(64), nn.Linear(64, hidden))
        self.digit = nn.Embedding(10, hidden)
        self.enter = nn.Linear(64, hidden)
        self.layers = [nn.Linear(hidden, hidden) for _ in range(layers)]
        self.norms = [nn.LayerNorm(hidden) for _ in range(layers)]
        self.leave = nn.Linear(hidden, 64)

    def __call__(self, x, level, digit):
        about = self.level(level) + self.digit(digit)
        h = self.enter(x)
        for layer, norm in zip(self.layers, self.norms):
            h = h + nn.silu(layer(norm(h + about)))
        return self.leave(h)


def kept():
    """How much of the image's variance is left at each level: a cosine (Nichol and Dhariwal,
    2021)."""
    t = mx.arange(1, LEVELS + 1) / LEVELS
    return mx.maximum(mx.square(mx.cos((t + 0.008) / 1.008 * math.pi / 2)), 1e-4)


def loss_fn(model, images, digits, levels, noise, share):
    s = share[levels][:, None]
    noisy = mx.sqrt(s) * images + mx.sqrt(1 - s) * noise
    return nn.losses.mse_loss(model(noisy, levels, digits), noise)


def draw(model, digits, share, frames=8):
    """Images of the digits, and the way there: (frames, len(digits), 8, 8) in [0, 1]."""
    x = mx.random.normal((digits.size, 64))
    seen = []
    for level in range(LEVELS - 1, -1, -1):
        now, before = share[level], share[level - 1] if level else mx.array(1.0)
        noise = model(x, mx.full((digits.size,), level), digits)
        image = mx.clip((x - mx.sqrt(1 - now) * noise) / mx.sqrt(now), -1, 1)
        spread = (1 - before) / (1 - now) * (1 - now / before)
        mean = (mx.sqrt(before) * (1 - now / before) * image
                + mx.sqrt(now / before) * (1 - before) * x) / (1 - now)
        x = mean + mx.sqrt(spread) * mx.random.normal(x.shape)
        mx.eval(x)
        if level % (LEVELS // frames) == 0:
            seen.append(mx.clip((x + 1) / 2, 0, 1).reshape(-1, 8, 8))
    return mx.stack(seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", default="denoise", help="prefix of the pictures' names")
    args = parser.parse_args()
    mx.random.seed(args.seed)
    images, digits = data.digits(size=8)
    images = images.reshape(-1, 64) * 2 - 1
    share = kept()
    model = Denoiser()
    optimizer = optim.AdamW(optim.cosine_decay(2e-3, args.steps), betas=[0.9, 0.99])
    mx.eval(model.parameters())
    state = [model.state, optimizer.state, mx.random.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(batch):
        n = batch.size
        levels, noise = mx.random.randint(0, LEVELS, (n,)), mx.random.normal((n, 64))
        loss, grads = nn.value_and_grad(model, loss_fn)(
            model, images[batch], digits[batch], levels, noise, share)
        optimizer.update(model, grads)
        return loss

    losses, start = [], time.perf_counter()
    for i in show.progress(range(1, args.steps + 1), "training", every=10):
        loss = step(mx.random.randint(0, digits.size, (args.batch_size,)))
        mx.eval(loss, state)
        losses.append(show.finite(loss.item(), i))
        if i % 1000 == 0 or i == args.steps:
            print(f"step {i:5}  loss {sum(losses[-200:]) / len(losses[-200:]):.4f}  "
                  f"{i / (time.perf_counter() - start):.0f} steps/s")
    frames = draw(model, mx.arange(10), share)
    rows = [[frame[d].tolist() for frame in frames] for d in range(10)]
    show.save_images(f"{args.pictures}-digits.png", rows, [str(d) for d in range(10)])
    show.save_curve(f"{args.pictures}-loss.png", losses, title="denoising digits")
    print(f"pictures: {args.pictures}-digits.png, {args.pictures}-loss.png")


if __name__ == "__main__":
    main()
