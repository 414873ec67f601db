"""What is in a box of many layers, in the order of computation: chains of layers, and where these meet.

Layers that shape no tensor, as activations and normalizations, are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import Iterator, NamedTuple, Sequence, Union

from mergecli.catalog.families import FAMILY_OF
from mergecli.exporters.pictures.dot_labels import ARROW
from mergecli.exporters.pictures.labels import size
from mergecli.ir.graph import Call, Network

#: The families of layers that shape no tensor in a block.
_SUPPORTING = ("activations", "normalization", "regularization", "reshaping")
#: About how many characters a line has; a box is as wide as its longest line, and others with it.
_WIDTH = 48
#: The most chains within chains.
_DEEPEST = 3
#: What adds and multiplies tensors, as layers and operations say so.
_ADDS, _MULTIPLIES = ("sum", "ops.add"), ("product", "ops.multiply")


class Join(NamedTuple):
    """Where chains meet.

    Attributes:
        row: The layer, by its number.
        chains: What leads to it, each from another layer or from outside; an empty one leads there directly.
        alike: Whether all chains begin with the same tensor.
    """

    row: int
    chains: Sequence[Sequence[Step]]
    alike: bool


Step = Union[int, Join]


class Contents:
    """The layers of a box.

    Args:
        network: The network.
        rows: For each layer the calls that it stands for.

    Attributes:
        shaping: The layers, by number, that shape tensors; all if none does.
        chains: Chains of these, each to a layer whose result several others take, or that leaves the box.
    """

    def __init__(self, network: Network, rows: Sequence[Sequence[int]]) -> None:
        self.rows = rows
        self._calls = [network.graph.nodes[calls[0]] for calls in rows]
        families = [FAMILY_OF.get(type(call.layer).__module__) for call in self._calls]
        shaping = [number for number, one in enumerate(families) if one not in _SUPPORTING]
        self.shaping = frozenset(shaping or range(len(rows)))
        self.chains = _chains(self._sources(), self.shaping)

    def _sources(self) -> list[list[int]]:
        """Return what leads to each layer: the numbers of layers that shape tensors, and negative ones of calls outside."""
        place = {index: number for number, calls in enumerate(self.rows) for index in calls}
        #: What each layer passes on.
        passed: list[int] = []
        result = []
        for number, call in enumerate(self._calls):
            before = [(parent, place.get(parent, number)) for parent in call.parents]
            result.append(
                [passed[other] if other < number else ~parent for parent, other in before]
            )
            is_shaping = number in self.shaping or not result[-1]
            passed.append(number if is_shaping else result[-1][0])
        return result

    @property
    def is_list(self) -> bool:
        """Whether a list of the layers says all: they are chains, or such as meet in sums."""
        steps = [step for chain in self.chains for step in chain]
        joins = [step for step in steps if isinstance(step, Join)]
        inner = [step for join in joins for chain in join.chains for step in chain]
        return all(map(self._is_sum, joins)) and all(isinstance(step, int) for step in inner)

    def shortcuts(self) -> set[int]:
        """Return the layers, by number, that are beside others, and those that add what is before these."""
        result: set[int] = set()
        for step in [step for chain in self.chains for step in chain]:
            if isinstance(step, Join) and self._is_sum(step) and step.alike:
                main, *others = _by_length(step.chains)
                for other in [one for one in others if len(one) < len(main)]:
                    result.update(one for one in other if isinstance(one, int))
                    result.update([] if other else [step.row])
        return result

    def order(self) -> list[int]:
        """Return the layers that shape tensors, by number, those of a chain together and the longest one first."""
        return [row for chain in self.chains for row in _rows(chain)]

    def lines(self, brief: bool = False) -> Iterator[tuple[str, list[int]]]:
        """Yield lines that say what the box computes, with the numbers of the layers that each is of.

        Args:
            brief: Whether a concatenation has one line, not one for each of its branches too.
        """
        for text, equal in groupby(self._lines(brief), key=lambda line: line[0]):
            lines = list(equal)
            yield _times(text, len(lines)), [row for _, rows in lines for row in rows]

    def _lines(self, brief: bool) -> Iterator[tuple[str, list[int]]]:
        for chain in self.chains:
            for (meets, _), steps in groupby(
                chain, key=lambda step: (self._meets(step), self._rounds(step))
            ):
                for part in [[step] for step in steps] if meets else [list(steps)]:
                    yield from self._part(part, brief)

    def _rounds(self, step: Step) -> int:
        """Return how often a step is repeated for each time that the rest of the box is."""
        calls = self.rows[step.row if isinstance(step, Join) else step]
        return len(calls) // min(map(len, self.rows))

    def _meets(self, step: Step) -> bool:
        """Return whether a step has lines of its own."""
        return isinstance(step, Join) and not self._excites(step)

    def _part(self, steps: Sequence[Step], brief: bool) -> Iterator[tuple[str, list[int]]]:
        """Yield the lines of one step where chains meet, or of several other ones."""
        first = steps[0]
        if isinstance(first, Join) and self._meets(first) and not self._is_sum(first):
            words = _times(self._calls[first.row].cls, self._rounds(first))
            if brief:
                yield f"{words} of {len(first.chains)} branches", _rows(steps)
                return
            for number, chain in enumerate(first.chains, 1):
                yield f"{number}. {self._chain(chain) or _direct(first)}", _rows(chain)
            yield words, [first.row]
            return
        lines = _broken(_times(self._chain(steps), self._rounds(first)))
        yield lines[0], _rows(steps)
        for line in lines[1:]:
            yield line, []

    def _chain(self, steps: Sequence[Step]) -> str:
        """Return the layers of a chain in a few words."""
        if len(steps) == 1 and isinstance(steps[0], Join):
            return self._join(steps[0])
        shown: list[str] = []
        before = ""
        for (kind, length), equal in groupby(map(self._word, steps)):
            count = len(list(equal))
            word = length if length and kind == before else f"{kind} {length}".strip()
            shown += [f"{word} ({count} times)"] if count > 2 else [word, length or word][:count]
            before = kind
        return f" {ARROW} ".join(shown)

    def _word(self, step: Step) -> tuple[str, str]:
        """Return what a step is called, and its size."""
        if isinstance(step, Join):
            word = self._join(step)
            return f"({word})" if self._is_sum(step) else word, ""
        call = self._calls[step]
        return _brief(call), size(call)

    def _join(self, join: Join) -> str:
        """Return what meets in a layer in a few words."""
        if self._excites(join):
            return "squeeze-excite"
        if not self._is_sum(join):
            words = [self._chain(chain) or _direct(join) for chain in join.chains]
            cls = self._calls[join.row].cls
            return f"{cls.removeprefix('Concatenate')}({' | '.join(words)})"
        main, *others = _by_length(join.chains)
        words = [self._chain(main) or _direct(join)]
        for chain in others:
            is_shortcut = join.alike and len(chain) < len(main)
            words.append(
                f"{'shortcut ' * is_shortcut}{self._chain(chain)}".strip() or _direct(join)
            )
        return " + ".join(words)

    def _is_sum(self, join: Join) -> bool:
        return _brief(self._calls[join.row]) in _ADDS

    def _excites(self, step: Step) -> bool:
        """Return whether a step weights features by what is pooled from them."""
        if not isinstance(step, Join) or _brief(self._calls[step.row]) not in _MULTIPLIES:
            return False
        begin = [chain[0] for chain in step.chains if chain]
        pools = any(
            isinstance(one, int) and _brief(self._calls[one]).startswith("global") for one in begin
        )
        return step.alike and pools and len(begin) + 1 == len(step.chains) == 2


def _brief(call: Call) -> str:
    """Return what the layer of a call is called in a chain."""
    return getattr(call.layer, "brief", None) or call.cls


def _chains(sources: Sequence[Sequence[int]], shaping: frozenset[int]) -> list[list[Step]]:
    """Return the chains of layers, each with those in it whose chains begin and meet within it."""
    uses = Counter(source for number in shaping for source in sources[number])
    #: The chains to layers that none has taken yet, each with what it begins after and how many others are in others in it.
    found: dict[int, tuple[int, list[Step], int]] = {}
    for number in sorted(shaping):
        before = [
            found.pop(one)
            if one in found
            and uses[one] == 1
            and (len(sources[number]) < 2 or found[one][2] < _DEEPEST)
            else (one, list[Step](), 0)
            for one in sources[number]
        ] or [(number, [], 0)]
        start, steps, depth = before[0]
        if len(before) > 1:
            alike = all(one == start for one, _, _ in before)
            chains = [steps for _, steps, _ in before]
            # Where nothing is between, it is a layer as others are.
            join = Join(number, chains, alike) if any(chains) else number
            depth = max(depth for _, _, depth in before) + 1
            if alike and start in found and uses[start] == len(before):
                start, steps, other = found.pop(start)
                steps.append(join)
                depth = max(depth, other)
            else:
                start, steps = start if alike else number, [join]
        else:
            steps.append(number)
        found[number] = start, steps, depth
    return [steps for _, steps, _ in found.values()]


def _times(text: str, count: int) -> str:
    """Return what is repeated so often.

    >>> _times("Dense 8", 1), _times("Dense 8", 3)
    ('Dense 8', '(Dense 8) × 3')
    """
    return f"({text}) × {count}" if count > 1 else text


def _broken(text: str) -> list[str]:
    """Return a text as the fewest lines of about `_WIDTH`, which are about equally long."""
    count = -(-len(text) // _WIDTH)
    lines = [""]
    for part in re.split(f" (?=[{ARROW}+])", text):
        is_full = len(lines[-1]) + len(part) / 2 > len(text) / count
        if is_full and lines[-1] and len(lines) < count:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return lines


def _by_length(chains: Sequence[Sequence[Step]]) -> list[Sequence[Step]]:
    """Return chains, the longest one first."""
    return sorted(chains, key=len, reverse=True)


def _direct(join: Join) -> str:
    """Return what an empty chain is called."""
    return "shortcut" if join.alike else "input"


def _rows(steps: Sequence[Step]) -> list[int]:
    """Return the numbers of all layers of a chain."""
    result: list[int] = []
    for step in steps:
        if isinstance(step, Join):
            result += [row for chain in _by_length(step.chains) for row in _rows(chain)]
            result.append(step.row)
        else:
            result.append(step)
    return result
