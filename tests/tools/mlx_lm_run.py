"""What MLX-LM's own Python package does on the `mlx` of this interpreter, as JSON: greedy text of
each model folder, an answer of its server, the losses of 20 LoRA steps.

    PYTHON tests/tools/mlx_lm_run.py OUT.json FOLDER...
    PYTHON tests/tools/mlx_lm_run.py --compare REAL.json OURS.json

Run it once in an environment with real MLX and once where `mlx` is ours (PYTHONPATH), then compare."""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROMPTS = ("The capital of France is", "def fibonacci(n):", "Once upon a time there was a")
TOKENS = 48


def texts(folder):
    from mlx_lm import generate, load

    model, tokenizer = load(folder)
    return [generate(model, tokenizer, prompt=p, max_tokens=TOKENS) for p in PROMPTS]


def served(folder):
    """The answer to one chat request."""
    port = 18473
    server = subprocess.Popen(
        [sys.executable, "-m", "mlx_lm.server", "--model", folder, "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    body = {"messages": [{"role": "user", "content": "Name three colours."}], "max_tokens": 32,
            "temperature": 0.0}
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(),
                    {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)["choices"][0]["message"]["content"]
            except (ConnectionError, urllib.error.URLError):
                if server.poll() is not None:
                    break
        raise RuntimeError("the server does not answer:\n" + server.stdout.read().decode())
    finally:
        server.kill()
        server.wait()


def lora_losses(folder):
    """Training losses, a step at a time, of 20 steps on sentences about squares."""
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data"
        data.mkdir()
        lines = [json.dumps({"text": f"The square of {i} is {i * i}. It is {i} times {i}."})
                 for i in range(64)]
        for name in ("train", "valid"):
            (data / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            [sys.executable, "-m", "mlx_lm.lora", "--model", folder, "--train", "--data", str(data),
             "--iters", "20", "--batch-size", "2", "--num-layers", "4", "--steps-per-report", "1",
             "--steps-per-eval", "100", "--val-batches", "1", "--save-every", "100", "--seed", "7",
             "--adapter-path", str(Path(place) / "adapters")],
            capture_output=True, text=True)
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stdout + done.stderr)
        steps = re.findall(r"^\s*(\d+)\s+([0-9]+\.[0-9]+)\b|Train loss ([0-9.]+)", shown, re.M)
        losses = [float(a or b) for _, a, b in steps]
        if done.returncode or len(losses) != 20:
            raise RuntimeError(f"mlx_lm.lora failed:\n{done.stdout}\n{done.stderr}")
        return losses


def compare(real, ours):
    bad = 0
    for folder, want in real["text"].items():
        for prompt, a, b in zip(PROMPTS, want, ours["text"][folder]):
            same = a == b
            bad += not same
            print(f"{folder:8} {'same' if same else 'DIFFERS'}  {prompt!r} -> {b[:40]!r}")
    same = real["served"] == ours["served"]
    bad += not same
    print(f"server   {'same' if same else 'DIFFERS'}  {ours['served'][:60]!r}")
    worst = max(abs(a - b) / a for a, b in zip(real["lora"], ours["lora"]))
    bad += worst > 2e-3  # they are printed with three digits
    first, last = ours["lora"][0], ours["lora"][-1]
    print(f"LoRA     losses {first} .. {last}, largest difference {worst:.1e}")
    return bad


def main():
    if sys.argv[1] == "--compare":
        real, ours = (json.loads(Path(p).read_text()) for p in sys.argv[2:4])
        return 1 if compare(real, ours) else 0
    out, folders = sys.argv[1], sys.argv[2:]
    import mlx.core as mx

    found = {"mlx": mx.__file__, "text": {Path(f).name: texts(f) for f in folders}}
    found["served"] = served(folders[0])
    found["lora"] = lora_losses(folders[0])
    Path(out).write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
