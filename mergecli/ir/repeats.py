"""Repeated structures of a network: runs of segments that are alike, one after the other.

A segment is a stretch of calls that one tensor enters and one leaves; two are alike if their classes, arguments and wiring
are the same, whatever their names and shapes. Runs within runs are found, too: the blocks of a stage, the stages of a model.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Hashable, NamedTuple, Sequence, Union

from mergecli.catalog.keras_object import KerasObject
from mergecli.ir.graph import Call, Network, Value

#: Comparisons that a search may make; in a longer chain only shorter periods are looked for.
_EFFORT = 1_000_000


class Segment(NamedTuple):
    """Calls, by their index in the graph, each after its sources; the last one gives what leaves.

    `entries` are the results from outside that they are applied to: what the segment before gives first, then what is
    taken from elsewhere, which for most segments is nothing.
    """

    nodes: tuple[int, ...]
    entries: tuple[Value, ...] = ()


class Run:
    """The same several times, one after the other. `repetitions` are alike piece by piece."""

    __slots__ = ("repetitions",)

    def __init__(self, repetitions: Sequence[tuple[Piece, ...]]) -> None:
        self.repetitions = tuple(repetitions)

    @property
    def count(self) -> int:
        """How often it is repeated."""
        return len(self.repetitions)

    @property
    def nodes(self) -> tuple[int, ...]:
        """All calls in it."""
        return tuple(
            index
            for repetition in self.repetitions
            for piece in repetition
            for index in piece.nodes
        )


Piece = Union[Segment, Run]


def pieces(
    network: Network, width: int = 1, least: int = 2, ignored: Sequence[str] = ()
) -> list[list[Piece]]:
    """All of a network's calls but its inputs, as segments and runs of segments; a list for each lane.

    A lane is a branch, or what depends on the same inputs. Where one segment ends and the next one begins, at most `width` tensors of the
    lane are alive. With 1 a segment has one entry and one exit, except for what comes from other lanes; cells that take the results of the two
    cells before, as those of NASNet, are distinguished with 2. A run has at least `least` repetitions. Segments are as short as they
    can be: where there is a single path, each layer is one. `ignored` are arguments in which layers may differ that are alike.
    """
    users: dict[int, list[int]] = {}
    for node in network.parts():
        for parent in node.parents:
            users.setdefault(parent, []).append(node.index)
    ends = {target.producer for target in network.graph.outputs.targets}
    return [
        _runs(network, *_segments(lane, users, ends, width, ignored), least, width)
        for lane in lanes(network)
    ]


def lanes(network: Network) -> list[list[Call]]:
    """The calls but the inputs, by branch and by the inputs they depend on, each list in the order of the calls."""
    graph = network.graph
    inputs = set(graph.inputs)
    # Sets of inputs are bits of numbers, as there may be thousands of inputs.
    sets: dict[int, int] = {}
    found: dict[tuple[str | None, int], list[Call]] = {}
    for node in network.parts():
        if node.index in inputs:
            sets[node.index] = 1 << len(sets)
            continue
        sets[node.index] = reduce(or_, {sets[parent] for parent in node.parents}, 0)
        found.setdefault((node.branch, sets[node.index]), []).append(node)
    return list(found.values())


def _segments(
    lane: list[Call],
    users: dict[int, list[int]],
    ends: set[int],
    width: int,
    ignored: Sequence[str],
) -> tuple[list[Segment], list[Hashable]]:
    """Return the segments of a lane, and for each what it has in common with those that are alike.

    Args:
        lane: The calls of the lane.
        users: The calls of the model that are applied to each call, by their indices.
        ends: The calls that give outputs of the model.
        width: The most tensors that are alive between two segments.
        ignored: Arguments in which layers may differ that are alike.
    """
    here = {node.index: place for place, node in enumerate(lane)}
    # What another lane takes is alive to the end of this one, and so is an output of the model.
    last = {
        index: max(here.get(user, len(lane)) for user in users[index])
        for index in here
        if index in users
    }
    last.update({index: len(lane) for index in here if index in ends})
    # What the first call takes enters the lane, as the result of a segment enters the next one; what later ones take is from elsewhere.
    entering = lane[0].parents[:1]
    for place, node in enumerate(lane):
        last.update(dict.fromkeys(set(node.parents) & set(entering), place))
    dying: dict[int, list[int]] = {}
    for index, place in last.items():
        dying.setdefault(place, []).append(index)
    segments: list[Segment] = []
    keys: list[Hashable] = []
    alive = set(entering)
    begin = 0
    for place, node in enumerate(lane):
        if node.index in last:
            alive.add(node.index)
        alive.difference_update(dying.get(place, ()))
        if len(alive) <= width or place == len(lane) - 1:
            segment, key = _segment(lane[begin : place + 1], entering, ignored)
            segments.append(segment)
            keys.append(key)
            begin = place + 1
            # What comes from outside of the lane, such as an input, is the oldest.
            entering = sorted(alive, key=lambda index: -here.get(index, -1))
    return segments, keys


def _segment(
    nodes: list[Call], entering: list[int], ignored: Sequence[str]
) -> tuple[Segment, Hashable]:
    inside = {node.index: place for place, node in enumerate(nodes)}
    ranks = {index: rank for rank, index in enumerate(entering)}
    entries: dict[Value, None] = {}
    key: list[Hashable] = []
    for node in nodes:
        wires: list[Hashable] = []
        for target in node.sources or ():
            if target.constant is not None:
                wires.append(("constant", target.constant))
            elif target.producer in inside:
                wires.append((inside[target.producer], target.result))
            else:
                entries[target] = None
                wires.append(
                    (
                        "entry",
                        ranks.get(target.producer, ("elsewhere", target.producer)),
                        target.result,
                    )
                )
        key.append((_signature(node, inside, ignored), tuple(wires)))
    first = [target for target in entries if target.producer in ranks]
    return Segment(
        tuple(inside), (*first, *(target for target in entries if target.producer not in ranks))
    ), tuple(key)


def _signature(node: Call, inside: dict[int, int], ignored: Sequence[str]) -> Hashable:
    """What a call has in common with those that are alike, except for its wiring."""
    layer = node.layer
    given = {} if layer is None else layer.explicit
    defaults = {} if layer is None else layer.defaults
    arguments = tuple(
        sorted(
            (name, _plain(value))
            for name, value in given.items()
            if name != "name"
            and name not in ignored
            and (name not in defaults or defaults[name] != value)
        )
    )
    # Of what only a saved model's config tells, nobody knows whether it is alike; of a model as one layer neither.
    own = (
        node.index
        if getattr(layer, "config", None) is not None or getattr(layer, "network", None) is not None
        else None
    )
    owner = None if node.owner is None else inside.get(node.owner, ("elsewhere", node.owner))
    frozen = layer is not None and layer.frozen
    return (
        node.cls,
        arguments,
        frozen,
        owner,
        own,
        node.listed,
        node.keywords,
        _plain(node.options),
    )


def _plain(value: object) -> Hashable:
    if isinstance(value, KerasObject):
        return (
            type(value).__name__,
            tuple(
                sorted(
                    (name, _plain(item)) for name, item in value.explicit.items() if name != "name"
                )
            ),
        )
    if isinstance(value, (list, tuple)):
        return ("list", *map(_plain, value))
    if isinstance(value, dict):
        return ("mapping", *sorted((str(key), _plain(item)) for key, item in value.items()))
    return repr(value)


def _runs(
    network: Network, segments: Sequence[Segment], keys: Sequence[Hashable], least: int, width: int
) -> list[Piece]:
    """Segments one after the other, those that are repeated as runs, the shortest periods first."""
    known: dict[Hashable, int] = {}
    found: list[Piece] = list(segments)
    numbers = [known.setdefault(key, len(known)) for key in keys]
    period = 1
    while (
        2 * period <= len(found)
        and period * len(found) <= _EFFORT
        and len(set(numbers)) < len(numbers)
    ):
        place, new, marks = 0, list[Piece](), list[int]()
        while place < len(found):
            same = 0
            while (
                place + same + period < len(found)
                and numbers[place + same] == numbers[place + same + period]
            ):
                same += 1
            count = same // period + 1
            # Where several tensors are alive, single layers side by side look like layers one after the other.
            if count < max(2, least) or (
                width > 1
                and sum(len(piece.nodes) for piece in found[place : place + period]) <= width
            ):
                new.append(found[place])
                marks.append(numbers[place])
                place += 1
                continue
            shift = _phase(network, found, place, period, count, same % period)
            begin = place + shift
            new += found[place:begin]
            marks += numbers[place:begin]
            new.append(
                Run(
                    [
                        tuple(found[at : at + period])
                        for at in range(begin, begin + count * period, period)
                    ]
                )
            )
            marks.append(
                known.setdefault(("run", count, *numbers[begin : begin + period]), len(known))
            )
            place = begin + count * period
        found, numbers = new, marks
        period += 1
    return found


def _phase(
    network: Network, found: Sequence[Piece], place: int, period: int, count: int, spare: int
) -> int:
    """Where in a period a repetition begins: where the names in it have most in common, else where the heaviest layer is first."""
    if not spare:
        return 0
    nodes = network.graph.nodes

    def score(shift: int) -> tuple[int, int]:
        begin = place + shift
        common = 0
        for number in range(min(count, 4)):
            repetition = found[begin + number * period : begin + (number + 1) * period]
            names = [nodes[index].name for piece in repetition for index in piece.nodes]
            common += _common(names) if len(names) > 1 else 0
        return common, max(
            (len(weight.shape) for weight in network.weights[found[begin].nodes[0]]), default=0
        )

    return max(range(spare + 1), key=lambda shift: (score(shift), -shift))


def _common(names: Sequence[str]) -> int:
    """How many letters names begin with in common.

    >>> _common(["block1_conv", "block1_bn"]), _common(["a", "b"])
    (7, 0)
    """
    least, most = min(names), max(names)
    return next((place for place, (a, b) in enumerate(zip(least, most)) if a != b), len(least))
