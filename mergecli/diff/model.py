"""A network as what is compared: its calls, the models in it unfolded, each argument in its normal form and only if it is no default."""

from __future__ import annotations

from typing import NamedTuple, Sequence
from zlib import crc32

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, snake_case, spec_name
from mergecli.catalog.normal_form import normal_arguments
from mergecli.catalog.shapes import product
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.weights import Weight, parameters
from mergecli.diagnostics.source import Source
from mergecli.diff.checkpoint_layout import Slot, of_network
from mergecli.ir.graph import Call, Network, Outputs, TrainingConfig, Value
from mergecli.ir.memory import inference_bytes, training_bytes
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.ir.subgraphs import Inlined, InlinedCall


class ComparedCall:
    """One call of a layer, as both sides of a comparison have it; `sources` and `owner` are indices among a model's calls."""

    __slots__ = (
        "arguments", "automatic", "branch", "cls", "home", "index", "is_input", "keywords", "layer", "line", "listed", "macs", "name",
        "options", "owner", "path", "results", "sources", "weights",
    )  # fmt: skip

    def __init__(self, index: int, name: str, cls: str, layer: Layer | None) -> None:
        self.index, self.name, self.cls, self.layer = index, name, cls, layer
        self.arguments: dict[str, object] = {}
        self.options: dict[str, object] = {}
        self.sources: list[Value] = []
        self.keywords: tuple[str, ...] = ()
        self.listed = self.is_input = False
        #: Whether nobody has chosen the name: it is the class's, perhaps after that of the branch, perhaps with a number.
        self.automatic = False
        self.owner: int | None = None
        self.results: tuple[Tensor, ...] = ()
        self.weights: Sequence[Weight] = ()
        self.macs: int | None = 0
        self.branch: str | None = None
        self.line = 0
        #: The indices that lead to its node through the models in the model.
        self.path: tuple[int, ...] = ()
        #: The names of these models.
        self.home: tuple[str, ...] = ()

    @property
    def parameters(self) -> int | None:
        """How many numbers its weights hold; None where that is not known."""
        unknown = any(tensor.shape is None for tensor in self.results)
        if (
            unknown
            and self.layer is not None
            and (type(self.layer).weights is not Layer.weights or isinstance(self.layer, Custom))
        ):
            return None
        return parameters(self.weights)

    @property
    def trainable(self) -> int | None:
        """How many of its numbers are trained."""
        return (
            None
            if self.parameters is None
            else parameters(weight for weight in self.weights if weight.trainable)
        )

    @property
    def parents(self) -> list[int]:
        """The calls that it is applied to."""
        return [target.producer for target in self.sources if target.constant is None]


class Model(NamedTuple):
    """All calls of a model in an order in which each follows its sources."""

    name: str
    calls: list[ComparedCall]
    inputs: list[int]
    outputs: Outputs
    training: TrainingConfig | None
    branches: list[str]
    #: Where Keras keeps the layers in a file of weights.
    slots: list[Slot]
    #: For each call the later ones that apply its layer again.
    shared: list[list[int]]
    #: The bytes that inference and training take at once, for one sample; None where that is not known.
    memory: tuple[int | None, int | None] = (None, None)
    #: The network that it is, and the text of its spec.
    network: Network | None = None
    source: Source | None = None

    @property
    def children(self) -> list[list[int]]:
        """For each call those that are applied to it."""
        result: list[list[int]] = [[] for _ in self.calls]
        for call in self.calls:
            for parent in dict.fromkeys(call.parents):
                result[parent].append(call.index)
        return result

    def root(self, index: int) -> int:
        """The call that owns the layer which a call applies."""
        owner = self.calls[index].owner
        return index if owner is None else owner

    def reference(self, target: Value) -> str:
        """A result as a spec refers to it."""
        if target.constant is not None:
            text = str(target.constant)
            # Large arrays of one shape differ in their numbers.
            is_short = not text.startswith("array")
            return text if is_short else f"{text} #{crc32(repr(target.constant).encode()):08x}"
        name = self.calls[target.producer].name
        return name if target.result is None else f"{name}[{target.result}]"

    def tensors(self, target: Value) -> tuple[Tensor, ...]:
        """The tensors that a result stands for."""
        results = self.calls[target.producer].results
        return results if target.result is None else results[target.result : target.result + 1]


