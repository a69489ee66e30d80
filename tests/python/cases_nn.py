"""What MLX and this library must agree on in mlx.nn and mlx.utils, by family.

`answers(family)` runs here for tests/tools/make_nn_data.py under MLX and for test_nn.py under this
library. Inputs are written out by a formula; initial weights come from seed 7."""

import hashlib
import importlib
import inspect
import itertools
import math
import re
import tempfile

import mlx.core as mx
import mlx.nn as nn
import mlx.utils
from mlx.utils import tree_flatten, tree_map

F32, F16, BF16 = mx.float32, mx.float16, mx.bfloat16


def size_of(shape):
    return math.prod(shape)


def values(*shape, dtype=F32, scale=1.0, start=0):
    """Numbers between -2 and 2 in no simple order."""
    n = size_of(shape)
    numbers = [scale * ((((i + start) * 61 + 17) % 101) / 25 - 2) for i in range(n)]
    return mx.array(numbers).reshape(shape).astype(dtype)


def shares(*shape, dtype=F32):
    """Numbers between 0 and 1."""
    return (values(*shape) / 4 + 0.5).astype(dtype)


def indices(*shape, below):
    return mx.array([(i * 5 + 2) % below for i in range(size_of(shape))]).reshape(shape)


# --- how an answer is written -------------------------------------------------------------------

NAMES = {str(getattr(mx, d)): d for d in
         "bool_ uint8 uint16 uint32 int32 int64 float16 float32 bfloat16 complex64".split()}


def numbers(a):
    """An array as dtype, shape and numbers that tell every value of the dtype."""
    dtype = NAMES[str(a.dtype)]
    flat = a.reshape(-1)
    if dtype in ("float16", "bfloat16"):
        flat = flat.astype(F32)
    return [dtype, list(a.shape), flat.tolist()]


def bits(a):
    """A hash of an array's bytes."""
    return hashlib.sha1(bytes(memoryview(a.reshape(-1).view(mx.uint8)))).hexdigest()[:12]


def show(v):
    """Any value as text: trees in full, the first three numbers of arrays."""
    if isinstance(v, mx.array):
        first = v.reshape(-1)[:3].tolist() if v.size else []
        return f"<{NAMES[str(v.dtype)]} {v.shape} {[round(float(x), 5) for x in first]}>"
    if isinstance(v, nn.Module):
        return type(v).__name__ + "{" + ", ".join(f"{k}: {show(x)}" for k, x in v.items()) + "}"
    if isinstance(v, dict):
        return "{" + ", ".join(f"{k!r}: {show(x)}" for k, x in v.items()) + "}"
    if isinstance(v, set):
        return "{" + ", ".join(sorted(map(show, v))) + "}"
    if isinstance(v, list):
        return "[" + ", ".join(map(show, v)) + "]"
    if isinstance(v, tuple):
        return "(" + "".join(f"{show(x)}, " for x in v) + ")"
    return repr(v)


def kind_of(error):
    return next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins")


# --- layers -------------------------------------------------------------------------------------

