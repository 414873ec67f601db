"""Operations that count, average and sort: shapes and dtypes."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.statistics import (
    Average,
    Nonzero,
    Quantile,
    SearchSorted,
    SegmentSum,
    Unique,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_weights_have_the_size_of_the_axis_or_the_shape() -> None:
    mean = Average(axis=1)
    assert mean.results(Inputs.of((None, 8), (None, 8)))[0].shape == (None,)
    with pytest.raises(ShapeError, match=r"weights of shape \(None, 8\) or \(8,\)"):
        mean.results(Inputs.of((None, 8), (4,)))
    with pytest.raises(ShapeError, match="takes one tensor or more, not 3"):
        mean.results(Inputs.of((None, 8), (8,), (8,)))


def test_a_number_names_one_part() -> None:
    number = Inputs((Tensor((None, 8), "int32"), Tensor((), "float")), listed=True)
    assert Quantile(axis=1).results(number) == (Tensor((None,), "float32"),)
    with pytest.raises(ShapeError, match=r"takes a tensor first, \{0\} is a number"):
        Quantile().results(number._replace(tensors=number.tensors[::-1]))


def test_a_size_may_depend_on_values() -> None:
    unique = Unique(axis=1, return_inverse=True)
    assert [tensor.shape for tensor in unique.results(Inputs.of((4, 8)))] == [(4, None), (8,)]
    with pytest.raises(ShapeError, match="at least 1 dimension"):
        Nonzero().results(Inputs.of(()))


def test_each_element_has_a_segment() -> None:
    assert SegmentSum().results(Inputs.of((8, 4), (8,)))[0].shape == (None, 4)
    with pytest.raises(ShapeError, match="takes a segment for each element"):
        SegmentSum().results(Inputs.of((8, 4), (4,)))


def test_places_in_a_sequence_of_unknown_length_are_long() -> None:
    assert SearchSorted().results(Inputs.of((None,), (2,)))[0].dtype == "int64"
