"""Comparison -> DOT, which `drawing.draw` makes a picture of: what differs has a sign, a line and a colour of its own.

Arrows between values are angles, as the font that every machine has knows no other arrow.
"""

from __future__ import annotations

from typing import Any

from mergecli.exporters.pictures.diff_scene import MARKS, Box, Frame, Line, Overlay
from mergecli.exporters.pictures.dot import (
    FONT,
    GAP,
    SIZE,
    SMALL,
    SMALL_BLANK,
    html,
    plain,
    short,
    table,
)
from mergecli.exporters.pictures.themes import theme

ARROW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
#: How the border of each kind is drawn, besides its colour.
LOOKS: dict[str, dict[str, str]] = {
    "": {"penwidth": "1"},
    "added": {"penwidth": "3"},
    "removed": {"style": "rounded,filled,dashed", "penwidth": "1.6"},
    "changed": {"peripheries": "2", "penwidth": "1.4"},
    "renamed": {"style": "rounded,filled,dotted", "penwidth": "2.2"},
    "rewired": {"style": "filled,diagonals", "penwidth": "1.4"},
}
WIRES: dict[str, dict[str, str]] = {
    "": {},
    "added": {"penwidth": "3", "arrowsize": "0.75"},
    "removed": {"style": "dashed", "penwidth": "1.6", "arrowhead": "onormal"},
}
#: What the legend says of each kind.
_SAID = {"": "as before", **{kind: kind for kind in MARKS}}


def dot(overlay: Overlay, theme: str = "light", rankdir: str = "TB") -> str:
    """The DOT text of a picture of a comparison; the same one gives the same text."""
    return _Writer(overlay, theme, rankdir).text()


