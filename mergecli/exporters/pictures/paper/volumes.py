"""Network -> Drawing with volumes, as convolutional networks are drawn in papers.

Units flow to the right, branches above each other, in as many rows as the page needs; arrows that
skip units lead over them.
"""

from __future__ import annotations

from statistics import median
from typing import Iterator, Sequence

from mergecli.exporters.pictures.network_scene import scene_of
from mergecli.exporters.pictures.paper import stages
from mergecli.exporters.pictures.paper.drawing import (
    GRAY,
    INK,
    LEADING,
    SIZE,
    WHITE,
    Drawing,
    Ellipse,
    Item,
    Look,
    Point,
    Shape,
    Text,
    length,
    moved,
)
from mergecli.exporters.pictures.paper.pages import Page
from mergecli.exporters.pictures.paper.units import Flow, Slab, flow
from mergecli.ir.graph import Network

#: Points: from one unit to the next, between branches, between rows, and at the ends of rows.
_GAP, _BETWEEN, _ROWS, _MARGIN = 9.0, 6.0, 10.0, 8.0
#: The room for an arrow above what it skips.
_OVER = 5.0
#: The sizes that volumes may have.
SCALES = (1.0, 0.85, 0.7)
#: The most boxes in a scene, and rows in a figure.
MOST_BOXES, MOST_ROWS = 250, 3
#: The front and the sides of volumes.
_FILLS = {
    "plain": (WHITE, "#ececec"),
    "smaller": ("#cccccc", "#b4b4b4"),
    "larger": ("#999999", "#808080"),
}
#: Points: the length of the head of an arrow.
_HEAD = 3.2
#: The parts of a page to which several rows are confined, so that the last one is not much shorter.
_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)


def drawings(network: Network, page: Page) -> Iterator[Drawing]:
    """Yield drawings of a network, each with fewer volumes; none has more rows than a figure may.

    Args:
        network: The network, a convolutional one.
        page: Its width decides where rows end.
    """
    for whole, compact in ((False, False), (False, True), (True, False)):
        groups = stages.stages(network) if whole else stages.layers(network)
        if not groups:
            continue
        scene = scene_of(network, groups)
        if len(scene.boxes) > MOST_BOXES:
            continue
        # One row of smaller volumes is easier to read than several rows.
        layouts = [
            _Layout(flow(network, scene, compact, whole, scale), page.width, _GAP * scale)
            for scale in SCALES
        ]
        drawing = min(layouts, key=_Layout.cost).drawing()
        if drawing is not None:
            yield drawing


