"""What ends `mergecli verify` before Keras is loaded."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner, Result
from running import ROOT
from running import run as run_program

from mergecli.cli.commands.verify import _text
from mergecli.cli.main import cli
from mergecli.runtime.verify import Report, Row


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["verify", *arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_spec_with_errors_is_not_built(folder: pathlib.Path) -> None:
    (folder / "a.yaml").write_text("input: [8]\nlayers: [Dens]\n")
    result = run("a.yaml")
    assert result.exit_code == 1 and "error[unknown-layer]" in result.output


def test_a_missing_file_is_unreadable() -> None:
    result = run("nope.yaml")
    assert result.exit_code == 3 and "error[not-found]" in result.output


def test_at_least_one_sample_goes_through(folder: pathlib.Path) -> None:
    (folder / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 3}]\n")
    result = run("a.yaml", "--samples", "0")
    assert result.exit_code == 2 and "--samples" in result.output


def test_a_seed_is_not_negative(folder: pathlib.Path) -> None:
    (folder / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 3}]\n")
    assert run("a.yaml", "--seed", "-1").exit_code == 2


@pytest.mark.keras
def test_nothing_but_the_result_is_printed(tmp_path: pathlib.Path) -> None:
    """Keras warns where a model with one input gets a list."""
    result = run_program("verify", ROOT / "specs" / "merged.yaml", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("the merged model computes what its models compute\n")


def test_a_model_of_layers_alone_is_not_said_to_compute_what_others_do() -> None:
    row = Row("", "", None, 0.0, 27, 0)
    shown = _text(Report([row], 0.0, 0.0))
    assert shown.endswith(
        "no branch is a model; the model computes the same after it is saved and loaded\n"
    )
