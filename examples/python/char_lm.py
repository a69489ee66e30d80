"""Trains a small transformer language model on characters, and writes some text with it.

    ./dev example char_lm
    ./dev example char_lm --text FILE --steps 2000

The text is this repository's documentation and docstrings unless a file is named. Prints the loss,
held-out bits a character and what the model writes by then; saves a loss curve."""

import argparse
import ast
import math
import time
from functools import partial
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten

import show

ROOT = Path(__file__).resolve().parent.parent.parent


class Attention(nn.Module):
    """Causal self-attention with rotary positions."""

    def __init__(self, dims, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dims, 3 * dims, bias=False)
        self.out = nn.Linear(dims, dims, bias=False)
        self.rope = nn.RoPE(dims // heads)

    def __call__(self, x):
        batch, length, dims = x.shape
        heads = self.qkv(x).reshape(batch, length, 3 * self.heads, -1).transpose(0, 2, 1, 3)
        q, k, v = heads.split(3, axis=1)
        y = mx.fast.scaled_dot_product_attention(
            self.rope(q), self.rope(k), v, scale=(dims // self.heads) ** -0.5, mask="causal")
        return self.out(y.transpose(0, 2, 1, 3).reshape(batch, length, dims))


class Block(nn.Module):
    def __init__(self, dims, heads):
        super().__init__()
        self.attention = Attention(dims, heads)
        self.norm1, self.norm2 = nn.RMSNorm(dims), nn.RMSNorm(dims)
        self.up = nn.Linear(dims, 4 * dims, bias=False)
        self.down = nn.Linear(4 * dims, dims, bias=False)

    def __call__(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(nn.relu2(self.up(self.norm2(x))))


class CharLM(nn.Module):
    """(batch, length) of character numbers to (batch, length, characters) of logits."""

    def __init__(self, characters, dims=128, heads=4, layers=3):
        super().__init__()
        self.embedding = nn.Embedding(characters, dims)
        self.blocks = [Block(dims, heads) for _ in range(layers)]
        self.norm = nn.RMSNorm(dims)
        self.head = nn.Linear(dims, characters, bias=False)

    def __call__(self, ids):
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def docstrings(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield ast.get_docstring(node) or ""


def documentation():
    """What this repository says about itself."""
    parts = [path.read_text() for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]
    for path in sorted((ROOT / "python" / "mlx").rglob("*.py*")):
        if path.suffix in (".py", ".pyi"):
            parts += filter(None, docstrings(path))
    return "\n\n".join(parts)


def loss_fn(model, ids):
    return nn.losses.cross_entropy(model(ids[:, :-1]), ids[:, 1:], reduction="mean")


def windows(ids, batch, length):
    """(batch, length) pieces from random places."""
    at = mx.random.randint(0, ids.size - length, (batch, 1))
    return ids[at + mx.arange(length)]


def sample(model, characters, prompt, count, context, temperature=0.6):
    numbers = {c: i for i, c in enumerate(characters)}
    ids = [numbers.get(c, 0) for c in prompt]
    for _ in range(count):
        logits = model(mx.array([ids[-context:]]))[0, -1]
        ids.append(mx.random.categorical(logits / temperature).item())
    return "".join(characters[i] for i in ids)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", help="a UTF-8 file (default: the documentation)")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--context", type=int, default=96)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", default="char-lm-loss.png")
    args = parser.parse_args()
    mx.random.seed(args.seed)

    text = Path(args.text).read_text() if args.text else documentation()
    characters = sorted(set(text))
    numbers = {c: i for i, c in enumerate(characters)}
    ids = mx.array([numbers[c] for c in text], dtype=mx.int32)
    train, held = ids[: -ids.size // 10], ids[-ids.size // 10 :]

    model = CharLM(len(characters))
    rate = optim.join_schedules(
        [optim.linear_schedule(0, 3e-3, 20), optim.linear_schedule(3e-3, 1e-4, args.steps)], [20])
    optimizer = optim.AdamW(rate, betas=[0.9, 0.99], weight_decay=0.01)
    size = sum(p.size for _, p in tree_flatten(model.parameters()))
    print(f"{ids.size} characters, {len(characters)} of them different; {size} parameters")

    # One compiled step: the state of model and optimizer goes in and comes out.
    mx.eval(model.parameters())
    state = [model.state, optimizer.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(batch):
        loss, grads = nn.value_and_grad(model, loss_fn)(model, batch)
        optimizer.update(model, grads)
        return loss

    losses, start = [], time.perf_counter()
    for i in show.progress(range(1, args.steps + 1), "training"):
        loss = step(windows(train, args.batch_size, args.context + 1))
        mx.eval(loss, state)
        losses.append(show.finite(loss.item(), i))
        if i % 100 == 0 or i == args.steps:
            bits = loss_fn(model, windows(held, 32, args.context + 1)).item() / math.log(2)
            speed = i * args.batch_size * args.context / (time.perf_counter() - start)
            print(f"step {i:4}  loss {sum(losses[-50:]) / len(losses[-50:]):.3f}  "
                  f"held-out {bits:.2f} bits a character  {speed / 1000:.1f} k characters/s")
            print("    " + repr(sample(model, characters, "The ", 70, args.context)))
    for prompt in ("The array ", "Args:\n"):
        if set(prompt) <= set(characters):
            print("---\n" + sample(model, characters, prompt, 240, args.context))
    show.save_curve(args.plot, losses, title="characters of the documentation")
    print(f"---\nloss curve: {args.plot}")


if __name__ == "__main__":
    main()
