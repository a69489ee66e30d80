"""inspect.signature of every callable of mlx.core shows MLX's parameters, in names, order and defaults.

Beyond them there may be parameters by keyword alone. The table is tests/data/python/signatures.tsv."""

import inspect
import types
from pathlib import Path

import mlx.core as mx
import pytest

DATA = Path(__file__).parent.parent / "data" / "python" / "signatures.tsv"
P = inspect.Parameter
# Where ours are other ones: what MLX's signature says and its parser does otherwise, and wider ones.
OTHER = {
    "core.issubdtype": "arg1, arg2, /",
    "core.save_gguf": "file, arrays, metadata=None",
    "core.clip": "a, /, a_min=None, a_max=None",  # min and max are names of them
    "core.full": "shape, vals=None, dtype=None",  # fill_value is another name
    "core.full_like": "a, vals=None, dtype=None",
}


def read():
    rows = (line.split("\t") for line in DATA.read_text().split("\n")[1:-1])
    return {name: OTHER.get(name, text) for name, text in rows}


def resolve(name):
    at = mx
    for part in name.split(".")[1:]:
        if part == "__init__":
            return at
        at = getattr(at, part)
    return at


def parameters(text):
    scope = {name: getattr(mx, name) for name in ("float32", "int32", "bfloat16")}
    exec(f"def f({text}): pass", scope)
    return list(inspect.signature(scope["f"]).parameters.values())


def same(want, got):
    freer = got.kind == P.POSITIONAL_OR_KEYWORD and want.kind in (P.POSITIONAL_ONLY, P.KEYWORD_ONLY)
    if want.name != got.name and want.kind != P.POSITIONAL_ONLY:
        return False
    a, b = want.default, got.default
    sequence = isinstance(a, list) and isinstance(b, (list, tuple)) and list(a) == list(b)
    return (want.kind == got.kind or freer) and (a is b or a == b or isinstance(a, mx.Dtype) or sequence)


@pytest.mark.parametrize("name, text", read().items())
def test_signature(name, text):
    want = [p for p in parameters(text) if p.name != "self"]
    got = [p for p in inspect.signature(resolve(name)).parameters.values() if p.name != "self"]
    wanted = {p.name for p in want}
    extra = [p for p in got if p.kind == P.KEYWORD_ONLY and p.name not in wanted]
    got = [p for p in got if p not in extra]
    by_name = {p.name: p for p in got}
    assert len(want) == len(got), (want, got)
    for place, w in enumerate(want):
        g = by_name.get(w.name) if w.kind == P.KEYWORD_ONLY else got[place]
        assert g and same(w, g), (w, g)
    assert all(p.default is not P.empty for p in extra), extra


def callables():
    modules = [mx] + [m for m in vars(mx).values() if isinstance(m, types.ModuleType)]
    for module in modules:
        for name, value in vars(module).items():
            if not callable(value) or name.startswith("__") or isinstance(value, type) and issubclass(
                    value, BaseException):
                continue
            yield f"{module.__name__}.{name}", value
            if isinstance(value, type):
                yield from ((f"{module.__name__}.{name}.{k}", v) for k, v in vars(value).items()
                            if callable(v) and not isinstance(v, type))


def test_every_callable_has_a_signature():
    """inspect raises ValueError where a callable tells nothing of its parameters."""
    silent = []
    for name, value in callables():
        try:
            inspect.signature(value)
        except ValueError:
            silent.append(name)
    assert not silent


def test_every_function_has_a_document():
    assert not [name for name, value in callables()
                if isinstance(value, types.BuiltinFunctionType) and not (value.__doc__ or "").strip()]
    assert "Sum" in mx.add.__doc__
