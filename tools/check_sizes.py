#!/usr/bin/env python3
"""Files stay under 1,200 lines and functions at about a screen, 100 lines at most.

Exceptions are flat tables and switches; tools/sizes_allowed.txt names each one, as
`PATH` or `PATH:FUNCTION`, and says why. Generated files (src/gen) are not ours to size.
"""

import os
import re
import sys

FILE_LINES, FUNCTION_LINES = 1200, 100
FOLDERS = ("src", "include", "lm", "tests", "tools", "bench", "examples", "python")
# The name in `type name(` at the start of a line, the way a definition is written here.
NAME = re.compile(r"([A-Za-z_]\w*)\s*\(")


def c_functions(lines):
    """(name, first line, length) of each definition: a `{` block that begins in column 0."""
    start, head = None, []
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        if start is None:
            if text and not text[0].isspace() and text[0] not in "#/}*":
                head = [text] if not head or head[-1].endswith((";", "}")) else head + [text]
            elif text[:1].isspace() and head:
                head.append(text)
            elif not text:
                head = []
            if head and text.endswith("{") and "(" in "".join(head):
                joined = re.sub(r"__attribute__\s*\(\(.*?\)\)(?=\s)", "", " ".join(head))
                if not re.match(r"(typedef|enum|struct|union|extern)\b[^(]*\{$", joined):
                    names = NAME.findall(joined)
                    start = (names[0] if names else "?", number - len(head) + 1)
                head = []
        elif text.startswith("}"):
            yield start[0], start[1], number - start[1] + 1
            start, head = None, []


def python_functions(text):
    import ast
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def allow_list(top):
    path = os.path.join(top, "tools", "sizes_allowed.txt")
    with open(path, encoding="utf-8") as f:
        lines = [line.split("#")[0].strip() for line in f]
    return {line for line in lines if line}


def files(top):
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(top, folder)):
            folders[:] = sorted(d for d in folders if d not in ("gen", "data", "__pycache__"))
            for name in sorted(names):
                if name.endswith((".c", ".h", ".cu", ".cuh", ".py", ".inc")):
                    yield os.path.relpath(os.path.join(where, name), top)


def main(top):
    allowed, used = allow_list(top), set()
    wrong = count = 0

    def report(key, message):
        nonlocal wrong
        if key in allowed:
            used.add(key)
        else:
            wrong += 1
            print(message)

    for path in files(top):
        with open(os.path.join(top, path), encoding="utf-8") as f:
            text = f.read()
        lines = text.splitlines()
        if len(lines) > FILE_LINES:
            report(path, f"{path}: {len(lines)} lines, more than {FILE_LINES}")
        functions = python_functions(text) if path.endswith(".py") else c_functions(lines)
        for name, line, length in functions:
            count += 1
            if length > FUNCTION_LINES:
                report(f"{path}:{name}",
                       f"{path}:{line}: {name} has {length} lines, more than {FUNCTION_LINES}")
    for key in sorted(allowed - used):
        wrong += 1
        print(f"tools/sizes_allowed.txt: {key} is not needed any more")
    print(f"sizes: {count} functions, {wrong} findings")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
