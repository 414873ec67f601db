"""Where Keras keeps each layer of a model in a file of weights: `layers/dense_1`, in the order of `model.layers`."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from mergecli.catalog.layer import snake_case
from mergecli.importers.keras.saved_model import Saved, SavedCall
from mergecli.ir.graph import Call, Network
from mergecli.ir.naming import GroupNames
from mergecli.ir.subgraph_layers import SubgraphLayer, held_model, wrapped_model, wrappers

#: The paths to the nodes of layers, by the names of the models that contain each and its own.
_Paths = dict[tuple[str, ...], tuple[int, ...]]


class Slot(NamedTuple):
    """A place in the file, and the path to the node of the layer that is kept there, through the models in the model."""

    place: str
    path: tuple[int, ...]


def of_network(network: Network, before: str = "", path: tuple[int, ...] = ()) -> list[Slot]:
    """The places of the layers of a model that is built of a network."""
    result: list[Slot] = []
    groups = GroupNames()
    for index in layer_order(network):
        node = network.graph.nodes[index]
        place = f"{before}layers/{groups.name(of_class(node))}"
        model = held_model(node.layer)
        if model is not None:
            inside = place + "/layer" * wrappers(node.layer)
            result += of_network(model.network, f"{inside}/", (*path, index))
        else:
            result.append(Slot(place, (*path, index)))
    return result


def of_saved(saved: Saved, network: Network) -> list[Slot]:
    """The places of the layers of a saved model, which stand in its config in this order; `network` is the unfolded model."""
    nodes: _Paths = {}
    _collect(network, (), nodes)
    return list(_of_saved(saved, "", (), nodes))


def _collect(network: Network, path: tuple[int, ...], nodes: _Paths) -> None:
    """Note the path to the node of each layer of a saved model, and of the models in its layers."""
    for node in network.graph.nodes:
        model = wrapped_model(node.layer)
        if model is not None:
            _collect(model.network, (*path, node.index), nodes)
        elif node.saved is not None:
            nodes.setdefault(node.saved.path, (*path, node.index))


def _of_saved(saved: Saved, before: str, path: tuple[str, ...], nodes: _Paths) -> Iterable[Slot]:
    groups = GroupNames()
    for name, call in _first(saved.calls).items():
        if call.layer is not None and call.layer.module == "ops":
            continue
        cls = "functional" if call.nested is not None and call.cls == "Model" else None
        keras_name = getattr(type(call.layer), "keras_name", "") if call.layer is not None else ""
        place = f"{before}layers/{groups.name(cls or keras_name or call.cls.rpartition('>')[2])}"
        if call.nested is not None:
            yield from _of_saved(call.nested, f"{place}/", (*path, name), nodes)
        elif call.wrapped is not None:
            inside = place + "/layer" * wrappers(call.layer)
            yield from _of_saved(call.wrapped, f"{inside}/", (*path, name), nodes)
        elif (*path, name) in nodes:
            yield Slot(place, nodes[(*path, name)])


def _first(calls: list[SavedCall]) -> dict[str, SavedCall]:
    """The first call of each layer."""
    result: dict[str, SavedCall] = {}
    for call in calls:
        result.setdefault(call.name, call)
    return result


def of_class(node: Call) -> str:
    """What a file calls the layers of a node's class."""
    if isinstance(node.layer, SubgraphLayer):
        return "functional"
    return snake_case(
        getattr(type(node.layer), "keras_name", "") or type(node.layer).__name__.rpartition(">")[2]
    )


def layer_order(network: Network) -> list[int]:
    """The nodes that own the layers of a model, in the order of Keras's `model.layers`, its inputs among them.

    Keras puts first what is farthest from the outputs; what is as far stands as it is met on the way from the outputs backward.
    """
    graph = network.graph
    nodes = graph.nodes
    targets = graph.outputs.in_order
    met: dict[int, int] = {}
    done: list[int] = []
    finished: set[int] = set()
    for target in targets:
        stack = [(target.producer, False)]
        while stack:
            index, left = stack.pop()
            if left:
                if index not in finished:
                    finished.add(index)
                    done.append(index)
                continue
            if index in finished:
                continue
            met.setdefault(_owner(nodes[index]), len(met))
            stack.append((index, True))
            stack += [
                (parent, False)
                for parent in reversed(_parents(nodes[index]))
                if parent not in finished
            ]
    depths: dict[int, int] = {}
    highest: dict[int, int] = {}
    for index in reversed(done):
        owner = _owner(nodes[index])
        depth = max(depths.get(index, 0), highest.get(owner, 0))
        depths[index] = highest[owner] = depth
        for parent in _parents(nodes[index]):
            depths[parent] = max(depth + 1, depths.get(parent, 0))
    for index in graph.inputs:
        if index not in highest:
            highest[index], met[index] = 0, -1
    order = sorted(highest, key=lambda index: (-highest[index], met[index]))
    return [index for index in order if getattr(nodes[index].layer, "module", "") != "ops"]


def _owner(node: Call) -> int:
    return node.index if node.owner is None else node.owner


def _parents(node: Call) -> list[int]:
    """What a node is applied to, in the order in which Keras goes through it: by the names of the arguments, if they are named."""
    if node.keywords and len(node.keywords) == len(node.sources or ()):
        pairs = sorted(zip(node.keywords, node.sources or ()), key=lambda pair: pair[0])
        return [target.producer for _, target in pairs if target.constant is None]
    return node.parents
