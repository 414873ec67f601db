"""Where what a word stands for is given."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.grammar import Grammar
from mergecli.lsp.meaning import meaning
from mergecli.lsp.names import scope_of


class Place(NamedTuple):
    """A stretch between two offsets of this text, or, with a `path`, the begin of another file."""

    start: int
    end: int
    path: str = ""


def definition(analysis: Analysis, offset: int, grammar: Grammar) -> Place | None:
    """Where the reference, block, variable or file at an offset is given."""
    spot = analysis.at(offset)
    if spot is None or not isinstance(spot.scalar.value, str):
        return None
    value, steps, scope = spot.scalar.value, spot.steps, scope_of(spot.steps)
    found = None
    if not spot.is_key and steps and steps[-1] in ("spec", "model") and steps[0] == "branches":
        path = os.path.normpath(os.path.join(os.path.dirname(analysis.path), value))
        return Place(0, 0, path) if os.path.isfile(path) else None
    if not spot.is_key and "$" in value:
        word = _word(analysis, offset)
        found = next(
            (
                n.scalar
                for n in reversed(analysis.names)
                if n.what == "variable" and n.name == word and n.scope in ("", scope)
            ),
            None,
        )
    elif not spot.is_key and grammar.refers(grammar.at(steps)):
        found = meaning(analysis, value, steps).scalar
    elif grammar.is_a(grammar.at(steps), "entry"):
        found = next(
            (n.scalar for n in analysis.names if n.what == "block" and n.name == value), None
        )
    if found is None:
        return None
    return Place(analysis.text.start(found.span), analysis.text.end(found.span))


def _word(analysis: Analysis, offset: int) -> str:
    text = analysis.text.text
    before = re.search(r"\w*$", text[:offset])
    behind = re.match(r"\w*", text[offset:])
    return (before[0] if before else "") + (behind[0] if behind else "")
