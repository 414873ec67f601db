"""Pieces of a sweep, in one process and in several: the same rows in the same order."""

from __future__ import annotations

import itertools

import pytest

from mergecli.screening.running import FIRST_PIECE, LARGEST_PIECE, Pieces, Result
from mergecli.screening.screener import Subject
from mergecli.screening.selection import Objective, Selection
from mergecli.screening.space import RandomSpace, space_of
from mergecli.screening.sweeping import Sweep

SPEC = "vars: {width: 3, depth: 1}\ninput: [4]\nlayers: [{Dense: $width, repeat: $depth}]\n"
SPACE = space_of({"width": range(-1, 60), "depth": range(1, 4)})


def sweep_of(selection: Selection | None = None) -> Sweep:
    space = RandomSpace(SPACE, 150, 3)
    return Sweep(
        Subject(SPEC, "x.yaml"), ["width", "depth"], space, None, selection or Selection(), "jsonl"
    )


def test_processes_give_the_same_text_as_one() -> None:
    one = "".join(result.text for result in sweep_of().results())
    assert "".join(result.text for result in sweep_of().results(jobs=2)) == one
    assert one.count("\n") == 150
    assert '"verdict": "error"' in one


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_rows_of_a_front(jobs: int) -> None:
    selection = Selection(
        "width > 5", pareto=[Objective.parse("macs"), Objective.parse("max:depth")]
    )
    rows = list(sweep_of(selection).rows(jobs))
    assert rows == sorted(rows, key=lambda row: row.candidate)
    assert {row.variables["depth"] for row in rows} <= {1, 2, 3}


def test_rows_are_taken_as_they_are_needed() -> None:
    endless = ({"width": number} for number in itertools.count(1))
    sweep = Sweep(Subject(SPEC, "x.yaml"), ["width", "depth"], None, endless, Selection())
    first = list(itertools.islice(sweep.rows(), 20))
    assert [row.variables["width"] for row in first] == list(range(1, 21))


def test_pieces_grow_with_the_speed_within_bounds() -> None:
    sweep = sweep_of()
    pieces = Pieces(sweep.task, 0, iter(()), 0.5)
    first = pieces.take()
    assert first is not None
    assert (first.start, first.size) == (0, FIRST_PIECE)
    pieces.learn(Result(0, 16, {}, None, [], 0, "", 1e-9))
    second = pieces.take()
    assert second is not None
    assert second.size == 4 * FIRST_PIECE <= LARGEST_PIECE
    pieces.learn(Result(0, 16, {}, None, [], 0, "", 1e9))
    third = pieces.take()
    assert third is not None
    assert third.size == FIRST_PIECE
