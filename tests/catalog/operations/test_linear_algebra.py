"""Operations on matrices: the shapes that they give, and matrices that they do not take."""

from __future__ import annotations

import pytest
from layer_shapes import shapes_of

from mergecli.catalog import registry
from mergecli.catalog.operations.linear_algebra import SVD, Inv, Qr, Solve
from mergecli.catalog.shapes import ShapeError


def test_an_operation_has_the_name_of_its_module_too() -> None:
    assert registry.layer("ops.linalg.inv") is Inv


def test_a_matrix_must_be_square_as_far_as_keras_knows() -> None:
    assert Inv().shape((None, None, None)) == (None, None, None)
    with pytest.raises(ShapeError, match="takes square matrices"):
        Inv().shape((None, None, 3))
    with pytest.raises(ShapeError, match="at least 2 dimensions"):
        Inv().shape((3,))


def test_decompositions_need_known_sizes() -> None:
    assert shapes_of(Qr(mode="complete"), (None, 4, 3)) == [(None, 4, 4), (None, 4, 3)]
    assert shapes_of(SVD(compute_uv=False), (None, 4, 3)) == [(None, 3)]
    with pytest.raises(ShapeError, match="needs a known number of rows"):
        shapes_of(SVD(), (None, None, 3))


def test_both_sides_of_equations_fit() -> None:
    assert shapes_of(Solve(), (None, 4, 4), (None, 4)) == [(None, 4)]
    with pytest.raises(ShapeError) as caught:
        shapes_of(Solve(), (2, 4, 4), (2, 3, 1))
    assert caught.value.message == "cannot solve {0} for {1}: (2, 4, 4) against (2, 3, 1)"
