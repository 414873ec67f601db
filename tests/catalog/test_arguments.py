"""What single arguments accept, the words of their messages, and their JSON Schemas."""

from __future__ import annotations

import math

import pytest

from mergecli.catalog.arguments import (
    Argument,
    ArgumentError,
    Choice,
    Integer,
    Number,
    ScopeName,
    Truth,
    Words,
    folded_names,
)


def code(argument: Argument, value: object) -> str:
    """How a value is refused."""
    with pytest.raises(ArgumentError) as caught:
        argument.check(value)
    return caught.value.code


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        (Integer(1, 3), [1, 3]),
        (Integer(2, also=(0,)), [0, 2]),
        (Integer(none=True), [None, -5]),
        (Number(0, 1), [0, 1.0]),
        (Number(decimal=True), [1.0, math.inf]),
        (Truth(none=True), [True, None]),
        (Words(without="/"), ["", "a b"]),
        (Choice("a", 1, None), ["a", 1, None]),
        (ScopeName(), ["", None, "_a>b"]),
        (ScopeName(root=True), [".a", "9"]),
    ],
)
def test_what_is_accepted_stays_as_it_is(argument: Argument, values: list[object]) -> None:
    assert [argument.check(value) for value in values] == values


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (Integer(1, 3), 0, "wrong-value"),
        (Integer(1, 3), 4, "wrong-value"),
        (Integer(2, also=(0,)), 1, "wrong-value"),
        (Integer(), True, "wrong-type"),
        (Integer(), 1.0, "wrong-type"),
        (Integer(), None, "wrong-type"),
        (Number(0, 1, above=True), 0, "wrong-value"),
        (Number(0, 1, above=True, below=True), 1.0, "wrong-value"),
        (Number(0), math.nan, "wrong-value"),
        (Number(), False, "wrong-type"),
        (Number(decimal=True), 1, "wrong-type"),
        (Truth(), None, "wrong-type"),
        (Truth(), 1, "wrong-type"),
        (Words(without="/"), "a/b", "wrong-value"),
        (Words(), 5, "wrong-type"),
        (Choice(1, "a"), True, "wrong-type"),
        (Choice("a"), "A", "wrong-value"),
        (ScopeName(), "a b", "wrong-value"),
        (ScopeName(root=True), "_a", "wrong-value"),
    ],
)
def test_how_a_value_is_refused(argument: Argument, value: object, expected: str) -> None:
    assert code(argument, value) == expected


def test_infinity_is_refused_where_a_number_must_be_finite() -> None:
    for value in (math.inf, math.nan, 10**400):
        with pytest.raises(ArgumentError) as caught:
            Number(finite=True).check(value)
        assert caught.value.hint == "it must be finite"


def test_a_choice_in_any_case_gives_the_name_in_small_letters() -> None:
    assert Choice("valid", "same", fold=True).check("SAME") == "same"
    assert folded_names(["l1", "ab"]) == {"type": "string", "pattern": "^([Ll]1|[Aa][Bb])$"}


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (Integer(1), "a positive integer"),
        (Integer(0, none=True), "an integer of 0 or more or null"),
        (Integer(high=2**63 - 1), "an integer below 2**63"),
        (Integer(2, also=(0,)), "an integer of 2 or more or 0"),
        (Number(0, 1, above=True), "a number above 0, at most 1"),
        (Number(0, 1, above=True, below=True), "a number above 0 and below 1"),
        (Number(high=0), "a number of 0 or less"),
        (Number(0.5, decimal=True), "a decimal number of 0.5 or more"),
        (Choice("a", True, None), "`a`, true or null"),
        (Choice("a"), "`a`"),
    ],
)
def test_the_words_of_a_message(argument: Argument, words: str) -> None:
    assert argument.words == words
    assert argument.refuse().message == f"must be {words}"


def test_a_schema_has_the_bounds_and_null_of_its_argument() -> None:
    assert Integer(2, none=True, also=(0,)).schema() == {
        "type": ["integer", "null"],
        "minimum": 0,
    }
    assert Number(0, 1, above=True).schema() == {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
    }
    assert Words(without="/").schema() == {"type": "string", "pattern": "^[^/]*$"}
    assert Choice("a", None).schema() == {"enum": ["a", None]}
