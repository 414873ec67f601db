"""Python expressions -> text, broken into lines as black breaks them."""

from __future__ import annotations

import keyword
import math
import unicodedata
from typing import Iterable, Mapping, NamedTuple, Union

#: Black's line length.
WIDTH = 88
_INDENT = 4


class Item(NamedTuple):
    """What stands between brackets, with what stands before it: `units=`, `"label": `, `*`."""

    prefix: str
    value: Expression


class Group(NamedTuple):
    """Items in brackets, after what is called; `before` is None for a list, a tuple or a dictionary."""

    before: Union[Expression, None]
    brackets: str
    items: tuple[Item, ...]


Expression = Union[str, Group]


def call(function: Expression, *values: Expression, **named: Expression) -> Group:
    """The call of a function."""
    return Group(function, "()", (*(Item("", value) for value in values), *keywords(named)))


def keywords(arguments: Mapping[str, Expression]) -> Iterable[Item]:
    """Arguments by their names; those that Python does not take as names come in a dictionary."""
    odd = {name: value for name, value in arguments.items() if not is_name(name)}
    for name, value in arguments.items():
        if name not in odd:
            yield Item(f"{name}=", value)
    if odd:
        yield Item("**", mapping(odd))


def mapping(arguments: Mapping[str, Expression]) -> Group:
    """A dictionary."""
    return Group(
        None, "{}", tuple(Item(f"{literal(key)}: ", value) for key, value in arguments.items())
    )


def listing(values: Iterable[Expression], brackets: str = "[]") -> Group:
    """A list or a tuple."""
    return Group(None, brackets, tuple(Item("", value) for value in values))


def is_name(text: str) -> bool:
    """Whether Python takes a text as a name, and as the one that it is: it folds some letters."""
    return (
        text.isidentifier()
        and not keyword.iskeyword(text)
        and unicodedata.normalize("NFKC", text) == text
    )


def literal(value: object) -> str:
    r"""A number, a text, a truth value or None as Python has it. Nothing that a text holds gets out of its quotes.

    >>> literal("a"), literal('say "no"'), literal("it's\n"), literal(float("inf")), literal(1e-05)
    ('"a"', '\'say "no"\'', '"it\'s\\n"', 'float("inf")', '1e-5')
    """
    if isinstance(value, str):
        quote = "'" if value.count('"') > value.count("'") else '"'
        inner = "".join(
            f"\\{character}" if character in (quote, "\\") else _shown(character)
            for character in value
        )
        return f"{quote}{inner}{quote}"
    if isinstance(value, float):
        return repr(value).replace("e-0", "e-") if math.isfinite(value) else f'float("{value}")'
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    raise AssertionError(f"{type(value).__name__} is no plain value")


def comment(text: str) -> str:
    """A text from a spec in a comment: what could end the line is escaped."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def width(text: str) -> int:
    """The columns that a text takes."""
    return len(text) if text.isascii() else sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    return (
        0
        if unicodedata.combining(character)
        else 1 + (unicodedata.east_asian_width(character) in "WF")
    )


def flat(expression: Expression) -> str:
    """An expression on one line."""
    if isinstance(expression, str):
        return expression
    opening, closing = expression.brackets[0], expression.brackets[1]
    inner = ", ".join(item.prefix + flat(item.value) for item in expression.items)
    if expression.before is None:
        return f"{opening}{inner}{',' if expression.brackets == '()' and len(expression.items) == 1 else ''}{closing}"
    return f"{flat(expression.before)}{opening}{inner}{closing}"


def laid_out(lead: str, expression: Expression, indent: int = 0, trailing: str = "") -> str:
    """`lead`, the expression and `trailing`, indented and broken into lines where it is too long for one.

    >>> made = call("layers.Dense", "64", activation='"relu"', name='"a_long_name_of_a_layer_that_finds_no_room"')
    >>> print(laid_out("x = ", call(made, "x")))
    x = layers.Dense(
        64, activation="relu", name="a_long_name_of_a_layer_that_finds_no_room"
    )(x)
    """
    line = " " * indent + lead + flat(expression) + trailing
    if isinstance(expression, str) or not expression.items or width(line) <= WIDTH:
        return line
    before = expression.before
    if isinstance(before, Group) and before.items:
        return _made_and_called(lead, before, expression, indent, trailing)
    return _split(lead, expression, indent, trailing)


def _made_and_called(lead: str, made: Group, called: Group, indent: int, trailing: str) -> str:
    """A layer and its call, which are too long for a line."""
    head = lead + flat(made)
    single = len(called.items) == 1 and isinstance(called.items[0].value, str)
    if indent + width(head) < WIDTH and not single:
        return _split(head, called._replace(before=""), indent, trailing)
    # The layer's arguments get lines of their own; the call follows on the last one.
    *lines, last = _split(lead, made, indent, "", airy=indent + width(head) < WIDTH).split("\n")
    return "\n".join([*lines, laid_out(last.strip(), called._replace(before=""), indent, trailing)])


def _split(lead: str, group: Group, indent: int, trailing: str, airy: bool = False) -> str:
    """Brackets with what is in them on the lines between; `airy` gives each item a line in any case."""
    opening, closing = group.brackets[0], group.brackets[1]
    literal, inner = group.before is None, indent + _INDENT
    head = f"{' ' * indent}{lead}{flat(group.before or '')}{opening}"
    tail = f"{' ' * indent}{closing}{trailing}"
    body = f"{' ' * inner}{', '.join(item.prefix + flat(item.value) for item in group.items)}"
    if not literal and not airy and width(body) <= WIDTH:
        return "\n".join([head, body, tail])
    alone = (
        not literal
        and not airy
        and len(group.items) == 1
        and isinstance(group.items[0].value, Group)
    )
    lines = [laid_out(item.prefix, item.value, inner, "" if alone else ",") for item in group.items]
    return "\n".join([head, *lines, tail])
