"""The structure of scenes: chains, and chains side by side."""

from __future__ import annotations

from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene
from mergecli.exporters.pictures.series import DEEPEST, Chain, Slot, decompose


def scene(count: int, *pairs: tuple[int, int]) -> Scene:
    boxes = [Box(f"n{number}", "layer", "Dense", f"d{number}") for number in range(count)]
    root = Frame("root", "", "")
    root.boxes = boxes
    return Scene("model", "m", root, boxes, [Arrow(f"n{a}", f"n{b}") for a, b in pairs])


def shown(part: Slot | Chain) -> object:
    """The boxes of a chain with what is between them; of what is side by side, a set."""
    if isinstance(part, Slot):
        return [*part.arrows, *map(shown, sorted(part.chains, key=lambda one: one.first))]
    result: list[object] = [shown(part.slots[0])]
    for box, slot in zip(part.boxes, part.slots[1:]):
        result += [box, shown(slot)]
    return tuple(result)


def test_a_chain() -> None:
    whole = decompose(scene(3, (0, 1), (1, 2)))
    assert whole is not None
    assert whole.is_chain
    assert shown(whole.chains[0]) == ([], 0, [0], 1, [1], 2, [])


def test_lanes_are_between_what_they_leave_and_what_joins_them() -> None:
    whole = decompose(scene(5, (0, 1), (0, 2), (1, 3), (2, 3), (3, 4)))
    assert whole is not None
    inside = [([0], 1, [2]), ([1], 2, [3])]
    assert shown(whole.chains[0]) == ([], 0, inside, 3, [4], 4, [])


def test_arrows_past_a_chain_and_several_between_two_boxes() -> None:
    whole = decompose(scene(4, (0, 1), (1, 2), (0, 2), (2, 3), (2, 3)))
    assert whole is not None
    assert shown(whole.chains[0]) == ([], 0, [2, ([0], 1, [1])], 2, [3, 4], 3, [])


def test_several_inputs_and_outputs() -> None:
    whole = decompose(scene(5, (0, 2), (1, 2), (2, 3), (2, 4)))
    assert whole is not None
    assert shown(whole.chains[0]) == (
        [([], 0, [0]), ([], 1, [1])], 2, [([2], 3, []), ([3], 4, [])],
    )  # fmt: skip


def test_parts_that_nothing_joins() -> None:
    whole = decompose(scene(3, (0, 1)))
    assert whole is not None
    assert not whole.is_chain
    assert [chain.first for chain in whole.chains] == [2, 0] or len(whole.chains) == 2


def test_what_is_not_made_of_chains_has_no_structure() -> None:
    crossed = (0, 2), (0, 3), (1, 2), (1, 3)
    assert decompose(scene(4, *crossed)) is None
    assert decompose(scene(2, (0, 1), (1, 0))) is None
    assert decompose(scene(1, (0, 0))) is None
    assert decompose(scene(0)) is None


def test_very_deep_lanes_have_no_structure() -> None:
    def nested(levels: int) -> Scene:
        count = 2 * levels + 1
        chain = [(number, number + 1) for number in range(count - 1)]
        return scene(count, *chain, *((n, count - 1 - n) for n in range(levels)))

    assert decompose(nested(DEEPEST - 2)) is not None
    assert decompose(nested(DEEPEST + 2)) is None


def test_a_long_chain_and_many_lanes_are_quick() -> None:
    chain = decompose(scene(20_000, *((number, number + 1) for number in range(19_999))))
    assert chain is not None
    assert len(chain.chains[0].boxes) == 20_000
    fan = [pair for n in range(1, 9_999) for pair in ((0, n), (n, 9_999))]
    lanes = decompose(scene(10_000, *fan))
    assert lanes is not None
    assert len(lanes.chains[0].slots[1].chains) == 9_998
