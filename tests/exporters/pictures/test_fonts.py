"""The widths of characters, read from the tables of a TrueType font."""

from __future__ import annotations

import struct

import pytest

from mergecli.exporters.pictures.fonts import Font, load


def font() -> bytes:
    """A font of 1,000 units with the characters A (500 wide), B and C (700 wide, the last width)."""
    head = bytes(18) + struct.pack(">H", 1000)
    hhea = bytes(34) + struct.pack(">H", 3)
    # Glyph 0 is the missing one; glyph 3 has the width of the last.
    hmtx = struct.pack(">6H", 600, 0, 500, 0, 700, 0)
    segments = (
        struct.pack(">2H", 67, 0xFFFF) + struct.pack(">H", 0) + struct.pack(">2H", 65, 0xFFFF)
    )
    segments += struct.pack(">2H", (1 - 65) & 0xFFFF, 1) + struct.pack(">2H", 0, 0)
    table = struct.pack(">7H", 4, 14 + len(segments), 0, 4, 0, 0, 0) + segments
    cmap = struct.pack(">2H", 0, 1) + struct.pack(">HHI", 3, 1, 12) + table
    tables = {b"head": head, b"hhea": hhea, b"hmtx": hmtx, b"cmap": cmap}
    start = 12 + 16 * len(tables)
    directory, data = b"", b""
    for tag, content in tables.items():
        directory += struct.pack(">4s3I", tag, 0, start + len(data), len(content))
        data += content
    return struct.pack(">I4H", 0x10000, len(tables), 0, 0, 0) + directory + data


def test_a_length_is_the_sum_of_widths_in_points() -> None:
    made = Font(font())
    assert made.length("AB", 10) == pytest.approx(12)
    assert made.length("", 10) == 0


def test_the_last_width_holds_for_the_glyphs_after_it() -> None:
    assert Font(font()).widths == {"A": 0.5, "B": 0.7, "C": 0.7}


def test_a_character_that_the_font_lacks_has_no_length() -> None:
    assert Font(font()).length("A€", 10) is None


def test_bold_letters_are_wider() -> None:
    fonts = load()
    if fonts is None:
        pytest.skip("ttf-opensans is not installed")
    regular, bold = (one.length("Concatenate", 11) for one in fonts)
    assert regular is not None and bold is not None and 50 < regular < bold < 90
