"""The routes of arrows between placed boxes: down, past lanes, and to the next column.

Arrows enter boxes at a right angle, those that enter one box side by side. Lengths are points, and y grows downward.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from mergecli.exporters.pictures.blocks import Places, Point, Rect
from mergecli.exporters.pictures.scene import Arrow

#: The length of the head of an arrow, and the radius of its bends.
HEAD, BEND = 6.0, 8.0
#: The room between arrows at a box, and how far a label is from its arrow.
BETWEEN, ASIDE = 20.0, 9.0
#: How long the straight part beside a number is, and about how wide a character of a label.
NUMBERED, CHARACTER = 9.0, 5.0


class Route(NamedTuple):
    """Where an arrow goes.

    Attributes:
        points: Bézier curves of 3 n + 1 points, up to its head.
        tip: Where its head ends.
        label: The middle of its label.
        number: The middle of the number at its head.
    """

    points: Sequence[Point]
    tip: Point
    label: Point
    number: Point


def routes(arrows: Sequence[Arrow], places: Places, across: bool = False) -> list[Route]:
    """Return the routes of arrows.

    Args:
        arrows: The arrows.
        places: Where boxes are, and where there is room for arrows.
        across: Whether the picture is turned to flow to the side.
    """
    boxes = places.boxes
    sides = {n: side for n, one in enumerate(arrows) if (side := _side(n, one, places)) is not None}
    straight = places.up | places.corners | places.across.keys()
    down = [n for n in range(len(arrows)) if n not in sides and n not in straight]
    # A label is beside the straight part of its arrow, or after its middle.
    lengths = [reach(arrow, across) for arrow in arrows]
    tails = _spread(down, arrows, boxes, lengths, out=True)
    heads = _spread(down, arrows, boxes, lengths, out=False)
    rows = _rows(list(sides), arrows, places)
    result = []
    for number, arrow in enumerate(arrows):
        source, target = boxes[arrow.source], boxes[arrow.target]
        if number in straight:
            result.append(_opposite(number, source, target, places, _beside(arrow)))
            continue
        if number in sides:
            route = _past(number, source, target, places, sides[number], rows)
        else:
            room = places.below.get(arrow.source) or places.above.get(arrow.target)
            tail, head = (tails[number], source.bottom), (heads[number], target.top)
            route = _down(tail, head, room or (source.bottom, target.top), _beside(arrow))
        x, y = route.label
        result.append(route._replace(label=(x + (lengths[number] - CHARACTER) / 2, y)))
    return result


def reach(arrow: Arrow, across: bool) -> float:
    """Return about how far the label of an arrow reaches to its side, at least a character.

    Args:
        arrow: The arrow.
        across: Whether it leads to the side, with its label below it.
    """
    return CHARACTER * (1 if across else max(len(arrow.words(has_number=True)), 1))


def _beside(arrow: Arrow) -> float:
    """Return how far the number of an arrow is to the right of it: at the other side where a label is there."""
    return -ASIDE if arrow.words(has_number=True) else ASIDE


def _opposite(number: int, source: Rect, target: Rect, places: Places, aside: float) -> Route:
    """Return a route from an encoder to its decoder, or up in that."""
    if number in places.across:
        y = places.across[number]
        end = (target.left - HEAD, y)
        points = [(source.right, y), *_line((source.right, y), end)]
        middle = (source.right + target.left) / 2, y - ASIDE
        return Route(points, (target.left, y), middle, (end[0] - 3, y - ASIDE))
    x = _middle(target)
    tip, end = (x, target.bottom), (x, target.bottom + HEAD)
    beside = (x + aside, end[1] + 5)
    if number in places.up:
        start = (x, source.top)
        points = [start, *_line(start, end)]
        return Route(points, tip, (x + ASIDE, (start[1] + end[1]) / 2), beside)
    y = (source.top + source.bottom) / 2
    points = [(source.right, y), *_line((source.right, y), (x - BEND, y))]
    points += [(x, y), (x, y), (x, y - BEND), *_line((x, y - BEND), end)]
    return Route(points, tip, (x + ASIDE, (y + end[1]) / 2), beside)


def _side(number: int, arrow: Arrow, places: Places) -> float | None:
    """Return where an arrow goes past lanes or up to the next column, None for one that goes down."""
    turn = places.turns.get((arrow.source, arrow.target))
    return places.gutters.get(number) if turn is None else turn


def _spread(
    numbers: Sequence[int],
    arrows: Sequence[Arrow],
    boxes: Mapping[str, Rect],
    lengths: Sequence[float],
    out: bool,
) -> dict[int, float]:
    """Return the x of each arrow at its source or its target, in the order of where they lead."""
    ends: dict[str, list[int]] = {}
    for number in numbers:
        arrow = arrows[number]
        ends.setdefault(arrow.source if out else arrow.target, []).append(number)
    result = {}
    for key, several in ends.items():
        box = boxes[key]
        if len(several) == 1:
            result[several[0]] = _middle(box)
            continue
        other = {n: arrows[n].target if out else arrows[n].source for n in several}
        ordered = sorted(several, key=lambda n: (_middle(boxes[other[n]]), n))
        # A label is between its arrow and the next one.
        wanted = max(BETWEEN, *(lengths[n] + 2 * ASIDE for n in several))
        space = min(wanted, (box.right - box.left - 24) / (len(several) - 1))
        start = _middle(box) - space * (len(several) - 1) / 2
        result.update({n: start + space * place for place, n in enumerate(ordered)})
    return result


def _middle(box: Rect) -> float:
    return (box.left + box.right) / 2


def _rows(
    numbers: Sequence[int], arrows: Sequence[Arrow], places: Places
) -> dict[tuple[int, bool], float]:
    """Return the y of arrows at the sides of boxes, by their number and whether they leave; none cross there."""
    ends: dict[str, list[tuple[bool, float, int]]] = {}
    for number in numbers:
        arrow = arrows[number]
        gutter = places.gutters.get(number)
        if gutter is None:
            # To the next column: alone at the left side of its box.
            ends.setdefault(arrow.source, []).append((True, 0.0, number))
            ends.setdefault(f"left {arrow.target}", []).append((False, 0.0, number))
            continue
        ends.setdefault(arrow.target, []).append((False, gutter, number))
        if number not in places.branches:
            ends.setdefault(arrow.source, []).append((True, -gutter, number))
    result = {}
    for key, several in ends.items():
        box = places.boxes[key.removeprefix("left ")]
        step = (box.bottom - box.top) / (len(several) + 1)
        for place, (leaves, _, number) in enumerate(sorted(several), 1):
            result[number, leaves] = box.top + step * place
    return result


def _past(
    number: int,
    source: Rect,
    target: Rect,
    places: Places,
    side: float,
    rows: Mapping[tuple[int, bool], float],
) -> Route:
    """Return the route of an arrow past lanes or to the next column, which goes down or up at a side."""
    into = target.right if number in places.gutters else target.left
    head = into, rows[number, False]
    branch = places.branches.get(number)
    if branch is None:
        return _aside((source.right, rows[number, True]), head, side)
    start = _middle(source), source.bottom
    route = _aside(branch, head, side)
    return route._replace(points=[start, *_line(start, branch), *route.points[1:]])


def _line(start: Point, end: Point) -> list[Point]:
    """Return the points of a straight curve after its start."""
    (x, y), (to_x, to_y) = start, end
    return [(x + (to_x - x) / 3, y + (to_y - y) / 3), (x + (to_x - x) * 2 / 3, y + (to_y - y) * 2 / 3), end]  # fmt: skip


def _down(tail: Point, head: Point, room: Point, aside: float) -> Route:
    """Return a route down, which goes to the side where there is room."""
    (x, y), (to_x, to_y) = tail, head
    end = (to_x, to_y - HEAD)
    number = (to_x + aside, end[1] - 5)
    if abs(x - to_x) < 0.5:
        points = [tail, *_line(tail, end)]
        label = (to_x + ASIDE, (max(y, room[0]) + end[1]) / 2)
    else:
        # The label and the number at the head are beside a straight part.
        start, stop = max(y, room[0]), min(end[1] - NUMBERED, room[1])
        middle = (start + stop) / 2
        points = [tail]
        if start > y:
            points += _line(tail, (x, start))
        points += [(x, middle), (to_x, middle), (to_x, stop)]
        if stop < end[1]:
            points += _line((to_x, stop), end)
        label = (to_x + ASIDE, number[1])
    return Route(points, head, label, number)


def _aside(tail: Point, head: Point, gutter: float) -> Route:
    """Return a route to the right, down or up, and into the side of a box."""
    (x, y), (to_x, to_y) = tail, head
    into = 1 if to_x > gutter else -1
    end = (to_x - HEAD * into, to_y)
    bend = min(BEND, abs(to_y - y) / 2, abs(gutter - x), abs(gutter - end[0]))
    along = bend if to_y > y else -bend
    points = [tail, *_line(tail, (gutter - bend, y))]
    points += [(gutter, y), (gutter, y), (gutter, y + along)]
    points += _line((gutter, y + along), (gutter, to_y - along))
    turned = (gutter + bend * into, to_y)
    points += [(gutter, to_y), (gutter, to_y), turned, *_line(turned, end)]
    number = (end[0] - 3 * into, to_y - ASIDE)
    return Route(points, head, (gutter + ASIDE, (y + to_y) / 2), number)
