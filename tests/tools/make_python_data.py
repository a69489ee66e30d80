#!/usr/bin/env python3
"""Writes tests/data/python/FAMILY.json.xz: what MLX answers to the expressions of tests/python/cases.py.

make_python_data.py [FAMILY...], run by an interpreter that has MLX (mlx-cpu 0.32.4). Expressions that
end the process are left out: they are undefined there."""

import json
import lzma
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import cases  # noqa: E402


def child(family, expressions, out):
    import mlx.core as mx
    names = cases.namespace(mx)
    for e in expressions:
        out.write(json.dumps(cases.answer(mx, names, e, cases.exact(family, e))) + "\n")
        out.flush()


def answers(family, expressions):
    """One process works until an expression ends it; the next goes on after that one."""
    done, at = {}, 0
    while at < len(expressions):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(r)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with os.fdopen(w, "w") as out:
                child(family, expressions[at:], out)
            os._exit(0)
        os.close(w)
        with os.fdopen(r) as lines:
            for line in lines:
                done[expressions[at]] = json.loads(line)
                at += 1
        status = os.waitpid(pid, 0)[1]
        if status:
            print("ends the process:", expressions[at], file=sys.stderr)
            at += 1
    return done


for family in sys.argv[1:] or cases.FAMILIES:
    found = answers(family, cases.cases(family))
    path = TESTS / "data" / "python" / f"{family}.json.xz"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    print(family, len(found), path.stat().st_size)
