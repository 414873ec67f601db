"""What is in the boxes of a picture that stand for several layers: a picture for each of them, so that a page unfolds one at a time."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from itertools import islice
from typing import Iterator, NamedTuple, Sequence

from mergecli.exporters.pictures.folding import FEWEST, Group, foldings
from mergecli.exporters.pictures.network_scene import part_scene
from mergecli.exporters.pictures.scene import Box, Scene
from mergecli.ir.graph import Network

#: The most boxes in the picture of one box, and in all of them.
MOST_IN_PART, MOST_IN_ALL = 30, 6000
#: The steps of folding that have parts, from each layer by itself to stretches of blocks.
_STEPS = 6


class Part(NamedTuple):
    """What is in a box.

    Attributes:
        parent: The number of the part in which the box is; None if it is in the whole picture.
        key: The key of the box.
        scene: What is in it.
    """

    parent: int | None
    key: str
    scene: Scene


def parts(network: Network, whole: Scene, bar: str, by: str) -> Iterator[Part]:
    """Yield what is in each box of a picture that stands for several layers, and in the boxes in these.

    The parts of a box come after it. Of a network with very many layers, those in the innermost boxes are left out.

    Args:
        network: The network.
        whole: The picture.
        bar: What its bars show.
        by: What its colours show.
    """
    splitters: dict[Network, _Splitter] = {}
    most = max((box.amount or 0 for box in whole.boxes.values()), default=0)
    waiting: deque[tuple[int | None, Box]] = deque((None, box) for box in whole.boxes.values())
    drawn = number = 0
    while waiting and drawn < MOST_IN_ALL:
        parent, box = waiting.popleft()
        whose, calls = box.inside or (network, box.data)
        if whose not in splitters:
            splitters[whose] = _Splitter(whose)
        groups = splitters[whose].split(calls) if box.role == "group" else []
        if len(groups) < 2:
            continue
        scene = part_scene(network, box, groups, bar, by, most)
        yield Part(parent, box.key, scene)
        drawn += len(scene.boxes)
        waiting.extend((number, inner) for inner in scene.boxes.values())
        number += 1


class _Splitter:
    """Splits boxes into smaller ones: the finest of the steps of folding that gives few enough."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @cached_property
    def _steps(self) -> list[list[Group]]:
        # Each layer by itself would separate the rounds of what is drawn once.
        return list(islice(foldings(self._network), 1, _STEPS))

    @cached_property
    def _places(self) -> list[dict[int, int]]:
        """For each step the number of the group of each call."""
        return [
            {
                index: number
                for number, group in enumerate(groups)
                for row in group.rows
                for index in row
            }
            for groups in self._steps
        ]

    def split(self, indices: Sequence[int]) -> list[Group]:
        """Return the groups of calls that are in a box of these, in order; fewer than two if it does not unfold."""
        calls = set(indices)
        coarsest: list[Group] = []
        for groups, places in zip(self._steps, self._places):
            numbers = sorted({places[index] for index in calls})
            inside = [groups[number] for number in numbers]
            if any(index not in calls for group in inside for row in group.rows for index in row):
                break
            if 1 < len(inside) <= MOST_IN_PART:
                return inside
            coarsest = inside if len(inside) > 1 else coarsest
        return _sections(coarsest)


def _sections(groups: Sequence[Group]) -> list[Group]:
    """Return groups that are too many as about as many stretches as a picture holds well."""
    size = -(-len(groups) // FEWEST) or 1
    result = []
    for start in range(0, len(groups), size):
        stretch = groups[start : start + size]
        rows = [row for group in stretch for row in group.rows]
        is_one = len(stretch) == 1
        title = stretch[0].title if is_one else f"{sum(map(len, rows))} layers"
        result.append(Group(rows, stretch[0].frames if is_one else (), title))
    return result
