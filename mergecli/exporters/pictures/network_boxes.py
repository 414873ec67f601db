"""The boxes of a network: what a box says of the layers that it stands for."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from itertools import groupby
from math import prod
from operator import ne
from typing import Iterable, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.shapes import Shape, text
from mergecli.catalog.weights import parameters
from mergecli.diagnostics.source import Via
from mergecli.exporters.pictures.contents import Contents
from mergecli.exporters.pictures.folding import Group, models
from mergecli.exporters.pictures.labels import covering, describe
from mergecli.exporters.pictures.scene import Box, Line, Style
from mergecli.ir.graph import Call, Network

#: The most lines in a box for several layers.
MOST_ROWS = 9
#: The most layers that a box for more layers lists with their arguments.
MOST_IN_ORDER = 6
#: The most layers that a tooltip lists.
MOST_LISTED = 20


class BoxMaker:
    """Makes the boxes of a network.

    Args:
        network: The network.
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def _sizes(self) -> Counter[tuple[Via, ...]]:
        """How many calls each use of a block or spec has, by the steps that lead into it."""
        ways = [call.location.via for call in self.network.parts()]
        return Counter(way[:end] for way in ways for end in range(1, len(way) + 1))

    def make(self, group: Group, first: Call, lane: int | None, joins: bool) -> Box:
        """Return the box of a group.

        Args:
            group: The calls.
            first: The first of them.
            lane: The number of the branch that gives the box its colour.
            joins: Whether several tensors meet in it.
        """
        rows = group.rows
        alike = all(_shared(self.network, calls) for calls in rows)
        names = self._row_names(group)
        title, name = self._heading(group, first, alike, names)
        box = Box(f"n{first.index}", self._role(group, first), title, name)
        box.data, box.layers = [index for calls in rows for index in calls], len(rows)
        box.counted = len(rows) <= MOST_ROWS and title.endswith(" layers")
        shared = alike and len(set(map(len, rows))) == 1
        self._measure(box, [] if shared else rows)
        box.notes = frozen(self.network, box.data)
        is_frozen = box.notes == ["frozen"]
        box.style = Style(lane, joins=joins, frozen=is_frozen, shared=shared)
        box.resolution = _resolution(self.network, group.rows[-1][0])
        self._describe(box, group, names)
        if shared:
            box.notes.append(f"shared: applied {len(rows[0])} times")
        return box

    def _role(self, group: Group, first: Call) -> str:
        if len(group.rows) > 1:
            return "group"
        return "input" if first.index in self.network.graph.inputs else "layer"

    def _row_names(self, group: Group) -> list[str]:
        """Return the name of each row; empty for one of several layers."""
        return [
            self._name(calls[0]) if len(calls) == 1 or _shared(self.network, calls) else ""
            for calls in group.rows
        ]

    def _name(self, index: int) -> str:
        """Return the name of a layer, without the models in which it is: a frame has their name."""
        call = self.network.graph.nodes[index]
        return call.name.removeprefix("".join(f"{model}." for model in models(call)))

    def _is_given(self, index: int) -> bool:
        """Return whether a layer has a name that it did not get from its class, after its branch."""
        call = self.network.graph.nodes[index]
        name = re.sub(r"_\d+$", "", self._name(index)).removeprefix(f"{call.branch}_")
        return name != snake_case(call.cls.rpartition(".")[2])

    def _blocks(self, rounds: Sequence[Sequence[int]]) -> str:
        """Return the name of the blocks of some rounds, without the names of classes if most layers have others."""
        named = []
        for calls in rounds:
            given = [index for index in calls if self._is_given(index)]
            shown = given if 2 * len(given) > len(calls) else calls
            named.append([self._name(index) for index in shown])
        return covering(named)

    def _result(self, rounds: Sequence[Sequence[int]]) -> str:
        """Return the name of the last layers of some rounds, whose results leave a box, "" if it is that of a class."""
        last = [calls[-1] for calls in rounds]
        return covering([[self._name(index)] for index in last]) if self._is_given(last[0]) else ""

    def _heading(
        self, group: Group, first: Call, alike: bool, names: Sequence[str]
    ) -> tuple[str, str]:
        """Return the title of a box and the name of what it stands for.

        Args:
            group: The calls.
            first: The first of them.
            alike: Whether each row is one layer, applied once or several times.
            names: The name of each row.
        """
        if len(group.rows) == 1:
            is_input = self._role(group, first) == "input"
            return "Input" if is_input else group.title or first.cls, names[0]
        rounds = _rounds(group, alike)
        # Layers that are applied again begin in a branch, which is a name for them all.
        whole = first.branch or "" if alike else ""
        # A frame says how often its layers are repeated.
        many = len(group.rows) if group.frames else sum(map(len, rounds))
        title = group.title or self._block(rounds[0]) or f"{many} layers"
        return title, self._blocks(rounds) or whole or self._result(rounds)

    def _block(self, indices: Sequence[int]) -> str:
        """Return the name of the block that consists of these calls, "" if there is none."""
        ways = [self.network.graph.nodes[index].location.via for index in indices]
        for end in range(len(ways[0]), 0, -1):
            way = ways[0][:end]
            is_all = self._sizes[way] == len(ways) and all(one[:end] == way for one in ways)
            if is_all and way[-1].role == "block":
                return way[-1].name
        return ""

    def _measure(self, box: Box, rows: Sequence[Sequence[int]]) -> None:
        """Count the parameters and MACs of a box.

        Args:
            box: The box.
            rows: Its calls, each with those of the other rounds of a repeated structure.
        """
        numbers = {index: self._numbers_of(index) for index in box.data}
        box.parameters, box.macs = (_sum(n[unit] for n in numbers.values()) for unit in (0, 1))
        rounds = list(zip(*rows)) if len(set(map(len, rows))) == 1 else []
        for unit, (name, total) in enumerate((("parameters", box.parameters), ("MACs", box.macs))):
            each = [_sum(numbers[index][unit] for index in calls) for calls in rounds]
            box.amounts[name] = _amount(total, each)

    def _numbers_of(self, index: int) -> tuple[int | None, int | None]:
        """Return the parameters and MACs of a call, None where they cannot be known."""
        is_input = index in self.network.graph.inputs
        return _count(self.network, index), 0 if is_input else self.network.macs[index]

    def _describe(self, box: Box, group: Group, names: Sequence[str]) -> None:
        """Write the lines of a box and its tooltip."""
        network = self.network
        nodes = network.graph.nodes
        rows = [(nodes[calls[0]].cls, _words(nodes[calls[0]])) for calls in group.rows]
        tooltip = [f"{box.title} {box.name}".strip()]
        if box.role == "group":
            box.lines = [Line(*row) for row in self._shortened(rows, group)]
            tooltip += [
                f"{cls} {name}: {arguments}".rstrip(": ")
                for (cls, arguments), name in zip(rows[:MOST_LISTED], names)
            ]
            tooltip += [f"and {len(rows) - MOST_LISTED} more"] if len(rows) > MOST_LISTED else []
        elif box.role == "layer":
            box.lines = [Line(rows[0][1])] if rows[0][1] else []
            tooltip.append(rows[0][1])
        shape = _shape(network, group, box.style.shared)
        dtype = ""
        if box.role == "input":
            dtype = network.results[group.rows[0][0]][0].dtype or ""
        box.lines.append(Line(shape, right=dtype, strong=_reshapes(network, group)))
        tooltip += [shape, dtype, *box.notes]
        if box.role != "input":
            tooltip += [with_unit(count, unit) for unit, count in box.amounts.items() if count]
        box.tooltip = "\n".join(filter(None, tooltip))

    def _shortened(
        self, rows: Sequence[tuple[str, str]], group: Group
    ) -> Sequence[tuple[str, str]]:
        """Return the lines of a box for several layers: all of them, those that shape it, or chains of these, in order.

        Args:
            rows: The class and the arguments of each layer.
            group: The layers.
        """
        contents = Contents(self.network, group.rows)
        shortcuts = contents.shortcuts()
        rows = [
            (cls, " · ".join(filter(None, [words, "shortcut" * (number in shortcuts)])))
            for number, (cls, words) in enumerate(rows)
        ]
        if len(rows) <= MOST_ROWS:
            return rows
        listed = _joined([rows[number] for number in contents.order()])
        if (
            len(listed) <= MOST_IN_ORDER
            and contents.is_list
            and len({len(calls) for calls in group.rows}) == 1
        ):
            left_out = [
                cls for number, (cls, _) in enumerate(rows) if number not in contents.shaping
            ]
        else:
            lines = _fewest_lines(contents)
            listed = [(line, "") for line, _ in lines]
            named = {number for _, numbers in lines for number in numbers}
            left_out = [cls for number, (cls, _) in enumerate(rows) if number not in named]
        return [*listed, (f"{len(left_out)} more", _named(left_out))] if left_out else listed


