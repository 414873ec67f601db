"""Expressions of Python, laid out as black does."""

from __future__ import annotations

import ast

import pytest

from mergecli.exporters.python.code_printer import (
    WIDTH,
    call,
    comment,
    flat,
    is_name,
    laid_out,
    listing,
    literal,
    mapping,
    width,
)


@pytest.mark.parametrize(
    "value",
    ['a"b', "it's", "both ' and \"", "\\", "\n\t\x00", "\u202e", "é", "", 1e-05, -0.0, 10**20],
)
def test_a_literal_is_the_value_again(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_numbers_that_python_has_no_literal_for_are_calls() -> None:
    assert literal(float("inf")) == 'float("inf")'
    assert literal(float("nan")) == 'float("nan")'


def test_a_comment_cannot_end_its_line() -> None:
    assert comment("a\nimport os\r\u2028") == "a\\nimport os\\r\\u2028"


def test_arguments_that_are_not_names_come_in_a_dictionary() -> None:
    assert flat(call("f", "x", units="3", **{"my-key": "4", "class": "5"})) == (
        'f(x, units=3, **{"my-key": 4, "class": 5})'
    )


@pytest.mark.parametrize(
    "text, name", [("a1", True), ("1a", False), ("class", False), ("ﬁ", False)]
)
def test_what_python_takes_as_a_name(text: str, name: bool) -> None:
    """A ligature is folded to two letters, so that it would be another name."""
    assert is_name(text) == name


def test_a_tuple_of_one_keeps_its_comma() -> None:
    assert flat(listing(["3"], "()")) == "(3,)"
    assert flat(listing(["3", "4"], "()")) == "(3, 4)"
    assert flat(listing(["3"])) == "[3]"


def test_a_line_of_88_columns_stays_whole_and_one_more_breaks_it() -> None:
    fits = call("f", "x" * (WIDTH - len("y = f()")))
    assert laid_out("y = ", fits) == f"y = {flat(fits)}"
    longer = call("f", "x" * (WIDTH - len("y = f()") + 1))
    assert laid_out("y = ", longer).split("\n") == ["y = f(", f"    {longer.items[0].value}", ")"]


def test_a_dictionary_that_is_too_long_has_a_line_for_each_entry() -> None:
    lines = laid_out("d = ", mapping({"a" * 50: "1", "b" * 50: "2"})).split("\n")
    assert lines == ["d = {", f'    "{"a" * 50}": 1,', f'    "{"b" * 50}": 2,', "}"]


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width("日本") == 4
    assert width("e\u0301") == 1
