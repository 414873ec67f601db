"""Inputs of commands: which files of a folder are specs, and what a watched spec depends on."""

from __future__ import annotations

import pathlib

import click
import pytest

from mergecli.cli.inputs import (
    Dependencies,
    SpecWalk,
    check,
    check_model,
    display_name,
    report_text,
)
from mergecli.diagnostics.reports import FileReport
from mergecli.importers.modules import CustomLayers


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_gives_its_specs_in_order_and_named_files_any_ending(
    folder: pathlib.Path,
) -> None:
    for name in ("b.yml", "a.yaml", "c.txt", "sub/d.yaml", ".hidden/e.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    walk = SpecWalk(("c.txt", "."))
    assert walk.specs == ["c.txt", "a.yaml", "b.yml", str(pathlib.Path("sub", "d.yaml"))]
    assert walk.empty == []
    assert not any(".hidden" in name for name in walk.folders)


def test_a_folder_without_specs_is_remembered_as_empty(folder: pathlib.Path) -> None:
    (folder / "empty").mkdir()
    walk = SpecWalk(("empty", "missing.yaml"))
    assert (walk.specs, walk.empty) == (["missing.yaml"], ["empty"])


def test_what_is_not_text_is_an_error_and_what_is_missing_is_unreadable(
    folder: pathlib.Path,
) -> None:
    (folder / "latin.yaml").write_bytes(b"name: \xe9\n")
    latin, missing = check("latin.yaml"), check("missing.yaml")
    assert (latin.unreadable, missing.unreadable) == (False, True)
    assert [d.code for d in latin.diagnostics] == ["not-utf8"]
    with pytest.raises(SystemExit) as ended:
        _ = latin.network
    assert ended.value.code == 1
    with pytest.raises(SystemExit) as ended:
        _ = missing.network
    assert ended.value.code == 3


def test_standard_input_has_the_name_that_is_given() -> None:
    assert display_name("-", None) == "<stdin>"
    assert display_name("-", "a.yaml") == "a.yaml"
    assert display_name("b.yaml", "a.yaml") == "b.yaml"


def test_a_saved_model_takes_no_variables() -> None:
    with pytest.raises(click.UsageError, match="a saved model has no variables"):
        check_model("m.keras", {"width": 3})


def test_only_what_is_wrong_has_a_report(folder: pathlib.Path) -> None:
    (folder / "good.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    assert report_text(check("good.yaml")) == ""
    assert "missing.yaml" in report_text(check("missing.yaml"))


def test_a_report_is_kept_until_one_of_its_files_changes(folder: pathlib.Path) -> None:
    (folder / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    dependencies = Dependencies()
    files = dependencies.add(check("a.yaml"), CustomLayers())
    assert "a.yaml" in files
    report = FileReport("a.yaml", None, [], False)
    dependencies.keep("a.yaml", files, report)
    dependencies.begin(["other.yaml"])
    assert dependencies.files == set()
    assert dependencies.known("a.yaml") is report
    assert "a.yaml" in dependencies.files
    dependencies.begin(["a.yaml"])
    assert dependencies.known("a.yaml") is None
    dependencies.begin([])
    assert dependencies.known("a.yaml") is None
