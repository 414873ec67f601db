"""The shapes and strings of figures."""

from __future__ import annotations

from mergecli.exporters.pictures.paper.drawing import (
    Drawing,
    Ellipse,
    Text,
    centered,
    length,
    rectangle,
)


def test_a_drawing_is_moved_to_the_middle() -> None:
    items = [rectangle(0, 0, 10, 5), Ellipse((5, 2), (1, 1)), Text((1, 1), "a")]
    result = centered(Drawing(10, 5, items), 30)
    assert (result.width, result.height) == (30, 5)
    shape, ellipse, text = result.items
    assert shape == rectangle(10, 0, 10, 5)
    assert ellipse == Ellipse((15, 2), (1, 1)) and text == Text((11, 1), "a")


def test_bold_and_foreign_characters_have_a_length() -> None:
    assert 0 < length("abc") < length("abc", bold=True)
    assert length("漢字") == 16


def test_round_corners_stay_in_the_rectangle() -> None:
    shape = rectangle(1, 2, 20, 10, radius=3)
    assert shape.curved and len(shape.points) % 3 == 1
    assert all(1 <= x <= 21 and 2 <= y <= 12 for x, y in shape.points)
