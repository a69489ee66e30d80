"""Transformations whose results MLX and this library must agree on.

Each case is a Python expression over the names of `namespace(mx)`; tests/tools/make_transform_data.py
records what MLX answers (values as nested lists, or the type of the exception), test_transforms.py
compares."""

from collections import namedtuple

Pair = namedtuple("Pair", "a b")


def assigned(a, at, value):
    a[at] = value
    return a


def leaked(transform, given, use):
    """What an argument is worth after the function has returned."""
    out = []
    transform(lambda a: (out.append(a), a.sum())[1])(given)
    return use(out[0])


def namespace(mx):
    x, y, v = mx.array(2.0), mx.array(3.0), mx.array([1.0, 2.0, 3.0])
    A, B = mx.arange(6.0).reshape(2, 3), mx.arange(8.0).reshape(2, 4)
    I = mx.array(3)  # noqa: E741

    def f(x, y):
        return x * x * y

    class Mine(dict):
        pass

    class Mylist(list):
        pass

    def custom(fun, **rules):
        made = mx.custom_function(fun)
        for name, rule in rules.items():
            getattr(made, name)(rule)
        return made

    def traces(fun, *calls, **options):
        """The results of calls, and how often each ran the function."""
        count, out = [0], []

        def counted(*args, **kwargs):
            count[0] += 1
            return fun(*args, **kwargs)

        compiled = mx.compile(counted, **options)
        for call in calls:
            before = count[0]
            args, kwargs = call if isinstance(call, tuple) and len(call) == 2 and isinstance(
                call[1], dict) and isinstance(call[0], tuple) else (call, {})
            out.append([compiled(*args, **kwargs), count[0] - before])
        return out

    def stateful(update, state, calls, **options):
        """A compiled function that changes `state`: what it returned, and the state after each call."""
        compiled, out = mx.compile(lambda *a: update(state, *a), **options), []
        for call in calls:
            out.append([compiled(*call), copied(state)])
        return out

    def copied(tree):
        if isinstance(tree, dict):
            return {k: copied(t) for k, t in tree.items()}
        if isinstance(tree, (list, tuple)):
            return [copied(t) for t in tree]
        return tree + 0 if isinstance(tree, mx.array) else tree

    def add(state, x):
        state[0] = state[0] + x
        return state[0] * 2

    def nested(state, x):
        state["a"] = state["a"] + x
        state["n"]["b"][0] = state["a"] * x
        return x

    def grow(state, x):
        state["z"] = x * 2
        state["q"] = {"r": x * 3}
        return x

    def draws(n, **options):
        mx.random.seed(7)
        compiled = mx.compile(lambda: mx.random.uniform(shape=(2,)), **options)
        return [compiled() for _ in range(n)] + [mx.random.uniform()]

    def exported(fun, *args, call=None, **options):
        import os
        import tempfile
        path = os.path.join(tempfile.mkdtemp(), "f.mlxfn")
        kwargs = options.pop("kw", {})
        mx.export_function(path, fun, *args, **options, **kwargs)
        imported = mx.import_function(path)
        given, named = call if call else (args, kwargs)
        return imported(*given, **named)

    def export_traces(*calls):
        import os
        import tempfile
        path = os.path.join(tempfile.mkdtemp(), "f.mlxfn")
        with mx.exporter(path, lambda x, y=None: x * 2 if y is None else x * y) as e:
            for args, kwargs in calls:
                e(*args, **kwargs)
        imported = mx.import_function(path)
        return [imported(*args, **kwargs) for args, kwargs in calls]

    def raises(error):
        raise error

    names = dict(locals())
    names.update(mx=mx, Pair=Pair, assigned=assigned, leaked=leaked)
    return names


GRAD = [f"{g}(f, argnums={n})(x, y)" for g in ("mx.grad", "mx.value_and_grad")
        for n in ("None", "0", "1", "[0, 1]", "(0, 1)", "[1, 0]", "[0]", "[]", "()", "-1", "2", "[0, 0]",
                  "True", "1.0", "'x'", "[1.0]", "[0, 5]")]
