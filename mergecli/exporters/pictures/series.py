"""The structure of a scene: chains of boxes, and chains side by side between two boxes.

A scene that is built of nothing else, as most models are, is laid out by `placing`; of any other, `decompose` returns None.
"""

from __future__ import annotations

import sys

from mergecli.exporters.pictures.scene import Scene

#: Chains within chains: more levels than this are not drawn any better than by Graphviz.
DEEPEST = 30
_START, _END = -1, -2


class Slot:
    """What leads from one box to the next.

    Attributes:
        arrows: The arrows, by number, that lead there directly.
        chains: The chains with boxes that lead there.
        depth: How many levels of chains are in it.
    """

    __slots__ = ("arrows", "chains", "depth")

    def __init__(self, arrows: list[int], chains: list[Chain]) -> None:
        self.arrows, self.chains = arrows, chains
        self.depth: int = max((chain.depth for chain in chains), default=0)

    def add(self, chain: Chain) -> None:
        """Add a chain beside the others."""
        self.chains.append(chain)
        self.depth = max(self.depth, chain.depth)

    @property
    def is_chain(self) -> bool:
        """Whether there is nothing but one chain."""
        return len(self.chains) == 1 and not self.arrows


class Chain:
    """Boxes one after the other.

    Attributes:
        boxes: Their numbers among the boxes of the scene.
        slots: What leads to the first box, from each to the next, and from the last one on.
        depth: How many levels of chains it is made of.
        first: The lowest number of the boxes in it, also of those in its slots.
    """

    __slots__ = ("boxes", "depth", "first", "slots")

    def __init__(self, before: Slot) -> None:
        self.boxes: list[int] = []
        self.slots = [before]
        self.depth = before.depth + 1
        self.first: int = min((chain.first for chain in before.chains), default=sys.maxsize)

    def add(self, box: int, slot: Slot) -> None:
        """Add a box and what leads on from it; of a single chain, its boxes too."""
        self.boxes.append(box)
        self.depth = max(self.depth, slot.depth + (not slot.is_chain))
        self.first = min([self.first, box, *(chain.first for chain in slot.chains)])
        if slot.is_chain:
            self.boxes += slot.chains[0].boxes
            self.slots += slot.chains[0].slots
        else:
            self.slots.append(slot)


def decompose(scene: Scene) -> Slot | None:
    """Return the structure of a scene, None of one that is not made of chains.

    Args:
        scene: Its boxes are numbered in their order.
    """
    slots = _arrows(scene)
    if slots is None:
        return None
    into: dict[int, set[int]] = {}
    out: dict[int, set[int]] = {}
    for source, target in slots:
        into.setdefault(target, set()).add(source)
        out.setdefault(source, set()).add(target)
    waiting = list(range(len(scene.boxes)))
    for box in waiting:
        if box not in into or len(into[box]) != 1 or len(out[box]) != 1:
            continue
        (source,), (target,) = into.pop(box), out.pop(box)
        if source == target:
            return None
        before, after = slots.pop((source, box)), slots.pop((box, target))
        chain = before.chains[0] if before.is_chain else Chain(before)
        chain.add(box, after)
        out[source].discard(box)
        into[target].discard(box)
        out[source].add(target)
        into[target].add(source)
        known = slots.get((source, target))
        if known is None:
            slots[source, target] = Slot([], [chain])
        else:
            known.add(chain)
            # The ends have an arrow less, and may be part of a chain now.
            waiting += [end for end in (source, target) if end >= 0]
        if chain.depth > DEEPEST:
            return None
    whole = slots.get((_START, _END))
    return whole if len(slots) == 1 and whole is not None and whole.chains else None


def _arrows(scene: Scene) -> dict[tuple[int, int], Slot] | None:
    """Return the slots between any two boxes, those without arrows from the start and to the end too; None with a loop."""
    numbers = {key: number for number, key in enumerate(scene.boxes)}
    slots: dict[tuple[int, int], Slot] = {}
    for number, arrow in enumerate(scene.arrows):
        pair = numbers[arrow.source], numbers[arrow.target]
        if pair[0] == pair[1]:
            return None
        slots.setdefault(pair, Slot([], [])).arrows.append(number)
    sources, targets = {source for source, _ in slots}, {target for _, target in slots}
    for number in numbers.values():
        if number not in targets:
            slots[_START, number] = Slot([], [])
        if number not in sources:
            slots[number, _END] = Slot([], [])
    return slots
