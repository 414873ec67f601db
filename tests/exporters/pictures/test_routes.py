"""The routes of arrows between placed boxes."""

from __future__ import annotations

from mergecli.exporters.pictures.blocks import Places, Rect
from mergecli.exporters.pictures.routes import HEAD, routes
from mergecli.exporters.pictures.scene import Arrow


def places(**boxes: Rect) -> Places:
    result = Places()
    result.boxes = boxes
    return result


def test_two_arrows_between_two_boxes_are_side_by_side() -> None:
    where = places(a=Rect(0, 0, 100, 40), b=Rect(0, 80, 100, 120))
    one, other = routes([Arrow("a", "b", call=1), Arrow("a", "b", call=2)], where)
    assert one.points[0][0] == one.tip[0] < other.tip[0] == other.points[0][0]
    assert one.points[-1] == (one.tip[0], 80 - HEAD)


def test_an_arrow_to_the_side_turns_where_there_is_room() -> None:
    where = places(a=Rect(0, 0, 100, 40), b=Rect(300, 200, 400, 240))
    where.below["a"] = (60.0, 100.0)
    (route,) = routes([Arrow("a", "b")], where)
    assert {x for x, y in route.points if y <= 60} == {50.0}
    assert {x for x, y in route.points if y >= 100} == {350.0}


def test_arrows_past_lanes_do_not_cross() -> None:
    where = places(a=Rect(0, 0, 100, 40), b=Rect(0, 100, 100, 140), c=Rect(0, 200, 100, 240))
    where.gutters = {0: 130.0, 1: 115.0}
    outer, inner = routes([Arrow("a", "c"), Arrow("b", "c")], where)
    assert inner.tip[1] < outer.tip[1]
    assert outer.tip[0] == inner.tip[0] == 100


def test_an_arrow_to_the_next_column_enters_from_the_left() -> None:
    where = places(a=Rect(0, 200, 100, 240), b=Rect(140, 0, 240, 40))
    where.turns = {("a", "b"): 120.0}
    (route,) = routes([Arrow("a", "b")], where)
    assert route.points[0] == (100, 220)
    assert route.tip == (140, 20)


def test_labels_of_arrows_into_a_box_are_side_by_side_at_their_heads() -> None:
    where = places(a=Rect(0, 0, 200, 40), b=Rect(210, 0, 410, 40), c=Rect(100, 83, 310, 140))
    labels = ("query", "value")
    one, other = routes([Arrow(key, "c", label=of) for key, of in zip("ab", labels)], where)
    assert one.label[1] == other.label[1] == one.number[1]
    half = len("query") * 5 / 2
    assert one.tip[0] < one.label[0] - half and one.label[0] + half < other.tip[0]
    assert other.tip[0] < other.label[0] - half


def test_numbers_are_at_one_side_of_their_arrows() -> None:
    where = places(a=Rect(0, 0, 100, 40), b=Rect(0, 100, 100, 140))
    for arrow in (
        Arrow("a", "b", call=1),
        Arrow("a", "b", number=1),
        Arrow("a", "b", call=1, number=1),
    ):
        (route,) = routes([arrow], where)
        shown = route.label if arrow.words(has_number=True) else route.number
        assert shown[0] > 50
    # The other side of a label is free.
    (route,) = routes([Arrow("a", "b", label="value", number=2)], where)
    assert route.number[0] < 50 < route.label[0]
