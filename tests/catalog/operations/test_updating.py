"""Operations that read and write parts of tensors at places that other tensors name."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.updating import (
    Scatter,
    Select,
    Slice,
    SliceUpdate,
    TakeAlongAxis,
    UnravelIndex,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs


def test_a_part_begins_at_a_place_of_all_axes() -> None:
    assert Slice([2, -1]).results(Inputs.of((4, 8), (2,)))[0].shape == (2, None)
    with pytest.raises(ShapeError, match=r"takes a number for each axis of \{0\}, \(2,\)"):
        Slice([2, 2]).results(Inputs.of((4, 8), (3,)))
    with pytest.raises(ShapeError, match="cannot take 9 of 8"):
        Slice([2, 9]).results(Inputs.of((4, 8), (2,)))
    with pytest.raises(ShapeError, match=r"cannot put \{2\} into \{0\}"):
        SliceUpdate().results(Inputs.of((4, 8), (2,), (5, 8)))


def test_places_have_indices_for_the_axes() -> None:
    with pytest.raises(ShapeError, match="at most 1 indices"):
        Scatter([8]).results(Inputs.of((3, 2), (3,)))


def test_elements_are_taken_along_an_axis() -> None:
    assert TakeAlongAxis().results(Inputs.of((2, 4), (3,)))[0].shape == (3,)
    with pytest.raises(ShapeError, match=r"takes 2 dimensions, \{1\} has 1"):
        TakeAlongAxis(axis=1).results(Inputs.of((None, 4), (3,)))


def test_there_are_as_many_tensors_as_conditions() -> None:
    with pytest.raises(ShapeError, match="as many tensors as conditions"):
        Select().results(Inputs.of((None, 4), (None, 4), (None, 4)))
    with pytest.raises(ShapeError, match="at least one axis"):
        UnravelIndex([]).results(Inputs.of((None,)))
