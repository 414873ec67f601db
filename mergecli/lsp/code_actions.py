"""Fixes that are safe to apply, and comments that ignore a diagnostic."""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple

from mergecli.compiler import fixes
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.edits import Splice
from mergecli.diagnostics.source import Source
from mergecli.lsp.analysis import Analysis, once

#: The end of a line with a comment that ignores something.
_IGNORES = re.compile(r"(#\s*mergecli:\s*ignore\s*\[[^\]]*)\]")


class Replacement(NamedTuple):
    """A text in place of what stands between two offsets."""

    start: int
    end: int
    text: str


def fix(analysis: Analysis, diagnostic: Diagnostic) -> list[Replacement]:
    """Return the edits that remove a diagnostic and cause no other, tried before they are offered; empty if there are none."""
    compiled = analysis.compiled
    if compiled is None or not fixes.is_safe(compiled, diagnostic, analysis.customs):
        return []
    splice = Splice.of(compiled.source.text, diagnostic.fix)
    pieces = splice.replacements if splice is not None else []
    return [
        Replacement(analysis.text.start(span), analysis.text.end(span), text)
        for span, text in pieces
    ]


@once
def fix_all(analysis: Analysis) -> Replacement | None:
    """Return the lines that all safe fixes change; None if there are none."""
    compiled = analysis.compiled
    if compiled is None or not any(diagnostic.fix for diagnostic in compiled.diagnostics):
        return None
    after = fixes.fix(compiled, customs=analysis.customs).compiled.source.text
    mark = analysis.text.text[: len(analysis.text.text) - len(compiled.source.text)]
    return changed_lines(analysis.text.text, mark + after)


def changed_lines(old: str, new: str) -> Replacement | None:
    """Return the lines of a text that become others, so that the cursor stays in those that do not.

    >>> changed_lines("a\\nb\\nc\\n", "a\\nx\\nc\\n")
    Replacement(start=2, end=4, text='x\\n')
    """
    if new == old:
        return None
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    most = min(len(before), len(after))
    head = next((place for place in range(most) if before[place] != after[place]), most)
    tail = next(
        (place for place in range(most - head) if before[-1 - place] != after[-1 - place]),
        most - head,
    )
    start = sum(map(len, before[:head]))
    end = len(old) - sum(map(len, before[len(before) - tail :]))
    return Replacement(start, end, "".join(after[head : len(after) - tail]))


def ignore(analysis: Analysis, diagnostic: Diagnostic) -> Replacement | None:
    """Return the comment that ignores a warning on its line, tried before it is offered.

    An error is not ignored: a spec with one cannot be built, whatever a comment says.
    """
    span, compiled = diagnostic.span, analysis.compiled
    if compiled is None or span is None or span.path or diagnostic.is_error:
        return None
    text = analysis.text.text
    start = analysis.text.place(span.line, 1)
    line = text[start:].split("\n", 1)[0].rstrip("\r")
    known = _IGNORES.search(line)
    if known:
        edit = Replacement(start + known.end(1), start + known.end(1), f", {diagnostic.code}")
    else:
        end = start + len(line.rstrip())
        edit = Replacement(end, end, f"  # mergecli: ignore[{diagnostic.code}]")
    # The comment may be inside of a string of several lines.
    after = compiled_with(analysis, [edit])
    return edit if len(after.diagnostics) < len(compiled.diagnostics) else None


def compiled_with(analysis: Analysis, edits: Iterable[Replacement]) -> Compiled:
    """Check the text after some edits, which do not overlap."""
    text = analysis.text.text
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    source = Source(text.removeprefix("\ufeff"), analysis.path)
    return compile_spec(source, {}, analysis.customs, analysis.target)
