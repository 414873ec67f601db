"""A saved model -> the spec that says the same, and those of the models in it."""

from __future__ import annotations

import os
import re
from typing import Any, Iterator

from mergecli import saved
from mergecli.compiler import compile_source
from mergecli.customs import Customs
from mergecli.diagnostic import Diagnostic, error
from mergecli.emit.spec import Inexpressible, plain, written
from mergecli.graph import Graph, Network, Target
from mergecli.inference import infer
from mergecli.layers.stand_ins import Custom, Nested
from mergecli.saved import Saved
from mergecli.source import Source


class NotCarried(ValueError):
    """What of a model no spec can say, each with the layer in the model, as `diagnostics` without a place in a text."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("; ".join(found.message for found in diagnostics))
        self.diagnostics = diagnostics


def specs(model: Saved, path: str | None = None, customs: Customs | None = None, fold: bool = False) -> dict[str, str]:
    """The texts of the spec of a model and of those in it, by their paths; the model's own comes last.

    Without a `path` there is one text only, under "", and the layers of the models in it become the model's own. `customs` are the
    user's own layers; without them every name of a class may be one. With `fold`, what repeats becomes a block.

    Raises:
        NotCarried: a spec has no words for something in it.
        Unreadable: its calls feed each other in a circle, or unfold to more than any model has.
    """
    customs = customs if customs is not None else Customs(every=True)
    reasons = [error(None, "unsafe-model", reason, "save the model without it") for reason in model.refusals]
    reasons += [error(None, "unsupported-layer", reason) for reason in model.unknown]
    reasons += _strangers(model, customs, "")
    if reasons:
        raise NotCarried(reasons)
    graph = saved.graph(model, nested=path is not None)
    found: dict[str, str] = {}
    files: dict[int, str] = {}
    _write(_network(graph), path or "", found, files, customs, fold)
    return found


def losses(model: Saved, unfolded: bool) -> Iterator[str]:
    """What a spec of a model does not keep, though the model computes the same."""
    names = [call.name for call in model.inputs]
    if model.input_names is not None and sorted(model.input_names) != sorted(names):
        fed = ", ".join(f"`{key}`" for key in model.input_names)
        yield f"it is fed a dictionary with {fed}; the spec's model is fed a list, or a dictionary with {', '.join(f'`{n}`' for n in names)}"
    nested = list(dict.fromkeys(call.name for call in model.calls if call.nested is not None))
    if nested and unfolded:
        them = ", ".join(f"`{name}`" for name in nested)
        yield f"the layers of {them} have become the model's own; -o FILE keeps models in the model as specs of their own"


def _strangers(model: Saved, customs: Customs, where: str) -> Iterator[Diagnostic]:
    """The classes that are neither Keras's nor the user's."""
    seen = set()
    for call in (*model.inputs, *model.calls):
        if call.name in seen:
            continue
        seen.add(call.name)
        if call.nested is not None:
            yield from _strangers(call.nested, customs, f"{where}{call.name}.")
        elif call.layer is None and call.data is not None:
            name = str(call.data.get("registered_name") or call.cls)
            if customs.every or name in customs or name.rpartition(">")[2] in customs.names:
                continue
            hint = "if it is a layer of your own, name its module: --import MODULE"
            yield error(None, "unknown-layer", f"`{where}{call.name}` is a `{name}`, a layer that nobody knows", hint)


def _network(graph: Graph) -> Network:
    network, problems = infer(graph)
    if problems:
        raise NotCarried([problem._replace(span=None, related=()) for problem in problems])
    network.need()
    return network


def _write(network: Network, path: str, found: dict[str, str], files: dict[int, str], customs: Customs, fold: bool) -> None:
    """Write the models in a model, then the model itself, and make sure that it says the same."""
    for node in network.parts():
        if isinstance(node.layer, Nested) and id(node.layer.network) not in files:
            inner = _beside(path, node.layer.network.graph.name, found)
            _write(node.layer.network, inner, found, files, customs, fold)
            files[id(node.layer.network)] = os.path.basename(inner)
    try:
        text = written(network, files, fold)
    except Inexpressible as problem:
        raise NotCarried([error(None, "unsupported-layer", str(problem))]) from None
    source = Source(text, path or "<import>")
    for name, other in found.items():
        source.included[name] = Source(other, name, name)
    compiled = compile_source(source, None, customs)
    if compiled.network is None or facts(compiled.network) != facts(network):
        reason = compiled.errors[0].message if compiled.errors else "it reads as another model"
        raise AssertionError(f"the spec of `{network.graph.name}` is not what it should be: {reason}")
    found[path] = text


def _beside(path: str, name: str, found: dict[str, str]) -> str:
    """A path for a model in a model: beside it, and called as both are."""
    stem, ending = os.path.splitext(path)
    base = f"{stem}_{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_') or 'model'}"
    candidate, number = base + ending, 1
    while candidate in found:
        number += 1
        candidate = f"{base}_{number}{ending}"
    # So that the name is taken while what is in it is written.
    found[candidate] = ""
    return candidate


def facts(network: Network) -> dict[str, Any]:
    """What makes two networks the same model: layers by name with their arguments, and how all calls are wired, in any order.

    A call of a layer that is applied before is told by what it is applied to, as its name is nobody's.
    """
    graph = network.graph
    calls: dict[int, Any] = {}
    layers: dict[str, Any] = {}

    def place(target: Target) -> Any:
        return target.constant if target.constant is not None else (calls[target.node], target.result)

    for node in network.parts():
        owner = graph.nodes[node.owner] if node.owner is not None else node
        if node.owner is None:
            layers[node.name] = _told(node.layer, node.cls)
        sources = tuple(place(target) for target in node.sources or ())
        keywords = sorted(zip(node.keywords, sources), key=lambda pair: pair[0]) if node.keywords else sources
        calls[node.index] = hash((owner.name, tuple(keywords), node.listed and len(sources) == 1, repr(sorted(node.options.items()))))
    outputs = graph.outputs
    names = outputs.names or [str(number) for number in range(len(outputs.targets))]
    return {
        "name": graph.name,
        "inputs": [graph.nodes[index].name for index in graph.inputs],
        "outputs": (outputs.single, outputs.names is None, dict(zip(names, map(place, outputs.targets)))),
        "layers": layers,
        "calls": sorted(calls.values()),
    }


def _told(layer: Any, cls: str) -> Any:
    if isinstance(layer, Nested):
        return facts(layer.network)
    if isinstance(layer, Custom):
        # What a saved model tells of it, its constructor is told.
        return cls
    # All arguments, as a default that is written out says nothing.
    return type(layer).__name__, {name: repr(plain(getattr(layer, name))) for name in layer.arguments if name != "name"}
