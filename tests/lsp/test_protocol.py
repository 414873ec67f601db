"""Places, diagnostics and completions as the protocol has them."""

from __future__ import annotations

import pathlib

import pytest
from lsprotocol import types

from mergecli.diagnostics.diagnostic import error
from mergecli.diagnostics.source import Span
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.protocol import diagnostic_of, path_of, uri_of
from mergecli.lsp.text import Text


def test_lines_and_columns_of_the_protocol_begin_at_zero() -> None:
    state = Analysis(Text("input: [8]\nlayers: [Flat]\n"), "a.yaml")
    sent = diagnostic_of(state, error(Span(2, 10, 2, 14), "unknown-layer", "no such layer"))
    assert sent.range == types.Range(types.Position(1, 9), types.Position(1, 13))
    assert sent.severity == types.DiagnosticSeverity.Error
    assert (sent.code, sent.source, sent.message) == ("unknown-layer", "mergecli", "no such layer")


def test_an_empty_place_is_widened_so_that_it_can_be_seen() -> None:
    state = Analysis(Text("input: [8]\n"), "a.yaml")
    sent = diagnostic_of(state, error(Span(1, 3, 1, 3), "empty", "x"))
    assert sent.range == types.Range(types.Position(0, 2), types.Position(0, 3))


def test_a_finding_without_a_place_is_shown_at_the_start() -> None:
    sent = diagnostic_of(Analysis(Text("a: 1\n"), "a.yaml"), error(None, "empty", "x"))
    assert sent.range == types.Range(types.Position(0, 0), types.Position(0, 0))


def test_a_path_is_relative_inside_of_the_working_folder_only(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert path_of((tmp_path / "work" / "a b.yaml").as_uri()) == "a b.yaml"
    assert path_of((tmp_path / "c.yaml").as_uri()) == str(tmp_path / "c.yaml")
    assert uri_of("a b.yaml") == (tmp_path / "work" / "a b.yaml").as_uri()


def test_a_file_on_another_drive_has_its_whole_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> str:
        # As on Windows.
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", refuse)
    assert path_of("file:///d/a.yaml") == "/d/a.yaml"
