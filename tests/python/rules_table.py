"""Checks of transformation rules, driven by tables: one Row an operation.

A row is a function of arrays and the inputs to try it on. From it come: reverse mode against finite differences in
float64, forward mode against finite differences, second derivatives (reverse over reverse, forward over
reverse), vmap against a loop for every choice of mapped inputs and axes, vmap of gradients, shapeless
compilation, and gradients that real MLX gave (recorded by tests/tools/make_rules_data.py).
"""

import itertools
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import mlx.core as mx
import numpy as np

DATA = Path(__file__).resolve().parents[1] / "data" / "transforms"


# ---- inputs: functions of a random generator ----


def reals(*shape, lo=-2.0, hi=2.0):
    return lambda rng: rng.uniform(lo, hi, shape)


def distinct(*shape):
    """No two are close: order does not change under small steps."""
    def make(rng):
        n = int(np.prod(shape))
        return (rng.permutation(n) * 0.37 - 0.17 * n).reshape(shape)
    return make


def ints(*shape, low=0, high=3):
    return lambda rng: rng.integers(low, high, shape).astype(np.int32)


def bools(*shape):
    return lambda rng: rng.random(shape) < 0.6


def rows_of(*shape):
    """Along the last axis, a permutation of it: indices without repetition."""
    def make(rng):
        n = shape[-1]
        lines = int(np.prod(shape[:-1]))
        return np.stack([rng.permutation(n) for _ in range(lines)]).reshape(shape).astype(np.int32)
    return make


def sorted_reals(*shape):
    return lambda rng: np.sort(rng.uniform(-2, 2, shape), axis=-1)


def exactly(values, dtype=None):
    return lambda rng: np.array(values, dtype)


def keys(*shape):
    return lambda rng: rng.integers(0, 1 << 32, (*shape, 2), dtype=np.uint32)


@dataclass
class Row:
    name: str
    f: object
    inputs: list
    grad: bool = True  # check gradients
    smooth: bool = True  # at its inputs: finite differences tell something
    second: bool = True  # and second derivatives
    vmap: bool = True
    mapped: tuple = None  # inputs that may be mapped; all by default
    f64: bool = True  # else everything is done in float32, with wide tolerances
    tol: float = 1e-6  # of finite differences
    oracle: str = ""  # why real MLX is not compared, if it is not
    other: list = field(default_factory=list)  # inputs of other shapes, for shapeless compilation

    def values(self, other=False):
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [make(rng) for make in (self.other if other else self.inputs)]


def to_mx(v, f64):
    if v.dtype.kind == "f":
        return mx.array(v, dtype=mx.float64 if f64 else mx.float32)
    if v.dtype.kind == "c":
        return mx.array(v.astype(np.complex64))
    return mx.array(v)


def to_np(a):
    if a.dtype == mx.bfloat16:
        a = a.astype(mx.float32)
    return np.array(a)


def is_real(a):
    return mx.issubdtype(a.dtype, mx.floating)


