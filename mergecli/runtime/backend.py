"""Keras and its backend: whether they are there, and how to load them without their chatter."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Iterable

from mergecli.diagnostics.backends import BACKENDS, VARIABLE, Choice, choose, require
from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.diagnostics.silence import silence

#: What pictures need beside Keras; the font is needed where the machine has none.
_PICTURE_MODULES = ("pydot", "pygraphviz", "ttf_opensans")


def check_installed(picture: bool = False, saves: Iterable[str] = ()) -> Choice:
    """Check that a Keras backend, and what a picture and some files need, is installed.

    Nothing is imported.

    Args:
        picture: Whether a picture is drawn.
        saves: The files into which a model is saved.

    Returns:
        The backend that Keras is to use.

    Raises:
        MissingDependencyError: Something is not installed.
    """
    loaded = sys.modules.get("keras")
    choice = Choice(loaded.config.backend(), VARIABLE) if loaded is not None else choose()
    drawing = missing(_PICTURE_MODULES) if picture else []
    # What the picture needs is installed along with Keras.
    require(choice, drawing)
    if {"pydot", "pygraphviz"} & set(drawing):
        raise MissingDependencyError(
            f"`{drawing[0]}`, which draws the picture, is not installed", install_command(drawing)
        )
    for path in saves:
        from mergecli.runtime.save import missing as missing_for  # start-up

        problem = missing_for(path, choice.name)
        if problem is not None:
            raise problem
    return choice


def load(choice: Choice) -> ModuleType:
    """Import Keras quietly, with a backend; where Keras is imported already, it keeps its own.

    Raises:
        MissingDependencyError: Keras or the backend is installed, but cannot be imported.
    """
    if "keras" not in sys.modules:
        os.environ[VARIABLE] = choice.name
    try:
        with silence():
            import keras  # optional
    except ImportError as problem:
        reason = f"Keras cannot be loaded with {BACKENDS[choice.name]}: {problem}"
        if isinstance(problem, ModuleNotFoundError) and problem.name:
            command = install_command([problem.name.partition(".")[0]])
            raise MissingDependencyError(reason, command) from problem
        remedy = f"{VARIABLE} chooses another backend"
        raise MissingDependencyError(reason, None, remedy) from problem
    module: ModuleType = keras
    return module
