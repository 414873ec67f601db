"""Compare each source model with its part of the merged model, on the same numbers."""

from __future__ import annotations

import os
import tempfile
from math import prod
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, NamedTuple

from mergecli.compiler.pipeline import compile_spec
from mergecli.compiler.settings import installed_keras
from mergecli.diagnostics.source import Source
from mergecli.importers import keras as saved
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Call, EmbeddedModel, Network, Outputs, Value
from mergecli.ir.inference import infer
from mergecli.ir.subgraph_layers import (
    Placeholder,
    SubgraphLayer,
    held_model,
    wrapped_model,
    wrappers,
)
from mergecli.runtime.application_weights import (
    application,
    fill_application,
    find,
    layers_by_index,
    unwrapped,
)
from mergecli.runtime.build import Built, construct
from mergecli.runtime.keras_settings import deep_graphs
from mergecli.runtime.layer_weights import copy_layer
from mergecli.runtime.random_inputs import (
    Unverifiable,
    allowed,
    difference,
    first_fitting,
    reset_states,
    run,
)

if TYPE_CHECKING:
    import keras
    import numpy as np

__all__ = ["Report", "Row", "Unverifiable", "verify"]


class Row(NamedTuple):
    """A branch: its model, if it is one, the largest difference, what is allowed, and its parameters."""

    branch: str
    model: str
    difference: float | None
    allowed: float
    trainable: int
    frozen: int

    @property
    def agrees(self) -> bool:
        return self.difference is None or self.difference <= self.allowed


class Report(NamedTuple):
    """What came of it: a row for each branch, one for what stands outside of all, and the difference after saving and loading."""

    rows: list[Row]
    reloaded: float
    allowed: float

    @property
    def agrees(self) -> bool:
        return self.reloaded <= self.allowed and all(row.agrees for row in self.rows)


def verify(
    network: Network, customs: Mapping[str, object] | None = None, seed: int = 0, samples: int = 2
) -> Report:
    """Compare, on seeded random numbers, each model of which a branch is made with what has become of it.

    A saved model is read again and built by itself; a spec and a model without weights get those of the merged model, by the
    names of the layers. The merged model is saved, loaded, and compared with itself.

    Raises:
        Refusal, Disagreement, NoWeights: as `construct` does.
        Unverifiable: no random numbers fit the inputs.
    """
    import keras  # optional

    built = construct(network, customs=customs)
    with (
        deep_graphs(len(network.graph.nodes)),
        keras.saving.custom_object_scope(dict(customs or {})),
    ):
        jobs = [*_jobs(network), *_jobs_in_layers(network)]
        # Whatever is computed, the numbers must fit the whole model.
        outputs = [_tensor(built, target) for target in network.graph.outputs.targets]
        wanted = [
            _tensor(built, target) for job in jobs for target in (job.end, *job.feeds.values())
        ] + outputs
        inputs, values = _run(network, built, wanted, seed, samples)
        rows = []
        for job in jobs:
            end, *fed = values[: 1 + len(job.feeds)]
            del values[: 1 + len(job.feeds)]
            separate = _separate(network, built, job, dict(zip(job.feeds, fed)), customs)
            rows.append((job, job.part.name, difference(end, separate), allowed(end)))
        counts = _counts(network, built)
        known = {job.branch: tuple(found) for job, *found in rows if not job.steps}
        missing: Any = ("", None, 0.0)
        table = [Row(*(branch, *known.get(branch, missing), *counts[branch])) for branch in counts]
        for job, model, gap, limit in rows:
            if job.steps:
                own = _counts_of([built.layers[job.end.producer]], built)
                table.append(Row(job.branch, model, gap, limit, *own))
        reset_states(built.model)
        before = run(built.model, inputs)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.keras")
            built.model.save(path)
            after = run(keras.saving.load_model(path, compile=False, safe_mode=True), inputs)
        reloaded = max((difference(a, b) for a, b in zip(before, after)), default=0.0)
        return Report(table, reloaded, max(map(allowed, before), default=0.0))


class _Job(NamedTuple):
    """A branch that is a model: where it ends in the merged network, and what goes into it, by the names of its own inputs."""

    branch: str
    part: EmbeddedModel
    end: Value
    feeds: dict[str, Value]
    #: The node at which the model ends, and which of its results; in a nested model it is in that.
    last: Call
    result: int | None
    #: How many axes of steps there are between the batch and what the model takes, if a layer applies it.
    steps: int = 0


