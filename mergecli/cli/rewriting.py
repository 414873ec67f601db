"""Files that are written anew in their place, and what would change in them."""

from __future__ import annotations

import os
import sys

from mergecli.cli import terminal


def replace(path: str, old: bytes, new: bytes) -> None:
    """Write a file beside its place and rename it, unless it has changed since it was read.

    Raises:
        OSError: it has changed, or cannot be written.
    """
    state = os.stat(path)
    temporary = terminal.beside(path)
    try:
        with open(temporary, "xb") as file:
            file.write(new)
        os.chmod(temporary, state.st_mode & 0o7777)
        if hasattr(os, "chown") and (os.geteuid() == 0):
            os.chown(temporary, state.st_uid, state.st_gid)
        with open(path, "rb") as file:
            if file.read() != old:
                raise OSError(0, "it has changed since it was read")
        os.replace(temporary, path)
    finally:
        terminal.discard([temporary])


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
