"""No call of the C API ends the process, whatever it is given: empty handles, no place for a
result, no text, numbers out of any range.

Prototypes are read from the public headers; the calls run in one child process, which names a
function before it calls it."""

import ctypes
import itertools
import os
import pathlib
import re
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MLX_BUILD_DIR", SOURCE / "build" / "release"))

# They end the process, read a caller's functions, or need a file by contract.
LEFT_OUT = {"_mlx_error", "mlx_set_error_handler", "mlx_io_reader_new", "mlx_io_writer_new"}
# What they set would be felt by the calls that follow.
LIMITS = {"mlx_set_memory_limit", "mlx_set_cache_limit", "mlx_set_wired_limit"}


def prototypes():
    for header in sorted((SOURCE / "include" / "mlx" / "c").glob("*.h")):
        text = re.sub(r"/\*.*?\*/|^#(?:[^\n]*\\\n)*[^\n]*", "", header.read_text(),
                      flags=re.S | re.M)
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


def kind_of(param):
    words = re.sub(r"\bconst\b|\*|\w+$", "", param).split()
    return words[0] if words else ""


def argument(param):
    """A null, zero or empty value for a parameter; room for 64 bytes where results go."""
    if "(*" in param:
        return ctypes.c_void_p(None)
    stars, kind = param.count("*"), kind_of(param)
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


def nothing(param):
    """As above, without a place for results and without texts."""
    value = argument(param)
    return ctypes.c_void_p(None) if isinstance(value, (ctypes.Array, ctypes.c_char_p)) else value


class Inputs:
    """Handles of every kind that a call may borrow."""

    def __init__(self, lib):
        def make(name, *args):
            fn = getattr(lib, "mlx_" + name)
            fn.restype = Handle
            return fn(*args)

        def fill(name, *args):
            handle = Handle()
            assert getattr(lib, "mlx_" + name)(ctypes.byref(handle), *args) == 0
            return handle

        values = (ctypes.c_float * 16)(*[6.0 if i % 5 == 0 else 0.1 * i for i in range(16)])
        a = make("array_new_data", values, (ctypes.c_int * 2)(4, 4), 2, 10)
        unary = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, Handle)
        self.square = unary(lambda res, x: lib.mlx_square(ctypes.c_void_p(res), x, Handle()))
        closure, device = make("closure_new_unary", self.square), make("device_new")
        arrays = make("vector_array_new_data", (Handle * 2)(a, a), 2)
        named, texts = make("map_string_to_array_new"), make("map_string_to_string_new")
        lib.mlx_map_string_to_array_insert(named, b"key", a)
        lib.mlx_map_string_to_string_insert(texts, b"key", b"value")
        self.of = {
            "mlx_array": a, "mlx_vector_array": arrays, "mlx_closure": closure,
            "mlx_device": device,
            "mlx_map_string_to_array": named, "mlx_map_string_to_string": texts,
            "mlx_closure_value_and_grad": fill("value_and_grad", closure, (ctypes.c_int * 1)(0), 1),
            "mlx_device_info": fill("device_info_get", device),
            "mlx_io_gguf": make("io_gguf_new"), "mlx_node_namer": make("node_namer_new"),
            "mlx_stream": make("default_cpu_stream_new"),
            "mlx_string": make("string_new_data", b"s"),
            "mlx_vector_int": make("vector_int_new_value", 3),
            "mlx_vector_string": make("vector_string_new_value", b"s"),
            "mlx_vector_vector_array": make("vector_vector_array_new_value", arrays)}

    def nothing(self, param):
        good = kind_of(param) in self.of and "*" not in param
        return self.of[kind_of(param)] if good else nothing(param)


CODES = {"mlx_dtype", "mlx_fft_norm", "mlx_device_type", "mlx_compile_mode"}


