"""Names of models and layers."""

from __future__ import annotations

import re
from typing import Callable, Collection, Container

from mergecli.catalog.layer import snake_case


def scope_name(name: str) -> str:
    """Return the name of a model as TensorFlow can use it.

    TensorFlow names a scope of its graph after the model, and `fit` refuses other characters.

    >>> scope_name("merged model")
    'merged_model'
    """
    safe = re.sub(r"[^A-Za-z0-9_.>-]", "_", name)
    return safe if re.match("[A-Za-z0-9.]", safe) else f"model{safe}"


def unique_name(
    base: str,
    is_taken: Callable[[str], bool],
    first: int = 2,
    *,
    bare: bool = True,
    ending: str = "",
) -> str:
    """Return a name that is not taken: `base`, else `base` with a number.

    Args:
        base: The name without a number.
        is_taken: Says whether a name is in use.
        first: The number that is tried first.
        bare: Whether the name may be without a number.
        ending: The part after the number, such as the ending of a file.

    >>> unique_name("dense", {"dense", "dense_2"}.__contains__)
    'dense_3'
    """
    name, number = base + ending, first
    while not bare or is_taken(name):
        name, number, bare = f"{base}_{number}{ending}", number + 1, True
    return name


def unique_prefix(prefix: str, names: Collection[str], taken: Container[str]) -> str:
    """Return a prefix with which none of `names` is taken, with more underscores if need be.

    >>> unique_prefix("left_", ["dense"], {"left_dense"})
    'left__'
    """
    while any(prefix + name in taken for name in names):
        prefix += "_"
    return prefix


class NameAuthority:
    """Gives each layer a name of its own, as Keras numbers them: `dense`, `dense_1`, `dense_2` ….

    It remembers the number up to which a name is used, so that many equal names take no longer than
    different ones. A name that it has given is not taken until `is_taken` says so.
    """

    __slots__ = ("_is_taken", "_numbers")

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        self._is_taken = is_taken
        self._numbers: dict[str, int] = {}

    def name(self, base: str) -> str:
        """Return the next name that begins with `base`."""
        number = self._numbers.get(base, 0)
        name = f"{base}_{number}" if number else base
        while self._is_taken(name):
            number += 1
            name = f"{base}_{number}"
        self._numbers[base] = number + 1
        return name


class GroupNames:
    """Names the groups in which Keras keeps layers in a file: `dense`, `dense_1` and so on, in the order of the layers."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def name(self, cls: str) -> str:
        """Return the group of the next layer of a class.

        >>> names = GroupNames()
        >>> names.name("Dense"), names.name("Conv2D"), names.name("Dense")
        ('dense', 'conv2d', 'dense_1')
        """
        group = snake_case(cls)
        number = self._counts[group] = self._counts.get(group, -1) + 1
        return f"{group}_{number}" if number else group
