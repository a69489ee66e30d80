"""Expressions whose values MLX and this library must agree on, by family.

Each case is a Python expression over the names of `namespace(mx)`; tests/tools/make_python_data.py
records what MLX answers, test_differential.py compares. Inputs are built from plain lists."""

import itertools
import re
import warnings
import zlib

import cases_grid
import numpy as np
from cases_names import BINARY, REDUCTIONS, SCANS, UNARY
from cases_values import DTYPES, namespace


def unary():
    for name, dtype in itertools.product(UNARY, DTYPES):
        yield f"mx.{name}(A('{dtype}'))"
    for name in UNARY:
        for shape, layout in [("()", ""), ("(0,)", ""), ("(3, 4)", "T"), ("(2, 3)", "s"), ("(1, 300)", "")]:
            yield f"mx.{name}(A('float32', {shape}, layout='{layout}'))"
        yield f"mx.{name}(1)"
        yield f"mx.{name}(0.5)"
    for dtype in DTYPES:
        yield f"mx.round(A('{dtype}'), 1)"
        for to in DTYPES:
            yield f"A('{dtype}').astype(mx.{to})"


def binary():
    for name, a, b in itertools.product(BINARY, DTYPES, DTYPES):
        low = ", low=5" if name in ("power", "left_shift", "right_shift") else ""
        yield f"mx.{name}(A('{a}', (3,){low}), A('{b}', (3,){low}))"
    scalars = ["True", "3", "-2", "2.5", "1j", "2**40", "0"]
    for name, dtype, s in itertools.product(BINARY, DTYPES, scalars):
        if name in ("left_shift", "right_shift") and s in ("-2", "2**40"):
            continue  # undefined there
        yield f"mx.{name}(A('{dtype}', (3,), low=5), {s})"
    for name in BINARY:
        yield f"mx.{name}(2, 3)"
        yield f"mx.{name}(A('int32', (2, 1)), A('int32', (3,), low=5))"
        yield f"mx.{name}(A('int32', (2, 3)), A('int32', (2,)))"
        yield f"mx.{name}(A('int32', (0, 3)), A('int32', (1, 3)))"
    for op, dtype, s in itertools.product("+ - * / // % ** == != < <= > >=".split(), DTYPES,
                                          ["2", "2.5", "True", "1j"]):
        yield f"A('{dtype}', (3,), low=5) {op} {s}"
        yield f"{s} {op} A('{dtype}', (3,), low=5)"
    for c, x, y in itertools.product(["bool_", "int32", "float32"], DTYPES, ["float16", "int32", "uint8"]):
        yield f"mx.where(A('{c}', (3,)), A('{x}', (3,)), A('{y}', (3,)))"


def reductions():
    for name, dtype in itertools.product(REDUCTIONS, DTYPES):
        yield f"mx.{name}(A('{dtype}', (2, 3)))"
        yield f"mx.{name}(A('{dtype}', (3, 4), layout='T'), axis=0, keepdims=True)"
    for name in REDUCTIONS:
        for axis in ["-1", "1", "None", "3", "-4", "1.5"]:
            yield f"mx.{name}(A('float32', (2, 3, 4)), axis={axis})"
            yield f"A('int32', (2, 3, 4)).{name}({axis})" if name != "median" else "1"
        yield f"mx.{name}(A('float32', (0, 3)), axis=1)"
        yield f"mx.{name}(A('float32', ()))"
    for name in [n for n in REDUCTIONS if not n.startswith("arg")]:
        for axis in ["(0, 1)", "[0, 2]", "(-1, 0)", "(0, 0)"]:
            yield f"mx.{name}(A('float32', (2, 3, 4)), axis={axis})"
    for name in ("sum", "prod", "mean", "all", "any", "max", "argmax"):
        yield f"mx.{name}(A('float32', (0, 3)))"
        yield f"mx.{name}(A('float32', (0, 3)), axis=0)"
    for name, dtype in itertools.product(SCANS, DTYPES):
        yield f"mx.{name}(A('{dtype}', (2, 3)), axis=1)"
        yield f"mx.{name}(A('{dtype}', (2, 3)))"
    for name in SCANS:
        for how in ["reverse=True", "inclusive=False", "reverse=True, inclusive=False"]:
            yield f"mx.{name}(A('float32', (2, 3)), axis=0, {how})"
            yield f"A('float32', (2, 3)).{name}(axis=0, {how})"
    for axis in ["0", "-1", "(0, 1)", "None"]:
        yield f"mx.softmax(A('float32', (2, 3)), axis={axis})"
        yield f"mx.minmax(A('float32', (2, 3)), axis={axis})"
        yield f"mx.count_nonzero(A('int32', (2, 3)), axis={axis})"
        yield f"mx.var(A('float32', (2, 3)), axis={axis}, ddof=1)"


