"""What could be typed at a place."""

from __future__ import annotations

import json
import re
from typing import Iterator, NamedTuple

from mergecli.catalog import registry
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.reference import text_of
from mergecli.exporters.schema_parts import Schema
from mergecli.ir.graph import Value
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.meaning import meaning, nodes_at, shown
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.spec_names import LISTS, block_of, scope_of
from mergecli.lsp.text import Text
from mergecli.syntax.cursor import Cursor, cursor_at

#: Stands for what is being typed; no text has it.
MARK = "\ue000"
#: What may follow it for the text to be read: nothing, the colon of a key, the end of quotes.
CLOSINGS = ("", ":", '"', "'")
#: What a name that a reference can stand for belongs to.
REFERABLE = ("layer", "input", "branch", "instance")
#: How many names are offered with their shapes; more would take too long.
MOST_SHAPES = 200


class Offer(NamedTuple):
    """Something that could be typed: what it is, what is inserted (with `$1` for the cursor if it is a `snippet`), and what it means."""

    label: str
    kind: str
    insert: str
    detail: str = ""
    words: str = ""
    snippet: bool = False


class Offers(NamedTuple):
    """What could be typed in place of the text between two offsets."""

    start: int
    end: int
    offers: list[Offer]


def offers(text: Text, offset: int, analysis: Analysis, grammar: Grammar) -> Offers:
    """What could be typed at an offset of a text. `analysis` is of that text, or of the last one that could be read."""
    # `$` would also match before the line break of a line that ends here.
    before = re.search(r"(?:[\w$][\w.>$-]*)?\Z", text.text[:offset])
    after = re.match(r"[\w.>$]*", text.text[offset:])
    start = before.start() if before is not None else offset
    end = offset + (after.end() if after is not None else 0)
    cursor = _cursor(text.text[:start], text.text[end:])
    if cursor is None:
        return Offers(start, end, [])
    word = text.text[start:offset]
    if word.startswith("$") or "$(" in cursor.before:
        return Offers(start, end, list(_variables(analysis, cursor, word)))
    if cursor.before.strip():
        return Offers(start, end, [])
    # In front of a colon that is there already only the key is wanted.
    colon = text.text[end:].lstrip(" ").startswith(":")
    # Alone on its line a word may become the first key of a mapping.
    alone = not text.text[text.text.rfind("\n", 0, start) + 1 : start].strip()
    return Offers(start, end, list(_offers(cursor, analysis, grammar, colon, alone)))


def _cursor(before: str, after: str) -> Cursor | None:
    for closing in CLOSINGS:
        cursor = cursor_at(
            before
            + MARK
            + closing
            + ("" if after.lstrip(" ").startswith(":") and closing == ":" else after),
            MARK,
        )
        if cursor is not None:
            return cursor
    # What comes after may be what cannot be read.
    return next(
        (
            cursor
            for closing in CLOSINGS
            if (cursor := cursor_at(before + MARK + closing, MARK)) is not None
        ),
        None,
    )


def _variables(analysis: Analysis, cursor: Cursor, word: str) -> Iterator[Offer]:
    scope = block_of(cursor.steps)
    dollar = "$" if word.startswith("$") else ""
    for name in analysis.names:
        if name.what == "variable" and name.scope in ("", scope):
            yield Offer(
                dollar + name.name,
                "variable",
                dollar + name.name,
                "parameter" if name.scope else "variable",
            )


def _offers(
    cursor: Cursor, analysis: Analysis, grammar: Grammar, colon: bool, alone: bool
) -> Iterator[Offer]:
    schemas = grammar.at(cursor.steps)
    is_entry = grammar.is_a(schemas, "entry")
    if cursor.is_key or is_entry or alone:
        yield from _keys(cursor, schemas, analysis, grammar, colon)
    if not cursor.is_key and not is_entry:
        yield from _values(cursor, schemas, analysis, grammar, alone)


def _keys(
    cursor: Cursor, schemas: list[Schema], analysis: Analysis, grammar: Grammar, colon: bool
) -> Iterator[Offer]:
    """Yield the keys that a mapping may have, beside those that it has."""
    is_entry = grammar.is_a(schemas, "entry")
    # Beside a layer are only the keys that say how it is applied.
    wired = is_entry and any(key in registry.layers() for key in cursor.beside)
    left_out = set(cursor.beside) if cursor.is_key else set()
    if wired:
        left_out.update(registry.layers())
    caller = _kind_around(cursor) if cursor.steps[-1:] == ("call",) else None
    for name, inner in grammar.keys(schemas).items():
        if name not in left_out and (caller is None or name in caller.options):
            yield _key(name, schemas, inner, grammar, colon)
    if is_entry and not wired:
        blocks = (given.name for given in analysis.names if given.what == "block")
        yield from (Offer(name, "block", name, "block") for name in blocks)
    if cursor.steps[-1:] == ("from",) and cursor.is_key:
        yield from _tensors(cursor)


