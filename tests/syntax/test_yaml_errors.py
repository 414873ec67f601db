"""Errors of the YAML parser: what is said, where, and what is repaired instead."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source, Span
from mergecli.syntax.yaml_reader import read


def only(text: str) -> Diagnostic:
    tree, (found,) = read(Source(text, ""))
    assert tree is None
    return found


def mended(text: str, found: Diagnostic) -> str:
    """The text with the edits of a diagnostic in single lines."""
    lines = text.split("\n")
    for edit in sorted(found.fix, key=lambda edit: edit.span, reverse=True):
        span = edit.span
        assert span.line == span.end_line
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + edit.text + line[span.end_column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: [1\nb: 2\n", "the `[` opened here is never closed", (1, 4)),
        ("a: 'b\n", "the quote opened here is never closed", (1, 4)),
        ("a: @b\n", "a value cannot begin with `@`", (1, 4)),
        ('a: "\\q"\n', "this is not an escape of a string in double quotes", (1, 5)),
        ("a: {b: 1,, c: 2}\n", "a value is missing before `,`", (1, 10)),
        ("a:\n  b\nc\n", "expected a key with a colon, found `c`", (3, 1)),
        ("é: \x07\n", "the character U+0007 is not allowed in YAML", (1, 4)),
    ],
)
def test_a_mistake_is_told_where_it_is(text: str, message: str, place: tuple[int, int]) -> None:
    found = only(text)
    assert found.code == "syntax"
    assert found.message == message
    assert found.span is not None
    assert (found.span.line, found.span.column) == place


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: b: c  # d\n", 'a: "b: c"  # d\n'),
        ("x: - 3\n", "x: -3\n"),
        ("from: [a[0], b[1]]\n", 'from: ["a[0]", "b[1]"]\n'),
        ("from: {x: a: b}\n", 'from: {x: "a: b"}\n'),
        ("a:\n\t- b\n", "a:\n  - b\n"),
    ],
)
def test_a_fix_makes_it_a_text_that_can_be_read(text: str, wanted: str) -> None:
    found = only(text)
    result = mended(text, found)
    assert result == wanted
    assert read(Source(result, ""))[1] == []


def test_tabs_of_which_the_width_matters_are_not_replaced() -> None:
    # With 2 or 4 spaces for the tab `c` is a key of `b`, with 8 it is an error.
    found = only("a:\n    b:\n        x: 1\n\tc: 2\n")
    assert found.code == "tab-indent"
    assert found.fix == ()


def test_a_tab_in_a_block_scalar_may_be_content() -> None:
    found = only("a: |\n\tb\n")
    assert (found.code, found.fix) == ("tab-indent", ())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("%FOO bar\n---\na: 1\n", {"a": 1}),
        ("%YAML 1.9\n---\na: 1\n", {"a": 1}),
        ("a: 1\n\t\nb: 2\n", {"a": 1, "b": 2}),
        ("a:\n  b: 1\n\t# words\n  c: 2\n", {"a": {"b": 1, "c": 2}}),
    ],
)
def test_what_is_right_in_yaml_1_2_is_read(text: str, wanted: object) -> None:
    tree, problems = read(Source(text, ""))
    assert problems == []
    assert tree is not None
    assert tree.data() == wanted


def test_an_entry_of_a_list_is_compared_with_those_before_it() -> None:
    found = only("layers:\n  - Dense: 4\n    - Dense: 5\n")
    assert found.help == "indent its `-` by 2 spaces, as in line 2"
    assert [related.span for related in found.related] == [Span(2, 5, 2, 6)]


def test_a_second_document_is_told_as_such() -> None:
    found = only("a: 1\n...\nb: 2\n")
    assert found.code == "multiple-documents"


@pytest.mark.parametrize("space", ["\u00a0", "\u2028", "\u3000", "\x85"])
def test_a_tab_after_another_space_is_not_indentation(space: str) -> None:
    # It would be replaced again and again, without an end.
    assert only(f"layers:\n  - a: 1\n{space}\tb: [\n").code == "syntax"
