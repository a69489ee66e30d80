#!/usr/bin/env python3
"""Writes tests/data/python/FAMILY.json.gz: what MLX answers to the expressions of tests/python/cases.py.

make_python_data.py [FAMILY...], run by an interpreter that has MLX (mlx-cpu 0.32.4). Expressions that
end the process are left out: they are undefined there."""

import gzip
import json
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "python"))
import cases  # noqa: E402


def child(expressions, out):
    import mlx.core as mx
    for e in expressions:
        out.write(json.dumps(cases.answer(mx, e)) + "\n")
        out.flush()


def answers(expressions):
    """One process works until an expression ends it; the next goes on after that one."""
    done, at = {}, 0
    while at < len(expressions):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(r)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with os.fdopen(w, "w") as out:
                child(expressions[at:], out)
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
    found = answers(cases.cases(family))
    path = TESTS / "data" / "python" / f"{family}.json.gz"
    path.parent.mkdir(exist_ok=True)
    with open(path, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as f:
        f.write(json.dumps(found, sort_keys=True, separators=(",", ":")).encode())
    print(family, len(found), path.stat().st_size)