def _jobs(network: Network) -> Iterator[_Job]:
    graph = network.graph
    for branch, part in graph.parts.items():
        if part.end is None or not network.needed[part.end.producer]:
            continue
        node = graph.nodes[part.end.producer]
        if isinstance(node.layer, SubgraphLayer):
            inner = node.layer.network.graph
            feeds = {
                inner.nodes[index].name: source
                for index, source in zip(inner.inputs, node.sources or ())
            }
            (last, result), *_ = [
                (target.producer, target.result) for target in inner.outputs.targets
            ]
            yield _Job(branch, part, Value(node.index, 0), feeds, inner.nodes[last], result)
        else:
            feeds = {
                name: _source(network, index)
                for name, index in part.inputs.items()
                if _known(network, index)
            }
            yield _Job(branch, part, part.end, feeds, node, part.end.result)


def _jobs_in_layers(network: Network) -> Iterator[_Job]:
    """Yield the models that layers apply, under the names of the layers."""
    for node in network.parts():
        model = wrapped_model(node.layer)
        if model is None or model.part is None or node.owner is not None:
            continue
        inner = model.network.graph
        (target,), (start,) = inner.outputs.targets, inner.inputs
        feeds = dict(zip([inner.nodes[start].name], node.sources or ()))
        end, last = Value(node.index, 0), inner.nodes[target.producer]
        yield _Job(node.name, model.part, end, feeds, last, target.result, wrappers(node.layer))


def _known(network: Network, index: int) -> bool:
    """Whether the merged model has an input of a part, which may have been cut off."""
    return network.needed[index] or isinstance(network.graph.nodes[index].layer, Placeholder)


def _source(network: Network, index: int) -> Value:
    """What goes into an input of a part: the input itself, or what it is fed with."""
    target = Value(index)
    while isinstance(network.graph.nodes[target.producer].layer, Placeholder):
        target = (network.graph.nodes[target.producer].sources or [])[0]
    return target


def _tensor(built: Built, target: Value) -> keras.KerasTensor:
    return built.tensors[target.producer][target.result or 0]


