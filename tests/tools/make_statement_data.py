#!/usr/bin/env python3
"""Writes tests/data/python/statements.json.xz: what MLX answers to the programs of tests/python/programs.

Run by an interpreter that has MLX (mlx-cpu 0.32.4). A statement that ends the process, or that fails
within MLX's binding rather than in MLX, has no answer: null."""

import json
import lzma
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import statements  # noqa: E402

INTERNAL = ("std::bad_cast", "could not be translated")


def attempt(name, skip):
    """The answers up to the one that ended the process, and whether none did."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        import mlx.core as mx
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(w, "w") as out:
            for _, a in statements.run(mx, name, skip):
                text = a.pop("text", "") if a else ""
                out.write(json.dumps(None if any(t in text for t in INTERNAL) else a) + "\n")
                out.flush()
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as lines:
        done = [json.loads(line) for line in lines]
    return done, os.waitpid(pid, 0)[1] == 0


found = {}
for name in statements.names():
    skip, fine = set(), False
    while not fine:
        done, fine = attempt(name, skip)
        if not fine:
            print(f"{name}: ends the process: {statements.statements(name)[len(done)][1]}")
            skip.add(len(done))
    texts = [text for _, text in statements.statements(name)]
    found[name] = [[t, a] for t, a in zip(texts, done)]
    print(name, len(done), "statements,", sum(a is not None for a in done), "answers")
path = TESTS / "data" / "python" / "statements.json.xz"
text = json.dumps(found, separators=(",", ":")).encode()
path.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
