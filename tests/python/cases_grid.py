"""Recorded expressions over the grid: every function, its dtypes, and inputs that are 0-d, empty,
strided, broadcast and large. Families as in cases.py; the names are those of cases_values.namespace."""

import itertools

from cases_names import BINARY, REDUCTIONS, SCANS, UNARY
from cases_values import DTYPES, FLOATS, INTS, LAYOUTS, REALS

each = itertools.product
MORE_UNARY = """acos acosh asin asinh atan atanh conj bitwise_invert""".split()
ALIASES = """atan2 pow bitwise_left_shift bitwise_right_shift divmod""".split()
LARGE = "(3, 20011)"


def grid_unary():
    for name, dtype in each(UNARY, DTYPES):
        yield f"mx.{name}(E('{dtype}'))"
        yield f"mx.{name}(R('{dtype}', ()))"
        for layout in LAYOUTS[1:]:
            yield f"mx.{name}(R('{dtype}', (4, 9), '{layout}'))"
    for name, dtype in each(MORE_UNARY, DTYPES):
        yield f"mx.{name}(R('{dtype}'))"
    for name, dtype in each(UNARY, ["float32", "float16", "complex64", "int32"]):
        yield f"mx.{name}(A('{dtype}', (3, 0, 2)))"
        yield f"mx.{name}(R('{dtype}', {LARGE}, lo=-9, hi=9))"
    for name in UNARY:
        for lo, hi in [(0, 1), (-1e-3, 1e-3), (20, 90), (-500, 500), (1e5, 1e6)]:
            yield f"mx.{name}(R('float32', (700,), lo={lo}, hi={hi}))"
    for dtype, layout in each(DTYPES, LAYOUTS):
        yield f"mx.round(R('{dtype}', (4, 9), '{layout}', lo=-90, hi=90), {len(layout) - 1})"
        yield f"mx.nan_to_num(E('{dtype}'), 1.5, 2.0, -3.0)"
    for dtype, to in each(DTYPES, DTYPES):
        yield f"R('{dtype}', (5, 7), 'T', lo=-90, hi=90).astype(mx.{to})"
        yield f"mx.astype(R('{dtype}', (1000,), 's', lo=0, hi=90), mx.{to})"
        yield f"mx.view(R('{dtype}', (3, 8)), mx.{to})"


def grid_binary():
    for dtype in INTS:
        yield f"mx.divmod(*pairs('{dtype}', True))"
        yield f"mx.divmod(R('{dtype}', (4, 9), lo=-9, hi=9), R('{dtype}', (4, 9), 'T', 1, lo=1, hi=5))"
        yield f"mx.divmod(R('{dtype}', {LARGE}, lo=-9, hi=9), R('{dtype}', (1,), lo=2, hi=5))"
    for name, dtype in each(BINARY + ALIASES, DTYPES):
        if name == "divmod" and dtype in INTS:
            continue
        low = 0 if "shift" in name else -9
        base = f"R('{dtype}', (4, 9), lo={low}, hi=9)"
        if "shift" not in name:
            trap = name in ("floor_divide", "remainder") and dtype in ("int32", "int64")
            yield f"mx.{name}(*pairs('{dtype}'{', True' if trap else ''}))"
        for layout in LAYOUTS[1:]:
            yield f"mx.{name}({base}, R('{dtype}', (4, 9), '{layout}', seed=1, lo={low}, hi=7))"
        yield f"mx.{name}(R('{dtype}', (4, 1), 's', lo={low}), R('{dtype}', (9,), seed=3, lo={low}, hi=5))"
        yield f"mx.{name}({base}, R('{dtype}', (), seed=5, lo=1, hi=5))"
        yield f"mx.{name}(R('{dtype}', (), seed=5, lo=1, hi=5), {base})"
        yield f"mx.{name}(A('{dtype}', (0, 3)), A('{dtype}', (3,)))"
    for name, dtype in each(BINARY, ["float32", "bfloat16", "int32", "uint8", "int64", "float64"]):
        low = 0 if "shift" in name else -9
        yield f"mx.{name}(R('{dtype}', {LARGE}, lo={low}, hi=9), R('{dtype}', {LARGE}, 'T', 1, lo={low}, hi=7))"
    for dtype, layout in each(DTYPES, LAYOUTS):
        yield f"mx.where(R('bool_', (4, 9), '{layout}'), R('{dtype}', (4, 9)), R('{dtype}', (4, 9), '{layout}', 1))"
        yield f"mx.where(R('bool_', (4, 1)), R('{dtype}', (9,)), 1)"
        yield f"mx.clip(R('{dtype}', (4, 9), '{layout}', lo=-9, hi=9), 1, 3)"
        yield f"mx.clip(R('{dtype}', (4, 9), lo=-9, hi=9), R('{dtype}', (9,), '{layout[:0]}'), None)"
        yield f"mx.isclose(R('{dtype}', (4, 9), '{layout}'), R('{dtype}', (4, 9)), equal_nan=True)"
    for dtype in DTYPES:
        yield f"mx.isclose(*pairs('{dtype}'))"
        yield f"mx.isclose(*pairs('{dtype}'), equal_nan=True)"
        yield f"mx.allclose(E('{dtype}'), E('{dtype}'))"
        yield f"mx.allclose(E('{dtype}'), E('{dtype}'), equal_nan=True)"
        yield f"mx.array_equal(E('{dtype}'), E('{dtype}'))"
        yield f"mx.array_equal(E('{dtype}'), E('{dtype}'), equal_nan=True)"


def grid_reduce():
    for name, dtype in each(REDUCTIONS, DTYPES):
        for layout, axis in each(LAYOUTS, ["0", "1"]):
            yield f"mx.{name}(R('{dtype}', (6, 11), '{layout}'), axis={axis})"
        yield f"mx.{name}(R('{dtype}', ()))"
        yield f"mx.{name}(R('{dtype}', (5, 6, 7)), axis=1, keepdims=True)"
        yield f"mx.{name}(A('{dtype}', (0, 3)))"
        yield f"mx.{name}(A('{dtype}', (3, 0)), axis=0)"
        yield f"mx.{name}(E('{dtype}'))"
        yield f"R('{dtype}', (5, 6)).{name}(axis=-1)" if name != "median" else f"mx.median(E('{dtype}'))"
    for name, dtype in each(REDUCTIONS, ["float32", "float16", "bfloat16", "int32", "int8", "bool_", "uint64",
                                         "float64",
                                         "complex64"]):
        if name in ("prod", "median"):
            continue
        for axis in ["None", "0", "1"]:
            yield f"mx.{name}(R('{dtype}', (300, 257)), axis={axis})"
        yield f"mx.{name}(R('{dtype}', (20, 30, 40), 'T'), axis=1)"
    for name in [n for n in REDUCTIONS if not n.startswith("arg")]:
        for axis, dtype in each(["(0, 2)", "(1, 2)", "(0, 1, 2)", "()"], ["float32", "int16", "bool_", "bfloat16"]):
            yield f"mx.{name}(R('{dtype}', (5, 6, 7), 'T'), axis={axis})"
    for dtype in DTYPES:
        for ddof in ("1", "2", "5", "9"):
            yield f"mx.var(R('{dtype}', (5, 6)), axis=0, ddof={ddof})"
            yield f"mx.std(R('{dtype}', (5, 6)), axis=0, ddof={ddof})"
        yield f"mx.minmax(R('{dtype}', (6, 7), 'T'), axis=1, keepdims=True)"
        yield f"mx.count_nonzero(R('{dtype}', (6, 7), 's'), axis=1)"
        yield f"mx.count_nonzero(R('{dtype}', (6, 7)), keepdims=True)"
        for layout in LAYOUTS:
            yield f"mx.softmax(R('{dtype}', (6, 7), '{layout}'), axis=-1)"
            yield f"mx.softmax(R('{dtype}', (6, 7), '{layout}'), axis=0, precise=True)"
        yield f"mx.softmax(R('{dtype}', (6, 4, 5)), axis=(0, 2))"
        yield f"mx.softmax(R('{dtype}', (3, 2000)), axis=-1)"
        yield f"mx.trace(R('{dtype}', (6, 7)))"
        yield f"mx.trace(R('{dtype}', (6, 7, 3)), 1, 0, 2)"