# A line: constructor | input shapes, or Python in braces | how it is called, if not by __call__.
LAYERS = """
Linear(16, 5) | 3,16
Linear(16, 5, bias=False) | 2,3,16
Bilinear(4, 5, 6) | 3,4 | 3,5
Bilinear(4, 5, 6, bias=False) | 2,3,4 | 2,3,5
Identity(3, x=4) | 2,3
Embedding(7, 4) | {indices(2, 3, below=7)}
Embedding(7, 4) | 2,4 | =as_linear
Conv1d(3, 5, 2) | 2,7,3
Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False) | 2,11,4
Conv2d(3, 5, 2) | 2,5,4,3
Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(2, 1), groups=2) | 1,9,5,4
Conv3d(3, 4, 2) | 1,3,4,3,3
Conv3d(2, 3, (3, 2, 1), stride=(2, 1, 1), padding=(1, 0, 2), dilation=(2, 1, 3)) | 1,5,3,2,2
ConvTranspose1d(3, 5, 2) | 2,4,3
ConvTranspose1d(4, 6, 3, stride=2, padding=1, dilation=2, output_padding=1, bias=False) | 1,5,4
ConvTranspose2d(3, 5, 2) | 1,3,4,3
ConvTranspose2d(4, 3, (3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0)) | 1,3,4,4
ConvTranspose3d(2, 3, 2) | 1,2,3,3,2
ConvTranspose3d(2, 3, (3, 2, 1), stride=(2, 1, 1), padding=(1, 0, 0), bias=False) | 1,3,3,2,2
MaxPool1d(2) | 2,7,3
MaxPool1d(2) | 2,8,3
MaxPool1d(3, 2, 1) | 2,7,3
AvgPool1d(2) | 2,8,3
AvgPool1d((3,), (2,), (1,)) | 2,8,3
MaxPool2d(2) | 2,8,6,2
MaxPool2d(2) | 1,9,6,2
MaxPool2d((3, 2), (2, 1), (1, 0)) | 1,9,6,2
AvgPool2d(2) | 2,4,6,2
AvgPool2d(3, padding=1) | 1,7,7,2
AvgPool2d([2, 2], [1, 2], [1, 0]) | 1,5,4,2
MaxPool3d(2) | 1,4,6,2,2
MaxPool3d((3, 2, 1), (2, 1, 1), (1, 0, 0)) | 1,5,4,3,2
AvgPool3d(2) | 1,4,6,2,2
AvgPool3d((3, 2, 1), (2, 1, 1), (1, 0, 0)) | 1,5,4,3,2
LayerNorm(6) | 4,5,6
LayerNorm(6, eps=1e-3, affine=False) | 4,6
LayerNorm(6, bias=False) | 4,6
RMSNorm(6) | 4,5,6
RMSNorm(6, eps=1e-2) | 4,6
GroupNorm(2, 6) | 4,5,6
GroupNorm(2, 6, pytorch_compatible=True) | 4,2,3,6
GroupNorm(3, 6, 1e-3, affine=False) | 4,6
InstanceNorm(6) | 4,5,6
InstanceNorm(6, 1e-3, True) | 2,5,3,6
BatchNorm(6) | 4,6
BatchNorm(6) | 4,5,6
BatchNorm(6, 1e-3, 0.3, False) | 2,3,2,6
BatchNorm(6, track_running_stats=False) | 4,6
Dropout() | 3,4,5
Dropout(0.3) | 3,4,5
Dropout(0.0) | 3,4
Dropout2d(0.4) | 3,4,5
Dropout2d(0.4) | 3,2,4,5
Dropout3d(0.4) | 2,3,4,5
Dropout3d(0.4) | 2,2,3,2,5
QuantizedLinear(64, 32) | 2,64
QuantizedLinear(64, 32, bias=False, group_size=32, bits=8) | 2,64
QuantizedLinear(64, 32, mode="mxfp4") | 2,64
QuantizedLinear(64, 32, mode="nvfp4") | 2,64
QuantizedLinear(64, 32, False, mode="mxfp8") | 2,64
QuantizedEmbedding(32, 64) | {indices(3, below=32)}
QuantizedEmbedding(32, 64, 32, 8) | {indices(3, below=32)}
QuantizedEmbedding(32, 64, mode="mxfp4") | {indices(3, below=32)}
QuantizedEmbedding(32, 64, mode="nvfp4") | 2,64 | =as_linear
QQLinear(64, 32) | 1,64 | =eval_call
QQLinear(64, 32, mode="mxfp8") | 1,64 | =eval_call
RNN(3, 5) | 2,4,3
RNN(3, 5, bias=False, nonlinearity=nn.relu) | 4,3 | 5
GRU(3, 5) | 2,4,3
GRU(3, 5) | 2,4,3 | 2,5
GRU(3, 5, bias=False) | 2,4,3 | 2,5
LSTM(3, 5) | 2,4,3
LSTM(3, 5) | 4,3 | 5 | 5
LSTM(3, 5, False) | 2,4,3 | 2,5 | 2,5
MultiHeadAttention(8, 2) | 2,5,8 | 2,6,8 | 2,6,8
MultiHeadAttention(8, 2, bias=True) | 2,5,8 | 2,5,8 | 2,5,8 | {causal(5)}
MultiHeadAttention(8, 2, 3, 4, 5, 6, 7) | 2,5,3 | 2,6,4 | 2,6,5
TransformerEncoderLayer(8, 2) | 2,5,8 | {None}
TransformerEncoderLayer(8, 2, 16, 0.25, nn.gelu, norm_first=False) | 2,5,8 | {causal(5)}
TransformerDecoderLayer(8, 2) | 2,5,8 | 2,4,8 | {None} | {None}
TransformerDecoderLayer(8, 2, 16, 0.25, norm_first=False) | 2,5,8 | 2,4,8 | {causal(5)} | {None}
TransformerEncoder(2, 8, 2) | 2,5,8 | {None}
TransformerEncoder(2, 8, 2, 16, 0.2, checkpoint=True) | 2,5,8 | {None}
TransformerDecoder(1, 8, 2) | 2,5,8 | 2,4,8 | {None} | {None}
TransformerDecoder(1, 8, 2, 16, checkpoint=True) | 2,5,8 | 2,4,8 | {None} | {None}
Transformer(8, 2, 1, 1, 16) | 2,5,8 | 2,4,8 | {None} | {None} | {None}
RoPE(8) | 1,2,5,8
RoPE(6, True, 500, 0.5) | 1,2,5,8 | {7}
SinusoidalPositionalEncoding(8) | {mx.arange(6)}
SinusoidalPositionalEncoding(6, 0.01, 2, 0.5, True, True) | {mx.array([[0.5, 2.5]])}
ALiBi() | 2,6,4,5
ALiBi() | 1,3,2,6 | {4} | 2,6
Upsample(2) | 2,3,4,2
Upsample((2.5, 0.6)) | 1,6,5,2
Upsample((2, 1.5), mode="linear") | 1,3,4,2
Upsample(1.5, mode="linear", align_corners=True) | 1,5,4,2
Upsample(0.5, mode="linear", antialias=True) | 1,7,6,2
Upsample(2, mode="cubic") | 1,5,4,2
Upsample(1.3, mode="cubic", align_corners=True) | 1,6,2
Upsample(0.4, mode="cubic", antialias=True) | 1,7,6,2
Sequential(nn.Linear(4, 3), nn.relu, nn.Linear(3, 2)) | 5,4
CELU(2.0) | 4,5
ELU(alpha=2) | 4,5
GELU() | 4,5
GELU("tanh") | 4,5
GELU("precise") | 4,5
GELU("fast") | 4,5
GLU() | 4,6
GLU(0) | 4,5
HardShrink(0.3) | 4,5
HardTanh() | 4,5
Hardswish() | 4,5
LeakyReLU(0.2) | 4,5
LogSigmoid() | 4,5
LogSoftmax() | 4,5
Mish() | 4,5
PReLU(5, 0.1) | 4,5
ReLU() | 4,5
ReLU2() | 4,5
ReLU6() | 4,5
SELU() | 4,5
SiLU() | 4,5
Sigmoid() | 4,5
Softmax() | 4,5
Softmin() | 4,5
Softplus() | 4,5
Softshrink(0.2) | 4,5
Softsign() | 4,5
Step(0.5) | 4,5
Tanh() | 4,5
AllToShardedLinear(64, 32) | 2,64
ShardedToAllLinear(64, 32, False) | 2,64
QuantizedAllToShardedLinear(64, 32) | 2,64
QuantizedShardedToAllLinear(64, 32, False, mode="mxfp4", group_size=32) | 2,64
FullyShardedModule(nn.Linear(8, 5)) | 3,8
FullyShardedModule(nn.Embedding(5, 4), compute_dtype=mx.float16) | 2,4 | =as_linear
"""

