"""Configs of models in which something is changed at random, as somebody would who looks for a hole."""

from __future__ import annotations

import copy
import json
import random
from typing import Any, Iterator

#: What is put in place of a part of a config.
VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2.5, "", "x", "Dense", "Lambda", "a/b", "../x", "\ud800", 1e999, 10**400, [], {}, [[]], [None],
    ["x", 0, 0], ["_CONSTANT_VALUE", -1, 2.0], [1, [2, [3]]], {"class_name": "Dense", "config": {}},
    {"class_name": "__tuple__", "items": [1, None]},
    {"module": "os", "class_name": "system", "config": "ls", "registered_name": "a>b"},
    {"module": "keras.models", "class_name": "load_model", "config": {}, "registered_name": None},
    {"class_name": "function", "module": "subprocess", "config": "run", "registered_name": "a>b"},
]  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _paths(item, (*path, key))


def mutated(config: Any, chance: random.Random) -> Any:
    """Return a config with one to three parts left out, doubled or replaced."""
    config = json.loads(json.dumps(config))
    paths = [path for path in _paths(config) if path]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        *parents, last = chance.choice(paths)
        try:
            target = config
            for key in parents:
                target = target[key]
            how = chance.random()
            if how < 0.2:
                del target[last]
            elif how < 0.4 and isinstance(target, list):
                target.append(target[last])
            else:
                # A copy: a later change may be made in it.
                target[last] = copy.deepcopy(chance.choice(VALUES))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has removed it
    return config
