"""Source -> its canonical text: keys in order, on one line what fits there, comments kept. What it means never changes.

written.py reads the text as a tree of what is written, comments.py gives the comments to what they belong to, order.py puts the keys in
order, layout.py writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.comments import attach
from mergecli.syntax.formatter.key_order import arrange
from mergecli.syntax.formatter.printer import Writer
from mergecli.syntax.formatter.tree import Page
from mergecli.syntax.yaml_reader import Event, read, written
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from mergecli.ir.graph import Network

#: Keys of mappings whose order means something.
_ORDERED = frozenset("branches heads blocks vars params inputs outputs from".split())


def formatted(source: Source) -> tuple[str | None, list[Diagnostic]]:
    """The canonical text of a spec; if it cannot be read, none, and what is wrong."""
    text = source.text.removeprefix("\ufeff")
    unified = Source(
        text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text, source.path
    )
    tree, events, diagnostics = written(unified)
    wrong = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    if tree is None or wrong:
        return None, wrong
    if type(tree) is Scalar:
        # No spec; there is nothing to put in order.
        return unified.text, []
    result, renames = _canonical(unified.text, events, True)
    if renames:
        kept, _ = _canonical(unified.text, events, False)
        result = (
            result
            if _same_network(Source(kept, source.path), Source(result, source.path))
            else kept
        )
    if result != unified.text:
        after, found = read(Source(result, source.path))
        if (
            after is None
            or any(diagnostic.is_error for diagnostic in found)
            or not _same(tree, after, False, True)
        ):
            raise AssertionError(
                f"{source.path} would mean something else when formatted; it is left as it is"
            )
    return result, []


def _canonical(text: str, events: list[Event], naming: bool) -> tuple[str, bool]:
    """The canonical text, and whether what gives layers their names was moved for it."""
    page = Page(text, events)
    marked = attach(page)
    renames = arrange(page, naming)
    lines = Writer(page).document()
    if page.explicit:
        *before, mark = text[: page.begin].split("\n")
        head = [line.rstrip() for line in before if line.strip()]
        lines = [*head, "  ".join([mark.rstrip(), *marked]), *lines]
    return "\n".join(lines) + "\n", renames


def _same(one: Tree, other: Tree, ordered: bool, entry: bool) -> bool:
    """Whether two trees say the same: the order of keys counts where it means something, and `- Flatten: {}` is `- Flatten`."""
    if type(one) is Scalar and type(other) is Scalar:
        here, there = one.value, other.value
        same = type(here) is type(there) and (here == there or here != here)
        return same and (one.raw == "") == (other.raw == "")
    if type(one) is Sequence and type(other) is Sequence:
        return len(one.items) == len(other.items) and all(
            _same(a, b, False, True) for a, b in zip(one.items, other.items)
        )
    if type(one) is Mapping and type(other) is Mapping:
        # Of keys that stand twice the reader has complained.
        mine = {(type(key.value), key.value): value for key, value in one.entries}
        its = {(type(key.value), key.value): value for key, value in other.entries}
        if mine.keys() != its.keys() or (ordered and list(mine) != list(its)):
            return False
        # Where the order counts keys are names, of a branch that may be called `merge`, too.
        return all(
            _same(
                value,
                its[key],
                not ordered and key[1] in _ORDERED,
                not ordered and key[1] == "merge",
            )
            for key, value in mine.items()
        )
    if entry and type(one) is Mapping and type(other) is Scalar and len(one.entries) == 1:
        key, value = one.entries[0]
        nothing = (
            not value.entries
            if type(value) is Mapping
            else type(value) is Scalar and value.plain and value.raw == ""
        )
        return nothing and key.value == other.value
    return False


def _same_network(one: Source, other: Source) -> bool:
    """Whether two specs have the same layers with the same names, as far as they are right."""
    from mergecli.compiler.pipeline import compile_spec

    networks = [compile_spec(source).partial for source in (one, other)]
    return (
        networks[0] is not None
        and networks[1] is not None
        and _named(networks[0]) == _named(networks[1])
    )


def _named(network: Network) -> tuple[object, ...]:
    """What the layers of a network are, by their names."""
    graph = network.graph
    layers = {}
    for node in graph.nodes:
        sources = [graph.reference(target) for target in node.sources or ()]
        layers[node.name] = (node.cls, node.layer and _shown(node.layer), sources, node.keywords)
    outputs = graph.outputs
    return layers, outputs.names, [graph.reference(target) for target in outputs.targets]


def _shown(kind: Any) -> object:
    """A layer with what it was given, to be compared; values that cannot be compared are never the same."""
    from mergecli.catalog.layer import KerasObject

    return type(kind), [
        (name, _shown(value) if isinstance(value, KerasObject) else repr(value))
        for name, value in sorted(kind.given.items())
    ]