def grid_scan():
    for name, dtype in each(SCANS, DTYPES):
        for layout, axis in each(LAYOUTS, ["0", "1"]):
            yield f"mx.{name}(R('{dtype}', (6, 11), '{layout}'), axis={axis})"
        for how in ["reverse=True", "inclusive=False", "reverse=True, inclusive=False"]:
            yield f"mx.{name}(R('{dtype}', (4, 7)), axis=0, {how})"
            yield f"mx.{name}(R('{dtype}', (4, 7), 's'), axis=1, {how})"
        yield f"mx.{name}(R('{dtype}', ()), axis=0)"
        yield f"mx.{name}(R('{dtype}', ()))"
        yield f"mx.{name}(A('{dtype}', (0, 3)), axis=0)"
        yield f"mx.{name}(A('{dtype}', (3, 0)), axis=0)"
        yield f"mx.{name}(E('{dtype}'))"
    for name, dtype in each(SCANS, ["float32", "int32", "int8", "bfloat16"]):
        yield f"mx.{name}(R('{dtype}', (3, 3001)), axis=1)"
        yield f"mx.{name}(R('{dtype}', (3001, 5), lo=0, hi=1), axis=0)"
    for name, dtype in each(["cumsum", "cumprod", "cumulative_sum", "cumulative_prod"], DTYPES):
        yield f"mx.{name}(R('int8', (4, 5)), axis=1, dtype=mx.{dtype})"


def grid_sort():
    for name, dtype in each(["sort", "argsort"], DTYPES):
        for layout, axis in each(LAYOUTS, ["0", "-1", "None"]):
            yield f"mx.{name}(R('{dtype}', (5, 9), '{layout}', lo=-5, hi=5), axis={axis})"
        yield f"mx.{name}(E('{dtype}'))"
        yield f"mx.{name}(R('{dtype}', ()))"
        yield f"mx.{name}(A('{dtype}', (0, 3)))"
        yield f"mx.{name}(A('{dtype}', (3, 0)), axis=0)"
        yield f"mx.{name}(R('{dtype}', (2, 5001), lo=-1000, hi=1000))"
    for dtype in DTYPES:
        x = f"R('{dtype}', (4, 20), lo=-50, hi=50)"
        for k in ("0", "3", "19", "-1", "20"):
            yield f"mx.sort(mx.topk({x}, {k}))"
            yield f"mx.take(mx.partition({x}, {k}), {k} % 20, axis=1)"
            yield f"mx.take_along_axis({x}, mx.argpartition({x}, {k}), axis=1)[:, {k} % 20]"
        yield f"mx.searchsorted(mx.sort(R('{dtype}', (20,), lo=-9, hi=9)), R('{dtype}', (3, 7), 'T', 1, lo=-12, hi=12))"
        yield f"mx.searchsorted(mx.sort(R('{dtype}', (20,))), R('{dtype}', (), seed=1), side='right')"
        yield f"mx.searchsorted(A('{dtype}', (0,)), R('{dtype}', (4,)))"
        yield f"mx.unique(R('{dtype}', (30,), lo=-4, hi=4), 12)"
        yield f"mx.unique(R('{dtype}', (30,), lo=-4, hi=4), 4, True, True, True)"
        yield f"mx.unique(R('{dtype}', (3, 10), 'T', lo=-4, hi=4), 40, True, True, True, fill_value=3)"
        for layout in LAYOUTS:
            yield f"mx.median(R('{dtype}', (5, 8), '{layout}'), axis=1)"
    yield "mx.searchsorted(A('int32', (2, 3)), I(1))"
    yield "mx.searchsorted(A('int32', (3,)), I(1), side='up')"


SHAPES = """reshape(%s, (4, 18)) reshape(%s, (-1,)) flatten(%s) flatten(%s,1,2) unflatten(%s,1,(2,3)) expand_dims(%s,(0,2))
    transpose(%s) transpose(%s,(2,0,1)) swapaxes(%s,0,2) moveaxis(%s,2,0) matrix_transpose(%s) diagonal(%s,1,1,2) diagonal(%s)
    tril(%s) triu(%s,-1) flip(%s) flip(%s,1) flip(%s,(0,2)) roll(%s,2) roll(%s,(1,-2),(0,1)) repeat(%s,2) repeat(%s,3,axis=1)
    tile(%s,2) tile(%s,(2,1,1,2)) split(%s,2,axis=2) split(%s,[1,4],axis=1) unstack(%s,axis=1) pad(%s,1) pad(%s,((0,1),(2,0),(1,1)))
    pad(%s,2,mode='edge') pad(%s,2,mode='reflect') pad(%s,2,mode='symmetric') diff(%s) diff(%s,n=2,axis=1) contiguous(%s)
    contiguous(%s,True) kron(%s[0],%s[1]) meshgrid(%s[0,0],%s[0,1]) broadcast_to(%s,(2,3,6,4)) broadcast_arrays(%s,%s[0])
    stack([%s,%s],axis=1) concatenate([%s,%s[:,::2]],axis=1) concat([%s,%s]) as_strided(%s,(3,4),(5,2),1) diag(%s[0,0])
    diag(%s[0],1) atleast_1d(%s,%s[0,0,0]) atleast_3d(%s[0,0]) squeeze(%s[:,:1]) ones_like(%s) zeros_like(%s)
    full_like(%s,2) stop_gradient(%s) real(%s) imag(%s) permute_dims(%s,(1,0,2)) atleast_2d(%s[0,0],%s)""".split()
SHAPES = [s for s in " ".join(SHAPES).replace(", ", ",").split(" ") if s]


def grid_shape():
    for call, dtype in each(SHAPES, DTYPES):
        yield "mx." + call.replace("%s", f"R('{dtype}', (3, 6, 4), lo=-60, hi=60)")
    for call, layout in each(SHAPES, LAYOUTS[1:]):
        yield "mx." + call.replace("%s", f"R('int16', (3, 6, 4), '{layout}', lo=-6000, hi=6000)")
    for call in SHAPES:
        if not call.startswith("as_strided"):  # unchecked in MLX
            yield "mx." + call.replace("%s", "A('float32', (3, 0, 4))")
            yield "mx." + call.replace("%s", "R('float32', ())")
        yield "mx." + call.replace("%s", "R('float32', (30, 60, 40))")
    yield "mx.empty((2, 3)).shape"
    yield "mx.empty_like(A('int8')).dtype"
    yield "mx.concatenate([A('int8'), A('float16'), A('bool_')])"
    yield "mx.stack([A('int8'), A('uint8')])"


READS = """0 -1 (0,1) (0,1,2) ... None (...,None) slice(1,None) slice(None,None,-1) slice(None,None,2) (slice(None),0)
    (slice(None),slice(4,1,-2)) (slice(1,None),None,slice(None,None,2)) I(0,2,1) (I(0,1),I(1,2)) (I(0),slice(None),I(1,2))
    (slice(None),I(0,2)) (slice(None),I(0,5),I(1,3)) (I(0,1),slice(1,3)) (1,slice(None),I(0,1)) (I(0,1),None,I(1,2))
    (I(-1),I(-2),I(-3)) mx.array([[0,1],[2,0]]) (slice(None,None,-1),I(0,1)) U(0,2) (slice(None),slice(None),I(0,3)[:,None])
    (slice(0,0),I(0)) mx.array([],mx.int32) (slice(None),[0,5,1]) mx.array([1,2],mx.int64) mx.array([2],mx.uint8)""".split()


