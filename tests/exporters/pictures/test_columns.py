"""Where a picture begins a new column, and which of its arrows are straight."""

from __future__ import annotations

from mergecli.exporters.pictures.columns import MOST, columns, straight
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene


def scene(count: int, *more: tuple[int, int]) -> Scene:
    """A chain of boxes with further arrows."""
    boxes = [Box(f"n{number}", "layer", "Dense", f"d{number}") for number in range(count)]
    root = Frame("root", "", "")
    root.boxes = boxes
    pairs = [*((number, number + 1) for number in range(count - 1)), *more]
    return Scene("model", "m", root, boxes, [Arrow(f"n{a}", f"n{b}") for a, b in pairs])


def test_a_short_chain_is_one_column() -> None:
    assert columns(scene(8)) == set()


def test_a_long_chain_is_cut_into_columns_of_about_the_same_length() -> None:
    (cut,) = columns(scene(20))
    assert 8 <= cut <= 11


def test_a_picture_is_not_cut_where_another_arrow_joins_both_sides() -> None:
    assert columns(scene(20, (0, 19))) == set()


def test_a_picture_of_very_many_boxes_stays_one_path() -> None:
    assert columns(scene(MOST)) != set()
    assert columns(scene(MOST + 1)) == set()


def test_the_main_path_is_straight_and_what_passes_it_by_is_not() -> None:
    found = scene(4, (0, 2))
    assert straight(found) == {0, 1, 2}


def test_sides_that_are_equal_are_not_straight() -> None:
    boxes = [Box(f"n{number}", "layer", "Dense", "") for number in range(4)]
    root = Frame("root", "", "")
    root.boxes = boxes
    arrows = [Arrow(f"n{a}", f"n{b}") for a, b in ((0, 1), (0, 2), (1, 3), (2, 3))]
    assert straight(Scene("model", "m", root, boxes, arrows)) == set()


def test_an_arrow_into_a_frame_is_not_straight() -> None:
    found = scene(3)
    inner = Frame("f", "branch", "a")
    inner.boxes = [found.root.boxes.pop()]
    found.root.frames = [inner]
    assert straight(found) == {0}