def shapes():
    x = "A('int32', (2, 3, 4))"
    for call in """reshape(%s, (4, 6)) reshape(%s, (-1,)) reshape(%s, (5, 5)) reshape(%s, (-1, -1))
        flatten(%s) flatten(%s,1) flatten(%s,0,1) unflatten(%s,2,(2,2)) unflatten(%s,-1,(-1,2))
        squeeze(%s) squeeze(%s[:1]) squeeze(%s[:1],axis=0) squeeze(%s,axis=1) expand_dims(%s,0)
        expand_dims(%s,(0,2)) expand_dims(%s,-1) expand_dims(%s,9) transpose(%s) transpose(%s,(2,0,1))
        transpose(%s,(0,1)) transpose(%s,(0,0,1)) swapaxes(%s,0,2) swapaxes(%s,0,3) moveaxis(%s,0,-1)
        moveaxis(%s,2,0) matrix_transpose(%s) permute_dims(%s,(1,0,2)) broadcast_to(%s,(2,2,3,4))
        broadcast_to(%s,(3,)) diagonal(%s) diagonal(%s,1,1,2) diagonal(%s,offset=-1) diag(%s[0,0])
        diag(%s[0],1) trace(%s[0]) tril(%s) triu(%s,1) tril(%s,-1) flip(%s) flip(%s,1) flip(%s,(0,2))
        roll(%s,1) roll(%s,2,1) roll(%s,(1,2),(0,1)) roll(%s,-1,-1) repeat(%s,2) repeat(%s,2,axis=1)
        tile(%s,2) tile(%s,(2,1,1)) tile(%s,(2,1,1,1)) split(%s,2) split(%s,[1,2],axis=2)
        split(%s,3,axis=1) split(%s,5) unstack(%s) unstack(%s,axis=2) atleast_3d(%s) pad(%s,1)
        pad(%s,((0,1),(1,0),(2,2))) pad(%s,(1,2)) pad(%s,1,constant_values=7) pad(%s,1,mode='edge')
        pad(%s,1,mode='reflect') pad(%s,1,mode='symmetric') pad(%s,1,mode='foo') diff(%s) diff(%s,n=2)
        diff(%s,axis=0) as_strided(%s,(2,2),(1,2)) as_strided(%s,(3,),(2,),5) view(%s,mx.float32)
        view(%s,mx.int16) view(%s,mx.int64) contiguous(%s) contiguous(%s.T) kron(%s[0],%s[0])
        meshgrid(%s[0,0],%s[0,1]) meshgrid(%s[0,0],%s[0,1],indexing='ij')
        meshgrid(%s[0,0],%s[0,1],sparse=True) broadcast_arrays(%s,%s[0]) stack([%s,%s]) stack([%s,%s],axis=-1)
        stack([%s,%s[0]]) concatenate([%s,%s]) concatenate([%s,%s],axis=2) concatenate([%s,%s],axis=None)
        concatenate([%s,%s[0]]) concatenate([%s,%s],axis=5) concatenate([]) stack([])
        atleast_1d(%s[0,0,0]) atleast_2d(%s[0,0]) atleast_3d(%s[0,0]) trace(%s,0,1,2) vecdot(%s,%s)""".split():
        if call.startswith("vecdot"):
            continue
        yield "mx." + call.replace("%s", x)
    for call in """sort argsort""".split():
        for dtype in DTYPES:
            yield f"mx.{call}(A('{dtype}', (2, 5)))"
        for axis in ["0", "None", "-1", "5"]:
            yield f"mx.{call}({x}, axis={axis})"
    for axis in ["-1", "None", "0"]:
        yield f"mx.sort(mx.topk({x}, 2, axis={axis}), axis={axis})"
    yield "mx.partition(A('float32', (7,)), 3)[3]"
    yield f"{x}.reshape(4, 6)"
    yield f"{x}.reshape((4, 6))"
    yield f"{x}.transpose(2, 0, 1)"
    yield f"{x}.transpose((2, 0, 1))"
    yield f"{x}.transpose()"
    yield f"{x}.T"
    yield f"{x}.mT"
    yield "A('complex64').real"
    yield "A('complex64').imag"
    for name in "squeeze flatten tolist item square sqrt conj".split():
        yield f"{x}.{name}()"
        yield f"A('float32', (1, 1)).{name}()"


