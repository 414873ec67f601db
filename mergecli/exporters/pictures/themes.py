"""The colours of pictures: light, dark, following the reader, and none for print.

The lanes are Okabe and Ito's colours, which people who see colours differently can distinguish; each has a tint for its
background. In print, lines distinguish the lanes instead of colours.
"""

from __future__ import annotations

from typing import NamedTuple

NAMES = ("light", "dark", "auto", "print")
#: What stands before each change of a comparison.
MARKS = {"added": "+", "removed": "\N{MINUS SIGN}", "changed": "~", "renamed": "=", "rewired": "≠"}


class Theme(NamedTuple):
    """The colours of one theme. `lanes` are pairs of a line and a tint; `neutral` is the pair outside of lanes."""

    paper: str
    box: str
    ink: str
    muted: str
    line: str
    track: str
    change: str
    frozen: str
    neutral: tuple[str, str]
    lanes: tuple[tuple[str, str], ...]
    #: A line and a tint for each of `MARKS`.
    changes: tuple[tuple[str, str], ...]
    #: The fillings of boxes by how much they compute, from little to much.
    heat: tuple[str, ...]
    #: The lines of lanes, one each, where colours do not distinguish them.
    strokes: tuple[str, ...] = ("solid",)

    def lane(self, number: int | None) -> tuple[str, str]:
        """Return the line and the tint of a lane."""
        return self.neutral if number is None else self.lanes[number % len(self.lanes)]

    def stroke(self, number: int | None) -> str:
        """Return how the lines of a lane are drawn in print."""
        return "solid" if number is None else self.strokes[number % len(self.strokes)]

    def change_pair(self, change: str) -> tuple[str, str]:
        """Return the line and the tint of a change, "" for what is as before."""
        return self.changes[list(MARKS).index(change)] if change else (self.line, self.box)


LIGHT = Theme(
    paper="#fefefe",
    box="#fffffe",
    ink="#1b1f24",
    muted="#57606b",
    line="#6e7781",
    track="#e3e6ea",
    change="#1b1f25",
    frozen="#e8edf3",
    neutral=("#4b5562", "#f3f4f6"),
    lanes=(
        ("#0072b2", "#e9f3fa"),
        ("#b84a00", "#fcefe6"),
        ("#007e5b", "#e6f5f0"),
        ("#a84d83", "#f9eef4"),
        ("#8c6400", "#fbf3dd"),
        ("#6a55b5", "#f0eefa"),
        ("#6b6f00", "#f6f6dc"),
    ),
    changes=(
        ("#00734f", "#e1f5ec"),
        ("#a82000", "#fdebe2"),
        ("#9a6b00", "#fdf4d3"),
        ("#0068a6", "#e4f1fb"),
        ("#9c4379", "#faecf5"),
    ),
    heat=("#fffdf9", "#fff0d8", "#ffe3b8", "#ffd598", "#ffc878"),
)
DARK = Theme(
    paper="#0d1117",
    box="#161b23",
    ink="#f0f3f7",
    muted="#a9b4c0",
    line="#8b949f",
    track="#30363e",
    change="#f0f3f8",
    frozen="#28313d",
    neutral=("#97a3b0", "#1b212a"),
    lanes=(
        ("#56b4e9", "#10222f"),
        ("#f0803c", "#2c1a10"),
        ("#2fc398", "#0d261f"),
        ("#dd94bd", "#2a1a24"),
        ("#e69f00", "#291f0a"),
        ("#b9a7f5", "#1f1a30"),
        ("#e5dc4a", "#26250e"),
    ),
    changes=(
        ("#34c99d", "#0b2a20"),
        ("#ff8f5e", "#331a0f"),
        ("#ecb22e", "#2e240a"),
        ("#62b9ee", "#0f2433"),
        ("#e29dc6", "#2d1b26"),
    ),
    heat=("#18191d", "#2e1f0f", "#45290c", "#5c330a", "#733d08"),
)
PRINT = Theme(
    paper="#fdfdfd",
    box="#fffffd",
    ink="#000001",
    muted="#333334",
    line="#000002",
    track="#dddddd",
    change="#000003",
    frozen="#eeeeef",
    neutral=("#000004", "#fdfdfe"),
    lanes=(("#000005", "#fdfdfc"),) * 4,
    changes=(
        ("#010101", "#fdfcfc"),
        ("#565657", "#fcfdfd"),
        ("#010102", "#fcfcfd"),
        ("#010103", "#fcfcfb"),
        ("#010104", "#fbfcfc"),
    ),
    heat=("#fbfbfa", "#ededec", "#dededf", "#cfcfce", "#bfbfbe"),
    strokes=("solid", "dashed", "dotted", "bold"),
)


def theme(name: str) -> Theme:
    """Return a theme by its name; `auto` is drawn light, and an SVG also has the dark colours."""
    return {"dark": DARK, "print": PRINT}.get(name, LIGHT)


def pairs() -> list[tuple[str, str]]:
    """Return each light colour with the dark one that replaces it."""

    def flat(one: Theme) -> list[str]:
        colours = [
            one.paper,
            one.box,
            one.ink,
            one.muted,
            one.line,
            one.track,
            one.change,
            one.frozen,
            *one.neutral,
            *one.heat,
        ]
        return colours + [colour for pair in (*one.lanes, *one.changes) for colour in pair]

    return list(zip(flat(LIGHT), flat(DARK)))
