"""The table of operations on shape, index, order, sums and scans, for rules_table.py."""

import mlx.core as mx

from rules_table import Row, bools, distinct, exactly, ints, keys, reals, rows_of, sorted_reals

REFUSED = "real MLX has no such gradient"
DUPLICATES = "of equal indices real MLX gives every update a gradient, also those that were overwritten"

X = [reals(3, 4)]
XO = [reals(5, 6)]  # the same at another shape
X3 = [reals(2, 3, 4)]


def put_at(*index):
    def f(x, v):
        y = x * 1
        y[index if len(index) > 1 else index[0]] = v
        return y
    return f


def at(how, *index):
    return lambda x, v: getattr(x.at[index if len(index) > 1 else index[0]], how)(v)


def finite(y):
    """An exclusive fold begins with an infinity."""
    return mx.where(mx.isfinite(y), y, mx.zeros_like(y))


I = mx.array([0, 2, 2])
J = mx.array([[1, 0, 1], [3, 3, 2]])
MASK = mx.array([[True, False, True, True], [False] * 4, [True, True, False, False]])

VIEWS = [
    Row("zeros_like-alone", lambda x: mx.zeros_like(x), X, grad=False, other=XO),
    Row("broadcast_arrays-scalar", lambda x: mx.broadcast_arrays(x, mx.array(1.0))[1], X, grad=False, other=XO),
    Row("slice-own-length", lambda x: x[: len(x) - 1], X, other=XO),
    Row("slice-all-of-it", lambda x: x[:3], X, other=XO),
    Row("gradient-inside", lambda x, b: mx.grad(lambda b: (x + b).sum())(b), [reals(3, 4), reals(4)],
        other=[reals(5, 4), reals(4)]),
    Row("gradient-of-one-row", lambda x, w: mx.grad(lambda w: (x * w).sum())(w), [reals(1, 4), reals(1, 4)],
        other=[reals(5, 4), reals(1, 4)]),
    Row("range-of-own-length", lambda x: mx.arange(len(x)) + x.sum(), X, other=XO),
    Row("compiled-inside", lambda x: mx.compile(lambda y: y.mean(0))(x), X, other=XO),
    Row("mapped-inside", lambda x, y: mx.vmap(lambda a, i: a[i])(x, y), [reals(1, 4), ints(1, 3)],
        other=[reals(5, 4), ints(5, 3)]),
    Row("reshape", lambda x: mx.reshape(x, (2, -1)), X, other=[reals(5, 6)]),
    Row("reshape-same-size", lambda x: mx.reshape(x, (4, 3)), X),
    Row("reshape-transposed", lambda x: mx.reshape(x.T, (-1,)), X, other=XO),
    Row("reshape-own-length", lambda x: mx.reshape(x, (x.shape[0], 2, -1)), X, other=XO),
    Row("broadcast_to-own-length", lambda x: mx.broadcast_to(x[:, None], (len(x), len(x))), [reals(3)],
        other=[reals(5)]),
    Row("flatten", lambda x: mx.flatten(x), X, other=XO),
    Row("flatten-part", lambda x: mx.flatten(x, 1, 2), X3, other=[reals(4, 2, 3)]),
    Row("flatten-scalar", lambda x: mx.flatten(x), [reals()]),
    Row("unflatten", lambda x: mx.unflatten(x, 1, (2, -1)), X, other=[reals(5, 6)]),
    Row("squeeze", lambda x: mx.squeeze(x), [reals(1, 3, 1, 2)]),
    Row("squeeze-axis", lambda x: mx.squeeze(x, axis=2), [reals(1, 3, 1, 2)], other=[reals(4, 3, 1, 5)]),
    Row("squeeze-axes", lambda x: mx.squeeze(x, axis=(0, 2)), [reals(1, 3, 1, 2)]),
    Row("expand_dims", lambda x: mx.expand_dims(x, 1), X, other=XO),
    Row("expand_dims-axes", lambda x: mx.expand_dims(x, (0, 2, -1)), X, other=XO),
    Row("transpose", lambda x: mx.transpose(x), X3, other=[reals(4, 1, 5)]),
    Row("transpose-axes", lambda x: mx.transpose(x, (2, 0, 1)), X3, other=[reals(4, 1, 5)]),
    Row("permute_dims", lambda x: mx.permute_dims(x, (1, 2, 0)), X3),
    Row("swapaxes", lambda x: mx.swapaxes(x, 0, 2), X3),
    Row("moveaxis", lambda x: mx.moveaxis(x, 0, 2), X3),
    Row("matrix_transpose", lambda x: mx.matrix_transpose(x), X3),
    Row("broadcast_to", lambda x: mx.broadcast_to(x, (2, 3, 4)), [reals(3, 1)], other=[reals(3, 4)]),
    Row("broadcast_to-scalar", lambda x: mx.broadcast_to(x, (2, 3)), [reals()]),
    Row("broadcast_arrays", lambda x, y: mx.broadcast_arrays(x, y), [reals(3, 1), reals(2, 1, 4)]),
    Row("slice", lambda x: x[1:3, ::2], X),
    Row("slice-negative", lambda x: x[::-1, -1:0:-2], X, other=[reals(7, 4)]),
    Row("slice-int", lambda x: x[1], X, other=[reals(3, 9)]),
    Row("slice-empty", lambda x: x[2:1], X),
    Row("slice-new-axis", lambda x: x[:, None, 1:, None], X, other=[reals(8, 4)]),
    Row("as_strided", lambda x: mx.as_strided(x, (3, 2, 2), (2, 1, 3), 1), X),
    Row("as_strided-transposed", lambda x: mx.as_strided(x.T, (5, 2), (1, 1)), X),
    Row("diagonal", lambda x: mx.diagonal(x), X, other=XO),
    Row("diagonal-above", lambda x: mx.diagonal(x, 1), X),
    Row("diagonal-axes", lambda x: mx.diagonal(x, -1, 2, 0), X3),
    Row("diagonal-outside", lambda x: mx.diagonal(x, 7), X),
    Row("view-same", lambda x: mx.view(x, x.dtype), X),
    Row("view-complex", lambda x: mx.real(mx.view(x * x, mx.complex64)), X, f64=False, second=False,
        oracle=REFUSED),
    Row("view-int", lambda x: mx.view(x, mx.int32), X, grad=False, other=XO),
    Row("view-int-narrow", lambda x: mx.view(x, mx.uint8), [ints(3, 4, high=99)], grad=False, other=[ints(5, 6)]),
    Row("view-int-wide", lambda x: mx.view(x, mx.int64), [ints(3, 4, high=99)], grad=False),
    Row("contiguous", lambda x: mx.contiguous(x.T), X, other=XO),
    Row("atleast_3d", lambda x: mx.atleast_3d(x), [reals(3)]),
    Row("atleast_2d", lambda x: mx.atleast_2d(x), [reals()]),
    Row("flip", lambda x: mx.flip(x, 1), X, other=XO),
    Row("flip-all", lambda x: mx.flip(x), X),
    Row("roll", lambda x: mx.roll(x, (1, -2), (0, 1)), X),
    Row("roll-flat", lambda x: mx.roll(x, 5), X),
    Row("split", lambda x: mx.split(x, 2, axis=1), X),
    Row("split-sections", lambda x: mx.split(x, [1, 3], axis=1), X),
    Row("unstack", lambda x: mx.unstack(x, axis=1), X),
    Row("meshgrid", lambda x, y: mx.meshgrid(x, y), [reals(3), reals(2)]),
    Row("tile", lambda x: mx.tile(x, (2, 1, 3)), X, other=XO),
    Row("repeat", lambda x: mx.repeat(x, 2, axis=1), X, other=XO),
    Row("repeat-flat", lambda x: mx.repeat(x, 2), X),
    Row("pad", lambda x: mx.pad(x, ((1, 2), (0, 1))), X),
    Row("pad-value", lambda x, v: mx.pad(x, 1, constant_values=v), [reals(3, 4), reals()]),
    Row("pad-edge", lambda x: mx.pad(x, 2, mode="edge"), X),
    Row("pad-reflect", lambda x: mx.pad(x, 2, mode="reflect"), X, oracle="not compared"),
    Row("pad-symmetric", lambda x: mx.pad(x, 2, mode="symmetric"), X, oracle="not compared"),
    Row("kron", lambda x, y: mx.kron(x, y), [reals(2, 3), reals(2, 1, 2)]),
    Row("diag", lambda x: mx.diag(x, 1), [reals(3)]),
    Row("diag-of-matrix", lambda x: mx.diag(x, -1), X),
    Row("tril", lambda x: mx.tril(x, 1), X),
    Row("triu", lambda x: mx.triu(x, -1), X3),
    Row("diff", lambda x: mx.diff(x, 2, axis=1), X),
    Row("trace", lambda x: mx.trace(x, 1), X),
    Row("zeros_like", lambda x: mx.zeros_like(x) + x, X),
    Row("full_like", lambda x: mx.full_like(x, 2.0) * x, X),
    Row("asarray", lambda x: mx.asarray(x) * x, X),
    Row("stop_gradient", lambda x: mx.stop_gradient(x), X, grad=False, other=XO),
    Row("depends", lambda x, y: mx.depends(x * 2, y), [reals(3, 4), reals(2)]),
    Row("depends-list", lambda x, y: mx.depends([x * 2, y * y], [x]), [reals(3, 4), reals(2)]),
]

