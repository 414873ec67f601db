"""Entries in the forms of other programs, such as `type: Dense`, and how they are written here.

It is read only to explain an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Collection

from mergecli.catalog import former_names, registry
from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import Searches, nearest, slip
from mergecli.syntax.quoting import Expression, flow
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, position

if TYPE_CHECKING:
    from mergecli.syntax.yaml_tree import Mark

#: Keys that other programs put before the name of a class, before its arguments, and around both.
_CLASS_KEYS = ("class_name", "type", "layer", "class", "layer_type", "op", "cls")
_ARGUMENT_KEYS = ("config", "arguments", "args", "kwargs", "params", "options")
_OTHER_KEYS = ("module", "registered_name", "build_config", "inbound_nodes")
#: The most characters of the arguments in a hint, and in a fix.
_MOST_SHOWN = 120
_WHOLE = 1_000_000


class ForeignEntry(Record):
    """An entry whose class is the value of a key.

    Attributes:
        key: That key.
        cls: The class, by its name in a spec.
        arguments: The tree of the arguments; None if there are none.
        is_known: Whether there is such a class.
        hint: The entry as it is written here.
        fix: The edits that rewrite it, if that is safe.
    """

    key: Scalar
    cls: Scalar
    arguments: Tree | None
    is_known: bool
    hint: str
    fix: tuple[Edit, ...]


def read(
    tree: Mapping, beside: tuple[str, ...], known: Collection[str] | None = None
) -> ForeignEntry | None:
    """Read an entry whose class is the value of a key.

    Args:
        tree: The entry.
        beside: The keys that stay next to the class, such as `from`.
        known: The classes of another role; those of layers if there are none.

    Returns:
        What it means; None if it has no such form.
    """
    entries = {key.value: (key, value) for key, value in tree.entries}
    name = next((name for name in _CLASS_KEYS if name in entries), None)
    key, value = entries.get(name, (None, None))
    if key is None or type(value) is not Scalar or not isinstance(value.value, str):
        return None
    cls = _resolve(value.value, known)
    config = next((entries[name] for name in _ARGUMENT_KEYS if name in entries), None)
    staying = [(k, v) for k, v in tree.entries if k.value in beside]
    arguments: Tree | None = None
    if config is not None and type(config[1]) is Mapping:
        arguments = config[1]
    else:
        config = None
        rest = [(k, v) for k, v in tree.entries if k is not key and k.value not in beside]
        rest = [(k, v) for k, v in rest if k.value not in _OTHER_KEYS]
        if rest:
            arguments = Mapping(rest[0][0].start)
            arguments.entries, arguments.end = rest, rest[-1][1].end
    has_arguments = type(arguments) is Mapping and bool(arguments.entries)
    shown = _entry(cls or value.value, arguments if has_arguments else None, staying)
    hint = f"write the class as the key: `{shown}`"
    fix: tuple[Edit, ...] = ()
    if cls is not None and _is_here(tree, tree):
        fix = _fix(tree, cls, key, value, config, arguments if has_arguments else None, staying)
    renamed = Scalar(cls or value.value, value.raw, value.plain, value.start, value.end)
    return ForeignEntry(key, renamed, arguments, cls is not None, hint, fix)


def class_key(strays: list[tuple[Scalar, Tree]], searches: Searches) -> Scalar | None:
    """Return the key that was meant as the class of an entry; None if there is none."""
    layers = registry.layers()
    for key, _ in strays:
        name = key.value
        if isinstance(name, str) and (
            "." in name or former_names.today(name) or slip(name, layers)
        ):
            return key
    for key, _ in strays:
        name = str(key.value)
        if not _owners(name) and nearest(name, layers, searches=searches):
            return key
    return None


def without_class(strays: list[tuple[Scalar, Tree]], is_merge: bool) -> str | None:
    """Return a hint for arguments without their class; None if no likely class takes them."""
    names = [str(key.value) for key, _ in strays]
    for cls in former_names.LIKELY_MERGES if is_merge else former_names.LIKELY:
        result = registry.layer(cls)
        if result is not None and all(name in result.arguments for name in names):
            arguments = Mapping(strays[0][0].start)
            arguments.entries = strays
            return f"name the class: `{_entry(cls, arguments, [])}`"
    return None


def _owners(argument: str) -> bool:
    return any(argument in cls.arguments for cls in registry.layers().values())


def _resolve(word: str, known: Collection[str] | None) -> str | None:
    """Return the class that a word means; None if there is none."""
    if known is not None:
        return word if word in known else slip(word, known)
    if registry.layer(word) is not None:
        return word
    typo = slip(word, registry.layers())
    if typo is not None:
        return typo
    today = former_names.today(word)
    return today.name if today is not None else None


def _entry(
    cls: str,
    arguments: Tree | None,
    beside: list[tuple[Scalar, Tree]],
    most: int = _MOST_SHOWN,
) -> str:
    """Return an entry on one line; arguments of more than `most` characters are shortened."""
    shown = flow(_written(arguments)) if arguments is not None else ""
    if len(shown) > most and type(arguments) is Mapping:
        parts = (
            f"{key.raw}: {flow(_written(value)) if type(value) is Scalar else '…'}"
            for key, value in arguments.entries
        )
        shown = f"{{{', '.join(parts)}}}"
        shown = shown if len(shown) <= most else "{…}"
    if not beside:
        return f"{cls}: {shown}" if shown else cls
    others = ", ".join(f"{key.raw}: {flow(_written(value))}" for key, value in beside)
    return f"{{{cls}: {shown or '{}'}, {others}}}"


def _written(tree: Tree) -> object:
    """Return a tree as plain values for `flow`; plain scalars stay as they are written."""
    if type(tree) is Scalar:
        return Expression(tree.raw) if tree.plain and tree.raw else tree.value
    if type(tree) is Sequence:
        return [_written(item) for item in tree.items]
    assert type(tree) is Mapping
    return {key.value: _written(value) for key, value in tree.entries}


def _is_here(tree: Tree, within: Mapping) -> bool:
    """Whether all parts of a tree are written in it: no variables and no aliases."""
    if not position(within.start) <= position(tree.start):
        return False
    if type(tree) is Scalar:
        return not tree.raw or bool(tree.rewritten(tree.raw))
    if type(tree) is Sequence:
        return all(_is_here(item, within) for item in tree.items)
    assert type(tree) is Mapping
    return all(_is_here(key, within) and _is_here(value, within) for key, value in tree.entries)


def _fix(
    tree: Mapping,
    cls: str,
    key: Scalar,
    value: Scalar,
    config: tuple[Scalar, Tree] | None,
    arguments: Tree | None,
    beside: list[tuple[Scalar, Tree]],
) -> tuple[Edit, ...]:
    last = tree.entries[-1]
    end = last[1].end if position(last[1].end) > position(last[0].end) else last[0].end
    path = tree.span.path
    if tree.start.line == end.line:
        braces = position(tree.start) < position(tree.entries[0][0].start)
        text = _entry(cls, arguments, beside, _WHOLE)
        text = text.strip("{}") if beside and not braces else text
        if braces:
            text = text if beside or not arguments else f"{{{text}}}"
            return (Edit(tree.span, text),)
        return (Edit(_between(tree.start, end, path), text),)
    if tree.entries[0][0] is not key:
        return ()
    if config is not None and tree.entries[1] == config and len(tree.entries) == 2:
        until = config[0].end if arguments is not None else end
        return (Edit(_between(key.start, until, path), cls),)
    if config is not None or beside or arguments is None or value.end.line != key.start.line:
        return ()
    first = arguments.start.line
    if first == key.start.line or position(tree.start) < position(key.start):
        return ()
    indented = tuple(
        Edit(Span(line, 1, line, 1, path), "  ") for line in range(first + 1, end.line + 2)
    )
    return (Edit(_between(key.start, value.end, path), f"{cls}:"), *indented)


def _between(start: Mark, end: Mark, path: str) -> Span:
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1, path)