def grid_index():
    for i, dtype in each(READS, DTYPES):
        yield f"R('{dtype}', (3, 6, 4))[{i}]"
    for i, layout in each(READS, LAYOUTS[1:]):
        yield f"R('int16', (3, 6, 4), '{layout}', lo=-6000, hi=6000)[{i}]"
    for i, dtype in each(READS[:-3], ["float32", "int8", "bfloat16", "complex64", "uint64"]):
        yield f"do('x = R(\"{dtype}\", (3, 6, 4)); x[{i}] = 3')"
        yield f"do('x = R(\"{dtype}\", (3, 6, 4), \"T\"); x[{i}] = x[{i}] + 1')"
        for op in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
            yield f"R('{dtype}', (3, 6, 4)).at[{i}].{op}(2)"
    for dtype in DTYPES:
        for op in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
            yield f"R('{dtype}', (6, 4), lo=1, hi=5).at[I(0, 0, 5, 0)].{op}(R('{dtype}', (4, 4), lo=1, hi=3))"
            yield f"R('{dtype}', (6, 4), 'T', lo=1, hi=5).at[:, I(0, 0, 3)].{op}(2)"
        x = f"R('{dtype}', (3, 6, 4), lo=-60, hi=60)"
        for layout in LAYOUTS:
            y = f"R('{dtype}', (3, 6, 4), '{layout}', lo=-60, hi=60)"
            yield f"mx.take({y}, I(3, 0, 71, -1))"
            yield f"mx.take({y}, mx.array([[0, 5], [2, -6]]), axis=1)"
            yield f"mx.take_along_axis({y}, R('int32', (3, 6, 2), '{layout}', lo=-4, hi=3), axis=2)"
            yield f"mx.take_along_axis({y}, R('uint32', (1, 3, 4), lo=0, hi=5), axis=1)"
            yield f"mx.put_along_axis({y}, mx.broadcast_to(I(3, 1, 2, 5)[None, :, None], (3, 4, 4)), {y}[:, 1:5], axis=1)"
        yield f"mx.slice({x}, I(1, 2), (0, 1), (2, 3, 4))"
        yield f"mx.slice_update({x}, R('{dtype}', (2, 3, 4), seed=9), I(1, 2), (0, 1))"
        yield f"mx.slice_update({x}, mx.zeros((1, 1, 1)), U(2, 3), (0, 2))"
        yield f"do('x = {x}; x[R(\"bool_\", (3, 6, 4), seed=4)] = 7')".replace("'" + dtype + "'", f'"{dtype}"')
        yield f"do('x = R(\"{dtype}\", (6, 4)); x[mx.array([True, False] * 3)] = R(\"{dtype}\", (3, 4), seed=8)')"
    yield "R('float32', (200, 300))[R('int32', (1000,), lo=0, hi=199)]"
    yield "R('float32', (200, 300))[:, R('int32', (1000,), lo=0, hi=299)]"
    yield "R('float32', (200, 300)).at[R('int32', (1000,), lo=0, hi=199)].maximum(R('float32', (1000, 300), seed=2))"
    yield "R('int32', (200, 300)).at[R('int32', (1000,), lo=0, hi=199)].add(R('int32', (1000, 300), seed=2))"


def pairs_of(shape_a, shape_b, dtypes, call):
    for dtype, la, lb in each(dtypes, LAYOUTS[:4], ["", "T", "s"]):
        yield call % (f"R('{dtype}', {shape_a}, '{la}')", f"R('{dtype}', {shape_b}, '{lb}', 1)")


def grid_matmul():
    kinds = REALS + ["complex64"]
    for a, b in [("(5, 7)", "(7, 3)"), ("(2, 5, 7)", "(7, 3)"), ("(3, 1, 5, 7)", "(2, 7, 4)"), ("(4, 1, 65)",
        "(65, 33)")]:
        yield from pairs_of(a, b, kinds, "mx.matmul(%s, %s)")
    yield from pairs_of("(7, 3)", "(4, 3)", kinds, "mx.inner(%s, %s)")
    yield from pairs_of("(3, 4)", "(2, 5)", DTYPES, "mx.outer(%s, %s)")
    yield from pairs_of("(3, 4, 5)", "(4, 5, 2)", kinds, "mx.tensordot(%s, %s)")
    yield from pairs_of("(3, 4)", "(2, 3)", DTYPES, "mx.kron(%s, %s)")
    for dtype in DTYPES:
        yield f"mx.matmul(R('{dtype}', (3, 4)), R('{dtype}', (4, 2)))"
        yield f"R('{dtype}', (3, 4)) @ R('float32', (4, 2))"
        yield f"mx.inner(R('{dtype}', (4,)), R('{dtype}', (4,)))"
        yield f"mx.tensordot(R('{dtype}', (3, 4)), R('{dtype}', (4, 3)), 1)"
        yield f"mx.vecdot(R('{dtype}', (3, 4)), R('{dtype}', (3, 4), 'T', 1))"
        yield f"mx.vecdot(R('{dtype}', (3, 4)), R('{dtype}', (3, 1), seed=1), axis=0)"
        yield f"mx.einsum('ij,jk->ki', R('{dtype}', (3, 4)), R('{dtype}', (4, 5)))"
    for dtype in kinds:
        for a, b in [("()", "(3,)"), ("(3,)", "(3,)"), ("(3,)", "(3, 2)"), ("(2, 3)", "(3,)"), ("(0, 3)", "(3, 2)"),
                     ("(2, 0)", "(0, 3)"), ("(2, 3)", "(4, 2)"), ("(2, 2, 3)", "(3, 3, 2)"), ("(1, 300)", "(300, 400)"),
                     ("(130, 70)", "(70, 90)"), ("(33, 1)", "(1, 47)"), ("(0,)", "(0,)")]:
            yield f"mx.matmul(R('{dtype}', {a}), R('{dtype}', {b}, seed=1))"
        for c in ["(5, 3)", "(3,)", "()", "(1, 3)", "(5, 2)"]:
            yield f"mx.addmm(R('{dtype}', {c}), R('{dtype}', (5, 7)), R('{dtype}', (7, 3), 'T'), 0.5, 2.0)"
        yield f"mx.addmm(R('{dtype}', (2, 5, 3)), R('{dtype}', (2, 5, 7), 'T'), R('{dtype}', (7, 3)))"
        for n in (1, 2, 16, 64, 12, 20, 28, 24, 40, 80, 448, 3):
            yield f"mx.hadamard_transform(R('{dtype}', (3, {n})))"
        yield f"mx.hadamard_transform(R('{dtype}', (3, 8), 's'), scale=2.0)"
        for e in ["ij->ji", "ii->i", "ii", "ij->", "ij->j", "ij,ij->ij", "ij,ji", "ij,jk,kl->il", "i,j->ij",
                  "...ij->...ji",
                  "ij,kj->ik", "ijk,kl", "bij,bjk->bik"]:
            ops = [f"R('{dtype}', {(4,) * len(t.replace('...', 'zz')) }, seed={i})" for i, t in
                   enumerate(e.split("->")[0].split(","))]
            yield f"mx.einsum('{e}', {', '.join(ops)})"
        yield f"mx.gather_mm(R('{dtype}', (3, 2, 4)), R('{dtype}', (5, 4, 3)), rhs_indices=U(4, 0, 2))"
        yield f"mx.gather_mm(R('{dtype}', (3, 2, 4)), R('{dtype}', (5, 4, 3)), U(2, 2, 0, 1), U(4, 0, 2, 2))"
        yield f"mx.gather_mm(R('{dtype}', (3, 2, 4)), R('{dtype}', (5, 4, 3), 'T'), mx.array([[0], [2]], mx.uint32), U(0, 1, 1), sorted_indices=True)"
        yield f"mx.segmented_mm(R('{dtype}', (3, 8)), R('{dtype}', (8, 4)), mx.array([[0, 2], [2, 7], [7, 8]], mx.uint32))"
        for mask in ["mask_out=mx.array([[True, False], [False, True]])",
                     "mask_lhs=mx.array([[True, False], [True, True]])",
                     f"mask_rhs=R('{dtype}', (2, 2))", "mask_lhs=mx.zeros((2, 2))"]:
            yield f"mx.block_masked_mm(R('{dtype}', (64, 64)), R('{dtype}', (64, 64), 'T', 1), 32, {mask})"
    yield "mx.einsum_path('ij,jk,kl->il', R('float32', (2, 3)), R('float32', (3, 4)), R('float32', (4, 5)))"
    yield "mx.einsum('ij,jk', R('float32', (2, 3)), R('float32', (4, 4)))"
    yield "mx.einsum('ij->z', R('float32', (2, 3)))"
    yield "mx.einsum('ij', R('float32', (2,)))"
    for a, b in each(REALS + ["complex64"], REALS + ["int32"]):
        yield f"mx.matmul(R('{a}', (3, 4)), R('{b}', (4, 2)))"


