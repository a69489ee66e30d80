"""What MLX-LM's own Python package does on the `mlx` of this interpreter, as JSON: greedy text of
each model folder, an answer of its server, the losses of 20 LoRA steps.

    PYTHON tests/tools/mlx_lm_run.py OUT.json FOLDER...                 record
    PYTHON tests/tools/mlx_lm_run.py --compare REAL.json OUT.json FOLDER...

tests/data/mlx_lm.json is what real MLX gives (mlx-cpu 0.32.4) for the folders f32, bf16 and q4 of
the default model; `./dev mlx-lm` makes these and compares."""

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROMPTS = ("The capital of France is", "def fibonacci(n):", "Once upon a time there was a",
           "The three laws of motion are", "Water boils at", "1, 2, 3, 4,")
TOKENS = 40
# Logits from 16 on are an eighth apart in bfloat16; adding in another order moves them a step or two.
TIE = 0.25


def texts(folder, given=None):
    """Greedy text; then, for the tokens that are `given` (or its own), what the model would have
    said at each place, and how far the best logit is above the second."""
    import mlx.core as mx
    from mlx_lm import load, stream_generate

    model, tokenizer = load(folder)
    out = []
    for i, prompt in enumerate(PROMPTS):
        start = tokenizer.encode(prompt)
        made = list(stream_generate(model, tokenizer, start, max_tokens=TOKENS))
        found = {"text": "".join(r.text for r in made), "tokens": [r.token for r in made]}
        after = given[i]["tokens"] if given else found["tokens"]
        logits = model(mx.array([start + after]))[0, len(start) - 1 : -1].astype(mx.float32)
        best = mx.sort(logits, axis=-1)[:, -2:]
        found["forced"] = mx.argmax(logits, axis=-1).tolist()
        found["gap"] = [round(g, 4) for g in (best[:, 1] - best[:, 0]).tolist()]
        out.append(found)
    return out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def served(folder):
    """The answer to one chat request."""
    port = free_port()
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


def parting(real, ours):
    """Where two token lists part, or None."""
    pairs = zip(real["tokens"] + [None], ours["tokens"] + [None])
    return next((i for i, (a, b) in enumerate(pairs) if a != b), None)


def compare_text(folder, prompt, real, ours):
    """Prints how it went; True if the text is real MLX's, or leaves it where bfloat16 cannot tell
    the two best tokens apart."""
    at = parting(real, ours)
    if at is None:
        print(f"{folder:8} same                {prompt!r} -> {ours['text'][:40]!r}")
        return True
    gap = real["gap"][at] if at < len(real["gap"]) else 0.0
    fine = folder == "bf16" and gap <= TIE
    print(f"{folder:8} {'parts' if fine else 'DIFFERS'} at {at:2} (gap {gap:.3f}) {prompt!r} -> "
          f"{ours['text'][:40]!r}")
    return fine


def compare(real, ours):
    bad = 0
    for folder, found in ours["text"].items():
        agreed = places = 0
        for prompt, a, b in zip(PROMPTS, real["text"][folder], found):
            bad += not compare_text(folder, prompt, a, b)
            agreed += sum(x == y for x, y in zip(a["forced"], b["forced"]))
            places += len(a["forced"])
            wide = [g for x, y, g in zip(a["forced"], b["forced"], a["gap"]) if x != y and g > TIE]
            bad += bool(wide)
        print(f"{folder:8} {agreed} of {places} next tokens of real MLX's text are the same")
    same = real["served"] == ours["served"]
    bad += not same
    print(f"server   {'same' if same else 'DIFFERS'}  {ours['served'][:60]!r}")
    worst = max(abs(a - b) / a for a, b in zip(real["lora"], ours["lora"]))
    bad += worst > 2e-3  # they are printed with three digits
    first, last = ours["lora"][0], ours["lora"][-1]
    print(f"LoRA     losses {first} .. {last}, largest difference {worst:.1e}")
    return bad


def main():
    args = sys.argv[1:]
    real = None
    if args[0] == "--compare":
        real = json.loads(Path(args[1]).read_text())
        args = args[2:]
    out, folders = args[0], args[1:]
    import mlx.core as mx

    print(f"mlx {mx.__version__} at {mx.__file__}")
    found = {"text": {}}
    for folder in folders:
        name = Path(folder).name
        found["text"][name] = texts(folder, real and real["text"][name])
    found["served"] = served(folders[0])
    found["lora"] = lora_losses(folders[0])
    Path(out).write_text(json.dumps(found, indent=1))
    return 1 if real and compare(real, found) else 0


if __name__ == "__main__":
    sys.exit(main())