# Layers that are also asked in half precision.
HALVES = ("Linear(16, 5)", "LayerNorm(6)", "RMSNorm(6)", "GroupNorm(2, 6)", "InstanceNorm(6)",
          "BatchNorm(6)", "GRU(3, 5)", "MultiHeadAttention(8, 2)", "AvgPool2d(2)", "Conv2d(3, 5, 2)",
          "Upsample((2, 1.5), mode=\"linear\")")


def causal(n):
    return nn.MultiHeadAttention.create_additive_causal_mask(n)


def layer_cases():
    for line in LAYERS.strip().splitlines():
        yield line, F32
        if line.startswith(HALVES):
            yield line, F16
            yield line, BF16


def call_layer(layer, how, inputs):
    if how == "eval_call":
        return layer.eval()(*inputs)
    return getattr(layer, how)(*inputs) if how else layer(*inputs)


def arguments(fields, dtype):
    """(inputs, how it is called) from the fields of a line."""
    how, inputs = "", []
    for i, field in enumerate(fields):
        if field.startswith("="):
            how = field[1:]
        elif field.startswith("{"):
            inputs.append(eval(field[1:-1], globals()))
        else:
            shape = [int(n) for n in field.split(",")]
            inputs.append(values(*shape, dtype=dtype, start=13 * i))
    return inputs, how


def shaken(layer):
    """Gives ones and zeros of weights and biases other values, so that their place shows."""
    def change(path, a):
        plain = mx.issubdtype(a.dtype, mx.floating) and mx.all(a == a.reshape(-1)[0]).item()
        return a + 0.25 * values(*a.shape, dtype=a.dtype) if plain and "running" not in path else a

    flat = [(path, change(path, a)) for path, a in tree_flatten(layer.parameters())]
    layer.load_weights(flat)


def layer_answer(line, dtype):
    constructor, *fields = [f.strip() for f in line.split("|")]
    mx.random.seed(7)
    layer = eval("nn." + constructor, globals())
    found = {
        "repr": re.sub("<[^>]*>", "<>", repr(layer)),
        "items": [k for k in layer if not k.startswith("_")],
        "parameters": [[p, NAMES[str(a.dtype)], list(a.shape), bits(a)]
                       for p, a in tree_flatten(layer.parameters())],
        "trainable": [p for p, _ in tree_flatten(layer.trainable_parameters())],
    }
    shaken(layer)
    if dtype != F32:
        layer.set_dtype(dtype)
    inputs, how = arguments(fields, dtype)
    mx.random.seed(8)
    out = call_layer(layer, how, inputs)
    out = list(out) if isinstance(out, tuple) else [out]
    found["out"] = [numbers(a) for a in out]
    found["state"] = [[p, numbers(a)] for p, a in tree_flatten(layer.parameters()) if "running" in p]
    if dtype == F32 and not constructor.startswith(("Quantized", "QQ", "Step", "FullySharded")):
        found["grads"] = gradients(layer, how, inputs)
    return found


def gradients(layer, how, inputs):
    """Gradients by the trainable parameters and the floating inputs, of outputs times numbers."""
    floats = [i for i, a in enumerate(inputs)
              if isinstance(a, mx.array) and mx.issubdtype(a.dtype, mx.floating)]

    def loss(parameters, *differentiated):
        layer.update(parameters)
        at = dict(zip(floats, differentiated))
        mx.random.seed(8)
        out = call_layer(layer, how, [at.get(i, a) for i, a in enumerate(inputs)])
        out = out if isinstance(out, tuple) else (out,)
        return sum((a * values(*a.shape, start=3)).sum() for a in out)

    parameters = layer.trainable_parameters()
    if tree_flatten(parameters):
        grads = mx.grad(loss, argnums=list(range(1 + len(floats))))(
            parameters, *(inputs[i] for i in floats))
        layer.update(parameters)
    elif floats:
        grads = mx.grad(lambda *a: loss({}, *a), argnums=list(range(len(floats))))(
            *(inputs[i] for i in floats))
    else:
        return []
    grads = list(grads) if isinstance(grads, (list, tuple)) else [grads]
    return [[p, numbers(a)] for p, a in tree_flatten(grads)]


# --- functions ----------------------------------------------------------------------------------

ACTIVATIONS = {
    **{name: [""] for name in (
        "sigmoid relu relu2 relu6 softmax softmin log_softmax softplus softsign silu log_sigmoid "
        "mish gelu gelu_approx gelu_fast_approx selu hardswish tanh glu step elu celu softshrink "
        "hard_shrink hard_tanh leaky_relu").split()},
    "leaky_relu": ["", ", 0.3"], "elu": ["", ", 2.0"], "celu": ["", ", alpha=0.7"],
    "softshrink": ["", ", 0.2"], "hard_shrink": ["", ", lambd=0.2"],
    "hard_tanh": ["", ", -0.5, 0.25"], "step": ["", ", threshold=0.4"],
    "softmax": ["", ", 0", ", axis=(0, 1)"], "softmin": ["", ", 0"], "log_softmax": ["", ", 0"],
    "glu": ["", ", axis=0"], "prelu": [", mx.array([0.1, 0.5, 2.0, -1.0, 0.0, 0.3])"],
}


def activation_cases():
    for name, arguments_ in ACTIVATIONS.items():
        for more in arguments_:
            for dtype in ("float32", "float16", "bfloat16"):
                yield f"nn.{name}(values(4, 6, dtype=mx.{dtype}, scale=3){more})"
            if "(0, 1)" not in more:
                yield f"nn.{name}(mx.arange(-3, 3){more})"