def _tensors(cursor: Cursor) -> Iterator[Offer]:
    """Yield the arguments of a layer that take tensors."""
    cls = _kind_around(cursor)
    for name in cls.takes if cls is not None else ():
        yield Offer(name, "key", f"{name}: ", "tensor")


def _kind_around(cursor: Cursor) -> type[Layer] | None:
    """The layer of a `from` or a `call` whose keys are looked for."""
    return next((cls for cls in map(registry.layer, cursor.around) if cls is not None), None)


def _key(
    name: str, schemas: list[Schema], inner: list[Schema], grammar: Grammar, colon: bool
) -> Offer:
    words = grammar.words(inner)
    cls = registry.layer(name) if name[0].isupper() or name.startswith("ops.") else None
    if cls is None:
        # Not for a class of another role, of which a mapping has just one.
        required = any(name in schema.get("required", ()) for schema in schemas)
        return Offer(
            name, "key", name if colon else f"{name}: ", "required" if required else "", words
        )
    family = cls.family.replace("_", " ")
    if colon:
        return Offer(name, "class", name, family, words)
    return Offer(name, "class", _with_arguments(name, cls), family, words, bool(cls.required))


def _with_arguments(name: str, cls: type[KerasObject]) -> str:
    """A class with room for the arguments that it needs."""
    if not cls.required:
        return name
    if len(cls.required) == 1:
        return f"{name}: ${{1:{cls.required[0]}}}"
    return f"{name}: {{{', '.join(f'{argument}: ${number}' for number, argument in enumerate(cls.required, 1))}}}"


def _values(
    cursor: Cursor, schemas: list[Schema], analysis: Analysis, grammar: Grammar, alone: bool
) -> Iterator[Offer]:
    if grammar.refers(schemas):
        yield from _references(cursor, analysis)
        return
    default = next((schema["default"] for schema in schemas if "default" in schema), None)
    values = grammar.values(schemas)
    for value in values:
        shown = text_of(value)
        yield Offer(
            shown,
            "value",
            shown,
            "default" if value == default and type(value) is type(default) else "",
        )
    # A layer, regularizer, … may stand here as a class with its arguments.
    if not alone and any(schema.get("maxProperties") == 1 for schema in schemas):
        for name, inner in grammar.keys(schemas).items():
            cls = registry.layer(name)
            inside = (
                _with_arguments(name, cls)
                if cls is not None and cls.required
                else f"{name}: {{$1}}"
            )
            if name not in values:
                yield Offer(name, "class", f"{{{inside}}}", "", grammar.words(inner), True)


def _references(cursor: Cursor, analysis: Analysis) -> Iterator[Offer]:
    scope = scope_of(cursor.steps)
    seen = _own_names(cursor, analysis)
    if any(step in LISTS for step in cursor.steps):
        yield Offer("previous", "reference", "previous", "the entry before")
    if scope:
        what = "the input of the model" if "/" in scope else "what the block is applied to"
        yield Offer("input", "reference", "input", what)
    for name in analysis.names:
        if (
            name.scope == scope
            and name.what in REFERABLE
            and not (name.name in seen or "$" in name.name)
        ):
            seen.add(name.name)
            is_shown = len(seen) <= MOST_SHAPES
            target = meaning(analysis, name.name, cursor.steps).target if is_shown else None
            detail = filter(None, (name.what, shown(analysis, target)))
            yield _reference(name.name, " ".join(detail))
    if not scope:
        yield from _unnamed(cursor, analysis, seen)


def _own_names(cursor: Cursor, analysis: Analysis) -> set[str]:
    """Return the names of the entry that holds the cursor, which cannot refer to itself."""
    numbers = (index for index, step in enumerate(cursor.steps) if isinstance(step, int))
    place = next(numbers, 0 if cursor.steps[0] == "merge" else -1)
    if place < 0:
        return set()
    entry = cursor.steps[: place + 1]
    own = [spot.scalar for spot in analysis.spots if spot.steps == entry]
    return {node.name for scalar in own for node in nodes_at(analysis, scalar)}


def _unnamed(cursor: Cursor, analysis: Analysis, seen: set[str]) -> Iterator[Offer]:
    """Yield the layers with automatic names, and the merge."""
    if analysis.network is None:
        return
    graph = analysis.network.graph
    for node in graph.nodes:
        if node.name not in seen and not node.span.path:
            seen.add(node.name)
            yield _reference(node.name, f"{node.cls} {shown(analysis, Value(node.index))}".strip())
    if graph.merge is not None and cursor.steps[0] != "merge":
        yield _reference("merge", shown(analysis, Value(graph.merge)))


def _reference(name: str, detail: str) -> Offer:
    plain = re.fullmatch(r"[A-Za-z_][\w./ -]*", name) and name not in ("true", "false", "null")
    return Offer(name, "reference", name if plain else json.dumps(name, ensure_ascii=False), detail)