def grid_conv():
    for dtype in DTYPES:
        yield f"mx.conv1d(R('{dtype}', (2, 9, 4)), R('{dtype}', (6, 3, 4)))"
        yield f"mx.convolve(R('{dtype}', (9,)), R('{dtype}', (4,)))"
    options = ["", "2", "1, 1", "2, 2, 2", "1, 0, 1, 2"]
    for dtype, o in each(FLOATS, options):
        c = 2 if o.endswith("2") and o.count(",") == 3 else 4
        for layout in ("", "T", "s"):
            yield f"mx.conv1d(R('{dtype}', (2, 11, 4), '{layout}'), R('{dtype}', (6, 3, {c}), '{layout}', 1), {o})"
            yield f"mx.conv2d(R('{dtype}', (2, 9, 8, 4), '{layout}'), R('{dtype}', (6, 3, 2, {c}), '{layout}', 1), {o})"
        yield f"mx.conv3d(R('{dtype}', (2, 6, 5, 7, 4)), R('{dtype}', (6, 3, 2, 2, {c})), {o})"
    for dtype, o in each(FLOATS, ["", "2", "2, 1", "2, 1, 1, 1", "1, 0, 2"]):
        yield f"mx.conv_transpose1d(R('{dtype}', (2, 6, 4)), R('{dtype}', (6, 3, 4)), {o})"
        yield f"mx.conv_transpose2d(R('{dtype}', (2, 6, 5, 4)), R('{dtype}', (6, 3, 2, 4)), {o})"
        yield f"mx.conv_transpose3d(R('{dtype}', (1, 3, 4, 3, 2)), R('{dtype}', (3, 2, 2, 3, 2)), {o})"
    for o in ["stride=2, padding=1", "padding=([1, 0], [0, 2])", "input_dilation=2",
              "kernel_dilation=(1, 2), flip=True",
              "groups=2, flip=True", "stride=(2, 1), padding=[1, 2], input_dilation=(1, 2)"]:
        c = 2 if "groups" in o else 4
        yield f"mx.conv_general(R('float32', (2, 7, 6, 4)), R('float32', (6, 3, 2, {c})), {o})"
        yield f"mx.conv_general(R('float16', (2, 7, 6, 4), 'T'), R('float16', (6, 3, 2, {c})), {o})"
    for mode, dtype in each(["full", "same", "valid", "foo"], ["float32", "bfloat16"]):
        for n, m in [(9, 4), (4, 9), (1, 1), (5, 5)]:
            yield f"mx.convolve(R('{dtype}', ({n},)), R('{dtype}', ({m},)), '{mode}')"
    for x, w, o in [("(2, 9, 4)", "(6, 3, 3)", ""), ("(9, 4)", "(6, 3, 4)", ""), ("(2, 2, 4)", "(6, 3, 4)", ""),
                    ("(2, 9, 4)", "(6, 3, 2)", "groups=3"), ("(0, 9, 4)", "(6, 3, 4)", ""), ("(2, 9, 4)", "(6, 3, 4)",
                        "stride=0"),
                    ("(2, 9, 4)", "(5, 3, 2)", "groups=2")]:
        if "stride=0" in o:
            continue
        yield f"mx.conv1d(R('float32', {x}), R('float32', {w}), {o})"
    yield "mx.conv2d(R('float32', (1, 40, 40, 16)), R('float32', (32, 3, 3, 16)), padding=1)"
    yield "mx.conv2d(R('float32', (1, 40, 40, 16)), R('float32', (16, 3, 3, 1)), padding=1, groups=16)"


def grid_quant():
    for bits, group, dtype in each([1, 2, 3, 4, 5, 6, 8], [32, 64, 128], FLOATS):
        how = f"group_size={group}, bits={bits}"
        w = f"R('{dtype}', (8, 256))"
        yield f"mx.quantize({w}, {how})"
        yield f"mx.dequantize(*mx.quantize({w}, {how}), {how})"
        if bits > 1:
            yield f"mx.quantized_matmul(R('{dtype}', (3, 256), seed=1), *mx.quantize({w}, {how}), {how})"
            yield f"mx.quantized_matmul(R('{dtype}', (3, 8), seed=1), *mx.quantize({w}, {how}), transpose=False, {how})"
    for mode, dtype in each(["mxfp4", "mxfp8", "nvfp4"], FLOATS):
        w = f"R('{dtype}', (8, 256))"
        yield f"mx.quantize({w}, mode='{mode}')"
        yield f"mx.dequantize(*mx.quantize({w}, mode='{mode}'), mode='{mode}')"
        yield f"mx.dequantize(*mx.quantize({w}, mode='{mode}'), mode='{mode}', dtype=mx.{dtype})"
        yield f"mx.quantized_matmul(R('{dtype}', (3, 256), seed=1), *mx.quantize({w}, mode='{mode}'), mode='{mode}')"
        yield f"mx.quantized_matmul(R('{dtype}', (3, 8), seed=1), *mx.quantize({w}, mode='{mode}'), transpose=False, mode='{mode}')"
        yield f"mx.gather_qmm(R('{dtype}', (4, 1, 256)), *mx.quantize(R('{dtype}', (3, 8, 256)), mode='{mode}'), rhs_indices=U(2, 0, 1, 1), mode='{mode}')"
        yield f"mx.qqmm(R('{dtype}', (1, 256), seed=1), *mx.quantize({w}, mode='{mode}'), mode='{mode}')"
    for layout, dtype in each(LAYOUTS[1:], FLOATS):
        yield f"mx.quantize(R('{dtype}', (6, 128), '{layout}'))"
        yield f"mx.quantized_matmul(R('{dtype}', (4, 128), '{layout}', 1), *mx.quantize(R('{dtype}', (6, 128))))"
        yield f"mx.to_fp8(R('{dtype}', (6, 20), '{layout}', lo=-500, hi=500))"
    for dtype in FLOATS:
        for shape in ["(2, 3, 256)", "(256,)", "(1, 1, 1, 256)", "(0, 256)", "(40, 256)"]:
            yield f"mx.quantized_matmul(R('{dtype}', {shape}, seed=1), *mx.quantize(R('{dtype}', (64, 256))))"
        for i in ["rhs_indices=U(2, 0, 1, 1)", "lhs_indices=U(3, 3), rhs_indices=U(0, 2)", "lhs_indices=U(1)",
                  "rhs_indices=U(0, 1, 1, 2), sorted_indices=True"]:
            yield f"mx.gather_qmm(R('{dtype}', (4, 1, 64)), *mx.quantize(R('{dtype}', (3, 32, 64))), {i})"
        yield f"mx.to_fp8(E('{dtype}'))"
        yield f"mx.nan_to_num(mx.from_fp8(mx.arange(256).astype(mx.uint8), mx.{dtype}), 7.0)"
    for dtype in DTYPES:
        yield f"mx.quantize(R('{dtype}', (2, 64)))"
        yield f"mx.to_fp8(R('{dtype}', (9,)))"
        yield f"mx.from_fp8(R('uint8', (9,), lo=0, hi=255), mx.{dtype})"
    for how in ["bits=7", "bits=0", "group_size=16", "group_size=48", "mode='foo'", "mode='mxfp4', group_size=64",
                "mode='mxfp4', bits=8", "mode='nvfp4', group_size=32", "mode='mxfp8', bits=4",
                "mode='nvfp4', global_scale=mx.array(3.0)", "mode='mxfp4', global_scale=mx.array(3.0)"]:
        yield f"mx.quantize(R('float32', (2, 64)), {how})"
    yield "mx.quantize(R('float32', (64,)))"
    yield "mx.quantize(R('float32', (2, 63)))"
    yield "mx.quantize(mx.zeros((2, 64)))"
    yield "mx.quantize(mx.ones((2, 64)))"
    yield "mx.quantize(mx.zeros((2, 64)), mode='mxfp4')"
    yield "mx.quantize(mx.zeros((2, 64)), mode='nvfp4')"
    yield "mx.qqmm(R('float32', (2, 64)), R('float32', (32, 64)))"
    yield "mx.gather_qqmm(R('float32', (2, 1, 64)), R('float32', (2, 32, 64)))"
    yield "mx.quantized_matmul(R('float32', (3, 60)), *mx.quantize(R('float32', (8, 64))))"
    yield "mx.quantized_matmul(R('int32', (3, 64)), *mx.quantize(R('float32', (8, 64))))"
    yield "mx.dequantize(*mx.quantize(R('float32', (8, 64))), bits=8)"
    yield "mx.dequantize(*mx.quantize(R('float32', (8, 64)), mode='nvfp4', global_scale=mx.array(3.0)), mode='nvfp4', global_scale=mx.array(3.0))"


