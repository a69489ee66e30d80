"""mlx_lm.generate and mlx_lm.chat as people and scripts meet them.

Promises guarded: MLX-LM's flags, its layout of the text and the statistics, exit codes (0, 1
failed, 2 usage, 130 interrupted), errors on stderr that name what is wrong, a bar only on a
terminal, Ctrl-C that stops an answer and keeps what was said, memory and time of a short prompt
on the default model.
"""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

import pytest

BUILD = os.environ.get("MLX_BUILD_DIR")
BIN = pathlib.Path(os.environ.get("MLX_TEST_BIN") or f"{BUILD}/bin")
MODEL = os.environ.get("MLX_TEST_MODEL")
DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "lm"
GGUF, FOLDER = str(DATA / "tiny.gguf"), str(DATA / "tiny")
pytestmark = pytest.mark.skipif(not (BIN / "mlx_lm.generate").exists(),
                                reason="MLX_BUILD_DIR names no build with mlx_lm.generate")
needs_model = pytest.mark.skipif(not MODEL, reason="MLX_TEST_MODEL names no model")
STATISTICS = re.compile(r"Prompt: \d+ tokens, \d+\.\d{3} tokens-per-sec\n"
                        r"Generation: \d+ tokens, \d+\.\d{3} tokens-per-sec\n"
                        r"Peak memory: \d+\.\d{3} GB\n\Z")
RULE = "==========\n"


def run(program, *args, model=GGUF, stdin=""):
    command = [str(BIN / program)] + (["--model", model] if model else []) + [str(a) for a in args]
    return subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=120)


def generate(*args, **more):
    done = run("mlx_lm.generate", *args, **more)
    assert done.returncode == 0 and done.stderr == b"", done
    return done.stdout.decode()


def text_of(*args, **more):
    return generate("--verbose", "false", *args, **more)


# ---- mlx_lm.generate ----

@pytest.mark.parametrize("model", [GGUF, FOLDER])
def test_layout(model):
    out = generate("--prompt", "the rain", "--max-tokens", 12, model=model)
    assert out.startswith(RULE) and out.count(RULE) == 2
    assert STATISTICS.search(out) and "\nGeneration: " in out
    text = out.split(RULE)[1]
    assert text == text_of("--prompt", "the rain", "--max-tokens", 12, model=model)


def test_short_flags_and_one_dash():
    want = text_of("--prompt", "ab", "--max-tokens", 5)
    assert text_of("-p", "ab", "-m", "5") == want
    assert text_of("-prompt", "ab", "--max-tokens=5") == want


def test_prompt_from_standard_input():
    want = text_of("--prompt", "two\nlines", "--max-tokens", 6)
    assert text_of("--prompt", "-", "--max-tokens", 6, stdin="two\nlines") == want


