"""Expressions over rows, the first by a column, and Pareto fronts."""

from __future__ import annotations

import itertools
import random

import pytest

from mergecli.screening.rows import CandidateFacts, Row
from mergecli.screening.selection import Objective, Selection, columns_of
from mergecli.screening.space import SpaceError


def row(number: int, macs: int | None, score: float = 0.0, verdict: str = "ok") -> Row:
    facts = CandidateFacts(verdict, parameters=macs, macs=macs)
    return Row(number, {"width": number}, facts, {"score": score})


def test_an_expression_over_all_columns() -> None:
    selection = Selection("macs < 5e6 and score >= 0.5 and verdict == 'ok' and width > 0")
    assert selection.keeps(row(1, 10, 0.5))
    assert not selection.keeps(row(0, 10, 0.5))
    # What is not known is not below anything.
    assert not selection.keeps(row(1, None, 0.5))


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("makcs < 1", "no column `makcs`; did you mean `macs`"),
        ("macs <", "not a valid expression"),
        ("open('x')", "not supported"),
    ],
)
def test_wrong_expressions(where: str, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Selection(where).check(columns_of(["width"]))


def test_unknown_objectives() -> None:
    with pytest.raises(SpaceError, match="no column `scor`"):
        Selection(pareto=[Objective.parse("max:scor")]).check(columns_of(["width"], ["score"]))


def test_the_first_rows_by_a_column() -> None:
    rows = [row(0, 5), row(1, 3), row(2, 5), row(3, 9), row(4, None), row(5, 1, verdict="error")]
    for text, expected in (("macs", [1, 0]), ("max:macs", [3, 0])):
        selection = Selection(top=2, by=Objective.parse(text))
        assert [one.candidate for one in selection.finish(selection.reduce(rows))] == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_front_of_parts_is_that_of_the_whole(seed: int) -> None:
    source = random.Random(seed)
    rows = [row(n, source.randrange(12), source.randrange(12)) for n in range(150)]
    selection = Selection(pareto=[Objective.parse("macs"), Objective.parse("max:score")])
    kept: list[Row] = []
    for start in range(0, 150, 7):
        kept = selection.reduce([*kept, *selection.reduce(rows[start : start + 7])])
    assert kept == selection.reduce(rows)
    points = {(one.facts.macs, one.extra["score"]) for one in rows}
    best = {p for p in points if not any(q[0] <= p[0] and q[1] >= p[1] and q != p for q in points)}
    assert {(one.facts.macs, one.extra["score"]) for one in kept} == best
    # Of equal ones the first.
    for one, other in itertools.product(kept, rows):
        if one.extra == other.extra and one.facts.macs == other.facts.macs:
            assert one.candidate <= other.candidate