def grid_create():
    for dtype in DTYPES:
        for call in """zeros((2,3),%s) ones((2,),%s) full((2,2),3,%s) full((3,),R('float32',(3,)),%s) eye(3,4,1,%s) identity(3,%s)
            tri(3,4,-1,%s) arange(5,dtype=%s) arange(2,9,3,dtype=%s) arange(9,2,-2,dtype=%s) arange(0.5,4,dtype=%s)
            linspace(0,9,4,dtype=%s) linspace(5,-5,11,dtype=%s) zeros((0,3),%s) zeros((),%s) zeros_like(A('int8'),%s)
            ones_like(A('float16'),%s) full_like(A('int8'),1.5,%s) array([0,1,1],%s) array(1,%s) asarray([1,0],%s)
            array(np.arange(6).reshape(2,3).T,%s)""".split():
            yield "mx." + call.replace("%s", f"mx.{dtype}")
        np_name = "bool" if dtype == "bool_" else dtype
        if dtype != "bfloat16":
            yield f"mx.array(np.arange(6).astype(np.{np_name}).reshape(2, 3)[:, ::2])"
            yield f"mx.asarray(np.arange(6).astype('{np_name}'))"
            yield f"mx.array(np.{np_name}(1))"
            yield f"np.array(R('{dtype}', (2, 3), 'T')).tolist()"
            yield f"np.asarray(R('{dtype}', (2, 3), 's')).dtype.name"
            yield f"str(np.array(R('{dtype}', (2, 3))).strides)"
            yield f"memoryview(R('{dtype}', (2, 3), 'T')).tolist()" if dtype != "float16" else "1"
            yield f"mx.array(memoryview(np.arange(6).astype('{np_name}')))"
        yield f"R('{dtype}', (2, 3)).tolist()"
        yield f"bytes(R('{dtype}', (2, 3), 'T'))"
        yield f"R('{dtype}', (1, 1)).item()"
        yield f"mx.array(R('{dtype}', (2, 3), 'T')).itemsize"
        yield f"mx.asarray(R('{dtype}')).nbytes"
        yield f"__import__('pickle').loads(__import__('pickle').dumps(R('{dtype}', (2, 3), 'T')))"
        yield f"__import__('copy').copy(R('{dtype}', (2, 3), 's'))"
        yield f"mx.from_dlpack(R('{dtype}', (2, 3), 'T'))"
    for n in (0, 1, 2, 7, 50, -1):
        for w in "hanning hamming bartlett blackman".split():
            yield f"mx.{w}({n})"
    for a in ["0, 1, 0.1", "1, 2, 0.3", "5, 0, -1.5", "0, 10, 0", "1, 0", "-3, 3", "2.5", "0, 1e6, 1000",
              "3, dtype=mx.bool_", "0, 5, -1",
              "0, float('inf')", "float('nan'), 1"]:
        if "0, 10, 0" not in a:
            yield f"mx.arange({a})"
    for a in ["0, 1", "0, 1, 7", "0, 1, -1", "1, 1, 3", "0, 1, 5, False", "-1, 1, 1000", "0, 1, 2.5",
              "0, 1, 33, dtype=mx.float16"]:
        yield f"mx.linspace({a})"
    for a in ["mx.eye(0)", "mx.eye(3, 2, 5)", "mx.eye(-1)", "mx.tri(0)", "mx.identity(0)", "mx.full((2,), [1, 2])",
              "mx.full((3,), A('int32', (2,)))",
              "mx.zeros((2, -1))", "mx.array([1, 2], 'float32')", "mx.array(1, float)", "mx.array(object())",
              "mx.zeros([2, 2])"]:
        yield a


def grid_random():
    keys = ["mx.random.key(0)", "K", "mx.random.key(2**40 + 3)", "mx.random.split(K)[1]"]
    shapes = ["()", "(1,)", "(7,)", "(3, 5)", "(2, 3, 4)", "(1001,)", "(0,)"]
    draws = ["uniform(shape=%s, key=%k)", "uniform(-3, 5, %s, mx.float16, %k)", "uniform(0, 1, %s, mx.bfloat16, %k)",
             "normal(%s, key=%k)", "normal(%s, mx.float16, 1.0, 2.0, %k)", "normal(%s, mx.bfloat16, key=%k)",
             "normal(%s, mx.complex64, key=%k)", "randint(-5, 100, %s, key=%k)", "randint(0, 2**30, %s, mx.uint32, %k)",
             "randint(0, 200, %s, mx.uint8, %k)", "bernoulli(0.3, %s, %k)", "gumbel(%s, key=%k)", "laplace(%s, key=%k)",
             "laplace(%s, mx.float16, 1.0, 3.0, %k)", "truncated_normal(-1.0, 2.0, %s, key=%k)",
             "truncated_normal(0.0, 1.0, %s, mx.bfloat16, %k)", "randint(-9, 9, %s, mx.int64, %k)",
             "randint(-9, 9, %s, mx.int16, %k)"]
    for draw, key, shape in each(draws, keys, shapes):
        yield "mx.random." + draw.replace("%s", shape).replace("%k", key)
    for key in keys:
        for call in ["categorical(R('float32', (5, 9)), key=%k)",
                     "categorical(R('float16', (5, 9), 'T'), axis=0, key=%k)",
                     "categorical(R('float32', (9,)), num_samples=20, key=%k)",
                     "categorical(R('float32', (9,)), shape=(4, 3), key=%k)",
                     "categorical(R('float32', (2, 3, 9)), num_samples=4, key=%k)", "permutation(20, key=%k)",
                     "permutation(0, key=%k)",
                     "permutation(R('int16', (6, 5)), key=%k)", "permutation(R('float32', (6, 5)), axis=1, key=%k)",
                     "split(%k, 7)",
                     "bernoulli(R('float32', (3, 4), lo=0, hi=1), key=%k)",
                     "bernoulli(R('float32', (4,), lo=0, hi=1), (3, 4), key=%k)",
                     "uniform(R('float32', (4,)), 5, (3, 4), key=%k)", "normal((3, 4), loc=R('float32', (4,)), key=%k)",
                     "randint(I(0, 5), I(9, 50), (3, 2), key=%k)", "truncated_normal(I(-1, 0), I(1, 2), key=%k)"]:
            yield "mx.random." + call.replace("%k", key)
    for seed in ["0", "1", "2**31", "2**32", "2**63", "2**64 - 1", "-1"]:
        yield f"mx.random.key({seed})"
    yield "do('mx.random.seed(11); x = [mx.random.normal((3,)), mx.random.randint(0, 9, (4,)), mx.random.permutation(5), mx.random.state[0]]')"
    for bad in ["uniform(shape=(2,), dtype=mx.float64, key=K)", "uniform(shape=(-1,), key=K)",
                "uniform(shape=(2,), key=U(1))",
                "uniform(shape=(2,), key=I(1, 2))", "randint(0, 5, (2,), mx.float32, K)",
                "normal((2,), mx.int32, key=K)",
                "categorical(R('float32', (3,)), axis=1, key=K)",
                "categorical(R('float32', (3,)), shape=(2,), num_samples=2, key=K)",
                "bernoulli(A('int32', (3,)), key=K)", "permutation(A('int32', (3,)), axis=2, key=K)", "split(K, 0)",
                "gumbel((2,), mx.int32, K)",
                "laplace((2,), mx.int8, key=K)", "truncated_normal(0, 1, (2,), mx.int32, K)",
                "uniform(R('float32', (3,)), 1, (2,), key=K)",
                "bernoulli(R('float32', (3,)), (2,), key=K)", "permutation(1.5, key=K)",
                "uniform(0, 1, (2,), mx.complex64, K)",
                "randint(0, 2, (2,), mx.bool_, K)"]:
        yield "mx.random." + bad


