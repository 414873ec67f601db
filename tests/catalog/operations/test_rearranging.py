"""Stacks, splits, diagonals and grids: the shapes that they give."""

from __future__ import annotations

import pytest
from layer_shapes import shapes_of

from mergecli.catalog.operations.rearranging import (
    ArraySplit,
    Dsplit,
    Dstack,
    Full,
    Hsplit,
    Hstack,
    Meshgrid,
    Rot90,
    Unstack,
    View,
    Vsplit,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_a_third_axis_is_added_where_it_is_missing() -> None:
    assert shapes_of(Dstack(), (4, 3), (4, 3, 2)) == [(4, 3, 3)]
    assert shapes_of(Dstack(), (3,), (3,)) == [(1, 3, 2)]
    with pytest.raises(ShapeError, match=r"at least 2 dimensions, \{1\} has 1"):
        shapes_of(Hstack(), (4, 3), (4,))


def test_each_split_has_its_axis() -> None:
    assert shapes_of(Hsplit(2), (8,)) == [(4,), (4,)]
    assert shapes_of(Dsplit([1]), (None, 4, 3)) == [(None, 4, 1), (None, 4, 2)]
    with pytest.raises(ShapeError, match="at least 2 dimensions"):
        shapes_of(Vsplit(2), (8,))
    with pytest.raises(ShapeError, match="takes one tensor, not 2"):
        shapes_of(Hsplit(2), (8,), (8,))


def test_parts_of_a_split_may_differ_by_one() -> None:
    assert shapes_of(ArraySplit(3), (8,)) == [(3,), (3,), (2,)]
    with pytest.raises(ShapeError, match="more than 1,000 tensors"):
        shapes_of(ArraySplit(1001), (8,))


def test_the_number_of_parts_is_known() -> None:
    assert shapes_of(Unstack(num=2, axis=1), (3, None)) == [(3,), (3,)]
    with pytest.raises(ShapeError, match="needs `num`"):
        shapes_of(Unstack(), (None, 8))
    with pytest.raises(ShapeError, match="cannot make 3 tensors of 2"):
        shapes_of(Unstack(num=3), (2, 8))


def test_a_grid_has_the_axes_of_all() -> None:
    assert shapes_of(Meshgrid(indexing="ij"), (4,), (3,)) == [(4, 3), (4, 3)]
    with pytest.raises(ShapeError, match="at least two tensors"):
        Meshgrid().results(Inputs((Tensor((4,)),), listed=True))


def test_two_axes_turn() -> None:
    with pytest.raises(ShapeError, match="cannot use axis 1 twice"):
        Rot90(axes=[1, -1]).shape((4, 3))


def test_bytes_make_whole_values() -> None:
    view = View(dtype="float64")
    assert shapes_of(view, (None, 8)) == [(None, 4)]
    with pytest.raises(ShapeError, match="its bytes do not divide"):
        shapes_of(view, (None, 3))


def test_a_value_is_spread_to_a_shape() -> None:
    assert shapes_of(Full([4, 8]), (8,)) == [(4, 8)]
    with pytest.raises(ShapeError, match="cannot spread"):
        shapes_of(Full([4, 8]), (3,))
