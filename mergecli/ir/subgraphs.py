"""Operations on whole graphs: one as a layer, a part of one, one that is not trained."""

from __future__ import annotations

from typing import Callable, Iterable, Mapping, NamedTuple, Sequence, TypeVar

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import product
from mergecli.catalog.tensors import Tensor
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.ir.graph import Call, Graph, Network, Outputs, Value
from mergecli.ir.inference import infer
from mergecli.ir.order import order
from mergecli.ir.subgraph_layers import (
    Facts,
    Placeholder,
    SubgraphLayer,
    WrappedModel,
    held_model,
    inner_layer,
    wrapped_model,
)


def move(target: Value, moved: dict[int, int]) -> Value:
    return (
        target if target.constant is not None else target._replace(producer=moved[target.producer])
    )


def freeze(nodes: Iterable[Call]) -> None:
    """Make what these nodes apply untrainable, and all that is in it."""
    done: dict[int, Layer] = {}
    for node in nodes:
        if node.layer is not None and "trainable" in type(node.layer).arguments:
            node.layer = done.setdefault(id(node.layer), frozen(node.layer))


def frozen(layer: Layer) -> Layer:
    """Return a layer like this one that is not trained, nor are the layers in it."""
    from copy import copy  # start-up

    new = copy(layer)
    fields = {name: value for name, value in layer.__dict__.items() if name != "explicit"}
    inside = _with_frozen_layers(fields)
    new.__dict__.update(inside)
    new.frozen = True
    if isinstance(new, Custom):
        return new  # its constructor may know nothing of it
    new.explicit = {
        **layer.explicit,
        **{name: inside[name] for name in layer.explicit if name in inside},
        "trainable": False,
    }
    new.trainable = False
    if isinstance(new, SubgraphLayer):
        inner = new.network.graph
        nodes = [node.replace() for node in inner.nodes]
        freeze(nodes)
        made = nest(inner.replace(nodes=nodes), type(new))[0]
        if isinstance(new, WrappedModel) and isinstance(made, WrappedModel):
            made.part = new.part
        new, new.frozen = made, True
    return new


def _with_frozen_layers(fields: Mapping[str, object]) -> dict[str, object]:
    """Return those arguments that hold layers, with the frozen ones in place of these."""
    found: dict[str, object] = {}
    for name, value in fields.items():
        if isinstance(value, Layer):
            found[name] = frozen(value)
        elif isinstance(value, list) and any(isinstance(item, KerasObject) for item in value):
            found[name] = [frozen(item) if isinstance(item, Layer) else item for item in value]
    return found


def frozen_inside(layer: Layer) -> Layer:
    """Return a layer that is not trained with the layers in it frozen, which Keras lets be trained."""
    return frozen(layer) if _with_frozen_layers(layer.explicit) else layer


L = TypeVar("L", bound=SubgraphLayer)


def nest(graph: Graph, cls: type[L]) -> tuple[L, list[Diagnostic]]:
    """A whole graph as one layer of a class, and what is wrong inside it."""
    graph, found = order(graph)
    network, more = infer(graph)
    network = without_placeholders(network)
    layer = cls()
    layer.network, layer.infer = network, _calls(network)
    return layer, found + more


def _calls(network: Network) -> Callable[[Sequence[Tensor]], Facts]:
    """What a call of a network on some tensors comes to."""
    graph = network.graph
    usual = tuple(network.results[index][0] for index in graph.inputs)

    def call(tensors: Sequence[Tensor]) -> Facts:
        called, problems = network, list[Diagnostic]()
        if tuple(tensors) != usual:
            called, problems = infer(graph, dict(zip(graph.inputs, tensors)))
        targets = graph.outputs.in_order
        results = tuple(tensor for target in targets for tensor in called.tensors(target))
        parts = [node.index for node in called.parts()]
        macs = [called.macs[index] for index in parts if index not in graph.inputs]
        weights = [weight for index in parts for weight in called.weights[index]]
        cost = None if None in macs else sum(macs)  # type: ignore[arg-type]
        return Facts(results, weights, cost, problems[0].message if problems else None)

    return call


def cut(graph: Graph, end: Value | None) -> Graph:
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

    def source(target: Value) -> Value:
        while target.producer in passing:
            inner = passing[target.producer]
            whole = inner.result is None and inner.constant is None
            target = inner._replace(result=target.result) if whole else inner
        return target

    return network.with_graph(graph.rewired(source))


class InlinedCall(NamedTuple):
    """A call of a network whose models are inlined.

    Attributes:
        call: The call, in the graph that holds it.
        network: The network of that graph, inferred for what the model is applied to.
        sources: What it is applied to, as results among all inlined calls.
        path: The indices of the calls of the models around it, the outermost first, and its own.
        home: The names of these models.
        branch: The branch in which it is, or the outermost model that is in one.
        owner: The index among all inlined calls of the call whose layer it applies again.
        times: How often it is applied to one sample, as a layer in a model that a wrapper applies
            to each step; None if that is not known.
        is_wrapper: Whether it applies a model, whose calls precede it.
    """

    call: Call
    network: Network
    sources: list[Value]
    path: tuple[int, ...]
    home: tuple[str, ...]
    branch: str | None
    owner: int | None
    times: int | None = 1
    is_wrapper: bool = False

    @property
    def name(self) -> str:
        """Its name, with those of the models around it."""
        return ".".join((*self.home, self.call.name))

    @property
    def is_input(self) -> bool:
        """Whether it is an input of the whole model."""
        return self.call.index in self.network.graph.inputs


