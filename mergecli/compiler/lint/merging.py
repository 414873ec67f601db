"""Several tensors made into one: what of it is hardly meant."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import Shape, text
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import CompleteCall, Graph, Network, Target


def single_merge(graph: Graph) -> Iterator[Diagnostic]:
    """A merge of one tensor gives that tensor."""
    if graph.merge is None:
        return
    node = graph.nodes[graph.merge]
    if (
        node.layer is not None
        and node.layer.merging is not None
        and node.listed
        and node.sources is not None
        and len(node.sources) == 1
    ):
        yield warning(
            node.span,
            "single-merge",
            f"`{node.cls}` of one branch changes nothing",
            "add a branch, or remove `merge`",
        )


def merge_itself(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """A tensor added to itself, or taken from itself."""
    for node, layer, sources in calls:
        if layer.merging == "adds" and len(sources) > 1 and len(set(sources)) == 1:
            message = f"`{node.name}` ({node.cls}) takes `{network.graph.label(sources[0])}` {len(sources)} times and nothing else"
            yield warning(
                node.span,
                "merge-itself",
                message,
                "name what it should be merged with, or remove it",
                note=node.trail,
            )


def merge_broadcast(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Tensors of different sizes that are added up: the smaller one is repeated until it fits.

    To scale by a smaller tensor is common; there only two that stretch each other are a trap.
    """
    for node, layer, sources in calls:
        if layer.merging not in ("adds", "scales"):
            continue
        shapes = [tensor.shape for target in sources for tensor in network.tensors(target)]
        result = network.results[node.index][0].shape
        if result is None or None in shapes:
            continue
        stretched = [
            place
            for place, shape in enumerate(shapes)
            if shape is not None and _stretches(shape, result)
        ]
        if stretched and (layer.merging == "adds" or len(stretched) == len(shapes)):
            names = _names(network, sources)
            parts = " and ".join(
                f"{names[place]}, {text(shapes[place])}," for place in stretched[:2]
            )
            message = f"`{node.name}` ({node.cls}) repeats {parts} until it fits {text(result)}"
            related = _related(network, sources, [text(shape) for shape in shapes])
            yield warning(
                node.span,
                "merge-broadcast",
                message,
                "give all that it takes one size",
                note=node.trail,
                related=related,
            )


def _stretches(shape: Shape, result: Shape) -> bool:
    """Whether a tensor of this shape is surely repeated; the batch axis aside.

    >>> _stretches((None, 1), (None, 8)), _stretches((None, 8), (None, 1, 8)), _stretches((None, 1), (None, None))
    (True, False, False)
    """
    own = (*(1,) * (len(result) - len(shape)), *shape[1:])
    return any(a == 1 and b is not None and b > 1 for a, b in zip(own, result[1:]))


def mixed_dtypes(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Whole numbers joined with floats: mostly ids that lack an embedding."""
    for node, layer, sources in calls:
        if layer.merging not in ("joins", "adds"):
            continue
        dtypes = [tensor.dtype or "" for target in sources for tensor in network.tensors(target)]
        whole = next(
            (place for place, dtype in enumerate(dtypes) if dtype.startswith(("int", "uint"))), None
        )
        real = next((place for place, dtype in enumerate(dtypes) if "float" in dtype), None)
        if whole is None or real is None:
            continue
        names = _names(network, sources)
        name, other = names[whole], names[real]
        message = f"`{node.name}` ({node.cls}) joins whole numbers with floats: {name} is {dtypes[whole]}, {other} is {dtypes[real]}"
        entrance = len(sources) == len(dtypes) and sources[whole].node in network.graph.inputs
        way = (
            f"give {name} the dtype {dtypes[real]}"
            if entrance
            else f"put `- ops.cast: {dtypes[real]}` behind {name}"
        )
        hint = f"ids need an `Embedding` first; if they are quantities, {way}"
        yield warning(
            node.span,
            "mixed-dtypes",
            message,
            hint,
            note=node.trail,
            related=_related(network, sources, dtypes),
        )


def _names(network: Network, sources: Sequence[Target]) -> list[str]:
    """What to call each tensor that a call takes."""
    return [
        f"`{network.graph.label(target)}`" for target in sources for _ in network.tensors(target)
    ]


def _related(
    network: Network, sources: Sequence[Target], facts: Sequence[str]
) -> tuple[Related, ...]:
    """Where each input comes from, and what is known of it."""
    found: dict[Span, Related] = {}
    given = iter(facts)
    for target in sources:
        for _ in network.tensors(target):
            fact = next(given)
            if target.constant is None:
                span = network.graph.nodes[target.node].span
                found.setdefault(span, Related(span, f"`{network.graph.label(target)}` is {fact}"))
    return tuple(found.values())
