"""Values as strings: as YAML on one line, and as messages show them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from mergecli.syntax.yaml_scalars import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_./+-][A-Za-z0-9_./+*%=@-]*( [A-Za-z0-9_./+*%=@-]+)*")


_CONSTANTS = {True: "true", False: "false", None: "null"}


class Expression(str):
    """A variable or an expression, which is written without quotes: `$name`, `$(name * 2)`."""


def flow(value: object) -> str:
    """Return a plain value as YAML on one line.

    >>> flow({"units": 3, "name": "no", "kernel_size": [3, 3], "x": None})
    '{units: 3, name: no, kernel_size: [3, 3], x: null}'
    >>> flow({"text": "a: b", "number": "64"})
    '{text: "a: b", number: "64"}'
    """
    cls = type(value)
    if cls is int:
        return str(value)
    if cls is str:
        return _string(value)
    if cls is bool or value is None:
        return _CONSTANTS[value]  # type: ignore[index]
    if cls is dict or isinstance(value, Mapping):
        items = value.items()  # type: ignore[attr-defined]
        return "{" + ", ".join([f"{key_of(key)}: {flow(item)}" for key, item in items]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    import json  # start-up

    return json.dumps(value)


@lru_cache(maxsize=4096)
def _string(value: str) -> str:
    """Return a string as YAML, in quotes if it needs them."""
    plain = (
        _PLAIN.fullmatch(value) and not value.startswith("-") and isinstance(resolve(value), str)
    )
    # A dollar begins a variable.
    return value if plain else quoted(value.replace("$", "$$"))


def quoted(text: str) -> str:
    """Return a string between double quotes, with escapes for what cannot be seen or parsed.

    >>> print(quoted("é \\u202e \\x9b"))
    "é \\u202e \\u009b"
    """
    import json  # start-up

    text = json.dumps(text, ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_escape, text))


def _escape(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def key_of(text: object) -> str:
    """Return a key as YAML on one line; keys contain no variables.

    >>> key_of("a"), key_of("$a"), flow("$a")
    ('a', '"$a"', '"$$a"')
    """
    if type(text) is str:
        return _key(text)
    return flow(text).replace("$$", "$") if isinstance(text, str) else flow(text)


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    return flow(text).replace("$$", "$")


def describe(value: object) -> str:
    """Return a value as a message shows it.

    >>> describe("64"), describe(3), describe(True), describe(None), describe([1, 2])
    ('the string "64"', '3', 'true', 'null', '[1, 2]')
    """
    if isinstance(value, str):
        return f'the string "{value if len(value) <= 40 else value[:37] + "..."}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        if len(value) > 20:
            return f"a list of {len(value):,}"
        shown = "[" + ", ".join(v if isinstance(v, str) else describe(v) for v in value) + "]"
        return shown if len(shown) <= 40 else f"a list of {len(value)}"
    return str(value)
