"""The sizes that figures are drawn for."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Points of 1/72 inch.
_UNITS = {"mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0, "pt": 72 / 72.27, "bp": 1.0}
_LENGTH = r"(\d+(?:\.\d+)?)(mm|cm|in|pt|bp)"
_COLUMN = re.compile(f"column={_LENGTH}(?:x{_LENGTH})?")
#: Millimetres: the height of a column in most journals and conferences.
_COLUMN_HEIGHT = 225
#: Millimetres: fewer have no room for a box, more are not paper.
_LEAST, _MOST = 40, 1200


class Page(NamedTuple):
    """The room for a figure, in points; `name` is as the option has it."""

    name: str
    width: float
    height: float

    def __str__(self) -> str:
        return f"{millimetres(self.width)} × {millimetres(self.height)} mm"


def millimetres(points: float) -> int:
    """Return a length in whole millimetres.

    >>> millimetres(72)
    25
    """
    return round(points / _UNITS["mm"])


def page(name: str) -> Page:
    """Return a page by the value of `--page`.

    Args:
        name: "a4" or "letter", of which the room is the paper without margins of 25 mm or an inch;
            "column=85mm", a column of this width; or "column=85mmx60mm", a part of it.

    Raises:
        ValueError: It is something else.

    >>> str(page("a4")), str(page("column=3.3in")), str(page("column=85mmx6cm"))
    ('160 × 247 mm', '84 × 225 mm', '85 × 60 mm')
    """
    mm = _UNITS["mm"]
    if name == "a4":
        return Page(name, 160 * mm, 247 * mm)
    if name == "letter":
        return Page(name, 6.5 * 72, 9 * 72)
    match = _COLUMN.fullmatch(name)
    if match is None:
        raise ValueError(f"expected a4, letter or column=WIDTH such as column=85mm, found {name!r}")
    width = float(match[1]) * _UNITS[match[2]]
    height = float(match[3]) * _UNITS[match[4]] if match[3] else _COLUMN_HEIGHT * mm
    if not _LEAST <= min(width, height) / mm <= max(width, height) / mm <= _MOST:
        raise ValueError(
            f"expected lengths of {_LEAST} to {_MOST} mm, found {name.partition('=')[2]}"
        )
    return Page(name, width, height)
