"""Ranges: the shapes and dtypes of values between two others, and what backends do not compute."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.ranges import Geomspace, Linspace, Logspace, Range
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend


def test_a_range_has_a_new_axis() -> None:
    (result,) = Linspace(num=5, axis=-1).results(Inputs.of((None, 3), (3,)))
    assert result == Tensor((None, 3, 5), "float32")


@pytest.mark.parametrize(
    ("layer", "backend", "message"),
    [
        (Linspace(axis=1), "torch", "only on the first axis with the backend `torch`"),
        (Geomspace(axis=1), "tensorflow", "only on the first axis with the backend `tensorflow`"),
        (Logspace(dtype="uint8"), "tensorflow", "does not compute values of uint8"),
        (Linspace(dtype="uint64"), "torch", "does not compute values of uint64"),
    ],
)
def test_what_a_backend_does_not_compute_is_refused(
    layer: Range, backend: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs.of((3,), (3,))
    monkeypatch.setattr(Backend, "choose", lambda: backend)
    with pytest.raises(ShapeError, match=message):
        layer.results(inputs)
    monkeypatch.setattr(Backend, "choose", lambda: "jax")
    assert layer.results(inputs)


def test_pytorch_takes_two_numbers_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = Inputs((Tensor((3,)), Tensor((), "float")))
    assert Linspace().results(inputs)
    monkeypatch.setattr(Backend, "choose", lambda: "torch")
    with pytest.raises(ShapeError, match=r"\{1\} is a number"):
        Linspace().results(inputs)
