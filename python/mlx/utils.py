"""Trees: nested lists, tuples and dictionaries whose leaves are anything else, arrays above all.

A path names a leaf by the keys and indices that lead to it, joined by dots: ``layers.0.weight``."""

from itertools import zip_longest
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

_SEQUENCES = (list, tuple)
_MISSING = object()
# Paths may come from a file: an index that leaves more than this out is a mistake.
_LARGEST_GAP = 1 << 16


def _like(tree, items):
    """The items in a sequence of the same type as `tree`, named tuples included."""
    kind = type(tree)
    return kind(*items) if hasattr(tree, "_fields") else kind(items)


def tree_map(fn: Callable, tree: Any, *rest: Any, is_leaf: Optional[Callable] = None) -> Any:
    """A tree of the same structure with ``fn(leaf, *leaves of rest)`` in place of every leaf.

    Args:
        fn: called with one leaf of each tree.
        tree: gives the structure of the result.
        rest: trees that have at least the structure of `tree`.
        is_leaf: says of a list, tuple or dictionary that it is to be taken as a leaf.

    Example::

        >>> tree_map(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
        {'a': 11, 'b': [22]}
    """
    if is_leaf is not None and is_leaf(tree):
        return fn(tree, *rest)
    if isinstance(tree, _SEQUENCES):
        return _like(
            tree,
            (tree_map(fn, child, *(r[i] for r in rest), is_leaf=is_leaf)
             for i, child in enumerate(tree)),
        )
    if isinstance(tree, dict):
        return {
            key: tree_map(fn, child, *(r[key] for r in rest), is_leaf=is_leaf)
            for key, child in tree.items()
        }
    return fn(tree, *rest)


def tree_map_with_path(
    fn: Callable,
    tree: Any,
    *rest: Any,
    is_leaf: Optional[Callable] = None,
    path: Optional[Any] = None,
) -> Any:
    """As :func:`tree_map`, with the path of the leaf as the first argument of `fn`.

    Args:
        fn: called as ``fn(path, leaf, *leaves of rest)``.
        tree: gives the structure of the result.
        rest: trees that have at least the structure of `tree`.
        is_leaf: says of a list, tuple or dictionary that it is to be taken as a leaf.
        path: put before every path. The path of a tree that is one leaf is None without it.

    Example::

        >>> tree_map_with_path(lambda path, _: path, {"layers": [1, 2]})
        {'layers': ['layers.0', 'layers.1']}
    """
    if is_leaf is not None and is_leaf(tree):
        return fn(path, tree, *rest)
    prefix = f"{path}." if path else ""

    def below(key, child):
        return tree_map_with_path(
            fn, child, *(r[key] for r in rest), is_leaf=is_leaf, path=f"{prefix}{key}"
        )

    if isinstance(tree, _SEQUENCES):
        return _like(tree, (below(i, child) for i, child in enumerate(tree)))
    if isinstance(tree, dict):
        return {key: below(key, child) for key, child in tree.items()}
    return fn(path, tree, *rest)


def tree_flatten(
    tree: Any,
    prefix: str = "",
    is_leaf: Optional[Callable] = None,
    destination: Optional[Union[List[Tuple[str, Any]], Dict[str, Any]]] = None,
) -> Union[List[Tuple[str, Any]], Dict[str, Any]]:
    """The leaves of a tree beside their paths, in order.

    Args:
        tree: the tree. Empty lists, tuples and dictionaries leave no trace.
        prefix: put before every path; its first character (the dot) is dropped at the end.
        is_leaf: says of a list, tuple or dictionary that it is to be taken as a leaf.
        destination: a list of pairs or a dictionary to add to; a new list by default.

    Returns:
        `destination`.

    Example::

        >>> tree_flatten({"layers": [{"weight": 1}, {"weight": 2}]})
        [('layers.0.weight', 1), ('layers.1.weight', 2)]
    """
    if destination is None:
        destination = []
    if not isinstance(destination, (list, dict)):
        raise ValueError("Destination should be either a list or a dictionary or None")

    if not (is_leaf is not None and is_leaf(tree)):
        if isinstance(tree, _SEQUENCES):
            children = enumerate(tree)
        elif isinstance(tree, dict):
            children = tree.items()
        else:
            children = None
        if children is not None:
            for key, child in children:
                tree_flatten(child, f"{prefix}.{key}", is_leaf, destination)
            return destination

    if isinstance(destination, list):
        destination.append((prefix[1:], tree))
    else:
        destination[prefix[1:]] = tree
    return destination


