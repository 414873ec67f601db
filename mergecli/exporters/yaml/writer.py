"""Network -> a spec that says the same: written out, or as a person would have written it; and the spec that merges models."""

from __future__ import annotations

from typing import Iterable, Mapping

from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import snake_case
from mergecli.catalog.training import optimizers
from mergecli.exporters.yaml.blocks import Block, Instance, Item, fold
from mergecli.exporters.yaml.entry_writer import Wired, Writer, given_arguments, spread, wired
from mergecli.exporters.yaml.sections import Layout, Section, layout
from mergecli.exporters.yaml.values import Inexpressible, arguments, plain
from mergecli.ir.graph import Call, Network, TrainingConfig, Value
from mergecli.ir.naming import NameAuthority
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.syntax.quoting import flow, key_of


def expanded(network: Network) -> str:
    """A plain model with all that variables, blocks, repetitions and included models come to.

    Weights that saved models bring along are not in it.

    Raises:
        Inexpressible: a spec has no words for one of its layers, which the message names.
    """
    graph = network.graph
    parts = network.parts()
    lines = [f"name: {flow(graph.name)}", "inputs:"]
    lines += [
        f"  {key_of(graph.nodes[index].name)}: {flow(given_arguments(graph.nodes[index]))}"
        for index in graph.inputs
    ]
    lines.append("layers:" if len(parts) > len(graph.inputs) else "layers: []")
    writer = Writer(network)
    writer.names = {node.name for node in parts}
    inputs = set(graph.inputs)
    lines += writer.entries([node for node in parts if node.index not in inputs], "  ", None)
    lines += [f"outputs: {flow(writer.outputs())}", *compiling(network.training)]
    return "\n".join(lines) + "\n"


def compiling(training: TrainingConfig | Mapping[str, object] | None) -> list[str]:
    """Return the section `compile`."""
    if training is None:
        return []
    if isinstance(training, TrainingConfig):
        training = {**training._asdict(), **training.options}
    given = {
        key: plain(value)
        for key, value in training.items()
        if key != "options" and value is not None
    }
    optimizer = training.get("optimizer")
    if (
        isinstance(optimizer, KerasObject)
        and not optimizer.explicit
        and type(optimizer).__name__ in optimizers.NAMES
    ):
        given["optimizer"] = type(optimizer).__name__.lower()
    return spread("compile", given, 0)


def written(
    network: Network,
    files: Mapping[int, str] = {},
    folded: bool = False,
    training: Mapping[str, object] | None = None,
) -> str:
    """Write the spec that a person would have written: in branches, with the names that matter.

    Args:
        network: The model.
        files: The specs of the models that are layers in it, by the id of their network.
        folded: Whether repeated structure becomes a block.
        training: The arguments of `compile`.

    Returns:
        The text of the spec.

    Raises:
        Inexpressible: A spec cannot express one of the layers, which the message names.
    """
    return _SpecWriter(network, files, folded).text(training)


