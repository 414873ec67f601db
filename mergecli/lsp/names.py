"""Where the names of a spec are given."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

Steps = tuple["str | int", ...]


class Name(NamedTuple):
    """A name, what has it, and the scalar that gives it. `scope` is the block inside of which it stands."""

    name: str
    what: str
    scalar: Scalar
    scope: str = ""


def given(tree: Tree | None) -> list[Name]:
    """All the names that a spec gives, in the order of the file."""
    found: list[Name] = []
    for key, value in tree.entries if type(tree) is Mapping else ():
        name = key.value
        if name in ("layers", "head"):
            found += _layers(value, "")
        elif name == "merge":
            found += _entry(value, "")
        elif name in ("input", "inputs"):
            found += _inputs(key, value)
        elif name in ("branches", "heads", "blocks", "vars"):
            for inner, body in value.entries if type(value) is Mapping else ():
                what = {
                    "branches": "branch",
                    "heads": "head",
                    "blocks": "block",
                    "vars": "variable",
                }[name]
                found.append(Name(str(inner.value), what, inner))
                if what != "variable":
                    found += _body(body, str(inner.value) if what == "block" else "")
    return found


def _body(tree: Tree, scope: str) -> Iterator[Name]:
    if type(tree) is Sequence:
        yield from _layers(tree, scope)
    for key, value in tree.entries if type(tree) is Mapping else ():
        if key.value == "layers":
            yield from _layers(value, scope)
        elif key.value in ("input", "inputs"):
            yield from _inputs(key, value)
        elif key.value == "params" and type(value) is Mapping:
            yield from (
                Name(str(inner.value), "variable", inner, scope) for inner, _ in value.entries
            )


def _inputs(key: Scalar, tree: Tree) -> Iterator[Name]:
    if key.value == "inputs":
        for inner, value in tree.entries if type(tree) is Mapping else ():
            yield Name(str(inner.value), "input", inner)
            yield from _named(value, "input", "")
    else:
        yield from _named(tree, "input", "")


def _layers(tree: Tree, scope: str) -> Iterator[Name]:
    for item in tree.items if type(tree) is Sequence else ():
        yield from _entry(item, scope)


def _entry(tree: Tree, scope: str) -> Iterator[Name]:
    for key, value in tree.entries if type(tree) is Mapping else ():
        if key.value == "as" and type(value) is Scalar:
            yield Name(str(value.value), "instance", value, scope)
        elif key.value not in ("from", "call", "repeat", "use"):
            yield from _named(value, "layer", scope)


def _named(tree: Tree, what: str, scope: str) -> Iterator[Name]:
    name = tree.get("name") if type(tree) is Mapping else None
    if type(name) is Scalar and isinstance(name.value, str):
        yield Name(name.value, what, name, scope)


def scope_of(steps: Steps) -> str:
    """The block inside of which a place lies."""
    return str(steps[1]) if len(steps) > 1 and steps[0] == "blocks" else ""


def base(reference: str) -> str:
    """A reference without the number of a result.

    >>> base("lstm[1]"), base("lstm")
    ('lstm', 'lstm')
    """
    return re.sub(r"\[\d+\]$", "", reference)
