"""Linear layers whose weights are spread over the processes of a group, and modules that gather
their parameters only while they run.

Two kinds of sharding fit together: after ``"all-to-sharded"`` every process has a part of the
features, after ``"sharded-to-all"`` all of them again. With one process all layers are plain."""

import math
from functools import lru_cache
from typing import Callable, Optional, Union

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear
from mlx.utils import tree_flatten, tree_map_with_path, tree_unflatten


@lru_cache
def sum_gradients(group):
    """A function that gives its input, and whose gradient is summed over the group's processes.

    Args:
        group: the processes.
    """
    if group.size() == 1:
        return lambda x: x

    @mx.custom_function
    def identity(x):
        return x

    @identity.vjp
    def identity(x, dx, _):
        return mx.distributed.all_sum(dx, group=group)

    return identity


def _check_sharding(sharding):
    if sharding not in ("all-to-sharded", "sharded-to-all"):
        raise ValueError(
            f"Sharding type {sharding=} not supported, "
            f"choose one of 'all-to-sharded' or 'sharded-to-all'"
        )


def _segments(x: mx.array, segments: Union[int, list], axis: int) -> list:
    """The parts of an array that are sharded each by itself.

    `segments` is a number of equal parts, or a list of where the parts end, in elements or as a
    share of the axis.
    """
    if isinstance(segments, int):
        return mx.split(x, segments, axis=axis)
    if segments and isinstance(segments[0], float):
        segments = [int(s * x.shape[axis]) for s in segments]
    return mx.split(x, [int(s) for s in segments], axis=axis)


def _shard(parameters: dict, sharding: Callable, group) -> dict:
    """This process's part of every parameter of a tree."""
    n, rank = group.size(), group.rank()

    def shard(path, weight):
        choice = sharding(path, weight)
        if choice is None or not isinstance(weight, mx.array):
            return weight
        axis, segments = choice if isinstance(choice, tuple) else (choice, 1)
        parts = [mx.split(part, n, axis=axis)[rank] for part in _segments(weight, segments, axis)]
        return mx.contiguous(mx.concatenate(parts, axis=axis))

    return tree_map_with_path(shard, parameters)


def _all_to_sharded(segments):
    """Splits weights and biases by output features."""

    def axis(path, weight):
        return max(weight.ndim - 2, 0), segments

    return axis


def _sharded_to_all(segments):
    """Splits weights by input features; every process keeps the whole bias."""

    def axis(path, weight):
        return None if path.rpartition(".")[2] == "bias" else (-1, segments)

    return axis


def _named_sharding(sharding, segments) -> Callable:
    _check_sharding(sharding)
    return (_all_to_sharded if sharding == "all-to-sharded" else _sharded_to_all)(segments)


def shard_inplace(
    module: Module,
    sharding: Union[str, Callable],
    *,
    segments: Union[int, list] = 1,
    group: Optional[mx.distributed.Group] = None,
):
    """Replaces every parameter of a module by this process's part of it.

    The module still computes what it did: the caller sees to the communication.

    Args:
        module: the module.
        sharding: ``"all-to-sharded"``, ``"sharded-to-all"``, or a function of the parameter's path
            and value that gives the axis to split, such an axis and `segments`, or None for a
            parameter that is to stay whole.
        segments: number of equal parts, or ends of parts, that are split each by itself, such as
            queries, keys and values in one matrix.
        group: the processes; all by default.
    """
    if isinstance(sharding, str):
        sharding = _named_sharding(sharding, segments)
    group = group or mx.distributed.init()
    module.update(_shard(module.parameters(), sharding, group))


def shard_linear(
    module: Module,
    sharding: str,
    *,
    segments: Union[int, list] = 1,
    group: Optional[mx.distributed.Group] = None,
):
    """A layer that computes with this process's part of a linear layer.

    Args:
        module: a :class:`Linear` or :class:`QuantizedLinear` layer.
        sharding: ``"all-to-sharded"`` or ``"sharded-to-all"``.
        segments: see :func:`shard_inplace`.
        group: the processes; all by default.

    Returns:
        An :class:`AllToShardedLinear`, :class:`ShardedToAllLinear`,
        :class:`QuantizedAllToShardedLinear` or :class:`QuantizedShardedToAllLinear`.
    """
    _check_sharding(sharding)
    options = {"segments": segments, "group": group}
    to_sharded = sharding == "all-to-sharded"
    if isinstance(module, Linear):
        cls = AllToShardedLinear if to_sharded else ShardedToAllLinear
        return cls.from_linear(module, **options)
    cls = QuantizedAllToShardedLinear if to_sharded else QuantizedShardedToAllLinear
    return cls.from_quantized_linear(module, **options)