def tree_unflatten(tree: Union[List[Tuple[str, Any]], Dict[str, Any]]) -> Any:
    """The tree that :func:`tree_flatten` made flat.

    Keys that are all numbers make a list, with empty dictionaries where an index is missing;
    other keys make a dictionary.

    Args:
        tree: pairs of a path and a leaf, or a dictionary of them.

    Example::

        >>> tree_unflatten([("a.0", 1), ("a.1", 2), ("b.c", 3)])
        {'a': [1, 2], 'b': {'c': 3}}
    """
    items = list(tree.items()) if isinstance(tree, dict) else tree
    if len(items) == 1 and items[0][0] == "":
        return items[0][1]

    children: Dict[str, list] = {}
    for path, leaf in items:
        key, _, below = path.partition(".")
        children.setdefault(key, []).append((below, leaf))
    for key, leaves in children.items():
        if len(leaves) > 1 and all(below == "" for below, _ in leaves):
            raise ValueError(f"[tree_unflatten] several values for the key {key!r}")

    try:
        keys = sorted((int(key), key) for key in children)
    except ValueError:
        return {key: tree_unflatten(leaves) for key, leaves in children.items()}
    if keys and keys[-1][0] > len(keys) + _LARGEST_GAP:
        raise IndexError(f"[tree_unflatten] the index {keys[-1][1]} leaves too many out")
    result: List[Any] = []
    for index, key in keys:
        result.extend({} for _ in range(index - len(result)))
        result.append(tree_unflatten(children[key]))
    return result


def tree_reduce(fn, tree, initializer=None, is_leaf=None):
    """The leaves of a tree combined from left to right.

    Args:
        fn: called as ``fn(so_far, leaf)``.
        tree: the tree.
        initializer: the value to begin with. Without it (None) the first leaf is.
        is_leaf: says of a list, tuple or dictionary that it is to be taken as a leaf.

    Returns:
        The combined value; `initializer` for a tree without leaves.

    Example::

        >>> tree_reduce(lambda total, x: total + x, {"a": [1, 2], "b": 3})
        6
    """
    for _, leaf in tree_flatten(tree, is_leaf=is_leaf):
        initializer = leaf if initializer is None else fn(initializer, leaf)
    return initializer


def _is_empty(tree):
    return isinstance(tree, (list, tuple, dict)) and len(tree) == 0


def tree_merge(tree_a, tree_b, merge_fn=None):
    """One tree with the leaves of two.

    None and empty lists, tuples and dictionaries give way to what the other tree has there.

    Args:
        tree_a: gives the types of lists and tuples, where both have one.
        tree_b: the other tree.
        merge_fn: called with both leaves where both trees have one; an error without it.

    Raises:
        ValueError: both trees have something at one place, and there is no `merge_fn`.

    Example::

        >>> tree_merge({"a": 1}, {"b": [2]})
        {'a': 1, 'b': [2]}
    """
    if _is_empty(tree_a) and _is_empty(tree_b):
        if isinstance(tree_a, dict) and isinstance(tree_b, dict):
            return {}
        if type(tree_a) is not type(tree_b):
            kinds = type(tree_a).__name__, type(tree_b).__name__
            raise ValueError(f"Cannot merge {kinds[0]} with {kinds[1]}")
        return _like(tree_a, ())
    if _is_empty(tree_a):
        tree_a = None
    if _is_empty(tree_b):
        tree_b = None

    if tree_a is None and tree_b is not None:
        return tree_b
    if tree_b is None and tree_a is not None:
        return tree_a
    if isinstance(tree_a, _SEQUENCES) and isinstance(tree_b, _SEQUENCES):
        pairs = zip_longest(tree_a, tree_b)
        return _like(tree_a, (tree_merge(a, b, merge_fn) for a, b in pairs))
    if isinstance(tree_a, dict) and isinstance(tree_b, dict):
        merged = {}
        for key in [*tree_a, *(k for k in tree_b if k not in tree_a)]:
            a, b = tree_a.get(key, _MISSING), tree_b.get(key, _MISSING)
            if a is _MISSING or b is _MISSING:
                merged[key] = b if a is _MISSING else a
            else:
                merged[key] = tree_merge(a, b, merge_fn)
        return merged
    if merge_fn is None:
        raise ValueError(
            "Trees contain elements at the same locations but no merge function was provided"
        )
    return merge_fn(tree_a, tree_b)
