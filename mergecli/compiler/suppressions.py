"""`# mergecli: ignore[code] reason`: findings that the author of a spec knows of.

At the end of a line the comment is about what begins on that line, alone on a line about the next line that is no comment,
and before the first line of content about the whole file.
"""

from __future__ import annotations

import re

from mergecli.diagnostics.codes import names
from mergecli.diagnostics.diagnostic import ERROR, Diagnostic, Edit, warning
from mergecli.diagnostics.source import Source, Span
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.syntax.yaml_reader import comments

#: What a text must hold for any of this to be worth the while.
WORD = "mergecli:"
_FORM = re.compile(r"#\s*mergecli:\s*(?:ignore\b\s*(?:\[([^\]]*)\])?)?")


class _Ignore:
    """One code of one comment, and the line it is about, None for all of its file."""

    def __init__(self, code: str, line: int | None, span: Span) -> None:
        self.code, self.line, self.span = code, line, span
        self.used = False


def sift(
    source: Source, diagnostics: list[Diagnostic]
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings that stay, with what is wrong with the comments themselves, and those that are ignored."""
    wanted, wrong = _read(source)
    # What is wrong with comments in included files is told where these are checked themselves.
    foreign = [group for other in source.included.values() for group in _read(other)[0]]
    kept: list[Diagnostic] = []
    ignored: list[Diagnostic] = []
    for diagnostic in diagnostics:
        matching = [
            ignore
            for group in (*wanted, *foreign)
            for ignore in group
            if _matches(ignore, diagnostic)
        ]
        for ignore in matching:
            ignore.used = True
        (ignored if matching else kept).append(diagnostic)
    # Where there are errors much is not judged, so that what is ignored may yet come.
    if not any(diagnostic.severity == ERROR for diagnostic in diagnostics):
        for group in wanted:
            for ignore in group:
                if not ignore.used:
                    where = "in this file" if ignore.line is None else f"on line {ignore.line}"
                    fix = _removal(source, group, [other for other in group if not other.used])
                    wrong.append(
                        warning(
                            ignore.span,
                            "unused-ignore",
                            f"there is no `{ignore.code}` {where} to ignore",
                            "remove it",
                            fix=fix,
                        )
                    )
    return kept + wrong, ignored


def _matches(ignore: _Ignore, diagnostic: Diagnostic) -> bool:
    span = diagnostic.span
    if (
        ignore.code != diagnostic.code
        or (span.path if span is not None else "") != ignore.span.path
    ):
        return False
    return ignore.line is None or (span is not None and span.line == ignore.line)


def _read(source: Source) -> tuple[list[list[_Ignore]], list[Diagnostic]]:
    """The codes to ignore, those of each comment together, and what is wrong with the comments."""
    known = names()
    groups: list[list[_Ignore]] = []
    wrong = []
    for number, column, text in comments(source, WORD):
        match = _FORM.search(text)
        if match is None:
            continue
        place = Span(number, column + match.start(), number, column + match.end(), source.label)
        if match[1] is None or not match[1].strip():
            form = "write `# mergecli: ignore[code] reason`"
            wrong.append(
                warning(
                    place,
                    "unused-ignore",
                    "this comment ignores nothing, as it names no code in brackets",
                    form,
                )
            )
            continue
        line = line_of(source, number, column)
        group: list[_Ignore] = []
        position = column + match.start(1)
        for part in match[1].split(","):
            code = part.strip()
            at = position + len(part) - len(part.lstrip())
            span = Span(number, at, number, at + max(len(code), 1), source.label)
            position += len(part) + 1
            if code in known:
                group.append(_Ignore(code, line, span))
            else:
                hint = did_you_mean(code, known) or "mergecli explain lists all"
                wrong.append(
                    warning(span, "unused-ignore", f"there is no code `{code}` to ignore", hint)
                )
        groups.append(group)
    return groups, wrong


def line_of(source: Source, number: int, column: int) -> int | None:
    """The line that a comment is about; None for the whole file."""
    if source.line(number)[: column - 1].strip():
        return number
    lines = source.lines
    if not any(_content(line) for line in lines[: number - 1]):
        return None
    following = (n for n, line in enumerate(lines[number:], number + 1) if _content(line))
    return next(following, number)


def _content(line: str) -> bool:
    """Whether a line says anything; the marks and directives of YAML do not."""
    return (
        line.strip() not in ("", "---")
        and not line.lstrip().startswith("#")
        and not line.startswith("%")
    )


def _removal(source: Source, group: list[_Ignore], unused: list[_Ignore]) -> tuple[Edit, ...]:
    """The edit that takes the unused codes out of a comment, or all of it where nothing is left."""
    number = group[0].span.line
    line = source.line(number)
    match = next(m for m in _FORM.finditer(line) if m.start() < group[0].span.column <= m.end())
    listed = [part.strip() for part in match[1].split(",")]
    left = [code for code in listed if code not in {ignore.code for ignore in unused}]
    if left:
        return (Edit(Span(number, match.start(1) + 1, number, match.end(1) + 1), ", ".join(left)),)
    before = line[: match.start()].rstrip()
    if before:
        return (Edit(Span(number, len(before) + 1, number, len(line) + 1), ""),)
    return (Edit(Span(number, 1, number + 1, 1), ""),)