def _part(dims: int, group, what: str) -> int:
    n = group.size()
    if dims % n != 0:
        raise ValueError(f"Cannot shard the {what} of size {dims} across {n} devices.")
    return dims // n


def _uniform(input_dims: int, *shape: int) -> mx.array:
    scale = math.sqrt(1.0 / input_dims)
    return mx.random.uniform(low=-scale, high=scale, shape=shape)


class AllToShardedLinear(Module):
    """A linear layer of which every process has some of the output features.

    Shapes: (..., input_dims), the same in every process, to (..., output_dims / processes).

    Parameters: `weight` (output_dims / processes, input_dims) and `bias`
    (output_dims / processes,), as in :class:`Linear`.

    Args:
        input_dims: number of features of the input.
        output_dims: number of features of the output of all processes.
        bias: whether there is a bias.
        group: the processes; all by default.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group: Optional[mx.distributed.Group] = None,
    ):
        super().__init__()
        self.group = group or mx.distributed.init()
        part = _part(output_dims, self.group, "output")
        self.weight = _uniform(input_dims, part, input_dims)
        if bias:
            self.bias = _uniform(input_dims, part)

    def _extra_repr(self) -> str:
        part, input_dims = self.weight.shape
        return (
            f"input_dims={input_dims}, output_dims={part * self.group.size()}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        x = sum_gradients(self.group)(x)
        if "bias" in self:
            return mx.addmm(self["bias"], x, self["weight"].T)
        return x @ self["weight"].T

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        *,
        segments: Union[int, list] = 1,
        group: Optional[mx.distributed.Group] = None,
    ):
        """This process's part of a :class:`Linear` layer; see :func:`shard_inplace`."""
        group = group or mx.distributed.init()
        output_dims, input_dims = linear_layer.weight.shape
        layer = cls(input_dims, output_dims, "bias" in linear_layer, group)
        layer.update(_shard(linear_layer.parameters(), _all_to_sharded(segments), group))
        return layer


class ShardedToAllLinear(Module):
    """A linear layer of which every process has some of the input features.

    Shapes: (..., input_dims / processes) to (..., output_dims), the same in every process.

    Parameters: `weight` (output_dims, input_dims / processes) and `bias` (output_dims,), as in
    :class:`Linear`.

    Args:
        input_dims: number of features of the input of all processes.
        output_dims: number of features of the output.
        bias: whether there is a bias.
        group: the processes; all by default.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group: Optional[mx.distributed.Group] = None,
    ):
        super().__init__()
        self.group = group or mx.distributed.init()
        part = _part(input_dims, self.group, "input")
        self.weight = _uniform(input_dims, output_dims, part)
        if bias:
            self.bias = _uniform(input_dims, output_dims)

    def _extra_repr(self) -> str:
        output_dims, part = self.weight.shape
        return (
            f"input_dims={part * self.group.size()}, output_dims={output_dims}, "
            f"bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.distributed.all_sum(x @ self["weight"].T, group=self.group)
        return y + self["bias"] if "bias" in self else y

    @classmethod
    def from_linear(
        cls,
        linear_layer: Module,
        *,
        segments: Union[int, list] = 1,
        group: Optional[mx.distributed.Group] = None,
    ):
        """This process's part of a :class:`Linear` layer; see :func:`shard_inplace`."""
        group = group or mx.distributed.init()
        output_dims, input_dims = linear_layer.weight.shape
        layer = cls(input_dims, output_dims, "bias" in linear_layer, group)
        layer.update(_shard(linear_layer.parameters(), _sharded_to_all(segments), group))
        return layer