class Hostile(Inputs):
    """Good handles beside numbers that are as wrong as they can be."""

    TEXTS = b"", b"affine", b"constant", b"U", b"full", b"edge", b"any"
    CASES = list(itertools.product((-2**31, 2**31 - 1, 2**30, -1, 1, 3, 64), (10, 99, -1), TEXTS))

    def value(self, param, case):
        (n, code, text), kind, stars = case, kind_of(param), param.count("*")
        if kind in self.of and not stars:
            return self.of[kind]
        if kind == "size_t" and param.endswith("_num"):
            return ctypes.c_size_t(2)
        if kind in ("int", "int64_t") and "const" in param and stars:
            return (SCALARS[kind] * 2)(n, n)
        if kind in ("int", "int64_t") and not stars and not re.search(r"\bdim$", param):
            return SCALARS[kind](n)
        if kind in CODES and not stars:
            return ctypes.c_int(code)
        if kind in ("float", "double") and not stars:
            return SCALARS[kind](float("nan") if code == 99 else 1e38)
        if kind == "mlx_optional_int":
            return OptionalInt(n, True)
        return ctypes.c_char_p(text) if kind == "char" and stars == 1 else argument(param)


def evaluate(lib, params, values):
    """The results that are small."""
    lib.mlx_array_size.restype = ctypes.c_size_t
    for param, value in zip(params, values):
        if re.match(r"mlx_array\s?\*\s?res", param):
            result = Handle.from_buffer(value)
            if result.ctx and lib.mlx_array_size(result) < 1 << 20:
                lib.mlx_array_eval(result)
            lib.mlx_array_free(result)


def calls(lib, mode, params):
    if mode == "empty":
        return [[argument(p) for p in params]]
    if mode == "null":
        return [[nothing(p) for p in params]]
    if mode == "nowhere":
        inputs = lib.inputs
        return [[inputs.nothing(p) for p in params]]
    cases = lib.inputs.CASES
    if not any("char" in p for p in params):
        cases = cases[::len(lib.inputs.TEXTS)]
    return ([lib.inputs.value(p, case) for p in params] for case in cases)


def call_all(mode):
    lib = ctypes.CDLL(str(next((BUILD / "lib").glob("libmlxc.so"))))
    quiet = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)(lambda text, data: None)
    lib.mlx_set_error_handler(quiet, None, None)
    lib.inputs = Hostile(lib)
    count = 0
    for name, result, params in prototypes():
        if name in LEFT_OUT or not hasattr(lib, name):
            continue
        if mode in ("nowhere", "hostile") and ("free" in name or name in LIMITS):
            continue
        print(name, flush=True)
        fn = getattr(lib, name)
        handle = result.startswith("mlx_") and result not in SCALARS
        fn.restype = Handle if handle else ctypes.c_size_t
        for values in calls(lib, mode, params):
            failed = fn(*values)
            if mode == "hostile" and result == "int" and not failed:
                evaluate(lib, params, values)
        count += 1
    print("called", count, flush=True)


@pytest.mark.parametrize("mode", ["empty", "null", "nowhere", "hostile"])
def test_no_call_ends_the_process(tmp_path, mode):
    """empty: handles that hold nothing. null: nor a place for results or a text. nowhere: good
    inputs without a place for results. hostile: good handles, numbers and codes out of range."""
    r = subprocess.run([sys.executable, __file__, mode], capture_output=True, text=True,
                       timeout=280, cwd=tmp_path)
    lines = r.stdout.split("\n")
    assert r.returncode == 0, f"died in {lines[-2] if len(lines) > 1 else '?'}: {r.stderr[-500:]}"
    assert int(lines[-2].split()[1]) > 300


def test_one_header_brings_all():
    folder = SOURCE / "include" / "mlx" / "c"
    reached, rest = set(), ["mlx.h"]
    while rest:
        name = rest.pop()
        if name not in reached:
            reached.add(name)
            rest += re.findall(r'#include "mlx/c/(\w+\.h)"', (folder / name).read_text())
    assert {p.name for p in folder.glob("*.h")} == reached


if __name__ == "__main__":
    call_all(sys.argv[1])
