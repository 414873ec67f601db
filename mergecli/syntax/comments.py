"""Comments, which the parser drops: where they are, and which lines those for mergecli apply to."""

from __future__ import annotations

import re

from mergecli.diagnostics.source import Source
from mergecli.syntax.yaml_reader import scalars

#: What comments for mergecli contain.
MARKER = "mergecli:"


def comments(source: Source, word: str) -> list[tuple[int, int, str]]:
    """Return the comments that contain a word, each with its line and column.

    A `#` after a space, or at the start of a line, starts a comment wherever there is no scalar.
    """
    every = source.lines
    lines = [number for number, line in enumerate(every, 1) if word in line]
    # There is no scalar before the first line with content.
    content = (n for n, line in enumerate(every, 1) if line.strip() and line[0] != "#")
    first = next(content, 0)
    inside = _scalar_columns(source, set(lines)) if lines and lines[-1] >= first > 0 else {}
    result = []
    for number in lines:
        text = every[number - 1]
        for match in re.finditer(r"(?:(?<=[ \t])|^)#", text):
            if not any(start <= match.start() < end for start, end in inside.get(number, ())):
                if word in text[match.start() :]:
                    result.append((number, match.start() + 1, text[match.start() :]))
                break
    return result


def _scalar_columns(source: Source, wanted: set[int]) -> dict[int, list[tuple[int, float]]]:
    """Return the columns, from 0, that scalars take in some lines."""
    taken: dict[int, list[tuple[int, float]]] = {}
    for scalar in scalars(source):
        start, end = scalar.start, scalar.end
        for number in wanted.intersection(range(start.line + 1, end.line + 2)):
            line = number - 1
            # The header of a block scalar may be followed by a comment.
            if scalar.style not in ("|", ">") or line != start.line:
                first = start.column if line == start.line else 0
                last = end.column if line == end.line else float("inf")
                taken.setdefault(number, []).append((first, last))
    return taken


class CommentTargets:
    """The lines to which the comments of a text apply."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines
        self._first = next((n for n, line in enumerate(self._lines, 1) if _has_content(line)), 0)
        # For each line the next one with content, from it on; needed for few specs.
        self._next: list[int | None] = []

    def line_of(self, number: int, column: int) -> int | None:
        """Return the line to which a comment applies; None for the whole file.

        Args:
            number: The line of the comment, from 1.
            column: The column where the comment begins, from 1.
        """
        if self._lines[number - 1][: column - 1].strip():
            return number
        if not 0 < self._first < number:
            return None
        if not self._next:
            following: int | None = None
            for n in range(len(self._lines), 0, -1):
                following = n if _has_content(self._lines[n - 1]) else following
                self._next.append(following)
            self._next.reverse()
        target = self._next[number] if number < len(self._lines) else None
        return target or number


def _has_content(line: str) -> bool:
    """Whether a line has content, other than a comment, a directive or a document marker."""
    return (
        line.strip() not in ("", "---")
        and not line.lstrip().startswith("#")
        and not line.startswith("%")
    )
