"""Arguments that accept several values: their normal forms, and where a wrong item is."""

from __future__ import annotations

import pytest

from mergecli.catalog.arguments import Argument, ArgumentError, Choice, Integer, Number, Path
from mergecli.catalog.list_arguments import (
    Array,
    Either,
    Factor,
    Integers,
    Keys,
    List,
    Pairs,
    Size,
    extent,
)


def refusal(argument: Argument, value: object) -> ArgumentError:
    with pytest.raises(ArgumentError) as caught:
        argument.check(value)
    return caught.value


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        (Size(3), 2, (2, 2, 2)),
        (Size(2, low=0), [0, 5], (0, 5)),
        (Size(2, none=True), None, None),
        (Pairs(2), 1, ((1, 1), (1, 1))),
        (Pairs(2), [1, 2], ((1, 1), (2, 2))),
        (Pairs(2), [[1, 2], 3], ((1, 2), (3, 3))),
        (Integers(0, gaps=True), [None, 3], (None, 3)),
        (Integers(single=True), -1, -1),
        (List(Size(2), "sizes"), [1, [2, 3]], ((1, 1), (2, 3))),
        (Array(), [[1, 2.5], [3, 4]], ((1, 2.5), (3, 4))),
        (Factor(0, 1), [0.2, 0.5], (0.2, 0.5)),
        (Factor(-1, 1), 1, 1),
        (Keys(seed=Integer()), {"seed": 3}, {"seed": 3}),
    ],
)
def test_the_normal_form_of_a_value(argument: Argument, value: object, expected: object) -> None:
    assert argument.check(value) == expected


@pytest.mark.parametrize(
    ("argument", "value", "code", "path"),
    [
        (Size(2), True, "wrong-type", ()),
        (Size(2), 0, "wrong-value", ()),
        (Size(2), [1, 2, 3], "wrong-value", ()),
        (Size(2), [1, 0], "wrong-value", (1,)),
        (Size(2), [1, 2.0], "wrong-type", (1,)),
        (Size(2), None, "wrong-type", ()),
        (Pairs(2), -1, "wrong-value", ()),
        (Pairs(2), [1, [2, -1]], "wrong-value", (1, 1)),
        (Pairs(2), [1], "wrong-value", ()),
        (Integers(length=2), [1], "wrong-value", ()),
        (Integers(1), [1, None], "wrong-type", (1,)),
        (Integers(1), 1, "wrong-type", ()),
        (Integers(1, single=True), 0, "wrong-value", ()),
        (List(Integers(), "lists", length=2), [[1], [2, "a"]], "wrong-type", (1, 1)),
        (List(Integer(), "integers", length=2), [1], "wrong-value", ()),
        (Array(), [], "wrong-value", ()),
        (Array(), [[1, 2], [3, True]], "wrong-type", (1, 1)),
        (Keys(seed=Integer()), {"seed": 1, "sed": 2}, "wrong-value", ("sed",)),
        (Keys(seed=Integer()), ["seed"], "wrong-type", ()),
    ],
)
def test_a_wrong_item_is_found_where_it_is(
    argument: Argument, value: object, code: str, path: Path
) -> None:
    problem = refusal(argument, value)
    assert (problem.code, problem.path) == (code, path)


def test_lists_of_different_lengths_are_no_array() -> None:
    problem = refusal(Array(), [[1, 2], [3]])
    assert problem.path == (1,)
    assert problem.hint == "the lists in a list must have one length"
    assert extent(((1, 2), (3, 4), (5, 6))) == (3, 2)


def test_the_closest_alternative_says_where_the_value_is_wrong() -> None:
    argument = Either(Number(0, 1), Integers(1, length=2))
    assert argument.check([3, 4]) == (3, 4)
    assert refusal(argument, [3, 0]).path == refusal(argument, [3, "a"]).path == (1,)
    assert refusal(argument, 7).code == "wrong-value"
    assert argument.words == "a number from 0 to 1 or a list of 2 positive integers"
    assert Either(Integer(), Choice("auto", "none")).names == ("auto", "none")


def test_a_list_may_reach_into_the_bounds_unless_it_is_strict() -> None:
    assert Factor(-1, 1).check([-5, 0.5]) == (-5, 0.5)
    assert refusal(Factor(-1, 1), [1.5, 2]).path == ()
    assert refusal(Factor(-1, 1, strict=True), [-5, 0.5]).path == (0,)


def test_a_bound_that_is_only_approached_is_out_of_bounds() -> None:
    assert Factor(0, 1).check(0) == 0
    problem = refusal(Factor(0, 1, above=True), 0)
    assert problem.message == "must be a number above 0 up to 1 or a list of two numbers"
    assert refusal(Factor(0, 9, whole=True), 1.5).code == "wrong-type"


def test_the_message_of_a_value_in_a_mapping_names_its_key() -> None:
    problem = refusal(Keys(factor=Number(0)), {"factor": -1})
    assert problem.message == "`factor` must be a number of 0 or more"
    assert problem.path == ("factor",)


def test_schemas_say_lengths_bounds_and_nulls() -> None:
    assert Size(2, none=True).schema() == {
        "type": ["integer", "array", "null"],
        "minimum": 1,
        "items": {"type": "integer", "minimum": 1},
        "minItems": 2,
        "maxItems": 2,
    }
    assert Integers(0, gaps=True).schema() == {
        "type": "array",
        "items": {"type": ["integer", "null"], "minimum": 0},
    }
    assert Factor(0, 1, above=True).schema()["exclusiveMinimum"] == 0
    assert Keys(a=Integer()).schema()["additionalProperties"] is False
