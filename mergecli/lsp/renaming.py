"""Rename what a spec names, with all its references; the model stays the same."""

from __future__ import annotations

import re
from collections import Counter
from typing import Mapping

from mergecli.compiler.pipeline import Compiled
from mergecli.compiler.same_model import same_structure
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement, compiled_with
from mergecli.lsp.occurrences import Occurrence, occurrence_at, references, same_name
from mergecli.lsp.spec_names import scope_of
from mergecli.syntax.grammar import BLOCK_NAME
from mergecli.syntax.yaml_scalars import resolve

#: The names that need no quotes, by what has them; others are those of layers.
_FORMS: Mapping[str, tuple[str, str]] = {
    "variable": (r"[A-Za-z_]\w*", "letters, digits and `_`"),
    "block": (BLOCK_NAME, "a lower-case letter first, then letters, digits and `_`"),
}
_LAYER = (r"[A-Za-z0-9_][\w.>-]*", "letters, digits, `_`, `.`, `-` and `>`")


class CannotRename(Exception):
    """There is nothing to rename, or the new name cannot be used; the message says why."""


def renamable(analysis: Analysis, offset: int) -> Occurrence:
    """Return the name at an offset.

    Raises:
        CannotRename: There is none that the spec gives.
    """
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None:
        raise CannotRename("there is no name here that this spec gives")
    if "$" in occurrence.name.name:
        raise CannotRename("this name is computed from variables")
    return occurrence


def rename(analysis: Analysis, offset: int, new: str) -> list[Replacement]:
    """Return the edits that rename what is named at an offset.

    Names that follow from it change too: those of the layers in a block that is renamed, and of the
    layers of a branch that have no name. References to them are edited. The edited text is checked: it
    must describe the same model but for names, with the same diagnostics.

    Args:
        analysis: The text.
        offset: A place in the name, where it is given or used.
        new: The new name.

    Raises:
        CannotRename: There is no name, or the new one would change the model.
    """
    occurrence = renamable(analysis, offset)
    old = occurrence.name.name
    _check_form(occurrence, new)
    if new == old or analysis.compiled is None:
        return []
    edits = {
        (other.start, other.end): Replacement(other.start, other.end, new)
        for other in same_name(analysis, occurrence)
    }
    first = compiled_with(analysis, edits.values())
    made = _changed_names(analysis, first)
    if new in made:
        # A layer without a name makes way for one that is given.
        reason = f"that is the name of a layer, which would become `{made[new]}`"
        raise CannotRename(f"`{old}` cannot be renamed to `{new}`: {reason}")
    for reference in references(analysis):
        place = reference.start, reference.end
        if place not in edits and reference.text in made and not scope_of(reference.steps):
            edits[place] = Replacement(*place, made[reference.text])
    second = first if len(edits) == 1 else compiled_with(analysis, edits.values())
    _check_same(analysis.compiled, second, old, new)
    return [edits[place] for place in sorted(edits)]


def _check_form(occurrence: Occurrence, new: str) -> None:
    """Check that a name can be written without quotes.

    Raises:
        CannotRename: It cannot.
    """
    pattern, words = _FORMS.get(occurrence.name.what, _LAYER)
    if not re.fullmatch(pattern, new) or resolve(new) != new:
        raise CannotRename(f"`{new}` cannot be used as a name here: write {words}")


def _changed_names(analysis: Analysis, after: Compiled) -> dict[str, str]:
    """Return the names of layers that are others after an edit that changes no layer."""
    if analysis.network is None or after.partial is None:
        return {}
    before, now = analysis.network.graph.nodes, after.partial.graph.nodes
    if len(before) != len(now):
        return {}
    return {one.name: other.name for one, other in zip(before, now) if one.name != other.name}


def _check_same(before: Compiled, after: Compiled, old: str, new: str) -> None:
    """Check that a renamed spec describes the same model.

    Raises:
        CannotRename: It does not.
    """
    known = Counter(diagnostic.code for diagnostic in before.diagnostics)
    for diagnostic in after.diagnostics:
        known[diagnostic.code] -= 1
        if known[diagnostic.code] < 0:
            reason = diagnostic.message
            raise CannotRename(f"`{old}` cannot be renamed to `{new}`: {reason}")
    if before.partial is None or after.partial is None:
        raise CannotRename("fix the errors of this spec first")
    if not same_structure(before.partial, after.partial):
        raise CannotRename(f"`{new}` has another meaning where `{old}` is used")
