"""Spec -> graph, in phases.

Lowering does not stop at an error: it is reported, and the wrong part is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

from mergecli.catalog.layer import Layer
from mergecli.compiler.lowering.bodies import lower_body
from mergecli.compiler.lowering.branches import lower_branch
from mergecli.compiler.lowering.context import (
    Lowered,
    Lowering,
    Project,
    Reference,
    Sources,
    TooLarge,
    Trace,
    Written,
)
from mergecli.compiler.lowering.entries import lower_layers, lower_merge
from mergecli.compiler.lowering.names import assign_names
from mergecli.compiler.lowering.references import (
    read_sources,
    resolve,
    resolve_references,
    single,
)
from mergecli.diagnostics.diagnostic import TooManyErrors, error, has_errors
from mergecli.diagnostics.source import Source, Span, Via, sentence
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Budget, Graph, GraphBuilder, Limit, Outputs, Value
from mergecli.syntax import ast, keys, parser
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Scalar, Tree

if TYPE_CHECKING:
    from mergecli.ir.remembered import Memory


def lower(
    source: Source,
    tree: Tree,
    settings: Mapping[str, object] | None = None,
    customs: CustomLayers | None = None,
    memory: Memory | None = None,
) -> Lowered:
    """Lower a spec.

    Args:
        source: Its text.
        tree: The tree of the text.
        settings: Values that override its variables.
        customs: The user's own layers.
        memory: Remembers its layers from one state of the text to the next.
    """
    project = Project(source, customs, _lower, _lower_wrapped, memory)
    return _lower(source, tree, settings or {}, project, [])


def lower_traced(
    source: Source, tree: Tree, settings: Mapping[str, object], customs: CustomLayers | None
) -> tuple[Lowered, Trace]:
    """Lower a spec, and return what of it was read with its variables, too.

    Args:
        source: Its text.
        tree: The tree of the text.
        settings: Values that override its variables.
        customs: The user's own layers.
    """
    trace = Trace()
    project = Project(source, customs, _lower, _lower_wrapped)
    return _lower(source, tree, settings, project, [], trace), trace


def new_lowering(source: Source, spec: ast.Spec, customs: CustomLayers | None) -> Lowering:
    """Return the context of a spec in which nothing is lowered, to make single layers of it.

    Args:
        source: Its text.
        spec: Its syntax tree.
        customs: The user's own layers.
    """
    context = Lowering(source, Project(source, customs, _lower, _lower_wrapped), [])
    context.blocks = context.arguments.declared.blocks = spec.blocks
    return context


def _lower(
    source: Source,
    tree: Tree,
    settings: Mapping[str, object],
    project: Project,
    via: list[Via],
    trace: Trace | None = None,
) -> Lowered:
    """Lower a spec, or one that another one includes; `via` are the steps that lead to it."""
    context = Lowering(source, project, via)
    context.trace = trace
    try:
        spec = parser.parse(tree, context.sink)
    except TooManyErrors:
        spec = None
    if spec is None:
        return Lowered(context.graph.finish(), None, context.sink)
    depth = len(context.sink.trail)
    try:
        declare(context, spec, settings)
        _lower_sections(context, spec)
        training = context.filled(spec.training) if spec.training is not None else None
    except TooLarge as large:
        del context.sink.trail[depth:]
        if large.span is not None:
            note = sentence(context.sink.trail)
            context.sink.append(error(large.span, "too-large", large.message, note=note))
    except TooManyErrors:
        del context.sink.trail[depth:]  # reported as the last of those that are shown
    else:
        return Lowered(context.graph.finish(), training, context.sink)
    return Lowered(GraphBuilder(source.stem).finish(), None, context.sink)


def _lower_sections(context: Lowering, spec: ast.Spec) -> None:
    ends = emit(context, spec)
    if spec.body is not None or spec.is_merged:
        assign_names(context)
        if not context.uses:
            resolve_references(context)
        else:
            from mergecli.compiler.lowering import reuse  # start-up

            reuse.name_uses(context)
            pending = reuse.find_uses(context)
            resolve_references(context)
            reuse.copy_uses(context, pending)
        finish(context, spec, ends)


def _lower_wrapped(context: Lowering, tree: MappingNode) -> Layer | None:
    """Make the model in a layer; None if it is wrong, which is reported."""
    from mergecli.compiler.lowering.wrapped import lower_wrapped  # start-up

    return lower_wrapped(context, tree, _lower_inline)


def _lower_inline(outer: Lowering, body: ast.Body, span: Span) -> Graph | None:
    """Lower a model that is written in a layer: it sees the variables and blocks of its spec."""
    context = Lowering(outer.source, outer.project, [*outer.sink.trail])
    context.blocks, context.open_blocks = outer.blocks, [*outer.open_blocks]
    context.arguments.declared.blocks = outer.blocks
    context.globals, context.variables = outer.globals, outer.variables
    context.added, context.entries_read = outer.added, outer.entries_read
    context.trace = Trace() if outer.trace is not None else None
    try:
        _lower_sections(context, ast.Spec(span, body=body))
    finally:
        outer.sink.add_included(context.sink)
        outer.added, outer.entries_read = context.added, context.entries_read
        if outer.trace is not None and context.trace is not None:
            inner = context.trace
            outer.trace.reads += [*inner.reads, *inner.entries, *inner.budgets]
    return None if has_errors(context.sink) else context.graph.finish()


class Ends:
    """Where the parts of a spec end, before references are resolved."""

    def __init__(self) -> None:
        self.body: Sources | None = None
        self.head: Sources | None = None
        self.heads: list[tuple[str, Sources | None]] = []


def declare(context: Lowering, spec: ast.Spec, settings: Mapping[str, object]) -> None:
    """Read variables and blocks; a variable may use those before it."""
    sink, variables = context.sink, context.variables
    for variable in spec.variables:
        name = str(variable.key.value)
        is_set = name in settings
        variables[name] = settings[name] if is_set else context.filled(variable.value).data()
    for name in settings:
        if name not in variables:
            known = (
                f"there are {listed(variables, 'and')}" if variables else "the spec declares none"
            )
            hint = did_you_mean(name, variables, sink.searches) or known
            sink.error(None, "unknown-variable", f"the spec has no variable `{name}` to set", hint)
    context.globals = variables
    context.blocks = context.arguments.declared.blocks = spec.blocks
    context.arguments.declared.branches = [str(branch.key.value) for branch in spec.branches]
    context.has_outputs = spec.outputs is not None
    if spec.name is not None:
        _set_name(context, context.fill(spec.name))
    if spec.description is not None:
        keys.text(context.fill(spec.description), "`description` must be a string", sink)


def _set_name(context: Lowering, tree: Tree) -> None:
    value = keys.text(tree, "`name` must be a string", context.sink)
    if value is None:
        return
    if "/" in value or not value:
        message = "the name of a model must not be empty or contain `/`"
        context.sink.error(tree.span, "wrong-value", message)
    else:
        context.graph.name = value


def emit(context: Lowering, spec: ast.Spec) -> Ends:
    """Add the calls of all sections, in file order, with references that are not resolved."""
    ends = Ends()
    for section in spec.order:
        if section == "branches":
            for branch in spec.branches:
                lower_branch(context, branch)
                if branch.budget is not None:
                    calls = context.graph.branches[branch.name].nodes
                    _add_budget(context, branch.budget, branch.name, calls)
        elif section == "merge" and spec.merge is not None:
            lower_merge(context, context.fill_entry(spec.merge.value))
        elif section == "head" and spec.head is not None:
            start = _head_start(spec, spec.head.key.span)
            ends.head = lower_layers(context, spec.head.value, start, "", None, spec.head.key)
        elif section == "heads":
            ends.heads = [(head.name, _lower_head(context, spec, head)) for head in spec.heads]
    if spec.body is not None:
        ends.body = lower_body(context, spec.body, "", None, None, spec.span)
    return ends


def _head_start(spec: ast.Spec, span: Span) -> Sources | None:
    """Return the sources of a head without `from`: the merge, or the last branch."""
    if spec.merge is not None:
        return Sources((Reference("merge", span, "merge"),))
    if not spec.branches:
        return None
    return Sources((Reference(spec.branches[-1].name, span, "branch"),))


def _lower_head(context: Lowering, spec: ast.Spec, head: ast.Head) -> Sources | None:
    span = head.key.span
    context.names.heads[head.name] = span
    start = _head_start(spec, span)
    if head.sources is not None:
        start = read_sources(context, context.fill(head.sources), None, False)
    if head.layers is None:
        end = start
    else:
        end = lower_layers(context, head.layers, start, f"{head.name}_", None, head.key)
    return single(context, end, f"head `{head.name}`", span)


def _add_budget(context: Lowering, tree: Tree, branch: str | None, calls: list[int] | None) -> None:
    from mergecli.syntax import section_parser  # start-up

    limits = section_parser.budget(context.filled(tree), context.sink)
    batch, _ = limits.pop("batch", (1, None))
    if limits:
        if context.trace is not None:
            context.trace.budgets.append(Written(tree, context.variables))
        bounds = {name: Limit(*limit) for name, limit in limits.items()}
        context.graph.budgets.append(Budget(bounds, branch, calls, context.sink.via, batch))


def finish(context: Lowering, spec: ast.Spec, ends: Ends) -> None:
    """Set the outputs and budgets, and leave out inputs that are no longer needed."""
    graph = context.graph
    graph.outputs = _outputs(context, spec, ends)
    # Inputs of models are left out if only the part that was cut off needs them.
    needed = graph.needed()
    graph.inputs = [
        index
        for index in graph.inputs
        if needed[index] or not graph.nodes[index].origin or index in context.idle_inputs
    ]
    if spec.budget is not None:
        _add_budget(context, spec.budget, None, None)


def _outputs(context: Lowering, spec: ast.Spec, ends: Ends) -> Outputs:
    """Return the outputs: those of `outputs`, those of the heads, or the last result."""
    graph = context.graph
    if spec.outputs is not None:
        return _named_outputs(context, context.fill(spec.outputs))
    if ends.heads:
        resolved = [(name, resolve(context, end)) for name, end in ends.heads]
        known = [(name, target) for name, target in resolved if target is not None]
        targets, names = [target for _, target in known], [name for name, _ in known]
        return Outputs(targets, names, lacking=len(known) < len(ends.heads))
    last: Value | None
    if spec.head is not None:
        last = resolve(context, ends.head)
    elif graph.merge is not None:
        last = Value(graph.merge)
    elif graph.branches:
        last = list(graph.branches.values())[-1].end
    else:
        last = resolve(context, ends.body)
    return Outputs([last] if last is not None else [], single=True, lacking=last is None)


def _named_outputs(context: Lowering, tree: Tree) -> Outputs:
    from mergecli.syntax import section_parser  # start-up

    outputs = section_parser.outputs(tree, context.sink)
    targets = [_output(context, item) for item in outputs.references]
    if outputs.names is None:
        known = [target for target in targets if target is not None]
        return Outputs(known, single=outputs.is_single, lacking=None in targets)
    pairs = [
        (name, target)
        for name, target in zip(outputs.names, targets)
        if name is not None and target is not None
    ]
    return Outputs(
        [target for _, target in pairs],
        [name for name, _ in pairs],
        lacking=len(pairs) < len(targets),
    )


def _output(context: Lowering, tree: Tree) -> Value | None:
    if type(tree) is not Scalar or not isinstance(tree.value, str):
        if not broken(tree.data()):
            hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
            message = f"an output must be a reference, found {describe(tree.data())}"
            context.sink.error(tree.span, "wrong-type", message, hint)
        return None
    target = resolve(context, read_sources(context, tree, None, False))
    if target is not None:
        context.graph.output_spans[target] = tree.span
    return target
