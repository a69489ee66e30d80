print(mx.arange(6))
print(mx.arange(7))
print(mx.arange(100).reshape(10, 10))
print(mx.arange(1000).reshape(10, 10, 10))
print(mx.zeros((7, 2)))
print(mx.zeros((2, 7)))
print(mx.zeros((1, 1, 1)))
print(mx.zeros((2, 0, 3)))
print(mx.zeros((0,)))
print(mx.zeros((3, 0)))
print(mx.array(1), mx.array(1.5), mx.array(True), mx.array(1j))
print(mx.array([1e5, 1e6, 1234567, 123456.789, 0.0001, 0.00001]))
print(mx.array([1, -1, 100], mx.int8))
print(mx.array([[True, False], [False, True]]))
print(mx.array([1+2j, 1.5-0.25j, complex("nan"), complex(float("inf"), -0.0)]))
print([mx.array(1), mx.array([2.5])])
print({"a": mx.array([1, 2])})
print((mx.array(1),))
str(mx.float32)
repr(mx.array([1.0]))
str(mx.array([1.0]))
f"{mx.array([1.0])}"
"{}".format(mx.array(2))
"{!r}".format(mx.array(2))
print(mx.array([65504], mx.float16), mx.array([1e-7], mx.float16), mx.array([3e38], mx.bfloat16))
print(mx.array([2**64 - 1], mx.uint64) if 0 else mx.array([2**63 - 1]))
print(mx.array([1.0, 2.0], mx.float64), mx.array([0.1], mx.float64))
print(mx.random.key(0))
print(mx.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]))
print(mx.broadcast_to(mx.array([1, 2]), (3, 2)))
print(mx.arange(10)[::-1])
print(mx.arange(6).reshape(2, 3).T)
print(-mx.array([float("nan")]))
print(mx.array([float("nan")]) * -1)
print(mx.array([1e-45, 1.17549435e-38]))
print(mx.array([9.99999e5, 999999.5, 9999995]))
print(mx.zeros((2, 7, 8)))
print(mx.array(float("nan")).item(), mx.array(float("inf")).tolist())
print(mx.array([0.1, 0.2], mx.float16).tolist(), mx.array([0.1], mx.bfloat16).tolist())
print(mx.cpu, mx.gpu, mx.default_device(), mx.float32, mx.bool_)
print(mx.array([1, 2]).dtype, mx.array([1, 2]).shape)
print(*mx.array([1, 2, 3]))
for i, r in enumerate(mx.arange(4).reshape(2, 2)): print(i, r, r.sum().item())

assert mx.array([True]).all()
assert not mx.array([0]).any()
w = mx.array([3.0, 1.0]); l = []
while w.sum() > 1: w = w / 2; l.append(w.sum().item())

l
[v.item() for v in mx.linspace(0, 1, 5)]
max(mx.array([1, 5, 3]).tolist())
sorted(mx.array([3, 1, 2]).tolist())
mx.array([1, 2, 3])[mx.argmax(mx.array([1, 5, 3]))].item()
dict(zip("ab", mx.array([1, 2])))
{k: v.item() for k, v in zip("ab", mx.array([1, 2]))}
" ".join(map(str, mx.array([1, 2]).tolist()))
import json
json.dumps(mx.array([1.5, 2]).tolist())
json.dumps(mx.array([1.5, 2]))
np.array(mx.arange(3)) + 1
list(map(int, mx.array([1.5, 2.5])))
sum(mx.array([1.5, 2.5])).item()
mx.array([1, 2, 3])[-1].item() ** 2
mx.array([5])[0] in {5}
{5: "a"}.get(mx.array(5).item())
int(mx.array(2)) + 1
"a" * int(mx.array(2))
range(int(mx.array(2)))
isinstance(mx.array(1), mx.array)
isinstance(1, mx.array)
isinstance(mx.float32, mx.Dtype)
callable(mx.array)
mx.array.__name__
help is not None
a, *rest = mx.array([1, 2, 3])
rest
def g(*args): return len(args)
g(*mx.zeros((4, 2)))
match mx.array([1, 2]):
    case [p, q]: print("seq", p, q)
    case _: print("other")

import collections.abc
isinstance(mx.array([1]), collections.abc.Iterable)
isinstance(mx.array([1]), collections.abc.Sequence)
isinstance(mx.array([1]), collections.abc.Hashable)
isinstance(mx.array([1]), collections.abc.Sized)
isinstance(mx.array([1]), collections.abc.Container)
import numbers
isinstance(mx.array(1), numbers.Number)
import functools, operator, itertools, statistics, random, bisect, heapq
functools.reduce(operator.add, mx.array([1, 2, 3]))
list(itertools.accumulate(mx.array([1, 2, 3])))
list(itertools.chain(mx.array([1]), mx.array([2])))
statistics.mean(mx.array([1.0, 2.0]).tolist())
bisect.bisect(mx.array([1, 3, 5]), 3)
random.seed(0); random.choice(mx.array([1, 2, 3])).shape
random.sample(mx.array([1, 2, 3]), 2)
random.shuffle(mx.array([1, 2, 3]))
operator.itemgetter(1)(mx.array([1, 2]))
operator.matmul(mx.ones((2, 2)), mx.ones((2, 2)))
operator.iadd(mx.array([1]), 2)
operator.length_hint(mx.array([1, 2]))
operator.concat(mx.array([1]), mx.array([2]))
operator.contains(mx.array([1, 2]), 2)
operator.countOf(mx.array([1, 2, 1]), 1)
operator.truth(mx.array([1]))
copy = mx.array([1, 2]); c2 = copy; c2 += 1; copy
x = mx.array([1, 2]); y = x; y = y + 1; x
x = mx.array([1, 2]); y = x; y += 1; x
x = mx.array([1, 2]); y = x; y[0] = 7; x
x = mx.array([1, 2]); x *= 2.5; x
x = mx.array([1, 2]); x /= 2; x
x = mx.array([1.0, 2]); x /= 2; x
x = mx.array([1, 2]); x //= 2; x
x = mx.array([1, 2]); x **= 2; x
x = mx.array([1, 2]); x %= 2; x
x = mx.array([1, 2]); x &= 2; x
x = mx.array([1, 2]); x |= 4; x
x = mx.array([1, 2]); x ^= 1; x
x = mx.array([1, 2]); x <<= 1; x
x = mx.array([1, 2]); x >>= 1; x
x = mx.array([1.0, 2]); x @= mx.eye(2); x
x = mx.array([1, 2]); x += mx.array([[1], [2]]); x
x = mx.array([1, 2]); x += "a"
x = mx.array([1, 2]); x += None
x = mx.array([1, 2]); x += [1, 2]
x = mx.array([1, 2]); x -= np.array([1, 1]); x
x = mx.array([1, 2], mx.uint8); x += 300
x = mx.array([1, 2], mx.uint8); x -= 2; x
x = 5; x += mx.array([1, 2]); x
x = [1]; x += mx.array([1, 2]); x
x = np.array([1, 2]); x += mx.array([1, 2]); x
