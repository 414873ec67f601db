"""What is known of one state of a text: its tree, its network as far as it goes, and what was found."""

from __future__ import annotations

import re
from functools import cached_property, wraps
from typing import Any, Callable, Iterator, NamedTuple, TypeVar

from mergecli.catalog.versions import NEWEST, Version
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.diagnostics.source import LARGEST, Source, Span
from mergecli.diagnostics.suggestions import Searches
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.remembered import Memory
from mergecli.ir.subgraph_layers import wrapped_model
from mergecli.lsp.deadline import SECONDS, Deadline, TooSlow
from mergecli.lsp.spec_names import Name, given
from mergecli.lsp.text import Text
from mergecli.syntax.grammar import BRANCH, EXTRA, MERGED, SPEC, WRAPPED, form_at
from mergecli.syntax.rereading import Rereader
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: Keys that no other YAML file is likely to have at its top.
TELLING = ("layers", "blocks", *MERGED)
#: How many scalars are looked at; aliases may make more of a text.
MOST = 100_000


class Spot(NamedTuple):
    """A scalar with the path to it, and the tree after it if it is a key."""

    steps: tuple[str | int, ...]
    scalar: Scalar
    is_key: bool
    value: Tree | None


class History:
    """What is known of the earlier states of a text, for one target."""

    def __init__(self) -> None:
        self.memory, self.reader = Memory(), Rereader()


class Analysis:
    """One state of a text. Nothing raises for a text that is wrong; what cannot be known is missing."""

    def __init__(
        self,
        text: Text,
        path: str,
        customs: CustomLayers | None = None,
        target: Version = NEWEST,
        history: History | None = None,
    ) -> None:
        self.text, self.path, self.customs, self.target = text, path, customs, target
        self.source = Source(text.text.removeprefix("\ufeff"), path)
        self.is_spec, self.compiled = self._compile(history or History())
        #: What functions that are decorated with `once` have returned.
        self.computed: dict[object, Any] = {}

    def _compile(self, history: History) -> tuple[bool, Compiled | None]:
        """Return whether the text is a spec, and what its check gives, in bounded time."""
        if not looks_like_a_spec(self.text.text[:LARGEST]):
            return False, None
        if len(self.text.text) > LARGEST:
            return False, self._refused(f"this text is larger than {LARGEST >> 20} MiB")
        try:
            with Deadline():
                return True, compile_spec(
                    self.source, {}, self.customs, self.target, history.memory, history.reader.read
                )
        except TooSlow:
            reason = f"this text takes longer than {SECONDS:g} seconds to check"
            return True, self._refused(reason)

    def _refused(self, reason: str) -> Compiled:
        message = f"{reason}, so it is not checked"
        return Compiled(self.source, None, [error(Span(1, 1, 1, 1), "too-large", message)])

    @property
    def tree(self) -> Tree | None:
        """The text as it was read; None while it cannot be."""
        return self.compiled.tree if self.compiled is not None else None

    @property
    def diagnostics(self) -> list[Diagnostic]:
        # An empty file is where one begins to write.
        return (
            [diagnostic for diagnostic in self.compiled.diagnostics if diagnostic.code != "empty"]
            if self.compiled is not None
            else []
        )

    @property
    def network(self) -> Network | None:
        """The network, of which parts may be missing."""
        return self.compiled.partial if self.compiled is not None else None

    @cached_property
    def spots(self) -> list[Spot]:
        """All scalars, in the order in which the tree has them."""
        result: list[Spot] = []
        if self.tree is not None:
            _add_spots(result, self.tree, ())
        return result[:MOST]

    @cached_property
    def by_place(self) -> dict[tuple[int, int], Spot]:
        """Scalars by line and column, as spans have them."""
        return {spot.scalar.span[:2]: spot for spot in reversed(self.spots)}

    @property
    def includes(self) -> Iterator[Scalar]:
        """The names of the specs that branches and layers include."""
        for spot in self.spots:
            if not spot.is_key or spot.scalar.value != "spec" or type(spot.value) is not Scalar:
                continue
            if form_at(spot.steps) in (BRANCH, WRAPPED):
                yield spot.value

    def at(self, offset: int) -> Spot | None:
        """The scalar at a place, if there is one."""
        for spot in self.spots:
            span = spot.scalar.span
            if self.text.start(span) <= offset <= self.text.end(span):
                return spot
        return None

    @cached_property
    def names(self) -> list[Name]:
        """The names that the text gives."""
        return given(self.tree)

    @cached_property
    def by_name(self) -> dict[str, list[Name]]:
        """What the text gives each name to."""
        result: dict[str, list[Name]] = {}
        for name in self.names:
            result.setdefault(name.name, []).append(name)
        return result

    @cached_property
    def targets(self) -> dict[str, Value]:
        """The nodes of the graph by their names."""
        return (
            {node.name: Value(node.index) for node in self.network.graph.nodes}
            if self.network is not None
            else {}
        )

    @cached_property
    def nodes(self) -> dict[tuple[int, int], list[Call]]:
        """The nodes of the graph by the places where their classes stand; several where an entry is repeated or in a block."""
        result: dict[tuple[int, int], list[Call]] = {}
        for network in self.networks:
            for node in network.graph.nodes:
                if not node.span.path:
                    result.setdefault(node.span[:2], []).append(node)
        return result

    @cached_property
    def networks(self) -> list[Network]:
        """The network, and those of the models that are written in its layers."""
        networks = [self.network] if self.network is not None else []
        for network in networks:
            models = (wrapped_model(node.layer) for node in network.graph.nodes)
            networks += [
                model.network for model in models if model is not None and model.part is None
            ]
        return networks

    @cached_property
    def named_nodes(self) -> dict[tuple[int, int], list[Call]]:
        """The nodes of the networks by the places where their names stand."""
        result: dict[tuple[int, int], list[Call]] = {}
        for network in self.networks:
            for node in network.graph.nodes:
                span = node.location.arguments.get("name")
                if span is not None:
                    result.setdefault(span[:2], []).append(node)
        return result

    def network_of(self, node: Call) -> Network:
        """Return the network that has a node."""
        return self._homes[id(node)]

    @cached_property
    def _homes(self) -> dict[int, Network]:
        """The networks by the identities of their nodes."""
        return {id(node): network for network in self.networks for node in network.graph.nodes}

    @cached_property
    def instances(self) -> dict[tuple[int, int], list[Call]]:
        """The nodes of the instances of blocks, by the places where these stand.

        The layers of a model that is written in a block are part of the layer that applies it.
        """
        result: dict[tuple[int, int], list[Call]] = {}
        for network in self.networks:
            own: dict[tuple[int, int], list[Call]] = {}
            for node in network.graph.nodes:
                for step in reversed(node.location.via):
                    if step.span.path == self.path:
                        own.setdefault(step.span[:2], []).append(node)
            result = {**own, **result}
        return result