def _fewest_lines(contents: Contents) -> list[tuple[str, list[int]]]:
    """Return the lines that say what a box computes: brief ones where there are many, and only the first if these are too many."""
    lines = list(contents.lines())
    if len(lines) > MOST_ROWS:
        lines = list(contents.lines(brief=True))
    return lines if len(lines) <= MOST_ROWS else lines[: MOST_ROWS - 1]


def _rounds(group: Group, alike: bool) -> list[list[int]]:
    """Return the calls of each round of a group.

    Args:
        group: The calls.
        alike: Whether each row is one layer, applied once or several times.
    """
    if alike:
        return [[calls[0] for calls in group.rows]]
    if len({len(calls) for calls in group.rows}) == 1:
        return [list(calls) for calls in zip(*group.rows)]
    return [[index for calls in group.rows for index in calls]]


def totals(network: Network, boxes: Iterable[Box]) -> list[str]:
    """Return the layers, parameters and MACs of a network."""
    layers = sum(call.owner is None for call in network.parts()) - len(network.graph.inputs)
    macs = _sum(
        network.macs[call.index]
        for call in network.parts()
        if call.index not in network.graph.inputs
    )
    totals = [f"{layers:,} layer{'s' * (layers != 1)}"]
    known = all(box.parameters is not None for box in boxes)
    totals.append(with_unit(f"{network.count():,}" if known else "?", "parameters"))
    totals.append(with_unit("?" if macs is None else f"{macs:,}", "MACs"))
    return totals


