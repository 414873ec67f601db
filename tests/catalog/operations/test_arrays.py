"""Operations that join tensors, repeat them, and rearrange their axes: the shapes they give."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations.arrays import (
    BroadcastTo,
    Concatenate,
    Diagonal,
    ExpandDims,
    Moveaxis,
    Repeat,
    Reshape,
    Roll,
    Squeeze,
    Stack,
    Tile,
    Trace,
    Transpose,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_an_unknown_size_makes_the_joined_size_unknown() -> None:
    joined = Concatenate(axis=1).results(Inputs.of((2, None, 3), (2, 4, 3)))
    assert joined == (Tensor((2, None, 3), "float32"),)


def test_joined_tensors_have_their_common_dtype() -> None:
    tensors = (Tensor((2, 3), "int32"), Tensor((2, 3), "float16"))
    assert Concatenate().results(Inputs(tensors, listed=True)) == (Tensor((4, 3), "float16"),)


def test_one_tensor_outside_of_a_list_cannot_be_joined() -> None:
    with pytest.raises(ShapeError, match="takes a list of tensors"):
        Concatenate().results(Inputs.of((None, 8)))


def test_a_stack_has_a_new_axis_where_it_is_told() -> None:
    inputs = Inputs.of((None, 8), (None, 8), (None, 8))
    assert [Stack(axis=axis).results(inputs)[0].shape for axis in (0, -1)] == [
        (3, None, 8),
        (None, 8, 3),
    ]
    with pytest.raises(ShapeError, match="cannot put an axis at 3") as caught:
        Stack(axis=3).results(inputs)
    assert caught.value.hint == "from -3 to 2"


def test_a_stack_of_other_shapes_names_the_two() -> None:
    with pytest.raises(ShapeError) as caught:
        Stack().results(Inputs.of((None, 8), (None, None), (None, 4)))
    assert caught.value.message == "cannot stack {0} and {2}: (None, 8) against (None, 4)"


def test_axes_are_reversed_unless_an_order_names_each_once() -> None:
    assert Transpose().shape((None, 4, 8)) == (8, 4, None)
    assert Transpose([-1, 0, 1]).shape((None, 4, 8)) == (8, None, 4)
    with pytest.raises(ShapeError, match=r"cannot put 2 axes in order: \{0\} has 3"):
        Transpose([1, 0]).shape((None, 4, 8))
    with pytest.raises(ShapeError, match="cannot use axis 1 twice"):
        Transpose([0, 1, 1]).shape((None, 4, 8))


def test_the_batch_counts_in_a_reshape() -> None:
    assert Reshape([-1, 4]).shape((3, 8)) == (6, 4)
    assert Reshape([-1, 4]).shape((None, 8)) == (None, 4)
    assert Reshape(24).shape((3, 8)) == (24,)
    with pytest.raises(ShapeError, match=r"cannot reshape \{0\}, \(3, 8\), to \(5, 5\): it has 24"):
        Reshape([5, 5]).shape((3, 8))
    with pytest.raises(ArgumentErrors, match="can hold -1 only once"):
        Reshape([-1, -1])


def test_several_new_axes_are_counted_in_the_result() -> None:
    assert ExpandDims([0, -1]).shape((None, 8)) == (1, None, 8, 1)


def test_only_axes_of_size_one_are_left_out() -> None:
    assert Squeeze().shape((None, 1, 8, 1)) == (None, 8)
    assert Squeeze(axis=-1).shape((None, 1, 8, 1)) == (None, 1, 8)
    with pytest.raises(ShapeError, match=r"cannot leave out axis 2 of \{0\}"):
        Squeeze(axis=[1, 2]).shape((None, 1, 8))


def test_each_element_may_be_repeated_its_own_number_of_times() -> None:
    assert Repeat([1, 0, 4], axis=1).shape((None, 3, 2)) == (None, 5, 2)
    assert Repeat([3], axis=-1).shape((None, 4)) == (None, 12)
    assert Repeat(3, axis=0).shape((None, 4)) == (None, 4)
    assert Repeat(2).shape((3, 4)) == (24,)
    with pytest.raises(ShapeError, match=r"cannot repeat 4 elements of \{0\} by a list of 3"):
        Repeat([1, 0, 4], axis=1).shape((None, 4))


def test_the_shorter_of_shape_and_repeats_gets_ones_in_front() -> None:
    assert Tile([3]).shape((None, 8)) == (None, 24)
    assert Tile([2, 1, 3]).shape((4, 8)) == (2, 4, 24)


def test_moved_axes_leave_the_others_in_their_order() -> None:
    assert Moveaxis([0, 1], [2, 0]).shape((2, 3, 4, 5)) == (3, 4, 2, 5)
    with pytest.raises(ArgumentErrors, match="must have as many axes as `source`"):
        Moveaxis([0, 1], 2)


def test_as_many_shifts_as_axes() -> None:
    assert Roll([1, 2], axis=[0, 1]).shape((4, 8)) == (4, 8)
    with pytest.raises(ArgumentErrors, match="must have as many numbers as there are axes"):
        Roll([1, 2], axis=[0, 1, 2])


@pytest.mark.parametrize(("offset", "length"), [(0, 3), (1, 2), (2, 1), (-1, 3), (-3, 1)])
def test_the_length_of_a_diagonal_of_four_rows_and_three_columns(offset: int, length: int) -> None:
    assert Diagonal(offset, 1, 2).shape((None, 4, 3)) == (None, length)


def test_a_trace_takes_two_different_axes_and_counts_in_integers() -> None:
    tensor = Inputs.of((None, 4, 4), dtype="int8")
    assert Trace(axis1=1, axis2=-1).results(tensor) == (Tensor((None,), "int32"),)
    with pytest.raises(ShapeError, match="cannot use axis 2 twice"):
        Trace(axis1=2, axis2=-1).results(tensor)


def test_only_sizes_of_one_are_spread() -> None:
    assert BroadcastTo([5, 2, 8]).results(Inputs.of((1, 8)))[0].shape == (5, 2, 8)
    with pytest.raises(ShapeError, match=r"cannot spread \{0\}, \(4, 8\), to \(1, 8\)"):
        BroadcastTo([1, 8]).results(Inputs.of((4, 8)))