_T = TypeVar("_T")


def once(compute: Callable[[Analysis], _T]) -> Callable[[Analysis], _T]:
    """Return a function that is computed once for each state: editors ask for it at each move of the cursor."""

    @wraps(compute)
    def known(analysis: Analysis) -> _T:
        if compute not in analysis.computed:
            analysis.computed[compute] = compute(analysis)
        result: _T = analysis.computed[compute]
        return result

    return known


def looks_like_a_spec(text: str) -> bool:
    """Whether a YAML file is meant to be a spec, so that others that an editor opens are left alone.

    >>> looks_like_a_spec("name: x\\ninput: [8]"), looks_like_a_spec("name: x\\nlayer: []"), looks_like_a_spec("name: ci\\non: push")
    (True, True, False)
    """
    keys = re.findall(r"^[\"']?([A-Za-z][\w -]*?)[\"']? *:(?:\s|$)", text, re.MULTILINE)
    if not keys:
        return not text.lstrip().startswith(("-", "["))
    foreign = [key for key in keys if key not in SPEC.names and not key.startswith(EXTRA)]
    searches = Searches()
    return (
        not foreign
        or any(key in TELLING for key in keys)
        or any(near in TELLING for key in foreign for near in searches.nearest(key, SPEC.names))
    )


def _add_spots(spots: list[Spot], tree: Tree, steps: tuple[str | int, ...]) -> None:
    """Add the scalars of a tree, unless there are too many already."""
    if len(spots) >= MOST:
        return
    if type(tree) is Scalar:
        spots.append(Spot(steps, tree, False, None))
    elif type(tree) is Sequence:
        for place, item in enumerate(tree.items):
            _add_spots(spots, item, (*steps, place))
    elif type(tree) is Mapping:
        for key, value in tree.entries:
            spots.append(Spot(steps, key, True, value))
            _add_spots(spots, value, (*steps, str(key.value)))