INDICES = """0 -1 1 2 5 -3 (0,1) (1,2) (0,1,2) (0,1,2,0) ... None () (None,0) (0,None) (...,0) (...,None)
    (0,...,0) (...,...) slice(None) slice(1,None) slice(None,None,-1) slice(None,None,2) slice(-1,None)
    slice(5,9) slice(2,0,-1) slice(0,0) (slice(None),0) (slice(None),slice(1,3)) (slice(None),slice(None),-1)
    (slice(1,None),None,slice(None,None,2)) (0,slice(None),None,1) I(0,1) I(1) [0,1] [[0,1],[1,0]] (I(0,1),I(1,2))
    (I(0),slice(None),I(1,2)) (slice(None),I(0,2)) (slice(None),I(0,2),I(1,3)) (I(0,1),slice(1,3))
    (I(0,1),1) (1,I(0,1)) (1,slice(None),I(0,1)) (I(0,1),None,I(1,2)) (I(0,1),None) (None,I(0,1))
    (slice(None),None,I(0,1)) (I(-1),I(-1),I(-1)) (I([0],[1]) if 0 else I(0,0)) (slice(None,None,-1),I(0,1))
    (slice(None,None,2),I(0,1),slice(1,3)) 1.5 'a' True (I(0,1),I(0,1,2))""".split("\n")
INDICES = [i for line in INDICES for i in line.split(" ") if i and "if" not in i
           and "else" not in i and i not in ("0)", "I(0,0))", "(I([0],[1])")]


