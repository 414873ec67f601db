"""The arguments of optimizers: rates, clipping, and optimizers inside of others."""

from __future__ import annotations

import pytest

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.training.optimizers import (
    SGD,
    Adam,
    LossScaleOptimizer,
    MultiOptimizer,
    Named,
    OptimizerMap,
    Pattern,
)
from mergecli.catalog.training.schedules import ExponentialDecay


def errors(cls: type[KerasObject], **arguments: object) -> list[tuple[str | None, str]]:
    with pytest.raises(ArgumentErrors) as caught:
        cls(**arguments)
    return [(error.argument, error.message) for error in caught.value.errors]


def test_a_single_value_is_the_learning_rate() -> None:
    assert Adam(0.1).explicit == {"learning_rate": 0.1}
    assert (Adam().beta_2, SGD().learning_rate) == (0.999, 0.01)


def test_a_rate_is_a_decimal_number_or_a_schedule() -> None:
    schedule = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.9)
    assert Adam(schedule).learning_rate is schedule
    words = "must be a decimal number or a learning-rate schedule"
    for wrong in (1, "0.1", Adam(), None):
        assert errors(Adam, learning_rate=wrong) == [("learning_rate", words)]


def test_gradients_are_clipped_in_one_way() -> None:
    assert Adam(clipvalue=1.0).clipvalue == 1.0
    found = errors(Adam, clipnorm=1.0, clipvalue=1.0, global_clipnorm=1.0)
    assert [argument for argument, _ in found] == ["clipvalue", "global_clipnorm"]
    assert all(message.startswith("cannot be combined with `clipnorm`") for _, message in found)


def test_averages_are_checked_only_where_they_are_used() -> None:
    assert Adam(ema_momentum=2.0, ema_overwrite_frequency=-1).ema_momentum == 2.0
    found = errors(Adam, use_ema=True, ema_momentum=2.0, ema_overwrite_frequency=-1)
    assert [argument for argument, _ in found] == ["ema_momentum", "ema_overwrite_frequency"]


def test_gradients_of_one_step_are_not_gathered() -> None:
    for right in (0, 2, None):
        assert Adam(gradient_accumulation_steps=right).gradient_accumulation_steps == right
    for wrong in (1, -1):
        assert errors(Adam, gradient_accumulation_steps=wrong) == [
            ("gradient_accumulation_steps", "must be an integer of 2 or more or 0 or null")
        ]


def test_momentum_is_a_decimal_number_up_to_one() -> None:
    assert SGD(momentum=1.0).momentum == 1.0
    assert [argument for argument, _ in errors(SGD, momentum=1)] == ["momentum"]
    assert [argument for argument, _ in errors(SGD, momentum=1.1)] == ["momentum"]


def test_optimizers_are_named_in_any_case_but_lamb_has_no_name() -> None:
    assert [Named().check(name) for name in ("adam", "RMSPROP")] == ["adam", "RMSPROP"]
    for wrong in ("lamb", "LossScaleOptimizer"):
        with pytest.raises(ArgumentError):
            Named().check(wrong)


def test_an_optimizer_inside_of_another_is_a_class_and_no_name() -> None:
    assert isinstance(LossScaleOptimizer(SGD()).inner_optimizer, SGD)
    assert errors(LossScaleOptimizer, inner_optimizer="sgd") == [
        ("inner_optimizer", "must be an optimizer written as a class, such as `{Adam: {}}`")
    ]
    assert errors(LossScaleOptimizer, inner_optimizer=SGD(), clipnorm=1.0) == [
        ("clipnorm", "is not an argument")
    ]


def test_a_map_goes_from_regular_expressions_to_optimizers() -> None:
    found = OptimizerMap(Adam(), {"dense.*": SGD()})
    assert isinstance(MultiOptimizer(found).optimizer_map, OptimizerMap)
    assert errors(OptimizerMap, default_optimizer=Adam(), optimizer_map={"(": SGD()}) == [
        ("optimizer_map", "`(` must be a regular expression")
    ]
    assert errors(OptimizerMap, default_optimizer=LossScaleOptimizer(SGD())) == [
        ("default_optimizer", "cannot be a `LossScaleOptimizer`")
    ]


def test_a_text_that_is_no_regular_expression_is_refused() -> None:
    assert Pattern().check("^a[0-9]+$") == "^a[0-9]+$"
    with pytest.raises(ArgumentError, match="must be a regular expression") as caught:
        Pattern().check("a[")
    assert caught.value.code == "wrong-value"
