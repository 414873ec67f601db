"""The tree of a YAML text: scalars, sequences and mappings with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Union, overload

from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.source import Span
from mergecli.syntax.yaml_scalars import resolve

if TYPE_CHECKING:
    from typing import Protocol

    class Mark(Protocol):
        """A place of the parser, 0-based."""

        @property
        def name(self) -> str: ...
        @property
        def line(self) -> int: ...
        @property
        def column(self) -> int: ...
        @property
        def index(self) -> int: ...


#: The name that the parser's marks give to a text without a name.
_UNNAMED = "<unicode string>"

Tree = Union["Scalar", "Sequence", "Mapping"]


class YamlNode:
    """A value and its place. `start` and `end` are the parser's marks, 0-based."""

    __slots__ = ("end", "start")
    start: Mark
    end: Mark

    @property
    def span(self) -> Span:
        start, end = self.start, self.end
        path = "" if start.name == _UNNAMED else start.name
        return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1, path)


class Scalar(YamlNode):
    """A string, number, boolean or null; `plain` when it has no quotes, `raw` as it is written."""

    __slots__ = ("plain", "raw", "value")

    def __init__(self, value: object, raw: str, plain: bool, start: Mark, end: Mark) -> None:
        self.value, self.raw, self.plain, self.start, self.end = value, raw, plain, start, end

    def data(self) -> object:
        return self.value

    def respelled(self, name: str | None) -> tuple[Edit, ...]:
        """Return the edit that puts another name here and keeps the quotes.

        There is none if the value is not written here, for example if it is from a variable.
        """
        return (
            (Edit(self.span, name, self.raw),)
            if name is not None and self.raw and self.raw == self.value
            else ()
        )

    def rewritten(self, text: str) -> tuple[Edit, ...]:
        """Return the edit that replaces the value and its quotes; none if it is not from here."""
        here = (
            self.raw == self.value
            if isinstance(self.value, str)
            else bool(self.raw) and resolve(self.raw) == self.value
        )
        return (Edit(self.span, text),) if here else ()


class Sequence(YamlNode):
    """A sequence of trees."""

    __slots__ = ("items", "size")

    def __init__(self, start: Mark) -> None:
        self.items: list[Tree] = []
        self.start, self.end, self.size = start, start, 1

    def data(self) -> list[object]:
        return [item.data() for item in self.items]


class Mapping(YamlNode):
    """Keys, which are always scalars, with their trees, in the order of the file."""

    __slots__ = ("entries", "size")

    def __init__(self, start: Mark) -> None:
        self.entries: list[tuple[Scalar, Tree]] = []
        self.start, self.end, self.size = start, start, 1

    def data(self) -> dict[object, object]:
        return {key.value: tree.data() for key, tree in self.entries}

    def get(self, name: object) -> Tree | None:
        for key, tree in self.entries:
            if key.value == name:
                return tree
        return None


class Between(YamlNode):
    """The place between two marks."""

    __slots__ = ()

    def __init__(self, start: Mark, end: Mark | None = None) -> None:
        self.start, self.end = start, end or start


def position(mark: Mark) -> tuple[int, int]:
    """Return the line and the column of a mark, 0-based, by which the marks of a text are ordered."""
    return mark.line, mark.column


def size_of(tree: Tree) -> int:
    """Return the number of nodes of a tree, each alias counted with all that it refers to."""
    return 1 if type(tree) is Scalar else tree.size  # type: ignore[union-attr]


@overload
def rejoined(tree: Sequence) -> Sequence: ...
@overload
def rejoined(tree: Mapping) -> Mapping: ...
@overload
def rejoined(tree: Tree) -> Tree: ...
def rejoined(tree: Tree) -> Tree:
    """Return a collection in which `(3, 3)` is one string again.

    YAML splits it at the commas of the braces or brackets around it.
    """
    if type(tree) is Sequence:
        return _rejoined_sequence(tree) if _is_split(tree.items) else tree
    if type(tree) is Mapping:
        is_split = _is_split(value for _, value in tree.entries)
        return _rejoined_mapping(tree) if is_split else tree
    return tree


def _is_split(values: Iterable[Tree]) -> bool:
    """Whether one of several values is a string with an open parenthesis."""
    for value in values:
        if type(value) is Scalar and "(" in value.raw and value.plain and _depth(value) > 0:
            return True
    return False


def _rejoined_sequence(tree: Sequence) -> Sequence:
    joined, depth = Sequence(tree.start), 0
    items = joined.items
    for item in tree.items:
        last = items[-1] if items else None
        if depth > 0 and type(item) is Scalar and type(last) is Scalar:
            items[-1] = _joined(last, item)
            depth += _depth(item)
        else:
            items.append(item)
            depth = _depth(item) if type(item) is Scalar and item.plain else 0
    joined.end, joined.size = tree.end, tree.size
    return joined


def _rejoined_mapping(tree: Mapping) -> Mapping:
    joined, depth = Mapping(tree.start), 0
    entries = joined.entries
    for key, value in tree.entries:
        last = entries[-1][1] if entries else None
        if depth > 0 and type(value) is Scalar and value.raw == "" and type(last) is Scalar:
            entries[-1] = (entries[-1][0], _joined(last, key))
            depth += _depth(key)
        else:
            entries.append((key, value))
            is_open = type(value) is Scalar and value.plain and value.raw.startswith("(")
            depth = _depth(value) if is_open else 0  # type: ignore[arg-type]
    joined.end, joined.size = tree.end, tree.size
    return joined


def _depth(part: Scalar) -> int:
    """Return the number of parentheses that a scalar leaves open."""
    return part.raw.count("(") - part.raw.count(")")


def _joined(first: Scalar, second: Scalar) -> Scalar:
    text = f"{first.raw},{'' if second.raw.startswith(')') else ' '}{second.raw}"
    return Scalar(text, text, True, first.start, second.end)
