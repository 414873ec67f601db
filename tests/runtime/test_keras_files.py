"""Files that Keras writes; its models are stood in for, without Keras."""

from __future__ import annotations

import logging
import pathlib
import sys
import warnings
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mergecli.runtime.keras_files import export, is_large, save


class Model:
    """A model that writes down how it is saved, and is as loud as Keras."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.limit = self.level = 0

    def _note(self, method: str, path: str, **options: Any) -> None:
        self.calls.append((method, path, options))
        self.limit, self.level = sys.getrecursionlimit(), logging.getLogger("absl").level
        warnings.warn("this format is a legacy", UserWarning, stacklevel=1)
        print("loud")

    def save(self, path: str, **options: Any) -> None:
        self._note("save", path, **options)

    def save_weights(self, path: str) -> None:
        self._note("save_weights", path)

    def export(self, path: str, **options: Any) -> None:
        self._note("export", path, **options)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("a.weights.h5", ("save_weights", {})),
        ("A.WEIGHTS.H5", ("save_weights", {})),
        ("a.h5", ("save", {"include_optimizer": False})),
        ("folder", ("export", {"verbose": False})),
        ("a.keras.d", ("export", {"verbose": False})),
    ],
)
def test_the_ending_decides_how_a_model_is_saved(name: str, call: tuple[str, Any]) -> None:
    model = Model()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(cast("Any", model), name, 3)
    assert model.calls == [(call[0], name, call[1])]


def test_settings_of_the_process_hold_only_while_a_model_is_saved() -> None:
    model, absl = Model(), logging.getLogger("absl")
    limit, level = sys.getrecursionlimit(), absl.level
    save(cast("Any", model), "a.weights.h5", 10_000)
    # Some frames for each layer.
    assert model.limit >= 40_000 and model.level == logging.ERROR
    assert (sys.getrecursionlimit(), absl.level) == (limit, level)


def test_settings_come_back_after_an_error() -> None:
    def fail(path: str) -> None:
        raise OSError("full")

    absl = logging.getLogger("absl")
    limit, level = sys.getrecursionlimit(), absl.level
    with pytest.raises(OSError, match="full"):
        save(cast("Any", SimpleNamespace(save_weights=fail)), "a.weights.h5", 10_000)
    assert (sys.getrecursionlimit(), absl.level) == (limit, level)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_export_says_nothing(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    model = Model()
    export(cast("Any", model), str(tmp_path), format="onnx")
    assert capsys.readouterr().out == ""
    assert model.calls == [("export", str(tmp_path), {"verbose": False, "format": "onnx"})]


def test_weights_of_64_mebibytes_are_large() -> None:
    def model(*shapes: tuple[int, ...]) -> Any:
        return SimpleNamespace(weights=[SimpleNamespace(shape=shape) for shape in shapes])

    # Four bytes for each number: 16 Mi of them.
    assert is_large(model((1 << 12, 1 << 11), (1 << 23,)))
    assert not is_large(model(((1 << 24) - 1,)))
    assert is_large(model(((1 << 24) - 1,), ())) and not is_large(model())