class _Layout:
    """The places of units, all of them in one row at first."""

    def __init__(self, flow: Flow, width: float, gap: float) -> None:
        self.flow, self.room, self.gap = flow, width - 2, gap
        self.into: list[list[int]] = [[] for _ in flow.units]
        self.out: list[list[int]] = [[] for _ in flow.units]
        for source, target in flow.arrows:
            self.into[target].append(source)
            self.out[source].append(target)
        self.x = self._columns()
        self._align()
        self.y = self._middles()
        self.rows = self._rows()

    def cost(self) -> tuple[bool, int]:
        """Return whether a row is too wide, and the number of rows."""
        return max(map(self._width, self.rows)) > self.room, len(self.rows)

    # Places.

    def _columns(self) -> list[float]:
        """Return the left end of each unit."""
        result: list[float] = []
        for sources in self.into:
            ends = [result[source] + self.flow.units[source].width for source in sources]
            result.append(max(ends) + self.gap if ends else 0.0)
        return result

    def _align(self) -> None:
        """Move paths that begin with an input to where they meet others."""
        for chain in self._chains():
            if not self.into[chain[0]] and len(self.out[chain[-1]]) == 1:
                room = self.x[self.out[chain[-1]][0]] - self.gap - self.flow.units[chain[-1]].width
                shift = room - self.x[chain[-1]]
                for number in chain:
                    self.x[number] += shift

    def _chains(self) -> list[list[int]]:
        """Return the paths without forks and merges, each after those that lead to it."""
        result: list[list[int]] = []
        chain_of: dict[int, list[int]] = {}
        for number, sources in enumerate(self.into):
            if len(sources) == 1 and len(self.out[sources[0]]) == 1:
                chain_of[number] = chain_of[sources[0]]
                chain_of[number].append(number)
            else:
                chain_of[number] = [number]
                result.append(chain_of[number])
        return result

    def _middles(self) -> list[float]:
        """Return the middle of each unit: branches above each other, merges between them."""
        chains = self._chains()
        units = self.flow.units
        heights = [
            (
                max(units[n].above for n in chain) + self._skip_room(chain),
                max(units[n].below for n in chain),
            )
            for chain in chains
        ]
        number_of = {chain[0]: place for place, chain in enumerate(chains)}
        result: dict[int, float] = {}
        bottom = 0.0
        for place, chain in enumerate(chains):
            above, below = heights[place]
            sources = self.into[chain[0]]
            if not sources:
                middle = bottom - above
                bottom = middle - below - _BETWEEN
            elif len(sources) == 1:
                # One of several branches: they are centered beside the unit that they begin at.
                siblings = [heights[number_of[n]] for n in self.out[sources[0]] if n in number_of]
                index = [n for n in self.out[sources[0]] if n in number_of].index(chain[0])
                total = sum(map(sum, siblings)) + _BETWEEN * (len(siblings) - 1)
                top = result[sources[0]] + total / 2
                middle = top - sum(map(sum, siblings[:index])) - _BETWEEN * index - above
            else:
                middle = median(result[source] for source in sources)
            for number in chain:
                result[number] = middle
        self._separate(chains, heights, result)
        return [result[number] for number in range(len(units))]

    def _skip_room(self, chain: Sequence[int]) -> float:
        inside = set(chain)
        home = self.flow.home
        return _OVER * min(
            3, sum(home[a] in inside and home[b] in inside for a, b in self.flow.skips)
        )

    def _separate(
        self, chains: list[list[int]], heights: list[tuple[float, float]], middles: dict[int, float]
    ) -> None:
        """Move chains down that would cover others."""
        placed: list[tuple[float, float, float, float]] = []
        for place in sorted(range(len(chains)), key=lambda p: (-middles[chains[p][0]], p)):
            chain, (above, below) = chains[place], heights[place]
            left, right = self.x[chain[0]], self.x[chain[-1]] + self.flow.units[chain[-1]].width
            middle = middles[chain[0]]
            for other_left, other_right, top, bottom in sorted(placed, key=lambda one: -one[2]):
                beside = right <= other_left or other_right <= left
                if not beside and middle - below < top and middle + above > bottom:
                    middle = bottom - _BETWEEN - above
            placed.append((left, right, middle + above, middle - below))
            for number in chain:
                middles[number] = middle

    # Rows.

    def drawing(self) -> Drawing | None:
        """Return the drawing, or None if it would have too many rows."""
        rows = self.rows
        if len(rows) > MOST_ROWS:
            return None
        margin = _MARGIN if len(rows) > 1 else 0.0
        wide = max(self._width(row) for row in rows) + 2 * margin
        items: list[Item] = []
        y, turn = 0.0, (0.0, 0.0)
        for number, row in enumerate(rows):
            part = [*self._row(row)]
            top = max(map(_top, part))
            bottom = min(self.y[n] - self.flow.units[n].below for n in row)
            dx, dy = margin - min(self.x[n] for n in row), y - top
            items += [moved(item, dx, dy) for item in part]
            if number:
                first = next(n for n in row if set(self.into[n]) & set(rows[number - 1]))
                target = (self._start(first) + dx, self.y[first] + dy)
                between, right, left = y + _ROWS / 2, wide - 2, 2.0
                path = [
                    turn,
                    (right, turn[1]),
                    (right, between),
                    (left, between),
                    (left, target[1]),
                    target,
                ]
                items += _arrow(path)
            y = bottom + dy - _ROWS
            if number < len(rows) - 1:
                last = next(n for n in row if set(self.out[n]) & set(rows[number + 1]))
                turn = (self._end(last) + dx, self.y[last] + dy)
        height = -(y + _ROWS)
        return Drawing(wide + 2, height + 2, [moved(item, 1, height + 1) for item in items])

    def _rows(self) -> list[list[int]]:
        """Return the units of each row, all of about one length."""
        order = sorted(range(len(self.flow.units)), key=lambda n: (self.x[n], n))
        if self._width(order) <= self.room:
            return [order]
        room = self.room - 2 * _MARGIN
        ends = [end for end in range(1, len(order)) if self._is_cut(order, end)]
        widest = self._cut(order, ends, room)
        for share in _SHARES if len(widest) <= MOST_ROWS else ():
            rows = self._cut(order, ends, room * share)
            if len(rows) == len(widest) and max(map(self._width, rows)) <= room:
                return rows
        return widest

    def _cut(self, order: list[int], ends: Sequence[int], room: float) -> list[list[int]]:
        """Return rows that fit; `ends` are the places at which a row may end."""
        rows: list[list[int]] = []
        start = 0
        while self._width(order[start:]) > room:
            fitting = [end for end in ends if end > start and self._width(order[start:end]) <= room]
            if not fitting:
                break
            rows.append(order[start : fitting[-1]])
            start = fitting[-1]
        return [*rows, order[start:]]

    def _width(self, row: Sequence[int]) -> float:
        left = min(self.x[n] for n in row)
        return max(self.x[n] + self.flow.units[n].width for n in row) - left

    def _is_cut(self, order: Sequence[int], end: int) -> bool:
        """Return whether one arrow leads on from the units before a place, to the next one."""
        before, home = set(order[:end]), self.flow.home
        crossing = [b for a, b in self.flow.arrows if a in before and b not in before]
        skips = any(home[a] in before and home[b] not in before for a, b in self.flow.skips)
        return crossing == [order[end]] and not skips

    # Items.

    def _row(self, row: Sequence[int]) -> Iterator[Item]:
        inside = set(row)
        for source, target in self.flow.arrows:
            if source in inside and target in inside:
                yield from self._main(source, target)
        for number in row:
            yield from self._unit(number)
        yield from self._skips(inside)

    def _left(self, number: int) -> float:
        """Return the left end of the slabs of a unit, which are in the middle above its label."""
        unit = self.flow.units[number]
        return self.x[number] + (unit.width - unit.front - unit.depth) / 2

    def _start(self, number: int) -> float:
        return self._left(number)

    def _end(self, number: int) -> float:
        """Return where an arrow from a unit begins."""
        unit = self.flow.units[number]
        depth = unit.slabs[-1].depth if unit.slabs else 0
        return self._left(number) + unit.front + depth

    def _unit(self, number: int) -> Iterator[Item]:
        unit, y = self.flow.units[number], self.y[number]
        x = self._left(number)
        if not unit.slabs:
            yield Ellipse(
                (x + unit.front / 2, y), (unit.front / 2, unit.front / 2), Look(fill=WHITE)
            )
            yield Text(
                (x + unit.front / 2, y - 0.36 * SIZE + 0.4), unit.symbol, "c", length(unit.symbol)
            )
        lowest = y
        for slab in unit.slabs:
            yield from _volume(x, y - slab.height / 2, slab)
            lowest = min(lowest, y - slab.height / 2)
            x += slab.width
        middle = self.x[number] + unit.width / 2
        for place, line in enumerate(unit.lines):
            yield Text((middle, lowest - LEADING * (place + 1) + 1), line, "c", length(line))

    def _main(self, source: int, target: int) -> list[Item]:
        """Return the arrow from a unit to one that follows it."""
        x, y, end, to = self._end(source), self.y[source], self._start(target), self.y[target]
        if abs(y - to) < 1:
            return _arrow([(x, y), (end, to)])
        unit = self.flow.units[target]
        if not unit.slabs:
            radius = unit.front / 2
            side = to + radius if y > to else to - radius
            return _arrow([(x, y), (end + radius, y), (end + radius, side)])
        if len(self.into[target]) > 1:
            bend = end - self.gap / 2
        else:
            bend = max(x, self.x[source] + self.flow.units[source].width) + self.gap / 3
        return _arrow([(x, y), (bend, y), (bend, to), (end, to)])

    def _anchor(self, key: str, side: float) -> Point:
        """Return the top of the slab or disc of a box, a disc's at the left (-1) or right side."""
        number = self.flow.home[key]
        unit = self.flow.units[number]
        x, y = self._left(number), self.y[number]
        if not unit.slabs:
            # One arrow may end and another one begin there.
            radius = unit.front / 2
            return x + radius * (1 + 0.4 * side), y + radius * 0.92
        place = unit.keys.index(key)
        slab = unit.slabs[place]
        x += sum(other.width for other in unit.slabs[:place])
        return x + slab.width / 2 + slab.depth / 2, y + slab.height / 2 + slab.depth / 2

    def _skips(self, inside: set[int]) -> Iterator[Item]:
        """Yield the arrows over units, the short ones below the long ones."""
        home = self.flow.home
        skips = [(a, b) for a, b in self.flow.skips if home[a] in inside and home[b] in inside]
        taken: list[tuple[float, float, float]] = [
            (self._left(n), self._end(n), self.y[n] + self.flow.units[n].above) for n in inside
        ]
        spans = sorted(
            ((self._anchor(a, 1), self._anchor(b, -1)) for a, b in skips),
            key=lambda s: s[1][0] - s[0][0],
        )
        for (x, y), (end, to) in spans:
            over = [
                top for left, right, top in taken if left < end and right > x and top >= min(y, to)
            ]
            # What is in rows above stays above.
            near = [top for top in over if top <= max(y, to) + 60]
            height = max([y, to, *near]) + _OVER
            taken.append((x, end, height))
            yield from _arrow([(x, y), (x, height), (end, height), (end, to)])


