"""The arguments of losses: names, reductions, and what they refuse."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.training.losses import (
    NAMES,
    BinaryCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    Dice,
    Huber,
    MeanSquaredError,
    Named,
)


def test_a_single_value_is_the_first_argument_of_keras() -> None:
    assert Huber(2.0).explicit == {"delta": 2.0}
    assert BinaryCrossentropy(True).explicit == {"from_logits": True}
    assert MeanSquaredError("sum").explicit == {"reduction": "sum"}
    assert Dice("mean").explicit == {"reduction": "mean"}


def test_the_name_of_a_loss_is_that_of_its_result() -> None:
    assert (Huber().name, MeanSquaredError().name) == ("huber_loss", "mean_squared_error")
    with pytest.raises(ArgumentErrors, match="name: must be a string of letters, digits and"):
        Huber(name="my loss")


def test_only_the_reductions_of_keras_are_taken() -> None:
    for right in ("none", None, "mean_with_sample_weight"):
        assert Huber(reduction=right).reduction == right
    with pytest.raises(ArgumentErrors) as caught:
        Huber(reduction="SUM")
    assert [error.code for error in caught.value.errors] == ["wrong-value"]


def test_a_loss_is_computed_in_floats() -> None:
    assert Huber(dtype="float16").dtype == "float16"
    with pytest.raises(ArgumentErrors, match="dtype: must be a dtype of floats"):
        Huber(dtype="int32")


def test_a_weight_for_each_class_or_one_for_all() -> None:
    assert CategoricalFocalCrossentropy(0.5).alpha == 0.5
    assert CategoricalFocalCrossentropy([0.5, 1]).alpha == (0.5, 1)
    with pytest.raises(ArgumentErrors):
        CategoricalFocalCrossentropy(["a"])


def test_an_exponent_lies_between_zero_and_one() -> None:
    assert CategoricalGeneralizedCrossEntropy(0.7).q == 0.7
    for wrong in (0, 1):
        with pytest.raises(ArgumentErrors, match="q: must be a number above 0 and below 1"):
            CategoricalGeneralizedCrossEntropy(wrong)


def test_short_names_have_one_case_and_fitting_ones_any() -> None:
    named = Named()
    assert [named.check(name) for name in ("mse", "MSE", "CE")] == ["mse", "MSE", "CE"]
    for wrong in ("Mse", "accuracy", "Loss"):
        with pytest.raises(ArgumentError):
            named.check(wrong)


def test_every_class_that_keras_names_is_in_the_catalog() -> None:
    classes = {name for name in NAMES if name[0].isupper() and not name.isupper()} | {"CTC"}
    assert classes <= set(registry.things("loss"))
