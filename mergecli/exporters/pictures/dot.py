"""Network -> DOT, which `drawing.draw` makes a picture of.

In an SVG each box is a group with `id="node-<index>"`, the index being that of the first call it stands for in `network.graph.nodes`,
and with `data-nodes="3 7 11"`, all the calls that it stands for (a fold has many). An output's group is `id="output-<number>"`, a branch's,
model's or fold's frame `id="frame-<number>"`, an arrow `id="arrow-<number>"`. Each box has a `<title>` with its facts, which browsers show
as a tooltip.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from mergecli.exporters.pictures.columns import columns, straight
from mergecli.exporters.pictures.scene import Arrow, Box, Diagram, Frame
from mergecli.exporters.pictures.themes import Theme, theme
from mergecli.ir.graph import Network

#: The first that there is; `drawing` lends it where it is not. A browser takes the next one it has.
FONT = "Open Sans,Helvetica,Arial,sans-serif"
#: Points from one end of a bar to the other.
_BAR = 96
#: About how wide a letter, a blank, and a box with the gap beside it are.
_LETTER, _SPACE, _COLUMN = 6.2, 2.86, 130
#: The most lines in a box for several layers.
MOST_ROWS = 9
#: The most classes in a box for more layers than that.
MOST_CLASSES = 4
#: Points of a letter, and of one that says less.
SIZE, SMALL = 11, 9
#: How straight the main way is drawn; Graphviz draws those that pass by several boxes eight times as straight as others.
MAIN = "20"
#: Graphviz puts a line lower if letters of two sizes are in it: with a blank of the other size all lines are alike.
_BLANK = f'<FONT POINT-SIZE="{SIZE}">&#160;</FONT>'
#: What stands behind it is set at the right; it is also room for readers without the font, whose letters may be wider.
GAP = f'<FONT POINT-SIZE="{SIZE}">{"&#160;" * 6}</FONT>'
SMALL_BLANK = f'<FONT POINT-SIZE="{SMALL}">&#160;</FONT>'


def dot(
    network: Network,
    detail: str = "auto",
    theme: str = "light",
    rankdir: str = "TB",
    bar: str = "parameters",
    diagram: Diagram | None = None,
) -> str:
    """The DOT text of a network; the same network gives the same text.

    `detail` is "auto", "layer", "block" or "branch", `theme` one of `themes.NAMES`, `bar` "parameters", "macs" or "none". `diagram`, if given,
    is drawn instead of the network's own.
    """
    if diagram is None:
        from mergecli.exporters.pictures.folding import groups

        diagram = Diagram(network, groups(network, detail), bar)
    return _Writer(diagram, theme, rankdir).text()


class _Writer:
    def __init__(self, diagram: Diagram, name: str, rankdir: str) -> None:
        import graphviz

        self.diagram, self.colours, self.print = diagram, theme(name), name == "print"
        self.across = rankdir in ("LR", "RL")
        self.frames = 0
        self.turns, self.straight = set() if self.across else columns(diagram), straight(diagram)
        many = len(diagram.boxes) > 400
        self.graph = graphviz.Digraph("model")
        self.graph.attr(
            "graph", rankdir=rankdir, bgcolor=self.colours.paper, fontname=FONT, fontsize="11", fontcolor=self.colours.ink, pad="0.25",
            nodesep="0.3", ranksep="0.32", tooltip=plain(diagram.title), id="model", labelloc="t", labeljust="l",
            **{"class": f"theme-{name}"}, **({"nslimit": "0.5", "mclimit": "0.2", "searchsize": "10"} if many else {}),
        )  # fmt: skip
        words = f'<FONT POINT-SIZE="13"><B>{html(short(diagram.title, 80))}</B></FONT>'
        said = " · ".join(totals(diagram))
        end = '<BR ALIGN="LEFT"/>'
        under = f'<FONT POINT-SIZE="{SMALL}" COLOR="{self.colours.muted}">{said}</FONT><FONT POINT-SIZE="13">&#160;</FONT>'
        self.graph.attr(
            "graph", label=f'<{words}{end}{under}{end}<FONT POINT-SIZE="5">&#160;</FONT>{end}>'
        )
        self.graph.attr(
            "node", shape="box", style="rounded,filled", fillcolor=self.colours.box, color=self.colours.neutral[0], fontname=FONT,
            fontsize="11", fontcolor=self.colours.ink, margin="0.1,0.06", penwidth="1.3",
        )  # fmt: skip
        self.graph.attr(
            "edge",
            color=self.colours.line,
            fontname=FONT,
            fontsize="9",
            fontcolor=self.colours.muted,
            arrowsize="0.6",
            penwidth="1.3",
        )

    def text(self) -> str:
        self._fill(self.graph, self.diagram.root)
        for number, arrow in enumerate(self.diagram.arrows):
            self._arrow(number, arrow)
        # Graphviz reads no text longer than 16 KiB, but as many as one likes that are joined.
        return re.sub(
            r'(?<="nodes-)[\d-]{8000,}',
            lambda match: '" + "'.join(re.findall(".{1,8000}", match[0])),
            str(self.graph.source),
        )

    def _fill(self, graph: Any, frame: Frame) -> None:
        for box in frame.boxes:
            graph.node(box.key, self._label(box), **self._look(box))
        for inner in frame.frames:
            with graph.subgraph(name=f"cluster_{inner.key}") as sub:
                line, tint = self._lane(inner.lane)
                style = {
                    "branch": "rounded,filled",
                    "model": "rounded,dashed",
                    "repeat": "rounded",
                }[inner.kind]
                if self.print and inner.kind == "branch":
                    style = f"rounded,filled,{self._stroke(inner.lane)}"
                words, side = self._title(inner)
                sub.attr(
                    label=words, style=style, color=line, fillcolor=tint, bgcolor=tint if inner.kind == "branch" else "", fontcolor=line,
                    fontsize="12" if inner.kind != "model" else "11", margin="8", labeljust=side, penwidth="1.3", id=f"frame-{self.frames}",
                    tooltip=plain(inner.title), **{"class": inner.kind},
                )  # fmt: skip
                self.frames += 1
                self._fill(sub, inner)

    def _title(self, frame: Frame) -> tuple[str, str]:
        """A frame's title, and at which side it stands: beside the arrows that lead into it, as far as can be known before it is laid out."""
        words = f"<B>{html(short(frame.title))}</B>"
        if frame.kind != "model":
            return f"<{words}>", "l"
        inside = {box.key for part in frame.walk() for box in part.boxes}
        entered = len(
            {
                arrow.target
                for arrow in self.diagram.arrows
                if arrow.target in inside and arrow.source not in inside
            }
        )
        long = _LETTER * len(f"model {short(frame.title)}")
        # What is in a frame stands in its middle: with as many blanks behind it, a title is to the left of it.
        blanks = "&#160;" * round((long + 15) / _SPACE) if entered == 1 and not self.across else ""
        # Between two boxes beside each other there is room for a short one.
        return (
            f"<model {words}{blanks}>",
            "c" if entered == 2 and long < _COLUMN * 0.6 and not self.across else "l",
        )

    def _lane(self, lane: int | None) -> tuple[str, str]:
        return (
            self.colours.neutral
            if lane is None
            else self.colours.lanes[lane % len(self.colours.lanes)]
        )

    def _stroke(self, lane: int | None) -> str:
        return "solid" if lane is None else self.colours.strokes[lane % len(self.colours.strokes)]

    def _look(self, box: Box) -> dict[str, str]:
        line, tint = self._lane(box.lane)
        look = {
            "color": line,
            "tooltip": plain(box.tooltip),
            "class": "-".join(["nodes", *map(str, box.nodes)]),
        }
        look["id"] = f"output-{box.key[3:]}" if box.role == "output" else f"node-{box.key[1:]}"
        if box.role in ("input", "output"):
            look.update(
                style="rounded,filled",
                fillcolor=tint if box.role == "input" else self.colours.neutral[1],
                shape="box",
                margin="0.16,0.05",
            )
        if box.merges and box.role != "output":
            look.update(penwidth="2.6")
        if box.frozen == "frozen":
            look.update(fillcolor=self.colours.frozen, style="rounded,filled,dashed")
        if box.calls > 1:
            look.update(peripheries="2")
        return look

    def _label(self, box: Box) -> str:
        colours = self.colours
        small = f'<FONT POINT-SIZE="{SMALL}" COLOR="{colours.muted}">'
        rows: list[str] = []

        def row(left: str, right: str = "") -> None:
            if right:
                rows.append(
                    f'<TR><TD ALIGN="LEFT">{left}</TD><TD ALIGN="RIGHT">{GAP}{right}</TD></TR>'
                )
            else:
                rows.append(f'<TR><TD ALIGN="LEFT" COLSPAN="2">{left}</TD></TR>')

        name = f"{small}{html(short(box.name))}</FONT>" if box.name else ""
        if box.role in ("input", "output"):
            row(_bold(short(box.title)), name)
            row(_text(box.shape), f"{small}{html(box.note)}</FONT>" if box.note else "")
            return table(rows)
        if box.role != "group":
            row(_bold(short(box.title)), name)
            if box.rows[0].arguments:
                row(_text(box.rows[0].arguments))
        else:
            listed = len(box.rows) <= MOST_ROWS
            if not listed or " × " in box.title:
                row(_bold(short(box.title)), name)
            elif box.name:
                row(_bold(short(box.name)))
            for cls, arguments in (
                [(shown.cls, shown.arguments) for shown in box.rows] if listed else counted(box)
            ):
                row(_text(cls) + (f"{small}{html(arguments)}</FONT>" if arguments else ""))
        shape = _text(box.shape)
        if box.changed:
            shape = f'<FONT POINT-SIZE="{SIZE}" COLOR="{colours.change}"><B>{html(box.shape)}</B></FONT>{SMALL_BLANK}'
        amount = box.amount(self.diagram.weighed)
        count = "?" if amount is None else f"{amount:,}" if amount else ""
        row(shape, f"{small}{count}</FONT>" if count else "")
        notes = [box.frozen] if box.frozen else []
        if box.calls > 1:
            notes.append(f"shared: applied {box.calls} times")
        if notes:
            row(f"{small}<I>{html(', '.join(notes))}</I></FONT>")
        if box.weigh:
            rows.append(f'<TR><TD ALIGN="LEFT" COLSPAN="2">{self._bar(box)}</TD></TR>')
        return table(rows)

    def _bar(self, box: Box) -> str:
        line, _ = self._lane(box.lane)
        full = max(2, round(box.weigh * _BAR))
        rest = _BAR - full
        cells = f'<TD FIXEDSIZE="TRUE" WIDTH="{full}" HEIGHT="4" BGCOLOR="{line}"></TD>'
        if rest:
            cells += f'<TD FIXEDSIZE="TRUE" WIDTH="{rest}" HEIGHT="4" BGCOLOR="{self.colours.track}"></TD>'
        frame = f'FIXEDSIZE="TRUE" WIDTH="{_BAR}" HEIGHT="4" ALIGN="LEFT"'
        return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" {frame}><TR>{cells}</TR></TABLE>'

    def _arrow(self, number: int, arrow: Arrow) -> None:
        line, _ = self._lane(arrow.lane)
        look = {
            "id": f"arrow-{number}",
            "color": line if arrow.lane is not None else self.colours.line,
        }
        words = [str(arrow.call)] if arrow.call else []
        words += [arrow.label] if arrow.label else []
        if words:
            look["label"] = f"<&#160;{html(' '.join(words))}&#160;>"
        if self.print:
            look["style"] = self._stroke(arrow.lane)
        if arrow.call > 1:
            look["style"] = "dashed"
        source, target = self.diagram.boxes[arrow.source], self.diagram.boxes[arrow.target]
        if number in self.turns:
            look.update(constraint="false", tailport="e", headport="w")
        elif number in self.straight:
            look["weight"] = MAIN
        look["class"] = "-".join(
            ["joins", *(str(box.nodes[0]) for box in (source, target) if box.nodes)]
        )
        look["tooltip"] = (
            f"{plain(source.name or source.title)} to {plain(target.name or target.title)}"
        )
        self.graph.edge(arrow.source, arrow.target, **look)