def indexing():
    for i in INDICES:
        if i in ("5", "2", "-3"):
            continue  # out of range, which MLX does not check
        yield f"A('int32', (2, 3, 4))[{i}]"
        for v in ("7", "2.5", "True"):
            yield f"do('x = A(\"float32\", (2, 3, 4)); x[{i}] = {v}')"
        for op in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
            yield f"A('float32', (2, 3, 4)).at[{i}].{op}(2)"
    for i, v in [("0", "A('int32', (3, 4))"), ("0", "A('int32', (4,))"), ("0", "A('int32', (1, 3, 4))"),
                 ("(slice(None), 0)", "A('int32', (2, 4))"), ("(slice(None), 0)", "A('int32', (2, 1))"),
                 ("(slice(None), slice(1, 3))", "A('int32', (2, 2, 4))"), ("(0, 0, 0)", "A('int32', ())"),
                 ("slice(None, None, -1)", "A('int32', (2, 3, 4))"), ("I(1, 0)", "A('int32', (2, 3, 4))"),
                 ("I(0, 0)", "A('int32', (3, 4))"), ("(I(0, 1), I(1, 2))", "A('int32', (2, 4))"),
                 ("(slice(None), I(0, 2))", "A('int32', (2, 2, 4))"), ("0", "A('int32', (5,))"),
                 ("(slice(None), I(0, 2), I(1, 3))", "A('int32', (2, 2))"),
                 ("(I(0, 1), slice(None), I(1, 2))", "A('int32', (2, 3))"),
                 ("(I(0, 1), slice(1, 3))", "A('int32', (2, 2, 4))"), ("None", "A('int32', (2, 3, 4))"),
                 ("(0, None)", "A('int32', (3, 4))"), ("...", "A('int32', (2, 3, 4))")]:
        yield f"do('x = A(\"float32\", (2, 3, 4)); x[{i}] = {v}')"
        yield f"A('float32', (2, 3, 4)).at[{i}].add({v})"
    for dtype in DTYPES:
        yield f"do('x = A(\"{dtype}\", (2, 3)); x[0] = 1; x[:, 1] = 0')"
        yield f"A('{dtype}', (2, 3))[I(1, 0)]"
        yield f"A('{dtype}', (4,)).at[I(0, 0, 1)].add(1)"
    mask = "mx.array([[True, False, True], [False, True, False]])"
    yield f"do('x = A(\"float32\", (2, 3)); x[{mask}] = 5')"
    yield f"do('x = A(\"float32\", (2, 3)); x[{mask}] = mx.array([1, 2, 3])')"
    yield "do('x = A(\"float32\", (2, 3)); x[mx.array([True, False])] = 9')"
    yield "do('x = A(\"float32\", (2, 3)); x[mx.array([True, False])] = A(\"float32\", (3,))')"
    yield "do('x = A(\"float32\", (2, 3)); x[x > 0] = 0')"
    for call in ["take(%s, 1)", "take(%s, I(1, 0), axis=1)", "take(%s, I(5, 0))", "take(%s, I(1, 0), axis=-2)",
                 "take_along_axis(%s, mx.array([[[0], [1], [2]], [[0], [1], [3]]]), axis=2)",
                 "take_along_axis(%s, I(1, 5), axis=None)",
                 "put_along_axis(%s, I(1, 5), I(9, 8), axis=None)",
                 "slice(%s, I(1), (0,), (1, 3, 4))", "slice_update(%s, A('int32', (1, 3, 4)), I(1), (0,))",
                 "searchsorted(I(1, 3, 5), I(0, 3, 9))", "searchsorted(I(1, 3, 5), I(0, 3, 9), side='right')",
                 "unique(%s, 5)", "unique(%s, 20, return_index=True, return_counts=True)",
                 "unique(%s, 3, return_inverse=True)"]:
        yield "mx." + call.replace("%s", "A('int32', (2, 3, 4))")
    for op in "+= -= *= /= //= %= **=".split():
        yield f"do('x = A(\"int32\", (2, 3), low=5); y = x; x {op} 2; x = y')"
        yield f"do('x = A(\"int32\", (2, 3), low=5); x[0] {op} 2')"


