"""Models in layers: what `TimeDistributed` applies to each step when that is not a layer."""

from __future__ import annotations

from typing import Callable

from mergecli.compiler.lowering.context import Lowering
from mergecli.compiler.lowering.includes import Included, include
from mergecli.compiler.lowering.models import end_of
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import listed
from mergecli.ir.graph import EmbeddedModel, Graph
from mergecli.ir.subgraph_layers import WrappedModel
from mergecli.ir.subgraphs import cut, nest
from mergecli.syntax import ast, keys, parser
from mergecli.syntax.yaml_tree import Mapping

#: The name of a model that has none.
NAME = "model"
#: What is said of a model that cannot be in a layer.
_APPLIES = "`TimeDistributed` applies a model with one"


#: Lowers layers with an input: the spec in which they are, the layers, and where they begin.
#: Returns None if they are wrong, which is reported.
LowerInline = Callable[[Lowering, ast.Body, Span], Graph | None]


def lower_wrapped(
    context: Lowering, tree: Mapping, lower_inline: LowerInline
) -> WrappedModel | None:
    """Make the model that is the argument of a layer.

    Args:
        context: The spec.
        tree: The model, its variables replaced.
        lower_inline: Lowers a model that is written in the layer.

    Returns:
        The model as a layer; None if it is wrong, which is reported.
    """
    wrapped = parser.wrapped(tree, context.sink)
    included = _included(context, wrapped, tree, lower_inline)
    if included is None:
        return None
    sub, model = included
    span = tree.span.begin
    if isinstance(wrapped.body, ast.Include):
        span = wrapped.body.target.span
    if wrapped.output is not None:
        end = end_of(context, wrapped.output, sub, model.name, "")
        if end is None:
            return None
        sub = cut(sub, end)
    if wrapped.name is not None:
        name = keys.text(wrapped.name, "`name` must be a string", context.sink)
        if not name or "/" in name:
            _report_name(context, wrapped, name)
            return None
        sub = sub.replace(name=name)
    if not _is_applicable(context, sub, model.name, span):
        return None
    layer, problems = nest(sub, WrappedModel)
    in_spec = model.role == "spec"
    layer.part = model if isinstance(wrapped.body, ast.Include) else None
    context.sink += [p if in_spec and p.span else p._replace(span=span) for p in problems]
    return None if any(problem.is_error for problem in problems) else layer


def _report_name(context: Lowering, wrapped: ast.Wrapped, name: str | None) -> None:
    if name is not None and wrapped.name is not None:
        message = "the name of a model must not be empty or contain `/`"
        context.sink.error(wrapped.name.span, "wrong-value", message)


def _included(
    context: Lowering, wrapped: ast.Wrapped, tree: Mapping, lower_inline: LowerInline
) -> Included | None:
    """Return the graph of a model; None if it is wrong, which is reported."""
    body = wrapped.body
    if isinstance(body, ast.Include):
        return include(context, "", body.role, body.target, body.arguments)
    if body is None:
        return None
    graph = lower_inline(context, body, tree.span.begin)
    return (graph.replace(name=NAME), EmbeddedModel("spec", NAME, {})) if graph else None


def _is_applicable(context: Lowering, sub: Graph, name: str, span: Span) -> bool:
    """Whether a model takes one tensor and gives one; if not, that is reported."""
    sink, outputs = context.sink, sub.outputs
    if outputs.lacking or not outputs.targets:
        return False  # its spec is wrong, which is reported
    if len(sub.inputs) != 1:
        inputs = listed([sub.nodes[index].name for index in sub.inputs], "and")
        message = f"`{name}` has {len(sub.inputs)} inputs, {inputs}; {_APPLIES} input"
        sink.error(span, "input-count", message, "join the inputs before the layer")
        return False
    if not outputs.single:
        names = outputs.names or [sub.reference(target) for target in outputs.targets]
        what = f"{len(names)} outputs" if len(names) > 1 else "a list or mapping of outputs"
        message = f"`{name}` gives {what}; {_APPLIES} tensor as its output"
        sink.error(span, "input-count", message, f"choose one: `output: {names[0]}`")
        return False
    if sub.nodes[sub.inputs[0]].layer is None and not sink.broken:
        message = f"`{name}` does not define the shape of its input"
        sink.error(span, "missing-key", message, "save the model after it is built")
        return False
    return True
