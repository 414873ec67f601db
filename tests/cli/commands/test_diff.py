"""`mergecli diff`: its sides, its exit codes, and what it refuses."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli

OLD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"
NEW = OLD.replace("units: 4", "units: 5")


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GIT_DIFF_PATH_COUNTER", raising=False)
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW)
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    return tmp_path


def diff(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["diff", *arguments], input=stdin)


def test_the_exit_code_says_whether_the_models_differ_even_when_nothing_is_printed() -> None:
    same, other = diff("-q", "old.yaml", "old.yaml"), diff("-q", "old.yaml", "new.yaml")
    assert (same.exit_code, same.output) == (0, "")
    assert (other.exit_code, other.output) == (1, "")


def test_a_side_with_errors_is_reported_and_is_no_difference() -> None:
    result = diff("old.yaml", "bad.yaml")
    assert result.exit_code == 3
    assert "bad.yaml:2:" in result.stderr
    assert result.stdout == ""


def test_one_side_comes_from_standard_input_and_never_both() -> None:
    assert diff("-", "old.yaml", stdin=OLD).exit_code == 0
    both = diff("-", "-", stdin=OLD)
    assert both.exit_code == 2
    assert "only one side can come from standard input" in both.stderr


def test_no_output_overwrites_a_side(folder: pathlib.Path) -> None:
    result = diff("old.yaml", "new.yaml", "--format", "json=./new.yaml")
    assert result.exit_code == 2
    assert "would overwrite a file that is compared" in result.stderr
    assert (folder / "new.yaml").read_text() == NEW


def test_the_number_of_sides_is_told_when_it_is_wrong() -> None:
    assert "not 1" in diff("old.yaml").stderr
    result = diff("old.yaml", "new.yaml", "old.yaml")
    assert result.exit_code == 2
    assert "OLD and NEW, not 3" in result.stderr


def test_the_page_is_a_picture_and_its_options_are_in_the_help(folder: pathlib.Path) -> None:
    result = diff("-q", "old.yaml", "new.yaml", "--plot", "d.html")
    assert (result.exit_code, result.output) == (1, "")
    assert (folder / "d.html").read_bytes().startswith(b"<!doctype html>")
    help_text = diff("--help").output
    assert ".mmd, .html" in " ".join(help_text.split()) and "--serve [PORT]" in help_text


def test_git_gets_zero_whatever_it_is_shown(folder: pathlib.Path) -> None:
    rest = ("0" * 40, "100644")
    changed = diff("m.yaml", "old.yaml", *rest, "new.yaml", *rest)
    added = diff("m.yaml", "/dev/null", *rest, "new.yaml", *rest)
    removed = diff("m.yaml", "old.yaml", *rest, "/dev/null", *rest)
    broken = diff("m.yaml", "old.yaml", *rest, "bad.yaml", *rest)
    assert [r.exit_code for r in (changed, added, removed, broken)] == [0, 0, 0, 0]
    assert "a/m.yaml" in changed.stdout
    assert added.stdout == "m.yaml: added, a model of 1 layer\n"
    assert removed.stdout == "m.yaml: removed, a model of 1 layer\n"
    assert broken.stdout == "b/m.yaml: no model, as said on standard error\n"


def test_a_file_that_git_shows_as_unmerged_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIFF_PATH_COUNTER", "1")
    result = diff("m.yaml")
    assert (result.exit_code, result.stdout) == (0, "m.yaml is unmerged\n")
