"""Network -> a spec that says the same: written out, or as a person would have written it; and the spec that merges models."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import snake_case
from mergecli.catalog.training import optimizers
from mergecli.exporters.yaml.blocks import Instance, Item, fold
from mergecli.exporters.yaml.entries import Wired, Writer, given_arguments, wired
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
    lines = [f"name: {flow(graph.name)}", *compiling(network.training)]
    lines.append("inputs:")
    lines += [
        f"  {key_of(graph.nodes[index].name)}: {flow(given_arguments(graph.nodes[index]))}"
        for index in graph.inputs
    ]
    lines.append("layers:" if len(parts) > len(graph.inputs) else "layers: []")
    writer = Writer(network)
    writer.names = {node.name for node in parts}
    lines += writer.entries([node for node in parts if node.index not in graph.inputs], "  ", None)
    lines.append(f"outputs: {flow(writer.outputs())}")
    return "\n".join(lines) + "\n"


def compiling(training: TrainingConfig | Mapping[str, Any] | None) -> list[str]:
    """What stands under `compile`."""
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
    return ["compile:", *(f"  {key}: {flow(value)}" for key, value in given.items())]


def written(
    network: Network,
    files: Mapping[int, str] = {},
    folded: bool = False,
    training: Mapping[str, Any] | None = None,
) -> str:
    """The spec that a person would have written: in branches, with the names that matter.

    `files` are the specs of the models that are layers in it, by the id of their network. With `folded`, what repeats is a block.
    `training` is what stands under `compile`.

    Raises:
        Inexpressible: a spec has no words for one of its layers, which the message names.
    """
    graph = network.graph
    found = layout(network)
    writer = Writer(network, files)
    writer.folded = folded
    lists = [nodes for _, nodes in found.lists()]
    blocks, foldings = (
        fold(network, lists, arguments) if folded else ([], [[*nodes] for nodes in lists])
    )
    #: Each list of layers with its instances of blocks.
    items: dict[int, list[Item]] = {id(nodes): folding for nodes, folding in zip(lists, foldings)}
    given = _names(network, found, foldings)
    writer.names = given
    lines = [f"name: {flow(graph.name)}", *writer.blocks(blocks), *compiling(training)]
    inputs = {index: graph.nodes[index] for index in graph.inputs}
    last: Call | None = None
    if found.plain is not None:
        only = next(iter(inputs.values())) if len(inputs) == 1 else None
        if only is not None:
            lines.append(f"input: {flow(_input(only, only.name in given))}")
        else:
            lines += [
                "inputs:",
                *(
                    f"  {key_of(node.name)}: {flow(_input(node, False))}"
                    for node in inputs.values()
                ),
            ]
        lines.append("layers:" if found.plain else "layers: []")
        lines += writer.entries(
            items[id(found.plain)], "  ", Value(only.index) if only is not None else None
        )
        last = found.plain[-1] if found.plain else only
    if found.branches:
        lines.append("branches:")
    writer.ends = {branch.end.index: branch.key for branch in found.branches}
    for branch in found.branches:
        lines += _branch(writer, branch, given, items[id(branch.nodes)])
        last = branch.end
    previous = Value(last.index) if last is not None else None
    if found.merge is not None:
        merge = found.merge
        lines += ["merge:", *(f"  {line}" for line in writer.entry(merge, None, wired(merge)))]
        targets = [target.producer for target in merge.sources or ()]
        if targets != [branch.end.index for branch in found.branches]:
            lines[-1] += "" if ":" in lines[-1] else ": {}"
            lines.append(f"  from: {flow([writer.ends[index] for index in targets])}")
        elif ":" not in lines[-1]:
            lines[-2:] = [f"merge: {lines[-1].strip()}"]
        last, previous = merge, Value(merge.index)
    if found.head:
        lines += ["head:", *writer.entries(items[id(found.head)], "  ", previous)]
        last = found.head[-1]
    if found.heads:
        lines.append("heads:")
    for name, nodes in found.heads.items():
        lines.append(f"  {key_of(name)}:")
        first, start = nodes[0], previous
        if (
            _is_startable(first)
            and len(first.sources or ()) == 1
            and not first.listed
            and not first.keywords
            and first.sources != [previous]
        ):
            start = first.sources[0]  # type: ignore[index]
            lines.append(f"    from: {flow(writer.reference(start))}")
        lines += ["    layers:", *writer.entries(items[id(nodes)], "      ", start)]
    outputs = graph.outputs
    if not found.heads and (
        not outputs.single or last is None or outputs.targets != [Value(last.index)]
    ):
        lines.append(f"outputs: {flow(writer.outputs())}")
    return "\n".join(lines) + "\n"


def _is_startable(node: Call) -> bool:
    """Whether a branch can say what a node is applied to, which takes no numbers."""
    return all(target.constant is None for target in node.sources or ())


def _branch(writer: Writer, branch: Section, given: set[str], items: list[Item]) -> list[str]:
    graph, start = writer.graph, branch.start
    lines = [f"  {key_of(branch.key)}:"]
    previous = Value(start.index) if start is not None else None
    came: Wired | None = None
    if start is not None and isinstance(start.layer, SubgraphLayer):
        file = writer.files.get(id(start.layer.network))
        if file is None:
            raise Inexpressible(
                f"`{start.name}` is a model as one layer, for which a spec names another file"
            )
        if start.options:
            raise Inexpressible(
                f"`{start.name}` is a model as one layer, and is called with {flow(start.options)}"
            )
        lines += [f"    spec: {flow(file)}", "    nested: true"]
        fed = branch.fed
        lines.append(
            f"    input: {flow(_input(fed, fed.name in given))}"
            if fed is not None
            else f"    from: {flow(writer.wires(start))}"
        )
    elif start is not None:
        lines.append(f"    input: {flow(_input(start, start.name in given))}")
    else:
        first = branch.nodes[0]
        if _is_startable(first):
            came = wired(first)
            lines.append(f"    from: {flow(writer.wires(first))}")
        else:
            previous = next(target for target in first.sources or () if target.constant is None)
            lines.append(f"    from: {flow(writer.reference(previous))}")
    if branch.twin is not None:
        end = branch.nodes[-1].name
        lines += [
            "    layers:",
            f"      - use: {flow(branch.twin.key)}",
            *([f"        as: {flow(end)}"] if end in given else []),
        ]
    elif branch.nodes:
        lines += ["    layers:", *writer.entries(items, "      ", previous, came)]
    elif start is not None and start.index in graph.inputs:
        lines.append("    layers: []")
    return lines


def _input(node: Call, named: bool) -> Any:
    """An input, as its shape if nothing else is to be said."""
    arguments = {**given_arguments(node), **({"name": node.name} if named else {})}
    return (
        arguments["shape"]
        if list(arguments) == ["shape"] and isinstance(arguments["shape"], list)
        else arguments
    )


def _names(network: Network, found: Layout, foldings: Iterable[Iterable[Item]]) -> set[str]:
    """The names that must be written: those that something refers to, and those that the spec would not give by itself.

    `foldings` are the lists of layers with their instances of blocks, which give their layers names.
    """
    graph = network.graph
    parts = network.parts()
    again = {
        node.index for branch in found.branches if branch.twin is not None for node in branch.nodes
    }
    owners = {node.owner for node in parts if node.index not in again}
    written = {
        node.name for node in parts if node.index in owners or isinstance(node.layer, SubgraphLayer)
    }
    bases: list[tuple[Call, str]] = []
    reserved = {"merge", "previous"} | {branch.key for branch in found.branches}
    for branch in found.branches:
        begins = branch.fed or branch.start
        if begins is not None and begins.index in graph.inputs:
            bases.append((begins, f"{branch.key}_input"))
    if found.plain is not None and len(graph.inputs) == 1:
        bases.append((graph.nodes[graph.inputs[0]], "input"))
    elif found.plain is not None:
        written |= {graph.nodes[index].name for index in graph.inputs}
    starts = {
        id(branch.nodes): Value(branch.start.index)
        for branch in found.branches
        if branch.start is not None
    }
    before: Value | None = None
    if found.plain is not None and len(graph.inputs) == 1:
        before = Value(graph.inputs[0])
    elif found.merge is None and found.branches:
        before = Value(found.branches[-1].end.index)
    for (prefix, nodes), items in zip(found.lists(), foldings):
        before = starts.get(id(nodes), before)
        for node in items:
            if isinstance(node, Instance):
                written |= {inner.name for inner in node.nodes}
                written |= (
                    {graph.nodes[node.input.producer].name} if node.input != before else set()
                )
                before = Value(node.nodes[-1].index)
                continue
            if node.owner is None:
                bases.append((node, prefix + snake_case(node.cls.rsplit(".", 1)[-1])))
            # A merge names branches, or nothing.
            for target in (node.sources or ()) if node is not found.merge else ():
                # What is referred to is named, so that who reads the spec finds it.
                if target.constant is None and (
                    target != before or node.listed or node.keywords or len(node.sources or ()) > 1
                ):
                    written.add(graph.nodes[target.producer].name)
            before = Value(node.index)
    written |= (
        {graph.nodes[target.producer].name for target in graph.outputs.targets}
        if len(graph.outputs.targets) > 1
        else set()
    )
    while True:
        taken, wrong = set(written) | reserved, set[str]()
        names = NameAuthority(taken.__contains__)
        for node, base in bases:
            if node.name in written:
                continue
            name = names.name(base)
            taken.add(name)
            if name != node.name:
                wrong.add(node.name)
        if not wrong:
            return written
        written |= wrong


def merging(
    name: str,
    branches: Mapping[str, Mapping[str, Any]],
    merge: Mapping[str, Any],
    head: Iterable[Mapping[str, Any]],
) -> str:
    """The spec that merges models: each branch by its keys, the merge and the head's layers as entries."""
    lines = [f"name: {flow(name)}", "branches:"]
    lines += [f"  {key_of(branch)}: {flow(keys)}" for branch, keys in branches.items()]
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
