"""`--format full` and `concise`: the place, its lines with carets, notes and hints, for people."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.reports import FileReport
from mergecli.diagnostics.source import Source, Span

#: How many columns of a source line are shown.
WIDTH = 120
#: How many columns the numbers of lines have at least.
_LEAST_GUTTER = 3
_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\033[31m", "\033[33m", "\033[34m", "\033[1m", "\033[0m"


def render(files: Sequence[FileReport], color: bool = False) -> str:
    """Render every diagnostic with its lines, an empty line after each."""
    return "".join(
        full(report.source, report.path, report.diagnostics, color) + "\n"
        for report in files
        if report.diagnostics
    )


def render_concise(files: Sequence[FileReport], color: bool = False) -> str:
    """Render every diagnostic in one line."""
    return "".join(
        headline(report.path, diagnostic, color) + "\n"
        for report in files
        for diagnostic in report.diagnostics
    )


def full(
    source: Source | None, path: str, diagnostics: list[Diagnostic], color: bool = False
) -> str:
    """Render the diagnostics of one file with their lines, an empty line between two.

    Args:
        source: The text of the file; without it, no lines are shown.
        path: What to call the file.
        diagnostics: What to show, in this order.
        color: Whether to use escape sequences for colours.
    """
    return "\n".join(_render(source, path, diagnostic, color) for diagnostic in diagnostics)


def headline(path: str, diagnostic: Diagnostic, color: bool = False) -> str:
    """Return `path:line:column: severity[code]: message`."""
    span = diagnostic.span
    path = line(span.path or path if span is not None else path)
    place = f"{path}:{span.line}:{span.column}" if span is not None else path
    label = f"{diagnostic.severity}[{diagnostic.code}]"
    if color:
        place, label = f"{_BOLD}{place}:{_PLAIN}", f"{_hue(diagnostic)}{_BOLD}{label}{_PLAIN}"
        return f"{place} {label}: {diagnostic.message}"
    return f"{place}: {label}: {diagnostic.message}"


def _hue(diagnostic: Diagnostic) -> str:
    return _RED if diagnostic.is_error else _YELLOW


def _render(source: Source | None, path: str, diagnostic: Diagnostic, color: bool) -> str:
    frames = _frames(source, diagnostic)
    gutter = max([_LEAST_GUTTER, *(len(str(frame.span.line)) + 1 for frame in frames)])
    lines = [headline(path, diagnostic, color)]
    if source is not None:
        lines += _excerpt(source, path, diagnostic, frames, gutter, color)
    for word, content in (("note", diagnostic.note), ("help", diagnostic.help)):
        if content:
            lines.append(f"{'':>{gutter}} = {word}: {content}")
    return "\n".join(lines) + "\n"


class _Frame(NamedTuple):
    """A place to show, the character that underlines it, and the message about it."""

    span: Span
    mark: str
    message: str = ""


def _frames(source: Source | None, diagnostic: Diagnostic) -> list[_Frame]:
    """Return the places to show: those in the diagnostic's own file first, each file by line."""
    span = diagnostic.span
    if source is None or span is None:
        return []
    frames = [_Frame(related.span, "-", related.message) for related in diagnostic.related]
    frames.append(_Frame(span, "^"))
    shown = [frame for frame in frames if source.of(frame.span).line(frame.span.line)]
    return sorted(
        shown, key=lambda frame: (frame.span.path != span.path, frame.span.path, frame.span)
    )


def _excerpt(
    source: Source,
    path: str,
    diagnostic: Diagnostic,
    frames: list[_Frame],
    gutter: int,
    color: bool,
) -> Iterator[str]:
    """Yield the lines of the places, each underlined, and the name of each other file first."""
    shown = (0, "")
    file = diagnostic.span.path if diagnostic.span is not None else ""
    for span, mark, message in frames:
        # Places in one line are shown in one excerpt of it, as far as they fit.
        same = [f.span for f in frames if f.span[0] == span.line and f.span.path == span.path]
        first = min(other.column for other in same)
        text, under = _underlined(source.of(span).line(span.line), span, mark, first)
        if span.path != file:
            yield f"{'':>{gutter}}--> {line(span.path or path)}"
            shown, file = (0, ""), span.path
        if (span.line, text) != shown:
            yield f"{span.line:>{gutter}} | {text}".rstrip()
            shown = (span.line, text)
        under = f"{under} {message}".rstrip()
        if color:
            under = (_BLUE if mark == "-" else _hue(diagnostic)) + under + _PLAIN
        yield f"{'':>{gutter}} | {under}"


def _underlined(text: str, span: Span, mark: str, first: int) -> tuple[str, str]:
    """Return a source line and the line that underlines the span in it.

    Tabs become spaces, and a long line is cut around the span; if possible, from the column `first`
    on.
    """
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(text.rstrip())
    end = max(end, start + 1)
    low, high = 0, len(text)
    if len(text) > WIDTH:
        low = max(0, first - 1 - WIDTH // 3)
        if end > low + WIDTH:
            low = max(0, start - WIDTH // 3)
        high = min(len(text), low + WIDTH)
    head, tail = ("…" if low else ""), ("…" if high < len(text) else "")
    # `##[` begins a workflow command of GitHub Actions, also within a line of a log.
    cells = [_cell(character) for character in text[low:high].replace("##[", "##\ufffd")]
    before = sum(_width(cell) for cell in cells[: start - low]) + max(0, start - len(text))
    under = sum(_width(cell) for cell in cells[start - low : end - low]) or 1
    return head + "".join(cells) + tail, " " * (before + len(head)) + mark * under


def _cell(character: str) -> str:
    if character == "\t":
        return "    "
    return character if character.isprintable() else "\ufffd"


def _width(cell: str) -> int:
    """Return the columns that a terminal needs: 2 for wide characters, 0 for combining ones."""
    if cell.isascii():
        return len(cell)
    import unicodedata  # start-up

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in cell
    )


def closing(
    errors: int, warnings: int, bad: int, files: int, seconds: float, targets: Sequence[str] = ()
) -> str:
    """Return the summary line of a run.

    Args:
        errors: How many errors there are.
        warnings: How many warnings there are.
        bad: How many files have any.
        files: How many files were checked.
        seconds: How long that took.
        targets: The versions of Keras for which they were checked, where these are to be named.

    >>> closing(2, 1, 1, 12, 0.05)
    '2 errors, 1 warning in 1 of 12 files (0.05 s)'
    >>> closing(0, 0, 0, 1, 0.05, ["3.10"])
    '1 file, no errors for Keras 3.10 (0.05 s)'
    """

    def count(number: int, word: str) -> str:
        return f"{number} {word}" + ("" if number == 1 else "s")

    end = f" for Keras {', '.join(targets)}" if targets else ""
    end += f" ({seconds:.2f} s)"
    if not errors and not warnings:
        return f"{count(files, 'file')}, no errors{end}"
    parts = [count(errors, "error")] * bool(errors) + [count(warnings, "warning")] * bool(warnings)
    return f"{', '.join(parts)} in {bad} of {count(files, 'file')}{end}"
