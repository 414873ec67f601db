"""Whether two specs describe the same model: checked before keys are moved or names change."""

from __future__ import annotations

from functools import partial

from mergecli.catalog.keras_object import KerasObject
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network
from mergecli.syntax.formatter import formatted


def format_spec(
    source: Source, customs: CustomLayers | None = None
) -> tuple[str | None, list[Diagnostic]]:
    """Format a spec, also moving keys that decide names of layers if the model stays the same.

    Args:
        source: The spec.
        customs: The user's own layers.

    Returns:
        See `syntax.formatter.formatted`.
    """
    return formatted(source, partial(same_model, customs=customs))


def same_model(one: Source, other: Source, customs: CustomLayers | None = None) -> bool:
    """Whether two specs have the same layers with the same names, in their correct parts."""
    networks = [compile_spec(source, customs=customs).partial for source in (one, other)]
    return (
        networks[0] is not None
        and networks[1] is not None
        and _facts(networks[0]) == _facts(networks[1])
    )


def same_structure(one: Network, other: Network) -> bool:
    """Whether two networks have the same calls in the same order, whatever their names are."""
    return _calls(one) == _calls(other)


def _calls(network: Network) -> tuple[object, ...]:
    """Return the calls of a network without names, and its outputs."""
    graph = network.graph
    calls = [
        (
            call.cls,
            call.layer and _shown(call.layer, ("name",)),
            list(map(repr, call.sources or ())),
            call.keywords,
            call.owner,
        )
        for call in graph.nodes
    ]
    return calls, graph.merge, list(map(repr, graph.outputs.targets))


def _facts(network: Network) -> tuple[object, ...]:
    """Return the layers of a network by their names, and its outputs."""
    graph = network.graph
    layers = {}
    for call in graph.nodes:
        sources = [graph.reference(target) for target in call.sources or ()]
        layers[call.name] = (call.cls, call.layer and _shown(call.layer), sources, call.keywords)
    outputs = graph.outputs
    return layers, outputs.names, [graph.reference(target) for target in outputs.targets]


def _shown(value: KerasObject, without: tuple[str, ...] = ()) -> object:
    """Return an object's class and arguments for comparison, without some of them."""
    return type(value), [
        (name, _shown(item) if isinstance(item, KerasObject) else repr(item))
        for name, item in sorted(value.explicit.items())
        if name not in without
    ]
