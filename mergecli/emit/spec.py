"""Network -> a spec that says the same, with everything in it written out; and the spec that merges models."""

from __future__ import annotations

import json
import re
from typing import Any, Iterable, Mapping

from mergecli.graph import Network, Node, Target
from mergecli.layers import catalogue
from mergecli.layers.base import Kind, Layer
from mergecli.layers.stand_ins import Custom, Nested
from mergecli.reader import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_./+-][A-Za-z0-9_./+*%=@-]*( [A-Za-z0-9_./+*%=@-]+)*")


class Inexpressible(Exception):
    """A spec has no words for a layer."""


def flow(value: Any) -> str:
    """A plain value as YAML on one line.

    >>> flow({"units": 3, "name": "no", "kernel_size": [3, 3], "x": None, "text": "a: b", "number": "64"})
    '{units: 3, name: no, kernel_size: [3, 3], x: null, text: "a: b", number: "64"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not value.startswith("-") and isinstance(resolve(value), str)
        # A dollar begins a variable.
        return value if plain else json.dumps(value.replace("$", "$$"), ensure_ascii=False)
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    return json.dumps(value)


def plain(value: Any) -> Any:
    """An argument as a spec has it: layers, regularizers and the like as a class with its arguments.

    Raises:
        Inexpressible: a spec has no words for it.
    """
    if isinstance(value, Custom) and value.config is not None:
        raise Inexpressible(f"only its saved model tells the arguments of a `{type(value).__name__}`")
    if isinstance(value, Kind):
        name = catalogue.spec_name(type(value))
        return {name: {key: plain(item) for key, item in value.given.items()}} if value.given else name
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def expanded(network: Network) -> str:
    """A plain model with all that variables, blocks, repetitions and included models come to.

    Weights that saved models bring along are not in it.

    Raises:
        Inexpressible: a spec has no words for one of its layers, which the message names.
    """
    graph = network.graph
    parts = network.parts()
    lines = [f"name: {flow(graph.name)}", "inputs:"]
    lines += [f"  {flow(graph.nodes[index].name)}: {flow(_arguments(graph.nodes[index]))}" for index in graph.inputs]
    lines.append("layers:" if len(parts) > len(graph.inputs) else "layers: []")
    previous: Node | None = None
    for node in parts:
        if node.index not in graph.inputs:
            lines += _entry(network, node, previous)
            previous = node
    outputs = graph.outputs
    names: Any = [graph.reference(target) for target in outputs.targets]
    if outputs.names is not None:
        names = dict(zip(outputs.names, names))
    lines.append(f"outputs: {flow(names[0] if outputs.single and len(names) == 1 else names)}")
    return "\n".join(lines) + "\n"


def _arguments(node: Node) -> dict[str, Any]:
    assert node.layer is not None
    return {key: plain(value) for key, value in node.layer.given.items() if key != "name"}


def _entry(network: Network, node: Node, previous: Node | None) -> list[str]:
    graph = network.graph
    if isinstance(node.layer, Nested):
        raise Inexpressible(f"`{node.name}` is a model as one layer, for which a spec names another file")
    if node.owner is not None:
        lines = [f"  - use: {flow(graph.nodes[node.owner].name)}", f"    as: {flow(node.name)}"]
    else:
        try:
            arguments = _arguments(node)
        except Inexpressible as problem:
            raise Inexpressible(f"`{node.name}`: {problem}") from None
        if isinstance(node.layer, Custom) and node.layer.config is not None:
            raise Inexpressible(f"`{node.name}`: only its saved model tells the arguments of a `{node.cls}`")
        cls = catalogue.spec_name(type(node.layer)) if isinstance(node.layer, Layer) else node.cls
        lines = [f"  - {flow(cls)}: {flow({**arguments, 'name': node.name})}"]
    sources = node.sources or []
    if previous is None or sources != [Target(previous.index)] or node.listed or node.keywords:
        lines.append(f"    from: {flow(_wires(network, node))}")
    if node.options:
        lines.append(f"    call: {flow(node.options)}")
    return lines


def _wires(network: Network, node: Node) -> Any:
    found: list[Any] = [
        target.constant if target.constant is not None else network.graph.reference(target) for target in node.sources or ()
    ]
    if node.keywords:
        grouped: dict[str, list[Any]] = {}
        for keyword, reference in zip(node.keywords, found):
            grouped.setdefault(keyword, []).append(reference)
        return {keyword: items if len(items) > 1 else items[0] for keyword, items in grouped.items()}
    return found if node.listed or len(found) != 1 else found[0]


def merging(name: str, branches: Mapping[str, Mapping[str, Any]], merge: Mapping[str, Any], head: Iterable[Mapping[str, Any]]) -> str:
    """The spec that merges models: each branch by its keys, the merge and the head's layers as entries."""
    lines = [f"name: {flow(name)}", "branches:"]
    lines += [f"  {flow(branch)}: {flow(keys)}" for branch, keys in branches.items()]
    lines += [f"merge:\n  {cls}: {flow(arguments)}" if arguments else f"merge: {cls}" for cls, arguments in merge.items()]
    entries = list(head)
    if entries:
        lines.append("head:")
        lines += [f"  - {cls}: {flow(arguments)}" if arguments else f"  - {cls}" for entry in entries for cls, arguments in entry.items()]
    return "\n".join(lines) + "\n"
