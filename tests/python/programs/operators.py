D = [mx.bool_, mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64, mx.float16, mx.float32, mx.float64, mx.bfloat16, mx.complex64]
[mx.array([0, 1, 2]).astype(d).tolist() for d in D]
[type(mx.array(1).astype(d).item()) for d in D]
[str(mx.array([0, 1, 2]).astype(d)) for d in D]
[repr(mx.array(1).astype(d)) for d in D]
[repr(mx.zeros((0, 2)).astype(d)) for d in D]
[repr(mx.zeros((2, 0)).astype(d)) for d in D]
[repr(mx.arange(2000).reshape(20, 100).astype(d)) for d in D]
[mx.array([3]).astype(d).nbytes for d in D]
[mx.array([3]).astype(d).itemsize for d in D]
[d.size for d in D]
[repr(d) for d in D]
[str(d) for d in D]
[hash(d) == hash(d) for d in D]
mx.float32 == mx.float32
mx.float32 == mx.float16
mx.float32 == "float32"
mx.float32 == None
mx.float32 != np.float32
{mx.float32: 1}[mx.array(1.0).dtype]
mx.float32 < mx.float64
mx.issubdtype(mx.float32, mx.floating)
mx.issubdtype(mx.float32, mx.float32)
mx.issubdtype(mx.floating, mx.inexact)
mx.issubdtype(mx.int8, mx.signedinteger)
mx.issubdtype(mx.int8, "a")
mx.issubdtype(int, mx.integer)
mx.issubdtype(mx.bool_, mx.number)
[str(c) for c in (mx.complexfloating, mx.floating, mx.inexact, mx.signedinteger, mx.unsignedinteger, mx.integer, mx.number, mx.generic)]
[repr(c) for c in (mx.complexfloating, mx.floating, mx.generic)]
type(mx.floating)
mx.DtypeCategory
mx.floating == mx.floating
mx.floating == mx.integer
mx.Dtype()
mx.DtypeCategory(1)
mx.DtypeCategory.floating
list(mx.DtypeCategory) if hasattr(mx.DtypeCategory, "__iter__") else 0
mx.float32.name
mx.array(5).item()
mx.array([5]).item()
mx.array([[5.5]]).item()
mx.array([5, 6]).item()
mx.array([]).item()
len(mx.array(5))
len(mx.array([5, 6]))
len(mx.zeros((0, 3)))
iter(mx.array(5))
[x for x in mx.array([1, 2])]
[x for x in mx.array([[1, 2], [3, 4]])]
[x for x in mx.zeros((0, 2))]
list(mx.zeros((2, 0)))
next(iter(mx.array([1])))
a, b = mx.array([1, 2])
a
bool(mx.array(0))
bool(mx.array([1]))
bool(mx.array([1, 2]))
bool(mx.array([]))
bool(mx.array(float("nan")))
bool(mx.array(1j))
int(mx.array(3.7))
int(mx.array([3]))
int(mx.array([3, 4]))
int(mx.array(-3.7))
int(mx.array(float("nan")))
int(mx.array(float("inf")))
int(mx.array(1j))
int(mx.array(True))
float(mx.array(3))
float(mx.array([[3.5]]))
float(mx.array([3.5, 1]))
float(mx.array(1j))
float(mx.array(1+0j))
complex(mx.array(1j))
complex(mx.array(2.5))
complex(mx.array(2))
complex(mx.array([1, 2]))
import operator
operator.index(mx.array(3))
operator.index(mx.array(3.5))
operator.index(mx.array([3]))
operator.index(mx.array(True))
operator.index(mx.array([3, 4]))
[10, 20, 30][mx.array(1)]
[10, 20, 30][mx.array([1])]
[10, 20, 30][mx.array(1.0)]
"abc" * mx.array(2)
[1] * mx.array(2)
range(mx.array(3))
list(range(mx.array(3).item()))
f"{mx.array(3)}"
f"{mx.array(3.14159):.2f}"
f"{mx.array(3):d}"
f"{mx.array(3):>5}"
f"{mx.array(3.5):d}"
f"{mx.array(3):.2f}"
f"{mx.array([3.5]):.2f}"
f"{mx.array([3.5, 1]):.2f}"
f"{mx.array([3.5, 1])}"
f"{mx.array(True):d}"
f"{mx.array(True)}"
f"{mx.array(1j):.2f}"
f"{mx.array(3)!r:>30}"
"%s" % mx.array(3)
"%d" % mx.array(3)
"%.3f" % mx.array(3)
"%d" % mx.array([3, 4])
"%s" % mx.array([3, 4])
"{:x}".format(mx.array(255))
"{:e}".format(mx.array(255.0, mx.float16))
"{:.2f}".format(mx.array(2.555, mx.bfloat16))
f"{mx.array(3):zz}"
format(mx.array(3), "")
format(mx.array(3), "5")
round(mx.array(3.567))
round(mx.array(3.567), 1)
round(mx.array([3.567, -2.5]))
round(mx.array([3.567, -2.5]), ndigits=2)
round(mx.array(3))
round(mx.array(15), -1)
abs(mx.array([-1, 2]))
abs(mx.array(3+4j))
abs(mx.array([True]))
abs(mx.array([1], mx.uint8))
-mx.array([1, 2])
-mx.array([1], mx.uint8)
-mx.array([True])
+mx.array([1])
+mx.array([True])
~mx.array([1, 2])
~mx.array([True])
~mx.array([1.5])
~mx.array([1], mx.uint8)
divmod(mx.array([7, -7]), 2)
divmod(7, mx.array([2, -2]))
divmod(mx.array([7.5, -7.5]), 2)
divmod(mx.array(7), mx.array(0))
import math
math.trunc(mx.array(3.7))
math.floor(mx.array(3.7))
math.ceil(mx.array(3.2))
math.sqrt(mx.array(4.0))
math.sqrt(mx.array([4]))
math.isnan(mx.array(float("nan")))
pow(mx.array(2), 3)
pow(mx.array(2), 3, 5)
pow(2, mx.array([1, 2, 3]))
sum(mx.array([1, 2, 3]))
sum([mx.array(1), mx.array(2.5)])
max(mx.array([1, 3, 2]))
min(mx.array([1, 3, 2]))
sorted(mx.array([3, 1, 2]))
any(mx.array([0, 1]))
all(mx.array([0, 1]))
list(reversed(mx.array([1, 2, 3])))
list(enumerate(mx.array([1, 2])))
list(zip(mx.array([1, 2]), mx.array([3, 4])))
1 in mx.array([1, 2])
5 in mx.array([1, 2])
mx.array(1) in mx.array([1, 2])
[1, 2] in mx.array([[1, 2], [3, 4]])
"a" in mx.array([1, 2])
None in mx.array([1, 2])
mx.array([1, 2]) in [mx.array([1, 2])]
mx.array([1]) in [mx.array([1])]
{mx.array(1): 2}
hash(mx.array(1)) == hash(mx.array(1))
x = mx.array(1); y = x
hash(x) == hash(y)
len({x, y, mx.array(1)})
mx.array([1]) == None
mx.array([1]) != None
None == mx.array([1])
mx.array([1]) == "x"
mx.array([1]) != "x"
mx.array([1]) == []
mx.array([1]) != []
mx.array([1]) == [1]
[1] == mx.array([1])
mx.array([1, 2]) == (1, 2)
mx.array([1]) == {}
mx.array([1]) == object()
mx.array([1]) == np.array([1])
np.array([1]) == mx.array([1])
mx.array([1]) == np.int64(1)
np.int64(1) == mx.array([1])
np.float32(1) + mx.array([1])
np.float64(1) * mx.array([1])
np.array([1, 2]) + mx.array([1, 2])
mx.array([1, 2]) + np.array([1.5, 2])
mx.array([1, 2]) + np.float64(1.5)
mx.array([1, 2]) + np.float32(1.5)
mx.array([1, 2], mx.float16) + np.float32(1.5)
mx.array([1, 2], mx.float16) + np.int64(1)
mx.array([1, 2], mx.int8) + np.int64(1)
mx.array([1, 2], mx.int8) + np.int64(1000)
mx.array([1, 2], mx.int8) + np.uint8(200)
mx.array([1, 2], mx.int8) + np.bool_(True)
mx.array([1, 2], mx.int8) + np.array(1000)
mx.array([1, 2], mx.int8) + 1000
mx.array([1, 2], mx.uint8) + (-1)
mx.array([1, 2], mx.uint8) - 1
mx.array([1, 2], mx.int32) + 2**31
mx.array([1, 2], mx.int64) + 2**62
mx.array([1, 2], mx.int64) + 2**63
mx.array([1, 2], mx.uint64) + 2**63
mx.array([1, 2], mx.uint64) + 2**64
mx.array([1, 2], mx.float32) + 2**63
mx.array([1, 2], mx.float32) + 2**200
mx.array([1, 2], mx.float32) + 2**2000
mx.array([1, 2], mx.float32) + 1e300
mx.array([1, 2], mx.float16) + 1e6
mx.array([True]) + 2**40
mx.array([True]) + 300
mx.array([True]) + 1.5
mx.array([True]) & 1
mx.array([True]) & True
mx.array([1]) & True
mx.array([1], mx.uint8) | 255
mx.array([1], mx.uint8) | 256
mx.array([1.5]) & 1
mx.array([1]) << 3
1 << mx.array([3])
mx.array([1], mx.uint8) << 7
mx.array([1], mx.uint8) << 8
mx.array([-8]) >> 1
mx.array([1.5]) << 1
mx.array([True]) << 1
mx.array([1]) ^ 3
3 ^ mx.array([1])
mx.array([1]) ^ 1.5
mx.array([1, 2]) @ mx.array([3.0, 4])
mx.array([1, 2]) @ 3
mx.array([1, 2]) @ [3, 4]
[3, 4] @ mx.array([1, 2])
mx.array([1.0, 2]) @ np.array([3.0, 4])
np.array([3.0, 4]) @ mx.array([1.0, 2])
mx.array([1, 2]) + [1, 2]
[1, 2] + mx.array([1, 2])
mx.array([1, 2]) + (1, 2)
mx.array([1, 2]) + "a"
"a" + mx.array([1, 2])
mx.array([1, 2]) + None
mx.array([1, 2]) * [1]
mx.array([1, 2]) < [1]
mx.array([1, 2]) < "a"
mx.array([1, 2]) < None
"a" < mx.array([1])
mx.array([1, 2]) ** "a"
mx.array([1, 2]) // None
mx.array([1, 2]) % "a"
mx.array([1, 2]) & None
mx.array([1, 2]) << "a"
mx.array([1, 2]) @ "a"
mx.array([1, 2]) / {}
divmod(mx.array([1]), "a")
mx.array([1, 2]) < 1j
mx.array([1j, 2]) < mx.array([1, 2j])
mx.array([1j, 2]) < 1
mx.array([1, 2]) == 1j
mx.array([1, 2]) == 1.0
mx.array([1, 2]) == True
mx.array([1, 2]) == 2**70
mx.array([1, 2]) < 2**70
mx.array([1, 2], mx.uint8) < 256
mx.array([1, 2], mx.uint8) == 256
mx.array([1, 2], mx.uint8) == -1
2 ** mx.array([-1, 2])
mx.array([2, 3]) ** -1
mx.array([2, 3]) ** 0.5
mx.array([2, 3]) ** 2.0
2.0 ** mx.array([2, 3])
mx.array([True]) ** 2
mx.array([2, 0]) ** 0
mx.array([0.0]) ** 0
7 // mx.array([2, -2])
7 % mx.array([2, -2])
7.5 // mx.array([2, -2])
7 / mx.array([2, 0])
7 - mx.array([2, 0])
True - mx.array([2, 0])
1j - mx.array([2, 0])
mx.array([5]) / 0
mx.array([5]) // 0
mx.array([5]) % 0
mx.array([5.0]) // 0
mx.array([5.0]) % 0
mx.array([True]) / True
mx.array([True]) // True
mx.array([True]) - True
