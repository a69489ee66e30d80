#!/usr/bin/env python3
"""Includes go one way. Checks every #include "..." of src/, include/, lm/ and python/src/.

base <- core <- ops <- graph <- {transforms, io, dist} <- capi <- {python, lm}. A backend sees base,
core, backend.h, gen and its own folder; only registry.c names backends; graph and what stands on
it may ask through backend.h. lm sees the public headers alone; python may see all below it. src/gen is generated from the op table and belongs to no layer: it may include any.
"""

import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(mlx/[^>]+)>)')
LOWER = {
    "public": set(),
    "base": set(),
    "core": {"base", "public", "gen"},
    "ops": {"base", "core", "public", "gen"},
    "graph": {"base", "core", "ops", "public", "gen", "backend.h"},
    "backend": {"base", "core", "public", "gen", "backend.h"},
    "lm": {"public"},
}
for layer in ("transforms", "io", "dist"):
    LOWER[layer] = {"base", "core", "ops", "graph", "public", "gen", "backend.h"}
LOWER["capi"] = LOWER["io"] | {"transforms", "io", "dist"}
LOWER["python"] = LOWER["capi"]  # the extension calls the builders, as the C API does
LOWER["python"] = LOWER["capi"] | {"capi"}
ANY = {"gen"}


def layer_of(path):
    """The layer that owns a file, given relative to the repository; None where no rule holds."""
    parts = path.split("/")
    if parts[0] == "include":
        return "public"
    if parts[0] in ("lm", "python"):
        return parts[0]
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] != "backend":
        return parts[1]
    if len(parts) > 3:
        return "backend/" + parts[2]
    return "backend.h" if parts[2] == "backend.h" else "backend"


def allowed(source, target):
    if source == target or source in ANY:
        return True
    if source == "backend.h":
        return target in LOWER["backend"]
    if source == "backend":  # registry.c
        return target in LOWER["backend"] or target.startswith("backend/")
    return target in LOWER.get(source.split("/")[0], set())


def resolve(top, path, name):
    """The file that an include names, relative to the repository, or None for another library's."""
    for folder in (os.path.dirname(path), "src", "include", "lm", "", "python/src"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(top, candidate)):
            return candidate
    return None


def sources(top):
    for folder in ("src", "include", "lm", "python/src"):
        for where, folders, files in os.walk(os.path.join(top, folder)):
            folders.sort()
            for name in sorted(files):
                if name.endswith((".c", ".h", ".cu", ".cuh", ".inc", ".def")):
                    yield os.path.relpath(os.path.join(where, name), top)


def main(top):
    wrong = checked = 0
    for path in sources(top):
        source = layer_of(path)
        with open(os.path.join(top, path), encoding="utf-8") as f:
            lines = f.readlines()
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            target_path = match and resolve(top, path, match.group(1) or match.group(2))
            target = target_path and layer_of(target_path)
            if not source or not target:
                continue
            checked += 1
            if not allowed(source, target):
                wrong += 1
                print(f"{path}:{number}: {source} may not include {target_path} ({target})")
    print(f"layers: {checked} includes, {wrong} against the direction")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
