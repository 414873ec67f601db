"""Network -> the sections in which a person would write it: branches up to where they meet, the merge, the head.

Layers belong together that depend on the same inputs: those of one input are its branch, and what depends on all of them
comes after the merge. A model that is one layer begins a branch of its own, as a spec can name a file only there.
"""

from __future__ import annotations

import heapq
import itertools
import re
from typing import Container, Iterable, Iterator, Sequence

from mergecli.catalog.layer import snake_case
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.naming import unique_name
from mergecli.ir.subgraph_layers import SubgraphLayer

#: Words in the name of an input that say no more than that it is one.
WORDLESS = ("", "input", "inputs", "in", "layer")


class Section:
    """A branch: the input or the model with which it begins, and the layers that follow; what joins others begins with neither."""

    __slots__ = ("fed", "key", "nodes", "start", "twin")

    def __init__(self, start: Call | None) -> None:
        self.key, self.start = "", start
        self.nodes: list[Call] = []
        #: The input that goes into the model with which it begins, and nowhere else.
        self.fed: Call | None = None
        #: The branch all of whose layers this one applies again.
        self.twin: Section | None = None

    @property
    def end(self) -> Call:
        """What the branch comes to."""
        return self.nodes[-1] if self.nodes else self.start  # type: ignore[return-value]


class Layout:
    """How a network is written down.

    With `plain` all layers are in one list, after one or several inputs. Otherwise there are branches, and after them either a head,
    with a merge before it or not, or heads, by the names of the outputs.
    """

    def __init__(self) -> None:
        self.plain: list[Call] | None = None
        self.branches: list[Section] = []
        self.merge: Call | None = None
        self.head: list[Call] = []
        self.heads: dict[str, list[Call]] = {}

    def lists(self) -> Iterator[tuple[str, list[Call]]]:
        """The lists of layers in file order, each with what the names in it begin with."""
        if self.plain is not None:
            yield "", self.plain
        for branch in self.branches:
            yield f"{branch.key}_", branch.nodes
        yield "", [self.merge] if self.merge is not None else []
        yield "", self.head
        for name, nodes in self.heads.items():
            yield f"{name}_", nodes


def layout(network: Network) -> Layout:
    """Return the sections of a network."""
    parts = _ordered(network)
    sections = _sections(network, parts)
    tails = _tails(network, sections)
    result = Layout()
    if not tails and _is_plain(network, sections):
        inputs = network.graph.inputs
        result.plain = _chained(call for call in parts if call.index not in inputs)
        return result
    separate = {call.index for calls in tails.values() for call in calls}
    for section in sections:
        section.nodes = [call for call in section.nodes if call.index not in separate]
    sections = [section for section in sections if section.nodes or section.start is not None]
    sections = _fed(network, sections)
    result.heads = {name: _chained(calls) for name, calls in tails.items()}
    _separate_merge(result, sections)
    result.branches = sections
    _pair(network, sections)
    _name(network, sections, _chooses_branches(result))
    return result


def _is_plain(network: Network, sections: list[Section]) -> bool:
    """Whether a model without tails is written as one list of layers."""
    starts = [section.start for section in sections if section.start is not None]
    if any(start.index not in network.graph.inputs for start in starts):
        return False  # a model as one layer, which begins a branch
    return len(sections) == 1 or not any(s.nodes for s in sections if s.start is not None)


def _separate_merge(result: Layout, sections: list[Section]) -> None:
    """Make the last section, if it begins with what joins the others, the merge and the head."""
    last = sections[-1]
    if last.start is not None or len(sections) == 1:
        return
    first, *rest = last.nodes
    ends = {section.end.index for section in sections[:-1]}
    merges = _joins(first) and all(target.producer in ends for target in first.sources or ())
    if not result.heads or (merges and not rest):
        sections.pop()
        result.merge, result.head = (first, rest) if merges else (None, last.nodes)


def _chooses_branches(result: Layout) -> bool:
    """Whether the merge must name the branches that it joins."""
    if result.merge is None:
        return False
    sources = [target.producer for target in result.merge.sources or ()]
    return sources != [section.end.index for section in result.branches]


def _fed(network: Network, sections: list[Section]) -> list[Section]:
    """Return the sections without those of inputs that only feed a model as one layer.

    Such a model begins with its input.
    """
    outputs = {target.producer for target in network.graph.outputs.targets}
    takers: dict[int, list[Call]] = {}
    for call in network.parts():
        for parent in set(call.parents):
            takers.setdefault(parent, []).append(call)
    starts = {section.start.index: section for section in sections if section.start is not None}
    result = []
    for section in sections:
        start = section.start
        model: Section | None = None
        if start is not None and start.index in network.graph.inputs and not section.nodes:
            taken = takers.get(start.index, [])
            if len(taken) == 1 and start.index not in outputs and _takes_only(taken[0], start):
                model = starts.get(taken[0].index)
        if model is not None:
            # It is put where its input was, so that inputs keep their order.
            model.fed = start
            result.append(model)
        elif section.fed is None:
            result.append(section)
    return result


