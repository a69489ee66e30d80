#!/usr/bin/env python3
"""Writes src/gen/ from the op table, src/ops/*.def. With --check, writes nothing and exits 1 when
a generated file is missing, stale, or no longer generated.

An emitter is a module of tools/opgen/ with emit(ops) -> {file name: text}, listed in EMITTERS."""

import sys
from pathlib import Path

from opgen import elementwise, prims, table

EMITTERS = (prims, elementwise)
ROOT = Path(__file__).resolve().parent.parent


def main():
    check = "--check" in sys.argv[1:]
    if sys.argv[1:] not in ([], ["--check"]):
        print("usage: opgen.py [--check]", file=sys.stderr)
        return 2
    try:
        ops = table.load(ROOT / "src" / "ops")
    except table.TableError as e:
        print(e, file=sys.stderr)
        return 1
    files = {}
    for emitter in EMITTERS:
        files.update(emitter.emit(ops))
    out = ROOT / "src" / "gen"
    out.mkdir(exist_ok=True)
    stale = [name for name, text in files.items()
             if not (out / name).exists() or (out / name).read_text() != text]
    stale += [p.name for p in out.iterdir() if p.name not in files]
    for name in stale:
        if check:
            print(f"stale: src/gen/{name}", file=sys.stderr)
        elif name in files:
            (out / name).write_text(files[name])
        else:
            (out / name).unlink()
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
