"""A scatter plot of two numbers of many things, with a front: SVG, and DOT for bitmaps."""

from __future__ import annotations

import math
from typing import NamedTuple, Sequence

from mergecli.diagnostics.escaping import xml, xml_attribute
from mergecli.exporters.pictures.themes import DARK, LIGHT

#: The picture and the margins around its axes, in points.
WIDTH, HEIGHT = 860, 560
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 48, 64
#: An axis is logarithmic if its largest number is so many times its smallest.
LOGARITHMIC = 20


class Point(NamedTuple):
    """A thing with two numbers, and what is said of it."""

    key: int
    x: float
    y: float
    label: str = ""


class Axis:
    """Numbers along one side of a picture.

    Args:
        name: What they are.
        values: The numbers.
        start, end: Where the axis begins and ends in the picture.
    """

    def __init__(self, name: str, values: Sequence[float], start: float, end: float) -> None:
        self.name, self._start, self._end = name, start, end
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        self.is_logarithmic = low > 0 and high > LOGARITHMIC * low
        if self.is_logarithmic:
            margin = math.log10(high / low) * 0.04
            self._low, self._high = math.log10(low) - margin, math.log10(high) + margin
        else:
            margin = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
            self._low, self._high = low - margin, high + margin

    def place(self, value: float) -> float:
        """Return where a number is in the picture."""
        known = math.log10(value) if self.is_logarithmic else value
        share = (known - self._low) / ((self._high - self._low) or 1)
        return round(self._start + share * (self._end - self._start), 1)

    @property
    def ticks(self) -> list[float]:
        """The numbers that are written at the axis."""
        if self.is_logarithmic:
            powers = range(math.floor(self._low), math.ceil(self._high) + 1)
            steps = (1, 2, 5) if len(powers) < 5 else (1,)
            every = [step * 10.0**power for power in powers for step in steps]
            return [value for value in every if self._low <= math.log10(value) <= self._high]
        span = self._high - self._low
        step = 10.0 ** math.floor(math.log10(span / 4))
        step *= next(size for size in (1, 2, 5, 10) if span / (step * size) <= 7)
        first = math.ceil(self._low / step)
        return [n * step for n in range(first, math.floor(self._high / step) + 1)]


def number(value: float) -> str:
    """Return a number for a person.

    >>> number(1500), number(2.5e6), number(3e9), number(0.25), number(12)
    ('1.5k', '2.5M', '3G', '0.25', '12')
    """
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


