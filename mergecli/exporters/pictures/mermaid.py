"""Network -> Mermaid, as GitHub, GitLab and many editors draw it where a Markdown text holds it.

GitHub draws no more than 50,000 characters and 500 arrows; what would be larger is folded until it is not.
"""

from __future__ import annotations

import json
import re

from mergecli.exporters.pictures.dot import MOST_ROWS, counted, short, totals
from mergecli.exporters.pictures.folding import groups
from mergecli.exporters.pictures.scene import Box, Diagram, Frame
from mergecli.exporters.pictures.themes import PRINT, Theme, theme
from mergecli.ir.graph import Network

#: Mermaid's `maxTextSize` and `maxEdges`, with some room.
MOST_LETTERS, MOST_ARROWS = 48_000, 480
_DIRECTIONS = ("TB", "LR", "BT", "RL")
#: How the lines of lanes are broken where colours do not tell them apart.
_DASHES = ("0", "8 4", "2 3", "12 3 2 3")


def mermaid(
    network: Network,
    detail: str = "auto",
    theme: str = "light",
    rankdir: str = "TB",
    bar: str = "parameters",
) -> str:
    """The Mermaid text of a network. With a `detail` that makes it too large for Mermaid, the next one is taken."""
    details = ["layer", "auto", "block", "branch"]
    text = ""
    for level in [detail, *details[details.index(detail) + 1 :]]:
        text = _Writer(Diagram(network, groups(network, level), bar), theme, rankdir).text()
        if len(text) <= MOST_LETTERS and text.count("->") <= MOST_ARROWS:
            break
    return text


