"""The sections `vars` and `blocks` -> what they declare; most specs have neither."""

from __future__ import annotations

import re

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.syntax import ast
from mergecli.syntax.grammar import BLOCK, BLOCK_NAME, CHOICES, ENTRY
from mergecli.syntax.keys import check_keys
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined


def variables(tree: Tree | None, sink: DiagnosticSink) -> tuple[ast.Variable, ...]:
    if tree is None:
        return ()
    if type(tree) is not Mapping:
        message = "`vars` must be a mapping from a variable's name to its value"
        sink.error(tree.span, "wrong-type", message)
        return ()
    for key, _ in (entries := rejoined(tree).entries):
        if not str(key.value).isidentifier():
            name = describe(key.value)
            message = "the name of a variable must consist of letters, digits and `_`"
            sink.error(key.span, "wrong-value", f"{message}, found {name}")
    return tuple(_variable(key, value, sink) for key, value in entries)


def _variable(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Variable:
    """Parse the value of a variable, or its choices and its default."""
    choices = tree.get("choices") if type(tree) is Mapping else None
    if choices is None or type(tree) is not Mapping:
        return ast.Variable(key, tree)
    before = len(sink)
    check_keys(tree, CHOICES, sink)
    if type(choices) is not Sequence or not choices.items:
        message = f"`choices` must be a list of values, found {describe(choices.data())}"
        hint = f"list them: `[{choices.raw}]`" if type(choices) is Scalar and choices.raw else None
        sink.error(choices.span, "wrong-type", message, hint)
        return ast.Variable(key, tree.get("default") or choices)
    default = tree.get("default")
    values = [item.data() for item in choices.items]
    if default is not None and len(sink) == before and default.data() not in values:
        message = f"the default must be one of the choices, found {describe(default.data())}"
        sink.error(default.span, "wrong-value", message, f"choose one of {flow(values)}")
    return ast.Variable(key, default or choices.items[0], tuple(choices.items))


def blocks(tree: Tree | None, sink: DiagnosticSink) -> dict[str, ast.Block]:
    if tree is None:
        return {}
    if type(tree) is not Mapping:
        message = "`blocks` must be a mapping from a block's name to its `params` and `layers`"
        sink.error(tree.span, "wrong-type", message)
        return {}
    result = (_block(key, value, sink) for key, value in tree.entries)
    return {block.name: block for block in result if block is not None}


def _block(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Block | None:
    name = key.value
    if not isinstance(name, str) or not re.fullmatch(BLOCK_NAME, name) or name in ENTRY.names:
        message = f"the name of a block must begin with a lower-case letter, found {describe(name)}"
        sink.error(key.span, "wrong-value", message)
        return None
    layers = tree.get("layers") if type(tree) is Mapping else None
    if type(tree) is not Mapping or type(layers) is not Sequence:
        message = f"block `{name}` needs `layers`"
        is_list = type(tree) is Sequence
        hint = f"write `{name}: {{layers: […]}}`" if is_list else "add a list of entries"
        sink.error(key.span, "missing-key", message, hint)
        # Entries that use the block have no mistake.
        return ast.Block(key, {}, tree) if type(tree) is Sequence else None
    check_keys(tree, BLOCK, sink)
    params = tree.get("params")
    if params is not None and type(params) is not Mapping:
        message = "`params` must be a mapping from a parameter's name to its default"
        sink.error(params.span, "wrong-type", message)
    entries = params.entries if type(params) is Mapping else ()
    return ast.Block(key, {str(name.value): value for name, value in entries}, layers)
