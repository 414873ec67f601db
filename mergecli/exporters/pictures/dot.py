"""Scene to DOT, which `graphviz.draw` makes a picture of.

In an SVG of a network each box is a group with `id="node-<index>"`, the index being that of the first call it stands for in
`network.graph.nodes`, and with `data-nodes="3 7 11"`, all the calls that it stands for (a fold has many). An output's group is
`id="output-<number>"`, the frame of a branch, model or fold `id="frame-<number>"`, an arrow `id="arrow-<number>"`. Each box has
a `<title>` with its facts, which browsers show as a tooltip.

In a comparison each change has a sign, a line and a colour of its own. Only for a page, its boxes have `data-nodes` too, which are
the places of calls in `Merged.calls`.
"""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple, Sequence

from mergecli.exporters.pictures.blocks import PAD, SECOND_TITLE, Point
from mergecli.exporters.pictures.columns import columns, straight
from mergecli.exporters.pictures.dot_labels import (
    ARROW,
    LARGE_BLANK,
    SMALL,
    Labels,
    Row,
    html,
    plain,
    short,
    table,
)
from mergecli.exporters.pictures.dot_legend import row
from mergecli.exporters.pictures.dot_text import Statements
from mergecli.exporters.pictures.graphviz import sizes
from mergecli.exporters.pictures.measuring import measured
from mergecli.exporters.pictures.placing import Placement
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene, Style
from mergecli.exporters.pictures.themes import MARKS, theme

#: The first is the one that `fonts` provides; a browser takes the next one that it has.
FONT = "Open Sans,Helvetica,Arial,sans-serif"
#: Points: about how wide a character, a blank, and a box with the gap beside it are.
_CHARACTER, _SPACE, _COLUMN = 6.2, 2.86, 130
#: Points: about how wide a character of a smaller text is.
_SMALL_CHARACTER = 4.4
#: Inches beside and above the label of a box.
_MARGIN = "0.1,0.06"
#: Points that a second line makes a box wider, and higher.
_SECOND_LINE = 8.0
#: What makes a box larger or smaller.
_SIZED = ("shape", "margin", "peripheries")
#: The name of the node for the title of a picture, which no box and no frame has.
TITLE = "title"
#: Points: from the title to the picture, and from the top of a frame to the middle of its title.
_BELOW_TITLE, TITLE_PLACE = 10.0, 14.0
#: The weight of the arrows of the main path; Graphviz draws those past several boxes with eight times that of others.
MAIN = "20"
_BREAK = '<BR align="LEFT"/>'


class _Layout(NamedTuple):
    """What differs between the pictures of a model and of a comparison as a whole: lengths in inches, widths in points."""

    nodesep: str
    ranksep: str
    penwidth: str
    longest_title: int
    #: What fills up the lines of the title, so that all are equally far from each other.
    blank: str


_LAYOUTS = {
    "model": _Layout("0.3", "0.32", "1.3", 80, ""),
    "comparison": _Layout("0.35", "0.34", "1.1", 110, LARGE_BLANK),
}
#: How the border of a box is drawn for each change, besides its colour.
_BORDERS: dict[str, dict[str, str]] = {
    "": {"penwidth": "1"},
    "added": {"penwidth": "3"},
    "removed": {"style": "rounded,filled,dashed", "penwidth": "1.6"},
    "changed": {"peripheries": "2", "penwidth": "1.4"},
    "renamed": {"style": "rounded,filled,dotted", "penwidth": "2.2"},
    "rewired": {"style": "filled,diagonals", "penwidth": "1.4"},
}
#: How an arrow is drawn for each change that one may have.
_ARROWS: dict[str, dict[str, str]] = {
    "": {},
    "added": {"penwidth": "3", "arrowsize": "0.75"},
    "removed": {"style": "dashed", "penwidth": "1.6", "arrowhead": "onormal"},
}
#: How the frame of each role is drawn.
_FRAMES = {"branch": "rounded,filled", "model": "rounded,dashed", "repeat": "rounded"}


