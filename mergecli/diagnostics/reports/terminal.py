"""Diagnostics for a person: the place, the lines with carets, what else matters, the way out."""

from __future__ import annotations

from typing import Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import FileReport
from mergecli.diagnostics.source import Source, Span

WIDTH = 120
_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\033[31m", "\033[33m", "\033[34m", "\033[1m", "\033[0m"


def render(files: Sequence[FileReport], color: bool = False) -> str:
    """`--format full`: every finding with its lines, a blank line behind each."""
    return "".join(
        full(report.source, report.path, report.diagnostics, color) + "\n"
        for report in files
        if report.diagnostics
    )


def render_concise(files: Sequence[FileReport], color: bool = False) -> str:
    """`--format concise`: one line a finding."""
    return "".join(
        headline(report.path, diagnostic, color) + "\n"
        for report in files
        for diagnostic in report.diagnostics
    )


def full(
    source: Source | None, path: str, diagnostics: list[Diagnostic], color: bool = False
) -> str:
    """Every diagnostic with its lines, a blank line between two."""
    return "\n".join(_one(source, path, diagnostic, color) for diagnostic in diagnostics)


def headline(path: str, diagnostic: Diagnostic, color: bool = False) -> str:
    """`path:line:column: severity[code]: message`."""
    span = diagnostic.span
    place = f"{span.path or path}:{span.line}:{span.column}" if span is not None else path
    label = f"{diagnostic.severity}[{diagnostic.code}]"
    message = diagnostic.message
    if color:
        hue = _RED if diagnostic.is_error else _YELLOW
        return f"{_BOLD}{place}:{_PLAIN} {hue}{_BOLD}{label}{_PLAIN}: {message}"
    return f"{place}: {label}: {message}"


def _one(source: Source | None, path: str, diagnostic: Diagnostic, color: bool) -> str:
    lines = [headline(path, diagnostic, color)]
    gutter = 3
    if source is not None and diagnostic.span is not None:
        frames = [(related.span, "-", related.message) for related in diagnostic.related]
        frames.append((diagnostic.span, "^", ""))
        frames = [frame for frame in frames if source.of(frame[0]).line(frame[0].line)]
        gutter = max([gutter, *(len(str(span.line)) + 1 for span, _, _ in frames)])
        shown, file = (0, ""), diagnostic.span.path
        # Places in other files stand behind those in the finding's own, each file under its name.
        for span, mark, words in sorted(
            frames, key=lambda frame: (frame[0].path != file, frame[0].path, frame[0])
        ):
            text, under = _frame(source.of(span).line(span.line), span, mark)
            if span.path != file:
                lines.append(f"{'':>{gutter}}--> {span.path or path}")
                shown, file = (0, ""), span.path
            if (span.line, text) != shown:
                lines.append(f"{span.line:>{gutter}} | {text}".rstrip())
                shown = (span.line, text)
            under = f"{under} {words}".rstrip()
            if color:
                under = (
                    (_BLUE if mark == "-" else _RED if diagnostic.is_error else _YELLOW)
                    + under
                    + _PLAIN
                )
            lines.append(f"{'':>{gutter}} | {under}")
    for word, content in (("note", diagnostic.note), ("help", diagnostic.hint)):
        if content:
            lines.append(f"{'':>{gutter}} = {word}: {content}")
    return "\n".join(lines) + "\n"


def _frame(line: str, span: Span, mark: str) -> tuple[str, str]:
    """A source line and what underlines the span in it; tabs become spaces, and a long line is cut around the span."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    end = max(end, start + 1)
    low, high = 0, len(line)
    if len(line) > WIDTH:
        low = max(0, start - WIDTH // 3)
        high = min(len(line), low + WIDTH)
    head, tail = ("…" if low else ""), ("…" if high < len(line) else "")
    cells = [_cell(character) for character in line[low:high]]
    text = "".join(cells)
    before = sum(_width(cell) for cell in cells[: start - low]) + max(0, start - len(line))
    under = sum(_width(cell) for cell in cells[start - low : end - low]) or 1
    return head + text + tail, " " * (before + len(head)) + mark * under


def _cell(character: str) -> str:
    if character == "\t":
        return "    "
    return character if character.isprintable() else "\ufffd"


def _width(cell: str) -> int:
    """Columns that a terminal needs: two for wide characters, none for combining ones."""
    if cell.isascii():
        return len(cell)
    import unicodedata

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in cell
    )


def closing(errors: int, warnings: int, bad: int, files: int, seconds: float) -> str:
    """The closing line of a run.

    >>> closing(2, 1, 1, 12, 0.05)
    '2 errors, 1 warning in 1 of 12 files (0.05 s)'
    """

    def count(number: int, word: str) -> str:
        return f"{number} {word}" + ("" if number == 1 else "s")

    if not errors and not warnings:
        return f"{count(files, 'file')}, no errors ({seconds:.2f} s)"
    parts = [count(errors, "error")] * bool(errors) + [count(warnings, "warning")] * bool(warnings)
    return f"{', '.join(parts)} in {bad} of {count(files, 'file')} ({seconds:.2f} s)"
