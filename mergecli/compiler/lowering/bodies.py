"""Inputs, and the bodies of plain models and of branches of layers."""

from __future__ import annotations

from mergecli.catalog.layers.core import InputLayer
from mergecli.compiler.lowering.argument_reader import ArgumentSpans
from mergecli.compiler.lowering.context import Lowering, Several, Sources, Start
from mergecli.compiler.lowering.entries import lower_layers
from mergecli.compiler.lowering.references import read_sources
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Location
from mergecli.syntax import ast, keys
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree


def lower_body(
    context: Lowering,
    body: ast.Body,
    prefix: str,
    branch: str | None,
    key: Scalar | None,
    span: Span,
) -> Sources | None:
    """Lower a list of layers with its inputs.

    Args:
        context: The spec.
        body: The body of a branch or of a plain model.
        prefix: The start of automatic names of its inputs.
        branch: The name of the branch; None for a plain model.
        key: The key that names the branch.
        span: The place of errors about the body as a whole.

    Returns:
        The result of its last layer, or its start if it has none.
    """
    first = len(context.graph.inputs)
    start = _start(context, body.start, prefix, branch)
    if branch is not None:
        own = tuple(context.graph.inputs[first:])
        sources = start if isinstance(start, Sources) else None
        context.names.starts[branch] = Sources(own) if own else sources
    if body.layers is not None:
        names = f"{prefix}_" if prefix else ""
        return lower_layers(context, body.layers, start, names, branch, key)
    if isinstance(start, Several) and branch is not None:
        message = f"branch `{branch}` has {len(start.names)} inputs and no layer that joins them"
        context.sink.error(span, "input-count", message, "add `layers`")
    return start if isinstance(start, Sources) else None


def _start(context: Lowering, start: ast.Start, prefix: str, branch: str | None) -> Start:
    if start.input is not None:
        index = add_input(context, context.fill_input(start.input), None, prefix, branch)
        if context.trace is not None and context.written is not None:
            layer = context.graph.nodes[index].layer
            context.trace.calls[index] = context.written, layer
            context.trace.inputs.add(index)
        return Sources((index,))
    if start.inputs is not None:
        from mergecli.syntax import section_parser  # start-up

        entries = section_parser.inputs(context.fill(start.inputs), context.sink)
        message = "the name of an input must be a string"
        indices = tuple(
            add_input(context, value, key, prefix, branch)
            for key, value in entries
            if keys.text(key, message, context.sink) is not None
        )
        if not entries:
            return None
        if len(indices) == 1:
            return Sources(indices)
        return Several(tuple(str(key.value) for key, _ in entries))
    if start.sources is not None:
        return read_sources(context, context.fill(start.sources), None, False)
    return None


def add_input(
    context: Lowering, tree: Tree, key: Scalar | None, prefix: str, branch: str | None
) -> int:
    """Add an input and return its index; `key` is its name under `inputs`."""
    span = key.span if key is not None else tree.span
    layer, places = input_layer(context, tree, span)
    location = Location(span, places, via=context.sink.via)
    call = context.new_call("InputLayer", layer, location, branch, "")
    call.sources = []
    context.graph.inputs.append(call.index)
    names = context.names
    if layer is not None and layer.name is not None:
        call.name = layer.name
        names.named[call.index] = call.place("name")
    elif key is not None:
        call.name = str(key.value)
        names.named[call.index] = key.span
    else:
        names.prefixes[call.index] = f"{prefix}_input" if prefix else "input"
    if key is not None:
        names.inputs.setdefault(str(key.value), call.index)
    return call.index


def input_layer(
    context: Lowering, tree: Tree, span: Span
) -> tuple[InputLayer | None, ArgumentSpans]:
    """Return the layer of an input, None if it is wrong, and the places of its arguments.

    Args:
        context: The spec.
        tree: The value of `input`, or of a name under `inputs`, its variables replaced.
        span: The place of errors about it as a whole.
    """
    arguments = tree
    if type(tree) is not Mapping:
        arguments = Mapping(tree.start)
        shape = Scalar("shape", "shape", True, tree.start, tree.start)
        arguments.entries.append((shape, tree))
    layer, places = context.arguments.read(InputLayer, arguments, "Input", span)
    assert layer is None or isinstance(layer, InputLayer)
    return layer, places
