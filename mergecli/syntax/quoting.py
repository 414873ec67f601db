"""A value as YAML on one line."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping

from mergecli.syntax.yaml_reader import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_./+-][A-Za-z0-9_./+*%=@-]*( [A-Za-z0-9_./+*%=@-]+)*")


class Expression(str):
    """A variable, or what is computed from it: `$name`, `$(name * 2)`."""


def flow(value: Any) -> str:
    """A plain value as YAML on one line.

    >>> flow({"units": 3, "name": "no", "kernel_size": [3, 3], "x": None, "text": "a: b", "number": "64"})
    '{units: 3, name: no, kernel_size: [3, 3], x: null, text: "a: b", number: "64"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_of(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        plain = (
            _PLAIN.fullmatch(value)
            and not value.startswith("-")
            and isinstance(resolve(value), str)
        )
        # A dollar begins a variable.
        return value if plain else json.dumps(value.replace("$", "$$"), ensure_ascii=False)
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    return json.dumps(value)


def key_of(text: Any) -> str:
    """A key as YAML on one line; no variable stands in it.

    >>> key_of("a"), key_of("$a"), flow("$a")
    ('a', '"$a"', '"$$a"')
    """
    return flow(text).replace("$$", "$") if isinstance(text, str) else flow(text)
