"""Both models of a comparison as one graph, and which calls share a box, so that the picture of a small change fits a page."""

from __future__ import annotations

from typing import Sequence

from mergecli.diff import Comparison, Pair
from mergecli.diff.model import ComparedCall, Model

#: What a call is between both models; "" is as before.
KINDS = ("added", "removed", "changed", "renamed", "rewired")
#: The sections in which a picture shows two models that have nearly nothing in common.
SECTIONS = 10


class Union:
    """The calls of both models as one graph, in an order in which sources come first as far as both models agree."""

    def __init__(self, found: Comparison) -> None:
        self.found = found
        twins = {pair.old.index: pair for pair in found.pairs}
        pairs = {pair.new.index: pair for pair in found.pairs}
        after: dict[int, int] = {}
        items: list[tuple[tuple[int, int, int], ComparedCall, Pair | None, str]] = []
        for call in found.new.calls:
            pair = pairs.get(call.index)
            items.append(
                ((call.index, 0, 0), call, pair, _kind(pair) if pair is not None else "added")
            )
        for call in found.old.calls:
            if call.index in twins:
                after[call.index] = twins[call.index].new.index
            else:
                after[call.index] = max((after[parent] for parent in call.parents), default=-1)
                items.append(((after[call.index], 1, call.index), call, None, "removed"))
        items.sort(key=lambda item: item[0])
        self.calls = [item[1] for item in items]
        self.pairs = [item[2] for item in items]
        self.kinds = [item[3] for item in items]
        #: Where the calls of the old and of the new model are among these.
        self.places: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for place, (call, pair, kind) in enumerate(zip(self.calls, self.pairs, self.kinds)):
            if kind != "removed":
                self.places[1][call.index] = place
            if kind == "removed" or pair is not None:
                self.places[0][call.index if pair is None else pair.old.index] = place
        wires = self._wires(0, found.old), self._wires(1, found.new)
        self.wires = {wire: "" if wire in wires[0] else "added" for wire in wires[1]}
        self.wires.update((wire, "removed") for wire in wires[0] if wire not in wires[1])
        #: What leads to each, without the few wires that lead backward because both models disagree.
        self.parents: list[list[int]] = [[] for _ in self.calls]
        for source, target in self.wires:
            if source < target:
                self.parents[target].append(source)

    def _wires(self, side: int, model: Model) -> dict[tuple[int, int], None]:
        place = self.places[side]
        return {
            (place[parent], place[call.index]): None
            for call in model.calls
            for parent in call.parents
        }

    def frame(self, place: int) -> tuple[str, ...]:
        """The branch and the models in the model that a call stands in."""
        call = self.calls[place]
        return (*([call.branch] if call.branch is not None else []), *call.home)

    # Which calls share a box: for each call a number, or None for one by itself. --------------------------------------------

    def nothing(self) -> list[int | None]:
        """Every call by itself."""
        return [None] * len(self.calls)

    def apart(self, distance: int, folded: Sequence[str]) -> list[int | None]:
        """What is of a kind that is `folded` in one box, but what is as before and so near to a difference.

        Two of a kind are in one box only if the same things that are not lead to both, so that boxes make no circles.
        """
        near = self._near(distance)
        classes = [
            None if call.is_input or kind not in folded or (kind == "" and place in near) else kind
            for place, (call, kind) in enumerate(zip(self.calls, self.kinds))
        ]
        return self._groups(classes)

    def _near(self, distance: int) -> set[int]:
        beside: list[list[int]] = [[] for _ in self.calls]
        for source, target in self.wires:
            beside[source].append(target)
            beside[target].append(source)
        ring = {place for place, kind in enumerate(self.kinds) if kind}
        ring |= {end for wire, kind in self.wires.items() if kind for end in wire}
        near = set(ring)
        for _ in range(distance):
            ring = {other for place in ring for other in beside[place]} - near
            near |= ring
        return near if distance else {place for place in near if self.kinds[place]}

    def _groups(self, classes: Sequence[str | None]) -> list[int | None]:
        before: list[dict[str, int]] = []
        names = [name for name in dict.fromkeys(classes) if name is not None]
        keys: list[object] = []
        for place, own in enumerate(classes):
            here: dict[str, int] = {}
            for name in names:
                bits = 0
                for parent in self.parents[place]:
                    bits |= before[parent][name]
                    if classes[parent] != name:
                        bits |= 1 << parent
                here[name] = bits
            before.append(here)
            keys.append(None if own is None else (own, here[own], self.frame(place)))
        return self._connected(keys)

    def _connected(self, keys: Sequence[object]) -> list[int | None]:
        """A number for each key's calls that hang together, by the first of them; None for a call that is alone."""
        first = list(range(len(keys)))

        def root(place: int) -> int:
            while first[place] != place:
                first[place] = first[first[place]]
                place = first[place]
            return place

        for source, target in self.wires:
            if keys[source] is not None and keys[source] == keys[target]:
                one, other = sorted((root(source), root(target)))
                first[other] = one
        roots = [root(place) for place in range(len(keys))]
        sizes: dict[int, int] = {}
        for number in roots:
            sizes[number] = sizes.get(number, 0) + 1
        return [
            number if sizes[number] > 1 and keys[place] is not None else None
            for place, number in enumerate(roots)
        ]

    def sections(self) -> list[int | None]:
        """All calls in a few boxes, by how far they are from the inputs."""
        depths: list[int] = []
        for place in range(len(self.calls)):
            depths.append(max((depths[parent] + 1 for parent in self.parents[place]), default=0))
        deepest = max(depths, default=0) + 1
        groups: dict[object, list[int]] = {}
        for place, depth in enumerate(depths):
            if not self.calls[place].is_input:
                groups.setdefault((depth * SECTIONS // deepest, self.frame(place)), []).append(
                    place
                )
        found: list[int | None] = [None] * len(depths)
        for places in groups.values():
            for place in places if len(places) > 1 else ():
                found[place] = places[0]
        return found


def _kind(pair: Pair) -> str:
    return (
        "changed"
        if pair.changes
        else "rewired"
        if pair.wires is not None
        else "renamed"
        if pair.renamed
        else ""
    )
