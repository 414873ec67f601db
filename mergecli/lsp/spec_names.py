"""Where the names of a spec are given."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from mergecli.syntax.grammar import BLOCK, ENTRY, FORMS, SPEC, WRAPPED, Form, Key, form_at
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, size_of

Steps = tuple["str | int", ...]


class Name(NamedTuple):
    """A name, what has it, and the scalar that gives it. `scope` is the block inside of which it stands."""

    name: str
    what: str
    scalar: Scalar
    scope: str = ""


#: The most nodes of a tree that is searched for models in layers; aliases may make more of a text.
MOST = 100_000
#: The keys that hold a list of layers.
LISTS = frozenset(key.name for form in FORMS.values() for key in form.keys if key.form == "layers")


def given(tree: Tree | None) -> list[Name]:
    """Return the names that a spec gives, in the order of the file.

    The YAML tree is walked by the grammar: the syntax tree leaves out what is wrong, and a text that
    is being edited is wrong most of the time.
    """
    return [*_form(tree, SPEC, ""), *_in_layers(tree, ())]


def _in_layers(tree: Tree | None, steps: Steps) -> Iterator[Name]:
    """Yield the names in models that are written in layers, which nothing outside of them sees."""
    if tree is None or size_of(tree) > MOST:
        return
    if type(tree) is Sequence:
        for place, item in enumerate(tree.items):
            yield from _in_layers(item, (*steps, place))
    elif type(tree) is Mapping:
        if form_at(steps) is WRAPPED:
            yield from _form(tree, WRAPPED, scope_of((*steps, WRAPPED.names[-1])))
        for key, value in tree.entries:
            yield from _in_layers(value, (*steps, str(key.value)))


def _entries(tree: Tree | None) -> list[tuple[Scalar, Tree]]:
    return tree.entries if type(tree) is Mapping else []


def _form(tree: Tree | None, form: Form, scope: str) -> Iterator[Name]:
    keys = {key.name: key for key in form.keys}
    for key, value in _entries(tree):
        if key.value in keys:
            yield from _value(value, keys[key.value], scope)


def _value(tree: Tree, key: Key, scope: str) -> Iterator[Name]:
    """Yield the names in the value of a key."""
    if key.form == "layers":
        yield from _layers(tree, scope)
    elif key.form == "entry":
        yield from _entry(tree, scope)
    elif key.form == "variables":
        for name, _ in _entries(tree):
            yield Name(str(name.value), "variable", name, scope)
    elif key.form == "outputs":
        for name, _ in _entries(tree):
            yield Name(str(name.value), "output", name, scope)
    elif key.form == "input" and not key.each:
        yield from _named(tree, "input", scope)
    elif key.each:
        for name, value in _entries(tree):
            yield Name(str(name.value), key.form, name)
            yield from _body(value, key.form, str(name.value))


def _body(tree: Tree, form: str, name: str) -> Iterator[Name]:
    """Yield the names inside of an input, a branch, a head or a block."""
    scope = name if form == BLOCK.name else ""
    if form not in FORMS:
        yield from _named(tree, form, scope)
    elif type(tree) is Sequence:
        yield from _layers(tree, scope)
    else:
        yield from _form(tree, FORMS[form], scope)


def _layers(tree: Tree, scope: str) -> Iterator[Name]:
    for item in tree.items if type(tree) is Sequence else ():
        yield from _entry(item, scope)


def _entry(tree: Tree, scope: str) -> Iterator[Name]:
    for key, value in _entries(tree):
        if key.value == "as" and type(value) is Scalar:
            yield Name(str(value.value), "instance", value, scope)
        elif key.value not in ENTRY.names:
            yield from _named(value, "layer", scope)


def _named(tree: Tree, what: str, scope: str) -> Iterator[Name]:
    name = tree.get("name") if type(tree) is Mapping else None
    if type(name) is Scalar and isinstance(name.value, str):
        yield Name(name.value, what, name, scope)


def scope_of(steps: Steps) -> str:
    """The block, or else the model in a layer, inside of which a place lies.

    >>> scope_of(("blocks", "b", "layers", 0)), scope_of(("layers", 0, "Dense"))
    ('b', '')
    >>> scope_of(("layers", 0, "TimeDistributed", "layer", "layers", 1))
    'layers/0/TimeDistributed/layer'
    """
    for place in range(len(steps) - 1, 2, -1):
        if form_at(steps[:place]) is WRAPPED and steps[place] in WRAPPED.names:
            return "/".join(map(str, steps[:place]))
    return block_of(steps)


def block_of(steps: Steps) -> str:
    """The block inside of which a place lies."""
    return str(steps[1]) if len(steps) > 1 and steps[0] == "blocks" else ""


def base(reference: str) -> str:
    """A reference without the number of a result.

    >>> base("lstm[1]"), base("lstm")
    ('lstm', 'lstm')
    """
    return re.sub(r"\[\d+\]$", "", reference)