def unfold(
    network: Network, slots: list[Slot] | None = None, source: Source | None = None
) -> Model:
    """Return the model that a network is.

    Args:
        network: The network.
        slots: Of a saved model the places of its layers in a file of weights.
        source: The text of a spec, from which a page quotes.
    """
    inlined = Inlined(network)
    is_saved = slots is not None
    calls = [_compared(index, call, is_saved) for index, call in enumerate(inlined.calls)]
    made, graph = inlined.targets, network.graph
    places = {call.path: call.index for call in calls}
    inputs = [places[index,] for index in graph.inputs]
    targets = [moved for target in graph.outputs.targets for moved in made(target)]
    names = graph.outputs.names
    if names is not None and len(names) != len(targets):
        names = [name for name, target in zip(names, graph.outputs.targets) for _ in made(target)]
    outputs = graph.outputs._replace(targets=targets, names=names)
    shared: list[list[int]] = [[] for _ in calls]
    for call in calls:
        if call.owner is not None:
            shared[call.owner].append(call.index)
    places_of = of_network(network) if slots is None else slots
    return Model(
        graph.name,
        calls,
        inputs,
        outputs,
        network.training,
        [*graph.branches],
        places_of,
        shared,
        (inference_bytes(network), training_bytes(network)),
        network,
        source,
    )


def _compared(index: int, inlined: InlinedCall, is_saved: bool) -> ComparedCall:
    node = inlined.call
    call = ComparedCall(index, inlined.name, node.cls, node.layer)
    call.owner, call.branch, call.is_input = inlined.owner, inlined.branch, inlined.is_input
    call.path, call.home = inlined.path, inlined.home
    if is_saved and node.saved is not None:
        # What a layer is called in the file; its later calls have no names.
        numbers = [number + 1 for number in node.saved.calls if number]
        call.name = ".".join(node.saved.path)
        call.home = (*call.home, *node.saved.path[:-1])
        if call.owner is not None:
            call.name += f" (call {numbers[-1] if numbers else 1})"
    _fill(call, inlined)
    return call


def _fill(call: ComparedCall, inlined: InlinedCall) -> None:
    node, network = inlined.call, inlined.network
    layer = node.layer
    if layer is not None and not isinstance(layer, Custom):
        call.cls = spec_name(type(layer))
    call.results, call.weights, call.macs = (
        network.results[node.index],
        () if inlined.is_wrapper else network.weights[node.index],
        0 if inlined.is_wrapper else product((inlined.times, network.macs[node.index])),
    )
    call.line = node.span.line if node.span.end_column != node.span.column else 0
    call.automatic = call.owner is not None or _is_automatic(node, call.cls)
    if call.is_input:
        call.macs = 0
        call.arguments = _input(layer, call.results[0])
        return
    call.arguments = normal_arguments(layer) if layer is not None else {}
    if inlined.is_wrapper and isinstance(getattr(layer, "layer", None), SubgraphLayer):
        call.arguments["layer"] = "a model"
    call.options = _call_options(node)
    call.sources, call.keywords = _arranged(node, inlined.sources)
    call.listed = node.listed and len(call.sources) == 1


def _call_options(node: Call) -> dict[str, object]:
    """Return the options of a call that change what it does."""
    # False is the default of an option, but for `training`: a layer that is never in training is another one.
    options = {
        key: value
        for key, value in node.options.items()
        if value is not None and (value is not False or key == "training")
    }
    if options.get("training") is True and node.layer is not None and node.layer.training_default:
        del options["training"]
    return options


def _arranged(node: Call, sources: list[Value]) -> tuple[list[Value], tuple[str, ...]]:
    """Return the sources and their keywords in an order that does not depend on how they are written."""
    keywords = node.keywords
    if not keywords:
        return sources, keywords
    if len(sources) == len(keywords):
        order = sorted(range(len(keywords)), key=lambda place: keywords[place])
        sources = [sources[place] for place in order]
        keywords = tuple(keywords[place] for place in order)
    layer = node.layer
    first = layer.first_tensor if layer is not None else ""
    return sources, () if set(keywords) == {first} else keywords


def _is_automatic(node: Call, cls: str) -> bool:
    own = snake_case(
        getattr(type(node.layer), "keras_name", "") or cls.rpartition(">")[2]
    ).rpartition(".")[2]
    name = node.name.rpartition(".")[2]
    if node.cls == "InputLayer":
        own = "input"
    place = name.rfind(own)
    before, after = name[:place], name[place + len(own) :]
    free = not before or (node.branch is not None and before == f"{node.branch}_")
    if node.cls == "InputLayer" and before == "":
        after = after.removeprefix("_layer")
    return place >= 0 and free and (not after or (after[0] == "_" and after[1:].isdigit()))


def _input(layer: Layer | None, tensor: Tensor) -> dict[str, object]:
    result: dict[str, object] = {
        "shape": None if tensor.shape is None else list(tensor.shape),
        "dtype": tensor.dtype,
    }
    for name in ("sparse", "ragged", "optional"):
        if getattr(layer, name, None):
            result[name] = True
    return result