GRAD += [f"mx.grad(f, argnames={n})({a})"
         for n in ("'y'", "['y']", "['x', 'y']", "['y', 'x']", "'z'", "[]", "None", "('y',)", "5", "[5]")
         for a in ("x, y=y", "x=x, y=y")]
GRAD += [f"{g}(f, argnums=0, argnames={n})(x, y=y)" for g in ("mx.grad", "mx.value_and_grad")
         for n in ("'y'", "['y']", "['x', 'y']", "[]", "None")]
GRAD += """
mx.grad(f)(x=x, y=y)
mx.grad(lambda: mx.array(1.0))()
mx.grad(lambda x: x * mx.array(1.0))(2.0)
mx.grad(lambda x: mx.array(1.0))(None)
mx.grad(lambda x: x[0] * 2)([x, None])
mx.grad(lambda x: x[0] * 2)([x, 'a'])
mx.grad(lambda x: x[0] * 2)([x, 3])
mx.grad(lambda d: d['a'] * d['b']['c'][0])({'a': x, 'b': {'c': (y, x), 'd': []}})
list(mx.grad(lambda d: d['b'] * d['a'])({'b': x, 'a': y}))
mx.grad(lambda d: mx.array(1.0))([])
mx.grad(lambda d: mx.array(1.0))({})
mx.grad(lambda x: x * mx.ones((2,)))(x)
mx.grad(lambda x: x * mx.ones((1,)))(x)
mx.grad(lambda x: 2.0)(x)
mx.grad(lambda x: None)(x)
mx.grad(lambda x: 's')(x)
mx.grad(lambda x: [x * 2, x])(x)
mx.value_and_grad(lambda x: [x * 2, x])(x)
mx.grad(lambda x: (x * 2, x))(x)
mx.value_and_grad(lambda x: (x * 2, x, 'a', {'b': x + 1, 'c': None}))(x)
mx.value_and_grad(lambda x: (x * 2,))(x)
mx.value_and_grad(lambda x: ())(x)
mx.value_and_grad(lambda x: [])(x)
mx.value_and_grad(lambda x: (1, x))(x)
mx.value_and_grad(lambda x: ((x,), x))(x)
mx.value_and_grad(lambda x: (x * mx.ones((2,)), x))(x)
mx.value_and_grad(lambda x: {'a': x})(x)
mx.value_and_grad(lambda x: (x * 0).astype(mx.int32))(x)
mx.value_and_grad(lambda x: x * 2.5)(I)
mx.value_and_grad(lambda x: x * 2.5)(mx.array(True))
mx.value_and_grad(lambda x: x * 2)(I)
mx.grad(lambda x, y: x * 2.5, argnums=[0, 1])(x, y)
mx.grad(lambda x: mx.array(2.0))(x)
mx.grad(lambda x: (x * x).real)(mx.array(1 + 2j))
mx.grad(3)
mx.grad(None)
mx.grad(f)(x)
mx.grad(f, argnums=1)(x)
mx.grad(f, argnums=1)(x, y, x)
mx.grad(fun=f, argnums=1)(x, y)
mx.grad(lambda a: a['x'] * 2)(Mine(x=x))
type(mx.grad(lambda a: a['x'] * 2)(Mine(x=x))).__name__
type(mx.grad(lambda a: a[0] * 2)(Mylist([x]))).__name__
mx.grad(lambda a: raises(KeyError) if not isinstance(a, Mine) else a['x'] * 2)(Mine(x=x))
mx.grad(lambda a: raises(KeyError) if not isinstance(a, Pair) else a.a * 2)(Pair(x, y))
type(mx.grad(lambda a: a.a * 2)(Pair(x, y))).__name__
mx.grad(lambda a, b: a * b['k'] if isinstance(b['o'], object) else a)(x, {'k': y, 'o': object()})
mx.grad(lambda z: mx.grad(lambda a: raises(LookupError))(z))(x)
mx.grad(lambda a: (mx.eval(a), a * a)[1])(x)
mx.grad(lambda a: a * a if a.item() > 1 else a)(x)
mx.grad(lambda a: a * a.item())(x)
mx.grad(mx.grad(lambda x: x * x * x))(x)
mx.grad(mx.grad(mx.grad(lambda x: x ** 4)))(x)
mx.grad(lambda x: mx.grad(lambda y: x * y * y)(x))(x)
mx.grad(lambda x: mx.stop_gradient(x) * x)(x)
mx.grad(lambda a: mx.depends(a * a, a * 3))(x)
mx.grad(mx.sin)(x)
mx.grad(f).__name__
mx.grad(f).__module__ is not None
""".strip().splitlines()

