"""The sections `inputs`, `outputs`, `budget` and `compile`, their variables replaced -> their parts.

Lowering calls these functions, since whole sections may come from variables. A wrong section
raises nothing.
"""

from __future__ import annotations

from typing import Iterable

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Span
from mergecli.syntax import ast
from mergecli.syntax.grammar import BUDGET, BYTES
from mergecli.syntax.keys import text, unknown_key
from mergecli.syntax.quantities import amount
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

#: Hints for bounds of a `budget` under the names that other programs give them.
_OTHER_BUDGETS = {
    "params": "did you mean `parameters`?",
    "weights": "write `parameters` for their number, or `size` for their bytes",
    "flops": "write `macs`: a multiply-accumulate is two floating-point operations",
    "flop": "write `macs`: a multiply-accumulate is two floating-point operations",
}


def inputs(tree: Tree, sink: DiagnosticSink) -> list[tuple[Scalar, Tree]]:
    """Parse `inputs`: the name and the tree of each; empty where it is wrong."""
    if type(tree) is not Mapping or not tree.entries:
        hint = None
        if type(tree) is Sequence and tree.items:
            few = tree.items[:3]
            named = ", ".join(f"input_{n}: {flow(t.data())}" for n, t in enumerate(few, 1))
            more = ", …" if len(tree.items) > len(few) else ""
            hint = f"name each of them: `inputs: {{{named}{more}}}`"
            if all(type(item) is Scalar for item in tree.items):
                names = [item.value for item in tree.items if type(item) is Scalar]
                hint = "for a single input, write `input: …`"
                if names and all(isinstance(name, str) for name in names):
                    given = ", ".join(f"{name}: […]" for name in names[:3]) + more
                    hint = f"give each its shape: `inputs: {{{given}}}`"
        message = "`inputs` must be a mapping from an input's name to its shape"
        sink.error(tree.span, "wrong-type", message, hint)
        return []
    entries: list[tuple[Scalar, Tree]] = rejoined(tree).entries
    return entries


def outputs(tree: Tree, sink: DiagnosticSink) -> ast.OutputNames:
    """Parse `outputs`: one reference, a list of them, or a mapping from names to references."""
    if type(tree) is Scalar:
        return ast.OutputNames((tree,), is_single=True)
    names = None
    if type(tree) is Mapping:
        message = "the name of an output must be a string"
        names = tuple(text(key, message, sink) for key, _ in tree.entries)
        trees = tuple(value for _, value in tree.entries)
    else:
        assert type(tree) is Sequence
        trees = tuple(tree.items)
    if not trees:
        sink.error(tree.span, "wrong-value", "`outputs` must name at least one result, found none")
    return ast.OutputNames(trees, names)


def budget(tree: Tree, sink: DiagnosticSink) -> dict[str, tuple[int, Span]]:
    """Parse a `budget`: each bound with its place, in parameters, bytes, multiply-accumulates or samples."""
    if type(tree) is not Mapping:
        if not broken(tree.data()):
            message = f"`budget` must be a mapping, found {describe(tree.data())}"
            sink.error(
                tree.span, "wrong-type", message, "write, for example, `budget: {parameters: 5M}`"
            )
        return {}
    limits = {}
    for key, value in tree.entries:
        name = str(key.value)
        if name not in BUDGET.names:
            unknown_key(key, BUDGET.names, "`budget`", sink, _OTHER_BUDGETS.get(name.lower()))
            continue
        bound = amount(value.data(), name in BYTES)
        if bound is not None and (bound or name != "batch"):
            limits[name] = bound, value.span
        elif not broken(value.data()):
            what = "a number of bytes" if name in BYTES else "a number"
            message = f"`budget.{name}` must be {what}, found {describe(value.data())}"
            hint = f"write, for example, `{BUDGET.key(name).form}`"
            sink.error(value.span, "wrong-type", message, hint)
    return limits


def training(tree: Tree, known: Iterable[str], sink: DiagnosticSink) -> dict[str, Tree] | None:
    """Parse a `compile`: the tree of each argument; None where it is not a mapping.

    Args:
        tree: The tree, its variables replaced.
        known: The names of the arguments. They are not imported here, since optimizers, losses
            and metrics take time and most specs have no `compile`.
        sink: Receives what is wrong with its shape.
    """
    if type(tree) is not Mapping:
        if not broken(tree.data()):
            message = f"`compile` must be a mapping, found {describe(tree.data())}"
            hint = "write, for example, `compile: {optimizer: adam, loss: mse}`"
            sink.error(tree.span, "wrong-type", message, hint)
        return None
    known = tuple(known)
    parts: dict[str, Tree] = {}
    for key, value in tree.entries:
        if key.value in known:
            parts[key.value] = value
        else:
            unknown_key(key, known, "`compile`", sink)
    return parts
