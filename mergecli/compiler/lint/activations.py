"""Activation functions that do nothing, or too much."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import axis, text
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, CompleteCall, Network

#: What sums up to one.
SOFTMAXES = ("softmax", "log_softmax", "sparsemax")
#: What gives numbers from 0 to 1, which another of them would squeeze again.
SHARES = ("sigmoid", "hard_sigmoid", "sparse_sigmoid", "softmax", "sparsemax")
#: What never gives less than zero.
NEVER_NEGATIVE = (*SHARES, "relu", "relu6", "softplus", "sparse_plus", "squareplus", "exponential")


def double_activation(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """An activation behind an activation, with nothing between them: the same again, or one that then does nothing.

    At the start of a block it is a trap only if every use of the block has it.
    """
    found: dict[Span, Diagnostic] = {}
    needed: set[Span] = set()
    for node, layer, sources in calls:
        if not layer.activates or len(sources) != 1 or sources[0].constant is not None:
            continue
        before = network.graph.nodes[sources[0].node]
        message = _doubled(node, layer, before)
        if message is None:
            needed.add(node.span)
        elif node.span not in found:
            related = (Related(before.place("activation"), "the first of the two"),)
            place = node.place("activation")
            found[node.span] = warning(
                place,
                "double-activation",
                message,
                "remove one of the two",
                note=node.trail,
                related=related,
            )
    yield from (diagnostic for span, diagnostic in found.items() if span not in needed)


def _doubled(node: Call, layer: Layer, before: Call) -> str | None:
    """What is wrong with a function behind another."""
    second = layer.function
    first = before.layer.function if second is not None and before.layer is not None else None
    if first is None:
        return None
    if first == second or (first in SHARES and second in SHARES):
        what = "again" if first == second else f"through `{second}`"
        return (
            f"`{node.name}` ({node.cls}) puts what `{before.name}` has put through `{first}` {what}"
        )
    if (second == "relu" and first in NEVER_NEGATIVE) or (second == "relu6" and first in SHARES):
        return f"`{node.name}` ({node.cls}) does nothing: `{before.name}` ends in `{first}`, which `{second}` leaves as it is"
    return None


def lone_softmax(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """A softmax over a single number, which is always one."""
    for node, layer, _ in calls:
        function = layer.function
        if function not in SOFTMAXES:
            continue
        shape = network.results[node.index][0].shape
        if shape is not None and all(shape[along] == 1 for along in axes_of(layer, len(shape))):
            number = 0 if function == "log_softmax" else 1
            message = f"`{node.name}` ({node.cls}) takes `{function}` over one number, {text(shape)}: that is always {number}"
            place = node.place("activation" if layer.activated else "axis")
            yield warning(
                place,
                "lone-softmax",
                message,
                "for one number between 0 and 1 take `sigmoid`",
                note=node.trail,
            )


def dropped_output(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Shares or probabilities as an output of the model, behind a dropout that sets some of them to zero while it is trained.

    A model may well end in a dropout if it is the body of another one; but not behind such an activation.
    """
    outputs = {
        target.node: network.graph.output_spans.get(target)
        for target in network.graph.outputs.targets
    }
    for node, layer, sources in calls:
        if not layer.drops or node.index not in outputs or not getattr(layer, "rate", 0.0) > 0:
            continue
        before = network.graph.nodes[sources[0].node]
        function = before.layer.function if before.layer is not None else None
        if function in (*SHARES, *SOFTMAXES):
            related = [Related(before.place("activation"), f"`{before.name}` ends in `{function}`")]
            span = outputs[node.index]
            related += [Related(span, "an output of the model")] if span is not None else []
            message = f"`{node.name}` ({node.cls}) sets values of an output to zero, at random, while the model is trained"
            hint = f"put it in front of `{before.name}`"
            yield warning(
                node.span, "dropped-output", message, hint, note=node.trail, related=tuple(related)
            )


def axes_of(layer: Layer, rank: int) -> Sequence[int]:
    """The axes along which a softmax or a concatenation goes, counted from the front."""
    given = getattr(layer, "axis", -1)
    if given is None:
        return range(rank)
    return [axis(index, rank) for index in ((given,) if isinstance(given, int) else given)]
