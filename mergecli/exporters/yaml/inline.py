"""A model in a layer -> its mapping in a spec: an input and a list of layers."""

from __future__ import annotations

from typing import Callable

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, snake_case, spec_name
from mergecli.exporters.yaml.values import Inexpressible, known
from mergecli.ir.constants import ConstantArray
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.naming import NameAuthority
from mergecli.ir.subgraph_layers import SubgraphLayer

#: Returns the arguments of a call as a spec has them, without its name.
Arguments = Callable[[Call], dict[str, object]]


def inline(network: Network, arguments: Arguments) -> dict[str, object]:
    """Return a model of one input and one output as the mapping of a model in a layer.

    Args:
        network: The model.
        arguments: Returns the arguments of its calls.

    Raises:
        Inexpressible: A spec cannot express one of the layers, which the message names.
    """
    return _Inline(network, arguments).mapping()


class _Inline:
    """Writes one model, whose entries are applied to the entry before them unless they name another."""

    def __init__(self, network: Network, arguments: Arguments) -> None:
        self.graph, self.arguments = network.graph, arguments
        self.start = self.graph.nodes[self.graph.inputs[0]]
        self.calls = [call for call in network.parts() if call.index != self.start.index]
        self.names = self._written_names()

    def mapping(self) -> dict[str, object]:
        previous, layers = self.start, list[object]()
        for call in self.calls:
            layers.append(self.entry(call, previous))
            previous = call
        model = {"name": self.graph.name, "input": self.input(), "layers": layers}
        (end,) = self.graph.outputs.targets
        return model if end == Value(previous.index) else {**model, "output": self.reference(end)}

    def input(self) -> object:
        arguments = self.arguments(self.start)
        if self.start.name != "input":
            arguments["name"] = self.start.name
        is_short = list(arguments) == ["shape"] and isinstance(arguments["shape"], list)
        return arguments["shape"] if is_short else arguments

    def entry(self, call: Call, previous: Call) -> object:
        """Return one entry of the list of layers.

        Raises:
            Inexpressible: It is a model as one layer.
        """
        if isinstance(call.layer, SubgraphLayer):
            raise Inexpressible(f"`{call.name}` is a model as one layer of a model in a layer")
        entry: dict[str, object]
        if call.owner is not None:
            entry = {"use": self.graph.nodes[call.owner].name}
        else:
            arguments = self.arguments(call)
            if call.name in self.names:
                arguments["name"] = call.name
            entry = {_class(call): arguments}
        if call.owner is not None and call.name in self.names:
            entry["as"] = call.name
        if not _follows(call, previous):
            entry["from"] = self.sources(call)
        if call.options:
            entry["call"] = dict(call.options)
        return _class(call) if entry == {_class(call): {}} else entry

    def sources(self, call: Call) -> object:
        result = [self.reference(target) for target in call.sources or ()]
        if not call.keywords:
            return result if call.listed or len(result) != 1 else result[0]
        grouped: dict[str, list[object]] = {}
        for keyword, reference in zip(call.keywords, result):
            grouped.setdefault(keyword, []).append(reference)
        return {key: items if len(items) > 1 else items[0] for key, items in grouped.items()}

    def reference(self, target: Value) -> object:
        if isinstance(target.constant, ConstantArray):
            return target.constant.plain()
        return target.constant if target.constant is not None else self.graph.reference(target)

    def _written_names(self) -> set[str]:
        """Return the names that something refers to, or that a spec would not give by itself."""
        names = {self.graph.nodes[call.owner].name for call in self.calls if call.owner is not None}
        previous = self.start
        for call in self.calls:
            if not _follows(call, previous):
                names |= {self.graph.nodes[index].name for index in call.parents}
            previous = call
        (end,) = self.graph.outputs.targets
        if end != Value(previous.index):
            names.add(self.graph.nodes[end.producer].name)
        while wrong := self._automatic_names_that_differ(names):
            names |= wrong
        return names - {self.start.name}

    def _automatic_names_that_differ(self, names: set[str]) -> set[str]:
        taken = {*names, self.start.name, "merge", "previous"}
        authority = NameAuthority(taken.__contains__)
        wrong = set()
        for call in self.calls:
            if call.name in names:
                continue
            base = "use" if call.owner is not None else snake_case(call.cls.rsplit(".", 1)[-1])
            name = authority.name(base)
            taken.add(name)
            if name != call.name:
                wrong.add(call.name)
        return wrong


def _follows(call: Call, previous: Call) -> bool:
    """Whether a call is applied to the result of the entry before it."""
    is_plain = not call.listed and not call.keywords
    return is_plain and call.sources == [Value(previous.index)]


def _class(call: Call) -> str:
    layer: Layer = known(call)
    return call.cls if isinstance(layer, Custom) else spec_name(type(layer))
