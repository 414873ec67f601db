"""What is placed as one in a picture."""

from __future__ import annotations

import pytest

from mergecli.exporters.pictures.blocks import (
    PAD,
    TITLE,
    BoxBlock,
    FrameBlock,
    Lanes,
    Pads,
    Places,
    Series,
)


def series(*heights: float, ends: bool = False, gap: float = 10.0) -> Series:
    blocks = [BoxBlock(f"{id(heights)}_{n}", (100.0, height)) for n, height in enumerate(heights)]
    places = set(range(len(heights) - 1)) if ends else set()
    return Series(blocks, [gap] * (len(heights) - 1), places, 50.0)


def test_columns_are_about_equally_long() -> None:
    long = series(*[100.0] * 20, ends=True)
    long.measure()
    assert [end - start for start, end in long.columns] == [10, 10]
    assert long.shift > 100


def test_a_column_never_ends_where_it_may_not() -> None:
    whole = series(*[100.0] * 20)
    whole.measure()
    assert whole.columns == [(0, 20)]


def test_columns_that_would_be_uneven_are_one() -> None:
    long = series(2000.0, 20.0, 20.0, ends=True)
    long.measure()
    assert long.columns == [(0, 3)]


def test_a_shorter_lane_begins_and_ends_with_the_longest_and_has_equal_gaps() -> None:
    short, long = series(50.0, 50.0, 50.0), series(*[50.0] * 5)
    lanes = Lanes([short, long], {})
    lanes.measure()
    places = Places()
    lanes.place(places, 0.0, 0.0, lanes.height)
    assert [places.boxes[box.key].top for box in short.lane] == [0.0, 120.0, 240.0]
    assert lanes.height == places.boxes[long.last].bottom == 290.0


def test_all_columns_end_at_one_height() -> None:
    long = series(*[100.0] * 15, ends=True)
    long.measure()
    places = Places()
    long.place(places, 0.0, 0.0, long.height)
    bottoms = [places.boxes[long.blocks[end - 1].last].bottom for _, end in long.columns]
    assert bottoms == pytest.approx([long.height] * 2)


def test_a_lane_has_one_column_beside_a_longer_one() -> None:
    long, longer = series(*[100.0] * 12, ends=True), series(*[100.0] * 20)
    long.measure()
    assert len(long.columns) == 2
    Lanes([long, longer], {}).measure()
    assert len(long.columns) == 1
    framed = series(*[100.0] * 12, ends=True)
    frame = FrameBlock("frame", framed, Pads(TITLE, PAD, PAD, PAD), 30.0, False)
    Lanes([Series([frame], [], set(), 50.0), longer], {}).measure()
    assert len(framed.columns) == 1


def test_a_single_box_is_in_the_middle_of_its_lane_unless_it_is_an_input_or_output() -> None:
    for role, top in (("input", 0.0), ("layer", 120.0), ("output", 240.0)):
        short, long = series(50.0), series(*[50.0] * 5)
        short.lane[0].role = role
        lanes = Lanes([short, long], {})
        lanes.measure()
        places = Places()
        lanes.place(places, 0.0, 0.0, lanes.height)
        assert places.boxes[short.first].top == top


def test_a_frame_is_as_high_as_the_lanes_beside_it() -> None:
    short, long = series(50.0), series(*[50.0] * 5)
    frame = FrameBlock("frame", short, Pads(TITLE, PAD, PAD, PAD), 30.0, False)
    lanes = Lanes([frame, long], {})
    lanes.measure()
    places = Places()
    lanes.place(places, 0.0, 0.0, lanes.height)
    assert places.frames["frame"][1::2] == (0.0, 290.0)
    assert places.boxes[short.first].top - TITLE == 290.0 - PAD - places.boxes[short.first].bottom


def test_boxes_are_wide_enough_for_a_title_beside_the_arrow_that_enters() -> None:
    inside = series(50.0, 50.0)
    frame = FrameBlock("frame", inside, Pads(TITLE, PAD, PAD, PAD), 120.0, True)
    frame.measure()
    assert frame.left == frame.right == frame.entry == 120.0 + 2 * PAD
    assert {box.width for box in inside.lane} == {2 * (120.0 + PAD)}


def test_columns_are_as_equally_long_as_they_can_be() -> None:
    # With 5, 3 and 5 boxes the second column would be the shortest by far.
    heights = [42.0, 162.0, *[195.0] * 5, 178.0, *[195.0] * 3, 162.0, 42.0]
    long = series(*heights, ends=True, gap=25.0)
    long.measure()
    assert [end - start for start, end in long.columns] == [4, 4, 5]
