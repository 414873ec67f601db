"""Applications of Keras with weights, and the layers of the merged model that are made of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mergecli.catalog.layer import Layer
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import Hdf5
from mergecli.importers.keras.weight_lists import Listed
from mergecli.importers.keras.weights import (
    Grouped,
    listed_arrays,
)
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.subgraph_layers import SubgraphLayer, held_model, inner_layer
from mergecli.runtime.keras_settings import fresh_names
from mergecli.runtime.layer_weights import NoWeights, copy_layer, numbered, set_weights

if TYPE_CHECKING:
    import h5py
    import keras


def application(part: EmbeddedModel) -> keras.Model:
    """Return an application as Keras makes it, with the weights of the file that is given for it, if any.

    Raises:
        NoWeights: Keras cannot make it, or the weights are those of another model.
    """
    import keras  # optional

    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in part.given.items()
        if name != "weights"
    }
    try:
        with fresh_names():
            model = getattr(keras.applications, part.name)(weights=None, **given)
    except Exception as problem:
        reason = str(problem).strip().split("\n")[0]
        raise NoWeights(f"{part.name} cannot be made: {reason}") from problem
    path = part.weights_path
    if path is not None:
        try:
            _fill_application(model, path)
        except Unreadable as problem:
            raise NoWeights(f"{path} {problem.message}") from None
    return model


def _fill_from_groups(model: keras.Model, file: Hdf5, root: h5py.Group, path: str) -> None:
    """Give each layer of an application the weights of its group."""
    for name, layer in numbered(model.layers):
        group = file.group(f"layers/{name}", root)
        if group is None and layer.weights:
            raise NoWeights(f"{path} has no weights for `{layer.name}`")
        if group is not None:
            set_weights(layer, None, Grouped(file, group, None, ""), f"`{layer.name}` of {path}")


def _fill_application(model: keras.Model, path: str) -> None:
    """Give an application the weights of a file of weights, or of a saved model."""
    with (
        contextlib.closing(Container(path)) as container,
        contextlib.closing(container.weights()) as file,
    ):
        root = file.group("model_weights") or file.file
        names = file.strings(root, "layer_names")
        layers = [layer for layer in model.layers if layer.weights]
        if names is None:
            _fill_from_groups(model, file, root, path)
            return
        lists = {name: listed_arrays(file, root, name) for name in names}
        lists = {name: arrays for name, arrays in lists.items() if arrays}
        # Names that Keras makes differ from one process to the next; the order does not.
        by_name = {layer.name for layer in layers} == set(lists)
        if len(lists) != len(layers):
            raise NoWeights(
                f"{path} has weights for {len(lists)} layers, the application has {len(layers)} with weights"
            )
        for layer, name in zip(layers, lists):
            listed = Listed(lists[layer.name if by_name else name])
            set_weights(layer, None, listed, f"`{layer.name}` of {path}")


def find(model: keras.Model, path: tuple[str, ...], part: EmbeddedModel) -> keras.Layer:
    """Return a layer of an application by the names of the models that contain it, and its own.

    Raises:
        NoWeights: There is no such layer.
    """
    for name in path:
        # Operations are not layers, but have names, too.
        operations = getattr(model, "operations", ())
        found = next((operation for operation in operations if operation.name == name), None)
        if found is None:
            raise NoWeights(f"{part.name} has no layer `{name}` when Keras makes it")
        model = found
    return model


def fill_application(
    network: Network, layers: dict[int, keras.Layer], part: EmbeddedModel, model: keras.Model
) -> None:
    """Give the layers of an application the weights that what was made of them has.

    Args:
        network: The merged network.
        layers: The layers of Keras by the indices of the network's nodes.
        part: The application.
        model: The application as Keras makes it.
    """
    for index, layer in layers.items():
        node = network.graph.nodes[index]
        held = held_model(node.layer)
        if held is not None:
            inner = held.network
            layers_of_inner = layers_by_index(inner, unwrapped(layer, node.layer))
            fill_application(inner, layers_of_inner, part, model)
        elif (
            node.saved is not None
            and node.saved.part is part
            and node.owner is None
            and getattr(layer, "weights", None)
        ):
            copy_layer(layer, find(model, node.saved.path, part), f"`{node.name}`")


def unwrapped(made: keras.Layer, layer: Layer | None) -> keras.Model:
    """Return the model that Keras has made of the model in a layer.

    Args:
        made: What Keras has made of the layer.
        layer: A model, or a wrapper of one.
    """
    while layer is not None and not isinstance(layer, SubgraphLayer):
        layer, made = inner_layer(layer), made.layer
    return made


def layers_by_index(network: Network, model: keras.Model) -> dict[int, keras.Layer]:
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
