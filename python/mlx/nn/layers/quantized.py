"""Linear and embedding layers with quantized weights, and the function that puts them in a model.

A quantized weight is three arrays: `weight` holds the packed codes (uint32), `scales` one scale for
each group of codes, `biases` one offset for each group; only the mode ``"affine"`` has offsets, in
the others the attribute is None. See :func:`mlx.core.quantize` for the formats."""

import math
from typing import Callable, Optional, Union

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.utils import tree_map_with_path

# Group size and bits that a mode has unless others are asked for.
_DEFAULTS = {"affine": (64, 4), "mxfp4": (32, 4), "nvfp4": (16, 4), "mxfp8": (32, 8)}


def _defaults_for_mode(mode: str, group_size: Optional[int], bits: Optional[int]):
    if mode not in _DEFAULTS:
        raise ValueError(
            f"Invalid quantization mode '{mode}'. Valid modes are: {', '.join(_DEFAULTS)}."
        )
    default_group_size, default_bits = _DEFAULTS[mode]
    return group_size or default_group_size, bits or default_bits


def quantize(
    model: Module,
    group_size: int = None,
    bits: int = None,
    *,
    mode: str = "affine",
    quantize_input: bool = False,
    class_predicate: Optional[Callable[[str, Module], Union[bool, dict]]] = None,
):
    """Replaces layers of a model by quantized ones, in place.

    Args:
        model: the model. Its layers that hold no other layer are considered.
        group_size: number of weights that share a scale; the mode's own by default.
        bits: number of bits of a weight; the mode's own by default.
        mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
        quantize_input: quantize the input of linear layers too (see :class:`QQLinear`).
        class_predicate: called with a layer's path and the layer. It says whether the layer is
            to be quantized, or gives the arguments of the layer's ``to_quantized``. By default
            all layers that have this method are quantized.

    Example::

        nn.quantize(model, group_size=64, bits=4)
    """
    class_predicate = class_predicate or (lambda _, module: hasattr(module, "to_quantized"))

    def quantized(path, module):
        choice = class_predicate(path, module)
        if not choice:
            return module
        if not hasattr(module, "to_quantized"):
            raise ValueError(f"Unable to quantize model of type {type(module)}")
        if isinstance(choice, dict):
            return module.to_quantized(**choice)
        if not isinstance(choice, bool):
            raise ValueError(
                "``class_predicate`` must return a bool or a dict of parameters to pass to "
                "``to_quantized``"
            )
        options = {"quantize_input": True} if quantize_input else {}
        return module.to_quantized(group_size=group_size, bits=bits, mode=mode, **options)

    leaves = model.leaf_modules()
    model.update_modules(tree_map_with_path(quantized, leaves, is_leaf=Module.is_module))


class QuantizedEmbedding(Module):
    """An :class:`Embedding` with a quantized table.

    Shapes: integers (...) to (..., dims).

    Parameters, all frozen: `weight` (num_embeddings, dims * bits / 32) uint32, `scales` and,
    in the mode ``"affine"``, `biases` (num_embeddings, dims / group_size).

    Args:
        num_embeddings: number of rows.
        dims: length of a row.
        group_size: number of weights that share a scale; the mode's own by default.
        bits: number of bits of a weight; the mode's own by default.
        mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
    """

    def __init__(
        self,
        num_embeddings: int,
        dims: int,
        group_size: int = None,
        bits: int = None,
        mode: str = "affine",
    ):
        super().__init__()
        self.group_size, self.bits = _defaults_for_mode(mode, group_size, bits)
        self.mode = mode
        weight = mx.random.normal(shape=(num_embeddings, dims), scale=math.sqrt(1 / dims))
        self._set_weight(weight)
        self.num_embeddings = num_embeddings
        self.dims = dims
        self.freeze()

    def _set_weight(self, weight: mx.array):
        self.weight, self.scales, *biases = mx.quantize(
            weight, self.group_size, self.bits, mode=self.mode
        )
        self.biases = biases[0] if biases else None

    def __call__(self, x):
        biases = self.get("biases")
        return mx.dequantize(
            self["weight"][x],
            scales=self["scales"][x],
            biases=None if biases is None else biases[x],
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )

    def as_linear(self, x):
        """The table as a linear layer without bias: (..., dims) to (..., num_embeddings)."""
        return mx.quantized_matmul(
            x,
            self["weight"],
            scales=self["scales"],
            biases=self.get("biases"),
            transpose=True,
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )

    def _extra_repr(self):
        return (
            f"{self.num_embeddings}, {self.dims}, "
            f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"
        )

    @classmethod
    def from_embedding(
        cls,
        embedding_layer: Module,
        group_size: int = None,
        bits: int = None,
        mode: str = "affine",
    ):
        """A quantized layer made of an :class:`Embedding`."""
        num_embeddings, dims = embedding_layer.weight.shape
        layer = cls(num_embeddings, dims, group_size, bits, mode=mode)
        layer._set_weight(embedding_layer.weight)
        return layer


