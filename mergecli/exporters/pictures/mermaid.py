"""Scene to Mermaid, as GitHub, GitLab and many editors draw it where a Markdown text holds it.

GitHub draws no more than 50,000 characters and 500 arrows; for what would be larger, a scene with fewer boxes is taken.
"""

from __future__ import annotations

import json
import re
from typing import Iterable

from mergecli.exporters.pictures.dot_labels import short, visible
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Line, Scene, Style
from mergecli.exporters.pictures.themes import MARKS, PRINT, theme

#: Mermaid's `maxTextSize` and `maxEdges`, with some room.
MOST_CHARACTERS, MOST_ARROWS = 48_000, 480
#: How the lines of lanes are broken where colours do not distinguish them.
_DASHES = ("0", "8 4", "2 3", "12 3 2 3")
#: The brackets of each change, which are its shape, and its line.
_SHAPES = {
    "": ('["', '"]', "stroke-width:1px"),
    "added": ('("', '")', "stroke-width:3px"),
    "removed": ('{{"', '"}}', "stroke-width:2px,stroke-dasharray:6 4"),
    "changed": ('[["', '"]]', "stroke-width:2px"),
    "renamed": ('>"', '"]', "stroke-width:2px,stroke-dasharray:2 3"),
    "rewired": ('[/"', '"/]', "stroke-width:2px"),
}
_ARROWS = {"": "-->", "added": "==>", "removed": "-.->"}


def mermaid(scenes: Iterable[Scene], theme: str = "light", rankdir: str = "TB") -> str:
    """Return the Mermaid text of the first scene that Mermaid can draw, or else of the last one.

    Args:
        scenes: Scenes of the same, each with fewer boxes than the one before.
        theme: The colours, one of `themes.NAMES`.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
    """
    text = ""
    for scene in scenes:
        text = _Writer(scene, theme, rankdir).text()
        if len(text) <= MOST_CHARACTERS and len(scene.arrows) <= MOST_ARROWS:
            break
    return text