class Placed(NamedTuple):
    """Where everything in a picture is.

    Attributes:
        placement: The places of boxes, frames and arrows.
        rows: The lines of the label of each box by its key.
        titles: The width of the title of each frame by its key.
        title: The width and height of the title of the picture.
        legend: The width and height of each box of the legend.
        room: How wide the explanation in the title may be; 0 where it is on one line.
    """

    placement: Placement
    rows: Mapping[str, Sequence[Row]]
    titles: Mapping[str, float]
    title: Point
    legend: Sequence[Point] = ()
    room: float = 0.0


def dot(
    scene: Scene, theme: str = "light", rankdir: str = "TB", placed: Placed | None = None
) -> str:
    """Return the DOT text of a scene; the same scene gives the same text.

    Args:
        scene: What the picture shows.
        theme: The colours, one of `themes.NAMES`.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
        placed: Where everything is, if Graphviz is not to lay it out.
    """
    return _Writer(scene, theme, rankdir, placed).text()


class Measured(NamedTuple):
    """How large the parts of a picture are, in points.

    Attributes:
        rows: The lines of the label of each box by its key.
        boxes: The width and height of each box.
        titles: The width and height of the title of each frame by its key, and that of the picture by `TITLE`.
        legend: The width and height of each box of the legend.
    """

    rows: Mapping[str, Sequence[Row]]
    boxes: Mapping[str, Point]
    titles: Mapping[str, Point]
    legend: Sequence[Point]


def measure(scene: Scene, theme: str = "light") -> Measured:
    """Return how large the parts of a picture are.

    Args:
        scene: What it shows.
        theme: Its colours, which the lines of labels have.
    """
    return _Writer(scene, theme, "TB").measured()


def title_size(scene: Scene, theme: str, room: float) -> Point:
    """Return the width and height of the title of a picture, whose explanation is about as wide as this at most."""
    return _Writer(scene, theme, "TB").title_size(room)


def _bold(lines: Sequence[str]) -> str:
    """Return lines in bold, below one another."""
    text = _BREAK.join(f"<B>{html(short(line))}</B>" for line in lines)
    return text + _BREAK if len(lines) > 1 else text


#: A string between double quotes or a long word without, and the parts that Graphviz can read.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\w{4000,}', re.S)
_READABLE = re.compile(r'(?:[^"\\]|\\.){1,4000}', re.S)


def _joined(match: re.Match[str]) -> str:
    """Return a string, one that is too long for Graphviz as several that are joined."""
    text = match[0]
    if len(text) < 4000:
        return text
    inner = text[1:-1] if text[0] == '"' else text
    return '"' + '" + "'.join(_READABLE.findall(inner)) + '"'


