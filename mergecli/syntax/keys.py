"""Keys of mappings: each is looked up in the grammar, and one that does not belong is reported.

What reads specs, and what reads entries, uses this. A wrong mapping raises nothing.
"""

from __future__ import annotations

from typing import Iterable

from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest, slip
from mergecli.syntax.grammar import EXTRA, ROLES, Form
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree

#: Arguments of `compile`, of its optimizer, and of applications, which are often written elsewhere.
_COMPILED = ("optimizer", "loss", "loss_weights", "metrics", "learning_rate", "lr")
_OPTIMIZER = ("learning_rate", "lr", "momentum", "beta_1", "beta_2", "clipnorm", "weight_decay")
_APPLICATION = ("include_top", "weights", "pooling", "classes", "input_shape", "alpha")
#: The most keys of a mapping among which the name of a class or of a model is searched.
MOST_STRAYS = 20


def text(tree: Tree, message: str, sink: DiagnosticSink) -> str | None:
    """Return the string in a tree; None if it is another value, which is reported."""
    if type(tree) is Scalar and isinstance(tree.value, str):
        return tree.value
    if broken(tree.data()):
        return None
    value = describe(tree.data())
    hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
    sink.error(tree.span, "wrong-type", f"{message}, found {value}", hint)
    return None


def unknown_key(
    key: Scalar,
    known: Iterable[str],
    owner: str,
    sink: DiagnosticSink,
    hint: str | None = None,
    fix: tuple[Edit, ...] = (),
) -> None:
    """Report a key that a mapping does not have; without a hint, the nearest one is suggested."""
    known = tuple(known)
    name = str(key.value)
    hint = hint or elsewhere(name, owner)
    if hint is None:
        fix = key.respelled(slip(name, known))
        hint = did_you_mean(name, known, sink.searches) or f"expected {listed(known)}"
    sink.error(key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint, fix=fix)


def elsewhere(name: str, owner: str) -> str | None:
    """Return the hint for a key that belongs to another mapping; None if it is not known.

    >>> elsewhere("loss", "a spec"), elsewhere("lr", "`compile`")[:35]
    ('write it under `compile`: `compile: {loss: …}`', 'it is an argument of the optimizer:')
    """
    if owner == "a spec" and name in _COMPILED:
        return f"write it under `compile`: `compile: {{{name}: …}}`"
    if owner == "a spec" and name in ("input_shape", "shape"):
        return "write the shape under `input`: `input: [32, 32, 3]`"
    if owner == "a spec" and name == "class_name":
        return "this is the config of a Keras model: save it as `.json` and run `mergecli import`"
    if owner == "a spec" and name == "model":
        return (
            "write the keys of the model at the top; a saved model is a branch:"
            " `branches: {name: {model: …}}`"
        )
    if owner == "a spec" and name in ROLES:
        return f"an existing model is a branch: `branches: {{name: {{{name}: …}}}}`"
    if owner == "a branch" and name in _APPLICATION:
        return f"write it under `with`: `with: {{{name}: …}}`"
    if owner == "`compile`" and name in _OPTIMIZER:
        name = "learning_rate" if name == "lr" else name
        return f"it is an argument of the optimizer: `optimizer: {{Adam: {{{name}: …}}}}`"
    return None


def unique(tree: Mapping) -> Mapping:
    """Return a mapping without duplicate keys, each with its last value.

    Duplicates are already reported.
    """
    entries = {key.value: (key, value) for key, value in tree.entries}
    if len(entries) == len(tree.entries):
        return tree
    unique = Mapping(tree.start)
    unique.entries, unique.end, unique.size = list(entries.values()), tree.end, tree.size
    return unique


def check_keys(tree: Mapping, form: Form, sink: DiagnosticSink) -> None:
    """Report each key of a mapping that its form does not have."""
    names = form.names
    for key, _ in tree.entries:
        name = key.value
        is_extra = form.extras and isinstance(name, str) and name.startswith(EXTRA)
        if name not in names and not is_extra:
            unknown_key(key, names, form.owner, sink)


def is_misspelled(tree: Mapping, form: Form, wanted: tuple[str, ...], sink: DiagnosticSink) -> bool:
    """Whether a missing key is there but misspelled, which is already reported."""
    names = form.names
    strange = [str(key.value) for key, _ in tree.entries if key.value not in names]
    return any(
        near in wanted for name in strange for near in nearest(name, names, searches=sink.searches)
    )
