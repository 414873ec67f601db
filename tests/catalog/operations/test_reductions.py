"""Operations that take axes together: shapes, dtypes and the work of sums and products."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations import reductions
from mergecli.catalog.operations.reductions import (
    Argmax,
    Dot,
    Einsum,
    Matmul,
    Max,
    Median,
    Moments,
    Norm,
    Operation,
    Tensordot,
    TopK,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def shape_of(operation: Operation, *shapes: Shape) -> Shape | None:
    return operation.results(Inputs.of(*shapes)._replace(listed=operation.arity is None))[0].shape


def test_without_an_axis_the_batch_is_taken_in_too() -> None:
    assert Max().shape((None, 8, 4)) == ()
    assert Max(keepdims=True).shape((None, 8, 4)) == (1, 1, 1)
    assert Max(axis=[-1, 1], keepdims=True).shape((None, 8, 4)) == (None, 1, 1)
    with pytest.raises(ShapeError, match="cannot use axis 3"):
        Argmax(axis=3).shape((None, 8, 4))


@pytest.mark.parametrize(
    ("name", "dtype", "expected"),
    [
        ("Sum", "bool", "int32"),
        ("Sum", "uint8", "uint32"),
        ("Sum", "float16", "float16"),
        ("Mean", "int32", "float32"),
        ("Mean", "float16", "float16"),
        ("Std", "int64", "float32"),
        ("Amax", "int8", "int8"),
        ("Any", "float32", "bool"),
        ("Prod", "int16", "int32"),
        ("Logsumexp", "float16", "float32"),
        ("Median", "int64", "float32"),
        ("Median", "float64", "float64"),
        ("Argmin", "float32", "int32"),
    ],
)
def test_the_dtype_of_a_reduction(name: str, dtype: str, expected: str) -> None:
    operation = vars(reductions)[name](axis=1)
    inputs = Inputs.of((None, 8), dtype=dtype)
    assert operation.results(inputs) == (Tensor((None,), expected),)


def test_some_norms_are_of_vectors_and_some_of_matrices() -> None:
    assert Norm(ord=3, axis=1).shape((None, 8, 4)) == (None, 4)
    assert Norm(ord="nuc", axis=[1, 2]).shape((None, 8, 4)) == (None,)
    with pytest.raises(ShapeError, match="not a norm `fro` of vectors"):
        Norm(ord="fro", axis=1).shape((None, 8, 4))
    with pytest.raises(ShapeError, match="not a norm `3` of matrices"):
        Norm(ord=3, axis=[1, 2]).shape((None, 8, 4))


def test_moments_are_two_and_keep_the_dtype() -> None:
    inputs = Inputs.of((None, 8), dtype="float16")
    assert Moments([0], keepdims=True).results(inputs) == (Tensor((1, 8), "float16"),) * 2


def test_at_most_as_many_elements_as_there_are_on_the_last_axis() -> None:
    assert shape_of(TopK(k=8), (None, 8)) == (None, 8)
    assert shape_of(TopK(k=9), (3, None)) == (3, 9)
    with pytest.raises(ShapeError, match=r"cannot take 9 elements of \{0\}: \(None, 8\)"):
        shape_of(TopK(k=9), (None, 8))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((8,), (8,), ()),
        ((8,), (None, 8, 3), (None, 3)),
        ((None, 4, 8), (8,), (None, 4)),
        ((None, 1, 4, 8), (5, 8, 3), (None, 5, 4, 3)),
        ((None, 4, None), (8, 3), (None, 4, 3)),
    ],
)
def test_the_matrix_product_broadcasts_what_stands_in_front(
    a: Shape, b: Shape, expected: Shape
) -> None:
    assert shape_of(Matmul(), a, b) == expected


def test_rows_and_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="8 against 7") as caught:
        shape_of(Matmul(), (None, 4, 8), (None, 7, 3))
    assert caught.value.inputs == (0, 1)
    with pytest.raises(ShapeError, match=r"\{1\} has none"):
        shape_of(Matmul(), (None, 4, 8), ())


def test_a_product_of_bytes_is_not_one() -> None:
    inputs = Inputs.of((2, 3), (3, 4), dtype="int8")
    assert Matmul().results(inputs) == (Tensor((2, 4), "int32"),)


def test_numpy_s_dot_does_not_broadcast() -> None:
    assert shape_of(Dot(), (2, 4, 8), (5, 8, 3)) == (2, 4, 5, 3)
    assert shape_of(Dot(), (2, 4, 8), ()) == (2, 4, 8)


def test_a_product_along_several_axes() -> None:
    assert shape_of(Tensordot(1), (None, 4, 8), (8, 3)) == (None, 4, 3)
    assert shape_of(Tensordot([[1], [2]]), (None, 4, 8), (5, 6, 4)) == (None, 8, 5, 6)
    with pytest.raises(ShapeError, match=r"cannot add up along 3 axes: \{1\} has 2 dimensions"):
        shape_of(Tensordot(3), (None, 4, 8), (8, 3))
    with pytest.raises(ArgumentErrors, match="as many axes of the first tensor as of the second"):
        Tensordot([[1, 2], [0]])


def test_the_work_of_a_product_is_that_of_one_sample() -> None:
    inputs = Inputs.of((None, 4, 8), (None, 8, 3))
    for operation in (Matmul(), Einsum("bij,bjk->bik")):
        listed = inputs._replace(listed=operation.arity is None)
        assert operation.macs(listed, operation.results(listed)) == 4 * 8 * 3
    unknown = Inputs.of((None, None, 8), (None, 8, 3))
    assert Matmul().macs(unknown, Matmul().results(unknown)) is None


def test_subscripts_without_a_result_name_what_stands_once_in_the_order_of_letters() -> None:
    assert shape_of(Einsum("cb,ba"), (5, 4), (4, 3)) == (3, 5)
    assert shape_of(Einsum("...ij->...ji"), (None, 2, 4, 8)) == (None, 2, 8, 4)
    assert shape_of(Einsum("bij->b"), (None, 4, 8)) == (None,)


@pytest.mark.parametrize(
    ("subscripts", "hint"),
    [
        ("bi,ij -> bj", "without spaces"),
        ("bi->bk", "no tensor has `k`"),
        ("bi->bb", "the result has `b` twice"),
        ("B", None),
    ],
)
def test_wrong_subscripts_are_refused(subscripts: str, hint: str | None) -> None:
    with pytest.raises(ArgumentErrors, match="must be subscripts in small letters") as caught:
        Einsum(subscripts)
    assert [error.hint for error in caught.value.errors] == [hint]


def test_tensors_that_do_not_fit_their_subscripts_are_named() -> None:
    with pytest.raises(ShapeError, match="8 against 7 for `j`") as caught:
        shape_of(Einsum("ij,jk->ik"), (4, 8), (7, 3))
    assert caught.value.inputs == (0, 1)
    with pytest.raises(ShapeError, match=r"takes 2 dimensions for `jk`, \{1\} has 1"):
        shape_of(Einsum("ij,jk->ik"), (4, 8), (8,))
    with pytest.raises(ShapeError, match="takes 2 tensors, not 1"):
        shape_of(Einsum("ij,jk->ik"), (4, 8))


def test_the_middle_of_whole_numbers_is_a_float() -> None:
    assert Median(axis=1).results(Inputs.of((None, 8), dtype="int32"))[0].dtype == "float32"
