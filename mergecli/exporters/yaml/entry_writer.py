"""Calls of a network -> entries of a spec: layers, operations, what is used again, instances of blocks."""

from __future__ import annotations

from typing import Iterable, Mapping, Tuple

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, spec_name
from mergecli.exporters.yaml.blocks import Block, Instance, Item
from mergecli.exporters.yaml.inline import inline
from mergecli.exporters.yaml.values import Inexpressible, Models, arguments, known, no_model
from mergecli.ir.constants import ConstantArray
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import SubgraphLayer, WrappedModel
from mergecli.syntax.formatter.printer import WIDTH
from mergecli.syntax.quoting import flow, key_of


class Writer:
    """Writes the calls of a network as entries of a spec.

    `files` are the specs of the models that are layers in it, by the id of their network. `names` are those that are written; others
    the spec gives by itself. `ends` are the branches by the nodes in which they end.
    """

    def __init__(self, network: Network, files: Mapping[int, str] = {}) -> None:
        self.network, self.graph, self.files = network, network.graph, files
        self.names: set[str] = set()
        self.ends: dict[int, str] = {}
        #: The block that is being written, whose layers have names of their own, and what stands for its parameters.
        self.block: Block | None = None
        #: Whether layers that are the same are written once, with how often.
        self.folded = False
        #: The arguments of layers by the identity of their `explicit`.
        self.known: dict[int, dict[str, object]] = {}

    def entries(
        self,
        items: Iterable[Item],
        indent: str,
        previous: Value | None,
        first: Wired | None = None,
    ) -> list[str]:
        """Return a list of layers after `previous`; `first` is how that enters the first of them, if a branch gives it."""
        entries: list[list[str]] = []
        times: list[int] = []
        for item in items:
            folds = isinstance(item, Instance)
            entry = (
                self.instance(item, previous, first)
                if isinstance(item, Instance)
                else self.entry(item, previous, first, len(indent) + 2)
            )
            owner = None if isinstance(item, Instance) else item.owner
            named = folds or self.block is not None or item.name in self.names or owner is not None
            if self.folded and entries and entry == entries[-1] and len(entry) == 1 and not named:
                times[-1] += 1
            else:
                entries.append(entry)
                times.append(1)
            previous, first = (
                Value(item.nodes[-1].index if isinstance(item, Instance) else item.index),
                None,
            )
        lines: list[str] = []
        for entry, count in zip(entries, times):
            if count > 1:
                entry = [entry[0] if ":" in entry[0] else f"{entry[0]}: {{}}", f"repeat: {count}"]
            lines += [
                f"{indent}{'  ' if number else '- '}{line}" for number, line in enumerate(entry)
            ]
        return lines

    def instance(self, instance: Instance, previous: Value | None, came: Wired | None) -> list[str]:
        """The lines of an instance of a block."""
        lines = [
            f"{instance.block}: {flow(instance.given)}"
            if instance.given
            else f"{instance.block}: {{}}"
        ]
        if previous != instance.input and came != ((instance.input,), False, ()):
            lines.append(f"from: {flow(self.reference(instance.input))}")
        lines += [f"as: {flow(instance.name)}"] + (
            [f"repeat: {instance.times}"] if instance.times else []
        )
        return lines

    def blocks(self, blocks: Iterable[Block]) -> list[str]:
        """Return the section `blocks`."""
        lines = []
        for block in blocks:
            self.block = block
            lines.append(f"  {block.name}:")
            lines += [f"    params: {flow(block.parameters)}"] if block.parameters else []
            lines += ["    layers:", *self.entries(block.nodes, "      ", block.input)]
        self.block = None
        return ["blocks:", *lines] if lines else []

    def entry(
        self,
        node: Call,
        previous: Value | None,
        came: Wired | None = None,
        column: int = 0,
    ) -> list[str]:
        """Return the lines of one entry.

        Args:
            node: The call.
            previous: The result before it.
            came: What a branch applies it to.
            column: Where its lines begin; arguments that do not fit on a line have lines of their
                own, unless layers are folded.

        Raises:
            Inexpressible: The layer is a model, or an argument has no form in YAML.
        """
        if node.owner is not None:
            lines = [f"use: {flow(self.graph.nodes[node.owner].name)}"]
        elif isinstance(node.layer, SubgraphLayer):
            raise Inexpressible(
                f"`{node.name}` is a model as one layer, which a spec takes from a file of its own"
            )
        else:
            arguments = self.arguments(node)
            if self.block is not None:
                place = self.block.nodes.index(node)
                of_block = {
                    name: value
                    for (own, name), value in self.block.arguments.items()
                    if own == place
                }
                arguments = {**arguments, **of_block, "name": self.block.local(node)}
            elif node.name in self.names:
                arguments["name"] = node.name
            line = _call(node, arguments)
            if column + len(line) > WIDTH and not self.folded:
                lines = _on_lines(line.partition(":")[0], arguments, column)
            else:
                lines = [line]
        if wired(node) != came and (previous is None or wired(node) != ((previous,), False, ())):
            lines.append(f"from: {flow(self.sources(node))}")
        if node.options:
            lines.append(f"call: {flow(node.options)}")
        if node.owner is not None and node.name in self.names:
            lines.append(f"as: {flow(node.name)}")
        return lines if len(lines) == 1 or ":" in lines[0] else [f"{lines[0]}: {{}}", *lines[1:]]

    def arguments(self, node: Call) -> dict[str, object]:
        """The arguments of a layer, without its name."""
        if node.layer is None:
            return given_arguments(node, self.model)
        # Layers of saved models that differ in nothing but their names have the same `explicit`.
        key = id(node.layer.explicit)
        if key not in self.known:
            self.known[key] = given_arguments(node, self.model)
        return dict(self.known[key])

    def model(self, model: WrappedModel) -> object:
        """A model in a layer: its file, or the model itself."""
        file = self.files.get(id(model.network))
        return {"spec": file} if file is not None else inline(model.network, self.arguments)

    def sources(self, node: Call) -> object:
        """The `from` of a node."""
        result: list[object] = [self.reference(target) for target in node.sources or ()]
        if node.keywords:
            grouped: dict[str, list[object]] = {}
            for keyword, reference in zip(node.keywords, result):
                grouped.setdefault(keyword, []).append(reference)
            return {
                keyword: items if len(items) > 1 else items[0] for keyword, items in grouped.items()
            }
        return result if node.listed or len(result) != 1 else result[0]

    def reference(self, target: Value) -> object:
        """A result as a spec refers to it."""
        if isinstance(target.constant, ConstantArray):
            return target.constant.plain()
        if target.constant is not None:
            return target.constant
        if self.block is None:
            return self.graph.reference(target)
        name = (
            "input"
            if target == self.block.input
            else self.block.local(self.graph.nodes[target.producer])
        )
        return name if target.result is None or name == "input" else f"{name}[{target.result}]"

    def outputs(self) -> object:
        """Return the section `outputs`."""
        outputs = self.graph.outputs
        names = [self.reference(target) for target in outputs.targets]
        if outputs.names is not None:
            return dict(zip(outputs.names, names))
        return names[0] if outputs.single and len(names) == 1 else names


