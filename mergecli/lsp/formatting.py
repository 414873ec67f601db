"""The canonical text of a spec, as what has to be replaced for it."""

from __future__ import annotations

from mergecli.compiler.same_model import format_spec
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement, changed_lines


def reformatted(analysis: Analysis) -> Replacement | None:
    """Return the lines that change; None if there are none, or the text cannot be read."""
    new, _ = format_spec(analysis.source, analysis.customs) if analysis.is_spec else (None, [])
    return changed_lines(analysis.text.text, new) if new is not None else None
