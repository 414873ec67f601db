"""Keys of an entry that do not belong there: what they were meant to be, and how that is written."""

from __future__ import annotations

from typing import Callable, Optional, Tuple

from mergecli.catalog import registry
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.suggestions import listed, nearest, slip
from mergecli.syntax import foreign_entries
from mergecli.syntax.grammar import ENTRY, ROLES
from mergecli.syntax.keys import MOST_STRAYS, unknown_key
from mergecli.syntax.quoting import flow
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree

#: Returns how an entry with a similar name is written: a hint, and the text.
Suggest = Callable[[str], Optional[Tuple[str, str]]]
#: The keys beside the class of a layer; instances of blocks and `use` have others.
_BESIDE_LAYER = ("from", "call", "repeat")
#: What is often written beside a class, with its hint.
_BESIDE = {
    **dict.fromkeys(("inputs", "input", "on", "branches"), "name the tensors with `from`"),
    **dict.fromkeys(("times", "n", "count", "repeats"), "did you mean `repeat`?"),
    "training": "write `call: {training: …}`",
}


def report(
    tree: Mapping,
    found: tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]],
    sink: DiagnosticSink,
    is_merge: bool,
    suggest: Suggest | None,
) -> tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]]:
    """Report the keys of an entry that do not belong there.

    Args:
        tree: The entry.
        found: Its class, its arguments, and these keys, of which there is one at least.
        sink: Receives the errors.
        is_merge: Whether it is the value of `merge`.
        suggest: Returns how an entry with a similar name is written, from the names of the spec.

    Returns:
        The class and the arguments that were meant, and the keys beside them; no class if it is
        not known.
    """
    cls, arguments, strays = found
    if cls is None:
        if suggest is not None and _is_declared(strays, suggest, sink):
            return None, None, []
        cls, arguments, strays = _without_class(tree, strays, is_merge, sink)
    capitals = [key for key, _ in tree.entries if _is_capital(key)] if strays else []
    for key, _ in strays:
        owner = cls or next((other for other in capitals if other is not key), None)
        _stray_key(key, tree, owner, sink)
    return cls, arguments, strays


def _is_declared(strays: list[tuple[Scalar, Tree]], suggest: Suggest, sink: DiagnosticSink) -> bool:
    """Report an entry whose key is similar to a name of the spec; return whether it is one."""
    key, value = strays[0]
    name = str(key.value)
    is_known = name in ENTRY.names or slip(name, ENTRY.names) or slip(name, registry.layers())
    suggestion = None if is_known else _model_beside(name, value) or suggest(name)
    if suggestion is None:
        return False
    hint, text = suggestion
    fix = key.respelled(text if text.isidentifier() else None)
    unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint, fix)
    return True


def _model_beside(name: str, value: Tree) -> tuple[str, str] | None:
    """Return the hint for an entry that names an existing model."""
    if name not in ROLES:
        return None
    shown = flow(value.data()) if type(value) is Scalar else "…"
    text = f"branches: {{name: {{{name}: {shown}}}}}"
    return f"a model is a branch: `{text}`", text


def _without_class(
    tree: Mapping, strays: list[tuple[Scalar, Tree]], is_merge: bool, sink: DiagnosticSink
) -> tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]]:
    """Return the class that an entry without one was meant to have, and report what is wrong.

    Returns:
        As `report`. A class under an unknown name is reported when it is looked up.
    """
    foreign = foreign_entries.read(tree, ENTRY.names)
    if foreign is not None:
        key = foreign.key
        written = f"{key.raw}: {foreign.cls.raw}"
        message = f"the key of an entry must be its class, found `{written}`"
        sink.error(key.span, "unknown-key", message, foreign.hint, fix=foreign.fix)
        return (foreign.cls, foreign.arguments, []) if foreign.is_known else (None, None, [])
    first = strays[:MOST_STRAYS]
    for stray, _ in first:
        if slip(str(stray.value), ENTRY.names):
            return None, None, strays
    meant = foreign_entries.class_key(first, sink.searches)
    if meant is not None:
        return meant, tree.get(meant.value), [pair for pair in strays if pair[0] is not meant]
    hint = foreign_entries.without_class(strays, is_merge)
    if hint is None:
        return None, None, strays
    names = listed([key.raw for key, _ in strays], "and")
    sink.error(strays[0][0].span, "missing-key", f"{names} must be below a layer", hint)
    return None, None, []


def _is_capital(key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value[:1].isupper()


def _stray_key(key: Scalar, tree: Mapping, owner: Scalar | None, sink: DiagnosticSink) -> None:
    """Report a key beside the class of an entry, its `owner`, that does not belong there."""
    name = str(key.value)
    if owner is None:
        near = nearest(name, registry.layers(), searches=sink.searches)
        hint = f"did you mean {listed(near)}?" if near else None
        fix = key.respelled(slip(name, registry.layers()))
        unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint, fix)
    elif _is_capital(key):
        message = f"an entry must be one layer, found two: `{owner.value}` and `{name}`"
        sink.error(key.span, "unknown-key", message, f"add `- ` before `{name}`")
    else:
        result = registry.layer(str(owner.value))
        if result is None or name not in result.arguments:
            unknown_key(key, _BESIDE_LAYER, ENTRY.owner, sink, _BESIDE.get(name))
            return
        # One message for all the arguments that are beside their class.
        if key is next(k for k, _ in tree.entries if k.value in result.arguments):
            beside = [(k, v) for k, v in tree.entries if k.value in result.arguments]
            hint = _moved_below(owner, beside, next(iter(result.arguments)), tree)
            unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint)


def _moved_below(
    owner: Scalar, beside: list[tuple[Scalar, Tree]], first: str, tree: Mapping
) -> str:
    """Return the hint that shows a layer with the arguments beside it moved below it.

    An argument that is also below it cannot be moved there.
    """
    own = next(value for key, value in tree.entries if key is owner)
    inside = own.entries if type(own) is Mapping else []
    parts = [f"{first}: {own.raw}"] if type(own) is Scalar and own.raw else []
    given = {key.value for key, _ in inside} | ({first} if parts else set())
    twice = next((key for key, _ in beside if key.value in given), None)
    if twice is not None:
        return f"`{owner.value}` has `{twice.value}` already; remove one of the two"
    parts += [
        f"{key.raw}: {value.raw if type(value) is Scalar else '…'}"
        for key, value in [*inside, *beside]
    ]
    return f"move the arguments below the layer: `{owner.value}: {{{', '.join(parts)}}}`"