LOSSES = """
cross_entropy(values(5, 7, scale=4), indices(5, below=7)
cross_entropy(values(5, 7, scale=4), indices(5, below=7), values(5, start=9)
cross_entropy(values(5, 7, scale=4), indices(5, below=7), label_smoothing=0.1
cross_entropy(values(7, 5, scale=4), indices(5, below=7), axis=0
cross_entropy(values(2, 7, 3), indices(2, 3, below=7), axis=1, label_smoothing=0.2
cross_entropy(values(5, 7, scale=4), nn.softmax(values(5, 7, start=5))
cross_entropy(values(5, 7, scale=4), shares(5, 7), label_smoothing=0.3
cross_entropy(values(5, 7, scale=4, dtype=mx.float16), indices(5, below=7)
binary_cross_entropy(values(5, 3), shares(5, 3)
binary_cross_entropy(values(5, 3), shares(5, 3), weights=values(5, 3, start=8)
binary_cross_entropy(shares(5, 3) / 1.1, shares(5, 3), with_logits=False
binary_cross_entropy(mx.array([0.0, 1.0]), mx.array([1.0, 0.0]), with_logits=False
l1_loss(values(5, 3), values(5, 3, start=7)
mse_loss(values(5, 3), values(5, 3, start=7)
mse_loss(values(5, 3, dtype=mx.bfloat16), values(5, 3, start=7, dtype=mx.bfloat16)
nll_loss(values(5, 7), indices(5, below=7)
nll_loss(values(7, 5), indices(5, below=7), axis=0
gaussian_nll_loss(values(5, 3), values(5, 3, start=7), shares(5, 3)
gaussian_nll_loss(values(5, 3), values(5, 3, start=7), values(5, 3), full=True, eps=0.1
kl_div_loss(values(5, 3), values(5, 3, start=7)
kl_div_loss(values(5, 3), values(5, 3, start=7), axis=0
smooth_l1_loss(values(5, 3), values(5, 3, start=7)
smooth_l1_loss(values(5, 3), values(5, 3, start=7), beta=0.3
smooth_l1_loss(values(5, 3), values(5, 3, start=7), beta=0.0
triplet_loss(values(5, 3), values(5, 3, start=7), values(5, 3, start=11)
triplet_loss(values(5, 3), values(5, 3, start=7), values(5, 3, start=11), p=1, margin=0.3
triplet_loss(values(5, 3), values(5, 3, start=7), values(5, 3, start=11), axis=0, p=3, eps=1e-3
hinge_loss(values(5, 3), mx.sign(values(5, 3, start=7))
huber_loss(values(5, 3), values(5, 3, start=7)
huber_loss(values(5, 3), values(5, 3, start=7), delta=0.3
log_cosh_loss(values(5, 3), values(5, 3, start=7)
cosine_similarity_loss(values(5, 3), values(5, 3, start=7)
cosine_similarity_loss(values(5, 3), values(5, 3, start=7), axis=0, eps=3.0
margin_ranking_loss(values(5, 3), values(5, 3, start=7), mx.sign(values(5, 3, start=2)), 0.2
"""

LOSS_ERRORS = """
cross_entropy(values(2, 3), indices(2, below=3), label_smoothing=1.0)
cross_entropy(values(2, 3), indices(2, below=3), label_smoothing=-0.1)
cross_entropy(values(2, 3), indices(3, below=3))
cross_entropy(values(2, 3), values(3, 2))
cross_entropy(values(2, 3), indices(2, below=3), values(3))
cross_entropy(values(2, 3), indices(2, below=3), reduction="x")
binary_cross_entropy(values(2, 3), values(3))
binary_cross_entropy(values(2, 3), values(2, 3), values(3))
l1_loss(values(2, 3), values(3))
mse_loss(values(2, 3), values(3, 2))
mse_loss(values(2, 3), values(2, 3), reduction=None)
gaussian_nll_loss(values(2, 3), values(3, 2), values(2, 3))
gaussian_nll_loss(values(2, 3), values(2, 3), values(2))
smooth_l1_loss(values(2, 3), values(3, 2))
margin_ranking_loss(values(2, 3), values(2, 3), values(3, 2))
"""


def loss_cases():
    for call in LOSSES.strip().splitlines():
        yield f"nn.losses.{call})"
        for reduction in ("none", "mean", "sum"):
            yield f"nn.losses.{call}, reduction={reduction!r})"


INITIALIZERS = [
    "constant(3.5)", "constant(1, mx.int32)", "normal()", "normal(1.0, 2.0, mx.float16)",
    "uniform()", "uniform(-1, 2, mx.bfloat16)", "identity()", "glorot_normal()",
    "glorot_uniform()", "he_normal()", "he_uniform()", "sparse(0.3)", "sparse(0.55, 1.0, 2.0)",
    "sparse(0.0)", "sparse(1.0)", "orthogonal()", "orthogonal(2.0, mx.float16)"]


def init_cases():
    for call, shape in itertools.product(INITIALIZERS, [(4, 4), (3, 7), (7, 3), (2, 3, 4), (5,)]):
        yield f"nn.init.{call}(mx.zeros({shape}))"
    for call in ("he_normal()(A, mode='fan_out')", "he_normal()(A, 'fan_in', 2.0)",
                 "he_uniform()(A, 'fan_out', gain=3)", "he_normal()(A, mode='x')",
                 "glorot_normal()(A, gain=2)", "glorot_uniform()(A, 2.0)"):
        yield f"nn.init.{call.replace('A', 'mx.zeros((3, 5))')}"


def function_answer(expression):
    mx.random.seed(5)
    try:
        return numbers(eval(expression, globals()))
    except Exception as e:  # noqa: BLE001
        return {"error": [kind_of(e), str(e)]}


# --- modules and trees --------------------------------------------------------------------------

