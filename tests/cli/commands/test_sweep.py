"""`mergecli sweep`: what a user gets."""

from __future__ import annotations

import csv
import io
import json
import pathlib
from typing import Any

import pytest
from running import run

import mergecli

SPEC = """\
vars: {width: 32, depth: 1, classes: {choices: [10, 20], default: 10}}
input: [8, 8, 3]
layers:
  - Conv2D: {filters: $width, kernel_size: 3}
    repeat: $depth
  - Flatten
  - Dense: $classes
budget: {parameters: 30k}
"""


@pytest.fixture
def spec(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_row_for_each_candidate_in_order_with_the_numbers_of_summary(spec: pathlib.Path) -> None:
    result = run("sweep", spec, "width=4,8,-1", "depth=1:4")
    known = rows(result.stdout)
    assert result.returncode == 0
    assert [(row["width"], row["depth"]) for row in known] == [
        (width, depth) for width in (4, 8, -1) for depth in (1, 2, 3, 4)
    ]
    for row in known[:3]:
        summary = mergecli.summary(spec, variables={"width": row["width"], "depth": row["depth"]})
        assert row["layers"] == len(summary.layers)
        for name in ("parameters", "trainable_parameters", "macs", "weight_bytes"):
            assert row[name] == getattr(summary, name)
    # Four convolutions make an image of 8 pixels vanish.
    assert known[3]["verdict"] == "error"
    assert known[-1]["codes"] == ["wrong-value"]
    assert known[-1]["parameters"] is None
    assert result.stderr.startswith("12 candidates: 6 ok, 6 with errors; 12 rows")


def test_a_candidate_over_its_budget_has_its_numbers(spec: pathlib.Path) -> None:
    (row,) = rows(run("sweep", spec, "width=200").stdout)
    assert row["verdict"] == "over-budget"
    assert row["parameters"] == 200 * 27 + 200 + 7200 * 10 + 10
    assert "over the budget of 30,000" in row["message"]


def test_without_values_the_space_is_that_of_the_spec(spec: pathlib.Path) -> None:
    assert [row["classes"] for row in rows(run("sweep", spec).stdout)] == [10, 20]
    result = run("sweep", spec, "--set", "classes=10")
    assert result.returncode == 2
    assert "there is nothing to vary" in result.stderr.lower()


def test_csv_and_the_selections(spec: pathlib.Path) -> None:
    result = run(
        "sweep", spec, "width=4:16:4", "depth=1,2", "--where", "macs > 50000", "--format", "csv"
    )
    table = list(csv.DictReader(io.StringIO(result.stdout)))
    assert table
    assert all(int(row["macs"]) > 50000 for row in table)
    best = rows(run("sweep", spec, "width=4:16:4", "--top", "2", "--by", "max:parameters").stdout)
    assert [row["width"] for row in best] == [16, 12]
    front = rows(
        run("sweep", spec, "width=4:16:4", "depth=1,2", "--pareto", "macs,max:depth").stdout
    )
    assert [(row["width"], row["depth"]) for row in front] == [(4, 1), (4, 2)]


def test_rows_with_a_score_from_standard_input(spec: pathlib.Path) -> None:
    trials = "width,score\n4,0.5\n8,0.4\n12,0.9\n"
    result = run("sweep", spec, "--rows", "-", "--pareto", "macs,max:score", stdin=trials)
    assert [(row["width"], row["score"]) for row in rows(result.stdout)] == [(4, 0.5), (12, 0.9)]
    again = run("sweep", spec, "--rows", "-", stdin=result.stdout)
    assert [row["score"] for row in rows(again.stdout)] == [0.5, 0.9]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["widht=3"], "did you mean `width`"),
        (["width"], "'width' is not NAME=VALUES"),
        (["width=1:0.5"], "above"),
        (["width=1", "--top", "3"], "--top and --by belong together"),
        (["width=1", "--rows", "x.csv"], "--rows has the candidates"),
        (["width=1", "--set", "width=2"], "fixed by --set"),
        (["width=1", "-o", "x.txt"], "does not end in"),
        (["width=1", "--pareto", "nothing"], "no column `nothing`"),
        (["--rows", "empty.csv"], "\nError: empty.csv: a file of rows begins with"),
        (
            ["width=1:99", "--emit", "empty.csv"],
            "\nError: --emit empty.csv is a file, not a folder",
        ),
    ],
)
def test_wrong_usage(spec: pathlib.Path, arguments: list[str], message: str) -> None:
    (spec.parent / "empty.csv").touch()
    result = run("sweep", spec, *arguments, cwd=spec.parent)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "missing.csv: error[not-found]: no such file\n"),
        (".", ".: error[is-folder]: is a folder, not a file of rows\n"),
    ],
)
def test_a_file_of_rows_that_cannot_be_read(spec: pathlib.Path, name: str, message: str) -> None:
    result = run("sweep", spec, "--rows", name, cwd=spec.parent)
    assert (result.returncode, result.stderr) == (3, message)


def test_other_exit_codes(spec: pathlib.Path) -> None:
    assert run("sweep", spec, "width=-1,-2").returncode == 1
    assert run("sweep", spec, "width=4", "--where", "macs < 0").returncode == 1
    assert run("sweep", spec.parent / "missing.yaml", "width=1").returncode == 3
    spec.write_text("layers: [")
    assert run("sweep", spec, "width=1").returncode == 1


def test_an_output_is_complete_or_of_another_sweep(spec: pathlib.Path) -> None:
    output = spec.parent / "out.jsonl"
    assert run("sweep", spec, "width=4,8", "-o", output).returncode == 0
    first = output.read_bytes()
    again = run("sweep", spec, "width=4,8", "-o", output)
    assert (again.returncode, again.stderr) == (0, f"{output} is complete\n")
    plotted = run("sweep", spec, "width=4,8", "-o", output, "--emit", spec.parent / "emitted")
    assert (
        plotted.stderr == f"{output} is complete, so nothing is drawn or emitted; add --restart\n"
    )
    assert not (spec.parent / "emitted").exists()
    other = run("sweep", spec, "width=4,12", "-o", output)
    assert other.returncode == 2
    assert "is not of this sweep" in other.stderr
    assert output.read_bytes() == first
    assert run("sweep", spec, "width=4,12", "-o", output, "--restart").returncode == 0
    assert output.read_bytes() != first


def test_kept_candidates_as_specs(spec: pathlib.Path) -> None:
    folder = spec.parent / "kept"
    result = run("sweep", spec, "width=4:16:4", "--top", "1", "--by", "macs", "--emit", folder)
    (row,) = rows(result.stdout)
    emitted = folder / "spec-0.yaml"
    assert mergecli.summary(emitted).macs == row["macs"]
    assert "width: 4, depth: 1, classes: {choices" in emitted.read_text()
