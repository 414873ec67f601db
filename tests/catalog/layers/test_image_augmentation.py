"""Random changes of images: shapes and channels, and how far a change may go."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.image_augmentation import (
    AugMix,
    MixUp,
    RandAugment,
    RandomBrightness,
    RandomColorJitter,
    RandomErasing,
    RandomGaussianBlur,
    RandomGrayscale,
    RandomHue,
    RandomPosterization,
    RandomRotation,
    RandomSaturation,
    RandomShear,
    RandomZoom,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_an_image_stays_as_large_as_it_is_with_or_without_a_batch() -> None:
    for shape in ((None, 8, None, 3), (8, 9, 1)):
        assert RandomRotation(0.1).results(Inputs.of(shape)) == (Tensor(shape, "float32"),)
    with pytest.raises(ShapeError, match=r"3 dimensions or a batch of 4, \{0\} has 2"):
        RandomRotation(0.1).results(Inputs.of((None, 8)))


def test_grey_images_keep_their_dtype() -> None:
    images = Inputs.of((None, 8, 8, 3), dtype="uint8")
    assert RandomGrayscale().results(images)[0].dtype == "uint8"
    assert RandomHue(0.1).results(images)[0].dtype == "float32"
    with pytest.raises(ShapeError, match="takes floats"):
        RandomSaturation(0.1).results(images)


@pytest.mark.parametrize(
    ("layer", "shape", "wanted"),
    [
        (RandomHue(0.1), (None, 8, 8, 1), "3"),
        (RandomHue(0.1, data_format="channels_first"), (None, 8, 8, 3), "3"),
        (RandomGrayscale(), (None, 8, 8, 2), "1 or 3"),
        (RandAugment(), (None, 8, 8, 4), "1 or 3"),
        (AugMix(), (None, 8, 8, 4), "1 or 3"),
        (RandomColorJitter(saturation_factor=0.1), (None, 8, 8, 1), "3"),
    ],
)
def test_colours_need_their_channels(layer: Any, shape: Shape, wanted: str) -> None:
    with pytest.raises(ShapeError, match=f"takes images of {wanted} channels"):
        layer.shape(shape)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (RandomHue(0.1), (None, 8, 8, None)),
        (RandomHue(0.1, data_format="channels_first"), (None, 3, 8, 8)),
        (AugMix(all_ops=False), (None, 8, 8, 4)),
        (RandomColorJitter(brightness_factor=0.1), (None, 8, 8, 4)),
        # Keras does not hand the format on to the layers inside.
        (RandomColorJitter(hue_factor=0.1, data_format="channels_first"), (None, 5, 8, 3)),
        (RandomErasing(fill_value=0.5), (None, 8, 8, 4)),
    ],
)
def test_other_changes_take_any_channels(layer: Any, shape: Shape) -> None:
    assert layer.shape(shape) == shape


def test_a_colour_that_fills_needs_three_channels() -> None:
    layer = RandomErasing(fill_value=[0.1, 0.2, 0.3])
    assert layer.shape((None, 8, 8, 3)) == (None, 8, 8, 3)
    with pytest.raises(ShapeError, match=r"fills 3 channels, the last axis of \{0\} is 1"):
        layer.shape((None, 8, 8, 1))


@pytest.mark.parametrize(
    ("kind", "name", "good", "bad"),
    [
        (RandomRotation, "factor", -1, 1.01),
        (RandomBrightness, "factor", [-0.2, 0.3], -1.01),
        # Keras is content with a pair that reaches into the bounds, save where each end counts.
        (RandomBrightness, "factor", [0.5, 3.0], [1.5, 3.0]),
        (RandomShear, "y_factor", [0.5, 1.0], [0.5, 3.0]),
        (RandomZoom, "height_factor", -0.99, -1),
        (RandomZoom, "height_factor", 1, [-1, 0]),
        (RandomHue, "factor", 0, -0.1),
        (RandomPosterization, "factor", 8, 9),
        (RandomPosterization, "factor", 1, 2.5),
        (MixUp, "alpha", 0.1, 0),
        (RandomGaussianBlur, "sigma", 1, 1.1),
    ],
)
def test_a_change_goes_only_so_far(kind: Any, name: str, good: object, bad: object) -> None:
    kind(**{name: good})
    with pytest.raises(ArgumentErrors, match=f"^{name}: "):
        kind(**{name: bad})


def test_a_blur_has_a_middle() -> None:
    assert RandomGaussianBlur(kernel_size=[3, 5]).kernel_size == (3, 5)
    for size in (4, [3, 4]):
        with pytest.raises(ArgumentErrors, match="kernel_size: must be odd"):
            RandomGaussianBlur(kernel_size=size)


def test_a_pair_that_keras_made_of_one_number_is_that_number_again() -> None:
    quirk = RandomShear.config_quirk
    assert quirk is not None
    config = {"x_factor": [-0.2, 0.2], "y_factor": [0.0, 0.2], "value_range": [-1, 1]}
    assert quirk.apply(config) == {**config, "x_factor": 0.2}


def test_the_range_of_integers_that_only_the_run_has_is_of_integers() -> None:
    inputs = Inputs.of((None, 8, 8, 3))
    layer = RandomBrightness(0.2, value_range=[0.0, 255.0])
    layer.check_run(inputs, ["float32"])
    with pytest.raises(ShapeError, match="has dtype uint8 when the model runs"):
        layer.check_run(inputs, ["uint8"])
    RandomBrightness(0.2, value_range=[0, 255]).check_run(inputs, ["uint8"])