INDEXED = [
    Row("take", lambda x: mx.take(x, I, axis=0), X, other=[reals(3, 9)]),
    Row("take-axis-2", lambda x: mx.take(x, J, axis=2), X3, other=[reals(3, 2, 4)]),
    Row("take-flat", lambda x: mx.take(x, mx.array([0, 11, -1, 0])), X),
    Row("take-index", lambda x, i: mx.take(x, i, axis=1), [reals(2, 3, 4), ints(2, 2, low=-3)],
        other=[reals(5, 3, 2), ints(2, 2)]),
    Row("take-scalar-index", lambda x, i: mx.take(x, i, axis=1), [reals(2, 3), ints()]),
    Row("take-rows", lambda x, i: x[i], [reals(3, 2), ints(4)]),
    Row("gather", lambda x, i, j: x[i, j], [reals(3, 4), ints(2, 2), ints(2, low=-3)]),
    Row("gather-slice", lambda x, i, j: x[i, 1:3, j], [reals(3, 4, 3), ints(2), ints(2)]),
    Row("gather-adjacent", lambda x, i, j: x[:, i, j], [reals(2, 3, 4), ints(2), ints(2)]),
    Row("take_along_axis", lambda x, i: mx.take_along_axis(x, i, 1), [reals(3, 4), ints(3, 2, low=-3)],
        other=[reals(2, 4), ints(2, 2)]),
    Row("take_along_axis-broadcast", lambda x, i: mx.take_along_axis(x, i, 0), [reals(3, 4), ints(2, 1)]),
    Row("take_along_axis-flat", lambda x, i: mx.take_along_axis(x, i, None), [reals(3, 4), ints(5, high=12)]),
    Row("put_along_axis", lambda x, i, v: mx.put_along_axis(x, i[:, :2], v, 1),
        [reals(3, 4), rows_of(3, 4), reals(3, 2)]),
    Row("put_along_axis-scalar", lambda x, i, v: mx.put_along_axis(x, i[:, :2], v, 1),
        [reals(3, 4), rows_of(3, 4), reals()]),
    Row("put_along_axis-again", lambda x, i, v: mx.put_along_axis(x, i, v, 1),
        [reals(2, 3), ints(2, 5), reals(2, 5)], oracle=DUPLICATES),
    Row("set-int", put_at(1), [reals(3, 4), reals(4)]),
    Row("set-slice", put_at(slice(None), slice(1, None, 2)), [reals(3, 4), reals(3, 2)],
        other=[reals(5, 4), reals(5, 2)]),
    Row("set-slice-back", put_at(slice(None, None, -2)), [reals(3, 4), reals(2, 4)]),
    Row("set-slice-scalar", put_at(slice(0, 2)), [reals(3, 4), reals()]),
    Row("set-array", put_at(mx.array([2, 0])), [reals(3, 4), reals(2, 4)]),
    Row("set-arrays", put_at(mx.array([2, 0]), mx.array([1, 1])), [reals(3, 4), reals(2)]),
    Row("set-array-again", put_at(mx.array([2, 0, 2])), [reals(3, 4), reals(3, 4)], oracle=DUPLICATES),
    Row("set-array-slice", put_at(mx.array([2, 0]), slice(1, 3)), [reals(3, 4), reals(2, 2)]),
    Row("set-mask", put_at(MASK), [reals(3, 4), reals(5)]),
    Row("set-mask-scalar", put_at(MASK), [reals(3, 4), reals()]),
    Row("set-mask-rows", put_at(mx.array([True, False, True])), [reals(3, 4), reals(2, 4)]),
    Row("set-index-input", lambda x, i, v: put_at(i[:2])(x, v), [reals(3, 4), rows_of(3), reals(2, 4)]),
    Row("set-mask-input", lambda x, m, v: put_at(m)(x, v), [reals(3, 4), bools(3, 4), reals()]),
    Row("at-add", at("add", I), [reals(3, 4), reals(3, 4)]),
    Row("at-subtract", at("subtract", I), [reals(3, 4), reals(3, 4)]),
    Row("at-multiply", at("multiply", I), [reals(3, 4), reals(3, 4)], oracle=REFUSED),
    Row("at-multiply-zero", at("multiply", I), [reals(3, 2), exactly([[0.0, 1.5], [0.0, 2.0], [3.0, 0.0]])],
        second=False, oracle=REFUSED),
    Row("at-divide", at("divide", I), [reals(3, 4), reals(3, 4, lo=1)], oracle=REFUSED),
    Row("at-maximum", at("maximum", I), [distinct(3, 4), distinct(3, 4)]),
    Row("at-minimum", at("minimum", I), [distinct(3, 4), distinct(3, 4)]),
    Row("at-add-arrays", at("add", mx.array([0, 2, 0]), mx.array([1, 1, 1])), [reals(3, 4), reals(3)]),
    Row("at-add-index", lambda x, i, v: x.at[i].add(v), [reals(3, 2), ints(4), reals(4, 2)]),
    Row("at-max-index", lambda x, i, v: x.at[i].maximum(v), [distinct(3, 2), ints(4), distinct(4, 2)]),
    Row("at-add-index-inner", lambda x, i, v: x.at[:, i].add(v), [reals(2, 3), ints(4), reals(2, 4)]),
    Row("at-slice-add", at("add", slice(1, 3)), [reals(3, 4), reals(2, 4)]),
    Row("at-slice-multiply", at("multiply", slice(None), slice(0, 4, 2)), [reals(3, 4), reals(3, 2)],
        other=[reals(6, 4), reals(6, 2)]),
    Row("at-slice-maximum", at("maximum", slice(1, 3)), [distinct(3, 4), distinct(2, 4)]),
    Row("at-slice-minimum", at("minimum", slice(1, 3)), [distinct(3, 4), distinct(2, 4)]),
    Row("at-slice-divide", at("divide", slice(1, 3)), [reals(3, 4), reals(2, 4, lo=1)]),
    Row("at-maximum-ties", at("maximum", I), [exactly([1.0, 2, 3]), exactly([1.0, 5, 5])], smooth=False),
    Row("at-slice-minimum-ties", at("minimum", slice(1, 3)), [exactly([1.0, 2, 3]), exactly([2.0, 5])],
        smooth=False),
    Row("slice-dynamic", lambda x, s: mx.slice(x, s, (0, 1), (2, 2)), [reals(3, 4), ints(2, high=2)],
        other=[reals(5, 6), ints(2, high=2)]),
    Row("slice-dynamic-axis", lambda x, s: mx.slice(x, s, (1,), (3, 2)), [reals(3, 4), ints(1)],
        other=[reals(3, 6), ints(1)]),
    Row("slice_update", lambda x, v, s: mx.slice_update(x, v, s, (0, 1)),
        [reals(3, 4), reals(2, 2), ints(2, high=2)], other=[reals(5, 6), reals(3, 2), ints(2, high=2)]),
    Row("slice_update-axis", lambda x, v, s: mx.slice_update(x, v, s, (1,)), [reals(3, 4), reals(3, 2), ints(1)]),
    Row("searchsorted", lambda x, v: mx.searchsorted(x, v), [sorted_reals(5), reals(2, 3)], grad=False,
        other=[sorted_reals(9), reals(4, 2)]),
    Row("searchsorted-right", lambda x, v: mx.searchsorted(x, v, side="right"),
        [exactly([0, 1, 1, 2, 2, 2, 5]), ints(2, 3)], grad=False),
    Row("searchsorted-left", lambda x, v: mx.searchsorted(x, v), [exactly([0, 1, 1, 2, 2, 2, 5]), ints(2, 3)],
        grad=False),
    Row("searchsorted-nan", lambda x, v: mx.searchsorted(x, v),
        [exactly([0.0, 1.0, float("nan")]), exactly([0.5, float("nan"), 3.0])], grad=False),
    Row("unique", lambda x: mx.unique(x, 4), [distinct(4)]),
    Row("unique-fill", lambda x, v: mx.unique(x, 6, fill_value=v), [distinct(2, 2), reals()],
        oracle="not compared"),
    Row("unique-all", lambda x: mx.unique(x, 6, return_index=True, return_inverse=True, return_counts=True),
        [ints(3, 3, high=4)], grad=False),
    Row("where", lambda m, x, y: mx.where(m, x, y), [bools(3, 1), reals(3, 4), reals(4)],
        other=[bools(5, 1), reals(5, 2), reals(2)]),
]