class _Writer:
    def __init__(self, overlay: Overlay, name: str, rankdir: str) -> None:
        import graphviz

        self.overlay, self.colours, self.frames = overlay, theme(name), 0
        self.graph = graphviz.Digraph("comparison")
        colours = self.colours
        # Each line with a blank as large as the title's letters: else lines would not be equally far from each other.
        words = f'<FONT POINT-SIZE="13"><B>{html(_arrowed(short(overlay.title, 110)))}</B></FONT>'
        end = '<FONT POINT-SIZE="13">&#160;</FONT><BR ALIGN="LEFT"/>'
        lines = "".join(
            f'<FONT POINT-SIZE="{SMALL}" COLOR="{colours.muted}">{html(_arrowed(short(line, 130)))}</FONT>{end}'
            for line in overlay.summary
        )
        self.graph.attr(
            "graph", rankdir=rankdir, bgcolor=colours.paper, fontname=FONT, fontsize="11", fontcolor=colours.ink, pad="0.25", nodesep="0.35",
            ranksep="0.34", tooltip=plain(overlay.title), id="model", labelloc="t", labeljust="l",
            label=f'<{words}{end}{lines}<FONT POINT-SIZE="5">&#160;</FONT>{end}>', **{"class": f"theme-{name}"},
        )  # fmt: skip
        self.graph.attr(
            "node", shape="box", style="rounded,filled", fillcolor=colours.box, color=colours.neutral[0], fontname=FONT, fontsize="11",
            fontcolor=colours.ink, margin="0.1,0.06",
        )  # fmt: skip
        self.graph.attr(
            "edge",
            color=colours.line,
            fontname=FONT,
            fontsize="9",
            fontcolor=colours.muted,
            arrowsize="0.6",
            penwidth="1.1",
        )

    def text(self) -> str:
        self._fill(self.graph, self.overlay.root)
        for number, arrow in enumerate(self.overlay.arrows):
            source, target = self.overlay.boxes[arrow.source], self.overlay.boxes[arrow.target]
            tooltip = f"{arrow.kind} {plain(source.name or source.title)} to {plain(target.name or target.title)}".strip()
            look = {"id": f"arrow-{number}", "tooltip": tooltip, **WIRES[arrow.kind]}
            if arrow.kind:
                look["color"] = self._colours(arrow.kind)[0]
            self.graph.edge(arrow.source, arrow.target, **look)
        if self.overlay.kinds:
            self._legend()
        return str(self.graph.source)

    def _colours(self, kind: str) -> tuple[str, str]:
        return (
            self.colours.kinds[list(MARKS).index(kind)]
            if kind
            else (self.colours.line, self.colours.box)
        )

    def _fill(self, graph: Any, frame: Frame) -> None:
        for box in frame.boxes:
            graph.node(box.key, self._label(box), **self._look(box))
        for inner in frame.frames:
            with graph.subgraph(name=f"cluster_{inner.key}") as sub:
                line, tint = self._colours(inner.kind) if inner.kind else self.colours.neutral
                mark = f"{MARKS[inner.kind]} " if inner.kind else ""
                sub.attr(
                    label=f"<<B>{html(mark + short(inner.title))}</B>>", style="rounded,filled" + (",dashed" if inner.kind == "removed" else ""),
                    color=line, fillcolor=tint, bgcolor=tint, fontcolor=line, fontsize="12", margin="8", labeljust="l",
                    penwidth={"added": "3", "removed": "1.6"}.get(inner.kind, "0.8"), id=f"frame-{self.frames}", tooltip=plain(inner.title),
                    **{"class": inner.kind or "branch"},
                )  # fmt: skip
                self.frames += 1
                self._fill(sub, inner)

    def _look(self, box: Box) -> dict[str, str]:
        line, tint = self._colours(box.kind)
        look = {
            "id": f"node-{box.key}",
            "tooltip": plain(box.tooltip),
            "class": box.kind or "same",
            "color": line,
            "fillcolor": tint,
        }
        look.update(LOOKS[box.kind])
        if not box.kind and box.role in ("input", "output"):
            look.update(fillcolor=self.colours.neutral[1])
        if not box.kind and box.role == "group":
            look.update(style="rounded,filled,dotted", fillcolor=self.colours.paper)
        return look

    def _label(self, box: Box) -> str:
        small = f'<FONT POINT-SIZE="{SMALL}" COLOR="{self.colours.muted}">'
        rows: list[str] = []

        def row(left: str, right: str = "") -> None:
            if right:
                rows.append(
                    f'<TR><TD ALIGN="LEFT">{left}</TD><TD ALIGN="RIGHT">{GAP}{right}</TD></TR>'
                )
            else:
                rows.append(f'<TR><TD ALIGN="LEFT" COLSPAN="2">{left}{SMALL_BLANK}</TD></TR>')

        gone = box.kind == "removed"
        title = f"<B>{html(short(box.title))}</B>"
        title = (
            _run(f"<S>{title}</S>", self.colours.muted)
            if gone and box.calls == 1
            else _run(title, self.colours.ink)
        )
        mark = (
            _run(f"<B>{html(MARKS[box.kind])}</B> ", self._colours(box.kind)[0]) if box.kind else ""
        )
        name = html(short(box.name))
        if box.old:
            name = f"<S>{html(short(box.old))}</S> {ARROW} <B>{name}</B>"
        elif gone:
            name = f"<S>{name}</S>" if name else ""
        row(
            f"{mark}{title}{SMALL_BLANK}" if name else mark + title,
            f"{small}{name}</FONT>" if name else "",
        )
        for line in box.lines:
            row(self._line(line, gone))
        if box.note:
            row(f"{small}<I>{html(box.note)}</I></FONT>")
        return table(rows)

    def _line(self, line: Line, gone: bool) -> str:
        colours = self.colours
        if line.old is None or line.new is None:
            return _run(html(line.what), colours.muted if gone else colours.ink)
        what = f"{html(line.what)}: " if line.what else ""
        return _run(f"{what}{html(line.old)} {ARROW} ", colours.muted) + _run(
            f"<B>{html(line.new)}</B>", colours.muted if line.follows else colours.ink
        )

    def _legend(self) -> None:
        """What the lines and colours mean, in the picture's own."""
        kinds = ["", *self.overlay.kinds]
        with self.graph.subgraph(name="cluster_legend") as sub:
            sub.attr(
                label="", style="rounded", color=self.colours.track, bgcolor="", margin="8", id="legend", penwidth="1", tooltip="legend",
                **{"class": "legend"},
            )  # fmt: skip
            for number, kind in enumerate(kinds):
                box = Box(f"legend{number}", "layer", kind, _SAID[kind], "")
                sub.node(
                    box.key,
                    self._label(box),
                    **{
                        **self._look(box),
                        "id": f"legend-{number}",
                        "tooltip": _SAID[kind],
                        "height": "0.3",
                        "margin": "0.08,0.03",
                    },
                )
            for number, kind in enumerate(kinds[1:]):
                look = {"id": f"legend-arrow-{number}", **WIRES.get(kind, {"style": "invis"})}
                if kind in WIRES:
                    look.update(color=self._colours(kind)[0], tooltip=f"wire {_SAID[kind]}")
                sub.edge(f"legend{number}", f"legend{number + 1}", **look)


def _run(words: str, colour: str) -> str:
    return f'<FONT POINT-SIZE="{SIZE}" COLOR="{colour}">{words}</FONT>'


def _arrowed(words: str) -> str:
    return words.replace(" -> ", f" {ARROW} ")
