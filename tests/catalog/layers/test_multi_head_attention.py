"""Attention of several heads: projections, scores, masks, and what Keras refuses."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.multi_head_attention import GroupQueryAttention, MultiHeadAttention
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

QUERY, VALUE = (None, 6, 8), (None, 5, 10)


def called(options: dict[str, Any] | None = None, **shapes: Shape) -> Inputs:
    tensors = tuple(Tensor(shape) for shape in shapes.values())
    return Inputs(tensors, keywords=tuple(shapes), options=options or {})


def weights(layer: Any, inputs: Inputs) -> list[tuple[str, Shape]]:
    return [(one.name, one.shape) for one in layer.weights(inputs)]


def test_each_head_projects_query_key_and_value_by_itself() -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4, value_dim=3, output_shape=7)
    inputs = called(query=QUERY, value=VALUE, key=(None, 5, 9))
    assert weights(layer, inputs) == [
        ("query/kernel", (8, 2, 4)),
        ("query/bias", (2, 4)),
        ("key/kernel", (9, 2, 4)),
        ("key/bias", (2, 4)),
        ("value/kernel", (10, 2, 3)),
        ("value/bias", (2, 3)),
        ("attention_output/kernel", (2, 3, 7)),
        ("attention_output/bias", (7,)),
    ]
    assert layer.results(inputs) == (Tensor((None, 6, 7)),)


def test_the_work_is_that_of_the_projections_and_of_the_scores() -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4, value_dim=3)
    inputs = called(query=QUERY, value=VALUE)
    projections = 6 * 8 * 2 * 4 + 5 * 10 * 2 * 4 + 5 * 10 * 2 * 3 + 6 * 2 * 3 * 8
    assert layer.macs(inputs, layer.results(inputs)) == projections + 6 * 5 * 2 * (4 + 3)
    unknown = called(query=(None, None, 8), value=VALUE)
    assert layer.macs(unknown, layer.results(unknown)) is None


def test_scores_come_with_the_result_where_they_are_wanted() -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4, dtype="mixed_float16")
    inputs = called({"return_attention_scores": True}, query=QUERY, value=QUERY)
    assert layer.results(inputs) == (
        Tensor((None, 6, 8), "float16"),
        Tensor((None, 2, 6, 6), "float16"),
    )
    flash = MultiHeadAttention(num_heads=2, key_dim=4, flash_attention=True)
    with pytest.raises(ShapeError, match="cannot give attention scores") as caught:
        flash.results(inputs)
    assert caught.value.argument == "flash_attention"


def test_groups_of_query_heads_share_keys_and_values() -> None:
    layer = GroupQueryAttention(
        head_dim=4, num_query_heads=6, num_key_value_heads=2, use_bias=False
    )
    inputs = called({"return_attention_scores": True}, query=QUERY, value=(None, 5, 8))
    assert weights(layer, inputs) == [
        ("query/kernel", (8, 6, 4)),
        ("key/kernel", (8, 2, 4)),
        ("value/kernel", (8, 2, 4)),
        ("attention_output/kernel", (6, 4, 8)),
    ]
    assert [one.shape for one in layer.results(inputs)] == [(None, 6, 8), (None, 6, 6, 5)]


def test_a_gate_is_as_wide_as_the_values_and_comes_in_front_of_them() -> None:
    layer = MultiHeadAttention(2, 4, value_dim=3, use_gate=True, use_bias=False)
    assert weights(layer, called(query=QUERY, value=VALUE))[2:4] == [
        ("gate/kernel", (8, 2, 3)),
        ("value/kernel", (10, 2, 3)),
    ]


@pytest.mark.parametrize("mask", [(None, 6, 5), (1, 1, 5), (6, 5), (None, 2, 6, 5)])
def test_a_mask_may_spread_over_the_scores(mask: Shape) -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4)
    inputs = called(query=QUERY, value=VALUE, attention_mask=mask)
    assert layer.results(inputs)[0].shape == QUERY


def test_a_mask_of_another_size_is_refused() -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4)
    with pytest.raises(ShapeError) as caught:
        layer.results(called(query=QUERY, value=VALUE, attention_mask=(None, 6, 4)))
    assert caught.value.message == "cannot use {2} as a mask: the scores are (None, 2, 6, 5)"
    assert caught.value.inputs == (2,)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"query": (None, 8), "value": (None, 8)}, r"at least 3 dimensions, \{0\} has 2"),
        (
            {"query": QUERY, "value": (None, 5, 8), "key": (None, 4, 8)},
            r"cannot match \{1\} with \{2\}: \(None, 5, 8\) against \(None, 4, 8\)",
        ),
        ({"query": QUERY, "value": (None, 2, 5, 8)}, "3 against 4 dimensions"),
        ({"query": (3, 6, 8), "value": (2, 5, 8)}, "3 against 2 on axis 0"),
    ],
)
def test_what_does_not_fit_together(shapes: dict[str, Shape], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        MultiHeadAttention(num_heads=2, key_dim=4).results(called(**shapes))


def test_grouped_attention_takes_queries_as_wide_as_the_values() -> None:
    layer = GroupQueryAttention(4, 4, 2)
    with pytest.raises(ShapeError, match="8 against 10 features"):
        layer.results(called(query=QUERY, value=VALUE))


def test_attention_along_one_of_several_axes() -> None:
    layer = MultiHeadAttention(2, 4, attention_axes=2)
    # The axes that are not attended over must agree.
    assert layer.results(called(query=(None, 3, 6, 8), value=(None, 3, 5, 8)))[0].shape == (
        None,
        3,
        6,
        8,
    )
    with pytest.raises(ShapeError, match="3 against 4 on axis 1"):
        layer.results(called(query=(None, 3, 6, 8), value=(None, 4, 5, 8)))
    with pytest.raises(ShapeError, match="cannot attend over") as twice:
        MultiHeadAttention(2, 4, attention_axes=[1, 1]).results(called(query=QUERY, value=VALUE))
    assert twice.value.code == "axis-range"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (
            MultiHeadAttention,
            {"num_heads": 2, "key_dim": 4, "dropout": 0.1, "flash_attention": True},
            "flash_attention: cannot be used together with `dropout`",
        ),
        (
            MultiHeadAttention,
            {"num_heads": 2, "key_dim": 4, "attention_axes": []},
            "attention_axes: names no axis",
        ),
        (
            GroupQueryAttention,
            {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 3},
            "num_key_value_heads: must divide `num_query_heads`, 4",
        ),
    ],
)
def test_arguments_that_do_not_go_together(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)


def test_masks_of_a_call_are_joined() -> None:
    layer = MultiHeadAttention(num_heads=2, key_dim=4)
    both = called(
        {"use_causal_mask": True}, query=QUERY, value=VALUE, value_mask=(None, 5), key_mask=(1, 5)
    )
    assert layer.results(both) == (Tensor(QUERY),)
    apart = called(query=QUERY, value=VALUE, value_mask=(None, 5), key_mask=(None, 4))
    with pytest.raises(ShapeError, match=r"cannot use \{2\} with \{3\} as a mask"):
        layer.results(apart)


def test_scores_are_left_out_where_they_are_not_wanted() -> None:
    inputs = called(query=QUERY, value=(None, 5, 8))
    assert GroupQueryAttention(4, 4, 2).results(inputs) == (Tensor(QUERY),)


def test_axes_that_keras_has_filled_in_are_left_out() -> None:
    quirk = MultiHeadAttention.config_quirk
    assert quirk is not None
    built = {"build_config": {"shapes_dict": {"query_shape": [None, 3, 6, 8]}}}
    assert "attention_axes" not in quirk.apply({**built, "attention_axes": [1, 2]})
    assert quirk.apply({**built, "attention_axes": [2]})["attention_axes"] == [2]
