"""The C API from the `c` lines of the op table: builder prototypes, public headers, wrappers.

A line is `name(type param, ...) [-> results]`. One table says what each type word is in the
builder's prototype, in the public prototype, and how the wrapper passes it on.
"""

import re
from collections import namedtuple

Param = namedtuple("Param", "type name")
Function = namedtuple("Function", "name params results header doc op")

# type word: (builder type, public declaration, expression that the wrapper passes)
TYPES = {
    "array": ("mx_array *{n}", "const mlx_array {n}", 'mx_in({n}, "{op}")'),
    "array?": ("mx_array *{n}", "const mlx_array {n}", "mx_in_optional({n})"),
    "arrays": ("mx_vec {n}", "const mlx_vector_array {n}", "{n}_v"),
    "ints": ("mx_ints {n}", "const int* {n}, size_t {n}_num", "{n}_l.v"),
    "i64s": ("mx_ints {n}", "const int64_t* {n}, size_t {n}_num", "{n}_l.v"),
    "int": ("int {n}", "int {n}", "{n}"),
    "i64": ("int64_t {n}", "int64_t {n}", "{n}"),
    "size": ("size_t {n}", "size_t {n}", "{n}"),
    "u64": ("uint64_t {n}", "uint64_t {n}", "{n}"),
    "float": ("float {n}", "float {n}", "{n}"),
    "double": ("double {n}", "double {n}", "{n}"),
    "bool": ("bool {n}", "bool {n}", "{n}"),
    "dtype": ("mlx_dtype {n}", "mlx_dtype {n}", "{n}"),
    "str": ("const char *{n}", "const char* {n}", "{n}"),
    "oint": ("mlx_optional_int {n}", "mlx_optional_int {n}", "{n}"),
    "ofloat": ("mlx_optional_float {n}", "mlx_optional_float {n}", "{n}"),
    "odtype": ("mlx_optional_dtype {n}", "mlx_optional_dtype {n}", "{n}"),
    "norm": ("mlx_fft_norm {n}", "mlx_fft_norm {n}", "{n}"),
    "stream": ("mx_stream *{n}", "const mlx_stream {n}", "mx_in_stream({n})"),
}
RESULTS = ("array", "arrays", "void")


def parse(line, header, doc, op):
    """One `c` line to a Function; ValueError says what is wrong with it."""
    m = re.fullmatch(r"(\w+)\((.*)\)(?:\s*->\s*([\w ]+))?", line.strip())
    if not m:
        raise ValueError(f"not a prototype: {line}")
    params = []
    for text in filter(None, (p.strip() for p in m.group(2).split(","))):
        kind, _, name = text.rpartition(" ")
        if kind not in TYPES:
            raise ValueError(f"unknown type {kind!r} in: {line}")
        params.append(Param(kind, name))
    results = (m.group(3) or "array").split()
    if any(r not in RESULTS for r in results) or (len(results) > 1 and set(results) != {"array"}):
        raise ValueError(f"unknown results in: {line}")
    return Function(m.group(1), params, results, header, doc, op)


def functions(records):
    for r in records:
        for line in r.get("c", []):
            yield parse(line, r.header, r.get("doc"), r.name)


def wrap(head, parts, tail, indent="    ", width=100):
    lines, line = [], head
    for i, part in enumerate(parts):
        part += "," if i + 1 < len(parts) else tail
        if len(line) + 1 + len(part) > width:
            lines.append(line)
            line = indent + part
        else:
            line += part if line.endswith("(") else " " + part
    return "\n".join(lines + [line if parts else line + tail])


def result_names(f):
    return [f"res_{i}" for i in range(len(f.results))] if len(f.results) > 1 else ["res"]


def builder_prototype(f, end=";"):
    parts = [TYPES[p.type][0].format(n=p.name) for p in f.params]
    if f.results == ["array"]:
        head = f"mx_array *mx_{f.name}("
    else:
        head = f"int mx_{f.name}("
        kind = "mx_vec *" if f.results == ["arrays"] else "mx_array **"
        if f.results != ["void"]:
            parts = [kind + n for n in result_names(f)] + parts
    return wrap(head, parts or ["void"], ")" + end)


def public_prototype(f, end=";"):
    parts = [TYPES[p.type][1].format(n=p.name) for p in f.params]
    kind = "mlx_vector_array* " if f.results == ["arrays"] else "mlx_array* "
    if f.results != ["void"]:
        parts = [kind + n for n in result_names(f)] + parts
    return wrap(f"int mlx_{f.name}(", parts or ["void"], ")" + end)


