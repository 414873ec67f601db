"""Embedding: copying the calls of a model into the graph, with new names."""

from __future__ import annotations

import copy

from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs
from mergecli.compiler.lowering.context import Lowering, Sources
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, Graph, Location
from mergecli.ir.subgraph_layers import through
from mergecli.ir.subgraphs import move


def embed(
    context: Lowering,
    sub: Graph,
    branch: str,
    prefix: str,
    feeds: dict[int, Sources],
    span: Span | None,
) -> dict[int, int]:
    """Copy all calls of a model to the end of the graph.

    Args:
        context: The spec.
        sub: The graph of the model.
        branch: The branch that it becomes.
        prefix: A prefix for the names of its layers.
        feeds: The tensors that replace some of its inputs; the others become inputs of the graph.
        span: The place of all its calls; None if they have places in their own text.

    Returns:
        The new index of each call.
    """
    graph = context.graph
    moved = {call.index: len(graph.nodes) + call.index for call in sub.nodes}
    layers: dict[int, Layer] = {}
    for call in sub.nodes:
        layer = call.layer
        if layer is not None:
            # Each copy of a model has layers of its own, shared within it as in the original.
            layer = layers.setdefault(id(layer), copy.copy(layer))
        location = call.location if span is None else Location(span, via=call.location.via)
        location = location._replace(via=context.sink.via + location.via)
        new = graph.call(call.cls, layer, location, branch)
        new.name, new.origin = prefix + call.name, call.name
        new.saved, new.options = call.saved, call.options
        new.listed, new.keywords = call.listed, call.keywords
        new.owner = moved[call.owner] if call.owner is not None else None
        if call.sources is not None:
            new.sources = [move(target, moved) for target in call.sources]
        context.names.add("", new.place("name"))
        if call.index in feeds:
            feed_input(context, new, layer, feeds[call.index])
    graph.inputs += [moved[index] for index in sub.inputs if index not in feeds]
    for budget in sub.budgets:
        calls = [moved[index] for index in budget.nodes or moved]
        graph.budgets.append(budget._replace(nodes=calls))
    return moved


def feed_input(context: Lowering, call: Call, expected: Layer | None, sources: Sources) -> None:
    """Replace an input of a model with a tensor.

    Args:
        context: The spec.
        call: The call of the input, which then passes the tensor on.
        expected: The input layer that it was, which the tensor must match.
        sources: The tensor.
    """
    context.names.hidden.add(call.index)
    call.layer = through(expected.results(Inputs(()))[0] if expected is not None else None)
    call.cls = f"input of `{call.branch}`"
    call.sources, context.names.sources[call.index] = None, sources
    span = sources.span or call.span
    call.location = call.location._replace(span=span, arguments={}, sources=sources.span)
