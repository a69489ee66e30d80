"""Module: a dictionary tree of arrays and modules, which is what every layer is.

Arrays, modules, dictionaries, lists and tuples that are set as attributes become items of the
dictionary; everything else is a plain attribute. A parameter is an array whose key does not begin
with an underscore; lists and dictionaries are searched, tuples are not."""

from __future__ import annotations

import textwrap
from typing import Any, Callable, List, Optional, Tuple, Union

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten


class Module(dict):
    """The base of all layers and models.

    Example::

        class MLP(nn.Module):
            def __init__(self, inputs: int, hidden: int, outputs: int):
                super().__init__()
                self.fc1 = nn.Linear(inputs, hidden)
                self.fc2 = nn.Linear(hidden, outputs)

            def __call__(self, x):
                return self.fc2(nn.relu(self.fc1(x)))

        model = MLP(784, 256, 10)
        model.parameters()  # {"fc1": {"weight": ..., "bias": ...}, "fc2": {...}}
        mx.eval(model.parameters())
    """

    __call__: Callable

    def __init__(self):
        """An empty module in training mode, with nothing frozen."""
        self._no_grad = set()
        self._training = True

    @property
    def training(self):
        """Whether the module is in training mode (see :meth:`train`)."""
        return self._training

    @property
    def state(self):
        """The module's items, hidden ones included: the module itself.

        It is what to pass as `inputs` and `outputs` of :func:`mlx.core.compile`: the values set
        in it reach the module.
        """
        return self

    def _extra_repr(self) -> str:
        """What stands between the parentheses of the module's printed form."""
        return ""

    def __repr__(self):
        children = tree_flatten(self.children(), is_leaf=self.is_module)
        text = f"{type(self).__name__}({self._extra_repr()}"
        for name, child in children:
            text += "\n" + textwrap.indent(f"({name}): {child!r}", "  ")
        return text + ("\n)" if children else ")")

    def __getattr__(self, key: str):
        # Only reached for what is no plain attribute, or a property that failed: the error is
        # raised by looking it up once more.
        if key in self:
            return self[key]
        return super().__getattribute__(key)

    def __setattr__(self, key: str, val: Any):
        if isinstance(val, (mx.array, dict, list, tuple)):
            # A plain attribute of that name would hide the item.
            if key not in self and hasattr(self, key):
                super().__delattr__(key)
            self[key] = val
        else:
            super().__setattr__(key, val)
            self.pop(key, None)

    def __delattr__(self, name):
        if name in self:
            del self[name]
        else:
            super().__delattr__(name)

    # --- files ----------------------------------------------------------------------------------

    def load_weights(
        self,
        file_or_weights: Union[str, List[Tuple[str, mx.array]]],
        strict: bool = True,
    ) -> Module:
        """Replaces parameters by those of a file or list.

        Args:
            file_or_weights: a ``.npz`` or ``.safetensors`` file, or pairs of a parameter's path
                and its value.
            strict: the names must be exactly those of :meth:`parameters`, and every value an
                array of the same shape. Without it, what does not fit is passed over and shapes
                are not compared.

        Returns:
            The module.

        Raises:
            ValueError: with `strict`, the parameters that are missing, unknown or of another
                shape.
        """
        weights = file_or_weights
        if isinstance(weights, str):
            weights = mx.load(weights)
        weights = list(weights.items() if isinstance(weights, dict) else weights)

        if strict:
            new = dict(weights)
            current = tree_flatten(self.parameters(), destination={})
            self._check_names(new.keys() - current.keys(), "Received {} parameters not in model")
            self._check_names(current.keys() - new.keys(), "Missing {} parameters")
            for name, value in current.items():
                if not isinstance(new[name], mx.array):
                    raise ValueError(
                        f"Expected mx.array but received {type(new[name])} for parameter {name}"
                    )
                if new[name].shape != value.shape:
                    raise ValueError(
                        f"Expected shape {value.shape} but received shape {new[name].shape} "
                        f"for parameter {name}"
                    )
            weights = list(new.items())

        if weights:
            self.update(tree_unflatten(weights), strict=False)
        return self

    @staticmethod
    def _check_names(names, message: str):
        if names:
            listed = ",\n".join(sorted(names))
            raise ValueError(f"{message.format(len(names))}: \n{listed}.")

    def save_weights(self, file: str):
        """Saves the parameters under their paths.

        Args:
            file: the name, which ends in ``.npz`` or ``.safetensors``.
        """
        weights = tree_flatten(self.parameters(), destination={})
        if file.endswith(".npz"):
            mx.savez(file, **weights)
        elif file.endswith(".safetensors"):
            mx.save_safetensors(file, weights)
        else:
            raise ValueError(
                f"Unsupported file extension for {file}. Use '.npz' or '.safetensors'."
            )

    # --- filters --------------------------------------------------------------------------------

    @staticmethod
    def is_module(value):
        """Whether `value` is a module."""
        return isinstance(value, Module)

    @staticmethod
    def valid_child_filter(module, key, value):
        """Keeps what may hold modules: modules, dictionaries and lists."""
        return isinstance(value, (dict, list))

    @staticmethod
    def valid_parameter_filter(module, key, value):
        """Keeps what may hold parameters, except keys that begin with an underscore."""
        return isinstance(value, (dict, list, mx.array)) and not key.startswith("_")

    @staticmethod
    def trainable_parameter_filter(module, key, value):
        """Keeps what :meth:`valid_parameter_filter` keeps and is not frozen."""
        return Module.valid_parameter_filter(module, key, value) and key not in module._no_grad

    def filter_and_map(
        self,
        filter_fn: Callable[[Module, str, Any], bool],
        map_fn: Optional[Callable] = None,
        is_leaf_fn: Optional[Callable[[Module, str, Any], bool]] = None,
    ):
        """A tree of the module's items that a filter keeps, with a function applied to the leaves.

        All functions but `map_fn` are called as ``fn(module, key, value)``; inside of dictionaries
        and lists `module` is still the module that holds them, and `key` a path such as
        ``layers.0``. What the filter drops is left out of modules, and becomes an empty dictionary
        in dictionaries and lists.

        Args:
            filter_fn: keeps an item or drops it with all that is below.
            map_fn: applied to every leaf; leaves stay as they are without it.
            is_leaf_fn: says what a leaf is; by default, what is no module, dictionary or list.

        Returns:
            Dictionaries, lists and mapped leaves.
        """
        map_fn = map_fn or (lambda value: value)
        is_leaf_fn = is_leaf_fn or (
            lambda module, key, value: not isinstance(value, (dict, list))
        )

        def keep(module, key, value):
            return walk(module, key, value) if filter_fn(module, key, value) else {}

        def walk(module, key, value):
            if is_leaf_fn(module, key, value):
                return map_fn(value)
            if isinstance(value, Module):
                return of_module(value)
            if isinstance(value, dict):
                return {k: keep(module, f"{key}.{k}", v) for k, v in value.items()}
            if isinstance(value, list):
                return [keep(module, f"{key}.{i}", v) for i, v in enumerate(value)]
            raise RuntimeError("Unexpected leaf found while traversing the module")

        def of_module(module):
            return {k: walk(module, k, v) for k, v in module.items() if filter_fn(module, k, v)}

        return of_module(self)

    # --- parts ----------------------------------------------------------------------------------

    def parameters(self):
        """All parameters, as a tree of dictionaries and lists."""
        return self.filter_and_map(self.valid_parameter_filter)

    def trainable_parameters(self):
        """The parameters that are not frozen, as a tree of dictionaries and lists."""
        return self.filter_and_map(self.trainable_parameter_filter)

    def children(self):
        """The modules directly below this one, as a tree."""
        return self.filter_and_map(
            self.valid_child_filter, is_leaf_fn=lambda _, __, value: isinstance(value, Module)
        )

    def leaf_modules(self):
        """The modules below this one that hold no other module, as a tree."""

        def is_leaf(_, __, value):
            return isinstance(value, Module) and not tree_flatten(
                value.children(), is_leaf=self.is_module
            )

        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=is_leaf)

    def named_modules(self):
        """Pairs of path and module: this one, whose path is empty, and all below.

        Every module comes before those below it, and the last of several children first.
        """
        found = []
        waiting = [("", self)]
        while waiting:
            path, module = waiting.pop()
            found.append((path, module))
            prefix = f".{path}" if path else ""
            waiting += tree_flatten(module.children(), prefix=prefix, is_leaf=self.is_module)
        return found

    def modules(self):
        """This module and all below, in the order of :meth:`named_modules`."""
        return [module for _, module in self.named_modules()]

    # --- changes --------------------------------------------------------------------------------

    def update(self, parameters: dict, strict: bool = True) -> Module:
        """Replaces parameters by those of a tree, which may hold only some of them.

        Args:
            parameters: a tree such as :meth:`parameters` gives.
            strict: a name that the module does not have, and a value that is no array, are
                errors; without it the former are passed over.

        Returns:
            The module.
        """
        _update_arrays(self, parameters, strict)
        return self

    def apply(
        self,
        map_fn: Callable[[mx.array], mx.array],
        filter_fn: Optional[Callable[[Module, str, Any], bool]] = None,
    ) -> Module:
        """Replaces every parameter by a function of it.

        Args:
            map_fn: from the old value to the new one.
            filter_fn: keeps the items that are to be changed (see :meth:`filter_and_map`); by
                default :meth:`valid_parameter_filter`.

        Returns:
            The module.

        Example::

            model.apply(lambda x: x.astype(mx.float16))
        """
        self.update(self.filter_and_map(filter_fn or Module.valid_parameter_filter, map_fn))
        return self

    def update_modules(self, modules: dict, strict: bool = True) -> Module:
        """Replaces modules by those of a tree, which may hold only some of them.

        Args:
            modules: a tree such as :meth:`children` or :meth:`leaf_modules` gives.
            strict: a name that the module does not have, and a value that is no module, are
                errors; without it they are passed over.

        Returns:
            The module.
        """
        _update_modules(self, modules, strict)
        return self

    def apply_to_modules(self, apply_fn: Callable[[str, Module], Any]) -> Module:
        """Calls ``apply_fn(path, module)`` on this module and all below.

        Returns:
            The module.
        """
        for path, module in self.named_modules():
            apply_fn(path, module)
        return self

    # --- freezing -------------------------------------------------------------------------------

    def _validate_keys(self, keys: List[str], strict: bool) -> List[str]:
        """`keys`; with `strict` an error if the module lacks one of them."""
        if strict:
            for key in keys:
                if key not in self:
                    raise KeyError(f"Module doesn't contain member {key}.")
        return keys

    def _validate_keys_recursive(self, keys: List[str]):
        """An error if none of the modules has one of the keys."""
        modules = self.modules()
        for key in keys:
            if not any(key in module for module in modules):
                raise KeyError(f"Module doesn't contain member {key}.")

    def _change_frozen(self, change: Callable, recurse: bool, keys, strict: bool):
        """Calls ``change(module, keys)`` on this module or on all, after `keys` were checked."""
        if not (keys is None or isinstance(keys, list)):
            keys = [keys]
        if not recurse:
            change(self, keys, strict)
            return
        if strict and keys is not None:
            self._validate_keys_recursive(keys)
            strict = False
        for module in self.modules():
            change(module, keys, strict)

    def freeze(
        self,
        *,
        recurse: bool = True,
        keys: Optional[Union[str, List[str]]] = None,
        strict: bool = False,
    ) -> Module:
        """Makes parameters constant: :meth:`trainable_parameters` and gradients leave them out.

        Args:
            recurse: the modules below as well.
            keys: one name or several; all parameters by default.
            strict: it is an error (KeyError) when no module has one of the names.

        Returns:
            The module.

        Example::

            model.freeze()
            model.layers[-1].unfreeze()
            model.unfreeze(keys="bias")
        """

        def change(module, keys, strict):
            if keys is None:
                own = module.filter_and_map(
                    lambda m, k, v: not isinstance(v, Module)
                    and Module.valid_parameter_filter(m, k, v)
                )
                keys = [path for path, _ in tree_flatten(own)]
            module._no_grad.update(module._validate_keys(keys, strict))

        self._change_frozen(change, recurse, keys, strict)
        return self

    def unfreeze(
        self,
        *,
        recurse: bool = True,
        keys: Optional[Union[str, List[str]]] = None,
        strict: bool = False,
    ) -> Module:
        """Undoes :meth:`freeze`.

        Args:
            recurse: the modules below as well.
            keys: one name or several; all parameters by default.
            strict: it is an error (KeyError) when no module has one of the names.

        Returns:
            The module.
        """

        def change(module, keys, strict):
            if keys is None:
                module._no_grad.clear()
            else:
                module._no_grad.difference_update(module._validate_keys(keys, strict))

        self._change_frozen(change, recurse, keys, strict)
        return self

    # --- modes ----------------------------------------------------------------------------------

    def _set_training_mode(self, mode: bool):
        self._training = mode

    def train(self, mode: bool = True) -> Module:
        """Sets the mode of this module and all below, to which dropout and batch normalization
        look.

        Args:
            mode: training (True) or evaluation.

        Returns:
            The module.
        """
        self.apply_to_modules(lambda _, module: module._set_training_mode(mode))
        return self

    def eval(self) -> Module:
        """Sets evaluation mode: ``train(False)``."""
        return self.train(False)

    def set_dtype(
        self,
        dtype: mx.Dtype,
        predicate: Optional[Callable[[mx.Dtype], bool]] = lambda x: mx.issubdtype(x, mx.floating),
    ):
        """Casts the parameters.

        Args:
            dtype: the new dtype.
            predicate: says which dtypes are to be cast; all if it is None.
        """
        if predicate is None:
            self.apply(lambda x: x.astype(dtype))
        else:
            self.apply(lambda x: x.astype(dtype) if predicate(x.dtype) else x)


