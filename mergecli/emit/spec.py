"""Network -> a spec that says the same, with everything in it written out; and the spec that merges models."""

from __future__ import annotations

import json
import re
from typing import Any, Iterable, Mapping, Tuple

from mergecli.emit.folding import Block, Expression, Instance, Item, fold
from mergecli.emit.sections import Layout, Section, layout
from mergecli.graph import Network, Node, Target, Training
from mergecli.layers import catalogue
from mergecli.layers.arguments import Argument, ArgumentError
from mergecli.layers.base import Kind, Layer, snake_case
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
        return "{" + ", ".join(f"{key_of(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not value.startswith("-") and isinstance(resolve(value), str)
        # A dollar begins a variable.
        return value if plain else json.dumps(value.replace("$", "$$"), ensure_ascii=False)
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    return json.dumps(value)


def key_of(text: Any) -> str:
    """A key as YAML on one line; no variable stands in it.

    >>> key_of("a"), key_of("$a"), flow("$a")
    ('a', '"$a"', '"$$a"')
    """
    return flow(text).replace("$$", "$") if isinstance(text, str) else flow(text)


def plain(value: Any) -> Any:
    """An argument as a spec has it: layers, regularizers and the like as a class with its arguments.

    Raises:
        Inexpressible: a spec has no words for it.
    """
    if isinstance(value, Custom) and value.config is not None:
        raise Inexpressible(f"only its saved model tells the arguments of a `{type(value).__name__}`")
    if isinstance(value, Kind):
        name = catalogue.spec_name(type(value))
        if not value.given and isinstance(value, Layer):
            return name
        return {name: {key: plain(value.given[key]) for key in in_order(value)}}
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
    lines = [f"name: {flow(graph.name)}", *compiling(network.training)]
    lines.append("inputs:")
    lines += [f"  {key_of(graph.nodes[index].name)}: {flow(_arguments(graph.nodes[index]))}" for index in graph.inputs]
    lines.append("layers:" if len(parts) > len(graph.inputs) else "layers: []")
    writer = Writer(network)
    writer.names = {node.name: node.name for node in parts}
    lines += writer.entries([node for node in parts if node.index not in graph.inputs], "  ", None)
    lines.append(f"outputs: {flow(writer.outputs())}")
    return "\n".join(lines) + "\n"


def compiling(training: Training | Mapping[str, Any] | None) -> list[str]:
    """What stands under `compile`."""
    if training is None:
        return []
    if isinstance(training, Training):
        training = {**training._asdict(), **training.options}
    given = {key: plain(value) for key, value in training.items() if key != "options" and value is not None}
    optimizer = training.get("optimizer")
    if isinstance(optimizer, Kind) and not optimizer.given:
        given["optimizer"] = catalogue.spec_name(type(optimizer)).lower()
    return ["compile:", *(f"  {key}: {flow(value)}" for key, value in given.items())]


class Writer:
    """Writes the calls of a network as entries of a spec.

    `files` are the specs of the models that are layers in it, by the id of their network. `names` are those that are written, by node; where
    one is not, the spec gives it by itself. `ends` are the branches by the nodes in which they end.
    """

    def __init__(self, network: Network, files: Mapping[int, str] = {}) -> None:
        self.network, self.graph, self.files = network, network.graph, files
        self.names: dict[str, str] = {}
        self.ends: dict[int, str] = {}
        #: The block that is being written, whose layers have names of their own, and what stands for its parameters.
        self.block: Block | None = None
        #: Whether layers that are the same are written once, with how often.
        self.folded = False

    def entries(self, items: Iterable[Item], indent: str, previous: Target | None, first: Wired | None = None) -> list[str]:
        """A list of layers behind `previous`; `first` is how that goes into the first of them, if a branch says it."""
        entries: list[list[str]] = []
        times: list[int] = []
        for item in items:
            folds = isinstance(item, Instance)
            entry = self.instance(item, previous, first) if isinstance(item, Instance) else self.entry(item, previous, first)
            named = folds or self.block is not None or item.name in self.names or item.owner is not None  # type: ignore[union-attr]
            if self.folded and entries and entry == entries[-1] and len(entry) == 1 and not named:
                times[-1] += 1
            else:
                entries.append(entry)
                times.append(1)
            previous, first = Target(item.nodes[-1].index if isinstance(item, Instance) else item.index), None
        lines: list[str] = []
        for entry, count in zip(entries, times):
            if count > 1:
                entry = [entry[0] if ":" in entry[0] else f"{entry[0]}: {{}}", f"repeat: {count}"]
            lines += [f"{indent}{'  ' if number else '- '}{line}" for number, line in enumerate(entry)]
        return lines

    def instance(self, instance: Instance, previous: Target | None, came: Wired | None) -> list[str]:
        """The lines of an instance of a block."""
        lines = [f"{instance.block}: {flow(instance.given)}" if instance.given else f"{instance.block}: {{}}"]
        if previous != instance.input and came != ((instance.input,), False, ()):
            lines.append(f"from: {flow(self.reference(instance.input))}")
        lines += [f"as: {flow(instance.name)}"] + ([f"repeat: {instance.times}"] if instance.times else [])
        return lines

    def blocks(self, blocks: Iterable[Block]) -> list[str]:
        """What stands under `blocks`."""
        lines = []
        for block in blocks:
            self.block = block
            lines.append(f"  {block.name}:")
            lines += [f"    params: {flow(block.parameters)}"] if block.parameters else []
            lines += ["    layers:", *self.entries(block.nodes, "      ", block.input)]
        self.block = None
        return ["blocks:", *lines] if lines else []

    def entry(self, node: Node, previous: Target | None, came: Wired | None = None) -> list[str]:
        """The lines of one entry."""
        if node.owner is not None:
            lines = [f"use: {flow(self.graph.nodes[node.owner].name)}"]
            lines += [f"as: {flow(node.name)}"] if node.name in self.names else []
        elif isinstance(node.layer, Nested):
            raise Inexpressible(f"`{node.name}` is a model as one layer, which a spec takes from a file of its own")
        else:
            arguments = _arguments(node)
            if self.block is not None:
                place = self.block.nodes.index(node)
                of_block = {name: value for (own, name), value in self.block.arguments.items() if own == place}
                arguments = {**arguments, **of_block, "name": self.block.local(node)}
            elif node.name in self.names:
                arguments["name"] = node.name
            lines = [_call(node, arguments)]
        if wired(node) != came and (previous is None or wired(node) != ((previous,), False, ())):
            lines.append(f"from: {flow(self.wires(node))}")
        if node.options:
            lines.append(f"call: {flow(node.options)}")
        return lines if len(lines) == 1 or ":" in lines[0] else [f"{lines[0]}: {{}}", *lines[1:]]

    def wires(self, node: Node) -> Any:
        """The `from` of a node."""
        found: list[Any] = [self.reference(target) for target in node.sources or ()]
        if node.keywords:
            grouped: dict[str, list[Any]] = {}
            for keyword, reference in zip(node.keywords, found):
                grouped.setdefault(keyword, []).append(reference)
            return {keyword: items if len(items) > 1 else items[0] for keyword, items in grouped.items()}
        return found if node.listed or len(found) != 1 else found[0]

    def reference(self, target: Target) -> Any:
        """A result as a spec refers to it."""
        if target.constant is not None:
            return target.constant
        if self.block is None:
            return self.graph.reference(target)
        name = "input" if target == self.block.input else self.block.local(self.graph.nodes[target.node])
        return name if target.result is None or name == "input" else f"{name}[{target.result}]"

    def outputs(self) -> Any:
        """What stands under `outputs`."""
        outputs = self.graph.outputs
        names: Any = [self.reference(target) for target in outputs.targets]
        if outputs.names is not None:
            return dict(zip(outputs.names, names))
        return names[0] if outputs.single and len(names) == 1 else names


#: What a node is applied to, whether that is a list, and the call arguments that it goes to.
Wired = Tuple[Tuple[Target, ...], bool, Tuple[str, ...]]


def wired(node: Node) -> Wired:
    """How a node is wired."""
    return tuple(node.sources or ()), node.listed, node.keywords


def _arguments(node: Node) -> dict[str, Any]:
    assert node.layer is not None, node.name
    try:
        return arguments(node.layer)
    except Inexpressible as problem:
        raise Inexpressible(f"`{node.name}`: {problem}") from None


def arguments(layer: Layer) -> dict[str, Any]:
    """The arguments that a layer is given, without its name, in the order that Keras has.

    Raises:
        Inexpressible: a spec has no words for one of them.
    """
    if isinstance(layer, Custom) and layer.config is not None:
        return _told(layer.config)
    return {name: _short(plain(layer.given[name]), layer.arguments.get(name)) for name in in_order(layer) if name != "name"}


def in_order(kind: Kind) -> list[str]:
    """The arguments that are given, in the order that Keras has, the name last."""
    places = {name: place for place, name in enumerate([*(name for name in kind.arguments if name != "name"), "name"])}
    return sorted(kind.given, key=lambda name: places.get(name, len(places)))


def _short(value: Any, argument: Argument | None) -> Any:
    """A size that is the same along all axes, or along the only one, once, where that means the same.

    >>> from mergecli.layers.convolutional import Conv1D, Conv2D
    >>> _short([3, 3], Conv2D.arguments["kernel_size"]), _short([3, 3], None), _short([3, 2], Conv2D.arguments["kernel_size"])
    (3, [3, 3], [3, 2])
    >>> _short([3], Conv1D.arguments["kernel_size"])
    3
    """
    if argument is None or not isinstance(value, list) or len({*map(repr, value)}) != 1 or type(value[0]) is not int:
        return value
    try:
        return value[0] if argument.check(value[0]) == argument.check(value) else value
    except ArgumentError:
        return value


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a saved model tells of a user's layer, as its constructor takes it.

    Raises:
        Inexpressible: there is an object in it.
    """
    found = {}
    for key, value in data["config"].items():
        if key == "name" or (key == "trainable" and value is True):
            continue
        if key == "dtype" and isinstance(value, dict):
            config = value.get("config")
            value = config.get("name") if value.get("class_name") == "DTypePolicy" and isinstance(config, dict) else value
        if key == "dtype" and value == "float32":
            continue
        found[key] = _value(value, key)
    return found


def _value(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__":
            value = value.get("items")
        elif "class_name" in value:
            raise Inexpressible(
                f"its `{key}` is a `{value['class_name']}`, an object for which the spec of a layer of your own has no words"
            )
    if isinstance(value, dict):
        return {name: _value(item, key) for name, item in value.items()}
    return [_value(item, key) for item in value] if isinstance(value, list) else value


def _call(node: Node, arguments: dict[str, Any]) -> str:
    """A layer with its arguments; the first that it needs stands alone if there is no other.

    >>> from mergecli.layers.core import Dense
    >>> _call(Node(0, "Dense", Dense(3), None, None), {"units": 3}), _call(Node(0, "Dense", Dense(3), None, None), {"units": 3, "name": "a"})
    ('Dense: 3', 'Dense: {units: 3, name: a}')
    """
    layer = node.layer
    cls = flow(catalogue.spec_name(type(layer)) if isinstance(layer, Layer) and not isinstance(layer, Custom) else node.cls)
    if not arguments:
        return cls
    (name, value), *rest = arguments.items()
    alone = not rest and layer is not None and name == next(iter(layer.arguments), None) and name in layer.required
    if alone and isinstance(value, (str, int, float)):
        return f"{cls}: {flow(value)}"
    return f"{cls}: {flow(arguments)}"


def written(network: Network, files: Mapping[int, str] = {}, folded: bool = False, training: Mapping[str, Any] | None = None) -> str:
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
    blocks, foldings = fold(network, lists, arguments) if folded else ([], [[*nodes] for nodes in lists])
    #: Each list of layers with its instances of blocks.
    items: dict[int, list[Item]] = {id(nodes): folding for nodes, folding in zip(lists, foldings)}
    given = _names(network, found, foldings)
    writer.names = {name: name for name in given}
    lines = [f"name: {flow(graph.name)}", *writer.blocks(blocks), *compiling(training)]
    inputs = {index: graph.nodes[index] for index in graph.inputs}
    last: Node | None = None
    if found.plain is not None:
        only = next(iter(inputs.values())) if len(inputs) == 1 else None
        if only is not None:
            lines.append(f"input: {flow(_input(only, only.name in given))}")
        else:
            lines += ["inputs:", *(f"  {key_of(node.name)}: {flow(_input(node, False))}" for node in inputs.values())]
        lines.append("layers:" if found.plain else "layers: []")
        lines += writer.entries(items[id(found.plain)], "  ", Target(only.index) if only is not None else None)
        last = found.plain[-1] if found.plain else only
    if found.branches:
        lines.append("branches:")
    writer.ends = {branch.end.index: branch.key for branch in found.branches}
    for branch in found.branches:
        lines += _branch(writer, branch, given, items[id(branch.nodes)])
        last = branch.end
    previous = Target(last.index) if last is not None else None
    if found.merge is not None:
        merge = found.merge
        lines += ["merge:", *(f"  {line}" for line in writer.entry(merge, None, wired(merge)))]
        targets = [target.node for target in merge.sources or ()]
        if targets != [branch.end.index for branch in found.branches]:
            lines[-1] += "" if ":" in lines[-1] else ": {}"
            lines.append(f"  from: {flow([writer.ends[index] for index in targets])}")
        elif ":" not in lines[-1]:
            lines[-2:] = [f"merge: {lines[-1].strip()}"]
        last, previous = merge, Target(merge.index)
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
    if not found.heads and (not outputs.single or last is None or outputs.targets != [Target(last.index)]):
        lines.append(f"outputs: {flow(writer.outputs())}")
    return "\n".join(lines) + "\n"


def _is_startable(node: Node) -> bool:
    """Whether a branch can say what a node is applied to, which takes no numbers."""
    return all(target.constant is None for target in node.sources or ())


def _branch(writer: Writer, branch: Section, given: set[str], items: list[Item]) -> list[str]:
    graph, start = writer.graph, branch.start
    lines = [f"  {key_of(branch.key)}:"]
    previous = Target(start.index) if start is not None else None
    came: Wired | None = None
    if start is not None and isinstance(start.layer, Nested):
        file = writer.files.get(id(start.layer.network))
        if file is None:
            raise Inexpressible(f"`{start.name}` is a model as one layer, for which a spec names another file")
        if start.options:
            raise Inexpressible(f"`{start.name}` is a model as one layer, and is called with {flow(start.options)}")
        lines += [f"    spec: {flow(file)}", "    nested: true", f"    from: {flow(writer.wires(start))}"]
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
        lines += ["    layers:", f"      - use: {flow(branch.twin.key)}", *([f"        as: {flow(end)}"] if end in given else [])]
    elif branch.nodes:
        lines += ["    layers:", *writer.entries(items, "      ", previous, came)]
    elif start is not None and start.index in graph.inputs:
        lines.append("    layers: []")
    return lines


def _input(node: Node, named: bool) -> Any:
    """An input, as its shape if nothing else is to be said."""
    arguments = {**_arguments(node), **({"name": node.name} if named else {})}
    return arguments["shape"] if list(arguments) == ["shape"] and isinstance(arguments["shape"], list) else arguments


def _names(network: Network, found: Layout, foldings: Iterable[Iterable[Item]]) -> set[str]:
    """The names that must be written: those that something refers to, and those that the spec would not give by itself.

    `foldings` are the lists of layers with their instances of blocks, which give their layers names.
    """
    graph = network.graph
    parts = network.parts()
    again = {node.index for branch in found.branches if branch.twin is not None for node in branch.nodes}
    owners = {node.owner for node in parts if node.index not in again}
    written = {node.name for node in parts if node.index in owners or isinstance(node.layer, Nested)}
    bases: list[tuple[Node, str]] = []
    reserved = {"merge", "previous"} | {branch.key for branch in found.branches}
    for branch in found.branches:
        if branch.start is not None and branch.start.index in graph.inputs:
            bases.append((branch.start, f"{branch.key}_input"))
    if found.plain is not None and len(graph.inputs) == 1:
        bases.append((graph.nodes[graph.inputs[0]], "input"))
    elif found.plain is not None:
        written |= {graph.nodes[index].name for index in graph.inputs}
    starts = {id(branch.nodes): Target(branch.start.index) for branch in found.branches if branch.start is not None}
    before: Target | None = None
    if found.plain is not None and len(graph.inputs) == 1:
        before = Target(graph.inputs[0])
    elif found.merge is None and found.branches:
        before = Target(found.branches[-1].end.index)
    for (prefix, nodes), items in zip(found.lists(), foldings):
        before = starts.get(id(nodes), before)
        for node in items:
            if isinstance(node, Instance):
                written |= {inner.name for inner in node.nodes}
                written |= {graph.nodes[node.input.node].name} if node.input != before else set()
                before = Target(node.nodes[-1].index)
                continue
            if node.owner is None:
                bases.append((node, prefix + snake_case(node.cls.rsplit(".", 1)[-1])))
            # A merge names branches, or nothing.
            for target in (node.sources or ()) if node is not found.merge else ():
                # What is referred to is named, so that who reads the spec finds it.
                if target.constant is None and (target != before or node.listed or node.keywords or len(node.sources or ()) > 1):
                    written.add(graph.nodes[target.node].name)
            before = Target(node.index)
    written |= {graph.nodes[target.node].name for target in graph.outputs.targets} if len(graph.outputs.targets) > 1 else set()
    while True:
        taken, counts, wrong = set(written), dict[str, int](), set[str]()
        for node, base in bases:
            if node.name in written:
                continue
            number = counts.get(base, 0)
            name = f"{base}_{number}" if number else base
            while name in taken or name in reserved:
                number += 1
                name = f"{base}_{number}"
            counts[base] = number + 1
            taken.add(name)
            if name != node.name:
                wrong.add(node.name)
        if not wrong:
            return written
        written |= wrong


def merging(name: str, branches: Mapping[str, Mapping[str, Any]], merge: Mapping[str, Any], head: Iterable[Mapping[str, Any]]) -> str:
    """The spec that merges models: each branch by its keys, the merge and the head's layers as entries."""
    lines = [f"name: {flow(name)}", "branches:"]
    lines += [f"  {key_of(branch)}: {flow(keys)}" for branch, keys in branches.items()]
    lines += [f"merge:\n  {cls}: {flow(arguments)}" if arguments else f"merge: {cls}" for cls, arguments in merge.items()]
    entries = list(head)
    if entries:
        lines.append("head:")
        lines += [f"  - {cls}: {flow(arguments)}" if arguments else f"  - {cls}" for entry in entries for cls, arguments in entry.items()]
    return "\n".join(lines) + "\n"