def creation():
    for v in ["True", "1", "-1", "2**31", "2**63", "-2**63", "1.5", "1j", "[]", "[[], []]", "[1, 2]", "[1, 2.5]",
              "[1, True]", "[True]", "[1, 1j]", "[[1, 2], [3, 4]]", "[[1], [2, 3]]", "[1, [2]]", "[[1], 2]",
              "(1, 2)", "[(1, 2), [3, 4]]", "[mx.array(1), 2]", "[mx.array([1, 2]), [3.5, 4]]", "[[mx.array(1)], [2]]",
              "[2**31]", "[2**31, 1.5]", "'s'", "['s']", "{}", "[None]", "range(3)", "b'abc'", "bytearray(b'ab')",
              "memoryview(b'abc')", "mx.array([1.5])", "float('nan')", "[float('inf'), -0.0]"]:
        yield f"mx.array({v})"
    for dtype, v in itertools.product(DTYPES, ["True", "1", "-1", "1.7", "-1.7", "300", "[1.5, 2]", "[1, 2]",
                                               "[True, False]", "1+2j", "A('float32')", "A('int64')"]):
        yield f"mx.array({v}, mx.{dtype})"
        yield f"mx.array({v}, dtype=mx.{dtype}).item()" if v[0] not in "[A" else f"mx.array({v}, mx.{dtype}).tolist()"
    for call in """zeros(3) zeros((2,3)) zeros((0,)) zeros(()) zeros(-1) zeros((2,),mx.int8) ones((2,),mx.bool_)
        ones_like(A('int8')) zeros_like(A('float16')) full((2,),3) full((2,2),1.5) full((2,),True) full(2,1j)
        full((2,),7,mx.uint8) full((2,3),A('int32',(3,))) full((2,),A('int32',(3,))) full_like(A('int32'),2.5)
        eye(3) eye(2,3) eye(3,k=1) eye(3,k=-1,dtype=mx.int32) identity(2) tri(3) tri(2,3,1) arange(5) arange(5.0)
        arange(1,5) arange(1,5,2) arange(5,1,-2) arange(0,1,0.25) arange(3,dtype=mx.float16) arange(0) arange(-3)
        arange(1,10,3.5) arange(stop=4) arange(4,step=2) linspace(0,1,5) linspace(0,1,5,endpoint=False)
        linspace(1,0,3) linspace(0,1,1) linspace(0,1,0) linspace(0,10,3,dtype=mx.int32) hanning(5) hamming(5)
        bartlett(5) blackman(5) hanning(1) hanning(0) arange('a') zeros('a') zeros((1.5,)) zeros(3,dtype=3)""".split():
        yield "mx." + call


def printing():
    for dtype in DTYPES:
        for shape in ["()", "(3,)", "(2, 3)", "(2, 2, 2)", "(0,)", "(0, 3)", "(3, 0)", "(10,)", "(8, 9)"]:
            yield f"str(A('{dtype}', {shape}))"
    for v in ["1e-8", "1e10", "123456789.0", "float('nan')", "-float('nan')", "float('inf')", "-0.0", "1/3",
              "complex('nan')", "0.1", "1e38", "12345.678"]:
        yield f"repr(mx.array({v}))"
        yield f"repr(mx.array([{v}, 1.0]))"
        yield f"f'{{mx.array({v})}}'"
    for x in ["mx.float32", "mx.bool_", "mx.cpu", "mx.gpu", "mx.floating", "mx.Device(mx.cpu)", "mx.default_device()",
              "mx.default_stream(mx.cpu)", "mx.finfo(mx.float32)", "mx.finfo(mx.bfloat16)", "mx.iinfo(mx.int8)",
              "mx.iinfo(mx.uint64)"]:
        yield f"repr({x})"
        yield f"str({x})"
    for spec in [".3f", "", "d", ">10"]:
        yield f"format(mx.array(7), '{spec}')"
        yield f"format(mx.array(1.5), '{spec}')"
        yield f"format(A('float32'), '{spec}')"


def dtypes():
    for a, b in itertools.product(DTYPES, DTYPES):
        yield f"mx.result_type(mx.{a}, mx.{b})"
        yield f"mx.can_cast(mx.{a}, mx.{b})"
    kinds = "complexfloating floating inexact signedinteger unsignedinteger integer number generic".split()
    for a, b in itertools.product(DTYPES + kinds, kinds + ["float32", "int8"]):
        yield f"mx.issubdtype(mx.{a}, mx.{b})"
    for a, b in itertools.product(DTYPES, ["bool", "signed integer", "unsigned integer", "integral", "real floating",
                                           "complex floating", "numeric", "foo"]):
        yield f"mx.isdtype(mx.{a}, '{b}')"
    for d in DTYPES:
        yield f"mx.{d}.size"
        for p in ("min", "max", "eps", "smallest_normal", "bits"):
            yield f"mx.finfo(mx.{d}).{p}"
        yield f"mx.iinfo(mx.{d}).max"
        yield f"mx.iinfo(mx.{d}).min"
    for s in ["(2, 1), (3,)", "(2,), (3,)", "(0, 1), (1, 3)", "()", "(1,), (), (4, 1)"]:
        yield f"mx.broadcast_shapes({s})"


