"""What a small operation costs from Python, beside mlx-cpu, NumPy and PyTorch, in one run, interleaved.

    ./dev bench overhead [--peers] [--rounds N] [--json FILE]

One measure is 1,000 dependent additions of 16 floats, evaluated once; shown are thousands of operations
a second, the best round and, in brackets, the median. With it goes the time of the import, in
milliseconds."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ADDITIONS = 1000


def additions(kind):
    """A function that runs the additions once."""
    if kind == "mlx":
        import mlx.core as mx
        x, one, done = mx.zeros((16,)), mx.ones((16,)), mx.eval
    elif kind == "torch":
        import torch
        torch.set_num_threads(1)
        x, one, done = torch.zeros(16), torch.ones(16), lambda y: y
    else:
        import numpy as np
        x, one, done = np.zeros(16, np.float32), np.ones(16, np.float32), lambda y: y

    def run():
        y = x
        for _ in range(ADDITIONS):
            y = y + one
        done(y)

    return run


def work(kind, seconds):
    begin = time.perf_counter()
    run = additions(kind)
    imported = time.perf_counter() - begin
    end, best = time.perf_counter() + seconds, float("inf")
    while time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    print(json.dumps({"kop_s": ADDITIONS / best / 1e3, "import_ms": imported * 1e3}))


def measure(python, kind, path):
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if path:
        env["PYTHONPATH"] = path
    done = subprocess.run([python, __file__, "--work", kind], env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{python} could not run the {kind} additions:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", help="PYTHONPATH that has this build's mlx")
    parser.add_argument("--mlx", help="a Python that has mlx-cpu")
    parser.add_argument("--torch", help="a Python that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return work(args.work, 1)
    contenders = {"cmlx": (sys.executable, "mlx", args.ours), "NumPy": (sys.executable, "numpy", None)}
    if args.mlx:
        contenders["mlx-cpu"] = (args.mlx, "mlx", None)
    if args.torch:
        contenders["PyTorch"] = (args.torch, "torch", None)
    seen = {name: [] for name in contenders}
    for _ in range(args.rounds):
        for name, contender in contenders.items():
            seen[name].append(measure(*contender))
    print(f"{'':10} {'kop/s':>20} {'import ms':>10} {'ours / it':>10}")
    ours = max(r["kop_s"] for r in seen["cmlx"])
    for name, rows in seen.items():
        rates = [r["kop_s"] for r in rows]
        print(f"{name:10} {max(rates):10.0f} ({statistics.median(rates):7.0f})"
              f" {min(r['import_ms'] for r in rows):10.1f} {ours / max(rates):10.2f}")
    if args.json:
        with open(args.json, "w") as f:
            json.dump(seen, f, indent=1)


if __name__ == "__main__":
    main()
