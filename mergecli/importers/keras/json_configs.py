"""Configs of models in JSON, with limits to what is read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Iterator

from mergecli.diagnostics.source import Span, Unreadable

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

#: More than any config; that of a model with a thousand layers takes 2 MiB.
LIMIT = 64 << 20
#: Three levels for each model in a model, so that all who walk through a config may recurse.
DEPTH = 200
#: The types of values that hold others.
CONTAINERS = frozenset((dict, list))


def check_size(size: int) -> None:
    """Check that a config is not larger than any that Keras writes.

    Raises:
        Unreadable: It is.
    """
    if size > LIMIT:
        raise Unreadable(
            "unsafe-model",
            f"its config is {size:,} bytes, more than the {LIMIT:,} that mergecli reads",
        )


def decoded(data: Json | bytes, place: str | None) -> JsonDict:
    """Return the config of a model in a string or in JSON; `place` says where it is, None that it
    is the whole file.

    Raises:
        Unreadable: It is not one.
    """
    config = loaded(data, place) if isinstance(data, (str, bytes)) else data
    if isinstance(config, str):
        # Some tools write the text of `model.to_json()` as JSON once more.
        config = loaded(config, place)
    if (
        not isinstance(config, dict)
        or not isinstance(config.get("class_name"), str)
        or "config" not in config
    ):
        where = f"its {place}" if place else "it"
        raise Unreadable(
            "not-a-model",
            f"{where} is no config of a Keras model, which has a `class_name` and a `config`",
        )
    return config


def loaded(text: str | bytes, place: str | None) -> Json:
    """Return the JSON in a string; `place` is as for `decoded`.

    The package of Keras 2 has the name in it that it had before, `keras`.

    Raises:
        Unreadable: It is not valid JSON, is nested too deeply, or holds a string or a number that no
            config of Keras does.
    """
    where = f"its {place}" if place else "it"
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        config: Json = json.loads(text, parse_int=_integer)
    except RecursionError:
        raise _too_deep(where) from None
    except ValueError as problem:
        span = None
        if place is None and isinstance(problem, json.JSONDecodeError):
            span = Span(problem.lineno, problem.colno, problem.lineno, problem.colno + 1)
        raise Unreadable(
            "not-a-model", f"{where} is not valid JSON: {problem}", span=span
        ) from None
    if _deeper(config, DEPTH):
        raise _too_deep(where)
    is_usual = text.isascii() and "\\" not in text and "tf_keras" not in text
    return config if is_usual else _as_keras(config)


def _integer(text: str) -> int:
    """Return an integer of a config.

    Raises:
        Unreadable: No config of Keras holds such a number.
    """
    value = int(text)
    if abs(value) >= 1 << 64:
        raise Unreadable("not-a-model", "its config holds a number of more than 64 bits")
    return value


def _as_keras(value: Json) -> Json:
    """Return a config in which the package of Keras 2 has the name that it had before, `keras`.

    Raises:
        Unreadable: It holds a string that no config of Keras does.
    """
    if isinstance(value, str) and not value.isascii() and re.search("[\ud800-\udfff]", value):
        raise Unreadable("not-a-model", "its config holds half a character of Unicode")
    if isinstance(value, dict):
        found = {key: _as_keras(item) for key, item in value.items()}
        module = found.get("module")
        if isinstance(module, str) and re.match(r"tf_keras(\.|$)", module):
            found["module"] = module[3:]
        return found
    return [_as_keras(item) for item in value] if isinstance(value, list) else value


def _too_deep(where: str) -> Unreadable:
    return Unreadable("unsafe-model", f"{where} is nested more than {DEPTH} levels deep")


def _deeper(value: Json, most: int) -> bool:
    """Whether a value is nested deeper."""
    return any(depth >= most and any(level) for depth, level in enumerate(levels(value), 1))


def levels(value: Json) -> Iterator[list[Any]]:
    """Yield the lists and mappings of a value, level by level, as a recursion would meet the depth that it looks for."""
    level: list[Any] = [value] if type(value) in CONTAINERS else []
    while level:
        yield level
        level = [
            part
            for item in level
            for part in (item.values() if type(item) is dict else item)
            if type(part) in CONTAINERS
        ]
