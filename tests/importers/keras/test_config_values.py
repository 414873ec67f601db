"""Values in configs of Keras, and the classes that they name."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.importers.keras.config_values import (
    Unknown,
    arguments,
    kind_of,
    layer_class,
    make,
    plain,
)

KERNEL = Dense.arguments["kernel_initializer"]


def test_only_what_is_no_default_is_kept() -> None:
    config = {"name": "d", "units": 3, "activation": "linear", "use_bias": False}
    assert arguments(Dense, config) == {"units": 3, "use_bias": False}
    pair = {"filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}
    assert arguments(Conv2D, pair) == {"filters": 2, "kernel_size": [3, 3], "padding": "same"}


def test_an_argument_that_no_rule_knows_is_named_unless_it_is_null() -> None:
    assert arguments(Dense, {"units": 3, "strange": None}) == {"units": 3}
    with pytest.raises(Unknown, match="`Dense` has no argument `strange`"):
        arguments(Dense, {"units": 3, "strange": 1})


def test_an_object_with_its_defaults_is_its_name() -> None:
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}}
    assert plain(zeros, KERNEL) == "zeros"
    value: Any = plain({**zeros, "class_name": "Constant", "config": {"value": 2.0}}, KERNEL)
    assert (type(value).__name__, value.explicit) == ("Constant", {"value": 2.0})


def test_a_regularizer_has_the_number_that_was_written_and_not_its_32_bits() -> None:
    config = {"class_name": "L2", "config": {"l2": 0.019999999552965164}}
    layer = make(Dense, {"units": 1, "kernel_regularizer": config})
    assert layer.kernel_regularizer.l2 == 0.02  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"class_name": "__tuple__", "items": [1, [2]]}, [1, [2]]),
        ({"class_name": "__ellipsis__", "config": {}}, "..."),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "int32"}}, [1]),
        (
            {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": 2}},
            {"start": 1, "step": 2},
        ),
        ({"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}, "mixed_float16"),
        (
            {
                "class_name": "QuantizedDTypePolicy",
                "config": {"mode": "int8", "source_name": "float32"},
            },
            "int8_from_float32",
        ),
        ({"class_name": "SeedGenerator", "config": {"seed": 7}}, 7),
        ({"class_name": "function", "config": "relu"}, "relu"),
        ({"a": [{"class_name": "__tuple__", "items": [3]}]}, {"a": [[3]]}),
    ],
)
def test_what_json_does_not_have_is_read(value: Any, expected: object) -> None:
    assert plain(value, KERNEL) == expected


def test_a_function_that_is_registered_is_the_user_s() -> None:
    value = {"class_name": "function", "config": "my>f", "registered_name": "my>f", "module": None}
    with pytest.raises(Unknown, match="the function `my>f`") as caught:
        plain(value, KERNEL)
    assert caught.value.custom == "my>f"


def test_a_class_is_found_by_its_module() -> None:
    assert layer_class({"class_name": "Dense"}) is Dense
    assert layer_class({"module": "keras.layers", "class_name": "Dense"}) is Dense
    add = {"module": "keras.src.ops.numpy", "class_name": "Add"}
    assert (layer_class(add).module, layer_class({"class_name": "Add"}).module) == ("ops", "layers")


@pytest.mark.parametrize(
    ("data", "custom"),
    [
        ({"class_name": "Mine"}, "Mine"),
        ({"class_name": "Mine", "registered_name": "my>Mine"}, "my>Mine"),
        ({"class_name": "Dense", "module": "mine"}, "Dense"),
        ({"class_name": "Mine", "module": "keras.layers"}, None),
    ],
)
def test_an_unknown_class_is_the_user_s_unless_it_is_one_of_keras(
    data: Any, custom: str | None
) -> None:
    with pytest.raises(Unknown, match="no rule knows the layer") as caught:
        kind_of(data)
    assert caught.value.custom == custom