class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2, bias=False)
        self.w = mx.zeros((2,))
        self.l = [nn.ReLU(), nn.Linear(1, 1, bias=False)]
        self.d = {"p": nn.Linear(1, 1, bias=False), "q": mx.ones(1)}
        self._h = mx.ones(1)
        self.k = 3
        self.t = (nn.ReLU(), mx.ones(1))

    def __call__(self, x):
        return x


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = Inner()
        self.bs = [Inner(), [nn.ReLU()], {"r": nn.Tanh(), "x": {"y": mx.ones(1)}}]
        self.e = []

    def _extra_repr(self):
        return "outer"


class Late(nn.Module):
    """Sets items before the base is made."""

    def __init__(self):
        self.w = mx.ones(1)
        self.k = 1
        super().__init__()


class Fixed(nn.Module):
    @property
    def w(self):
        return 42


class Lines(nn.Module):
    def _extra_repr(self):
        return "x=1\ny=2"


def run(statements, last):
    """The value of the last line, after the others."""
    scope = {**globals(), "b": Inner(), "c": Outer()}
    exec(statements, scope)
    return eval(last, scope)


def saved(suffix):
    """Weights written to a file and read back."""
    with tempfile.TemporaryDirectory() as folder:
        b = Inner()
        b.save_weights(f"{folder}/w{suffix}")
        other = Inner()
        other.load_weights(f"{folder}/w{suffix}")
        same = [mx.array_equal(x, y).item() for (_, x), (_, y) in
                zip(tree_flatten(b.parameters()), tree_flatten(other.parameters()))]
        return sorted(mx.load(f"{folder}/w{suffix}")), same


def weights(*left_out, **more):
    flat = {**dict(tree_flatten(Inner().parameters())), **more}
    return [(k, v) for k, v in flat.items() if k not in left_out]