class _Writer:
    def __init__(self, scene: Scene, name: str, rankdir: str) -> None:
        self.scene, self.colours, self.rankdir = scene, theme(name), rankdir
        self.lines: list[str] = []
        self.total = sum(box.amount or 0 for box in scene.boxes.values())

    def text(self) -> str:
        """Return the whole text."""
        self.lines = ["---", f"title: {self._title()}", "---", f"flowchart {self.rankdir}"]
        self._fill(self.scene.root, "  ")
        self.lines += map(_arrow, self.scene.arrows)
        if self.scene.compares:
            self._change_classes()
        else:
            self._lane_classes()
        self._style_frames()
        self._style_arrows()
        return "\n".join(self.lines) + "\n"

    def _title(self) -> str:
        scene = self.scene
        if scene.compares:
            title = " · ".join([scene.title.replace(" -> ", " → "), *scene.summary[:1]])
            title = short(title, 160)
        else:
            title = " · ".join([short(scene.title, 80), *scene.summary])
        # Mermaid interprets these in a title, too.
        shown = json.dumps(visible(title), ensure_ascii=False)
        return shown.replace("%", "\\u0025").replace("<", "\\u003c")

    def _fill(self, frame: Frame, indent: str) -> None:
        """Write what is in a frame."""
        for box in frame.boxes:
            begin, end = self._brackets(box)
            self.lines.append(f"{indent}{box.key}{begin}{self._label(box)}{end}")
        for inner in frame.frames:
            title = f"model {inner.heading}" if inner.role == "model" else inner.heading
            if inner.style.change:
                title = f"{MARKS[inner.style.change]} {title}"
            self.lines.append(f'{indent}subgraph {inner.key}["<b>{escaped(short(title))}</b>"]')
            # Without a direction of its own a frame may turn.
            self.lines.append(f"{indent}  direction {self.rankdir}")
            self._fill(inner, indent + "  ")
            self.lines.append(f"{indent}end")

    def _brackets(self, box: Box) -> tuple[str, str]:
        if self.scene.compares:
            return _SHAPES[box.style.change][:2]
        if box.role in ("input", "output"):
            return '(["', '"])'
        return ('[["', '"]]') if box.style.shared else ('["', '"]')

    def _label(self, box: Box) -> str:
        change = box.style.change
        mark = f"({escaped(MARKS[change])}) " if change else ""
        name = escaped(short(box.name))
        if box.old_name:
            name = f"<s>{escaped(short(box.old_name))}</s> → <b>{name}</b>"
        lines = [f"{mark}<b>{escaped(short(box.title))}</b> {name}".strip()]
        lines += [*map(_line, box.lines), self._amount(box)]
        # The title of a group names its change.
        notes = [change] if change and box.role != "group" else []
        notes += box.notes
        lines += [f"<i>{escaped(', '.join(notes))}</i>"] if notes else []
        return "<br>".join(filter(None, lines))

    def _amount(self, box: Box) -> str:
        if not box.shown:
            return ""
        share = ""
        if self.total and box.share and box.amount:
            share = f" · {100 * box.amount / self.total:.0f} #37;"
        return f"{box.shown}{share}"

    # Colours and lines.

    def _lane_classes(self) -> None:
        """Style the boxes of a network: a class for each role in each lane."""
        members: dict[str, tuple[Box, list[str]]] = {}
        for frame in self.scene.root.walk():
            for box in frame.boxes:
                members.setdefault(_class(box), (box, []))[1].append(box.key)
        for name, (box, keys) in members.items():
            line, tint = self.colours.lane(box.style.lane)
            dashes = self._dashes(box.style)
            fill = self.colours.box
            if box.role in ("input", "output"):
                fill = tint
            elif box.style.frozen:
                fill, dashes = self.colours.frozen, "5 3"
            style = f"fill:{fill},stroke:{line},color:{self.colours.ink}"
            style += ",stroke-width:3px" if box.style.joins else ""
            style += f",stroke-dasharray:{dashes}" if dashes else ""
            self._class(name, style, keys)

    def _change_classes(self) -> None:
        """Style the boxes of a comparison: a class for each change."""
        for change, (_, _, border) in _SHAPES.items():
            keys = [box.key for box in self.scene.boxes.values() if box.style.change == change]
            if keys:
                line, tint = self.colours.change_pair(change)
                style = f"fill:{tint},stroke:{line},color:{self.colours.ink},{border}"
                self._class(change or "same", style, keys)

    def _class(self, name: str, style: str, keys: list[str]) -> None:
        self.lines += [f"  classDef {name} {style}", f"  class {','.join(keys)} {name}"]

    def _style_frames(self) -> None:
        for frame in self.scene.root.walk():
            if frame is self.scene.root:
                continue
            change = frame.style.change
            line, tint = self.colours.lane(frame.style.lane)
            if change:
                line, tint = self.colours.change_pair(change)
            dashes = "6 3" if frame.role == "model" else self._dashes(frame.style)
            if change == "removed":
                dashes = "6 4"
            fill = tint if frame.role == "branch" else "none"
            style = f"fill:{fill},stroke:{line},color:{line}"
            style += f",stroke-dasharray:{dashes}" if dashes else ""
            self.lines.append(f"  style {frame.key} {style}")

    def _style_arrows(self) -> None:
        numbers: dict[Style, list[str]] = {}
        for number, arrow in enumerate(self.scene.arrows):
            if arrow.style.change or (arrow.style.lane is not None and self.colours is not PRINT):
                numbers.setdefault(arrow.style, []).append(str(number))
        for style, members in numbers.items():
            line, _ = self.colours.lane(style.lane)
            if style.change:
                line, _ = self.colours.change_pair(style.change)
            self.lines.append(f"  linkStyle {','.join(members)} stroke:{line}")

    def _dashes(self, style: Style) -> str:
        return _DASHES[style.lane % len(_DASHES)] if style.lane and self.colours is PRINT else ""


def _arrow(arrow: Arrow) -> str:
    label = escaped(arrow.words())
    line = "-.->" if arrow.call > 1 else _ARROWS[arrow.style.change]
    return f"  {arrow.source} {line}" + (f'|"{label}"| ' if label else " ") + arrow.target


def _class(box: Box) -> str:
    """Return the name of the class of boxes that look alike."""
    role = "merge" if box.style.joins else "layer" if box.role == "group" else box.role
    frozen = "_frozen" if box.style.frozen else ""
    return f"{role}{frozen}" + (f"_{box.style.lane}" if box.style.lane is not None else "")


def _line(line: Line) -> str:
    if line.old is not None and line.new is not None:
        text = escaped(f"{line.text}: " if line.text else "")
        return f"{text}{escaped(line.old)} → <b>{escaped(line.new)}</b>"
    text = escaped(line.text)
    text = f"<b>{text}</b>" if line.strong else text
    return " ".join(filter(None, [text, escaped(line.detail), escaped(line.right)]))


def escaped(text: str) -> str:
    """Return a text as quoted labels have it: what Mermaid, Markdown or HTML would interpret stands as its number.

    >>> escaped('a "b" <c> #d'), escaped("_a_b")
    ('a #34;b#34; #60;c#62; #35;d', '#95;a_b')
    """
    signs = r"[\"#<>&`%\\$*~|{}\[\];@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    return re.sub(signs, lambda match: f"#{ord(match[0])};", visible(text))