JOINED = [
    Row("concatenate", lambda x, y: mx.concatenate([x, y, x], axis=1), [reals(3, 2), reals(3, 4)],
        other=[reals(2, 1), reals(2, 5)]),
    Row("concatenate-flat", lambda x, y: mx.concatenate([x, y], axis=None), [reals(3, 2), reals(3)]),
    Row("stack", lambda x, y: mx.stack([x, y], axis=1), [reals(3, 2), reals(3, 2)],
        other=[reals(2, 5), reals(2, 5)]),
]


def reductions(name, f, make=reals, second=True, grad=True, **more):
    return [
        Row(f"{name}", lambda x: f(x), [make(3, 4)], second=second, grad=grad, other=[make(5, 2)], **more),
        Row(f"{name}-axis", lambda x: f(x, axis=1), [make(2, 3, 4)], second=second, grad=grad,
            other=[make(4, 2, 3)], **more),
        Row(f"{name}-axes", lambda x: f(x, axis=(0, 2)), [make(2, 3, 2)], second=second, grad=grad,
            other=[make(4, 2, 3)], **more),
        Row(f"{name}-keepdims", lambda x: f(x, axis=(1, -1), keepdims=True), [make(2, 3, 2)], second=second,
            grad=grad, other=[make(4, 2, 3)], **more),
    ]


