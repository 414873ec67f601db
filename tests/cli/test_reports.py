"""Where reports go, and what the closing line counts."""

from __future__ import annotations

import io
import pathlib

import click
import pytest

from mergecli.cli.reports import ReportWriter, Tally, only_shown, same_file
from mergecli.diagnostics.diagnostic import error, warning
from mergecli.diagnostics.reports import FileReport
from mergecli.diagnostics.source import Span

PLACE = Span(1, 1, 1, 2)
WARNED = FileReport("a.yaml", None, [warning(PLACE, "unused-input", "w")], False)
WRONG = FileReport("b.yaml", None, [error(PLACE, "unknown-layer", "e")], False)


def test_the_first_error_is_explained_rather_than_an_earlier_warning() -> None:
    tally = Tally()
    tally.add(FileReport("good.yaml", None, [], False))
    tally.add(WARNED)
    assert (tally.code, tally.failed) == ("unused-input", False)
    tally.add(WRONG)
    tally.add(FileReport("c.yaml", None, [error(PLACE, "empty", "e")], True))
    assert (tally.errors, tally.warnings, tally.files) == (2, 1, 3)
    assert (tally.code, tally.failed, tally.unreadable) == ("unknown-layer", True, True)
    assert tally.closing(4, 1.0).endswith(". Explain one: mergecli explain unknown-layer")


def test_a_warning_fails_where_warnings_count() -> None:
    tally = Tally()
    tally.add(FileReport("a.yaml", None, WARNED.diagnostics, False, True))
    assert tally.failed


def test_only_one_format_goes_to_standard_output() -> None:
    assert only_shown([("json", "a.json"), ("full", "")]) == "full"
    assert only_shown([("json", "a.json")]) is None
    with pytest.raises(click.UsageError, match="only one format can go to standard output"):
        only_shown([("json", ""), ("full", "")])


def test_files_that_do_not_exist_are_never_the_same(tmp_path: pathlib.Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert not same_file(str(one), str(one))
    one.touch()
    other.hardlink_to(one)
    assert same_file(str(one), str(other))


def test_annotations_do_not_disturb_what_a_program_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stream = io.StringIO()
    writer = ReportWriter([("json", "")], ["b.yaml"], False, stream)
    writer.add(WRONG)
    writer.end()
    assert "::error" not in stream.getvalue()
    assert capsys.readouterr().err.startswith("::error")
