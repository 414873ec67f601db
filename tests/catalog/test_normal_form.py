"""The normal form of arguments: two notations of one meaning are the same."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layers.activations import Activation
from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.normalization import LayerNormalization
from mergecli.catalog.layers.pooling import MaxPooling2D
from mergecli.catalog.list_arguments import Factor, Size
from mergecli.catalog.normal_form import default, normal, normal_arguments, plain
from mergecli.catalog.operations.indexing import GetItem
from mergecli.catalog.regularizers import L2
from mergecli.catalog.training.losses import Huber


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Dense(4, use_bias=True, bias_initializer="Zeros", name="d"), {"units": 4}),
        (Dense(4, activation="swish"), {"units": 4, "activation": "silu"}),
        (
            Dense(4, kernel_initializer="he_normal"),
            {"units": 4, "kernel_initializer": "HeNormal"},
        ),
        (Dense(4, kernel_regularizer=L2(0.01)), {"units": 4, "kernel_regularizer": "L2"}),
        (
            Dense(4, kernel_regularizer=L2(0.5)),
            {"units": 4, "kernel_regularizer": {"L2": {"l2": 0.5}}},
        ),
        (
            Conv2D(8, (3, 3), padding="same"),
            {"filters": 8, "kernel_size": [3, 3], "padding": "same"},
        ),
        (Conv2D(8, 3, data_format="channels_last"), {"filters": 8, "kernel_size": [3, 3]}),
        (MaxPooling2D(3, strides=[3, 3]), {"pool_size": [3, 3]}),
        (MaxPooling2D(3, strides=2), {"pool_size": [3, 3], "strides": [2, 2]}),
        (MaxPooling2D(strides=2), {}),
        (LayerNormalization(axis=[1]), {"axis": 1}),
        (Activation("linear"), {"activation": None}),
        (Huber(name="huber"), {"name": "huber"}),
        (GetItem([None, {"start": 1}, "..."]), {"key": [None, {"start": 1}, "..."]}),
    ],
)
def test_the_arguments_that_are_not_the_defaults(
    item: KerasObject, expected: dict[str, object]
) -> None:
    assert normal_arguments(item) == expected


def test_the_case_of_a_name_does_not_matter_where_keras_ignores_it() -> None:
    written = normal_arguments(Conv2D(8, 3, padding="SAME"))
    assert written == {"filters": 8, "kernel_size": [3, 3], "padding": "same"}


def test_what_is_frozen_from_outside_says_so() -> None:
    layer = Dense(4)
    layer.frozen = True
    assert normal_arguments(layer) == {"units": 4, "trainable": False}


def test_a_factor_is_the_least_and_the_most_that_keras_makes_of_it() -> None:
    assert normal(0.2, Factor(0, 1)) == [0, 0.2]
    assert normal(-0.2, Factor(-1, 1)) == [-0.2, 0.2]
    assert normal(0.2, Factor(0, 1, strict=True)) == 0.2
    assert normal([0.1, 0.2], Factor(0, 1)) == [0.1, 0.2]


def test_a_value_that_is_not_accepted_stays_as_it_is() -> None:
    assert normal([1, 0], Size(2)) == [1, 0]
    assert normal("7", Size(2)) == "7"


def test_null_is_what_keras_writes_for_it() -> None:
    assert normal(False, None, "sparse") is None
    assert normal(False, None, "training") is False
    assert normal("float32", None, "dtype") is None
    assert normal("float16", None, "dtype") == "float16"


def test_plain_values_are_those_of_json() -> None:
    assert plain((1, (2, ...))) == [1, [2, "..."]]
    assert plain(slice(None)) is None
    assert plain({1: slice(0, None, 2)}) == {"1": {"start": 0, "step": 2}}


def test_a_default_is_in_its_normal_form() -> None:
    layer = Conv2D(8, 3)
    assert default(layer, "strides") == [1, 1]
    assert default(layer, "kernel_initializer") == "GlorotUniform"
    assert default(layer, "filters") is None
    assert default(None, "strides") is None
