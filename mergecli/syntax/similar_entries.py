"""A canonical text whose entries are often alike -> its tree, without the right places.

Large models have few kinds of entries, whose names alone differ. The parser is given one entry of each
kind; the trees of the others are copies with other names, and share the parts that have no names.
"""

from __future__ import annotations

import re

from mergecli.syntax.yaml_reader import MAX_NODES, read_part
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: An entry of a block list, with the lines that are indented below its dash.
_ENTRY = re.compile(r"^( *)- .*\n(?:\1  .*\n)*", re.M)
#: A whole value that is certainly a string, as it has a letter before a digit; few are anything but names.
_NAME = re.compile(r"([:,] |\[)([A-Za-z][A-Za-z_]*[0-9][A-Za-z0-9_]*)(?=[,\]}\n])")
#: What begins the scalars that stand for names and for lists of entries while the text is parsed.
_HOLE = "x@"


def read(text: str) -> Tree | None:
    """Return the tree of a text that has neither quotes, comments, anchors nor `@`.

    Its values are those that `yaml_reader.read` gives, its places are not.

    Returns:
        None if the text must be read as a whole.
    """
    kinds: dict[tuple[str, ...], int] = {}
    lists: list[list[tuple[int, list[str]]]] = []
    outline: list[str] = []
    end, indent = 0, ""
    for entry in _ENTRY.finditer(text):
        if not lists or entry.start() != end or entry[1] != indent:
            indent = entry[1]
            outline.append(f"{text[end : entry.start()]}{indent}- {_HOLE}{len(lists)}\n")
            lists.append([])
        pieces = _NAME.split(entry[0])
        names = pieces[2::3]
        del pieces[2::3]
        lists[-1].append((kinds.setdefault(tuple(pieces), len(kinds)), names))
        end = entry.end()
    around = read_part("".join([*outline, text[end:]]))
    samples = read_part("".join(map(_sample, kinds))) if kinds else None
    if around is None or type(samples) is not Sequence or len(samples.items) != len(kinds):
        return None
    holed: set[int] = set()
    _find_holes(samples, holed)
    trees = [
        [_filled(samples.items[kind], names, holed) for kind, names in entries] for entries in lists
    ]
    tree = _joined(around, trees)
    # A collection is a start and an end for the limit of what is read.
    return tree if 2 * _counted(tree) + 8 < MAX_NODES else None


def _sample(pieces: tuple[str, ...]) -> str:
    """Return an entry of a kind at the start of the line, with numbers in place of its names."""
    text = "".join(
        f"{piece}{_HOLE}{number // 2}" if number % 2 else piece
        for number, piece in enumerate(pieces)
    )
    indent = text[: text.index("-")]
    return text.replace(f"\n{indent}", "\n").removeprefix(indent)


def _find_holes(tree: Tree, holed: set[int]) -> bool:
    """Add the parts of a tree that have names in them, by their identity; return whether it has any."""
    if type(tree) is Scalar:
        found = tree.raw.startswith(_HOLE)
    else:
        parts = tree.items if type(tree) is Sequence else [value for _, value in tree.entries]  # type: ignore[union-attr]
        found = sum(_find_holes(part, holed) for part in parts) > 0
    if found:
        holed.add(id(tree))
    return found


def _filled(tree: Tree, names: list[str], holed: set[int]) -> Tree:
    """Return an entry of a kind with its names; parts without names are the same."""
    if id(tree) not in holed:
        return tree
    if type(tree) is Scalar:
        name = names[int(tree.raw[len(_HOLE) :])]
        return Scalar(name, name, True, tree.start, tree.end)
    if type(tree) is Sequence:
        return _sequence(tree, [_filled(item, names, holed) for item in tree.items], tree.size)
    assert type(tree) is Mapping
    filled = Mapping(tree.start)
    filled.entries = [
        (entry[0], _filled(entry[1], names, holed)) if id(entry[1]) in holed else entry
        for entry in tree.entries
    ]
    filled.end, filled.size = tree.end, tree.size
    return filled


def _sequence(place: Sequence, items: list[Tree], size: int) -> Sequence:
    sequence = Sequence(place.start)
    sequence.items, sequence.end, sequence.size = items, place.end, size
    return sequence


def _joined(tree: Tree, lists: list[list[Tree]]) -> Tree:
    """Return the tree around the lists of entries with the lists in their places."""
    if type(tree) is Sequence:
        only = tree.items[0] if len(tree.items) == 1 else None
        if type(only) is Scalar and only.raw.startswith(_HOLE):
            items = lists[int(only.raw[len(_HOLE) :])]
            return _sequence(tree, items, 1 + sum(map(_counted, items)))
    elif type(tree) is Mapping:
        tree.entries = [(key, _joined(value, lists)) for key, value in tree.entries]
        tree.size = 1 + sum(1 + _counted(value) for _, value in tree.entries)
    return tree


def _counted(tree: Tree) -> int:
    """Return what a part adds to the size of what it is in, as the YAML reader counts."""
    return 1 if type(tree) is Scalar else 1 + tree.size  # type: ignore[union-attr]
