"""`mergecli validate`: codes, fixes, and options that do not fit together."""

from __future__ import annotations

import os
import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli

IDLE = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n"
BAD = "input: [8]\nlayers: [{Dens: 4}]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "idle.yaml").write_text(IDLE)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments])


def test_an_ignored_warning_is_no_failure_even_when_warnings_count() -> None:
    assert validate("--strict", "idle.yaml").exit_code == 1
    assert validate("--strict", "--ignore", "unused-input", "idle.yaml").exit_code == 0


def test_a_file_that_cannot_be_read_is_reported_beside_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = os.open

    def refusing(path: str, *options: int) -> int:
        if path == "idle.yaml":
            raise PermissionError(13, "Permission denied")
        return read(path, *options)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(os, "access", lambda path, mode: path != "idle.yaml")
    result = validate("idle.yaml", "bad.yaml")
    assert result.exit_code == 3
    assert "idle.yaml: error[unreadable]: Permission denied" in result.stdout
    assert "[unknown-layer]" in result.stdout


def test_only_selected_codes_are_reported() -> None:
    result = validate("--select", "unused-input", "idle.yaml", "bad.yaml")
    assert "[unused-input]" in result.output
    assert "[unknown-layer]" not in result.output


def test_the_difference_of_a_fix_is_shown_and_not_written(folder: pathlib.Path) -> None:
    result = validate("--diff", "bad.yaml")
    assert "+layers: [{Dense: 4}]" in result.stdout
    assert (folder / "bad.yaml").read_text() == BAD


def test_a_fixed_file_is_right_at_once(folder: pathlib.Path) -> None:
    assert validate("--fix", "bad.yaml").exit_code == 0
    assert (folder / "bad.yaml").read_text() == BAD.replace("Dens:", "Dense:")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--watch", "--fix"), "--watch cannot be used with --fix or --diff"),
        (("--diff", "--format", "json"), "standard output is taken by --diff"),
        (("--ignore", "unused-inputs"), "unused-inputs"),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(options: tuple[str, ...], message: str) -> None:
    result = validate("bad.yaml", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_quiet_prints_no_closing_line(folder: pathlib.Path) -> None:
    (folder / "good.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    assert validate("-q", "good.yaml").output == ""
    assert validate("good.yaml").stderr != ""
