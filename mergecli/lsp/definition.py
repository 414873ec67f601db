"""Where what a word stands for is given."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.meaning import block, meaning, variable
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.spec_names import Steps, block_of
from mergecli.syntax.grammar import BRANCH, WRAPPED, form_at


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
    value, steps = spot.scalar.value, spot.steps
    if not spot.is_key and is_path(steps):
        path = file_of(analysis, value)
        return Place(0, 0, path) if path is not None else None
    if not spot.is_key and "$" in value:
        known = variable(analysis, _word(analysis, offset), block_of(steps))
        result = known.scalar if known is not None else None
    elif not spot.is_key and grammar.refers(grammar.at(steps)):
        result = meaning(analysis, value, steps).scalar
    elif grammar.is_a(grammar.at(steps), "entry"):
        result = block(analysis, value)
    else:
        result = None
    if result is None:
        return None
    return Place(analysis.text.start(result.span), analysis.text.end(result.span))


def file_of(analysis: Analysis, name: str) -> str | None:
    """Return the path of a file that a spec names; None if there is no such file."""
    path = os.path.normpath(os.path.join(os.path.dirname(analysis.path), name))
    return path if "\0" not in path and os.path.isfile(path) else None


def is_path(steps: Steps) -> bool:
    """Whether a value is the path of a model that a branch, or a layer, has."""
    return (
        bool(steps)
        and form_at(steps[:-1]) in (BRANCH, WRAPPED)
        and steps[-1] in BRANCH.names
        and BRANCH.key(str(steps[-1])).form == "path"
    )


def _word(analysis: Analysis, offset: int) -> str:
    text = analysis.text.text
    before = re.search(r"\w*\Z", text[:offset])
    after = re.match(r"\w*", text[offset:])
    return (before[0] if before else "") + (after[0] if after else "")
