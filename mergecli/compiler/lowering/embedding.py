"""A model that exists already becomes a part of the graph: its calls are copied in, under the names that they get there."""

from __future__ import annotations

import copy

from mergecli.catalog.layer import Inputs, Layer
from mergecli.compiler.lowering.references import Wires, Wiring
from mergecli.diagnostics.source import Span, Via
from mergecli.ir.graph import Call, Graph, Location
from mergecli.ir.subgraph_layers import through
from mergecli.ir.subgraphs import move


def embed(
    wiring: Wiring,
    sub: Graph,
    branch: str,
    prefix: str,
    feeds: dict[int, Wires],
    span: Span | None,
    via: tuple[Via, ...],
) -> dict[int, int]:
    """Copy all nodes of `sub` to the end of the graph; gives the new index of each.

    `feeds` says what comes in instead of some of its inputs; the others become inputs of the graph. `span` is where the nodes
    stand, if they do not stand in a text of their own, and `via` leads there.
    """
    graph = wiring.graph
    moved = {node.index: len(graph.nodes) + node.index for node in sub.nodes}
    layers: dict[int, Layer] = {}
    for node in sub.nodes:
        layer = node.layer
        if layer is not None:
            # Each copy of a model has layers of its own, shared within it as in the original.
            layer = layers.setdefault(id(layer), copy.copy(layer))
        location = node.location if span is None else Location(span, via=node.location.via)
        location = location._replace(via=via + location.via)
        new = Call(moved[node.index], node.cls, layer, location, branch)
        new.name, new.origin = prefix + node.name, node.name
        new.saved, new.options, new.listed, new.keywords = (
            node.saved,
            node.options,
            node.listed,
            node.keywords,
        )
        new.owner = moved[node.owner] if node.owner is not None else None
        new.sources = (
            [move(target, moved) for target in node.sources] if node.sources is not None else None
        )
        graph.nodes.append(new)
        wiring.add(new, "", new.place("name"))
        if node.index in feeds:
            gate(wiring, new, layer, feeds[node.index])
    graph.inputs += [moved[index] for index in sub.inputs if index not in feeds]
    for budget in sub.budgets:
        graph.budgets.append(
            budget._replace(nodes=[moved[index] for index in budget.nodes or moved])
        )
    return moved


def gate(wiring: Wiring, node: Call, expected: Layer | None, wires: Wires) -> None:
    """Let something come in at a node that was the input `expected` of a model, if it is alike."""
    wiring.hidden.add(node.index)
    node.layer, node.cls = (
        through(expected.results(Inputs(()))[0] if expected is not None else None),
        f"input of `{node.branch}`",
    )
    node.sources, wiring.wires[node.index] = None, wires
    span = wires.span or node.span
    node.location = node.location._replace(span=span, arguments={}, sources=wires.span)
