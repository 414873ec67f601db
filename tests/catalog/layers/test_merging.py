"""Layers that take a list of tensors: how shapes broadcast, and who is told where they do not."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.layers.merging import Add, Concatenate, Dot, Multiply, Subtract
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


@pytest.mark.parametrize(
    ("shapes", "after"),
    [
        ([(None, 8, 8, 3), (None, 1, 8, 1)], (None, 8, 8, 3)),
        ([(None, 4, 3), (None, 3)], (None, 4, 3)),
        ([(None, 1), (None, 5), (None, 1)], (None, 5)),
        # A size that is not known may be any, and a batch size that is known is that of all.
        ([(None, None, 3), (None, 1, 3)], (None, None, 3)),
        ([(None, 3), (4, 3)], (4, 3)),
    ],
)
def test_axes_of_one_are_stretched(shapes: list[Shape], after: Shape) -> None:
    assert Add().join(shapes) == after
    assert Multiply().results(Inputs.of(*shapes, dtype="int32")) == (Tensor(after, "float32"),)


def test_the_two_tensors_that_do_not_fit_are_told() -> None:
    with pytest.raises(ShapeError) as caught:
        Add().join([(None, 1), (None, 3), (None, 4)])
    assert caught.value.message == "cannot combine {1} with {2}: (None, 3) against (None, 4)"
    assert caught.value.inputs == (1, 2)
    with pytest.raises(ShapeError, match=r"cannot merge \{0\}, \{1\}: batch sizes 4 and 5"):
        Add().join([(5, 3), (4, 3)])


def test_only_a_list_of_tensors_is_merged() -> None:
    with pytest.raises(ShapeError, match="takes a list of tensors") as caught:
        Add().results(Inputs.of((None, 3)))
    assert caught.value.hint == "list them: `from: [a, b]`"
    with pytest.raises(ShapeError, match="takes two tensors, not 3") as three:
        Subtract().results(Inputs.of((None, 3), (None, 3), (None, 3)))
    assert three.value.code == "input-count"


@pytest.mark.parametrize(
    ("along", "shapes", "after"),
    [
        (-1, [(None, 4, 3), (None, 4, 5), (None, 4, 1)], (None, 4, 9)),
        (1, [(None, 4, 3), (None, 2, 3)], (None, 6, 3)),
        (1, [(None, 4, 3), (None, None, 3)], (None, None, 3)),
        (0, [(2, 3), (5, 3)], (7, 3)),
    ],
)
def test_sizes_along_the_axis_add_up(along: int, shapes: list[Shape], after: Shape) -> None:
    assert Concatenate(axis=along).join(shapes) == after


def test_other_axes_of_a_concatenation_agree() -> None:
    with pytest.raises(ShapeError) as caught:
        Concatenate().join([(None, None, 3), (None, 4, 3), (None, 5, 3)])
    # The first has no size that could differ.
    assert caught.value.inputs == (1, 2)
    assert caught.value.message == (
        "cannot concatenate {1} with {2} on axis -1: 4 against 5 on axis 1, "
        "(None, 4, 3) and (None, 5, 3)"
    )
    with pytest.raises(ShapeError, match=r"\{0\} with \{2\} on axis -1: 2 and 3 dimensions"):
        Concatenate().join([(None, 3), (None, 3), (None, 3, 3)])
    with pytest.raises(ShapeError, match="cannot use axis 2") as beyond:
        Concatenate(axis=2).join([(None, 3), (None, 3)])
    assert beyond.value.code == "axis-range"


@pytest.mark.parametrize(
    ("axes", "shapes", "after"),
    [
        (1, [(None, 8), (None, 8)], (None, 1)),
        ([1, 2], [(None, 4, 5), (None, 6, 4)], (None, 5, 6)),
        (-1, [(None, 5, 4), (None, 6, 7, 4)], (None, 5, 6, 7)),
    ],
)
def test_a_dot_product_takes_an_axis_of_each_away(
    axes: Any, shapes: list[Shape], after: Shape
) -> None:
    assert Dot(axes=axes).join(shapes) == after


def test_the_work_of_a_dot_product_is_that_of_each_result_times_the_axis() -> None:
    inputs = Inputs.of((None, 4, 5), (None, 6, 4))
    layer = Dot(axes=[1, 2])
    assert layer.macs(inputs, layer.results(inputs)) == 5 * 6 * 4
    assert Add().macs(inputs, ()) == 0


def test_a_dot_product_needs_axes_of_one_size() -> None:
    with pytest.raises(ShapeError, match=r"4 on axis 1 against 6 on axis 1") as caught:
        Dot(axes=1).join([(None, 4, 5), (None, 6, 4)])
    assert caught.value.code == "merge-shape"
    for axes in (0, 3, [1, -3]):
        with pytest.raises(ShapeError, match="the first is the batch"):
            Dot(axes=axes).join([(None, 4, 5), (None, 4, 5)])
