"""An entry of a list of layers, its variables replaced -> a layer, a `use` or an instance of a block.

Lowering calls `entry` for each, since blocks give each instance other variables. A wrong entry
raises nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Container

from mergecli.catalog import registry
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.syntax import ast
from mergecli.syntax.grammar import INSTANCE, USE
from mergecli.syntax.keys import text, unknown_key
from mergecli.syntax.quoting import describe
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree

if TYPE_CHECKING:
    from mergecli.syntax.stray_keys import Suggest


def entry(
    tree: Tree,
    blocks: Container[str],
    sink: DiagnosticSink,
    is_merge: bool = False,
    suggest: Suggest | None = None,
) -> ast.Entry | ast.Use | ast.Instance | None:
    """Parse an entry of a list of layers.

    Args:
        tree: The entry, its variables replaced, without `repeat`.
        blocks: The names of the blocks of the spec.
        sink: Receives what is wrong with its shape.
        is_merge: Whether it is the value of `merge`.
        suggest: Returns how an entry with a similar name is written, from the names of the spec.

    Returns:
        The entry; None if it has no layer.
    """
    if type(tree) is Scalar:
        if _is_block(tree, blocks):
            return ast.Instance(tree, None, None, None)
    elif type(tree) is Mapping:
        is_use = False
        for key, value in tree.entries:
            if _is_block(key, blocks):
                return _instance(key, value, tree, sink)
            is_use = is_use or key.value == "use"
        if is_use:
            return _use(tree, sink)
    return _layer(tree, sink, is_merge, suggest)


def _is_block(key: Scalar, blocks: Container[str]) -> bool:
    return isinstance(key.value, str) and key.value in blocks


def _instance(key: Scalar, value: Tree, tree: Mapping, sink: DiagnosticSink) -> ast.Instance:
    name = None
    for other, part in tree.entries:
        if other.value == "as":
            name = text(part, "`as` must be a string", sink)
        elif other is not key and other.value != "from":
            unknown_key(other, INSTANCE.names, INSTANCE.owner, sink)
    return ast.Instance(key, value, tree.get("from"), name)


def _use(tree: Mapping, sink: DiagnosticSink) -> ast.Use | None:
    name: Tree | None = None
    instance: Tree | None = None
    for key, value in tree.entries:
        if key.value == "use":
            message = "`use` must be the name of a layer, a branch or a block instance"
            name = value if text(value, message, sink) is not None else None
        elif key.value == "as":
            instance = value if text(value, "`as` must be a string", sink) is not None else None
        elif key.value not in ("from", "call"):
            unknown_key(key, USE.names, USE.owner, sink)
    if type(name) is not Scalar:
        return None
    if type(instance) is Scalar and ("/" in str(instance.value) or not instance.value):
        message = "`as` must not be empty or contain `/`, since it is a layer name"
        sink.error(instance.span, "wrong-value", message)
        instance = None
    assert instance is None or type(instance) is Scalar
    return ast.Use(name, tree.get("from"), tree.get("call"), instance)


def _layer(
    tree: Tree, sink: DiagnosticSink, is_merge: bool, suggest: Suggest | None
) -> ast.Entry | None:
    cls = tree if type(tree) is Scalar else None
    arguments: Tree | None = None
    strays: list[tuple[Scalar, Tree]] = []
    if type(tree) is Mapping:
        cls, arguments, strays = _class(tree, sink)
        if strays:
            from mergecli.syntax import stray_keys  # start-up

            found = cls, arguments, strays
            cls, arguments, strays = stray_keys.report(tree, found, sink, is_merge, suggest)
        elif cls is None:
            message = "an entry needs a layer, such as `Dense: 64`"
            sink.error(tree.span, "missing-key", message)
        if cls is None:
            return None
    if cls is None or not isinstance(cls.value, str):
        message = "an entry must be a layer, such as `Flatten` or `Dense: 64`"
        message += f", found {describe(tree.data())}"
        sink.error(tree.span, "wrong-type", message)
        return None
    sources = call = None
    if type(tree) is Mapping and len(tree.entries) > 1:
        sources, call = tree.get("from"), tree.get("call")
    result = registry.layer(cls.value) if strays else None
    misplaced = result is not None and any(key.value in result.arguments for key, _ in strays)
    return ast.Entry(cls, arguments, sources, call, not misplaced)


def _class(
    tree: Mapping, sink: DiagnosticSink
) -> tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]]:
    """Return the class of an entry, its arguments, and the keys that do not belong there."""
    cls: Scalar | None = None
    arguments: Tree | None = None
    strays = []
    for key, value in tree.entries:
        name = key.value
        if name in ("from", "call"):
            continue
        if name == "as":
            message = "`as` is for instances of blocks and `use`; a layer has a `name`"
            hint = "write `name:` among its arguments"
            sink.error(key.span, "unknown-key", message, hint)
        elif cls is None and _is_class(name):
            cls, arguments = key, value
        else:
            strays.append((key, value))
    return cls, arguments, strays


def _is_class(name: object) -> bool:
    return isinstance(name, str) and (name[:1].isupper() or ">" in name or name.startswith("ops."))
