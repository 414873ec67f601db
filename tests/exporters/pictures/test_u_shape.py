"""Encoders with a symmetric decoder are drawn as a U."""

from __future__ import annotations

import pytest

from mergecli.exporters.pictures.placing import Placement, place
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene
from mergecli.exporters.pictures.series import decompose
from mergecli.exporters.pictures.u_shape import levels

#: The resolution of each box, and the arrows past others: two levels and the bottom.
RESOLUTIONS = [64, 64, 16, 16, 4, 4, 16, 16, 64, 64]
SKIPS = [(1, 8), (3, 6)]


def scene(resolutions: list[int | None], skips: list[tuple[int, int]]) -> Scene:
    boxes = [Box(f"n{number}", "layer", "Conv2D", "") for number in range(len(resolutions))]
    for box, resolution in zip(boxes, resolutions):
        box.resolution = resolution
    root = Frame("root", "", "")
    root.boxes = boxes
    chain = [(number, number + 1) for number in range(len(boxes) - 1)]
    arrows = [Arrow(f"n{a}", f"n{b}") for a, b in (*chain, *skips)]
    return Scene("model", "m", root, boxes, arrows)


def placed(shown: Scene, rankdir: str = "TB") -> Placement:
    structure = decompose(shown)
    assert structure is not None
    sizes = {key: (100.0, 40.0 + 5 * n) for n, key in enumerate(shown.boxes)}
    result = place(shown, structure, sizes, {}, rankdir)
    assert result is not None
    return result


def is_u(resolutions: list[int | None], skips: list[tuple[int, int]]) -> bool:
    shown = scene(resolutions, skips)
    structure = decompose(shown)
    assert structure is not None
    return levels(structure.chains[0], shown) is not None


def test_the_decoder_is_beside_the_encoder_and_flows_up() -> None:
    result = placed(scene([*RESOLUTIONS], SKIPS))
    boxes = [result.boxes[f"n{number}"] for number in range(10)]
    assert {box.left for box in boxes[:5]} == {0.0}
    assert len({box.left for box in boxes[5:]}) == 1
    assert [box.top for box in boxes[:5]] == sorted(box.top for box in boxes[:5])
    assert [-box.top for box in boxes[5:]] == sorted(-box.top for box in boxes[5:])
    for source, target in SKIPS:
        assert boxes[source].bottom == boxes[target].bottom


def test_what_enters_is_as_high_as_what_leaves() -> None:
    result = placed(scene([64, *RESOLUTIONS, 64, 64], [(2, 9), (4, 7)]))
    assert result.boxes["n0"].top == result.boxes["n12"].top == 0.0


def test_arrows_lead_across_on_a_level_and_straight_up() -> None:
    result = placed(scene([*RESOLUTIONS], SKIPS))
    across, up = result.routes[9], result.routes[7]
    assert {y for _, y in across.points} == {across.tip[1]}
    assert across.tip[0] == result.boxes["n8"].left
    assert {x for x, _ in up.points} == {up.tip[0]}
    assert up.tip[1] == result.boxes["n8"].bottom


def test_a_single_box_at_the_bottom_leads_around_the_corner() -> None:
    result = placed(scene([64, 64, 16, 16, 4, 16, 16, 64, 64], [(1, 7), (3, 5)]))
    route = result.routes[4]
    assert route.points[0][0] == result.boxes["n4"].right
    assert route.tip[1] == result.boxes["n5"].bottom < result.boxes["n4"].top + 60


@pytest.mark.parametrize("rankdir", ["BT", "LR", "RL"])
def test_other_directions_turn_it(rankdir: str) -> None:
    result = placed(scene([*RESOLUTIONS], SKIPS), rankdir)
    first, last = result.boxes["n0"], result.boxes["n9"]
    side = 0 if rankdir == "BT" else 1
    assert first[side] < last[side]
    assert (result.width > result.height) is (rankdir != "BT")


def test_only_what_narrows_and_widens_again_is_a_u() -> None:
    assert is_u([*RESOLUTIONS], SKIPS)
    assert not is_u([64] * 10, SKIPS), "layers around others, as in networks of residual groups"
    assert not is_u([None] * 10, SKIPS)
    assert not is_u([64, 64, 4, 4, 64, 64], [(1, 4)]), "one arrow past layers"
    assert not is_u([64, 64, 16, 16, 4, 4, 8, 8, 64, 64], SKIPS), "another resolution"
    assert not is_u([*RESOLUTIONS], [(1, 8), (3, 6), (3, 6)][:1])
