"""The canonical text of a spec, as what has to be replaced for it."""

from __future__ import annotations

from mergecli.compiler.same_model import format_spec
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement


def reformatted(analysis: Analysis) -> Replacement | None:
    """The lines that change; None if there are none, or the text cannot be read."""
    old = analysis.text.text
    new, _ = format_spec(analysis.source) if analysis.is_spec else (None, [])
    if new is None or new == old:
        return None
    # Lines that stay are left out, so that the cursor stays in them.
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
