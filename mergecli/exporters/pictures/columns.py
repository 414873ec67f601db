"""Where the path through a picture begins a new column, so that a long chain fits on a page; and which paths are drawn straight."""

from __future__ import annotations

from mergecli.exporters.pictures.folding import GAP, LINE, lines
from mergecli.exporters.pictures.scene import Frame, Scene

#: The longest path that stands in one column, in points.
LONGEST = 1150
#: By which part of its share a column may be longer or shorter.
UNEVEN = 0.4
#: With more boxes no picture is a page, and one who looks for a box follows one long path more easily than many short ones.
MOST = 80
#: About how wide a column is.
WIDE = 190


def columns(scene: Scene) -> set[int]:
    """The arrows, by number, that lead to the top of a new column, in a picture that leads up or down.

    Nothing else joins the two sides of such an arrow.
    """
    cuts: set[int] = set()
    boxes = {
        key: GAP + LINE * (2 if box.role in ("input", "output") else lines(box.layers))
        for key, box in scene.boxes.items()
    }
    total = max(_depths(scene, boxes, cuts).values(), default=0)
    # Never so many that the picture would be wider than it is long.
    count = min(-(-total // LONGEST), int((total / WIDE) ** 0.5))
    if count < 2 or len(boxes) > MOST:
        return cuts
    possible = _bridges(scene) & _beside(scene)
    for _ in range(4 * count):
        depths = _depths(scene, boxes, cuts)
        end = max(depths, key=lambda key: depths[key])
        if depths[end] <= total / count * 1.1:
            break
        path = _way(scene, depths, end, cuts)
        # Columns are about as long as one another: the first one ends where its share does.
        shares = [
            (abs(depths[scene.arrows[number].source] * count / total - 1), number)
            for number in path
            if number in possible
        ]
        off, number = min(shares, default=(1.0, 0))
        if off > UNEVEN:
            break
        cuts.add(number)
    return cuts


def straight(scene: Scene) -> set[int]:
    """The arrows, by number, of the main path: those to the next box, within a frame, that others only pass by."""
    order = _order(scene)
    above: dict[str, int] = {}
    place = {key: number for number, key in enumerate(order)}
    into: dict[str, set[str]] = {key: set() for key in scene.boxes}
    out: dict[str, set[str]] = {key: set() for key in scene.boxes}
    for arrow in scene.arrows:
        into[arrow.target].add(arrow.source)
        out[arrow.source].add(arrow.target)
    for key in order:
        above[key] = 1 << place[key]
        for parent in into[key]:
            above[key] |= above[parent]
    around = _around(scene.root)
    result = set()
    for number, arrow in enumerate(scene.arrows):
        source, target = arrow.source, arrow.target
        if source not in above or target not in above or around[source] != around[target]:
            continue
        passed = all(above[source] >> place[other] & 1 for other in into[target] if other in above)
        if passed and all(
            above[other] >> place[target] & 1 for other in out[source] if other in above
        ):
            result.add(number)
    return result


def _around(root: Frame) -> dict[str, tuple[str, ...]]:
    """The frames around each box, outermost first."""
    result: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[Frame, tuple[str, ...]]] = [(root, ())]
    while waiting:
        frame, path = waiting.pop()
        result.update({box.key: path for box in frame.boxes})
        waiting += [(inner, (*path, inner.key)) for inner in frame.frames]
    return result


def _beside(scene: Scene) -> set[int]:
    """The arrows between layers of one branch and one model in it, but not to, from or within structures that are repeated, which would be in the way."""
    repeats = {frame.key for frame in scene.root.walk() if frame.role == "repeat"}
    around = _around(scene.root)
    result = set()
    for number, arrow in enumerate(scene.arrows):
        home = around[arrow.source]
        ends = (
            scene.boxes[arrow.source].role == "input" or scene.boxes[arrow.target].role == "output"
        )
        if home == around[arrow.target] and repeats.isdisjoint(home) and not (ends or arrow.call):
            result.add(number)
    return result


def _order(scene: Scene) -> list[str]:
    """The boxes, each after those that lead to it; without those in cycles, as layers that are applied again make them, and after these."""
    missing = dict.fromkeys(scene.boxes, 0)
    out: dict[str, list[str]] = {key: [] for key in scene.boxes}
    for arrow in scene.arrows:
        missing[arrow.target] += 1
        out[arrow.source].append(arrow.target)
    result = [key for key, count in missing.items() if not count]
    for key in result:
        for target in out[key]:
            missing[target] -= 1
            if not missing[target]:
                result.append(target)
    return result


def _depths(scene: Scene, boxes: dict[str, int], cuts: set[int]) -> dict[str, int]:
    """How far below the top each box ends."""
    depths = dict(boxes)
    into: dict[str, list[str]] = {}
    for number, arrow in enumerate(scene.arrows):
        if number not in cuts:
            into.setdefault(arrow.target, []).append(arrow.source)
    for key in _order(scene):
        depths[key] = boxes[key] + max((depths[source] for source in into.get(key, ())), default=0)
    return depths


def _way(scene: Scene, depths: dict[str, int], end: str, cuts: set[int]) -> list[int]:
    """The arrows of the longest path to a box, the last one first."""
    into: dict[str, list[int]] = {}
    for number, arrow in enumerate(scene.arrows):
        if number not in cuts:
            into.setdefault(arrow.target, []).append(number)
    path: list[int] = []
    seen = {end}
    while end in into:
        number = max(into[end], key=lambda one: depths[scene.arrows[one].source])
        end = scene.arrows[number].source
        if end in seen:
            break
        seen.add(end)
        path.append(number)
    return path


def _bridges(scene: Scene) -> set[int]:
    """The arrows without which a picture would be in two parts."""
    beside: dict[str, list[tuple[str, int]]] = {key: [] for key in scene.boxes}
    for number, arrow in enumerate(scene.arrows):
        beside[arrow.source].append((arrow.target, number))
        beside[arrow.target].append((arrow.source, number))
    result: set[int] = set()
    #: When each box was reached, and the earliest one that can be reached from it otherwise than back.
    reached: dict[str, int] = {}
    lowest: dict[str, int] = {}
    for start in scene.boxes:
        if start in reached:
            continue
        reached[start] = lowest[start] = len(reached)
        waiting = [(start, -1, iter(beside[start]))]
        while waiting:
            key, by, rest = waiting[-1]
            for other, number in rest:
                if number == by:
                    continue
                if other in reached:
                    lowest[key] = min(lowest[key], reached[other])
                    continue
                reached[other] = lowest[other] = len(reached)
                waiting.append((other, number, iter(beside[other])))
                break
            else:
                waiting.pop()
                if waiting:
                    before = waiting[-1][0]
                    lowest[before] = min(lowest[before], lowest[key])
                    if lowest[key] == reached[key]:
                        result.add(by)
    return result
