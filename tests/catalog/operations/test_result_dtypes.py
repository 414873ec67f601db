"""The rules by which the dtypes of results follow from those of tensors."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.result_dtypes import common_dtype
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Tensor


def dtype_of(becomes: str, *dtypes: str | None) -> str | None:
    """The dtype that a rule makes of tensors of these dtypes."""
    return common_dtype(becomes, [Tensor((None, 4), dtype) for dtype in dtypes])


@pytest.mark.parametrize(
    ("becomes", "dtypes", "expected"),
    [
        ("first", ["int8", "float32"], "int8"),
        ("last", ["int8", "float32"], "float32"),
        ("common", ["int32", "float16"], "float16"),
        ("typed", ["int", "int8"], "int64"),
        ("common", ["int", "int8"], "int8"),
        ("root", ["uint64"], "uint64"),
        ("floating", ["int64"], "float64"),
        ("inexact", ["bool"], "float32"),
        ("wide", ["uint16"], "uint32"),
        ("int32", ["float16"], "int32"),
        ("same", [None], None),
    ],
)
def test_a_rule_makes_a_dtype(becomes: str, dtypes: list[str | None], expected: str | None) -> None:
    assert dtype_of(becomes, *dtypes) == expected


def test_dtypes_that_do_not_go_together_are_named() -> None:
    with pytest.raises(ShapeError) as caught:
        dtype_of("common", "string", "int32")
    assert caught.value.message == "cannot combine {0} with {1}: dtype string and int32"
    with pytest.raises(ShapeError) as caught:
        dtype_of("images", "int32")
    assert caught.value.message == "cannot compute with {0}: dtype int32"
