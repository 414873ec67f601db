"""The model as calls of layers, before and after their shapes are known."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Sequence

from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import UNKNOWN, Tensor
from mergecli.catalog.weights import Weight, parameters
from mergecli.diagnostics.source import Span, Via, sentence

if TYPE_CHECKING:
    from mergecli.ir.constants import ConstantArray

#: The dtypes of the results of calls when the model runs, None where not known, of calls of which one is not declared.
RunDtypes = dict[int, tuple["str | None", ...]]


class Value(NamedTuple):
    """A result of a call, or what an operation takes beside its tensors: a number, or an array.

    Attributes:
        producer: The index of the call; -1 for a number.
        result: The number of the result; None for all that the call gives, mostly one tensor.
        constant: The number or the array of numbers, if it is one.
    """

    producer: int
    result: int | None = None
    constant: float | ConstantArray | None = None


class Location(NamedTuple):
    """Where a call stands.

    Attributes:
        span: The class of its layer.
        arguments: The value of each argument that is written.
        sources: What it is applied to, if that is written.
        via: The blocks and specs that lead there, the outermost first.
    """

    span: Span
    arguments: Mapping[str, Span] = {}
    sources: Span | None = None
    via: tuple[Via, ...] = ()


class Call:
    """One call of a layer. A layer that is applied twice has two nodes, so that sharing makes no cycle.

    `layer` is None when its class or arguments are wrong; `sources` is None when its wiring is.
    """

    __slots__ = (
        "branch", "cls", "index", "keywords", "layer", "listed", "location", "name", "options", "origin", "owner", "saved", "sources",
    )  # fmt: skip

    def __init__(
        self, index: int, cls: str, layer: Layer | None, location: Location, branch: str | None
    ) -> None:
        self.index, self.cls, self.layer, self.branch = index, cls, layer, branch
        self.location = location
        self.name = ""
        self.sources: Sequence[Value] | None = None
        self.listed = False
        self.keywords: tuple[str, ...] = ()
        self.options: dict[str, Any] = {}
        #: The node whose layer this one applies again, with the same weights.
        self.owner: int | None = None
        #: What it is called in the model that its branch is; empty when it is written in the spec itself.
        self.origin = ""
        #: The call in a saved model of which it is one, and which has its weights.
        self.saved: CallPath | None = None

    def place(self, argument: str | None) -> Span:
        """Where an argument's value stands, or else the class."""
        return self.location.arguments.get(argument or "") or self.location.span

    def replace(self, **changes: object) -> Call:
        """Return a call like this one with other values of some attributes."""
        new = Call.__new__(Call)
        for name in Call.__slots__:
            setattr(new, name, changes[name] if name in changes else getattr(self, name))
        return new

    @property
    def span(self) -> Span:
        """Where the class of its layer stands."""
        return self.location.span

    @property
    def context(self) -> str | None:
        """The blocks and specs that lead to it, as a sentence, if there are any."""
        return sentence(self.location.via)

    @property
    def parents(self) -> list[int]:
        """The nodes that this one is applied to."""
        return [target.producer for target in self.sources or () if target.constant is None]


class CompleteCall(NamedTuple):
    """A node of which all is known: its layer, and what that is applied to."""

    node: Call
    layer: Layer
    sources: Sequence[Value]


class Limit(NamedTuple):
    """An upper bound, and where it stands."""

    bound: int
    span: Span


class Budget(NamedTuple):
    """Upper bounds for a branch's nodes, or (`branch` None) for a whole model; `nodes` None means all.

    `via` are the specs that lead to the one in which they stand. The memory is for `batch` samples.
    """

    limits: dict[str, Limit]
    branch: str | None
    nodes: list[int] | None
    via: tuple[Via, ...] = ()
    batch: int = 1


class Outputs(NamedTuple):
    """What the model gives: one tensor, a list (`names` None, `single` False), or a dictionary with `names`.

    When some of it is `lacking`, its wiring is wrong and that is reported.
    """

    targets: list[Value]
    names: list[str] | None = None
    single: bool = False
    lacking: bool = False

    @property
    def in_order(self) -> list[Value]:
        """The results as Keras counts them: those of a dictionary in the order of its sorted keys."""
        if not self.names:
            return self.targets
        pairs = sorted(zip(self.names, self.targets), key=lambda pair: pair[0])
        return [target for _, target in pairs]


