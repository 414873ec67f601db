"""Entries whose arguments are plain values and variables: their layers are made without trees.

Most entries of a candidate are of this sort. What is unusual, such as an error, is left to the
ordinary reading of an entry.
"""

from __future__ import annotations

from typing import Mapping

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer
from mergecli.ir.subgraphs import frozen_inside
from mergecli.screening.dependencies import LayerEntry
from mergecli.syntax.variables import ExpressionError, Work, fill, tree_at
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Scalar, Tree

#: The types of values that are the same as arguments and in a spec.
_PLAIN = frozenset((bool, int, float, str, type(None)))


class PlainEntry:
    """An entry of a layer of Keras.

    Args:
        cls: Its class.
        arguments: The arguments by name, with their variables.
    """

    __slots__ = ("_cls", "_fixed", "_variable")

    def __init__(self, cls: type[Layer], arguments: Mapping[str, Scalar]) -> None:
        self._cls = cls
        self._variable = {name: tree for name, tree in arguments.items() if _has_variables(tree)}
        self._fixed = {name: tree.value for name, tree in arguments.items()}

    def layer(self, variables: Mapping[str, object], work: Work) -> Layer | None:
        """Return the layer; None if it has errors, or a value is not plain.

        Args:
            variables: The values of the variables.
            work: What replacing them may cost.
        """
        arguments = dict(self._fixed)
        try:
            for name, tree in self._variable.items():
                value = fill(str(tree.value), variables, work)
                if type(value) not in _PLAIN:
                    return None
                tree_at(value, tree, work)
                arguments[name] = value
            made = self._cls(**arguments)
        except (ArgumentErrors, ExpressionError):
            return None
        return made if made.trainable else frozen_inside(made)


def plain_entry(entry: LayerEntry) -> PlainEntry | None:
    """Return an entry whose arguments are plain values and variables; None if it has others."""
    cls = None if entry.cls is None else registry.layer(str(entry.cls.value))
    arguments = None if cls is None else _arguments(cls, entry.arguments)
    if cls is None or arguments is None:
        return None
    for name, tree in arguments.items():
        argument = cls.arguments.get(name)
        if argument is None or name == "vocabulary":
            return None
        if argument.role == "layer" and not argument.names:
            return None  # A string is the class of a layer.
        if type(tree) is not Scalar or type(tree.value) not in _PLAIN:
            return None
        opened = tree.raw.count("(")
        if opened != tree.raw.count(")") or (opened and not _has_variables(tree)):
            return None  # It may be a part of a list in parentheses.
    return PlainEntry(cls, arguments)  # type: ignore[arg-type]


def _arguments(cls: type[Layer], tree: Tree | None) -> dict[str, Tree] | None:
    """Return the trees of the arguments by name; None if they have another form."""
    if type(tree) is MappingNode:
        return {str(key.value): value for key, value in tree.entries}
    if tree is None or (type(tree) is Scalar and tree.plain and tree.raw == ""):
        return {}
    first = next((name for name in cls.arguments if name not in cls.common), None)
    return {first: tree} if type(tree) is Scalar and first is not None else None


def _has_variables(tree: Scalar) -> bool:
    return isinstance(tree.value, str) and "$" in tree.value
