"""What a reference at a place stands for, and what is known of it."""

from __future__ import annotations

from typing import NamedTuple

from mergecli.catalog.shapes import text
from mergecli.ir.graph import Call, Network, Value
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.spec_names import LISTS, Name, Steps, base, scope_of
from mergecli.syntax.yaml_tree import Scalar

#: How many different shapes are shown of a layer in a block that is used several times.
MOST_SHAPES = 3


class Meaning(NamedTuple):
    """What a reference stands for, as far as it is known.

    Attributes:
        scalar: Where that is given.
        target: The result that it is.
        network: The network that has it.
    """

    scalar: Scalar | None
    target: Value | None
    network: Network | None = None


def meaning(analysis: Analysis, reference: str, steps: Steps) -> Meaning:
    """What a reference at a place stands for."""
    name, scope = base(reference), scope_of(steps)
    if name == "previous":
        return _previous(analysis, steps)
    scalar = _named(analysis, name, scope)
    if scalar is None and name == "input" and scope:
        return Meaning(block(analysis, scope), None)
    target = _target(analysis, name) if not scope else None
    if scalar is not None:
        if target is not None:
            return Meaning(scalar, target, analysis.network)
        return _of_nodes(analysis, scalar, analysis.named_nodes.get(scalar.span[:2], []))
    if target is None or analysis.network is None:
        return Meaning(None, None)
    spot = analysis.by_place.get(analysis.network.graph.nodes[target.producer].span[:2])
    return Meaning(spot.scalar if spot is not None else None, target, analysis.network)


def _of_nodes(analysis: Analysis, scalar: Scalar, nodes: list[Call]) -> Meaning:
    """Return that a scalar stands for the last of some nodes."""
    if not nodes:
        return Meaning(scalar, None)
    return Meaning(scalar, Value(nodes[-1].index), analysis.network_of(nodes[-1]))


def block(analysis: Analysis, name: str) -> Scalar | None:
    """Return where a block is given."""
    blocks = (n.scalar for n in analysis.by_name.get(name, ()) if n.what == "block")
    return next(blocks, None)


def variable(analysis: Analysis, name: str, scope: str) -> Name | None:
    """Return where a variable is given, a parameter of the block before one of the spec."""
    for known in reversed(analysis.by_name.get(name, ())):
        if known.what == "variable" and known.scope in ("", scope):
            return known
    return None


def _named(analysis: Analysis, name: str, scope: str) -> Scalar | None:
    """Return where a name is given: in the same block, or else outside of blocks."""
    known = [
        n
        for n in analysis.by_name.get(name, ())
        if n.what not in ("variable", "block", "head", "output")
    ]
    local = [n for n in known if n.scope == scope]
    if "/" not in scope:
        # A model in a layer sees nothing around it.
        local = local or [n for n in known if not n.scope]
    return local[0].scalar if local else None


def _target(analysis: Analysis, name: str) -> Value | None:
    """Return the result that a name outside of blocks stands for, as far as the graph goes."""
    if analysis.network is None:
        return None
    graph = analysis.network.graph
    if name in analysis.targets:
        return analysis.targets[name]
    if name in graph.branches:
        return graph.branches[name].end
    return Value(graph.merge) if name == "merge" and graph.merge is not None else None


def _previous(analysis: Analysis, steps: Steps) -> Meaning:
    """The entry before the one in which a place lies."""
    numbers = [
        index
        for index, step in enumerate(steps)
        if isinstance(step, int) and steps[index - 1] in LISTS
    ]
    if not numbers:
        return Meaning(None, None)
    entry = steps[: numbers[-1] + 1]
    before = (*entry[:-1], int(entry[-1]) - 1)
    for spot in analysis.spots:
        if spot.steps == before and (
            spot.scalar.span[:2] in analysis.nodes or spot.scalar.span[:2] in analysis.instances
        ):
            return _of_nodes(analysis, spot.scalar, nodes_at(analysis, spot.scalar))
    return Meaning(None, None)


def nodes_at(analysis: Analysis, scalar: Scalar) -> list[Call]:
    """The nodes of what stands at a place: of a layer's calls, of a block's instances, of a model's layers."""
    place = scalar.span[:2]
    return analysis.instances.get(place) or analysis.nodes.get(place, [])


def shapes_at(analysis: Analysis, scalar: Scalar) -> str:
    """Return the shape of what stands at a place, of a layer in a block those of all its uses."""
    nodes = [node for node in nodes_at(analysis, scalar) if node.cls != "InputLayer"]
    is_instance = scalar.span[:2] in analysis.instances
    if is_instance or not nodes or not nodes[0].location.via:
        nodes = nodes[-1:]
    found = (shown(analysis, Value(node.index), analysis.network_of(node)) for node in nodes)
    shapes = list(dict.fromkeys(filter(None, found)))
    return " | ".join([*shapes[:MOST_SHAPES], *["…"] * (len(shapes) > MOST_SHAPES)])


def shown(analysis: Analysis, target: Value | None, network: Network | None = None) -> str:
    """Return the shape of a result, or of several; nothing where it is not known.

    Args:
        analysis: The spec.
        target: The result.
        network: The network that has it, by default that of the spec.
    """
    network = network or analysis.network
    if target is None or network is None:
        return ""
    tensors = network.tensors(target)
    return (
        ", ".join(text(tensor.shape) for tensor in tensors)
        if all(tensor.shape is not None for tensor in tensors)
        else ""
    )
