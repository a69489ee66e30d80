"""The C API from the `c` lines of the op table: builder prototypes, public headers, wrappers; and the
builders of plain elementwise operations, which only name their primitive."""

from collections import namedtuple

from .table import C_TYPES as TYPES
from .table import HEADERS

Function = namedtuple("Function", "name params results header doc op")


def functions(ops):
    for op in ops:
        for c in op.c:
            yield Function(c.name, c.params, c.results, op.header, op.doc, op.name)


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


BANNER = "/* Written by tools/opgen.py from src/ops/. Do not edit. */\n"


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
    out += [f"#include {i}" for i in includes + MORE_INCLUDES.get(name, [])]
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


INCLUDES = ["<stdbool.h>", "<stdint.h>", "<stdio.h>", '"mlx/c/array.h"', '"mlx/c/map.h"',
            '"mlx/c/optional.h"', '"mlx/c/stream.h"', '"mlx/c/string.h"', '"mlx/c/vector.h"']
MORE_INCLUDES = {"fast.h": ['"mlx/c/fast_kernels.h"']}
EXTRA = {
    "fft.h": "typedef enum mlx_fft_norm_ {\n  MLX_FFT_NORM_BACKWARD,\n  MLX_FFT_NORM_ORTHO,\n"
             "  MLX_FFT_NORM_FORWARD\n} mlx_fft_norm;",
}


def plain_builder(op, c):
    """The builder of an elementwise op whose parameters are its inputs and a stream; else None."""
    n = op.n_inputs
    kinds = [p.type for p in c.params]
    if not op.elementwise or kinds != ["array"] * n + ["stream"] or op.types == "cast":
        return None
    f = Function(c.name, c.params, c.results, op.header, op.doc, op.name)
    args = ", ".join([f"MX_PRIM_{op.prim}"] + [p.name for p in c.params])
    return f"{builder_prototype(f, ' {')}\n  return mx_{op.kind}({args});\n}}"


def emit(ops):
    """{path: text} of everything that the `c` lines give."""
    fns = list(functions(ops))
    files = {}
    body = "\n".join(builder_prototype(f) for f in fns)
    files["ops.h"] = (
        BANNER + "#ifndef MX_GEN_OPS_H\n#define MX_GEN_OPS_H\n\n"
        + ('#include "mlx/c/fft.h"\n' if any(f.header == "fft.h" for f in fns) else "")
        + '#include "ops/build.h"\n\n' + body + "\n\n#endif\n")
    plain = [b for op in ops for c in op.c if (b := plain_builder(op, c))]
    files["ops_plain.c"] = BANNER + '#include "gen/ops.h"\n\n' + "\n\n".join(plain) + "\n"
    for header in HEADERS:
        mine = [f for f in fns if f.header == header]
        if not mine:
            continue
        files["include/mlx/c/" + header] = public_header(header, mine, INCLUDES,
                                                         EXTRA.get(header, ""))
        files[f"capi_{header[:-2]}.c"] = (
            BANNER + f'#include "mlx/c/{header}"\n\n#include <stdlib.h>\n\n#include "capi/capi.h"\n'
            '#include "gen/ops.h"\n\n' + "\n\n".join(wrapper(f) for f in mine) + "\n")
    return files
