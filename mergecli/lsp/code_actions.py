"""Fixes that are safe to apply."""

from __future__ import annotations

from typing import NamedTuple

from mergecli.compiler import fixes
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.edits import Splice
from mergecli.lsp.analysis import Analysis


class Replacement(NamedTuple):
    """A text in place of what stands between two offsets."""

    start: int
    end: int
    text: str


def fix(analysis: Analysis, diagnostic: Diagnostic) -> list[Replacement]:
    """Return the edits that remove a diagnostic and cause no other, tried before they are offered; empty if there are none."""
    compiled = analysis.compiled
    if compiled is None or not diagnostic.fix:
        return []
    alone = [
        other if other is diagnostic else other._replace(fix=()) for other in compiled.diagnostics
    ]
    fixed = fixes.fix(compiled._replace(diagnostics=alone), customs=analysis.customs).fixed
    if fixed != [diagnostic]:
        return []
    splice = Splice.of(compiled.source.text, diagnostic.fix)
    pieces = splice.replacements if splice is not None else []
    return [
        Replacement(analysis.text.start(span), analysis.text.end(span), text)
        for span, text in pieces
    ]
