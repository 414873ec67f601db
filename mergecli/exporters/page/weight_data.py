"""What a page shows of the weights of a saved model."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from mergecli.catalog.shapes import text

if TYPE_CHECKING:
    from typing import TypedDict

    from mergecli.importers.keras.weight_statistics import WeightStatistics

    class WeightData(TypedDict):
        """The statistics of a weight."""

        name: str
        shape: str
        dtype: str
        count: int
        nan: int
        infinite: int
        numbers: list[float] | None
        bars: list[int]


def weight_data(weight: WeightStatistics) -> WeightData:
    """Return the statistics of a weight as the page has them.

    Args:
        weight: The statistics.

    Returns:
        `numbers` are the mean, the deviation, the least and the greatest number, with the digits
        that are shown; None where none is finite. `bars` are the heights of the histogram, of 100.
    """
    highest = max(weight.histogram, default=0)
    known = (weight.mean, weight.deviation, weight.least, weight.most)
    return {
        "name": weight.name,
        "shape": text(weight.shape),
        "dtype": weight.dtype,
        "count": prod(weight.shape),
        "nan": weight.nan,
        "infinite": weight.infinite,
        "numbers": [_rounded(number) for number in known if number is not None] or None,
        # What is not empty is seen.
        "bars": [-(-100 * number // highest) for number in weight.histogram if highest],
    }


def _rounded(number: float) -> float:
    """Return a number with as many digits as are shown.

    >>> _rounded(0.123456789), _rounded(-1e300)
    (0.12346, -1e+300)
    """
    return float(f"{number:.5g}")