REDUCED = [
    *reductions("sum", mx.sum), *reductions("mean", mx.mean), *reductions("prod", mx.prod),
    *reductions("max", mx.max, distinct), *reductions("min", mx.min, distinct),
    *reductions("logsumexp", mx.logsumexp), *reductions("var", mx.var), *reductions("std", mx.std),
    *reductions("all", mx.all, bools, grad=False), *reductions("any", mx.any, bools, grad=False),
    *reductions("count_nonzero", mx.count_nonzero, ints, grad=False),
    *reductions("minmax", mx.minmax, distinct), *reductions("median", mx.median, distinct),
    Row("sum-empty", lambda x: mx.sum(x, axis=()), X),
    Row("var-ddof", lambda x: mx.var(x, axis=1, ddof=1), X),
    Row("prod-zero", lambda x: mx.prod(x, axis=1), [exactly([[0.0, 2, 3], [0, 0, 2], [0, 0, 0], [1, 2, 3]])]),
    Row("prod-zero-all", lambda x: mx.prod(x), [exactly([[0.0, 2, 3], [5, 6, 2]])]),
    Row("max-ties", lambda x: mx.max(x, axis=1), [exactly([[1.0, 3, 3, 2], [5, 5, 5, 5]])], smooth=False),
    Row("min-ties", lambda x: mx.min(x), [exactly([[1.0, 3, 3, 1], [5, 5, 5, 1]])], smooth=False),
    Row("max-windows", lambda x: mx.max(x.reshape(len(x), 3, 2, 9), axis=2), [distinct(2, 6, 9)],
        other=[distinct(3, 6, 9)]),
    Row("min-windows-overlapping",
        lambda x: mx.min(mx.as_strided(x, (2, 3, 3, 8), (56, 16, 8, 1)), axis=2, keepdims=True), [distinct(2, 7, 8)]),
    Row("argmax", lambda x: mx.argmax(x), [distinct(3, 4)], grad=False, other=[distinct(5, 2)]),
    Row("argmax-axis", lambda x: mx.argmax(x, axis=1), [distinct(2, 3, 4)], grad=False, other=[distinct(5, 2, 2)]),
    Row("argmin-keepdims", lambda x: mx.argmin(x, axis=-2, keepdims=True), [distinct(2, 3, 4)], grad=False,
        other=[distinct(5, 2, 2)]),
    Row("softmax", lambda x: mx.softmax(x, axis=-1), X, other=XO),
    Row("softmax-axis", lambda x: mx.softmax(x, axis=0, precise=True), X, other=XO),
    Row("softmax-all", lambda x: mx.softmax(x), X),
    Row("softmax-axes", lambda x: mx.softmax(x, axis=(0, 2)), [reals(2, 2, 3)]),
    Row("logsumexp-infinite", lambda x: mx.logsumexp(x), [exactly([float("-inf"), 1.0, 2.0])], grad=False),
]