# Separated by lines; statements before the value are separated from it by ";; ".
MODULES = r"""
b
c
nn.Module()
repr(b)
repr(c)
repr(Lines()), repr(nn.Sequential(Lines(), nn.Sequential(Lines()), lambda x: x))
b.__dict__
b.parameters()
b.trainable_parameters()
b.children()
b.leaf_modules()
c.children()
c.leaf_modules()
c.parameters()
[n for n, _ in c.named_modules()]
[type(m).__name__ for m in c.modules()]
b.x = mx.ones(2);; b.__dict__, list(b)
b.x = 3;; b.x, list(b), "x" in b
b.w = 5;; b.__dict__["w"], list(b)
b.k = mx.ones(1);; "k" in b.__dict__, list(b)
b.k = (1, 2);; b.k, list(b)
del b.w;; list(b)
del b.k;; b.k
del b.zz;; b
b.zz
b["w"], b.get("nope"), "a" in b, "zz" in b, len(b), bool(b), bool(nn.Module())
b.w = 3; b["w"] = mx.ones(1);; b.w
b.training = False;; b
b.state = {};; b
b.state is b
b.parameters = 3;; b.parameters
b.keys = mx.ones(1);; b
Fixed().w
f = Fixed(); f.w = mx.ones(1);; f
g = Late();; g, g.k, g.training
nn.Module(1)
nn.Module()(1)
b == b, b | {"z": 1}, type(b.copy()).__name__
hash(b)
b.update({"w": mx.ones(3)})
b.update({"zz": mx.ones(3)})
b.update({"zz": mx.ones(3)}, strict=False)
b.update({"k": mx.ones(3)})
b.update({"k": mx.ones(3)}, strict=False).k
b.update({"w": 3})
b.update({"w": {"a": mx.ones(1)}})
b.update({"a": {"weight": mx.ones(1)}}).a.weight
b.update({"a": {"nope": mx.ones(1)}})
b.update({"a": mx.ones(1)})
b.update({"a": mx.ones(1)}, strict=False)
b.update({"l": [{}, {"weight": mx.zeros(1)}]}).l[1].weight
b.update({"l": [{}, {}, {}]})
b.update({"l": [{}, {}, {"weight": mx.ones(1)}]}, strict=False)
b.update({"l": {"1": {"weight": mx.ones(1)}}})
b.update({"d": {"q": mx.zeros(1)}}).d
b.update({"d": {"r": mx.zeros(1)}})
b.update({"d": {"r": mx.zeros(1)}}, strict=False).d
b.update({"t": ({"weight": mx.ones(1)},)})
b.update({"_h": mx.zeros(1)})._h
b.update([]), b.update({})
b.update(None)
b.update_modules({"a": nn.ReLU()})
b.update_modules({"zz": nn.ReLU()})
b.update_modules({"zz": nn.ReLU()}, strict=False)
b.update_modules({"w": nn.Linear(1, 1)})
b.update_modules({"k": nn.ReLU()})
b.update_modules({"a": {"weight": mx.ones(2)}})
b.update_modules({"a": mx.ones(2)})
b.update_modules({"a": mx.ones(2)}, strict=False)
b.update_modules({"a": 3})
b.update_modules({"l": [nn.GELU()]})
b.update_modules({"l": [{}, nn.GELU()]})
b.update_modules({"l": [nn.GELU(), nn.ReLU(), nn.ReLU()]})
b.update_modules({"l": [nn.GELU(), nn.ReLU(), nn.ReLU()]}, strict=False).l
b.update_modules({"l": [3]})
b.update_modules({"d": {"p": nn.GELU()}})
b.update_modules({"d": {"q": nn.Linear(1, 1)}})
b.update_modules({"d": {"z": nn.GELU()}})
b.update_modules(b.children())
b.update_modules(b.leaf_modules())
b.update_modules(3)
c.update_modules({"b": {"a": nn.GELU()}, "bs": [{"a": nn.GELU()}, [nn.Tanh()], {"r": nn.ReLU()}]})
c.apply(lambda x: x + 1)
b.apply(lambda x: x + 1, filter_fn=lambda m, k, v: k == "w")
b.apply(lambda x: 3)
names = []; c.apply_to_modules(lambda k, m: names.append((k, type(m).__name__)));; names
seen = []; c.filter_and_map(lambda m, k, v: seen.append((type(m).__name__, k, type(v).__name__)) or True);; seen
c.filter_and_map(lambda m, k, v: isinstance(v, mx.array))
c.filter_and_map(nn.Module.valid_parameter_filter, map_fn=lambda x: x.size)
c.filter_and_map(nn.Module.valid_child_filter)
b.filter_and_map(lambda m, k, v: True, lambda x: type(x).__name__, lambda m, k, v: True)
b.filter_and_map(lambda m, k, v: True, lambda x: type(x).__name__, lambda m, k, v: False)
[nn.Module.valid_child_filter(b, "w", v) for v in (mx.ones(1), nn.ReLU(), [], {}, (1,), 3, None)]
[nn.Module.valid_parameter_filter(b, k, v) for k in ("w", "_w") for v in (mx.ones(1), nn.ReLU(), [], {}, (1,), 3)]
[nn.Module.trainable_parameter_filter(b, k, v) for k in ("w", "_w") for v in (mx.ones(1), nn.ReLU(), [], {}, (1,))]
nn.Module.is_module(b), b.is_module({}), nn.Module.is_module(nn.Module)
b.freeze()._no_grad, b.a._no_grad, b.trainable_parameters()
b.freeze(recurse=False)._no_grad, b.a._no_grad, b.trainable_parameters()
b.freeze(keys="weight")._no_grad, b.a._no_grad, b.trainable_parameters()
b.freeze(keys="weight", strict=True)._no_grad
b.freeze(keys=["weight", "zz"], strict=True)
b.freeze(keys="weight", recurse=False, strict=True)
b.freeze(keys=["w", "zz"])._no_grad
b.freeze(keys="d").trainable_parameters()
b.freeze(keys="a").trainable_parameters()
b.freeze(strict=True)
b.freeze("w")
b.freeze().unfreeze()._no_grad, b.a._no_grad
b.freeze().unfreeze(keys="weight")._no_grad, b.a._no_grad, b.trainable_parameters()
b.freeze().unfreeze(recurse=False)._no_grad, b.a._no_grad
b.freeze().unfreeze(keys=["w", "zz"], strict=True)
b.freeze(keys="_h", strict=True, recurse=False)._no_grad
c.freeze(); c.bs[2]["r"].unfreeze(); c.unfreeze(keys="bs.2.x.y", recurse=False);; c.trainable_parameters()
b.eval(), b.training, b.a.training, b.d["p"].training, b.l[0].training, b.t[0].training
b.train(), b.training, b.train(False).a.training, b.eval().train(True).a.training
n = nn.Sequential(nn.BatchNorm(2)); n.freeze(); n.unfreeze();; n.trainable_parameters()
n = nn.BatchNorm(2); n.freeze();; n.unfreeze(), n.trainable_parameters(), n._no_grad
b.set_dtype(mx.float16), b
b.d["q"] = mx.ones(1, dtype=mx.int32); b.set_dtype(mx.bfloat16);; b
b.d["q"] = mx.ones(1, dtype=mx.int32); b.set_dtype(mx.float16, None);; b
b.set_dtype(mx.int32, lambda d: d == mx.float16);; b
b.load_weights(weights(w=mx.ones(2))).w
b.load_weights(weights("w"))
b.load_weights(weights("w", "a.weight"))
b.load_weights(weights("w"), strict=False)
b.load_weights(weights(zz=mx.ones(1)))
b.load_weights(weights("w", zz=mx.ones(1), yy=mx.ones(1)))
b.load_weights(weights(zz=mx.ones(1)), strict=False)
b.load_weights(weights(w=mx.ones(3)))
b.load_weights(weights(w=mx.ones(3)), strict=False)
b.load_weights(weights(w=3))
b.load_weights(weights(w=mx.ones(2, dtype=mx.float16))).w
b.load_weights(dict(weights()))
b.load_weights([])
b.load_weights([], strict=False)
b.load_weights(3)
b.load_weights([("l.7.weight", mx.ones(1)), ("_h", mx.zeros(1)), ("l.x", mx.ones(1))], strict=False)
b.save_weights("x.bin")
saved(".npz")
saved(".safetensors")
import copy;; copy.deepcopy(b), copy.deepcopy(b).a is b.a, copy.copy(b).a is b.a, copy.copy(b).__dict__
import pickle; b.freeze(keys="w");; pickle.loads(pickle.dumps(b)), pickle.loads(pickle.dumps(b)).__dict__
nn.Sequential(lambda x: x + 1, mx.square)(mx.array(1.0)), nn.Sequential()(1)
nn.Linear(3, 4)(mx.ones((2, 2)))
nn.MultiHeadAttention(8, 3)
nn.GroupNorm(3, 4)
nn.Dropout(1.0)
nn.Dropout(-0.1)
nn.Dropout2d(1.5)
nn.Dropout2d()(mx.ones((3, 4)))
nn.Dropout3d()(mx.ones((3, 4)))
nn.InstanceNorm(4)(mx.ones((2, 4)))
nn.BatchNorm(4)(mx.ones((4,)))
nn.BatchNorm(4)(mx.ones((1, 4)))
nn.Conv1d(3, 5, 2, groups=2)
nn.Conv2d(3, 5, 2, groups=2)
nn.GELU("x")
nn.RNN(3, 5, nonlinearity="tanh")
nn.SinusoidalPositionalEncoding(7)
nn.MaxPool1d((2, 2))
nn.MaxPool2d((2,))
nn.AvgPool3d("x")
nn.MaxPool2d(2, stride=(1,))
nn.MaxPool2d(2, padding=None)
nn.MaxPool2d(0)
nn.MaxPool2d(2, -1)
nn.MaxPool2d(2)(mx.ones((4, 4)))
nn.MaxPool2d(2)(mx.ones((4, 4, 1)))
nn.MaxPool2d(3)(mx.ones((1, 2, 2, 1))).shape
nn.Upsample(2, mode="x")
nn.Upsample(2, antialias=True)
nn.Upsample(2, mode="linear", antialias=True, align_corners=True)
nn.Upsample(2)(mx.ones((2, 3)))
nn.Upsample((2, 3))(mx.ones((2, 3, 1)))
nn.Upsample(0.1, mode="linear")(mx.ones((2, 3, 4, 1))).shape
nn.QuantizedLinear(64, 32, mode="x")
nn.QuantizedLinear(64, 32).unfreeze()._no_grad
nn.Linear(64, 32).to_quantized(32, 8), nn.Linear(64, 32).to_quantized()._no_grad
repr(nn.Linear(64, 32).to_quantized(mode="mxfp4")), repr(nn.Embedding(32, 64).to_quantized(32, 8))
nn.Linear(64, 32).to_quantized(mode="mxfp4", quantize_input=True)
nn.Linear(64, 32).to_quantized(mode="nvfp4", quantize_input=True)
repr(nn.Linear(64, 32, bias=False).to_quantized(mode="nvfp4", quantize_input=True))
nn.Embedding(32, 64).to_quantized(quantize_input=True)
q = nn.QQLinear(64, 32); q.eval();; q, repr(q), q.train(), repr(q), q._no_grad
q = nn.QQLinear(64, 32); q.quantize(); q.quantize();; q, q.dequantize(), q.dequantize(), q
m = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Embedding(8, 32)); nn.quantize(m, 32, 8);; repr(m)
m = nn.Sequential(nn.Linear(64, 32)); nn.quantize(m, mode="mxfp4"); nn.quantize(m);; repr(m)
m = nn.Sequential(nn.Linear(60, 32)); nn.quantize(m);; m
m = nn.Sequential(nn.Linear(64, 32), nn.Linear(64, 32)); nn.quantize(m, class_predicate=lambda p, _: p == "layers.1");; repr(m)
m = nn.Sequential(nn.Linear(64, 32)); nn.quantize(m, class_predicate=lambda p, _: {"bits": 8, "group_size": 32});; repr(m)
m = nn.Sequential(nn.Linear(64, 32)); nn.quantize(m, class_predicate=lambda p, _: 3);; m
m = nn.Sequential(nn.ReLU()); nn.quantize(m, class_predicate=lambda p, _: True);; m
nn.quantize(nn.Sequential(nn.Linear(64, 32)), mode="zz")
nn.layers.distributed.shard_linear(nn.Linear(64, 32), "all-to-sharded", segments=2)
nn.layers.distributed.shard_linear(nn.QuantizedLinear(64, 32), "sharded-to-all")
nn.layers.distributed.shard_linear(nn.Linear(64, 32), "x")
nn.layers.distributed.shard_inplace(nn.Linear(4, 2), "x")
paths = []; nn.layers.distributed.shard_inplace(c.b.a, lambda p, w: paths.append(p));; paths
nn.fully_shard(b) is b, nn.fully_shard(b, compute_dtype=mx.float16) is b
nn.FullyShardedModule(nn.Linear(4, 2)).parameters()
nn.average_gradients(b.parameters())
nn.utils.clip_grad_norm_sharded([mx.array([3.0, 4.0])], 1.0), nn.utils.clip_grad_norm_sharded([mx.array([3.0, 4.0])], 10.0)
nn.utils.clip_grad_norm_sharded([mx.array([3.0, 4.0])], 5.0)[0][0].tolist()
nn.ALiBi.create_alibi_slope(3).tolist(), nn.ALiBi.create_alibi_slope(12, mx.float16).tolist()
nn.ALiBi.create_alibi_matrix(2, 3, 2).tolist()
nn.MultiHeadAttention.create_additive_causal_mask(3, mx.float16).tolist()
nn.value_and_grad(b, lambda x: (b.a(x) * b.w).sum() + b.d["q"][0])(mx.ones((3, 2)))
b.freeze(); b.unfreeze(keys="w");; nn.value_and_grad(b, lambda x: ((b.a(x) + b.w).sum(), 3))(mx.ones((3, 2)))
nn.value_and_grad(b, lambda m, x, k=1: m.w.sum() * k)(b, 3, k=2)
n = nn.Sequential(nn.Linear(2, 1)); f = nn.utils.checkpoint(n);; nn.value_and_grad(n, lambda x: f(x).sum())(mx.ones((3, 2))), f.__name__
n = nn.Sequential(nn.Linear(2, 1)); f = nn.utils.checkpoint(n, lambda x, k: n(x) * k);; nn.value_and_grad(n, lambda x: f(x, k=2).sum())(mx.ones((3, 2)))
"""