def _run(
    network: Network, built: Built, wanted: list[keras.KerasTensor], seed: int, samples: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return random inputs, and the values that tensors of the merged model have for them."""
    model = _model(built.model.inputs, wanted)
    return first_fitting(network, seed, samples, lambda inputs: run(model, inputs))


def _model(
    inputs: list[keras.KerasTensor], outputs: keras.KerasTensor | list[keras.KerasTensor]
) -> keras.Model:
    """Return a model that takes a list only if it has several inputs."""
    import keras  # optional

    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs)


def _separate(
    network: Network,
    built: Built,
    job: _Job,
    fed: dict[str, np.ndarray],
    customs: Mapping[str, object] | None,
) -> np.ndarray:
    """Return what the model of a branch, or of each step, computes on its own."""
    if not job.steps:
        return _once(network, built, job, fed, customs)
    outer = next(iter(fed.values())).shape[: 1 + job.steps]
    rows = {name: value.reshape((-1, *value.shape[1 + job.steps :])) for name, value in fed.items()}
    found = _once(network, built, job, rows, customs)
    return found.reshape((*outer, *found.shape[1:]))


def _once(
    network: Network,
    built: Built,
    job: _Job,
    fed: dict[str, np.ndarray],
    customs: Mapping[str, object] | None,
) -> np.ndarray:
    """Return what a model computes on its own."""

    if job.part.role == "spec":
        return _spec_alone(network, built, job, fed, customs)
    if job.part.role == "model":
        return _model_alone(network, built, job, fed, customs)
    model = application(job.part)
    if not job.part.has_weights:
        fill_application(network, built.layers, job.part, model)
    # Keras numbers the names of inputs over the whole process.
    fed = dict(zip([tensor.name for tensor in model.inputs], fed.values()))
    inputs = [fed[tensor.name] for tensor in model.inputs]
    place = job.last.saved
    assert place is not None
    layer = find(model, place.path, job.part)
    call = _calls(model, layer)[place.calls[-1]]
    return run(_model(model.inputs, call.output_tensors[job.result or 0]), inputs)[0]


def _model_alone(
    network: Network,
    built: Built,
    job: _Job,
    fed: dict[str, np.ndarray],
    customs: Mapping[str, object] | None,
) -> np.ndarray:
    """Return what a saved model computes on its own."""
    part = EmbeddedModel("model", job.part.name, job.part.given, job.part.in_file)
    own, _ = infer(saved.graph(saved.parse(saved.read(part.name)), part))
    calls = {(node.saved.path, node.saved.calls): node for node in own.graph.nodes if node.saved}
    place = job.last.saved
    assert place is not None
    end = calls[place.path, place.calls].index
    return _alone(network, built, job, own, end, fed, customs)


def _alone(
    network: Network,
    built: Built,
    job: _Job,
    own: Network,
    end: int,
    fed: dict[str, np.ndarray],
    customs: Mapping[str, object] | None,
) -> np.ndarray:
    """Return what a network computes at a call; without weights of its own it gets those of the merged model."""
    graph = own.graph
    inputs = [index for index in graph.inputs if graph.nodes[index].name in fed]
    outputs = Outputs([Value(end, job.result)], single=True)
    own = own.with_graph(graph.replace(outputs=outputs, inputs=inputs))
    alone = construct(own, customs=customs)
    if not job.part.has_weights:
        _copy_weights(_layers(network, built, job), own, alone)
    given = [fed[tensor.name] for tensor in alone.model.inputs]
    return run(alone.model, given)[0]


def _copy_weights(layers: Mapping[str, keras.Layer], own: Network, alone: Built) -> None:
    """Give the layers of a model on its own the weights of those of the merged model, by the names that they have in it."""
    for index, layer in alone.layers.items():
        node = own.graph.nodes[index]
        if node.owner is None and getattr(layer, "weights", None):
            copy_layer(layers[node.name], layer, f"`{node.name}`")


def _calls(model: keras.Model, layer: keras.Layer) -> list[keras.src.ops.node.Node]:
    """Keras's nodes of the calls of a layer in a model; a chain keeps them in the functional model that it makes of itself."""
    inside = getattr(model, "_functional", None) or model
    own = {id(node) for nodes in inside._nodes_by_depth.values() for node in nodes}
    return [node for node in layer._inbound_nodes if id(node) in own]


def _spec_alone(
    network: Network,
    built: Built,
    job: _Job,
    fed: dict[str, np.ndarray],
    customs: Mapping[str, object] | None,
) -> np.ndarray:
    """Return what a spec computes on its own, with the weights of the merged model."""
    source, variables = Source.read(job.part.name), dict(job.part.given)
    compiled = compile_spec(source, variables, CustomLayers(customs or ()), installed_keras())
    own = compiled.network
    assert own is not None, "a part of a sound spec is sound"
    names = {node.name: node for node in own.graph.nodes}
    end = names[job.last.origin or job.last.name].index
    return _alone(network, built, job, own, end, fed, customs)


def _layers(network: Network, built: Built, job: _Job) -> dict[str, keras.Layer]:
    """The Keras layers of a part by the names that they have in its own spec."""
    end = network.graph.nodes[job.end.producer]
    model = held_model(end.layer)
    if model is not None:
        inner, made = model.network, unwrapped(built.layers[end.index], end.layer)
        return {
            inner.graph.nodes[index].name: layer
            for index, layer in layers_by_index(inner, made).items()
        }
    nodes = (network.graph.nodes[index] for index in built.layers)
    return {
        node.origin: built.layers[node.index]
        for node in nodes
        if node.origin and node.branch == job.branch
    }


def _counts(network: Network, built: Built) -> dict[str, tuple[int, int]]:
    """Trainable and frozen parameters of each branch, and of what is in none, as Keras counts them."""
    layers: dict[str, list[keras.Layer]] = {name: [] for name in network.graph.branches}
    for index, layer in built.layers.items():
        node = network.graph.nodes[index]
        if node.owner is None and hasattr(layer, "weights"):
            layers.setdefault(node.branch or "", []).append(layer)
    return {name: _counts_of(found, built) for name, found in layers.items()}


def _counts_of(layers: Iterable[keras.Layer], built: Built) -> tuple[int, int]:
    """Trainable and frozen parameters of layers, as Keras counts them."""
    trained = {id(weight) for weight in built.model.trainable_variables}
    count = [0, 0]
    for layer in layers:
        for weight in layer.weights:
            count[0 if id(weight) in trained else 1] += _size(weight)
    return count[0], count[1]


def _size(weight: keras.Variable) -> int:
    return prod(weight.shape)
