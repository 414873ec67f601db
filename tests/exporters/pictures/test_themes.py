"""The colours of pictures."""

from __future__ import annotations

import re

import pytest

from mergecli.exporters.pictures.themes import (
    DARK,
    LIGHT,
    MARKS,
    NAMES,
    PRINT,
    Theme,
    pairs,
    theme,
)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_text_can_be_read_on_every_background(colours: Theme) -> None:
    tints = [colours.paper, colours.box, colours.frozen, colours.neutral[1]]
    tints += [tint for _, tint in (*colours.lanes, *colours.changes)]
    assert all(contrast(colours.ink, tint) >= 7 for tint in tints)
    assert all(contrast(colours.muted, tint) >= 4.5 for tint in (colours.paper, colours.box))


def test_lanes_repeat_after_the_last_one() -> None:
    assert LIGHT.lane(0) == LIGHT.lane(len(LIGHT.lanes)) != LIGHT.lane(1)
    assert LIGHT.lane(None) == LIGHT.neutral


def test_print_distinguishes_lanes_by_their_lines() -> None:
    assert [PRINT.stroke(number) for number in range(5)] == [
        "solid", "dashed", "dotted", "bold", "solid",
    ]  # fmt: skip
    assert {LIGHT.stroke(number) for number in range(9)} == {"solid"}


def test_each_change_has_its_own_pair_and_none_is_that_of_a_box() -> None:
    assert len({LIGHT.change_pair(change) for change in MARKS}) == len(MARKS)
    assert LIGHT.change_pair("") == (LIGHT.line, LIGHT.box)


def test_a_picture_that_follows_the_reader_is_drawn_light() -> None:
    assert [theme(name) for name in NAMES] == [LIGHT, DARK, LIGHT, PRINT]


def test_no_light_colour_stands_for_two_dark_ones() -> None:
    """An SVG replaces colours by their names, so each must have one meaning."""
    replaced = dict(pairs())
    assert all(replaced[light] == dark for light, dark in pairs())
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for pair in pairs() for colour in pair)
