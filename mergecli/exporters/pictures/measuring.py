"""How large labels are in Graphviz, from the widths of the font's characters, in a small part of the time."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Sequence

from mergecli.exporters.pictures import fonts
from mergecli.exporters.pictures.dot_labels import BAR, GAP, SIZE, SMALL, Row

#: The size of a font, or whether a tag begins or ends what is bold; and the text after it.
_RUN = re.compile(r'<(?:FONT point-size="(\d+)"|(/?B)\b)?[^>]*>([^<]*)')
#: Graphviz measures in pixels of 1/96 inch: how high a line is, by the size of its characters.
_HEIGHTS = {SMALL: 17, SIZE: 21}
_PIXEL = 0.75


def measured(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Return how wide and high a label is, in points.

    Args:
        rows: Its lines, as `Labels.rows` returns them.

    Returns:
        None if the font is not installed, or lacks a character.
    """
    left_side = right_side = whole = 0
    height = 0.0
    for left, right in rows:
        if left.startswith("<TABLE"):
            whole, height = max(whole, round(BAR / _PIXEL)), height + 4
            continue
        one, other = _run(left), _run(GAP + right) if right else (0, 0)
        if one is None or other is None:
            return None
        height += max(one[1], other[1]) * _PIXEL
        if right:
            left_side, right_side = max(left_side, one[0]), max(right_side, other[0])
        else:
            whole = max(whole, one[0])
    return max(whole, left_side + right_side) * _PIXEL, height


def _run(markup: str) -> tuple[int, int] | None:
    """Return how wide and high a piece of a line is, in pixels."""
    size, bold, width, height = SIZE, False, 0, 0
    for points, tag, text in _RUN.findall(markup):
        if points:
            size = int(points)
            height = max(height, _HEIGHTS[size])
        elif tag:
            bold = tag == "B"
        if text:
            length = _length(text, size, bold)
            if length is None:
                return None
            width += length
    return width, height


@cache
def _length(markup: str, size: int, bold: bool) -> int | None:
    """Return how wide a text is in whole pixels; None if the font is not installed, or lacks a character."""
    total = 0
    for character in unescape(markup):
        width = _width(character, size, bold)
        if width is None:
            return None
        total += width
    return total


@cache
def _width(character: str, size: int, bold: bool) -> int | None:
    """Return how wide a character is in whole pixels, to which Graphviz rounds what the font rounds to 1/64 of them."""
    both = fonts.load() if fonts.provide() else None
    width = both[bold].widths.get(character) if both is not None else None
    if width is None:
        return None
    pixels = int(size / _PIXEL + 0.5)
    return int(int(width * pixels * 64 + 0.5) / 64 + 0.5)
