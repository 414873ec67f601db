"""Pooling: how long each axis is after a window, over all of space, and down to a given size."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.pooling import (
    AdaptiveAveragePooling2D,
    AdaptiveMaxPooling1D,
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling3D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        # valid: floor((n - k) / s) + 1; same: ceil(n / s); the window moves by its own size.
        (MaxPooling2D(), (None, 9, 8, 4), (None, 4, 4, 4)),
        (MaxPooling2D([2, 3], strides=1), (None, 9, 8, 4), (None, 8, 6, 4)),
        (MaxPooling2D(3, padding="same"), (None, 10, None, 4), (None, 4, None, 4)),
        (AveragePooling2D(2, data_format="channels_first"), (2, 5, 9, 8), (2, 5, 4, 4)),
        (MaxPooling3D([1, 2, 4]), (None, 8, 8, 8, 4), (None, 8, 4, 2, 4)),
        (AveragePooling1D(3, strides=2, padding="same"), (None, 9, 4), (None, 5, 4)),
    ],
)
def test_a_window_makes_each_axis_as_long_as_keras_says(
    layer: Any, before: Shape, after: Shape
) -> None:
    assert layer.shape(before) == after
    assert list(layer.weights(Inputs.of(before))) == []


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        MaxPooling2D([2, 4]).shape((None, 9, 3, 4))
    assert caught.value.message == (
        "does not fit: a window of (2, 4) on {0}, (None, 9, 3, 4), leaves (4, 0)"
    )
    assert caught.value.code == "negative-size"
    assert MaxPooling2D([2, 4]).shape((None, 2, 4, 5)) == (None, 1, 1, 5)
    assert MaxPooling2D([2, 4], padding="same").shape((None, 9, 3, 4)) == (None, 5, 1, 4)
    with pytest.raises(ShapeError, match=r"takes 3 dimensions, \{0\} has 4"):
        MaxPooling1D().results(Inputs.of((None, 9, 3, 4)))


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (GlobalMaxPooling2D(), (2, None, None, 5), (2, 5)),
        (GlobalMaxPooling2D(data_format="channels_first"), (2, 5, 8, 9), (2, 5)),
        (
            GlobalMaxPooling2D(keepdims=True, data_format="channels_first"),
            (2, 5, 8, 9),
            (2, 5, 1, 1),
        ),
        (GlobalAveragePooling3D(keepdims=True), (2, 7, 8, 9, 5), (2, 1, 1, 1, 5)),
    ],
)
def test_all_of_space_goes_or_becomes_one(layer: Any, before: Shape, after: Shape) -> None:
    assert layer.results(Inputs.of(before)) == (Tensor(after, "float32"),)


@pytest.mark.parametrize(("data_format", "steps"), [(None, 10), ("channels_first", 4)])
def test_a_mask_of_a_mean_has_a_place_for_each_step(data_format: str | None, steps: int) -> None:
    layer = GlobalAveragePooling1D(data_format=data_format)

    def masked(mask: Shape) -> Inputs:
        tensors = (Tensor((None, 10, 4)), Tensor(mask, "bool"))
        return layer.unnamed(Inputs(tensors, keywords=("inputs", "mask")))

    assert masked((None, steps)).shapes == ((None, 10, 4),)
    with pytest.raises(ShapeError) as caught:
        masked((None, 14 - steps))
    assert caught.value.message == (
        f"cannot use {{1}} as a mask: (None, {14 - steps}) for (None, 10, 4)"
    )


def test_space_comes_down_to_the_size_that_is_wanted() -> None:
    assert AdaptiveMaxPooling1D(4).shape((2, None, 3)) == (2, 4, 3)
    first = AdaptiveAveragePooling2D([4, 6], data_format="channels_first")
    assert first.shape((2, 3, 8, 9)) == (2, 3, 4, 6)


def test_a_pool_has_a_size_and_pads_as_keras_does() -> None:
    with pytest.raises(ArgumentErrors, match="pool_size: is missing"):
        AveragePooling2D()
    with pytest.raises(ArgumentErrors, match="padding: "):
        MaxPooling1D(padding="causal")


def test_strides_that_keras_has_filled_in_are_left_out() -> None:
    quirk = MaxPooling2D.config_quirk
    assert quirk is not None
    assert quirk.apply({"pool_size": [2, 3], "strides": [2, 3]}) == {"pool_size": [2, 3]}
    other = {"pool_size": [2, 3], "strides": [1, 1]}
    assert quirk.apply(other) == other
