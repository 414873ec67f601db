"""Outputs that are continued: after an end in the middle of a line, with the same bytes."""

from __future__ import annotations

import json
import pathlib

import pytest

from mergecli.screening.plotting import Pair
from mergecli.screening.resuming import HEADER, Output, read_header
from mergecli.screening.running import Task
from mergecli.screening.screener import Subject
from mergecli.screening.selection import Objective, Selection
from mergecli.screening.space import SpaceError, space_of
from mergecli.screening.sweeping import Sweep
from mergecli.screening.writing import lines

SPEC = "vars: {width: 3}\ninput: [4]\nlayers: [{Dense: $width}]\n"


def sweep_of(
    form: str = "jsonl", selection: Selection | None = None, plotted: Pair | None = None
) -> Sweep:
    space = space_of({"width": range(1, 41)})
    subject = Subject(SPEC, "x.yaml")
    selection = selection or Selection()
    return Sweep(subject, ["width"], space, None, selection, form, plotted=plotted)


def write(sweep: Sweep, output: Output, most: int = 1000) -> None:
    """Screen and write until so many pieces are done."""
    kept, cloud = list(output.kept), output.cloud
    for number, result in enumerate(sweep.results(output.start)):
        if number == most:
            return
        if sweep.task.selection.is_reduced:
            kept = sweep.task.selection.reduce([*kept, *result.rows])
            cloud.add(result.points)
            output.checkpoint(result.start + result.done, kept, cloud)
        output.append(result.text)
    task: Task = sweep.task
    if task.selection.is_reduced:
        output.append(lines(task.selection.finish(kept), task.form, task.columns))
    output.complete()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_every_cut_gives_the_same_bytes(form: str, tmp_path: pathlib.Path) -> None:
    sweep, path = sweep_of(form), tmp_path / f"out.{form}"
    write(sweep, Output(str(path), sweep.task, "x"))
    whole = path.read_bytes()
    header = json.loads((tmp_path / f"out.{form}{HEADER}").read_text())
    header["complete"] = False
    for length in [0, 1, 50, len(whole) // 2, len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:length])
        (tmp_path / f"out.{form}{HEADER}").write_text(json.dumps(header))
        output = Output(str(path), sweep.task, "x")
        write(sweep, output)
        assert path.read_bytes() == whole, length
        assert output.start == max(0, whole[:length].count(b"\n") - (form == "csv"))


def test_a_front_is_continued_from_the_header(tmp_path: pathlib.Path) -> None:
    front = Selection(pareto=[Objective.parse("macs"), Objective.parse("max:width")])
    path = tmp_path / "out.jsonl"
    write(sweep_of(selection=front), Output(str(path), sweep_of(selection=front).task, "x"))
    whole = path.read_bytes()
    path.unlink()
    sweep = sweep_of(selection=front, plotted=(front.pareto[0], front.pareto[1]))
    write(sweep, Output(str(path), sweep.task, "x", restart=True), most=1)
    output = Output(str(path), sweep.task, "x")
    assert output.start == 16
    assert len(output.kept) == 16
    write(sweep, output)
    assert path.read_bytes() == whole
    # A plot shows the candidates of both parts.
    assert [number for number, _, _ in output.cloud.points] == list(range(40))


def test_the_file_of_another_sweep_is_kept(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("mine\n")
    with pytest.raises(SpaceError, match="not of this sweep"):
        Output(str(path), sweep_of().task, "x")
    assert path.read_text() == "mine\n"


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"sweep": "x", "kept": [[1]]}'])
def test_a_broken_header_is_none(text: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.sweep"
    path.write_text(text)
    assert read_header(str(path)) is None
    assert read_header(str(tmp_path / "missing")) is None
