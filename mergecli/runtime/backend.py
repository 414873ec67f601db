"""Keras and its backend: whether they are there, and how to load them without their chatter."""

from __future__ import annotations

import json
import os
from types import ModuleType
from typing import Iterable

from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.diagnostics.silence import silence
from mergecli.diagnostics.source import Source, Unreadable

BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


#: What pictures need beside Keras; the font is needed where the machine has none.
_PICTURE_MODULES = ("pydot", "pygraphviz", "ttf_opensans")


def chosen() -> str:
    """The backend that Keras will take: `KERAS_BACKEND`, or what the user's `keras.json` says, or TensorFlow."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        return name
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        config = json.loads(Source.read(os.path.join(home, "keras.json")).text)
        return str(config.get("backend") or "tensorflow")
    except (Unreadable, ValueError, AttributeError):
        return "tensorflow"


def check_installed(picture: bool, saves: Iterable[str] = ()) -> None:
    """See that a Keras backend, and what a picture and the formats of some files need, is installed; nothing is imported.

    Raises:
        MissingDependencyError: It is not.
    """
    name = chosen()
    if name not in BACKENDS:
        raise MissingDependencyError(
            f"there is no Keras backend `{name}`",
            None,
            f"unset KERAS_BACKEND, or choose one of {', '.join(BACKENDS)}",
        )
    lacking = missing((name, "keras"))
    drawing = missing(_PICTURE_MODULES) if picture else []
    if lacking:
        what = {"tensorflow": "TensorFlow", "keras": "Keras"}.get(
            lacking[0], f"the Keras backend `{name}`"
        )
        # What the picture needs is installed along with Keras.
        command = install_command((*lacking, *drawing))
        raise MissingDependencyError(f"{what} is not installed", command)
    if {"pydot", "pygraphviz"} & set(drawing):
        raise MissingDependencyError(
            f"`{drawing[0]}`, which draws the picture, is not installed", install_command(drawing)
        )
    for path in saves:
        from mergecli.runtime.save import missing as missing_for  # start-up

        problem = missing_for(path, name)
        if problem is not None:
            raise problem


def load() -> ModuleType:
    """Import Keras quietly."""
    with silence():
        import keras  # optional
    module: ModuleType = keras
    return module
