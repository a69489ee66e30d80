#!/usr/bin/env python3
"""Writes tests/data/python/signatures.tsv from a table of MLX's names (module, name, kind, signature,
tab-separated): one line a callable, its full name and its parameters without annotations.

    make_signatures.py TABLE > tests/data/python/signatures.tsv"""

import ast
import re
import sys

KINDS = {"function", "method", "private-function"}
# Of the others, Python gives the parameters.
DUNDERS = {"__init__", "__call__", "__array__", "__array_namespace__", "__dlpack__"}


def parameters(signature):
    """`a, /, axis=None, *, stream=None`; defaults that are dtypes stand as they are."""
    text = re.sub(r"ndarray\[[^\]]*\]|numpy\.ndarray\[\]", "object", signature)
    head = ast.parse(f"def f{text}: pass").body[0].args
    for arg in head.posonlyargs + head.args + head.kwonlyargs + [head.vararg, head.kwarg]:
        if arg:
            arg.annotation = None
    return ast.unparse(head)


def main():
    rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8")][1:]
    print("# What inspect.signature must show, written by tests/tools/make_signatures.py.")
    for module, name, kind, *signature in rows:
        if (kind in KINDS or name in DUNDERS) and signature and signature[0]:
            print(f"{module}.{name}\t{parameters(signature[0])}")


if __name__ == "__main__":
    main()
