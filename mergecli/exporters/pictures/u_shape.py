"""Encoders with a symmetric decoder, as U-Net: the way down at the left, the way up at the right, equal resolutions side by side."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Sequence

from mergecli.exporters.pictures.blocks import BoxBlock, Places
from mergecli.exporters.pictures.scene import Scene
from mergecli.exporters.pictures.series import Chain

#: Fewer arrows from the encoder to the decoder are no more than arrows past a few layers.
FEWEST = 2
#: Between the two sides, and from one box to the next.
BETWEEN, GAP = 80.0, 24.0


class Level(NamedTuple):
    """What an encoder and its decoder have of one resolution.

    Attributes:
        down: The boxes of the encoder, by their number in the scene.
        up: Those of the decoder, in the order of computation.
        across: The arrows, by number, from the last box of the encoder to the first of the decoder.
    """

    down: Sequence[int]
    up: Sequence[int]
    across: Sequence[int]


def levels(chain: Chain, scene: Scene) -> list[Level] | None:
    """Return the levels of an encoder and its decoder, the last one at the bottom; None for another chain."""
    result: list[Level] = []
    inner: Chain | None = chain
    while inner is not None:
        deeper = [number for number, slot in enumerate(inner.slots) if slot.chains]
        if any(len(slot.arrows) > 1 and not slot.chains for slot in inner.slots):
            return None
        if not deeper:
            middle = (len(inner.boxes) + 1) // 2
            turn = inner.slots[middle].arrows if middle < len(inner.boxes) else []
            result.append(Level(inner.boxes[:middle], inner.boxes[middle:], turn))
            break
        place = deeper[0]
        slot = inner.slots[place]
        ends = 0 < place < len(inner.boxes)
        if len(deeper) > 1 or len(slot.chains) > 1 or not slot.arrows or not ends:
            return None
        result.append(Level(inner.boxes[:place], inner.boxes[place:], slot.arrows))
        inner = slot.chains[0]
    return result if len(result) > FEWEST and _narrows(result[:-1], scene) else None


def _narrows(found: Sequence[Level], scene: Scene) -> bool:
    """Return whether both sides of each level have one resolution, lower than that of the level above."""
    boxes = list(scene.boxes.values())
    before: int | None = None
    for level in found:
        left, right = boxes[level.down[-1]].resolution, boxes[level.up[0]].resolution
        if left is None or left != right or (before is not None and left >= before):
            return False
        before = left
    return True


class Encoder:
    """The block of an encoder with its decoder.

    Args:
        found: Its levels.
        blocks: The block of each box by its number.
        arrows: The number of the arrow from one box to another, by their keys.
    """

    last = ""
    shift = 0.0

    def __init__(
        self,
        found: Sequence[Level],
        blocks: dict[int, BoxBlock],
        arrows: dict[tuple[str, str], int],
    ) -> None:
        # The boxes of the decoder from top to bottom.
        self.levels = [Level(level.down, level.up[::-1], level.across) for level in found]
        self.blocks, self.arrows = blocks, arrows
        self.lane = [blocks[box] for level in found for box in (*level.down, *level.up)]
        self.first = self.lane[0].key
        self.left = self.right = self.height = self.entry = 0.0

    def measure(self) -> None:
        """Find the size."""
        for block in self.lane:
            block.measure()
        self.left = self.entry = max(block.left for block in self.lane)
        self.right = self.left + BETWEEN + 2 * self.left
        self.height = sum(map(self._height, self.levels)) + GAP * (len(self.levels) - 1)

    def _height(self, level: Level) -> float:
        sides = [[self.blocks[box].height for box in side] for side in (level.down, level.up)]
        return max(sum(side) + GAP * (len(side) - 1) for side in sides)

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the places, as for a box; on both sides a level ends at one height, and its boxes are spread over it."""
        opposite = x + 2 * self.left + BETWEEN
        columns: tuple[list[str], list[str]] = [], []
        bottom = top
        for level in self.levels:
            bottom += self._height(level)
            for side, axis, keys in zip((level.down, level.up), (x, opposite), columns):
                boxes = [self.blocks[box] for box in side]
                heights = sum(block.height for block in boxes)
                # The first box of the first level is at the top, those of others below one.
                room = self._height(level) - heights + (GAP if keys else 0)
                gap = room / max(len(boxes) - (not keys), 1)
                y = bottom - heights - gap * (len(boxes) - 1)
                for block in boxes:
                    block.place(places, axis, y, block.height)
                    keys.append(block.key)
                    y += block.height + gap
            if level.down and level.up:
                lowest = min(self.blocks[side[-1]].height for side in (level.down, level.up))
                places.across.update(dict.fromkeys(level.across, bottom - lowest / 2))
            bottom += GAP
        down, up = columns
        places.up.update(self.arrows[lower, upper] for upper, lower in pairwise(up))
        if not self.levels[-1].up:
            places.corners.add(self.arrows[down[-1], up[-1]])
