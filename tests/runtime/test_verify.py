"""When the models of a network agree with what has become of them."""

from __future__ import annotations

import pytest

from mergecli.runtime.verify import Report, Row


def row(difference: float | None, allowed: float = 1e-5) -> Row:
    return Row("branch", "model", difference, allowed, 3, 4)


@pytest.mark.parametrize(
    ("difference", "agrees"),
    [(None, True), (0.0, True), (1e-5, True), (1.1e-5, False), (float("inf"), False)],
)
def test_a_row_agrees_up_to_what_is_allowed(difference: float | None, agrees: bool) -> None:
    assert row(difference).agrees is agrees


def test_numbers_that_are_none_do_not_agree() -> None:
    assert not row(float("nan")).agrees


def test_a_report_agrees_if_every_row_and_the_loaded_model_do() -> None:
    assert Report([], 0.0, 0.0).agrees
    assert Report([row(None), row(0.0)], 1e-6, 1e-5).agrees
    assert not Report([row(0.0), row(1.0), row(0.0)], 0.0, 1e-5).agrees
    assert not Report([row(0.0)], 1e-4, 1e-5).agrees
