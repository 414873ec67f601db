"""The structure of a spec for an editor: its outline, and what can be folded."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.meaning import shapes_at, shown
from mergecli.syntax.grammar import ENTRY, FORMS, SPEC, Form, Key
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, size_of

#: The most values of a text that has an outline; aliases may make more of it.
MOST = 100_000


class Symbol(NamedTuple):
    """A part of a spec.

    Attributes:
        name: What the outline shows.
        detail: A short fact, such as the shape of a result.
        what: "section", "branch", "block", "input", "head", "layer" or "variable".
        start: The offset where it begins.
        end: The offset where it ends.
        key: The scalar to which a click leads.
        children: Its parts.
    """

    name: str
    detail: str
    what: str
    start: int
    end: int
    key: Scalar
    children: list[Symbol]


def outline(analysis: Analysis) -> list[Symbol]:
    """Return the sections of a spec with their branches, layers and variables."""
    tree = analysis.tree
    if tree is None or not analysis.is_spec or size_of(tree) > MOST:
        return []
    return list(_Outline(analysis).form(tree, SPEC))


class _Outline:
    """The symbols of one text."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def form(self, tree: Tree | None, form: Form) -> Iterator[Symbol]:
        """Yield the keys of a mapping of the language that have a structure."""
        for key, value in tree.entries if type(tree) is Mapping else ():
            if key.value in form.names:
                grammar = form.key(str(key.value))
                children = list(self.value(value, grammar))
                if children or form is SPEC:
                    detail = _shape(value) if grammar.form == "input" else _plain(value)
                    yield self.symbol(key, value, "section", detail, children)

    def value(self, tree: Tree, key: Key) -> Iterator[Symbol]:
        """Yield the parts of the value of a key."""
        if key.each or key.form == "variables":
            what = "variable" if key.form == "variables" else key.form
            for name, value in tree.entries if type(tree) is Mapping else ():
                facts = {"variables": _plain, "input": _shape}.get(key.form)
                detail = facts(value) if facts is not None else self.result(name)
                yield self.symbol(name, value, what, detail, list(self.body(value, key.form)))
        elif key.form == "layers":
            yield from self.layers(tree)
        elif key.form == "entry":
            yield from self.entry(tree)

    def body(self, tree: Tree, form: str) -> Iterator[Symbol]:
        """Yield the parts of a branch, a head or a block: the layers of one that has only layers."""
        if form not in FORMS:
            return
        sections = [] if type(tree) is Sequence else list(self.form(tree, FORMS[form]))
        if type(tree) is Sequence:
            yield from self.layers(tree)
        elif len(sections) == 1 and sections[0].name == "layers":
            yield from sections[0].children
        else:
            yield from sections

    def layers(self, tree: Tree) -> Iterator[Symbol]:
        for item in tree.items if type(tree) is Sequence else ():
            yield from self.entry(item)

    def entry(self, tree: Tree) -> Iterator[Symbol]:
        """Yield the layer, or the instance of a block, of an entry."""
        if type(tree) is Scalar:
            yield self.symbol(tree, tree, "layer", self.result(tree), [])
        for key, value in tree.entries if type(tree) is Mapping else ():
            if key.value not in ENTRY.names:
                name = value.get("name") if type(value) is Mapping else None
                label = f" {name.value}" if type(name) is Scalar else ""
                yield self.symbol(key, tree, "layer", self.result(key), [], label)
            elif key.value == "use" and type(value) is Scalar:
                yield self.symbol(key, tree, "layer", self.result(value), [], f" {value.value}")

    def symbol(
        self,
        key: Scalar,
        value: Tree,
        what: str,
        detail: str,
        children: list[Symbol],
        more: str = "",
    ) -> Symbol:
        text = self.analysis.text
        start = min(text.start(key.span), text.start(value.span))
        end = max(text.end(key.span), end_of(self.analysis, value))
        return Symbol(f"{key.value}{more}" or "?", detail, what, start, end, key, children)

    def result(self, key: Scalar) -> str:
        """Return the shape of the result of what has a name, of a layer in a block those of its uses."""
        network = self.analysis.network
        if network is None:
            return ""
        branch = network.graph.branches.get(str(key.value))
        if branch is not None and branch.span[:2] == key.span[:2]:
            return shown(self.analysis, branch.end)
        return shapes_at(self.analysis, key)


def _plain(tree: Tree) -> str:
    """Return a scalar, or a short list of them, as it is shown."""
    if type(tree) is Scalar:
        return str(tree.raw)[:80]
    if type(tree) is Sequence and all(type(item) is Scalar for item in tree.items[:5]):
        return "" if len(tree.items) > 4 else f"[{', '.join(map(_plain, tree.items))}]"
    return ""


def _shape(tree: Tree) -> str:
    """Return the shape that an input has, alone or beside other settings."""
    shape = tree.get("shape") if type(tree) is Mapping else tree
    return _plain(shape) if shape is not None else ""


def end_of(analysis: Analysis, tree: Tree) -> int:
    """Return the offset where a value ends, without the lines after it that belong to nothing."""
    if type(tree) is Scalar:
        return analysis.text.end(tree.span)
    start, end = analysis.text.start(tree.span), analysis.text.end(tree.span)
    lines = analysis.text.text[start:end].split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start + len("\n".join(lines).rstrip())


def folds(analysis: Analysis) -> list[tuple[int, int]]:
    """Return the lines, from 0, between which an editor can fold: those of values, and of comments."""
    text = analysis.text
    result = set()
    for spot in analysis.spots if analysis.is_spec else ():
        if spot.value is not None and type(spot.value) is not Scalar:
            first = text.position(text.start(spot.scalar.span)).line
            last = text.position(end_of(analysis, spot.value)).line
            result.add((first, last))
    return sorted((first, last) for first, last in result | _comments(text.text) if first < last)


def is_comment(line: str) -> bool:
    """Return whether a line has nothing but a comment."""
    return line.lstrip().startswith("#")


def _comments(text: str) -> set[tuple[int, int]]:
    """Return the lines of each comment that has several."""
    result, first = set(), None
    lines = [*text.split("\n"), ""]
    for number, line in enumerate(lines):
        if is_comment(line):
            first = number if first is None else first
        elif first is not None:
            result.add((first, number - 1))
            first = None
    return result
