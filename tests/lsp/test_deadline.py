"""Deadlines: what is over its time is ended, also inside of others."""

from __future__ import annotations

import pytest

from mergecli.lsp.deadline import Deadline, TooSlow, bounded


def test_work_over_its_time_is_ended_at_the_next_check() -> None:
    with pytest.raises(TooSlow), Deadline(0):
        Deadline.check()


def test_work_within_its_time_and_work_without_deadline_go_on() -> None:
    Deadline.check()
    with Deadline(60):
        Deadline.check()


def test_only_the_innermost_deadline_counts() -> None:
    with Deadline(0):
        with Deadline(60):
            Deadline.check()
        with pytest.raises(TooSlow):
            Deadline.check()


def test_a_deadline_is_over_when_its_body_fails() -> None:
    with pytest.raises(ValueError), Deadline(0):
        raise ValueError
    Deadline.check()


def test_no_handler_of_exceptions_takes_it() -> None:
    assert not issubclass(TooSlow, Exception)


def test_an_answer_that_takes_too_long_is_none_and_errors_stay_errors() -> None:
    @bounded
    def slow(steps: int, late: bool = False) -> int:
        if late:
            raise TooSlow
        return 12 // steps

    assert slow(4) == 3
    assert slow(4, late=True) is None
    with pytest.raises(ZeroDivisionError):
        slow(0)