class _Writer:
    def __init__(self, diagram: Diagram, name: str, rankdir: str) -> None:
        self.diagram, self.colours, self.rankdir = diagram, theme(name), rankdir
        self.lines: list[str] = []
        self.classes: dict[str, list[str]] = {}
        self.total = sum(box.amount(diagram.weighed) or 0 for box in diagram.boxes.values())
        self.unit = "MACs" if diagram.weighed == "macs" else "parameters"

    def text(self) -> str:
        diagram = self.diagram
        title = (
            json.dumps(
                " · ".join([visible(short(diagram.title, 80)), *totals(diagram)]),
                ensure_ascii=False,
            )
            .replace("%", "\\u0025")
            .replace("<", "\\u003c")
        )
        self.lines = ["---", f"title: {title}", "---", f"flowchart {self.rankdir}"]
        self._fill(diagram.root, "  ")
        lanes: dict[int, list[int]] = {}
        for number, arrow in enumerate(diagram.arrows):
            words = " ".join(
                filter(None, [str(arrow.call) if arrow.call else "", escaped(arrow.label)])
            )
            line = "-.->" if arrow.call > 1 else "-->"
            self.lines.append(
                f"  {arrow.source} {line}" + (f'|"{words}"| ' if words else " ") + arrow.target
            )
            if arrow.lane is not None:
                lanes.setdefault(arrow.lane, []).append(number)
        self._style(lanes)
        return "\n".join(self.lines) + "\n"

    def _fill(self, frame: Frame, indent: str) -> None:
        for box in frame.boxes:
            begin, end = (
                ('(["', '"])')
                if box.role in ("input", "output")
                else ('[["', '"]]')
                if box.calls > 1
                else ('["', '"]')
            )
            self.lines.append(f"{indent}{box.key}{begin}{self._label(box)}{end}")
            self.classes.setdefault(_class(box), []).append(box.key)
        for inner in frame.frames:
            title = f"model {inner.title}" if inner.kind == "model" else inner.title
            self.lines.append(f'{indent}subgraph {inner.key}["<b>{escaped(short(title))}</b>"]')
            # Without a direction of its own a frame may turn.
            self.lines.append(f"{indent}  direction {self.rankdir}")
            self._fill(inner, indent + "  ")
            self.lines.append(f"{indent}end")

    def _label(self, box: Box) -> str:
        title = f"<b>{escaped(short(box.title))}</b>"
        lines = [f"{title} {escaped(short(box.name))}".strip()]
        if box.role == "group":
            if len(box.rows) <= MOST_ROWS:
                lines += [
                    f"{escaped(row.cls)} {escaped(row.arguments)}".strip() for row in box.rows
                ]
            else:
                lines += [f"{escaped(cls)} {number}".strip() for cls, number in counted(box)]
        elif box.role == "layer":
            lines += [escaped(box.rows[0].arguments)]
        shape = escaped(box.shape)
        lines.append(f"<b>{shape}</b>" if box.changed else shape)
        if box.role in ("input", "output"):
            lines[-1] = " ".join(filter(None, [lines[-1], escaped(box.note)]))
        amount = box.amount(self.diagram.weighed)
        if amount:
            share = f" · {100 * amount / self.total:.0f} #37;" if self.total and box.weigh else ""
            lines.append(f"{amount:,} {self.unit}{share}")
        elif amount is None:
            lines.append(f"? {self.unit}")
        notes = ([box.frozen] if box.frozen else []) + (
            [f"shared: applied {box.calls} times"] if box.calls > 1 else []
        )
        lines += [f"<i>{', '.join(notes)}</i>"] if notes else []
        return "<br>".join(line for line in lines if line)

    def _style(self, lanes: dict[int, list[int]]) -> None:
        colours = self.colours
        for name, keys in self.classes.items():
            lane = (
                int(re.findall(r"\d+", name)[0])
                if any(letter.isdigit() for letter in name)
                else None
            )
            line, tint = self._lane(lane)
            fill = (
                tint
                if name.startswith(("input", "output"))
                else colours.frozen
                if "frozen" in name
                else colours.box
            )
            style = f"fill:{fill},stroke:{line},color:{colours.ink}"
            style += ",stroke-width:3px" if "merge" in name else ""
            dashes = "5 3" if "frozen" in name else _dashes(lane, colours)
            self.lines += [
                f"  classDef {name} {style}{f',stroke-dasharray:{dashes}' if dashes else ''}",
                f"  class {','.join(keys)} {name}",
            ]
        for frame in self.diagram.root.walk():
            if frame.kind:
                line, tint = self._lane(frame.lane)
                dashes = "6 3" if frame.kind == "model" else _dashes(frame.lane, colours)
                fill = tint if frame.kind == "branch" else "none"
                self.lines.append(
                    f"  style {frame.key} fill:{fill},stroke:{line},color:{line}{f',stroke-dasharray:{dashes}' if dashes else ''}"
                )
        for lane, numbers in lanes.items():
            if colours is not PRINT:
                self.lines.append(
                    f"  linkStyle {','.join(map(str, numbers))} stroke:{self._lane(lane)[0]}"
                )

    def _lane(self, lane: int | None) -> tuple[str, str]:
        return (
            self.colours.neutral
            if lane is None
            else self.colours.lanes[lane % len(self.colours.lanes)]
        )


def _class(box: Box) -> str:
    role = (
        "merge"
        if box.merges and box.role != "output"
        else "layer"
        if box.role == "group"
        else box.role
    )
    frozen = "_frozen" if box.frozen == "frozen" else ""
    return f"{role}{frozen}" + (f"_{box.lane}" if box.lane is not None else "")


def _dashes(lane: int | None, colours: Theme) -> str:
    return _DASHES[lane % len(_DASHES)] if lane and colours is PRINT else ""


def visible(words: str) -> str:
    """A text in which what cannot be seen is a box."""
    return "".join(letter if letter.isprintable() else "□" for letter in words)


def escaped(words: str) -> str:
    """A text within a quoted label: what means something to Mermaid, to Markdown or to HTML stands as its number.

    >>> escaped('a "b" <c> #d'), escaped("_a_b")
    ('a #34;b#34; #60;c#62; #35;d', '#95;a_b')
    """
    signs = r"[\"#<>&`%\\$*~|{}\[\];@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    return re.sub(signs, lambda match: f"#{ord(match[0])};", visible(words))
