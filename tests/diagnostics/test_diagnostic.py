"""Diagnostics and the sink that collects them."""

from __future__ import annotations

import json

import pytest

from mergecli.diagnostics import DiagnosticSink, Severity, Span
from mergecli.diagnostics.diagnostic import MOST_CHARACTERS, error, has_errors, ordered, warning
from mergecli.diagnostics.source import Via

HERE, LATER = Span(1, 1, 1, 4), Span(2, 3, 2, 5)


def test_a_severity_is_shown_as_its_word() -> None:
    assert f"{Severity.ERROR} {Severity.WARNING!s}" == "error warning"
    assert json.dumps([Severity.ERROR, Severity.WARNING]) == '["error", "warning"]'


def test_warnings_are_not_errors() -> None:
    assert error(HERE, "empty", "nothing").is_error
    assert not warning(HERE, "empty", "nothing").is_error
    assert has_errors([warning(HERE, "empty", "a"), error(HERE, "empty", "b")])
    assert not has_errors([warning(HERE, "empty", "a")])


def test_a_sink_notes_through_what_a_place_was_reached() -> None:
    sink = DiagnosticSink()
    with sink.nested(Via("block", "stem", "stem_2", Span(4, 5, 4, 9, "a.yaml"))):
        sink.error(HERE, "empty", "inside")
        sink.warning(HERE, "empty", "inside, with a note of its own", note="own")
    sink.warning(HERE, "empty", "outside")
    assert [diagnostic.note for diagnostic in sink] == [
        "in block `stem`, used as `stem_2` at a.yaml:4:5",
        "own",
        None,
    ]


def test_the_path_is_left_when_a_block_raises() -> None:
    sink = DiagnosticSink()
    with (
        pytest.raises(ValueError),
        sink.nested(Via("block", "stem", "stem_2", Span(4, 5, 4, 9, "a.yaml"))),
    ):
        raise ValueError
    assert sink.via == ()


def test_messages_have_one_line_and_a_bounded_length() -> None:
    long = error(HERE, "empty", "x" * 5000, "two\nlines")
    assert len(long.message) == MOST_CHARACTERS + 1
    assert long.help == "two lines"


def test_diagnostics_are_ordered_by_place_and_equal_ones_reported_once() -> None:
    first, second = error(HERE, "empty", "a"), error(LATER, "empty", "b")
    whole = error(None, "empty", "c")
    included = error(HERE._replace(path="b.yaml"), "empty", "d")
    again = error(HERE, "empty", "a", "with a hint")
    assert ordered([included, second, first, whole, again]) == [whole, first, second, included]