def scans(name, f, make=reals, **more):
    return [
        Row(name, lambda x: f(x, axis=1), [make(3, 4)], other=[make(2, 7)], **more),
        Row(f"{name}-reverse", lambda x: f(x, axis=0, reverse=True), [make(5, 2)], **more),
        Row(f"{name}-exclusive", lambda x: finite(f(x, axis=1, inclusive=False)), [make(2, 5)], **more),
        Row(f"{name}-both", lambda x: finite(f(x, axis=1, inclusive=False, reverse=True)), [make(2, 3, 2)],
            **more),
        Row(f"{name}-flat", lambda x: f(x), [make(2, 3)], **more),
    ]


SCANNED = [
    *scans("cumsum", mx.cumsum), *scans("cumprod", mx.cumprod),
    *scans("cummax", mx.cummax, distinct), *scans("cummin", mx.cummin, distinct),
    *scans("logcumsumexp", mx.logcumsumexp),
    Row("cummax-ties", lambda x: mx.cummax(x), [exactly([1.0, 3, 3, 2, 3, 4])], smooth=False),
    Row("cummin-ties", lambda x: mx.cummin(x, reverse=True), [exactly([1.0, 3, 3, 2, 2, 4])], smooth=False),
    Row("cumprod-zero", lambda x: mx.cumprod(x, axis=1),
        [exactly([[1.0, 0, 3, 2, 0, 4], [0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 5, 6]])]),
    Row("cumprod-zero-reverse", lambda x: mx.cumprod(x, axis=1, reverse=True),
        [exactly([[1.0, 0, 3, 2, 0, 4], [0, 0, 1, 2, 3, 4]])]),
    Row("logcumsumexp-wide", lambda x: mx.logcumsumexp(x), [exactly([-300.0, 10, 250, 251, -100, 251])]),
]