class _Writer:
    def __init__(self, scene: Scene, name: str, rankdir: str, placed: Placed | None = None) -> None:
        self.scene, self.colours, self.print = scene, theme(name), name == "print"
        self.placed, self.measures = placed, False
        self.room = placed.room if placed is not None else 0.0
        self.across = rankdir in ("LR", "RL")
        self.frames = 0
        #: The lines of a comparison have colours of their own, those of a model that of the picture.
        ink = self.colours.ink if scene.compares else ""
        self.labels = Labels(self.colours, ink, scene.compares)
        self.turns: set[int] = set()
        self.straight: set[int] = set()
        self.graph = Statements()
        self._defaults(name, rankdir)

    def text(self) -> str:
        """Return the whole text."""
        if not self.scene.compares and self.placed is None:
            self.turns = set() if self.across else columns(self.scene)
            self.straight = straight(self.scene)
        self._fill(self.graph, self.scene.root)
        for number, arrow in enumerate(self.scene.arrows):
            self._arrow(number, arrow)
        if self.scene.legend:
            self._legend()
        return self._digraph()

    def _digraph(self) -> str:
        """Return the statements as a whole text."""
        # Graphviz reads no string longer than 16 KiB, but any number of shorter ones that are joined.
        lines = self.graph.lines
        for number, line in enumerate(lines):
            if len(line) >= 4000:
                lines[number] = _STRING.sub(_joined, line)
        return self.graph.digraph(self.scene.role)

    def measured(self) -> Measured:
        """Return how large everything is; Graphviz measures what the font cannot write, and titles."""
        graph, self.measures = self.graph, True
        rows = {key: self.labels.rows(box) for key, box in self.scene.boxes.items()}
        boxes: dict[str, Point] = {}
        look_of = self._change_look if self.scene.compares else self._lane_look
        for key, box in self.scene.boxes.items():
            look = look_of(box)
            size = measured(rows[key])
            if size is None:
                kept = {name: look[name] for name in _SIZED if name in look}
                graph.node(key, table(rows[key], 1), pos="0,0", **kept)
                continue
            margins = look.get("margin", _MARGIN).split(",")
            around = _SECOND_LINE if "peripheries" in look else 0
            width, height = (
                inner + float(margin) * 144 + around for inner, margin in zip(size, margins)
            )
            boxes[key] = width, height + 1
        legend = self._measure_others()
        others = sizes(self._digraph())
        boxes.update({key: others[key] for key in rows if key not in boxes})
        return Measured(rows, boxes, others, [others[key] for key in legend])

    def title_size(self, room: float) -> Point:
        """Return how large the title is with so much room."""
        self.room = room
        self.graph.node(TITLE, self._title(), margin="0", pos="0,0", shape="plain")
        return sizes(self._digraph())[TITLE]

    def _measure_others(self) -> list[str]:
        """Write what is to be measured besides boxes, and return the names of the boxes of the legend."""
        plain = {"margin": "0", "pos": "0,0", "shape": "plain"}
        frame_of = self._change_frame if self.scene.compares else self._lane_frame
        for frame in self.scene.root.walk():
            if frame is not self.scene.root:
                look = frame_of(frame)
                self.graph.node(frame.key, look["label"], fontsize=look["fontsize"], **plain)
        self.graph.node(TITLE, self._title(), **plain)
        legend = self._legend_boxes()
        for box, look in legend:
            kept = {name: look[name] for name in (*_SIZED, "height") if name in look}
            self.graph.node(box.key, self.labels.of(box), pos="0,0", **kept)
        return [box.key for box, _ in legend]

    # Places.

    def _at(self, point: Point) -> str:
        """Return a place as Graphviz has it: its y grows upward, and the title is above the picture."""
        assert self.placed is not None
        return f"{point[0]:.2f},{self.placed.placement.height - point[1]:.2f}"

    def _whole_place(self, placed: Placed) -> dict[str, str]:
        """Return the size of the picture, and the place of its title."""
        width, height = placed.title
        legend = row(placed.legend)
        right = max(placed.placement.width, width, legend.width)
        top = placed.placement.height + legend.height + height + _BELOW_TITLE
        place = f"{width / 2:.2f},{top - height / 2:.2f}"
        return {"bb": f"0,0,{right:.2f},{top:.2f}", "lp": place}

    def _box_place(self, placed: Placed, box: Box, look: dict[str, str]) -> dict[str, str]:
        """Return the place of a box."""
        left, top, right, bottom = placed.placement.boxes[box.key]
        # Graphviz draws the second line outside of the size.
        around = _SECOND_LINE if "peripheries" in look else 0
        return {
            "pos": self._at(((left + right) / 2, (top + bottom) / 2)),
            "width": f"{(right - left - around) / 72:.4f}",
            "height": f"{(bottom - top - around) / 72:.4f}",
        }

    def _frame_place(self, placed: Placed, frame: Frame) -> dict[str, str]:
        """Return the place of a frame and of its title."""
        left, top, right, bottom = placed.placement.frames[frame.key]
        middle = (left + right) / 2 if frame.detail else left + PAD + placed.titles[frame.key] / 2
        low = self._at((left, bottom)), self._at((right, top))
        height = TITLE_PLACE + SECOND_TITLE / 2 * (len(frame.lines) - 1)
        return {"bb": ",".join(low), "lp": self._at((middle, top + height))}

    def _route(self, placed: Placed, number: int, look: dict[str, str]) -> dict[str, str]:
        """Return the course of an arrow, and the places of what is beside it."""
        route = placed.placement.routes[number]
        result = {"pos": " ".join([f"e,{self._at(route.tip)}", *map(self._at, route.points)])}
        if "label" in look:
            result["lp"] = self._at(route.label)
        if "headlabel" in look:
            result["head_lp"] = self._at(route.number)
        return result

    # The whole.

    def _defaults(self, name: str, rankdir: str) -> None:
        colours, layout = self.colours, _LAYOUTS[self.scene.role]
        many = len(self.scene.boxes) > 400 and not self.scene.compares
        self.graph.defaults(
            "graph", rankdir=rankdir, bgcolor=colours.paper, fontname=FONT, fontsize="11", fontcolor=colours.ink, pad="0.25",
            nodesep=layout.nodesep, ranksep=layout.ranksep, tooltip=plain(self.scene.title), id="model", labelloc="t", labeljust="l",
            **{"class": f"theme-{name}"}, **({"nslimit": "0.5", "mclimit": "0.2", "searchsize": "10"} if many else {}),
            **({"label": self._title()} if self.scene.compares else {}),
        )  # fmt: skip
        if not self.scene.compares:
            self.graph.defaults("graph", label=self._title())
        if self.placed is not None:
            self.graph.attributes(**self._whole_place(self.placed))
        self.graph.defaults(
            "node", shape="box", style="rounded,filled", fillcolor=colours.box, color=colours.neutral[0], fontname=FONT, fontsize="11",
            fontcolor=colours.ink, margin=_MARGIN, **({} if self.scene.compares else {"penwidth": "1.3"}),
        )  # fmt: skip
        self.graph.defaults(
            "edge", color=colours.line, fontname=FONT, fontsize="9", fontcolor=colours.muted, arrowsize="0.6", penwidth=layout.penwidth,
        )  # fmt: skip

    def _title(self) -> str:
        layout = _LAYOUTS[self.scene.role]

        def shown(line: str, most: int) -> str:
            line = short(line, most)
            return html(line.replace(" -> ", f" {ARROW} ") if self.scene.compares else line)

        title = (
            f'<FONT point-size="13"><B>{shown(self.scene.title, layout.longest_title)}</B></FONT>'
        )
        lines = "".join(
            f"{self.labels.small(shown(line, 130))}{LARGE_BLANK}{_BREAK}"
            for line in self.scene.summary
        )
        lines += self._explanation()
        end = f"{layout.blank}{_BREAK}"
        return f'<{title}{end}{lines}<FONT point-size="5">&#160;</FONT>{end}>'

    def _explanation(self) -> str:
        """Return the lines that explain marks and colours, "" if there are none."""
        lines: list[list[str]] = []
        most, length = self.room / _SMALL_CHARACTER or float("inf"), 0
        for text, lane in self.scene.explanation:
            length += len(text) + 3
            if not lines or length > most + 3:
                lines.append([])
                length = len(text) + 3
            lines[-1].append(
                self.labels.small(html(text))
                if lane is None or self.print
                else f'<FONT point-size="{SMALL}" color="{self.colours.lane(lane)[0]}"><B>{text}</B></FONT>'
            )
        between, end = self.labels.small(" · "), f"{LARGE_BLANK}{_BREAK}"
        return "".join(f"{between.join(parts)}{end}" for parts in lines)

    def _legend_boxes(self) -> list[tuple[Box, dict[str, str]]]:
        """Return a box for what is as before and for each change that is explained, with its look."""
        result = []
        for number, change in enumerate(["", *self.scene.legend] if self.scene.legend else ()):
            name = change or "as before"
            box = Box(f"legend{number}", "layer", name, "", Style(change=change))
            look = {
                **self._change_look(box),
                "id": f"legend-{number}",
                "tooltip": name,
                "height": "0.3",
                "margin": "0.08,0.03",
            }
            result.append((box, look))
        return result

    def _legend(self) -> None:
        """Explain the lines and colours of changes, each by a box and an arrow of its own."""
        colours, placed = self.colours, self.placed
        legend = row(placed.legend) if placed is not None else None
        base = placed.placement.height if placed is not None else 0.0
        sub = Statements()
        sub.attributes(
            label="", style="rounded", color=colours.track, bgcolor="", margin="8", id="legend", penwidth="1", tooltip="legend",
            **{"class": "legend"},
        )  # fmt: skip
        if legend is not None:
            sub.attributes(**legend.frame(base))
        for number, (box, look) in enumerate(self._legend_boxes()):
            if legend is not None:
                look.update(legend.box(number, base, _SECOND_LINE if "peripheries" in look else 0))
            sub.node(box.key, self.labels.of(box), **look)
        for number, change in enumerate(self.scene.legend):
            if legend is not None and change not in _ARROWS:
                continue
            look = {"id": f"legend-arrow-{number}", **_ARROWS.get(change, {"style": "invis"})}
            if change in _ARROWS:
                look.update(color=colours.change_pair(change)[0], tooltip=f"wire {change}")
            if legend is not None:
                look.update(legend.arrow(number, base))
            sub.edge(f"legend{number}", f"legend{number + 1}", **look)
        self.graph.subgraph("cluster_legend", sub)

    # Frames.

    def _fill(self, graph: Statements, frame: Frame) -> None:
        """Write what is in a frame."""
        look = self._change_look if self.scene.compares else self._lane_look
        for box in frame.boxes:
            attributes = look(box)
            if self.placed is None:
                label = self.labels.of(box)
            else:
                attributes.update(self._box_place(self.placed, box, attributes))
                width = self._inner_width(self.placed, box, attributes)
                label = table(self.placed.rows[box.key], width)
            graph.node(box.key, label, **attributes)
        for inner in frame.frames:
            sub = Statements()
            frame_look = self._change_frame if self.scene.compares else self._lane_frame
            sub.attributes(
                margin="8",
                id=f"frame-{self.frames}",
                tooltip=plain(inner.heading),
                **frame_look(inner),
                **(self._frame_place(self.placed, inner) if self.placed is not None else {}),
            )
            self.frames += 1
            self._fill(sub, inner)
            graph.subgraph(f"cluster_{inner.key}", sub)

    def _lane_frame(self, frame: Frame) -> dict[str, str]:
        line, tint = self.colours.lane(frame.style.lane)
        branch = frame.role == "branch"
        style = _FRAMES[frame.role]
        if self.print and branch:
            style = f"{style},{self.colours.stroke(frame.style.lane)}"
        label, side = self._frame_title(frame)
        return {
            "label": label,
            "labeljust": side,
            "style": style,
            "color": line,
            "fillcolor": tint,
            "bgcolor": tint if branch else "",
            "fontcolor": line,
            "fontsize": "12" if frame.role != "model" else "11",
            "penwidth": "1.3",
            "class": frame.role,
        }

    def _frame_title(self, frame: Frame) -> tuple[str, str]:
        """Return a frame's title, and its side: beside the arrows that lead into it, as far as that is known before the layout."""
        detail, title = f"<B>{html(short(frame.detail))}</B>", _bold(frame.lines)
        if frame.role != "model":
            return f"<{title}>", "l"
        title = f"model {title}"
        if self.measures:
            return f"<{max(title, detail, key=len)}>", "l"
        if self.placed is not None and frame.detail:
            left, _, right, _ = self.placed.placement.frames[frame.key]
            return table([(title, detail)], int(right - left - 2 * PAD)), "l"
        if self.placed is not None:
            return f"<{title}>", "l"
        title = f"model <B>{html(short(frame.heading))}</B>"
        inside = {box.key for part in frame.walk() for box in part.boxes}
        entered = len(
            {
                arrow.target
                for arrow in self.scene.arrows
                if arrow.target in inside and arrow.source not in inside
            }
        )
        length = _CHARACTER * len(f"model {short(frame.heading)}")
        # What is in a frame is centered: with as many spaces after it, a title is to the left of it.
        spaces = (
            "&#160;" * round((length + 15) / _SPACE) if entered == 1 and not self.across else ""
        )
        # Between two boxes beside each other there is room for a short one.
        between = entered == 2 and length < _COLUMN * 0.6 and not self.across
        return f"<{title}{spaces}>", "c" if between else "l"

    def _change_frame(self, frame: Frame) -> dict[str, str]:
        change = frame.style.change
        line, tint = self.colours.change_pair(change) if change else self.colours.neutral
        mark = f"{MARKS[change]} " if change else ""
        return {
            "label": f"<<B>{html(mark + short(frame.title))}</B>>",
            "labeljust": "l",
            "style": "rounded,filled" + (",dashed" if change == "removed" else ""),
            "color": line,
            "fillcolor": tint,
            "bgcolor": tint,
            "fontcolor": line,
            "fontsize": "12",
            "penwidth": {"added": "3", "removed": "1.6"}.get(change, "0.8"),
            "class": change or "branch",
        }

    # Boxes.

    def _inner_width(self, placed: Placed, box: Box, look: dict[str, str]) -> int:
        """Return how wide the label of a box is: without its margins, and the second line around it."""
        left, _, right, _ = placed.placement.boxes[box.key]
        margin = float(look.get("margin", _MARGIN).partition(",")[0]) * 2 * 72
        return max(1, int(right - left - margin - _SECOND_LINE * ("peripheries" in look)))

    def _lane_look(self, box: Box) -> dict[str, str]:
        style = box.style
        line, tint = self.colours.lane(style.lane)
        look = {
            "color": line,
            "tooltip": plain(box.tooltip),
            "class": "-".join(["nodes", *map(str, box.data)]),
            "id": f"output-{box.key[3:]}" if box.role == "output" else f"node-{box.key[1:]}",
        }
        if box.role in ("input", "output"):
            look.update(
                style="rounded,filled",
                fillcolor=tint if box.role == "input" else self.colours.neutral[1],
                shape="box",
                margin="0.16,0.05",
            )
        if style.heat is not None:
            look.update(fillcolor=self.colours.heat[style.heat])
        elif self.scene.colors_families and box.role not in ("input", "output"):
            look.update(fillcolor=tint)
        if style.joins:
            look.update(penwidth="2.6")
        if style.frozen:
            look.update(style="rounded,filled,dashed")
            if style.heat is None and not self.scene.colors_families:
                look.update(fillcolor=self.colours.frozen)
        if style.shared:
            look.update(peripheries="2")
        return look

    def _change_look(self, box: Box) -> dict[str, str]:
        change = box.style.change
        line, tint = self.colours.change_pair(change)
        calls = ["-".join(["nodes", *map(str, box.data)])] if self.scene.linked else []
        look = {
            "id": f"node-{box.key}",
            "tooltip": plain(box.tooltip),
            "class": " ".join([change or "same", *calls]),
            "color": line,
            "fillcolor": tint,
            **_BORDERS[change],
        }
        if self.scene.linked and box.key.startswith("out"):
            look.update(id=f"output-{box.key[3:]}")
        if not change and box.role in ("input", "output"):
            look.update(fillcolor=self.colours.neutral[1])
        if not change and box.role == "group":
            look.update(style="rounded,filled,dotted", fillcolor=self.colours.paper)
        return look

    # Arrows.

    def _arrow(self, number: int, arrow: Arrow) -> None:
        source, target = self.scene.boxes[arrow.source], self.scene.boxes[arrow.target]
        change = arrow.style.change
        names = [plain(box.name or box.title) for box in (source, target)]
        look = {
            "id": f"arrow-{number}",
            "tooltip": (f"{change} " if change else "") + " to ".join(names),
            **_ARROWS[change],
        }
        if change:
            look["color"] = self.colours.change_pair(change)[0]
        if not self.scene.compares:
            look.update(self._lane_arrow(number, arrow))
        if self.scene.linked:
            first = [str(box.data[0]) for box in (source, target) if box.data]
            look["class"] = "-".join(["joins", *first])
        if self.placed is not None:
            look.update(self._route(self.placed, number, look))
        self.graph.edge(arrow.source, arrow.target, **look)

    def _lane_arrow(self, number: int, arrow: Arrow) -> dict[str, str]:
        lane = arrow.style.lane
        look = {"color": self.colours.line if lane is None else self.colours.lane(lane)[0]}
        label = arrow.words(has_number=True)
        if label:
            look["label"] = f"<&#160;{html(label)}&#160;>"
        if self.print:
            look["style"] = self.colours.stroke(lane)
        if arrow.call > 1:
            look["style"] = "dashed"
        if arrow.number and self.placed is not None:
            look["headlabel"] = str(arrow.number)
        elif arrow.number:
            # Beside the head: a vertical arrow is short, others come from the side.
            distance, angle = ("1.3", "-65") if number in self.straight else ("2.2", "22")
            look.update(headlabel=str(arrow.number), labeldistance=distance, labelangle=angle)
        if number in self.turns:
            look.update(constraint="false", tailport="e", headport="w")
        elif number in self.straight:
            look["weight"] = MAIN
        return look
