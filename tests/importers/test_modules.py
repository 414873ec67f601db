"""The names of the user's own layers, read from the text of modules."""

from __future__ import annotations

import pathlib
import sys

import pytest

from mergecli.importers.modules import CustomLayers, NoModule, layers_of

MODULE = """
raise SystemExit("it runs")
import numpy as np
from other import Layer as Base, Far
class Mine(Base):
    def call(self, x, *, mask=None): ...
    class Inside: ...
class Any(Base):
    def call(self, *inputs): ...
class Quiet(Base): ...
Alias = Another = Mine
try:
    class Tried: ...
except ImportError:
    Tried2 = None
def function():
    class Hidden: ...
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder in which modules are found, away from the current one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_names_at_the_top_level_are_known_and_nothing_runs(folder: pathlib.Path) -> None:
    (folder / "own_layers_a.py").write_text(MODULE)
    found = layers_of(["own_layers_a"])
    known = "Mine Any Quiet Alias Another Base Far np Tried".split()
    assert [name for name in known if name not in found] == []
    assert [name for name in ("Inside", "Hidden", "function", "Layer") if name in found] == []
    assert found.files == (str(folder / "own_layers_a.py"),)
    assert "own_layers_a" not in sys.modules


def test_the_tensors_of_a_call_are_known_unless_it_takes_any(folder: pathlib.Path) -> None:
    (folder / "own_layers_b.py").write_text(MODULE)
    found = layers_of(["own_layers_b"])
    assert found.call_names("Mine") == found.call_names("package>Mine") == ("x", "mask")
    assert found.call_names("Any") is None and found.call_names("Quiet") is None


def test_a_package_is_read_by_its_first_file(folder: pathlib.Path) -> None:
    (folder / "own_package" / "deep").mkdir(parents=True)
    (folder / "own_package" / "deep" / "__init__.py").write_text("class Deep: ...")
    found = layers_of(["own_package.deep"])
    assert "Deep" in found and "Other" not in found


@pytest.mark.parametrize("text", ["from other import *", "class Broken(", "x = '\0'"])
def test_where_names_cannot_be_told_any_class_may_be_a_layer(
    folder: pathlib.Path, text: str
) -> None:
    (folder / "own_layers_c.py").write_text(text)
    found = layers_of(["own_layers_c"])
    assert "Anything" in found and "anything" not in found and 3 not in found


def test_a_compiled_module_may_have_any_class(folder: pathlib.Path) -> None:
    (folder / "own_compiled.cpython-311-x86_64-linux-gnu.so").write_bytes(b"")
    found = layers_of(["own_compiled"])
    assert "Anything" in found and found.files == () and found.modules == ("own_compiled",)


def test_a_module_that_does_not_exist_is_named() -> None:
    with pytest.raises(NoModule, match=r"there is no module `own_layers\.none` here"):
        layers_of(["own_layers.none"])


def test_a_registered_class_needs_no_module() -> None:
    assert "package>Mine" in CustomLayers() and "Mine" not in CustomLayers()