TREES = r"""
tree_map(lambda x: (x,), {"a": [1, (2, 3), {"b": 4}], "e": [], "f": {}, "g": (), "n": None})
tree_map(lambda x, y: (x, y), {"a": 1, "b": [1, 2]}, {"a": 10, "b": [1, 2, 3], "z": 3})
tree_map(lambda x, y: (x, y), {"a": 1}, {})
tree_map(lambda x, y: (x, y), [1, 2], [1])
tree_map(lambda x, y: (x, y), [1, 2], [[1], {"a": 1}])
tree_map(len, {"a": [1, 2], "b": [3]}, is_leaf=lambda x: isinstance(x, list))
tree_map(lambda x: x, 3), type(tree_map(lambda x: x, nn.ReLU())).__name__
mlx.utils.tree_map_with_path(lambda p, x: (p, x), {"a": [1, (2, {"b": 3})]})
mlx.utils.tree_map_with_path(lambda p, x: (p, x), 3), mlx.utils.tree_map_with_path(lambda p, x: p, [[3]], path="q")
mlx.utils.tree_map_with_path(lambda p, x, y: (p, x, y), [[3]], [[4]])
tree_flatten({"a": [1, (2, 3), {"b": 4}], "e": [], "f": {}, "n": None})
tree_flatten(3), tree_flatten([1, 2], prefix=".q"), tree_flatten([1, 2], prefix="q")
tree_flatten({"a": [1]}, is_leaf=lambda x: isinstance(x, list)), tree_flatten({1: {2: 3}})
tree_flatten({"a": [1]}, destination={}), tree_flatten([1], destination=[("x", 2)])
tree_flatten([1], destination=3)
mlx.utils.tree_unflatten([("a.0", 1), ("a.1.0", 2), ("c", 3)])
mlx.utils.tree_unflatten([("2", 1), ("0", 2)]), mlx.utils.tree_unflatten([("10", 1), ("9", 2)])
mlx.utils.tree_unflatten([("", 3)]), mlx.utils.tree_unflatten([]), mlx.utils.tree_unflatten({})
mlx.utils.tree_unflatten({"a.b": 1, "a.c": 2}), mlx.utils.tree_unflatten([("a", 1), ("a.b", 2)])
mlx.utils.tree_unflatten([("a.1", 2), ("a.x", 1)]), mlx.utils.tree_unflatten([("0", 1), ("x", 2)])
mlx.utils.tree_unflatten(tree_flatten({"a": [1, (2, 3), {"b": 4}], "c": 5}))
mlx.utils.tree_reduce(lambda a, b: a + b, [1, [2, (3,)], {"a": 4}])
mlx.utils.tree_reduce(lambda a, b: (a, b), [1, 2], 10), mlx.utils.tree_reduce(lambda a, b: (a, b), [])
mlx.utils.tree_reduce(lambda a, b: a + len(b), [[1, 2], [3]], 0, is_leaf=lambda x: isinstance(x, list) and isinstance(x[0], int))
mlx.utils.tree_merge({"a": 1}, {"b": 2})
mlx.utils.tree_merge({"a": 1}, {"a": 2})
mlx.utils.tree_merge({"a": 1}, {"a": 2}, lambda x, y: (x, y))
mlx.utils.tree_merge([1], [None, 3, 4]), mlx.utils.tree_merge((1, None), [None, 2])
mlx.utils.tree_merge({"a": {}}, {"a": 1}), mlx.utils.tree_merge({"a": 1}, {"a": []})
mlx.utils.tree_merge(None, 2), mlx.utils.tree_merge([], {"a": 1}), mlx.utils.tree_merge([], [])
mlx.utils.tree_merge([], {})
mlx.utils.tree_merge(None, [], lambda *x: x), mlx.utils.tree_merge([1], {"b": 1}, lambda *x: x)
mlx.utils.tree_merge([1], {"b": 1})
"""


