"""One generator for each question about a graph or a network. A new rule is one function and one line in a list."""

from __future__ import annotations

from typing import Callable, Iterator, Sequence

from mergecli.compiler.lint import activations, axes, merging, wiring
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import CompleteCall, Graph, Network

__all__ = ["GRAPH_RULES", "NETWORK_RULES", "traps"]

#: What is asked of every graph that is sound so far.
GRAPH_RULES: list[Callable[[Graph], Iterator[Diagnostic]]] = [
    wiring.unused_inputs,
    wiring.unused_branches,
    wiring.unsafe_names,
    merging.single_merge,
]

#: What is asked of every network without errors, of which Keras would accept what is found.
NETWORK_RULES: list[Callable[[Network, Sequence[CompleteCall]], Iterator[Diagnostic]]] = [
    merging.merge_itself,
    merging.merge_broadcast,
    merging.mixed_dtypes,
    activations.double_activation,
    activations.lone_softmax,
    activations.dropped_output,
    axes.batch_axis,
    axes.dense_image,
    axes.channels_first,
    axes.idle_flatten,
]


def traps(network: Network) -> Iterator[Diagnostic]:
    """What is hardly meant in a network, each trap once for each place: a block that is used ten times has one mistake, not ten."""
    told: set[tuple[Span | None, str]] = set()
    # What comes from another model is that model's affair, and a layer that is used again is judged where it is written.
    own = (node for node in network.parts() if not node.origin and node.owner is None)
    calls = [
        CompleteCall(node, node.layer, node.sources)
        for node in own
        if node.layer is not None and node.sources
    ]
    for rule in NETWORK_RULES:
        for found in rule(network, calls):
            if (found.span, found.code) not in told:
                told.add((found.span, found.code))
                yield found