ALONG = """
mx.vjp(lambda x: x * x, [x], [y])
mx.vjp(lambda x: x * x, (x,), (y,))
mx.vjp(lambda x: [x * x, x], [x], [y, y])
mx.vjp(lambda x: (x * x, x), [x], [y, y])
mx.vjp(lambda x: [x, x * 2], [x], [y])
mx.vjp(lambda x: [x, x * 2], [x], [])
mx.vjp(lambda x: x, [x], [v])
mx.vjp(lambda x: [mx.array(1.0), x], [x], [y, y])
mx.vjp(lambda x: x, x, [y])
mx.vjp(lambda x: x, [2.0], [y])
mx.vjp(lambda x: x * 2.5, [mx.array(2)], [y])
mx.vjp(lambda x: 1 / 0, [x], [y])
mx.vjp(lambda x, w: w @ x, [v, A], [mx.ones((2,))])
mx.vjp(fun=lambda x: x, primals=[x], cotangents=[y])
mx.jvp(lambda x: x * x, [x], [y])
mx.jvp(lambda x: (x * x, x), [x], [y])
mx.jvp(lambda x: x, [x], [v])
mx.jvp(lambda x: x, [x], [y, y])
mx.jvp(lambda x, y: x, [x, y], [y])
mx.jvp(lambda x: (mx.array(1.0), x * x), [x], [y])
mx.jvp(lambda x: x * 2, [mx.array(3)], [mx.array(1)])
mx.jvp(mx.grad(lambda x: mx.sin(x) * x), [x], [y])
mx.grad(lambda t: mx.jvp(lambda x: x ** 3, [t], [mx.array(1.0)])[1][0])(x)
mx.checkpoint(3)
mx.grad(mx.checkpoint(lambda x: mx.sin(x)))(x)
mx.grad(mx.grad(mx.checkpoint(lambda x: x * x * x)))(x)
mx.checkpoint(lambda x, d, k=None: {'r': [x * d['a'], d['z'], k]})(x, {'a': y, 'z': None}, k='s')
mx.checkpoint(lambda x: x).__name__
mx.grad(lambda w: mx.checkpoint(lambda a: a * w)(y))(x)
mx.grad(lambda w: mx.checkpoint(lambda a: a * w)(w))(x)
mx.grad(lambda w: custom(lambda a: a * w)(w))(x)
mx.grad(lambda w: custom(lambda a: a * w)(y))(x)
mx.grad(lambda w: custom(lambda a: a * w, vjp=lambda p, c, o: c)(w))(x)
mx.grad(lambda a, b: mx.checkpoint(lambda p, q: p['w'] * q)({'w': a}, b), argnums=(0, 1))(x, y)
""".strip().splitlines()

