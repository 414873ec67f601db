"""Candidates from files, and the columns of rows."""

from __future__ import annotations

import io

import pytest

from mergecli.screening.rows import CandidateFacts, Row, read_rows, split_row
from mergecli.screening.space import SpaceError


def rows(text: str, path: str = "-") -> list[dict[str, object]]:
    return list(read_rows(io.StringIO(text), path))


def test_the_cells_of_csv_are_yaml() -> None:
    text = 'width,act,size,score\n32,relu,"[3, 3]",0.5\n\n64,gelu,"a: b: c",\n'
    assert rows(text) == [
        {"width": 32, "act": "relu", "size": [3, 3], "score": 0.5},
        {"width": 64, "act": "gelu", "size": "a: b: c", "score": ""},
    ]


def test_jsonl_by_its_ending_or_its_first_character() -> None:
    assert rows('{"width": 32}\n\n{"width": 64, "x": null}\n') == [
        {"width": 32},
        {"width": 64, "x": None},
    ]
    assert rows('{"width": 32}\n', "a.jsonl") == [{"width": 32}]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("a,b\n1\n", "a.csv", r"a\.csv:2: expected 2 cells, found 1"),
        ("", "a.csv", "begins with a line of column names"),
        ("[1]\n", "a.jsonl", r"a\.jsonl:1: a row must be an object"),
        ('{"a": 1}\n{"a"\n', "a.jsonl", r"a\.jsonl:2: not JSON"),
    ],
)
def test_wrong_rows(text: str, path: str, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        rows(text, path)


def test_the_facts_of_an_earlier_sweep_are_left_out() -> None:
    row = {"candidate": 3, "width": 8, "vars.layers": 2, "macs": 5, "score": 0.5}
    assert split_row(row, ["width", "layers"]) == ({"width": 8, "layers": 2}, {"score": 0.5})


def test_a_variable_with_the_name_of_a_fact_has_a_column_of_its_own() -> None:
    row = Row(0, {"layers": 2}, CandidateFacts("ok", layers=5), {"score": 1})
    assert row.columns["vars.layers"] == 2
    assert row.columns["layers"] == 5
    assert list(row.columns)[:3] == ["candidate", "vars.layers", "score"]
