"""A saved model -> a graph in which the models in it are unfolded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Union

from mergecli.catalog.custom import described
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import UNKNOWN
from mergecli.diagnostics.source import Span, Unreadable
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.ir.graph import (
    Call,
    CallPath,
    EmbeddedModel,
    Graph,
    GraphBuilder,
    Location,
    Network,
    Outputs,
    Value,
)
from mergecli.ir.inference import infer
from mergecli.ir.naming import NameAuthority
from mergecli.ir.order import order
from mergecli.ir.remembered import Memory
from mergecli.ir.subgraph_layers import SubgraphLayer, WrappedModel, inner_layer
from mergecli.ir.subgraphs import nest

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict

#: Models that are called several times, within models that are called several times, unfold to any size.
LIMIT = 100_000
#: The names of the models and layers around a call, each with the number of the call.
Steps = tuple[tuple[str, int], ...]
_NOWHERE = Location(Span(1, 1, 1, 1))


class _Scope:
    """A model that is unfolded: what its calls have become, and where what its inputs stand for comes from."""

    def __init__(
        self,
        saved: Saved,
        prefix: str,
        path: Steps = (),
        parent: _Scope | None = None,
        feeds: tuple[Origin, ...] = (),
        options: JsonDict | None = None,
    ) -> None:
        self.saved, self.prefix, self.path, self.parent = saved, prefix, path, parent
        #: Whether its layers are called in training; that they are not is what they do by themselves.
        self.training: bool = bool((options or {}).get("training")) or (
            parent is not None and parent.training
        )
        self.feeds = {call.name: origin for call, origin in zip(saved.inputs, feeds)}
        self.calls: dict[tuple[str, int], Union[int, _Scope]] = {}


def graph(
    saved: Saved, part: EmbeddedModel | None = None, nested: bool = False, around: Steps = ()
) -> Graph:
    """The graph of a model. Models in it become part of it, with their name and `.` before those of their layers.

    A layer that is called several times has several nodes with the same `layer`, the later ones with a number after the
    name. Masks that a model in it is called with are left out: Keras hands them on by itself. `part` is what
    the nodes name as the model that has their weights; with `nested`, each model in it is one layer. `around` leads to the model in
    that part, if it is in a layer.

    Raises:
        Unreadable: its calls form a cycle, or unfold to more than any model has.
    """
    return unfolded(saved, part, nested, around)[0]


def unfolded(
    saved: Saved, part: EmbeddedModel | None = None, nested: bool = False, around: Steps = ()
) -> tuple[Graph, Network | None]:
    """Return the graph of a model, and what is inferred of it for the newest Keras.

    Args:
        saved: The model.
        part: As for `graph`.
        nested: As for `graph`.
        around: As for `graph`.

    Returns:
        The graph; and its network, None if there are errors in it, or if it has to be inferred again.

    Raises:
        Unreadable: As for `graph`.
    """
    if part is not None:
        part.unread = tuple(saved.unknown)
    return _Unfolding(saved, part, nested, around, _Limits()).unfolded()


class _Limits:
    """How many calls and steps a model and those in its layers may still take."""

    def __init__(self) -> None:
        self.calls, self.steps = LIMIT, 10 * LIMIT


class _Unfolding:
    def __init__(
        self,
        saved: Saved,
        part: EmbeddedModel | None,
        nested: bool,
        around: Steps,
        limits: _Limits,
    ) -> None:
        self.builder, self.part, self.nested = GraphBuilder(saved.name), part, nested
        self.is_old = saved.is_old
        #: The models that are one layer, by what they were saved as.
        self.nests: dict[int, Layer] = {}
        #: The layers that apply a model, by what they were read as.
        self.wrappers: dict[int, Layer] = {}
        #: The layers that no rule knows, by the config that tells them, and the first node of each layer.
        self.described: dict[int, Layer] = {}
        self.owners: dict[int, int] = {}
        self.taken: set[str] = set()
        self.names = NameAuthority(self.taken.__contains__)
        self.promised: set[str] = set()
        self.limits = limits
        self.pending: list[tuple[Call, SavedCall, _Scope]] = []
        top = _Scope(saved, "", around)
        for call in saved.inputs:
            self.builder.inputs.append(self.add(call, top).index)
        self.unfold(top)
        for node, call, scope in self.pending:
            self.wire(node, call, scope)
        outputs = [target for origin in saved.outputs for target in self.targets(origin, top)]
        self.builder.outputs = Outputs(outputs, saved.output_names, saved.single)

    def unfolded(self) -> tuple[Graph, Network | None]:
        """Return the graph of the unfolded model, and its network if that is known.

        Raises:
            Unreadable: Its calls form a cycle.
        """
        graph, cycles = order(self.builder.finish())
        if cycles:
            raise Unreadable("not-a-model", cycles[0].message)
        return _simple(graph, self.is_old)

    def unfold(self, scope: _Scope) -> None:
        # The name of a layer is not for a second call of another one.
        for call in scope.saved.calls:
            name = _allowed(scope.prefix + call.name)
            if call.number == 0 and name not in self.taken:
                self.promised.add(self.free(name))
        for call in scope.saved.calls:
            if call.nested is None or self.nested:
                self.pending.append((self.add(call, scope), call, scope))
            else:
                inner = _Scope(
                    call.nested,
                    self.name(call, scope) + ".",
                    (*scope.path, (call.name, call.number)),
                    scope,
                    call.sources,
                    call.options,
                )
                scope.calls[call.name, call.number] = inner
                self.unfold(inner)

    def add(self, call: SavedCall, scope: _Scope) -> Call:
        layer = call.layer
        if call.nested is not None:
            layer = self.nests.get(id(call.nested))
            if layer is None:
                layer = self.nests[id(call.nested)] = nest(
                    graph(call.nested, None, True), SubgraphLayer
                )[0]
        if layer is not None and call.wrapped is not None:
            layer = self.wrapper(layer, call, scope)
        if layer is None and call.data is not None:
            layer = self.described.get(id(call.data))
            if layer is None:
                layer = self.described[id(call.data)] = described(call.data)
        node = self.builder.call(call.cls, layer, _NOWHERE, None)
        node.name = node.origin = self.name(call, scope)
        if layer is not None and layer.module != "ops":
            first = self.owners.setdefault(id(layer), node.index)
            node.owner = first if first != node.index else None
        if self.part is not None:
            way = (*scope.path, (call.name, call.number))
            node.saved = CallPath(
                self.part, tuple(name for name, _ in way), tuple(number for _, number in way)
            )
        scope.calls[call.name, call.number] = node.index
        node.sources = []
        return node

    def wrapper(self, layer: Layer, call: SavedCall, scope: _Scope) -> Layer:
        """The layer of a call that applies a model, whose calls name the part that has their weights."""
        if id(layer) not in self.wrappers:
            assert call.wrapped is not None
            around = (*scope.path, (call.name, 0))
            inner = _Unfolding(call.wrapped, self.part, self.nested, around, self.limits)
            self.wrappers[id(layer)] = _with_model(
                layer, nest(inner.unfolded()[0], WrappedModel)[0]
            )
        return self.wrappers[id(layer)]

    def name(self, call: SavedCall, scope: _Scope) -> str:
        """The name of a call: that of the layer for the first one."""
        name = _allowed(scope.prefix + call.name)
        if call.number == 0 and name in self.promised:
            self.promised.remove(name)
            return name
        return self.free(name)

    def free(self, name: str) -> str:
        """Return a name that is not taken yet, with a number at its end where it is needed.

        Raises:
            Unreadable: The model unfolds to too many calls.
        """
        if not self.limits.calls:
            raise _too_large()
        self.limits.calls -= 1
        found = self.names.name(name)
        self.taken.add(found)
        return found

    def wire(self, node: Call, call: SavedCall, scope: _Scope) -> None:
        """Give a call its sources and options.

        Raises:
            Unreadable: It has no sources.
        """
        if not call.sources and (call.layer is not None or call.nested is not None):
            raise Unreadable("not-a-model", f"its config calls `{node.name}` without a tensor")
        found = [list(self.targets(origin, scope)) for origin in call.sources]
        node.sources = [target for targets in found for target in targets]
        node.listed = call.listed or (
            not call.keywords and len(node.sources) > (1 if call.nested is not None else len(found))
        )
        node.keywords = tuple(
            keyword for keyword, targets in zip(call.keywords, found) for _ in targets
        )
        node.options = _options(call, node, scope)

    def targets(self, origin: Origin, scope: _Scope) -> Iterator[Value]:
        """Yield the results that an origin stands for, through the inputs and outputs of nested
        models.

        Raises:
            Unreadable: There is no such output, or the models form a cycle.
        """
        stack = [(origin, scope)]
        while stack:
            origin, scope = stack.pop()
            self.limits.steps -= 1
            if not self.limits.steps:
                raise _too_large()
            if origin.constant is not None:
                yield Value(-1, constant=origin.constant)
            elif scope.parent is not None and origin.name in scope.feeds:
                stack.append((scope.feeds[origin.name], scope.parent))
            else:
                found = scope.calls[origin.name, origin.call]
                if isinstance(found, int):
                    yield Value(found, origin.result)
                else:
                    results = found.saved.results
                    chosen = (
                        results
                        if origin.result is None
                        else results[origin.result : origin.result + 1]
                    )
                    if not chosen:
                        many = f"which has {len(results)} outputs"
                        raise Unreadable(
                            "not-a-model",
                            f"its config refers to output {origin.result} of `{origin.name}`, {many}",
                        )
                    stack.extend((inner, found) for inner in reversed(chosen))


def _with_model(layer: Layer, model: WrappedModel) -> Layer:
    """Return a wrapper of a model as a wrapper of another one."""
    inner = inner_layer(layer)
    if inner is None or isinstance(layer, WrappedModel):
        return model
    return type(layer)(**{**layer.explicit, "layer": _with_model(inner, model)})


def _allowed(name: str) -> str:
    """Return the name of a layer without `/`, which Keras 3 does not take."""
    return name.replace("/", "_")


def _simple(graph: Graph, is_old: bool) -> tuple[Graph, Network | None]:
    """Return the graph in which no result is named where there is but one, and its network if that is known."""
    memory = Memory()
    memory.add_equal(node.layer for node in graph.nodes if node.layer is not None)
    network, errors = infer(graph, memory=memory)
    if is_old:
        graph = _last_axes(graph, network)

    def simple(target: Value) -> Value:
        if target.constant is not None or target.result != 0:
            return target
        layer = graph.nodes[target.producer].layer
        results = network.results[target.producer]
        one = layer is not None and (
            type(layer).results is Layer.results or (len(results) == 1 and results != (UNKNOWN,))
        )
        return target._replace(result=None) if one else target

    rewired = graph.rewired(simple)
    return rewired, None if is_old or errors else network.with_graph(rewired)


def _last_axes(graph: Graph, network: Network) -> Graph:
    """Return the graph with -1 for the last axis, which Keras 2 counts from the front once a layer is built."""
    made: dict[int, Layer] = {}
    nodes = list(graph.nodes)
    for index, node in enumerate(nodes):
        layer = node.layer
        if layer is None or layer.explicit.get("axis") is None or not node.sources:
            continue
        if id(layer) not in made:
            shape = network.tensors(node.sources[0])[0].shape
            last = type(layer).defaults.get("axis") == -1 and shape is not None
            if last and layer.explicit["axis"] == len(shape) - 1:  # type: ignore[arg-type]
                rest = {key: value for key, value in layer.explicit.items() if key != "axis"}
                made[id(layer)] = type(layer)(**rest)
            else:
                made[id(layer)] = layer
        if made[id(layer)] is not layer:
            nodes[index] = node.replace(layer=made[id(layer)])
    return graph.replace(nodes=nodes)


def _options(call: SavedCall, node: Call, scope: _Scope) -> JsonDict:
    if call.nested is not None and not call.options.get("training"):
        return {}  # Keras calls a model as in inference unless it is said otherwise.
    trained = scope.training and node.layer is not None and "training" in node.layer.options
    return {**({"training": True} if trained else {}), **call.options}


def _too_large() -> Unreadable:
    return Unreadable(
        "unsafe-model",
        f"the models in it form a cycle, or unfold to more than {LIMIT:,} calls",
    )