def totals(diagram: Diagram) -> list[str]:
    """What the whole model comes to, in words."""
    network = diagram.network
    layers = sum(node.owner is None for node in network.parts()) - len(network.graph.inputs)
    macs = [
        network.macs[node.index]
        for node in network.parts()
        if node.index not in network.graph.inputs
    ]
    found = [f"{layers:,} layer{'s' * (layers != 1)}"]
    if all(box.parameters is not None for box in diagram.boxes.values()):
        found.append(f"{network.count():,} parameters")
    if None not in macs:
        found.append(f"{sum(macs):,} MACs")  # type: ignore[arg-type]
    return found


def counted(box: Box) -> list[tuple[str, str]]:
    """The classes in a box that holds too many layers to list them, the most frequent first, and how often each is there."""
    numbers: dict[str, int] = {}
    # Of a structure that is repeated, one repetition is told.
    alike = {len(row.nodes) for row in box.rows}
    for row in box.rows:
        numbers[row.cls] = numbers.get(row.cls, 0) + (1 if len(alike) == 1 else len(row.nodes))
    listed = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(number for _, number in listed[MOST_CLASSES:])
    return [(cls, f"× {number}" if number > 1 else "") for cls, number in listed[:MOST_CLASSES]] + (
        [(f"{rest} more", "")] if rest else []
    )


