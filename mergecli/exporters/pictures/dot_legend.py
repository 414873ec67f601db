"""The places of a legend: boxes in a row between the title and a picture whose places are known."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from mergecli.exporters.pictures.blocks import Point

#: Points: from one box to the next, around the boxes, and from the picture to the legend.
GAP, AROUND, ABOVE = 30.0, 8.0, 14.0


class Legend(NamedTuple):
    """A row of boxes.

    Attributes:
        width: How wide it is, with its frame.
        height: How high it is, with the room below it; 0 without boxes.
        boxes: For each box its left side, width and height.
    """

    width: float
    height: float
    boxes: Sequence[tuple[float, float, float]]

    def frame(self, base: float) -> dict[str, str]:
        """Return the place of the frame; `base` is the upper end of the picture."""
        low, high = base + ABOVE, base + self.height
        return {"bb": f"0,{low:.2f},{self.width:.2f},{high:.2f}"}

    def box(self, number: int, base: float, around: float) -> dict[str, str]:
        """Return the place and size of a box, of whose size `around` points are a second line."""
        left, width, height = self.boxes[number]
        return {
            "pos": f"{left + width / 2:.2f},{self._middle(base):.2f}",
            "width": f"{(width - around) / 72:.4f}",
            "height": f"{(height - around) / 72:.4f}",
        }

    def arrow(self, number: int, base: float) -> dict[str, str]:
        """Return the course of the arrow from a box to the next one."""
        left, width, _ = self.boxes[number]
        start, tip, y = left + width, self.boxes[number + 1][0], self._middle(base)
        points = (start, start + (tip - start) / 4, start + (tip - start) / 2, tip - 7)
        return {"pos": " ".join([f"e,{tip:.2f},{y:.2f}", *(f"{x:.2f},{y:.2f}" for x in points)])}

    def _middle(self, base: float) -> float:
        return base + (ABOVE + self.height) / 2


def row(sizes: Sequence[Point]) -> Legend:
    """Return the row of boxes of these widths and heights.

    >>> row([(70.0, 22.0), (60.0, 26.0)])
    Legend(width=176.0, height=56.0, boxes=[(8.0, 70.0, 22.0), (108.0, 60.0, 26.0)])
    >>> row([]).height
    0.0
    """
    boxes: list[tuple[float, float, float]] = []
    left = AROUND
    for width, height in sizes:
        boxes.append((left, width, height))
        left += width + GAP
    if not boxes:
        return Legend(0.0, 0.0, boxes)
    highest = max(height for _, height in sizes)
    return Legend(left - GAP + AROUND, highest + 2 * AROUND + ABOVE, boxes)
