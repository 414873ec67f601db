"""Convolutions: lengths, kernels and work by Keras's formulas, and what Keras refuses."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.convolutional import (
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    DepthwiseConv2D,
    SeparableConv2D,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs


def weights(layer: Any, *shapes: Shape) -> list[tuple[str, Shape, bool]]:
    return [(one.name, one.shape, one.trainable) for one in layer.weights(Inputs.of(*shapes))]


def work(layer: Any, shape: Shape) -> object:
    inputs = Inputs.of(shape)
    return layer.macs(inputs, layer.results(inputs))


@pytest.mark.parametrize(
    ("arguments", "before", "after"),
    [
        # valid: floor((n - k) / s) + 1; same: ceil(n / s)
        ({"kernel_size": [3, 5], "strides": 2}, (None, 32, 33, 6), (None, 15, 15, 8)),
        (
            {"kernel_size": 3, "strides": 2, "padding": "same"},
            (None, 11, 10, 6),
            (None, 6, 5, 8),
        ),
        ({"kernel_size": 3, "dilation_rate": [1, 4]}, (2, 10, 10, 6), (2, 8, 2, 8)),
        ({"kernel_size": 3}, (None, None, 5, 6), (None, None, 3, 8)),
        (
            {"kernel_size": [3, 1], "data_format": "channels_first"},
            (None, 6, 10, 10),
            (None, 8, 8, 10),
        ),
    ],
)
def test_a_window_makes_each_axis_as_long_as_keras_says(
    arguments: dict[str, Any], before: Shape, after: Shape
) -> None:
    assert Conv2D(filters=8, **arguments).shape(before) == after


def test_a_causal_convolution_keeps_the_steps_that_a_valid_one_loses() -> None:
    assert Conv1D(4, 3, dilation_rate=4).shape((None, 10, 2)) == (None, 2, 4)
    assert Conv1D(4, 3, dilation_rate=4, padding="causal").shape((None, 10, 2)) == (None, 10, 4)


def test_each_group_sees_its_share_of_the_channels() -> None:
    layer = Conv2D(8, 3, groups=2)
    assert weights(layer, (None, 5, 5, 6)) == [
        ("kernel", (3, 3, 3, 8), True),
        ("bias", (8,), True),
    ]
    # 3 x 3 places, 8 filters, and for each of them 3 x 3 x 3 products.
    assert work(layer, (None, 5, 5, 6)) == 9 * 8 * 27
    assert work(layer, (None, None, 5, 6)) is None


def test_a_low_rank_freezes_the_kernel_and_adds_two_factors() -> None:
    assert weights(Conv2D(8, 3, lora_rank=2, use_bias=False), (None, 5, 5, 4)) == [
        ("lora_kernel_a", (3, 3, 4, 2), True),
        ("lora_kernel_b", (2, 8), True),
        ("kernel", (3, 3, 4, 8), False),
    ]


@pytest.mark.parametrize(
    ("arguments", "length"),
    [
        # valid: (n - 1) s + k + max(s - k, 0); same: n s
        ({"kernel_size": 2, "strides": 3}, 12),
        ({"kernel_size": 3, "strides": 2}, 9),
        ({"kernel_size": 3, "strides": 2, "padding": "same"}, 8),
        # with `output_padding` p, same: (n - 1) s + k - 2 (k // 2) + p
        ({"kernel_size": 4, "strides": 2, "padding": "same", "output_padding": 1}, 7),
        ({"kernel_size": 3, "strides": 2, "output_padding": 0}, 9),
        ({"kernel_size": 3, "dilation_rate": 2}, 8),
    ],
)
def test_a_transposed_window_widens_each_axis(arguments: dict[str, Any], length: int) -> None:
    layer = Conv2DTranspose(filters=5, **arguments)
    assert layer.shape((None, 4, None, 3)) == (None, length, None, 5)
    first = Conv2DTranspose(filters=5, data_format="channels_first", **arguments)
    assert first.shape((2, 3, 4, None)) == (2, 5, length, None)


def test_a_transposed_kernel_has_the_filters_in_front_of_the_channels() -> None:
    layer = Conv2DTranspose(5, [2, 3])
    assert weights(layer, (None, 4, 4, 3)) == [("kernel", (2, 3, 5, 3), True), ("bias", (5,), True)]
    assert work(layer, (None, 4, 4, 3)) == 4 * 4 * 3 * 6 * 5


def test_depthwise_and_separable_convolutions_multiply_the_channels() -> None:
    depthwise = DepthwiseConv2D(3, depth_multiplier=3, data_format="channels_first")
    assert depthwise.shape((None, 4, 8, 8)) == (None, 12, 6, 6)
    assert weights(depthwise, (None, 4, 8, 8)) == [
        ("kernel", (3, 3, 4, 3), True),
        ("bias", (12,), True),
    ]
    separable = SeparableConv2D(16, 3, depth_multiplier=2)
    assert weights(separable, (None, 8, 8, 4)) == [
        ("depthwise_kernel", (3, 3, 4, 2), True),
        ("pointwise_kernel", (1, 1, 8, 16), True),
        ("bias", (16,), True),
    ]
    assert work(separable, (None, 8, 8, 4)) == 36 * (8 * 9 + 8 * 16)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError) as small:
        Conv2D(1, 5).shape((None, 4, 9, 1))
    assert small.value.code == "negative-size"
    assert small.value.message == (
        "does not fit: a window of (5, 5) on {0}, (None, 4, 9, 1), leaves (0, 5)"
    )
    assert Conv2D(1, 5).shape((None, 5, 9, 1)) == (None, 1, 5, 1)
    with pytest.raises(ShapeError, match=r"takes 4 dimensions, \{0\} has 3") as flat:
        Conv2D(1, 5).results(Inputs.of((None, 9, 1)))
    assert flat.value.code == "input-rank"
    with pytest.raises(ShapeError, match="has 2 groups, which do not divide the 5 channels"):
        Conv2D(8, 3, groups=2).weights(Inputs.of((None, 9, 9, 5)))
    with pytest.raises(ShapeError, match="known number of channels") as unknown:
        SeparableConv2D(8, 3).weights(Inputs.of((None, 9, 9, None)))
    assert unknown.value.code == "unknown-dimension"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Conv2D, {"groups": 3}, "groups: must divide `filters`, 8"),
        (Conv2D, {"strides": 2, "dilation_rate": [1, 2]}, "dilation_rate: above 1 cannot go"),
        (Conv2DTranspose, {"strides": 2, "output_padding": 2}, "output_padding: must be less than"),
        (Conv2D, {"lora_rank": 2, "kernel_constraint": "non_neg"}, "lora_rank: cannot be used"),
    ],
)
def test_arguments_that_do_not_go_together(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(filters=8, kernel_size=3, **arguments)
