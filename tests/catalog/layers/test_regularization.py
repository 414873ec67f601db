"""Layers that change nothing but the training: rates, ranks, penalties."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


@pytest.mark.parametrize("kind", [Dropout, AlphaDropout, GaussianDropout, GaussianNoise])
def test_a_rate_is_a_share_of_the_whole(kind: Any) -> None:
    for rate in (0, 0.5, 1):
        layer = kind(rate)
        results = layer.results(Inputs.of((None, 3), dtype="float64"))
        assert results == (Tensor((None, 3), "float32"),)
    for rate in (-0.1, 1.1, None):
        with pytest.raises(ArgumentErrors, match=f"{kind.required[0]}: "):
            kind(rate)


@pytest.mark.parametrize(
    ("kind", "rank"), [(SpatialDropout1D, 3), (SpatialDropout2D, 4), (SpatialDropout3D, 5)]
)
def test_whole_channels_are_dropped_of_space_with_so_many_axes(kind: Any, rank: int) -> None:
    layer = kind(0.1)
    shape = (None, *range(2, rank + 1))
    assert layer.results(Inputs.of(shape)) == (Tensor(shape, "float32"),)
    for other in (shape[:-1], (*shape, 9)):
        with pytest.raises(ShapeError, match=rf"takes {rank} dimensions, \{{0\}} has {len(other)}"):
            layer.results(Inputs.of(other))


def test_a_spatial_dropout_has_fewer_arguments_than_other_layers() -> None:
    for name in ("trainable", "autocast", "activity_regularizer"):
        with pytest.raises(ArgumentErrors, match=f"{name}: is not an argument"):
            SpatialDropout1D(0.1, **{name: None})
    with pytest.raises(ArgumentErrors, match="data_format: is not an argument"):
        SpatialDropout1D(0.1, data_format="channels_last")
    assert SpatialDropout2D(0.1, data_format="channels_first").data_format == "channels_first"


def test_noise_has_a_size_for_each_axis_or_follows_the_input() -> None:
    assert Dropout(0.1, noise_shape=[None, 1, 3]).noise_shape == (None, 1, 3)
    with pytest.raises(ArgumentErrors, match="noise_shape: "):
        Dropout(0.1, noise_shape=[0])


def test_noise_that_does_not_fit_the_input_is_an_error() -> None:
    inputs = Inputs.of((None, 3, 2))
    Dropout(0.1, noise_shape=[None, 1, 2]).check_in_model(inputs)
    Dropout(0.0, noise_shape=[None, 1, 3]).check_in_model(inputs)
    reason = r"cannot drop values of {0}, (None, 3, 2), by a `noise_shape` of (None, 1, 3)"
    for kind in (Dropout, AlphaDropout):
        with pytest.raises(ShapeError) as caught:
            kind(0.1, noise_shape=[None, 1, 3]).check_in_model(inputs)
        assert (caught.value.message, caught.value.argument) == (reason, "noise_shape")


@pytest.mark.parametrize(
    ("arguments", "penalizes"),
    [({}, False), ({"l1": 0.0, "l2": 0}, False), ({"l1": 0.1}, True), ({"l2": 0.1}, True)],
)
def test_only_a_penalty_that_is_not_zero_is_one(
    arguments: dict[str, float], penalizes: bool
) -> None:
    assert ActivityRegularization(**arguments).penalizes() is penalizes
    assert not Dropout(0.5).penalizes()


def test_a_penalty_is_on_every_tensor_of_a_list_which_dropout_does_not_take() -> None:
    inputs = Inputs.of((None, 3), (2, 4))
    assert ActivityRegularization(l1=0.1).results(inputs) == inputs.tensors
    with pytest.raises(ShapeError, match="takes one tensor, not a list of 2"):
        Dropout(0.1).results(inputs)


def test_texts_pass_through_a_dropout_but_have_no_penalty() -> None:
    texts = Inputs.of((None, 3), dtype="string")
    Dropout(0.1).check_strings(texts)
    with pytest.raises(ShapeError, match=r"takes numbers, \{0\} has dtype string") as caught:
        ActivityRegularization(l1=0.1).check_strings(texts)
    assert caught.value.code == "wrong-type"


@pytest.mark.parametrize("kind", [AlphaDropout, GaussianDropout])
def test_a_training_leaves_a_share_by_which_it_is_divided(kind: Any) -> None:
    inputs = Inputs.of((None, 3))
    kind(1).check_in_model(inputs)
    with pytest.raises(ShapeError, match="divides by the share that is left"):
        kind(1).check_in_model(inputs._replace(options={"training": True}))
    Dropout(1).check_in_model(inputs._replace(options={"training": True}))