def grid_fft():
    one = ["fft", "ifft", "rfft", "irfft"]
    for name, dtype in each(one, DTYPES):
        yield f"mx.fft.{name}(R('{dtype}', (3, 8)))"
    for name, n in each(one, [1, 2, 3, 4, 5, 7, 12, 16, 31, 60, 97, 128, 210, 1000, 1024, 2049]):
        yield f"mx.fft.{name}(R('float32', (2, {n})))"
        yield f"mx.fft.{name}(R('complex64', (2, {n})))"
    for name, n, norm in each(one, ["4", "8", "11", "None"], ["backward", "ortho", "forward"]):
        for layout in ("", "T", "s"):
            yield f"mx.fft.{name}(R('float32', (9, 8), '{layout}'), {n}, 0, '{norm}')"
    for name, dtype in each(["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"], ["float32",
        "complex64", "float16"]):
        for args in ["", "s=(4, 6)", "s=(7, 5), axes=(0, 1)", "axes=(0, 2)", "norm='ortho'",
                     "axes=(2, 0), norm='forward'"]:
            yield f"mx.fft.{name}(R('{dtype}', (5, 6, 8)), {args})"
    for n in (1, 2, 7, 8, 0):
        yield f"mx.fft.fftfreq({n})" if n else "mx.fft.fftfreq(1, 0.5)"
        yield f"mx.fft.rfftfreq({n}, 0.25)" if n else "mx.fft.rfftfreq(1, 2.0)"
    for name, dtype in each(["fftshift", "ifftshift"], ["float32", "int16", "complex64"]):
        for axes in ["None", "0", "(0, 1)", "-1"]:
            yield f"mx.fft.{name}(R('{dtype}', (4, 5)), axes={axes})"
    for a in ["n_fft=64", "n_fft=64, hop_length=10", "n_fft=64, win_length=40", "n_fft=64, window=mx.ones((64,))",
              "n_fft=64, center=False",
              "n_fft=64, pad_mode='constant'", "n_fft=64, onesided=False", "n_fft=63, norm='ortho'"]:
        yield f"mx.fft.stft(R('float32', (400,)), {a})"
        yield f"mx.fft.stft(R('float32', (2, 300)), {a})"
    for a in ["n_fft=64", "n_fft=64, length=350", "n_fft=64, hop_length=16"]:
        yield f"mx.fft.istft(mx.fft.stft(R('float32', (400,)), n_fft=64, hop_length=16), {a})"
    for bad in ["fft(R('float32', ()))", "fft(R('float32', (3,)), 0)", "fft(R('float32', (3,)), -1)",
                "fft(R('float32', (3,)), axis=2)",
                "fft2(R('float32', (3,)))", "fftn(R('float32', (3, 3)), s=(2,), axes=(0, 1))",
                "fft(A('float32', (0,)))",
                "irfft(R('complex64', (1,)))", "fft(R('float32', (3,)), norm='x')",
                "fftn(R('float32', (3, 3)), axes=(0, 0))"]:
        yield "mx.fft." + bad


def grid_linalg():
    spd = "(lambda a: a @ mx.swapaxes(a, -1, -2) + 4 * mx.eye(%d))(R('%s', %s))"
    for dtype, (n, shape) in each(["float32", "float64"], [(3, "(3, 3)"), (6, "(2, 6, 6)"), (20, "(20, 20)"), (1,
        "(1, 1)")]):
        m = spd % (n, dtype,
                   shape) if dtype == "float32" else f"(lambda a: a @ mx.swapaxes(a, -1, -2) + 4 * mx.eye({n}, dtype=mx.float64))(R('float64', {shape}))"
        g = f"(R('{dtype}', {shape}) + 3 * mx.eye({n}, dtype=mx.{dtype}))"
        for call in ["cholesky(%s)", "cholesky(%s, upper=True)", "eigvalsh(%s)", "eigvalsh(%s, 'U')",
                     "cholesky_inv(mx.linalg.cholesky(%s))"]:
            yield "mx.linalg." + call % m
        for call in ["inv(%s)", "det(%s)", "slogdet(%s)", "tri_inv(mx.tril(%s))", "tri_inv(mx.triu(%s), upper=True)",
                     "lu(%s)", "lu_factor(%s)", "qr(%s)",
                     "svd(%s, compute_uv=False)", "pinv(%s)",
                     "solve(%s, mx.ones(({n}, 2), dtype=mx.{dtype}))".replace("{n}", str(n)).replace("{dtype}", dtype),
                     "norm(%s)", "norm(%s, axis=-1)", "norm(%s, 'fro', axis=[-2, -1])",
                     "norm(%s, 'nuc', axis=[-2, -1])", "norm(%s, 2, axis=[-2, -1])",
                     "norm(%s, -2, axis=[-2, -1])", "norm(%s, 1, axis=[-2, -1])",
                     "norm(%s, float('inf'), axis=[-2, -1])", "norm(%s, float('-inf'), axis=-1)",
                     "norm(%s, 3.0, axis=-1)", "norm(%s, 0, axis=-1)", "norm(%s, 1, axis=0, keepdims=True)"]:
            yield "mx.linalg." + call % g
            if dtype == "float32" and "(3, 3)" in shape:
                yield "mx.linalg." + call % g.replace("(3, 3))", "(3, 3), 'T')")
        yield f"mx.linalg.solve_triangular(mx.tril({g}), mx.ones(({n}, 2), dtype=mx.{dtype}))"
        yield f"mx.linalg.solve_triangular(mx.triu({g}), mx.ones(({n}, 2), dtype=mx.{dtype}), upper=True)"
        yield f"(lambda w: w[1] @ (w[0][..., None] * mx.swapaxes(w[1], -1, -2)))(mx.linalg.eigh({m}))"
        yield f"(lambda w: w[0] @ (w[1][..., None] * w[2]))(mx.linalg.svd({g}))"
        yield f"mx.sort(mx.abs(mx.linalg.eigvals({m})))"
        yield f"mx.matmul({g}.astype(mx.complex64), mx.linalg.eig({g})[1]) - mx.linalg.eig({g})[1] * mx.expand_dims(mx.linalg.eig({g})[0], -2) + 1"
    for shape in ["(4, 6)", "(6, 4)", "(2, 5, 3)"]:
        yield f"mx.linalg.qr(R('float32', {shape}))"
        yield f"mx.linalg.svd(R('float32', {shape}), False)"
        yield f"mx.linalg.pinv(R('float32', {shape}))"
        yield f"mx.linalg.lu(R('float32', {shape}))"
        yield f"[a.shape for a in mx.linalg.svd(R('float32', {shape}))]"
    for dtype, name in each(DTYPES, ["inv", "det", "slogdet", "cholesky", "qr", "svd", "eigh", "eig", "lu", "pinv",
                                     "eigvals", "eigvalsh", "tri_inv", "lu_factor", "norm"]):
        yield f"[str(x.dtype) for x in (lambda r: r if isinstance(r, tuple) else [r])(mx.linalg.{name}(mx.eye(3).astype(mx.{dtype}) * 2))]"
    for dtype in DTYPES:
        yield f"mx.linalg.cross(R('{dtype}', (4, 3)), R('{dtype}', (4, 3), 'T', 1))"
        yield f"mx.linalg.cross(R('{dtype}', (3, 4)), R('{dtype}', (3, 1), seed=1), axis=0)"
        yield f"mx.linalg.norm(R('{dtype}', (4, 5)), axis=0)"
        yield f"mx.matrix_norm(R('{dtype}', (4, 5)))"
        for o in ["1", "2", "-1", "float('inf')", "0", "0.5"]:
            yield f"mx.linalg.norm(R('{dtype}', (4, 5), 's'), {o}, axis=1)"
    for bad in ["inv(R('float32', (2, 3)))", "inv(R('float32', (3,)))", "inv(mx.zeros((2, 2)))",
                "cholesky(R('float32', (2, 3)))", "qr(R('float32', (3,)))",
                "solve(R('float32', (3, 3)), R('float32', (2,)))", "norm(R('float32', (3, 3)), 'foo')",
                "norm(R('float32', (3, 3)), 'fro', axis=0)",
                "cross(R('float32', (4,)), R('float32', (4,)))", "eigh(R('float32', (2, 3)))", "eigh(mx.eye(2), 'X')",
                "svd(R('float32', (3,)))",
                "norm(R('float32', (3, 3, 3)), axis=[0, 1, 2])",
                "solve_triangular(R('float32', (3, 3)), R('float32', (2, 2)))", "det(R('float32', (2, 3)))",
                "lu(R('float32', (3,)))", "norm(R('float32', (3, 3)), axis=5)", "inv(A('float32', (0, 0)))",
                "cross(R('float32', (2,)), R('float32', (3,)))"]:
        yield "mx.linalg." + bad