def text_answer(line):
    mx.random.seed(3)
    statements, _, last = line.rpartition(";; ")
    try:
        return show(run(statements, last))
    except Exception as e:  # noqa: BLE001
        return f"{kind_of(e)}: {e}"


# --- signatures ---------------------------------------------------------------------------------

MODULES_WITH_NAMES = ("mlx.nn mlx.nn.init mlx.nn.losses mlx.nn.utils mlx.nn.layers.distributed "
                      "mlx.nn.layers.upsample mlx.utils").split()


def signature(module, *names):
    """Parameters, kinds and defaults of a function, or of a class's constructor or method."""
    f = importlib.import_module(module)
    for name in names:
        f = getattr(f, name)

    def default(p):
        return None if p.default is p.empty else re.sub("<.*>", "<>", repr(p.default))

    return [[p.name, p.kind.name, default(p)] for p in inspect.signature(f).parameters.values()]


def signatures():
    """The signatures of all public functions, constructors and methods."""
    found = {}
    for module in map(importlib.import_module, MODULES_WITH_NAMES):
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_") or not str(getattr(value, "__module__", "")).startswith("mlx."):
                continue
            path = [module.__name__, name]
            if not isinstance(value, type):
                found[" ".join(path)] = signature(*path)
                continue
            for member in ("__init__", "__call__", *vars(value)):
                f = getattr(value, member, None)
                if (inspect.isfunction(f) or inspect.ismethod(f)) and (
                        not member.startswith("_") or member in ("__init__", "__call__")):
                    found[" ".join([*path, member])] = signature(*path, member)
    return found


# --- all ----------------------------------------------------------------------------------------

def key(line, dtype):
    return line if dtype == F32 else f"{line} | {NAMES[str(dtype)]}"


FAMILIES = {
    "layers": lambda: {key(*case): layer_answer(*case) for case in layer_cases()},
    "activations": lambda: {e: function_answer(e) for e in activation_cases()},
    "losses": lambda: {e: function_answer(e) for e in loss_cases()},
    "loss_errors": lambda: {e: text_answer("nn.losses." + e)
                            for e in LOSS_ERRORS.strip().splitlines()},
    "init": lambda: {e: function_answer(e) for e in init_cases()},
    "modules": lambda: {e: text_answer(e) for e in MODULES.strip().splitlines()},
    "signatures": signatures,
    "trees": lambda: {e: text_answer(e) for e in TREES.strip().splitlines()},
}


def zoo():
    """A model with a layer of every kind that has parameters; the file of its weights."""
    mx.random.seed(7)
    model = nn.Module()
    for line in LAYERS.strip().splitlines():
        constructor = line.split("|")[0].strip()
        if constructor.startswith(("FullySharded", "Sequential", "Transformer(")):
            continue
        layer = eval("nn." + constructor, globals())
        name = "".join(c if c.isalnum() else "_" for c in constructor)
        if tree_flatten(layer.parameters()):
            model[name] = layer
    return model