ORDERED = [
    Row("sort", lambda x: mx.sort(x, axis=-1), [distinct(3, 4)], other=[distinct(2, 6)]),
    Row("sort-axis", lambda x: mx.sort(x, axis=0), [distinct(3, 4)], other=[distinct(2, 6)]),
    Row("sort-flat", lambda x: mx.sort(x, axis=None), [distinct(3, 4)]),
    Row("partition", lambda x: mx.partition(x, 2, axis=1), [distinct(3, 5)], other=[distinct(2, 6)],
        oracle="the order is not promised"),
    Row("partition-at", lambda x: mx.partition(x, 2, axis=1)[:, 2], [distinct(3, 5)]),
    Row("topk", lambda x: mx.topk(x, 2, axis=0), [distinct(5, 2)]),
    Row("argsort", lambda x: mx.argsort(x, axis=0), [distinct(3, 4)], grad=False, other=[distinct(2, 6)]),
    Row("argpartition", lambda x: mx.take_along_axis(x, mx.argpartition(x, 0, axis=1), 1)[:, 0], [distinct(3, 4)]),
]

RANDOM = [
    Row("random.split", lambda k: mx.random.split(k, 3), [keys()], grad=False),
    Row("random.randint", lambda k: mx.random.randint(0, 1000, (3, 5), key=k), [keys()], grad=False),
    Row("random.uniform", lambda k, low: mx.random.uniform(low, 3.0, (2, 3), key=k), [keys(), reals(3)],
        f64=False),
    Row("random.normal", lambda k: mx.random.normal((3, 3), key=k), [keys()], grad=False),
    Row("random.normal-half", lambda k: mx.random.normal((3, 3), dtype=mx.float16, key=k), [keys()], grad=False),
    Row("random.gumbel", lambda k: mx.random.gumbel((7,), key=k), [keys()], grad=False),
    Row("random.laplace", lambda k: mx.random.laplace((2, 2), key=k), [keys()], grad=False),
    Row("random.truncated_normal", lambda k, a: mx.random.truncated_normal(a, 2.0, (4,), key=k),
        [keys(), reals(lo=-1, hi=0)], grad=False),
    Row("random.bernoulli", lambda k, p: mx.random.bernoulli(p, (4, 2), key=k), [keys(), reals(2, lo=0, hi=1)],
        grad=False),
    Row("random.categorical", lambda k, x: mx.random.categorical(x, key=k), [keys(), reals(4, 5)], grad=False),
    Row("random.categorical-draws", lambda k, x: mx.random.categorical(x, num_samples=6, key=k),
        [keys(), reals(5)], grad=False),
    Row("random.permutation", lambda k, x: mx.random.permutation(x, key=k), [keys(), reals(5, 2)], grad=False),
    Row("random.uniform-two-keys", lambda k: mx.random.uniform(key=mx.random.split(k)[1], shape=(2,)), [keys()],
        grad=False),
]

