"""The files that a spec names, as links."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.definition import file_of, is_path


class Link(NamedTuple):
    """A name of a file between two offsets, and the path of the file."""

    start: int
    end: int
    path: str


def links(analysis: Analysis) -> Iterator[Link]:
    """Yield the specs and saved models that a spec names and that exist."""
    for spot in analysis.spots if analysis.is_spec else ():
        value = spot.scalar.value
        if not spot.is_key and isinstance(value, str) and is_path(spot.steps):
            path = file_of(analysis, value)
            if path is not None:
                span = spot.scalar.span
                yield Link(analysis.text.start(span), analysis.text.end(span), path)
