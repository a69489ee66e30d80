"""Emits the type stubs python/mlx/core/*.pyi: generated functions and methods, and the rest of mlx.core
from python/src/core.pyi.in, which is written by hand."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.\n"
HEAD = MARK + """from collections.abc import Iterator, Sequence
from typing import Any, Literal

from mlx.core import Device, DeviceType, Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar
"""
# Of modules, what is no operation.
BY_HAND = {"random": """class _RandomState:
    def __getitem__(self, index: int) -> array: ...
    def __iter__(self) -> Iterator[array]: ...
    def __len__(self) -> int: ...

state: _RandomState
""", "fast": """def metal_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '',
                 ensure_row_contiguous: bool = True, atomic_outputs: bool = False,
                 compile_options: Any = None) -> Any: ...
def cuda_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '',
                ensure_row_contiguous: bool = True, shared_memory: int = 0) -> Any: ...
def precompiled_cuda_kernel(*, name: str, compiled_source: bytes, inputs: Sequence[scalar | array],
                            output_shapes: Sequence[tuple[int, ...]], output_dtypes: Sequence[Dtype],
                            scalars: Sequence[Any], grid: tuple[int, int, int], threadgroup: tuple[int, int, int],
                            shared_memory: int = 0, init_value: float | None = None,
                            ensure_row_contiguous: bool = False,
                            stream: StreamOrDevice = None) -> list[array]: ...
"""}
# Functions of mlx.core that the array API standard has in linalg too.
LINALG_TOO = "".join(f"from mlx.core import {name} as {name}\n" for name in (
    "matmul", "matrix_transpose", "outer", "tensordot", "vecdot"))


def render(p):
    p = p._replace(annotation=p.annotation.replace("mlx.core.", ""))
    default = "" if p.text is None else f" = {p.text if p.text != 'None' or p.none else '...'}"
    if p.how == "var":
        return f"*{p.name}: {p.annotation}"
    if p.text is not None and p.default is None and "None" not in p.annotation:
        return f"{p.name}: {p.annotation} | None{default}"
    return f"{p.name}: {p.annotation}{default}"


def signature(params, returns, method=False):
    out, state = (["self"] if method else []), "place"
    for i, p in enumerate(params):
        if state == "place" and p.how != "place":
            if i or method:
                out.append("/")
            state = "both"
        if p.how == "name" and state == "both":
            out.append("*")
            state = "name"
        if p.how == "var":
            state = "name"
        out.append(render(p))
    if state == "place" and params:
        out.append("/")
    return f"({', '.join(out)}) -> {returns}"


def returned(f, named):
    full = f.name if f.module == "core" else f"{f.module}_{f.name}"
    if full == "linalg_svd":
        return "Any"  # one array without vectors
    if full in named:
        return named[full][1]
    return "list[array]" if f.name in AS_LISTS else f.returns.replace("mlx.core.", "")


def named_types(named, module):
    """Classes of results whose items have names."""
    out = []
    for where, name, items in named.values():
        if where == module:
            items = items.split()
            out.append(f"class {name}(tuple[{', '.join(['array'] * len(items))}]):\n" + "".join(
                f"    @property\n    def {i}(self) -> array: ...\n" for i in items))
    return out


def without_bool(text):
    """`bool` is a dtype in mlx.core: annotations say _bool. Documents stay."""
    parts = text.split('"""')
    parts[::2] = [re.sub(r"(?<![\w.])bool(?!\w|: Dtype)", "_bool", p) for p in parts[::2]]
    return '"""'.join(parts)


AS_LISTS = {"quantize", "broadcast_arrays", "divmod", "gated_delta_update", "split"}


def function(f, name, named, indent="", method=False):
    params = f.params[1:] if method else f.params
    doc = f.doc.replace('"""', "'''")
    head = f"{indent}def {name}{signature(params, returned(f, named), method)}:"
    return f'{head}\n{indent}    """{doc}"""\n{indent}    ...\n'


def emit(found, named):
    modules, methods = {m: [] for m in ("core", "random", "fft", "linalg", "fast")}, []
    for f, _, names in found:
        for name in names if not f.name.startswith("_") else ():
            modules[f.module].append(function(f, name, named))
        for name, is_property in f.op.method:
            if not is_property:
                methods.append(function(f, name, named, "    ", method=True))
    for m in modules:
        modules[m] = named_types(named, m) + modules[m]
    for m, text in BY_HAND.items():
        modules[m] = [text] + modules[m]
    modules["linalg"] = [LINALG_TOO] + modules["linalg"]
    files = {f"python/mlx/core/{m}.pyi": HEAD + "\n" + "\n".join(text)
             for m, text in modules.items() if m != "core"}
    base = (ROOT / "python" / "src" / "core.pyi.in").read_text()
    base = base.replace("    # METHODS\n", "\n".join(methods)).replace(
        "# FUNCTIONS\n", "\n".join(modules["core"]))
    files["python/mlx/core/__init__.pyi"] = (
        MARK + "from builtins import bool as _bool\n" + without_bool(base))
    return files
