"""Training speed of this build beside mlx-cpu and PyTorch, in one run, interleaved.

    ./dev bench train [--peers] [--rounds N] [--threads 1 2] [--seconds S] [--json FILE]

or, with environments of one's own,

    python bench/train.py --ours PYTHONPATH [--mlx PYTHON] [--torch PYTHON] …

Each round measures every contender once with every thread count. Shown is the best round and, in brackets, the median, in thousands of
samples a second; then ours over each peer, best over best."""

import argparse
import json
import os
import statistics
import subprocess
import sys

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train_worker.py")
MODELS = ("mlp", "cnn")


def measure(python, kind, threads, seconds, path=None):
    env = {**os.environ, "MLX_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    env.pop("PYTHONPATH", None)
    if path:
        env["PYTHONPATH"] = path
    done = subprocess.run([python, WORKER, kind, str(seconds)], env=env, capture_output=True,
                          text=True)
    if done.returncode:
        sys.exit(f"{python} could not run {WORKER}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="PYTHONPATH that has this build's mlx")
    parser.add_argument("--mlx", help="a Python that has mlx-cpu")
    parser.add_argument("--torch", help="a Python that has PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--json")
    args = parser.parse_args()
    contenders = {"cmlx": (sys.executable, "mlx", args.ours)}
    if args.mlx:
        contenders["mlx-cpu"] = (args.mlx, "mlx", None)
    if args.torch:
        contenders["PyTorch"] = (args.torch, "torch", None)

    seen = {}
    for _ in range(args.rounds):
        for threads in args.threads:
            for name, (python, kind, path) in contenders.items():
                found = measure(python, kind, threads, args.seconds, path)
                for model in MODELS:
                    seen.setdefault((name, threads, model), []).append(found[model])
    print(f"{'':10} {'threads':>7} " + " ".join(f"{m + ' ksample/s':>22}" for m in MODELS))
    for threads in args.threads:
        for name in contenders:
            cells = [seen[name, threads, m] for m in MODELS]
            print(f"{name:10} {threads:7} " + " ".join(
                f"{max(c):12.2f} ({statistics.median(c):7.2f})" for c in cells))
        for name in list(contenders)[1:]:
            ratios = [max(seen["cmlx", threads, m]) / max(seen[name, threads, m]) for m in MODELS]
            print(f"  over {name}: " + ", ".join(f"{m} {r:.2f}" for m, r in zip(MODELS, ratios)))
    if args.json:
        rows = [{"name": n, "threads": t, "model": m, "ksample_s": v}
                for (n, t, m), v in seen.items()]
        with open(args.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
