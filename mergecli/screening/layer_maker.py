"""Single layers of a spec, made for other values of its variables."""

from __future__ import annotations

from typing import Hashable, Mapping

from mergecli.catalog.layer import Layer
from mergecli.compiler.lowering.bodies import input_layer
from mergecli.compiler.lowering.context import Scope, TooLarge, Written
from mergecli.compiler.lowering.entries import layer_of, parameters_of
from mergecli.compiler.lowering.spec import new_lowering
from mergecli.diagnostics.diagnostic import TooManyErrors
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Limit
from mergecli.ir.subgraphs import frozen
from mergecli.screening.dependencies import LayerEntry
from mergecli.screening.plain_entries import PlainEntry, plain_entry
from mergecli.screening.reuse import Memory, Values, Variant, tree_key, value_key
from mergecli.syntax import ast, entry_parser, section_parser
from mergecli.syntax.variables import MOST_WORK
from mergecli.syntax.yaml_tree import Tree


class Unusual(Exception):
    """A candidate needs an ordinary check."""


class Text(Record):
    """A spec that is read once.

    Attributes:
        source: Its text.
        tree, spec: Its tree and its syntax tree.
        settings: Values of variables that all candidates share.
        customs: The user's own layers.
        batch: The samples in a batch, for the memory that is taken at once.
    """

    source: Source
    tree: Tree
    spec: ast.Spec
    settings: Values
    customs: CustomLayers | None
    batch: int = 1


class LayerMaker:
    """Makes single layers of a spec, for other values of its variables.

    Args:
        text: The spec.
        memory: Where layers are remembered.
    """

    def __init__(self, text: Text, memory: Memory) -> None:
        self.memory = memory
        self._context = new_lowering(text.source, text.spec, text.customs)
        self._seen: dict[int, dict[str, object]] = {}
        self._instances: dict[int, ast.Instance] = {}
        self._written: dict[int, Hashable] = {}
        self._plain: dict[int, PlainEntry | None] = {}

    def begin(self, values: Values) -> None:
        """Begin with a candidate, of which all variables of the spec are given."""
        context = self._context
        context.globals = context.variables = Scope(values)
        context.project.work.left = MOST_WORK
        self._seen = {}

    def variant(self, entry: LayerEntry, is_frozen: bool) -> Variant:
        """Return the layer of an entry.

        Raises:
            Unusual: It has errors.
        """
        context = self._context
        variables = self._variables(entry.variables)
        values = tuple([value_key(variables.get(name)) for name in entry.names])
        key = self._arguments(entry), is_frozen, values
        known = self.memory.variants.get(key)
        if known is None:
            context.variables = variables
            if id(entry) not in self._plain:
                self._plain[id(entry)] = plain_entry(entry)
            plain = self._plain[id(entry)]
            layer = None if plain is None else plain.layer(variables, context.project.work)
            if layer is None:
                layer = self._layer(entry, self.filled(entry.arguments))
            known = Variant(frozen(layer) if is_frozen else layer, self.memory)
            self.memory.variants[key] = known
        return known

    def _arguments(self, entry: LayerEntry) -> Hashable:
        """Return what stands for the class and the arguments of an entry as they are written."""
        known = self._written.get(id(entry))
        if known is None:
            cls = None if entry.cls is None else entry.cls.value
            known = self._written[id(entry)] = cls, entry.names, tree_key(entry.arguments)
        return known

    def _layer(self, entry: LayerEntry, filled: Tree | None) -> Layer:
        context = self._context
        try:
            if entry.cls is not None:
                layer = layer_of(context, entry.cls, filled)
            else:
                assert filled is not None
                layer = input_layer(context, filled, filled.span)[0]
        except (TooLarge, TooManyErrors):
            layer = None
        self._check()
        if layer is None:
            raise Unusual
        return layer

    def filled(self, tree: Tree | None) -> Tree | None:
        """Return a tree with its variables replaced.

        Raises:
            Unusual: It has errors.
        """
        if tree is None:
            return None
        try:
            filled = self._context.filled(tree)
        except TooLarge:
            raise Unusual from None
        self._check()
        return filled

    def limits(self, written: Written) -> tuple[dict[str, Limit], int]:
        """Return the bounds of a budget, and the samples in the batch for which they are.

        Raises:
            Unusual: It has errors.
        """
        self._context.variables = self._variables(written.variables)
        filled = self.filled(written.tree)
        assert filled is not None
        limits = section_parser.budget(filled, self._context.sink)
        batch, _ = limits.pop("batch", (1, None))
        self._check()
        return {name: Limit(*limit) for name, limit in limits.items()}, batch

    def _check(self) -> None:
        """Check that nothing was reported.

        Raises:
            Unusual: Something was.
        """
        sink, work = self._context.sink, self._context.project.work
        if sink or sink.broken or work.is_spent:
            sink.clear()
            sink.broken = work.is_spent = False
            raise Unusual

    def _variables(self, variables: Mapping[str, object]) -> dict[str, object]:
        """Return the variables at a place with the values of this candidate."""
        if not isinstance(variables, Scope) or variables.outer is None:
            return self._context.globals
        known = self._seen.get(id(variables))
        if known is None:
            outer = self._variables(variables.outer)
            known = {**outer, "i": variables.get("i")}
            if variables.block is not None:
                known = self._parameters(variables, outer)
            self._seen[id(variables)] = known
        return known

    def _parameters(self, scope: Scope, outer: dict[str, object]) -> dict[str, object]:
        context = self._context
        context.variables = outer
        assert scope.block is not None
        assert scope.entry is not None
        entry = self._instances.get(id(scope.entry))
        if entry is None:
            parsed = entry_parser.entry(scope.entry, context.blocks, context.sink)
            if not isinstance(parsed, ast.Instance):
                raise Unusual
            entry = self._instances[id(scope.entry)] = parsed
        arguments = self.filled(entry.arguments)
        try:
            known = parameters_of(context, scope.block, arguments)
        except TooLarge:
            raise Unusual from None
        self._check()
        return known
