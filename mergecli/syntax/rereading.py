"""The states of one text in an editor -> their trees; only entries that changed are read again.

A keystroke changes few lines. If these are in a block list, their entries are read between lines
that stand for what is around them, and the rest of the tree is taken over. Whatever is unusual, such
as an anchor, is left to a reading of the whole text.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.syntax.yaml_reader import MAX_NODES, read_part, read_whole
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, position, size_of

if TYPE_CHECKING:
    from mergecli.syntax.yaml_tree import Mark

#: The key that stands for the line after the entries, and the start of those for the lines before.
_AFTER, _BEFORE = "after", "before"


class _Mark:
    """A place of the parser that has moved to another line."""

    __slots__ = ("column", "index", "line", "name")

    def __init__(self, mark: Mark, lines: int) -> None:
        self.name, self.line = mark.name, mark.line + lines
        self.column, self.index = mark.column, mark.index


class _Place(NamedTuple):
    """A block list: the mappings that lead to it, each with the number of its entry; the list."""

    outer: list[tuple[Mapping, int]]
    inner: Sequence

    @property
    def column(self) -> int:
        """The column of its dashes."""
        return self.inner.start.column


class _Stretch(NamedTuple):
    """Entries of a block list, and their lines.

    Attributes:
        first, last: The numbers of the first entry, and of the first one after them.
        begin, end: The number of their first line, and of the first line after them.
        more: How many lines more they have in the new state.
        column: The column of what is on that line; None if they end the text.
    """

    first: int
    last: int
    begin: int
    end: int
    more: int
    column: int | None


class Rereader:
    """Reads the states of one text, one after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._tree: Tree | None = None

    def read(self, source: Source) -> tuple[Tree | None, list[Diagnostic]]:
        """Read a state; the result is that of `yaml_reader.read`.

        The places in its tree have the right lines and columns, but other indices.
        """
        lines = source.text.split("\n")
        tree = self._reread(lines)
        diagnostics: list[Diagnostic] = []
        is_separable = tree is not None
        if tree is None:
            tree, diagnostics, is_separable = read_whole(source)
        if is_separable:
            self._lines, self._tree = lines, tree
        # After a state that cannot be read, the next one is compared with the one before.
        elif tree is not None:
            self._tree = None
        return tree, diagnostics

    def _reread(self, lines: list[str]) -> Tree | None:
        """Return the tree of a state; None if the whole text must be read."""
        tree, known = self._tree, self._lines
        if tree is None or lines == known:
            return tree
        least, more = min(len(lines), len(known)), len(lines) - len(known)
        first = next((n for n in range(least) if lines[n] != known[n]), least)
        same = next(
            (n for n in range(least - first) if lines[-1 - n] != known[-1 - n]), least - first
        )
        last = len(known) - same - 1
        # Lines that are added or removed may belong to the entry of the line before them.
        start = first - 1 if more else first
        place = _place(tree, start, known)
        stretch = _stretch(place, start, last, more, known) if place is not None else None
        if place is None or stretch is None:
            return None
        part = _read(place, stretch, lines)
        joined = _joined(place, stretch, part) if part is not None else None
        # A collection is a start and an end for the limit of what is read.
        return joined if joined is not None and 2 * size_of(joined) + 8 < MAX_NODES else None


def _place(tree: Tree, line: int, lines: list[str]) -> _Place | None:
    """Return the block list that a line is in, without lists in it; None if there is none."""
    outer: list[tuple[Mapping, int]] = []
    while type(tree) is Mapping and tree.entries:
        keys = [key for key, _ in tree.entries]
        index = bisect_right([key.start.line for key in keys], line) - 1
        is_block = position(keys[0].start) == position(tree.start)
        if not is_block or index < 0 or keys[index].start.column != tree.start.column:
            return None
        outer.append((tree, index))
        tree = tree.entries[index][1]
    if type(tree) is not Sequence or not tree.items:
        return None
    start = tree.start
    return _Place(outer, tree) if _has_dash(lines[start.line], start.column) else None


def _has_dash(line: str, column: int) -> bool:
    """Whether an entry of a block list begins at a column."""
    return not line[:column].strip(" ") and line[column : column + 2] in ("-", "- ")