class _QuantizedSharded(Module):
    """What the two sharded layers with quantized weights have in common."""

    def _set_random(self, rows: int, columns: int, scale_dims: int, bias_dims: int):
        weight = _uniform(scale_dims, rows, columns)
        self.weight, self.scales, *biases = mx.quantize(
            weight, self.group_size, self.bits, mode=self.mode
        )
        self.biases = biases[0] if biases else None
        if bias_dims:
            self.bias = mx.zeros((bias_dims,))
        self.freeze()

    def unfreeze(self, *args, **kwargs):
        """As :meth:`Module.unfreeze`; the layer's own parameters stay frozen."""
        super().unfreeze(*args, **kwargs)
        self.freeze(recurse=False)

    def _describe(self, input_dims: int, output_dims: int) -> str:
        return (
            f"input_dims={input_dims}, output_dims={output_dims}, bias={'bias' in self}, "
            f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"
        )

    def _multiply(self, x: mx.array) -> mx.array:
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

    @classmethod
    def _from(cls, layer: Module, sharding: Callable, group):
        group = group or mx.distributed.init()
        output_dims, words = layer.weight.shape
        sharded = cls(
            words * 32 // layer.bits,
            output_dims,
            "bias" in layer,
            group_size=layer.group_size,
            bits=layer.bits,
            mode=getattr(layer, "mode", "affine"),
            group=group,
        )
        sharded.update(_shard(layer.parameters(), sharding, group))
        return sharded


class QuantizedAllToShardedLinear(_QuantizedSharded):
    """An :class:`AllToShardedLinear` with quantized weights, all frozen.

    Shapes: (..., input_dims), the same in every process, to (..., output_dims / processes).

    Args:
        input_dims: number of features of the input.
        output_dims: number of features of the output of all processes.
        bias: whether there is a bias.
        group_size: number of weights that share a scale.
        bits: number of bits of a weight.
        mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
        group: the processes; all by default.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = 64,
        bits: int = 4,
        mode: str = "affine",
        group: Optional[mx.distributed.Group] = None,
    ):
        super().__init__()
        self.group_size = group_size
        self.bits = bits
        self.mode = mode
        self.group = group or mx.distributed.init()
        part = _part(output_dims, self.group, "output")
        self._set_random(part, input_dims, input_dims, part if bias else 0)

    def _extra_repr(self) -> str:
        part, words = self.weight.shape
        return self._describe(words * 32 // self.bits, part * self.group.size())

    def __call__(self, x: mx.array) -> mx.array:
        y = self._multiply(sum_gradients(self.group)(x))
        return y + self["bias"] if "bias" in self else y

    @classmethod
    def from_quantized_linear(
        cls,
        quantized_linear_layer: Module,
        *,
        segments: Union[int, list] = 1,
        group: Optional[mx.distributed.Group] = None,
    ):
        """This process's part of a :class:`QuantizedLinear` layer; see :func:`shard_inplace`."""
        return cls._from(quantized_linear_layer, _all_to_sharded(segments), group)


class QuantizedShardedToAllLinear(_QuantizedSharded):
    """A :class:`ShardedToAllLinear` with quantized weights, all frozen.

    Shapes: (..., input_dims / processes) to (..., output_dims), the same in every process.

    Args:
        input_dims: number of features of the input of all processes.
        output_dims: number of features of the output.
        bias: whether there is a bias.
        group_size: number of weights that share a scale.
        bits: number of bits of a weight.
        mode: ``"affine"``, ``"mxfp4"``, ``"mxfp8"`` or ``"nvfp4"``.
        group: the processes; all by default.
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = 64,
        bits: int = 4,
        mode: str = "affine",
        group: Optional[mx.distributed.Group] = None,
    ):
        super().__init__()
        self.group_size = group_size
        self.bits = bits
        self.mode = mode
        self.group = group or mx.distributed.init()
        part = _part(input_dims, self.group, "input")
        self._set_random(output_dims, part, input_dims, output_dims if bias else 0)

    def _extra_repr(self) -> str:
        output_dims, words = self.weight.shape
        return self._describe(words * 32 // self.bits * self.group.size(), output_dims)

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.distributed.all_sum(self._multiply(x), group=self.group)
        return y + self["bias"] if "bias" in self else y

    @classmethod
    def from_quantized_linear(
        cls,
        quantized_linear_layer: Module,
        *,
        segments: Union[int, list] = 1,
        group: Optional[mx.distributed.Group] = None,
    ):
        """This process's part of a :class:`QuantizedLinear` layer; see :func:`shard_inplace`."""
        return cls._from(quantized_linear_layer, _sharded_to_all(segments), group)


