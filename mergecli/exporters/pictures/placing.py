"""Scene -> the places of its boxes, frames and arrows, where its lanes are chains.

Lanes stand side by side in the order of the file, their boxes are equally wide and equally far from each other, and all begin
and end at one height. Long lanes continue in another column, which does too. Other scenes are laid out by Graphviz.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Mapping, NamedTuple, Sequence

from mergecli.exporters.pictures.blocks import (
    PAD,
    SECOND_TITLE,
    TITLE,
    Block,
    BoxBlock,
    FrameBlock,
    Lanes,
    Pads,
    Places,
    Point,
    Rect,
    Series,
)
from mergecli.exporters.pictures.routes import Route, reach, routes
from mergecli.exporters.pictures.scene import Frame, Scene
from mergecli.exporters.pictures.series import Chain, Slot
from mergecli.exporters.pictures.u_shape import Encoder, Level, levels

#: From a box to the next one, and how much more an arrow with a label and each lane side by side need.
GAP, LABELLED, PER_LANE = 24.0, 10.0, 5.0
#: The most that lanes add to a gap.
MOST_PER_LANES = 40.0
#: About how wide a column is, and how high a row is.
WIDE, HIGH = 190.0, 90.0
#: With more boxes no picture is a page, and one long path is easier to follow than many short ones.
MOST = 80
#: Deeper lanes do not continue in another column.
DEEPEST_WRAPPED = 1
_PADS = {
    "TB": Pads(TITLE, PAD, PAD, PAD),
    "BT": Pads(PAD, TITLE, PAD, PAD),
    "LR": Pads(PAD, PAD, TITLE, PAD),
    "RL": Pads(PAD, PAD, TITLE, PAD),
}
_Path = tuple[Frame, ...]


class Placement(NamedTuple):
    """Where everything is, in points; y grows downward.

    Attributes:
        width: The width of the whole.
        height: Its height.
        boxes: Each box by its key.
        frames: Each frame by its key.
        routes: Each arrow, in the order of the scene.
    """

    width: float
    height: float
    boxes: Mapping[str, Rect]
    frames: Mapping[str, Rect]
    routes: Sequence[Route]


class _Scattered(Exception):
    """The boxes of a frame are not next to each other."""


def place(
    scene: Scene,
    structure: Slot,
    sizes: Mapping[str, Point],
    titles: Mapping[str, float],
    rankdir: str = "TB",
) -> Placement | None:
    """Return where everything in a scene is, None where the boxes of a frame are not next to each other.

    Args:
        scene: The scene.
        structure: Its chains, as `decompose` returns them.
        sizes: The width and height of each box by its key.
        titles: The width of the title of each frame by its key.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
    """
    root = _measured(scene, structure, sizes, titles, rankdir)
    if root is None:
        return None
    places = Places()
    root.place(places, root.left, 0.0, root.height)
    whole = Rect(0.0, 0.0, root.left + root.right, root.height)
    return _turned(whole, places, routes(scene.arrows, places, rankdir in ("LR", "RL")), rankdir)


def extent(
    scene: Scene, structure: Slot, sizes: Mapping[str, Point], titles: Mapping[str, float]
) -> Point | None:
    """Return how wide and high a scene is that flows down, with the arguments of `place`."""
    root = _measured(scene, structure, sizes, titles, "TB")
    return None if root is None else (root.left + root.right, root.height)


def _measured(
    scene: Scene,
    structure: Slot,
    sizes: Mapping[str, Point],
    titles: Mapping[str, float],
    rankdir: str,
) -> Series | None:
    """Return all of a scene as a block with its size, with the arguments of `place`."""
    try:
        root = _Builder(scene, sizes, titles, rankdir).root(structure)
    except _Scattered:
        return None
    root.measure()
    return root


class _Builder:
    """Makes the blocks of a scene."""

    def __init__(
        self,
        scene: Scene,
        sizes: Mapping[str, Point],
        titles: Mapping[str, float],
        rankdir: str,
    ) -> None:
        self.across = rankdir in ("LR", "RL")
        self.pads, self.titles = _PADS[rankdir], titles
        self.sizes = {key: size[::-1] for key, size in sizes.items()} if self.across else sizes
        self.scene, self.keys = scene, list(scene.boxes)
        self.paths = _paths(scene.root)
        self.used: set[str] = set()
        self.entered = {arrow.target for arrow in scene.arrows}
        #: How many arrows lead from one box to another, and how much more room those to a box need.
        self.pairs: dict[tuple[str, str], int] = {}
        self.labels: dict[str, float] = {}
        for arrow in scene.arrows:
            pair = arrow.source, arrow.target
            self.pairs[pair] = self.pairs.get(pair, 0) + 1
            if arrow.label or arrow.call or arrow.number:
                self.labels[arrow.target] = LABELLED

    def root(self, structure: Slot) -> Series:
        """Return the block of all."""
        if structure.is_chain:
            return self._series(structure.chains[0], 0, 0)
        return self._joined([self._lanes(structure, 0, 0)], 0)

    def _series(self, chain: Chain, depth: int, level: int) -> Series:
        """Return the block of a chain that is in `depth` frames and `level` lanes."""
        found = levels(chain, self.scene) if not level else None
        if found is not None:
            inside = [box for one in found for box in (*one.down, *one.up)]
            paths = {self.paths[self.keys[box]] for box in inside}
            if len(paths) == 1:
                encoder = self._encoder(found, inside)
                return self._joined(self._framed([(paths.pop(), encoder)], depth, level), level)
        elements: list[tuple[_Path, Block]] = []
        boxes = [self._box(self.keys[box]) for box in chain.boxes]
        for number, slot in enumerate(chain.slots):
            if slot.chains:
                path = self._common(slot)
                if slot.arrows:
                    path = self._shared_path(path, chain, number)
                lanes = self._lanes(slot, len(path), level + 1)
                lanes.branches = number > 0 and self._comes_in(boxes[number - 1], slot, path)
                ends = boxes[max(number - 1 + lanes.branches, 0) : number + 1]
                lanes.ends = [(box, self._outside(box.key, path)) for box in ends]
                elements.append((path, lanes))
            if number < len(boxes):
                elements.append((self.paths[boxes[number].key], boxes[number]))
        return self._joined(self._framed(elements, depth, level), level)

    def _box(self, key: str) -> BoxBlock:
        """Return the block of a box."""
        return BoxBlock(key, self.sizes[key], self.scene.boxes[key].role)

    def _comes_in(self, before: BoxBlock, slot: Slot, path: _Path) -> bool:
        """Return whether the arrows of a slot come from outside of the innermost of these frames, past a single chain."""
        is_past = bool(slot.arrows) and len(slot.chains) == 1
        return is_past and not set(path[-1:]) <= set(self.paths[before.key])

    def _outside(self, key: str, path: _Path) -> float:
        """Return the room of the frames around a box that are not around what is in these frames."""
        return PAD * sum(frame not in path for frame in self.paths[key])

    def _encoder(self, found: Sequence[Level], boxes: Sequence[int]) -> Encoder:
        """Return the block of an encoder and its decoder."""
        keys = {box: self.keys[box] for box in boxes}
        blocks = {box: self._box(key) for box, key in keys.items()}
        numbers = {(one.source, one.target): n for n, one in enumerate(self.scene.arrows)}
        return Encoder(found, blocks, numbers)

    def _shared_path(self, path: _Path, chain: Chain, number: int) -> _Path:
        """Return the frames around a slot with arrows past its chains: those that an end of these is in."""
        ends = [self.paths[self.keys[box]] for box in chain.boxes[max(number - 1, 0) : number + 1]]
        return max((_same([path, end]) for end in ends), key=len)

    def _lanes(self, slot: Slot, depth: int, level: int) -> Lanes:
        """Return the block of what is side by side, with a frame around lanes that share one."""
        together: dict[str, list[Chain]] = {}
        frames: dict[str, Frame] = {}
        for number, chain in enumerate(sorted(slot.chains, key=lambda one: one.first)):
            path = self._common(Slot([], [chain]))
            key = str(number)
            if len(path) > depth:
                key = path[depth].key
                frames[key] = path[depth]
            together.setdefault(key, []).append(chain)
        chains: list[Series | FrameBlock] = []
        for key, several in together.items():
            if len(several) > 1:
                inside = self._lanes(Slot([], several), depth + 1, level)
                chains.append(self._frame(frames[key], inside))
            else:
                chains.append(self._series(several[0], depth, level))
        arrows = {number: self.scene.arrows[number] for number in slot.arrows}
        past = {
            number: reach(one, self.across) for number, one in arrows.items() if one.words(True)
        }
        return Lanes(chains, {number: past.get(number, 0.0) for number in arrows})

    def _frame(self, frame: Frame, inside: Series | Lanes) -> FrameBlock:
        """Return the block of a frame.

        Raises:
            _Scattered: A part of it has been placed.
        """
        if frame.key in self.used:
            raise _Scattered
        self.used.add(frame.key)
        title = self.titles.get(frame.key, 0.0)
        if frame.detail and self.pads.before != TITLE:
            # Elsewhere an arrow stands between both.
            title *= 2
        entered = inside.first in self.entered or not inside.first
        more = SECOND_TITLE * (len(frame.lines) - 1)
        pads = Pads(*(pad + more if pad == TITLE else pad for pad in self.pads))
        return FrameBlock(frame.key, inside, pads, title, entered)

    def _framed(
        self, elements: Sequence[tuple[_Path, Block]], depth: int, level: int
    ) -> list[Block]:
        """Return blocks with those of a frame in it.

        Raises:
            _Scattered: They are not next to each other.
        """
        result: list[Block] = []
        start = 0
        while start < len(elements):
            path, block = elements[start]
            end = start + 1
            if len(path) <= depth:
                result.append(block)
            else:
                frame = path[depth]
                while end < len(elements) and elements[end][0][depth : depth + 1] == (frame,):
                    end += 1
                # What is repeated is not torn.
                within = level + (DEEPEST_WRAPPED + 1) * (frame.role == "repeat")
                blocks = self._framed(elements[start:end], depth + 1, within)
                result.append(self._frame(frame, self._joined(blocks, within)))
            start = end
        return result

    def _joined(self, blocks: Sequence[Block], level: int) -> Series:
        """Return blocks one after the other, whose boxes are equally wide."""
        pairs = list(pairwise(blocks))
        ends: set[int] = set()
        if len(self.keys) <= MOST and level <= DEEPEST_WRAPPED:
            ends = {number for number, pair in enumerate(pairs) if self._may_end(*pair)}
        wide = HIGH if self.across else WIDE
        result = Series(blocks, [self._gap(*pair) for pair in pairs], ends, wide)
        widest = max((box.width for box in result.lane), default=0.0)
        for box in result.lane if not self.across else ():
            box.width = widest
        return result

    def _may_end(self, before: Block, after: Block) -> bool:
        """Return whether a column may end between two blocks."""
        if self.pairs.get((before.last, after.first)) != 1:
            return False
        boxes = self.scene.boxes
        return boxes[before.last].role != "input" and boxes[after.first].role != "output"

    def _gap(self, before: Block, after: Block) -> float:
        """Return the room between two blocks."""
        lanes = [len(one.chains) for one in (before, after) if isinstance(one, Lanes)]
        many = max(lanes, default=1)
        if many == 1:
            return GAP + self.labels.get(after.first, 0.0)
        return GAP + LABELLED + min(PER_LANE * many, MOST_PER_LANES)

    def _common(self, slot: Slot) -> _Path:
        """Return the frames that all boxes of a slot are in."""
        paths = [self.paths[self.keys[box]] for chain in slot.chains for box in chain.boxes]
        paths += [self._common(one) for chain in slot.chains for one in chain.slots if one.chains]
        return _same(paths)


def _same(paths: Sequence[_Path]) -> _Path:
    """Return the frames with which all paths begin."""
    same = 0
    for frames in zip(*paths):
        if any(frame is not frames[0] for frame in frames):
            break
        same += 1
    return paths[0][:same]


def _paths(root: Frame) -> dict[str, _Path]:
    """Return the frames around each box, outermost first."""
    result: dict[str, _Path] = {}
    waiting: list[tuple[Frame, _Path]] = [(root, ())]
    while waiting:
        frame, path = waiting.pop()
        result.update({box.key: path for box in frame.boxes})
        waiting += [(inner, (*path, inner)) for inner in frame.frames]
    return result


def _turned(whole: Rect, places: Places, drawn: Sequence[Route], rankdir: str) -> Placement:
    """Return a placement that flows down in its direction."""

    def point(at: Point) -> Point:
        x, y = at
        if rankdir in ("BT", "RL"):
            y = whole.bottom - y
        return (y, x) if rankdir in ("LR", "RL") else (x, y)

    def rect(one: Rect) -> Rect:
        (x, y), (to_x, to_y) = point((one.left, one.top)), point((one.right, one.bottom))
        return Rect(min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))

    size = rect(whole)
    return Placement(
        size.right,
        size.bottom,
        {key: rect(one) for key, one in places.boxes.items()},
        {key: rect(one) for key, one in places.frames.items()},
        [
            Route([point(one) for one in r.points], point(r.tip), point(r.label), point(r.number))
            for r in drawn
        ],
    )