def test_seed():
    args = ["--prompt", "x", "--max-tokens", 20, "--temp", 1.0, "--top-p", 0.95, "--min-p", 0.01,
            "--top-k", 40, "--xtc-probability", 0.1]
    texts = [text_of(*args, "--seed", seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_chat_template_flags():
    plain = text_of("--prompt", "hi there", "--max-tokens", 8, "--ignore-chat-template")
    assert plain != text_of("--prompt", "hi there", "--max-tokens", 8)
    by_hand = ("<|im_start|>system\nbe<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
               "<|im_start|>assistant\nso")
    want = text_of("--prompt", by_hand, "--max-tokens", 8, "--ignore-chat-template")
    assert text_of("--prompt", "hi", "--max-tokens", 8, "--system-prompt", "be",
                   "--prefill-response", "so") == want


def test_prefill_step_changes_nothing():
    prompt = "a longer prompt, cut into parts " * 4
    want = text_of("--prompt", prompt, "--max-tokens", 8)
    assert text_of("--prompt", prompt, "--max-tokens", 8, "--prefill-step-size", 5) == want


def test_extra_end_token():
    first = text_of("--prompt", "x", "--max-tokens", 30)
    tokens = json.load(open(DATA / "tiny" / "tokenizer.json"))["model"]["vocab"]
    ends = [t for t in tokens if t.isascii() and t.isalpha()]
    out = generate("--prompt", "x", "--max-tokens", 30, "--extra-eos-token", *ends[:60])
    assert int(re.search(r"Generation: (\d+)", out)[1]) < 30
    assert first.startswith(out.split(RULE)[1].rstrip("\n"))


def test_limits_of_max_tokens():
    assert "Generation: 7 tokens" in generate("--prompt", "x", "--max-tokens", 7)
    out = generate("--prompt", "x", "--max-tokens", 0)
    assert "No text generated" in out


@pytest.mark.parametrize("args", [
    ["--nonsense"], ["--max-tokens", "many"], ["--max-tokens"], ["--temp", "-1"], ["--temp", "nan"],
    ["--top-p", "2"], ["--verbose", "perhaps"], ["stray"], ["--seed", "1e3"], ["--prefill-step-size", "0"],
])
def test_usage_errors(args):
    done = run("mlx_lm.generate", *args)
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.startswith(b"mlx_lm.generate: ")
    name = args[0].lstrip("-").encode()
    assert name in done.stderr


@pytest.mark.parametrize("flag", ["--adapter-path", "--draft-model", "--kv-bits", "--max-kv-size",
                                  "--prompt-cache-file", "--image"])
def test_refused_flags(flag):
    done = run("mlx_lm.generate", flag, "3")
    assert done.returncode == 2 and flag.encode() in done.stderr and b"not supported" in done.stderr


def test_no_model_given():
    done = run("mlx_lm.generate", model=None)
    assert done.returncode == 2 and b"--model" in done.stderr


def test_help_and_version():
    for program in ("mlx_lm.generate", "mlx_lm.chat"):
        out = run(program, "--help", model=None).stdout.decode()
        assert "--max-tokens N" in out and "--temp X" in out
        assert re.fullmatch(rf"{program} \d+\.\d+\.\d+\n",
                            run(program, "--version", model=None).stdout.decode())


def failed(*says, **more):
    done = run("mlx_lm.generate", "--prompt", "x", **more)
    assert done.returncode == 1 and done.stdout == b"", done
    for word in says:
        assert word in done.stderr.decode()


def test_bad_models(tmp_path):
    failed("no/such/model", model="./no/such/model")
    failed("who/what", "hub cache", model="who/what")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(open(GGUF, "rb").read()[:30000])
    failed("cut.gguf", model=str(cut))
    noise = tmp_path / "noise.gguf"
    noise.write_bytes(b"\x7fELF" + bytes(100))
    failed("noise.gguf", "not a gguf", model=str(noise))
    folder = tmp_path / "folder"
    shutil.copytree(FOLDER, folder)
    config = json.load(open(folder / "config.json"))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gpt9"}))
    failed("gpt9", "not supported", model=str(folder))
    (folder / "config.json").write_text("{")
    failed("config.json", model=str(folder))
    (folder / "config.json").unlink()
    failed("config.json", model=str(folder))


def test_hub_cache(tmp_path, monkeypatch):
    at = tmp_path / "models--some--one"
    shutil.copytree(FOLDER, at / "snapshots" / "abc")
    (at / "refs").mkdir()
    (at / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert text_of("--prompt", "x", model="some/one") == text_of("--prompt", "x", model=FOLDER)


def test_output_that_cannot_be_written():
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "mlx_lm.generate", "--model", GGUF], stdout=full,
                              stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"cannot write" in done.stderr


# ---- interrupting ----

def start(program, *args, terminal=False):
    """Without a terminal, pipes; with one, (process, master) of a pseudo terminal for all three."""
    command = [str(BIN / program), *map(str, args)]
    if not terminal:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("no pseudo terminal is to be had here")
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                               start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    return process, master


def read_until(master, pattern, seconds=60):
    seen, end = "", time.monotonic() + seconds
    while not re.search(pattern, seen):
        assert time.monotonic() < end, f"no {pattern!r} in {seen!r}"
        if select.select([master], [], [], 0.2)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:
                part = b""
            if not part:
                break
            seen += part.decode(errors="replace")
    return seen


def test_interrupt_generate():
    process = start("mlx_lm.generate", "--model", GGUF, "--prompt", "x", "--max-tokens", 1000000,
                    "--temp", 1, "--seed", 3, "--extra-eos-token", "<|im_start|>")
    first = process.stdout.read(30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err == b""
    assert STATISTICS.search((first + out).decode(errors="replace"))


def test_bar_only_on_a_terminal():
    process, master = start("mlx_lm.generate", "--model", GGUF, "--max-tokens", 3, terminal=True)
    seen = read_until(master, "Peak memory.*\n")
    assert "Loading" in seen and "\r\033[K" in seen and process.wait(20) == 0
    os.close(master)
    assert "Loading" not in generate("--max-tokens", 3)


# ---- mlx_lm.chat ----

def test_chat_commands():
    done = run("mlx_lm.chat", "--max-tokens", 4, stdin="one\nh\nr\none\nq\nnever\n")
    lines = done.stdout.decode(errors="replace").split("\n")
    assert done.returncode == 0 and done.stderr == b""
    assert sum("starts a new conversation" in line for line in lines) == 2
    assert lines[2] == lines[-2] != ""


def test_chat_ends_with_its_input():
    done = run("mlx_lm.chat", "--max-tokens", 4, stdin="one\n")
    assert done.returncode == 0


@needs_model
def test_chat_remembers():
    done = run("mlx_lm.chat", "--max-tokens", 60, model=MODEL,
               stdin="The secret word is elephant. Repeat the secret word.\n"
                     "What is the secret word?\nr\nWhat is the secret word?\nq\n")
    lines = [line for line in done.stdout.decode().split("\n")[2:] if line]
    answers = "\n".join(lines).lower()
    assert done.returncode == 0 and answers.count("elephant") >= 2
    assert "elephant" not in lines[-1].lower()


@needs_model
def test_chat_on_a_terminal():
    process, master = start("mlx_lm.chat", "--model", MODEL, "--max-tokens", 2000, terminal=True)
    read_until(master, ">> ")
    os.write(master, b"Write a very long story about the sea.\n")
    read_until(master, r"\n.*[a-z]{3}.*[a-z]{3} ")
    os.write(master, b"\x03")
    read_until(master, ">> ")
    time.sleep(0.5)  # until the line editor reads
    os.write(master, b"half a line")
    read_until(master, "half a line")
    os.write(master, b"\x03")
    read_until(master, "\n.*>> ")
    os.write(master, b"q\n")
    assert process.wait(20) == 0
    os.close(master)


# ---- the default model ----

@needs_model
def test_answer_of_the_default_model():
    out = generate("--prompt", "What is the capital of France?", model=MODEL)
    assert out.split(RULE)[1] == "The capital of France is Paris.\n"
    assert "Prompt: 37 tokens" in out and "Generation: 8 tokens" in out


@needs_model
def test_memory_of_the_default_model():
    script = ("import resource, subprocess, sys\n"
              "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n")
    done = subprocess.run([sys.executable, "-c", script, str(BIN / "mlx_lm.generate"), "--model", MODEL,
                           "--prompt", "Tell me a story. " * 20, "--max-tokens", "100"],
                          capture_output=True, text=True, check=True)
    assert int(done.stdout) < 250 * 1024
