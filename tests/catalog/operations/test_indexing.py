"""Operations that cut tensors, take parts of them, or pad them: what is left of each size."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations.indexing import GetItem, Pad, Resize, Split, Take
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def parts(split: Split, shape: Shape) -> list[Shape | None]:
    return [part.shape for part in split.results(Inputs.of(shape))]


def test_equal_parts_must_divide_the_axis() -> None:
    assert parts(Split(3, axis=1), (None, 9, 2)) == [(None, 3, 2)] * 3
    assert parts(Split(2), (None, 9)) == [(None, 9)] * 2
    with pytest.raises(ShapeError, match="8 on axis 1 does not divide"):
        parts(Split(3, axis=1), (None, 8))


def test_the_last_part_goes_from_the_last_place_to_the_end() -> None:
    assert parts(Split([2, 2], axis=1), (None, 5)) == [(None, 2), (None, 0), (None, 3)]
    assert parts(Split([2]), (None, 5)) == [(2, 5), (None, 5)]
    with pytest.raises(ShapeError, match="from 6 to 5 is less than nothing") as caught:
        parts(Split([6], axis=1), (None, 5))
    assert caught.value.code == "negative-size"


def test_a_split_has_at_most_a_thousand_parts() -> None:
    assert len(parts(Split(1000, axis=1), (None, 2000))) == 1000
    with pytest.raises(ShapeError, match="more than 1,000 tensors"):
        parts(Split(1001, axis=1), (None, 2002))


def test_what_is_taken_has_the_shape_of_the_places_and_the_dtype_of_the_tensor() -> None:
    x, places = Tensor((None, 8, 3), "float16"), Tensor((5, 6), "int32")
    number = Tensor((), "int")
    assert Take(axis=1).results(Inputs((x, places))) == (Tensor((None, 5, 6, 3), "float16"),)
    assert Take(axis=-1).results(Inputs((x, number))) == (Tensor((None, 8), "float16"),)
    assert Take().results(Inputs((x, places))) == (Tensor((5, 6), "float16"),)
    with pytest.raises(ShapeError, match=r"takes a tensor first, \{0\} is a number"):
        Take().results(Inputs((number, places)))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (0, (8, 4)),
        ([None, -1], (None, 4)),
        ([None, {"start": 5, "stop": 1, "step": -2}], (None, 2, 4)),
        ([None, {"start": -3}], (None, 3, 4)),
        ([None, {"start": 6, "stop": 2}], (None, 0, 4)),
        (["...", {"stop": 99}], (None, 8, 4)),
        ([{"stop": 2}, "...", 1], (None, 8)),
        ([None, 0, "...", 0], (None,)),
    ],
)
def test_brackets_take_what_python_takes(key: object, expected: Shape) -> None:
    assert GetItem(key).shape((None, 8, 4)) == expected


def test_brackets_reach_no_element_and_no_axis_beyond_the_last() -> None:
    assert GetItem([None, -8]).shape((None, 8)) == (None,)
    for index in (8, -9):
        with pytest.raises(ShapeError, match=rf"cannot take element {index}: axis 1 of \{{0\}}"):
            GetItem([None, index]).shape((None, 8))
    with pytest.raises(ShapeError, match=r"cannot split 3 axes: \{0\} has 2"):
        GetItem([None, None, 0]).shape((None, 8))


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ([0, 1.5], (1,)),
        ([None, {"begin": 1}], (1, "begin")),
        ([None, {"stop": "2"}], (1, "stop")),
        ([{"step": 0}], (0, "step")),
        (["...", "..."], ()),
    ],
)
def test_a_wrong_key_is_reported_where_it_is_wrong(key: object, path: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentErrors) as caught:
        GetItem(key)
    assert [error.path for error in caught.value.errors] == [path]


def test_images_are_resized_in_their_order_of_axes() -> None:
    assert Resize([16, 8]).shape((32, 32, 3)) == (16, 8, 3)
    first = Resize([16, 8], data_format="channels_first")
    assert first.shape((None, 3, 32, 32)) == (None, 3, 16, 8)
    with pytest.raises(ShapeError, match=r"takes images of 3 or 4 dimensions, \{0\} has 2"):
        first.shape((32, 32))
    with pytest.raises(ArgumentErrors, match="cannot go with `crop_to_aspect_ratio`"):
        Resize([16, 8], crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)


def test_one_width_goes_to_all_axes() -> None:
    assert Pad(2).shape((None, 8)) == (None, 12)
    assert Pad([1, 2]).shape((4, 8)) == (7, 11)
    assert Pad([[0, 0], [3, 0]]).shape((4, 8)) == (4, 11)
    with pytest.raises(ShapeError, match=r"cannot pad 2 axes: \{0\} has 3"):
        Pad([[0, 0], [3, 0]]).shape((4, 8, 2))


def test_a_value_goes_only_with_constant_padding() -> None:
    assert Pad(1, constant_values=2.0).constant_values == 2.0
    with pytest.raises(ArgumentErrors, match="goes only with `mode: constant`"):
        Pad(1, mode="edge", constant_values=0)
    with pytest.raises(ArgumentErrors):
        Pad([[1, -1]])
