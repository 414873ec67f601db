"""The search for words that the project does not use."""

from __future__ import annotations

import pathlib
import sys

import pytest

from tools import wordlist

LIST = ["# comment", "", "lone => single => lone[-_]softmax", "apart => separate => break apart"]


def found(text: str, lines: list[str] = LIST, path: str = "a.md") -> list[tuple[int, int, str]]:
    return [(m.line, m.column, m.text) for m in wordlist.search(text, path, wordlist.words(lines))]


def test_words_are_found_as_wholes_and_in_identifiers() -> None:
    assert found("alone lonely\nA lone_value, Lone.\n") == [(2, 3, "lone"), (2, 15, "Lone")]


def test_words_are_in_the_order_of_the_text() -> None:
    assert found("apart lone\n") == [(1, 1, "apart"), (1, 7, "lone")]


def test_a_phrase_allows_a_word_where_it_is_and_nowhere_else() -> None:
    assert found("lone-softmax, break apart, lone\n") == [(1, 28, "lone")]


def test_a_line_can_be_allowed() -> None:
    assert found("lone = 1  # wordlist: ignore\n") == []


def test_identifiers_are_compared_as_wholes_in_python_only() -> None:
    lines = ["id found => result"]
    code = "found = not_found  # found\nprint('found', found)\n"
    assert found(code, lines, "a.py") == [(1, 1, "found"), (2, 16, "found")]
    assert found(code, lines, "a.md") == []


def test_a_line_of_the_list_needs_a_word_to_use_instead() -> None:
    with pytest.raises(ValueError, match="expected `pattern => instead`"):
        wordlist.words(["lone"])


def test_the_list_of_the_project() -> None:
    known = wordlist.words()
    text = "what_is_told = 'untold toldness'  # mended\n"
    texts = [match.text for match in wordlist.search(text, "a.py", known)]
    assert texts == ["told", "untold", "mended"]


def test_the_exit_code_and_the_place(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("Fine.\nIt is mended.\n")
    monkeypatch.setattr(sys, "argv", ["wordlist", str(path)])
    assert wordlist.main() == 1
    assert capsys.readouterr().out == f"{path}:2:7: `mended`; use: fix\n"
    path.write_text("Fine.\n")
    assert wordlist.main() == 0


def test_the_help_of_every_command_is_searched() -> None:
    names = [name for name, _ in wordlist.helps()]
    assert "mergecli --help" in names
    assert "mergecli validate --help" in names