class _SpecWriter:
    """Writes one spec, with a method for each section."""

    def __init__(self, network: Network, files: Mapping[int, str], folded: bool) -> None:
        self.graph = network.graph
        self.layout = layout(network)
        self.writer = Writer(network, files)
        self.writer.folded = folded
        lists = [nodes for _, nodes in self.layout.lists()]
        self.blocks: list[Block] = []
        foldings: list[list[Item]] = [[*nodes] for nodes in lists]
        if folded:
            self.blocks, foldings = fold(network, lists, arguments)
        #: Each list of layers with its instances of blocks.
        self.items = {id(nodes): items for nodes, items in zip(lists, foldings)}
        self.writer.names = self.names = _Naming(network, self.layout, foldings).names()
        self.writer.ends = {branch.end.index: branch.key for branch in self.layout.branches}
        #: The result of the section before.
        self.last: Call | None = None

    def text(self, training: Mapping[str, object] | None) -> str:
        lines = [f"name: {flow(self.graph.name)}"]
        lines += [*self.writer.blocks(self.blocks), *self.plain(), *self.branches()]
        lines += [*self.merge(), *self.head(), *self.heads(), *self.outputs(), *compiling(training)]
        return "\n".join(lines) + "\n"

    @property
    def previous(self) -> Value | None:
        return Value(self.last.index) if self.last is not None else None

    def plain(self) -> list[str]:
        """Return the inputs and layers of a plain model."""
        layers = self.layout.plain
        if layers is None:
            return []
        inputs = [self.graph.nodes[index] for index in self.graph.inputs]
        if len(inputs) == 1:
            (self.last,) = inputs
            lines = [f"input: {flow(_input(self.last, self.last.name in self.names))}"]
        else:
            shown = [f"  {key_of(call.name)}: {flow(_input(call, False))}" for call in inputs]
            lines = ["inputs:", *shown]
        lines.append("layers:" if layers else "layers: []")
        lines += self.writer.entries(self.items[id(layers)], "  ", self.previous)
        self.last = layers[-1] if layers else self.last
        return lines

    def branches(self) -> list[str]:
        branches = self.layout.branches
        lines = ["branches:"] if branches else []
        for branch in branches:
            lines += _branch(self.writer, branch, self.names, self.items[id(branch.nodes)])
            self.last = branch.end
        return lines

    def merge(self) -> list[str]:
        merge = self.layout.merge
        if merge is None:
            return []
        entry = self.writer.entry(merge, None, wired(merge))
        lines = ["merge:", *(f"  {line}" for line in entry)]
        sources = [target.producer for target in merge.sources or ()]
        if sources != [branch.end.index for branch in self.layout.branches]:
            lines[-1] += "" if ":" in lines[-1] else ": {}"
            lines.append(f"  from: {flow([self.writer.ends[index] for index in sources])}")
        elif ":" not in lines[-1]:
            lines[-2:] = [f"merge: {lines[-1].strip()}"]
        self.last = merge
        return lines

    def head(self) -> list[str]:
        layers = self.layout.head
        if not layers:
            return []
        lines = ["head:", *self.writer.entries(self.items[id(layers)], "  ", self.previous)]
        self.last = layers[-1]
        return lines

    def heads(self) -> list[str]:
        heads = self.layout.heads
        lines = ["heads:"] if heads else []
        for name, layers in heads.items():
            lines.append(f"  {key_of(name)}:")
            start = _start_of_head(layers[0], self.previous)
            if start is not None:
                lines.append(f"    from: {flow(self.writer.reference(start))}")
            before = start if start is not None else self.previous
            entries = self.writer.entries(self.items[id(layers)], "      ", before)
            lines += ["    layers:", *entries]
        return lines

    def outputs(self) -> list[str]:
        """Return `outputs` where the model has other ones than it would have without."""
        outputs = self.graph.outputs
        if self.layout.heads:
            return []
        if outputs.single and self.last is not None and outputs.targets == [self.previous]:
            return []
        return [f"outputs: {flow(self.writer.outputs())}"]


def _start_of_head(first: Call, previous: Value | None) -> Value | None:
    """Return what a head starts from if it must say so: one tensor other than the result before."""
    sources = first.sources or []
    is_one = len(sources) == 1 and not first.listed and not first.keywords
    if not is_one or not _is_startable(first) or sources == [previous]:
        return None
    return sources[0]


def _is_startable(node: Call) -> bool:
    """Whether a branch can say what a node is applied to, which takes no numbers."""
    return all(target.constant is None for target in node.sources or ())


def _branch(writer: Writer, branch: Section, names: set[str], items: list[Item]) -> list[str]:
    """Return the lines of a branch: what it starts from, and its layers."""
    graph, start = writer.graph, branch.start
    lines = [f"  {key_of(branch.key)}:"]
    previous = Value(start.index) if start is not None else None
    above: Wired | None = None
    if start is None:
        first = branch.nodes[0]
        if _is_startable(first):
            above = wired(first)
            lines.append(f"    from: {flow(writer.sources(first))}")
        else:
            previous = next(target for target in first.sources or () if target.constant is None)
            lines.append(f"    from: {flow(writer.reference(previous))}")
    elif isinstance(start.layer, SubgraphLayer):
        lines += _model(writer, start, start.layer, branch.fed, names)
    else:
        lines.append(f"    input: {flow(_input(start, start.name in names))}")
    if branch.twin is not None:
        end = branch.nodes[-1].name
        lines += ["    layers:", f"      - use: {flow(branch.twin.key)}"]
        lines += [f"        as: {flow(end)}"] if end in names else []
    elif branch.nodes:
        lines += ["    layers:", *writer.entries(items, "      ", previous, above)]
    elif start is not None and start.index in graph.inputs:
        lines.append("    layers: []")
    return lines


def _model(
    writer: Writer, call: Call, layer: SubgraphLayer, fed: Call | None, names: set[str]
) -> list[str]:
    """Return the keys of a branch that starts with a model as one layer."""
    file = writer.files.get(id(layer.network))
    owner = f"`{call.name}` is a model as one layer"
    if file is None:
        raise Inexpressible(f"{owner}, for which a spec names another file")
    if call.options:
        raise Inexpressible(f"{owner}, and is called with {flow(call.options)}")
    lines = [f"    spec: {flow(file)}", "    nested: true"]
    if fed is not None:
        return [*lines, f"    input: {flow(_input(fed, fed.name in names))}"]
    return [*lines, f"    from: {flow(writer.sources(call))}"]


def _input(node: Call, named: bool) -> object:
    """An input, as its shape if nothing else is to be said."""
    arguments = {**given_arguments(node), **({"name": node.name} if named else {})}
    return (
        arguments["shape"]
        if list(arguments) == ["shape"] and isinstance(arguments["shape"], list)
        else arguments
    )


