"""`python tools/applications.py [NAME...]`: the models of `keras.applications` through the importer, one a row.

It prints how long Keras takes to make the model from its config and how long `mergecli` takes to read that and to write the spec, with what
repeats folded, and whether the model that the spec gives is the same.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import time
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import zoo

import mergecli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.roundtrip import dump
from mergecli.importers import keras as saved
from mergecli.runtime.build import build as build_network
from mergecli.runtime.keras_settings import no_weights

#: Models with layers that only `keras.applications` has, which a spec writes with public ones of the same shapes and weights.
REPLACED = ("ConvNeXt", "InceptionResNetV2")


def names() -> list[str]:
    """Return the constructors of `keras.applications`."""
    from mergecli.importers import applications

    return applications.names()


def build(name: str, /, **arguments: Any) -> Any:
    """A model without weights in memory."""
    import keras

    with no_weights(keras):
        return getattr(keras.applications, name)(**{"weights": None, **arguments})


def spec_of(model: Any) -> str:
    """The model as a spec."""
    return mergecli.dump(model)


def again(path: pathlib.Path) -> Any:
    """The model of a spec, without weights in memory."""
    import keras

    compiled = compile_spec(Source.read(str(path)))
    assert compiled.diagnostics == [] and compiled.network is not None
    with no_weights(keras):
        return build_network(compiled.network)


def row(name: str, folder: pathlib.Path) -> str:
    """One line of the table."""
    import keras

    model = build(name)
    text = model.to_json()
    path = folder / f"{name}.yaml"
    started = time.perf_counter()
    with no_weights(keras):
        keras.models.model_from_json(text)
    read = time.perf_counter()
    written, _ = dump(saved.parse(json.loads(text)), str(path), fold=True)
    written = time.perf_counter()
    for place, content in written.items():
        pathlib.Path(place).write_text(content, encoding="utf-8")
    found = zoo.same(model, again(path))
    verdict = (
        "same"
        if not found
        else "public layers"
        if name.startswith(REPLACED)
        else f"{len(found)} differences"
    )
    lines = sum(len(content.splitlines()) for content in written.values())
    layers = len(model._operations)
    return f"{name:20} {layers:6} {lines:6} {(read - started) * 1000:9.0f} {(written - read) * 1000:9.1f}   {verdict}"


def main() -> None:
    import keras

    print(f"{'model':20} {'layers':>6} {'lines':>6} {'Keras/ms':>9} {'spec/ms':>9}   verdict")
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or names():
            keras.utils.clear_session()
            print(row(name, pathlib.Path(folder)), flush=True)


if __name__ == "__main__":
    main()