CHAINS = [
    Row("attention", lambda q, k, v: mx.softmax(q @ k.T / 2, axis=-1) @ v,
        [reals(3, 4), reals(5, 4), reals(5, 2)]),
    Row("layer-norm", lambda x, w: (x - x.mean(-1, keepdims=True)) * mx.rsqrt(x.var(-1, keepdims=True) + 1e-3) * w,
        [reals(3, 4), reals(4)]),
    Row("log-softmax-pick", lambda x,
        i: mx.take_along_axis(x - mx.logsumexp(x, axis=-1, keepdims=True), i[:, None], 1), [reals(3, 4), ints(3)]),
    Row("embedding", lambda w, i: mx.tanh(w[i]).sum(1), [reals(5, 2), ints(3, 4, high=5)]),
    Row("windows", lambda x: mx.as_strided(x, (3, 2), (1, 1)).prod(1), [reals(4)]),
]

ABSENT = "newer than real MLX"


def parts(y):
    return mx.real(y), mx.imag(y)


COMPOSITES = [
    Row("atleast_1d", lambda x: mx.atleast_1d(x), [reals()]),
    Row("concat", lambda x, y: mx.concat([x, y]), [reals(3, 2), reals(1, 2)]),
    Row("cumulative_sum", lambda x: mx.cumulative_sum(x, axis=0), X),
    Row("cumulative_prod", lambda x: mx.cumulative_prod(x, axis=0), X),
    Row("full", lambda v: mx.full((3, 4), v), [reals(4)], oracle="real MLX multiplies the gradient by the value"),
    Row("ones_like", lambda x: mx.ones_like(x) * x, X, other=XO),
    Row("empty_like", lambda x: mx.empty_like(x).shape[0] * x, X),
    Row("tri", lambda x: mx.tri(3, 4) * x, X),
    Row("eye", lambda x: mx.eye(3, 4, 1) * x, X),
    Row("vecdot", lambda x, y: mx.vecdot(x, y), [reals(3, 4), reals(3, 4)], oracle=ABSENT),
    Row("linalg.vecdot", lambda x, y: mx.linalg.vecdot(x, y, axis=0), [reals(3, 4), reals(3, 4)], oracle=ABSENT),
    Row("linalg.vector_norm", lambda x: mx.linalg.vector_norm(x, axis=1), X, oracle=ABSENT),
    Row("matrix_norm", lambda x: mx.matrix_norm(x), X, oracle=ABSENT),
    Row("linalg.matrix_norm", lambda x: mx.linalg.matrix_norm(x), X, oracle=ABSENT),
    Row("linalg.matrix_power", lambda x: mx.linalg.matrix_power(x, 3), [reals(3, 3)], f64=False, oracle=ABSENT),
    Row("isin", lambda x, y: mx.isin(x, y), [ints(3, 4), ints(2)], grad=False),
    Row("fft.fftshift", lambda x: mx.fft.fftshift(x), X),
    Row("fft.ifftshift", lambda x: mx.fft.ifftshift(x, axes=[1]), X),
    Row("random.multivariate_normal", lambda k, m: mx.random.multivariate_normal(m, mx.eye(2), key=k),
        [keys(), reals(2)], f64=False, second=False, oracle="draws differ"),
]

