"""Arithmetic on shapes: windows, broadcasting, reshaping, and axes from both ends."""

from __future__ import annotations

import pytest

from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    added,
    axis,
    broadcast,
    check_has_axis,
    check_least_rank,
    check_rank,
    reshape,
    size,
    spreads,
    transposed,
    window,
)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "dilation", "expected"),
    [
        (10, 3, 2, "valid", 1, 4),
        (10, 3, 1, "valid", 4, 2),
        (3, 3, 5, "valid", 1, 1),
        (2, 3, 1, "valid", 1, 0),
        (7, 3, 3, "same", 2, 3),
        (7, 5, 2, "causal", 1, 4),
        (1, 9, 4, "same", 1, 1),
    ],
)
def test_the_length_after_a_window(
    length: int, kernel: int, stride: int, padding: str, dilation: int, expected: int
) -> None:
    assert window(length, kernel, stride, padding, dilation) == expected


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "output_padding", "dilation", "expected"),
    [
        (2, 3, "valid", None, 1, 15),  # 4 * 3 + max(2, 3)
        (3, 2, "valid", 1, 1, 12),  # 4 * 2 + 3 + 1
        (3, 2, "valid", None, 2, 13),  # 4 * 2 + 5
        (3, 2, "same", None, 1, 10),
        (3, 2, "same", 0, 1, 9),  # 4 * 2 + 1 + 0
        (4, 2, "same", 1, 1, 9),  # 4 * 2 + 0 + 1
    ],
)
def test_the_length_of_five_after_a_transposed_window(
    kernel: int, stride: int, padding: str, output_padding: int | None, dilation: int, expected: int
) -> None:
    assert transposed(5, kernel, stride, padding, output_padding, dilation) == expected
    assert transposed(None, kernel, stride, padding, output_padding, dilation) is None


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((None, 3), (2, 3), (None, 3)),
        ((3,), (None, 2, 1), (None, 2, 3)),
        ((1, 1), (4, 5), (4, 5)),
        ((), (4,), (4,)),
        ((4, 2), (4, 3), None),
    ],
)
def test_an_unknown_size_wins_when_layers_merge(a: Shape, b: Shape, expected: Shape | None) -> None:
    assert broadcast(a, b) == expected
    assert broadcast(b, a) == expected


def test_a_shape_spreads_only_onto_one_that_is_as_large() -> None:
    assert spreads((), (2,))
    assert spreads((None, 3), (2, 3))
    assert not spreads((1, 2, 3), (2, 3))
    assert not spreads((2,), (2, 3))


def test_an_axis_beyond_the_last_is_refused_with_those_that_there_are() -> None:
    assert [axis(index, 3) for index in (-3, -1, 0, 2)] == [0, 2, 0, 2]
    hints = {}
    for rank in (1, 2, 4):
        for index in (rank, -rank - 1):
            with pytest.raises(ShapeError) as caught:
                axis(index, rank, argument="axes")
            assert (caught.value.code, caught.value.argument) == ("axis-range", "axes")
            hints[rank] = caught.value.hint
    assert hints == {
        1: "an axis from -1 to 0",
        2: "use axis 1 or -1",
        4: "use an axis from 1 to 3, or -3 to -1",
    }


def test_a_reshape_keeps_the_number_of_elements() -> None:
    assert reshape((4, 6), (2, -1, 3)) == (2, 4, 3)
    assert reshape((), (1, -1)) == (1, 1)
    assert reshape((None, 6), (3, 4)) == (3, 4)
    with pytest.raises(ShapeError, match="no size makes it 15 elements"):
        reshape((None, 6), (3, 5))
    with pytest.raises(ShapeError, match="24 elements against 25") as caught:
        reshape((4, 6), (5, 5))
    assert caught.value.hint == "the sizes must multiply to 24"
    with pytest.raises(ShapeError, match="24 elements do not divide by 5"):
        reshape((4, 6), (5, -1))
    with pytest.raises(ShapeError, match="24 elements do not divide by 0"):
        reshape((4, 6), (0, -1))


def test_the_hint_of_a_reshape_changes_one_size() -> None:
    with pytest.raises(ShapeError) as caught:
        reshape((4, 6), (5, 8))
    assert caught.value.hint == "the sizes must multiply to 24, as in `[3, 8]`"


def test_an_unknown_batch_is_not_among_the_elements_of_a_sample() -> None:
    assert (size((None,)), size((7, 2, 3)), size((7, None))) == (1, 6, None)
    assert (added(), added(2, 0, None)) == (0, None)


def test_the_number_of_dimensions_is_in_the_message() -> None:
    with pytest.raises(ShapeError) as caught:
        check_rank((2, 3), 1, place=1)
    assert caught.value.message == "takes 1 dimension, {1} has 2: (2, 3)"
    assert caught.value.inputs == (1,)
    with pytest.raises(ShapeError, match=r"takes images of 3 or 4 dimensions, \{0\} has 2"):
        check_rank((2, 3), 3, 4, what="images")
    with pytest.raises(ShapeError, match=r"takes at least 3 dimensions, \{0\} has 2"):
        check_least_rank((2, 3), 3)
    with pytest.raises(ShapeError, match=r"takes at least 1 dimension, \{0\} has none"):
        check_has_axis(())
    check_rank((2, 3), 1, 2)
    check_least_rank((2, 3), 2)
    check_has_axis((None,))
