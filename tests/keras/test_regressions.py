"""Every failure of the fuzz, and every verdict that once was wrong, stays as a case: a spec in `regressions/`.

A comment at the top of a case says what was wrong. Keras is asked anew each time, layer by layer and without mergecli's
parser or builder: both must refuse at the same layer, or accept with the same facts. Where a known difference is what the
case holds, it says so: `# difference: fails later`.
"""

from __future__ import annotations

import pathlib
import re
from typing import Any

import known_layers as known
import known_operations as operations
import oracle
import pytest
import yaml
from running import ROOT

from mergecli.catalog import registry
from tools import fuzz

CASES = sorted((ROOT / "tests" / "regressions").glob("*.yaml"))


def thing(role: str | None, value: Any) -> Any:
    """An argument's value as Keras takes it: `{L2: {l2: 0.01}}` becomes the object."""
    import keras

    if isinstance(value, list):
        return [thing(role, item) for item in value]
    if isinstance(value, dict) and list(value) == ["DTypePolicy"]:
        return keras.DTypePolicy(**value["DTypePolicy"])
    name = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
    kind = registry.thing(role, name) if role and isinstance(name, str) else None
    if kind is None:
        return value
    return getattr(getattr(keras, kind.module), name)(**objects(kind, value[name] or {}))  # type: ignore[index]


def objects(kind: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {
        name: thing(kind.arguments[name].role if name in kind.arguments else None, value)
        for name, value in given.items()
    }


def of_keras(text: str) -> tuple[str | None, dict[str, Any], str]:
    """The layer at which Keras refuses, or None; the facts of each layer; its words."""
    import keras

    spec = yaml.safe_load(text)
    found: dict[str, Any] = {
        name: keras.Input(**given, name=name) for name, given in spec["inputs"].items()
    }
    facts: dict[str, Any] = {}

    def tensor(reference: str) -> Any:
        name, result = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", reference).groups()  # type: ignore[union-attr]
        return found[name] if result is None else found[name][int(result)]

    for entry in spec["layers"]:
        (cls, given), came, options = (
            next(iter(entry.items())),
            entry["from"],
            entry.get("call", {}),
        )
        name = given.pop("name")
        counts = 0, 0
        try:
            if cls.startswith("ops."):
                result = operations.call(
                    cls,
                    given,
                    [tensor(item) for item in (came if isinstance(came, list) else [came])],
                )
            else:
                layer = getattr(keras.layers, cls)(**objects(registry.layer(cls), given), name=name)
                if isinstance(came, dict):
                    pairs = [
                        (key, item)
                        for key, items in came.items()
                        for item in (items if isinstance(items, list) else [items])
                    ]
                    tensors = [tensor(item) for _, item in pairs]
                    result = oracle.call(
                        layer, tensors, False, tuple(key for key, _ in pairs), options
                    )
                else:
                    tensors = [
                        tensor(item) for item in (came if isinstance(came, list) else [came])
                    ]
                    result = oracle.call(layer, tensors, isinstance(came, list), (), options)
                counts = fuzz.counts(layer)
        except (
            Exception
        ) as problem:  # Keras refuses with many kinds of exceptions; all of them are a verdict here
            return name, facts, f"{type(problem).__name__}: {problem}"
        flat = keras.tree.flatten(result)
        found[name] = flat if len(flat) > 1 else flat[0]
        facts[name] = ([(tuple(t.shape), t.dtype) for t in flat], *counts)
    return None, facts, ""


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_judged_as_keras_judges_it(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# "), "say what was wrong"
    difference = re.search("^# difference: (.*)$", text, re.MULTILINE)
    our_end, our_facts, our_words = fuzz.ours(text)
    their_end, their_facts, their_words = of_keras(text)
    said = f"mergecli refuses {our_end}: {our_words}\nKeras refuses {their_end}: {their_words}"
    if difference:
        assert difference[1] in known.DIFFERENCES or difference[1] in operations.DIFFERENCES
        assert our_end != their_end, "no difference any more"
    else:
        assert our_end == their_end, said
        assert our_end is not None or our_facts == their_facts
