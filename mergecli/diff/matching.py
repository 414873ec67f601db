"""Which call of one model is which of another: by name, then by what surrounds it. Every step takes time that grows with the calls alone."""

from __future__ import annotations

import json
from typing import Callable, Iterable

from mergecli.diff.model import ComparedCall, Model
from mergecli.ir.graph import Value


class Matches:
    """The pairs found so far: for each old call the new one that it is, and back."""

    def __init__(self, old: Model, new: Model) -> None:
        self.old, self.new = old, new
        self.forth: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.children = old.children, new.children
        self._keys = [_key(call) for call in old.calls], [_key(call) for call in new.calls]
        self.fresh: list[int] = []

    def pair(self, old: int, new: int) -> None:
        self.forth[old], self.back[new] = new, old
        self.fresh.append(old)

    def left(self) -> tuple[list[ComparedCall], list[ComparedCall]]:
        """The calls of both that are still alone."""
        return [c for c in self.old.calls if c.index not in self.forth], [
            c for c in self.new.calls if c.index not in self.back
        ]

    def alike(self, old: int, new: int) -> bool:
        """Whether both are the same layer with the same arguments, wherever they stand."""
        return self._keys[0][old] == self._keys[1][new]

    def by(self, key: Callable[[ComparedCall, bool], object]) -> None:
        """Pair the calls left that have the same key (None is not a key), those with the same name first, then in their order."""
        olds, news = self.left()
        groups: dict[object, list[ComparedCall]] = {}
        for call in news:
            mark = key(call, True)
            if mark is not None:
                groups.setdefault(mark, []).append(call)
        waiting: dict[object, list[ComparedCall]] = {}
        named = {mark: {call.name: call for call in calls} for mark, calls in groups.items()}
        for call in olds:
            mark = key(call, False)
            matches = named.get(mark, {}).get(call.name) if mark is not None else None
            if matches is not None:
                self.pair(call.index, matches.index)
            elif mark in groups:
                waiting.setdefault(mark, []).append(call)
        for mark, calls in waiting.items():
            free = [call for call in groups[mark] if call.index not in self.back]
            for call, other in zip(calls, free):
                self.pair(call.index, other.index)

    def spread(self) -> None:
        """From each pair to the calls after and before it: those that are alike there are the same."""
        while self.fresh:
            old = self.fresh.pop()
            new = self.forth[old]
            sources = self.old.calls[old].sources, self.new.calls[new].sources
            self._spread(
                *([t.producer for t in targets if t.constant is None] for targets in sources)
            )
            self._spread(self.children[0][old], self.children[1][new])

    def _spread(self, olds: Iterable[int], news: Iterable[int]) -> None:
        free: dict[str, list[int]] = {}
        for new in dict.fromkeys(news):
            if new not in self.back:
                free.setdefault(self._keys[1][new], []).append(new)
        if not free:
            return
        for old in dict.fromkeys(olds):
            if old not in self.forth and free.get(self._keys[0][old]):
                candidates = free[self._keys[0][old]]
                name = self.old.calls[old].name
                best = next(
                    (new for new in candidates[:8] if self.new.calls[new].name == name),
                    candidates[0],
                )
                candidates.remove(best)
                self.pair(old, best)

    def surroundings(self, call: ComparedCall, is_new: bool) -> tuple[object, object] | None:
        """What a call is applied to and what is applied to it, as old calls; None when some of that is alone, too."""
        where = self.back if is_new else None
        children = self.children[is_new][call.index]
        parents = [(self._old(t, where), t.result, t.constant) for t in call.sources]
        heirs = [index if where is None else where.get(index) for index in children]
        if where is None and any(index not in self.forth for index in (*call.parents, *children)):
            return None
        if None in heirs or any(parent[0] is None and parent[2] is None for parent in parents):
            return None
        return tuple(parents), tuple(sorted(heirs))  # type: ignore[type-var]

    @staticmethod
    def _old(target: Value, where: dict[int, int] | None) -> int | None:
        return (
            target.producer
            if where is None or target.constant is not None
            else where.get(target.producer)
        )


