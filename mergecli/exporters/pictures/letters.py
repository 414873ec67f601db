"""How long a text is in the font that pictures are measured in, from the tables of the font's own file.

Readers of an SVG may lack the font; told how long each text is, their own letters are set as long and stay in their boxes.
"""

from __future__ import annotations

import os
import struct
from importlib.abc import FileLoader
from importlib.util import find_spec


class Font:
    """The widths of a TrueType font's letters, as shares of its size."""

    def __init__(self, data: bytes) -> None:
        (count,) = struct.unpack_from(">H", data, 4)
        tables: dict[bytes, int] = {}
        for number in range(count):
            tag, _, offset = struct.unpack_from(">4sII", data, 12 + 16 * number)
            tables[tag] = offset
        (units,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
        (metrics,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
        widths = struct.unpack_from(f">{2 * metrics}H", data, tables[b"hmtx"])[::2]
        #: By letter; the last width is that of all glyphs behind it.
        self.widths = {
            letter: widths[min(glyph, metrics - 1)] / units
            for letter, glyph in _glyphs(data, tables[b"cmap"]).items()
        }

    def length(self, text: str, size: float) -> float | None:
        """How long a text is in letters of a size; None if the font has not all of its letters."""
        total = 0.0
        for letter in text:
            width = self.widths.get(letter)
            if width is None:
                return None
            total += width
        return total * size


def _glyphs(data: bytes, cmap: int) -> dict[str, int]:
    """The number of each letter's glyph: of the letters up to U+FFFF, which is the table of format 4."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    places = {
        cmap + struct.unpack_from(">HHI", data, cmap + 4 + 8 * number)[2] for number in range(count)
    }
    at = next(place for place in sorted(places) if struct.unpack_from(">H", data, place)[0] == 4)
    segments = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends, starts, steps, offsets = (
        struct.unpack_from(f">{segments}H", data, at + 14 + 2 * (segments * part + (part > 0)))
        for part in range(4)
    )
    found: dict[str, int] = {}
    for number, (start, end, step, offset) in enumerate(zip(starts, ends, steps, offsets)):
        for code in range(start, end + (end < 0xFFFF)):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(
                    ">H", data, at + 16 + 6 * segments + 2 * number + offset + 2 * (code - start)
                )
            if glyph:
                found[chr(code)] = (glyph + step) & 0xFFFF
    return found


def fonts() -> tuple[Font, Font] | None:
    """The regular and the bold letters of `ttf-opensans`, if it is installed."""
    spec = find_spec("ttf_opensans")
    if spec is None or spec.origin is None or not isinstance(spec.loader, FileLoader):
        return None
    folder = os.path.join(os.path.dirname(spec.origin), "ttf")
    regular, bold = (
        Font(spec.loader.get_data(os.path.join(folder, f"OpenSans-{weight}.ttf")))
        for weight in ("Regular", "Bold")
    )
    return regular, bold
