"""A saved model -> the spec that says the same, and those of the models in it."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.versions import NEWEST, Version
from mergecli.compiler.pipeline import Compiled, compile_spec, read_graph
from mergecli.compiler.same_model import format_spec
from mergecli.compiler.target import aim
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.diagnostics.source import Source
from mergecli.diagnostics.suggestions import listed
from mergecli.exporters.yaml.values import Inexpressible, plain
from mergecli.exporters.yaml.writer import expanded, written
from mergecli.importers import keras
from mergecli.importers.keras import Saved
from mergecli.importers.keras.old_weights import uses_hard_sigmoid
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network, Value
from mergecli.ir.inference import infer
from mergecli.ir.naming import unique_name
from mergecli.ir.subgraph_layers import SubgraphLayer, held_model
from mergecli.syntax import formatter, similar_entries
from mergecli.syntax.formatter.printer import WIDTH

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json
    from mergecli.catalog.layer import Layer


class NotRepresentable(ValueError):
    """What of a model no spec can say, each with the layer in the model, as `diagnostics` without a place in a text."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics


class Dumped(NamedTuple):
    """The specs by their paths, that of the model itself last, and what they do not keep of it."""

    specs: dict[str, str]
    losses: list[str]


def dump(
    model: Saved,
    path: str | None = None,
    customs: CustomLayers | None = None,
    fold: bool = False,
    target: Version = NEWEST,
) -> Dumped:
    """The specs of a model and of those in it.

    Without a `path` there is one text only, under "", and the layers of the models in it become the model's own. `customs` are the
    user's own layers; without them every name of a class may be one. With `fold`, what repeats becomes a block. The specs are valid for the `target`, a version of Keras.

    Raises:
        NotRepresentable: a spec has no words for something in it.
        Unreadable: its calls form a cycle, or unfold to more than any model has.
    """
    customs = customs if customs is not None else CustomLayers(every=True)
    reasons = [
        error(None, "unsafe-model", reason, "save the model without it")
        for reason in model.refusals
    ]
    written_by = f"Keras {model.version} has written the file" if model.version else None
    reasons += [error(None, "unsupported-layer", reason, written_by) for reason in model.unknown]
    # A layer of which something is known to be wrong is none of the user's.
    named = {
        reason.partition("`")[2].partition("`")[0] for reason in (*model.refusals, *model.unknown)
    }
    reasons += _strangers(model, customs, "", named)
    if reasons:
        raise NotRepresentable(reasons)
    graph, inferred = keras.unfolded(model, nested=path is not None)
    for call in graph.nodes:
        if isinstance(call.layer, Custom) and call.keywords:
            call.keywords = _named(call.keywords, customs.call_names(call.cls))
    problems = aim(graph, target)
    network, shape_errors = (inferred, []) if inferred and target >= NEWEST else infer(graph)
    problems += shape_errors
    if problems:
        raise NotRepresentable([problem._replace(span=None, related=()) for problem in problems])
    specs = _Specs(customs, fold, target)
    specs.write(network, path or "")
    if model.training is not None:
        specs.write_training(network, path or "", model.training)
    return Dumped(specs.documents, [*specs.losses, *_losses(model, path is None)])