def outputs(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


class Point:
    """A row at its inputs: `f` as a function of the real inputs alone, giving the real outputs."""

    def __init__(self, row, f64=True):
        self.row, self.rng = row, np.random.default_rng(7)
        self.args = [to_mx(v, f64) for v in row.values()]
        self.at = [i for i, a in enumerate(self.args) if is_real(a)]
        self.x = [self.args[i] for i in self.at]
        self.w = [self.like(y) for y in self.f(*self.x)]

    def f(self, *x):
        args = list(self.args)
        for i, v in zip(self.at, x):
            args[i] = v
        return [y for y in outputs(self.row.f(*args)) if is_real(y)]

    def like(self, a):
        return mx.array(self.rng.uniform(-1, 1, a.shape), dtype=a.dtype)

    def loss(self, *x):
        return sum((w * y).sum() for w, y in zip(self.w, self.f(*x)))

    def grads(self, *x):
        return outputs(mx.grad(self.loss, argnums=list(range(len(x))))(*x))

    def moved(self, t, by):
        return [a + by * d for a, d in zip(self.x, t)]


def close(got, want, tol, what):
    got, want = to_np(got), to_np(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, not {want.shape}"
    np.testing.assert_allclose(got, want, rtol=tol, atol=tol, err_msg=what)


# ---- gradients ----


def steps(row):
    return (1e-5, row.tol) if row.f64 else (2e-2, max(row.tol, 2e-2))


def check_reverse(row):
    """vjp against finite differences, element by element."""
    p = Point(row, row.f64)
    eps, tol = steps(row)
    grads = p.grads(*p.x)
    for k, x in enumerate(p.x):
        assert grads[k].shape == x.shape and grads[k].dtype == x.dtype
        flat, want = to_np(x).reshape(-1), np.zeros(x.size)
        for j in range(x.size):
            side = []
            for by in (eps, -eps):
                moved = flat.copy()
                moved[j] += by
                at = list(p.x)
                at[k] = mx.array(moved.reshape(x.shape), dtype=x.dtype)
                side.append(p.loss(*at).item())
            want[j] = (side[0] - side[1]) / (2 * eps)
        close(grads[k], mx.array(want.reshape(x.shape), dtype=x.dtype), tol, f"gradient of input {p.at[k]}")


def directional(p, f, t, eps):
    return [(a - b) / (2 * eps) for a, b in zip(f(*p.moved(t, eps)), f(*p.moved(t, -eps)))]


def check_forward(row):
    """jvp along a random direction, and along one input alone."""
    p = Point(row, row.f64)
    eps, tol = steps(row)
    directions = [[p.like(x) for x in p.x]]
    if len(p.x) > 1:
        for k in range(len(p.x)):
            directions.append([t if i == k else mx.zeros_like(t) for i, t in enumerate(directions[0])])
    for t in directions:
        ys, tangents = mx.jvp(p.f, p.x, t)
        for y, got, want in zip(ys, tangents, directional(p, p.f, t, eps)):
            assert got.dtype == y.dtype
            close(got, want, tol, "tangent")


def check_second(row):
    p = Point(row, row.f64)
    eps, tol = steps(row)
    t = [p.like(x) for x in p.x]
    want = directional(p, p.grads, t, eps)
    _, forward = mx.jvp(p.grads, p.x, t)
    for k, (a, b) in enumerate(zip(forward, want)):
        close(a, b, 10 * tol, f"forward over reverse, input {k}")
    inner = lambda *x: sum((d * g).sum() for d, g in zip(t, p.grads(*x)))
    reverse = outputs(mx.grad(inner, argnums=list(range(len(p.x))))(*p.x))
    for k, (a, b) in enumerate(zip(reverse, want)):  # a Hessian is symmetric
        close(a, b, 10 * tol, f"reverse over reverse, input {k}")


# ---- vmap ----

SIZE = 3


def axis_choices(args, mapped):
    """in_axes to try: every set of mapped inputs, with every axis of each at least once."""
    for n in range(1, len(mapped) + 1):
        for chosen in itertools.combinations(mapped, n):
            ranks = [args[i].ndim + 1 for i in chosen]
            for shift in range(max(ranks)):
                axes = [None] * len(args)
                for j, (i, rank) in enumerate(zip(chosen, ranks)):
                    axes[i] = (shift + j) % rank
                yield tuple(axes)


def mapped_inputs(row, rng, f64=False):
    return [[to_mx(make(rng), f64) for _ in range(SIZE)] for make in row.inputs]


def compare_mapped(f, parts, tol, mapped=None):
    args = [p[0] for p in parts]
    names = range(len(args)) if mapped is None else mapped
    for axes in axis_choices(args, list(names)):
        given = [mx.stack(p, axis=a) if a is not None else p[0] for p, a in zip(parts, axes)]
        want = [outputs(f(*(p[b] if a is not None else p[0] for p, a in zip(parts, axes))))
                for b in range(SIZE)]
        got = outputs(mx.vmap(f, in_axes=axes)(*given))
        for k, y in enumerate(got):
            close(y, mx.stack([w[k] for w in want]), tol, f"vmap over {axes}, output {k}")
        got = outputs(mx.vmap(f, in_axes=axes, out_axes=-1)(*given))
        for k, y in enumerate(got):
            close(y, mx.stack([w[k] for w in want], axis=-1), tol, f"vmap over {axes}, out -1, output {k}")


def check_vmap(row):
    rng = np.random.default_rng(11)
    compare_mapped(row.f, mapped_inputs(row, rng), 1e-5, row.mapped)


def check_vmap_twice(row):
    """A map of a map, the inner one over the last axis of the first mapped input."""
    rng = np.random.default_rng(13)
    mapped = list(range(len(row.inputs))) if row.mapped is None else list(row.mapped)
    parts = [[mx.stack(mapped_inputs(row, rng)[i], axis=-1 if i == mapped[0] else 0) for _ in range(2)]
             if i in mapped else mapped_inputs(row, rng)[i][:1] for i in range(len(row.inputs))]
    inner = tuple((-1 if i == mapped[0] else 0) if i in mapped else None for i in range(len(parts)))
    outer = tuple(0 if i in mapped else None for i in range(len(parts)))
    f = mx.vmap(row.f, in_axes=inner)
    got = outputs(mx.vmap(f, in_axes=outer)(*(mx.stack(p) if len(p) > 1 else p[0] for p in parts)))
    want = [outputs(f(*(p[min(b, len(p) - 1)] for p in parts))) for b in range(2)]
    for k, y in enumerate(got):
        close(y, mx.stack([w[k] for w in want]), 1e-5, f"map of a map, output {k}")


def check_vmap_of_grad(row):
    rng = np.random.default_rng(12)
    parts = mapped_inputs(row, rng, row.f64)
    reals_at = [i for i, p in enumerate(parts) if is_real(p[0])]

    def grads(*args):
        def loss(*x):
            full = list(args)
            for i, v in zip(reals_at, x):
                full[i] = v
            return sum((y * y * 0.5 + y).sum() for y in outputs(row.f(*full)) if is_real(y))
        return mx.grad(loss, argnums=list(range(len(reals_at))))(*(args[i] for i in reals_at))

    compare_mapped(grads, parts, 1e-9 if row.f64 else 1e-3, row.mapped)


# ---- shapeless compilation ----


def check_shapeless(row):
    f = mx.compile(row.f, shapeless=True)
    for other in (False, True, False):
        args = [to_mx(v, False) for v in row.values(other)]
        for got, want in zip(outputs(f(*args)), outputs(row.f(*args))):
            close(got, want, 0, "shapeless")


# ---- real MLX ----


def record(row):
    """What real MLX gives for a row: gradients in float32, or its error."""
    try:
        p = Point(row, False)
        return [[float(f"{v:.9g}") for v in to_np(g).reshape(-1).tolist()] for g in p.grads(*p.x)]
    except (ValueError, RuntimeError) as e:
        return str(e)


def recorded(table):
    path = DATA / f"{table}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def check_recorded(row, want):
    p = Point(row, False)
    for k, (got, values) in enumerate(zip(p.grads(*p.x), want)):
        np.testing.assert_allclose(to_np(got).reshape(-1), values, rtol=2e-4, atol=2e-5,
                                   err_msg=f"real MLX's gradient of input {p.at[k]}")


# ---- the tests of a table ----


def cases(rows, table):
    """(name, function) of every check that a row asks for."""
    known = recorded(table)
    names = [row.name for row in rows]
    assert len(set(names)) == len(names), "two rows of one name"
    for row in rows:
        checks = []
        if row.grad and row.smooth:
            checks += [check_reverse, check_forward] + [check_second] * row.second
        if row.grad and row.vmap:
            checks.append(check_vmap_of_grad)
        if row.vmap:
            checks += [check_vmap, check_vmap_twice]
        if row.other:
            checks.append(check_shapeless)
        for check in checks:
            yield f"{row.name}-{check.__name__[6:]}", (lambda check=check, row=row: check(row))
        if isinstance(known.get(row.name), list):
            yield f"{row.name}-recorded", lambda row=row: check_recorded(row, known[row.name])