class Inlined:
    """The calls of a network, with those of the models in it in place of these.

    Attributes:
        calls: The calls, each after its sources.
    """

    def __init__(self, network: Network) -> None:
        self.calls: list[InlinedCall] = []
        self._indices: dict[tuple[int, ...], int] = {}
        self._top = _Model(network)
        self._add(self._top, None)

    def targets(self, target: Value) -> list[Value]:
        """Return the results among the inlined calls that a result of the network stands for."""
        return self._top.targets(target)

    def _add(self, model: _Model, feeds: list[Value] | None) -> None:
        """Add the calls of a model; `feeds` is what comes in at its inputs."""
        graph = model.network.graph
        for call in model.network.parts():
            if feeds is not None and call.index in graph.inputs:
                model.results[call.index] = [feeds[graph.inputs.index(call.index)]]
                continue
            sources = [new for target in call.sources or () for new in model.targets(target)]
            held = held_model(call.layer)
            if held is not None:
                inner = model.enter(call, held)
                self._add(inner, sources)
                ends = inner.network.graph.outputs.in_order
                results = [new for end in ends for new in inner.targets(end)]
            if isinstance(call.layer, SubgraphLayer):
                model.models.add(call.index)
                model.results[call.index] = results
            else:
                sources = sources if held is None else results
                self._indices[(*model.path, call.index)] = len(self.calls)
                model.results[call.index] = [Value(len(self.calls))]
                self.calls.append(self._inlined(model, call, sources))

    def _inlined(self, model: _Model, call: Call, sources: list[Value]) -> InlinedCall:
        owner = model.owner_of(call)
        return InlinedCall(
            call,
            model.network,
            sources,
            (*model.path, call.index),
            model.home,
            call.branch or model.branch,
            self._indices.get(owner) if owner is not None else None,
            model.times,
            wrapped_model(call.layer) is not None,
        )


class _Model:
    """A model that is inlined, and what its calls have become."""

    __slots__ = ("branch", "home", "models", "network", "owner", "path", "results", "times")

    def __init__(self, network: Network) -> None:
        self.network = network
        self.path: tuple[int, ...] = ()
        self.home: tuple[str, ...] = ()
        self.branch: str | None = None
        self.times: int | None = 1
        #: The path to the call whose layers this one applies again.
        self.owner: tuple[int, ...] | None = None
        self.results: dict[int, list[Value]] = {}
        #: The calls that are models.
        self.models: set[int] = set()

    def enter(self, call: Call, held: SubgraphLayer) -> _Model:
        """Return the model that one of its calls applies, inferred for what it is applied to."""
        network: Network = held.network
        inputs = network.graph.inputs
        sources = call.sources or ()
        tensors = [tensor for target in sources for tensor in self.network.tensors(target)]
        times = self.times
        layer = call.layer
        while layer is not None and layer is not held:
            tensors, steps = _steps(tensors, network.results[inputs[0]][0].dtype)
            times, layer = product((times, steps)), inner_layer(layer)
        if tensors != [network.results[index][0] for index in inputs]:
            network = infer(network.graph, dict(zip(inputs, tensors)))[0]
        inner = _Model(network)
        inner.path, inner.home = (*self.path, call.index), (*self.home, call.name)
        inner.owner, inner.branch = self.owner_of(call), call.branch or self.branch
        inner.times = times
        return inner

    def owner_of(self, call: Call) -> tuple[int, ...] | None:
        """Return the path to the call whose layer a call applies again, if it does."""
        if call.owner is not None:
            return (*self.path, call.owner)
        return (*self.owner, call.index) if self.owner is not None else None

    def targets(self, target: Value) -> list[Value]:
        """Return the results among the inlined calls that a result of the model stands for."""
        if target.constant is not None:
            return [Value(-1, constant=target.constant)]
        found = self.results[target.producer]
        if target.producer in self.models:
            return found if target.result is None else found[target.result : target.result + 1]
        first = found[0]
        return [first._replace(result=target.result)] if first.result is None else found


def _steps(tensors: Sequence[Tensor], dtype: str | None) -> tuple[list[Tensor], int | None]:
    """Return a step of each tensor as a model of a dtype takes it, and how many steps there are."""
    shape = tensors[0].shape
    steps = shape[1] if shape is not None and len(shape) > 1 else None
    found = [
        Tensor(None if t.shape is None else (t.shape[0], *t.shape[2:]), dtype or t.dtype)
        for t in tensors
    ]
    return found, steps
