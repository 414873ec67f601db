"""The calls of two compared models as one graph, and which of them share a box."""

from __future__ import annotations

from typing import Sequence

from mergecli.diff import Comparison, Pair
from mergecli.diff.model import ComparedCall, Model

#: The number of sections in which a picture shows two models that have nearly nothing in common.
SECTIONS = 10


class Merged:
    """The calls of both models as one graph, in an order in which sources come first as far as both models agree.

    Attributes:
        calls: The calls of the new model, and those that only the old one has.
        pairs: For each call its pair, if both models have it.
        changes: For each call what it is between both models, one of `MARKS`, or "" for what is as before.
        places: The index here of the calls of the old and of the new model.
        links: What leads to what, by index, each with "added", "removed" or "".
        parents: What leads to each call, without the few links that lead backward because both models disagree.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        items = _ordered(comparison)
        self.calls = [call for call, _, _ in items]
        self.pairs = [pair for _, pair, _ in items]
        self.changes = [change for _, _, change in items]
        self.places: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for place, (call, pair, change) in enumerate(items):
            if change != "removed":
                self.places[1][call.index] = place
            if change == "removed" or pair is not None:
                self.places[0][call.index if pair is None else pair.old.index] = place
        links = self._links(0, comparison.old), self._links(1, comparison.new)
        self.links = {wire: "" if wire in links[0] else "added" for wire in links[1]}
        self.links.update((wire, "removed") for wire in links[0] if wire not in links[1])
        self.parents: list[list[int]] = [[] for _ in self.calls]
        for source, target in self.links:
            if source < target:
                self.parents[target].append(source)

    def _links(self, side: int, model: Model) -> dict[tuple[int, int], None]:
        place = self.places[side]
        return {
            (place[parent], place[call.index]): None
            for call in model.calls
            for parent in call.parents
        }

    def home(self, place: int) -> tuple[str, ...]:
        """Return the branch and the models in the model that a call stands in."""
        call = self.calls[place]
        return (*([call.branch] if call.branch is not None else []), *call.home)

    # Which calls share a box: for each call a number, or None for one by itself.

    def fold(self, distance: int, folded: Sequence[str]) -> list[int | None]:
        """Put calls with a change that is in `folded` into one box, without those as before that are so near to a difference.

        Two calls are in one box only if the same others lead to both, so that boxes make no cycles.
        """
        near = self._near(distance)
        classes = [
            None
            if call.is_input or change not in folded or (change == "" and place in near)
            else change
            for place, (call, change) in enumerate(zip(self.calls, self.changes))
        ]
        return self._connected(self._keys(classes))

    def _near(self, distance: int) -> set[int]:
        """Return the calls that are so many links from a difference, or fewer."""
        changed = {place for place, change in enumerate(self.changes) if change}
        if not distance:
            return changed
        beside: list[list[int]] = [[] for _ in self.calls]
        for source, target in self.links:
            beside[source].append(target)
            beside[target].append(source)
        ring = changed | {end for link, change in self.links.items() if change for end in link}
        near = set(ring)
        for _ in range(distance):
            ring = {other for place in ring for other in beside[place]} - near
            near |= ring
        return near

    def _keys(self, classes: Sequence[str | None]) -> list[object]:
        """Return a key for each call; calls with the same class and key may share a box."""
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
            keys.append(None if own is None else (own, here[own], self.home(place)))
        return keys

    def _connected(self, keys: Sequence[object]) -> list[int | None]:
        """Return a number for each key's calls that are connected, by the first of them; None for a single call."""
        first = list(range(len(keys)))

        def root(place: int) -> int:
            while first[place] != place:
                first[place] = first[first[place]]
                place = first[place]
            return place

        for source, target in self.links:
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
        """Put all calls into a few boxes, by how far they are from the inputs."""
        depths: list[int] = []
        for parents in self.parents:
            depths.append(max((depths[parent] + 1 for parent in parents), default=0))
        deepest = max(depths, default=0) + 1
        groups: dict[object, list[int]] = {}
        for place, depth in enumerate(depths):
            if not self.calls[place].is_input:
                key = depth * SECTIONS // deepest, self.home(place)
                groups.setdefault(key, []).append(place)
        numbers: list[int | None] = [None] * len(depths)
        for places in groups.values():
            for place in places if len(places) > 1 else ():
                numbers[place] = places[0]
        return numbers


def _ordered(comparison: Comparison) -> list[tuple[ComparedCall, Pair | None, str]]:
    """Return the calls of both models, each with its pair and what it is between both models."""
    new_of = {pair.old.index: pair.new.index for pair in comparison.pairs}
    pairs = {pair.new.index: pair for pair in comparison.pairs}
    items: list[tuple[tuple[int, int, int], ComparedCall, Pair | None, str]] = []
    for call in comparison.new.calls:
        pair = pairs.get(call.index)
        change = _change_of(pair) if pair is not None else "added"
        items.append(((call.index, 0, 0), call, pair, change))
    #: After which call of the new model one of the old model stands.
    after: dict[int, int] = {}
    for call in comparison.old.calls:
        if call.index in new_of:
            after[call.index] = new_of[call.index]
        else:
            after[call.index] = max((after[parent] for parent in call.parents), default=-1)
            items.append(((after[call.index], 1, call.index), call, None, "removed"))
    items.sort(key=lambda item: item[0])
    return [item[1:] for item in items]


def _change_of(pair: Pair) -> str:
    if pair.changes:
        return "changed"
    if pair.sources is not None:
        return "rewired"
    return "renamed" if pair.renamed else ""
