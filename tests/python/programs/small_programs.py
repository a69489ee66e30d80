import math, time
# k-means
mx.random.seed(3)
pts = mx.concatenate([mx.random.normal((50, 2)) + c for c in (mx.array([0, 0]), mx.array([5, 5]), mx.array([0, 6]))])
cent = pts[mx.array([0, 60, 120])]
for _ in range(10):
    d = ((pts[:, None] - cent[None]) ** 2).sum(-1)
    a = mx.argmin(d, axis=1)
    cent = mx.stack([mx.where((a == k)[:, None], pts, 0).sum(0) / mx.maximum((a == k).sum(), 1) for k in range(3)])
    mx.eval(cent)

print(mx.round(cent, 3), [int((a == k).sum()) for k in range(3)])
# game of life
g = mx.zeros((8, 8), mx.int32)
for i, j in [(1, 2), (2, 3), (3, 1), (3, 2), (3, 3)]: g[i, j] = 1

for _ in range(10):
    n = sum(mx.roll(g, (di, dj), (0, 1)) for di in (-1, 0, 1) for dj in (-1, 0, 1) if (di, dj) != (0, 0))
    g = ((n == 3) | ((n == 2) & (g == 1))).astype(mx.int32)

print(g)
print("\n".join("".join(".#"[int(v)] for v in row) for row in g))
# mandelbrot
re = mx.linspace(-2, 0.5, 20); im = mx.linspace(-1.2, 1.2, 12)
c = re[None] + 1j * im[:, None]
z = mx.zeros_like(c); cnt = mx.zeros(c.shape, mx.int32)
for _ in range(30):
    z = mx.where(mx.abs(z) < 4, z * z + c, z)
    cnt = cnt + (mx.abs(z) < 2)

print(cnt)
# primes
s = mx.ones((100,), mx.bool_); s[:2] = False
for p in range(2, 10):
    if s[p].item(): s[p * p::p] = False

print([i for i, v in enumerate(s.tolist()) if v])
# power iteration / pagerank
A = mx.array([[0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 0]], mx.float32)
P = A / A.sum(1, keepdims=True)
r = mx.full((4,), 0.25)
for _ in range(50): r = 0.85 * (r @ P) + 0.15 / 4

print(r, r.sum())
# newton sqrt
x = mx.array([2.0, 3.0, 10.0])
for _ in range(6): x = 0.5 * (x + mx.array([2.0, 3.0, 10.0]) / x)

x
# moving average with as_strided
v = mx.arange(10, dtype=mx.float32)
w = mx.as_strided(v, (8, 3), (1, 1))
w.mean(1)
# histogram
h = mx.zeros((5,), mx.int32).at[mx.array([0, 1, 1, 4, 4, 4])].add(1)
h
# linear regression with grad
X = mx.random.normal((100, 3)); wt = mx.array([1.0, -2.0, 0.5]); y = X @ wt + 0.01 * mx.random.normal((100,))
def loss(w): return mx.mean(mx.square(X @ w - y))
w = mx.zeros(3)
g = mx.grad(loss)
for _ in range(200): w = w - 0.1 * g(w)

mx.round(w, 2)
# mlp with value_and_grad over dict
def init(k):
    k1, k2 = mx.random.split(k)
    return {"w1": mx.random.normal((2, 8), key=k1), "b1": mx.zeros(8), "w2": mx.random.normal((8, 1), key=k2), "b2": mx.zeros(1)}

def fwd(p, x): return (mx.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"])[:, 0]
def ls(p, x, y): return mx.mean((fwd(p, x) - y) ** 2)
X = mx.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]); Y = mx.array([0.0, 1, 1, 0])
p = init(mx.random.key(0))
vg = mx.value_and_grad(ls)
for i in range(300):
    l, gr = vg(p, X, Y)
    p = {k: v - 0.5 * gr[k] for k, v in p.items()}
    if i % 100 == 0: print(i, round(l.item(), 3))

