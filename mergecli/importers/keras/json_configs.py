"""Configs of models in JSON, with limits to what is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mergecli.diagnostics.source import Span, Unreadable

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

#: More than any config; that of a model with a thousand layers takes 2 MiB.
LIMIT = 64 << 20
#: Three levels for each model in a model, so that all who walk through a config may recurse.
DEPTH = 200


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

    Raises:
        Unreadable: It is not valid JSON, or is nested too deeply.
    """
    where = f"its {place}" if place else "it"
    try:
        config: Json = json.loads(text)
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
    return config


def _too_deep(where: str) -> Unreadable:
    return Unreadable("unsafe-model", f"{where} is nested more than {DEPTH} levels deep")


def _deeper(value: Json, levels: int) -> bool:
    """Whether a value is nested deeper; level by level, as a recursion would meet the depth that it looks for."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels - 1):
        level = [
            part
            for item in level
            for part in (item.values() if type(item) is dict else item)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return False
    return any(level)