def scalars():
    for dtype, fn in itertools.product(DTYPES, ["bool", "int", "float", "complex", "len", "list", "bytes",
                                                "mx.array.item", "mx.array.tolist", "hash and bool"]):
        for shape in ["()", "(1,)", "(2,)"]:
            yield f"({fn})(A('{dtype}', {shape}))"
    for x in ["A('int32', ())", "A('int32', (1,))", "A('float32', ())", "A('uint8', ())"]:
        yield f"[10, 11, 12, 13, 14, 15, 16, 17, 18][{x}]"
    for e in ["A('int32') == None", "A('int32') == 's'", "A('int32') != 's'", "A('int32') < 's'", "A('int32') + 's'",
              "A('int32') + None", "A('int32') + [1]", "[1] + A('int32')", "A('int32') @ 2", "A('int32') & 1.0",
              "pow(A('int32'), 2, 3)", "A('float32') @ A('float32').T", "A('float32') @ A('float32')",
              "A('float32', (3,)) @ A('float32', (3,))", "A('bool_') - True", "-A('bool_')", "~A('float32')",
              "A('int32').foo", "setattr(A('int32'), 'foo', 1)", "A('int32').shape", "A('int32').ndim",
              "A('int32').size", "A('int32').nbytes", "A('int32').itemsize", "A('int32').dtype",
              "hash(mx.float32)", "mx.float32 == mx.float32", "mx.float32 == 'x'", "mx.Device(mx.cpu) == mx.cpu",
              "mx.cpu == mx.Device(mx.cpu)", "mx.eval(A('int32'))", "mx.eval([A('int32'), {'a': 3}])", "mx.eval(3)",
              "mx.default_stream(mx.gpu)", "mx.set_default_device(mx.gpu)", "mx.sum(A('int32'), stream=mx.gpu)",
              "mx.sum(A('int32'), stream=3)", "mx.sum([1, 2])", "mx.sum()", "mx.sum(A('int32'), foo=1)",
              "mx.sum(A('int32'), 0, True, 5)", "mx.sum(A('int32'), keepdims=1)", "mx.add([1], [2])",
              "mx.concatenate([1, 2])", "mx.reshape(A('int32'), 6)", "mx.clip(A('int32'), 2, None)",
              "mx.clip(A('int32'), 2, 2.5)", "mx.clip(A('float32'), None, 0.5)", "mx.clip(A('int32'), None, None)",
              "mx.array_equal(A('int32'), A('int32'))", "mx.array_equal(A('int32'), 1)",
              "mx.allclose(A('float32'), A('float32'))", "mx.isclose(A('float32'), A('float32') + 1e-9)",
              "mx.divmod(A('int32'), 3)", "mx.divmod(A('float32'), 0.3)", "mx.outer(A('float32'), A('float32'))",
              "mx.inner(A('float32'), A('float32'))", "mx.tensordot(A('float32'), A('float32').T, 1)",
              "mx.tensordot(A('float32'), A('float32'), [[0], [0]])", "mx.tensordot(A('float32'), A('float32'))",
              "mx.addmm(A('float32', (2, 2)), A('float32'), A('float32').T, 2.0, 0.5)",
              "mx.depends(A('int32'), A('int32'))"]:
        yield e