def _entries(target, values, strict, missing):
    """Pairs of a key and the new value, for the keys of `values` that `target` has."""
    if isinstance(values, dict):
        for key, value in values.items():
            if key in target:
                yield key, value
            elif strict:
                raise ValueError(f"Module does not have {missing} named \"{key}\".")
    elif isinstance(values, list):
        for i, value in enumerate(values):
            if i < len(target):
                yield i, value
            elif strict:
                raise ValueError(
                    f"List index {i} is out of bounds for destination of length {len(target)}."
                )
    elif strict:
        raise ValueError(f"Received invalid type: {type(values).__name__}.")


def _update_arrays(target, values, strict):
    for key, value in _entries(target, values, strict, "parameter"):
        if not isinstance(target[key], mx.array):
            _update_arrays(target[key], value, strict)
        elif strict and not isinstance(value, mx.array):
            raise ValueError(f"Received invalid type: {type(value).__name__}.")
        else:
            target[key] = value


def _update_modules(target, values, strict):
    for key, value in _entries(target, values, strict, "sub-module"):
        current = target[key]
        if isinstance(current, Module) and isinstance(value, Module):
            target[key] = value
        elif isinstance(current, (dict, list)):
            _update_modules(current, value, strict)
        elif strict and not (isinstance(value, dict) and not value):
            raise ValueError(f"Received invalid type: {type(value).__name__}.")
