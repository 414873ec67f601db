"""Checks for an older Keras than the newest: its objects learn of it, and what it lacks is reported."""

from __future__ import annotations

from typing import Iterator

from mergecli.catalog.fields import NEWER_NAMES
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import spec_name
from mergecli.catalog.versions import NEWER_HINT, NEWEST, Version, is_newer, version_text
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.ir.graph import Call, Graph, Network, TrainingConfig
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.syntax.yaml_tree import Mapping, Tree

_METRIC_NAMES = "a metric of an output that is not named as its layer"


def aim(graph: Graph, version: Version) -> list[Diagnostic]:
    """Give a target to all objects of a graph.

    Args:
        graph: The graph, whose layers get the target.
        version: The target.

    Returns:
        An error for each class, argument and value that this version does not have.
    """
    if version >= NEWEST:
        return []
    return list(dict.fromkeys(_aim_graph(graph, version)))


def aim_training(
    config: TrainingConfig, tree: Tree | None, network: Network, version: Version
) -> list[Diagnostic]:
    """Give a target to the objects with which a model is compiled.

    Args:
        config: The objects.
        tree: The section `compile`; None for a saved model.
        network: The model.
        version: The target.

    Returns:
        An error for each class, argument and value that this version does not have.
    """
    entries = tree.entries if type(tree) is Mapping else ()
    spans = {str(key.value): value.span for key, value in entries}
    problems = [
        (key, what, since)
        for key, value in config._asdict().items()
        for _, what, since in lacks(value, version)
    ]
    metrics = next((key for key in ("metrics", "weighted_metrics") if getattr(config, key)), None)
    if metrics and is_newer("3.12", version) and _renames_outputs(network):
        problems.append((metrics, _METRIC_NAMES, "3.12"))
    return [
        error(spans.get(key), "newer-keras", _message(what, since, version), NEWER_HINT)
        for key, what, since in dict.fromkeys(problems)
    ]


def _renames_outputs(network: Network) -> bool:
    """Whether the outputs have other names than the layers that give them."""
    graph = network.graph
    calls = [graph.nodes[target.producer] for target in graph.outputs.targets]
    layers = [call if call.owner is None else graph.nodes[call.owner] for call in calls]
    return graph.outputs.names not in (None, [layer.name for layer in layers])


def _aim_graph(graph: Graph, version: Version) -> Iterator[Diagnostic]:
    for call in graph.nodes:
        if isinstance(call.layer, SubgraphLayer):
            yield from _aim_graph(call.layer.network.graph, version)
        elif call.layer is not None:
            for argument, what, since in lacks(call.layer, version):
                yield _diagnostic(call, argument, what, since, version)

    if is_newer("3.14", version):
        for call in _unused_inputs(graph):
            yield _diagnostic(
                call, None, f"`{call.name}`, an input of which nothing is made,", "3.14", version
            )


def _unused_inputs(graph: Graph) -> Iterator[Call]:
    """Yield the inputs of a model to which no layer of it is applied."""
    needed = graph.needed()
    used = {producer for call in graph.nodes if needed[call.index] for producer in call.parents}
    for index in graph.inputs:
        if index not in used:
            yield graph.nodes[index]


def _diagnostic(
    call: Call, argument: str | None, what: str, since: str, version: Version
) -> Diagnostic:
    span = call.place(argument)
    return error(span, "newer-keras", _message(what, since, version), NEWER_HINT, note=call.context)


def _message(what: str, since: str, version: Version) -> str:
    return f"{what} needs Keras {since}; the target is Keras {version_text(version)}"


def lacks(
    value: object, version: Version, place: str | None = None
) -> Iterator[tuple[str | None, str, str]]:
    """Give a target to an object and to those in it.

    Yields:
        What the version does not have: the argument of the outermost object in which it is, what
        it is, and since when Keras has it.
    """
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from lacks(item, version, place)
    elif isinstance(value, dict):
        for item in value.values():
            yield from lacks(item, version, place)
    elif isinstance(value, SubgraphLayer):
        for call in value.network.graph.nodes:
            yield from ((place, what, since) for _, what, since in lacks(call.layer, version))
    elif isinstance(value, KerasObject):
        value.keras_version = version
        cls = type(value)
        name = spec_name(cls)
        if is_newer(cls.since, version):
            yield place, f"`{name}`", cls.since
            return
        for argument, given in value.explicit.items():
            since = cls.newer.get(argument)
            if since is not None and is_newer(since, version):
                yield place or argument, f"`{name}.{argument}`", since
            since = _since(cls, argument, given)
            if since is not None and is_newer(since, version):
                yield place or argument, f"`{argument}: {given}` of `{name}`", since
            yield from lacks(given, version, place or argument)


def _since(cls: type[KerasObject], argument: str, value: object) -> str | None:
    """Return since when Keras takes a name as the value of an argument; None if it always has."""
    if not isinstance(value, str) or argument not in cls.arguments:
        return None
    newer = cls.newer_values.get(argument, {})
    return newer.get(value) or (
        NEWER_NAMES.get(value) if value in cls.arguments[argument].names else None
    )