def _takes_only(call: Call, source: Call) -> bool:
    """Whether a call is applied to the result of another one and nothing else."""
    return call.sources == [Value(source.index)] and not call.keywords and not call.listed


def _joins(node: Call) -> bool:
    """Whether a node is a layer that joins several whole results, in a list."""
    sources = node.sources or []
    whole = all(target.constant is None and target.result is None for target in sources)
    layer = node.layer
    return (
        len(sources) > 1
        and whole
        and node.listed
        and node.owner is None
        and layer is not None
        and layer.module != "ops"
    )


def _ordered(network: Network) -> list[Call]:
    """The nodes of a network, each after what it is applied to, in an order that depends on the wiring alone."""
    graph = network.graph
    result: dict[int, None] = {}
    stack = [(target.producer, False) for target in reversed(graph.outputs.targets)]
    while stack:
        index, done = stack.pop()
        if done:
            result[index] = None
        elif index not in result:
            stack.append((index, True))
            stack += [
                (parent, False)
                for parent in reversed(graph.nodes[index].parents)
                if parent not in result
            ]
    return [graph.nodes[index] for index in {**dict.fromkeys(graph.inputs), **result}]


def _sections(network: Network, parts: list[Call]) -> list[Section]:
    """All nodes by the inputs and models on which they depend: inputs in their order, everything else as soon as what it needs is there."""
    graph = network.graph
    groups: dict[int, frozenset[int]] = {}
    sections: dict[frozenset[int], Section] = {}
    for node in parts:
        starts = node.index in graph.inputs or (
            isinstance(node.layer, SubgraphLayer) and node.owner is None
        )
        above: frozenset[int] = frozenset().union(*(groups[parent] for parent in set(node.parents)))
        groups[node.index] = group = above | {node.index} if starts else above
        if starts:
            sections[group] = Section(node)
        else:
            sections.setdefault(group, Section(None)).nodes.append(node)
    for section in sections.values():
        section.nodes = _chained(section.nodes)
    ordered: list[Section] = []
    reached: set[int] = set()
    for index in graph.inputs:
        ordered.append(sections.pop(frozenset((index,))))
        reached.add(index)
        while ready := [
            group
            for group, section in sections.items()
            if _begins(group, section, graph.inputs) <= reached
        ]:
            for group in ready:
                ordered.append(sections.pop(group))
                reached |= group
    return ordered


def _begins(group: frozenset[int], section: Section, inputs: Container[int]) -> frozenset[int]:
    """What must be there before a section: all on which it depends, but for the model with which it begins."""
    start = section.start
    return group - {start.index} if start is not None and start.index not in inputs else group


def _chained(given: Iterable[Call]) -> list[Call]:
    """Nodes in an order in which each follows its sources, and where it can, the one before it."""
    nodes = list(given)
    places = {node.index: place for place, node in enumerate(nodes)}
    children: dict[int, list[Call]] = {}
    missing: dict[int, int] = {}
    for node in nodes:
        parents = {parent for parent in node.parents if parent in places}
        missing[node.index] = len(parents)
        for parent in parents:
            children.setdefault(parent, []).append(node)
    ready = [places[node.index] for node in nodes if not missing[node.index]]
    result: list[Call] = []
    while ready:
        following: Call | None = nodes[heapq.heappop(ready)]
        while following is not None:
            node, following = following, None
            result.append(node)
            for child in children.get(node.index, ()):
                missing[child.index] -= 1
                if not missing[child.index]:
                    if following is None:
                        following = child
                    else:
                        heapq.heappush(ready, places[child.index])
    return result


def _tails(network: Network, sections: list[Section]) -> dict[str, list[Call]]:
    """Return the layers that only one of the outputs of a dictionary needs, by the output's name.

    The branch of an input that only this output needs stays a branch. Empty if an output has none.
    """
    outputs = network.graph.outputs
    names = outputs.names or []
    if not names or not _can_name_heads(names, outputs.targets):
        return {}
    needs = _needs(network)
    tails: dict[str, list[Call]] = {name: [] for name in names}
    ends = {target.producer for target in outputs.targets}
    several = len(names) > 1
    for section in sections:
        start = section.start
        if start is not None and several and _is_one(needs.get(start.index, 0)):
            continue
        for call in section.nodes:
            # A single output needs everything; its head is its last layer.
            is_tail = several or call.index in ends
            if is_tail and _is_one(needs[call.index]) and not isinstance(call.layer, SubgraphLayer):
                tails[names[needs[call.index].bit_length() - 1]].append(call)
    complete = all(
        any(call.index == target.producer for call in calls)
        for calls, target in zip(tails.values(), outputs.targets)
    )
    return tails if complete else {}


def _can_name_heads(names: Sequence[str], targets: Sequence[Value]) -> bool:
    """Whether heads can have the names of outputs, each of which is the only result of a call."""
    named = all(name and "/" not in name for name in names)
    return named and all(target.result is None for target in targets)


