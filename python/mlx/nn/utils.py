"""Gradients of modules, checkpoints, and gradients of several processes."""

from functools import wraps
from typing import Any, Callable, Optional

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.utils import tree_flatten, tree_map, tree_reduce, tree_unflatten


def value_and_grad(model: Module, fn: Callable):
    """A function that gives the value of `fn` and its gradient by a model's trainable parameters.

    It is called as `fn` is.

    Args:
        model: the model.
        fn: calls the model. It gives a scalar, or a tuple whose first item is one.

    Returns:
        A function that gives the value and a tree like ``model.trainable_parameters()``.

    Example::

        def loss_fn(model, x, y):
            return nn.losses.cross_entropy(model(x), y, reduction="mean")

        loss, grads = nn.value_and_grad(model, loss_fn)(model, x, y)
    """

    def inner_fn(params, *args, **kwargs):
        model.update(params)
        return fn(*args, **kwargs)

    value_grad_fn = mx.value_and_grad(inner_fn)

    @wraps(fn)
    def wrapped_value_grad_fn(*args, **kwargs):
        return value_grad_fn(model.trainable_parameters(), *args, **kwargs)

    return wrapped_value_grad_fn


def checkpoint(module: Module, fn: Optional[Callable] = None):
    """A function that keeps none of the intermediate results of a module for the gradient, but
    computes them a second time.

    Args:
        module: the module, whose trainable parameters get gradients.
        fn: calls the module; the module itself by default.
    """
    call = module if fn is None else fn

    def inner_fn(params, *args, **kwargs):
        module.update(params)
        return call(*args, **kwargs)

    checkpointed_fn = mx.checkpoint(inner_fn)

    def wrapped_checkpointed_fn(*args, **kwargs):
        return checkpointed_fn(module.trainable_parameters(), *args, **kwargs)

    return wrapped_checkpointed_fn if fn is None else wraps(fn)(wrapped_checkpointed_fn)


def _groups_by_size(leaves: list, size: int):
    """Lists of neighbouring (path, array) pairs of one dtype with at least `size` bytes each,
    except the last of a dtype."""
    waiting = {}
    for path, leaf in leaves:
        group, total = waiting.get(leaf.dtype, ([], 0))
        group.append((path, leaf))
        total += leaf.nbytes
        if total >= size:
            yield group
            group, total = [], 0
        waiting[leaf.dtype] = group, total
    for group, _ in waiting.values():
        if group:
            yield group


def average_gradients(
    gradients: Any,
    group: Optional[mx.distributed.Group] = None,
    all_reduce_size: int = 32 * 1024**2,
    communication_stream: Optional[mx.Stream] = None,
):
    """The mean of every gradient over the processes of a group.

    Small gradients are joined, so that fewer and larger messages are sent.

    Args:
        gradients: a tree of arrays.
        group: the processes; all by default.
        all_reduce_size: join gradients up to this number of bytes; not at all if not positive.
        communication_stream: the stream of the communication.

    Returns:
        A tree of the same structure; `gradients` itself when the group has one process.
    """
    group = group or mx.distributed.init()
    n = group.size()
    if n == 1:
        return gradients

    def average(x):
        return mx.distributed.all_sum(x, group=group, stream=communication_stream) / n

    if all_reduce_size <= 0:
        return tree_map(average, gradients)

    averaged = {}
    leaves = tree_flatten(gradients)
    for part in _groups_by_size(leaves, all_reduce_size):
        ends = []
        for _, leaf in part:
            ends.append(leaf.size + (ends[-1] if ends else 0))
        joined = average(mx.concatenate([leaf.reshape(-1) for _, leaf in part]))
        for (path, leaf), x in zip(part, mx.split(joined, ends[:-1])):
            averaged[path] = x.reshape(leaf.shape)
    return tree_unflatten([(path, averaged[path]) for path, _ in leaves])


def clip_grad_norm_sharded(
    gradients: Any, max_norm: float, group: Optional[mx.distributed.Group] = None
):
    """Gradients that are spread over the processes of a group, scaled down together so that their
    common norm is at most `max_norm`.

    Args:
        gradients: a tree of arrays, this process's part of the gradients.
        max_norm: the largest norm.
        group: the processes; all by default.

    Returns:
        The scaled gradients, and the norm before that.
    """
    group = group or mx.distributed.init()
    total = tree_reduce(lambda total, g: total + g.square().sum(), gradients, 0.0)
    if group.size() > 1:
        total = mx.distributed.all_sum(mx.array(total), group=group)
    norm = mx.sqrt(total)
    scale = mx.minimum(max_norm / (norm + 1e-6), 1.0)
    return tree_map(lambda g: g * scale, gradients), norm