(fwd(p, X) > 0.5).tolist()
# fft low pass
t = mx.arange(64) / 64
sig = mx.sin(2 * math.pi * 3 * t) + 0.5 * mx.sin(2 * math.pi * 20 * t)
F = mx.fft.rfft(sig); F[10:] = 0
mx.round(mx.fft.irfft(F)[:5], 4)
mx.argmax(mx.abs(mx.fft.rfft(sig))).item()
# attention from scratch vs fast
q, k, v = (mx.random.normal((1, 2, 5, 8)) for _ in range(3))
sc = (q * 8 ** -0.5) @ k.swapaxes(-1, -2)
m = mx.triu(mx.full((5, 5), -mx.inf), 1)
o = mx.softmax(sc + m, axis=-1) @ v
mx.allclose(o, mx.fast.scaled_dot_product_attention(q, k, v, scale=8 ** -0.5, mask="causal"), atol=1e-5)
# n-body
pos = mx.random.uniform(-1, 1, (5, 3)); vel = mx.zeros((5, 3)); ms = mx.random.uniform(0.5, 1, (5,))
for _ in range(10):
    dlt = pos[None] - pos[:, None]
    r2 = (dlt ** 2).sum(-1) + 0.1
    acc = (dlt * (ms[None] / r2 ** 1.5)[..., None]).sum(1)
    vel += acc * 0.01; pos += vel * 0.01

mx.round((vel * ms[:, None]).sum(0), 5)
mx.round(pos, 4)
# compile & vmap
@mx.compile
def f(x, y): return mx.exp(-mx.abs(x - y)).sum(-1)

mx.round(mx.vmap(f, in_axes=(0, None))(mx.arange(6).reshape(3, 2) * 1.0, mx.ones(2)), 5)
# string matching LCS with numpy mix
a, b = "mlxarray", "larry"
L = np.zeros((len(a) + 1, len(b) + 1), int)
M = mx.array([ord(c) for c in a])[:, None] == mx.array([ord(c) for c in b])[None]
for i in range(len(a)):
    for j in range(len(b)): L[i + 1, j + 1] = L[i, j] + 1 if M[i, j] else max(L[i, j + 1], L[i + 1, j])

L[-1, -1]
# sliding 2d conv by conv2d
img = mx.arange(36, dtype=mx.float32).reshape(1, 6, 6, 1)
sob = mx.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], mx.float32).reshape(1, 3, 3, 1)
mx.conv2d(img, sob)[0, :, :, 0]
# monte carlo
u = mx.random.uniform(shape=(10000, 2), key=mx.random.key(9))
(4 * ((u ** 2).sum(1) < 1).mean()).item()
# matrix exp
Mx = mx.array([[0.0, 1], [-1, 0]]); E = mx.eye(2); T = mx.eye(2)
for k in range(1, 15): T = T @ Mx / k; E = E + T

mx.round(E, 5)
# polynomial eval
co = [1, -3, 2]
xs = mx.arange(5); acc = mx.zeros_like(xs)
for c0 in co: acc = acc * xs + c0

acc
# one hot and gather
lab = mx.array([2, 0, 1]); oh = mx.eye(3)[lab]; oh
(oh * mx.array([[0.1, 0.2, 0.7]] * 3)).sum(-1)
mx.take_along_axis(mx.array([[0.1, 0.2, 0.7]] * 3), lab[:, None], axis=1)[:, 0]
# rnn loop
h = mx.zeros((1, 4)); Wh = mx.random.normal((4, 4), key=mx.random.key(1)) * 0.3; Wx = mx.random.normal((2, 4), key=mx.random.key(2))
for step in mx.arange(6, dtype=mx.float32).reshape(3, 1, 2): h = mx.tanh(step @ Wx + h @ Wh)

mx.round(h, 4)
# topk sampling like LLM
lg = mx.array([1.0, 3.0, 2.0, 0.5]); ix = mx.argpartition(-lg, kth=1)[:2]; sorted(ix.tolist())
pr = mx.softmax(lg / 0.7); cs = mx.cumsum(mx.sort(pr)[::-1]); cs
mx.random.categorical(lg, key=mx.random.key(5))
mx.where(lg < mx.sort(lg)[-2], -float("inf"), lg)