class TrainingConfig(NamedTuple):
    """What `keras.Model.compile` is given, with kinds in place of Keras's objects; None is what is not said.

    Losses, their weights and metrics stand as the model's outputs do: alone, in a list, or in a dictionary.
    """

    optimizer: KerasObject
    loss: Any = None
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None
    #: The arguments that are plain values.
    options: Mapping[str, Any] = {}


class EmbeddedModel:
    """A model of which a branch is made: a "spec", a saved "model" or an "application"."""

    __slots__ = ("end", "given", "in_file", "inputs", "name", "role", "unread")

    def __init__(
        self, role: str, name: str, given: Mapping[str, object], in_file: bool = False
    ) -> None:
        #: A file's path, or the application's name; what it is given under `with`.
        self.role, self.name, self.given = role, name, given
        #: Whether the file of a saved model holds its weights.
        self.in_file = in_file
        #: The nodes of its inputs, by the names that they have in it, and where it ends.
        self.inputs: dict[str, int] = {}
        self.end: Value | None = None
        #: What cannot be read of a saved model, each with the name of its layer in backquotes.
        self.unread: tuple[str, ...] = ()

    @property
    def weights_path(self) -> str | None:
        """The path of the file of weights that is given for it; None if there is none."""
        path = self.given.get("weights")
        return path if isinstance(path, str) else None

    @property
    def has_weights(self) -> bool:
        """Whether it comes with weights of its own."""
        return self.weights_path is not None if self.role == "application" else self.in_file


class CallPath(NamedTuple):
    """A call in a model: the names that lead to its layer, those of models in models first, and for each its number among the calls."""

    part: EmbeddedModel
    path: tuple[str, ...]
    calls: tuple[int, ...]


class Branch(NamedTuple):
    """A branch: where its name stands, the nodes it holds, and its last result."""

    span: Span
    nodes: list[int]
    end: Value | None


class _Indices(List[int]):
    """Indices of calls in which one is found in constant time, as there may be thousands."""

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self)

    def __contains__(self, index: object) -> bool:
        return index in self._known


class Graph:
    """Calls of layers and how they are wired. A finished graph does not change; passes return a new one.

    Attributes:
        name: The name of the model.
        nodes: The calls in file order, inputs among them.
        inputs: The indices of the inputs.
        outputs: What the model gives.
        branches: The branches by name.
        merge: The index of the call that merges the branches, if there is one.
        parts: The models of which branches are made, by branch.
        budgets: The bounds on sizes.
        output_spans: Where each result that `outputs` names is named.
        order: Indices of the calls, each after its sources; empty until `ir.order` has sorted them.
    """

    __slots__ = (
        "_ends", "branches", "budgets", "inputs", "merge", "name", "nodes", "order", "output_spans", "outputs", "parts",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        nodes: Sequence[Call],
        inputs: Sequence[int],
        outputs: Outputs,
        branches: Mapping[str, Branch],
        merge: int | None,
        parts: Mapping[str, EmbeddedModel],
        budgets: Sequence[Budget],
        output_spans: Mapping[Value, Span],
        order: Sequence[int] = (),
    ) -> None:
        self.name, self.nodes, self.inputs, self.outputs = name, nodes, inputs, outputs
        self.branches, self.merge, self.parts, self.budgets = branches, merge, parts, budgets
        self.output_spans, self.order = output_spans, order
        self._ends: dict[int, str] | None = None

    def replace(self, **changes: object) -> Graph:
        """Return a graph like this one with other values of some attributes."""
        new = Graph.__new__(Graph)
        for name in Graph.__slots__:
            setattr(new, name, changes[name] if name in changes else getattr(self, name))
        new._ends = None
        return new

    def rewired(self, rewire: Callable[[Value], Value]) -> Graph:
        """Return a graph in which each source, output and end of a branch is what `rewire` makes of it."""
        nodes: list[Call] = []
        for node in self.nodes:
            sources = None if node.sources is None else [rewire(target) for target in node.sources]
            nodes.append(node if sources == node.sources else node.replace(sources=sources))
        branches = {
            name: branch if branch.end is None else branch._replace(end=rewire(branch.end))
            for name, branch in self.branches.items()
        }
        targets = [rewire(target) for target in self.outputs.targets]
        outputs = self.outputs._replace(targets=targets)
        return self.replace(nodes=nodes, branches=branches, outputs=outputs)

    def label(self, target: Value) -> str:
        """What to call a result of the whole graph in a message: its branch when it ends one, else its layer."""
        if target.constant is not None:
            return str(target.constant)
        if self._ends is None:
            self._ends = {
                branch.end.producer: name
                for name, branch in reversed([*self.branches.items()])
                if branch.end is not None
            }
        return self._ends.get(target.producer) or self.reference(target)

    def reference(self, target: Value) -> str:
        """A result as a spec refers to it."""
        if target.constant is not None:
            return str(target.constant)
        name = self.nodes[target.producer].name
        return name if target.result is None else f"{name}[{target.result}]"

    def needed(self) -> list[bool]:
        """For each node whether an output depends on it."""
        return _needed(self.nodes, self.outputs)