VMAP = """
mx.vmap(lambda x: x.sum())(A)
mx.vmap(lambda x: x.sum(), in_axes=1)(A)
mx.vmap(lambda x: x.sum(), in_axes=-1)(A)
mx.vmap(lambda x: x.sum(), in_axes=2)(A)
mx.vmap(lambda x: x * 2, out_axes=1)(A)
mx.vmap(lambda x: x * 2, out_axes=-1)(A)
mx.vmap(lambda x: x * 2, out_axes=5)(A)
mx.vmap(lambda x: x * 2, out_axes=None)(A)
mx.vmap(lambda x: mx.array(1.0))(A)
mx.vmap(lambda x: x * 2, in_axes=None)(A)
mx.vmap(lambda x, y: x * y, in_axes=(0, None))(A, v)
mx.vmap(lambda x, y: x * y, in_axes=[0, None])(A, v)
mx.vmap(lambda x, y: x.sum() * y.sum(), in_axes=(0, 1))(A, B)
mx.vmap(lambda x, y: x.sum() * y.sum())(A, B)
mx.vmap(lambda d: d['a'].sum() * d['b'].sum())({'a': A, 'b': B})
mx.vmap(lambda d: d['a'].sum() * d['b'].sum(), in_axes={'a': 0, 'b': None})({'a': A, 'b': B})
mx.vmap(lambda d: d['a'].sum(), in_axes=({'a': 0},))({'a': A, 'b': B})
mx.vmap(lambda x, y: x, in_axes=(0,))(A, B)
mx.vmap(lambda x, y: x, in_axes=(0, 0, 0))(A, B)
mx.vmap(lambda x: x, in_axes='a')(A)
mx.vmap(lambda x: x, in_axes=1.0)(A)
mx.vmap(lambda x: x, in_axes=('a',))(A)
mx.vmap(lambda x: x, out_axes='a')(A)
mx.vmap(lambda x: (x, x * 2), out_axes=(0, 1))(A)
mx.vmap(lambda x: [x, x * 2], out_axes=(0, 1))(A)
mx.vmap(lambda x: {'a': x, 'b': x * 2}, out_axes={'a': 0, 'b': 1})(A)
mx.vmap(lambda x: {'a': x, 'b': (x * 2, x + 1)}, out_axes=1)(A)
mx.vmap(lambda x: (x, x * 2), out_axes=(0,))(A)
mx.vmap(lambda x: (x, 3))(A)
mx.vmap(lambda x: None)(A)
mx.vmap(lambda x, y: x * y)(A, 3)
mx.vmap(lambda x, y: x * y, in_axes=(0, None))(A, 3)
mx.vmap(lambda x, y: x * y)(A, y=A)
mx.vmap(lambda x: x)(x)
mx.vmap(lambda: x)()
mx.vmap(lambda x: (mx.eval(x), x)[1])(A)
mx.vmap(lambda x: x.item())(v)
mx.vmap(lambda x: 1 / 0)(v)
mx.vmap(3)
mx.vmap(lambda x: x.sum(), in_axes=(0,))(A)
mx.vmap(lambda x: x.sum(), in_axes=[1])(A)
mx.vmap(lambda t: t[0].sum() * t[1].sum(), in_axes=(1, 0))((A, mx.ones(3)))
mx.vmap(lambda t: t[0].sum() * t[1].sum(), in_axes=[1, 0])([A, mx.ones(3)])
mx.vmap(lambda d, y: d['a'].sum() * y, in_axes=({'a': 1}, None))({'a': A}, y)
mx.vmap(lambda d, y: d['a'].sum() * y, in_axes=(1, None))({'a': A}, y)
mx.vmap(lambda d, y: d['a'][0].sum() * y, in_axes=({'a': 1}, None))({'a': [A]}, y)
mx.vmap(lambda d, y: d.sum() * y, in_axes=({'a': 1}, None))(A, y)
mx.vmap(lambda x: x, out_axes=(1,))(A)
mx.vmap(lambda x: [x], out_axes=[1])(A)
mx.vmap(lambda x, y: x, in_axes=(None, None))(A, A)
mx.vmap(mx.vmap(lambda x, y: x * y, in_axes=(0, None)), in_axes=(None, 0))(v, mx.ones(2))
mx.vmap(lambda n: Pair(n.b, n.a))(Pair(A, B))
mx.vmap(mx.grad(lambda x: x * x * x))(v)
mx.grad(lambda t: mx.vmap(lambda x: x * x * x)(t).sum())(v)
mx.vmap(mx.vmap(mx.grad(lambda x: mx.sin(x))))(A)
mx.vmap(lambda x: mx.vjp(lambda z: z * z, [x], [mx.array(1.0)])[1][0])(v)
mx.vmap(lambda k: mx.random.uniform(key=k))(mx.random.split(mx.random.key(0), 3))
mx.vmap(mx.compile(lambda x: x * 2))(v)
""".strip().splitlines()

