"""Search spaces: which values the variables take, and the candidates by their numbers.

A space is never listed: candidate number `n` is computed from `n`, also in a random order, so that
a part of a space can be screened anywhere, and a space may be far larger than the memory.
"""

from __future__ import annotations

import hashlib
from math import prod
from typing import Iterable, Mapping, Sequence, Union

from mergecli.compiler.choices import combination_at
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.syntax.yaml_reader import read

#: The values of the variables of a candidate, by their names.
Candidate = Mapping[str, object]
#: How many values a range of decimal numbers without a step has when candidates are random.
FINE_STEPS = 2**20
#: The most values of a range, and the most candidates of a space.
MOST_VALUES, MOST_CANDIDATES = 10**9, 10**30


class SpaceError(ValueError):
    """A search space is wrong; the message says what is wrong, and how to write it."""


class Range(Record):
    """Equally spaced numbers, both ends included.

    Attributes:
        low, step: The first number, and the distance to the next one.
        count: How many numbers there are.
        digits: The decimal places of the numbers; None for integers.
    """

    low: float
    step: float
    count: int
    digits: int | None = None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> int | float:
        if not 0 <= index < self.count:
            raise IndexError(index)
        value = self.low + index * self.step
        return int(value) if self.digits is None else round(value, self.digits)


Values = Union[Range, Sequence[object]]


def parse_axis(text: str, fine: bool = False) -> Values:
    """Return the values that a text gives a variable.

    Args:
        text: `a,b,c`, `low:high` or `low:high:step`; strings, lists and mappings are YAML.
        fine: Whether a range of decimal numbers needs no step, as for random candidates.

    >>> parse_axis("32,64,96"), list(parse_axis("1:4")), list(parse_axis("0:0.5:0.25"))
    ([32, 64, 96], [1, 2, 3, 4], [0.0, 0.25, 0.5])
    >>> parse_axis("relu,'a,b'"), parse_axis("[3, 3],[5, 5]")
    (['relu', 'a,b'], [[3, 3], [5, 5]])

    Raises:
        SpaceError: It is not such a text.
    """
    parts = text.split(":")
    numbers = [_number(part) for part in parts]
    if 2 <= len(parts) <= 3 and None not in numbers:
        return _range([part.strip() for part in parts], [n for n in numbers if n is not None], fine)
    tree, problems = read(Source(f"[{text}]", "space"))
    values = tree.data() if tree is not None and not problems else None
    if not isinstance(values, list) or not values:
        hint = "write `a,b,c`, `low:high` or `low:high:step`; strings and lists are YAML"
        raise SpaceError(f"{text!r} is not a list of values; {hint}")
    return values


def _number(text: str) -> int | float | None:
    for cls in (int, float):
        try:
            value = cls(text)
        except ValueError:
            continue
        if abs(value) < float("inf"):
            return value
    return None


def _range(parts: Sequence[str], numbers: Sequence[float], fine: bool) -> Range:
    """Return the numbers from the first to the second one, by the step that may be third.

    Raises:
        SpaceError: There are none, or decimal numbers have no step.
    """
    text = ":".join(parts)
    low, high = numbers[:2]
    is_whole = all(isinstance(number, int) for number in numbers)
    if high < low:
        raise SpaceError(f"`{text}` has no values, since {parts[0]} is above {parts[1]}")
    if len(numbers) == 2 and not is_whole:
        if not fine:
            raise SpaceError(
                f"`{text}` needs a step, such as `{text}:{(high - low) / 10 or 1:g}`;"
                " only random candidates do without"
            )
        step = (high - low) / FINE_STEPS
        return Range(low, step, FINE_STEPS + 1 if step else 1, _places(f"{step:.1e}"))
    step = numbers[2] if len(numbers) == 3 else 1
    if step <= 0:
        raise SpaceError(f"the step of `{text}` must be above 0")
    if (high - low) / step > MOST_VALUES:
        raise SpaceError(f"`{text}` has more than {MOST_VALUES:,} values")
    # The end belongs to the range although 0.1 and the like are not exact.
    count = int((high - low) / step + 1e-9) + 1
    if is_whole:
        return Range(low, step, count)
    return Range(low, step, count, max(map(_places, parts)))