def random():
    for call in ["uniform(shape=(5,), key=K)", "uniform(-1, 1, (5,), key=K)",
                 "uniform(shape=(5,), dtype=mx.float16, key=K)",
                 "uniform(0, A('float32', (3,)), (2, 3), key=K)", "uniform(shape=(5,), dtype=mx.int32, key=K)",
                 "normal((5,), key=K)", "normal((5,), mx.bfloat16, 1.0, 2.0, K)", "normal(key=K)",
                 "randint(0, 10, (8,), key=K)", "randint(-5, 5, (3, 3), mx.int8, K)", "bernoulli(0.3, (9,), K)",
                 "bernoulli(A('float32', (3,)), key=K)", "bernoulli(key=K)", "gumbel((4,), key=K)",
                 "laplace((4,), key=K)",
                 "truncated_normal(-1, 1, (5,), key=K)", "truncated_normal(-1.0, A('float32', (3,), 4), key=K)",
                 "categorical(A('float32', (3, 4)), key=K)", "categorical(A('float32', (3, 4)), num_samples=5, key=K)",
                 "categorical(A('float32', (3, 4)), shape=(2, 3), key=K)",
                 "categorical(A('float32', (3, 4)), axis=0, key=K)",
                 "permutation(7, key=K)", "permutation(A('int32', (4, 2)), key=K)",
                 "permutation(A('int32', (2, 4)), axis=1, key=K)", "split(K)", "split(K, 5)", "key(0)", "key(2**40)",
                 "key(2**64)", "key(1.5)", "uniform(shape=(2,), key=A('int32'))"]:
        yield "mx.random." + call
    yield "do('mx.random.seed(3); x = [mx.random.uniform(shape=(3,)), mx.random.normal((2,)), mx.random.state[0]]')"


FAMILIES = {f.__name__: f for f in (unary, binary, reductions, shapes, indexing, creation, printing, dtypes, scalars,
                                    random)}
FAMILIES.update(cases_grid.FAMILIES)


# Families whose floats agree bit for bit: copies, single roundings, random numbers, quantization.
EXACT = {"shapes", "indexing", "creation", "random", "grid_shape", "grid_index", "grid_create",
         "grid_random", "grid_quant", "grid_sort"}
ROUNDED = re.compile(r"matmul|qmm|qqmm|kron|diff|hanning|hamming|blackman|bartlett")
KEPT_BYTES, KEPT_ITEMS, SAMPLES, BLOCKS = 64, 48, 24, 12


def cases(family):
    return list(dict.fromkeys(FAMILIES[family]()))


def exact(family, expression):
    return family in EXACT and not ROUNDED.search(expression)


def summary(mx, flat, dtype):
    """Of many floats: some of them, and the means of blocks, which show one that is wrong elsewhere."""
    wide = np.array(flat.astype(mx.complex64 if dtype == "complex64" else mx.float32)
                    if dtype != "float64" else flat)
    at = np.unique(np.linspace(0, wide.size - 1, SAMPLES).astype(int))
    kept = wide[at].astype(np.complex128 if dtype == "complex64" else np.float64)
    with np.errstate(all="ignore"):
        means = [b.astype(kept.dtype).mean() for b in np.array_split(wide, BLOCKS)]
        top = np.abs(wide[np.isfinite(wide)]).max(initial=0)
    return {"kept": kept.tobytes().hex(), "means": np.array(means).tobytes().hex(), "top": float(top)}


def encode(mx, value, bits=False):
    """A value as JSON: arrays as dtype, shape and bytes, larger ones as a checksum of the bytes, or,
    where they are floats and `bits` is false, as a summary."""
    if isinstance(value, mx.array):
        flat = mx.contiguous(value)
        mx.eval(flat)
        dtype, data = str(value.dtype)[9:], bytes(flat)
        out = {"array": dtype, "shape": list(value.shape)}
        number = "float" in dtype or dtype == "complex64"
        if number and not bits and value.size > KEPT_ITEMS:
            return {**out, **summary(mx, flat.reshape(-1), dtype)}
        if (bits or not number) and len(data) > KEPT_BYTES:
            return {**out, "crc": zlib.crc32(data)}
        return {**out, "data": data.hex()}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [encode(mx, v, bits) for v in value]}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, (bool, int, str, type(None))):
        return {type(value).__name__: value}
    return {"repr": repr(value)}


def answer(mx, names, expression, bits=False):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return encode(mx, eval(expression, dict(names)), bits)
    except Exception as e:  # noqa: BLE001
        return {"error": [k.__name__ for k in type(e).__mro__ if k.__module__ == "builtins"][:-2]}
