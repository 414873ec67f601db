"""A sweep as a whole, by the Python API."""

from __future__ import annotations

import pathlib

import pytest

import mergecli
from mergecli.diagnostics.source import Source
from mergecli.screening.space import SpaceError
from mergecli.screening.sweeping import check_names, declared_variables

SPEC = """\
vars: {width: {choices: [3, 5]}, depth: 1}
input: [4]
layers:
  - Dense: $width
    repeat: $depth
"""


def test_the_python_api_yields_typed_rows() -> None:
    rows = list(mergecli.sweep(source=SPEC, space={"width": range(1, 4), "depth": "1:2"}))
    assert [dict(row.variables) for row in rows] == [
        {"width": width, "depth": depth} for width in (1, 2, 3) for depth in (1, 2)
    ]
    summary = mergecli.summary(source=SPEC, variables={"width": 1})
    assert rows[0] == mergecli.SweepRow(
        0,
        {"width": 1, "depth": 1},
        "ok",
        (),
        None,
        1,
        5,
        5,
        4,
        20,
        20,
        summary.memory_bytes,
        summary.training_memory_bytes,
        {},
    )
    (row,) = mergecli.sweep(source=SPEC, space={"width": 1}, batch=32)
    assert (row.memory_bytes or 0) > (rows[0].memory_bytes or 0)


def test_choices_and_rows_and_selections() -> None:
    assert [row.variables["width"] for row in mergecli.sweep(source=SPEC)] == [3, 5]
    trials = [{"width": 3, "score": 1}, {"width": 9, "score": 0}, {"width": 5, "score": 2}]
    front = mergecli.sweep(source=SPEC, rows=trials, pareto=["macs", "max:score"])
    assert [(row.variables["width"], row.extra["score"]) for row in front] == [(3, 1), (5, 2)]
    best = mergecli.sweep(source=SPEC, space={"width": "1:9"}, top=1, by="max:macs")
    assert [row.variables["width"] for row in best] == [9]


def test_one_candidate_as_a_step_of_a_search() -> None:
    row = next(mergecli.sweep(source=SPEC, space={"width": 7}))
    assert (row.verdict, row.parameters) == ("ok", 35)


def test_errors(tmp_path: pathlib.Path) -> None:
    for arguments in ({"space": {"x": 1}}, {"rows": [{"x": 1}]}, {"top": 1}, {"where": "x > 1"}):
        with pytest.raises(ValueError):
            list(mergecli.sweep(source=SPEC, **arguments))  # type: ignore[arg-type]
    with pytest.raises(mergecli.SpecError):
        mergecli.sweep(source="layers: [", space={"width": 1})
    with pytest.raises(mergecli.UnreadableError):
        mergecli.sweep(tmp_path / "missing.yaml", {"width": 1})


def test_the_variables_of_a_spec() -> None:
    variables, errors = declared_variables(Source(SPEC, "x.yaml"))
    assert [variable.key.value for variable in variables] == ["width", "depth"]
    assert not errors
    assert declared_variables(Source("layers: [", "x.yaml"))[1]
    with pytest.raises(SpaceError, match="did you mean `depth`"):
        check_names(["dept"], ["width", "depth"])