#: What a node is applied to, whether that is a list, and the call arguments that it goes to.
Wired = Tuple[Tuple[Value, ...], bool, Tuple[str, ...]]


def wired(node: Call) -> Wired:
    """How a node is wired."""
    return tuple(node.sources or ()), node.listed, node.keywords


def given_arguments(node: Call, models: Models = no_model) -> dict[str, object]:
    """Return the arguments of a layer as a spec writes them.

    Args:
        node: The call of the layer.
        models: Returns what a spec has for a model in the layer.

    Raises:
        Inexpressible: An argument has no form in YAML.
    """
    try:
        return arguments(known(node), models)
    except Inexpressible as problem:
        raise Inexpressible(f"`{node.name}`: {problem}") from None


def spread(head: str, value: object, column: int) -> list[str]:
    """Return a key with its value, a mapping on several lines if it does not fit on one.

    >>> spread("Conv2D", {"filters": 8, "kernel_size": 3}, WIDTH - 20)
    ['Conv2D:', '  filters: 8', '  kernel_size: 3']
    """
    line = f"{head}: {flow(value)}"
    if column + len(line) <= WIDTH or not isinstance(value, dict):
        return [line]
    return _on_lines(head, value, column)


def _on_lines(head: str, value: Mapping[str, object], column: int) -> list[str]:
    """Return a key with a mapping on several lines."""
    lines = [f"{head}:"]
    for key, inner in value.items():
        lines += [f"  {inner_line}" for inner_line in spread(key_of(key), inner, column + 2)]
    return lines


def _call(node: Call, arguments: dict[str, object]) -> str:
    """A layer with its arguments; the first that it needs is written alone if there is no other.

    >>> from mergecli.catalog.layers.core import Dense
    >>> _call(Call(0, "Dense", Dense(3), None, None), {"units": 3}), _call(Call(0, "Dense", Dense(3), None, None), {"units": 3, "name": "a"})
    ('Dense: 3', 'Dense: {units: 3, name: a}')
    """
    layer = node.layer
    cls = flow(
        spec_name(type(layer))
        if isinstance(layer, Layer) and not isinstance(layer, Custom)
        else node.cls
    )
    if not arguments:
        return cls
    (name, value), *rest = arguments.items()
    alone = (
        not rest
        and layer is not None
        and name == next(iter(layer.arguments), None)
        and name in layer.required
    )
    if alone and isinstance(value, (str, int, float)):
        return f"{cls}: {flow(value)}"
    return f"{cls}: {flow(arguments)}"
