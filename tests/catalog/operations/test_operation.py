"""What operations have in common: how shapes broadcast, how axes are read, how classes are called."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.elementwise import FullLike
from mergecli.catalog.operations.operation import axes, spread
from mergecli.catalog.operations.windows import DotProductAttention, LayerNorm, RMSNorm
from mergecli.catalog.shapes import ShapeError


def test_an_unknown_size_stays_unknown_beside_a_one() -> None:
    assert spread([(None, 1), (1, 3)]) == (None, 3)
    assert spread([(1, 3), (None, 1)]) == (None, 3)


def test_the_two_tensors_that_clash_are_named_and_no_other() -> None:
    with pytest.raises(ShapeError) as caught:
        spread([(2, 1), (1, 3), (2, 4)])
    assert caught.value.inputs == (1, 2)
    assert caught.value.message == "cannot combine {1} with {2}: (1, 3) against (2, 4)"


def test_an_axis_that_is_named_from_both_ends_is_refused() -> None:
    with pytest.raises(ShapeError, match="cannot use axis 1 twice"):
        axes((1, -1), 2)


def test_what_a_class_takes_in_its_call_is_not_in_its_config() -> None:
    config = {"fill_value": 0.5, "dtype": None}
    assert FullLike(0.5).as_class(("x",), config) == (("x", 0.5), {"dtype": None}, {})


def test_a_class_takes_its_optional_tensors_by_place_or_by_name() -> None:
    assert LayerNorm().as_class(("x", "gamma"), {"axis": -1}) == (
        ("x", "gamma", None),
        {"axis": -1},
        {},
    )
    assert RMSNorm().as_class(("x",), {"axis": -1}) == (("x",), {"axis": -1}, {"scale": None})
    values, config, keywords = DotProductAttention().as_class(
        ("q", "k", "v", "bias"), {"scale": 0.5, "is_causal": False}
    )
    assert (values, config) == (("q", "k", "v"), {"is_causal": False})
    assert list(keywords.items()) == [("bias", "bias"), ("mask", None), ("scale", 0.5)]
