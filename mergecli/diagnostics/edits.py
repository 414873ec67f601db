"""Apply edits to a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from typing import Iterable, Iterator

from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.source import Span


class Splice:
    """A text after some edits, with a map from its places to those in the old text."""

    def __init__(self, old: str, pieces: list[tuple[int, int, str]]) -> None:
        self._old = _Lines(old)
        self._pieces = pieces
        parts, position = [], 0
        for start, end, text in pieces:
            parts += [old[position:start], text]
            position = end
        self.text = "".join([*parts, old[position:]])
        self._new = _Lines(self.text)

    @classmethod
    def of(cls, old: str, edits: Iterable[Edit]) -> Splice | None:
        """Apply edits; return None if they overlap, or one does not find what it replaces.

        Args:
            old: The text.
            edits: The edits; equal ones are applied once.
        """
        lines, unique = _Lines(old), set(edits)
        pieces = sorted(piece for edit in unique for piece in _pieces(old, lines, edit))
        if len(unique) != len(pieces) or any(a[1] > b[0] for a, b in pairwise(pieces)):
            return None
        return cls(old, pieces)

    @property
    def replacements(self) -> list[tuple[Span, str]]:
        """The exact spans in the old text that are replaced, each with its new text."""
        return [
            (Span(*self._old.place(start), *self._old.place(end)), text)
            for start, end, text in self._pieces
        ]

    def before(self, span: Span | None) -> Span | None:
        """Return where a place of the new text begins in the old one, as an empty span."""
        if span is None or span.path:
            return span
        offset = self._new.offset(span.line, span.column)
        shift = 0
        for start, end, text in self._pieces:
            if start + shift >= offset:
                break
            if offset < start + shift + len(text):
                return Span(*self._old.place(start), *self._old.place(start))
            shift += len(text) - (end - start)
        place = self._old.place(offset - shift)
        return Span(*place, *place)


def _pieces(old: str, lines: _Lines, edit: Edit) -> Iterator[tuple[int, int, str]]:
    """Yield the offsets that an edit replaces, and the new text; nothing if it does not apply.

    An anchor or a tag before a value stays, and so do quotes around a name.
    """
    start, end = (
        lines.offset(edit.span.line, edit.span.column),
        lines.offset(edit.span.end_line, edit.span.end_column),
    )
    text = old[start:end]
    if edit.old:
        inner = text[:-1] if text[-1:] in ("'", '"') and text[-1:] not in edit.old[-1:] else text
        if not inner.endswith(edit.old):
            return
        end = start + len(inner)
        start = end - len(edit.old)
    else:
        while text.startswith(("&", "!")):
            rest = text.split(None, 1)
            if len(rest) < 2:
                return
            start, text = end - len(rest[1]), rest[1]
    yield start, end, edit.text


class _Lines:
    """Offsets of lines, which end as in YAML 1.2."""

    def __init__(self, text: str) -> None:
        self._end = len(text)
        self._starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1 if line <= len(self._starts) else self._end

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
