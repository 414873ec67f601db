"""Attention without heads: what comes of query, value and key, and which masks fit."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.layers.attention import AdditiveAttention, Attention, misfit
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

QUERY, VALUE, KEY = (None, 6, 8), (None, 4, 5), (None, 4, 8)


def called(
    *shapes: Shape, masks: tuple[Shape, ...] = (), options: dict[str, Any] | None = None
) -> Inputs:
    tensors = (*map(Tensor, shapes), *(Tensor(mask, "bool") for mask in masks))
    names = ("inputs",) * len(shapes) + ("mask",) * len(masks)
    return Inputs(tensors, keywords=names, options=options or {})


def weights(layer: Any, *shapes: Shape) -> list[tuple[str, Shape]]:
    return [(one.name, one.shape) for one in layer.weights(Inputs.of(*shapes))]


def test_a_query_gets_the_features_of_the_values() -> None:
    layer = Attention(dtype="mixed_bfloat16")
    inputs = called(QUERY, VALUE, KEY, options={"return_attention_scores": True})
    assert layer.results(inputs) == (
        Tensor((None, 6, 5), "bfloat16"),
        Tensor((None, 6, 4), "bfloat16"),
    )
    # Each of 6 queries is compared with 4 keys of 8 features, and adds up 4 values of 5.
    assert layer.macs(inputs, ()) == 6 * 4 * (8 + 5)


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        (Attention(), []),
        (
            Attention(use_scale=True, score_mode="concat"),
            [("scale", ()), ("concat_score_weight", ())],
        ),
        (AdditiveAttention(), [("scale", (8,))]),
        (AdditiveAttention(use_scale=False), []),
    ],
)
def test_only_scales_are_learned(layer: Any, found: list[tuple[str, Shape]]) -> None:
    assert weights(layer, QUERY, VALUE, KEY) == found


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ((QUERY, VALUE), r"cannot compare \{0\} with \{1\}: .*, 8 against 5 features"),
        ((QUERY, VALUE, (None, 3, 8)), r"cannot match \{1\} with \{2\}: .*, 4 values have 3 keys"),
        (
            ((3, 6, 8), (2, 4, 5), (2, 4, 8)),
            r"match \{0\} with \{1\}: .*, their leading axes differ",
        ),
        ((QUERY, (5,), KEY), r"takes at least 2 dimensions, \{1\} has 1"),
    ],
)
def test_what_does_not_fit_together(shapes: tuple[Shape, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Attention().results(called(*shapes))


def test_sums_compare_one_feature_with_many_and_products_do_not() -> None:
    inputs = called(QUERY, (None, 4, 1))
    for layer in (AdditiveAttention(), Attention(score_mode="concat")):
        assert layer.results(inputs)[0].shape == (None, 6, 1)
    with pytest.raises(ShapeError, match="8 against 1 features"):
        Attention().results(inputs)


def test_a_mask_is_for_the_queries_and_another_for_the_values() -> None:
    layer = Attention()
    fine = called(QUERY, VALUE, KEY, masks=((None, 6), (None, 4)))
    assert layer.results(fine)[0].shape == (None, 6, 5)
    with pytest.raises(ShapeError, match="takes a list of masks") as one:
        layer.results(called(QUERY, VALUE, KEY, masks=((None, 6),)))
    assert one.value.inputs == (3,)
    with pytest.raises(ShapeError) as wrong:
        layer.results(called(QUERY, VALUE, KEY, masks=((None, 6), (None, 6))))
    assert wrong.value.message == "cannot use {4} as a mask: (None, 6) for (None, 6, 4)"


def test_a_causal_mask_needs_samples_of_sequences() -> None:
    causal = {"use_causal_mask": True}
    assert Attention().results(called(QUERY, VALUE, KEY, options=causal))[0].shape == (None, 6, 5)
    with pytest.raises(ShapeError, match="takes 3 dimensions with `use_causal_mask`"):
        Attention().results(called((6, 8), (4, 5), (4, 8), options=causal))


def test_a_call_takes_two_or_three_tensors() -> None:
    for shapes in ((QUERY,), (QUERY,) * 4):
        with pytest.raises(ShapeError, match="takes 2 or 3 tensors as `inputs`") as caught:
            Attention().results(Inputs.of(*shapes))
        assert caught.value.code == "input-count"


def test_a_misfit_is_told_of_both_inputs() -> None:
    error = misfit("match", 2, (None, 3), 0, (None, 4), "3 against 4")
    assert error.message == "cannot match {2} with {0}: (None, 3) against (None, 4), 3 against 4"
    assert (error.code, error.inputs) == ("shape-mismatch", (2, 0))


def test_a_mask_of_values_may_differ_from_query_to_query() -> None:
    layer = Attention()
    fine = called(QUERY, VALUE, KEY, masks=((None, 6), (None, 6, 4)))
    assert layer.results(fine)[0].shape == (None, 6, 5)
    # The score of a single key is spread over what the mask is for.
    lone = called(QUERY, (None, 4, 5), (None, 1, 8), masks=((None, 6), (None, 4)))
    assert layer.results(lone)[0].shape == (None, 6, 5)
    with pytest.raises(ShapeError, match="4 values have 1 keys"):
        layer.results(called(QUERY, (None, 4, 5), (None, 1, 8)))
