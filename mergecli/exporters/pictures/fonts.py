"""The font of `ttf-opensans`: made known to the Graphviz in this process, and the widths of its characters.

`plot` measures and draws with it, `build` where the system has no other font. Readers of an SVG may lack it: the picture
states how long each text is, and their own font is drawn at that length, so that it stays in its box.
"""

from __future__ import annotations

import os
import struct
import sys
from functools import cache
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from importlib.util import find_spec

from mergecli.diagnostics import files
from mergecli.diagnostics.escaping import xml


@cache
def provide() -> bool:
    """Let fontconfig find the font beside the system's own, and return whether it is installed.

    Once, before anything is drawn: fontconfig reads its settings when it is first asked for a font, and never again.
    """
    spec = find_spec("ttf_opensans")
    if sys.platform == "emscripten":
        # In a browser no fonts are looked for: only widths are asked for.
        return spec is not None
    if not sys.platform.startswith("linux") or spec is None or spec.origin is None:
        return False
    import atexit  # start-up
    import shutil  # start-up
    import tempfile  # start-up

    files.before_writing()
    folder = tempfile.mkdtemp(prefix="mergecli-fonts-")
    atexit.register(shutil.rmtree, folder, True)
    places, own = [os.path.dirname(spec.origin)], os.environ.get("FONTCONFIG_FILE")
    if not own:
        places += [
            "/usr/share/fonts",
            "/usr/local/share/fonts",
            os.path.expanduser("~/.local/share/fonts"),
        ]
    parts = [f"<dir>{xml(place)}</dir>" for place in places if os.path.isdir(place)]
    parts += [f'<include ignore_missing="yes">{xml(own)}</include>'] if own else []
    parts += [
        "<cachedir>/var/cache/fontconfig</cachedir>",
        '<cachedir prefix="xdg">fontconfig</cachedir>',
        f"<cachedir>{xml(folder)}</cachedir>",
    ]
    head = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
    path = os.path.join(folder, "fonts.conf")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(handle, f"{head}<fontconfig>{''.join(parts)}</fontconfig>".encode())
    os.close(handle)
    os.environ["FONTCONFIG_FILE"] = path
    return True


class Font:
    """The widths of a TrueType font's characters, as shares of its size, from the tables of its file."""

    def __init__(self, data: bytes) -> None:
        (count,) = struct.unpack_from(">H", data, 4)
        tables: dict[bytes, int] = {}
        for number in range(count):
            tag, _, offset = struct.unpack_from(">4sII", data, 12 + 16 * number)
            tables[tag] = offset
        (units,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
        (metrics,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
        widths = struct.unpack_from(f">{2 * metrics}H", data, tables[b"hmtx"])[::2]
        #: By character; the last width holds for all glyphs after it.
        self.widths = {
            character: widths[min(glyph, metrics - 1)] / units
            for character, glyph in _glyphs(data, tables[b"cmap"]).items()
        }

    def length(self, text: str, size: float) -> float | None:
        """Return the length of a text in a font size, both in points; None if the font lacks one of its characters."""
        total = 0.0
        for character in text:
            width = self.widths.get(character)
            if width is None:
                return None
            total += width
        return total * size


def _glyphs(data: bytes, cmap: int) -> dict[str, int]:
    """Return the number of each character's glyph, up to U+FFFF, which is the table of format 4."""
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
    glyphs: dict[str, int] = {}
    for number, (start, end, step, offset) in enumerate(zip(starts, ends, steps, offsets)):
        for code in range(start, end + (end < 0xFFFF)):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(
                    ">H", data, at + 16 + 6 * segments + 2 * number + offset + 2 * (code - start)
                )
            if glyph:
                glyphs[chr(code)] = (glyph + step) & 0xFFFF
    return glyphs


@cache
def load() -> tuple[Font, Font] | None:
    """Return the regular and the bold font of `ttf-opensans`, if it is installed."""
    spec = find_spec("ttf_opensans")
    files = (SourceFileLoader, SourcelessFileLoader)
    if spec is None or spec.origin is None or not isinstance(spec.loader, files):
        return None
    folder = os.path.join(os.path.dirname(spec.origin), "ttf")
    regular, bold = (
        Font(spec.loader.get_data(os.path.join(folder, f"OpenSans-{weight}.ttf")))
        for weight in ("Regular", "Bold")
    )
    return regular, bold
