"""A network as what is compared: its calls, the models in it unfolded, each argument in its normal form and only if it is no default."""

from __future__ import annotations

from functools import cache
from typing import Any, Mapping, NamedTuple, Sequence

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError, Factor
from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, Tensor, Weight, parameters, snake_case
from mergecli.diff.checkpoint_layout import Slot, of_network
from mergecli.importers.keras.config_values import WRITTEN
from mergecli.ir.graph import Call, Network, Outputs, Target, TrainingConfig
from mergecli.ir.subgraphs import Inlined, InlinedCall

#: Names of activations that do nothing, or have two names.
_FUNCTIONS = {"linear": None, "swish": "silu", "hard_swish": "hard_silu"}
#: Initializers whose names are not those of their classes.
_SHORT = {"normal": "randomnormal", "uniform": "randomuniform", "one": "ones", "zero": "zeros"}


class ComparedCall:
    """One call of a layer, as both sides of a comparison have it; `sources` and `owner` are indices among a model's calls."""

    __slots__ = (
        "arguments", "automatic", "branch", "cls", "home", "index", "is_input", "keywords", "layer", "line", "listed", "macs", "name",
        "options", "owner", "path", "results", "sources", "weights",
    )  # fmt: skip

    def __init__(self, index: int, name: str, cls: str, layer: Layer | None) -> None:
        self.index, self.name, self.cls, self.layer = index, name, cls, layer
        self.arguments: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.sources: list[Target] = []
        self.keywords: tuple[str, ...] = ()
        self.listed = self.is_input = False
        #: Whether nobody has chosen the name: it is the class's, perhaps behind that of the branch, perhaps with a number.
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
        return [target.node for target in self.sources if target.constant is None]


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

    @property
    def children(self) -> list[list[int]]:
        """For each call those that are applied to it."""
        found: list[list[int]] = [[] for _ in self.calls]
        for call in self.calls:
            for parent in dict.fromkeys(call.parents):
                found[parent].append(call.index)
        return found

    def root(self, index: int) -> int:
        """The call that owns the layer which a call applies."""
        owner = self.calls[index].owner
        return index if owner is None else owner

    def reference(self, target: Target) -> str:
        """A result as a spec refers to it."""
        if target.constant is not None:
            return str(target.constant)
        name = self.calls[target.node].name
        return name if target.result is None else f"{name}[{target.result}]"

    def tensors(self, target: Target) -> tuple[Tensor, ...]:
        """The tensors that a result stands for."""
        results = self.calls[target.node].results
        return results if target.result is None else results[target.result : target.result + 1]


def unfold(network: Network, slots: list[Slot] | None = None) -> Model:
    """The model that a network is; for a saved model `slots` are the places of its layers in a file of weights."""
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
    _fill(call, node, inlined.sources, inlined.network)
    return call


def _fill(call: ComparedCall, node: Call, sources: list[Target], network: Network) -> None:
    layer = node.layer
    if layer is not None and not isinstance(layer, Custom):
        call.cls = registry.spec_name(type(layer))
    call.results, call.weights, call.macs = (
        network.results[node.index],
        network.weights[node.index],
        network.macs[node.index],
    )
    call.line = node.span.line if node.span.end_column != node.span.column else 0
    call.automatic = call.owner is not None or _is_automatic(node, call.cls)
    if call.is_input:
        call.macs = 0
        call.arguments = _input(layer, call.results[0])
        return
    call.arguments = arguments(layer) if layer is not None else {}
    # What is false is as if it were not said, but for `training`: a layer that is never in training is another one.
    call.options = {
        key: value
        for key, value in node.options.items()
        if value is not None and (value is not False or key == "training")
    }
    if (
        call.options.get("training") is True
        and layer is not None
        and layer.training_default is True
    ):
        del call.options["training"]  # these are in training unless told otherwise
    keywords = node.keywords
    if keywords:
        # The order in which names are given means nothing.
        order = sorted(range(len(keywords)), key=lambda place: keywords[place])
        if len(sources) == len(keywords):
            sources, keywords = (
                [sources[place] for place in order],
                tuple(keywords[place] for place in order),
            )
        first = next(iter(layer.takes), layer.first) if layer is not None else ""
        keywords = () if set(keywords) == {first} else keywords
    call.sources, call.keywords = sources, keywords
    call.listed = node.listed and len(sources) == 1


