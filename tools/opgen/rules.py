"""Emits src/gen/rules.h and src/gen/rules.c: how each primitive is transformed.

An elementwise primitive's gradients are formulas: Python's expression syntax over the inputs'
names, `out` and `g`. They are written for real numbers and hold for holomorphic functions: the
gradient of a complex input is conj(formula(conj(g))). Where the result is real and the input
complex (abs, real, imag) a formula says the gradient itself, and the tangent is
real(conj(formula(1)) * t). Elsewhere a tangent is the formula with the tangent in place of g.
Other primitives name rules that are written by hand; a name without its function fails to link.
"""

import ast

from .prims import prims

CALLS = {"vjp": "const mx_vjp_call *c", "jvp": "const mx_jvp_call *c",
         "vmap": "const mx_vmap_call *c",
         "remake": "const mx_op *op, mx_array *const *in, mx_array **out"}
OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
             ast.Eq: "equal", ast.NotEq: "not_equal", ast.Gt: "greater", ast.GtE: "greater_equal",
             ast.Lt: "less", ast.LtE: "less_equal"}
ZERO = "none"


class Formula:
    """One formula as a C expression over locals named like its variables, and the names used."""

    def __init__(self, op, text, names, ops):
        self.op, self.text, self.names, self.ops = op, text, names, ops
        self.used = set()
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError:
            self.fail("no expression")
        self.code = self.expression(tree)

    def fail(self, why):
        raise SystemExit(f"{self.op.file}:{self.op.line}: gradient `{self.text}`: {why}")

    def call(self, name, args):
        if name not in self.ops:
            self.fail(f"no elementwise operation {name}")
        op, args = self.ops[name], ", ".join(map(self.expression, args))
        call = f"mx_{name}({args}" if op.c else f"mx_{op.kind}(MX_PRIM_{op.prim}, {args}"
        return call + ", c->s)"

    def expression(self, e):
        if isinstance(e, ast.BinOp) and type(e.op) in OPERATORS:
            return self.call(OPERATORS[type(e.op)], [e.left, e.right])
        if isinstance(e, ast.Compare) and len(e.ops) == 1 and type(e.ops[0]) in OPERATORS:
            return self.call(OPERATORS[type(e.ops[0])], [e.left, e.comparators[0]])
        if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
            if isinstance(e.operand, ast.Constant):
                return self.expression(ast.Constant(-e.operand.value))
            return f"mx_rule_negative({self.expression(e.operand)}, c->s)"
        if isinstance(e, ast.Call) and isinstance(e.func, ast.Name) and not e.keywords:
            return self.call(e.func.id, e.args)
        if isinstance(e, ast.Constant) and e.value == 1j:
            return "mx_imaginary_unit()"
        if isinstance(e, ast.Constant) and isinstance(e.value, (int, float)):
            return f"mx_number({e.value!r}, c->out[0])"
        if isinstance(e, ast.Name) and e.id in self.names:
            self.used.add(e.id)
            return e.id
        self.fail(f"cannot say {ast.unparse(e)}")


def projects(op):
    """Complex in, real out."""
    return "z" in op.exprs and op.exprs["z"].result == "f"


def formulas(op, ops):
    """By input number, None for zero."""
    names = [p.name for p in op.c[0].params if p.type == "array"] if op.c else \
        [part.split(":")[0] for part in op.py[0].signature[1:].split(", ")[:op.n_inputs]]
    unknown = set(op.vjp) - set(names)
    if unknown:
        raise SystemExit(f"{op.file}:{op.line}: no input {', '.join(unknown)}")
    missing = [n for n in names if n not in op.vjp]
    if op.vjp and missing:
        raise SystemExit(f"{op.file}:{op.line}: no gradient for {', '.join(missing)}")
    return names, [None if op.vjp[n] == ZERO else Formula(op, op.vjp[n], names + ["g", "out"], ops)
                   for n in op.vjp]


def declarations(names, used):
    out = [f"  mx_array *{n} = c->in[{i}];" for i, n in enumerate(names) if n in used]
    return out + (["  mx_array *out = c->out[0];"] if "out" in used else [])


def functions(op, ops):
    names, rows = formulas(op, ops)
    used = set().union(*(f.used for f in rows if f))
    vjp = [f"static int vjp_{op.name}(const mx_vjp_call *c) {{"] + declarations(names, used)
    jvp = [f"static int jvp_{op.name}(const mx_jvp_call *c) {{"] + declarations(names, used)
    jvp.append("  mx_array *sum = NULL;")
    for i, f in enumerate(rows):
        if not f:
            continue
        conj = not projects(op) and bool(f.used - {"g"})
        g = "mx_rule_conjugate(c->g[0], c->s)" if conj else "c->g[0]"
        t = f"mx_rule_unit(c, {i})" if projects(op) else f"c->t[{i}]"
        vjp += [f"  if (c->want[{i}]) {{", f"    mx_array *g = {g};",
                f"    if (mx_rule_grad(c, {i}, {f.code}, {str(conj).lower()}))",
                "      return 1;", "  }"]
        jvp += [f"  if (c->t[{i}]) {{", f"    mx_array *g = {t};",
                f"    if (mx_rule_tangent(c, {i}, &sum, {f.code}))", "      return 1;", "  }"]
    vjp += ["  return 0;", "}"]
    jvp += ["  return mx_rule_tangent_done(c, sum);", "}"]
    return "\n".join(vjp) + "\n\n" + "\n".join(jvp)


def emit(ops):
    banner = "/* Written by tools/opgen.py from src/ops/. Do not edit. */\n"
    rows = prims(ops)
    elementwise = {op.name: op for op in ops if op.elementwise and op.types != "cast"}
    header, bodies, table = [], [], []
    for op in rows:
        entry = []
        for key, call in CALLS.items():
            if op.rules.get(key) == "rule":
                header.append(f"int mx_{key}_{op.name}({call});")
                entry.append(f".{key} = mx_{key}_{op.name}")
        formula = any(f != ZERO for f in op.vjp.values())
        if formula:
            bodies.append(functions(op, elementwise))
            entry += [f".vjp = vjp_{op.name}"]
            if op.rules.get("jvp") != "rule":
                entry += [f".jvp = jvp_{op.name}"]
        state = "RULE" if formula or op.rules.get("vjp") == "rule" else \
            "ZERO" if op.vjp or op.rules.get("vjp") == ZERO else "LACKS"
        entry.append(f".vjp_state = MX_VJP_{state}")
        table.append(f"  [MX_PRIM_{op.prim}] = {{{', '.join(entry)}}},")
    return {
        "rules.h": banner + "#ifndef MX_GEN_RULES_H\n#define MX_GEN_RULES_H\n\n"
        '#include "ops/rules.h"\n\n' + "\n".join(header) + "\n\n#endif\n",
        "rules.c": banner + '#include "gen/rules.h"\n\n#include "gen/ops.h"\n\n'
        + "\n\n".join(bodies) + "\n\nconst mx_rules mx_prim_rules[MX_PRIM_COUNT] = {\n"
        + "\n".join(table) + "\n};\n",
    }
