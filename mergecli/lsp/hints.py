"""The shape after every layer."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.catalog.layer import parameters
from mergecli.ir.graph import Call, Value
from mergecli.lsp.analysis import Analysis, Spot
from mergecli.lsp.meaning import nodes_at, shown
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence

#: How many different shapes are shown of a layer in a block that is used several times.
MOST = 3


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
        is_instance = place in analysis.instances
        if not is_instance and place not in analysis.nodes:
            continue
        if not start <= analysis.text.place(*place) <= end:
            continue
        if is_instance:
            yield from _hint(analysis, spot, analysis.instances[place][-1:])
        else:
            nodes = [node for node in analysis.nodes[place] if node.cls != "InputLayer"]
            yield from _hint(
                analysis, spot, nodes if nodes and nodes[0].location.via else nodes[-1:]
            )


def _hint(analysis: Analysis, spot: Spot, nodes: list[Call]) -> Iterator[Hint]:
    shapes = list(
        dict.fromkeys(
            filter(
                None,
                (shown(analysis, Value(node.index), analysis.network_of(node)) for node in nodes),
            )
        )
    )
    if shapes:
        label = " | ".join(shapes[:MOST]) + (" | …" if len(shapes) > MOST else "")
        yield Hint(
            end_of_entry(analysis, spot), label, weights(analysis, nodes_at(analysis, spot.scalar))
        )


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
