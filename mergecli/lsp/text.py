"""Places of a text, as the reader counts them and as an editor does."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from mergecli.diagnostics.source import Span


class Position(NamedTuple):
    """A place as an editor counts it: from 0, the character in the units that were agreed on."""

    line: int
    character: int


class Text:
    """A text and the units of its editor: `utf-8`, `utf-16` or `utf-32`.

    Lines end as the reader has it; but it counts from 1, code points, and leaves a byte-order mark out.
    """

    def __init__(self, text: str, units: str = "utf-16") -> None:
        # Half of a pair of UTF-16 is no character; what stands for it has as many units.
        self.text = re.sub("[\ud800-\udfff]", "\ufffd", text)
        self.units = units

    @cached_property
    def lines(self) -> list[int]:
        """Where each line begins for an editor."""
        return [0, *(match.end() for match in re.finditer("\r\n|\n|\r", self.text))]

    def line(self, number: int) -> str:
        """The text of an editor's line, its end left out."""
        if number >= len(self.lines):
            return ""
        end = self.lines[number + 1] if number + 1 < len(self.lines) else len(self.text)
        return self.text[self.lines[number] : end].rstrip("\r\n")

    def offset(self, position: Position) -> int:
        """Where a position lies; one after the end of its line or of the text is at the end.

        >>> Text("a\\n\U0001f600b").offset(Position(1, 2))
        3
        """
        if position.line >= len(self.lines):
            return len(self.text)
        line = self.line(position.line)
        units, index = 0, 0
        while index < len(line) and units < position.character:
            units += self.count(line[index])
            index += 1
        return self.lines[position.line] + index

    def position(self, offset: int) -> Position:
        """The position of an offset.

        >>> Text("a\\n\U0001f600b").position(3)
        Position(line=1, character=2)
        """
        line = bisect_right(self.lines, offset) - 1
        return Position(line, self.count(self.text[self.lines[line] : offset]))

    def count(self, text: str) -> int:
        """How many units a text has."""
        if self.units == "utf-32" or (self.units == "utf-16" and text.isascii()):
            return len(text)
        return (
            len(text.encode("utf-8"))
            if self.units == "utf-8"
            else len(text.encode("utf-16-le")) // 2
        )

    def start(self, span: Span) -> int:
        """Where a span of the reader begins."""
        return self.place(span.line, span.column)

    def end(self, span: Span) -> int:
        """Where a span of the reader ends."""
        return max(self.place(span.end_line, span.end_column), self.start(span))

    def place(self, row: int, column: int) -> int:
        """Where a place of the reader, counted from 1, lies."""
        if row > len(self.lines):
            return len(self.text)
        mark = 1 if row == 1 and self.text.startswith("\ufeff") else 0
        return min(self.lines[row - 1] + mark + column - 1, len(self.text))
