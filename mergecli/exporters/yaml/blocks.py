"""Lists of layers -> the same with blocks: stretches whose layers are called alike and do the same, once with parameters."""

from __future__ import annotations

import re
from typing import Callable, Iterator, Mapping, NamedTuple, Sequence, Union

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, snake_case
from mergecli.exporters.yaml.values import known
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.naming import unique_name
from mergecli.ir.subgraph_layers import held_model
from mergecli.syntax.quoting import Expression

Arguments = Callable[[Layer], "dict[str, object]"]
#: A block with more parameters than these says less than the layers themselves.
MOST_PARAMETERS = 8
#: The words that an entry knows beside blocks.
TAKEN = {"from", "call", "as", "repeat", "use"}


class Instance(NamedTuple):
    """A stretch of layers that is an instance of a block: its name, with which all theirs begin, and what it is applied to.

    With `times` it stands for that many in a row, whose names end in a number from 0.
    """

    block: str
    name: str
    given: dict[str, object]
    input: Value
    nodes: list[Call]
    times: int = 0


Item = Union[Call, Instance]


class Block:
    """A block: the layers of its first instance, its parameters with the values that most instances have, and which arguments they are.

    `arguments` maps a layer's place and an argument to the parameter that it is, or to an expression.
    """

    def __init__(self, name: str, nodes: list[Call], prefix: str, input: Value) -> None:
        self.name, self.nodes, self.prefix, self.input = name, nodes, prefix, input
        self.parameters: dict[str, object] = {}
        self.arguments: dict[tuple[int, str], object] = {}

    def local(self, node: Call) -> str:
        """The name of a layer within the block."""
        return node.name[len(self.prefix) + 1 :]


class Stretch(NamedTuple):
    """Consecutive layers in one of the lists whose names begin alike."""

    number: int
    start: int
    prefix: str
    nodes: list[Call]
    input: Value


def fold(
    network: Network, lists: Sequence[list[Call]], arguments: Arguments
) -> tuple[list[Block], list[list[Item]]]:
    """Return the blocks that repeat, and the lists with their instances in place of what they fold.

    Args:
        network: The network.
        lists: The layers of each section.
        arguments: Gives the arguments of a layer as a spec has them.
    """
    families = _families(network, lists)
    names = {call.name for call in network.parts()}
    blocks: list[Block] = []
    instances: dict[tuple[int, int], Instance] = {}
    folded: set[int] = set()
    while families := _worthwhile(families, folded):
        best = max(families, key=lambda signature: _saved(families[signature]))
        stretches = families.pop(best)
        block = _block(stretches, {*names, *TAKEN, *(block.name for block in blocks)})
        given = _parameters(block, stretches, arguments)
        if given is None:
            continue
        blocks.append(block)
        for stretch, own in zip(stretches, given):
            folded |= {call.index for call in stretch.nodes}
            instances[stretch.number, stretch.start] = Instance(
                block.name, stretch.prefix, own, stretch.input, stretch.nodes
            )
    return blocks, [
        _rows(_replaced(number, nodes, instances)) for number, nodes in enumerate(lists)
    ]


def _families(network: Network, lists: Sequence[list[Call]]) -> dict[object, list[Stretch]]:
    """Return the stretches that a block can replace, by what they do."""
    users: dict[int, set[int]] = {}
    for call in network.parts():
        for parent in call.parents:
            users.setdefault(parent, set()).add(call.index)
    outputs = {target.producer for target in network.graph.outputs.targets}
    families: dict[object, list[Stretch]] = {}
    for number, nodes in enumerate(lists):
        for stretch in _stretches(number, nodes):
            signature = _signature(stretch, users, outputs)
            if signature is not None:
                families.setdefault(signature[0], []).append(stretch._replace(input=signature[1]))
    return families


def _worthwhile(
    families: Mapping[object, list[Stretch]], folded: set[int]
) -> dict[object, list[Stretch]]:
    """Return the families that make a spec shorter, without the stretches that are folded already."""
    free = {
        signature: [
            stretch
            for stretch in stretches
            if not any(call.index in folded for call in stretch.nodes)
        ]
        for signature, stretches in families.items()
    }
    return {signature: stretches for signature, stretches in free.items() if _saved(stretches) > 0}


def _block(stretches: Sequence[Stretch], taken: set[str]) -> Block:
    """Return the block for some stretches, with a name that is not taken."""
    first = stretches[0]
    name = _name([stretch.prefix for stretch in stretches], taken)
    return Block(name, first.nodes, first.prefix, first.input)


def _saved(stretches: list[Stretch]) -> int:
    """How many lines fewer a spec has with a block for these: an instance takes two, a block three beside its layers."""
    length = len(stretches[0].nodes) if stretches else 0
    return len(stretches) * (length - 2) - length - 3


def _stretches(number: int, nodes: list[Call]) -> Iterator[Stretch]:
    """For each beginning that names have in common, the layers in a row that have it."""
    start = 0
    open_: dict[str, int] = {}
    for place, node in enumerate([*nodes, None]):
        name = node.name if node is not None else ""
        prefixes = {
            name[: match.start()]
            for match in re.finditer("_", name)
            if 0 < match.start() < len(name) - 1
        }
        for prefix in [prefix for prefix in open_ if prefix not in prefixes]:
            start = open_.pop(prefix)
            if place - start > 2:
                yield Stretch(number, start, prefix, nodes[start:place], Value(-1))
        for prefix in prefixes:
            open_.setdefault(prefix, place)


