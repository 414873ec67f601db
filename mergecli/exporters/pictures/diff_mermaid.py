"""Comparison -> Mermaid, as GitHub and GitLab draw it in a pull request: what differs has a sign, a shape and a line of its own."""

from __future__ import annotations

import json
from typing import Iterable

from mergecli.exporters.pictures.diff_scene import MARKS, Box, Frame, Line, Overlay
from mergecli.exporters.pictures.dot import short
from mergecli.exporters.pictures.mermaid import MOST_ARROWS, MOST_LETTERS, escaped, visible
from mergecli.exporters.pictures.themes import theme

#: The brackets of each kind, which are its shape, and its line.
SHAPES = {
    "": ('["', '"]', "stroke-width:1px"),
    "added": ('("', '")', "stroke-width:3px"),
    "removed": ('{{"', '"}}', "stroke-width:2px,stroke-dasharray:6 4"),
    "changed": ('[["', '"]]', "stroke-width:2px"),
    "renamed": ('>"', '"]', "stroke-width:2px,stroke-dasharray:2 3"),
    "rewired": ('[/"', '"/]', "stroke-width:2px"),
}
ARROWS = {"": "-->", "added": "==>", "removed": "-.->"}


def mermaid(overlays: Iterable[Overlay], name: str = "light", rankdir: str = "TB") -> str:
    """The chart: the first of the pictures that Mermaid can draw, or else the last."""
    text = ""
    for overlay in overlays:
        text = _Writer(overlay, name, rankdir).text()
        if len(text) <= MOST_LETTERS and len(overlay.arrows) <= MOST_ARROWS:
            break
    return text


class _Writer:
    def __init__(self, overlay: Overlay, name: str, rankdir: str) -> None:
        self.overlay, self.colours, self.rankdir = overlay, theme(name), rankdir
        self.lines: list[str] = []

    def text(self) -> str:
        overlay = self.overlay
        title = " · ".join([overlay.title.replace(" -> ", " → "), *overlay.summary[:1]])
        # Mermaid reads these in a title, too.
        said = (
            json.dumps(visible(short(title, 160)), ensure_ascii=False)
            .replace("%", "\\u0025")
            .replace("<", "\\u003c")
        )
        self.lines = ["---", f"title: {said}", "---", f"flowchart {self.rankdir}"]
        self._fill(overlay.root, "  ")
        wires: dict[str, list[int]] = {}
        for number, arrow in enumerate(overlay.arrows):
            self.lines.append(f"  {arrow.source} {ARROWS[arrow.kind]} {arrow.target}")
            wires.setdefault(arrow.kind, []).append(number)
        self._style(wires)
        return "\n".join(self.lines) + "\n"

    def _fill(self, frame: Frame, indent: str) -> None:
        for box in frame.boxes:
            begin, end, _ = SHAPES[box.kind]
            self.lines.append(f"{indent}{box.key}{begin}{_label(box)}{end}")
        for inner in frame.frames:
            title = f"{MARKS[inner.kind]} {inner.title}" if inner.kind else inner.title
            self.lines += [
                f'{indent}subgraph {inner.key}["<b>{escaped(short(title))}</b>"]',
                f"{indent}  direction {self.rankdir}",
            ]
            self._fill(inner, indent + "  ")
            self.lines.append(f"{indent}end")

    def _style(self, wires: dict[str, list[int]]) -> None:
        for kind, (_, _, style) in SHAPES.items():
            members = [box.key for box in self.overlay.boxes.values() if box.kind == kind]
            if members:
                line, tint = self._colours(kind)
                self.lines.append(
                    f"  classDef {kind or 'same'} fill:{tint},stroke:{line},color:{self.colours.ink},{style}"
                )
                self.lines.append(f"  class {','.join(members)} {kind or 'same'}")
        for frame in self.overlay.root.walk():
            if frame.key != "root":
                line, tint = self._colours(frame.kind) if frame.kind else self.colours.neutral
                dashes = ",stroke-dasharray:6 4" if frame.kind == "removed" else ""
                self.lines.append(
                    f"  style {frame.key} fill:{tint},stroke:{line},color:{line}{dashes}"
                )
        for kind, numbers in wires.items():
            if kind:
                self.lines.append(
                    f"  linkStyle {','.join(map(str, numbers))} stroke:{self._colours(kind)[0]}"
                )

    def _colours(self, kind: str) -> tuple[str, str]:
        return (
            self.colours.kinds[list(MARKS).index(kind)]
            if kind
            else (self.colours.line, self.colours.box)
        )


def _label(box: Box) -> str:
    mark = f"({escaped(MARKS[box.kind])}) " if box.kind else ""
    name = escaped(short(box.name))
    if box.old:
        name = f"<s>{escaped(short(box.old))}</s> → <b>{name}</b>"
    lines = [f"{mark}<b>{escaped(short(box.title))}</b> {name}".strip(), *map(_line, box.lines)]
    # What a group is, its title says.
    word = box.kind if box.calls == 1 else ""
    lines += (
        [f"<i>{escaped(', '.join(filter(None, [word, box.note])))}</i>"] if word or box.note else []
    )
    return "<br>".join(lines)


def _line(line: Line) -> str:
    if line.old is None or line.new is None:
        return escaped(line.what)
    return f"{escaped(f'{line.what}: ' if line.what else '')}{escaped(line.old)} → <b>{escaped(line.new)}</b>"
