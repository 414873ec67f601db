"""The canonical text of a spec, as what has to be replaced for it."""

from __future__ import annotations

from mergecli.compiler.same_model import format_spec
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement, changed_lines


def reformatted(analysis: Analysis) -> Replacement | None:
    """Return the lines that change; None if there are none, or the text cannot be read."""
    new, _ = format_spec(analysis.source, analysis.customs) if analysis.is_spec else (None, [])
    if new is None:
        return None
    old = analysis.text.text
    # Where the lines end is for the editor to say, which has it in a setting of its own.
    return changed_lines(old, new.replace("\n", "\r\n") if "\r\n" in old else new)
