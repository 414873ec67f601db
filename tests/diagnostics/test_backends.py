"""Which backend Keras is to use, and what is said about one that is not installed."""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec

import pytest

from mergecli.diagnostics import backends, installing
from mergecli.diagnostics.backends import Choice, choose, config_path, require
from mergecli.diagnostics.installing import MissingDependencyError

PIP = f"{sys.executable} -m pip install"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Machine]:
    """A machine on which nothing is configured."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    yield Machine(monkeypatch, tmp_path)
    backends._found.cache_clear()


def chosen(option: str | None) -> Choice:
    """What is chosen with a value of `--backend`."""
    backends.select(option)
    try:
        return choose()
    finally:
        backends.select(None)


class Machine:
    """A machine with some packages, a configuration of Keras and a variable."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: pathlib.Path) -> None:
        self.monkeypatch, self.home = monkeypatch, home

    def has(self, packages: str, configured: str = "", variable: str = "") -> None:
        names = {*packages.split(), "pip"}
        backends._found.cache_clear()
        self.monkeypatch.setattr(
            installing,
            "find_spec",
            lambda name: ModuleSpec(name, None, origin=name) if name in names else None,
        )
        if configured:
            (self.home / "keras.json").write_text(json.dumps({"backend": configured}))
        if variable:
            self.monkeypatch.setenv("KERAS_BACKEND", variable)


@pytest.mark.parametrize(
    ("packages", "configured", "variable", "option", "name", "origin"),
    [
        ("keras tensorflow jax", "torch", "jax", "numpy", "numpy", "--backend"),
        ("keras tensorflow jax", "torch", "jax", None, "jax", "KERAS_BACKEND"),
        ("keras tensorflow torch", "torch", "", None, "torch", "keras.json"),
        ("keras tensorflow torch", "", "", None, "tensorflow", ""),
        ("keras jax", "", "", None, "jax", ""),
        # Keras writes its default into the file by itself.
        ("keras torch", "tensorflow", "", None, "torch", ""),
        ("keras openvino", "", "", None, "openvino", ""),
        ("keras jax torch", "", "", None, "tensorflow", ""),
        ("keras", "", "", None, "tensorflow", ""),
        ("", "", "", None, "tensorflow", ""),
    ],
)
def test_the_first_of_option_variable_file_and_installation_decides(
    machine: Machine,
    packages: str,
    configured: str,
    variable: str,
    option: str | None,
    name: str,
    origin: str,
) -> None:
    machine.has(packages, configured, variable)
    choice = chosen(option)
    assert (choice.name, os.path.basename(choice.origin)) == (name, origin)


def test_a_file_that_is_not_a_configuration_chooses_nothing(machine: Machine) -> None:
    machine.has("keras tensorflow")
    for text in ("[]", "{", "{}", '{"backend": null}'):
        (machine.home / "keras.json").write_text(text)
        backends._found.cache_clear()
        assert choose() == Choice("tensorflow")


def test_the_file_is_where_keras_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_path() == str(tmp_path / ".keras" / "keras.json")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    assert config_path() == "/tmp/.keras/keras.json"
    monkeypatch.setenv("KERAS_HOME", "~/k")
    assert config_path() == str(tmp_path / "nowhere" / "k" / "keras.json")


@pytest.mark.parametrize(
    ("packages", "configured", "variable", "option", "message"),
    [
        (
            "", "", "", None,
            "Keras is not installed, nor is a backend for it; install TensorFlow, JAX or PyTorch: "
            f"`{PIP} keras tensorflow pydot`, `{PIP} keras jax pydot` or `{PIP} keras torch pydot`",
        ),
        (
            "keras", "", "", None,
            "Keras needs a backend, and none is installed; install TensorFlow, JAX or PyTorch: "
            f"`{PIP} tensorflow pydot`, `{PIP} jax pydot` or `{PIP} torch pydot`",
        ),
        ("tensorflow", "", "", None, f"Keras is not installed; install it: {PIP} keras pydot"),
        (
            "keras tensorflow", "", "jax", None,
            f"KERAS_BACKEND is `jax`, and JAX is not installed; install it: {PIP} jax pydot, "
            "or choose `KERAS_BACKEND=tensorflow`",
        ),
        (
            "keras torch jax", "", "", "tensorflow",
            "`--backend tensorflow` needs TensorFlow, which is not installed; install it: "
            f"{PIP} tensorflow pydot, or choose `--backend jax` or `--backend torch`",
        ),
        (
            "keras jax", "torch", "", None,
            "KERAS_JSON chooses the backend `torch`, and PyTorch is not installed; install it: "
            f"{PIP} torch pydot, or choose `KERAS_BACKEND=jax`",
        ),
        (
            "keras jax torch", "tensorflow", "", None,
            "JAX and PyTorch are installed, and TensorFlow, Keras's default, is not; "
            "choose `KERAS_BACKEND=jax` or `KERAS_BACKEND=torch`",
        ),
        (
            "keras jax", "", "tensroflow", None,
            "there is no Keras backend `tensroflow`; unset KERAS_BACKEND, or choose one of "
            "tensorflow, jax, torch, openvino, numpy",
        ),
        (
            "keras jax", "theano", "", None,
            "there is no Keras backend `theano`; correct `backend` in KERAS_JSON, or set "
            "KERAS_BACKEND to one of tensorflow, jax, torch, openvino, numpy",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_what_to_do(
    machine: Machine,
    packages: str,
    configured: str,
    variable: str,
    option: str | None,
    message: str,
) -> None:
    machine.has(packages, configured, variable)
    with pytest.raises(MissingDependencyError) as caught:
        require(chosen(option), ["pydot"])
    assert str(caught.value).replace(config_path(), "KERAS_JSON") == message


@pytest.mark.parametrize("packages", ["keras tensorflow", "keras jax", "keras torch"])
def test_nothing_is_missing(machine: Machine, packages: str) -> None:
    machine.has(packages, "tensorflow")
    require(choose(), [])


def test_a_folder_with_the_name_of_a_backend_is_not_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "no_backend").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not installing.is_installed("no_backend")
    assert installing.is_installed("click")
