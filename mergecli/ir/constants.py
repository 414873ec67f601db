"""Arrays of numbers that operations take beside their tensors."""

from __future__ import annotations

import math
import struct
from typing import NamedTuple, Union

from mergecli.catalog.list_arguments import Array, extent
from mergecli.catalog.shapes import Shape, text

#: The most numbers of an array in a spec; what is larger is a weight.
MOST_NUMBERS = 100_000
#: The most numbers that a message shows.
_SHOWN = 4
#: The largest number that is surely one of float32.
_LARGEST = 1e38
#: The dtypes that an array may have.
ARRAY_DTYPES = tuple(
    "bool bfloat16 float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
)
Numbers = Union[float, "tuple[Numbers, ...]"]


class ConstantArray(NamedTuple):
    """An array of numbers.

    Attributes:
        values: The numbers, as tuples in tuples.
        dtype: What they are.
    """

    values: Numbers
    dtype: str

    @classmethod
    def of(cls, values: object, dtype: str | None = None) -> ConstantArray:
        """Return the array of lists of numbers.

        Args:
            values: The lists, or one number.
            dtype: Its dtype; by default the one that Keras gives it.

        Raises:
            ArgumentError: They are not an array of numbers.
        """
        array = Array().check(values)
        dtype = dtype or _usual(array)
        if dtype == "float32":
            array = _rounded(array)
        return cls(array, dtype)  # type: ignore[arg-type]

    @property
    def shape(self) -> Shape:
        return extent(self.values)

    def __str__(self) -> str:
        if count(self.values) <= _SHOWN:
            return str(nested(self.values))
        return f"array {text(self.shape)}"

    def plain(self) -> object:
        """Return the array as a spec has it."""
        values = nested(self.values)
        is_usual = self.dtype == _usual(self.values) and isinstance(values, list)
        return values if is_usual else {"constant": values, "dtype": self.dtype}


def _rounded(values: object) -> object:
    """Return numbers with the fewest digits that give the same float32, as they were written.

    >>> _rounded((0.10000000149011612, 1, 1e300))
    (0.1, 1, 1e+300)
    """
    if isinstance(values, tuple):
        return tuple(map(_rounded, values))
    if not isinstance(values, float) or not math.isfinite(values) or abs(values) > _LARGEST:
        return values
    packed = struct.pack("f", values)
    shorter = (float(f"{values:.{digits}g}") for digits in range(6, 10))
    return next((short for short in shorter if struct.pack("f", short) == packed), values)


def nested(values: object) -> object:
    """Return tuples in tuples as lists in lists.

    >>> nested(((1, 2), (3, 4)))
    [[1, 2], [3, 4]]
    """
    return list(map(nested, values)) if isinstance(values, tuple) else values


def count(values: object) -> int:
    """Return how many numbers there are in lists or tuples in each other.

    >>> count([[1, 2], [3, 4]]), count(7)
    (4, 1)
    """
    return sum(map(count, values)) if isinstance(values, (list, tuple)) else 1


def _usual(values: object) -> str:
    return "float32" if _has_decimals(values) else "int32"


def _has_decimals(values: object) -> bool:
    if isinstance(values, tuple):
        return any(map(_has_decimals, values))
    return isinstance(values, float)
