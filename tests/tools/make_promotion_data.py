#!/usr/bin/env python3
"""Writes tests/data/promotion.tsv: a row (op, left, right) of dtypes or kinds of scalars, and the
dtype of MLX's result or !EXCEPTION, one line for each left operand; operations of one operand have an empty one.

make_promotion_data.py TABLE, where TABLE lists op, left, right, result, a row each."""

import sys
from pathlib import Path

rows = [line.split("\t") for line in Path(sys.argv[1]).read_text().splitlines()[1:]]
out = {}
for op, left, right, result in rows:
    first, second = (left, right) if right else ("", left)
    out.setdefault((op, first), []).append(f"{second}={result}")
path = Path(__file__).resolve().parent.parent / "data" / "promotion.tsv"
path.write_text("# What MLX 0.32.4 makes of dtypes: op, left (empty for one operand), right=result ... (!X: exception X).\n" +
                "".join("\t".join((*key, " ".join(cells))) + "\n" for key, cells in out.items()))
print(len(rows), path.stat().st_size)
