"""Which variables of a spec the structure of a model depends on, and which the arguments of layers.

What is read of a spec while it is lowered is recorded in a `Trace`. A name that may be read counts
as read: the names in an expression are found without computing it. So what does not depend on a
variable by this account has the same value for all values of the variable.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Iterable, Iterator, Mapping

from mergecli.catalog import registry
from mergecli.compiler.lowering.context import Scope, Trace, Written
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.record import Record
from mergecli.syntax import ast, entry_parser
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Scalar, Tree

Names = frozenset[str]
NONE: Names = frozenset()
_NAME = re.compile(r"[^\W\d]\w*")
_DOLLAR = "$"


def names_in(tree: Tree) -> Names:
    """Return every name that may be that of a variable in the strings of a tree.

    >>> from mergecli.diagnostics.source import Source
    >>> from mergecli.syntax.yaml_reader import read
    >>> tree, _ = read(Source("{a: $width, b: [relu, $(2 * depth), x_$i]}", "x"))
    >>> sorted(names_in(tree))
    ['depth', 'i', 'width', 'x_']
    """
    return frozenset(_names(tree))


def _names(tree: Tree) -> Iterator[str]:
    if type(tree) is Scalar:
        if isinstance(tree.value, str) and _DOLLAR in tree.value:
            yield from _NAME.findall(tree.value)
            if not tree.value.isascii():
                # Python reads names in this form.
                yield from _NAME.findall(unicodedata.normalize("NFKC", tree.value))
    elif type(tree) is MappingNode:
        for _, value in tree.entries:
            yield from _names(value)
    else:
        for item in tree.items:  # type: ignore[union-attr]
            yield from _names(item)


class LayerEntry(Record):
    """An entry that is a layer: what is needed to make the layer again with other values.

    Attributes:
        cls: The class; None for an input.
        arguments: The arguments, or the value of `input`, with variables.
        variables: The variables that it sees.
        names: The names of those that its arguments may have.
    """

    cls: Scalar | None
    arguments: Tree | None
    variables: Mapping[str, object]
    names: tuple[str, ...]


class Dependencies:
    """What a spec that was lowered depends on.

    Attributes:
        axes: The variables whose values change.
        structure: Those on which the structure depends.
        layers: For calls whose layers depend on further ones, the entry and these variables.
    """

    def __init__(
        self,
        spec: ast.Spec,
        trace: Trace,
        axes: Iterable[str],
        fixed: Iterable[str],
    ) -> None:
        """Find them.

        Args:
            spec: The spec.
            trace: What was read of it.
            axes: The variables whose values change.
            fixed: The variables that are set to one value.
        """
        self.axes = frozenset(axes)
        self.blocks = spec.blocks
        self.globals = _globals(spec, self.axes, frozenset(fixed))
        self._scopes: dict[int, dict[str, Names]] = {}
        self._entries: dict[int, ast.Entry | ast.Use | ast.Instance | None] = {}
        self.structure: Names = NONE.union(*map(self.of, trace.reads))
        for written in trace.entries:
            self.structure |= self._structure_of(written)
        self.layers: dict[int, tuple[LayerEntry, Names]] = {}
        for index, (written, _) in trace.calls.items():
            entry = self._layer_entry(written, index in trace.inputs)
            if entry is None:
                self.structure |= self.of(written)
                continue
            names = self._of(entry.arguments, entry.variables)
            if index in trace.inputs and type(entry.arguments) is MappingNode:
                self.structure |= self._of(entry.arguments.get("name"), entry.variables)
            if names:
                self.layers[index] = entry, names

    def of(self, written: Written) -> Names:
        """Return the variables that a tree depends on."""
        return self._of(written.tree, written.variables)

    def _of(self, tree: Tree | None, variables: Mapping[str, object]) -> Names:
        if tree is None:
            return NONE
        seen = self._seen(variables)
        return NONE.union(*(seen.get(name, NONE) for name in names_in(tree)))

    def _seen(self, variables: Mapping[str, object]) -> Mapping[str, Names]:
        """Return what each of the variables that are seen at a place depends on."""
        if not isinstance(variables, Scope) or variables.outer is None:
            return self.globals
        known = self._scopes.get(id(variables))
        if known is None:
            known = self._scopes[id(variables)] = self._inside(variables)
        return known

    def _inside(self, scope: Scope) -> dict[str, Names]:
        outer = scope.outer
        assert outer is not None
        if scope.block is None:
            return {**self._seen(outer), "i": NONE}
        known = dict(self.globals)
        entry = self._entry(scope.entry) if scope.entry is not None else None
        arguments = entry.arguments if isinstance(entry, ast.Instance) else scope.entry
        for name, default in scope.block.params.items():
            value = arguments
            if type(arguments) is MappingNode:
                value = arguments.get(name) or default
            known[name] = self._of(value, outer) | self._of(default, outer)
        return known

    def _entry(self, tree: Tree) -> ast.Entry | ast.Use | ast.Instance | None:
        """Return an entry with its variables; None if it is not one before they are replaced."""
        if id(tree) not in self._entries:
            sink = DiagnosticSink()
            known = entry_parser.entry(tree, self.blocks, sink)
            is_open = type(tree) is Scalar and bool(names_in(tree))
            self._entries[id(tree)] = None if sink or is_open else known
        return self._entries[id(tree)]

    def _structure_of(self, written: Written) -> Names:
        """Return what the structure depends on in an entry: all but arguments."""
        tree, variables = written
        entry = self._entry(tree)
        if entry is None or isinstance(entry, ast.Use) or type(tree) is not MappingNode:
            return self._of(tree, variables)
        own = entry.arguments
        rest = (value for _, value in tree.entries if value is not own)
        result = NONE.union(*(self._of(value, variables) for value in rest))
        if isinstance(entry, ast.Entry):
            name = own.get("name") if type(own) is MappingNode else None
            result |= self._of(own if self._has_model(entry.cls) else name, variables)
        return result

    def _has_model(self, cls: Scalar) -> bool:
        """Whether the layer of a class may be a model, which has entries of its own."""
        known = registry.layer(str(cls.value))
        return known is not None and "layer" in known.arguments and known.arguments["layer"].models

    def _layer_entry(self, written: Written, is_input: bool) -> LayerEntry | None:
        """Return the entry of a layer; None if it is one only when variables are replaced."""
        tree, variables = written
        if is_input:
            return LayerEntry(None, tree, variables, tuple(names_in(tree)))
        entry = self._entry(tree)
        if not isinstance(entry, ast.Entry):
            return None
        own = entry.arguments
        names = tuple(names_in(own)) if own is not None else ()
        return LayerEntry(entry.cls, own, variables, names)


def _globals(spec: ast.Spec, axes: Names, fixed: Names) -> dict[str, Names]:
    """Return on which axes each variable of a spec depends."""
    known: dict[str, Names] = {}
    for variable in spec.variables:
        name = str(variable.key.value)
        if name in axes:
            known[name] = frozenset((name,))
        elif name in fixed:
            known[name] = NONE
        else:
            known[name] = NONE.union(*(known.get(n, NONE) for n in names_in(variable.value)))
    return known
