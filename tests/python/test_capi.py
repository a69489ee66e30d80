"""Every function of the C API takes empty handles: it returns, and the process lives.

Prototypes are read from the public headers; each call runs with null handles, zeros and "", with room
for the results, in one child process that names a function before it calls it."""

import ctypes
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MLX_BUILD_DIR", SOURCE / "build" / "release"))

# They end the process, read a caller's functions, or need a file by contract.
LEFT_OUT = {"_mlx_error", "mlx_set_error_handler", "mlx_io_reader_new", "mlx_io_writer_new"}


def prototypes():
    for header in sorted((SOURCE / "include" / "mlx" / "c").glob("*.h")):
        text = re.sub(r"/\*.*?\*/|^#(?:[^\n]*\\\n)*[^\n]*", "", header.read_text(), flags=re.S | re.M)
        for m in re.finditer(r"^([\w][\w \t*]*?[\s*])(_?mlx_\w+)\(([^;{]*)\);", text, re.M | re.S):
            yield m[2], " ".join(m[1].split()), [" ".join(p.split()) for p in split(m[3])]


def split(params):
    depth, part, out = 0, "", []
    for ch in params:
        depth += (ch == "(") - (ch == ")")
        if ch == "," and depth == 0:
            out.append(part)
            part = ""
        else:
            part += ch
    return [p for p in out + [part] if p.strip() not in ("", "void")]


class Handle(ctypes.Structure):
    _fields_ = [("ctx", ctypes.c_void_p)]


class Iterator(ctypes.Structure):
    _fields_ = [("ctx", ctypes.c_void_p), ("map_ctx", ctypes.c_void_p)]


class OptionalInt(ctypes.Structure):
    _fields_ = [("value", ctypes.c_int), ("has_value", ctypes.c_bool)]


class OptionalFloat(ctypes.Structure):
    _fields_ = [("value", ctypes.c_float), ("has_value", ctypes.c_bool)]


SCALARS = {"int": ctypes.c_int, "float": ctypes.c_float, "double": ctypes.c_double,
           "bool": ctypes.c_bool, "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "mlx_dtype": ctypes.c_int,
           "mlx_device_type": ctypes.c_int, "mlx_fft_norm": ctypes.c_int,
           "uintptr_t": ctypes.c_size_t}


def argument(param):
    """A null, zero or empty value for a parameter; room for 64 bytes behind a pointer to a result."""
    if "(*" in param:
        return ctypes.c_void_p(None)
    stars = param.count("*")
    kind = re.sub(r"\bconst\b|\*|\w+$", "", param).split()
    kind = kind[0] if kind else ""
    if stars == 1 and kind == "char" and "const" in param:
        return ctypes.c_char_p(b"")
    if kind == "FILE":
        return ctypes.c_void_p(None)
    if stars:
        inner = "const" in param and not kind.startswith("mlx_") and kind != "char" and stars == 1
        return ctypes.c_void_p(None) if inner else ctypes.create_string_buffer(64)
    if kind.endswith("_iterator"):
        return Iterator()
    if kind in ("mlx_optional_int", "mlx_optional_dtype"):
        return OptionalInt()
    if kind == "mlx_optional_float":
        return OptionalFloat()
    return SCALARS[kind](0) if kind in SCALARS else Handle()


def call_all():
    lib = ctypes.CDLL(str(next((BUILD / "lib").glob("libmlxc.so"))))
    quiet = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)(lambda text, data: None)
    lib.mlx_set_error_handler(quiet, None, None)
    count = 0
    for name, result, params in prototypes():
        if name in LEFT_OUT or not hasattr(lib, name):
            continue
        print(name, flush=True)
        fn = getattr(lib, name)
        fn.restype = Handle if result.startswith("mlx_") and result not in SCALARS else ctypes.c_size_t
        fn(*[argument(p) for p in params])
        count += 1
    print("called", count, flush=True)


def test_empty_handles_never_crash(tmp_path):
    r = subprocess.run([sys.executable, __file__], capture_output=True, text=True, timeout=120,
                       cwd=tmp_path)
    lines = r.stdout.split("\n")
    assert r.returncode == 0, f"died in {lines[-2] if len(lines) > 1 else '?'}: {r.stderr[-500:]}"
    assert int(lines[-2].split()[1]) > 300


if __name__ == "__main__":
    call_all()


def test_one_header_brings_all():
    folder = SOURCE / "include" / "mlx" / "c"
    reached, rest = set(), ["mlx.h"]
    while rest:
        name = rest.pop()
        if name not in reached:
            reached.add(name)
            rest += re.findall(r'#include "mlx/c/(\w+\.h)"', (folder / name).read_text())
    assert {p.name for p in folder.glob("*.h")} == reached