def _needed(nodes: Sequence[Call], outputs: Outputs) -> list[bool]:
    needed = [False] * len(nodes)
    stack = [target.producer for target in outputs.targets]
    while stack:
        index = stack.pop()
        if not needed[index]:
            needed[index] = True
            for target in nodes[index].sources or ():
                if target.constant is None:
                    stack.append(target.producer)
    return needed


class GraphBuilder:
    """Makes a graph, call by call. Calls may be changed until it is finished, and not after that.

    The attributes are those of the graph.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Call] = []
        self.inputs: list[int] = []
        self.outputs = Outputs([])
        self.branches: dict[str, Branch] = {}
        self.merge: int | None = None
        self.parts: dict[str, EmbeddedModel] = {}
        self.budgets: list[Budget] = []
        self.output_spans: dict[Value, Span] = {}

    def call(self, cls: str, layer: Layer | None, location: Location, branch: str | None) -> Call:
        """Add a call to the end of the graph and return it."""
        call = Call(len(self.nodes), cls, layer, location, branch)
        self.nodes.append(call)
        return call

    def needed(self) -> list[bool]:
        """For each call so far whether an output depends on it."""
        return _needed(self.nodes, self.outputs)

    def finish(self) -> Graph:
        """Return the graph."""
        return Graph(
            self.name,
            self.nodes,
            _Indices(self.inputs),
            self.outputs,
            self.branches,
            self.merge,
            self.parts,
            self.budgets,
            self.output_spans,
        )


class Network:
    """A graph with the tensors and weights of every node; an emitter takes nothing less.

    `results` and `weights` are parallel to the graph's nodes. `needed` tells which nodes the model has: those that an
    output depends on, and all inputs.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.results: list[tuple[Tensor, ...]] = [(UNKNOWN,)] * len(graph.nodes)
        self.weights: list[Sequence[Weight]] = [()] * len(graph.nodes)
        self.macs: list[int | None] = [None] * len(graph.nodes)
        self.needed = graph.needed()
        for index in graph.inputs:
            self.needed[index] = True
        #: The section `compile`, checked.
        self.training: TrainingConfig | None = None

    def with_graph(self, graph: Graph) -> Network:
        """Return a network like this one with a graph of the same calls, wired in another manner."""
        new = Network(graph)
        new.results, new.weights, new.macs = self.results, self.weights, self.macs
        new.training = self.training
        return new

    def tensors(self, target: Value) -> tuple[Tensor, ...]:
        """The tensors that a target stands for."""
        if isinstance(target.constant, (int, float)):
            # Keras calls the dtype of a plain number weak: it follows the tensor's.
            return (Tensor((), "float" if isinstance(target.constant, float) else "int"),)
        if target.constant is not None:
            return (Tensor(target.constant.shape, target.constant.dtype),)
        results = self.results[target.producer]
        if target.result is None:
            return results
        return (results[target.result],) if target.result < len(results) else (UNKNOWN,)

    def parts(self) -> list[Call]:
        """The nodes of the model, in an order in which each follows its sources."""
        return [self.graph.nodes[index] for index in self.graph.order if self.needed[index]]

    def count(self, trainable: bool = False) -> int:
        """The number of parameters, or of the trainable ones."""
        return sum(
            parameters(w for w in self.weights[node.index] if w.trainable or not trainable)
            for node in self.parts()
        )
