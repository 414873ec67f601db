"""Activation functions as layers: what they are called, learn and refuse."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.activations import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

X = (None, 8, 9, 3)


@pytest.mark.parametrize(
    ("shared", "slopes"),
    [
        (None, (8, 9, 3)),
        ([1, 2], (1, 1, 3)),
        (3, (8, 9, 1)),
        ([-1], (8, 1, 3)),
        ([1, 1], (1, 9, 3)),
    ],
)
def test_a_slope_is_learned_for_each_feature_that_shares_none(shared: Any, slopes: Shape) -> None:
    # Keras takes 1 from an axis and counts that among the axes without the batch.
    (weight,) = PReLU(shared_axes=shared).weights(Inputs.of(X))
    assert (weight.name, weight.shape, weight.trainable) == ("alpha", slopes, True)


@pytest.mark.parametrize("shared", [4, [1, -3]])
def test_an_axis_that_slopes_share_must_be_there(shared: Any) -> None:
    with pytest.raises(ShapeError, match=r"cannot use axis -?\d: \{0\} has 4 dimensions") as caught:
        PReLU(shared_axes=shared).weights(Inputs.of(X))
    assert (caught.value.code, caught.value.argument) == ("axis-range", "shared_axes")
    assert caught.value.inputs == (0,)


def test_a_slope_for_a_size_that_is_not_known_must_be_shared() -> None:
    unknown = Inputs.of((None, None, 3))
    assert PReLU(shared_axes=1).weights(unknown)[0].shape == (1, 3)
    with pytest.raises(ShapeError, match=r"create the weight `alpha`: \(None, 3\)"):
        PReLU().weights(unknown)


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (Activation("tanh"), "tanh"),
        (ReLU(), "relu"),
        (ReLU(max_value=6.0), None),
        (ReLU(negative_slope=0.1), None),
        (ReLU(threshold=1.0), None),
        (Softmax(axis=1), "softmax"),
        (ELU(), None),
    ],
)
def test_a_function_has_its_name_only_as_it_is_by_default(layer: Any, function: object) -> None:
    assert layer.function == function


def test_an_activation_keeps_the_shape_and_computes_in_its_own_dtype() -> None:
    for layer in (Activation("relu"), ELU(), LeakyReLU(), PReLU(), ReLU(), Softmax()):
        assert layer.results(Inputs.of((2, None), dtype="int32")) == (Tensor((2, None), "float32"),)


def test_a_softmax_needs_its_axes() -> None:
    assert Softmax(axis=[1, -1]).shape(X) == X
    with pytest.raises(ShapeError, match=r"cannot use axis 4: \{0\} has 4 dimensions") as caught:
        Softmax(axis=[1, 4]).shape(X)
    assert caught.value.code == "axis-range"


def test_a_mask_of_a_softmax_spreads_over_its_input() -> None:
    def masked(mask: Shape) -> Inputs:
        tensors = (Tensor((None, 6, 4)), Tensor(mask, "bool"))
        return Softmax().unnamed(Inputs(tensors, keywords=("inputs", "mask")))

    for mask in ((None, 6, 4), (4,), (1, 1, 4)):
        assert masked(mask).shapes == ((None, 6, 4),)
    for mask in ((None, 6), (2, None, 6, 4)):
        with pytest.raises(ShapeError, match=r"cannot use \{1\} as a mask"):
            masked(mask)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Activation, {}, "activation: is missing"),
        (LeakyReLU, {"negative_slope": -0.1}, "negative_slope: "),
        (ReLU, {"max_value": -1.0}, "max_value: "),
        (ReLU, {"threshold": None}, "threshold: "),
    ],
)
def test_numbers_that_keras_refuses(kind: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)
