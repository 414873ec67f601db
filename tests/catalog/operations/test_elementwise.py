"""Operations that compute element by element: what they take, and which dtype results."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations import elementwise
from mergecli.catalog.operations.elementwise import Cast, Sort, Where
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

NUMBER = Tensor((), "float")


def operation(name: str, **arguments: object) -> Operation:
    """An operation that the module makes of a row of its tables."""
    made: Operation = vars(elementwise)[name](**arguments)
    return made


def dtype_of(made: Operation, *dtypes: str | None) -> str | None:
    """The dtype that an operation makes of tensors of these dtypes."""
    return made.results(Inputs(tuple(Tensor((None, 4), dtype) for dtype in dtypes)))[0].dtype


@pytest.mark.parametrize(
    ("name", "dtypes", "expected"),
    [
        ("Absolute", ["int8"], "int8"),
        ("Exp", ["bool"], "float32"),
        ("Exp", ["bfloat16"], "bfloat16"),
        ("Sqrt", ["int64"], "float32"),
        ("Sqrt", ["float16"], "float16"),
        ("Reciprocal", ["float16"], "float32"),
        ("Square", ["bool"], "int32"),
        ("Square", ["int8"], "int8"),
        ("Isnan", ["float32"], "bool"),
        ("Add", ["int32", "float16"], "float16"),
        ("Add", ["bool", "bool"], "bool"),
        ("Divide", ["int32", "int32"], "float32"),
        ("Mod", ["bool", "bool"], "int32"),
        ("Less", ["float32", "float32"], "bool"),
        ("Sqrt", [None], None),
    ],
)
def test_the_dtype_of_a_result(name: str, dtypes: list[str | None], expected: str | None) -> None:
    assert dtype_of(operation(name), *dtypes) == expected


def test_the_condition_has_no_say_in_the_dtype() -> None:
    assert dtype_of(Where(), "float64", "int32", "int32") == "int32"


def test_a_number_goes_with_a_tensor_but_not_alone() -> None:
    add, tensor = operation("Add"), Tensor((None, 4), "int32")
    assert add.results(Inputs((NUMBER, tensor))) == (Tensor((None, 4), "float32"),)
    with pytest.raises(ShapeError, match=r"takes at least one tensor, \{0\} is a number"):
        add.results(Inputs((NUMBER, NUMBER)))
    with pytest.raises(ShapeError, match=r"takes only tensors, \{0\} is a number"):
        operation("Exp").results(Inputs((NUMBER,)))


def test_tensors_have_no_names_and_must_be_as_many_as_the_function_takes() -> None:
    add = operation("Add")
    with pytest.raises(ShapeError, match="in their order, without names"):
        add.results(Inputs((Tensor((None,)),) * 2, keywords=("x1", "x2")))
    with pytest.raises(ShapeError, match="takes two tensors, not 1"):
        add.results(Inputs.of((None,)))


def test_int_is_the_dtype_of_64_bits() -> None:
    assert dtype_of(Cast("int"), "float16") == "int64"
    assert dtype_of(operation("OnesLike", dtype="int"), "float16") == "int64"
    assert dtype_of(operation("OnesLike"), "float16") == "float16"
    assert Cast("int").as_class(("x",), {"dtype": "int"}) == (("x",), {"dtype": "int64"}, {})


def test_truth_values_add_up_to_an_integer() -> None:
    assert dtype_of(operation("Cumsum"), "bool") == "int32"
    assert dtype_of(operation("Cumsum", dtype="bool"), "float32") == "int32"
    assert dtype_of(operation("Cumsum", dtype="float16"), "bool") == "float16"


def test_without_an_axis_all_elements_stand_in_a_row() -> None:
    assert Sort(axis=None).shape((2, 3, 4)) == (24,)
    assert Sort(axis=None).shape((None, 3)) == (None,)
    with pytest.raises(ShapeError, match="cannot use axis 2"):
        Sort(axis=2).shape((None, 3))