def _signature(
    stretch: Stretch, users: Mapping[int, set[int]], outputs: set[int]
) -> tuple[object, Value] | None:
    """What two stretches have in common that one block can write, and what this one is applied to; None if none can."""
    places = {node.index: place for place, node in enumerate(stretch.nodes)}
    inputs: set[Value] = set()
    result = []
    for node in stretch.nodes:
        if (
            node.owner is not None
            or isinstance(node.layer, Custom)
            or held_model(node.layer) is not None
            or node.layer is None
        ):
            return None
        last = node is stretch.nodes[-1]
        if not last and (
            node.index in outputs or not users.get(node.index, set()) <= places.keys()
        ):
            return None
        sources: list[object] = []
        for target in node.sources or ():
            if target.constant is not None:
                sources.append(("constant", target.constant))
            elif target.producer in places:
                sources.append((places[target.producer], target.result))
            else:
                inputs.add(target)
                sources.append("input")
        local = node.name[len(stretch.prefix) + 1 :]
        result.append(
            (
                node.cls,
                local,
                tuple(sources),
                node.listed,
                node.keywords,
                repr(sorted(node.options.items())),
            )
        )
    return (tuple(result), inputs.pop()) if len(inputs) == 1 else None


def _parameters(
    block: Block, stretches: list[Stretch], arguments: Arguments
) -> list[dict[str, object]] | None:
    """Make parameters of the arguments that differ; gives what each stretch gives them, None if they are too many or no plain values."""
    given: list[dict[str, object]] = [{} for _ in stretches]
    columns: dict[str, list[object]] = {}
    for place in range(len(block.nodes)):
        each = [arguments(known(stretch.nodes[place])) for stretch in stretches]
        defaults = known(block.nodes[place]).defaults
        for name in {key: None for own in each for key in own}:
            column = [own[name] if name in own else _plain(defaults.get(name)) for own in each]
            if all(repr(value) == repr(column[0]) for value in column):
                continue
            if not all(map(_is_plain, column)):
                return None
            parts = _parts(column, columns)
            block.arguments[place, name] = (
                parts if parts is not None else Expression(_parameter(name, column, columns))
            )
    if len(columns) > MOST_PARAMETERS:
        return None
    for name, column in columns.items():
        usual = max(column, key=lambda value: sum(repr(other) == repr(value) for other in column))
        block.parameters[name] = usual
        for own, value in zip(given, column):
            if repr(value) != repr(usual):
                own[name] = value
    return given


def _parts(column: list[object], columns: dict[str, list[object]]) -> list[object] | None:
    """A list whose items are the same in all instances, or are parameters already; None if it is none."""
    lists = [value for value in column if isinstance(value, list)]
    if len(lists) < len(column) or any(len(value) != len(lists[0]) for value in lists):
        return None
    result: list[object] = []
    for items in zip(*lists):
        known = next(
            (
                name
                for name, other in columns.items()
                if list(map(repr, other)) == list(map(repr, items))
            ),
            None,
        )
        if known is None and any(repr(item) != repr(items[0]) for item in items):
            return None
        result.append(items[0] if known is None else Expression(f"${known}"))
    return result


def _is_plain(value: object) -> bool:
    return (
        all(map(_is_plain, value))
        if isinstance(value, list)
        else value is None or isinstance(value, (bool, int, float, str))
    )


def _plain(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        return value
    is_alike = bool(value) and all(item == value[0] for item in value)
    return value[0] if is_alike else list(value)


def _parameter(name: str, column: list[object], columns: dict[str, list[object]]) -> str:
    """The parameter that has these values in all instances, or so many times those of another one."""
    for parameter, other in columns.items():
        if list(map(repr, other)) == list(map(repr, column)):
            return f"${parameter}"
    numbers = [value for value in column if type(value) is int]
    if len(numbers) == len(column):
        for parameter, values in columns.items():
            others = [value for value in values if type(value) is int and value > 0]
            if len(others) == len(values):
                for bigger, smaller, sign in ((numbers, others, "*"), (others, numbers, "//")):
                    factor = bigger[0] // smaller[0] if smaller[0] else 0
                    if factor > 1 and all(
                        big == small * factor for big, small in zip(bigger, smaller)
                    ):
                        return f"$({parameter} {sign} {factor})"
    free = unique_name(name, lambda free: free in columns or free == "input")
    columns[free] = column
    return f"${free}"


def _name(prefixes: list[str], taken: set[str]) -> str:
    """What the names of the instances say without their numbers."""
    words = [re.sub(r"\d+[a-z]?(?![a-z])", "", prefix).split("_") for prefix in prefixes]
    common = [word for word in words[0] if word and all(word in other for other in words)]
    base = re.sub(r"\W", "", snake_case("_".join(common))).strip("_")
    base = base if re.fullmatch("[a-z_][A-Za-z0-9_]*", base) else "block"
    return unique_name(base, taken.__contains__)


def _replaced(
    number: int, nodes: list[Call], instances: Mapping[tuple[int, int], Instance]
) -> Iterator[Item]:
    place = 0
    while place < len(nodes):
        instance = instances.get((number, place))
        yield instance if instance is not None else nodes[place]
        place += len(instance.nodes) if instance is not None else 1


def _rows(items: Iterator[Item]) -> list[Item]:
    """Instances that follow one another and are numbered from 0 as one that is repeated."""
    result: list[Item] = []
    for item in items:
        last = result[-1] if result else None
        if (
            isinstance(item, Instance)
            and isinstance(last, Instance)
            and last.block == item.block
            and last.given == item.given
        ):
            base = last.name if last.times else last.name[:-2] if last.name.endswith("_0") else None
            follows = item.input == Value(last.nodes[-1].index)
            if base is not None and follows and item.name == f"{base}_{last.times or 1}":
                result[-1] = last._replace(
                    name=base, nodes=[*last.nodes, *item.nodes], times=(last.times or 1) + 1
                )
                continue
        result.append(item)
    return result
