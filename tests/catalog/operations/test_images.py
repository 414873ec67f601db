"""Operations on images: their sizes, their channels, and what does not fit."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations.images import (
    CropImages,
    ExtractPatches,
    PadImages,
    RGBToGrayscale,
    RGBToHSV,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs


def test_padding_is_put_around_the_height_and_the_width() -> None:
    edges = {"top_padding": 1, "bottom_padding": 2, "left_padding": 3, "right_padding": 4}
    assert PadImages(**edges).shape((None, 8, None, 3)) == (None, 11, None, 3)
    first = PadImages(**edges, data_format="channels_first")
    assert first.shape((3, 8, 8)) == (3, 11, 15)


def test_two_of_three_sizes_of_each_axis_are_given() -> None:
    with pytest.raises(ArgumentErrors, match="must be given if and only if one of") as caught:
        PadImages(top_padding=1, target_height=9)
    assert [error.argument for error in caught.value.errors] == ["target_width"]


def test_more_cannot_be_cropped_than_there_is() -> None:
    crop = CropImages(top_cropping=5, bottom_cropping=5, left_cropping=0, right_cropping=0)
    with pytest.raises(ShapeError, match="cannot make -2 of 8 on axis -3"):
        crop.shape((None, 8, 8, 3))
    with pytest.raises(ShapeError, match="needs `target_height`"):
        crop.shape((None, None, 8, 3))


def test_patches_of_volumes_have_three_axes() -> None:
    assert ExtractPatches(size=[2, 2, 2]).shape((None, 4, 4, 4, 3)) == (None, 2, 2, 2, 24)
    with pytest.raises(ShapeError, match="leaves"):
        ExtractPatches(size=9).shape((None, 8, 8, 3))


def test_colours_need_channels_and_floats() -> None:
    assert RGBToGrayscale(data_format="channels_first").shape((None, 3, 8, 8)) == (None, 1, 8, 8)
    with pytest.raises(ShapeError, match="takes images of 3 channels"):
        RGBToHSV().shape((None, 8, 8, 4))
    with pytest.raises(ShapeError, match="dtype int32"):
        RGBToHSV().results(Inputs.of((None, 8, 8, 3), dtype="int32"))
