"""A figure before any format: shapes and strings with their places.

Lengths are points of 1/72 inch, as they are printed; y grows upward from the lower left corner.
Every format of a figure is written from the same `Drawing`, so they show the same.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple, Sequence, Union

from mergecli.exporters.pictures import fonts

#: The size of all characters in a figure, which the publishers of papers ask for at least.
SIZE = 8
#: From one base line to the next.
LEADING = 9.8
INK, GRAY, WHITE = "#000000", "#808080", "#ffffff"
#: The width of lines.
THIN = 0.5

Point = tuple[float, float]


class Look(NamedTuple):
    """How a shape is drawn.

    Attributes:
        line: The colour of its line, "" for none.
        fill: The colour in it, "" for none.
        width: The width of its line.
        dash: "", "dashed" or "dotted".
    """

    line: str = INK
    fill: str = ""
    width: float = THIN
    dash: str = ""


PEN = Look()


class Shape(NamedTuple):
    """A polygon, or a line that is not closed; of a Bézier curve there are 3 n + 1 points."""

    points: tuple[Point, ...]
    look: Look = PEN
    closed: bool = True
    curved: bool = False


class Ellipse(NamedTuple):
    """An ellipse by its centre and the half of its width and height."""

    center: Point
    radii: Point
    look: Look = PEN


class Text(NamedTuple):
    """A line of text.

    Attributes:
        at: The place on its base line.
        text: The characters.
        align: "l", "c" or "r": which end is at the place.
        width: How long it is about.
        bold: Whether it is bold.
        italic: Whether it is italic.
        color: Its colour.
    """

    at: Point
    text: str
    align: str = "l"
    width: float = 0
    bold: bool = False
    italic: bool = False
    color: str = INK


Item = Union[Shape, Ellipse, Text]


class Drawing(NamedTuple):
    """A figure.

    Attributes:
        width: Its width.
        height: Its height.
        items: What is in it, the hindmost first.
    """

    width: float
    height: float
    items: Sequence[Item]


def moved(item: Item, dx: float, dy: float) -> Item:
    """Return an item at another place."""
    if isinstance(item, Shape):
        return item._replace(points=tuple((x + dx, y + dy) for x, y in item.points))
    if isinstance(item, Ellipse):
        return item._replace(center=(item.center[0] + dx, item.center[1] + dy))
    return item._replace(at=(item.at[0] + dx, item.at[1] + dy))


def centered(drawing: Drawing, width: float) -> Drawing:
    """Return a drawing in the middle of a wider one."""
    dx = round((width - drawing.width) / 2, 2)
    return Drawing(width, drawing.height, [moved(item, dx, 0) for item in drawing.items])


def number(value: float) -> str:
    """Return a length with at most two decimals.

    >>> number(1.0), number(0.126), number(-0.001)
    ('1', '0.13', '0')
    """
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def length(text: str, bold: bool = False) -> float:
    """Return how long a text is, or about how long where the font does not have it."""
    both = fonts.load()
    known = both[bold].length(text, SIZE) if both is not None else None
    if known is not None:
        return known
    return sum(SIZE if unicodedata.east_asian_width(c) in "WF" else 0.6 * SIZE for c in text)


#: How far the control points of a round corner are from its ends, as a share of the radius.
_ARC = 0.552


def rectangle(
    x: float, y: float, width: float, height: float, look: Look = PEN, radius: float = 0
) -> Shape:
    """Return a rectangle by its lower left corner, with round corners of a radius."""
    right, top = x + width, y + height
    if not radius:
        return Shape(((x, y), (right, y), (right, top), (x, top)), look)
    r, k = radius, radius * (1 - _ARC)
    points = [
        (x + r, y),
        (x + r, y),
        (right - r, y),
        (right - r, y),
        (right - k, y),
        (right, y + k),
        (right, y + r),
        (right, y + r),
        (right, top - r),
        (right, top - r),
        (right, top - k),
        (right - k, top),
        (right - r, top),
        (right - r, top),
        (x + r, top),
        (x + r, top),
        (x + k, top),
        (x, top - k),
        (x, top - r),
        (x, top - r),
        (x, y + r),
        (x, y + r),
        (x, y + k),
        (x + k, y),
        (x + r, y),
    ]
    return Shape(tuple(points), look, True, True)
