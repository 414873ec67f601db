"""The places of boxes, frames and arrows of scenes whose lanes are chains."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mergecli.exporters.pictures.blocks import BESIDE, PAD, PAST, TITLE, Rect
from mergecli.exporters.pictures.placing import GAP, MOST, Placement, place
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene
from mergecli.exporters.pictures.series import decompose

#: Two boxes in the frame "a", three in "b", joined by a box of their own, with an output.
PAIRS = [(0, 1), (2, 3), (3, 4), (1, 5), (4, 5), (5, 6)]
LANES = {"a": [0, 1], "b": [2, 3, 4]}


def scene(count: int, pairs: list[tuple[int, int]], lanes: dict[str, list[int]]) -> Scene:
    boxes = [Box(f"n{number}", "layer", "Dense", f"d{number}") for number in range(count)]
    root = Frame("root", "", "")
    for name, numbers in lanes.items():
        frame = Frame(name, "branch", name)
        frame.boxes = [boxes[number] for number in numbers]
        root.frames.append(frame)
    inside = {number for numbers in lanes.values() for number in numbers}
    root.boxes = [box for number, box in enumerate(boxes) if number not in inside]
    return Scene("model", "m", root, boxes, [Arrow(f"n{a}", f"n{b}") for a, b in pairs])


def placed(shown: Scene, rankdir: str = "TB", **widths: float) -> Placement | None:
    structure = decompose(shown)
    assert structure is not None
    sizes = {key: (widths.get(key, 100.0), 50.0) for key in shown.boxes}
    titles = {frame.key: 30.0 for frame in shown.root.walk()}
    return place(shown, structure, sizes, titles, rankdir)


def lanes(rankdir: str = "TB", **widths: float) -> Placement:
    result = placed(scene(7, PAIRS, LANES), rankdir, **widths)
    assert result is not None
    return result


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
    )  # fmt: skip


def test_lanes_stand_in_the_order_of_the_file_and_end_at_one_edge() -> None:
    result = lanes()
    a, b = result.frames["a"], result.frames["b"]
    assert a.bottom == b.bottom
    assert a.top == b.top
    assert b.left - a.right == BESIDE
    assert result.boxes["n1"].bottom == result.boxes["n4"].bottom == a.bottom - PAD


def test_boxes_of_a_lane_are_equally_wide_and_equally_far_from_each_other() -> None:
    result = lanes(n3=180.0)
    inside = [result.boxes[f"n{number}"] for number in (2, 3, 4)]
    assert {box.right - box.left for box in inside} == {180.0}
    assert {below.top - above.bottom for above, below in pairwise(inside)} == {GAP}
    assert inside[0].top - result.frames["b"].top == TITLE
    assert {box.right - box.left for box in map(result.boxes.get, ("n0", "n1")) if box} == {100.0}


def test_arrows_leave_and_enter_at_a_right_angle() -> None:
    result = lanes()
    for route, (source, target) in zip(result.routes, PAIRS):
        before, after = result.boxes[f"n{source}"], result.boxes[f"n{target}"]
        assert route.points[0][1] == before.bottom
        assert route.tip[1] == after.top
        assert route.tip[0] == pytest.approx(route.points[-1][0])
        assert route.points[-1][0] == pytest.approx(route.points[-2][0])
        assert len(route.points) % 3 == 1
    joined = [result.routes[number].tip[0] for number in (3, 4)]
    assert joined == sorted(joined)
    assert joined[0] < joined[1]


def test_an_arrow_past_a_chain_stays_beside_it() -> None:
    result = placed(scene(4, [(0, 1), (1, 2), (2, 3), (0, 3)], {"a": [0, 1, 2, 3]}))
    assert result is not None
    route, boxes = result.routes[3], result.boxes
    x = max(x for x, _ in route.points)
    assert max(box.right for box in boxes.values()) < x < result.frames["a"].right
    assert route.tip == (boxes["n3"].right, (boxes["n3"].top + boxes["n3"].bottom) / 2)


def test_labels_of_arrows_past_a_chain_are_between_these() -> None:
    shown = scene(4, [(0, 1), (1, 2), (2, 3), (1, 3), (0, 3)], {"a": [0, 1, 2, 3]})
    shown.arrows = [
        arrow._replace(label={3: "key", 4: "query"}.get(number, ""))
        for number, arrow in enumerate(shown.arrows)
    ]
    result = placed(shown)
    assert result is not None
    at = [max(x for x, _ in result.routes[number].points) for number in (3, 4)]
    key, query = (result.routes[number].label[0] for number in (3, 4))
    assert at[0] < key - 7 < key + 7 < at[1] < query - 12 < query + 12 < result.frames["a"].right


def test_an_arrow_from_lane_to_lane_does_not_run_through_a_frame_that_it_only_passes() -> None:
    shown = scene(3, [(0, 1), (1, 2), (0, 2)], {"a": [0], "b": [1], "c": [2]})
    result = placed(shown)
    assert result is not None
    assert max(x for x, _ in result.routes[2].points) > result.frames["b"].right


def test_an_arrow_past_others_keeps_away_from_the_frames_of_its_ends() -> None:
    result = placed(scene(4, [(0, 1), (1, 2), (2, 3), (0, 2)], {"a": [0]}), n0=180.0)
    assert result is not None
    assert max(x for x, _ in result.routes[3].points) == result.frames["a"].right + PAST


@pytest.mark.parametrize("rankdir", ["TB", "BT"])
def test_an_arrow_past_the_first_boxes_of_a_frame_branches_off_in_it(rankdir: str) -> None:
    shown = scene(4, [(0, 1), (1, 2), (2, 3), (0, 2)], {"a": [0], "b": [1, 2, 3]})
    result = placed(shown, rankdir, n0=180.0)
    assert result is not None
    frame, first = result.frames["b"], result.boxes["n1"]
    route, main = result.routes[3].points, result.routes[0].points
    assert route[0] == main[0]
    (before, after) = (first.bottom, frame.bottom) if rankdir == "BT" else (frame.top, first.top)
    assert route[3][0] == main[0][0]
    assert before < route[3][1] < after
    assert first.right < max(x for x, _ in route) < frame.right
    assert result.routes[3].tip == (result.boxes["n2"].right, sum(result.boxes["n2"][1::2]) / 2)


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
def test_the_flow_has_its_direction_and_nothing_overlaps(rankdir: str) -> None:
    result = lanes(rankdir)
    first, last = result.boxes["n2"], result.boxes["n6"]
    assert {
        "TB": first.bottom < last.top,
        "BT": first.top > last.bottom,
        "LR": first.right < last.left,
        "RL": first.left > last.right,
    }[rankdir]
    boxes = list(result.boxes.values())
    assert not any(overlap(a, b) for n, a in enumerate(boxes) for b in boxes[:n])
    for one in (*boxes, *result.frames.values()):
        assert 0 <= one.left < one.right <= result.width + 1e-6
        assert 0 <= one.top < one.bottom <= result.height + 1e-6


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_a_long_chain_continues_in_another_column_or_row(rankdir: str) -> None:
    def longest(count: int) -> Placement:
        pairs = [(number, number + 1) for number in range(count - 1)]
        result = placed(scene(count, pairs, {}), rankdir)
        assert result is not None
        return result

    result = longest(40)
    assert max(result.width, result.height) < 40 * 50
    where = [result.boxes[f"n{number}"] for number in range(40)]
    side, flow = (0, 1) if rankdir == "TB" else (1, 0)
    turns = [(a, b) for a, b in pairwise(where) if b[flow] < a[flow]]
    assert turns
    assert all(after[side] > before[side] for before, after in turns)
    whole = longest(MOST + 1)
    assert min(whole.width, whole.height) == (100.0 if rankdir == "TB" else 50.0)


def test_a_frame_whose_boxes_are_not_next_to_each_other_is_left_to_graphviz() -> None:
    assert placed(scene(3, [(0, 1), (1, 2)], {"a": [0, 2]})) is None


def test_no_arrow_crosses_a_title() -> None:
    shown = scene(2, [(0, 1)], {"a": [1]})
    structure = decompose(shown)
    assert structure is not None
    result = place(shown, structure, {"n0": (90, 40), "n1": (90, 40)}, {"a": 200.0})
    assert result is not None
    assert result.routes[0].tip[0] > result.frames["a"].left + PAD + 200


def test_an_arrow_past_a_chain_passes_the_wide_box_of_another_frame() -> None:
    shown = scene(3, [(0, 1), (1, 2), (0, 2)], {"a": [0, 1], "b": [2]})
    result = placed(shown, n2=300.0)
    assert result is not None
    assert max(x for x, _ in result.routes[2].points) > result.boxes["n2"].right