def with_unit(amount: str, unit: str) -> str:
    """Return an amount with its unit.

    >>> with_unit("128", "parameters"), with_unit("1", "parameters"), with_unit("128 × 3", "MACs")
    ('128 parameters', '1 parameter', '128 × 3 MACs')
    >>> with_unit("30 in 2 rounds", "parameters"), with_unit("?", "MACs"), with_unit("", "MACs")
    ('30 parameters in 2 rounds', 'MACs unknown', '')
    """
    if amount == "?":
        return f"{unit} unknown"
    number, mark, rounds = amount.partition(" in ")
    unit = unit.removesuffix("s") if amount == "1" else unit
    return f"{number} {unit}{mark}{rounds}" if amount else ""


def _words(call: Call) -> str:
    """Return the arguments of a layer; the axis along which it joins tensors always."""
    ordered = call.layer is not None and call.layer.ordered
    return describe(call, always=("axis",) if ordered else ())


def _joined(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return rows of which those that follow one another and are equal are one.

    >>> _joined([("Dense", "8"), ("Dense", "8"), ("Add", ""), ("Dense", "8")])
    [('Dense', '8 × 2'), ('Add', ''), ('Dense', '8')]
    """
    result = []
    for (cls, words), equal in groupby(rows):
        count = len(list(equal))
        result.append((cls, f"{words} × {count}".strip() if count > 1 else words))
    return result


def _named(classes: Iterable[str]) -> str:
    """Return the first two of some classes, for the line that counts their layers.

    >>> _named(["ReLU", "Add", "ReLU"]), _named(["ReLU", "Add", "Dot"])
    ('ReLU, Add', 'ReLU, Add, …')
    """
    names = list(dict.fromkeys(classes))
    return ", ".join([*names[:2], "…"] if len(names) > 2 else names)


def _shape(network: Network, group: Group, shared: bool) -> str:
    """Return the shapes that come out of a group, of the first and the last repetition where they differ."""
    calls = group.rows[-1]
    first, last = _shapes(network, calls[0]), _shapes(network, calls[-1])
    if first == last or shared:
        return first
    shapes = [[tensor.shape for tensor in network.results[call]] for call in (calls[0], calls[-1])]
    is_single = all(len(one) == 1 for one in shapes)
    return (_range(*(one[0] for one in shapes)) if is_single else "") or f"{first} … {last}"


def _range(first: Shape | None, last: Shape | None) -> str:
    """Return two shapes that differ in one size as one with both sizes, "" for others.

    >>> _range((None, 7, 96), (None, 7, 256)), _range((4, 8), (2, 16))
    ('(None, 7, 96 … 256)', '')
    """
    if first is None or last is None or len(first) != len(last):
        return ""
    sizes = [str(one) if one == other else f"{one} … {other}" for one, other in zip(first, last)]
    return f"({', '.join(sizes)})" if sum(map(ne, first, last)) == 1 else ""


def _shapes(network: Network, index: int) -> str:
    results = network.results[index]
    return ", ".join(text(tensor.shape) for tensor in results[:3]) + " …" * (len(results) > 3)


def _resolution(network: Network, index: int) -> int | None:
    """Return the product of the sizes of a result without its batch and its features; None where there are none, or unknown ones."""
    results = network.results[index]
    sizes = (results[0].shape or ())[1:-1] if results else ()
    known = [size for size in sizes if size is not None]
    return prod(known) if known and len(known) == len(sizes) else None


def _reshapes(network: Network, group: Group) -> bool:
    """Return whether what comes out of a group has another shape than all that enters it."""
    results = network.results[group.rows[-1][0]]
    after = results[0].shape if results else None
    before = [
        tensor.shape
        for target in network.graph.nodes[group.rows[0][0]].sources or ()
        if target.constant is None
        for tensor in network.tensors(target)
    ]
    if not before or after is None:
        return False
    return all(shape is not None and shape != after for shape in before)


def frozen(network: Network, indices: Sequence[int]) -> list[str]:
    """Return ["frozen"] or ["partly frozen"] for layers that are, else an empty list."""
    layers = [network.graph.nodes[index].layer for index in indices]
    # A layer may hold what is never trained, as a normalization does; frozen is what would be trained.
    if not any(
        layer is not None and (layer.frozen or layer.trainable is False) for layer in layers
    ):
        return []
    trainable = [
        [weight.trainable for weight in network.weights[index]]
        for index in indices
        if network.weights[index]
    ]
    if all(map(any, trainable)):
        return []
    return ["partly frozen"] if any(map(any, trainable)) else ["frozen"]


def _shared(network: Network, calls: Sequence[int]) -> bool:
    """Return whether several calls are of one layer."""
    return len(calls) > 1 and any(network.graph.nodes[index].owner is not None for index in calls)


def _count(network: Network, index: int) -> int | None:
    """Return the number of parameters of a call, None where it cannot be known."""
    layer = network.graph.nodes[index].layer
    unknown = any(tensor.shape is None for tensor in network.results[index])
    if (
        unknown
        and layer is not None
        and (type(layer).weights is not Layer.weights or isinstance(layer, Custom))
    ):
        return None
    return parameters(network.weights[index])


def _amount(total: int | None, rounds: Sequence[int | None]) -> str:
    """Return a number as text, by the rounds that it is made of if there are several.

    >>> _amount(384, [128, 128, 128]), _amount(30, [10, 20]), _amount(7, [7]), _amount(0, [])
    ('128 × 3', '30 in 2 rounds', '7', '')
    """
    if total is None or len(rounds) < 2 or not total:
        return "?" if total is None else f"{total:,}" if total else ""
    is_even = len(set(rounds)) == 1
    return f"{rounds[0]:,} × {len(rounds)}" if is_even else f"{total:,} in {len(rounds)} rounds"


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return the sum, None if a number is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
