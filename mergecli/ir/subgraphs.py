"""Operations on whole graphs: one as a layer, a part of one, one that is not trained."""

from __future__ import annotations

import copy
from typing import Any, Callable, Iterable, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, Tensor
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.ir.graph import Call, Graph, Network, Outputs, Target
from mergecli.ir.inference import infer
from mergecli.ir.order import order
from mergecli.ir.subgraph_layers import Facts, Placeholder, SubgraphLayer


def move(target: Target, moved: dict[int, int]) -> Target:
    return target if target.constant is not None else target._replace(node=moved[target.node])


def freeze(nodes: Iterable[Call]) -> None:
    """Make what these nodes apply untrainable, and all that is in it."""
    done: dict[int, Layer] = {}
    for node in nodes:
        if node.layer is not None and "trainable" in type(node.layer).arguments:
            node.layer = done.setdefault(id(node.layer), frozen(node.layer))


def frozen(layer: Any) -> Any:
    """A layer like this one that is not trained, nor are the layers in it."""
    if isinstance(layer, list):
        return [frozen(item) for item in layer]
    if not isinstance(layer, Layer):
        return layer
    new = copy.copy(layer)
    nested = {name: frozen(value) for name, value in layer.given.items() if _holds_layer(value)}
    new.__dict__.update(
        {
            name: frozen(value)
            for name, value in layer.__dict__.items()
            if name != "given" and _holds_layer(value)
        }
    )
    new.frozen = True
    if isinstance(new, Custom):
        return new  # its constructor may know nothing of it
    new.given = {**layer.given, **nested, "trainable": False}
    new.trainable = False
    if isinstance(new, SubgraphLayer):
        inner = new.network.graph
        nodes = [node.replace() for node in inner.nodes]
        freeze(nodes)
        new = nest(inner.replace(nodes=nodes))[0]
        new.frozen = True
    return new


def _holds_layer(value: Any) -> bool:
    return isinstance(value, Layer) or (
        isinstance(value, list) and any(isinstance(item, KerasObject) for item in value)
    )


def nest(graph: Graph) -> tuple[SubgraphLayer, list[Diagnostic]]:
    """A whole graph as one layer, and what is wrong inside it."""
    graph, found = order(graph)
    network, more = infer(graph)
    network = without_placeholders(network)
    layer = SubgraphLayer()
    layer.network, layer.infer = network, _calls(network)
    return layer, found + more


def _calls(network: Network) -> Callable[[Sequence[Tensor]], Facts]:
    """What a call of a network on some tensors comes to."""
    graph = network.graph
    usual = tuple(network.results[index][0] for index in graph.inputs)

    def call(tensors: Sequence[Tensor]) -> Facts:
        called = network
        if tuple(tensors) != usual:
            called, _ = infer(graph, dict(zip(graph.inputs, tensors)))
        # Keras counts the results of a dictionary in the order of its sorted keys.
        outputs = graph.outputs
        targets = (
            [target for _, target in sorted(zip(outputs.names, outputs.targets))]
            if outputs.names
            else outputs.targets
        )
        results = tuple(tensor for target in targets for tensor in called.tensors(target))
        parts = [node.index for node in called.parts()]
        macs = [called.macs[index] for index in parts if index not in graph.inputs]
        weights = [weight for index in parts for weight in called.weights[index]]
        return Facts(results, weights, None if None in macs else sum(macs))  # type: ignore[arg-type]

    return call


def cut(graph: Graph, end: Target | None) -> Graph:
    """The graph that ends at one result instead of at its outputs."""
    if end is not None:
        graph = graph.replace(outputs=Outputs([end], single=True))
    needed = graph.needed()
    return graph.replace(inputs=[index for index in graph.inputs if needed[index]])


def without_placeholders(network: Network) -> Network:
    """Return the network in which what is applied to a placeholder is applied to what that passes on.

    The placeholders keep their indices, and no output depends on them.
    """
    graph = network.graph
    passing = {
        node.index: node.sources[0]
        for node in graph.nodes
        if isinstance(node.layer, Placeholder) and node.sources is not None
    }
    if not passing:
        return network

    def source(target: Target) -> Target:
        while target.node in passing:
            inner = passing[target.node]
            whole = inner.result is None and inner.constant is None
            target = inner._replace(result=target.result) if whole else inner
        return target

    return network.with_graph(graph.rewired(source))
