"""Keras architectures as YAML files: check them without Keras, build them with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mergecli.diagnostics.version import __version__ as __version__

if TYPE_CHECKING:
    import keras

    from mergecli.diagnostics.diagnostic import Diagnostic

__all__ = ["SpecError", "check", "dump", "load"]


class SpecError(ValueError):
    """A spec has errors. `diagnostics` holds all of them; the text shows each with its place."""

    def __init__(self, text: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics


def check(path: str, **settings: Any) -> list[Diagnostic]:
    """Everything wrong or suspicious in a spec, sorted by place; Keras is not imported.

    Args:
        path: a spec file.
        settings: values for the spec's variables.

    Raises:
        mergecli.diagnostics.source.Unreadable: the file cannot be read, or is not UTF-8 text.
    """
    from mergecli.compiler.pipeline import compile_spec  # start-up
    from mergecli.diagnostics.source import Source  # start-up

    return compile_spec(Source.read(str(path)), settings).diagnostics


def load(path: str, custom_objects: dict[str, Any] | None = None, **settings: Any) -> keras.Model:
    """Build a spec with Keras, so that a training script needs one line.

    What comes from saved models has their weights, everything else initial ones.

    Args:
        path: a spec file.
        custom_objects: layer classes of your own, by the names that the spec uses.
        settings: values for the spec's variables.

    Raises:
        SpecError: the spec has errors.
        mergecli.diagnostics.source.Unreadable: the file cannot be read, or is not UTF-8 text.
        mergecli.runtime.build.Refusal: Keras refuses a layer of your own, or nobody has registered it.
        mergecli.runtime.build.Disagreement: Keras refuses what passed the checks: a bug of mergecli.
    """
    from mergecli.compiler.pipeline import compile_spec  # start-up
    from mergecli.diagnostics.reports.terminal import full  # start-up
    from mergecli.diagnostics.source import Source  # start-up
    from mergecli.importers.modules import CustomLayers  # start-up
    from mergecli.runtime.build import build  # start-up

    compiled = compile_spec(Source.read(str(path)), settings, CustomLayers(custom_objects or ()))
    if compiled.network is None:
        raise SpecError(
            "\n" + full(compiled.source, compiled.source.path, compiled.errors), compiled.errors
        )
    model: Any = build(compiled.network, customs=custom_objects)
    return model


def dump(model: keras.Model, path: str | None = None, fold: bool = False) -> str:
    """The spec of a functional or sequential model: what its layers are and how they are wired, without weights.

    Args:
        model: a model of Keras.
        path: where to write it, and beside it a spec for each model in the model; without one, the layers of
            models in the model become the model's own.
        fold: write what repeats once, as a block or with `repeat`; names stay the same.

    Returns:
        The text of the spec.

    Raises:
        mergecli.exporters.yaml.roundtrip.NotRepresentable: a spec has no words for some of its layers; the text names them all.
        mergecli.diagnostics.source.Unreadable: it is neither functional nor sequential.
    """
    import json  # start-up

    from mergecli.diagnostics.files import write  # start-up
    from mergecli.exporters.yaml.roundtrip import dump as dumped  # start-up
    from mergecli.importers import keras as saved  # start-up

    texts, _ = dumped(
        saved.parse(json.loads(model.to_json())), str(path) if path is not None else None, fold=fold
    )
    for place, text in texts.items() if path is not None else ():
        write(place, text)
    return list(texts.values())[-1]
