"""A rewritten text on standard output, and the difference to the old one."""

from __future__ import annotations

import sys


def show(data: bytes) -> None:
    """Print a text as it is, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def difference(path: str, old: str, new: str) -> str:
    """A unified difference, which `patch -p0` takes."""
    from difflib import unified_diff

    return "".join(unified_diff(_lines(old), _lines(new), path, path))


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: no other character than a line feed ends one."""
    *lines, last = [line + "\n" for line in text.split("\n")]
    return [*lines, last + "\\ No newline at end of file\n"] if last != "\n" else lines