COMPILE = """
traces(lambda a: a * 2, (x + 0,), (v + 0,), (I + 0,), (y + 0,))
traces(lambda a, c: a * 2, (v, 1), (v, 1), (v, 2), (v, 1.0), (v, None), (v, 'a'), (v, 'b'), (v, 'a'), (v, -1))
traces(lambda a, c: a * 2, (v, []), (v, {}), (v, [y]), (v, [[y]]), (v, {'a': y}), (v, {'b': y}), (v, {'a': y}))
traces(lambda a, **k: a * 2, ((v,), {'k': y}), ((v,), {'j': y}), ((v,), {'k': y}), ((v,), {'k': 1}))
traces(lambda a, c: a * 2, (v, object()))
traces(lambda a, c: a * 2, (v, b'a'))
traces(lambda a, c: a * 2, (v, 1j))
traces(lambda a, c: a * 2, (v, {1}))
traces(lambda a, c: a * 2, (v, len))
traces(lambda a: None, (v,), (v,))
traces(lambda a: 3, (v,), (v,))
traces(lambda a: {'a': [a * 2, (3, 's', None)], 'c': a}, (v,), (x,), (x,))
traces(lambda a: Pair(a, a), (v,), (v,))
traces(lambda a: (mx.eval(a), a)[1], (v,))
traces(lambda a: a.item(), (x,))
traces(lambda a: a if a > 1 else -a, (x,))
traces(lambda a: raises(KeyError), (x,))
traces(lambda a: mx.sum(a), (v,), (mx.ones((5,)),), (mx.ones((5, 2)),), shapeless=True)
traces(lambda a: a.reshape(-1, 2) * 2, (mx.ones(4),), (mx.ones(6),), shapeless=True)
(lambda s: stateful(add, s, [(mx.array(1),)] * 3, inputs=s, outputs=s))([mx.array(0)])
(lambda s: stateful(nested, s, [(mx.array(2),)] * 3, inputs=s, outputs=s))({'a': mx.array(0), 'n': {'b': [mx.array(1), None, 'x']}})
(lambda s: stateful(grow, s, [(mx.array(2),), (mx.array(3),)], outputs=s))({})
(lambda s: stateful(grow, s, [(mx.array(2),), (mx.array(3),), (mx.array(4),)], inputs=s, outputs=s))({})
draws(3, inputs=mx.random.state, outputs=mx.random.state)
draws(3, inputs=[mx.random.state], outputs=[mx.random.state])
draws(2)
mx.compile(3)
mx.compile(f).__name__
mx.compile(mx.compile(lambda a: a * 3))(v)
mx.grad(mx.compile(lambda a: a * a))(x)
mx.compile(mx.grad(lambda a: a * a))(x)
mx.compile(mx.value_and_grad(lambda p, a: (mx.sum(p['w'] * a), a)))({'w': v}, v)
mx.compile(mx.vmap(lambda a, b: a * b, in_axes=(0, None)))(v, x)
mx.jvp(mx.compile(lambda a: mx.sin(a)), [x], [y])
(mx.disable_compile(), traces(lambda a: a * 2, (v,), (v,)), mx.enable_compile())[1]
""".strip().splitlines()

