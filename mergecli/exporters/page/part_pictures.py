"""What is in the boxes of the picture of a page that stand for several layers, as data of the page."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, NamedTuple, Sequence

if TYPE_CHECKING:
    from typing import TypedDict

    class PartsData(TypedDict):
        """The parts, and their pictures: compressed JSON of a list, in base64."""

        across: bool
        boxes: list[tuple[int, str, str]]
        pictures: str


class PartPicture(NamedTuple):
    """A picture of what is in a box.

    Attributes:
        parent: The number of the part in which the box is; None if it is in the whole picture.
        box: The `id` of the box in the picture.
        title: What the part is called.
        svg: The picture; empty if there is none.
    """

    parent: int | None
    box: str
    title: str
    svg: str


def parts_data(parts: Sequence[PartPicture], across: bool) -> PartsData | None:
    """Return parts as the page has them, for each the number of the part around it, its box and its title; None without any.

    The pictures are much alike, and take a tenth of their size when they are compressed; the page
    reads them once the first box unfolds.

    Args:
        parts: The parts.
        across: Whether the pictures flow to the side.
    """
    if not parts:
        return None
    pictures = json.dumps([part.svg for part in parts]).encode()
    return {
        "across": across,
        "boxes": [
            (-1 if part.parent is None else part.parent, part.box, part.title) for part in parts
        ],
        "pictures": base64.b64encode(zlib.compress(pictures, 9)).decode(),
    }
