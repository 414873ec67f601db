"""The table of `mergecli summary` for a terminal: branches with their sums, repeated blocks once, as wide as there is room."""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, Sequence

from mergecli.catalog.shapes import text
from mergecli.diagnostics.escaping import line
from mergecli.exporters.pictures.folding import repeated
from mergecli.exporters.summary import DEFAULT, SummaryOptions, connections, counts, totals
from mergecli.ir.graph import Call, Network
from mergecli.ir.subgraph_layers import held_model

#: The column words are those of Keras's `summary()`; MACs are ours.
HEADER = ("Layer (type)", "Output Shape", "Param #", "MACs", "Connected to")
_NUMBERS = (2, 3)
#: Below this width, in characters, large numbers are rounded.
NARROW = 100
#: The fewest characters to which a column is cut, by its number; others are never cut.
_LEAST = {4: 12, 0: 28}
#: The fewest characters of a name beside its whole class.
_LEAST_NAME = 8
#: The most characters of a cell, to the longest of which all cells of its column are filled.
_MOST_CHARACTERS = 1000
_BOLD, _DIM, _PLAIN = "\033[1m", "\033[2m", "\033[0m"


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        depth: How far it is indented: one step for each section that it is in.
        name: The name of the layer, or the title of the section.
        cls: The class of the layer; empty for a section.
        shape: The shapes of its results.
        parameters: The number of parameters, of a section that of all its layers; None where it is not known.
        macs: Likewise the multiply-accumulates for one sample.
        sources: What it is applied to; empty where that is only the layer in the row above.
        repeats: The number of layers that have no row, as they repeat this one.
    """

    depth: int
    name: str
    cls: str = ""
    shape: str = ""
    parameters: int | None = None
    macs: int | None = None
    sources: str = ""
    repeats: int = 0


#: A section: what distinguishes it from others, and its title.
_Section = tuple[str, str]


def table(network: Network, options: SummaryOptions = DEFAULT) -> str:
    """Return the table for a terminal, with totals.

    Args:
        network: The network.
        options: How wide it is, whether repeated blocks are shown once, and what the totals are for.
    """
    found = list(rows(network, options.full))
    cells = [_cells(row, options.width) for row in found]
    widths = _widths([HEADER, *cells], options.width)
    lines = [
        _styled(line(network.graph.name), _BOLD, options.color),
        "",
        _styled(_aligned(HEADER, widths), _BOLD, options.color),
        "  ".join("-" * width for width in widths),
    ]
    for row, shown in zip(found, cells):
        style = "" if row.cls else _BOLD
        lines.append(_styled(_aligned(shown, widths), style, options.color))
    lines.append("  ".join("-" * width for width in widths))
    lines += totals(network, options)
    hidden = sum(row.repeats for row in found)
    if hidden:
        note = f"{hidden:,} layers repeat those above; --full shows them"
        lines.append(_styled(note, _DIM, options.color))
    return "\n".join(lines) + "\n"


# Rows.


def rows(network: Network, full: bool = False, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    """Yield the rows of a network: a row for each input and layer, and one for each branch and repeated structure.

    The layers of a model that is a layer, or that a layer applies to each step, come after it. What is
    said of them is for one step.

    Args:
        network: The network.
        full: Whether each repetition of a structure has rows of its own.
        prefix: The start of the names.
        depth: How far the rows are indented.
    """
    folded = {} if full else _folded(network)
    skipped = {index for _, calls in folded.values() for index in calls[1:]}
    calls = [call for call in network.parts() if call.index not in skipped]
    if prefix:
        calls = [call for call in calls if call.index not in network.graph.inputs]
    paths = {call.index: _path(network, call, folded) for call in calls}
    sums = _sums(network, paths, folded)
    current: tuple[_Section, ...] = ()
    before: Call | None = None
    for call in _together(calls, paths):
        path = paths[call.index]
        same = _common(current, path)
        for place in range(same, len(path)):
            parameters, macs = sums[path[: place + 1]]
            yield Row(depth + place, path[place][1], "", "", parameters, macs)
        # The first layer of a section states where it comes from.
        above = before if path == current else None
        current, before = path, call
        repeats = len(folded[call.index][1]) - 1 if call.index in folded else 0
        row = _row(network, call, prefix, depth + len(path), above)
        yield row._replace(repeats=repeats)
        model = held_model(call.layer)
        if model is not None and call.owner is None:
            inner = f"{prefix}{call.name}."
            yield from rows(model.network, full, inner, depth + len(path) + 1)
            before = None


def _row(network: Network, call: Call, prefix: str, depth: int, above: Call | None) -> Row:
    """Return the row of a layer."""
    sources = connections(network, call, prefix)
    follows = above is not None and call.parents == [above.index] and len(call.sources or ()) == 1
    shapes = ", ".join(text(tensor.shape) for tensor in network.results[call.index])
    total, _ = counts(network, call)
    joined = "" if follows else ", ".join(filter(None, sources))
    return Row(depth, prefix + call.name, call.cls, shapes, total, network.macs[call.index], joined)


def _folded(network: Network) -> dict[int, tuple[tuple[_Section, ...], list[int]]]:
    """Return, for each call that is shown for several repetitions, its sections and all these calls."""
    result: dict[int, tuple[tuple[_Section, ...], list[int]]] = {}
    for group in repeated(network):
        for calls in group.rows:
            if group.frames:
                sections = tuple((f"repeat {key}", title) for key, title, _ in group.frames)
                result[calls[0]] = (sections, calls)
    return result


def _path(
    network: Network, call: Call, folded: dict[int, tuple[tuple[_Section, ...], list[int]]]
) -> tuple[_Section, ...]:
    """Return the sections of a call, outermost first."""
    branch = () if call.branch is None else ((f"branch {call.branch}", call.branch),)
    return (*branch, *(folded[call.index][0] if call.index in folded else ()))


def _together(calls: Sequence[Call], paths: dict[int, tuple[_Section, ...]]) -> Iterator[Call]:
    """Yield calls in their order, those of a section next to each other."""
    places: dict[tuple[_Section, ...], int] = {}
    keys = {}
    for place, call in enumerate(calls):
        path = paths[call.index]
        starts = [places.setdefault(path[: size + 1], place) for size in range(len(path))]
        keys[call.index] = (*starts, place)
    yield from sorted(calls, key=lambda call: keys[call.index])


def _sums(
    network: Network,
    paths: dict[int, tuple[_Section, ...]],
    folded: dict[int, tuple[tuple[_Section, ...], list[int]]],
) -> dict[tuple[_Section, ...], tuple[int | None, int | None]]:
    """Return the parameters and MACs of each section, of all its repetitions."""
    result: dict[tuple[_Section, ...], tuple[int | None, int | None]] = {}
    for index, path in paths.items():
        calls = folded[index][1] if index in folded else [index]
        for call in calls:
            total, _ = counts(network, network.graph.nodes[call])
            is_input = call in network.graph.inputs
            numbers = total, 0 if is_input else network.macs[call]
            for size in range(len(path)):
                known = result.get(path[: size + 1], (0, 0))
                result[path[: size + 1]] = _add(known[0], numbers[0]), _add(known[1], numbers[1])
    return result


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _common(one: Sequence[_Section], other: Sequence[_Section]) -> int:
    """Return how many sections two paths begin with in common."""
    size = 0
    while size < min(len(one), len(other)) and one[size] == other[size]:
        size += 1
    return size


# Text.


def _cells(row: Row, width: int | None) -> tuple[str, ...]:
    """Return the cells of a row."""
    name = line(row.name) + (f" ({line(row.cls)})" if row.cls else "")
    cells = (
        "  " * row.depth + name,
        line(row.shape),
        _number(row.parameters, width),
        _number(row.macs, width),
        line(row.sources),
    )
    return tuple(map(_bounded, cells))


def _bounded(cell: str) -> str:
    return cell if len(cell) <= _MOST_CHARACTERS else f"{cell[: _MOST_CHARACTERS - 1]}…"


def _number(number: int | None, width: int | None) -> str:
    """Return a number for a table of a width.

    >>> _number(8388608, 80), _number(8388608, None), _number(999999, 80), _number(None, 80)
    ('8.39 M', '8,388,608', '999,999', '?')
    """
    if number is None:
        return "?"
    for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if width is not None and width < NARROW and number >= size:
            shown = (
                f"{number / size:#.3g}".rstrip(".")
                if number < 1000 * size
                else f"{number // size:,}"
            )
            return f"{shown} {unit}"
    return f"{number:,}"


def _widths(cells: Sequence[Sequence[str]], width: int | None) -> list[int]:
    """Return the width of each column, so that the table fits where its names can be cut."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    excess = 0 if width is None else sum(widths) + 2 * (len(widths) - 1) - width
    for column, least in _LEAST.items():
        if excess > 0:
            taken = max(0, min(excess, widths[column] - least))
            widths[column] -= taken
            excess -= taken
    return widths


def _aligned(cells: Iterable[str], widths: Sequence[int]) -> str:
    """Return the cells of a row next to each other, numbers at the right of their columns."""
    parts = []
    for column, (cell, width) in enumerate(zip(cells, widths)):
        shown = cut(cell, width)
        parts.append(shown.rjust(width) if column in _NUMBERS else shown.ljust(width))
    return "  ".join(parts).rstrip()


def cut(text: str, width: int) -> str:
    """Return a text without characters of its middle, if it is longer than a width.

    The class after a name stays whole where there is room for it.

    >>> cut("block_12_expand_relu (ReLU)", 18), cut("dense", 16), cut("a_long_name, another_name", 12)
    ('block…_relu (ReLU)', 'dense', 'a_lon…r_name')
    """
    if len(text) <= width:
        return text
    name, mark, cls = text.rpartition(" (")
    after = mark + cls if mark and width - len(mark + cls) >= _LEAST_NAME else ""
    name = text[: len(text) - len(after)]
    room = width - len(after)
    end = room // 2
    return f"{name[: room - end - 1]}…{name[len(name) - end :]}{after}"


def _styled(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{_PLAIN}" if color and style and text else text