CUSTOM = """
custom(lambda x, y: x * y)(x, y)
mx.grad(custom(lambda x, y: x * y), argnums=(0, 1))(x, y)
mx.jvp(custom(lambda x, y: x * y), [x, y], [x, y])
mx.vmap(custom(lambda x, y: x * y))(v, v)
mx.grad(custom(lambda x, y: x * y, vjp=lambda p, c, o: (c * 10, c * o)), argnums=(0, 1))(x, y)
mx.grad(custom(lambda x: x * x, vjp=lambda p, c, o: c * p * 7))(x)
mx.grad(lambda z: custom(lambda a: {'a': [a[0] * a[1]['k']], 'b': a[0]}, vjp=lambda p, c, o: [c['b'] * 10, {'k': c['a'][0] * 5}])(z)['a'][0])([x, {'k': y}])
mx.jvp(custom(lambda x, y: x * y, jvp=lambda p, t: t[0] + t[1]), [x, y], [x, y])
mx.jvp(lambda x: custom(lambda x, y: x * y, jvp=lambda p, t: t[0] if t[1] is None else p[0])(x, y), [x], [y])
mx.jvp(custom(lambda x: (x * x, x + 1), jvp=lambda p, t: (t * 2, t)), [x], [y])
mx.vmap(custom(lambda x, y: x * y, vmap=lambda i, ax: (i[0] * i[1] * 100, 0)))(v, v)
mx.vmap(custom(lambda x, y: x * y, vmap=lambda i, ax: (i[0] * i[1] * (100 if ax == (0, None) else 7), 0)), in_axes=(0, None))(v, y)
mx.vmap(custom(lambda x: x * x, vmap=lambda i, ax: (i * 5, ax)))(v)
mx.vmap(custom(lambda x: x * x, vmap=lambda i, ax: i * 5))(v)
mx.vmap(custom(lambda x: (x * x, x), vmap=lambda i, ax: ((i * 5, i), (ax, ax))))(v)
custom(lambda x, y, n=2: x * y * n, vjp=lambda p, c, o: (c, c))(x, y, n=3)
mx.grad(custom(lambda x, y, n=2: x * y * n, vjp=lambda p, c, o: (c, c)))(x, y, n=3)
mx.grad(lambda a: custom(lambda x, *, n: x * n, vjp=lambda p, c, o, n: (c * 5, {'n': c * 6}))(a, n=y))(x)
mx.grad(lambda a: custom(lambda x, *, n: x * n, vjp=lambda p, c, o, n: (c * 5, {'n': c * 6}))(x, n=a))(x)
mx.grad(lambda a: custom(lambda x, y: x * y, vjp=lambda p, c, o: (c * p[1], c))(a, 3))(x)
mx.grad(custom(lambda x, y: x * y, vjp=lambda p, c, o: 1 / 0))(x, y)
mx.grad(custom(lambda x, y: x * y, vjp=lambda p, c, o: (c, None)))(x, y)
mx.grad(custom(lambda x, y: x * y, vjp=lambda p, c, o: [c, c]))(x, y)
mx.grad(mx.compile(custom(lambda x: x * x, vjp=lambda p, c, o: c * 9)))(x)
mx.grad(mx.grad(custom(lambda x: mx.sin(x), vjp=lambda p, c, o: c * mx.cos(p))))(x)
mx.grad(lambda w: custom(lambda x: x * w, vjp=lambda p, c, o: c)(y))(x)
mx.custom_function(3)
custom(lambda x: x, vjp=3)
""".strip().splitlines()

EXPORT = """
exported(lambda x, y: x * y, x, y)
exported(lambda x, y: x * y, x, y, call=(([x, y],), {}))
exported(lambda x, y: x * y, x, y, call=(((x, y),), {}))
exported(lambda x, y: x * y, x, y, call=((x,), {}))
exported(lambda x, y: x * y, x, y, call=((x, y, x), {}))
exported(lambda x, y: x * y, x, y, call=((x, I), {}))
exported(lambda x, y: x * y, x, y, call=((v, y), {}))
exported(lambda x, y: x * y, x, y, call=((x, 2.0), {}))
exported(lambda x, y: x * y, x, y, call=(([x], [y]), {}))
exported(lambda x, y, *, z: [x * y, z], x, y, kw={'z': x})
exported(lambda x, y, *, z: [x * y, z], x, y, kw={'z': x}, call=(((x, y), {'z': x}), {}))
exported(lambda x, y, *, z: [x * y, z], x, y, kw={'z': x}, call=((x, y), {}))
exported(lambda x, y: x * y, (x, y), call=((x, y), {}))
exported(lambda **d: d['a'] * d['b'], {'a': x, 'b': y}, call=(({'a': y, 'b': y},), {}))
exported(lambda x: {'a': x}, x)
exported(lambda x: [x, [x]], x)
exported(lambda x: None, x)
exported(lambda x: (x, x), v)
exported(lambda x, y: x * y, x, 3)
exported(lambda x: 1 / 0, x)
exported(lambda x: mx.exp(x) * 2, v, shapeless=True, call=((mx.ones(5),), {}))
exported(lambda x: mx.exp(x) * 2, v, shapeless=True, call=((mx.ones((5, 2)),), {}))
exported(3, x)
export_traces(((x,), {}), ((v,), {}), ((I,), {'y': x}))
export_traces(((x,), {}), ((y,), {}))
mx.import_function('/nonexistent/x.mlxfn')
mx.export_function('/nonexistent/x.mlxfn', lambda x: x, x)
""".strip().splitlines()