def _needs(network: Network) -> dict[int, int]:
    """Return for each call the outputs that depend on it, as bits."""
    needs: dict[int, int] = {}
    for number, target in enumerate(network.graph.outputs.targets):
        needs[target.producer] = needs.get(target.producer, 0) | 1 << number
    for call in reversed(network.parts()):
        for parent in set(call.parents):
            needs[parent] = needs.get(parent, 0) | needs.get(call.index, 0)
    return needs


def _pair(network: Network, sections: list[Section]) -> None:
    """Find the branches that are another one applied again, of which only the end is used elsewhere."""
    firsts = {
        section.nodes[0].index: section
        for section in sections
        if section.start is not None and section.nodes
    }
    for section in sections:
        owner = section.nodes[0].owner if section.nodes and section.start is not None else None
        twin = firsts.get(owner) if owner is not None else None
        if twin is None or twin.twin is not None:
            continue
        owners = [call.owner for call in section.nodes]
        if owners != [call.index for call in twin.nodes]:
            continue
        if _is_wired_alike(twin, section) and not _is_used_inside(network, section):
            section.twin = twin


def _is_wired_alike(twin: Section, section: Section) -> bool:
    """Whether two branches with the same layers are wired in the same way."""
    moved = {call.index: own.index for call, own in zip(twin.nodes, section.nodes)}
    moved[twin.start.index] = section.start.index  # type: ignore[union-attr]
    for call, own in zip(twin.nodes, section.nodes):
        sources = [
            target._replace(producer=moved.get(target.producer, target.producer))
            for target in call.sources or ()
        ]
        facts = sources, call.listed, call.keywords, call.options
        if facts != (own.sources, own.listed, own.keywords, own.options):
            return False
    return True


def _is_used_inside(network: Network, section: Section) -> bool:
    """Whether another result of a branch than its last one is used elsewhere."""
    inner = {call.index for call in section.nodes[:-1]}
    others = (call for call in network.parts() if call not in section.nodes)
    outputs = {target.producer for target in network.graph.outputs.targets}
    return bool(inner & outputs) or any(inner & set(call.parents) for call in others)


def _is_one(bits: int) -> bool:
    return bits & (bits - 1) == 0


def _name(network: Network, sections: list[Section], chosen: bool) -> None:
    """Name each branch after its input, its model, or what the names of its layers have in common.

    With `chosen` the merge names branches.
    """
    layers = {call.name for call in network.parts()}
    taken: set[str] = {"merge", "previous"}
    keys = _input_names(sections)
    for section in sections:
        start = section.start
        if id(section) in keys:
            key = keys[id(section)]
            used = chosen or any(section is other.twin for other in sections)
            if key in layers and (used or not _is_only(network, section, key)):
                key += "_branch"
        elif start is not None:
            again = any(call.owner == start.index for call in network.parts())
            key = f"{start.name}_branch" if again or section.nodes else start.name
        else:
            key = "joined"
        own = start.name if start is not None else None

        def is_taken(name: str, own: str | None = own) -> bool:
            return name in taken or (name in layers and name != own)

        section.key = unique_name(key, is_taken)
        taken.add(section.key)


def _input_names(sections: Sequence[Section]) -> dict[int, str]:
    """Return the names of the branches with an input, by their ids; they need not be unique."""
    names = {id(section): _own_name(section) for section in sections if _has_input(section)}
    nameless = [key for key, name in names.items() if not name]
    for number, key in enumerate(nameless, 1):
        names[key] = f"branch_{number}" if len(nameless) > 1 else "branch"
    return names


def _has_input(section: Section) -> bool:
    return section.start is not None and not isinstance(section.start.layer, SubgraphLayer)


def _own_name(section: Section) -> str:
    assert section.start is not None
    return _words(section.start.name) or _common(section.nodes)


def _words(name: str) -> str:
    """What a name says, without what any input is called; what is cut off within a word says nothing.

    >>> _words("Input_a"), _words("image_input"), _words("input_layer_1"), _words("text")
    ('a', 'image', '', 'text')
    """
    words = [word for word in re.split(r"[_\W]+", name) if word.lower() not in WORDLESS]
    return "_".join(words) if any(not word.isdigit() for word in words) else ""


def _common(nodes: list[Call]) -> str:
    """The words with which the names of several layers begin, unless these are what one of them is called by itself."""
    if len(nodes) < 2:
        return ""
    columns = zip(*(node.name.split("_") for node in nodes))
    shared = [
        column[0] for column in itertools.takewhile(lambda column: len({*column}) == 1, columns)
    ]
    name = _words("_".join(shared))
    return (
        ""
        if any(snake_case(node.cls.rpartition(".")[2]).startswith(name) for node in nodes)
        else name
    )


def _is_only(network: Network, section: Section, key: str) -> bool:
    """Whether a branch can be called as its input: nothing but its first layer takes that, which needs no name for it."""
    start = section.start
    if start is None or start.name != key:
        return False
    takers = [node for node in network.parts() if start.index in node.parents]
    outputs = [target.producer for target in network.graph.outputs.targets]
    first = section.nodes[0] if section.nodes else None
    return start.index not in outputs and (
        first is None
        or (
            takers == [first]
            and first.sources == [Value(start.index)]
            and not first.keywords
            and not first.listed
        )
    )
