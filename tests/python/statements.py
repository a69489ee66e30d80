"""Programs whose every statement has an answer that MLX gave: tests/python/programs/NAME.py.

`run` executes one, statement by statement, in an empty directory; what an expression or an
assignment to a name gives, what it prints, and what it raises is its answer.
tests/tools/make_statement_data.py records MLX's, test_statements.py compares."""

import ast
import contextlib
import io
import os
import tempfile
import warnings
from pathlib import Path

import cases
import numpy as np

PROGRAMS = Path(__file__).resolve().parent / "programs"


def names():
    return sorted(p.stem for p in PROGRAMS.glob("*.py"))


def statements(name):
    """Pairs of line and text; each line starts at most one statement."""
    text = (PROGRAMS / f"{name}.py").read_text()
    return [(s, ast.get_source_segment(text, s)) for s in ast.parse(text).body]


def plain(value):
    """Of NumPy's and of named tuples what JSON can hold."""
    if isinstance(value, np.ndarray):
        return ["ndarray", str(value.dtype), list(value.shape), value.tolist()]
    if isinstance(value, np.generic):
        return [type(value).__name__, value.item()]
    if isinstance(value, dict):
        return ["dict", *([str(k), plain(v)] for k, v in sorted(value.items(), key=str))]
    if isinstance(value, (list, tuple)):
        return (tuple if isinstance(value, tuple) else list)(map(plain, value))
    return f"<{type(value).__name__}>" if repr(value).startswith("<") else value


def result(mx, statement, scope):
    if isinstance(statement, ast.Expr):
        return plain(eval(compile(ast.Expression(statement.value), "program", "eval"), scope))
    exec(compile(ast.Module([statement], []), "program", "exec"), scope)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    target = statement.target if isinstance(statement, ast.AugAssign) else target
    return plain(scope[target.id]) if isinstance(target, ast.Name) else None


def answer(mx, statement, scope):
    printed = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            out = cases.encode(mx, result(mx, statement, scope))
    except Exception as e:  # noqa: BLE001
        kinds = [k.__name__ for k in type(e).__mro__ if k.__module__ == "builtins"][:-2]
        out = {"error": kinds, "text": str(e)[:200]}
    return {**out, "printed": printed.getvalue()} if printed.getvalue() else out


def run(mx, name, skip=()):
    """Yields the text and the answer of each statement; those whose number is in `skip` are not run."""
    scope, here = {"mx": mx, "np": np, "__name__": name}, os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for i, (statement, text) in enumerate(statements(name)):
                yield text, None if i in skip else answer(mx, statement, scope)
        finally:
            os.chdir(here)