def grid_fast():
    for dtype, layout in each(REALS, LAYOUTS):
        x = f"R('{dtype}', (3, 4, 24), '{layout}')"
        yield f"mx.fast.rms_norm({x}, R('{dtype}', (24,)), 1e-5)"
        yield f"mx.fast.rms_norm({x}, None, 1e-5)"
        yield f"mx.fast.layer_norm({x}, R('{dtype}', (24,)), R('{dtype}', (24,), seed=2), 1e-5)"
        yield f"mx.fast.layer_norm({x}, None, None, 1e-3)"
        yield f"mx.fast.layer_norm({x}, None, R('{dtype}', (24,)), 1e-3)"
        if dtype == "float64":
            continue
        for t, off in each(["True", "False"], ["0", "7", "mx.array(3)"]):
            yield f"mx.fast.rope({x}, 24, traditional={t}, base=10000.0, scale=1.0, offset={off})"
        yield f"mx.fast.rope({x}, 8, traditional=False, base=100.0, scale=0.5, offset=2)"
        yield f"mx.fast.rope({x}, 8, traditional=True, base=None, scale=1.0, offset=2, freqs=R('float32', (4,), lo=1, hi=9))"
        yield f"mx.fast.rope({x}[:, None], 24, traditional=False, base=10000.0, scale=1.0, offset=I(0, 4, 9))"
        yield f"mx.fast.cross_entropy(R('{dtype}', (6, 11), '{layout}'), I(0, 3, 10, 1, 1, 5))"
    sdpa = "mx.fast.scaled_dot_product_attention(R('{d}', (2, 4, {q}, {n}), '{l}'), R('{d}', (2, {h}, {k}, {n}), '{l}', 1), R('{d}', (2, {h}, {k}, {v}), '{l}', 2), scale=0.25{o})"
    for d, layout, (q, k, h, n, v) in each(FLOATS, ["", "T", "s"], [(5, 5, 4, 8, 8), (1, 9, 2, 16, 16), (6, 11, 1, 64,
        64), (3, 7, 2, 8, 12), (40, 70, 2, 64, 64)]):
        for o in ["", ", mask='causal'", f", mask=R('bool_', ({q}, {k}))", f", mask=R('{d}', (1, 4, {q}, {k}))",
                  f", sinks=R('{d}', (4,))"]:
            if layout and o not in ("", ", mask='causal'"):
                continue
            yield sdpa.format(d=d, l=layout, q=q, k=k, h=h, n=n, v=v, o=o)
    base = dict(d="float32", l="", q=5, k=5, h=4, n=8, v=8)
    for change in [dict(h=3), dict(o=", mask='foo'"), dict(o=", mask=R('float32', (5, 4))"), dict(d="int32"),
                   dict(o=", mask=A('complex64', (5, 5))"),
                   dict(o=", mask=R('bool_', (1, 1, 1, 5, 5))"), dict(o=", mask=mx.zeros((5, 5), mx.bool_)"),
                   dict(o=", sinks=R('float32', (3,))")]:
        yield sdpa.format(**{"o": "", **base, **change})
    yield "mx.fast.gated_delta_update(R('float32', (2, 5, 2, 32)), R('float32', (2, 5, 2, 32), seed=1), R('float32', (2, 5, 4, 8), seed=2), R('float32', (2, 5, 4), lo=0, hi=1), R('float32', (2, 5, 4), seed=4, lo=0, hi=1))"
    yield "mx.fast.gated_delta_update(R('float32', (2, 5, 2, 32)), R('float32', (2, 5, 2, 32), seed=1), R('float32', (2, 5, 4, 8), seed=2), R('float32', (2, 5, 4), lo=0, hi=1), R('float32', (2, 5, 4), seed=4, lo=0, hi=1), R('float32', (2, 4, 8, 32), seed=5), R('bool_', (2, 5)))"
    for bad in ["rms_norm(R('int32', (3, 4)), None, 1e-5)",
                "rms_norm(R('float32', (3, 4)), R('float32', (3,)), 1e-5)", "rms_norm(R('float32', ()), None, 1e-5)",
                "layer_norm(R('float32', (3, 4)), R('float32', (4, 1)), None, 1e-5)",
                "rope(R('float32', (3, 4)), 4, traditional=True, base=1e4, scale=1.0, offset=0)",
                "rope(R('float32', (1, 3, 4)), 5, traditional=True, base=1e4, scale=1.0, offset=0)",
                "rope(R('float32', (1, 3, 4)), 8, traditional=True, base=1e4, scale=1.0, offset=0)",
                "rope(R('float32', (1, 3, 4)), 4, traditional=True, base=None, scale=1.0, offset=0)",
                "rope(R('int32', (1, 3, 4)), 4, traditional=True, base=1e4, scale=1.0, offset=0)",
                "cross_entropy(R('float32', (3, 4)), I(0, 1))",
                "cross_entropy(R('float32', (3, 4)), R('float32', (3,)))",
                "cross_entropy(R('int32', (3, 4)), I(0, 1, 2))",
                "cuda_kernel(name='a', input_names=['x'], output_names=['y'], source='')"]:
        yield "mx.fast." + bad


METHODS = """abs all any argmax argmin conj cos cummax cummin cumprod cumsum diag exp flatten log log10 log1p log2 logcumsumexp
    logsumexp max mean min prod reciprocal round rsqrt sin sqrt square squeeze std sum transpose var tolist __neg__ __pos__
    __abs__ __invert__ __bool__ __len__""".split()


