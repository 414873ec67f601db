"""Configs of Keras 1 and 2 in today's names: what is renamed, joined, left out, and kept."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog import registry
from mergecli.catalog.old_configs import CLASSES, JOINED, RENAMED, modern, replaced


def today(names: str, **config: Any) -> dict[str, Any]:
    """The config of a class that has these arguments."""
    return modern(dict.fromkeys(names.split()), config)


def test_names_and_values_of_keras_1_become_those_of_today() -> None:
    found = today("padding data_format use_bias", border_mode="same", dim_ordering="th", bias=False)
    assert found == {"padding": "same", "data_format": "channels_first", "use_bias": False}
    assert today("data_format", dim_ordering="default") == {"data_format": "channels_last"}


def test_the_sides_of_a_kernel_become_one_list() -> None:
    assert today("kernel_size filters", nb_row=3, nb_col=5, nb_filter=8) == {
        "kernel_size": [3, 5],
        "filters": 8,
    }
    sides = {"kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3}
    assert today("kernel_size", **sides) == {"kernel_size": [1, 2, 3]}


def test_a_name_that_the_class_has_today_is_not_old() -> None:
    assert today("alpha negative_slope", alpha=0.3) == {"alpha": 0.3}
    assert today("output_dim input_dim", output_dim=3, input_dim=9) == {
        "output_dim": 3,
        "input_dim": 9,
    }


def test_today_s_name_wins_over_an_old_one_in_any_order() -> None:
    assert today("units", units=3, output_dim=5) == {"units": 3}
    assert today("units", output_dim=5, units=3) == {"units": 3}


def test_what_is_gone_is_left_out_only_where_it_changes_nothing() -> None:
    assert today("units", decay=0.0, time_major=False, input_length=7, optional=None) == {}
    assert today("units", decay=0.1, time_major=True) == {"decay": 0.1, "time_major": True}
    assert today("units", unheard_of=None) == {"unheard_of": None}


def test_the_first_implementation_is_that_of_today() -> None:
    assert today("implementation", implementation=0) == {"implementation": 1}
    assert today("implementation", implementation=2) == {"implementation": 2}


@pytest.mark.parametrize(
    ("mode", "cls", "config"),
    [
        ("sum", "Add", {"name": "m"}),
        ("ave", "Average", {"name": "m"}),
        ("concat", "Concatenate", {"name": "m", "axis": 2}),
        ("dot", "Dot", {"name": "m", "axes": 1, "normalize": False}),
    ],
)
def test_a_merge_is_the_layer_of_its_mode(mode: str, cls: str, config: dict[str, Any]) -> None:
    old = {"name": "m", "mode": mode, "concat_axis": 2, "dot_axes": 1, "arguments": {}}
    assert replaced("Merge", old) == (cls, config)


def test_a_merge_by_a_function_and_other_classes_stay() -> None:
    assert replaced("Merge", {"mode": "lambda"}) == ("Merge", {"mode": "lambda"})
    assert replaced("Dense", {"mode": "sum"}) == ("Dense", {"mode": "sum"})


def test_the_reset_gate_came_first_unless_the_config_says_otherwise() -> None:
    assert replaced("GRU", {}) == ("GRU", {"reset_after": False})
    assert replaced("CuDNNGRU", {}) == ("CuDNNGRU", {"reset_after": True})
    assert replaced("GRUCell", {"reset_after": True}) == ("GRUCell", {"reset_after": True})


def test_a_dense_layer_over_time_is_wrapped() -> None:
    config = {"name": "d", "output_dim": 3}
    assert replaced("TimeDistributedDense", config) == (
        "TimeDistributed",
        {"name": "d", "layer": {"class_name": "Dense", "config": config}},
    )


def test_initializers_of_a_separable_convolution_of_keras_1() -> None:
    _, config = replaced("SeparableConvolution2D", {"name": "s", "init": "normal"})
    assert config == {
        "name": "s", "depthwise_initializer": "normal", "pointwise_initializer": "normal",
    }  # fmt: skip


def test_an_output_shape_that_is_not_usual_becomes_padding_of_the_output() -> None:
    old = {"nb_row": 3, "nb_col": 3, "subsample": [2, 2], "border_mode": "valid"}
    # 4 rows make 2 * 3 + 3 = 9; 10 rows need one more.
    usual = {**old, "dim_ordering": "th", "output_shape": [None, 8, 9, 9]}
    assert "output_padding" not in replaced("Deconvolution2D", usual)[1]
    more = {**old, "dim_ordering": "tf", "output_shape": [None, 10, 9, 8]}
    assert replaced("Deconvolution2D", more)[1]["output_padding"] == [1, 0]


def test_every_class_and_argument_of_today_exists() -> None:
    assert all(registry.layer(name) is not None for name in CLASSES.values())
    known = {name for cls in registry.layers().values() for name in cls.arguments} | {
        "learning_rate"
    }
    assert {name for names in RENAMED.values() for name in names} <= known
    assert {name for _, name in JOINED} <= known
