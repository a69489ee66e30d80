"""Runs programs of array operations, one a line of JSON, and answers what came out, a line each.

A program is a list of numbers' quadruples (operation, operand, operand, detail), each taken modulo
what there is, so that every list is a program. The answer: dtype, shape and checksum of every array
that was made, or the exception's name. test_programs.py compares workers of different settings."""

import json
import sys
import zlib

import cases_values
import mlx.core as mx

VALUES = cases_values.namespace(mx)
SHAPES = [(), (1,), (7,), (5, 1), (4, 6), (2, 3, 4), (0, 3), (64, 65), (300, 257), (70001,)]
DTYPES = cases_values.DTYPES
UNARY = """abs negative square sqrt rsqrt exp expm1 log log1p sin cos tan tanh arctan sigmoid erf floor
    ceil sign reciprocal logical_not isnan real""".split()
BINARY = """add subtract multiply divide maximum minimum power logaddexp arctan2 floor_divide remainder
    less greater_equal equal logical_and""".split()
REDUCE = "sum prod mean max min all any logsumexp argmax var".split()
SCAN = "cumsum cumprod cummax logcumsumexp".split()


def start(a, d):
    return VALUES["R"](DTYPES[a % 14], SHAPES[d % 10], cases_values.LAYOUTS[d % 6] if SHAPES[d % 10] else "",
                       seed=d % 5, lo=-3, hi=3)


def axis_of(x, d):
    return d % x.ndim if x.ndim else None


OPS = [
    lambda x, y, a, d: start(a, d),
    lambda x, y, a, d: getattr(mx, UNARY[d % len(UNARY)])(x),
    lambda x, y, a, d: getattr(mx, UNARY[a % len(UNARY)])(x),
    lambda x, y, a, d: getattr(mx, BINARY[d % len(BINARY)])(x, y),
    lambda x, y, a, d: getattr(mx, BINARY[a % len(BINARY)])(x, y),
    lambda x, y, a, d: getattr(mx, BINARY[d % 5])(x, (d % 7 - 3) / 2),
    lambda x, y, a, d: getattr(mx, REDUCE[a % len(REDUCE)])(x, axis=axis_of(x, d), keepdims=d % 2 == 1),
    lambda x, y, a, d: getattr(mx, SCAN[a % len(SCAN)])(x, axis=axis_of(x, d) or 0),
    lambda x, y, a, d: mx.softmax(x, axis=-1),
    lambda x, y, a, d: x.astype(getattr(mx, DTYPES[d % 14])),
    lambda x, y, a, d: mx.transpose(x),
    lambda x, y, a, d: x[::-1] if d % 2 else x[..., ::2],
    lambda x, y, a, d: mx.reshape(x, (-1,)),
    lambda x, y, a, d: mx.expand_dims(x, d % (x.ndim + 1)),
    lambda x, y, a, d: mx.broadcast_to(x, (2, *x.shape)) if x.size < 10**5 else x,
    lambda x, y, a, d: mx.where(x > 0, x, y),
    lambda x, y, a, d: mx.clip(x, -1, d % 3),
    lambda x, y, a, d: mx.matmul(x, y.T if d % 2 else y),
    lambda x, y, a, d: mx.sort(x, axis=-1),
    lambda x, y, a, d: mx.concatenate([x, x], axis=axis_of(x, d) or 0) if x.size < 10**5 else x,
    lambda x, y, a, d: mx.take(x, mx.array([0, -1, 0]), axis=axis_of(x, d) or 0),
    lambda x, y, a, d: mx.stop_gradient(x) + y * 0.5,
]


def digest(x):
    number = x.dtype in (mx.float16, mx.float32, mx.bfloat16, mx.float64)
    if number:  # which NaN an operation gives is not promised
        x = mx.where(mx.isnan(x), mx.array(float("nan"), x.dtype), x)
    return [str(x.dtype), list(x.shape), zlib.crc32(bytes(mx.contiguous(x)))]


def run(program):
    made, errors = [start(10, 4), start(7, 4)], []
    for op, a, b, d in program:
        try:
            x, y = made[a % len(made)], made[b % len(made)]
            made.append(OPS[op % len(OPS)](x, y, a + b, d))
        except Exception as e:  # noqa: BLE001
            errors.append(type(e).__name__)
    keep = made[2::2] + made[-1:]  # the others are intermediate
    del made
    try:
        mx.eval(keep)
    except Exception as e:  # noqa: BLE001
        return [errors, type(e).__name__]
    return [errors, [digest(x) for x in keep]]


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
