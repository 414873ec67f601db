"""`python -m tools.signatures`: what each class and function of the catalogue takes in the Keras that is installed.

Written to `tests/data/keras_signatures.json`, which has every supported version, so that a test can hold the versions
in the catalogue against Keras without any of them. The file has the newest version in full, and of an older one what
differs from the next newer one; null stands for what a version does not have.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import json
import os
import pathlib
from typing import Any, Iterator

from mergecli.catalog import registry
from mergecli.catalog.keras_object import KerasObject

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data" / "keras_signatures.json"
#: The arguments and defaults of each class or function, None where there is none.
Signatures = dict[str, dict[str, str] | None]


def classes() -> Iterator[tuple[str, type[KerasObject]]]:
    """Yield each class of the catalogue with its name in Keras."""
    for role in ("layer", *registry.HOMES):
        for cls in dict.fromkeys(registry.things(role).values()):
            name = cls.keras_name if cls.module == "ops" else f"{cls.module}.{cls.__name__}"
            yield name, cls


def measured() -> Signatures:
    """Return what the installed Keras has."""
    import keras

    result: Signatures = {}
    for name, _ in classes():
        try:
            found = functools.reduce(getattr, name.split("."), keras)
        except AttributeError:
            result[name] = None
            continue
        result[name] = dict(_arguments(found) if inspect.isclass(found) else _parameters(found))
    return {**result, **_names(keras)}


def _names(keras: Any) -> Signatures:
    """Return the names that arguments accept, as entries without defaults."""
    from keras.src import activations, constraints, initializers, regularizers

    modules = {
        "activation": activations,
        "constraint": constraints,
        "initializer": initializers,
        "regularizer": regularizers,
    }
    known = {role: module.ALL_OBJECTS_DICT for role, module in modules.items()}
    known["dtype"] = keras.src.backend.common.dtypes.ALLOWED_DTYPES
    return {f"names of {role}": dict.fromkeys(sorted(names), "") for role, names in known.items()}


def _arguments(found: type) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a constructor, and those of its bases where `**kwargs` leads there."""
    seen = set()
    for cls in found.__mro__:
        if "__init__" not in cls.__dict__ or cls is object:
            continue
        parameters = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
        for parameter in parameters:
            if parameter.name not in seen and parameter.name != "self":
                seen.add(parameter.name)
                if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                    yield parameter.name, _default(parameter)
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            break


def _parameters(function: Any) -> Iterator[tuple[str, str]]:
    for parameter in inspect.signature(function).parameters.values():
        yield parameter.name, _default(parameter)


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return "required"
    text = repr(parameter.default)
    return "an object" if " at 0x" in text else text


def load() -> dict[str, Signatures]:
    """Return the signatures of every version in the data, the newest first."""
    stored = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    result: dict[str, Signatures] = {}
    newer: Signatures = {}
    for version, changes in stored.items():
        newer = {
            name: _changed(newer.get(name), changes[name]) if name in changes else newer.get(name)
            for name in {**newer, **changes}
        }
        result[version] = newer
    return result


def _changed(newer: dict[str, str] | None, change: dict[str, str | None] | None) -> Any:
    if change is None:
        return None
    both = {**(newer or {}), **change}
    return {name: default for name, default in both.items() if default is not None}


def store(versions: dict[str, Signatures]) -> None:
    """Write the signatures of every version."""
    stored: dict[str, Any] = {}
    newer: Signatures = {}
    for version in sorted(versions, key=_key, reverse=True):
        stored[version] = {
            name: _change(newer.get(name), now)
            for name, now in sorted(versions[version].items())
            if name not in newer or now != newer[name]
        }
        newer = versions[version]
    DATA.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def _change(newer: dict[str, str] | None, now: dict[str, str] | None) -> Any:
    if now is None:
        return None
    before = newer or {}
    gone = {name: None for name in before if name not in now}
    return {**{n: d for n, d in now.items() if before.get(n) != d}, **gone}


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main() -> None:
    """Add the installed Keras to the data."""
    argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0]).parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    version = ".".join(keras.__version__.split(".")[:2])
    store({**load(), version: measured()})
    print(f"{DATA.relative_to(ROOT)}: Keras {version}")


if __name__ == "__main__":
    main()