COMPOSITES += [
    Row(f"fft.{name}", lambda x, name=name: parts(getattr(mx.fft, name)(x)), [reals(*shape)], f64=False,
        second=False)
    for name, shape in (("fftn", (2, 3, 4)), ("ifftn", (2, 3)), ("ifft2", (2, 3)), ("rfftn", (3, 4)))
] + [
    Row("fft.irfft2", lambda x: mx.fft.irfft2(x.astype(mx.complex64)), [reals(3, 3)], f64=False, second=False),
    Row("fft.hfft", lambda x: mx.fft.hfft(x.astype(mx.complex64)), [reals(2, 4)], f64=False, second=False,
        oracle=ABSENT),
    Row("fft.ihfft", lambda x: parts(mx.fft.ihfft(x)), [reals(2, 6)], f64=False, second=False, oracle=ABSENT),
    Row("fft.istft", lambda x: mx.fft.istft(mx.fft.stft(x, n_fft=4), n_fft=4), [reals(12)], f64=False,
        second=False, oracle=ABSENT),
    Row("linalg.svdvals", lambda x: mx.linalg.svdvals(x), [reals(3, 2)], f64=False, tol=5e-2, second=False,
        oracle=ABSENT),
    Row("linalg.matrix_rank", lambda x: mx.linalg.matrix_rank(x), [reals(3, 2)], grad=False),
    Row("to_fp8", lambda x: mx.to_fp8(x), X, grad=False),
    Row("from_fp8", lambda x: mx.from_fp8(x, mx.float32),
        [lambda rng: rng.integers(0, 120, (3, 4)).astype("uint8")], grad=False),
    Row("quantize", lambda x: mx.quantize(x, group_size=32), [reals(2, 64)], grad=False),
    Row("conv_transpose3d", lambda x, w: mx.conv_transpose3d(x, w, stride=2),
        [reals(1, 2, 2, 2, 1), reals(1, 2, 1, 2, 1)]),
]

ROWS = COMPOSITES + VIEWS + INDEXED + JOINED + REDUCED + SCANNED + ORDERED + RANDOM + CHAINS