def wrapper(f):
    """Borrow the inputs, build inside a scope, move the result into the handle."""
    out = [public_prototype(f, " {"), "  mx_scope scope = mx_scope_open();"]
    lists = [p for p in f.params if p.type in ("ints", "i64s")]
    vectors = [p for p in f.params if p.type == "arrays"]
    args = ", ".join(TYPES[p.type][2].format(n=p.name, op=f.name) for p in f.params)
    checks = []
    for p in lists:
        out.append(f"  mx_int_list {p.name}_l = {{.many = NULL}};")
        fn = "mx_in_ints" if p.type == "ints" else "mx_in_i64s"
        checks.append(f'{fn}(&{p.name}_l, {p.name}, {p.name}_num, "{f.name}")')
    for p in vectors:
        out.append(f"  mx_vec {p.name}_v = {{NULL, 0}};")
        checks.append(f'mx_in_vector(&{p.name}_v, {p.name}, "{f.name}")')
    guard = " ||\n      ".join(checks)
    free = [f"  mx_int_list_free(&{p.name}_l);" for p in lists]
    free += [f"  free({p.name}_v.p);" for p in vectors]
    call = f"mx_{f.name}({{}}{args})"
    if f.results == ["array"]:
        call = call.format("")
        out.append(f"  mx_array *r = NULL;\n  if (!({guard}))\n    r = {call};" if checks
                   else f"  mx_array *r = {call};")
        tail = "  return mx_return(res, r, scope);"
    elif f.results == ["arrays"]:
        out.append("  mx_vec r = {NULL, 0};")
        call = call.format("&r, ")
        out.append(f"  int bad = {guard + ' || ' if checks else ''}{call};")
        tail = "  return mx_return_vector(res, &r, bad, scope);"
    elif f.results == ["void"]:
        call = call.format("")
        out.append(f"  int bad = {guard + ' || ' if checks else ''}{call};")
        tail = "  mx_scope_close(scope, NULL);\n  return bad ? mx_report() : 0;"
    else:
        n = len(f.results)
        out.append(f"  mx_array *r[{n}] = {{NULL}};")
        call = call.format("".join(f"&r[{i}], " for i in range(n)))
        out.append(f"  int bad = {guard + ' || ' if checks else ''}{call};")
        handles = ", ".join(result_names(f))
        tail = f"  return mx_return_many((mlx_array *[]){{{handles}}}, r, {n}, bad, scope);"
    return "\n".join(out + free + [tail, "}"])


BANNER = "/* Written by tools/opgen.py from src/ops/*.def. Do not edit. */\n"


def comment(doc, width=98):
    words, lines, line = doc.split(), [], "/*"
    for w in words + ["*/"]:
        if len(line) + 1 + len(w) > width:
            lines.append(line)
            line = " * " + w
        else:
            line += " " + w
    return "\n".join(lines + [line])


def public_header(name, fns, includes, extra=""):
    guard = f"MLX_{name[:-2].upper()}_H"
    out = [BANNER + f"#ifndef {guard}\n#define {guard}\n"]
    out += [f"#include {i}" for i in includes]
    out += ["", "#ifdef __cplusplus", 'extern "C" {', "#endif",
            "#pragma GCC visibility push(default)", ""]
    if extra:
        out += [extra, ""]
    op = None
    for f in fns:
        if f.op != op and f.doc:
            out.append(comment(f.doc))
        op = f.op
        out.append(public_prototype(f))
    out += ["", "#pragma GCC visibility pop", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(out)


HEADERS = {
    "ops.h": "Operations on arrays.",
    "fast.h": "Fused operations.",
    "random.h": "Random numbers.",
    "linalg.h": "Linear algebra.",
    "fft.h": "Fourier transforms.",
}
INCLUDES = ["<stdbool.h>", "<stdint.h>", "<stdio.h>", '"mlx/c/array.h"', '"mlx/c/map.h"',
            '"mlx/c/optional.h"', '"mlx/c/stream.h"', '"mlx/c/string.h"', '"mlx/c/vector.h"']
EXTRA = {
    "fft.h": "typedef enum mlx_fft_norm_ {\n  MLX_FFT_NORM_BACKWARD,\n  MLX_FFT_NORM_ORTHO,\n"
             "  MLX_FFT_NORM_FORWARD\n} mlx_fft_norm;",
}


def emit(records):
    """{path: text} of everything that the `c` lines give."""
    fns = sorted(functions(records), key=lambda f: (f.op, f.name))
    files = {}
    body = "\n".join(builder_prototype(f) for f in fns)
    files["src/gen/ops.h"] = (
        BANNER + "#ifndef MX_GEN_OPS_H\n#define MX_GEN_OPS_H\n\n"
        + ('#include "mlx/c/fft.h"\n' if any(f.header == "fft.h" for f in fns) else "")
        + '#include "ops/build.h"\n\n' + body + "\n\n#endif\n")
    for header in HEADERS:
        mine = [f for f in fns if f.header == header]
        if not mine:
            continue
        files["include/mlx/c/" + header] = public_header(header, mine, INCLUDES,
                                                         EXTRA.get(header, ""))
        stem = header[:-2]
        files[f"src/gen/capi_{stem}.c"] = (
            BANNER + f'#include "mlx/c/{header}"\n\n#include <stdlib.h>\n\n#include "capi/capi.h"\n'
            '#include "gen/ops.h"\n\n' + "\n\n".join(wrapper(f) for f in mine) + "\n")
    return files