def _key(call: ComparedCall) -> str:
    """A layer and its arguments, in one text; an input's shape is no part of what it is."""
    arguments = {} if call.is_input else call.arguments
    return json.dumps([call.cls, arguments, call.options], sort_keys=True, default=str)


def match(old: Model, new: Model, downward: bool = True) -> Matches:
    """Pair the calls of two models; among layers that are all alike, what leads to them decides if `downward`, else what they lead to.

    First those with the same chosen name and class; then those in whose surroundings nothing has changed at all; from there on those that are
    alike beside a pair; then those that have changed where they stand; then those that have kept the name, but not the class; at last
    inputs of the same shape and dtype, which have another name.
    """
    matches = Matches(old, new)
    matches.by(
        lambda call, _: (call.name, call.cls) if not call.automatic or call.is_input else None
    )
    if len(matches.left()[0]) or len(matches.left()[1]):
        up, down = _hashes(matches)
        matches.by(lambda call, is_new: (up[is_new][call.index], down[is_new][call.index]))
        for hashes in (up, down) if downward else (down, up):
            matches.by(lambda call, is_new, hashes=hashes: hashes[is_new][call.index])  # type: ignore[misc]
        matches.fresh = [*reversed(matches.forth)]
        matches.spread()

        def placed(call: ComparedCall, is_new: bool) -> object:
            around = matches.surroundings(call, is_new)
            return (
                (call.cls, around)
                if around is not None and (call.sources or call.is_input)
                else None
            )

        matches.by(placed)
        matches.spread()
        neighbours = _neighbours(matches)
        matches.by(
            lambda call, is_new: (
                (call.name, call.cls) if (call.index, is_new) in neighbours else None
            )
        )
        matches.spread()
        matches.by(lambda call, _: call.name if not call.is_input else None)
        matches.spread()
        matches.by(lambda call, _: repr(call.results) if call.is_input else None)
        matches.spread()
    return matches


def _hashes(matches: Matches) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
    """For each call of both models a number for all that leads to it, and one for all that it leads to, down to the outputs."""
    numbers: dict[object, int] = {}

    def number(*parts: object) -> int:
        return numbers.setdefault(parts, len(numbers))

    ups, downs = [], []
    for side, model in enumerate((matches.old, matches.new)):
        keys = matches._keys[side]
        pairs = matches.forth if side == 0 else {new: new for new in matches.back}
        up = [0] * len(model.calls)
        for call in model.calls:
            if call.is_input:
                anchor: object = pairs.get(call.index, ("input", call.index, side))
                up[call.index] = number("input", anchor)
                continue
            sources = tuple(
                (t.constant if t.constant is not None else up[t.producer], t.result)
                for t in call.sources
            )
            up[call.index] = number(keys[call.index], sources, call.keywords)
        heirs: list[list[object]] = [[] for _ in model.calls]
        for place, target in enumerate(model.outputs.targets):
            name = model.outputs.names[place] if model.outputs.names else place
            heirs[target.producer].append(("output", name, target.result))
        down = [0] * len(model.calls)
        for call in reversed(model.calls):
            down[call.index] = number(keys[call.index], tuple(sorted(map(repr, heirs[call.index]))))
            for place, target in enumerate(call.sources):
                if target.constant is None:
                    heirs[target.producer].append((down[call.index], place, target.result))
        ups.append(up)
        downs.append(down)
    return (ups[0], ups[1]), (downs[0], downs[1])


def _neighbours(matches: Matches) -> set[tuple[int, bool]]:
    """The unpaired calls next to a call that has a pair."""
    beside: set[tuple[int, bool]] = set()
    for is_new, calls in enumerate(matches.left()):
        known = matches.back if is_new else matches.forth
        for call in calls:
            if any(
                index in known for index in (*call.parents, *matches.children[is_new][call.index])
            ):
                beside.add((call.index, bool(is_new)))
    return beside