def _named(keywords: Sequence[str], names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of tensors, of which a saved model has only the places, if they are known."""
    places = {"inputs": 0, **{f"argument {place}": place for place in range(len(keywords))}}
    if names is None:
        return tuple(keywords)
    return tuple(
        names[places[word]] if word in places and places[word] < len(names) else word
        for word in keywords
    )


def _strangers(
    model: Saved, customs: CustomLayers, where: str, named: set[str]
) -> Iterator[Diagnostic]:
    """The classes that are neither Keras's nor the user's, of layers that are not `named` already."""
    calls = {call.name: call for call in (*model.inputs, *model.calls)}
    for call in calls.values():
        if call.inner is not None:
            yield from _strangers(call.inner, customs, f"{where}{call.name}.", named)
        elif call.layer is None and call.data is not None and f"{where}{call.name}" not in named:
            name = str(call.data.get("registered_name") or call.cls)
            if (
                not customs.every
                and name not in customs.names
                and name.rpartition(">")[2] not in customs.names
            ):
                hint = "if it is a layer of your own, name its module: --import MODULE"
                yield error(
                    None,
                    "unknown-layer",
                    f"`{where}{call.name}` is a `{name}`, which is not a known layer",
                    hint,
                )


def _losses(model: Saved, unfolded: bool) -> Iterator[str]:
    """What a spec of a model does not keep, though its model computes the same."""
    yield from model.notes
    scaled = _scaled(model, "") if model.is_old else []
    if scaled:
        yield (
            f"the `hard_sigmoid` of Keras 2, 0.2 x + 0.5, is x / 6 + 0.5 today, which differs by up to 0.083; weights that `model:` takes "
            f"from this file are scaled for {listed(scaled, 'and')} to compute the same, new weights are not"
        )
    names = [call.name for call in model.inputs]
    if model.input_names is not None and sorted(model.input_names) != sorted(names):
        keys, inputs = (
            ", ".join(f"`{name}`" for name in group) for group in (model.input_names, names)
        )
        yield f"it is fed a dictionary with {keys}; the spec's model is fed a list, or a dictionary with {inputs}"
    nested = dict.fromkeys(f"`{call.name}`" for call in model.calls if call.nested is not None)
    if nested and unfolded:
        yield f"the layers of {', '.join(nested)} have become the model's own; -o FILE keeps models in the model as specs of their own"
    yield from _unsaid(model, "")


def _scaled(model: Saved, where: str) -> list[str]:
    """The layers whose weights are scaled, with those of the models in a model."""
    result = []
    for call in model.calls:
        if call.number == 0 and call.inner is not None:
            result += _scaled(call.inner, f"{where}{call.name}.")
        elif call.number == 0 and call.layer is not None and uses_hard_sigmoid(call.layer):
            result.append(f"{where}{call.name}")
    return result


def _unsaid(model: Saved, where: str) -> Iterator[str]:
    """What calls and layers of a model, and of those in it, have beside what a spec says of them."""
    for call in model.calls:
        name = f"{where}{call.name}"
        if call.nested is not None and call.options.get("training") is False:
            yield f"`{name}` is called with `training=False`, which is not kept: in `fit` its layers are in training"
        if call.number == 0 and call.inner is not None:
            yield from _unsaid(call.inner, f"{name}.")
        given = call.layer.explicit if call.layer is not None and call.number == 0 else {}
        if given.get("vocabulary_size") and not given.get("vocabulary"):
            yield f"`{name}` has learnt its vocabulary, which is not in the spec, as weights are not"


class _Specs:
    """Writes models, those in them first, and makes sure that each spec says what its model does."""

    def __init__(self, customs: CustomLayers, fold: bool, target: Version) -> None:
        self.customs, self.fold, self.target = customs, fold, target
        self.documents: dict[str, str] = {}
        self.losses: list[str] = []
        #: The file of each model in a model, by the id of its network.
        self.files: dict[int, str] = {}

    def write(self, network: Network, path: str) -> None:
        """Write a model as a spec, and the models in it to files of their own.

        Raises:
            NotRepresentable: A spec cannot describe the model.
        """
        for node in network.parts():
            model = held_model(node.layer)
            # Without a path there is one text only, in which models are written in their layers.
            if model is not None and path and id(model.network) not in self.files:
                inner = self.beside(path, model.network.graph.name)
                self.write(model.network, inner)
                self.files[id(model.network)] = os.path.basename(inner)
        for node in network.parts():
            if node.name == "previous":
                raise NotRepresentable(
                    [
                        error(
                            None,
                            "wrong-value",
                            "a layer is named `previous`, which in a spec means the entry before",
                            "rename it",
                        )
                    ]
                )
        try:
            text = written(network, self.files, self.fold)
        except Inexpressible as problem:
            raise NotRepresentable([error(None, "unsupported-layer", str(problem))]) from None
        # What it means is compared below.
        if not is_canonical(text):
            text = formatter.canonical(text) or canonical(text)
        if not self.is_equal(text, path, network):
            self.check(text, path, network)
        self.documents.pop(path, None)
        self.documents[path] = text

    def is_equal(self, text: str, path: str, network: Network) -> bool:
        """Whether a spec reads as the graph of a network, of which everything else follows then.

        False also where the graph does not say everything, as with layers of the user's own.
        """
        if any(isinstance(call.layer, Custom) for call in network.graph.nodes):
            return False
        tree = similar_entries.read(text) if is_canonical(text) else None
        graph = read_graph(self.source(text, path), self.customs, tree)
        return graph is not None and facts(Network(graph)) == facts(network)

    def check(self, text: str, path: str, network: Network) -> None:
        """Check that a spec reads as a network.

        Raises:
            NotRepresentable: The spec has errors.
        """
        compiled = self.compiled(text, path)
        if compiled.errors:
            # A config that Keras has not written so may say what a spec may not.
            raise NotRepresentable(
                [problem._replace(span=None, related=(), fix=()) for problem in compiled.errors]
            )
        if compiled.network is None or facts(compiled.network) != facts(network):
            raise AssertionError(
                f"the spec of `{network.graph.name}` is not what it should be: it reads as another model"
            )

    def write_training(self, network: Network, path: str, config: Mapping[str, Json]) -> None:
        """Add how the model was compiled, or say why that cannot be."""
        from mergecli.importers.keras.config_values import Unknown  # start-up
        from mergecli.importers.keras.training import compile_arguments  # start-up

        try:
            text = canonical(written(network, self.files, self.fold, compile_arguments(config)))
        except (Unknown, Inexpressible) as problem:
            self.losses.append(f"the arguments of `compile` are left out: {problem}")
            return
        except ArgumentErrors as problem:
            first = problem.errors[0]
            self.losses.append(
                f"the arguments of `compile` are left out: `{first.argument}` {first.message}"
            )
            return
        errors = self.compiled(text, path).errors
        if errors:
            self.losses.append(f"the arguments of `compile` are left out: {errors[0].message}")
        else:
            self.documents[path] = text

    def compiled(self, text: str, path: str) -> Compiled:
        return compile_spec(self.source(text, path), None, self.customs, self.target)

    def source(self, text: str, path: str) -> Source:
        """Return a spec that can include those that are written already."""
        source = Source(text, path or "<import>")
        for name, other in self.documents.items():
            source.included[name] = Source(other, name, name)
        return source

    def beside(self, path: str, name: str) -> str:
        """A path for a model in a model: beside it, and called as both are."""
        stem, ending = os.path.splitext(path)
        base = f"{stem}_{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_') or 'model'}"
        result = unique_name(base, self.documents.__contains__, ending=ending)
        # So that the name is taken while what is in it is written.
        self.documents[result] = ""
        return result


def export(network: Network, custom_layers: CustomLayers) -> str:
    """Return a plain spec, with everything written out.

    Raises:
        Inexpressible: A spec cannot express one of its layers, which the message names.
    """
    return canonical(expanded(network))


def canonical(text: str) -> str:
    """The text of a spec as `fmt` writes it."""
    result, problems = format_spec(Source(text, "<import>"))
    if result is None:
        raise AssertionError(problems[0].message)
    return result


#: What `fmt` may write otherwise than the writer does, such as quotes, and models in layers.
_UNUSUAL = re.compile(r"""["'#&*!|>%@`?~\\]|layers: \[.|\n\n""")


def is_canonical(text: str) -> bool:
    """Whether a text of the writer is certainly as `fmt` writes it, so that it need not be read for that."""
    return (
        text.isascii()
        and _UNUSUAL.search(text) is None
        and max(map(len, text.split("\n"))) <= WIDTH
    )


def facts(network: Network) -> dict[str, object]:
    """What makes two networks the same model: layers by name with their arguments, and how all calls are wired, in any order.

    A call of a layer that is applied before is identified by what it is applied to, as it has no name of its own.
    """
    graph = network.graph
    calls: dict[int, int] = {}
    layers: dict[str, object] = {}
    # By the identity of the values, as layers that differ in nothing but their names often share these.
    described: dict[tuple[object, ...], object] = {}

    def place(target: Value) -> object:
        return (
            target.constant
            if target.constant is not None
            else (calls[target.producer], target.result)
        )

    for node in network.parts():
        owner = graph.nodes[node.owner] if node.owner is not None else node
        if node.owner is None:
            fields = vars(node.layer)
            values = [id(fields[name]) for name in fields if name not in ("name", "explicit")]
            key = (type(node.layer), node.cls, *fields, *values)
            if key not in described:
                described[key] = _described(node.layer, node.cls)
            layers[node.name] = described[key]
        sources = tuple(place(target) for target in node.sources or ())
        keywords = (
            sorted(zip(node.keywords, sources), key=lambda pair: pair[0])
            if node.keywords
            else sources
        )
        # Several tensors are a list anyway.
        listed = node.listed and len(sources) == 1
        calls[node.index] = hash(
            (owner.name, tuple(keywords), listed, repr(sorted(node.options.items())))
        )
    outputs = graph.outputs
    names = outputs.names or [str(number) for number in range(len(outputs.targets))]
    return {
        "name": graph.name,
        "inputs": [graph.nodes[index].name for index in graph.inputs],
        "outputs": (
            outputs.single,
            outputs.names is None,
            dict(zip(names, map(place, outputs.targets))),
        ),
        "layers": layers,
        "calls": sorted(calls.values()),
    }


def _described(layer: Layer | None, cls: str) -> object:
    if isinstance(layer, SubgraphLayer):
        return facts(layer.network)
    if isinstance(layer, Custom):
        # Its constructor is given what a saved model says of it.
        return cls
    assert layer is not None
    own, fields = type(layer), vars(layer)
    # A default that is written out says nothing.
    given = {}
    # The order is always the same, as the facts of a model in a layer are compared as text.
    for name in sorted(fields.keys() & own.arguments.keys()):
        text = _text(fields[name])
        if name != "name" and text != _default_text(own, name):  # type: ignore[arg-type]
            given[name] = text
    return own.__name__, given


def _text(value: object) -> str:
    if type(value) in _SIMPLE:
        return repr(value)
    return repr(plain(value, lambda model: facts(model.network)))


#: The types of values that are in a spec as they are.
_SIMPLE = frozenset((bool, float, int, str, type(None)))


@lru_cache(maxsize=4096)
def _default_text(cls: type[Layer], name: str) -> str | None:
    """Return the text of the default of an argument; None if it has none."""
    return _text(getattr(cls, name)) if name in cls.defaults else None
