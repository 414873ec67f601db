"""Weights: their numbers and bytes, and with which initializers, regularizers and dtypes Keras can train them."""

from __future__ import annotations

import pytest

from mergecli.catalog.initializers import Identity
from mergecli.catalog.regularizers import L2, OrthogonalRegularizer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import (
    Weight,
    begins_always,
    bytes_of_weights,
    check_beginning,
    check_countable,
    check_penalized,
    check_trained,
    parameters,
    size_of,
)


def test_numbers_and_bytes_of_weights() -> None:
    weights = [Weight("a", (2, 3)), Weight("b", (), dtype="float16"), Weight("c", (0, 5))]
    assert (parameters(weights), bytes_of_weights(weights)) == (7, 26)
    assert [size_of(dtype) for dtype in ("bfloat16", "float64", "odd", None)] == [2, 8, 4, 4]


def test_sizes_are_known_and_no_more_than_can_be_counted() -> None:
    check_countable("w", (2**62,))
    with pytest.raises(ShapeError, match=r"known size to create the weight `w`: \(None, 3\)"):
        check_countable("w", (None, 3))
    with pytest.raises(ShapeError, match="no backend can count the elements of the weight `w`"):
        check_countable("w", (2**62, 2))


@pytest.mark.parametrize(
    ("begins", "shape", "dtype", "always"),
    [
        ("glorot_uniform", (), "float16", True),
        ("zeros", (2,), "int32", False),
        ("orthogonal", (2, 3), "float32", True),
        ("orthogonal", (2,), "float32", False),
        ("orthogonal", (2, 3), "float16", False),
        ("identity", (2, 2), "float32", False),
    ],
)
def test_most_initializers_begin_all_weights_of_floats(
    begins: str, shape: tuple[int, ...], dtype: str, always: bool
) -> None:
    assert begins_always(begins, shape, dtype) == always


def test_an_initializer_names_the_weight_that_it_cannot_begin() -> None:
    check_beginning(Identity(), None, Weight("kernel", (2, 3)), None)
    with pytest.raises(ShapeError, match="cannot begin `kernel` as `Identity`") as caught:
        check_beginning(Identity(), "kernel_initializer", Weight("kernel", (2,)), None)
    assert caught.value.argument == "kernel_initializer"


def test_a_regularizer_names_the_weight_that_it_cannot_penalize() -> None:
    check_penalized("l2", "bias_regularizer", Weight("bias", (2,)))
    check_penalized(L2(), "bias_regularizer", Weight("bias", (2,)))
    with pytest.raises(
        ShapeError, match="cannot train the weight `bias` with `Orthogonal"
    ) as caught:
        check_penalized(OrthogonalRegularizer(), "bias_regularizer", Weight("bias", (2,)))
    assert caught.value.argument == "bias_regularizer"


def test_only_pytorch_trains_no_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = [Weight("kernel", (2,), dtype="int32")]
    monkeypatch.setattr(Backend, "choose", lambda: "jax")
    check_trained(weights)
    monkeypatch.setattr(Backend, "choose", lambda: "torch")
    check_trained([Weight("kernel", (2,), False, "int32")])
    with pytest.raises(ShapeError, match="trainable weight `kernel` of dtype int32"):
        check_trained(weights)
