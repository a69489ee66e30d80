"""Records the gradients that real MLX gives for the tables of tests/python/rules_*.py.

    python tests/tools/make_rules_data.py TABLE ...   with the real mlx installed, e.g. `array` for rules_array.py
"""

import importlib
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python"))

from rules_table import DATA, record  # noqa: E402


def apart(row):
    """In a process of its own: a few rows end it."""
    come, go = os.pipe()
    child = os.fork()
    if child == 0:
        with open(go, "w") as f:
            f.write(json.dumps(record(row)))
        os._exit(0)
    os.close(go)
    with open(come) as f:
        text = f.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text and status == 0 else f"ends with status {status}"


for table in sys.argv[1:]:
    rows = [r for r in importlib.import_module(f"rules_{table}").ROWS if r.grad and not r.oracle]
    lines = [f"{json.dumps(row.name)}: {json.dumps(apart(row))}" for row in rows]
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / f"{table}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
