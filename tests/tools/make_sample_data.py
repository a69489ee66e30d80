"""Makes tests/data/sample/cases.json: tokens that MLX-LM's samplers draw. usage: make_sample_data.py FOLDER

The logits of step i of a case are a fixed function of (case's salt, i, index), so none are stored."""
import json
import pathlib
import random
import sys

import mlx.core as mx
import numpy as np
from mlx_lm.sample_utils import make_logits_processors, make_sampler


def logits(n, salt, step, scale):
    i = np.arange(n, dtype=np.uint32)
    h = (i + np.uint32(salt * 7919 + step * 104729)) * np.uint32(2654435761)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(2246822519)
    h ^= h >> np.uint32(13)
    return ((h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5)) * np.float32(scale)


def options(r, n):
    s = {"temp": r.choice([0.0, 0.25, 0.75, 1.0, 1.5])}
    p = {}
    if r.random() < .5:
        s["top_p"] = r.choice([.125, .5, .875, .96875])
    if r.random() < .4:
        s.update(min_p=r.choice([.015625, .125, .75, 1.0]), min_tokens_to_keep=r.choice([1, 1, 3, 10]))
    if r.random() < .4:
        s.update(xtc_probability=r.choice([.25, .5, 1.0]), xtc_threshold=r.choice([.0078125, .0625, .25]),
                 xtc_special_tokens=[r.randrange(n) for _ in range(r.randrange(5))])
    if r.random() < .4:
        s["top_k"] = r.choice([1, 2, 5, 20, 40])
    for name, values in (("repetition", [.75, 1.125, 1.5]), ("presence", [-1.0, .5, 2.0]),
                         ("frequency", [-1.0, .5, 2.0])):
        if r.random() < .3:
            p[name + "_penalty"] = r.choice(values)
            p[name + "_context_size"] = r.choice([0, 3, 20])
    if r.random() < .3:
        p["logit_bias"] = {r.randrange(n): r.choice([-100.0, 2.0, 5.0]) for _ in range(4)}
    return s, p


def case(k):
    r = random.Random(k)
    n = [50, 1000, 49152][k % 3]
    steps = 4 if n > 1000 else 12
    scale = r.choice([4.0, 16.0, 40.0])
    s, p = options(r, n) if k >= 12 else ({"temp": [0.0, 0.75, 1.0, 1.5][k // 3]}, {})
    seed = k * 2654435761 + (k << 33)
    mx.random.seed(seed)
    sampler, processors = make_sampler(**{"xtc_special_tokens": [], **s}), make_logits_processors(**p)
    tokens = [r.randrange(n) for _ in range(5)]
    prompt = list(tokens)
    for step in range(steps):
        x = mx.array(logits(n, k, step, scale))[None]
        for process in processors:
            x = process(mx.array(tokens), x)
        x = x - mx.logsumexp(x, keepdims=True)
        tokens.append(int(sampler(x).item()))
    bias = [[i, b] for i, b in p.pop("logit_bias", {}).items()]
    return {"n": n, "salt": k, "scale": scale, "seed": seed, **s, **p, "logit_bias": bias, "prompt": prompt,
            "tokens": tokens[5:]}


def main():
    mx.set_default_device(mx.cpu)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "cases.json", "w", encoding="utf-8") as f:
        json.dump([case(k) for k in range(120)], f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
