"""Long short-term memory of images: convolutions in place of products."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

FILM = (None, 10, 8, 9, 2)


def shapes(layer: Any, shape: Shape) -> list[Shape | None]:
    return [one.shape for one in layer.results(Inputs.of(shape))]


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (ConvLSTM2D(5, [3, 4]), FILM, [(None, 6, 6, 5)]),
        (ConvLSTM2D(5, 3, strides=2, padding="same"), FILM, [(None, 4, 5, 5)]),
        (ConvLSTM2D(5, 3, return_sequences=True), FILM, [(None, 10, 6, 7, 5)]),
        (ConvLSTM2D(5, 3, return_state=True), FILM, [(None, 6, 7, 5)] * 3),
        (ConvLSTM1D(5, 3, data_format="channels_first"), (4, None, 2, 8), [(4, 5, 6)]),
        (ConvLSTM3D(5, 2), (None, 3, 4, None, 6, 2), [(None, 3, None, 5, 5)]),
    ],
)
def test_time_goes_and_space_shrinks_by_the_window(
    layer: Any, before: Shape, after: list[Shape]
) -> None:
    assert shapes(layer, before) == after


def test_four_gates_are_convolutions_of_the_image_and_of_the_state() -> None:
    layer = ConvLSTM2D(5, 3, trainable=False)
    # Keras trains the cell even where the layer is frozen.
    assert [(one.name, one.shape, one.trainable) for one in layer.weights(Inputs.of(FILM))] == [
        ("cell/kernel", (3, 3, 2, 20), True),
        ("cell/recurrent_kernel", (3, 3, 5, 20), True),
        ("cell/bias", (20,), True),
    ]
    assert layer.macs(Inputs.of(FILM), ()) == 10 * 6 * 7 * 9 * (2 + 5) * 20
    assert layer.macs(Inputs.of((None, None, 8, 9, 2)), ()) is None


def test_a_state_is_an_image_as_small_as_the_result() -> None:
    layer = ConvLSTM2D(5, 3)

    def started(*states: Shape) -> Inputs:
        names = ("sequences", *("initial_state",) * len(states))
        return Inputs((Tensor(FILM), *map(Tensor, states)), keywords=names)

    image = (None, 6, 7, 5)
    assert layer.results(started(image, image)) == (Tensor(image, "float32"),)
    with pytest.raises(ShapeError) as caught:
        layer.results(started(image, (None, 8, 9, 5)))
    assert caught.value.message == (
        "cannot use {2} as a state: (None, 8, 9, 5) for (None, 6, 7, 5)"
    )


def test_weights_need_the_size_of_an_image() -> None:
    layer = ConvLSTM2D(5, 3)
    with pytest.raises(ShapeError) as caught:
        layer.weights(Inputs.of((None, 10, None, 9, 2)))
    assert caught.value.message == (
        "needs known spatial sizes, a step of {0} is (None, None, 9, 2)"
    )
    assert caught.value.code == "unknown-dimension"
    with pytest.raises(ShapeError, match="needs a known number of channels"):
        layer.weights(Inputs.of((None, 10, 8, 9, None)))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"takes 5 dimensions, \{0\} has 4"):
        ConvLSTM2D(5, 3).results(Inputs.of((None, 8, 9, 2)))
    with pytest.raises(ShapeError, match=r"a window of \(9, 9\) on \{0\}, .*, leaves \(0, 1\)"):
        ConvLSTM2D(5, 9).results(Inputs.of(FILM))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strides": 2, "dilation_rate": 2}, "dilation_rate: above 1 cannot go with `strides`"),
        ({"bias_initializer": None}, "bias_initializer: can be null only without"),
        ({"activation": "glu"}, "activation: halves the features"),
        ({"padding": "causal"}, "padding: "),
    ],
)
def test_arguments_that_do_not_go_together(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        ConvLSTM2D(5, 3, **arguments)