def grid_methods():
    for name, dtype in each(METHODS, DTYPES):
        if name in ("all", "any"):
            yield f"R('{dtype}', (3, 3), 'T').{name}(0)"
        yield f"R('{dtype}', (3, 3), 'T').{name}()"
    for dtype in DTYPES:
        x = f"R('{dtype}', (3, 4))"
        for call in ["argmax(0)", "argmin(1, True)", "astype(mx.float32)", "view(mx.uint8)", "cumsum(0)",
                     "cummax(1, reverse=True)", "diagonal(1)", "item()", "max(0)",
                     "mean(axis=(0, 1), keepdims=True)", "moveaxis(0, 1)", "reshape(2, -1)", "reshape([6, 2])",
                     "split(2, 1)", "split([1, 2])", "std(0, True, 1)", "swapaxes(0, 1)",
                     "transpose(1, 0)", "var(1, ddof=1)", "round(1)", "flatten(0, -1)", "T", "mT", "real", "imag",
                     "size", "itemsize", "nbytes", "ndim", "shape", "dtype.size", "at[0].add(1)"]:
            yield f"{x}.{call}"
        for op in ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="]:
            yield f"{x} {op} R('{dtype}', (3, 4), 's', 1, lo=1, hi=2)"
            yield f"{x} {op} 2"
        for op in ["+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^="]:
            yield f"do('x = R(\"{dtype}\", (3, 4)); x {op} R(\"{dtype}\", (4,), lo=1, hi=2)')"
        for op in ["<<", ">>"]:
            yield f"R('{dtype}', (3, 4), lo=0, hi=9) {op} R('{dtype}', (3, 4), seed=1, lo=0, hi=3)"
            yield f"do('x = R(\"{dtype}\", (3, 4), lo=0, hi=9); x {op}= 2')"
        yield f"[i.shape for i in {x}]"
        yield f"len({x})"
        yield f"repr({x})"
        yield f"repr(R('{dtype}', (30, 20), lo=-90, hi=90))"
        yield f"str(E('{dtype}'))"
        yield f"2 - {x}"
        yield f"2 / {x}"
        yield f"2 ** {x}"
        yield f"7 // R('{dtype}', (3, 4), lo=1, hi=4)"
        yield f"7 % R('{dtype}', (3, 4), lo=1, hi=4)"
    for e in ["mx.metal.is_available()", "mx.cuda.is_available()", "mx.is_available(mx.cpu)",
              "mx.is_available(mx.gpu)", "mx.device_count(mx.cpu)", "mx.device_count(mx.gpu)",
              "mx.distributed.is_available('foo')", "mx.distributed.init().size()", "mx.distributed.init().rank()",
              "mx.distributed.all_sum(A('int32'))", "mx.distributed.all_gather(A('int32'))",
              "mx.distributed.all_max(A('int32'))", "mx.distributed.all_min(A('int32'))",
              "mx.distributed.sum_scatter(A('int32'))", "mx.distributed.send(A('int32'), 0)",
              "mx.distributed.recv((2,), mx.int32, 0)", "mx.distributed.recv_like(A('int32'), 0)",
              "mx.distributed.init().split(0)", "mx.distributed.init(strict=True)",
              "mx.new_stream(mx.gpu)", "mx.default_stream(mx.gpu)", "mx.synchronize()", "mx.clear_cache()", "mx.pi",
              "mx.e", "mx.inf", "mx.euler_gamma", "mx.newaxis", "mx.nan == mx.nan",
              "mx.random.state.__len__()", "mx.depends(A('int32'), [A('int8')])", "mx.eval()",
              "mx.async_eval(A('int32'))", "mx.metal.device_info()", "mx.get_active_memory() >= 0",
              "mx.eval(mx.add(A('int32'), 1), {'a': [A('int8')]}, (1, 'x'))", "mx.stream(3)",
              "mx.zeros((2,), stream=mx.cpu)", "mx.metal.start_capture('x')"]:
        yield e


def grid_rest():
    file = "import io; f = io.BytesIO(); "
    for dtype, layout in each(DTYPES, LAYOUTS):
        yield f"do('{file}mx.save(f, R(\"{dtype}\", (3, 4), \"{layout}\")); x = f.getvalue()')"
        yield f"do('{file}mx.save(f, R(\"{dtype}\", (3, 4), \"{layout}\")); f.seek(0); x = mx.load(f, format=\"npy\")')"
        if dtype != "float64":
            yield (f"do('{file}mx.save_safetensors(f, dict(b=R(\"{dtype}\", (3, 4), \"{layout}\")), dict(k=\"v\")); "
                   "x = f.getvalue()')")
    for dtype, shape in each(DTYPES, ["()", "(0,)", "(2, 0, 3)", "(1, 1)"]):
        yield f"do('{file}mx.save(f, R(\"{dtype}\", {shape})); x = f.getvalue()')"
        for how in ("savez", "savez_compressed"):
            yield (f"do('{file}mx.{how}(f, R(\"{dtype}\", {shape}), k=mx.array(1)); f.seek(0); "
                   "d = mx.load(f, format=\"npz\"); x = [d[n] for n in sorted(d)]')")
        if dtype != "float64":
            yield (f"do('{file}mx.save_safetensors(f, dict(a=R(\"{dtype}\", {shape}))); f.seek(0); "
                   "x = list(mx.load(f, format=\"safetensors\", return_metadata=True)[0].values())')")
    for bad in ["mx.load('nothing.npy')", "mx.load('nothing.foo')", "mx.load('nothing')", "mx.load(3)",
                "mx.save(3, A('int8'))", "mx.save('x', 3)",
                "mx.load(__import__('io').BytesIO(b'xx'), format='npy')",
                "mx.load(__import__('io').BytesIO(b'xx'), format='safetensors')",
                "mx.load(__import__('io').BytesIO(b''), format='foo')",
                "mx.load(__import__('io').BytesIO(b'xx'), format='gguf')",
                "mx.save_safetensors(__import__('io').BytesIO(), {'a': 1})",
                "mx.save_safetensors(__import__('io').BytesIO(), {'a': A('int8')}, {'a': 1})",
                "mx.save_gguf(__import__('io').BytesIO(), {'a': A('float32')})",
                "mx.save_safetensors(__import__('io').BytesIO(), {'a': A('float64')})"]:
        yield bad
    for key, n in each(["mx.random.key(0)", "K"], ["1", "2", "4"]):
        cov = f"(lambda a: a @ a.T + mx.eye({n}))(R('float32', ({n}, {n})))"
        yield f"mx.random.multivariate_normal(mx.zeros(({n},)), {cov}, key={key})"
        yield f"mx.random.multivariate_normal(R('float32', ({n},)), {cov}, shape=(3, 2), key={key})"
    for name in ["get_active_memory", "get_cache_memory", "get_peak_memory", "get_memory_limit", "reset_peak_memory",
                 "clear_cache"]:
        yield f"type(mx.{name}()).__name__"
    for name in ["set_cache_limit", "set_memory_limit"]:
        yield f"do('old = mx.{name}(1 << 30); x = [type(old).__name__, mx.{name}(old)]')"
    for e in ["type(mx.set_wired_limit(0)).__name__", "type(mx.metal.get_active_memory()).__name__",
              "mx.metal.stop_capture()",
              "type(mx.new_thread_local_stream(mx.cpu)).__name__",
              "type(mx.new_thread_unsafe_stream(mx.cpu)).__name__", "type(mx.new_stream(mx.cpu)).__name__",
              "mx.new_stream(mx.cpu) == mx.new_stream(mx.cpu)", "mx.new_stream(mx.cpu).device",
              "repr(mx.get_printoptions().precision)",
              "sorted(mx.device_info(mx.cpu))", "mx.get_array_buffer_size(R('float32', (3, 4)))",
              "do('with mx.stream(mx.new_stream(mx.cpu)): x = A(\"int8\") + 1')",
              "do('with mx.stream(mx.cpu): x = mx.default_device()')",
              "mx.set_default_stream(mx.default_stream(mx.cpu))", "mx.set_default_device(mx.cpu)",
              "mx.add(1, 2, stream=mx.new_stream(mx.cpu))"]:
        yield e
    for precision, dtype in each([0, 1, 3, 9], ["float32", "float16", "complex64", "int8", "float64", "bfloat16"]):
        yield f"do('with mx.printoptions(precision={precision}): x = str(R(\"{dtype}\", (3, 9)))')"
        yield f"do('mx.set_printoptions(precision={precision}); x = str(E(\"{dtype}\")); mx.set_printoptions()')"


FAMILIES = {f.__name__: f for f in (grid_unary, grid_binary, grid_reduce, grid_scan, grid_sort, grid_shape,
                                    grid_index, grid_matmul, grid_conv, grid_quant,
                                    grid_create, grid_random, grid_fft, grid_linalg, grid_fast, grid_methods,
                                    grid_rest)}