def _is_automatic(node: Call, cls: str) -> bool:
    own = snake_case(
        getattr(type(node.layer), "keras_name", "") or cls.rpartition(">")[2]
    ).rpartition(".")[2]
    name = node.name.rpartition(".")[2]
    if node.cls == "InputLayer":
        own = "input"
    place = name.rfind(own)
    before, behind = name[:place], name[place + len(own) :]
    free = not before or (node.branch is not None and before == f"{node.branch}_")
    if node.cls == "InputLayer" and before == "":
        behind = behind.removeprefix("_layer")
    return place >= 0 and free and (not behind or (behind[0] == "_" and behind[1:].isdigit()))


def _input(layer: Layer | None, tensor: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {
        "shape": None if tensor.shape is None else list(tensor.shape),
        "dtype": tensor.dtype,
    }
    for name in ("sparse", "ragged", "optional"):
        if getattr(layer, name, None):
            found[name] = True
    return found


def arguments(kind: KerasObject) -> dict[str, Any]:
    """The arguments of a layer or another object that are not the defaults, in their normal form.

    >>> from mergecli.catalog.layers.convolutional import Conv2D
    >>> arguments(Conv2D(filters=8, kernel_size=3, strides=[1, 1], activation="linear", kernel_initializer="GlorotUniform"))
    {'filters': 8, 'kernel_size': [3, 3]}
    """
    found: dict[str, Any] = {}
    given = kind.explicit
    if isinstance(kind, Custom) and kind.config is not None:
        config = kind.config.get("config")
        given = (
            {key: value for key, value in config.items() if key != "dtype"}
            if isinstance(config, Mapping)
            else {}
        )
    known = type(kind).arguments
    for name, value in given.items():
        if name == "name" and kind.role not in ("loss", "metric"):
            continue
        argument = known.get(name)
        said = normal(value, argument, name)
        if name not in kind.defaults or said != _default(type(kind), name):
            found[name] = said
    if (
        "strides" in found
        and "pool_size" in known
        and found["strides"] == normal(getattr(kind, "pool_size", None), known["pool_size"])
    ):
        del found["strides"]  # a window moves by its own size if nobody says how far
    if getattr(kind, "frozen", False):
        found["trainable"] = False
    return found


#: Defaults in their normal form, by class and argument.
_defaults: dict[tuple[type[KerasObject], str], Any] = {}


def _default(kind: type[KerasObject], name: str) -> Any:
    if (kind, name) not in _defaults:
        _defaults[kind, name] = normal(kind.defaults[name], kind.arguments.get(name), name)
    return _defaults[kind, name]


def default(layer: Layer | None, name: str) -> Any:
    """What an argument is that nobody gives, in its normal form."""
    return (
        _default(type(layer), name) if layer is not None and name in type(layer).defaults else None
    )


def normal(value: Any, argument: Argument | None, name: str = "") -> Any:
    """A value as every way to write it gives it, made of what JSON has."""
    if isinstance(value, KerasObject):
        inside = arguments(value)
        called = registry.spec_name(type(value))
        return {called: inside} if inside else called
    role = argument.role if argument is not None else None
    if isinstance(value, str):
        if role == "layer":
            return _FUNCTIONS.get(value, value)
        if role is not None:
            return _class_names(role).get(
                _SHORT.get(value.replace("_", "").lower(), value.replace("_", "").lower()), value
            )
        return None if WRITTEN.get(name) == value and name != "activation" else value
    if role is None and argument is not None and value is not None:
        try:
            value = argument.check(value)
        except ArgumentError:
            return value
    if value is False and name in ("ragged", "sparse"):
        return None
    if name == "axis" and isinstance(value, (list, tuple)) and len(value) == 1:
        return value[0]
    if isinstance(argument, Factor) and not argument.strict and isinstance(value, (int, float)):
        # A number goes from nothing to itself, or as far in both directions.
        return [argument.low, value] if argument.low >= 0 else [-abs(value), abs(value)]
    return plain(value, argument)


def plain(value: Any, argument: Argument | None = None) -> Any:
    """A value in which lists are lists and objects their classes with arguments."""
    if isinstance(value, KerasObject) or (
        isinstance(value, str) and argument is not None and argument.role
    ):
        return normal(value, argument)
    if isinstance(value, (list, tuple)):
        return [plain(item, argument) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item, argument) for key, item in value.items()}
    return value


@cache
def _class_names(role: str) -> dict[str, str]:
    """The classes of a role by all their names, without case and underscores."""
    return {
        name.replace("_", "").lower(): registry.spec_name(kind)
        for name, kind in registry.things(role).items()
    }