def _text(words: str) -> str:
    return f'<FONT POINT-SIZE="{SIZE}">{html(words)}</FONT>{SMALL_BLANK}' if words else ""


def _bold(words: str) -> str:
    return f'<FONT POINT-SIZE="{SIZE}"><B>{html(words)}</B></FONT>{SMALL_BLANK}'


def table(rows: list[str]) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(rows)}</TABLE>>'


def short(words: str, most: int = 48) -> str:
    """A name that would make a box far too wide, without its middle; tooltips have it whole.

    >>> short("x" * 20 + "y" * 20, 11)
    'xxxxx…yyyyy'
    """
    half = most // 2
    return words if len(words) <= most else f"{words[:half]}…{words[-half:]}"


def html(words: str) -> str:
    """A text within an HTML-like label; what no font has a picture for, and XML no place, is shown as a box."""
    return escape(
        "".join(letter if letter.isprintable() else "□" for letter in words),
        {'"': "&quot;", "\\": "\\\\"},
    )


def plain(words: str) -> str:
    """A text as the value of an attribute: a backslash and an ampersand mean themselves."""
    words = "".join(letter if letter.isprintable() or letter == "\n" else "□" for letter in words)
    words = words.replace("&", "&amp;").replace("\\", "\\\\").replace("\n", "&#10;")
    # A value in angle brackets would be read as HTML.
    return "&lt;" + words[1:] if words.startswith("<") else words


__all__ = ["FONT", "Theme", "dot"]
