"""What a box says of a layer, in a few words."""

from __future__ import annotations

from typing import Any

from mergecli.catalog import registry
from mergecli.diagnostics.source import Span
from mergecli.exporters.pictures.labels import common, covering, describe
from mergecli.ir.graph import Call, Location


def described(cls: str, hidden: tuple[str, ...] = (), **arguments: Any) -> str:
    layer = registry.layers()[cls](**arguments)
    return describe(Call(0, cls, layer, Location(Span(1, 1, 1, 1)), None), hidden)


def test_defaults_and_what_says_nothing_of_the_whole_are_left_out() -> None:
    label = described(
        "Dense", units=64, activation="relu", use_bias=True, kernel_initializer="zeros"
    )
    assert label == "64 · relu"
    assert described("BatchNormalization", epsilon=0.1, momentum=0.5) == ""


def test_a_window_is_shown_on_as_many_axes_as_the_layer_has() -> None:
    assert described("Conv3D", filters=8, kernel_size=3) == "8 · 3×3×3"
    assert described("MaxPooling2D", pool_size=[2, 4]) == "2×4"
    assert described("Conv2D", filters=8, kernel_size=1, strides=[2, 2]) == "8 · 1×1 · stride 2"


def test_a_truth_value_is_a_word_or_its_opposite() -> None:
    assert described("LSTM", units=4, return_sequences=True) == "4 · return sequences"
    assert described("Dense", units=4, use_bias=False) == "4 · no bias"


def test_an_argument_that_the_box_shows_elsewhere_is_hidden() -> None:
    assert described("Dense", ("units",), units=64, activation="relu") == "relu"


def test_a_layer_in_a_layer_is_named_with_its_first_number() -> None:
    dense = registry.layers()["Dense"](units=7)
    assert described("TimeDistributed", layer=dense) == "Dense 7"


def test_more_than_44_characters_end_in_dots() -> None:
    label = described(
        "MultiHeadAttention",
        num_heads=12,
        key_dim=64,
        value_dim=64,
        dropout=0.25,
        output_shape=[512],
    )
    assert label.endswith(" · …") and len(label) <= 44 + len(" · …")


def test_half_a_word_is_not_a_common_name() -> None:
    assert common(["stage1.a", "stage1.b"]) == "stage1"
    assert common(["conv2", "conv3"]) == ""
    assert common(["block_1_a", "block_1_b", "block_2_a"]) == "block"


def test_blocks_without_a_common_name_are_named_by_the_first_and_the_last() -> None:
    stages = ["one_conv_1", "one_bn", "two_a_conv", "two_bn", "six_conv", "six_bn"]
    assert covering([stages]) == "one … six"
    # Single layers are not blocks.
    assert covering([["stem", *stages]]) == ""
    assert covering([["net.a_1", "net.a_2"], ["net.b_1", "net.b_2"]]) == "net.a … b"
    assert covering([["net.a_1_x", "net.a_1_y"], ["net.a_2_x", "net.a_2_y"]]) == "net.a_1 … a_2"
    assert covering([["a_x", "a_y"], ["a_b_x", "a_b_y"]]) == "a … a_b"
