"""The table of elementwise operations, for rules_table.py."""

import mlx.core as mx

from rules_table import Row, bools, exactly, ints, reals

A, B = reals(3, 4), reals(4)
COLUMN = reals(3, 1)
POSITIVE = reals(3, 4, lo=0.3, hi=3)


def unary(name, make=A, **more):
    return Row(name, lambda x: getattr(mx, name)(x), [make], other=[lambda rng: make(rng)[:2, :3]], **more)


def binary(name, x=A, y=B, **more):
    return Row(name, lambda a, b: getattr(mx, name)(a, b), [x, y], **more)


UNARY = [
    unary("abs"), unary("negative"), unary("sign"), unary("square"), unary("sqrt", POSITIVE),
    unary("rsqrt", POSITIVE),
    unary("reciprocal", POSITIVE), unary("exp"), unary("expm1"), unary("log", POSITIVE), unary("log2", POSITIVE),
    unary("log10", POSITIVE), unary("log1p", POSITIVE), unary("sin"), unary("cos"),
    unary("tan", reals(3, 4, lo=-1, hi=1)),
    unary("arcsin", reals(3, 4, lo=-0.9, hi=0.9)), unary("arccos", reals(3, 4, lo=-0.9, hi=0.9)), unary("arctan"),
    unary("sinh"), unary("cosh"), unary("tanh"), unary("arcsinh"), unary("arccosh", reals(3, 4, lo=1.3, hi=3)),
    unary("arctanh", reals(3, 4, lo=-0.8, hi=0.8)), unary("sigmoid"), unary("erf"),
    unary("erfinv", reals(3, 4, lo=-0.8, hi=0.8)), unary("floor"), unary("ceil"),
    unary("trunc", oracle="newer than real MLX's gradients"),
    unary("degrees"), unary("radians"), unary("positive"),
    unary("acos", reals(3, 4, lo=-0.9, hi=0.9)), unary("asinh"), unary("atanh", reals(3, 4, lo=-0.8, hi=0.8)),
    Row("round", lambda x: mx.round(x), [A]),
    Row("round-2", lambda x: mx.round(x, 2), [A], smooth=False, oracle="a step function"),
    Row("nan_to_num", lambda x: mx.nan_to_num(x), [A]),
    Row("conjugate", lambda x: mx.conjugate(x), [A]), Row("real", lambda x: mx.real(x), [A]),
    Row("imag", lambda x: mx.imag(x) + x, [A]),
    Row("astype", lambda x: (x * x).astype(mx.float32).astype(x.dtype), [A], f64=False),
    Row("astype-half", lambda x: x.astype(mx.float16).astype(mx.float32), [A], f64=False, smooth=False),
    Row("clip", lambda x: mx.clip(x, -1, 1.2), [A]),
    Row("clip-arrays", lambda x, a, b: mx.clip(x, a, b), [A, reals(4, lo=-1, hi=0), reals(3, 1, lo=0.5, hi=1)]),
    *(unary(name, grad=False) for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not")),
    unary("bitwise_invert", ints(3, 4), grad=False),
]

NEWER = "newer than real MLX"

BINARY = [
    unary("acosh", reals(3, 4, lo=1.3, hi=3)), unary("asin", reals(3, 4, lo=-0.9, hi=0.9)), unary("atan"),
    unary("conj"),
    unary("signbit", grad=False), binary("copysign", oracle=NEWER), binary("hypot", oracle=NEWER),
    binary("nextafter", grad=False),
    binary("logical_xor", grad=False), binary("bitwise_left_shift", ints(3, 4), ints(4), grad=False),
    binary("bitwise_right_shift", ints(3, 4), ints(4), grad=False),
    binary("add"), binary("subtract"), binary("multiply"), binary("divide", A, reals(4, lo=0.4, hi=2)),
    binary("power", POSITIVE, B), binary("pow", POSITIVE, COLUMN), binary("maximum"), binary("minimum"),
    binary("logaddexp"), binary("arctan2"), binary("atan2", COLUMN, B),
    binary("remainder", A, reals(4, lo=0.4, hi=2), oracle="not compared"),
    binary("floor_divide", A, reals(4, lo=0.4, hi=2), oracle="not compared"),
    Row("divmod", lambda x, y: mx.divmod(x, y), [A, reals(4, lo=0.4, hi=2)], oracle="not compared"),
    Row("power-integer", lambda x: x ** 3, [A]), Row("power-half", lambda x: x ** 0.5, [POSITIVE]),
    Row("power-base", lambda x: 2 ** x, [A]), Row("power-zero", lambda x: x ** 2, [exactly([0.0, -1.0, 2.0])]),
    Row("scalar", lambda x: 1 - 3 / (x + 4) * 2, [A]),
    Row("isclose", lambda x, y: mx.isclose(x, y, atol=0.5), [A, B], grad=False),
    Row("allclose", lambda x, y: mx.allclose(x, y, atol=0.5), [A, B], grad=False),
    Row("array_equal", lambda x, y: mx.array_equal(x, y), [ints(2), ints(2)], grad=False),
    *(binary(name, grad=False)
        for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
            "logical_or")),
    *(binary(name, ints(3, 4), ints(4), grad=False)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")),
    Row("maximum-ties", lambda x, y: mx.maximum(x, y), [exactly([1.0, 2, 3]), exactly([1.0, 5, 3])], smooth=False),
    Row("minimum-ties", lambda x, y: mx.minimum(x, y), [exactly([1.0, 2, 3]), exactly([1.0, 5, 3])], smooth=False),
    Row("abs-zero", lambda x: mx.abs(x), [exactly([0.0, -1.0, 2.0])], smooth=False),
    Row("select", lambda m, x, y: mx.where(m, x, y * 2), [bools(3, 4), A, COLUMN]),
    Row("select-compared", lambda x, y: mx.where(x > y, x * y, y), [A, COLUMN]),
]

ROWS = UNARY + BINARY
