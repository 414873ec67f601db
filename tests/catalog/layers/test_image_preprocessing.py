"""Images of another size or with other values."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.image_preprocessing import (
    AutoContrast,
    CenterCrop,
    Equalization,
    MaxNumBoundingBoxes,
    RandomCrop,
    Resizing,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (Resizing(6, 7), (None, None, 9, 3), (None, 6, 7, 3)),
        (Resizing(6, 7), (8, 9, 3), (6, 7, 3)),
        (Resizing(6, 7, data_format="channels_first"), (None, 3, 8, 9), (None, 3, 6, 7)),
        (CenterCrop(6, 7, data_format="channels_first"), (3, 8, 9), (3, 6, 7)),
        # An image that is too small is made larger.
        (CenterCrop(20, 7), (2, 8, 9, 3), (2, 20, 7, 3)),
        (RandomCrop(6, 7), (2, 8, 9, None), (2, 6, 7, None)),
    ],
)
def test_the_spatial_axes_become_height_and_width(layer: Any, before: Shape, after: Shape) -> None:
    assert layer.results(Inputs.of(before, dtype="uint8")) == (Tensor(after, "float32"),)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        AutoContrast().results(Inputs.of((None, 8)))
    assert caught.value.message == (
        "takes images of 3 dimensions or a batch of 4, {0} has 2: (None, 8)"
    )
    assert caught.value.code == "input-rank"
    with pytest.raises(ShapeError, match=r"takes numbers, \{0\} has dtype string"):
        MaxNumBoundingBoxes(3).results(Inputs.of((None, 8, 8, 3), dtype="string"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
            "pad_to_aspect_ratio: cannot be true together with `crop_to_aspect_ratio`",
        ),
        ({"fill_mode": "reflect"}, "fill_mode: "),
        ({"bounding_box_format": "xyz"}, "bounding_box_format: "),
    ],
)
def test_arguments_that_resizing_does_not_take(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        Resizing(6, 7, **arguments)


def test_an_equalization_keeps_the_dtype_of_integers() -> None:
    layer = Equalization()
    assert layer.results(Inputs.of((8, 8, 3), dtype="uint8"))[0].dtype == "uint8"
    assert layer.results(Inputs.of((8, 8, 3), dtype="float64"))[0].dtype == "float32"


@pytest.mark.parametrize(
    ("arguments", "dtype", "hint"),
    [
        (
            {},
            "float32",
            "apply it to the images before they enter the model, or set `dtype: float64`, "
            "so that Keras converts them",
        ),
        # Keras does not convert integers, nor anything without `autocast`.
        ({}, "uint8", "apply it to the images before they enter the model"),
        (
            {"autocast": False},
            "float32",
            "apply it to the images before they enter the model",
        ),
    ],
)
def test_an_equalization_that_gives_back_its_input_is_in_no_model(
    arguments: dict[str, Any], dtype: str, hint: str
) -> None:
    with pytest.raises(ShapeError, match="returns its input itself") as caught:
        Equalization(**arguments).check_in_model(Inputs.of((None, 8, 8, 3), dtype=dtype))
    assert (caught.value.code, caught.value.hint) == ("unsupported-layer", hint)


def test_an_equalization_that_converts_its_input_may_be_in_a_model() -> None:
    layer = Equalization(dtype="float64")
    layer.check_in_model(Inputs.of((None, 8, 8, 3)))
    with pytest.raises(ShapeError, match="returns its input itself"):
        layer.check_in_model(Inputs.of((None, 8, 8, 3), dtype="float64"))


def test_an_image_keeps_its_proportions_in_one_of_two_ways() -> None:
    assert Resizing(6, 7, crop_to_aspect_ratio=True).shape((8, 9, 3)) == (6, 7, 3)
    assert Resizing(6, 7, pad_to_aspect_ratio=True).shape((8, 9, 3)) == (6, 7, 3)
