"""What is shown of the word under the cursor."""

from __future__ import annotations

import re
from typing import NamedTuple

from mergecli.catalog.reference import text_of
from mergecli.ir.graph import Call, Value
from mergecli.lsp.analysis import Analysis, Spot
from mergecli.lsp.hints import weights
from mergecli.lsp.meaning import meaning, nodes_at, shown
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.spec_names import block_of
from mergecli.syntax.grammar import BRANCH, ROLES, form_at


class Hover(NamedTuple):
    """What is shown, in Markdown, and the text between two offsets that it is about."""

    start: int
    end: int
    words: str


def hover(analysis: Analysis, offset: int, grammar: Grammar) -> Hover | None:
    """What is known of what stands at an offset."""
    spot = analysis.at(offset)
    if spot is None:
        return None
    parts = [
        _facts(analysis, spot),
        _reference(analysis, spot, grammar),
        _variables(analysis, spot),
        _words(spot, grammar),
    ]
    words = "\n\n".join(filter(None, parts))
    span = spot.scalar.span
    return Hover(analysis.text.start(span), analysis.text.end(span), words) if words else None


def _facts(analysis: Analysis, spot: Spot) -> str:
    """What the network says of the layer, block or branch whose name this is."""
    title, nodes, end = _subject(analysis, spot)
    if not nodes:
        return ""
    network = analysis.network_of(nodes[-1])
    inside = [node for node in nodes if node.index not in analysis.network_of(node).graph.inputs]
    sources = nodes[0].sources or () if len(inside) == 1 else ()
    shapes = [shown(analysis, target, network) for target in sources if target.constant is None]
    shape = shown(analysis, end, network)
    path = " → ".join(filter(None, (", ".join(filter(None, shapes)), shape)))
    return "  \n".join(filter(None, (title, path, weights(analysis, inside) if inside else "")))


def _subject(analysis: Analysis, spot: Spot) -> tuple[str, list[Call], Value | None]:
    """Return the title, the calls and the result of what has this name; no calls for other words."""
    value, network = str(spot.scalar.value), analysis.network
    if network is not None and spot.is_key and form_at((*spot.steps, value)) is BRANCH:
        branch = network.graph.branches.get(value)
        if branch is not None:
            nodes = [network.graph.nodes[index] for index in branch.nodes]
            return f"**branch `{value}`**", nodes, branch.end
    last = spot.steps[-1] if spot.steps else None
    if spot.is_key or isinstance(last, int) or last in (*ROLES, "use"):
        nodes = nodes_at(analysis, spot.scalar)
        name = f" `{nodes[0].name}`" if len(nodes) == 1 else ""
        return f"**{value}**{name}", nodes, Value(nodes[-1].index) if nodes else None
    return "", [], None


def _reference(analysis: Analysis, spot: Spot, grammar: Grammar) -> str:
    """What a reference stands for."""
    if spot.is_key or not isinstance(spot.scalar.value, str) or analysis.network is None:
        return ""
    schemas = grammar.at(spot.steps)
    if not grammar.refers(schemas):
        return ""
    _, target, network = meaning(analysis, spot.scalar.value, spot.steps)
    if target is None or network is None or target.producer < 0:
        return ""
    node = network.graph.nodes[target.producer]
    return "  \n".join(
        filter(
            None,
            (
                f"`{spot.scalar.value}` is {node.cls} `{node.name}`",
                shown(analysis, target, network),
            ),
        )
    )


def _variables(analysis: Analysis, spot: Spot) -> str:
    """The values of the variables in a text."""
    if not isinstance(spot.scalar.value, str) or "$" not in spot.scalar.value:
        return ""
    lines = []
    words = set(re.findall(r"[A-Za-z_]\w*", spot.scalar.value))
    for name in analysis.names:
        if (
            name.what == "variable"
            and name.name in words
            and name.scope in ("", block_of(spot.steps))
        ):
            place = analysis.by_place.get(name.scalar.span[:2])
            value = (
                text_of(place.value.data())
                if place is not None and place.value is not None
                else "?"
            )
            lines.append(f"`{name.name}` is `{value}`" + (" by default" if name.scope else ""))
    return "  \n".join(lines)


def _words(spot: Spot, grammar: Grammar) -> str:
    """What the language says of a key, or of the value that it has."""
    if not spot.is_key and (not spot.steps or isinstance(spot.steps[-1], int)):
        # An item that is a class without arguments.
        schemas = grammar.at((*spot.steps, str(spot.scalar.value)))
        return grammar.words(schemas) if any("title" in schema for schema in schemas) else ""
    steps = (*spot.steps, str(spot.scalar.value)) if spot.is_key else spot.steps
    return grammar.words(grammar.at(steps))
