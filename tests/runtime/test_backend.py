"""What is missing is said before Keras is imported, and Keras gets the backend that was chosen."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest
from running import ROOT

from mergecli.diagnostics import installing
from mergecli.runtime import backend

#: A package that stands for Keras: it says which backend it was given, or what it lacks.
KERAS = """
import os
lacking = os.environ.get("LACKING")
if lacking:
    raise ModuleNotFoundError(f"No module named '{lacking}'", name=lacking)
print(os.environ["KERAS_BACKEND"])
"""
LOAD = """
from mergecli.runtime import backend
try:
    backend.load(backend.check_installed())
except ImportError as problem:
    print(type(problem).__name__, problem)
"""


def load(folder: pathlib.Path, **environment: str) -> str:
    """What is printed when a Keras is loaded that has only JAX beside it."""
    for name, text in {"keras": KERAS, "jax": ""}.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(text)
    (folder / "sitecustomize.py").write_text(
        "import importlib.machinery as m\n"
        "find = m.PathFinder.find_spec\n"
        "m.PathFinder.find_spec = classmethod(lambda c, n, p=None, t=None: None if n in ('tensorflow', 'torch') else find(n, p, t))\n"
    )
    variables = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    variables |= {"KERAS_HOME": str(folder), "PYTHONPATH": f"{folder}:{ROOT}", **environment}
    command = [sys.executable, "-c", LOAD]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout


def test_keras_gets_the_only_backend_that_is_installed(tmp_path: pathlib.Path) -> None:
    assert load(tmp_path) == "jax\n"


def test_a_package_that_a_backend_needs_is_named(tmp_path: pathlib.Path) -> None:
    assert load(tmp_path, LACKING="scipy.linalg") == (
        "MissingDependencyError Keras cannot be loaded with JAX: No module named 'scipy.linalg'; "
        f"install it: {sys.executable} -m pip install scipy\n"
    )


def test_what_a_picture_and_a_format_need_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    names = {"keras", "torch", "pip"}
    monkeypatch.setattr(
        installing,
        "find_spec",
        lambda name: ModuleSpec(name, None, origin=name) if name in names else None,
    )
    assert backend.check_installed().name == "torch"
    with pytest.raises(installing.MissingDependencyError, match="`pydot`, which draws"):
        backend.check_installed(picture=True)
    with pytest.raises(installing.MissingDependencyError, match="`onnx` and `onnxruntime`"):
        backend.check_installed(saves=["a.onnx"])
    with pytest.raises(installing.MissingDependencyError, match="does not write a SavedModel"):
        backend.check_installed(saves=["folder"])