class Scatter:
    """Points and their front.

    Args:
        points: All points.
        front: Those of the front.
        names: What the two numbers are.
        title: The line above the picture.
    """

    def __init__(
        self,
        points: Sequence[Point],
        front: Sequence[Point],
        names: tuple[str, str],
        title: str,
    ) -> None:
        known = {point.key for point in front}
        self.points = [point for point in points if point.key not in known]
        self.front, self.title = sorted(front, key=lambda point: (point.x, point.y)), title
        every = [*self.points, *self.front]
        self.x = Axis(names[0], [point.x for point in every], LEFT, WIDTH - RIGHT)
        self.y = Axis(names[1], [point.y for point in every], HEIGHT - BOTTOM, TOP)

    def svg(self) -> str:
        """Return the picture as SVG, which follows the colours of the reader."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
            f' height="{HEIGHT}" role="img" aria-label="{xml_attribute(self.title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text class="title" x="{LEFT}" y="28">{xml(self.title)}</text>',
            *self._axes(),
            *(self._mark(point, "point", 3) for point in self.points),
        ]
        if len(self.front) > 1:
            line = " ".join(f"{self.x.place(p.x)},{self.y.place(p.y)}" for p in self.front)
            parts.append(f'<polyline class="front" points="{line}"/>')
        parts += [self._mark(point, "best", 5) for point in self.front]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _axes(self) -> list[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = []
        for value in self.x.ticks:
            x = self.x.place(value)
            parts.append(f'<path class="grid" d="M{x} {TOP}V{bottom}"/>')
            parts.append(
                f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{number(value)}</text>'
            )
        for value in self.y.ticks:
            y = self.y.place(value)
            parts.append(f'<path class="grid" d="M{LEFT} {y}H{right}"/>')
            parts.append(
                f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{number(value)}</text>'
            )
        middle, center = (LEFT + right) / 2, (TOP + bottom) / 2
        x_name, y_name = xml(self.x.name), xml(self.y.name)
        parts.append(f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle">{x_name}</text>')
        turned = f'transform="rotate(-90 20 {center})"'
        parts.append(f'<text x="20" y="{center}" text-anchor="middle" {turned}>{y_name}</text>')
        parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>')
        return parts

    def _mark(self, point: Point, name: str, radius: int) -> str:
        x, y = self.x.place(point.x), self.y.place(point.y)
        return (
            f'<circle class="{name}" cx="{x}" cy="{y}" r="{radius}" data-key="{point.key}">'
            f"<title>{xml(self.described(point))}</title></circle>"  # wordlist: ignore
        )

    def described(self, point: Point) -> str:
        """Return what is shown of a point."""
        label = f": {point.label}" if point.label else ""
        numbers = f"{self.x.name} {point.x:,g}, {self.y.name} {point.y:,g}"
        return f"candidate {point.key}{label} ({numbers})"

    def dot(self) -> str:
        """Return the picture as a text for Graphviz, with a place for everything in it."""
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        lines = [
            "graph sweep {",
            f'bgcolor="{LIGHT.paper}" pad=0.1 outputorder=edgesfirst notranslate=true',
            f'node [shape=plaintext fontname="Open Sans" fontsize=12 fontcolor="{LIGHT.muted}"'
            ' width=0 height=0 margin=0 label=""]',
            f'edge [color="{LIGHT.track}"]',
        ]
        for name, ticks, horizontal in (("x", self.x.ticks, False), ("y", self.y.ticks, True)):
            for place, value in enumerate(ticks):
                at = self.y.place(value) if horizontal else self.x.place(value)
                ends: Sequence[tuple[float, float]] = [(at, TOP), (at, bottom)]
                if horizontal:
                    ends = [(LEFT, at), (right, at)]
                lines += _line(f"{name}{place}", ends, LIGHT.track)
                text = (LEFT - 26, at) if horizontal else (at, bottom + 14)
                lines.append(_text(f"{name}t{place}", text, number(value)))
        lines += _line("ax", ((LEFT, bottom), (right, bottom)), LIGHT.line)
        lines += _line("ay", ((LEFT, TOP), (LEFT, bottom)), LIGHT.line)
        lines.append(_text("nx", ((LEFT + right) / 2, HEIGHT - 18), self.x.name))
        lines.append(_text("ny", (LEFT, TOP - 12), self.y.name))
        lines.append(_text("title", ((LEFT + right) / 2, 14), self.title))
        for place, (one, other) in enumerate(zip(self.front, self.front[1:])):
            ends = [self._at(one), self._at(other)]
            lines += _line(f"f{place}", ends, LIGHT.lanes[1][0])
        for points, size, color in (
            (self.points, 0.08, LIGHT.lanes[0][0] + "80"),
            (self.front, 0.14, LIGHT.lanes[1][0]),
        ):
            for point in points:
                x, y = self._at(point)
                lines.append(
                    f"p{point.key} [ shape=circle fixedsize=true width={size} style=filled"
                    f' color="{color}" fillcolor="{color}" pos="{x},{HEIGHT - y}!"]'
                )
        return "\n".join([*lines, "}"])

    def _at(self, point: Point) -> tuple[float, float]:
        return self.x.place(point.x), self.y.place(point.y)


def _line(name: str, ends: Sequence[tuple[float, float]], color: str) -> list[str]:
    shown = [
        f'{name}{place} [shape=point style=invis width=0.01 pos="{x},{HEIGHT - y}!"]'
        for place, (x, y) in enumerate(ends)
    ]
    return [*shown, f'{name}0 -- {name}1 [color="{color}"]']


def _text(name: str, at: tuple[float, float], text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name} [label="{escaped}" pos="{at[0]},{HEIGHT - at[1]}!"]'


_COLORS = (
    ".paper{{fill:{0.paper}}}text{{fill:{0.muted}}}.title{{fill:{0.ink}}}.grid{{stroke:{0.track}}}"
    ".axis{{stroke:{0.line};fill:none}}.point{{fill:{0.lanes[0][0]}}}.best{{fill:{0.lanes[1][0]}}}"
    ".front{{stroke:{0.lanes[1][0]};fill:none}}"
)
_STYLE = (
    "text{font:12px Open Sans,Helvetica,Arial,sans-serif}.title{font-size:15px;font-weight:600}"
    ".point{fill-opacity:.45}.front{stroke-width:1.5}"
    + _COLORS.format(LIGHT)
    + f"@media (prefers-color-scheme:dark){{{_COLORS.format(DARK)}}}"
)
