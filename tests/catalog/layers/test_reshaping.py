"""Layers that put values into another shape: what is kept, repeated, padded and cropped."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.reshaping import (
    Cropping1D,
    Cropping2D,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (Flatten(), (None,), (None, 1)),
        (Flatten(), (4, 2, 3), (4, 6)),
        (Flatten(), (None, None, 3), (None, None)),
        (Reshape([]), (None, 1), (None,)),
        (Reshape([-1]), (None, 2, 3), (None, 6)),
        (Reshape([3, -1]), (None, None, 3), (None, 3, None)),
        (Permute([3, 1, 2]), (4, 5, None, 7), (4, 7, 5, None)),
        (RepeatVector(3), (4, None), (4, 3, None)),
    ],
)
def test_values_are_put_into_another_shape(layer: Any, before: Shape, after: Shape) -> None:
    assert layer.shape(before) == after


def test_only_a_shape_changes_and_not_the_dtype() -> None:
    inputs = Inputs.of((None, 2, 3), dtype="int32")
    for layer in (Flatten(), Reshape([6])):
        assert layer.results(inputs) == (Tensor((None, 6), "int32"),)
    assert ZeroPadding1D(1).results(inputs) == (Tensor((None, 4, 3), "float32"),)


def test_no_value_gets_lost_in_a_reshape() -> None:
    with pytest.raises(ShapeError) as caught:
        Reshape([4, 4]).shape((None, 2, 3))
    assert caught.value.message == (
        "cannot reshape {0}, (None, 2, 3), to (4, 4): 6 elements against 16"
    )
    with pytest.raises(ShapeError, match="6 elements do not divide by 4"):
        Reshape([4, -1]).shape((None, 2, 3))


def test_a_permutation_is_of_all_axes() -> None:
    with pytest.raises(ShapeError, match=r"permutes 2 axes and the batch, \{0\} has 4") as caught:
        Permute([2, 1]).results(Inputs.of((None, 2, 3, 4)))
    assert caught.value.code == "input-rank"
    with pytest.raises(ShapeError, match=r"permutes 2 axes and the batch, \{0\} has 2"):
        Permute([2, 1]).results(Inputs.of((None, 2)))


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Reshape, {"target_shape": [-1, -1]}, "target_shape: may hold -1 only once"),
        (Permute, {"dims": [1, 1]}, "dims: must hold each of 1 to 2 once"),
        (Permute, {"dims": [2, 3]}, "dims: must hold each of 1 to 2 once"),
    ],
)
def test_arguments_that_name_no_shape(kind: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        # One number is for all ends, a pair for rows and columns, pairs for each end.
        (ZeroPadding2D(1), (None, 5, 6, 3), (None, 7, 8, 3)),
        (ZeroPadding2D([1, 2]), (None, 5, 6, 3), (None, 7, 10, 3)),
        (ZeroPadding2D([[0, 1], [2, 3]]), (None, 5, None, 3), (None, 6, None, 3)),
        (ZeroPadding3D([1, 0, 2]), (None, 5, 6, 7, 3), (None, 7, 6, 11, 3)),
        (ZeroPadding1D([3, 0], data_format="channels_first"), (None, 5, 6), (None, 5, 9)),
        (Cropping2D([[1, 0], [2, 1]]), (None, 5, 6, 3), (None, 4, 3, 3)),
        (Cropping2D(), (None, 5, 6, 3), (None, 5, 6, 3)),
        (Cropping2D(1, data_format="channels_first"), (None, 3, 5, 6), (None, 3, 3, 4)),
        (Cropping1D(2), (None, 5, 3), (None, 1, 3)),
        (UpSampling1D(3), (None, 5, 3), (None, 15, 3)),
        (UpSampling2D([2, 3]), (None, 5, None, 3), (None, 10, None, 3)),
        (UpSampling2D([2, 3], data_format="channels_first"), (1, 3, 5, 6), (1, 3, 10, 18)),
    ],
)
def test_each_spatial_axis_becomes_longer_or_shorter(
    layer: Any, before: Shape, after: Shape
) -> None:
    assert layer.results(Inputs.of(before))[0].shape == after


def test_something_must_be_left_of_a_cropped_axis() -> None:
    with pytest.raises(ShapeError) as caught:
        Cropping2D([[1, 0], [3, 3]]).shape((None, 5, 6, 3))
    assert caught.value.message == (
        "crops 6 from the 6 of {0} on axis 2: nothing is left of (None, 5, 6, 3)"
    )
    assert (caught.value.code, caught.value.argument) == ("negative-size", "cropping")
    assert ZeroPadding1D(0).shape((None, 0, 3)) == (None, 0, 3)
