"""The shape after every layer."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.catalog.weights import parameters
from mergecli.ir.graph import Call
from mergecli.lsp.analysis import Analysis, Spot
from mergecli.lsp.meaning import nodes_at, shapes_at
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence


class Hint(NamedTuple):
    """A label that an editor shows after an offset, and what it shows on request."""

    offset: int
    label: str
    words: str


def hints(analysis: Analysis, start: int, end: int) -> Iterator[Hint]:
    """The hints between two offsets."""
    for spot in analysis.spots:
        mark = spot.scalar.start
        place = mark.line + 1, mark.column + 1
        if place not in analysis.instances and place not in analysis.nodes:
            continue
        if not start <= analysis.text.place(*place) <= end:
            continue
        label = shapes_at(analysis, spot.scalar)
        if label:
            words = weights(analysis, nodes_at(analysis, spot.scalar))
            yield Hint(end_of_entry(analysis, spot), label, words)


def weights(analysis: Analysis, nodes: list[Call]) -> str:
    """How many parameters nodes have, and what they compute."""
    homes = [(node.index, analysis.network_of(node)) for node in nodes]
    count = sum(parameters(network.weights[index]) for index, network in homes)
    macs = [network.macs[index] for index, network in homes]
    words = f"{len(nodes):,} layers, " if len(nodes) > 1 else ""
    words += f"{count:,} parameter{'' if count == 1 else 's'}"
    return words + (
        f", {sum(m for m in macs if m is not None):,} MACs"
        if any(macs) and None not in macs
        else ""
    )


def end_of_entry(analysis: Analysis, spot: Spot) -> int:
    """Where an entry ends on the line of its class: after its arguments if they are in one line, else after the colon."""
    text, end = analysis.text, analysis.text.end(spot.scalar.span)
    if not spot.is_key:
        return end
    colon = text.text.find(":", end)
    colon = colon + 1 if colon >= 0 and not text.text[end:colon].strip() else end
    value = spot.value
    if value is None or text.start(value.span) < end:
        # An alias is written in another place.
        return colon
    begin = text.start(value.span)
    flow = isinstance(value, (Mapping, Sequence)) and text.text[begin : begin + 1] in ("{", "[")
    if flow or (
        type(value) is Scalar
        and value.raw
        and text.position(begin).line == text.position(colon).line
    ):
        return text.end(value.span)
    return colon
