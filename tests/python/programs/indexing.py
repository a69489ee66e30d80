D = [mx.bool_, mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64, mx.float16, mx.float32, mx.float64, mx.bfloat16, mx.complex64]
mx.array(1j).astype(mx.bool_)
mx.array(1j, mx.bool_)
[mx.array([1j, 0.5j, 2+3j, 0]).astype(d) for d in D]
[mx.array([1j, 0.5j, 2+3j, 0], d) for d in D]
x = mx.zeros(4, mx.bool_)
x[0] = 1j
x
x[mx.array([1])] = 1j
x
x[2:] = mx.array(1j)
x
x[2] = 2
x[3] = 0.5
x
x = mx.zeros(4, mx.int32)
x[0] = 1.7
x[1] = -1.7
x[2] = float("nan")
x
x[3] = 1e20
x
x[3] = 2**40
x
x = mx.zeros(4, mx.uint8)
x[0] = 300
x[0] = -1
x
x[0] = 300.7
x
x[1] = -1.5
x
[mx.array([1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9]).astype(d) for d in D]
[mx.array([1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9], d) for d in D]
[[mx.array(v, d) for v in [1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9]] for d in D]
[[mx.full(2, v, d) for v in [1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9]] for d in D]
[mx.array([1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9], mx.float16).astype(d) for d in D]
[mx.array(np.array([1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9]), d) for d in D]
[mx.array([-1, 2**31-1, -2**31, 255, 65536]).astype(d) for d in D]
[mx.array([-1, 2**62-1, -2**62, 2**33+5]).astype(d) for d in D]
x = mx.arange(6).reshape(2, 3)
x[True]
x[np.True_]
x[np.int64(1)]
x[np.uint8(1)]
x[np.array(1)]
x[mx.array(1)]
x[mx.array(1, mx.uint8)]
x[mx.array([True, False])]
x[mx.array(1.0)]
x[1.0]
x["a"]
x[None, "a"]
x[{}]
x[[]]
x[mx.array([], mx.int32)]
x[()]
x[(0, 1)]
x[[0, 1]]
x[[[0, 1], [1, 0]]]
x[[True, False]]
x[[0, 1], [1, 2]]
x[([0, 1], [1, 2])]
x[(0,), ]
x[range(2)]
x[slice(0, 1)]
x[slice(None, None, -1)]
x[0:2.0]
x["a":]
x[mx.array(0):mx.array(1)]
x[mx.array(0):2]
x[np.int64(0):np.int8(1)]
x[::mx.array(2)]
x[:mx.array(1.0)]
x[:mx.array([1])]
x[0, 1, 2]
x[..., 0, 1, 2]
x[..., ...]
x[None, None, ..., None]
x[5]
x[-3]
x[mx.array([5])]
x[::0]
x[5:]
x[-10:10]
x[2**70]
x[:2**70]
x[2**40]
x[object()]
x[0][1] = 100
x
x[0][1]
mx.array(3)[0]
mx.array(3)[...]
mx.array(3)[None]
mx.array(3)[()]
mx.array(3)[:]
mx.array(3)[mx.array(0)]
mx.array(3)[None, None].shape
mx.array(3)[..., None].shape
x[0] = [1, 2, 3]
x[0] = [1, 2]
x[0] = "a"
x[0] = None
x[0] = {}
x[5] = 1
x[0, 0, 0] = 1
x["a"] = 1
x[1.0] = 1
x[[]] = 1
x[mx.array([0.5])] = 1
x[mx.array([True, False])] = 7
x
x[mx.array([True, False, True])] = 7
x[x > 3] = 0
x
x[x == 0] = mx.array([9, 8, 7, 6, 5, 4])
x
x[x > 100] = 5
x
x[mx.array([[True, False, True], [False, True, False]])] = mx.array([1, 2, 3])
x
x[np.array([True, False])] = 7
x[[True, False]] = 3
x
x[mx.array([True, False]), 0] = 3
x[0, mx.array([True, False, True])] = 3
x[:, mx.array([True, False, True])] = 3
x = mx.arange(6).reshape(2, 3)
del x[0]
x[0] += 1
x[:, 0] *= 2
x[mx.array([0, 0])] += 1
x
x[mx.array([0, 1]), mx.array([1, 2])] = mx.array([100, 200])
x
x[mx.array([[0], [1]]), mx.array([1, 2])] = 0
x
x.at["a"].add(1)
x.at[5].add(1)
x.at[0].add("a")
x.at[0].add(None)
x.at[0].add()
x.at[0].add(1, 2)
x.at[0].foo
x.at[mx.array([True, False])].add(1)
x.at[x > 3].add(10)
x.at[0].add([1, 2, 3])
x.at[0].add([1, 2])
x.at[0].add(value=2)
x.at[0].add(1.7)
x.at[0].multiply(2.5)
x.at[0].divide(2.5)
x.at[1].divide(3)
x.at[mx.array([0, 0, 0])].divide(2)
x.at[mx.array([0, 0, 0])].subtract(2)
x.at[mx.array([0, 0, 0])].multiply(2)
x.at[mx.array([0, 0]), mx.array([1, 1])].minimum(mx.array([-5, 3]))
x.at[::2, 1:].add(mx.array([1, 2]))
x.at[::-1, ::2].add(mx.array([[1, 2], [3, 4]]))
x.at[..., 0].add(5)
x.at[None, 0].add(5)
x.at[-1, -1].add(5)
x.at[mx.array([-1])].add(5)
x.at[mx.array([], mx.int32)].add(5)
x.at[0:0].add(5)
mx.array(3).at[...].add(4)
mx.array(3).at[()].add(4)
mx.array(3).at[None].add(4)
mx.zeros((0, 3)).at[:].add(1)
mx.zeros((3,), mx.bool_).at[0].add(True)
mx.zeros((3,), mx.uint8).at[0].subtract(1)
mx.ones((3,), mx.float16).at[mx.array([0, 0])].add(0.1)
mx.ones((3,), mx.bfloat16).at[mx.array([0, 0])].multiply(3)
mx.ones((3,), mx.complex64).at[mx.array([0, 0])].multiply(1j)
mx.ones((3,), mx.complex64).at[mx.array([0, 0])].maximum(1j)
mx.array([float("nan"), 1]).at[mx.array([0, 1])].maximum(mx.array([2, float("nan")]))
mx.array([float("nan"), 1]).at[mx.array([0, 1])].minimum(mx.array([2, float("nan")]))
D = [mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64]
V = [1e20, -1e20, float("nan"), float("inf"), 300.7, -1.5, 3e9, -3e9, 1e10, -1e10, 16777217.0, 2147483520.0, 2147483648.0,9.3e18, 1.9e19,2.0**53+2]
[mx.array(v, mx.uint8).item() for v in V]
[mx.array(v, mx.uint16).item() for v in V]
[mx.array(v, mx.uint32).item() for v in V]
[mx.array(v, mx.uint64).item() for v in V]
[mx.array(v, mx.int8).item() for v in V]
[mx.array(v, mx.int16).item() for v in V]
[mx.array(v, mx.int32).item() for v in V]
[mx.array(v, mx.int64).item() for v in V]
mx.array(V, mx.uint8).tolist()
mx.array(V, mx.uint16).tolist()
mx.array(V, mx.uint32).tolist()
mx.array(V, mx.uint64).tolist()
mx.array(V, mx.int8).tolist()
mx.array(V, mx.int16).tolist()
mx.array(V, mx.int32).tolist()
mx.array(V, mx.int64).tolist()
mx.array(V).astype(mx.uint8).tolist()
mx.array(V).astype(mx.uint16).tolist()
mx.array(V).astype(mx.uint32).tolist()
mx.array(V).astype(mx.uint64).tolist()
mx.array(V).astype(mx.int8).tolist()
mx.array(V).astype(mx.int16).tolist()
mx.array(V).astype(mx.int32).tolist()
mx.array(V).astype(mx.int64).tolist()
[mx.array(V, mx.float64).astype(d).tolist() for d in D]
[mx.array(V, mx.float16).astype(d).tolist() for d in D]
[mx.array(V*20).astype(d).tolist() for d in D]
[mx.array(V*20, mx.float16).astype(d).tolist() for d in D]
x = mx.arange(12).reshape(3, 4)
mx.roll(x, (1, 2, 3), (0, 1))
mx.roll(x, (1, 2, 5), (0,))
mx.roll(x, (1, 2, 5), 0)
mx.roll(x, (1,), (0, 1))
mx.roll(x, (), 0)
mx.roll(x, (), ())
mx.roll(x, 1, ())
mx.roll(x, (1, 2))
mx.roll(x, [1, 2])
mx.roll(x, ())
mx.roll(x, 1, [0])
mx.roll(x, 1, (0, 0))
mx.roll(x, 1.5)