def _stretch(place: _Place, first: int, last: int, more: int, lines: list[str]) -> _Stretch | None:
    """Return the entries on some lines, with all lines up to the next one; None if unusual."""
    items, column = place.inner.items, place.column
    starts = [item.start.line for item in items]

    def dash(item: int) -> int:
        """Return the line of the dash of an entry, which may begin below it."""
        line = starts[item]
        while not _has_dash(lines[line], column) and line > place.inner.start.line:
            line -= 1
        return line

    begin = bisect_right(starts, first) - 1
    if begin < 0:
        return None
    end = bisect_right(starts, last)
    while end < len(items) and dash(end) <= last:
        end += 1
    if end < len(items) and _has_dash(lines[dash(end)], column):
        return _Stretch(begin, end, dash(begin), dash(end), more, column)
    if end < len(items):
        return None
    line, below = position(place.inner.end)
    after = lines[line][below:] if line < len(lines) else ""
    if line > last and after and after[0] not in "#?" and not after.startswith(("---", "...")):
        return _Stretch(begin, end, dash(begin), line, more, below)
    if any(index + 1 < len(mapping.entries) for mapping, index in place.outer):
        return None
    return _Stretch(begin, end, dash(begin), len(lines), more, None)


def _read(place: _Place, stretch: _Stretch, lines: list[str]) -> list[Tree] | None:
    """Read some entries at their places, between lines that stand for what is around them.

    Returns:
        Their list, with the mappings that lead to it before it; None if it is another one.
    """
    before = [
        f"{' ' * mapping.start.column}{_BEFORE}{level}:"
        for level, (mapping, _) in enumerate(place.outer)
    ]
    empty = [""] * (stretch.begin - len(before))
    after = []
    is_item = stretch.last < len(place.inner.items)
    if stretch.column is not None:
        written = f"- {_AFTER}" if is_item else f"{_AFTER}: {_AFTER}"
        after = [" " * stretch.column + written, ""]
    end = stretch.end + stretch.more
    entries = lines[stretch.begin : end]
    tree = read_part("\n".join([*empty, *before, *entries, *after]))
    part: list[Tree] = []
    for level in range(len(before)):
        if type(tree) is not Mapping or tree.entries[0][0].value != f"{_BEFORE}{level}":
            return None
        rest = tree.entries[1:]
        is_after = not is_item and tree.start.column == stretch.column
        if len(rest) != is_after or any(key.value != _AFTER for key, _ in rest):
            return None
        part.append(tree)
        tree = tree.entries[0][1]
    if type(tree) is not Sequence or position(tree.start) != (stretch.begin, place.column):
        return None
    if not entries or not _has_dash(entries[0], place.column):
        return None
    if is_item:
        last = tree.items.pop()
        if type(last) is not Scalar or position(last.start)[0] != end:
            return None
        tree.size -= 1
    return [*part, tree] if tree.items else None


def _joined(place: _Place, stretch: _Stretch, part: list[Tree]) -> Tree:
    """Return the tree in which some entries are replaced; the one before is not changed."""
    old, new, lines = place.inner, part[-1], stretch.more
    assert type(new) is Sequence
    is_end = stretch.column is None
    joined = Sequence(old.start)
    replaced = old.items[stretch.first : stretch.last]
    joined.items = [
        *old.items[: stretch.first],
        *new.items,
        *_moved(old.items[stretch.last :], lines),
    ]
    # The reader adds a collection when it begins, and what it has when it ends.
    sizes = [1 if type(item) is Scalar else 1 + size_of(item) for item in replaced]
    more = new.size - 1 - sum(sizes)
    joined.size, joined.end = old.size + more, new.end if is_end else _later(old.end, lines)
    result: Tree = joined
    for (mapping, index), read in zip(reversed(place.outer), reversed(part[:-1])):
        copy = Mapping(mapping.start)
        copy.entries = [*mapping.entries[:index], (mapping.entries[index][0], result)]
        copy.entries += _moved_entries(mapping.entries[index + 1 :], lines)
        copy.size = mapping.size + more
        copy.end = read.end if is_end else _later(mapping.end, lines)
        result = copy
    return result


def _later(mark: Mark, lines: int) -> Mark:
    """Return a mark as many lines later."""
    return _Mark(mark, lines) if lines else mark


def _moved(trees: list[Tree], lines: int) -> list[Tree]:
    """Return trees as many lines later; none of them is changed."""
    return [_moved_tree(tree, lines) for tree in trees] if lines else trees


def _moved_entries(entries: list[tuple[Scalar, Tree]], lines: int) -> list[tuple[Scalar, Tree]]:
    keys = _moved([key for key, _ in entries], lines)
    values = _moved([value for _, value in entries], lines)
    return [(key, value) for key, value in zip(keys, values) if type(key) is Scalar]


def _moved_tree(tree: Tree, lines: int) -> Tree:
    start, end = _later(tree.start, lines), _later(tree.end, lines)
    if type(tree) is Scalar:
        return Scalar(tree.value, tree.raw, tree.plain, start, end)
    moved: Sequence | Mapping
    if type(tree) is Sequence:
        moved = Sequence(start)
        moved.items = _moved(tree.items, lines)
    else:
        assert type(tree) is Mapping
        moved = Mapping(start)
        moved.entries = _moved_entries(tree.entries, lines)
    moved.end, moved.size = end, tree.size
    return moved