class QuantizedLinear(Module):
    """A :class:`Linear` layer with quantized weights.

    Shapes: (..., input_dims) to (..., output_dims).

    Parameters, all frozen: `weight` (output_dims, input_dims * bits / 32) uint32, `scales` and, in
    the mode ``"affine"``, `biases` (output_dims, input_dims / group_size), `bias` (output_dims,).
    The bias of a layer that :meth:`from_linear` made is not frozen.

    Args:
        input_dims: number of features of the input.
        output_dims: number of features of the output.
        bias: whether there is a bias.
        group_size: number of weights that share a scale; the mode's own by default.
        bits: number of bits of a weight; the mode's own by default.
        mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = None,
        bits: int = None,
        mode: str = "affine",
    ):
        super().__init__()
        self.group_size, self.bits = _defaults_for_mode(mode, group_size, bits)
        self.mode = mode
        scale = math.sqrt(1 / input_dims)
        weight = mx.random.uniform(low=-scale, high=scale, shape=(output_dims, input_dims))
        self._set_weight(weight)
        if bias:
            self.bias = mx.zeros((output_dims,))
        self.freeze()

    def _set_weight(self, weight: mx.array):
        self.weight, self.scales, *biases = mx.quantize(
            weight, self.group_size, self.bits, mode=self.mode
        )
        self.biases = biases[0] if biases else None

    def _extra_repr(self):
        output_dims, words = self.weight.shape
        return (
            f"input_dims={words * 32 // self.bits}, output_dims={output_dims}, "
            f"bias={'bias' in self}, group_size={self.group_size}, bits={self.bits}, "
            f"mode={self.mode}"
        )

    def __call__(self, x):
        y = mx.quantized_matmul(
            x,
            self["weight"],
            scales=self["scales"],
            biases=self.get("biases"),
            transpose=True,
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )
        return y + self["bias"] if "bias" in self else y

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        group_size: int = None,
        bits: int = None,
        mode: str = "affine",
    ):
        """A quantized layer made of a :class:`Linear` layer, whose bias it shares."""
        output_dims, input_dims = linear_layer.weight.shape
        layer = cls(input_dims, output_dims, False, group_size, bits, mode=mode)
        layer._set_weight(linear_layer.weight)
        if "bias" in linear_layer:
            layer.bias = linear_layer.bias
        return layer


class QQLinear(Module):
    """A linear layer without bias that multiplies quantized input by quantized weights.

    In training mode the weight is a plain matrix; in evaluation mode it is quantized, so that
    :meth:`train` and :meth:`eval` convert it. :func:`mlx.core.qqmm` says where this runs.

    Shapes: (..., input_dims) to (..., output_dims).

    Parameters: `weight` (output_dims, input_dims), and when quantized `weight`
    (output_dims, input_dims * bits / 32) uint32 and `scales`
    (output_dims, input_dims / group_size) uint8.

    Args:
        input_dims: number of features of the input.
        output_dims: number of features of the output.
        group_size: number of weights that share a scale; the mode's own by default.
        bits: number of bits of a weight; the mode's own by default.
        mode: ``"nvfp4"`` or ``"mxfp8"``.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        group_size: int = None,
        bits: int = None,
        mode: str = "nvfp4",
    ):
        super().__init__()
        self.group_size, self.bits = _defaults_for_mode(mode, group_size, bits)
        self.mode = mode
        scale = math.sqrt(1 / input_dims)
        self.weight = mx.random.uniform(low=-scale, high=scale, shape=(output_dims, input_dims))
        self._quantized = False

    def _extra_repr(self):
        output_dims, input_dims = self.weight.shape
        if self._quantized:
            input_dims = input_dims * 32 // self.bits
        return (
            f"input_dims={input_dims}, output_dims={output_dims}, "
            f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"
        )

    def quantize(self):
        """Quantizes the weight, unless it is."""
        if not self._quantized:
            self.weight, self.scales = mx.quantize(
                self.weight, self.group_size, self.bits, mode=self.mode
            )
            self._quantized = True

    def dequantize(self):
        """Makes the weight a matrix of numbers again, unless it is. Its dtype is bfloat16."""
        if self._quantized:
            self.weight = mx.dequantize(
                self.weight,
                scales=self.scales,
                group_size=self.group_size,
                bits=self.bits,
                mode=self.mode,
            )
            del self.scales
            self._quantized = False

    def _set_training_mode(self, mode: bool):
        super()._set_training_mode(mode)
        if mode:
            self.dequantize()
        else:
            self.quantize()

    def __call__(self, x):
        return mx.qqmm(
            x,
            self["weight"],
            scales=self.get("scales"),
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        group_size: int = None,
        bits: int = None,
        mode: str = "nvfp4",
    ):
        """A layer made of a :class:`Linear` layer without bias, in the same mode."""
        if "bias" in linear_layer:
            raise NotImplementedError("QQLinear does not support bias yet.")
        output_dims, input_dims = linear_layer.weight.shape
        layer = cls(input_dims, output_dims, group_size, bits, mode=mode)
        layer.weight = linear_layer.weight
        layer.train(linear_layer.training)
        return layer
