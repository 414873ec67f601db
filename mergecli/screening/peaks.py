"""The memory at once of candidates with the same structure: recorded for one, replayed for others.

Which results exist together follows from the structure, except where memory is used again, which
needs equal sizes. So the changes of memory are recorded once as places in the sizes of all calls,
together with the comparisons of sizes that were made; a record holds where these come out the same.
"""

from __future__ import annotations

from itertools import accumulate
from operator import eq, itemgetter
from typing import Iterable, Sequence

from mergecli.catalog.buffers import Buffers
from mergecli.ir.graph import Call, Network
from mergecli.ir.memory import Needs, simulate

#: The places of the sizes that are summed.
Terms = tuple[int, ...]
#: A change: what is added (1), removed (-1) or exists for a moment (0), for each sample; and once.
_Change = tuple[int, Terms, Terms]


class Size(int):
    """A size that knows where it is from; what is compared with it is recorded.

    Attributes:
        terms: The places of the sizes of which it is the sum.
        comparisons: Where comparisons are recorded.
    """

    terms: Terms
    comparisons: list[tuple[Terms, Terms, bool]]

    @classmethod
    def of(cls, value: int, terms: Terms, comparisons: list[tuple[Terms, Terms, bool]]) -> Size:
        """Return a size.

        Args:
            value: Its bytes.
            terms: The places of the sizes of which it is the sum.
            comparisons: Where comparisons are recorded.
        """
        size = cls(value)
        size.terms, size.comparisons = terms, comparisons
        return size

    def __add__(self, other: int) -> Size:
        return Size.of(int(self) + int(other), self.terms + _terms(other), self.comparisons)

    __radd__ = __add__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        is_equal = int(self) == int(other)
        self.comparisons.append((self.terms, _terms(other), is_equal))
        return is_equal

    __hash__ = int.__hash__


def _terms(size: int) -> Terms:
    """Return where a size is from; a plain number is 0, the size of memory that is free."""
    if isinstance(size, Size):
        return size.terms
    assert size == 0
    return ()


class Recorder:
    """Records the changes of memory, in place of counting them."""

    def __init__(self) -> None:
        self.changes: list[_Change] = []
        self.call: int | None = None

    def add(self, size: int) -> None:
        """Record bytes for each sample."""
        self.changes.append((1, _terms(size), ()))

    def remove(self, size: int) -> None:
        """Record bytes that exist no longer."""
        self.changes.append((-1, _terms(size), ()))

    def touch(self, size: int, once: int = 0) -> None:
        """Record bytes that exist only at this moment, for each sample and once for the batch."""
        self.changes.append((0, _terms(size), _terms(once)))


class Plan:
    """The changes of memory in inference or in training.

    Args:
        network: The network of a candidate.
        indices: Its calls, in order.
        needs: What each of them needs.
        training: Whether it is trained.
    """

    def __init__(
        self, network: Network, indices: Sequence[int], needs: Sequence[Needs], training: bool
    ) -> None:
        comparisons: list[tuple[Terms, Terms, bool]] = []
        values = sizes_of(needs)
        place = 0

        def take() -> Size:
            nonlocal place
            place += 1
            return Size.of(values[place - 1], (place - 1,), comparisons)

        traced: dict[int, Needs] = {}
        for index, one in zip(indices, needs):
            sizes: list[int] = [take() for _ in one.sizes or ()]
            buffers = one.buffers._replace(kept=take(), scratch=take())
            traced[index] = one._replace(sizes=sizes, buffers=buffers, weights=take())

        def needs_of(network: Network, call: Call, training: bool) -> Needs:
            return traced[call.index]

        recorder = Recorder()
        simulate(network, training, recorder, needs_of)
        self._count = count = len(values)
        # Places in the sizes, a zero, the sizes for the whole batch, and these negative.
        zero, whole, minus = count, count + 1, 2 * count + 1
        steps: list[int] = []
        for sign, terms, once in recorder.changes:
            if sign >= 0:
                steps += [whole + place for place in terms] + list(once)
            if sign <= 0:
                steps += [minus + place for place in terms]
                steps += [minus + count + place for place in once]
        self._changes = itemgetter(*steps, zero, zero)
        pairs = dict.fromkeys(one for one in comparisons if one[0] != one[1])
        single = [one for one in pairs if len(one[0]) == 1 and len(one[1]) <= 1]
        self._left = itemgetter(*(one[0] for one, _, _ in single), zero, zero)
        self._right = itemgetter(*((*other, zero)[0] for _, other, _ in single), zero, zero)
        self._equal = (*(is_equal for _, _, is_equal in single), True, True)
        self._sums = [one for one in pairs if one not in single]

    def peak(self, values: list[int], batch: int) -> int | None:
        """Return the peak of a candidate; None where memory is used again in other places.

        Args:
            values: The sizes of its calls.
            batch: The samples in a batch.
        """
        known = [*values, 0]
        if tuple(map(eq, self._left(known), self._right(known))) != self._equal:
            return None
        for one, other, is_equal in self._sums:
            left, right = sum(values[place] for place in one), sum(values[p] for p in other)
            if (left == right) is not is_equal:
                return None
        whole = values if batch == 1 else [value * batch for value in values]
        known += whole
        known += [-value for value in whole]
        known += [-value for value in values]
        peak: int = max(accumulate(self._changes(known)))
        return peak


def sizes_of(needs: Iterable[Needs]) -> list[int]:
    """Return the sizes in what calls need, one after the other."""
    values: list[int] = []
    for one in needs:
        values += one.sizes or ()
        values += one.buffers.kept, one.buffers.scratch, one.weights
    return values


def flags_of(needs: Needs) -> tuple[bool, ...]:
    """Return what of a call's needs decides how memory is used, sizes aside."""
    buffers: Buffers = needs.buffers
    return (
        buffers.view,
        buffers.in_place,
        buffers.inputs,
        buffers.result,
        buffers.in_stages,
        bool(needs.weights),
        needs.has_weights,
        needs.sizes is None,
    )