def _places(text: str) -> int:
    """Return the decimal places of a number as it is written.

    >>> _places("0.25"), _places("1e-4"), _places("3"), _places("2.5e-3")
    (2, 4, 0, 4)
    """
    mantissa, _, exponent = text.lower().partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))


class Space:
    """The combinations of the values of some variables; the last variable changes fastest.

    Attributes:
        axes: The values of each variable.
        size: The number of combinations.
    """

    def __init__(self, axes: Mapping[str, Values]) -> None:
        """Check the size.

        Args:
            axes: The values of each variable.

        Raises:
            SpaceError: A variable has no values, or there are too many combinations.
        """
        for name, values in axes.items():
            if not len(values):
                raise SpaceError(f"the variable `{name}` has no values")
        self.axes = dict(axes)
        self.size = prod(len(values) for values in axes.values())
        if self.size > MOST_CANDIDATES:
            raise SpaceError(f"the space has more than 10**30 candidates: {self.size:.0e}")

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> dict[str, object]:
        return combination_at(self.axes, number)

    @property
    def description(self) -> object:
        """What distinguishes this space from others, as plain values."""
        return {
            name: [axis.low, axis.step, axis.count, axis.digits]
            if isinstance(axis, Range)
            else list(axis)
            for name, axis in self.axes.items()
        }


class RandomSpace:
    """Random candidates of a space, without repetition.

    Candidate `n` is the combination to which a permutation of all combinations takes `n`, so that
    none is repeated and none need be remembered.

    Attributes:
        space: The space.
        size: How many candidates there are.
    """

    #: The rounds of the Feistel network that permutes the numbers.
    ROUNDS = 6

    def __init__(self, space: Space, count: int, seed: int) -> None:
        """Choose the permutation.

        Args:
            space: The space.
            count: How many candidates to take; all, if there are fewer.
            seed: Other seeds give other candidates.
        """
        self.space, self.size, self.seed = space, min(count, space.size), seed
        self._half = max(1, (space.size.bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> dict[str, object]:
        place = self._permuted(number)
        # The network permutes a power of four; numbers outside of the space are permuted again.
        while place >= self.space.size:
            place = self._permuted(place)
        return self.space[place]

    def _permuted(self, number: int) -> int:
        left, right = number >> self._half, number & self._mask
        for index in range(self.ROUNDS):
            data = f"{self.seed}:{index}:{right}".encode()
            key = int.from_bytes(hashlib.blake2b(data, digest_size=16).digest(), "big")
            left, right = right, left ^ (key & self._mask)
        return left << self._half | right

    @property
    def description(self) -> object:
        """What distinguishes these candidates from others, as plain values."""
        return {"space": self.space.description, "random": self.size, "seed": self.seed}


def space_of(axes: Mapping[str, object], fine: bool = False) -> Space:
    """Return the space of a mapping of Python.

    Args:
        axes: For each variable its values: a list, a range, a text as on the command line, or one
            value.
        fine: Whether a range of decimal numbers needs no step, as for random candidates.

    >>> len(space_of({"width": range(8, 33, 8), "depth": "1:3", "kind": ["relu", "gelu"]}))
    24

    Raises:
        SpaceError: A text is not such a text, or a variable has no values.
    """
    return Space({name: _values(value, fine) for name, value in axes.items()})


def _values(value: object, fine: bool) -> Values:
    if isinstance(value, Range):
        return value
    if isinstance(value, str):
        return parse_axis(value, fine)
    if isinstance(value, range):
        return Range(value.start, value.step, len(value)) if len(value) else []
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return list(value)
    return [value]
