"""Comments that suppress diagnostics: `# mergecli: ignore[code] reason`.

A comment at the end of a line applies to what begins on that line. One on its own line applies to
the next line that is not a comment, and before the first line of content to the whole file.
"""

from __future__ import annotations

import re
from typing import Sequence

from mergecli.diagnostics.codes import CODES
from mergecli.diagnostics.diagnostic import Diagnostic, Edit, has_errors, warning
from mergecli.diagnostics.source import Source, Span
from mergecli.diagnostics.suggestions import Searches, did_you_mean
from mergecli.syntax.comments import MARKER, CommentTargets, comments

_FORM = re.compile(r"#\s*mergecli:\s*(?:ignore\b\s*(?:\[([^\]]*)\])?)?")

#: The most codes of a comment; there are fewer.
MOST_CODES = 100


class _Ignore:
    """One code of one comment, and the line to which it applies, None for the whole file."""

    __slots__ = ("code", "line", "span", "used")

    def __init__(self, code: str, line: int | None, span: Span) -> None:
        self.code, self.line, self.span = code, line, span
        self.used = False


#: The codes of one comment.
_Comment = Sequence[_Ignore]


def suppress(
    source: Source, diagnostics: list[Diagnostic]
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Separate the diagnostics that comments suppress.

    Args:
        source: The spec, with the files that it includes.
        diagnostics: All its diagnostics.

    Returns:
        The diagnostics to report, among them those about the comments, and the suppressed ones.
    """
    own, wrong = _read(source)
    # Mistakes in comments of included files are reported when these files are checked.
    foreign = [comment for other in source.included.values() for comment in _read(other)[0]]
    ignores: dict[tuple[str, str, int | None], list[_Ignore]] = {}
    for ignore in (ignore for comment in (*own, *foreign) for ignore in comment):
        ignores.setdefault((ignore.code, ignore.span.path, ignore.line), []).append(ignore)
    kept: list[Diagnostic] = []
    suppressed: list[Diagnostic] = []
    for diagnostic in diagnostics:
        code, span = diagnostic.code, diagnostic.span
        matching = list(ignores.get((code, span.path if span is not None else "", None), ()))
        if span is not None:
            matching += ignores.get((code, span.path, span.line), ())
        for ignore in matching:
            ignore.used = True
        (suppressed if matching else kept).append(diagnostic)
    # Specs with errors are not linted, so an unused comment may still be needed.
    if not has_errors(diagnostics):
        for comment in own:
            unused = [ignore for ignore in comment if not ignore.used]
            fix = _removal(source, comment) if unused else ()
            wrong += [_unused(ignore, fix) for ignore in unused]
    return kept + wrong, suppressed


def _unused(ignore: _Ignore, fix: tuple[Edit, ...]) -> Diagnostic:
    where = "in this file" if ignore.line is None else f"on line {ignore.line}"
    return warning(
        ignore.span,
        "unused-ignore",
        f"there is no `{ignore.code}` {where} to ignore",
        "remove it",
        fix=fix,
    )


def _read(source: Source) -> tuple[list[_Comment], list[Diagnostic]]:
    """Return the comments of a text, and a warning for each mistake in one."""
    result: list[_Comment] = []
    wrong: list[Diagnostic] = []
    searches = Searches()
    targets = CommentTargets(source)
    for number, column, text in comments(source, MARKER):
        match = _FORM.search(text)
        if match is None:
            continue
        if match[1] is None or not match[1].strip():
            span = Span(number, column + match.start(), number, column + match.end(), source.label)
            message = "this comment ignores nothing, since it has no code in brackets"
            hint = "write `# mergecli: ignore[code] reason`"
            wrong.append(warning(span, "unused-ignore", message, hint))
            continue
        start = column + match.start(1)
        result.append(_codes(source, targets, number, column, match[1], start, wrong, searches))
    return result, wrong


def _codes(
    source: Source,
    targets: CommentTargets,
    number: int,
    column: int,
    text: str,
    start: int,
    wrong: list[Diagnostic],
    searches: Searches,
) -> _Comment:
    """Return the codes between the brackets of a comment.

    Args:
        source: The text with the comment.
        targets: The lines to which its comments apply.
        number: The line of the comment.
        column: The column where the comment begins.
        text: The text between the brackets.
        start: The column where that text begins.
        wrong: Receives a warning for each code that does not exist.
        searches: Bounds the cost of suggestions.
    """
    line = targets.line_of(number, column)
    comment: list[_Ignore] = []
    parts = text.split(",")
    if len(parts) > MOST_CODES:
        message = f"a comment can ignore at most {MOST_CODES} codes"
        wrong.append(warning(Span(number, start, number, start), "unused-ignore", message))
    for part in parts[:MOST_CODES]:
        code = part.strip()
        at = start + len(part) - len(part.lstrip())
        span = Span(number, at, number, at + max(len(code), 1), source.label)
        start += len(part) + 1
        if code in CODES:
            comment.append(_Ignore(code, line, span))
        else:
            hint = did_you_mean(code, CODES, searches) or "for a list, run: mergecli explain"
            message = f"unknown code `{code}`"
            wrong.append(warning(span, "unused-ignore", message, hint))
    return comment


def _removal(source: Source, comment: _Comment) -> tuple[Edit, ...]:
    """Return the edit that removes the unused codes of a comment, or all of it if none is used."""
    number, column = comment[0].span.line, comment[0].span.column
    line = source.line(number)
    match = next(m for m in _FORM.finditer(line) if m.start() < column <= m.end())
    unused = {ignore.code for ignore in comment if not ignore.used}
    listed = [part.strip() for part in match[1].split(",")]
    left = [code for code in listed if code not in unused]
    if left:
        return (Edit(Span(number, match.start(1) + 1, number, match.end(1) + 1), ", ".join(left)),)
    before = line[: match.start()].rstrip()
    if before:
        return (Edit(Span(number, len(before) + 1, number, len(line) + 1), ""),)
    return (Edit(Span(number, 1, number + 1, 1), ""),)
