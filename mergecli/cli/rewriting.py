"""The difference between a text and its rewritten form."""

from __future__ import annotations

from difflib import unified_diff

from mergecli.diagnostics.escaping import line


def difference(path: str, old: str, new: str) -> str:
    """Return a unified difference, which `patch -p0` takes."""
    return "".join(unified_diff(_lines(old), _lines(new), line(path), line(path)))


def _lines(text: str) -> list[str]:
    """Return the lines as `patch` counts them: no other character than a line feed ends one."""
    *lines, last = [line + "\n" for line in text.split("\n")]
    return [*lines, last + "\\ No newline at end of file\n"] if last != "\n" else lines
