"""Diagnostics for people: the place, its line, and what is underlined in it."""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import error, warning
from mergecli.diagnostics.reports import FileReport
from mergecli.diagnostics.reports.text_report import WIDTH, closing, full, headline, render_concise
from mergecli.diagnostics.source import Source, Span


def shown(text: str, span: Span) -> list[str]:
    """The lines below the headline of an error at a place."""
    return full(Source(text, "a.yaml"), "a.yaml", [error(span, "empty", "m")]).splitlines()[1:]


def test_an_error_is_shown_with_its_line_and_what_to_do() -> None:
    found = error(Span(2, 4, 2, 6), "unknown-layer", "no such layer", "write Dense")
    assert full(Source("a: 1\nb: cd\n", "a.yaml"), "a.yaml", [found]) == (
        "a.yaml:2:4: error[unknown-layer]: no such layer\n"
        "  2 | b: cd\n"
        "    |    ^^\n"
        "    = help: write Dense\n"
    )


def test_wide_and_combining_characters_and_tabs_do_not_shift_the_carets() -> None:
    # Two columns for each of the first two, none for the accent, and four for a tab.
    assert shown("層層: e\u0301\tx", Span(1, 8, 1, 9))[1] == "    | " + " " * 11 + "^"
    assert shown("層層: x", Span(1, 1, 1, 3))[1] == "    | ^^^^"


def test_a_place_over_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    assert shown("ab: cd   \nef\n", Span(1, 5, 2, 2))[1] == "    |     ^^"


def test_a_long_line_is_cut_around_its_place() -> None:
    text = "x" * 300 + "HERE" + "y" * 300
    line, under = shown(text, Span(1, 301, 1, 305))
    excerpt = line.removeprefix("  1 | ")
    assert len(excerpt) == WIDTH + 2
    assert (excerpt[0], excerpt[-1]) == ("…", "…")
    place = under.index("^")
    assert line[place : place + 4] == "HERE"
    assert under.count("^") == 4


def test_a_place_in_an_included_file_names_that_file() -> None:
    found = error(Span(3, 1, 3, 2, "b.yaml"), "empty", "m")
    assert headline("a.yaml", found) == "b.yaml:3:1: error[empty]: m"
    assert headline("a.yaml", error(None, "empty", "m")) == "a.yaml: error[empty]: m"


def test_concise_reports_have_one_line_for_each_and_a_safe_path() -> None:
    found = [error(None, "empty", "m"), warning(Span(1, 2, 1, 3), "unused-input", "w")]
    assert render_concise([FileReport("a\x1b.yaml", None, found, False)]) == (
        "a\\x1b.yaml: error[empty]: m\na\\x1b.yaml:1:2: warning[unused-input]: w\n"
    )


def test_the_closing_line_counts_in_singular_and_plural() -> None:
    assert closing(0, 0, 0, 1, 0.0) == "1 file, no errors (0.00 s)"
    assert closing(1, 0, 1, 1, 0.126) == "1 error in 1 of 1 file (0.13 s)"
    assert closing(0, 2, 1, 3, 2.0) == "2 warnings in 1 of 3 files (2.00 s)"
