#!/usr/bin/env python3
"""Writes src/gen/ and the generated public headers from the op table, src/ops/*.def. With --check, writes nothing and exits 1 when
a generated file is missing, stale, or no longer generated.

An emitter is a module of tools/opgen/ with emit(ops) -> {file: text}, listed in EMITTERS; a file
without a folder stands in src/gen/."""

import sys
from pathlib import Path

from opgen import capi, elementwise, engines, prims, pyapi, rules, table

EMITTERS = (prims, elementwise, capi, engines, pyapi, rules)
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
    gen = ROOT / "src" / "gen"
    gen.mkdir(exist_ok=True)
    files = {(ROOT / name if "/" in name else gen / name): text for name, text in files.items()}
    stale = [path for path, text in files.items()
             if not path.exists() or path.read_text() != text]
    stale += [path for path in gen.iterdir() if path not in files]
    for path in stale:
        if check:
            print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
        elif path in files:
            path.write_text(files[path])
        else:
            path.unlink()
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
