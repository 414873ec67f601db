"""The backends of Keras: which are installed, and which one Keras is to use. Nothing is imported."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Mapping, NamedTuple

from mergecli.diagnostics.installing import (
    MissingDependencyError,
    install_command,
    is_installed,
    missing,
)
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.diagnostics.suggestions import listed

#: The backends by Keras's names, which are those of their modules, with what to call them.
BACKENDS: Mapping[str, str] = {
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "torch": "PyTorch",
    "openvino": "OpenVINO",
    "numpy": "NumPy",
}
#: Keras's own choice.
DEFAULT = "tensorflow"
#: The backends that train, which is what a machine is set up for. The others only run models.
TRAINING = ("tensorflow", "jax", "torch")
OPTION, VARIABLE = "--backend", "KERAS_BACKEND"


class Choice(NamedTuple):
    """A backend, and what chooses it.

    Attributes:
        name: Keras's name of the backend, which may be wrong.
        origin: `--backend`, `KERAS_BACKEND` or the path of `keras.json`; empty if nothing chooses
            one, so that it is Keras's default or the only one that is installed.
    """

    name: str
    origin: str = ""


class _Selection:
    """The value of `--backend` for this run of the program."""

    option: str | None = None


def select(option: str | None) -> None:
    """Set the backend that an option chooses, for all specs of a run.

    Args:
        option: The value of `--backend`; None if it is not given.
    """
    _Selection.option = option


def choose() -> Choice:
    """Return the backend for Keras.

    The first of these decides: `--backend`, `KERAS_BACKEND`, `keras.json`, what is installed. Keras
    writes its default into `keras.json` by itself, so `tensorflow` there is not a choice.
    """
    if _Selection.option:
        return Choice(_Selection.option, OPTION)
    variable = os.environ.get(VARIABLE)
    if variable:
        return Choice(variable, VARIABLE)
    return _found(config_path())


@cache
def _found(path: str) -> Choice:
    """Return what a configuration file chooses, or what is installed; a check asks very often."""
    configured = _configured(path)
    if configured not in (None, DEFAULT):
        return Choice(str(configured), path)
    if is_installed(DEFAULT):
        return Choice(DEFAULT)
    candidates = installed()
    return Choice(candidates[0] if len(candidates) == 1 else DEFAULT)


def installed() -> list[str]:
    """Return the installed backends that train; OpenVINO if there are none. NumPy always is."""
    return [name for name in TRAINING if is_installed(name)] or [
        name for name in ("openvino",) if is_installed(name)
    ]


def config_path() -> str:
    """Return the path of Keras's configuration file, as Keras has it."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        user = os.path.expanduser("~")
        home = os.path.join(user if os.access(user, os.W_OK) else "/tmp", ".keras")
    return os.path.expanduser(os.path.join(home, "keras.json"))


def _configured(path: str) -> str | None:
    """Return the backend in a configuration file; None without one."""
    try:
        config = json.loads(Source.read(path).text)
        return str(config.get("backend") or "") or None
    except (Unreadable, ValueError, AttributeError):
        return None


def require(choice: Choice, also: list[str]) -> None:
    """Check that Keras and a backend are installed.

    Args:
        choice: The backend.
        also: What the same command is to install along with them.

    Raises:
        MissingDependencyError: One of them is not, or there is no such backend.
    """
    if choice.name not in BACKENDS:
        raise MissingDependencyError(
            f"there is no Keras backend `{choice.name}`", None, _correction(choice.origin)
        )
    if not choice.origin and not is_installed(choice.name):
        raise _nothing_chosen(also)
    lacking = missing(("keras", choice.name))
    if not lacking:
        return
    command = install_command((*lacking, *also))
    if lacking == ["keras"]:
        raise MissingDependencyError("Keras is not installed", command)
    title = BACKENDS[choice.name]
    reason = {
        OPTION: f"`{OPTION} {choice.name}` needs {title}, which is not installed",
        VARIABLE: f"{VARIABLE} is `{choice.name}`, and {title} is not installed",
    }.get(
        choice.origin,
        f"{choice.origin} chooses the backend `{choice.name}`, and {title} is not installed",
    )
    others = [name for name in installed() if name != choice.name]
    change = f", or choose {_choices(others, choice.origin)}" if others else ""
    raise MissingDependencyError(reason, command, f"install it: {command}{change}")


def _nothing_chosen(also: list[str]) -> MissingDependencyError:
    """Return the error where no backend is chosen, and not exactly one is installed."""
    candidates = installed()
    if candidates:
        titles = " and ".join(BACKENDS[name] for name in candidates)
        reason = f"{titles} are installed, and TensorFlow, Keras's default, is not"
        return MissingDependencyError(reason, None, f"choose {_choices(candidates, VARIABLE)}")
    lacking = missing(("keras",))
    commands = [install_command((*lacking, name, *also)) for name in TRAINING]
    reason = (
        "Keras is not installed, nor is a backend for it"
        if lacking
        else "Keras needs a backend, and none is installed"
    )
    titles = ", ".join(BACKENDS[name] for name in TRAINING[:-1])
    remedy = f"install {titles} or {BACKENDS[TRAINING[-1]]}: {listed(commands)}"
    return MissingDependencyError(reason, commands[0], remedy)


def _choices(names: list[str], origin: str) -> str:
    """Return how to choose one of some backends."""
    form = f"{OPTION} {{}}" if origin == OPTION else f"{VARIABLE}={{}}"
    return listed([form.format(name) for name in names], "or")


def _correction(origin: str) -> str:
    """Return what to do about a backend that does not exist."""
    names = ", ".join(BACKENDS)
    if origin == OPTION:
        return f"choose one of {names}"
    if origin == VARIABLE:
        return f"unset {VARIABLE}, or choose one of {names}"
    return f"correct `backend` in {origin}, or set {VARIABLE} to one of {names}"
