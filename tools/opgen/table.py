"""The parser of the op table, src/ops/*.def: plain text in, record objects out.

Invariant: the parser knows the fields and the shape of each line and nothing of what a class or an
emitter does with them; an unknown field, class, type or letter is an error with file and line.

    op log1p                      unary            # name, class
      doc   Natural logarithm of one plus the input, accurate near zero.
      c     log1p(array a, stream s)               # a C function, one line each; mlx_ is added
      py    log1p(a: array, /, *, stream: StreamOrDevice = None) -> array
      alias ln1p                                   # further Python names
      method log1p                                 # name on mx.array; `method real property`
      operator __add__ __radd__                    # Python operators
      engine fft                                   # the backend's function; default: see Op.engine_name
      types float                                  # result dtype rule, see TYPE_RULES
      error RuntimeError                           # raised for a refused dtype; default ValueError
      flags exact                                  # see FLAGS
      f     LOG1P(x)                               # scalar expression for a class of dtypes
      z>f   CABS(x)                                # with the class of the result where it differs
      slow  ABS(x) > LIMIT : SLOW(x)               # float32: where `f` does not hold, and what does
      vjp   a: g / (1 + a)                         # elementwise: an input's gradient; `none` for zero
      vjp   rule                                   # others: mx_vjp_log1p by hand; or `none` for zero
      jvp   rule                                   # mx_jvp_log1p; else vjp's formulas, or vjp transposed
      vmap  rule                                   # mx_vmap_log1p; else axes aligned, or a loop
      remake rule                                  # mx_remake_log1p: on inputs of other shapes
      test  np=numpy.log1p in=(-0.9, 10) tol=f32:2e-6

`header fast.h` before the first op of a file names the public header of its C functions.
`#` opens a comment at the start of a line or after two spaces. A line that begins with more spaces
than a field's continues the line before it. Inputs of an expression are x, y, z in order.
Gradients speak of ops by name, + - * /, unary minus and comparisons, numbers (weak scalars; 1j the
imaginary unit), the inputs' names, `g`, the cotangent, and `out`, the result: see rules.py.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

CLASSES = {
    "unary": 1, "binary": 2, "ternary": 3,  # elementwise, with their number of inputs
    "reduce": None, "scan": None, "view": None, "gather": None, "matmul": None, "create": None,
    "custom": None, "composite": None,
}
ELEMENTWISE = ("unary", "binary", "ternary")

# Fields that may come once, and those that add up.
SINGLE = ("doc", "engine", "types", "error", "flags", "slow")
MULTI = ("c", "py", "alias", "method", "operator", "test")
# Transformations, and what a line of each may say beside a formula.
RULES = {"vjp": ("rule", "none"), "jvp": ("rule",), "vmap": ("rule",), "remake": ("rule",)}

# Classes of dtypes that an expression is for: float, float64 where it differs, signed integers,
# unsigned integers, both through unsigned ("whole"), bool, complex, any dtype as bits.
LETTERS = ("f", "f64", "i", "u", "w", "b", "z", "a")
RESULTS = ("f", "b")

TYPE_RULES = {
    "same": "inputs promoted to one dtype",
    "float": "as same, then integers and bool to float32",
    "shift": "as same, then bool to uint8",
    "select": "first input bool, the others promoted to one dtype",
    "cast": "the dtype is a parameter",
    "bool": "always bool", "int32": "always int32", "uint32": "always uint32",
    "sum": "small integers and bool to 32 bits", "custom": "the builder decides",
}
REFUSALS = {"!b": "bool", "!i": "integers", "!f": "floats", "!h": "half floats",
            "!d": "float64", "!z": "complex"}
FLAGS = {
    "exact": "a half result needs no rounding: it is a half whenever the inputs are",
    "chain": "the CPU has loops that join it with another such operation",
    "view": "shares its input's memory", "host": "runs on the CPU alone",
    "payload": "its second parameter word points to an mx_payload",
}

# Type word of a C parameter: (builder's declaration, public declaration, what the wrapper passes).
C_TYPES = {
    "array": ("mx_array *{n}", "const mlx_array {n}", 'mx_in({n}, "{op}")'),
    "array?": ("mx_array *{n}", "const mlx_array {n}", "mx_in_optional({n})"),
    "arrays": ("mx_vec {n}", "const mlx_vector_array {n}", "{n}_v"),
    "ints": ("mx_ints {n}", "const int* {n}, size_t {n}_num", "{n}_l.v"),
    "i64s": ("mx_ints {n}", "const int64_t* {n}, size_t {n}_num", "{n}_l.v"),
    "oint": ("mlx_optional_int {n}", "mlx_optional_int {n}", "{n}"),
    "ofloat": ("mlx_optional_float {n}", "mlx_optional_float {n}", "{n}"),
    "odtype": ("mlx_optional_dtype {n}", "mlx_optional_dtype {n}", "{n}"),
    "dtype": ("mlx_dtype {n}", "mlx_dtype {n}", "{n}"),
    "norm": ("mlx_fft_norm {n}", "mlx_fft_norm {n}", "{n}"),
    "str": ("const char *{n}", "const char* {n}", "mx_in_text({n})"),
    "int": ("int {n}", "int {n}", "{n}"),
    "i64": ("int64_t {n}", "int64_t {n}", "{n}"),
    "u64": ("uint64_t {n}", "uint64_t {n}", "{n}"),
    "size": ("size_t {n}", "size_t {n}", "{n}"),
    "float": ("float {n}", "float {n}", "{n}"),
    "double": ("double {n}", "double {n}", "{n}"),
    "bool": ("bool {n}", "bool {n}", "{n}"),
    "stream": ("mx_stream *{n}", "const mlx_stream {n}", "mx_in_stream({n})"),
}
HEADERS = ("ops.h", "fast.h", "random.h", "linalg.h", "fft.h")


class TableError(Exception):
    pass


@dataclass
class CParam:
    type: str  # a key of C_TYPES
    name: str


@dataclass
class CFunction:
    name: str  # without mlx_
    params: list  # of CParam
    results: list  # ["array"], ["arrays"], ["void"], ["array", "array"]


@dataclass
class PyFunction:
    name: str
    signature: str  # from the parenthesis to the end, as written


@dataclass
class Expr:
    letter: str  # one of LETTERS
    result: str  # one of RESULTS, or the letter itself
    text: str


@dataclass
class Op:
    name: str
    kind: str  # the class
    file: str
    line: int
    header: str = "ops.h"  # the public header of its C functions
    doc: str = ""
    engine: str = ""  # the backend's function, where it is not the class's
    c: list = field(default_factory=list)  # of CFunction
    py: list = field(default_factory=list)  # of PyFunction
    alias: list = field(default_factory=list)
    method: list = field(default_factory=list)  # of (name, is_property)
    operator: list = field(default_factory=list)
    types: str = "custom"
    refuse: list = field(default_factory=list)  # keys of REFUSALS
    error: str = "ValueError"
    flags: list = field(default_factory=list)
    exprs: dict = field(default_factory=dict)  # letter -> Expr
    slow: tuple = None  # (condition, expression)
    vjp: dict = field(default_factory=dict)  # input name -> formula
    rules: dict = field(default_factory=dict)  # key of RULES -> what it says
    test: list = field(default_factory=list)  # of dict

    @property
    def elementwise(self):
        return self.kind in ELEMENTWISE

    @property
    def has_prim(self):
        return self.kind != "composite"

    @property
    def engine_name(self):
        """What computes it in a backend; None for elementwise tapes, views and composites."""
        if self.elementwise or self.kind in ("view", "composite"):
            return None
        return self.engine or (self.name if self.kind == "custom" else self.kind)

    @property
    def n_inputs(self):
        """Array inputs; -1 where it is not fixed."""
        if CLASSES[self.kind] is not None:
            return CLASSES[self.kind]
        if not self.c:
            return -1
        params = self.c[0].params
        if any(p.type in ("arrays", "array?") for p in params):
            return -1
        return sum(p.type == "array" for p in params)

    @property
    def prim(self):
        return self.name.upper()


def _split_list(text):
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_c(op, text, fail):
    m = re.fullmatch(r"(\w+)\((.*)\)(?:\s*->\s*(.+))?", text)
    if not m:
        fail(f"not a C function: {text}")
    params = []
    for part in _split_list(m[2]):
        words = part.split()
        if len(words) != 2 or words[0] not in C_TYPES:
            fail(f"not a typed parameter: {part}")
        params.append(CParam(*words))
    results = m[3].split() if m[3] else ["array"]
    if results not in (["arrays"], ["void"]) and set(results) != {"array"}:
        fail(f"unknown result: {m[3]}")
    op.c.append(CFunction(m[1], params, results))


def _parse_py(op, text, fail):
    m = re.fullmatch(r"([\w.]+)(\(.*\).*)", text)
    if not m:
        fail(f"not a Python signature: {text}")
    op.py.append(PyFunction(m[1], m[2]))


def _parse_types(op, text, fail):
    rule, *refuse = text.split()
    if rule not in TYPE_RULES:
        fail(f"unknown type rule: {rule}")
    for r in refuse:
        if r not in REFUSALS:
            fail(f"unknown refusal: {r}")
    op.types, op.refuse = rule, refuse


def _parse_rule(op, key, text, fail):
    if key in op.rules or (key == "vjp" and op.vjp and text in RULES[key]):
        fail(f"a second line for {key}")
    if text in RULES[key]:
        op.rules[key] = text
    elif key == "vjp" and op.elementwise:
        _parse_formula(op.vjp, text, fail)
    else:
        fail(f"{key} says one of: " + ", ".join(RULES[key]))


def _parse_formula(table, text, fail):
    name, colon, formula = text.partition(":")
    if not colon or not name.strip().isidentifier() or not formula.strip():
        fail(f"not `input: formula`: {text}")
    if name.strip() in table:
        fail(f"a second formula for {name.strip()}")
    table[name.strip()] = formula.strip()


def _parse_test(op, text, fail):
    """`key=value key=value`; a value runs to the next ` key=`."""
    marks = list(re.finditer(r"(?:^|\s)(\w+)=(?!=)", text))
    if not marks or marks[0].start() != 0:
        fail(f"not `key=value`: {text}")
    ends = [m.start() for m in marks[1:]] + [len(text)]
    op.test.append({m[1]: text[m.end():end].strip() for m, end in zip(marks, ends)})


def _parse_expr(op, key, text, fail):
    letter, _, result = key.partition(">")
    if result and result not in RESULTS:
        fail(f"unknown result class: {result}")
    if letter in op.exprs:
        fail(f"a second expression for {letter}")
    op.exprs[letter] = Expr(letter, result or letter, text)


def _add_field(op, key, text, seen, fail):
    if key in SINGLE:
        if key in seen:
            fail(f"{key} given twice")
        seen.add(key)
    if key == "c":
        _parse_c(op, text, fail)
    elif key == "py":
        _parse_py(op, text, fail)
    elif key == "types":
        _parse_types(op, text, fail)
    elif key in RULES:
        _parse_rule(op, key, text, fail)
    elif key == "test":
        _parse_test(op, text, fail)
    elif key == "method":
        name, *rest = text.split()
        if rest not in ([], ["property"]):
            fail(f"not a method: {text}")
        op.method.append((name, bool(rest)))
    elif key in ("alias", "operator"):
        getattr(op, key).extend(text.split())
    elif key == "flags":
        op.flags = text.split()
        for f in op.flags:
            if f not in FLAGS:
                fail(f"unknown flag: {f}")
    elif key == "slow":
        cond, colon, expr = text.partition(" : ")
        if not colon:
            fail("slow takes `condition : expression`")
        op.slow = (cond.strip(), expr.strip())
    elif key in SINGLE:
        setattr(op, key, text)
    elif key.partition(">")[0] in LETTERS:
        _parse_expr(op, key, text, fail)
    else:
        fail(f"unknown field: {key}")


def _lines(text):
    """Logical lines as (number, line): comments dropped, continuations joined."""
    out = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s{2,})#.*$", "", raw).rstrip()
        if not line:
            continue
        if re.match(r" {3,}", line) and out:
            out[-1] = (out[-1][0], out[-1][1] + " " + line.strip())
        else:
            out.append((number, line))
    return out


def parse(text, file):
    ops, op, seen, header = [], None, set(), "ops.h"
    for number, line in _lines(text):
        def fail(message):
            raise TableError(f"{file}:{number}: {message}")
        words = line.split(None, 2)
        if words[0] == "op" and not line.startswith(" "):
            if len(words) != 3 or words[2] not in CLASSES:
                fail("an op has a name and a known class")
            if not re.fullmatch(r"[a-z]\w*", words[1]):
                fail(f"not a name: {words[1]}")
            op, seen = Op(words[1], words[2], file, number, header), set()
            ops.append(op)
        elif words[0] == "header" and op is None:
            if len(words) != 2 or words[1] not in HEADERS:
                fail("a header is one of " + ", ".join(HEADERS))
            header = words[1]
        elif op is None or not line.startswith("  "):
            fail("expected `op NAME CLASS`")
        else:
            key, _, rest = line.strip().partition(" ")
            if not rest.strip():
                fail(f"{key} is empty")
            _add_field(op, key, rest.strip(), seen, fail)
    return ops


def load(folder):
    """All records, files and rows in a fixed order."""
    ops = []
    for path in sorted(Path(folder).glob("*.def")):
        ops += parse(path.read_text(), path.name)
    names = {}
    for op in ops:
        if op.name in names:
            raise TableError(f"{op.file}:{op.line}: {op.name} is also in {names[op.name]}")
        names[op.name] = f"{op.file}:{op.line}"
    return ops
