"""The state of lowering a spec: its graph so far, its names and its unresolved references."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable, Dict, Mapping, NamedTuple, Union

from mergecli.catalog.layer import Layer, snake_case
from mergecli.compiler.lowering.argument_reader import ArgumentReader
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source, Span, Unreadable, Via
from mergecli.diagnostics.suggestions import Searches
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Call, Graph, GraphBuilder, Location, Value
from mergecli.ir.naming import NameAuthority
from mergecli.syntax import ast
from mergecli.syntax.variables import TooMuchWork, Work, substitute
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Tree

if TYPE_CHECKING:
    from mergecli.importers.keras import Container, Saved
    from mergecli.ir.constants import ConstantArray
    from mergecli.ir.remembered import Memory

#: The most layers that blocks, repetition and reuse may add; a spec may list more one by one.
MOST_LAYERS = 10_000
#: What to do about a file outside of the project.
OUTSIDE = "copy it into the project, or allow it: --allow-outside"


_TOO_MANY = f"blocks, `repeat` and `use` add more than {MOST_LAYERS:,} layers"
_TOO_MUCH = "blocks, `repeat` and included specs expand to too much"


class TooLarge(Exception):
    """A spec asks for more layers or work than any model needs, so lowering it ends.

    Attributes:
        span: Where it does; None if that is reported already.
        message: What it asks for.
    """

    def __init__(self, span: Span | None, message: str = _TOO_MANY) -> None:
        super().__init__(message)
        self.span, self.message = span, message


class Reference:
    """A reference that is not resolved yet.

    Attributes:
        text: What it names.
        span: Its place.
        only: "branch" or "merge" if it can only be that, "all" for the results of all
            branches.
        scope: The block instance that it is in.
        via: The steps that lead to its place.
    """

    # With slots, not a record: there is one for almost every layer.
    __slots__ = ("only", "scope", "span", "text", "via")

    def __init__(
        self,
        text: str,
        span: Span,
        only: str = "",
        scope: str = "",
        via: tuple[Via, ...] = (),
    ) -> None:
        self.text, self.span, self.only, self.scope, self.via = text, span, only, scope, via


class Constant(Record):
    """A number, or an array of numbers, that an operation takes."""

    value: float | ConstantArray
    span: Span


#: A tensor before references are resolved: a call by its index, a result, a reference or a number.
End = Union[int, Value, Reference, Constant]


class Sources:
    """What a call is applied to, before references are resolved.

    Attributes:
        ends: The tensors.
        listed: Whether they are a list.
        keywords: The call argument of each, if they are named.
        span: Where they are written.
    """

    # With slots, not a record: there is one for each layer.
    __slots__ = ("ends", "keywords", "listed", "span")

    def __init__(
        self,
        ends: tuple[End, ...],
        listed: bool = False,
        keywords: tuple[str, ...] = (),
        span: Span | None = None,
    ) -> None:
        self.ends, self.listed, self.keywords, self.span = ends, listed, keywords, span


class Several(Record):
    """The start of a body with several inputs, among which its first layer must choose."""

    names: tuple[str, ...]


Start = Union[Sources, Several, None]


class Scope(Dict[str, object]):
    """The variables that are seen at a place of a spec, with their values.

    Attributes:
        outer: Those that are seen where the entry is written that opens the place; None at the top
            of a spec.
        entry: That entry, its variables not replaced, if it is an instance of a block.
        block: That block.
    """

    __slots__ = ("block", "entry", "outer")

    def __init__(
        self,
        values: Mapping[str, object],
        outer: Mapping[str, object] | None = None,
        entry: Tree | None = None,
        block: ast.Block | None = None,
    ) -> None:
        super().__init__(values)
        self.outer, self.entry, self.block = outer, entry, block


class Written(NamedTuple):
    """A tree of a spec, its variables not replaced, and the variables that it sees."""

    tree: Tree
    variables: Mapping[str, object]


class Trace:
    """What of a spec was read with its variables, for candidates that differ only in their values.

    Attributes:
        reads: Each tree that was filled, without entries, `compile` and budgets.
        entries: Each entry.
        calls: The entry, or the tree of an input, from which a call has its layer, by the index of
            the call; and that layer.
        inputs: Those of these calls that are inputs.
        budgets: The tree of each budget of the graph.
    """

    def __init__(self) -> None:
        self.reads: list[Written] = []
        self.entries: list[Written] = []
        self.calls: dict[int, tuple[Written, Layer | None]] = {}
        self.inputs: set[int] = set()
        self.budgets: list[Written] = []


class BlockScope(Record):
    """The block instance that is being lowered: its prefix, and the meaning of `input` in it."""

    prefix: str
    input: Sources | None


class PendingUse(Record):
    """One `use` before what it names is known.

    Attributes:
        call: Its call in the graph.
        text: What it names.
        span: The place of that name.
        scope: The block instance that it is in.
        options: The tree of its `call`.
    """

    call: Call
    text: str
    span: Span
    scope: str
    options: Tree | None

    @property
    def name(self) -> str:
        """The name in the whole model of what it names."""
        return f"{self.scope}_{self.text}" if self.scope else self.text


class Lowered(Record):
    """A spec as a graph.

    Attributes:
        graph: The correct parts of it.
        training: The tree of `compile`, if it has one.
        diagnostics: What is wrong with it.
    """

    graph: Graph
    training: Tree | None
    diagnostics: DiagnosticSink


class Project:
    """The state that all specs of one check share.

    Attributes:
        root: The spec that is checked.
        customs: The user's own layers.
        lower_included: Lowers a spec that another one includes: its source, its tree, the values of
            its variables, the project, and the steps that lead to it.
        lower_wrapped: Makes the model in a layer of a spec: the spec, and the tree of the model.
        open: The specs that are being lowered by their real path, each with its path as written;
            the root is added when it is first needed.
        files, layers: The numbers of files and layers included so far.
        trees: The trees of included specs, and the errors in them, by their path.
        bytes, nodes: The sizes of these sources and trees together.
        saved: The saved models that are read, each with its file, by their path.
        memory: Remembers the layers of earlier states of the text.
        searches: Bounds the cost of suggestions.
        work: Bounds the cost of variables.
    """

    def __init__(
        self,
        root: Source,
        customs: CustomLayers | None,
        lower_included: Callable[[Source, Tree, Mapping[str, object], Project, list[Via]], Lowered],
        lower_wrapped: Callable[[Lowering, MappingNode], Layer | None],
        memory: Memory | None = None,
    ) -> None:
        self.root = root
        self.customs, self.memory = customs or CustomLayers(), memory
        self.lower_included, self.lower_wrapped = lower_included, lower_wrapped
        self.open: dict[str, str] = {}
        self.files = self.layers = self.bytes = self.nodes = 0
        self.trees: dict[str, tuple[Tree | None, list[Diagnostic]]] = {}
        self.saved: dict[str, tuple[Container, Saved]] = {}
        self.searches, self.work = Searches(), Work()

    def finder(self, source: Source) -> Callable[[str], str]:
        """Return a function that finds a file that a spec names, in the project and on this machine.

        Args:
            source: The spec, relative to which files are named.
        """
        root = self.root

        def find(name: str) -> str:
            if "://" in name or "\0" in name:
                raise Unreadable("not-found", "is not a file; nothing is downloaded")
            path = source.beside(name)
            root.named.add(path)
            if not root.may_read(path):
                raise Unreadable(
                    "outside-project", "is outside of the project of this spec", OUTSIDE
                )
            copy = source.file(path)
            if not os.path.isfile(copy):
                raise Unreadable("not-found", "is not a file")
            # A file in a revision has the path that it would have outside of it.
            return path if copy == path else path.partition(":")[2]

        return find


class Names:
    """Names of one spec, before and while references are resolved.

    Attributes:
        prefixes, named: For each call the start of its automatic name, and where its name is
            written.
        sources: For each call the tensors it is applied to.
        taken: The calls by their names, once these are assigned.
        ends: Where each branch ends.
        inputs: The inputs by their keys under `inputs`.
        heads: Where each head is named.
        instances, starts: Where each block instance ends; where each branch and instance starts.
        later: Calls that are named after what they use.
        hidden: Calls that no reference can name.
        asking: The name of the call whose references are being resolved.
        asked: The branches whose ends are being resolved.
        passed: For branches without layers the branch whose end they pass on.
    """

    def __init__(self) -> None:
        self.prefixes: list[str] = []
        self.named: list[Span | None] = []
        self.sources: list[Sources | None] = []
        self.taken: dict[str, int] = {}
        self.ends: dict[str, Sources | None] = {}
        self.inputs: dict[str, int] = {}
        self.heads: dict[str, Span] = {}
        self.instances: dict[str, Sources | None] = {}
        self.starts: dict[str, Sources | None] = {}
        self.later: set[int] = set()
        self.hidden: set[int] = set()
        self.asking = ""
        self.asked: list[str] = []
        self.passed: dict[str, str] = {}

    def add(self, prefix: str, named: Span | None) -> None:
        """Add a call."""
        self.prefixes.append(prefix)
        self.named.append(named)
        self.sources.append(None)

    def is_reserved(self, name: str) -> bool:
        """Whether an automatic name could be confused with a name that the user has given."""
        return (
            name in self.ends
            or name in self.inputs
            or name in self.instances
            or name in ("merge", "previous")
        )


class Lowering:
    """The context of one spec.

    Attributes:
        source, project: The spec, and what it shares with others.
        sink: Receives what is wrong.
        graph: The graph so far.
        arguments: Reads arguments of layers.
        names: Names and open references.
        uses: Each `use`, before it is resolved.
        blocks: The blocks by their names.
        globals: The variables of the spec.
        has_dollars: Whether the text has variables at all.
        has_outputs: Whether the spec names its outputs.
        idle_inputs: Inputs of included models on which nothing in these models depends.
        scope: The block instance that is being lowered.
        open_blocks: The blocks whose instances are being lowered, the outermost first.
        cycles: Where a block contains itself; each place is reported once.
        instance_names: Names instances of blocks.
        open_instances: The names that it has given.
        least: The fewest layers that each block adds.
        trace: Records what is read with variables, if that is wanted.
        written: The entry that is being lowered, its variables not replaced.
        added, entries_read: The numbers of layers and entries that blocks and `repeat` have added.
    """

    def __init__(self, source: Source, project: Project, via: list[Via]) -> None:
        self.source, self.project = source, project
        self.sink = DiagnosticSink(project.searches)
        self.sink.trail += via
        self.graph = GraphBuilder(source.stem)
        find = project.finder(source)
        self.arguments = ArgumentReader(self.sink, project.customs, find, project.memory)
        self.names = Names()
        self.uses: list[PendingUse] = []
        self.blocks: Mapping[str, ast.Block] = {}
        self.globals: dict[str, object] = {}
        self.variables = Scope({})
        self.has_dollars = "$" in source.text
        self.has_outputs = False
        self.idle_inputs: set[int] = set()
        self.scope: BlockScope | None = None
        self.open_blocks: list[str] = []
        self.cycles: set[Span] = set()
        self.open_instances: set[str] = set()
        # Without `self`, as a reference cycle would keep all of this until garbage is collected.
        finished, unfinished = self.names.instances, self.open_instances
        self.instance_names = NameAuthority(lambda name: name in finished or name in unfinished)
        self.least: dict[str, int] = {}
        self.trace: Trace | None = None
        self.written: Written | None = None
        self.added = self.entries_read = 0

    @property
    def variables(self) -> dict[str, object]:
        """The variables that can be seen here; messages about arguments suggest them."""
        return self.arguments.declared.variables

    @variables.setter
    def variables(self, variables: dict[str, object]) -> None:
        self.arguments.declared.variables = variables

    def fill(self, tree: Tree) -> Tree:
        """Return a tree with its variables replaced.

        Raises:
            TooLarge: They expand to too much.
        """
        filled = self.filled(tree)
        if self.trace is not None and filled is not tree:
            self.trace.reads.append(Written(tree, self.variables))
        return filled

    def fill_entry(self, tree: Tree) -> Tree:
        """Return an entry with its variables replaced.

        Raises:
            TooLarge: They expand to too much.
        """
        if self.trace is not None:
            self.written = Written(tree, self.variables)
            self.trace.entries.append(self.written)
        return self.filled(tree)

    def fill_input(self, tree: Tree) -> Tree:
        """Return the value of `input` with its variables replaced.

        Raises:
            TooLarge: They expand to too much.
        """
        if self.trace is not None:
            self.written = Written(tree, self.variables)
        return self.filled(tree)

    def filled(self, tree: Tree) -> Tree:
        """Return a tree as `fill` does, without a record.

        Raises:
            TooLarge: They expand to too much.
        """
        if not self.has_dollars:
            return tree
        filled = substitute(tree, self.variables, self.sink, self.project.work)
        if self.project.work.is_spent:
            raise TooLarge(None)
        return filled

    def spend(self, steps: int, span: Span) -> None:
        """Count steps of work that a short text may repeat often, before they are done.

        Raises:
            TooLarge: There are too many.
        """
        work = self.project.work
        try:
            work.spend(steps)
        except TooMuchWork:
            reported, work.is_spent = work.is_spent, True
            raise TooLarge(None if reported else span, _TOO_MUCH) from None

    def scoped(self, name: str) -> str:
        """Return a name of a block instance with the prefix that it has in the whole model."""
        return f"{self.scope.prefix}_{name}" if self.scope is not None else name

    def grow(self, span: Span) -> None:
        """Count a call that is not listed in the text.

        Raises:
            TooLarge: There are too many.
        """
        self.added += 1
        if self.added > MOST_LAYERS:
            raise TooLarge(span)

    def new_call(
        self, cls: str, layer: Layer | None, location: Location, branch: str | None, prefix: str
    ) -> Call:
        """Add a call; `prefix` is put before its automatic name.

        Raises:
            TooLarge: Blocks and repetition have added too many.
        """
        if self.variables is not self.globals:
            self.grow(location.span)
        call = self.graph.call(cls, layer, location, branch)
        self.names.add(prefix + snake_case(cls.rsplit(".", 1)[-1]), None)
        return call