class _Naming:
    """Finds the names that must be written.

    Those are the names that something refers to, and those that the spec would not give by itself.

    Args:
        network: The model.
        layout: Its sections.
        foldings: The lists of layers with their instances of blocks, which name their layers.
    """

    def __init__(
        self, network: Network, layout: Layout, foldings: Iterable[Iterable[Item]]
    ) -> None:
        self.network, self.graph, self.layout = network, network.graph, layout
        self.foldings = foldings
        self.written: set[str] = set()
        #: The layers that may be left without a name, with what their automatic names begin with.
        self.bases: list[tuple[Call, str]] = []

    def names(self) -> set[str]:
        self.add_reused()
        self.add_inputs()
        self.add_references()
        targets = self.graph.outputs.targets
        if len(targets) > 1:
            self.written |= {self.name_of(target) for target in targets}
        while wrong := self.automatic_names_that_differ():
            self.written |= wrong
        return self.written

    def name_of(self, target: Value) -> str:
        return self.graph.nodes[target.producer].name

    def add_reused(self) -> None:
        """Add layers that are applied again, and models as layers."""
        twins = [branch for branch in self.layout.branches if branch.twin is not None]
        again = {call.index for branch in twins for call in branch.nodes}
        parts = self.network.parts()
        owners = {call.owner for call in parts if call.index not in again}
        self.written |= {
            call.name
            for call in parts
            if call.index in owners or isinstance(call.layer, SubgraphLayer)
        }

    def add_inputs(self) -> None:
        graph = self.graph
        for branch in self.layout.branches:
            start = branch.fed or branch.start
            if start is not None and start.index in graph.inputs:
                self.bases.append((start, f"{branch.key}_input"))
        if self.layout.plain is None:
            return
        if len(graph.inputs) == 1:
            self.bases.append((graph.nodes[graph.inputs[0]], "input"))
        else:
            self.written |= {graph.nodes[index].name for index in graph.inputs}

    def first_result(self) -> Value | None:
        """Return the result before the first list of layers."""
        inputs, branches = self.graph.inputs, self.layout.branches
        if self.layout.plain is not None and len(inputs) == 1:
            return Value(inputs[0])
        if self.layout.merge is None and branches:
            return Value(branches[-1].end.index)
        return None

    def add_references(self) -> None:
        """Add what a layer is applied to, unless that is the entry before it."""
        starts = {
            id(branch.nodes): Value(branch.start.index)
            for branch in self.layout.branches
            if branch.start is not None
        }
        before = self.first_result()
        for (prefix, nodes), items in zip(self.layout.lists(), self.foldings):
            before = starts.get(id(nodes), before)
            for item in items:
                if isinstance(item, Instance):
                    before = self.add_instance(item, before)
                else:
                    before = self.add_layer(item, prefix, before)

    def add_instance(self, item: Instance, before: Value | None) -> Value:
        self.written |= {call.name for call in item.nodes}
        if item.input != before:
            self.written.add(self.name_of(item.input))
        return Value(item.nodes[-1].index)

    def add_layer(self, call: Call, prefix: str, before: Value | None) -> Value:
        if call.owner is None:
            self.bases.append((call, prefix + snake_case(call.cls.rsplit(".", 1)[-1])))
        sources = call.sources or ()
        is_plain = not call.listed and not call.keywords and len(sources) == 1
        # A merge names branches, or nothing.
        if call is not self.layout.merge:
            self.written |= {
                self.name_of(target)
                for target in sources
                if target.constant is None and not (is_plain and target == before)
            }
        return Value(call.index)

    def automatic_names_that_differ(self) -> set[str]:
        """Return the names of layers that would get another one by themselves."""
        taken = {*self.written, "merge", "previous"}
        taken |= {branch.key for branch in self.layout.branches}
        authority = NameAuthority(taken.__contains__)
        wrong = set()
        for call, base in self.bases:
            if call.name in self.written:
                continue
            name = authority.name(base)
            taken.add(name)
            if name != call.name:
                wrong.add(call.name)
        return wrong


def merging(
    name: str,
    branches: Mapping[str, Mapping[str, object]],
    merge: Mapping[str, object],
    head: Iterable[Mapping[str, object]],
) -> str:
    """The spec that merges models: each branch by its keys, the merge and the head's layers as entries."""
    lines = [f"name: {flow(name)}", "branches:"]
    # One line for each key, so that another one is a line more in a comparison of versions.
    for branch, keys in branches.items():
        lines.append(f"  {key_of(branch)}:")
        lines += [f"    {key}: {flow(value)}" for key, value in keys.items()]
    lines += [
        f"merge:\n  {cls}: {flow(arguments)}" if arguments else f"merge: {cls}"
        for cls, arguments in merge.items()
    ]
    entries = list(head)
    if entries:
        lines.append("head:")
        lines += [
            f"  - {cls}: {flow(arguments)}" if arguments else f"  - {cls}"
            for entry in entries
            for cls, arguments in entry.items()
        ]
    return "\n".join(lines) + "\n"
