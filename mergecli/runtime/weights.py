"""The weights of saved models -> the model that is made of them. Only files that the checks have let pass are loaded."""

from __future__ import annotations

import contextlib
import tempfile
from typing import Any, Iterator

from mergecli.diagnostics.source import Source
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.subgraph_layers import SubgraphLayer


class NoWeights(Exception):
    """A file lacks weights that its config describes."""


def load_weights(model: Any, network: Network) -> None:
    """Give each layer that comes from a saved model the weights that it has there.

    Raises:
        NoWeights: a layer is not in the file, or its weights have other shapes.
    """
    _fill(model, network, {})


def _fill(model: Any, network: Network, loaded: dict[int, Any]) -> None:
    for node in network.parts():
        if node.owner is not None or node.index in network.graph.inputs or node.layer is None:
            continue
        if node.layer.module == "ops":
            continue
        if isinstance(node.layer, SubgraphLayer):
            _fill(model.get_layer(node.name), node.layer.network, loaded)
        elif node.saved is not None and node.saved.part.has_weights:
            part, path, _ = node.saved
            if id(part) not in loaded:
                loaded[id(part)] = source_model(part)
            copy_layer(
                find(loaded[id(part)], path, part),
                model.get_layer(node.name),
                f"`{'.'.join(path)}` of {part.name}",
            )


def source_model(part: EmbeddedModel) -> Any:
    """A saved model or an application as Keras makes it; nothing that it holds is run.

    Raises:
        NoWeights: Keras cannot load it.
    """
    import keras  # optional

    try:
        if part.role == "application":
            given = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in part.given.items()
            }
            with fresh_names():
                return getattr(keras.applications, part.name)(**{"weights": None, **given})
        if part.name.lower().endswith(".json"):
            return keras.models.model_from_json(Source.read(part.name).text)
        return keras.saving.load_model(part.name, compile=False, safe_mode=True)
    except Exception as problem:
        reason = str(problem).strip().split("\n")[0]
        raise NoWeights(f"{part.name} cannot be loaded: {reason}") from problem


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """Automatic names of layers as in a process that has made none; Keras counts them over the whole process."""
    from keras.src.backend.common import global_state  # optional

    key = "object_name_uids"
    before = global_state.get_global_attribute(key)
    global_state.set_global_attribute(key, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(key, before)


def find(model: Any, path: tuple[str, ...], part: EmbeddedModel) -> Any:
    """Return a layer by the names of the models that contain it, and its own.

    Raises:
        NoWeights: There is no such layer.
    """
    for name in path:
        inside = getattr(model, "_functional", None) or model
        # Operations are not layers, but have names, too.
        found = next(
            (
                operation
                for operation in getattr(inside, "operations", ())
                if operation.name == name
            ),
            None,
        )
        if found is None:
            found = next((layer for layer in model.layers if layer.name == name), None)
        if found is None:
            raise NoWeights(f"{part.name} has no layer `{name}` when Keras loads it")
        model = found
    return model


def fill_from(network: Network, layers: dict[int, Any], part: EmbeddedModel, model: Any) -> None:
    """Give the layers of a saved model or an application the weights that what was made of them has.

    `layers` are the Keras layers by the indices of the network's nodes.
    """
    for index, layer in layers.items():
        node = network.graph.nodes[index]
        if isinstance(node.layer, SubgraphLayer):
            inner = node.layer.network
            fill_from(inner, layers_by_index(inner, layer), part, model)
        elif (
            node.saved is not None
            and node.saved.part is part
            and node.owner is None
            and getattr(layer, "weights", None)
        ):
            copy_layer(layer, find(model, node.saved.path, part), f"`{node.name}`")


def layers_by_index(network: Network, model: Any) -> dict[int, Any]:
    """The layers of a model that was built of a network, by the indices of the nodes that own them."""
    nodes = [
        node
        for node in network.parts()
        if node.owner is None and node.layer is not None and node.layer.module != "ops"
    ]
    return {
        node.index: model.get_layer(node.name)
        for node in nodes
        if node.index not in network.graph.inputs
    }


def copy_layer(source: Any, target: Any, what: str) -> None:
    """Copy weights, vocabularies and statistics to a layer of the same class.

    Raises:
        NoWeights: The weights have other shapes.
    """
    if not source.built:
        return  # saved before it was built, it has learnt nothing
    theirs, ours = source.get_weights(), target.get_weights()
    if [weight.shape for weight in theirs] != [weight.shape for weight in ours]:
        shapes = ", ".join(str(weight.shape) for weight in theirs)
        raise NoWeights(
            f"{what} has weights of the shapes {shapes}, needed are {', '.join(str(weight.shape) for weight in ours)}"
        )
    if ours:
        target.set_weights(theirs)
    if hasattr(source, "save_assets") and hasattr(source, "get_vocabulary"):
        with tempfile.TemporaryDirectory() as folder:
            source.save_assets(folder)
            target.load_assets(folder)
    if hasattr(target, "finalize_state"):
        target.finalize_state()