def _volume(x: float, y: float, slab: Slab) -> Iterator[Item]:
    """Yield the sides of a volume by the lower left corner of its front."""
    line = GRAY if slab.frozen else INK
    front, side = (Look(line, fill) for fill in _FILLS[slab.role])
    right, top, depth = x + slab.width, y + slab.height, slab.depth
    if depth:
        yield Shape(
            ((right, y), (right + depth, y + depth), (right + depth, top + depth), (right, top)),
            side,
        )
        upper = ((x, top), (right, top), (right + depth, top + depth), (x + depth, top + depth))
        yield Shape(upper, front)
    yield Shape(((x, y), (right, y), (right, top), (x, top)), front)


def _arrow(points: Sequence[Point]) -> list[Item]:
    """Return a line with a head at its end."""
    (bx, by), (x, y) = points[-2:]
    run = max(abs(x - bx), abs(y - by)) or 1.0
    ux, uy = (x - bx) / run, (y - by) / run
    base = (x - _HEAD * ux, y - _HEAD * uy)
    half = 1.2
    head = (
        (x, y),
        (base[0] - half * uy, base[1] + half * ux),
        (base[0] + half * uy, base[1] - half * ux),
    )
    line = Shape((*points[:-1], base), closed=False)
    return [line, Shape(head, Look(fill=INK))]


def _top(item: Item) -> float:
    if isinstance(item, Shape):
        return max(y for _, y in item.points)
    return item.center[1] + item.radii[1] if isinstance(item, Ellipse) else item.at[1] + 0.75 * SIZE
