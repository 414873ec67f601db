"""What the words of a spec are, for editors that colour them by meaning: layers, names, variables."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.lsp.analysis import Analysis, Spot
from mergecli.lsp.occurrences import occurrences
from mergecli.lsp.text import Text
from mergecli.syntax.grammar import ENTRY, form_at

#: The types of tokens, as the protocol names them; a token has the index of its type.
TYPES = ("keyword", "class", "function", "variable", "parameter", "namespace", "property")
#: The modifier of a name where it is given.
MODIFIERS = ("declaration",)
_TYPE_OF_NAME = {
    "variable": "variable",
    "block": "function",
    "branch": "namespace",
    "head": "namespace",
}


class Token(NamedTuple):
    """A word of a text between two offsets on one line, its type and whether it is a declaration."""

    start: int
    end: int
    type: str
    is_declaration: bool


def tokens(analysis: Analysis) -> list[Token]:
    """Return the words that have a meaning, in the order of the file; none overlap."""
    result = {
        occurrence.start: Token(
            occurrence.start,
            occurrence.end,
            "parameter"
            if occurrence.name.what == "variable" and occurrence.name.scope
            else _TYPE_OF_NAME.get(occurrence.name.what, "property"),
            occurrence.is_definition,
        )
        for occurrence in (occurrences(analysis) if analysis.is_spec else ())
    }
    for token in _words(analysis):
        result.setdefault(token.start, token)
    return list(_separate(analysis.text, sorted(result.values())))


def _words(analysis: Analysis) -> Iterator[Token]:
    """Yield the keys of the language, and the classes of layers."""
    for spot in analysis.spots if analysis.is_spec else ():
        what = _type(spot)
        if what:
            start, end = analysis.text.start(spot.scalar.span), analysis.text.end(spot.scalar.span)
            yield Token(start, end, what, False)


def _type(spot: Spot) -> str:
    """Return the type of a key, or of an entry that is only a class."""
    value = spot.scalar.value
    if not spot.is_key:
        is_entry = bool(spot.steps) and form_at(spot.steps) is ENTRY
        return "class" if is_entry and isinstance(value, str) else ""
    form = form_at(spot.steps)
    if form is None:
        return ""
    if value in form.names:
        return "keyword"
    return "class" if form is ENTRY else ""


def _separate(text: Text, sequence: list[Token]) -> Iterator[Token]:
    """Yield the tokens that lie on one line and do not overlap the one before."""
    end = 0
    for token in sequence:
        if (
            token.start >= end
            and token.end > token.start
            and "\n" not in text.text[token.start : token.end]
        ):
            yield token
            end = token.end


def encoded(text: Text, sequence: list[Token]) -> list[int]:
    """Return tokens as the protocol has them: five numbers each, places relative to the token before.

    >>> text = Text("a: 1\\nb: 2")
    >>> encoded(text, [Token(0, 1, "class", True), Token(5, 6, "keyword", False)])
    [0, 0, 1, 1, 1, 1, 0, 1, 0, 0]
    """
    result: list[int] = []
    line = character = 0
    for token in sequence:
        place = text.position(token.start)
        length = text.count(text.text[token.start : token.end])
        if place.line != line:
            character = 0
        result += [
            place.line - line,
            place.character - character,
            length,
            TYPES.index(token.type),
            int(token.is_declaration),
        ]
        line, character = place
    return result
