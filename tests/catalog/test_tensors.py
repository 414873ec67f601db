"""What a call takes: tensors by their names, single ones, masks and strings."""

from __future__ import annotations

import pytest

from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import (
    Inputs,
    Tensor,
    before_mask,
    bind,
    check_strings,
    remap_inputs,
    single,
)

TAKES = {"query": (1, 1), "value": (1, 1), "key": (0, 1)}
X = Tensor((None, 8))


def named(*names: str) -> Inputs:
    return Inputs((X,) * len(names), keywords=names)


def test_tensors_are_found_under_their_names_in_any_order() -> None:
    assert bind(TAKES, named("value", "query")) == {"query": [1], "value": [0], "key": []}


@pytest.mark.parametrize(
    ("inputs", "message", "hint"),
    [
        (named("query"), "needs a tensor as `value`", "name them: `from: {query: …, value: …}`"),
        (
            named("query", "value", "mask"),
            "takes no tensor `mask`",
            "it takes `query`, `value`, `key`",
        ),
        (
            named("query", "value", "value"),
            "takes one tensor as `value`, not a list of 2",
            "name them: `from: {query: …, value: …}`",
        ),
        (
            Inputs((X,), listed=True),
            "takes one tensor as `query`, not a list of 1",
            "name them: `from: {query: …, value: …}`",
        ),
    ],
)
def test_a_wrong_name_or_number_of_tensors_is_refused(
    inputs: Inputs, message: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        bind(TAKES, inputs)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_list_goes_to_the_first_name() -> None:
    takes = {"inputs": (2, 9), "mask": (0, 1)}
    assert bind(takes, Inputs.of((8,), (8,))) == {"inputs": [0, 1], "mask": []}
    with pytest.raises(ShapeError, match="takes at least 2 tensors as `inputs`, not one") as caught:
        bind(takes, Inputs.of((8,)))
    assert caught.value.hint == "list them: `from: [a, b]`"


def test_one_tensor_is_no_list_of_one() -> None:
    assert single(Inputs((X,))) == X
    with pytest.raises(ShapeError, match="takes one tensor, not a list of 1") as caught:
        single(Inputs((X,), listed=True))
    assert caught.value.hint == "write it without brackets"
    with pytest.raises(ShapeError, match="takes one tensor, not a list of 2") as caught:
        single(Inputs.of((8,), (8,)))
    assert caught.value.hint is not None and "`Concatenate`" in caught.value.hint


def test_at_most_one_mask_follows_the_tensors() -> None:
    assert before_mask(named("inputs", "inputs", "mask"), "inputs", True) == 2
    with pytest.raises(ShapeError, match="takes one tensor as `mask`, not a list of 2") as caught:
        before_mask(named("inputs", "mask", "mask"), "inputs", True)
    assert caught.value.inputs == (1, 2)
    with pytest.raises(ShapeError, match="needs a tensor as `inputs`"):
        before_mask(named("mask"), "inputs", True)
    with pytest.raises(ShapeError, match="takes no tensor `mask`"):
        before_mask(named("inputs", "mask"), "inputs", False)


def test_strings_go_neither_into_numbers_nor_beside_them() -> None:
    text, number, unknown = Tensor((None,), "string"), Tensor((None,)), Tensor((None,), None)
    check_strings(Inputs((number,)), takes=False, mixes=False)
    check_strings(Inputs((text, unknown), listed=True), takes=True, mixes=False)
    check_strings(Inputs((text, number), listed=True), takes=True, mixes=True)
    with pytest.raises(ShapeError, match=r"takes numbers, \{1\} has dtype string"):
        check_strings(Inputs((number, text), listed=True), takes=False, mixes=False)
    with pytest.raises(ShapeError, match="cannot join strings with numbers") as caught:
        check_strings(Inputs((number, text), listed=True), takes=True, mixes=False)
    assert caught.value.inputs == (1, 0)


def test_an_inner_error_names_the_outer_inputs() -> None:
    with pytest.raises(ShapeError) as caught, remap_inputs((2, 0)):
        raise ShapeError("{0} against {1}", code="merge-shape", inputs=(1, 0), argument="axis")
    error = caught.value
    assert (error.message, error.inputs) == ("{2} against {0}", (0, 2))
    assert (error.code, error.argument) == ("merge-shape", "axis")
