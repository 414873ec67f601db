"""The row of boxes that explains changes."""

from __future__ import annotations

from mergecli.exporters.pictures.dot_legend import ABOVE, AROUND, GAP, row


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.replace("e,", "").replace(",", " ").split()]


def test_boxes_stand_in_a_row_with_equal_gaps_in_the_frame() -> None:
    legend = row([(70.0, 22.0), (60.0, 26.0), (80.0, 22.0)])
    left, low, right, high = numbers(legend.frame(100.0)["bb"])
    middles = [numbers(legend.box(number, 100.0, 0)["pos"]) for number in range(3)]
    assert (left, low) == (0.0, 100.0 + ABOVE)
    assert [x for x, _ in middles] == [AROUND + 35, AROUND + 70 + GAP + 30, right - AROUND - 40]
    assert {y for _, y in middles} == {(low + high) / 2}
    assert high - low == 26 + 2 * AROUND


def test_an_arrow_leads_from_one_side_to_the_next() -> None:
    legend = row([(70.0, 22.0), (60.0, 26.0)])
    tip, y, start, *_ = numbers(legend.arrow(0, 0.0)["pos"])
    assert (start, tip) == (AROUND + 70, AROUND + 70 + GAP)
    assert y == numbers(legend.box(1, 0.0, 0)["pos"])[1]


def test_a_second_line_is_around_the_size() -> None:
    assert row([(80.0, 80.0)]).box(0, 0.0, 8)["width"] == "1.0000"


def test_without_boxes_there_is_no_row() -> None:
    assert row([]) == (0.0, 0.0, [])
