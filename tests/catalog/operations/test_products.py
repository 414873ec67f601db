"""Products, distances and correlations: the shapes that they give, and vectors that they do not join."""

from __future__ import annotations

import pytest
from layer_shapes import shapes_of

from mergecli.catalog.operations.products import Correlate, Cross, Vdot
from mergecli.catalog.shapes import ShapeError


def test_vectors_have_two_or_three_elements() -> None:
    assert shapes_of(Cross(), (None, 2), (None, 2)) == [(None,)]
    assert shapes_of(Cross(axisa=0), (3, 5), (5, 3)) == [(5, 3)]
    with pytest.raises(ShapeError, match=r"takes vectors of 2 or 3 elements, \{1\}"):
        shapes_of(Cross(), (None, 3), (None, 4))


def test_vectors_are_compared_at_all_places() -> None:
    assert [shapes_of(Correlate(mode=mode), (8,), (3,)) for mode in ("valid", "full")] == [
        [(6,)],
        [(10,)],
    ]
    with pytest.raises(ShapeError, match="4 elements against 3"):
        shapes_of(Vdot(), (4,), (3,))
