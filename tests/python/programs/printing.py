x = mx.array([1.123456789, 1e10, -1e-10, 0.0, -0.0, float("nan"), float("inf")])
print(x)
with mx.printoptions(precision=2) as p: print(x)

mx.set_printoptions(precision=3)
print(x)
print(x.astype(mx.complex64))
print(mx.array([1, 2]))
mx.set_printoptions(precision=0)
print(x)
mx.set_printoptions(precision=None)
mx.set_printoptions()
mx.set_printoptions(precision=-1)
mx.set_printoptions(precision=20)
print(mx.array([0.1]))
mx.set_printoptions(precision=1.5)
mx.set_printoptions(threshold=5)
mx.set_printoptions(3)
mx.get_printoptions().precision
type(mx.get_printoptions()).__name__
mx.set_printoptions(precision=4)
mx.get_printoptions().precision
print(x.astype(mx.float16), x.astype(mx.bfloat16), x.astype(mx.float64))
mx.set_printoptions()
