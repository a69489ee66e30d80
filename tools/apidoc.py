"""Writes the pages of the API for Sphinx: mlx.core from its type stubs and the C API from its
headers, which tools/opgen.py wrote from the op table; and one page for each module of mlx.nn and
its kin, for autodoc.

    python3 tools/apidoc.py DIRECTORY        (docs/conf.py calls write())

A page lists what its module or header has, in its order; nothing is listed by hand here but the
modules."""

import ast
import re
import sys
from pathlib import Path

CORE = ("core", "random", "fft", "linalg", "fast", "distributed", "metal", "cuda")
# Title, module: each a page of autodoc, where the package has it.
PYTHON = (("Layers", "mlx.nn"), ("Losses", "mlx.nn.losses"), ("Initializers", "mlx.nn.init"),
          ("Optimizers", "mlx.optimizers"), ("Trees", "mlx.utils"))


def signature(node, method=False):
    """The parameters and the result of a stub, as Python shows them."""
    args = ast.unparse(node.args)
    if method:
        args = re.sub(r"^self(, /, |, /$|, |$)", "", args)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({args}){returns}"


def decorated(node, name):
    return any(isinstance(d, ast.Name) and d.id == name for d in node.decorator_list)


def plain(text):
    """Text whose bars and stars are themselves: what stands in backticks is left alone."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(t if i % 2 else re.sub(r"([|*])", r"\\\1", t) for i, t in enumerate(parts))


def directive(kind, head, doc, options=(), indent=""):
    lines = [f"{indent}.. py:{kind}:: {head}"]
    lines += [f"{indent}   :{o}:" for o in options] + [""]
    lines += [f"{indent}   {line}".rstrip() for line in plain(doc or "").splitlines()] + [""]
    return lines


def class_lines(node):
    lines = directive("class", node.name, ast.get_docstring(node))
    for item in node.body:
        if not isinstance(item, ast.FunctionDef) or item.name.startswith("_"):
            continue
        doc = ast.get_docstring(item)
        if decorated(item, "property"):
            result = ast.unparse(item.returns) if item.returns else "object"
            lines += directive("property", item.name, doc, [f"type: {result}"], "   ")
        else:
            lines += directive("method", item.name + signature(item, method=True), doc, (), "   ")
    return lines


def python_page(path, module):
    tree = ast.parse(path.read_text())
    lines = [module, "=" * len(module), "", f".. py:module:: {module}", ""]
    seen = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            lines += class_lines(node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            options = ["no-index"] if node.name in seen else []
            seen.add(node.name)
            lines += directive("function", node.name + signature(node), ast.get_docstring(node),
                               options)
    return "\n".join(lines)


def declarations(text):
    """(comment, declaration) of each function of a header."""
    text = re.sub(r'^#.*?(?<!\\)$|extern "C" \{', "", text, flags=re.M)
    token = re.compile(r"/\*(.*?)\*/|([A-Za-z_][\w\s*]*?\bmlx_\w+\([^;{]*\));|[^/]|/", re.S)
    comment = ""
    for m in token.finditer(text):
        if m.group(1) is not None:
            comment = " ".join(line.strip(" *") for line in m.group(1).splitlines()).strip()
        elif m.group(2):
            yield comment, " ".join(m.group(2).split())


def c_page(path):
    title = f"mlx/c/{path.name}"
    text = path.read_text()
    head = re.match(r"/\*(.*?)\*/", text, re.S)
    intro = " ".join(head.group(1).split()) if head else ""
    lines = [title, "=" * len(title), ""]
    if intro and "opgen" not in intro:
        lines += [plain(intro), ""]
    last = None
    for comment, declaration in declarations(text[head.end() if head else 0:]):
        lines += [f".. c:function:: {declaration}", ""]
        # A comment stands before the first of several functions that it is for.
        if comment and comment != last:
            lines += [f"   {plain(comment)}", ""]
        last = comment
    return "\n".join(lines) if last is not None else None


def index(title, intro, pages):
    return "\n".join([title, "=" * len(title), "", intro, "", ".. toctree::", "   :maxdepth: 1", "",
                      *(f"   {p}" for p in pages), ""])


def write(root, out):
    root, out = Path(root), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    files = {}
    stubs = root / "python" / "mlx" / "core"
    python = []
    for name in CORE:
        path = stubs / ("__init__.pyi" if name == "core" else f"{name}.pyi")
        if path.exists():
            module = "mlx.core" if name == "core" else f"mlx.core.{name}"
            files[f"{module}.rst"] = python_page(path, module)
            python.append(module)
    for title, module in PYTHON:
        place = root / "python" / Path(*module.split("."))
        if place.is_dir() or place.with_suffix(".py").exists():
            head = f"{title}: {module}"
            files[f"{module}.rst"] = "\n".join(
                [head, "=" * len(head), "", f".. automodule:: {module}", "   :members:",
                 "   :imported-members:", "   :undoc-members:", ""])
            python.append(module)
    headers = []
    for path in sorted((root / "include" / "mlx" / "c").glob("*.h")):
        page = c_page(path)
        if page:
            files[f"c-{path.stem}.rst"] = page
            headers.append(f"c-{path.stem}")
    files["python.rst"] = index("Python API", "From the type stubs and the docstrings.", python)
    files["c.rst"] = index(
        "C API", "``#include <mlx/c/mlx.h>`` brings all of these. Every function that can fail "
        "returns 0 on success; the results stand first and are replaced last.", headers)
    for old in out.glob("*.rst"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        path = out / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: apidoc.py DIRECTORY")
    write(Path(__file__).resolve().parent.parent, sys.argv[1])