def _gather(group, compute_dtype):
    """A function from this process's parts of arrays to the whole arrays, cast for computing.

    The gradient of a whole array is averaged over the processes, and every process gets its part.
    """
    n = group.size()

    def cast(x):
        if compute_dtype is not None and mx.issubdtype(x.dtype, mx.floating):
            return x.astype(compute_dtype)
        return x

    @mx.custom_function
    def gather(*parts):
        if n == 1:
            return [cast(x) for x in parts]
        return [mx.distributed.all_gather(cast(x), group=group) for x in parts]

    @gather.vjp
    def gather(parts, cotangents, _):
        parts = parts if isinstance(parts, (list, tuple)) else [parts]
        cotangents = cotangents if isinstance(cotangents, (list, tuple)) else [cotangents]
        if n > 1:
            cotangents = [mx.distributed.sum_scatter(c, group=group) / n for c in cotangents]
        return [c.astype(x.dtype) for c, x in zip(cotangents, parts)]

    return gather


class FullyShardedModule(Module):
    """A module whose parameters are spread over the processes of a group: they are gathered when
    it is called, and its gradients are averaged and spread again
    (Rajbhandari et al. 2020, ZeRO; Zhao et al. 2023, PyTorch FSDP).

    Every parameter is split along its first axis, where the processes divide it.

    Args:
        module: the module.
        group: the processes; all by default.
        compute_dtype: dtype of the gathered parameters.
    """

    def __init__(
        self,
        module: Module,
        group: Optional[mx.distributed.Group] = None,
        compute_dtype: Optional[mx.Dtype] = None,
    ):
        super().__init__()
        group = group or mx.distributed.init()
        n = group.size()

        def is_split(weight):
            return weight.ndim > 0 and weight.shape[0] % n == 0

        parameters = module.parameters()
        # Plain attributes, so that the module holds nothing but the other module.
        paths = [p for p, weight in tree_flatten(parameters) if is_split(weight)]
        object.__setattr__(self, "_paths", paths)
        if n > 1:
            first_axis = lambda _, weight: 0 if is_split(weight) else None
            module.update(_shard(parameters, first_axis, group))
        self.module = module
        self._gather_fn = _gather(group, compute_dtype)

    def _extra_repr(self) -> str:
        return f"num_sharded_params={len(self._paths)}"

    def _gathered_call(self, fn: Callable, *args, **kwargs):
        """Calls `fn` while the module holds whole parameters."""
        parts = self.module.parameters()
        flat = dict(tree_flatten(parts))
        if not self._paths:
            return fn(*args, **kwargs)
        whole = self._gather_fn(*(flat[path] for path in self._paths))
        whole = whole if isinstance(whole, (list, tuple)) else [whole]
        self.module.update(tree_unflatten([*zip(self._paths, whole)]))
        try:
            return fn(*args, **kwargs)
        finally:
            self.module.update(parts)

    def __call__(self, *args, **kwargs):
        return self._gathered_call(self.module, *args, **kwargs)

    def as_linear(self, *args, **kwargs):
        """Calls the module's ``as_linear``, such as :meth:`Embedding.as_linear`."""
        return self._gathered_call(self.module.as_linear, *args, **kwargs)


def fully_shard(
    module: Module,
    *,
    group: Optional[mx.distributed.Group] = None,
    compute_dtype: Optional[mx.Dtype] = None,
) -> Module:
    """A :class:`FullyShardedModule` of the module; the module itself when the group has one
    process.

    Args:
        module: the module.
        group: the processes; all by default.
        compute_dtype: dtype of the gathered parameters.
    """
    group = group or mx.distributed.init()
    if group.size() == 1:
        return module
    return FullyShardedModule(module, group, compute_dtype)
