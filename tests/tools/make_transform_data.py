#!/usr/bin/env python3
"""Writes tests/data/transforms/python.json: what MLX answers to the expressions of
tests/python/cases_transforms.py. Run by an interpreter that has MLX (mlx-cpu 0.32.4). Each runs in a
process of its own; those that end it are left out: they are undefined there."""

import json
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import cases_transforms  # noqa: E402


def ask(expression):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        import mlx.core as mx
        os.write(w, json.dumps(cases_transforms.answer(mx, expression)).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as out:
        text = out.read()
    if os.waitpid(pid, 0)[1]:
        print("ends the process:", expression, file=sys.stderr)
        return None
    return json.loads(text)


found = {e: a for e in cases_transforms.CASES if (a := ask(e)) is not None}
path = TESTS / "data" / "transforms" / "python.json"
rows = ",\n".join(f"{json.dumps(e)}: {json.dumps(a)}" for e, a in found.items())
path.write_text("{\n" + rows + "\n}\n")
print(len(found), path.stat().st_size)
