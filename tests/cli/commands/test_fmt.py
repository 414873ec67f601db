"""`mergecli fmt`: which files are written, and how the command ends."""

from __future__ import annotations

import os
import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli

MESSY = "layers: [ {Dense: 4} ]\ninput:   [8]\n"
BROKEN = "input: [8\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messy.yaml").write_text(MESSY)
    return tmp_path


def fmt(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["fmt", *arguments], input=stdin)


def test_showing_a_difference_writes_nothing_and_fails_only_with_check(
    folder: pathlib.Path,
) -> None:
    shown, checked = fmt("--diff", "messy.yaml"), fmt("--check", "--diff", "messy.yaml")
    assert (shown.exit_code, checked.exit_code) == (0, 1)
    assert "-input:   [8]" in shown.stdout
    assert (folder / "messy.yaml").read_text() == MESSY


def test_a_formatted_file_is_counted_as_such_the_second_time() -> None:
    assert "1 file rewritten" in fmt("messy.yaml").stderr
    again = fmt("--check", "messy.yaml")
    assert again.exit_code == 0
    assert "1 file already formatted" in again.stderr


def test_a_broken_file_does_not_keep_the_others_from_being_written(folder: pathlib.Path) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    result = fmt("broken.yaml", "messy.yaml")
    assert result.exit_code == 1
    assert "1 file rewritten, 1 file with errors" in result.stderr
    assert (folder / "broken.yaml").read_text() == BROKEN
    assert (folder / "messy.yaml").read_text() != MESSY


def test_a_link_in_a_folder_is_left_alone_and_a_named_one_is_written_through(
    folder: pathlib.Path,
) -> None:
    (folder / "links").mkdir()
    os.symlink(folder / "messy.yaml", folder / "links" / "a.yaml")
    assert "it is a link" in fmt("links").stderr
    assert (folder / "messy.yaml").read_text() == MESSY
    assert fmt(os.path.join("links", "a.yaml")).exit_code == 0
    assert (folder / "messy.yaml").read_text() != MESSY
    assert (folder / "links" / "a.yaml").is_symlink()


def test_other_yaml_files_of_a_folder_are_left_alone(folder: pathlib.Path) -> None:
    (folder / "ci").mkdir()
    (folder / "ci" / "ci.yaml").write_text("on:   push\njobs:   {}\n")
    assert "does not look like a spec" in fmt("ci").stderr
    assert (folder / "ci" / "ci.yaml").read_text() == "on:   push\njobs:   {}\n"


def test_nothing_to_format_is_wrong_usage(folder: pathlib.Path) -> None:
    (folder / "empty").mkdir()
    result = fmt("empty")
    assert result.exit_code == 2
    assert "nothing to format: no *.yaml or *.yml in empty" in result.stderr