ODD = """
mx.grad(lambda a: a.max(axis=1).sum())(mx.array([[1.0, 3.0, 3.0], [mx.nan, 1.0, 2.0]]))
mx.grad(lambda a: a.min(axis=1).sum())(mx.array([[1.0, 3.0, 1.0], [mx.nan, 1.0, 2.0]]))
mx.grad(lambda a: (a.max(axis=1) * mx.array([mx.inf, 1.0])).sum())(A)
mx.grad(lambda a: a.max())(mx.array([[mx.inf, 1.0], [mx.inf, 2.0]]))
mx.grad(lambda a: mx.imag(a).sum())(mx.array([True, False]))
mx.jvp(mx.imag, [mx.array([True, False])], [mx.array([True, False])])
mx.grad(lambda a: (a - mx.array([True, True])).sum())(mx.array([True, False]))
mx.grad(lambda a: (mx.array([True, True]) - a).sum())(mx.array([True, False]))
mx.grad(lambda a: mx.divmod(a, 2.0)[1].sum())(v)
mx.grad(lambda c: mx.pad(v, 1, constant_values=c).sum())(x)
mx.jvp(lambda a: mx.addmm(a, a, a, alpha=0.5, beta=2.0), [mx.ones((2, 2))], [mx.ones((2, 2))])
mx.grad(lambda a: mx.real(a ** 2.5))(mx.array(1 + 2j))
mx.grad(lambda a: mx.real(mx.cumprod(a)[-1]))(mx.array([1 + 2j, 2 - 1j]))
mx.grad(lambda a: assigned(a * 1, mx.array([0, 0]), a[1:] * 3).sum())(v)
mx.grad(lambda a: assigned(a * 1, a > 1.5, 0).sum())(v)
mx.grad(lambda a: v.at[mx.array([0, 1])].maximum(a).sum())(mx.array([5.0, 0.0]))
mx.grad(lambda a: a.at[mx.array([0, 1])].multiply(a[1:]).sum())(v)
mx.grad(lambda a: a[mx.argsort(a)][0])(v)
mx.grad(lambda a: mx.logical_not(a).sum())(v)
mx.jvp(lambda a: a > 1, [v], [v])
mx.vmap(lambda x, y: x + y, in_axes=(0, (0,)))(A, A)
mx.vmap(lambda x, y: x + y, in_axes=((0,), 0))(A, A)
mx.vmap(lambda x: (x, {'a': x + 0}), out_axes=((1,), {'a': 1}))(A)
mx.vmap(lambda x: (x, {'a': x + 0}), out_axes=(1, {'a': 1}))(A)
mx.vmap(lambda x: (x, (x, x)), out_axes=1)(A)
mx.vmap(lambda x: assigned(x * 1, 0, 1.0))(A)
mx.vmap(lambda x: x.at[0].add(1.0))(A)
traces(lambda a: a * a.ndim, (v,), (mx.ones(5),), shapeless=True)
traces(lambda a: a * a.shape[0], (v,), (mx.ones(5),), shapeless=True)
leaked(mx.compile, v, lambda a: a.item())
leaked(mx.compile, v, lambda a: mx.eval(a + 1))
leaked(mx.vmap, v, lambda a: a.tolist())
leaked(mx.grad, v, lambda a: a.tolist())
""".strip().splitlines()

CASES = GRAD + ALONG + VMAP + COMPILE + CUSTOM + EXPORT + ODD


def plain(mx, value):
    """A value as JSON."""
    if isinstance(value, mx.array):
        if value.dtype == mx.complex64:
            value = mx.stack([mx.real(value), mx.imag(value)], -1)
        return {"array": str(value.dtype).split(".")[-1], "shape": list(value.shape),
                "values": value.tolist()}
    if isinstance(value, dict):
        return {"dict": [[k, plain(mx, t)] for k, t in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [plain(mx, t) for t in value]}
    return value


def answer(mx, expression):
    try:
        return plain(mx, eval(expression, namespace(mx)))
    except Exception as e:
        return {"raises": type(e).__name__}
