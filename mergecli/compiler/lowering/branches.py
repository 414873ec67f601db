"""Branches: their layers, or an existing model and the layers after it; which layers are trained."""

from __future__ import annotations

from mergecli.compiler.lowering.bodies import lower_body
from mergecli.compiler.lowering.context import Lowering, Sources
from mergecli.compiler.lowering.entries import lower_layers
from mergecli.compiler.lowering.references import single
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.ir.graph import Branch, Call
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.ir.subgraphs import freeze
from mergecli.syntax import ast
from mergecli.syntax.quoting import describe
from mergecli.syntax.yaml_tree import Sequence, Tree


def lower_branch(context: Lowering, branch: ast.Branch) -> None:
    """Add the calls of a branch."""
    graph, name, span = context.graph, branch.name, branch.key.span
    first = len(graph.nodes)
    end: Sources | None = None
    if isinstance(branch.body, ast.Include):
        from mergecli.compiler.lowering.models import lower_model  # start-up

        end = lower_model(context, branch.key, branch.body)
        if branch.body.layers is not None:
            layers = branch.body.layers
            end = lower_layers(context, layers, end, f"{name}_", name, branch.key)
    elif branch.body is not None:
        end = lower_body(context, branch.body, name, name, branch.key, span)
    end = single(context, end, f"branch `{name}`", span)
    calls = graph.nodes[first:]
    context.names.ends[name] = end
    graph.branches[name] = Branch(span, [call.index for call in calls], None)
    if branch.trainable is not None:
        _set_trainable(context, context.fill(branch.trainable), name, calls)


def _set_trainable(context: Lowering, tree: Tree, branch: str, calls: list[Call]) -> None:
    """Freeze a branch, or those of its layers that are listed."""
    value = tree.data()
    if isinstance(value, bool):
        if not value:
            freeze(calls)
        return
    if type(tree) is not Sequence:
        message = "`trainable` must be true, false or a list of layers to freeze"
        hint = "list the layers to freeze: `trainable: [conv1, conv2]`"
        context.sink.error(
            tree.span,
            "wrong-type",
            f"{message}, found {describe(value)}",
            hint if isinstance(value, str) else None,
        )
        return
    if not calls:
        return  # the model could not be included, which is reported
    named = {call.origin: call for call in calls if call.origin}
    named.update({call.name: call for call in calls if call.name})
    for item in tree.items:
        _freeze_named(context, item, branch, calls, named)


def _freeze_named(
    context: Lowering, tree: Tree, branch: str, calls: list[Call], named: dict[str, Call]
) -> None:
    """Freeze the layer, or the layers of the nested model, that a tree names."""
    name = tree.data()
    if not isinstance(name, str):
        message = f"`trainable` must list names of layers, found {describe(name)}"
        context.sink.error(tree.span, "wrong-type", message)
    elif inside := [call for call in calls if call.origin.startswith(f"{name}.")]:
        freeze(inside)
    elif name in named:
        freeze([named[name]])
    else:
        hint = did_you_mean(name, named, context.sink.searches)
        if any(isinstance(call.layer, SubgraphLayer) for call in calls):
            hint = "a `nested` model can only be frozen as a whole: `trainable: false`"
        message = f"branch `{branch}` has no layer `{name}`"
        context.sink.error(tree.span, "unknown-reference", message, hint)
